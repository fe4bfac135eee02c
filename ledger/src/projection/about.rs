//! What others say about an actor, as it stands corrected, and how the actor has answered.
//! Not here: what it says itself; how an answer is drafted.

use answerable_schemas::catalogue::Body;
use answerable_schemas::history::Lookup;
use answerable_schemas::law::acts::all_standings;
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::law::replies::{Answered, answers, streams_about};
use answerable_schemas::law::{Flag, flags_of};
use answerable_schemas::{ActorId, CalendarDate, EventId, History, Standing};
use serde::Serialize;

use super::Filter;

/// One record of another, about the actor.
#[derive(Debug, Clone, Serialize)]
pub struct AboutLine {
    pub seq: u64,
    pub event_id: EventId,
    /// Who says it.
    pub by: ActorId,
    pub standing: Standing,
    pub effective: CalendarDate,
    /// As it stands corrected.
    #[serde(skip)]
    pub body: Body,
    /// The title of a transcription's source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<Answered>,
    pub flags: Vec<Flag>,
    /// The record, and its newest correction.
    pub records: Vec<u64>,
}

/// What others say, and the flags on retractions, of which there is nothing else to see.
#[derive(Debug, Default)]
pub struct About {
    /// By seq.
    pub lines: Vec<AboutLine>,
    pub retractions: Vec<Flag>,
}

/// Lists what others say about `actor` and was not retracted.
pub fn about(history: &dyn History, actor: &ActorId, filter: &Filter) -> Lookup<About> {
    let tainted = Tainted::of(history)?;
    let mut found = About::default();
    for name in streams_about(history, actor)? {
        let facts = history.stream(&name)?;
        let told = |body: &Body, by: &ActorId| body.concerns() == Some(actor) && by != actor;
        if !facts.iter().any(|f| told(&f.body, &f.actor)) {
            continue;
        }
        let answered = answers(&facts, &tainted);
        let flags = flags_of(history, &facts, &tainted)?;
        let retracts =
            |f: &&Flag| facts.iter().any(|x| x.seq == f.seq && x.body.correction().is_some_and(|c| c.retracted));
        found.retractions.extend(flags.iter().filter(retracts).cloned());
        for act in all_standings(&facts) {
            let fact = &act.fact;
            let reply = answered.get(&fact.seq);
            if !told(&act.body, &fact.actor) || !filter.admits(fact.standing) || !filter.keeps(reply) {
                continue;
            }
            let records: Vec<u64> = act.records().collect();
            found.lines.push(AboutLine {
                seq: fact.seq,
                event_id: fact.id,
                by: fact.actor.clone(),
                standing: fact.standing,
                effective: act.effective,
                source: fact.source.as_ref().map(|s| s.title.clone()),
                answered: reply.cloned(),
                flags: flags.iter().filter(|f| records.contains(&f.seq)).cloned().collect(),
                records,
                body: act.body,
            });
        }
    }
    found.lines.sort_by_key(|l| l.seq);
    Ok(found)
}
