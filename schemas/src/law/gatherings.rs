//! What the law asks of memberships and submissions beyond their steps.
//! Not here: steps (`story`).

use super::story::{Ruling, Scene, same_party};
use crate::history::Lookup;
use crate::ids::ActorId;
use crate::stories::gatherings::*;

/// A term ends no sooner than it begins, and begins when the one before is over.
pub fn term(b: &MembershipBegan, scene: &Scene<'_>) -> Lookup<Ruling> {
    if b.until.is_some_and(|u| u.last_day() < scene.on.first_day()) {
        return Ok(Ruling::broken(
            "law.membership.ends_before",
            format!("a membership from {} cannot end on {}", scene.on, b.until.expect("checked")),
            "look at the two dates",
        ));
    }
    if scene.state != "member" {
        return Ruling::good();
    }
    // Of its own standing: a transcribed table makes no word of the body itself unlawful.
    match scene.before.iter().rev().find_map(|a| a.body.get::<MembershipBegan>()) {
        Some(before) if before.until.is_none_or(|u| u.last_day() >= scene.on.last_day()) => Ok(Ruling::broken(
            "law.membership.overlaps",
            format!("{} is a member of {} already on {}", b.member, b.body, scene.on),
            "end the membership before, or correct its last day",
        )),
        _ => Ruling::good(),
    }
}

/// What comes after the closing date is late.
pub fn submission(b: &SubmissionReceived, scene: &Scene<'_>) -> Lookup<Ruling> {
    match scene.last::<SubmissionsCalled>() {
        Some(call) if scene.on.first_day() > call.closes.last_day() => Ok(Ruling::flagged(
            "submission.late",
            format!("the submission of {} came on {}, after {}", b.from, scene.on, call.closes),
        )),
        _ => Ruling::good(),
    }
}

/// Only whom a warning names as its addressee acknowledges it.
pub fn addressed(by: &ActorId, scene: &Scene<'_>) -> Lookup<Ruling> {
    same_party(scene.last::<WarningIssued>().and_then(|w| w.to.as_ref()), by, "the warning is addressed to")
}
