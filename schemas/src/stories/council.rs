//! Decisions of organs, drafts that were not adopted, and mandates with their time limits.
//! Not here: reporting requirements (`reporting`), membership of organs (`gatherings`), when a mandate expires
//! (`law::mandates`).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{decision_stream, mandate_stream, some};
use crate::dates::CalendarDate;
use crate::envelope::never_null;
use crate::ids::{ActorId, Slug, Symbol};
use crate::law::mandates;
use crate::law::story::Ruling;
use crate::schedule::Period;
use crate::story::*;

/// How many voted how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Votes {
    pub abstaining: u16,
    pub against: u16,
    pub in_favour: u16,
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub not_voting: Option<u16>,
}

/// How long a mandate lasts. The last day named is still covered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Expiry {
    Date {
        on: CalendarDate,
    },
    /// Counted from the day of the act.
    Period {
        period: Period,
    },
    /// No time limit, which answers show as such.
    Open,
    /// Until `until` if the condition is met by `unless_met`; until `unless_met` if it is not. S/RES/872 (1993): six
    /// months, "subject to the proviso that it will be extended beyond the initial ninety days only upon a review".
    Conditional {
        condition: String,
        unless_met: CalendarDate,
        until: CalendarDate,
    },
}

/// One task of a mandate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Task {
    pub task: Slug,
    pub text: String,
}

/// What a mandate is to reach, against which it can be assessed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Benchmark {
    pub benchmark: Slug,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BodyOfLaw {
    HumanitarianLaw,
    HumanRightsLaw,
    RefugeeLaw,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    Complies,
    PartlyComplies,
    DoesNotComply,
}

stories! {
    /// An organ adopts a decision: a resolution, a presidential statement.
    event DecisionAdopted = "decision.adopted", "{organ} adopts {decision} on {on}: {title}" {
        decision: Symbol,
        organ: ActorId,
        title: String,
    } maybe {
        /// Members that voted against it, by name.
        against: Vec<ActorId>,
        meeting: Symbol,
        votes: Votes,
    }
    stream "decision:{decision}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()].into_iter().chain(b.against.iter().flatten().map(ActorId::any));
    steps &[step(NEW, "adopted"), step(ANY, SAME)];
    binding |_b| Binding::Mandate;
    rule |b, scene| mandates::once(&b.organ, &b.decision, scene);

    /// A draft was put to the vote and not adopted: for want of votes, or by a veto (Charter, Article 27(3)).
    event DecisionNotAdopted = "decision.not_adopted", "{organ} does not adopt {decision} on {on}: {title}[ (vetoed by {vetoes})]" {
        decision: Symbol,
        organ: ActorId,
        title: String,
    } maybe {
        /// Members that voted against it, by name, those that vetoed it included.
        against: Vec<ActorId>,
        meeting: Symbol,
        subject: String,
        vetoes: Vec<ActorId>,
        votes: Votes,
    }
    stream "decision:{decision}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()].into_iter().chain(b.against.iter().chain(&b.vetoes).flatten().map(ActorId::any));
    steps &[step(NEW, "not_adopted"), step(ANY, SAME)];
    rule |b, scene| mandates::once(&b.organ, &b.decision, scene);

    /// An organ gives a mandate.
    event MandateEstablished = "mandate.established", "{organ} establishes {title} ({mandate})[ by {decision}] on {on}, {expires}" {
        expires: Expiry,
        /// Who carries it out: a mission, a regional organization, states.
        #[schemars(length(min = 1, max = 256))]
        implementers: Vec<ActorId>,
        mandate: Slug,
        organ: ActorId,
        title: String,
    } maybe {
        benchmarks: Vec<Benchmark>,
        decision: Symbol,
        protection_of_civilians: bool,
        tasks: Vec<Task>,
    }
    stream "mandate:{mandate}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()].into_iter().chain(b.implementers.iter().map(ActorId::any));
    steps &[step(NEW, "live")];
    needs |b| b.decision.iter().map(decision_stream);
    binding |_b| Binding::Mandate;
    rule |b, scene| mandates::founded(b, scene);
    check |b| some("implementers", &b.implementers).and_then(|()| mandates::check_expiry(&b.expires));

    /// A mandate goes on. `technical` where the organ only rolls it over, to gain time for a decision.
    event MandateExtended = "mandate.extended", "{organ} extends the mandate {mandate} by {decision} on {on}, {until}" {
        decision: Symbol,
        mandate: Slug,
        organ: ActorId,
        until: Expiry,
    } maybe {
        technical: bool,
    }
    stream "mandate:{mandate}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step("live", SAME)];
    needs |b| [decision_stream(&b.decision)];
    binding |_b| Binding::Mandate;
    rule |b, scene| Ok(mandates::decided(&b.organ, Some(&b.decision), scene)?.and(mandates::extended(b, scene)?));
    check |b| mandates::check_expiry(&b.until);

    /// A mandate's tasks, implementers or benchmarks change, or its drawdown begins.
    event MandateModified = "mandate.modified", "{organ} modifies the mandate {mandate} by {decision} on {on}: {change}" {
        change: String,
        decision: Symbol,
        mandate: Slug,
        organ: ActorId,
    } maybe {
        benchmarks: Vec<Benchmark>,
        drawdown: bool,
        /// All of them from now on.
        implementers: Vec<ActorId>,
        protection_of_civilians: bool,
        /// All of them from now on.
        tasks: Vec<Task>,
    }
    stream "mandate:{mandate}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()].into_iter().chain(b.implementers.iter().flatten().map(ActorId::any));
    steps &[step("live", SAME)];
    needs |b| [decision_stream(&b.decision)];
    rule |b, scene| mandates::decided(&b.organ, Some(&b.decision), scene);

    /// The condition of a conditional time limit is met.
    event MandateConditionMet = "mandate.condition_met", "the condition of the mandate {mandate} is met on {on}: {basis}" {
        basis: String,
        mandate: Slug,
        organ: ActorId,
    } maybe {
        decision: Symbol,
    }
    stream "mandate:{mandate}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step("live", SAME)];
    needs |b| b.decision.iter().map(decision_stream);
    rule |b, scene| Ok(mandates::decided(&b.organ, b.decision.as_ref(), scene)?.and(mandates::condition_met(b, scene)?));

    /// A mandate ends, and another takes its tasks over.
    event MandateTransferred = "mandate.transferred", "{organ} transfers the mandate {mandate} to {successor} by {decision} on {on}" {
        decision: Symbol,
        mandate: Slug,
        organ: ActorId,
        successor: Slug,
    }
    stream "mandate:{mandate}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step("live", "transferred")];
    needs |b| [decision_stream(&b.decision)];
    rule |b, scene| mandates::decided(&b.organ, Some(&b.decision), scene);

    /// A mandate is ended.
    event MandateTerminated = "mandate.terminated", "the mandate {mandate} ends on {on}[ by {decision}]" {
        mandate: Slug,
        organ: ActorId,
    } maybe {
        decision: Symbol,
    }
    stream "mandate:{mandate}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step("live", "terminated")];
    needs |b| b.decision.iter().map(decision_stream);
    rule |b, scene| mandates::decided(&b.organ, b.decision.as_ref(), scene);

    /// The organ reviews how those it mandated have carried the mandate out.
    event MandateReviewed = "mandate.reviewed", "{organ} reviews the mandate {mandate} on {on}: {finding}" {
        finding: String,
        mandate: Slug,
        organ: ActorId,
    } maybe {
        document: Symbol,
    }
    stream "mandate:{mandate}";
    organ |b| &b.organ;
    by BY_ORGAN;
    actors |b| [b.organ.any()];
    steps &[step("live", SAME), step("terminated", SAME), step("transferred", SAME)];
    rule |b, scene| mandates::decided(&b.organ, None, scene);

    /// Whether a benchmark of a mandate is met, by an assessor who does not carry it out.
    event BenchmarkAssessed = "mandate.benchmark_assessed", "{assessor} finds the benchmark {benchmark} of {mandate} met: {met}, on {on}" {
        assessor: ActorId,
        benchmark: Slug,
        mandate: Slug,
        met: bool,
        text: String,
    }
    stream "mandate:{mandate}";
    subject |b| &b.assessor;
    concerns |_b| None::<&ActorId>;
    by BY_ASSESSOR;
    actors |b| [b.assessor.any()];
    steps &[step("live", SAME), step("terminated", SAME), step("transferred", SAME)];
    rule |b, scene| Ok(mandates::benchmark(&b.benchmark, scene)?.and(mandates::apart(&b.assessor, &b.mandate, scene)?));

    /// Whether an implementer respects the law, by an assessor who is none.
    event ComplianceFound = "compliance.found", "{assessor} finds on {on} that {implementer} {finding~} ({body_of_law~}): {text}" {
        assessor: ActorId,
        body_of_law: BodyOfLaw,
        finding: Finding,
        /// Tells this finding from others about the same implementer.
        id: Slug,
        implementer: ActorId,
        mandate: Slug,
        text: String,
    }
    stream "compliance:{implementer}:{id}";
    subject |b| &b.assessor;
    concerns |b| &b.implementer;
    by BY_ASSESSOR;
    actors |b| [b.assessor.any(), b.implementer.any()];
    steps &[step(NEW, "found")];
    needs |b| [mandate_stream(&b.mandate)];
    rule |b, scene| mandates::apart(&b.assessor, &b.mandate, scene);

    /// Something happened that an implementer must answer for.
    event IncidentReported = "compliance.incident_reported", "{assessor} reports an incident of {on} to {implementer}'s account: {text}" {
        assessor: ActorId,
        id: Slug,
        implementer: ActorId,
        mandate: Slug,
        text: String,
    }
    stream "compliance:{implementer}:{id}";
    subject |b| &b.assessor;
    concerns |b| &b.implementer;
    by BY_ASSESSOR;
    actors |b| [b.assessor.any(), b.implementer.any()];
    steps &[step(NEW, "reported")];
    needs |b| [mandate_stream(&b.mandate)];
    rule |b, scene| mandates::apart(&b.assessor, &b.mandate, scene);

    /// An incident was looked into, and what came of it.
    event IncidentResolved = "compliance.incident_resolved", "{implementer} resolves the incident {id} on {on}: {outcome}" {
        id: Slug,
        implementer: ActorId,
        outcome: String,
    }
    stream "compliance:{implementer}:{id}";
    subject |b| &b.implementer;
    by BY_SUBJECT;
    actors |b| [b.implementer.any()];
    steps &[step("reported", "resolved")];
    rule |_b, _scene| Ruling::good();
}
