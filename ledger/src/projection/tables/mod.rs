//! Tables for researchers: acts, standings on days, counts of parties, times to ratification. Each is made of the
//! projections and folds that answer everybody else, and says by which choices.
//! Not here: the law; codes of countries and files, which are the command line's.

mod acts;
mod durations;
mod panel;
mod parties;

use std::collections::BTreeSet;
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::dates::CalendarDate;
use answerable_schemas::history::{History, Lookup};
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::actors::{self, Actor};
use answerable_schemas::{ActorId, Standing};
use jiff::civil::Date;
use serde::Serialize;

pub use self::acts::{ActRow, acts};
pub use self::durations::{Ended, Spell, durations};
pub use self::panel::{Cell, Panel, PanelRow, code_of, panel};
pub use self::parties::{PartiesRow, parties};
use super::Filter;
use super::kept::Kept;
use super::members::{UNITED_NATIONS, members};
use super::question::Question;
use super::scorecard::states_on;
use super::treaty::{Participants, Status, Successions, registered};

/// Which statuses make a party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartyIf {
    /// The treaty is in force for the state (VCLT article 2(1)(g)); a notice of withdrawal may run.
    #[default]
    InForce,
    /// Consent is deposited and not withdrawn, whether or not the treaty is in force yet.
    Deposited,
}

impl PartyIf {
    pub fn as_str(self) -> &'static str {
        match self {
            PartyIf::InForce => "in_force",
            PartyIf::Deposited => "deposited",
        }
    }
    pub fn counts(self, status: Status) -> bool {
        status.is_bound() || (self == PartyIf::Deposited && status == Status::Deposited)
    }
}

/// What a researcher chooses.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choices {
    pub filter: Filter,
    pub successions: Successions,
    pub party_if: PartyIf,
}

/// Why there is no table.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    #[error("{0} is not registered")]
    UnknownTreaty(TreatyId),
    #[error(transparent)]
    Past(#[from] answerable_schemas::history::HistoryError),
}

/// What a table is made from: the records that are known, each read once, and the choices.
pub struct Source<'a> {
    history: Kept<'a>,
    known_size: u64,
    choices: Choices,
}

/// One treaty of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Covered {
    pub instrument: TreatyId,
    pub title: String,
    /// False where no act of any state is recorded: the table is silent on it, and says nothing of nobody.
    pub recorded: bool,
    /// The newest day on which a transcribed source of its acts was seen: what happened later, that source cannot show.
    /// None where nothing is transcribed.
    pub seen_until: Option<CalendarDate>,
    /// What a reader must know before relying on it: predecessors of whom the sources omit every act.
    pub notes: Vec<String>,
}

impl<'a> Source<'a> {
    pub fn new(history: &'a dyn History, known_size: u64, choices: Choices) -> Self {
        Self { history: Kept::of(history), known_size, choices }
    }

    /// The treaties asked for, or all that are registered, in that order.
    fn treaties(&self, named: &[TreatyId]) -> Result<Vec<Participants<'_>>, TableError> {
        let ids = if named.is_empty() { registered(&self.history)? } else { named.to_vec() };
        let one =
            |id: &TreatyId| Participants::of(&self.history, id)?.ok_or_else(|| TableError::UnknownTreaty(id.clone()));
        ids.iter().map(one).collect()
    }

    /// As of the table's last day.
    fn covered(&self, treaty: &Participants<'_>, day: Date) -> Lookup<Covered> {
        let admitted = || {
            let facts = treaty.participations.iter().flat_map(|p| &p.facts);
            facts.filter(|f| self.choices.filter.admits(f.standing))
        };
        let seen = admitted().filter(|f| f.standing == Standing::Transcribed).filter_map(|f| f.source.as_ref());
        let status = treaty.status(day, self.known_size, &self.choices.filter, self.choices.successions)?;
        Ok(Covered {
            instrument: treaty.rules.treaty.clone(),
            title: treaty.rules.title.clone(),
            recorded: admitted().next().is_some(),
            seen_until: seen.map(|s| s.seen).max_by_key(CalendarDate::last_day),
            notes: status.notes,
        })
    }

    /// What the register says of an actor.
    fn actor(&self, id: &ActorId) -> Lookup<Option<Arc<Actor>>> {
        actors::lookup(&self.history, id)
    }

    /// The states that exist on a day, by the register.
    fn states(&self, day: Date) -> Lookup<BTreeSet<ActorId>> {
        Ok(states_on(&self.history, day)?.into_iter().collect())
    }

    /// The members of the United Nations on a day, by recorded membership, whoever's word that is; None where none is recorded.
    fn un_members(&self, day: Date) -> Lookup<Option<BTreeSet<ActorId>>> {
        let body = ActorId::new(UNITED_NATIONS).expect("a constant id");
        let question = Question::new(&self.history, day, self.known_size, Filter::default())?;
        Ok(members(&question, &body)?.map(|all| all.into_iter().map(|m| m.member).collect()))
    }
}

/// The last day of a year, on which a panel looks.
fn last_day_of(year: i16) -> Date {
    Date::constant(year, 12, 31)
}

/// How exactly a date is known.
pub fn precision(date: &CalendarDate) -> &'static str {
    match date.to_string().len() {
        10 => "day",
        7 => "month",
        _ => "year",
    }
}

/// The mode of a consent or a signature, as bodies write it.
fn mode_of(body: &Body) -> Option<String> {
    body.to_map().get("mode").and_then(|m| m.as_str()).map(str::to_owned)
}
