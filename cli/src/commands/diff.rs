//! `diff`: what changed between two days, two states of knowledge, or two days on which public tables were seen.
//! Not here: how it is found (`answerable_ledger::projection::diff`).

use answerable_ledger::Ledger;
use answerable_ledger::projection::diff::{Change, Difference, How, Saying, Scope, diff as compare};
use answerable_ledger::projection::question::{Question, Report};
use answerable_ledger::projection::seen::{SeenBy, anything_seen};
use answerable_ledger::projection::treaty::{Counts, Status, list};
use answerable_schemas::{Body, History};
use answerable_verifier::judge::Past;
use jiff::civil::Date;
use serde::Serialize;

use super::answering::{joined, known_records, number, or_empty, print};
use super::answers::unknown;
use super::{known, known_size, open};
use crate::args::{Cli, Diff, Known};
use crate::clock;
use crate::error::CliError;
use crate::layout::{Grid, records, wrapped};
use crate::output::Answer;
use crate::words;

/// Which of the times is given twice.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Compared {
    AsOf,
    KnownAt,
    SeenBy,
}

/// One side: its three times, and the tree that its records are in.
#[derive(Clone, PartialEq, Eq, Serialize)]
struct Side {
    as_of: String,
    known_size: String,
    /// Of the tree of these records, base64. None: there is none yet.
    root: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seen_by: Option<String>,
    #[serde(skip)]
    times: (Date, u64, Option<Date>),
}

#[derive(Serialize)]
struct Content {
    ledger: String,
    compared: Compared,
    before: Side,
    after: Side,
    #[serde(flatten)]
    difference: Difference,
}

pub fn diff(cli: &Cli, a: &Diff) -> Result<u8, CliError> {
    let compared = compared(a)?;
    let ledger = open(cli)?;
    let sides = [side(&ledger, a, 0)?, side(&ledger, a, 1)?];
    let histories = sides.each_ref().map(|s| known(&ledger, s.times.1));
    let seen = [0, 1].map(|i| sides[i].times.2.map(|day| SeenBy { history: &histories[i], day }));
    let ask = |i: usize| {
        let history: &dyn History = seen[i].as_ref().map_or(&histories[i], |seen| seen);
        Question::new(history, sides[i].times.0, sides[i].times.1, a.filter.read())
    };
    let (before, after) = (ask(0)?, ask(1)?);
    let scope = Scope { treaty: a.treaty.as_ref(), state: a.state.as_ref() };
    let Some(found) = compare(&before, &after, &scope)? else {
        return Err(unknown(a.treaty.as_ref().expect("only a treaty that is named can be unknown")));
    };
    let mut silent = Vec::new();
    for (side, history) in sides.iter().zip(&histories) {
        if let Some(day) = side.times.2
            && !anything_seen(history, day)?
        {
            silent.push(format!("no table that is recorded here had been seen by {day}"));
        }
    }
    silent.dedup();
    let [first, second] = sides;
    let mut notes = after.unregistered(a.state.as_ref())?;
    if before.unregistered(a.state.as_ref())?.is_empty() {
        notes.clear();
    }
    notes.extend(remarks(compared, &first, &second));
    notes.extend(silent);
    notes.extend(found.notes);
    let ledger = ledger.config.ledger_id.to_string();
    let content = Content { ledger, compared, before: first, after: second, difference: found.difference };
    let mut report = after.report("answerable.diff/v1", content, notes);
    report.flags = found.flags;
    show(cli, &report, scope.state.is_none());
    Ok(0)
}

fn compared(a: &Diff) -> Result<Compared, CliError> {
    let given =
        [(Compared::AsOf, a.as_of.len()), (Compared::KnownAt, a.known_at.len()), (Compared::SeenBy, a.seen_by.len())];
    let twice: Vec<Compared> = given.iter().filter(|(_, n)| *n == 2).map(|(what, _)| *what).collect();
    let problem = match (given.iter().any(|(_, n)| *n > 2), &twice[..]) {
        (false, [one]) => return Ok(*one),
        (true, _) => "a time is given more than twice",
        (_, []) => "no time is given twice",
        _ => "more than one time is given twice",
    };
    let hint = "give exactly one of --as-of, --known-at and --seen-by twice, for example --as-of 2013-06-06 --as-of 2014-07-10";
    Err(CliError::usage("diff.two_of_one", problem, hint))
}

/// What was given once counts for both sides.
fn given<T: Clone>(all: &[T], side: usize) -> Option<T> {
    all.get(side).or(all.first()).cloned()
}

fn side(ledger: &Ledger, a: &Diff, i: usize) -> Result<Side, CliError> {
    let size = known_size(ledger, &Known { known_at: given(&a.known_at, i), cite: None })?;
    let seen = given(&a.seen_by, i);
    let day = given(&a.as_of, i).or(a.seen_by.iter().max().copied()).unwrap_or_else(clock::today);
    let root = if size == 0 { None } else { ledger.past().root_at(size)?.map(|root| root.to_base64()) };
    Ok(Side {
        as_of: day.to_string(),
        known_size: size.to_string(),
        root,
        seen_by: seen.map(|d| d.to_string()),
        times: (day, size, seen),
    })
}

/// What a reader must know of the two sides.
fn remarks(compared: Compared, before: &Side, after: &Side) -> Vec<String> {
    let mut notes = Vec::new();
    let back = match compared {
        Compared::AsOf => before.times.0 > after.times.0,
        Compared::KnownAt => before.times.1 > after.times.1,
        Compared::SeenBy => before.times.2 > after.times.2,
    };
    if before == after {
        notes.push("both sides are the same: nothing can differ".to_owned());
    }
    if back {
        notes.push("this goes back: before is the later side".to_owned());
    }
    for (name, side) in [("before", before), ("after", after)] {
        if side.times.1 == 0 {
            notes.push(format!("{name}: the ledger held no records then"));
        }
    }
    notes
}

fn show(cli: &Cli, report: &Report<Content>, whole_treaties: bool) {
    let content = &report.content;
    let columns = [
        "treaty", "stream", "actor", "name", "fact", "how", "before", "after", "records", "by", "recorded", "standing",
        "seen", "flags",
    ];
    let mut answer = Answer::new(report.schema, &columns);
    answer.head = head(content);
    answer.json = Some(serde_json::to_value(report).expect("plain data"));
    for change in &content.difference.changes {
        answer.row(cells(change));
    }
    let said = content.difference.changes.iter().filter(|c| c.how != How::Follows).count();
    let follows = content.difference.changes.len() - said;
    let sum = match said + follows {
        0 => "Nothing changed".to_owned(),
        _ => format!(
            "{} and {} differ",
            number(said, "act", "acts"),
            number(follows, "fact that follows from acts", "facts that follow from acts")
        ),
    };
    print(cli, answer, report, people(&content.difference, whole_treaties), sum);
}

fn head(content: &Content) -> Vec<String> {
    let (before, after) = (&content.before, &content.after);
    let line = match content.compared {
        Compared::AsOf => format!("What changed in the world from {} to {}", before.as_of, after.as_of),
        Compared::KnownAt => {
            format!(
                "What was learned about {}, from {} to {}",
                after.as_of,
                known_records(&before.known_size),
                after.known_size
            )
        }
        Compared::SeenBy => format!(
            "What changed in the public tables from {} to {}, about {}",
            or_empty(&before.seen_by),
            or_empty(&after.seen_by),
            after.as_of
        ),
    };
    let mut head = wrapped(&line, 0);
    if content.compared != Compared::SeenBy
        && let Some(day) = &after.seen_by
    {
        head.extend(wrapped(&format!("By what public tables showed on {day}, whenever it was recorded"), 0));
    }
    head.push(format!("Ledger {}", content.ledger));
    let mut sides = vec![before, after];
    sides.dedup_by_key(|s| s.known_size.clone());
    head.extend(
        sides.iter().map(|s| format!("{}, root {}", known_records(&s.known_size), s.root.as_deref().unwrap_or("none"))),
    );
    head
}

/// For people: each treaty with its counts (where not one state is asked about) and a table; then the other stories, one block
/// each. What rows in turn rest on is told once.
fn people(difference: &Difference, whole_treaties: bool) -> Vec<String> {
    let mut lines = Vec::new();
    for treaty in &difference.treaties {
        lines.extend(wrapped(&format!("{} ({})", treaty.title, treaty.treaty), 0));
        if whole_treaties {
            lines.extend(wrapped(&counts(&treaty.before, &treaty.after), 2));
        }
        let mut told: Vec<String> = Vec::new();
        let mut grid = Grid::new(&[("who", 16), ("what", 9), ("before", 0), ("after", 0)]);
        for change in difference.changes.iter().filter(|c| c.treaty.as_ref() == Some(&treaty.treaty)) {
            let who = if change.actor.is_some() { change.name.clone() } else { "the treaty".to_owned() };
            let [before, after] = ends(change).map(|s| if s.is_empty() { "-".to_owned() } else { s });
            let rests = rests_on(change);
            let note = match told.iter().position(|t| *t == rests) {
                // What the row above rests on.
                Some(at) if at + 1 == told.len() => None,
                Some(at) => {
                    told.remove(at);
                    Some(format!("{}, see above", numbers(change)))
                }
                None => Some(rests.clone()),
            };
            if note.is_some() {
                told.push(rests);
            }
            grid.row([who, fact(change), before, after], note.into_iter().collect());
        }
        lines.extend(grid.lines());
        lines.push(String::new());
    }
    for change in difference.changes.iter().filter(|c| c.treaty.is_none()) {
        lines.extend(wrapped(&format!("{}: {}, {}", change.stream, fact(change), change.how.as_str()), 0));
        let [before, after] = ends(change);
        let named = [("before", before), ("after", after)].into_iter().filter(|(_, text)| !text.is_empty());
        lines.extend(named.flat_map(|(side, text)| wrapped(&format!("{side}: {text}"), 2)));
        lines.extend(wrapped(&rests_on(change), 4));
    }
    if lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn counts(before: &Counts, after: &Counts) -> String {
    let of = |what: &str, n: u32, m: u32| if n == m { format!("{n} {what}") } else { format!("{n} to {m} {what}") };
    [
        of("states", before.states, after.states),
        of("signed", before.signed, after.signed),
        of("consents", before.deposits, after.deposits),
        format!(
            "in force for {}",
            if before.in_force == after.in_force {
                before.in_force.to_string()
            } else {
                format!("{} to {}", before.in_force, after.in_force)
            }
        ),
    ]
    .join(", ")
}

/// What the fact is, in words: `signature`, `consent`, `status`.
fn fact(change: &Change) -> String {
    match change.fact {
        "treaty.signed" => "signature".to_owned(),
        "treaty.consent_deposited" => "consent".to_owned(),
        other if change.treaty.is_some() => other.rsplit('.').next().unwrap_or(other).replace('_', " "),
        other => other.to_owned(),
    }
}

/// What it was, and what it is. Where the short form says the same of both, the whole sentence.
fn ends(change: &Change) -> [String; 2] {
    let told = |say: &dyn Fn(&Saying) -> String| {
        [&change.before, &change.after].map(|s| s.as_ref().map_or_else(String::new, say))
    };
    let mut ends = told(&short);
    if ends[0] == ends[1] {
        ends = told(&whole);
    }
    if change.how == How::Retracted {
        ends[1] = "retracted".to_owned();
    }
    if change.how == How::StatedAndRetracted {
        ends[1] = "stated and retracted in between".to_owned();
    }
    ends
}

fn short(saying: &Saying) -> String {
    match saying {
        Saying::Act { date, possibly, body } => {
            let possibly = if *possibly { "possibly " } else { "" };
            match body {
                Body::ConsentDeposited(c) => format!("{possibly}{date}, {}", c.mode.as_str().replace('_', " ")),
                Body::TreatySigned(_) | Body::ProvisionallyApplied(_) | Body::ProvisionalApplicationEnded(_) => {
                    format!("{possibly}{date}")
                }
                _ => whole(saying),
            }
        }
        _ => whole(saying),
    }
}

fn whole(saying: &Saying) -> String {
    match saying {
        Saying::Act { date, possibly, body } => {
            format!("{}{}", if *possibly { "possibly: " } else { "" }, words::sentence(body, date))
        }
        Saying::Stands { status, possibly, in_force_from, ends } => {
            let mut text = status.as_str().to_owned();
            let comma = if *status == Status::InForce { "" } else { "," };
            text.extend(in_force_from.as_ref().map(|d| format!("{comma} from {d}")));
            text.extend(ends.as_ref().map(|d| format!(", ends {d}")));
            text.extend(possibly.map(|p| format!(", possibly {}", p.as_str())));
            text
        }
        Saying::Entry { entry_into_force, in_force, deposits_counted, deposits_needed } => match entry_into_force {
            Some(day) if *in_force => format!("in force from {day}"),
            Some(day) => format!("from {day}"),
            None => format!("{deposits_counted} of {deposits_needed} deposits"),
        },
    }
}

/// `record 3`, `records 3, 17`.
fn numbers(change: &Change) -> String {
    let seqs: Vec<u64> = change.records.iter().map(|m| m.seq).collect();
    format!("{} {}", if seqs.len() == 1 { "record" } else { "records" }, records(&seqs))
}

/// The records that make the difference, and who recorded them when; records alike are told of together.
fn rests_on(change: &Change) -> String {
    let mut told: Vec<(String, Vec<u64>)> = Vec::new();
    for maker in &change.records {
        let seen = maker.seen.map_or(String::new(), |d| format!(", seen {d}"));
        let how = format!("by {} on {}, {}{seen}", maker.by, &maker.recorded[..10], maker.standing);
        match told.iter_mut().find(|(same, _)| *same == how) {
            Some((_, seqs)) => seqs.push(maker.seq),
            None => told.push((how, vec![maker.seq])),
        }
    }
    let each = told
        .iter()
        .map(|(how, seqs)| format!("{} {} {how}", if seqs.len() == 1 { "record" } else { "records" }, records(seqs)));
    let mut text = each.collect::<Vec<_>>().join("; ");
    if !change.flags.is_empty() {
        text += &format!("; flags: {}", change.flags.join(", "));
    }
    text
}

fn cells(change: &Change) -> [String; 14] {
    let [before, after] = ends(change);
    let of = |each: &dyn Fn(&answerable_ledger::projection::diff::Maker) -> String| {
        let mut all: Vec<String> = change.records.iter().map(each).collect();
        all.dedup();
        joined(&all)
    };
    let seqs: Vec<u64> = change.records.iter().map(|m| m.seq).collect();
    [
        or_empty(&change.treaty),
        change.stream.to_string(),
        or_empty(&change.actor),
        change.name.clone(),
        change.fact.to_owned(),
        change.how.as_str().to_owned(),
        before,
        after,
        list(&seqs),
        of(&|m| m.by.to_string()),
        of(&|m| m.recorded.clone()),
        of(&|m| m.standing.to_string()),
        of(&|m| or_empty(&m.seen)),
        change.flags.join(", "),
    ]
}
