//! Lies about an exported ledger: every byte, every record, every file; the auditor must see each of them.
//! Not here: damage to a ledger in use (`crash`).

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use answerable_tests::{ORIGIN, Pins, Tree, World, finish, read_tree, write_tree};
use answerable_verifier::audit::{self, audit};
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::{Frontier, leaf_hash};
use answerable_verifier::note::{Note, VerifierKey, signature_line};
use answerable_verifier::report::{Report, Verdict};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};

const LOG: &str = "log/000000000000.jsonl";

/// An export of a small ledger, in memory, with its pins.
struct Sample {
    files: Tree,
    pins: Pins,
    /// The log's own key, in the clear: for the lies of an operator.
    log_key_pem: String,
}

fn sample() -> &'static Sample {
    static MADE: OnceLock<Sample> = OnceLock::new();
    MADE.get_or_init(|| {
        let world = World::small();
        world.ok(&["export", "export"]);
        let keys = read_tree(&world.at("keys"));
        let (_, pem) = keys.iter().find(|(name, _)| name.starts_with("log~") && name.ends_with(".pem")).unwrap();
        let log_key_pem = String::from_utf8(pem.clone().unwrap()).unwrap();
        Sample { files: read_tree(&world.at("export")), pins: world.pins(), log_key_pem }
    })
}

fn bytes_of(files: &Tree, name: &str) -> Vec<u8> {
    files[name].clone().unwrap_or_else(|| panic!("{name} is a folder"))
}

/// The records of the sample, each with its LF.
fn records() -> Vec<Vec<u8>> {
    bytes_of(&sample().files, LOG).split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect()
}

fn pins() -> audit::Pins {
    let Pins { ledger_id, log_key } = &sample().pins;
    audit::Pins {
        ledger_id: Some(ledger_id.parse().unwrap()),
        log_keys: vec![VerifierKey::parse(log_key).unwrap()],
        ..Default::default()
    }
}

fn judge(folder: &Path, pins: &audit::Pins) -> Report {
    audit(folder, pins, &mut |_| {}).unwrap_or_else(|e| panic!("the audit could not read: {e}"))
}

fn codes(report: &Report) -> Vec<&str> {
    report.faults.iter().map(|f| f.code.as_str()).collect()
}

/// An export that lies, and the verdict on it with pins and without: false both times, for the reason expected.
#[track_caller]
fn must_be_false(what: &str, files: &Tree, expected: &str) {
    let world = World::empty();
    write_tree(files, &world.at("lie"));
    for pins in [pins(), audit::Pins::default()] {
        let report = judge(&world.at("lie"), &pins);
        assert_eq!(report.verdict, Verdict::False, "{what}: {report:?}");
        assert!(codes(&report).contains(&expected), "{what}: {:?}, not {expected}", codes(&report));
        assert!(report.to_text().starts_with("FALSE: "), "{what}: {}", report.to_text());
    }
}

fn with_log(lines: &[Vec<u8>]) -> Tree {
    let mut files = sample().files.clone();
    files.insert(LOG.into(), Some(lines.concat()));
    files
}

/// Complaints about other ledgers: "the audit says fine when the payload was edited". So edit each byte of the log,
/// in its lowest bit and in its highest, and each byte of the checkpoint.
#[test]
fn every_flipped_byte_is_false() {
    for (name, masks) in [(LOG, &[1u8, 0x80][..]), ("checkpoint", &[1, 0x20, 0x80])] {
        let good = bytes_of(&sample().files, name);
        let flips: Vec<(usize, u8)> = (0..good.len()).flat_map(|at| masks.iter().map(move |m| (at, *m))).collect();
        let next = AtomicUsize::new(0);
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    let world = World::empty();
                    write_tree(&sample().files, &world.at("lie"));
                    let path = world.at("lie").join(name);
                    let (pinned, unpinned) = (pins(), audit::Pins::default());
                    while let Some((at, mask)) = flips.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let mut bytes = good.clone();
                        bytes[*at] ^= mask;
                        fs::write(&path, &bytes).unwrap();
                        // The damage is seen without a pin as well; a pin changes only who may have made the rest.
                        for pins in [Some(&pinned), (*mask == 1).then_some(&unpinned)].into_iter().flatten() {
                            let report = judge(&world.at("lie"), pins);
                            let found = (report.verdict, report.faults.is_empty(), report.faults_total == 0);
                            assert_eq!(found, (Verdict::False, false, false), "{name} byte {at} ^ {mask}: {report:?}");
                        }
                    }
                });
            }
        });
    }
}

#[test]
fn a_deleted_record_is_false() {
    let records = records();
    for i in 0..records.len() {
        let mut lines = records.clone();
        lines.remove(i);
        let expected = if i + 1 == records.len() { "tree.truncated" } else { "chain.wrong_seq" };
        must_be_false(&format!("record {i} deleted"), &with_log(&lines), expected);
        // Without record 0 there is no origin to open the checkpoint with.
        if i > 0 {
            must_be_false(&format!("record {i} deleted"), &with_log(&lines), "tree.truncated");
        }
    }
}

#[test]
fn swapped_records_are_false() {
    let records = records();
    for i in 1..records.len() {
        let mut lines = records.clone();
        lines.swap(i - 1, i);
        must_be_false(&format!("records {} and {i} swapped", i - 1), &with_log(&lines), "chain.wrong_seq");
        must_be_false(&format!("records {} and {i} swapped", i - 1), &with_log(&lines), "tree.root_mismatch");
    }
}

#[test]
fn a_doubled_record_is_false() {
    let records = records();
    for i in 0..records.len() {
        let mut lines = records.clone();
        lines.insert(i, records[i].clone());
        must_be_false(&format!("record {i} doubled"), &with_log(&lines), "chain.wrong_seq");
        must_be_false(&format!("record {i} doubled"), &with_log(&lines), "tree.uncovered");
    }
}

#[test]
fn a_cut_log_is_false() {
    let records = records();
    for size in 0..records.len() {
        let what = format!("cut to {size} records");
        let expected = if size == 0 { "tree.empty" } else { "tree.truncated" };
        must_be_false(&what, &with_log(&records[..size]), expected);
        // In the middle of the next line.
        let mut lines = records[..=size].to_vec();
        let half = lines[size].len() / 2;
        lines[size].truncate(half);
        must_be_false(&format!("{what} and a half"), &with_log(&lines), "record.torn");
    }
}

/// Editors and mail programs change line ends and marks without being asked.
#[test]
fn other_line_ends_are_false() {
    let records = records();
    let log = records.concat();
    let replaced = |bytes: Vec<u8>| {
        let mut files = sample().files.clone();
        files.insert(LOG.into(), Some(bytes));
        files
    };
    let crlf = String::from_utf8(log.clone()).unwrap().replace('\n', "\r\n").into_bytes();
    must_be_false("CRLF", &replaced(crlf), "record.not_canonical");
    must_be_false("a BOM", &replaced([b"\xef\xbb\xbf", log.as_slice()].concat()), "record.not_json");
    must_be_false("no last LF", &replaced(log[..log.len() - 1].to_vec()), "record.torn");
    for i in 0..=records.len() {
        let mut lines = records.clone();
        lines.insert(i, b"\n".to_vec());
        must_be_false(&format!("a blank line before record {i}"), &with_log(&lines), "record.not_json");
    }
    let spaced = String::from_utf8(log.clone()).unwrap().replacen("{\"event\":", "{ \"event\":", 1).into_bytes();
    must_be_false("white space", &replaced(spaced), "record.not_canonical");
    let long = vec![b' '; 70_000];
    must_be_false("a line longer than a record", &replaced([&log[..], &long, b"\n"].concat()), "record.too_long");
    must_be_false("no LF ever again", &replaced([&log[..], &long].concat()), "record.too_long");
}

#[test]
fn surplus_and_missing_files_are_false() {
    let changed = |change: &dyn Fn(&mut Tree)| {
        let mut files = sample().files.clone();
        change(&mut files);
        files
    };
    let file = |bytes: &[u8]| Some(bytes.to_vec());
    let extra = |name: &str, bytes: &[u8]| changed(&|files| _ = files.insert(name.into(), file(bytes)));
    must_be_false("a surplus file", &extra("log/notes.txt", b"hello"), "export.layout");
    must_be_false("a hidden file", &extra("log/.000000000000.jsonl.swp", b"x"), "export.layout");
    must_be_false("a second segment", &extra("log/000000065536.jsonl", b"{}\n"), "export.layout");
    must_be_false("an empty second segment", &extra("log/000000065536.jsonl", b""), "export.layout");
    must_be_false("a folder in log/", &changed(&|files| _ = files.insert("log/more".into(), None)), "export.layout");
    must_be_false("no checkpoint", &changed(&|files| _ = files.remove("checkpoint")), "checkpoint.missing");
    must_be_false("an empty checkpoint", &extra("checkpoint", b""), "checkpoint.malformed");
    must_be_false("an empty log", &extra(LOG, b""), "tree.empty");
    must_be_false("no segment", &changed(&|files| _ = files.remove(LOG)), "tree.empty");
    let renamed = changed(&|files| {
        let log = files.remove(LOG).unwrap();
        files.insert("log/000000000001.jsonl".into(), log);
    });
    must_be_false("a misnamed segment", &renamed, "export.layout");
}

/// A link lets an export change after it was checked, or read what its sender may not.
#[test]
fn links_are_refused() {
    for (name, expected) in [(LOG, "export.layout"), ("checkpoint", "checkpoint.missing")] {
        let world = World::empty();
        write_tree(&sample().files, &world.at("lie"));
        fs::rename(world.at("lie").join(name), world.at("elsewhere")).unwrap();
        std::os::unix::fs::symlink(world.at("elsewhere"), world.at("lie").join(name)).unwrap();
        let report = judge(&world.at("lie"), &pins());
        assert_eq!(report.verdict, Verdict::False, "{name}: {report:?}");
        assert!(codes(&report).contains(&expected), "{name}: {:?}", codes(&report));
    }
}

/// The two programs are one verifier: the same words and the same exit code, whatever is judged.
#[test]
fn both_programs_say_the_same() {
    let world = World::empty();
    write_tree(&sample().files, &world.at("export"));
    let mut altered = records();
    let last = altered.len() - 1;
    altered.remove(last);
    write_tree(&with_log(&altered), &world.at("cut"));
    let Pins { ledger_id, log_key } = &sample().pins;
    let other_id = "0".repeat(64);
    let stranger = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let stranger = PublicKey::enrollable(stranger.as_bytes()).unwrap();
    let other_key = VerifierKey::new(ORIGIN, stranger).unwrap().to_string();
    let cases: [(&str, Vec<&str>, i32, &str); 9] = [
        ("export", vec![], 3, ""),
        ("export", vec!["--ledger-id", ledger_id], 0, ""),
        ("export", vec!["--log-key", log_key], 0, ""),
        ("export", vec!["--ledger-id", ledger_id, "--log-key", log_key], 0, ""),
        ("export", vec!["--ledger-id", &other_id], 1, "pin.wrong_ledger"),
        ("export", vec!["--log-key", &other_key], 1, "checkpoint.not_by_pinned_key"),
        ("export", vec!["--ledger-id", ledger_id, "--log-key", &other_key], 1, "checkpoint.not_by_pinned_key"),
        ("cut", vec![], 1, "tree.truncated"),
        ("cut", vec!["--ledger-id", ledger_id, "--log-key", log_key], 1, "tree.truncated"),
    ];
    for (folder, pins, code, fault) in cases {
        let of_the_ledger = world.run(&[&["verify", folder], &pins[..]].concat()).expect(code);
        let alone = finish(world.program("answerable-verify").arg(folder).args(&pins)).expect(code);
        assert_eq!(of_the_ledger.stdout, alone.stdout, "{pins:?}");
        assert_eq!((of_the_ledger.stderr.as_str(), alone.stderr.as_str()), ("", ""), "{pins:?}");
        assert!(alone.stdout.contains(fault), "{}", alone.stdout);
        let first = ["VERIFIED: ", "FALSE: ", "", "UNVERIFIABLE: "][code as usize];
        assert!(alone.stdout.starts_with(first), "{}", alone.stdout);
        let json = finish(world.program("answerable-verify").arg(folder).args(&pins).args(["--format", "json"]));
        assert_eq!(json.expect(code).json()["schema"], "answerable.verify/v1");
    }
}

/// What lies beside the log is evidence too: altered it is false, absent it is said to be absent.
#[test]
fn an_altered_attachment_is_false_and_an_absent_one_is_listed() {
    let name = sample().files.keys().find(|n| n.starts_with("attachments/")).expect("the rules bundle").clone();
    let mut files = sample().files.clone();
    let mut bytes = bytes_of(&files, &name);
    bytes[100] ^= 1;
    files.insert(name.clone(), Some(bytes));
    must_be_false("the rules altered", &files, "attachment.altered");
    files.insert(name.clone(), Some(Vec::new()));
    must_be_false("the rules emptied", &files, "attachment.altered");
    files.remove(&name);
    let world = World::empty();
    write_tree(&files, &world.at("export"));
    let report = judge(&world.at("export"), &pins());
    assert_eq!(report.verdict, Verdict::Verified, "{report:?}");
    assert!(report.not_checked.iter().any(|n| n.contains("1 attachments that are not in this export")), "{report:?}");
    let whole = World::empty();
    write_tree(&sample().files, &whole.at("export"));
    assert!(!judge(&whole.at("export"), &pins()).not_checked.iter().any(|n| n.contains("attachments")));
}

/// An operator with the log's own key rewrites history: lines chained anew, checkpoint signed anew. What it cannot
/// make anew are the signatures of the authors, and what each author had seen.
#[test]
fn the_operator_cannot_rewrite_what_others_signed() {
    let records = records();
    let reseal = |lines: &[Vec<u8>]| {
        let (mut prev, mut frontier, mut out) = (Hash::ZERO, Frontier::new(), Vec::new());
        for (seq, line) in lines.iter().enumerate() {
            let text = String::from_utf8(line.clone()).unwrap();
            let text = text.trim_end();
            let (event, rest) = text.split_once(",\"prev\":\"").unwrap();
            let (_, rest) = rest.split_once("\",\"recorded\":\"").unwrap();
            let (recorded, rest) = rest.split_once("\",\"seq\":").unwrap();
            let (_, signatures) = rest.split_once(',').unwrap();
            let line = format!("{event},\"prev\":\"{prev}\",\"recorded\":\"{recorded}\",\"seq\":{seq},{signatures}");
            prev = leaf_hash(line.as_bytes());
            frontier.push(prev);
            out.push(line.into_bytes());
            out.push(b"\n".to_vec());
        }
        let key = VerifierKey::parse(&sample().pins.log_key).unwrap();
        let secret = SigningKey::from_pkcs8_pem(&sample().log_key_pem).unwrap();
        let checkpoint =
            Checkpoint { origin: key.name().to_owned(), size: frontier.size(), root: frontier.root() }.to_text();
        let signature = signature_line(&key, &secret.sign(checkpoint.as_bytes()).to_bytes());
        let note = Note { text: checkpoint, signatures: vec![signature] }.format().unwrap();
        let mut files = with_log(&out);
        files.insert("checkpoint".into(), Some(note.into_bytes()));
        files
    };
    let world = World::empty();
    write_tree(&reseal(&records), &world.at("same"));
    let same = judge(&world.at("same"), &pins());
    assert_eq!(same.verdict, Verdict::Verified, "resealing what is unchanged must change nothing: {same:?}");

    let edited = |i: usize, from: &str, to: &str| {
        let mut lines = records.clone();
        let text = String::from_utf8(lines[i].clone()).unwrap();
        assert!(text.contains(from), "record {i} has no {from}");
        lines[i] = text.replacen(from, to, 1).into_bytes();
        lines
    };
    let rwanda = records.iter().position(|r| String::from_utf8_lossy(r).contains("\"1975-04-16\"")).unwrap();
    must_be_false("the operator edits a date", &reseal(&edited(rwanda, "1975-04-16", "1976-04-16")), "signature.bad");
    // The last record's author had seen the tree as it was; only what came in with its own batch was seen by nobody.
    let last = String::from_utf8(records[records.len() - 1].clone()).unwrap();
    let seen: usize = last.split("\"size\":").nth(1).and_then(|t| t.split('}').next()).unwrap().parse().unwrap();
    assert!((3..records.len()).contains(&seen));
    let mut contradicted = 0;
    for i in 1..seen {
        let mut lines = records.clone();
        lines.remove(i);
        let world = World::empty();
        write_tree(&reseal(&lines), &world.at("lie"));
        let report = judge(&world.at("lie"), &pins());
        assert_eq!(report.verdict, Verdict::False, "the operator dropped record {i}: {report:?}");
        contradicted += usize::from(codes(&report).iter().any(|c| c.starts_with("event.seen_")));
    }
    assert!(contradicted > 0, "no author's `seen` told of a dropped record");
}
