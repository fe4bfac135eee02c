//! The worked examples of `examples/stories/` through the real programs: one family drafted and signed as a person would, and
//! all of them appended, exported and verified.
//! Not here: which acts are refused (the verifier's `stories`), schemas (`schemas/tests/stories.rs`).

#[path = "../../schemas/tests/worked/mod.rs"]
mod worked;

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use answerable_schemas::envelope::Source;
use answerable_schemas::governance::Role;
use answerable_schemas::{ActorId, Body, Event, EventId, Instant, KeyName, Standing, StreamName};
use answerable_tests::{ACTOR, KEY, World};
use answerable_verifier::dsse;
use answerable_verifier::encoding::base64_encode;
use answerable_verifier::record::{Signature, SignedEvent};
use ed25519_dalek::pkcs8::DecodePrivateKey;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use worked::{Act, REGISTRAR};

/// Export, and verify under both pins.
fn assert_verified(world: &World) {
    world.ok(&["export", "export"]);
    world.verify("export", &world.pins()).expect(0);
}

#[test]
fn a_family_is_drafted_signed_appended_and_verified() {
    let world = World::bare();
    let acts = worked::file("justice");
    let registers = worked::registers();
    let named: BTreeSet<String> = acts.iter().flat_map(|a| a.names(&registers)).collect();
    let draft = |act: &Act, actor: &str| {
        let body = world.write("body.json", serde_json::to_vec(&act.body).unwrap());
        let file = "act.event.json";
        let draft = ["draft", &act.kind, "--actor", actor, "--effective", &act.effective, "--body", &body];
        world.ok(&[&draft[..], &["--out", file]].concat());
        world.ok(&["sign", file, "--yes"]);
        world.ok(&["append", file]);
        std::fs::remove_file(world.at(file)).unwrap();
    };
    // The founder is the registrar here.
    named.iter().for_each(|name| draft(&registers[name], ACTOR));
    for signer in acts.iter().map(|a| a.actor.as_str()).collect::<BTreeSet<_>>() {
        let key = format!("{signer}#1");
        world.ok(&["key", "new", &key, "--no-passphrase"]);
        world.act(&["key.enrolled", "--enrol", &key]);
    }
    for (actor, role, of) in worked::roles(&acts) {
        assert_eq!(of, None, "a court has no secretariat");
        world.act(&["role.granted", "--set", &format!("actor={actor}"), "--set", &format!("role={}", role.as_str())]);
    }
    let before = world.size();
    acts.iter().for_each(|act| draft(act, &act.actor));
    assert_eq!(world.size(), before + acts.len() as u64);
    let history = world.ok(&["history", "case:org:example-court:2014-a"]);
    assert!(history.contains("opens the case 2014-a") && history.contains("ends on 2021-03-30: mixed"), "{history}");
    assert_verified(&world);
}

/// Writes and signs events as the programs do, in one process.
struct Hand {
    ledger: EventId,
    keys: BTreeMap<String, SigningKey>,
    last: BTreeMap<(ActorId, StreamName), EventId>,
    nonce: u128,
    /// JSON Lines of signed events.
    lines: Vec<u8>,
    written: u64,
}

impl Hand {
    fn new(world: &World) -> Self {
        let pem = String::from_utf8(world.read("keys/org~test#1.pem")).unwrap();
        let founder = SigningKey::from_pkcs8_pem(&pem).unwrap();
        Self {
            ledger: world.pins().ledger_id.parse().unwrap(),
            keys: BTreeMap::from([(KEY.to_owned(), founder)]),
            last: BTreeMap::new(),
            nonce: 0,
            lines: Vec::new(),
            written: 0,
        }
    }

    fn write(
        &mut self,
        kind: &str,
        actor: &str,
        effective: &str,
        body: Value,
        more: &[String],
        source: Option<Source>,
    ) {
        let body = body.as_object().unwrap().clone();
        let stream = Body::parse(&kind.parse().unwrap(), 1, &body).unwrap_or_else(|e| panic!("{e}")).stream();
        let actor: ActorId = actor.parse().unwrap();
        let mut signers: Vec<KeyName> = vec![format!("{actor}#1").parse().unwrap()];
        signers.extend(more.iter().map(|k| k.parse::<KeyName>().unwrap()));
        signers.sort();
        self.nonce += 1;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
        let place = (actor.clone(), stream.clone());
        let event = Event {
            actor,
            attachments: None,
            body,
            effective: effective.parse().unwrap(),
            follows: self.last.get(&place).copied(),
            issued: Instant::from_millis(i64::try_from(now).unwrap()).unwrap(),
            ledger: Some(self.ledger),
            nonce: base64_encode(&self.nonce.to_be_bytes()),
            seen: None,
            signers,
            standing: if source.is_some() { Standing::Transcribed } else { Standing::Own },
            source,
            stream,
            kind: kind.parse().unwrap(),
            v: 1,
        };
        let mut signed = SignedEvent::draft(&event).unwrap_or_else(|f| panic!("{f}"));
        for name in &event.signers {
            let signature = self.keys[name.as_str()].sign(&dsse::event_pae(&signed.bytes)).to_bytes();
            signed.signatures.push(Signature::new(name.clone(), &signature));
        }
        self.last.insert(place, signed.id);
        let file = signed.to_file();
        self.lines.extend(file.strip_suffix(b"\n").unwrap_or(&file));
        self.lines.push(b'\n');
        self.written += 1;
    }

    fn act(&mut self, act: &Act) {
        let source = act.source.as_ref().map(|s| Source {
            document: s.document.clone(),
            row: None,
            seen: "2026-11-23".parse().unwrap(),
            sha256: None,
            title: s.title.clone(),
            url: None,
        });
        self.write(&act.kind, &act.actor, &act.effective, Value::Object(act.body.clone()), &[], source);
    }

    fn enrol(&mut self, actor: &str) {
        let key = format!("{actor}#1");
        let secret = SigningKey::from_bytes(&[self.keys.len() as u8; 32]);
        let form =
            json!({"alg": "ed25519", "key": key, "public_key": base64_encode(secret.verifying_key().as_bytes())});
        self.keys.insert(key.clone(), secret);
        let body = json!({"actor": actor, "key": form, "scope": ["*"]});
        self.write("key.enrolled", ACTOR, "2026-11-23", body, &[key], None);
    }

    fn grant(&mut self, actor: &str, role: Role, of: Option<&str>) {
        let mut body = json!({"actor": actor, "role": role});
        of.iter().for_each(|organ| body["of"] = json!(organ));
        self.write("role.granted", ACTOR, "2026-11-23", body, &[], None);
    }
}

#[test]
fn every_worked_example_makes_the_round_trip() {
    let world = World::bare();
    let mut hand = Hand::new(&world);
    let registrar = json!({"actor": REGISTRAR, "kind": "other", "name": "Registrar"});
    hand.write("actor.registered", ACTOR, "2000", registrar, &[], None);
    hand.enrol(REGISTRAR);
    hand.grant(REGISTRAR, Role::Registrar, None);
    let acts = worked::all();
    let (registrations, others): (Vec<&Act>, Vec<&Act>) = acts.iter().partition(|a| a.kind == "actor.registered");
    registrations.iter().for_each(|act| hand.act(act));
    let signers: BTreeSet<&str> = others.iter().map(|a| a.actor.as_str()).filter(|a| *a != REGISTRAR).collect();
    signers.iter().for_each(|signer| hand.enrol(signer));
    for (actor, role, of) in worked::roles(others.iter().copied()).into_iter().filter(|(a, ..)| a != REGISTRAR) {
        hand.grant(&actor, role, of.as_deref());
    }
    others.iter().for_each(|act| hand.act(act));
    let before = world.size();
    let file = world.write("all.event.jsonl", &hand.lines);
    world.ok(&["append", &file]);
    assert_eq!(world.size(), before + hand.written);
    assert_verified(&world);
    // What was recorded is what the files say, type by type.
    let log = String::from_utf8(world.read("export/log/000000000000.jsonl")).unwrap();
    let recorded: Vec<Value> = log.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    for act in &acts {
        let there =
            |r: &&Value| r["event"]["type"] == *act.kind && r["event"]["body"] == Value::Object(act.body.clone());
        assert!(recorded.iter().any(|r| there(&r)), "{act:#?}");
    }
}
