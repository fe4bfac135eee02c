//! `list`: every story of a kind, and where it stands.
//! Not here: single stories, record by record (`records`).

use answerable_ledger::projection::stories::{Stories, Which, kinds, stories};
use answerable_schemas::catalogue::story_kinds;
use answerable_schemas::history::HistoryError;

use super::answering::{BASIS, ask, asked_at, basis, marks};
use super::as_of;
use crate::args::{Cli, List};
use crate::error::CliError;
use crate::layout::Grid;
use crate::output::Answer;

pub fn list(cli: &Cli, a: &List) -> Result<u8, CliError> {
    let Some(kind) = &a.kind else { return list_kinds(cli, a) };
    if !story_kinds().contains(&kind.as_str()) {
        return Err(unknown(kind));
    }
    let which = Which {
        actor: a.actor.clone(),
        tag: a.tag.as_ref().map(ToString::to_string),
        crime: a.crime,
        pillar: a.pillar,
        state: a.state.clone(),
    };
    let found = ask(cli, &a.asked, |q| stories(q, kind, &which))?;
    answer(&found).print(cli.format);
    Ok(0)
}

fn list_kinds(cli: &Cli, a: &List) -> Result<u8, CliError> {
    let (found, size) = ask(cli, &a.asked, |q| Ok::<_, HistoryError>((kinds(q)?, q.known_size)))?;
    let mut answer = Answer::new("answerable.story_kinds/v1", &["kind", "stories", "where they stand"]);
    let mut grid = Grid::cutting(&[("kind", 22), ("stories", 7), ("where they stand", 47)]);
    let mut all = 0;
    for (kind, states) in &found {
        let number: usize = states.values().sum();
        all += number;
        let stand: Vec<String> = states.iter().map(|(s, n)| format!("{n} {}", s.replace('_', " "))).collect();
        let row = [(*kind).to_owned(), number.to_string(), stand.join(", ")];
        grid.row(row.clone(), Vec::new());
        answer.row(row);
    }
    answer.head = vec![asked_at(as_of(&a.asked.times), size), String::new()];
    answer.foot = vec![String::new(), format!("{all} stories of {} kinds", found.len())];
    grid.show_in(&mut answer);
    answer.print(cli.format);
    Ok(0)
}

fn unknown(kind: &str) -> CliError {
    let hint = match kind {
        "treaty" => "treaties have a command of their own: answerable treaty list".to_owned(),
        _ => format!("the kinds are: {}", story_kinds().join(", ")),
    };
    CliError::usage("list.unknown_kind", format!("there is no kind of story called {kind:?}"), hint)
}

fn answer(s: &Stories) -> Answer {
    let mut answer =
        Answer::new(s.schema, &[&["stream", "state", "since", "last act", "last act on"][..], &BASIS].concat());
    answer.head = vec![asked_at(&s.as_of, &s.known_size), String::new()];
    answer.foot.push(String::new());
    let mut grid = Grid::cutting(&[("story", 21), ("state", 12), ("since", 10), ("last act", 22), ("records", 7)]);
    for line in &s.stories {
        let basis = basis(&line.basis);
        let (state, since) = (line.state.replace('_', " "), line.since.clone().unwrap_or_default());
        let name = line.stream.as_str().split_once(':').map_or("", |(_, rest)| rest);
        grid.row([name.to_owned(), state.clone(), since.clone(), line.last.clone(), basis[4].clone()], Vec::new());
        answer.foot.extend(marks(&line.basis).into_iter().map(|m| format!("{name}: {m}")));
        let own = [line.stream.to_string(), state, since, line.last.clone(), line.last_on.clone()];
        answer.row(own.into_iter().chain(basis));
    }
    answer.foot.push(format!("{} of {} stories of the kind {}", s.stories.len(), s.known, s.kind));
    grid.show_in(&mut answer);
    answer.json = Some(serde_json::to_value(s).expect("plain data"));
    answer
}
