//! `--cite` and `answer --verify`: an answer is cited by the ledger's state, and gives the same bytes when it is asked again; a
//! citation that lies, or asks for anything but an answer, is refused.
//! Not here: what answers say; the files of an answer (`citing_files`).

mod worked_ledger;

use std::collections::BTreeSet;
use std::fs;

use answerable_tests::{World, copy_tree, example, read_tree, repository};
use serde_json::{Value, json};

const STATUS: [&str; 5] = ["treaty", "status", "genocide-convention", "--format", "csv"];

fn cited(world: &World, question: &[&str]) -> Value {
    let at = question.iter().position(|word| *word == "--").unwrap_or(question.len());
    let cite = world.run(&[&question[..at], &["--cite=cited.json"], &question[at..]].concat()).expect(0);
    assert!(cite.stderr.starts_with("notice: cite as: Tests ("), "{cite:?}");
    serde_json::from_slice(&world.read("cited.json")).unwrap()
}

fn again(world: &World, citation: &Value) -> answerable_tests::Output {
    world.write("again.json", citation.to_string());
    world.run(&["answer", "--verify", "again.json"])
}

#[test]
fn a_cited_answer_gives_the_same_bytes_whatever_is_recorded_since() {
    let world = World::founded();
    let size = world.size();
    let plain = world.ok(&[&STATUS[..], &["--as-of", "2015-03-14"]].concat());
    for question in [
        [&STATUS[..], &["--as-of", "2015-03-14"]].concat(),
        vec!["overdue"],
        vec!["log", "--known-at", "40", "--format", "json"],
        vec!["table", "panel", "--from", "2001", "--to", "2002", "--format", "jsonl"],
        vec!["history", "treaty:genocide-convention:RWA"],
    ] {
        let told = world.run(&[&question[..], &["--cite"]].concat()).expect(0);
        let _ = std::fs::remove_file(world.at("cited.json"));
        let citation = cited(&world, &question);
        let command: Vec<&str> = citation["command"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert_eq!(world.ok(&command), told.stdout, "the answer is that of the command which is cited");
        world.act(&[
            "actor.registered",
            "--set",
            &format!("actor=org:x{}", world.size()),
            "--set",
            "name=X",
            "--set",
            "kind=other",
        ]);
        let same = world.run(&["answer", "--verify", "cited.json"]).expect(0);
        assert!(same.stdout.starts_with("the same, byte for byte: Tests ("), "{same:?}");
    }
    let _ = std::fs::remove_file(world.at("cited.json"));
    let citation = cited(&world, &[&STATUS[..], &["--as-of", "2015-03-14", "--known-at", &size.to_string()]].concat());
    assert_eq!(citation["size"], size);
    assert_eq!(world.ok(&[&STATUS[..], &["--as-of", "2015-03-14", "--cite"]].concat()), plain);
    assert_eq!(world.run(&[&STATUS[..], &["--cite=cited.json"]].concat()).expect(2).error_code(), "file.exists");
}

#[test]
fn a_citation_that_lies_is_told() {
    let world = World::founded();
    let citation = cited(&world, &[&STATUS[..], &["--as-of", "2015-03-14"]].concat());
    let size = citation["size"].as_u64().unwrap();
    let with = |member: &str, value: Value| {
        let mut lie = citation.clone();
        lie[member] = value;
        again(&world, &lie)
    };
    let command = |args: &[&str]| with("command", json!(args));
    let known = size.to_string();
    let other = "0".repeat(64);
    for (said, code, exit) in [
        (with("answer_sha256", json!(other)), "cite.differs", 1),
        (with("root", json!("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")), "cite.other_history", 1),
        (with("ledger", json!(other)), "cite.other_ledger", 2),
        (with("title", json!("Another")), "cite.malformed", 2),
        (with("rules_version", json!(7)), "cite.malformed", 2),
        (with("size", json!(3)), "cite.malformed", 2),
        (with("schema", json!("answerable.citation/v2")), "cite.malformed", 2),
        (with("more", json!(1)), "cite.malformed", 2),
        (
            command(&[
                "treaty",
                "status",
                "rome-statute",
                "--format",
                "csv",
                "--known-at",
                &known,
                "--as-of",
                "2015-03-14",
            ]),
            "cite.differs",
            1,
        ),
        (command(&["log"]), "cite.malformed", 2),
        (command(&["overdue", "--known-at", &known]), "cite.malformed", 2),
        (command(&["log", "--known-at", "seq:40"]), "cite.malformed", 2),
        (
            command(&["diff", "--known-at", "1", "--known-at", "2099-01-01", "--as-of", "2015-03-14"]),
            "cite.malformed",
            2,
        ),
        (command(&["diff", "--known-at", "1", "--known-at", "2", "--as-of", "2015-03-14"]), "cite.malformed", 2),
        (with("codes", json!({"file": "codes.csv", "sha256": other})), "cite.malformed", 2),
    ] {
        assert_eq!((said.error_code(), said.code), (code, exit), "{said:?}");
    }
    let mut ahead = citation.clone();
    ahead["size"] = json!(size + 1);
    ahead["command"] = json!(["log", "--known-at", (size + 1).to_string()]);
    assert_eq!(again(&world, &ahead).expect(3).error_code(), "cite.ahead");
}

/// It may come from anybody: whatever it says, nothing is written, and no file is read but the ledger's.
#[test]
fn a_citation_only_asks() {
    let world = World::founded();
    let citation = cited(&world, &[&STATUS[..], &["--as-of", "2015-03-14"]].concat());
    let known = citation["size"].to_string();
    world.signed_act(&["actor.registered", "--set", "actor=org:x", "--set", "name=X", "--set", "kind=other"]);
    copy_tree(&world.at("ledger"), &world.at("other"));
    let before = read_tree(world.path());
    for args in [
        &["append", "act.event.json"][..],
        &["export", "copy"],
        &["publish", "www"],
        &["key", "new", "org:y#1", "--no-passphrase"],
        &["check"],
        &["attachment", "get", "00", "--out", "x"],
        &["schema", "write", "json"],
        &["about", "state:RWA", "--from", "other"],
        &["log", "--known-at", &known, "--ledger", "other"],
        &["log", "--known-at", &known, "--cite=c.json"],
        &["--keys", "keys", "log", "--known-at", &known],
        &["answer", "--verify", "again.json"],
        &["--help"],
        &["--version"],
        &["log", "--help"],
        &[],
    ] {
        let mut lie = citation.clone();
        lie["command"] = json!(args);
        assert_eq!(again(&world, &lie).expect(2).error_code(), "cite.no_question", "{args:?}");
    }
    std::fs::remove_file(world.at("again.json")).unwrap();
    assert!(before == read_tree(world.path()), "something was written");
    world.write("again.json", vec![b' '; 70_000]);
    assert_eq!(world.run(&["answer", "--verify", "again.json"]).expect(2).error_code(), "cite.malformed");
    assert_eq!(world.run(&["answer", "--verify", "nowhere.json"]).expect(4).error_code(), "file.io");
    assert_eq!(world.run(&["about", "state:RWA", "--from", "x", "--cite"]).expect(2).error_code(), "cite.no_question");
    assert_eq!(world.run(&["log", "--known-at", "0", "--cite"]).expect(2).error_code(), "cite.nothing");
}

/// `--known-at` with a day means more records, while that day lasts: a citation says how many.
#[test]
fn what_was_known_on_a_day_is_cited_by_numbers_of_records() {
    let world = World::founded();
    let size = world.size();
    let last = world.run(&["log", "-n", "1", "--format", "json"]).expect(0).json();
    let today = &last["rows"][0]["recorded"].as_str().expect("a time")[..10];
    let citation = cited(&world, &["diff", "--known-at", "40", "--known-at", today, "--as-of", "2015-03-14"]);
    let command: Vec<&str> = citation["command"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let head = size.to_string();
    assert_eq!(command, ["diff", "--as-of", "2015-03-14", "--known-at", "40", "--known-at", &head]);
    assert_eq!(citation["size"], size);
    // Going back, the order stays; the citation is of the larger number.
    std::fs::remove_file(world.at("cited.json")).unwrap();
    let back = cited(&world, &["diff", "--known-at", "seq:41", "--known-at", "40", "--as-of", "2015-03-14"]);
    let command: Vec<&str> = back["command"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!((command[4], command[6], &back["size"]), ("42", "40", &json!(42)));
    world.says_something("later");
    for citation in [citation, back] {
        again(&world, &citation).expect(0);
    }
}

/// What is made with a list of codes rests on that file, too: another one under its name is no judge of the answer.
#[test]
fn a_list_of_codes_is_cited_by_its_hash() {
    let world = World::founded();
    let list = std::fs::read(example("country-codes.csv")).unwrap();
    world.write("codes.csv", &list);
    let citation =
        cited(&world, &["table", "matrix", "--as-of", "2015-03-14", "--codes", "codes.csv", "--format", "csv"]);
    assert_eq!(citation["codes"]["file"], "codes.csv");
    again(&world, &citation).expect(0);
    let mut without = citation.clone();
    without.as_object_mut().unwrap().remove("codes");
    assert_eq!(again(&world, &without).expect(2).error_code(), "cite.malformed");
    world.write("codes.csv", [&list[..], b"state:ZZZ,ZZZ,999,Nowhere,Nowhere\n"].concat());
    assert_eq!(again(&world, &citation).expect(3).error_code(), "cite.other_file");
    std::fs::remove_file(world.at("codes.csv")).unwrap();
    assert_eq!(again(&world, &citation).expect(4).error_code(), "file.io");
    // What can be read only once cannot be asked again.
    let device = ["table", "matrix", "--as-of", "2015-03-14", "--codes", "/dev/zero", "--cite"];
    assert_eq!(world.run(&device).expect(2).error_code(), "cite.no_question");
}

/// Behind `--` stand values, whatever they look like.
#[test]
fn the_end_of_the_options_stays_the_end() {
    let world = World::founded();
    let citation = cited(&world, &["list", "--as-of", "2015-03-14", "--", "focal-point"]);
    let known = world.size().to_string();
    assert_eq!(citation["command"], json!(["list", "--as-of", "2015-03-14", "--known-at", known, "--", "focal-point"]));
    again(&world, &citation).expect(0);
}

/// The answers of every command that docs/RESEARCH.md lists, by two thirds of the worked examples; cited, and asked again when
/// all are recorded.
#[test]
fn whatever_is_cited_stays_as_it_was_when_the_ledger_grows() {
    let (world, later) = worked_ledger::recorded_but(60);
    let day = ["--as-of", "2026-11-23"];
    let calls: [(&[&str], &[&str]); 32] = [
        (&["status"], &[]),
        (&["log"], &["-n", "400"]),
        (&["show"], &["60"]),
        (&["history"], &["treaty:genocide-convention:XXA"]),
        (&["about"], &["state:XXA"]),
        (&["attachment", "list"], &[]),
        (&["treaty", "list"], &day),
        (&["treaty", "show"], &["genocide-convention"]),
        (&["treaty", "status"], &["genocide-convention"]),
        (&["treaty", "unratified"], &[]),
        (&["treaty", "reservations"], &["genocide-convention", "--all"]),
        (&["treaty", "withdrawals"], &[]),
        (&["mandates"], &["--all"]),
        (&["overdue"], &["--all"]),
        (&["scorecard"], &["--all"]),
        (&["list"], &[]),
        (&["commitments"], &[]),
        (&["commitment"], &["state:XXA", "national-action-plan"]),
        (&["recommendations"], &[]),
        (&["access"], &[]),
        (&["institutions"], &[]),
        (&["conduct"], &["act-code-of-conduct"]),
        (&["vetoes"], &[]),
        (&["unused"], &day),
        (&["counts"], &[]),
        (&["table", "long"], &[]),
        (&["table", "matrix"], &day),
        (&["table", "panel"], &["--from", "1990", "--to", "2020"]),
        (&["table", "parties"], &["--from", "1990", "--to", "2020"]),
        (&["table", "durations"], &[]),
        (&["diff"], &["--as-of", "1990-01-01", "--as-of", "2026-11-23"]),
        (&["report"], &["--as-of", "2026-11-23", "report.html"]),
    ];
    let page = fs::read_to_string(repository().join("docs/RESEARCH.md")).unwrap();
    let rows = page.split("| cited | |\n").nth(1).unwrap().lines().take_while(|l| l.starts_with('|'));
    let cells = rows.map(|row| row.split('|').nth(1).unwrap());
    let listed: BTreeSet<&str> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let called: Vec<String> = calls.iter().map(|(command, _)| command.join(" ")).collect();
    assert_eq!(listed, called.iter().map(String::as_str).collect());

    let before = world.size().to_string();
    for (i, (command, args)) in calls.iter().enumerate() {
        for (j, format) in ["table", "json"].into_iter().enumerate() {
            let cite = format!("--cite=cited-{i}-{j}.json");
            world.ok(&[command, args, &["--format", format, &cite][..]].concat());
            let _ = fs::remove_file(world.at("report.html"));
        }
    }
    world.ok(&["append", &later]);
    world.says_something("later");
    assert_ne!(world.size().to_string(), before);
    for (i, call) in called.iter().enumerate() {
        for j in 0..2 {
            let same = world.run(&["answer", "--verify", &format!("cited-{i}-{j}.json")]);
            assert_eq!(same.code, 0, "{call}: {same:?}");
        }
    }
    // It was the growth that might have made a difference.
    let told = |more: &[&str]| world.ok(&[&["list", "--as-of", "2026-11-23"], more].concat());
    assert_ne!(told(&["--known-at", &before]), told(&[]));
}

/// `status` at a size is about the ledger; how far this copy has come is not, and does not stand in what is cited.
#[test]
fn a_status_by_what_was_known_tells_nothing_of_the_copy() {
    let world = World::bare();
    let whats = |more: &[&str]| {
        let status = world.run(&[&["status", "--format", "json"], more].concat()).expect(0).json();
        let rows = status["rows"].as_array().unwrap().clone();
        rows.into_iter().map(|r| (r["what"].as_str().unwrap().to_owned(), r["value"].clone())).collect::<Vec<_>>()
    };
    let value = |rows: &[(String, Value)], what: &str| rows.iter().find(|r| r.0 == what).map(|r| r.1.clone());
    let now = whats(&[]);
    assert_eq!(value(&now, "checkpoint size"), Some(json!("3")));
    assert_eq!(value(&now, "checkpoint root"), value(&now, "root"));
    let then = whats(&["--known-at", "3"]);
    world.says_something("later");
    assert_eq!(whats(&["--known-at", "3"]), then);
    assert_eq!((value(&then, "checkpoint size"), value(&then, "root")), (None, value(&now, "root")));
    assert_ne!(value(&whats(&[]), "root"), value(&then, "root"));
    world.run(&["status", "--known-at", "3", "--cite=cited.json"]).expect(0);
    world.run(&["answer", "--verify", "cited.json"]).expect(0);
}
