//! A ledger in memory that a test can also force what it should refuse into, and write out as an export.
#![allow(dead_code)] // each test file uses a part of it

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use answerable_schemas::catalogue::Body;
use answerable_schemas::envelope::{Seen, Source};
use answerable_schemas::governance::{KeyAlgorithm, PublicKey as KeyForm};
use answerable_schemas::law::Flag;
use answerable_schemas::{ActorId, Event, Instant, KeyName, Standing, TypeName, bundle};
use answerable_verifier::audit::{Pins, audit};
use answerable_verifier::authority::Authority;
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::dsse;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::{Hash, base64_encode};
use answerable_verifier::fault::Fault;
use answerable_verifier::judge::{Head, Judge, MemoryPast, Past};
use answerable_verifier::merkle::{Frontier, leaf_hash};
use answerable_verifier::note::{Note, VerifierKey, signature_line};
use answerable_verifier::record::{Signature, SignedEvent};
use answerable_verifier::report::Report;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

pub const FOUNDER: &str = "org:founder";
pub const UNSG: &str = "org:un-secretary-general";
pub const ORIGIN: &str = "ledger.test/kit";

pub struct Kit {
    pub judge: Judge<MemoryPast>,
    pub lines: Vec<Vec<u8>>,
    keys: BTreeMap<String, SigningKey>,
    /// Those that sign the export's checkpoint; the first is pinned.
    pub log: Vec<SigningKey>,
    /// Checkpoints that an export keeps beside the latest, by size.
    pub kept: BTreeMap<u64, String>,
    now: i64,
    nonce: u64,
}

impl Kit {
    /// A founded ledger without anything else.
    pub fn founded() -> Self {
        Self::founded_by(&[FOUNDER], 1)
    }

    /// As `founded`, by several.
    pub fn founded_by(founders: &[&str], threshold: u32) -> Self {
        let mut kit = Self {
            judge: Judge::new(Head::EMPTY, Authority::default(), MemoryPast::default()),
            lines: Vec::new(),
            keys: BTreeMap::new(),
            log: vec![SigningKey::from_bytes(&[200; 32])],
            kept: BTreeMap::new(),
            now: 1_795_000_000_000,
            nonce: 0,
        };
        let named: Vec<Value> = founders
            .iter()
            .map(|f| json!({"actor": f, "keys": [kit.new_key(&format!("{f}#1"))], "name": "Founder"}))
            .collect();
        let body = json!({
            "format": 1, "founders": named,
            "log_keys": [kit.vkey().to_string()], "origin": ORIGIN, "rules": bundle::rules_ref(),
            "threshold": threshold, "title": "Kit",
        });
        let mut event = kit.event(founders[0], "ledger.founded", "2026-11-23", body);
        event.signers = signers(founders);
        event.ledger = None;
        event.seen = None;
        kit.must(event);
        kit
    }

    /// With registers, treaties (their true rules), a transcriber, a depositary and a state that has a key.
    pub fn with_treaties() -> Self {
        let mut kit = Self::founded();
        for role in ["registrar", "transcriber"] {
            kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": role}));
        }
        kit.register(UNSG, "1945-10-24", "un_organ");
        kit.register("org:swiss-federal-council", "1848", "other");
        for (state, from) in [
            ("BEL", "1830-10-04"),
            ("RWA", "1962-07-01"),
            ("FRA", "1945-10-24"),
            ("SSD", "2011-07-09"),
            ("CSK", "1945-10-24"),
            ("CZE", "1993-01-01"),
        ] {
            kit.register(&format!("state:{state}"), from, "state");
        }
        for (from, to, mode, on) in
            [("BEL", "RWA", "separation", "1962-07-01"), ("CSK", "CZE", "dissolution", "1993-01-01")]
        {
            let body =
                json!({"mode": mode, "predecessor": format!("state:{from}"), "successor": format!("state:{to}")});
            kit.say(FOUNDER, "state.succeeded", on, body);
        }
        kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": UNSG, "role": "depositary"}));
        for actor in ["state:RWA", "state:FRA", "state:CZE", UNSG] {
            kit.enrol(actor);
        }
        let treaties: Value = serde_json::from_str(include_str!("../../../examples/treaties.json")).unwrap();
        for rules in treaties.as_array().unwrap() {
            let adopted = rules["adopted"].as_str().unwrap().to_owned();
            kit.say(FOUNDER, "treaty.registered", &adopted, rules.clone());
        }
        kit
    }

    /// An event that several actors sign, each with its key `#1`.
    pub fn joint(&mut self, actors: &[&str], kind: &str, body: Value) -> Event {
        let mut event = self.event(actors[0], kind, "2026-11-23", body);
        event.signers = signers(actors);
        event
    }

    /// A rotation of a key by itself.
    pub fn rotation(&mut self, actor: &str, old: &str, new: &str) -> Event {
        let form = self.new_key(new);
        let mut event =
            self.event(actor, "key.rotated", "2026-11-23", json!({"actor": actor, "key": form, "old": old}));
        event.signers = vec![KeyName::new(old).unwrap(), KeyName::new(new).unwrap()];
        event.signers.sort();
        event
    }

    pub fn register(&mut self, actor: &str, from: &str, kind: &str) {
        let name = actor.rsplit(':').next().unwrap();
        self.say(FOUNDER, "actor.registered", from, json!({"actor": actor, "kind": kind, "name": name}));
    }

    pub fn enrol(&mut self, actor: &str) {
        let event = self.enrolment(actor, &format!("{actor}#1"), &["*"]);
        self.must(event);
    }

    /// An event by the founder that introduces a new key.
    pub fn enrolment(&mut self, actor: &str, key: &str, scope: &[&str]) -> Event {
        self.enrolment_by(FOUNDER, actor, key, scope)
    }

    pub fn enrolment_by(&mut self, by: &str, actor: &str, key: &str, scope: &[&str]) -> Event {
        let form = self.new_key(key);
        let body = json!({"actor": actor, "key": form, "scope": scope});
        let mut event = self.event(by, "key.enrolled", "2026-11-23", body);
        event.signers.push(KeyName::new(key).unwrap());
        event.signers.sort();
        event
    }

    pub fn new_key(&mut self, name: &str) -> KeyForm {
        let seed = self.keys.len() as u8 + 1;
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let public_key = base64_encode(secret.verifying_key().as_bytes());
        self.keys.insert(name.to_owned(), secret);
        KeyForm { alg: KeyAlgorithm::Ed25519, key: KeyName::new(name).unwrap(), public_key }
    }

    /// A secret that signs under a name.
    pub fn secret(&self, name: &str) -> SigningKey {
        self.keys[name].clone()
    }
    pub fn adopt(&mut self, name: &str, secret: SigningKey) {
        self.keys.insert(name.to_owned(), secret);
    }

    /// An event that would stand: right chains, the actor's key `#1`, standing own.
    pub fn event(&mut self, actor: &str, kind: &str, effective: &str, body: Value) -> Event {
        let kind: TypeName = kind.parse().unwrap();
        let body = body.as_object().unwrap().clone();
        let parsed = Body::parse(&kind, 1, &body).unwrap_or_else(|e| panic!("{e}"));
        let actor: ActorId = actor.parse().unwrap();
        let stream = parsed.stream();
        self.nonce += 1;
        let size = self.judge.head.size;
        Event {
            follows: self.judge.past.last_by(&actor, &stream).unwrap(),
            signers: vec![KeyName::new(format!("{actor}#1")).unwrap()],
            actor,
            attachments: None,
            body,
            effective: effective.parse().unwrap(),
            issued: Instant::from_millis(self.now).unwrap(),
            ledger: self.judge.authority.ledger_id,
            nonce: base64_encode(&u128::from(self.nonce).to_be_bytes()),
            seen: self.judge.past.root_at(size).unwrap().map(|r| Seen { root: r.to_base64(), size }),
            source: None,
            standing: Standing::Own,
            stream,
            kind,
            v: 1,
        }
    }

    /// The same as a transcription by the founder.
    pub fn transcription(&mut self, kind: &str, effective: &str, body: Value) -> Event {
        let mut event = self.event(FOUNDER, kind, effective, body);
        event.standing = Standing::Transcribed;
        event.source = Some(Source {
            document: Some("TEST/1".into()),
            row: None,
            seen: "2015-03-14".parse().unwrap(),
            sha256: None,
            title: "A table".into(),
            url: None,
        });
        event
    }

    pub fn sign(&self, event: &Event) -> SignedEvent {
        let mut signed = SignedEvent::draft(event).unwrap_or_else(|f| panic!("{f}"));
        for name in &event.signers {
            let secret = &self.keys[name.as_str()];
            let signature = secret.sign(&dsse::event_pae(&signed.bytes)).to_bytes();
            signed.signatures.push(Signature::new(name.clone(), &signature));
        }
        signed
    }

    pub fn line(&self, signed: &SignedEvent) -> Vec<u8> {
        signed.record_line(self.judge.head.size, &self.judge.head.leaf, Instant::from_millis(self.now).unwrap())
    }

    /// Admits an event as the ledger does.
    pub fn admit(&mut self, event: &Event) -> Result<Vec<Flag>, Fault> {
        let signed = self.sign(event);
        self.admit_signed(&signed)
    }

    pub fn admit_signed(&mut self, signed: &SignedEvent) -> Result<Vec<Flag>, Fault> {
        self.now += 1000;
        let line = self.line(signed);
        let flags = self.judge.admit(&line)?.flags;
        self.lines.push(line);
        Ok(flags)
    }

    pub fn must(&mut self, event: Event) -> Vec<Flag> {
        self.admit(&event).unwrap_or_else(|f| panic!("{f}"))
    }

    /// Says something that must stand.
    pub fn say(&mut self, actor: &str, kind: &str, effective: &str, body: Value) -> Vec<Flag> {
        let event = self.event(actor, kind, effective, body);
        self.must(event)
    }

    pub fn transcribe(&mut self, kind: &str, effective: &str, body: Value) -> Vec<Flag> {
        let event = self.transcription(kind, effective, body);
        self.must(event)
    }

    /// The lie is refused with this code and a hint; and when an operator forces it in, an auditor finds it.
    pub fn refused(&mut self, event: &Event, code: &str) {
        let signed = self.sign(event);
        self.refused_signed(&signed, code);
    }

    pub fn refused_signed(&mut self, signed: &SignedEvent, code: &str) {
        self.now += 1000;
        let line = self.line(signed);
        let fault = self.judge.admit(&line).expect_err(code);
        assert_eq!(fault.code, code, "{fault}");
        assert!(fault.hint.is_some(), "{code} has no hint");
        let seq = self.judge.head.size;
        let mut forced = self.lines.clone();
        forced.push(line);
        let report = self.audit(&forced);
        assert_eq!(report.verdict.exit_code(), 1, "{code}: {}", report.summary);
        assert_eq!(report.faults.len(), 1, "{code}: nothing else is wrong: {:?}", report.faults);
        assert_eq!((report.faults[0].code.as_str(), report.faults[0].seq), (code, Some(seq)));
    }

    /// Writes lines out as an export with a right checkpoint, and judges it under both pins.
    pub fn audit(&self, lines: &[Vec<u8>]) -> Report {
        self.audit_under(
            lines,
            &Pins { ledger_id: self.judge.authority.ledger_id, log_keys: vec![self.vkey()], ..Default::default() },
        )
    }

    pub fn audit_under(&self, lines: &[Vec<u8>], pins: &Pins) -> Report {
        let folder = tempfile::tempdir().unwrap();
        self.export(folder.path(), lines);
        audit(folder.path(), pins, &mut |_| {}).unwrap()
    }

    pub fn export(&self, folder: &Path, lines: &[Vec<u8>]) {
        fs::create_dir_all(folder.join("log")).unwrap();
        fs::create_dir_all(folder.join("checkpoints")).unwrap();
        for (name, bytes) in self.files(lines) {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }

    /// The files of an export of these lines, by name, with a right checkpoint.
    pub fn files(&self, lines: &[Vec<u8>]) -> BTreeMap<String, Vec<u8>> {
        let log: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
        let checkpoint = checkpoint_of(lines, &self.log.iter().collect::<Vec<_>>());
        let kept = self.kept.iter().map(|(size, note)| (format!("checkpoints/{size:012}"), note.clone().into_bytes()));
        [("log/000000000000.jsonl".to_owned(), log), ("checkpoint".to_owned(), checkpoint.into_bytes())]
            .into_iter()
            .chain(kept)
            .collect()
    }

    /// The clock of the next record, and where it is set.
    pub fn now(&self) -> Instant {
        Instant::from_millis(self.now).unwrap()
    }
    pub fn set_clock(&mut self, millis: i64) {
        self.now = millis;
    }

    /// A record line at the head around bytes that need not be an event, signed by these keys all the same.
    pub fn line_around(&self, event: &[u8], signers: &[&str]) -> Vec<u8> {
        let sign = |name: &&str| {
            let signature = self.keys[*name].sign(&dsse::event_pae(event)).to_bytes();
            json!({"key": name, "sig": base64_encode(&signature)}).to_string()
        };
        let signatures: Vec<String> = signers.iter().map(sign).collect();
        let Head { size, leaf, .. } = self.judge.head;
        let rest = format!(
            ",\"prev\":\"{leaf}\",\"recorded\":\"{}\",\"seq\":{size},\"signatures\":[{}]}}",
            self.now(),
            signatures.join(",")
        );
        [b"{\"event\":", event, rest.as_bytes()].concat()
    }

    /// Forces a line in, as an operator can: what comes later is chained to it.
    pub fn force(&mut self, line: Vec<u8>) {
        self.judge.examine(&line);
        self.lines.push(line);
    }

    /// Changes the log's keys to one new key, keeping the checkpoint that these keys sign.
    pub fn hand_over(&mut self, event: Event, new: SigningKey, sign_with: &[&SigningKey]) {
        self.must(event);
        self.kept.insert(self.lines.len() as u64, checkpoint_of(&self.lines, sign_with));
        self.log = vec![new];
    }

    /// The vkey of the first key that signs.
    pub fn vkey(&self) -> VerifierKey {
        vkey_of(&self.log[0])
    }
}

pub fn vkey_of(secret: &SigningKey) -> VerifierKey {
    VerifierKey::new(ORIGIN, PublicKey::enrollable(secret.verifying_key().as_bytes()).unwrap()).unwrap()
}

/// The checkpoint over these lines, signed by these keys.
pub fn checkpoint_of(lines: &[Vec<u8>], keys: &[&SigningKey]) -> String {
    let mut frontier = Frontier::new();
    lines.iter().for_each(|line| frontier.push(leaf_hash(line)));
    let root: Hash = frontier.root();
    let text = Checkpoint { origin: ORIGIN.into(), size: lines.len() as u64, root }.to_text();
    let line = |key: &&SigningKey| signature_line(&vkey_of(key), &key.sign(text.as_bytes()).to_bytes());
    let signatures = keys.iter().map(line).collect();
    Note { text, signatures }.format().unwrap()
}

/// The keys `#1` of these actors, in order.
pub fn signers(actors: &[&str]) -> Vec<KeyName> {
    let mut names: Vec<KeyName> = actors.iter().map(|a| KeyName::new(format!("{a}#1")).unwrap()).collect();
    names.sort();
    names
}

// Bodies of treaty acts.
pub fn signs(state: &str, treaty: &str) -> Value {
    json!({"mode": "simple", "state": format!("state:{state}"), "treaty": treaty})
}
pub fn consents(state: &str, treaty: &str, mode: &str) -> Value {
    json!({"mode": mode, "state": format!("state:{state}"), "treaty": treaty})
}
pub fn plain(state: &str, treaty: &str) -> Value {
    json!({"state": format!("state:{state}"), "treaty": treaty})
}
pub fn reserves(state: &str, treaty: &str, articles: &[&str], at: &str) -> Value {
    json!({"articles": articles, "made_at": at, "reservation": "r1", "state": format!("state:{state}"), "text": "x", "treaty": treaty})
}

/// As `Kit::refused`, for an event that is otherwise in order.
pub fn refused(kit: &mut Kit, actor: &str, kind: &str, on: &str, body: Value, code: &str) {
    let event = kit.event(actor, kind, on, body);
    kit.refused(&event, code);
}

/// The codes of flags, for comparing.
pub fn codes(flags: &[Flag]) -> Vec<&'static str> {
    flags.iter().map(|f| f.code).collect()
}
