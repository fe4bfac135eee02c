//! The worked examples of `examples/stories/` through the real programs: one family drafted and signed as a person would, and
//! all of them appended, exported and verified.
//! Not here: which acts are refused (the verifier's `stories`), schemas (`schemas/tests/stories.rs`).

mod worked_ledger;

use std::collections::BTreeSet;

use answerable_tests::{ACTOR, World};
use serde_json::Value;
use worked_ledger::recorded;
use worked_ledger::worked::{self, Act};

/// Export, and verify under both pins.
fn assert_verified(world: &World) {
    world.ok(&["export", "export"]);
    world.verify("export", &world.pins()).expect(0);
}

#[test]
fn a_family_is_drafted_signed_appended_and_verified() {
    let world = World::bare();
    let acts = worked::file("justice");
    let registers = worked::registers();
    let named: BTreeSet<String> = acts.iter().flat_map(|a| a.names(&registers)).collect();
    let draft = |act: &Act, actor: &str| {
        let body = world.write("body.json", serde_json::to_vec(&act.body).unwrap());
        let file = "act.event.json";
        let draft = ["draft", &act.kind, "--actor", actor, "--effective", &act.effective, "--body", &body];
        world.ok(&[&draft[..], &["--out", file]].concat());
        world.ok(&["sign", file, "--yes"]);
        world.ok(&["append", file]);
        std::fs::remove_file(world.at(file)).unwrap();
    };
    // The founder is the registrar here.
    named.iter().for_each(|name| draft(&registers[name], ACTOR));
    for signer in acts.iter().map(|a| a.actor.as_str()).collect::<BTreeSet<_>>() {
        let key = format!("{signer}#1");
        world.ok(&["key", "new", &key, "--no-passphrase"]);
        world.act(&["key.enrolled", "--enrol", &key]);
    }
    for (actor, role, of) in worked::roles(&acts) {
        assert_eq!(of, None, "a court has no secretariat");
        world.act(&["role.granted", "--set", &format!("actor={actor}"), "--set", &format!("role={}", role.as_str())]);
    }
    let before = world.size();
    acts.iter().for_each(|act| draft(act, &act.actor));
    assert_eq!(world.size(), before + acts.len() as u64);
    let history = world.ok(&["history", "case:org:example-court:2014-a"]);
    assert!(history.contains("opens the case 2014-a") && history.contains("ends on 2021-03-30: mixed"), "{history}");
    assert_verified(&world);
}

#[test]
fn every_worked_example_makes_the_round_trip() {
    let world = recorded();
    let acts = worked::all();
    assert_verified(&world);
    // What was recorded is what the files say, type by type.
    let log = String::from_utf8(world.read("export/log/000000000000.jsonl")).unwrap();
    let recorded: Vec<Value> = log.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    for act in &acts {
        let there =
            |r: &&Value| r["event"]["type"] == *act.kind && r["event"]["body"] == Value::Object(act.body.clone());
        assert!(recorded.iter().any(|r| there(&r)), "{act:#?}");
    }
}

/// `--set` reads what looks like a number as one. Where the type asks for text, a year or a title of digits did not fit.
#[test]
fn a_draft_reads_members_by_the_schema_of_its_type() {
    let world = World::bare();
    let act = |more: &[&str]| {
        let named = ["draft", "actor.registered", "--actor", ACTOR, "--set", "actor=org:x", "--set", "kind=other"];
        world.run(&[&named[..], more].concat())
    };
    act(&["--set", "name=1984", "--set", "until=1994", "--out", "a.event.json"]).expect(0);
    let event: Value = serde_json::from_slice(&world.read("a.event.json")).unwrap();
    assert_eq!(event["event"]["body"]["name"], "1984");
    assert_eq!(event["event"]["body"]["until"], "1994");
    let lacking = act(&["--out", "b.event.json"]).expect(2);
    assert!(lacking.stderr.contains("it needs actor, kind, name; it may have until"), "{}", lacking.stderr);
}
