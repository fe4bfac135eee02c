//! Recommendations: what was recommended to whom, how it was answered, what the state reports of it and what others find;
//! one by one, or counted by group. One state's are found by the names of its streams alone.
//! Not here: the stages of a review, a state's own promises.

use std::collections::BTreeMap;

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::Slug;
use answerable_schemas::stories::commitments::AssessedStatus;
use answerable_schemas::stories::recommendations::*;
use serde::Serialize;

use super::question::{Basis, Question, Report, Seen, code};

/// Which recommendations are asked for.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    pub to: Option<ActorId>,
    pub from: Option<ActorId>,
    pub mechanism: Option<Mechanism>,
    pub answer: Option<Answer>,
    pub cycle: Option<u8>,
    pub session: Option<u16>,
    pub theme: Option<String>,
    pub tag: Option<Slug>,
    pub assessed: Option<AssessedStatus>,
}

/// What a recommendation is counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupBy {
    Response,
    Action,
    Cycle,
    Theme,
    /// To whom.
    State,
    From,
}

/// Where the answer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Supported,
    Noted,
    /// Not answered yet.
    Pending,
}

/// `"schema": "answerable.recommendations/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Recommendations {
    pub counts: Counts,
    pub recommendations: Vec<Row>,
}

/// `"schema": "answerable.recommendation_counts/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Groups {
    pub by: GroupBy,
    pub counts: Counts,
    pub groups: Vec<Group>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Group {
    pub group: String,
    #[serde(flatten)]
    pub counts: Counts,
    /// The first and the last record that tells of one in the group.
    pub records: Option<(u64, u64)>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub made: u32,
    pub supported: u32,
    pub noted: u32,
    pub pending: u32,
    /// Of which the state reports what it did.
    pub followed_up: u32,
    /// Of which another has found what was done.
    pub assessed: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub recommendation: Slug,
    pub to: ActorId,
    pub from: ActorId,
    pub mechanism: Mechanism,
    pub date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycle: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<u16>,
    /// UPR Info's level: 1 minimal to 5 specific.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<u8>,
    pub themes: Vec<String>,
    pub response: Answer,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responded: Option<String>,
    /// What the state last reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_reported: Option<SelfReport>,
    /// What each independent assessor last found.
    pub assessed: Vec<Finding>,
    pub text: String,
    #[serde(flatten)]
    pub basis: Basis,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SelfReport {
    pub status: Implementation,
    pub on: String,
    pub text: String,
    pub record: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    pub status: AssessedStatus,
    pub by: ActorId,
    pub on: String,
    pub method: String,
    pub record: u64,
}

/// A recommendation that is asked for.
struct Found<'s> {
    made: &'s RecommendationMade,
    on: String,
    answer: Answer,
    findings: Vec<Finding>,
}

/// One row a recommendation, by whom it is to, date and id.
pub fn recommendations(q: &Question<'_>, wanted: &Wanted) -> Lookup<Report<Recommendations>> {
    let (mut counts, mut rows) = (Counts::default(), Vec::new());
    each(q, wanted, |seen, found| {
        counts.add(seen, &found);
        let responded = seen.view.last::<RecommendationResponded>().map(|(_, act)| act.effective.to_string());
        let reported = seen.view.last::<RecommendationFollowedUp>().map(|(b, act)| SelfReport {
            status: b.status,
            on: act.effective.to_string(),
            text: b.text.clone(),
            record: act.seq(),
        });
        rows.push(Row {
            recommendation: found.made.recommendation.clone(),
            to: found.made.to.clone(),
            from: found.made.from.clone(),
            mechanism: found.made.mechanism,
            date: found.on,
            cycle: found.made.cycle,
            session: found.made.session,
            action: found.made.action,
            themes: found.made.themes.clone().unwrap_or_default(),
            response: found.answer,
            responded,
            self_reported: reported,
            assessed: found.findings,
            text: found.made.text.clone(),
            basis: q.basis([seen])?,
        });
        Ok(())
    })?;
    rows.sort_by(|a, b| (&a.to, &a.date, &a.recommendation).cmp(&(&b.to, &b.date, &b.recommendation)));
    let notes = q.unregistered(wanted.to.iter().chain(&wanted.from))?;
    Ok(q.report("answerable.recommendations/v1", Recommendations { counts, recommendations: rows }, notes))
}

/// Counts by group. A recommendation of several themes counts in each of them, and once in the sum.
pub fn grouped(q: &Question<'_>, wanted: &Wanted, by: GroupBy) -> Lookup<Report<Groups>> {
    let mut sum = Counts::default();
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    each(q, wanted, |seen, found| {
        sum.add(seen, &found);
        for key in keys(found.made, found.answer, by) {
            let new = || Group { group: key.clone(), counts: Counts::default(), records: None };
            let group = groups.entry(key.clone()).or_insert_with(new);
            group.counts.add(seen, &found);
            for seq in seen.view.records() {
                let (first, last) = group.records.unwrap_or((seq, seq));
                group.records = Some((first.min(seq), last.max(seq)));
            }
        }
        Ok(())
    })?;
    let mut notes = q.unregistered(wanted.to.iter().chain(&wanted.from))?;
    if by == GroupBy::Theme {
        notes.push("a recommendation of several themes counts in each of them, and once in the sum".to_owned());
    }
    let groups = groups.into_values().collect();
    Ok(q.report("answerable.recommendation_counts/v1", Groups { by, counts: sum, groups }, notes))
}

const UNSTATED: &str = "not stated";

fn keys(made: &RecommendationMade, answer: Answer, by: GroupBy) -> Vec<String> {
    let number = |n: Option<u8>| vec![n.map_or(UNSTATED.to_owned(), |n| n.to_string())];
    match by {
        GroupBy::Response => vec![code(&answer)],
        GroupBy::Action => number(made.action),
        GroupBy::Cycle => number(made.cycle),
        GroupBy::State => vec![made.to.to_string()],
        GroupBy::From => vec![made.from.to_string()],
        GroupBy::Theme => {
            let mut themes = made.themes.clone().unwrap_or_default();
            themes.sort();
            themes.dedup();
            if themes.is_empty() {
                themes.push(UNSTATED.to_owned());
            }
            themes
        }
    }
}

impl Counts {
    fn add(&mut self, seen: &Seen, found: &Found<'_>) {
        self.made += 1;
        match found.answer {
            Answer::Supported => self.supported += 1,
            Answer::Noted => self.noted += 1,
            Answer::Pending => self.pending += 1,
        }
        self.followed_up += u32::from(seen.view.last::<RecommendationFollowedUp>().is_some());
        self.assessed += u32::from(!found.findings.is_empty());
    }
}

/// Every recommendation that is asked for, one at a time: of a hundred thousand, only one is held.
fn each(q: &Question<'_>, wanted: &Wanted, mut take: impl FnMut(&Seen, Found<'_>) -> Lookup<()>) -> Lookup<()> {
    let prefix =
        wanted.to.as_ref().map_or("recommendation:".to_owned(), |to| format!("recommendation:{}:", to.in_stream()));
    for name in q.history().streams_with_prefix(&prefix)? {
        let Some(seen) = q.seen(&name)? else { continue };
        let Some((made, act)) = seen.view.last::<RecommendationMade>() else { continue };
        let answer = answer_in(&seen);
        let findings = findings(&seen);
        let found = Found { made, on: act.effective.to_string(), answer, findings };
        if wanted.admits(&found) {
            take(&seen, found)?;
        }
    }
    Ok(())
}

/// How the state has answered.
fn answer_in(seen: &Seen) -> Answer {
    match seen.view.last::<RecommendationResponded>().map(|(b, _)| b.response) {
        Some(Response::Supported) => Answer::Supported,
        Some(Response::Noted) => Answer::Noted,
        None => Answer::Pending,
    }
}

/// Where a recommendation stands: what `Counts` counts it as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Stands {
    pub answer: Answer,
    pub followed_up: bool,
    pub assessed: bool,
}

impl Stands {
    /// None where it is not made yet.
    pub(super) fn of(seen: &Seen) -> Option<Self> {
        seen.view.last::<RecommendationMade>()?;
        Some(Self {
            answer: answer_in(seen),
            followed_up: seen.view.last::<RecommendationFollowedUp>().is_some(),
            assessed: !findings(seen).is_empty(),
        })
    }
}

impl Wanted {
    fn admits(&self, found: &Found<'_>) -> bool {
        let made = found.made;
        let theme = |wanted: &String| {
            let wanted = wanted.to_lowercase();
            made.themes.iter().flatten().any(|t| t.to_lowercase() == wanted)
        };
        self.to.as_ref().is_none_or(|to| *to == made.to)
            && self.from.as_ref().is_none_or(|from| *from == made.from)
            && self.mechanism.is_none_or(|m| m == made.mechanism)
            && self.answer.is_none_or(|a| a == found.answer)
            && self.cycle.is_none_or(|c| Some(c) == made.cycle)
            && self.session.is_none_or(|s| Some(s) == made.session)
            && self.theme.as_ref().is_none_or(theme)
            && self.tag.as_ref().is_none_or(|tag| made.tags.iter().flatten().any(|t| t == tag))
            && self.assessed.is_none_or(|s| found.findings.iter().any(|f| f.status == s))
    }
}

/// Of each assessor the last, by assessor.
fn findings(seen: &Seen) -> Vec<Finding> {
    let mut newest: BTreeMap<&ActorId, Finding> = BTreeMap::new();
    for (b, act) in seen.view.weakest_first::<RecommendationAssessed>().into_iter() {
        let found = Finding {
            status: b.status,
            by: b.assessor.clone(),
            on: act.effective.to_string(),
            method: b.method.clone(),
            record: act.seq(),
        };
        newest.insert(&b.assessor, found);
    }
    newest.into_values().collect()
}
