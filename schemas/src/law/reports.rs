//! Due dates: which reports a requirement makes due, which of them were answered, put off or are overdue.
//! Not here: the arithmetic of schedules (`schedule`), when a mandate ends (`mandates`).

use jiff::civil::Date;

use super::acts::Act;
use super::mandates::{self, Timeline};
use super::story::{Ruling, Scene, seen_by};
use super::{actors, entry, participation};
use crate::dates::CalendarDate;
use crate::envelope::Standing;
use crate::history::{History, Lookup};
use crate::ids::{ActorId, TreatyId};
use crate::schedule::{Anchor, Schedule};
use crate::stories::mandate_stream;
use crate::stories::reporting::*;
use crate::treaty::participation_stream;

/// One report that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// By the schedule. It never moves.
    pub legal: Date,
    /// The day to which it was put off.
    pub scheduled: Option<CalendarDate>,
    /// The day on which a report that answers it was submitted.
    pub submitted: Option<CalendarDate>,
    pub received: Option<CalendarDate>,
    /// The records about this one, beside those of the requirement.
    pub records: Vec<u64>,
}

/// What a requirement asks for, by the acts of its story up to a day.
#[derive(Debug, Clone)]
pub struct Obligation {
    pub required: ReportRequired,
    /// The last day on which a report can be due, where it is known.
    pub end: Option<Date>,
    /// By legal due date.
    pub dues: Vec<Due>,
    /// Reports that answer no due date: asked for without one, or handed in unasked.
    pub unasked: Vec<(CalendarDate, u64)>,
    /// True where no clause names a date.
    pub undated: bool,
    /// The records that set, and ended, the requirement.
    pub records: Vec<u64>,
}

/// Computes the obligation from the acts of a requirement's story, in the order of the world, with all due dates up to
/// `horizon`. None where nothing requires a report.
pub fn obligation<'a>(
    history: &dyn History,
    acts: impl IntoIterator<Item = &'a Act> + Clone,
    standing: Standing,
    horizon: Date,
) -> Lookup<Option<Obligation>> {
    let founded = acts.clone().into_iter().find_map(|a| Some((a.body.get::<ReportRequired>()?.clone(), a)));
    let Some((required, founding)) = founded else { return Ok(None) };
    let discontinued = acts.clone().into_iter().find(|a| a.body.get::<ReportDiscontinued>().is_some());
    let mandate = match &required.mandate {
        Some(mandate) => mandate_timeline(history, mandate, standing)?,
        None => Timeline::default(),
    };
    let asked = required.ends.iter().chain(discontinued.map(|a| &a.effective)).map(CalendarDate::last_day).min();
    let end = asked.into_iter().chain(mandate.last_day()).min();
    let legal = due_dates(history, &required.schedule, standing, Ends { asked, end, mandate: &mandate }, horizon)?;
    let dues =
        legal.into_iter().map(|legal| Due { legal, scheduled: None, submitted: None, received: None, records: vec![] });
    let mut o = Obligation {
        undated: required.schedule.iter().all(|s| matches!(s, Schedule::Undated { .. })),
        end,
        dues: dues.collect(),
        unasked: Vec::new(),
        records: founding.records().chain(discontinued.into_iter().flat_map(Act::records)).collect(),
        required,
    };
    for act in acts {
        if let Some(b) = act.body.get::<ReportRescheduled>() {
            if let Some(due) = o.due_on(&b.legal_due).map(|at| &mut o.dues[at]) {
                due.scheduled = Some(b.scheduled);
                due.records.extend(act.records());
            }
        } else if let Some(b) = act.body.get::<ReportSubmitted>() {
            match o.answered_by(b.due.as_ref(), |d| d.submitted.is_none()) {
                Some(due) => {
                    due.submitted = Some(act.effective);
                    due.records.extend(act.records());
                }
                None => o.unasked.push((act.effective, act.stated_by())),
            }
        } else if let Some(b) = act.body.get::<ReportReceived>()
            && let Some(due) = o.answered_by(b.due.as_ref(), |d| d.received.is_none())
        {
            due.received = Some(act.effective);
            due.records.extend(act.records());
        }
    }
    Ok(Some(o))
}

impl Obligation {
    /// What is due on a day. Dues are in order: ten thousand of them are not walked through for each report.
    fn due_on(&self, day: &CalendarDate) -> Option<usize> {
        self.dues.binary_search_by_key(&day.last_day(), |d| d.legal).ok()
    }
    /// The due date that a report answers: the one that it names, else the earliest that is open.
    fn answered_by(&mut self, named: Option<&CalendarDate>, open: impl Fn(&Due) -> bool) -> Option<&mut Due> {
        match named {
            Some(day) => self.due_on(day).map(|at| &mut self.dues[at]),
            None => self.dues.iter_mut().find(|d| open(d)),
        }
    }
}

/// Until when reports are due.
struct Ends<'a> {
    /// The last day by the requirement's own words: what is reckoned from the end of a mandate comes after that.
    asked: Option<Date>,
    /// The same, or the last day of the mandate where that comes first.
    end: Option<Date>,
    mandate: &'a Timeline,
}

/// All legal due dates of a schedule up to a day, ascending, each once.
fn due_dates(
    history: &dyn History,
    schedule: &[Schedule],
    standing: Standing,
    ends: Ends<'_>,
    horizon: Date,
) -> Lookup<Vec<Date>> {
    // Anchors are looked up first: the arithmetic knows no history.
    let mut known: Vec<(Anchor, Option<Date>)> = Vec::new();
    for clause in schedule {
        let anchor = match clause {
            Schedule::After { anchor, .. } | Schedule::Before { anchor, .. } => anchor.clone(),
            Schedule::AtExpiry { mandate } => Anchor::Expiry { mandate: mandate.clone() },
            _ => continue,
        };
        let day = resolve(history, &anchor, standing)?;
        known.push((anchor, day));
    }
    let resolve = |a: &Anchor| known.iter().find(|(k, _)| k == a).and_then(|(_, day)| *day);
    let mut dates: Vec<Date> = Vec::new();
    for clause in schedule {
        if clause.rests_on_expiry() {
            dates.extend(clause.due_dates(&resolve, ends.asked, horizon));
            continue;
        }
        let mut due = clause.due_dates(&resolve, ends.end, horizon);
        due.retain(|day| !ends.mandate.lapses.iter().any(|l| l.from <= *day && *day <= l.to));
        dates.append(&mut due);
    }
    dates.sort_unstable();
    dates.dedup();
    Ok(dates)
}

fn resolve(history: &dyn History, anchor: &Anchor, standing: Standing) -> Lookup<Option<Date>> {
    Ok(match anchor {
        Anchor::Date { on } => Some(on.last_day()),
        Anchor::Event { event, stream } => {
            let acts = seen_by(&history.stream(stream)?, standing);
            acts.iter().find(|a| a.fact.id == *event).map(|a| a.effective.last_day())
        }
        Anchor::Expiry { mandate } => mandate_timeline(history, mandate, standing)?.last_day(),
        Anchor::EntryIntoForce { state, treaty } => entry_for_state(history, treaty, state, standing)?,
    })
}

fn mandate_timeline(history: &dyn History, mandate: &crate::ids::Slug, standing: Standing) -> Lookup<Timeline> {
    Ok(Timeline::of(&seen_by(&history.stream(&mandate_stream(mandate))?, standing)))
}

/// The day on which a treaty entered into force for a state, by the strongest standing that says so.
fn entry_for_state(
    history: &dyn History,
    treaty: &TreatyId,
    state: &ActorId,
    standing: Standing,
) -> Lookup<Option<Date>> {
    let Some((rules, _)) = actors::treaty(history, treaty)? else { return Ok(None) };
    let all = |_: Standing| true;
    let seen = |s: Standing| standing.sees(s);
    for sees in [&seen as &dyn Fn(Standing) -> bool, &all] {
        let entry = entry::treaty_entry(&rules, &entry::deposits(history, treaty, sees, None)?).date;
        let facts = history.stream(&participation_stream(treaty, state))?;
        for s in Standing::ALL.into_iter().filter(|s| sees(*s)) {
            let stood = participation::fold(history, &super::acts::acts_of(&facts, s))?.0;
            if let (Some(entry), Some(c)) = (entry, stood.consents.last()) {
                return Ok(Some(entry::state_entry(&rules, entry, &c.date, c.mode, c.succession_date.as_ref())));
            }
        }
    }
    Ok(None)
}

/// A requirement rests on a decision of the organ that it is owed to.
pub fn required(b: &ReportRequired, scene: &Scene<'_>) -> Lookup<Ruling> {
    let Some(decision) = &b.decision else { return Ruling::good() };
    mandates::adopted(&b.organ, decision, scene)
}

/// Only whom a report is owed to receives it, puts it off, or asks for no more.
pub fn of_organ(organ: &ActorId, scene: &Scene<'_>) -> Lookup<Ruling> {
    match scene.begun_by_other::<ReportRequired>(organ) {
        Some(other) => Ok(Ruling::broken(
            "law.report.other_organ",
            format!("the report is owed to {other}, not to {organ}"),
            "name the organ that required it",
        )),
        None => Ruling::good(),
    }
}

/// A report that names a due date answers one that the schedule yields, and that no other report answers.
pub fn submitted(b: &ReportSubmitted, scene: &Scene<'_>) -> Lookup<Ruling> {
    let Some(due) = &b.due else { return Ruling::good() };
    let Some(o) = so_far(scene, due.last_day())? else { return Ruling::good() };
    match o.due_on(due).map(|at| &o.dues[at]) {
        None => Ok(no_such_due_date(&o, due)),
        Some(Due { submitted: Some(on), .. }) => Ok(Ruling::broken(
            "law.report.answered_already",
            format!("the report due on {due} was submitted on {on}"),
            "name another due date, or correct the earlier record",
        )),
        Some(_) => Ruling::good(),
    }
}

/// Only a legal due date can be put off, and to a date of its own.
pub fn rescheduled(b: &ReportRescheduled, scene: &Scene<'_>) -> Lookup<Ruling> {
    let Some(o) = so_far(scene, b.legal_due.last_day())? else { return Ruling::good() };
    if o.due_on(&b.legal_due).is_none() {
        return Ok(no_such_due_date(&o, &b.legal_due));
    }
    match b.scheduled == b.legal_due {
        true => Ok(Ruling::broken(
            "law.report.not_rescheduled",
            format!("it was due on {} all along", b.legal_due),
            "name the day to which it was put off",
        )),
        false => Ruling::good(),
    }
}

fn no_such_due_date(o: &Obligation, due: &CalendarDate) -> Ruling {
    let known: Vec<String> = o.dues.iter().rev().take(3).map(|d| d.legal.to_string()).collect();
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Ruling::broken(
        "law.report.no_such_due_date",
        format!("no report on {} is due on {due}; the last due dates by then are: {known}", o.required.requirement),
        "the legal due dates: answerable overdue --all",
    )
}

/// The obligation as it stands before the scene, with due dates up to a day. What opened it may be another's word.
fn so_far(scene: &Scene<'_>, horizon: Date) -> Lookup<Option<Obligation>> {
    obligation(scene.history, scene.begun_by::<ReportRequired>(), scene.standing, horizon)
}
