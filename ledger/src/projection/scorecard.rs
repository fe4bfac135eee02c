//! The five steps that the Secretary-General's report asks of states (A/71/1016, part VI): where a state stands on each,
//! cell by cell, each with the records that it opens to. What a state says of itself and what others find are separate
//! cells: neither changes the other.
//! Not here: how single cells are computed (`cells`, `home`).

mod cells;
mod home;

use std::sync::Arc;

use answerable_schemas::governance::{ActorKind, actor_stream};
use answerable_schemas::history::{History, Lookup};
use answerable_schemas::law::actors;
use answerable_schemas::{ActorId, CalendarDate};
use jiff::civil::Date;
use serde::Serialize;

use super::members::{UNITED_NATIONS, members};
use super::question::{Basis, Question, Story};
use super::treaty::{self, TreatyStatus};

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
    #[serde(flatten)]
    pub basis: Basis,
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

/// The step whose `MET` speaks of treaties, by its place.
const TREATIES: usize = 1;

impl Scorecards {
    /// `1 of 10: a focal point in office`, for each step that asks anything.
    pub fn met_in_words(&self) -> Vec<String> {
        let asked = |(step, _): &(usize, _)| *step != TREATIES || self.treaties > 0;
        let said = |(_, (what, n)): (usize, (&&str, usize))| format!("{n} of {}: {what}", self.states.len());
        MET.iter().zip(self.met).enumerate().filter(asked).map(said).collect()
    }
}

impl Cell {
    fn new(cell: impl Into<String>, value: impl Into<String>, basis: Basis) -> Self {
        Self { cell: cell.into(), value: value.into(), basis }
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

/// What is read once for all states.
struct Shared {
    treaties: Vec<TreatyStatus>,
    cases: Vec<Story>,
}

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
            notes.push(match members(q, &un)? {
                Some(all) => {
                    let shown = all.iter().filter(|m| states.contains(&m.member)).count();
                    format!("{shown} of {} members of {un} by recorded membership", all.len())
                }
                None => "no membership is recorded: how many states there should be is not known".to_owned(),
            });
            states
        }
    };
    let treaties = treaties(q)?;
    notes.extend(about_treaties(&treaties));
    let shared = Shared { treaties, cases: q.stories("case:")? };
    let mut states = Vec::new();
    for state in names {
        let mut card = scorecard(q, &shared, state)?;
        if q.filter.answered.is_some() {
            card.steps.iter_mut().for_each(|s| s.cells.retain(|c| q.keeps(&c.basis)));
        }
        states.push(card);
    }
    let met = std::array::from_fn(|i| states.iter().filter(|s| s.steps[i].met).count());
    Ok(Scorecards {
        schema: "answerable.scorecard/v1",
        as_of: q.as_of.to_string(),
        known_size: q.known_size.to_string(),
        group,
        states,
        met,
        treaties: shared.treaties.len(),
        notes,
    })
}

/// What "every registered treaty in force" must be read with.
fn about_treaties(treaties: &[TreatyStatus]) -> Option<String> {
    let silent = treaties.iter().filter(|t| t.states.is_empty()).count();
    Some(match (treaties.len(), silent) {
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

fn scorecard(q: &Question<'_>, shared: &Shared, state: ActorId) -> Lookup<Scorecard> {
    let name = q.name(&state)?;
    let steps = [
        cells::focal_point(q, &state)?,
        cells::treaties(q, shared, &state)?,
        cells::invitations(q, &state)?,
        cells::assessments(q, &state)?,
        home::accountability(q, shared, &state)?,
    ];
    let steps = steps.into_iter().zip(1..).map(|((short, met, cells), step)| Step {
        step,
        title: TITLES[usize::from(step) - 1],
        short,
        met,
        cells,
    });
    Ok(Scorecard { name, steps: steps.collect(), state })
}

/// What a step comes to: in short, whether it is met, and its cells.
type StepCells = (String, bool, Vec<Cell>);

fn registered_state(q: &Question<'_>, state: &ActorId) -> Lookup<bool> {
    Ok(actors::lookup(q.history(), state)?.is_some_and(|a| a.kind == ActorKind::State))
}

/// All registered states that exist on a day.
pub(super) fn states_on(history: &dyn History, day: Date) -> Lookup<Vec<ActorId>> {
    let mut states = Vec::new();
    for name in history.streams_with_prefix("actor:")? {
        let Some(actor) = registered(history, &name)? else { continue };
        if actor.kind == ActorKind::State && exists(&actor, day) {
            states.push(actor.id.clone());
        }
    }
    states.sort_unstable();
    states.dedup();
    Ok(states)
}

fn exists(actor: &actors::Actor, day: Date) -> bool {
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
