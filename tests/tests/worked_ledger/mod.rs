//! A ledger that holds every worked example of `examples/stories/`, recorded in one call of `append`.
//! Not here: the tests (`stories.rs`, `coverage.rs`).
#![allow(dead_code)] // each test file uses a part of it

#[path = "../../../schemas/tests/worked/mod.rs"]
pub mod worked;

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

/// Founds it, and records registers, keys, roles and all acts.
pub fn recorded() -> World {
    recorded_but(0).0
}

/// All but the last acts, which are in the file that it names.
pub fn recorded_but(last: usize) -> (World, String) {
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
    let lines: Vec<&[u8]> = hand.lines.split_inclusive(|byte| *byte == b'\n').collect();
    let (now, later) = lines.split_at(lines.len().checked_sub(last).expect("there are so many acts"));
    let before = world.size();
    let file = world.write("all.event.jsonl", now.concat());
    world.ok(&["append", &file]);
    assert_eq!(world.size(), before + now.len() as u64);
    let later = world.write("later.event.jsonl", later.concat());
    (world, later)
}

/// Writes and signs events as the programs do, in one process.
struct Hand {
    ledger: EventId,
    keys: BTreeMap<String, SigningKey>,
    last: BTreeMap<(ActorId, StreamName), EventId>,
    nonce: u128,
    /// JSON Lines of signed events.
    lines: Vec<u8>,
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
