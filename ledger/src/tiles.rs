//! The tree's tiles in the folder `tile/`: read, kept at hand, and written as the tree grows.
//! Not here: what a tile is, and proofs (`answerable_verifier::tiles`); deriving all of them anew (`derived`).

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::{Frontier, node_hash};
use answerable_verifier::tiles::{self, TileError, TileSource};

use crate::error::StoreError;
use crate::files::write_derived;

/// Most tiles at hand: 16 KiB each with all that is hashed of them, so 64 MiB. It is the tree of a million records.
const AT_HAND: usize = 4096;

/// The tiles in the folder `tile/`.
/// A tile of a width never changes while the log only grows, so those that were read stay at hand; what they say is checked
/// as before, against a leaf, a root or a proof. Who cuts the log forgets them.
#[derive(Debug)]
pub struct Tiles {
    ledger: PathBuf,
    at_hand: RefCell<HashMap<(u8, u64, u16), Rows>>,
}

/// A tile's hashes, above them the hashes of pairs, and so on: as many rows as were asked for.
type Rows = Vec<Vec<Hash>>;

impl TileSource for Tiles {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        match fs::read(self.ledger.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            // A partial tile's folder is where its full tile's file would be, and the other way round.
            Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(e.to_string()),
        }
    }

    fn node(&self, level: u8, index: u64, width: u16, height: u32, from: usize) -> Result<Option<Hash>, TileError> {
        let mut at_hand = self.at_hand.borrow_mut();
        let place = (level, index, width);
        if !at_hand.contains_key(&place) {
            let hashes = tiles::read_tile(level, index, width, self)?;
            if at_hand.len() >= AT_HAND {
                // The few above the lowest level are on the way of every leaf.
                at_hand.retain(|(level, ..), _| *level > 0);
            }
            if at_hand.len() >= AT_HAND {
                at_hand.clear();
            }
            at_hand.insert(place, vec![hashes]);
        }
        let rows = at_hand.get_mut(&place).expect("it was just put there");
        while rows.len() <= height as usize {
            let below = &rows[rows.len() - 1];
            rows.push(below.chunks_exact(2).map(|pair| node_hash(&pair[0], &pair[1])).collect());
        }
        Ok(rows[height as usize].get(from >> height).copied())
    }
}

impl Tiles {
    pub fn at(ledger: &Path) -> Self {
        Self { ledger: ledger.to_owned(), at_hand: RefCell::default() }
    }
    /// For who derives them anew.
    pub(crate) fn forget(&mut self) {
        self.at_hand.get_mut().clear();
    }
    pub fn frontier(&self, size: u64) -> Result<Frontier, StoreError> {
        tiles::frontier_from_tiles(size, self).map_err(|e| StoreError::Derived(e.to_string()))
    }
    pub fn leaf(&self, seq: u64, size: u64) -> Result<Hash, StoreError> {
        tiles::leaf_at(size, seq, self).map_err(|e| StoreError::Derived(e.to_string()))
    }
    /// The root of the first `earlier` leaves of a tree of `size`.
    pub fn root_at(&self, earlier: u64, size: u64) -> Result<Hash, StoreError> {
        tiles::root_at(size, earlier, self).map_err(|e| StoreError::Derived(e.to_string()))
    }
    /// The inclusion proof of record `seq` in the tree of the first `size`.
    pub fn inclusion(&self, seq: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
        tiles::inclusion_proof(size, size, seq, self).map_err(|e| StoreError::Derived(e.to_string()))
    }
    /// The consistency proof from the first `old` to the first `size` records.
    pub fn consistency(&self, old: u64, size: u64) -> Result<Vec<Hash>, StoreError> {
        tiles::consistency_proof(size, old, size, self).map_err(|e| StoreError::Derived(e.to_string()))
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
