//! A change of log keys, as checkpoints must show it: the one that ends with the change is signed by a new key and, while
//! one of the old can be trusted, by an old key too.
//! Not here: who may change log keys (`authority`).

use answerable_schemas::governance::LogKeysChanged;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::encoding::Hash;
use crate::fault::{Fault, Stage};
use crate::note::{Note, NoteError, VerifierKey};

/// One change.
#[derive(Debug, Clone)]
pub struct Handover {
    /// The record that changes the keys; the checkpoint of size `seq` + 1 hands over.
    pub seq: u64,
    /// Old keys that are neither lost nor compromised.
    pub old: Vec<VerifierKey>,
    /// Old keys that are.
    pub gone: Vec<VerifierKey>,
    pub new: Vec<VerifierKey>,
    /// Those of the new keys that were not in force before: each signs, which proves that it is held.
    pub introduced: Vec<VerifierKey>,
}

impl Handover {
    /// `before` are the keys in force before the change.
    pub fn of(seq: u64, change: &LogKeysChanged, before: &[VerifierKey]) -> Self {
        let gone =
            |k: &VerifierKey| change.lost.iter().chain(&change.compromised).flatten().any(|g| *g == k.to_string());
        let (gone, old) = before.iter().cloned().partition(gone);
        let new: Vec<_> = change.log_keys.iter().filter_map(|k| VerifierKey::parse(k).ok()).collect();
        let introduced = new.iter().filter(|k| !before.contains(k)).cloned().collect();
        Self { seq, old, gone, new, introduced }
    }

    /// The size of the checkpoint that hands over.
    pub fn size(&self) -> u64 {
        self.seq + 1
    }

    /// Judges the checkpoint that hands over, by the root of the records up to the change.
    pub fn check(&self, bytes: Option<&[u8]>, origin: &str, root: Hash) -> Result<(), Fault> {
        let fault = |code: &str, message: String| {
            Fault::new(Stage::Checkpoint, code, message)
                .at(self.seq)
                .hint(format!("the operator keeps it as checkpoints/{:012}: ask for a whole export", self.size()))
        };
        let Some(bytes) = bytes else {
            let message = "the checkpoint that hands over from the old log keys to the new is missing".to_owned();
            return Err(fault("checkpoint.handover_missing", message));
        };
        let read = Note::parse(bytes).map_err(CheckpointError::from).and_then(|note| {
            let checkpoint = Checkpoint::parse(&note.text)?;
            Ok((note, checkpoint))
        });
        let (note, checkpoint) = read.map_err(|e| fault(e.code(), e.to_string()))?;
        let expected = Checkpoint { origin: origin.to_owned(), size: self.size(), root };
        if checkpoint != expected {
            let found = checkpoint.to_text().replace('\n', " ");
            return Err(fault("checkpoint.handover_differs", "it is not of the records up to the change".to_owned())
                .compared(expected.to_text().replace('\n', " "), found));
        }
        for (keys, code, which) in
            [(&self.new, "checkpoint.key_not_in_force", "new"), (&self.old, "checkpoint.no_old_key", "old")]
        {
            // Where all old keys are lost or compromised, the founders' word alone hands over.
            match note.verify(keys) {
                Err(_) if keys.is_empty() => {}
                Err(NoteError::UnknownKey { signed_by }) => {
                    let message = format!("no {which} log key signed the checkpoint that ends with the change");
                    let names: Vec<String> = keys.iter().map(VerifierKey::short).collect();
                    return Err(fault(code, message).compared(names.join(" or "), signed_by.join(", ")));
                }
                Err(e) => return Err(fault("checkpoint.bad_signature", e.to_string())),
                Ok(_) => {}
            }
        }
        let signed = note.verify(&self.introduced).unwrap_or_default();
        match self.introduced.iter().find(|k| !signed.contains(k)) {
            None => Ok(()),
            Some(silent) => {
                Err(fault("checkpoint.new_key_silent", format!("the new log key {} did not sign", silent.short())))
            }
        }
    }
}

/// The log keys that may sign a checkpoint of `size`: those in force after record `size`-1, and where it hands over,
/// those before it too. `in_force` are those of today.
pub(crate) fn keys_at(handovers: &[Handover], in_force: &[VerifierKey], size: u64) -> Vec<VerifierKey> {
    let before = |h: &Handover| h.old.iter().chain(&h.gone).cloned().collect::<Vec<_>>();
    match handovers.iter().find(|h| h.size() >= size) {
        None => in_force.to_vec(),
        Some(h) if h.size() > size => before(h),
        Some(h) => [before(h), h.new.clone()].concat(),
    }
}
