//! Attachments: attached, sent, recorded, exported, got back; altered, absent, erased; and who tries to get at them.
//! Not here: the law of erasing (the verifier's `replies`), the bounds of the envelope (`lies`).

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use answerable_tests::{ACTOR, Output, Tree, World, copy_tree, read_tree};
use answerable_verifier::encoding::Hash;
use answerable_verifier::record::SignedEvent;
use serde_json::Value;

const RWA: &str = "state:RWA";
const CZE: &str = "state:CZE";
const TEXT: &[u8] = b"Instrument of accession.\n";

/// A small ledger in which two states have keys, and a file to attach.
fn world() -> World {
    let world = World::small();
    for actor in [RWA, CZE] {
        let key = format!("{actor}#1");
        world.ok(&["key", "new", &key, "--no-passphrase"]);
        world.act(&["key.enrolled", "--enrol", &key]);
    }
    world.write("letter.txt", TEXT);
    world
}

/// Drafts and signs an accession in the actor's own word, with these attachments; answers their hashes.
#[track_caller]
fn accession(world: &World, actor: &str, file: &str, more: &[&str]) -> Vec<String> {
    let state = format!("state={actor}");
    let body = ["--set", &state, "--set", "treaty=genocide-convention", "--set", "mode=accession"];
    let draft = ["draft", "treaty.consent_deposited", "--actor", actor, "--effective", "1994-02-03", "--out", file];
    world.ok(&[&draft[..], &body, more].concat());
    world.ok(&["sign", file, "--yes"]);
    hashes(world, file)
}

fn event(world: &World, file: &str) -> SignedEvent {
    SignedEvent::parse(&world.read(file)).unwrap()
}

fn hashes(world: &World, file: &str) -> Vec<String> {
    let named = event(world, file).event.attachments.unwrap_or_default();
    named.iter().map(|a| a.sha256.to_string()).collect()
}

/// Drafts an accession with the letter attached, and records it; answers the letter's hash.
#[track_caller]
fn recorded(world: &World, actor: &str, more: &[&str]) -> String {
    let hash = accession(world, actor, "act.event.json", &[&["--attach", "letter.txt"], more].concat()).remove(0);
    world.ok(&["append", "act.event.json"]);
    hash
}

/// Drafts an erasure, signs it with what is here, and appends it.
fn erase(world: &World, hash: &str, more: &[&str]) -> Output {
    let out = ["--reason", "a person asked", "--out", "erase.event.json"];
    let _ = fs::remove_file(world.at("erase.event.json"));
    world.ok(&[&["attachment", "erase", hash], &out[..], more].concat());
    world.ok(&["sign", "erase.event.json", "--yes"]);
    world.run(&["append", "erase.event.json"])
}

fn kept(hash: &str) -> String {
    format!("ledger/attachments/{hash}")
}

/// The rows of `attachment list`.
fn list(world: &World, more: &[&str]) -> Vec<Value> {
    let answer = world.run(&[&["attachment", "list", "--format", "json"], more].concat()).expect(0).json();
    assert_eq!(answer["schema"], "answerable.attachments/v1");
    answer["rows"].as_array().unwrap().clone()
}

/// All files but those of the index, which readers may write.
fn tree(world: &World) -> Tree {
    let mut tree = read_tree(world.path());
    tree.retain(|name, _| !name.starts_with("ledger/index"));
    tree
}

/// Exports, and verifies under both pins.
fn audit(world: &World, export: &str) -> Value {
    world.ok(&["export", export]);
    let pins = world.pins();
    let args = ["verify", export, "--ledger-id", &pins.ledger_id, "--log-key", &pins.log_key, "--format", "json"];
    world.run(&args).json()
}

fn codes(report: &Value, list: &str) -> Vec<String> {
    report[list].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap().to_owned()).collect()
}

fn not_checked(report: &Value, what: &str) -> bool {
    report["not_checked"].as_array().unwrap().iter().any(|n| n.as_str().unwrap().contains(what))
}

#[test]
fn what_is_attached_and_sent_comes_back_as_it_was() {
    let world = world();
    world.write("empty.bin", b"");
    let more = ["--attach", "letter.txt", "--attach", "empty.bin", "--media-type", "text/markdown"];
    let hashes = accession(&world, RWA, "act.event.json", &more);
    assert!(hashes.is_sorted() && hashes.len() == 2, "{hashes:?}");
    let shown = world.run(&["sign", "act.event.json", "--yes", "--dry-run", "--key", "state:RWA#1"]).expect(0).stderr;
    assert_eq!(shown.matches("is beside the event file, and matches").count(), 2, "{shown}");
    assert!(shown.contains("57 bytes, text/markdown, salted"), "{shown}");
    assert!(shown.contains("32 bytes, application/octet-stream, salted"), "{shown}");
    // Mailed: nothing else reaches the ledger's machine.
    fs::create_dir(world.at("inbox")).unwrap();
    fs::rename(world.at("act.event.json"), world.at("inbox/act.event.json")).unwrap();
    copy_tree(&world.at("act.attachments"), &world.at("inbox/act.attachments"));
    fs::remove_dir_all(world.at("act.attachments")).unwrap();
    let appended = world.run(&["append", "inbox/act.event.json"]).expect(0);
    assert_eq!(appended.stderr, "");
    let seq = (world.size() - 1).to_string();
    let rows = list(&world, &["--seq", &seq]);
    assert_eq!(rows.len(), 2);
    assert_eq!(rows, list(&world, &[]));
    let id = event(&world, "inbox/act.event.json").id.to_string();
    assert_eq!(rows, list(&world, &["--event", &id[..10]]));
    for (row, hash) in rows.iter().zip(&hashes) {
        let cells = ["seq", "event_id", "actor", "sha256", "salted", "state", "note"].map(|c| row[c].as_str().unwrap());
        assert_eq!(cells, [&seq, &id, RWA, hash, "yes", "present", ""]);
    }
    assert_eq!(list(&world, &["--known-at", &seq]).len(), 0);
    assert_eq!(world.ok(&["show", &seq]).matches("… present").count(), 2);
    let report = audit(&world, "export");
    assert_eq!((&report["verdict"], not_checked(&report, "attachments")), (&"verified".into(), false), "{report}");
    let letter = rows.iter().find(|r| r["media_type"] == "text/markdown").unwrap()["sha256"].as_str().unwrap();
    let answer = world.ok(&["attachment", "get", letter, "--out", "back.txt"]);
    assert!(answer.contains("25 bytes, text/markdown"), "{answer}");
    assert_eq!(world.read("back.txt"), TEXT);
    world.ok(&["attachment", "get", &letter[..12], "--raw", "--out", "raw.txt"]);
    assert_eq!(world.read("raw.txt"), world.read(&format!("export/attachments/{letter}")));
    assert_eq!(world.read("raw.txt")[32..], *TEXT);
    let empty = hashes.iter().find(|h| *h != letter).unwrap();
    world.ok(&["attachment", "get", empty, "--out", "back.bin"]);
    assert_eq!(world.read("back.bin"), b"");
    // Never over what is there.
    let again = world.run(&["attachment", "get", empty, "--out", "back.txt"]).expect(2);
    assert_eq!((again.error_code(), world.read("back.txt")), ("file.exists", TEXT.to_vec()));
}

#[test]
fn a_salt_hides_the_content_from_whoever_guesses_it() {
    let world = world();
    let attach = ["--attach", "letter.txt"];
    let (first, second) = (accession(&world, RWA, "a.json", &attach), accession(&world, RWA, "b.json", &attach));
    assert_ne!(first, second);
    let plain = Hash::sha256(TEXT).to_hex();
    let unsalted = accession(&world, RWA, "c.json", &["--attach", "letter.txt", "--unsalted"]);
    assert_eq!(unsalted, [plain.as_str()]);
    let named = event(&world, "c.json").event.attachments.unwrap();
    assert_eq!((named[0].salted, named[0].size, named[0].media_type.as_str()), (false, 25, "text/plain"));
    world.ok(&["append", "c.json"]);
    world.ok(&["attachment", "get", &plain, "--out", "back.txt"]);
    assert_eq!(world.read("back.txt"), TEXT);
}

#[test]
fn what_was_altered_is_false_and_what_is_absent_is_counted() {
    let world = world();
    let hash = recorded(&world, RWA, &[]);
    let whole = world.read(&kept(&hash));
    let mut bytes = whole.clone();
    bytes[40] ^= 1;
    world.write(&kept(&hash), &bytes);
    assert_eq!(list(&world, &[])[0]["state"], "altered");
    let got = world.run(&["attachment", "get", &hash, "--out", "back.txt"]).expect(1);
    assert_eq!((got.error_code(), world.at("back.txt").exists()), ("attachment.altered", false));
    let report = audit(&world, "altered");
    assert_eq!((&report["verdict"], codes(&report, "faults")), (&"false".into(), vec!["attachment.altered".into()]));
    fs::remove_file(world.at(&kept(&hash))).unwrap();
    assert_eq!(list(&world, &[])[0]["state"], "absent");
    let got = world.run(&["attachment", "get", &hash, "--out", "back.txt"]).expect(2);
    assert_eq!(got.error_code(), "attachment.absent");
    let report = audit(&world, "absent");
    assert_eq!(report["verdict"], "verified");
    assert!(not_checked(&report, "1 attachments that are not in this export"), "{report}");
    // Brought again, also over a wrong one; what no record names stays outside.
    for there in [None, Some(bytes)] {
        there.iter().for_each(|bytes| drop(world.write(&kept(&hash), bytes)));
        let sent = format!("act.attachments/{hash}");
        assert!(world.ok(&["attachment", "add", &sent]).contains("kept"));
        assert_eq!(world.read(&kept(&hash)), whole);
    }
    let before = read_tree(&world.at("ledger/attachments"));
    let refused = world.run(&["attachment", "add", "letter.txt"]).expect(1);
    assert_eq!(refused.error_code(), "attachment.unknown");
    assert!(before == read_tree(&world.at("ledger/attachments")));
    assert_eq!(audit(&world, "again")["verdict"], "verified");
}

#[test]
fn an_event_goes_in_without_its_file_and_the_file_comes_later() {
    let world = world();
    let hash = accession(&world, RWA, "act.event.json", &["--attach", "letter.txt"]).remove(0);
    fs::rename(world.at("act.attachments"), world.at("forgotten")).unwrap();
    let appended = world.run(&["append", "act.event.json"]).expect(0);
    assert!(appended.stderr.contains(&hash) && appended.stderr.contains("answerable attachment add"), "{appended:?}");
    assert_eq!(list(&world, &[])[0]["state"], "absent");
    // Appended again with its file it is no conflict, and the file is kept.
    fs::rename(world.at("forgotten"), world.at("act.attachments")).unwrap();
    let again = world.run(&["append", "act.event.json"]).expect(0);
    assert!(again.stdout.contains("already recorded") && again.stderr.is_empty(), "{again:?}");
    assert_eq!(list(&world, &[])[0]["state"], "present");
}

#[test]
fn what_its_author_erases_is_gone_and_the_chain_stands() {
    let world = world();
    let hash = recorded(&world, RWA, &[]);
    let bytes = world.read(&kept(&hash));
    let named = (world.size() - 1).to_string();
    let questions = [&["attachment", "list"][..], &["show", &named]];
    let cite = |when: &str| {
        for (i, question) in questions.iter().enumerate() {
            let said = world.ok(&[question, &[&*format!("--cite={when}-{i}.json")][..]].concat());
            assert!(said.contains(when) && !said.contains("present") && !said.contains("absent"), "{said}");
        }
    };
    cite("named");
    let erased = erase(&world, &hash, &[]).expect(0);
    let seq = world.size() - 1;
    // What was cited is what records said, and stays so when the file is gone, and when one lies there again.
    cite("erased");
    let asked_again = || {
        for (when, i) in ["named", "erased"].into_iter().flat_map(|when| (0..questions.len()).map(move |i| (when, i))) {
            world.run(&["answer", "--verify", &format!("{when}-{i}.json")]).expect(0);
        }
    };
    asked_again();
    world.write(&kept(&hash), &bytes);
    asked_again();
    fs::remove_file(world.at(&kept(&hash))).unwrap();
    assert!(erased.stderr.contains(&format!("attachments/{hash} was destroyed, as record {seq} says")), "{erased:?}");
    assert!(!world.at(&kept(&hash)).exists());
    let row = &list(&world, &[])[0];
    assert_eq!(
        (row["state"].as_str(), row["note"].as_str()),
        (Some("erased"), Some(&*format!("record {seq}: a person asked")))
    );
    // What was known before says what records had said.
    assert_eq!(list(&world, &["--known-at", &seq.to_string()])[0]["state"], "named");
    assert_eq!(list(&world, &["--known-at", &(seq + 1).to_string()])[0]["state"], "erased");
    let report = audit(&world, "export");
    assert_eq!(report["verdict"], "verified");
    assert!(!codes(&report, "flags").contains(&"attachment.erased_but_present".to_owned()), "{report}");
    assert!(not_checked(&report, "1 attachments that were erased"), "{report}");
    assert!(!world.at(&format!("export/attachments/{hash}")).exists());
    for (command, code) in [
        (vec!["attachment", "get", &hash, "--out", "back.txt"], "attachment.absent"),
        (vec!["attachment", "erase", &hash, "--reason", "again"], "law.attachment.already_erased"),
    ] {
        assert_eq!(world.run(&command).expect(2).error_code(), code);
    }
    // The file comes back: with its event, by hand, into an export. Nobody takes it in, and an auditor says so.
    let again = world.run(&["append", "act.event.json"]).expect(0);
    assert!(again.stderr.contains("was erased") && !world.at(&kept(&hash)).exists(), "{again:?}");
    let added = world.run(&["attachment", "add", &format!("act.attachments/{hash}")]).expect(1);
    assert_eq!((added.error_code(), world.at(&kept(&hash)).exists()), ("attachment.unknown", false));
    world.write(&format!("export/attachments/{hash}"), &bytes);
    let pins = world.pins();
    let verdict = world.verify("export", &pins).expect(0).stdout;
    assert!(verdict.contains("attachment.erased_but_present"), "{verdict}");
}

/// A kill between the record and the removal leaves the file behind. No export holds it, and appending again, whatever
/// it is, destroys it; so does the ending of a copy that a kill cut short.
#[test]
fn an_erasure_that_was_cut_short_is_finished_by_the_next_append() {
    let world = world();
    let hash = recorded(&world, RWA, &[]);
    let bytes = world.read(&kept(&hash));
    erase(&world, &hash, &[]).expect(0);
    for (left, again) in [(kept(&hash), "erase.event.json"), (format!("{}.tmp", kept(&hash)), "act.event.json")] {
        world.write(&left, &bytes);
        let export = format!("export-with-{again}");
        let exported = world.run(&["export", &export]).expect(0);
        assert_eq!(exported.stderr.contains("left out: 1 files that were erased"), !left.ends_with(".tmp"));
        let held = read_tree(&world.at(&export).join("attachments"));
        assert!(held.keys().all(|name| !name.contains(&hash)), "{held:?}");
        world.run(&["append", again]).expect(0);
        assert!(!world.at(&left).exists(), "{left}");
    }
    let row = &list(&world, &[])[0];
    assert_eq!(row["state"], "erased");
}

#[test]
fn what_is_drafted_anew_brings_its_files_along() {
    let world = world();
    let hash = accession(&world, RWA, "act.event.json", &["--attach", "letter.txt"]).remove(0);
    world.ok(&["draft", "--again", "act.event.json"]);
    let (was, now) = ("act.attachments", "act-again.attachments");
    assert_eq!(read_tree(&world.at(was)), read_tree(&world.at(now)));
    world.ok(&["sign", "act-again.event.json", "--yes"]);
    world.ok(&["append", "act-again.event.json"]);
    assert!(world.at(&kept(&hash)).exists());
    // Under the same name the files are there; and what is not there is told.
    world.ok(&["draft", "--again", "act.event.json", "--out", "act.json"]);
    fs::remove_dir_all(world.at(was)).unwrap();
    let bare = world.run(&["draft", "--again", "act.event.json", "--out", "bare.event.json"]).expect(0);
    assert!(bare.stderr.contains(&hash) && !world.at("bare.attachments").exists(), "{bare:?}");
    for more in [&["--attach", "letter.txt"][..], &["--unsalted"]] {
        world.run(&[&["draft", "--again", "act.event.json"], more].concat()).expect(2);
    }
}

/// A ledger with two founders, both of whom must agree, and a letter of a third actor.
#[test]
fn the_founders_erase_by_their_threshold_and_nobody_else_does() {
    let world = World::empty();
    for key in ["org:a#1", "org:b#1", "org:c#1"] {
        world.ok(&["key", "new", key, "--no-passphrase"]);
    }
    let founders = ["--founder", "org:a#1=A", "--founder", "org:b#1=B", "--threshold", "2"];
    let init = ["init", "ledger", "--origin", "test.example/log", "--title", "T", "--no-passphrase", "--yes"];
    world.ok(&[&init[..], &founders].concat());
    let both = ["--signer", "org:a#1", "--signer", "org:b#1"];
    let say = |draft: &[&str]| {
        world.ok(&[draft, &["--out", "x.event.json"]].concat());
        world.ok(&["sign", "x.event.json", "--yes"]);
        world.ok(&["append", "x.event.json"]);
        fs::remove_file(world.at("x.event.json")).unwrap();
    };
    let by = ["--actor", "org:a"];
    let registrar = |actor: &str| {
        let actor = format!("actor={actor}");
        say(&[&["draft", "role.granted"], &by[..], &both, &["--set", &actor, "--set", "role=registrar"]].concat());
    };
    registrar("org:a");
    let third = ["--set", "actor=org:c", "--set", "name=C", "--set", "kind=other", "--effective", "1999-01-01"];
    say(&[&["draft", "actor.registered"], &by[..], &third].concat());
    say(&[&["draft", "key.enrolled", "--enrol", "org:c#1"], &by[..], &both].concat());
    registrar("org:c");
    world.write("letter.txt", TEXT);
    let registered = ["--set", "actor=org:d", "--set", "name=D", "--set", "kind=other", "--effective", "1999-01-01"];
    let attach = ["draft", "actor.registered", "--actor", "org:c", "--attach", "letter.txt"];
    say(&[&attach[..], &registered].concat());
    let hash = list(&world, &[])[0]["sha256"].as_str().unwrap().to_owned();
    let one = erase(&world, &hash, &["--actor", "org:a"]).expect(1);
    assert_eq!((one.error_code(), world.at(&kept(&hash)).exists()), ("authority.not_entitled", true));
    erase(&world, &hash, &[&by[..], &both].concat()).expect(0);
    assert!(!world.at(&kept(&hash)).exists());
    assert_eq!(audit(&world, "export")["verdict"], "verified");
}

/// Whoever reads the log knows every hash, and can name it in an event of its own. As that event's author it must not
/// destroy another's evidence.
#[test]
fn a_stranger_destroys_nothing_by_naming_it_too() {
    let world = world();
    let hash = recorded(&world, RWA, &[]);
    let stranger = erase(&world, &hash, &["--actor", CZE]).expect(1);
    assert_eq!(stranger.error_code(), "authority.not_entitled");
    accession(&world, CZE, "its.event.json", &[]);
    let mut its = event(&world, "its.event.json").event;
    its.attachments = event(&world, "act.event.json").event.attachments;
    let its = SignedEvent::draft(&its).unwrap();
    world.write("its.event.json", its.to_file());
    world.ok(&["sign", "its.event.json", "--yes"]);
    world.ok(&["append", "its.event.json"]);
    let several = world.run(&["attachment", "erase", &hash, "--reason", "r", "--dry-run"]).expect(2);
    assert_eq!(several.error_code(), "attachment.several_events");
    let own = erase(&world, &hash, &["--actor", CZE]).expect(0);
    assert!(own.stderr.contains(&format!("attachments/{hash} stays")), "{own:?}");
    let rows = list(&world, &[]);
    let states: Vec<_> = rows.iter().map(|r| r["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["present", "erased"]);
    assert!(rows[1]["note"].as_str().unwrap().ends_with("the file stays, as another record names it"), "{rows:?}");
    let report = audit(&world, "stays");
    assert!(
        !not_checked(&report, "attachments") && world.at(&format!("stays/attachments/{hash}")).exists(),
        "{report}"
    );
    world.ok(&["attachment", "get", &hash, "--out", "back.txt"]);
    assert_eq!(world.read("back.txt"), TEXT);
    // Its event does not bring the file back; who attached it can still erase it.
    copy_tree(&world.at("act.attachments"), &world.at("its.attachments"));
    assert!(world.run(&["append", "its.event.json"]).expect(0).stderr.contains("it is not kept"));
    let id = event(&world, "act.event.json").id.to_string();
    erase(&world, &hash, &["--event", &id[..12]]).expect(0);
    assert!(!world.at(&kept(&hash)).exists());
    assert!(not_checked(&audit(&world, "gone"), "1 attachments that were erased"));
    // The rules bundle is nobody's evidence, whoever attaches it.
    let before: BTreeSet<String> = read_tree(&world.at("ledger/attachments")).into_keys().collect();
    assert_eq!(before.len(), 1);
    let rules = before.first().unwrap();
    let path = kept(rules);
    let role = ["role.granted", "--set", "actor=state:CZE", "--set", "role=registrar"];
    fs::remove_dir_all(world.at("act.attachments")).unwrap();
    fs::remove_file(world.at("act.event.json")).unwrap();
    world.act(&[&role[..], &["--attach", &path, "--unsalted"]].concat());
    erase(&world, rules, &[]).expect(0);
    assert!(world.at(&path).exists());
}

#[test]
fn a_link_beside_an_event_is_not_followed() {
    let world = world();
    for whole_folder in [false, true] {
        let name = format!("act-{whole_folder}");
        let (file, folder) = (format!("{name}.event.json"), world.at(&format!("{name}.attachments")));
        let actor = if whole_folder { CZE } else { RWA };
        let hash = accession(&world, actor, &file, &["--attach", "letter.txt"]).remove(0);
        let elsewhere = world.at(&format!("elsewhere-{whole_folder}"));
        copy_tree(&folder, &elsewhere);
        let link = |to: &Path, at: &Path| symlink(to, at).unwrap();
        if whole_folder {
            fs::remove_dir_all(&folder).unwrap();
            link(&elsewhere, &folder);
        } else {
            fs::remove_file(folder.join(&hash)).unwrap();
            link(&elsewhere.join(&hash), &folder.join(&hash));
        }
        let appended = world.run(&["append", &file]).expect(0);
        assert!(appended.stderr.contains("is no plain file"), "{appended:?}");
        assert!(!world.at(&kept(&hash)).exists());
    }
    assert!(list(&world, &[]).iter().all(|row| row["state"] == "absent"));
}

#[test]
fn wrong_bytes_are_refused_before_anything_is_recorded() {
    let world = world();
    let good = accession(&world, CZE, "good.event.json", &["--attach", "letter.txt"]).remove(0);
    let hash = accession(&world, RWA, "act.event.json", &["--attach", "letter.txt"]).remove(0);
    let sent = format!("act.attachments/{hash}");
    let whole = world.read(&sent);
    let size = world.size();
    for bytes in [[&whole[..], b"x"].concat(), whole[1..].to_vec(), vec![0; whole.len()], Vec::new()] {
        world.write(&sent, bytes);
        for command in [
            &["append", "good.event.json", "act.event.json"][..],
            &["append", "act.event.json", "--dry-run"],
            &["sign", "act.event.json", "--yes", "--key", "state:RWA#1"],
        ] {
            let refused = world.run(command).expect(1);
            assert_eq!((refused.error_code(), refused.stdout.as_str()), ("attachment.differs", ""), "{command:?}");
        }
    }
    assert_eq!((world.size(), world.at(&kept(&good)).exists(), world.at(&kept(&hash)).exists()), (size, false, false));
    // An event that is refused leaves no file either, unless another that was recorded names it.
    world.write(&sent, &whole);
    world.ok(&["append", "act.event.json"]);
    let twice = accession(&world, RWA, "twice.event.json", &["--attach", "letter.txt"]).remove(0);
    world.run(&["append", "twice.event.json"]).expect(1);
    assert_eq!((world.at(&kept(&hash)).exists(), world.at(&kept(&twice)).exists()), (true, false));
}

#[test]
fn a_dry_run_writes_nothing() {
    let world = world();
    let hash = recorded(&world, RWA, &[]);
    accession(&world, CZE, "other.event.json", &["--attach", "letter.txt"]);
    let sent = format!("act.attachments/{hash}");
    let was = tree(&world);
    let draft = ["draft", "role.granted", "--actor", ACTOR, "--attach", "letter.txt", "--dry-run"];
    let body = ["--set", "actor=state:CZE", "--set", "role=registrar"];
    for command in [
        [&draft[..], &body].concat(),
        vec!["append", "other.event.json", "--dry-run"],
        vec!["attachment", "add", &sent, "--dry-run"],
        vec!["attachment", "get", &hash, "--out", "back.txt", "--dry-run"],
        vec!["attachment", "erase", &hash, "--reason", "r", "--dry-run"],
    ] {
        assert_ne!(world.ok(&command), "", "{command:?}");
        assert!(was == tree(&world), "{command:?}");
    }
}

#[test]
fn what_cannot_be_attached_is_refused_and_nothing_is_left() {
    let world = world();
    fs::create_dir(world.at("folder")).unwrap();
    let many = ["--attach", "letter.txt"].repeat(65);
    let draft = ["draft", "role.granted", "--actor", ACTOR, "--set", "actor=state:CZE", "--set", "role=registrar"];
    let was = tree(&world);
    let big = || fs::File::create(world.at("big.bin")).unwrap().set_len((1 << 30) + 1).unwrap();
    for (why, more, code) in [
        ("65 files", many, "attachment.cannot_attach"),
        ("a folder", vec!["--attach", "folder"], "attachment.cannot_attach"),
        ("too big", vec!["--attach", "big.bin"], "attachment.cannot_attach"),
        (
            "twice the same bytes",
            vec!["--unsalted", "--attach", "letter.txt", "--attach", "letter.txt"],
            "attachment.cannot_attach",
        ),
        (
            "more media types than files",
            vec!["--attach", "letter.txt", "--media-type", "a/b", "--media-type", "a/b"],
            "attachment.cannot_attach",
        ),
        ("an event file that is there", vec!["--attach", "letter.txt", "--out", "letter.txt"], "file.exists"),
    ] {
        big();
        let refused = world.run(&[&draft[..], &more].concat()).expect(2);
        assert_eq!(refused.error_code(), code, "{why}");
        fs::remove_file(world.at("big.bin")).unwrap();
        assert!(was == tree(&world), "{why}");
    }
    assert_eq!(world.run(&[&draft[..], &["--attach", "gone.txt"]].concat()).expect(4).error_code(), "file.io");
    // What another draft left there is not mixed with this one's.
    world.write("x.attachments/old", "old");
    let mixed = world.run(&[&draft[..], &["--attach", "letter.txt", "--out", "x.event.json"]].concat()).expect(2);
    assert_eq!((mixed.error_code(), world.at("x.event.json").exists()), ("file.exists", false));
}
