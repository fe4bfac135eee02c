//! A checkpoint that the auditor kept, against the ledger as it is now: did it only grow?
//! Not here: which checkpoint vouches for an export (`custody`).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde::Serialize;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::encoding::Hash;
use crate::exported::ReadError;
use crate::fault::{Fault, Stage};
use crate::note::{MAX_NOTE, Note, VerifierKey};

/// A signed checkpoint of an earlier day, as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub checkpoint: Checkpoint,
    note: Note,
    text: String,
}

/// Why there is no kept checkpoint: the environment, or a call that names another file.
#[derive(Debug, thiserror::Error)]
pub enum KeptError {
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    #[error("not a kept checkpoint: {0}")]
    Malformed(String),
}

impl KeptError {
    pub fn code(&self) -> &'static str {
        match self {
            KeptError::Unreadable(_) => "file.io",
            KeptError::Malformed(_) => "since.malformed",
        }
    }

    pub fn hint(&self) -> &'static str {
        match self {
            KeptError::Unreadable(_) => "check the path and the permissions",
            KeptError::Malformed(_) => "name a copy of the file `checkpoint` of an earlier export",
        }
    }
}

/// Two trees of one log that cannot both be: the proof of a fork, if the log's key signed both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fork {
    /// How many records both say to speak of; a string, as all large integers.
    pub size: String,
    /// The kept checkpoint, in full.
    pub kept: String,
    /// The export's checkpoint, in full. Where it is larger, the records lead from it to another root at `size`.
    pub found: String,
}

/// The records that were read, as far as an earlier checkpoint speaks of them.
pub(crate) struct Now<'a> {
    pub origin: &'a str,
    pub size: u64,
    pub root_at: &'a dyn Fn(u64) -> Option<Hash>,
    /// The log keys in force for a checkpoint of this size.
    pub keys_at: &'a dyn Fn(u64) -> Vec<VerifierKey>,
    /// The export's checkpoint, in full.
    pub latest: &'a str,
}

/// What is wrong, and the evidence where there is some.
pub(crate) struct Differs {
    pub fault: Fault,
    pub fork: Option<Fork>,
}

impl Kept {
    pub fn parse(bytes: &[u8]) -> Result<Self, CheckpointError> {
        let note = Note::parse(bytes)?;
        let checkpoint = Checkpoint::parse(&note.text)?;
        let text = String::from_utf8(bytes.to_vec()).expect("a note that was read is UTF-8");
        Ok(Self { checkpoint, note, text })
    }

    pub fn read(path: &Path) -> Result<Self, KeptError> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_NOTE as u64 + 1).read_to_end(&mut bytes))
            .map_err(|source| ReadError { path: path.to_owned(), source })?;
        Self::parse(&bytes).map_err(|e| KeptError::Malformed(format!("{}: {e}", path.display())))
    }

    /// The signed note as it was kept.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Compares with the records of today. `pinned` keys vouch for it, and the keys in force at its size.
    pub(crate) fn compare(&self, pinned: &[VerifierKey], now: &Now) -> Result<(), Differs> {
        let plain = |fault| Differs { fault, fork: None };
        let Checkpoint { origin, size, root } = &self.checkpoint;
        let mut keys = (now.keys_at)(*size);
        keys.extend(pinned.iter().filter(|k| k.name() == now.origin).cloned());
        if origin != now.origin || self.note.verify(&keys).is_err() {
            let message = format!(
                "the kept checkpoint of {size} records is not signed by this log, so it says nothing about this ledger"
            );
            return Err(plain(
                Fault::new(Stage::Tree, "since.not_by_log", message)
                    .compared(now.origin, origin)
                    .hint("ask whoever gave it to you; if it was signed by a key of this log, pin that key")
                    .unverifiable(),
            ));
        }
        let Some(found) = (now.root_at)(*size) else {
            let message =
                format!("the kept checkpoint covers {size} records, and here are {}: the end was cut", now.size);
            return Err(plain(
                Fault::new(Stage::Tree, "tree.rolled_back", message)
                    .compared(size, now.size)
                    .hint("an older export, or a ledger that was rolled back: ask for the newest one"),
            ));
        };
        if found == *root {
            return Ok(());
        }
        let message =
            format!("the first {size} records are not those of the kept checkpoint: two histories were shown");
        Err(Differs {
            fault: Fault::new(Stage::Tree, "tree.forked", message)
                .compared(root.to_base64(), found.to_base64())
                .hint("keep both checkpoints and both exports; show them to the founders and to other auditors"),
            fork: Some(Fork { size: size.to_string(), kept: self.text.clone(), found: now.latest.to_owned() }),
        })
    }
}
