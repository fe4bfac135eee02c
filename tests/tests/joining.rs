//! Joining: founders and ministries on machines of their own, files mailed between them, and what is refused on the way.
//! Not here: passphrases, terminals, and signers outside the program (`hands`).

use std::fs;

use answerable_tests::{Output, World, installed, read_tree};
use serde_json::{Value, json};

const ORIGIN: &str = "joint.answerable.example/prevention";
const MINISTRY: &str = "state:RWA#2026a";

/// One machine a person: nothing but files goes from one to another.
struct Person {
    world: World,
    key: &'static str,
}

impl Person {
    fn new(key: &'static str) -> Self {
        let world = World::empty();
        world.ok(&["key", "new", key, "--no-passphrase"]);
        Self { world, key }
    }

    /// Makes a key request; answers its file name.
    fn request(&self, more: &[&str]) -> String {
        let said = self.world.ok(&[&["key", "request", self.key], more].concat());
        said.trim_end().to_owned()
    }
}

fn mail(file: &str, from: &World, to: &World) {
    fs::copy(from.at(file), to.at(file)).unwrap_or_else(|e| panic!("{file}: {e}"));
}

/// Sends a file through several hands, each of which signs it, and back.
fn sign_by(file: &str, home: &World, people: &[&Person]) {
    let mut at = home;
    for person in people {
        mail(file, at, &person.world);
        person.world.ok(&["sign", file, "--yes"]);
        at = &person.world;
    }
    if !people.is_empty() {
        mail(file, at, home);
    }
}

struct Founders {
    operator: World,
    people: [Person; 3],
    requests: Vec<String>,
}

/// Three founders whose requests lie at the operator's.
fn founders() -> Founders {
    let people = [Person::new("org:alpha#1"), Person::new("org:beta#1"), Person::new("org:gamma#1")];
    let operator = World::empty();
    let names = ["Alpha", "Beta", "Gamma"];
    let requests: Vec<String> = people.iter().zip(names).map(|(p, name)| p.request(&["--title", name])).collect();
    people.iter().zip(&requests).for_each(|(p, file)| mail(file, &p.world, &operator));
    Founders { operator, people, requests }
}

impl Founders {
    fn init(&self, more: &[&str]) -> Output {
        let mut args = vec!["init", "ledger", "--origin", ORIGIN, "--title", "Joint", "--no-passphrase", "--yes"];
        self.requests.iter().for_each(|file| args.extend(["--founder-request", file]));
        args.extend(more);
        self.operator.run(&args)
    }

    fn all(&self) -> [&Person; 3] {
        [&self.people[0], &self.people[1], &self.people[2]]
    }

    /// With the founding event written, and signed by these.
    fn drafted(signed_by: usize) -> Self {
        let founders = founders();
        founders.init(&[]).expect(0);
        sign_by("founding.event.json", &founders.operator, &founders.all()[..signed_by]);
        founders
    }

    fn found(&self, file: &str) -> Output {
        self.operator.run(&["init", "ledger", "--founding", file, "--yes"])
    }

    /// Changes the founding event at the operator's, and leaves the signatures as they are.
    fn lie(&self, file: &str, change: impl FnOnce(&mut Value)) {
        let mut event: Value = serde_json::from_slice(&self.operator.read("founding.event.json")).unwrap();
        change(&mut event);
        // Sorted keys and no white space: canonical, as all of it is ASCII.
        self.operator.write(file, serde_json::to_string(&event).unwrap() + "\n");
    }
}

/// The whole way: no secret ever leaves its machine, and an auditor finds it all in order.
#[test]
fn founders_and_a_ministry_join_by_mail() {
    let joint = founders();
    let operator = &joint.operator;
    let written = joint.init(&["--format", "json"]).expect(0).json();
    assert_eq!(written["waiting"], json!(["org:alpha#1", "org:beta#1", "org:gamma#1"]));
    assert!(!operator.at("ledger").exists(), "nothing is founded before all have signed");
    sign_by("founding.event.json", operator, &joint.all());

    let before = read_tree(operator.path());
    operator.ok(&["init", "ledger", "--founding", "founding.event.json", "--dry-run"]);
    assert!(before == read_tree(operator.path()), "a dry run founded a ledger");
    let card = operator
        .run(&["init", "ledger", "--founding", "founding.event.json", "--yes", "--format", "json"])
        .expect(0)
        .json();
    assert_eq!(card["schema"], "answerable.pin_card/v1");
    assert_eq!(card["ledger_id"], written["ledger_id"], "the founders knew the id before");

    // A founder becomes registrar, and registers the state: 2 of 3 govern.
    let act = |file: &str, args: &[&str], hands: &[&Person]| {
        operator.ok(&[&["draft"], args, &["--out", file]].concat());
        sign_by(file, operator, hands);
        operator.ok(&["append", file]);
    };
    let [alpha, beta, _] = joint.all();
    let two = ["--actor", "org:alpha", "--signer", "org:alpha#1", "--signer", "org:beta#1"];
    let registrar = ["role.granted", "--set", "actor=org:alpha", "--set", "role=registrar"];
    act("role.json", &[&registrar[..], &two].concat(), &[alpha, beta]);
    let rwanda = ["--set", "actor=state:RWA", "--set", "name=Rwanda", "--set", "kind=state"];
    let one = ["--actor", "org:alpha", "--signer", "org:alpha#1", "--effective", "1962-07-01"];
    act("state.json", &[&["actor.registered"], &rwanda[..], &one].concat(), &[alpha]);

    let ministry = Person::new(MINISTRY);
    let request = ministry.request(&["--scope", "treaty.*"]);
    assert_eq!(request, "state~RWA~2026a.key-request.json");
    mail(&request, &ministry.world, operator);
    act("enrol.json", &[&["key.enrolled", "--request", &request], &two[..]].concat(), &[beta, &ministry, alpha]);
    let history = operator.ok(&["history", "keys:state:RWA"]);
    assert!(history.contains("state:RWA#2026a may sign treaty.* for state:RWA"), "{history}");

    operator.ok(&["export", "export"]);
    let pins = operator.pins();
    assert_eq!(json!(pins.ledger_id), card["ledger_id"]);
    let verdict = operator.verify("export", &pins).expect(0).stdout;
    assert!(verdict.contains("VERIFIED: all 4 records"), "{verdict}");

    // No secret but the log's is on the operator's machine.
    let secrets: Vec<String> = read_tree(operator.path()).into_keys().filter(|name| name.ends_with(".pem")).collect();
    assert_eq!(secrets.len(), 1, "{secrets:?}");
    assert!(secrets[0].starts_with("keys/log~"), "{secrets:?}");
}

/// The signature of one who holds the new key is not asked for twice: a scope on the command line takes the request's place.
#[test]
fn the_founders_may_grant_another_scope_than_was_asked_for() {
    let world = World::bare();
    let ministry = Person::new(MINISTRY);
    let request = ministry.request(&[]);
    mail(&request, &ministry.world, &world);
    let draft = |more: &[&str]| {
        let args = ["draft", "key.enrolled", "--actor", "org:test", "--request", &request, "--dry-run"];
        let event: Value = serde_json::from_str(&world.ok(&[&args[..], more].concat())).unwrap();
        event["event"].clone()
    };
    let asked = draft(&[]);
    assert_eq!(asked["body"]["scope"], json!(["*"]));
    assert_eq!(asked["body"]["actor"], "state:RWA");
    assert_eq!(asked["signers"], json!(["org:test#1", MINISTRY]));
    assert_eq!(
        draft(&["--scope", "treaty.*", "--scope", "key.enrolled"])["body"]["scope"],
        json!(["treaty.*", "key.enrolled"])
    );
    let both = ["draft", "key.enrolled", "--actor", "org:test", "--request", &request, "--enrol", "org:test#1"];
    world.run(&both).expect(2);
}

#[test]
fn a_request_says_what_it_asks_and_is_never_overwritten() {
    let ministry = Person::new(MINISTRY);
    let world = &ministry.world;
    let before = read_tree(world.path());
    let shown = world.ok(&["key", "request", MINISTRY, "--title", "Rwanda", "--dry-run"]);
    assert!(shown.contains("state~RWA~2026a.key-request.json"), "{shown}");
    assert!(before == read_tree(world.path()), "a dry run wrote something");
    let file = ministry.request(&["--title", "Rwanda", "--scope", "treaty.*"]);
    let bytes = world.read(&file);
    let again = world.run(&["key", "request", MINISTRY]).expect(2);
    assert_eq!((again.error_code(), again.stdout.as_str()), ("file.exists", ""));
    assert!(bytes == world.read(&file));

    let words = world.ok(&["key", "check", &file]);
    let told = world.run(&["key", "check", &file, "--format", "json"]).expect(0).json();
    let fingerprint = told["fingerprint"].as_str().unwrap();
    assert_eq!(fingerprint.split(' ').map(str::len).collect::<Vec<_>>(), [4; 16]);
    for wanted in ["state:RWA (Rwanda)", MINISTRY, "treaty.*", fingerprint, "Possession is proven"] {
        assert!(words.contains(wanted), "{wanted} is not in:\n{words}");
    }
    // Whoever signs the enrolment sees the same digits.
    let ledger = World::bare();
    mail(&file, world, &ledger);
    ledger.ok(&["draft", "key.enrolled", "--actor", "org:test", "--request", &file, "--out", "enrol.json"]);
    let seen = ledger.run(&["sign", "enrol.json", "--dry-run"]).expect(0).stderr;
    assert!(seen.contains(fingerprint), "{seen}");

    for title in ["", "two\nlines", "turned\u{202e}around"] {
        let args = ["key", "request", MINISTRY, "--title", title, "--out", "bad.json"];
        assert_eq!(world.run(&args).expect(1).error_code(), "request.malformed", "{title:?}");
        assert!(!world.at("bad.json").exists());
    }
}

/// Mail programs, and people in the middle, change files. Whatever they change, the request is refused where it is read.
#[test]
fn an_altered_request_is_refused_everywhere() {
    let world = World::bare();
    let (ministry, thief) = (Person::new(MINISTRY), Person::new("org:thief#1"));
    let file = ministry.request(&["--scope", "treaty.*", "--title", "Rwanda"]);
    let request = ministry.world.read(&file);
    let text = String::from_utf8(request.clone()).unwrap();
    let public = |person: &Person| -> String {
        let shown: Value = serde_json::from_str(&person.world.ok(&["key", "show", person.key])).unwrap();
        shown["public_key"].as_str().unwrap().to_owned()
    };
    let scope = text.replace(r#""scope":["treaty.*"]"#, r#""scope":["*"]"#);
    let theirs = text.replace(&public(&ministry), &public(&thief));
    // The thief's own request, under the ministry's name.
    let stolen = thief.request(&["--title", "Rwanda"]);
    let stolen = String::from_utf8(thief.world.read(&stolen)).unwrap();
    let named = stolen.replace("org:thief#1", MINISTRY).replace("org:thief", "state:RWA");
    let actor = stolen.replace(r#""actor":"org:thief""#, r#""actor":"state:RWA""#);
    let weak = text.replace(&public(&ministry), "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
    for (lie, code) in [
        (scope, "request.bad_signature"),
        (theirs, "request.bad_signature"),
        (named, "request.bad_signature"),
        (actor, "key.wrong_actor"),
        (weak, "key.not_enrollable"),
        (text.replace('\n', "\r\n"), "request.malformed"),
        (text.trim_end().to_owned(), "request.malformed"),
    ] {
        assert_ne!(lie, text);
        world.write("lie.json", &lie);
        let draft = ["draft", "key.enrolled", "--actor", "org:test", "--request", "lie.json", "--out", "x.json"];
        let init = ["init", "new", "--origin", "a.example", "--title", "T", "--founder-request", "lie.json", "--yes"];
        for args in [&["key", "check", "lie.json"][..], &draft, &init] {
            let said = world.run(args).expect(1);
            assert_eq!((said.error_code(), said.stdout.as_str()), (code, ""), "{args:?}: {lie}");
        }
        assert!(!world.at("x.json").exists() && !world.at("founding.event.json").exists());
    }
    for i in 0..request.len() {
        let mut altered = request.clone();
        altered[i] ^= 1;
        world.write("lie.json", altered);
        let said = world.run(&["key", "check", "lie.json"]);
        assert_eq!((said.code, said.stdout.as_str()), (1, ""), "byte {i}: {said:?}");
    }
    assert_eq!(world.run(&["key", "check", "nothing.json"]).expect(4).error_code(), "file.io");
}

#[test]
fn a_founding_is_judged_before_anybody_is_asked() {
    let joint = founders();
    let before = read_tree(joint.operator.path());
    let too_many = joint.init(&["--threshold", "4"]).expect(1);
    assert_eq!(too_many.error_code(), "authority.not_entitled");
    // Twice the same request is one key introduced twice.
    let twice = joint.init(&["--founder-request", &joint.requests[0]]).expect(1);
    assert_eq!(twice.error_code(), "key.name_taken");
    let nameless = Person::new("org:delta#1");
    let narrow = Person::new("org:epsilon#1");
    for (person, args, code) in [
        (&nameless, &[][..], "founding.name_missing"),
        (&narrow, &["--title", "E", "--scope", "treaty.*"], "founding.scope"),
    ] {
        let file = person.request(args);
        mail(&file, &person.world, &joint.operator);
        let said = joint.init(&["--founder-request", &file]).expect(2);
        assert_eq!((said.error_code(), said.stdout.as_str()), (code, ""));
        fs::remove_file(joint.operator.at(&file)).unwrap();
    }
    joint.init(&["--dry-run"]).expect(0);
    assert!(before == read_tree(joint.operator.path()), "a refused founding, or a dry run, left something behind");

    joint.operator.write("founding.event.json", "somebody's\n");
    assert_eq!(joint.init(&[]).expect(2).error_code(), "file.exists");
    assert_eq!(joint.operator.read("founding.event.json"), b"somebody's\n");
    assert!(!joint.operator.at("keys").exists(), "a log key was made for nothing");
}

/// A founder may be the operator as well: its key signs at once, and the others by mail.
#[test]
fn an_operator_who_is_a_founder_signs_at_once() {
    let mut joint = founders();
    joint.operator.ok(&["key", "new", "org:operator#1", "--no-passphrase"]);
    joint.requests.truncate(2);
    let written = joint.init(&["--founder", "org:operator#1=Operator", "--format", "json"]).expect(0).json();
    assert_eq!(written["waiting"], json!(["org:alpha#1", "org:beta#1"]));
    sign_by("founding.event.json", &joint.operator, &joint.all()[..2]);
    joint.found("founding.event.json").expect(0);
    joint.operator.ok(&["export", "export"]);
    joint.operator.verify("export", &joint.operator.pins()).expect(0);
}

#[test]
fn a_founding_without_every_signature_is_refused() {
    for signed in 0..3 {
        let joint = Founders::drafted(signed);
        let said = joint.found("founding.event.json").expect(2);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("founding.incomplete", ""));
        assert!(said.stderr.contains("org:gamma#1"), "{}", said.stderr);
        assert!(!joint.operator.at("ledger").exists());
    }
    // Nor does it help to leave the silent one out of the list.
    let joint = Founders::drafted(2);
    joint.lie("lie.json", |e| {
        e["event"]["signers"].as_array_mut().unwrap().pop();
    });
    assert_eq!(joint.found("lie.json").expect(1).error_code(), "key.no_possession");
    joint.lie("lie.json", |e| {
        e["event"]["signers"].as_array_mut().unwrap().pop();
        e["event"]["body"]["founders"].as_array_mut().unwrap().pop();
    });
    assert_eq!(joint.found("lie.json").expect(1).error_code(), "signature.bad");
}

#[test]
fn a_founding_that_was_changed_after_it_was_signed_is_refused() {
    let joint = Founders::drafted(3);
    let thief = Person::new("org:thief#1");
    let shown: Value = serde_json::from_str(&thief.world.ok(&["key", "show", thief.key])).unwrap();
    let add = |e: &mut Value| {
        let founder = json!({"actor": "org:thief", "keys": [shown.clone()], "name": "Thief"});
        e["event"]["body"]["founders"].as_array_mut().unwrap().push(founder);
        e["event"]["signers"].as_array_mut().unwrap().push(json!("org:thief#1"));
    };
    joint.lie("added.json", add);
    assert_eq!(joint.found("added.json").expect(2).error_code(), "founding.incomplete");
    sign_by("added.json", &joint.operator, &[&thief]);
    assert_eq!(joint.found("added.json").expect(1).error_code(), "signature.bad");

    joint.lie("lie.json", |e| e["event"]["body"]["title"] = json!("Disjoint"));
    assert_eq!(joint.found("lie.json").expect(1).error_code(), "signature.bad");
    joint.lie("lie.json", |e| e["event"]["body"]["threshold"] = json!(1));
    assert_eq!(joint.found("lie.json").expect(1).error_code(), "signature.bad");
    joint.lie("lie.json", |e| {
        let first = e["signatures"][0]["sig"].clone();
        e["signatures"][1]["sig"] = first;
    });
    assert_eq!(joint.found("lie.json").expect(1).error_code(), "signature.bad");
    joint.lie("lie.json", |e| {
        let first = e["signatures"][0].clone();
        e["signatures"].as_array_mut().unwrap().push(first);
    });
    assert_eq!(joint.found("lie.json").expect(1).error_code(), "signature.signers_differ");
    assert!(!joint.operator.at("ledger").exists());
    joint.found("founding.event.json").expect(0);
    assert_eq!(joint.found("founding.event.json").expect(2).error_code(), "store.exists");
}

/// A founder is asked to sign a founding in which somebody put another key under its name.
#[test]
fn a_founder_does_not_sign_for_a_key_that_is_not_its_own() {
    let joint = Founders::drafted(0);
    let [alpha, beta, _] = joint.all();
    let other: Value = serde_json::from_str(&beta.world.ok(&["key", "show", beta.key])).unwrap();
    joint.lie("lie.json", |e| e["event"]["body"]["founders"][0]["keys"][0]["public_key"] = other["public_key"].clone());
    mail("lie.json", &joint.operator, &alpha.world);
    let bytes = alpha.world.read("lie.json");
    assert_eq!(alpha.world.run(&["sign", "lie.json", "--yes"]).expect(2).error_code(), "sign.other_key");
    assert!(bytes == alpha.world.read("lie.json"));
}

/// The founders signed for one operator: its log key stands in the founding. Another's is refused.
#[test]
fn nobody_else_founds_the_ledger() {
    let joint = Founders::drafted(3);
    let stranger = World::empty();
    mail("founding.event.json", &joint.operator, &stranger);
    let found = ["init", "ledger", "--founding", "founding.event.json", "--yes"];
    let none = stranger.run(&found).expect(2);
    assert_eq!(none.error_code(), "founding.log_key_differs");
    stranger.ok(&["key", "new", "org:s#1", "--no-passphrase"]);
    let own = ["init", "own", "--origin", ORIGIN, "--title", "T", "--founder", "org:s#1=S", "--no-passphrase", "--yes"];
    stranger.ok(&own);
    let other = stranger.run(&found).expect(2);
    assert_eq!(other.error_code(), "founding.log_key_differs");
    assert!(other.stderr.contains(&format!("expected {ORIGIN}+")), "{}", other.stderr);
    assert!(!stranger.at("ledger").exists());
    // An event of another kind founds nothing.
    let world = World::bare();
    let act = world.signed_act(&["actor.registered", "--set", "actor=org:x", "--set", "name=X", "--set", "kind=other"]);
    let said = world.run(&["init", "new", "--founding", &act, "--yes"]).expect(2);
    assert_eq!(said.error_code(), "founding.not_a_founding");
}

/// Any tool can check a request: the encoding is DSSE's, the signature Ed25519's.
#[test]
fn openssl_checks_a_request() {
    if !installed("openssl") {
        return;
    }
    let ministry = Person::new(MINISTRY);
    let file = ministry.request(&[]);
    let world = &ministry.world;
    let text = String::from_utf8(world.read(&file)).unwrap();
    // The request is a substring of the file.
    let (request, rest) = text.strip_prefix(r#"{"request":"#).unwrap().rsplit_once(r#","signature":""#).unwrap();
    let signature = answerable_verifier::encoding::base64_decode(rest.strip_suffix("\"}\n").unwrap()).unwrap();
    let head = format!("DSSEv1 46 application/vnd.answerable.key-request.v1+json {} ", request.len());
    world.write("sig", signature);
    let openssl = |args: &[&str]| {
        let mut command = std::process::Command::new("openssl");
        world.tame(&mut command);
        answerable_tests::finish(command.args(args))
    };
    openssl(&["pkey", "-in", "keys/state~RWA#2026a.pem", "-pubout", "-out", "public.pem"]).expect(0);
    let verify = ["pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-rawin", "-in", "pae", "-sigfile", "sig"];
    world.write("pae", format!("{head}{request}"));
    openssl(&verify).expect(0);
    world.write("pae", format!("{head}{}", request.replace('*', "+")));
    assert_ne!(openssl(&verify).code, 0);
}
