//! Targets: key requests and pin cards.
//! Not here: event files (`records`), proofs (`proofs`).

use answerable_verifier::encoding::base64_decode_array;
use answerable_verifier::pin::PinCard;
use answerable_verifier::request::{KeyRequest, fingerprint};
use serde_json::Value;

use crate::bytes::{known_code, sound_fault};

/// A key request.
pub fn request(file: &[u8]) {
    let request = match KeyRequest::parse_and_check(file) {
        Ok(request) => request,
        Err(fault) => return sound_fault(&fault),
    };
    let value: Value = serde_json::from_slice(file).expect("it was read as JSON");
    let signature = value["signature"].as_str().and_then(|s| base64_decode_array(s).ok()).expect("it verified");
    assert_eq!(request.to_file(&signature), file, "the same bytes in and out");
    assert!(request.check_unsigned().is_ok());
    assert_eq!(request.key.key.actor(), request.actor);
    let print = fingerprint(&request.key).expect("the key can be enrolled");
    assert!(print.len() == 79 && print.split(' ').all(|group| group.len() == 4), "{print}");
    assert!(KeyRequest::parse_and_check(&[file, b"\n"].concat()).is_err(), "one request has one file");
}

/// A pin card.
pub fn pin(bytes: &[u8]) {
    match PinCard::parse(bytes) {
        Ok(card) => {
            let written = card.to_json();
            assert_eq!(PinCard::parse(written.to_string().as_bytes()).ok(), Some(card), "what is written is read");
            assert_eq!(
                serde_json::from_slice::<Value>(bytes).ok(),
                Some(written),
                "it has these members, and no others"
            );
        }
        Err(e) => {
            known_code(e.code());
            assert!(!e.to_string().is_empty());
        }
    }
}
