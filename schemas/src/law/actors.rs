//! The registers: who exists and since when, what it is called, who succeeded whom; and which treaties are known.
//! Not here: keys and roles.

use super::acts::{Act, all_standings};
use super::{Findings, Violation, violation};
use crate::catalogue::Body;
use crate::dates::CalendarDate;
use crate::envelope::Standing;
use crate::governance::{ActorKind, actor_stream, governance_stream};
use crate::history::{History, Lookup};
use crate::ids::{ActorId, TreatyId};
use crate::treaty::{TreatyRegistered, treaty_stream};
use jiff::civil::Date;
use std::sync::Arc;

/// What the register says of an actor.
#[derive(Debug, Clone)]
pub struct Actor {
    pub id: ActorId,
    pub kind: ActorKind,
    pub valid_from: CalendarDate,
    pub until: Option<CalendarDate>,
    /// Names with the dates from which they were borne, ascending.
    pub names: Vec<(CalendarDate, String)>,
    pub predecessors: Vec<Predecessor>,
    /// The records that say so.
    pub records: Vec<u64>,
}

#[derive(Debug, Clone)]
pub struct Predecessor {
    pub state: ActorId,
    /// Whose word it is.
    pub standing: Standing,
}

impl Actor {
    /// The name borne on a day; the first name for days before it.
    pub fn name_on(&self, day: Date) -> &str {
        let borne = self.names.iter().rfind(|(from, _)| from.last_day() <= day).or(self.names.first());
        borne.map_or(self.id.as_str(), |(_, name)| name)
    }
}

/// Looks an actor up; a founder exists from the founding on, unless the register says more.
pub fn lookup(history: &dyn History, id: &ActorId) -> Lookup<Option<Arc<Actor>>> {
    history.actor(id)
}

/// What a history answers that keeps none of it.
pub fn read(history: &(impl History + ?Sized), id: &ActorId) -> Lookup<Option<Actor>> {
    let mut actor: Option<Actor> = None;
    for act in all_standings(&history.stream(&actor_stream(id))?) {
        match (&act.body, &mut actor) {
            (Body::ActorRegistered(r), None) => {
                actor = Some(Actor {
                    id: id.clone(),
                    kind: r.kind,
                    valid_from: act.effective,
                    until: r.until,
                    names: vec![(act.effective, r.name.clone())],
                    predecessors: Vec::new(),
                    records: act.records().collect(),
                });
            }
            (Body::ActorRenamed(r), Some(a)) => {
                a.names.push((act.effective, r.name.clone()));
                a.records.extend(act.records());
            }
            (Body::StateSucceeded(s), Some(a)) => {
                a.predecessors.push(Predecessor { state: s.predecessor.clone(), standing: act.fact.standing });
                a.records.extend(act.records());
            }
            _ => {}
        }
    }
    match actor {
        None => founder(history, id),
        known => Ok(known),
    }
}

/// What the founding says of an actor, if it is a founder.
pub(super) fn founder(history: &(impl History + ?Sized), id: &ActorId) -> Lookup<Option<Actor>> {
    let governance = history.stream(&governance_stream())?;
    Ok(governance.iter().find_map(|fact| {
        let Body::LedgerFounded(founding) = &fact.body else { return None };
        founding.founders.iter().find(|f| f.actor == *id).map(|f| Actor {
            id: id.clone(),
            kind: ActorKind::Other,
            valid_from: fact.effective,
            until: None,
            names: vec![(fact.effective, f.name.clone())],
            predecessors: Vec::new(),
            records: vec![fact.seq],
        })
    }))
}

/// An act needs an actor that existed when it was done.
pub(super) fn alive(actor: Option<&Actor>, id: &ActorId, on: &CalendarDate) -> Result<(), Violation> {
    let actor = actor.ok_or_else(|| unknown(id))?;
    if on.last_day() < actor.valid_from.first_day() {
        return Err(violation(
            "law.actor.not_yet",
            format!("{id} exists from {}; it cannot act on {on}", actor.valid_from),
            "the act may be a predecessor's, or a date may be wrong",
        ));
    }
    match actor.until.filter(|u| on.first_day() > u.last_day()) {
        Some(until) => Err(violation(
            "law.actor.ended",
            format!("{id} existed until {until}; it cannot act on {on}"),
            "the act may be a successor's, or a date may be wrong",
        )),
        None => Ok(()),
    }
}

pub(super) fn unknown(id: &ActorId) -> Violation {
    violation(
        "law.actor.unknown",
        format!("{id} is not registered"),
        format!("a registrar first appends an actor.registered for {id}"),
    )
}

/// The machine of `actor:…` streams: registered once, then named and succeeded.
pub(super) fn fold(history: &dyn History, acts: &[Act]) -> Lookup<Findings> {
    let mut findings = Findings::default();
    // A register entry is made once, whatever dates it states: the first record of it stands.
    let first = acts.iter().filter(|a| matches!(a.body, Body::ActorRegistered(_))).map(Act::seq).min();
    for act in acts {
        // A corrected act is reported under its correction, which answers for what it says now.
        let mut fail = |v| findings.violations.push((act.stated_by(), v));
        match &act.body {
            Body::ActorRegistered(r) if first != Some(act.seq()) => fail(violation(
                "law.actor.already_registered",
                format!("{} is registered in record {}", r.actor, first.unwrap_or_default()),
                "to change it, append actor.renamed or event.corrected",
            )),
            Body::ActorRenamed(r) if first.is_none_or(|f| f > act.seq()) => fail(unknown(&r.actor)),
            Body::StateSucceeded(s) => {
                for (id, here) in [(&s.predecessor, false), (&s.successor, true)] {
                    let known = if here { first.is_some() } else { lookup(history, id)?.is_some() };
                    if !known {
                        fail(unknown(id));
                    }
                }
                if s.predecessor == s.successor {
                    fail(violation(
                        "law.actor.own_successor",
                        format!("{} cannot succeed itself", s.successor),
                        "name two states",
                    ));
                }
            }
            _ => {}
        }
    }
    Ok(findings)
}

/// The rules of a treaty, as registered (and corrected), with the records that say so.
pub fn treaty(history: &dyn History, id: &TreatyId) -> Lookup<Option<(TreatyRegistered, Vec<u64>)>> {
    let acts = all_standings(&history.stream(&treaty_stream(id))?);
    Ok(acts.into_iter().find_map(|act| {
        let records = act.records().collect();
        match act.body {
            Body::TreatyRegistered(rules) => Some((rules, records)),
            _ => None,
        }
    }))
}

/// The machine of `treaty:…` streams of two parts: a treaty is registered once, with rules that can be applied.
pub(super) fn fold_treaty_registration(history: &dyn History, acts: &[Act]) -> Lookup<Findings> {
    let mut findings = Findings::default();
    let first = acts.iter().map(Act::seq).min();
    for act in acts {
        let Body::TreatyRegistered(rules) = &act.body else { continue };
        // A corrected act is reported under its correction, which answers for what it says now.
        let mut fail = |v| findings.violations.push((act.stated_by(), v));
        if first != Some(act.seq()) {
            fail(violation(
                "law.treaty.already_registered",
                format!("{} is registered in record {}", rules.treaty, first.unwrap_or_default()),
                "to change its rules, append event.corrected",
            ));
        }
        if rules.adopted != act.effective {
            fail(violation(
                "law.treaty.adoption_differs",
                format!("adopted {}, but effective {}", rules.adopted, act.effective),
                "the effective date of treaty.registered is the day of its adoption",
            ));
        }
        if lookup(history, &rules.depositary)?.is_none() {
            fail(violation(
                "law.actor.unknown",
                format!("the depositary {} is not registered", rules.depositary),
                "append its actor.registered first",
            ));
        }
        if rules.threshold.modes.iter().any(|m| !rules.consent_modes.contains(m)) {
            fail(violation(
                "law.treaty.bad_threshold",
                "the threshold counts a mode that the treaty does not provide for".into(),
                "threshold.modes is a part of consent_modes",
            ));
        }
        if rules.requires.as_ref() == Some(&rules.treaty) {
            fail(violation(
                "law.treaty.own_parent",
                format!("{} cannot require itself", rules.treaty),
                "name another treaty, or leave requires out",
            ));
        }
        if let Some(parent) = &rules.requires
            && treaty(history, parent)?.is_none()
        {
            fail(violation(
                "law.treaty.unknown",
                format!("the parent treaty {parent} is not registered"),
                "register the parent treaty first",
            ));
        }
    }
    Ok(findings)
}
