//! `mandates`: which are live and until when, and one mandate's whole life.
//! Not here: what counts as live, lapsed or reviewed (`answerable_ledger::projection::mandates`).

use answerable_ledger::projection::mandates::life::{Life, life};
use answerable_ledger::projection::mandates::{Mandates, Row, Status, Which, mandates as of_the_day};
use answerable_schemas::ids::Slug;

use super::answering::{BASIS, ask, asked_at, basis, joined, marks, or_empty};
use crate::args::{Cli, Mandates as Args};
use crate::error::CliError;
use crate::layout::Grid;
use crate::output::Answer;

pub fn mandates(cli: &Cli, a: &Args) -> Result<u8, CliError> {
    let answer = match &a.mandate {
        Some(mandate) => {
            let found = ask(cli, &a.asked, |q| life(q, mandate))?;
            life_answer(&found.ok_or_else(|| unknown(mandate))?)
        }
        None => {
            let which = Which { all: a.all, no_limit: a.no_limit, no_reporting: a.no_reporting };
            list_answer(&ask(cli, &a.asked, |q| of_the_day(q, which))?)
        }
    };
    answer.print(cli.format);
    Ok(0)
}

fn unknown(mandate: &Slug) -> CliError {
    CliError::usage(
        "mandate.unknown",
        format!("nothing is known of a mandate {mandate} on that day"),
        "see which there are: answerable mandates --all",
    )
}

fn list_answer(m: &Mandates) -> Answer {
    let own = [
        "mandate",
        "title",
        "status",
        "organ",
        "implementers",
        "since",
        "expires",
        "unless",
        "days left",
        "tasks",
        "protection of civilians",
        "lapses",
        "reporting",
        "renewals",
        "renewed without review",
        "successor",
    ];
    let mut answer = Answer::new(m.schema, &[&own[..], &BASIS].concat());
    answer.head.push(asked_at(&m.as_of, &m.known_size));
    answer.head.push(String::new());
    let mut grid =
        Grid::cutting(&[("mandate", 16), ("status", 11), ("expires", 25), ("days", 6), ("tasks", 6), ("records", 6)]);
    for row in &m.mandates {
        let lapses: Vec<String> = row.lapses.iter().map(|l| format!("{} to {}", l.from, l.to)).collect();
        let number = |n: usize| n.to_string();
        let days_left = or_empty(&row.days_left);
        let basis = basis(&row.basis);
        let own = [
            row.mandate.clone(),
            row.title.clone(),
            row.status.as_str().to_owned(),
            or_empty(&row.organ),
            joined(&row.implementers),
            row.since.clone().unwrap_or_default(),
            row.expires.clone().unwrap_or_default(),
            row.unless.as_ref().map_or(String::new(), |u| format!("{}: until {}", u.condition, u.until)),
            days_left.clone(),
            number(row.tasks.len()),
            if row.protection_of_civilians { "yes" } else { "no" }.to_owned(),
            lapses.join("; "),
            joined(&row.reporting),
            number(row.renewals),
            number(row.renewed_without_review.len()),
            or_empty(&row.successor),
        ];
        answer.row(own.into_iter().chain(basis.clone()));
        let tasks = format!("{}{}", row.tasks.len(), if row.protection_of_civilians { " poc" } else { "" });
        let status = short_status(row.status).to_owned();
        grid.row([row.mandate.clone(), status, expiry(row), days_left, tasks, basis[4].clone()], Vec::new());
    }
    let c = &m.counts;
    answer.foot.push(String::new());
    for row in &m.mandates {
        answer.foot.extend(remarks(row).into_iter().map(|r| format!("{}: {r}", row.mandate)));
    }
    answer.foot.push(format!(
        "{} known: {} live, {} lapsed, {} expired unrenewed, {} terminated, {} transferred",
        c.known, c.live, c.lapsed, c.expired_unrenewed, c.terminated, c.transferred
    ));
    answer.foot.push(format!(
        "Of those live: {} without a time limit, {} without a reporting clause, {} renewed without a review",
        c.without_time_limit, c.without_reporting, c.renewed_without_review
    ));
    grid.show_in(&mut answer);
    answer.json = Some(serde_json::to_value(m).expect("plain data"));
    answer
}

fn short_status(status: Status) -> &'static str {
    match status {
        Status::ExpiredUnrenewed => "expired",
        other => other.as_str(),
    }
}

fn expiry(row: &Row) -> String {
    match (&row.expires, &row.unless) {
        (None, _) => "no time limit".to_owned(),
        (Some(day), Some(unless)) => format!("{day} unless: {}", unless.condition),
        (Some(day), None) => day.clone(),
    }
}

/// What is remarkable about a mandate, each a line.
fn remarks(row: &Row) -> Vec<String> {
    let mut remarks: Vec<String> = row
        .lapses
        .iter()
        .map(|l| format!("nobody held it from {} to {} (record {})", l.from, l.to, l.record))
        .collect();
    remarks.extend(row.unless.as_ref().map(|u| format!("until {} if: {}", u.until, u.condition)));
    match row.status {
        Status::ExpiredUnrenewed => remarks.push("expired, and nothing renewed it".to_owned()),
        Status::Lapsed => remarks.push("lapsed on this day; taken up again later".to_owned()),
        Status::Terminated => remarks.push("terminated by a decision".to_owned()),
        Status::Transferred => {
            let to = row.successor.as_ref().map_or("another", |s| s.as_str());
            remarks.push(format!("transferred to {to}"));
        }
        Status::Live => {}
    }
    if row.reporting.is_empty() && row.status == Status::Live {
        remarks.push("nobody must report on it".to_owned());
    }
    match (row.renewed_without_review.len(), row.renewals) {
        (0, _) => {}
        (n, all) => remarks.push(format!("{n} of {all} renewals came without a review")),
    }
    remarks.extend(marks(&row.basis));
    remarks
}

fn life_answer(l: &Life) -> Answer {
    let mut answer = Answer::new(l.schema, &[&["what", "from", "until", "decision", "says"][..], &BASIS].concat());
    let m = &l.mandate;
    answer.head.push(asked_at(&l.as_of, &l.known_size));
    answer.head.push(format!("{} ({})", m.title, m.mandate));
    let organ = m.organ.as_ref().map_or(String::new(), |o| format!(", of {o}"));
    answer.head.push(format!("{}{organ}, carried out by {}", m.status.as_str(), joined(&m.implementers)));
    answer.head.push(format!(
        "expires: {}{}",
        expiry(m),
        m.days_left.map_or(String::new(), |n| format!(", {n} days left"))
    ));
    answer.head.push(String::new());
    let mut grid = Grid::cutting(&[("what", 13), ("from", 10), ("until", 10), ("says", 31), ("records", 8)]);
    for line in &l.life {
        let basis = basis(&line.basis);
        let (from, until) = (line.from.clone().unwrap_or_default(), line.until.clone().unwrap_or_default());
        let decision = or_empty(&line.decision);
        let what = line.what.as_str().to_owned();
        let says = if decision.is_empty() { line.says.clone() } else { format!("{decision}: {}", line.says) };
        grid.row([what.clone(), from.clone(), until.clone(), says, basis[4].clone()], Vec::new());
        answer.row([what, from, until, decision, line.says.clone()].into_iter().chain(basis));
    }
    answer.foot.push(String::new());
    answer.foot.extend(remarks(m));
    answer.foot.push(format!("Renewals: {}; lapses: {}; reviews: {}", m.renewals, m.lapses.len(), m.reviews));
    grid.show_in(&mut answer);
    answer.json = Some(serde_json::to_value(l).expect("plain data"));
    answer
}
