//! The ledger's signed checkpoint: who must sign it, and whether the one on disk can be trusted.
//! Not here: private keys, which only a signer sees; when a checkpoint is written (`store`).

use std::path::Path;

use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::handover::Handover;
use answerable_verifier::note::{Note, NoteError, VerifierKey, signature_line};

use crate::error::StoreError;
use crate::files::read_if_there;

/// Signs checkpoints. The ledger never sees a private key.
pub trait CheckpointSigner {
    /// The log keys that it holds.
    fn keys(&self) -> Vec<VerifierKey>;
    /// An Ed25519 signature over these bytes by one of them.
    fn sign(&self, key: &VerifierKey, message: &[u8]) -> [u8; 64];
}

/// The keys that sign a checkpoint: all that the signer holds of those in force and, where the log keys change with its
/// last record, of the old ones that can be trusted. At least one of each is needed, and every key that is new.
pub(crate) fn signers(
    in_force: &[VerifierKey],
    handover: Option<&Handover>,
    signer: &dyn CheckpointSigner,
) -> Result<Vec<VerifierKey>, StoreError> {
    let held = signer.keys();
    if let Some(missing) = handover.and_then(|h| h.introduced.iter().find(|k| !held.contains(k))) {
        return Err(StoreError::NoLogKey(missing.short()));
    }
    let mut chosen: Vec<VerifierKey> = Vec::new();
    for (wanted, may_be_none) in [(in_force, false), (handover.map_or(&[][..], |h| &h.old), true)] {
        let ours: Vec<_> = wanted.iter().filter(|k| held.contains(k)).collect();
        if ours.is_empty() && !(may_be_none && wanted.is_empty()) {
            let names: Vec<String> = wanted.iter().map(VerifierKey::short).collect();
            return Err(StoreError::NoLogKey(names.join(" or ")));
        }
        for key in ours {
            if !chosen.contains(key) {
                chosen.push(key.clone());
            }
        }
    }
    Ok(chosen)
}

/// The signed note of a checkpoint.
pub(crate) fn sign(
    checkpoint: &Checkpoint,
    keys: &[VerifierKey],
    signer: &dyn CheckpointSigner,
) -> Result<String, StoreError> {
    let text = checkpoint.to_text();
    let line = |key: &VerifierKey| signature_line(key, &signer.sign(key, text.as_bytes()));
    let signatures = keys.iter().map(line).collect();
    Note { text, signatures }.format().map_err(|e| StoreError::Checkpoint(e.to_string()))
}

/// The checkpoint on disk, its signature not judged yet: the keys in force at its size are known only later.
pub(crate) struct Latest {
    pub checkpoint: Checkpoint,
    pub bytes: Vec<u8>,
    note: Note,
}

impl Latest {
    pub fn read(root: &Path, origin: &str) -> Result<Self, StoreError> {
        let bytes = read_if_there(&root.join("checkpoint"))?
            .ok_or_else(|| StoreError::Checkpoint("there is none, and a log without a checkpoint is refused".into()))?;
        let bad = |e: &dyn std::fmt::Display| StoreError::Checkpoint(e.to_string());
        let note = Note::parse(&bytes).map_err(|e| bad(&e))?;
        let checkpoint = Checkpoint::parse(&note.text).map_err(|e| bad(&e))?;
        if checkpoint.origin != origin {
            return Err(bad(&format!("it is of the log {}, not {origin}", checkpoint.origin)));
        }
        if checkpoint.size == 0 {
            return Err(bad(&"it is of size 0"));
        }
        Ok(Self { checkpoint, bytes, note })
    }

    /// What can be said before the records are read: a key that was in force at some time signed it, or none did. A bad
    /// signature is told here, before the records are blamed for not being those of the checkpoint.
    pub fn check_early(&self, known: &[VerifierKey]) -> Result<(), StoreError> {
        match self.note.verify(known) {
            Err(e @ NoteError::BadSignature { .. }) => Err(StoreError::Checkpoint(e.to_string())),
            _ => Ok(()),
        }
    }

    /// A log key in force at its size signed it.
    pub fn check(&self, in_force: &[VerifierKey]) -> Result<(), StoreError> {
        self.note.verify(in_force).map(|_| ()).map_err(|e| StoreError::Checkpoint(e.to_string()))
    }
}
