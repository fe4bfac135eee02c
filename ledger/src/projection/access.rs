//! Access of Special Procedures: what a state invited to, against what it granted. A standing invitation is a promise;
//! visits asked for, agreed to and made are what became of it.
//! Not here: what a visit found (recommendations).

use std::collections::BTreeMap;

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::stories::recommendations::*;
use answerable_schemas::story::story;
use jiff::civil::Date;
use serde::Serialize;

use super::question::{Basis, Question, Report, Seen, days_between};

/// `"schema": "answerable.access/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Access {
    pub states: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub state: ActorId,
    pub name: String,
    pub invitation: Invitation,
    /// Since it was issued or withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invitation_since: Option<String>,
    pub visits: Visits,
    /// The request that has waited longest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub oldest_pending: Option<Waiting>,
    pub communications: Communications,
    /// Set where a standing invitation stands and requests wait all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<String>,
    #[serde(flatten)]
    pub basis: Basis,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Invitation {
    Issued,
    Withdrawn,
    /// None by these records.
    None,
}

/// Every visit asked for counts once, by where it stands: pending, accepted, declined and completed make up requested.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Visits {
    pub requested: u32,
    pub pending: u32,
    /// Agreed to, and not made yet.
    pub accepted: u32,
    pub declined: u32,
    pub completed: u32,
    /// Of those completed: where not all could be seen that was asked for.
    pub restricted: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Waiting {
    pub by: ActorId,
    pub since: String,
    pub days: i64,
    pub record: u64,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Communications {
    pub sent: u32,
    pub answered: u32,
}

/// One row a state, by id: those named, else all of whom anything of this is recorded.
pub fn access(q: &Question<'_>, named: &[ActorId]) -> Lookup<Report<Access>> {
    let mut stories: BTreeMap<ActorId, Vec<Seen>> = named.iter().map(|s| (s.clone(), Vec::new())).collect();
    let found = match named {
        [] => {
            let kinds = ["invitation:", "visit:", "communication:"];
            kinds.iter().map(|kind| q.all(kind)).collect::<Lookup<Vec<_>>>()?
        }
        _ => stories.keys().map(|state| of_state(q, state)).collect::<Lookup<Vec<_>>>()?,
    };
    for seen in found.into_iter().flatten() {
        let body = seen.view.acts.first().map(|a| a.body.to_map()).unwrap_or_default();
        let state = body.get("state").and_then(|s| s.as_str()?.parse::<ActorId>().ok());
        if let Some(state) = state.filter(|s| named.is_empty() || named.contains(s)) {
            stories.entry(state).or_default().push(seen);
        }
    }
    let mut rows = Vec::new();
    for (state, seen) in &stories {
        rows.push(row(q, state, seen)?);
    }
    Ok(q.report("answerable.access/v1", Access { states: rows }, q.unregistered(named)?))
}

/// An invitation is its state's only one; visits and communications have ids.
fn of_state(q: &Question<'_>, state: &ActorId) -> Lookup<Vec<Seen>> {
    let mut found: Vec<Seen> = q.seen(&story("invitation", &[state.in_stream()]))?.into_iter().collect();
    found.extend(q.all_of("visit", Some(state))?);
    found.extend(q.all_of("communication", Some(state))?);
    Ok(found)
}

fn row(q: &Question<'_>, state: &ActorId, stories: &[Seen]) -> Lookup<Row> {
    let (mut invitation, mut invitation_since) = (Invitation::None, None);
    let (mut visits, mut communications) = (Visits::default(), Communications::default());
    let mut waiting: Option<(Date, Waiting)> = None;
    for seen in stories {
        let view = &seen.view;
        match view.acts.first().and_then(|a| a.body.kind().split('.').next()) {
            Some("invitation") => {
                invitation = if view.state == "issued" { Invitation::Issued } else { Invitation::Withdrawn };
                invitation_since = view.since.map(|d| d.to_string());
            }
            Some("visit") => {
                visits.add(seen);
                if let (true, Some((since, found))) = (is_pending(seen), waits(q, seen))
                    && waiting.as_ref().is_none_or(|(oldest, _)| since < *oldest)
                {
                    waiting = Some((since, found));
                }
            }
            _ => {
                communications.sent += 1;
                communications.answered += u32::from(view.state == "replied");
            }
        }
    }
    let oldest_pending = waiting.map(|(_, w)| w);
    let gap = (invitation == Invitation::Issued && visits.pending > 0).then(|| {
        let age = oldest_pending.as_ref().map_or(String::new(), |w| format!(", the oldest for {} days", w.days));
        let requests = if visits.pending == 1 {
            "1 request waits".to_owned()
        } else {
            format!("{} requests wait", visits.pending)
        };
        format!("a standing invitation stands, and {requests}{age}")
    });
    let name = q.name(state)?;
    let basis = q.basis(stories)?;
    Ok(Row {
        state: state.clone(),
        name,
        invitation,
        invitation_since,
        visits,
        oldest_pending,
        communications,
        gap,
        basis,
    })
}

/// Asked for, and neither agreed to nor declined. A reminder that is all a source tells of is a request that waits.
fn is_pending(seen: &Seen) -> bool {
    matches!(seen.view.state, "requested" | "new")
}

impl Visits {
    fn add(&mut self, seen: &Seen) {
        self.requested += 1;
        match seen.view.state {
            "accepted" | "dates_proposed" => self.accepted += 1,
            "declined" => self.declined += 1,
            "completed" | "reported" => {
                self.completed += 1;
                let restricted = seen.view.last::<VisitCompleted>().is_some_and(|(b, _)| b.restricted == Some(true));
                self.restricted += u32::from(restricted);
            }
            _ => self.pending += 1,
        }
    }
}

/// Since when a request waits: since it was first made, whatever reminders came.
fn waits(q: &Question<'_>, seen: &Seen) -> Option<(Date, Waiting)> {
    let requested = seen.view.all::<VisitRequested>().next().map(|(b, act)| (&b.mandate_holder, act));
    let (by, act) = requested.or(seen.view.all::<VisitReminded>().next().map(|(b, act)| (&b.mandate_holder, act)))?;
    let since = act.effective.last_day();
    let days = days_between(since, q.as_of);
    Some((since, Waiting { by: by.clone(), since: act.effective.to_string(), days, record: act.seq() }))
}
