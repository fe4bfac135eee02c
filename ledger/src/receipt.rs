//! Receipts: what an author keeps as proof that its record is in, whatever becomes of the ledger.
//! Not here: how a receipt is judged (`answerable_verifier::proof`), and the files that it lies in.

use answerable_verifier::fault::{Fault, Stage};
use answerable_verifier::merkle::{leaf_hash, verify_inclusion};
use answerable_verifier::proof::TlogProof;

use crate::error::StoreError;
use crate::store::Ledger;

/// Proof that a record is in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// A file of c2sp.org/tlog-proof.
    pub proof: String,
    /// The record, without its LF: the Merkle leaf.
    pub line: Vec<u8>,
}

impl Ledger {
    /// The receipt of a record, under the checkpoint that this ledger was opened with or has signed since.
    pub fn receipt(&self, seq: u64) -> Result<Receipt, StoreError> {
        let (size, root) = (self.checkpoint.size, self.checkpoint.root);
        if seq >= size {
            let message = format!("no record {seq} among {size}");
            return Err(Fault::new(Stage::Bytes, "record.not_found", message).hint("list them: answerable log").into());
        }
        let line = self.past().line(seq)?;
        let hashes = self.past().tiles.inclusion(seq, size)?;
        // Tiles are derived: what they say is believed only where it leads to the root that was signed.
        verify_inclusion(&leaf_hash(&line), seq, size, &hashes, &root)
            .map_err(|e| StoreError::Derived(format!("tile/ does not prove record {seq}: {e}")))?;
        let proof = TlogProof { index: seq, extra: None, hashes, checkpoint: self.signed_checkpoint.clone() };
        let proof = String::from_utf8(proof.format()).expect("a checkpoint that was opened is UTF-8");
        Ok(Receipt { proof, line })
    }
}
