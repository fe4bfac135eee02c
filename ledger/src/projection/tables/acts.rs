//! One row an act: who did what towards which treaty, when, by whose word, and where it was read.
//! Not here: what follows from the acts (`panel`).

use answerable_schemas::catalogue::Body;
use answerable_schemas::dates::{CalendarDate, Reached};
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::{ActorId, EventId, Instant, Standing};
use jiff::civil::Date;

use super::{Covered, Source, TableError, mode_of};
use crate::projection::treaty::{Participants, Recorded, codes};

/// One act, as it stands corrected.
#[derive(Debug, Clone)]
pub struct ActRow {
    pub state: ActorId,
    /// The name that it bore on the day of the act.
    pub name: String,
    pub treaty: TreatyId,
    /// The event type: `treaty.signed`.
    pub act: &'static str,
    pub mode: Option<String>,
    pub date: CalendarDate,
    pub succession_date: Option<CalendarDate>,
    pub standing: Standing,
    pub flags: Vec<&'static str>,
    pub seq: u64,
    /// The records that correct it.
    pub corrections: Vec<u64>,
    pub event: EventId,
    pub recorded: Instant,
    pub source: Option<answerable_schemas::envelope::Source>,
}

/// Every act that may have been done by the day, by treaty, state, date and seq. Successions are acts as well: whether they
/// count is no question here.
pub fn acts(
    source: &Source<'_>,
    treaties: &[TreatyId],
    as_of: Date,
) -> Result<(Vec<Covered>, Vec<ActRow>), TableError> {
    let (mut covered, mut rows) = (Vec::new(), Vec::new());
    for treaty in source.treaties(treaties)? {
        covered.push(source.covered(&treaty, as_of)?);
        for recorded in treaty.participations.iter() {
            rows.extend(of_one(source, &treaty, recorded, as_of)?);
        }
    }
    Ok((covered, rows))
}

fn of_one(source: &Source<'_>, treaty: &Participants<'_>, recorded: &Recorded, as_of: Date) -> Lookup<Vec<ActRow>> {
    let filter = &source.choices.filter;
    if !filter.keeps(&recorded.answers(filter)) {
        return Ok(Vec::new());
    }
    let seen = Standing::ALL.into_iter().filter(|s| filter.admits(*s));
    let mut acts: Vec<Act> = seen.flat_map(|s| acts_of(&recorded.facts, s)).collect();
    acts.retain(|a| a.effective.reached(as_of) != Reached::No);
    acts.sort_by_key(|a| (a.effective.last_day(), a.seq()));
    let mut rows = Vec::new();
    for act in acts {
        let Some(state) = act.body.subject().cloned() else { continue };
        let name = source.actor(&state)?.map(|a| a.name_on(act.effective.last_day()).to_owned());
        rows.push(ActRow {
            name: name.unwrap_or_else(|| state.to_string()),
            state,
            treaty: treaty.rules.treaty.clone(),
            act: act.body.kind(),
            mode: mode_of(&act.body),
            date: act.effective,
            succession_date: match &act.body {
                Body::ConsentDeposited(c) => c.succession_date,
                _ => None,
            },
            standing: act.fact.standing,
            flags: codes(&recorded.flags, &act.records().collect::<Vec<_>>()),
            seq: act.seq(),
            event: act.fact.id,
            recorded: act.fact.recorded,
            source: act.fact.source.clone(),
            corrections: act.corrections,
        });
    }
    Ok(rows)
}
