//! What was said before: recorded events as facts, and how the law asks for them.
//! Not here: where they are kept. A verifier keeps them in memory; a ledger reads them from its log.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::catalogue::Body;
use crate::dates::{CalendarDate, Instant};
use crate::envelope::{Attachment, Event, Source, Standing};
use crate::ids::{ActorId, EventId, KeyName, StreamName};

/// One recorded event of a known type.
#[derive(Debug, Clone, PartialEq)]
pub struct Fact {
    pub seq: u64,
    pub id: EventId,
    pub recorded: Instant,
    pub actor: ActorId,
    pub signers: Vec<KeyName>,
    pub standing: Standing,
    pub effective: CalendarDate,
    pub stream: StreamName,
    pub source: Option<Source>,
    pub attachments: Vec<Attachment>,
    pub body: Body,
}

impl Fact {
    pub fn new(seq: u64, id: EventId, recorded: Instant, event: &Event, body: Body) -> Self {
        Self {
            seq,
            id,
            recorded,
            actor: event.actor.clone(),
            signers: event.signers.clone(),
            standing: event.standing,
            effective: event.effective,
            stream: event.stream.clone(),
            source: event.source.clone(),
            attachments: event.attachments.clone().unwrap_or_default(),
            body,
        }
    }
}

/// The past could not be read: a fault of the store, never of the law.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the ledger's past could not be read: {message}")]
pub struct HistoryError {
    pub message: String,
    /// True where what is derived from the log is at fault: derived anew, the past can be read.
    pub stale: bool,
}

pub type Lookup<T> = Result<T, HistoryError>;

/// The records with lower seq, by stream.
pub trait History {
    /// All facts of a stream, ascending by seq.
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>>;
    /// All streams whose name begins with `prefix`, sorted.
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>>;
}

/// A history in memory.
#[derive(Debug, Default, Clone)]
pub struct MemoryHistory {
    streams: BTreeMap<StreamName, Vec<Arc<Fact>>>,
}

impl MemoryHistory {
    pub fn push(&mut self, fact: Arc<Fact>) {
        self.streams.entry(fact.stream.clone()).or_default().push(fact);
    }
    pub fn clear(&mut self) {
        self.streams.clear();
    }
}

impl History for MemoryHistory {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        Ok(self.streams.get(name).cloned().unwrap_or_default())
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        let from = self.streams.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        Ok(from.map(|(name, _)| name).take_while(|n| n.as_str().starts_with(prefix)).cloned().collect())
    }
}

/// A history up to a size: the records that a ledger held then.
pub struct KnownAt<'a> {
    pub history: &'a dyn History,
    /// Records with seq below this are known; `u64::MAX`: all.
    pub size: u64,
}

impl History for KnownAt<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        let mut facts = self.history.stream(name)?;
        facts.retain(|f| f.seq < self.size);
        Ok(facts)
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        let names = self.history.streams_with_prefix(prefix)?;
        if self.size == u64::MAX {
            return Ok(names);
        }
        let mut known = Vec::with_capacity(names.len());
        for name in names {
            if self.history.stream(&name)?.first().is_some_and(|f| f.seq < self.size) {
                known.push(name);
            }
        }
        Ok(known)
    }
}
