//! How each state's standing towards each treaty changes, and the treaty's own entry into force with it.
//! Not here: where anybody stands (`treaty`).

use std::collections::BTreeSet;

use answerable_schemas::catalogue::Body;
use answerable_schemas::history::{History, Lookup};
use answerable_schemas::law::acts::acts_of;
use answerable_schemas::law::{actors, participation};
use answerable_schemas::treaty::{ConsentMode, TreatyRegistered};
use answerable_schemas::{ActorId, CalendarDate, Standing};
use jiff::civil::Date;

use super::{Turn, now, turns};
use crate::projection::Filter;
use crate::projection::treaty::{self, Participants, Recorded, Row, Successions, registered};

/// A treaty, and everything about it that changes with the day.
#[derive(Debug, Clone)]
pub struct TreatyCourse {
    pub rules: TreatyRegistered,
    /// The records that register its rules.
    pub rules_records: Vec<u64>,
    /// False where no act of any state is recorded.
    pub recorded: bool,
    /// The newest day on which a transcribed source of its acts was seen; None where nothing is transcribed.
    pub seen_until: Option<CalendarDate>,
    /// When it enters into force, as known by the deposits of each day.
    pub entry: Vec<Turn<Date>>,
    pub states: Vec<StateCourse>,
    /// What a reader must know of the answers before relying on them, as `treaty status` notes it.
    pub notes: Vec<Turn<Vec<String>>>,
}

/// One state and one treaty.
#[derive(Debug, Clone)]
pub struct StateCourse {
    pub state: ActorId,
    /// Ascending. The rows have no names, which change by themselves.
    pub turns: Vec<Turn<Row>>,
}

/// All registered treaties, by their id.
pub fn treaties(history: &dyn History, filter: &Filter) -> Lookup<Vec<TreatyCourse>> {
    let mut courses = Vec::new();
    for id in registered(history)? {
        if let Some(treaty) = Participants::of(history, &id)? {
            courses.push(of_treaty(&treaty, filter)?);
        }
    }
    Ok(courses)
}

fn of_treaty(treaty: &Participants<'_>, filter: &Filter) -> Lookup<TreatyCourse> {
    let facts = || treaty.participations.iter().flat_map(|p| &p.facts).filter(|f| filter.admits(f.standing));
    let seen = facts().filter(|f| f.standing == Standing::Transcribed).filter_map(|f| f.source.as_ref());
    let entry = entries(treaty, filter)?;
    let mut states = Vec::new();
    for recorded in &treaty.participations {
        if let Some(course) = of_state(treaty, recorded, &entry, filter)? {
            states.push(course);
        }
    }
    let notes = noted(treaty, &states)?;
    Ok(TreatyCourse {
        notes,
        rules: treaty.rules.clone(),
        rules_records: treaty.rules_records.clone(),
        recorded: facts().next().is_some(),
        seen_until: seen.map(|s| s.seen).max_by_key(CalendarDate::last_day),
        entry,
        states,
    })
}

/// The notes change where an answer does, where anything is first said, and where a state that one may name is renamed.
fn noted(treaty: &Participants<'_>, states: &[StateCourse]) -> Lookup<Vec<Turn<Vec<String>>>> {
    let mut days: BTreeSet<Date> = states.iter().flat_map(|s| &s.turns).map(|t| t.from).collect();
    days.extend(treaty.participations.iter().flat_map(|p| &p.facts).map(|f| f.effective.first_day()));
    for state in states.iter().filter(|s| s.turns.iter().any(|t| t.now.as_ref().is_some_and(succeeds))) {
        let successor = actors::lookup(treaty.history, &state.state)?;
        for predecessor in successor.iter().flat_map(|a| &a.predecessors) {
            let named = actors::lookup(treaty.history, &predecessor.state)?;
            days.extend(named.iter().flat_map(|a| &a.names).map(|(from, _)| from.last_day()));
        }
    }
    turns(days, Date::MAX, |day| {
        let rows: Vec<Row> = states.iter().filter_map(|s| now(&s.turns, day)).cloned().collect();
        Ok((Some(treaty::notes(treaty.history, &treaty.rules, &rows, day)?), Vec::new()))
    })
}

fn succeeds(row: &Row) -> bool {
    row.mode == Some(ConsentMode::Succession)
}

/// The treaty's entry into force changes on days of deposits alone.
fn entries(treaty: &Participants<'_>, filter: &Filter) -> Lookup<Vec<Turn<Date>>> {
    let mut days = BTreeSet::new();
    for recorded in &treaty.participations {
        for act in standings(filter).flat_map(|s| acts_of(&recorded.facts, s)) {
            if matches!(act.body, Body::ConsentDeposited(_)) {
                days.insert(act.effective.last_day());
            }
        }
    }
    turns(days, Date::MAX, |day| Ok((treaty.entry_on(day, filter)?.date, Vec::new())))
}

fn of_state(
    treaty: &Participants<'_>,
    recorded: &Recorded,
    entry: &[Turn<Date>],
    filter: &Filter,
) -> Lookup<Option<StateCourse>> {
    let mut days = own_days(treaty, recorded, filter)?;
    days.extend(entry.iter().map(|t| t.from));
    days.extend(entry.iter().filter_map(|t| t.now));
    let mut state = None;
    let turns = turns(days, Date::MAX, |day| {
        let entered = now(entry, day).copied();
        let found = treaty.row_on(recorded, day, entered, filter, Successions::Recorded)?;
        let row = found.map(|(row, _)| Row { name: String::new(), ..row });
        let mut foreseen = Vec::new();
        if let Some(row) = &row {
            state.get_or_insert_with(|| row.actor.clone());
            foreseen.extend(row.in_force_from.iter().chain(&row.ends).filter_map(|d| d.parse::<Date>().ok()));
        }
        Ok((row, foreseen))
    })?;
    Ok(state.map(|state| StateCourse { state, turns }))
}

/// The days on which a state's own acts may change its row: each act on the first and the last day that its date can mean,
/// dates of successions, the end of the state's own waiting period, the effect of a withdrawal.
fn own_days(treaty: &Participants<'_>, recorded: &Recorded, filter: &Filter) -> Lookup<BTreeSet<Date>> {
    let mut days = BTreeSet::new();
    for standing in standings(filter) {
        let acts = acts_of(&recorded.facts, standing);
        for (at, act) in acts.iter().enumerate() {
            let mut dates = vec![act.effective];
            if let Body::ConsentDeposited(consent) = &act.body {
                dates.extend(consent.succession_date);
                days.insert(treaty.rules.for_each_state.delay.after(act.effective.last_day()));
            }
            days.extend(dates.iter().flat_map(|d| [d.first_day(), d.last_day()]));
            let (so_far, _) = participation::fold(treaty.history, &acts[..=at])?;
            days.extend(so_far.consents.iter().filter_map(|c| c.withdrawal.as_ref()?.effect));
        }
    }
    Ok(days)
}

fn standings(filter: &Filter) -> impl Iterator<Item = Standing> {
    Standing::ALL.into_iter().filter(|s| filter.admits(*s))
}
