//! The index: which records belong to which stream, which streams rest on which, which records tell of which actor, and a
//! snapshot of keys and roles.
//! Disposable: derived from the log, thrown away and rebuilt whenever it does not open or disagrees. Written in few large batches
//! behind the log, by who holds the ledger's lock; read by anybody at any time.
//! Not here: the files that it is written to (`runs`); offsets and hashes, which live in flat files (`derived`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use answerable_schemas::history::bears;
use answerable_schemas::law::ripple::rests_on;
use answerable_schemas::{ActorId, Body, StreamName};
use answerable_verifier::authority::Authority;
use answerable_verifier::encoding::Hash;
use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use crate::error::StoreError;
use crate::files::{read_if_there, write_derived};
use crate::runs::{self, AtHand, Entry, Run, Sources, Sum};

/// How far an index has come, and what holds there.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Records indexed.
    pub size: u64,
    /// The leaf of the last one: an index of another history shows itself by it.
    pub leaf: Hash,
    pub authority: Authority,
}

/// What records add to an index.
#[derive(Debug, Default)]
pub struct Added {
    /// The records of each stream, ascending.
    pub streams: BTreeMap<StreamName, Vec<u64>>,
    /// The streams that rest on a stream (`ripple::rests_on`).
    pub resting: BTreeMap<StreamName, BTreeSet<StreamName>>,
    /// The records that tell of an actor, ascending; those left out whose stream has its name as a part.
    pub telling: BTreeMap<ActorId, Vec<u64>>,
}

impl Added {
    pub fn add(&mut self, seq: u64, stream: &StreamName, body: &Body) {
        self.streams.entry(stream.clone()).or_default().push(seq);
        for needed in rests_on(stream, body) {
            self.resting.entry(needed).or_default().insert(stream.clone());
        }
        for actor in body.actors_told().into_iter().filter(|actor| !bears(stream, actor)) {
            self.telling.entry(actor).or_default().push(seq);
        }
    }
    /// The streams that rest on this one, sorted.
    pub fn resting_on(&self, stream: &StreamName) -> Vec<StreamName> {
        self.resting.get(stream).into_iter().flatten().cloned().collect()
    }
}

/// The small surface behind which a store of derived data hides.
pub trait Index {
    /// The records of a stream, ascending.
    fn postings(&self, stream: &StreamName) -> Result<Vec<u64>, StoreError>;
    /// The streams whose name begins so, sorted.
    fn streams_with_prefix(&self, prefix: &str) -> Result<Vec<StreamName>, StoreError> {
        // Every stream has a record.
        self.streams_between(prefix, 0, u64::MAX)
    }
    /// The streams that rest on this one, sorted.
    fn resting_on(&self, stream: &StreamName) -> Result<Vec<StreamName>, StoreError>;
    /// The streams whose name begins so and which have a record with `from` <= seq < `to`, sorted.
    fn streams_between(&self, prefix: &str, from: u64, to: u64) -> Result<Vec<StreamName>, StoreError>;
    /// The records that tell of an actor in streams without its name, ascending.
    fn telling_of(&self, actor: &ActorId) -> Result<Vec<u64>, StoreError>;
    fn snapshot(&self) -> Result<Option<Snapshot>, StoreError>;
    /// Adds records in one batch, and moves the snapshot.
    fn write(&mut self, added: &Added, snapshot: &Snapshot) -> Result<(), StoreError>;
}

/// One encoding, in one place (bincode 2, standard configuration).
const ENCODING: bincode::config::Configuration = bincode::config::standard();

pub(crate) fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, ENCODING).expect("plain data encodes")
}

pub(crate) fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, StoreError> {
    bincode::serde::decode_from_slice(bytes, ENCODING).map(|(value, _)| value).map_err(stale)
}

fn stale(e: impl std::fmt::Display) -> StoreError {
    StoreError::Derived(e.to_string())
}

/// The form of an index. It changes with what an index holds: one of another form is derived anew.
const FORM: u32 = 3;
/// Says which runs make up the index. It is replaced as a whole, so a reader finds the index of one moment.
const STATE: &str = "state";

/// What is in `STATE`, behind a SHA-256 of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct State {
    form: u32,
    size: u64,
    leaf: Hash,
    /// The name of the file that has the encoded authority, which is large and seldom changes.
    authority: String,
    /// The oldest first, one behind the other.
    runs: Vec<Part>,
}

/// The run of the records `from` to `to` - 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Part {
    from: u64,
    to: u64,
    sum: Sum,
}

impl Part {
    fn name(&self) -> String {
        format!("{:012}-{:012}.run", self.from, self.to)
    }

    fn records(&self) -> u64 {
        self.to - self.from
    }
}

/// The index on the disk, under `index/streams/`: sorted runs, as in a log-structured merge tree. A new run takes up three before
/// it that are of about its length, so that there are few, and each record is written again but a few times; what cannot be
/// written is kept in memory.
pub struct RunIndex {
    folder: PathBuf,
    state: Option<State>,
    authority: Option<Authority>,
    runs: Vec<Run>,
    at_hand: AtHand,
    /// What is not on the disk.
    unwritten: MemoryIndex,
    /// The lock of the ledger is held.
    pub may_write: bool,
}

impl RunIndex {
    pub fn folder(ledger: &Path) -> PathBuf {
        ledger.join("index").join("streams")
    }

    /// Opens what is there; an empty index where there is none. `Derived` for one that is damaged.
    pub fn open(ledger: &Path) -> Result<Self, StoreError> {
        let mut index = Self::empty(ledger);
        // Runs that a writer has just put together are gone: then there is a newer state.
        for _ in 0..10 {
            let state = index.read_state()?;
            match index.take(state.clone()) {
                Err(e) if index.read_state()? == state => return Err(e),
                Err(_) => {}
                Ok(()) => return Ok(index),
            }
        }
        Err(StoreError::Derived("the index changes too fast to be read".into()))
    }

    /// One that has nothing yet, whatever is on the disk.
    pub fn empty(ledger: &Path) -> Self {
        Self {
            folder: Self::folder(ledger),
            state: None,
            authority: None,
            runs: Vec::new(),
            at_hand: AtHand::default(),
            unwritten: MemoryIndex::default(),
            may_write: false,
        }
    }

    /// Records of the index on the disk.
    pub fn written(&self) -> u64 {
        self.state.as_ref().map_or(0, |state| state.size)
    }

    fn read_state(&self) -> Result<Option<State>, StoreError> {
        let Some(bytes) = read_if_there(&self.folder.join(STATE))? else { return Ok(None) };
        let (sum, state) = bytes.split_at_checked(32).ok_or_else(|| stale("the index is damaged: its state"))?;
        if Hash::sha256(state).0[..] != *sum {
            return Err(stale("the index is damaged: its state"));
        }
        let state: State = decode(state)?;
        Ok(Some(state).filter(|state| state.form == FORM))
    }

    fn take(&mut self, state: Option<State>) -> Result<(), StoreError> {
        let Some(state) = state else { return Ok(()) };
        let bytes = read_if_there(&self.folder.join(&state.authority))?;
        let bytes = bytes.filter(|bytes| authority_name(bytes) == state.authority);
        self.authority = Some(decode(&bytes.ok_or_else(|| stale("the index is damaged: its authority"))?)?);
        let runs = state.runs.iter().map(|part| Run::open(&self.folder, &part.name(), &part.sum));
        self.runs = runs.collect::<Result<_, _>>()?;
        self.state = Some(state);
        Ok(())
    }

    /// Writes what is in memory as a run, and puts it together with those before it that are of about its length.
    fn save(&mut self) -> Result<(), StoreError> {
        let Some(snapshot) = &self.unwritten.snapshot else { return Ok(()) };
        // Who held the lock meanwhile may have written: then this index is no longer that on the disk.
        if self.read_state().ok().flatten() != self.state {
            return Err(stale("another process wrote the index"));
        }
        fs::create_dir_all(&self.folder).map_err(stale)?;
        let mut state = State {
            form: FORM,
            size: snapshot.size,
            leaf: snapshot.leaf,
            authority: String::new(),
            runs: self.state.as_ref().map(|state| state.runs.clone()).unwrap_or_default(),
        };
        let mut part = Part { from: self.written(), to: snapshot.size, sum: Sum::default() };
        let mut kept = state.runs.len();
        while let Some(taken) = kept.checked_sub(3).map(|from| &state.runs[from..kept])
            && taken.iter().map(Part::records).sum::<u64>() <= 4 * part.records()
        {
            part.from = taken[0].from;
            kept -= 3;
        }
        state.runs.truncate(kept);
        let taken_up = self.runs[kept..].iter().map(|run| Box::new(run.entries()) as Box<dyn Iterator<Item = _>>);
        let sources: Sources<'_> = taken_up.chain([Box::new(self.unwritten.entries()) as Box<_>]).collect();
        let aside = self.folder.join("run.tmp");
        let run = runs::write(&aside, &part.name(), sources)?;
        part.sum = run.sum();
        fs::rename(&aside, self.folder.join(part.name())).map_err(stale)?;
        state.runs.push(part);
        let authority = encode(&snapshot.authority);
        state.authority = authority_name(&authority);
        if self.state.as_ref().is_none_or(|before| before.authority != state.authority) {
            write_derived(&self.folder.join(&state.authority), &authority)?;
        }
        let bytes = encode(&state);
        write_derived(&self.folder.join(STATE), &[&Hash::sha256(&bytes).0[..], &bytes].concat())?;
        // From here on it counts.
        self.authority = Some(snapshot.authority.clone());
        self.runs.truncate(kept);
        self.runs.push(run);
        self.unwritten = MemoryIndex::default();
        let used = [state.authority.clone(), STATE.to_owned()].into_iter().chain(state.runs.iter().map(Part::name));
        let used: BTreeSet<String> = used.collect();
        for entry in fs::read_dir(&self.folder).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_none_or(|name| !used.contains(name)) {
                let _ = fs::remove_file(entry.path());
            }
        }
        self.state = Some(state);
        Ok(())
    }
}

fn authority_name(encoded: &[u8]) -> String {
    format!("authority-{}", &Hash::sha256(encoded).to_hex()[..32])
}

/// Keys of the runs, in this order: `a` and an actor; `r`, the name of a stream, NUL, and one that rests on it; `s` and the name
/// of a stream.
fn actor_key(actor: &ActorId) -> Vec<u8> {
    [b"a", actor.as_str().as_bytes()].concat()
}

fn stream_key(stream: &str) -> Vec<u8> {
    [b"s", stream.as_bytes()].concat()
}

fn resting_key(needed: &str, stream: &str) -> Vec<u8> {
    [b"r", needed.as_bytes(), b"\0", stream.as_bytes()].concat()
}

impl Index for RunIndex {
    fn postings(&self, stream: &StreamName) -> Result<Vec<u64>, StoreError> {
        let key = stream_key(stream.as_str());
        let mut found = Vec::new();
        for run in &self.runs {
            run.get(&key, &self.at_hand, &mut found)?;
        }
        found.extend(self.unwritten.postings(stream)?);
        Ok(found)
    }

    fn resting_on(&self, stream: &StreamName) -> Result<Vec<StreamName>, StoreError> {
        let mut names: BTreeSet<StreamName> = self.unwritten.resting_on(stream)?.into_iter().collect();
        let prefix = resting_key(stream.as_str(), "");
        for run in &self.runs {
            run.with_prefix(&prefix, &self.at_hand, &mut |key, _| {
                names.insert(name(&key[prefix.len()..])?);
                Ok(())
            })?;
        }
        Ok(names.into_iter().collect())
    }

    fn streams_between(&self, prefix: &str, from: u64, to: u64) -> Result<Vec<StreamName>, StoreError> {
        let mut names: BTreeSet<StreamName> = self.unwritten.streams_between(prefix, from, to)?.into_iter().collect();
        let parts = self.state.iter().flat_map(|state| &state.runs).zip(&self.runs);
        for (_, run) in parts.filter(|(part, _)| part.from < to && from < part.to) {
            run.with_prefix(&stream_key(prefix), &self.at_hand, &mut |key, seqs| {
                if any_between(seqs, from, to) {
                    names.insert(name(&key[1..])?);
                }
                Ok(())
            })?;
        }
        Ok(names.into_iter().collect())
    }

    fn telling_of(&self, actor: &ActorId) -> Result<Vec<u64>, StoreError> {
        let (key, mut found) = (actor_key(actor), Vec::new());
        for run in &self.runs {
            run.get(&key, &self.at_hand, &mut found)?;
        }
        found.extend(self.unwritten.telling_of(actor)?);
        Ok(found)
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        if self.unwritten.snapshot.is_some() {
            return self.unwritten.snapshot();
        }
        let both = self.state.as_ref().zip(self.authority.clone());
        Ok(both.map(|(state, authority)| Snapshot { size: state.size, leaf: state.leaf, authority }))
    }

    /// Succeeds in any case: what cannot be written is in memory, and written with what comes next.
    fn write(&mut self, added: &Added, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.unwritten.write(added, snapshot)?;
        if self.may_write {
            let _ = self.save();
        }
        Ok(())
    }
}

/// Of ascending numbers.
fn any_between(seqs: &[u64], from: u64, to: u64) -> bool {
    seqs.get(seqs.partition_point(|seq| *seq < from)).is_some_and(|seq| *seq < to)
}

fn name(key: &[u8]) -> Result<StreamName, StoreError> {
    StreamName::new(std::str::from_utf8(key).map_err(stale)?).map_err(stale)
}

/// The same in memory.
#[derive(Default)]
pub struct MemoryIndex {
    held: Added,
    snapshot: Option<Snapshot>,
}

impl MemoryIndex {
    /// All entries, in the order of their keys.
    fn entries(&self) -> impl Iterator<Item = Result<Entry, StoreError>> + '_ {
        let resting = self.held.resting.iter();
        let resting = resting.flat_map(|(needed, streams)| streams.iter().map(move |stream| (needed, stream)));
        let mut resting: Vec<Vec<u8>> = resting.map(|(n, s)| resting_key(n.as_str(), s.as_str())).collect();
        // NUL is below every character, but a name may begin another.
        resting.sort_unstable();
        let streams = self.held.streams.iter().map(|(stream, seqs)| (stream_key(stream.as_str()), seqs.clone()));
        let resting = resting.into_iter().map(|key| (key, Vec::new()));
        let telling = self.held.telling.iter().map(|(actor, seqs)| (actor_key(actor), seqs.clone()));
        telling.chain(resting).chain(streams).map(|(key, seqs)| Ok((ByteBuf::from(key), seqs)))
    }
}

impl Index for MemoryIndex {
    fn postings(&self, stream: &StreamName) -> Result<Vec<u64>, StoreError> {
        Ok(self.held.streams.get(stream).cloned().unwrap_or_default())
    }
    fn resting_on(&self, stream: &StreamName) -> Result<Vec<StreamName>, StoreError> {
        Ok(self.held.resting_on(stream))
    }
    fn streams_between(&self, prefix: &str, from: u64, to: u64) -> Result<Vec<StreamName>, StoreError> {
        let begins = self.held.streams.iter().filter(|(name, _)| name.as_str().starts_with(prefix));
        Ok(begins.filter(|(_, seqs)| any_between(seqs, from, to)).map(|(name, _)| name.clone()).collect())
    }
    fn telling_of(&self, actor: &ActorId) -> Result<Vec<u64>, StoreError> {
        Ok(self.held.telling.get(actor).cloned().unwrap_or_default())
    }
    fn snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        Ok(self.snapshot.clone())
    }
    fn write(&mut self, added: &Added, snapshot: &Snapshot) -> Result<(), StoreError> {
        for (stream, seqs) in &added.streams {
            self.held.streams.entry(stream.clone()).or_default().extend(seqs);
        }
        for (needed, streams) in &added.resting {
            self.held.resting.entry(needed.clone()).or_default().extend(streams.iter().cloned());
        }
        for (actor, seqs) in &added.telling {
            self.held.telling.entry(actor.clone()).or_default().extend(seqs);
        }
        self.snapshot = Some(snapshot.clone());
        Ok(())
    }
}
