//! Inclusion proofs by two other crates, on the same tree: ct-merkle (rozbb) and tlog_tiles (Cloudflare).
//! Not here: our own (`proof`).

use std::fs;
use std::path::{Path, PathBuf};

use answerable_verifier::encoding::Hash;
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use sha2::Sha256;
use tlog_tiles::{Error, Tile, TileHashReader, TileReader};

use crate::error::BenchError;
use crate::floors::segments;

pub type Tree = MemoryBackedTree<Sha256, Vec<u8>>;

/// The tree over the ledger's lines. ct-merkle keeps the lines themselves.
pub fn in_memory(ledger: &Path) -> Result<Tree, BenchError> {
    let mut tree = Tree::new();
    for path in segments(ledger)? {
        let text = fs::read(&path).map_err(BenchError::io(&path))?;
        text.split(|b| *b == b'\n').filter(|line| !line.is_empty()).for_each(|line| tree.push(line.to_vec()));
    }
    Ok(tree)
}

/// Makes and checks the proofs. It hashes the leaf itself, a line of a kilobyte: it has no call that takes the hash.
pub fn ct_merkle(tree: &Tree, leaves: &[(u64, Hash)]) -> Result<(), BenchError> {
    let root = tree.root();
    for (seq, _) in leaves {
        let proof = tree.prove_inclusion(*seq as usize);
        let line = tree.get(*seq as usize).ok_or_else(|| BenchError::Failed("ct-merkle lost a leaf".into()))?;
        root.verify_inclusion(line, *seq, &proof).map_err(|e| BenchError::Failed(format!("ct-merkle: {e:?}")))?;
    }
    Ok(())
}

struct Folder(PathBuf);

impl TileReader for Folder {
    fn height(&self) -> u8 {
        8
    }
    fn read_tiles(&self, tiles: &[Tile]) -> Result<Vec<Vec<u8>>, Error> {
        let read = |t: &Tile| {
            let path = answerable_verifier::tiles::tile_path(t.level(), t.level_index(), t.width() as u16);
            fs::read(self.0.join(path)).map_err(|e| Error::InvalidInput(e.to_string()))
        };
        tiles.iter().map(read).collect()
    }
    fn save_tiles(&self, _: &[Tile], _: &[Vec<u8>]) {}
}

/// Makes and checks the proofs, from the same tiles. It also checks each tile against the root.
pub fn tlog_tiles(ledger: &Path, size: u64, leaves: &[(u64, Hash)], root: &Hash) -> Result<(), BenchError> {
    let failed = |e: Error| BenchError::Failed(format!("tlog_tiles: {e}"));
    let folder = Folder(ledger.to_owned());
    let root = tlog_tiles::Hash(root.0);
    for (seq, leaf) in leaves {
        let reader = TileHashReader::new(size, root, &folder);
        let proof = tlog_tiles::prove_record(size, *seq, &reader).map_err(failed)?;
        tlog_tiles::check_record(&proof, size, root, *seq, tlog_tiles::Hash(leaf.0)).map_err(failed)?;
    }
    Ok(())
}
