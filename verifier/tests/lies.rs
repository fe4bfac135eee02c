//! Lies about keys, chains and places: each is refused at admission, and found by an auditor when it was forced in.

mod kit;

use answerable_schemas::envelope::Seen;
use answerable_schemas::{EventId, Instant, KeyName, Standing};
use answerable_verifier::encoding::Hash;
use answerable_verifier::record::SignedEvent;
use kit::{FOUNDER, Kit, UNSG};
use serde_json::json;

fn signature_of(state: &str) -> serde_json::Value {
    json!({"mode": "simple", "state": state, "treaty": "arms-trade-treaty"})
}

#[test]
fn an_honest_ledger_is_verified() {
    let kit = Kit::with_treaties();
    let report = kit.audit(&kit.lines);
    assert_eq!(report.verdict.exit_code(), 0, "{}", report.to_text());
}

#[test]
fn an_event_for_another_ledger() {
    let mut kit = Kit::with_treaties();
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    event.ledger = Some(EventId([7; 32]));
    kit.refused(&event, "event.wrong_ledger");
    event.ledger = None;
    kit.refused(&event, "event.wrong_ledger");
}

#[test]
fn a_second_founding() {
    let mut kit = Kit::founded();
    let again = kit.lines[0].clone();
    let signed = answerable_verifier::record::Record::parse(&again).unwrap().signed;
    kit.refused_signed(&signed, "ledger.not_founded");
}

#[test]
fn a_stale_follows() {
    let mut kit = Kit::with_treaties();
    let early = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let body = json!({"declaration": "d1", "kind": "optional", "state": "state:RWA", "text": "x", "treaty": "arms-trade-treaty"});
    kit.say("state:RWA", "treaty.declaration_made", "2014-01-01", body);
    kit.refused(&early, "event.stale_follows");
    let mut invented = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    invented.follows = Some(EventId([1; 32]));
    kit.refused(&invented, "event.stale_follows");
}

#[test]
fn a_seen_that_the_tree_contradicts() {
    let mut kit = Kit::with_treaties();
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let true_seen = event.seen.clone().unwrap();
    event.seen = Some(Seen { root: Hash([9; 32]).to_base64(), size: 3 });
    kit.refused(&event, "event.seen_contradicted");
    event.seen = Some(Seen { size: true_seen.size + 1, ..true_seen });
    kit.refused(&event, "event.seen_ahead");
}

#[test]
fn the_same_event_twice() {
    let mut kit = Kit::with_treaties();
    let event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let signed = kit.sign(&event);
    kit.admit_signed(&signed).unwrap();
    kit.refused_signed(&signed, "event.already_recorded");
}

#[test]
fn a_stripped_added_or_exchanged_signature() {
    let mut kit = Kit::with_treaties();
    let event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let good = kit.sign(&event);
    let mut stripped = good.clone();
    stripped.signatures.clear();
    kit.refused_signed(&stripped, "signature.signers_differ");
    let mut other = event.clone();
    other.signers = vec![KeyName::new("state:FRA#1").unwrap()];
    let foreign = kit.sign(&other).signatures;
    let mut added = good.clone();
    added.signatures.extend(foreign);
    kit.refused_signed(&added, "signature.signers_differ");
    let mut bad = good.clone();
    let of_another = kit.event("state:RWA", "treaty.signed", "2013-06-06", signature_of("state:RWA"));
    bad.signatures = kit.sign(&of_another).signatures;
    kit.refused_signed(&bad, "signature.bad");
}

#[test]
fn words_put_into_anothers_mouth() {
    let mut kit = Kit::with_treaties();
    // France signs with its own key an event in which Rwanda speaks.
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    event.signers = vec![KeyName::new("state:FRA#1").unwrap()];
    kit.refused(&event, "authority.not_entitled");
    // France itself says that Rwanda signs.
    let event = kit.event("state:FRA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    kit.refused(&event, "authority.not_entitled");
    // A state is no depositary, and no transcriber.
    let mut event = kit.event("state:FRA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    event.standing = Standing::Depositary;
    kit.refused(&event, "authority.not_entitled");
    let mut event = kit.transcription("treaty.signed", "2013-06-05", signature_of("state:RWA"));
    event.actor = "state:FRA".parse().unwrap();
    event.signers = vec![KeyName::new("state:FRA#1").unwrap()];
    kit.refused(&event, "authority.not_entitled");
    // A transcription without a source.
    let mut event = kit.transcription("treaty.signed", "2013-06-05", signature_of("state:RWA"));
    event.source = None;
    kit.refused(&event, "event.source_missing");
    // The depositary of another treaty.
    let body = json!({"mode": "accession", "state": "state:RWA", "treaty": "additional-protocol-i"});
    let mut event = kit.event(UNSG, "treaty.consent_deposited", "1984-11-19", body);
    event.standing = Standing::Depositary;
    kit.refused(&event, "authority.not_entitled");
}

#[test]
fn keys_that_are_not_enrolled_revoked_or_out_of_scope() {
    let mut kit = Kit::with_treaties();
    kit.new_key("state:RWA#2");
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    event.signers = vec![KeyName::new("state:RWA#2").unwrap()];
    kit.refused(&event, "signature.unknown_key");

    let by_founder = kit.enrolment("state:RWA", "state:RWA#focal", &["treaty.declaration_made"]);
    kit.refused(&by_founder, "authority.not_entitled");
    let own = kit.enrolment_by("state:RWA", "state:RWA", "state:RWA#focal", &["treaty.declaration_made"]);
    kit.must(own);
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    event.signers = vec![KeyName::new("state:RWA#focal").unwrap()];
    kit.refused(&event, "signature.out_of_scope");

    let body = json!({"actor": "state:RWA", "key": "state:RWA#1", "reason": "lost"});
    kit.say(FOUNDER, "key.revoked", "2026-11-23", body);
    let event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    kit.refused(&event, "signature.revoked_key");
}

#[test]
fn enrolments_that_prove_nothing() {
    let mut kit = Kit::with_treaties();
    let mut silent = kit.enrolment("state:SSD", "state:SSD#1", &["*"]);
    silent.signers.retain(|k| k.as_str() != "state:SSD#1");
    kit.refused(&silent, "key.no_possession");
    let strangers = kit.enrolment("state:SSD", "state:CSK#1", &["*"]);
    kit.refused(&strangers, "key.wrong_actor");
    // The founders' threshold counts actors: a state alone cannot enrol another.
    let by_france = kit.enrolment_by("state:FRA", "state:SSD", "state:SSD#2", &["*"]);
    kit.refused(&by_france, "authority.not_entitled");
    // A key comes once, ever: under another name it is still the same key.
    let first = kit.enrolment("state:SSD", "state:SSD#3", &["*"]);
    let mut form = first.body["key"].clone();
    kit.must(first);
    form["key"] = json!("state:SSD#1");
    let body = json!({"actor": "state:SSD", "key": form, "scope": ["*"]});
    let again = kit.event(FOUNDER, "key.enrolled", "2026-11-23", body);
    kit.refused(&again, "key.already_used");
    // A point of small order is no key.
    let identity = answerable_verifier::encoding::base64_encode(&[&[1u8][..], &[0; 31]].concat());
    form["public_key"] = json!(identity);
    let body = json!({"actor": "state:SSD", "key": form, "scope": ["*"]});
    let weak = kit.event(FOUNDER, "key.enrolled", "2026-11-23", body);
    kit.refused(&weak, "key.not_enrollable");
}

#[test]
fn a_key_name_that_is_taken_and_encodings_that_are_not_canonical() {
    let mut kit = Kit::with_treaties();
    let first = kit.enrolment("state:SSD", "state:SSD#1", &["*"]);
    kit.must(first);
    let mut twice = kit.enrolment_by("state:SSD", "state:SSD", "state:SSD#1", &["*"]);
    twice.signers.dedup();
    kit.refused(&twice, "key.name_taken");
    // A revoked key's name is not free either.
    let body = json!({"actor": "state:SSD", "key": "state:SSD#1", "reason": "lost"});
    kit.say(FOUNDER, "key.revoked", "2026-11-23", body);
    let again = kit.enrolment("state:SSD", "state:SSD#1", &["*"]);
    kit.refused(&again, "key.name_taken");
    // y = p + k, for each k that still fits into 255 bits: points, some of them of large order, written otherwise.
    for k in 0..19u8 {
        let mut bytes = [0xff; 32];
        (bytes[0], bytes[31]) = (0xed + k, 0x7f);
        let mut event = kit.enrolment("state:SSD", &format!("state:SSD#n{k}"), &["*"]);
        event.body["key"]["public_key"] = json!(answerable_verifier::encoding::base64_encode(&bytes));
        kit.refused(&event, "key.not_enrollable");
    }
}

#[test]
fn records_of_a_compromised_key_are_flagged_and_stay() {
    let mut kit = Kit::with_treaties();
    kit.say("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let seq = kit.judge.head.size - 1;
    let body = json!({"actor": "state:RWA", "compromised_from_seq": seq, "key": "state:RWA#1", "reason": "stolen"});
    kit.say(FOUNDER, "key.revoked", "2026-11-23", body);
    let report = kit.audit(&kit.lines);
    assert_eq!(report.verdict.exit_code(), 0);
    assert_eq!(report.flags.iter().map(|f| (f.seq, f.code)).collect::<Vec<_>>(), [(seq, "key.compromised")]);
    let stream = "treaty:arms-trade-treaty:RWA".parse().unwrap();
    let facts = answerable_schemas::History::stream(&kit.judge.past, &stream).unwrap();
    let tainted = answerable_schemas::law::keys::Tainted::of(&kit.judge.past).unwrap();
    let flags = answerable_schemas::law::flags_of(&kit.judge.past, &facts, &tainted).unwrap();
    assert_eq!(kit::codes(&flags), ["key.compromised"]);
}

/// serde reads an array as a struct, and `{"own":null}` as "own": unsigned bytes around a true event could be rewritten.
#[test]
fn arrays_for_objects_and_objects_for_names() {
    let mut kit = Kit::with_treaties();
    let event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let signed = kit.sign(&event);
    let line = String::from_utf8(kit.line(&signed)).unwrap();
    let sig = &signed.signatures[0];
    let object = format!("{{\"key\":\"{}\",\"sig\":\"{}\"}}", sig.key, sig.sig);
    let array = format!("[\"{}\",\"{}\"]", sig.key, sig.sig);
    for forged in [line.replace(&object, &array), line.replace("\"standing\":\"own\"", "\"standing\":{\"own\":null}")] {
        assert_ne!(forged, line);
        assert_eq!(kit.judge.admit(forged.as_bytes()).unwrap_err().code, "record.malformed");
        let report = kit.audit(&[kit.lines.clone(), vec![forged.into_bytes()]].concat());
        assert_eq!((report.verdict.exit_code(), report.faults[0].code.as_str()), (1, "record.malformed"));
    }
    for file in ["[1,[]]\n", "[]", "{}", "1"] {
        let fault = answerable_verifier::record::SignedEvent::parse(file.as_bytes()).unwrap_err();
        assert_eq!(fault.code, "record.malformed", "{file}");
    }
}

#[test]
fn lists_that_must_not_be_empty() {
    for (kind, body) in [
        (
            "key.enrolled",
            json!({"actor": "state:RWA", "key": {"alg": "ed25519", "key": "state:RWA#1", "public_key": "A".repeat(43) + "="}, "scope": []}),
        ),
        (
            "treaty.reservation_made",
            json!({"articles": [], "made_at": "late", "reservation": "r", "state": "state:RWA", "text": "x", "treaty": "t"}),
        ),
    ] {
        let error = answerable_schemas::Body::parse(&kind.parse().unwrap(), 1, body.as_object().unwrap()).unwrap_err();
        assert!(error.to_string().contains("has 0 items"), "{error}");
    }
}

#[test]
fn clocks() {
    let mut kit = Kit::with_treaties();
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let issued = event.issued.millis();
    event.issued = Instant::from_millis(issued + 400_000).unwrap();
    kit.refused(&event, "event.issued_ahead");
    event.issued = Instant::from_millis(issued - 8 * 86_400_000).unwrap();
    let flags = kit.must(event);
    assert_eq!(kit::codes(&flags), ["event.late"]);
}

#[test]
fn an_unknown_type_is_unverifiable_not_false() {
    let mut kit = Kit::with_treaties();
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    event.kind = "treaty.sung".parse().unwrap();
    let signed = kit.sign(&event);
    let line = kit.line(&signed);
    assert_eq!(kit.judge.admit(&line).unwrap_err().code, "event.unknown_type");
    let mut forced = kit.lines.clone();
    forced.push(line);
    let report = kit.audit(&forced);
    assert_eq!(report.verdict.exit_code(), 3, "{}", report.to_text());
    // A bad signature on it is false, whatever it says; so is damage beside it.
    let mut bad = signed.clone();
    let other = kit.event("state:RWA", "treaty.signed", "2013-06-06", signature_of("state:RWA"));
    bad.signatures = kit.sign(&other).signatures;
    let with_bad = [kit.lines.clone(), vec![kit.line(&bad)]].concat();
    let report = kit.audit(&with_bad);
    assert_eq!((report.verdict.exit_code(), report.faults[0].code.as_str()), (1, "signature.bad"));
    forced[4][100] ^= 1;
    assert_eq!(kit.audit(&forced).verdict.exit_code(), 1);
}

#[test]
fn no_records_are_never_green() {
    let kit = Kit::founded();
    let report = kit.audit(&[]);
    assert_eq!(report.verdict.exit_code(), 1);
    assert!(report.faults.iter().any(|f| f.code == "tree.empty"));
}

/// Who may no longer say a thing may no longer correct it, and a key corrects only what it could say.
#[test]
fn corrections_need_the_right_to_say_what_they_correct() {
    let mut kit = Kit::with_treaties();
    // Registered by a registrar that then loses the role.
    let body = json!({"actor": "org:x", "kind": "other", "name": "X"});
    let said = kit.event(FOUNDER, "actor.registered", "1999", body.clone());
    let target = kit.sign(&said).id;
    kit.must(said);
    let withdraw = json!({"actor": FOUNDER, "reason": "x", "role": "registrar"});
    kit.say(FOUNDER, "role.withdrawn", "2026-11-23", withdraw);
    let body = json!({"date": "2000", "reason": "x", "stream": "actor:org:x", "target": target});
    let event = kit.event(FOUNDER, "event.corrected", "2026-11-23", body);
    kit.refused(&event, "authority.not_entitled");
    // A focal point's key, which may correct and may not consent.
    let said = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let target = kit.sign(&said).id;
    kit.must(said);
    let narrow = kit.enrolment_by("state:RWA", "state:RWA", "state:RWA#narrow", &["event.corrected"]);
    kit.must(narrow);
    let body = json!({"reason": "x", "retracted": true, "stream": "treaty:arms-trade-treaty:RWA", "target": target});
    let mut event = kit.event("state:RWA", "event.corrected", "2026-11-23", body.clone());
    event.signers = vec![KeyName::new("state:RWA#narrow").unwrap()];
    kit.refused(&event, "signature.out_of_scope");
    kit.say("state:RWA", "event.corrected", "2026-11-23", body.clone());
    // What was retracted is gone: there is nothing to correct.
    let event = kit.event("state:RWA", "event.corrected", "2026-11-23", body);
    kit.refused(&event, "law.correction.retracted");
}

#[test]
fn a_depositary_corrects_its_record_of_a_state_that_is_no_more() {
    let mut kit = Kit::with_treaties();
    let body = json!({"actor": "state:YUG", "kind": "state", "name": "Yugoslavia", "until": "1992-04-27"});
    kit.say(FOUNDER, "actor.registered", "1945-10-24", body);
    let body = json!({"mode": "accession", "state": "state:YUG", "treaty": "genocide-convention"});
    let mut deposit = kit.event(UNSG, "treaty.consent_deposited", "1950-08-28", body);
    deposit.standing = Standing::Depositary;
    let target = kit.sign(&deposit).id;
    kit.must(deposit);
    let body = json!({"date": "1950-08-29", "notification": "C.N.1", "state": "state:YUG", "target": target, "treaty": "genocide-convention"});
    let mut correction = kit.event(UNSG, "treaty.depositary_corrected", "2000-01-01", body.clone());
    correction.standing = Standing::Depositary;
    kit.must(correction);
    let mut body = body;
    body["date"] = json!("1993-01-01");
    let mut too_late = kit.event(UNSG, "treaty.depositary_corrected", "2000-01-01", body);
    too_late.standing = Standing::Depositary;
    kit.refused(&too_late, "law.actor.ended");
}

/// A thief enrols a second key, and signs with that: revoking the first alone would leave the second's word unmarked.
#[test]
fn what_a_stolen_key_brought_in_is_flagged_too() {
    let mut kit = Kit::with_treaties();
    let enrolment = kit.enrolment_by("state:RWA", "state:RWA", "state:RWA#thief", &["*"]);
    kit.must(enrolment);
    let stolen = kit.judge.head.size - 1;
    let mut signed = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    signed.signers = vec![KeyName::new("state:RWA#thief").unwrap()];
    kit.must(signed);
    let ahead =
        json!({"actor": "state:RWA", "compromised_from_seq": stolen + 2, "key": "state:RWA#1", "reason": "stolen"});
    let event = kit.event(FOUNDER, "key.revoked", "2026-11-23", ahead);
    kit.refused(&event, "law.key.compromised_ahead");
    let body = json!({"actor": "state:RWA", "compromised_from_seq": stolen, "key": "state:RWA#1", "reason": "stolen"});
    kit.say(FOUNDER, "key.revoked", "2026-11-23", body);
    let report = kit.audit(&kit.lines);
    let flagged: Vec<u64> = report.flags.iter().filter(|f| f.code == "key.compromised").map(|f| f.seq).collect();
    assert_eq!((report.verdict.exit_code(), flagged), (0, vec![stolen, stolen + 1]));
    // Back under the founders: marked as such, and free of the flag.
    let body = json!({"actor": "state:RWA", "key": "state:RWA#thief", "reason": "the thief's"});
    kit.say(FOUNDER, "key.revoked", "2026-11-23", body);
    let anew = kit.enrolment("state:RWA", "state:RWA#2", &["*"]);
    assert_eq!(kit::codes(&kit.must(anew)), ["key.enrolled_anew"]);
    // Keys and roles are for who is registered.
    let stranger = kit.enrolment("org:nobody", "org:nobody#1", &["*"]);
    kit.refused(&stranger, "law.actor.unknown");
    let role = kit.event(FOUNDER, "role.granted", "2026-11-23", json!({"actor": "org:nobody", "role": "transcriber"}));
    kit.refused(&role, "law.actor.unknown");
}

#[test]
fn attachments_that_cannot_be() {
    let mut kit = Kit::with_treaties();
    let mut event = kit.event("state:RWA", "treaty.signed", "2013-06-05", signature_of("state:RWA"));
    let sized = |size: u64, salted: bool| json!([{"media_type": "text/plain", "salted": salted, "sha256": "ab".repeat(32), "size": size}]);
    event.attachments = serde_json::from_value(sized(31, true)).unwrap();
    assert_eq!(SignedEvent::draft(&event).unwrap_err().code, "record.malformed");
    // A wrong size is the author's error, not the ledger's: it is flagged where the file is there.
    let text = b"evidence";
    let hash: answerable_schemas::EventId = {
        use sha2::Digest;
        answerable_schemas::EventId(sha2::Sha256::digest(text).into())
    };
    let mut lying = sized(9, false);
    lying[0]["sha256"] = json!(hash);
    event.attachments = serde_json::from_value(lying).unwrap();
    kit.must(event);
    let folder = tempfile::tempdir().unwrap();
    kit.export(folder.path(), &kit.lines);
    std::fs::create_dir(folder.path().join("attachments")).unwrap();
    std::fs::write(folder.path().join(format!("attachments/{hash}")), text).unwrap();
    let pins = answerable_verifier::audit::Pins {
        ledger_id: kit.judge.authority.ledger_id,
        log_keys: vec![kit.vkey()],
        ..Default::default()
    };
    let report = answerable_verifier::audit::audit(folder.path(), &pins, &mut |_| {}).unwrap();
    let flags: Vec<_> = report.flags.iter().map(|f| (f.seq, f.code)).collect();
    assert_eq!((report.verdict.exit_code(), flags), (0, vec![(kit.judge.head.size - 1, "attachment.size_differs")]));
}
