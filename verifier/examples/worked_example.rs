//! The worked example of docs/FORMAT.md: two records of a ledger made from fixed seeds, and everything that is
//! computed from them, as the labelled blocks that the document shows. The test `worked_example` recomputes them.
//! Not here: anything secret. The seeds are public, so these keys must never sign anything else.

use answerable_schemas::envelope::Seen;
use answerable_schemas::governance::RulesRef;
use answerable_schemas::governance::{Founder, KeyAlgorithm, LedgerFounded, PublicKey as KeyForm, Role, RoleGranted};
use answerable_schemas::{ActorId, Body, Event, EventId, Instant, KeyName, Standing};
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::dsse;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::{Hash, base64_encode, hex_encode};
use answerable_verifier::merkle::{leaf_hash, root_of};
use answerable_verifier::note::{Note, VerifierKey, signature_line};
use answerable_verifier::record::{Signature, SignedEvent};
use ed25519_dalek::{Signer, SigningKey};

const FOUNDER_SEED: [u8; 32] = [1; 32];
const LOG_SEED: [u8; 32] = [2; 32];
const ORIGIN: &str = "ledger.example.org/prevention";
/// The rules bundle of the day on which the example was made; later bundles have other hashes.
const RULES: &str = "cf2689dccce4a704fc68581da4808401936494686eebae4b2565ba32c6babc4a";

fn main() {
    let founder = SigningKey::from_bytes(&FOUNDER_SEED);
    let log = SigningKey::from_bytes(&LOG_SEED);
    let public = |key: &SigningKey| PublicKey::enrollable(key.verifying_key().as_bytes()).expect("an honest key");
    let vkey = VerifierKey::new(ORIGIN, public(&log)).expect("an origin is a key name");
    let form =
        KeyForm { alg: KeyAlgorithm::Ed25519, key: key_name(), public_key: base64_encode(public(&founder).as_bytes()) };

    let first = founding(&form, &vkey);
    let first = signed(&first, &founder);
    let line_0 = first.record_line(0, &Hash::ZERO, instant("2026-11-23T19:40:20.000Z"));
    let leaf_0 = leaf_hash(&line_0);

    let second = granting(first.id, &root_of(&[leaf_0]));
    let second = signed(&second, &founder);
    let line_1 = second.record_line(1, &leaf_0, instant("2026-11-23T19:40:21.123Z"));
    let leaf_1 = leaf_hash(&line_1);

    let root = root_of(&[leaf_0, leaf_1]);
    let text = Checkpoint { origin: ORIGIN.into(), size: 2, root }.to_text();
    let line = signature_line(&vkey, &log.sign(text.as_bytes()).to_bytes());
    let checkpoint = Note { text, signatures: vec![line] }.format().expect("a checkpoint is a note");

    let utf8 = |bytes: Vec<u8>| String::from_utf8(bytes).expect("canonical JSON is UTF-8");
    block("text", "worked-seed-founder", &hex_encode(&FOUNDER_SEED));
    block("text", "worked-seed-log", &hex_encode(&LOG_SEED));
    block("json", "worked-founder-key", &serde_json::to_string(&form).expect("plain data"));
    block("text", "worked-log-key", &vkey.to_string());
    block("json", "worked-event-0", &utf8(first.bytes.clone()));
    block("text", "worked-pae-0", &utf8(dsse::event_pae(&first.bytes)[..64].to_vec()));
    block("text", "worked-id-0", &first.id.to_string());
    block("text", "worked-signature-0", &first.signatures[0].sig);
    block("json", "worked-record-0", &utf8(line_0));
    block("text", "worked-leaf-0", &leaf_0.to_hex());
    block("json", "worked-record-1", &utf8(line_1));
    block("text", "worked-id-1", &second.id.to_string());
    block("text", "worked-leaf-1", &leaf_1.to_hex());
    block("text", "worked-root-2", &root.to_base64());
    block("text", "worked-checkpoint", checkpoint.trim_end());
}

/// Record 0: one founder, one key, one log key.
fn founding(key: &KeyForm, vkey: &VerifierKey) -> Event {
    let founder = Founder { actor: actor(), keys: vec![key.clone()], name: "Example Organization".into() };
    let body = Body::LedgerFounded(LedgerFounded {
        format: 1,
        founders: vec![founder],
        log_keys: vec![vkey.to_string()],
        origin: ORIGIN.parse().expect("an origin"),
        rules: RulesRef { sha256: RULES.parse().expect("64 hex digits"), version: 1 },
        threshold: 1,
        title: "Example ledger".into(),
    });
    event(body, None, None, "2026-11-23T19:40:20.000Z", [3; 16])
}

/// Record 1: the founder makes itself the keeper of the registers.
fn granting(ledger: EventId, root: &Hash) -> Event {
    let body = Body::RoleGranted(RoleGranted { actor: actor(), of: None, role: Role::Registrar });
    let seen = Seen { root: root.to_base64(), size: 1 };
    event(body, Some(ledger), Some(seen), "2026-11-23T19:40:21.000Z", [4; 16])
}

fn event(body: Body, ledger: Option<EventId>, seen: Option<Seen>, issued: &str, nonce: [u8; 16]) -> Event {
    Event {
        actor: actor(),
        attachments: None,
        effective: "2026-11-23".parse().expect("a date"),
        follows: None,
        issued: instant(issued),
        ledger,
        nonce: base64_encode(&nonce),
        seen,
        signers: vec![key_name()],
        source: None,
        standing: Standing::Own,
        stream: body.stream(),
        kind: body.kind().parse().expect("kinds of the catalogue are type names"),
        v: 1,
        body: body.to_map(),
    }
}

fn signed(event: &Event, key: &SigningKey) -> SignedEvent {
    let mut signed = SignedEvent::draft(event).expect("within every bound");
    let signature = key.sign(&dsse::event_pae(&signed.bytes)).to_bytes();
    signed.signatures.push(Signature::new(key_name(), &signature));
    signed
}

fn actor() -> ActorId {
    ActorId::new("org:example").expect("a literal of the grammar")
}

fn key_name() -> KeyName {
    KeyName::new("org:example#2026").expect("a literal of the grammar")
}

fn instant(text: &str) -> Instant {
    text.parse().expect("a literal of the grammar")
}

fn block(language: &str, label: &str, text: &str) {
    println!("```{language} {label}\n{text}\n```\n");
}
