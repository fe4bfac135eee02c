//! Malformed proofs and signatures, made from good ones: every one is refused, unless it says the same.
//! Not here: proof files (`proof`), whole ledgers (`lies`).

use answerable_verifier::audit::Pins;
use answerable_verifier::ed25519::{PublicKey, SigError};
use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::{
    ProofError, consistency_proof, inclusion_proof, leaf_hash, node_hash, root_of, verify_consistency, verify_inclusion,
};
use answerable_verifier::proof::{TlogProof, judge};
use answerable_verifier::report::Verdict;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use proptest::sample::Index;
use sha2::{Digest, Sha512};

fn leaves(n: usize, salt: u64) -> Vec<Hash> {
    (0..n as u64).map(|i| leaf_hash(&[salt.to_be_bytes(), i.to_be_bytes()].concat())).collect()
}

/// What is done to a list of hashes.
#[derive(Debug, Clone)]
enum Edit {
    Drop(Index),
    Add(Index, [u8; 32]),
    /// A hash that stands in the proof already.
    Repeat(Index, Index),
    Swap(Index, Index),
    Flip(Index, u8),
    Replace(Index, [u8; 32]),
    Empty,
    Reverse,
    Twice,
    /// The root, the leaf or another node of the tree, where a sibling belongs.
    Own(Index, Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Edit::Drop),
        (at(), any::<[u8; 32]>()).prop_map(|(a, h)| Edit::Add(a, h)),
        (at(), at()).prop_map(|(a, b)| Edit::Repeat(a, b)),
        (at(), at()).prop_map(|(a, b)| Edit::Swap(a, b)),
        (at(), any::<u8>()).prop_map(|(a, bit)| Edit::Flip(a, bit)),
        (at(), any::<[u8; 32]>()).prop_map(|(a, h)| Edit::Replace(a, h)),
        Just(Edit::Empty),
        Just(Edit::Reverse),
        Just(Edit::Twice),
        (at(), at()).prop_map(|(a, b)| Edit::Own(a, b)),
    ]
}

impl Edit {
    fn apply(&self, proof: &[Hash], nodes: &[Hash]) -> Vec<Hash> {
        let mut out = proof.to_vec();
        let (len, room) = (out.len(), out.len() + 1);
        match self {
            Edit::Add(at, hash) => out.insert(at.index(room), Hash(*hash)),
            Edit::Empty => out.clear(),
            Edit::Reverse => out.reverse(),
            Edit::Twice => out.extend_from_slice(proof),
            Edit::Own(at, which) => out.insert(at.index(room), nodes[which.index(nodes.len())]),
            _ if len == 0 => {}
            Edit::Drop(at) => drop(out.remove(at.index(len))),
            Edit::Repeat(from, to) => out.insert(to.index(room), proof[from.index(len)]),
            Edit::Swap(a, b) => out.swap(a.index(len), b.index(len)),
            Edit::Flip(at, bit) => out[at.index(len)].0[usize::from(bit / 8)] ^= 1 << (bit % 8),
            Edit::Replace(at, hash) => out[at.index(len)] = Hash(*hash),
        }
        out
    }
}

/// On which side each sibling stands, from the leaf up: what an index and a size say about a proof, and all they say. Two
/// claims with the same sides are the same computation; the size itself is vouched for beside the root, by the checkpoint.
fn sides(index: u64, size: u64) -> Vec<bool> {
    let (mut start, mut end, mut sides) = (0, size, Vec::new());
    while end - start > 1 {
        let middle = start + (1 << (end - start - 1).ilog2());
        let right = index >= middle;
        if right {
            start = middle
        } else {
            end = middle
        }
        sides.push(right);
    }
    sides.reverse();
    sides
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1024))]

    #[test]
    fn an_edited_inclusion_proof_is_refused(
        size in 1usize..200, at: Index, salt: u64, edits in proptest::collection::vec(edit(), 1..4),
    ) {
        let all = leaves(size, salt);
        let (index, root) = (at.index(size), root_of(&all));
        let good = inclusion_proof(&all, index as u64);
        let (leaf, size) = (all[index], size as u64);
        prop_assert_eq!(verify_inclusion(&leaf, index as u64, size, &good, &root), Ok(()));
        let nodes = [&all[..], &good[..], &[root, Hash::ZERO]].concat();
        let bad = edits.iter().fold(good.clone(), |proof, edit| edit.apply(&proof, &nodes));
        let verdict = verify_inclusion(&leaf, index as u64, size, &bad, &root);
        prop_assert_eq!(verdict.is_ok(), bad == good, "{:?}", verdict);
    }

    #[test]
    fn a_good_proof_proves_nothing_else(
        size in 1usize..200, at: Index, salt: u64, other in 0u64..400, other_size in 0u64..400, bit: u8,
    ) {
        let all = leaves(size, salt);
        let (index, root) = (at.index(size), root_of(&all));
        let good = inclusion_proof(&all, index as u64);
        let (leaf, index, size) = (all[index], index as u64, size as u64);
        // Another record of the tree, at its own place or at this one.
        for (i, record) in all.iter().enumerate().filter(|(i, _)| *i as u64 != index) {
            prop_assert!(verify_inclusion(record, index, size, &good, &root).is_err());
            prop_assert!(verify_inclusion(record, i as u64, size, &good, &root).is_err());
            prop_assert!(verify_inclusion(&leaf, i as u64, size, &good, &root).is_err());
        }
        if other >= size {
            prop_assert_eq!(
                verify_inclusion(&leaf, other, size, &good, &root),
                Err(ProofError::IndexBeyondSize { index: other, size })
            );
        }
        let same = other < other_size && sides(other, other_size) == sides(index, size);
        prop_assert_eq!(verify_inclusion(&leaf, other, other_size, &good, &root).is_ok(), same);
        // Another root; the root of a smaller tree among them.
        let mut flipped = root;
        flipped.0[usize::from(bit / 8)] ^= 1 << (bit % 8);
        prop_assert!(verify_inclusion(&leaf, index, size, &good, &flipped).is_err());
        let shorter = root_of(&all[..all.len() - 1]);
        prop_assert!(verify_inclusion(&leaf, index, size, &good, &shorter).is_err());
    }

    /// An inner node is no leaf, and a leaf is no inner node: neither stands for the other at any height.
    #[test]
    fn nodes_and_leaves_are_not_each_other(size in 2usize..200, at: Index, salt: u64) {
        let all = leaves(size, salt);
        let (index, root) = (at.index(size), root_of(&all));
        let good = inclusion_proof(&all, index as u64);
        let (index, size) = (index as u64, size as u64);
        let (mut node, mut known) = (all[index as usize], sides(index, size));
        known.reverse();
        for (taken, sibling) in good.iter().enumerate() {
            let right = known.pop().unwrap();
            let (left_child, right_child) = if right { (*sibling, node) } else { (node, *sibling) };
            // The bytes of an inner node, hashed as a record would be.
            let as_record = leaf_hash(&[[1u8].as_slice(), &left_child.0, &right_child.0].concat());
            node = node_hash(&left_child, &right_child);
            prop_assert_ne!(as_record, node);
            let rest = &good[taken + 1..];
            // The node with the rest of the proof leads to the root, but not as a leaf of this tree.
            prop_assert!(verify_inclusion(&node, index, size, rest, &root).is_err());
            prop_assert!(verify_inclusion(&node, index, size, &good, &root).is_err());
            prop_assert!(verify_inclusion(&as_record, index, size, rest, &root).is_err());
        }
        prop_assert_eq!(node, root);
    }

    #[test]
    fn an_edited_consistency_proof_is_refused(
        new in 1usize..200, of: Index, salt: u64, edits in proptest::collection::vec(edit(), 1..4),
    ) {
        let all = leaves(new, salt);
        let old = of.index(new + 1);
        let (old_root, new_root) = (root_of(&all[..old]), root_of(&all));
        let good = consistency_proof(&all, old as u64, new as u64);
        let verify = |proof: &[Hash]| verify_consistency(old as u64, &old_root, new as u64, &new_root, proof);
        prop_assert_eq!(verify(&good), Ok(()));
        let nodes = [&all[..], &good[..], &[old_root, new_root, Hash::ZERO]].concat();
        let bad = edits.iter().fold(good.clone(), |proof, edit| edit.apply(&proof, &nodes));
        prop_assert_eq!(verify(&bad).is_ok(), bad == good);
    }

    #[test]
    fn a_good_consistency_proof_proves_nothing_else(
        new in 2usize..120, of: Index, salt: u64, bit: u8,
    ) {
        let all = leaves(new, salt);
        let old = 1 + of.index(new - 1);
        let (old_root, new_root) = (root_of(&all[..old]), root_of(&all));
        let good = consistency_proof(&all, old as u64, new as u64);
        let mut flipped = old_root;
        flipped.0[usize::from(bit / 8)] ^= 1 << (bit % 8);
        let (o, n) = (old as u64, new as u64);
        prop_assert!(verify_consistency(o, &flipped, n, &new_root, &good).is_err());
        prop_assert!(verify_consistency(o, &old_root, n, &flipped, &good).is_err());
        prop_assert!(verify_consistency(o, &new_root, n, &old_root, &good).is_err());
        prop_assert!(verify_consistency(n, &new_root, o, &old_root, &good).is_err());
        // The old root is that of its own size alone; a past that was rewritten has another root.
        for other in (0..=new).filter(|other| *other != old) {
            let root = root_of(&all[..other]);
            prop_assert!(verify_consistency(o, &root, n, &new_root, &good).is_err());
        }
        let mut rewritten = all.clone();
        rewritten[old - 1] = leaf_hash(b"another record");
        let rewritten_root = root_of(&rewritten);
        prop_assert!(verify_consistency(o, &old_root, n, &rewritten_root, &good).is_err());
        let of_rewritten = consistency_proof(&rewritten, o, n);
        prop_assert!(verify_consistency(o, &old_root, n, &rewritten_root, &of_rewritten).is_err());
    }

    /// Numbers that no ledger reaches: nothing verifies, nothing overflows, nothing takes long.
    #[test]
    fn huge_numbers_prove_nothing(
        below in 0u64..1000, also in 0u64..1000, proof in proptest::collection::vec(any::<[u8; 32]>(), 0..70), leaf: [u8; 32],
    ) {
        let proof: Vec<Hash> = proof.into_iter().map(Hash).collect();
        let (leaf, root) = (Hash(leaf), leaf_hash(b"root"));
        for (a, b) in [
            (u64::MAX - below, u64::MAX - also),
            (below, u64::MAX - also),
            (u64::MAX - below, also),
            ((1 << 63) - below, (1 << 63) + also),
            ((1 << 63) + below, u64::MAX),
        ] {
            prop_assert!(verify_inclusion(&leaf, a, b, &proof, &root).is_err());
            if a != b || leaf != root {
                prop_assert!(verify_consistency(a, &leaf, b, &root, &proof).is_err());
            }
            prop_assert_eq!(
                verify_inclusion(&leaf, a, a, &proof, &root),
                Err(ProofError::IndexBeyondSize { index: a, size: a })
            );
        }
    }

    #[test]
    fn a_proof_file_with_surplus_or_missing_lines_is_no_other_proof(
        size in 1usize..40, at: Index, salt: u64, edit in edit(),
    ) {
        let all = leaves(size, salt);
        let index = at.index(size) as u64;
        let good = TlogProof { index, extra: None, hashes: inclusion_proof(&all, index), checkpoint: b"c\n".to_vec() };
        let bad = TlogProof { hashes: edit.apply(&good.hashes, &all), ..good.clone() };
        let read = TlogProof::parse(&bad.format());
        prop_assert_eq!(read.as_ref(), Ok(&bad));
        prop_assert_eq!(bad.format() == good.format(), bad == good);
        // No record line is behind it, so nothing can be verified by it.
        prop_assert_eq!(judge(&bad.format(), b"", &Pins::default()).verdict, Verdict::False);
    }

    #[test]
    fn s_plus_any_multiple_of_the_order_is_refused(seed: [u8; 32], message: Vec<u8>, times in 1u8..16) {
        let (key, signature) = signed(&seed, &message);
        prop_assert_eq!(key.verify_strict(&message, &signature), Ok(()));
        if let Some(other) = plus_order(&signature, times) {
            prop_assert_eq!(key.verify_strict(&message, &other), Err(SigError::BadSignature));
        }
    }

    /// R and A with each of the seven torsion points added, alone and together, signed by one who holds the secret and so
    /// can make the equation with the cofactor hold.
    #[test]
    fn torsion_in_key_or_r_is_refused(secret: [u8; 32], nonce: [u8; 32], message: Vec<u8>, t in 1usize..8, u in 0usize..8) {
        let (a, r) = (Scalar::from_bytes_mod_order(secret), Scalar::from_bytes_mod_order(nonce));
        prop_assume!(a != Scalar::ZERO && r != Scalar::ZERO);
        let honest = ED25519_BASEPOINT_POINT * a;
        // In R.
        let key = PublicKey::enrollable(honest.compress().as_bytes()).unwrap();
        let signature = forged(&a, &honest, &(ED25519_BASEPOINT_POINT * r + EIGHT_TORSION[t]), &r, &message);
        prop_assert_eq!(key.verify_strict(&message, &signature), Err(SigError::BadSignature));
        // In A: never enrolled, whatever R is.
        let mixed = honest + EIGHT_TORSION[t];
        prop_assert_eq!(PublicKey::enrollable(mixed.compress().as_bytes()), Err(SigError::Torsion));
        // Where such a key is read all the same, only the equation without the cofactor counts.
        let point = ED25519_BASEPOINT_POINT * r + EIGHT_TORSION[u];
        let signature = forged(&a, &mixed, &point, &r, &message);
        let read = PublicKey::parse(mixed.compress().as_bytes()).unwrap();
        let k = challenge(point.compress().as_bytes(), mixed.compress().as_bytes(), &message);
        let rest = EIGHT_TORSION[u] + EIGHT_TORSION[t] * k;
        let holds = rest == EIGHT_TORSION[0];
        prop_assert_eq!(read.verify_strict(&message, &signature).is_ok(), holds);
    }

    /// Small order: as the key, never enrolled and never verifying; as R, refused though the equation holds.
    #[test]
    fn small_order_points_are_refused(secret: [u8; 32], message: Vec<u8>, t in 0usize..8, u in 0usize..8) {
        let small = EIGHT_TORSION[t].compress().to_bytes();
        prop_assert_eq!(PublicKey::enrollable(&small), Err(SigError::SmallOrder));
        let key = PublicKey::parse(&small).unwrap();
        let r = EIGHT_TORSION[u].compress().to_bytes();
        let signature: [u8; 64] = [r, [0; 32]].concat().try_into().unwrap();
        prop_assert_eq!(key.verify_strict(&message, &signature), Err(SigError::BadSignature));

        let a = Scalar::from_bytes_mod_order(secret);
        prop_assume!(a != Scalar::ZERO);
        let public = ED25519_BASEPOINT_POINT * a;
        let honest = PublicKey::enrollable(public.compress().as_bytes()).unwrap();
        let signature = forged(&a, &public, &EIGHT_TORSION[t], &Scalar::ZERO, &message);
        prop_assert_eq!(honest.verify_strict(&message, &signature), Err(SigError::BadSignature));
    }

    /// Every encoding of a point other than its own, as A and as R.
    #[test]
    fn encodings_that_are_not_canonical_are_refused(seed: [u8; 32], message: Vec<u8>, low in 0xedu8..=0xff, sign: bool) {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (low, if sign { 0xff } else { 0x7f });
        prop_assert!(PublicKey::parse(&bytes).is_err());
        let (key, mut signature) = signed(&seed, &message);
        signature[..32].copy_from_slice(&bytes);
        prop_assert_eq!(key.verify_strict(&message, &signature), Err(SigError::BadSignature));
    }
}

/// The two encodings with x = 0 and the sign bit set: 1 and -1.
#[test]
fn minus_zero_is_no_point() {
    for y in [1u8, 0xec] {
        let mut bytes = if y == 1 { [0; 32] } else { [0xff; 32] };
        bytes[0] = y;
        bytes[31] = if y == 1 { 0x80 } else { 0xff };
        assert!(PublicKey::parse(&bytes).is_err());
    }
}

/// Empty proofs prove exactly the tree of one leaf.
#[test]
fn empty_proofs() {
    let all = leaves(3, 0);
    assert_eq!(verify_inclusion(&all[0], 0, 1, &[], &all[0]), Ok(()));
    assert!(verify_inclusion(&all[0], 0, 1, &[], &all[1]).is_err());
    assert!(verify_inclusion(&all[0], 0, 1, &[all[0]], &all[0]).is_err());
    assert!(verify_inclusion(&all[0], 0, 0, &[], &root_of(&[])).is_err());
    assert!(verify_inclusion(&root_of(&all), 0, 3, &[], &root_of(&all)).is_err());
    assert!(verify_consistency(1, &all[0], 3, &root_of(&all), &[]).is_err());
    assert!(verify_consistency(3, &root_of(&all), 3, &root_of(&all), &[all[0]]).is_err());
    assert!(verify_consistency(0, &all[0], 3, &root_of(&all), &[]).is_err(), "the empty tree has one root");
}

fn signed(seed: &[u8; 32], message: &[u8]) -> (PublicKey, [u8; 64]) {
    let signer = SigningKey::from_bytes(seed);
    (PublicKey::enrollable(signer.verifying_key().as_bytes()).unwrap(), signer.sign(message).to_bytes())
}

/// S + n*L, if 32 bytes can hold it: the same number to who reduces it.
fn plus_order(signature: &[u8; 64], times: u8) -> Option<[u8; 64]> {
    // Little-endian (RFC 8032 section 5.1): 2^252 + 27742317777372353535851937790883648493.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut out = *signature;
    for _ in 0..times {
        let mut carry = 0u16;
        for (s, l) in out[32..].iter_mut().zip(ORDER) {
            carry += u16::from(*s) + u16::from(l);
            *s = carry.to_le_bytes()[0];
            carry >>= 8;
        }
        if carry > 0 {
            return None;
        }
    }
    Some(out)
}

/// What the holder of the secret `a` can make: S = r + k*a, for an R and a key that he chooses.
fn forged(a: &Scalar, public: &EdwardsPoint, point: &EdwardsPoint, r: &Scalar, message: &[u8]) -> [u8; 64] {
    let encoded = point.compress().to_bytes();
    let s = r + challenge(&encoded, public.compress().as_bytes(), message) * a;
    [encoded, s.to_bytes()].concat().try_into().unwrap()
}

fn challenge(r: &[u8; 32], public: &[u8; 32], message: &[u8]) -> Scalar {
    let digest = Sha512::new().chain_update(r).chain_update(public).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&digest.into())
}
