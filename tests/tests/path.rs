//! The whole path: what an institution, an auditor and a researcher do, on real treaty acts.
//! Not here: damage (`tamper`, `crash`), errors (`manners`).

use std::collections::BTreeSet;
use std::fs;

use answerable_tests::{World, example, finish, path_text, read_tree, repository};
use serde_json::Value;

const TREATIES: [(&str, Option<&str>); 5] = [
    ("genocide-convention", Some("1951-01-12")),
    ("refugee-convention", Some("1954-04-22")),
    ("refugee-protocol", Some("1967-10-04")),
    ("rome-statute", Some("2002-07-01")),
    ("arms-trade-treaty", None),
];

fn status(world: &World, treaty: &str, more: &[&str]) -> Value {
    world.run(&[&["treaty", "status", treaty, "--format", "json"], more].concat()).expect(0).json()
}

/// The demo is the first thing that anyone runs: it must show the path, and never write into what is there.
#[test]
fn the_demo_runs_once() {
    let world = World::empty();
    let demo = |world: &World| finish(world.program("answerable").args(["demo", "shown"]));
    let first = demo(&world).expect(0);
    for wanted in [
        "113 deposits, in force for 112",
        "Liechtenstein",
        "Czechoslovakia",
        "Yugoslavia",
        "VERIFIED: all 1458 records are whole",
        "FALSE: record 498 is wrong",
        "Deposited and not yet in force: Liechtenstein (deposited 1994-03-24, from 1994-06-22)",
    ] {
        assert!(first.stdout.contains(wanted), "the demo does not say {wanted:?}:\n{}", first.stdout);
    }
    assert!(!first.stderr.contains("error:"), "{}", first.stderr);
    let before = read_tree(&world.at("shown"));
    let second = demo(&world).expect(2);
    assert_eq!((second.error_code(), second.stdout.as_str()), ("file.exists", ""));
    assert!(before == read_tree(&world.at("shown")), "a refused demo changed the folder");
}

/// The texts of the UN tables say when each of the five treaties entered into force; here it is computed.
#[test]
fn entry_into_force_is_computed() {
    let world = World::founded();
    for (treaty, date) in TREATIES {
        let answer = status(&world, treaty, &["--as-of", "2015-03-14"]);
        assert_eq!(answer["entry_into_force"]["date"].as_str(), date, "{treaty}");
    }
    let att = world.ok(&["treaty", "status", "arms-trade-treaty", "--as-of", "2015-03-14", "--summary"]);
    assert!(att.contains("Not in force by these records: 41 of 50 deposits"), "{att}");
    let answer = status(&world, "arms-trade-treaty", &["--as-of", "2015-03-14"]);
    let mut summary = answer.clone();
    assert!(summary.as_object_mut().unwrap().remove("states").is_some_and(|s| s.as_array().unwrap().len() == 118));
    assert_eq!(status(&world, "arms-trade-treaty", &["--as-of", "2015-03-14", "--summary"]), summary);
    assert_eq!(answer["entry_into_force"]["deposits_counted"], 41);
    assert_eq!(answer["entry_into_force"]["deposits_needed"], 50);
    assert_eq!(answer["counts"]["in_force"], 0);
}

/// The 50th ratification of the Arms Trade Treaty came on 25 September 2014: ninety days later it was in force. The
/// UN table that we hold is older than nine of those deposits; with them the program must find the day by itself.
#[test]
fn nine_more_ratifications_bring_the_arms_trade_treaty_into_force() {
    let world = World::founded();
    let table = fs::read_to_string(example("treaty-acts.csv")).unwrap();
    let acts_of = |act: &str| -> BTreeSet<String> {
        let fields = table.lines().map(|l| l.split(',').collect::<Vec<_>>());
        fields.filter(|f| f[0] == "arms-trade-treaty" && f[2] == act).map(|f| f[1].to_owned()).collect()
    };
    let waiting: Vec<String> = acts_of("signature").difference(&acts_of("consent")).take(9).cloned().collect();
    assert_eq!(waiting.len(), 9);
    let row = |state: &String| format!("arms-trade-treaty,{state},consent,ratification,2014-09-25,MTDSG XXVI-8\n");
    let rows: String = waiting.iter().map(row).collect();
    let table = world.write("more.csv", format!("treaty,actor,act,mode,date,source_table\n{rows}"));
    let imported = world.import(&table, &example("mappings/treaty-acts.toml"), &["--yes"]).expect(0);
    assert!(imported.stdout.contains("9 new acts, 0 corrections"), "{}", imported.stdout);
    let on = |day: &str| status(&world, "arms-trade-treaty", &["--as-of", day]);
    assert_eq!(on("2014-12-24")["entry_into_force"]["date"], "2014-12-24");
    // Of the fifty, those that had deposited by the day that counted are bound on it; the day before, nobody is.
    assert_eq!(on("2014-12-23")["counts"]["in_force"], 0);
    assert_eq!(on("2014-12-24")["counts"]["in_force"], 50);
    // What the ledger knew before is still what it knew before.
    let then = status(&world, "arms-trade-treaty", &["--as-of", "2014-12-24", "--known-at", "1177"]);
    assert_eq!(then["entry_into_force"]["date"], Value::Null);
}

/// A treaty without a single recorded act has no "0 parties": the ledger is silent on it, and must say so.
#[test]
fn silence_is_not_zero() {
    let world = World::founded();
    for treaty in ["additional-protocol-i", "additional-protocol-ii"] {
        let answer = world.ok(&["treaty", "status", treaty]);
        assert!(answer.to_lowercase().contains("no acts recorded"), "{answer}");
        assert!(!answer.contains("0 parties") && !answer.contains("in force for 0"), "{answer}");
    }
    let list = world.ok(&["treaty", "list"]);
    assert!(list.contains("no acts recorded"), "{list}");
    assert!(!list.contains("0 parties"), "{list}");
}

/// Two programs count the same acts: this one, and `examples/make/expected.py`, which knows none of its code.
#[test]
fn counts_agree_with_an_independent_count() {
    let world = World::founded();
    let expected: Value = serde_json::from_slice(&fs::read(example("make/expected.json")).unwrap()).unwrap();
    for (treaty, entry) in TREATIES {
        let theirs = &expected["treaties"][treaty];
        assert_eq!(theirs["entry_into_force"].as_str(), entry, "{treaty}");
        let mut days = 0;
        for (day, on) in theirs["on"].as_object().unwrap() {
            let ours = status(&world, treaty, &["--as-of", day]);
            let counts = (&ours["counts"]["deposits"], &ours["counts"]["in_force"]);
            assert_eq!(counts, (&on["deposits"], &on["in_force"]), "{treaty} on {day}");
            let rows = ours["states"].as_array().unwrap().iter().filter(|r| r["status"] == "in_force");
            assert_eq!(rows.count() as u64, on["in_force"].as_u64().unwrap(), "rows of {treaty} on {day}");
            days += 1;
        }
        assert!(days >= 2, "{treaty} is compared on {days} days");
        assert!(theirs["on"]["2002-07-01"].is_object() && theirs["on"]["2015-03-14"].is_object(), "{treaty}");
    }
}

/// People import the same table again, to be sure. Twice recorded would be twice counted.
#[test]
fn importing_again_adds_nothing() {
    let world = World::founded();
    let before = read_tree(&world.at("ledger/log"));
    for (table, mapping) in
        [("states.csv", "states"), ("treaties.json", "treaties"), ("treaty-acts.csv", "treaty-acts")]
    {
        let said = world.import_example(table, mapping);
        assert!(said.contains(": 0 new acts, 0 corrections, ") && said.contains(" 0 rejected"), "{table}: {said}");
    }
    assert!(before == read_tree(&world.at("ledger/log")), "importing again changed the log");
    assert_eq!(world.size(), 1177);
}

/// Serbia succeeded twice, to Yugoslavia and to Serbia and Montenegro: two rows, one stream. The second is not a change
/// of the first.
#[test]
fn importing_two_rows_of_one_stream_again_adds_nothing() {
    let world = World::founded();
    let said = world.import_example("state-successions.csv", "successions");
    assert!(said.contains("26 rows: 0 new acts, 0 corrections, 26 recorded before, 0 rejected"), "{said}");
    assert_eq!(world.size(), 1177);
}

/// The UN tables are changed in place. Here a changed row is one correction, and the old word stays readable.
#[test]
fn a_changed_row_is_one_correction() {
    let world = World::founded();
    let table = fs::read_to_string(example("treaty-acts.csv")).unwrap();
    let was = "genocide-convention,state:RWA,consent,accession,1975-04-16";
    assert_eq!(table.matches(was).count(), 1);
    let table = world.write("changed.csv", table.replace(was, &was.replace("1975", "1976")));
    let mapping = example("mappings/treaty-acts.toml");

    let tree = read_tree(&world.at("ledger/log"));
    let dry = world.import(&table, &mapping, &["--dry-run"]).expect(0);
    assert!(dry.stdout.contains("0 new acts, 1 corrections, 935 recorded before"), "{}", dry.stdout);
    assert!(dry.stdout.contains("record 498 said: state:RWA deposits"), "{}", dry.stdout);
    assert!(tree == read_tree(&world.at("ledger/log")), "a dry run wrote to the log");
    assert_eq!(world.size(), 1177);

    let said = world.import(&table, &mapping, &["--yes"]).expect(0).stdout;
    assert!(said.contains("0 new acts, 1 corrections, 935 recorded before"), "{said}");
    assert!(said.contains("on 1975-04-16") && said.contains("on 1976-04-16"), "{said}");
    assert_eq!(world.size(), 1178);

    let history = world.run(&["history", "treaty:genocide-convention:RWA", "--format", "json"]).expect(0).json();
    let records = history["records"].as_array().unwrap();
    assert_eq!(records.len(), 2);
    assert_eq!((&records[0]["effective"], &records[0]["corrected_by"]), (&"1975-04-16".into(), &"1177".into()));
    assert_eq!(records[1]["type"], "event.corrected");
    let rwanda = |more: &[&str]| {
        let answer = status(&world, "genocide-convention", more);
        let row = answer["states"].as_array().unwrap().iter().find(|r| r["actor"] == "state:RWA").cloned();
        row.unwrap()["deposited"].as_str().map(str::to_owned)
    };
    assert_eq!(rwanda(&[]).as_deref(), Some("1976-04-16"));
    assert_eq!(rwanda(&["--known-at", "1177"]).as_deref(), Some("1975-04-16"));
    // The corrected row once more, and then the old table: nothing new, then one correction back.
    let again = world.import(&table, &mapping, &["--yes"]).expect(0).stdout;
    assert!(again.contains("0 new acts, 0 corrections, 936 recorded before"), "{again}");
    let back = world.import_example("treaty-acts.csv", "treaty-acts");
    assert!(back.contains("0 new acts, 1 corrections, 935 recorded before"), "{back}");
    assert_eq!(rwanda(&[]).as_deref(), Some("1975-04-16"));
}

/// Every writer has a dry run, and a dry run writes nothing at all.
#[test]
fn dry_runs_change_nothing() {
    let world = World::bare();
    let act = world.signed_act(&["actor.registered", "--set", "actor=org:x", "--set", "name=X", "--set", "kind=other"]);
    world.ok(&["status"]); // so that whatever is derived is there
    let before = read_tree(world.path());
    let mapping = example("mappings/states.toml");
    let said = world.import(&example("states.csv"), &mapping, &["--dry-run"]).expect(0).stdout;
    assert!(said.contains("202 rows: 202 new acts"), "{said}");
    assert!(world.ok(&["append", &act, "--dry-run"]).contains("would be recorded"));
    world.ok(&[
        "draft",
        "actor.registered",
        "--actor",
        "org:test",
        "--set",
        "actor=org:y",
        "--set",
        "name=Y",
        "--set",
        "kind=other",
        "--dry-run",
    ]);
    assert!(world.ok(&["export", "export", "--dry-run"]).contains("3 records"));
    world.ok(&["schema", "write", "schemas", "--dry-run"]);
    world.ok(&["sign", &act, "--dry-run", "--key", "org:test#1"]);
    let after = read_tree(world.path());
    let changed: Vec<_> =
        after.iter().filter(|(k, v)| !k.contains("index/streams") && before.get(*k) != Some(v)).collect();
    assert!(changed.is_empty(), "{:?}", changed.iter().map(|(k, _)| k).collect::<Vec<_>>());
}

/// The researcher's second time: what the ledger held then. A later record must not leak into an earlier answer.
#[test]
fn an_answer_knows_nothing_of_later_records() {
    let world = World::founded();
    // Record 498 is Rwanda's accession: by 498 records it is unknown, by 499 it is known.
    let deposits = |known: &str| {
        let answer = status(&world, "genocide-convention", &["--as-of", "2015-03-14", "--known-at", known]);
        let rwanda = answer["states"].as_array().unwrap().iter().any(|r| r["actor"] == "state:RWA");
        (answer["known_size"].as_str().unwrap().to_owned(), rwanda)
    };
    assert_eq!(deposits("498"), ("498".into(), false));
    assert_eq!(deposits("499"), ("499".into(), true));
    assert_eq!(deposits("seq:497"), ("498".into(), false));
    assert_eq!(deposits("seq:498"), ("499".into(), true));
    // Every record of an answer is below what it knows, in every row.
    let early = status(&world, "genocide-convention", &["--known-at", "600"]);
    for row in early["states"].as_array().unwrap() {
        assert!(row["records"].as_array().unwrap().iter().all(|r| r.as_u64().is_some_and(|n| n < 600)), "{row}");
    }
    // By date and by instant: everything was recorded today, nothing the day before the founding.
    let log = world.run(&["log", "--from", "0", "-n", "1", "--format", "jsonl"]).expect(0).json();
    let founded = log["recorded"].as_str().unwrap().to_owned();
    assert_eq!(deposits("2999-01-01").0, "1177");
    let size_at = |known: &str| world.run(&["log", "--known-at", known, "--format", "jsonl"]).expect(0).stdout;
    assert_eq!(size_at("2000-01-01"), "", "records before there was a ledger");
    assert_eq!(size_at(&founded).lines().count(), 1, "at the instant of the founding there is one record");
    // A treaty that is registered later is unknown, not empty.
    let unknown = world.run(&["treaty", "status", "genocide-convention", "--known-at", "3"]).expect(2);
    assert_eq!(unknown.error_code(), "treaty.unknown");
    for bad in ["1178", "seq:1177", "yesterday", "2026-02-30", "2026-1-1", "-1"] {
        assert_eq!(world.run(&["log", &format!("--known-at={bad}")]).code, 2, "{bad}");
    }
    assert_eq!(world.run(&["show", "498", "--known-at", "498"]).expect(2).error_code(), "record.not_found");
    world.ok(&["show", "498", "--known-at", "499"]);
}

const ANSWERS: [&[&str]; 9] = [
    &["status"],
    &["treaty", "list", "--as-of", "2015-03-14"],
    &["treaty", "status", "genocide-convention", "--as-of", "1994-04-06"],
    &["treaty", "status", "rome-statute", "--as-of", "2002-07-01", "--known-at", "900"],
    &["treaty", "show", "arms-trade-treaty"],
    &["history", "treaty:genocide-convention:RWA", "--as-of", "2015-03-14"],
    &["log", "-n", "50"],
    &["schema", "list"],
    &["schema", "roles"],
];

/// An answer is evidence. It may not depend on who asks: not on the locale, the zone, the window or the second run.
#[test]
fn answers_are_the_same_bytes_everywhere() {
    let world = World::founded();
    for args in ANSWERS {
        for format in ["table", "json", "jsonl", "csv"] {
            let args = [args, &["--format", format]].concat();
            let plain = world.ok(&args);
            assert_eq!(plain, world.ok(&args), "a second run of {args:?}");
            let mut abroad = world.command(&args);
            abroad.envs([("LANG", "tr_TR.UTF-8"), ("LC_ALL", "tr_TR.UTF-8"), ("TZ", "Asia/Kathmandu")]);
            abroad.envs([("COLUMNS", "40"), ("TERM", "xterm-256color"), ("CLICOLOR_FORCE", "1")]);
            assert_eq!(plain, finish(&mut abroad).expect(0).stdout, "abroad: {args:?}");
        }
    }
}

#[test]
fn every_format_parses() {
    let world = World::founded();
    for args in ANSWERS {
        let with = |format: &str| world.ok(&[args, &["--format", format]].concat());
        let whole: Value = serde_json::from_str(&with("json")).unwrap_or_else(|e| panic!("{args:?}: {e}"));
        let schema = whole["schema"].as_str().unwrap_or_else(|| panic!("{args:?} has no schema"));
        assert!(schema.starts_with("answerable.") && schema.ends_with("/v1"), "{args:?}: {schema}");
        let lines = with("jsonl");
        for line in lines.lines() {
            let row: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{args:?}: {e}: {line}"));
            assert_eq!(row["schema"], schema, "{args:?}");
        }
        // One header, and as many cells in every row as it has; quoted cells hold no line feed here.
        let csv = with("csv");
        let cells = |line: &str| {
            let outside = line.split('"').step_by(2);
            outside.map(|part| part.matches(',').count()).sum::<usize>() + 1
        };
        let header = csv.lines().next().unwrap();
        assert!(csv.lines().all(|l| cells(l) == cells(header)), "{args:?}:\n{csv}");
        assert_eq!(csv.lines().count(), lines.lines().count() + 1, "{args:?}: CSV and JSON Lines have other rows");
        assert!(lines.lines().count() > 0, "{args:?} has no rows");
    }
}

/// The records as they lie are what `show` gives out, so that other tools can hash and check them.
#[test]
fn show_gives_the_bytes_of_the_log() {
    let world = World::founded();
    let log = String::from_utf8(world.read("ledger/log/000000000000.jsonl")).unwrap();
    for seq in [0, 1, 498, 1176] {
        assert_eq!(
            world.ok(&["show", &seq.to_string(), "--format", "json"]),
            log.lines().nth(seq).unwrap().to_owned() + "\n"
        );
    }
}

/// Two readings of the same UN tables must give one answer: our table of acts, and the five tables as the UN has them.
#[test]
fn the_raw_un_tables_give_the_same_answers() {
    let tables = repository().join("../shared/data/treaties");
    if !tables.is_dir() {
        eprintln!("skipped: {} is not there", tables.display());
        return;
    }
    let ours = World::founded();
    let raw = World::bare();
    raw.register();
    for (mapping, table) in [
        ("untc-genocide", "genocide-1948.csv"),
        ("untc-refugee", "refugee-1951.csv"),
        ("untc-refugee-protocol", "refugee-protocol-1967.csv"),
        ("untc-rome", "rome-1998.csv"),
        ("untc-att", "att-2013.csv"),
    ] {
        let mapping = example(&format!("mappings/{mapping}.toml"));
        let said = raw.import(&path_text(&tables.join(table)), &mapping, &["--yes"]).expect(0).stdout;
        assert!(said.contains(" 0 corrections, 0 recorded before, 0 rejected"), "{table}: {said}");
    }
    assert_eq!(raw.size(), ours.size());
    for (treaty, _) in TREATIES {
        for day in ["1994-04-06", "2002-07-01", "2015-03-14"] {
            // The records' numbers differ, as the tables come one after the other: they are left out.
            let told = |world: &World| {
                let answer = status(world, treaty, &["--as-of", day]);
                let row = |r: &Value| {
                    format!(
                        "{} {} {} {} {} {}",
                        r["actor"], r["status"], r["signed"], r["deposited"], r["mode"], r["in_force_from"]
                    )
                };
                let rows: Vec<String> = answer["states"].as_array().unwrap().iter().map(row).collect();
                (answer["entry_into_force"]["date"].clone(), answer["counts"].clone(), rows)
            };
            assert_eq!(told(&ours), told(&raw), "{treaty} on {day}");
        }
    }
}

/// Several signers, none on the ledger's machine, pass one file along; and submitting twice is no conflict.
#[test]
fn an_act_is_submitted_twice_and_recorded_once() {
    let world = World::bare();
    let act = world.signed_act(&["actor.registered", "--set", "actor=org:x", "--set", "name=X", "--set", "kind=other"]);
    assert!(world.ok(&["append", &act]).contains("recorded"));
    assert_eq!(world.size(), 4);
    let again = world.run(&["append", &act, "--format", "json"]).expect(0).json();
    assert_eq!((&again["rows"][0]["outcome"], &again["rows"][0]["seq"]), (&"already recorded".into(), &"3".into()));
    assert_eq!(world.size(), 4);
    // Where an export goes, nothing is overwritten; what is exported verifies.
    world.ok(&["export", "export"]);
    assert_eq!(world.run(&["export", "export"]).expect(2).error_code(), "store.exists");
    world.verify("export", &world.pins()).expect(0);
}

/// Several hands pass an event along, and meanwhile the ledger grows: what its author had seen is an earlier tree, and
/// the event still stands. (Found: an event could be appended only as long as nobody else's had come in between.)
#[test]
fn an_event_that_was_drafted_before_others_can_be_appended() {
    let world = World::bare();
    let names: Vec<String> = (1..=3)
        .map(|i| {
            let actor = format!("actor=org:x-{i}");
            let act = ["actor.registered", "--set", &actor, "--set", "name=X", "--set", "kind=other"];
            let (file, name) = (world.signed_act(&act), format!("{i}.event.json"));
            fs::rename(world.at(&file), world.at(&name)).unwrap();
            name
        })
        .collect();
    for name in &names {
        world.ok(&["append", name]);
    }
    world.ok(&["export", "export"]);
    world.verify("export", &world.pins()).expect(0);
}
