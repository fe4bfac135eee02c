//! Cases before courts, referrals to international bodies, reprisals. No case names a person.
//! Not here: laws and barriers at home (`national`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::some;
use crate::governance::ActorKind;
use crate::ids::{ActorId, Slug, Symbol};
use crate::story::*;

/// How far a case has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseStage {
    Investigation,
    Charged,
    Trial,
    Judgment,
    Appeal,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CaseOutcome {
    Conviction,
    Acquittal,
    Discontinued,
    Inadmissible,
    Mixed,
}

/// The body or means to which a situation is referred.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReferredTo {
    SecurityCouncil,
    InternationalCriminalCourt,
    InternationalCourtOfJustice,
    GeneralAssembly,
    HumanRightsCouncil,
    Other,
}

stories! {
    /// A court or prosecutor opens a case.
    event CaseOpened = "case.opened", "{court} opens the case {case} on {on}[ ({crimes~})]" {
        case: Slug,
        court: ActorId,
    } maybe {
        situation: String,
        /// Where the acts were committed.
        state: ActorId,
    }
    stream "case:{court}:{case}";
    subject |b| &b.court;
    by BY_SUBJECT;
    actors |b| [b.court.a(ActorKind::Court)].into_iter().chain(b.state.iter().map(ActorId::any));
    steps &[step(NEW, "open")];
    check |b| some("crimes", b.crimes.as_deref().unwrap_or_default());

    /// A case goes on to another stage.
    event CaseStageChanged = "case.stage_changed", "the case {case} before {court} is in {stage~} from {on}" {
        case: Slug,
        court: ActorId,
        stage: CaseStage,
    }
    stream "case:{court}:{case}";
    subject |b| &b.court;
    by BY_SUBJECT;
    actors |b| [b.court.a(ActorKind::Court)];
    steps &[step("open", SAME)];

    /// A case ends.
    event CaseClosed = "case.closed", "the case {case} before {court} ends on {on}: {outcome~}" {
        case: Slug,
        court: ActorId,
        outcome: CaseOutcome,
    }
    stream "case:{court}:{case}";
    subject |b| &b.court;
    by BY_SUBJECT;
    actors |b| [b.court.a(ActorKind::Court)];
    steps &[step("open", "closed")];

    /// A situation is referred to an international body, where a state fails.
    event ReferralMade = "referral.made", "{by} refers the situation in {state} to {referred_to~} on {on}: {text}" {
        by: ActorId,
        id: Slug,
        referred_to: ReferredTo,
        state: ActorId,
        text: String,
    } maybe {
        decision: Symbol,
    }
    stream "referral:{state}:{id}";
    subject |b| &b.by;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.by.any(), b.state.any()];
    steps &[step(NEW, "made")];

    /// Somebody was harassed or punished for working with the mechanisms.
    event ReprisalReported = "reprisal.reported", "{reporter} reports a reprisal in {state}, on {on}: {text}" {
        reporter: ActorId,
        reprisal: Slug,
        state: ActorId,
        text: String,
    }
    stream "reprisal:{state}:{reprisal}";
    subject |b| &b.reporter;
    concerns |b| &b.state;
    by BY_ASSESSOR_OR_ITSELF;
    actors |b| [b.reporter.any(), b.state.any()];
    steps &[step(NEW, "open"), step("resolved", "open")];

    /// It was put right, as whoever says so finds.
    event ReprisalResolved = "reprisal.resolved", "{reporter} reports the reprisal {reprisal} in {state} resolved on {on}: {text}" {
        reporter: ActorId,
        reprisal: Slug,
        state: ActorId,
        text: String,
    }
    stream "reprisal:{state}:{reprisal}";
    subject |b| &b.reporter;
    concerns |b| &b.state;
    by BY_ASSESSOR_OR_ITSELF;
    actors |b| [b.reporter.any(), b.state.any()];
    steps &[step("open", "resolved")];
}
