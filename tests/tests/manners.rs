//! Manners (DESIGN.md section 9): errors and their exit codes, keys, other people's tools, generated documents.
//! Not here: answers (`path`), verdicts (`tamper`).

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use answerable_tests::{ACTOR, KEY, Output, World, example, finish, installed, read_tree, repository};
use answerable_verifier::dsse;
use answerable_verifier::encoding::{base64_decode_array, base64_encode};
use answerable_verifier::record::Record;
use serde_json::Value;

const ENCRYPTED: &str = "org:locked#1";

/// With a key under the passphrase in `pass`, and the wrong one in `wrong`.
fn with_locked_key() -> World {
    let world = World::bare();
    world.write("pass", "correct horse\n");
    world.write("wrong", "battery staple\n");
    world.ok(&["key", "new", ENCRYPTED, "--passphrase-file", "pass"]);
    world
}

/// What changes from run to run: ids, hashes, times, nonces, and this machine's paths.
fn redacted(world: &World, text: &str) -> String {
    let text = text.replace(&*world.path().to_string_lossy(), "[HERE]");
    let text = text.replace(&*repository().to_string_lossy(), "[REPOSITORY]");
    let mut out = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        let hex = word.len() >= 12 && word.bytes().all(|b| b.is_ascii_hexdigit());
        let root = word.len() == 44 && word.ends_with('=');
        let time = word.len() == 24 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
        out.push_str(if hex {
            "[HASH]"
        } else if root {
            "[ROOT]"
        } else if time {
            "[TIME]"
        } else {
            word
        });
        word.clear();
    };
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || ".:-+/=".contains(c) {
            word.push(c);
        } else {
            flush(&mut word, &mut out);
            out.push(c);
        }
    }
    flush(&mut word, &mut out);
    out
}

/// Every kind of error, as a person meets it. stdout is the answer, so it stays empty; the message comes once, with
/// what to do.
#[test]
fn errors_are_told_once_and_say_what_to_do() {
    let world = with_locked_key();
    let strange = world.write("strange.csv", "a,b\n1,2\n");
    world.write("empty.json", "");
    world.write("broken.toml", "version = 1\nid = \"x\"\n");
    let states = example("mappings/states.toml");
    let draft = ["draft", "actor.registered", "--actor", ACTOR, "--set", "actor=org:x", "--set", "name=X"];
    let whole = [&draft[..], &["--set", "kind=other", "--effective", "1999-01-01"]].concat();
    let import = ["import", &strange, "--actor", ACTOR, "--mapping"];
    // Not a registrar's: signed by a key that no event introduced.
    world.ok(&[&["draft", "actor.registered", "--actor", "org:locked"], &whole[4..], &["--out", "x.json"]].concat());
    world.ok(&["sign", "x.json", "--yes", "--passphrase-file", "pass"]);
    world.ok(&[&whole[..], &["--out", "unsigned.json"]].concat());
    let cases: Vec<(&str, i32, Vec<&str>)> = vec![
        ("an unknown treaty", 2, vec!["treaty", "status", "peace-of-westphalia"]),
        ("an unknown stream", 2, vec!["history", "treaty:peace-of-westphalia:FRA"]),
        ("an unknown record", 2, vec!["show", "999"]),
        ("no ledger here", 2, vec!["--ledger", "elsewhere", "status"]),
        (
            "a founding in a folder with something in it",
            2,
            vec![
                "init",
                "ledger",
                "--origin",
                "a.example",
                "--title",
                "T",
                "--founder",
                "org:test#1=T",
                "--yes",
                "--no-passphrase",
            ],
        ),
        ("no key", 2, vec!["draft", "actor.registered", "--actor", "org:nobody", "--set", "name=X"]),
        ("no such key", 2, vec!["key", "show", "org:nobody#1"]),
        ("a key that exists", 2, vec!["key", "new", KEY, "--no-passphrase"]),
        ("a wrong passphrase", 2, vec!["sign", "x.json", "--yes", "--key", ENCRYPTED, "--passphrase-file", "wrong"]),
        ("no terminal for a passphrase", 2, vec!["sign", "x.json", "--yes", "--key", ENCRYPTED]),
        ("no terminal for a new passphrase", 2, vec!["key", "new", "org:other#1"]),
        ("no terminal for a question", 2, vec!["sign", "unsigned.json"]),
        ("an unknown type", 2, vec!["draft", "actor.abolished", "--actor", ACTOR]),
        ("a body that lacks a member", 2, draft.to_vec()),
        ("a file that exists", 2, [&whole[..], &["--out", "x.json"]].concat()),
        ("a bad date", 2, vec!["treaty", "list", "--as-of", "2015-02-30"]),
        ("a bad moment of knowledge", 2, vec!["log", "--known-at", "yesterday"]),
        ("more than is known", 2, vec!["log", "--known-at", "4711"]),
        ("a key that is not on record", 1, vec!["append", "x.json", "--dry-run"]),
        ("no signature", 1, vec!["append", "unsigned.json", "--dry-run"]),
        ("no event file", 4, vec!["append", "nothing.json"]),
        ("an empty event file", 2, vec!["append", "empty.json"]),
        ("a verification of nothing", 4, vec!["verify", "nowhere"]),
        ("a verdict as a table", 2, vec!["verify", "ledger", "--format", "csv"]),
        ("a pin that is none", 2, vec!["verify", "ledger", "--ledger-id", "abc"]),
        ("a table that lacks a column", 2, [&import[..], &[&states, "--yes"]].concat()),
        ("a mapping that is none", 2, [&import[..], &["broken.toml", "--yes"]].concat()),
        ("no table", 4, vec!["import", "nothing.csv", "--actor", ACTOR, "--mapping", &states, "--yes"]),
        ("an unknown command", 2, vec!["frobnicate"]),
        ("a missing argument", 2, vec!["treaty", "status"]),
        ("no command", 2, vec![]),
    ];
    let mut told = String::new();
    let mut wrong = Vec::new();
    for (what, code, args) in &cases {
        let Output { code: got, stdout, stderr } = world.run(args);
        let text = redacted(&world, &stderr);
        told += &format!("# {what}\n$ answerable {}\nexit {got}\n{text}\n", redacted(&world, &args.join(" ")));
        if got != *code {
            wrong.push(format!("{what}: exit {got}, not {code}"));
        }
        // A refused event is an answer as well: a row that says so.
        if !stdout.is_empty() && !args.contains(&"append") {
            wrong.push(format!("{what}: stdout is not empty: {stdout}"));
        }
        if !args.is_empty() && stderr.matches("error: ").count() != 1 {
            wrong.push(format!("{what}: not one error: {stderr}"));
        }
        // The words of clap have tips and usage lines of their own.
        let clap = stderr.contains("For more information, try") || args.is_empty();
        if !clap && stderr.lines().filter(|l| l.starts_with("hint: ")).count() != 1 {
            wrong.push(format!("{what}: not one hint: {stderr}"));
        }
        if stderr.contains('\x1b') || stderr.contains("panicked") {
            wrong.push(format!("{what}: {stderr}"));
        }
    }
    insta::assert_snapshot!("errors", told);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whatever the verifier refuses, a person is told what to do about it.
#[test]
fn a_file_that_is_no_event_has_a_hint() {
    let world = World::bare();
    for text in ["{}\n", "hello\n", "{\"event\":{},\"signatures\":[]}\n"] {
        world.write("x.json", text);
        for args in [["append", "x.json"], ["sign", "x.json"]] {
            let said = world.run(&args);
            assert!(said.code == 1 || said.code == 2, "{said:?}");
            assert_eq!(said.stderr.matches("error: ").count(), 1, "{said:?}");
            assert_eq!(said.stderr.matches("\nhint: ").count(), 1, "{said:?}");
        }
    }
}

/// The exit codes are one table, the same in `--help`, in the manual page and in what the program does.
#[test]
fn the_exit_codes_are_one_table() {
    let world = World::bare();
    let help = world.ok(&["--help"]);
    let table: Vec<&str> = help.lines().skip_while(|l| *l != "Exit codes:").skip(1).collect();
    let codes: Vec<&str> = table.iter().filter_map(|l| l.split_whitespace().next()).collect();
    assert_eq!(codes, ["0", "1", "2", "3", "4", "70"], "{help}");
    let page = world.ok(&["man"]);
    for line in table.iter().map(|l| l.trim()).filter(|l| !l.is_empty()) {
        let words = line.split_once(' ').unwrap().1.trim();
        assert!(page.contains(&words.replace('-', "\\-")) || page.contains(words), "the page lacks {line:?}");
    }
    world.ok(&["export", "export"]);
    world.run(&["verify", "export"]).expect(3);
}

/// `answerable log | head -1`: the reader has what it wanted, and nobody made an error.
#[test]
fn a_closed_pipe_ends_silently() {
    let world = World::founded();
    for args in [&["log", "--from", "0", "-n", "2000"][..], &["man", "--markdown"], &["--help"]] {
        let mut child = world.command(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut first = [0; 1];
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut first).unwrap();
        drop(stdout);
        let output = child.wait_with_output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "{args:?}");
        assert!(matches!(output.status.code(), Some(0) | None), "{args:?}: {:?}", output.status);
    }
}

#[test]
fn no_color_where_none_is_wanted() {
    let world = World::bare();
    for (name, value) in [("NO_COLOR", "1"), ("TERM", "dumb"), ("TERM", "xterm")] {
        for args in [&["status"][..], &["treaty", "status", "nothing"], &["frobnicate"], &["--help"]] {
            let said = finish(world.command(args).env(name, value));
            assert!(
                !said.stdout.contains('\x1b') && !said.stderr.contains('\x1b'),
                "{name}={value} {args:?}: {said:?}"
            );
        }
    }
}

/// Text from a ledger is data. A name that turns the terminal's line around would make one act look like another.
#[test]
fn text_of_the_ledger_cannot_steer_a_terminal() {
    let world = World::bare();
    for name in ["a\u{202e}b", "a\u{1b}[31mb", "a\u{9b}b", "a\u{200b}\u{feff}b", "a\rb"] {
        let name = format!("name={name}");
        let args = ["draft", "actor.registered", "--actor", ACTOR, "--set", "actor=org:x", "--set", "kind=other"];
        let said = world.run(&[&args[..], &["--set", &name, "--out", "x.json"]].concat());
        assert!(
            !said.stderr.chars().any(|c| c.is_control() && c != '\n') && !said.stderr.contains('\u{202e}'),
            "{said:?}"
        );
        if said.code == 0 {
            let shown = world.run(&["sign", "x.json", "--dry-run"]);
            let bad = |c: char| (c.is_control() && c != '\n') || ['\u{202e}', '\u{feff}'].contains(&c);
            assert!(!shown.stderr.chars().any(bad), "{shown:?}");
            fs::remove_file(world.at("x.json")).unwrap();
        }
    }
}

#[test]
fn secret_keys_are_private_and_never_overwritten() {
    let world = with_locked_key();
    world.ok(&["key", "new", "org:clear#1", "--no-passphrase"]);
    let secrets = || -> BTreeMap<String, Vec<u8>> {
        let keys = read_tree(&world.at("keys")).into_iter();
        keys.filter(|(name, _)| name.ends_with(".pem")).map(|(name, bytes)| (name, bytes.unwrap())).collect()
    };
    let before = secrets();
    assert_eq!(before.len(), 4, "{:?}", before.keys());
    for key in ["org:clear#1", ENCRYPTED] {
        let said = world.run(&["key", "new", key, "--no-passphrase"]).expect(2);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("key.exists", ""));
    }
    assert!(before == secrets(), "a secret key was overwritten");
    for name in before.keys().filter(|name| name.starts_with("org~clear") || name.starts_with("org~locked")) {
        let mode = fs::metadata(world.at("keys").join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    // Another passphrase, and the same key.
    world.write("new", "another one\n");
    let public = world.ok(&["key", "show", ENCRYPTED]);
    world.ok(&["key", "passwd", ENCRYPTED, "--passphrase-file", "pass", "--new-passphrase-file", "new"]);
    assert_eq!(world.ok(&["key", "show", ENCRYPTED]), public);
    let file = before.keys().find(|name| name.starts_with("org~locked")).unwrap();
    let mode = fs::metadata(world.at("keys").join(file)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "after passwd");
    let wrong = ["key", "passwd", ENCRYPTED, "--passphrase-file", "pass", "--new-passphrase-file", "new"];
    assert_eq!(world.run(&wrong).expect(2).error_code(), "key.wrong_passphrase");
    assert!(!world.at("keys").join(format!("{file}.new")).exists());
    world.write("nothing", "\n");
    let empty = world.run(&["key", "new", "org:empty#1", "--passphrase-file", "nothing"]).expect(2);
    assert_eq!(empty.error_code(), "key.empty_passphrase");
    assert!(!secrets().keys().any(|name| name.starts_with("org~empty")));
}

/// OpenSSL as a stranger runs it, in the world's folder.
fn openssl(world: &World, args: &[&str]) -> Output {
    let mut command = Command::new("openssl");
    world.tame(&mut command);
    finish(command.args(args))
}

/// A key must outlive this program: `openssl pkey` reads it, and the public half is the one that events introduce.
#[test]
fn openssl_reads_our_keys() {
    if !installed("openssl") {
        return;
    }
    let world = with_locked_key();
    world.ok(&["key", "new", "org:clear#1", "--no-passphrase"]);
    for (key, file, pass) in
        [("org:clear#1", "keys/org~clear#1.pem", "pass:"), (ENCRYPTED, "keys/org~locked#1.pem", "file:pass")]
    {
        let text = openssl(&world, &["pkey", "-in", file, "-passin", pass, "-noout", "-text"]).expect(0).stdout;
        assert!(text.starts_with("ED25519 Private-Key:"), "{text}");
        let public = openssl(&world, &["pkey", "-in", file, "-passin", pass, "-pubout"]).expect(0).stdout;
        let shown: Value = serde_json::from_str(&world.ok(&["key", "show", key])).unwrap();
        // The DER of an Ed25519 public key is twelve fixed bytes and the key.
        let raw: [u8; 32] = base64_decode_array(shown["public_key"].as_str().unwrap()).unwrap();
        let der = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], &raw].concat();
        assert!(public.contains(&base64_encode(&der)), "{public}");
    }
    let refused = openssl(&world, &["pkey", "-in", "keys/org~locked#1.pem", "-passin", "file:wrong", "-noout"]);
    assert_ne!(refused.code, 0, "openssl reads an encrypted key with a wrong passphrase");
}

/// A signature is Ed25519 over the DSSE encoding of the event as it stands in the log: any library can check it.
#[test]
fn openssl_checks_our_signatures() {
    if !installed("openssl") {
        return;
    }
    let world = World::small();
    let log = world.read("ledger/log/000000000000.jsonl");
    openssl(&world, &["pkey", "-in", "keys/org~test#1.pem", "-pubout", "-out", "public.pem"]).expect(0);
    let verify = ["pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", "pae", "-sigfile", "sig"];
    for line in log.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
        let record = Record::parse(line).unwrap();
        // The event is a substring of the record: `{"event":` and then its bytes.
        let event = &line[9..9 + record.signed.bytes.len()];
        let head = format!("DSSEv1 40 application/vnd.answerable.event.v1+json {} ", event.len());
        let pae = [head.as_bytes(), event].concat();
        assert!(pae == dsse::event_pae(event), "another encoding than DSSE's");
        let signature = record.signed.signatures[0].bytes().unwrap();
        world.write("pae", &pae);
        world.write("sig", signature);
        openssl(&world, &verify).expect(0);
        let mut altered = pae;
        *altered.last_mut().unwrap() ^= 1;
        world.write("pae", altered);
        assert_ne!(openssl(&world, &verify).code, 0, "openssl takes an altered event");
    }
}

#[test]
fn jq_reads_the_log_as_it_lies() {
    if !installed("jq") {
        return;
    }
    let world = World::founded();
    let jq = |program: &str| {
        let mut command = Command::new("jq");
        world.tame(&mut command);
        finish(command.args(["-c", program, "ledger/log/000000000000.jsonl"])).expect(0).stdout
    };
    assert_eq!(
        jq(".seq").lines().map(|l| l.parse::<u64>().unwrap()).collect::<Vec<_>>(),
        (0..1177).collect::<Vec<_>>()
    );
    assert_eq!(jq("select(.event.body.state == \"state:RWA\") | .event.effective").lines().count(), 4);
    // jq sorts keys and writes no white space, as RFC 8785 does: the bytes come back as they were.
    let mut command = Command::new("jq");
    world.tame(&mut command);
    let same = finish(command.args(["-cS", ".", "ledger/log/000000000000.jsonl"])).expect(0).stdout;
    assert!(same.as_bytes() == world.read("ledger/log/000000000000.jsonl"), "jq -cS writes other bytes");
}

/// Generated documents are committed, so that they can be read and reviewed; here they are held current.
/// `UPDATE_GENERATED=1 cargo test -p answerable-tests --test manners` writes them anew.
#[test]
fn generated_documents_are_current() {
    let world = World::empty();
    let update = std::env::var_os("UPDATE_GENERATED").is_some();
    let reference = world.ok(&["man", "--markdown"]);
    world.ok(&["schema", "write", "schemas"]);
    let mut wrong = Vec::new();
    let path = repository().join("docs/CLI.md");
    if update {
        fs::write(&path, &reference).unwrap();
    } else if fs::read_to_string(&path).ok().as_deref() != Some(&reference) {
        wrong.push("docs/CLI.md".to_owned());
    }
    let folder = repository().join("schemas/json");
    let (made, committed) =
        (read_tree(&world.at("schemas")), if folder.is_dir() { read_tree(&folder) } else { BTreeMap::new() });
    assert!(made.len() > 20, "{} schemas", made.len());
    if update {
        fs::create_dir_all(&folder).unwrap();
        committed.keys().filter(|n| !made.contains_key(*n)).for_each(|n| fs::remove_file(folder.join(n)).unwrap());
        answerable_tests::write_tree(&made, &folder);
    } else {
        let names = made.keys().chain(committed.keys().filter(|n| !made.contains_key(*n)));
        wrong.extend(names.filter(|n| made.get(*n) != committed.get(*n)).map(|n| format!("schemas/json/{n}")));
    }
    assert!(wrong.is_empty(), "not current: {}; set UPDATE_GENERATED=1 and run again", wrong.join(", "));
}

/// Completions and manual pages are made of the same definition as the program.
#[test]
fn completions_and_pages_are_made() {
    let world = World::empty();
    for shell in ["bash", "zsh", "fish"] {
        assert!(world.ok(&["completions", shell]).contains("answerable"), "{shell}");
    }
    world.ok(&["man", "--out", "man"]);
    let pages = read_tree(&world.at("man"));
    assert!(
        pages.contains_key("answerable.1") && pages.contains_key("answerable-treaty-status.1"),
        "{:?}",
        pages.keys()
    );
}
