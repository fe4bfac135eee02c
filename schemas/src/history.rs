//! What was said before: recorded events as facts, and how the law asks for them.
//! Not here: where they are kept. A verifier keeps them in memory; a ledger reads them from its log.

use std::collections::{BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;

use crate::catalogue::Body;
use crate::dates::{CalendarDate, Instant};
use crate::envelope::{Attachment, Event, Source, Standing};
use crate::ids::{ActorId, EventId, KeyName, StreamName};
use crate::law::actors::{self, Actor};
use crate::law::ripple;

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
    /// What the registers say of an actor. A history that is asked for the same ones again and again may keep it.
    fn actor(&self, id: &ActorId) -> Lookup<Option<Arc<Actor>>> {
        Ok(actors::read(self, id)?.map(Arc::new))
    }
    /// The streams of which some fact rests on this one (`ripple::rests_on`), sorted. A history that keeps no account of it
    /// reads all that could.
    fn resting_on(&self, stream: &StreamName) -> Lookup<Vec<StreamName>> {
        let mut resting = Vec::new();
        for kind in ripple::resting_kinds() {
            for name in self.streams_with_prefix(kind)? {
                if self.stream(&name)?.iter().any(|f| ripple::rests_on(&name, &f.body).contains(stream)) {
                    resting.push(name);
                }
            }
        }
        Ok(resting)
    }
    /// The streams whose name begins with `prefix` and which have a record with `from` <= seq < `to`, sorted.
    fn streams_between(&self, prefix: &str, from: u64, to: u64) -> Lookup<Vec<StreamName>> {
        between(self, self.streams_with_prefix(prefix)?, from, to)
    }
    /// The streams that tell of an actor: those that have its name as a part, and those of which some record tells of it
    /// (`Body::actors_told`); sorted. A history that keeps no account of it reads all.
    fn telling_of(&self, actor: &ActorId) -> Lookup<Vec<StreamName>> {
        telling(self, self.streams_with_prefix("")?, actor)
    }
}

/// Those of these streams that have a record with `from` <= seq < `to` here.
pub fn between<H: History + ?Sized>(
    history: &H,
    names: Vec<StreamName>,
    from: u64,
    to: u64,
) -> Lookup<Vec<StreamName>> {
    let mut there = Vec::new();
    for name in names {
        if history.stream(&name)?.iter().any(|f| (from..to).contains(&f.seq)) {
            there.push(name);
        }
    }
    Ok(there)
}

/// Those of these streams that tell of an actor here.
pub fn telling<H: History + ?Sized>(history: &H, names: Vec<StreamName>, actor: &ActorId) -> Lookup<Vec<StreamName>> {
    let mut telling = Vec::new();
    for name in names {
        let facts = history.stream(&name)?;
        if !facts.is_empty() && bears(&name, actor) || facts.iter().any(|f| f.body.actors_told().contains(actor)) {
            telling.push(name);
        }
    }
    Ok(telling)
}

/// True where a stream has an actor's name as a part: of a state, what stands behind `state:`.
pub fn bears(stream: &StreamName, actor: &ActorId) -> bool {
    let (name, part) = (stream.as_str(), actor.in_stream());
    let ends = |at: usize| matches!(name.as_bytes().get(at + part.len()), None | Some(b':'));
    name.match_indices(part).any(|(at, _)| name[..at].ends_with(':') && ends(at))
}

/// A history in memory.
#[derive(Debug, Default, Clone)]
pub struct MemoryHistory {
    streams: HashMap<StreamName, Vec<Arc<Fact>>>,
    names: BTreeSet<StreamName>,
    resting: Resting,
}

/// An account of which streams rest on which: each such pair, in one sorted set, as most streams are rested on by few.
/// None comes before all names.
#[derive(Debug, Default, Clone)]
pub struct Resting(BTreeSet<(StreamName, Option<StreamName>)>);

impl Resting {
    pub fn add(&mut self, fact: &Fact) {
        for needed in ripple::rests_on(&fact.stream, &fact.body) {
            self.0.insert((needed, Some(fact.stream.clone())));
        }
    }
    /// The streams that rest on this one, sorted.
    pub fn on(&self, stream: &StreamName) -> Vec<StreamName> {
        let from = self.0.range((stream.clone(), None)..);
        from.take_while(|(needed, _)| needed == stream).filter_map(|(_, rests)| rests.clone()).collect()
    }
}

impl MemoryHistory {
    pub fn push(&mut self, fact: Arc<Fact>) {
        self.resting.add(&fact);
        match self.streams.get_mut(&fact.stream) {
            Some(facts) => facts.push(fact),
            None => {
                self.names.insert(fact.stream.clone());
                self.streams.insert(fact.stream.clone(), vec![fact]);
            }
        }
    }
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

impl History for MemoryHistory {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        Ok(self.streams.get(name).cloned().unwrap_or_default())
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        let from = self.names.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
        Ok(from.take_while(|n| n.as_str().starts_with(prefix)).cloned().collect())
    }
    fn resting_on(&self, stream: &StreamName) -> Lookup<Vec<StreamName>> {
        Ok(self.resting.on(stream))
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
        if self.size == u64::MAX {
            return self.history.streams_with_prefix(prefix);
        }
        self.history.streams_between(prefix, 0, self.size)
    }
    fn streams_between(&self, prefix: &str, from: u64, to: u64) -> Lookup<Vec<StreamName>> {
        self.history.streams_between(prefix, from, to.min(self.size))
    }
    fn telling_of(&self, actor: &ActorId) -> Lookup<Vec<StreamName>> {
        let names = self.history.telling_of(actor)?;
        if self.size == u64::MAX { Ok(names) } else { telling(self, names, actor) }
    }
}
