//! Writes the first corpora from real artefacts: the small good ledger, the examples of the repository, the page on the
//! format. `cargo run -p answerable-fuzz --example seeds`. Files that are there are written again, others stay.
//! Not here: what a fuzzing run found; that is added by hand (docs/FUZZING.md).

use std::fs;
use std::path::{Path, PathBuf};

use answerable_fuzz::watching::{TIMES, cosign, witnesses};
use answerable_fuzz::worked::small;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::base64_encode;
use answerable_verifier::merkle::{consistency_proof, leaf_hash};
use answerable_verifier::pin::PinCard;
use answerable_verifier::record::Record;
use answerable_verifier::request::KeyRequest;
use answerable_verifier::tiles::entry_bundle;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::{Value, json};

fn main() {
    let good = small();
    for (seq, line) in good.lines.iter().enumerate() {
        put("record", &format!("small-{seq}"), line);
        put("canonical", &format!("small-{seq}"), line);
        let signed = Record::parse(line).expect("a good record").signed;
        put("event_file", &format!("small-{seq}"), &signed.to_file());
    }
    for width in [1, 2, good.lines.len()] {
        let bundle = entry_bundle(good.lines.iter().take(width).map(Vec::as_slice)).expect("records are short");
        put("bundle", &format!("first-{width}"), &[&[(width - 1) as u8], &bundle[..]].concat());
    }
    canonical();
    notes();
    watching();
    proofs();
    files();
    ledger();
    law();
    import();
}

fn put(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    fs::create_dir_all(&folder).expect("the corpus can be written");
    fs::write(folder.join(name), bytes).expect("the corpus can be written");
}

fn examples(folder: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(folder);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder).expect("the examples").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let read = |path: PathBuf| {
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        (name, fs::read(path).expect("an example"))
    };
    paths.into_iter().filter(|path| path.is_file()).map(read).collect()
}

fn canonical() {
    let texts = [
        r#"{"a":[],"b":{"c":null},"d":-9007199254740991,"e":9007199254740991,"f":"\"\\/é€😀"}"#,
        r#"{"event":{"body":{"text":["line\nline"]}}}"#,
        r#"{"a":1.5e3,"b":-0}"#,
        "[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]",
    ];
    texts.iter().enumerate().for_each(|(n, text)| put("canonical", &format!("text-{n}"), text.as_bytes()));
}

fn notes() {
    let good = small();
    for size in [1, 2, good.lines.len()] {
        let note = good.checkpoints[size - 1].as_bytes();
        put("note", &format!("checkpoint-{size}"), note);
        put("checkpoint", &format!("checkpoint-{size}"), note);
    }
    let note = &good.checkpoints[0];
    let line = note.lines().last().expect("a signature");
    put("note", "twice-signed", format!("{note}{line}\n").as_bytes());
    put("checkpoint", "text", note.split("\n\n").next().map(|t| format!("{t}\n")).unwrap_or_default().as_bytes());
    let extended = note.replacen("\n\n", "\nextension\n\n", 1);
    put("note", "extension", extended.as_bytes());
    put("vkey", "log", good.log_key.to_string().as_bytes());
    // The worked example of docs/FORMAT.md, and a witness's key of another type.
    put("vkey", "worked", b"ledger.example.org/prevention+72ef604c+AYE5dw6ofRdfVqNUZsNMfszLjYqRtO43ol32D1uPybOU");
    let key = [[4].as_slice(), good.log_key.public_key().as_bytes()].concat();
    put("vkey", "cosigner", format!("witness.example+00000000+{}", base64_encode(&key)).as_bytes());
}

fn watching() {
    let good = small();
    let [one, two, alias] = witnesses().map(|(_, key)| key);
    let log = &good.log_key;
    let policies = [
        (
            "group",
            format!(
                "log {log} https://ledger.test/kit\nwitness one {one} https://w.example/\nwitness two {two}\ngroup both 2 one two\nquorum both\n"
            ),
        ),
        ("any", format!("# comment\n\nwitness a {one}\nwitness b {two}\ngroup g any a b\nquorum g\n")),
        ("nested", format!("witness a {one}\ngroup g all a\nwitness b\t{two}\ngroup h 1 g b\nquorum h\n")),
        ("single", format!("witness a {alias}\nquorum a\n")),
        ("none", format!("log {log}\nquorum none\n")),
        ("same-key", format!("witness a {one}\nwitness b {alias}\nquorum a\n")),
    ];
    policies.iter().for_each(|(name, text)| put("policy", name, text.as_bytes()));
    let latest = &good.checkpoints[good.lines.len() - 1];
    let by_both = cosign(&cosign(latest, 0, TIMES[0]), 1, TIMES[0]);
    put("cosignature", "one", cosign(latest, 0, TIMES[0]).as_bytes());
    put("cosignature", "both", by_both.as_bytes());
    put("cosignature", "again", cosign(&by_both, 0, TIMES[1]).as_bytes());
    put("cosignature", "first", cosign(&good.checkpoints[0], 1, TIMES[0]).as_bytes());
    put("cosignature", "other-name", by_both.replacen("w.example/two", "w.example/alias", 1).as_bytes());
    let leaves: Vec<_> = good.lines.iter().map(|line| leaf_hash(line)).collect();
    for (old, new) in [(0, 1), (0, leaves.len()), (3, leaves.len()), (7, 8), (5, 5)] {
        let proof: String = consistency_proof(&leaves, old as u64, new as u64)
            .iter()
            .map(|hash| format!("{}\n", hash.to_base64()))
            .collect();
        let body = format!("old {old}\n{proof}\n{}", good.checkpoints[new - 1]);
        put("add_checkpoint", &format!("{old}-to-{new}"), &[&[old as u8], body.as_bytes()].concat());
        put("add_checkpoint", &format!("{old}-to-{new}-after-2"), &[&[2], body.as_bytes()].concat());
    }
}

fn proofs() {
    let good = small();
    let all = good.lines.len();
    for (seq, size) in [(0, 1), (0, all), (3, all), (all - 1, all), (2, 5)] {
        let proof = good.proof(seq, size).format();
        put("proof", &format!("{seq}-of-{size}"), &proof);
        put("receipt", &format!("{seq}-of-{size}"), &[proof, good.lines[seq].clone()].concat());
    }
    let mut proof = good.proof(1, all);
    proof.extra = Some(b"extra".to_vec());
    put("proof", "extra", &proof.format());
    put("receipt", "extra", &[proof.format(), good.lines[1].clone()].concat());
    put("receipt", "wrong-record", &[good.proof(1, all).format(), good.lines[2].clone()].concat());
    for n in 0..12u8 {
        let mut numbers: Vec<u8> = (0..64u8).map(|i| i.wrapping_mul(n.wrapping_mul(29)) ^ n).collect();
        put("inclusion", &format!("numbers-{n}"), &numbers);
        put("consistency", &format!("numbers-{n}"), &numbers);
        numbers.extend([0, 1, 2, 3, 4, 5, 6, 7]);
        put("tiles", &format!("numbers-{n}"), &numbers);
        put("tiles", &format!("honest-{n}"), &[&numbers[..59], &[0; 16]].concat());
    }
    put("inclusion", "largest", &[0xff; 40]);
    put("consistency", "largest", &[0xff; 40]);
    put("tiles", "largest", &[0xff; 64]);
}

fn files() {
    let secret = SigningKey::from_bytes(&[77; 32]);
    let public = base64_encode(secret.verifying_key().as_bytes());
    let key = json!({"alg": "ed25519", "key": "state:RWA#2026a", "public_key": public});
    for (name, scope) in [(None, json!(["*"])), (Some("Rwanda"), json!(["treaty.*", "event.corrected"]))] {
        let mut request = json!({"actor": "state:RWA", "issued": "2026-11-23T19:40:20.000Z", "key": key,
            "schema": "answerable.key_request/v1", "scope": scope});
        if let Some(name) = name {
            request["name"] = json!(name);
        }
        let request: KeyRequest = serde_json::from_value(request).expect("a request");
        let file = request.to_file(&secret.sign(&request.pae()).to_bytes());
        put("request", if name.is_some() { "named" } else { "plain" }, &file);
    }
    assert!(PublicKey::enrollable(secret.verifying_key().as_bytes()).is_ok());
    let card = PinCard { ledger_id: small().ledger_id(), log_key: small().log_key.clone() }.to_json();
    put("pin", "card", card.to_string().as_bytes());
    let text = card.to_string();
    put("pin", "extra-member", text.replacen('{', r#"{"note":"x","#, 1).as_bytes());
    put("pin", "member-twice", text.replacen('{', r#"{"origin":"ledger.test/kit","#, 1).as_bytes());
    put("pin", "other-origin", text.replacen("ledger.test/kit", "ledger.test/kat", 1).as_bytes());
    put("pin", "spaced", serde_json::to_string_pretty(&card).expect("plain data").as_bytes());
}

fn ledger() {
    let all: Vec<String> = (0..small().lines.len()).map(|n| format!("@{n}")).collect();
    put("ledger", "good", all.join("\n").as_bytes());
    let changed = |at: usize, line: &str| {
        let mut lines = all.clone();
        lines[at] = line.into();
        lines.join("\n")
    };
    put("ledger", "altered", changed(8, "@8/RWA/FRA").as_bytes());
    put("ledger", "later", changed(8, r#"@8/"recorded":"2026/"recorded":"2027"#).as_bytes());
    put("ledger", "gap", changed(4, "").as_bytes());
    put("ledger", "swapped", changed(4, "@5\n@4").as_bytes());
    put("ledger", "twice", changed(4, "@4\n@4").as_bytes());
    put("ledger", "no-founding", all[1..].join("\n").as_bytes());
    put("ledger", "nonce", changed(8, r#"@8/"nonce":"A/"nonce":"B"#).as_bytes());
    put("ledger", "later-date", changed(8, r#"@8/"effective":"2013/"effective":"2014"#).as_bytes());
    // A few characters of a signature, without the mark of the script.
    let sig = small().events[8].signatures[0].sig.clone();
    let part = sig.as_bytes().windows(6).find(|part| !part.contains(&b'/')).expect("base64 is seldom a slash");
    let part = String::from_utf8_lossy(part);
    let other = if part.starts_with('A') { "B" } else { "A" };
    put("ledger", "other-signature", changed(8, &format!("@8/{part}/{other}{}", &part[1..])).as_bytes());
    put("ledger", "signature", changed(3, r#"@3/"sig":"/"sig":"A"#).as_bytes());
    put("ledger", "seq", changed(9, r#"@9/"seq":9/"seq":18446744073709551615"#).as_bytes());
}

fn law() {
    for (name, bytes) in examples("stories").into_iter().filter(|(name, _)| name != "refused") {
        let acts: Vec<Value> = serde_json::from_slice(&bytes).expect("the examples are acts");
        let lines: Vec<String> = acts
            .iter()
            .filter(|act| act["type"] != "actor.registered")
            .map(|act| {
                let member = |name: &str| act[name].clone();
                json!({"actor": member("actor"), "body": member("body"), "effective": member("effective"),
                    "standing": member("standing"), "type": member("type")})
                .to_string()
            })
            .collect();
        for (n, chunk) in lines.chunks(16).enumerate() {
            put("law", &format!("{name}-{n}"), chunk.join("\n").as_bytes());
        }
    }
    let treaty = |kind: &str, on: &str, standing: &str, body: Value| {
        let mut body = body;
        body["state"] = json!("state:RWA");
        body["treaty"] = json!("arms-trade-treaty");
        json!({"actor": "state:RWA", "body": body, "effective": on, "standing": standing, "type": kind}).to_string()
    };
    let lines = [
        treaty("treaty.signed", "2013-06-05", "own", json!({"mode": "simple"})),
        treaty("treaty.consent_deposited", "2014-01-10", "own", json!({"mode": "ratification"})),
        treaty("treaty.signed", "2013-06", "transcribed", json!({"mode": "simple"})),
        treaty("treaty.withdrawn", "2020", "own", json!({})),
        treaty("treaty.consent_deposited", "2014-02-10", "transcribed", json!({"mode": "accession"})),
    ];
    put("law", "treaty", lines.join("\n").as_bytes());
}

fn import() {
    let tables = examples(".");
    for (name, mapping) in examples("mappings") {
        put("mapping", &name, &mapping);
        // The table of that name, if there is one: its first lines.
        let table = tables.iter().find(|(table, _)| *table == name).map(|(_, bytes)| bytes.as_slice());
        let text = table.map(String::from_utf8_lossy).unwrap_or_default();
        let first: String = text.split_inclusive('\n').take(8).collect();
        put("plan", &name, &[&mapping, b"%%%\n".as_slice(), first.as_bytes()].concat());
        if !first.is_empty() {
            put("table", &name, first.as_bytes());
        }
    }
    put("table", "json", br#"[{"a":1,"b":"x"},{"a":2,"c":[true,null]}]"#);
    put("table", "lines", b"{\"a\":1}\n\n{\"a\":\"two\"}\n");
    put("table", "quoted", b"a,b\r\n\"x\"\"y\",\"two\nlines\"\r\n# a comment\r\nz,\r\n");
}
