//! The section on mandates: who holds each and until when, who must report on it, what came, what is overdue. What each cell says
//! the script's data says, too.
//! Not here: how it is found (`answerable_ledger::projection::mandates`).

use answerable_ledger::projection::mandates::reporting::{Reported, Requirement};
use answerable_ledger::projection::mandates::{Row, Status};
use answerable_ledger::projection::overdue::{Item, Status as Due};
use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use jiff::civil::Date;

use super::Answers;
use super::html::{dated, text};
use super::still::{as_of, counting, section, short_list, stacked, table_or};
use crate::commands::answering::{marks, number};

const COLUMNS: [&str; 8] = ["mandate", "held by", "until", "must report", "came", "next", "overdue", "records"];

pub fn mandates(a: &Answers<'_>) -> Lookup<String> {
    let mut out = section("mandates") + &as_of(a);
    let live = || a.mandates.iter().filter(|m| m.mandate.status == Status::Live);
    let [unlimited, unreported] =
        [live().filter(|m| m.mandate.no_time_limit).count(), live().filter(|m| m.mandate.reporting.is_empty()).count()];
    let late = a.mandates.iter().flat_map(|m| &m.requirements).flat_map(Requirement::open);
    let late = late.filter(|i| i.status == Due::Overdue).count();
    out += &format!(
        "<p><strong>{}</strong> of {} live, {} of them without a time limit, {} on which nobody must report; \
         <strong>{}</strong> overdue.</p>\n",
        counting("live", live().count()),
        counting("mandates", number(a.mandates.len(), "mandate", "mandates")),
        counting("unlimited", unlimited),
        counting("unreported", unreported),
        counting("late", late),
    );
    let nothing = "No mandate is recorded that was given by that day.";
    out += &table_or(nothing, a.mandates.is_empty(), "Mandates and reports on them", "held", &COLUMNS);
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
    let [_, held_by, until_when, must_report, _, _, _, rests] = COLUMNS;
    let mut out = format!(
        "<tbody role=\"rowgroup\" data-mandate=\"{}\">\n<tr role=\"row\"><th role=\"rowheader\" scope=\"{}\"{spans} \
         dir=\"auto\">{}{organ}</th>",
        text(&row.mandate),
        if span > 1 { "rowgroup" } else { "row" },
        text(&row.title)
    );
    out += &stacked(held_by, &format!("{spans} dir=\"auto\""), &text(&named(&mut row.implementers.iter())?));
    out += &stacked(until_when, &spans, &until_in_html(row));
    let records = stacked(rests, &format!("{spans} class=\"records\""), &short_list(&row.basis.records));
    match m.requirements.split_first() {
        None => {
            out += &stacked(must_report, " colspan=\"4\"", "no requirement to report is recorded");
            out += &records;
        }
        Some((first, others)) => {
            out += &required(a, first)?;
            out += &records;
            for other in others {
                out += &format!("</tr>\n<tr role=\"row\">{}", required(a, other)?);
            }
        }
    }
    Ok(out + "</tr>\n</tbody>\n")
}

/// How long a mandate lasts.
pub struct Until {
    /// The last day, or that there is none.
    pub last: String,
    /// Set where days are left to it.
    pub left: Option<Date>,
    /// What is remarkable about it.
    pub notes: String,
}

pub fn until(row: &Row) -> Until {
    let mut notes: Vec<String> = row.unless.iter().map(|u| format!("if {}: until {}", u.condition, u.until)).collect();
    notes.extend(row.successor.iter().map(|to| format!("to {to}")));
    notes.extend(row.lapses.iter().map(|l| format!("nobody held it from {} to {}", l.from, l.to)));
    if !row.renewed_without_review.is_empty() {
        notes.push(format!("{} of {} renewals without a review", row.renewed_without_review.len(), row.renewals));
    }
    notes.extend(marks(&row.basis));
    let expires = row.expires.as_ref();
    Until {
        last: expires.cloned().unwrap_or_else(|| "no time limit".to_owned()),
        left: expires.filter(|_| row.status == Status::Live).and_then(|day| day.parse().ok()),
        notes: notes.join("; "),
    }
}

/// How it stands, its last day, and what is remarkable about it.
fn until_in_html(row: &Row) -> String {
    let Until { last, notes, .. } = until(row);
    let left =
        row.days_left.map(|left| number(left, "day", "days")).map_or_else(String::new, |left| format!(", {left} left"));
    let class = if row.status == Status::Live { "" } else { " class=\"silent\"" };
    let notes = if notes.is_empty() { notes } else { format!("<br><small>{}</small>", dated(&notes)) };
    format!("<span{class}>{}</span><br>{}{notes}", row.status.as_str(), dated(&(last + &left)))
}

/// The cells of a requirement: who must report, what came, what is next, what is overdue.
fn required(a: &Answers<'_>, r: &Requirement) -> Lookup<String> {
    let who = format!("{} to {}", a.question.name(&r.required.reporter)?, a.question.name(&r.required.organ)?);
    let marks = marks(&r.basis).join("; ");
    let marks = if marks.is_empty() { marks } else { format!("<br><small>{}</small>", dated(&marks)) };
    let [_, _, _, must_report, what_came, what_next, overdue, _] = COLUMNS;
    let asked = format!(
        "{}<br><small>{} ({})</small>{marks}",
        text(&who),
        dated(&r.required.title),
        text(r.required.binding.as_str())
    );
    Ok([
        stacked(must_report, &format!(" dir=\"auto\" data-requirement=\"{}\"", text(r.stream.as_str())), &asked),
        stacked(what_came, "", &dated(&came(r).0)),
        stacked(what_next, " class=\"next\"", &dated(&next(r))),
        stacked(overdue, "", &dated(&did_not_come(r).0)),
    ]
    .concat())
}

/// `nothing`, `2014-01-01`, `3, the last on 2014-01-01`; and the records that say so.
pub fn came(r: &Requirement) -> (String, Vec<u64>) {
    let Some((last, _)) = r.came.last() else { return ("nothing".to_owned(), Vec::new()) };
    let said = if r.came.len() == 1 { last.to_string() } else { format!("{}, the last on {last}", r.came.len()) };
    (said, r.came.iter().flat_map(|(_, records)| records).copied().collect())
}

/// `due 2015-03-14`, `undated: as appropriate`, `nothing was due after 2021-09-30`; empty where nothing is next.
pub fn next(r: &Requirement) -> String {
    let Some(item) = r.next() else { return String::new() };
    match (&item.legal_due, &item.scheduled) {
        (None, _) if item.notes.is_empty() => item.status.as_str().to_owned(),
        (None, _) => item.notes.join("; "),
        (Some(legal), None) => format!("{} {legal}", item.status.as_str()),
        (Some(legal), Some(to)) => format!("{} {legal}, put off to {to}", item.status.as_str()),
    }
}

/// `3 overdue, since 2014-01-01`, `1 rescheduled`; empty where nothing is; and the records that say so, ascending.
pub fn did_not_come(r: &Requirement) -> (String, Vec<u64>) {
    let open: Vec<&Item> = r.open().collect();
    let Some(first) = open.first() else { return Default::default() };
    let mut parts = Vec::new();
    for status in [Due::Overdue, Due::Rescheduled, Due::Absent] {
        let n = open.iter().filter(|i| i.status == status).count();
        if n > 0 {
            parts.push(format!("{n} {}", status.as_str()));
        }
    }
    let since = first.legal_due.as_ref().map_or_else(String::new, |day| format!(", since {day}"));
    let mut rests: Vec<u64> = open.iter().flat_map(|i| &i.basis.records).copied().collect();
    rests.sort_unstable();
    rests.dedup();
    (parts.join(", ") + &since, rests)
}
