//! Vetoes: the drafts that members kept an organ from adopting, each with its day, its subject and who vetoed it.
//! Not here: what the members had promised (`conduct`); drafts that were never put to the vote, which are no records.

use std::collections::BTreeMap;

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::stories::council::DecisionNotAdopted;
use jiff::civil::Date;
use serde::Serialize;

use super::question::{Basis, Question, Report};

/// Which vetoes.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The organ.
    pub body: ActorId,
    /// Only drafts that this member vetoed, alone or with others.
    pub member: Option<ActorId>,
    /// Only from this day on. An imprecise date counts on its last possible day.
    pub since: Option<Date>,
}

/// `"schema": "answerable.vetoes/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Vetoes {
    pub body: ActorId,
    /// In the order of time.
    pub drafts: Vec<Draft>,
    /// Of these drafts; one that several members vetoed counts for each. By the member's id.
    pub by_member: Vec<Member>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Draft {
    pub decision: String,
    pub on: String,
    /// As a short word for it stands in the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    pub title: String,
    pub vetoes: Vec<ActorId>,
    #[serde(flatten)]
    pub basis: Basis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    pub member: ActorId,
    pub name: String,
    pub vetoes: u32,
}

/// The vetoes in a body by the question's day.
pub fn vetoes(q: &Question<'_>, wanted: &Wanted) -> Lookup<Report<Vetoes>> {
    let mut drafts = Vec::new();
    let mut cast: BTreeMap<ActorId, u32> = BTreeMap::new();
    for seen in q.all("decision:")? {
        // Under the same symbol another may have said something else: the body's own decision counts.
        let Some(act) = seen.view.acts.iter().rfind(|a| a.body.organ() == Some(&wanted.body)) else { continue };
        let Some(draft) = act.body.get::<DecisionNotAdopted>() else { continue };
        let vetoes = draft.vetoes.clone().unwrap_or_default();
        let day = act.effective.last_day();
        let by_member = wanted.member.as_ref().is_none_or(|member| vetoes.contains(member));
        if vetoes.is_empty() || !by_member || wanted.since.is_some_and(|since| day < since) {
            continue;
        }
        vetoes.iter().for_each(|member| *cast.entry(member.clone()).or_default() += 1);
        let row = Draft {
            decision: draft.decision.to_string(),
            on: act.effective.to_string(),
            subject: draft.subject.clone(),
            title: draft.title.clone(),
            vetoes,
            basis: q.basis([&seen])?,
        };
        drafts.push((day, row));
    }
    drafts.sort_by(|(a, one), (b, other)| (a, &one.decision).cmp(&(b, &other.decision)));
    let by_member = cast.into_iter().map(|(member, vetoes)| Ok(Member { name: q.name(&member)?, member, vetoes }));
    let content = Vetoes {
        body: wanted.body.clone(),
        by_member: by_member.collect::<Lookup<_>>()?,
        drafts: drafts.into_iter().map(|(_, draft)| draft).collect(),
    };
    let notes = q.unregistered([&wanted.body].into_iter().chain(&wanted.member))?;
    Ok(q.report("answerable.vetoes/v1", content, notes))
}
