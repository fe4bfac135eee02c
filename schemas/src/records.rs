//! Bodies of the events that speak about a record: a correction by its author, an affirmation or a dispute by whom it is
//! about, the erasure of an attachment.
//! Not here: the rules about them (`law::acts`, `law::replies`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::catalogue::{Statement, statement};
use crate::dates::CalendarDate;
use crate::envelope::never_null;
use crate::ids::{EventId, StreamName, TypeName};

/// An earlier event of this author said something wrong. Nothing is overwritten: answers use the newest correction.
/// At least one of `date`, `replacement` and `retracted` is there.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventCorrected {
    /// The right date of the act, if the date was wrong.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub date: Option<CalendarDate>,
    pub reason: String,
    /// The whole right body, if the body was wrong.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Map<String, Value>>,
    /// True if the act never happened.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub retracted: Option<bool>,
    /// The stream of the corrected event.
    pub stream: StreamName,
    /// The event id of what is corrected.
    pub target: EventId,
}

/// What a record says, as it stands corrected: an answer to it repeats it, so that its signer reads what is answered, and
/// a later correction is seen not to be.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Said {
    pub body: Map<String, Value>,
    pub effective: CalendarDate,
    #[serde(rename = "type")]
    pub kind: TypeName,
    pub v: u32,
}

/// Whom a record of another is about says: so it is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAffirmed {
    pub said: Said,
    /// The stream of the record.
    pub stream: StreamName,
    /// The event id of the record.
    pub target: EventId,
}

/// Whom a record of another is about says: so it is not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EventDisputed {
    pub grounds: String,
    pub said: Said,
    /// The stream of the record.
    pub stream: StreamName,
    /// The event id of the record.
    pub target: EventId,
}

/// An attached file was destroyed, with its salt. The record that names it stays whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AttachmentErased {
    /// The event that it was attached to.
    pub event: EventId,
    pub reason: String,
    pub sha256: EventId,
    /// The stream of that event.
    pub stream: StreamName,
}

/// The stream of an attachment's erasure.
pub fn attachment_stream(sha256: &EventId) -> StreamName {
    StreamName::new(format!("attachment:{sha256}")).expect("64 hex digits are a part of a stream name")
}

statement!(EventCorrected, "event.corrected", |b| b.stream.clone());
statement!(EventAffirmed, "event.affirmed", |b| b.stream.clone());
statement!(EventDisputed, "event.disputed", |b| b.stream.clone());
statement!(AttachmentErased, "attachment.erased", |b| attachment_stream(&b.sha256));
