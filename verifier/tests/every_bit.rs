//! Damage without a plan: every single bit of an export and of a receipt, and every length that they can be cut to.
//! Not here: lies that somebody thought about (`vectors`, `lies`, `governance`, and the law's own tests).

mod kit;

use std::fs;

use answerable_verifier::audit::{Pins, audit};
use answerable_verifier::merkle::{inclusion_proof, leaf_hash};
use answerable_verifier::proof::{self, TlogProof};
use answerable_verifier::report::Verdict;
use kit::{FOUNDER, Kit, checkpoint_of};
use serde_json::json;

fn two_records() -> (Kit, Pins) {
    let mut kit = Kit::founded();
    kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": "registrar"}));
    let pins = Pins { ledger_id: kit.judge.authority.ledger_id, log_keys: vec![kit.vkey()], ..Pins::default() };
    (kit, pins)
}

/// One bit of a byte, or one byte less at the end.
fn damaged(bytes: &[u8]) -> impl Iterator<Item = (String, Vec<u8>)> + '_ {
    let flips = (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        (format!("bit {bit}"), flipped)
    });
    let cuts = (0..bytes.len()).map(|length| (format!("cut to {length}"), bytes[..length].to_vec()));
    flips.chain(cuts)
}

#[test]
fn no_bit_of_an_export_can_be_flipped_and_no_byte_cut_off() {
    let (kit, pins) = two_records();
    let folder = tempfile::tempdir().unwrap();
    kit.export(folder.path(), &kit.lines);
    let judged = || audit(folder.path(), &pins, &mut |_| {}).unwrap();
    assert_eq!(judged().verdict, Verdict::Verified);
    for (name, bytes) in kit.files(&kit.lines) {
        let path = folder.path().join(&name);
        for (damage, lie) in damaged(&bytes) {
            fs::write(&path, lie).unwrap();
            let report = judged();
            assert_eq!(report.verdict, Verdict::False, "{name}, {damage}: {}", report.to_text());
        }
        fs::write(&path, bytes).unwrap();
    }
    assert_eq!(judged().verdict, Verdict::Verified);
}

#[test]
fn no_bit_of_a_receipt_can_be_flipped_and_no_byte_cut_off() {
    let (kit, pins) = two_records();
    let leaves: Vec<_> = kit.lines.iter().map(|l| leaf_hash(l)).collect();
    let checkpoint = checkpoint_of(&kit.lines, &[&kit.log[0]]).into_bytes();
    let proof = TlogProof { index: 1, extra: None, hashes: inclusion_proof(&leaves, 1), checkpoint }.format();
    let line = &kit.lines[1];
    assert_eq!(proof::judge(&proof, line, &pins).verdict, Verdict::Verified);
    for (damage, lie) in damaged(&proof) {
        assert_eq!(proof::judge(&lie, line, &pins).verdict, Verdict::False, "the proof, {damage}");
    }
    for (damage, lie) in damaged(line) {
        assert_eq!(proof::judge(&proof, &lie, &pins).verdict, Verdict::False, "the record, {damage}");
    }
}

/// What a name would do to a terminal is told, and not done: the report of a forged record is escaped, in both formats.
#[test]
fn a_report_of_a_name_that_clears_the_screen_is_plain_text() {
    let (mut kit, pins) = two_records();
    let event = kit.event(FOUNDER, "actor.registered", "2001", json!({"actor": "org:x", "kind": "other", "name": "X"}));
    let signed = answerable_verifier::record::SignedEvent::draft(&event).unwrap();
    let text = String::from_utf8(signed.bytes).unwrap();
    let nasty = "\u{202e}\u{9b}2J\u{2066}\u{feff}";
    for (from, to) in [
        ("\"X\"", format!("\"{nasty}\"")),
        ("\"kind\"", format!("\"{nasty}\":1,\"kind\"")),
        ("actor.registered", format!("actor.{nasty}")),
        ("\"org:founder\"", format!("\"org:{nasty}\"")),
    ] {
        let line = kit.line_around(text.replacen(from, &to, 1).as_bytes(), &["org:founder#1"]);
        let report = kit.audit_under(&[kit.lines.clone(), vec![line]].concat(), &pins);
        assert_eq!(report.verdict, Verdict::False, "{from}");
        let printed = report.to_text();
        let harmful = |c: &char| (c.is_control() && *c != '\n') || nasty.contains(*c) && !c.is_ascii();
        assert_eq!(printed.chars().find(harmful), None, "{from}: {printed:?}");
    }
}

/// A receipt's record can name anything: its report is escaped too.
#[test]
fn a_report_of_a_forged_receipt_is_plain_text() {
    let (_, pins) = two_records();
    let proof = "c2sp.org/tlog-proof@v1\nindex 0\n\n\u{202e}\u{9b}2Jorigin\n1\nx\n\n\u{2014} k AAAA\n";
    for (proof, line) in [(proof, "{\"\u{202e}\u{9b}\":1}"), ("\u{9b}2J\n", "\"\u{202e}\"")] {
        let report = proof::judge(proof.as_bytes(), line.as_bytes(), &pins);
        assert_eq!(report.verdict, Verdict::False);
        let printed = report.to_text();
        assert!(!printed.chars().any(|c| (c.is_control() && c != '\n') || c == '\u{202e}'), "{printed:?}");
    }
}
