//! `log`, `show` and `history`: the records themselves.

use std::collections::{BTreeMap, HashMap};

use answerable_ledger::Ledger;
use answerable_ledger::projection::seen::SeenBy;
use answerable_schemas::StreamName;
use answerable_schemas::dates::Reached;
use answerable_schemas::history::{History as _, KnownAt};
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::law::replies::{Answered, answers};
use answerable_schemas::law::{Flag, flags_of};
use answerable_verifier::record::Record;
use answerable_verifier::report::escape;
use serde_json::{Value, json};

use super::attachments::states;
use super::{as_of, known, known_size, open};
use crate::args::{Cli, History, Log, Show};
use crate::error::CliError;
use crate::output::{Answer, Format, print};
use crate::words;

pub fn log(cli: &Cli, a: &Log) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let size = known_size(&ledger, &a.known)?;
    let columns = ["seq", "recorded", "standing", "type", "actor", "says", "answered", "flags"];
    let mut answer = Answer::new("answerable.log/v1", &columns);
    let filter = a.filter.read();
    let mut beside = Beside::new(known(&ledger, size))?;
    let count = usize::try_from(a.count).unwrap_or(usize::MAX);
    // From a seq on upwards; else the last ones, found from the end.
    let seqs: Box<dyn Iterator<Item = u64>> = match a.from {
        Some(from) => Box::new(from..size),
        None => Box::new((0..size).rev()),
    };
    for seq in seqs {
        if answer.rows.len() >= count {
            break;
        }
        let fact = ledger.past().fact(seq)?;
        if !filter.admits(fact.standing) {
            continue;
        }
        let (reply, flags) = beside.of(&fact.stream, seq)?;
        if !filter.keeps(&reply) {
            continue;
        }
        answer.row([
            seq.to_string(),
            fact.recorded.to_string(),
            fact.standing.to_string(),
            fact.body.kind().to_owned(),
            fact.actor.to_string(),
            words::sentence(&fact.body, &fact.effective),
            reply.as_ref().map_or(String::new(), words::answered),
            flags.iter().map(|f| f.code).collect::<Vec<_>>().join(", "),
        ]);
    }
    if a.from.is_none() {
        answer.rows.reverse();
    }
    answer.foot.push(format!("{size} records"));
    answer.print(cli.format);
    Ok(0)
}

pub fn show(cli: &Cli, a: &Show) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let size = known_size(&ledger, &a.known)?;
    let seq = seq_of(&ledger, size, &a.record)?;
    let line = ledger.past().line(seq)?;
    let record = Record::parse(&line)?;
    if cli.format == Format::Table {
        let body = record.body()?;
        let mut text = words::act(record.event(), &body);
        text.push(format!("  recorded  {} as record {seq}", record.recorded));
        text.push(format!("  event id  {}", record.signed.id));
        text.extend(states(&ledger, seq, size, &a.known)?);
        text.push(format!("  leaf      {}", record.leaf));
        let (reply, flags) = Beside::new(known(&ledger, size))?.of(&record.event().stream, seq)?;
        text.extend(flags.iter().map(|f| format!("  flag      {}: {}", f.code, f.message)));
        text.extend(reply.iter().map(|r| format!("  answered  {}", words::answered(r))));
        print(&(text.iter().map(|l| escape(l) + "\n").collect::<String>()));
        return Ok(0);
    }
    // The record as it lies, so that it can be hashed and checked by other tools.
    print(&(String::from_utf8_lossy(&line).into_owned() + "\n"));
    Ok(0)
}

/// What an answer shows beside a record: how it was answered, and its flags.
struct Beside<'a> {
    history: KnownAt<'a>,
    tainted: Tainted,
    streams: HashMap<StreamName, (BTreeMap<u64, Answered>, Vec<Flag>)>,
}

impl<'a> Beside<'a> {
    fn new(history: KnownAt<'a>) -> Result<Self, CliError> {
        Ok(Self { tainted: Tainted::of(&history)?, history, streams: HashMap::new() })
    }

    fn of(&mut self, stream: &StreamName, seq: u64) -> Result<(Option<Answered>, Vec<Flag>), CliError> {
        if !self.streams.contains_key(stream) {
            let facts = self.history.stream(stream)?;
            let found = (answers(&facts, &self.tainted), flags_of(&self.history, &facts, &self.tainted)?);
            self.streams.insert(stream.clone(), found);
        }
        let (replies, flags) = &self.streams[stream];
        Ok((replies.get(&seq).cloned(), flags.iter().filter(|f| f.seq == seq).cloned().collect()))
    }
}

/// The record that a person names among the first `size`: by its seq, or by the first digits of its event id.
pub fn seq_of(ledger: &Ledger, size: u64, named: &str) -> Result<u64, CliError> {
    let found = match named.parse::<u64>() {
        Ok(seq) if named.len() < 12 => Some(seq).filter(|seq| *seq < size),
        _ => find(ledger, size, named)?,
    };
    found.ok_or_else(|| not_found(named, size))
}

pub fn not_found(named: &str, size: u64) -> CliError {
    CliError::usage("record.not_found", format!("no record {named} among {size}"), "list them: answerable log")
}

pub fn ambiguous(named: &str) -> CliError {
    CliError::usage("record.ambiguous", format!("several events begin with {named}"), "give more digits")
}

fn find(ledger: &Ledger, size: u64, prefix: &str) -> Result<Option<u64>, CliError> {
    if prefix.len() < 4 || !prefix.bytes().all(|b| b.is_ascii_hexdigit()) {
        return Ok(None);
    }
    let wanted = prefix.to_ascii_lowercase();
    let mut found = None;
    for seq in 0..size {
        if ledger.past().record(seq)?.signed.id.to_string().starts_with(&wanted) && found.replace(seq).is_some() {
            return Err(ambiguous(prefix));
        }
    }
    Ok(found)
}

pub fn history(cli: &Cli, a: &History) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let size = known_size(&ledger, &a.times.known)?;
    let day = a.times.as_of.or(a.seen.seen_by).unwrap_or_else(|| as_of(&a.times));
    let all = known(&ledger, size);
    if all.stream(&a.stream)?.is_empty() {
        return Err(CliError::usage(
            "stream.unknown",
            format!("no records of the stream {} among {size}", a.stream),
            "streams are named like treaty:genocide-convention:RWA; see answerable log",
        ));
    }
    let seen = a.seen.seen_by.map(|day| SeenBy { history: &all, day });
    let known: &dyn answerable_schemas::History = seen.as_ref().map_or(&all, |seen| seen);
    let facts = known.stream(&a.stream)?;
    let tainted = Tainted::of(known)?;
    let flags = flags_of(known, &facts, &tainted)?;
    let replies = answers(&facts, &tainted);
    let filter = a.filter.read();
    let mut corrected: BTreeMap<String, u64> = BTreeMap::new();
    for fact in &facts {
        if let Some(change) = fact.body.correction() {
            corrected.insert(change.target.to_string(), fact.seq);
        }
    }
    let columns = ["seq", "effective", "recorded", "standing", "signers", "says", "notes"];
    let mut answer = Answer::new("answerable.history/v1", &columns);
    let mut rows: Vec<Value> = Vec::new();
    for fact in facts.iter().filter(|f| f.effective.reached(day) != Reached::No) {
        let reply = replies.get(&fact.seq);
        if !filter.admits(fact.standing) || !filter.keeps(reply) {
            continue;
        }
        let mut notes: Vec<String> = Vec::new();
        if a.seen.seen_by.is_some() {
            notes.extend(fact.source.as_ref().map(|s| format!("seen {}", s.seen)));
        }
        if fact.effective.reached(day) == Reached::Possibly {
            notes.push("possibly".into());
        }
        if let Some(by) = corrected.get(&fact.id.to_string()) {
            notes.push(format!("corrected by record {by}"));
        }
        notes.extend(reply.map(words::answered));
        let own: Vec<_> = flags.iter().filter(|f| f.seq == fact.seq).collect();
        notes.extend(own.iter().map(|f| format!("{}: {}", f.code, f.message)));
        let signers = fact.signers.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ");
        let says = words::sentence(&fact.body, &fact.effective);
        rows.push(json!({
            "seq": fact.seq.to_string(), "event_id": fact.id, "effective": fact.effective, "recorded": fact.recorded,
            "standing": fact.standing, "signers": fact.signers, "type": fact.body.kind(), "body": fact.body.to_map(),
            "source": fact.source, "says": says, "flags": own, "answered": reply,
            "corrected_by": corrected.get(&fact.id.to_string()).map(u64::to_string),
        }));
        answer.row([
            fact.seq.to_string(),
            fact.effective.to_string(),
            fact.recorded.to_string(),
            fact.standing.to_string(),
            signers,
            says,
            notes.join("; "),
        ]);
    }
    answer.head.push(format!("{} as of {day}, by {size} records", a.stream));
    let mut whole = json!({
        "schema": "answerable.history/v1", "stream": a.stream, "as_of": day.to_string(),
        "known_size": size.to_string(), "records": rows,
    });
    if let Some(seen) = a.seen.seen_by {
        answer.head.push(format!("What public tables showed on {seen}, whenever it was recorded"));
        whole["seen_by"] = seen.to_string().into();
    }
    answer.json = Some(whole);
    answer.print(cli.format);
    Ok(0)
}
