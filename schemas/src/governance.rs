//! Bodies of the events that found and govern a ledger, name its actors, and give them keys and roles.
//! Not here: who may sign them (`roles`), and what keys and roles follow from them (the verifier's `authority`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::{Statement, at_least_one, length, statement};
use crate::dates::CalendarDate;
use crate::envelope::never_null;
use crate::ids::{ActorId, EventId, KeyName, Origin, StreamName, TypePattern};

/// Record 0: it is judged by its own body and signed by every founder.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LedgerFounded {
    /// Of the record and of all formats around it: 1.
    pub format: u32,
    #[schemars(length(min = 1, max = 64))]
    pub founders: Vec<Founder>,
    /// vkeys (c2sp.org/signed-note), all named as the origin.
    #[schemars(length(min = 1, max = 16))]
    pub log_keys: Vec<String>,
    pub origin: Origin,
    pub rules: RulesRef,
    /// How many distinct founders must sign an act of governance.
    #[schemars(range(min = 1))]
    pub threshold: u32,
    pub title: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Founder {
    pub actor: ActorId,
    #[schemars(length(min = 1, max = 16))]
    pub keys: Vec<PublicKey>,
    pub name: String,
}

/// A public key, in the one form in which a key is ever introduced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PublicKey {
    pub alg: KeyAlgorithm,
    pub key: KeyName,
    /// Base64 of 32 bytes (RFC 8032 encoding).
    #[schemars(length(equal = 44))]
    pub public_key: String,
}

impl PublicKey {
    /// What its JSON Schema says of its length. Whether it is a sound key, the verifier says.
    fn check(&self) -> Result<(), String> {
        match self.public_key.chars().count() {
            44 => Ok(()),
            n => Err(format!("public_key has {n} characters; 44 are the base64 of 32 bytes")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyAlgorithm {
    Ed25519,
}

/// Which bundle of schemas, roles, code lists and machines judges the records from here on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesRef {
    pub sha256: EventId,
    pub version: u32,
}

/// An actor exists; the event's `effective` date is the day from which it could act (its "valid from").
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActorRegistered {
    pub actor: ActorId,
    pub kind: ActorKind,
    pub name: String,
    /// The last day of an actor that is no more.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub until: Option<CalendarDate>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    State,
    InternationalOrganization,
    RegionalOrganization,
    UnOrgan,
    UnEntity,
    TreatyBody,
    MandateHolder,
    Parliament,
    Nhri,
    Court,
    CivilSociety,
    Other,
}

impl ActorKind {
    pub fn as_str(self) -> &'static str {
        match self {
            ActorKind::State => "state",
            ActorKind::InternationalOrganization => "international organization",
            ActorKind::RegionalOrganization => "regional organization",
            ActorKind::UnOrgan => "UN organ",
            ActorKind::UnEntity => "UN entity",
            ActorKind::TreatyBody => "treaty body",
            ActorKind::MandateHolder => "mandate holder",
            ActorKind::Parliament => "parliament",
            ActorKind::Nhri => "national human rights institution",
            ActorKind::Court => "court",
            ActorKind::CivilSociety => "civil society organization",
            ActorKind::Other => "other",
        }
    }
}

/// An actor has a new name from the event's `effective` date; its id stays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActorRenamed {
    pub actor: ActorId,
    pub name: String,
}

/// One state took the place of another, wholly or in part (Vienna Convention on Succession of States, 1978).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StateSucceeded {
    pub mode: SuccessionMode,
    pub predecessor: ActorId,
    pub successor: ActorId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuccessionMode {
    Continuator,
    Separation,
    Merger,
    Dissolution,
}

/// A key may sign for an actor from the next record on. The new key signs this event too: proof of possession.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyEnrolled {
    pub actor: ActorId,
    pub key: PublicKey,
    /// What it may sign: a focal point's key cannot withdraw its state from a treaty.
    #[schemars(length(min = 1, max = 64))]
    pub scope: Vec<TypePattern>,
}

/// A key may sign no more from the next record on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoked {
    pub actor: ActorId,
    /// Records signed by it from this seq to the revocation are flagged; never deleted.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub compromised_from_seq: Option<u64>,
    pub key: KeyName,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleGranted {
    pub actor: ActorId,
    /// The organ whose secretariat it is; for that role alone.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub of: Option<ActorId>,
    pub role: Role,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleWithdrawn {
    pub actor: ActorId,
    /// The organ whose secretariat it was.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub of: Option<ActorId>,
    pub reason: String,
    pub role: Role,
}

/// What an actor is trusted with beyond speaking for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Assesses others independently, under its own name: never the maker of what it assesses.
    Assessor,
    /// Keeps treaties: records the acts that are addressed to it, for the treaties that name it.
    Depositary,
    /// Keeps the register of actors and of treaties.
    Registrar,
    /// Speaks for an organ, which the grant names.
    Secretariat,
    /// Copies public sources, for anyone, but only with standing "transcribed".
    Transcriber,
}

impl Role {
    pub const ALL: [Role; 5] =
        [Role::Assessor, Role::Depositary, Role::Registrar, Role::Secretariat, Role::Transcriber];
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Assessor => "assessor",
            Role::Secretariat => "secretariat",
            Role::Depositary => "depositary",
            Role::Registrar => "registrar",
            Role::Transcriber => "transcriber",
        }
    }
}

/// Another key takes a key's place, with its scope; the old one may sign no more from the next record on. Both sign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyRotated {
    pub actor: ActorId,
    pub key: PublicKey,
    /// The key whose place it takes.
    pub old: KeyName,
}

/// Who governs the ledger from the next record on. Who becomes a founder signs too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FoundersChanged {
    /// All of them, ascending.
    #[schemars(length(min = 1, max = 64))]
    pub founders: Vec<ActorId>,
    pub reason: String,
    #[schemars(range(min = 1))]
    pub threshold: u32,
}

/// Which keys sign checkpoints from the next record on. The checkpoint that ends with this record carries a signature by
/// an old key too, unless all old keys are lost or compromised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LogKeysChanged {
    /// Old keys that others may hold: what they sign from now on is worth nothing.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16))]
    pub compromised: Option<Vec<String>>,
    /// All vkeys in force from now on.
    #[schemars(length(min = 1, max = 16))]
    pub log_keys: Vec<String>,
    /// Old keys that nobody can sign with any more.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16))]
    pub lost: Option<Vec<String>>,
    pub reason: String,
}

/// The records from the next one on are judged by a newer version of the rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RulesAdopted {
    pub reason: String,
    pub rules: RulesRef,
}

/// How many records each stream has among the first `size` of the ledger: who is shown one stream can so be sure that
/// nothing was left out of it (docs/FORMAT.md, "Counts of streams"). Whoever has all records counts again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StreamsCounted {
    /// Base64 of 32 bytes: the RFC 6962 root over one leaf a stream, ascending by name.
    #[schemars(length(equal = 44))]
    pub root: String,
    /// The first so many records are counted; none of them is this one or a later one.
    #[schemars(range(min = 1))]
    pub size: u64,
    /// So many streams have records among them: the leaves of the tree.
    #[schemars(range(min = 1))]
    pub streams: u64,
}

/// The stream in which an actor is registered, renamed, succeeded and ended.
pub fn actor_stream(actor: &ActorId) -> StreamName {
    named("actor", actor.as_str())
}

/// The stream of an actor's keys.
pub fn keys_stream(actor: &ActorId) -> StreamName {
    named("keys", actor.as_str())
}

/// The stream of the ledger's own founding and rules.
pub fn governance_stream() -> StreamName {
    named("ledger", "governance")
}

/// The stream of the counts of streams. Their own: a count a day neither fills the stream of governance, nor makes an act
/// stale that still goes from founder to founder.
pub fn counts_stream() -> StreamName {
    named("ledger", "counts")
}

fn named(family: &str, rest: &str) -> StreamName {
    StreamName::new(format!("{family}:{rest}")).expect("an actor id of 4 parts and 96 bytes leaves room")
}

statement!(ActorRegistered, "actor.registered", |b| actor_stream(&b.actor));
statement!(ActorRenamed, "actor.renamed", |b| actor_stream(&b.actor));
statement!(StateSucceeded, "state.succeeded", |b| actor_stream(&b.successor));
statement!(RulesAdopted, "ledger.rules_adopted", |_b| governance_stream());
statement!(KeyRevoked, "key.revoked", |b| keys_stream(&b.actor));

impl Statement for RoleGranted {
    const TYPE: &'static str = "role.granted";
    fn stream(&self) -> StreamName {
        named("roles", self.actor.as_str())
    }
    fn validate(&self) -> Result<(), String> {
        of_its_organ(self.role, self.of.as_ref())
    }
}

impl Statement for RoleWithdrawn {
    const TYPE: &'static str = "role.withdrawn";
    fn stream(&self) -> StreamName {
        named("roles", self.actor.as_str())
    }
    fn validate(&self) -> Result<(), String> {
        of_its_organ(self.role, self.of.as_ref())
    }
}

/// A secretariat is one of an organ; no other role is.
fn of_its_organ(role: Role, of: Option<&ActorId>) -> Result<(), String> {
    match (role == Role::Secretariat, of) {
        (true, None) => Err("of: a secretariat names its organ".to_owned()),
        (false, Some(_)) => Err("of: only a secretariat has an organ".to_owned()),
        _ => Ok(()),
    }
}

impl Statement for LedgerFounded {
    const TYPE: &'static str = "ledger.founded";
    fn stream(&self) -> StreamName {
        governance_stream()
    }
    fn validate(&self) -> Result<(), String> {
        length("founders", &self.founders, 1, 64)?;
        length("log_keys", &self.log_keys, 1, 16)?;
        self.founders.iter().try_for_each(|f| length("keys", &f.keys, 1, 16))?;
        self.founders.iter().flat_map(|f| &f.keys).try_for_each(PublicKey::check)?;
        at_least_one("threshold", self.threshold)
    }
}

impl Statement for KeyEnrolled {
    const TYPE: &'static str = "key.enrolled";
    fn stream(&self) -> StreamName {
        keys_stream(&self.actor)
    }
    fn validate(&self) -> Result<(), String> {
        self.key.check()?;
        length("scope", &self.scope, 1, 64)
    }
}

impl Statement for KeyRotated {
    const TYPE: &'static str = "key.rotated";
    fn validate(&self) -> Result<(), String> {
        self.key.check()
    }
    fn stream(&self) -> StreamName {
        keys_stream(&self.actor)
    }
    fn subject(&self) -> Option<&ActorId> {
        Some(&self.actor)
    }
}

impl Statement for FoundersChanged {
    const TYPE: &'static str = "ledger.founders_changed";
    fn stream(&self) -> StreamName {
        governance_stream()
    }
    fn validate(&self) -> Result<(), String> {
        length("founders", &self.founders, 1, 64)?;
        at_least_one("threshold", self.threshold)?;
        match self.founders.is_sorted_by(|a, b| a < b) {
            true => Ok(()),
            false => Err("founders are ascending and distinct".into()),
        }
    }
}

impl Statement for StreamsCounted {
    const TYPE: &'static str = "ledger.streams_counted";
    fn stream(&self) -> StreamName {
        counts_stream()
    }
    fn validate(&self) -> Result<(), String> {
        match self.size >= 1 && self.streams >= 1 && self.root.len() == 44 {
            true => Ok(()),
            false => Err("size and streams are at least 1, and the root is base64 of 32 bytes".into()),
        }
    }
}

impl Statement for LogKeysChanged {
    const TYPE: &'static str = "ledger.log_keys_changed";
    fn stream(&self) -> StreamName {
        governance_stream()
    }
    fn validate(&self) -> Result<(), String> {
        length("log_keys", &self.log_keys, 1, 16)?;
        self.lost.iter().try_for_each(|l| length("lost", l, 1, 16))?;
        self.compromised.iter().try_for_each(|l| length("compromised", l, 1, 16))
    }
}
