//! `import`: the acts that a table states, recorded once each; a row that changed becomes a correction.
//! Not here: how a table is read (`answerable_import`).

use std::collections::HashMap;
use std::fs;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;

use answerable_ledger::Ledger;
use answerable_ledger::append::Appended;
use answerable_schemas::history::History;
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::records::EventCorrected;
use answerable_schemas::{Body, EventId, KeyName, StreamName};
use answerable_verifier::record::SignedEvent;
use ed25519_dalek::SigningKey;

use super::append::BATCH;
use super::draft::{Statement, compose, compose_after};
use super::{keys, open, open_to_write, signers};
use crate::args::{Cli, Import};
use crate::clock;
use crate::error::{CliError, FALSE};
use crate::keys::sign_event;
use crate::output::Answer;
use crate::ui;
use crate::words;
use answerable_import::codes::CodeLists;
use answerable_import::mapping::Mapping;
use answerable_import::plan::{Plan, PlannedAct, plan};

/// What a planned act means for this ledger.
enum Step {
    New,
    Known,
    Changed { target: EventId, seq: u64, was: String, date: bool, body: bool },
}

pub fn import(cli: &Cli, a: &Import) -> Result<u8, CliError> {
    let plan = read_plan(a)?;
    let signer = signers(cli, &a.actor, a.signer.as_slice())?.remove(0);
    let mut answer = Answer::new("answerable.import/v1", &["line", "outcome", "seq", "what", "notes"]);
    for r in &plan.rejected {
        let hint = r.hint.as_ref().map_or(String::new(), |h| format!(" ({h})"));
        let what = format!("column {:?}, value {:?}", r.column, r.value);
        answer.row([r.line.to_string(), "rejected".into(), String::new(), what, format!("{}{hint}", r.reason)]);
    }
    let ledger = open(cli)?;
    let mut todo: Vec<(&PlannedAct, Step)> = plan.acts.iter().zip(steps(&ledger, a, &plan.acts)?).collect();
    todo.retain(|(_, step)| !matches!(step, Step::Known));
    let known = plan.acts.len() - todo.len();
    // Corrections first: they are what a person must look at. Then in the order of the world, in which the law judges.
    todo.sort_by_key(|(act, step)| (matches!(step, Step::New), act.effective.last_day()));
    let corrections = todo.iter().filter(|(_, s)| matches!(s, Step::Changed { .. })).count();
    let new = todo.len() - corrections;
    for (act, step) in &todo {
        if let Step::Changed { seq, was, .. } = step {
            let what = words::sentence(&act.body, &act.effective);
            answer.row([
                act.line.to_string(),
                "correction".into(),
                String::new(),
                what,
                format!("record {seq} said: {was}"),
            ]);
        } else if a.dry_run {
            let what = words::sentence(&act.body, &act.effective);
            answer.row([act.line.to_string(), "new".into(), String::new(), what, String::new()]);
        }
    }
    let summary = format!(
        "{} rows: {new} new acts, {corrections} corrections, {known} recorded before, {} rejected",
        plan.rows,
        plan.rejected.len()
    );
    let planned_at = ledger.checkpoint.size;
    drop(ledger);
    let mut refused = 0;
    if !a.dry_run && !todo.is_empty() {
        if !a.yes {
            answer.print(cli.format);
            answer.rows.clear();
        }
        if !ui::confirm(&format!("{summary}. Record them?"), a.yes)? {
            return Ok(0);
        }
        let Some(refusals) = record(cli, a, &signer, todo, planned_at, &mut answer)? else {
            ui::notice("records came in since the table was compared: it is compared again");
            return import(cli, a);
        };
        refused = refusals;
    }
    answer.foot.push(summary);
    if refused > 0 {
        answer.foot.push(format!("{refused} acts were refused by the ledger"));
    }
    answer.print(cli.format);
    Ok(if plan.rejected.is_empty() && refused == 0 { 0 } else { FALSE })
}

fn read_plan(a: &Import) -> Result<Plan, CliError> {
    let read = |path: &Path| fs::read(path).map_err(|e| CliError::io(path, e));
    let bad = |e: &dyn std::fmt::Display, path: &Path| {
        CliError::usage("import.mapping", format!("{}: {e}", path.display()), "the form of a mapping: docs/IMPORT.md")
    };
    let text = String::from_utf8(read(&a.mapping)?).map_err(|e| bad(&e, &a.mapping))?;
    let mut mapping = Mapping::parse(&text).map_err(|e| bad(&e, &a.mapping))?;
    if let Some(seen) = a.seen {
        mapping.set_seen(seen);
    }
    let beside = a.mapping.parent().unwrap_or(Path::new("."));
    let codes = CodeLists::load(&mapping, |file| fs::read(beside.join(file))).map_err(|e| bad(&e, &a.mapping))?;
    plan(&mapping, &codes, &read(&a.file)?).map_err(|e| {
        let message = format!("{}: {e}", a.file.display());
        CliError::usage("import.table", message, "the mapping names columns as the table's first line does")
    })
}

/// Compares each act with what this actor recorded of the same row before, as corrected since. Each stream is read once,
/// however many of the acts are in it.
fn steps(ledger: &Ledger, a: &Import, acts: &[PlannedAct]) -> Result<Vec<Step>, CliError> {
    let mut by_stream: HashMap<StreamName, Vec<usize>> = HashMap::new();
    for (i, act) in acts.iter().enumerate() {
        by_stream.entry(act.body.stream()).or_default().push(i);
    }
    let mut steps: Vec<Step> = acts.iter().map(|_| Step::New).collect();
    for (stream, planned) in by_stream {
        let facts = ledger.past().stream(&stream)?;
        // A mapping has one standing.
        let mut before = acts_of(&facts, acts[planned[0]].standing);
        before.retain(|old| old.fact.actor == a.actor);
        let mut by_row: HashMap<&str, &Act> = HashMap::new();
        for old in &before {
            if let Some(row) = old.fact.source.as_ref().and_then(|source| source.row.as_deref()) {
                by_row.entry(row).or_insert(old);
            }
        }
        for i in planned {
            steps[i] = step(&acts[i], &before, &by_row);
        }
    }
    Ok(steps)
}

fn step(act: &PlannedAct, before: &[Act], by_row: &HashMap<&str, &Act>) -> Step {
    let same_row = match &act.source {
        Some(_) => by_row.get(act.key.as_str()).copied(),
        // Rows of the actor's own have no natural key in the ledger. Of a registration there is one in a stream, so
        // another is a change of it; any other act is the same only if nothing differs.
        None => before.iter().find(|old| match act.body {
            Body::ActorRegistered(_) | Body::TreatyRegistered(_) => old.body.kind() == act.body.kind(),
            _ => old.body == act.body && old.effective == act.effective,
        }),
    };
    match same_row {
        None => Step::New,
        Some(old) if old.effective == act.effective && old.body == act.body => Step::Known,
        Some(old) => {
            let was = words::sentence(&old.body, &old.effective);
            let (date, body) = (old.effective != act.effective, old.body != act.body);
            Step::Changed { target: old.fact.id, seq: old.seq(), was, date, body }
        }
    }
}

/// Signs and appends in batches; answers how many were refused. None, and nothing is recorded, where the ledger has grown since
/// the table was compared with it: what others appended, or a crash had left, may be what the table says.
fn record(
    cli: &Cli,
    a: &Import,
    signer: &KeyName,
    todo: Vec<(&PlannedAct, Step)>,
    planned_at: u64,
    answer: &mut Answer,
) -> Result<Option<usize>, CliError> {
    let secret = keys(cli)?.open_secret(signer, &cli.passphrase_file)?;
    let (mut ledger, log_key) = open_to_write(cli, &[])?;
    if ledger.checkpoint.size != planned_at {
        return Ok(None);
    }
    let many = todo.len() > BATCH;
    let mut refused = 0;
    let progress = ui::Progress::start("acts recorded", Some(todo.len() as u64));
    let mut done = 0;
    let mut queue: Vec<(&PlannedAct, Arc<Statement>, bool)> =
        todo.into_iter().map(|(act, step)| (act, Arc::new(statement(a, signer, act, &step)), false)).collect();
    while !queue.is_empty() {
        let batch: Vec<_> = queue.drain(..queue.len().min(BATCH)).collect();
        // Within a batch an event follows the one drafted before it in its stream.
        let mut last: HashMap<StreamName, EventId> = HashMap::new();
        let mut signed = Vec::with_capacity(batch.len());
        for (_, statement, _) in &batch {
            let event = match last.get(&statement.body.stream()) {
                Some(follows) => compose_after(&ledger, statement, clock::now(), Some(*follows))?,
                None => compose(&ledger, statement, clock::now())?,
            };
            last.insert(event.event.stream.clone(), event.id);
            signed.push(event);
        }
        sign_all(&mut signed, signer, &secret);
        let outcomes = ledger.append(&signed, clock::now(), a.accept_clock, &log_key)?;
        done += batch.len() as u64;
        progress.at(done);
        for ((act, statement, again), outcome) in batch.into_iter().zip(outcomes) {
            let what = words::sentence(&statement.body, &statement.effective);
            match outcome {
                Appended::Recorded { seq, flags, .. } => {
                    let notes: Vec<_> =
                        flags.iter().map(|f| format!("record {}, {}: {}", f.seq, f.code, f.message)).collect();
                    if !flags.is_empty() {
                        answer.row([act.line.to_string(), "flagged".into(), seq.to_string(), what, notes.join("; ")]);
                    }
                }
                Appended::AlreadyRecorded { .. } => {}
                // The event before it in its stream was refused: drafted anew, it may stand.
                Appended::Refused(f) if f.code == "event.stale_follows" && !again => queue.push((act, statement, true)),
                Appended::Refused(f) => {
                    refused += 1;
                    let hint = f.hint.as_ref().map_or(String::new(), |h| format!(" ({h})"));
                    answer.row([act.line.to_string(), "refused".into(), String::new(), what, format!("{f}{hint}")]);
                }
            }
        }
        if many {
            ui::notice(&format!("acknowledged: {} records", ledger.checkpoint.size));
        }
    }
    Ok(Some(refused))
}

/// Signs on all cores.
fn sign_all(events: &mut [SignedEvent], signer: &KeyName, secret: &SigningKey) {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = events.len().div_ceil(threads).max(64);
    std::thread::scope(|scope| {
        for block in events.chunks_mut(share) {
            scope.spawn(move || {
                for event in block {
                    event.signatures.push(sign_event(event, signer, secret));
                }
            });
        }
    });
}

fn statement(a: &Import, signer: &KeyName, act: &PlannedAct, step: &Step) -> Statement {
    let body = match step {
        Step::Changed { target, date, body, .. } => Body::EventCorrected(EventCorrected {
            date: date.then_some(act.effective),
            reason: "the row of the source changed".into(),
            replacement: body.then(|| act.body.to_map()),
            retracted: None,
            stream: act.body.stream(),
            target: *target,
        }),
        _ => act.body.clone(),
    };
    Statement {
        actor: a.actor.clone(),
        attachments: None,
        body,
        effective: act.effective,
        standing: act.standing,
        signers: vec![signer.clone()],
        source: act.source.clone(),
    }
}
