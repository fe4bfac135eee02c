//! An export judged under a trust policy: cosignatures that are enough, and every way in which they are not; what their
//! times bound; and the checkpoints that an export keeps.
//! Not here: the policy's file and single cosignatures (unit tests), witnesses that run (`answerable-tests`).

mod kit;

use answerable_schemas::Instant;
use answerable_verifier::audit::Pins;
use answerable_verifier::cosignature::{WitnessKey, signed_message};
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::note::{Note, VerifierKey, signature_line};
use answerable_verifier::policy::Policy;
use answerable_verifier::report::{Report, Verdict};
use answerable_verifier::witnessed::{Demand, MaxAge};
use ed25519_dalek::{Signer, SigningKey};
use kit::{FOUNDER, Kit, checkpoint_of};
use serde_json::json;

const DAY: i64 = 86_400_000;

fn secret(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(secret: &SigningKey) -> PublicKey {
    PublicKey::enrollable(secret.verifying_key().as_bytes()).unwrap()
}

fn witness(seed: u8) -> WitnessKey {
    WitnessKey::new(&format!("w.example/{seed}"), public(&secret(seed))).unwrap()
}

/// Adds cosignatures, each by a seed and at a time in seconds, to a signed note.
fn cosigned(note: &str, by: &[(u8, u64)]) -> String {
    let mut note = Note::parse(note.as_bytes()).unwrap();
    for (seed, time) in by {
        let signature = secret(*seed).sign(&signed_message(*time, &note.text)).to_bytes();
        note.signatures.push(witness(*seed).line(*time, &signature));
    }
    note.format().unwrap()
}

/// A ledger of 8 records, one second apart; its export, and an auditor.
struct Case {
    kit: Kit,
    latest: String,
    kept: Vec<(String, String)>,
    policy: String,
    now: i64,
    max_age: Option<MaxAge>,
    pinned: bool,
}

impl Case {
    fn new() -> Self {
        let mut kit = Kit::founded();
        kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": "registrar"}));
        for i in 0..6 {
            kit.register(&format!("org:x{i}"), "2000-01-01", "other");
        }
        let latest = checkpoint_of(&kit.lines, &[&kit.log[0]]);
        let mut policy = format!("log {}\n", kit.vkey());
        (1..=3).for_each(|seed| policy += &format!("witness w{seed} {}\n", witness(seed)));
        policy += "group two 2 w1 w2 w3\nquorum two\n";
        let now = recorded(&kit, 7) + DAY;
        Self { kit, latest, kept: Vec::new(), policy, now, max_age: None, pinned: true }
    }

    /// When a record was recorded, in whole seconds.
    fn at(&self, seq: usize) -> u64 {
        recorded(&self.kit, seq) as u64 / 1000
    }

    /// The signed note of the first `size` records, as the log signed it then.
    fn checkpoint(&self, size: usize) -> String {
        checkpoint_of(&self.kit.lines[..size], &[&self.kit.log[0]])
    }

    fn keep(&mut self, size: usize, note: String) {
        self.kept.push((format!("{size:012}"), note));
    }

    fn report(&self) -> Report {
        let folder = tempfile::tempdir().unwrap();
        self.kit.export(folder.path(), &self.kit.lines);
        std::fs::write(folder.path().join("checkpoint"), &self.latest).unwrap();
        for (name, note) in &self.kept {
            std::fs::write(folder.path().join("checkpoints").join(name), note).unwrap();
        }
        let mut pins = Pins::default();
        if self.pinned {
            let policy = Policy::parse(self.policy.as_bytes()).unwrap();
            let now = Instant::from_millis(self.now).unwrap();
            pins.ask_witnesses(Demand { policy, now, max_age: self.max_age });
        } else {
            pins.log_keys.push(self.kit.vkey());
        }
        answerable_verifier::audit::audit(folder.path(), &pins, &mut |_| {}).unwrap()
    }

    #[track_caller]
    fn is(&self, verdict: Verdict, codes: &[&str]) -> Report {
        let report = self.report();
        let found: Vec<&str> = report.faults.iter().chain(&report.unverifiable).map(|f| f.code.as_str()).collect();
        assert_eq!((report.verdict, found.as_slice()), (verdict, codes), "{}", report.to_text());
        report
    }
}

fn recorded(kit: &Kit, seq: usize) -> i64 {
    let line: serde_json::Value = serde_json::from_slice(&kit.lines[seq]).unwrap();
    line["recorded"].as_str().unwrap().parse::<Instant>().unwrap().millis()
}

#[test]
fn a_quorum_is_met_and_named() {
    let mut case = Case::new();
    let (earlier, later) = (case.at(7) + 10, case.at(7) + 60);
    case.latest = cosigned(&case.latest, &[(1, earlier), (3, later)]);
    let report = case.is(Verdict::Verified, &[]);
    let witnessed = report.witnessed.as_ref().unwrap();
    let shown = Instant::from_millis(earlier as i64 * 1000).unwrap().to_string();
    assert!(witnessed.met);
    assert_eq!((witnessed.met_at.as_deref(), witnessed.missing.as_slice()), (Some(&*shown), &["w2".to_owned()][..]));
    let text = report.to_text();
    for said in [&format!("quorum two met, as of {shown}"), "by w1 (w.example/1+", "not by w2", "conspire"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    assert!(!text.contains("no cosignatures were asked for"));
    // The policy's log line is the pin, and without a policy nothing of all this is said.
    case.pinned = false;
    let plain = case.is(Verdict::Verified, &[]);
    assert!(plain.witnessed.is_none() && plain.to_text().contains("no cosignatures were asked for"));
}

#[test]
fn too_few_are_not_enough() {
    let t = Case::new().at(7) + 10;
    for by in [&[][..], &[(1, t)], &[(1, t), (1, t)], &[(1, t), (1, t + 1)], &[(1, t), (9, t)]] {
        let mut case = Case::new();
        case.latest = cosigned(&case.latest, by);
        let report = case.is(Verdict::Unverifiable, &["witness.quorum_not_met"]);
        let who = if by.is_empty() { "nobody, missing w1, w2, w3" } else { "w1, missing w2, w3" };
        assert!(report.summary.contains(who), "{}", report.summary);
        assert!(report.to_text().contains("so they vouch for nothing"));
    }
    let mut none = Case::new();
    none.policy = format!("log {}\nquorum none\n", none.kit.vkey());
    assert!(none.is(Verdict::Verified, &[]).to_text().contains("the policy asks for none"));
    none.max_age = Some(MaxAge(DAY));
    none.is(Verdict::Unverifiable, &["witness.stale"]);
}

#[test]
fn a_log_and_a_witness_do_not_stand_in_for_each_other() {
    let mut case = Case::new();
    let t = case.at(7) + 10;
    let text = Note::parse(case.latest.as_bytes()).unwrap().text;
    // The witness's key pair as a log's key, and the log's signature under the witness's id.
    let as_log = VerifierKey::new("w.example/2", public(&secret(2))).unwrap();
    let mut note = Note::parse(cosigned(&case.latest, &[(1, t)]).as_bytes()).unwrap();
    let plain = secret(2).sign(text.as_bytes()).to_bytes();
    note.signatures.push(signature_line(&as_log, &plain));
    case.latest = note.format().unwrap();
    case.is(Verdict::Unverifiable, &["witness.quorum_not_met"]);
    note.signatures.last_mut().unwrap().key_id = witness(2).key_id();
    case.latest = note.format().unwrap();
    case.is(Verdict::False, &["witness.bad_cosignature", "witness.quorum_not_met"]);
    // Only cosignatures, and no signature of the log.
    let mut note = Note::parse(cosigned(&text_signed_by_nobody(&case), &[(1, t), (2, t)]).as_bytes()).unwrap();
    note.signatures.remove(0);
    case.latest = note.format().unwrap();
    let report = case.report();
    assert_eq!((report.verdict, report.faults[0].code.as_str()), (Verdict::False, "checkpoint.not_by_pinned_key"));
}

fn text_signed_by_nobody(case: &Case) -> String {
    case.checkpoint(case.kit.lines.len())
}

#[test]
fn records_must_keep_to_the_witnesses_times() {
    let five = 300;
    // Seen five minutes before the last record, to the second, is borne; a second earlier is not.
    let mut case = Case::new();
    let (first, last) = (case.at(0), case.at(7));
    let good = case.latest.clone();
    case.latest = cosigned(&good, &[(1, last - five), (2, last + 1)]);
    case.is(Verdict::Verified, &[]);
    case.latest = cosigned(&good, &[(1, last - five - 1), (2, last + 1)]);
    let report = case.is(Verdict::False, &["witness.recorded_after"]);
    assert_eq!(report.faults[0].seq, Some(7));
    case.latest = cosigned(&good, &[(1, first - five - 1), (2, last + 1)]);
    assert_eq!(case.is(Verdict::False, &["witness.recorded_after"]).faults[0].seq, Some(0));
    // A kept checkpoint of 4 records: the fifth is not older than it.
    let mut case = Case::new();
    case.latest = cosigned(&good, &[(1, last + 1), (2, last + 1)]);
    let next = case.at(4);
    case.keep(4, cosigned(&case.checkpoint(4), &[(3, next + five)]));
    case.is(Verdict::Verified, &[]);
    case.kept.clear();
    case.keep(4, cosigned(&case.checkpoint(4), &[(3, next + five + 1)]));
    let report = case.is(Verdict::False, &["witness.recorded_before"]);
    assert_eq!(report.faults[0].seq, Some(4));
    assert!(report.faults[0].message.contains("checkpoints/000000000004: w3 saw 4 records"));
    case.kept.clear();
    case.keep(4, cosigned(&case.checkpoint(4), &[(3, case.at(3) - five - 1)]));
    assert_eq!(case.is(Verdict::False, &["witness.recorded_after"]).faults[0].seq, Some(3));
    // Whom the policy does not name bounds nothing, and no policy, no bounds.
    case.kept.clear();
    case.keep(4, cosigned(&case.checkpoint(4), &[(9, next + 10 * five)]));
    case.is(Verdict::Verified, &[]);
    case.kept.clear();
    case.keep(4, cosigned(&case.checkpoint(4), &[(3, next + 10 * five)]));
    case.pinned = false;
    case.is(Verdict::Verified, &[]);
}

#[test]
fn a_quorum_goes_stale() {
    let mut case = Case::new();
    let t = case.at(7) + 10;
    case.latest = cosigned(&case.latest, &[(1, t), (2, t + 3600), (3, t + 7200)]);
    case.max_age = Some("12h".parse().unwrap());
    // Two of three: as old as the second newest.
    case.now = (t as i64 + 3600) * 1000 + DAY / 2;
    case.is(Verdict::Verified, &[]);
    case.now += 1;
    case.is(Verdict::Unverifiable, &["witness.stale"]);
    case.max_age = None;
    case.is(Verdict::Verified, &[]);
    case.now = (t as i64 + 7200 - 300) * 1000;
    case.is(Verdict::Verified, &[]);
    case.now -= 1;
    case.is(Verdict::Unverifiable, &["witness.ahead"]);
}

#[test]
fn cosignatures_beside_count_for_the_latest_too() {
    let mut case = Case::new();
    let t = case.at(7) + 10;
    case.keep(8, cosigned(&case.checkpoint(8), &[(2, t)]));
    case.is(Verdict::Unverifiable, &["witness.quorum_not_met"]);
    case.latest = cosigned(&case.latest, &[(1, t)]);
    case.is(Verdict::Verified, &[]);
}

#[test]
fn what_is_kept_must_be_of_these_records() {
    for pinned in [true, false] {
        let mut case = Case::new();
        case.pinned = pinned;
        let t = case.at(7) + 10;
        case.latest = cosigned(&case.latest, &[(1, t), (2, t)]);
        let good = case.checkpoint(4);
        case.keep(4, good.clone());
        case.is(Verdict::Verified, &[]);
        let mut check = |name: &str, note: String, code: &str| {
            case.kept = vec![(name.to_owned(), note)];
            let report = case.is(Verdict::False, &[code]);
            assert!(report.faults[0].message.contains(&format!("checkpoints/{name}")), "{:?}", report.faults);
            report
        };
        let mut other = case_lines(&Case::new().kit, 4);
        other[3].push(b' ');
        let key = secret(200);
        let forked = checkpoint_of(&other, &[&key]);
        let report = check("000000000004", forked.clone(), "tree.forked");
        assert_eq!((report.forks.len(), &report.forks[0].kept), (1, &forked));
        let longer: Vec<Vec<u8>> = [case_lines(&Case::new().kit, 8), vec![b"more".to_vec()]].concat();
        check("000000000009", checkpoint_of(&longer, &[&key]), "tree.rolled_back");
        check("000000000005", good.clone(), "checkpoint.malformed");
        check("000000000004", "x".into(), "checkpoint.malformed");
        check("000000000004", checkpoint_of(&case_lines(&Case::new().kit, 4), &[&secret(7)]), "checkpoint.unknown_key");
        // Other names are none of the layout's.
        case.kept = vec![("4".into(), forked)];
        case.is(Verdict::Verified, &[]);
    }
}

fn case_lines(kit: &Kit, size: usize) -> Vec<Vec<u8>> {
    kit.lines[..size].to_vec()
}
