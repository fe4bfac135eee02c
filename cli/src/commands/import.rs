//! `import`: the acts that a table states, recorded once each; a row that changed becomes a correction.
//! Not here: how a table is read (`answerable_import`), how what is new is recorded (`recording`), rows that are no longer
//! there (`gone`).

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use answerable_ledger::Ledger;
use answerable_schemas::history::{Fact, History};
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::{Body, CalendarDate, EventId, StreamName};

use super::gone::{Gone, Search, is_older, last_seen};
use super::recording::record;
use super::{open, signers};
use crate::args::{Cli, IfGone, Import};
use crate::error::{CliError, FALSE};
use crate::output::Answer;
use crate::ui;
use crate::words;
use answerable_import::acts::PlannedAct;
use answerable_import::codes::CodeLists;
use answerable_import::mapping::Mapping;
use answerable_import::plan::{ImportError, Plan, plan};

/// Acts that are compared with the ledger at a time.
const WINDOW: usize = 8192;

/// What a planned act means for this ledger.
pub enum Step {
    New,
    Known,
    Changed(Box<Change>),
    /// It differs, and what is recorded was seen later than this table: nothing that is newer is corrected by it.
    Older {
        seq: u64,
        seen: CalendarDate,
    },
}

/// What a row said before, and which of it is no longer so.
pub struct Change {
    pub target: EventId,
    pub seq: u64,
    pub was: String,
    pub date: bool,
    pub body: bool,
}

/// What there is to do.
pub enum Todo {
    /// The number of an act among those planned, and what it means.
    Act(usize, Step),
    Retract(Box<Gone>),
}

/// How a table compares with the ledger.
struct Compared {
    /// Of each planned act.
    steps: Vec<Step>,
    gone: Vec<Gone>,
}

pub fn import(cli: &Cli, a: &Import) -> Result<u8, CliError> {
    let mut plan = read_plan(a)?;
    let signer = signers(cli, &a.actor, a.signer.as_slice())?.remove(0);
    let mut answer = Answer::new("answerable.import/v1", &["line", "outcome", "seq", "what", "notes"]);
    for r in &plan.rejected {
        let hint = r.hint.as_ref().map_or(String::new(), |h| format!(" ({h})"));
        let what = format!("column {:?}, value {:?}", r.column, r.value);
        answer.row([r.line.to_string(), "rejected".into(), String::new(), what, format!("{}{hint}", r.reason)]);
    }
    let ledger = open(cli)?;
    let acts = &plan.acts;
    let Compared { steps, gone } = compared(&ledger, a, &plan)?;
    let mut todo: Vec<(usize, Step)> = steps.into_iter().enumerate().collect();
    todo.retain(|(_, step)| !matches!(step, Step::Known));
    let known = acts.len() - todo.len();
    // Corrections first: they are what a person must look at. Then in the order of the world, in which the law judges.
    todo.sort_by_key(|(number, step)| (matches!(step, Step::New), acts.last_day(*number)));
    let corrections = todo.iter().filter(|(_, s)| matches!(s, Step::Changed(_))).count();
    let older = todo.iter().filter(|(_, s)| matches!(s, Step::Older { .. })).count();
    let new = todo.len() - corrections - older;
    for (number, step) in &todo {
        let (outcome, note) = match step {
            Step::Changed(change) => ("correction", format!("record {} said: {}", change.seq, change.was)),
            Step::Older { seq, seen } => {
                ("older", format!("record {seq} was seen on {seen}, after this table: import tables oldest first"))
            }
            _ if a.dry_run => ("new", String::new()),
            _ => break,
        };
        let act = acts.get(*number).map_err(aside)?;
        let what = words::sentence(&act.body, &act.effective);
        answer.row([act.line.to_string(), outcome.into(), String::new(), what, note]);
    }
    todo.retain(|(_, step)| !matches!(step, Step::Older { .. }));
    // A row that could not be read is not gone; which one it was, nobody knows.
    let retract = a.gone == IfGone::Retract && plan.rejected.is_empty();
    gone.iter().for_each(|one| answer.row(told(a, one, retract)));
    let mut summary = format!(
        "{} rows: {new} new acts, {corrections} corrections, {known} recorded before, {} rejected",
        plan.rows,
        plan.rejected.len()
    );
    let more = [(older, "older than what is recorded"), (gone.len(), if retract { "retracted" } else { "gone" })];
    for (count, what) in more.into_iter().filter(|(count, _)| *count > 0) {
        summary += &format!(", {count} {what}");
    }
    // What is retracted makes room for what is new.
    let retractions = gone.into_iter().filter(|_| retract).map(|one| Todo::Retract(Box::new(one)));
    let todo: Vec<Todo> = retractions.chain(todo.into_iter().map(|(number, step)| Todo::Act(number, step))).collect();
    let planned_at = ledger.checkpoint.size;
    drop(ledger);
    let mut refused = 0;
    if !a.dry_run && !todo.is_empty() {
        if !a.yes {
            answer.print(cli.format);
            answer.rows.clear();
        }
        if !ui::confirm(&format!("{summary}. Record them?"), a.yes)? {
            return Ok(0);
        }
        let Some(refusals) = record(cli, a, &signer, &mut plan.acts, todo, planned_at, &mut answer)? else {
            ui::notice("records came in since the table was compared: it is compared again");
            return import(cli, a);
        };
        refused = refusals;
    }
    answer.foot.push(summary);
    if refused > 0 {
        answer.foot.push(format!("{refused} acts were refused by the ledger"));
    }
    answer.print(cli.format);
    Ok(if plan.rejected.is_empty() && refused + older == 0 { 0 } else { FALSE })
}

fn read_plan(a: &Import) -> Result<Plan, CliError> {
    let read = |path: &Path| fs::read(path).map_err(|e| CliError::io(path, e));
    let bad = |e: &dyn std::fmt::Display, path: &Path| {
        CliError::usage("import.mapping", format!("{}: {e}", path.display()), "the form of a mapping: docs/IMPORT.md")
    };
    let text = String::from_utf8(read(&a.mapping)?).map_err(|e| bad(&e, &a.mapping))?;
    let mut mapping = Mapping::parse(&text).map_err(|e| bad(&e, &a.mapping))?;
    if let Some(seen) = a.seen {
        mapping.set_seen(seen);
    }
    let beside = a.mapping.parent().unwrap_or(Path::new("."));
    let codes = CodeLists::load(&mapping, |file| fs::read(beside.join(file))).map_err(|e| bad(&e, &a.mapping))?;
    plan(&mapping, &codes, &read(&a.file)?).map_err(|e| match e {
        ImportError::Aside(e) => aside(e),
        e => {
            let message = format!("{}: {e}", a.file.display());
            CliError::usage("import.table", message, "the mapping names columns as the table's first line does")
        }
    })
}

/// The temporary file of the acts could not be written or read.
pub fn aside(e: std::io::Error) -> CliError {
    let message = format!("the acts cannot be put aside in {}: {e}", std::env::temp_dir().display());
    CliError::environment(
        "import.aside",
        message,
        "a large table needs about its own size there; TMPDIR names another folder",
    )
}

/// How an act that is gone is told of.
fn told(a: &Import, one: &Gone, retract: bool) -> [String; 5] {
    let (what, seq) = (words::sentence(&one.act.body, &one.act.effective), one.act.seq());
    let (outcome, more) = match (a.gone, retract) {
        (IfGone::Retract, true) => ("retraction", ""),
        (IfGone::Retract, false) => ("gone", "; not retracted, as rows were rejected"),
        (IfGone::Tell, _) => ("gone", "; it stands, unless you say --gone retract"),
    };
    let why = format!("record {seq}, last seen on {}, is no longer in the table{more}", one.last_seen);
    [String::new(), outcome.into(), String::new(), what, why]
}

/// Compares each act with what this actor recorded of the same row before, as corrected since; and looks for what is gone.
fn compared(ledger: &Ledger, a: &Import, plan: &Plan) -> Result<Compared, CliError> {
    let acts = &plan.acts;
    let mut steps = Vec::with_capacity(acts.len());
    let mut search = Search::new(&a.actor, plan);
    let progress = ui::Progress::start("acts compared", Some(acts.len() as u64));
    while steps.len() < acts.len() {
        let until = acts.len().min(steps.len() + WINDOW);
        let window = (steps.len()..until).map(|number| acts.get(number)).collect::<Result<Vec<_>, _>>();
        steps.extend(steps_of(ledger, a, &window.map_err(aside)?, search.as_mut())?);
        progress.at(until as u64);
    }
    drop(progress);
    let gone = search.map_or(Ok(Vec::new()), |search| search.end(ledger))?;
    Ok(Compared { steps, gone })
}

/// Each stream is read once, however many of the acts are in it.
fn steps_of(
    ledger: &Ledger,
    a: &Import,
    acts: &[PlannedAct],
    mut search: Option<&mut Search<'_>>,
) -> Result<Vec<Step>, CliError> {
    let mut by_stream: HashMap<StreamName, Vec<usize>> = HashMap::new();
    for (i, act) in acts.iter().enumerate() {
        by_stream.entry(act.body.stream()).or_default().push(i);
    }
    let mut steps: Vec<Step> = acts.iter().map(|_| Step::New).collect();
    for (stream, planned) in by_stream {
        if let Some(search) = &mut search {
            search.tells_of(&stream);
        }
        let facts = ledger.past().stream(&stream)?;
        if facts.is_empty() {
            continue;
        }
        // A mapping has one standing.
        let standing = acts[planned[0]].standing;
        let mut before = acts_of(&facts, standing);
        before.retain(|old| old.fact.actor == a.actor);
        if let Some(search) = &mut search {
            search.look(&stream, &facts, &before, standing);
        }
        let mut by_row: HashMap<&str, &Act> = HashMap::new();
        for old in &before {
            if let Some(row) = old.fact.source.as_ref().and_then(|source| source.row.as_deref()) {
                by_row.entry(row).or_insert(old);
            }
        }
        for i in planned {
            steps[i] = step(&acts[i], &facts, &before, &by_row);
        }
    }
    Ok(steps)
}

fn step(act: &PlannedAct, facts: &[Arc<Fact>], before: &[Act], by_row: &HashMap<&str, &Act>) -> Step {
    let same_row = match &act.source {
        Some(_) => by_row.get(act.key.as_str()).copied(),
        // Rows of the actor's own have no natural key in the ledger. Of a registration there is one in a stream, so
        // another is a change of it; any other act is the same only if nothing differs.
        None => before.iter().find(|old| match act.body {
            Body::ActorRegistered(_) | Body::TreatyRegistered(_) => old.body.kind() == act.body.kind(),
            _ => old.body == act.body && old.effective == act.effective,
        }),
    };
    match same_row {
        None => Step::New,
        Some(old) if old.effective == act.effective && old.body == act.body => Step::Known,
        Some(old) => {
            let (table, newest) = (act.source.as_ref().map(|s| s.seen), last_seen(facts, old));
            if let Some((table, seen)) = table.zip(newest)
                && is_older(&table, &seen)
            {
                return Step::Older { seq: old.stated_by(), seen };
            }
            let was = words::sentence(&old.body, &old.effective);
            let (date, body) = (old.effective != act.effective, old.body != act.body);
            Step::Changed(Box::new(Change { target: old.fact.id, seq: old.seq(), was, date, body }))
        }
    }
}
