//! Targets: record lines, event files, canonical JSON. What is accepted is the one writing of what it says.
//! Not here: whether a record may stand where it stands (`ledger`).

use answerable_schemas::Body;
use answerable_verifier::canonical::{self, MAX_EVENT, MAX_RECORD, parse, parse_bounded, to_bytes};
use answerable_verifier::dsse;
use answerable_verifier::merkle::leaf_hash;
use answerable_verifier::record::{Record, SignedEvent, body_of};
use serde_json::Value;

use crate::bytes::{known_code, sound_fault};

/// A record line, without its LF.
pub fn record(line: &[u8]) {
    let record = match Record::parse(line) {
        Ok(record) => record,
        Err(fault) => return sound_fault(&fault),
    };
    let signed = &record.signed;
    assert!(line.len() <= MAX_RECORD && signed.bytes.len() <= MAX_EVENT, "within bounds");
    assert_eq!(signed.record_line(record.seq, &record.prev, record.recorded), line, "the same bytes in and out");
    assert_eq!(record.leaf, leaf_hash(line));
    assert_eq!(signed.id.0, dsse::event_id(&signed.bytes).0);
    assert_eq!(SignedEvent::parse(&signed.to_file()).as_ref(), Ok(signed), "its event file says the same");
    sound_event(signed);
}

/// An event file.
pub fn event_file(file: &[u8]) {
    let signed = match SignedEvent::parse(file) {
        Ok(signed) => signed,
        Err(fault) => return sound_fault(&fault),
    };
    let line = file.strip_suffix(b"\n").unwrap_or(file);
    assert_eq!(signed.to_file(), [line, b"\n"].concat(), "the same bytes in and out");
    sound_event(&signed);
}

fn sound_event(signed: &SignedEvent) {
    let event = &signed.event;
    let written = to_bytes(&serde_json::to_value(event).expect("an event is plain data")).expect("it holds no floats");
    assert_eq!(written, signed.bytes, "the parsed event is the signed one");
    if let Ok(mut draft) = SignedEvent::draft(event) {
        draft.signatures = signed.signatures.clone();
        assert_eq!(&draft, signed);
    }
    match body_of(event) {
        Err(fault) => sound_fault(&fault),
        Ok(body) => {
            assert_eq!((body.kind(), body.stream()), (event.kind.as_str(), event.stream.clone()));
            assert_eq!(body.to_map(), event.body, "a body says what it said");
            assert_eq!(Body::parse(&event.kind, event.v, &body.to_map()).as_ref(), Ok(&body));
        }
    }
}

/// Canonical JSON: what is read is its own writing; and what is written is read, or is out of bounds.
pub fn canonical(bytes: &[u8]) {
    assert!(!canonical::is_plain(bytes, 0) || parse(bytes).is_ok(), "one look is never laxer");
    match parse(bytes) {
        Ok(value) => {
            assert_eq!(to_bytes(&value).as_deref(), Ok(bytes), "the same bytes in and out");
            assert_eq!(
                serde_json::from_slice::<Value>(bytes).ok().as_ref(),
                Some(&value),
                "as another reader reads it"
            );
            for other in [[bytes, b" "].concat(), [b"\n", bytes].concat(), [bytes, bytes].concat()] {
                assert!(parse(&other).is_err() || bytes.iter().all(u8::is_ascii_digit), "one value has one text");
            }
            assert!(parse_bounded(bytes, bytes.len().saturating_sub(1), 0).is_err(), "the bound counts");
        }
        Err(e) => {
            known_code(e.code());
            assert!(!e.to_string().is_empty());
            assert!(e.offset().is_none_or(|at| at <= bytes.len()), "an offset lies within the input");
        }
    }
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else {
        return assert!(parse(bytes).is_err(), "what is no JSON is not canonical");
    };
    let Ok(written) = to_bytes(&value) else { return };
    match parse(&written) {
        Ok(again) => assert_eq!(again, value),
        Err(e) => {
            let of_bounds = [
                "record.too_long",
                "record.too_deep",
                "record.bad_key",
                "record.bad_character",
                "record.out_of_bounds",
            ];
            assert!(of_bounds.contains(&e.code()), "a writing is refused as {e}");
        }
    }
    let _ = canonical::is_key(&String::from_utf8_lossy(bytes));
}
