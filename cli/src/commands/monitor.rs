//! `monitor`: judges an export, compares it with the last one that was good, and tells what is new.
//! Not here: the verdict (`answerable-verifier`), the memory (`answerable-watch`).

use answerable_schemas::history::History;
use answerable_schemas::{ActorId, Fact};
use answerable_verifier::audit;
use answerable_verifier::exported;
use answerable_verifier::report::Verdict;
use answerable_watch::memory::{Memory, MemoryError};
use serde_json::{Value, json};
use std::sync::Arc;

use super::verify::claimed_size;
use super::verify::print_report;
use crate::args::{Cli, Monitor};
use crate::error::{CliError, ENVIRONMENT, USAGE};
use crate::output::{Answer, Format};
use crate::ui::{self, Progress};
use crate::words;

pub fn monitor(cli: &Cli, a: &Monitor) -> Result<u8, CliError> {
    let mut pins = a.pins.read()?;
    a.witnesses.ask(&mut pins)?;
    let memory = if a.dry_run { None } else { Some(Memory::open(&a.state)?) };
    let last = Memory::peek(&a.state)?;
    pins.since.extend(last.clone());
    // Read before the records: of an export that grows meanwhile, the older state is remembered.
    let signed = exported::checkpoint(&a.export)?.unwrap_or_default();
    let progress = Progress::start("records verified", claimed_size(&a.export));
    let audited = audit::read(&a.export, &pins, &mut |n| progress.at(n))?;
    drop(progress);
    let report = &audited.report;
    if report.verdict != Verdict::Verified {
        print_report(cli.format, &report.to_text(), report)?;
        if let (Some(memory), Some(last)) = (&memory, &last) {
            let found = String::from_utf8_lossy(&signed).into_owned();
            let kind = |code: &str| report.faults.iter().any(|f| f.code == code);
            for (code, name) in [("tree.forked", "fork"), ("tree.rolled_back", "rollback")] {
                if kind(code) {
                    let file = memory.keep_evidence(name, last.checkpoint.size, last.text(), &found)?;
                    ui::notice(&format!("both checkpoints are kept as evidence: {}", file.display()));
                }
            }
        }
        ui::notice("nothing was remembered of this look");
        return Ok(report.verdict.exit_code());
    }
    let size = audited.judge.head.size;
    let from = last.as_ref().map(|kept| kept.checkpoint.size);
    let (state, head) = match from {
        None => ("baseline", format!("first look: {size} records are the baseline")),
        Some(from) if from == size => ("unchanged", format!("unchanged: {size} records")),
        Some(from) => ("grown", format!("grown: from {from} to {size} records")),
    };
    let mut answer =
        Answer::new("answerable.monitor/v1", &["seq", "recorded", "type", "actor", "signers", "stream", "says"]);
    answer.head.push(head);
    let mut new: Vec<Arc<Fact>> = Vec::new();
    for stream in audited.judge.past.streams_with_prefix("")? {
        new.extend(audited.judge.past.stream(&stream)?.into_iter().filter(|f| f.seq >= from.unwrap_or(size)));
    }
    new.sort_by_key(|fact| fact.seq);
    for fact in new.iter().filter(|fact| a.watches(fact)) {
        answer.row([
            fact.seq.to_string(),
            fact.recorded.to_string(),
            fact.body.kind().to_owned(),
            fact.actor.to_string(),
            fact.signers.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", "),
            fact.stream.to_string(),
            words::sentence(&fact.body, &fact.effective),
        ]);
    }
    answer.foot.push(format!("{} new records, {} of them watched", new.len(), answer.rows.len()));
    if cli.format == Format::Json {
        let rows: Vec<Value> = answer
            .rows
            .iter()
            .map(|row| {
                answer
                    .columns
                    .iter()
                    .zip(row)
                    .map(|(c, v)| ((*c).to_owned(), json!(v)))
                    .collect::<serde_json::Map<_, _>>()
            })
            .map(Value::Object)
            .collect();
        let from = from.map(|from| from.to_string());
        answer.json = Some(
            json!({"schema": answer.schema, "state": state, "from": from, "size": size.to_string(), "rows": rows}),
        );
    }
    // What is remembered was told: a reader that went away sees it again.
    answer.print(cli.format);
    if let Some(memory) = memory.filter(|_| crate::output::failure().is_none()) {
        memory.remember(&signed)?;
    }
    Ok(0)
}

impl Monitor {
    fn watches(&self, fact: &Fact) -> bool {
        if self.stream.is_empty() && self.key.is_empty() && self.actor.is_empty() {
            return true;
        }
        self.stream.contains(&fact.stream)
            || fact.signers.iter().any(|key| self.key.contains(key))
            || self.actor.contains(&fact.actor)
            || (!self.actor.is_empty() && fact.body.kind().starts_with("ledger."))
            || (fact.body.kind().starts_with("key.") && self.actor.iter().any(|actor| concerns(fact, actor)))
    }
}

/// Whether the body names the actor, or a key of it.
fn concerns(fact: &Fact, actor: &ActorId) -> bool {
    fn names(value: &Value, actor: &str) -> bool {
        match value {
            Value::String(text) => text == actor || text.split_once('#').is_some_and(|(owner, _)| owner == actor),
            Value::Array(items) => items.iter().any(|item| names(item, actor)),
            Value::Object(members) => members.values().any(|member| names(member, actor)),
            _ => false,
        }
    }
    names(&Value::Object(fact.body.to_map()), actor.as_str())
}

impl From<MemoryError> for CliError {
    fn from(e: MemoryError) -> Self {
        let (exit, hint) = match &e {
            MemoryError::File(_) => (ENVIRONMENT, "check the path and the permissions"),
            MemoryError::Damaged { .. } => (USAGE, "restore it, or name a new folder, which begins anew"),
        };
        Self { code: e.code().into(), message: e.to_string(), hint: hint.into(), exit }
    }
}
