//! Witnesses, as the two verifiers judge them: policies and cosigned checkpoints with random damage.
//! Not here: the lies by name (`python`, every vector), witnesses that run (`witness`).

mod second;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use answerable_schemas::Instant;
use answerable_tests::{World, copy_tree, path_text, repository};
use answerable_verifier::audit::{Pins, audit};
use answerable_verifier::cosignature::WitnessKey;
use answerable_verifier::note::{Note, VerifierKey};
use answerable_verifier::policy::Policy;
use answerable_verifier::witnessed::{Demand, MaxAge};
use base64::prelude::{BASE64_STANDARD, Engine};
use second::{Process, Random, python, script};
use serde_json::{Value, json};

const POLICIES: &str = r#"
import base64, json, sys
sys.path.insert(0, sys.argv[1])
import answerable_verify as v
for line in sys.stdin:
    asked = json.loads(line)
    try:
        policy = v.Policy(base64.b64decode(asked["policy"]))
    except ValueError as e:
        print(json.dumps({"error": str(e)}), flush=True)
        continue
    keys = list(policy.witnesses)
    by = [(keys[i % len(keys)], time) for i, time in asked["by"] if keys]
    by = list(dict(by).items())
    print(json.dumps({
        "logs": [k.text for k in policy.logs],
        "witnesses": [k.text for k in keys],
        "names": list(policy.witnesses.values()),
        "met": policy.satisfied([k for k, _ in by]),
        "time": policy.quorum_time(by),
    }), flush=True)
"#;

fn vectors() -> PathBuf {
    repository().join("tests/vectors")
}

/// The policies of all vectors, but the longest.
fn policies() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for kind in ["good", "bad"] {
        let mut folders: Vec<PathBuf> =
            fs::read_dir(vectors().join(kind)).unwrap().map(|entry| entry.unwrap().path()).collect();
        folders.sort();
        found.extend(folders.iter().filter_map(|f| fs::read(f.join("policy")).ok()).filter(|p| p.len() < 2_000));
    }
    found.dedup();
    assert!(found.len() > 50, "the vectors have policies");
    found
}

/// One item of a line for another: a name, a key, a threshold.
fn exchange(rng: &mut Random, policy: &[u8]) -> Vec<u8> {
    let mut lines: Vec<Vec<Vec<u8>>> =
        policy.split(|b| *b == b'\n').map(|line| line.split(|b| *b == b' ').map(<[u8]>::to_vec).collect()).collect();
    let mut pool: Vec<Vec<u8>> = lines.concat();
    pool.extend(["0", "1", "2", "3", "02", "all", "any", "none", "#", "\t"].map(|s| s.as_bytes().to_vec()));
    let new = pool.swap_remove(rng.below(pool.len()));
    let line = rng.below(lines.len());
    let line = &mut lines[line];
    let at = rng.below(line.len());
    match rng.below(3) {
        0 => line.insert(at, new),
        _ => line[at] = new,
    }
    lines.iter().map(|line| line.join(&b' ')).collect::<Vec<_>>().join(&b'\n')
}

#[test]
fn both_take_the_same_policies() {
    let Some(python) = python() else { return };
    let folder = path_text(&repository().join("python"));
    let mut process = Process::start(Command::new(python).args(["-c", POLICIES, &folder]));
    let policies = policies();
    let good: Vec<&Vec<u8>> = policies.iter().filter(|p| Policy::parse(p).is_ok()).collect();
    let mut rng = Random(21);
    let (mut taken, mut met) = (0, 0);
    for round in 0..4_000 {
        let any = &policies[rng.below(policies.len())];
        let mut policy = if rng.below(4) == 0 { any } else { good[rng.below(good.len())] }.clone();
        let other = &policies[rng.below(policies.len())];
        match rng.below(8) {
            0 => {}
            1 | 2 => rng.mutate(&mut policy, other),
            _ => (0..1 + rng.below(2)).for_each(|_| policy = exchange(&mut rng, &policy)),
        }
        let by: Vec<(usize, u64)> = (0..rng.below(5)).map(|_| (rng.below(6), rng.below(4) as u64)).collect();
        let said = process.ask(&json!({"policy": BASE64_STANDARD.encode(&policy), "by": by}).to_string());
        let shown = || format!("round {round}: {said}\n{}", String::from_utf8_lossy(&policy));
        let Ok(first) = Policy::parse(&policy) else {
            assert!(said["error"].is_string(), "the first refuses it, {}", shown());
            continue;
        };
        taken += 1;
        let keys = first.witness_keys();
        let mut latest: Vec<(&WitnessKey, u64)> = Vec::new();
        for (i, time) in by.iter().filter(|_| !keys.is_empty()) {
            let key = &keys[i % keys.len()];
            match latest.iter_mut().find(|(k, _)| *k == key) {
                Some((_, t)) => *t = *time,
                None => latest.push((key, *time)),
            }
        }
        let cosigners: Vec<&WitnessKey> = latest.iter().map(|(key, _)| *key).collect();
        met += u32::from(first.asks_for_witnesses() && first.satisfied(&cosigners));
        let expected = json!({
            "logs": first.log_keys().map(ToString::to_string).collect::<Vec<_>>(),
            "witnesses": keys.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "names": first.witnesses().iter().map(|w| w.name.clone()).collect::<Vec<_>>(),
            "met": first.satisfied(&cosigners),
            "time": first.quorum_time(&latest),
        });
        assert_eq!(said, expected, "{}", shown());
    }
    process.end();
    eprintln!("{taken} taken, {met} met");
    assert!(taken > 400 && taken < 3_600 && met > 100, "{taken} taken, {met} met");
}

/// What both must say of an export: verdict, codes and seqs of all that is wrong or not proved, and of witnesses.
fn said(report: &Value) -> Value {
    let of = |list: &str| -> Vec<Value> {
        report[list].as_array().expect("a list").iter().map(|f| json!([f["code"], f["seq"]])).collect()
    };
    json!([report["verdict"], of("faults"), of("unverifiable"), report["witnessed"], report["forks"]])
}

/// Damages a checkpoint: its bytes, or what its signature lines hold once they are read.
fn damage(rng: &mut Random, note: &mut Vec<u8>, other: &[u8]) {
    let Ok(mut read) = Note::parse(note) else { return rng.mutate(note, other) };
    let more = Note::parse(other).map(|n| n.signatures).unwrap_or_default();
    let at = rng.below(read.signatures.len());
    let line = &mut read.signatures[at];
    match rng.below(6) {
        0 => {
            let i = rng.below(line.signature.len());
            line.signature[i] ^= 1 << rng.below(8);
        }
        // The time alone.
        1 => line.signature[rng.below(8)] ^= 1 << rng.below(8),
        2 => line.key_id[rng.below(4)] ^= 1 << rng.below(8),
        3 => read.signatures.extend(more),
        4 if read.signatures.len() > 1 => _ = read.signatures.remove(at),
        _ => return rng.mutate(note, other),
    }
    *note = read.format().expect("lines that were read are written").into_bytes();
}

fn judge_damage(python: &Path, name: &str, max_age: &str, rounds: u64, verdicts: &mut BTreeMap<String, u64>) {
    let vector = vectors().join("good").join(name);
    let card: Value = serde_json::from_slice(&fs::read(vector.join("vector.json")).unwrap()).unwrap();
    let policy = Policy::read(&vector.join("policy")).unwrap();
    let now: Instant = card["now"].as_str().unwrap().parse().unwrap();
    let world = World::empty();
    copy_tree(&vector.join("export"), &world.at("export"));
    let (export, policy_file, now_text) =
        (path_text(&world.at("export")), path_text(&vector.join("policy")), now.to_string());
    let mut command = Command::new(python);
    command.arg(script()).args(["--batch", "--policy", &policy_file, "--now", &now_text, "--max-age", max_age]);
    let mut pins = Pins::default();
    if let Some(id) = card["pin"]["ledger_id"].as_str() {
        command.args(["--ledger-id", id]);
        pins.ledger_id = Some(id.parse().unwrap());
    }
    for key in card["pin"]["log_keys"].as_array().unwrap().iter().map(|k| k.as_str().unwrap()) {
        command.args(["--log-key", key]);
        pins.log_keys.push(VerifierKey::parse(key).unwrap());
    }
    pins.ask_witnesses(Demand { policy, now, max_age: Some(max_age.parse::<MaxAge>().unwrap()) });
    let mut process = Process::start(&mut command);
    let mut files: Vec<PathBuf> = vec![world.at("export/checkpoint")];
    if let Ok(kept) = fs::read_dir(world.at("export/checkpoints")) {
        files.extend(kept.map(|entry| entry.unwrap().path()));
    }
    files.sort();
    let good: Vec<Vec<u8>> = files.iter().map(|file| fs::read(file).unwrap()).collect();
    let mut rng = Random(rounds);
    for round in 0..rounds {
        let at = rng.below(files.len());
        let mut bytes = good[at].clone();
        for _ in 0..rng.below(3) {
            let other = &good[rng.below(good.len())];
            damage(&mut rng, &mut bytes, other);
        }
        fs::write(&files[at], &bytes).unwrap();
        let theirs = audit(&world.at("export"), &pins, &mut |_| {}).unwrap();
        let theirs = said(&serde_json::to_value(theirs).unwrap());
        let ours = said(&process.ask(&export));
        let shown = String::from_utf8_lossy(&bytes);
        assert_eq!(ours, theirs, "round {round}, {}: python, and rust\n{shown}", files[at].display());
        let first = ours[1].get(0).or(ours[2].get(0)).map_or("none", |fault| fault[0].as_str().unwrap());
        *verdicts.entry(format!("{} {first}", ours[0].as_str().unwrap())).or_insert(0) += 1;
        fs::write(&files[at], &good[at]).unwrap();
    }
    process.end();
}

#[test]
fn both_judge_damaged_cosignatures() {
    let Some(python) = python() else { return };
    let mut verdicts = BTreeMap::new();
    for (name, max_age) in [
        ("witnessed_by_two_of_three", "1d"),
        ("witnessed_by_groups", "1d"),
        ("witness_saw_it_grow", "1d"),
        ("witness_cosigned_often", "20h"),
        ("cosignatures_beside", "1d"),
        ("witnessed_across_a_handover", "1d"),
    ] {
        judge_damage(python, name, max_age, 150, &mut verdicts);
    }
    eprintln!("{verdicts:?}");
    for one in [
        "verified none",
        "unverifiable witness.quorum_not_met",
        "unverifiable witness.stale",
        "false witness.bad_cosignature",
    ] {
        assert!(verdicts.contains_key(one), "{one}: {verdicts:?}");
    }
}
