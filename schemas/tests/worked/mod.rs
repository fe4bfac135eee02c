//! The worked and refused examples of `examples/stories/`, read for the tests of three crates; and what a ledger must hold
//! before they can be said: registered actors, keys, roles.
//! Not here: the tests (`schemas/tests/stories.rs`, `verifier/tests/stories.rs`, `tests/tests/stories.rs`).
#![allow(dead_code)] // each test file uses a part of it

use std::collections::{BTreeMap, BTreeSet};

use answerable_schemas::Body;
use answerable_schemas::catalogue::{BodyError, type_info};
use answerable_schemas::governance::Role;
use answerable_schemas::roles::{Who, entitlements};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Keeps the registers of every example: it is registered and trusted before all else.
pub const REGISTRAR: &str = "org:ledger-registrar";

/// The files, in the order in which they are recorded: later ones rest on earlier ones.
pub const FILES: [(&str, &str); 10] = [
    ("registers", include_str!("../../../examples/stories/registers.json")),
    ("council", include_str!("../../../examples/stories/council.json")),
    ("reporting", include_str!("../../../examples/stories/reporting.json")),
    ("recommendations", include_str!("../../../examples/stories/recommendations.json")),
    ("reviews", include_str!("../../../examples/stories/reviews.json")),
    ("commitments", include_str!("../../../examples/stories/commitments.json")),
    ("national", include_str!("../../../examples/stories/national.json")),
    ("justice", include_str!("../../../examples/stories/justice.json")),
    ("gatherings", include_str!("../../../examples/stories/gatherings.json")),
    ("inventory", include_str!("../../../examples/stories/inventory.json")),
];

/// One act of a worked file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Act {
    /// By which others refer to it, as `council/unamir`.
    pub name: Option<String>,
    /// What it shows.
    pub about: Option<String>,
    #[serde(rename = "type")]
    pub kind: String,
    /// Who signs.
    pub actor: String,
    pub standing: String,
    pub effective: String,
    pub body: Map<String, Value>,
    /// Of a transcription.
    pub source: Option<Source>,
    /// The codes of the flags that it carries.
    #[serde(default)]
    pub flags: Vec<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    pub title: String,
    pub document: Option<String>,
}

/// An act that is refused where the acts in `after` are recorded.
#[derive(Debug, Clone)]
pub struct Refused {
    pub about: String,
    pub after: Vec<Act>,
    pub act: Act,
    pub code: String,
}

/// As it stands in `refused.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefusedForm {
    about: Option<String>,
    #[serde(default)]
    after: Vec<String>,
    act: Change,
    code: String,
}

/// A worked act, changed. A member of the body that is null is left out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    like: String,
    actor: Option<String>,
    standing: Option<String>,
    effective: Option<String>,
    #[serde(default)]
    body: Map<String, Value>,
}

impl Act {
    pub fn parse(&self) -> Result<Body, BodyError> {
        let (kind, v) = (self.kind.parse().expect("a type's name"), self.version());
        let read = Body::parse(&kind, v, &self.body);
        // Sorted, as serde_json keeps members: canonical, and read so at once.
        let json = serde_json::to_string(&self.body).expect("a body is plain data");
        let other = "a:b".parse().expect("a stream's name");
        let stream = read.as_ref().map_or(other, Body::stream);
        assert_eq!(Body::parse_plain(&kind, v, &json, &stream), read.as_ref().ok().cloned(), "{json}");
        read
    }
    /// Of the body's schema.
    pub fn version(&self) -> u32 {
        type_info(&self.kind).unwrap_or_else(|| panic!("no type {}", self.kind)).v
    }
    pub fn is_declared(&self) -> bool {
        type_info(&self.kind).is_some_and(|t| t.is_declared())
    }
    pub fn is_transcribed(&self) -> bool {
        self.standing == "transcribed"
    }
    /// The actors of the registers that it names, its signer included.
    pub fn names(&self, registers: &BTreeMap<String, Act>) -> BTreeSet<String> {
        let mut found = BTreeSet::from([self.actor.clone()]);
        self.body.values().for_each(|v| collect(v, registers, &mut found));
        found
    }
    /// The role that its signer needs, and of which organ; None for one that speaks for itself.
    pub fn role(&self) -> Option<(Role, Option<String>)> {
        let body = self.parse().ok()?;
        let signs = |who: Option<&answerable_schemas::ActorId>| who.is_some_and(|a| a.as_str() == self.actor);
        let rows = entitlements(&self.kind, self.standing.parse_standing());
        let who: Vec<Who> = rows.iter().map(|r| r.who).collect();
        let concerns_itself = who.contains(&Who::OfItself) && signs(body.concerns());
        who.iter().find_map(|w| match w {
            Who::Holder(role) => Some((*role, None)),
            Who::SubjectAssessor if !concerns_itself => Some((Role::Assessor, None)),
            Who::Organ if !signs(body.organ()) => {
                Some((Role::Secretariat, body.organ().map(|o| o.as_str().to_owned())))
            }
            _ => None,
        })
    }
}

trait ParseStanding {
    fn parse_standing(&self) -> answerable_schemas::Standing;
}
impl ParseStanding for String {
    fn parse_standing(&self) -> answerable_schemas::Standing {
        serde_json::from_value(Value::String(self.clone())).expect("a standing")
    }
}

fn collect(value: &Value, registers: &BTreeMap<String, Act>, found: &mut BTreeSet<String>) {
    match value {
        Value::String(s) if registers.contains_key(s) => {
            found.insert(s.clone());
        }
        Value::Array(items) => items.iter().for_each(|v| collect(v, registers, found)),
        Value::Object(map) => map.values().for_each(|v| collect(v, registers, found)),
        _ => {}
    }
}

/// The acts of one file.
pub fn file(name: &str) -> Vec<Act> {
    let (_, text) = FILES.iter().find(|(n, _)| *n == name).unwrap_or_else(|| panic!("no file {name}"));
    serde_json::from_str(text).unwrap_or_else(|e| panic!("examples/stories/{name}.json: {e}"))
}

/// The acts of all files, in order.
pub fn all() -> Vec<Act> {
    FILES.iter().flat_map(|(name, _)| file(name)).collect()
}

/// The registrations of the register, by actor.
pub fn registers() -> BTreeMap<String, Act> {
    let id = |act: &Act| act.body["actor"].as_str().expect("an actor's id").to_owned();
    file("registers").into_iter().filter(|a| a.kind == "actor.registered").map(|a| (id(&a), a)).collect()
}

/// Every refused example.
pub fn refused() -> Vec<Refused> {
    let named: BTreeMap<String, Act> = FILES
        .iter()
        .flat_map(|(name, _)| file(name).into_iter().map(move |act| (name, act)))
        .filter_map(|(name, act)| Some((format!("{name}/{}", act.name.as_ref()?), act)))
        .collect();
    let find = |name: &String| named.get(name).unwrap_or_else(|| panic!("no worked act {name}")).clone();
    let forms: Vec<RefusedForm> = serde_json::from_str(include_str!("../../../examples/stories/refused.json"))
        .unwrap_or_else(|e| panic!("examples/stories/refused.json: {e}"));
    let build = |form: RefusedForm| {
        let mut act = find(&form.act.like);
        act.actor = form.act.actor.unwrap_or(act.actor);
        act.standing = form.act.standing.unwrap_or(act.standing);
        act.effective = form.act.effective.unwrap_or(act.effective);
        for (member, value) in form.act.body {
            match value {
                Value::Null => act.body.remove(&member),
                value => act.body.insert(member, value),
            };
        }
        act.flags.clear();
        let about = format!("{} like {}: {}", act.kind, form.act.like, form.about.unwrap_or_default());
        Refused { about, after: form.after.iter().map(find).collect(), act, code: form.code }
    };
    forms.into_iter().map(build).collect()
}

impl Refused {
    /// The roles that everybody holds but whoever is refused for want of one.
    pub fn roles(&self) -> BTreeSet<(String, Role, Option<String>)> {
        let last = (!self.code.starts_with("authority.")).then_some(&self.act);
        roles(self.after.iter().chain(last))
    }
}

/// The roles that acts need: who holds which, and of which organ.
pub fn roles<'a>(acts: impl IntoIterator<Item = &'a Act>) -> BTreeSet<(String, Role, Option<String>)> {
    acts.into_iter().filter_map(|a| a.role().map(|(role, of)| (a.actor.clone(), role, of))).collect()
}
