//! The report: one self-contained page. It shows what is true on a day without any script, and with its script answers
//! for other days, and opens each cell to its records.
//! Not here: the answers (`answerable_ledger::projection`); where the page is written to (`commands::report`).

mod data;
mod html;
mod mandates;
mod once;
mod records;
mod still;
mod turning;

use answerable_ledger::projection::courses::{
    self, CardCourses, MandateCourse, OwedCourse, RecommendationCourse, RequirementCourse, TreatyCourse,
};
use answerable_ledger::projection::mandates::reporting::{Reported, reported};
use answerable_ledger::projection::overdue::{Board, Which, board};
use answerable_ledger::projection::question::Question;
use answerable_ledger::projection::scorecard::{Scorecards, Whose, scorecards};
use answerable_schemas::CalendarDate;
use answerable_schemas::history::Lookup;
use answerable_verifier::encoding::Hash;
use jiff::ToSpan;
use jiff::civil::Date;

use self::html::text;
use self::records::Records;
use crate::error::CliError;
use crate::shell::quoted;
use crate::tables::countries::Countries;

/// The page's script, in the order in which its parts build on each other.
const SCRIPT: [&str; 9] = [
    include_str!("data.js"),
    include_str!("dom.js"),
    include_str!("panel.js"),
    include_str!("board.js"),
    include_str!("held.js"),
    include_str!("map.js"),
    include_str!("cards.js"),
    include_str!("timeline.js"),
    include_str!("start.js"),
];
const STYLE: &str = include_str!("page.css");

/// What the head of the page says of the ledger.
pub struct About {
    pub title: String,
    /// True where it is not the ledger's own.
    pub title_given: bool,
    pub origin: String,
    pub ledger_id: String,
    /// Of the tree of the records that are known, in base64.
    pub root: String,
    pub rules: String,
    pub last_recorded: String,
}

/// All that is asked of the ledger for one page.
struct Answers<'q> {
    question: &'q Question<'q>,
    countries: Countries,
    /// All of it: what is done and what is due next, too.
    board: Board,
    mandates: Vec<Reported>,
    cards: Scorecards,
    courses: &'q Courses,
    records: Records,
    /// The first and the last day that the page can be moved to.
    days: (Date, Date),
}

/// What changes from day to day.
struct Courses {
    treaties: Vec<TreatyCourse>,
    recommendations: Vec<RecommendationCourse>,
    owed: Vec<OwedCourse>,
    mandates: Vec<MandateCourse>,
    requirements: Vec<RequirementCourse>,
    cards: CardCourses,
}

/// The page, which is the same on every run.
pub fn page(q: &Question<'_>, about: &About) -> Result<String, CliError> {
    let board = board(q, &Which { all: true, ..Which::default() })?;
    let (mandates, records) = (reported(q, &board.items)?, Records::of(q)?);
    let treaties = courses::treaties(q.history(), &q.filter)?;
    let days = days(q.as_of, &records, &treaties, &board, &mandates);
    let courses = courses_of(q, treaties, days.1)?;
    let answers = Answers {
        countries: Countries::of(None)?,
        mandates,
        board,
        cards: scorecards(q, &Whose::All)?,
        courses: &courses,
        records,
        days,
        question: q,
    };
    let data = data::json(&answers)?;
    let script = SCRIPT.concat();
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; form-action 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(&script),
        hash(STYLE)
    );
    let mut page = String::with_capacity(data.len() + 500_000);
    page += "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
    page += &format!("<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n");
    page += "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";
    page += "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n";
    page += &format!("<title>{}, {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n", text(&about.title), q.as_of);
    page += &still::body(&answers, about, &command(q, about))?;
    page += &format!("<script type=\"application/json\" id=\"data\">{data}</script>\n");
    page += &format!("<script>{script}</script>\n</body>\n</html>\n");
    Ok(page)
}

fn courses_of(q: &Question<'_>, treaties: Vec<TreatyCourse>, until: Date) -> Lookup<Courses> {
    let owed = courses::owed(q, &treaties, until)?;
    Ok(Courses {
        recommendations: courses::recommendations(q)?,
        mandates: courses::mandates(q, until)?,
        requirements: courses::requirements(q, &owed, until)?,
        cards: courses::cards(q, &treaties, until)?,
        owed,
        treaties,
    })
}

/// The days between which the page moves: the acts' and their consequences', the report's own, and those of the year after it on
/// which something that it shows as due or live no longer is.
fn days(
    as_of: Date,
    records: &Records,
    treaties: &[TreatyCourse],
    board: &Board,
    mandates: &[Reported],
) -> (Date, Date) {
    let acts = records.facts.iter().filter(|f| !still::is_register(f.body.kind()));
    let acts = acts.flat_map(|f| [f.effective.first_day(), f.effective.last_day()]);
    let turns = treaties.iter().flat_map(|t| &t.states).flat_map(|s| &s.turns).map(|t| t.from);
    let due = board.items.iter().flat_map(|item| item.legal_due.iter().chain(&item.scheduled));
    let ends = due.chain(mandates.iter().filter_map(|m| m.mandate.expires.as_ref()));
    let over = ends.filter_map(|day| Some(day.parse::<CalendarDate>().ok()?.last_day().saturating_add(1.day())));
    let soon = as_of.saturating_add(1.year()).saturating_add(1.day());
    let over = over.filter(|day| as_of < *day && *day <= soon);
    acts.chain(turns).chain(over).fold((as_of, as_of), |(first, last), day| (first.min(day), last.max(day)))
}

/// The command that makes this page again, also when the ledger has grown.
fn command(q: &Question<'_>, about: &About) -> String {
    let title = if about.title_given { format!(" --title {}", quoted(&about.title)) } else { String::new() };
    format!("answerable report --as-of {} --known-at {}{title} OUT.html", q.as_of, q.known_size)
}

/// As a Content Security Policy names a script or style.
fn hash(text: &str) -> String {
    Hash::sha256(text.as_bytes()).to_base64()
}
