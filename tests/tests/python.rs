//! The second verifier (`python/answerable_verify.py`) against the first: the same verdict, and the same code and seq of the
//! first fault, on whole ledgers, on lies, on every vector, and on random damage.
//! Not here: which lies there are (the verifier's `lies`, `tamper`), and the law, which the second does not judge.
//!
//! Without Python or its package the tests say "skipped": `scripts/install-python`.

mod worked_ledger;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

use answerable_schemas::catalogue::TYPES;
use answerable_schemas::{Body, bundle};
use answerable_tests::{
    ACTOR, ORIGIN, Output, Pins, Tree, World, copy_tree, finish, path_text, read_tree, repository, write_tree,
};
use answerable_verifier::audit::{self, audit};
use answerable_verifier::note::Note;
use answerable_verifier::pin;
use serde_json::{Value, json};
use worked_ledger::{recorded, worked};

/// How many random mutations one run judges; `ten_thousand_mutations` judges more.
const MUTATIONS: u64 = 300;

fn script() -> PathBuf {
    repository().join("python/answerable_verify.py")
}

/// A Python that has the package; None, said aloud, where there is none.
fn python() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let works = |python: &PathBuf| {
            let tried = Command::new(python).args(["-c", "import cryptography"]).stdin(Stdio::null()).output();
            tried.is_ok_and(|o| o.status.success())
        };
        [repository().join(".venv/bin/python"), "python3".into()].into_iter().find(works)
    });
    if found.is_none() {
        eprintln!("skipped: no python3 with the package cryptography: run scripts/install-python");
    }
    found.as_deref()
}

/// The second verifier, as an auditor calls it.
fn second(python: &Path, args: &[&str]) -> Output {
    let world = World::empty();
    let mut command = Command::new(python);
    world.tame(&mut command);
    finish(command.arg(script()).args(args))
}

/// What must agree: the verdict, and the code and seq of the first fault.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Judged {
    verdict: String,
    first: Option<(String, Option<u64>)>,
}

impl Judged {
    fn of(report: &Value) -> Self {
        let first = report["faults"].get(0).map(|f| (f["code"].as_str().expect("a code").into(), f["seq"].as_u64()));
        Self { verdict: report["verdict"].as_str().expect("a verdict").into(), first }
    }

    fn code(&self) -> &str {
        self.first.as_ref().map_or("", |(code, _)| code)
    }
}

fn audit_pins(pins: &Pins) -> audit::Pins {
    let key = pins.log_key.parse().expect("a vkey");
    pin::collect(Some(pins.ledger_id.parse().expect("an id")), vec![key], None).expect("one pin of each kind")
}

fn first(folder: &Path, pins: &audit::Pins) -> Judged {
    let report = audit(folder, pins, &mut |_| {}).unwrap_or_else(|e| panic!("the audit could not read: {e}"));
    Judged::of(&serde_json::to_value(report).expect("a report is plain data"))
}

/// Both verifiers judge a folder under the same pins, with none, and with each alone; answers the verdict under both.
#[track_caller]
fn agree(python: &Path, folder: &Path, pins: &Pins) -> Judged {
    let folder_text = path_text(folder);
    let (id, key) = (["--ledger-id", &pins.ledger_id], ["--log-key", &pins.log_key]);
    let mut under_both = None;
    for flags in [vec![], id.to_vec(), key.to_vec(), [id, key].concat()] {
        let args = [&[&folder_text, "--format", "json"], &flags[..]].concat();
        let ours = second(python, &args);
        let theirs = finish(World::empty().program("answerable-verify").args(&args));
        assert_eq!(ours.code, theirs.code, "{flags:?}\n{ours:?}");
        let (ours, theirs) = (Judged::of(&ours.json()), Judged::of(&theirs.json()));
        assert_eq!(ours, theirs, "{flags:?}: the second verifier, and the first");
        under_both = Some(ours);
    }
    under_both.expect("four ways to pin")
}

#[test]
fn the_rules_are_those_that_it_names() {
    let text = fs::read_to_string(script()).unwrap();
    let line = format!("RULES_SHA256 = \"{}\"", bundle::rules_ref().sha256);
    assert!(text.contains(&line), "python/answerable_verify.py must name the rules of today: {line}");
    let line = format!("RULES_VERSION = {}\n", bundle::RULES_VERSION);
    assert!(text.contains(&line), "python/answerable_verify.py must name the version of today: {line}");
}

/// Sends lines to a Python program, and reads one answer for each.
struct Process {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Process {
    fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
        let (to, from) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        Self { child, to, from: BufReader::new(from) }
    }

    /// One long-lived process that judges folder after folder.
    fn batch(python: &Path, pins: &Pins) -> Self {
        let flags = ["--batch", "--ledger-id", &pins.ledger_id, "--log-key", &pins.log_key];
        Self::start(Command::new(python).arg(script()).args(flags))
    }

    fn ask(&mut self, line: &str) -> Value {
        writeln!(self.to.as_mut().expect("not ended yet"), "{line}").expect("python reads on");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("python answers");
        serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{line}: no answer ({e}): {answer:?}"))
    }

    fn end(mut self) {
        drop(self.to.take());
        assert!(self.child.wait().expect("python ends").success(), "python ended with a failure");
    }
}

const BODIES: &str = r#"
import json, sys
sys.path.insert(0, sys.argv[1])
import answerable_verify as v
rules = v.find_rules(None, None)
for line in sys.stdin:
    asked = json.loads(line)
    kind, body = asked["type"], asked["body"]
    _, schema, template = rules.types[kind]
    problem = schema.problem(body) or v.body_problem(kind, body, template)
    stream = None if problem else v.stream_of(kind, body, template)
    meant = [None] * 3 if problem else [f(kind, body) for f in (v.subject_of, v.organ_of, v.concerns_of)]
    print(json.dumps({"stream": stream, "meant": meant, "problem": problem}), flush=True)
"#;

/// Values that stand where others should, at the edges of what schemas say.
fn strange(rng: &mut Random, old: &Value) -> Value {
    let text = old.as_str().unwrap_or("state:RWA").to_owned();
    match rng.below(22) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(1201),
        5 => json!(65_536),
        6 => json!(4_294_967_296u64),
        7 => json!(""),
        8 => json!([]),
        9 => json!({}),
        10 => json!([old, old]),
        11 => json!({"kind": old}),
        12 => json!(text + "\n"),
        13 => json!("2023-02-29"),
        14 => json!("state:org:x"),
        15 => json!("x".repeat(200)),
        16 => json!(text.to_uppercase()),
        17 => json!("0000"),
        18 => json!("treaty"),
        19 => json!("IIII(01)"),
        20 => json!(format!("org:{}", "x".repeat(91))),
        _ => json!(1),
    }
}

/// Changes one member, somewhere within.
fn change_somewhere(rng: &mut Random, value: &mut Value) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let key = &keys[rng.below(keys.len())];
            match rng.below(6) {
                0 => _ = map.remove(key),
                1 => _ = map.insert("more".into(), json!("x")),
                2 => map[key] = strange(rng, &map[key].clone()),
                _ => change_somewhere(rng, &mut map[key]),
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = rng.below(items.len());
            change_somewhere(rng, &mut items[at]);
        }
        old => *old = strange(rng, &old.clone()),
    }
}

/// The second reads schemas as data, the first reads bodies as types: both take the same bodies, find the same stream in
/// them, and the same actors meant.
#[test]
fn both_take_the_same_bodies() {
    let Some(python) = python() else { return };
    let folder = path_text(&repository().join("python"));
    let mut process = Process::start(Command::new(python).args(["-c", BODIES, &folder]));
    let mut rng = Random(7);
    let mut bodies: Vec<(String, Value)> =
        worked::all().into_iter().map(|a| (a.kind, Value::Object(a.body))).chain(governance_bodies()).collect();
    let treaties: Value =
        serde_json::from_slice(&fs::read(answerable_tests::example("treaties.json")).unwrap()).unwrap();
    bodies.extend(treaties.as_array().unwrap().iter().map(|t| ("treaty.registered".to_owned(), t.clone())));
    for info in TYPES.iter() {
        assert!(bodies.iter().any(|(kind, _)| kind == info.name), "no body of {}", info.name);
    }
    let (mut taken, mut refused, mut apart) = (0, 0, Vec::new());
    for (kind, body) in &bodies {
        for round in 0..rounds() {
            let mut body = body.clone();
            (0..round.min(2)).for_each(|_| change_somewhere(&mut rng, &mut body));
            let parsed = body.as_object().map(|map| Body::parse(&kind.parse().unwrap(), 1, map));
            let ours = process.ask(&json!({"type": kind, "body": body}).to_string());
            let theirs = match &parsed {
                Some(Ok(body)) => {
                    let meant = [body.subject(), body.organ(), body.concerns()];
                    json!({"stream": body.stream().as_str(), "meant": meant})
                }
                _ => json!({"stream": null, "meant": [null, null, null]}),
            };
            assert!(round > 0 || ours["stream"].is_string(), "{kind}: {body}: {ours}");
            *(if ours["stream"].is_null() { &mut refused } else { &mut taken }) += 1;
            if (&ours["stream"], &ours["meant"]) != (&theirs["stream"], &theirs["meant"]) {
                apart.push(format!(
                    "{kind}: {body}\n   python {ours}\n   rust   {theirs} {:?}",
                    parsed.and_then(Result::err)
                ));
            }
        }
    }
    process.end();
    assert!(apart.is_empty(), "{} bodies are judged apart:\n{}", apart.len(), apart[..apart.len().min(20)].join("\n"));
    assert!(taken > 200 && refused > 1000, "{taken} taken, {refused} refused");
}

fn rounds() -> u64 {
    std::env::var("ROUNDS").map_or(25, |n| n.parse().unwrap())
}

/// A body of each type that no worked example has.
fn governance_bodies() -> Vec<(String, Value)> {
    let public_key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=";
    let key = json!({"alg": "ed25519", "key": "org:test#1", "public_key": public_key});
    let log_key = "ledger.example.org/prevention+72ef604c+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    let (hash, act) = ("ab".repeat(32), json!({"state": "state:RWA", "treaty": "genocide-convention"}));
    let of_treaty = |kind: &str, more: Value| {
        let mut body = act.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (format!("treaty.{kind}"), body)
    };
    let said = json!({"body": act, "effective": "1975", "type": "treaty.signed", "v": 1});
    let rules = json!({"sha256": hash, "version": 1});
    let of = |kind: &str, body: Value| (kind.to_owned(), body);
    vec![
        of(
            "ledger.founded",
            json!({"format": 1, "founders": [{"actor": "org:test", "keys": [key], "name": "Test"}], "log_keys": [log_key],
                   "origin": "ledger.example.org/prevention", "rules": rules, "threshold": 1, "title": "Test"}),
        ),
        of("ledger.founders_changed", json!({"founders": ["org:a", "org:b"], "reason": "x", "threshold": 1})),
        of("ledger.log_keys_changed", json!({"log_keys": [log_key], "lost": [log_key], "reason": "x"})),
        of("ledger.rules_adopted", json!({"reason": "x", "rules": rules})),
        of("actor.registered", json!({"actor": "state:RWA", "kind": "state", "name": "Rwanda", "until": "1994-04"})),
        of("actor.renamed", json!({"actor": "state:RWA", "name": "Rwanda"})),
        of("state.succeeded", json!({"mode": "separation", "predecessor": "state:CSK", "successor": "state:CZE"})),
        of("key.enrolled", json!({"actor": "org:test", "key": key, "scope": ["treaty.*", "key.rotated", "*"]})),
        of("key.rotated", json!({"actor": "org:test", "key": key, "old": "org:test#0"})),
        of("key.revoked", json!({"actor": "org:test", "compromised_from_seq": 4, "key": "org:test#1", "reason": "x"})),
        of("role.granted", json!({"actor": "org:test", "of": "org:organ", "role": "secretariat"})),
        of("role.withdrawn", json!({"actor": "org:test", "reason": "x", "role": "registrar"})),
        of(
            "event.corrected",
            json!({"date": "1975-04", "reason": "x", "replacement": act, "retracted": false, "stream": "a:b", "target": hash}),
        ),
        of("event.affirmed", json!({"said": said, "stream": "a:b", "target": hash})),
        of("event.disputed", json!({"grounds": "x", "said": said, "stream": "a:b", "target": hash})),
        of("attachment.erased", json!({"event": hash, "reason": "x", "sha256": hash, "stream": "a:b"})),
        of_treaty("signed", json!({"mode": "simple"})),
        of_treaty("signature_repudiated", json!({})),
        of_treaty("consent_deposited", json!({"mode": "accession"})),
        of_treaty("provisionally_applied", json!({})),
        of_treaty("provisional_application_ended", json!({})),
        of_treaty(
            "reservation_made",
            json!({"articles": ["IX", "12(3)(b)", "other:1"], "made_at": "consent", "reservation": "r1", "text": "x"}),
        ),
        of_treaty("reservation_confirmed", json!({"reservation": "r1"})),
        of_treaty("reservation_withdrawn", json!({"reservation": "r1"})),
        of_treaty("declaration_made", json!({"declaration": "d1", "kind": "territorial", "text": "x"})),
        of_treaty("declaration_withdrawn", json!({"declaration": "d1"})),
        of_treaty(
            "objection_made",
            json!({"objection": "o1", "precludes_entry_into_force": false, "reservation": "r1", "reserving_state": "state:USA", "text": "x"}),
        ),
        of_treaty("objection_withdrawn", json!({"objection": "o1"})),
        of_treaty("territory_notified", json!({"territory": "x"})),
        of_treaty("withdrawal_notified", json!({})),
        of_treaty("withdrawal_revoked", json!({})),
        of_treaty("depositary_corrected", json!({"date": "1975", "notification": "x", "target": hash})),
    ]
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
    for name in ["tile/entries/001", &newest, "tile/0/001", &newest.replace("entries", "0")] {
        for change in [|b: &mut Vec<u8>| b[40] ^= 1, |b: &mut Vec<u8>| _ = b.pop(), |b: &mut Vec<u8>| b.push(0)] {
            let change = |files: &mut Tree| change(files.get_mut(name).unwrap().as_mut().unwrap());
            codes.insert(lie(&change).code().to_owned());
        }
        codes.insert(lie(&|files| _ = files.remove(name)).code().to_owned());
    }
    for change in [|b: &mut Vec<u8>| b[40] ^= 1, |b: &mut Vec<u8>| _ = b.pop(), |b: &mut Vec<u8>| b.push(0)] {
        codes.insert(
            lie(&|files| {
                change(files.get_mut(&newest).unwrap().as_mut().unwrap());
                without_log(files);
            })
            .code()
            .to_owned(),
        );
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
            let ours = second(python, &args);
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
        let (ours, theirs) = (second(python, &args), finish(world.program("answerable-verify").args(args)));
        assert_eq!(ours.code, theirs.code, "round {round}: {ours:?}\n{theirs:?}");
        let (ours, theirs) = (Judged::of(&ours.json()), Judged::of(&theirs.json()));
        assert_eq!(ours, theirs, "round {round}: {}", String::from_utf8_lossy(&changed_proof));
        let unchanged = changed_proof == proof && changed_record == record;
        assert_eq!(ours.verdict == "verified", unchanged, "round {round}");
        *codes.entry(ours.code().to_owned()).or_insert(0) += 1;
    }
    assert!(codes.len() > 3, "{codes:?}");
}

/// Every vector that says that the second verifier takes it: the verdict, code and seq that it expects.
#[test]
fn both_judge_every_vector() {
    let Some(python) = python() else { return };
    let vectors = repository().join("tests/vectors");
    let mut judged = 0;
    for kind in ["good", "bad"] {
        let Ok(folder) = fs::read_dir(vectors.join(kind)) else { continue };
        let mut folders: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
        folders.sort();
        for folder in folders {
            let Ok(text) = fs::read(folder.join("vector.json")) else { continue };
            let vector: Value = serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
            if !vector["verifiers"].as_array().is_some_and(|v| v.iter().any(|v| v == "python")) {
                continue;
            }
            let mut args = vec!["--format".to_owned(), "json".to_owned()];
            match vector["kind"].as_str() {
                Some("ledger") => args.push(path_text(&folder.join("export"))),
                Some("receipt") => {
                    args.extend(["--proof".into(), path_text(&folder.join("receipt.tlog-proof"))]);
                    args.extend(["--record".into(), path_text(&folder.join("receipt.record.json"))]);
                }
                _ => continue,
            }
            if let Some(id) = vector["pin"]["ledger_id"].as_str() {
                args.extend(["--ledger-id".into(), id.into()]);
            }
            for key in vector["pin"]["log_keys"].as_array().into_iter().flatten() {
                args.extend(["--log-key".into(), key.as_str().expect("a vkey").into()]);
            }
            if folder.join("since").is_file() {
                args.extend(["--since".into(), path_text(&folder.join("since"))]);
            }
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            let report = second(python, &args).json();
            // What cannot be judged is no fault; a vector may name its code all the same.
            let list = if report["faults"].as_array().is_some_and(Vec::is_empty) { "unverifiable" } else { "faults" };
            let first = &report[list][0];
            let found = (&report["verdict"], &first["code"], &first["seq"]);
            let expect = &vector["expect"];
            assert_eq!(found, (&expect["verdict"], &expect["code"], &expect["seq"]), "{}", folder.display());
            judged += 1;
        }
    }
    match judged {
        0 => eprintln!("no vectors: {} is not there yet", vectors.display()),
        n => eprintln!("{n} vectors"),
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// Changes bytes; `elsewhere` is what a splice takes from. May leave them as they were.
    fn mutate(&mut self, bytes: &mut Vec<u8>, elsewhere: &[u8]) {
        if bytes.is_empty() {
            return bytes.extend_from_slice(elsewhere);
        }
        let at = self.below(bytes.len());
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let (i, j) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(13) {
            0 | 1 => bytes[at] ^= 1 << self.below(8),
            2 => _ = bytes.remove(at),
            3 => bytes.insert(at, b"0e\"\\{}[],:\n\0 \xff-"[self.below(15)]),
            4 => bytes[at] = self.next() as u8,
            5 => bytes[at] = b"0123456789abcdefABE+/=\"-."[self.below(25)],
            6 => bytes.truncate(at),
            7 => {
                lines.swap(i, j);
                *bytes = lines.concat();
            }
            8 => {
                lines.insert(j, lines[i].clone());
                *bytes = lines.concat();
            }
            9 => {
                lines.remove(i);
                *bytes = lines.concat();
            }
            10 => {
                // A member of one line in the place of another's: still canonical, often.
                let cut = |line: &[u8]| line.iter().position(|b| *b == b',').unwrap_or(0);
                let (a, b) = (cut(&lines[i]), cut(&lines[j]));
                let tail = lines[j][b..].to_vec();
                lines[i].splice(a.., tail);
                *bytes = lines.concat();
            }
            11 => {
                // One digit for another, hex or base64: what a forger would try.
                let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
                if let Some(at) = digits.get(self.below(digits.len())) {
                    bytes[*at] = b'0' + self.below(10) as u8;
                }
            }
            _ => {
                let from = self.below(elsewhere.len());
                let length = self.below(64).min(elsewhere.len() - from);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, elsewhere[from..from + length].iter().copied());
            }
        }
    }
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
    let whole = read_tree(&world.at("public"));
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
            copy_tree(&world.at(folder), Path::new("/tmp/answerable-apart"));
        }
        assert_eq!(ours, theirs, "round {round}, {folder}/{name} (kept in /tmp/answerable-apart): python, and rust");
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
