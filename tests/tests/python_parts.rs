//! Parts of a ledger, as the two verifiers take them: bodies (the first reads types, the second the schemas of the rules
//! bundle), canonical texts, keys and signatures.
//! Not here: whole ledgers (`python`).

mod second;
mod worked_ledger;

use std::fs;
use std::process::Command;

use answerable_schemas::Body;
use answerable_schemas::catalogue::TYPES;
use answerable_tests::{World, example, path_text, repository};
use answerable_verifier::canonical;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::{base64_decode, hex_encode};
use second::{Process, Random, python};
use serde_json::{Value, json};
use worked_ledger::worked;

const BODIES: &str = r#"
import json, sys
sys.path.insert(0, sys.argv[1])
import answerable_verify as v
rules = v.find_rules(None, None)
for line in sys.stdin:
    asked = json.loads(line)
    kind, body = asked["type"], asked["body"]
    problem = rules.body_problem(kind, body)
    stream = None if problem else v.stream_of(kind, body, rules.types[kind][2])
    meant = [None] * 3 if problem else [f(kind, body) for f in (v.subject_of, v.organ_of, v.concerns_of)]
    print(json.dumps({"stream": stream, "meant": meant, "problem": problem}), flush=True)
"#;

/// Values that stand where others should, at the edges of what schemas say.
fn strange(rng: &mut Random, old: &Value) -> Value {
    let text = old.as_str().unwrap_or("state:RWA").to_owned();
    match rng.below(22) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(0),
        3 => json!(-1),
        4 => json!(1201),
        5 => json!(65_536),
        6 => json!(4_294_967_296u64),
        7 => json!(""),
        8 => json!([]),
        9 => json!({}),
        10 => json!([old, old]),
        11 => json!({"kind": old}),
        12 => json!(text + "\n"),
        13 => json!("2023-02-29"),
        14 => json!("state:org:x"),
        15 => json!("x".repeat(200)),
        16 => json!(text.to_uppercase()),
        17 => json!("0000"),
        18 => json!("treaty"),
        19 => json!("IIII(01)"),
        20 => json!(format!("org:{}", "x".repeat(91))),
        _ => json!(1),
    }
}

/// Changes one member, somewhere within.
fn change_somewhere(rng: &mut Random, value: &mut Value) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            let keys: Vec<String> = map.keys().cloned().collect();
            let key = &keys[rng.below(keys.len())];
            match rng.below(6) {
                0 => _ = map.remove(key),
                1 => _ = map.insert("more".into(), json!("x")),
                2 => map[key] = strange(rng, &map[key].clone()),
                _ => change_somewhere(rng, &mut map[key]),
            }
        }
        Value::Array(items) if !items.is_empty() => {
            let at = rng.below(items.len());
            change_somewhere(rng, &mut items[at]);
        }
        old => *old = strange(rng, &old.clone()),
    }
}

/// The second reads schemas as data, the first reads bodies as types: both take the same bodies, find the same stream in
/// them, and the same actors meant.
#[test]
fn both_take_the_same_bodies() {
    let Some(python) = python() else { return };
    let folder = path_text(&repository().join("python"));
    let mut process = Process::start(Command::new(python).args(["-c", BODIES, &folder]));
    let mut rng = Random(7);
    let mut bodies: Vec<(String, Value)> =
        worked::all().into_iter().map(|a| (a.kind, Value::Object(a.body))).chain(governance_bodies()).collect();
    let treaties: Value = serde_json::from_slice(&fs::read(example("treaties.json")).unwrap()).unwrap();
    bodies.extend(treaties.as_array().unwrap().iter().map(|t| ("treaty.registered".to_owned(), t.clone())));
    for info in TYPES.iter() {
        assert!(bodies.iter().any(|(kind, _)| kind == info.name), "no body of {}", info.name);
    }
    let (mut taken, mut refused, mut apart) = (0, 0, Vec::new());
    for (kind, body) in &bodies {
        for round in 0..25 {
            let mut body = body.clone();
            (0..round.min(2)).for_each(|_| change_somewhere(&mut rng, &mut body));
            let parsed = body.as_object().map(|map| Body::parse(&kind.parse().unwrap(), 1, map));
            let ours = process.ask(&json!({"type": kind, "body": body}).to_string());
            let theirs = match &parsed {
                Some(Ok(body)) => {
                    let meant = [body.subject(), body.organ(), body.concerns()];
                    json!({"stream": body.stream().as_str(), "meant": meant})
                }
                _ => json!({"stream": null, "meant": [null, null, null]}),
            };
            assert!(round > 0 || ours["stream"].is_string(), "{kind}: {body}: {ours}");
            *(if ours["stream"].is_null() { &mut refused } else { &mut taken }) += 1;
            if (&ours["stream"], &ours["meant"]) != (&theirs["stream"], &theirs["meant"]) {
                apart.push(format!(
                    "{kind}: {body}\n   python {ours}\n   rust   {theirs} {:?}",
                    parsed.and_then(Result::err)
                ));
            }
        }
    }
    process.end();
    assert!(apart.is_empty(), "{} bodies are judged apart:\n{}", apart.len(), apart[..apart.len().min(20)].join("\n"));
    assert!(taken > 200 && refused > 1000, "{taken} taken, {refused} refused");
}

/// A body of each type that no worked example has.
fn governance_bodies() -> Vec<(String, Value)> {
    let public_key = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=";
    let key = json!({"alg": "ed25519", "key": "org:test#1", "public_key": public_key});
    let log_key = "ledger.example.org/prevention+72ef604c+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU";
    let (hash, act) = ("ab".repeat(32), json!({"state": "state:RWA", "treaty": "genocide-convention"}));
    let of_treaty = |kind: &str, more: Value| {
        let mut body = act.clone();
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        (format!("treaty.{kind}"), body)
    };
    let said = json!({"body": act, "effective": "1975", "type": "treaty.signed", "v": 1});
    let rules = json!({"sha256": hash, "version": 1});
    let of = |kind: &str, body: Value| (kind.to_owned(), body);
    vec![
        of(
            "ledger.founded",
            json!({"format": 1, "founders": [{"actor": "org:test", "keys": [key], "name": "Test"}], "log_keys": [log_key],
                   "origin": "ledger.example.org/prevention", "rules": rules, "threshold": 1, "title": "Test"}),
        ),
        of("ledger.founders_changed", json!({"founders": ["org:a", "org:b"], "reason": "x", "threshold": 1})),
        of("ledger.log_keys_changed", json!({"log_keys": [log_key], "lost": [log_key], "reason": "x"})),
        of("ledger.rules_adopted", json!({"reason": "x", "rules": rules})),
        of("ledger.streams_counted", json!({"root": public_key, "size": 3, "streams": 2})),
        of("actor.registered", json!({"actor": "state:RWA", "kind": "state", "name": "Rwanda", "until": "1994-04"})),
        of("actor.renamed", json!({"actor": "state:RWA", "name": "Rwanda"})),
        of("state.succeeded", json!({"mode": "separation", "predecessor": "state:CSK", "successor": "state:CZE"})),
        of("key.enrolled", json!({"actor": "org:test", "key": key, "scope": ["treaty.*", "key.rotated", "*"]})),
        of("key.rotated", json!({"actor": "org:test", "key": key, "old": "org:test#0"})),
        of("key.revoked", json!({"actor": "org:test", "compromised_from_seq": 4, "key": "org:test#1", "reason": "x"})),
        of("role.granted", json!({"actor": "org:test", "of": "org:organ", "role": "secretariat"})),
        of("role.withdrawn", json!({"actor": "org:test", "reason": "x", "role": "registrar"})),
        of(
            "event.corrected",
            json!({"date": "1975-04", "reason": "x", "replacement": act, "retracted": false, "stream": "a:b", "target": hash}),
        ),
        of("event.affirmed", json!({"said": said, "stream": "a:b", "target": hash})),
        of("event.disputed", json!({"grounds": "x", "said": said, "stream": "a:b", "target": hash})),
        of("attachment.erased", json!({"event": hash, "reason": "x", "sha256": hash, "stream": "a:b"})),
        of_treaty("signed", json!({"mode": "simple"})),
        of_treaty("signature_repudiated", json!({})),
        of_treaty("consent_deposited", json!({"mode": "accession"})),
        of_treaty("provisionally_applied", json!({})),
        of_treaty("provisional_application_ended", json!({})),
        of_treaty(
            "reservation_made",
            json!({"articles": ["IX", "12(3)(b)", "other:1"], "made_at": "consent", "reservation": "r1", "text": "x"}),
        ),
        of_treaty("reservation_confirmed", json!({"reservation": "r1"})),
        of_treaty("reservation_withdrawn", json!({"reservation": "r1"})),
        of_treaty("declaration_made", json!({"declaration": "d1", "kind": "territorial", "text": "x"})),
        of_treaty("declaration_withdrawn", json!({"declaration": "d1"})),
        of_treaty(
            "objection_made",
            json!({"objection": "o1", "precludes_entry_into_force": false, "reservation": "r1", "reserving_state": "state:USA", "text": "x"}),
        ),
        of_treaty("objection_withdrawn", json!({"objection": "o1"})),
        of_treaty("territory_notified", json!({"territory": "x"})),
        of_treaty("withdrawal_notified", json!({})),
        of_treaty("withdrawal_revoked", json!({})),
        of_treaty("depositary_corrected", json!({"date": "1975", "notification": "x", "target": hash})),
    ]
}

const TEXTS: &str = r#"
import json, sys
sys.path.insert(0, sys.argv[1])
import answerable_verify as v
for line in sys.stdin:
    try:
        v.parse_canonical(bytes.fromhex(line))
        print('"good"', flush=True)
    except v.Fault as fault:
        print(json.dumps(fault.code), flush=True)
"#;

/// Texts that a reader of JSON trips over.
const HARD: [&str; 24] = [
    "",
    "{}",
    "[]",
    "null",
    "\u{feff}{}",
    "{\"a\":1e999}",
    "{\"a\":-0}",
    "{\"a\":0.0}",
    "{\"a\":01}",
    "{\"a\":NaN}",
    "{\"a\":Infinity}",
    "{\"a\":9007199254740992}",
    "{\"a\":1,\"a\":1}",
    "{\"a\":1,\"\\u0061\":1}",
    "{\"b\":1,\"a\":1}",
    "{\"a\":\"\\ud800\"}",
    "{\"a\":\"\\ud83d\\ude00\"}",
    "{\"a\":\"\\/\"}",
    "{\"a\":\"\\u00e9\"}",
    "{\"a\":\"\\u0000\"}",
    "{\"A\":1}",
    "{\"body\":\"\\n\"}",
    "{\"a\":\"\u{200f}\"}",
    "{\"a\":\"\u{1ffff}\"}",
];

/// Every text is good for both, or refused by both with the same code.
#[test]
fn both_take_the_same_texts() {
    let Some(python) = python() else { return };
    let folder = path_text(&repository().join("python"));
    let mut process = Process::start(Command::new(python).args(["-c", TEXTS, &folder]));
    let log = World::small().read("ledger/log/000000000000.jsonl");
    let lines: Vec<&[u8]> = log.split(|b| *b == b'\n').filter(|l| !l.is_empty()).collect();
    let mut texts: Vec<Vec<u8>> = HARD.iter().map(|t| t.as_bytes().to_vec()).collect();
    for depth in [16, 17, 127, 128, 2000] {
        texts.push(["[".repeat(depth), "]".repeat(depth)].concat().into_bytes());
        texts.push("[".repeat(depth).into_bytes());
    }
    texts.push(format!("\"{}\"", "x".repeat(16_385)).into_bytes());
    texts.push(format!("[{}1]", "1,".repeat(1024)).into_bytes());
    texts.push(vec![b' '; 65_536]);
    let mut rng = Random(5);
    for _ in 0..3000 {
        let mut text = lines[rng.below(lines.len())].to_vec();
        let elsewhere = HARD[rng.below(HARD.len())].as_bytes().to_vec();
        (0..1 + rng.below(3)).for_each(|_| rng.mutate(&mut text, &elsewhere));
        texts.push(text);
    }
    let mut codes = std::collections::BTreeMap::new();
    for text in &texts {
        let theirs = canonical::parse(text).map_or_else(|e| e.code(), |_| "good");
        let ours = process.ask(&hex_encode(text));
        assert_eq!(ours, theirs, "{}", String::from_utf8_lossy(text));
        *codes.entry(theirs).or_insert(0) += 1;
    }
    process.end();
    // All ten codes of canonical JSON, and good texts.
    assert_eq!(codes.len(), 11, "{codes:?}");
}

/// Signatures that libraries disagree on, made with the curve arithmetic of the second verifier: points of small order and
/// with torsion as key and as R, S beyond the group order, encodings that are not canonical.
const SIGNATURES: &str = r#"
import base64, hashlib, json, sys
sys.path.insert(0, sys.argv[1])
import answerable_verify as v
base = v._decode(bytes([0x58]) + bytes([0x66] * 31))
torsion = [v._decode(e) for e in sorted(v.SMALL_ORDER)]
b64 = lambda data: base64.b64encode(data).decode()

def show(key, message, signature):
    ok = v.is_enrollable(key) and v.verifies(key, message, signature)
    print(json.dumps([b64(key), b64(message), b64(signature), v.is_enrollable(key), ok]))

def number(data):
    return int.from_bytes(hashlib.sha512(data).digest(), "little") % v.L

for n in range(24):
    a, r, message = number(b"a%d" % n), number(b"r%d" % n), b"message %d" % n
    for key_torsion in torsion if n < 8 else [v.IDENTITY]:
        key = v._encode(v._add(v._times(a, base), key_torsion))
        for point in [v._add(v._times(r, base), t) for t in torsion] + torsion:
            nonce = 0 if point in torsion else r
            for encoded in {v._encode(point), v._encode(point)[:31] + bytes([v._encode(point)[31] ^ 0x80])}:
                k = number(encoded + key + message)
                s = (nonce + k * a) % v.L
                for scalar in (s, s + v.L, s + 1):
                    show(key, message, encoded + scalar.to_bytes(32, "little"))
# Encodings of keys: small numbers, numbers beyond the field, both signs; and small order ones themselves.
for y in [*range(40), *range(v.P - 5, 2**255)]:
    for sign in (0, 1 << 255):
        show((y | sign).to_bytes(32, "little"), b"", bytes(64))
        show(v._encode(v._times(7, base)), b"", (y | sign).to_bytes(32, "little") + bytes(32))
print("null")
"#;

#[test]
fn both_take_the_same_keys_and_signatures() {
    let Some(python) = python() else { return };
    let folder = path_text(&repository().join("python"));
    let mut command = Command::new(python);
    let answer = answerable_tests::finish(command.args(["-c", SIGNATURES, &folder])).expect(0).stdout;
    let cases: Vec<(String, String, String, bool, bool)> =
        answer.lines().filter(|l| *l != "null").map(|l| serde_json::from_str(l).unwrap()).collect();
    for (key, message, signature, enrollable, good) in &cases {
        let [key, message, signature] = [key, message, signature].map(|t| base64_decode(t).unwrap());
        let theirs = PublicKey::enrollable(&key);
        assert_eq!(theirs.is_ok(), *enrollable, "{}", hex_encode(&key));
        let verifies = theirs.is_ok_and(|k| k.verify_strict_slice(&message, &signature).is_ok());
        assert_eq!(verifies, *good, "{} {} {}", hex_encode(&key), hex_encode(&message), hex_encode(&signature));
    }
    let good = cases.iter().filter(|c| c.4).count();
    assert!(good >= 24 && cases.len() > 2000, "{good} good of {}", cases.len());
}
