//! What a table shows no more: acts that were transcribed from it before, and for which it has no row now; and what it showed
//! later already, where an older table comes in after a newer one.
//! Not here: new rows and changed ones (`import`).

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use answerable_import::acts::Keys;
use answerable_import::plan::Plan;
use answerable_ledger::Ledger;
use answerable_schemas::history::{Fact, History};
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::records::EventCorrected;
use answerable_schemas::{ActorId, Body, CalendarDate, KeyName, Standing, StreamName};

use super::draft::Statement;
use crate::error::CliError;

/// An act that the table had, and has no more.
pub struct Gone {
    pub act: Act,
    /// When its row was last seen to say something new.
    pub last_seen: CalendarDate,
    /// The day on which the table was seen without it.
    seen: CalendarDate,
}

/// Looks for what is gone: first in the stories that are compared with the table anyway, then in all others of their kinds.
pub struct Search<'a> {
    actor: &'a ActorId,
    /// How the natural keys of this table begin.
    table: String,
    seen: CalendarDate,
    keys: Keys,
    /// Of the acts that are planned; a mapping has one.
    standing: Option<Standing>,
    looked_into: HashSet<StreamName>,
    /// The kinds of the table's stories, as their names begin.
    kinds: BTreeSet<String>,
    /// By seq.
    found: BTreeMap<u64, Gone>,
}

impl<'a> Search<'a> {
    /// None where the rows have no natural keys in the ledger.
    pub fn new(actor: &'a ActorId, plan: &Plan) -> Option<Self> {
        Some(Self {
            actor,
            table: format!("{}:", plan.id),
            seen: plan.seen?,
            keys: plan.acts.keys(),
            standing: None,
            looked_into: HashSet::new(),
            kinds: BTreeSet::new(),
            found: BTreeMap::new(),
        })
    }

    /// The table tells of this story.
    pub fn tells_of(&mut self, stream: &StreamName) {
        let kind = stream.as_str().split(':').next().unwrap_or_default();
        if !self.kinds.contains(kind) {
            self.kinds.insert(kind.to_owned());
        }
    }

    fn is_missing(&self, fact: &Fact) -> bool {
        let key = fact.source.as_ref().and_then(|s| s.row.as_deref()).filter(|key| key.starts_with(&self.table));
        fact.actor == *self.actor && key.is_some_and(|key| !self.keys.has(key))
    }

    /// In a story, whose acts of the table's standing, as they stand, are at hand. What was seen later than this table is not gone.
    pub fn look(&mut self, stream: &StreamName, facts: &[Arc<Fact>], acts: &[Act], standing: Standing) {
        self.standing = Some(standing);
        self.looked_into.insert(stream.clone());
        for act in acts {
            let sight = self.is_missing(&act.fact).then(|| last_seen(facts, act)).flatten();
            if let Some(last_seen) = sight.filter(|sight| !is_older(&self.seen, sight)) {
                self.found.insert(act.seq(), Gone { act: act.clone(), last_seen, seen: self.seen });
            }
        }
    }

    /// In all other stories of the kinds that the table tells; answers all that is gone, in the order of the world.
    pub fn end(mut self, ledger: &Ledger) -> Result<Vec<Gone>, CliError> {
        let past = ledger.past();
        for kind in std::mem::take(&mut self.kinds) {
            for name in past.streams_with_prefix(&format!("{kind}:"))? {
                if self.looked_into.contains(&name) {
                    continue;
                }
                let facts = past.stream(&name)?;
                let Some(fact) = facts.iter().find(|f| self.is_missing(f)) else { continue };
                let standing = self.standing.unwrap_or(fact.standing);
                self.look(&name, &facts, &acts_of(&facts, standing), standing);
            }
        }
        let mut all: Vec<Gone> = self.found.into_values().collect();
        all.sort_by_key(|g| (g.act.effective.last_day(), g.act.seq()));
        Ok(all)
    }
}

/// The newest day on which the source of an act, or of a correction of it, was seen.
pub fn last_seen(facts: &[Arc<Fact>], act: &Act) -> Option<CalendarDate> {
    let records: BTreeSet<u64> = act.records().collect();
    let days = facts.iter().filter(|f| records.contains(&f.seq)).filter_map(|f| f.source.as_ref().map(|s| s.seen));
    days.max_by_key(CalendarDate::last_day)
}

/// True where a table was certainly seen before what is recorded.
pub fn is_older(table: &CalendarDate, recorded: &CalendarDate) -> bool {
    table.last_day() < recorded.first_day()
}

impl Gone {
    /// Says that the act is not there, by the table as it was seen.
    pub fn retraction(&self, actor: &ActorId, signer: &KeyName) -> Statement {
        let fact = &self.act.fact;
        let source = fact.source.clone().map(|mut source| {
            source.seen = self.seen;
            // Of the document in which it still stood.
            source.sha256 = None;
            source
        });
        Statement {
            actor: actor.clone(),
            attachments: None,
            body: Body::EventCorrected(EventCorrected {
                date: None,
                reason: "the row is no longer in the source".into(),
                replacement: None,
                retracted: Some(true),
                stream: fact.stream.clone(),
                target: fact.id,
            }),
            effective: self.act.effective,
            standing: fact.standing,
            signers: vec![signer.clone()],
            source,
        }
    }
}
