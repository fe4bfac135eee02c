//! What is derived from the log in flat files: where each line begins (`index/offsets`), and the tree's tiles (`tile/`) anew.
//! Each line that is read is checked against its leaf hash, so damage here is found, never believed.
//! Not here: reading tiles (`tiles`), the streams (`index`).

use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use answerable_verifier::encoding::Hash;
use answerable_verifier::exported::SEGMENT;
use answerable_verifier::merkle::{Frontier, leaf_hash};

use crate::error::StoreError;
use crate::files::io;
use crate::log::{Log, Place};
use crate::tiles::Tiles;

/// Where each line ends: entry i is the byte behind the LF of record i within its segment; 8 bytes, little endian, each.
/// A line begins where the one before ends, or at the start of its segment. The file only grows.
#[derive(Debug)]
pub struct Offsets {
    path: PathBuf,
    ends: Vec<u64>,
}

impl Offsets {
    /// Reads the entries of the first `size` records; an error says that they have to be derived again.
    pub fn open(ledger: &Path, size: u64) -> Result<Self, StoreError> {
        let path = ledger.join("index").join("offsets");
        let stale = |why: &str| StoreError::Derived(format!("index/offsets {why}"));
        let file = fs::File::open(&path).map_err(|_| stale("is missing"))?;
        // Entries beyond the acknowledged size may be there after a crash; they are not read.
        let wanted = size as usize * 8;
        let mut bytes = Vec::new();
        file.take(wanted as u64).read_to_end(&mut bytes).map_err(io(&path))?;
        if bytes.len() < wanted {
            return Err(stale("is too short"));
        }
        let ends = bytes.chunks_exact(8).map(|c| u64::from_le_bytes(c.try_into().expect("chunks of 8"))).collect();
        Ok(Self { path, ends })
    }

    fn empty(ledger: &Path) -> Self {
        Self { path: ledger.join("index").join("offsets"), ends: Vec::new() }
    }

    pub fn size(&self) -> u64 {
        self.ends.len() as u64
    }

    /// The segment and the byte at which record `seq` begins, if those before it are known.
    fn start(&self, seq: u64) -> Option<(u64, u64)> {
        if seq.is_multiple_of(SEGMENT) {
            return Some((seq / SEGMENT, 0));
        }
        self.ends.get(seq as usize - 1).map(|end| (seq / SEGMENT, *end))
    }

    /// Where the next line goes.
    pub fn next(&self) -> (u64, u64) {
        self.start(self.size()).expect("the entry before the next one is there")
    }

    pub fn place(&self, seq: u64) -> Result<Place, StoreError> {
        let bad = || StoreError::Derived(format!("index/offsets has no sound entry for record {seq}"));
        let (segment, start) = self.start(seq).ok_or_else(bad)?;
        let end = *self.ends.get(seq as usize).ok_or_else(bad)?;
        let len = end.checked_sub(1).and_then(|e| e.checked_sub(start)).ok_or_else(bad)?;
        Ok(Place { segment, start, len })
    }

    pub fn push(&mut self, line_len: u64) {
        let (_, start) = self.next();
        self.ends.push(start + line_len + 1);
    }

    /// Writes the entries from `from` on.
    pub fn save(&self, from: u64) -> Result<(), StoreError> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(io(folder))?;
        }
        let bytes: Vec<u8> = self.ends[from as usize..].iter().flat_map(|s| s.to_le_bytes()).collect();
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
pub fn rebuild(ledger: &Path, size: u64, root: Hash) -> Result<Offsets, StoreError> {
    let log = Log::at(ledger);
    let tile_folder = ledger.join("tile");
    if tile_folder.exists() {
        fs::remove_dir_all(&tile_folder).map_err(io(&tile_folder))?;
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
            offsets.push(line.len() as u64);
            frontier.push(last);
            pending.push(last);
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
