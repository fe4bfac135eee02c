//! What became of each recommendation.
//! Not here: what counts as an answer (`recommendations`).

use std::collections::BTreeSet;

use answerable_schemas::history::Lookup;
use answerable_schemas::law::acts::all_standings;
use answerable_schemas::stories::recommendations::RecommendationMade;
use answerable_schemas::{CalendarDate, StreamName};
use jiff::civil::Date;

use super::{Turn, turns};
use crate::projection::question::Question;
use crate::projection::recommendations::Stands;

/// One recommendation.
#[derive(Debug, Clone)]
pub struct RecommendationCourse {
    pub stream: StreamName,
    /// As it stands corrected.
    pub made: RecommendationMade,
    pub on: CalendarDate,
    pub turns: Vec<Turn<Stands>>,
}

/// Every recommendation, by the names of the streams; of any day.
pub fn recommendations(q: &Question<'_>) -> Lookup<Vec<RecommendationCourse>> {
    let mut courses = Vec::new();
    for stream in q.history().streams_with_prefix("recommendation:")? {
        let acts = all_standings(&q.history().stream(&stream)?);
        let days: BTreeSet<Date> = acts.iter().map(|a| a.effective.last_day()).collect();
        let mut last = None;
        let turns = turns(days, Date::MAX, |day| {
            let seen = q.seen_on(&stream, day)?;
            let stands = seen.as_ref().and_then(Stands::of);
            last = seen.or(last.take());
            Ok((stands, Vec::new()))
        })?;
        let made = last.as_ref().and_then(|seen| seen.view.last::<RecommendationMade>());
        if let Some((made, act)) = made {
            courses.push(RecommendationCourse { made: made.clone(), on: act.effective, turns, stream });
        }
    }
    Ok(courses)
}
