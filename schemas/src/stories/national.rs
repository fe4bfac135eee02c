//! What states do at home: focal points, risk assessments, parliaments, domestic measures and barriers, national human
//! rights institutions. An office is named, never a person.
//! Not here: cases before courts (`justice`), promises (`commitments`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::some;
use crate::dates::CalendarDate;
use crate::envelope::never_null;
use crate::governance::ActorKind;
use crate::ids::{ActorId, Slug, Symbol};
use crate::law::{commitments, national};
use crate::story::*;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OfficeLevel {
    HeadOfGovernment,
    Minister,
    SeniorOfficial,
    Official,
}

/// Which framework an assessment follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Framework {
    /// The UN Framework of Analysis for Atrocity Crimes (2014): 8 common and 6 specific risk factors.
    UnFrameworkOfAnalysis,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Risk {
    None,
    Low,
    Medium,
    High,
}

/// What is found of one risk factor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// 1 to 8 are common, 9 to 14 specific to a crime.
    #[schemars(range(min = 1, max = 14))]
    pub factor: u8,
    pub risk: Risk,
    /// What the risk comes from.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// What mitigates it.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub mitigation: Option<String>,
    /// The capacity to protect.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub capacity: Option<String>,
}

/// Who took part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Participants {
    pub civil_society: bool,
    pub women: bool,
    pub youth: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ParliamentaryAct {
    Debate,
    Question,
    Inquiry,
    Resolution,
    Law,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MeasureKind {
    /// The crime is a crime in domestic law.
    Criminalisation,
    /// Incitement to it is.
    Incitement,
    /// A provision of the constitution or of a code.
    Constitution,
    /// A body that holds security forces to account.
    SecurityOversight,
    Redress,
    Reconciliation,
    EarlyWarning,
    Education,
    Other,
}

/// What stands in the way of accountability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BarrierKind {
    /// A statutory limitation.
    Limitation,
    Amnesty,
    Immunity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AccreditationDecision {
    A,
    B,
    NoStatus,
    /// Put off; the status stays.
    Deferred,
    SpecialReview,
    /// A year's notice of going down to B; the status stays.
    DowngradeNotice,
    Suspended,
    Lapsed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    Government,
    Parliament,
    Public,
    UnitedNations,
}

stories! {
    /// A state or organization appoints a senior official as its focal point. The office is recorded, never the person.
    event FocalPointAppointed = "focal_point.appointed", "{of} appoints its focal point on {on}: {office} ({level~})" {
        level: OfficeLevel,
        of: ActorId,
        /// The office: a department, a title.
        office: String,
    }
    stream "focal-point:{of}";
    subject |b| &b.of;
    by BY_SUBJECT;
    actors |b| [b.of.any()];
    steps &[step(NEW, "appointed"), step("vacant", "appointed")];
    binding |_b| Binding::Political;

    /// Another takes the office over, or another office does.
    event FocalPointReplaced = "focal_point.replaced", "{of} replaces its focal point on {on}: {office} ({level~})" {
        level: OfficeLevel,
        of: ActorId,
        office: String,
    }
    stream "focal-point:{of}";
    subject |b| &b.of;
    by BY_SUBJECT;
    actors |b| [b.of.any()];
    steps &[step("appointed", SAME)];

    /// Nobody holds the office any more.
    event FocalPointVacated = "focal_point.vacated", "the focal point of {of} is vacant from {on}" {
        of: ActorId,
    }
    stream "focal-point:{of}";
    subject |b| &b.of;
    by BY_SUBJECT;
    actors |b| [b.of.any()];
    steps &[step("appointed", "vacant")];

    /// A state begins to assess its own risks.
    event AssessmentStarted = "assessment.started", "{state} starts the assessment {assessment} on {on}" {
        assessment: Slug,
        framework: Framework,
        state: ActorId,
    }
    stream "assessment:{state}:{assessment}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.any()];
    steps &[step(NEW, "started")];

    /// A state publishes what it finds of its own risks.
    event SelfAssessmentPublished = "assessment.self_published", "{state} publishes its assessment {assessment} on {on} ({framework~})" {
        assessment: Slug,
        #[schemars(length(min = 1, max = 14))]
        factors: Vec<Factor>,
        framework: Framework,
        participants: Participants,
        state: ActorId,
    } maybe {
        document: Symbol,
        /// The day by which the next one is due, by the state's own cycle.
        next_due: CalendarDate,
    }
    stream "assessment:{state}:{assessment}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.any()];
    steps &[step(NEW, "published"), step("started", "published")];
    rule |b, _scene| national::assessment(b.framework, &b.factors, Some(&b.participants));
    check |b| national::check_factors(&b.factors);

    /// Others assess a state's risks: impartial, based on evidence. It never changes what the state says of itself.
    event IndependentAssessmentPublished = "assessment.independent_published", "{assessor} publishes the assessment {assessment} of {state} on {on} ({framework~})" {
        assessment: Slug,
        assessor: ActorId,
        #[schemars(length(min = 1, max = 14))]
        factors: Vec<Factor>,
        framework: Framework,
        state: ActorId,
    } maybe {
        document: Symbol,
        method: String,
    }
    stream "independent-assessment:{state}:{assessment}";
    subject |b| &b.assessor;
    concerns |b| &b.state;
    by BY_ASSESSOR;
    actors |b| [b.assessor.any(), b.state.any()];
    steps &[step(NEW, "published")];
    rule |b, _scene| Ok(commitments::not_itself(&b.assessor, &b.state)?.and(national::assessment(b.framework, &b.factors, None)?));
    check |b| national::check_factors(&b.factors);

    /// A parliament debates, asks, inquires, resolves.
    event ParliamentActed = "parliament.acted", "{parliament} of {state} on {on} ({act~}): {title}" {
        act: ParliamentaryAct,
        id: Slug,
        parliament: ActorId,
        state: ActorId,
        title: String,
    }
    stream "parliament:{state}:{id}";
    subject |b| &b.parliament;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.parliament.a(ActorKind::Parliament), b.state.any()];
    steps &[step(NEW, "held")];

    /// A parliament sets up an all-party group, a committee.
    event ParliamentBodyEstablished = "parliament.body_established", "{parliament} of {state} establishes {title} on {on}" {
        all_party: bool,
        id: Slug,
        parliament: ActorId,
        state: ActorId,
        title: String,
    }
    stream "parliament:{state}:{id}";
    subject |b| &b.parliament;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.parliament.a(ActorKind::Parliament), b.state.any()];
    steps &[step(NEW, "established")];

    /// Such a body reports what it asked, heard and found.
    event ParliamentBodyReported = "parliament.body_reported", "{id} of {parliament} of {state} reports on {on}: {title}" {
        id: Slug,
        parliament: ActorId,
        state: ActorId,
        title: String,
    } maybe {
        document: Symbol,
    }
    stream "parliament:{state}:{id}";
    subject |b| &b.parliament;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.parliament.a(ActorKind::Parliament), b.state.any()];
    steps &[step("established", SAME)];
    rule |b, scene| national::same_parliament(&b.parliament, scene);

    /// Such a body is no more.
    event ParliamentBodyDissolved = "parliament.body_dissolved", "{parliament} of {state} dissolves {id} on {on}" {
        id: Slug,
        parliament: ActorId,
        state: ActorId,
    }
    stream "parliament:{state}:{id}";
    subject |b| &b.parliament;
    concerns |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.parliament.a(ActorKind::Parliament), b.state.any()];
    steps &[step("established", "dissolved")];
    rule |b, scene| national::same_parliament(&b.parliament, scene);

    /// A state has done something at home: a law, a body, a programme. For criminalisation and incitement, `crimes` says
    /// which.
    event MeasureReported = "domestic.measure_reported", "{state} has in place from {on} ({kind~}[ of {crimes~}]): {title}" {
        measure: Slug,
        kind: MeasureKind,
        state: ActorId,
        title: String,
    } maybe {
        document: Symbol,
        text: String,
    }
    stream "measure:{state}:{measure}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.any()];
    steps &[step(NEW, "in_place")];
    check |b| national::check_crimes(b.kind, b.crimes.as_deref());

    /// A measure is no more.
    event MeasureEnded = "domestic.measure_ended", "{state} ends the measure {measure} on {on}" {
        measure: Slug,
        state: ActorId,
    } maybe {
        reason: String,
    }
    stream "measure:{state}:{measure}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.state.any()];
    steps &[step("in_place", "ended")];

    /// Somebody else than the state says whether a measure is there and works.
    event MeasureAttested = "domestic.measure_attested", "{assessor} finds the measure {measure} of {state} effective: {effective}, on {on}" {
        assessor: ActorId,
        effective: bool,
        measure: Slug,
        state: ActorId,
        text: String,
    }
    stream "measure:{state}:{measure}";
    subject |b| &b.assessor;
    concerns |b| &b.state;
    by BY_ASSESSOR;
    actors |b| [b.assessor.any(), b.state.any()];
    steps &[step("in_place", SAME), step("ended", SAME)];
    rule |b, _scene| commitments::not_itself(&b.assessor, &b.state);

    /// Something stands in the way of prosecution: a limitation, an amnesty, an immunity.
    event BarrierReported = "domestic.barrier_reported", "{reporter} reports on {on} that in {state} stands in the way ({kind~}): {text}" {
        barrier: Slug,
        kind: BarrierKind,
        reporter: ActorId,
        state: ActorId,
        text: String,
    }
    stream "barrier:{state}:{barrier}";
    subject |b| &b.reporter;
    concerns |b| &b.state;
    by BY_ASSESSOR_OR_ITSELF;
    actors |b| [b.reporter.any(), b.state.any()];
    steps &[step(NEW, "open"), step("removed", "open")];

    /// It stands in the way no more.
    event BarrierRemoved = "domestic.barrier_removed", "{reporter} reports that {state} removed the barrier {barrier} on {on}" {
        barrier: Slug,
        reporter: ActorId,
        state: ActorId,
    } maybe {
        document: Symbol,
        text: String,
    }
    stream "barrier:{state}:{barrier}";
    subject |b| &b.reporter;
    concerns |b| &b.state;
    by BY_ASSESSOR_OR_ITSELF;
    actors |b| [b.reporter.any(), b.state.any()];
    steps &[step("open", "removed")];

    /// A state has a national human rights institution.
    event NhriEstablished = "nhri.established", "{state} establishes its human rights institution {nhri} on {on}" {
        nhri: ActorId,
        state: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "nhri:{state}:{nhri}";
    subject |b| &b.state;
    by BY_SUBJECT;
    actors |b| [b.nhri.a(ActorKind::Nhri), b.state.any()];
    steps &[step(NEW, "established")];

    /// An institution asks for accreditation under the Paris Principles.
    event NhriApplied = "nhri.applied", "{nhri} of {state} applies for accreditation on {on}" {
        nhri: ActorId,
        state: ActorId,
    }
    stream "nhri:{state}:{nhri}";
    subject |b| &b.nhri;
    by BY_SUBJECT;
    actors |b| [b.nhri.a(ActorKind::Nhri), b.state.any()];
    steps &[step(ANY, SAME)];

    /// GANHRI decides on an accreditation. Deferral, special review and notice leave the status as it is.
    event AccreditationDecided = "nhri.accreditation_decided", "{organ} decides on {nhri} of {state} on {on}: {decision~}[, next review by {next_review}]" {
        decision: AccreditationDecision,
        nhri: ActorId,
        organ: ActorId,
        state: ActorId,
    } maybe {
        document: Symbol,
        next_review: CalendarDate,
    }
    stream "nhri:{state}:{nhri}";
    organ |b| &b.organ;
    concerns |b| &b.nhri;
    by BY_ORGAN;
    actors |b| [b.nhri.a(ActorKind::Nhri), b.organ.any(), b.state.any()];
    steps &[step(ANY, "status_a"), step(ANY, "status_b"), step(ANY, "no_status"), step(ANY, SAME), step(ANY, "suspended"), step(ANY, "lapsed")];
    leads |b| match b.decision {
        AccreditationDecision::A => "status_a",
        AccreditationDecision::B => "status_b",
        AccreditationDecision::NoStatus => "no_status",
        AccreditationDecision::Suspended => "suspended",
        AccreditationDecision::Lapsed => "lapsed",
        AccreditationDecision::Deferred | AccreditationDecision::SpecialReview | AccreditationDecision::DowngradeNotice => SAME,
    };
    rule |b, scene| national::accreditation(b, scene);

    /// An institution reports.
    event NhriReported = "nhri.reported", "{nhri} of {state} reports to {audience~} on {on} (atrocity prevention: {atrocity_prevention})" {
        /// Whether it deals with the prevention of atrocity crimes.
        atrocity_prevention: bool,
        #[schemars(length(min = 1, max = 256))]
        audience: Vec<Audience>,
        nhri: ActorId,
        state: ActorId,
    } maybe {
        document: Symbol,
        title: String,
    }
    stream "nhri:{state}:{nhri}";
    subject |b| &b.nhri;
    by BY_SUBJECT;
    actors |b| [b.nhri.a(ActorKind::Nhri), b.state.any()];
    steps &[step(ANY, SAME)];
    check |b| some("audience", &b.audience);
}
