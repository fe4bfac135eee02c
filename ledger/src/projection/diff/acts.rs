//! The acts of one stream at both ends: each is there or not, and says one thing or another.
//! Not here: what follows from them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::dates::Reached;
use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::law::acts::all_standings;
use answerable_schemas::{ActorId, CalendarDate, StreamName};

use super::{Change, How, Saying, makers};
use crate::projection::question::Question;
use crate::projection::stories::is_about;
use crate::projection::treaty::{codes, list};

/// What was compared of a stream.
#[derive(Default)]
pub struct Compared {
    pub changes: Vec<Change>,
    pub notes: Vec<String>,
}

/// A statement as one end knows it.
struct Told {
    fact: Arc<Fact>,
    /// As it stands corrected; None where it was retracted.
    says: Option<(CalendarDate, Body)>,
    /// What that rests on.
    records: BTreeSet<u64>,
    retracted_by: Option<u64>,
}

impl Told {
    fn saying(&self, q: &Question<'_>) -> Option<Saying> {
        let (date, body) = self.says.as_ref()?;
        // An answer is to what is recorded, whatever day that is asked about.
        let reached = if self.fact.body.reply().is_some() { Reached::Yes } else { date.reached(q.as_of) };
        let possibly = reached == Reached::Possibly;
        (reached != Reached::No).then(|| Saying::Act { date: *date, possibly, body: body.clone() })
    }
}

/// What differs in one stream; of its acts only those that are this actor's, about it, or name it.
pub fn acts(
    before: &Question<'_>,
    after: &Question<'_>,
    name: &StreamName,
    only: Option<&ActorId>,
) -> Lookup<Compared> {
    let (was, is) = (before.history().stream(name)?, after.history().stream(name)?);
    let mut compared = Compared::default();
    if !before.keeps_stream(&was) && !after.keeps_stream(&is) {
        return Ok(compared);
    }
    let (told_then, told_now) = (told(before, &was), told(after, &is));
    // Whoever knows more records knows more flags, too. They are looked for once, where anything changed.
    let (wider, known) = if is.len() >= was.len() { (after, &is) } else { (before, &was) };
    let mut flags_known = None;
    let seqs: BTreeSet<u64> = told_then.keys().chain(told_now.keys()).copied().collect();
    for seq in seqs {
        let (then, now) = (told_then.get(&seq), told_now.get(&seq));
        let (said, says) = (then.and_then(|t| t.saying(before)), now.and_then(|t| t.saying(after)));
        let fact = &then.or(now).expect("a number of one of the two").fact;
        let says_of = |actor| {
            let said = [then, now].into_iter().flatten().filter_map(|t| t.says.as_ref()).map(|(_, body)| body);
            said.chain([&fact.body]).any(|body| is_about(body, actor))
        };
        if only.is_some_and(|actor| !says_of(actor)) {
            continue;
        }
        let differ = differing(then.filter(|_| said.is_some()), now.filter(|_| says.is_some()));
        let retracted = [then, now].map(|t| t.and_then(|t| t.retracted_by));
        let (how, wanted) = match (&said, &says) {
            (Some(a), Some(b)) if a == b => {
                if !differ.is_empty() {
                    let records: Vec<u64> = differ.into_iter().collect();
                    compared.notes.push(format!(
                        "record {seq} was corrected in between, and says the same again ({name}: records {})",
                        list(&records)
                    ));
                }
                continue;
            }
            (None, None) => match (then, now, retracted) {
                (None, Some(t), [_, Some(by)]) | (Some(t), None, [Some(by), _])
                    if t.fact.effective.reached(before.as_of.max(after.as_of)) != Reached::No =>
                {
                    (How::StatedAndRetracted, BTreeSet::from([seq, by]))
                }
                _ => continue,
            },
            (Some(_), None) => match retracted[1] {
                Some(by) => (How::Retracted, BTreeSet::from([by])),
                None => (How::NotYet, differ),
            },
            (None, Some(_)) => match retracted[0] {
                Some(by) => (How::New, BTreeSet::from([by])),
                None => (How::New, differ),
            },
            (Some(_), Some(_)) if differ.is_empty() => {
                (How::Changed, now.map(|t| t.records.clone()).unwrap_or_default())
            }
            (Some(_), Some(_)) => (How::Changed, differ),
        };
        let records = makers(was.iter().chain(&is), &wanted);
        let numbers: Vec<u64> = records.iter().map(|m| m.seq).collect();
        if flags_known.is_none() {
            flags_known = Some(wider.flags_of(known)?);
        }
        let all = flags_known.as_deref().unwrap_or_default();
        wider.note_flags(all.iter().filter(|f| numbers.contains(&f.seq)).cloned());
        let flags = codes(all, &numbers);
        let about = fact.body.concerns().or(fact.body.speaker()).unwrap_or(&fact.actor).clone();
        compared.changes.push(Change {
            stream: name.clone(),
            treaty: fact.body.treaty().cloned().or_else(|| treaty_of(name)),
            name: super::name(before, after, &about)?,
            actor: (!matches!(fact.body, Body::TreatyRegistered(_))).then_some(about),
            fact: fact.body.kind(),
            how,
            before: said,
            after: says,
            records,
            flags,
        });
    }
    Ok(compared)
}

/// Answers to a record of a treaty's stream name no treaty of their own.
fn treaty_of(name: &StreamName) -> Option<answerable_schemas::ids::TreatyId> {
    let mut parts = name.as_str().split(':');
    (parts.next() == Some("treaty")).then(|| parts.next()?.parse().ok()).flatten()
}

/// The records of which only one end knows, or which only one end shows.
fn differing(then: Option<&Told>, now: Option<&Told>) -> BTreeSet<u64> {
    let none = BTreeSet::new();
    let (a, b) = (then.map_or(&none, |t| &t.records), now.map_or(&none, |t| &t.records));
    a.symmetric_difference(b).copied().collect()
}

/// Statements and answers to them, by seq.
fn told(q: &Question<'_>, facts: &[Arc<Fact>]) -> BTreeMap<u64, Told> {
    let acts = all_standings(facts);
    let mut all = BTreeMap::new();
    for fact in facts.iter().filter(|f| q.sees(f.standing) && f.body.correction().is_none()) {
        let mut one = Told { fact: fact.clone(), says: None, records: BTreeSet::from([fact.seq]), retracted_by: None };
        if fact.body.reply().is_some() {
            one.says = Some((fact.effective, fact.body.clone()));
        } else if let Some(act) = acts.iter().find(|a| a.fact.id == fact.id) {
            one.says = Some((act.effective, act.body.clone()));
            one.records = act.records().collect();
        } else {
            let retracts = |f: &&Arc<Fact>| f.body.correction().is_some_and(|c| c.retracted && c.target == fact.id);
            one.retracted_by = facts.iter().find(retracts).map(|f| f.seq);
        }
        all.insert(fact.seq, one);
    }
    all
}
