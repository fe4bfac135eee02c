//! `commitments` and `commitment`: what was promised, and what became of it. Self-reports and independent findings have
//! columns of their own.
//! Not here: how the answers are computed (`projection::commitments`).

use answerable_ledger::projection::commitments::{
    self as projection, Evolution, Finding, Moment, Row, SelfReport, Wanted,
};
use answerable_ledger::projection::question::Report;

use super::answering::{BASIS, answer, ask, basis, below, number, or_empty, print, rests_on, spoken};
use crate::args::{Cli, Commitment, Commitments};
use crate::error::CliError;
use crate::layout::{Grid, wrapped};

pub fn commitments(cli: &Cli, a: &Commitments) -> Result<u8, CliError> {
    let wanted = Wanted { maker: a.maker.clone(), kind: a.kind, tag: a.tag.clone() };
    let report = ask(cli, &a.asked, |q| projection::commitments(q, &wanted))?;
    let columns = ["maker", "commitment", "kind", "binding", "due", "self reported", "assessed", "state", "text"];
    let mut answer = answer(&report, &[&columns[..], &BASIS].concat());
    let mut grid = Grid::new(&[("maker", 12), ("commitment", 26), ("self-reported", 16), ("assessed by others", 0)]);
    let rows = &report.content.commitments;
    for row in rows {
        let own = row.self_reported.as_ref().map(reported);
        let found: Vec<String> = row.assessed.iter().map(assessed).collect();
        let cells = [
            row.maker.to_string(),
            row.commitment.to_string(),
            row.kind.as_ref().map_or(String::new(), spoken),
            row.binding.map_or(String::new(), |b| b.as_str().to_owned()),
            or_empty(&row.due),
            or_empty(&own),
            found.join("; "),
            row.state.to_owned(),
            or_empty(&row.text),
        ];
        answer.row(cells.into_iter().chain(basis(&row.basis)));
        let found = if found.is_empty() { "-".to_owned() } else { found.join("; ") };
        let own = own.unwrap_or_else(|| "-".to_owned());
        grid.row([row.maker.to_string(), row.commitment.to_string(), own, found], beside(row));
    }
    let reported = rows.iter().filter(|r| r.self_reported.is_some()).count();
    let assessed = rows.iter().filter(|r| !r.assessed.is_empty()).count();
    let withdrawn = rows.iter().filter(|r| r.state == "withdrawn").count();
    let sum = format!(
        "{}: {reported} reported on by their makers, {assessed} assessed by others, {withdrawn} withdrawn",
        number(rows.len(), "commitment", "commitments"),
    );
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}

fn beside(row: &Row) -> Vec<String> {
    let kind = row.kind.as_ref().map_or("not made by these records".to_owned(), spoken);
    let binding = row.binding.map_or(String::new(), |b| format!(", {}", b.as_str()));
    let due = row.due.as_ref().map_or(String::new(), |due| format!(", due {due}"));
    let state = row.state.replace('_', " ");
    let mut notes = vec![format!("{kind}{binding}{due}, {state}; {}", rests_on(&row.basis))];
    notes.extend(row.text.clone());
    notes.extend(below(&row.basis));
    notes
}

fn reported(r: &SelfReport) -> String {
    format!("{} ({})", spoken(&r.status), r.on)
}

fn assessed(f: &Finding) -> String {
    format!("{} ({}, {})", spoken(&f.status), f.by, f.on)
}

pub fn commitment(cli: &Cli, a: &Commitment) -> Result<u8, CliError> {
    let report = ask(cli, &a.asked, |q| {
        projection::commitment(q, &a.maker, &a.commitment)?.ok_or_else(|| {
            CliError::usage(
                "commitment.unknown",
                format!("of a commitment {} of {} nothing is recorded by then", a.commitment, a.maker),
                format!("see what is: answerable commitments {}", a.maker),
            )
        })
    })?;
    let content = &report.content;
    let columns = [
        "on",
        "record",
        "standing",
        "change",
        "text",
        "due",
        "self reported",
        "self report",
        "assessed",
        "assessor",
        "method",
    ];
    let mut answer = answer(&report, &columns);
    for m in &content.events {
        answer.row(cells(m));
    }
    let lines = evolution(&report);
    let kind = content.kind.as_ref().map_or(String::new(), |k| format!(", {}", spoken(k)));
    answer.head.insert(0, format!("{} of {}{kind}", content.commitment, content.maker));
    let versions = content.events.iter().filter(|m| m.version.is_some()).count();
    let reports = content.events.iter().filter(|m| m.self_reported.is_some()).count();
    let findings = content.events.iter().filter(|m| m.assessed.is_some()).count();
    let sum = format!(
        "It is {}: {}, {}, {}",
        content.state.replace('_', " "),
        number(versions, "version", "versions"),
        number(reports, "self-report", "self-reports"),
        number(findings, "independent assessment", "independent assessments"),
    );
    print(cli, answer, &report, lines, sum);
    Ok(0)
}

fn cells(m: &Moment) -> [String; 11] {
    let (v, own, found) = (m.version.as_ref(), m.self_reported.as_ref(), m.assessed.as_ref());
    [
        m.on.clone(),
        m.record.to_string(),
        m.standing.as_str().to_owned(),
        v.map_or(String::new(), |v| v.change.clone()),
        v.map(|v| v.text.clone()).unwrap_or_default(),
        v.map_or(String::new(), |v| or_empty(&v.due)),
        own.map_or(String::new(), |r| spoken(&r.status)),
        own.map_or(String::new(), |r| r.text.clone()),
        found.map_or(String::new(), |f| spoken(&f.status)),
        found.map_or(String::new(), |f| f.by.to_string()),
        found.map_or(String::new(), |f| f.method.clone()),
    ]
}

fn evolution(report: &Report<Evolution>) -> Vec<String> {
    let mut grid =
        Grid::new(&[("on", 10), ("record", 8), ("the promise", 18), ("self-reported", 17), ("assessed by others", 0)]);
    for m in &report.content.events {
        let mut notes = Vec::new();
        let promise = m.version.as_ref().map_or(String::new(), |v| {
            notes.push(v.text.clone());
            notes.extend(v.reason.as_ref().map(|r| format!("because: {r}")));
            if !v.into.is_empty() {
                let into: Vec<&str> = v.into.iter().map(|s| s.as_str()).collect();
                notes.push(format!("into: {}", into.join(", ")));
            }
            v.due.as_ref().map_or(v.change.clone(), |due| format!("{}, due {due}", v.change))
        });
        let own = m.self_reported.as_ref().map_or(String::new(), |r| {
            notes.push(r.text.clone());
            spoken(&r.status)
        });
        let found = m.assessed.as_ref().map_or(String::new(), |f| {
            notes.push(format!("method: {}", f.method));
            notes.extend(f.text.clone());
            format!("{} ({})", spoken(&f.status), f.by)
        });
        if m.standing != answerable_schemas::Standing::Own {
            notes.push(m.standing.as_str().to_owned());
        }
        grid.row([m.on.clone(), m.record.to_string(), promise, own, found], notes);
    }
    let mut lines = grid.lines();
    lines.extend(below(&report.content.basis).iter().flat_map(|n| wrapped(n, 0)));
    lines
}
