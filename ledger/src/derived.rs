//! What is derived from the log in flat files: where each line begins (`index/offsets`) and the tree's tiles (`tile/`).
//! Each line that is read is checked against its leaf hash, so damage here is found, never believed.
//! Not here: the streams (`index`).

use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use answerable_verifier::encoding::Hash;
use answerable_verifier::exported::SEGMENT;
use answerable_verifier::merkle::Frontier;
use answerable_verifier::tiles::{self, TileSource};
use answerable_verifier::tree::leaf_of;

use crate::error::StoreError;
use crate::files::{io, write_derived};
use crate::log::{Log, Place};

/// The start of every line within its segment, and the end of the last line: 8 bytes, little endian, each.
/// Entry i is the start of record i; lines follow each other, so a line ends where the next begins, less its LF.
#[derive(Debug)]
pub struct Offsets {
    path: PathBuf,
    starts: Vec<u64>,
    /// The byte behind the last line's LF, in the last line's segment.
    end: u64,
}

impl Offsets {
    /// Reads the file; an error says that it has to be derived again.
    pub fn open(ledger: &Path, size: u64) -> Result<Self, StoreError> {
        let path = ledger.join("index").join("offsets");
        let stale = |why: &str| StoreError::Derived(format!("index/offsets {why}"));
        let mut file = fs::File::open(&path).map_err(|_| stale("is missing"))?;
        // Entries beyond the acknowledged size may be there after a crash; they are not believed.
        let wanted = (size as usize + 1) * 8;
        let mut bytes = Vec::with_capacity(wanted);
        file.seek(SeekFrom::Start(0))
            .and_then(|_| file.take(wanted as u64).read_to_end(&mut bytes))
            .map_err(io(&path))?;
        if bytes.len() < wanted {
            return Err(stale("is too short"));
        }
        let mut starts: Vec<u64> =
            bytes.chunks_exact(8).map(|c| u64::from_le_bytes(c.try_into().expect("chunks of 8"))).collect();
        let end = starts.pop().unwrap_or_default();
        Ok(Self { path, starts, end })
    }

    fn empty(ledger: &Path) -> Self {
        Self { path: ledger.join("index").join("offsets"), starts: Vec::new(), end: 0 }
    }

    pub fn size(&self) -> u64 {
        self.starts.len() as u64
    }

    /// Where the next line goes.
    pub fn next(&self) -> (u64, u64) {
        if self.size().is_multiple_of(SEGMENT) { (self.size() / SEGMENT, 0) } else { (self.size() / SEGMENT, self.end) }
    }

    pub fn place(&self, seq: u64) -> Result<Place, StoreError> {
        let bad = || StoreError::Derived(format!("index/offsets has no sound entry for record {seq}"));
        let start = *self.starts.get(seq as usize).ok_or_else(bad)?;
        let last_of_segment = (seq + 1).is_multiple_of(SEGMENT) || seq + 1 == self.size();
        let end = if !last_of_segment {
            self.starts[seq as usize + 1]
        } else if seq + 1 == self.size() {
            self.end
        } else {
            return Ok(Place { segment: seq / SEGMENT, start, len: u64::MAX });
        };
        let len = end.checked_sub(start + 1).ok_or_else(bad)?;
        Ok(Place { segment: seq / SEGMENT, start, len })
    }

    pub fn push(&mut self, line_len: u64) {
        let (_, start) = self.next();
        self.starts.push(start);
        self.end = start + line_len + 1;
    }

    /// Writes the entries from `from` on; the entry behind them is the end.
    pub fn save(&self, from: u64) -> Result<(), StoreError> {
        if let Some(folder) = self.path.parent() {
            fs::create_dir_all(folder).map_err(io(folder))?;
        }
        let mut bytes: Vec<u8> = self.starts[from as usize..].iter().flat_map(|s| s.to_le_bytes()).collect();
        bytes.extend_from_slice(&self.end.to_le_bytes());
        let mut file =
            fs::OpenOptions::new().create(true).truncate(false).write(true).open(&self.path).map_err(io(&self.path))?;
        let mut write = || {
            file.seek(SeekFrom::Start(from * 8))?;
            std::io::Write::write_all(&mut file, &bytes)?;
            file.set_len(from * 8 + bytes.len() as u64)
        };
        write().map_err(io(&self.path))
    }
}

/// The tiles in the folder `tile/`.
#[derive(Debug, Clone)]
pub struct Tiles {
    ledger: PathBuf,
}

impl TileSource for Tiles {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        match fs::read(self.ledger.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            // A partial tile's folder is where its full tile's file would be, and the other way round.
            Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(e.to_string()),
        }
    }
}

impl Tiles {
    pub fn at(ledger: &Path) -> Self {
        Self { ledger: ledger.to_owned() }
    }
    pub fn frontier(&self, size: u64) -> Result<Frontier, StoreError> {
        tiles::frontier_from_tiles(size, self).map_err(|e| StoreError::Derived(e.to_string()))
    }
    pub fn leaf(&self, seq: u64, size: u64) -> Result<Hash, StoreError> {
        tiles::leaf_at(size, seq, self).map_err(|e| StoreError::Derived(e.to_string()))
    }
    pub fn root_at(&self, size: u64, tree_size: u64) -> Result<Hash, StoreError> {
        tiles::root_at(size, tree_size, self).map_err(|e| StoreError::Derived(e.to_string()))
    }
    /// Writes the tiles for leaves that follow the first `old_size`.
    pub fn grow(&self, old_size: u64, leaves: &[Hash]) -> Result<(), StoreError> {
        let grown = tiles::tiles_for_growth(old_size, leaves, self).map_err(|e| StoreError::Derived(e.to_string()))?;
        for tile in grown {
            write_derived(&self.ledger.join(tile.path()), &tile.bytes)?;
        }
        Ok(())
    }
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
            last = leaf_of(line);
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
