//! The Merkle tree of RFC 6962: hashes, the frontier that grows it, and proofs about it.
//!
//! Not here: where hashes are kept (`tiles`), and who vouches for a root (`checkpoint`).

use std::ops::Range;

use sha2::{Digest, Sha256};

use crate::encoding::Hash;

/// Most leaves of a tree here: C2SP tools hold sizes in signed 64-bit integers.
pub const MAX_SIZE: u64 = (1 << 63) - 1;

/// Why a proof proves nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The tree has no such leaf.
    #[error("index {index} is not below the tree size {size}")]
    IndexBeyondSize {
        /// The leaf that was to be proved.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// An older tree cannot be larger than a newer one.
    #[error("the old size {old} is above the new size {new}")]
    SizesOutOfOrder {
        /// Size of the tree that should be a prefix.
        old: u64,
        /// Size of the tree that should contain it.
        new: u64,
    },
    /// A proof has exactly the hashes it needs; none is missing and none is surplus.
    #[error("the proof has {found} hashes, it needs {expected}")]
    Length {
        /// Hashes that a proof for these sizes has.
        expected: usize,
        /// Hashes that were there.
        found: usize,
    },
    /// The proof leads to another root than the tree's.
    #[error("the proof leads to root {found}, not {expected}")]
    RootMismatch {
        /// The root that was vouched for.
        expected: Hash,
        /// The root that the proof leads to.
        found: Hash,
    },
}

/// The hash of a leaf: `SHA-256(0x00 || leaf)` (RFC 6962 section 2.1).
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Hash(Sha256::new().chain_update([0]).chain_update(leaf).finalize().into())
}

/// The hash of an inner node: `SHA-256(0x01 || left || right)` (RFC 6962 section 2.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash(Sha256::new().chain_update([1]).chain_update(left.0).chain_update(right.0).finalize().into())
}

/// The root of the empty tree: `SHA-256()` (RFC 6962 section 2.1).
pub fn empty_root() -> Hash {
    Hash::sha256(b"")
}

/// The tree head by its definition, MTH of RFC 6962 section 2.1, over leaf hashes.
pub fn root_of(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(1 << (leaves.len() - 1).ilog2());
            node_hash(&root_of(left), &root_of(right))
        }
    }
}

/// The right edge of a growing tree: the roots of the full subtrees that its size in binary names,
/// largest first. Enough to append and to know the root at every size.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// A frontier as it was kept: one peak for every 1 in the size. `None` if the numbers differ, or
    /// the size is above [`MAX_SIZE`]. Nothing vouches for the peaks: compare the root.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Frontier> {
        let fits = size <= MAX_SIZE && peaks.len() == usize::try_from(size.count_ones()).ok()?;
        fits.then_some(Frontier { size, peaks })
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf_hash: Hash) {
        let mut node = leaf_hash;
        for _ in 0..self.size.trailing_ones() {
            // One peak stands for every 1 of the size, so there is one to take.
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// How many leaves the tree has.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root (RFC 6962 section 2.1).
    pub fn root(&self) -> Hash {
        let folded = self.peaks.iter().rev().copied().reduce(|right, left| node_hash(&left, &right));
        folded.unwrap_or_else(empty_root)
    }

    /// The roots of the full subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }
}

/// The subtrees whose roots make up the inclusion proof for leaf `index` in a tree of `size` leaves,
/// in the proof's order (PATH, RFC 6962 section 2.1.1). `None` if there is no such leaf.
pub fn inclusion_ranges(index: u64, size: u64) -> Option<Vec<Range<u64>>> {
    if index >= size {
        return None;
    }
    let mut path = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = split(start, end);
        if index < middle {
            path.push(middle..end);
            end = middle;
        } else {
            path.push(start..middle);
            start = middle;
        }
    }
    path.reverse();
    Some(path)
}

/// The subtrees whose roots make up the consistency proof from size `old` to size `new`, in the
/// proof's order (PROOF, RFC 6962 section 2.1.2); empty if `old` is 0 or equals `new`. `None` if
/// `old` is above `new`.
pub fn consistency_ranges(old: u64, new: u64) -> Option<Vec<Range<u64>>> {
    if old > new {
        return None;
    }
    let mut proof = Vec::new();
    if old == 0 || old == new {
        return Some(proof);
    }
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = split(start, end);
        if old <= middle {
            proof.push(middle..end);
            end = middle;
        } else {
            proof.push(start..middle);
            start = middle;
        }
    }
    if start != 0 {
        proof.push(start..end);
    }
    proof.reverse();
    Some(proof)
}

/// The inclusion proof for leaf `index` of the tree over `leaves` (RFC 6962 section 2.1.1); empty,
/// which proves nothing, if there is no such leaf.
pub fn inclusion_proof(leaves: &[Hash], index: u64) -> Vec<Hash> {
    roots_of(leaves, inclusion_ranges(index, leaves.len() as u64))
}

/// The consistency proof from the first `old` to the first `new` of `leaves` (RFC 6962 section
/// 2.1.2); empty, which proves nothing, unless 0 < `old` < `new` <= the number of leaves.
pub fn consistency_proof(leaves: &[Hash], old: u64, new: u64) -> Vec<Hash> {
    roots_of(leaves, consistency_ranges(old, new))
}

/// Checks that `leaf` (a leaf hash) is number `index` in the tree of `size` leaves with this root
/// (RFC 9162 section 2.1.3.2).
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::IndexBeyondSize { index, size });
    }
    // Below `inner` the two paths to the leaf and to the last leaf differ: siblings on both sides.
    // Above it the leaf's path is the right edge: only left siblings, one for every 1 of the index.
    let inner = u64::BITS - (index ^ (size - 1)).leading_zeros();
    let border = index.checked_shr(inner).unwrap_or(0).count_ones();
    expect_length(proof, inner + border)?;
    let mut node = *leaf;
    for (level, sibling) in (0u32..).zip(proof) {
        node = if level < inner && (index >> level) & 1 == 0 {
            node_hash(&node, sibling)
        } else {
            node_hash(sibling, &node)
        };
    }
    expect_root(&node, root)
}

/// Checks that the tree of `old` leaves with root `old_root` is a prefix of the tree of `new` leaves
/// with root `new_root` (RFC 9162 section 2.1.4.2). The empty tree is a prefix of every tree: from
/// size 0, as between equal sizes, the proof is empty.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let needed = consistency_ranges(old, new).ok_or(ProofError::SizesOutOfOrder { old, new })?;
    expect_length(proof, needed.len() as u32)?;
    if new == 0 {
        expect_root(&empty_root(), new_root)?;
    }
    if old == 0 {
        return expect_root(&empty_root(), old_root);
    }
    if old == new {
        return expect_root(old_root, new_root);
    }
    // Where the old tree is one full subtree, its root is the path's first node, and not sent.
    let (seed, rest) = match proof.split_first() {
        Some((first, rest)) if !old.is_power_of_two() => (first, rest),
        _ => (old_root, proof),
    };
    let shift = (old - 1).trailing_ones();
    let (mut of_old, mut of_new) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut old_node, mut new_node) = (*seed, *seed);
    for sibling in rest {
        if of_old & 1 == 1 || of_old == of_new {
            old_node = node_hash(sibling, &old_node);
            new_node = node_hash(sibling, &new_node);
            while of_old & 1 == 0 && of_old != 0 {
                of_old >>= 1;
                of_new >>= 1;
            }
        } else {
            new_node = node_hash(&new_node, sibling);
        }
        of_old >>= 1;
        of_new >>= 1;
    }
    expect_root(&old_node, old_root)?;
    expect_root(&new_node, new_root)
}

/// Where RFC 6962 splits the leaves `start..end`, two or more: after the largest power of two below
/// their number.
pub(crate) fn split(start: u64, end: u64) -> u64 {
    start + (1 << (end - start - 1).ilog2())
}

fn roots_of(leaves: &[Hash], ranges: Option<Vec<Range<u64>>>) -> Vec<Hash> {
    let root = |range: Range<u64>| {
        let (start, end) = (usize::try_from(range.start).ok()?, usize::try_from(range.end).ok()?);
        leaves.get(start..end).map(root_of)
    };
    let roots: Option<Vec<Hash>> = ranges.and_then(|all| all.into_iter().map(root).collect());
    roots.unwrap_or_default()
}

fn expect_length(proof: &[Hash], expected: u32) -> Result<(), ProofError> {
    let (expected, found) = (expected as usize, proof.len());
    if expected == found { Ok(()) } else { Err(ProofError::Length { expected, found }) }
}

fn expect_root(found: &Hash, expected: &Hash) -> Result<(), ProofError> {
    if found == expected { Ok(()) } else { Err(ProofError::RootMismatch { expected: *expected, found: *found }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn leaves(n: u64) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    /// The leaves and roots of the reference implementation of Certificate Transparency
    /// (merkletree/merkle_tree_test.cc).
    #[test]
    fn certificate_transparency_vectors() {
        let data: [&[u8]; 8] = [
            b"",
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x6f],
        ];
        let roots = [
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let leaves: Vec<Hash> = data.iter().map(|d| leaf_hash(d)).collect();
        let mut frontier = Frontier::new();
        for (size, root) in roots.iter().enumerate() {
            assert_eq!(root_of(&leaves[..size]).to_hex(), *root);
            assert_eq!(frontier.root().to_hex(), *root);
            if let Some(leaf) = leaves.get(size) {
                frontier.push(*leaf);
            }
        }
        // Its inclusion and consistency vectors.
        let hexes = |proof: Vec<Hash>| proof.iter().map(Hash::to_hex).collect::<Vec<_>>();
        assert_eq!(
            hexes(inclusion_proof(&leaves, 0)),
            [
                "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
                "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
                "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
            ]
        );
        assert_eq!(
            hexes(inclusion_proof(&leaves, 5)),
            [
                "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
        assert_eq!(
            hexes(consistency_proof(&leaves, 6, 8)),
            [
                "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
                "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
                "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            ]
        );
    }

    #[test]
    fn frontier_is_the_definition() {
        let all = leaves(300);
        let mut frontier = Frontier::new();
        for (n, leaf) in all.iter().enumerate() {
            assert_eq!(frontier.size(), n as u64);
            assert_eq!(frontier.root(), root_of(&all[..n]));
            let kept = Frontier::from_peaks(n as u64, frontier.peaks().to_vec());
            assert_eq!(kept.as_ref(), Some(&frontier));
            frontier.push(*leaf);
        }
        assert!(Frontier::from_peaks(3, vec![Hash::ZERO]).is_none());
        assert!(Frontier::from_peaks(1 << 63, vec![Hash::ZERO]).is_none());
    }

    #[test]
    fn every_inclusion_proof_to_70() {
        let all = leaves(70);
        for size in 1..=70usize {
            let root = root_of(&all[..size]);
            for index in 0..size {
                let (i, n, leaf) = (index as u64, size as u64, &all[index]);
                let proof = inclusion_proof(&all[..size], i);
                assert_eq!(verify_inclusion(leaf, i, n, &proof, &root), Ok(()));
                for other in 0..=n {
                    let verdict = verify_inclusion(leaf, other, n, &proof, &root);
                    assert_eq!(verdict.is_ok(), other == i, "{other} {i} {n}");
                }
                let surplus = [&proof[..], &[root]].concat();
                assert!(verify_inclusion(leaf, i, n, &surplus, &root).is_err());
                let surplus = [&[*leaf], &proof[..]].concat();
                assert!(verify_inclusion(leaf, i, n, &surplus, &root).is_err());
                if let Some((_, missing)) = proof.split_last() {
                    assert!(verify_inclusion(leaf, i, n, missing, &root).is_err());
                }
                for k in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[k].0[0] ^= 1;
                    assert!(verify_inclusion(leaf, i, n, &bad, &root).is_err());
                }
            }
        }
    }

    #[test]
    fn every_consistency_proof_to_70() {
        let all = leaves(70);
        let roots: Vec<Hash> = (0..=70).map(|n| root_of(&all[..n])).collect();
        let verify =
            |m: usize, n: usize, proof: &[Hash]| verify_consistency(m as u64, &roots[m], n as u64, &roots[n], proof);
        for n in 0..=70usize {
            for m in 0..=n {
                let proof = consistency_proof(&all, m as u64, n as u64);
                assert_eq!(verify(m, n, &proof), Ok(()), "{m} {n}");
                assert!(verify(m, n, &[&proof[..], &[roots[n]]].concat()).is_err());
                assert!(verify(m, n, &[&[roots[m]], &proof[..]].concat()).is_err());
                if let Some((_, missing)) = proof.split_last() {
                    assert!(verify(m, n, missing).is_err());
                }
                for k in 0..proof.len() {
                    let mut bad = proof.clone();
                    bad[k].0[31] ^= 1;
                    assert!(verify(m, n, &bad).is_err());
                }
                let (m, n, wrong) = (m as u64, n as u64, Hash::ZERO);
                let (old, new) = (&roots[m as usize], &roots[n as usize]);
                assert!(verify_consistency(m, &wrong, n, new, &proof).is_err());
                // From the empty tree anything grows: such a proof says nothing of the new root.
                let verdict = verify_consistency(m, old, n, &wrong, &proof);
                assert_eq!(verdict.is_ok(), m == 0 && n > 0);
                if m < n {
                    assert!(verify_consistency(n, new, m, old, &proof).is_err());
                }
            }
        }
    }

    #[test]
    fn largest_numbers() {
        let (max, zero) = (u64::MAX, Hash::ZERO);
        assert!(verify_inclusion(&zero, max, max, &[], &zero).is_err());
        assert!(verify_inclusion(&zero, max - 1, max, &[zero; 64], &zero).is_err());
        assert!(verify_inclusion(&zero, 0, max, &[zero; 64], &zero).is_err());
        assert!(verify_inclusion(&zero, 0, 0, &[], &zero).is_err());
        assert!(inclusion_ranges(max - 1, max).is_some());
        for old in [1, 2, 3, 1 << 63, (1 << 63) + 1, max - 1] {
            for n in 0..130 {
                assert!(verify_consistency(old, &zero, max, &zero, &vec![zero; n]).is_err());
            }
        }
        assert!(inclusion_proof(&[], 0).is_empty());
        assert!(consistency_proof(&[zero], 1, 9).is_empty());
        assert!(consistency_proof(&[zero], 9, 1).is_empty());
    }

    proptest! {
        #[test]
        fn arbitrary_proofs_never_panic(
            a: u64,
            b: u64,
            proof in proptest::collection::vec(any::<[u8; 32]>().prop_map(Hash), 0..130),
        ) {
            let _ = verify_inclusion(&Hash::ZERO, a, b, &proof, &Hash::ZERO);
            let _ = verify_consistency(a, &Hash::ZERO, b, &Hash::ZERO, &proof);
        }
    }
}
