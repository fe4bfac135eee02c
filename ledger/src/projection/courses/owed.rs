//! What is owed: each item of the board, and how it stands from day to day.
//! Not here: when something is due, and what is late (`overdue`).

use std::collections::{BTreeSet, HashMap};

use answerable_schemas::history::Lookup;
use answerable_schemas::schedule::Anchor;
use answerable_schemas::stories::mandate_stream;
use answerable_schemas::stories::reporting::ReportRequired;
use answerable_schemas::treaty::participation_stream;
use answerable_schemas::{ActorId, CalendarDate, StreamName};
use jiff::ToSpan;
use jiff::civil::Date;

use super::{TreatyCourse, Turn, acts_in, days_of, push, turns};
use crate::projection::overdue::{Item, due_days, owed_by, owing, rests_on};
use crate::projection::question::Question;
use crate::projection::treaty::registered;

/// One thing that is owed: the same one on every day on which kind, who, to whom, what, how binding it is and the legal due date
/// are the same.
#[derive(Debug, Clone)]
pub struct OwedCourse {
    /// As it first stood: what is the same in all turns is read here.
    pub item: Item,
    /// The days late are left out. An item goes where its due date does.
    pub turns: Vec<Turn<Item>>,
}

/// Everything that is owed on any day up to a last one: by stream, and within one as the board has items of one date.
/// `treaties` are all that are registered.
pub fn owed(q: &Question<'_>, treaties: &[TreatyCourse], until: Date) -> Lookup<Vec<OwedCourse>> {
    let mut courses = Vec::new();
    for streams in owing(q.history())? {
        let acts = days_of_acts(q, &streams, treaties)?;
        let mut items = Items::default();
        turns(acts.clone(), until, |day| {
            let asked = q.on(day);
            let found = owed_by(&asked, &streams)?;
            // Between acts, what is foreseen stays so.
            let foreseen = if acts.contains(&day) { foreseen(&asked, &streams, &found, until)? } else { Vec::new() };
            items.turn(day, found);
            Ok((Some(()), foreseen))
        })?;
        courses.extend(items.courses);
    }
    courses.sort_by(|a, b| a.item.stream.cmp(&b.item.stream));
    Ok(courses)
}

/// The days of the stories' acts, and of all that due dates are reckoned from.
fn days_of_acts(q: &Question<'_>, streams: &[StreamName], treaties: &[TreatyCourse]) -> Lookup<BTreeSet<Date>> {
    let mut days = BTreeSet::new();
    for stream in streams {
        let acts = acts_in(q.history(), stream)?;
        days.extend(acts.iter().map(|act| act.effective.last_day()));
        for required in acts.iter().filter_map(|act| act.body.get::<ReportRequired>()) {
            let (mandates, anchors) = rests_on(required);
            for mandate in mandates {
                days.extend(days_of(q.history(), &mandate_stream(mandate))?);
            }
            for anchor in anchors {
                days.extend(days_of_anchor(q, anchor, treaties)?);
            }
        }
    }
    Ok(days)
}

fn days_of_anchor(q: &Question<'_>, anchor: &Anchor, treaties: &[TreatyCourse]) -> Lookup<BTreeSet<Date>> {
    match anchor {
        Anchor::Date { .. } => Ok(BTreeSet::new()),
        Anchor::Event { stream, .. } => days_of(q.history(), stream),
        Anchor::Expiry { mandate } => days_of(q.history(), &mandate_stream(mandate)),
        Anchor::EntryIntoForce { state, treaty } => {
            let mut days = BTreeSet::new();
            for course in treaties.iter().filter(|t| t.rules.treaty == *treaty) {
                days.extend(course.entry.iter().map(|turn| turn.from));
            }
            // Its acts under other treaties too: one may be of a parent treaty, without which a consent counts for nothing.
            for treaty in registered(q.history())? {
                days.extend(days_of(q.history(), &participation_stream(&treaty, state))?);
            }
            Ok(days)
        }
    }
}

/// The days on which what is owed changes by itself: the days after due dates, and those on which one comes within sight.
fn foreseen(q: &Question<'_>, streams: &[StreamName], items: &[Item], until: Date) -> Lookup<Vec<Date>> {
    let mut days = Vec::new();
    for stream in streams.iter().filter(|name| name.as_str().starts_with("report:")) {
        days.extend(due_days(q, stream, until)?);
    }
    let dates = items.iter().flat_map(|item| item.legal_due.iter().chain(&item.scheduled));
    let dates = dates.filter_map(|date| date.parse::<CalendarDate>().ok());
    days.extend(dates.map(|date| date.last_day().saturating_add(1.day())));
    Ok(days)
}

/// What makes an item the same one on two days; of several such in one story, which of them.
type Same = (Option<ActorId>, Option<ActorId>, String, &'static str, Option<String>, usize);

/// The items of one story, told apart.
#[derive(Default)]
struct Items {
    places: HashMap<Same, usize>,
    courses: Vec<OwedCourse>,
}

impl Items {
    /// What there is on a day, which is later than those before; the rest has gone.
    fn turn(&mut self, day: Date, found: Vec<Item>) {
        let mut there = vec![false; self.courses.len()];
        for item in found {
            // What counts days follows from the dates.
            let item = Item { days_late: None, days_late_by_schedule: None, ..item };
            let at = self.place_of(&item, &mut there);
            push(&mut self.courses[at].turns, day, Some(item));
        }
        for (course, _) in self.courses.iter_mut().zip(there).filter(|(_, there)| !there) {
            push(&mut course.turns, day, None);
        }
    }

    fn place_of(&mut self, item: &Item, there: &mut Vec<bool>) -> usize {
        for which in 0.. {
            let (who, to, what) = (item.who.clone(), item.to.clone(), item.what.clone());
            let same = (who, to, what, item.binding.as_str(), item.legal_due.clone(), which);
            match self.places.get(&same) {
                Some(at) if there[*at] => {}
                Some(at) => {
                    there[*at] = true;
                    return *at;
                }
                None => {
                    self.places.insert(same, there.len());
                    there.push(true);
                    self.courses.push(OwedCourse { item: item.clone(), turns: Vec::new() });
                    return there.len() - 1;
                }
            }
        }
        unreachable!("a story has fewer items than numbers")
    }
}
