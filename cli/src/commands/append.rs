//! `append`: signed events become records.

use std::fs;
use std::path::Path;

use answerable_ledger::append::Appended;
use answerable_schemas::Body;
use answerable_verifier::note::VerifierKey;
use answerable_verifier::record::{SignedEvent, body_of};

use super::receipts::{self, Names};
use super::{open, open_to_write};
use crate::args::{Append, Cli};
use crate::clock;
use crate::error::{CliError, ENVIRONMENT, FALSE};
use crate::output::Answer;
use crate::ui;

/// Events that share one set of syncs, and are acknowledged together.
pub const BATCH: usize = 1000;

pub fn append(cli: &Cli, a: &Append) -> Result<u8, CliError> {
    let mut events = Vec::new();
    let mut names = Vec::new();
    for path in &a.files {
        let read = read_events(path)?;
        names.extend(Names::beside(path, read.len()));
        events.extend(read);
    }
    let names = a.receipt.then_some(names);
    if let Some(names) = &names {
        receipts::must_be_free(names)?;
    }
    if a.dry_run {
        return dry_run(cli, &events, names.as_deref());
    }
    let (mut ledger, key) = open_to_write(cli, &log_keys_of(&events))?;
    let mut rows: Vec<(Vec<String>, Option<u64>)> = Vec::new();
    for batch in events.chunks(BATCH) {
        let signed: Vec<SignedEvent> = batch.iter().map(|(_, s)| s.clone()).collect();
        let outcomes = ledger.append(&signed, clock::now(), a.accept_clock, &key)?;
        for ((file, _), outcome) in batch.iter().zip(outcomes) {
            let seq = match &outcome {
                Appended::Recorded { seq, .. } | Appended::AlreadyRecorded { seq, .. } => Some(*seq),
                Appended::Refused(_) => None,
            };
            rows.push((row(file, outcome).into(), seq));
        }
        if events.len() > BATCH {
            ui::notice(&format!("acknowledged: {} records", ledger.checkpoint.size));
        }
    }
    let refused = rows.iter().any(|(_, seq)| seq.is_none());
    let mut answer = new_answer("answerable.append/v1", &["file", "outcome", "seq", "event id", "flags"], &names);
    let mut missing = false;
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
fn log_keys_of(events: &[(String, SignedEvent)]) -> Vec<VerifierKey> {
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
        Appended::Refused(fault) => {
            ui::report(&CliError::from(*fault.clone()));
            [file.to_owned(), "refused".into(), String::new(), String::new(), fault.code]
        }
    }
}

fn dry_run(cli: &Cli, events: &[(String, SignedEvent)], names: Option<&[Names]>) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let mut answer = new_answer("answerable.append_dry_run/v1", &["file", "verdict", "flags"], &names);
    let mut refused = 0;
    for (i, (file, signed)) in events.iter().enumerate() {
        let mut cells = match ledger.judge_next(signed, clock::now()) {
            Ok(flags) => {
                let codes: Vec<_> = flags.iter().map(|f| f.code).collect();
                vec![file.clone(), "would be recorded".into(), codes.join(", ")]
            }
            Err(fault) => {
                refused += 1;
                let code = fault.code.clone();
                ui::report(&fault.into());
                vec![file.clone(), "would be refused".into(), code]
            }
        };
        cells.extend(names.map(|names| names[i].cells()).into_iter().flatten());
        answer.row(cells);
    }
    answer.print(cli.format);
    Ok(if refused > 0 { FALSE } else { 0 })
}

/// One event file, or one event a line.
fn read_events(path: &Path) -> Result<Vec<(String, SignedEvent)>, CliError> {
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    let lines: Vec<&[u8]> = bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
    if lines.is_empty() {
        return Err(CliError::usage(
            "append.empty",
            format!("{} holds no event", path.display()),
            "make one: answerable draft",
        ));
    }
    let many = lines.len() > 1;
    let name = |i: usize| if many { format!("{}:{}", path.display(), i + 1) } else { path.display().to_string() };
    let read = |(i, line): (usize, &&[u8])| match SignedEvent::parse(line) {
        Ok(signed) => Ok((name(i), signed)),
        Err(fault) => {
            let e = CliError::from(fault);
            Err(CliError { message: format!("{}: {}", name(i), e.message), ..e })
        }
    };
    lines.iter().enumerate().map(read).collect()
}
