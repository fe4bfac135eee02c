//! `access` and `institutions`: what states let others see, and who watches at home.
//! Not here: how the answers are computed (`projection::access`, `projection::institutions`).

use answerable_ledger::projection::access::{self, Invitation};
use answerable_ledger::projection::institutions::{self, Status};

use super::answering::{BASIS, answer, ask, basis, below, number, or_empty, print, rests_on, spoken};
use crate::args::{Cli, OfStates};
use crate::error::CliError;
use crate::layout::Grid;

pub fn access(cli: &Cli, a: &OfStates) -> Result<u8, CliError> {
    let report = ask(cli, &a.asked, |q| access::access(q, &a.states))?;
    let columns = [
        "state",
        "name",
        "standing invitation",
        "since",
        "requested",
        "pending",
        "oldest pending",
        "days",
        "accepted",
        "declined",
        "completed",
        "restricted",
        "communications",
        "answered",
        "gap",
    ];
    let mut answer = answer(&report, &[&columns[..], &BASIS].concat());
    let mut grid = Grid::new(&[
        ("state", 18),
        ("invitation", 10),
        ("since", 10),
        ("asked", 5),
        ("waits", 5),
        ("agreed", 6),
        ("declined", 8),
        ("made", 4),
    ]);
    let rows = &report.content.states;
    for row in rows {
        let (v, c) = (&row.visits, &row.communications);
        let oldest = row.oldest_pending.as_ref();
        let cells = [
            row.state.to_string(),
            row.name.clone(),
            spoken(&row.invitation),
            or_empty(&row.invitation_since),
            v.requested.to_string(),
            v.pending.to_string(),
            oldest.map_or(String::new(), |w| w.since.clone()),
            oldest.map_or(String::new(), |w| w.days.to_string()),
            v.accepted.to_string(),
            v.declined.to_string(),
            v.completed.to_string(),
            v.restricted.to_string(),
            c.sent.to_string(),
            c.answered.to_string(),
            or_empty(&row.gap),
        ];
        answer.row(cells.into_iter().chain(basis(&row.basis)));
        let mut notes = Vec::new();
        notes.extend(row.gap.as_ref().map(|g| format!("gap: {g}")));
        if let (None, Some(w)) = (&row.gap, oldest) {
            notes.push(format!("the oldest request, by {}, waits for {} days (record {})", w.by, w.days, w.record));
        }
        if v.restricted > 0 {
            notes.push(format!("{} of the visits made were restricted", v.restricted));
        }
        if c.sent > 0 {
            notes.push(format!(
                "{}, {} answered",
                number(c.sent as usize, "communication", "communications"),
                c.answered
            ));
        }
        notes.extend(below(&row.basis));
        if !row.basis.records.is_empty() {
            notes.push(rests_on(&row.basis));
        }
        let numbers = [v.requested, v.pending, v.accepted, v.declined, v.completed].map(|n| n.to_string());
        let [asked, waits, agreed, declined, made] = numbers;
        let since = or_empty(&row.invitation_since);
        grid.row([row.state.to_string(), spoken(&row.invitation), since, asked, waits, agreed, declined, made], notes);
    }
    let issued = rows.iter().filter(|r| r.invitation == Invitation::Issued).count();
    let gaps = rows.iter().filter(|r| r.gap.is_some()).count();
    let total = |count: fn(&access::Row) -> u32| rows.iter().map(count).sum::<u32>();
    let sum = format!(
        "{}, {issued} with a standing invitation, {gaps} of them with requests that wait; visits: {} asked for, {} waiting, \
         {} agreed to and not made yet, {} declined, {} made",
        number(rows.len(), "state", "states"),
        total(|r| r.visits.requested),
        total(|r| r.visits.pending),
        total(|r| r.visits.accepted),
        total(|r| r.visits.declined),
        total(|r| r.visits.completed),
    );
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}

pub fn institutions(cli: &Cli, a: &OfStates) -> Result<u8, CliError> {
    let report = ask(cli, &a.asked, |q| institutions::institutions(q, &a.states))?;
    let columns = [
        "state",
        "state name",
        "nhri",
        "nhri name",
        "status",
        "since",
        "pending",
        "pending since",
        "next review",
        "review passed",
        "prevention report",
        "report document",
    ];
    let mut answer = answer(&report, &[&columns[..], &BASIS].concat());
    let mut grid = Grid::new(&[("state", 18), ("status", 16), ("since", 10), ("next review", 11), ("pending", 0)]);
    let rows = &report.content.institutions;
    for row in rows {
        let report = row.prevention_report.as_ref();
        let cells = [
            row.state.to_string(),
            row.state_name.clone(),
            or_empty(&row.nhri),
            or_empty(&row.nhri_name),
            row.status.as_str().to_owned(),
            or_empty(&row.since),
            row.pending.as_ref().map_or(String::new(), |p| p.what.replace('_', " ")),
            row.pending.as_ref().map_or(String::new(), |p| p.on.clone()),
            or_empty(&row.next_review),
            if row.review_passed { "yes" } else { "no" }.to_owned(),
            report.map_or(String::new(), |r| r.on.clone()),
            report.map_or(String::new(), |r| or_empty(&r.document)),
        ];
        answer.row(cells.into_iter().chain(basis(&row.basis)));
        let mut notes: Vec<String> = row.nhri_name.iter().cloned().collect();
        if row.review_passed {
            notes.push("the day of the next review has passed".to_owned());
        }
        notes.extend(report.map(|r| {
            let document = r.document.as_ref().map_or(String::new(), |d| format!(", {d}"));
            format!("last report on the prevention of atrocity crimes: {}{document} (record {})", r.on, r.record)
        }));
        notes.extend(below(&row.basis));
        if !row.basis.records.is_empty() {
            notes.push(rests_on(&row.basis));
        }
        let pending =
            row.pending.as_ref().map_or(String::new(), |p| format!("{} ({})", p.what.replace('_', " "), p.on));
        let (since, next) = (or_empty(&row.since), or_empty(&row.next_review));
        grid.row([row.state.to_string(), row.status.as_str().to_owned(), since, next, pending], notes);
    }
    let of = |status: Status| rows.iter().filter(|r| r.status == status).count();
    let none = of(Status::NoneEstablished);
    let sum = format!(
        "{}: {} with status A, {} with B; the next review has passed of {}; {none} asked for have none",
        number(rows.len() - none, "institution", "institutions"),
        of(Status::A),
        of(Status::B),
        rows.iter().filter(|r| r.review_passed).count(),
    );
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}
