//! The catalogue: every event type that may be said, in one list, and the reading of a body by its type.
//! Most types are declared, each in one place, in a family of `stories`; docs/ADDING.md says how to add one. Those that the
//! ledger itself and the law of treaties rest on have a line in `catalogue!` below.
//! Not here: the bodies themselves (`governance`, `treaty`, `stories`), the envelope, the law.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Debug;
use std::sync::LazyLock;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::dates::CalendarDate;
use crate::governance::*;
use crate::history::Lookup;
use crate::ids::{ActorId, EventId, StreamName, TreatyId, TypeName};
use crate::law::story::{Ruling, Scene};
use crate::records::*;
use crate::roles::Who;
use crate::same::{Written, is_written_as};
use crate::stories;
use crate::story::{ActorRef, Binding, Speech, Step, Told, stream, stream_of_json};
use crate::treaty::*;

/// What every body answers about itself.
pub trait Statement:
    Serialize + DeserializeOwned + JsonSchema + Debug + Clone + PartialEq + Send + Sync + 'static
{
    const TYPE: &'static str;
    /// The version of the body's schema. It goes up when members are added; older ones are lifted when read.
    const V: u32 = 1;
    /// How it reads in words (`story::words`).
    const WORDS: &'static str = "";
    /// The template of its stream's name (`story::stream`), where its declaration gives one.
    const STREAM: &'static str = "";
    /// Who may sign it with standing "own"; empty: the role table says so. A transcriber may transcribe it.
    const SIGNERS: &'static [Who] = &[];
    /// The steps that it takes in the machine of its story.
    const STEPS: &'static [Step] = &[];
    /// The one story that this event continues.
    fn stream(&self) -> StreamName;
    /// The actor whose act it is, where the act is an actor's own: only it can say so with standing "own".
    fn subject(&self) -> Option<&ActorId> {
        None
    }
    /// The organ that speaks, by itself or by its secretariat.
    fn organ(&self) -> Option<&ActorId> {
        None
    }
    /// Whom it is about, and who may so affirm or dispute it when another says it.
    fn concerns(&self) -> Option<&ActorId> {
        self.subject()
    }
    /// The actors that it names.
    fn actors(&self) -> Vec<ActorRef<'_>> {
        Vec::new()
    }
    /// The state that it leads to, where its steps name several.
    fn leads(&self) -> Option<&'static str> {
        None
    }
    /// The stories that must have begun.
    fn needs(&self) -> Vec<StreamName> {
        Vec::new()
    }
    /// How far it binds.
    fn binding(&self) -> Option<Binding> {
        None
    }
    /// What the law asks beyond steps, actors and needs.
    fn rule(&self, _scene: &Scene<'_>) -> Lookup<Ruling> {
        Ok(Ruling::default())
    }
    /// What its JSON Schema says of lengths, which reading it as a type does not check.
    fn validate(&self) -> Result<(), String> {
        Ok(())
    }
    /// The treaty that it is about: its depositary may say so with standing "depositary".
    fn treaty(&self) -> Option<&TreatyId> {
        None
    }
}

/// `Statement` for a body that needs no more than a type and a stream.
macro_rules! statement {
    ($body:ident, $kind:literal, |$b:ident| $stream:expr) => {
        impl Statement for $body {
            const TYPE: &'static str = $kind;
            fn stream(&self) -> StreamName {
                let $b = self;
                $stream
            }
        }
    };
}
pub(crate) use statement;

/// Why a body could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// Admission refuses it; a verifier goes on, and answers "unverifiable".
    #[error("unknown event type {kind}, v {v}")]
    UnknownType { kind: String, v: u32 },
    #[error("the body does not fit {kind}: {problem}")]
    Invalid { kind: String, problem: String },
}

impl BodyError {
    pub fn code(&self) -> &'static str {
        match self {
            BodyError::UnknownType { .. } => "event.unknown_type",
            BodyError::Invalid { .. } => "event.invalid_body",
        }
    }
}

/// For `validate`: a list of `least` to `most` items.
pub(crate) fn length<T>(name: &str, list: &[T], least: usize, most: usize) -> Result<(), String> {
    match (least..=most).contains(&list.len()) {
        true => Ok(()),
        false => Err(format!("{name} has {} items; {least} to {most} are allowed", list.len())),
    }
}

/// For `validate`: a number that counts something.
pub(crate) fn at_least_one(name: &str, number: u32) -> Result<(), String> {
    match number {
        0 => Err(format!("{name} is 0; at least 1 is allowed")),
        _ => Ok(()),
    }
}

/// One row of the catalogue.
#[derive(Debug, Clone, Copy)]
pub struct TypeInfo {
    pub name: &'static str,
    pub v: u32,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
    /// Who may sign it with standing "own", if its declaration says so; else the role table does.
    pub signers: &'static [Who],
    pub steps: &'static [Step],
    /// The template of its stream's name, if its declaration gives one.
    pub stream: &'static str,
    told: fn(&Map<String, Value>) -> Result<Told, String>,
    told_plain: fn(&str, &StreamName) -> Option<Told>,
}

impl TypeInfo {
    pub const fn of<T: Statement>() -> Self {
        Self {
            name: T::TYPE,
            v: T::V,
            schema: |g| g.subschema_for::<T>(),
            signers: T::SIGNERS,
            steps: T::STEPS,
            stream: T::STREAM,
            told: read_told::<T>,
            told_plain: read_told_plain::<T>,
        }
    }
    /// True for a type that `stories!` declares.
    pub fn is_declared(&self) -> bool {
        !self.steps.is_empty()
    }
}

/// Reads a body strictly: it says nothing that its type does not read, so what is read and written again is what was there.
fn read<T: Statement>(body: &Map<String, Value>) -> Result<T, String> {
    let read = T::deserialize(body).map_err(|e| e.to_string())?;
    read.validate()?;
    match is_written_as(&read, body) {
        true => Ok(read),
        false => Err("it has members that the type does not know".to_owned()),
    }
}

/// The same for a declared type, whose template must make a story's name of it.
fn read_told<T: Statement>(body: &Map<String, Value>) -> Result<Told, String> {
    let read = read::<T>(body)?;
    let stream = stream(T::STREAM, body);
    let stream = stream.map_err(|e| format!("its ids are too long to name a story together: {e}"))?;
    Ok(Told::new(read, stream))
}

/// Reads a body out of canonical JSON. It gives what `read` gives, or None, which says nothing about the body.
fn read_plain<T: Statement>(body: &str) -> Option<(T, Written)> {
    let read: T = serde_json::from_str(body).ok()?;
    read.validate().ok()?;
    let written = Written::of(&read)?;
    (written.bytes == body.as_bytes()).then_some((read, written))
}

fn read_told_plain<T: Statement>(body: &str, stream: &StreamName) -> Option<Told> {
    let (read, written) = read_plain::<T>(body)?;
    let name = stream_of_json(T::STREAM, |name| written.member(name))?;
    (name == stream.as_str()).then(|| Told::new(read, stream.clone()))
}

macro_rules! catalogue {
    ($($variant:ident),* $(,)?) => {
        /// A body of a known type.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Body {
            $($variant($variant),)*
            /// One that `stories!` declares.
            Told(Told),
        }

        const WITHOUT_STORIES: &[TypeInfo] = &[$(TypeInfo::of::<$variant>()),*];

        impl Body {
            /// Reads a body by type and version.
            pub fn parse(kind: &TypeName, v: u32, body: &Map<String, Value>) -> Result<Self, BodyError> {
                match kind.as_str() {
                    $($variant::TYPE if v == $variant::V => read::<$variant>(body).map(Body::$variant),)*
                    other => match type_info(other).filter(|t| t.v == v && t.is_declared()) {
                        Some(info) => (info.told)(body).map(Body::Told),
                        None => return Err(BodyError::UnknownType { kind: other.to_owned(), v }),
                    },
                }
                .map_err(|problem| BodyError::Invalid { kind: kind.to_string(), problem })
            }
            /// Reads a body of this stream out of canonical JSON at a fraction of the cost of `parse`, and never as another; None
            /// says nothing about it.
            pub fn parse_plain(kind: &TypeName, v: u32, body: &str, stream: &StreamName) -> Option<Self> {
                match kind.as_str() {
                    $($variant::TYPE if v == $variant::V => {
                        let (read, _) = read_plain::<$variant>(body)?;
                        (Statement::stream(&read) == *stream).then(|| Body::$variant(read))
                    })*
                    other => {
                        let info = type_info(other).filter(|t| t.v == v && t.is_declared())?;
                        (info.told_plain)(body, stream).map(Body::Told)
                    }
                }
            }
            pub fn kind(&self) -> &'static str {
                match self { $(Body::$variant(_) => $variant::TYPE,)* Body::Told(t) => t.kind() }
            }
            pub fn v(&self) -> u32 {
                match self { $(Body::$variant(_) => $variant::V,)* Body::Told(t) => t.v() }
            }
            pub fn stream(&self) -> StreamName {
                match self { $(Body::$variant(b) => Statement::stream(b),)* Body::Told(t) => t.stream().clone() }
            }
            pub fn subject(&self) -> Option<&ActorId> {
                match self { $(Body::$variant(b) => Statement::subject(b),)* Body::Told(t) => t.subject() }
            }
            pub fn treaty(&self) -> Option<&TreatyId> {
                match self { $(Body::$variant(b) => b.treaty(),)* Body::Told(_) => None }
            }
            /// As it stands in an event.
            pub fn to_map(&self) -> Map<String, Value> {
                match self { $(Body::$variant(b) => Speech::to_map(b),)* Body::Told(t) => t.to_map() }
            }
        }
    };
}

catalogue! {
    LedgerFounded,
    FoundersChanged,
    LogKeysChanged,
    RulesAdopted,
    StreamsCounted,
    ActorRegistered,
    ActorRenamed,
    StateSucceeded,
    KeyEnrolled,
    KeyRotated,
    KeyRevoked,
    RoleGranted,
    RoleWithdrawn,
    EventCorrected,
    EventAffirmed,
    EventDisputed,
    AttachmentErased,
    TreatyRegistered,
    TreatySigned,
    SignatureRepudiated,
    ConsentDeposited,
    ProvisionallyApplied,
    ProvisionalApplicationEnded,
    ReservationMade,
    ReservationConfirmed,
    ReservationWithdrawn,
    DeclarationMade,
    DeclarationWithdrawn,
    ObjectionMade,
    ObjectionWithdrawn,
    TerritoryNotified,
    WithdrawalNotified,
    WithdrawalRevoked,
    DepositaryCorrected,
}

/// Every known type, in the order of the catalogue.
pub static TYPES: LazyLock<Vec<TypeInfo>> =
    LazyLock::new(|| WITHOUT_STORIES.iter().chain(stories::FAMILIES.iter().copied().flatten()).copied().collect());

/// The kinds of stories that declared types tell, sorted: the first parts of their streams' names.
pub fn story_kinds() -> &'static [&'static str] {
    static KINDS: LazyLock<Vec<&str>> = LazyLock::new(|| {
        let kinds: BTreeSet<&str> =
            TYPES.iter().filter_map(|t| t.stream.split_once(':')).map(|(kind, _)| kind).collect();
        kinds.into_iter().collect()
    });
    &KINDS
}

/// The row of a type, by its name.
pub fn type_info(name: &str) -> Option<&'static TypeInfo> {
    static BY_NAME: LazyLock<HashMap<&str, &TypeInfo>> = LazyLock::new(|| TYPES.iter().map(|t| (t.name, t)).collect());
    BY_NAME.get(name).copied()
}

impl Body {
    /// The declared body of this type, if it is one.
    pub fn get<T: Statement>(&self) -> Option<&T> {
        match self {
            Body::Told(told) => told.get(),
            _ => None,
        }
    }
    /// Who speaks: whose act it is, or the organ; None where its type names neither.
    pub fn speaker(&self) -> Option<&ActorId> {
        self.subject().or(self.organ())
    }
    /// The organ that speaks, by itself or by its secretariat.
    pub fn organ(&self) -> Option<&ActorId> {
        match self {
            Body::Told(told) => told.organ(),
            _ => None,
        }
    }
    /// Whose it is, whom it is about, and whom it names: each once, sorted.
    pub fn actors(&self) -> BTreeSet<&ActorId> {
        let named = match self {
            Body::Told(told) => told.actors(),
            _ => Vec::new(),
        };
        let named = named.into_iter().map(|named| named.actor);
        [self.subject(), self.organ(), self.concerns()].into_iter().flatten().chain(named).collect()
    }
    /// As `actors`, and of a correction every actor's id in what it puts in the place of what was said: whose it then is may
    /// be among them.
    pub fn actors_told(&self) -> BTreeSet<ActorId> {
        let mut all: BTreeSet<ActorId> = self.actors().into_iter().cloned().collect();
        let change = self.correction();
        let mut values: Vec<&Value> = change.iter().flat_map(|c| c.replacement).flat_map(Map::values).collect();
        while let Some(value) = values.pop() {
            match value {
                Value::String(text) => all.extend(ActorId::new(text).ok()),
                Value::Array(items) => values.extend(items),
                Value::Object(members) => values.extend(members.values()),
                _ => {}
            }
        }
        all
    }
}

/// What a correction puts in the place of what was said.
pub struct Correction<'a> {
    pub target: EventId,
    pub date: Option<CalendarDate>,
    pub replacement: Option<&'a Map<String, Value>>,
    pub retracted: bool,
}

impl Body {
    /// The change, if this is a correction.
    pub fn correction(&self) -> Option<Correction<'_>> {
        let (target, date, replacement, retracted) = match self {
            Body::EventCorrected(c) => (c.target, c.date, &c.replacement, c.retracted),
            Body::DepositaryCorrected(c) => (c.target, c.date, &c.replacement, c.retracted),
            _ => return None,
        };
        Some(Correction { target, date, replacement: replacement.as_ref(), retracted: retracted == Some(true) })
    }
}

/// What an affirmation or a dispute answers.
pub struct Reply<'a> {
    pub target: EventId,
    pub said: &'a Said,
    /// Why it is disputed; None: it is affirmed.
    pub grounds: Option<&'a str>,
}

impl Body {
    /// The answer, if this is one to a record of another.
    pub fn reply(&self) -> Option<Reply<'_>> {
        match self {
            Body::EventAffirmed(a) => Some(Reply { target: a.target, said: &a.said, grounds: None }),
            Body::EventDisputed(d) => Some(Reply { target: d.target, said: &d.said, grounds: Some(&d.grounds) }),
            _ => None,
        }
    }

    /// The record that this event speaks about: its id and its stream.
    pub fn target(&self) -> Option<(EventId, StreamName)> {
        match self {
            Body::AttachmentErased(a) => Some((a.event, a.stream.clone())),
            _ => {
                let target = self.correction().map(|c| c.target).or(self.reply().map(|r| r.target))?;
                Some((target, self.stream()))
            }
        }
    }

    /// Whom the statement is about, and who may so affirm or dispute it when another says it.
    pub fn concerns(&self) -> Option<&ActorId> {
        match self {
            Body::ActorRegistered(b) => Some(&b.actor),
            Body::ActorRenamed(b) => Some(&b.actor),
            Body::StateSucceeded(b) => Some(&b.successor),
            Body::Told(told) => told.concerns(),
            _ => self.subject(),
        }
    }

    /// As it stands, for an answer to repeat it.
    pub fn said(&self, effective: CalendarDate) -> Said {
        let kind = TypeName::new(self.kind()).expect("kinds of the catalogue are type names");
        Said { body: self.to_map(), effective, kind, v: self.v() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_closed_and_versions_are_known() {
        let kind = TypeName::new("treaty.signed").unwrap();
        let good = serde_json::json!({"mode":"simple","state":"state:RWA","treaty":"arms-trade-treaty"});
        let body = Body::parse(&kind, 1, good.as_object().unwrap()).unwrap();
        assert_eq!(body.stream().as_str(), "treaty:arms-trade-treaty:RWA");
        assert_eq!(Value::Object(body.to_map()), good);
        let mut extra = good.as_object().unwrap().clone();
        extra.insert("more".into(), 1.into());
        assert!(matches!(Body::parse(&kind, 1, &extra), Err(BodyError::Invalid { .. })));
        assert!(matches!(Body::parse(&kind, 2, &extra), Err(BodyError::UnknownType { .. })));
        let correction = serde_json::json!({"reason":"x","stream":"a:b","target":"00".repeat(32),"retracted":null});
        // serde alone lets these pass, within a tagged enum.
        let rules: Value = serde_json::from_str(include_str!("../../examples/treaties.json")).unwrap();
        let registered = TypeName::new("treaty.registered").unwrap();
        let genocide = rules.as_array().unwrap().iter().find(|t| t["treaty"] == "genocide-convention").unwrap();
        for path in ["/reservations", "/for_each_state/delay", "/withdrawal"] {
            let mut lie = genocide.clone();
            Body::parse(&registered, 1, lie.as_object().unwrap()).unwrap();
            lie.pointer_mut(path).unwrap().as_object_mut().unwrap().insert("more".into(), 1.into());
            assert!(Body::parse(&registered, 1, lie.as_object().unwrap()).is_err(), "{path}");
        }
        let kind = TypeName::new("event.corrected").unwrap();
        assert!(Body::parse(&kind, 1, correction.as_object().unwrap()).is_err(), "null is never an absent member");
    }

    /// The second verifier reads the schemas: there these bodies were refused, and here they once were not.
    #[test]
    fn what_the_schema_says_of_numbers_and_lengths_holds() {
        let parse = |kind: &str, body: &Value| {
            Body::parse(&TypeName::new(kind).unwrap(), 1, body.as_object().unwrap()).map(|_| ())
        };
        let refused = |kind: &str, body: &Value| matches!(parse(kind, body), Err(BodyError::Invalid { .. }));
        let mut change = serde_json::json!({"founders": ["org:a"], "reason": "x", "threshold": 1});
        assert_eq!(parse("ledger.founders_changed", &change), Ok(()));
        change["threshold"] = 0.into();
        assert!(refused("ledger.founders_changed", &change));
        let form = serde_json::json!({"alg": "ed25519", "key": "org:a#1", "public_key": "x".repeat(44)});
        let mut enrolled = serde_json::json!({"actor": "org:a", "key": form, "scope": ["*"]});
        assert_eq!(parse("key.enrolled", &enrolled), Ok(()));
        enrolled["key"]["public_key"] = "short".into();
        assert!(refused("key.enrolled", &enrolled));
        let rules: Value = serde_json::from_str(include_str!("../../examples/treaties.json")).unwrap();
        let mut treaty = rules[0].clone();
        assert_eq!(parse("treaty.registered", &treaty), Ok(()));
        treaty["threshold"]["count"] = 0.into();
        assert!(refused("treaty.registered", &treaty));
    }

    /// Two actor ids of four parts each do not fit into a stream's seven: that once was a panic, in the verifier too.
    #[test]
    fn ids_that_do_not_fit_into_a_stream_are_refused() {
        let kind = TypeName::new("membership.began").unwrap();
        let body = |member: &str| serde_json::json!({"body": "org:a:b:c", "member": member});
        assert!(Body::parse(&kind, 1, body("state:RWA").as_object().unwrap()).is_ok());
        let long = format!("org:{}", "x".repeat(92));
        for member in ["org:d:e:f", &long] {
            let told = Body::parse(&kind, 1, body(member).as_object().unwrap()).map(|b| b.stream());
            assert_eq!(told.is_err(), member == "org:d:e:f", "{member}");
        }
        let two = serde_json::json!({"body": long, "member": long});
        assert!(matches!(Body::parse(&kind, 1, two.as_object().unwrap()), Err(BodyError::Invalid { .. })));
    }

    #[test]
    fn type_names_are_unique_and_well_formed() {
        for (i, t) in TYPES.iter().enumerate() {
            TypeName::new(t.name).unwrap();
            assert!(TYPES[..i].iter().all(|u| u.name != t.name));
        }
    }
}
