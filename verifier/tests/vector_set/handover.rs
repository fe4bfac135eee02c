//! Lies about log keys that change: who hands over to whom, and by which checkpoint.
//! Not here: checkpoints under one key (`checkpoints`).

use ed25519_dalek::SigningKey;

use super::checkpoints::log_key;
use super::*;
use crate::kit::{checkpoint_of, vkey_of};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

/// Four records, then the change to one new key, then one more; `sign` are the keys of the checkpoint that hands over.
fn changed(lost: bool, sign: &[&SigningKey]) -> Kit {
    let mut kit = tiny();
    let (old, new) = (log_key(), key(201));
    let mut body = json!({"log_keys": [vkey_of(&new).to_string()], "reason": "agreed"});
    if lost {
        body["lost"] = json!([vkey_of(&old).to_string()]);
    }
    let event = kit.event(FOUNDER, "ledger.log_keys_changed", "2026-11-23", body);
    kit.hand_over(event, new, sign);
    kit.register("org:y", "2001", "other");
    kit
}

/// A change as it should be: the old key and the new sign the checkpoint of five records.
pub fn handed_over() -> Kit {
    changed(false, &[&log_key(), &key(201)])
}

/// What is to be told of a handover whose checkpoint nobody finds.
pub fn changed_well() -> Vector {
    let kit = handed_over();
    let says = "The kept checkpoints lie behind a link.";
    let pins = Pins { log_keys: vec![], ..pins_of(&kit) };
    lie("kept_checkpoints_are_a_link", says, &kit, "checkpoint.handover_missing", 4).pinned(pins)
}

pub fn vectors() -> Vec<Vector> {
    let (old, new, evil) = (log_key(), key(201), key(203));
    let id = |kit: &Kit| Pins { log_keys: vec![], ..pins_of(kit) };
    let by = |key: &SigningKey| Pins { log_keys: vec![vkey_of(key)], ..Pins::default() };
    let good = || changed(false, &[&old, &new]);
    let mut all = Vec::new();
    for (name, says, pins) in [
        ("handover_pinned_by_old_key", "The log key changed, and the old one is pinned.", by(&old)),
        ("handover_pinned_by_new_key", "The log key changed, and the new one is pinned.", by(&new)),
        ("handover_pinned_by_ledger_id", "The log key changed, and the ledger's id is pinned.", id(&good())),
    ] {
        all.push(truth(name, says, &good()).pinned(pins));
    }
    let lost = changed(true, &[&new]);
    let says = "The old log key was lost, so the founders' word alone hands over.";
    all.push(truth("handover_from_a_lost_key", says, &lost).pinned(id(&lost)));
    let says = "The old log key was stated to be lost, and is all that is pinned.";
    all.push(lie("pin_of_a_lost_log_key", says, &lost, "checkpoint.not_by_pinned_key", None).pinned(by(&old)));
    let mut add = |name: &str, says: &str, kit: &Kit, code: &str, seq: Option<u64>| {
        all.push(lie(name, says, kit, code, seq).pinned(id(kit)));
    };
    let mut missing = good();
    missing.kept.clear();
    let says = "The checkpoint with which the old key hands over is not there.";
    add("handover_missing", says, &missing, "checkpoint.handover_missing", Some(4));
    let says = "The new key alone signs the checkpoint that hands over to it.";
    add("handover_without_old_key", says, &changed(false, &[&new]), "checkpoint.no_old_key", Some(4));
    let says = "The old key alone signs the checkpoint that hands over: nobody has shown to hold the new one.";
    add("handover_without_new_key", says, &changed(false, &[&old]), "checkpoint.key_not_in_force", Some(4));
    let says = "A stranger signs the checkpoint that hands over.";
    add("handover_by_a_stranger", says, &changed(false, &[&evil]), "checkpoint.key_not_in_force", Some(4));
    let mut early = good();
    early.kept.insert(5, checkpoint_of(&early.lines[..4], &[&old, &new]));
    let says = "The checkpoint that hands over is of fewer records than up to the change.";
    add("handover_of_another_size", says, &early, "checkpoint.handover_differs", Some(4));
    let mut other = good();
    let mut lines = other.lines[..5].to_vec();
    lines[3] = lines[2].clone();
    other.kept.insert(5, checkpoint_of(&lines, &[&old, &new]));
    let says = "The checkpoint that hands over is of other records.";
    add("handover_of_other_records", says, &other, "checkpoint.handover_differs", Some(4));
    let mut former = good();
    former.log = vec![old.clone()];
    let says = "The old key goes on signing checkpoints after it handed over.";
    add("checkpoint_by_a_former_log_key", says, &former, "checkpoint.unknown_key", None);
    let says = "As before, under a pin of that very key: it vouches for no more than its time.";
    all.push(
        lie("checkpoint_by_a_former_log_key_pinned", says, &former, "checkpoint.key_not_in_force", None)
            .pinned(by(&old)),
    );
    all.push(two_new_keys(&old, &new, &evil));
    all
}

/// Two keys come in, and one of them is not held by who says so.
fn two_new_keys(old: &SigningKey, new: &SigningKey, silent: &SigningKey) -> Vector {
    let mut kit = tiny();
    let mut keys = [vkey_of(new).to_string(), vkey_of(silent).to_string()];
    keys.sort();
    let body = json!({"log_keys": keys, "reason": "agreed"});
    let event = kit.event(FOUNDER, "ledger.log_keys_changed", "2026-11-23", body);
    kit.hand_over(event, new.clone(), &[old, new]);
    let says = "Two log keys come in, and one does not sign the checkpoint that puts it in force.";
    let pins = Pins { log_keys: vec![], ..pins_of(&kit) };
    lie("handover_with_a_silent_new_key", says, &kit, "checkpoint.new_key_silent", 4).pinned(pins)
}
