//! The event envelope: who says what, about which story, in whose words (docs/FORMAT.md).
//! Not here: the bodies (`catalogue`), canonical bytes and signatures (the verifier), the record around an event.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

use crate::dates::{CalendarDate, Instant};
use crate::ids::{ActorId, EventId, KeyName, StreamName, TypeName};

/// What the signers signed. Its members are exactly these; `attachments` and `source` may be absent, never null.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Event {
    pub actor: ActorId,
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub attachments: Option<Vec<Attachment>>,
    pub body: serde_json::Map<String, serde_json::Value>,
    pub effective: CalendarDate,
    /// This actor's last event in this stream; null if this is its first.
    #[serde(deserialize_with = "always_present")]
    pub follows: Option<EventId>,
    pub issued: Instant,
    /// The ledger's id; null in record 0 alone.
    #[serde(deserialize_with = "always_present")]
    pub ledger: Option<EventId>,
    /// 16 random bytes, base64: two equal statements are still two events.
    #[schemars(length(equal = 24))]
    pub nonce: String,
    /// The newest checkpoint that the author had verified.
    #[serde(deserialize_with = "always_present")]
    pub seen: Option<Seen>,
    pub signers: Vec<KeyName>,
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    pub standing: Standing,
    pub stream: StreamName,
    #[serde(rename = "type")]
    pub kind: TypeName,
    pub v: u32,
}

/// Whose word an event is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// The depositary's own record of an act addressed to it (VCLT articles 76 to 78).
    Depositary,
    /// The actor's own word.
    Own,
    /// A third party's transcription of a public source.
    Transcribed,
}

impl Standing {
    /// All of them, in the order in which an answer prefers them.
    pub const ALL: [Standing; 3] = [Standing::Depositary, Standing::Own, Standing::Transcribed];

    pub fn as_str(self) -> &'static str {
        match self {
            Standing::Own => "own",
            Standing::Depositary => "depositary",
            Standing::Transcribed => "transcribed",
        }
    }

    /// The standings whose records an act of this standing may rest on when the law looks at other streams.
    /// A transcription never supports or defeats anybody's own word.
    pub fn sees(self, other: Standing) -> bool {
        match self {
            Standing::Depositary => other == Standing::Depositary,
            Standing::Own => other != Standing::Transcribed,
            Standing::Transcribed => true,
        }
    }
}

impl std::fmt::Display for Standing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The checkpoint that an author had verified: the tree's root at `size`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// Base64 of 32 bytes.
    #[schemars(length(equal = 44))]
    pub root: String,
    pub size: u64,
}

/// Where a statement was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// A document symbol, where it has one: `A/71/1016-S/2017/556`.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// The natural key of the row that was transcribed, so that the same row is not recorded twice.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub row: Option<String>,
    /// The day on which the source was seen.
    pub seen: CalendarDate,
    /// Hash of the document, where it was kept.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub sha256: Option<EventId>,
    pub title: String,
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Evidence kept outside the log, under its hash, so that it can be erased without breaking any chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    pub media_type: String,
    /// True when the stored file begins with 32 random bytes; hash and size cover the whole file.
    pub salted: bool,
    pub sha256: EventId,
    /// Bytes.
    pub size: u64,
}

/// For an optional member: it may be absent, but `null` is refused.
pub(crate) fn never_null<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    T::deserialize(d).map(Some)
}

/// For a nullable member: it must be there (serde lets a plain `Option` be missing).
fn always_present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<T>, D::Error> {
    Option::deserialize(d)
}
