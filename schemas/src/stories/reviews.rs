//! The Universal Periodic Review, stage by stage, and whether each dealt with the risk of atrocity crimes: the four steps
//! of the Secretary-General's report. Reviews by treaty bodies and peers.
//! Not here: the recommendations made in a review (`recommendations`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::governance::ActorKind;
use crate::ids::{ActorId, Slug, Symbol};
use crate::law::{commitments, recommendations};
use crate::story::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UprDocument {
    NationalReport,
    /// OHCHR's compilation of UN information.
    Compilation,
    /// OHCHR's summary of stakeholders' submissions.
    StakeholderSummary,
    StakeholderSubmission,
}

stories! {
    /// Step 1: a document that prepares the review.
    event UprDocumentSubmitted = "upr.document_submitted", "{author} submits a {kind~} for the review of {state}, cycle {cycle}, on {on} (risk of atrocity crimes: {atrocity_content})" {
        /// Whether it deals with the risk of atrocity crimes.
        atrocity_content: bool,
        author: ActorId,
        #[schemars(range(min = 1, max = 9))]
        cycle: u8,
        kind: UprDocument,
        state: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "upr:{state}:cycle-{cycle}";
    subject |b| &b.author;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.author.any(), b.state.any()];
    steps &[step(NEW, "prepared"), step("prepared", SAME)];
    check |b| recommendations::check_cycle(b.cycle);

    /// Step 2: the dialogue of peers in the Working Group.
    event UprDialogueHeld = "upr.dialogue_held", "{organ} reviews {state} on {on}, cycle {cycle}, session {session} (risk of atrocity crimes: {atrocity_content})" {
        /// Whether questions, recommendations or oral updates dealt with the risk of atrocity crimes.
        atrocity_content: bool,
        #[schemars(range(min = 1, max = 9))]
        cycle: u8,
        organ: ActorId,
        session: u16,
        state: ActorId,
    }
    stream "upr:{state}:cycle-{cycle}";
    organ |b| &b.organ;
    concerns |b| &b.state;
    by BY_ORGAN;
    actors |b| [b.organ.a(ActorKind::UnOrgan), b.state.any()];
    steps &[step(NEW, "reviewed"), step("prepared", "reviewed")];
    rule |b, _scene| Ok(commitments::not_itself(&b.organ, &b.state)?.and(recommendations::session_of_cycle(b.session, b.cycle)?));
    check |b| recommendations::check_cycle(b.cycle);

    /// Step 3: the report of the Working Group, with the recommendations.
    event UprReportAdopted = "upr.report_adopted", "the Working Group adopts its report on {state}, cycle {cycle}, on {on} (risk of atrocity crimes: {atrocity_content})" {
        atrocity_content: bool,
        #[schemars(range(min = 1, max = 9))]
        cycle: u8,
        organ: ActorId,
        state: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "upr:{state}:cycle-{cycle}";
    organ |b| &b.organ;
    concerns |b| &b.state;
    by BY_ORGAN;
    actors |b| [b.organ.a(ActorKind::UnOrgan), b.state.any()];
    steps &[step("reviewed", "report_adopted")];
    rule |b, _scene| commitments::not_itself(&b.organ, &b.state);
    check |b| recommendations::check_cycle(b.cycle);

    /// The state's written answers, an addendum (required since A/HRC/RES/16/21).
    event UprResponsesGiven = "upr.responses_given", "{state} answers the recommendations of cycle {cycle} on {on}" {
        #[schemars(range(min = 1, max = 9))]
        cycle: u8,
        state: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "upr:{state}:cycle-{cycle}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.any()];
    steps &[step("report_adopted", "answered")];
    check |b| recommendations::check_cycle(b.cycle);

    /// Step 3, concluded: the Human Rights Council adopts the outcome. An answer that is not there by now is missing.
    event UprOutcomeAdopted = "upr.outcome_adopted", "{organ} adopts the outcome of the review of {state}, cycle {cycle}, on {on} (risk of atrocity crimes: {atrocity_content})" {
        atrocity_content: bool,
        #[schemars(range(min = 1, max = 9))]
        cycle: u8,
        organ: ActorId,
        state: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "upr:{state}:cycle-{cycle}";
    organ |b| &b.organ;
    concerns |b| &b.state;
    by BY_ORGAN;
    actors |b| [b.organ.a(ActorKind::UnOrgan), b.state.any()];
    steps &[step("answered", "adopted"), step("report_adopted", "adopted")];
    rule |b, scene| Ok(commitments::not_itself(&b.organ, &b.state)?.and(recommendations::outcome(b, scene)?));
    check |b| recommendations::check_cycle(b.cycle);

    /// The voluntary report at mid-term. It is encouraged: where there is none it is absent, not overdue.
    event UprMidTermReported = "upr.mid_term_reported", "{state} reports at mid-term of cycle {cycle}, on {on}" {
        #[schemars(range(min = 1, max = 9))]
        cycle: u8,
        state: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "upr:{state}:cycle-{cycle}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.any()];
    steps &[step("adopted", "mid_term")];
    check |b| recommendations::check_cycle(b.cycle);

    /// A treaty body, a regional mechanism or peers will review a state.
    event ReviewScheduled = "review.scheduled", "{organ} schedules the review {review} of {state}, on {on}" {
        organ: ActorId,
        review: Slug,
        state: ActorId,
    }
    stream "review:{state}:{review}";
    organ |b| &b.organ;
    concerns |b| &b.state;
    by BY_ORGAN;
    actors |b| [b.organ.any(), b.state.any()];
    steps &[step(NEW, "scheduled")];

    /// The review is concluded: concluding observations, a peer review's report.
    event ReviewConcluded = "review.concluded", "{organ} concludes the review {review} of {state} on {on}[ ({document})]" {
        organ: ActorId,
        review: Slug,
        state: ActorId,
    } maybe {
        atrocity_content: bool,
        document: Symbol,
        text: String,
    }
    stream "review:{state}:{review}";
    organ |b| &b.organ;
    concerns |b| &b.state;
    by BY_ORGAN;
    actors |b| [b.organ.any(), b.state.any()];
    steps &[step("scheduled", "concluded")];
}
