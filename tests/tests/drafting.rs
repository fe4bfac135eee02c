//! Drafting away from the ledger, from an export or a stream card; drafting anew; and a dry run of an append, whose
//! commands lead to a record.
//! Not here: what an audit of an export finds (`tamper`).

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use answerable_schemas::envelope::Attachment;
use answerable_tests::{ACTOR, KEY, ORIGIN, Output, Tree, World, bin_dir, finish, read_tree};
use answerable_verifier::encoding::{base64_decode, base64_encode};
use answerable_verifier::record::SignedEvent;
use serde_json::{Value, json};

const CARD: &str = "org~test.stream-card.json";

/// `actor.registered` of the actor `org:NAME`, as arguments of `draft`.
fn registers(name: &str) -> Vec<String> {
    let actor = format!("actor=org:{name}");
    ["actor.registered", "--actor", ACTOR, "--set", &actor, "--set", "name=X", "--set", "kind=other"]
        .map(String::from)
        .to_vec()
}

/// `actor.renamed` of the actor `org:NAME`.
fn renames(name: &str, to: &str) -> Vec<String> {
    let (actor, to) = (format!("actor=org:{name}"), format!("name={to}"));
    ["actor.renamed", "--actor", ACTOR, "--set", &actor, "--set", &to].map(String::from).to_vec()
}

fn args<'a>(words: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    words.iter().map(String::as_str).chain(more.iter().copied()).collect()
}

#[track_caller]
fn draft(world: &World, what: &[String], out: &str) -> String {
    world.ok(&args(&[vec!["draft".to_owned()], what.to_vec()].concat(), &["--out", out]));
    out.to_owned()
}

#[track_caller]
fn signed(world: &World, what: &[String], out: &str) -> String {
    draft(world, what, out);
    world.ok(&["sign", out, "--yes"]);
    out.to_owned()
}

#[track_caller]
fn recorded(world: &World, what: &[String]) {
    let file = signed(world, what, "passing.event.json");
    world.ok(&["append", &file]);
    fs::remove_file(world.at(&file)).unwrap();
}

/// `answerable`, as an author runs it who has no ledger.
fn away(world: &World, words: &[&str]) -> Output {
    finish(world.command(words).env("ANSWERABLE_LEDGER", "there-is-none"))
}

/// A line of a shell, with `answerable` on the path.
fn shell(world: &World, line: &str) -> Output {
    let mut command = Command::new("sh");
    world.tame(&mut command);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths([bin_dir().to_owned()].into_iter().chain(std::env::split_paths(&path))).unwrap();
    command.env("PATH", path).env("ANSWERABLE_LEDGER", "ledger").env("ANSWERABLE_KEYS", "keys");
    finish(command.args(["-c", line]))
}

/// A pin card, as `init --format json` prints it.
fn pin_card(world: &World) -> String {
    let pins = world.pins();
    let card = json!({
        "schema": "answerable.pin_card/v1", "origin": ORIGIN, "ledger_id": pins.ledger_id, "log_key": pins.log_key,
    });
    world.write("pin.json", card.to_string())
}

fn event(world: &World, file: &str) -> Value {
    let file: Value = serde_json::from_slice(&world.read(file)).unwrap();
    file["event"].clone()
}

/// What the statement and its place are, without what differs from draft to draft.
fn settled(mut event: Value) -> Value {
    let members = event.as_object_mut().unwrap();
    assert!(members.remove("nonce").is_some() && members.remove("issued").is_some());
    event
}

/// The rows of `append --dry-run`, by their exit code.
#[track_caller]
fn rehearsed(world: &World, files: &[&str], code: i32) -> Vec<Value> {
    let said = world.run(&[&["append", "--dry-run", "--format", "json"], files].concat()).expect(code).json();
    assert_eq!(said["schema"], "answerable.append_dry_run/v1");
    said["rows"].as_array().unwrap().clone()
}

/// A world with two records of the founder about `org:x`, an export, a card for that stream and for one without
/// records, and the pin card.
fn with_sources() -> World {
    let world = World::bare();
    recorded(&world, &registers("x"));
    recorded(&world, &renames("x", "Y"));
    pin_card(&world);
    world.ok(&["export", "export"]);
    let made = world.ok(&["card", "--actor", ACTOR, "--stream", "actor:org:x", "--stream", "actor:org:new"]);
    assert_eq!(made.trim(), CARD);
    world
}

#[test]
fn a_draft_from_an_export_or_a_card_is_the_draft_from_the_ledger() {
    for from in ["export", CARD] {
        for what in [renames("x", "Z"), registers("new")] {
            let world = with_sources();
            draft(&world, &what, "here.json");
            let words = [vec!["draft".to_owned()], what.clone()].concat();
            let said = away(&world, &args(&words, &["--from", from, "--pin", "pin.json", "--out", "away.json"]));
            assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{said:?}");
            let (here, there) = (event(&world, "here.json"), event(&world, "away.json"));
            assert_eq!(settled(here.clone()), settled(there.clone()), "{from}");
            assert_ne!(here["nonce"], there["nonce"]);
            assert_eq!(there["follows"].is_null(), what[0] == "actor.registered");
            // Meanwhile the ledger grows; the draft still stands, and says which ledger its author saw.
            recorded(&world, &registers("meanwhile"));
            world.ok(&["sign", "away.json", "--yes"]);
            world.ok(&["append", "away.json"]);
            assert_eq!((there["seen"]["size"].as_u64(), world.size()), (Some(5), 7));
        }
    }
}

#[test]
fn without_a_pin_a_notice_says_what_was_not_checked() {
    let world = with_sources();
    let pins = world.pins();
    let words = [vec!["draft".to_owned()], renames("x", "Z")].concat();
    let noted = |more: &[&str]| {
        let said = away(&world, &args(&words, &[&["--dry-run"], more].concat())).expect(0);
        serde_json::from_str::<Value>(&said.stdout).expect("stdout is the event alone");
        said.stderr
    };
    let (id, key) = (["--ledger-id", pins.ledger_id.as_str()], ["--log-key", pins.log_key.as_str()]);
    for from in [["--from", "export"], ["--from", CARD]] {
        assert!(noted(&from).starts_with("notice: ") && noted(&from).contains("authenticity"), "{from:?}");
        assert_eq!(noted(&[from, id, key].concat()), "", "{from:?}");
    }
    assert_eq!(noted(&[["--from", "export"], id].concat()), "");
    // A card is not signed as a whole: one pin alone leaves something open.
    assert!(noted(&[["--from", CARD], id].concat()).contains("signature of its checkpoint"));
    assert!(noted(&[["--from", CARD], key].concat()).contains("ledger id"));
    // Pins are for what comes from elsewhere.
    world.run(&args(&words, &["--pin", "pin.json", "--dry-run"])).expect(2);
}

#[test]
fn a_false_export_is_no_base_for_a_draft() {
    let world = with_sources();
    let words = [vec!["draft".to_owned()], renames("x", "Z")].concat();
    let refused = |more: &[&str]| {
        let said = away(&world, &args(&words, &[&["--from", "export", "--out", "away.json"], more].concat())).expect(1);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("draft.source_false", ""), "{said:?}");
        assert!(!world.at("away.json").exists());
        said.stderr
    };
    let other = "0".repeat(64);
    assert!(refused(&["--ledger-id", &other]).contains("pin.wrong_ledger"));
    let log = "export/log/000000000000.jsonl";
    let text = String::from_utf8(world.read(log)).unwrap();
    let altered = text.replacen("\"kind\":\"other\",\"name\":\"X\"", "\"kind\":\"other\",\"name\":\"W\"", 1);
    assert_ne!(altered, text);
    world.write(log, altered);
    for pins in [&[][..], &["--pin", "pin.json"]] {
        assert!(refused(pins).contains("record 3"), "the altered record is named");
    }
    // The last record is gone: the draft would follow an older one.
    let cut = text.lines().take(4).map(|l| format!("{l}\n")).collect::<String>();
    world.write(log, cut);
    assert!(refused(&[]).contains("tree.truncated"));
    assert_eq!(away(&world, &args(&words, &["--from", "nothing-here"])).expect(4).error_code(), "file.io");
}

#[test]
fn a_card_with_another_checkpoint_is_refused_under_a_pin() {
    let world = with_sources();
    let good: Value = serde_json::from_slice(&world.read(CARD)).unwrap();
    let note = good["checkpoint"].as_str().unwrap().to_owned();
    let words = [vec!["draft".to_owned()], renames("x", "Z")].concat();
    let draft_of = |card: &Value, more: &[&str]| {
        world.write("card.json", card.to_string());
        away(&world, &args(&words, &[&["--from", "card.json", "--dry-run"], more].concat()))
    };
    let with = |member: &str, value: Value| {
        let mut card = good.clone();
        card[member] = value;
        card
    };
    assert_eq!(draft_of(&good, &["--pin", "pin.json"]).code, 0);
    let mut codes = BTreeSet::new();
    for (at, c) in note.char_indices().filter(|(_, c)| c.is_ascii()) {
        let other = match c {
            '5' => '6',
            'a'..='y' | 'A'..='Y' => (c as u8 + 1) as char,
            _ => 'a',
        };
        let flipped = format!("{}{other}{}", &note[..at], &note[at + 1..]);
        let said = draft_of(&with("checkpoint", json!(flipped)), &["--pin", "pin.json"]);
        assert_eq!((said.code, said.stdout.as_str()), (1, ""), "{flipped:?}: {said:?}");
        codes.insert(said.error_code().to_owned());
    }
    assert!(codes.iter().all(|c| c.starts_with("checkpoint.")), "{codes:?}");
    assert!(codes.contains("checkpoint.bad_signature"), "{codes:?}");
    // Without a pin nobody can tell, and the notice says so; but whoever appends it finds out.
    let larger = with("checkpoint", json!(note.replacen("\n5\n", "\n6\n", 1)));
    let said = draft_of(&larger, &[]).expect(0);
    assert!(said.stderr.contains("notice: "));
    world.write("larger.event.json", &said.stdout);
    world.ok(&["sign", "larger.event.json", "--yes"]);
    assert_eq!(rehearsed(&world, &["larger.event.json"], 1)[0]["code"], "event.seen_ahead");
    // Another log's checkpoint, another ledger, another operator.
    let code = |card: &Value, more: &[&str]| draft_of(card, more).expect(1).error_code().to_owned();
    assert_eq!(code(&with("origin", json!("other.example")), &[]), "checkpoint.wrong_origin");
    assert_eq!(code(&with("origin", json!("other.example")), &["--pin", "pin.json"]), "checkpoint.wrong_origin");
    assert_eq!(code(&with("ledger", json!("0".repeat(64))), &["--pin", "pin.json"]), "pin.wrong_ledger");
    let founder = format!("{KEY}=Others");
    let found = ["--keys", "other-keys", "init", "other", "--origin", ORIGIN, "--title", "T", "--founder", &founder];
    world.ok(&["--keys", "other-keys", "key", "new", KEY, "--no-passphrase"]);
    let pin = world.ok(&[&found[..], &["--no-passphrase", "--yes", "--format", "json"]].concat());
    let key = serde_json::from_str::<Value>(&pin).unwrap()["log_key"].as_str().unwrap().to_owned();
    assert_eq!(code(&good, &["--log-key", &key]), "checkpoint.not_by_pinned_key");
}

#[test]
fn what_is_no_card_is_refused() {
    let world = with_sources();
    let good: Value = serde_json::from_slice(&world.read(CARD)).unwrap();
    let mut lies = vec![json!({}), json!([]), json!("card")];
    let mut lie = |alter: &dyn Fn(&mut Value)| {
        let mut card = good.clone();
        alter(&mut card);
        assert_ne!(card, good);
        lies.push(card);
    };
    lie(&|c| c["schema"] = json!("answerable.stream_card/v2"));
    lie(&|c| c["more"] = json!(1));
    lie(&|c| c["streams"] = json!([]));
    lie(&|c| c["streams"].as_array_mut().unwrap().reverse());
    lie(&|c| {
        let twice = c["streams"][0].clone();
        c["streams"].as_array_mut().unwrap().insert(0, twice);
    });
    // A null that is left out is a mistake, not a stream without records.
    lie(&|c| {
        c["streams"][0].as_object_mut().unwrap().remove("follows");
    });
    let words = [vec!["draft".to_owned()], renames("x", "Z")].concat();
    for card in lies {
        world.write("card.json", card.to_string());
        let said = away(&world, &args(&words, &["--from", "card.json", "--dry-run"])).expect(2);
        assert_eq!(said.error_code(), "draft.card_malformed", "{card}");
    }
    for pin in ["{}", "{\"schema\":\"answerable.pin_card/v1\"}"] {
        world.write("bad-pin.json", pin);
        let said = away(&world, &args(&words, &["--from", CARD, "--pin", "bad-pin.json", "--dry-run"])).expect(2);
        assert_eq!(said.error_code(), "pin.malformed");
    }
}

/// A card for other streams, or for another actor, says nothing of this one; the operator is told what to run.
#[test]
fn a_card_that_lacks_the_stream_names_the_command_for_a_better_one() {
    let world = with_sources();
    let words = [vec!["draft".to_owned()], registers("y")].concat();
    world.ok(&["card", "--actor", "org:else", "--stream", "actor:org:y", "--out", "else.json"]);
    let lacking = |card: &str| {
        let said = away(&world, &args(&words, &["--from", card, "--dry-run"])).expect(2);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("draft.card_lacks_stream", ""), "{said:?}");
        assert!(said.stderr.contains("actor:org:y"), "{said:?}");
        said.stderr
    };
    assert!(lacking("else.json").contains("org:else"));
    let said = lacking(CARD);
    let command = said.split_once("operator to run: ").unwrap().1.trim();
    // An older card is not overwritten.
    assert_eq!(shell(&world, command).expect(2).error_code(), "file.exists");
    fs::remove_file(world.at(CARD)).unwrap();
    shell(&world, command).expect(0);
    let drafted = away(&world, &args(&words, &["--from", CARD, "--dry-run"])).expect(0);
    assert!(drafted.stdout.contains("\"follows\":null"));
}

#[test]
fn a_dry_run_of_a_card_prints_it_and_writes_nothing() {
    let world = World::small();
    world.ok(&["status"]);
    let before = read_tree(world.path());
    let words = ["card", "--actor", ACTOR, "--stream", "treaty:genocide-convention:RWA", "roles:org:test"];
    let said = world.ok(&[&words[..], &["--dry-run"]].concat());
    let after = read_tree(world.path());
    let names = |tree: &Tree| tree.keys().filter(|k| !k.contains("index/streams")).cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    world.ok(&words);
    assert_eq!(said.as_bytes(), world.read(CARD));
    let card: Value = serde_json::from_str(&said).unwrap();
    let names: Vec<_> = card["streams"].as_array().unwrap().iter().map(|s| s["stream"].as_str().unwrap()).collect();
    assert_eq!(names, ["roles:org:test", "treaty:genocide-convention:RWA"]);
    assert_eq!(card["checkpoint"].as_str().unwrap().as_bytes(), world.read("ledger/checkpoint"));
}

#[test]
fn a_stale_event_is_drafted_again_and_accepted() {
    for from in [None, Some("export"), Some(CARD)] {
        let world = World::bare();
        recorded(&world, &registers("x"));
        let late = signed(&world, &renames("x", "Late"), "late.event.json");
        let late_bytes = world.read(&late);
        recorded(&world, &renames("x", "First"));
        let said = world.run(&["append", &late]).expect(1);
        assert_eq!(said.error_code(), "event.stale_follows");
        match from {
            None => {
                // The hint is the command, and nothing else.
                let hint = said.stderr.lines().find_map(|l| l.strip_prefix("hint: ")).unwrap();
                shell(&world, hint).expect(0);
            }
            Some(from) => {
                world.ok(&["export", "export"]);
                world.ok(&["card", "--actor", ACTOR, "--stream", "actor:org:x"]);
                pin_card(&world);
                let words = ["draft", "--again", &late, "--from", from, "--pin", "pin.json"];
                assert_eq!(away(&world, &words).expect(0).stdout.trim(), "late-again.event.json");
                assert_eq!(away(&world, &words).expect(2).error_code(), "file.exists");
            }
        }
        assert_eq!(world.read(&late), late_bytes, "the old file stays");
        let (old, new) = (event(&world, &late), event(&world, "late-again.event.json"));
        for member in ["type", "actor", "body", "effective", "standing", "signers", "stream", "ledger", "v"] {
            assert_eq!(old[member], new[member], "{member}");
        }
        for member in ["follows", "seen", "nonce", "issued"] {
            assert_ne!(old[member], new[member], "{member}");
        }
        world.ok(&["sign", "late-again.event.json", "--yes"]);
        world.ok(&["append", "late-again.event.json"]);
        world.ok(&["export", "whole"]);
        world.verify("whole", &world.pins()).expect(0);
    }
}

#[test]
fn drafted_again_a_statement_keeps_its_source_and_attachments() {
    let world = World::bare();
    let source = ["--standing", "transcribed", "--source-title", "A table", "--source-document", "A/1"];
    let more = ["--source-seen", "2001-02-03", "--effective", "1999-12"].map(String::from);
    let what = [registers("x"), source.map(String::from).to_vec(), more.to_vec()].concat();
    draft(&world, &what, "x.json");
    let mut changed = SignedEvent::parse(&world.read("x.json")).unwrap().event;
    let hash = changed.ledger.unwrap();
    changed.attachments =
        Some(vec![Attachment { media_type: "application/pdf".into(), salted: true, sha256: hash, size: 4711 }]);
    world.write("x.json", SignedEvent::draft(&changed).unwrap().to_file());
    assert_eq!(world.ok(&["draft", "--again", "x.json"]).trim(), "x-again.event.json");
    assert_eq!(settled(event(&world, "x.json")), settled(event(&world, "x-again.event.json")));
    // What the file says is not said a second time.
    for more in [&["actor.renamed"][..], &["--actor", ACTOR], &["--set", "name=Y"], &["--standing", "own"]] {
        world.run(&[&["draft", "--again", "x.json"], more].concat()).expect(2);
    }
    world.run(&["draft"]).expect(2);
}

/// A file of events that rest on each other was refused by the dry run, and accepted by the append.
#[test]
fn events_that_rest_on_each_other_are_rehearsed_together() {
    let world = World::bare();
    let role = |kind: &str, more: &[&str]| {
        let words = [kind, "--actor", ACTOR, "--set", "actor=org:test", "--set", "role=registrar"];
        [&words[..], more].concat().into_iter().map(String::from).collect::<Vec<_>>()
    };
    recorded(&world, &role("role.withdrawn", &["--set", "reason=a pause"]));
    // The right to register, a registration by that right, and a name of what was registered.
    for (file, what) in
        [("1.json", role("role.granted", &[])), ("2.json", registers("x")), ("3.json", renames("x", "Y"))]
    {
        draft(&world, &what, file);
    }
    let mut third = SignedEvent::parse(&world.read("3.json")).unwrap().event;
    third.follows = Some(SignedEvent::parse(&world.read("2.json")).unwrap().id);
    world.write("3.json", SignedEvent::draft(&third).unwrap().to_file());
    ["1.json", "2.json", "3.json"].iter().for_each(|f| drop(world.ok(&["sign", f, "--yes"])));
    world.write("all.jsonl", ["1.json", "2.json", "3.json"].map(|f| world.read(f)).concat());
    let before = read_tree(world.path());
    let rows = rehearsed(&world, &["all.jsonl"], 0);
    let after = read_tree(world.path());
    let changed: Vec<_> =
        before.iter().filter(|(k, v)| !k.contains("index/streams") && after.get(*k) != Some(v)).collect();
    assert!(changed.is_empty() && after.len() == before.len(), "{changed:?}");
    let seqs: Vec<_> = rows.iter().map(|r| r["seq"].as_str().unwrap()).collect();
    assert_eq!(seqs, ["4", "5", "6"]);
    assert!(rows.iter().all(|r| r["next"] == json!(["answerable append all.jsonl"])), "{rows:?}");
    shell(&world, "answerable append all.jsonl").expect(0);
    assert_eq!(world.size(), 7);
}

/// What a dry run says is what an append then does, event by event.
#[test]
fn a_dry_run_gives_the_verdicts_of_the_append() {
    let world = World::bare();
    let done = signed(&world, &registers("done"), "done.json");
    let stale = signed(&world, &renames("done", "Stale"), "stale.json");
    world.ok(&["append", &done]);
    let good = signed(&world, &registers("x"), "good.json");
    let twin = signed(&world, &registers("x"), "twin.json");
    let unsigned = draft(&world, &registers("y"), "unsigned.json");
    let unlawful = signed(&world, &renames("nobody", "Z"), "unlawful.json");
    let grant = ["role.granted", "--actor", ACTOR, "--set", "actor=org:test", "--set", "role=registrar"];
    let held = signed(&world, &grant.map(String::from), "held.json");
    let forged = signed(&world, &registers("z"), "forged.json");
    let mut lie: Value = serde_json::from_slice(&world.read(&forged)).unwrap();
    let mut sig = base64_decode(lie["signatures"][0]["sig"].as_str().unwrap()).unwrap();
    sig[0] ^= 1;
    lie["signatures"][0]["sig"] = json!(base64_encode(&sig));
    world.write(&forged, lie.to_string() + "\n");
    let files = [&done, &stale, &good, &good, &twin, &unsigned, &unlawful, &held, &forged].map(|f| f.as_str());
    let rows = rehearsed(&world, &files, 1);
    let appended = world.run(&[&["append", "--format", "json"], &files[..]].concat()).expect(1).json();
    let appended = appended["rows"].as_array().unwrap();
    assert_eq!(rows.len(), files.len());
    for (would, did) in rows.iter().zip(appended) {
        let verdict = match did["outcome"].as_str().unwrap() {
            "recorded" => "would be recorded",
            "refused" => "would be refused",
            other => other,
        };
        assert_eq!(would["verdict"], verdict, "{would}");
        assert_eq!(would["seq"].as_str().unwrap_or(""), did["seq"], "{would}");
        if verdict == "would be refused" {
            assert_eq!(would["code"], did["flags"], "{would}");
        }
    }
    let codes: Vec<_> = rows.iter().filter_map(|r| r["code"].as_str()).collect();
    let expected = [
        "event.stale_follows",
        "event.stale_follows",
        "signature.signers_differ",
        "law.actor.unknown",
        "role.already_held",
        "signature.bad",
    ];
    assert_eq!(codes, expected);
    // Why it is stale: what was said since; and who has not signed.
    let between = |row: &Value| row["between"].as_array().unwrap().iter().map(|b| b["seq"].clone()).collect::<Vec<_>>();
    assert_eq!(between(&rows[1]), ["3"]);
    assert!(rows[1]["between"][0]["says"].as_str().unwrap().contains("org:done"), "{}", rows[1]);
    assert_eq!(between(&rows[4]), ["4"]);
    assert_eq!(rows[5]["missing"], json!([KEY]));
    assert_eq!(rows[0]["next"], json!(["answerable show 3"]));
    assert_eq!(rows[6]["next"], json!([]), "only a person can know");
}

/// Runs the commands that a dry run tells for `file`, and for the files that they make, until nothing is left to do.
fn follow(world: &World, places: &[&str], file: &str) {
    let mut todo = vec![file.to_owned()];
    for _ in 0..8 {
        let Some(file) = todo.pop() else { return };
        let words = [places, &["append", "--dry-run", "--format", "json"], &[&file]].concat();
        let mut ran = BTreeSet::new();
        for row in world.run(&words).json()["rows"].as_array().unwrap() {
            for command in row["next"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()) {
                // The lines of one file are appended by one command.
                if !ran.insert(command.to_owned()) {
                    continue;
                }
                let signs = command.contains("answerable sign ");
                let said = shell(world, &format!("{command}{}", if signs { " --yes" } else { "" }));
                // A file of several events is answered for all of them.
                let mixed = said.code == 1 && command.starts_with("answerable append ");
                assert!(said.code == 0 || mixed, "{command}: {said:?}");
                if signs {
                    todo.extend(command.split_whitespace().find(|w| w.ends_with(".json")).map(str::to_owned));
                } else if command.contains("answerable draft ") {
                    todo.push(said.stdout.trim_end().to_owned());
                }
            }
        }
    }
    assert!(todo.is_empty(), "no end of commands: {todo:?}");
}

#[test]
fn the_commands_of_a_dry_run_lead_to_a_record() {
    let says = |world: &World, what: &str| world.ok(&["log", "-n", "50"]).contains(what);
    // Signatures are missing: of one key, of two.
    let world = World::bare();
    draft(&world, &registers("x"), "x.event.json");
    follow(&world, &[], "x.event.json");
    assert!(says(&world, "(org:x) exists"), "unsigned");

    world.ok(&["key", "new", "org:x#1", "--no-passphrase"]);
    let enrol = ["draft", "key.enrolled", "--actor", ACTOR, "--enrol", "org:x#1", "--out", "enrol.event.json"];
    world.ok(&enrol);
    let row = &rehearsed(&world, &["enrol.event.json"], 1)[0];
    assert_eq!(row["missing"], json!([KEY, "org:x#1"]));
    assert_eq!(row["next"].as_array().unwrap().len(), 2);
    world.ok(&["sign", "enrol.event.json", "--key", KEY, "--yes"]);
    assert_eq!(rehearsed(&world, &["enrol.event.json"], 1)[0]["missing"], json!(["org:x#1"]));
    follow(&world, &[], "enrol.event.json");
    assert!(says(&world, "org:x#1 may sign"), "two signers");

    // It comes too late, signed or not; from a place that the environment does not name; under a difficult name.
    for (i, (name, sign)) in [("late.event.json", true), ("not 'so' late.json", false)].into_iter().enumerate() {
        draft(&world, &renames("x", &format!("Late{i}")), name);
        if sign {
            world.ok(&["sign", name, "--yes"]);
        }
        recorded(&world, &renames("x", &format!("Early{i}")));
        let row = &rehearsed(&world, &[name], 1)[0];
        assert_eq!(row["between"].as_array().unwrap().len(), 1, "{row}");
        if sign {
            follow(&world, &["--ledger", "./ledger", "--keys", "./keys"], name);
        } else {
            let again = row["next"][0].as_str().unwrap();
            let made = shell(&world, again).expect(0).stdout;
            fs::rename(world.at(made.trim_end()), world.at("plain.event.json")).unwrap();
            follow(&world, &[], "plain.event.json");
        }
        assert!(says(&world, &format!("Late{i}")), "{name}");
    }

    // Recorded already.
    let done = signed(&world, &registers("done"), "done.event.json");
    world.ok(&["append", &done]);
    let seq = (world.size() - 1).to_string();
    let next = rehearsed(&world, &[&done], 0)[0]["next"][0].as_str().unwrap().to_owned();
    assert_eq!(next, format!("answerable show {seq}"));
    assert!(shell(&world, &next).expect(0).stdout.contains("(org:done) exists"));
}

#[test]
fn a_line_among_others_is_taken_out_signed_and_drafted_again() {
    let world = World::bare();
    recorded(&world, &registers("x"));
    draft(&world, &registers("unsigned"), "1.json");
    signed(&world, &renames("x", "Late"), "2.json");
    signed(&world, &registers("good"), "3.json");
    recorded(&world, &renames("x", "Early"));
    // An empty line is none, and lines are counted as an editor counts them.
    let lines = [world.read("1.json"), b"\n".to_vec(), world.read("2.json"), world.read("3.json")].concat();
    world.write("all.jsonl", lines);
    let rows = rehearsed(&world, &["all.jsonl"], 1);
    let names: Vec<_> = rows.iter().map(|r| r["file"].as_str().unwrap()).collect();
    assert_eq!(names, ["all.jsonl:1", "all.jsonl:3", "all.jsonl:4"]);
    follow(&world, &[], "all.jsonl");
    let log = world.ok(&["log"]);
    for what in ["(org:unsigned) exists", "org:x is named Late", "(org:good) exists"] {
        assert!(log.contains(what), "{what}\n{log}");
    }
}

/// Of two events in one stream, the second waits for the first, whatever the first waits for.
#[test]
fn an_event_waits_for_the_one_that_it_follows() {
    let world = World::bare();
    draft(&world, &registers("x"), "first.json");
    draft(&world, &renames("x", "Y"), "second.json");
    let mut second = SignedEvent::parse(&world.read("second.json")).unwrap().event;
    second.follows = Some(SignedEvent::parse(&world.read("first.json")).unwrap().id);
    world.write("second.json", SignedEvent::draft(&second).unwrap().to_file());
    world.ok(&["sign", "second.json", "--yes"]);
    // The first is not signed: signing it is all there is to do.
    let rows = rehearsed(&world, &["first.json", "second.json"], 1);
    assert_eq!(rows[1]["code"], "event.stale_follows");
    assert_eq!(rows[1]["next"], rows[0]["next"]);
    assert!(rows[1]["message"].as_str().unwrap().contains("not recorded"), "{}", rows[1]);
    world.ok(&["sign", "first.json", "--yes"]);
    rehearsed(&world, &["first.json", "second.json"], 0);
    // Named in the wrong order, the first comes in, and then the second.
    let rows = rehearsed(&world, &["second.json", "first.json"], 1);
    assert_eq!(rows[0]["next"], json!(["answerable append first.json", "answerable append second.json"]));
    let said = world.run(&["append", "second.json", "first.json"]).expect(1);
    assert!(said.stderr.contains("hint: answerable append second.json\n"), "{said:?}");
    world.ok(&["append", "second.json"]);
    assert_eq!(world.size(), 5);
}
