//! `append`: signed events become records.

use std::fs;
use std::path::Path;

use answerable_ledger::append::Appended;
use answerable_schemas::Body;
use answerable_verifier::note::VerifierKey;
use answerable_verifier::record::{SignedEvent, body_of};

use super::{open, open_to_write};
use crate::args::{Append, Cli};
use crate::clock;
use crate::error::{CliError, FALSE};
use crate::output::Answer;
use crate::ui;

/// Events that share one set of syncs, and are acknowledged together.
pub const BATCH: usize = 1000;

pub fn append(cli: &Cli, a: &Append) -> Result<u8, CliError> {
    let mut events = Vec::new();
    for path in &a.files {
        events.extend(read_events(path)?);
    }
    if a.dry_run {
        return dry_run(cli, &events);
    }
    let (mut ledger, key) = open_to_write(cli, &log_keys_of(&events))?;
    let mut answer = Answer::new("answerable.append/v1", &["file", "outcome", "seq", "event id", "flags"]);
    let mut refused = 0;
    for batch in events.chunks(BATCH) {
        let signed: Vec<SignedEvent> = batch.iter().map(|(_, s)| s.clone()).collect();
        let outcomes = ledger.append(&signed, clock::now(), a.accept_clock, &key)?;
        for ((file, _), outcome) in batch.iter().zip(outcomes) {
            refused += usize::from(matches!(outcome, Appended::Refused(_)));
            answer.row(row(file, outcome));
        }
        if events.len() > BATCH {
            ui::notice(&format!("acknowledged: {} records", ledger.checkpoint.size));
        }
    }
    answer.print(cli.format);
    Ok(if refused > 0 { FALSE } else { 0 })
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

fn dry_run(cli: &Cli, events: &[(String, SignedEvent)]) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let mut answer = Answer::new("answerable.append_dry_run/v1", &["file", "verdict", "flags"]);
    let mut refused = 0;
    for (file, signed) in events {
        match ledger.judge_next(signed, clock::now()) {
            Ok(flags) => {
                let codes: Vec<_> = flags.iter().map(|f| f.code).collect();
                answer.row([file.clone(), "would be recorded".into(), codes.join(", ")]);
            }
            Err(fault) => {
                refused += 1;
                let code = fault.code.clone();
                ui::report(&fault.into());
                answer.row([file.clone(), "would be refused".into(), code]);
            }
        }
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
