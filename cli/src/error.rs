//! One kind of error for the command line: what happened, what to do, and the exit code. Printed once, by `main`.
//! Not here: verdicts on exports, which are answers.

use answerable_ledger::StoreError;
use answerable_schemas::history::HistoryError;
use answerable_verifier::exported::ReadError;
use answerable_verifier::fault::Fault;
use answerable_verifier::pin::PinError;
use answerable_verifier::policy::PolicyError;
use answerable_verifier::since::KeptError;

/// Checked, and false.
pub const FALSE: u8 = 1;
/// The call was wrong.
pub const USAGE: u8 = 2;
/// Cannot be judged.
pub const UNVERIFIABLE: u8 = 3;
/// The environment: I/O, lock.
pub const ENVIRONMENT: u8 = 4;
/// A bug.
pub const BUG: u8 = 70;

#[derive(Debug, thiserror::Error)]
#[error("{code}: {message}")]
pub struct CliError {
    pub code: String,
    pub message: String,
    pub hint: String,
    pub exit: u8,
}

impl CliError {
    pub fn usage(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), hint: hint.into(), exit: USAGE }
    }
    pub fn environment(code: &str, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), hint: hint.into(), exit: ENVIRONMENT }
    }
    pub fn io(what: &std::path::Path, e: std::io::Error) -> Self {
        Self::environment("file.io", format!("{}: {e}", what.display()), "check the path and the permissions")
    }
    pub fn is_stale_index(&self) -> bool {
        self.code == "store.index_stale"
    }
}

impl From<StoreError> for CliError {
    fn from(e: StoreError) -> Self {
        let exit = match &e {
            StoreError::LogDamaged { .. }
            | StoreError::RolledBack { .. }
            | StoreError::Checkpoint(_)
            | StoreError::PublishedAhead { .. }
            | StoreError::PublishedFork { .. }
            | StoreError::Cosignature { .. } => FALSE,
            StoreError::NotALedger { .. }
            | StoreError::Exists(_)
            | StoreError::NoLogKey(_)
            | StoreError::NotPublished { .. } => USAGE,
            StoreError::Fault(f) if f.unverifiable => UNVERIFIABLE,
            StoreError::Fault(_) => FALSE,
            StoreError::Io { .. }
            | StoreError::Locked(_)
            | StoreError::Derived(_)
            | StoreError::ClockJump { .. }
            | StoreError::Poisoned => ENVIRONMENT,
        };
        Self { code: e.code().to_owned(), hint: e.hint(), message: e.to_string(), exit }
    }
}

impl From<HistoryError> for CliError {
    fn from(e: HistoryError) -> Self {
        let code = if e.stale { "store.index_stale" } else { "past.unreadable" };
        Self::environment(code, e.message, "check the ledger with: answerable export DIR, answerable verify DIR")
    }
}

impl From<Fault> for CliError {
    fn from(f: Fault) -> Self {
        let compared = match (&f.expected, &f.found) {
            (Some(e), Some(x)) => format!(" (expected {e}, found {x})"),
            _ => String::new(),
        };
        Self {
            message: format!("{}{compared}", f.message),
            hint: f.hint.clone().unwrap_or_else(|| "what the code means: docs/CODES.md".into()),
            exit: if f.unverifiable { UNVERIFIABLE } else { FALSE },
            code: f.code,
        }
    }
}

impl From<ReadError> for CliError {
    fn from(e: ReadError) -> Self {
        Self::environment("export.unreadable", e.to_string(), "name the folder of an export: answerable verify EXPORT")
    }
}

impl From<KeptError> for CliError {
    fn from(e: KeptError) -> Self {
        let exit = if matches!(e, KeptError::Unreadable(_)) { ENVIRONMENT } else { USAGE };
        Self { code: e.code().into(), hint: e.hint().into(), message: e.to_string(), exit }
    }
}

impl From<PolicyError> for CliError {
    fn from(e: PolicyError) -> Self {
        let exit = if matches!(e, PolicyError::Unreadable(_)) { ENVIRONMENT } else { USAGE };
        Self { code: e.code().into(), hint: e.hint().into(), message: e.to_string(), exit }
    }
}

impl From<PinError> for CliError {
    fn from(e: PinError) -> Self {
        let exit = if matches!(e, PinError::Unreadable(_)) { ENVIRONMENT } else { USAGE };
        Self { code: e.code().into(), hint: e.hint().into(), message: e.to_string(), exit }
    }
}
