//! The audit of an exported ledger: every byte, every record, every signature, the tree, the checkpoint, the law.
//! Trusts nothing but the pins that the auditor brings.
//! Not here: how a record is judged (`judge`), how files are read (`exported`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use answerable_schemas::catalogue::Body;
use answerable_schemas::history::Lookup;
use answerable_schemas::law::Flag;
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::{EventId, KeyName, Standing, TypeName};

use crate::authority::Authority;
use crate::checkpoint::Checkpoint;
use crate::custody::Custody;
use crate::encoding::Hash;
use crate::exported::{self, Place, ReadError};
use crate::fault::{Fault, Stage};
use crate::handover::{self, Handover};
use crate::judge::{Admitted, BuiltPast, Head, Judge, Past, Prepared};
use crate::merkle::leaf_hash;
use crate::note::{Note, VerifierKey};
use crate::pipeline::{Judges, Line, Pipeline};
use crate::published::{self, Comparison};
use crate::report::{MAX_LISTED, Report, Since, Verdict};
use crate::reread::{Form, Reread};
use crate::since::{Differs, Fork, Kept, Now};
use crate::witnessed::{self, Demand, Ground, WitnessReport};

/// What the auditor got by another way than the export.
#[derive(Debug, Default, Clone)]
pub struct Pins {
    pub ledger_id: Option<EventId>,
    pub log_keys: Vec<VerifierKey>,
    /// Checkpoints of earlier days: the ledger must have grown from each.
    pub since: Vec<Kept>,
    /// What witnesses must have seen.
    pub witnesses: Option<Demand>,
}

impl Pins {
    /// Asks for witnesses; the logs that the policy names are pinned by that.
    pub fn ask_witnesses(&mut self, demand: Demand) {
        for key in demand.policy.log_keys() {
            if !self.log_keys.contains(key) {
                self.log_keys.push(key.clone());
            }
        }
        self.witnesses = Some(demand);
    }

    fn none(&self) -> bool {
        self.ledger_id.is_none() && self.log_keys.is_empty()
    }
}

/// Judges the export at `root`. `progress` is called with the number of records read so far.
/// Errors only where the folder cannot be read; whatever the bytes say is in the report.
pub fn audit(root: &Path, pins: &Pins, progress: &mut dyn FnMut(u64)) -> Result<Report, ReadError> {
    Ok(read(root, pins, progress)?.report)
}

/// The past of an export, out of its files.
pub type ExportPast = BuiltPast<Reread>;

/// An export that was judged, for who goes on from it: an author who drafts away from the ledger.
pub struct Audited {
    pub report: Report,
    /// Stands behind the last record, whatever the verdict.
    pub judge: Judge<ExportPast>,
    /// What the checkpoint says; None where there is none that can be read. Only the report says whether it is right.
    pub checkpoint: Option<Checkpoint>,
}

/// As `audit`, and keeps what was read.
pub fn read(root: &Path, pins: &Pins, progress: &mut dyn FnMut(u64)) -> Result<Audited, ReadError> {
    read_through(Pipeline::new(), root, pins, progress)
}

/// What the bench times: all that `audit` does, but the signatures are taken as good. So it answers no verdict, and no
/// report: how many records there are, and how many faults were found.
#[cfg(feature = "bench")]
pub fn count_taking_signatures_as_good(root: &Path) -> Result<(u64, u64), ReadError> {
    let audited = read_through(Pipeline::taking_signatures_as_good(), root, &Pins::default(), &mut |_| {})?;
    Ok((audited.judge.head.size, audited.report.faults_total))
}

fn read_through(
    mut pipeline: Pipeline,
    root: &Path,
    pins: &Pins,
    progress: &mut dyn FnMut(u64),
) -> Result<Audited, ReadError> {
    let bytes = exported::checkpoint(root)?;
    let checkpoint =
        bytes.as_ref().and_then(|b| Note::parse(b).ok()).and_then(|note| Checkpoint::parse(&note.text).ok());
    let from_bundles = !exported::lies_there(root, "log")? && published::has_bundles(root)?;
    let tiles = Comparison::of(root, !from_bundles && published::has_bundles(root)?)?;
    // The size is not believed yet: it says where to stop, and is compared with what was there.
    let form = match from_bundles {
        true => Form::Bundles { size: checkpoint.as_ref().map_or(0, |c| c.size) },
        false => Form::Log,
    };
    let audit = Audit::new(Reread::of(root.to_owned(), form), pins.witnesses.is_some());
    let mut reader = Reader { audit, tiles, progress };
    let mut each = |place: Place, line: &[u8]| pipeline.take(place, line, &mut reader);
    let layout = match form {
        Form::Bundles { size } => published::each_line(root, size, &mut each)?,
        Form::Log => exported::each_line(root, &mut each)?,
    };
    pipeline.finish(&mut reader);
    let Reader { mut audit, tiles, .. } = reader;
    audit.faults.extend(layout);
    audit.check_tree_and_pins(root, bytes.as_deref(), pins)?;
    if let Some(tiles) = tiles {
        audit.faults.extend(tiles.finish()?);
    }
    audit.check_attachments(root)?;
    let unread = |why: String| ReadError { path: root.to_owned(), source: std::io::Error::other(why) };
    audit.flag_compromised().map_err(|e| unread(e.message))?;
    if let Some(why) = audit.judge.past.facts.trouble() {
        return Err(unread(why));
    }
    let (report, judge) = audit.report(pins);
    Ok(Audited { report, judge, checkpoint })
}

/// Takes each line as it is judged.
struct Reader<'a> {
    audit: Audit,
    tiles: Option<Comparison<'a>>,
    progress: &'a mut dyn FnMut(u64),
}

impl Judges for Reader<'_> {
    fn take(&mut self, line: Line<'_>, prepared: Prepared) {
        let leaf = self.audit.take(line, prepared);
        if let Some(tiles) = &mut self.tiles {
            tiles.take(line.bytes, leaf);
        }
        (self.progress)(self.audit.judge.head.size);
    }
    fn authority(&self) -> &Authority {
        &self.audit.judge.authority
    }
}

/// Faults that no unknown record can explain away.
const CERTAIN: [&str; 4] =
    ["signature.bad", "signature.malformed", "signature.signers_differ", "event.seen_contradicted"];

/// One file, by its hash.
#[derive(Default)]
struct Attached {
    /// The sizes that records state, and the first record that states each.
    sizes: BTreeMap<u64, u64>,
    /// The events that it is attached to, without those for which it was erased.
    events: BTreeSet<EventId>,
    /// The last record that erases it for an event.
    erased_by: Option<u64>,
}

/// Positions, mostly ascending: of each, how far it is from the one before, in as few bytes as that takes.
#[derive(Default)]
struct Seqs {
    count: u64,
    last: u64,
    steps: Vec<u8>,
}

impl Seqs {
    fn push(&mut self, seq: u64) {
        let mut step = seq.wrapping_sub(self.last);
        while step >= 0x80 {
            self.steps.push(step as u8 | 0x80);
            step >>= 7;
        }
        self.steps.push(step as u8);
        (self.count, self.last) = (self.count + 1, seq);
    }
    fn all(&self) -> impl Iterator<Item = u64> {
        let mut seq = 0u64;
        self.steps.chunk_by(|byte, _| byte & 0x80 != 0).map(move |step| {
            let step = step.iter().rev().fold(0, |sum, byte| sum << 7 | u64::from(byte & 0x7F));
            seq = seq.wrapping_add(step);
            seq
        })
    }
}

struct Audit {
    judge: Judge<ExportPast>,
    faults: Vec<Fault>,
    unverifiable: Vec<Fault>,
    /// What the auditor asked for and nobody vouches for: no fault of a record.
    unproven: Vec<Fault>,
    forks: Vec<Fork>,
    flags: Vec<Flag>,
    signed_by: BTreeMap<KeyName, Seqs>,
    by_type: BTreeMap<TypeName, u64>,
    by_standing: BTreeMap<Standing, u64>,
    corrections: u64,
    first_recorded: Option<String>,
    /// When each record was recorded, in milliseconds; a line that states no time has that of the one before. Kept only
    /// where witnesses are asked for.
    recorded: Vec<i64>,
    for_witnesses: bool,
    witnessed: Option<WitnessReport>,
    attachments: BTreeMap<EventId, Attached>,
    rules: Vec<EventId>,
    /// In force after the records read so far.
    log_keys: Vec<VerifierKey>,
    log_keys_text: Vec<String>,
    handovers: Vec<Handover>,
    not_checked: Vec<String>,
}

impl Audit {
    fn new(facts: Reread, for_witnesses: bool) -> Self {
        Self {
            judge: Judge::new(Head::EMPTY, Authority::default(), BuiltPast::of(facts)),
            faults: Vec::new(),
            unverifiable: Vec::new(),
            unproven: Vec::new(),
            forks: Vec::new(),
            flags: Vec::new(),
            signed_by: BTreeMap::new(),
            by_type: BTreeMap::new(),
            by_standing: BTreeMap::new(),
            corrections: 0,
            first_recorded: None,
            recorded: Vec::new(),
            for_witnesses,
            witnessed: None,
            attachments: BTreeMap::new(),
            rules: Vec::new(),
            log_keys: Vec::new(),
            log_keys_text: Vec::new(),
            handovers: Vec::new(),
            not_checked: Vec::new(),
        }
    }

    /// Judges the next line; answers its leaf hash.
    fn take(&mut self, Line { place, bytes: line }: Line<'_>, prepared: Prepared) -> Hash {
        self.judge.past.facts.at(place, line.len());
        let leaf = prepared.record.as_ref().map_or_else(|_| leaf_hash(line), |record| record.leaf);
        let (admitted, faults) = self.judge.examine_prepared(line, prepared);
        if self.for_witnesses {
            self.recorded.push(self.judge.head.recorded.map_or(i64::MIN, |r| r.millis()));
        }
        if let Some(admitted) = admitted {
            self.count(admitted);
        }
        // Also behind a founding under unknown rules, which still names its keys.
        if self.log_keys.is_empty() || self.log_keys_text != self.judge.authority.log_keys {
            self.log_keys = self.judge.authority.log_verifiers();
            self.log_keys_text.clone_from(&self.judge.authority.log_keys);
        }
        for fault in faults {
            // What follows a record of an unknown kind may rest on it: keys, roles and law can no longer be called false.
            let sure = fault.stage < Stage::Signatures || CERTAIN.contains(&fault.code.as_str());
            if fault.unverifiable || (!sure && !self.unverifiable.is_empty()) {
                self.unverifiable.push(fault);
            } else {
                self.faults.push(fault);
            }
        }
        leaf
    }

    fn count(&mut self, admitted: Admitted) {
        let Admitted { record, fact, flags } = admitted;
        let event = record.event();
        for key in &event.signers {
            self.signed_by.entry(key.clone()).or_default().push(fact.seq);
        }
        *self.by_type.entry(event.kind.clone()).or_default() += 1;
        *self.by_standing.entry(event.standing).or_default() += 1;
        self.corrections += u64::from(fact.body.correction().is_some());
        self.first_recorded.get_or_insert_with(|| record.recorded.to_string());
        for a in event.attachments.iter().flatten() {
            let file = self.attachments.entry(a.sha256).or_default();
            file.sizes.entry(a.size).or_insert(fact.seq);
            file.events.insert(fact.id);
        }
        match &fact.body {
            Body::LedgerFounded(f) => self.rules.push(f.rules.sha256),
            Body::RulesAdopted(a) => self.rules.push(a.rules.sha256),
            Body::LogKeysChanged(change) => self.handovers.push(Handover::of(fact.seq, change, &self.log_keys)),
            Body::AttachmentErased(e) => {
                let file = self.attachments.entry(e.sha256).or_default();
                file.events.remove(&e.event);
                file.erased_by = Some(fact.seq);
            }
            _ => {}
        }
        self.flags.extend(flags);
    }

    fn check_tree_and_pins(&mut self, root: &Path, latest: Option<&[u8]>, pins: &Pins) -> Result<(), ReadError> {
        let authority = &self.judge.authority;
        let mut faults = Vec::new();
        if self.judge.past.tree.size() == 0 {
            faults.push(Fault::new(Stage::Tree, "tree.empty", "no records: nothing to verify is not verified"));
        }
        let wrong = |message: &str| Fault::new(Stage::Checkpoint, "pin.wrong_ledger", message).at(0);
        match (pins.ledger_id, authority.ledger_id) {
            (Some(pinned), Some(found)) if pinned != found => {
                faults.push(wrong("this is another ledger than the pinned one").compared(pinned, found));
            }
            (Some(_), None) => faults.push(wrong("record 0 founds no ledger, so the pin cannot match")),
            _ => {}
        }
        let custody = Custody {
            founded: authority.ledger_id.is_some(),
            origin: &authority.origin,
            in_force: authority.log_verifiers(),
            handovers: &self.handovers,
            size: self.judge.past.tree.size(),
            root: self.judge.past.tree.root(),
            root_at: &|size| self.judge.past.root_at(size).ok().flatten(),
            kept: &|size| exported::kept_checkpoint(root, size),
        };
        let found = custody.check(latest, pins, pins.ledger_id.is_some() && pins.ledger_id == authority.ledger_id)?;
        self.faults.extend(faults);
        for fault in found.faults {
            // A record of an unknown kind may have changed the log's keys.
            let by_keys_in_force =
                ["checkpoint.key_not_in_force", "checkpoint.unknown_key"].contains(&fault.code.as_str());
            let list = if by_keys_in_force && !self.unverifiable.is_empty() {
                &mut self.unverifiable
            } else {
                &mut self.faults
            };
            list.push(fault);
        }
        self.not_checked.extend(found.notes);
        let kept = exported::kept_checkpoints(root)?;
        self.check_since(pins, &kept, latest.unwrap_or_default());
        Ok(())
    }

    fn check_since(&mut self, pins: &Pins, kept: &[(u64, Vec<u8>)], latest: &[u8]) {
        let authority = &self.judge.authority;
        let in_force = authority.log_verifiers();
        let now = Now {
            origin: &authority.origin,
            size: self.judge.past.tree.size(),
            root_at: &|size| self.judge.past.root_at(size).ok().flatten(),
            keys_at: &|size| handover::keys_at(&self.handovers, &in_force, size),
            latest: &String::from_utf8_lossy(latest),
        };
        let ground = Ground {
            now: &now,
            pinned: &pins.log_keys,
            recorded: &self.recorded,
            kept,
            hands_over: &|size| self.handovers.iter().any(|h| h.size() == size),
        };
        let found = ground.check(pins.witnesses.as_ref());
        for fault in found.faults {
            // A record of an unknown kind may have changed the log's keys.
            let unsure = fault.code == "checkpoint.unknown_key" && !self.unverifiable.is_empty();
            (if unsure { &mut self.unverifiable } else { &mut self.faults }).push(fault);
        }
        self.unproven.extend(found.unproven);
        self.forks.extend(found.forks);
        self.witnessed = found.report;
        for kept in &pins.since {
            let Err(Differs { fault, fork }) = kept.compare(&pins.log_keys, &now) else { continue };
            if fault.unverifiable {
                self.unproven.push(fault)
            } else {
                self.faults.push(fault)
            }
            self.forks.extend(fork);
        }
    }

    fn check_attachments(&mut self, root: &Path) -> Result<(), ReadError> {
        let (mut absent, mut erased) = (0, 0);
        let mut wanted = std::mem::take(&mut self.attachments);
        for rules in &self.rules {
            // The ledger itself needs the bundle: no author erases it.
            wanted.entry(*rules).or_default().erased_by = None;
        }
        for (hash, Attached { sizes, events, erased_by }) in wanted {
            let erased_by = erased_by.filter(|_| events.is_empty());
            let Some(mut file) = exported::attachment(root, &hash.to_string())? else {
                *(if erased_by.is_some() { &mut erased } else { &mut absent }) += 1;
                continue;
            };
            if let Some(seq) = erased_by {
                let message = format!("attachments/{hash} is still there");
                self.flags.push(Flag { seq, code: "attachment.erased_but_present", message });
            }
            let read = Hash::of_stream(&mut file);
            let (found, length) = read.map_err(|source| ReadError { path: root.join("attachments"), source })?;
            if found.0 != hash.0 {
                let fault = Fault::new(Stage::Bytes, "attachment.altered", format!("attachments/{hash} was altered"));
                self.faults.push(fault.compared(hash, found));
                continue;
            }
            // The hash vouches for the file. An author who states another size is wrong, and breaks nothing.
            for (size, seq) in sizes.into_iter().filter(|(size, _)| *size != length) {
                let message = format!("attachments/{hash} has {length} bytes, not {size}");
                self.flags.push(Flag { seq, code: "attachment.size_differs", message });
            }
        }
        if erased > 0 {
            self.not_checked.push(format!("{erased} attachments that were erased, as records of this ledger say"));
        }
        if absent > 0 {
            self.not_checked.push(format!("{absent} attachments that are not in this export"));
        }
        Ok(())
    }

    fn flag_compromised(&mut self) -> Lookup<()> {
        let tainted = Tainted::of(&self.judge.past)?;
        let mut flagged: BTreeMap<u64, Flag> = BTreeMap::new();
        for (key, seqs) in &self.signed_by {
            for flag in seqs.all().filter_map(|seq| tainted.flag(seq, std::slice::from_ref(key))) {
                flagged.entry(flag.seq).or_insert(flag);
            }
        }
        self.flags.extend(flagged.into_values());
        Ok(())
    }

    fn report(mut self, pins: &Pins) -> (Report, Judge<ExportPast>) {
        name_the_altered(&mut self.faults);
        tell_contradictions_once(&mut self.faults);
        self.faults.sort_by_key(|f| (f.stage, f.seq));
        if pins.none() {
            self.not_checked
                .push("authenticity: no ledger id or log key was pinned, so anyone may have made this".into());
        }
        if !self.unverifiable.is_empty() {
            self.not_checked
                .push(format!("records of a kind that this program does not know: {}", self.unverifiable.len()));
        }
        self.not_checked
            .push("Unicode normalization of texts: checked at admission alone, as its tables change".into());
        self.not_checked.extend(witnessed::not_checked(pins.witnesses.as_ref(), self.witnessed.as_ref()));
        self.not_checked.push("the world: whether sources tell the truth, and whether all was reported".into());
        let size = self.judge.past.tree.size();
        let verdict = if !self.faults.is_empty() {
            Verdict::False
        } else if pins.none() || !self.unverifiable.is_empty() || !self.unproven.is_empty() {
            Verdict::Unverifiable
        } else {
            Verdict::Verified
        };
        let summary = match verdict {
            Verdict::False => match &self.faults[0].seq {
                Some(seq) => format!("record {seq} is wrong: {}", self.faults[0].message),
                None => self.faults[0].message.clone(),
            },
            Verdict::Unverifiable if !self.unproven.is_empty() => self.unproven[0].message.clone(),
            Verdict::Unverifiable if self.unverifiable.is_empty() => {
                "internally consistent, authenticity not checked: pin a ledger id or a log key".into()
            }
            Verdict::Unverifiable => "what could be judged holds; some records are of an unknown kind".into(),
            Verdict::Verified => format!("all {size} records are whole, in order, signed by right, and lawful"),
        };
        let authority = &self.judge.authority;
        let faults_total = self.faults.len() as u64;
        let flags_total = self.flags.len() as u64;
        self.faults.truncate(MAX_LISTED);
        let mut unverifiable = self.unproven;
        unverifiable.append(&mut self.unverifiable);
        unverifiable.truncate(MAX_LISTED);
        self.flags.sort();
        self.flags.truncate(MAX_LISTED);
        let report = Report {
            schema: "answerable.verify/v1",
            verdict,
            summary,
            origin: authority.ledger_id.map(|_| authority.origin.clone()),
            ledger_id: authority.ledger_id.map(|id| id.to_string()),
            size: size.to_string(),
            root: self.judge.past.tree.root().to_base64(),
            first_recorded: self.first_recorded,
            last_recorded: self.judge.head.recorded.map(|r| r.to_string()),
            by_signer: self.signed_by.iter().map(|(key, seqs)| (key.to_string(), seqs.count)).collect(),
            by_type: self.by_type.into_iter().map(|(kind, n)| (kind.to_string(), n)).collect(),
            by_standing: self.by_standing.into_iter().map(|(standing, n)| (standing.to_string(), n)).collect(),
            corrections: self.corrections,
            faults: self.faults,
            faults_total,
            unverifiable,
            since: pins.since.iter().map(Since::from).collect(),
            forks: self.forks,
            witnessed: self.witnessed,
            flags: self.flags,
            flags_total,
            not_checked: self.not_checked,
        };
        (report, self.judge)
    }
}

/// One altered record contradicts every later author's `seen`. The first is named, and how many more there are.
fn tell_contradictions_once(faults: &mut Vec<Fault>) {
    let contradicts = |f: &Fault| f.code == "event.seen_contradicted";
    let more = faults.iter().filter(|f| contradicts(f)).count().saturating_sub(1);
    let altered = faults.iter().any(|f| f.stage <= Stage::Tree);
    if more == 0 || !altered {
        return;
    }
    let mut first = true;
    faults.retain(|f| !contradicts(f) || std::mem::take(&mut first));
    if let Some(fault) = faults.iter_mut().find(|f| contradicts(f)) {
        fault.message += &format!("; so do the authors of {more} later records");
    }
}

/// A record whose `prev` does not fit tells of two: itself, and the one before. Where the record behind it fits, it is
/// whole, so the one before was altered: the fault is moved there. Where both do not fit, it was altered itself.
fn name_the_altered(faults: &mut Vec<Fault>) {
    let broken: BTreeSet<u64> = faults.iter().filter(|f| f.code == "chain.broken").filter_map(|f| f.seq).collect();
    faults.retain(|f| {
        let follows_altered = f.seq.and_then(|s| s.checked_sub(1)).is_some_and(|s| broken.contains(&s));
        !(f.code == "chain.broken" && follows_altered)
    });
    for fault in faults.iter_mut().filter(|f| f.code == "chain.broken") {
        let Some(seq) = fault.seq.filter(|s| *s > 0 && !broken.contains(&(s + 1))) else { continue };
        fault.seq = Some(seq - 1);
        // What the next record says is what the bytes should hash to.
        std::mem::swap(&mut fault.expected, &mut fault.found);
        fault.message = format!("it was altered: record {seq} commits to another hash of it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_kept() {
        let seqs = [0, 1, 127, 128, 300, 299, 5, 16_384, u64::MAX, 0, 1 << 63, 1 << 63];
        let mut kept = Seqs::default();
        seqs.into_iter().for_each(|seq| kept.push(seq));
        assert_eq!((kept.all().collect::<Vec<_>>(), kept.count), (seqs.to_vec(), seqs.len() as u64));
    }
}
