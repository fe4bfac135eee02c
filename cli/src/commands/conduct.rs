//! `conduct`, `unused` and `counts`: promises against votes, what was never used, and counts that others assert.
//! Not here: how the answers are computed (`projection::conduct`, `unused`, `counts`).

use answerable_ledger::projection::conduct::{self, NoConduct, Row, Span};
use answerable_ledger::projection::treaty::list;
use answerable_ledger::projection::{counts, unused};

use super::answering::{BASIS, answer, ask, basis, below, number, or_empty, print, rests_on, spoken};
use crate::args::{Asked, Cli, Conduct, Unused};
use crate::error::CliError;
use crate::layout::{Grid, records, shortened, wrapped};

pub fn conduct(cli: &Cli, a: &Conduct) -> Result<u8, CliError> {
    let report = ask(cli, &a.asked, |q| conduct::conduct(q, &a.instrument, &a.body)?.map_err(refused))?;
    let content = &report.content;
    let columns =
        ["endorser", "name", "endorsed", "on the body", "votes compared", "breaches", "breach list", "votes not named"];
    let mut answer = answer(&report, &[&columns[..], &BASIS].concat());
    answer.head.splice(0..0, wrapped(&content.title, 0));
    let mut grid = Grid::new(&[("endorser", 20), ("endorsed", 24), ("on the body", 24), ("votes", 5)]);
    for row in &content.endorsers {
        let breaches = row.breaches.iter().map(|b| format!("{} ({}, record {})", b.decision, b.on, b.record));
        let cells = [
            row.endorser.to_string(),
            row.name.clone(),
            spans(&row.endorsed),
            spans(&row.terms),
            row.compared.to_string(),
            row.breaches.len().to_string(),
            breaches.collect::<Vec<_>>().join("; "),
            row.unnamed.len().to_string(),
        ];
        answer.row(cells.into_iter().chain(basis(&row.basis)));
        if !row.terms.is_empty() {
            let cells = [row.name.clone(), spans(&row.endorsed), spans(&row.terms), row.compared.to_string()];
            grid.row(cells, beside(row));
        }
    }
    let on_body = content.endorsers.iter().filter(|r| !r.terms.is_empty()).count();
    let tags: Vec<&str> = content.tags.iter().map(|t| t.as_str()).collect();
    let which = if tags.is_empty() { "all drafts".to_owned() } else { format!("drafts tagged {}", tags.join(" or ")) };
    let sum = format!(
        "{}, {on_body} of them on {} while they endorsed; {} compared ({which}, {}); {}. The others were not on it while they \
         endorsed, and have no row here. The instrument rests on {} {}",
        number(content.endorsers.len(), "endorser", "endorsers"),
        content.body,
        number(content.decisions as usize, "decision", "decisions"),
        spoken(&content.test),
        number(content.endorsers.iter().map(|r| r.breaches.len()).sum::<usize>(), "breach", "breaches"),
        if content.instrument_records.len() == 1 { "record" } else { "records" },
        records(&content.instrument_records),
    );
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}

fn refused(why: NoConduct) -> CliError {
    match &why {
        NoConduct::Unknown(_) => CliError::usage(
            "instrument.unknown",
            format!("{why} by then"),
            "a registrar records it with instrument.registered",
        ),
        NoConduct::Without(_) => CliError::usage(
            "instrument.no_conduct",
            why.to_string(),
            "only an instrument whose registration has conduct can be compared with votes",
        ),
    }
}

fn spans(spans: &[Span]) -> String {
    let one = |s: &Span| match &s.until {
        Some(until) => format!("{} to {until}", s.from),
        None => format!("{} on", s.from),
    };
    spans.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn beside(row: &Row) -> Vec<String> {
    let breach = |b: &conduct::Breach| {
        let vote = if b.veto { "vetoed" } else { "voted against" };
        format!("breach: {vote} {} on {} (record {}): {}", b.decision, b.on, b.record, shortened(&b.title, 120))
    };
    let mut notes: Vec<String> = row.breaches.iter().map(breach).collect();
    if !row.unnamed.is_empty() {
        notes.push(format!("who voted against is not named in records {}", records(&row.unnamed)));
    }
    notes.extend(below(&row.basis));
    notes.push(rests_on(&row.basis));
    notes
}

pub fn unused(cli: &Cli, a: &Unused) -> Result<u8, CliError> {
    if let Some(mechanism) = &a.mechanism {
        return never_used(cli, &a.asked, mechanism);
    }
    let report = ask(cli, &a.asked, unused::unused)?;
    let content = &report.content;
    let mut answer = answer(&report, &["mechanism", "title", "used", "of states", "never", "records"]);
    let mut grid = Grid::new(&[("mechanism", 34), ("used by", 10), ("what", 0)]);
    for m in &content.mechanisms {
        let all = list(&m.records);
        let numbers = [m.used, content.states, m.never].map(|n| n.to_string());
        answer.row([m.mechanism.clone(), m.title.clone()].into_iter().chain(numbers).chain([all]));
        let notes = if m.records.is_empty() { Vec::new() } else { vec![format!("records {}", records(&m.records))] };
        grid.row([m.mechanism.clone(), format!("{} of {}", m.used, content.states), m.title.clone()], notes);
    }
    let mut lines = grid.lines();
    if !content.kinds.is_empty() {
        lines.extend([
            String::new(),
            format!("{} of which nothing is recorded:", number(content.kinds.len(), "event type", "event types")),
        ]);
        lines.extend(wrapped(&content.kinds.join(", "), 4));
    }
    let never = content.mechanisms.iter().filter(|m| m.used == 0).count();
    let sum = format!(
        "{}, {never} of them never used by any of {}",
        number(content.mechanisms.len(), "mechanism", "mechanisms"),
        number(content.states as usize, "state", "states")
    );
    print(cli, answer, &report, lines, sum);
    Ok(0)
}

fn never_used(cli: &Cli, asked: &Asked, mechanism: &str) -> Result<u8, CliError> {
    let report = ask(cli, asked, |q| {
        unused::never_used(q, mechanism)?.map_err(|known| {
            CliError::usage(
                "mechanism.unknown",
                format!("there is no mechanism {mechanism:?}"),
                format!("one of {}", known.join(", ")),
            )
        })
    })?;
    let content = &report.content;
    let mut answer = answer(&report, &["state", "name", "records"]);
    let mut grid = Grid::new(&[("state", 14), ("name", 40), ("records", 0)]);
    for never in &content.never {
        let all = list(&never.records);
        answer.row([never.state.to_string(), never.name.clone(), all]);
        grid.row([never.state.to_string(), never.name.clone(), records(&never.records)], Vec::new());
    }
    let sum = format!(
        "{} of {} never used {} ({}); {} did",
        content.never.len(),
        number(content.states as usize, "state", "states"),
        content.mechanism,
        content.title,
        content.used
    );
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}

pub fn counts(cli: &Cli, asked: &Asked) -> Result<u8, CliError> {
    let report = ask(cli, asked, counts::counts)?;
    let columns = ["asserter", "id", "what", "on", "asserted", "derived", "difference", "text", "derived records"];
    let mut answer = answer(&report, &[&columns[..], &BASIS].concat());
    let mut grid =
        Grid::new(&[("asserter", 16), ("what", 0), ("on", 10), ("asserted", 8), ("derived", 7), ("differ", 6)]);
    let rows = &report.content.counts;
    for row in rows {
        let all = list(&row.derived_records);
        let numbers = [row.asserted.to_string(), row.derived.to_string(), format!("{:+}", row.difference)];
        let cells = [row.asserter.to_string(), row.id.to_string(), row.what.clone(), row.on.clone()].into_iter();
        answer.row(cells.chain(numbers.clone()).chain([or_empty(&row.text), all.clone()]).chain(basis(&row.basis)));
        let mut notes = below(&row.basis);
        notes.extend(row.text.clone());
        let derived =
            if all.is_empty() { "no record".to_owned() } else { format!("records {}", records(&row.derived_records)) };
        notes.push(format!("asserted: {}; derived: {derived}", rests_on(&row.basis)));
        let [asserted, derived, differ] = numbers;
        grid.row([row.asserter.to_string(), row.what.clone(), row.on.clone(), asserted, derived, differ], notes);
    }
    let differing = rows.iter().filter(|r| r.difference != 0).count();
    let sum = format!(
        "{}, {differing} of them differ from what these records show",
        number(rows.len(), "count asserted", "counts asserted")
    );
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}
