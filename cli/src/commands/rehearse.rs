//! `append --dry-run`: what an append would answer, event by event, with the command to run next. A real append that
//! refuses an event takes its hint from here too.
//! Not here: the verdicts, which the ledger gives by the code of a real append; the commands to run next (`advice`).

use std::collections::HashSet;
use std::slice;
use std::sync::Arc;

use answerable_ledger::append::Appended;
use answerable_schemas::Fact;
use answerable_verifier::fault::Fault;
use answerable_verifier::record::SignedEvent;
use serde_json::{Value, json};

use super::advice::{Case, advise};
use super::append::Place;
use super::open;
use super::receipts::Names;
use crate::args::{Append, Cli};
use crate::clock;
use crate::error::{CliError, FALSE};
use crate::output::{Answer, Format};
use crate::ui;
use crate::words;

pub fn dry_run(
    cli: &Cli,
    a: &Append,
    events: &[(Place, SignedEvent)],
    receipts: Option<&[Names]>,
) -> Result<u8, CliError> {
    let mut ledger = open(cli)?;
    let now = clock::now();
    let mut cases = Vec::with_capacity(events.len());
    for (place, signed) in events {
        // One by one, so that a refusal is explained by what came before it.
        let outcome = ledger.rehearse(slice::from_ref(signed), now, a.accept_clock)?.remove(0);
        cases.push(Case::of(&ledger, place, signed, outcome));
    }
    let next = advise(cli, a, ledger.checkpoint.size, &cases);
    report(&cases, &next);
    print(cli, &cases, &next, receipts);
    let refused = cases.iter().any(|c| c.fault().is_some());
    Ok(if refused { FALSE } else { 0 })
}

/// Tells why a real append refused what it refused, and what to do.
pub fn explain(cli: &Cli, a: &Append, recorded: u64, cases: &[Case]) {
    report(cases, &advise(cli, a, recorded, cases));
}

fn report(cases: &[Case], next: &[Vec<String>]) {
    for (case, next) in cases.iter().zip(next) {
        if let Some(fault) = case.fault() {
            ui::report(&told(case, fault, next));
        }
    }
}

/// A refusal, with the command to run where there is one.
fn told(case: &Case, fault: &Fault, next: &[String]) -> CliError {
    let mut e = CliError::from(fault.clone());
    let stale = fault.code == "event.stale_follows";
    if (stale || fault.code == "signature.signers_differ") && !next.is_empty() {
        e.hint = next.join("; ");
    }
    if let Some(follows) = case.signed.event.follows.filter(|_| stale && case.follows_unknown) {
        e.message = format!("it follows {follows}, which is not recorded");
    } else if case.came_early() {
        e.message = "it came before the event that it follows".into();
    }
    e
}

fn print(cli: &Cli, cases: &[Case], next: &[Vec<String>], receipts: Option<&[Names]>) {
    let mut columns = vec!["file", "verdict", "code", "seq", "flags"];
    // Commands are long: in a table for people they stand below.
    let table = cli.format == Format::Table;
    columns.extend((!table).then_some("next"));
    let mut answer = Answer::new("answerable.append_dry_run/v1", &columns);
    let mut rows = Vec::new();
    for (i, (case, next)) in cases.iter().zip(next).enumerate() {
        let (mut row, cells) = shown(case, next);
        if let Some(names) = receipts.map(|r| &r[i]) {
            row["receipt"] = json!(names.cells());
            answer.foot.push(format!("{}: would have the receipt {}", case.place, names.cells().join(", ")));
        }
        rows.push(row);
        answer.row(cells.into_iter().chain((!table).then(|| next.join("; "))));
        if !case.between.is_empty() {
            let event = &case.signed.event;
            answer.foot.push(format!("{}: since then {} has said in {}:", case.place, event.actor, event.stream));
            let line = |f: &Arc<Fact>| {
                format!("  record {}, {}: {}", f.seq, f.effective, words::sentence(&f.body, &f.effective))
            };
            answer.foot.extend(case.between.iter().map(line));
        }
    }
    let mut told = HashSet::new();
    let commands: Vec<&String> = next.iter().flatten().filter(|command| told.insert(*command)).collect();
    if !commands.is_empty() {
        answer.foot.push("Next:".into());
        answer.foot.extend(commands.iter().map(|c| format!("  {c}")));
    }
    answer.json = Some(json!({"schema": answer.schema, "rows": rows, "next": commands}));
    answer.print(cli.format);
}

/// One event's answer, for programs and for a table.
fn shown(case: &Case, next: &[String]) -> (Value, [String; 5]) {
    let place = case.place.to_string();
    let mut row = json!({"file": place, "event_id": case.signed.id, "next": next});
    let members = row.as_object_mut().expect("made as an object");
    let cells = match &case.outcome {
        Appended::Recorded { seq, flags, .. } => {
            let codes: Vec<_> = flags.iter().filter(|f| f.seq == *seq).map(|f| f.code).collect();
            let all = flags.iter().map(|f| json!({"seq": f.seq.to_string(), "code": f.code, "message": f.message}));
            members.insert("flags".into(), all.collect());
            [place, "would be recorded".into(), String::new(), seq.to_string(), codes.join(", ")]
        }
        Appended::AlreadyRecorded { seq, .. } => {
            [place, "already recorded".into(), String::new(), seq.to_string(), String::new()]
        }
        Appended::Refused(fault) => {
            let e = told(case, fault, next);
            let says = |f: &Arc<Fact>| {
                let says = words::sentence(&f.body, &f.effective);
                json!({"seq": f.seq.to_string(), "effective": f.effective, "says": says})
            };
            members.insert("code".into(), json!(fault.code));
            members.insert("message".into(), json!(e.message));
            members.insert("hint".into(), json!(e.hint));
            members.insert("missing".into(), json!(case.missing));
            members.insert("between".into(), case.between.iter().map(says).collect());
            [place, "would be refused".into(), fault.code.clone(), String::new(), String::new()]
        }
    };
    members.insert("verdict".into(), json!(cells[1]));
    if !cells[3].is_empty() {
        members.insert("seq".into(), json!(cells[3]));
    }
    (row, cells)
}
