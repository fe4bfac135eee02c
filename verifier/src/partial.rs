//! A partial export: the records of one stream, or of one actor, each with its inclusion proof under one checkpoint, and
//! the records that introduce the keys which sign them; and, of a stream, the proof of how many records it has. What can be
//! said of it without the ledger, and what cannot.
//! Not here: one proof by itself (`proof`), the whole ledger (`audit`).

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use answerable_schemas::catalogue::Body;
use answerable_schemas::governance::StreamsCounted;
use answerable_schemas::{ActorId, EventId, KeyName, StreamName};
use serde::{Deserialize, Serialize};

use crate::audit::Pins;
use crate::authority::{check_listed, check_signature, enrollable, introduced_keys};
use crate::checkpoint::Checkpoint;
use crate::counts::CountProof;
use crate::dsse;
use crate::ed25519::PublicKey;
use crate::exported::{ReadError, each_line_of, lies_there, plain_file, small_file};
use crate::fault::{Fault, Stage};
use crate::proof::{self, TlogProof};
use crate::record::Record;
use crate::report::{MAX_LISTED, Verdict, escape_lines, opening};

const SCHEMA: &str = "answerable.partial/v1";
/// The files of a partial export, beside `proofs/`.
pub const SELECTION: &str = "selection.json";
pub const RECORDS: &str = "records.jsonl";
/// Only where a count was recorded, and the stream has records among those counted.
pub const COUNT: &str = "count.json";

/// The file with the proof of a record.
pub fn proof_path(seq: u64) -> String {
    format!("proofs/{seq:012}.tlog-proof")
}

/// What was asked for: `selection.json`, one line of canonical JSON. It is the operator's word, and is compared with what
/// the records say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// All that this actor said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub actor: Option<ActorId>,
    pub ledger: EventId,
    schema: String,
    /// All that was said in this stream.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub stream: Option<StreamName>,
}

impl Selection {
    pub fn of_stream(ledger: EventId, stream: StreamName) -> Self {
        Self { actor: None, ledger, schema: SCHEMA.into(), stream: Some(stream) }
    }

    pub fn of_actor(ledger: EventId, actor: ActorId) -> Self {
        Self { actor: Some(actor), ledger, schema: SCHEMA.into(), stream: None }
    }

    pub fn to_file(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("plain data");
        line.push(b'\n');
        line
    }

    fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let bad = |why: String| layout(format!("{SELECTION} is not what a partial export has: {why}"));
        let selection: Self = serde_json::from_slice(bytes).map_err(|e| bad(e.to_string()))?;
        if selection.schema != SCHEMA {
            return Err(bad(format!("its schema is {:?}, not {SCHEMA:?}", selection.schema)));
        }
        if selection.actor.is_some() == selection.stream.is_some() {
            return Err(bad("it names a stream or an actor, and not both".into()));
        }
        if selection.to_file() != bytes {
            return Err(bad("it is not canonical".into()));
        }
        Ok(selection)
    }

    /// Whether a record is one of those that were asked for.
    pub fn holds(&self, record: &Record) -> bool {
        let event = record.event();
        self.stream.as_ref().is_none_or(|s| *s == event.stream) && self.actor.as_ref().is_none_or(|a| *a == event.actor)
    }

    /// In words.
    pub fn said(&self) -> String {
        match (&self.stream, &self.actor) {
            (Some(stream), _) => format!("the stream {stream}"),
            (None, Some(actor)) => format!("the actor {actor}"),
            (None, None) => "nothing".into(),
        }
    }
}

/// True where the folder is a partial export, and no other.
pub fn is_partial(root: &Path) -> Result<bool, ReadError> {
    Ok(lies_there(root, SELECTION)? && !lies_there(root, "log")? && !lies_there(root, "tile")?)
}

/// What a partial export proves. `"schema": "answerable.verify_partial/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct PartialReport {
    pub schema: &'static str,
    pub verdict: Verdict,
    /// One sentence, for people.
    pub summary: String,
    pub stream: Option<String>,
    pub actor: Option<String>,
    pub ledger_id: Option<String>,
    /// What the checkpoint says, if it could be opened.
    pub origin: Option<String>,
    pub size: Option<String>,
    pub root: Option<String>,
    /// Records that were asked for, and those that only introduce keys or count.
    pub records: String,
    pub supporting: String,
    /// No record of the stream with a lower seq was left out, if the count in record `counted_in` is right.
    pub complete_below: Option<String>,
    pub counted_in: Option<String>,
    /// Signatures that verify under a key which a proven record introduces.
    pub signatures: String,
    /// Failed checks, in the order of the checks, then by seq; at most `MAX_LISTED`.
    pub faults: Vec<Fault>,
    pub faults_total: u64,
    /// What this program cannot judge; never a failure.
    pub unverifiable: Vec<Fault>,
    /// What a part cannot tell of the whole; never a failure.
    pub not_checked: Vec<String>,
}

/// Judges a partial export. Errors only where a file cannot be read; whatever the bytes say is in the report.
pub fn judge(root: &Path, pins: &Pins) -> Result<PartialReport, ReadError> {
    let mut part = Part::new(root, pins);
    let selection = small_file(root, SELECTION)?;
    let missing = |name: &str| layout(format!("{name} is missing"));
    part.selection = match selection.ok_or_else(|| missing(SELECTION)).and_then(|bytes| Selection::parse(&bytes)) {
        Ok(selection) => Some(selection),
        Err(fault) => {
            part.faults.push(fault);
            None
        }
    };
    match plain_file(&root.join(RECORDS))? {
        None => part.faults.push(missing(RECORDS)),
        Some(_) => {
            let mut trouble = None;
            let torn = each_line_of(&root.join(RECORDS), &mut |_, line| {
                if trouble.is_none() {
                    trouble = part.take(line).err();
                }
            })?;
            trouble.map_or(Ok(()), Err)?;
            part.faults.extend(torn);
        }
    }
    let count = match plain_file(&root.join(COUNT))? {
        Some(_) => small_file(root, COUNT)?,
        None => None,
    };
    if let Some(bytes) = &count {
        match part.check_count(bytes) {
            Ok(complete) => part.complete = complete,
            Err(fault) => part.faults.push(fault),
        }
    }
    part.check_surplus(count.is_some());
    Ok(part.report())
}

struct Counted {
    seq: u64,
    claim: StreamsCounted,
    /// Records here introduce all keys that sign it.
    vouched: bool,
}

#[derive(Clone, Copy)]
struct Complete {
    below: u64,
    counted_in: u64,
}

struct Part<'a> {
    root: &'a Path,
    pins: &'a Pins,
    selection: Option<Selection>,
    /// The checkpoint under which the first record is proven, as bytes and read: all others must have the same.
    checkpoint: Option<(Vec<u8>, Option<Checkpoint>)>,
    last: Option<u64>,
    /// The seqs of the records that were asked for.
    asked_for: Vec<u64>,
    /// Records that are not asked for, with the keys that they introduce.
    supporting: BTreeMap<u64, Vec<KeyName>>,
    keys: HashMap<KeyName, PublicKey>,
    used: BTreeSet<KeyName>,
    signatures: u64,
    /// Signatures by keys that no record here introduces.
    unknown: u64,
    /// The newest count of the streams.
    counted: Option<Counted>,
    /// What the count in a record proves: nothing of the stream below a size was left out.
    complete: Option<Complete>,
    follows: HashMap<(ActorId, StreamName), EventId>,
    faults: Vec<Fault>,
    unverifiable: Vec<Fault>,
}

impl<'a> Part<'a> {
    fn new(root: &'a Path, pins: &'a Pins) -> Self {
        Self {
            root,
            pins,
            selection: None,
            checkpoint: None,
            last: None,
            asked_for: Vec::new(),
            supporting: BTreeMap::new(),
            keys: HashMap::new(),
            used: BTreeSet::new(),
            signatures: 0,
            unknown: 0,
            counted: None,
            complete: None,
            follows: HashMap::new(),
            faults: Vec::new(),
            unverifiable: Vec::new(),
        }
    }

    fn take(&mut self, line: &[u8]) -> Result<(), ReadError> {
        let record = match Record::parse(line) {
            Ok(record) => record,
            Err(fault) => {
                let line = (self.asked_for.len() + self.supporting.len()) as u64;
                self.faults.push(fault.hint(format!("it is line {} of {RECORDS}", line + 1)));
                return Ok(());
            }
        };
        let seq = record.seq;
        let proof = small_file(self.root, &proof_path(seq))?;
        let body = match record.body() {
            Ok(body) => Some(body),
            Err(fault) if fault.unverifiable => {
                self.unverifiable.push(fault.at(seq));
                None
            }
            Err(fault) => {
                self.faults.push(fault.at(seq));
                None
            }
        };
        let asked_for = self.selection.as_ref().is_none_or(|s| s.holds(&record));
        let introduces = body.as_ref().map(introduced_keys).unwrap_or_default();
        for (form, _) in &introduces {
            if let Ok(public) = enrollable(form) {
                self.keys.entry(form.key.clone()).or_insert(public);
            }
        }
        if asked_for {
            self.asked_for.push(seq);
        } else {
            self.supporting.insert(seq, introduces.iter().map(|(form, _)| form.key.clone()).collect());
        }
        if let Some(Body::StreamsCounted(claim)) = body {
            let vouched = record.signed.signatures.iter().all(|s| self.keys.contains_key(&s.key));
            self.counted = Some(Counted { seq, claim, vouched });
        }
        let checks = [
            self.check_order(seq),
            self.check_proof(&record, proof.as_deref()),
            self.check_signatures(&record),
            if asked_for { self.check_follows(&record) } else { Ok(()) },
        ];
        self.faults.extend(checks.into_iter().filter_map(Result::err).map(|fault| fault.at(seq)));
        Ok(())
    }

    fn check_order(&mut self, seq: u64) -> Result<(), Fault> {
        let last = self.last.replace(seq);
        match last.filter(|last| *last >= seq) {
            None => Ok(()),
            Some(last) => Err(Fault::new(Stage::Chain, "partial.order", "the records do not ascend by seq")
                .compared(format!("more than {last}"), seq)),
        }
    }

    fn check_proof(&mut self, record: &Record, proof: Option<&[u8]>) -> Result<(), Fault> {
        let missing = || Fault::new(Stage::Tree, "proof.missing", "nothing proves that it is in the ledger");
        let proof = TlogProof::parse(proof.ok_or_else(missing)?)?;
        if self.checkpoint.is_none() {
            let opened = proof::open(&proof.checkpoint, self.pins);
            let read = opened.as_ref().ok().cloned();
            self.checkpoint = Some((proof.checkpoint.clone(), read));
            opened?;
        }
        let (bytes, checkpoint) = self.checkpoint.as_ref().expect("set just now");
        if *bytes != proof.checkpoint {
            let message = "it is proven under another checkpoint than the records before";
            return Err(Fault::new(Stage::Tree, "partial.two_checkpoints", message)
                .hint("two parts were mixed: ask for one that was made at once"));
        }
        proof::check_inclusion(record, &proof, checkpoint.as_ref())?;
        let found = proof::ledger_of(record);
        [self.selection.as_ref().map(|s| s.ledger), self.pins.ledger_id]
            .into_iter()
            .flatten()
            .try_for_each(|ledger| proof::check_ledger(record, found, ledger))
    }

    fn check_signatures(&mut self, record: &Record) -> Result<(), Fault> {
        check_listed(&record.signed)?;
        let message = dsse::event_pae(&record.signed.bytes);
        for signature in &record.signed.signatures {
            match self.keys.get(&signature.key) {
                Some(public) => {
                    check_signature(public, &message, signature)?;
                    self.signatures += 1;
                    self.used.insert(signature.key.clone());
                }
                None => self.unknown += 1,
            }
        }
        Ok(())
    }

    /// An event names the event of its author before it in its stream. If that is not here, it was left out.
    fn check_follows(&mut self, record: &Record) -> Result<(), Fault> {
        let event = record.event();
        let place = (event.actor.clone(), event.stream.clone());
        let before = self.follows.insert(place, record.signed.id);
        if event.follows == before {
            return Ok(());
        }
        let show = |id: Option<EventId>| id.map_or("null".to_owned(), |id| id.to_string());
        let message = format!("{} said something before it in {} that is not here", event.actor, event.stream);
        Err(Fault::new(Stage::Follows, "partial.left_out", message).compared(show(event.follows), show(before)))
    }

    /// Whether the stream has just so many records below the size that was counted. None where the selection is not known.
    fn check_count(&self, bytes: &[u8]) -> Result<Option<Complete>, Fault> {
        let unproven = |why: String| {
            Fault::new(Stage::Tree, "partial.count_unproven", why)
                .hint("ask for the part anew: answerable export FOLDER --stream STREAM")
        };
        let proof = CountProof::parse(bytes).map_err(|e| unproven(format!("{COUNT} is not what it should be: {e}")))?;
        let Some(selection) = &self.selection else { return Ok(None) };
        let Some(stream) = &selection.stream else {
            return Err(unproven(format!("{COUNT} counts a stream, and {} was asked for", selection.said())));
        };
        if proof.leaf.stream != *stream {
            let fault = unproven(format!("{COUNT} is of another stream"));
            return Err(fault.compared(stream, &proof.leaf.stream));
        }
        let Some(Counted { seq, claim, vouched }) = &self.counted else {
            return Err(unproven("no record here counts the streams".into()));
        };
        if !vouched {
            return Err(unproven("no record here introduces a key that signs the count".into()).at(*seq));
        }
        if claim.size > *seq {
            return Err(unproven("it counts records that come after it, or itself".into())
                .at(*seq)
                .compared(format!("at most {seq}"), claim.size));
        }
        proof.check(claim).map_err(|e| unproven(format!("{COUNT} does not follow from the count: {e}")).at(*seq))?;
        let found = self.asked_for.iter().filter(|asked| **asked < claim.size).count() as u64;
        if found != proof.leaf.records {
            let message = format!(
                "by the count in record {seq}, {} of the first {} records are of the stream {stream}",
                proof.leaf.records, claim.size
            );
            let fault = Fault::new(Stage::Follows, "partial.left_out", message);
            return Err(fault.compared(proof.leaf.records, found).hint("ask why; a whole export has all of them"));
        }
        Ok(Some(Complete { below: claim.size, counted_in: *seq }))
    }

    /// Every record is asked for, or introduces a key that signs another, or is the count that is asked.
    fn check_surplus(&mut self, counts: bool) {
        let count = self.counted.as_ref().filter(|_| counts).map(|c| c.seq);
        let needed = |seq: u64, keys: &[KeyName]| Some(seq) == count || keys.iter().any(|key| self.used.contains(key));
        for (seq, _) in self.supporting.iter().filter(|(seq, keys)| !needed(**seq, keys)) {
            let message = "the record was not asked for, and introduces no key that signs one that was";
            self.faults.push(Fault::new(Stage::Bytes, "partial.surplus", message).at(*seq));
        }
        if self.asked_for.is_empty() {
            let message = "no records were asked for and proven: nothing to verify is not verified";
            self.faults.push(Fault::new(Stage::Tree, "tree.empty", message));
        }
    }

    fn report(mut self) -> PartialReport {
        self.faults.sort_by_key(|f| (f.stage, f.seq));
        let said = self.selection.as_ref().map_or("something".to_owned(), Selection::said);
        let authentic = !self.pins.log_keys.is_empty();
        let verdict = match () {
            () if !self.faults.is_empty() => Verdict::False,
            () if !authentic || !self.unverifiable.is_empty() => Verdict::Unverifiable,
            () => Verdict::Verified,
        };
        let checkpoint = self.checkpoint.as_ref().and_then(|(_, read)| read.clone());
        let size = checkpoint.as_ref().map_or(0, |c| c.size);
        let summary = match verdict {
            Verdict::False => self.faults[0].message.clone(),
            Verdict::Unverifiable if !authentic => {
                "internally consistent, authenticity not checked: pin a log key".to_owned()
            }
            Verdict::Unverifiable => "what could be judged holds; some records are of an unknown kind".to_owned(),
            Verdict::Verified => format!(
                "integrity: {} records of {said} are in the ledger, by its checkpoint of {size} records; their law was not \
                 judged",
                self.asked_for.len()
            ),
        };
        // What was found false proves nothing of what is not here.
        self.complete = self.complete.filter(|_| self.faults.is_empty());
        let not_checked = self.not_checked(&said, size);
        let faults_total = self.faults.len() as u64;
        self.faults.truncate(MAX_LISTED);
        self.unverifiable.truncate(MAX_LISTED);
        PartialReport {
            schema: "answerable.verify_partial/v1",
            verdict,
            summary,
            stream: self.selection.as_ref().and_then(|s| s.stream.as_ref()).map(ToString::to_string),
            actor: self.selection.as_ref().and_then(|s| s.actor.as_ref()).map(ToString::to_string),
            ledger_id: self.selection.as_ref().map(|s| s.ledger.to_string()),
            origin: checkpoint.as_ref().map(|c| c.origin.clone()),
            size: checkpoint.as_ref().map(|c| c.size.to_string()),
            root: checkpoint.as_ref().map(|c| c.root.to_base64()),
            records: self.asked_for.len().to_string(),
            supporting: self.supporting.len().to_string(),
            complete_below: self.complete.map(|c| c.below.to_string()),
            counted_in: self.complete.map(|c| c.counted_in.to_string()),
            signatures: self.signatures.to_string(),
            faults: self.faults,
            faults_total,
            unverifiable: self.unverifiable,
            not_checked,
        }
    }

    fn not_checked(&self, said: &str, size: u64) -> Vec<String> {
        let mut list = Vec::new();
        if self.pins.log_keys.is_empty() {
            list.push("authenticity: no log key was pinned, so anyone may have made this".to_owned());
        }
        list.push(format!(
            "the law: whether these acts were lawful rests on other streams of the {size} records, which are not here: unverifiable"
        ));
        list.push(
            "authority: whether the keys were in force and entitled, for the same reason. That they signed is verified \
             where a record here introduces them"
                .to_owned(),
        );
        if self.unknown > 0 {
            list.push(format!("{} signatures, by keys that no record here introduces", self.unknown));
        }
        list.push(match self.complete {
            Some(Complete { below, counted_in }) => format!(
                "completeness: no record of {said} below record {below} was left out, by the count in record {counted_in}, \
                 which every full audit recomputes; newer ones are not shown"
            ),
            None => format!(
                "completeness: nothing that an author said before its newest record here was left out; whether {said} has \
                 newer records, or others of further authors, is not shown"
            ),
        });
        list.push("freshness and forks: whether a longer or another ledger exists".to_owned());
        list.push("witnesses: no cosignatures were asked for".to_owned());
        list
    }
}

impl PartialReport {
    /// For a terminal of 80 columns; text from the files is escaped.
    pub fn to_text(&self) -> String {
        let mut lines = opening(self.verdict, &self.summary, self.faults.iter().chain(&self.unverifiable));
        if self.faults_total > self.faults.len() as u64 {
            lines.push(format!("  … and {} more", self.faults_total - self.faults.len() as u64));
        }
        let or_none = |o: &Option<String>| o.clone().unwrap_or_else(|| "none".into());
        lines.push(String::new());
        for (label, of) in [("stream", &self.stream), ("actor", &self.actor)] {
            lines.extend(of.as_ref().map(|of| format!("{label:<11} {of}")));
        }
        lines.push(format!("ledger id   {}", or_none(&self.ledger_id)));
        lines.push(format!("origin      {}", or_none(&self.origin)));
        lines.push(format!("checkpoint  {} records, root {}", or_none(&self.size), or_none(&self.root)));
        lines.push(format!("records     {}, and {} that support them", self.records, self.supporting));
        if let (Some(below), Some(counted_in)) = (&self.complete_below, &self.counted_in) {
            lines.push(format!("complete    below record {below}, by the count in record {counted_in}"));
        }
        lines.push(format!("signatures  {} verify", self.signatures));
        lines.push("NOT CHECKED".into());
        lines.extend(self.not_checked.iter().map(|what| format!("  - {what}")));
        escape_lines(&lines)
    }
}

fn layout(message: String) -> Fault {
    Fault::new(Stage::Bytes, "partial.layout", message)
        .hint("ask for the part anew: answerable export FOLDER --stream STREAM")
}
