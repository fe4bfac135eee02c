//! Ed25519 public keys and strict verification: the one set of signatures that every verifier of
//! this format accepts.
//!
//! Not here: private keys and signing, key names, and whether a key had the right to sign.

use std::cmp::Ordering;
use std::fmt;

use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use ed25519_dalek::{Signature, VerifyingKey};

use crate::encoding::base64_encode;

/// Why a public key or a signature is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SigError {
    /// A public key is 32 bytes.
    #[error("a public key has 32 bytes, this has {0}")]
    KeyLength(usize),
    /// The bytes name no point of the curve (RFC 8032 section 5.1.3).
    #[error("the public key is not a point of the curve")]
    NotOnCurve,
    /// The bytes name a point, but are not the encoding that RFC 8032 section 5.1.2 gives it.
    #[error("the public key's encoding is not the canonical one")]
    NotCanonical,
    /// One of the eight points whose order divides the cofactor: it signs almost anything.
    #[error("the public key is a point of small order")]
    SmallOrder,
    /// The point has a component outside the prime-order subgroup: verifiers would disagree on it.
    #[error("the public key has a torsion component")]
    Torsion,
    /// The signature is not a strictly valid one of this key over this message.
    #[error("the signature does not verify")]
    BadSignature,
}

/// An Ed25519 public key: 32 canonical bytes, with the point they name.
#[derive(Clone, Copy)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads a key to verify with: on the curve and canonically encoded. `verify_strict` refuses
    /// keys of small order. Refusing other encodings here makes the accepted set that of libsodium
    /// (docs/FORMAT.md).
    pub fn parse(bytes: &[u8]) -> Result<PublicKey, SigError> {
        Self::decode(bytes).map(|(key, _)| key)
    }

    /// Reads a key that is to be enrolled: beside [`PublicKey::parse`], neither of small order nor
    /// with torsion (docs/FORMAT.md, "A public key is enrolled only if …").
    pub fn enrollable(bytes: &[u8]) -> Result<PublicKey, SigError> {
        let (key, point) = Self::decode(bytes)?;
        if point.is_small_order() {
            return Err(SigError::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(SigError::Torsion);
        }
        Ok(key)
    }

    fn decode(bytes: &[u8]) -> Result<(PublicKey, EdwardsPoint), SigError> {
        let bytes: &[u8; 32] = bytes.try_into().map_err(|_| SigError::KeyLength(bytes.len()))?;
        let point = CompressedEdwardsY(*bytes).decompress().ok_or(SigError::NotOnCurve)?;
        if point.compress().as_bytes() != bytes {
            return Err(SigError::NotCanonical);
        }
        // The encoding is canonical, so this key's bytes are the ones that came in.
        Ok((PublicKey(VerifyingKey::from(point)), point))
    }

    /// The 32 bytes (RFC 8032 section 5.1.2).
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Verifies with `verify_strict` semantics: S below the group order, R canonical, neither R nor
    /// the key of small order, the equation of RFC 8032 section 5.1.7 without the cofactor
    /// (docs/FORMAT.md).
    pub fn verify_strict(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), SigError> {
        self.0.verify_strict(message, &Signature::from_bytes(signature)).map_err(|_| SigError::BadSignature)
    }

    /// The same for a signature of any length: one that has not 64 bytes does not verify.
    pub fn verify_strict_slice(&self, message: &[u8], signature: &[u8]) -> Result<(), SigError> {
        let signature = signature.try_into().map_err(|_| SigError::BadSignature)?;
        self.verify_strict(message, signature)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", base64_encode(self.as_bytes()))
    }
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &PublicKey) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for PublicKey {}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &PublicKey) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &PublicKey) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl std::hash::Hash for PublicKey {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{hex_decode_32, hex_decode_array};
    use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
    use curve25519_dalek::scalar::Scalar;
    use curve25519_dalek::traits::IsIdentity;
    use ed25519_dalek::{Signer, SigningKey, Verifier};
    use proptest::prelude::*;
    use sha2::{Digest, Sha512};

    /// The group order, little-endian (RFC 8032 section 5.1).
    const ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

    /// RFC 8032 section 7.1, TEST 1 and TEST 2.
    #[test]
    fn rfc_8032_vectors() {
        for (key, message, signature) in [
            (
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                &b""[..],
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                &b"\x72"[..],
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
        ] {
            let key = PublicKey::enrollable(&hex_decode_32(key).unwrap()).unwrap();
            let signature: [u8; 64] = hex_decode_array(signature).unwrap();
            assert_eq!(key.verify_strict(message, &signature), Ok(()));
            assert_eq!(key.verify_strict(b"other", &signature), Err(SigError::BadSignature));
            assert_eq!(key.verify_strict_slice(message, &signature[..63]), Err(SigError::BadSignature));
        }
    }

    #[test]
    fn s_plus_order_is_refused() {
        let signer = SigningKey::from_bytes(&[7; 32]);
        let key = PublicKey::parse(signer.verifying_key().as_bytes()).unwrap();
        let mut signature = signer.sign(b"m").to_bytes();
        assert_eq!(key.verify_strict(b"m", &signature), Ok(()));
        let mut carry = 0u16;
        for (s, l) in signature[32..].iter_mut().zip(hex_decode_32(ORDER).unwrap()) {
            carry += u16::from(*s) + u16::from(l);
            *s = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        assert_eq!(key.verify_strict(b"m", &signature), Err(SigError::BadSignature));
    }

    #[test]
    fn small_order_keys_are_refused() {
        for point in EIGHT_TORSION {
            let bytes = point.compress().to_bytes();
            assert_eq!(PublicKey::enrollable(&bytes), Err(SigError::SmallOrder));
            // R = identity, S = 0 satisfies the equation for the identity key and every message.
            let mut signature = [0; 64];
            signature[0] = 1;
            let key = PublicKey::parse(&bytes).unwrap();
            assert_eq!(key.verify_strict(b"m", &signature), Err(SigError::BadSignature));
        }
    }

    #[test]
    fn small_order_r_is_refused() {
        // With R the identity and S = k*a the plain equation holds; the strict one refuses R.
        let a = Scalar::from(42u64);
        let public = (ED25519_BASEPOINT_POINT * a).compress().to_bytes();
        let r = EIGHT_TORSION[0].compress().to_bytes();
        let k = challenge(&r, &public, b"m");
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice((k * a).as_bytes());
        let loose = VerifyingKey::from_bytes(&public).unwrap();
        assert!(loose.verify(b"m", &Signature::from_bytes(&signature)).is_ok());
        let key = PublicKey::enrollable(&public).unwrap();
        assert_eq!(key.verify_strict(b"m", &signature), Err(SigError::BadSignature));
    }

    #[test]
    fn torsion_in_the_key_is_refused_at_enrolment() {
        let point = ED25519_BASEPOINT_POINT * Scalar::from(42u64) + EIGHT_TORSION[1];
        let bytes = point.compress().to_bytes();
        assert_eq!(PublicKey::enrollable(&bytes), Err(SigError::Torsion));
        assert!(PublicKey::parse(&bytes).is_ok());
    }

    #[test]
    fn no_cofactor_in_the_equation() {
        // R carries torsion: 8SB = 8R + 8kA holds, SB = R + kA does not.
        let (a, nonce) = (Scalar::from(42u64), Scalar::from(1234u64));
        let public = (ED25519_BASEPOINT_POINT * a).compress().to_bytes();
        let r_point = ED25519_BASEPOINT_POINT * nonce + EIGHT_TORSION[1];
        let r = r_point.compress().to_bytes();
        let k = challenge(&r, &public, b"m");
        let s = nonce + k * a;
        let rest = ED25519_BASEPOINT_POINT * s - r_point - ED25519_BASEPOINT_POINT * (k * a);
        assert!(!rest.is_identity() && rest.mul_by_cofactor().is_identity());
        let mut signature = [0; 64];
        signature[..32].copy_from_slice(&r);
        signature[32..].copy_from_slice(s.as_bytes());
        assert_eq!(PublicKey::parse(&public).unwrap().verify_strict(b"m", &signature), Err(SigError::BadSignature));
    }

    #[test]
    fn other_spellings_of_a_point_are_refused() {
        // y + p for every y below 19 that names a point, and the sign bit of x = 0.
        let mut seen = 0;
        for low in 0xed..=0xffu8 {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, 0x7f);
            match PublicKey::parse(&bytes) {
                Err(SigError::NotCanonical) => seen += 1,
                other => assert_eq!(other, Err(SigError::NotOnCurve)),
            }
        }
        assert!(seen > 3);
        let mut minus_zero = [0; 32];
        (minus_zero[0], minus_zero[31]) = (1, 0x80);
        assert!(PublicKey::parse(&minus_zero).is_err());
        assert_eq!(PublicKey::parse(&[0; 31]), Err(SigError::KeyLength(31)));
    }

    fn challenge(r: &[u8; 32], public: &[u8; 32], message: &[u8]) -> Scalar {
        let digest = Sha512::new().chain_update(r).chain_update(public).chain_update(message).finalize();
        Scalar::from_bytes_mod_order_wide(&digest.into())
    }

    proptest! {
        #[test]
        fn honest_keys_enrol_and_verify(seed: [u8; 32], message: Vec<u8>, bit in 0usize..512) {
            let signer = SigningKey::from_bytes(&seed);
            let key = PublicKey::enrollable(signer.verifying_key().as_bytes()).unwrap();
            prop_assert_eq!(*key.as_bytes(), signer.verifying_key().to_bytes());
            let mut signature = signer.sign(&message).to_bytes();
            prop_assert_eq!(key.verify_strict(&message, &signature), Ok(()));
            signature[bit / 8] ^= 1 << (bit % 8);
            prop_assert!(key.verify_strict(&message, &signature).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(key: [u8; 32], message: Vec<u8>, a: [u8; 32], b: [u8; 32]) {
            let _ = PublicKey::enrollable(&key);
            if let Ok(key) = PublicKey::parse(&key) {
                let mut signature = [0; 64];
                signature[..32].copy_from_slice(&a);
                signature[32..].copy_from_slice(&b);
                let _ = key.verify_strict(&message, &signature);
            }
        }
    }
}
