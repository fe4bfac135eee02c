//! What is signed: the DSSE pre-authentication encoding of an event, and the event id over it.
//!
//! Not here: signatures (`ed25519`), keys and who may sign, and the DSSE JSON envelope, which this
//! format does not use: only its signed bytes are the same, so that any DSSE library can check them.

use std::io::{self, Write};

use crate::encoding::Hash;

/// The payload type of every event of format 1 (docs/FORMAT.md). A second format gets a new one.
pub const EVENT_PAYLOAD_TYPE: &str = "application/vnd.answerable.event.v1+json";

/// The pre-authentication encoding of DSSE v1 (secure-systems-lab/dsse, protocol.md, "Signature
/// Definition"): `DSSEv1 SP LEN(type) SP type SP LEN(payload) SP payload`, lengths in ASCII decimal
/// bytes.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut encoded = Vec::with_capacity(96 + payload.len());
    write_head(&mut encoded, payload_type, payload.len()).expect("a vector takes all");
    encoded.extend_from_slice(payload);
    encoded
}

fn write_head(to: &mut impl Write, payload_type: &str, length: usize) -> io::Result<()> {
    write!(to, "DSSEv1 {} {payload_type} {length} ", payload_type.len())
}

/// The bytes that every signer of an event signs (docs/FORMAT.md).
pub fn event_pae(event_bytes: &[u8]) -> Vec<u8> {
    pae(EVENT_PAYLOAD_TYPE, event_bytes)
}

/// The same in two parts: what stands before the event's bytes; they follow it.
pub(crate) struct EventHead {
    text: [u8; 96],
    length: usize,
}

impl EventHead {
    pub fn of(event_bytes: &[u8]) -> Self {
        let mut text = [0; 96];
        let mut rest = &mut text[..];
        write_head(&mut rest, EVENT_PAYLOAD_TYPE, event_bytes.len())
            .expect("a type of 40 bytes and two numbers have room");
        let length = 96 - rest.len();
        Self { text, length }
    }
    pub fn as_bytes(&self) -> &[u8] {
        &self.text[..self.length]
    }
}

/// The event id: SHA-256 over the event's PAE (docs/FORMAT.md).
pub fn event_id(event_bytes: &[u8]) -> Hash {
    Hash::sha256_of(&[EventHead::of(event_bytes).as_bytes(), event_bytes])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the DSSE specification, protocol.md, "Test Vectors".
    #[test]
    fn dsse_specification_vector() {
        assert_eq!(
            pae("http://example.com/HelloWorld", b"hello world"),
            b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
        );
        assert_eq!(pae("", b""), b"DSSEv1 0  0 ");
    }

    #[test]
    fn lengths_are_bytes_not_characters() {
        assert_eq!(pae("é", "ü".as_bytes()), "DSSEv1 2 é 2 ü".as_bytes());
    }

    #[test]
    fn event_id_is_the_hash_of_the_pae() {
        assert_eq!(event_id(b"{}"), Hash::sha256(b"DSSEv1 40 application/vnd.answerable.event.v1+json 2 {}"));
    }
}
