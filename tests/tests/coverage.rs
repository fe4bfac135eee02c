//! docs/COVERAGE.md is held to the program: every number once, every type in the catalogue, and every question answered,
//! over a ledger of the worked examples, with a record of each type that its row names.
//! Not here: whether the answers are right (the ledger's own tests).

mod worked_ledger;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use answerable_ledger::store::Ledger;
use answerable_schemas::StreamName;
use answerable_schemas::catalogue::{TYPES, type_info};
use answerable_schemas::history::{Fact, History, Lookup, MemoryHistory};
use answerable_tests::{World, repository};
use serde_json::Value;

const DAY: &str = "2026-11-23";

/// The numbers whose row of the report's inventory has a deadline that rules give.
const DATED: [u32; 9] = [3, 16, 22, 26, 40, 45, 58, 61, 62];

struct Row {
    number: u32,
    types: Vec<String>,
    questions: Vec<String>,
    deadlines: Vec<String>,
}

fn rows() -> Vec<Row> {
    let page = std::fs::read_to_string(repository().join("docs/COVERAGE.md")).unwrap();
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut rows = Vec::new();
    for line in page.lines().filter(|l| l.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Ok(number) = cells[0].parse() else { continue };
        assert_eq!(cells.len(), 5, "{line}");
        let (types, questions, deadlines) = (quoted(cells[2]), quoted(cells[3]), quoted(cells[4]));
        rows.push(Row { number, types, questions, deadlines });
    }
    rows
}

/// Asks, and answers the records that the answer names: under any member called `record`, `records`, `seq` or `…_records`.
fn records_of(world: &World, question: &str) -> BTreeSet<u64> {
    let mut args: Vec<&str> = question.split(' ').collect();
    if !question.starts_with("treaty show") {
        args.extend(["--as-of", DAY]);
    }
    args.extend(["--format", "json"]);
    let answer: Value = serde_json::from_str(&world.run(&args).stdout).unwrap_or_default();
    let mut found = BTreeSet::new();
    collect(&answer, false, &mut found);
    found
}

fn collect(value: &Value, of_records: bool, found: &mut BTreeSet<u64>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(name, v)| {
            let named = matches!(name.as_str(), "record" | "seq") || name.ends_with("records");
            collect(v, named, found);
        }),
        Value::Array(items) => items.iter().for_each(|v| collect(v, of_records, found)),
        Value::Number(n) if of_records => found.extend(n.as_u64()),
        Value::String(s) if of_records => found.extend(s.split(", ").filter_map(|n| n.parse::<u64>().ok())),
        _ => {}
    }
}

#[test]
fn every_number_of_the_report_has_its_row() {
    let rows = rows();
    assert_eq!(rows.iter().map(|r| r.number).collect::<Vec<_>>(), (1..=99).collect::<Vec<u32>>());
    for row in &rows {
        assert!(!row.types.is_empty() && !row.questions.is_empty(), "{}", row.number);
        for kind in &row.types {
            assert!(type_info(kind).is_some(), "{}: there is no type {kind}", row.number);
        }
        assert!(!DATED.contains(&row.number) || !row.deadlines.is_empty(), "{} has a deadline", row.number);
    }
    let named: BTreeSet<&str> = rows.iter().flat_map(|r| r.types.iter().map(String::as_str)).collect();
    let forgotten: Vec<_> =
        TYPES.iter().filter(|t| t.is_declared() && !named.contains(t.name)).map(|t| t.name).collect();
    assert!(forgotten.is_empty(), "no row names {forgotten:?}");
}

/// The worked examples need two treaties; the report names eight.
fn register_the_other_treaties(world: &World) {
    let council =
        ["--set", "actor=org:swiss-federal-council", "--set", "name=Swiss Federal Council", "--set", "kind=other"];
    world.act(&[&["actor.registered", "--effective", "1848-11-16"], &council[..]].concat());
    let listed = world.ok(&["treaty", "list", "--format", "csv"]);
    let table = std::fs::read_to_string(repository().join("examples/treaties.json")).unwrap();
    let treaties: Vec<Value> = serde_json::from_str(&table).unwrap();
    let known = |t: &&Value| listed.contains(&format!("\n{},", t["treaty"].as_str().unwrap()));
    for rules in treaties.iter().filter(|t| !known(t)) {
        let body = world.write("body.json", rules.to_string());
        world.act(&["treaty.registered", "--effective", rules["adopted"].as_str().unwrap(), "--body", &body]);
    }
}

#[test]
fn every_question_shows_a_record_of_every_type_of_its_row() {
    let world = worked_ledger::recorded();
    register_the_other_treaties(&world);
    let log = String::from_utf8(world.read("ledger/log/000000000000.jsonl")).unwrap();
    let kinds: Vec<String> = log
        .lines()
        .map(|l| serde_json::from_str::<Value>(l).unwrap()["event"]["type"].as_str().unwrap().to_owned())
        .collect();
    let mut asked: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    let mut missing = Vec::new();
    for row in rows() {
        let mut shown: BTreeSet<&str> = BTreeSet::new();
        for question in row.questions.iter().chain(&row.deadlines) {
            let of_question = asked.entry(question.clone()).or_insert_with(|| {
                records_of(&world, question).iter().map(|seq| kinds[*seq as usize].as_str()).collect()
            });
            // A question that shows nothing of its row does not belong there.
            if !row.types.iter().any(|t| of_question.contains(t.as_str())) {
                missing.push(format!("{}: `{question}` shows none of {:?}", row.number, row.types));
            }
            shown.extend(of_question.iter());
        }
        for kind in row.types.iter().filter(|t| !shown.contains(t.as_str())) {
            missing.push(format!("{}: no question shows a {kind}", row.number));
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    accounts_of_what_rests_on_what_agree(&world);
}

/// Reads everything, as a history does that keeps no account of what rests on what.
struct Reading<'a>(&'a dyn History);

impl History for Reading<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        self.0.stream(name)
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        self.0.streams_with_prefix(prefix)
    }
}

/// The index, a history in memory, and a reading of all streams say the same.
fn accounts_of_what_rests_on_what_agree(world: &World) {
    let (ledger, _) = Ledger::open(&world.at("ledger")).unwrap();
    let past = ledger.past();
    let mut memory = MemoryHistory::default();
    let facts = (0..past.size()).map(|seq| past.fact(seq).unwrap());
    facts.for_each(|fact| memory.push(fact));
    let mut found = 0;
    for name in past.streams_with_prefix("").unwrap() {
        let read = Reading(past).resting_on(&name).unwrap();
        assert_eq!(past.resting_on(&name).unwrap(), read, "{name}");
        assert_eq!(memory.resting_on(&name).unwrap(), read, "{name}");
        found += read.len();
    }
    assert!(found > 10, "{found}");
}
