//! `table`: tables for researchers, to stdout or to a file, with what their columns mean and by which choices they are made.
//! Not here: the rows (`answerable_ledger::projection::tables`), the formats (`tables`).

use std::path::Path;

use answerable_ledger::projection::Filter;
use answerable_ledger::projection::tables::{self, Choices, Covered, Panel, Source, TableError};
use answerable_ledger::projection::treaty::Successions;
use answerable_schemas::ids::TreatyId;
use answerable_schemas::{CalendarDate, Standing};
use answerable_verifier::report::escape;
use serde_json::json;

use super::{create_new, known, known_size, not_there, open};
use crate::args::{Cli, Counting, Making, Table, TableName, Years};
use crate::clock;
use crate::error::CliError;
use crate::layout::wrapped;
use crate::output::{Answer, Format, json_text, print};
use crate::tables::columns::{self, Kind};
use crate::tables::countries::Countries;
use crate::tables::frame::{Cell, Frame};

/// In every table: an imprecise date counts on the last day that it can mean.
const IMPRECISE: (&str, &str) = ("imprecise_dates", "last_possible_day");

/// A panel has a row for each state, year and instrument, in memory.
const MOST_YEARS: i16 = 500;

pub fn table(cli: &Cli, a: &Table) -> Result<u8, CliError> {
    let no_counting = Choices::default();
    match a {
        Table::Dictionary { table } => dictionary(cli, *table),
        Table::Long { as_of, making } => {
            let day = as_of.unwrap_or_else(clock::today);
            making_of(cli, making, no_counting, |made| {
                let (covered, rows) = tables::acts(made.source, &making.instrument, day)?;
                let mut frame =
                    made.frame(TableName::Long, &covered, vec![("as_of", day.to_string()), owned(IMPRECISE)]);
                for row in rows {
                    frame.row(long(made, row, day));
                }
                Ok((frame, vec!["state", "act", "date", "instrument", "seq"]))
            })
        }
        Table::Matrix { as_of, counting, making } => making_of(cli, making, choices(counting), |made| {
            let panel = tables::panel(made.source, &making.instrument, [*as_of])?;
            Ok((matrix(made, &panel, as_of.to_string()), vec![]))
        }),
        Table::Panel { years, counting, making } => {
            let (from, to) = span(years)?;
            making_of(cli, making, choices(counting), |made| {
                let panel = Panel::of_years(made.source, &making.instrument, from, to)?;
                let mut frame = made.frame(TableName::Panel, &panel.covered, counted(made, years));
                for row in &panel.rows {
                    frame.row(standing(made, row));
                }
                Ok((frame, vec!["year", "state", "instrument", "status", "party"]))
            })
        }
        Table::Parties { years, counting, making } => {
            let (from, to) = span(years)?;
            making_of(cli, making, choices(counting), |made| {
                let panel = Panel::of_years(made.source, &making.instrument, from, to)?;
                let mut frame = made.frame(TableName::Parties, &panel.covered, counted(made, years));
                for row in tables::parties(&panel, &made.choices) {
                    let seen = panel.covered.iter().find(|c| c.instrument == row.treaty).and_then(|c| c.seen_until);
                    frame.row(vec![
                        i64::from(row.day.year()).into(),
                        row.day.to_string().into(),
                        row.treaty.to_string().into(),
                        row.parties.into(),
                        row.un_parties.into(),
                        row.un_members.into(),
                        row.states.into(),
                        row.ended_states.into(),
                        text(seen),
                        row.after_source.into(),
                    ]);
                }
                Ok((frame, vec!["year", "instrument", "parties", "un_parties", "un_members"]))
            })
        }
        Table::Durations { as_of, succession, making } => {
            let day = as_of.unwrap_or_else(clock::today);
            let choices = Choices { successions: succession.read(), ..no_counting };
            making_of(cli, making, choices, |made| {
                let (covered, spells) = tables::durations(made.source, &making.instrument, day)?;
                let said = vec![
                    ("as_of", day.to_string()),
                    ("succession", made.choices.successions.as_str().to_owned()),
                    ("censored", "as_of_or_newest_source".to_owned()),
                    owned(IMPRECISE),
                ];
                let mut frame = made.frame(TableName::Durations, &covered, said);
                for spell in spells {
                    frame.row(duration(made, spell));
                }
                Ok((frame, vec!["state", "instrument", "signed", "ended", "days"]))
            })
        }
    }
}

/// What a table is made with.
struct Made<'a> {
    source: &'a Source<'a>,
    choices: Choices,
    countries: Countries,
    known_size: u64,
    standing: Option<Standing>,
}

impl Made<'_> {
    fn frame(&self, table: TableName, covered: &[Covered], mut said: Vec<(&'static str, String)>) -> Frame {
        let (name, schema) = columns::schema(table);
        said.insert(0, ("table", name.to_owned()));
        said.push(("standing", self.standing.map_or("any", Standing::as_str).to_owned()));
        said.push(("records", self.known_size.to_string()));
        said.push(("codes", self.countries.told.clone()));
        let titled: Vec<(String, String)> =
            covered.iter().map(|c| (c.instrument.to_string(), c.title.clone())).collect();
        Frame {
            schema,
            columns: columns::of(table, &titled),
            rows: Vec::new(),
            choices: said,
            instruments: json!(covered),
        }
    }
}

fn owned((name, value): (&'static str, &str)) -> (&'static str, String) {
    (name, value.to_owned())
}

fn choices(counting: &Counting) -> Choices {
    Choices { filter: Filter::default(), successions: counting.succession.read(), party_if: counting.party.read() }
}

/// The choices of a table that counts standings.
fn counting_said(made: &Made<'_>) -> Vec<(&'static str, String)> {
    let successions: Successions = made.choices.successions;
    vec![
        ("succession", successions.as_str().to_owned()),
        ("party", made.choices.party_if.as_str().to_owned()),
        owned(IMPRECISE),
        ("un_members", "recorded_membership".to_owned()),
    ]
}

fn counted(made: &Made<'_>, years: &Years) -> Vec<(&'static str, String)> {
    let mut said = vec![("from", years.from.to_string()), ("to", years.to.to_string())];
    said.extend(counting_said(made));
    said
}

fn span(years: &Years) -> Result<(i16, i16), CliError> {
    if years.from > years.to {
        let message = format!("{} is later than {}", years.from, years.to);
        return Err(CliError::usage("table.years", message, "--from names the first year, --to the last"));
    }
    if years.to - years.from >= MOST_YEARS {
        let message = format!("{} to {} is more than {MOST_YEARS} years", years.from, years.to);
        return Err(CliError::usage("table.years", message, "make several tables"));
    }
    Ok((years.from, years.to))
}

/// Makes a table, and prints or writes it. `make` also names the columns that people see in a terminal.
fn making_of(
    cli: &Cli,
    making: &Making,
    choices: Choices,
    make: impl FnOnce(&Made<'_>) -> Result<(Frame, Vec<&'static str>), TableError>,
) -> Result<u8, CliError> {
    let format = format_of(cli.format, making.out.as_deref())?;
    let files: Vec<&Path> = [&making.out, &making.dictionary].into_iter().flatten().map(|p| p.as_path()).collect();
    files.iter().try_for_each(|file| not_there(file))?;
    if let [table, dictionary] = files[..]
        && table == dictionary
    {
        let message = "the table and its dictionary cannot be one file";
        return Err(CliError::usage("table.one_file", message, "name another file with --dictionary FILE"));
    }
    let ledger = open(cli)?;
    let size = known_size(&ledger, &making.known)?;
    let history = known(&ledger, size);
    let choices = Choices { filter: Filter { standing: making.standing, answered: None }, ..choices };
    let source = Source::new(&history, size, choices);
    let countries = Countries::of(making.codes.as_deref())?;
    let made = Made { source: &source, choices, countries, known_size: size, standing: making.standing };
    let (frame, shown) = make(&made)?;
    let written = match (&making.out, format) {
        (None, Format::Table) => {
            for_people(&frame, &shown);
            None
        }
        (None, format) => {
            print(&String::from_utf8(frame.bytes(format)?).expect("only Parquet is no text, and needs a file"));
            None
        }
        (Some(path), format) => Some((path, frame.bytes(format)?)),
    };
    let dictionary = making.dictionary.as_ref().map(|path| (path, json_text(&frame.dictionary()).into_bytes()));
    for (path, bytes) in written.into_iter().chain(dictionary) {
        if !making.dry_run {
            create_new(path, &bytes)?;
        }
        // Beside a table on stdout, nothing else is said there.
        if making.out.is_some() {
            print(&format!("{}\n", escape(&path.display().to_string())));
        }
    }
    Ok(0)
}

/// How to write: as `--format` says, or else as the file's name ends.
fn format_of(asked: Format, out: Option<&Path>) -> Result<Format, CliError> {
    match (asked, out) {
        (Format::Parquet, None) => Err(CliError::usage(
            "table.needs_out",
            "a Parquet file is not written to stdout",
            "name a file: --out TABLE.parquet",
        )),
        (Format::Table, Some(path)) => match path.extension().and_then(|e| e.to_str()) {
            Some("csv") => Ok(Format::Csv),
            Some("json") => Ok(Format::Json),
            Some("jsonl" | "ndjson") => Ok(Format::Jsonl),
            Some("parquet") => Ok(Format::Parquet),
            _ => Err(CliError::usage(
                "table.format_unclear",
                format!("{}: its ending names no format", path.display()),
                "end it with .csv, .json, .jsonl or .parquet, or say --format",
            )),
        },
        (format, _) => Ok(format),
    }
}

impl From<TableError> for CliError {
    fn from(e: TableError) -> Self {
        match e {
            TableError::UnknownTreaty(treaty) => super::answers::unknown(&treaty),
            TableError::Past(e) => e.into(),
        }
    }
}

fn text(date: Option<CalendarDate>) -> Cell {
    date.map(|d| d.to_string()).into()
}

fn spaced<T: ToString>(items: &[T]) -> Cell {
    let all: Vec<String> = items.iter().map(T::to_string).collect();
    if all.is_empty() { Cell::Missing } else { all.join(" ").into() }
}

fn long(made: &Made<'_>, row: tables::ActRow, day: jiff::civil::Date) -> Vec<Cell> {
    let mut cells = vec![row.state.to_string().into(), row.name.into()];
    cells.extend(made.countries.cells(&row.state));
    let known = if row.date.last_day() <= day { "reached" } else { "possibly" };
    let source = row.source.as_ref();
    let spelling = source.and_then(|s| s.row.as_deref()).and_then(|key| spelling(key, row.state.as_str(), &row.treaty));
    cells.extend([
        row.treaty.to_string().into(),
        row.act.into(),
        row.mode.into(),
        row.date.to_string().into(),
        tables::precision(&row.date).into(),
        text(row.succession_date),
        row.standing.as_str().into(),
        spaced(&row.flags),
        Cell::Integer(row.seq as i64),
        spaced(&row.corrections),
        row.event.to_string().into(),
        row.recorded.to_string().into(),
        source.map(|s| s.document.clone().unwrap_or_else(|| s.title.clone())).into(),
        source.and_then(|s| s.url.clone()).into(),
        text(source.map(|s| s.seen)),
        source.and_then(|s| s.row.clone()).into(),
        spelling.into(),
        known.into(),
    ]);
    cells
}

/// The participant's name as the source has it, from the natural key `MAPPING:KEY:ACT`. A key that holds the actor's id was
/// made through a list of names, and the spelling is lost.
fn spelling(key: &str, actor: &str, treaty: &TreatyId) -> Option<String> {
    let (_, rest) = key.split_once(':')?;
    let (parts, _) = rest.rsplit_once(':')?;
    let named: Vec<&str> = parts.split('/').filter(|p| *p != treaty.as_str()).collect();
    match named[..] {
        [one] if one != actor && !one.is_empty() => Some(one.to_owned()),
        _ => None,
    }
}

fn who(made: &Made<'_>, row: &tables::PanelRow) -> Vec<Cell> {
    let mut cells = vec![row.state.to_string().into(), row.name.clone().into()];
    cells.extend(made.countries.cells(&row.state));
    cells.extend([row.exists.into(), row.un_member.into()]);
    cells
}

fn standing(made: &Made<'_>, row: &tables::PanelRow) -> Vec<Cell> {
    let mut cells = vec![i64::from(row.day.year()).into(), row.day.to_string().into()];
    cells.extend(who(made, row));
    let stands = row.cell.row();
    cells.extend([
        row.treaty.to_string().into(),
        row.cell.code().into(),
        row.cell.is_party(&made.choices).into(),
        stands.and_then(|r| r.mode).map(|m| m.as_str()).into(),
        stands.and_then(|r| r.signed.clone()).into(),
        stands.and_then(|r| r.deposited.clone()).into(),
        stands.and_then(|r| r.in_force_from.clone()).into(),
        stands.and_then(|r| r.ends.clone()).into(),
        stands.map(|r| r.standing.as_str()).into(),
        stands.map_or(Cell::Missing, |r| spaced(&r.flags)),
        stands.map_or(Cell::Missing, |r| spaced(&r.records)),
        row.after_source.into(),
    ]);
    cells
}

/// One row for the rows of a state, which stand together.
fn matrix(made: &Made<'_>, panel: &Panel, as_of: String) -> Frame {
    let mut said = vec![("as_of", as_of)];
    said.extend(counting_said(made).into_iter().filter(|(name, _)| *name != "party"));
    let mut frame = made.frame(TableName::Matrix, &panel.covered, said);
    for of_state in panel.rows.chunk_by(|a, b| a.state == b.state) {
        let mut cells = who(made, &of_state[0]);
        cells.extend(of_state.iter().map(|r| Cell::from(r.cell.code())));
        let possibly: Vec<String> = of_state
            .iter()
            .filter_map(|r| r.cell.possibly().map(|p| format!("{}={}", r.treaty, tables::code_of(p))))
            .collect();
        cells.push(spaced(&possibly));
        frame.row(cells);
    }
    frame
}

fn duration(made: &Made<'_>, spell: tables::Spell) -> Vec<Cell> {
    let mut cells = vec![spell.state.to_string().into(), spell.name.into()];
    cells.extend(made.countries.cells(&spell.state));
    let precisions = [&spell.signed, &spell.until].map(tables::precision);
    let coarser = ["year", "month"].into_iter().find(|p| precisions.contains(p)).unwrap_or("day");
    cells.extend([
        spell.treaty.to_string().into(),
        spell.signed.to_string().into(),
        spell.ended.as_str().into(),
        (spell.ended == tables::Ended::Censored).into(),
        spell.until.to_string().into(),
        spell.mode.map(|m| m.as_str()).into(),
        spell.days.into(),
        spell.days_least.into(),
        spell.days_most.into(),
        coarser.into(),
        spell.standing.as_str().into(),
        spaced(&spell.flags),
        spaced(&spell.records),
    ]);
    cells
}

/// In a terminal: the choices, and the columns that matter most. The whole table is for programs.
fn for_people(frame: &Frame, shown: &[&'static str]) {
    let place = |name: &str| frame.columns.iter().position(|c| c.name == name);
    let at: Vec<usize> = shown.iter().filter_map(|name| place(name)).collect();
    let mut answer = Answer::new(frame.schema, shown);
    answer.head = frame.choices.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    answer.head.push(String::new());
    match at.is_empty() {
        true => answer.lines = Some(standings_in_words(frame)),
        false => frame.rows.iter().for_each(|row| answer.row(at.iter().map(|i| row[*i].text()))),
    }
    let rest = format!("{} rows. All columns: --format csv, json or jsonl, or --out FILE.parquet", frame.rows.len());
    answer.foot = vec![String::new()];
    answer.foot.extend(wrapped(&rest, 0));
    for covered in frame.instruments.as_array().into_iter().flatten() {
        for note in covered["notes"].as_array().into_iter().flatten() {
            let (what, note) = (covered["instrument"].as_str(), note.as_str());
            answer.foot.extend(wrapped(&format!("Note: {}: {}", what.unwrap_or(""), note.unwrap_or("")), 0));
        }
    }
    answer.print(Format::Table);
}

/// A matrix is as wide as there are instruments: in a terminal, each state's standings stand below its name.
fn standings_in_words(frame: &Frame) -> Vec<String> {
    let covered: Vec<&str> =
        frame.instruments.as_array().into_iter().flatten().filter_map(|c| c["instrument"].as_str()).collect();
    let silent = ["no_act", "not_adopted", "not_recorded"];
    let mut lines = Vec::new();
    for row in &frame.rows {
        lines.extend(wrapped(&format!("{} ({})", row[1].text(), row[0].text()), 0));
        let cells = frame.columns.iter().zip(row).filter(|(c, _)| covered.contains(&c.name.as_str()));
        let told = cells.map(|(c, v)| (c.name.as_str(), v.text())).filter(|(_, v)| !silent.contains(&v.as_str()));
        let told: Vec<String> = told.map(|(name, v)| format!("{name}: {}", v.replace('_', " "))).collect();
        if told.is_empty() {
            lines.push("    no act recorded".to_owned());
        }
        lines.extend(told.iter().flat_map(|t| wrapped(t, 4)));
    }
    lines
}

fn dictionary(cli: &Cli, table: Option<TableName>) -> Result<u8, CliError> {
    use TableName::{Durations, Long, Matrix, Panel, Parties};
    if cli.format == Format::Parquet {
        return Err(CliError::usage("format.parquet", "the dictionary is no Parquet file", "try --format csv"));
    }
    let mut answer = Answer::new("answerable.table_columns/v1", &["table", "column", "type", "meaning"]);
    let mut people = Vec::new();
    for one in [Long, Matrix, Panel, Parties, Durations].into_iter().filter(|t| table.is_none_or(|only| only == *t)) {
        let (name, _) = columns::schema(one);
        people.push(name.to_owned());
        // In the place of the columns that a ledger's treaties make.
        let each = [("INSTRUMENT".to_owned(), "the instrument, one column each".to_owned())];
        for column in columns::of(one, &each) {
            let kind = match column.kind {
                Kind::Text => "text",
                Kind::Integer => "integer",
                Kind::Boolean => "boolean",
            };
            people.extend(wrapped(&format!("{} ({kind}): {}", column.name, column.meaning), 4));
            answer.row([name.to_owned(), column.name, kind.to_owned(), column.meaning]);
        }
    }
    answer.lines = Some(people);
    answer.print(cli.format);
    Ok(0)
}
