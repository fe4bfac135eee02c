//! Who holds a key, and how it is asked for: passphrases, terminals, signers outside the program, keys taken in.
//! Not here: where requests and signatures go (`joining`).

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use answerable_tests::{ACTOR, KEY, Output, World, bin_dir, finish, installed, read_tree};
use answerable_verifier::dsse;
use answerable_verifier::encoding::base64_encode;
use answerable_verifier::record::SignedEvent;
use serde_json::Value;

const LOCKED: &str = "org:locked#1";
const OTHER: &str = "org:other#1";
const HSM: &str = "org:hsm#1";

fn openssl(world: &World, args: &[&str]) -> Output {
    let mut command = Command::new("openssl");
    world.tame(&mut command);
    finish(command.args(args))
}

/// An event file that these keys shall sign. That they are enrolled nowhere is no matter of signing.
fn to_sign(world: &World, signers: &[&str]) -> String {
    let mut args = vec!["draft", "actor.registered", "--actor", ACTOR, "--out", "act.event.json"];
    args.extend(["--set", "actor=org:x", "--set", "name=X", "--set", "kind=other"]);
    signers.iter().for_each(|key| args.extend(["--signer", key]));
    world.ok(&args);
    "act.event.json".to_owned()
}

/// With two keys under two passphrases.
fn with_locked_keys() -> World {
    let world = World::bare();
    for (key, file, passphrase) in [(LOCKED, "pass", "correct horse"), (OTHER, "pass2", "battery staple")] {
        world.write(file, format!("{passphrase}\nthe second line is no part of it\n"));
        world.ok(&["key", "new", key, "--passphrase-file", file]);
    }
    world
}

#[test]
fn each_key_has_its_own_passphrase_file() {
    let world = with_locked_keys();
    let act = to_sign(&world, &[KEY, LOCKED, OTHER]);
    let sign = |files: &[&str]| {
        let mut args = vec!["sign", &act, "--yes"];
        files.iter().for_each(|file| args.extend(["--passphrase-file", file]));
        world.run(&args)
    };
    let unsigned = world.read(&act);
    assert_eq!(sign(&["pass"]).expect(2).error_code(), "key.wrong_passphrase");
    assert_eq!(sign(&["pass", "pass2"]).expect(2).error_code(), "key.passphrase_twice");
    assert_eq!(sign(&["org:locked#1=pass"]).expect(2).error_code(), "prompt.no_terminal");
    assert_eq!(sign(&["org:locked#1=pass2", "org:other#1=pass"]).expect(2).error_code(), "key.wrong_passphrase");
    assert!(unsigned == world.read(&act), "a refused signature changed the file");
    sign(&["org:other#1=pass2", "pass"]).expect(0);
    assert_eq!(SignedEvent::parse(&world.read(&act)).unwrap().signatures.len(), 3);
}

/// The operator's two keys, a founder's and the log's, under two passphrases, in every command that opens both.
#[test]
fn the_log_key_has_a_passphrase_of_its_own() {
    let world = World::empty();
    world.write("author", "correct horse\n");
    world.write("operator", "battery staple\n");
    world.ok(&["key", "new", KEY, "--passphrase-file", "author"]);
    let founder = format!("{KEY}=Test");
    let files = ["--passphrase-file", "author", "--passphrase-file", "log=operator"];
    let init = ["init", "ledger", "--origin", "a.example", "--title", "T", "--founder", &founder, "--yes"];
    world.ok(&[&init[..], &files].concat());
    let grant = ["draft", "role.granted", "--actor", ACTOR, "--set", "actor=org:test", "--set", "role=registrar"];
    world.ok(&[&grant[..], &["--out", "x.json"]].concat());
    world.ok(&[&["sign", "x.json", "--yes"], &files[..]].concat());
    let append = ["append", "x.json"];
    assert_eq!(world.run(&[&append[..], &files[..2]].concat()).expect(2).error_code(), "key.wrong_passphrase");
    world.ok(&[&append[..], &files[2..]].concat());
}

/// What is wrong with a key is told apart, for each asks for something else.
#[test]
fn a_key_that_does_not_open_says_why() {
    let world = with_locked_keys();
    let act = to_sign(&world, &[LOCKED]);
    let pem = world.at("keys").join("org~locked#1.pem");
    let whole = fs::read(&pem).unwrap();
    let told = |file: &str| {
        let said = world.run(&["sign", &act, "--yes", "--passphrase-file", file]);
        assert_eq!(said.stdout, "", "{said:?}");
        (said.error_code().to_owned(), said.code)
    };
    let is = |code: &str, exit: i32| (code.to_owned(), exit);
    assert_eq!(told("pass2"), is("key.wrong_passphrase", 2));
    assert_eq!(told("nothing"), is("file.io", 4));
    // Another key's secret in its place: it opens, and would sign what nobody could verify.
    fs::copy(world.at("keys").join("org~other#1.pem"), &pem).unwrap();
    assert_eq!(told("pass2"), is("key.pair_differs", 2));
    for broken in [&whole[..whole.len() / 2], b"", b"hello\n", &[0xff; 64]] {
        fs::write(&pem, broken).unwrap();
        assert_eq!(told("pass"), is("key.malformed", 2), "{broken:?}");
    }
    fs::remove_file(&pem).unwrap();
    fs::create_dir(&pem).unwrap();
    assert_eq!(world.run(&["sign", &act, "--yes", "--key", LOCKED]).expect(4).error_code(), "file.io");
    fs::remove_dir(&pem).unwrap();
    let gone = world.run(&["sign", &act, "--yes", "--key", LOCKED]).expect(2);
    assert_eq!(gone.error_code(), "key.not_found");
    assert!(gone.stderr.contains("--external"), "{}", gone.stderr);
    fs::write(&pem, &whole).unwrap();
    if installed("openssl") {
        // Sound, encrypted, of that passphrase, and no Ed25519 key.
        let made = ["genpkey", "-algorithm", "X25519", "-aes256", "-pass", "pass:correct horse", "-out", "x25519.pem"];
        openssl(&world, &made).expect(0);
        fs::copy(world.at("x25519.pem"), &pem).unwrap();
        assert_eq!(told("pass"), is("key.malformed", 2));
        fs::write(&pem, &whole).unwrap();
    }
    fs::rename(world.at("keys").join("org~locked#1.pub.json"), world.at("aside")).unwrap();
    assert_eq!(told("pass"), is("key.not_found", 2));
    fs::rename(world.at("aside"), world.at("keys").join("org~locked#1.pub.json")).unwrap();
    world.ok(&["sign", &act, "--yes", "--passphrase-file", "pass"]);
}

#[test]
fn a_log_key_must_be_a_pair_too() {
    let world = World::bare();
    let act = world.signed_act(&["actor.registered", "--set", "actor=org:x", "--set", "name=X", "--set", "kind=other"]);
    let names = read_tree(&world.at("keys"));
    let log = names.keys().find(|n| n.starts_with("log~") && n.ends_with(".pem")).unwrap();
    fs::copy(world.at("keys/org~test#1.pem"), world.at("keys").join(log)).unwrap();
    assert_eq!(world.run(&["append", &act]).expect(2).error_code(), "key.pair_differs");
}

/// A program on a pseudo-terminal, through `script` of util-linux.
struct Terminal {
    script: Child,
    keyboard: ChildStdin,
    screen: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
    device: String,
}

impl Terminal {
    fn open(world: &World, args: &[&str]) -> Self {
        let words: Vec<String> = args.iter().map(|a| format!("'{a}'")).collect();
        let program = bin_dir().join("answerable");
        let line = format!("tty > tty; exec '{}' {}", program.display(), words.join(" "));
        let mut command = Command::new("script");
        world.tame(&mut command);
        command.args(["-qec", &line, "/dev/null"]).env("ANSWERABLE_LEDGER", "ledger").env("ANSWERABLE_KEYS", "keys");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut script = command.spawn().expect("script runs");
        let keyboard = script.stdin.take().unwrap();
        let mut output = script.stdout.take().unwrap();
        let screen = Arc::new(Mutex::new(Vec::new()));
        let shown = screen.clone();
        let reader = std::thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(n @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap().extend_from_slice(&bytes[..n]);
            }
        });
        let mut terminal = Self { script, keyboard, screen, reader, device: String::new() };
        terminal.wait("a terminal", |_| fs::read_to_string(world.at("tty")).is_ok_and(|t| t.ends_with('\n')));
        terminal.device = fs::read_to_string(world.at("tty")).unwrap().trim().to_owned();
        fs::remove_file(world.at("tty")).unwrap();
        terminal
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned()
    }

    fn echoes(&self) -> bool {
        let output = Command::new("stty").args(["-F", &self.device, "-a"]).output().expect("stty runs");
        String::from_utf8_lossy(&output.stdout).split_whitespace().any(|word| word == "echo")
    }

    /// Waits for what must come; only a program that hangs makes this fail.
    fn wait(&self, what: &str, there: impl Fn(&Self) -> bool) {
        let begun = Instant::now();
        while !there(self) {
            assert!(begun.elapsed() < Duration::from_secs(120), "waiting for {what}; shown: {}", self.shown());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn answer(&mut self, prompt: &str, hidden: bool, text: &str) {
        self.wait(prompt, |t| t.shown().contains(prompt));
        if hidden {
            self.wait("a terminal that does not echo", |t| !t.echoes());
        }
        self.keyboard.write_all(format!("{text}\n").as_bytes()).unwrap();
    }

    /// Everything that was shown, and the exit code.
    fn close(mut self) -> (String, i32) {
        let code = self.script.wait().unwrap().code().unwrap_or(-1);
        self.reader.join().unwrap();
        let shown = String::from_utf8_lossy(&self.screen.lock().unwrap()).into_owned();
        (shown, code)
    }
}

#[test]
fn a_passphrase_is_asked_on_a_terminal_and_never_echoed() {
    if ["script", "stty", "tty"].iter().any(|program| !installed(program)) {
        return;
    }
    let world = World::bare();
    let secret = "Tr0ub4dor&3 zebra";
    let mut making = Terminal::open(&world, &["key", "new", LOCKED]);
    making.answer("Passphrase for key org:locked#1: ", true, secret);
    making.answer("Once more: ", true, secret);
    let (shown, code) = making.close();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("zebra") && !shown.contains("Tr0ub4dor"), "the passphrase is on the screen: {shown}");
    // What was typed is the passphrase.
    world.write("pass", format!("{secret}\n"));
    world.ok(&["key", "passwd", LOCKED, "--passphrase-file", "pass", "--dry-run"]);

    let act = to_sign(&world, &[LOCKED]);
    let mut signing = Terminal::open(&world, &["sign", &act]);
    signing.answer("Sign this? [y/N] ", false, "y");
    signing.answer("Passphrase for org:locked#1: ", true, secret);
    let (shown, code) = signing.close();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("zebra"), "the passphrase is on the screen: {shown}");
    // The screen does show what is echoed.
    assert!(shown.contains("[y/N] y"), "{shown}");
    assert_eq!(SignedEvent::parse(&world.read(&act)).unwrap().signatures.len(), 1);

    let mut wrong = Terminal::open(&world, &["sign", &act, "--yes", "--key", LOCKED]);
    wrong.answer("Passphrase for org:locked#1: ", true, "guessed wrongly");
    let (shown, code) = wrong.close();
    assert_eq!(code, 2, "{shown}");
    assert!(shown.contains("error: key.wrong_passphrase") && !shown.contains("guessed"), "{shown}");
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let world = with_locked_keys();
    let act = to_sign(&world, &[LOCKED]);
    for args in [
        &["sign", &act, "--yes"][..],
        &["key", "new", "org:new#1"],
        &["key", "request", LOCKED],
        &["key", "passwd", LOCKED],
    ] {
        let said = world.run(args).expect(2);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("prompt.no_terminal", ""), "{args:?}");
        assert!(said.stderr.contains("--passphrase-file"), "{}", said.stderr);
        assert!(!said.stderr.contains("Passphrase for"), "a prompt that nobody sees: {}", said.stderr);
    }
}

/// A key that only openssl holds, as if it were in an HSM; its public half is taken in.
fn with_external_key() -> World {
    let world = World::bare();
    openssl(&world, &["genpkey", "-algorithm", "ed25519", "-out", "hsm.pem"]).expect(0);
    openssl(&world, &["pkey", "-in", "hsm.pem", "-pubout", "-out", "hsm.pub.pem"]).expect(0);
    let before = read_tree(world.path());
    world.ok(&["key", "adopt", HSM, "hsm.pub.pem", "--dry-run"]);
    assert!(before == read_tree(world.path()), "a dry run wrote something");
    world.ok(&["key", "adopt", HSM, "hsm.pub.pem"]);
    world
}

/// Writes what it is given to files, and signs.
const OPENSSL: &str = "cat > given; printf %s \"$ANSWERABLE_KEY\" > key; printf %s \"$ANSWERABLE_EVENT_TEXT\" > text; \
                       openssl pkeyutl -sign -inkey hsm.pem -rawin -in given";

#[test]
fn an_external_signer_signs_events_and_requests() {
    if !installed("openssl") {
        return;
    }
    let world = with_external_key();
    let request = world.ok(&["key", "request", HSM, "--title", "HSM", "--external", OPENSSL]);
    world.ok(&["key", "check", request.trim()]);
    assert!(String::from_utf8(world.read("text")).unwrap().contains("org:hsm (HSM) asks"));

    let act = to_sign(&world, &[HSM]);
    let plain = world.run(&["sign", &act, "--yes"]).expect(2);
    assert_eq!(plain.error_code(), "sign.nothing_to_sign");
    world.ok(&["sign", &act, "--key", HSM, "--external", OPENSSL, "--yes"]);
    let signed = SignedEvent::parse(&world.read(&act)).unwrap();
    assert!(world.read("given") == dsse::event_pae(&signed.bytes), "the command was given other bytes");
    assert_eq!(world.read("key"), HSM.as_bytes());
    let shown = world.run(&["sign", &act, "--key", HSM, "--dry-run"]).expect(0).stderr;
    assert_eq!(String::from_utf8(world.read("text")).unwrap(), shown, "the command was told other words");

    // openssl verifies what stands in the file, and nothing else.
    world.write("sig", signed.signatures[0].bytes().unwrap());
    let verify = ["pkeyutl", "-verify", "-pubin", "-inkey", "hsm.pub.pem", "-rawin", "-in", "given", "-sigfile", "sig"];
    openssl(&world, &verify).expect(0);
    let mut altered = world.read("given");
    *altered.last_mut().unwrap() ^= 1;
    world.write("given", altered);
    assert_ne!(openssl(&world, &verify).code, 0);

    // In base64, as some devices answer.
    let text = "cat > given; openssl pkeyutl -sign -inkey hsm.pem -rawin -in given | openssl base64 -A; echo";
    fs::remove_file(world.at(&act)).unwrap();
    let act = to_sign(&world, &[HSM]);
    world.ok(&["sign", &act, "--key", HSM, "--external", text, "--yes"]);
}

/// A key that never was on this disk is enrolled, and what it signs is recorded and verifies.
#[test]
fn a_key_that_lives_elsewhere_is_enrolled_and_signs() {
    if !installed("openssl") {
        return;
    }
    let world = with_external_key();
    world.act(&["actor.registered", "--set", "actor=org:hsm", "--set", "name=HSM", "--set", "kind=other"]);
    world.ok(&["draft", "key.enrolled", "--actor", ACTOR, "--enrol", HSM, "--out", "x.json"]);
    world.ok(&["sign", "x.json", "--yes"]);
    assert_eq!(world.run(&["append", "x.json"]).expect(1).stderr.matches("signature.signers_differ").count(), 1);
    world.ok(&["sign", "x.json", "--yes", "--key", HSM, "--external", OPENSSL]);
    world.ok(&["append", "x.json"]);
    world.ok(&["export", "export"]);
    world.verify("export", &world.pins()).expect(0);
}

#[test]
fn an_external_signer_is_not_believed() {
    if !installed("openssl") {
        return;
    }
    let world = with_external_key();
    let act = to_sign(&world, &[HSM]);
    openssl(&world, &["genpkey", "-algorithm", "ed25519", "-out", "other.pem"]).expect(0);
    world.write("other", [7; 64]);
    world.write("short", [7; 63]);
    let unsigned = world.read(&act);
    let sign = |command: &str| world.run(&["sign", &act, "--yes", "--key", HSM, "--external", command]);
    for answer in [
        "true",
        "cat",
        "cat > /dev/null; cat other",
        "cat short",
        "cat > given; openssl pkeyutl -sign -inkey other.pem -rawin -in given",
        "cat > given; echo >> given; openssl pkeyutl -sign -inkey hsm.pem -rawin -in given",
        "cat > given; openssl pkeyutl -sign -inkey hsm.pem -rawin -in given; echo more",
    ] {
        let said = sign(answer).expect(1);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("sign.external_bad", ""), "{answer}");
    }
    let said = sign("printf 'no card\\033[31m\\nhint: burn it\\n' >&2; exit 3").expect(4);
    assert_eq!(said.error_code(), "sign.external_failed");
    assert!(said.stderr.contains("exit status: 3") && said.stderr.contains("no card"), "{}", said.stderr);
    assert!(!said.stderr.contains('\x1b') && !said.stderr.contains("\nhint: burn"), "{}", said.stderr);
    assert_eq!(sign("/nowhere/signer").expect(4).error_code(), "sign.external_failed");
    assert!(unsigned == world.read(&act), "a refused signature changed the file");
    let request = world.run(&["key", "request", HSM, "--external", "cat other"]).expect(1);
    assert_eq!(request.error_code(), "sign.external_bad");
    assert!(!world.at("org~hsm~1.key-request.json").exists());
    // Which key it holds must be said.
    world.run(&["sign", &act, "--yes", "--external", OPENSSL]).expect(2);
    // Nobody confirmed: it does not run.
    let asked = world.run(&["sign", &act, "--key", HSM, "--external", "touch ran"]).expect(2);
    assert_eq!(asked.error_code(), "prompt.no_terminal");
    assert!(!world.at("ran").exists());
}

#[test]
fn only_sound_keys_are_taken_in_and_nothing_is_overwritten() {
    let world = World::bare();
    let pem = |raw: &[u8]| {
        // The DER of an Ed25519 public key is twelve fixed bytes and the key.
        let der = [&b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00"[..], raw].concat();
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64_encode(&der))
    };
    let before = read_tree(&world.at("keys"));
    let mut identity = [0; 32];
    identity[0] = 1;
    let mut not_canonical = [0xff; 32];
    (not_canonical[0], not_canonical[31]) = (0xf0, 0x7f);
    for weak in [identity, [0; 32], not_canonical] {
        world.write("weak.pem", pem(&weak));
        let said = world.run(&["key", "adopt", "org:x#1", "weak.pem"]).expect(1);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("key.not_enrollable", ""));
    }
    world.write("text.pem", "hello\n");
    fs::copy(world.at("keys/org~test#1.pem"), world.at("secret.pem")).unwrap();
    for file in ["text.pem", "secret.pem"] {
        let said = world.run(&["key", "adopt", "org:x#1", file]).expect(2);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("key.malformed", ""), "{file}");
    }
    assert!(before == read_tree(&world.at("keys")));

    let shown: Value = serde_json::from_str(&world.ok(&["key", "show", KEY])).unwrap();
    let raw: [u8; 32] =
        answerable_verifier::encoding::base64_decode_array(shown["public_key"].as_str().unwrap()).unwrap();
    world.write("public.pem", pem(&raw));
    assert_eq!(world.run(&["key", "adopt", KEY, "public.pem"]).expect(2).error_code(), "key.exists");
    world.ok(&["key", "adopt", "org:x#1", "public.pem"]);
    assert_eq!(world.run(&["key", "adopt", "org:x#1", "public.pem"]).expect(2).error_code(), "key.exists");
    // A new secret under that name would not be its pair.
    assert_eq!(world.run(&["key", "new", "org:x#1", "--no-passphrase"]).expect(2).error_code(), "key.exists");
    assert!(!world.at("keys/org~x#1.pem").exists());
    assert!(world.ok(&["key", "list"]).lines().any(|l| l.contains("org:x#1") && l.contains("not here")));
}

/// A key must come and go freely: what openssl encrypted, in its own way, opens here.
#[test]
fn a_key_that_openssl_made_can_be_used() {
    if !installed("openssl") {
        return;
    }
    let world = World::bare();
    world.write("pass", "correct horse\n");
    let secret =
        ["genpkey", "-algorithm", "ed25519", "-aes-256-cbc", "-pass", "file:pass", "-out", "keys/org~hsm#1.pem"];
    openssl(&world, &secret).expect(0);
    let public = ["pkey", "-in", "keys/org~hsm#1.pem", "-passin", "file:pass", "-pubout", "-out", "public.pem"];
    openssl(&world, &public).expect(0);
    world.ok(&["key", "adopt", HSM, "public.pem"]);
    let act = to_sign(&world, &[HSM]);
    world.ok(&["sign", &act, "--yes", "--passphrase-file", "pass"]);
}
