//! What the law asks of recommendations and reviews beyond their steps.
//! Not here: steps (`story`), which answer leads to which state (the declarations).

use super::story::{Ruling, Scene, same_party};
use crate::history::Lookup;
use crate::ids::ActorId;
use crate::stories::recommendations::{Mechanism, RecommendationMade, VisitRequested};
use crate::stories::reviews::UprOutcomeAdopted;

/// The sessions of a cycle of the Universal Periodic Review, first and last; the fourth ends in 2027.
const CYCLES: [(u16, u16); 4] = [(1, 12), (13, 26), (27, 40), (41, 54)];

/// Peers recommend: no state to itself. A session lies in its cycle.
pub fn made(b: &RecommendationMade) -> Lookup<Ruling> {
    if b.from == b.to {
        return Ok(Ruling::broken(
            "law.recommendation.to_itself",
            format!("{} recommends something to itself", b.from),
            "one's own promise is a commitment",
        ));
    }
    match (b.mechanism, b.session, b.cycle) {
        (Mechanism::Upr, Some(session), Some(cycle)) => session_of_cycle(session, cycle),
        _ => Ruling::good(),
    }
}

/// A session lies in its cycle: 1 to 12, 13 to 26, 27 to 40, from 41 on.
pub fn session_of_cycle(session: u16, cycle: u8) -> Lookup<Ruling> {
    let known = CYCLES.get(usize::from(cycle).wrapping_sub(1));
    match known {
        Some((first, last)) if !(*first..=*last).contains(&session) => Ok(Ruling::broken(
            "law.upr.session_of_another_cycle",
            format!("session {session} is not of cycle {cycle}, whose sessions are {first} to {last}"),
            "look at session and cycle",
        )),
        _ => Ruling::good(),
    }
}

pub fn check_cycle(cycle: u8) -> Result<(), String> {
    match (1..=9).contains(&cycle) {
        true => Ok(()),
        false => Err("cycle: 1 to 9".to_owned()),
    }
}

/// The Council adopts an outcome although the state has not answered in writing: shown, and no failure of the Council.
pub fn outcome(b: &UprOutcomeAdopted, scene: &Scene<'_>) -> Lookup<Ruling> {
    match scene.state {
        "report_adopted" => Ok(Ruling::flagged(
            "upr.not_answered",
            format!("{} has not answered the recommendations of cycle {} in writing by {}", b.state, b.cycle, scene.on),
        )),
        _ => Ruling::good(),
    }
}

/// A visit is the mandate holder's who asked for it.
pub fn same_holder(mandate_holder: &ActorId, scene: &Scene<'_>) -> Lookup<Ruling> {
    let asked = scene.last::<VisitRequested>().map(|v| &v.mandate_holder);
    same_party(asked, mandate_holder, "the visit was asked for by")
}
