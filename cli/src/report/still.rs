//! What the page shows without a script: its head, what is overdue, who is bound, scorecards, counts; all of one day.
//! Not here: what the script makes of it.

use std::collections::{BTreeMap, BTreeSet};

use answerable_ledger::projection::courses::now;
use answerable_ledger::projection::overdue::Item;
use answerable_ledger::projection::scorecard::{Scorecard, Step, TITLES};
use answerable_ledger::projection::treaty::{Row, Status, list};
use answerable_schemas::history::Lookup;
use answerable_schemas::{ActorId, CalendarDate};

use super::html::{dated, text};
use super::mandates::mandates;
use super::{About, Answers, turning};
use crate::commands::answering::known_records;
use crate::commands::scorecard::LEGEND;

/// The body of the page, up to its scripts.
pub fn body(a: &Answers<'_>, about: &About, command: &str) -> Lookup<String> {
    let mut out = String::new();
    out += "<a class=\"skip\" href=\"#main\">Skip to the answers</a>\n";
    out += &head(a, about, command);
    out += &sections();
    out += "<div id=\"controls\" role=\"group\" aria-label=\"The day\" hidden></div>\n<main id=\"main\">\n";
    out += &overdue(a)?;
    out += &mandates(a)?;
    out += &standings(a)?;
    out += &cards(a);
    out += &times(a);
    out += "</main>\n<aside id=\"panel\" aria-labelledby=\"panel-title\" hidden></aside>\n";
    out += "<footer><p>Made by <code>answerable</code>. The ledger is the record; this page is an extract of it.</p></footer>\n";
    Ok(out)
}

fn head(a: &Answers<'_>, about: &About, command: &str) -> String {
    let (day, size) = (a.question.as_of, a.question.known_size);
    let mut out = format!("<header>\n<h1>{}</h1>\n", text(&about.title));
    out += &format!(
        "<p class=\"lead\">As of <strong class=\"date\">{day}</strong>, as known by {}.</p>\n",
        known_records(size)
    );
    out += "<details id=\"provenance\"><summary>What this page rests on</summary>\n<dl>\n";
    let version = env!("CARGO_PKG_VERSION");
    for (what, value) in [
        ("Ledger", about.origin.as_str()),
        ("Ledger id", &about.ledger_id),
        ("Known by", &format!("{}, the last of them recorded {}", known_records(size), about.last_recorded)),
        ("Root of these", &about.root),
        ("Rules", &about.rules),
        ("Program", &format!("answerable {version}")),
        ("Regions", &a.countries.told),
        ("Command", command),
    ] {
        out += &format!("<dt>{what}</dt><dd><code>{}</code></dd>\n", text(value));
    }
    out += "</dl>\n<p>This page is an extract: it proves nothing by itself. To check what it says, take an export of the \
            ledger, and run <code>answerable-verify</code> on it under the pins of its pin card. The root above must be \
            that of the export at this size.</p>\n</details>\n";
    out += "<noscript><p>Scripts are off: the tables below are those of the day above, and open to no records. \
            <code>answerable show SEQ</code> shows one.</p></noscript>\n</header>\n";
    out
}

/// The sections, by id and title.
const SECTIONS: [(&str, &str); 5] = [
    ("overdue", "Overdue"),
    ("mandates", "Mandates"),
    ("map", "Who is bound by what"),
    ("cards", "Scorecards"),
    ("times", "Two times"),
];

/// Links to them: the tables before one may have hundreds of buttons.
fn sections() -> String {
    let links = SECTIONS.map(|(id, title)| format!("<li><a href=\"#{id}\">{title}</a></li>"));
    format!("<nav aria-label=\"Sections\"><ul>{}</ul></nav>\n", links.concat())
}

pub fn section(id: &str) -> String {
    let (_, title) = SECTIONS.iter().find(|(known, _)| *known == id).expect("one of the sections");
    format!("<section id=\"{id}\" aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{title}</h2>\n")
}

/// The columns whose cells are numbers: their headings stand above them, at the end.
const NUMBERS: [&str; 7] =
    ["days late", "in force from", "signed", "deposits", "in force for", "took effect", "recorded"];

/// True where a record of a step has flags or was answered.
pub fn is_marked(step: &Step) -> bool {
    step.cells.iter().any(|cell| !cell.basis.flags.is_empty() || !cell.basis.answers.is_empty())
}

/// A heading row.
pub fn columns(names: &[&str]) -> String {
    let class = |n: &str| if NUMBERS.contains(&n) { " class=\"number\"" } else { "" };
    let cells: String = names.iter().map(|n| format!("<th scope=\"col\"{}>{}</th>", class(n), text(n))).collect();
    format!("<thead><tr>{cells}</tr></thead>\n")
}

/// The heading row of a table whose rows become blocks where there is no room for columns. Its parts say what they are, as a
/// browser may forget it of what is no longer laid out as a table.
pub fn stacked_columns(names: &[&str]) -> String {
    let head = columns(names).replace("<thead><tr>", "<thead role=\"rowgroup\"><tr role=\"row\">");
    head.replace("<th scope", "<th role=\"columnheader\" scope")
}

/// A cell of such a table, with the name of its column.
pub fn stacked(column: &str, attributes: &str, inner: &str) -> String {
    format!("<td role=\"cell\" data-column=\"{column}\"{attributes}>{inner}</td>")
}

/// A number of things that the script counts anew.
pub fn counting(what: &str, said: impl std::fmt::Display) -> String {
    format!("<span data-count=\"{what}\">{said}</span>")
}

fn hidden(so: bool) -> &'static str {
    if so { " hidden" } else { "" }
}

/// The paragraph that a table stands in for where there is nothing to be shown, and the beginning of the table.
pub fn table_or(nothing: &str, is_nothing: bool, label: &str, id: &str, columns: &[&str]) -> String {
    format!(
        "<p class=\"nothing\"{}>{nothing}</p>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\"{}>\n\
         <table id=\"{id}\" class=\"stacked\" role=\"table\">\n{}",
        hidden(!is_nothing),
        hidden(is_nothing),
        stacked_columns(columns)
    )
}

/// The day that a section shows.
pub fn as_of(a: &Answers<'_>) -> String {
    format!("<p class=\"dated\">{}</p>\n", dated(&format!("As of {}.", a.question.as_of)))
}

fn overdue(a: &Answers<'_>) -> Lookup<String> {
    let mut out = section("overdue") + &as_of(a);
    let numbers: Vec<String> = turning::numbers(&a.board.counts)
        .into_iter()
        .zip(turning::COUNTS)
        .map(|(number, what)| counting(what, number))
        .collect();
    let [overdue, rescheduled, absent, late, on_time, due, undated] = &numbers[..] else {
        unreachable!("seven counts")
    };
    out += &format!(
        "<p><strong>{overdue}</strong> overdue, <strong>{rescheduled}</strong> rescheduled, <strong>{absent}</strong> absent (only \
         encouraged); {late} done late, {on_time} on time, {due} due next, {undated} undated.</p>\n"
    );
    let open: Vec<&Item> = a.board.items.iter().filter(|i| i.status.is_open()).collect();
    let nothing = "Nothing that is recorded here was overdue on that day.";
    out += &table_or(nothing, open.is_empty(), "Overdue board", "board", &BOARD);
    out += "<tbody role=\"rowgroup\">\n";
    for item in open {
        out += &owed(a, item)?;
    }
    Ok(out + "</tbody>\n</table>\n</div>\n</section>\n")
}

/// The columns of the board.
const BOARD: [&str; 8] = ["status", "who", "what", "legal due", "scheduled", "days late", "binding", "records"];

fn owed(a: &Answers<'_>, item: &Item) -> Lookup<String> {
    let or_none = |value: &Option<String>| text(value.as_deref().unwrap_or_default());
    let named = |actor: &Option<ActorId>| actor.as_ref().map(|actor| a.question.name(actor)).transpose();
    let who = named(&item.who)?.unwrap_or_default();
    let to = named(&item.to)?.map_or_else(String::new, |to| format!(" to {to}"));
    let notes = noted(item);
    let notes = if notes.is_empty() { notes } else { format!("<br><small>{}</small>", dated(&notes)) };
    let [_, who_is, what, legal, scheduled, late, binding, rests] = BOARD;
    let cells = [
        format!("<th role=\"rowheader\" scope=\"row\" class=\"st-{0}\">{0}</th>", text(item.status.as_str())),
        stacked(who_is, " dir=\"auto\"", &text(&format!("{who}{to}"))),
        stacked(what, " dir=\"auto\"", &format!("{}{notes}", dated(&item.what))),
        stacked(legal, " class=\"date\"", &or_none(&item.legal_due)),
        stacked(scheduled, " class=\"date\"", &or_none(&item.scheduled)),
        stacked(late, " class=\"number\"", &item.days_late.map_or_else(String::new, |n| n.to_string())),
        stacked(binding, "", &text(item.binding.as_str())),
        stacked(rests, " class=\"records\"", &short_list(&item.basis.records)),
    ];
    Ok(format!("<tr role=\"row\">{}</tr>\n", cells.concat()))
}

/// What is noted of an item, and the flags on it.
pub fn noted(item: &Item) -> String {
    let notes = item.notes.iter().map(String::as_str).chain(item.basis.flags.iter().copied());
    notes.collect::<Vec<_>>().join("; ")
}

/// A few record numbers.
pub fn short_list(seqs: &[u64]) -> String {
    match seqs.len() {
        0..=4 => list(seqs),
        n => format!("{}, … ({n})", list(&seqs[..3])),
    }
}

/// A letter for each standing: colours alone tell nothing to many eyes, and to no printer.
fn letter(status: Status) -> &'static str {
    match status {
        Status::InForce => "F",
        Status::Withdrawing => "W",
        Status::Deposited => "D",
        Status::ProvisionallyApplied => "P",
        Status::Signed => "S",
        Status::SignatureRepudiated => "R",
        Status::Withdrawn => "X",
        Status::None => "o",
    }
}

/// As the cell of the script has it.
fn cell(row: &Row) -> String {
    let possibly = if row.possibly.is_some() { "?" } else { "" };
    let marked = if row.flags.is_empty() && row.answers.is_empty() { "" } else { "*" };
    format!("{}{possibly}{marked}", letter(row.status))
}

fn standings(a: &Answers<'_>) -> Lookup<String> {
    let day = a.question.as_of;
    let mut out = section("map");
    if a.courses.treaties.is_empty() {
        return Ok(out + "<p>No treaty is registered.</p>\n</section>\n");
    }
    out += &format!("<div id=\"map-body\">\n<p>As of <span class=\"date\">{day}</span>.</p>\n<table id=\"counts\">\n");
    out += &columns(&["treaty", "in force from", "signed", "deposits", "in force for"]);
    out += "<tbody>\n";
    let mut rows: BTreeMap<ActorId, BTreeMap<usize, String>> = BTreeMap::new();
    for (at, treaty) in a.courses.treaties.iter().enumerate() {
        let (mut signed, mut deposits, mut in_force) = (0, 0, 0);
        for state in &treaty.states {
            let Some(row) = now(&state.turns, day) else { continue };
            rows.entry(state.state.clone()).or_default().insert(at, cell(row));
            signed += usize::from(row.signed.is_some());
            deposits += usize::from(row.is_deposited(day));
            in_force += usize::from(row.status.is_bound());
        }
        let from = now(&treaty.entry, day).map_or_else(|| "not yet".to_owned(), ToString::to_string);
        let numbers = match treaty.recorded {
            true => [from, signed.to_string(), deposits.to_string(), in_force.to_string()],
            false => ["no act recorded".to_owned(), String::new(), String::new(), String::new()],
        };
        let numbers: String = numbers.iter().map(|n| format!("<td class=\"number\">{n}</td>")).collect();
        let notes = now(&treaty.notes, day).filter(|_| treaty.recorded).into_iter().flatten();
        let notes: String = notes.map(|note| format!("<br><small>{}</small>", text(note))).collect();
        out += &format!("<tr><th scope=\"row\" dir=\"auto\">{}{notes}</th>{numbers}</tr>\n", text(&treaty.rules.title));
    }
    out += "</tbody>\n</table>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"States and treaties\">\n";
    out += "<table class=\"map\">\n";
    let titles: Vec<&str> = a.courses.treaties.iter().map(|t| t.rules.treaty.as_str()).collect();
    out += &columns(&[&["state"][..], &titles].concat());
    out += "<tbody>\n";
    let mut named = Vec::new();
    for (state, cells) in rows {
        named.push((a.question.name(&state)?, cells));
    }
    named.sort_by(|a, b| a.0.cmp(&b.0));
    for (name, cells) in named {
        let cells: String =
            (0..titles.len()).map(|at| format!("<td>{}</td>", cells.get(&at).map_or("·", String::as_str))).collect();
        out += &format!("<tr><th scope=\"row\" dir=\"auto\">{}</th>{cells}</tr>\n", text(&name));
    }
    out += "</tbody>\n</table>\n</div>\n<p><small>F in force; W in force, and a notice of withdrawal runs; D consent deposited, \
            not in force for the state yet; P applied provisionally; S signed; R signature repudiated; X withdrawn; o other \
            acts only; · no act recorded, which does not say that a state is not bound; ? behind a letter: an imprecise date makes \
            another standing possible; * behind a letter or a step: a record has flags or was answered.</small></p>\n</div>\n</section>\n";
    Ok(out)
}

fn cards(a: &Answers<'_>) -> String {
    let mut out = section("cards") + &as_of(a);
    out += &format!(
        "<p class=\"nothing\"{}>No state is registered that existed on that day.</p>\n<ul id=\"met\">\n",
        hidden(!a.cards.states.is_empty())
    );
    for (step, what, number) in a.cards.asked() {
        let of = counting("met", format!("{number} of {}", a.cards.states.len()));
        out += &format!("<li data-step=\"{step}\">{of}: {what}</li>\n");
    }
    for note in &a.cards.notes {
        out += &format!("<li class=\"noted\">{}</li>\n", text(note));
    }
    out += "</ul>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Scorecards\" id=\"cards-body\">\n<table>\n";
    out += &columns(&[&["state"][..], &TITLES].concat());
    out += "<tbody>\n";
    let mut cards: Vec<&Scorecard> = a.cards.states.iter().collect();
    cards.sort_by(|a, b| a.name.cmp(&b.name));
    for card in cards {
        let mark = |s: &Step| if is_marked(s) { "*" } else { "" };
        let steps: String = card.steps.iter().map(|s| format!("<td>{}{}</td>", text(&s.short), mark(s))).collect();
        out += &format!("<tr><th scope=\"row\" dir=\"auto\">{}</th>{steps}</tr>\n", text(&card.name));
    }
    out += "</tbody>\n</table>\n</div>\n";
    out + &format!("<p><small>{}</small></p>\n</section>\n", text(LEGEND))
}

/// How many records by year, in either time.
fn times(a: &Answers<'_>) -> String {
    let mut out = section("times");
    out += "<p>When the acts took effect, and when the ledger recorded them. Registers, keys and roles are left out.</p>\n";
    out += "<div id=\"times-body\"></div>\n<details id=\"years\"><summary>The same by year, as a table</summary>\n<table>\n";
    out += &columns(&["year", "took effect", "recorded"]);
    out += "<tbody>\n";
    let year = |date: &CalendarDate| date.first_day().year();
    let (mut effective, mut recorded): (BTreeMap<i16, u64>, BTreeMap<i16, u64>) = Default::default();
    for fact in a.records.facts.iter().filter(|f| !is_register(f.body.kind())) {
        *effective.entry(year(&fact.effective)).or_default() += 1;
        *recorded.entry(fact.recorded.day().year()).or_default() += 1;
    }
    let years: BTreeSet<i16> = effective.keys().chain(recorded.keys()).copied().collect();
    for year in years {
        let [e, r] = [&effective, &recorded].map(|of| of.get(&year).copied().unwrap_or(0));
        out += &format!(
            "<tr><th scope=\"row\">{year}</th><td class=\"number\" data-year=\"{year}\" data-lane=\"effective\">{e}</td>\
             <td class=\"number\" data-year=\"{year}\" data-lane=\"recorded\">{r}</td></tr>\n"
        );
    }
    out + "</tbody>\n</table>\n</details>\n</section>\n"
}

/// What keeps the ledger itself, and is no act.
pub fn is_register(kind: &str) -> bool {
    ["actor.", "key.", "role.", "ledger."].iter().any(|family| kind.starts_with(family))
}
