//! Reports that somebody owes: what requires them, when they are due, that they were submitted, received, rescheduled.
//! Not here: the arithmetic of due dates (`schedule`), what is overdue (`law::reports`).

use super::{decision_stream, mandate_stream, some};
use crate::dates::CalendarDate;
use crate::ids::{ActorId, Slug, Symbol, TreatyId};
use crate::law::reports;
use crate::schedule::Schedule;
use crate::story::*;
use crate::treaty::treaty_stream;

stories! {
    /// Somebody shall report. `binding` says how far: a report that is only encouraged is absent, never overdue.
    event ReportRequired = "report.required", "{organ} asks {reporter} on {on} for {title} ({requirement})" {
        binding: Binding,
        /// Whom it is owed to: an organ, a treaty body, the public by way of the reporter itself.
        organ: ActorId,
        reporter: ActorId,
        requirement: Slug,
        #[schemars(length(min = 1, max = 256))]
        schedule: Vec<Schedule>,
        title: String,
    } maybe {
        decision: Symbol,
        /// The last day on which one can be due.
        ends: CalendarDate,
        /// The mandate that it reports on: it ends with it.
        mandate: Slug,
        treaty: TreatyId,
    }
    stream "report:{reporter}:{requirement}";
    organ |b| &b.organ;
    concerns |b| &b.reporter;
    by BY_ORGAN;
    actors |b| [b.organ.any(), b.reporter.any()];
    steps &[step(NEW, "required")];
    needs |b| b.decision.iter().map(decision_stream).chain(b.mandate.iter().map(mandate_stream)).chain(b.treaty.iter().map(treaty_stream));
    binding |b| b.binding;
    rule |b, scene| reports::required(b, scene);
    check |b| some("schedule", &b.schedule).and_then(|()| b.schedule.iter().try_for_each(Schedule::check));

    /// A report is handed in. It answers the due date that it names, else the earliest that is not answered yet.
    event ReportSubmitted = "report.submitted", "{reporter} submits a report on {requirement} on {on}[ ({document})][, due {due}]" {
        reporter: ActorId,
        requirement: Slug,
    } maybe {
        document: Symbol,
        /// The legal due date that it answers.
        due: CalendarDate,
        title: String,
        url: String,
    }
    stream "report:{reporter}:{requirement}";
    subject |b| &b.reporter;
    by BY_SUBJECT;
    actors |b| [b.reporter.any()];
    steps &[step("required", SAME), step("discontinued", SAME)];
    rule |b, scene| reports::submitted(b, scene);

    /// Whom it is owed to has received a report.
    event ReportReceived = "report.received", "{organ} receives a report of {reporter} on {requirement} on {on}[ ({document})]" {
        organ: ActorId,
        reporter: ActorId,
        requirement: Slug,
    } maybe {
        document: Symbol,
        /// The legal due date that it answers.
        due: CalendarDate,
    }
    stream "report:{reporter}:{requirement}";
    organ |b| &b.organ;
    concerns |b| &b.reporter;
    by BY_ORGAN;
    actors |b| [b.organ.any(), b.reporter.any()];
    steps &[step("required", SAME), step("discontinued", SAME)];
    rule |b, scene| reports::of_organ(&b.organ, scene);

    /// A report is put off. The legal due date stays as it is; a second date stands beside it.
    event ReportRescheduled = "report.rescheduled", "{organ} puts the report on {requirement}, due {legal_due}, off to {scheduled}: {authority}" {
        /// By what it was put off: a letter, a programme of work.
        authority: String,
        legal_due: CalendarDate,
        organ: ActorId,
        reporter: ActorId,
        requirement: Slug,
        scheduled: CalendarDate,
    }
    stream "report:{reporter}:{requirement}";
    organ |b| &b.organ;
    concerns |b| &b.reporter;
    by BY_ORGAN;
    actors |b| [b.organ.any(), b.reporter.any()];
    steps &[step("required", SAME)];
    rule |b, scene| Ok(reports::of_organ(&b.organ, scene)?.and(reports::rescheduled(b, scene)?));

    /// No more reports are asked for. What was due by then stays due.
    event ReportDiscontinued = "report.discontinued", "{organ} asks for no more reports on {requirement} from {on}: {reason}" {
        organ: ActorId,
        reason: String,
        reporter: ActorId,
        requirement: Slug,
    } maybe {
        decision: Symbol,
    }
    stream "report:{reporter}:{requirement}";
    organ |b| &b.organ;
    concerns |b| &b.reporter;
    by BY_ORGAN;
    actors |b| [b.organ.any(), b.reporter.any()];
    steps &[step("required", "discontinued")];
    needs |b| b.decision.iter().map(decision_stream);
    rule |b, scene| reports::of_organ(&b.organ, scene);
}
