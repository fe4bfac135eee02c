//! What can go wrong with a store, and what it has to tell although nothing went wrong.
//! Not here: verdicts on records (`answerable_verifier::fault`).

use std::path::PathBuf;

use answerable_schemas::history::HistoryError;
use answerable_verifier::encoding::Hash;
use answerable_verifier::exported::ReadError;
use answerable_verifier::fault::Fault;

/// A store that cannot go on. Each has a stable code.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{}: {source}", path.display())]
    Io { path: PathBuf, source: std::io::Error },
    #[error("{} is not a ledger: {why}", path.display())]
    NotALedger { path: PathBuf, why: String },
    #[error("another process is writing to {}", .0.display())]
    Locked(PathBuf),
    #[error("the log is damaged at record {seq}: {why}")]
    LogDamaged { seq: u64, why: String },
    #[error("the log has {found} records, its checkpoint at least {expected}: it was rolled back or cut")]
    RolledBack { expected: u64, found: u64 },
    /// What is derived disagrees with the log: throw it away, rebuild, and ask again.
    #[error("the index disagrees with the log: {0}")]
    Derived(String),
    #[error("the checkpoint cannot be trusted: {0}")]
    Checkpoint(String),
    #[error("none of the log keys that must sign is at hand: {0}")]
    NoLogKey(String),
    #[error("the clock says {now}, more than {days} days after the last record ({last})")]
    ClockJump { now: String, last: String, days: u32 },
    #[error("a write failed before; nothing more is written until the ledger is opened anew")]
    Poisoned,
    #[error("{} exists already", .0.display())]
    Exists(PathBuf),
    #[error("{} was not published from this ledger: {why}", path.display())]
    NotPublished { path: PathBuf, why: String },
    #[error(
        "the folder was published with {published} records, and this ledger has {ledger}: the ledger was rolled back, or \
         the folder is not its own"
    )]
    PublishedAhead { published: u64, ledger: u64 },
    #[error(
        "two histories of {size} records: what was published has the root {}, this ledger {}",
        published.to_base64(), ledger.to_base64()
    )]
    PublishedFork { size: u64, published: Hash, ledger: Hash },
    #[error("the cosignature of {witness} is not kept: {why}")]
    Cosignature { witness: String, why: String },
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl StoreError {
    pub fn code(&self) -> &str {
        match self {
            StoreError::Io { .. } => "store.io",
            StoreError::NotALedger { .. } => "store.not_a_ledger",
            StoreError::Locked(_) => "store.locked",
            StoreError::LogDamaged { .. } => "store.log_damaged",
            StoreError::RolledBack { .. } => "tree.rolled_back",
            StoreError::Derived(_) => "store.index_stale",
            StoreError::Checkpoint(_) => "store.checkpoint",
            StoreError::NoLogKey(_) => "store.no_log_key",
            StoreError::ClockJump { .. } => "store.clock_jump",
            StoreError::Poisoned => "store.poisoned",
            StoreError::Exists(_) => "store.exists",
            StoreError::NotPublished { .. } => "publish.not_ours",
            StoreError::PublishedAhead { .. } => "tree.rolled_back",
            StoreError::PublishedFork { .. } => "tree.forked",
            StoreError::Cosignature { .. } => "cosign.not_kept",
            StoreError::Fault(f) => &f.code,
        }
    }

    pub fn hint(&self) -> String {
        match self {
            StoreError::Io { .. } => "check the path, the permissions and the space on the disk".into(),
            StoreError::NotALedger { .. } => "name a ledger with --ledger DIR, or found one: answerable init".into(),
            StoreError::Locked(_) => "wait until it is done; readers are never blocked".into(),
            StoreError::LogDamaged { .. } => "restore the log from a backup or an export; nothing was changed".into(),
            StoreError::RolledBack { .. } => "restore the newest log; never continue from an older one".into(),
            StoreError::Derived(_) => "delete the folder index/ and run the command again".into(),
            StoreError::Checkpoint(_) => "restore the file checkpoint from a backup; it cannot be made anew".into(),
            StoreError::NoLogKey(_) => "name the folder that holds it with --keys DIR: answerable key list".into(),
            StoreError::ClockJump { .. } => "set the clock right; if it is right, add --accept-clock".into(),
            StoreError::Poisoned => "run the command again".into(),
            StoreError::Exists(_) => "choose another folder".into(),
            StoreError::NotPublished { .. } => "name a new folder, or the one that this ledger was published to".into(),
            StoreError::PublishedAhead { .. } => "restore the newest log; never publish an older one over it".into(),
            StoreError::PublishedFork { .. } => {
                "keep both as they are: somebody went on from an older copy; nothing was changed".into()
            }
            StoreError::Cosignature { .. } => {
                "auditors would find the ledger false by it: compare your clock with the witness's, and ask again"
                    .into()
            }
            StoreError::Fault(f) => f.hint.clone().unwrap_or_else(|| "see docs/CODES.md".into()),
        }
    }
}

impl From<ReadError> for StoreError {
    fn from(e: ReadError) -> Self {
        StoreError::Io { path: e.path, source: e.source }
    }
}

impl From<StoreError> for HistoryError {
    fn from(e: StoreError) -> Self {
        HistoryError { stale: matches!(e, StoreError::Derived(_)), message: e.to_string() }
    }
}

/// Something that a person should be told on stderr.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice(pub String);
