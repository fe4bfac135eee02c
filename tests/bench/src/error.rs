//! What can go wrong in a benchmark. Not here: a figure that is slow; that is no error.

use std::path::{Path, PathBuf};

use answerable_ledger::error::StoreError;
use answerable_verifier::fault::Fault;

#[derive(Debug, thiserror::Error)]
pub enum BenchError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    /// The generator said something that the ledger does not take: a bug of the generator.
    #[error("the generated ledger was refused: {0}")]
    Refused(#[from] Fault),
    #[error("the generator: {0}")]
    Story(String),
    #[error("the ledger: {0}")]
    Store(#[from] StoreError),
    /// A program that is measured did not do what it was asked to.
    #[error("{0}")]
    Failed(String),
}

impl BenchError {
    pub fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        move |source| Self::Io { path: path.to_owned(), source }
    }
}
