//! `overdue`: who owes what to whom, and how late it is.
//! Not here: what makes something overdue (`answerable_ledger::projection::overdue`).

use answerable_ledger::projection::overdue::{Board, Item, Which, board};

use super::answering::{BASIS, ask, asked_at, basis_with, marks, or_empty};
use crate::args::{Cli, Overdue};
use crate::error::CliError;
use crate::layout::Grid;
use crate::output::Answer;

pub fn overdue(cli: &Cli, a: &Overdue) -> Result<u8, CliError> {
    let which = Which { all: a.all, reporter: a.reporter.clone(), to: a.to.clone(), binding: a.binding };
    let found = ask(cli, &a.asked, |q| board(q, &which))?;
    answer(&found).print(cli.format);
    Ok(0)
}

fn answer(b: &Board) -> Answer {
    let own = [
        "status",
        "kind",
        "who",
        "to",
        "what",
        "legal due",
        "scheduled",
        "days late",
        "days late by schedule",
        "done",
        "binding",
        "stream",
    ];
    let mut answer = Answer::new(b.schema, &[&own[..], &BASIS].concat());
    answer.head.push(asked_at(&b.as_of, &b.known_size));
    answer.head.push(String::new());
    let mut grid = Grid::cutting(&[
        ("status", 11),
        ("who", 13),
        ("what", 13),
        ("legal due", 10),
        ("scheduled", 10),
        ("late", 5),
        ("records", 7),
    ]);
    for item in &b.items {
        let basis = basis_with(&item.notes, &item.basis);
        grid.row(
            [
                item.status.as_str().to_owned(),
                or_empty(&item.who),
                item.what.clone(),
                or_empty(&item.legal_due),
                or_empty(&item.scheduled),
                or_empty(&item.days_late),
                basis[4].clone(),
            ],
            Vec::new(),
        );
        let own = [
            item.status.as_str().to_owned(),
            item.kind.as_str().to_owned(),
            or_empty(&item.who),
            or_empty(&item.to),
            item.what.clone(),
            or_empty(&item.legal_due),
            or_empty(&item.scheduled),
            or_empty(&item.days_late),
            or_empty(&item.days_late_by_schedule),
            or_empty(&item.done),
            item.binding.as_str().to_owned(),
            item.stream.to_string(),
        ];
        answer.row(own.into_iter().chain(basis));
    }
    answer.foot.push(String::new());
    answer.foot.extend(b.items.iter().filter_map(by_schedule));
    for item in &b.items {
        answer.foot.extend(marks(&item.basis).into_iter().map(|m| format!("{}: {m}", item.stream)));
    }
    let c = &b.counts;
    answer
        .foot
        .push(format!("{} overdue, {} rescheduled, {} absent (only encouraged)", c.overdue, c.rescheduled, c.absent));
    answer.foot.push(format!(
        "{} late, {} on time, {} due next, {} undated: never overdue",
        c.late, c.on_time, c.due, c.undated
    ));
    grid.show_in(&mut answer);
    answer.json = Some(serde_json::to_value(b).expect("plain data"));
    answer
}

/// How late it is by the date to which it was put off.
fn by_schedule(item: &Item) -> Option<String> {
    let scheduled = item.scheduled.as_ref()?;
    let said = match item.days_late_by_schedule? {
        n if n > 0 => format!("{n} days late by schedule ({scheduled}) too"),
        n => format!("by schedule ({scheduled}) {} days remain", -n),
    };
    let said = if item.done.is_some() && item.days_late_by_schedule <= Some(0) {
        format!("by schedule ({scheduled}) on time")
    } else {
        said
    };
    Some(format!("{}, due {}: {said}", item.stream, item.legal_due.as_deref().unwrap_or_default()))
}
