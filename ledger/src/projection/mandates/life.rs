//! One mandate's whole life up to a day: its terms and gaps, reviews, benchmarks with their latest assessment, what was
//! found of those who carry it out, and how it ended.
//! Not here: the list of mandates (its parent).

use answerable_schemas::history::Lookup;
use answerable_schemas::ids::{Slug, Symbol};
use answerable_schemas::law::acts::Act;
use answerable_schemas::law::mandates::Timeline;
use answerable_schemas::stories::council::*;
use answerable_schemas::stories::mandate_stream;
use serde::Serialize;

use super::{Row, Status, reporting_clauses, row};
use crate::projection::question::{Basis, Question, Story};

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Life {
    pub schema: &'static str,
    pub as_of: String,
    pub known_size: String,
    pub mandate: Row,
    /// In the order of the world.
    pub life: Vec<Line>,
}

/// One line of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub what: What,
    /// The day, or the first of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The last day that it covers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Symbol>,
    pub says: String,
    #[serde(flatten)]
    pub basis: Basis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    Established,
    Extended,
    ConditionMet,
    /// Days without a mandate.
    Lapse,
    Modified,
    Review,
    Task,
    Benchmark,
    Reporting,
    Finding,
    Incident,
    Expired,
    Terminated,
    Transferred,
}

impl What {
    pub fn as_str(self) -> &'static str {
        match self {
            What::Established => "established",
            What::Extended => "extended",
            What::ConditionMet => "condition met",
            What::Lapse => "lapse",
            What::Modified => "modified",
            What::Review => "review",
            What::Task => "task",
            What::Benchmark => "benchmark",
            What::Reporting => "reporting",
            What::Finding => "finding",
            What::Incident => "incident",
            What::Expired => "expired",
            What::Terminated => "terminated",
            What::Transferred => "transferred",
        }
    }
}

/// Tells a mandate's life; None where nothing is known of it on the day.
pub fn life(q: &Question<'_>, mandate: &Slug) -> Lookup<Option<Life>> {
    let Some(story) = q.story(&mandate_stream(mandate))? else { return Ok(None) };
    let reports = q.history().streams_with_prefix("report:")?;
    let row = row(q, &story, &reporting_clauses(q, &reports)?)?;
    let timeline = Timeline::of(&story.view.acts);
    let mut lines: Vec<Line> = Vec::new();
    for act in &story.view.acts {
        // A gap shows where it was: before the act that ended it.
        let gaps = timeline.lapses.iter().filter(|l| l.seq == act.stated_by());
        lines.extend(gaps.map(|l| Line {
            what: What::Lapse,
            from: Some(l.from.to_string()),
            until: Some(l.to.to_string()),
            decision: None,
            says: "nobody held the mandate".to_owned(),
            basis: story.basis([act]),
        }));
        lines.extend(line(&story, &timeline, &row, act));
    }
    if matches!(row.status, Status::ExpiredUnrenewed | Status::Lapsed) {
        let says = match row.status {
            Status::Lapsed => "its time ran out; it was taken up again later",
            _ => "its time ran out, and nothing renewed it",
        };
        let term = timeline.terms.last().map(|t| t.seq).into_iter().collect::<Vec<_>>();
        let basis = story.basis_of(&term);
        lines.push(Line {
            what: What::Expired,
            from: row.expires.clone(),
            until: None,
            decision: None,
            says: says.into(),
            basis,
        });
    }
    lines.extend(
        timeline.tasks.iter().map(|t| plain(What::Task, format!("{}: {}", t.task, t.text), tasks_basis(&story))),
    );
    lines.extend(timeline.benchmarks.iter().map(|b| benchmark(&story, b)));
    for stream in &row.reporting {
        let Some(clause) = q.story(stream)? else { continue };
        let says = clause.view.acts.first().and_then(words).unwrap_or_default();
        lines.push(plain(What::Reporting, says, clause.whole()));
    }
    for compliance in q.stories("compliance:")? {
        lines.extend(compliance_of(&compliance, mandate));
    }
    Ok(Some(Life {
        schema: "answerable.mandate/v1",
        as_of: q.as_of.to_string(),
        known_size: q.known_size.to_string(),
        mandate: row,
        life: lines,
    }))
}

fn plain(what: What, says: String, basis: Basis) -> Line {
    Line { what, from: None, until: None, decision: None, says, basis }
}

/// An act in the words of its type.
fn words(act: &Act) -> Option<String> {
    match &act.body {
        answerable_schemas::catalogue::Body::Told(told) => Some(told.words(&act.effective)),
        _ => None,
    }
}

fn line(story: &Story, timeline: &Timeline, row: &Row, act: &Act) -> Option<Line> {
    let body = &act.body;
    let (what, decision, says) = if let Some(b) = body.get::<MandateEstablished>() {
        (What::Established, b.decision.clone(), limit(timeline, act))
    } else if let Some(b) = body.get::<MandateExtended>() {
        let technical = if b.technical == Some(true) { "a technical rollover; " } else { "" };
        let review = match row.renewed_without_review.contains(&act.stated_by()) {
            true => "; no review came before it",
            false => "; reviewed before",
        };
        (What::Extended, Some(b.decision.clone()), format!("{technical}{}{review}", limit(timeline, act)))
    } else if let Some(b) = body.get::<MandateConditionMet>() {
        (What::ConditionMet, b.decision.clone(), b.basis.clone())
    } else if let Some(b) = body.get::<MandateModified>() {
        (What::Modified, Some(b.decision.clone()), b.change.clone())
    } else if let Some(b) = body.get::<MandateReviewed>() {
        (What::Review, b.document.clone(), b.finding.clone())
    } else if let Some(b) = body.get::<MandateTerminated>() {
        (What::Terminated, b.decision.clone(), "ended; this is its last day".to_owned())
    } else if let Some(b) = body.get::<MandateTransferred>() {
        (What::Transferred, Some(b.decision.clone()), format!("its tasks go to {}", b.successor))
    } else {
        return None;
    };
    let term = timeline.terms.iter().find(|t| t.seq == act.stated_by());
    let until = term.and_then(|t| t.until).map(|d| d.to_string());
    Some(Line { what, from: Some(act.effective.to_string()), until, decision, says, basis: story.basis([act]) })
}

/// A term's limit in words.
fn limit(timeline: &Timeline, act: &Act) -> String {
    let Some(term) = timeline.terms.iter().find(|t| t.seq == act.stated_by()) else { return String::new() };
    match (&term.unmet, term.until) {
        (Some((condition, until)), Some(unmet)) => format!("until {unmet}, and until {until} only if: {condition}"),
        (_, Some(until)) => format!("until {until}"),
        (_, None) => "no time limit".to_owned(),
    }
}

/// What sets the tasks: the founding, and the changes.
fn tasks_basis(story: &Story) -> Basis {
    let sets = |a: &&Act| {
        a.body.get::<MandateEstablished>().is_some()
            || a.body.get::<MandateModified>().is_some_and(|m| m.tasks.is_some())
    };
    story.basis(story.view.acts.iter().filter(sets))
}

/// A benchmark with its latest assessment.
fn benchmark(story: &Story, b: &Benchmark) -> Line {
    let found = story.view.all::<BenchmarkAssessed>().filter(|(a, _)| a.benchmark == b.benchmark).last();
    let (from, found, basis) = match found {
        Some((a, act)) => {
            let met = if a.met { "met" } else { "not met" };
            (Some(act.effective.to_string()), format!("{met} ({}): {}", a.assessor, a.text), story.basis([act]))
        }
        None => (None, "not assessed".to_owned(), Basis::default()),
    };
    let says = format!("{}: {} \u{2013} {found}", b.benchmark, b.text);
    Line { what: What::Benchmark, from, until: None, decision: None, says, basis }
}

/// What a story of compliance says of this mandate.
fn compliance_of(story: &Story, mandate: &Slug) -> Option<Line> {
    if let Some((b, act)) = story.view.last::<ComplianceFound>().filter(|(b, _)| b.mandate == *mandate) {
        let says = format!("{} {}: {}", b.implementer, found(b.finding, b.body_of_law), b.text);
        return Some(Line { from: Some(act.effective.to_string()), ..plain(What::Finding, says, story.whole()) });
    }
    let (b, act) = story.view.last::<IncidentReported>().filter(|(b, _)| b.mandate == *mandate)?;
    let outcome = match story.view.last::<IncidentResolved>() {
        Some((r, on)) => format!("resolved on {}, by the word of {}: {}", on.effective, r.implementer, r.outcome),
        None => "not resolved".to_owned(),
    };
    let says = format!("{}: {} \u{2013} {outcome}", b.implementer, b.text);
    Some(Line { from: Some(act.effective.to_string()), ..plain(What::Incident, says, story.whole()) })
}

fn found(finding: Finding, law: BodyOfLaw) -> String {
    let finding = match finding {
        Finding::Complies => "complies with",
        Finding::PartlyComplies => "partly complies with",
        Finding::DoesNotComply => "does not comply with",
    };
    let law = match law {
        BodyOfLaw::HumanitarianLaw => "humanitarian law",
        BodyOfLaw::HumanRightsLaw => "human rights law",
        BodyOfLaw::RefugeeLaw => "refugee law",
    };
    format!("{finding} {law}")
}
