//! Whose word an answer rests on: what others say about an actor, how it answers, and how each answer shows it.
//! Not here: which answers are lawful (the verifier's `replies`).

use answerable_tests::{ACTOR, KEY, World};
use serde_json::Value;

const RWA: &str = "state:RWA";
const UNSG: &str = "org:un-secretary-general";

/// The demo's ledger, with keys for Rwanda and for the depositary.
fn world() -> World {
    let world = World::founded();
    for actor in [RWA, UNSG] {
        let key = format!("{actor}#1");
        world.ok(&["key", "new", &key, "--no-passphrase"]);
        world.act(&["key.enrolled", "--enrol", &key]);
    }
    world.act(&["role.granted", "--set", &format!("actor={UNSG}"), "--set", "role=depositary"]);
    world
}

/// The seq of Rwanda's statement about a treaty, from `about`.
fn seq_about(world: &World, treaty: &str) -> String {
    let about = world.run(&["about", RWA, "--all", "--format", "json"]).expect(0).json();
    let statements = about["statements"].as_array().unwrap();
    let found = statements.iter().find(|s| s["says"].as_str().unwrap().contains(treaty)).unwrap();
    found["seq"].as_str().unwrap().to_owned()
}

fn row(world: &World, treaty: &str, more: &[&str]) -> Value {
    let answer = world.run(&[&["treaty", "status", treaty, "--format", "json"], more].concat()).expect(0).json();
    answer["states"].as_array().unwrap().iter().find(|r| r["actor"] == RWA).cloned().unwrap_or(Value::Null)
}

#[test]
fn what_is_said_about_an_actor_is_affirmed_or_disputed_and_every_answer_shows_it() {
    let world = world();
    let count = |more: &[&str]| -> usize {
        let about = world.run(&[&["about", RWA, "--format", "json"], more].concat()).expect(0).json();
        about["statements"].as_array().unwrap().len()
    };
    // Registered, three accessions, one signature: all of them others' words.
    assert_eq!((count(&[]), count(&["--standing", "transcribed"])), (5, 4));
    let (genocide, refugee) = (seq_about(&world, "genocide-convention"), seq_about(&world, "refugee-convention"));
    world.record(&["affirm", &genocide]);
    world.record(&["dispute", &refugee, "--grounds", "the instrument is of 3 March"]);
    assert_eq!((count(&[]), count(&["--all"])), (4, 5));
    for (wanted, number) in [("affirmed", 1), ("disputed", 1), ("unanswered", 3)] {
        assert_eq!(count(&["--answered", wanted]), number, "{wanted}");
    }
    let affirmed = row(&world, "genocide-convention", &["--answered", "affirmed"]);
    assert_eq!(affirmed["answers"][0]["answer"], "affirmed");
    let disputed = row(&world, "refugee-convention", &[]);
    assert_eq!(disputed["answers"][0]["grounds"], "the instrument is of 3 March");
    assert_eq!(disputed["status"], "in_force", "a dispute changes nothing, and is shown");
    assert_eq!(row(&world, "refugee-convention", &["--answered", "unanswered"]), Value::Null);
    let grounds = "disputed by state:RWA";
    for command in [
        &["treaty", "status", "refugee-convention"][..],
        &["history", "treaty:refugee-convention:RWA"],
        &["log", "--from", &refugee, "-n", "1"],
        &["show", &refugee],
        &["about", RWA],
    ] {
        let answer = world.ok(command);
        assert!(answer.contains(grounds) && answer.contains("3 March"), "{command:?}:\n{answer}");
    }
    let list = world.run(&["treaty", "list", "--format", "json"]).expect(0).json();
    let of = |treaty: &str| list["rows"].as_array().unwrap().iter().find(|r| r["treaty"] == treaty).unwrap().clone();
    assert_eq!(
        (&of("refugee-convention")["disputed"], &of("refugee-convention")["affirmed"]),
        (&"1".into(), &"0".into())
    );
    assert_eq!(of("genocide-convention")["affirmed"], "1");
    // The last disputed record of the log, and of the stream.
    let log = world.run(&["log", "--answered", "disputed", "--format", "json"]).expect(0).json();
    assert_eq!(log["rows"].as_array().unwrap().len(), 1);
    assert_eq!(log["rows"][0]["seq"], refugee.as_str());
    let of_standing = |standing: &str| {
        let args = ["history", "treaty:refugee-convention:RWA", "--standing", standing, "--format", "json"];
        world.run(&args).expect(0).json()["records"].as_array().unwrap().len()
    };
    assert_eq!((of_standing("own"), of_standing("transcribed"), of_standing("depositary")), (1, 1, 0));
    // Before it was said it was not known.
    let before =
        row(&world, "refugee-convention", &["--known-at", &refugee.parse::<u64>().map(|s| s + 1).unwrap().to_string()]);
    assert_eq!(before["answers"], Value::Array(vec![]));
    // A corrected transcription leaves the dispute behind, and can be affirmed.
    world.record(&["correct", &refugee, "--date", "1980-03-03", "--reason", "misread"]);
    let corrected = row(&world, "refugee-convention", &[]);
    assert_eq!(corrected["answers"][0]["before_correction"], true);
    assert_eq!(corrected["deposited"], "1980-03-03");
    world.record(&["affirm", &refugee]);
    assert_eq!(row(&world, "refugee-convention", &["--answered", "affirmed"])["answers"][0]["answer"], "affirmed");
}

#[test]
fn a_deposit_and_the_depositarys_record_of_it_are_one_row() {
    let world = world();
    let act = ["treaty.consent_deposited", "--effective", "2015-06-01", "--set", "mode=accession"];
    let about = ["--set", "state=state:RWA", "--set", "treaty=additional-protocol-i"];
    let conventions = ["--set", "state=state:RWA", "--set", "treaty=geneva-conventions"];
    for body in [&conventions, &about] {
        world.record(&[&["draft"], &act[..], &["--actor", RWA], &body[..]].concat());
    }
    assert_eq!(row(&world, "additional-protocol-i", &[])["confirmed_by"], Value::Array(vec![]));
    // That treaty's depositary is another: here it is recorded by a transcriber, as the same and as something else.
    let source = ["--standing", "transcribed", "--source-title", "A list", "--source-document", "X/1"];
    world.record(&[&["draft"], &act[..], &["--actor", ACTOR, "--signer", KEY], &conventions, &source].concat());
    let joined = row(&world, "geneva-conventions", &[]);
    assert_eq!((&joined["standing"], &joined["confirmed_by"]), (&"own".into(), &serde_json::json!(["transcribed"])));
    assert_eq!(joined["records"].as_array().unwrap().len(), 2);
    let table = world.ok(&["treaty", "status", "geneva-conventions"]);
    assert!(table.contains("own, transcribed"), "{table}");
    // The Secretary-General keeps the Arms Trade Treaty: its word and the state's are told apart, and joined.
    let accession = ["--set", "state=state:RWA", "--set", "treaty=arms-trade-treaty", "--set", "mode=ratification"];
    let on = |day: &'static str| ["treaty.consent_deposited", "--effective", day];
    let signed = [
        "treaty.signed",
        "--effective",
        "2013-06-05",
        "--set",
        "state=state:RWA",
        "--set",
        "treaty=arms-trade-treaty",
        "--set",
        "mode=simple",
    ];
    for (actor, standing, day) in [(RWA, "own", "2015-07-01"), (UNSG, "depositary", "2015-07-02")] {
        let who = ["--actor", actor, "--standing", standing];
        world.record(&[&["draft"], &signed[..], &who].concat());
        world.record(&[&["draft"], &on(day)[..], &who, &accession].concat());
    }
    let differing = row(&world, "arms-trade-treaty", &[]);
    assert_eq!(differing["standing"], "depositary");
    assert!(differing["remarks"].to_string().contains("own says: deposited, 2015-07-01"), "{differing}");
    let last = (world.size() - 3).to_string();
    world.record(&["correct", &last, "--date", "2015-07-02", "--reason", "the day of receipt"]);
    let agreed = row(&world, "arms-trade-treaty", &[]);
    assert_eq!(agreed["confirmed_by"], serde_json::json!(["own"]));
}

#[test]
fn answers_that_make_no_sense_are_refused_with_a_hint() {
    let world = world();
    let refused = |args: &[&str], code: &str| {
        let output = world.run(args);
        assert_eq!(output.error_code(), code, "{args:?}: {output:?}");
        assert!(output.stderr.contains("hint: "), "{output:?}");
    };
    refused(&["affirm", "99999"], "record.not_found");
    refused(&["affirm", "1"], "reply.nothing_to_answer");
    let about_treaty = world.run(&["log", "--format", "json", "-n", "2000"]).expect(0).json();
    let registered =
        about_treaty["rows"].as_array().unwrap().iter().find(|r| r["type"] == "treaty.registered").unwrap();
    refused(&["dispute", registered["seq"].as_str().unwrap(), "--grounds", "x"], "reply.nothing_to_answer");
    assert_eq!(world.run(&["correct", "5", "--reason", "x"]).code, 2, "nothing to correct");
    // A dry run writes nothing, and prints the event.
    let genocide = seq_about(&world, "genocide-convention");
    let shown = world.ok(&["affirm", &genocide, "--dry-run"]);
    assert!(shown.starts_with("{\"event\":") && !world.at(&format!("affirm-{genocide}.event.json")).exists());
}

/// A line feed in a text must not draw lines that look like the program's own.
#[test]
fn a_text_draws_no_lines_of_its_own() {
    let world = world();
    let genocide = seq_about(&world, "genocide-convention");
    let grounds = "x\n  answered  record 1 affirmed by state:RWA";
    world.record(&["dispute", &genocide, "--grounds", grounds]);
    let last = (world.size() - 1).to_string();
    for command in [&["show", &last][..], &["show", &genocide], &["about", RWA], &["log"]] {
        let answer = world.ok(command);
        assert!(!answer.lines().any(|l| l.starts_with("  answered  record 1 ")), "{command:?}:\n{answer}");
    }
}
