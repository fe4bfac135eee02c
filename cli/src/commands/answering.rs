//! What all answers about promises and conduct share: the question asked, and what stands around their rows.
//! Not here: any single answer.

use answerable_ledger::Ledger;
use answerable_ledger::projection::question::{Basis, Question, Report};
use answerable_schemas::Standing;
use serde::Serialize;

use super::{as_of, known, known_size, open};
use crate::args::{Asked, Cli};
use crate::error::CliError;
use crate::layout::{records, wrapped};
use crate::output::Answer;
use crate::words;

/// Opens the ledger and asks.
pub fn ask<T>(
    cli: &Cli,
    asked: &Asked,
    question: impl FnOnce(&Question<'_>) -> Result<T, CliError>,
) -> Result<T, CliError> {
    let ledger: Ledger = open(cli)?;
    let size = known_size(&ledger, &asked.times.known)?;
    let history = known(&ledger, size);
    question(&Question::new(&history, as_of(&asked.times), size, asked.filter.read())?)
}

/// An answer with its head; `print` adds what follows the rows.
pub fn answer<T: Serialize>(report: &Report<T>, columns: &[&'static str]) -> Answer {
    let mut answer = Answer::new(report.schema, columns);
    answer.head.push(format!("As of {}, by {} records", report.as_of, report.known_size));
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
pub fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The last cells of a row, for programs: standing, flags, notes, records.
pub const BASIS: [&str; 4] = ["standing", "flags", "notes", "records"];

pub fn basis(b: &Basis) -> [String; 4] {
    let all: Vec<String> = b.records.iter().map(u64::to_string).collect();
    [standings(b), b.flags.join(", "), remarks(b).join("; "), all.join(", ")]
}

fn standings(b: &Basis) -> String {
    b.standings.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ")
}

fn remarks(b: &Basis) -> Vec<String> {
    b.possibly.iter().cloned().chain(b.answers.iter().map(words::answered)).collect()
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
        format!(", {}", standings(b))
    };
    let noun = if b.records.len() == 1 { "record" } else { "records" };
    format!("{noun} {}{whose}", records(&b.records))
}

/// A code as it is spoken.
pub fn spoken<T: Serialize>(value: &T) -> String {
    answerable_ledger::projection::question::code(value).replace('_', " ")
}

/// Text, or nothing.
pub fn or_empty<T: ToString>(value: &Option<T>) -> String {
    value.as_ref().map_or(String::new(), T::to_string)
}
