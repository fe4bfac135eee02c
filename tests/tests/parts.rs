//! Partial exports: one stream or one actor, made by the ledger's holder and judged without the ledger; and the lies that
//! can be told with them.
//! Not here: single receipts (`receipts`).

use std::fs;

use answerable_tests::{ACTOR, World, files_below, finish, path_text};
use serde_json::Value;

const STREAM: &str = "treaty:genocide-convention:RWA";

#[track_caller]
fn is_false(world: &World, folder: &str, code: &str) -> Value {
    let verdict = world.judge(folder, &[]).expect(1).json();
    assert_eq!(verdict["faults"][0]["code"], code, "{verdict:#}");
    verdict
}

fn lines(world: &World, folder: &str) -> Vec<String> {
    let text = String::from_utf8(world.read(&format!("{folder}/records.jsonl"))).unwrap();
    text.lines().map(|l| format!("{l}\n")).collect()
}

fn seq_of(line: &str) -> u64 {
    serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap()
}

/// A ledger in which the founder said three things in its own stream of keys and roles, and a part of it.
fn with_part() -> World {
    let world = World::small();
    for name in ["one", "two", "three"] {
        let set = ["--set", "actor=org:renamed", "--set", &format!("name={name}")];
        if name == "one" {
            let actor = ["--set", "actor=org:renamed", "--set", "kind=other", "--set", "name=one"];
            world.act(&[&["actor.registered", "--effective", "2000-01-01"], &actor[..]].concat());
        } else {
            world.act(&[&["actor.renamed", "--effective", "2001-01-01"], &set[..]].concat());
        }
    }
    world.ok(&["export", "part", "--stream", "actor:org:renamed"]);
    world
}

#[test]
fn a_stream_and_an_actor_are_proven_without_the_ledger() {
    let world = World::small();
    let told = world.ok(&["export", "part", "--stream", STREAM]);
    let report = world.judge("part", &[]).expect(0).json();
    assert_eq!(report["schema"], "answerable.verify_partial/v1");
    assert_eq!((report["stream"].as_str(), report["supporting"].as_str()), (Some(STREAM), Some("1")));
    let of_stream: u64 = report["records"].as_str().unwrap().parse().unwrap();
    assert!(of_stream > 0 && told.contains(&format!("{of_stream} records, and 1 that introduce keys")), "{told}");
    assert_eq!(lines(&world, "part").len() as u64, of_stream + 1);
    let not_checked = report["not_checked"].to_string();
    for what in ["the law:", "unverifiable", "authority:", "completeness:", "freshness"] {
        assert!(not_checked.contains(what), "{what}: {not_checked}");
    }
    // All that the founder said is the whole ledger here; the record that introduces its key is among it.
    world.ok(&["export", "actor", "--actor", ACTOR]);
    let report = world.judge("actor", &[]).expect(0).json();
    assert_eq!(
        (report["records"].as_str(), report["supporting"].as_str()),
        (Some(&*world.size().to_string()), Some("0"))
    );
    // With the stand-alone program; and each proof is a receipt by itself, of which the record is a line.
    let key = world.pins().log_key;
    let text = finish(world.program("answerable-verify").args(["part", "--log-key", &key])).expect(0).stdout;
    assert!(text.contains(&format!("stream      {STREAM}")), "{text}");
    let first = lines(&world, "part").remove(0);
    world.write("line", &first);
    let proof = format!("part/proofs/{:012}.tlog-proof", seq_of(&first));
    world.ok(&["verify-proof", &proof, "line", "--log-key", &key]);
}

#[test]
fn without_a_log_key_nothing_is_authentic() {
    let world = with_part();
    world.run(&["verify", "part"]).expect(3);
    world.run(&["verify", "part", "--ledger-id", &world.pins().ledger_id]).expect(3);
    let other = world.ok(&["key", "new-log", answerable_tests::ORIGIN, "--label", "other", "--no-passphrase"]);
    let verdict = world.run(&["verify", "part", "--log-key", other.trim_end()]).expect(1);
    assert!(verdict.stdout.contains("checkpoint.not_by_pinned_key"), "{verdict:?}");
    let wrong = "0".repeat(64);
    let verdict = world.run(&["verify", "part", "--log-key", &world.pins().log_key, "--ledger-id", &wrong]).expect(1);
    assert!(verdict.stdout.contains("pin.wrong_ledger"), "{verdict:?}");
    assert_eq!(world.run(&["verify", "part", "--since", "ledger/checkpoint"]).expect(2).error_code(), "since.partial");
}

#[test]
fn every_bit_of_a_part_counts() {
    let world = with_part();
    for name in files_below(&world.at("part")) {
        let good = world.read(&format!("part/{name}"));
        let step = (good.len() / 25).max(1);
        for at in (0..good.len()).step_by(step) {
            let mut lie = good.clone();
            lie[at] ^= 1;
            world.write(&format!("part/{name}"), lie);
            let verdict = world.judge("part", &[]);
            assert_eq!(verdict.code, 1, "{name} at {at}: {verdict:?}");
        }
        fs::remove_file(world.at("part").join(&name)).unwrap();
        let verdict = world.judge("part", &[]);
        // Without selection.json it is no part any more, and no export either.
        assert_eq!(verdict.code, 1, "{name} is gone: {verdict:?}");
        world.write(&format!("part/{name}"), good);
    }
    world.judge("part", &[]).expect(0);
}

#[test]
fn what_was_left_out_or_brought_in_is_told() {
    let world = with_part();
    let whole = lines(&world, "part");
    let write = |lines: &[&String]| {
        drop(world.write("part/records.jsonl", lines.iter().map(|l| l.as_str()).collect::<String>()))
    };
    let [founding, first, second, third] = &whole[..] else { panic!("four records: {whole:?}") };
    // From the middle, or the beginning: the author's own chain tells.
    write(&[founding, first, third]);
    is_false(&world, "part", "partial.left_out");
    write(&[founding, second, third]);
    is_false(&world, "part", "partial.left_out");
    // From the end: no part can tell, and it says so.
    write(&[founding, first, second]);
    world.judge("part", &[]).expect(0);
    // The founding that introduces the key: then nobody vouches for the signatures, and the report counts them.
    write(&[first, second, third]);
    let report = world.judge("part", &[]).expect(0).json();
    assert_eq!(report["signatures"], "0");
    assert!(report["not_checked"].to_string().contains("3 signatures, by keys that no record here introduces"));
    write(&[founding, first, first, second, third]);
    is_false(&world, "part", "partial.order");
    write(&[founding, second, first, third]);
    is_false(&world, "part", "partial.order");
    write(&[founding]);
    is_false(&world, "part", "tree.empty");
    write(&[]);
    is_false(&world, "part", "tree.empty");
    // A record of another stream, with its good proof, passed off as one of these.
    world.ok(&["export", "other", "--stream", STREAM]);
    let foreign = lines(&world, "other").pop().unwrap();
    let proof = format!("proofs/{:012}.tlog-proof", seq_of(&foreign));
    world.write(&format!("part/{proof}"), world.read(&format!("other/{proof}")));
    write(&[founding, &foreign, first, second, third]);
    is_false(&world, "part", "partial.surplus");
    // A proof of another record under this one's name.
    write(&[founding, first, second, third]);
    let name = |line: &String| format!("part/proofs/{:012}.tlog-proof", seq_of(line));
    let good = world.read(&name(second));
    world.write(&name(second), world.read(&name(third)));
    is_false(&world, "part", "proof.wrong_record");
    fs::remove_file(world.at(&name(second))).unwrap();
    is_false(&world, "part", "proof.missing");
    std::os::unix::fs::symlink(world.at(&name(third)), world.at(&name(second))).unwrap();
    is_false(&world, "part", "proof.missing");
    fs::remove_file(world.at(&name(second))).unwrap();
    world.write(&name(second), good);
    world.judge("part", &[]).expect(0);
    // Proven under a later checkpoint than the others: two parts, mixed.
    world.act(&["role.granted", "--set", &format!("actor={ACTOR}"), "--set", "role=depositary"]);
    let seq = seq_of(third).to_string();
    world.ok(&["prove", &seq, "--out", "late"]);
    world.write(&name(third), world.read("late.tlog-proof"));
    is_false(&world, "part", "partial.two_checkpoints");
}

#[test]
fn the_selection_is_compared_with_the_records() {
    let world = with_part();
    let good = String::from_utf8(world.read("part/selection.json")).unwrap();
    for (lie, code) in [
        (good.replace("actor:org:renamed", "actor:org:another"), "tree.empty"),
        (
            good.replace("\"stream\":\"actor:org:renamed\"", "\"stream\":\"actor:org:renamed\",\"x\":1"),
            "partial.layout",
        ),
        (good.replacen('{', "{ ", 1), "partial.layout"),
        (good.replacen("{", "{\"actor\":\"org:test\",", 1), "partial.layout"),
        (good.replace("partial/v1", "partial/v2"), "partial.layout"),
        ("{}\n".into(), "partial.layout"),
        (good.replace("\"ledger\":\"", "\"ledger\":\"0").replacen("00", "0", 0), "partial.layout"),
    ] {
        assert_ne!(lie, good);
        world.write("part/selection.json", &lie);
        let verdict = world.judge("part", &[]).expect(1).json();
        let codes: Vec<_> = verdict["faults"].as_array().unwrap().iter().map(|f| f["code"].clone()).collect();
        assert!(codes.contains(&code.into()), "{lie}: {verdict:#}");
    }
    world.write("part/selection.json", &good);
    world.judge("part", &[]).expect(0);
}

#[test]
fn making_a_part_replaces_nothing_and_asks_for_something() {
    let world = World::small();
    world.ok(&["export", "part", "--stream", STREAM, "--dry-run"]);
    assert!(!world.at("part").exists());
    assert_eq!(world.run(&["export", "part", "--stream", "treaty:none:RWA"]).expect(2).error_code(), "export.nothing");
    world.write("part/mine", "x");
    assert_eq!(world.run(&["export", "part", "--stream", STREAM]).expect(2).error_code(), "store.exists");
    assert_eq!(files_below(&world.at("part")), ["mine"]);
    world.run(&["export", &path_text(&world.at("both")), "--stream", STREAM, "--actor", ACTOR]).expect(2);
}
