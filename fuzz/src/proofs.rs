//! Targets: proof files, receipts, inclusion and consistency proofs. A proof that verifies leads only to its own root.
//! Not here: tiles.

use std::sync::OnceLock;

use answerable_verifier::audit::Pins;
use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::{
    consistency_proof, consistency_ranges, inclusion_proof, inclusion_ranges, leaf_hash, root_of, verify_consistency,
    verify_inclusion,
};
use answerable_verifier::proof::{MAX_HASHES, MAX_PROOF, TlogProof, judge};
use answerable_verifier::report::Verdict;

use crate::bytes::{Bytes, sound_fault};
use crate::worked::small;

/// A proof file.
pub fn proof(bytes: &[u8]) {
    match TlogProof::parse(bytes) {
        Ok(proof) => {
            assert_eq!(proof.format(), bytes, "the same bytes in and out");
            assert!(proof.hashes.len() <= MAX_HASHES && bytes.len() <= MAX_PROOF);
        }
        Err(fault) => sound_fault(&fault),
    }
}

/// A receipt: a proof, and behind its last LF the record's line. Judged under the pins of the small ledger.
pub fn receipt(bytes: &[u8]) {
    let end = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    let (proof, line) = bytes.split_at(end);
    let good = small();
    let pinned = judge(proof, line, &good.pins());
    let unpinned = judge(proof, line, &Pins::default());
    for report in [&pinned, &unpinned] {
        assert_eq!(report.verdict == Verdict::False, !report.faults.is_empty());
        report.faults.iter().for_each(sound_fault);
        assert!(
            !report.to_text().chars().any(|c| c.is_control() && c != '\n'),
            "a terminal sees no control characters"
        );
        assert!(!report.summary.is_empty());
    }
    assert_ne!(unpinned.verdict, Verdict::Verified, "without a key anybody may have made it");
    if pinned.verdict == Verdict::Verified {
        let seq = good.lines.iter().position(|known| known == line).expect("only the ledger's records are in it");
        let read = TlogProof::parse(proof).expect("it was judged good");
        let size: usize = pinned.size.as_ref().and_then(|s| s.parse().ok()).expect("a checkpoint has a size");
        assert_eq!(read.hashes, good.proof(seq, size).hashes, "one record has one proof at one size");
        assert_eq!(pinned.seq, Some(seq.to_string()));
    }
}

const LEAVES: usize = 300;

fn leaves() -> &'static [Hash] {
    static ALL: OnceLock<Vec<Hash>> = OnceLock::new();
    ALL.get_or_init(|| (0..LEAVES as u64).map(|n| leaf_hash(&n.to_be_bytes())).collect())
}

/// The root at every size up to `LEAVES`.
fn root(size: usize) -> Hash {
    static ROOTS: OnceLock<Vec<Hash>> = OnceLock::new();
    ROOTS.get_or_init(|| (0..=LEAVES).map(|size| root_of(&leaves()[..size])).collect())[size]
}

/// Changes a good proof as the input says; `node` gives hashes that the tree really has.
fn edited(mut proof: Vec<Hash>, input: &mut Bytes) -> Vec<Hash> {
    for _ in 0..8 {
        let at = |input: &mut Bytes, len: usize| usize::from(input.u8()) % (len + 1);
        match input.u8() {
            1 if !proof.is_empty() => drop(proof.remove(at(input, proof.len() - 1))),
            2 => proof.insert(at(input, proof.len()), input.hash()),
            3 => proof.insert(at(input, proof.len()), leaves()[usize::from(input.u16()) % LEAVES]),
            4 => proof.insert(at(input, proof.len()), root(usize::from(input.u16()) % (LEAVES + 1))),
            5 if !proof.is_empty() => {
                let (a, b) = (at(input, proof.len() - 1), at(input, proof.len() - 1));
                proof.swap(a, b);
            }
            6 if !proof.is_empty() => {
                let place = at(input, proof.len() - 1);
                proof[place].0[usize::from(input.u8()) % 32] ^= input.u8();
            }
            7 => proof.clear(),
            8 => proof.extend_from_within(..),
            9 => proof.reverse(),
            _ => {}
        }
        if input.is_empty() || proof.len() > 200 {
            break;
        }
    }
    proof
}

/// An inclusion proof: of a tree that exists, and with any numbers at all.
pub fn inclusion(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let size = usize::from(input.u16()) % LEAVES + 1;
    let (of, index) = (u64::from(input.u16()) % size as u64, u64::from(input.u16()));
    let honest = inclusion_proof(&leaves()[..size], of);
    assert!(verify_inclusion(&leaves()[of as usize], of, size as u64, &honest, &root(size)).is_ok());
    let (any_index, any_size) = (input.u64(), input.u64());
    let leaf = match input.u8() % 3 {
        0 => leaves()[of as usize],
        1 => leaves()[usize::from(input.u16()) % LEAVES],
        _ => input.hash(),
    };
    let proof = edited(honest, &mut input);
    if verify_inclusion(&leaf, index, size as u64, &proof, &root(size)).is_ok() {
        assert_eq!(leaves()[..size].get(index as usize), Some(&leaf), "only the leaf that is there");
        assert_eq!(proof, inclusion_proof(&leaves()[..size], index), "a leaf has one proof");
    }
    // Numbers that no tree here has. The length alone says whether it can be a proof.
    let claimed = verify_inclusion(&leaf, any_index, any_size, &proof, &root(size));
    let needed = inclusion_ranges(any_index, any_size).map(|ranges| ranges.len());
    assert!(claimed.is_err() || needed == Some(proof.len()));
}

/// A consistency proof: likewise.
pub fn consistency(bytes: &[u8]) {
    let mut input = Bytes(bytes);
    let new = usize::from(input.u16()) % (LEAVES + 1);
    let (of, old) = (usize::from(input.u16()) % (new + 1), usize::from(input.u16()) % (LEAVES + 1));
    let honest = consistency_proof(leaves(), of as u64, new as u64);
    assert!(verify_consistency(of as u64, &root(of), new as u64, &root(new), &honest).is_ok());
    let (any_old, any_new) = (input.u64(), input.u64());
    let old_root = match input.u8() % 3 {
        0 => root(of),
        1 => root(usize::from(input.u16()) % (LEAVES + 1)),
        _ => input.hash(),
    };
    let proof = edited(honest, &mut input);
    if verify_consistency(old as u64, &old_root, new as u64, &root(new), &proof).is_ok() {
        assert!(old <= new, "an older tree is no larger");
        assert_eq!(old_root, root(old), "only the root that was there");
        assert_eq!(proof, consistency_proof(leaves(), old as u64, new as u64), "two sizes have one proof");
    }
    let claimed = verify_consistency(any_old, &old_root, any_new, &root(new), &proof);
    let needed = consistency_ranges(any_old, any_new).map(|ranges| ranges.len());
    assert!(claimed.is_err() || needed == Some(proof.len()));
}
