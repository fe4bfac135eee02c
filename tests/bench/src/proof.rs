//! The figure `proof`: an inclusion proof made from the ledger's tiles on disk, and checked. The floor reads one tile of each
//! level and hashes as many nodes as the tree is high. With the feature `peers`, two other implementations do the same.
//! Not here: the proofs themselves (the crate `answerable-verifier`).

use std::fs;
use std::path::Path;

use answerable_ledger::tiles::Tiles;
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::merkle::verify_inclusion;
use answerable_verifier::note::Note;
use sha2::{Digest, Sha256};

use crate::data::Data;
use crate::dice::Dice;
use crate::error::BenchError;
use crate::measure::{Cost, Row, Run, in_turn, timed};

/// Proofs of one run.
const PROOFS: usize = 2_000;

pub fn figure(data: &Data) -> Result<Vec<Row>, BenchError> {
    let ledger = data.ledger();
    let failed = |e: &dyn std::fmt::Display| BenchError::Failed(format!("{}: {e}", ledger.display()));
    let path = ledger.join("checkpoint");
    let note = Note::parse(&fs::read(&path).map_err(BenchError::io(&path))?).map_err(|e| failed(&e))?;
    let Checkpoint { size, root, .. } = Checkpoint::parse(&note.text).map_err(|e| failed(&e))?;
    let tiles = Tiles::at(&ledger);
    let mut dice = Dice::new(7);
    let wanted: Vec<u64> = (0..PROOFS).map(|_| dice.next() % size).collect();
    let leaves =
        wanted.iter().map(|seq| Ok((*seq, tiles.leaf(*seq, size)?))).collect::<Result<Vec<_>, BenchError>>()?;
    let run = || {
        let prove = || {
            for (seq, leaf) in &leaves {
                let proof = tiles.inclusion(*seq, size)?;
                verify_inclusion(leaf, *seq, size, &proof, &root).map_err(|e| failed(&e))?;
            }
            Ok(())
        };
        timed(prove).map(|(seconds, ())| Cost::here(seconds, 1))
    };
    let floor = || timed(|| bare_path(&ledger, &wanted, size)).map(|(seconds, ())| Cost::here(seconds, 1));
    let mut floors: Vec<(String, Run<'_>)> = vec![("read a tile a level, hash the path".into(), Box::new(floor))];
    add_peers(&ledger, size, &leaves, &root, &mut floors)?;
    in_turn("proof", data.records, ("s per proof", PROOFS as f64), Box::new(run), floors)
}

/// The files on the way from each leaf up, and a node's hash for each step of the tree's height.
fn bare_path(ledger: &Path, wanted: &[u64], size: u64) -> Result<(), BenchError> {
    let height = u64::BITS - size.saturating_sub(1).leading_zeros();
    for seq in wanted {
        let (mut index, mut count, mut level) = (*seq, size, 0);
        while count > 0 {
            let tile = index >> 8;
            let width = (count - (tile << 8)).min(256) as u16;
            let path = ledger.join(answerable_verifier::tiles::tile_path(level, tile, width));
            std::hint::black_box(fs::read(&path).map_err(BenchError::io(&path))?);
            (index, count, level) = (tile, count >> 8, level + 1);
            // The last tile of a level may have no root above it yet.
            if index >= count {
                break;
            }
        }
        let mut node = [0u8; 65];
        for _ in 0..height {
            let hash = Sha256::digest(node);
            node[1..33].copy_from_slice(&hash);
        }
        std::hint::black_box(node);
    }
    Ok(())
}

type Leaves = [(u64, answerable_verifier::encoding::Hash)];
type Root = answerable_verifier::encoding::Hash;

#[cfg(not(feature = "peers"))]
fn add_peers<'a>(
    _: &'a Path,
    _: u64,
    _: &'a Leaves,
    _: &'a Root,
    _: &mut Vec<(String, Run<'a>)>,
) -> Result<(), BenchError> {
    eprintln!("proof: the peers ct-merkle and tlog_tiles are not built in (--features peers)");
    Ok(())
}

#[cfg(feature = "peers")]
fn add_peers<'a>(
    ledger: &'a Path,
    size: u64,
    leaves: &'a Leaves,
    root: &'a Root,
    floors: &mut Vec<(String, Run<'a>)>,
) -> Result<(), BenchError> {
    use crate::proof_peers as peers;
    let tree = peers::in_memory(ledger)?;
    let ct_merkle = move || timed(|| peers::ct_merkle(&tree, leaves)).map(|(s, ())| Cost::here(s, 1));
    floors.push(("peer ct-merkle 0.3, its tree in memory".into(), Box::new(ct_merkle)));
    let tlog = move || timed(|| peers::tlog_tiles(ledger, size, leaves, root)).map(|(s, ())| Cost::here(s, 1));
    floors.push(("peer tlog_tiles 0.2, same tiles, each checked".into(), Box::new(tlog)));
    Ok(())
}
