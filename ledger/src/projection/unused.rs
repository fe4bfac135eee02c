//! What was never used: kinds of events of which nothing is recorded, and mechanisms that states have never used. Nothing
//! recorded is not nothing done: the answer says what these records do not show.
//! Not here: mechanisms used and given up since; they count as used.

use std::collections::{BTreeMap, BTreeSet};

use answerable_schemas::catalogue::{Body, TYPES};
use answerable_schemas::governance::ActorKind;
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::Slug;
use answerable_schemas::law::actors;
use answerable_schemas::law::acts::all_standings;
use answerable_schemas::stories::commitments::{EndorsementMade, InstrumentRegistered};
use answerable_schemas::stories::national::AccreditationDecided;
use answerable_schemas::{ActorId, StreamName};
use serde::Serialize;

use super::conduct::sitting;
use super::members::UNITED_NATIONS;
use super::question::{Question, Report};
use super::treaty::registered;

/// `"schema": "answerable.unused/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Unused {
    /// Event types of which nothing is recorded by the day.
    pub kinds: Vec<&'static str>,
    pub states: u32,
    /// True where these are the recorded members of the United Nations; else the registered states that exist.
    pub by_membership: bool,
    pub mechanisms: Vec<Mechanism>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mechanism {
    pub mechanism: String,
    pub title: String,
    pub used: u32,
    pub never: u32,
    /// The first record of each state's use.
    pub records: Vec<u64>,
}

/// `"schema": "answerable.never_used/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct NeverUsed {
    pub mechanism: String,
    pub title: String,
    pub used: u32,
    pub states: u32,
    pub never: Vec<Never>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Never {
    pub state: ActorId,
    pub name: String,
    /// The records by which it is counted: its registration, its membership.
    pub records: Vec<u64>,
}

/// The states that are counted, with the records that say so.
struct States {
    of: BTreeMap<ActorId, Vec<u64>>,
    by_membership: bool,
}

/// Who used a mechanism, and in which record first.
#[derive(Default)]
struct Use {
    title: String,
    by: BTreeMap<ActorId, u64>,
}

/// Everything that was said by the day, read once.
#[derive(Default)]
struct Said {
    kinds: BTreeSet<&'static str>,
    uses: BTreeMap<String, Use>,
}

pub fn unused(q: &Question<'_>) -> Lookup<Report<Unused>> {
    let (states, said) = (states(q)?, said(q)?);
    // Keys, roles and answers to records are how a ledger is kept, no mechanism.
    let told = |k: &&str| !matches!(k.split('.').next(), Some("ledger" | "key" | "role" | "event" | "attachment"));
    let kinds = TYPES.iter().map(|t| t.name).filter(told).filter(|k| !said.kinds.contains(k)).collect();
    let mechanisms = said.uses.iter().map(|(id, found)| {
        let by: Vec<u64> = found.by.iter().filter(|(s, _)| states.of.contains_key(*s)).map(|(_, seq)| *seq).collect();
        let used = by.len() as u32;
        let mut records = by;
        records.sort_unstable();
        Mechanism {
            mechanism: id.clone(),
            title: found.title.clone(),
            used,
            never: states.of.len() as u32 - used,
            records,
        }
    });
    let content = Unused {
        kinds,
        states: states.of.len() as u32,
        by_membership: states.by_membership,
        mechanisms: mechanisms.collect(),
    };
    Ok(q.report("answerable.unused/v1", content, notes(&states)))
}

/// The states that never used one mechanism. Err: the mechanisms that there are.
pub fn never_used(q: &Question<'_>, mechanism: &str) -> Lookup<Result<Report<NeverUsed>, Vec<String>>> {
    let (states, said) = (states(q)?, said(q)?);
    let Some(found) = said.uses.get(mechanism) else { return Ok(Err(said.uses.into_keys().collect())) };
    let mut never = Vec::new();
    for (state, records) in states.of.iter().filter(|(s, _)| !found.by.contains_key(*s)) {
        never.push(Never { state: state.clone(), name: q.name(state)?, records: records.clone() });
    }
    let count = states.of.len() as u32;
    let content = NeverUsed {
        mechanism: mechanism.to_owned(),
        title: found.title.clone(),
        used: count - never.len() as u32,
        states: count,
        never,
    };
    Ok(Ok(q.report("answerable.never_used/v1", content, notes(&states))))
}

fn notes(states: &States) -> Vec<String> {
    let counted = match states.by_membership {
        true => format!("counted are the states that are members of {UNITED_NATIONS} by these records"),
        false => format!("no members of {UNITED_NATIONS} are recorded: counted are the registered states that exist"),
    };
    vec![counted, "never used means: nothing of it is recorded, whatever was done".to_owned()]
}

fn states(q: &Question<'_>) -> Lookup<States> {
    let mut of: BTreeMap<ActorId, Vec<u64>> = BTreeMap::new();
    let prefix = format!("membership:{UNITED_NATIONS}:");
    for name in q.history().streams_with_prefix(&prefix)? {
        let member = name.as_str().strip_prefix(&prefix).and_then(|m| ActorId::new(format!("state:{m}")).ok());
        let terms = q.periods(&name, &sitting, q.as_of)?;
        if let (Some(state), Some(term)) = (member, terms.iter().find(|t| t.covers(q.as_of))) {
            of.insert(state, term.records.clone());
        }
    }
    let by_membership = !of.is_empty();
    if !by_membership {
        for name in q.history().streams_with_prefix("actor:")? {
            let Some(id) = name.as_str().strip_prefix("actor:").and_then(|n| ActorId::new(n).ok()) else { continue };
            let Some(actor) = actors::lookup(q.history(), &id)? else { continue };
            let exists = actor.valid_from.last_day() <= q.as_of && actor.until.is_none_or(|u| u.last_day() >= q.as_of);
            if actor.kind == ActorKind::State && exists {
                of.insert(id, actor.records.clone());
            }
        }
    }
    Ok(States { of, by_membership })
}

/// Reads every record once.
fn said(q: &Question<'_>) -> Lookup<Said> {
    let mut said = Said::default();
    for (id, title) in FIXED {
        said.uses.insert((*id).to_owned(), Use { title: (*title).to_owned(), ..Use::default() });
    }
    for treaty in registered(q.history())? {
        let title = format!("signed or consented to {treaty}");
        said.uses.insert(format!("treaty:{treaty}"), Use { title, ..Use::default() });
    }
    for name in q.history().streams_with_prefix("")? {
        read(q, &name, &mut said)?;
    }
    Ok(said)
}

fn read(q: &Question<'_>, name: &StreamName, said: &mut Said) -> Lookup<()> {
    let facts = q.history().stream(name)?;
    let by_then = facts.iter().filter(|f| q.sees(f.standing) && f.effective.last_day() <= q.as_of);
    said.kinds.extend(by_then.map(|f| f.body.kind()));
    for act in all_standings(&facts) {
        if !q.sees(act.fact.standing) || act.effective.last_day() > q.as_of {
            continue;
        }
        if let Some(instrument) = act.body.get::<InstrumentRegistered>() {
            let id = endorsement(&instrument.instrument);
            said.uses.entry(id).or_default().title = format!("endorsed {}", instrument.title);
        }
        if let Some((mechanism, state)) = used(&act.body) {
            let first = said.uses.entry(mechanism).or_default().by.entry(state).or_insert(act.seq());
            *first = (*first).min(act.seq());
        }
    }
    Ok(())
}

/// The mechanisms that are there whatever is recorded.
const FIXED: &[(&str, &str)] = &[
    ("commitments", "made a commitment"),
    ("domestic-measures", "reported a domestic measure"),
    ("focal-point", "appointed a focal point"),
    ("nhri", "has a national human rights institution"),
    ("parliament", "its parliament acted, or set up a body"),
    ("recommendations-made", "recommended something to another"),
    ("self-assessment", "published an assessment of its own risks"),
    ("standing-invitation", "issued a standing invitation"),
    ("upr-documents", "a document prepared its review"),
    ("upr-dialogue", "was reviewed by its peers"),
    ("upr-report", "the report of its review was adopted"),
    ("upr-responses", "answered the recommendations in writing"),
    ("upr-outcome", "the outcome of its review was adopted"),
    ("upr-mid-term", "reported at mid-term"),
    ("visit", "a visit of Special Procedures was completed"),
];

fn endorsement(instrument: &Slug) -> String {
    format!("endorsement:{instrument}")
}

/// The mechanism that an act uses, and the state that does.
fn used(body: &Body) -> Option<(String, ActorId)> {
    if let Body::TreatySigned(_) | Body::ConsentDeposited(_) = body {
        return Some((format!("treaty:{}", body.treaty()?), body.subject()?.clone()));
    }
    if let Some(made) = body.get::<EndorsementMade>() {
        return Some((endorsement(&made.instrument), made.endorser.clone()));
    }
    let (mechanism, state) = match body.kind() {
        "commitment.made" => ("commitments", body.subject()?),
        "domestic.measure_reported" => ("domestic-measures", body.subject()?),
        "focal_point.appointed" | "focal_point.replaced" => ("focal-point", body.subject()?),
        "invitation.issued" => ("standing-invitation", body.subject()?),
        "nhri.established" => ("nhri", body.subject()?),
        "nhri.accreditation_decided" => ("nhri", &body.get::<AccreditationDecided>()?.state),
        "parliament.acted" | "parliament.body_established" => ("parliament", body.concerns()?),
        "recommendation.made" => ("recommendations-made", body.subject()?),
        "assessment.self_published" => ("self-assessment", body.subject()?),
        "upr.document_submitted" => ("upr-documents", body.concerns()?),
        "upr.dialogue_held" => ("upr-dialogue", body.concerns()?),
        "upr.report_adopted" => ("upr-report", body.concerns()?),
        "upr.responses_given" => ("upr-responses", body.concerns()?),
        "upr.outcome_adopted" => ("upr-outcome", body.concerns()?),
        "upr.mid_term_reported" => ("upr-mid-term", body.concerns()?),
        "visit.completed" | "visit.reported" => ("visit", body.concerns()?),
        _ => return None,
    };
    Some((mechanism.to_owned(), state.clone()))
}
