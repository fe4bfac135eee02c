//! Lawfulness: whether an event may stand after those before it, and which flags it carries or causes.
//!
//! `judge` is the one entry: admission asks it for the next event, a verifier for every record of an export.
//! An event is judged in its place, by (effective, seq), among the records with lower seq and of its own standing.
//! Not here: signatures and the right to speak (the verifier's `authority`); storage.

pub mod actors;
pub mod acts;
pub mod entry;
pub mod participation;
mod reservations;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::Serialize;

use crate::catalogue::Body;
use crate::envelope::Standing;
use crate::governance::keys_stream;
use crate::history::{Fact, History, Lookup};
use acts::acts_of;

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

/// Judges `fact` after `history`, which holds exactly the records with lower seq.
/// The inner result is the verdict: the flags that it carries or causes, or the rule that it breaks.
pub fn judge(history: &dyn History, fact: &Arc<Fact>) -> Lookup<Result<Vec<Flag>, Violation>> {
    if let Some(subject) = fact.body.subject()
        && let Err(v) = actors::alive(history, subject, &fact.effective)?
    {
        return Ok(Err(v));
    }
    let before = history.stream(&fact.stream)?;
    if let Some(change) = fact.body.correction()
        && let Err(v) = acts::check_correction(&before, fact, &change)
    {
        return Ok(Err(v));
    }
    let mut after = before.clone();
    after.push(fact.clone());
    // A corrected act, too, needs an actor that existed on its new date.
    let corrected = fact
        .body
        .correction()
        .and_then(|change| acts_of(&after, fact.standing).into_iter().find(|act| act.fact.id == change.target));
    if let Some(act) = corrected
        && let Some(subject) = act.body.subject()
        && let Err(v) = actors::alive(history, subject, &act.effective)?
    {
        return Ok(Err(v));
    }
    let was = fold(history, &before, fact)?;
    let is = fold(history, &after, fact)?;
    Ok(compare(fact, &was, is))
}

/// Every flag of a stream, all standings, as known now: rules that stand broken, and the backfills that broke them.
pub fn flags_of(history: &dyn History, facts: &[Arc<Fact>]) -> Lookup<Vec<Flag>> {
    let mut all = Vec::new();
    let mut as_known_now: BTreeMap<Standing, Findings> = BTreeMap::new();
    for (i, fact) in facts.iter().enumerate() {
        let was = fold(history, &facts[..i], fact)?;
        let is = fold(history, &facts[..=i], fact)?;
        let last = match as_known_now.entry(fact.standing) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(fold(history, facts, fact)?),
        };
        let stands = |f: &Flag| {
            f.code == BACKFILL
                || last.flags.contains(f)
                || last.violations.iter().any(|(seq, v)| *seq == f.seq && v.code == f.code)
        };
        let mut found = match compare(fact, &was, is) {
            Ok(flags) => flags,
            Err(v) => vec![Flag { seq: fact.seq, code: v.code, message: v.message }],
        };
        let caused_stands = found.iter().any(|f| f.seq != fact.seq && stands(f));
        found.retain(|f| if f.code == BACKFILL { caused_stands } else { stands(f) });
        all.append(&mut found);
        all.extend(compromised(history, fact)?);
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The flag on a record signed by a key that was later revoked as compromised from an earlier position on.
pub const COMPROMISED: &str = "key.compromised";

fn compromised(history: &dyn History, fact: &Fact) -> Lookup<Option<Flag>> {
    for signer in &fact.signers {
        for later in history.stream(&keys_stream(&signer.actor()))?.iter().filter(|f| f.seq > fact.seq) {
            if let Body::KeyRevoked(r) = &later.body
                && r.key == *signer
                && r.compromised_from_seq.is_some_and(|from| from <= fact.seq)
            {
                let message = format!("{signer} was compromised by then, says record {}", later.seq);
                return Ok(Some(Flag { seq: fact.seq, code: COMPROMISED, message }));
            }
        }
    }
    Ok(None)
}

/// What the arrival of `fact` changed.
fn compare(fact: &Fact, was: &Findings, is: Findings) -> Result<Vec<Flag>, Violation> {
    let mut flags: Vec<Flag> = is.flags.into_iter().filter(|f| !was.flags.contains(f)).collect();
    for (seq, v) in is.violations {
        let known = was.violations.iter().any(|(s, w)| *s == seq && w.code == v.code);
        if known {
            continue;
        }
        // A corrected act is reported under the seq of its newest correction, which so answers for it.
        if seq == fact.seq && !(v.gap && fact.standing == Standing::Transcribed) {
            return Err(v);
        }
        if seq != fact.seq {
            let message = format!("with this act, record {seq} is no longer lawful: {}", v.message);
            flags.push(Flag { seq: fact.seq, code: BACKFILL, message });
        }
        flags.push(Flag { seq, code: v.code, message: v.message });
    }
    Ok(flags)
}

/// Folds the acts of `fact`'s standing in its stream by the machine of that stream.
fn fold(history: &dyn History, facts: &[Arc<Fact>], fact: &Fact) -> Lookup<Findings> {
    let mut parts = fact.stream.as_str().split(':');
    Ok(match (parts.next(), parts.count()) {
        (Some("treaty"), 1) => actors::fold_treaty_registration(history, &acts::all_standings(facts))?,
        (Some("treaty"), _) => participation::fold(history, &acts_of(facts, fact.standing))?.1,
        (Some("actor"), _) => actors::fold(history, &acts::all_standings(facts))?,
        _ => Findings::default(),
    })
}

/// True for the streams whose events can be corrected; keys, roles and the founding are changed by their own events.
pub(crate) fn correctable(body: &Body) -> bool {
    let family = body.kind().split('.').next();
    body.correction().is_none() && matches!(family, Some("treaty" | "actor" | "state"))
}
