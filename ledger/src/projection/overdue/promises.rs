//! Dated promises that are no reports: commitments, answers to communications, action on warnings, reviews of
//! accreditations, self-assessments by a state's own cycle.
//! Not here: requests for visits, which have no date.

use answerable_schemas::CalendarDate;
use answerable_schemas::catalogue::Body;
use answerable_schemas::law::acts::Act;
use answerable_schemas::stories::commitments::*;
use answerable_schemas::stories::gatherings::{WarningAcknowledged, WarningActedOn, WarningIssued};
use answerable_schemas::stories::national::*;
use answerable_schemas::stories::recommendations::{CommunicationReplied, CommunicationSent};
use answerable_schemas::story::Binding;

use super::{Dates, Item, Kind, Owed, Status};
use crate::projection::question::{Basis, Question, Story};

/// Where states' assessments of their own risks are.
pub(super) const ASSESSMENTS: &str = "assessment:";

/// What is promised by one story, or by all of a state's assessments.
pub(super) fn items(q: &Question<'_>, stories: &[Story]) -> Vec<Item> {
    let kind = |s: &Story| s.stream.as_str().split(':').next().unwrap_or_default().to_owned();
    match stories.first().map(kind).as_deref() {
        Some("commitment") => stories.iter().filter_map(|s| commitment(q, s)).collect(),
        Some("communication") => stories.iter().filter_map(|s| reply(q, s)).collect(),
        Some("warning") => stories.iter().filter_map(|s| warning(q, s)).collect(),
        Some("nhri") => stories.iter().flat_map(|s| accreditations(q, s)).collect(),
        Some("assessment") => self_assessments(q, stories),
        _ => Vec::new(),
    }
}

fn binding_of(act: &Act) -> Binding {
    match &act.body {
        Body::Told(told) => told.binding().unwrap_or(Binding::Political),
        _ => Binding::Political,
    }
}

/// A promise is kept when its maker reports it complete; what others find stands beside that.
fn commitment(q: &Question<'_>, story: &Story) -> Option<Item> {
    let (made, act) = story.view.last::<CommitmentMade>()?;
    let owed = Owed {
        kind: Kind::Commitment,
        who: Some(made.maker.clone()),
        to: None,
        what: made.text.clone(),
        binding: binding_of(act),
        stream: story.stream.clone(),
    };
    // The first date stays; a later one stands beside it.
    let revised = || story.view.all::<CommitmentRevised>().filter_map(|(r, _)| r.due);
    let first = made.due.or(revised().next());
    let scheduled = revised().last().filter(|last| Some(*last) != first);
    let complete = story.view.all::<ProgressReported>().find(|(p, _)| p.status == SelfStatus::Complete);
    let dates = Dates { legal: first.map(|d| d.last_day()), scheduled, done: complete.map(|(_, act)| act.effective) };
    let mut item = owed.item(dates, q.as_of, story.whole());
    if let Some((w, _)) = story.view.last::<CommitmentWithdrawn>().filter(|_| complete.is_none()) {
        (item.status, item.days_late, item.days_late_by_schedule) = (Status::Withdrawn, None, None);
        item.notes.push(format!("withdrawn: {}", w.reason));
    }
    let became = story.view.all::<CommitmentRevised>().filter_map(|(r, _)| r.into.as_ref()).last();
    let became =
        became.map(|into| format!("became {}", into.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ")));
    let found = story.view.last::<CommitmentAssessed>();
    let found = found.map(|(a, _)| format!("{} finds: {}", a.assessor, assessed(a.status)));
    Some(item.noted(became).noted(found))
}

/// As it is spoken.
pub(crate) fn assessed(status: AssessedStatus) -> &'static str {
    match status {
        AssessedStatus::NoEvidence => "no evidence",
        AssessedStatus::NotStarted => "not started",
        AssessedStatus::Limited => "limited",
        AssessedStatus::Substantial => "substantial",
        AssessedStatus::Complete => "complete",
    }
}

fn reply(q: &Question<'_>, story: &Story) -> Option<Item> {
    let (sent, act) = story.view.last::<CommunicationSent>()?;
    let owed = Owed {
        kind: Kind::Reply,
        who: Some(sent.state.clone()),
        to: Some(sent.mandate_holder.clone()),
        what: sent.subject.clone().unwrap_or_else(|| format!("reply to {}", sent.communication)),
        binding: binding_of(act),
        stream: story.stream.clone(),
    };
    let replied = story.view.all::<CommunicationReplied>().next();
    let dates = Dates {
        legal: sent.reply_due.map(|d| d.last_day()),
        scheduled: None,
        done: replied.map(|(_, act)| act.effective),
    };
    let hollow =
        replied.filter(|(r, _)| r.substantive == Some(false)).map(|_| "the reply is not substantive".to_owned());
    Some(owed.item(dates, q.as_of, story.whole()).noted(hollow))
}

fn warning(q: &Question<'_>, story: &Story) -> Option<Item> {
    let (issued, act) = story.view.last::<WarningIssued>()?;
    let owed = Owed {
        kind: Kind::Warning,
        who: issued.to.clone(),
        to: Some(issued.issuer.clone()),
        what: format!("action on the warning of {}: {}", issued.state, issued.text),
        binding: binding_of(act),
        stream: story.stream.clone(),
    };
    // What others do about it is no answer of whom it was addressed to.
    let acted = story.view.all::<WarningActedOn>().find(|(a, _)| issued.to.as_ref().is_none_or(|to| *to == a.by));
    let dates = Dates {
        legal: issued.answer_due.map(|d| d.last_day()),
        scheduled: None,
        done: acted.map(|(_, act)| act.effective),
    };
    let seen = story.view.last::<WarningAcknowledged>();
    let seen = seen.map(|(a, act)| format!("acknowledged by {} on {}", a.by, act.effective));
    Some(owed.item(dates, q.as_of, story.whole()).noted(seen))
}

/// Each status that was given is reviewed by its day; a deferral puts that off.
fn accreditations(q: &Question<'_>, story: &Story) -> Vec<Item> {
    let decisions: Vec<(&AccreditationDecided, &Act)> = story.view.all::<AccreditationDecided>().collect();
    let gives = |d: AccreditationDecision| matches!(d, AccreditationDecision::A | AccreditationDecision::B);
    let keeps = |d: AccreditationDecision| {
        use AccreditationDecision::*;
        matches!(d, Deferred | SpecialReview | DowngradeNotice)
    };
    let mut items = Vec::new();
    for (i, (given, act)) in decisions.iter().enumerate().filter(|(_, (d, _))| gives(d.decision)) {
        let Some(next) = given.next_review else { continue };
        let after = &decisions[i + 1..];
        let answered = after.iter().position(|(d, _)| !keeps(d.decision));
        let between = &after[..answered.unwrap_or(after.len())];
        let put_off = between.iter().filter_map(|(d, _)| d.next_review).next_back().filter(|d| *d != next);
        let owed = Owed {
            kind: Kind::Accreditation,
            who: Some(given.nhri.clone()),
            to: Some(given.organ.clone()),
            what: format!("re-accreditation of {}", given.nhri),
            binding: Binding::Mandate,
            stream: story.stream.clone(),
        };
        let answer = answered.map(|at| after[at]);
        let dates =
            Dates { legal: Some(next.last_day()), scheduled: put_off, done: answer.map(|(_, act)| act.effective) };
        let acts = std::iter::once(*act).chain(between.iter().map(|(_, a)| *a)).chain(answer.map(|(_, a)| a));
        items.push(owed.item(dates, q.as_of, story.basis(acts)));
    }
    items
}

/// An assessment that names the day of the next one is answered by the state's next one.
fn self_assessments(q: &Question<'_>, stories: &[Story]) -> Vec<Item> {
    let mut published: Vec<(&SelfAssessmentPublished, CalendarDate, &Story, Basis)> = Vec::new();
    for story in stories {
        let acts = story.view.all::<SelfAssessmentPublished>();
        published.extend(acts.map(|(p, act)| (p, act.effective, story, story.basis([act]))));
    }
    published.sort_by_key(|(p, on, _, basis)| (p.state.clone(), on.last_day(), basis.records.clone()));
    let mut items = Vec::new();
    for (i, (p, _, story, basis)) in published.iter().enumerate() {
        let Some(due) = p.next_due else { continue };
        let next = published.get(i + 1).filter(|(n, ..)| n.state == p.state);
        let owed = Owed {
            kind: Kind::SelfAssessment,
            who: Some(p.state.clone()),
            to: None,
            what: "the next assessment of its own risks".to_owned(),
            binding: Binding::Political,
            stream: story.stream.clone(),
        };
        let dates = Dates { legal: Some(due.last_day()), scheduled: None, done: next.map(|(_, on, ..)| *on) };
        let basis = Basis::all([Some(basis), next.map(|(.., b)| b)].into_iter().flatten().cloned());
        items.push(owed.item(dates, q.as_of, basis));
    }
    items
}
