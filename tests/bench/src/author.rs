//! Who writes the generated ledger: draws up events, signs them with the keys of 200 actors, has each admitted by the real
//! judge, and writes the lines that were admitted.
//! Not here: what is said (`stories`), the folders around the lines (`data`).

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use answerable_ledger::signing::CheckpointSigner;
use answerable_schemas::catalogue::Body;
use answerable_schemas::envelope::{Seen, Source};
use answerable_schemas::governance::{KeyAlgorithm, PublicKey as KeyForm};
use answerable_schemas::{ActorId, Event, EventId, Instant, KeyName, Standing, TypeName, bundle};
use answerable_verifier::dsse;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::base64_encode;
use answerable_verifier::exported::{SEGMENT, segment_name};
use answerable_verifier::judge::{Judge, MemoryPast, Past};
use answerable_verifier::note::VerifierKey;
use answerable_verifier::record::{Signature, SignedEvent};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::error::BenchError;

pub const FOUNDER: &str = "org:benchmark";
pub const ORIGIN: &str = "bench.answerable.example/prevention";
/// The first record's time: 2026-10-01. A record comes every 50 ms: a million in 14 hours.
const BEGIN_MS: i64 = 1_790_812_800_000;
const STEP_MS: i64 = 50;
/// An author has seen the last checkpoint of this many records.
const CHECKPOINT_EVERY: u64 = 100;

/// The key of a name, always the same: a benchmark has nothing to hide.
pub fn secret_of(name: &str) -> SigningKey {
    SigningKey::from_bytes(&Sha256::digest(format!("answerable-bench key {name}")).into())
}

/// The key that signs the log's checkpoints.
pub fn log_secret() -> SigningKey {
    secret_of("log")
}

/// The log key's public half, as pins name it.
pub fn log_key() -> VerifierKey {
    let public = PublicKey::enrollable(log_secret().verifying_key().as_bytes()).expect("a key made here is sound");
    VerifierKey::new(ORIGIN, public).expect("the origin is a key's name")
}

/// The log's key, as the operator holds it.
pub struct LogSigner;

impl CheckpointSigner for LogSigner {
    fn keys(&self) -> Vec<VerifierKey> {
        vec![log_key()]
    }
    fn sign(&self, _key: &VerifierKey, message: &[u8]) -> [u8; 64] {
        log_secret().sign(message).to_bytes()
    }
}

/// The public half of an actor's key, as events introduce it.
pub fn key_form(name: &str) -> KeyForm {
    let public_key = base64_encode(secret_of(name).verifying_key().as_bytes());
    KeyForm { alg: KeyAlgorithm::Ed25519, key: KeyName::new(name).expect("a key's name"), public_key }
}

/// The first key of an actor.
pub fn key_of(actor: &str) -> String {
    format!("{actor}#1")
}

/// One statement.
pub struct Act {
    pub actor: String,
    pub kind: &'static str,
    pub effective: String,
    pub body: Value,
    /// The document and row that it is transcribed from; None: the actor's own word.
    pub source: Option<(String, String)>,
}

impl Act {
    pub fn own(actor: &str, kind: &'static str, effective: &str, body: Value) -> Self {
        Self { actor: actor.into(), kind, effective: effective.into(), body, source: None }
    }
}

pub struct Author {
    pub judge: Judge<MemoryPast>,
    secrets: HashMap<String, SigningKey>,
    now: i64,
    seen: Option<Seen>,
    log: PathBuf,
    segment: Option<BufWriter<File>>,
}

impl Author {
    /// Founds a ledger whose segments are written to the folder `log`.
    pub fn found(log: &Path) -> Result<Self, BenchError> {
        fs::create_dir_all(log).map_err(BenchError::io(log))?;
        let mut author = Self {
            judge: Judge::before_all(),
            secrets: HashMap::new(),
            now: BEGIN_MS,
            seen: None,
            log: log.to_owned(),
            segment: None,
        };
        let body = json!({
            "format": 1,
            "founders": [{"actor": FOUNDER, "keys": [key_form(&key_of(FOUNDER))], "name": "Benchmark Secretariat"}],
            "log_keys": [log_key().to_string()], "origin": ORIGIN, "rules": bundle::rules_ref(),
            "threshold": 1, "title": "Benchmark",
        });
        author.say(Act::own(FOUNDER, "ledger.founded", "2026-10-01", body))?;
        Ok(author)
    }

    /// Records so far.
    pub fn size(&self) -> u64 {
        self.judge.head.size
    }

    /// The founder introduces an actor's key, which signs too.
    pub fn enrol(&mut self, actor: &str) -> Result<EventId, BenchError> {
        let key = key_of(actor);
        let body = json!({"actor": actor, "key": key_form(&key), "scope": ["*"]});
        let act = Act::own(FOUNDER, "key.enrolled", "2026-10-01", body);
        self.record(act, &[&key_of(FOUNDER), &key])
    }

    /// Records an act, signed by the first key of its actor; answers the event's id.
    pub fn say(&mut self, act: Act) -> Result<EventId, BenchError> {
        let key = key_of(&act.actor);
        self.record(act, &[&key])
    }

    fn record(&mut self, act: Act, signers: &[&str]) -> Result<EventId, BenchError> {
        self.now += STEP_MS;
        let (kind, parsed) = read(&act)?;
        let actor: ActorId = act.actor.parse().expect("an actor id");
        let size = self.judge.head.size;
        if size > 0 && (self.seen.is_none() || size.is_multiple_of(CHECKPOINT_EVERY)) {
            let root = self.judge.past.root_at(size).ok().flatten().expect("the tree is in memory");
            self.seen = Some(Seen { root: root.to_base64(), size });
        }
        let at = Place {
            follows: self.judge.past.last_by(&actor, &parsed.stream()).expect("the past is in memory"),
            issued: Instant::from_millis(self.now).expect("a day in 2026"),
            ledger: self.judge.authority.ledger_id,
            nonce: size,
            seen: self.seen.clone(),
        };
        let event = event(act, (kind, &parsed), signers, at)?;
        let signed =
            sign(&event, |name| self.secrets.entry(name.to_owned()).or_insert_with(|| secret_of(name)).clone())?;
        let line = signed.record_line(size, &self.judge.head.leaf, event.issued);
        self.judge.admit(&line)?;
        self.write(&line)?;
        Ok(signed.id)
    }

    fn write(&mut self, line: &[u8]) -> Result<(), BenchError> {
        let seq = self.judge.head.size - 1;
        if seq.is_multiple_of(SEGMENT) {
            self.flush()?;
            let path = self.log.join(segment_name(seq));
            self.segment = Some(BufWriter::new(File::create(&path).map_err(BenchError::io(&path))?));
        }
        let segment = self.segment.as_mut().expect("record 0 opens the first segment");
        segment.write_all(line).and_then(|()| segment.write_all(b"\n")).map_err(BenchError::io(&self.log))
    }

    /// Writes what is still in memory.
    pub fn flush(&mut self) -> Result<(), BenchError> {
        self.segment.as_mut().map_or(Ok(()), |s| s.flush()).map_err(BenchError::io(&self.log))
    }
}

/// Where an event is drafted.
pub struct Place {
    pub follows: Option<EventId>,
    pub issued: Instant,
    pub ledger: Option<EventId>,
    /// Makes its nonce.
    pub nonce: u64,
    pub seen: Option<Seen>,
}

/// The first event of an actor in a stream, signed with its key.
pub fn signed(act: Act, at: Place) -> Result<SignedEvent, BenchError> {
    let (kind, body) = read(&act)?;
    let key = key_of(&act.actor);
    sign(&event(act, (kind, &body), &[&key], at)?, secret_of)
}

fn read(act: &Act) -> Result<(TypeName, Body), BenchError> {
    let kind: TypeName = act.kind.parse().expect("a type of the catalogue");
    let body = act.body.as_object().expect("bodies are objects");
    let parsed = Body::parse(&kind, 1, body).map_err(|e| BenchError::Story(e.to_string()))?;
    Ok((kind, parsed))
}

fn event(act: Act, (kind, parsed): (TypeName, &Body), signers: &[&str], at: Place) -> Result<Event, BenchError> {
    let Value::Object(body) = act.body else { unreachable!("bodies are objects") };
    let mut signers: Vec<KeyName> = signers.iter().map(|s| KeyName::new(*s).expect("a key's name")).collect();
    signers.sort();
    Ok(Event {
        follows: at.follows,
        signers,
        actor: act.actor.parse().expect("an actor id"),
        attachments: None,
        body,
        effective: act.effective.parse().map_err(|_| BenchError::Story(format!("{} is no date", act.effective)))?,
        issued: at.issued,
        ledger: at.ledger,
        nonce: base64_encode(&Sha256::digest(at.nonce.to_be_bytes())[..16]),
        seen: at.seen,
        standing: if act.source.is_some() { Standing::Transcribed } else { Standing::Own },
        source: act.source.map(|(document, row)| Source {
            document: Some(document),
            row: Some(row),
            seen: "2026-09-30".parse().expect("a date"),
            sha256: None,
            title: "Database of the benchmark, as a public table has it".into(),
            url: Some("https://bench.answerable.example/database/".into()),
        }),
        stream: parsed.stream(),
        kind,
        v: 1,
    })
}

fn sign(event: &Event, mut secret: impl FnMut(&str) -> SigningKey) -> Result<SignedEvent, BenchError> {
    let mut signed = SignedEvent::draft(event)?;
    for name in &event.signers {
        let signature = secret(name.as_str()).sign(&dsse::event_pae(&signed.bytes)).to_bytes();
        signed.signatures.push(Signature::new(name.clone(), &signature));
    }
    Ok(signed)
}
