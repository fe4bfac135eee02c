//! What is derived from the log in flat files: where each line begins (`index/offsets`), and the tree's tiles (`tile/`) anew.
//! Each line that is read is checked against its leaf hash, so damage here is found, never believed.
//! Not here: reading tiles (`tiles`), the streams (`index`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use answerable_verifier::encoding::Hash;
use answerable_verifier::exported::SEGMENT;
use answerable_verifier::merkle::{Frontier, leaf_hash};

use crate::error::StoreError;
use crate::files::io;
use crate::log::{Log, Place};
use crate::store::{WATCHED, Watch};
use crate::tiles::Tiles;

/// Where each line ends: entry i is the byte behind the LF of record i within its segment; 8 bytes, little endian, each.
/// A line begins where the one before ends, or at the start of its segment. The file only grows.
#[derive(Debug)]
pub struct Offsets {
    path: PathBuf,
    /// The entries that were on disk when it was opened: read in blocks, when they are asked for.
    on_disk: Option<(fs::File, u64)>,
    blocks: RefCell<HashMap<u64, Vec<u64>>>,
    /// Those behind them.
    added: Vec<u64>,
}

/// Entries of a block: 32 KiB.
const BLOCK: u64 = 4096;
/// Most blocks at hand: 8 MiB.
const BLOCKS: usize = 256;

impl Offsets {
    /// Opens the entries of the first `size` records; an error says that they have to be derived again.
    pub fn open(ledger: &Path, size: u64) -> Result<Self, StoreError> {
        let path = ledger.join("index").join("offsets");
        let stale = |why: &str| StoreError::Derived(format!("index/offsets {why}"));
        let file = fs::File::open(&path).map_err(|_| stale("is missing"))?;
        // Entries beyond the acknowledged size may be there after a crash; they are not read.
        if file.metadata().map_err(io(&path))?.len() < size * 8 {
            return Err(stale("is too short"));
        }
        Ok(Self { on_disk: Some((file, size)), ..Self::at(path) })
    }

    fn at(path: PathBuf) -> Self {
        Self { path, on_disk: None, blocks: RefCell::default(), added: Vec::new() }
    }

    fn empty(ledger: &Path) -> Self {
        Self::at(ledger.join("index").join("offsets"))
    }

    fn count_on_disk(&self) -> u64 {
        self.on_disk.as_ref().map_or(0, |(_, count)| *count)
    }

    pub fn size(&self) -> u64 {
        self.count_on_disk() + self.added.len() as u64
    }

    /// Where line `seq` ends.
    fn end(&self, seq: u64) -> Result<u64, StoreError> {
        let none = || StoreError::Derived(format!("index/offsets has no entry for record {seq}"));
        let Some((file, count)) = self.on_disk.as_ref().filter(|(_, count)| seq < *count) else {
            return self.added.get((seq - self.count_on_disk()) as usize).copied().ok_or_else(none);
        };
        let mut blocks = self.blocks.borrow_mut();
        if blocks.len() >= BLOCKS && !blocks.contains_key(&(seq / BLOCK)) {
            blocks.clear();
        }
        let block = match blocks.entry(seq / BLOCK) {
            Entry::Occupied(there) => there.into_mut(),
            Entry::Vacant(place) => {
                let first = seq / BLOCK * BLOCK;
                let mut bytes = vec![0; (count - first).min(BLOCK) as usize * 8];
                let mut file = file;
                let read = file.seek(SeekFrom::Start(first * 8)).and_then(|_| file.read_exact(&mut bytes));
                read.map_err(|e| StoreError::Derived(format!("index/offsets: {e}")))?;
                let entry = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().expect("chunks of 8"));
                place.insert(bytes.chunks_exact(8).map(entry).collect())
            }
        };
        block.get((seq % BLOCK) as usize).copied().ok_or_else(none)
    }

    /// The segment and the byte at which record `seq` begins, if those before it are known.
    fn start(&self, seq: u64) -> Result<(u64, u64), StoreError> {
        let start = if seq.is_multiple_of(SEGMENT) { 0 } else { self.end(seq - 1)? };
        Ok((seq / SEGMENT, start))
    }

    /// Where the next line goes.
    pub fn next(&self) -> Result<(u64, u64), StoreError> {
        self.start(self.size())
    }

    pub fn place(&self, seq: u64) -> Result<Place, StoreError> {
        let bad = || StoreError::Derived(format!("index/offsets has no sound entry for record {seq}"));
        let (segment, start) = self.start(seq)?;
        let len = self.end(seq)?.checked_sub(1).and_then(|e| e.checked_sub(start)).ok_or_else(bad)?;
        Ok(Place { segment, start, len })
    }

    pub fn push(&mut self, line_len: u64) -> Result<(), StoreError> {
        let (_, start) = self.next()?;
        self.added.push(start + line_len + 1);
        Ok(())
    }

    /// Writes the entries from `from` on, which are not on disk yet.
    pub fn save(&self, from: u64) -> Result<(), StoreError> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(io(folder))?;
        }
        let new = &self.added[(from - self.count_on_disk()) as usize..];
        let bytes: Vec<u8> = new.iter().flat_map(|s| s.to_le_bytes()).collect();
        let mut file =
            fs::OpenOptions::new().create(true).truncate(false).write(true).open(&self.path).map_err(io(&self.path))?;
        let mut write = || {
            file.seek(SeekFrom::Start(from * 8))?;
            file.write_all(&bytes)
        };
        write().map_err(io(&self.path))
    }
}

/// Reads one line of a log of `size` records, and checks it against its leaf hash.
pub fn checked_line(log: &Log, offsets: &Offsets, tiles: &Tiles, seq: u64, size: u64) -> Result<Vec<u8>, StoreError> {
    let line = log.read(offsets.place(seq)?)?;
    if leaf_hash(&line) != tiles.leaf(seq, size)? {
        return Err(StoreError::Derived(format!("record {seq} does not hash to its leaf")));
    }
    Ok(line)
}

/// Derives offsets and tiles anew from the first `size` records of the log, and checks the root that they must have.
/// Names the first record whose chain is broken when the log does not give that root.
pub fn rebuild(ledger: &Path, size: u64, root: Hash, watch: &mut Watch<'_>) -> Result<Offsets, StoreError> {
    let log = Log::at(ledger);
    let tile_folder = ledger.join("tile");
    match fs::remove_dir_all(&tile_folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&tile_folder)(e)),
        _ => {}
    }
    let tiles = Tiles::at(ledger);
    let mut offsets = Offsets::empty(ledger);
    let mut frontier = Frontier::new();
    let mut pending = Vec::new();
    let mut written = 0;
    let mut broken_chain: Option<u64> = None;
    let mut last = Hash::ZERO;
    if size > 0 {
        log.each_line(0, 0, &mut |place, line, ended| {
            let seq = offsets.size();
            if !ended || place.segment != seq / SEGMENT {
                return Ok(false);
            }
            let prev = answerable_verifier::record::Record::parse(line).map(|r| r.prev);
            if broken_chain.is_none() && prev != Ok(last) {
                // The line itself may be whole and its predecessor altered: then prev is what tells.
                broken_chain = Some(if prev.is_ok() { seq.saturating_sub(1) } else { seq });
            }
            last = leaf_hash(line);
            offsets.push(line.len() as u64)?;
            frontier.push(last);
            pending.push(last);
            if seq.is_multiple_of(WATCHED) {
                watch(seq, size);
            }
            if pending.len() == 1 << 16 {
                tiles.grow(written, &pending)?;
                written += pending.len() as u64;
                pending.clear();
            }
            Ok(offsets.size() < size)
        })?;
    }
    if offsets.size() < size {
        return Err(StoreError::RolledBack { expected: size, found: offsets.size() });
    }
    if frontier.root() != root {
        let seq = broken_chain.unwrap_or(size.saturating_sub(1));
        return Err(StoreError::LogDamaged { seq, why: "its bytes are not those of the checkpoint".into() });
    }
    tiles.grow(written, &pending)?;
    offsets.save(0)?;
    Ok(offsets)
}
