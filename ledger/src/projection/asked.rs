//! What every question has in common: the day, the records that are known, whose word counts; and what every row has:
//! the records that it rests on, whose word they are, their flags and the answers to them.
//! Not here: any single question.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use answerable_schemas::dates::Reached;
use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::law::acts::{Act, all_standings};
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::law::replies::{Answered, answers};
use answerable_schemas::law::story::{View, fold, view};
use answerable_schemas::law::{Flag, actors, flags_of};
use answerable_schemas::{ActorId, History, Standing, StreamName};
use jiff::civil::Date;
use serde::Serialize;

use super::Filter;

/// A question's frame. Flags are looked for where a row is shown, and gathered here.
pub struct Question<'a> {
    memory: Memory<'a>,
    tainted: Tainted,
    pub as_of: Date,
    known_size: u64,
    pub filter: Filter,
    flags: RefCell<BTreeSet<Flag>>,
}

/// One story as it stood on the day.
pub struct Seen {
    pub view: View,
    facts: Vec<Arc<Fact>>,
}

/// What a row rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Basis {
    pub records: Vec<u64>,
    pub standings: Vec<Standing>,
    /// Codes of the flags on these records.
    pub flags: Vec<&'static str>,
    /// How whom they are about answers them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<Answered>,
    /// Acts of imprecise date that may have come by the day.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub possibly: Vec<String>,
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

/// A span of days, by one standing. The last day named is still within.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    /// None: it goes on.
    pub until: Option<Date>,
    pub records: Vec<u64>,
}

impl Period {
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day <= until)
    }
    /// Both have a day in common.
    pub fn meets(&self, other: &Period) -> bool {
        other.until.is_none_or(|u| self.from <= u) && self.until.is_none_or(|u| other.from <= u)
    }
}

/// What an act does to a period.
pub enum Bound {
    /// It begins, and ends on the day named, if one is.
    Begins(Option<Date>),
    /// It ends; the day of the act is the last one.
    EndsOn,
    /// It ends; the day of the act is not within.
    EndsBefore,
    Neither,
}

impl<'a> Question<'a> {
    pub fn new(history: &'a dyn History, as_of: Date, known_size: u64, filter: Filter) -> Lookup<Self> {
        let tainted = Tainted::of(history)?;
        let memory = Memory { history, kept: RefCell::default() };
        Ok(Self { memory, tainted, as_of, known_size, filter, flags: RefCell::default() })
    }

    pub fn history(&self) -> &dyn History {
        &self.memory
    }

    pub fn sees(&self, standing: Standing) -> bool {
        self.filter.admits(standing)
    }

    pub fn known_size(&self) -> u64 {
        self.known_size
    }

    /// A story on the question's day; None where nothing was said by then, or its answers are not those asked for.
    pub fn seen(&self, name: &StreamName) -> Lookup<Option<Seen>> {
        self.seen_on(name, self.as_of)
    }

    /// A story on another day.
    pub fn seen_on(&self, name: &StreamName, day: Date) -> Lookup<Option<Seen>> {
        let facts = self.memory.stream(name)?;
        self.look_for_retractions(&facts)?;
        let Some(view) = view(&self.memory, &facts, &|s| self.sees(s), day)? else { return Ok(None) };
        let seen = Seen { view, facts };
        Ok(self.keeps(&seen.facts).then_some(seen))
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

    /// What was retracted has no row: who retracted it by a key that is flagged must show all the same.
    fn look_for_retractions(&self, facts: &[Arc<Fact>]) -> Lookup<()> {
        let retracts = |f: &Fact| f.body.correction().is_some_and(|c| c.retracted);
        let retractions: Vec<u64> = facts.iter().filter(|f| retracts(f)).map(|f| f.seq).collect();
        if !retractions.is_empty() {
            let flags = flags_of(&self.memory, facts, &self.tainted)?;
            self.flags.borrow_mut().extend(flags.into_iter().filter(|f| retractions.contains(&f.seq)));
        }
        Ok(())
    }

    fn answers_to(&self, facts: &[Arc<Fact>]) -> Vec<Answered> {
        let admitted = |a: &Answered| facts.iter().any(|f| f.seq == a.seq && self.sees(f.standing));
        answers(facts, &self.tainted).into_values().filter(admitted).collect()
    }

    /// What a row rests on that shows these stories. The flags go into the answer.
    pub fn basis<'s>(&self, stories: impl IntoIterator<Item = &'s Seen>) -> Lookup<Basis> {
        let mut basis = Basis::default();
        let (mut standings, mut codes) = (BTreeSet::new(), BTreeSet::new());
        for seen in stories {
            let records = seen.view.records();
            let flags = flags_of(&self.memory, &seen.facts, &self.tainted)?;
            for flag in flags.into_iter().filter(|f| records.contains(&f.seq)) {
                codes.insert(flag.code);
                self.flags.borrow_mut().insert(flag);
            }
            standings.extend(seen.view.standings());
            basis.answers.extend(self.answers_to(&seen.facts));
            basis.possibly.extend(self.possibly(seen));
            basis.records.extend(records);
        }
        basis.records.sort_unstable();
        basis.records.dedup();
        basis.flags = codes.into_iter().collect();
        basis.standings = Standing::ALL.into_iter().filter(|s| standings.contains(s)).collect();
        Ok(basis)
    }

    fn possibly(&self, seen: &Seen) -> Vec<String> {
        let acts = all_standings(&seen.facts);
        let may = |a: &&Act| self.sees(a.fact.standing) && a.effective.reached(self.as_of) == Reached::Possibly;
        let tell = |a: &Act| format!("possibly {} ({}, record {})", a.body.kind(), a.effective, a.seq());
        acts.iter().filter(may).map(tell).collect()
    }

    /// The spans that a story tells of by the day, ascending. Each standing tells its own; a weaker one adds only spans
    /// of which the stronger ones say nothing.
    pub fn periods(&self, name: &StreamName, bound: &dyn Fn(&Act) -> Bound, day: Date) -> Lookup<Vec<Period>> {
        let facts = self.memory.stream(name)?;
        let mut all: Vec<Period> = Vec::new();
        for standing in Standing::ALL.into_iter().filter(|s| self.sees(*s)) {
            if facts.iter().any(|f| f.standing == standing) {
                let mut acts = fold(&self.memory, &facts, standing)?.0.acts;
                acts.retain(|a| a.effective.last_day() <= day);
                let mut told = spans(&acts, bound);
                told.retain(|p| !all.iter().any(|known| known.meets(p)));
                all.extend(told);
            }
        }
        all.sort_by_key(|p| p.from);
        Ok(all)
    }

    /// The name that an actor bore on the day; its id, if it is not registered.
    pub fn name(&self, actor: &ActorId) -> Lookup<String> {
        let known = actors::lookup(&self.memory, actor)?;
        Ok(known.map_or_else(|| actor.to_string(), |a| a.name_on(self.as_of).to_owned()))
    }

    /// Notes that say so for actors asked for by name and not registered.
    pub fn unregistered<'s>(&self, named: impl IntoIterator<Item = &'s ActorId>) -> Lookup<Vec<String>> {
        let mut notes = Vec::new();
        for actor in named {
            if actors::lookup(&self.memory, actor)?.is_none() {
                notes.push(format!("{actor} is not registered"));
            }
        }
        Ok(notes)
    }

    /// Adds flags that were found by another way.
    pub fn note_flags(&self, flags: impl IntoIterator<Item = Flag>) {
        self.flags.borrow_mut().extend(flags);
    }

    /// True where the answers to a stream's records are those asked for.
    pub fn keeps(&self, facts: &[Arc<Fact>]) -> bool {
        self.filter.answered.is_none() || self.filter.keeps(&self.answers_to(facts))
    }

    /// The flags on these records, of a stream that is no declared story.
    pub fn flags_on(&self, facts: &[Arc<Fact>], records: &[u64]) -> Lookup<Vec<&'static str>> {
        let mut codes = BTreeSet::new();
        for flag in flags_of(&self.memory, facts, &self.tainted)? {
            if records.contains(&flag.seq) {
                codes.insert(flag.code);
                self.flags.borrow_mut().insert(flag);
            }
        }
        Ok(codes.into_iter().collect())
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

fn spans(acts: &[Act], bound: &dyn Fn(&Act) -> Bound) -> Vec<Period> {
    let mut spans: Vec<Period> = Vec::new();
    for act in acts {
        let day = act.effective.last_day();
        let open = spans.last_mut().filter(|p| p.until.is_none_or(|until| day <= until));
        match (bound(act), open) {
            (Bound::Begins(until), None) => {
                spans.push(Period { from: day, until, records: act.records().collect() });
            }
            (Bound::EndsOn, Some(open)) => {
                open.until = Some(day);
                open.records.extend(act.records());
            }
            (Bound::EndsBefore, Some(open)) => {
                open.until = Some(day.yesterday().unwrap_or(day));
                open.records.extend(act.records());
            }
            _ => {}
        }
    }
    spans
}

/// A code as it is written in records: `in_progress`.
pub fn code<T: Serialize>(value: &T) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(code)) => code,
        other => other.map_or_else(|e| e.to_string(), |v| v.to_string()),
    }
}

/// A history that keeps the registers, which every act of every story is judged by.
struct Memory<'a> {
    history: &'a dyn History,
    kept: RefCell<HashMap<StreamName, Vec<Arc<Fact>>>>,
}

impl History for Memory<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        if !["actor:", "instrument:", "ledger:"].iter().any(|kind| name.as_str().starts_with(kind)) {
            return self.history.stream(name);
        }
        if let Some(kept) = self.kept.borrow().get(name) {
            return Ok(kept.clone());
        }
        let facts = self.history.stream(name)?;
        self.kept.borrow_mut().insert(name.clone(), facts.clone());
        Ok(facts)
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        self.history.streams_with_prefix(prefix)
    }
}
