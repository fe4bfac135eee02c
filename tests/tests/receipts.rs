//! Receipts end to end: an author's proof that its record is in, judged far from the ledger and long after.
//! Not here: each lie about a proof file (the verifier's own tests).

use std::fs;
use std::path::Path;
use std::sync::OnceLock;

use answerable_tests::{ACTOR, KEY, ORIGIN, Output, Tree, World, finish, read_tree, write_tree};
use answerable_verifier::audit::Pins;
use answerable_verifier::pin::{self, PinCard};
use answerable_verifier::proof::{TlogProof, judge};
use answerable_verifier::report::Verdict;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use sha2::{Digest, Sha256};

const PROOF: &str = "act.tlog-proof";
const RECORD: &str = "act.record.json";

/// A ledger whose founder has the roles of a bare one, and the pin card that `init` printed in `card.json`.
fn with_card() -> World {
    static MADE: OnceLock<Tree> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let world = World::empty();
        world.ok(&["key", "new", KEY, "--no-passphrase"]);
        let founder = format!("{KEY}=Test Secretariat");
        let init = ["init", "ledger", "--origin", ORIGIN, "--title", "Tests", "--founder", &founder];
        let card = world.ok(&[&init[..], &["--no-passphrase", "--yes", "--format", "json"]].concat());
        world.write("card.json", card);
        for role in ["role=registrar", "role=transcriber"] {
            world.act(&["role.granted", "--set", &format!("actor={ACTOR}"), "--set", role]);
        }
        read_tree(world.path())
    });
    let world = World::empty();
    write_tree(made, world.path());
    world
}

/// Drafts and signs the registration of an actor; answers the event's bytes.
fn registration(world: &World, id: &str) -> Vec<u8> {
    let (actor, name) = (format!("actor=org:{id}"), format!("name={id}"));
    let file = world.signed_act(&["actor.registered", "--set", &actor, "--set", &name, "--set", "kind=other"]);
    let bytes = world.read(&file);
    fs::remove_file(world.at(&file)).unwrap();
    bytes
}

/// With one act appended, and its receipt beside it.
fn with_receipt() -> World {
    let world = with_card();
    let act = registration(&world, "x");
    world.write("act.event.json", act);
    let said = world.ok(&["append", "act.event.json", "--receipt"]);
    assert!(said.contains(PROOF) && said.contains(RECORD), "{said}");
    fs::remove_file(world.at("act.event.json")).unwrap(); // the harness drafts under this name
    world
}

/// A folder with nothing but the two files and the card.
fn carried_away(world: &World) -> World {
    let away = World::empty();
    for name in [PROOF, RECORD, "card.json"] {
        away.write(name, world.read(name));
    }
    away
}

/// Judges by both programs, which must say the same.
fn verify(world: &World, args: &[&str]) -> Output {
    let ours = world.run(&[&["verify-proof", PROOF], args].concat());
    let alone = finish(world.program("answerable-verify").args(["--proof", PROOF]).args(args));
    assert_eq!((ours.code, &ours.stdout), (alone.code, &alone.stdout), "{args:?}");
    ours
}

#[test]
fn a_receipt_is_judged_far_from_its_ledger() {
    let world = with_receipt();
    assert_eq!(world.size(), 4);
    let away = carried_away(&world);
    let said = verify(&away, &["--pin", "card.json"]).expect(0);
    assert!(said.stdout.starts_with(&format!("VERIFIED: record 3 is in the ledger {ORIGIN}")), "{said:?}");
    let pins = world.pins();
    verify(&away, &["--log-key", &pins.log_key]).expect(0);
    verify(&away, &["--log-key", &pins.log_key, "--ledger-id", &pins.ledger_id]).expect(0);
    let report = away.run(&["verify-proof", PROOF, RECORD, "--pin", "card.json", "--format", "json"]).expect(0).json();
    assert_eq!(report["schema"], "answerable.verify_proof/v1");
    assert_eq!((&report["verdict"], &report["seq"]), (&"verified".into(), &"3".into()));
    assert_eq!(report["ledger_id"], pins.ledger_id);
    assert_eq!(away.run(&["verify-proof", PROOF, "--format", "csv"]).expect(2).error_code(), "format.not_a_table");

    let unpinned = verify(&away, &[]).expect(3);
    assert!(unpinned.stdout.starts_with("UNVERIFIABLE: internally consistent, authenticity not checked"));
    verify(&away, &["--ledger-id", &pins.ledger_id]).expect(3);

    let other = with_card().pins();
    let stranger = World::empty();
    stranger.ok(&["key", "new", "org:z#1", "--no-passphrase"]);
    let init = ["init", "ledger", "--origin", ORIGIN, "--title", "T", "--founder", "org:z#1=Z", "--no-passphrase"];
    let card = stranger.ok(&[&init[..], &["--yes", "--format", "json"]].concat());
    assert_eq!(other.log_key, pins.log_key, "the harness copies one ledger");
    away.write("other.json", card);
    for (args, code) in [
        (&["--pin", "other.json"][..], "checkpoint.not_by_pinned_key"),
        (&["--pin", "other.json"], "pin.wrong_ledger"),
        (&["--log-key", &pins.log_key, "--ledger-id", &"ab".repeat(32)], "pin.wrong_ledger"),
    ] {
        let said = verify(&away, args).expect(1);
        assert!(said.stdout.starts_with("FALSE: ") && said.stdout.contains(code), "{said:?}");
    }
    fs::remove_file(away.at(RECORD)).unwrap();
    assert_eq!(away.run(&["verify-proof", PROOF]).expect(4).error_code(), "file.io");
    finish(away.program("answerable-verify").args(["--proof", PROOF])).expect(4);
    finish(away.program("answerable-verify").args(["--record", RECORD])).expect(2);
    finish(away.program("answerable-verify").args(["folder", "--proof", PROOF])).expect(2);
    finish(&mut away.program("answerable-verify")).expect(2);
}

/// The author puts the two files into a drawer. A thousand records later they are as good as on the first day, and a new
/// receipt of the same record has the same line under a newer checkpoint.
#[test]
fn an_old_receipt_outlives_a_thousand_records() {
    let world = with_receipt();
    let away = carried_away(&world);
    world.register();
    world.import_example("treaty-acts.csv", "treaty-acts");
    assert!(world.size() > 1000, "{} records", world.size());
    verify(&away, &["--pin", "card.json"]).expect(0);

    let id = world.run(&["verify-proof", PROOF, "--format", "json"]).expect(3).json()["event_id"].clone();
    let said = world.run(&["prove", &id.as_str().unwrap()[..12], "--format", "json"]).expect(0).json();
    let row = &said["rows"][0];
    assert_eq!((&row["seq"], &row["proof"]), (&"3".into(), &"record-3.tlog-proof".into()));
    assert_eq!(row["checkpoint_size"], world.size().to_string());
    assert_eq!(world.read("record-3.record.json"), world.read(RECORD));
    assert_ne!(world.read("record-3.tlog-proof"), world.read(PROOF));
    for (i, seq) in [0, 3, 255, 256, 1023, world.size() - 1].into_iter().enumerate() {
        let base = format!("r{i}");
        world.ok(&["prove", &seq.to_string(), "--out", &base]);
        let proof = format!("{base}.tlog-proof");
        let report = world.run(&["verify-proof", &proof, "--pin", "card.json", "--format", "json"]).expect(0).json();
        assert_eq!(report["seq"], seq.to_string());
    }
    world.run(&["prove", &world.size().to_string()]).expect(2);
}

fn pins(world: &World) -> Pins {
    pin::collect(None, Vec::new(), Some(&world.at("card.json"))).unwrap()
}

/// Every byte of both files, in three of its bits.
#[test]
fn no_flipped_byte_is_verified() {
    let world = with_receipt();
    let (proof, record) = (world.read(PROOF), world.read(RECORD));
    let line = record.strip_suffix(b"\n").unwrap();
    let (pinned, unpinned) = (pins(&world), Pins::default());
    assert_eq!(judge(&proof, line, &pinned).verdict, Verdict::Verified);
    let (mut false_ones, mut flips) = (0, 0);
    for mask in [1u8, 0x20, 0x80] {
        for at in 0..proof.len() + line.len() {
            let (mut proof, mut line) = (proof.clone(), line.to_vec());
            match at.checked_sub(proof.len()) {
                None => proof[at] ^= mask,
                Some(at) => line[at] ^= mask,
            }
            assert_eq!(judge(&proof, &line, &pinned).verdict, Verdict::False, "byte {at} ^ {mask}");
            let verdict = judge(&proof, &line, &unpinned).verdict;
            assert_ne!(verdict, Verdict::Verified, "byte {at} ^ {mask}");
            false_ones += usize::from(verdict == Verdict::False);
            flips += 1;
        }
    }
    // Without a pin only the signature's own line, and what it signs but the proof does not use, can go unseen.
    assert!(false_ones * 10 > flips * 8, "{false_ones} of {flips} flips are seen without a pin");
    // The same by the program, at a few places of each file; the LF of the record is the last.
    for (name, bytes) in [(PROOF, &proof), (RECORD, &record)] {
        let away = carried_away(&world);
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut lie = bytes.clone();
            lie[at] ^= 1;
            away.write(name, &lie);
            verify(&away, &["--pin", "card.json"]).expect(1);
            assert_ne!(verify(&away, &[]).code, 0, "{name} byte {at}");
        }
        away.write(name, &bytes[..bytes.len() / 2]);
        verify(&away, &["--pin", "card.json"]).expect(1);
    }
}

/// Refused before anything is recorded: a receipt that is there may be the only proof of another record.
#[test]
fn receipts_are_never_overwritten() {
    for taken in [PROOF, RECORD] {
        let world = with_card();
        world.write("act.event.json", registration(&world, "x"));
        world.write(taken, "mine");
        for more in [&["--receipt"][..], &["--receipt", "--dry-run"]] {
            let said = world.run(&[&["append", "act.event.json"], more].concat()).expect(2);
            assert_eq!((said.error_code(), said.stdout.as_str()), ("file.exists", ""));
            assert!(said.stderr.contains(taken), "{said:?}");
        }
        assert_eq!((world.size(), world.read(taken)), (3, b"mine".to_vec()));
        assert_eq!(world.run(&["prove", "1", "--out", "act"]).expect(2).error_code(), "file.exists");
        assert_eq!(world.read(taken), b"mine");
        let there = [PROOF, RECORD].map(|name| world.at(name).exists());
        assert_eq!(there, [taken == PROOF, taken == RECORD]);
    }
    let world = with_card();
    world.write("act.json", registration(&world, "x"));
    world.write("act.event.json", registration(&world, "y"));
    let said = world.run(&["append", "act.event.json", "act.json", "--receipt"]).expect(2);
    assert_eq!((said.error_code(), world.size()), ("append.same_receipt", 3));
}

#[test]
fn dry_runs_write_no_receipt() {
    let world = with_card();
    world.write("act.event.json", registration(&world, "x"));
    world.ok(&["status"]); // so that whatever is derived is there
    let before = read_tree(world.path());
    let said = world.ok(&["append", "act.event.json", "--receipt", "--dry-run"]);
    assert!(said.contains("would be recorded") && said.contains(PROOF), "{said}");
    let said = world.ok(&["prove", "2", "--dry-run"]);
    assert!(said.contains("record-2.tlog-proof") && said.contains("nothing was written"), "{said}");
    assert!(before == read_tree(world.path()), "a dry run wrote something");
}

/// Several events in one file, one of them refused, and the same file once more: who lost a receipt asks again.
#[test]
fn each_event_of_a_file_has_its_receipt() {
    let world = with_card();
    let (x, y) = (registration(&world, "x"), registration(&world, "y"));
    let torn = String::from_utf8(y.clone()).unwrap();
    let (event, _) = torn.split_once(",\"signatures\":").unwrap();
    let unsigned = format!("{event},\"signatures\":[]}}\n").into_bytes();
    world.write("acts/two.event.json", [&x[..], &unsigned, &y].concat());
    let said = world.run(&["append", "acts/two.event.json", "--receipt", "--format", "json"]).expect(1).json();
    let column =
        |name: &str| said["rows"].as_array().unwrap().iter().map(|r| r[name].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(column("outcome"), ["recorded", "refused", "recorded"]);
    assert_eq!(column("proof"), ["acts/two-1.tlog-proof", "", "acts/two-3.tlog-proof"]);
    assert_eq!(column("record"), ["acts/two-1.record.json", "", "acts/two-3.record.json"]);
    assert!(!world.at("acts/two-2.tlog-proof").exists() && !world.at("acts/two-2.record.json").exists());
    for (proof, seq) in [("acts/two-1.tlog-proof", "3"), ("acts/two-3.tlog-proof", "4")] {
        let report = world.run(&["verify-proof", proof, "--pin", "card.json", "--format", "json"]).expect(0).json();
        assert_eq!((&report["seq"], &report["size"]), (&seq.into(), &"5".into()));
    }
    // The wrong record beside a proof.
    world.run(&["verify-proof", "acts/two-1.tlog-proof", "acts/two-3.record.json", "--pin", "card.json"]).expect(1);
    world.write("again.event.json", x);
    let said = world.ok(&["append", "again.event.json", "--receipt"]);
    assert!(said.contains("already recorded") && said.contains("again.tlog-proof"), "{said}");
    assert_eq!((world.read("again.record.json"), world.size()), (world.read("acts/two-1.record.json"), 5));
    world.run(&["verify-proof", "again.tlog-proof", "--pin", "card.json"]).expect(0);
    // Without the flag nothing changes, and nothing is written.
    let before: Vec<String> = read_tree(&world.at("acts")).into_keys().collect();
    let said = world.ok(&["append", "again.event.json", "--format", "csv"]);
    assert_eq!(said.lines().next(), Some("file,outcome,seq,event_id,flags"));
    assert_eq!(before, read_tree(&world.at("acts")).into_keys().collect::<Vec<_>>());
}

/// An event that is in and whose receipt cannot be written is in: that is said, and how to get the receipt.
#[test]
fn a_receipt_that_cannot_be_written_does_not_undo_the_record() {
    let world = with_card();
    // A file's name has at most 255 bytes, and that of the receipt's record is longer by one: seen in time.
    let act = registration(&world, "x");
    let name = world.write(&format!("{}.event.json", "n".repeat(255 - ".event.json".len())), &act);
    let said = world.run(&["append", &name, "--receipt"]).expect(4);
    assert_eq!((said.error_code(), world.size()), ("file.io", 3));
    // Beside an event that comes through a pipe there is no place for files, and that shows only when they are made.
    world.write("act", &act);
    let mut piped = world.command(&["append", "/proc/self/fd/0", "--receipt"]);
    let said = finish(piped.stdin(fs::File::open(world.at("act")).unwrap()));
    assert_eq!((said.code, world.size()), (4, 4), "{said:?}");
    assert!(said.stdout.contains("recorded"), "{said:?}");
    assert!(said.stderr.contains("hint: the event is recorded; make its receipt with: answerable prove 3"), "{said:?}");
    world.ok(&["prove", "3", "--out", "act"]);
    world.run(&["verify-proof", PROOF, "--pin", "card.json"]).expect(0);
}

#[test]
fn a_card_pins_exports_as_well() {
    let world = with_receipt();
    world.ok(&["export", "export"]);
    world.run(&["verify", "export", "--pin", "card.json"]).expect(0);
    finish(world.program("answerable-verify").args(["export", "--pin", "card.json"])).expect(0);
    let card = PinCard::read(&world.at("card.json")).unwrap();
    assert_eq!(card.ledger_id.to_string(), world.pins().ledger_id);
    assert_eq!(card.log_key.to_string(), world.pins().log_key);
    let text = String::from_utf8(world.read("card.json")).unwrap();
    world.write("lie.json", text.replace(&format!("\"{ORIGIN}\""), "\"elsewhere.example\""));
    for (args, exit, code) in [
        (&["--pin", "lie.json"][..], 2, "pin.malformed"),
        (&["--pin", "card.json", "--ledger-id", &"ab".repeat(32)], 2, "pin.conflict"),
        (&["--pin", "nowhere.json"], 4, "file.io"),
    ] {
        for command in [&["verify", "export"][..], &["verify-proof", PROOF]] {
            let said = world.run(&[command, args].concat()).expect(exit);
            assert_eq!((said.error_code(), said.stdout.as_str()), (code, ""), "{said:?}");
        }
        let said = finish(world.program("answerable-verify").arg("export").args(args)).expect(exit);
        assert_eq!(said.error_code(), code, "{said:?}");
        assert!(said.stderr.contains("\nhint: "), "{said:?}");
    }
}

/// Tiles are derived, and may lie. A receipt that they do not prove is not handed out: they are made anew.
#[test]
fn damaged_tiles_give_no_false_receipt() {
    let world = with_receipt();
    let tile = "ledger/tile/0/000.p/4";
    let mut hashes = world.read(tile);
    hashes[32] ^= 1;
    world.write(tile, hashes);
    let said = world.run(&["prove", "3"]).expect(0);
    assert!(said.stderr.contains("rebuil"), "{said:?}");
    world.run(&["verify-proof", "record-3.tlog-proof", "--pin", "card.json"]).expect(0);
}

/// Somebody else's verifier: SHA-256, Ed25519, base64 and the three specifications; none of the project's code.
#[test]
fn a_receipt_is_checked_by_hand() {
    let world = with_receipt();
    world.register();
    world.ok(&["prove", "3", "--out", "late"]);
    let card: serde_json::Value = serde_json::from_slice(&world.read("card.json")).unwrap();
    for (proof, record) in [(PROOF, RECORD), ("late.tlog-proof", "late.record.json")] {
        let text = String::from_utf8(world.read(proof)).unwrap();
        let seq = by_hand(&text, &world.read(record), card["log_key"].as_str().unwrap());
        assert_eq!(seq, 3);
    }
    // And the file is what the format says, without a byte more.
    let bytes = world.read("late.tlog-proof");
    let read = TlogProof::parse(&bytes).unwrap();
    assert_eq!((read.extra.as_ref(), read.format()), (None, bytes));
    assert!(read.checkpoint == world.read("ledger/checkpoint") && Path::new(&world.at("late.record.json")).exists());
}

/// Panics where anything is wrong; answers the index that is proved.
fn by_hand(proof: &str, record: &[u8], vkey: &str) -> u64 {
    let decode = |text: &str| STANDARD.decode(text).unwrap();
    let sha256 = |parts: &[&[u8]]| -> Vec<u8> { Sha256::digest(parts.concat()).to_vec() };
    let (head, checkpoint) = proof.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    assert_eq!(lines.next(), Some("c2sp.org/tlog-proof@v1"));
    let index: u64 = lines.next().unwrap().strip_prefix("index ").unwrap().parse().unwrap();
    let path: Vec<Vec<u8>> = lines.map(decode).collect();

    let (text, signature) = checkpoint.split_once("\n\n").unwrap();
    let text = format!("{text}\n");
    let [origin, size, root] = text.lines().collect::<Vec<_>>()[..] else { panic!("three lines: {text}") };
    let mut key = vkey.splitn(3, '+');
    let (name, key_id, key) = (key.next().unwrap(), key.next().unwrap(), decode(key.next().unwrap()));
    assert_eq!((origin, key[0]), (name, 1));
    let encoded = signature.strip_prefix(&format!("\u{2014} {name} ")).unwrap().strip_suffix('\n').unwrap();
    let signature = decode(encoded);
    let id: String = signature[..4].iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(id, key_id);
    let public = VerifyingKey::from_bytes(&key[1..].try_into().unwrap()).unwrap();
    let signature = Signature::from_bytes(&signature[4..].try_into().unwrap());
    public.verify_strict(text.as_bytes(), &signature).unwrap();

    // RFC 9162, section 2.1.3.2.
    let leaf = record.strip_suffix(b"\n").unwrap();
    let mut node = sha256(&[&[0], leaf]);
    let (mut f, mut s) = (index, size.parse::<u64>().unwrap() - 1);
    assert!(f <= s);
    for sibling in &path {
        assert!(s > 0, "a surplus hash");
        if f & 1 == 1 || f == s {
            node = sha256(&[&[1], sibling, &node]);
            while f & 1 == 0 && f > 0 {
                f >>= 1;
                s >>= 1;
            }
        } else {
            node = sha256(&[&[1], &node, sibling]);
        }
        f >>= 1;
        s >>= 1;
    }
    assert_eq!((s, &node), (0, &decode(root)));
    let record: serde_json::Value = serde_json::from_slice(leaf).unwrap();
    assert_eq!(record["seq"], index);
    index
}
