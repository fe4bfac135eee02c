//! The key request: a file in which the holder of a new key asks that it be enrolled, and proves to hold it.
//!
//! `{"request":{…},"signature":"<base64>"}`, canonical JSON and one LF. The signature is Ed25519 by the new key, over the
//! DSSE encoding of the canonical bytes of `request`, under a payload type of its own: it can never pass for the
//! signature of an event.
//! Not here: whether the request is from whom it names. That is compared by another way: the fingerprint.

use answerable_schemas::governance::PublicKey as KeyForm;
use answerable_schemas::ids::TypePattern;
use answerable_schemas::{ActorId, Instant};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

use crate::authority::enrollable;
use crate::canonical;
use crate::dsse;
use crate::encoding::{Hash, base64_decode_array, base64_encode};
use crate::fault::{Fault, Stage};
use crate::record::from_value;

/// The payload type of a key request, in its DSSE encoding (docs/FORMAT.md, "Files on their way").
pub const PAYLOAD_TYPE: &str = "application/vnd.answerable.key-request.v1+json";
/// Most patterns of a scope: those of `key.enrolled`.
const MAX_SCOPE: usize = 64;

/// What is asked for. Read by [`KeyRequest::parse_and_check`], it is known that its maker holds the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRequest {
    /// Whose key it shall be.
    pub actor: ActorId,
    /// The requester's clock; nothing is judged by it.
    pub issued: Instant,
    pub key: KeyForm,
    /// The actor's official name, which a founder's request needs.
    #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub schema: RequestSchema,
    /// What the key shall be allowed to sign.
    pub scope: Vec<TypePattern>,
}

/// The one version of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RequestSchema {
    #[serde(rename = "answerable.key_request/v1")]
    V1,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RequestFile {
    request: Value,
    signature: String,
}

impl KeyRequest {
    /// What the new key signs: the DSSE encoding of the request's canonical bytes.
    pub fn pae(&self) -> Vec<u8> {
        dsse::pae(PAYLOAD_TYPE, &self.bytes())
    }

    /// The file, with its final LF.
    pub fn to_file(&self, signature: &[u8; 64]) -> Vec<u8> {
        let signature = base64_encode(signature);
        [br#"{"request":"#, self.bytes().as_slice(), br#","signature":""#, signature.as_bytes(), b"\"}\n"].concat()
    }

    /// Reads a file, and takes nothing on trust: the bytes are the only ones that this request can have, the key can be
    /// enrolled and is named after its actor, and whoever made the file holds it.
    ///
    /// # Errors
    /// `request.malformed`, `request.bad_signature`; `key.not_enrollable` and `key.wrong_actor`, as at the enrolment.
    pub fn parse_and_check(file: &[u8]) -> Result<Self, Fault> {
        let line = file.strip_suffix(b"\n").ok_or_else(|| malformed("the file does not end with LF"))?;
        let value = canonical::parse_bounded(line, canonical::MAX_RECORD, 0).map_err(malformed)?;
        let file: RequestFile = from_value(value, "the file").map_err(|f| malformed(f.message))?;
        let request: Self = from_value(file.request, "the request").map_err(|f| malformed(f.message))?;
        request.check_unsigned()?;
        let signature = base64_decode_array(&file.signature).map_err(|e| malformed(format!("signature: {e}")))?;
        enrollable(&request.key)?.verify_strict(&request.pae(), &signature).map_err(|_| {
            let message = format!("possession of {} is not proven: the signature does not verify", request.key.key);
            Fault::new(Stage::Signatures, "request.bad_signature", message)
                .hint("the request was altered, or another key signed it: ask its sender for a new one")
        })?;
        Ok(request)
    }

    /// Checks all but the signature: what a requester asks before signing.
    ///
    /// # Errors
    /// As [`KeyRequest::parse_and_check`].
    pub fn check_unsigned(&self) -> Result<(), Fault> {
        canonical::parse_bounded(&self.bytes(), canonical::MAX_EVENT, 1).map_err(malformed)?;
        if self.name.as_ref().is_some_and(|n| n.trim().is_empty()) {
            return Err(malformed("name: leave it out where there is none"));
        }
        if !(1..=MAX_SCOPE).contains(&self.scope.len()) {
            return Err(malformed(format!("scope: 1 to {MAX_SCOPE} patterns of event types")));
        }
        enrollable(&self.key)?;
        if self.key.key.actor() != self.actor {
            let message = format!("{} is not a key name of {}", self.key.key, self.actor);
            return Err(Fault::new(Stage::Signatures, "key.wrong_actor", message)
                .hint("a key's name begins with its actor's id"));
        }
        Ok(())
    }

    fn bytes(&self) -> Vec<u8> {
        let value = serde_json::to_value(self).expect("a request is plain data");
        canonical::to_bytes(&value).expect("a request holds no numbers")
    }
}

/// What two people compare by telephone: SHA-256 of the 32 bytes of a public key, in hex, in groups of four digits.
///
/// # Errors
/// `key.not_enrollable`: what is no sound key has no fingerprint.
pub fn fingerprint(key: &KeyForm) -> Result<String, Fault> {
    let hex = Hash::sha256(enrollable(key)?.as_bytes()).to_hex();
    let groups: Vec<&str> = (0..hex.len()).step_by(4).map(|i| &hex[i..i + 4]).collect();
    Ok(groups.join(" "))
}

fn malformed(problem: impl ToString) -> Fault {
    Fault::new(Stage::Bytes, "request.malformed", problem.to_string())
        .hint("send the file as it was made, as an attachment; make one: answerable key request KEY")
}

/// An optional member may be absent, but `null` is refused.
fn never_null<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    String::deserialize(d).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::hex_decode_32;
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use curve25519_dalek::scalar::Scalar;
    use ed25519_dalek::{Signer, SigningKey};
    use serde_json::json;

    fn secret() -> SigningKey {
        SigningKey::from_bytes(&[9; 32])
    }

    /// The request of an honest ministry, as JSON, to be lied in.
    fn honest() -> Value {
        json!({
            "actor": "state:RWA",
            "issued": "2026-11-23T19:40:20.000Z",
            "key": {
                "alg": "ed25519",
                "key": "state:RWA#2026a",
                "public_key": base64_encode(secret().verifying_key().as_bytes()),
            },
            "name": "Rwanda",
            "schema": "answerable.key_request/v1",
            "scope": ["treaty.*"],
        })
    }

    /// A file that is signed over exactly these bytes, whatever they say.
    fn signed(request: &Value) -> Vec<u8> {
        let bytes = canonical::to_bytes(request).unwrap();
        let signature = base64_encode(&secret().sign(&dsse::pae(PAYLOAD_TYPE, &bytes)).to_bytes());
        with(&bytes, &signature)
    }

    fn with(request: &[u8], signature: &str) -> Vec<u8> {
        [br#"{"request":"#, request, br#","signature":""#, signature.as_bytes(), b"\"}\n"].concat()
    }

    fn code(file: &[u8]) -> String {
        KeyRequest::parse_and_check(file).expect_err("a lie is refused").code
    }

    #[track_caller]
    fn lie(expected: &str, change: impl FnOnce(&mut Value)) {
        let mut request = honest();
        change(&mut request);
        assert_eq!(code(&signed(&request)), expected, "{request}");
    }

    #[test]
    fn an_honest_request_is_read_and_comes_out_the_same() {
        let file = signed(&honest());
        let request = KeyRequest::parse_and_check(&file).unwrap();
        assert_eq!(request.actor.as_str(), "state:RWA");
        assert_eq!(request.to_file(&secret().sign(&request.pae()).to_bytes()), file);
        let mut nameless = honest();
        nameless.as_object_mut().unwrap().remove("name");
        assert_eq!(KeyRequest::parse_and_check(&signed(&nameless)).unwrap().name, None);
    }

    /// RFC 8032 section 7.1, TEST 1; the digest is that of `sha256sum` over its 32 bytes.
    #[test]
    fn the_fingerprint_is_of_the_key_alone() {
        let raw = hex_decode_32("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a").unwrap();
        let mut request = honest();
        request["key"]["public_key"] = json!(base64_encode(&raw));
        let key: KeyForm = serde_json::from_value(request["key"].clone()).unwrap();
        let shown = fingerprint(&key).unwrap();
        assert_eq!(shown.replace(' ', ""), Hash::sha256(&raw).to_hex());
        assert_eq!(shown.split(' ').map(str::len).collect::<Vec<_>>(), [4; 16]);
    }

    #[test]
    fn every_flipped_bit_is_refused() {
        let file = signed(&honest());
        for i in 0..file.len() {
            for bit in 0..8 {
                let mut altered = file.clone();
                altered[i] ^= 1 << bit;
                assert!(KeyRequest::parse_and_check(&altered).is_err(), "byte {i}, bit {bit}");
            }
        }
    }

    #[test]
    fn what_was_signed_cannot_be_changed() {
        let file = String::from_utf8(signed(&honest())).unwrap();
        for (was, is) in [
            (r#""scope":["treaty.*"]"#, r#""scope":["*"]"#),
            ("Rwanda", "Burundi"),
            ("T19:40:20", "T19:40:21"),
            (r#""name":"Rwanda","#, ""),
            ("#2026a", "#2026b"),
        ] {
            assert_eq!(file.matches(was).count(), 1, "{was}");
            assert_eq!(code(file.replace(was, is).as_bytes()), "request.bad_signature", "{was}");
        }
    }

    #[test]
    fn somebody_elses_key_is_not_proven() {
        let other = SigningKey::from_bytes(&[10; 32]);
        lie("request.bad_signature", |r| {
            r["key"]["public_key"] = json!(base64_encode(other.verifying_key().as_bytes()));
        });
    }

    #[test]
    fn the_signature_of_an_event_proves_nothing_here() {
        let bytes = canonical::to_bytes(&honest()).unwrap();
        let signature = base64_encode(&secret().sign(&dsse::event_pae(&bytes)).to_bytes());
        assert_eq!(code(&with(&bytes, &signature)), "request.bad_signature");
        let signature = base64_encode(&secret().sign(&bytes).to_bytes());
        assert_eq!(code(&with(&bytes, &signature)), "request.bad_signature");
    }

    #[test]
    fn a_key_of_another_actor() {
        lie("key.wrong_actor", |r| r["actor"] = json!("state:BDI"));
        lie("key.wrong_actor", |r| r["key"]["key"] = json!("state:BDI#2026a"));
    }

    #[test]
    fn keys_that_sign_almost_anything() {
        for point in EIGHT_TORSION {
            lie("key.not_enrollable", |r| r["key"]["public_key"] = json!(base64_encode(&point.compress().to_bytes())));
        }
        let torsion = (ED25519_BASEPOINT_POINT * Scalar::from(42u64) + EIGHT_TORSION[1]).compress().to_bytes();
        let mut not_canonical = [0xff; 32];
        (not_canonical[0], not_canonical[31]) = (0xf0, 0x7f);
        for bytes in [torsion.as_slice(), &not_canonical, &[0; 31], &[]] {
            lie("key.not_enrollable", |r| r["key"]["public_key"] = json!(base64_encode(bytes)));
        }
    }

    #[test]
    fn the_form_is_closed() {
        lie("request.malformed", |r| r["more"] = json!("x"));
        lie("request.malformed", |r| r["key"]["more"] = json!("x"));
        lie("request.malformed", |r| r["name"] = Value::Null);
        lie("request.malformed", |r| r["name"] = json!(" "));
        lie("request.malformed", |r| r["name"] = json!("two\nlines"));
        lie("request.malformed", |r| r["name"] = json!("turned\u{202e}around"));
        lie("request.malformed", |r| r["scope"] = json!([]));
        lie("request.malformed", |r| r["scope"] = json!(vec!["*"; 65]));
        lie("request.malformed", |r| r["scope"] = json!(["treaty*"]));
        lie("request.malformed", |r| r["schema"] = json!("answerable.key_request/v2"));
        lie("request.malformed", |r| r["schema"] = json!({"answerable.key_request/v1": null}));
        lie("request.malformed", |r| r["key"]["alg"] = json!("rsa"));
        lie("request.malformed", |r| r["key"] = json!(["ed25519", "state:RWA#2026a", r["key"]["public_key"]]));
        for member in ["actor", "issued", "key", "schema", "scope"] {
            lie("request.malformed", |r| {
                r.as_object_mut().unwrap().remove(member);
            });
        }
    }

    #[test]
    fn one_request_has_one_file() {
        let file = signed(&honest());
        let text = std::str::from_utf8(&file).unwrap();
        let bytes = canonical::to_bytes(&honest()).unwrap();
        let signature = &text[text.len() - 91..text.len() - 3];
        assert_eq!(with(&bytes, signature), file);
        for other in [
            text.trim_end().to_owned(),
            format!("{text}\n"),
            text.replace('\n', "\r\n"),
            text.replace(",\"", ", \""),
            text.replace("{\"request\"", "{\"more\":1,\"request\""),
            text.replace("\"}\n", "\",\"signature\":\"\"}\n"),
            text.replace("==\"}", "\"}"),
            text.replace("Rwanda", "Rwand\\u0061"),
            String::new(),
            "\n".to_owned(),
            "[]\n".to_owned(),
        ] {
            assert_eq!(code(other.as_bytes()), "request.malformed", "{other}");
        }
        assert_eq!(code(b"\xff\n"), "request.malformed");
        let long = [b"{\"request\":\"".as_slice(), &vec![b'x'; canonical::MAX_RECORD], b"\"}\n"].concat();
        assert_eq!(code(&long), "request.malformed");
    }
}
