//! National human rights institutions: their status under the Paris Principles, what is pending, when they are reviewed
//! next, and whether they report on the prevention of atrocity crimes.
//! Not here: what they find of others (assessments).

use std::collections::BTreeSet;

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::stories::national::*;
use serde::Serialize;

use super::question::{Basis, Question, Report, Seen, code};

/// `"schema": "answerable.institutions/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Institutions {
    pub institutions: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub state: ActorId,
    pub state_name: String,
    /// Absent where the state has none by these records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nhri: Option<ActorId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nhri_name: Option<String>,
    pub status: Status,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// A deferral, special review or notice after the last decision on the status, and its date.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pending: Option<Pending>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_review: Option<String>,
    /// The day of the next review has passed, and nothing was decided.
    pub review_passed: bool,
    /// The last report that deals with the prevention of atrocity crimes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevention_report: Option<Reported>,
    #[serde(flatten)]
    pub basis: Basis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    A,
    B,
    NoStatus,
    Suspended,
    Lapsed,
    NotAccredited,
    /// No institution is recorded.
    NoneEstablished,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::A => "A",
            Status::B => "B",
            Status::NoStatus => "no status",
            Status::Suspended => "suspended",
            Status::Lapsed => "lapsed",
            Status::NotAccredited => "not accredited",
            Status::NoneEstablished => "none established",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Pending {
    pub what: String,
    pub on: String,
    pub record: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reported {
    pub on: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub record: u64,
}

/// One row an institution; of the states asked for by name also those that have none.
pub fn institutions(q: &Question<'_>, named: &[ActorId]) -> Lookup<Report<Institutions>> {
    let stories = match named {
        [] => q.all_of("nhri", None)?,
        named => {
            let once: BTreeSet<&ActorId> = named.iter().collect();
            let of_each = once.into_iter().map(|s| q.all_of("nhri", Some(s))).collect::<Lookup<Vec<_>>>()?;
            of_each.into_iter().flatten().collect()
        }
    };
    let mut rows = Vec::new();
    for seen in &stories {
        let Some((state, nhri)) = whose(seen) else { continue };
        if named.is_empty() || named.contains(&state) {
            rows.push(row(q, state, nhri, seen)?);
        }
    }
    let have: BTreeSet<ActorId> = rows.iter().map(|r| r.state.clone()).collect();
    for state in named.iter().collect::<BTreeSet<_>>().into_iter().filter(|s| !have.contains(*s)) {
        rows.push(Row {
            state: state.clone(),
            state_name: q.name(state)?,
            nhri: None,
            nhri_name: None,
            status: Status::NoneEstablished,
            since: None,
            pending: None,
            next_review: None,
            review_passed: false,
            prevention_report: None,
            basis: Basis::default(),
        });
    }
    rows.sort_by(|a, b| (&a.state, &a.nhri).cmp(&(&b.state, &b.nhri)));
    Ok(q.report("answerable.institutions/v1", Institutions { institutions: rows }, q.unregistered(named)?))
}

fn whose(seen: &Seen) -> Option<(ActorId, ActorId)> {
    let body = seen.view.acts.first()?.body.to_map();
    let actor = |member: &str| body.get(member)?.as_str()?.parse::<ActorId>().ok();
    Some((actor("state")?, actor("nhri")?))
}

fn row(q: &Question<'_>, state: ActorId, nhri: ActorId, seen: &Seen) -> Lookup<Row> {
    let view = &seen.view;
    let status = match view.state {
        "status_a" => Status::A,
        "status_b" => Status::B,
        "no_status" => Status::NoStatus,
        "suspended" => Status::Suspended,
        "lapsed" => Status::Lapsed,
        _ => Status::NotAccredited,
    };
    use AccreditationDecision as D;
    let is_pending = |d: D| matches!(d, D::Deferred | D::SpecialReview | D::DowngradeNotice);
    let pending = view.last::<AccreditationDecided>().filter(|(b, _)| is_pending(b.decision)).map(|(b, act)| Pending {
        what: code(&b.decision),
        on: act.effective.to_string(),
        record: act.seq(),
    });
    let next = view.all::<AccreditationDecided>().filter_map(|(b, _)| b.next_review).last();
    let next = next.filter(|_| matches!(status, Status::A | Status::B | Status::Suspended));
    let reports = view.all::<NhriReported>().filter(|(b, _)| b.atrocity_prevention);
    let prevention_report = reports.last().map(|(b, act)| Reported {
        on: act.effective.to_string(),
        document: b.document.as_ref().map(|d| d.to_string()),
        title: b.title.clone(),
        record: act.seq(),
    });
    Ok(Row {
        state_name: q.name(&state)?,
        nhri_name: Some(q.name(&nhri)?),
        state,
        nhri: Some(nhri),
        status,
        since: view.since.map(|d| d.to_string()),
        pending,
        next_review: next.map(|d| d.to_string()),
        review_passed: next.is_some_and(|d| d.last_day() < q.as_of),
        prevention_report,
        basis: q.basis([seen])?,
    })
}
