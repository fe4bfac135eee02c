//! Spans of days that a story tells of: an endorsement, a term in a body.
//! Not here: which acts begin and end one (each answer says so by `Bound`).

use answerable_schemas::history::Lookup;
use answerable_schemas::law::acts::Act;
use answerable_schemas::law::story::fold;
use answerable_schemas::{Standing, StreamName};
use jiff::civil::Date;

use super::question::Question;

/// A span of days, by one standing. The last day named is still within.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    /// None: it goes on.
    pub until: Option<Date>,
    pub records: Vec<u64>,
}

impl Period {
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
    /// Both have a day in common.
    pub fn meets(&self, other: &Period) -> bool {
        other.until.is_none_or(|u| self.from <= u) && self.until.is_none_or(|u| other.from <= u)
    }
}

/// What an act does to a period.
pub enum Bound {
    /// It begins, and ends on the day named, if one is.
    Begins(Option<Date>),
    /// It ends; the day of the act is the last one.
    EndsOn,
    /// It ends; the day of the act is not within.
    EndsBefore,
    Neither,
}

impl Question<'_> {
    /// The spans that a story tells of by the day, ascending. Each standing tells its own; a weaker one adds only spans
    /// of which the stronger ones say nothing.
    pub fn periods(&self, name: &StreamName, bound: &dyn Fn(&Act) -> Bound, day: Date) -> Lookup<Vec<Period>> {
        let facts = self.history().stream(name)?;
        let mut all: Vec<Period> = Vec::new();
        for standing in Standing::ALL.into_iter().filter(|s| self.sees(*s)) {
            if facts.iter().any(|f| f.standing == standing) {
                let mut acts = fold(self.history(), &facts, standing)?.0;
                acts.retain(|a| a.effective.last_day() <= day);
                let mut told = spans(&acts, bound);
                told.retain(|p| !all.iter().any(|known| known.meets(p)));
                all.extend(told);
            }
        }
        all.sort_by_key(|p| p.from);
        Ok(all)
    }
}

fn spans(acts: &[Act], bound: &dyn Fn(&Act) -> Bound) -> Vec<Period> {
    let mut spans: Vec<Period> = Vec::new();
    for act in acts {
        let day = act.effective.last_day();
        let open = spans.last_mut().filter(|p| p.until.is_none_or(|until| day <= until));
        match (bound(act), open) {
            (Bound::Begins(until), None) => {
                spans.push(Period { from: day, until, records: act.records().collect() });
            }
            (Bound::EndsOn, Some(open)) => {
                open.until = Some(day);
                open.records.extend(act.records());
            }
            (Bound::EndsBefore, Some(open)) => {
                open.until = Some(day.yesterday().unwrap_or(day));
                open.records.extend(act.records());
            }
            _ => {}
        }
    }
    spans
}
