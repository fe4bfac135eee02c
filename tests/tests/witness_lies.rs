//! Cosignatures that lie, judged by both real programs: one witness that counts twice, a log and a witness in each other's place,
//! records and witnesses whose clocks contradict each other, a quorum that is old or asks for less, a cosignature of something else.
//! Not here: witnesses that run and refuse (`witness`), the same rules at their edges in one process (the verifier's `witnesses`).
//!
//! No program of ours signs such lies: the files are forged here, with the secrets that the liar would have.

mod served;

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use answerable_tests::{Output, World, files_below, finish};
use answerable_verifier::cosignature::{WitnessKey, signed_message};
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::note::{
    ALG_COSIGNATURE, ALG_ED25519, Note, NoteSignature, VerifierKey, compute_key_id, signature_line,
};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::Value;
use served::{make, serve};

/// How far the clocks of a ledger and a witness may differ, in seconds (docs/FORMAT.md, "Trust policy").
const FIVE_MINUTES: u64 = 300;

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(secret: &SigningKey) -> PublicKey {
    PublicKey::enrollable(secret.verifying_key().as_bytes()).unwrap()
}

/// The key of a witness that lives in this test.
fn witness(seed: u8) -> WitnessKey {
    WitnessKey::new(&format!("w.example/{seed}"), public(&secret(seed))).unwrap()
}

fn cosignature(seed: u8, time: u64, text: &str) -> NoteSignature {
    witness(seed).line(time, &secret(seed).sign(&signed_message(time, text)).to_bytes())
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A small ledger and its export; a policy that asks two witnesses of this test, both.
struct Case {
    world: World,
    /// The checkpoint as the log signed it.
    latest: Note,
}

impl Case {
    fn new() -> Self {
        let world = World::small();
        let case = Self { latest: note(&world, "ledger/checkpoint"), world };
        case.write_policy("policy", "all", &[(1, "a"), (2, "b")]);
        case.world.ok(&["export", "export"]);
        case
    }

    fn write_policy(&self, file: &str, threshold: &str, witnesses: &[(u8, &str)]) {
        let mut text = format!("log {}\n", self.world.pins().log_key);
        witnesses.iter().for_each(|(seed, name)| text += &format!("witness {name} {}\n", witness(*seed)));
        let names: Vec<&str> = witnesses.iter().map(|(_, name)| *name).collect();
        self.world.write(file, text + &format!("group g {threshold} {}\nquorum g\n", names.join(" ")));
    }

    /// The export shows the latest checkpoint with these lines behind the log's.
    fn show(&self, lines: &[NoteSignature]) {
        let mut note = self.latest.clone();
        note.signatures.extend_from_slice(lines);
        self.world.write("export/checkpoint", note.format().unwrap());
    }

    /// Two good cosignatures of now, and more lines.
    fn show_also(&self, lines: &[NoteSignature]) {
        let good = [1, 2].map(|seed| self.by(seed, now()));
        self.show(&[&good[..], lines].concat());
    }

    fn by(&self, seed: u8, time: u64) -> NoteSignature {
        cosignature(seed, time, &self.latest.text)
    }

    #[track_caller]
    fn is(&self, exit: i32, codes: &[&str]) {
        self.is_under(&["--policy", "policy"], exit, codes);
    }

    #[track_caller]
    fn is_under(&self, flags: &[&str], exit: i32, codes: &[&str]) {
        let said = judged(&self.world, flags);
        assert_eq!((said.code, found(&said)), (exit, codes.iter().map(|c| (*c).to_owned()).collect()), "{said:?}");
    }

    /// When a record was recorded, in seconds, rounded down.
    fn recorded(&self, seq: u64) -> u64 {
        let log = fs::read_to_string(self.world.at("ledger/log/000000000000.jsonl")).unwrap();
        let record: Value = serde_json::from_str(log.lines().nth(usize::try_from(seq).unwrap()).unwrap()).unwrap();
        let time: answerable_schemas::Instant = record["recorded"].as_str().unwrap().parse().unwrap();
        u64::try_from(time.millis()).unwrap() / 1000
    }

    fn log_secret(&self) -> SigningKey {
        let keys = files_below(&self.world.at("keys"));
        let pem = keys.iter().find(|name| name.starts_with("log~") && name.ends_with(".pem")).expect("a log key");
        SigningKey::from_pkcs8_pem(&String::from_utf8(self.world.read(&format!("keys/{pem}"))).unwrap()).unwrap()
    }
}

fn note(world: &World, file: &str) -> Note {
    Note::parse(&world.read(file)).unwrap()
}

/// The verdict on `export` as JSON; both programs must find the same. (Not word for word: each reads the clock.)
#[track_caller]
fn judged(world: &World, flags: &[&str]) -> Output {
    let args = [&["export", "--format", "json"], flags].concat();
    let ours = world.run(&[&["verify"], &args[..]].concat());
    let theirs = finish(world.program("answerable-verify").args(&args));
    assert_eq!((ours.code, found(&ours)), (theirs.code, found(&theirs)), "{ours:?}\n{theirs:?}");
    ours
}

/// The codes of all faults, and of what was asked for and is not proved; of a refused call its own.
fn found(said: &Output) -> Vec<String> {
    if said.stdout.is_empty() {
        return vec![said.error_code().to_owned()];
    }
    let report = said.json();
    let codes = ["faults", "unverifiable"].map(|list| report[list].as_array().unwrap().clone());
    codes.concat().iter().map(|fault| fault["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_witness_that_signs_twice_counts_once() {
    let world = World::small();
    let mut policy = format!("log {}\n", world.pins().log_key);
    for name in ["a", "b"] {
        policy += &format!("witness {name} {}\n", make(&world, name));
    }
    world.write("policy", policy + "group both all a b\nquorum both\n");
    let a = serve(&world, "a");
    for _ in 0..2 {
        let said = served::cosign(&world, "policy", &[("a", &a)]).expect(3);
        assert!(said.stdout.contains("the quorum both is NOT met"), "{said:?}");
        std::thread::sleep(Duration::from_millis(1100));
    }
    world.ok(&["export", "export"]);
    let twice = note(&world, "export/checkpoint");
    assert_eq!(twice.signatures.iter().filter(|line| line.name == "w.example/a").count(), 2);
    let said = judged(&world, &["--policy", "policy"]).expect(3);
    assert_eq!(found(&said), ["witness.quorum_not_met"]);
    assert_eq!(said.json()["witnessed"]["missing"], serde_json::json!(["b"]));

    // As an attacker would help it.
    let case = Case::new();
    let line = case.by(1, now());
    case.show(&[line.clone(), line.clone()]);
    case.is(3, &["witness.quorum_not_met"]);
    case.show(&[line.clone(), case.by(1, now() - 1), case.by(1, now() - 2)]);
    case.is(3, &["witness.quorum_not_met"]);
    // Under the other's name it is a line of nobody's; with the other's id it claims to be of that key, and is not.
    let renamed = NoteSignature { name: witness(2).name().to_owned(), ..line.clone() };
    case.show(&[line.clone(), renamed.clone()]);
    case.is(3, &["witness.quorum_not_met"]);
    case.show(&[line.clone(), NoteSignature { key_id: witness(2).key_id(), ..renamed }]);
    case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    // Nor do a line in the checkpoint and another beside it, in checkpoints/, make two.
    case.show(&[line]);
    let mut beside = case.latest.clone();
    beside.signatures.push(case.by(1, now() - 1));
    let kept = format!("export/checkpoints/{:012}", case.world.size());
    case.world.write(&kept, beside.format().unwrap());
    case.is(3, &["witness.quorum_not_met"]);
    beside.signatures.push(case.by(2, now()));
    case.world.write(&kept, beside.format().unwrap());
    case.is(0, &[]);
}

#[test]
fn a_policy_takes_no_key_under_two_names() {
    let case = Case::new();
    case.show_also(&[]);
    case.is(0, &[]);
    let log = case.world.pins().log_key;
    let twin = WitnessKey::new("w.example/twin", public(&secret(1))).unwrap();
    for other in [&twin, &witness(1)] {
        let text = format!("log {log}\nwitness a {}\nwitness b {other}\ngroup g all a b\nquorum g\n", witness(1));
        case.world.write("policy", text);
        case.is(2, &["policy.malformed"]);
        for command in [&["cosign"][..], &["monitor", "memory", "export"]] {
            let refused = case.world.run(&[command, &["--policy", "policy"]].concat()).expect(2);
            assert_eq!(refused.error_code(), "policy.malformed");
            assert!(refused.stderr.contains("line 3") && refused.stderr.contains("same public key"), "{refused:?}");
        }
    }
    // Nor does one witness count twice in a group, or through two groups.
    let head = format!("log {log}\nwitness a {}\nwitness b {}\n", witness(1), witness(2));
    for groups in ["group g 2 a a\nquorum g\n", "group x any a\ngroup y any a b\ngroup g all x y\nquorum g\n"] {
        case.world.write("policy", format!("{head}{groups}"));
        case.is(2, &["policy.malformed"]);
    }
}

#[test]
fn a_log_does_not_pass_for_a_witness() {
    let case = Case::new();
    let log_key: VerifierKey = case.world.pins().log_key.parse().unwrap();
    let log = case.log_secret();
    let by_a = case.by(1, now());
    // The witness's own signature, as a log signs: of the log's type by its id, then under the id of its cosignatures.
    let plain = secret(2).sign(case.latest.text.as_bytes()).to_bytes();
    let as_log = signature_line(&VerifierKey::new(witness(2).name(), public(&secret(2))).unwrap(), &plain);
    case.show(&[by_a.clone(), as_log.clone()]);
    case.is(3, &["witness.quorum_not_met"]);
    case.show(&[by_a.clone(), NoteSignature { key_id: witness(2).key_id(), ..as_log.clone() }]);
    case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    // The same bytes with a time before them, which is not what was signed.
    case.show(&[by_a.clone(), witness(2).line(now(), &plain)]);
    case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    // A good cosignature whose id is of the log's signature type.
    let of_log_type = compute_key_id(witness(2).name(), ALG_ED25519, public(&secret(2)).as_bytes());
    case.show(&[by_a.clone(), NoteSignature { key_id: of_log_type, ..case.by(2, now()) }]);
    case.is(3, &["witness.quorum_not_met"]);
    // The log's own signature in the witness's name.
    let own = case.latest.signatures[0].clone();
    let named = NoteSignature { name: witness(2).name().to_owned(), ..own.clone() };
    case.show(&[by_a.clone(), named.clone()]);
    case.is(3, &["witness.quorum_not_met"]);
    case.show(&[by_a.clone(), NoteSignature { key_id: witness(2).key_id(), ..named }]);
    case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    // The log's key cosigns, well and truly: nobody asked it.
    let log_as_witness = WitnessKey::new(log_key.name(), public(&log)).unwrap();
    let time = now();
    let itself = log_as_witness.line(time, &log.sign(&signed_message(time, &case.latest.text)).to_bytes());
    case.show(&[by_a.clone(), itself.clone()]);
    case.is(3, &["witness.quorum_not_met"]);
    // A policy that names it as a witness, in either type, beside the log's line.
    let lines = |b: &str| format!("witness a {}\nwitness b {b}\ngroup g all a b\nquorum g\n", witness(1));
    for lie in [log_as_witness.to_string(), log_key.to_string()] {
        case.world.write("policy", format!("log {log_key}\n{}", lines(&lie)));
        case.is(2, &["policy.malformed"]);
    }
    // One that leaves the log's line out, as the log is pinned otherwise: the key, or the ledger that puts it in force.
    case.show(&[by_a, itself]);
    case.world.write("policy", lines(&log_as_witness.to_string()));
    let pins = case.world.pins();
    for pin in [["--log-key", &pins.log_key], ["--ledger-id", &pins.ledger_id]] {
        let flags = [&["--policy", "policy"], &pin[..]].concat();
        case.is_under(&flags, 3, &["witness.is_the_log", "witness.quorum_not_met"]);
    }
}

#[test]
fn a_witness_does_not_pass_for_the_log() {
    let case = Case::new();
    let log_key: VerifierKey = case.world.pins().log_key.parse().unwrap();
    let signed_by = |lines: &[NoteSignature]| {
        let note = Note { text: case.latest.text.clone(), signatures: lines.to_vec() };
        case.world.write("export/checkpoint", note.format().unwrap());
    };
    let good = [case.by(1, now()), case.by(2, now())];
    signed_by(&good);
    case.is(1, &["checkpoint.not_by_pinned_key"]);
    // With the log's name, and with its id too: with and without the time before the signature.
    let named = NoteSignature { name: log_key.name().to_owned(), ..good[0].clone() };
    signed_by(&[&good[..], std::slice::from_ref(&named)].concat());
    case.is(1, &["checkpoint.not_by_pinned_key"]);
    let claimed = NoteSignature { key_id: log_key.key_id(), ..named };
    let untimed = NoteSignature { signature: claimed.signature[8..].to_vec(), ..claimed.clone() };
    for lie in [claimed, untimed] {
        signed_by(&[&good[..], &[lie]].concat());
        case.is(1, &["checkpoint.bad_signature"]);
    }
    // A log's line with a key of a witness's type is none.
    let typed = compute_key_id("w.example/1", ALG_COSIGNATURE, public(&secret(1)).as_bytes());
    assert_eq!(witness(1).key_id(), typed);
    case.world.write("policy", format!("log {}\nquorum none\n", witness(1)));
    case.is(2, &["policy.malformed"]);
}

/// The ledger says five minutes and more after the witness that a record is new, or before it that it is old.
#[test]
fn records_and_witnesses_contradict_each_other() {
    let mut case = Case::new();
    let size = case.world.size();
    // The last record, recorded after a witness had seen it.
    let last = case.recorded(size - 1);
    case.show(&[case.by(1, last + 1 - FIVE_MINUTES), case.by(2, now())]);
    case.is(0, &[]);
    case.show(&[case.by(1, last - 1 - FIVE_MINUTES), case.by(2, now())]);
    let said = judged(&case.world, &["--policy", "policy"]);
    let faults = said.json()["faults"].clone();
    assert_eq!((said.code, found(&said)), (1, vec!["witness.recorded_after".to_owned()]));
    assert!(faults[0]["message"].as_str().unwrap().starts_with("checkpoint: a saw it on"), "{faults}");
    // Who does not ask that witness is not told.
    case.write_policy("other", "all", &[(2, "b")]);
    case.is_under(&["--policy", "other"], 0, &[]);

    // A record that was held back, or backdated: the witness saw the tree without it long after it says it was recorded.
    let before = case.latest.clone();
    case.world.says_something("held-back");
    fs::remove_dir_all(case.world.at("export")).unwrap();
    case.world.ok(&["export", "export"]);
    case.latest = note(&case.world, "ledger/checkpoint");
    case.show_also(&[]);
    let keep = |time: u64| {
        let mut kept = before.clone();
        kept.signatures.push(cosignature(1, time, &before.text));
        case.world.write(&format!("export/checkpoints/{size:012}"), kept.format().unwrap());
    };
    let next = case.recorded(size);
    keep(next + FIVE_MINUTES);
    case.is(0, &[]);
    keep(next + FIVE_MINUTES + 1);
    let said = judged(&case.world, &["--policy", "policy"]);
    let faults = said.json()["faults"].clone();
    assert_eq!((said.code, found(&said)), (1, vec!["witness.recorded_before".to_owned()]));
    assert_eq!(faults[0]["seq"], size, "{faults}");
    assert!(faults[0]["message"].as_str().unwrap().contains(&format!("a saw {size} records on")), "{faults}");
    // The operator cannot keep such an answer by mistake.
    let mut answer = before.clone();
    let late = cosignature(1, next + FIVE_MINUTES + 1, &before.text);
    answer.signatures.push(late.clone());
    case.world.write("request", format!("old 0\n\n{}", before.format().unwrap()));
    case.world.write("answer", format!("{late}\n"));
    let keep = ["cosign", "--policy", "policy", "--answer", "answer", "--answers-request", "request"];
    let refused = case.world.run(&keep);
    assert_ne!(refused.code, 0, "{refused:?}");
    assert!(!case.world.at(&format!("ledger/checkpoints/{size:012}")).exists());
}

#[test]
fn a_quorum_that_is_old_or_yet_to_come() {
    let case = Case::new();
    let two_minutes_ago = now() - 120;
    case.show(&[case.by(1, two_minutes_ago), case.by(2, now())]);
    case.is_under(&["--policy", "policy", "--max-age", "1m"], 3, &["witness.stale"]);
    case.is_under(&["--policy", "policy", "--max-age", "5m"], 0, &[]);
    // One that needs the newer of the two alone is not old.
    case.write_policy("any", "any", &[(1, "a"), (2, "b")]);
    case.is_under(&["--policy", "any", "--max-age", "1m"], 0, &[]);
    // The older one signs again: now both are new.
    case.show(&[case.by(1, two_minutes_ago), case.by(1, now()), case.by(2, now())]);
    case.is_under(&["--policy", "policy", "--max-age", "1m"], 0, &[]);
    // A time that is yet to come never goes stale: it is refused instead.
    case.show(&[case.by(1, now() + 86_400), case.by(2, now() + 86_400)]);
    case.is_under(&["--policy", "policy", "--max-age", "1m"], 3, &["witness.ahead", "witness.ahead"]);
    // No time at all.
    case.show(&[case.by(1, 0), case.by(2, now())]);
    case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    for flags in [&["--max-age", "1m"][..], &["--policy", "policy", "--max-age", "0d"]] {
        judged(&case.world, flags).expect(2);
    }
}

#[test]
fn an_operator_whose_policy_asks_for_less() {
    let world = World::small();
    let log = world.pins().log_key;
    let witnesses: String = ["a", "b"].map(|name| format!("witness {name} {}\n", make(&world, name))).concat();
    world.write("operators", format!("log {log}\n{witnesses}group g 1 a b\nquorum g\n"));
    world.write("auditors", format!("log {log}\n{witnesses}group g 2 a b\nquorum g\n"));
    let (a, b) = (serve(&world, "a"), serve(&world, "b"));
    let said = served::cosign(&world, "operators", &[("a", &a)]).expect(0);
    assert!(said.stdout.contains("the quorum g is met"), "{said:?}");
    world.ok(&["export", "export"]);
    // The operator's own policy comes along with the export, and counts for nothing.
    fs::copy(world.at("operators"), world.at("export/policy")).unwrap();
    judged(&world, &["--policy", "operators"]).expect(0);
    let refused = judged(&world, &["--policy", "auditors"]).expect(3);
    assert_eq!(found(&refused), ["witness.quorum_not_met"]);
    assert_eq!(refused.json()["witnessed"]["missing"], serde_json::json!(["b"]));
    // One that asks for nobody verifies, and says what that is worth.
    world.write("nobody", format!("log {log}\n{witnesses}quorum none\n"));
    let nobody = judged(&world, &["--policy", "nobody"]).expect(0);
    assert!(nobody.stdout.contains("the policy asks for none"), "{nobody:?}");
    served::cosign(&world, "auditors", &[("a", &a), ("b", &b)]).expect(0);
    fs::remove_dir_all(world.at("export")).unwrap();
    world.ok(&["export", "export"]);
    judged(&world, &["--policy", "auditors"]).expect(0);
}

#[test]
fn a_cosignature_of_something_else() {
    let mut case = Case::new();
    let old = case.by(2, now());
    case.show_also(&[]);
    case.is(0, &[]);
    case.world.says_something("next");
    fs::remove_dir_all(case.world.at("export")).unwrap();
    case.world.ok(&["export", "export"]);
    case.latest = note(&case.world, "ledger/checkpoint");
    let by_a = case.by(1, now());
    // What it signed before the last record.
    case.show(&[by_a.clone(), old.clone()]);
    case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    // The same size and origin, another root; the same tree, another log.
    let lines: Vec<&str> = case.latest.text.lines().collect();
    let other_root = format!("{}\n{}\n{}\n", lines[0], lines[1], old_root());
    let other_log = format!("other.example/log\n{}\n{}\n", lines[1], lines[2]);
    let longer = format!("{}extension\n", case.latest.text);
    for text in [other_root, other_log, longer, case.latest.text.trim_end().to_owned()] {
        case.show(&[by_a.clone(), cosignature(2, now(), &text)]);
        case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    }
    // One bit of the time, of the signature; a line that was cut, or goes on.
    let good = case.by(2, now());
    for (at, bit) in [(7, 1), (0, 0x80), (8, 1), (71, 1)] {
        let mut flipped = good.clone();
        flipped.signature[at] ^= bit;
        case.show(&[by_a.clone(), flipped]);
        case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    }
    for signature in [good.signature[..71].to_vec(), [&good.signature[..], &[0]].concat()] {
        case.show(&[by_a.clone(), NoteSignature { signature, ..good.clone() }]);
        case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    }
    // A good line beside a bad one of the same witness does not save it.
    case.show_also(&[old]);
    case.is(1, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    case.show_also(&[]);
    case.is(0, &[]);
}

fn old_root() -> &'static str {
    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
}
