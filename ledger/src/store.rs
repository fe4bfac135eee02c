//! A ledger on disk: founding it, opening it, and what opening repairs (docs/FORMAT.md).
//! Not here: admitting events (`append`), answering questions (`projection`).

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use answerable_schemas::history::HistoryError;
use answerable_schemas::{Body, EventId, Fact, History, Instant, bundle};
use answerable_verifier::authority::Authority;
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::dsse;
use answerable_verifier::encoding::Hash;
use answerable_verifier::exported::kept_name;
use answerable_verifier::fault::Fault;
use answerable_verifier::handover::Handover;
use answerable_verifier::judge::{Head, Judge, MemoryPast};
use answerable_verifier::merkle::{Frontier, leaf_hash};
use answerable_verifier::note::VerifierKey;
use answerable_verifier::pipeline::Ahead;
use answerable_verifier::record::SignedEvent;
use serde::{Deserialize, Serialize};

use crate::append::check_nfc;
use crate::derived::{self, Offsets};
use crate::error::{Notice, StoreError};
use crate::files::{self, io, read_if_there, write_durably};
use crate::index::{Added, Index, RunIndex, Snapshot};
use crate::log::Log;
use crate::past::LedgerPast;
use crate::signing::{self, CheckpointSigner, Latest};
use crate::tiles::Tiles;

/// `answerable.toml`: nothing secret, and checked against record 0.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub origin: String,
    pub ledger_id: EventId,
    #[serde(default = "default_clock_jump")]
    pub max_clock_jump_days: u32,
}

fn default_clock_jump() -> u32 {
    31
}

/// The index is written when it lags this many records behind, and when the ledger is closed.
const INDEX_AFTER: u64 = 4096;

/// Is told of something long: how many records are done, and of how many.
pub type Watch<'a> = dyn FnMut(u64, u64) + 'a;
/// It is told each so many records.
pub(crate) const WATCHED: u64 = 1024;

/// The streams of all records that `Authority::apply` heeds begin so.
const AUTHORITY: [&str; 3] = ["keys:", "ledger:governance", "roles:"];

/// An open ledger.
pub struct Ledger {
    pub root: PathBuf,
    pub config: Config,
    pub judge: Judge<LedgerPast>,
    /// The latest signed checkpoint: what is acknowledged.
    pub checkpoint: Checkpoint,
    /// Its bytes, as they were read or written: another process may have moved on since.
    pub(crate) signed_checkpoint: Vec<u8>,
    /// The open batch ends with a change of log keys.
    pub(crate) handover: Option<Handover>,
    pub(crate) poisoned: bool,
    pub(crate) ahead: Ahead,
    /// Held by a writer; a reader has none.
    _lock: Option<File>,
}

impl Ledger {
    /// Founds a ledger in a new or empty folder. All of it is there, or nothing.
    pub fn found(
        root: &Path,
        founding: &SignedEvent,
        recorded: Instant,
        signer: &dyn CheckpointSigner,
    ) -> Result<(), StoreError> {
        if !files::is_free(root)? {
            return Err(StoreError::Exists(root.to_owned()));
        }
        let building = root.join(".founding");
        let line = founding.record_line(0, &Hash::ZERO, recorded);
        check_nfc(founding)?;
        let mut judge = Judge::before_all();
        judge.admit(&line)?;
        let keys = signing::signers(&judge.authority.log_verifiers(), None, signer)?;
        files::make_folder(root)?;
        for folder in ["log", "checkpoints", "attachments", "tile", "index"] {
            let path = building.join(folder);
            fs::create_dir_all(&path).map_err(io(&path))?;
        }
        let config = Config {
            origin: judge.authority.origin.clone(),
            ledger_id: founding.id,
            max_clock_jump_days: default_clock_jump(),
        };
        let text = toml::to_string(&config).expect("plain data");
        write_durably(&building.join("answerable.toml"), text.as_bytes())?;
        write_durably(&building.join("lock"), b"")?;
        let rules = bundle::rules_ref();
        write_durably(&building.join("attachments").join(rules.sha256.to_string()), bundle::bundle())?;
        Log::at(&building).append(0, &[line.as_slice(), b"\n"].concat(), true)?;
        let mut frontier = Frontier::new();
        frontier.push(leaf_hash(&line));
        let first = Checkpoint { origin: config.origin.clone(), size: 1, root: frontier.root() };
        write_durably(&building.join("checkpoint"), signing::sign(&first, &keys, signer)?.as_bytes())?;
        for name in ["log", "checkpoints", "attachments", "tile", "index", "lock", "checkpoint"] {
            fs::rename(building.join(name), root.join(name)).map_err(io(root))?;
        }
        // `answerable.toml` comes last, when the rest is durable: without it the folder is no ledger.
        let last = root.join("answerable.toml");
        files::sync_folder_of(&last)?;
        fs::rename(building.join("answerable.toml"), &last).map_err(io(root))?;
        fs::remove_dir(&building).map_err(io(&building))?;
        files::sync_folder_of(&last)
    }

    /// Opens for reading: never blocked by a writer, and changes nothing but what is derived.
    /// Where derived files must be rebuilt and another process holds the lock, that process is about to have done it:
    /// it is waited for, five seconds at most.
    pub fn open(root: &Path) -> Result<(Self, Vec<Notice>), StoreError> {
        Self::open_watched(root, &mut |_, _| {})
    }

    /// The same; where all records must be read again, `watch` is told how many have been, and of how many.
    pub fn open_watched(root: &Path, watch: &mut Watch<'_>) -> Result<(Self, Vec<Notice>), StoreError> {
        for _ in 0..100 {
            match Self::open_locked(root, None, watch) {
                Err(StoreError::Locked(_)) => std::thread::sleep(std::time::Duration::from_millis(50)),
                opened => return opened,
            }
        }
        Self::open_locked(root, None, watch)
    }

    /// Opens for writing: takes the lock, and brings a log that a crash left behind into order.
    pub fn open_to_write(root: &Path, signer: &dyn CheckpointSigner) -> Result<(Self, Vec<Notice>), StoreError> {
        read_config(root)?;
        let lock = files::lock(&root.join("lock"))?;
        let (mut ledger, mut notices) = Self::open_locked(root, Some(lock), &mut |_, _| {})?;
        while ledger.recover_tail(signer, &mut notices)? {}
        Ok((ledger, notices))
    }

    /// Opens for work on files beside the log: takes the lock, needs no log key, and writes no record.
    pub fn open_beside_log(root: &Path) -> Result<(Self, Vec<Notice>), StoreError> {
        read_config(root)?;
        let lock = files::lock(&root.join("lock"))?;
        let (mut ledger, notices) = Self::open_locked(root, Some(lock), &mut |_, _| {})?;
        // A tail that a crash left is not in order: an append must refuse.
        ledger.poisoned = true;
        Ok((ledger, notices))
    }

    fn open_locked(root: &Path, lock: Option<File>, watch: &mut Watch<'_>) -> Result<(Self, Vec<Notice>), StoreError> {
        let config = read_config(root)?;
        let mut notices = Vec::new();
        let log = Log::at(root);
        let founding = check_founding(root, &log, &config)?;
        // Before the checkpoint is read: the index is behind it then, whatever others write meanwhile.
        let mut index = open_index(root, &mut notices);
        let latest = Latest::read(root, &config.origin)?;
        let mut ever = founding.log_verifiers();
        ever.extend(index.snapshot().ok().flatten().map(|s| s.authority.log_verifiers()).unwrap_or_default());
        latest.check_early(&ever)?;
        let checkpoint = latest.checkpoint.clone();
        // Only who holds the lock may touch what a writer works with.
        let mut guard = None;
        if lock.is_none() && index.written() != checkpoint.size {
            guard = files::lock(&root.join("lock")).ok();
        }
        index.may_write = lock.is_some() || guard.is_some();
        let mut tiles = Tiles::at(root);
        let sound = || {
            let offsets = Offsets::open(root, checkpoint.size)?;
            let frontier = tiles.frontier(checkpoint.size)?;
            if frontier.root() != checkpoint.root {
                return Err(StoreError::Derived("tile/ has another root than the checkpoint".into()));
            }
            derived::checked_line(&log, &offsets, &tiles, checkpoint.size - 1, checkpoint.size)?;
            Ok((offsets, frontier))
        };
        let (offsets, frontier) = match sound() {
            Ok(derived) => derived,
            Err(StoreError::Derived(why)) => {
                if lock.is_none() && guard.is_none() {
                    guard = Some(files::lock(&root.join("lock"))?);
                }
                let offsets = derived::rebuild(root, checkpoint.size, checkpoint.root, watch)?;
                tiles.forget();
                if checkpoint.size > 1 {
                    notices.push(Notice(format!("rebuilt the offsets and tiles from the log ({why})")));
                }
                (offsets, tiles.frontier(checkpoint.size)?)
            }
            Err(e) => return Err(e),
        };
        let past = LedgerPast::new(log, offsets, tiles, index, frontier);
        let (past, authority) = catch_up(root, past, checkpoint.size, &mut notices, watch)?;
        drop(guard);
        latest.check(&authority.log_verifiers())?;
        let last = past.record(checkpoint.size - 1)?;
        let head = Head { size: checkpoint.size, leaf: last.leaf, recorded: Some(last.recorded) };
        let judge = Judge::new(head, authority, past);
        Ok((
            Self {
                root: root.to_owned(),
                config,
                judge,
                checkpoint,
                signed_checkpoint: latest.bytes,
                handover: None,
                poisoned: false,
                ahead: Ahead::default(),
                _lock: lock,
            },
            notices,
        ))
    }

    /// Beyond the checkpoint nothing was acknowledged. The valid prefix is kept and checkpointed; from the first fault
    /// on, the bytes go to `torn/` and the log is cut.
    /// Stops behind a change of log keys, which has a checkpoint of its own: true where there may be more.
    fn recover_tail(&mut self, signer: &dyn CheckpointSigner, notices: &mut Vec<Notice>) -> Result<bool, StoreError> {
        let (segment, start) = self.judge.past.offsets.next()?;
        let log = self.judge.past.log.clone();
        let mut kept = 0u64;
        let mut again: Vec<(u64, u64, Vec<u8>)> = Vec::new();
        let mut fault: Option<(u64, u64, String)> = None;
        let mut handover = None;
        let judge = &mut self.judge;
        log.each_line(segment, start, &mut |place, line, ended| {
            let expected = judge.past.offsets.next()?;
            let why = if (place.segment, place.start) != expected {
                Some("the log does not go on here".to_owned())
            } else if !ended {
                Some("the last line is torn".to_owned())
            } else {
                let before = judge.authority.log_verifiers();
                match judge.admit(line) {
                    Ok(admitted) => {
                        handover = handover_of(&admitted.fact, &before);
                        None
                    }
                    Err(f) => Some(f.to_string()),
                }
            };
            if let Some(why) = why {
                fault = Some((expected.0, expected.1, why));
                return Ok(false);
            }
            judge.past.offsets.push(line.len() as u64)?;
            match again.last_mut() {
                Some((segment, ..)) if *segment == place.segment => {}
                _ => again.push((place.segment, place.start, Vec::new())),
            }
            let (.., bytes) = again.last_mut().expect("there is one now");
            bytes.extend_from_slice(line);
            bytes.push(b'\n');
            kept += 1;
            Ok(handover.is_none())
        })?;
        if kept > 0 || fault.is_some() {
            // Before anything is cut: what cannot be checkpointed stays as it is.
            signing::signers(&self.judge.authority.log_verifiers(), handover.as_ref(), signer)?;
        }
        if let Some((segment, start, why)) = &fault {
            let seq = self.judge.head.size;
            let name = format!("record-{seq:012}-at-byte-{start}");
            let moved = log.cut(*segment, *start, &self.root.join("torn"), &name)?;
            notices.push(Notice(format!(
                "the log was cut behind record {}: {moved} bytes that were never acknowledged are kept in torn/{name} ({why})",
                seq.saturating_sub(1)
            )));
        }
        for (segment, start, bytes) in &again {
            // Judged good, but perhaps not on the disk: the checkpoint must not come before them.
            log.write_again(*segment, *start, bytes)?;
        }
        if kept > 0 {
            notices.push(Notice(format!(
                "{kept} records that a crash left unacknowledged are valid, and are now acknowledged"
            )));
        }
        if kept > 0 || fault.is_some() {
            // Tiles of the cut records may be there: derive all of them anew.
            let size = self.judge.head.size;
            let root = self.judge.past.frontier.root();
            derived::rebuild(&self.root, size, root, &mut |_, _| {})?;
            self.judge.past.tiles.forget();
            self.judge.past.pending_leaves.clear();
            self.handover = handover;
            let more = self.handover.is_some();
            self.settle(size - kept, signer)?;
            return Ok(more);
        }
        Ok(false)
    }

    /// Makes the open batch count: derived files, then the checkpoint. The log is synced already; the index comes behind.
    pub(crate) fn settle(&mut self, old_size: u64, signer: &dyn CheckpointSigner) -> Result<(), StoreError> {
        // Before anything derived is touched: a checkpoint that cannot be signed leaves all as it was.
        let keys = signing::signers(&self.judge.authority.log_verifiers(), self.handover.as_ref(), signer)?;
        let past = &mut self.judge.past;
        past.tiles.grow(old_size, &past.pending_leaves)?;
        past.offsets.save(old_size)?;
        let next =
            Checkpoint { origin: self.config.origin.clone(), size: past.frontier.size(), root: past.frontier.root() };
        let signed = signing::sign(&next, &keys, signer)?.into_bytes();
        if self.handover.take().is_some() {
            // Kept for good: it is what vouches for the new keys.
            write_durably(&self.root.join("checkpoints").join(kept_name(next.size)), &signed)?;
        }
        write_durably(&self.root.join("checkpoint"), &signed)?;
        self.checkpoint = next;
        self.signed_checkpoint = signed;
        past.settle();
        if past.unindexed() >= INDEX_AFTER { self.write_index() } else { Ok(()) }
    }

    /// Brings the index up to what is acknowledged. Nobody waits for it: until then the records are at hand in memory, and
    /// after a crash the next opening derives what is missing.
    fn write_index(&mut self) -> Result<(), StoreError> {
        let Judge { head, authority, past, .. } = &mut self.judge;
        let snapshot = Snapshot { size: head.size, leaf: head.leaf, authority: authority.clone() };
        past.index.write(&past.pending_index, &snapshot)?;
        past.indexed();
        Ok(())
    }

    /// The latest signed checkpoint as it was read or written: a signed note.
    pub fn signed_checkpoint(&self) -> &[u8] {
        &self.signed_checkpoint
    }

    /// The ledger's records, as a past to ask.
    pub fn past(&self) -> &LedgerPast {
        &self.judge.past
    }

    /// Keys, roles and founders as they stood behind the first `size` records: by the streams that say so, and no others.
    pub fn authority_at(&self, size: u64) -> Result<Authority, StoreError> {
        if size == self.judge.head.size {
            return Ok(self.judge.authority.clone());
        }
        let stale = |e: HistoryError| StoreError::Derived(e.message);
        let mut facts = Vec::new();
        for family in AUTHORITY {
            for stream in self.past().streams_with_prefix(family).map_err(stale)? {
                let of_stream = self.past().stream(&stream).map_err(stale)?;
                facts.extend(of_stream.into_iter().filter(|fact| fact.seq < size));
            }
        }
        facts.sort_by_key(|fact| fact.seq);
        let mut authority = Authority::default();
        for fact in facts {
            authority.apply(fact.seq, fact.id, &fact.body);
        }
        Ok(authority)
    }

    /// The number of records that were recorded at or before an instant.
    pub fn size_at(&self, instant: Instant) -> Result<u64, StoreError> {
        let (mut low, mut high) = (0, self.checkpoint.size);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.past().record(middle)?.recorded <= instant { low = middle + 1 } else { high = middle }
        }
        Ok(low)
    }
}

impl Drop for Ledger {
    fn drop(&mut self) {
        // A poisoned ledger stands behind records that are not acknowledged.
        if !self.poisoned && self.judge.past.unindexed() > 0 {
            // Whatever it lacks, the next opening derives.
            let _ = self.write_index();
        }
    }
}

/// The change of log keys that a fact is, if it is one.
pub(crate) fn handover_of(fact: &Fact, before: &[VerifierKey]) -> Option<Handover> {
    match &fact.body {
        Body::LogKeysChanged(change) => Some(Handover::of(fact.seq, change, before)),
        _ => None,
    }
}

/// Throws everything derived away; the next opening rebuilds it. Not while another process writes.
pub fn discard_derived(root: &Path) -> Result<(), StoreError> {
    let _guard = files::lock(&root.join("lock"))?;
    for folder in ["index", "tile"] {
        let path = root.join(folder);
        match fs::remove_dir_all(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&path)(e)),
            _ => {}
        }
    }
    Ok(())
}

/// Reads `answerable.toml`.
pub fn read_config(root: &Path) -> Result<Config, StoreError> {
    let not = |why: String| StoreError::NotALedger { path: root.to_owned(), why };
    let bytes = read_if_there(&root.join("answerable.toml"))?.ok_or_else(|| not("it has no answerable.toml".into()))?;
    let text = String::from_utf8(bytes).map_err(|_| not("answerable.toml is not UTF-8".into()))?;
    toml::from_str(&text).map_err(|e| not(format!("answerable.toml: {}", e.message())))
}

/// Record 0 is the one that `answerable.toml` names; answers its authority.
fn check_founding(root: &Path, log: &Log, config: &Config) -> Result<Authority, StoreError> {
    let mut first = None;
    log.each_line(0, 0, &mut |_, line, _| {
        first = Some(line.to_vec());
        Ok(false)
    })?;
    let not = |why: &str| StoreError::NotALedger { path: root.to_owned(), why: why.into() };
    let line = first.ok_or_else(|| match root.join("checkpoint").try_exists() {
        Ok(true) => StoreError::RolledBack { expected: 1, found: 0 },
        Ok(false) => not("its log is empty"),
        Err(e) => io(root)(e),
    })?;
    // A damaged founding may read as one of rules that this program does not know; then its id tells.
    let damaged = |f: Fault| match f.unverifiable && event_id_of(&line) == Some(config.ledger_id) {
        true => StoreError::Fault(f),
        false => StoreError::LogDamaged { seq: 0, why: f.to_string() },
    };
    let mut judge = Judge::new(Head::EMPTY, Authority::default(), MemoryPast::default());
    judge.admit(&line).map_err(damaged)?;
    if judge.authority.ledger_id != Some(config.ledger_id) || judge.authority.origin != config.origin {
        return Err(StoreError::LogDamaged { seq: 0, why: "answerable.toml names another ledger id or origin".into() });
    }
    Ok(judge.authority)
}

/// The id of the event in a line, whatever else can be read of it.
fn event_id_of(line: &[u8]) -> Option<EventId> {
    const PREV: &[u8] = b",\"prev\":\"";
    let event = line.strip_prefix(b"{\"event\":")?;
    let end = event.windows(PREV.len()).rposition(|bytes| bytes == PREV)?;
    Some(EventId(dsse::event_id(&event[..end]).0))
}

/// Opens the index. One that does not open is derived anew.
fn open_index(root: &Path, notices: &mut Vec<Notice>) -> RunIndex {
    RunIndex::open(root).unwrap_or_else(|e| {
        notices.push(Notice(format!("the index did not open and was thrown away ({e})")));
        RunIndex::empty(root)
    })
}

/// Brings the index up to the checkpoint, in batches; starts anew if it is of another history.
fn catch_up(
    root: &Path,
    mut past: LedgerPast,
    size: u64,
    notices: &mut Vec<Notice>,
    watch: &mut Watch<'_>,
) -> Result<(LedgerPast, Authority), StoreError> {
    let snapshot = past.index.snapshot()?;
    let there = snapshot.is_some();
    let of_this_log = |s: &Snapshot| {
        s.size > 0 && s.size <= size && past.tiles.leaf(s.size - 1, size).is_ok_and(|leaf| leaf == s.leaf)
    };
    let (authority, from) = match snapshot.filter(of_this_log) {
        Some(s) => (s.authority, s.size),
        None => (Authority::default(), 0),
    };
    if from == 0 {
        let may_write = past.index.may_write;
        if there {
            notices.push(Notice("the index was of another state of the log, and was thrown away".into()));
        }
        if may_write {
            let _ = fs::remove_dir_all(RunIndex::folder(root));
        }
        past.index = RunIndex::empty(root);
        past.index.may_write = may_write;
        if size > 1 && may_write {
            notices.push(Notice(format!("rebuilt the index from the {size} records of the log")));
        }
    }
    let authority = fill_index(&mut past, authority, from, size, watch)?;
    Ok((past, authority))
}

/// Indexes the records from `from` to `size`, in batches; answers the authority behind the last.
fn fill_index(
    past: &mut LedgerPast,
    mut authority: Authority,
    mut from: u64,
    size: u64,
    watch: &mut Watch<'_>,
) -> Result<Authority, StoreError> {
    const BATCH: u64 = 65_536;
    while from < size {
        let until = size.min(from + BATCH);
        let mut added = Added::default();
        let mut leaf = Hash::ZERO;
        for seq in from..until {
            if seq.is_multiple_of(WATCHED) {
                watch(seq, size);
            }
            let record = past.record(seq)?;
            let body = record.body().map_err(|f| StoreError::Fault(f.at(seq)))?;
            authority.apply(seq, record.signed.id, &body);
            added.add(seq, &record.event().stream, &body);
            leaf = record.leaf;
        }
        past.index.write(&added, &Snapshot { size: until, leaf, authority: authority.clone() })?;
        from = until;
    }
    Ok(authority)
}
