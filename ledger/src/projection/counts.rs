//! Counts that third parties assert, beside what the ledger counts for the same day. A difference is a finding; the
//! derived count is never written over.
//! Not here: why they differ.

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::Slug;
use answerable_schemas::stories::commitments::{CountAsserted, CountOf, FocalPointsOf};
use answerable_schemas::{CalendarDate, StreamName};
use jiff::civil::Date;
use serde::Serialize;

use super::conduct::{endorsing, sitting};
use super::question::{Basis, Question, Report};
use super::treaty::status;

/// `"schema": "answerable.counts/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Counted {
    pub counts: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub asserter: ActorId,
    pub id: Slug,
    pub of: CountOf,
    /// The same in words.
    pub what: String,
    pub on: String,
    pub asserted: u32,
    /// What these records show for that day.
    pub derived: u32,
    /// Asserted less derived.
    pub difference: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What the derived count rests on.
    pub derived_records: Vec<u64>,
    #[serde(flatten)]
    pub basis: Basis,
}

/// One row an assertion, by its day.
pub fn counts(q: &Question<'_>) -> Lookup<Report<Counted>> {
    let mut rows: Vec<(Date, Row)> = Vec::new();
    for seen in q.all("count:")? {
        let Some((said, act)) = seen.view.last::<CountAsserted>() else { continue };
        let (derived, derived_records) = derive(q, &said.of, &act.effective)?;
        let row = Row {
            asserter: said.asserter.clone(),
            id: said.id.clone(),
            what: what(&said.of),
            of: said.of.clone(),
            on: act.effective.to_string(),
            asserted: said.count,
            derived,
            difference: i64::from(said.count) - i64::from(derived),
            text: said.text.clone(),
            derived_records,
            basis: q.basis([&seen])?,
        };
        rows.push((act.effective.last_day(), row));
    }
    rows.sort_by(|(a, x), (b, y)| (a, &x.asserter, &x.id).cmp(&(b, &y.asserter, &y.id)));
    let counts = rows.into_iter().map(|(_, r)| r).collect();
    Ok(q.report("answerable.counts/v1", Counted { counts }, Vec::new()))
}

fn what(of: &CountOf) -> String {
    match of {
        CountOf::FocalPoints { of: FocalPointsOf::States } => "states with a focal point".into(),
        CountOf::FocalPoints { of: FocalPointsOf::All } => "states and organizations with a focal point".into(),
        CountOf::Endorsers { instrument } => format!("endorsers of {instrument}"),
        CountOf::StandingInvitations => "states with a standing invitation".into(),
        CountOf::Parties { treaty } => format!("parties to {treaty}"),
        CountOf::Recommendations { to } => format!("recommendations to {to}"),
        CountOf::Members { body } => format!("members of {body}"),
    }
}

/// What the records show for the day that is asserted: an imprecise one counts on its last day.
fn derive(q: &Question<'_>, of: &CountOf, on: &CalendarDate) -> Lookup<(u32, Vec<u64>)> {
    let day = on.last_day();
    let (mut count, mut records) = (0, Vec::new());
    let mut take = |more: Vec<u64>| {
        count += 1;
        records.extend(more);
    };
    match of {
        CountOf::FocalPoints { of } => {
            for (name, seen) in on_day(q, "focal-point:", day)? {
                // A state's story has two parts, another actor's more.
                let is_state = name.as_str().matches(':').count() == 1;
                if seen.view.state == "appointed" && (is_state || *of == FocalPointsOf::All) {
                    take(seen.view.records());
                }
            }
        }
        CountOf::StandingInvitations => {
            for (_, seen) in on_day(q, "invitation:", day)? {
                if seen.view.state == "issued" {
                    take(seen.view.records());
                }
            }
        }
        CountOf::Endorsers { instrument } => covered(q, &format!("endorsement:{instrument}:"), true, day, &mut take)?,
        CountOf::Members { body } => covered(q, &format!("membership:{}:", body.in_stream()), false, day, &mut take)?,
        CountOf::Recommendations { to } => {
            for (_, seen) in on_day(q, &format!("recommendation:{}:", to.in_stream()), day)? {
                let made = seen.view.last::<answerable_schemas::stories::recommendations::RecommendationMade>();
                if made.is_some_and(|(made, _)| made.to == *to) {
                    take(seen.view.records());
                }
            }
        }
        CountOf::Parties { treaty } => {
            let answer = status(q.history(), treaty, day, q.known_size, &q.filter)?;
            for row in answer.into_iter().flat_map(|a| a.states).filter(|r| r.status.is_bound()) {
                take(row.records);
            }
        }
    }
    records.sort_unstable();
    records.dedup();
    Ok((count, records))
}

fn on_day(q: &Question<'_>, prefix: &str, day: Date) -> Lookup<Vec<(StreamName, super::question::Seen)>> {
    let mut found = Vec::new();
    for name in q.history().streams_with_prefix(prefix)? {
        if let Some(seen) = q.seen_on(&name, day)? {
            found.push((name, seen));
        }
    }
    Ok(found)
}

/// Each story of which a span covers the day.
fn covered(
    q: &Question<'_>,
    prefix: &str,
    endorsements: bool,
    day: Date,
    take: &mut dyn FnMut(Vec<u64>),
) -> Lookup<()> {
    for name in q.history().streams_with_prefix(prefix)? {
        let periods = if endorsements { q.periods(&name, &endorsing, day)? } else { q.periods(&name, &sitting, day)? };
        if let Some(period) = periods.into_iter().find(|p| p.covers(day)) {
            take(period.records);
        }
    }
    Ok(())
}
