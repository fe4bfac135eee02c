//! Bodies of the treaty events: a treaty's rules as data, and every act by which a state binds or unbinds itself
//! (Vienna Convention on the Law of Treaties, "VCLT"). The date of each act is the event's `effective`.
//! Not here: which acts are lawful, and what follows from them (`law::participation`, `law::entry`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::catalogue::{Statement, at_least_one, length};
use crate::dates::{CalendarDate, Delay};
use crate::envelope::never_null;
use crate::ids::{ActorId, EventId, Label, StreamName, TreatyId};
use crate::provision::Provision;

/// A treaty and its final clauses, as data. The event's `effective` is the day of its adoption.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TreatyRegistered {
    /// True where accession opens only once the treaty is in force.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub accession_after_entry_into_force: Option<bool>,
    /// The first day on which accession is open, where the text names one.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub accession_from: Option<CalendarDate>,
    pub adopted: CalendarDate,
    #[schemars(length(min = 1, max = 7))]
    pub consent_modes: Vec<ConsentMode>,
    pub depositary: ActorId,
    pub for_each_state: EntryRule,
    /// The treaty ceases to be in force when fewer remain (Genocide Convention, article XV).
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub minimum_parties: Option<u32>,
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// True where a state may declare that it applies the treaty before entry into force (VCLT article 25).
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub provisional_application: Option<bool>,
    pub reference: String,
    /// The treaty to which a state must be party first.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub requires: Option<TreatyId>,
    pub reservations: ReservationRule,
    /// When it is open for signature; absent: accession only.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub signature: Option<SignatureWindow>,
    pub threshold: Threshold,
    pub title: String,
    pub treaty: TreatyId,
    pub withdrawal: WithdrawalRule,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureWindow {
    pub from: CalendarDate,
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub until: Option<CalendarDate>,
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub until_entry_into_force: Option<bool>,
}

/// When the treaty itself enters into force: `delay` after the `count`-th deposit of one of `modes`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Threshold {
    pub article: String,
    #[schemars(range(min = 1))]
    pub count: u32,
    pub delay: Delay,
    #[schemars(length(min = 1, max = 7))]
    pub modes: Vec<ConsentMode>,
}

/// When it enters into force for a state that consents: `delay` after the deposit, not before the treaty itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EntryRule {
    pub article: String,
    pub delay: Delay,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum WithdrawalRule {
    /// `delay` after the depositary received the notice, or on the later date that it names.
    Notice {
        /// True where withdrawal waits for the end of an armed conflict or occupation.
        #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
        armed_conflict_tail: Option<bool>,
        article: String,
        delay: Delay,
    },
    /// At the end of the current term, if notified `notice_months` before (Genocide Convention, article XIV).
    FixedTerms { article: String, first_years: u16, notice_months: u16, then_years: u16 },
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum ReservationRule {
    /// The treaty says nothing: VCLT article 19(c), and the ICJ's opinion of 1951.
    Unstated,
    ObjectAndPurpose {
        article: String,
    },
    Prohibited {
        article: String,
    },
    /// Not to `forbidden`, and, where `permitted` is given, to nothing else. `16` covers `16(1)`.
    Limited {
        article: String,
        forbidden: Vec<Provision>,
        #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
        permitted: Option<Vec<Provision>>,
    },
}

/// How a state's consent to be bound was expressed (VCLT articles 11 to 16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConsentMode {
    Ratification,
    Acceptance,
    Approval,
    Accession,
    Succession,
    FormalConfirmation,
    DefinitiveSignature,
}

impl ConsentMode {
    pub fn as_str(self) -> &'static str {
        match self {
            ConsentMode::Ratification => "ratification",
            ConsentMode::Acceptance => "acceptance",
            ConsentMode::Approval => "approval",
            ConsentMode::Accession => "accession",
            ConsentMode::Succession => "succession",
            ConsentMode::FormalConfirmation => "formal_confirmation",
            ConsentMode::DefinitiveSignature => "definitive_signature",
        }
    }
    /// Ratification, acceptance and approval complete a signature (VCLT article 14); the others stand alone.
    pub fn completes_signature(self) -> bool {
        matches!(self, ConsentMode::Ratification | ConsentMode::Acceptance | ConsentMode::Approval)
    }
}

/// Signed, subject to ratification (or ad referendum). A definitive signature is a consent: `treaty.consent_deposited`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TreatySigned {
    pub mode: SignatureMode,
    pub state: ActorId,
    pub treaty: TreatyId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SignatureMode {
    Simple,
    AdReferendum,
}

/// The state made clear that it will not become a party (VCLT article 18(a)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignatureRepudiated {
    pub state: ActorId,
    pub treaty: TreatyId,
}

/// An instrument of consent was deposited on the `effective` date (VCLT article 16).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsentDeposited {
    pub mode: ConsentMode,
    pub state: ActorId,
    /// For a succession: the date of the succession of states, from which the treaty is in force for the successor.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub succession_date: Option<CalendarDate>,
    pub treaty: TreatyId,
}

/// The state applies the treaty before it is in force for it (VCLT article 25).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisionallyApplied {
    pub state: ActorId,
    pub treaty: TreatyId,
}

/// Provisional application ended by notice of the intention not to become a party (VCLT article 25(2)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvisionalApplicationEnded {
    pub state: ActorId,
    pub treaty: TreatyId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationMade {
    /// The provisions that it excludes or modifies; `whole` where it concerns the treaty as a whole.
    #[schemars(length(min = 1, max = 64))]
    pub articles: Vec<Provision>,
    pub made_at: ReservationMoment,
    pub reservation: Label,
    pub state: ActorId,
    pub text: String,
    pub treaty: TreatyId,
}

/// VCLT article 19: a reservation is made when signing or when consenting; later ones wait for silence (practice).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReservationMoment {
    Signature,
    Consent,
    Late,
}

/// A reservation made when signing is confirmed when consenting, or it lapses (VCLT article 23(2)).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationConfirmed {
    pub reservation: Label,
    pub state: ActorId,
    pub treaty: TreatyId,
}

/// VCLT article 22(1): at any time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReservationWithdrawn {
    pub reservation: Label,
    pub state: ActorId,
    pub treaty: TreatyId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclarationMade {
    pub declaration: Label,
    pub kind: DeclarationKind,
    pub state: ActorId,
    pub text: String,
    pub treaty: TreatyId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeclarationKind {
    Interpretative,
    Optional,
    Mandatory,
    Territorial,
    /// Its source does not say whether it is a declaration or, whatever it is called, a reservation (VCLT article 2(1)(d)).
    Unclassified,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeclarationWithdrawn {
    pub declaration: Label,
    pub state: ActorId,
    pub treaty: TreatyId,
}

/// `state` objects to a reservation of `reserving_state` (VCLT article 20).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionMade {
    pub objection: Label,
    /// True if the treaty shall not be in force between the two states (VCLT article 20(4)(b)).
    pub precludes_entry_into_force: bool,
    pub reservation: Label,
    pub reserving_state: ActorId,
    pub state: ActorId,
    pub text: String,
    pub treaty: TreatyId,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ObjectionWithdrawn {
    pub objection: Label,
    pub state: ActorId,
    pub treaty: TreatyId,
}

/// The treaty extends to a territory from the `effective` date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TerritoryNotified {
    pub state: ActorId,
    pub territory: String,
    pub treaty: TreatyId,
}

/// The depositary received a notice of withdrawal or denunciation on the `effective` date.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalNotified {
    pub state: ActorId,
    /// The date that the notice names for its own effect, if it names one.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub stated_effect: Option<CalendarDate>,
    pub treaty: TreatyId,
}

/// A notice of withdrawal may be revoked at any time before it takes effect (VCLT article 68).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WithdrawalRevoked {
    pub state: ActorId,
    pub treaty: TreatyId,
}

/// The depositary corrected its record of an act (VCLT article 79), naming its notification.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DepositaryCorrected {
    /// The right date of the act, if the date was wrong.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub date: Option<CalendarDate>,
    /// The depositary notification, as it is cited: `C.N.123.2014.TREATIES-IV.1`.
    pub notification: String,
    /// The whole right body, if the body was wrong.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Map<String, Value>>,
    /// True if the act never happened.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub retracted: Option<bool>,
    pub state: ActorId,
    /// The event id of what is corrected.
    pub target: EventId,
    pub treaty: TreatyId,
}

/// The stream in which a treaty is registered.
pub fn treaty_stream(treaty: &TreatyId) -> StreamName {
    StreamName::new(format!("treaty:{treaty}")).expect("a treaty id is a part of a stream name")
}

/// The stream of one state's participation in one treaty. States have 3 parts, any other actor 4 or more.
pub fn participation_stream(treaty: &TreatyId, state: &ActorId) -> StreamName {
    StreamName::new(format!("treaty:{treaty}:{}", state.in_stream())).expect("64 and 96 bytes leave room")
}

/// What the participation streams of a treaty begin with.
pub fn participations_prefix(treaty: &TreatyId) -> String {
    format!("treaty:{treaty}:")
}

impl Statement for TreatyRegistered {
    const TYPE: &'static str = "treaty.registered";
    fn validate(&self) -> Result<(), String> {
        length("consent_modes", &self.consent_modes, 1, 7)?;
        length("threshold.modes", &self.threshold.modes, 1, 7)?;
        at_least_one("threshold.count", self.threshold.count)?;
        match self.withdrawal {
            WithdrawalRule::FixedTerms { first_years, then_years, notice_months, .. }
                if first_years > 1000 || !(1..=1000).contains(&then_years) || notice_months > 1200 =>
            {
                Err("withdrawal: terms of 1 to 1,000 years, notice of at most 1,200 months".to_owned())
            }
            _ => Ok(()),
        }
    }
    fn stream(&self) -> StreamName {
        treaty_stream(&self.treaty)
    }
    fn treaty(&self) -> Option<&TreatyId> {
        Some(&self.treaty)
    }
}

macro_rules! act_of_state {
    ($($body:ident = $kind:literal $(, $validate:expr)?;)*) => {$(
        impl Statement for $body {
            const TYPE: &'static str = $kind;
            $(fn validate(&self) -> Result<(), String> {
                let validate: fn(&Self) -> Result<(), String> = $validate;
                validate(self)
            })?
            fn stream(&self) -> StreamName {
                participation_stream(&self.treaty, &self.state)
            }
            fn subject(&self) -> Option<&ActorId> {
                Some(&self.state)
            }
            fn treaty(&self) -> Option<&TreatyId> {
                Some(&self.treaty)
            }
        }
    )*};
}
act_of_state! {
    TreatySigned = "treaty.signed";
    SignatureRepudiated = "treaty.signature_repudiated";
    ConsentDeposited = "treaty.consent_deposited";
    ProvisionallyApplied = "treaty.provisionally_applied";
    ProvisionalApplicationEnded = "treaty.provisional_application_ended";
    ReservationMade = "treaty.reservation_made", |b| length("articles", &b.articles, 1, 64);
    ReservationConfirmed = "treaty.reservation_confirmed";
    ReservationWithdrawn = "treaty.reservation_withdrawn";
    DeclarationMade = "treaty.declaration_made";
    DeclarationWithdrawn = "treaty.declaration_withdrawn";
    ObjectionMade = "treaty.objection_made";
    ObjectionWithdrawn = "treaty.objection_withdrawn";
    TerritoryNotified = "treaty.territory_notified";
    WithdrawalNotified = "treaty.withdrawal_notified";
    WithdrawalRevoked = "treaty.withdrawal_revoked";
    DepositaryCorrected = "treaty.depositary_corrected";
}
