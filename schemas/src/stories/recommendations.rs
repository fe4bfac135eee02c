//! Recommendations by others, whatever the mechanism, with the answer to them and what became of them; standing
//! invitations, visits and communications of Special Procedures.
//! Not here: the stages of a review (`reviews`), a state's own promises (`commitments`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::commitments::AssessedStatus;
use crate::dates::CalendarDate;
use crate::governance::ActorKind;
use crate::ids::{ActorId, Slug, Symbol};
use crate::law::{commitments, recommendations};
use crate::story::*;

/// The mechanism by which a recommendation came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mechanism {
    /// The Universal Periodic Review: a state recommends to a state.
    Upr,
    /// Concluding observations.
    TreatyBody,
    SpecialProcedure,
    /// A regional mechanism or a peer review.
    Regional,
    /// Of the Secretary-General, as in his reports.
    SecretaryGeneral,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Supported,
    /// Neither supported nor, in words, rejected (A/HRC/RES/5/1).
    Noted,
}

/// What the state says of what it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Implementation {
    NotImplemented,
    InProgress,
    Partially,
    Fully,
}

stories! {
    /// Somebody recommends something to a state.
    event RecommendationMade = "recommendation.made", "{from} recommends to {to} on {on} ({mechanism~}[, session {session}]): {text}" {
        from: ActorId,
        mechanism: Mechanism,
        recommendation: Slug,
        text: String,
        to: ActorId,
    } maybe {
        /// UPR Info's level of action: 1 minimal, 2 continue, 3 consider, 4 general, 5 specific.
        #[schemars(range(min = 1, max = 5))]
        action: u8,
        cycle: u8,
        document: Symbol,
        session: u16,
        themes: Vec<String>,
    }
    stream "recommendation:{to}:{recommendation}";
    subject |b| &b.from;
    concerns |b| &b.to;
    by BY_SUBJECT;
    actors |b| [b.from.any(), b.to.any()];
    steps &[step(NEW, "pending")];
    binding |_b| Binding::Recommendation;
    rule |b, _scene| recommendations::made(b);
    check |b| match b.action {
        Some(level) if !(1..=5).contains(&level) => Err("action: a level of 1 to 5".to_owned()),
        _ => Ok(()),
    };

    /// The state answers, once; another answer is a correction.
    event RecommendationResponded = "recommendation.responded", "{to} answers {recommendation} on {on}: {response~}" {
        recommendation: Slug,
        response: Response,
        to: ActorId,
    } maybe {
        document: Symbol,
        text: String,
    }
    stream "recommendation:{to}:{recommendation}";
    subject |b| &b.to;
    by BY_SUBJECT;
    actors |b| [b.to.any()];
    steps &[step("pending", "supported"), step("pending", "noted")];
    leads |b| match b.response { Response::Supported => "supported", Response::Noted => "noted" };

    /// What the state reports of its own implementation. It never changes what others find.
    event RecommendationFollowedUp = "recommendation.followed_up", "{to} reports {recommendation} {status~} on {on}: {text}" {
        recommendation: Slug,
        status: Implementation,
        text: String,
        to: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "recommendation:{to}:{recommendation}";
    subject |b| &b.to;
    by BY_SUBJECT;
    actors |b| [b.to.any()];
    steps &[step(ANY, SAME)];

    /// What an independent assessor finds of the implementation. It never changes what the state reports.
    event RecommendationAssessed = "recommendation.assessed", "{assessor} finds {recommendation} to {to} {status~} on {on}: {method}" {
        assessor: ActorId,
        method: String,
        recommendation: Slug,
        status: AssessedStatus,
        to: ActorId,
    } maybe {
        text: String,
    }
    stream "recommendation:{to}:{recommendation}";
    subject |b| &b.assessor;
    concerns |b| &b.to;
    by BY_ASSESSOR;
    actors |b| [b.assessor.any(), b.to.any()];
    steps &[step(ANY, SAME)];
    rule |b, _scene| commitments::not_itself(&b.assessor, &b.to);

    /// A state invites all Special Procedures, once and for all.
    event InvitationIssued = "invitation.issued", "{state} issues a standing invitation to Special Procedures on {on}" {
        state: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "invitation:{state}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.a(ActorKind::State)];
    steps &[step(NEW, "issued"), step("withdrawn", "issued")];
    binding |_b| Binding::Political;

    /// A standing invitation is taken back.
    event InvitationWithdrawn = "invitation.withdrawn", "{state} withdraws its standing invitation on {on}" {
        state: ActorId,
    } maybe {
        reason: String,
    }
    stream "invitation:{state}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.a(ActorKind::State)];
    steps &[step("issued", "withdrawn")];

    /// A mandate holder asks to visit.
    event VisitRequested = "visit.requested", "{mandate_holder} asks {state} on {on} for a visit ({visit})" {
        mandate_holder: ActorId,
        state: ActorId,
        visit: Slug,
    } maybe {
        subject: String,
    }
    stream "visit:{state}:{visit}";
    subject |b| &b.mandate_holder;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.mandate_holder.a(ActorKind::MandateHolder), b.state.a(ActorKind::State)];
    steps &[step(NEW, "requested")];

    /// A mandate holder asks again.
    event VisitReminded = "visit.reminded", "{mandate_holder} reminds {state} of the visit {visit} on {on}" {
        mandate_holder: ActorId,
        state: ActorId,
        visit: Slug,
    }
    stream "visit:{state}:{visit}";
    subject |b| &b.mandate_holder;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.mandate_holder.a(ActorKind::MandateHolder), b.state.a(ActorKind::State)];
    steps &[step("requested", SAME), step("accepted", SAME), step("declined", "requested")];
    rule |b, scene| recommendations::same_holder(&b.mandate_holder, scene);

    /// The state agrees to a visit.
    event VisitAccepted = "visit.accepted", "{state} agrees to the visit {visit} on {on}" {
        state: ActorId,
        visit: Slug,
    }
    stream "visit:{state}:{visit}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.a(ActorKind::State)];
    steps &[step("requested", "accepted"), step("declined", "accepted")];

    /// The state does not agree to a visit.
    event VisitDeclined = "visit.declined", "{state} declines the visit {visit} on {on}" {
        state: ActorId,
        visit: Slug,
    } maybe {
        reason: String,
    }
    stream "visit:{state}:{visit}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.a(ActorKind::State)];
    steps &[step("requested", "declined"), step("accepted", "declined"), step("dates_proposed", "declined")];

    /// Dates for a visit are proposed by the state.
    event VisitDatesProposed = "visit.dates_proposed", "{state} proposes {from} to {until} for the visit {visit}, on {on}" {
        from: CalendarDate,
        state: ActorId,
        until: CalendarDate,
        visit: Slug,
    }
    stream "visit:{state}:{visit}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.a(ActorKind::State)];
    steps &[step("accepted", "dates_proposed"), step("dates_proposed", SAME), step("requested", "dates_proposed")];

    /// The visit took place.
    event VisitCompleted = "visit.completed", "{mandate_holder} ends the visit {visit} to {state} on {on}" {
        mandate_holder: ActorId,
        state: ActorId,
        visit: Slug,
    } maybe {
        /// True where it could not see whom or what it asked for.
        restricted: bool,
    }
    stream "visit:{state}:{visit}";
    subject |b| &b.mandate_holder;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.mandate_holder.a(ActorKind::MandateHolder), b.state.a(ActorKind::State)];
    steps &[step("accepted", "completed"), step("dates_proposed", "completed")];
    rule |b, scene| recommendations::same_holder(&b.mandate_holder, scene);

    /// The mandate holder reports on the visit.
    event VisitReported = "visit.reported", "{mandate_holder} reports on the visit {visit} to {state} on {on}[ ({document})]" {
        mandate_holder: ActorId,
        state: ActorId,
        visit: Slug,
    } maybe {
        document: Symbol,
    }
    stream "visit:{state}:{visit}";
    subject |b| &b.mandate_holder;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.mandate_holder.a(ActorKind::MandateHolder), b.state.a(ActorKind::State)];
    steps &[step("completed", "reported")];
    rule |b, scene| recommendations::same_holder(&b.mandate_holder, scene);

    /// A mandate holder writes to a state about alleged violations, and asks for an answer.
    event CommunicationSent = "communication.sent", "{mandate_holder} writes to {state} on {on} ({communication})[, answer due {reply_due}]" {
        communication: Slug,
        mandate_holder: ActorId,
        state: ActorId,
    } maybe {
        /// The day by which an answer is asked for; custom gives 60 days.
        reply_due: CalendarDate,
        subject: String,
    }
    stream "communication:{state}:{communication}";
    subject |b| &b.mandate_holder;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.mandate_holder.a(ActorKind::MandateHolder), b.state.a(ActorKind::State)];
    steps &[step(NEW, "sent")];
    binding |_b| Binding::Political;

    /// The state answers a communication.
    event CommunicationReplied = "communication.replied", "{state} answers the communication {communication} on {on}" {
        communication: Slug,
        state: ActorId,
    } maybe {
        substantive: bool,
    }
    stream "communication:{state}:{communication}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.a(ActorKind::State)];
    steps &[step("sent", "replied")];
}
