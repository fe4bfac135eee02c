//! Witnesses and monitors with the real programs: a quorum with one witness down, a ledger that was rolled back or forked,
//! a witness that signs by hand or with a locked key, a monitor that sees growth, rollback and fork, and asks for witnesses.
//! Not here: forged cosignatures and times (`witness_lies`), a witness that is killed (`witness_killed`), hostile senders (the
//! tests of `watch`).

mod served;

use std::fs;

use answerable_tests::{Output, World, copy_tree, finish};
use served::{Served, make, serve, serve_with};

/// Three witnesses, of which two are needed; `c` is never served.
fn policy(world: &World) {
    let mut text = format!("log {}\n", world.pins().log_key);
    for name in ["a", "b", "c"] {
        let url = if name == "c" { " http://127.0.0.1:9" } else { "" };
        text += &format!("witness {name} {}{url}\n", make(world, name));
    }
    world.write("policy", text + "group two 2 a b c\nquorum two\n");
}

fn cosign(world: &World, by: &[(&str, &Served)]) -> Output {
    served::cosign(world, "policy", by)
}

fn verify(world: &World, more: &[&str]) -> Output {
    let _ = fs::remove_dir_all(world.at("export"));
    world.ok(&["export", "export"]);
    let ours = world.run(&[&["verify", "export", "--policy", "policy"], more].concat());
    let theirs = finish(world.program("answerable-verify").args(["export", "--policy", "policy"]).args(more));
    assert_eq!((ours.code, &ours.stdout), (theirs.code, &theirs.stdout));
    ours
}

#[test]
fn two_of_three_witnesses_are_enough_and_stay_with_the_ledger() {
    let world = World::small();
    policy(&world);
    let (a, b) = (serve(&world, "a"), serve(&world, "b"));
    let before = world.read("ledger/checkpoint");
    let dry = world.run(&["cosign", "--policy", "policy", "--dry-run"]).expect(0);
    assert!(dry.stdout.contains("would be shown") && world.read("ledger/checkpoint") == before, "{dry:?}");
    // One is gained, and kept although it is not enough.
    let one = cosign(&world, &[("a", &a)]).expect(3);
    assert!(one.stdout.contains("NOT met") && one.stdout.contains("cosign.unreachable"), "{one:?}");
    let verdict = verify(&world, &[]).expect(3);
    assert!(
        verdict.stdout.contains("witness.quorum_not_met") && verdict.stdout.contains("missing b, c"),
        "{verdict:?}"
    );
    let two = cosign(&world, &[("a", &a), ("b", &b)]).expect(0);
    assert!(two.stdout.contains("the quorum two is met"), "{two:?}");
    let verdict = verify(&world, &["--max-age", "1h"]).expect(0);
    assert!(verdict.stdout.contains("by a (w.example/a+") && verdict.stdout.contains("not by c"), "{verdict:?}");
    // The ledger goes on: the next checkpoint is cosigned by nobody, and what was cosigned is still there.
    let size = world.size();
    let kept = format!("checkpoints/{size:012}");
    let cosigned = world.read(&format!("ledger/{kept}"));
    world.says_something("next");
    world.ok(&["status"]);
    assert_eq!(world.read(&format!("ledger/{kept}")), cosigned);
    assert!(verify(&world, &[]).expect(3).stdout.contains("cosigned by nobody"));
    assert_eq!(world.read(&format!("export/{kept}")), cosigned);
    cosign(&world, &[("a", &a), ("b", &b)]).expect(0);
    verify(&world, &[]).expect(0);
    // Cosigned again and again, a checkpoint keeps the first and the last of each.
    for _ in 0..3 {
        std::thread::sleep(std::time::Duration::from_millis(1100));
        cosign(&world, &[("a", &a), ("b", &b)]).expect(0);
    }
    let text = String::from_utf8(world.read("ledger/checkpoint")).unwrap();
    assert_eq!(text.matches(" w.example/a ").count(), 2, "{text}");
    verify(&world, &[]).expect(0);
    // An older kept checkpoint of another history is evidence.
    let other = String::from_utf8(world.read(&format!("export/{kept}"))).unwrap();
    let root = other.lines().nth(2).unwrap();
    world.write(&format!("export/{kept}"), other.replace(root, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="));
    world.run(&["verify", "export", "--policy", "policy"]).expect(1);
    // A policy that is none, and a witness's key in the place of the log's.
    world.write("bad", "quorum nobody\n");
    assert_eq!(world.run(&["verify", "export", "--policy", "bad"]).expect(2).error_code(), "policy.malformed");
    let listen = world.run(&["witness", "serve", "a", "--listen", "0.0.0.0:0"]).expect(2);
    assert_eq!(listen.error_code(), "witness.listen");
}

#[test]
fn a_witness_refuses_a_ledger_that_was_rolled_back_or_forked() {
    let world = World::small();
    policy(&world);
    let (a, b) = (serve(&world, "a"), serve(&world, "b"));
    copy_tree(&world.at("ledger"), &world.at("older"));
    world.says_something("one");
    world.says_something("two");
    cosign(&world, &[("a", &a), ("b", &b)]).expect(0);
    fs::rename(world.at("ledger"), world.at("honest")).unwrap();
    fs::rename(world.at("older"), world.at("ledger")).unwrap();
    let back = cosign(&world, &[("a", &a), ("b", &b)]).expect(1);
    assert!(back.stdout.contains("tree.rolled_back"), "{back:?}");
    world.says_something("three");
    world.says_something("four");
    let forked = cosign(&world, &[("a", &a), ("b", &b)]).expect(1);
    assert!(forked.stdout.contains("409") && forked.stdout.contains("two histories"), "{forked:?}");
    let evidence: Vec<_> = fs::read_dir(world.at("a/evidence")).unwrap().map(|e| e.unwrap().path()).collect();
    let text = fs::read_to_string(&evidence[0]).unwrap();
    for ledger in ["honest", "ledger"] {
        let checkpoint = String::from_utf8(world.read(&format!("{ledger}/checkpoint"))).unwrap();
        let signed_by_log = checkpoint.lines().find(|l| l.starts_with("\u{2014} test.")).unwrap().to_owned();
        assert!(text.contains(&signed_by_log), "{text}");
    }
    world.says_something("five");
    let grown = cosign(&world, &[("a", &a)]).expect(1);
    assert!(grown.stdout.contains("422"), "{grown:?}");
    let status = world.ok(&["witness", "status", "a"]);
    assert!(status.contains("evidence: a/evidence/fork-"), "{status}");
}

#[test]
fn a_witness_signs_by_hand() {
    let world = World::small();
    policy(&world);
    world.ok(&["cosign", "--policy", "policy", "--request", "request"]);
    world.ok(&["witness", "sign", "a", "request", "--dry-run"]);
    let status = world.run(&["witness", "status", "a", "--format", "json"]).json();
    assert_eq!(status["rows"][0]["cosigned_records"], "", "a dry run is remembered");
    world.write(
        "answer",
        world.ok(&["witness", "sign", "a", "request"]) + &world.ok(&["witness", "sign", "b", "request"]),
    );
    let again = world.run(&["witness", "sign", "a", "request"]).expect(1);
    assert_eq!(again.error_code(), "witness.other_size");
    world.ok(&["cosign", "--policy", "policy", "--answer", "answer", "--answers-request", "request"]);
    verify(&world, &[]).expect(0);
    // Another witness's answer, and one that was altered.
    let text = String::from_utf8(world.read("answer")).unwrap();
    world.write("answer", text.replace("w.example", "v.example"));
    let keep = ["cosign", "--policy", "policy", "--answer", "answer", "--answers-request", "request"];
    assert_eq!(world.run(&keep).expect(2).error_code(), "cosign.bad_answer");
    world.write("request", "old x\n");
    assert_eq!(world.run(&["witness", "sign", "a", "request"]).expect(2).error_code(), "witness.request_malformed");
    let init = world.run(&["witness", "init", "a", "--name", "w.example/a", "--no-passphrase"]).expect(2);
    assert_eq!(init.error_code(), "file.exists");
}

#[test]
fn a_monitor_sees_growth_and_keeps_the_evidence_of_a_fork_and_a_rollback() {
    let world = World::small();
    let pins = world.pins();
    let look = |more: &[&str]| {
        let _ = fs::remove_dir_all(world.at("export"));
        world.ok(&["export", "export"]);
        let args = ["monitor", "memory", "export", "--ledger-id", &pins.ledger_id, "--log-key", &pins.log_key];
        world.run(&[&args[..], more].concat())
    };
    let size = world.size();
    let dry = look(&["--dry-run"]).expect(0);
    assert!(dry.stdout.contains("first look") && !world.at("memory").exists(), "{dry:?}");
    assert!(look(&[]).expect(0).stdout.starts_with(&format!("first look: {size} records")));
    assert!(look(&[]).expect(0).stdout.starts_with("unchanged"));
    copy_tree(&world.at("ledger"), &world.at("older"));
    world.says_something("one");
    world.says_something("two");
    let grown = look(&["--format", "json", "--stream", "actor:org:two", "--dry-run"]).expect(0).json();
    assert_eq!((&grown["state"], grown["rows"].as_array().unwrap().len()), (&"grown".into(), 1), "{grown}");
    let nothing = look(&["--key", "org:other#1", "--dry-run"]).expect(0).stdout;
    assert!(nothing.contains("2 new records, 0 of them watched"), "{nothing}");
    let all = look(&[]).expect(0).stdout;
    assert!(all.starts_with(&format!("grown: from {size} to {}", size + 2)) && all.contains("org:one"), "{all}");
    let remembered = world.read("memory/checkpoint");
    // Rolled back, then gone on with another history.
    fs::rename(world.at("ledger"), world.at("honest")).unwrap();
    fs::rename(world.at("older"), world.at("ledger")).unwrap();
    let back = look(&[]).expect(1);
    assert!(back.stdout.contains("tree.rolled_back") && back.stderr.contains("memory/evidence/rollback-"), "{back:?}");
    ["three", "four", "five"].iter().for_each(|name| world.says_something(name));
    let forked = look(&[]).expect(1);
    assert!(forked.stdout.contains("tree.forked") && forked.stderr.contains("memory/evidence/fork-"), "{forked:?}");
    assert_eq!(world.read("memory/checkpoint"), remembered, "a bad look is remembered");
    // Without a pin nothing can be judged, and nothing is remembered.
    world.run(&["monitor", "other", "export"]).expect(3);
    assert!(!world.at("other/checkpoint").exists());
    world.write("memory/checkpoint", "x");
    assert_eq!(look(&[]).expect(2).error_code(), "monitor.damaged");
}

/// A monitor that follows one actor: what it says, what is said about its keys, and governance; nothing else about it.
#[test]
fn a_monitor_follows_an_actor() {
    const UNSG: &str = "org:un-secretary-general";
    let world = World::small();
    let pins = world.pins();
    let look = |more: &[&str]| {
        let _ = fs::remove_dir_all(world.at("export"));
        world.ok(&["export", "export"]);
        let args = ["monitor", "memory", "export", "--ledger-id", &pins.ledger_id, "--format", "json"];
        world.run(&[&args[..], more].concat()).expect(0).json()
    };
    let kinds = |seen: &serde_json::Value| -> Vec<String> {
        seen["rows"].as_array().unwrap().iter().map(|r| r["type"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(look(&[])["state"], "baseline");
    world.says_something("one");
    world.act(&["role.granted", "--set", &format!("actor={UNSG}"), "--set", "role=depositary"]);
    let dry = |actors: &[&str]| {
        let flags: Vec<&str> = actors.iter().flat_map(|actor| ["--actor", actor]).collect();
        kinds(&look(&[&flags[..], &["--dry-run"]].concat()))
    };
    // A role is no key, and no word of its holder.
    assert_eq!(dry(&[UNSG]), [""; 0]);
    assert_eq!(dry(&["org:test"]), ["actor.registered", "role.granted"]);
    assert_eq!(dry(&[UNSG, "org:test"]), ["actor.registered", "role.granted"]);
    // Its key is brought in by another, whose act it is; and the log gets another key, which concerns everybody.
    world.ok(&["key", "new", &format!("{UNSG}#1"), "--no-passphrase"]);
    let request = world.ok(&["key", "request", &format!("{UNSG}#1")]);
    world.act(&["key.enrolled", "--request", request.trim()]);
    let new = world.ok(&["key", "new-log", answerable_tests::ORIGIN, "--label", "2027", "--no-passphrase"]);
    let keys = format!("log_keys=[{:?}]", new.trim());
    world.act(&["ledger.log_keys_changed", "--set", &keys, "--set", "reason=a new year"]);
    assert_eq!(dry(&[UNSG]), ["key.enrolled", "ledger.log_keys_changed"]);
    assert_eq!(dry(&["state:RWA"]), ["ledger.log_keys_changed"]);
    // All that is new was seen, whoever was watched.
    assert_eq!(look(&["--actor", "state:RWA"])["state"], "grown");
    assert_eq!(look(&[])["state"], "unchanged");
}

#[test]
fn a_monitor_asks_for_witnesses() {
    let world = World::small();
    policy(&world);
    let (a, b) = (serve(&world, "a"), serve(&world, "b"));
    let look = |more: &[&str]| {
        let _ = fs::remove_dir_all(world.at("export"));
        world.ok(&["export", "export"]);
        world.run(&[&["monitor", "memory", "export", "--policy", "policy"], more].concat())
    };
    cosign(&world, &[("a", &a)]).expect(3);
    let too_few = look(&[]).expect(3);
    assert!(too_few.stdout.contains("witness.quorum_not_met"), "{too_few:?}");
    assert!(too_few.stderr.contains("nothing was remembered") && !world.at("memory/checkpoint").exists());
    cosign(&world, &[("b", &b)]).expect(0);
    let enough = look(&["--max-age", "1h"]).expect(0);
    assert!(enough.stdout.starts_with("first look"), "{enough:?}");
    let remembered = world.read("memory/checkpoint");
    world.says_something("next");
    look(&[]).expect(3);
    assert_eq!(world.read("memory/checkpoint"), remembered, "a look without a quorum is remembered");
    cosign(&world, &[("a", &a), ("b", &b)]).expect(0);
    assert!(look(&[]).expect(0).stdout.starts_with("grown"));
    // What is good for others is not good enough for who must ask of everybody.
    let all = String::from_utf8(world.read("policy")).unwrap().replace("group two 2", "group two all");
    world.write("policy", all);
    assert!(look(&[]).expect(3).stdout.contains("missing c"));
    world.write("policy", "quorum nobody\n");
    assert_eq!(look(&[]).expect(2).error_code(), "policy.malformed");
    let alone = world.run(&["monitor", "memory", "export", "--max-age", "1h"]).expect(2);
    assert!(alone.stderr.contains("--policy"), "{alone:?}");
}

#[test]
fn a_witness_with_a_locked_key_opens_it_with_its_passphrase() {
    let world = World::small();
    world.write("pass", "correct horse\nthe second line is no part of it\n");
    world.write("wrong", "battery staple\n");
    let init = ["witness", "init", "a", "--name", "w.example/a"];
    let asked = world.run(&init).expect(2);
    assert!(asked.stderr.contains("--passphrase-file") && !world.at("a/witness.pem").exists(), "{asked:?}");
    let vkey = world.ok(&[&init[..], &["--passphrase-file", "pass"]].concat());
    let pem = String::from_utf8(world.read("a/witness.pem")).unwrap();
    assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"), "{pem}");
    let log = world.pins().log_key;
    world.write("policy", format!("log {log}\nwitness a {vkey}quorum a\n"));
    // What signs nothing needs no passphrase.
    world.ok(&["witness", "add-log", "a", &log]);
    world.ok(&["witness", "status", "a"]);
    world.ok(&["cosign", "--policy", "policy", "--request", "request"]);
    world.ok(&["witness", "sign", "a", "request", "--dry-run"]);
    for command in [&["witness", "sign", "a", "request"][..], &["witness", "serve", "a"]] {
        let wrong = world.run(&[command, &["--passphrase-file", "wrong"]].concat()).expect(2);
        assert_eq!(wrong.error_code(), "key.wrong_passphrase");
        let none = world.run(command).expect(2);
        assert!(none.stderr.contains("--passphrase-file") && none.stdout.is_empty(), "{none:?}");
    }
    // A wrong passphrase was not remembered as a cosignature.
    let answer = world.ok(&["witness", "sign", "a", "request", "--passphrase-file", "pass"]);
    world.write("answer", answer);
    world.ok(&["cosign", "--policy", "policy", "--answer", "answer", "--answers-request", "request"]);
    verify(&world, &["--max-age", "1h"]).expect(0);
    world.says_something("next");
    let served = serve_with(&world, "a", &["--passphrase-file", "pass"]);
    cosign(&world, &[("a", &served)]).expect(0);
    verify(&world, &[]).expect(0);
    // A key of another witness in its place.
    drop(served);
    world.ok(&["witness", "init", "b", "--name", "w.example/a", "--passphrase-file", "pass"]);
    fs::copy(world.at("b/witness.pem"), world.at("a/witness.pem")).unwrap();
    world.says_something("last");
    world.ok(&["cosign", "--policy", "policy", "--request", "later", "--old", &(world.size() - 1).to_string()]);
    let swapped = world.run(&["witness", "sign", "a", "later", "--passphrase-file", "pass"]).expect(2);
    assert_eq!(swapped.error_code(), "key.pair_differs");
}
