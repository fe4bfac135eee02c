//! The five steps that the Secretary-General's report asks of states (A/71/1016, part VI): where a state stands on each,
//! cell by cell, each with the records that it opens to. What a state says of itself and what others find are separate
//! cells: neither changes the other.
//! Not here: how single cells are computed (`cells`, `home`).

mod cells;
mod home;

use std::sync::Arc;

use answerable_schemas::governance::{ActorKind, actor_stream};
use answerable_schemas::history::{History, Lookup};
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::actors;
use answerable_schemas::{ActorId, CalendarDate};
use jiff::civil::Date;
use serde::Serialize;

use super::members::{Member, UNITED_NATIONS, members};
use super::question::{Basis, Question, Story, days_between};
use super::treaty::{self, Row, TreatyStatus};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Scorecards {
    pub schema: &'static str,
    pub as_of: String,
    pub known_size: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Group>,
    pub states: Vec<Scorecard>,
    /// For each step, of how many of the states it is so.
    pub met: [usize; 5],
    /// How many treaties are registered: of none, step 2 asks nothing.
    #[serde(skip)]
    pub treaties: usize,
    pub notes: Vec<String>,
}

/// Of whom the states are members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    pub body: ActorId,
    /// All members by recorded membership, whatever they are.
    pub members: usize,
    /// Those of them that are states.
    pub states: usize,
    pub records: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scorecard {
    pub state: ActorId,
    pub name: String,
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    /// 1 to 5.
    pub step: u8,
    pub title: &'static str,
    /// In a few characters.
    pub short: String,
    /// What `MET` says of this step.
    pub met: bool,
    pub cells: Vec<Cell>,
}

/// One thing asked of a state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cell {
    /// Stable: `treaty:rome-statute`, `criminalisation:genocide`.
    pub cell: String,
    pub value: String,
    /// Set where the value holds an age, which grows from day to day.
    #[serde(skip)]
    pub age: Option<Age>,
    #[serde(flatten)]
    pub basis: Basis,
}

/// An age in days within a value, and what stands before and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Age {
    pub before: String,
    pub since: Date,
    pub after: String,
}

pub const TITLES: [&str; 5] = [
    "focal point",
    "treaties and assistance to victims",
    "invitations and recommendations",
    "risk assessment and resilience",
    "accountability at home",
];

/// When a step counts as met, for "n of m".
pub const MET: [&str; 5] = [
    "a focal point in office",
    "every registered treaty in force",
    "a standing invitation in force",
    "a self-assessment published",
    "all four crimes criminalised, by their own word",
];

/// The step whose `MET` speaks of treaties, by its place; and the one that hears of cases.
pub(super) const TREATIES: usize = 1;
pub(super) const AT_HOME: usize = 4;

impl Scorecards {
    /// Each step that asks anything, by its place: when it counts as met, and of how many states it is so.
    pub fn asked(&self) -> impl Iterator<Item = (usize, &'static str, usize)> {
        let asked = |(step, ..): &(usize, &str, usize)| *step != TREATIES || self.treaties > 0;
        MET.iter().zip(self.met).enumerate().map(|(step, (what, n))| (step, *what, n)).filter(asked)
    }
    /// `1 of 10: a focal point in office`, for each step that asks anything.
    pub fn met_in_words(&self) -> Vec<String> {
        self.asked().map(|(_, what, n)| format!("{n} of {}: {what}", self.states.len())).collect()
    }
}

impl Cell {
    fn new(cell: impl Into<String>, value: impl Into<String>, basis: Basis) -> Self {
        Self { cell: cell.into(), value: value.into(), age: None, basis }
    }
    /// What holds an age on a day.
    fn aged(cell: impl Into<String>, age: Age, day: Date, basis: Basis) -> Self {
        let value = format!("{}{}{}", age.before, days_between(age.since, day), age.after);
        Self { age: Some(age), ..Self::new(cell, value, basis) }
    }
    /// What nothing is recorded of.
    fn none(cell: impl Into<String>) -> Self {
        Self::new(cell, "none", Basis::default())
    }
}

/// Whose scorecards.
#[derive(Debug, Clone)]
pub enum Whose {
    States(Vec<ActorId>),
    MembersOf(ActorId),
    /// Every registered state that exists on the day.
    All,
}

/// Why there is no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ScorecardError {
    #[error("{0} is not registered as a state")]
    NotAState(ActorId),
    #[error("no membership of {0} is recorded")]
    NoMembership(ActorId),
    #[error(transparent)]
    History(#[from] answerable_schemas::history::HistoryError),
}

/// What a state's steps rest on beside the stories of its own.
pub(super) struct Beside<'a> {
    /// Every registered treaty, and where the state stands towards it; None: no act is recorded by the day.
    pub treaties: Vec<(&'a TreatyId, Option<&'a Row>)>,
    /// Cases, all or those that are about the state.
    pub cases: &'a [Story],
}

/// The kinds of a state's own stories that each step rests on: a day on which nothing happens in any of them, nor in what stands
/// `Beside`, changes the step by its year (debates in parliament) or an age alone.
pub(super) const RESTS_ON: [&[&str]; 5] = [
    &["focal-point"],
    &["commitment"],
    &["invitation", "visit", "recommendation"],
    &["assessment", "independent-assessment", "measure"],
    &["measure", "barrier", "nhri", "parliament"],
];

/// Answers with the scorecards.
pub fn scorecards(q: &Question<'_>, whose: &Whose) -> Result<Scorecards, ScorecardError> {
    let (mut group, mut notes) = (None, Vec::new());
    let names = match whose {
        Whose::States(named) => {
            for state in named {
                if !registered_state(q, state)? {
                    return Err(ScorecardError::NotAState(state.clone()));
                }
                if !actors::lookup(q.history(), state)?.is_some_and(|a| exists(&a, q.as_of)) {
                    notes.push(format!("{state} did not exist on {}", q.as_of));
                }
            }
            named.clone()
        }
        Whose::MembersOf(body) => {
            let all = members(q, body)?.ok_or_else(|| ScorecardError::NoMembership(body.clone()))?;
            let basis = Basis::all(all.iter().map(|m| m.basis.clone()));
            let mut states = Vec::new();
            for m in &all {
                if registered_state(q, &m.member)? {
                    states.push(m.member.clone());
                }
            }
            group =
                Some(Group { body: body.clone(), members: all.len(), states: states.len(), records: basis.records });
            states
        }
        Whose::All => {
            let un = ActorId::new(UNITED_NATIONS).expect("an actor id");
            let states = states_on(q.history(), q.as_of)?;
            let members = members(q, &un)?;
            let shown = |all: Vec<Member>| (all.iter().filter(|m| states.contains(&m.member)).count(), all.len());
            notes.push(about_members(members.map(shown)));
            states
        }
    };
    let treaties = treaties(q)?;
    notes.extend(about_treaties(treaties.len(), treaties.iter().filter(|t| t.states.is_empty()).count()));
    let cases = q.stories(CASES)?;
    let mut states = Vec::new();
    for state in names {
        let stands = treaties.iter().map(|t| (&t.treaty, t.states.iter().find(|r| r.actor == state)));
        let beside = Beside { treaties: stands.collect(), cases: &cases };
        let steps = (0..RESTS_ON.len()).map(|at| step(q, at, &state, &beside)).collect::<Lookup<_>>()?;
        states.push(Scorecard { name: q.name(&state)?, steps, state });
    }
    let met = std::array::from_fn(|i| states.iter().filter(|s| s.steps[i].met).count());
    Ok(Scorecards {
        schema: "answerable.scorecard/v1",
        as_of: q.as_of.to_string(),
        known_size: q.known_size.to_string(),
        group,
        states,
        met,
        treaties: treaties.len(),
        notes,
    })
}

/// The stories of cases.
pub(super) const CASES: &str = "case:";

/// How many members of the United Nations are shown, of how many; None: no membership is recorded.
pub(super) fn about_members(shown: Option<(usize, usize)>) -> String {
    match shown {
        Some((shown, all)) => format!("{shown} of {all} members of {UNITED_NATIONS} by recorded membership"),
        None => "no membership is recorded: how many states there should be is not known".to_owned(),
    }
}

/// What "every registered treaty in force" must be read with: of how many treaties no act is recorded.
pub(super) fn about_treaties(all: usize, silent: usize) -> Option<String> {
    Some(match (all, silent) {
        (0, _) => "no treaty is registered: whether any is in force for a state is not known".to_owned(),
        (_, 0) => return None,
        (1, _) => "no act of the one registered treaty is recorded: it counts as not in force".to_owned(),
        (all, n) if n == all => {
            format!("no act of any of the {all} registered treaties is recorded: they count as not in force")
        }
        (all, n) => {
            format!("of {n} of the {all} registered treaties no act is recorded: not in force, by these records")
        }
    })
}

/// One step of a state, by its place: 0 to 4. Its cells are those that the filter by answers keeps.
pub(super) fn step(q: &Question<'_>, at: usize, state: &ActorId, beside: &Beside<'_>) -> Lookup<Step> {
    let (short, met, mut cells) = match at {
        0 => cells::focal_point(q, state)?,
        1 => cells::treaties(q, &beside.treaties, state)?,
        2 => cells::invitations(q, state)?,
        3 => cells::assessments(q, state)?,
        _ => home::accountability(q, beside.cases, state)?,
    };
    cells.retain(|c| q.keeps(&c.basis));
    Ok(Step { step: at as u8 + 1, title: TITLES[at], short, met, cells })
}

/// What a step comes to: in short, whether it is met, and its cells.
type StepCells = (String, bool, Vec<Cell>);

fn registered_state(q: &Question<'_>, state: &ActorId) -> Lookup<bool> {
    Ok(actors::lookup(q.history(), state)?.is_some_and(|a| a.kind == ActorKind::State))
}

/// All registered states that exist on a day.
pub(super) fn states_on(history: &dyn History, day: Date) -> Lookup<Vec<ActorId>> {
    let there = |actor: Arc<actors::Actor>| exists(&actor, day).then(|| actor.id.clone());
    Ok(registered_states(history)?.into_iter().filter_map(there).collect())
}

/// All registered states, whenever they exist, by their ids.
pub(super) fn registered_states(history: &dyn History) -> Lookup<Vec<Arc<actors::Actor>>> {
    let mut states = Vec::new();
    for name in history.streams_with_prefix("actor:")? {
        states.extend(registered(history, &name)?.filter(|actor| actor.kind == ActorKind::State));
    }
    states.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    states.dedup_by(|a, b| a.id == b.id);
    Ok(states)
}

pub(super) fn exists(actor: &actors::Actor, day: Date) -> bool {
    actor.valid_from.first_day() <= day && actor.until.as_ref().map(CalendarDate::last_day).is_none_or(|u| day <= u)
}

/// The actor of a register's stream.
fn registered(history: &dyn History, stream: &answerable_schemas::StreamName) -> Lookup<Option<Arc<actors::Actor>>> {
    let id = history.stream(stream)?.iter().find_map(|f| match &f.body {
        answerable_schemas::catalogue::Body::ActorRegistered(r) => Some(r.actor.clone()),
        _ => None,
    });
    match id.filter(|id| actor_stream(id) == *stream) {
        Some(id) => actors::lookup(history, &id),
        None => Ok(None),
    }
}

/// Where every registered treaty stands, for all states at once.
fn treaties(q: &Question<'_>) -> Lookup<Vec<TreatyStatus>> {
    let filter = super::Filter { answered: None, ..q.filter };
    let mut found = Vec::new();
    for id in treaty::registered(q.history())? {
        found.extend(treaty::status(q.history(), &id, q.as_of, q.known_size, &filter)?);
    }
    Ok(found)
}
