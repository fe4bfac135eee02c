//! Bytes as text: base64, hex, and [`Hash`], the 32 bytes of a SHA-256 digest.
//!
//! Not here: what is hashed (`dsse`, `merkle`), and JSON (`canonical`).
//! One value has one text: every decoder refuses what its encoder would not have written.

use std::fmt;
use std::io::{self, Read};

use base64::engine::general_purpose::STANDARD;
use base64::{DecodeSliceError, Engine as _};
use sha2::{Digest, Sha256};

/// Why a text is not the encoding of any bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodingError {
    /// Not RFC 4648 section 4 with padding and zero trailing bits.
    #[error("not canonical base64: {0}")]
    Base64(String),
    /// Not two lower-case hex digits a byte.
    #[error("not lower-case hex")]
    Hex,
    /// Well encoded, but not the number of bytes that belongs here.
    #[error("{found} bytes where {expected} belong")]
    Length {
        /// Bytes that the value must have.
        expected: usize,
        /// Bytes (for hex: half the digits) that were there.
        found: usize,
    },
}

/// Base64 with padding (RFC 4648 section 4).
pub fn base64_encode(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Decodes base64: padding required, trailing bits zero, no white space
/// (RFC 4648 sections 3.5 and 4; docs/FORMAT.md, "Bounds").
pub fn base64_decode(text: &str) -> Result<Vec<u8>, EncodingError> {
    STANDARD.decode(text).map_err(|e| EncodingError::Base64(e.to_string()))
}

/// Decodes base64 that must hold exactly `N` bytes (keys are 32, signatures 64, nonces 16).
pub fn base64_decode_array<const N: usize>(text: &str) -> Result<[u8; N], EncodingError> {
    // Nothing is longer that is asked for; what is, is decoded to be told how long.
    let mut bytes = [0; 128];
    let length = match STANDARD.decode_slice(text, &mut bytes) {
        Ok(length) => length,
        Err(DecodeSliceError::DecodeError(e)) => return Err(EncodingError::Base64(e.to_string())),
        Err(DecodeSliceError::OutputSliceTooSmall) => base64_decode(text)?.len(),
    };
    let found = EncodingError::Length { expected: N, found: length };
    if length == N { bytes.first_chunk().copied().ok_or(found) } else { Err(found) }
}

/// Lower-case hex (RFC 4648 section 8; docs/FORMAT.md, "Bounds").
pub fn hex_encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut out = String::with_capacity(bytes.len() * 2);
    for b in bytes {
        out.push(char::from(DIGITS[usize::from(b >> 4)]));
        out.push(char::from(DIGITS[usize::from(b & 15)]));
    }
    out
}

/// Decodes exactly `N` bytes of lower-case hex (docs/FORMAT.md, "Bounds").
pub fn hex_decode_array<const N: usize>(text: &str) -> Result<[u8; N], EncodingError> {
    fn digit(b: u8) -> Result<u8, EncodingError> {
        match b {
            b'0'..=b'9' => Ok(b - b'0'),
            b'a'..=b'f' => Ok(b - b'a' + 10),
            _ => Err(EncodingError::Hex),
        }
    }
    if text.len() != N * 2 {
        return Err(EncodingError::Length { expected: N, found: text.len() / 2 });
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = (digit(pair[0])? << 4) | digit(pair[1])?;
    }
    Ok(out)
}

/// Decodes 64 lower-case hex digits (docs/FORMAT.md, "Bounds").
pub fn hex_decode_32(text: &str) -> Result<[u8; 32], EncodingError> {
    hex_decode_array(text)
}

/// A SHA-256 digest: an event id, a leaf hash, a node, a root. JSON shows it as lower-case hex,
/// C2SP formats as base64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

impl Hash {
    /// 64 zeros: the `prev` of record 0 (docs/FORMAT.md).
    pub const ZERO: Hash = Hash([0; 32]);

    /// SHA-256 (FIPS 180-4) of `bytes`, with no prefix.
    pub fn sha256(bytes: &[u8]) -> Hash {
        Hash(Sha256::digest(bytes).into())
    }

    /// The same of parts, as if they were one.
    pub fn sha256_of(parts: &[&[u8]]) -> Hash {
        let mut hasher = Sha256::new();
        parts.iter().for_each(|part| hasher.update(part));
        Hash(hasher.finalize().into())
    }

    /// SHA-256 of all that a reader gives, and how many bytes that is.
    pub fn of_stream(reader: &mut dyn Read) -> io::Result<(Hash, u64)> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        let mut length = 0u64;
        loop {
            let n = match reader.read(&mut buffer) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            if n == 0 {
                return Ok((Hash(hasher.finalize().into()), length));
            }
            hasher.update(&buffer[..n]);
            length += n as u64;
        }
    }

    /// 64 lower-case hex digits.
    pub fn to_hex(&self) -> String {
        hex_encode(&self.0)
    }

    /// Reads 64 lower-case hex digits.
    pub fn from_hex(text: &str) -> Result<Hash, EncodingError> {
        hex_decode_32(text).map(Hash)
    }

    /// 44 characters of base64, as in checkpoints and `seen.root`.
    pub fn to_base64(&self) -> String {
        base64_encode(&self.0)
    }

    /// Reads 44 characters of base64.
    pub fn from_base64(text: &str) -> Result<Hash, EncodingError> {
        base64_decode_array(text).map(Hash)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.to_hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl AsRef<[u8]> for Hash {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl std::str::FromStr for Hash {
    type Err = EncodingError;

    fn from_str(text: &str) -> Result<Hash, EncodingError> {
        Hash::from_hex(text)
    }
}

impl serde::Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.to_hex())
    }
}

impl<'de> serde::Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Hash, D::Error> {
        struct HexVisitor;
        impl serde::de::Visitor<'_> for HexVisitor {
            type Value = Hash;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("64 lower-case hex digits")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Hash, E> {
                Hash::from_hex(text).map_err(E::custom)
            }
        }
        deserializer.deserialize_str(HexVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rfc_4648_section_10_vectors() {
        for (plain, text) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64_encode(plain.as_bytes()), text);
            assert_eq!(base64_decode(text).as_deref(), Ok(plain.as_bytes()));
        }
    }

    #[test]
    fn base64_has_one_spelling() {
        for lie in [
            "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", " Zm9v", "Zm 9v", "Zg==Zg==", "Zm9v=", "_-8=", "Z===", "====", "=",
            "Zé==", "Zg==\0",
        ] {
            assert!(base64_decode(lie).is_err(), "{lie:?}");
        }
        assert_eq!(base64_decode_array::<2>("Zm9v"), Err(EncodingError::Length { expected: 2, found: 3 }));
    }

    #[test]
    fn hex_is_lower_case_and_exact() {
        let good = "00ff".repeat(16);
        assert_eq!(hex_encode(&hex_decode_32(&good).unwrap()), good);
        for lie in ["00FF".repeat(16), "0".repeat(63), "0".repeat(65)] {
            assert!(hex_decode_32(&lie).is_err());
        }
        assert!(hex_decode_32(&"é".repeat(32)).is_err());
        assert!(hex_decode_32("").is_err());
    }

    #[test]
    fn hash_texts() {
        let h = Hash::sha256(b"");
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(h.to_string(), hex);
        assert_eq!(format!("{h:?}"), hex);
        assert_eq!(hex.parse(), Ok(h));
        assert_eq!(Hash::from_base64(&h.to_base64()), Ok(h));
        assert_eq!(serde_json::to_string(&h).unwrap(), format!("\"{hex}\""));
        assert_eq!(serde_json::from_str::<Hash>(&format!("\"{hex}\"")).unwrap(), h);
        assert!(serde_json::from_str::<Hash>(&format!("\"{}\"", hex.to_uppercase())).is_err());
        assert_eq!(Hash::ZERO.to_hex(), "0".repeat(64));
    }

    proptest! {
        #[test]
        fn what_decodes_encodes_back(text in "[A-Za-z0-9+/=]{0,12}") {
            if let Ok(bytes) = base64_decode(&text) {
                prop_assert_eq!(base64_encode(&bytes), text);
            }
        }

        #[test]
        fn round_trip(bytes in proptest::collection::vec(any::<u8>(), 0..80), h: [u8; 32]) {
            prop_assert_eq!(base64_decode(&base64_encode(&bytes)), Ok(bytes));
            prop_assert_eq!(hex_decode_32(&hex_encode(&h)), Ok(h));
        }
    }
}
