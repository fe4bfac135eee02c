//! Steps 1 to 4: focal point; treaties and assistance to victims; invitations, visits and recommendations; assessments.
//! Not here: accountability at home (`home`).

use std::collections::BTreeMap;

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::acts::Act;
use answerable_schemas::law::national::FACTORS;
use answerable_schemas::law::replies::Answered;
use answerable_schemas::stories::commitments::*;
use answerable_schemas::stories::national::*;
use answerable_schemas::stories::recommendations::*;

use super::{Age, Cell, StepCells};
use crate::projection::question::{Basis, Question, Story, code};
use crate::projection::treaty::{Row, Status};

pub(super) fn focal_point(q: &Question<'_>, state: &ActorId) -> Lookup<StepCells> {
    let stories = of_state(q, "focal-point", state)?;
    let Some(story) = stories.first() else {
        return Ok(("none".into(), false, vec![Cell::none("focal_point"), Cell::none("focal_point:office")]));
    };
    let since = story.view.since.map(|d| d.to_string()).unwrap_or_default();
    let in_office = story.view.state == "appointed";
    let value = if in_office { format!("in office since {since}") } else { format!("vacant since {since}") };
    let offices: Vec<(String, OfficeLevel, &Act)> = story
        .view
        .acts
        .iter()
        .filter_map(|a| {
            let appointed = a.body.get::<FocalPointAppointed>().map(|b| (b.office.clone(), b.level, a));
            appointed.or(a.body.get::<FocalPointReplaced>().map(|b| (b.office.clone(), b.level, a)))
        })
        .collect();
    let office = match offices.last() {
        Some((office, level, act)) => {
            Cell::new("focal_point:office", format!("{office} ({})", spoken(*level)), story.basis([*act]))
        }
        None => Cell::none("focal_point:office"),
    };
    let turns = |a: &&Act| a.body.get::<FocalPointReplaced>().is_none();
    let cell = Cell::new("focal_point", value, story.basis(story.view.acts.iter().filter(turns)));
    let short = if in_office { "in office" } else { "vacant" };
    Ok((short.into(), in_office, vec![cell, office]))
}

/// `treaties` are all that are registered, each with where the state stands.
pub(super) fn treaties(q: &Question<'_>, treaties: &[(&TreatyId, Option<&Row>)], state: &ActorId) -> Lookup<StepCells> {
    let (mut cells, mut bound) = (Vec::new(), 0);
    for (treaty, row) in treaties {
        let name = format!("treaty:{treaty}");
        bound += usize::from(row.is_some_and(|r| matches!(r.status, Status::InForce | Status::Withdrawing)));
        // Tables have gaps: that nothing is recorded does not say that a state is not bound.
        let silent = || Cell::new(name.clone(), "no act recorded", Basis::default());
        cells.push(row.map_or_else(silent, |r| Cell::new(name.clone(), stands(r), of_row(r))));
    }
    let promises: Vec<Story> = of_state(q, "commitment", state)?
        .into_iter()
        .filter(|s| s.view.all::<CommitmentMade>().any(|(c, _)| c.kind == CommitmentKind::VictimsAssistance))
        .collect();
    let evident = |s: &&Story| {
        s.view.state != "withdrawn"
            && s.view.all::<ProgressReported>().any(|(p, _)| p.evidence.as_ref().is_some_and(|e| !e.is_empty()))
    };
    let standing = promises.iter().filter(|s| s.view.state != "withdrawn").count();
    let evidence = promises.iter().filter(evident).count();
    let own = |a: &&Act| a.body.get::<CommitmentAssessed>().is_none();
    cells.push(match promises.is_empty() {
        true => Cell::none("victims_assistance"),
        false => Cell::new(
            "victims_assistance",
            format!("{standing} promised; evidence for {evidence}"),
            Basis::all(promises.iter().map(|s| s.basis(s.view.acts.iter().filter(own)))),
        ),
    });
    cells.push(found_by_others("victims_assistance:assessed", &promises, |a| {
        a.body.get::<CommitmentAssessed>().map(|c| (c.assessor.clone(), crate::projection::overdue::assessed(c.status)))
    }));
    let all = treaties.len();
    let victims = match (standing, evidence) {
        (0, _) => "",
        (_, 0) => ", v?",
        _ => ", v",
    };
    Ok((format!("{bound}/{all}{victims}"), all > 0 && bound == all, cells))
}

fn stands(row: &Row) -> String {
    match (row.status, &row.in_force_from) {
        (Status::InForce, Some(from)) => format!("in force since {from}"),
        (Status::Withdrawing, _) => format!("in force, ends {}", row.ends.clone().unwrap_or_default()),
        (Status::Deposited, Some(from)) => format!("deposited, in force from {from}"),
        (status, _) => status.as_str().to_owned(),
    }
}

fn of_row(row: &Row) -> Basis {
    let answers: Vec<Answered> = row.answers.clone();
    let standings = std::iter::once(row.standing).chain(row.confirmed_by.iter().copied()).collect();
    let (flags, records) = (row.flags.clone(), row.records.clone());
    Basis { standings, by: vec![row.actor.clone()], answers, possibly: Vec::new(), flags, records }
}

pub(super) fn invitations(q: &Question<'_>, state: &ActorId) -> Lookup<StepCells> {
    let invitation = of_state(q, "invitation", state)?;
    let invited = invitation.iter().any(|s| s.view.state == "issued");
    let mut cells = vec![match invitation.first() {
        Some(s) => {
            let since = s.view.since.map(|d| d.to_string()).unwrap_or_default();
            let verb = if invited { "in force" } else { "withdrawn" };
            Cell::new("standing_invitation", format!("{verb} since {since}"), s.whole())
        }
        None => Cell::none("standing_invitation"),
    }];
    let visits = of_state(q, "visit", state)?;
    let agreed = |s: &&Story| matches!(s.view.state, "accepted" | "dates_proposed" | "completed" | "reported");
    let held = |s: &&Story| matches!(s.view.state, "completed" | "reported");
    let count = |state: &str| visits.iter().filter(|s| s.view.state == state).count();
    let (asked, granted) = (visits.len(), visits.iter().filter(agreed).count());
    cells.push(match asked {
        0 => Cell::none("visits"),
        _ => Cell::new(
            "visits",
            format!(
                "{granted} granted of {asked} requested; {} held, {} declined, {} pending",
                visits.iter().filter(held).count(),
                count("declined"),
                count("requested")
            ),
            Basis::all(visits.iter().map(Story::whole)),
        ),
    });
    let made = of_state(q, "recommendation", state)?;
    cells.extend(recommendations(&made));
    let short = format!("{} {granted}/{asked}", if invited { "yes" } else { "no" });
    Ok((short, invited, cells))
}

fn recommendations(made: &[Story]) -> Vec<Cell> {
    if made.is_empty() {
        let names = ["recommendations", "recommendations:followed_up", "recommendations:assessed"];
        return names.into_iter().map(Cell::none).collect();
    }
    let answer = |wanted: Response| {
        let is = |s: &&Story| s.view.last::<RecommendationResponded>().is_some_and(|(r, _)| r.response == wanted);
        made.iter().filter(is).count()
    };
    let (supported, noted) = (answer(Response::Supported), answer(Response::Noted));
    let made_and_answered =
        |a: &&Act| a.body.get::<RecommendationMade>().is_some() || a.body.get::<RecommendationResponded>().is_some();
    let basis =
        |keep: &dyn Fn(&&Act) -> bool| Basis::all(made.iter().map(|s| s.basis(s.view.acts.iter().filter(keep))));
    let pending = made.len() - supported - noted;
    let value = format!("{} made: {supported} supported, {noted} noted, {pending} not answered", made.len());
    let mut cells = vec![Cell::new("recommendations", value, basis(&made_and_answered))];
    let mut by_status: BTreeMap<&'static str, usize> = BTreeMap::new();
    for story in made {
        if let Some((f, _)) = story.view.last::<RecommendationFollowedUp>() {
            *by_status.entry(implemented(f.status)).or_default() += 1;
        }
    }
    let followed = |a: &&Act| a.body.get::<RecommendationFollowedUp>().is_some();
    cells.push(match by_status.values().sum::<usize>() {
        0 => Cell::none("recommendations:followed_up"),
        n => Cell::new(
            "recommendations:followed_up",
            format!("{n} of {}: {}", made.len(), counted(&by_status)),
            basis(&followed),
        ),
    });
    cells.push(found_by_others("recommendations:assessed", made, |a| {
        a.body
            .get::<RecommendationAssessed>()
            .map(|r| (r.assessor.clone(), crate::projection::overdue::assessed(r.status)))
    }));
    cells
}

fn implemented(status: Implementation) -> &'static str {
    match status {
        Implementation::NotImplemented => "not implemented",
        Implementation::InProgress => "in progress",
        Implementation::Partially => "partly implemented",
        Implementation::Fully => "implemented",
    }
}

/// The self-assessment and those by others, each in cells of its own.
pub(super) fn assessments(q: &Question<'_>, state: &ActorId) -> Lookup<StepCells> {
    let own = of_state(q, "assessment", state)?;
    let mut published: Vec<(&SelfAssessmentPublished, &Act, &Story)> =
        own.iter().flat_map(|s| s.view.all::<SelfAssessmentPublished>().map(move |(p, a)| (p, a, s))).collect();
    published.sort_by_key(|(_, a, _)| (a.effective.last_day(), a.seq()));
    let names = ["self_assessment", "self_assessment:factors", "self_assessment:participants"];
    let (mut short, mut cells) = ("none".to_owned(), Vec::new());
    match published.last() {
        Some((p, act, story)) => {
            let next = p.next_due.map_or(String::new(), |d| format!(", next due {d}"));
            let basis = || story.basis([*act]);
            let (before, since) = (format!("{}, ", act.effective), act.effective.last_day());
            cells.push(Cell::aged(
                names[0],
                Age { before, since, after: format!(" days old{next}") },
                q.as_of,
                basis(),
            ));
            let covered = p.factors.len();
            let factors = match p.framework {
                Framework::UnFrameworkOfAnalysis => format!("{covered}/{FACTORS}"),
                Framework::Other => format!("{covered}/{FACTORS}, by another framework"),
            };
            cells.push(Cell::new(names[1], factors, basis()));
            let who = [
                (p.participants.civil_society, "civil society"),
                (p.participants.women, "women"),
                (p.participants.youth, "youth"),
            ];
            let who: Vec<&str> = who.into_iter().filter(|(there, _)| *there).map(|(_, who)| who).collect();
            let value = if who.is_empty() { "nobody consulted".to_owned() } else { who.join(", ") };
            cells.push(Cell::new(names[2], value, basis()));
            let day = act.effective.to_string();
            short = format!("{} {covered}/{FACTORS}", day.get(..7).unwrap_or(&day));
        }
        None => {
            // Begun, and not published yet.
            let begun = own.iter().flat_map(|s| s.view.all::<AssessmentStarted>().map(move |(_, a)| (a, s))).last();
            cells.push(match begun {
                Some((act, story)) => Cell::new(names[0], format!("started {}", act.effective), story.basis([act])),
                None => Cell::none(names[0]),
            });
            cells.extend(names[1..].iter().map(|n| Cell::none(*n)));
        }
    }
    let others = of_state(q, "independent-assessment", state)?;
    let mut found: Vec<(&IndependentAssessmentPublished, &Act, &Story)> = others
        .iter()
        .flat_map(|s| s.view.all::<IndependentAssessmentPublished>().map(move |(p, a)| (p, a, s)))
        .collect();
    found.sort_by_key(|(_, a, _)| (a.effective.last_day(), a.seq()));
    cells.push(match found.last() {
        Some((p, act, story)) => {
            let high = p.factors.iter().filter(|f| f.risk == Risk::High).count();
            let value = format!(
                "{} by {}: {}/{FACTORS} factors, {high} at high risk",
                act.effective,
                p.assessor,
                p.factors.len()
            );
            Cell::new("independent_assessment", value, story.basis([*act]))
        }
        None => Cell::none("independent_assessment"),
    });
    cells.extend(super::home::measures(q, state, super::home::RESILIENCE)?);
    Ok((short, !published.is_empty(), cells))
}

/// The stories of a kind that are this state's: `KIND:STATE` and `KIND:STATE:ID`.
pub(super) fn of_state(q: &Question<'_>, kind: &str, state: &ActorId) -> Lookup<Vec<Story>> {
    let name = format!("{kind}:{}", state.in_stream());
    let mut stories = q.stories(&format!("{name}:"))?;
    for whole in q.history().streams_with_prefix(&name)?.into_iter().filter(|n| n.as_str() == name) {
        stories.extend(q.story(&whole)?);
    }
    Ok(stories)
}

/// The newest finding of each assessor on each story, counted by what is found.
pub(super) fn found_by_others(
    cell: &str,
    stories: &[Story],
    finding: impl Fn(&Act) -> Option<(ActorId, &'static str)>,
) -> Cell {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut bases = Vec::new();
    for story in stories {
        let mut newest: BTreeMap<ActorId, &'static str> = BTreeMap::new();
        for act in &story.view.acts {
            if let Some((by, found)) = finding(act) {
                newest.insert(by, found);
                bases.push(story.basis([act]));
            }
        }
        newest.into_values().for_each(|found| *counts.entry(found).or_default() += 1);
    }
    match counts.is_empty() {
        true => Cell::none(cell),
        false => Cell::new(cell, counted(&counts), Basis::all(bases)),
    }
}

/// `2 limited, 1 complete`.
pub(super) fn counted(counts: &BTreeMap<&'static str, usize>) -> String {
    counts.iter().map(|(what, n)| format!("{n} {what}")).collect::<Vec<_>>().join(", ")
}

/// A code as it is spoken.
pub(super) fn spoken(value: impl serde::Serialize) -> String {
    code(&value).replace('_', " ")
}
