//! How long a signature waited for a consent, and which still wait: spells for the analysis of survival.
//! Not here: the machine of participation (`law::participation`), consents that no signature came before.

use answerable_schemas::dates::{CalendarDate, Reached};
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::law::participation::{self, Participation};
use answerable_schemas::treaty::ConsentMode;
use answerable_schemas::{ActorId, Standing};
use jiff::civil::Date;

use super::{Covered, Source, TableError};
use crate::projection::question::days_between;
use crate::projection::treaty::{Recorded, codes};

/// One signature, until the consent that completed it, or until the day on which one looks no further.
#[derive(Debug, Clone)]
pub struct Spell {
    pub state: ActorId,
    pub name: String,
    pub treaty: TreatyId,
    pub signed: CalendarDate,
    /// How the spell ended.
    pub ended: Ended,
    /// When. A censored spell ends on the last day on which its end could have been seen.
    pub until: CalendarDate,
    pub mode: Option<ConsentMode>,
    /// From the last possible day of the signature to that of the end: as imprecise dates count everywhere.
    pub days: i64,
    /// The least and the most that the dates leave open.
    pub days_least: i64,
    pub days_most: i64,
    pub standing: Standing,
    pub flags: Vec<&'static str>,
    /// The signature and what ended it.
    pub records: Vec<u64>,
}

/// How a spell ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    Consent,
    /// The state made clear that it will not become a party (VCLT article 18(a)).
    Repudiation,
    /// The state ended first.
    StateEnded,
    /// Not by the day: unfinished.
    Censored,
}

impl Ended {
    pub fn as_str(self) -> &'static str {
        match self {
            Ended::Consent => "consent",
            Ended::Repudiation => "repudiation",
            Ended::StateEnded => "state_ended",
            Ended::Censored => "censored",
        }
    }
}

/// All signatures by the day. An unfinished one is censored on the day, or on the day on which the newest source of the
/// treaty was seen, if that is earlier: later the source cannot tell.
pub fn durations(
    source: &Source<'_>,
    treaties: &[TreatyId],
    as_of: Date,
) -> Result<(Vec<Covered>, Vec<Spell>), TableError> {
    let (mut all, mut spells) = (Vec::new(), Vec::new());
    for treaty in source.treaties(treaties)? {
        let covered = source.covered(&treaty, as_of)?;
        let seen = covered.seen_until.map_or(as_of, |seen| seen.last_day().min(as_of));
        for recorded in &treaty.participations {
            spells.extend(spell(source, &treaty.rules.treaty, recorded, as_of, seen)?);
        }
        all.push(covered);
    }
    Ok((all, spells))
}

/// By the strongest standing that records a signature and a consent, else by the strongest that records a signature.
fn spell(
    source: &Source<'_>,
    treaty: &TreatyId,
    recorded: &Recorded,
    as_of: Date,
    seen: Date,
) -> Lookup<Option<Spell>> {
    let filter = &source.choices.filter;
    if !filter.keeps(&recorded.answers(filter)) {
        return Ok(None);
    }
    let mut found: Vec<Spell> = Vec::new();
    for standing in Standing::ALL.into_iter().filter(|s| filter.admits(*s)) {
        let mut acts = source.choices.successions.count(acts_of(&recorded.facts, standing));
        acts.retain(|a| a.effective.reached(as_of) == Reached::Yes);
        let Some(state) = acts.first().and_then(|a| a.body.subject()).cloned() else { continue };
        let now = participation::fold(&source.history, &acts)?.0;
        found.extend(Case { source, treaty, recorded, state, standing, acts, now }.spell(seen)?);
    }
    let best = found.iter().position(|s| s.ended == Ended::Consent).unwrap_or(0);
    Ok((!found.is_empty()).then(|| found.swap_remove(best)))
}

/// What one standing says of one participation.
struct Case<'a> {
    source: &'a Source<'a>,
    treaty: &'a TreatyId,
    recorded: &'a Recorded,
    state: ActorId,
    standing: Standing,
    acts: Vec<Act>,
    now: Participation,
}

impl Case<'_> {
    fn spell(self, seen: Date) -> Lookup<Option<Spell>> {
        let Case { source, treaty, recorded, state, standing, acts, now } = self;
        let Some(signature) = &now.signature else { return Ok(None) };
        let actor = source.actor(&state)?;
        let over = actor.as_ref().and_then(|a| a.until);
        let consent = now.consents.iter().find(|c| {
            let place = |date: &CalendarDate, seq| (date.last_day(), seq);
            place(&c.date, c.seq) > place(&signature.date, signature.seq)
        });
        // A signature that is younger than its source is seen on its own day at least.
        let censored = CalendarDate::on(seen.max(signature.date.last_day()));
        let (ended, until, mode, by) = match (consent, signature.repudiated, over) {
            (Some(c), ..) => (Ended::Consent, c.date, Some(c.mode), Some(c.seq)),
            (None, Some(on), _) => {
                let repudiation =
                    acts.iter().rfind(|a| a.effective == on && a.body.kind() == "treaty.signature_repudiated");
                (Ended::Repudiation, on, None, repudiation.map(Act::seq))
            }
            (None, None, Some(end)) if end.last_day() < censored.last_day() => (Ended::StateEnded, end, None, None),
            _ => (Ended::Censored, censored, None, None),
        };
        let named: Vec<u64> = std::iter::once(signature.seq).chain(by).collect();
        let records: Vec<u64> = acts.iter().filter(|a| named.contains(&a.seq())).flat_map(Act::records).collect();
        let signed = signature.date;
        Ok(Some(Spell {
            name: actor.map_or_else(|| state.to_string(), |a| a.name_on(seen).to_owned()),
            state,
            treaty: treaty.clone(),
            signed,
            ended,
            until,
            mode,
            days: days_between(signed.last_day(), until.last_day()),
            days_least: days_between(signed.last_day(), until.first_day()).max(0),
            days_most: days_between(signed.first_day(), until.last_day()),
            standing,
            flags: codes(&recorded.flags, &records),
            records,
        }))
    }
}
