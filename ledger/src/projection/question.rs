//! A question: which day, by which records, whose word; the stories that answer it, and what a row or cell rests on.
//! Not here: what single answers make of the stories.

use std::collections::BTreeSet;
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::law::acts::{Act, all_standings};
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::law::replies::{Answered, answers};
use answerable_schemas::law::story::{View, view};
use answerable_schemas::law::{Flag, flags_of};
use answerable_schemas::{ActorId, History, Standing, StreamName};
use jiff::civil::Date;
use serde::Serialize;

use super::Filter;

pub struct Question<'a> {
    /// The records that are known (`KnownAt`).
    pub history: &'a dyn History,
    pub as_of: Date,
    pub known_size: u64,
    pub filter: Filter,
    tainted: Tainted,
}

/// A story as it stands on the day, with the flags on its records and the answers to them.
#[derive(Debug, Clone)]
pub struct Story {
    pub stream: StreamName,
    pub view: View,
    flags: Vec<Flag>,
    answers: Vec<Answered>,
}

/// What a row or a cell rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// With which standing it is said.
    pub standings: Vec<Standing>,
    /// Whose word it is: each act's own speaker, also where another transcribed it.
    pub by: Vec<ActorId>,
    /// What those whom the records are about answer.
    pub answers: Vec<Answered>,
    /// Codes of the flags on the records.
    pub flags: Vec<&'static str>,
    pub records: Vec<u64>,
}

impl<'a> Question<'a> {
    pub fn new(history: &'a dyn History, as_of: Date, known_size: u64, filter: Filter) -> Lookup<Self> {
        Ok(Self { history, as_of, known_size, filter, tainted: Tainted::of(history)? })
    }

    pub fn sees(&self, standing: Standing) -> bool {
        self.filter.admits(standing)
    }

    /// A declared story; None where nothing had been said by the day.
    pub fn story(&self, name: &StreamName) -> Lookup<Option<Story>> {
        let facts = self.history.stream(name)?;
        let Some(view) = view(self.history, &facts, &|s| self.sees(s), self.as_of)? else { return Ok(None) };
        let flags = flags_of(self.history, &facts, &self.tainted)?;
        let answers = answers(&facts, &self.tainted).into_values().collect();
        Ok(Some(Story { stream: name.clone(), view, flags, answers }))
    }

    /// All stories whose name begins so, by name.
    pub fn stories(&self, prefix: &str) -> Lookup<Vec<Story>> {
        let mut stories = Vec::new();
        for name in self.history.streams_with_prefix(prefix)? {
            stories.extend(self.story(&name)?);
        }
        Ok(stories)
    }

    /// True where the filter by answers keeps a row of this basis.
    pub fn keeps(&self, basis: &Basis) -> bool {
        self.filter.keeps(&basis.answers)
    }
}

impl Story {
    /// What these acts of the story rest on.
    pub fn basis<'a>(&self, acts: impl IntoIterator<Item = &'a Act>) -> Basis {
        let acts: Vec<&Act> = acts.into_iter().collect();
        let records: BTreeSet<u64> = acts.iter().flat_map(|a| a.records()).collect();
        let flags: BTreeSet<&'static str> =
            self.flags.iter().filter(|f| records.contains(&f.seq)).map(|f| f.code).collect();
        let by: BTreeSet<&ActorId> = acts.iter().map(|a| speaker(a)).collect();
        Basis {
            standings: Standing::ALL.into_iter().filter(|s| acts.iter().any(|a| a.fact.standing == *s)).collect(),
            by: by.into_iter().cloned().collect(),
            answers: self.answers.iter().filter(|a| records.contains(&a.seq)).cloned().collect(),
            flags: flags.into_iter().collect(),
            records: records.into_iter().collect(),
        }
    }

    /// What the whole story rests on.
    pub fn whole(&self) -> Basis {
        self.basis(&self.view.acts)
    }

    /// What the acts rest on that are named by seq.
    pub fn basis_of(&self, records: &[u64]) -> Basis {
        self.basis(self.view.acts.iter().filter(|a| a.records().any(|r| records.contains(&r))))
    }
}

/// Who speaks in an act: whose act it is, the organ, else its author.
pub fn speaker(act: &Act) -> &ActorId {
    act.body.subject().or(act.body.organ()).unwrap_or(&act.fact.actor)
}

impl Basis {
    /// Both.
    pub fn and(mut self, more: Basis) -> Self {
        self.answers.extend(more.answers.into_iter().filter(|a| !self.records.contains(&a.seq)).collect::<Vec<_>>());
        self.standings.extend(more.standings);
        self.by.extend(more.by);
        self.flags.extend(more.flags);
        self.records.extend(more.records);
        self.standings = Standing::ALL.into_iter().filter(|s| self.standings.contains(s)).collect();
        self.by.sort_unstable();
        self.by.dedup();
        self.flags.sort_unstable();
        self.flags.dedup();
        self.records.sort_unstable();
        self.records.dedup();
        self
    }

    pub fn all(many: impl IntoIterator<Item = Basis>) -> Self {
        many.into_iter().fold(Self::default(), Basis::and)
    }
}

/// The history as it stood on the day, by whose word is asked for: what the law computes from it (an anchor, a mandate's
/// expiry) rests on nothing that took effect later.
pub struct AsOf<'a>(pub &'a Question<'a>);

impl History for AsOf<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        let (q, mut facts) = (self.0, self.0.history.stream(name)?);
        if facts.iter().any(|f| matches!(f.body, Body::Told(_))) {
            let view = view(q.history, &facts, &|s| q.sees(s), q.as_of)?;
            let records = view.map(|v| v.records()).unwrap_or_default();
            facts.retain(|f| records.contains(&f.seq));
        } else if name.as_str().starts_with("treaty:") && name.as_str().matches(':').count() > 1 {
            let later: Vec<u64> =
                all_standings(&facts).iter().filter(|a| a.effective.last_day() > q.as_of).map(Act::seq).collect();
            facts.retain(|f| q.sees(f.standing) && !later.contains(&f.seq));
        }
        Ok(facts)
    }

    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        self.0.history.streams_with_prefix(prefix)
    }
}
