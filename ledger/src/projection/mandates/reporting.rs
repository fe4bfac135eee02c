//! Who must report on each mandate, until when, what came, and what is overdue.
//! Not here: when a report is due and how late it is (`overdue`); the mandates themselves (the parent).

use std::collections::BTreeMap;

use answerable_schemas::history::Lookup;
use answerable_schemas::stories::reporting::{ReportRequired, ReportSubmitted};
use answerable_schemas::{CalendarDate, StreamName};

use super::{Row, Which, mandates};
use crate::projection::overdue::{Item, Status};
use crate::projection::question::{Basis, Question, Story};

/// A mandate, and every requirement to report on it that is known on the day.
#[derive(Debug, Clone)]
pub struct Reported {
    pub mandate: Row,
    pub requirements: Vec<Requirement>,
}

/// One requirement, and what it has come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Requirement {
    pub stream: StreamName,
    /// As it stands corrected.
    pub required: ReportRequired,
    /// Every report that was handed in, asked for or not, with the records that say so; by day.
    pub came: Vec<(CalendarDate, Vec<u64>)>,
    /// What the board has of it: done, due, overdue.
    pub items: Vec<Item>,
    pub basis: Basis,
}

impl Requirement {
    /// What has not come, the longest due first.
    pub fn open(&self) -> impl Iterator<Item = &Item> {
        self.items.iter().filter(|i| i.status.is_open())
    }

    /// What comes next, or that nothing more does.
    pub fn next(&self) -> Option<&Item> {
        self.items.iter().find(|i| matches!(i.status, Status::Due | Status::Final | Status::Undated | Status::Ended))
    }
}

/// A requirement by its story and what the board has of it; None where nothing requires a report.
pub(in crate::projection) fn requirement(story: &Story, items: Vec<Item>) -> Option<Requirement> {
    let (required, _) = story.view.last::<ReportRequired>()?;
    let submitted = story.view.all::<ReportSubmitted>();
    let mut came: Vec<_> = submitted.map(|(_, act)| (act.effective, act.records().collect())).collect();
    // What an organ received without its being handed in on record.
    let handed_in: Vec<CalendarDate> = came.iter().map(|(on, _): &(CalendarDate, Vec<u64>)| *on).collect();
    let received = items.iter().filter_map(|i| Some((i.done.as_ref()?.parse::<CalendarDate>().ok()?, i)));
    came.extend(received.filter(|(on, _)| !handed_in.contains(on)).map(|(on, i)| (on, i.basis.records.clone())));
    came.sort_by_key(|(on, records)| (on.last_day(), records.clone()));
    Some(Requirement { stream: story.stream.clone(), required: required.clone(), came, items, basis: story.whole() })
}

/// All mandates, those that are live first, by name. `items` is the whole board of the question (`overdue::Which::all`).
pub fn reported(q: &Question<'_>, items: &[Item]) -> Lookup<Vec<Reported>> {
    let mut requirements: Vec<Requirement> = Vec::new();
    let mut board: BTreeMap<&StreamName, Vec<&Item>> = BTreeMap::new();
    items.iter().for_each(|item| board.entry(&item.stream).or_default().push(item));
    for story in q.stories("report:")? {
        let items = board.get(&story.stream).into_iter().flatten().copied().cloned().collect();
        requirements.extend(requirement(&story, items).filter(|r| r.required.mandate.is_some()));
    }
    let which = Which { all: true, ..Which::default() };
    let mut all: Vec<Reported> = Vec::new();
    for mandate in mandates(q, which)?.mandates {
        let of_it = |r: &Requirement| r.required.mandate.as_ref().is_some_and(|m| m.as_str() == mandate.mandate);
        let (own, others) = requirements.into_iter().partition(of_it);
        requirements = others;
        all.push(Reported { mandate, requirements: own });
    }
    all.sort_by(|a, b| (a.mandate.status, &a.mandate.mandate).cmp(&(b.mandate.status, &b.mandate.mandate)));
    Ok(all)
}
