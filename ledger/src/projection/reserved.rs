//! Reservations, declarations and objections to a treaty on a day: who made which, whether it was confirmed, who objects.
//! Not here: between which states an objection keeps the treaty from being in force.

use std::collections::BTreeMap;
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::ids::{Label, TreatyId};
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::law::{actors, participation};
use answerable_schemas::treaty::{ReservationMoment, participations_prefix};
use answerable_schemas::{ActorId, Standing};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

use super::question::{Question, Report, code};
use super::treaty::{Status, status};

/// `"schema": "answerable.reservations/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Reserved {
    pub treaty: TreatyId,
    pub title: String,
    pub acts: Vec<Row>,
    /// How many were withdrawn, lapsed or ended by the day, and are left out unless they are asked for.
    pub gone: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub kind: Kind,
    pub state: ActorId,
    pub name: String,
    pub label: Label,
    pub since: String,
    pub effect: Effect,
    /// Of a reservation: the provisions; of a declaration: its kind.
    pub about: Vec<String>,
    /// Of a reservation: at signature, at consent, or late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub made_at: Option<ReservationMoment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn: Option<String>,
    /// Objections to this reservation that stand.
    pub objected_by: Vec<ObjectedBy>,
    /// Of an objection: the reservation, and whether the treaty shall not be in force between the two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub objects_to: Option<ObjectsTo>,
    pub text: String,
    pub standing: Standing,
    pub flags: Vec<&'static str>,
    pub records: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Reservation,
    Declaration,
    Objection,
}

/// What has become of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Effect {
    InForce,
    /// The treaty is not in force for the state yet.
    NotYetInForce,
    /// Made when signing, and the state has not consented (VCLT article 23(2)).
    AwaitsConsent,
    /// Late: it waits until nobody has objected (practice: twelve months).
    AwaitsSilence {
        until: String,
    },
    /// Late, and objected to within the twelve months.
    Refused,
    Lapsed,
    Withdrawn,
    /// The state is bound no more.
    Ended,
}

impl Effect {
    pub fn as_text(&self) -> String {
        match self {
            Effect::InForce => "in force".into(),
            Effect::NotYetInForce => "not yet in force".into(),
            Effect::AwaitsConsent => "awaits consent".into(),
            Effect::AwaitsSilence { until } => format!("awaits silence until {until}"),
            Effect::Refused => "late, objected to".into(),
            Effect::Lapsed => "lapsed".into(),
            Effect::Withdrawn => "withdrawn".into(),
            Effect::Ended => "ended".into(),
        }
    }
    pub fn is_gone(&self) -> bool {
        matches!(self, Effect::Lapsed | Effect::Withdrawn | Effect::Ended | Effect::Refused)
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectedBy {
    pub state: ActorId,
    pub label: Label,
    pub precludes_entry_into_force: bool,
    pub on: String,
    pub record: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObjectsTo {
    pub state: ActorId,
    pub label: Label,
    pub precludes_entry_into_force: bool,
}

/// Those that stand on the day; with `all` also those that do not any more. None: the treaty is not registered.
pub fn reservations(q: &Question<'_>, treaty: &TreatyId, all: bool) -> Lookup<Option<Report<Reserved>>> {
    let Some(answer) =
        status(q.history(), treaty, q.as_of, q.known_size, &super::Filter { answered: None, ..q.filter })?
    else {
        return Ok(None);
    };
    let bound: BTreeMap<ActorId, Status> = answer.states.into_iter().map(|r| (r.actor, r.status)).collect();
    let mut rows: Vec<Row> = Vec::new();
    for name in q.history().streams_with_prefix(&participations_prefix(treaty))? {
        let facts = q.history().stream(&name)?;
        if q.keeps_stream(&facts) {
            rows.extend(of_state(q, &facts, &bound)?);
        }
    }
    objected(&mut rows, q.as_of);
    rows.sort_by(|a, b| (&a.name, &a.state, a.kind, &a.label).cmp(&(&b.name, &b.state, b.kind, &b.label)));
    let gone = rows.iter().filter(|r| r.effect.is_gone()).count() as u32;
    rows.retain(|r| all || !r.effect.is_gone());
    let title = actors::treaty(q.history(), treaty)?.map_or(String::new(), |(rules, _)| rules.title);
    let content = Reserved { treaty: treaty.clone(), title, acts: rows, gone };
    Ok(Some(q.report("answerable.reservations/v1", content, answer.notes)))
}

/// One state's, of each label what its strongest standing says.
fn of_state(q: &Question<'_>, facts: &[Arc<Fact>], bound: &BTreeMap<ActorId, Status>) -> Lookup<Vec<Row>> {
    let mut rows: Vec<Row> = Vec::new();
    for standing in Standing::ALL.into_iter().filter(|s| q.sees(*s)) {
        let mut acts = acts_of(facts, standing);
        acts.retain(|a| a.effective.last_day() <= q.as_of);
        let Some(state) = acts.first().and_then(|a| a.body.subject()).cloned() else { continue };
        let (now, _) = participation::fold(q.history(), &acts)?;
        let force = bound.get(&state).copied().unwrap_or(Status::None);
        let name = q.name(&state)?;
        let mut add = |kind: Kind, label: &Label, seq: u64, fill: &mut dyn FnMut(&mut Row)| -> Lookup<()> {
            if rows.iter().any(|r| r.kind == kind && r.label == *label) {
                return Ok(());
            }
            let records = about(&acts, kind, label);
            let mut row = Row {
                kind,
                state: state.clone(),
                name: name.clone(),
                label: label.clone(),
                since: acts.iter().find(|a| a.seq() == seq).map_or(String::new(), |a| a.effective.to_string()),
                effect: of_party(force),
                about: Vec::new(),
                made_at: None,
                confirmed: None,
                withdrawn: None,
                objected_by: Vec::new(),
                objects_to: None,
                text: text(&acts, seq),
                standing,
                flags: q.flags_on(facts, &records)?,
                records,
            };
            fill(&mut row);
            if row.withdrawn.is_some() {
                row.effect = Effect::Withdrawn;
            }
            rows.push(row);
            Ok(())
        };
        for (label, r) in &now.reservations {
            add(Kind::Reservation, label, r.seq, &mut |row| {
                row.about = r.articles.iter().map(ToString::to_string).collect();
                row.made_at = Some(r.made_at);
                row.confirmed = r.confirmed.map(|d| d.to_string());
                row.withdrawn = r.withdrawn.map(|d| d.to_string());
                if r.lapsed {
                    row.effect = Effect::Lapsed;
                }
            })?;
        }
        for (label, d) in &now.declarations {
            add(Kind::Declaration, label, d.seq, &mut |row| {
                row.about = vec![code(&d.kind)];
                row.withdrawn = d.withdrawn.map(|d| d.to_string());
            })?;
        }
        for (label, o) in &now.objections {
            add(Kind::Objection, label, o.seq, &mut |row| {
                let ((state, label), precludes_entry_into_force) = (o.to.clone(), o.precludes_entry_into_force);
                row.objects_to = Some(ObjectsTo { state, label, precludes_entry_into_force });
                row.withdrawn = o.withdrawn.map(|d| d.to_string());
            })?;
        }
    }
    Ok(rows)
}

fn of_party(force: Status) -> Effect {
    match force {
        Status::InForce | Status::Withdrawing => Effect::InForce,
        Status::Deposited => Effect::NotYetInForce,
        Status::Withdrawn | Status::SignatureRepudiated => Effect::Ended,
        Status::Signed | Status::ProvisionallyApplied | Status::None => Effect::AwaitsConsent,
    }
}

fn text(acts: &[Act], seq: u64) -> String {
    let text = acts.iter().find(|a| a.seq() == seq).map(|a| match &a.body {
        Body::ReservationMade(b) => b.text.clone(),
        Body::DeclarationMade(b) => b.text.clone(),
        Body::ObjectionMade(b) => b.text.clone(),
        _ => String::new(),
    });
    text.unwrap_or_default()
}

/// The records that tell of one label.
fn about(acts: &[Act], kind: Kind, label: &Label) -> Vec<u64> {
    let tells = |a: &&Act| match (&a.body, kind) {
        (Body::ReservationMade(b), Kind::Reservation) => b.reservation == *label,
        (Body::ReservationConfirmed(b), Kind::Reservation) => b.reservation == *label,
        (Body::ReservationWithdrawn(b), Kind::Reservation) => b.reservation == *label,
        (Body::DeclarationMade(b), Kind::Declaration) => b.declaration == *label,
        (Body::DeclarationWithdrawn(b), Kind::Declaration) => b.declaration == *label,
        (Body::ObjectionMade(b), Kind::Objection) => b.objection == *label,
        (Body::ObjectionWithdrawn(b), Kind::Objection) => b.objection == *label,
        _ => false,
    };
    acts.iter().filter(tells).flat_map(Act::records).collect()
}

/// Puts the objections that stand beside the reservations that they are to, and settles the late ones.
fn objected(rows: &mut [Row], as_of: Date) {
    let objections: Vec<(ObjectsTo, ObjectedBy)> = rows
        .iter()
        .filter(|r| r.withdrawn.is_none() && !r.effect.is_gone())
        .filter_map(|r| {
            let to = r.objects_to.clone()?;
            let (precludes_entry_into_force, on) = (to.precludes_entry_into_force, r.since.clone());
            let record = r.records.first().copied()?;
            let by =
                ObjectedBy { state: r.state.clone(), label: r.label.clone(), precludes_entry_into_force, on, record };
            Some((to, by))
        })
        .collect();
    for row in rows.iter_mut().filter(|r| r.kind == Kind::Reservation) {
        let to_this = |(to, _): &&(ObjectsTo, ObjectedBy)| to.state == row.state && to.label == row.label;
        row.objected_by = objections.iter().filter(to_this).map(|(_, by)| by.clone()).collect();
        row.objected_by.sort_by(|a, b| (&a.on, &a.state).cmp(&(&b.on, &b.state)));
        if row.made_at == Some(ReservationMoment::Late) && row.effect == Effect::InForce {
            let last = |text: &str| text.parse::<answerable_schemas::CalendarDate>().ok().map(|d| d.last_day());
            let Some(silence) = last(&row.since).map(|d| d.saturating_add(12.months())) else { continue };
            if row.objected_by.iter().any(|o| last(&o.on).is_some_and(|d| d <= silence)) {
                row.effect = Effect::Refused;
            } else if as_of < silence {
                row.effect = Effect::AwaitsSilence { until: silence.to_string() };
            }
        }
    }
}
