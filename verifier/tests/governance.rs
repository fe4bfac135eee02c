//! Governing a ledger: keys rotated, founders and log keys changed, rules adopted; and the lies about each. Every lie is
//! refused at admission, and found by an auditor when it was forced in.

mod kit;

use answerable_schemas::governance::RulesRef;
use answerable_schemas::{EventId, KeyName};
use answerable_verifier::audit::Pins;
use ed25519_dalek::SigningKey;
use kit::{FOUNDER, Kit, checkpoint_of, signers, vkey_of};
use serde_json::{Value, json};

const A: &str = "org:a";
const B: &str = "org:b";
const C: &str = "org:c";

fn governed() -> Kit {
    Kit::founded_by(&[A, B, C], 2)
}

fn founders(names: &[&str], threshold: u32) -> Value {
    json!({"founders": names, "reason": "agreed", "threshold": threshold})
}

fn signs(state: &str) -> Value {
    json!({"mode": "simple", "state": state, "treaty": "arms-trade-treaty"})
}

#[test]
fn a_rotated_key_hands_over_its_place_and_its_scope() {
    let mut kit = Kit::with_treaties();
    let narrow = kit.enrolment_by("state:RWA", "state:RWA", "state:RWA#focal", &["key.rotated", "treaty.signed"]);
    kit.must(narrow);
    let rotation = kit.rotation("state:RWA", "state:RWA#focal", "state:RWA#next");
    kit.must(rotation);
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signs("state:RWA"));
    event.signers = vec![KeyName::new("state:RWA#focal").unwrap()];
    kit.refused(&event, "signature.revoked_key");
    event.signers = vec![KeyName::new("state:RWA#next").unwrap()];
    kit.must(event);
    let body = json!({"mode": "accession", "state": "state:RWA", "treaty": "genocide-convention"});
    let mut beyond = kit.event("state:RWA", "treaty.consent_deposited", "1975-04-16", body);
    beyond.signers = vec![KeyName::new("state:RWA#next").unwrap()];
    kit.refused(&beyond, "signature.out_of_scope");
    assert_eq!(kit.audit(&kit.lines).verdict.exit_code(), 0);
}

#[test]
fn rotations_that_are_refused() {
    let mut kit = Kit::with_treaties();
    // By a key that rotates another's place to itself.
    let second = kit.enrolment_by("state:RWA", "state:RWA", "state:RWA#2", &["key.rotated"]);
    kit.must(second);
    let mut usurped = kit.rotation("state:RWA", "state:RWA#1", "state:RWA#3");
    usurped.signers = vec![KeyName::new("state:RWA#2").unwrap(), KeyName::new("state:RWA#3").unwrap()];
    kit.refused(&usurped, "key.rotation_unsigned");
    // Without the new key's signature.
    let mut silent = kit.rotation("state:RWA", "state:RWA#1", "state:RWA#4");
    silent.signers.retain(|k| k.as_str() == "state:RWA#1");
    kit.refused(&silent, "key.no_possession");
    // To a key of another actor, and for another actor.
    let foreign = kit.rotation("state:RWA", "state:RWA#1", "state:FRA#9");
    kit.refused(&foreign, "key.wrong_actor");
    let mut of_another = kit.rotation("state:RWA", "state:RWA#1", "state:RWA#5");
    of_another.actor = "state:FRA".parse().unwrap();
    of_another.follows = None;
    of_another.signers = vec![KeyName::new("state:FRA#1").unwrap(), KeyName::new("state:RWA#5").unwrap()];
    kit.refused(&of_another, "authority.not_entitled");
    // By a revoked key.
    let body = json!({"actor": "state:RWA", "key": "state:RWA#1", "reason": "lost"});
    kit.say(FOUNDER, "key.revoked", "2026-11-23", body);
    let late = kit.rotation("state:RWA", "state:RWA#1", "state:RWA#6");
    kit.refused(&late, "signature.revoked_key");
}

#[test]
fn what_a_stolen_key_rotated_to_is_flagged_and_an_earlier_theft_can_be_stated_later() {
    let mut kit = Kit::with_treaties();
    kit.say("state:RWA", "treaty.signed", "2013-06-05", signs("state:RWA"));
    let signed = kit.judge.head.size - 1;
    let rotation = kit.rotation("state:RWA", "state:RWA#1", "state:RWA#thief");
    kit.must(rotation);
    let rotated = kit.judge.head.size - 1;
    let body = json!({"declaration": "d1", "kind": "optional", "state": "state:RWA", "text": "x", "treaty": "arms-trade-treaty"});
    let mut by_thief = kit.event("state:RWA", "treaty.declaration_made", "2014-01-01", body);
    by_thief.signers = vec![KeyName::new("state:RWA#thief").unwrap()];
    kit.must(by_thief);
    let declared = kit.judge.head.size - 1;
    let revoked = |from: Option<u64>, key: &str| match from {
        Some(from) => json!({"actor": "state:RWA", "compromised_from_seq": from, "key": key, "reason": "stolen"}),
        None => json!({"actor": "state:RWA", "key": key, "reason": "stolen"}),
    };
    // The old key is not live any more: that it is revoked is nothing new, that it was stolen is.
    kit::refused(&mut kit, FOUNDER, "key.revoked", "2026-11-23", revoked(None, "state:RWA#1"), "key.not_live");
    kit.say(FOUNDER, "key.revoked", "2026-11-23", revoked(Some(rotated), "state:RWA#1"));
    let flagged = |kit: &Kit| -> Vec<u64> {
        let report = kit.audit(&kit.lines);
        assert_eq!(report.verdict.exit_code(), 0, "{}", report.to_text());
        report.flags.iter().filter(|f| f.code == "key.compromised").map(|f| f.seq).collect()
    };
    assert_eq!(flagged(&kit), [rotated, declared]);
    // Later still it turns out that it was stolen earlier; a later position would take back what was stated.
    kit::refused(
        &mut kit,
        FOUNDER,
        "key.revoked",
        "2026-11-23",
        revoked(Some(declared), "state:RWA#1"),
        "key.not_live",
    );
    kit.say(FOUNDER, "key.revoked", "2026-11-23", revoked(Some(signed), "state:RWA#1"));
    assert_eq!(flagged(&kit), [signed, rotated, declared]);
    // The thief's key goes, and the state is back under the founders' word; nothing is deleted, and it is marked.
    kit.say(FOUNDER, "key.revoked", "2026-11-23", revoked(None, "state:RWA#thief"));
    let anew = kit.enrolment("state:RWA", "state:RWA#regained", &["*"]);
    let flags = kit.must(anew);
    assert_eq!(kit::codes(&flags), ["key.enrolled_anew"]);
    let mut again = kit.event("state:RWA", "key.revoked", "2026-11-23", revoked(Some(1), "state:RWA#thief"));
    again.signers = vec![KeyName::new("state:RWA#regained").unwrap()];
    kit.must(again);
    assert_eq!(flagged(&kit), [signed, rotated, declared]);
}

#[test]
fn founders_change_by_their_threshold_alone() {
    let mut kit = governed();
    // One of three; and one that lowers the threshold for itself.
    for change in [founders(&[A], 1), founders(&[A, B, C], 1)] {
        let alone = kit.joint(&[A], "ledger.founders_changed", change);
        kit.refused(&alone, "authority.not_entitled");
    }
    for (names, threshold) in [(&[A, B, C][..], 0), (&[A, B][..], 3)] {
        let bad = kit.joint(&[A, B], "ledger.founders_changed", founders(names, threshold));
        kit.refused(&bad, "ledger.bad_threshold");
    }
    // Who becomes a founder exists, has a key, and signs, but counts for nothing.
    let roles = kit.joint(&[A, B], "role.granted", json!({"actor": A, "role": "registrar"}));
    kit.must(roles);
    let nobody = kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B, "org:new"], 2));
    kit.refused(&nobody, "authority.not_entitled");
    let name = json!({"actor": "org:new", "kind": "un_organ", "name": "New"});
    kit.say(A, "actor.registered", "2020-01-01", name);
    let form = kit.new_key("org:new#1");
    let body = json!({"actor": "org:new", "key": form, "scope": ["*"]});
    let enrolment = kit.joint(&[A, B, "org:new"], "key.enrolled", body);
    kit.must(enrolment);
    let unasked = kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B, "org:new"], 2));
    kit.refused(&unasked, "authority.not_entitled");
    let too_few = kit.joint(&[A, "org:new"], "ledger.founders_changed", founders(&[A, B, "org:new"], 2));
    kit.refused(&too_few, "authority.not_entitled");
    let agreed = kit.joint(&[A, B, "org:new"], "ledger.founders_changed", founders(&[A, B, "org:new"], 3));
    kit.must(agreed);
    // In force from the next record on: who left counts no more, and three must sign.
    let old = kit.joint(&[A, B, C], "role.granted", json!({"actor": A, "role": "transcriber"}));
    kit.refused(&old, "authority.not_entitled");
    let two = kit.joint(&[A, B], "role.granted", json!({"actor": A, "role": "transcriber"}));
    kit.refused(&two, "authority.not_entitled");
    let three = kit.joint(&[A, B, "org:new"], "role.granted", json!({"actor": A, "role": "transcriber"}));
    kit.must(three);
    assert_eq!(kit.audit(&kit.lines).verdict.exit_code(), 0);
}

#[test]
fn a_founder_without_a_live_key_cannot_be_named() {
    let mut kit = governed();
    let revoked = json!({"actor": C, "key": "org:c#1", "reason": "lost"});
    let event = kit.joint(&[A, B], "key.revoked", revoked);
    kit.must(event);
    let change = kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B, C], 3));
    kit.refused(&change, "ledger.founder_without_key");
}

fn log_change(new: &[&SigningKey], lost: &[&SigningKey], compromised: &[&SigningKey]) -> Value {
    let list = |keys: &[&SigningKey]| keys.iter().map(|k| vkey_of(k).to_string()).collect::<Vec<_>>();
    let mut body = json!({"log_keys": list(new), "reason": "a new year"});
    for (name, keys) in [("lost", lost), ("compromised", compromised)] {
        if !keys.is_empty() {
            body[name] = json!(list(keys));
        }
    }
    body
}

fn log_key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn codes_of(kit: &Kit, pins: &Pins) -> Vec<(String, Option<u64>)> {
    kit.audit_under(&kit.lines, pins).faults.into_iter().map(|f| (f.code, f.seq)).collect()
}

#[test]
fn the_log_key_changes_and_the_old_key_vouches_for_the_new() {
    let mut kit = governed();
    let (old, new, newer) = (log_key(200), log_key(201), log_key(202));
    let pin = |key: &SigningKey| Pins { ledger_id: None, log_keys: vec![vkey_of(key)], ..Default::default() };
    let id = Pins { ledger_id: kit.judge.authority.ledger_id, log_keys: vec![], ..Default::default() };
    let change = kit.joint(&[A, B], "ledger.log_keys_changed", log_change(&[&new], &[], &[]));
    kit.hand_over(change, new.clone(), &[&old, &new]);
    let seq = kit.judge.head.size - 1;
    let role = kit.joint(&[A, B], "role.granted", json!({"actor": A, "role": "registrar"}));
    kit.must(role);
    for pins in [pin(&old), pin(&new), id.clone()] {
        assert_eq!(codes_of(&kit, &pins), []);
    }
    assert_eq!(codes_of(&kit, &pin(&newer)), [("checkpoint.not_by_pinned_key".to_owned(), None)]);
    // Each lie about the handover.
    let good = kit.kept.clone();
    let size = seq + 1;
    let lines = kit.lines.clone();
    let handed = |lines: &[Vec<u8>], keys: &[&SigningKey]| [(size, checkpoint_of(lines, keys))].into();
    for (kept, code) in [
        (Default::default(), "checkpoint.handover_missing"),
        (handed(&lines[..size as usize], &[&new]), "checkpoint.no_old_key"),
        (handed(&lines[..size as usize], &[&old]), "checkpoint.key_not_in_force"),
        (handed(&lines[..size as usize], &[&newer]), "checkpoint.key_not_in_force"),
        (handed(&lines, &[&old, &new]), "checkpoint.handover_differs"),
    ] {
        kit.kept = kept;
        assert_eq!(codes_of(&kit, &id), [(code.to_owned(), Some(seq))]);
        assert!(kit.audit_under(&kit.lines, &pin(&new)).verdict.exit_code() == 1);
        assert!(kit.audit_under(&kit.lines, &pin(&old)).verdict.exit_code() == 1);
    }
    // The old key goes on signing checkpoints: it is not in force any more.
    kit.kept = good;
    kit.log = vec![old.clone()];
    assert_eq!(codes_of(&kit, &pin(&old)), [("checkpoint.key_not_in_force".to_owned(), None)]);
    assert_eq!(codes_of(&kit, &id)[0].0, "checkpoint.unknown_key");
}

#[test]
fn a_compromised_log_key_vouches_for_nothing_and_the_founders_do() {
    let mut kit = governed();
    let (old, new) = (log_key(200), log_key(201));
    let change = kit.joint(&[A, B], "ledger.log_keys_changed", log_change(&[&new], &[], &[&old]));
    kit.hand_over(change, new.clone(), &[&new]);
    let id = kit.judge.authority.ledger_id;
    let old_alone = Pins { ledger_id: None, log_keys: vec![vkey_of(&old)], ..Default::default() };
    let report = kit.audit_under(&kit.lines, &old_alone);
    assert_eq!(report.faults[0].code, "checkpoint.not_by_pinned_key");
    assert!(report.faults[0].hint.as_ref().unwrap().contains("compromised"), "{:?}", report.faults[0]);
    let both = Pins { ledger_id: id, log_keys: vec![vkey_of(&old)], ..Default::default() };
    let report = kit.audit_under(&kit.lines, &both);
    assert_eq!(report.verdict.exit_code(), 0, "{}", report.to_text());
    assert!(report.not_checked.iter().any(|n| n.contains("founders")), "{:?}", report.not_checked);
    for pins in [
        Pins { ledger_id: id, ..Default::default() },
        Pins { ledger_id: None, log_keys: vec![vkey_of(&new)], ..Default::default() },
    ] {
        assert_eq!(codes_of(&kit, &pins), []);
    }
}

#[test]
fn log_keys_that_cannot_be_put_in_force() {
    let mut kit = governed();
    let (old, new) = (log_key(200), log_key(201));
    let alone = kit.joint(&[A], "ledger.log_keys_changed", log_change(&[&new], &[], &[]));
    kit.refused(&alone, "authority.not_entitled");
    let (vkey, other) = (vkey_of(&new).to_string(), vkey_of(&new));
    let renamed = answerable_verifier::note::VerifierKey::new("elsewhere.test", *other.public_key()).unwrap();
    let text = |keys: Value| json!({"log_keys": keys, "reason": "x"});
    for body in [
        text(json!(["nonsense"])),
        text(json!([renamed.to_string()])),
        text(json!([vkey, vkey])),
        log_change(&[&old], &[], &[]),
        log_change(&[&new], &[&new], &[]),
        log_change(&[&new, &old], &[&old], &[]),
        log_change(&[&new], &[&old], &[&old]),
    ] {
        let event = kit.joint(&[A, B], "ledger.log_keys_changed", body);
        kit.refused(&event, "ledger.bad_log_keys");
    }
    // An author's key is no log key, and an old log key never comes back, in whatever place.
    let author = kit.secret("org:a#1");
    let event = kit.joint(&[A, B], "ledger.log_keys_changed", log_change(&[&author], &[], &[]));
    kit.refused(&event, "key.already_used");
    let change = kit.joint(&[A, B], "ledger.log_keys_changed", log_change(&[&new], &[], &[]));
    kit.hand_over(change, new.clone(), &[&old, &new]);
    let back = kit.joint(&[A, B], "ledger.log_keys_changed", log_change(&[&old], &[], &[]));
    kit.refused(&back, "key.already_used");
    let form = json!({"alg": "ed25519", "key": "org:a#log", "public_key": answerable_verifier::encoding::base64_encode(old.verifying_key().as_bytes())});
    kit.adopt("org:a#log", old);
    let body = json!({"actor": A, "key": form, "scope": ["*"]});
    let mut as_author = kit.event(A, "key.enrolled", "2026-11-23", body);
    as_author.signers.push(KeyName::new("org:a#log").unwrap());
    as_author.signers.sort();
    kit.refused(&as_author, "key.already_used");
}

#[test]
fn rules_move_forward_to_what_the_program_carries() {
    let mut kit = governed();
    let adopted = |r: &RulesRef| json!({"reason": "more to say", "rules": r});
    let known = answerable_schemas::bundle::rules_ref();
    let same = kit.joint(&[A, B], "ledger.rules_adopted", adopted(&known));
    kit.refused(&same, "ledger.rules_not_newer");
    let next = RulesRef { sha256: EventId([9; 32]), version: known.version + 1 };
    let alone = kit.joint(&[A], "ledger.rules_adopted", adopted(&next));
    kit.refused(&alone, "authority.not_entitled");
    let unknown = kit.joint(&[A, B], "ledger.rules_adopted", adopted(&next));
    let fault = kit.admit(&unknown).unwrap_err();
    assert_eq!((fault.code.as_str(), fault.unverifiable), ("ledger.unknown_rules", true));
    // A program that carries them goes on under them; one that does not says that it cannot judge.
    kit.judge.carried.push(next.clone());
    kit.must(unknown);
    assert_eq!(kit.judge.authority.rules, Some(next));
    let report = kit.audit(&kit.lines);
    assert_eq!(report.verdict.exit_code(), 3, "{}", report.to_text());
    assert_eq!(report.unverifiable[0].code, "ledger.unknown_rules");
}

#[test]
fn a_threshold_counts_distinct_founders_for_every_act_of_governance() {
    let mut kit = governed();
    let second = kit.enrolment_by(A, A, "org:a#2", &["*"]);
    kit.must(second);
    for (kind, body) in [
        ("role.granted", json!({"actor": A, "role": "registrar"})),
        ("key.revoked", json!({"actor": C, "key": "org:c#1", "reason": "x"})),
        ("ledger.founders_changed", founders(&[A], 1)),
        ("ledger.log_keys_changed", log_change(&[&log_key(201)], &[], &[])),
    ] {
        let mut twice = kit.joint(&[A], kind, body);
        twice.signers = signers(&[A]);
        twice.signers.push(KeyName::new("org:a#2").unwrap());
        kit.refused(&twice, "authority.not_entitled");
    }
}

/// A focal point's key that may enrol could have made itself a key for everything.
#[test]
fn no_key_gives_what_it_has_not() {
    let mut kit = Kit::with_treaties();
    let narrow = kit.enrolment_by("state:RWA", "state:RWA", "state:RWA#focal", &["key.enrolled", "treaty.*"]);
    kit.must(narrow);
    let by_focal = |kit: &mut Kit, key: &str, scope: &[&str]| {
        let mut event = kit.enrolment_by("state:RWA", "state:RWA", key, scope);
        event.signers = vec![KeyName::new("state:RWA#focal").unwrap(), KeyName::new(key).unwrap()];
        event.signers.sort();
        event
    };
    for (i, wider) in ["*", "key.*", "event.corrected"].into_iter().enumerate() {
        let event = by_focal(&mut kit, &format!("state:RWA#w{i}"), &["treaty.signed", wider]);
        kit.refused(&event, "key.scope_widened");
    }
    let event = by_focal(&mut kit, "state:RWA#n", &["treaty.signed", "treaty.*", "key.enrolled"]);
    kit.must(event);
}

/// Two founders, both needed, and one key stolen: revoked at once, nobody could ever have governed again.
#[test]
fn a_revocation_that_nobody_could_repair() {
    let mut kit = Kit::founded_by(&[A, B], 2);
    let revoked = json!({"actor": B, "compromised_from_seq": 0, "key": "org:b#1", "reason": "stolen"});
    let event = kit.joint(&[A, B], "key.revoked", revoked.clone());
    kit.refused(&event, "ledger.ungovernable");
    // By itself as well, with a key left that may not govern.
    let narrow = kit.enrolment_by(B, B, "org:b#narrow", &["treaty.*"]);
    kit.must(narrow);
    let event = kit.event(B, "key.revoked", "2026-11-23", revoked.clone());
    kit.refused(&event, "ledger.ungovernable");
    // With another key first, it goes.
    let next = kit.enrolment_by(B, B, "org:b#2", &["*"]);
    kit.must(next);
    let event = kit.joint(&[A, B], "key.revoked", revoked);
    kit.must(event);
    // And who has only a narrow key is made no founder.
    let mut kit = governed();
    let narrow = kit.enrolment_by(C, C, "org:c#narrow", &["treaty.*"]);
    kit.must(narrow);
    let revoked = json!({"actor": C, "key": "org:c#1", "reason": "lost"});
    let event = kit.joint(&[A, B], "key.revoked", revoked);
    kit.must(event);
    let change = kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B, C], 3));
    kit.refused(&change, "ledger.founder_without_key");
}

/// A thief states that the honest key was stolen from the beginning; those who revoke the thief's unmake that.
#[test]
fn a_thiefs_word_taints_nobody() {
    let mut kit = Kit::with_treaties();
    let second = kit.enrolment_by("state:RWA", "state:RWA", "state:RWA#2", &["*"]);
    kit.must(second);
    kit.say("state:RWA", "treaty.signed", "2013-06-05", signs("state:RWA"));
    let honest = kit.judge.head.size - 1;
    let stolen =
        |key: &str, from: u64| json!({"actor": "state:RWA", "compromised_from_seq": from, "key": key, "reason": "x"});
    let mut lie = kit.event("state:RWA", "key.revoked", "2026-11-23", stolen("state:RWA#1", 0));
    lie.signers = vec![KeyName::new("state:RWA#2").unwrap()];
    kit.must(lie);
    let lie = kit.judge.head.size - 1;
    let flagged = |kit: &Kit| -> Vec<u64> {
        let report = kit.audit(&kit.lines);
        report.flags.iter().filter(|f| f.code == "key.compromised").map(|f| f.seq).collect()
    };
    assert!(flagged(&kit).contains(&honest), "as long as nobody objects");
    kit.say(FOUNDER, "key.revoked", "2026-11-23", stolen("state:RWA#2", lie));
    assert_eq!(flagged(&kit), [lie]);
    // Stated once more by those who may, it counts again.
    kit.say(FOUNDER, "key.revoked", "2026-11-23", stolen("state:RWA#1", 0));
    assert!(flagged(&kit).contains(&honest));
}

/// The report did not say that the pinned key, which had handed over in time, was stolen afterwards.
#[test]
fn a_pinned_key_that_was_stolen_later_is_told_of() {
    let mut kit = Kit::founded_by(&[A], 1);
    let (first, second, third) = (log_key(200), log_key(201), log_key(202));
    let event = kit.event(A, "ledger.log_keys_changed", "2026-11-23", log_change(&[&first, &second], &[], &[]));
    kit.hand_over(event, second.clone(), &[&first, &second]);
    let event = kit.event(A, "ledger.log_keys_changed", "2026-11-23", log_change(&[&third], &[], &[&first]));
    kit.hand_over(event, third.clone(), &[&second, &third]);
    let report =
        kit.audit_under(&kit.lines, &Pins { ledger_id: None, log_keys: vec![vkey_of(&first)], ..Default::default() });
    assert_eq!(report.verdict.exit_code(), 0, "{}", report.to_text());
    assert!(report.not_checked.iter().any(|n| n.contains("compromised")), "{:?}", report.not_checked);
}

/// Keys that a thief holds, checkpoints of other sizes, another's ledger under the pinned key: each was tried.
#[test]
fn forged_handovers_are_refused_under_every_pin() {
    let mut kit = governed();
    let (first, second, evil) = (log_key(200), log_key(201), log_key(203));
    let id = kit.judge.authority.ledger_id;
    let event = kit.joint(&[A, B], "ledger.log_keys_changed", log_change(&[&second], &[], &[&first]));
    kit.hand_over(event, second.clone(), &[&second]);
    let (good, size) = (kit.kept.clone(), kit.lines.len());
    let event = kit.joint(&[A, B], "role.granted", json!({"actor": A, "role": "registrar"}));
    kit.must(event);
    let pins = |ledger: bool, keys: &[&SigningKey]| Pins {
        ledger_id: id.filter(|_| ledger),
        log_keys: keys.iter().map(|k| vkey_of(k)).collect(),
        ..Default::default()
    };
    let all = [
        (true, &[][..]),
        (true, &[&first]),
        (false, &[&first]),
        (true, &[&second]),
        (false, &[&second]),
        (true, &[&first, &second]),
    ];
    let forged = [(size as u64, checkpoint_of(&kit.lines[..size], &[&first]))].into();
    for (log, kept) in [
        (vec![first.clone()], good.clone()),
        (vec![first.clone(), evil.clone()], good.clone()),
        (vec![first.clone()], forged),
        (vec![evil.clone()], good),
    ] {
        (kit.log, kit.kept) = (log, kept);
        for (ledger, keys) in all {
            assert_eq!(kit.audit_under(&kit.lines, &pins(ledger, keys)).verdict.exit_code(), 1);
        }
    }
    // A stranger's ledger with the pinned key as its own first log key, "lost", or handed over with the true checkpoint.
    for (lost, sign_with) in [(&[&first][..], &[&evil][..]), (&[], &[&evil])] {
        let mut stranger = Kit::founded_by(&[A, "org:z"], 1);
        let event = stranger.event(A, "ledger.log_keys_changed", "2026-11-23", log_change(&[&evil], lost, &[]));
        stranger.hand_over(event, evil.clone(), sign_with);
        if lost.is_empty() {
            stranger.kept = kit.kept.clone();
        }
        assert_eq!(stranger.audit_under(&stranger.lines, &pins(false, &[&first])).verdict.exit_code(), 1);
    }
}

/// Founded under rules of another program: its log key changes cannot be judged, which is not "false".
#[test]
fn unknown_rules_and_a_changed_log_key_are_unverifiable() {
    let mut kit = Kit::founded_by(&[A], 1);
    let (old, new) = (log_key(200), log_key(201));
    let next = RulesRef { sha256: EventId([9; 32]), version: 99 };
    let mut event = answerable_verifier::record::Record::parse(&kit.lines[0]).unwrap().event().clone();
    event.body.insert("rules".into(), json!(next));
    kit.judge = answerable_verifier::judge::Judge::before_all();
    kit.judge.carried.push(next);
    kit.lines.clear();
    kit.must(event);
    let event = kit.event(A, "ledger.log_keys_changed", "2026-11-23", log_change(&[&new], &[], &[]));
    kit.hand_over(event, new.clone(), &[&old, &new]);
    let id = kit.judge.authority.ledger_id;
    for pins in [
        Pins { ledger_id: None, log_keys: vec![vkey_of(&old)], ..Default::default() },
        Pins { ledger_id: None, log_keys: vec![vkey_of(&new)], ..Default::default() },
        Pins { ledger_id: id, log_keys: vec![], ..Default::default() },
    ] {
        let report = kit.audit_under(&kit.lines, &pins);
        assert_eq!(report.verdict.exit_code(), 3, "{}", report.to_text());
    }
}
