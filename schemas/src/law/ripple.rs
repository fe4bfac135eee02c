//! What an act changes in other streams: a deposit that moves a treaty's entry into force, a parent treaty left, a
//! register corrected, a decision or mandate that other stories rest on. Acts recorded there keep standing; where a rule is broken now, both sides are flagged.
//! Not here: what it changes in its own stream (`compare` in `mod`).

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Flag, actors, compare, entry, fold};
use crate::catalogue::Body;
use crate::envelope::Standing;
use crate::history::{Fact, History, Lookup};
use crate::ids::{StreamName, TreatyId};
use crate::treaty::{TreatyRegistered, WithdrawalRule, participation_stream, participations_prefix};

/// A history with one fact more.
struct Plus<'a> {
    history: &'a dyn History,
    fact: &'a Arc<Fact>,
}

impl History for Plus<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        let mut facts = self.history.stream(name)?;
        if *name == self.fact.stream {
            facts.push(self.fact.clone());
        }
        Ok(facts)
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        let mut names = self.history.streams_with_prefix(prefix)?;
        if self.fact.stream.as_str().starts_with(prefix) && !names.contains(&self.fact.stream) {
            names.push(self.fact.stream.clone());
            names.sort();
        }
        Ok(names)
    }
}

/// The flags that `fact` causes outside its own stream.
pub(super) fn flags(history: &dyn History, fact: &Arc<Fact>) -> Lookup<Vec<Flag>> {
    let mut flags = Vec::new();
    let with = Plus { history, fact };
    for name in dependents(history, &with, fact)? {
        let facts = history.stream(&name)?;
        for standing in Standing::ALL {
            let was = || fold(history, &facts, standing, &name);
            let is = fold(&with, &facts, standing, &name)?;
            // No finding bears this fact's seq: the stream is another, so nothing is refused for it.
            flags.extend(compare(fact, was, is)?.unwrap_or_default());
        }
    }
    Ok(flags)
}

/// The streams whose acts may be judged otherwise, now that `fact` is there.
fn dependents(history: &dyn History, with: &Plus<'_>, fact: &Fact) -> Lookup<Vec<StreamName>> {
    let corrects = fact.body.correction().is_some();
    let mut parts = fact.stream.as_str().splitn(3, ':');
    let (family, first, more) = (parts.next(), parts.next(), parts.next());
    let treaty = first.and_then(|t| TreatyId::new(t).ok()).filter(|_| family == Some("treaty"));
    let mut names = match (&treaty, more) {
        (None, _) if family == Some("actor") && corrects => participations_of(history, fact)?,
        (Some(treaty), None) if corrects => history.streams_with_prefix(&participations_prefix(treaty))?,
        (Some(treaty), Some(_)) => {
            let mut names = Vec::new();
            if corrects || matches!(fact.body, Body::WithdrawalNotified(_)) {
                names = in_child_treaties(history, fact, treaty)?;
            }
            let deposits = corrects || matches!(fact.body, Body::ConsentDeposited(_));
            if deposits && moves_entry(history, with, fact, treaty)? {
                names.extend(history.streams_with_prefix(&participations_prefix(treaty))?);
            }
            names
        }
        _ => resting_on(history, fact, corrects)?,
    };
    names.retain(|n| *n != fact.stream);
    Ok(names)
}

/// All participations of the actor whose register entry `fact` is about.
fn participations_of(history: &dyn History, fact: &Fact) -> Lookup<Vec<StreamName>> {
    let register = history.stream(&fact.stream)?;
    let registered = register.iter().find_map(|f| match &f.body {
        Body::ActorRegistered(r) => Some(&r.actor),
        _ => None,
    });
    let Some(actor) = registered else { return Ok(Vec::new()) };
    Ok(treaties(history)?.iter().map(|treaty| participation_stream(treaty, actor)).collect())
}

/// Stories that others rest on (`needs`), by the first part of their streams' names: whether only a correction changes what
/// rests on them, and the beginnings of the streams that do. What a decision, an instrument or a recommendation says changes
/// only by a correction; a mandate's life changes with each act, and with it what is due.
const RESTED_ON: [(&str, bool, &[&str]); 4] = [
    ("decision", true, &["agenda:", "mandate:", "report:", "warning:"]),
    ("instrument", true, &["commitment:", "endorsement:", "statement:"]),
    ("mandate", false, &["compliance:", "report:"]),
    ("recommendation", true, &["assistance:"]),
];

/// The beginnings of all streams that rest on others, sorted.
pub(crate) fn resting_kinds() -> BTreeSet<&'static str> {
    RESTED_ON.iter().flat_map(|(_, _, kinds)| kinds.iter().copied()).collect()
}

/// The stories that a statement rests on, if its own can be judged otherwise when they change.
pub fn rests_on(stream: &StreamName, body: &Body) -> Vec<StreamName> {
    let can_rest = || RESTED_ON.iter().flat_map(|(_, _, kinds)| *kinds).any(|kind| stream.as_str().starts_with(kind));
    match body {
        Body::Told(told) if can_rest() => told.needs(),
        _ => Vec::new(),
    }
}

/// The declared stories that rest on this one and may be judged otherwise now.
fn resting_on(history: &dyn History, fact: &Fact, corrects: bool) -> Lookup<Vec<StreamName>> {
    let family = fact.stream.as_str().split(':').next();
    let row = RESTED_ON.iter().find(|(name, by_correction, _)| Some(*name) == family && (corrects || !by_correction));
    let Some((_, _, kinds)) = row else { return Ok(Vec::new()) };
    let mut resting = history.resting_on(&fact.stream)?;
    resting.retain(|name| kinds.iter().any(|kind| name.as_str().starts_with(kind)));
    Ok(resting)
}

/// What the state of `fact` did in the treaties that require `parent`.
fn in_child_treaties(history: &dyn History, fact: &Fact, parent: &TreatyId) -> Lookup<Vec<StreamName>> {
    let acts = history.stream(&fact.stream)?;
    let mut names = Vec::new();
    let Some(state) = acts.iter().find_map(|f| f.body.subject()) else { return Ok(names) };
    for child in treaties(history)? {
        if actors::treaty(history, &child)?.is_some_and(|(rules, _)| rules.requires.as_ref() == Some(parent)) {
            names.push(participation_stream(&child, state));
        }
    }
    Ok(names)
}

fn treaties(history: &dyn History) -> Lookup<Vec<TreatyId>> {
    let names = history.streams_with_prefix("treaty:")?;
    Ok(names.iter().filter_map(|n| TreatyId::new(n.as_str().strip_prefix("treaty:")?).ok()).collect())
}

/// True where a rule of the treaty rests on its entry into force, and some standing now sees another day of it.
fn moves_entry(history: &dyn History, with: &Plus<'_>, fact: &Fact, treaty: &TreatyId) -> Lookup<bool> {
    let Some((rules, _)) = actors::treaty(history, treaty)? else { return Ok(false) };
    if !rests_on_entry(&rules) {
        return Ok(false);
    }
    for standing in Standing::ALL.into_iter().filter(|s| s.sees(fact.standing)) {
        let was = entry::entry_seen_by(history, treaty, &rules, standing)?;
        let too_late = was.is_some_and(|w| fact.body.correction().is_none() && fact.effective.last_day() >= w);
        if !too_late && was != entry::entry_seen_by(with, treaty, &rules, standing)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn rests_on_entry(rules: &TreatyRegistered) -> bool {
    rules.accession_after_entry_into_force == Some(true)
        || rules.signature.as_ref().is_some_and(|s| s.until_entry_into_force == Some(true))
        || matches!(rules.withdrawal, WithdrawalRule::FixedTerms { .. })
}
