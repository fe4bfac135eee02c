//! Stories: event types declared in one place each. A declaration (`stories!`) says what a type's body holds, which story
//! it continues, who may sign it, which step of that story's state machine it takes, whom it names, what must be recorded
//! before it, and how it reads in words. All else (JSON Schema, role table, machine, docs/MACHINES.md) follows from it.
//! Not here: the declarations (`crate::stories`), the folding of steps (`law::story`), types that the ledger itself or the
//! law of treaties rests on (`governance`, `treaty`, `records`).

use std::any::Any;
use std::borrow::Cow;
use std::fmt::Debug;
use std::ops::Deref;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::catalogue::Statement;
use crate::dates::CalendarDate;
use crate::governance::ActorKind;
use crate::history::Lookup;
use crate::ids::{ActorId, IdError, StreamName};
use crate::law::story::{Ruling, Scene};
use crate::roles::Who;

/// How far a commitment binds. It follows from type and instrument, and decides what "overdue" may mean: what was
/// recommended or encouraged is absent, never overdue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Binding {
    /// A treaty or a law obliges.
    Legal,
    /// A decision of an organ that may decide.
    Mandate,
    /// A promise made in public.
    Political,
    /// Another's advice.
    Recommendation,
    /// A pledge of a body to itself.
    Internal,
}

impl Binding {
    pub fn as_str(self) -> &'static str {
        match self {
            Binding::Legal => "legal",
            Binding::Mandate => "mandate",
            Binding::Political => "political",
            Binding::Recommendation => "recommendation",
            Binding::Internal => "internal",
        }
    }
    /// What can be late at all.
    pub fn can_be_overdue(self) -> bool {
        self != Binding::Recommendation
    }
}

/// The four crimes of the 2005 World Summit Outcome, paragraph 138. Ethnic cleansing is no crime of its own in any treaty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Crime {
    Genocide,
    WarCrimes,
    EthnicCleansing,
    CrimesAgainstHumanity,
}

/// The pillars of the responsibility to protect (A/63/677): the state's own, assistance to it, timely response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Pillar {
    #[serde(rename = "I")]
    One,
    #[serde(rename = "II")]
    Two,
    #[serde(rename = "III")]
    Three,
}

/// A step of a machine: from one state to another. `NEW` is before the story begins, `ANY` is whatever it has come to,
/// `SAME` leaves it there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Step {
    pub from: &'static str,
    pub to: &'static str,
}

pub const NEW: &str = "new";
pub const ANY: &str = "any";
pub const SAME: &str = "same";

/// For declarations: `step(NEW, "live")`.
pub const fn step(from: &'static str, to: &'static str) -> Step {
    Step { from, to }
}

/// Signed by whom the statement is about: everybody speaks for itself.
pub const BY_SUBJECT: &[Who] = &[Who::Subject];
/// Signed by the organ that it names, or by the secretariat of that organ.
pub const BY_ORGAN: &[Who] = &[Who::Organ];
/// Signed by an assessor, under its own name.
pub const BY_ASSESSOR: &[Who] = &[Who::SubjectAssessor];
/// Signed by an assessor, or by whom it is about.
pub const BY_ASSESSOR_OR_ITSELF: &[Who] = &[Who::SubjectAssessor, Who::OfItself];
/// Signed by a registrar.
pub const BY_REGISTRAR: &[Who] = &[Who::Holder(crate::governance::Role::Registrar)];

/// An actor that a body names, and what it must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActorRef<'a> {
    pub actor: &'a ActorId,
    /// The kind that the register must say.
    pub kind: Option<ActorKind>,
}

impl ActorId {
    /// Any actor of the register.
    pub fn any(&self) -> ActorRef<'_> {
        ActorRef { actor: self, kind: None }
    }
    /// An actor of this kind alone.
    pub fn a(&self, kind: ActorKind) -> ActorRef<'_> {
        ActorRef { actor: self, kind: Some(kind) }
    }
}

/// What can be asked of any declared statement. Every `Statement` answers it.
pub trait Speech: Any + Debug + Send + Sync {
    fn kind(&self) -> &'static str;
    fn v(&self) -> u32;
    fn stream(&self) -> StreamName;
    fn subject(&self) -> Option<&ActorId>;
    fn organ(&self) -> Option<&ActorId>;
    fn concerns(&self) -> Option<&ActorId>;
    fn actors(&self) -> Vec<ActorRef<'_>>;
    fn needs(&self) -> Vec<StreamName>;
    fn binding(&self) -> Option<Binding>;
    fn steps(&self) -> &'static [Step];
    fn leads(&self) -> Option<&'static str>;
    fn rule(&self, scene: &Scene<'_>) -> Lookup<Ruling>;
    fn to_map(&self) -> Map<String, Value>;
    fn words(&self, on: &CalendarDate) -> String;
    fn as_any(&self) -> &dyn Any;
}

impl<T: Statement> Speech for T {
    fn kind(&self) -> &'static str {
        T::TYPE
    }
    fn v(&self) -> u32 {
        T::V
    }
    fn stream(&self) -> StreamName {
        Statement::stream(self)
    }
    fn subject(&self) -> Option<&ActorId> {
        Statement::subject(self)
    }
    fn organ(&self) -> Option<&ActorId> {
        Statement::organ(self)
    }
    fn concerns(&self) -> Option<&ActorId> {
        Statement::concerns(self)
    }
    fn actors(&self) -> Vec<ActorRef<'_>> {
        Statement::actors(self)
    }
    fn needs(&self) -> Vec<StreamName> {
        Statement::needs(self)
    }
    fn binding(&self) -> Option<Binding> {
        Statement::binding(self)
    }
    fn steps(&self) -> &'static [Step] {
        T::STEPS
    }
    fn leads(&self) -> Option<&'static str> {
        Statement::leads(self)
    }
    fn rule(&self, scene: &Scene<'_>) -> Lookup<Ruling> {
        Statement::rule(self, scene)
    }
    fn to_map(&self) -> Map<String, Value> {
        match serde_json::to_value(self).expect("bodies are plain data") {
            Value::Object(map) => map,
            _ => unreachable!("every body is a struct"),
        }
    }
    fn words(&self, on: &CalendarDate) -> String {
        words(T::WORDS, &Speech::to_map(self), on)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// A body of a declared type, and the story that it continues.
#[derive(Debug, Clone)]
pub struct Told {
    body: Arc<dyn Speech>,
    stream: StreamName,
}

impl Told {
    /// `stream` is what the type's template makes of the body.
    pub(crate) fn new(body: impl Statement, stream: StreamName) -> Self {
        Self { body: Arc::new(body), stream }
    }
    /// The body, if it is of this type.
    pub fn get<T: Statement>(&self) -> Option<&T> {
        self.body.as_any().downcast_ref()
    }
    /// The story, known since the body was read.
    pub fn stream(&self) -> &StreamName {
        &self.stream
    }
}

impl Deref for Told {
    type Target = dyn Speech;
    fn deref(&self) -> &dyn Speech {
        &*self.body
    }
}

impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.body, &other.body)
            || (self.kind() == other.kind() && self.stream == other.stream && self.to_map() == other.to_map())
    }
}

/// A story's name, for who looks one up: its kind, then actors (as streams name them) and ids.
pub fn story(kind: &str, parts: &[&str]) -> StreamName {
    StreamName::new(format!("{kind}:{}", parts.join(":"))).expect("kinds, actors and slugs leave room in a stream name")
}

/// The stream that a template makes of a body: `visit:{state}:{visit}`. An actor counts without its `state:`; of a
/// symbol's characters `/` becomes `_`, `(` becomes `__`, and `)` goes.
///
/// Two long actors may not fit into one name: reading a body refuses that.
pub fn stream(template: &str, body: &Map<String, Value>) -> Result<StreamName, IdError> {
    let mut name = String::new();
    for (i, part) in template.split(['{', '}']).enumerate() {
        match body.get(part).filter(|_| i % 2 == 1) {
            Some(Value::String(s)) => name += &in_stream(s),
            Some(other) => name += &other.to_string(),
            None => name += part,
        }
    }
    StreamName::new(name)
}

/// The same where members are given as JSON, whether or not it is a name; None for a text with an escape, which no id has.
pub(crate) fn stream_of_json<'b>(template: &str, member: impl Fn(&str) -> Option<&'b str>) -> Option<String> {
    let mut name = String::with_capacity(64);
    for (i, part) in template.split(['{', '}']).enumerate() {
        match member(part).filter(|_| i % 2 == 1) {
            Some(json) if json.bytes().any(|b| b == b'\\') => return None,
            Some(json) => match json.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                Some(text) => name += &in_stream(text),
                None => name += json,
            },
            None => name += part,
        }
    }
    Some(name)
}

/// A value as a part of a stream's name. `_` is of no symbol, and `/` and `(` are of no other id: nothing is confused.
pub(crate) fn in_stream(value: &str) -> Cow<'_, str> {
    let value = value.strip_prefix("state:").unwrap_or(value);
    match value.bytes().any(|b| matches!(b, b'/' | b'(' | b')')) {
        true => value.replace('/', "_").replace('(', "__").replace(')', "").into(),
        false => value.into(),
    }
}

/// Fills a template: `{member}` is the member's value, `{member~}` a code as it is spoken (`dates_proposed` is "dates
/// proposed"), `{on}` the day of the act; what stands in `[…]` is left out where a member in it is absent.
pub fn words(template: &str, body: &Map<String, Value>, on: &CalendarDate) -> String {
    let mut text = String::new();
    for (i, piece) in template.split(['[', ']']).enumerate() {
        // Brackets are not nested: every other piece was within some.
        match filled(piece, body, on) {
            Ok(said) => text += &said,
            Err(said) if i % 2 == 0 => text += &said,
            Err(_) => {}
        }
    }
    text
}

/// The piece, with its members; Err where one is absent.
fn filled(piece: &str, body: &Map<String, Value>, on: &CalendarDate) -> Result<String, String> {
    let mut text = String::new();
    let mut whole = true;
    for (i, part) in piece.split(['{', '}']).enumerate() {
        if i % 2 == 0 {
            text += part;
            continue;
        }
        let (name, is_code) = part.strip_suffix('~').map_or((part, false), |name| (name, true));
        match body.get(name) {
            _ if name == "on" => text += &on.to_string(),
            Some(value) if is_code => text += &spoken(value).replace('_', " "),
            Some(value) => text += &spoken(value),
            None => whole = false,
        }
    }
    if whole { Ok(text) } else { Err(text) }
}

fn spoken(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        Value::Array(items) => items.iter().map(spoken).collect::<Vec<_>>().join(", "),
        Value::Object(map) => {
            // A tagged value reads "tag: rest", its tag first.
            let tag = map.get("kind").or(map.get("unit")).map(spoken).unwrap_or_default().replace('_', " ");
            let rest = map.iter().filter(|(k, _)| !matches!(k.as_str(), "kind" | "unit")).map(|(_, v)| spoken(v));
            std::iter::once(tag).chain(rest).filter(|s| !s.is_empty()).collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    }
}

/// Declares event types, each in one place. After the body (members that must be there, then `maybe` those that may),
/// the clauses come in this order; only `stream`, `by` and `steps` are needed:
/// `stream` the story, as a template (`stream`); `subject` whose act it is; `organ` the organ that speaks; `concerns` who may affirm or dispute it, where
/// that is not the subject (`None::<&ActorId>`: nobody);
/// `by` who may sign with standing "own"; `actors` whom it names; `steps` of its machine; `leads` which of several states it
/// leads to; `needs` the stories that must have begun; `binding` how far it binds; `rule` what else the law asks; `check` what
/// its schema says of lengths.
macro_rules! stories {
    ($(
        $(#[$doc:meta])*
        event $name:ident = $kind:literal, $words:literal
        { $($(#[$fm:meta])* $f:ident : $ft:ty,)* }
        $(maybe { $($(#[$om:meta])* $o:ident : $ot:ty,)* })?
        stream $stream:literal;
        $(subject |$ub:ident| $subject:expr;)?
        $(organ |$gb:ident| $organ:expr;)?
        $(concerns |$cb:ident| $concerns:expr;)?
        by $by:expr;
        $(actors |$ab:ident| $actors:expr;)?
        steps $steps:expr;
        $(leads |$lb:ident| $leads:expr;)?
        $(needs |$nb:ident| $needs:expr;)?
        $(binding |$bb:ident| $binding:expr;)?
        $(rule $rule:expr;)?
        $(check |$vb:ident| $check:expr;)?
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            #[serde(deny_unknown_fields)]
            pub struct $name {
                $($(#[$fm])* pub $f: $ft,)*
                $($(
                    $(#[$om])*
                    #[serde(default, deserialize_with = "crate::envelope::never_null", skip_serializing_if = "Option::is_none")]
                    pub $o: Option<$ot>,
                )*)?
                /// Crimes that it is about.
                #[serde(default, deserialize_with = "crate::envelope::never_null", skip_serializing_if = "Option::is_none")]
                pub crimes: Option<Vec<crate::story::Crime>>,
                /// Pillars of the responsibility to protect that it serves.
                #[serde(default, deserialize_with = "crate::envelope::never_null", skip_serializing_if = "Option::is_none")]
                pub pillars: Option<Vec<crate::story::Pillar>>,
                /// Words to find it by, such as `r2p`.
                #[serde(default, deserialize_with = "crate::envelope::never_null", skip_serializing_if = "Option::is_none")]
                pub tags: Option<Vec<crate::ids::Slug>>,
            }

            impl crate::catalogue::Statement for $name {
                const TYPE: &'static str = $kind;
                const WORDS: &'static str = $words;
                const SIGNERS: &'static [crate::roles::Who] = $by;
                const STEPS: &'static [crate::story::Step] = $steps;
                const STREAM: &'static str = $stream;
                fn stream(&self) -> crate::ids::StreamName {
                    crate::story::stream($stream, &crate::story::Speech::to_map(self)).expect("checked when it was read")
                }
                $(fn subject(&self) -> Option<&crate::ids::ActorId> {
                    let $ub = self;
                    Some($subject)
                })?
                $(fn organ(&self) -> Option<&crate::ids::ActorId> {
                    let $gb = self;
                    Some($organ)
                })?
                $(fn concerns(&self) -> Option<&crate::ids::ActorId> {
                    let $cb = self;
                    Into::<Option<&crate::ids::ActorId>>::into($concerns)
                })?
                $(fn actors(&self) -> Vec<crate::story::ActorRef<'_>> {
                    let $ab = self;
                    Vec::from_iter($actors)
                })?
                $(fn leads(&self) -> Option<&'static str> {
                    let $lb = self;
                    Some($leads)
                })?
                $(fn needs(&self) -> Vec<crate::ids::StreamName> {
                    let $nb = self;
                    Vec::from_iter($needs)
                })?
                $(fn binding(&self) -> Option<crate::story::Binding> {
                    let $bb = self;
                    Some($binding)
                })?
                $(fn rule(&self, scene: &crate::law::story::Scene<'_>) -> crate::history::Lookup<crate::law::story::Ruling> {
                    let rule: fn(&Self, &crate::law::story::Scene<'_>) -> crate::history::Lookup<crate::law::story::Ruling> = $rule;
                    rule(self, scene)
                })?
                $(fn validate(&self) -> Result<(), String> {
                    let $vb = self;
                    $check
                })?
            }
        )*

        /// The types of this family.
        pub const TYPES: &[crate::catalogue::TypeInfo] = &[$(crate::catalogue::TypeInfo::of::<$name>()),*];
    };
}
pub(crate) use stories;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_leave_out_what_is_absent() {
        let body = serde_json::json!({"a": "x_y", "list": ["p", "q"], "until": {"kind": "date", "on": "1994-04-05"}});
        let say = |t: &str| words(t, body.as_object().unwrap(), &"1994".parse().unwrap());
        assert_eq!(
            say("{a} {a~}, {list}[, {none}][ until {until}] on {on}"),
            "x_y x y, p, q until date 1994-04-05 on 1994"
        );
    }
}
