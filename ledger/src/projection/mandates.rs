//! Mandates on a day: which are live, when each expires, where it lapsed, how it ended, and whether anybody must report on
//! it or has reviewed it before it was renewed.
//! Not here: how time limits are computed (`law::mandates`), one mandate's whole life (`life`), what came of the duty to report
//! (`reporting`), reports that are due (`overdue`).

pub mod life;
pub mod reporting;

use answerable_schemas::history::Lookup;
use answerable_schemas::ids::Slug;
use answerable_schemas::law::mandates::{Lapse, Term, Timeline};
use answerable_schemas::stories::council::{Benchmark, MandateExtended, MandateReviewed, Task};
use answerable_schemas::stories::reporting::ReportRequired;
use answerable_schemas::{ActorId, StreamName};
use jiff::civil::Date;
use serde::Serialize;

use super::question::{Basis, Question, Story, days_between};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Mandates {
    pub schema: &'static str,
    pub as_of: String,
    pub known_size: String,
    pub mandates: Vec<Row>,
    /// Of all mandates known on the day, whether shown or not.
    pub counts: Counts,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub known: usize,
    pub live: usize,
    /// Of those that are live.
    pub without_time_limit: usize,
    pub without_reporting: usize,
    pub renewed_without_review: usize,
    /// Of those that are not.
    pub lapsed: usize,
    pub expired_unrenewed: usize,
    pub terminated: usize,
    pub transferred: usize,
}

/// Which mandates to show.
#[derive(Debug, Clone, Copy, Default)]
pub struct Which {
    /// Those that are not live, too.
    pub all: bool,
    pub no_limit: bool,
    pub no_reporting: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Live,
    /// Nobody holds it on the day; it was taken up again later.
    Lapsed,
    /// Its time ran out, and nothing renewed it.
    ExpiredUnrenewed,
    Terminated,
    Transferred,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Live => "live",
            Status::Lapsed => "lapsed",
            Status::ExpiredUnrenewed => "expired unrenewed",
            Status::Terminated => "terminated",
            Status::Transferred => "transferred",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub mandate: String,
    pub title: String,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organ: Option<ActorId>,
    pub implementers: Vec<ActorId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last day of all, by what was decided on the day; absent where there is no time limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Set where the limit is conditional, and the condition not met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unless: Option<Unless>,
    pub no_time_limit: bool,
    /// From the day to the last one; absent where it is not live, or has no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// The mandate that took its tasks over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<Slug>,
    pub tasks: Vec<Task>,
    pub benchmarks: Vec<Benchmark>,
    pub protection_of_civilians: bool,
    pub drawdown: bool,
    pub lapses: Vec<Gap>,
    /// The requirements to report on it that are in force; none: there is no reporting clause.
    pub reporting: Vec<StreamName>,
    pub reviews: usize,
    pub renewals: usize,
    /// The records that renewed it although nobody had reviewed it since the renewal before.
    pub renewed_without_review: Vec<u64>,
    #[serde(flatten)]
    pub basis: Basis,
}

/// What a conditional limit becomes if its condition is met.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Unless {
    pub condition: String,
    pub until: String,
}

/// Days without a mandate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Gap {
    pub from: String,
    pub to: String,
    /// The record that took it up again.
    pub record: u64,
}

impl From<&Lapse> for Gap {
    fn from(l: &Lapse) -> Self {
        Self { from: l.from.to_string(), to: l.to.to_string(), record: l.seq }
    }
}

/// Answers with the mandates of the day.
pub fn mandates(q: &Question<'_>, which: Which) -> Lookup<Mandates> {
    let clauses = reporting_clauses(q, &q.history().streams_with_prefix("report:")?)?;
    let (mut rows, mut counts) = (Vec::new(), Counts::default());
    for story in q.stories("mandate:")? {
        let row = row(q, &story, &clauses)?;
        counts.count(&row);
        let wanted = (which.all || row.status == Status::Live)
            && (!which.no_limit || row.no_time_limit)
            && (!which.no_reporting || row.reporting.is_empty());
        if wanted && q.keeps(&row.basis) {
            rows.push(row);
        }
    }
    Ok(Mandates {
        schema: "answerable.mandates/v1",
        as_of: q.as_of.to_string(),
        known_size: q.known_size.to_string(),
        mandates: rows,
        counts,
    })
}

impl Counts {
    fn count(&mut self, row: &Row) {
        self.known += 1;
        match row.status {
            Status::Live => {
                self.live += 1;
                self.without_time_limit += usize::from(row.no_time_limit);
                self.without_reporting += usize::from(row.reporting.is_empty());
                self.renewed_without_review += usize::from(!row.renewed_without_review.is_empty());
            }
            Status::Lapsed => self.lapsed += 1,
            Status::ExpiredUnrenewed => self.expired_unrenewed += 1,
            Status::Terminated => self.terminated += 1,
            Status::Transferred => self.transferred += 1,
        }
    }
}

/// Of these requirements those to report on a mandate that are in force on the day, each with the mandate.
pub(super) fn reporting_clauses(q: &Question<'_>, streams: &[StreamName]) -> Lookup<Vec<(Slug, StreamName)>> {
    let mut clauses = Vec::new();
    for stream in streams {
        let Some(view) = q.view_on(stream, &q.history().stream(stream)?, q.as_of)? else { continue };
        let Some((required, _)) = view.last::<ReportRequired>() else { continue };
        let over = required.ends.is_some_and(|e| e.last_day() < q.as_of);
        if let Some(mandate) = required.mandate.clone().filter(|_| view.state == "required" && !over) {
            clauses.push((mandate, stream.clone()));
        }
    }
    Ok(clauses)
}

/// `clauses` are those in force, of this mandate or of all.
pub(super) fn row(q: &Question<'_>, story: &Story, clauses: &[(Slug, StreamName)]) -> Lookup<Row> {
    let timeline = Timeline::of(&story.view.acts);
    let id = story.stream.as_str().strip_prefix("mandate:").unwrap_or_default().to_owned();
    let status = status(q, story, &timeline)?;
    let live = status == Status::Live;
    let last = timeline.last_day();
    let unless = timeline
        .terms
        .last()
        .and_then(|t| t.unmet.as_ref())
        .map(|(condition, until)| Unless { condition: condition.clone(), until: until.to_string() });
    let reporting = clauses.iter().filter(|(m, _)| m.as_str() == id).map(|(_, s)| s.clone()).collect();
    Ok(Row {
        title: if timeline.title.is_empty() { id.clone() } else { timeline.title.clone() },
        mandate: id,
        status,
        organ: timeline.organ.clone(),
        implementers: timeline.implementers.clone(),
        since: timeline.terms.first().map(|t| t.from.to_string()),
        expires: last.map(|d| d.to_string()),
        unless: unless.filter(|_| timeline.ended.is_none()),
        no_time_limit: last.is_none(),
        days_left: last.filter(|_| live).map(|d| days_between(q.as_of, d)),
        successor: timeline.successor.clone(),
        tasks: timeline.tasks.clone(),
        benchmarks: timeline.benchmarks.clone(),
        protection_of_civilians: timeline.protection_of_civilians,
        drawdown: timeline.drawdown,
        lapses: timeline.lapses.iter().map(Gap::from).collect(),
        reporting,
        reviews: story.view.all::<MandateReviewed>().count(),
        renewals: story.view.all::<MandateExtended>().count(),
        renewed_without_review: unreviewed(story, &timeline.terms),
        basis: story.whole(),
    })
}

fn status(q: &Question<'_>, story: &Story, timeline: &Timeline) -> Lookup<Status> {
    if timeline.live_on(q.as_of) {
        return Ok(Status::Live);
    }
    if timeline.ended.is_some_and(|end| end.last_day() < q.as_of) {
        let transferred = timeline.successor.is_some();
        return Ok(if transferred { Status::Transferred } else { Status::Terminated });
    }
    // What was decided later tells whether this is a gap or the end.
    let gap = all_lapses(q, &story.stream)?.iter().any(|l| l.from <= q.as_of && q.as_of <= l.to);
    Ok(if gap { Status::Lapsed } else { Status::ExpiredUnrenewed })
}

/// The gaps of a mandate, by all that is known of it, of any day.
pub(super) fn all_lapses(q: &Question<'_>, stream: &StreamName) -> Lookup<Vec<Lapse>> {
    let known = q.view_on(stream, &q.history().stream(stream)?, Date::MAX)?;
    Ok(known.map(|view| Timeline::of(&view.acts).lapses).unwrap_or_default())
}

/// The renewals that no review came before, since the renewal before or the founding.
fn unreviewed(story: &Story, terms: &[Term]) -> Vec<u64> {
    let reviews: Vec<Date> = story.view.all::<MandateReviewed>().map(|(_, a)| a.effective.last_day()).collect();
    let renewals = story.view.all::<MandateExtended>().map(|(_, a)| a.stated_by());
    let mut found = Vec::new();
    for seq in renewals {
        let Some(at) = terms.iter().position(|t| t.seq == seq) else { continue };
        let from = at.checked_sub(1).map_or(Date::MIN, |before| terms[before].from.last_day());
        let to = terms[at].from.last_day();
        if !reviews.iter().any(|r| from <= *r && *r <= to) {
            found.push(seq);
        }
    }
    found
}
