//! Lawfulness: whether an event may stand after those before it, and which flags it carries or causes.
//!
//! `judge` is the one entry: admission asks it for the next event, a verifier for every record of an export.
//! An event is judged in its place, by (effective, seq), among the records with lower seq and of its own standing.
//! Not here: signatures and the right to speak (the verifier's `authority`); storage.

pub mod actors;
pub mod acts;
pub mod commitments;
pub mod entry;
pub mod gatherings;
pub mod keys;
pub mod mandates;
pub mod national;
pub mod participation;
pub mod recommendations;
pub mod replies;
pub mod reports;
mod reservations;
pub mod ripple;
pub mod story;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::Serialize;

use crate::catalogue::Body;
use crate::envelope::Standing;
use crate::history::{Fact, History, Lookup};
use crate::ids::StreamName;
use acts::acts_of;
use keys::Tainted;

/// A rule that an act breaks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{code}: {message}")]
pub struct Violation {
    /// Stable, such as `law.treaty.not_signed`.
    pub code: &'static str,
    pub message: String,
    /// What to do about it.
    pub hint: String,
    /// True where the rule asks for an earlier act. A transcription may lack it because the public table does:
    /// it comes in, flagged with this code.
    pub gap: bool,
}

/// Something that an answer must show beside a record, and that is no failure.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Flag {
    /// The record that carries it.
    pub seq: u64,
    pub code: &'static str,
    pub message: String,
}

pub(crate) fn violation(code: &'static str, message: String, hint: impl Into<String>) -> Violation {
    Violation { code, message, hint: hint.into(), gap: false }
}

pub(crate) fn gap(code: &'static str, message: String, hint: impl Into<String>) -> Violation {
    Violation { code, message, hint: hint.into(), gap: true }
}

/// What folding a stream found: the rules broken and the flags raised, each with the seq of its record.
#[derive(Debug, Default, Clone)]
pub struct Findings {
    pub violations: Vec<(u64, Violation)>,
    pub flags: Vec<Flag>,
}

/// The flag on an act that makes an already recorded, later act unlawful.
pub const BACKFILL: &str = "law.backfill";

/// As many events may one actor put into one stream. It bounds what judging a stream can cost, and as each actor has its
/// own count, nobody can fill another's stream up.
pub const STREAM_MAX: usize = 1024;

/// Judges `fact` after `history`, which holds exactly the records with lower seq.
/// The inner result is the verdict: the flags that it carries or causes, or the rule that it breaks.
pub fn judge(history: &dyn History, fact: &Arc<Fact>) -> Lookup<Result<Vec<Flag>, Violation>> {
    let before = history.stream(&fact.stream)?;
    if before.iter().filter(|f| f.actor == fact.actor).count() >= STREAM_MAX {
        return Ok(Err(violation(
            "law.stream_full",
            format!("{} has put {STREAM_MAX} events into {}", fact.actor, fact.stream),
            "no story needs more; if this one does, the ledger's rules must change",
        )));
    }
    if let Some(change) = fact.body.correction()
        && let Err(v) = acts::check_correction(&before, fact, &change)
    {
        return Ok(Err(v));
    }
    if let Some(reply) = fact.body.reply()
        && let Err(v) = replies::check(&before, fact, &reply)
    {
        return Ok(Err(v));
    }
    if let Body::AttachmentErased(erasure) = &fact.body
        && let Err(v) = replies::check_erasure(history, &before, erasure)?
    {
        return Ok(Err(v));
    }
    let (known, mut facts) = (before.len(), before);
    facts.push(fact.clone());
    let is = fold(history, &facts, fact.standing, &fact.stream)?;
    let was = || fold(history, &facts[..known], fact.standing, &fact.stream);
    Ok(match compare(fact, was, is)? {
        Ok(mut flags) => {
            flags.extend(ripple::flags(history, fact)?);
            Ok(flags)
        }
        broken => broken,
    })
}

/// Every flag of a stream, all standings, as known now: rules that stand broken, and the backfills that broke them.
pub fn flags_of(history: &dyn History, facts: &[Arc<Fact>], tainted: &Tainted) -> Lookup<Vec<Flag>> {
    let mut all = Vec::new();
    let mut as_known_now: BTreeMap<Standing, Findings> = BTreeMap::new();
    for (i, fact) in facts.iter().enumerate() {
        let was = || fold(history, &facts[..i], fact.standing, &fact.stream);
        let is = fold(history, &facts[..=i], fact.standing, &fact.stream)?;
        let last = match as_known_now.entry(fact.standing) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(fold(history, facts, fact.standing, &fact.stream)?),
        };
        let stands = |f: &Flag| {
            f.code == BACKFILL
                || last.flags.contains(f)
                || last.violations.iter().any(|(seq, v)| *seq == f.seq && v.code == f.code)
        };
        let mut found = match compare(fact, was, is)? {
            Ok(flags) => flags,
            Err(v) => vec![Flag { seq: fact.seq, code: v.code, message: v.message }],
        };
        let caused_stands = found.iter().any(|f| f.seq != fact.seq && stands(f));
        found.retain(|f| if f.code == BACKFILL { caused_stands } else { stands(f) });
        all.append(&mut found);
        all.extend(tainted.flag(fact.seq, &fact.signers));
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// What the arrival of `fact` changed. Where nothing is found, nobody needs to know what was.
fn compare(fact: &Fact, was: impl FnOnce() -> Lookup<Findings>, is: Findings) -> Lookup<Result<Vec<Flag>, Violation>> {
    if is.violations.is_empty() && is.flags.is_empty() {
        return Ok(Ok(Vec::new()));
    }
    let was = was()?;
    let mut flags: Vec<Flag> = is.flags.into_iter().filter(|f| !was.flags.contains(f)).collect();
    for (seq, v) in is.violations {
        let known = was.violations.iter().any(|(s, w)| *s == seq && w.code == v.code);
        if known {
            continue;
        }
        // A corrected act is reported under the seq of its newest correction, which so answers for it.
        if seq == fact.seq && !(v.gap && fact.standing == Standing::Transcribed) {
            return Ok(Err(v));
        }
        if seq != fact.seq {
            let message = format!("with this act, record {seq} is no longer lawful: {}", v.message);
            flags.push(Flag { seq: fact.seq, code: BACKFILL, message });
        }
        flags.push(Flag { seq, code: v.code, message: v.message });
    }
    Ok(Ok(flags))
}

/// Folds the facts of one stream, those of a standing where each has its own state, by the machine of that stream.
fn fold(history: &dyn History, facts: &[Arc<Fact>], standing: Standing, stream: &StreamName) -> Lookup<Findings> {
    if facts.is_empty() {
        return Ok(Findings::default());
    }
    let mut parts = stream.as_str().split(':');
    Ok(match (parts.next(), parts.count()) {
        (Some("treaty"), 1) => actors::fold_treaty_registration(history, &acts::all_standings(facts))?,
        (Some("treaty"), _) => participation::fold(history, &acts_of(facts, standing))?.1,
        (Some("actor"), _) => actors::fold(history, &acts::all_standings(facts))?,
        (Some("keys" | "roles"), _) => keys::fold(history, facts)?,
        (Some("attachment" | "ledger"), _) => Findings::default(),
        _ => story::findings(history, facts, standing)?,
    })
}

/// True for the streams whose events can be corrected; keys, roles and the founding are changed by their own events.
pub(crate) fn correctable(body: &Body) -> bool {
    let family = body.kind().split('.').next();
    matches!(body, Body::Told(_)) || body.target().is_none() && matches!(family, Some("treaty" | "actor" | "state"))
}
