//! How answers change from day to day, as turns: the last turn by a day is the answer of that day, so who has the turns can
//! ask about any day without the law. What is asked is what the answers themselves ask, on every day on which one may change:
//! the first and the last day of each date that it rests on, and the days that it foresees (a due date passes, a term ends).
//! What merely counts days (how late, how old, how long yet) is left out of turns: it follows from the dates in them.
//! Not here: the answers (`treaty`, `recommendations`, `overdue`, `mandates`, `scorecard`).

mod cards;
mod mandates;
mod owed;
mod recommendations;
mod treaties;

use std::collections::BTreeSet;

use answerable_schemas::history::{History, Lookup};
use answerable_schemas::law::acts::{Act, acts_of, all_standings};
use answerable_schemas::{Standing, StreamName};
use jiff::civil::Date;

pub use cards::{CardCourse, CardCourses, cards};
pub use mandates::{MandateCourse, RequirementCourse, mandates, requirements};
pub use owed::{OwedCourse, owed};
pub use recommendations::{RecommendationCourse, recommendations};
pub use treaties::{StateCourse, TreatyCourse, treaties};

/// What is so from a day on, until the next turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn<T> {
    pub from: Date,
    /// None: nothing (more) is said.
    pub now: Option<T>,
}

/// A turn, if it is one.
fn push<T: PartialEq>(turns: &mut Vec<Turn<T>>, from: Date, now: Option<T>) {
    if turns.last().map_or(&None, |t| &t.now) != &now {
        turns.push(Turn { from, now });
    }
}

/// What is so on a day.
pub fn now<T>(turns: &[Turn<T>], day: Date) -> Option<&T> {
    turns[..turns.partition_point(|t| t.from <= day)].last()?.now.as_ref()
}

/// Asks on each of these days, and on those after it that an answer foresees, up to a last one.
fn turns<T: PartialEq>(
    mut days: BTreeSet<Date>,
    until: Date,
    mut ask: impl FnMut(Date) -> Lookup<(Option<T>, Vec<Date>)>,
) -> Lookup<Vec<Turn<T>>> {
    let mut turns = Vec::new();
    while let Some(day) = days.pop_first().filter(|day| *day <= until) {
        let (now, foreseen) = ask(day)?;
        days.extend(foreseen.into_iter().filter(|later| *later > day));
        push(&mut turns, day, now);
    }
    Ok(turns)
}

/// The days on which the acts of a stream count as done, whoever's word they are: a story's view changes on no other.
fn days_of(history: &dyn History, stream: &StreamName) -> Lookup<BTreeSet<Date>> {
    Ok(acts_in(history, stream)?.iter().map(|act| act.effective.last_day()).collect())
}

/// All acts of a stream, as each standing has them.
fn acts_in(history: &dyn History, stream: &StreamName) -> Lookup<Vec<Act>> {
    let facts = history.stream(stream)?;
    let first = facts.first().map(|f| f.standing);
    let mut acts = all_standings(&facts);
    // A correction is of its own standing: only where there are several, each is folded alone.
    if facts.iter().any(|f| Some(f.standing) != first) {
        acts.extend(Standing::ALL.into_iter().flat_map(|standing| acts_of(&facts, standing)));
    }
    Ok(acts)
}
