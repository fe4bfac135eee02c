//! Step 5: what a state has in place at home, what stands in the way, its human rights institution, its parliament, cases.
//! Measures come in pairs of cells: what the state says, and what others attest.
//! Not here: the other steps (`cells`).

use std::collections::BTreeMap;

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::law::acts::Act;
use answerable_schemas::stories::justice::*;
use answerable_schemas::stories::national::*;
use answerable_schemas::story::Crime;

use super::cells::{counted, found_by_others, of_state, spoken};
use super::{Cell, StepCells};
use crate::projection::question::{Basis, Question, Story, speaker};

/// A cell's measures: its name, their kinds, and the crime where it is about one.
pub(super) type Measures = (&'static str, &'static [MeasureKind], Option<Crime>);

const CRIMES: [Crime; 4] = [Crime::Genocide, Crime::WarCrimes, Crime::EthnicCleansing, Crime::CrimesAgainstHumanity];

const AT_HOME: &[Measures] = &[
    ("criminalisation:genocide", &[MeasureKind::Criminalisation], Some(CRIMES[0])),
    ("criminalisation:war_crimes", &[MeasureKind::Criminalisation], Some(CRIMES[1])),
    ("criminalisation:ethnic_cleansing", &[MeasureKind::Criminalisation], Some(CRIMES[2])),
    ("criminalisation:crimes_against_humanity", &[MeasureKind::Criminalisation], Some(CRIMES[3])),
    ("incitement", &[MeasureKind::Incitement], None),
    ("constitution", &[MeasureKind::Constitution], None),
    ("security_oversight", &[MeasureKind::SecurityOversight], None),
    ("redress", &[MeasureKind::Redress, MeasureKind::Reconciliation], None),
    ("other_measures", &[MeasureKind::Other], None),
];

/// Of step 4.
pub(super) const RESILIENCE: &[Measures] =
    &[("resilience", &[MeasureKind::EarlyWarning, MeasureKind::Education], None)];

pub(super) fn accountability(q: &Question<'_>, cases: &[Story], state: &ActorId) -> Lookup<StepCells> {
    let mut cells = measures(q, state, AT_HOME)?;
    let criminal =
        cells.iter().filter(|c| c.cell.starts_with("criminalisation:") && c.value.starts_with("in place")).count();
    let barriers = of_state(q, "barrier", state)?;
    let (own, open_by_own) = barriers_by(&barriers, "barriers", |by| by == state);
    let (others, open_by_others) = barriers_by(&barriers, "barriers:attested", |by| by != state);
    cells.extend([own, others]);
    let institutions = of_state(q, "nhri", state)?;
    let status = status_of(&institutions);
    cells.extend(nhri(&institutions));
    cells.extend(parliament(q, &of_state(q, "parliament", state)?));
    cells.push(cases_about(cases, state));
    let open = open_by_own.max(open_by_others);
    let short = format!("{criminal}/4 {open}b NHRI {status}");
    Ok((short, criminal == CRIMES.len(), cells))
}

/// Two cells for each: the state's word, and that of others.
pub(super) fn measures(q: &Question<'_>, state: &ActorId, wanted: &[Measures]) -> Lookup<Vec<Cell>> {
    let all = of_state(q, "measure", state)?;
    let mut cells = Vec::new();
    for (name, kinds, crime) in wanted {
        let is = |s: &&Story| {
            s.view.last::<MeasureReported>().is_some_and(|(m, _)| {
                kinds.contains(&m.kind) && crime.is_none_or(|c| m.crimes.as_ref().is_some_and(|all| all.contains(&c)))
            })
        };
        let mine: Vec<Story> = all.iter().filter(is).cloned().collect();
        cells.push(reported(name, &mine));
        cells.push(found_by_others(&format!("{name}:attested"), &mine, |a| {
            let attested = a.body.get::<MeasureAttested>()?;
            Some((attested.assessor.clone(), if attested.effective { "effective" } else { "not effective" }))
        }));
    }
    Ok(cells)
}

fn reported(name: &str, measures: &[Story]) -> Cell {
    let own = |a: &&Act| a.body.get::<MeasureAttested>().is_none();
    let basis = Basis::all(measures.iter().map(|s| s.basis(s.view.acts.iter().filter(own))));
    let since = |state: &str| {
        let days = measures.iter().filter(|s| s.view.state == state).filter_map(|s| s.view.since);
        days.min_by_key(|d| d.last_day())
    };
    let in_place: Vec<&MeasureReported> = measures
        .iter()
        .filter(|s| s.view.state == "in_place")
        .filter_map(|s| s.view.last::<MeasureReported>().map(|(m, _)| m))
        .collect();
    let value = match (since("in_place"), since("ended")) {
        (Some(day), _) => {
            let mut crimes: Vec<Crime> = in_place.iter().flat_map(|m| m.crimes.iter().flatten().copied()).collect();
            crimes.sort_unstable();
            crimes.dedup();
            let crimes: Vec<String> = crimes.into_iter().map(spoken).collect();
            match name == "incitement" {
                true => format!("in place since {day}: {}", crimes.join(", ")),
                false => format!("in place since {day}"),
            }
        }
        (None, Some(day)) => format!("ended {day}"),
        (None, None) => return Cell::none(name),
    };
    Cell::new(name, value, basis)
}

/// The barriers by the word of some: what one says changes nothing of what another says.
fn barriers_by(barriers: &[Story], name: &str, of: impl Fn(&ActorId) -> bool) -> (Cell, usize) {
    let (mut open, mut removed) = (BTreeMap::new(), 0);
    let mut bases = Vec::new();
    for story in barriers {
        let acts: Vec<&Act> = story.view.acts.iter().filter(|a| of(speaker(a))).collect();
        // The kind is in the report, whoever made it.
        let kind = story.view.last::<BarrierReported>().map(|(b, _)| spoken(b.kind)).unwrap_or_default();
        match acts.last() {
            Some(last) if last.body.get::<BarrierRemoved>().is_some() => removed += 1,
            Some(_) => *open.entry(kind).or_insert(0usize) += 1,
            None => continue,
        }
        bases.push(story.basis(acts));
    }
    if bases.is_empty() {
        return (Cell::none(name), 0);
    }
    let number: usize = open.values().sum();
    let kinds: Vec<String> = open.iter().map(|(kind, n)| format!("{n} {kind}")).collect();
    let kinds = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
    (Cell::new(name, format!("{number} open{kinds}, {removed} removed"), Basis::all(bases)), number)
}

/// The best status that an institution of the state has.
fn status_of(institutions: &[Story]) -> &'static str {
    let has = |state: &str| institutions.iter().any(|s| s.view.state == state);
    match institutions.is_empty() {
        true => "-",
        false if has("status_a") => "A",
        false if has("status_b") => "B",
        false => "0",
    }
}

/// Three cells: the state's word, the accreditation, and what the institution itself does.
fn nhri(institutions: &[Story]) -> [Cell; 3] {
    let cell = |name: &str, keep: &dyn Fn(&Act) -> bool, value: &dyn Fn(&Story, &[&Act]) -> String| {
        let (mut values, mut bases) = (Vec::new(), Vec::new());
        for story in institutions {
            let acts: Vec<&Act> = story.view.acts.iter().filter(|a| keep(a)).collect();
            if !acts.is_empty() {
                values.push(value(story, &acts));
                bases.push(story.basis(acts));
            }
        }
        match values.is_empty() {
            true => Cell::none(name),
            false => Cell::new(name, values.join("; "), Basis::all(bases)),
        }
    };
    let established = cell("nhri", &|a| a.body.get::<NhriEstablished>().is_some(), &|_, acts| {
        format!("established {}", acts[0].effective)
    });
    let accredited = cell("nhri:status", &|a| a.body.get::<AccreditationDecided>().is_some(), &|story, acts| {
        let given = story.view.since.map(|d| format!(" since {d}")).unwrap_or_default();
        let decided = |a: &Act| a.body.get::<AccreditationDecided>().and_then(|d| d.next_review);
        let next = acts.iter().rev().find_map(|a| decided(a)).map_or(String::new(), |d| format!(", next review {d}"));
        let status = match story.view.state {
            "established" => "decision put off".to_owned(),
            state => format!("{}{given}", state.replace("status_a", "A").replace("status_b", "B").replace('_', " ")),
        };
        format!("{status}{next}")
    });
    let reports = cell("nhri:reports", &|a| a.body.get::<NhriReported>().is_some(), &|_, acts| {
        let on_prevention = acts.iter().filter(|a| a.body.get::<NhriReported>().is_some_and(|r| r.atrocity_prevention));
        format!("{} reports, {} on the prevention of atrocity crimes", acts.len(), on_prevention.count())
    });
    [established, accredited, reports]
}

/// Debates of this year, and all-party groups.
fn parliament(q: &Question<'_>, stories: &[Story]) -> [Cell; 2] {
    let year = q.as_of.year();
    let this_year = |a: &Act| a.effective.first_day().year() == year;
    let debates: Vec<(&Act, &Story)> = stories
        .iter()
        .flat_map(|s| s.view.all::<ParliamentActed>().map(move |(p, a)| (p, a, s)))
        .filter(|(p, a, _)| p.act == ParliamentaryAct::Debate && this_year(a))
        .map(|(_, a, s)| (a, s))
        .collect();
    let debate = match debates.iter().map(|(a, _)| a.effective).max_by_key(|d| d.last_day()) {
        Some(last) => Cell::new(
            "parliament:debate",
            format!("{} in {year}, the last on {last}", debates.len()),
            Basis::all(debates.iter().map(|(a, s)| s.basis([*a]))),
        ),
        None => Cell::none("parliament:debate"),
    };
    let groups: Vec<&Story> = stories
        .iter()
        .filter(|s| s.view.last::<ParliamentBodyEstablished>().is_some_and(|(b, _)| b.all_party))
        .collect();
    let standing = groups.iter().filter(|s| s.view.state == "established").count();
    let group = match groups.is_empty() {
        true => Cell::none("parliament:all_party_group"),
        false => Cell::new(
            "parliament:all_party_group",
            format!("{standing} established, {} dissolved", groups.len() - standing),
            Basis::all(groups.iter().map(|s| s.whole())),
        ),
    };
    [debate, group]
}

/// Cases about acts committed in the state, before whatever court.
fn cases_about(cases: &[Story], state: &ActorId) -> Cell {
    let about = |s: &&Story| s.view.all::<CaseOpened>().any(|(c, _)| c.state.as_ref() == Some(state));
    let mine: Vec<&Story> = cases.iter().filter(about).collect();
    if mine.is_empty() {
        return Cell::none("cases");
    }
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    mine.iter().for_each(|s| *counts.entry(s.view.state).or_default() += 1);
    Cell::new("cases", counted(&counts), Basis::all(mine.iter().map(|s| s.whole())))
}
