//! The keys that sign a log's checkpoints: changed by plan and after a theft, in one call with other events, over a
//! crash, and with the wrong keys at hand.
//! Not here: each lie about a handover (the verifier's `governance`).

use std::fs;

use answerable_tests::{ACTOR, ORIGIN, Output, Pins, World, read_tree};

/// A ledger, and a second log key in the same folder.
fn world() -> (World, String) {
    let world = World::bare();
    let new = world.ok(&["key", "new-log", ORIGIN, "--label", "2027", "--no-passphrase"]).trim_end().to_owned();
    (world, new)
}

/// A signed change of log keys, in a file.
fn change(world: &World, file: &str, log_keys: &[&str], more: &[&str]) {
    let list = format!("log_keys={}", serde_json::to_string(log_keys).unwrap());
    let draft = ["draft", "ledger.log_keys_changed", "--actor", ACTOR, "--set", &list, "--set", "reason=a new year"];
    world.ok(&[&draft[..], more, &["--out", file]].concat());
    world.ok(&["sign", file, "--yes"]);
}

fn under(world: &World, key: &str) -> Output {
    let _ = fs::remove_dir_all(world.at("export"));
    world.ok(&["export", "export"]);
    world.run(&["verify", "export", "--log-key", key])
}

fn says_something(world: &World) {
    let actor = ["--set", "actor=org:other", "--set", "kind=other", "--set", "name=Other"];
    world.act(&[&["actor.registered", "--effective", "2000-01-01"], &actor[..]].concat());
}

#[test]
fn a_planned_change_is_vouched_for_by_the_old_key() {
    let (world, new) = world();
    let Pins { log_key: old, ledger_id } = world.pins();
    change(&world, "change.event.json", &[&new], &[]);
    world.ok(&["append", "change.event.json"]);
    let size = world.size();
    let kept = fs::read_to_string(world.at(&format!("ledger/checkpoints/{size:012}"))).unwrap();
    assert_eq!(kept.lines().filter(|l| l.starts_with('\u{2014}')).count(), 2, "{kept}");
    assert_eq!(world.pins().log_key, new);
    for key in [&old, &new] {
        under(&world, key).expect(0);
    }
    // The old key is put away: nothing needs it any more.
    for extension in ["pem", "vkey"] {
        fs::remove_file(world.at(&format!("keys/log~{}.{extension}", ORIGIN.replace('/', "~")))).unwrap();
    }
    says_something(&world);
    let latest = String::from_utf8(world.read("ledger/checkpoint")).unwrap();
    assert_eq!(latest.lines().filter(|l| l.starts_with('\u{2014}')).count(), 1, "{latest}");
    for key in [&old, &new] {
        under(&world, key).expect(0);
    }
    world.run(&["verify", "export", "--ledger-id", &ledger_id]).expect(0);
    // All of it is found again without the index.
    fs::remove_dir_all(world.at("ledger/index")).unwrap();
    assert_eq!(world.pins().log_key, new);
    // Without the checkpoint that hands over, nobody vouches.
    fs::remove_file(world.at(&format!("export/checkpoints/{size:012}"))).unwrap();
    let verdict = world.run(&["verify", "export", "--log-key", &new]).expect(1);
    assert!(verdict.stdout.contains("checkpoint.handover_missing"), "{}", verdict.stdout);
}

#[test]
fn without_the_keys_that_must_sign_nothing_is_written() {
    let (world, new) = world();
    change(&world, "change.event.json", &[&new], &[]);
    let hide =
        |name: &str| fs::rename(world.at(&format!("keys/{name}.pem")), world.at(&format!("{name}.hidden"))).unwrap();
    let bring_back =
        |name: &str| fs::rename(world.at(&format!("{name}.hidden")), world.at(&format!("keys/{name}.pem"))).unwrap();
    let first = format!("log~{}", ORIGIN.replace('/', "~"));
    let second = format!("{first}#2027");
    let before = read_tree(&world.at("ledger/log"));
    hide(&second);
    let refused = world.run(&["append", "change.event.json"]).expect(1);
    assert_eq!(refused.error_code(), "store.no_log_key", "{refused:?}");
    bring_back(&second);
    hide(&first);
    let refused = world.run(&["append", "change.event.json"]).expect(1);
    assert_eq!(refused.error_code(), "store.no_log_key", "{refused:?}");
    assert!(before == read_tree(&world.at("ledger/log")), "a refused change was written");
    bring_back(&first);
    world.ok(&["append", "change.event.json"]);
    // And after the change: the old key alone signs nothing.
    hide(&second);
    let actor = ["--set", "actor=org:other", "--set", "kind=other", "--set", "name=Other"];
    let file = world.signed_act(&[&["actor.registered", "--effective", "2000-01-01"], &actor[..]].concat());
    assert_eq!(world.run(&["append", &file]).error_code(), "key.not_found");
    bring_back(&second);
    world.ok(&["append", &file]);
}

#[test]
fn a_stolen_log_key_is_replaced_by_the_founders_word() {
    let (world, new) = world();
    let Pins { log_key: old, ledger_id } = world.pins();
    change(&world, "change.event.json", &[&new], &["--set", &format!("compromised=[\"{old}\"]")]);
    world.ok(&["append", "change.event.json"]);
    let refused = under(&world, &old).expect(1);
    assert!(refused.stdout.contains("checkpoint.not_by_pinned_key"), "{}", refused.stdout);
    world.run(&["verify", "export", "--log-key", &old, "--ledger-id", &ledger_id]).expect(0);
    under(&world, &new).expect(0);
    // The thief cannot go on: neither with a checkpoint of its own making, nor as the ledger's writer.
    let kept = fs::read_to_string(world.at(&format!("ledger/checkpoints/{:012}", world.size()))).unwrap();
    assert!(
        !kept.contains(&old[..ORIGIN.len() + 9]) || kept.lines().filter(|l| l.starts_with('\u{2014}')).count() == 1
    );
    fs::remove_file(world.at(&format!("keys/log~{}#2027.pem", ORIGIN.replace('/', "~")))).unwrap();
    let file = world.signed_act(&["role.granted", "--set", &format!("actor={ACTOR}"), "--set", "role=depositary"]);
    assert_eq!(world.run(&["append", &file]).error_code(), "key.not_found");
}

/// The ledger once asked for a key in force before it looked at what was to be appended: who had lost the only log key
/// could never say so, and the ledger was at its end.
#[test]
fn a_lost_log_key_is_replaced_by_the_founders_word() {
    let (world, new) = world();
    let Pins { log_key: old, ledger_id } = world.pins();
    fs::remove_file(world.at(&format!("keys/log~{}.pem", ORIGIN.replace('/', "~")))).unwrap();
    // While it is not stated to be lost, it is asked for; and nobody gets a record in beside the change.
    let before = read_tree(&world.at("ledger/log"));
    change(&world, "silent.event.json", &[&new], &[]);
    assert_eq!(world.run(&["append", "silent.event.json"]).expect(1).error_code(), "store.no_log_key");
    change(&world, "change.event.json", &[&new], &["--set", &format!("lost=[\"{old}\"]")]);
    let role = ["role.granted", "--set", &format!("actor={ACTOR}"), "--set", "role=depositary"];
    let other = world.signed_act(&role);
    world.run(&["append", &other]).expect(2);
    let late = world.run(&["append", "silent.event.json", &other]);
    assert_eq!((late.code, late.error_code()), (2, "store.no_log_key"), "{late:?}");
    assert!(before == read_tree(&world.at("ledger/log")), "something was written that no checkpoint covers");
    world.ok(&["append", "change.event.json", &other]);
    under(&world, &old).expect(1);
    under(&world, &new).expect(0);
    let known = world.run(&["verify", "export", "--log-key", &old, "--ledger-id", &ledger_id]).expect(0);
    assert!(known.stdout.contains("lost or compromised"), "{}", known.stdout);
}

#[test]
fn a_change_between_other_events_of_one_call_has_a_checkpoint_of_its_own() {
    let (world, new) = world();
    let mut lines = Vec::new();
    for (name, role) in [("first", "role=depositary"), ("change", ""), ("last", "")] {
        let file = format!("{name}.event.json");
        match name {
            "change" => change(&world, &file, &[&new], &[]),
            "first" => {
                let draft =
                    ["draft", "role.granted", "--actor", ACTOR, "--set", &format!("actor={ACTOR}"), "--set", role];
                world.ok(&[&draft[..], &["--out", &file]].concat());
            }
            _ => {
                let body = ["--set", "actor=org:other", "--set", "kind=other", "--set", "name=Other"];
                world.ok(&[&["draft", "actor.registered", "--actor", ACTOR, "--out", &file], &body[..]].concat());
            }
        }
        if name != "change" {
            world.ok(&["sign", &file, "--yes"]);
        }
        lines.extend(world.read(&file));
    }
    let all = world.write("all.event.json", lines);
    let size = world.size();
    let old = world.pins().log_key;
    // A crash before the checkpoint of each step: the log is ahead, and the next writer brings it into order.
    let founded = world.read("ledger/checkpoint");
    world.ok(&["append", &all]);
    assert_eq!(world.size(), size + 3);
    assert!(world.at(&format!("ledger/checkpoints/{:012}", size + 2)).exists());
    under(&world, &old).expect(0);
    fs::write(world.at("ledger/checkpoint"), &founded).unwrap();
    fs::remove_file(world.at(&format!("ledger/checkpoints/{:012}", size + 2))).unwrap();
    assert_eq!(world.size(), size);
    // Any next writer mends it, with keys that its own events do not name.
    let next = world.write("next.event.json", world.read("last.event.json"));
    let mended = world.run(&["append", &next]);
    assert_eq!((mended.code, world.size()), (0, size + 3), "{mended:?}");
    assert!(world.at(&format!("ledger/checkpoints/{:012}", size + 2)).exists());
    fs::write(world.at("ledger/checkpoint"), &founded).unwrap();
    fs::remove_file(world.at(&format!("ledger/checkpoints/{:012}", size + 2))).unwrap();
    let again = world.run(&["append", &all]);
    assert_eq!(again.code, 0, "{again:?}");
    assert!(again.stderr.contains("now acknowledged"), "{}", again.stderr);
    assert_eq!(world.size(), size + 3);
    assert!(world.at(&format!("ledger/checkpoints/{:012}", size + 2)).exists());
    under(&world, &old).expect(0);
}

/// The new key was put in force beside the old one, and nobody had shown to hold it.
#[test]
fn a_key_that_joins_signs_at_once_and_the_pin_card_names_a_key_that_signs() {
    let (world, new) = world();
    let old = world.pins().log_key;
    change(&world, "change.event.json", &[&new, &old], &[]);
    let second = format!("keys/log~{}#2027", ORIGIN.replace('/', "~"));
    fs::rename(world.at(&format!("{second}.pem")), world.at("hidden")).unwrap();
    assert_eq!(world.run(&["append", "change.event.json"]).error_code(), "store.no_log_key");
    fs::rename(world.at("hidden"), world.at(&format!("{second}.pem"))).unwrap();
    world.ok(&["append", "change.event.json"]);
    fs::rename(world.at(&format!("{second}.pem")), world.at("hidden")).unwrap();
    says_something(&world);
    let card = world.run(&["pin-card", "--format", "json"]).expect(0).json();
    assert_eq!(card["log_key"], old.as_str(), "the one that signs");
    under(&world, &old).expect(0);
}
