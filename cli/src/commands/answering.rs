//! What the answers share: the question asked, what a row rests on, and what stands around the rows.
//! Not here: any single answer.

use std::fmt::Display;

use answerable_ledger::projection::question::{Basis, Question, Report, code};
use answerable_ledger::projection::treaty::list;
use answerable_schemas::Standing;
use serde::Serialize;

use super::{as_of, known, known_size, open};
use crate::args::{Asked, Cli};
use crate::error::CliError;
use crate::layout::{records, wrapped};
use crate::output::Answer;
use crate::words;

/// Asks a question of the ledger, at its two times.
pub fn ask<T, E: Into<CliError>>(
    cli: &Cli,
    asked: &Asked,
    question: impl FnOnce(&Question<'_>) -> Result<T, E>,
) -> Result<T, CliError> {
    let ledger = open(cli)?;
    let size = known_size(&ledger, &asked.times.known)?;
    let history = known(&ledger, size);
    question(&Question::new(&history, as_of(&asked.times), size, asked.filter.read())?).map_err(Into::into)
}

/// The first line of an answer.
pub fn asked_at(as_of: impl Display, known_size: impl Display) -> String {
    format!("As of {as_of}, by {}", known_records(known_size))
}

/// `1 record`, `2 records`, of a size as it is printed.
pub fn known_records(size: impl Display) -> String {
    number(size, "record", "records")
}

/// An answer with its head; `print` adds what follows the rows.
pub fn answer<T: Serialize>(report: &Report<T>, columns: &[&'static str]) -> Answer {
    let mut answer = Answer::new(report.schema, columns);
    answer.head.push(asked_at(&report.as_of, &report.known_size));
    answer.json = Some(serde_json::to_value(report).expect("plain data"));
    answer
}

/// Prints it, with what sums it up, notes and flags.
pub fn print<T>(cli: &Cli, mut answer: Answer, report: &Report<T>, people: Vec<String>, sum: String) {
    if !people.is_empty() {
        answer.head.push(String::new());
        answer.foot.push(String::new());
    }
    answer.lines = Some(people);
    answer.foot.extend(wrapped(&sum, 0));
    for note in &report.notes {
        answer.foot.extend(wrapped(&format!("Note: {note}"), 0));
    }
    for flag in &report.flags {
        answer.foot.extend(wrapped(&format!("Flag: record {}, {}: {}", flag.seq, flag.code, flag.message), 0));
    }
    answer.print(cli.format);
}

/// `1 state`, `2 states`.
pub fn number(count: impl Display, one: &str, many: &str) -> String {
    let count = count.to_string();
    let noun = if count == "1" { one } else { many };
    format!("{count} {noun}")
}

/// The last cells of a row, for programs: with which standing, whose word, flags, answers and other notes, records.
pub const BASIS: [&str; 5] = ["standing", "by", "flags", "notes", "records"];

pub fn basis(b: &Basis) -> [String; 5] {
    basis_with(&[], b)
}

/// With more notes before.
pub fn basis_with(notes: &[String], b: &Basis) -> [String; 5] {
    let notes = [notes, &remarks(b)].concat().join("; ");
    [joined(&b.standings), joined(&b.by), b.flags.join(", "), notes, list(&b.records)]
}

fn remarks(b: &Basis) -> Vec<String> {
    b.possibly.iter().cloned().chain(b.answers.iter().map(words::answered)).collect()
}

/// What a reader must see beside a row, before anything else: flags and disputes.
pub fn marks(b: &Basis) -> Vec<String> {
    b.flags.iter().map(|f| (*f).to_owned()).chain(remarks(b)).collect()
}

/// What stands below a row, for people: whose word it is, if it is not their own; flags; answers.
pub fn below(b: &Basis) -> Vec<String> {
    let mut notes = remarks(b);
    if !b.flags.is_empty() {
        notes.push(format!("flags: {}", b.flags.join(", ")));
    }
    notes
}

/// `records 3, 17, transcribed`.
pub fn rests_on(b: &Basis) -> String {
    let whose = if b.standings == [Standing::Own] || b.standings.is_empty() {
        String::new()
    } else {
        format!(", {}", joined(&b.standings))
    };
    let noun = if b.records.len() == 1 { "record" } else { "records" };
    format!("{noun} {}{whose}", records(&b.records))
}

/// A code as it is spoken.
pub fn spoken<T: Serialize>(value: &T) -> String {
    code(value).replace('_', " ")
}

/// Text, or nothing.
pub fn or_empty<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or(String::new(), T::to_string)
}

/// `a, b`.
pub fn joined<T: Display>(items: &[T]) -> String {
    items.iter().map(T::to_string).collect::<Vec<_>>().join(", ")
}
