//! Acts: what a stream's facts say after corrections, in the order of the world.
//! Not here: any rule but those about corrections themselves.

use std::sync::Arc;

use super::{Violation, violation};
use crate::catalogue::{Body, Correction};
use crate::dates::CalendarDate;
use crate::envelope::Standing;
use crate::history::Fact;
use crate::ids::TypeName;

/// A fact as it stands corrected.
#[derive(Debug, Clone)]
pub struct Act {
    pub fact: Arc<Fact>,
    pub effective: CalendarDate,
    pub body: Body,
    /// The corrections of it, ascending: one may still say its date, another its body.
    pub corrections: Vec<u64>,
}

impl Act {
    pub fn seq(&self) -> u64 {
        self.fact.seq
    }
    /// The record that answers for what it says now: its newest correction, or itself.
    pub fn stated_by(&self) -> u64 {
        self.corrections.last().copied().unwrap_or(self.fact.seq)
    }
    /// The records that this act rests on.
    pub fn records(&self) -> impl Iterator<Item = u64> {
        std::iter::once(self.fact.seq).chain(self.corrections.iter().copied())
    }
}

/// The acts of one standing, corrected, without those retracted, by (effective, seq). Answers to acts are none.
pub fn acts_of(facts: &[Arc<Fact>], standing: Standing) -> Vec<Act> {
    collect(facts.iter().filter(|f| f.standing == standing))
}

/// For registers, where one register serves all standings.
pub fn all_standings(facts: &[Arc<Fact>]) -> Vec<Act> {
    collect(facts.iter())
}

fn collect<'a>(facts: impl Iterator<Item = &'a Arc<Fact>>) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    for fact in facts {
        if fact.body.reply().is_some() {
            continue;
        }
        let Some(change) = fact.body.correction() else {
            let (effective, body) = (fact.effective, fact.body.clone());
            acts.push(Act { fact: fact.clone(), effective, body, corrections: Vec::new() });
            continue;
        };
        let Some(at) = acts.iter().position(|a| a.fact.id == change.target) else { continue };
        if change.retracted {
            acts.remove(at);
            continue;
        }
        let act = &mut acts[at];
        act.corrections.push(fact.seq);
        if let Some(date) = change.date {
            act.effective = date;
        }
        if let Some(body) = replaced(&act.body, &change) {
            act.body = body;
        }
    }
    acts.sort_by_key(|a| (a.effective.last_day(), a.fact.seq));
    acts
}

fn replaced(old: &Body, change: &Correction<'_>) -> Option<Body> {
    let kind = TypeName::new(old.kind()).expect("kinds of the catalogue are type names");
    Body::parse(&kind, old.v(), change.replacement?).ok()
}

/// The rules of correcting: the target is an earlier event of this stream and standing, by the same author (or the
/// treaty's depositary says so), and the new body is of the same type and story.
pub(super) fn check_correction(before: &[Arc<Fact>], fact: &Fact, change: &Correction<'_>) -> Result<(), Violation> {
    let Some(target) = before.iter().find(|f| f.id == change.target) else {
        return Err(violation(
            "law.correction.unknown_target",
            format!("no earlier event {} in the stream {}", change.target, fact.stream),
            "name the event id of a record in this stream: answerable history STREAM",
        ));
    };
    if !super::correctable(&target.body) {
        return Err(violation(
            "law.correction.not_correctable",
            format!("record {} is a {}, which no correction can change", target.seq, target.body.kind()),
            "correct the original event; keys and roles are changed by their own events",
        ));
    }
    let depositary = matches!(fact.body, Body::DepositaryCorrected(_)) && fact.standing == Standing::Depositary;
    if target.standing != fact.standing || (target.actor != fact.actor && !depositary) {
        return Err(violation(
            "law.correction.not_yours",
            format!("record {} is {} by {}", target.seq, target.standing, target.actor),
            "only its author can correct a statement, with the same standing; others may dispute it",
        ));
    }
    let retracts = |f: &Arc<Fact>| f.body.correction().is_some_and(|c| c.retracted && c.target == target.id);
    if before.iter().any(retracts) {
        return Err(violation(
            "law.correction.retracted",
            format!("record {} was retracted: there is nothing left to correct", target.seq),
            "state the act anew",
        ));
    }
    if change.replacement.is_some() {
        match replaced(&target.body, change) {
            Some(body) if body.stream() == fact.stream => {}
            _ => {
                return Err(violation(
                    "law.correction.type_differs",
                    format!("the replacement is not a {} of the stream {}", target.body.kind(), fact.stream),
                    "give the whole body, of the same type and about the same story; else retract and state anew",
                ));
            }
        }
    }
    let act = collect(before.iter()).into_iter().find(|a| a.fact.id == target.id);
    let changes = act.is_none_or(|act| {
        change.retracted
            || change.date.is_some_and(|date| date != act.effective)
            || change.replacement.is_some_and(|new| *new != act.body.to_map())
    });
    if !changes {
        return Err(violation(
            "law.correction.empty",
            format!("nothing of what record {} says is changed", target.seq),
            "give another date or body, or retract it",
        ));
    }
    Ok(())
}
