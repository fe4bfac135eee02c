//! The judge of every part: what must hold of a ledger after whatever happened to it.
//! Not here: doing it.

use std::fs;

use answerable_ledger::publish::PAGE;
use answerable_tests::writing::last_acknowledged;
use answerable_tests::{Output, Pins, World, finish};
use serde_json::Value;

/// Codes with which a ledger refuses because of what lies on the disk. Each names what is wrong.
const REFUSALS: [&str; 5] =
    ["store.log_damaged", "tree.rolled_back", "store.checkpoint", "store.not_a_ledger", "store.io"];

/// What became of a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It goes on: so many records were kept that nobody had been told of, and a torn end was cut or not.
    Whole { recovered: u64, cut: bool },
    /// Refused, with this code.
    Refused(String),
}

/// A command that ends with one of these exit codes, without a panic.
pub fn ran(world: &World, args: &[&str], exits: &[i32]) -> Result<Output, String> {
    let said = world.run(args);
    no_panic(&said).map_err(|why| format!("{args:?}: {why}"))?;
    if !exits.contains(&said.code) {
        return Err(format!("{args:?}: exit {}: {}{}", said.code, said.stdout, said.stderr));
    }
    Ok(said)
}

pub fn no_panic(said: &Output) -> Result<(), String> {
    let panicked = said.code == 70 || said.code == 101 || said.stderr.contains("panicked");
    if panicked { Err(format!("a panic, exit {}: {}", said.code, said.stderr)) } else { Ok(()) }
}

/// The page of a published folder: whole, or not there yet. `told`: the publication was told of.
pub fn page_of(world: &World, folder: &str, told: bool) -> Result<(), String> {
    match fs::read(world.at(folder).join("index.html")) {
        Ok(page) if page == PAGE => Ok(()),
        Ok(page) => Err(format!("the page of {folder} is another, of {} bytes", page.len())),
        Err(_) if !told => Ok(()),
        Err(e) => Err(format!("the page of {folder} that was told of: {e}")),
    }
}

/// What was acknowledged by `append --format jsonl` or `import`, as the beginning of the log that must stay. Each row that an
/// append told of is in the log at its place, as it was sent.
pub fn acknowledged(world: &World, before: u64, said: &Output) -> Result<Vec<u8>, String> {
    let mut told = before.max(last_acknowledged(&said.stderr).unwrap_or(0));
    let log = log_of(world, "ledger");
    // A kill may cut the last line.
    for line in said.stdout.split_inclusive('\n').filter(|line| line.starts_with('{') && line.ends_with('\n')) {
        let row: Value = serde_json::from_str(line).map_err(|e| format!("{line}: {e}"))?;
        let seq: u64 = row["seq"].as_str().and_then(|s| s.parse().ok()).ok_or(format!("no seq: {line}"))?;
        let file = row["file"].as_str().ok_or(format!("no file: {line}"))?;
        let sent = String::from_utf8(world.read(file)).expect("an event file is UTF-8");
        // A record begins as its event file does.
        let event = sent.split_once(",\"signatures\"").expect("an event file").0;
        let lines = first_records(&log, seq + 1).ok_or(format!("the acknowledged record {seq} is not in the log"))?;
        let record = lines[..lines.len() - 1].rsplit(|b| *b == b'\n').next().expect("a line");
        if !record.starts_with(event.as_bytes()) {
            return Err(format!("record {seq} is not what was acknowledged"));
        }
        told = told.max(seq + 1);
    }
    let all = first_records(&log, told).ok_or(format!("the log is shorter than the {told} acknowledged records"))?;
    Ok(all.to_vec())
}

/// The whole lines of a log.
pub fn records(log: &[u8]) -> u64 {
    log.iter().filter(|b| **b == b'\n').count() as u64
}

/// The bytes of the first `size` records of a log.
pub fn first_records(log: &[u8], size: u64) -> Option<&[u8]> {
    let mut ends = log.iter().enumerate().filter(|(_, b)| **b == b'\n').map(|(at, _)| at + 1);
    match size.checked_sub(1) {
        None => Some(&[]),
        Some(last) => ends.nth(last as usize).map(|end| &log[..end]),
    }
}

/// The whole log in a folder, one segment behind the other.
pub fn log_of(world: &World, folder: &str) -> Vec<u8> {
    let mut names: Vec<_> = fs::read_dir(world.at(folder).join("log")).into_iter().flatten().flatten().collect();
    names.sort_by_key(fs::DirEntry::file_name);
    names.iter().flat_map(|entry| fs::read(entry.path()).expect("a segment")).collect()
}

/// A reader that comes first sees the acknowledged records, and changes nothing of the truth; then a writer appends the
/// event file `next`, which goes in once; what is derived is as the log has it, and an auditor finds all of it true.
/// `acknowledged` are the bytes that the log must begin with.
pub fn is_sound(world: &World, acknowledged: &[u8], next: &str, pins: &Pins) -> Result<Found, String> {
    let before = log_of(world, "ledger");
    if !before.starts_with(acknowledged) {
        return Err(format!("the log does not begin with the {} acknowledged records", records(acknowledged)));
    }
    let seen = records_seen(world)?;
    if seen < records(acknowledged) || seen != world.size() {
        return Err(format!("a reader sees {seen} of {} acknowledged records", records(acknowledged)));
    }
    answers_from_the_index(world)?;
    if log_of(world, "ledger") != before {
        return Err("a reader changed the log".into());
    }
    let under = first_records(&before, seen).ok_or("the log is shorter than its checkpoint")?;
    let said = ran(world, &["append", next, "--format", "jsonl"], &[0])?;
    let (now, after) = (log_of(world, "ledger"), world.size());
    if !now.starts_with(under) {
        return Err("a writer changed records under the checkpoint".into());
    }
    if !said.stdout.contains("recorded") {
        return Err(format!("nothing was recorded: {}", said.stdout));
    }
    let recovered = after - seen - u64::from(!said.stdout.contains("already recorded"));
    if records(&now) != after || now.last() != Some(&b'\n') {
        return Err(format!("{after} records in the checkpoint, {} lines in the log", records(&now)));
    }
    answers_from_the_index(world)?;
    let again = ran(world, &["append", next, "--format", "jsonl"], &[0])?;
    if !again.stdout.contains("already recorded") || world.size() != after {
        return Err(format!("appended twice: {}", again.stdout));
    }
    verified(world, pins)?;
    Ok(Found::Whole { recovered, cut: said.stderr.contains("the log was cut behind") })
}

/// What is derived is as the log has it. A crash may leave an index that has more than the checkpoint: whoever is answered
/// from it must be given the answer of an index that was made anew.
fn answers_from_the_index(world: &World) -> Result<(), String> {
    let checked = ran(world, &["check", "--dry-run"], &[0, 1])?;
    if checked.code == 0 {
        return Ok(());
    }
    let names = checked.stdout.lines().filter_map(|l| l.trim().strip_prefix("the stream ")?.split(": ").next());
    let names: Vec<&str> = names.collect();
    if names.is_empty() || checked.error_code() != "store.index_differs" {
        return Err(format!("what is derived differs: {}{}", checked.stdout, checked.stderr));
    }
    let ask = |name: &&str| {
        let said = ran(world, &["history", name, "--format", "json"], &[0, 2])?;
        Ok::<_, String>((said.code, said.stdout))
    };
    let misled = names.iter().map(ask).collect::<Result<Vec<_>, _>>()?;
    ran(world, &["check"], &[0, 1])?;
    match names.iter().map(ask).collect::<Result<Vec<_>, _>>()? == misled {
        true => Ok(()),
        false => Err(format!("the index was believed: {}", checked.stdout)),
    }
}

/// What readers ask, and what they are answered.
pub fn answers(world: &World) -> Result<Vec<(Vec<&'static str>, String)>, String> {
    const QUESTIONS: [&[&str]; 4] = [
        &["status"],
        &["log", "-n", "10000000", "--format", "jsonl"],
        &["treaty", "status", "genocide-convention", "--as-of", "2015-03-14", "--format", "json"],
        &["attachment", "list", "--format", "csv"],
    ];
    QUESTIONS.iter().map(|args| Ok((args.to_vec(), ran(world, args, &[0])?.stdout))).collect()
}

/// How many records a reader is told of.
pub fn records_seen(world: &World) -> Result<u64, String> {
    Ok(ran(world, &["log", "-n", "10000000", "--format", "jsonl"], &[0])?.stdout.lines().count() as u64)
}

/// An export is found true by the auditor's program, and has the whole log in it.
pub fn verified(world: &World, pins: &Pins) -> Result<(), String> {
    let _ = fs::remove_dir_all(world.at("judged"));
    ran(world, &["export", "judged"], &[0])?;
    audited(world, "judged", pins)?;
    if log_of(world, "judged") != log_of(world, "ledger") {
        return Err("the export has another log".into());
    }
    Ok(())
}

/// `answerable-verify` finds a folder true under both pins.
pub fn audited(world: &World, folder: &str, pins: &Pins) -> Result<Output, String> {
    let mut verify = world.program("answerable-verify");
    verify.args([folder, "--ledger-id", &pins.ledger_id, "--log-key", &pins.log_key]);
    let said = finish(&mut verify);
    no_panic(&said)?;
    match said.code {
        0 => Ok(said),
        code => Err(format!("answerable-verify {folder}: exit {code}: {}{}", said.stdout, said.stderr)),
    }
}

/// Where damage may stop a ledger: it either goes on with all that was acknowledged, or refuses with a code of
/// `REFUSALS`, a hint and no answer, and the truth stays as it is.
pub fn is_sound_or_refuses(world: &World, acknowledged: &[u8], next: &str, pins: &Pins) -> Result<Found, String> {
    let before = log_of(world, "ledger");
    for args in [&["status"][..], &["log", "-n", "10000000", "--format", "jsonl"]] {
        let said = world.run(args);
        no_panic(&said)?;
        if said.code == 0 {
            continue;
        }
        let code = said.error_code().to_owned();
        if !REFUSALS.contains(&code.as_str()) || !said.stdout.is_empty() || !said.stderr.contains("\nhint: ") {
            return Err(format!("no good refusal: exit {}: {}{}", said.code, said.stdout, said.stderr));
        }
        if log_of(world, "ledger") != before {
            return Err("what was refused was changed".into());
        }
        return Ok(Found::Refused(code));
    }
    is_sound(world, acknowledged, next, pins)
}
