//! `append`: signed events become records.
//! Not here: what a dry run says, and what to do about an event that is refused (`rehearse`).

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use answerable_ledger::append::Appended;
use answerable_schemas::Body;
use answerable_verifier::note::VerifierKey;
use answerable_verifier::record::{SignedEvent, body_of};

use super::advice::Case;
use super::receipts::{self, Names};
use super::{enclosures, open_to_write, rehearse};
use crate::args::{Append, Cli};
use crate::attach;
use crate::clock;
use crate::error::{CliError, ENVIRONMENT, FALSE};
use crate::output::Answer;
use crate::ui;

/// Events that share one set of syncs, and are acknowledged together.
pub const BATCH: usize = 1000;

pub fn append(cli: &Cli, a: &Append) -> Result<u8, CliError> {
    let mut events = Vec::new();
    let mut names = Vec::new();
    let mut folders = Vec::new();
    for path in &a.files {
        let read = read_events(path)?;
        folders.extend(vec![attach::folder(path); read.len()]);
        names.extend(Names::beside(path, read.len()));
        events.extend(read);
    }
    let names = a.receipt.then_some(names);
    if let Some(names) = &names {
        receipts::must_be_free(names)?;
    }
    enclosures::check_beside(folders.iter().zip(events.iter().map(|(_, signed)| signed)))?;
    if a.dry_run {
        return rehearse::dry_run(cli, a, &events, names.as_deref());
    }
    let (mut ledger, key) = open_to_write(cli, &log_keys_of(&events))?;
    let mut rows: Vec<(Vec<String>, Option<u64>)> = Vec::new();
    let mut cases = Vec::with_capacity(events.len());
    let mut missing = false;
    let progress = ui::Progress::start("events judged", Some(events.len() as u64));
    for (batch, folders) in events.chunks(BATCH).zip(folders.chunks(BATCH)) {
        let signed: Vec<SignedEvent> = batch.iter().map(|(_, s)| s.clone()).collect();
        let kept = signed.iter().zip(folders).map(|(signed, folder)| enclosures::keep(&ledger, folder, signed));
        let kept = kept.collect::<Result<Vec<_>, _>>()?;
        let outcomes = ledger.append(&signed, clock::now(), a.accept_clock, &key)?;
        missing |= !enclosures::settle(&ledger, &signed, &kept, &outcomes);
        for ((place, signed), outcome) in batch.iter().zip(outcomes) {
            let seq = match &outcome {
                Appended::Recorded { seq, .. } | Appended::AlreadyRecorded { seq, .. } => Some(*seq),
                Appended::Refused(_) => None,
            };
            cases.push(Case::of(&ledger, place, signed, outcome.clone()));
            rows.push((row(&place.to_string(), outcome).into(), seq));
        }
        progress.at(rows.len() as u64);
        if events.len() > BATCH {
            progress.notice(&format!("acknowledged: {} records", ledger.checkpoint.size));
        }
    }
    drop(progress);
    rehearse::explain(cli, a, ledger.checkpoint.size, &cases);
    let refused = rows.iter().any(|(_, seq)| seq.is_none());
    let mut answer = new_answer("answerable.append/v1", &["file", "outcome", "seq", "event id", "flags"], &names);
    for (i, (mut cells, seq)) in rows.into_iter().enumerate() {
        // Only now, when all is in: whoever has to call again finds no receipt in the way.
        if let Some(names) = &names {
            let written = seq.is_some_and(|seq| receipts::hand_out(&ledger, seq, &names[i]));
            missing |= seq.is_some() && !written;
            cells.extend(if written { names[i].cells() } else { Default::default() });
        }
        answer.row(cells);
    }
    answer.print(cli.format);
    Ok(match (refused, missing) {
        (true, _) => FALSE,
        (false, true) => ENVIRONMENT,
        (false, false) => 0,
    })
}

/// An answer with these columns, and those of the receipts where they are asked for.
fn new_answer(schema: &'static str, columns: &[&'static str], names: &Option<impl Sized>) -> Answer {
    let more: &[&str] = if names.is_some() { &["proof", "record"] } else { &[] };
    Answer::new(schema, &[columns, more].concat())
}

/// The log keys that these events put in force.
fn log_keys_of(events: &[(Place, SignedEvent)]) -> Vec<VerifierKey> {
    let bodies = events.iter().filter_map(|(_, signed)| body_of(&signed.event).ok());
    let changes = bodies.filter_map(|body| match body {
        Body::LogKeysChanged(change) => Some(change.log_keys),
        _ => None,
    });
    changes.flatten().filter_map(|key| VerifierKey::parse(&key).ok()).collect()
}

fn row(file: &str, outcome: Appended) -> [String; 5] {
    match outcome {
        Appended::Recorded { seq, id, flags } => {
            let codes: Vec<_> = flags.iter().filter(|f| f.seq == seq).map(|f| f.code).collect();
            [file.to_owned(), "recorded".into(), seq.to_string(), id.to_string(), codes.join(", ")]
        }
        Appended::AlreadyRecorded { seq, id } => {
            [file.to_owned(), "already recorded".into(), seq.to_string(), id.to_string(), String::new()]
        }
        Appended::Refused(fault) => [file.to_owned(), "refused".into(), String::new(), String::new(), fault.code],
    }
}

/// Where a submitted event was read.
pub struct Place {
    pub path: PathBuf,
    /// Counts from 1; None where the file holds this event alone.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}", self.path.display()),
            None => write!(f, "{}", self.path.display()),
        }
    }
}

/// One event file, or one event a line.
fn read_events(path: &Path) -> Result<Vec<(Place, SignedEvent)>, CliError> {
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    let lines: Vec<(usize, &[u8])> = bytes.split(|b| *b == b'\n').enumerate().filter(|(_, l)| !l.is_empty()).collect();
    if lines.is_empty() {
        return Err(CliError::usage(
            "append.empty",
            format!("{} holds no event", path.display()),
            "make one: answerable draft",
        ));
    }
    let many = lines.len() > 1;
    let read = |(i, line): (usize, &[u8])| {
        let place = Place { path: path.to_owned(), line: many.then_some(i + 1) };
        match SignedEvent::parse(line) {
            Ok(signed) => Ok((place, signed)),
            Err(fault) => {
                let e = CliError::from(fault);
                Err(CliError { message: format!("{place}: {}", e.message), ..e })
            }
        }
    };
    lines.into_iter().map(read).collect()
}
