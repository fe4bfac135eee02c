//! A failed check, in the one form in which every part of the project reports it.
//! Not here: how it is shown (`report`, and the command line).

use answerable_schemas::law::Violation;
use serde::Serialize;

/// A check that failed: a stable code, where, what was expected and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}{code}: {message}", .seq.map(|s| format!("record {s}: ")).unwrap_or_default())]
pub struct Fault {
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<u64>,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// True where this program cannot judge (an unknown type or rules version): neither verified nor false.
    #[serde(skip)]
    pub unverifiable: bool,
    #[serde(skip)]
    pub stage: Stage,
}

/// The order in which checks are reported: what is broken first breaks the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stage {
    #[default]
    Bytes,
    Chain,
    Tree,
    Checkpoint,
    Signatures,
    Follows,
    Law,
}

impl Fault {
    pub fn new(stage: Stage, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            seq: None,
            message: message.into(),
            expected: None,
            found: None,
            hint: None,
            unverifiable: false,
            stage,
        }
    }
    pub fn at(mut self, seq: u64) -> Self {
        self.seq = Some(seq);
        self
    }
    /// What the check wanted, and what it met.
    pub fn compared(mut self, expected: impl ToString, found: impl ToString) -> Self {
        self.expected = Some(expected.to_string());
        self.found = Some(found.to_string());
        self
    }
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
    pub fn unverifiable(mut self) -> Self {
        self.unverifiable = true;
        self
    }
    pub fn law(v: Violation) -> Self {
        Self::new(Stage::Law, v.code, v.message).hint(v.hint)
    }
}
