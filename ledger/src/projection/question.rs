//! A question: which day, by which records, whose word; the stories that answer it; and what every row has: the records
//! that it rests on, whose word they are, their flags and the answers to them.
//! Not here: any single answer; spans of days (`periods`).

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::dates::Reached;
use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::law::acts::{Act, all_standings};
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::law::replies::{Answered, answers};
use answerable_schemas::law::story::{Folded, View, view};
use answerable_schemas::law::{Flag, actors, flags_of};
use answerable_schemas::{ActorId, History, Standing, StreamName};
use jiff::civil::Date;
use serde::Serialize;

use super::Filter;
use super::treaty::codes;

/// A question's frame. The flags on what a `Report` shows are gathered here.
pub struct Question<'a> {
    memory: Rc<Memory<'a>>,
    tainted: Rc<Tainted>,
    pub as_of: Date,
    pub known_size: u64,
    pub filter: Filter,
    flags: RefCell<BTreeSet<Flag>>,
}

/// A story as it stood on a day. Its flags are not looked for yet: of many stories few are shown.
pub struct Seen {
    pub stream: StreamName,
    pub view: Rc<View>,
    facts: Vec<Arc<Fact>>,
}

/// A story as it stands on the question's day, weighed.
#[derive(Debug, Clone)]
pub struct Story {
    pub stream: StreamName,
    pub view: Rc<View>,
    weight: Rc<Weight>,
}

/// The flags on the records of a stream, and the answers to them.
#[derive(Debug, Clone)]
struct Weight {
    flags: Vec<Flag>,
    answers: Vec<Answered>,
}

/// What a row or a cell rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Basis {
    /// With which standing it is said.
    #[serde(rename = "standing")]
    pub standings: Vec<Standing>,
    /// Whose word it is: each act's own speaker, also where another transcribed it.
    pub by: Vec<ActorId>,
    /// What those whom the records are about answer.
    pub answers: Vec<Answered>,
    /// Acts of imprecise date that may have come by the day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possibly: Vec<String>,
    /// Codes of the flags on the records.
    pub flags: Vec<&'static str>,
    pub records: Vec<u64>,
}

/// An answer: its rows, and what a reader must know beside them.
#[derive(Debug, Clone, Serialize)]
pub struct Report<T> {
    pub schema: &'static str,
    pub as_of: String,
    /// The number of records that the answer knows.
    pub known_size: String,
    #[serde(flatten)]
    pub content: T,
    pub notes: Vec<String>,
    pub flags: Vec<Flag>,
}

impl<'a> Question<'a> {
    pub fn new(history: &'a dyn History, as_of: Date, known_size: u64, filter: Filter) -> Lookup<Self> {
        let tainted = Rc::new(Tainted::of(history)?);
        let memory = Rc::new(Memory { history, registers: RefCell::default(), stories: None });
        Ok(Self { memory, tainted, as_of, known_size, filter, flags: RefCell::default() })
    }

    /// The same question, which folds and weighs each story once and keeps it, to be asked of many days (`on`).
    pub fn of_many_days(self) -> Self {
        let memory =
            Memory { history: self.memory.history, registers: RefCell::default(), stories: Some(RefCell::default()) };
        Self { memory: Rc::new(memory), ..self }
    }

    /// The same question of another day; what is kept is kept for both.
    pub fn on(&self, day: Date) -> Self {
        let (memory, tainted) = (self.memory.clone(), self.tainted.clone());
        Self { memory, tainted, as_of: day, flags: RefCell::default(), ..*self }
    }

    /// The records that are known (`KnownAt`).
    pub fn history(&self) -> &dyn History {
        &*self.memory
    }

    pub fn sees(&self, standing: Standing) -> bool {
        self.filter.admits(standing)
    }

    /// A story on the question's day; None where nothing was said by then, or its answers are not those asked for.
    pub fn seen(&self, name: &StreamName) -> Lookup<Option<Seen>> {
        self.seen_on(name, self.as_of)
    }

    /// A story on another day.
    pub fn seen_on(&self, name: &StreamName, day: Date) -> Lookup<Option<Seen>> {
        let facts = self.memory.stream(name)?;
        self.look_for_retractions(&facts)?;
        Ok(self.look(name, facts, day)?.filter(|seen| self.keeps_stream(&seen.facts)))
    }

    /// All stories whose name begins so, on the question's day, by name.
    pub fn all(&self, prefix: &str) -> Lookup<Vec<Seen>> {
        let names = self.memory.streams_with_prefix(prefix)?;
        names.iter().filter_map(|n| self.seen(n).transpose()).collect()
    }

    /// All stories of a kind that are an actor's, or everybody's.
    pub fn all_of(&self, kind: &str, actor: Option<&ActorId>) -> Lookup<Vec<Seen>> {
        self.all(&actor.map_or(format!("{kind}:"), |a| format!("{kind}:{}:", a.in_stream())))
    }

    /// All stories whose name begins so, whatever answers they have, by name.
    pub fn unweighed(&self, prefix: &str) -> Lookup<Vec<Seen>> {
        let names = self.memory.streams_with_prefix(prefix)?;
        let look = |n: &StreamName| self.look(n, self.memory.stream(n)?, self.as_of);
        names.iter().filter_map(|n| look(n).transpose()).collect()
    }

    /// With the flags on its records, and the answers to them: `keeps` tells for each row.
    pub fn weighed(&self, seen: Seen) -> Lookup<Story> {
        let kept = self.memory.kept(&seen.stream, &seen.facts, self.filter)?;
        let weight = match kept.as_ref().and_then(|kept| kept.weight.get()) {
            Some(weight) => weight.clone(),
            None => {
                let weight = Rc::new(self.weigh(&seen.facts)?);
                kept.map_or(weight.clone(), |kept| kept.weight.get_or_init(|| weight).clone())
            }
        };
        Ok(Story { stream: seen.stream, view: seen.view, weight })
    }

    /// A declared story, weighed. None where nothing had been said by the day.
    pub fn story(&self, name: &StreamName) -> Lookup<Option<Story>> {
        let seen = self.look(name, self.memory.stream(name)?, self.as_of)?;
        seen.map(|seen| self.weighed(seen)).transpose()
    }

    /// All stories whose name begins so, weighed, by name.
    pub fn stories(&self, prefix: &str) -> Lookup<Vec<Story>> {
        self.unweighed(prefix)?.into_iter().map(|seen| self.weighed(seen)).collect()
    }

    fn look(&self, name: &StreamName, facts: Vec<Arc<Fact>>, day: Date) -> Lookup<Option<Seen>> {
        let view = self.view_on(name, &facts, day)?;
        Ok(view.map(|view| Seen { stream: name.clone(), view, facts }))
    }

    /// A stream's facts as of a day, by whose word is asked for; None where nothing had been said by then.
    pub fn view_on(&self, name: &StreamName, facts: &[Arc<Fact>], day: Date) -> Lookup<Option<Rc<View>>> {
        match self.memory.kept(name, facts, self.filter)? {
            Some(kept) => Ok(kept.on(day)),
            None => Ok(view(&*self.memory, facts, &|s| self.sees(s), day)?.map(Rc::new)),
        }
    }

    /// What was retracted has no row: who retracted it by a key that is flagged must show all the same.
    fn look_for_retractions(&self, facts: &[Arc<Fact>]) -> Lookup<()> {
        let retracts = |f: &Fact| f.body.correction().is_some_and(|c| c.retracted);
        let retractions: Vec<u64> = facts.iter().filter(|f| retracts(f)).map(|f| f.seq).collect();
        if !retractions.is_empty() {
            let flags = flags_of(&*self.memory, facts, &self.tainted)?;
            self.flags.borrow_mut().extend(flags.into_iter().filter(|f| retractions.contains(&f.seq)));
        }
        Ok(())
    }

    fn weigh(&self, facts: &[Arc<Fact>]) -> Lookup<Weight> {
        Ok(Weight { flags: flags_of(&*self.memory, facts, &self.tainted)?, answers: self.answers_to(facts) })
    }

    fn answers_to(&self, facts: &[Arc<Fact>]) -> Vec<Answered> {
        let admitted = |a: &Answered| facts.iter().any(|f| f.seq == a.seq && self.sees(f.standing));
        answers(facts, &self.tainted).into_values().filter(admitted).collect()
    }

    /// What a row of a report rests on that shows these stories whole, with all answers to them. Its flags go into the
    /// report.
    pub fn basis<'s>(&self, stories: impl IntoIterator<Item = &'s Seen>) -> Lookup<Basis> {
        let mut whole = Basis::default();
        for seen in stories {
            let weight = self.weigh(&seen.facts)?;
            let basis = weight.basis(&seen.view.acts);
            self.note_flags(weight.flags_on(&basis.records).cloned());
            whole = whole.and(Basis { answers: weight.answers, possibly: self.possibly(seen), ..basis });
        }
        Ok(whole)
    }

    fn possibly(&self, seen: &Seen) -> Vec<String> {
        let acts = all_standings(&seen.facts);
        let may = |a: &&Act| self.sees(a.fact.standing) && a.effective.reached(self.as_of) == Reached::Possibly;
        let tell = |a: &Act| format!("possibly {} ({}, record {})", a.body.kind(), a.effective, a.seq());
        acts.iter().filter(may).map(tell).collect()
    }

    /// The name that an actor bore on the day; its id, if it is not registered.
    pub fn name(&self, actor: &ActorId) -> Lookup<String> {
        let known = actors::lookup(&*self.memory, actor)?;
        Ok(known.map_or_else(|| actor.to_string(), |a| a.name_on(self.as_of).to_owned()))
    }

    /// Notes that say so for actors asked for by name and not registered.
    pub fn unregistered<'s>(&self, named: impl IntoIterator<Item = &'s ActorId>) -> Lookup<Vec<String>> {
        let mut notes = Vec::new();
        for actor in named {
            if actors::lookup(&*self.memory, actor)?.is_none() {
                notes.push(format!("{actor} is not registered"));
            }
        }
        Ok(notes)
    }

    /// Adds flags to the report.
    pub fn note_flags(&self, flags: impl IntoIterator<Item = Flag>) {
        self.flags.borrow_mut().extend(flags);
    }

    /// True where the filter by answers keeps a row of this basis.
    pub fn keeps(&self, basis: &Basis) -> bool {
        self.filter.keeps(&basis.answers)
    }

    /// True where it keeps a stream.
    pub fn keeps_stream(&self, facts: &[Arc<Fact>]) -> bool {
        self.filter.answered.is_none() || self.filter.keeps(&self.answers_to(facts))
    }

    /// The flags on these records, of a stream that is no declared story.
    pub fn flags_on(&self, facts: &[Arc<Fact>], records: &[u64]) -> Lookup<Vec<&'static str>> {
        let weight = self.weigh(facts)?;
        self.note_flags(weight.flags_on(records).cloned());
        Ok(weight.codes_on(records))
    }

    /// The keys that are stated to be compromised.
    pub fn tainted(&self) -> &Tainted {
        &self.tainted
    }

    /// All flags on a stream: who shows some of them notes these.
    pub fn flags_of(&self, facts: &[Arc<Fact>]) -> Lookup<Vec<Flag>> {
        flags_of(&*self.memory, facts, &self.tainted)
    }

    pub fn report<T>(&self, schema: &'static str, content: T, notes: Vec<String>) -> Report<T> {
        Report {
            schema,
            as_of: self.as_of.to_string(),
            known_size: self.known_size.to_string(),
            content,
            notes,
            flags: self.flags.take().into_iter().collect(),
        }
    }
}

impl Weight {
    fn flags_on(&self, records: &[u64]) -> impl Iterator<Item = &Flag> {
        self.flags.iter().filter(|f| records.contains(&f.seq))
    }

    fn codes_on(&self, records: &[u64]) -> Vec<&'static str> {
        codes(&self.flags, records)
    }

    fn basis<'a>(&self, acts: impl IntoIterator<Item = &'a Act>) -> Basis {
        let acts: Vec<&Act> = acts.into_iter().collect();
        let records: BTreeSet<u64> = acts.iter().flat_map(|a| a.records()).collect();
        let records: Vec<u64> = records.into_iter().collect();
        let by: BTreeSet<&ActorId> = acts.iter().map(|a| speaker(a)).collect();
        Basis {
            standings: Standing::ALL.into_iter().filter(|s| acts.iter().any(|a| a.fact.standing == *s)).collect(),
            by: by.into_iter().cloned().collect(),
            answers: self.answers.iter().filter(|a| records.contains(&a.seq)).cloned().collect(),
            possibly: Vec::new(),
            flags: self.codes_on(&records),
            records,
        }
    }
}

impl Story {
    /// What these acts of the story rest on.
    pub fn basis<'a>(&self, acts: impl IntoIterator<Item = &'a Act>) -> Basis {
        self.weight.basis(acts)
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
    act.body.speaker().unwrap_or(&act.fact.actor)
}

impl Basis {
    /// Both.
    pub fn and(self, more: Basis) -> Self {
        Self::all([self, more])
    }

    /// All of them; what is in several comes once.
    pub fn all(many: impl IntoIterator<Item = Basis>) -> Self {
        let (mut whole, mut seen) = (Self::default(), HashSet::new());
        for one in many {
            whole.answers.extend(one.answers.into_iter().filter(|a| !seen.contains(&a.seq)));
            seen.extend(one.records.iter().copied());
            whole.possibly.extend(one.possibly);
            whole.standings.extend(one.standings);
            whole.by.extend(one.by);
            whole.flags.extend(one.flags);
            whole.records.extend(one.records);
        }
        whole.standings = Standing::ALL.into_iter().filter(|s| whole.standings.contains(s)).collect();
        whole.by.sort_unstable();
        whole.by.dedup();
        whole.flags.sort_unstable();
        whole.flags.dedup();
        whole.records.sort_unstable();
        whole.records.dedup();
        whole
    }
}

/// A code as it is written in records: `in_progress`.
pub fn code<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        other => other.map_or_else(|e| e.to_string(), |v| v.to_string()),
    }
}

/// The history as it stood on the day, by whose word is asked for: what the law computes from it (an anchor, a mandate's
/// expiry) rests on nothing that took effect later.
pub struct AsOf<'a>(pub &'a Question<'a>);

impl History for AsOf<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        let (q, mut facts) = (self.0, self.0.history().stream(name)?);
        if facts.iter().any(|f| matches!(f.body, Body::Told(_))) {
            let view = q.view_on(name, &facts, q.as_of)?;
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
        self.0.history().streams_with_prefix(prefix)
    }
}

/// A history that keeps the registers, which every act of every story is judged by; and for questions of many days the
/// stories, too.
struct Memory<'a> {
    history: &'a dyn History,
    registers: RefCell<HashMap<StreamName, Vec<Arc<Fact>>>>,
    stories: Option<RefCell<HashMap<StreamName, Rc<Kept>>>>,
}

/// A story, folded once for all days, and weighed once if it is weighed.
struct Kept {
    folded: Folded,
    /// The days on which it changes, ascending.
    days: Vec<Date>,
    /// The view that was asked for last, by how many of these days had come: days are mostly asked about in their order.
    last: RefCell<Option<(usize, Option<Rc<View>>)>>,
    weight: OnceCell<Rc<Weight>>,
}

impl Kept {
    fn on(&self, day: Date) -> Option<Rc<View>> {
        let come = self.days.partition_point(|d| *d <= day);
        if let Some((_, view)) = self.last.borrow().as_ref().filter(|(last, _)| *last == come) {
            return view.clone();
        }
        let view = self.folded.on(day).map(Rc::new);
        *self.last.borrow_mut() = Some((come, view.clone()));
        view
    }
}

impl Memory<'_> {
    /// None where stories are not kept. One question has one filter, so a story is kept once.
    fn kept(&self, name: &StreamName, facts: &[Arc<Fact>], filter: Filter) -> Lookup<Option<Rc<Kept>>> {
        let Some(stories) = &self.stories else { return Ok(None) };
        if let Some(kept) = stories.borrow().get(name) {
            return Ok(Some(kept.clone()));
        }
        let folded = Folded::of(self, facts, &|s| filter.admits(s))?;
        let days = folded.days();
        let kept = Rc::new(Kept { folded, days, last: RefCell::default(), weight: OnceCell::new() });
        stories.borrow_mut().insert(name.clone(), kept.clone());
        Ok(Some(kept))
    }
}

impl History for Memory<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        if !["actor:", "instrument:", "ledger:"].iter().any(|kind| name.as_str().starts_with(kind)) {
            return self.history.stream(name);
        }
        if let Some(kept) = self.registers.borrow().get(name) {
            return Ok(kept.clone());
        }
        let facts = self.history.stream(name)?;
        self.registers.borrow_mut().insert(name.clone(), facts.clone());
        Ok(facts)
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        self.history.streams_with_prefix(prefix)
    }
    fn streams_between(&self, prefix: &str, from: u64, to: u64) -> Lookup<Vec<StreamName>> {
        self.history.streams_between(prefix, from, to)
    }
    fn telling_of(&self, actor: &ActorId) -> Lookup<Vec<StreamName>> {
        self.history.telling_of(actor)
    }
}

/// Days from one day to another.
pub fn days_between(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}
