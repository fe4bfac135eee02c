//! The worked example of docs/FORMAT.md, recomputed from the document itself: every labelled block is read from the
//! page, and judged by the bytes of the record lines that stand there. A changed character anywhere in a block fails.
//! Not here: law and authority; the example's rules bundle is of its own day.

use std::collections::BTreeMap;

use answerable_schemas::Instant;
use answerable_schemas::catalogue::Body;
use answerable_schemas::governance::PublicKey as KeyForm;
use answerable_verifier::checkpoint;
use answerable_verifier::dsse;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::{Hash, base64_decode, hex_decode_32};
use answerable_verifier::merkle::{leaf_hash, root_of};
use answerable_verifier::note::VerifierKey;
use answerable_verifier::record::Record;
use ed25519_dalek::SigningKey;

const LABELS: [&str; 15] = [
    "worked-checkpoint",
    "worked-event-0",
    "worked-founder-key",
    "worked-id-0",
    "worked-id-1",
    "worked-leaf-0",
    "worked-leaf-1",
    "worked-log-key",
    "worked-pae-0",
    "worked-record-0",
    "worked-record-1",
    "worked-root-2",
    "worked-seed-founder",
    "worked-seed-log",
    "worked-signature-0",
];

type Blocks = BTreeMap<String, String>;

/// The fenced blocks whose info string has a second word that begins with `worked-`.
fn blocks() -> Blocks {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/FORMAT.md");
    let page = std::fs::read_to_string(path).expect("docs/FORMAT.md");
    let mut found = Blocks::new();
    let mut open: Option<(String, Vec<&str>)> = None;
    for line in page.lines() {
        match (&mut open, line.strip_prefix("```")) {
            (Some((label, text)), Some("")) => {
                let twice = found.insert(label.clone(), text.join("\n"));
                assert_eq!(twice, None, "two blocks are called {label}");
                open = None;
            }
            (Some((_, text)), _) => text.push(line),
            (None, Some(info)) => {
                let label = info.split(' ').nth(1).filter(|l| l.starts_with("worked-"));
                open = label.map(|l| (l.to_owned(), Vec::new()));
            }
            (None, None) => {}
        }
    }
    found
}

fn same(what: &str, found: impl ToString, expected: &str) -> Result<(), String> {
    let found = found.to_string();
    if found == expected { Ok(()) } else { Err(format!("{what}: computed {found}, the page says {expected}")) }
}

/// Everything that the page says, computed anew.
fn check(blocks: &Blocks) -> Result<(), String> {
    let get = |label: &str| blocks[label].as_str();
    let text = |e: &dyn std::fmt::Display| e.to_string();

    // Keys: from the seeds.
    let key_of = |label: &str| -> Result<PublicKey, String> {
        let seed = hex_decode_32(get(label)).map_err(|e| text(&e))?;
        PublicKey::enrollable(SigningKey::from_bytes(&seed).verifying_key().as_bytes()).map_err(|e| text(&e))
    };
    let founder = key_of("worked-seed-founder")?;
    let form: KeyForm = serde_json::from_str(get("worked-founder-key")).map_err(|e| text(&e))?;
    same(
        "the founder's key, written again",
        serde_json::to_string(&form).expect("plain data"),
        get("worked-founder-key"),
    )?;
    let stated = base64_decode(&form.public_key).map_err(|e| text(&e))?;
    if stated != founder.as_bytes() {
        return Err("the founder's key is not of its seed".into());
    }
    let vkey = VerifierKey::parse(get("worked-log-key")).map_err(|e| text(&e))?;
    if vkey.public_key() != &key_of("worked-seed-log")? {
        return Err("the log key is not of its seed".into());
    }

    // Record 0: read strictly, its event's bytes, their encoding, their id, the signature over them.
    let line_0 = get("worked-record-0").as_bytes();
    let record_0 = Record::parse(line_0).map_err(|e| text(&e))?;
    same("event 0", String::from_utf8_lossy(&record_0.signed.bytes), get("worked-event-0"))?;
    let pae = dsse::event_pae(&record_0.signed.bytes);
    same("the first 64 bytes of PAE 0", String::from_utf8_lossy(&pae[..64]), get("worked-pae-0"))?;
    same("event id 0", Hash::sha256(&pae), get("worked-id-0"))?;
    same("event id 0 as a record has it", record_0.signed.id, get("worked-id-0"))?;
    same("signature 0", &record_0.signed.signatures[0].sig, get("worked-signature-0"))?;
    let Body::LedgerFounded(founding) = record_0.body().map_err(|e| text(&e))? else {
        return Err("record 0 founds no ledger".into());
    };
    if founding.founders[0].keys != [form.clone()] || founding.log_keys != [vkey.to_string()] {
        return Err("record 0 founds with other keys".into());
    }
    if (record_0.seq, record_0.prev, record_0.event().ledger) != (0, Hash::ZERO, None) {
        return Err("record 0 is not the first of a ledger".into());
    }
    same("leaf 0", leaf_hash(line_0), get("worked-leaf-0"))?;

    // Record 1: it follows record 0, in that ledger, and saw the tree of size 1.
    let line_1 = get("worked-record-1").as_bytes();
    let record_1 = Record::parse(line_1).map_err(|e| text(&e))?;
    same("event id 1", record_1.signed.id, get("worked-id-1"))?;
    same("prev of record 1", record_1.prev, get("worked-leaf-0"))?;
    same(
        "the ledger of record 1",
        record_1.event().ledger.map_or(String::new(), |l| l.to_string()),
        get("worked-id-0"),
    )?;
    let seen = record_1.event().seen.as_ref().ok_or("record 1 saw nothing")?;
    same("what record 1 saw", root_of(&[record_0.leaf]).to_base64(), &seen.root)?;
    if (record_1.seq, seen.size) != (1, 1) || record_1.recorded < record_0.recorded {
        return Err("record 1 does not count on from record 0".into());
    }
    same("leaf 1", leaf_hash(line_1), get("worked-leaf-1"))?;

    // Both signatures, strictly; and both lines, assembled again from their parts.
    for (record, line) in [(&record_0, line_0), (&record_1, line_1)] {
        let signature = &record.signed.signatures[0];
        same("the signer", &signature.key, form.key.as_str())?;
        let bytes = signature.bytes().map_err(|e| text(&e))?;
        founder.verify_strict(&dsse::event_pae(&record.signed.bytes), &bytes).map_err(|e| text(&e))?;
        let recorded: Instant = record.recorded;
        if record.signed.record_line(record.seq, &record.prev, recorded) != line {
            return Err("a record line is not made of its parts".into());
        }
    }

    // The tree of size 2, and the checkpoint over it.
    let root = root_of(&[record_0.leaf, record_1.leaf]);
    same("root 2", root.to_base64(), get("worked-root-2"))?;
    let note = format!("{}\n", get("worked-checkpoint"));
    let origin = founding.origin.as_str();
    let (opened, note) = checkpoint::open(note.as_bytes(), &[vkey], origin).map_err(|e| text(&e))?;
    same("the checkpoint's root", opened.root.to_base64(), get("worked-root-2"))?;
    same("the checkpoint's size", opened.size, "2")?;
    same("the signatures of the checkpoint", note.signatures.len(), "1")
}

#[test]
fn the_page_says_what_the_code_computes() {
    let blocks = blocks();
    assert_eq!(blocks.keys().map(String::as_str).collect::<Vec<_>>(), LABELS);
    check(&blocks).unwrap();
}

/// Each character of each block, changed to another, is noticed.
#[test]
fn every_character_counts() {
    let good = blocks();
    let mut tried = 0;
    for (label, text) in &good {
        for (at, c) in text.char_indices() {
            for other in ['0', 'A', 'b', ' '].into_iter().filter(|o| *o != c) {
                let mut bad = good.clone();
                let after = &text[at + c.len_utf8()..];
                bad.insert(label.clone(), format!("{}{other}{after}", &text[..at]));
                assert!(check(&bad).is_err(), "{label}: {c:?} at {at} may become {other:?} unseen");
                tried += 1;
            }
        }
        for longer in [format!("{text} "), format!("{text}\n"), format!(" {text}"), String::new()] {
            let mut bad = good.clone();
            bad.insert(label.clone(), longer);
            assert!(check(&bad).is_err(), "{label}: may grow, or go, unseen");
        }
    }
    assert!(tried > 10_000, "{tried}");
}
