//! Mandates and the requirements to report on them, from day to day.
//! Not here: when a mandate ends (`mandates`), what is due (`owed`).

use std::collections::BTreeSet;

use answerable_schemas::StreamName;
use answerable_schemas::history::{History, Lookup};
use answerable_schemas::stories::reporting::ReportRequired;
use jiff::ToSpan;
use jiff::civil::Date;

use super::{OwedCourse, Turn, acts_in, days_of, now, turns};
use crate::projection::mandates::reporting::{Requirement, requirement};
use crate::projection::mandates::{Row, all_lapses, reporting_clauses, row};
use crate::projection::overdue::{Item, in_order};
use crate::projection::question::Question;

/// One mandate.
#[derive(Debug, Clone)]
pub struct MandateCourse {
    pub mandate: String,
    /// The days that are left are left out.
    pub turns: Vec<Turn<Row>>,
}

/// One requirement to report on a mandate.
#[derive(Debug, Clone)]
pub struct RequirementCourse {
    pub stream: StreamName,
    /// On which mandate, each says itself.
    pub turns: Vec<Turn<Requirement>>,
}

/// All mandates that are known on any day up to a last one, by name.
pub fn mandates(q: &Question<'_>, until: Date) -> Lookup<Vec<MandateCourse>> {
    let reports = reports_on(q.history())?;
    let mut courses = Vec::new();
    for stream in q.history().streams_with_prefix("mandate:")? {
        let mandate = stream.as_str().strip_prefix("mandate:").unwrap_or_default().to_owned();
        let acts = days_of(q.history(), &stream)?;
        // The day of an end is the last one of it.
        let mut days: BTreeSet<Date> = acts.iter().flat_map(|day| [*day, day.saturating_add(1.day())]).collect();
        let gaps = all_lapses(q, &stream)?;
        days.extend(gaps.iter().flat_map(|gap| [gap.from, gap.to.saturating_add(1.day())]));
        let mut clauses = Vec::new();
        for report in reports.iter().filter(|r| r.mandates.contains(&mandate)) {
            clauses.push(report.stream.clone());
            days.extend(&report.days);
        }
        let turns = turns(days, until, |day| {
            let asked = q.on(day);
            let Some(story) = asked.story(&stream)? else { return Ok((None, Vec::new())) };
            let found = row(&asked, &story, &reporting_clauses(&asked, &clauses)?)?;
            // Its time runs out by itself.
            let foreseen = found.expires.iter().filter_map(|day| day.parse::<Date>().ok());
            let foreseen = foreseen.map(|day| day.saturating_add(1.day())).collect();
            Ok((asked.keeps(&found.basis).then_some(Row { days_left: None, ..found }), foreseen))
        })?;
        courses.push(MandateCourse { mandate, turns });
    }
    Ok(courses)
}

/// The story of a requirement, which mandates it was ever about, and the days on which it begins and ends to be in force.
struct Report {
    stream: StreamName,
    mandates: BTreeSet<String>,
    days: BTreeSet<Date>,
}

fn reports_on(history: &dyn History) -> Lookup<Vec<Report>> {
    let mut reports = Vec::new();
    for stream in history.streams_with_prefix("report:")? {
        let acts = acts_in(history, &stream)?;
        let mut report = Report { mandates: BTreeSet::new(), days: days_of(history, &stream)?, stream };
        for required in acts.iter().filter_map(|act| act.body.get::<ReportRequired>()) {
            report.mandates.extend(required.mandate.iter().map(ToString::to_string));
            report.days.extend(required.ends.map(|end| end.last_day().saturating_add(1.day())));
        }
        reports.push(report);
    }
    Ok(reports)
}

/// Every requirement to report on a mandate, by the names of the streams. `owed` is what is owed on any day up to the last one.
pub fn requirements(q: &Question<'_>, owed: &[OwedCourse], until: Date) -> Lookup<Vec<RequirementCourse>> {
    let mut courses = Vec::new();
    for stream in q.history().streams_with_prefix("report:")? {
        let from = owed.partition_point(|course| course.item.stream < stream);
        let to = owed.partition_point(|course| course.item.stream <= stream);
        let owed = &owed[from..to];
        let mut days = days_of(q.history(), &stream)?;
        days.extend(owed.iter().flat_map(|course| &course.turns).map(|turn| turn.from));
        let turns = turns(days, until, |day| {
            let Some(story) = q.on(day).story(&stream)? else { return Ok((None, Vec::new())) };
            let mut items: Vec<Item> = owed.iter().filter_map(|course| now(&course.turns, day)).cloned().collect();
            in_order(&mut items);
            Ok((requirement(&story, items).filter(|r| r.required.mandate.is_some()), Vec::new()))
        })?;
        if turns.iter().any(|turn| turn.now.is_some()) {
            courses.push(RequirementCourse { stream, turns });
        }
    }
    Ok(courses)
}
