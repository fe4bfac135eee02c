//! Ledgers from which several parts begin.
//! Not here: what is done to them.

use std::fs;

use answerable_tests::World;
use answerable_tests::writing::{LOG, registration};

use crate::served;

/// A small ledger, and four signed events that are not in it: `first`, `second`, `third` and `next`, each `.event.json`.
pub fn with_events() -> World {
    let world = World::small();
    for (id, name) in [("org:one", "first"), ("org:two", "second"), ("org:three", "third"), ("org:next", "next")] {
        let file = registration(&world, id);
        fs::rename(world.at(&file), world.at(&format!("{name}.event.json"))).expect("it was just written");
    }
    world.ok(&["status"]);
    world
}

/// A ledger whose log ends in the end of a record, without its LF; and these bytes.
pub fn with_a_torn_tail(origin: &World) -> (World, Vec<u8>) {
    let torn = World::like(origin);
    let log = origin.read(LOG);
    let tail = log[log.len() - 700..log.len() - 1].to_vec();
    torn.write(LOG, [&log[..], &tail].concat());
    (torn, tail)
}

/// A ledger with a signed event that names a file; and the same with the event recorded and its erasure signed.
pub fn with_a_letter(origin: &World) -> (World, World) {
    let with = World::like(origin);
    with.write("letter.txt", "a letter\n".repeat(200));
    let draft = ["draft", "actor.registered", "--actor", "org:test", "--attach", "letter.txt"];
    let set = ["--set", "actor=org:letter", "--set", "name=X", "--set", "kind=other", "--out", "letter.event.json"];
    with.ok(&[&draft[..], &set[..]].concat());
    with.ok(&["sign", "letter.event.json", "--yes"]);
    let erasing = World::like(&with);
    erasing.ok(&["append", "letter.event.json"]);
    let listed: serde_json::Value = erasing.run(&["attachment", "list", "--format", "json"]).expect(0).json();
    let hash = listed["rows"][0]["sha256"].as_str().expect("one attachment").to_owned();
    erasing.ok(&["attachment", "erase", &hash, "--reason", "a person asked", "--out", "erase.event.json"]);
    erasing.ok(&["sign", "erase.event.json", "--yes"]);
    (with, erasing)
}

/// A ledger, a witness `w` in the folder of that name, and a policy that asks for its cosignature.
pub fn with_a_witness(origin: &World) -> World {
    let world = World::like(origin);
    let vkey = served::make(&world, "w");
    world.write("policy", format!("log {}\nwitness w {vkey}\nquorum w\n", world.pins().log_key));
    world
}
