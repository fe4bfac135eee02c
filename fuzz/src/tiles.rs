//! Target: reading trees from tiles that nobody vouches for. Honest tiles give proofs that verify; whatever others give
//! never makes another leaf verify under an honest root.
//! And entry bundles: what is read of one gives the same bytes again.
//! Not here: proofs alone (`proofs`).

use std::collections::HashMap;
use std::sync::OnceLock;

use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::{leaf_hash, verify_consistency, verify_inclusion};
use answerable_verifier::tiles::{
    self, TileError, TileSource, WIDTH, entries_path, frontier_from_tiles, inclusion_proof, leaf_at, root_at,
    tile_path, tiles_for_growth,
};

use crate::bytes::Bytes;

/// More than one full tile of level 1.
const SIZE: u64 = 66_000;

#[derive(Default)]
struct Honest(HashMap<String, Vec<u8>>);

impl TileSource for Honest {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.get(path).cloned())
    }
}

fn honest() -> &'static Honest {
    static TILES: OnceLock<Honest> = OnceLock::new();
    TILES.get_or_init(|| {
        let leaves: Vec<Hash> = (0..SIZE).map(|n| leaf_hash(&n.to_be_bytes())).collect();
        let made = tiles_for_growth(0, &leaves, &Honest::default()).expect("nothing is read");
        Honest(made.into_iter().map(|tile| (tile.path(), tile.bytes)).collect())
    })
}

/// Answers as the input says, from the path on: the same path always gets the same answer.
struct Hostile<'d> {
    script: &'d [u8],
}

impl TileSource for Hostile<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, String> {
        let place = Hash::sha256(path.as_bytes()).0[0];
        let how = self.script.get(usize::from(place) % self.script.len().max(1)).copied().unwrap_or(0);
        let mut tile = honest().0.get(path).cloned();
        match how % 8 {
            0 | 1 => Ok(tile),
            2 => Ok(None),
            3 => Err("gone".into()),
            4 => Ok(Some(vec![how; 32 * usize::from(WIDTH)])),
            5 => Ok(Some(vec![how; usize::from(place) * 7])),
            6 => {
                if let Some(byte) = tile.as_mut().and_then(|t| t.get_mut(usize::from(how) * 31)) {
                    *byte ^= 1;
                }
                Ok(tile)
            }
            _ => Ok(tile.map(|t| t.iter().rev().copied().collect())),
        }
    }
}

/// Paths, and proofs over tiles.
pub fn tiles(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let (level, index, width) = (input.u8(), input.u64(), input.u16() % WIDTH + 1);
    assert_eq!(read_path(&tile_path(level, index, width)), Some((format!("{level}"), index, width)));
    assert_eq!(read_path(&entries_path(index, width)), Some(("entries".into(), index, width)));

    let (tree, at, old) = (input.u64(), input.u64(), input.u64());
    let (any_size, any_tree, any_at) = (input.u64(), input.u64(), input.u64());
    let hostile = Hostile { script: input.0 };
    let tree = tree % SIZE + 1;
    let (at, old) = (at % tree, old % (tree + 1));

    let root = root_at(SIZE, tree, honest()).expect("honest tiles answer");
    let leaf = leaf_at(SIZE, at, honest()).expect("honest tiles answer");
    assert_eq!(leaf, leaf_hash(&at.to_be_bytes()));
    let good = inclusion_proof(SIZE, tree, at, honest()).expect("honest tiles answer");
    assert!(verify_inclusion(&leaf, at, tree, &good, &root).is_ok());
    let old_root = root_at(SIZE, old, honest()).expect("honest tiles answer");
    let good = tiles::consistency_proof(SIZE, old, tree, honest()).expect("honest tiles answer");
    assert!(verify_consistency(old, &old_root, tree, &root, &good).is_ok());

    match (leaf_at(SIZE, at, &hostile), inclusion_proof(SIZE, tree, at, &hostile)) {
        (Ok(claimed), Ok(proof)) => {
            let verified = verify_inclusion(&claimed, at, tree, &proof, &root).is_ok();
            assert!(!verified || claimed == leaf, "a hostile tile makes no other leaf verify");
        }
        (claimed, proof) => [claimed.err(), proof.err()].into_iter().flatten().for_each(sound),
    }
    if let (Ok(claimed), Ok(proof)) =
        (root_at(SIZE, old, &hostile), tiles::consistency_proof(SIZE, old, tree, &hostile))
    {
        let verified = verify_consistency(old, &claimed, tree, &root, &proof).is_ok();
        assert!(!verified || claimed == old_root, "a hostile tile makes no other past verify");
    }
    // Numbers that no tree has: an answer or an error, nothing else.
    let _ = leaf_at(any_size, any_at, &hostile).map_err(sound);
    let _ = root_at(any_size, any_tree, &hostile).map_err(sound);
    let _ = inclusion_proof(any_size, any_tree, any_at, &hostile).map_err(sound);
    let _ = tiles::consistency_proof(any_size, any_at, any_tree, &hostile).map_err(sound);
    let _ = tiles_for_growth(any_size, &[leaf], &hostile).map_err(sound);
    if let Ok(frontier) = frontier_from_tiles(any_size, &hostile) {
        assert_eq!(frontier.size(), any_size);
    }
}

fn sound(e: TileError) {
    assert!(!e.to_string().is_empty());
}

/// A second reading of c2sp.org/tlog-tiles, "Merkle Tree": level (or `entries`), index, width.
fn read_path(path: &str) -> Option<(String, u64, u16)> {
    let (level, place) = path.strip_prefix("tile/")?.split_once('/')?;
    let (place, width) = match place.split_once(".p/") {
        Some((place, width)) => (place, width.parse().ok()?),
        None => (place, WIDTH),
    };
    let parts: Vec<&str> = place.split('/').collect();
    let (last, first) = parts.split_last()?;
    let first: Option<Vec<&str>> = first.iter().map(|p| p.strip_prefix('x')).collect();
    let digits = first?.into_iter().chain([*last]).map(|p| (p.len() == 3).then_some(p)).collect::<Option<String>>()?;
    Some((level.to_owned(), digits.parse().ok()?, width))
}

/// The first byte is the width, the rest a bundle.
pub fn bundle(data: &[u8]) {
    let Some((width, bytes)) = data.split_first() else { return };
    let width = u16::from(*width) + 1;
    if let Ok(entries) = tiles::bundle_entries(bytes, width) {
        assert_eq!(entries.len(), usize::from(width));
        assert_eq!(tiles::entry_bundle(entries).as_deref(), Some(bytes), "a bundle has one reading");
        for other in [width - 1, width + 1] {
            assert!(tiles::bundle_entries(bytes, other).is_err(), "a bundle has one width");
        }
    }
}
