//! Counts of the streams: what is admitted, what is refused, and what an auditor finds when it was forced in.
//! Not here: the tree and its proofs by themselves (`counts`), partial exports (the end-to-end tests).

mod kit;

use std::collections::BTreeMap;

use answerable_schemas::StreamName;
use answerable_verifier::encoding::Hash;
use answerable_verifier::judge::Past;
use answerable_verifier::merkle::{leaf_hash, root_of};
use kit::{FOUNDER, Kit};
use serde_json::{Value, json};

const COUNTED: &str = "ledger.streams_counted";

/// The count of the first `size` records, by the page and not by the program: from the lines alone.
fn count(kit: &Kit, size: usize) -> Value {
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for line in &kit.lines[..size] {
        let record: Value = serde_json::from_slice(line).unwrap();
        *counts.entry(record["event"]["stream"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    let leaf = |(stream, n): (&String, &u64)| leaf_hash(format!(r#"{{"records":{n},"stream":"{stream}"}}"#).as_bytes());
    let leaves: Vec<Hash> = counts.iter().map(leaf).collect();
    json!({"root": root_of(&leaves).to_base64(), "size": size, "streams": leaves.len()})
}

fn with(mut body: Value, member: &str, value: impl Into<Value>) -> Value {
    body[member] = value.into();
    body
}

/// Names that differ in '-', a digit, ':' and a letter at one place.
fn with_streams() -> Kit {
    let mut kit = Kit::founded();
    kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": "registrar"}));
    for actor in ["org:a-b", "org:a1", "org:a:b", "org:ab", "org-a:b", "org1:a"] {
        kit.register(actor, "2000", "other");
    }
    let renamed = json!({"actor": "org:a1", "name": "another"});
    kit.say(FOUNDER, "actor.renamed", "2001", renamed);
    kit
}

#[test]
fn a_right_count_stands_whatever_comes_after() {
    let mut kit = with_streams();
    let size = kit.lines.len();
    for size in [size, 1, size - 1] {
        let body = count(&kit, size);
        kit.say(FOUNDER, COUNTED, "2026-11-23", body);
    }
    kit.register("org:later", "2000", "other");
    // A count counts the counts before it, and says of an earlier size what was right then.
    for size in [size + 3, size, size + 4] {
        let body = count(&kit, size);
        kit.say(FOUNDER, COUNTED, "2026-11-23", body);
    }
    let report = kit.audit(&kit.lines);
    assert_eq!(report.verdict.exit_code(), 0, "{}", report.to_text());
    let counts = kit.judge.past.stream_counts(u64::MAX).unwrap();
    assert_eq!(counts[&StreamName::new("ledger:counts").unwrap()], 6);
    assert_eq!(counts.values().sum::<u64>(), kit.lines.len() as u64);
}

#[test]
fn a_wrong_count_is_refused_and_found() {
    let mut kit = with_streams();
    let size = kit.lines.len();
    let right = count(&kit, size);
    let streams = right["streams"].as_u64().unwrap();
    for lie in [
        with(right.clone(), "root", count(&kit, size - 1)["root"].clone()),
        with(right.clone(), "streams", streams - 1),
        with(right.clone(), "streams", streams + 1),
        with(right.clone(), "size", size - 1),
        with(right.clone(), "root", "A".repeat(44)),
    ] {
        kit::refused(&mut kit, FOUNDER, COUNTED, "2026-11-23", lie, "streams.miscounted");
    }
    // One record of a stream, said to be of another: the numbers of streams and records are the same.
    let mut moved = with_streams();
    moved.lines.pop();
    moved.judge = {
        let mut judge = answerable_verifier::judge::Judge::before_all();
        moved.lines.iter().for_each(|line| drop(judge.admit(line).unwrap()));
        judge
    };
    let renamed = json!({"actor": "org:ab", "name": "another"});
    moved.say(FOUNDER, "actor.renamed", "2001", renamed);
    let other = count(&moved, size);
    assert_eq!((&other["size"], &other["streams"]), (&right["size"], &right["streams"]));
    kit::refused(&mut kit, FOUNDER, COUNTED, "2026-11-23", other, "streams.miscounted");
    let event = kit.event(FOUNDER, COUNTED, "2026-11-23", with(right.clone(), "size", size - 1));
    let fault = kit.admit(&event).unwrap_err();
    assert!(fault.expected.unwrap().contains(" streams, root "), "{:?}", fault.found);
    kit.say(FOUNDER, COUNTED, "2026-11-23", right);
}

#[test]
fn a_count_of_itself_or_of_the_future_is_refused() {
    let mut kit = with_streams();
    let size = kit.lines.len();
    let right = count(&kit, size);
    for beyond in [size as u64 + 1, u64::MAX >> 11] {
        let lie = with(right.clone(), "size", beyond);
        kit::refused(&mut kit, FOUNDER, COUNTED, "2026-11-23", lie, "streams.beyond_head");
    }
    for nothing in ["size", "streams"] {
        let body = with(right.clone(), nothing, 0);
        let parsed = answerable_schemas::Body::parse(&COUNTED.parse().unwrap(), 1, body.as_object().unwrap());
        assert_eq!(parsed.unwrap_err().code(), "event.invalid_body");
    }
}

#[test]
fn a_registrar_counts_alone_and_founders_together() {
    const OTHER: &str = "org:other";
    let mut kit = Kit::founded_by(&[FOUNDER, OTHER], 2);
    let body = count(&kit, 1);
    kit::refused(&mut kit, FOUNDER, COUNTED, "2026-11-23", body.clone(), "authority.not_entitled");
    let joint = kit.joint(&[FOUNDER, OTHER], COUNTED, body.clone());
    kit.must(joint);
    let granted = kit.joint(&[FOUNDER, OTHER], "role.granted", json!({"actor": OTHER, "role": "registrar"}));
    kit.must(granted);
    kit.say(OTHER, COUNTED, "2026-11-23", body.clone());
    kit::refused(&mut kit, FOUNDER, COUNTED, "2026-11-23", body, "authority.not_entitled");
    assert_eq!(kit.audit(&kit.lines).verdict.exit_code(), 0);
}

/// A record of a type that the auditor does not know says in its envelope of which stream it is: it is counted there.
#[test]
fn records_of_unknown_types_are_counted_by_their_envelope() {
    let mut kit = with_streams();
    let mut event = kit.event(FOUNDER, "actor.renamed", "2002", json!({"actor": "org:ab", "name": "third"}));
    event.v = 2;
    let signed = kit.sign(&event);
    let line = kit.line(&signed);
    let (_, faults) = kit.judge.examine(&line);
    assert!(faults.iter().all(|f| f.unverifiable), "{faults:?}");
    kit.lines.push(line);
    let body = count(&kit, kit.lines.len());
    assert_ne!(body["root"], count(&kit, kit.lines.len() - 1)["root"]);
    kit.say(FOUNDER, COUNTED, "2026-11-23", body);
    let report = kit.audit(&kit.lines);
    assert_eq!((report.verdict.exit_code(), report.unverifiable.len()), (3, 1), "{}", report.to_text());
}
