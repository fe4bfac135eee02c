//! What a monitor remembers of one ledger between two looks: the checkpoint that it last found good, and the evidence of
//! what was not.
//!
//! | path | what it holds |
//! |---|---|
//! | `checkpoint` | the signed checkpoint of the last good look; absent before the first |
//! | `evidence/…txt` | two signed checkpoints that contradict each other, in full |
//! | `lock` | held during a look |
//!
//! Not here: judging an export, and comparing it with the checkpoint (`answerable_verifier`).

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use answerable_verifier::checkpoint::CheckpointError;
use answerable_verifier::encoding::Hash;
use answerable_verifier::since::Kept;

pub use crate::files::FileError;
use crate::files::{io, lock, read, write_durably};

/// Why the memory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{} cannot be read: {why}", path.display())]
    Damaged { path: PathBuf, why: CheckpointError },
}

impl MemoryError {
    /// The stable code (docs/CODES.md).
    pub fn code(&self) -> &'static str {
        match self {
            MemoryError::File(_) => "file.io",
            MemoryError::Damaged { .. } => "monitor.damaged",
        }
    }
}

/// The memory, locked for one look.
pub struct Memory {
    folder: PathBuf,
    _lock: File,
}

impl Memory {
    /// Opens the folder, and makes it where there is none.
    pub fn open(folder: &Path) -> Result<Self, MemoryError> {
        fs::create_dir_all(folder).map_err(io(folder))?;
        Ok(Self { folder: folder.to_owned(), _lock: lock(folder)? })
    }

    /// The checkpoint of the last good look.
    pub fn last(&self) -> Result<Option<Kept>, MemoryError> {
        Self::peek(&self.folder)
    }

    /// As `last`, without making or locking anything.
    pub fn peek(folder: &Path) -> Result<Option<Kept>, MemoryError> {
        let path = folder.join("checkpoint");
        let Some(bytes) = read(&path)? else { return Ok(None) };
        Kept::parse(&bytes).map(Some).map_err(|why| MemoryError::Damaged { path, why })
    }

    /// Goes on from this signed checkpoint.
    pub fn remember(&self, signed: &[u8]) -> Result<(), MemoryError> {
        Ok(write_durably(&self.folder.join("checkpoint"), signed)?)
    }

    /// Keeps two checkpoints that contradict each other; answers the file.
    pub fn keep_evidence(&self, kind: &str, size: u64, kept: &str, found: &str) -> Result<PathBuf, MemoryError> {
        let folder = self.folder.join("evidence");
        fs::create_dir_all(&folder).map_err(io(&folder))?;
        let digest = Hash::sha256(format!("{kept}{found}").as_bytes()).to_hex();
        let path = folder.join(format!("{kind}-{size}-{}.txt", &digest[..16]));
        if !path.exists() {
            write_durably(&path, format!("Remembered:\n\n{kept}\nFound:\n\n{found}").as_bytes())?;
        }
        Ok(path)
    }
}
