//! The catalogue: every event type that may be said, in one list, and the reading of a body by its type.
//! To add a type: write its body beside its family, and one line in `catalogue!` below.
//! Not here: the bodies themselves (`governance`, `treaty`), the envelope, the law.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::dates::CalendarDate;
use crate::governance::*;
use crate::ids::{ActorId, EventId, StreamName, TreatyId, TypeName};
use crate::records::*;
use crate::treaty::*;

/// What every body answers about itself.
pub trait Statement: Serialize + DeserializeOwned + JsonSchema {
    const TYPE: &'static str;
    /// The version of the body's schema. It goes up when members are added; older ones are lifted when read.
    const V: u32 = 1;
    /// The one story that this event continues.
    fn stream(&self) -> StreamName;
    /// The actor whose act it is, where the act is an actor's own: only it can say so with standing "own".
    fn subject(&self) -> Option<&ActorId> {
        None
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

/// A body says nothing that its type does not read: what is read and written again is what was there.
fn closed<T: Serialize>(read: &T, body: &Map<String, Value>) -> Result<(), String> {
    let again = serde_json::to_value(read).map_err(|e| e.to_string())?;
    match again.as_object() == Some(body) {
        true => Ok(()),
        false => Err("it has members that the type does not know".to_owned()),
    }
}

/// For `validate`: a list of `least` to `most` items.
pub(crate) fn length<T>(name: &str, list: &[T], least: usize, most: usize) -> Result<(), String> {
    match (least..=most).contains(&list.len()) {
        true => Ok(()),
        false => Err(format!("{name} has {} items; {least} to {most} are allowed", list.len())),
    }
}

/// One row of the catalogue.
pub struct TypeInfo {
    pub name: &'static str,
    pub v: u32,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

macro_rules! catalogue {
    ($($variant:ident),* $(,)?) => {
        /// A body of a known type.
        #[derive(Debug, Clone, PartialEq)]
        pub enum Body { $($variant($variant)),* }

        /// Every known type, in the order of the catalogue.
        pub const TYPES: &[TypeInfo] = &[$(TypeInfo {
            name: $variant::TYPE,
            v: $variant::V,
            schema: |g| g.subschema_for::<$variant>(),
        }),*];

        impl Body {
            /// Reads a body by type and version.
            pub fn parse(kind: &TypeName, v: u32, body: &Map<String, Value>) -> Result<Self, BodyError> {
                match kind.as_str() {
                    $($variant::TYPE if v == $variant::V => serde_json::from_value(Value::Object(body.clone()))
                        .map_err(|e| e.to_string())
                        .and_then(|b: $variant| b.validate().and_then(|()| closed(&b, body)).map(|()| Body::$variant(b)))
                        .map_err(|problem| BodyError::Invalid { kind: kind.to_string(), problem }),)*
                    other => Err(BodyError::UnknownType { kind: other.to_owned(), v }),
                }
            }
            pub fn kind(&self) -> &'static str {
                match self { $(Body::$variant(_) => $variant::TYPE),* }
            }
            pub fn v(&self) -> u32 {
                match self { $(Body::$variant(_) => $variant::V),* }
            }
            pub fn stream(&self) -> StreamName {
                match self { $(Body::$variant(b) => b.stream()),* }
            }
            pub fn subject(&self) -> Option<&ActorId> {
                match self { $(Body::$variant(b) => b.subject()),* }
            }
            pub fn treaty(&self) -> Option<&TreatyId> {
                match self { $(Body::$variant(b) => b.treaty()),* }
            }
            /// As it stands in an event.
            pub fn to_map(&self) -> Map<String, Value> {
                let value = match self { $(Body::$variant(b) => serde_json::to_value(b)),* };
                match value.expect("bodies are plain data") {
                    Value::Object(map) => map,
                    _ => unreachable!("every body is a struct"),
                }
            }
        }
    };
}

catalogue! {
    LedgerFounded,
    FoundersChanged,
    LogKeysChanged,
    RulesAdopted,
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

/// The row of a type, by its name.
pub fn type_info(name: &str) -> Option<&'static TypeInfo> {
    TYPES.iter().find(|t| t.name == name)
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

    #[test]
    fn type_names_are_unique_and_well_formed() {
        for (i, t) in TYPES.iter().enumerate() {
            TypeName::new(t.name).unwrap();
            assert!(TYPES[..i].iter().all(|u| u.name != t.name));
        }
    }
}
