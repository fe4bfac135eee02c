//! The overdue board: who owes what to whom, when it was due by law, to when it was put off, and how late it is. What has no
//! date is never overdue; what was only encouraged is absent, never overdue.
//! Not here: how due dates follow from schedules (`schemas`' `schedule` and `law::reports`); each kind's own reading
//! (`reports`, `promises`).

mod promises;
mod reports;

pub(crate) use promises::assessed;
pub(super) use reports::{due_days, rests_on};

use std::collections::BTreeMap;

use answerable_schemas::history::{History, Lookup};
use answerable_schemas::story::Binding;
use answerable_schemas::{ActorId, CalendarDate, StreamName};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::question::{Basis, Question, Story, days_between};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Board {
    pub schema: &'static str,
    pub as_of: String,
    pub known_size: String,
    pub items: Vec<Item>,
    /// Of all that the filters admit, whether shown or not.
    pub counts: Counts,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub overdue: usize,
    pub rescheduled: usize,
    pub absent: usize,
    pub late: usize,
    pub on_time: usize,
    pub due: usize,
    pub undated: usize,
}

/// What to show.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Also what is done, what comes next and what has no date.
    pub all: bool,
    pub reporter: Option<ActorId>,
    pub to: Option<ActorId>,
    pub binding: Option<Binding>,
}

/// What kind of thing is owed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Report,
    Commitment,
    /// The answer to a communication of a mandate holder.
    Reply,
    /// Action on a warning.
    Warning,
    /// The next review of an accreditation.
    Accreditation,
    SelfAssessment,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Report => "report",
            Kind::Commitment => "commitment",
            Kind::Reply => "reply",
            Kind::Warning => "warning",
            Kind::Accreditation => "accreditation",
            Kind::SelfAssessment => "self-assessment",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// The legal due date has passed, and so has the one to which it was put off.
    Overdue,
    /// The legal due date has passed; the one to which it was put off has not.
    Rescheduled,
    /// Encouraged, not there.
    Absent,
    /// Done after its legal due date.
    Late,
    /// A report handed in on time.
    Submitted,
    /// Anything else done on time.
    Done,
    /// The next due date.
    Due,
    /// The next due date, at the expiry of a mandate: the last report of all.
    Final,
    /// No date: never overdue.
    Undated,
    /// Taken back by its maker.
    Withdrawn,
    /// Nothing more is due: the mandate or the requirement has ended.
    Ended,
}

impl Status {
    /// In the order in which the board has them.
    pub const ALL: [Status; 11] = [
        Status::Overdue,
        Status::Rescheduled,
        Status::Absent,
        Status::Late,
        Status::Submitted,
        Status::Done,
        Status::Due,
        Status::Final,
        Status::Undated,
        Status::Withdrawn,
        Status::Ended,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Status::Overdue => "overdue",
            Status::Rescheduled => "rescheduled",
            Status::Absent => "absent",
            Status::Late => "late",
            Status::Submitted => "submitted",
            Status::Done => "done",
            Status::Due => "due",
            Status::Final => "final",
            Status::Undated => "undated",
            Status::Withdrawn => "withdrawn",
            Status::Ended => "ended",
        }
    }
    /// What stands on the board without being asked for.
    pub fn is_open(self) -> bool {
        matches!(self, Status::Overdue | Status::Rescheduled | Status::Absent)
    }
}

/// One thing that is owed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Item {
    pub kind: Kind,
    pub status: Status,
    /// Who owes it; absent where nobody is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub who: Option<ActorId>,
    /// To whom; absent: to the public.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<ActorId>,
    pub what: String,
    pub binding: Binding,
    /// It never moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub legal_due: Option<String>,
    /// To which it was put off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scheduled: Option<String>,
    /// Days after the legal due date, to the day on which it was done or to that of the question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_late: Option<i64>,
    /// The same, after the date to which it was put off; below 0: that has not come yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_late_by_schedule: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub done: Option<String>,
    pub stream: StreamName,
    pub notes: Vec<String>,
    #[serde(flatten)]
    pub basis: Basis,
}

/// Dates of something owed, from which its status follows.
#[derive(Debug, Clone, Copy, Default)]
struct Dates {
    legal: Option<Date>,
    scheduled: Option<CalendarDate>,
    done: Option<CalendarDate>,
}

/// What is owed, before its status is known.
struct Owed {
    kind: Kind,
    who: Option<ActorId>,
    to: Option<ActorId>,
    what: String,
    binding: Binding,
    stream: StreamName,
}

impl Owed {
    /// With the status that follows from the dates.
    fn item(&self, dates: Dates, as_of: Date, basis: Basis) -> Item {
        let until = dates.done.map_or(as_of, |d| d.last_day());
        let late = dates.legal.map(|legal| days_between(legal, until)).filter(|n| *n > 0);
        let by_schedule = dates.scheduled.map(|s| days_between(s.last_day(), until)).filter(|_| late.is_some());
        Item {
            kind: self.kind,
            status: dates.status(self.kind, self.binding, as_of),
            who: self.who.clone(),
            to: self.to.clone(),
            what: self.what.clone(),
            binding: self.binding,
            legal_due: dates.legal.map(|d| d.to_string()),
            scheduled: dates.scheduled.map(|d| d.to_string()),
            days_late: late,
            days_late_by_schedule: by_schedule,
            done: dates.done.map(|d| d.to_string()),
            stream: self.stream.clone(),
            notes: Vec::new(),
            basis,
        }
    }
}

impl Dates {
    fn status(&self, kind: Kind, binding: Binding, as_of: Date) -> Status {
        let on_time = if kind == Kind::Report { Status::Submitted } else { Status::Done };
        match (self.legal, self.done) {
            (Some(legal), Some(done)) if done.last_day() > legal && binding.can_be_overdue() => Status::Late,
            (_, Some(_)) => on_time,
            (None, None) if binding.can_be_overdue() => Status::Undated,
            (None, None) => Status::Absent,
            (Some(legal), None) if legal >= as_of => Status::Due,
            (Some(_), None) if !binding.can_be_overdue() => Status::Absent,
            (Some(_), None) if self.scheduled.is_some_and(|s| s.last_day() >= as_of) => Status::Rescheduled,
            (Some(_), None) => Status::Overdue,
        }
    }
}

impl Item {
    fn noted(mut self, note: impl Into<Option<String>>) -> Self {
        self.notes.extend(note.into());
        self
    }
}

impl Which {
    fn admits(&self, item: &Item) -> bool {
        let is = |wanted: &Option<ActorId>, found: &Option<ActorId>| wanted.is_none() || wanted == found;
        is(&self.reporter, &item.who) && is(&self.to, &item.to) && self.binding.is_none_or(|b| b == item.binding)
    }
}

impl Counts {
    /// Counts one item of a status in.
    pub fn count(&mut self, status: Status) {
        match status {
            Status::Overdue => self.overdue += 1,
            Status::Rescheduled => self.rescheduled += 1,
            Status::Absent => self.absent += 1,
            Status::Late => self.late += 1,
            Status::Submitted | Status::Done => self.on_time += 1,
            Status::Due | Status::Final => self.due += 1,
            Status::Undated => self.undated += 1,
            Status::Withdrawn | Status::Ended => {}
        }
    }
}

/// The stories by which something may be owed. Those that are read together, a state's assessments of itself, are together.
pub(super) fn owing(history: &dyn History) -> Lookup<Vec<Vec<StreamName>>> {
    let mut all = Vec::new();
    for kind in ["report:", "commitment:", "communication:", "warning:", "nhri:"] {
        all.extend(history.streams_with_prefix(kind)?.into_iter().map(|name| vec![name]));
    }
    let mut of_states: BTreeMap<String, Vec<StreamName>> = BTreeMap::new();
    for name in history.streams_with_prefix(promises::ASSESSMENTS)? {
        let state = name.as_str().rsplit_once(':').map_or(name.as_str(), |(state, _)| state).to_owned();
        of_states.entry(state).or_default().push(name);
    }
    all.extend(of_states.into_values());
    Ok(all)
}

/// What is owed by such stories on the day, as far as the filter by answers keeps it.
pub(super) fn owed_by(q: &Question<'_>, streams: &[StreamName]) -> Lookup<Vec<Item>> {
    let stories: Vec<Story> = streams.iter().filter_map(|name| q.story(name).transpose()).collect::<Lookup<_>>()?;
    let mut items = match streams.first().is_some_and(|name| name.as_str().starts_with("report:")) {
        true => stories.iter().map(|story| reports::items(q, story)).collect::<Lookup<Vec<_>>>()?.concat(),
        false => promises::items(q, &stories),
    };
    items.retain(|i| q.keeps(&i.basis));
    Ok(items)
}

/// As the board has them: the longest overdue first; what has no date last.
pub(super) fn in_order(items: &mut [Item]) {
    items.sort_by(|a, b| {
        let key = |i: &Item| (i.status, i.legal_due.is_none(), i.legal_due.clone(), i.stream.clone());
        key(a).cmp(&key(b))
    });
}

/// How far ahead the next due date is looked for.
pub(super) fn horizon(as_of: Date) -> Date {
    as_of.saturating_add(1.year())
}

/// Answers with the board of the day.
pub fn board(q: &Question<'_>, which: &Which) -> Lookup<Board> {
    let mut items = Vec::new();
    for streams in owing(q.history())? {
        items.extend(owed_by(q, &streams)?.into_iter().filter(|i| which.admits(i)));
    }
    let mut counts = Counts::default();
    items.iter().for_each(|i| counts.count(i.status));
    items.retain(|i| which.all || i.status.is_open());
    in_order(&mut items);
    Ok(Board {
        schema: "answerable.overdue/v1",
        as_of: q.as_of.to_string(),
        known_size: q.known_size.to_string(),
        items,
        counts,
    })
}
