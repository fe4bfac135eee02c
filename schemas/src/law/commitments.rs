//! What the law asks of commitments beyond their steps: changes that are what they say, and assessments by others alone.
//! Not here: what the maker and its assessors say (answers show both, side by side).

use super::story::{Ruling, Scene};
use crate::history::Lookup;
use crate::ids::ActorId;
use crate::stories::commitments::*;

/// Nobody assesses, or helps, itself.
pub fn not_itself(author: &ActorId, about: &ActorId) -> Lookup<Ruling> {
    match author == about {
        false => Ruling::good(),
        true => Ok(Ruling::broken(
            "law.assessment.of_itself",
            format!("{author} speaks about itself"),
            "one's own word on oneself has its own types: progress, follow-up, self-assessment",
        )),
    }
}

/// A change is what it says: a deferral moves the due date on, a merger or split names what comes of it.
pub fn revised(b: &CommitmentRevised, scene: &Scene<'_>) -> Lookup<Ruling> {
    let due =
        scene.last::<CommitmentRevised>().and_then(|r| r.due).or(scene.last::<CommitmentMade>().and_then(|m| m.due));
    let problem = match b.change {
        Change::Merged | Change::Split if b.into.as_ref().is_none_or(Vec::is_empty) => {
            Some("a merger or split names the commitments that it leads to (into)".to_owned())
        }
        Change::Deferred => match (b.due, due) {
            (None, _) => Some("a deferral names the new due date".to_owned()),
            (Some(new), Some(old)) if new.last_day() <= old.last_day() => {
                Some(format!("a deferral moves the due date on, and {new} is not after {old}"))
            }
            _ => None,
        },
        _ => None,
    };
    Ok(problem.map_or_else(Ruling::default, |p| {
        Ruling::broken(
            "law.commitment.not_that_change",
            p,
            "say what changed: narrowed, widened, deferred, merged, split",
        )
    }))
}

/// Help is delivered by whoever offered it.
pub fn same_helper(b: &AssistanceDelivered, scene: &Scene<'_>) -> Lookup<Ruling> {
    match scene.last::<AssistanceOffered>() {
        Some(offer) if offer.from != b.from => Ok(Ruling::broken(
            "law.assistance.other_helper",
            format!("{} offered it, not {}", offer.from, b.from),
            "another's help is another story, with an id of its own",
        )),
        _ => Ruling::good(),
    }
}
