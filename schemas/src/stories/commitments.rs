//! Commitments: what somebody promised, how the promise changed, what the maker reports of it and what others find;
//! political instruments and their endorsement; assistance; counts that third parties assert.
//! Not here: recommendations by others (`recommendations`), treaties.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::of_actor;
use crate::dates::CalendarDate;
use crate::envelope::never_null;
use crate::ids::{ActorId, Slug, StreamName, Symbol};
use crate::law::commitments;
use crate::law::story::Ruling;
use crate::story::*;

/// What kind of promise it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentKind {
    /// A state's promise in its own review (Universal Periodic Review).
    VoluntaryPledge,
    Pledge,
    /// To mainstream protection in development assistance (pillar II).
    Aid,
    VictimsAssistance,
    /// Troops, police or other means for protection mandates.
    Capacity,
    /// A product: a manual, a study.
    Deliverable,
    /// A body's promise to itself.
    Internal,
    /// Cooperation within a region, an exchange among peers.
    Regional,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Narrowed,
    Widened,
    Deferred,
    Merged,
    Split,
}

/// What the maker says of its own progress.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SelfStatus {
    NotStarted,
    InProgress,
    Partial,
    Complete,
}

/// What an independent assessor finds (the scale of the OGP's Independent Reporting Mechanism).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AssessedStatus {
    NoEvidence,
    NotStarted,
    Limited,
    Substantial,
    Complete,
}

/// Conduct that an instrument promises, and that votes can be compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Conduct {
    /// Only votes on drafts that carry one of these tags are compared.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub tags: Option<Vec<Slug>>,
    pub test: ConductTest,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConductTest {
    /// Not to veto (the French and Mexican declaration).
    NoVeto,
    /// Not to vote against (the ACT code of conduct).
    NoVoteAgainst,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InstrumentKind {
    Report,
    PoliticalDeclaration,
    CodeOfConduct,
    Principles,
    Manual,
    Framework,
    OutcomeDocument,
}

/// What a count counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum CountOf {
    /// Actors with a focal point in office; of this kind, if it is named.
    FocalPoints { of: FocalPointsOf },
    /// Endorsers of an instrument.
    Endorsers { instrument: Slug },
    /// States with a standing invitation to Special Procedures.
    StandingInvitations,
    /// States for which a treaty is in force.
    Parties { treaty: crate::ids::TreatyId },
    /// Recommendations made to a state.
    Recommendations { to: ActorId },
    /// Members of a body.
    Members { body: ActorId },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FocalPointsOf {
    States,
    All,
}

/// The story of an instrument.
pub fn instrument_stream(instrument: &Slug) -> StreamName {
    story("instrument", &[instrument.as_str()])
}

stories! {
    /// A political instrument or a report exists, to which states can commit themselves.
    event InstrumentRegistered = "instrument.registered", "{title} ({instrument}) is a {kind~} of {on}" {
        binding: Binding,
        instrument: Slug,
        kind: InstrumentKind,
        title: String,
    } maybe {
        conduct: Conduct,
        document: Symbol,
    }
    stream "instrument:{instrument}";
    by BY_REGISTRAR;
    steps &[step(NEW, "registered")];
    binding |b| b.binding;

    /// A state or organization endorses an instrument.
    event EndorsementMade = "endorsement.made", "{endorser} endorses {instrument} on {on}" {
        endorser: ActorId,
        instrument: Slug,
    }
    stream "endorsement:{instrument}:{endorser}";
    subject |b| &b.endorser;
    by BY_SUBJECT;
    actors |b| [b.endorser.any()];
    steps &[step(NEW, "endorsed"), step("withdrawn", "endorsed")];
    needs |b| [instrument_stream(&b.instrument)];
    binding |_b| Binding::Political;

    /// An endorsement is taken back.
    event EndorsementWithdrawn = "endorsement.withdrawn", "{endorser} withdraws its endorsement of {instrument} on {on}" {
        endorser: ActorId,
        instrument: Slug,
    } maybe {
        reason: String,
    }
    stream "endorsement:{instrument}:{endorser}";
    subject |b| &b.endorser;
    by BY_SUBJECT;
    actors |b| [b.endorser.any()];
    steps &[step("endorsed", "withdrawn")];

    /// Somebody promises something.
    event CommitmentMade = "commitment.made", "{maker} commits itself on {on} ({kind~} {commitment}): {text}" {
        commitment: Slug,
        kind: CommitmentKind,
        maker: ActorId,
        text: String,
    } maybe {
        /// Where it was made: a document, a review.
        basis: String,
        binding: Binding,
        /// The day by which it shall be done.
        due: CalendarDate,
        /// The instrument that it serves.
        instrument: Slug,
        measurable: bool,
        themes: Vec<String>,
    }
    stream "commitment:{maker}:{commitment}";
    subject |b| &b.maker;
    by BY_SUBJECT;
    actors |b| [b.maker.any()];
    steps &[step(NEW, "made")];
    needs |b| b.instrument.iter().map(instrument_stream);
    binding |b| b.binding.unwrap_or(if b.kind == CommitmentKind::Internal { Binding::Internal } else { Binding::Political });

    /// A promise is changed by its maker. The old words stay.
    event CommitmentRevised = "commitment.revised", "{maker} revises {commitment} on {on} ({change~}): {text}" {
        change: Change,
        commitment: Slug,
        maker: ActorId,
        text: String,
    } maybe {
        due: CalendarDate,
        /// The commitments that it was merged into or split into.
        into: Vec<Slug>,
        reason: String,
    }
    stream "commitment:{maker}:{commitment}";
    subject |b| &b.maker;
    by BY_SUBJECT;
    actors |b| [b.maker.any()];
    steps &[step("made", SAME)];
    rule |b, scene| commitments::revised(b, scene);

    /// A promise is taken back by its maker.
    event CommitmentWithdrawn = "commitment.withdrawn", "{maker} withdraws {commitment} on {on}: {reason}" {
        commitment: Slug,
        maker: ActorId,
        reason: String,
    }
    stream "commitment:{maker}:{commitment}";
    subject |b| &b.maker;
    by BY_SUBJECT;
    actors |b| [b.maker.any()];
    steps &[step("made", "withdrawn")];

    /// What the maker reports of its own promise. It never changes what others find.
    event ProgressReported = "commitment.progress_reported", "{maker} reports {commitment} {status~} on {on}: {text}" {
        commitment: Slug,
        maker: ActorId,
        status: SelfStatus,
        text: String,
    } maybe {
        evidence: Vec<String>,
    }
    stream "commitment:{maker}:{commitment}";
    subject |b| &b.maker;
    by BY_SUBJECT;
    actors |b| [b.maker.any()];
    steps &[step("made", SAME), step("withdrawn", SAME)];

    /// What an independent assessor finds of a promise. It never changes what the maker reports.
    event CommitmentAssessed = "commitment.assessed", "{assessor} finds {commitment} of {maker} {status~} on {on}: {method}" {
        assessor: ActorId,
        commitment: Slug,
        maker: ActorId,
        /// How it was found out.
        method: String,
        status: AssessedStatus,
    } maybe {
        evidence: Vec<String>,
        text: String,
    }
    stream "commitment:{maker}:{commitment}";
    subject |b| &b.assessor;
    concerns |b| &b.maker;
    by BY_ASSESSOR;
    actors |b| [b.assessor.any(), b.maker.any()];
    steps &[step("made", SAME), step("withdrawn", SAME)];
    rule |b, _scene| commitments::not_itself(&b.assessor, &b.maker);

    /// A state or body offers help to another.
    event AssistanceOffered = "assistance.offered", "{from} offers {to} assistance on {on} ({assistance}): {text}" {
        assistance: Slug,
        from: ActorId,
        text: String,
        to: ActorId,
    } maybe {
        /// The recommendation to `to` that it helps with.
        recommendation: Slug,
    }
    stream "assistance:{to}:{assistance}";
    subject |b| &b.from;
    concerns |b| &b.to;
    by BY_SUBJECT;
    actors |b| [b.from.any(), b.to.any()];
    steps &[step(NEW, "offered")];
    needs |b| b.recommendation.iter().map(|r| of_actor("recommendation", &b.to, r));
    rule |b, _scene| commitments::not_itself(&b.from, &b.to);

    /// Help was given.
    event AssistanceDelivered = "assistance.delivered", "{from} delivers the assistance {assistance} to {to} on {on}: {text}" {
        assistance: Slug,
        from: ActorId,
        text: String,
        to: ActorId,
    }
    stream "assistance:{to}:{assistance}";
    subject |b| &b.from;
    concerns |b| &b.to;
    by BY_SUBJECT;
    actors |b| [b.from.any(), b.to.any()];
    steps &[step("offered", "delivered")];
    rule |b, scene| commitments::same_helper(b, scene);

    /// A third party says how many there are. It is compared with what the ledger counts, and never written over it.
    event CountAsserted = "count.asserted", "{asserter} counts {count} {of} on {on}" {
        asserter: ActorId,
        count: u32,
        id: Slug,
        of: CountOf,
    } maybe {
        text: String,
    }
    stream "count:{asserter}:{id}";
    subject |b| &b.asserter;
    by BY_SUBJECT;
    actors |b| [b.asserter.any()];
    steps &[step(NEW, "asserted")];

    /// A public statement: an expectation voiced, an initiative supported.
    event StatementMade = "statement.made", "{maker} states on {on}: {text}" {
        id: Slug,
        maker: ActorId,
        text: String,
    } maybe {
        document: Symbol,
        /// The initiative that it supports, by its instrument.
        supports: Slug,
        /// To whom.
        to: ActorId,
    }
    stream "statement:{maker}:{id}";
    subject |b| &b.maker;
    by BY_SUBJECT;
    actors |b| [b.maker.any()].into_iter().chain(b.to.iter().map(ActorId::any));
    steps &[step(NEW, "made")];
    needs |b| b.supports.iter().map(instrument_stream);
    rule |_b, _scene| Ruling::good();
}
