//! Which keys vouch for an export: its checkpoint under the auditor's pins, and every handover between log keys.
//! Not here: the records themselves (`audit`).

use crate::audit::Pins;
use crate::checkpoint::{self, Checkpoint};
use crate::encoding::Hash;
use crate::exported::ReadError;
use crate::fault::{Fault, Stage};
use crate::handover::Handover;
use crate::note::{Note, VerifierKey};
use crate::pin::{NOT_PINNED, checkpoint_fault, open_pinned};

/// The records that were read, as far as checkpoints speak of them.
pub(crate) struct Custody<'a> {
    /// False where record 0 founds no ledger: then there are no keys in force.
    pub founded: bool,
    /// By record 0.
    pub origin: &'a str,
    /// The log keys in force after the last record.
    pub in_force: Vec<VerifierKey>,
    pub handovers: &'a [Handover],
    pub size: u64,
    pub root: Hash,
    pub root_at: &'a dyn Fn(u64) -> Option<Hash>,
    /// A checkpoint that the export keeps beside the latest, by its size.
    pub kept: &'a dyn Fn(u64) -> Result<Option<Vec<u8>>, ReadError>,
}

/// What was found, and what an auditor must know beside it.
#[derive(Default)]
pub(crate) struct Found {
    pub faults: Vec<Fault>,
    pub notes: Vec<String>,
}

impl Custody<'_> {
    /// `ledger_pinned`: the auditor pinned the ledger's id, and it is this ledger.
    pub fn check(&self, latest: Option<&[u8]>, pins: &Pins, ledger_pinned: bool) -> Result<Found, ReadError> {
        let mut found = Found::default();
        let mut kept = Vec::new();
        for handover in self.handovers {
            let bytes = (self.kept)(handover.size())?;
            match (self.root_at)(handover.size()) {
                Some(root) => {
                    found.faults.extend(handover.check(bytes.as_deref(), self.origin, root).err());
                }
                None => continue,
            }
            kept.push((handover, bytes));
        }
        let Some(latest) = latest else {
            found.faults.push(fault("checkpoint.missing", "the export has no checkpoint"));
            return Ok(found);
        };
        let by_ledger = || checkpoint::open(latest, &self.in_force, self.origin).map_err(checkpoint_fault);
        // A pinned key judges alone. Without one, the keys in force do, which a pinned ledger id vouches for.
        let opened = match pins.log_keys.as_slice() {
            [] => by_ledger(),
            pinned => match open_pinned(latest, pinned) {
                Err(unknown) if unknown.code == NOT_PINNED => match self.gone(pinned) {
                    _ if vouched_by(pinned, &kept) => by_ledger(),
                    Some(_) if ledger_pinned => by_ledger(),
                    Some(seq) => Err(unknown.hint(format!(
                        "record {seq} states that the pinned key is lost or compromised: pin the ledger's id, or its \
                         new key"
                    ))),
                    None => Err(unknown),
                },
                opened => opened,
            },
        };
        if let Some(seq) = self.gone(&pins.log_keys) {
            found.notes.push(format!(
                "what the pinned log key vouches for: record {seq} states that it is lost or compromised, and the founders \
                 put another in its place"
            ));
        }
        match opened {
            Err(fault) => found.faults.push(fault),
            Ok((checkpoint, note)) => {
                found.faults.extend(self.check_root(&checkpoint));
                if self.founded && note.verify(&self.in_force).is_err() {
                    found.faults.push(fault(
                        "checkpoint.key_not_in_force",
                        "the checkpoint is signed by no log key in force after the last record",
                    ));
                }
            }
        }
        Ok(found)
    }

    /// The record that states one of these keys to be lost or compromised.
    fn gone(&self, pinned: &[VerifierKey]) -> Option<u64> {
        self.handovers.iter().find(|h| h.gone.iter().any(|k| pinned.contains(k))).map(|h| h.seq)
    }

    fn check_root(&self, checkpoint: &Checkpoint) -> Option<Fault> {
        let (size, root) = (self.size, self.root);
        let fault = |code: &str, message: String| Fault::new(Stage::Tree, code, message);
        if checkpoint.size > size {
            let message = format!("records {size} to {} are missing", checkpoint.size - 1);
            Some(fault("tree.truncated", message).compared(checkpoint.size, size))
        } else if checkpoint.size < size {
            let message = format!("records from {} on are not covered by the checkpoint", checkpoint.size);
            Some(fault("tree.uncovered", message).compared(checkpoint.size, size))
        } else if checkpoint.root != root {
            let message = "the records are not those of the checkpoint".to_owned();
            Some(fault("tree.root_mismatch", message).compared(checkpoint.root.to_base64(), root.to_base64()))
        } else {
            None
        }
    }
}

/// A pinned key vouches for its successors by the checkpoint with which it handed over. Whether that checkpoint is of
/// these records, and who put the new keys in force, is judged where handovers and records are.
fn vouched_by(pinned: &[VerifierKey], kept: &[(&Handover, Option<Vec<u8>>)]) -> bool {
    kept.iter().any(|(handover, bytes)| {
        let old: Vec<VerifierKey> = handover.old.iter().filter(|k| pinned.contains(k)).cloned().collect();
        let note = bytes.as_deref().and_then(|b| Note::parse(b).ok());
        note.is_some_and(|note| note.verify(&old).is_ok())
    })
}

fn fault(code: &str, message: &str) -> Fault {
    Fault::new(Stage::Checkpoint, code, message)
}
