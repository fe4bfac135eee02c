//! Lies about keys, roles and founders as they stand at a position: before, after, beyond their scope, counted twice.
//! Not here: who speaks for whom (`signers`), log keys (`handover`).

use answerable_verifier::encoding::base64_encode;

use super::signers::named;
use super::*;

const A: &str = "org:a";
const B: &str = "org:b";
const C: &str = "org:c";

fn revoked(actor: &str, key: &str) -> Value {
    json!({"actor": actor, "key": key, "reason": "agreed"})
}

pub fn vectors() -> Vec<Vector> {
    let mut all = positions();
    all.extend(enrolments());
    all.extend(governance());
    all
}

/// A record of UTO's, by whichever key signs it: it enrols another key of its own.
fn act(kit: &mut Kit, label: &str) -> Event {
    kit.enrolment_by(UTO, UTO, &format!("state:UTO#{label}"), &["*"])
}

fn positions() -> Vec<Vector> {
    let mut all = Vec::new();
    let mut kit = tiny();
    let clock = kit.now().millis();
    let mut early = act(&mut kit, "3");
    let enrolment = act(&mut kit, "2");
    early.signers = named(&["state:UTO#2", "state:UTO#3"]);
    early.seen = None;
    let line = kit.line(&kit.sign(&early));
    kit.force(line);
    let mut enrolment = enrolment;
    enrolment.seen = None;
    enrolment.follows = Some(kit.sign(&early).id);
    kit.set_clock(clock);
    let line = kit.line(&kit.sign(&enrolment));
    kit.force(line);
    let says = "A key signs one record before it is enrolled, in the same millisecond: the order decides.";
    all.push(lie("key_used_before_enrolment", says, &kit, "signature.unknown_key", 4));
    let mut kit = tiny();
    let second = act(&mut kit, "2");
    kit.must(second);
    let clock = kit.now().millis();
    kit.say(UTO, "key.revoked", "2026-11-23", revoked(UTO, "state:UTO#2"));
    let mut late = act(&mut kit, "3");
    late.signers = named(&["state:UTO#2", "state:UTO#3"]);
    kit.set_clock(clock + 1000);
    let line = kit.line(&kit.sign(&late));
    kit.force(line);
    let says = "A key signs one record after it is revoked, in the same millisecond: the order decides.";
    all.push(lie("key_used_after_revocation", says, &kit, "signature.revoked_key", 6));
    let mut kit = tiny();
    let rotation = kit.rotation(UTO, "state:UTO#1", "state:UTO#2");
    kit.must(rotation);
    let event = act(&mut kit, "3");
    let says = "A key signs after it was rotated away.";
    all.push(forced("key_used_after_rotation", says, kit, &event, "signature.revoked_key"));
    let mut kit = tiny();
    let narrow = kit.enrolment_by(UTO, UTO, "state:UTO#focal", &["treaty.*"]);
    kit.must(narrow);
    let mut event = kit.event(UTO, "key.revoked", "2026-11-23", revoked(UTO, "state:UTO#1"));
    event.signers = named(&["state:UTO#focal"]);
    let says = "A focal point's key signs what is not in its scope.";
    all.push(forced("key_out_of_scope", says, kit, &event, "signature.out_of_scope"));
    let mut kit = tiny();
    kit.new_key("state:UTO#9");
    let mut event = act(&mut kit, "2");
    event.signers = named(&["state:UTO#2", "state:UTO#9"]);
    let says = "A key signs that was never enrolled.";
    all.push(forced("key_never_enrolled", says, kit, &event, "signature.unknown_key"));
    all
}

fn enrolments() -> Vec<Vector> {
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, code: &str, make: &dyn Fn(&mut Kit) -> Event| {
        let mut kit = tiny();
        let event = make(&mut kit);
        all.push(forced(name, says, kit, &event, code));
    };
    add(
        "key_without_possession",
        "A key is enrolled that does not sign its own enrolment.",
        "key.no_possession",
        &|kit| {
            let mut event = act(kit, "2");
            event.signers = named(&["state:UTO#1"]);
            event
        },
    );
    add(
        "public_key_introduced_twice",
        "A public key comes in a second time, under another name.",
        "key.already_used",
        &|kit| {
            let secret = kit.secret("org:founder#1");
            let mut event = act(kit, "2");
            event.body["key"]["public_key"] = json!(base64_encode(secret.verifying_key().as_bytes()));
            kit.adopt("state:UTO#2", secret);
            event
        },
    );
    add("log_key_as_author_key", "The log's key is enrolled as an author's.", "key.already_used", &|kit| {
        let secret = kit.log[0].clone();
        let mut event = act(kit, "2");
        event.body["key"]["public_key"] = json!(base64_encode(secret.verifying_key().as_bytes()));
        kit.adopt("state:UTO#2", secret);
        event
    });
    add("key_name_taken", "A key is enrolled under a name that is taken.", "key.name_taken", &|kit| {
        let mut event = kit.enrolment_by(UTO, UTO, "state:UTO#1", &["*"]);
        event.signers.dedup();
        event
    });
    add("key_named_after_another_actor", "A key is enrolled under another actor's name.", "key.wrong_actor", &|kit| {
        kit.enrolment_by(UTO, UTO, "org:founder#2", &["*"])
    });
    add(
        "key_enrolled_for_another",
        "The founders enrol a key for a state that has one.",
        "authority.not_entitled",
        &|kit| kit.enrolment(UTO, "state:UTO#2", &["*"]),
    );
    add("key_revoked_by_a_stranger", "A state revokes another's key.", "authority.not_entitled", &|kit| {
        kit.event(UTO, "key.revoked", "2026-11-23", revoked(FOUNDER, "org:founder#1"))
    });
    add("key_revoked_that_is_none", "A key is revoked that was never enrolled.", "key.not_live", &|kit| {
        kit.event(UTO, "key.revoked", "2026-11-23", revoked(UTO, "state:UTO#9"))
    });
    add(
        "rotation_not_signed_by_old_key",
        "A key is rotated away by another key of its actor.",
        "key.rotation_unsigned",
        &|kit| {
            let second = act(kit, "2");
            kit.must(second);
            let mut event = kit.rotation(UTO, "state:UTO#1", "state:UTO#3");
            event.signers = named(&["state:UTO#2", "state:UTO#3"]);
            event
        },
    );
    add("scope_widened", "A narrow key enrols one that may sign everything.", "key.scope_widened", &|kit| {
        let narrow = kit.enrolment_by(UTO, UTO, "state:UTO#focal", &["key.enrolled"]);
        kit.must(narrow);
        let mut event = act(kit, "thief");
        event.signers = named(&["state:UTO#focal", "state:UTO#thief"]);
        event
    });
    add("role_held_already", "A role is granted twice.", "role.already_held", &|kit| {
        kit.event(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": "registrar"}))
    });
    add("role_withdrawn_that_is_not_held", "A role is withdrawn from who does not hold it.", "role.not_held", &|kit| {
        let body = json!({"actor": UTO, "reason": "agreed", "role": "transcriber"});
        kit.event(FOUNDER, "role.withdrawn", "2026-11-23", body)
    });
    all
}

fn governance() -> Vec<Vector> {
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, code: &str, make: &dyn Fn(&mut Kit) -> Event| {
        let mut kit = Kit::founded_by(&[A, B, C], 2);
        let event = make(&mut kit);
        all.push(forced(name, says, kit, &event, code));
    };
    const NOT: &str = "authority.not_entitled";
    let registrar = json!({"actor": A, "role": "registrar"});
    let founders =
        |names: &[&str], threshold: u32| json!({"founders": names, "reason": "agreed", "threshold": threshold});
    add("threshold_not_met", "One founder of three governs alone, and two must.", NOT, &|kit| {
        kit.joint(&[A], "role.granted", registrar.clone())
    });
    add("founder_counted_twice", "One founder signs with two keys, and counts for two.", NOT, &|kit| {
        let second = kit.enrolment_by(A, A, "org:a#2", &["*"]);
        kit.must(second);
        let mut event = kit.joint(&[A], "role.granted", registrar.clone());
        event.signers = named(&["org:a#1", "org:a#2"]);
        event
    });
    add("threshold_lowered_by_too_few", "One founder lowers the threshold to one.", NOT, &|kit| {
        kit.joint(&[A], "ledger.founders_changed", founders(&[A, B, C], 1))
    });
    add("threshold_of_zero", "Founders agree that nobody need agree.", "event.invalid_body", &|kit| {
        let mut event = kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B, C], 1));
        event.body.insert("threshold".into(), 0.into());
        event
    });
    add("threshold_above_founders", "More founders must agree than there are.", "ledger.bad_threshold", &|kit| {
        kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B], 3))
    });
    add("threshold_by_former_founder", "A founder of yesterday is counted.", NOT, &|kit| {
        let change = kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B], 2));
        kit.must(change);
        kit.joint(&[A, C], "role.granted", registrar.clone())
    });
    add(
        "new_founder_counts_for_itself",
        "Who becomes a founder is counted for the threshold that makes it one.",
        NOT,
        &|kit| {
            let change = kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B], 2));
            kit.must(change);
            kit.joint(&[A, C], "ledger.founders_changed", founders(&[A, C], 1))
        },
    );
    add(
        "ungovernable",
        "A revocation leaves fewer founders than must agree, for good.",
        "ledger.ungovernable",
        &|kit| {
            let change = kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B], 2));
            kit.must(change);
            kit.joint(&[A, B], "key.revoked", revoked(B, "org:b#1"))
        },
    );
    add(
        "founder_with_a_narrow_key",
        "A founder is left with a key that may not govern.",
        "ledger.founder_without_key",
        &|kit| {
            let narrow = kit.enrolment_by(C, C, "org:c#narrow", &["treaty.*"]);
            kit.must(narrow);
            let revocation = kit.joint(&[A, B], "key.revoked", revoked(C, "org:c#1"));
            kit.must(revocation);
            kit.joint(&[A, B], "ledger.founders_changed", founders(&[A, B, C], 3))
        },
    );
    add("log_key_of_an_author", "An author's key is put in force for the log.", "key.already_used", &|kit| {
        let author = crate::kit::vkey_of(&kit.secret("org:a#1")).to_string();
        kit.joint(&[A, B], "ledger.log_keys_changed", json!({"log_keys": [author], "reason": "agreed"}))
    });
    add(
        "log_key_of_another_name",
        "A log key is put in force that is named otherwise than the origin.",
        "ledger.bad_log_keys",
        &|kit| {
            let public = *kit.vkey().public_key();
            let other = answerable_verifier::note::VerifierKey::new("elsewhere.test", public).unwrap().to_string();
            kit.joint(&[A, B], "ledger.log_keys_changed", json!({"log_keys": [other], "reason": "agreed"}))
        },
    );
    add("log_keys_changed_by_one", "One founder of three changes the log keys.", NOT, &|kit| {
        let key = crate::kit::vkey_of(&ed25519_dalek::SigningKey::from_bytes(&[201; 32])).to_string();
        kit.joint(&[A], "ledger.log_keys_changed", json!({"log_keys": [key], "reason": "agreed"}))
    });
    all.push(founding_signed_by_some());
    all
}

/// Record 0 names two founders, and one of them has not signed.
fn founding_signed_by_some() -> Vector {
    let mut kit = Kit::founded_by(&[A, B], 1);
    let mut event = answerable_verifier::record::Record::parse(&kit.lines[0]).unwrap().event().clone();
    event.signers = named(&["org:a#1"]);
    kit.lines.clear();
    kit.judge = answerable_verifier::judge::Judge::before_all();
    let signed = kit.sign(&event);
    let says = "A founder is named who does not sign the founding.";
    // The log key alone is pinned: with the id, that no ledger is founded would come first.
    let vector = forced_signed("founder_who_does_not_sign", says, &mut kit, &signed, "key.no_possession");
    let pins = Pins { ledger_id: None, ..vector.pins.clone() };
    vector.pinned(pins)
}
