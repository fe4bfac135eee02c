//! Signatures and keys on which libraries differ: made so that a lenient one takes them.
//! Not here: signatures that no library takes (`signers`).

use answerable_verifier::dsse;
use answerable_verifier::encoding::base64_encode;
use answerable_verifier::record::{Signature, SignedEvent};
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use sha2::{Digest, Sha512};

use super::checkpoints::plus_order;
use super::*;

fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&hash.into())
}

fn joined(r: [u8; 32], s: Scalar) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(s.as_bytes());
    signature
}

/// y = 1 written as p + 1: the identity in an encoding that is not canonical.
const IDENTITY_NOT_CANONICAL: [u8; 32] = {
    let mut bytes = [0xff; 32];
    bytes[0] = 0xee;
    bytes[31] = 0x7f;
    bytes
};

/// A signature whose R is of small order: S = k a, so that S B = R + k A holds where R is the identity.
fn small_r(kit: &Kit, r: [u8; 32], message: &[u8]) -> [u8; 64] {
    let secret = kit.secret("org:founder#1");
    let k = challenge(&r, secret.verifying_key().as_bytes(), message);
    joined(r, k * secret.to_scalar())
}

/// The equation holds only if it is multiplied by the cofactor: R has a part of small order.
fn cofactored(kit: &Kit, message: &[u8]) -> [u8; 64] {
    let secret = kit.secret("org:founder#1");
    let nonce = Scalar::from(12_345u64);
    let r = (ED25519_BASEPOINT_POINT * nonce + EIGHT_TORSION[1]).compress().to_bytes();
    let k = challenge(&r, secret.verifying_key().as_bytes(), message);
    joined(r, nonce + k * secret.to_scalar())
}

/// A signature by a key with a part of small order, with a nonce that makes the part vanish; `secret` is of the rest.
fn by_torsion(secret: Scalar, key: &[u8; 32], message: &[u8]) -> [u8; 64] {
    (1u64..)
        .find_map(|n| {
            let nonce = Scalar::from(n);
            let r = (ED25519_BASEPOINT_POINT * nonce).compress().to_bytes();
            let k = challenge(&r, key, message);
            k.as_bytes()[0].is_multiple_of(8).then(|| joined(r, nonce + k * secret))
        })
        .expect("one nonce in eight will do")
}

/// Makes a signature over the third, for the founder's event.
type Maker = dyn Fn(&Kit, &SignedEvent, &[u8]) -> [u8; 64];

pub fn vectors() -> Vec<Vector> {
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, make: &Maker| {
        let mut kit = tiny();
        let event = registration(&mut kit, "X");
        let mut signed = kit.sign(&event);
        let signature = make(&kit, &signed, &dsse::event_pae(&signed.bytes));
        signed.signatures[0] = Signature::new(signed.signatures[0].key.clone(), &signature);
        all.push(forced_signed(name, says, &mut kit, &signed, "signature.bad"));
    };
    add("signature_s_plus_l", "The group order was added to S: another signature of the same act.", &|_, s, _| {
        plus_order(s.signatures[0].bytes().unwrap())
    });
    let identity = EIGHT_TORSION[0].compress().to_bytes();
    add("signature_r_of_small_order", "R is the identity.", &move |kit, _, message| small_r(kit, identity, message));
    add("signature_r_not_canonical", "R is the identity, in an encoding that is not canonical.", &|kit, _, message| {
        small_r(kit, IDENTITY_NOT_CANONICAL, message)
    });
    add("signature_only_with_cofactor", "The equation holds only with the cofactor.", &|kit, _, message| {
        cofactored(kit, message)
    });
    let mut add_key = |name: &str, says: &str, key: [u8; 32], sign: &dyn Fn(&[u8]) -> [u8; 64]| {
        let mut kit = tiny();
        let mut event = kit.enrolment_by(UTO, UTO, "state:UTO#2", &["*"]);
        event.body["key"]["public_key"] = json!(base64_encode(&key));
        let mut signed = kit.sign(&event);
        let signature = sign(&dsse::event_pae(&signed.bytes));
        signed.signatures[1] = Signature::new(signed.signatures[1].key.clone(), &signature);
        all.push(forced_signed(name, says, &mut kit, &signed, "key.not_enrollable"));
    };
    // S = r and R = r B: a key of small order takes that for many messages, the identity for all.
    let one = Scalar::from(7u64);
    let anything = move |_: &[u8]| joined((ED25519_BASEPOINT_POINT * one).compress().to_bytes(), one);
    add_key(
        "key_of_small_order",
        "The identity is enrolled as a key: it signs whatever is asked.",
        identity,
        &anything,
    );
    add_key(
        "key_not_canonical",
        "The identity is enrolled in an encoding that is not canonical.",
        IDENTITY_NOT_CANONICAL,
        &anything,
    );
    let secret = Scalar::from(54_321u64);
    let mixed: EdwardsPoint = ED25519_BASEPOINT_POINT * secret + EIGHT_TORSION[1];
    let mixed = mixed.compress().to_bytes();
    add_key(
        "key_with_torsion",
        "A key has a part of small order: verifiers differ on what it signs.",
        mixed,
        &|message| by_torsion(secret, &mixed, message),
    );
    add_key("key_not_on_curve", "A key names no point of the curve.", not_on_curve(), &anything);
    all
}

fn not_on_curve() -> [u8; 32] {
    (2u8..)
        .map(|y| {
            let mut bytes = [0; 32];
            bytes[0] = y;
            bytes
        })
        .find(|bytes| curve25519_dalek::edwards::CompressedEdwardsY(*bytes).decompress().is_none())
        .expect("half of all y have no x")
}
