//! `scorecard`: the five steps asked of states.
//! Not here: what each cell says (`answerable_ledger::projection::scorecard`).

use answerable_ledger::projection::scorecard::{Scorecard as Card, ScorecardError, Scorecards, Whose, scorecards};

use super::answering::{BASIS, ask, asked_at, basis, joined, marks};
use crate::args::{Cli, Scorecard};
use crate::error::CliError;
use crate::layout::Grid;
use crate::output::Answer;

pub const LEGEND: &str = "Treaties: in force, of those registered; v: assistance to victims is promised, with evidence (v? \
    without). Invited: a standing invitation, and visits granted of those requested. Risks: the last self-assessment, and \
    factors covered. At home: crimes criminalised, open barriers (b), status of the human rights institution.";

pub fn scorecard(cli: &Cli, a: &Scorecard) -> Result<u8, CliError> {
    let whose = match &a.group {
        Some(body) => Whose::MembersOf(body.clone()),
        None if a.all => Whose::All,
        None => Whose::States(a.states.clone()),
    };
    let found = ask(cli, &a.asked, |q| scorecards(q, &whose))?;
    let alone = matches!(whose, Whose::States(_)) && found.states.len() == 1;
    answer(&found, alone).print(cli.format);
    Ok(0)
}

impl From<ScorecardError> for CliError {
    fn from(e: ScorecardError) -> Self {
        let message = e.to_string();
        match e {
            ScorecardError::NotAState(_) => CliError::usage(
                "scorecard.not_a_state",
                message,
                "see the registered states: answerable scorecard --all",
            ),
            ScorecardError::NoMembership(_) => {
                CliError::usage("scorecard.no_membership", message, "see what is recorded: answerable list membership")
            }
            ScorecardError::History(e) => e.into(),
        }
    }
}

fn answer(s: &Scorecards, alone: bool) -> Answer {
    let mut answer = Answer::new(s.schema, &[&["state", "name", "step", "cell", "value"][..], &BASIS].concat());
    answer.head.push(asked_at(&s.as_of, &s.known_size));
    for card in &s.states {
        for step in &card.steps {
            for cell in &step.cells {
                let own = [
                    card.state.to_string(),
                    card.name.clone(),
                    step.step.to_string(),
                    cell.cell.clone(),
                    cell.value.clone(),
                ];
                answer.row(own.into_iter().chain(basis(&cell.basis)));
            }
        }
    }
    if alone {
        one(&mut answer, &s.states[0]);
        answer.foot.extend(s.notes.iter().map(|n| format!("Note: {n}")));
    } else {
        many(&mut answer, s);
    }
    answer.json = Some(serde_json::to_value(s).expect("plain data"));
    answer
}

/// Every cell, with whose word it is and its records.
fn one(answer: &mut Answer, card: &Card) {
    answer.head.push(format!("{} ({})", card.name, card.state));
    answer.head.push(String::new());
    let mut grid = Grid::cutting(&[("cell", 30), ("value", 26), ("word", 11), ("records", 7)]);
    answer.foot.push(String::new());
    for step in &card.steps {
        let mut parent = "";
        for cell in &step.cells {
            let records = basis(&cell.basis)[4].clone();
            let whose = joined(&cell.basis.standings);
            grid.row([label(step.step, parent, &cell.cell), cell.value.clone(), whose, records], Vec::new());
            // What others find, and parts of a cell, stand below it.
            parent = if below(parent, &cell.cell).is_some() { parent } else { &cell.cell };
            answer.foot.extend(marks(&cell.basis).into_iter().map(|m| format!("{}: {m}", cell.cell)));
        }
    }
    let met: Vec<String> = card
        .steps
        .iter()
        .map(|s| format!("{} {} ({})", s.step, s.title, if s.met { "met" } else { "not met" }))
        .collect();
    answer.foot.extend(met.into_iter().map(|m| format!("Step {m}")));
    answer.foot.push("none: nothing of it is recorded, whatever was done".to_owned());
    answer.foot.push("The whole of a value and all its records: --format json".to_owned());
    grid.show_in(answer);
}

/// The rest of a cell's name, if it is a part of this one.
fn below<'a>(parent: &str, cell: &'a str) -> Option<&'a str> {
    cell.strip_prefix(parent)?.strip_prefix(':').filter(|_| !parent.is_empty())
}

/// A cell's name as people read it.
fn label(step: u8, parent: &str, cell: &str) -> String {
    let spoken = |name: &str| {
        name.replace("criminalisation:", "law: ").replace("treaty:", "").replace(':', ": ").replace('_', " ")
    };
    match below(parent, cell) {
        Some(part) => format!("    {}", part.replace('_', " ")),
        None => format!("{step} {}", spoken(cell).replace(":  ", ": ")),
    }
}

/// A row a state, a column a step.
fn many(answer: &mut Answer, s: &Scorecards) {
    answer.head.push(String::new());
    let mut grid = Grid::cutting(&[
        ("state", 12),
        ("focal point", 11),
        ("treaties", 9),
        ("invited", 9),
        ("risks", 13),
        ("at home", 14),
    ]);
    for card in &s.states {
        let short = |step: usize| card.steps.get(step).map_or(String::new(), |s| s.short.clone());
        grid.row([card.state.to_string(), short(0), short(1), short(2), short(3), short(4)], Vec::new());
    }
    answer.foot.push(String::new());
    let m = s.states.len();
    let states = match &s.group {
        Some(g) => format!("{m} of {} members of {} by recorded membership", g.members, g.body),
        None => format!("{m} states"),
    };
    answer.foot.push(format!("{states}:"));
    answer.foot.extend(s.met_in_words().into_iter().map(|line| format!("  {line}")));
    answer.foot.extend(s.notes.iter().map(|n| format!("Note: {n}")));
    answer.foot.push(LEGEND.to_owned());
    grid.show_in(answer);
}
