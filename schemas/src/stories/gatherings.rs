//! Organs at work: members, meetings, briefings, agenda items, bodies, offices, consultations, early warnings, programmes.
//! Not here: what organs decide (`council`), the reports owed to them (`reporting`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{decision_stream, some};
use crate::dates::CalendarDate;
use crate::ids::{ActorId, Slug, Symbol};
use crate::law::gatherings;
use crate::story::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Seat {
    Permanent,
    Elected,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeetingKind {
    Meeting,
    ThematicDebate,
    InformalPanel,
    InteractiveDialogue,
    Consultation,
    /// Of the Global Network of focal points.
    AnnualMeeting,
    PeerExchange,
}

/// Classes of those who spoke.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParticipantClass {
    Members,
    OtherStates,
    SpecialAdvisers,
    UnEntities,
    RegionalOrganizations,
    CivilSociety,
    Women,
    Youth,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProgrammeArea {
    Governance,
    RuleOfLaw,
    Education,
    SustainableDevelopment,
    WomenAndChildren,
    PeaceOperations,
    PreventionPlatform,
    Other,
}

stories! {
    /// An actor becomes a member of a body; a date in `until` is its last day.
    event MembershipBegan = "membership.began", "{member} is a member of {body} from {on}[ until {until}]" {
        body: ActorId,
        member: ActorId,
    } maybe {
        seat: Seat,
        until: CalendarDate,
    }
    stream "membership:{body}:{member}";
    organ |b| &b.body;
    concerns |b| &b.member;
    by BY_ORGAN;
    actors |b| [b.body.any(), b.member.any()];
    steps &[step(NEW, "member"), step("left", "member"), step("member", SAME)];
    rule |b, scene| gatherings::term(b, scene);

    /// A membership ends; the day is the last one.
    event MembershipEnded = "membership.ended", "{member} is a member of {body} until {on}" {
        body: ActorId,
        member: ActorId,
    }
    stream "membership:{body}:{member}";
    organ |b| &b.body;
    concerns |b| &b.member;
    by BY_ORGAN;
    actors |b| [b.body.any(), b.member.any()];
    steps &[step("member", "left")];

    /// A meeting is announced; the event's date is the day for which it is.
    event MeetingAnnounced = "meeting.announced", "{body} announces a {kind~} for {on}: {topic}" {
        body: ActorId,
        meeting: Slug,
        kind: MeetingKind,
        topic: String,
    }
    stream "meeting:{body}:{meeting}";
    organ |b| &b.body;
    by BY_ORGAN;
    actors |b| [b.body.any()];
    steps &[step(NEW, "announced")];

    /// A meeting took place.
    event MeetingHeld = "meeting.held", "{body} holds a {kind~} on {on}: {topic}" {
        body: ActorId,
        meeting: Slug,
        kind: MeetingKind,
        topic: String,
    } maybe {
        document: Symbol,
        participants: Vec<ParticipantClass>,
    }
    stream "meeting:{body}:{meeting}";
    organ |b| &b.body;
    by BY_ORGAN;
    actors |b| [b.body.any()];
    steps &[step(NEW, "held"), step("announced", "held")];

    /// Somebody briefs a body.
    event BriefingHeld = "briefing.held", "{briefer} briefs {body} on {on}: {topic} (risk analysis: {risk_analysis})" {
        body: ActorId,
        briefer: ActorId,
        briefing: Slug,
        /// Whether it analysed the risk of atrocity crimes.
        risk_analysis: bool,
        topic: String,
    } maybe {
        /// The country that it was about.
        country: ActorId,
        document: Symbol,
    }
    stream "briefing:{body}:{briefing}";
    organ |b| &b.body;
    by BY_ORGAN;
    actors |b| [b.body.any(), b.briefer.any()].into_iter().chain(b.country.iter().map(ActorId::any));
    steps &[step(NEW, "held")];

    /// An item is on the agenda of a session.
    event AgendaItemIncluded = "agenda.item_included", "{body} includes in the agenda of session {session}, on {on}: {title}" {
        body: ActorId,
        item: Slug,
        session: u16,
        title: String,
    } maybe {
        decision: Symbol,
    }
    stream "agenda:{body}:{item}:session-{session}";
    organ |b| &b.body;
    by BY_ORGAN;
    actors |b| [b.body.any()];
    steps &[step(NEW, "included")];
    needs |b| b.decision.iter().map(decision_stream);

    /// A committee or working group of an organ.
    event BodyEstablished = "body.established", "{organ} establishes {title} on {on}" {
        body: Slug,
        organ: ActorId,
        title: String,
    } maybe {
        decision: Symbol,
        informal: bool,
    }
    stream "body:{organ}:{body}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step(NEW, "established")];

    /// It is no more.
    event BodyDissolved = "body.dissolved", "{organ} dissolves {body} on {on}" {
        body: Slug,
        organ: ActorId,
    }
    stream "body:{organ}:{body}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step("established", "dissolved")];

    /// An office is filled: a Special Adviser. The office is recorded, never the person.
    event OfficeFilled = "office.filled", "{organ} fills the office {title} ({office}) on {on}" {
        office: Slug,
        organ: ActorId,
        title: String,
    }
    stream "office:{organ}:{office}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step(NEW, "filled"), step("vacant", "filled"), step("filled", SAME)];

    /// An office is vacant.
    event OfficeVacated = "office.vacated", "the office {office} of {organ} is vacant from {on}" {
        office: Slug,
        organ: ActorId,
    }
    stream "office:{organ}:{office}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step("filled", "vacant")];

    /// Written contributions are asked for, until a day.
    event SubmissionsCalled = "submissions.called", "{organ} calls on {on} for submissions by {closes}: {topic}" {
        call: Slug,
        closes: CalendarDate,
        organ: ActorId,
        topic: String,
    }
    stream "submissions:{organ}:{call}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step(NEW, "called")];

    /// A contribution was received.
    event SubmissionReceived = "submissions.received", "{organ} receives a submission of {from} on {on}" {
        call: Slug,
        from: ActorId,
        organ: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "submissions:{organ}:{call}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.from.any(), b.organ.any()];
    steps &[step("called", SAME)];
    rule |b, scene| gatherings::submission(b, scene);

    /// Somebody warns of atrocity crimes (Charter, Article 99, where it is the Secretary-General).
    event WarningIssued = "warning.issued", "{issuer} warns of {state} on {on}: {text}" {
        issuer: ActorId,
        state: ActorId,
        text: String,
        warning: Slug,
    } maybe {
        /// The day by which an answer is asked for.
        answer_due: CalendarDate,
        document: Symbol,
        /// To whom.
        to: ActorId,
    }
    stream "warning:{state}:{warning}";
    subject |b| &b.issuer;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.issuer.any(), b.state.any()].into_iter().chain(b.to.iter().map(ActorId::any));
    steps &[step(NEW, "issued")];
    binding |_b| Binding::Political;

    /// Whom it was addressed to has taken note of a warning.
    event WarningAcknowledged = "warning.acknowledged", "{by} acknowledges the warning {warning} of {state} on {on}" {
        by: ActorId,
        state: ActorId,
        warning: Slug,
    }
    stream "warning:{state}:{warning}";
    organ |b| &b.by;
    concerns |b| &b.state;
    by BY_ORGAN;
    actors |b| [b.by.any(), b.state.any()];
    steps &[step("issued", "acknowledged"), step("acted_on", SAME)];
    rule |b, scene| gatherings::addressed(&b.by, scene);

    /// Something was done about a warning.
    event WarningActedOn = "warning.acted_on", "{by} acts on the warning {warning} of {state} on {on}: {action}" {
        action: String,
        by: ActorId,
        state: ActorId,
        warning: Slug,
    } maybe {
        decision: Symbol,
    }
    stream "warning:{state}:{warning}";
    organ |b| &b.by;
    concerns |b| &b.state;
    by BY_ORGAN;
    actors |b| [b.by.any(), b.state.any()];
    steps &[step("issued", "acted_on"), step("acknowledged", "acted_on"), step("acted_on", SAME)];
    needs |b| b.decision.iter().map(decision_stream);

    /// A UN entity reports on a programme that helps to prevent.
    event ProgrammeReported = "programme.reported", "{entity} reports a programme on {on} ({areas~}): {title}" {
        #[schemars(length(min = 1, max = 256))]
        areas: Vec<ProgrammeArea>,
        entity: ActorId,
        programme: Slug,
        title: String,
    } maybe {
        country: ActorId,
        document: Symbol,
    }
    stream "programme:{entity}:{programme}";
    subject |b| &b.entity;
    by BY_SUBJECT;
    actors |b| [b.entity.any()].into_iter().chain(b.country.iter().map(ActorId::any));
    steps &[step(NEW, "reported"), step("reported", SAME)];
    check |b| some("areas", &b.areas);
}
