//! `recommendations`: one by one, each a short line and its text below; or counted by group.
//! Not here: how the answers are computed (`projection::recommendations`).

use answerable_ledger::projection::recommendations::{self as projection, Counts, Row, Wanted};

use super::answering::{BASIS, answer, ask, basis, below, number, or_empty, print, rests_on, spoken};
use crate::args::{By, Cli, Recommendations};
use crate::error::CliError;
use crate::layout::{Grid, wrapped};

pub fn recommendations(cli: &Cli, a: &Recommendations) -> Result<u8, CliError> {
    let wanted = Wanted {
        to: a.to.clone(),
        from: a.from.clone(),
        mechanism: a.mechanism,
        answer: a.response.map(|r| r.read()),
        cycle: a.cycle,
        session: a.session,
        theme: a.theme.clone(),
        tag: a.tag.clone(),
        assessed: a.assessed,
    };
    match a.by {
        Some(by) => grouped(cli, a, &wanted, by),
        None => listed(cli, a, &wanted),
    }
}

fn listed(cli: &Cli, a: &Recommendations, wanted: &Wanted) -> Result<u8, CliError> {
    let report = ask(cli, &a.asked, |q| projection::recommendations(q, wanted))?;
    let columns = [
        "recommendation",
        "to",
        "from",
        "mechanism",
        "date",
        "cycle",
        "session",
        "action",
        "response",
        "responded",
        "self reported",
        "assessed",
        "themes",
        "text",
    ];
    let mut answer = answer(&report, &[&columns[..], &BASIS].concat());
    let mut people = Vec::new();
    for row in &report.content.recommendations {
        answer.row(cells(row).into_iter().chain(basis(&row.basis)));
        people.extend(told(row, wanted.to.is_none()));
    }
    print(cli, answer, &report, people, sum(&report.content.counts));
    Ok(0)
}

fn cells(row: &Row) -> [String; 14] {
    [
        row.recommendation.to_string(),
        row.to.to_string(),
        row.from.to_string(),
        spoken(&row.mechanism),
        row.date.clone(),
        or_empty(&row.cycle),
        or_empty(&row.session),
        or_empty(&row.action),
        spoken(&row.response),
        or_empty(&row.responded),
        row.self_reported.as_ref().map_or(String::new(), |r| format!("{} ({})", spoken(&r.status), r.on)),
        findings(row),
        row.themes.join("; "),
        row.text.clone(),
    ]
}

fn findings(row: &Row) -> String {
    let found = row.assessed.iter().map(|f| format!("{} ({}, {})", spoken(&f.status), f.by, f.on));
    found.collect::<Vec<_>>().join("; ")
}

/// `state:DEU  session 37, action 5, supported 2021-06-28  (records 3, 17)`, and its text below.
fn told(row: &Row, with_addressee: bool) -> Vec<String> {
    let mut head = match with_addressee {
        true => format!("{} to {}", row.from, row.to),
        false => row.from.to_string(),
    };
    let mut parts = vec![row.session.map_or_else(|| row.date.clone(), |s| format!("session {s}, {}", row.date))];
    parts.extend(row.action.map(|level| format!("action {level}")));
    parts.push(spoken(&row.response));
    head += &format!("  {}  ({})", parts.join(", "), rests_on(&row.basis));
    let mut lines = wrapped(&head, 0);
    lines.extend(wrapped(&row.text, 4));
    let reported = row.self_reported.as_ref();
    lines.extend(
        reported.iter().flat_map(|r| wrapped(&format!("The state reports: {} ({})", spoken(&r.status), r.on), 4)),
    );
    if !row.assessed.is_empty() {
        lines.extend(wrapped(&format!("Others find: {}", findings(row)), 4));
    }
    lines.extend(below(&row.basis).iter().flat_map(|n| wrapped(n, 4)));
    lines
}

fn sum(c: &Counts) -> String {
    format!(
        "{}: {} supported, {} noted, {} pending; {} followed up by the state, {} assessed by others",
        number(c.made as usize, "recommendation", "recommendations"),
        c.supported,
        c.noted,
        c.pending,
        c.followed_up,
        c.assessed
    )
}

fn grouped(cli: &Cli, a: &Recommendations, wanted: &Wanted, by: By) -> Result<u8, CliError> {
    let report = ask(cli, &a.asked, |q| projection::grouped(q, wanted, by.read()))?;
    let columns = ["group", "made", "supported", "noted", "pending", "followed up", "assessed", "records"];
    let mut answer = answer(&report, &columns);
    let mut grid = Grid::new(&[
        ("group", 24),
        ("made", 6),
        ("supported", 9),
        ("noted", 6),
        ("pending", 7),
        ("followed", 8),
        ("assessed", 8),
    ]);
    for group in &report.content.groups {
        let c = &group.counts;
        let numbers = [c.made, c.supported, c.noted, c.pending, c.followed_up, c.assessed].map(|n| n.to_string());
        let span = group.records.map_or(String::new(), |(first, last)| format!("{first} to {last}"));
        answer.row([group.group.clone()].into_iter().chain(numbers.clone()).chain([span]));
        let [made, supported, noted, pending, followed, assessed] = numbers;
        grid.row([group.group.clone(), made, supported, noted, pending, followed, assessed], Vec::new());
    }
    print(cli, answer, &report, grid.lines(), sum(&report.content.counts));
    Ok(0)
}
