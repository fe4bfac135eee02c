//! The section on mandates: who holds each and until when, who must report on it, what came, what is overdue.
//! Not here: how it is found (`answerable_ledger::projection::mandates`).

use std::fmt::Write;

use answerable_ledger::projection::mandates::reporting::{Reported, Requirement};
use answerable_ledger::projection::mandates::{Row, Status};
use answerable_ledger::projection::overdue::{Item, Status as Due};
use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;

use super::Answers;
use super::html::text;
use super::still::{columns, opening, records, section};
use crate::commands::answering::{marks, number};

pub fn mandates(a: &Answers<'_>) -> Lookup<String> {
    let mut out = section("mandates");
    if a.mandates.is_empty() {
        return Ok(out + "<p>No mandate is recorded that was given by that day.</p>\n</section>\n");
    }
    let live = || a.mandates.iter().filter(|m| m.mandate.status == Status::Live);
    let [unlimited, unreported] =
        [live().filter(|m| m.mandate.no_time_limit).count(), live().filter(|m| m.mandate.reporting.is_empty()).count()];
    let late = a.mandates.iter().flat_map(|m| &m.requirements).flat_map(Requirement::open);
    let late = late.filter(|i| i.status == Due::Overdue).count();
    out += &format!(
        "<p><strong>{}</strong> of {} live, {unlimited} of them without a time limit, {unreported} on which nobody must report; \
         <strong>{late}</strong> overdue. <span class=\"stands\">Stands at {}.</span></p>\n",
        live().count(),
        number(a.mandates.len(), "mandate", "mandates"),
        a.question.as_of,
    );
    out += "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Mandates and reports on them\">\n<table id=\"held\">\n";
    out += &columns(&["mandate", "held by", "until", "must report", "came", "next", "overdue", "records"]);
    for mandate in &a.mandates {
        out += &held(a, mandate)?;
    }
    Ok(out + "</table>\n</div>\n</section>\n")
}

/// A mandate, with a row for each requirement to report on it.
fn held(a: &Answers<'_>, m: &Reported) -> Lookup<String> {
    let row = &m.mandate;
    let span = m.requirements.len().max(1);
    let spans = if span > 1 { format!(" rowspan=\"{span}\"") } else { String::new() };
    let named = |actors: &mut dyn Iterator<Item = &ActorId>| -> Lookup<String> {
        Ok(actors.map(|actor| a.question.name(actor)).collect::<Lookup<Vec<_>>>()?.join(", "))
    };
    let organ = match &row.organ {
        Some(organ) => format!("<br><small>of {}</small>", text(&a.question.name(organ)?)),
        None => String::new(),
    };
    let mut out = format!(
        "<tbody data-mandate=\"{}\">\n<tr><th scope=\"{}\"{spans} dir=\"auto\">{}{organ}</th>",
        text(&row.mandate),
        if span > 1 { "rowgroup" } else { "row" },
        text(&row.title)
    );
    out += &format!("<td{spans} dir=\"auto\">{}</td>", text(&named(&mut row.implementers.iter())?));
    out += &format!("<td{spans}>{}</td>", until(row));
    let whole = format!("{}: all that is known of the mandate", row.title);
    match m.requirements.split_first() {
        None => {
            out += "<td colspan=\"4\">no requirement to report is recorded</td>";
            out += &records(&row.basis.records, &whole);
        }
        Some((first, others)) => {
            out += &required(a, row, first)?;
            out += &records(&row.basis.records, &whole).replacen("<td", &format!("<td{spans}"), 1);
            for other in others {
                out += &format!("</tr>\n<tr>{}", required(a, row, other)?);
            }
        }
    }
    Ok(out + "</tr>\n</tbody>\n")
}

/// How it stands, its last day, and what is remarkable about it.
fn until(row: &Row) -> String {
    let last = match (&row.expires, row.days_left) {
        (None, _) => "no time limit".to_owned(),
        (Some(day), Some(left)) => format!("{day}, {} left", number(usize::try_from(left).unwrap_or(0), "day", "days")),
        (Some(day), None) => day.clone(),
    };
    let class = if row.status == Status::Live { "" } else { " class=\"silent\"" };
    let mut out = format!("<span{class}>{}</span><br>{}", row.status.as_str(), text(&last));
    let mut notes: Vec<String> = row.unless.iter().map(|u| format!("if {}: until {}", u.condition, u.until)).collect();
    notes.extend(row.successor.iter().map(|to| format!("to {to}")));
    notes.extend(row.lapses.iter().map(|l| format!("nobody held it from {} to {}", l.from, l.to)));
    if !row.renewed_without_review.is_empty() {
        notes.push(format!("{} of {} renewals without a review", row.renewed_without_review.len(), row.renewals));
    }
    notes.extend(marks(&row.basis));
    if !notes.is_empty() {
        write!(out, "<br><small>{}</small>", text(&notes.join("; "))).expect("a string takes it");
    }
    out
}

/// The cells of a requirement: who must report, what came, what is next, what is overdue.
fn required(a: &Answers<'_>, row: &Row, r: &Requirement) -> Lookup<String> {
    let title = format!("{}, {}", row.title, r.required.title);
    let who = format!("{} to {}", a.question.name(&r.required.reporter)?, a.question.name(&r.required.organ)?);
    let marks = marks(&r.basis).join("; ");
    let marks = if marks.is_empty() { marks } else { format!("<br><small>{}</small>", text(&marks)) };
    let mut out = format!(
        "<td dir=\"auto\" data-requirement=\"{}\">{}<br><small>{} ({})</small>{marks}</td>",
        text(r.stream.as_str()),
        text(&who),
        text(&r.required.title),
        text(r.required.binding.as_str())
    );
    out += &match r.came.last() {
        None => "<td>nothing</td>".to_owned(),
        Some((last, _)) => {
            let said =
                if r.came.len() == 1 { last.to_string() } else { format!("{}, the last on {last}", r.came.len()) };
            let came: Vec<u64> = r.came.iter().flat_map(|(_, records)| records).copied().collect();
            opening(&said, &came, &format!("{title}: what came"))
        }
    };
    out += &format!("<td class=\"next\">{}</td>", r.next().map_or_else(String::new, |item| text(&next(item))));
    let open: Vec<&Item> = r.open().collect();
    out += &match open.first() {
        None => "<td></td>".to_owned(),
        Some(first) => {
            let mut rests: Vec<u64> = open.iter().flat_map(|i| &i.basis.records).copied().collect();
            rests.sort_unstable();
            rests.dedup();
            opening(&not_there(&open, first), &rests, &format!("{title}: what did not come"))
        }
    };
    Ok(out)
}

/// `due 2015-03-14`, `undated: as appropriate`, `nothing was due after 2021-09-30`.
fn next(item: &Item) -> String {
    match (&item.legal_due, &item.scheduled) {
        (None, _) if item.notes.is_empty() => item.status.as_str().to_owned(),
        (None, _) => item.notes.join("; "),
        (Some(legal), None) => format!("{} {legal}", item.status.as_str()),
        (Some(legal), Some(to)) => format!("{} {legal}, put off to {to}", item.status.as_str()),
    }
}

/// `3 overdue, since 2014-01-01`, `1 rescheduled`.
fn not_there(open: &[&Item], first: &Item) -> String {
    let mut parts = Vec::new();
    for status in [Due::Overdue, Due::Rescheduled, Due::Absent] {
        let n = open.iter().filter(|i| i.status == status).count();
        if n > 0 {
            parts.push(format!("{n} {}", status.as_str()));
        }
    }
    let since = first.legal_due.as_ref().map_or_else(String::new, |day| format!(", since {day}"));
    parts.join(", ") + &since
}
