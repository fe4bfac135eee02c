//! Lies in the checkpoint and about pins: other roots, sizes and origins; signatures by others; no pin at all.
//! Not here: log keys that change (`handover`).

use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::{leaf_hash, root_of};
use answerable_verifier::note::{ALG_COSIGNATURE, Note, NoteSignature, compute_key_id, signature_line};
use ed25519_dalek::{Signer, SigningKey};

use super::*;
use crate::kit::{ORIGIN, checkpoint_of, vkey_of};

pub fn log_key() -> SigningKey {
    SigningKey::from_bytes(&[200; 32])
}

/// Any text as a checkpoint, signed by the log's key.
pub fn signed(text: &str) -> String {
    let key = log_key();
    format!("{text}\n{}\n", signature_line(&vkey_of(&key), &key.sign(text.as_bytes()).to_bytes()))
}

fn said(origin: &str, size: u64, root: Hash) -> String {
    signed(&Checkpoint { origin: origin.into(), size, root }.to_text())
}

/// The group order is added to S: libraries that do not look take the signature all the same.
pub fn plus_order(mut signature: [u8; 64]) -> [u8; 64] {
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0u16;
    for (s, l) in signature[32..].iter_mut().zip(ORDER) {
        carry += u16::from(*s) + u16::from(l);
        *s = carry as u8;
        carry >>= 8;
    }
    assert_eq!(carry, 0, "S + L has 253 bits at most");
    signature
}

/// A tree in which leaves are hashed as nodes are.
fn root_without_domains(lines: &[Vec<u8>]) -> Hash {
    let nodes: Vec<Hash> = lines.iter().map(|l| Hash::sha256(&[&[1u8][..], l].concat())).collect();
    root_of(&nodes)
}

pub fn vectors() -> Vec<Vector> {
    let kit = tiny();
    let size = kit.lines.len() as u64;
    let leaves: Vec<Hash> = kit.lines.iter().map(|l| leaf_hash(l)).collect();
    let root = root_of(&leaves);
    let text = Checkpoint { origin: ORIGIN.into(), size, root }.to_text();
    let good = signed(&text);
    let (key, stranger) = (log_key(), SigningKey::from_bytes(&[210; 32]));
    let by_stranger = stranger.sign(text.as_bytes()).to_bytes();
    let by_log = key.sign(text.as_bytes()).to_bytes();
    let note = |signatures: Vec<NoteSignature>| Note { text: text.clone(), signatures }.format().unwrap();
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, checkpoint: Vec<u8>, code: &str| {
        all.push(lie(name, says, &kit, code, None).file(CHECKPOINT, checkpoint));
    };
    let mut row =
        |name: &str, says: &str, checkpoint: String, code: &str| add(name, says, checkpoint.into_bytes(), code);
    row(
        "checkpoint_wrong_root",
        "The log key signs another root.",
        said(ORIGIN, size, Hash([9; 32])),
        "tree.root_mismatch",
    );
    row(
        "checkpoint_root_of_zeros",
        "The log key signs a root of zeros.",
        said(ORIGIN, size, Hash::ZERO),
        "tree.root_mismatch",
    );
    row(
        "checkpoint_leaves_hashed_as_nodes",
        "The root is that of a tree whose leaves are hashed as nodes are.",
        said(ORIGIN, size, root_without_domains(&kit.lines)),
        "tree.root_mismatch",
    );
    row(
        "checkpoint_last_hash_doubled",
        "The root is that of a tree that repeats its last leaf, as some trees of other projects do.",
        said(ORIGIN, size, root_of(&[leaves.clone(), vec![leaves[3]]].concat())),
        "tree.root_mismatch",
    );
    row(
        "checkpoint_smaller",
        "The checkpoint leaves the last record out.",
        checkpoint_of(&kit.lines[..3], &[&key]),
        "tree.uncovered",
    );
    row(
        "checkpoint_larger",
        "The checkpoint covers a record that is not there.",
        said(ORIGIN, size + 1, root),
        "tree.truncated",
    );
    row(
        "checkpoint_of_all_numbers",
        "The checkpoint covers 2^64 - 1 records.",
        said(ORIGIN, u64::MAX, root),
        "tree.truncated",
    );
    row(
        "checkpoint_of_size_0",
        "The checkpoint covers nothing.",
        said(ORIGIN, 0, answerable_verifier::merkle::empty_root()),
        "tree.uncovered",
    );
    row(
        "checkpoint_past_64_bits",
        "The size has 65 bits.",
        signed(&text.replace("\n4\n", "\n18446744073709551620\n")),
        "checkpoint.malformed",
    );
    row(
        "checkpoint_leading_zero",
        "The size is written 04.",
        signed(&text.replace("\n4\n", "\n04\n")),
        "checkpoint.malformed",
    );
    row(
        "checkpoint_plus_sign",
        "The size is written +4.",
        signed(&text.replace("\n4\n", "\n+4\n")),
        "checkpoint.malformed",
    );
    row(
        "checkpoint_extension_line",
        "The checkpoint has a fourth line.",
        signed(&format!("{text}more\n")),
        "checkpoint.malformed",
    );
    row(
        "checkpoint_two_lines",
        "The checkpoint has no root.",
        signed(&format!("{ORIGIN}\n4\n")),
        "checkpoint.malformed",
    );
    row(
        "checkpoint_root_in_hex",
        "The root is in hex.",
        signed(&format!("{ORIGIN}\n4\n{}\n", root.to_hex())),
        "checkpoint.malformed",
    );
    row(
        "checkpoint_root_without_padding",
        "The root is spelt without padding.",
        signed(&format!("{}\n", text.trim_end().trim_end_matches('='))),
        "checkpoint.malformed",
    );
    row(
        "checkpoint_wrong_origin",
        "The checkpoint is of another log.",
        said("ledger.test/other", size, root),
        "checkpoint.wrong_origin",
    );
    row(
        "checkpoint_origin_in_upper_case",
        "The origin is in upper case.",
        said("LEDGER.TEST/KIT", size, root),
        "checkpoint.wrong_origin",
    );
    row(
        "checkpoint_altered",
        "The root was altered behind the log key's back.",
        good.replace(&root.to_base64(), &Hash([9; 32]).to_base64()),
        "checkpoint.bad_signature",
    );
    row("checkpoint_crlf", "The lines end with CR and LF.", good.replace('\n', "\r\n"), "checkpoint.malformed");
    row(
        "checkpoint_without_last_line_feed",
        "The checkpoint does not end with LF.",
        good.trim_end().to_owned(),
        "checkpoint.malformed",
    );
    row(
        "checkpoint_byte_order_mark",
        "A byte order mark begins the checkpoint.",
        format!("\u{feff}{good}"),
        "checkpoint.wrong_origin",
    );
    row(
        "checkpoint_hyphen_for_dash",
        "The signature line begins with a hyphen.",
        good.replace('\u{2014}', "-"),
        "checkpoint.malformed",
    );
    row("checkpoint_without_signature", "Nobody signs.", format!("{text}\n"), "checkpoint.malformed");
    row("checkpoint_empty", "The checkpoint is empty.", String::new(), "checkpoint.malformed");
    row(
        "checkpoint_by_a_stranger",
        "A stranger's key of the log's name signs.",
        note(vec![signature_line(&vkey_of(&stranger), &by_stranger)]),
        "checkpoint.not_by_pinned_key",
    );
    row(
        "checkpoint_key_id_taken",
        "A stranger signs under the name and the key id of the log's key.",
        note(vec![signature_line(&vkey_of(&key), &by_stranger)]),
        "checkpoint.bad_signature",
    );
    row(
        "checkpoint_one_good_one_bad",
        "The log key's line comes twice, and one of the two is bad.",
        note(vec![signature_line(&vkey_of(&key), &by_log), signature_line(&vkey_of(&key), &by_stranger)]),
        "checkpoint.bad_signature",
    );
    row(
        "checkpoint_s_plus_l",
        "The group order was added to the log key's signature.",
        note(vec![signature_line(&vkey_of(&key), &plus_order(by_log))]),
        "checkpoint.bad_signature",
    );
    row(
        "checkpoint_signature_too_long",
        "A byte stands behind the log key's signature.",
        note(vec![NoteSignature {
            signature: [&by_log[..], &[0]].concat(),
            ..signature_line(&vkey_of(&key), &by_log)
        }]),
        "checkpoint.bad_signature",
    );
    // c2sp.org/tlog-cosignature: what a witness signs names the time before the checkpoint.
    let time = 1_795_000_000u64;
    let cosigned = key.sign(format!("cosignature/v1\ntime {time}\n{text}").as_bytes()).to_bytes();
    let cosignature = [&time.to_be_bytes()[..], &cosigned].concat();
    let raw = *vkey_of(&key).public_key().as_bytes();
    let as_witness = compute_key_id(ORIGIN, ALG_COSIGNATURE, &raw);
    row(
        "checkpoint_cosignature_alone",
        "The log's key signs as witnesses do, which is no signature of the log.",
        note(vec![NoteSignature { name: ORIGIN.into(), key_id: as_witness, signature: cosignature.clone() }]),
        "checkpoint.not_by_pinned_key",
    );
    row(
        "checkpoint_cosignature_as_log_signature",
        "A cosignature stands under the log key's id.",
        note(vec![NoteSignature { signature: cosignature, ..signature_line(&vkey_of(&key), &by_log) }]),
        "checkpoint.bad_signature",
    );
    let many: Vec<NoteSignature> = vec![signature_line(&vkey_of(&key), &by_log); 65];
    let many: Vec<String> = many.iter().map(|line| format!("{line}\n")).collect();
    row(
        "checkpoint_of_65_signatures",
        "The checkpoint has 65 signatures.",
        format!("{text}\n{}", many.concat()),
        "checkpoint.malformed",
    );
    add(
        "checkpoint_not_utf8",
        "The checkpoint is no UTF-8.",
        [b"\xff", good.as_bytes()].concat(),
        "checkpoint.malformed",
    );
    let pins = pins_of(&kit);
    let missing =
        lie("checkpoint_missing", "There is no checkpoint.", &kit, "checkpoint.missing", None).without(CHECKPOINT);
    let wrong_key = Pins { ledger_id: None, log_keys: vec![vkey_of(&stranger)], ..Pins::default() };
    let says = "The pinned log key is not this ledger's.";
    let wrong_key = lie("pin_of_another_log_key", says, &kit, "checkpoint.not_by_pinned_key", None).pinned(wrong_key);
    let wrong_id = Pins { ledger_id: Some(nothing()), log_keys: vec![], ..Pins::default() };
    let says = "The pinned id is not this ledger's.";
    let wrong_id = lie("pin_of_another_ledger", says, &kit, "pin.wrong_ledger", 0).pinned(wrong_id);
    let good_key_wrong_id = Pins { ledger_id: Some(nothing()), ..pins };
    let says = "The pinned log key signs a ledger with another id than the pinned one.";
    let both =
        lie("pin_of_another_ledger_by_the_same_log", says, &kit, "pin.wrong_ledger", 0).pinned(good_key_wrong_id);
    let says = "Nothing is pinned, and the log key within is taken for a pin.";
    let no_pin = lie("no_pin", says, &kit, "", None).pinned(Pins::default()).unverifiable();
    let bare = {
        let says = "A stranger made the whole ledger, keys and all, and shows it to who pins another.";
        let mut stranger_kit = Kit::founded();
        stranger_kit.log = vec![stranger.clone()];
        lie("ledger_of_a_stranger", says, &stranger_kit, "checkpoint.not_by_pinned_key", None).pinned(pins_of(&kit))
    };
    all.extend([missing, wrong_key, wrong_id, both, no_pin, bare]);
    all
}
