//! What follows for treaties from the acts that changed: where each state stands, and whether the treaty is in force.
//! Not here: the acts; the law that computes a status (`treaty`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::Flag;
use answerable_schemas::treaty::participation_stream;
use answerable_schemas::treaty::treaty_stream;
use answerable_schemas::{ActorId, CalendarDate};

use super::{Change, How, Maker, Saying, Scope, TreatyChange, makers};
use crate::projection::question::Question;
use crate::projection::treaty::{Counts, Participants, Row, Successions, TreatyStatus, codes, registered};

/// The acts that can change where a state stands. Reservations and declarations do not.
const MOVES: [&str; 7] = [
    "treaty.consent_deposited",
    "treaty.provisional_application_ended",
    "treaty.provisionally_applied",
    "treaty.signature_repudiated",
    "treaty.signed",
    "treaty.withdrawal_notified",
    "treaty.withdrawal_revoked",
];

#[derive(Default)]
pub struct Follows {
    pub changes: Vec<Change>,
    pub treaties: Vec<TreatyChange>,
}

/// One treaty at one end, and all that is recorded of its participations there, with the flags on it.
struct End {
    status: TreatyStatus,
    facts: Vec<Arc<Fact>>,
    flags: Vec<Flag>,
}

impl End {
    fn of(q: &Question<'_>, treaty: &TreatyId) -> Lookup<Option<Self>> {
        let Some(all) = Participants::of(q.history(), treaty)? else { return Ok(None) };
        let status = all.status(q.as_of, q.known_size, &q.filter, Successions::Recorded)?;
        let (mut facts, mut flags) = (Vec::new(), Vec::new());
        for recorded in all.participations {
            facts.extend(recorded.facts);
            flags.extend(recorded.flags);
        }
        Ok(Some(Self { status, facts, flags }))
    }

    fn entry(&self, q: &Question<'_>) -> Saying {
        let e = &self.status.entry_into_force;
        let in_force =
            e.date.as_ref().and_then(|d| d.parse::<CalendarDate>().ok()).is_some_and(|d| d.last_day() <= q.as_of);
        Saying::Entry {
            entry_into_force: e.date.clone(),
            in_force,
            deposits_counted: e.deposits_counted,
            deposits_needed: e.deposits_needed,
        }
    }
}

/// None where the treaty that was asked for is registered at neither end.
pub fn standings(
    before: &Question<'_>,
    after: &Question<'_>,
    scope: &Scope<'_>,
    acts: &[Change],
) -> Lookup<Option<Follows>> {
    let treaties: BTreeSet<TreatyId> = match scope.treaty {
        Some(treaty) => BTreeSet::from([treaty.clone()]),
        None => registered(before.history())?.into_iter().chain(registered(after.history())?).collect(),
    };
    let mut follows = Follows::default();
    for treaty in treaties {
        let (was, is) = (End::of(before, &treaty)?, End::of(after, &treaty)?);
        let Some(title) = is.as_ref().or(was.as_ref()).map(|end| end.status.title.clone()) else {
            return Ok(None);
        };
        let counts = |end: &Option<End>| end.as_ref().map_or(Counts::default(), |e| e.status.counts.clone());
        follows.treaties.push(TreatyChange {
            treaty: treaty.clone(),
            title: title.clone(),
            before: counts(&was),
            after: counts(&is),
        });
        let moved: Vec<&Change> =
            acts.iter().filter(|c| c.treaty.as_ref() == Some(&treaty) && MOVES.contains(&c.fact)).collect();
        let none = Vec::new();
        let facts: Vec<&Arc<Fact>> =
            [&was, &is].into_iter().flat_map(|end| end.as_ref().map_or(&none, |e| &e.facts)).collect();
        // Whoever knows more records knows more flags, too.
        let (wider, end) = if after.known_size >= before.known_size { (after, &is) } else { (before, &was) };
        let known = end.as_ref().map_or(&[][..], |end| &end.flags);
        let flags = |makers: &[Maker]| {
            let on: Vec<u64> = makers.iter().map(|m| m.seq).collect();
            wider.note_flags(known.iter().filter(|f| on.contains(&f.seq)).cloned());
            codes(known, &on)
        };
        let entry = entry(before, after, &was, &is, &moved, &facts);
        if let Some((said, says, records)) = &entry
            && scope.state.is_none()
        {
            follows.changes.push(Change {
                stream: treaty_stream(&treaty),
                treaty: Some(treaty.clone()),
                actor: None,
                name: title.clone(),
                fact: "entry_into_force",
                how: How::Follows,
                before: said.clone(),
                after: says.clone(),
                flags: flags(records),
                records: records.clone(),
            });
        }
        let mut rows: BTreeMap<&ActorId, [Option<&Row>; 2]> = BTreeMap::new();
        for (i, end) in [&was, &is].into_iter().enumerate() {
            for row in end.iter().flat_map(|e| &e.status.states) {
                rows.entry(&row.actor).or_default()[i] = Some(row);
            }
        }
        for (actor, [was, is]) in rows.into_iter().filter(|(actor, _)| scope.state.is_none_or(|only| only == *actor)) {
            let (said, says) = (was.map(stands), is.map(stands));
            let row = is.or(was).expect("a row of one of the two");
            if said == says {
                continue;
            }
            let stream = participation_stream(&treaty, actor);
            let own: BTreeSet<u64> =
                moved.iter().filter(|c| c.stream == stream).flat_map(|c| &c.records).map(|m| m.seq).collect();
            let records = match (&entry, own.is_empty()) {
                (_, false) => makers(facts.iter().copied(), &own),
                // Others' deposits, or the days that have passed since, brought the treaty into force.
                (Some((.., records)), true) => records.clone(),
                (None, true) => makers(facts.iter().copied(), &row.records.iter().copied().collect()),
            };
            follows.changes.push(Change {
                stream,
                treaty: Some(treaty.clone()),
                actor: Some(actor.clone()),
                name: super::name(before, after, actor)?,
                fact: "status",
                how: How::Follows,
                before: said,
                after: says,
                flags: flags(&records),
                records,
            });
        }
    }
    Ok(Some(follows))
}

fn stands(row: &Row) -> Saying {
    Saying::Stands {
        status: row.status,
        possibly: row.possibly,
        in_force_from: row.in_force_from.clone(),
        ends: row.ends.clone(),
    }
}

type Entered = (Option<Saying>, Option<Saying>, Vec<Maker>);

/// The treaty's entry into force, where it differs; and what makes the difference: those of the deposits that it rests on which
/// changed; else, where only days have passed, the deposit that reached the threshold.
fn entry(
    before: &Question<'_>,
    after: &Question<'_>,
    was: &Option<End>,
    is: &Option<End>,
    moved: &[&Change],
    facts: &[&Arc<Fact>],
) -> Option<Entered> {
    let day = |s: &Option<Saying>| match s {
        Some(Saying::Entry { entry_into_force, in_force, .. }) => (entry_into_force.clone(), *in_force),
        _ => (None, false),
    };
    let (said, says) = (was.as_ref().map(|e| e.entry(before)), is.as_ref().map(|e| e.entry(after)));
    if day(&said) == day(&says) {
        return None;
    }
    let rests = |end: &Option<End>| end.as_ref().map_or(Vec::new(), |e| e.status.entry_into_force.records.clone());
    let (then, now) = (rests(was), rests(is));
    let resting: BTreeSet<u64> = then.iter().chain(&now).copied().collect();
    let changed: BTreeSet<u64> =
        moved.iter().flat_map(|c| &c.records).map(|m| m.seq).filter(|seq| resting.contains(seq)).collect();
    let last_of = |all: &[u64]| all.iter().rev().find(|seq| changed.is_empty() || changed.contains(seq)).copied();
    // Of the deposits that reached the threshold, the last one decides.
    let reached = if day(&says).0.is_some() { &now } else { &then };
    let wanted = last_of(reached).or(last_of(&then)).into_iter().collect();
    Some((said, says, makers(facts.iter().copied(), &wanted)))
}
