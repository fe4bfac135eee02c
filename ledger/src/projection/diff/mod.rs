//! What differs between two answers: of two days, of two states of knowledge, of two days on which tables were seen. One row for
//! each fact that changed, with what it was, what it is, and the records that make the difference.
//! Not here: how acts are compared (`acts`), what follows from them for treaties (`standings`), how it is printed.

mod acts;
mod standings;

use std::collections::BTreeSet;
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::history::{Fact, Lookup, bears};
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::Flag;
use answerable_schemas::{ActorId, CalendarDate, Standing, StreamName};
use serde::{Serialize, Serializer};

use super::question::Question;
use super::treaty::{Counts, Status};
use acts::acts;
use standings::standings;

/// How much is compared.
#[derive(Debug, Clone, Copy, Default)]
pub struct Scope<'a> {
    pub treaty: Option<&'a TreatyId>,
    /// Only what is told by or about this actor.
    pub state: Option<&'a ActorId>,
}

/// What differs.
#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// Treaties first; within one, by the actor's name; of one actor, acts in the order of the world, then what follows.
    pub changes: Vec<Change>,
    /// The treaties of which anything changed, and the one that was asked for.
    pub treaties: Vec<TreatyChange>,
}

/// One fact that changed.
#[derive(Debug, Clone, Serialize)]
pub struct Change {
    pub stream: StreamName,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub treaty: Option<TreatyId>,
    /// Whom it is about, else who speaks. None: the treaty itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actor: Option<ActorId>,
    pub name: String,
    /// The act's type, such as `treaty.signed`; or what follows from acts: `status`, `entry_into_force`.
    pub fact: &'static str,
    pub how: How,
    pub before: Option<Saying>,
    pub after: Option<Saying>,
    /// What makes the difference, ascending.
    pub records: Vec<Maker>,
    /// Codes of the flags on these records.
    pub flags: Vec<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// Not there before.
    New,
    /// It says something else.
    Changed,
    /// A record says that it never happened.
    Retracted,
    /// Stated and retracted, both between the two.
    StatedAndRetracted,
    /// There before, and not there after: not yet known or not yet happened (the comparison goes back).
    NotYet,
    /// Nobody said so: it is computed from acts.
    Follows,
}

impl How {
    pub fn as_str(self) -> &'static str {
        match self {
            How::New => "new",
            How::Changed => "changed",
            How::Retracted => "retracted",
            How::StatedAndRetracted => "stated and retracted",
            How::NotYet => "not yet",
            How::Follows => "follows",
        }
    }
}

/// What a fact is, at one end.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Saying {
    Act {
        date: CalendarDate,
        /// True where an imprecise date leaves open whether it has happened.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        possibly: bool,
        #[serde(serialize_with = "as_map")]
        body: Body,
    },
    Stands {
        status: Status,
        #[serde(skip_serializing_if = "Option::is_none")]
        possibly: Option<Status>,
        #[serde(skip_serializing_if = "Option::is_none")]
        in_force_from: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        ends: Option<String>,
    },
    Entry {
        /// None: the deposits do not suffice.
        entry_into_force: Option<String>,
        in_force: bool,
        deposits_counted: u32,
        deposits_needed: u32,
    },
}

fn as_map<S: Serializer>(body: &Body, to: S) -> Result<S::Ok, S::Error> {
    body.to_map().serialize(to)
}

/// A record that makes a difference: who recorded it, when, with which standing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Maker {
    pub seq: u64,
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Who signed it.
    pub by: ActorId,
    pub recorded: String,
    pub standing: Standing,
    /// When its source was seen, of a transcription.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<CalendarDate>,
}

impl Maker {
    fn of(fact: &Fact) -> Self {
        Self {
            seq: fact.seq,
            kind: fact.body.kind(),
            by: fact.actor.clone(),
            recorded: fact.recorded.to_string(),
            standing: fact.standing,
            seen: fact.source.as_ref().map(|s| s.seen),
        }
    }
}

/// A treaty as a whole, at both ends.
#[derive(Debug, Clone, Serialize)]
pub struct TreatyChange {
    pub treaty: TreatyId,
    pub title: String,
    pub before: Counts,
    pub after: Counts,
}

/// What comparing found.
pub struct Found {
    pub difference: Difference,
    pub notes: Vec<String>,
    pub flags: Vec<Flag>,
}

/// Compares two questions, which differ in one of their times. None where the treaty of the scope is in neither.
pub fn diff(before: &Question<'_>, after: &Question<'_>, scope: &Scope<'_>) -> Lookup<Option<Found>> {
    let (mut changes, mut notes) = (Vec::new(), Vec::new());
    for name in streams(before, after, scope)? {
        // A decision's stream, say, is not named after those who took it, or who vetoed it.
        let only = scope.state.filter(|state| !bears(&name, state));
        let compared = acts(before, after, &name, only)?;
        changes.extend(compared.changes);
        notes.extend(compared.notes);
    }
    let Some(follows) = standings(before, after, scope, &changes)? else { return Ok(None) };
    changes.extend(follows.changes);
    changes.sort_by_cached_key(order);
    let touched =
        |t: &TreatyChange| scope.treaty.is_some() || changes.iter().any(|c| c.treaty.as_ref() == Some(&t.treaty));
    let treaties = follows.treaties.into_iter().filter(touched).collect();
    let flags = [before, after].map(|q| q.report("", (), Vec::new()).flags);
    let flags: BTreeSet<Flag> = flags.into_iter().flatten().collect();
    Ok(Some(Found { difference: Difference { changes, treaties }, notes, flags: flags.into_iter().collect() }))
}

/// Governance and files are no part of the world that is compared.
const LEFT_OUT: [&str; 4] = ["attachment", "keys", "ledger", "roles"];

/// The streams in which anything may differ.
fn streams(before: &Question<'_>, after: &Question<'_>, scope: &Scope<'_>) -> Lookup<BTreeSet<StreamName>> {
    let prefix = scope.treaty.map_or(String::new(), |treaty| format!("treaty:{treaty}"));
    let (less, more) = if before.known_size <= after.known_size { (before, after) } else { (after, before) };
    let (from, to) = (less.known_size, more.known_size);
    let mut names = BTreeSet::new();
    if from < to && before.as_of == after.as_of {
        // What is known is the difference: a stream that has the same records at both ends says the same.
        names.extend(more.history().streams_between(&prefix, from, to)?);
        if let Some(state) = scope.state {
            let telling: BTreeSet<StreamName> = more.history().telling_of(state)?.into_iter().collect();
            names.retain(|name| telling.contains(name));
        }
    } else {
        for q in [before, after] {
            names.extend(match scope.state {
                Some(state) => q.history().telling_of(state)?,
                None => q.history().streams_with_prefix(&prefix)?,
            });
        }
    }
    let part = |n: &StreamName, i: usize| n.as_str().split(':').nth(i).map(str::to_owned).unwrap_or_default();
    names.retain(|n| !LEFT_OUT.contains(&part(n, 0).as_str()));
    names.retain(|n| scope.treaty.is_none_or(|t| part(n, 0) == "treaty" && part(n, 1) == t.as_str()));
    Ok(names)
}

type Order = (bool, String, bool, String, bool, Option<(jiff::civil::Date, u64)>, String);

fn order(change: &Change) -> Order {
    let day = [&change.after, &change.before].into_iter().flatten().find_map(|s| match s {
        Saying::Act { date, .. } => Some(date.last_day()),
        _ => None,
    });
    let seq = change.records.first().map_or(0, |m| m.seq);
    (
        change.treaty.is_none(),
        change.treaty.as_ref().map_or(String::new(), TreatyId::to_string),
        // What is true of the treaty stands above its participants.
        change.treaty.is_some() && change.actor.is_some(),
        if change.treaty.is_some() { change.name.clone() } else { change.stream.to_string() },
        change.how == How::Follows,
        day.map(|day| (day, seq)),
        change.stream.to_string(),
    )
}

/// The name that an actor bears on the second side; on the first, where it is not registered there.
fn name(before: &Question<'_>, after: &Question<'_>, actor: &ActorId) -> Lookup<String> {
    let name = after.name(actor)?;
    if name == actor.as_str() { before.name(actor) } else { Ok(name) }
}

/// The records with these numbers, each once, ascending.
fn makers<'f>(facts: impl IntoIterator<Item = &'f Arc<Fact>>, wanted: &BTreeSet<u64>) -> Vec<Maker> {
    let mut found: Vec<Maker> = facts.into_iter().filter(|f| wanted.contains(&f.seq)).map(|f| Maker::of(f)).collect();
    found.sort_by_key(|m| m.seq);
    found.dedup();
    found
}
