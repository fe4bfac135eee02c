//! Where every state stands towards every treaty, on one day or on the last day of each year.
//! Not here: how a standing is computed (`projection::treaty`).

use std::collections::{BTreeMap, BTreeSet};

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::TreatyId;
use jiff::civil::Date;

use super::{Choices, Covered, Source, TableError, last_day_of};
use crate::projection::treaty::{Participants, Row, Status};

/// A panel: its treaties and its rows, by day, state and treaty.
#[derive(Debug, Clone)]
pub struct Panel {
    pub covered: Vec<Covered>,
    pub rows: Vec<PanelRow>,
}

/// One state, one treaty, one day.
#[derive(Debug, Clone)]
pub struct PanelRow {
    pub day: Date,
    pub state: ActorId,
    /// The name that it bore on the day.
    pub name: String,
    /// That the state exists on the day, by the register. One that does not has rows only where acts of it are recorded.
    pub exists: bool,
    /// None where no membership of the United Nations is recorded.
    pub un_member: Option<bool>,
    pub treaty: TreatyId,
    pub cell: Cell,
    /// The day is later than the newest source of this treaty's acts.
    pub after_source: bool,
}

/// What the records say of it.
#[derive(Debug, Clone)]
pub enum Cell {
    /// No act of any state is recorded of this treaty: nothing can be said.
    NotRecorded,
    /// The treaty was adopted later.
    NotAdopted,
    /// No act of this state that counts is recorded by the day.
    NoAct,
    Stands(Box<Row>),
}

impl Cell {
    /// One word: that of `Status` in JSON, or why there is none.
    pub fn code(&self) -> &'static str {
        match self {
            Cell::NotRecorded => "not_recorded",
            Cell::NotAdopted => "not_adopted",
            Cell::NoAct => "no_act",
            Cell::Stands(row) => code_of(row.status),
        }
    }
    /// Whether it is a party; None where nothing can be said.
    pub fn is_party(&self, choices: &Choices) -> Option<bool> {
        match self {
            Cell::NotRecorded | Cell::NotAdopted => None,
            Cell::NoAct => Some(false),
            Cell::Stands(row) => Some(choices.party_if.counts(row.status)),
        }
    }
    /// What else an imprecise date makes possible on the day.
    pub fn possibly(&self) -> Option<Status> {
        self.row().and_then(|r| r.possibly)
    }
    pub fn row(&self) -> Option<&Row> {
        match self {
            Cell::Stands(row) => Some(row),
            _ => None,
        }
    }
}

/// A status as JSON has it.
pub fn code_of(status: Status) -> &'static str {
    match status {
        Status::InForce => "in_force",
        Status::Withdrawing => "withdrawing",
        Status::Deposited => "deposited",
        Status::ProvisionallyApplied => "provisionally_applied",
        Status::Signed => "signed",
        Status::SignatureRepudiated => "signature_repudiated",
        Status::Withdrawn => "withdrawn",
        Status::None => "none",
    }
}

impl Panel {
    /// Of the years, both included, each on its last day.
    pub fn of_years(source: &Source<'_>, treaties: &[TreatyId], from: i16, to: i16) -> Result<Panel, TableError> {
        panel(source, treaties, (from..=to).map(last_day_of))
    }
}

/// On each of these days: every state that exists, and whoever else has acts that count.
pub fn panel(
    source: &Source<'_>,
    treaties: &[TreatyId],
    days: impl IntoIterator<Item = Date>,
) -> Result<Panel, TableError> {
    let days: Vec<Date> = days.into_iter().collect();
    let treaties = source.treaties(treaties)?;
    let last = days.last().copied().unwrap_or_default();
    let covered = treaties.iter().map(|t| source.covered(t, last)).collect::<Lookup<Vec<Covered>>>()?;
    let mut rows = Vec::new();
    for day in days {
        let existing = source.states(day)?;
        let members = source.un_members(day)?;
        let mut stand = Vec::new();
        let mut shown: BTreeSet<ActorId> = existing.clone();
        for treaty in &treaties {
            let by_state = standings(source, treaty, day)?;
            shown.extend(by_state.keys().cloned());
            stand.push(by_state);
        }
        for state in shown {
            let name = source.actor(&state)?.map_or_else(|| state.to_string(), |a| a.name_on(day).to_owned());
            for ((treaty, covered), by_state) in treaties.iter().zip(&covered).zip(&mut stand) {
                let cell = match by_state.remove(&state) {
                    _ if !covered.recorded => Cell::NotRecorded,
                    Some(row) => Cell::Stands(Box::new(row)),
                    None if day < treaty.rules.adopted.first_day() => Cell::NotAdopted,
                    None => Cell::NoAct,
                };
                rows.push(PanelRow {
                    day,
                    name: name.clone(),
                    exists: existing.contains(&state),
                    un_member: members.as_ref().map(|m| m.contains(&state)),
                    treaty: treaty.rules.treaty.clone(),
                    cell,
                    after_source: covered.seen_until.is_some_and(|seen| seen.last_day() < day),
                    state: state.clone(),
                });
            }
        }
    }
    Ok(Panel { covered, rows })
}

fn standings(source: &Source<'_>, treaty: &Participants<'_>, day: Date) -> Result<BTreeMap<ActorId, Row>, TableError> {
    let choices = &source.choices;
    let status = treaty.status(day, source.known_size, &choices.filter, choices.successions)?;
    Ok(status.states.into_iter().map(|row| (row.actor.clone(), row)).collect())
}
