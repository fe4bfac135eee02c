//! Whether a witness cosigns: a decision on what it last cosigned, the request, and the keys that it trusts. Pure.
//! Not here: keeping the decision (`witness`), which must come before anything is signed.

use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::merkle::{empty_root, verify_consistency};
use answerable_verifier::note::{Note, VerifierKey};

use crate::request::AddCheckpoint;

/// What the witness last cosigned of one log: the log's signed note, and the time that was stated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigned {
    pub checkpoint: Checkpoint,
    pub note: Note,
    /// Seconds since the epoch.
    pub time: u64,
}

/// Why it does not cosign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the request cannot be read: {0}")]
    Malformed(String),
    #[error("this witness does not know the log {0}")]
    UnknownLog(String),
    #[error("no trusted key of the log signed the checkpoint: {0}")]
    NotSigned(String),
    #[error("this witness last cosigned {size} records, not {old}")]
    OtherSize { old: u64, size: u64 },
    #[error("this witness cosigned another tree of {size} records: the log shows two histories")]
    Forked { size: u64 },
    #[error("the tree is not shown to extend the one of {size} records that this witness cosigned: {why}")]
    Inconsistent { size: u64, why: String },
    #[error("the witness's clock says {now}, and it cosigned this log at {last} already")]
    ClockBehind { now: u64, last: u64 },
}

impl Refusal {
    /// The status of c2sp.org/tlog-witness, "add-checkpoint". A clock that went back is no fault of the sender.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) => 400,
            Refusal::NotSigned(_) => 403,
            Refusal::UnknownLog(_) => 404,
            Refusal::OtherSize { .. } | Refusal::Forked { .. } => 409,
            Refusal::Inconsistent { .. } => 422,
            Refusal::ClockBehind { .. } => 503,
        }
    }

    /// The stable code (docs/CODES.md).
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Malformed(_) => "witness.request_malformed",
            Refusal::NotSigned(_) => "witness.not_signed_by_log",
            Refusal::UnknownLog(_) => "witness.unknown_log",
            Refusal::OtherSize { .. } => "witness.other_size",
            Refusal::Forked { .. } => "witness.forked",
            Refusal::Inconsistent { .. } => "witness.inconsistent",
            Refusal::ClockBehind { .. } => "witness.clock_behind",
        }
    }
}

/// The log's signature, judged before anything is looked up.
pub fn check_signature(request: &AddCheckpoint, keys: &[VerifierKey]) -> Result<(), Refusal> {
    request.note.verify(keys).map(|_| ()).map_err(|e| Refusal::NotSigned(e.to_string()))
}

/// Decides on a request whose signature is good; answers what is cosigned next. `last` is None where the witness never
/// cosigned this log; `now` is in seconds since the epoch.
pub fn decide(last: Option<&Cosigned>, request: &AddCheckpoint, now: u64) -> Result<Cosigned, Refusal> {
    let (size, root) = last.map_or((0, empty_root()), |l| (l.checkpoint.size, l.checkpoint.root));
    let AddCheckpoint { old, proof, checkpoint, note } = request;
    if *old != size {
        return Err(Refusal::OtherSize { old: *old, size });
    }
    if checkpoint.size == size && checkpoint.root != root {
        return Err(Refusal::Forked { size });
    }
    verify_consistency(size, &root, checkpoint.size, &checkpoint.root, proof)
        .map_err(|e| Refusal::Inconsistent { size, why: e.to_string() })?;
    let before = last.map_or(0, |l| l.time);
    if now < before {
        return Err(Refusal::ClockBehind { now, last: before });
    }
    Ok(Cosigned { checkpoint: checkpoint.clone(), note: note.clone(), time: now })
}

/// Two trees of one size: with both signatures, the proof that the log forked.
pub fn contradict(one: &Checkpoint, other: &Checkpoint) -> bool {
    one.size == other.size && one.root != other.root
}
