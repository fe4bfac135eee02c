//! Keys and signatures with the verdicts of this verifier on them: what a program in another language must accept, and what it
//! must refuse. Every vector of Project Wycheproof, and beside them what it has none of: every point of small order, torsion,
//! other encodings, equations that hold with the cofactor alone.
//! Not here: the check that the committed file has these verdicts (`strict_ed25519.rs`).

use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::hex_encode;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;
use sha2::{Digest, Sha512};
use wycheproof::eddsa::{TestName, TestSet};

/// The group order, little-endian (RFC 8032 section 5.1).
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A key, a message and a signature, each of any bytes, and what they are.
pub struct Case {
    pub what: String,
    pub key: Vec<u8>,
    pub message: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Case {
    /// The line of the file: the case, and what this verifier says of it.
    pub fn line(&self) -> String {
        let key = PublicKey::parse(&self.key);
        let verifies = key.is_ok_and(|key| key.verify_strict_slice(&self.message, &self.signature).is_ok());
        json!({
            "enrollable": PublicKey::enrollable(&self.key).is_ok(),
            "key": hex_encode(&self.key),
            "message": hex_encode(&self.message),
            "signature": hex_encode(&self.signature),
            "verifies": verifies,
            "what": self.what,
        })
        .to_string()
    }
}

/// The whole file.
pub fn text() -> String {
    all().iter().map(|case| case.line() + "\n").collect()
}

pub fn all() -> Vec<Case> {
    let mut cases = wycheproofs();
    cases.extend(signatures_of_an_honest_key());
    cases.extend(keys_of_small_order());
    cases.extend(other_encodings());
    cases.extend(torsion());
    cases
}

fn wycheproofs() -> Vec<Case> {
    let set = TestSet::load(TestName::Ed25519).expect("the vectors are in the crate");
    let of_group = |group: wycheproof::eddsa::TestGroup| {
        let key = group.key.pk.to_vec();
        group.tests.into_iter().map(move |test| Case {
            what: format!("Wycheproof {}: {}", test.tc_id, test.comment),
            key: key.clone(),
            message: test.msg.to_vec(),
            signature: test.sig.to_vec(),
        })
    };
    set.test_groups.into_iter().flat_map(of_group).collect()
}

fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    let digest = Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&digest.into())
}

/// Signs with any encodings of R and of the key in the hash: what a liar would compute.
fn forged(what: String, secret: Scalar, nonce: Scalar, key: [u8; 32], r: [u8; 32]) -> Case {
    let message = b"an act".to_vec();
    let s = nonce + challenge(&r, &key, &message) * secret;
    Case { what, key: key.to_vec(), message, signature: [r, s.to_bytes()].concat() }
}

fn signatures_of_an_honest_key() -> Vec<Case> {
    let signer = SigningKey::from_bytes(&[7; 32]);
    let (key, message) = (signer.verifying_key().to_bytes().to_vec(), b"an act".to_vec());
    let good = signer.sign(&message).to_bytes();
    let case = |what: &str, signature: Vec<u8>| Case {
        what: what.into(),
        key: key.clone(),
        message: message.clone(),
        signature,
    };
    let mut plus_order = good;
    let mut carry = 0u16;
    for (s, l) in plus_order[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*s) + u16::from(l);
        *s = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    let mut cases = vec![
        case("an honest signature", good.to_vec()),
        case("the order added to S", plus_order.to_vec()),
        case("S is the order", [&good[..32], &ORDER[..]].concat()),
        case("S is zero", [&good[..32], &[0; 32][..]].concat()),
        case("S is as large as it can be", [&good[..32], &[0xff; 32][..]].concat()),
        case("R is no point", [&[0xff; 32][..], &good[32..]].concat()),
        case("no signature", Vec::new()),
        case("63 bytes", good[..63].to_vec()),
        case("65 bytes", [&good[..], &[0][..]].concat()),
        case("64 zeros", vec![0; 64]),
    ];
    for bit in 0..512 {
        let mut flipped = good;
        flipped[bit / 8] ^= 1 << (bit % 8);
        // One bit of every byte is enough; of those that decide signs and orders, all.
        if bit % 8 == bit / 8 % 8 || bit / 8 % 32 == 31 || bit / 8 % 32 == 0 {
            cases.push(case(&format!("bit {bit} of the signature is flipped"), flipped.to_vec()));
        }
    }
    let secret = Scalar::from(42u64);
    let public = (ED25519_BASEPOINT_POINT * secret).compress().to_bytes();
    for (i, point) in EIGHT_TORSION.iter().enumerate() {
        // S·B - k·A is the identity: the equation holds for it, and with the cofactor for all eight.
        let r = point.compress().to_bytes();
        cases.push(forged(format!("R is the point {i} of small order"), secret, Scalar::ZERO, public, r));
    }
    for r in spellings() {
        cases.push(forged(
            "R is a point of small order, or in another encoding".into(),
            secret,
            Scalar::ZERO,
            public,
            r,
        ));
    }
    cases
}

/// Every key of small order, with signatures that hold for it without strictness.
fn keys_of_small_order() -> Vec<Case> {
    let mut cases = Vec::new();
    for (i, key) in EIGHT_TORSION.iter().enumerate() {
        for (j, r) in EIGHT_TORSION.iter().enumerate() {
            let (key, r) = (key.compress().to_bytes(), r.compress().to_bytes());
            cases.push(forged(format!("key {i} and R {j} of small order"), Scalar::ZERO, Scalar::ZERO, key, r));
        }
        let nonce = Scalar::from(1234u64);
        let r = (ED25519_BASEPOINT_POINT * nonce).compress().to_bytes();
        cases.push(forged(
            format!("the key is the point {i} of small order"),
            Scalar::ZERO,
            nonce,
            key.compress().to_bytes(),
            r,
        ));
    }
    cases
}

/// Encodings with y from p to 2^255 - 1, with both signs; and both of y = 1 and y = -1, where x is zero.
fn spellings() -> Vec<[u8; 32]> {
    let mut all = Vec::new();
    for sign in [0, 0x80] {
        for low in 0xec..=0xffu8 {
            let mut bytes = [0xff; 32];
            (bytes[0], bytes[31]) = (low, 0x7f | sign);
            all.push(bytes);
        }
        let mut one = [0; 32];
        (one[0], one[31]) = (1, sign);
        all.push(one);
        all.push([[0; 31].as_slice(), &[sign]].concat().try_into().expect("32 bytes"));
    }
    all
}

fn other_encodings() -> Vec<Case> {
    let nonce = Scalar::from(1234u64);
    let r = (ED25519_BASEPOINT_POINT * nonce).compress().to_bytes();
    let mut cases: Vec<Case> = spellings()
        .into_iter()
        .map(|key| forged("the key is in an encoding at the edge".into(), Scalar::ZERO, nonce, key, r))
        .collect();
    for length in [0, 31, 33] {
        let mut case = forged(format!("a key of {length} bytes"), Scalar::ONE, nonce, [0; 32], r);
        case.key = vec![1; length];
        cases.push(case);
    }
    cases
}

/// Keys and Rs with a component outside the prime-order subgroup: with the cofactor all verify, without it only some.
fn torsion() -> Vec<Case> {
    let (secret, nonce) = (Scalar::from(42u64), Scalar::from(1234u64));
    let compressed = |point: EdwardsPoint| point.compress().to_bytes();
    let mut cases = Vec::new();
    for (i, of_key) in EIGHT_TORSION.iter().enumerate() {
        for (j, of_r) in EIGHT_TORSION.iter().enumerate() {
            let key = compressed(ED25519_BASEPOINT_POINT * secret + of_key);
            let r = compressed(ED25519_BASEPOINT_POINT * nonce + of_r);
            cases.push(forged(format!("torsion {i} in the key, {j} in R"), secret, nonce, key, r));
        }
    }
    cases
}
