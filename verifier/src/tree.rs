//! The Merkle tree of all leaves in memory, so that the root at any earlier size is at hand (for `seen`). Old leaves can be
//! forgotten where they can be read again.
//! Not here: tiles on disk (`tiles`), proofs (`merkle`).

use std::borrow::Cow;

use answerable_schemas::history::Lookup;

use crate::encoding::Hash;
use crate::merkle::{Frontier, root_of};

/// A level is kept for every this many of the tree.
const APART: usize = 4;
/// Nodes of one kept level below a node of the next; of leaves, a group.
pub const GROUP: usize = 1 << APART;
/// Leaves that are not forgotten; of twice as many, half are.
const RECENT: usize = 1024;

/// The hashes of complete subtrees, of every fourth level: 34 bytes a leaf, or 2 where leaves are forgotten.
#[derive(Debug, Default, Clone)]
pub struct TreeMemory {
    levels: Vec<Vec<Hash>>,
    /// The first leaf that is kept; it begins a group.
    kept_from: u64,
}

/// Where leaves can be had again that a tree has forgotten.
pub trait Leaves {
    /// The leaves of a whole group, number `group`, as they were: `above` is the root of them.
    fn leaves(&self, group: u64, above: &Hash) -> Lookup<Vec<Hash>>;
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
            if !row.len().is_multiple_of(GROUP) {
                return;
            }
            node = root_of(&row[row.len() - GROUP..]);
            level += 1;
        }
    }

    /// For who can have them again.
    pub fn forget_old_leaves(&mut self) {
        if let Some(leaves) = self.levels.first_mut()
            && leaves.len() >= 2 * RECENT
        {
            let old = (leaves.len() - RECENT) / GROUP * GROUP;
            leaves.drain(..old);
            self.kept_from += old as u64;
        }
    }

    pub fn size(&self) -> u64 {
        self.kept_from + self.levels.first().map_or(0, |l| l.len() as u64)
    }

    /// The root of all leaves.
    pub fn root(&self) -> Hash {
        let root = self.root_at(self.size(), None);
        root.ok().flatten().expect("a tree has a root at its own size, whose last group is not forgotten")
    }

    /// RFC 6962 section 2.1's root of the first `size` leaves; None beyond the tree. An error only where leaves that were
    /// forgotten cannot be had again as they were.
    pub fn root_at(&self, size: u64, again: Option<&dyn Leaves>) -> Lookup<Option<Hash>> {
        if size > self.size() {
            return Ok(None);
        }
        let loose = self.loose(size, again)?;
        let mut peaks = Vec::new();
        let mut start = 0u64;
        for level in (0..self.levels.len() * APART).rev().filter(|level| size >> level & 1 == 1) {
            let (kept, many) = (level / APART, 1 << (level % APART));
            let peak = match kept {
                0 => {
                    let first = (start % GROUP as u64) as usize;
                    &loose[first..first + many]
                }
                _ => {
                    let first = (start >> (kept * APART)) as usize;
                    &self.levels[kept][first..first + many]
                }
            };
            peaks.push(root_of(peak));
            start += 1 << level;
        }
        Ok(Frontier::from_peaks(size, peaks).map(|f| f.root()))
    }

    /// The leaves behind the last whole group of the first `size`, and maybe more of its group.
    fn loose(&self, size: u64, again: Option<&dyn Leaves>) -> Lookup<Cow<'_, [Hash]>> {
        let (group, many) = (size / GROUP as u64, (size % GROUP as u64) as usize);
        if many == 0 {
            return Ok(Cow::Borrowed(&[]));
        }
        if let Some(first) = (group * GROUP as u64).checked_sub(self.kept_from) {
            return Ok(Cow::Borrowed(&self.levels[0][first as usize..first as usize + many]));
        }
        let again = again.expect("leaves are forgotten only where they can be had again");
        again.leaves(group, &self.levels[1][group as usize]).map(Cow::Owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::leaf_hash;

    fn numbered(count: u32) -> Vec<Hash> {
        (0..count).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    #[test]
    fn every_earlier_root_is_at_hand() {
        let leaves = numbered(1100);
        let mut tree = TreeMemory::default();
        leaves.iter().for_each(|l| tree.push(*l));
        for size in 0..=1100 {
            assert_eq!(tree.root_at(size, None).unwrap(), Some(root_of(&leaves[..size as usize])), "{size}");
        }
        assert_eq!(tree.root_at(1101, None).unwrap(), None);
    }

    struct Held<'a>(&'a [Hash]);

    impl Leaves for Held<'_> {
        fn leaves(&self, group: u64, above: &Hash) -> Lookup<Vec<Hash>> {
            let leaves = self.0.chunks(GROUP).nth(group as usize).unwrap();
            assert_eq!(root_of(leaves), *above);
            Ok(leaves.to_vec())
        }
    }

    #[test]
    fn a_root_whose_leaves_are_forgotten_is_the_same() {
        let (leaves, mut tree) = (numbered(5000), TreeMemory::default());
        for leaf in &leaves {
            tree.push(*leaf);
            tree.forget_old_leaves();
            assert!(tree.levels[0].len() < 2 * RECENT);
        }
        assert_eq!((tree.size(), tree.root()), (5000, root_of(&leaves)));
        assert!(tree.kept_from > 2 * RECENT as u64);
        for size in 0..=5000 {
            let root = tree.root_at(size, Some(&Held(&leaves))).unwrap();
            assert_eq!(root, Some(root_of(&leaves[..size as usize])), "{size}");
        }
    }
}
