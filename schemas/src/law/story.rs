//! The machine of declared stories: a story moves from state to state by the steps that its types declare, within one
//! standing, in the order of the world. The same fold judges the next act and tells where a story stands.
//! Not here: which steps there are (`crate::stories`), what single types ask beyond them (their `rule`).

use std::sync::Arc;

use jiff::civil::Date;

use super::acts::{Act, acts_of, all_standings};
use super::{Findings, Flag, Violation, actors, gap, violation};
use crate::catalogue::{Body, Statement};
use crate::dates::CalendarDate;
use crate::envelope::Standing;
use crate::history::{Fact, History, Lookup};
use crate::ids::{ActorId, StreamName};
use crate::story::{ANY, NEW, SAME, Step, Told};

/// What a type's own rule finds.
#[derive(Debug, Default)]
pub struct Ruling {
    pub violations: Vec<Violation>,
    /// Code and message of what an answer must show, and that is no failure.
    pub flags: Vec<(&'static str, String)>,
}

impl Ruling {
    pub fn broken(code: &'static str, message: String, hint: &str) -> Self {
        Self { violations: vec![violation(code, message, hint)], flags: Vec::new() }
    }
    pub fn flagged(code: &'static str, message: String) -> Self {
        Self { violations: Vec::new(), flags: vec![(code, message)] }
    }
    /// For a rule that asks for an earlier act, which a transcribed table may lack.
    pub fn missing(code: &'static str, message: String, hint: &str) -> Self {
        Self { violations: vec![gap(code, message, hint)], flags: Vec::new() }
    }
    pub fn and(mut self, other: Self) -> Self {
        self.violations.extend(other.violations);
        self.flags.extend(other.flags);
        self
    }
    /// `Ok(())` where all is well: for rules that return early.
    pub fn good() -> Lookup<Self> {
        Ok(Self::default())
    }
}

/// What a type's own rule may look at: everything recorded before, and the story so far.
pub struct Scene<'a> {
    pub history: &'a dyn History,
    pub standing: Standing,
    pub on: CalendarDate,
    /// The state before this act.
    pub state: &'static str,
    /// The lawful acts of this story that come before it in the world.
    pub before: &'a [&'a Act],
    /// All acts of this story that come before this one in the world, of any standing, by the records that are known.
    pub story: &'a [Act],
}

impl Scene<'_> {
    /// The newest earlier act of a type in this story, of this standing; else of any standing.
    pub fn last<T: Statement>(&self) -> Option<&T> {
        let own = self.before.iter().rev().find_map(|a| a.body.get::<T>());
        own.or_else(|| self.story.iter().rev().find_map(|a| a.body.get::<T>()))
    }
    /// All earlier acts of a type in this story, of any standing.
    pub fn all<T: Statement>(&self) -> impl Iterator<Item = &T> {
        self.before.iter().copied().chain(self.story).filter_map(|a| a.body.get::<T>())
    }
    /// The acts of this story that come before, of this standing where it has a `T` of its own, which begins the story; else
    /// of any standing.
    pub fn begun_by<T: Statement>(&self) -> Vec<&Act> {
        match self.before.iter().any(|a| a.body.get::<T>().is_some()) {
            true => self.before.to_vec(),
            false => self.story.iter().collect(),
        }
    }
    /// The organ that began the story by a `T`, where it is not this one.
    pub fn begun_by_other<T: Statement>(&self, organ: &ActorId) -> Option<&ActorId> {
        let organs: Vec<&ActorId> = self.all::<T>().filter_map(Statement::organ).collect();
        organs.first().copied().filter(|_| !organs.contains(&organ))
    }
    /// The acts of another story that this standing may rest on, or that anybody says where there are no others.
    pub fn other(&self, stream: &StreamName) -> Lookup<Vec<Act>> {
        Ok(seen_by(&self.history.stream(stream)?, self.standing))
    }
}

/// The acts that a standing may rest on; where none of them begins the story, whatever was said: another party's part of a
/// story is answered as it is recorded, whoever's word that is.
pub fn seen_by(facts: &[Arc<Fact>], standing: Standing) -> Vec<Act> {
    let acts = all_standings(facts);
    let sees = |a: &Act| standing.sees(a.fact.standing);
    match acts.iter().any(|a| sees(a) && opens(a)) {
        true => acts.into_iter().filter(sees).collect(),
        false => acts,
    }
}

/// True for an act that can begin its story.
fn opens(act: &Act) -> bool {
    match &act.body {
        Body::Told(told) => can_open(told),
        _ => true,
    }
}

fn can_open(told: &Told) -> bool {
    told.steps().iter().any(|s| s.from == NEW)
}

/// Folds the acts of one standing: those that are lawful, in the order of the world, and what was found. `facts` are all of
/// the stream that are known.
pub fn fold(history: &dyn History, facts: &[Arc<Fact>], standing: Standing) -> Lookup<(Vec<Act>, Findings)> {
    walk(history, facts, standing, |lawful| lawful.into_iter().cloned().collect())
}

/// What is found, where nobody asks for the acts.
pub(super) fn findings(history: &dyn History, facts: &[Arc<Fact>], standing: Standing) -> Lookup<Findings> {
    Ok(walk(history, facts, standing, |_| ())?.1)
}

fn walk<K>(
    history: &dyn History,
    facts: &[Arc<Fact>],
    standing: Standing,
    keep: impl FnOnce(Vec<&Act>) -> K,
) -> Lookup<(K, Findings)> {
    let story = all_standings(facts);
    let apart = facts.iter().any(|f| f.standing != standing).then(|| acts_of(facts, standing));
    let acts = apart.as_ref().unwrap_or(&story);
    let mut findings = Findings::default();
    let mut state = NEW;
    let mut lawful: Vec<&Act> = Vec::new();
    for act in acts {
        let Body::Told(told) = &act.body else { continue };
        let mut broken = named_actors(history, told, act)?;
        broken.extend(needs(history, told, act, standing)?);
        let here = match state {
            NEW => where_others_left_it(&story, act, told, standing),
            begun => begun,
        };
        if state == NEW && here == NEW {
            broken.extend(taken(&story, act, told, standing));
        }
        let next = step_from(told, here);
        if next.is_none() {
            broken.push(no_step(told, here));
        }
        let place = |a: &Act| (a.effective.last_day(), a.seq());
        let earlier = story.partition_point(|a| place(a) < place(act));
        let scene =
            Scene { history, standing, on: act.effective, state: here, before: &lawful, story: &story[..earlier] };
        let ruling = told.rule(&scene)?;
        broken.extend(ruling.violations);
        // What is wrong is named before what is merely not there.
        broken.sort_by_key(|v| v.gap);
        let flags = ruling.flags.into_iter();
        findings.flags.extend(flags.map(|(code, message)| Flag { seq: act.stated_by(), code, message }));
        let stands = broken.iter().all(|v| v.gap && standing == Standing::Transcribed);
        findings.violations.extend(broken.into_iter().map(|v| (act.stated_by(), v)));
        if stands {
            // A table that lacks the beginning still tells where the story has come to.
            state = next.or_else(|| leads_to(told)).filter(|next| *next != SAME).unwrap_or(here);
            lawful.push(act);
        }
    }
    Ok((keep(lawful), findings))
}

/// A story as an answer shows it on a day: what its strongest standing says, and beside it what only others say (another
/// party's part may be recorded as a transcription alone).
#[derive(Debug, Clone)]
pub struct View {
    pub state: &'static str,
    pub since: Option<CalendarDate>,
    /// In the order of the world.
    pub acts: Vec<Act>,
}

impl View {
    /// The newest act of a type, by the strongest standing that records one.
    pub fn last<T: Statement>(&self) -> Option<(&T, &Act)> {
        self.weakest_first::<T>().pop()
    }
    /// All acts of a type, those of the strongest standing last, and of each standing in the order of the world.
    pub fn weakest_first<T: Statement>(&self) -> Vec<(&T, &Act)> {
        let mut acts: Vec<_> = self.all::<T>().collect();
        let strength = |s: Standing| Standing::ALL.iter().position(|other| *other == s);
        acts.sort_by_key(|(_, a)| std::cmp::Reverse(strength(a.fact.standing)));
        acts
    }
    /// All acts of a type.
    pub fn all<T: Statement>(&self) -> impl Iterator<Item = (&T, &Act)> {
        self.acts.iter().filter_map(|a| Some((a.body.get::<T>()?, a)))
    }
    /// What it rests on, ascending.
    pub fn records(&self) -> Vec<u64> {
        let mut records: Vec<u64> = self.acts.iter().flat_map(Act::records).collect();
        records.sort_unstable();
        records
    }
}

/// A stream's facts, folded in each of the standings that count: what its view of any day is made of.
#[derive(Debug, Clone)]
pub struct Folded {
    /// The strongest standing first.
    stories: Vec<Vec<Act>>,
}

impl Folded {
    /// By the standings that `sees` admits.
    pub fn of(history: &dyn History, facts: &[Arc<Fact>], sees: &dyn Fn(Standing) -> bool) -> Lookup<Self> {
        let there = |s: &Standing| sees(*s) && facts.iter().any(|f| f.standing == *s);
        let stories = Standing::ALL.into_iter().filter(there).map(|s| Ok(fold(history, facts, s)?.0));
        Ok(Self { stories: stories.collect::<Lookup<_>>()? })
    }

    /// The days on which a view may differ from that of the day before, ascending.
    pub fn days(&self) -> Vec<Date> {
        let mut days: Vec<Date> = self.stories.iter().flatten().map(|act| act.effective.last_day()).collect();
        days.sort_unstable();
        days.dedup();
        days
    }

    /// The view of a day; None where nothing had been said by then.
    pub fn on(&self, day: Date) -> Option<View> {
        let by_then = |story: &Vec<Act>| story.iter().filter(|a| a.effective.last_day() <= day).cloned().collect();
        viewed(self.stories.iter().map(by_then))
    }
}

/// Views a stream's facts as of a day, by the standings that `sees` admits; None where nothing had been said by then.
pub fn view(
    history: &dyn History,
    facts: &[Arc<Fact>],
    sees: &dyn Fn(Standing) -> bool,
    as_of: Date,
) -> Lookup<Option<View>> {
    let mut folded = Folded::of(history, facts, sees)?;
    folded.stories.iter_mut().for_each(|story| story.retain(|a| a.effective.last_day() <= as_of));
    Ok(viewed(folded.stories.into_iter()))
}

/// What the standings say by a day, the strongest first.
fn viewed(stories: impl Iterator<Item = Vec<Act>>) -> Option<View> {
    let mut acts: Vec<Act> = Vec::new();
    for mut story in stories {
        story.retain(|a| !acts.iter().any(|b| same_act(a, b)));
        acts.append(&mut story);
    }
    acts.sort_by_key(|a| (a.effective.last_day(), a.fact.seq));
    let (mut state, mut since) = (NEW, None);
    for act in &acts {
        let Body::Told(told) = &act.body else { continue };
        // They were judged in their own standing: here a step that does not fit leaves the state as it is, but where the
        // beginning is missing tells where the story has come to.
        let next = step_from(told, state).or_else(|| if state == NEW { leads_to(told) } else { None });
        if let Some(next) = next.filter(|n| *n != SAME && *n != state) {
            (state, since) = (next, Some(act.effective));
        }
    }
    (!acts.is_empty()).then_some(View { state, since, acts })
}

/// One act in two standings' words: of the same kind and speaker, and of the same day or content. An author's one own word
/// hides no other act of its own: a mandate has many extensions.
fn same_act(a: &Act, b: &Act) -> bool {
    let speaks = |a: &Act| (a.body.kind(), a.body.speaker().cloned());
    speaks(a) == speaks(b) && (a.effective == b.effective || a.body == b.body)
}

/// The state to which another standing's record opened this story by then.
fn opened_by_others(story: &[Act], act: &Act, standing: Standing) -> Option<&'static str> {
    story
        .iter()
        .filter(|a| a.fact.standing != standing && a.effective.last_day() <= act.effective.last_day())
        .filter(|a| a.fact.seq < act.fact.seq)
        .find_map(|a| match &a.body {
            Body::Told(told) => told.steps().iter().find(|s| s.from == NEW).map(|s| s.to),
            _ => None,
        })
}

/// The state in which a standing that has said nothing yet finds the story. What begins a story begins it in each standing:
/// that a transcription tells of it already makes nobody's own word unlawful.
fn where_others_left_it(story: &[Act], act: &Act, told: &Told, standing: Standing) -> &'static str {
    let opened = opened_by_others(story, act, standing).unwrap_or(NEW);
    match can_open(told) && step_from(told, opened).is_none() {
        true => NEW,
        false => opened,
    }
}

/// Nobody takes over an id by its own word under which another's story was transcribed before.
fn taken(story: &[Act], act: &Act, told: &Told, standing: Standing) -> Option<Violation> {
    let others = |a: &&Act| a.fact.standing != standing && a.fact.seq < act.fact.seq && opens(a);
    let mut openers = story.iter().filter(others).map(|a| a.body.speaker()).peekable();
    let speaker = act.body.speaker();
    let begins = told.steps().iter().all(|s| s.from == NEW);
    if standing == Standing::Transcribed || !begins || openers.peek().is_none() || openers.any(|o| o == speaker) {
        return None;
    }
    Some(violation(
        "law.story.already_begun",
        format!("the story {} is another's, as transcribed before", told.stream()),
        "give this story an id of its own; a wrong transcription is its transcriber's to retract",
    ))
}

/// Who continues a story is who began it, or whom that names.
pub fn same_party(named: Option<&ActorId>, speaks: &ActorId, part: &str) -> Lookup<Ruling> {
    match named {
        Some(named) if named != speaks => Ok(Ruling::broken(
            "law.story.other_party",
            format!("{part} {named}, not {speaks}"),
            "another's is another story, with an id of its own",
        )),
        _ => Ruling::good(),
    }
}

/// The state that the act tells of, whatever came before it.
fn leads_to(told: &Told) -> Option<&'static str> {
    told.leads().or(told.steps().iter().map(|s| s.to).next()).filter(|to| *to != SAME)
}

/// The steps that the act can be: those to the state that it leads to, where its type names several.
fn steps_of(told: &Told) -> impl Iterator<Item = &'static Step> {
    let leads = told.leads();
    told.steps().iter().filter(move |s| leads.is_none_or(|to| s.to == to))
}

/// The state that the act leads to; None where no step fits.
fn step_from(told: &Told, state: &str) -> Option<&'static str> {
    let exact = steps_of(told).find(|s| s.from == state);
    exact.or_else(|| steps_of(told).find(|s| s.from == ANY && state != NEW)).map(|s| s.to)
}

/// Why no step fits.
fn no_step(told: &Told, state: &str) -> Violation {
    let (kind, stream) = (told.kind(), told.stream());
    if state == NEW {
        return gap(
            "law.story.not_begun",
            format!("nothing before it begins the story {stream}: a {kind} cannot be its first act"),
            "record its beginning first; answerable schema machines shows the steps",
        );
    }
    if steps_of(told).all(|s| s.from == NEW) {
        return violation(
            "law.story.already_begun",
            format!("the story {stream} has begun; it is {}", state.replace('_', " ")),
            "correct the earlier record, or give this story an id of its own",
        );
    }
    let from: Vec<String> = steps_of(told).map(|s| s.from.replace('_', " ")).collect();
    violation(
        "law.story.wrong_state",
        format!("{stream} is {}; a {kind} comes only where it is {}", state.replace('_', " "), from.join(" or ")),
        "answerable history STREAM shows what came before",
    )
}

/// Every actor named is registered, existed on the day, and is of the kind that its part asks for.
fn named_actors(history: &dyn History, told: &Told, act: &Act) -> Lookup<Vec<Violation>> {
    let mut broken = Vec::new();
    for named in told.actors() {
        let actor = actors::lookup(history, named.actor)?;
        if let Err(v) = actors::alive(actor.as_deref(), named.actor, &act.effective) {
            broken.push(v);
        } else if let (Some(actor), Some(kind)) = (&actor, named.kind)
            && actor.kind != kind
        {
            broken.push(violation(
                "law.actor.wrong_kind",
                format!("{} is registered as {}, not as {}", actor.id, actor.kind.as_str(), kind.as_str()),
                "another actor may be meant; else its registration must be corrected",
            ));
        }
    }
    Ok(broken)
}

/// Every story that it rests on has begun by the day.
fn needs(history: &dyn History, told: &Told, act: &Act, standing: Standing) -> Lookup<Vec<Violation>> {
    let mut broken = Vec::new();
    for stream in told.needs() {
        let acts = seen_by(&history.stream(&stream)?, standing);
        if !acts.iter().any(|a| a.effective.first_day() <= act.effective.last_day()) {
            broken.push(gap(
                "law.story.unknown_reference",
                format!("it rests on {stream}, of which nothing is recorded by {}", act.effective),
                "record that first, or correct the reference",
            ));
        }
    }
    Ok(broken)
}
