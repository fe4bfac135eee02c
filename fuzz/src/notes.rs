//! Targets: signed notes, checkpoints, verifier keys. Nobody but the log's key makes a checkpoint that opens.
//! Not here: cosignatures, policies (`watching`).

use answerable_verifier::checkpoint::{Checkpoint, open};
use answerable_verifier::note::{Note, NoteSignature, RawVerifierKey, VerifierKey, compute_key_id, is_key_name};

use crate::bytes::known_code;
use crate::worked::small;

/// A signed note.
pub fn note(bytes: &[u8]) {
    let note = match Note::parse(bytes) {
        Ok(note) => note,
        Err(e) => return assert!(!e.to_string().is_empty()),
    };
    assert_eq!(note.format().expect("what was read can be written").as_bytes(), bytes, "the same bytes in and out");
    for signature in &note.signatures {
        assert!(is_key_name(&signature.name) && !signature.signature.is_empty());
        assert_eq!(NoteSignature::parse(&signature.to_string()).as_ref(), Ok(signature));
    }
    let key = small().log_key.clone();
    match note.verify(std::slice::from_ref(&key)) {
        Ok(signers) => {
            assert_eq!(signers, [&key]);
            assert!(small().is_signed(&note.text), "nobody but the log's key signs for it");
        }
        Err(e) => assert!(!e.to_string().is_empty()),
    }
    assert!(note.verify(&[]).is_err(), "without a key nothing verifies");
}

/// A checkpoint; and its text alone.
pub fn checkpoint(bytes: &[u8]) {
    let key = &small().log_key;
    match open(bytes, std::slice::from_ref(key), key.name()) {
        Ok((checkpoint, note)) => {
            assert_eq!(checkpoint.to_text(), note.text);
            assert!(small().is_signed(&note.text), "nobody but the log's key signs for it");
            assert!(open(bytes, std::slice::from_ref(key), "another.example/log").is_err(), "of this log alone");
        }
        Err(e) => known_code(e.code()),
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Checkpoint::parse(text) {
        Ok(checkpoint) => assert_eq!(checkpoint.to_text(), text, "the same bytes in and out"),
        Err(e) => known_code(e.code()),
    }
}

/// A verifier key.
pub fn vkey(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let raw = RawVerifierKey::parse(text);
    if let Ok(raw) = &raw {
        assert!(is_key_name(&raw.name));
        assert_eq!(raw.key_id, compute_key_id(&raw.name, raw.algorithm, &raw.public_key), "its id is its own");
    }
    match VerifierKey::parse(text) {
        Ok(key) => {
            let raw = raw.expect("a key is a raw key");
            assert_eq!(key.to_string(), text, "the same bytes in and out");
            assert_eq!((key.name(), key.key_id()), (raw.name.as_str(), raw.key_id));
            assert_eq!(key.public_key().as_bytes(), &raw.public_key);
        }
        Err(e) => assert!(!e.to_string().is_empty()),
    }
}
