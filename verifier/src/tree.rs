//! The Merkle tree of all leaves in memory, so that the root at any earlier size is at hand (for `seen`).
//! Not here: tiles on disk (`tiles`), proofs (`merkle`).

use crate::encoding::Hash;
use crate::merkle::{Frontier, root_of};

/// A level is kept for every this many of the tree.
const APART: usize = 4;
/// Nodes of one kept level below a node of the next.
const BELOW: usize = 1 << APART;

/// The hashes of complete subtrees, of every fourth level: 34 bytes a leaf.
#[derive(Debug, Default, Clone)]
pub struct TreeMemory {
    levels: Vec<Vec<Hash>>,
}

impl TreeMemory {
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        let mut level = 0;
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let row = &mut self.levels[level];
            row.push(node);
            if !row.len().is_multiple_of(BELOW) {
                return;
            }
            node = root_of(&row[row.len() - BELOW..]);
            level += 1;
        }
    }

    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |l| l.len() as u64)
    }

    /// The root of all leaves.
    pub fn root(&self) -> Hash {
        self.root_at(self.size()).expect("a tree has a root at its own size")
    }

    /// RFC 6962 section 2.1's root of the first `size` leaves; None beyond the tree.
    pub fn root_at(&self, size: u64) -> Option<Hash> {
        if size > self.size() {
            return None;
        }
        let mut peaks = Vec::new();
        let mut start = 0u64;
        for level in (0..self.levels.len() * APART).rev().filter(|level| size >> level & 1 == 1) {
            let kept = level / APART;
            let first = (start >> (kept * APART)) as usize;
            peaks.push(root_of(self.levels[kept].get(first..first + (1 << (level % APART)))?));
            start += 1 << level;
        }
        Frontier::from_peaks(size, peaks).map(|f| f.root())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::leaf_hash;

    #[test]
    fn every_earlier_root_is_at_hand() {
        let leaves: Vec<Hash> = (0..1100u32).map(|i| leaf_hash(&i.to_be_bytes())).collect();
        let mut tree = TreeMemory::default();
        leaves.iter().for_each(|l| tree.push(*l));
        for size in 0..=1100 {
            assert_eq!(tree.root_at(size), Some(root_of(&leaves[..size as usize])), "{size}");
        }
        assert_eq!(tree.root_at(1101), None);
    }
}
