//! The second verifier (`python/answerable_verify.py`) against the first: the same verdict, and the same code and seq of the
//! first fault, on whole ledgers, on lies, on every vector, and on random damage.
//! Not here: bodies alone (`python_parts`), which lies there are (the verifier's `lies`, `tamper`), and the law, which the second does not judge.
//!
//! Without Python or its package the tests say "skipped": `scripts/install-python`.

mod second;
mod worked_ledger;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use answerable_schemas::bundle;
use answerable_tests::{
    ACTOR, ORIGIN, Output, Pins, Tree, World, copy_tree, finish, path_text, read_tree, repository, write_tree,
};
use answerable_verifier::note::Note;
use second::{Judged, Process, Random, agree, audit_pins, first, python, script, second_says};
use serde_json::Value;
use worked_ledger::recorded;

/// How many random mutations one run judges; `ten_thousand_mutations` judges more.
const MUTATIONS: u64 = 300;

#[test]
fn the_rules_are_those_that_it_names() {
    let text = fs::read_to_string(script()).unwrap();
    let line = format!("RULES_SHA256 = \"{}\"", bundle::rules_ref().sha256);
    assert!(text.contains(&line), "python/answerable_verify.py must name the rules of today: {line}");
    let line = format!("RULES_VERSION = {}\n", bundle::RULES_VERSION);
    assert!(text.contains(&line), "python/answerable_verify.py must name the version of today: {line}");
}

#[test]
fn both_judge_the_demo_and_its_tampered_copy() {
    let Some(python) = python() else { return };
    let world = World::empty();
    world.ok(&["demo", "demo"]);
    let pins = pins_of(&world, "demo");
    assert_eq!(agree(python, &world.at("demo/export"), &pins).verdict, "verified");
    let tampered = agree(python, &world.at("demo/tampered"), &pins);
    assert_eq!((tampered.verdict.as_str(), tampered.code()), ("false", "chain.broken"));
}

/// The pins of a ledger in a folder of its own.
fn pins_of(world: &World, folder: &str) -> Pins {
    let mut command = world.command(&["status", "--format", "json"]);
    command.env("ANSWERABLE_LEDGER", format!("{folder}/ledger")).env("ANSWERABLE_KEYS", format!("{folder}/keys"));
    let status = finish(&mut command).expect(0).json();
    let value = |what: &str| {
        let row = status["rows"].as_array().unwrap().iter().find(|r| r["what"] == what);
        row.unwrap_or_else(|| panic!("no {what}"))["value"].as_str().unwrap().to_owned()
    };
    Pins { ledger_id: value("ledger id"), log_key: value("log key") }
}

#[test]
fn both_judge_every_worked_example() {
    let Some(python) = python() else { return };
    let world = recorded();
    world.ok(&["publish", "public"]);
    assert_eq!(agree(python, &world.at("public"), &world.pins()).verdict, "verified");
}

#[test]
fn both_judge_small_ledgers() {
    let Some(python) = python() else { return };
    for world in [World::bare(), World::small(), sample_world()] {
        let pins = world.pins();
        world.ok(&["export", "export"]);
        assert_eq!(agree(python, &world.at("export"), &pins).verdict, "verified");
        let other = Pins { ledger_id: "0".repeat(64), log_key: pins.log_key.clone() };
        assert_eq!(agree(python, &world.at("export"), &other).code(), "pin.wrong_ledger");
        let stranger = world.ok(&["key", "new-log", ORIGIN, "--label", "stranger", "--no-passphrase"]);
        let other = Pins { ledger_id: pins.ledger_id.clone(), log_key: stranger.trim_end().to_owned() };
        assert_eq!(agree(python, &world.at("export"), &other).code(), "checkpoint.not_by_pinned_key");
    }
}

/// A ledger with keys of several actors, a rotation, an attachment, a correction, and a handover between log keys.
fn sample_world() -> World {
    let world = World::small();
    for actor in ["state:RWA", "state:CZE"] {
        let key = format!("{actor}#1");
        world.ok(&["key", "new", &key, "--no-passphrase"]);
        world.act(&["key.enrolled", "--enrol", &key]);
    }
    world.write("letter.txt", "A letter.\n");
    let body = ["--set", "state=state:RWA", "--set", "treaty=genocide-convention", "--set", "mode=accession"];
    let draft = ["draft", "treaty.consent_deposited", "--actor", "state:RWA", "--effective", "1994-02-03"];
    world.ok(&[&draft[..], &body, &["--attach", "letter.txt", "--out", "act.event.json"]].concat());
    world.ok(&["sign", "act.event.json", "--yes"]);
    world.ok(&["append", "act.event.json"]);
    fs::remove_file(world.at("act.event.json")).expect("the event file is there");
    let new = world.ok(&["key", "new-log", ORIGIN, "--label", "2027", "--no-passphrase"]);
    let list = format!("log_keys={}", serde_json::to_string(&[new.trim_end()]).unwrap());
    world.act(&["ledger.log_keys_changed", "--set", &list, "--set", "reason=a new year"]);
    for (id, name) in [("org:one", "One"), ("org:two", "Two"), ("org:three", "Three")] {
        let (id, name) = (format!("actor={id}"), format!("name={name}"));
        world.act(&["actor.registered", "--effective", "2000", "--set", &id, "--set", &name, "--set", "kind=other"]);
    }
    let actor = format!("actor={ACTOR}");
    world.act(&["role.granted", "--set", &actor, "--set", "role=assessor"]);
    world.act(&["role.withdrawn", "--set", &actor, "--set", "role=assessor", "--set", "reason=over"]);
    world
}

/// Without the log, out of bundles; with both; and each lie about tiles, in a ledger of several tiles.
#[test]
fn both_judge_published_folders_and_kept_checkpoints() {
    let Some(python) = python() else { return };
    let world = World::founded();
    world.ok(&["publish", "public"]);
    world.write("kept", world.read("public/checkpoint"));
    let size = world.size();
    world.import_example("bodies.csv", "bodies");
    world.ok(&["publish", "public"]);
    let pins = world.pins();
    let public = read_tree(&world.at("public"));
    let without_log = |files: &mut Tree| files.retain(|name, _| !name.starts_with("log"));
    assert_eq!(agree(python, &world.at("public"), &pins).verdict, "verified");
    let under = audit_pins(&pins);
    let mut process = Process::batch(python, &pins);
    let mut lie = |change: &dyn Fn(&mut Tree)| {
        let mut files = public.clone();
        change(&mut files);
        let folder = World::empty();
        write_tree(&files, &folder.at("lie"));
        let theirs = first(&folder.at("lie"), &under);
        assert_eq!(Judged::of(&process.ask(&path_text(&folder.at("lie")))), theirs);
        theirs
    };
    assert_eq!(lie(&without_log).verdict, "verified");
    let mut codes = BTreeSet::new();
    let newest = format!("tile/entries/{:03}.p/{}", world.size() / 256, world.size() % 256);
    let flip: fn(&mut Vec<u8>) = |b| b[40] ^= 1;
    let cut: fn(&mut Vec<u8>) = |b| _ = b.pop();
    let partial_tile = newest.replace("entries", "0");
    for (name, change, log) in [
        ("tile/entries/001", Some(flip), true),
        (&newest, Some(cut), true),
        (&newest, None, true),
        ("tile/0/001", Some(cut), true),
        (&partial_tile, Some(flip), true),
        (&partial_tile, None, true),
        ("tile/entries/001", Some(flip), false),
        (&newest, Some(cut), false),
        (&newest, None, false),
    ] {
        let judged = lie(&|files| {
            match change {
                Some(change) => change(files.get_mut(name).unwrap().as_mut().unwrap()),
                None => _ = files.remove(name),
            }
            if !log {
                without_log(files);
            }
        });
        codes.insert(judged.code().to_owned());
    }
    for code in
        ["bundle.missing", "bundle.malformed", "bundle.mismatch", "tile.missing", "tile.malformed", "tile.mismatch"]
    {
        assert!(codes.contains(code), "{code}: {codes:?}");
    }
    // A kept checkpoint: grown from it, cut behind it, of another history, of another log.
    copy_tree(&world.at("public"), &world.at("cut"));
    let log = String::from_utf8(world.read("public/log/000000000000.jsonl")).unwrap();
    let short: String = log.split_inclusive('\n').take(size as usize - 1).collect();
    world.write("cut/log/000000000000.jsonl", short);
    let other = World::small();
    other.ok(&["export", "export"]);
    copy_tree(&other.at("export"), &world.at("other"));
    for folder in ["public", "cut", "other"] {
        for flags in [vec![], vec!["--log-key", pins.log_key.as_str()]] {
            let (folder, kept) = (path_text(&world.at(folder)), path_text(&world.at("kept")));
            let args = [&[&folder, "--format", "json", "--since", &kept], &flags[..]].concat();
            let theirs = finish(world.program("answerable-verify").args(&args));
            let ours = second_says(python, &args);
            assert_eq!(ours.code, theirs.code, "{args:?}: {ours:?}\n{theirs:?}");
            assert_eq!(Judged::of(&ours.json()), Judged::of(&theirs.json()), "{args:?}");
            let codes = |o: &Output, list: &str| -> Vec<String> {
                o.json()[list].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
            };
            for list in ["faults", "unverifiable"] {
                assert_eq!(codes(&ours, list), codes(&theirs, list), "{args:?} {list}");
            }
        }
    }
}

#[test]
fn both_judge_receipts() {
    let Some(python) = python() else { return };
    let world = sample_world();
    let pins = world.pins();
    world.ok(&["prove", "3", "--out", "r"]);
    let (proof, record) = (world.read("r.tlog-proof"), world.read("r.record.json"));
    let mut rng = Random(11);
    let mut codes = BTreeMap::new();
    for round in 0..120 {
        let (mut changed_proof, mut changed_record) = (proof.clone(), record.clone());
        match round % 3 {
            _ if round == 0 => {}
            0 => rng.mutate(&mut changed_record, &proof),
            _ => rng.mutate(&mut changed_proof, &record),
        }
        world.write("l.tlog-proof", &changed_proof);
        world.write("l.record.json", &changed_record);
        let path = path_text(&world.at("l.tlog-proof"));
        let args = ["--proof", &path, "--format", "json", "--log-key", &pins.log_key, "--ledger-id", &pins.ledger_id];
        let (ours, theirs) = (second_says(python, &args), finish(world.program("answerable-verify").args(args)));
        assert_eq!(ours.code, theirs.code, "round {round}: {ours:?}\n{theirs:?}");
        let (ours, theirs) = (Judged::of(&ours.json()), Judged::of(&theirs.json()));
        assert_eq!(ours, theirs, "round {round}: {}", String::from_utf8_lossy(&changed_proof));
        let unchanged = changed_proof == proof && changed_record == record;
        assert_eq!(ours.verdict == "verified", unchanged, "round {round}");
        *codes.entry(ours.code().to_owned()).or_insert(0) += 1;
    }
    assert!(codes.len() > 3, "{codes:?}");
}

/// Every vector that says that the second verifier takes it: the verdict, code and seq that it expects. Where witnesses are
/// asked for, both programs say the same of each of them.
#[test]
fn both_judge_every_vector() {
    let Some(python) = python() else { return };
    let vectors = repository().join("tests/vectors");
    let mut judged = BTreeMap::new();
    for kind in ["good", "bad"] {
        let folder = fs::read_dir(vectors.join(kind)).expect("the vectors are there");
        let mut folders: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
        folders.sort();
        for folder in folders {
            let text = fs::read(folder.join("vector.json")).expect("each has its card");
            let vector: Value = serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
            if !vector["verifiers"].as_array().is_some_and(|v| v.iter().any(|v| v == "python")) {
                continue;
            }
            let args = args_of(&vector, &folder);
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let ours = second_says(python, &args);
            let what = vector["kind"].as_str().expect("a kind");
            if what == "policy" {
                let theirs = finish(World::empty().program("answerable-verify").args(&args));
                for said in [&ours, &theirs] {
                    assert_eq!((said.code, said.error_code()), (2, "policy.malformed"), "{}", folder.display());
                    assert_eq!(
                        (&vector["expect"]["verdict"], &vector["expect"]["code"]),
                        (&"refused".into(), &"policy.malformed".into())
                    );
                }
            } else {
                let report = ours.json();
                // What cannot be judged is no fault; a vector may name its code all the same.
                let list =
                    if report["faults"].as_array().is_some_and(Vec::is_empty) { "unverifiable" } else { "faults" };
                let first = &report[list][0];
                let found = (&report["verdict"], &first["code"], &first["seq"]);
                let expect = &vector["expect"];
                assert_eq!(found, (&expect["verdict"], &expect["code"], &expect["seq"]), "{}", folder.display());
            }
            let what = if vector["now"].is_string() { "witnessed" } else { what };
            if what == "witnessed" {
                let theirs = finish(World::empty().program("answerable-verify").args(&args));
                assert_eq!(ours.code, theirs.code, "{}", folder.display());
                assert_eq!(of_witnesses(&ours), of_witnesses(&theirs), "{}", folder.display());
            }
            *judged.entry(what.to_owned()).or_insert(0) += 1;
        }
    }
    eprintln!("{judged:?}");
    for kind in ["ledger", "policy", "receipt", "witnessed"] {
        assert!(judged.get(kind).is_some_and(|n| *n > 20), "{kind}: {judged:?}");
    }
}

/// The call that a vector stands for.
fn args_of(vector: &Value, folder: &Path) -> Vec<String> {
    let mut args = vec!["--format".to_owned(), "json".to_owned()];
    match vector["kind"].as_str() {
        Some("ledger") => args.push(path_text(&folder.join("export"))),
        Some("receipt") => {
            args.extend(["--proof".into(), path_text(&folder.join("receipt.tlog-proof"))]);
            args.extend(["--record".into(), path_text(&folder.join("receipt.record.json"))]);
        }
        // Refused before anything is judged: any export will do.
        Some("policy") => args.push(path_text(&repository().join("tests/vectors/good/honest/export"))),
        other => panic!("{}: a vector of the kind {other:?}", folder.display()),
    }
    if let Some(id) = vector["pin"]["ledger_id"].as_str() {
        args.extend(["--ledger-id".into(), id.into()]);
    }
    for key in vector["pin"]["log_keys"].as_array().into_iter().flatten() {
        args.extend(["--log-key".into(), key.as_str().expect("a vkey").into()]);
    }
    for file in ["since", "policy"].into_iter().filter(|file| folder.join(file).is_file()) {
        args.extend([format!("--{file}"), path_text(&folder.join(file))]);
    }
    for (member, flag) in [("now", "--now"), ("max_age", "--max-age")] {
        if let Some(value) = vector[member].as_str() {
            args.extend([flag.into(), value.into()]);
        }
    }
    args
}

/// What a report says of witnesses, and the code and seq of all that is wrong or not proved.
fn of_witnesses(output: &Output) -> (Value, Vec<(Value, Value)>) {
    let report = output.json();
    let lists = ["faults", "unverifiable"].iter().flat_map(|list| report[list].as_array().expect("a list").clone());
    (report["witnessed"].clone(), lists.map(|fault| (fault["code"].clone(), fault["seq"].clone())).collect())
}

/// A checkpoint says no less with its signatures in another order, or with more of them: those of unknown keys are passed
/// over (c2sp.org/signed-note). Of all other files, every byte counts.
fn says_no_less(name: &str, bytes: &[u8], good: &[u8]) -> bool {
    let parts = |bytes: &[u8]| {
        let note = Note::parse(bytes).ok().filter(|_| name.starts_with("checkpoint"))?;
        Some((note.text, note.signatures))
    };
    match (parts(bytes), parts(good)) {
        (Some((text, lines)), Some((whole, all))) => text == whole && all.iter().all(|line| lines.contains(line)),
        _ => bytes == good,
    }
}

/// Damages one file of a published ledger at a time; both verifiers judge each. Answers how often each code came first.
fn mutations(python: &Path, count: u64, seed: u64) -> BTreeMap<String, u64> {
    let world = sample_world();
    let pins = world.pins();
    world.ok(&["publish", "public"]);
    let mut whole = read_tree(&world.at("public"));
    // No verdict rests on the page.
    whole.remove("index.html");
    let mut without_log = whole.clone();
    without_log.retain(|name, _| !name.starts_with("log"));
    let under = audit_pins(&pins);
    let mut process = Process::batch(python, &pins);
    let mut rng = Random(seed);
    let mut codes = BTreeMap::new();
    let folders = [("whole", &whole), ("bundles", &without_log)];
    for (name, files) in folders {
        write_tree(files, &world.at(name));
    }
    for round in 0..count {
        let (folder, files) = folders[usize::from(round % 8 == 7)];
        let mut names: Vec<&String> =
            files.iter().filter(|(n, b)| b.is_some() && *n != ".publishing").map(|(n, _)| n).collect();
        // Most of what can be wrong is wrong in the records.
        let records: Vec<&String> =
            names.iter().copied().filter(|n| n.starts_with("log/") || n.contains("entries")).collect();
        if rng.below(3) > 0 {
            names = records;
        }
        let name = names[rng.below(names.len())];
        let good = files[name].as_ref().unwrap();
        let other = files.values().flatten().nth(rng.below(files.values().flatten().count())).unwrap();
        let path = world.at(folder).join(name);
        let mut bytes = good.clone();
        let removed = rng.below(50) == 0;
        if removed {
            fs::remove_file(&path).unwrap();
        } else {
            (0..1 + rng.below(2)).for_each(|_| rng.mutate(&mut bytes, other));
            fs::write(&path, &bytes).unwrap();
        }
        let theirs = first(&world.at(folder), &under);
        let ours = Judged::of(&process.ask(&path_text(&world.at(folder))));
        if ours != theirs {
            copy_tree(&world.at(folder), &std::env::temp_dir().join("answerable-apart"));
        }
        assert_eq!(
            ours, theirs,
            "round {round}, {folder}/{name} (kept as answerable-apart in the folder for temporary files): python, and rust"
        );
        // An attachment that is absent is told, and breaks nothing.
        let harmless = if removed { name.starts_with("attachments/") } else { says_no_less(name, &bytes, good) };
        assert_eq!(
            ours.verdict == "verified",
            harmless,
            "round {round}, {folder}/{name}: {ours:?}\n{}",
            String::from_utf8_lossy(&bytes)
        );
        *codes.entry(ours.code().to_owned()).or_insert(0) += 1;
        fs::write(&path, good).unwrap();
    }
    process.end();
    codes
}

#[test]
fn both_judge_random_damage() {
    let Some(python) = python() else { return };
    let codes = mutations(python, MUTATIONS, 1);
    assert!(codes.len() > 10, "{codes:?}");
}

/// `cargo test --release -p answerable-tests --test python -- --ignored --nocapture`
#[test]
#[ignore = "minutes: 10,000 mutations"]
fn ten_thousand_mutations() {
    let Some(python) = python() else { return };
    let began = std::time::Instant::now();
    let codes = mutations(python, 10_000, 2);
    eprintln!("10,000 mutations in {} s:", began.elapsed().as_secs());
    codes.iter().for_each(|(code, count)| eprintln!("{count:>6}  {code}"));
}
