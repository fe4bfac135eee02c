//! Conduct: what endorsers of an instrument did in a body, against what the instrument promises. A breach is computed
//! from endorsements, memberships and votes; it is never a record of its own.
//! Not here: why they voted so; votes of those who endorsed nothing.

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::Slug;
use answerable_schemas::law::acts::Act;
use answerable_schemas::stories::commitments::*;
use answerable_schemas::stories::council::{DecisionAdopted, DecisionNotAdopted};
use answerable_schemas::stories::gatherings::{MembershipBegan, MembershipEnded};
use answerable_schemas::story::story;
use jiff::civil::Date;
use serde::Serialize;

use super::periods::{Bound, Period};
use super::question::{Basis, Question, Report, Seen};

/// `"schema": "answerable.conduct/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct ConductOf {
    pub instrument: Slug,
    pub title: String,
    pub body: ActorId,
    pub test: ConductTest,
    /// Only decisions and drafts with one of these are compared; none: all are.
    pub tags: Vec<Slug>,
    /// Decisions and drafts of the body that can be compared, by the day.
    pub decisions: u32,
    pub endorsers: Vec<Row>,
    pub instrument_records: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub endorser: ActorId,
    pub name: String,
    /// Each time that it endorsed, and until when.
    pub endorsed: Vec<Span>,
    /// Its terms in the body that fall into these times.
    pub terms: Vec<Span>,
    /// Decisions and drafts that were put to the vote while it both endorsed and was a member.
    pub compared: u32,
    pub breaches: Vec<Breach>,
    /// Votes compared, where some voted against and the records do not say who.
    pub unnamed: Vec<u64>,
    #[serde(flatten)]
    pub basis: Basis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Span {
    pub from: String,
    /// Its last day; absent where it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
    pub records: Vec<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Breach {
    pub decision: String,
    pub title: String,
    pub on: String,
    /// True for a veto, false for another vote against.
    pub veto: bool,
    pub record: u64,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoConduct {
    #[error("{0} is not registered")]
    Unknown(Slug),
    #[error("{0} promises no conduct that votes could be compared with")]
    Without(Slug),
}

/// One decision or draft of the body.
struct Vote {
    day: Date,
    on: String,
    decision: String,
    title: String,
    vetoes: Vec<ActorId>,
    against: Vec<ActorId>,
    /// Some voted against, and nobody is named.
    unnamed: bool,
    record: u64,
    seen: Seen,
}

/// Compares, for each actor that endorsed the instrument by the day.
pub fn conduct(q: &Question<'_>, instrument: &Slug, body: &ActorId) -> Lookup<Result<Report<ConductOf>, NoConduct>> {
    let registered = q.seen(&instrument_stream(instrument))?;
    let Some((seen, entry)) = registered.as_ref().and_then(|s| Some((s, s.view.last::<InstrumentRegistered>()?.0)))
    else {
        return Ok(Err(NoConduct::Unknown(instrument.clone())));
    };
    let Some(promised) = &entry.conduct else { return Ok(Err(NoConduct::Without(instrument.clone()))) };
    let votes = votes(q, body, promised)?;
    let mut rows = Vec::new();
    for endorsement in q.all(&format!("endorsement:{instrument}:"))? {
        rows.extend(row(q, &endorsement, body, promised, &votes)?);
    }
    rows.sort_by(|a, b| (&a.name, &a.endorser).cmp(&(&b.name, &b.endorser)));
    let mut notes = q.unregistered([body])?;
    if q.history().streams_with_prefix(&format!("membership:{}:", body.in_stream()))?.is_empty() {
        notes.push(format!("no memberships of {body} are recorded: nothing can be compared"));
    }
    let content = ConductOf {
        instrument: instrument.clone(),
        title: entry.title.clone(),
        body: body.clone(),
        test: promised.test,
        tags: promised.tags.clone().unwrap_or_default(),
        decisions: votes.len() as u32,
        endorsers: rows,
        instrument_records: q.basis([seen])?.records,
    };
    Ok(Ok(q.report("answerable.conduct/v1", content, notes)))
}

/// The decisions and drafts of the body that carry a tag of the promise, in the order of time.
fn votes(q: &Question<'_>, body: &ActorId, promised: &Conduct) -> Lookup<Vec<Vote>> {
    let mut votes = Vec::new();
    for seen in q.all("decision:")? {
        // Under the same symbol another may have said something else: the body's own decision counts.
        let Some(act) = seen.view.acts.iter().rfind(|a| a.body.organ() == Some(body)) else { continue };
        let found = if let Some(d) = act.body.get::<DecisionNotAdopted>() {
            let vetoes = d.vetoes.clone().unwrap_or_default();
            let mut against = d.against.clone().unwrap_or_default();
            against.extend(vetoes.iter().filter(|v| !d.against.iter().flatten().any(|a| a == *v)).cloned());
            // A veto is always named; another vote against may be counted alone.
            let counted = d.votes.as_ref().map_or(0, |v| usize::from(v.against));
            Some((&d.organ, &d.tags, &d.decision, &d.title, vetoes, counted > against.len(), against))
        } else if let Some(d) = act.body.get::<DecisionAdopted>() {
            let against = d.against.clone().unwrap_or_default();
            let counted = d.votes.as_ref().map_or(0, |v| usize::from(v.against));
            Some((&d.organ, &d.tags, &d.decision, &d.title, Vec::new(), counted > against.len(), against))
        } else {
            None
        };
        let Some((organ, tags, decision, title, vetoes, unnamed, against)) = found else { continue };
        let tagged = |wanted: &Vec<Slug>| wanted.iter().any(|t| tags.iter().flatten().any(|own| own == t));
        if organ != body || !promised.tags.as_ref().is_none_or(tagged) {
            continue;
        }
        votes.push(Vote {
            day: act.effective.last_day(),
            on: act.effective.to_string(),
            decision: decision.to_string(),
            title: title.clone(),
            vetoes,
            against,
            unnamed,
            record: act.seq(),
            seen,
        });
    }
    votes.sort_by(|a, b| (a.day, &a.decision).cmp(&(b.day, &b.decision)));
    Ok(votes)
}

fn row(
    q: &Question<'_>,
    endorsement: &Seen,
    body: &ActorId,
    promised: &Conduct,
    votes: &[Vote],
) -> Lookup<Option<Row>> {
    let Some(act) = endorsement.view.acts.first() else { return Ok(None) };
    let Some(endorser) = act.body.subject().cloned() else { return Ok(None) };
    let endorsed = q.periods(&act.fact.stream, &endorsing, q.as_of)?;
    let membership = story("membership", &[body.in_stream(), endorser.in_stream()]);
    let mut terms = q.periods(&membership, &sitting, q.as_of)?;
    terms.retain(|t| endorsed.iter().any(|e| e.meets(t)));
    let bound = |v: &&Vote| endorsed.iter().any(|p| p.covers(v.day)) && terms.iter().any(|p| p.covers(v.day));
    let compared: Vec<&Vote> = votes.iter().filter(bound).collect();
    let broke = |v: &Vote| match promised.test {
        ConductTest::NoVeto => v.vetoes.contains(&endorser),
        ConductTest::NoVoteAgainst => v.against.contains(&endorser),
    };
    let breaking: Vec<&Vote> = compared.iter().copied().filter(|v| broke(v)).collect();
    let breaches = breaking.iter().map(|v| Breach {
        decision: v.decision.clone(),
        title: v.title.clone(),
        on: v.on.clone(),
        veto: v.vetoes.contains(&endorser),
        record: v.record,
    });
    let unnamed = compared.iter().filter(|v| promised.test == ConductTest::NoVoteAgainst && v.unnamed && !broke(v));
    let mut unnamed: Vec<u64> = unnamed.flat_map(|v| v.seen.view.records()).collect();
    unnamed.sort_unstable();
    let seen_membership = q.seen(&membership)?;
    let shown = std::iter::once(endorsement).chain(breaking.iter().map(|v| &v.seen));
    let mut basis = q.basis(shown.chain(seen_membership.iter().filter(|_| !terms.is_empty())))?;
    // A longer story than its last standing tells: the spans name what they rest on.
    basis.records.extend(endorsed.iter().chain(&terms).flat_map(|p| p.records.iter()));
    basis.records.sort_unstable();
    basis.records.dedup();
    Ok(Some(Row {
        name: q.name(&endorser)?,
        endorsed: endorsed.iter().map(span).collect(),
        terms: terms.iter().map(span).collect(),
        compared: compared.len() as u32,
        breaches: breaches.collect(),
        unnamed,
        basis,
        endorser,
    }))
}

/// From the endorsement to the day before it is taken back.
pub fn endorsing(act: &Act) -> Bound {
    match () {
        () if act.body.get::<EndorsementMade>().is_some() => Bound::Begins(None),
        () if act.body.get::<EndorsementWithdrawn>().is_some() => Bound::EndsBefore,
        () => Bound::Neither,
    }
}

/// A term, its last day included.
pub fn sitting(act: &Act) -> Bound {
    match act.body.get::<MembershipBegan>() {
        Some(began) => Bound::Begins(began.until.map(|u| u.last_day())),
        None if act.body.get::<MembershipEnded>().is_some() => Bound::EndsOn,
        None => Bound::Neither,
    }
}

fn span(p: &Period) -> Span {
    Span { from: p.from.to_string(), until: p.until.map(|u| u.to_string()), records: p.records.clone() }
}
