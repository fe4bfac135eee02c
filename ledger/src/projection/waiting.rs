//! Treaties beyond who is bound: signatures that no consent has followed, and notices of withdrawal.
//! Not here: the status itself (`treaty`), reservations (`reserved`).

use answerable_schemas::catalogue::Body;
use answerable_schemas::dates::CalendarDate;
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::law::{actors, participation};
use answerable_schemas::treaty::participations_prefix;
use answerable_schemas::{ActorId, Standing, StreamName};
use jiff::civil::Date;
use serde::Serialize;

use super::question::{Question, Report, days_between};
use super::treaty::{Row as StatusRow, Status, registered, status};

/// `"schema": "answerable.unratified/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Unratified {
    /// The oldest signature first.
    pub signatures: Vec<Signature>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Signature {
    pub state: ActorId,
    pub name: String,
    pub treaty: TreatyId,
    pub signed: String,
    /// Whole years since.
    pub years: i64,
    pub days: i64,
    pub provisionally_applied: bool,
    pub standing: Standing,
    pub flags: Vec<&'static str>,
    pub records: Vec<u64>,
}

/// Signed, and neither consented nor repudiated; of one treaty or all, of one state or all. None: the treaty is not registered.
pub fn unratified(
    q: &Question<'_>,
    treaty: Option<&TreatyId>,
    state: Option<&ActorId>,
) -> Lookup<Option<Report<Unratified>>> {
    let mut found: Vec<(Date, Signature)> = Vec::new();
    let mut gone = 0;
    for id in treaty.map_or_else(|| registered(q.history()), |t| Ok(vec![t.clone()]))? {
        let Some(answer) = status(q.history(), &id, q.as_of, q.known_size, &q.filter)? else { return Ok(None) };
        let waits = |r: &&StatusRow| {
            matches!(r.status, Status::Signed | Status::ProvisionallyApplied)
                && state.is_none_or(|s| *s == r.actor)
                && r.deposited.is_none()
        };
        for row in answer.states.iter().filter(waits) {
            let Some(signed) = row.signed.as_ref().and_then(|d| d.parse::<CalendarDate>().ok()) else { continue };
            let ended = actors::lookup(q.history(), &row.actor)?.and_then(|a| a.until);
            if ended.is_some_and(|until| until.last_day() < q.as_of) {
                gone += 1;
                continue;
            }
            let since = signed.last_day();
            q.note_flags(answer.flags.iter().filter(|f| row.records.contains(&f.seq)).cloned());
            found.push((
                since,
                Signature {
                    state: row.actor.clone(),
                    name: row.name.clone(),
                    treaty: id.clone(),
                    signed: signed.to_string(),
                    years: years_between(since, q.as_of),
                    days: days_between(since, q.as_of),
                    provisionally_applied: row.status == Status::ProvisionallyApplied,
                    standing: row.standing,
                    flags: row.flags.clone(),
                    records: row.records.clone(),
                },
            ));
        }
    }
    found.sort_by(|(a, x), (b, y)| (a, &x.name, &x.treaty).cmp(&(b, &y.name, &y.treaty)));
    let mut notes = q.unregistered(state)?;
    if gone > 0 {
        notes.push(format!("{gone} signatures of states that had ended by then are left out"));
    }
    let signatures = found.into_iter().map(|(_, s)| s).collect();
    Ok(Some(q.report("answerable.unratified/v1", Unratified { signatures }, notes)))
}

fn years_between(from: Date, to: Date) -> i64 {
    from.until((jiff::Unit::Year, to)).map_or(0, |span| i64::from(span.get_years()))
}

/// `"schema": "answerable.withdrawals/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Withdrawals {
    /// By the day on which the notice was received.
    pub notices: Vec<Notice>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    pub state: ActorId,
    pub name: String,
    pub treaty: TreatyId,
    pub received: String,
    /// Absent where it cannot be computed: the treaty's entry into force is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revoked: Option<String>,
    pub state_of_notice: NoticeState,
    /// Days until it takes effect, or since it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_since: Option<i64>,
    pub standing: Standing,
    pub flags: Vec<&'static str>,
    pub records: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeState {
    Pending,
    Effected,
    Revoked,
}

impl NoticeState {
    pub fn as_str(self) -> &'static str {
        match self {
            NoticeState::Pending => "pending",
            NoticeState::Effected => "effected",
            NoticeState::Revoked => "revoked",
        }
    }
}

/// Every notice of withdrawal by the day, with one treaty or all. None: the treaty is not registered.
pub fn withdrawals(q: &Question<'_>, treaty: Option<&TreatyId>) -> Lookup<Option<Report<Withdrawals>>> {
    let mut found: Vec<(Date, Notice)> = Vec::new();
    for id in treaty.map_or_else(|| registered(q.history()), |t| Ok(vec![t.clone()]))? {
        if actors::treaty(q.history(), &id)?.is_none() {
            return Ok(None);
        }
        for name in q.history().streams_with_prefix(&participations_prefix(&id))? {
            found.extend(notices(q, &id, &name)?);
        }
    }
    found.sort_by(|(a, x), (b, y)| (a, &x.name, &x.treaty).cmp(&(b, &y.name, &y.treaty)));
    let notices = found.into_iter().map(|(_, n)| n).collect();
    Ok(Some(q.report("answerable.withdrawals/v1", Withdrawals { notices }, Vec::new())))
}

/// The place of an act among those of its stream.
fn place(act: &Act) -> (Date, u64) {
    (act.effective.last_day(), act.seq())
}

/// The notices of one participation, by its strongest standing that records one.
fn notices(q: &Question<'_>, treaty: &TreatyId, name: &StreamName) -> Lookup<Vec<(Date, Notice)>> {
    let facts = q.history().stream(name)?;
    if !q.keeps_stream(&facts) {
        return Ok(Vec::new());
    }
    for standing in Standing::ALL.into_iter().filter(|s| q.sees(*s)) {
        let mut acts = acts_of(&facts, standing);
        acts.retain(|a| a.effective.last_day() <= q.as_of);
        let Some(state) = acts.first().and_then(|a| a.body.subject()).cloned() else { continue };
        let mut found = Vec::new();
        let is_notice = |a: &&Act| matches!(a.body, Body::WithdrawalNotified(_));
        for notice in acts.iter().filter(is_notice) {
            // Folded up to the next notice: a state that revoked one may give another.
            let later = |a: &&Act| is_notice(a) && place(a) > place(notice);
            let next = acts.iter().find(later).map(place);
            let until: Vec<Act> = acts.iter().filter(|a| next.is_none_or(|n| place(a) < n)).cloned().collect();
            let (then, _) = participation::fold(q.history(), &until)?;
            let withdrawal = then.consents.iter().filter_map(|c| c.withdrawal.as_ref()).find(|w| w.seq == notice.seq());
            let Some(w) = withdrawal else { continue };
            let state_of_notice = match (&w.revoked, w.effect) {
                (Some(_), _) => NoticeState::Revoked,
                (None, Some(effect)) if effect <= q.as_of => NoticeState::Effected,
                _ => NoticeState::Pending,
            };
            let of = |wanted, days: &dyn Fn(Date) -> i64| w.effect.filter(|_| state_of_notice == wanted).map(days);
            let mut records: Vec<u64> = notice.records().collect();
            let revokes = |a: &&Act| a.body.kind() == "treaty.withdrawal_revoked" && w.revoked == Some(a.effective);
            records.extend(acts.iter().filter(revokes).flat_map(|a| a.records()));
            found.push((
                w.received.last_day(),
                Notice {
                    name: q.name(&state)?,
                    state: state.clone(),
                    treaty: treaty.clone(),
                    received: w.received.to_string(),
                    effect: w.effect.map(|d| d.to_string()),
                    revoked: w.revoked.map(|d| d.to_string()),
                    state_of_notice,
                    days_left: of(NoticeState::Pending, &|d| days_between(q.as_of, d)),
                    days_since: of(NoticeState::Effected, &|d| days_between(d, q.as_of)),
                    standing,
                    flags: q.flags_on(&facts, &records)?,
                    records,
                },
            ));
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}
