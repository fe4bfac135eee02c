//! A history told by hand, record by record, for the tests of projections.
//! Not here: signatures, and whether an admission would have let a record in.
#![allow(dead_code)]

use std::sync::Arc;

use answerable_ledger::projection::Filter;
use answerable_ledger::projection::question::Question;
use answerable_schemas::catalogue::Body;
use answerable_schemas::history::KnownAt;
use answerable_schemas::{EventId, Fact, Instant, MemoryHistory, Standing, TypeName};
use serde_json::{Value, json};

#[derive(Default)]
pub struct Records {
    pub history: MemoryHistory,
    pub size: u64,
}

impl Records {
    /// With actors of these ids; states are states, the rest is of the kind that comes with it.
    pub fn with(actors: &[(&str, &str)]) -> Self {
        let mut records = Self::default();
        for (actor, kind) in actors {
            records.actor(actor, kind);
        }
        records
    }

    pub fn actor(&mut self, actor: &str, kind: &str) {
        self.say("actor.registered", "1900", json!({"actor": actor, "kind": kind, "name": actor}));
    }

    pub fn treaties(&mut self) {
        for depositary in ["org:un-secretary-general", "org:swiss-federal-council"] {
            self.actor(depositary, "other");
        }
        let treaties: Value = serde_json::from_str(include_str!("../../../examples/treaties.json")).unwrap();
        for rules in treaties.as_array().unwrap() {
            let adopted = rules["adopted"].as_str().unwrap().to_owned();
            self.say("treaty.registered", &adopted, rules.clone());
        }
    }

    /// In the speaker's own name; answers the record's seq.
    pub fn say(&mut self, kind: &str, on: &str, body: Value) -> u64 {
        self.tell(kind, on, body, Standing::Own).0
    }

    /// From a public source.
    pub fn copy(&mut self, kind: &str, on: &str, body: Value) -> u64 {
        self.tell(kind, on, body, Standing::Transcribed).0
    }

    pub fn tell(&mut self, kind: &str, on: &str, body: Value, standing: Standing) -> (u64, EventId) {
        let kind: TypeName = kind.parse().unwrap();
        let v = answerable_schemas::catalogue::type_info(kind.as_str()).unwrap().v;
        let body = Body::parse(&kind, v, body.as_object().unwrap()).unwrap_or_else(|e| panic!("{e}"));
        let mut id = [0; 32];
        id[..8].copy_from_slice(&self.size.to_be_bytes());
        let seq = self.size;
        self.history.push(Arc::new(Fact {
            seq,
            id: EventId(id),
            recorded: Instant::from_millis(1_795_000_000_000 + seq as i64).unwrap(),
            actor: "org:transcriber".parse().unwrap(),
            signers: Vec::new(),
            standing,
            effective: on.parse().unwrap(),
            stream: body.stream(),
            source: None,
            attachments: Vec::new(),
            body,
        }));
        self.size += 1;
        (seq, EventId(id))
    }

    /// Asks about a day, by all records.
    pub fn ask<T>(&self, on: &str, question: impl FnOnce(&Question<'_>) -> T) -> T {
        self.ask_by(on, self.size, Filter::default(), question)
    }

    pub fn ask_by<T>(&self, on: &str, size: u64, filter: Filter, question: impl FnOnce(&Question<'_>) -> T) -> T {
        let known = KnownAt { history: &self.history, size };
        question(&Question::new(&known, on.parse().unwrap(), size, filter).unwrap())
    }
}
