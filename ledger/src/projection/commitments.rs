//! Commitments: who promised what, how the promise changed, what its maker reports and what others find. The last two
//! stand side by side and are never one.
//! Not here: whether a due date was missed (the board of what is overdue), recommendations by others.

use std::collections::BTreeMap;

use answerable_schemas::history::Lookup;
use answerable_schemas::ids::Slug;
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::law::story::fold;
use answerable_schemas::stories::commitments::*;
use answerable_schemas::story::{Binding, Speech};
use answerable_schemas::{ActorId, Standing, StreamName};
use serde::Serialize;

use super::question::{Basis, Question, Report, Seen, code};

/// Which commitments are asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub maker: Option<ActorId>,
    pub kind: Option<CommitmentKind>,
    pub tag: Option<Slug>,
}

/// `"schema": "answerable.commitments/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Commitments {
    pub commitments: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub maker: ActorId,
    pub commitment: Slug,
    /// Absent where the sources tell of the commitment and not of its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CommitmentKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<Binding>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// What the maker last reported of itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_reported: Option<SelfReport>,
    /// What each independent assessor last found.
    pub assessed: Vec<Finding>,
    pub state: &'static str,
    /// As it reads now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(flatten)]
    pub basis: Basis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelfReport {
    pub status: SelfStatus,
    pub on: String,
    pub text: String,
    pub record: u64,
    pub standing: Standing,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub status: AssessedStatus,
    pub by: ActorId,
    pub on: String,
    pub method: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub record: u64,
    pub standing: Standing,
}

/// One row a commitment, by maker and id.
pub fn commitments(q: &Question<'_>, wanted: &Wanted) -> Lookup<Report<Commitments>> {
    let mut rows = Vec::new();
    for seen in q.all_of("commitment", wanted.maker.as_ref())? {
        let Some((maker, commitment)) = whose(&seen) else { continue };
        let made = seen.view.last::<CommitmentMade>().map(|(made, _)| made);
        let tagged = |tag: &Slug| {
            let tags = made.iter().flat_map(|m| m.tags.iter().flatten());
            let revised = seen.view.all::<CommitmentRevised>().flat_map(|(r, _)| r.tags.iter().flatten());
            tags.chain(revised).any(|t| t == tag)
        };
        if wanted.maker.as_ref().is_some_and(|m| *m != maker)
            || wanted.kind.is_some_and(|kind| made.map(|m| m.kind) != Some(kind))
            || wanted.tag.as_ref().is_some_and(|tag| !tagged(tag))
        {
            continue;
        }
        let due = seen.view.all::<CommitmentRevised>().filter_map(|(r, _)| r.due).last().or(made.and_then(|m| m.due));
        let revised = seen.view.last::<CommitmentRevised>().map(|(r, _)| r.text.clone());
        rows.push(Row {
            maker,
            commitment,
            kind: made.map(|m| m.kind),
            binding: made.and_then(Speech::binding),
            due: due.map(|d| d.to_string()),
            self_reported: seen.view.last::<ProgressReported>().map(self_report),
            assessed: newest_of_each(seen.view.weakest_first::<CommitmentAssessed>().into_iter().map(finding)),
            state: seen.view.state,
            text: revised.or(made.map(|m| m.text.clone())),
            basis: q.basis([&seen])?,
        });
    }
    let notes = q.unregistered(&wanted.maker)?;
    Ok(q.report("answerable.commitments/v1", Commitments { commitments: rows }, notes))
}

fn whose(seen: &Seen) -> Option<(ActorId, Slug)> {
    seen.view.acts.iter().find_map(|a| {
        let of = a.body.get::<CommitmentMade>().map(|b| (&b.maker, &b.commitment));
        let of = of.or(a.body.get::<CommitmentRevised>().map(|b| (&b.maker, &b.commitment)));
        let of = of.or(a.body.get::<CommitmentWithdrawn>().map(|b| (&b.maker, &b.commitment)));
        let of = of.or(a.body.get::<ProgressReported>().map(|b| (&b.maker, &b.commitment)));
        let of = of.or(a.body.get::<CommitmentAssessed>().map(|b| (&b.maker, &b.commitment)));
        of.map(|(maker, id)| (maker.clone(), id.clone()))
    })
}

fn self_report((b, act): (&ProgressReported, &Act)) -> SelfReport {
    let (text, on) = (b.text.clone(), act.effective.to_string());
    SelfReport { status: b.status, on, text, record: act.seq(), standing: act.fact.standing }
}

fn finding((b, act): (&CommitmentAssessed, &Act)) -> Finding {
    Finding {
        status: b.status,
        by: b.assessor.clone(),
        on: act.effective.to_string(),
        method: b.method.clone(),
        text: b.text.clone(),
        record: act.seq(),
        standing: act.fact.standing,
    }
}

/// Of each assessor the last, by assessor.
fn newest_of_each(findings: impl Iterator<Item = Finding>) -> Vec<Finding> {
    let newest: BTreeMap<ActorId, Finding> = findings.map(|f| (f.by.clone(), f)).collect();
    newest.into_values().collect()
}

/// How one commitment evolved. `"schema": "answerable.commitment/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Evolution {
    pub maker: ActorId,
    pub commitment: Slug,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<CommitmentKind>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<Binding>,
    pub state: &'static str,
    /// In the order of time.
    pub events: Vec<Moment>,
    #[serde(flatten)]
    pub basis: Basis,
}

/// One moment of it: a version of the text, or what the maker reports, or what another finds. Exactly one is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moment {
    pub on: String,
    pub record: u64,
    /// The corrections of that record.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub corrected_by: Vec<u64>,
    pub standing: Standing,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_reported: Option<SelfReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assessed: Option<Finding>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Version {
    /// made, narrowed, widened, deferred, merged, split or withdrawn.
    pub change: String,
    /// The words; of a withdrawal its reason.
    pub text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub into: Vec<Slug>,
}

/// None where nothing of it was said by the day.
pub fn commitment(q: &Question<'_>, maker: &ActorId, id: &Slug) -> Lookup<Option<Report<Evolution>>> {
    let name = StreamName::new(format!("commitment:{}:{id}", maker.in_stream())).expect("an actor and a slug fit");
    let Some(seen) = q.seen(&name)? else { return Ok(None) };
    let facts = q.history().stream(&name)?;
    let mut acts: Vec<Act> = Vec::new();
    for standing in Standing::ALL.into_iter().filter(|s| q.sees(*s)) {
        if !acts_of(&facts, standing).is_empty() {
            acts.extend(fold(q.history(), &facts, standing)?.0);
        }
    }
    acts.retain(|a| a.effective.last_day() <= q.as_of);
    acts.sort_by_key(|a| (a.effective.last_day(), a.seq()));
    let events: Vec<Moment> = acts.iter().filter_map(moment).collect();
    let mut basis = q.basis([&seen])?;
    // Every standing has its say here, also where a stronger one says the same.
    basis.records = acts.iter().flat_map(Act::records).collect();
    basis.records.sort_unstable();
    basis.standings = Standing::ALL.into_iter().filter(|s| acts.iter().any(|a| a.fact.standing == *s)).collect();
    basis.flags = q.flags_on(&facts, &basis.records)?;
    let made = seen.view.last::<CommitmentMade>().map(|(made, _)| made);
    let content = Evolution {
        maker: maker.clone(),
        commitment: id.clone(),
        kind: made.map(|m| m.kind),
        binding: made.and_then(Speech::binding),
        state: seen.view.state,
        events,
        basis,
    };
    Ok(Some(q.report("answerable.commitment/v1", content, Vec::new())))
}

fn moment(act: &Act) -> Option<Moment> {
    let version = version(act);
    let self_reported = act.body.get::<ProgressReported>().map(|b| self_report((b, act)));
    let assessed = act.body.get::<CommitmentAssessed>().map(|b| finding((b, act)));
    (version.is_some() || self_reported.is_some() || assessed.is_some()).then(|| Moment {
        on: act.effective.to_string(),
        record: act.seq(),
        corrected_by: act.corrections.clone(),
        standing: act.fact.standing,
        version,
        self_reported,
        assessed,
    })
}

fn version(act: &Act) -> Option<Version> {
    if let Some(made) = act.body.get::<CommitmentMade>() {
        let due = made.due.map(|d| d.to_string());
        return Some(Version { change: "made".into(), text: made.text.clone(), due, reason: None, into: Vec::new() });
    }
    if let Some(b) = act.body.get::<CommitmentRevised>() {
        return Some(Version {
            change: code(&b.change),
            text: b.text.clone(),
            due: b.due.map(|d| d.to_string()),
            reason: b.reason.clone(),
            into: b.into.clone().unwrap_or_default(),
        });
    }
    act.body.get::<CommitmentWithdrawn>().map(|b| Version {
        change: "withdrawn".into(),
        text: b.reason.clone(),
        due: None,
        reason: None,
        into: Vec::new(),
    })
}
