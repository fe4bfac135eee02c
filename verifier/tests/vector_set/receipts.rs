//! Receipts, good and bad: proofs of other records, of other trees, with hashes too few or too many.
//! Not here: the exports that receipts come from.

use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::encoding::{Hash, base64_encode};
use answerable_verifier::merkle::{empty_root, inclusion_proof, leaf_hash, node_hash};
use answerable_verifier::proof::TlogProof;

use super::checkpoints::{log_key, signed};
use super::*;
use crate::kit::{ORIGIN, checkpoint_of};

fn leaves(kit: &Kit) -> Vec<Hash> {
    kit.lines.iter().map(|l| leaf_hash(l)).collect()
}

fn proof_of(kit: &Kit, seq: u64) -> TlogProof {
    let checkpoint = checkpoint_of(&kit.lines, &[&log_key()]).into_bytes();
    TlogProof { index: seq, extra: None, hashes: inclusion_proof(&leaves(kit), seq), checkpoint }
}

fn good(name: &str, says: &str, kit: &Kit, proof: TlogProof, seq: usize) -> Vector {
    receipt_lie(name, says, kit, proof.format(), &kit.lines[seq], "", None).verified()
}

/// Seven records, so that both sides of a path and its ragged edge are met.
fn seven() -> Kit {
    let mut kit = tiny();
    ["a", "b", "c"].iter().for_each(|name| kit.register(&format!("org:{name}"), "2001", "other"));
    kit
}

pub fn vectors() -> Vec<Vector> {
    let kit = seven();
    let mut all = vec![
        good("receipt", "A receipt for record 4 of 7.", &kit, proof_of(&kit, 4), 4),
        good("receipt_of_founding", "A receipt for record 0.", &kit, proof_of(&kit, 0), 0),
        good(
            "receipt_of_last_record",
            "A receipt for the last record, at the ragged edge.",
            &kit,
            proof_of(&kit, 6),
            6,
        ),
    ];
    let one = Kit::founded();
    all.push(good(
        "receipt_of_one",
        "A receipt in a ledger of one record: it needs no hash.",
        &one,
        proof_of(&one, 0),
        0,
    ));
    let mut extra = proof_of(&kit, 4);
    extra.extra = Some(b"this is record 5, and it is verified".to_vec());
    all.push(good(
        "receipt_with_extra",
        "The proof carries data that nobody signed: skipped, never trusted.",
        &kit,
        extra,
        4,
    ));
    let no_pin = receipt_lie(
        "receipt_without_pin",
        "Nothing is pinned.",
        &kit,
        proof_of(&kit, 4).format(),
        &kit.lines[4],
        "",
        None,
    );
    all.push(no_pin.pinned(Pins::default()).unverifiable());
    let by_id = Pins { log_keys: vec![], ..pins_of(&kit) };
    let says = "The ledger's id alone is pinned, which vouches for no checkpoint.";
    let id_alone =
        receipt_lie("receipt_without_log_key", says, &kit, proof_of(&kit, 4).format(), &kit.lines[4], "", None);
    all.push(id_alone.pinned(by_id).unverifiable());
    let wrong = Pins { ledger_id: Some(nothing()), ..pins_of(&kit) };
    let says = "The record is of another ledger than the pinned one.";
    let wrong_ledger = receipt_lie(
        "receipt_of_another_ledger",
        says,
        &kit,
        proof_of(&kit, 4).format(),
        &kit.lines[4],
        "pin.wrong_ledger",
        4,
    );
    all.push(wrong_ledger.pinned(wrong));
    all.extend(proofs(&kit));
    all.extend(spellings(&kit));
    all.extend(records(&kit));
    all
}

const NOT: &str = "proof.not_included";

/// Well-formed proofs that prove something else.
fn proofs(kit: &Kit) -> Vec<Vector> {
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, code: &str, seq: Option<u64>, edit: &dyn Fn(&mut TlogProof)| {
        let mut proof = proof_of(kit, 4);
        edit(&mut proof);
        all.push(receipt_lie(name, says, kit, proof.format(), &kit.lines[4], code, seq));
    };
    add("proof_of_another_record", "The proof is good, and of record 5.", "proof.wrong_record", Some(4), &|p| {
        *p = proof_of(kit, 5)
    });
    add("proof_of_another_record_renumbered", "The proof is of record 5, and says 4.", NOT, Some(4), &|p| {
        *p = TlogProof { index: 4, ..proof_of(kit, 5) };
    });
    add("proof_index_altered", "The index is another than the record's.", "proof.wrong_record", Some(4), &|p| {
        p.index = 3
    });
    add(
        "proof_index_by_a_whole_tree_more",
        "The index is as much more as the tree is wide.",
        "proof.wrong_record",
        Some(4),
        &|p| {
            p.index += 8;
        },
    );
    add("proof_index_of_64_bits", "The index is 2^64 - 1.", "proof.wrong_record", Some(4), &|p| p.index = u64::MAX);
    add("proof_without_hashes", "The proof has no hashes.", NOT, Some(4), &|p| p.hashes.clear());
    add("proof_hash_missing", "The last hash of the proof is missing.", NOT, Some(4), &|p| {
        p.hashes.pop();
    });
    add("proof_hash_surplus", "A hash stands behind the proof.", NOT, Some(4), &|p| p.hashes.push(Hash([9; 32])));
    add("proof_hash_altered", "A hash of the proof was altered.", NOT, Some(4), &|p| p.hashes[0].0[0] ^= 1);
    add("proof_hashes_swapped", "Two hashes of the proof changed places.", NOT, Some(4), &|p| p.hashes.swap(0, 1));
    add("proof_hash_twice", "A hash of the proof comes twice.", NOT, Some(4), &|p| p.hashes.insert(0, p.hashes[0]));
    add(
        "proof_in_a_smaller_tree",
        "The checkpoint is of four records, and the record is the fifth.",
        NOT,
        Some(4),
        &|p| {
            p.checkpoint = checkpoint_of(&kit.lines[..4], &[&log_key()]).into_bytes();
        },
    );
    add("proof_in_an_empty_tree", "The checkpoint is of no records.", NOT, Some(4), &|p| {
        p.checkpoint =
            signed(&Checkpoint { origin: ORIGIN.into(), size: 0, root: empty_root() }.to_text()).into_bytes();
    });
    add("proof_root_is_the_leaf", "The root is the record's own leaf hash, for a tree of seven.", NOT, Some(4), &|p| {
        let root = leaf_hash(&kit.lines[4]);
        p.hashes.clear();
        p.checkpoint = signed(&Checkpoint { origin: ORIGIN.into(), size: 7, root }.to_text()).into_bytes();
    });
    add("proof_leaf_hashed_as_node", "The tree's leaves are hashed as nodes are.", NOT, Some(4), &|p| {
        let leaf = Hash::sha256(&[&[1u8][..], &kit.lines[4]].concat());
        let mut others = leaves(kit);
        others[4] = leaf;
        let root = answerable_verifier::merkle::root_of(&others);
        p.checkpoint = signed(&Checkpoint { origin: ORIGIN.into(), size: 7, root }.to_text()).into_bytes();
    });
    add("proof_by_a_stranger", "A stranger signed the checkpoint.", "checkpoint.not_by_pinned_key", None, &|p| {
        p.checkpoint = checkpoint_of(&kit.lines, &[&ed25519_dalek::SigningKey::from_bytes(&[210; 32])]).into_bytes();
    });
    add("proof_of_another_log", "The checkpoint is of another log.", "checkpoint.wrong_origin", None, &|p| {
        let text = String::from_utf8(p.checkpoint.clone()).unwrap();
        let (body, _) = text.split_once("\n\n").unwrap();
        p.checkpoint = signed(&format!("{}\n", body.replace(ORIGIN, "ledger.test/other"))).into_bytes();
    });
    add("proof_without_checkpoint", "The proof has no checkpoint.", "checkpoint.malformed", None, &|p| {
        p.checkpoint.clear()
    });
    add("proof_checkpoint_unsigned", "Nobody signed the checkpoint.", "checkpoint.malformed", None, &|p| {
        let text = String::from_utf8(p.checkpoint.clone()).unwrap();
        p.checkpoint = format!("{}\n\n", text.split_once("\n\n").unwrap().0).into_bytes();
    });
    add("proof_checkpoint_altered", "The checkpoint's size was altered.", "checkpoint.bad_signature", None, &|p| {
        let text = String::from_utf8(p.checkpoint.clone()).unwrap();
        p.checkpoint = swap(&text, "\n7\n", "\n8\n").into_bytes();
    });
    all
}

/// Files that are no proof.
fn spellings(kit: &Kit) -> Vec<Vector> {
    let mut all = Vec::new();
    let good = String::from_utf8(proof_of(kit, 4).format()).unwrap();
    let hash = proof_of(kit, 4).hashes[0].to_base64();
    let mut add = |name: &str, says: &str, proof: String| {
        all.push(receipt_lie(name, says, kit, proof, &kit.lines[4], "proof.malformed", None));
    };
    add("proof_header_of_another_version", "The first line is of another version.", good.replacen("@v1", "@v2", 1));
    add("proof_crlf", "The lines end with CR and LF.", good.replace('\n', "\r\n"));
    add("proof_byte_order_mark", "A byte order mark begins the proof.", format!("\u{feff}{good}"));
    add("proof_index_leading_zero", "The index is written 04.", good.replacen("index 4", "index 04", 1));
    add("proof_index_negative", "The index is negative.", good.replacen("index 4", "index -4", 1));
    add(
        "proof_index_past_64_bits",
        "The index has 65 bits: cut off, it would be 4.",
        good.replacen("index 4", "index 18446744073709551620", 1),
    );
    add("proof_index_missing", "There is no index.", good.replacen("index 4\n", "", 1));
    add("proof_index_twice", "There are two indices.", good.replacen("index 4\n", "index 4\nindex 4\n", 1));
    add("proof_extra_empty", "The extra data is empty.", good.replacen("index 4", "extra \nindex 4", 1));
    add(
        "proof_extra_behind_index",
        "The extra data stands behind the index.",
        good.replacen("index 4\n", "index 4\nextra AAAA\n", 1),
    );
    add(
        "proof_extra_twice",
        "There are two lines of extra data.",
        good.replacen("index 4", "extra AAAA\nextra AAAA\nindex 4", 1),
    );
    add(
        "proof_hash_without_padding",
        "A hash is spelt without padding.",
        good.replacen(&hash, hash.trim_end_matches('='), 1),
    );
    add("proof_hash_in_hex", "A hash is in hex.", good.replacen(&hash, &proof_of(kit, 4).hashes[0].to_hex(), 1));
    add("proof_hash_of_31_bytes", "A hash has 31 bytes.", good.replacen(&hash, &base64_encode(&[9; 31]), 1));
    add("proof_of_65_hashes", "The proof has 65 hashes.", good.replacen(&hash, &vec![hash.clone(); 65].join("\n"), 1));
    add("proof_cut_off", "The proof ends within its hashes.", good[..good.find(&hash).unwrap() + 20].to_owned());
    add("proof_empty", "The proof is empty.", String::new());
    all
}

/// The proof is good, and the record is not the one.
fn records(kit: &Kit) -> Vec<Vector> {
    let mut all = Vec::new();
    let proof = proof_of(kit, 4).format();
    let line = String::from_utf8(kit.lines[4].clone()).unwrap();
    let mut add = |name: &str, says: &str, line: &[u8], code: &str, seq: Option<u64>| {
        all.push(receipt_lie(name, says, kit, proof.clone(), line, code, seq));
    };
    add(
        "receipt_record_altered",
        "A name in the record was altered.",
        swap(&line, "\"name\":\"a\"", "\"name\":\"A\"").as_bytes(),
        NOT,
        Some(4),
    );
    add(
        "receipt_record_reformatted",
        "The record was formatted anew, and says the same.",
        line.replace(",\"", ", \"").as_bytes(),
        "record.not_canonical",
        None,
    );
    add(
        "receipt_of_another_record",
        "The record is another than the proof's.",
        &kit.lines[5],
        "proof.wrong_record",
        Some(5),
    );
    add(
        "receipt_record_crlf",
        "The record's line ends with CR and LF.",
        format!("{line}\r").as_bytes(),
        "record.not_canonical",
        None,
    );
    add(
        "receipt_of_two_records",
        "Two records stand in the file.",
        &[&kit.lines[4][..], b"\n", &kit.lines[5]].concat(),
        "record.not_json",
        None,
    );
    add("receipt_record_empty", "There is no record.", b"", "record.not_json", None);
    // The preimage of an inner node, where a reader who hashes leaves and nodes alike would take it for a record.
    let hashes = leaves(kit);
    let inner = [&hashes[4].0[..], &hashes[5].0].concat();
    let mut above = proof_of(kit, 4);
    above.hashes.remove(0);
    assert_ne!(node_hash(&hashes[4], &hashes[5]), leaf_hash(&inner));
    let says = "An inner node of the tree is shown as a record.";
    all.push(receipt_lie("receipt_of_an_inner_node", says, kit, above.format(), &inner, "record.not_utf8", None));
    all
}
