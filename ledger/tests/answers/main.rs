//! The answers about mandates, what is overdue, scorecards and stories, on histories in memory whose answers are known.
//! Not here: treaties (`treaty_status`), the printed answers (the end-to-end tests).

mod courses;
mod mandates;
mod overdue;
mod scorecard;
mod stories;

use std::sync::Arc;

use answerable_ledger::projection::Filter;
use answerable_ledger::projection::question::Question;
use answerable_schemas::catalogue::{Body, type_info};
use answerable_schemas::history::KnownAt;
use answerable_schemas::{EventId, Fact, Instant, MemoryHistory, Standing, TypeName};
use serde_json::{Value, json};

#[derive(Default, Clone)]
pub struct Records {
    history: MemoryHistory,
    facts: Vec<Arc<Fact>>,
}

impl Records {
    /// With these actors, each with its kind.
    pub fn with(actors: &[(&str, &str)]) -> Self {
        let mut records = Self::default();
        for (actor, kind) in actors {
            records.say("actor.registered", "1945", json!({"actor": actor, "kind": kind, "name": actor}));
        }
        records
    }

    pub fn id(&self, seq: u64) -> EventId {
        self.facts[seq as usize].id
    }

    pub fn stream(&self, seq: u64) -> String {
        self.facts[seq as usize].stream.to_string()
    }

    pub fn size(&self) -> u64 {
        self.facts.len() as u64
    }

    pub fn say(&mut self, kind: &str, on: &str, body: Value) -> u64 {
        self.say_as(kind, on, body, "org:author", Standing::Own)
    }

    pub fn transcribe(&mut self, kind: &str, on: &str, body: Value) -> u64 {
        self.say_as(kind, on, body, "org:transcriber", Standing::Transcribed)
    }

    pub fn say_as(&mut self, kind: &str, on: &str, body: Value, actor: &str, standing: Standing) -> u64 {
        let seq = self.size();
        let v = type_info(kind).unwrap_or_else(|| panic!("no type {kind}")).v;
        let kind: TypeName = kind.parse().unwrap();
        let body = Body::parse(&kind, v, body.as_object().unwrap()).unwrap_or_else(|e| panic!("{e}"));
        let mut id = [0; 32];
        id[..8].copy_from_slice(&(seq + 1).to_be_bytes());
        let fact = Arc::new(Fact {
            seq,
            id: EventId(id),
            recorded: Instant::from_millis(1_795_000_000_000 + seq as i64).unwrap(),
            actor: actor.parse().unwrap(),
            signers: Vec::new(),
            standing,
            effective: on.parse().unwrap(),
            stream: body.stream(),
            source: None,
            attachments: Vec::new(),
            body,
        });
        self.history.push(fact.clone());
        self.facts.push(fact);
        seq
    }

    /// Corrects the date of a record.
    pub fn redate(&mut self, seq: u64, on: &str) -> u64 {
        let target = self.facts[seq as usize].clone();
        let body = json!({"date": on, "reason": "misread", "stream": target.stream, "target": target.id});
        self.say_as("event.corrected", "2026", body, target.actor.as_str(), target.standing)
    }

    /// The actor says of a record about it that it is not so.
    pub fn dispute(&mut self, seq: u64, actor: &str) -> u64 {
        let target = self.facts[seq as usize].clone();
        let said = serde_json::to_value(target.body.said(target.effective)).unwrap();
        let body = json!({"grounds": "not so", "said": said, "stream": target.stream, "target": target.id});
        self.say_as("event.disputed", "2026", body, actor, Standing::Own)
    }

    pub fn ask<T>(&self, on: &str, answer: impl FnOnce(&Question<'_>) -> T) -> T {
        self.ask_known(on, self.size(), Filter::default(), answer)
    }

    pub fn ask_known<T>(&self, on: &str, size: u64, filter: Filter, answer: impl FnOnce(&Question<'_>) -> T) -> T {
        let known = KnownAt { history: &self.history, size };
        answer(&Question::new(&known, on.parse().unwrap(), size, filter).unwrap())
    }

    /// A decision of the Security Council.
    pub fn decide(&mut self, symbol: &str, on: &str) -> u64 {
        self.say("decision.adopted", on, json!({"decision": symbol, "organ": COUNCIL, "title": symbol}))
    }
}

pub const COUNCIL: &str = "org:security-council";
