//! `treaty unratified`, `treaty reservations`, `treaty withdrawals`: promises begun, qualified and given up.
//! Not here: who is bound (`answers`).

use answerable_ledger::projection::reserved::{self, Kind, Row};
use answerable_ledger::projection::treaty::list;
use answerable_ledger::projection::waiting::{self, NoticeState};
use answerable_schemas::ActorId;
use answerable_schemas::ids::TreatyId;

use super::answering::{answer, ask, number, or_empty, print, spoken};
use super::answers::unknown;
use crate::args::{Asked, Cli};
use crate::error::CliError;
use crate::layout::{Grid, records, wrapped};

fn flagged(flags: &[&str]) -> Option<String> {
    (!flags.is_empty()).then(|| format!("flags: {}", flags.join(", ")))
}

fn no_treaty(treaty: Option<&TreatyId>) -> CliError {
    match treaty {
        Some(treaty) => unknown(treaty),
        None => CliError::usage("treaty.unknown", "a treaty is not registered", "see what is: answerable treaty list"),
    }
}

pub fn unratified(
    cli: &Cli,
    asked: &Asked,
    treaty: Option<&TreatyId>,
    state: Option<&ActorId>,
) -> Result<u8, CliError> {
    let report = ask(cli, asked, |q| waiting::unratified(q, treaty, state)?.ok_or_else(|| no_treaty(treaty)))?;
    let columns =
        ["state", "name", "treaty", "signed", "years", "days", "provisionally applied", "standing", "flags", "records"];
    let mut answer = answer(&report, &columns);
    let mut grid = Grid::new(&[("state", 22), ("treaty", 22), ("signed", 10), ("years", 5), ("records", 0)]);
    let rows = &report.content.signatures;
    for s in rows {
        answer.row([
            s.state.to_string(),
            s.name.clone(),
            s.treaty.to_string(),
            s.signed.clone(),
            s.years.to_string(),
            s.days.to_string(),
            if s.provisionally_applied { "yes" } else { "no" }.to_owned(),
            s.standing.as_str().to_owned(),
            s.flags.join(", "),
            list(&s.records),
        ]);
        let mut notes: Vec<String> = flagged(&s.flags).into_iter().collect();
        if s.provisionally_applied {
            notes.push("applied provisionally".to_owned());
        }
        let age = if s.years > 0 { s.years.to_string() } else { format!("{} d", s.days) };
        grid.row([s.name.clone(), s.treaty.to_string(), s.signed.clone(), age, records(&s.records)], notes);
    }
    let mut sum = number(rows.len(), "signature without consent", "signatures without consent");
    if let Some(oldest) = rows.first() {
        sum += &format!("; the oldest is {} days old: {}, {}", oldest.days, oldest.name, oldest.treaty);
    }
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}

pub fn withdrawals(cli: &Cli, asked: &Asked, treaty: Option<&TreatyId>) -> Result<u8, CliError> {
    let report = ask(cli, asked, |q| waiting::withdrawals(q, treaty)?.ok_or_else(|| no_treaty(treaty)))?;
    let columns = [
        "state",
        "name",
        "treaty",
        "notice",
        "received",
        "effect",
        "revoked",
        "days left",
        "days since",
        "standing",
        "flags",
        "records",
    ];
    let mut answer = answer(&report, &columns);
    let mut grid = Grid::new(&[("state", 16), ("treaty", 20), ("received", 10), ("effect", 10), ("", 0)]);
    let rows = &report.content.notices;
    for n in rows {
        answer.row([
            n.state.to_string(),
            n.name.clone(),
            n.treaty.to_string(),
            n.state_of_notice.as_str().to_owned(),
            n.received.clone(),
            or_empty(&n.effect),
            or_empty(&n.revoked),
            or_empty(&n.days_left),
            or_empty(&n.days_since),
            n.standing.as_str().to_owned(),
            n.flags.join(", "),
            list(&n.records),
        ]);
        let what = match (n.state_of_notice, n.days_left, n.days_since) {
            (NoticeState::Pending, Some(days), _) => format!("pending, {days} d left"),
            (NoticeState::Effected, _, Some(days)) => format!("out for {days} d"),
            (NoticeState::Revoked, ..) => format!("revoked {}", or_empty(&n.revoked)),
            (other, ..) => other.as_str().to_owned(),
        };
        let effect = n.effect.clone().unwrap_or_else(|| "unknown".to_owned());
        let mut notes =
            vec![format!("{} {}", if n.records.len() == 1 { "record" } else { "records" }, records(&n.records))];
        notes.extend(flagged(&n.flags));
        grid.row([n.name.clone(), n.treaty.to_string(), n.received.clone(), effect, what], notes);
    }
    let of = |state: NoticeState| rows.iter().filter(|n| n.state_of_notice == state).count();
    let sum = format!(
        "{}: {} pending, {} effected, {} revoked",
        number(rows.len(), "notice of withdrawal", "notices of withdrawal"),
        of(NoticeState::Pending),
        of(NoticeState::Effected),
        of(NoticeState::Revoked)
    );
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}

pub fn reservations(cli: &Cli, asked: &Asked, treaty: &TreatyId, with_gone: bool) -> Result<u8, CliError> {
    let report = ask(cli, asked, |q| reserved::reservations(q, treaty, with_gone)?.ok_or_else(|| unknown(treaty)))?;
    let columns = [
        "kind",
        "state",
        "name",
        "label",
        "since",
        "effect",
        "about",
        "made at",
        "confirmed",
        "withdrawn",
        "objected by",
        "objects to",
        "precludes",
        "text",
        "standing",
        "flags",
        "records",
    ];
    let mut answer = answer(&report, &columns);
    answer.head.insert(0, report.content.title.clone());
    let mut people = Vec::new();
    let rows = &report.content.acts;
    for row in rows {
        answer.row(cells(row));
        people.extend(told(row));
    }
    let of = |kind: Kind| rows.iter().filter(|r| r.kind == kind).count();
    let left_out = match (with_gone, report.content.gone) {
        (false, gone) if gone > 0 => format!("; {gone} that stand no more are left out (--all)"),
        _ => String::new(),
    };
    let sum = format!(
        "{}, {}, {}{left_out}",
        number(of(Kind::Reservation), "reservation", "reservations"),
        number(of(Kind::Declaration), "declaration", "declarations"),
        number(of(Kind::Objection), "objection", "objections"),
    );
    print(cli, answer, &report, people, sum);
    Ok(0)
}

fn objectors(row: &Row) -> Vec<String> {
    let by = row.objected_by.iter();
    by.map(|o| {
        let bars = if o.precludes_entry_into_force { ", not in force between the two" } else { "" };
        format!("{} ({}, record {}{bars})", o.state, o.on, o.record)
    })
    .collect()
}

fn cells(row: &Row) -> [String; 17] {
    let to = row.objects_to.as_ref();
    [
        spoken(&row.kind),
        row.state.to_string(),
        row.name.clone(),
        row.label.to_string(),
        row.since.clone(),
        row.effect.as_text(),
        row.about.join(", "),
        row.made_at.as_ref().map_or(String::new(), spoken),
        or_empty(&row.confirmed),
        or_empty(&row.withdrawn),
        objectors(row).join("; "),
        to.map_or(String::new(), |t| format!("{} {}", t.state, t.label)),
        to.map_or("", |t| if t.precludes_entry_into_force { "yes" } else { "no" }).to_owned(),
        row.text.clone(),
        row.standing.as_str().to_owned(),
        row.flags.join(", "),
        list(&row.records),
    ]
}

/// A head line, and the text below.
fn told(row: &Row) -> Vec<String> {
    let about = match row.kind {
        Kind::Reservation => format!(" to {}", row.about.join(", ")),
        Kind::Declaration => format!(" ({})", row.about.join(", ")),
        Kind::Objection => row.objects_to.as_ref().map_or(String::new(), |t| format!(" to {} of {}", t.label, t.state)),
    };
    let noun = if row.records.len() == 1 { "record" } else { "records" };
    let confirmed = row.confirmed.as_ref().map_or(String::new(), |d| format!(", confirmed {d}"));
    let withdrawn = row.withdrawn.as_ref().map_or(String::new(), |d| format!(" {d}"));
    let mut lines = wrapped(
        &format!(
            "{}: {} {}{about}, {}, {}{withdrawn}{confirmed} ({noun} {}, {})",
            row.name,
            spoken(&row.kind),
            row.label,
            row.since,
            row.effect.as_text(),
            records(&row.records),
            row.standing.as_str()
        ),
        0,
    );
    lines.extend(wrapped(&row.text, 4));
    let objectors = objectors(row);
    if !objectors.is_empty() {
        lines.extend(wrapped(&format!("Objected to by {}", objectors.join("; ")), 4));
    }
    if row.objects_to.as_ref().is_some_and(|t| t.precludes_entry_into_force) {
        lines.extend(wrapped("The treaty shall not be in force between the two.", 4));
    }
    lines.extend(flagged(&row.flags).iter().flat_map(|f| wrapped(f, 4)));
    lines
}
