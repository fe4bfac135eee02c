//! The Merkle tree as C2SP tiles (c2sp.org/tlog-tiles): their paths and bytes, which of them growth
//! writes, and proofs read from them. Tiles have height 8: up to 256 hashes each.
//!
//! Not here: files. Reading goes through [`TileSource`], writing is the caller's.
//! Nothing vouches for a tile: compare the root of [`frontier_from_tiles`], or verify the proof.

use std::ops::Range;

use crate::encoding::Hash;
use crate::merkle::{self, Frontier, MAX_SIZE};

/// Hashes of a full tile (c2sp.org/tlog-tiles, "Merkle Tree").
pub const WIDTH: u16 = 256;
const HEIGHT: u32 = 8;
const HASH_LEN: usize = 32;

/// Where tiles are read from: a directory, an archive, a map.
pub trait TileSource {
    /// The bytes at a path such as `tile/0/x001/234.p/41`; `None` if there is nothing.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String>;
    /// The root of the 2^`height` hashes of a tile from its hash `from` on, a multiple of that; `None` if it has not as many.
    /// A source that keeps tiles at hand may know it already.
    fn node(&self, level: u8, index: u64, width: u16, height: u32, from: usize) -> Result<Option<Hash>, TileError> {
        let hashes = read_tile(level, index, width, self)?;
        Ok(hashes.get(from..from + (1 << height)).map(merkle::root_of))
    }
}

/// Why the tiles do not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// Neither the tile nor a full one in its place is there.
    #[error("the tile {path} is missing")]
    Missing {
        /// The tile's path.
        path: String,
    },
    /// A tile has another number of bytes than its path says.
    #[error("the tile {path} has {found} bytes, not {expected}")]
    Length {
        /// The tile's path.
        path: String,
        /// 32 bytes for every hash of its width.
        expected: usize,
        /// What was there.
        found: usize,
    },
    /// The source failed.
    #[error("cannot read the tile {path}: {reason}")]
    Source {
        /// The tile's path.
        path: String,
        /// The source's own words.
        reason: String,
    },
    /// The question is about leaves or sizes that the tree does not have.
    #[error("{wanted} lies beyond a tree of size {size}")]
    OutOfRange {
        /// The index or size that was asked for.
        wanted: u64,
        /// The size of the tree.
        size: u64,
    },
}

/// A tile to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tile {
    /// 0 holds leaf hashes; level L holds the roots of the full tiles of level L-1.
    pub level: u8,
    /// The tile's place within its level.
    pub index: u64,
    /// How many hashes it has, 1 to 256.
    pub width: u16,
    /// The hashes, one after the other.
    pub bytes: Vec<u8>,
}

impl Tile {
    /// Where it is written, as [`tile_path`].
    pub fn path(&self) -> String {
        tile_path(self.level, self.index, self.width)
    }
}

/// The path of a hash tile, `tile/<L>/<N>[.p/<W>]`; a width of 256 is a full tile
/// (c2sp.org/tlog-tiles, "Merkle Tree").
pub fn tile_path(level: u8, index: u64, width: u16) -> String {
    format!("tile/{level}/{}", place(index, width))
}

/// The path of an entry bundle, `tile/entries/<N>[.p/<W>]` (c2sp.org/tlog-tiles, "Log entries").
pub fn entries_path(index: u64, width: u16) -> String {
    format!("tile/entries/{}", place(index, width))
}

/// The bytes of an entry bundle: every entry after its length as a big-endian 16-bit integer
/// (c2sp.org/tlog-tiles, "Log entries"). `None` if an entry is longer than 65,535 bytes.
pub fn entry_bundle<'e>(entries: impl IntoIterator<Item = &'e [u8]>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for entry in entries {
        out.extend_from_slice(&u16::try_from(entry.len()).ok()?.to_be_bytes());
        out.extend_from_slice(entry);
    }
    Some(out)
}

/// The entries of a bundle that has exactly `width` of them and no byte more; else what is wrong with it.
pub fn bundle_entries(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, String> {
    let mut entries = Vec::with_capacity(usize::from(width));
    let mut rest = bytes;
    for entry in 0..width {
        let cut = || format!("ends within its entry {entry} of {width}");
        let (length, behind) = rest.split_first_chunk::<2>().ok_or_else(cut)?;
        let (one, behind) = behind.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(cut)?;
        entries.push(one);
        rest = behind;
    }
    match rest.len() {
        0 => Ok(entries),
        more => Err(format!("has {more} bytes behind its {width} entries")),
    }
}

/// The tiles that a tree of `size` leaves has, without their bytes: (level, index, width).
pub fn tiles_of(size: u64) -> impl Iterator<Item = (u8, u64, u16)> {
    levels_of(size).flat_map(|(level, count)| {
        let tiles = count.div_ceil(u64::from(WIDTH));
        (0..tiles).map(move |index| (level, index, width_at(count, index)))
    })
}

/// The tiles to be written when `new_leaves` (leaf hashes) follow the first `old_size`: every tile
/// that is new or wider than before, each at its final width. Reads only the partial tiles of the old
/// size. Writing them in any order is safe: none replaces other bytes (c2sp.org/tlog-tiles).
pub fn tiles_for_growth(old_size: u64, new_leaves: &[Hash], source: &dyn TileSource) -> Result<Vec<Tile>, TileError> {
    let in_range = old_size.checked_add(new_leaves.len() as u64).is_some_and(|size| size <= MAX_SIZE);
    if !in_range {
        return Err(TileError::OutOfRange { wanted: old_size, size: MAX_SIZE });
    }
    let mut tiles = Vec::new();
    let mut added = new_leaves.to_vec();
    let (mut level, mut count) = (0u8, old_size);
    while !added.is_empty() {
        let first = count >> HEIGHT;
        let mut hashes = match width_at(count, first) {
            0 => Vec::new(),
            width => read_tile(level, first, width, source)?,
        };
        hashes.append(&mut added);
        for (index, chunk) in (first..).zip(hashes.chunks(usize::from(WIDTH))) {
            tiles.push(Tile {
                level,
                index,
                width: chunk.len() as u16,
                bytes: chunk.iter().flat_map(|hash| hash.0).collect(),
            });
            if chunk.len() == usize::from(WIDTH) {
                added.push(merkle::root_of(chunk));
            }
        }
        level += 1;
        count = first;
    }
    Ok(tiles)
}

/// The frontier of the tree of `size` leaves, from its partial tiles: one read for each level.
pub fn frontier_from_tiles(size: u64, source: &dyn TileSource) -> Result<Frontier, TileError> {
    let mut peaks = Vec::new();
    let levels: Vec<_> = levels_of(size).collect();
    for (level, count) in levels.into_iter().rev() {
        let index = count >> HEIGHT;
        let width = width_at(count, index);
        if width == 0 {
            continue;
        }
        let hashes = read_tile(level, index, width, source)?;
        let mut rest = hashes.as_slice();
        while !rest.is_empty() {
            let (subtree, others) = rest.split_at(1 << rest.len().ilog2());
            peaks.push(merkle::root_of(subtree));
            rest = others;
        }
    }
    Frontier::from_peaks(size, peaks).ok_or(TileError::OutOfRange { wanted: size, size: MAX_SIZE })
}

/// The hash of leaf `index`, from the tiles of a tree of `size` leaves.
pub fn leaf_at(size: u64, index: u64, source: &dyn TileSource) -> Result<Hash, TileError> {
    if index >= size {
        return Err(out_of_range(index, size));
    }
    full_subtree(size, index, 0, source)
}

/// The root of the first `tree_size` leaves, from the tiles of a tree of `size`.
pub fn root_at(size: u64, tree_size: u64, source: &dyn TileSource) -> Result<Hash, TileError> {
    if tree_size > size {
        return Err(out_of_range(tree_size, size));
    }
    subtree(size, 0..tree_size, source)
}

/// The inclusion proof for leaf `index` in the tree of the first `tree_size` leaves, from the tiles
/// of a tree of `size` (RFC 6962 section 2.1.1).
pub fn inclusion_proof(size: u64, tree_size: u64, index: u64, source: &dyn TileSource) -> Result<Vec<Hash>, TileError> {
    if tree_size > size {
        return Err(out_of_range(tree_size, size));
    }
    let ranges = merkle::inclusion_ranges(index, tree_size).ok_or_else(|| out_of_range(index, tree_size))?;
    ranges.into_iter().map(|range| subtree(size, range, source)).collect()
}

/// The consistency proof from the first `old` to the first `new` leaves, from the tiles of a tree of
/// `size` (RFC 6962 section 2.1.2).
pub fn consistency_proof(size: u64, old: u64, new: u64, source: &dyn TileSource) -> Result<Vec<Hash>, TileError> {
    if new > size {
        return Err(out_of_range(new, size));
    }
    let ranges = merkle::consistency_ranges(old, new).ok_or_else(|| out_of_range(old, new))?;
    ranges.into_iter().map(|range| subtree(size, range, source)).collect()
}

/// The root over a range as RFC 6962 splits it: full subtrees to the left, a smaller rest.
fn subtree(size: u64, range: Range<u64>, source: &dyn TileSource) -> Result<Hash, TileError> {
    // Splitting only ever leaves the right part open, so the left parts fold up from the right.
    let (mut start, end) = (range.start, range.end);
    let mut lefts = Vec::new();
    while start < end {
        let len = end - start;
        let height = len.ilog2();
        lefts.push(full_subtree(size, start, height, source)?);
        start += 1 << height;
    }
    let folded = lefts.into_iter().rev().reduce(|right, left| merkle::node_hash(&left, &right));
    Ok(folded.unwrap_or_else(merkle::empty_root))
}

/// The root of the 2^`height` leaves from `start`, a multiple of that: within one tile.
fn full_subtree(size: u64, start: u64, height: u32, source: &dyn TileSource) -> Result<Hash, TileError> {
    let level = height / HEIGHT;
    let shift = level * HEIGHT;
    let (count, first) = (size >> shift, start >> shift);
    let index = first >> HEIGHT;
    let from = (first % u64::from(WIDTH)) as usize;
    let node = source.node(level as u8, index, width_at(count, index), height % HEIGHT, from)?;
    node.ok_or_else(|| out_of_range(start, size))
}

/// Reads a tile of this width, or the first hashes of the full tile that has taken its place
/// (c2sp.org/tlog-tiles, "Partial Tiles").
pub fn read_tile<S: TileSource + ?Sized>(
    level: u8,
    index: u64,
    width: u16,
    source: &S,
) -> Result<Vec<Hash>, TileError> {
    let path = tile_path(level, index, width);
    if let Some(hashes) = read_path(&path, width, source)? {
        return Ok(hashes);
    }
    if width < WIDTH {
        let full = tile_path(level, index, WIDTH);
        if let Some(mut hashes) = read_path(&full, WIDTH, source)? {
            hashes.truncate(usize::from(width));
            return Ok(hashes);
        }
    }
    Err(TileError::Missing { path })
}

fn read_path<S: TileSource + ?Sized>(path: &str, width: u16, source: &S) -> Result<Option<Vec<Hash>>, TileError> {
    let read = source.read(path).map_err(|reason| TileError::Source { path: path.to_string(), reason })?;
    let Some(bytes) = read else { return Ok(None) };
    let expected = usize::from(width) * HASH_LEN;
    let (hashes, rest) = bytes.as_chunks::<HASH_LEN>();
    if bytes.len() != expected || !rest.is_empty() {
        return Err(TileError::Length { path: path.to_string(), expected, found: bytes.len() });
    }
    Ok(Some(hashes.iter().copied().map(Hash).collect()))
}

/// How many hashes each level has, from level 0 to the last that has any.
fn levels_of(size: u64) -> impl Iterator<Item = (u8, u64)> {
    (0u8..8).map(move |level| (level, size >> (u32::from(level) * HEIGHT))).take_while(|(_, count)| *count > 0)
}

/// How many hashes tile `index` has in a level of `count`.
fn width_at(count: u64, index: u64) -> u16 {
    let before = index.saturating_mul(u64::from(WIDTH));
    count.saturating_sub(before).min(u64::from(WIDTH)) as u16
}

/// Three-digit path elements, all but the last beginning with `x`, then `.p/<W>` if partial.
fn place(index: u64, width: u16) -> String {
    let mut out = format!("{:03}", index % 1000);
    let mut rest = index / 1000;
    while rest > 0 {
        out = format!("x{:03}/{out}", rest % 1000);
        rest /= 1000;
    }
    if width < WIDTH {
        out.push_str(&format!(".p/{width}"));
    }
    out
}

fn out_of_range(wanted: u64, size: u64) -> TileError {
    TileError::OutOfRange { wanted, size }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::{leaf_hash, root_of, verify_consistency, verify_inclusion};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Default, Clone)]
    struct Memory(BTreeMap<String, Vec<u8>>);

    impl TileSource for Memory {
        fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
            if path == "tile/0/000.p/13" {
                return Err("unlucky".to_string());
            }
            Ok(self.0.get(path).cloned())
        }
    }

    impl Memory {
        fn grow(&mut self, old: u64, leaves: &[Hash]) {
            for tile in tiles_for_growth(old, leaves, self).unwrap() {
                let path = tile.path();
                let before = self.0.insert(path.clone(), tile.bytes.clone());
                assert!(before.is_none_or(|b| b == tile.bytes), "{path} was replaced");
            }
        }
    }

    fn leaves(n: usize) -> Vec<Hash> {
        (0..n).map(|i| leaf_hash(&i.to_be_bytes())).collect()
    }

    /// The definition of c2sp.org/tlog-tiles, "Merkle Tree", tile by tile.
    fn from_scratch(all: &[Hash]) -> Memory {
        let mut memory = Memory::default();
        for (level, index, width) in tiles_of(all.len() as u64) {
            let span = 256usize.pow(u32::from(level));
            let at = |i: usize| (index as usize * 256 + i) * span;
            let bytes = (0..usize::from(width)).flat_map(|i| root_of(&all[at(i)..at(i + 1)]).0).collect();
            memory.0.insert(tile_path(level, index, width), bytes);
        }
        memory
    }

    #[test]
    fn paths_of_the_specification() {
        assert_eq!(tile_path(0, 1_234_067, 256), "tile/0/x001/x234/067");
        assert_eq!(tile_path(0, 1234, 41), "tile/0/x001/234.p/41");
        assert_eq!(tile_path(2, 0, 1), "tile/2/000.p/1");
        assert_eq!(tile_path(1, 999, 256), "tile/1/999");
        assert_eq!(tile_path(1, 1000, 256), "tile/1/x001/000");
        assert_eq!(entries_path(273, 112), "tile/entries/273.p/112");
        let max = tile_path(0, u64::MAX, 256);
        assert_eq!(max, "tile/0/x018/x446/x744/x073/x709/x551/615");
    }

    /// The example of c2sp.org/tlog-tiles, "Partial Tiles".
    #[test]
    fn tiles_of_the_specification() {
        let tiles: Vec<_> = tiles_of(70_000).collect();
        assert_eq!(tiles.len(), 273 + 1 + 1 + 1 + 1);
        let partial: Vec<_> = tiles.iter().copied().filter(|t| t.2 < 256).collect();
        assert_eq!(partial, [(0, 273, 112), (1, 1, 17), (2, 0, 1)]);
        let tiles: Vec<_> = tiles_of(256).collect();
        assert_eq!(tiles, [(0, 0, 256), (1, 0, 1)]);
        assert_eq!(tiles_of(0).count(), 0);
    }

    #[test]
    fn a_tree_of_three_levels() {
        let all = leaves(70_000);
        let mut memory = Memory::default();
        memory.grow(0, &all[..300]);
        memory.grow(300, &all[300..65_535]);
        memory.grow(65_535, &all[65_535..65_536]);
        memory.grow(65_536, &all[65_536..]);
        for (path, bytes) in &from_scratch(&all).0 {
            assert_eq!(memory.0.get(path), Some(bytes), "{path}");
        }
        let mut frontier = Frontier::new();
        all.iter().for_each(|leaf| frontier.push(*leaf));
        assert_eq!(frontier_from_tiles(70_000, &memory), Ok(frontier.clone()));
        let (root, size) = (frontier.root(), 70_000);
        for index in [0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999] {
            let leaf = leaf_at(size, index, &memory).unwrap();
            assert_eq!(leaf, all[index as usize]);
            let proof = inclusion_proof(size, size, index, &memory).unwrap();
            assert_eq!(verify_inclusion(&leaf, index, size, &proof, &root), Ok(()));
        }
        for old in [1, 255, 256, 257, 300, 65_535, 65_536, 65_537, 69_999] {
            let old_root = root_at(size, old, &memory).unwrap();
            assert_eq!(old_root, root_of(&all[..old as usize]));
            let proof = consistency_proof(size, old, size, &memory).unwrap();
            let verdict = verify_consistency(old, &old_root, size, &root, &proof);
            assert_eq!(verdict, Ok(()), "{old}");
        }
    }

    #[test]
    fn full_tiles_stand_in_for_partial_ones() {
        let all = leaves(600);
        let mut memory = Memory::default();
        memory.grow(0, &all);
        memory.0.retain(|path, _| !path.contains(".p/"));
        let old = frontier_from_tiles(300, &memory);
        assert_eq!(old, Err(TileError::Missing { path: "tile/1/000.p/1".to_string() }));
        assert_eq!(leaf_at(300, 299, &memory), Ok(all[299]));
    }

    #[test]
    fn faults_are_named() {
        let all = leaves(40);
        let memory = from_scratch(&all);
        assert!(matches!(leaf_at(40, 40, &memory), Err(TileError::OutOfRange { .. })));
        assert!(matches!(leaf_at(39, 2, &memory), Err(TileError::Missing { .. })));
        assert!(matches!(leaf_at(13, 2, &memory), Err(TileError::Source { .. })));
        assert!(root_at(40, 41, &memory).is_err());
        assert!(inclusion_proof(40, 40, 40, &memory).is_err());
        assert!(inclusion_proof(40, 41, 2, &memory).is_err());
        assert!(consistency_proof(40, 3, 2, &memory).is_err());
        assert!(consistency_proof(40, 3, 41, &memory).is_err());
        assert!(tiles_for_growth(u64::MAX, &all, &memory).is_err());
        assert!(frontier_from_tiles(u64::MAX, &memory).is_err());
        assert!(leaf_at(u64::MAX, u64::MAX - 1, &memory).is_err());
        let mut short = memory.clone();
        short.0.get_mut("tile/0/000.p/40").unwrap().pop();
        assert!(matches!(leaf_at(40, 2, &short), Err(TileError::Length { .. })));
        assert_eq!(frontier_from_tiles(0, &memory), Ok(Frontier::new()));
        assert_eq!(root_at(0, 0, &memory), Ok(merkle::empty_root()));
        assert_eq!(tiles_for_growth(40, &[], &memory), Ok(vec![]));
    }

    #[test]
    fn bundles() {
        let bundle = entry_bundle([&b"ab"[..], b"", b"c"]);
        assert_eq!(bundle.unwrap(), b"\0\x02ab\0\0\0\x01c");
        assert!(entry_bundle([&vec![0; 65_535][..]]).is_some());
        assert!(entry_bundle([&vec![0; 65_536][..]]).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn growth_in_steps_is_growth_at_once(steps in proptest::collection::vec(14usize..900, 1..8)) {
            let total = steps.iter().sum();
            let all = leaves(total);
            let (mut memory, mut frontier, mut size) = (Memory::default(), Frontier::new(), 0);
            for step in steps {
                let added = &all[size..size + step];
                memory.grow(size as u64, added);
                added.iter().for_each(|leaf| frontier.push(*leaf));
                size += step;
                prop_assert_eq!(&frontier_from_tiles(size as u64, &memory).unwrap(), &frontier);
                for (path, bytes) in &from_scratch(&all[..size]).0 {
                    prop_assert_eq!(memory.0.get(path), Some(bytes));
                }
            }
        }

        #[test]
        fn proofs_from_tiles_are_the_naive_ones(size in 14usize..2000, a: usize, b: usize) {
            let all = leaves(size);
            let memory = from_scratch(&all);
            let (tree, n) = (1 + a % size, size as u64);
            let index = (b % tree) as u64;
            prop_assert_eq!(
                inclusion_proof(n, tree as u64, index, &memory).unwrap(),
                merkle::inclusion_proof(&all[..tree], index)
            );
            prop_assert_eq!(
                consistency_proof(n, index, tree as u64, &memory).unwrap(),
                merkle::consistency_proof(&all, index, tree as u64)
            );
        }
    }
}
