//! The past of a ledger on disk: facts read from the log by the index, each checked against its leaf hash; and, while
//! a batch is being admitted, the facts of that batch that are not on disk yet.
//! Not here: the rules that ask for the past.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use answerable_schemas::history::{Lookup, MemoryHistory, bears};
use answerable_schemas::{ActorId, EventId, Fact, History, StreamName};
use answerable_verifier::encoding::Hash;
use answerable_verifier::judge::Past;
use answerable_verifier::merkle::Frontier;
use answerable_verifier::record::Record;

use crate::derived::{Offsets, checked_line};
use crate::error::StoreError;
use crate::index::{Added, Index, RunIndex};
use crate::log::Log;
use crate::tiles::Tiles;

/// Facts kept in memory after reading: enough for the streams that one command touches.
const CACHE: usize = 65_536;

pub struct LedgerPast {
    pub(crate) log: Log,
    pub(crate) offsets: Offsets,
    pub(crate) tiles: Tiles,
    pub(crate) index: RunIndex,
    /// Records under the checkpoint; the offsets run ahead while a batch is open.
    settled: u64,
    /// Records that the index has.
    indexed: u64,
    /// The tree at the judge's position; ahead of the tiles while a batch is open.
    pub(crate) frontier: Frontier,
    /// The records that the index does not have yet, those of the open batch among them; and the leaves of the open batch.
    pub(crate) pending: MemoryHistory,
    pub(crate) pending_index: Added,
    pub(crate) pending_leaves: Vec<Hash>,
    roots: RefCell<HashMap<u64, Hash>>,
    facts: RefCell<HashMap<u64, Arc<Fact>>>,
}

impl LedgerPast {
    pub(crate) fn new(log: Log, offsets: Offsets, tiles: Tiles, index: RunIndex, frontier: Frontier) -> Self {
        Self {
            log,
            settled: offsets.size(),
            indexed: offsets.size(),
            offsets,
            tiles,
            index,
            frontier,
            pending: MemoryHistory::default(),
            pending_index: Added::default(),
            pending_leaves: Vec::new(),
            roots: RefCell::default(),
            facts: RefCell::default(),
        }
    }

    /// Records on disk, the open batch not counted.
    pub fn size(&self) -> u64 {
        self.settled
    }

    /// One line of the log, without LF, checked against its leaf hash.
    pub fn line(&self, seq: u64) -> Result<Vec<u8>, StoreError> {
        checked_line(&self.log, &self.offsets, &self.tiles, seq, self.size())
    }

    pub fn record(&self, seq: u64) -> Result<Record, StoreError> {
        Record::parse(&self.line(seq)?).map_err(|f| StoreError::LogDamaged { seq, why: f.to_string() })
    }

    pub fn fact(&self, seq: u64) -> Result<Arc<Fact>, StoreError> {
        if let Some(fact) = self.facts.borrow().get(&seq) {
            return Ok(fact.clone());
        }
        let record = self.record(seq)?;
        let body = record.body().map_err(|f| StoreError::Fault(f.at(seq)))?;
        let fact = Arc::new(Fact::new(seq, record.signed.id, record.recorded, record.event(), body));
        let mut cache = self.facts.borrow_mut();
        if cache.len() >= CACHE {
            cache.clear();
        }
        cache.insert(seq, fact.clone());
        Ok(fact)
    }

    /// The batch is on disk.
    pub(crate) fn settle(&mut self) {
        self.settled = self.offsets.size();
        self.pending_leaves.clear();
    }

    /// How far the index lags behind.
    pub(crate) fn unindexed(&self) -> u64 {
        self.settled - self.indexed
    }

    /// The index has what was pending.
    pub(crate) fn indexed(&mut self) {
        self.indexed = self.settled;
        self.pending.clear();
        self.pending_index = Added::default();
    }
}

impl History for LedgerPast {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        let mut facts = Vec::new();
        for seq in self.index.postings(name)? {
            let fact = self.fact(seq)?;
            if fact.stream != *name {
                return Err(StoreError::Derived(format!("record {seq} is not of the stream {name}")).into());
            }
            facts.push(fact);
        }
        facts.extend(self.pending.stream(name)?);
        Ok(facts)
    }

    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        let mut names = self.index.streams_with_prefix(prefix)?;
        names.extend(self.pending.streams_with_prefix(prefix)?);
        names.sort();
        names.dedup();
        Ok(names)
    }

    fn resting_on(&self, stream: &StreamName) -> Lookup<Vec<StreamName>> {
        let mut names = self.index.resting_on(stream)?;
        names.extend(self.pending.resting_on(stream)?);
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// By the index: no record is read.
    fn streams_between(&self, prefix: &str, from: u64, to: u64) -> Lookup<Vec<StreamName>> {
        let mut names = self.index.streams_between(prefix, from, to)?;
        names.extend(self.pending.streams_between(prefix, from, to)?);
        names.sort();
        names.dedup();
        Ok(names)
    }

    /// By the index; of the streams without the actor's name, one record for each that tells of it is read.
    fn telling_of(&self, actor: &ActorId) -> Lookup<Vec<StreamName>> {
        let mut names: BTreeSet<StreamName> =
            self.index.streams_with_prefix("")?.into_iter().filter(|name| bears(name, actor)).collect();
        for seq in self.index.telling_of(actor)? {
            names.insert(self.fact(seq)?.stream.clone());
        }
        names.extend(self.pending.telling_of(actor)?);
        Ok(names.into_iter().collect())
    }
}

impl Past for LedgerPast {
    fn last_by(&self, actor: &ActorId, stream: &StreamName) -> Lookup<Option<EventId>> {
        Ok(self.stream(stream)?.iter().rfind(|f| f.actor == *actor).map(|f| f.id))
    }

    fn seq_of(&self, id: &EventId, stream: &StreamName) -> Lookup<Option<u64>> {
        Ok(self.stream(stream)?.iter().find(|f| f.id == *id).map(|f| f.seq))
    }

    fn root_at(&self, size: u64) -> Lookup<Option<Hash>> {
        if size == self.frontier.size() {
            return Ok(Some(self.frontier.root()));
        }
        if size > self.size() {
            return Ok(None);
        }
        if let Some(root) = self.roots.borrow().get(&size) {
            return Ok(Some(*root));
        }
        let root = self.tiles.root_at(size, self.size())?;
        self.roots.borrow_mut().insert(size, root);
        Ok(Some(root))
    }

    fn stream_counts(&self, size: u64) -> Lookup<BTreeMap<StreamName, u64>> {
        let mut counts: BTreeMap<StreamName, u64> = BTreeMap::new();
        let mut add = |stream: &StreamName, below: usize| {
            if below > 0 {
                *counts.entry(stream.clone()).or_default() += below as u64;
            }
        };
        for stream in self.index.streams_with_prefix("")? {
            let postings = self.index.postings(&stream)?;
            add(&stream, postings.partition_point(|seq| *seq < size.min(self.settled)));
        }
        for (stream, seqs) in &self.pending_index.streams {
            add(stream, seqs.partition_point(|seq| *seq < size));
        }
        // A count that is wrong would stand in the log for good: the index must at least account for every record.
        let (counted, there) = (counts.values().sum::<u64>(), size.min(self.frontier.size()));
        if counted != there {
            let why = format!("the index has {counted} of the first {there} records");
            return Err(StoreError::Derived(why).into());
        }
        Ok(counts)
    }

    /// A ledger takes in nothing that it cannot read: only an auditor does.
    fn push_unreadable(&mut self, leaf: Hash) {
        self.frontier.push(leaf);
        self.pending_leaves.push(leaf);
    }

    fn push(&mut self, record: &Record, fact: Option<Arc<Fact>>) {
        self.frontier.push(record.leaf);
        self.pending_leaves.push(record.leaf);
        if let Some(fact) = fact {
            self.pending_index.add(fact.seq, &fact.stream, &fact.body);
            self.pending.push(fact);
        }
    }
}
