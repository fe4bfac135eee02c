//! The index: which records belong to which stream, which streams rest on which, and a snapshot of keys and roles.
//! Disposable: derived from the log, thrown away and rebuilt whenever it does not open or disagrees. Written in few large batches behind the log.
//! Not here: offsets and hashes, which live in flat files (`derived`).

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use answerable_schemas::law::ripple::rests_on;
use answerable_schemas::{Body, StreamName};
use answerable_verifier::authority::Authority;
use answerable_verifier::encoding::Hash;
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

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
}

impl Added {
    pub fn add(&mut self, seq: u64, stream: &StreamName, body: &Body) {
        self.streams.entry(stream.clone()).or_default().push(seq);
        for needed in rests_on(stream, body) {
            self.resting.entry(needed).or_default().insert(stream.clone());
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
    fn streams_with_prefix(&self, prefix: &str) -> Result<Vec<StreamName>, StoreError>;
    /// The streams that rest on this one, sorted.
    fn resting_on(&self, stream: &StreamName) -> Result<Vec<StreamName>, StoreError>;
    fn snapshot(&self) -> Result<Option<Snapshot>, StoreError>;
    /// True if it is there the next time.
    fn is_kept(&self) -> bool;
    /// Adds records in one batch, and moves the snapshot.
    fn write(&mut self, added: &Added, snapshot: &Snapshot) -> Result<(), StoreError>;
}

/// One encoding, in one place (bincode 2, standard configuration).
const ENCODING: bincode::config::Configuration = bincode::config::standard();
/// How far it has come: `size` and `leaf` of the snapshot. The name changes with what an index holds: one that lacks
/// something has no snapshot, and is derived anew.
const POSITION: &[u8] = b"position 2";
const AUTHORITY: &[u8] = b"authority";

fn encode<T: Serialize>(value: &T) -> Vec<u8> {
    bincode::serde::encode_to_vec(value, ENCODING).expect("plain data encodes")
}

fn decode<T: for<'de> Deserialize<'de>>(bytes: &[u8]) -> Result<T, StoreError> {
    bincode::serde::decode_from_slice(bytes, ENCODING).map(|(value, _)| value).map_err(stale)
}

fn stale(e: impl std::fmt::Display) -> StoreError {
    StoreError::Derived(e.to_string())
}

/// The index in sled, under `index/sled/`.
pub struct SledIndex {
    /// Taken out when it is closed.
    open: Option<Open>,
}

struct Open {
    streams: sled::Tree,
    /// A stream, NUL, and one that rests on it.
    resting: sled::Tree,
    meta: sled::Tree,
    _db: sled::Db,
}

impl Drop for SledIndex {
    fn drop(&mut self) {
        // Closing writes, and sled panics where that fails. Everything that counts was flushed before.
        let open = self.open.take();
        let _ = guarded(|| {
            drop(open);
            Ok(())
        });
    }
}

/// Why the sled index cannot be used now.
pub enum SledTrouble {
    /// Another process has it open; it is fine.
    Busy,
    /// It does not open: to be thrown away.
    Broken(String),
}

impl SledIndex {
    pub fn folder(ledger: &Path) -> std::path::PathBuf {
        ledger.join("index").join("sled")
    }

    pub fn open(ledger: &Path) -> Result<Self, SledTrouble> {
        std::panic::catch_unwind(|| Self::try_open(ledger))
            .unwrap_or_else(|_| Err(SledTrouble::Broken("sled failed on the disk".into())))
    }

    fn trees(&self) -> &Open {
        self.open.as_ref().expect("closed only when dropped")
    }

    fn try_open(ledger: &Path) -> Result<Self, SledTrouble> {
        let trouble = |e: sled::Error| match &e {
            sled::Error::Io(io) if io.to_string().contains("lock") => SledTrouble::Busy,
            _ => SledTrouble::Broken(e.to_string()),
        };
        let db = sled::Config::new()
            .path(Self::folder(ledger))
            .cache_capacity(64 << 20)
            .flush_every_ms(None)
            .open()
            .map_err(trouble)?;
        let streams = db.open_tree("streams").map_err(trouble)?;
        let resting = db.open_tree("resting").map_err(trouble)?;
        let meta = db.open_tree("meta").map_err(trouble)?;
        Ok(Self { open: Some(Open { streams, resting, meta, _db: db }) })
    }
}

impl Index for SledIndex {
    fn is_kept(&self) -> bool {
        true
    }

    fn postings(&self, stream: &StreamName) -> Result<Vec<u64>, StoreError> {
        match self.trees().streams.get(stream.as_str()).map_err(stale)? {
            Some(bytes) => decode(&bytes),
            None => Ok(Vec::new()),
        }
    }

    fn streams_with_prefix(&self, prefix: &str) -> Result<Vec<StreamName>, StoreError> {
        self.trees().streams.scan_prefix(prefix).keys().map(|key| name(&key.map_err(stale)?)).collect()
    }

    fn resting_on(&self, stream: &StreamName) -> Result<Vec<StreamName>, StoreError> {
        let prefix = format!("{stream}\0");
        let keys = self.trees().resting.scan_prefix(&prefix).keys();
        keys.map(|key| name(&key.map_err(stale)?[prefix.len()..])).collect()
    }

    fn snapshot(&self) -> Result<Option<Snapshot>, StoreError> {
        let meta = &self.trees().meta;
        let (Some(position), Some(authority)) =
            (meta.get(POSITION).map_err(stale)?, meta.get(AUTHORITY).map_err(stale)?)
        else {
            return Ok(None);
        };
        let (size, leaf) = decode(&position)?;
        Ok(Some(Snapshot { size, leaf, authority: decode(&authority)? }))
    }

    fn write(&mut self, added: &Added, snapshot: &Snapshot) -> Result<(), StoreError> {
        let mut batch = sled::Batch::default();
        for (stream, seqs) in &added.streams {
            let mut postings = self.postings(stream)?;
            // A batch that was cut short by a crash is written again: what is there already is not doubled.
            let known = postings.last().copied();
            postings.extend(seqs.iter().filter(|s| known.is_none_or(|k| **s > k)));
            batch.insert(stream.as_str(), encode(&postings));
        }
        self.trees().streams.apply_batch(batch).map_err(stale)?;
        let mut batch = sled::Batch::default();
        let resting = added.resting.iter().flat_map(|(needed, streams)| streams.iter().map(move |s| (needed, s)));
        for (needed, stream) in resting {
            batch.insert(format!("{needed}\0{stream}").as_bytes(), &[]);
        }
        self.trees().resting.apply_batch(batch).map_err(stale)?;
        self.trees().streams.flush().map_err(stale)?;
        let mut batch = sled::Batch::default();
        batch.insert(POSITION, encode(&(snapshot.size, snapshot.leaf)));
        // It is large, and most records leave it as it is.
        let authority = encode(&snapshot.authority);
        if self.trees().meta.get(AUTHORITY).map_err(stale)?.is_none_or(|kept| kept != authority) {
            batch.insert(AUTHORITY, authority);
        }
        self.trees().meta.apply_batch(batch).map_err(stale)?;
        self.trees().meta.flush().map_err(stale)?;
        Ok(())
    }
}

fn name(key: &[u8]) -> Result<StreamName, StoreError> {
    StreamName::new(std::str::from_utf8(key).map_err(stale)?).map_err(stale)
}

/// Runs something that writes an index. sled 0.34 panics where a disk fails it: here that is an error like any other.
pub(crate) fn guarded<T>(write: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(write))
        .unwrap_or_else(|_| Err(StoreError::Derived("sled failed on the disk".into())))
}

/// The same in memory: for readers while another process holds the sled index.
#[derive(Default)]
pub struct MemoryIndex {
    held: Added,
    snapshot: Option<Snapshot>,
}

impl Index for MemoryIndex {
    fn is_kept(&self) -> bool {
        false
    }
    fn postings(&self, stream: &StreamName) -> Result<Vec<u64>, StoreError> {
        Ok(self.held.streams.get(stream).cloned().unwrap_or_default())
    }
    fn streams_with_prefix(&self, prefix: &str) -> Result<Vec<StreamName>, StoreError> {
        Ok(self.held.streams.keys().filter(|k| k.as_str().starts_with(prefix)).cloned().collect())
    }
    fn resting_on(&self, stream: &StreamName) -> Result<Vec<StreamName>, StoreError> {
        Ok(self.held.resting_on(stream))
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
        self.snapshot = Some(snapshot.clone());
        Ok(())
    }
}
