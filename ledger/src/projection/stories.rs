//! Every story of a kind, and where it stands. The kind is the first part of a stream's name.
//! Not here: treaties, actors, keys and roles, which are no stories that a type declares.

use std::collections::BTreeMap;

use answerable_schemas::catalogue::{Body, story_kinds};
use answerable_schemas::history::Lookup;
use answerable_schemas::law::acts::Act;
use answerable_schemas::law::story::View;
use answerable_schemas::story::{Crime, Pillar};
use answerable_schemas::{ActorId, StreamName};
use serde::Serialize;
use serde_json::Value;

use super::question::{Basis, Question, Story};

/// Which stories of a kind.
#[derive(Debug, Clone, Default)]
pub struct Which {
    /// Named in any act of it, or speaking there.
    pub actor: Option<ActorId>,
    pub tag: Option<String>,
    pub crime: Option<Crime>,
    pub pillar: Option<Pillar>,
    /// Where it stands; spaces and `_` are the same.
    pub state: Option<String>,
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct Stories {
    pub schema: &'static str,
    pub as_of: String,
    pub known_size: String,
    pub kind: String,
    pub stories: Vec<Line>,
    /// Of this kind, whether shown or not.
    pub known: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub stream: StreamName,
    pub state: &'static str,
    /// The day of the step into that state.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    /// The last act, in words.
    pub last: String,
    pub last_on: String,
    #[serde(flatten)]
    pub basis: Basis,
}

/// The stories of a kind.
pub fn stories(q: &Question<'_>, kind: &str, which: &Which) -> Lookup<Stories> {
    let all = q.unweighed(&format!("{kind}:"))?;
    let known = all.len();
    let mut lines = Vec::new();
    for seen in all.into_iter().filter(|s| which.admits(&s.view)) {
        lines.extend(line(&q.weighed(seen)?).filter(|l| q.keeps(&l.basis)));
    }
    Ok(Stories {
        schema: "answerable.stories/v1",
        as_of: q.as_of.to_string(),
        known_size: q.known_size.to_string(),
        kind: kind.to_owned(),
        stories: lines,
        known,
    })
}

/// How many stories of each kind there are, and how many stand where; kinds without any are left out.
pub fn kinds(q: &Question<'_>) -> Lookup<Vec<(&'static str, BTreeMap<&'static str, usize>)>> {
    let mut found = Vec::new();
    for kind in story_kinds() {
        let mut states: BTreeMap<&'static str, usize> = BTreeMap::new();
        for story in q.unweighed(&format!("{kind}:"))? {
            *states.entry(story.view.state).or_default() += 1;
        }
        if !states.is_empty() {
            found.push((*kind, states));
        }
    }
    Ok(found)
}

fn line(story: &Story) -> Option<Line> {
    let last = story.view.acts.last()?;
    let Body::Told(told) = &last.body else { return None };
    Some(Line {
        stream: story.stream.clone(),
        state: story.view.state,
        since: story.view.since.map(|d| d.to_string()),
        last: told.words(&last.effective),
        last_on: last.effective.to_string(),
        basis: story.whole(),
    })
}

impl Which {
    fn admits(&self, view: &View) -> bool {
        let acts = &view.acts;
        let member = |name: &str, wanted: Option<Value>| wanted.is_none_or(|w| acts.iter().any(|a| holds(a, name, &w)));
        self.actor.as_ref().is_none_or(|wanted| acts.iter().any(|a| is_about(&a.body, wanted)))
            && member("tags", self.tag.clone().map(Value::String))
            && member("crimes", self.crime.map(code))
            && member("pillars", self.pillar.map(code))
            && self.state.as_ref().is_none_or(|s| s.replace(' ', "_") == view.state)
    }
}

fn code(value: impl Serialize) -> Value {
    serde_json::to_value(value).expect("codes are plain data")
}

/// True where the act's list `name` holds the value.
fn holds(act: &Act, name: &str, value: &Value) -> bool {
    act.body.to_map().get(name).and_then(Value::as_array).is_some_and(|list| list.contains(value))
}

/// True where the statement is this actor's, is about it, or names it.
pub(super) fn is_about(body: &Body, actor: &ActorId) -> bool {
    body.actors().contains(actor)
}
