//! The law of treaties where acts only seem to fit: each case here was once admitted, or refused by mistake.

mod kit;

use kit::{Kit, UNSG, codes, consents, plain, refused, reserves, signs};
use serde_json::{Value, json};

const GENOCIDE: &str = "genocide-convention";
const ATT: &str = "arms-trade-treaty";

/// Each of these was once admitted.
#[test]
fn acts_that_only_seem_to_fit() {
    let mut kit = Kit::with_treaties();
    let rome = "rome-statute";
    let modes = |mode: &str, treaty: &str| consents("FRA", treaty, mode);
    // A party repudiates no signature, and signs no more.
    kit.say("state:FRA", "treaty.consent_deposited", "1999-01-01", modes("accession", rome));
    let code = "law.treaty.already_party";
    refused(&mut kit, "state:FRA", "treaty.signed", "2000-01-01", signs("FRA", rome), code);
    refused(&mut kit, "state:FRA", "treaty.signature_repudiated", "2000-01-01", plain("FRA", rome), code);
    // A signature is completed once: who withdrew comes back by accession.
    kit.say("state:RWA", "treaty.signed", "2013-06-05", signs("RWA", ATT));
    kit.say("state:RWA", "treaty.consent_deposited", "2014-01-01", consents("RWA", ATT, "ratification"));
    kit.say("state:RWA", "treaty.withdrawal_notified", "2014-02-01", plain("RWA", ATT));
    let again = consents("RWA", ATT, "ratification");
    refused(&mut kit, "state:RWA", "treaty.consent_deposited", "2015-01-01", again, "law.treaty.not_signed");
    let code = "law.treaty.not_signed";
    refused(&mut kit, "state:RWA", "treaty.provisionally_applied", "2015-01-01", plain("RWA", ATT), code);
    // Nor does one apply provisionally what one has said it will not join.
    kit.say("state:FRA", "treaty.signed", "2013-06-05", signs("FRA", ATT));
    kit.say("state:FRA", "treaty.signature_repudiated", "2013-07-05", plain("FRA", ATT));
    refused(&mut kit, "state:FRA", "treaty.provisionally_applied", "2013-08-01", plain("FRA", ATT), code);
}

#[test]
fn successions_need_a_predecessor_and_come_after_it() {
    let mut kit = Kit::with_treaties();
    let code = "law.treaty.no_predecessor";
    let fra = consents("FRA", GENOCIDE, "succession");
    refused(&mut kit, "state:FRA", "treaty.consent_deposited", "1995-01-01", fra.clone(), code);
    assert_eq!(
        codes(&kit.transcribe("treaty.consent_deposited", "1995-01-01", fra)),
        ["treaty.succession_date_unknown", "law.treaty.no_predecessor"]
    );
    let mut late = consents("RWA", GENOCIDE, "succession");
    late["succession_date"] = json!("1975-04-17");
    let code = "law.treaty.succession_after_deposit";
    refused(&mut kit, "state:RWA", "treaty.consent_deposited", "1975-04-16", late, code);
    // What a transcriber says of successions carries no state's own word: South Sudan signed nothing.
    kit.enrol("state:SSD");
    kit.say("state:RWA", "treaty.signed", "2013-06-05", signs("RWA", ATT));
    let body = json!({"mode": "separation", "predecessor": "state:RWA", "successor": "state:SSD"});
    kit.transcribe("state.succeeded", "2013-07-09", body);
    let code = "law.treaty.not_signed";
    let ratifies = consents("SSD", ATT, "ratification");
    refused(&mut kit, "state:SSD", "treaty.consent_deposited", "2014-01-01", ratifies.clone(), code);
    assert!(kit.transcribe("treaty.consent_deposited", "2014-01-01", ratifies).is_empty());
}

#[test]
fn a_parent_treaty_must_bind_on_the_day() {
    let mut kit = Kit::with_treaties();
    let ap1 = consents("RWA", "additional-protocol-i", "accession");
    let gc = consents("RWA", "geneva-conventions", "accession");
    // Known to the year alone, it is reached on the year's last day.
    kit.say("state:RWA", "treaty.consent_deposited", "1984", gc);
    let code = "law.treaty.parent_missing";
    refused(&mut kit, "state:RWA", "treaty.consent_deposited", "1984-11-19", ap1.clone(), code);
    kit.say("state:RWA", "treaty.withdrawal_notified", "1990-01-01", plain("RWA", "geneva-conventions"));
    refused(&mut kit, "state:RWA", "treaty.consent_deposited", "1991-01-01", ap1.clone(), code);
    kit.say("state:RWA", "treaty.consent_deposited", "1986-11-19", ap1);
    // Leaving the parent earlier, as a correction says, breaks the accession recorded since: both are flagged.
    let victim = kit.judge.head.size - 1;
    let target =
        kit.event("state:RWA", "treaty.signature_repudiated", "1990-01-01", plain("RWA", "geneva-conventions"));
    let body = json!({"date": "1984-12-31", "reason": "wrong year", "stream": "treaty:geneva-conventions:RWA", "target": target.follows});
    let flags = kit.say("state:RWA", "event.corrected", "1990-01-01", body);
    let cause = kit.judge.head.size - 1;
    let told: Vec<_> = flags.iter().map(|f| (f.seq, f.code)).filter(|f| f.1 != "treaty.armed_conflict_tail").collect();
    assert_eq!(told, [(cause, "law.backfill"), (victim, code)]);
    assert_eq!(kit.audit(&kit.lines).verdict.exit_code(), 0);
}

/// A deposit that comes to light late moves the day on which the treaty closed for signature.
#[test]
fn an_earlier_entry_into_force_flags_the_signatures_after_it() {
    let mut kit = Kit::with_treaties();
    let mut rules: Value = serde_json::from_str(include_str!("../../examples/treaties.json")).unwrap();
    let att = rules.as_array_mut().unwrap().iter_mut().find(|t| t["treaty"] == ATT).unwrap();
    att["treaty"] = json!("small-treaty");
    att["threshold"]["count"] = json!(1);
    let adopted = att["adopted"].as_str().unwrap().to_owned();
    kit.say(kit::FOUNDER, "treaty.registered", &adopted, att.clone());
    for state in ["RWA", "FRA", "CSK", "CZE"] {
        let day = if state == "CZE" { "2014-06-01" } else { "2013-06-05" };
        if state != "CSK" {
            kit.transcribe("treaty.signed", day, signs(state, "small-treaty"));
        }
    }
    let victim = kit.judge.head.size - 1;
    kit.transcribe("treaty.consent_deposited", "2014-05-01", consents("FRA", "small-treaty", "ratification"));
    let flags =
        kit.transcribe("treaty.consent_deposited", "2014-01-01", consents("RWA", "small-treaty", "ratification"));
    let cause = kit.judge.head.size - 1;
    assert_eq!(
        flags.iter().map(|f| (f.seq, f.code)).collect::<Vec<_>>(),
        [(cause, "law.backfill"), (victim, "law.treaty.signature_closed")]
    );
}

#[test]
fn reservations_are_confirmed_with_the_consent_and_objected_to_after_they_were_made() {
    let mut kit = Kit::with_treaties();
    kit.say("state:FRA", "treaty.signed", "1949-11-01", signs("FRA", GENOCIDE));
    kit.say("state:FRA", "treaty.reservation_made", "1949-11-01", reserves("FRA", GENOCIDE, &["IX"], "signature"));
    kit.say("state:FRA", "treaty.consent_deposited", "1950-10-14", consents("FRA", GENOCIDE, "ratification"));
    let confirms = json!({"reservation": "r1", "state": "state:FRA", "treaty": GENOCIDE});
    let code = "law.treaty.confirmation_not_at_consent";
    refused(&mut kit, "state:FRA", "treaty.reservation_confirmed", "1960-01-01", confirms.clone(), code);
    kit.say("state:FRA", "treaty.reservation_confirmed", "1950-10-14", confirms);
    let objects = json!({"objection": "o1", "precludes_entry_into_force": false, "reservation": "r1", "reserving_state": "state:FRA",
                         "state": "state:CZE", "text": "x", "treaty": GENOCIDE});
    let mut early = objects.clone();
    early["state"] = json!("state:RWA");
    kit.say("state:RWA", "treaty.consent_deposited", "1975-04-16", consents("RWA", GENOCIDE, "accession"));
    kit.say("state:RWA", "treaty.reservation_made", "1975-04-16", reserves("RWA", GENOCIDE, &["IX"], "consent"));
    let confirms = json!({"reservation": "r1", "state": "state:RWA", "treaty": GENOCIDE});
    let code = "law.treaty.nothing_to_confirm";
    refused(&mut kit, "state:RWA", "treaty.reservation_confirmed", "1975-04-16", confirms, code);
    let objects = json!({"objection": "o1", "precludes_entry_into_force": false, "reservation": "r1", "reserving_state": "state:RWA",
                         "state": "state:FRA", "text": "x", "treaty": GENOCIDE});
    let code = "law.treaty.objection_before_reservation";
    refused(&mut kit, "state:FRA", "treaty.objection_made", "1975-04-15", objects.clone(), code);
    kit.say("state:FRA", "treaty.objection_made", "1975-04-17", objects);
}

/// "16" holds the forbidden 16(1), and no other spelling of a provision is one.
#[test]
fn protected_articles_have_one_spelling() {
    let mut kit = Kit::with_treaties();
    let treaty = "refugee-convention";
    kit.say("state:FRA", "treaty.signed", "1952-09-11", signs("FRA", treaty));
    kit.say("state:FRA", "treaty.consent_deposited", "1954-06-23", consents("FRA", treaty, "ratification"));
    let code = "law.treaty.reservation_forbidden_article";
    for article in ["16", "XXXIII", "refugee-convention:33", "refugee-convention", "geneva-conventions:7", "16(a)"] {
        let body = reserves("FRA", treaty, &[article], "consent");
        refused(&mut kit, "state:FRA", "treaty.reservation_made", "1954-06-23", body, code);
    }
    let kind = "treaty.reservation_made".parse().unwrap();
    for article in ["Article 33", "16 (1)", "33bis", "Whole", "033"] {
        let body = reserves("FRA", treaty, &[article], "consent");
        answerable_schemas::Body::parse(&kind, 1, body.as_object().unwrap()).expect_err(article);
    }
    kit.say("state:FRA", "treaty.reservation_made", "1954-06-23", reserves("FRA", treaty, &["16(2)"], "consent"));
}

/// A treaty that limits reservations admits none to the whole of it, even where its rules name no article of its own.
#[test]
fn limited_reservations_are_never_to_the_whole() {
    let mut kit = Kit::with_treaties();
    let treaties: Value = serde_json::from_str(include_str!("../../examples/treaties.json")).unwrap();
    let mut rules = treaties.as_array().unwrap().iter().find(|t| t["treaty"] == ATT).unwrap().clone();
    rules["treaty"] = json!("loose-treaty");
    rules["reservations"] = json!({"kind": "limited", "article": "9", "forbidden": ["refugee-convention:1"]});
    let adopted = rules["adopted"].as_str().unwrap().to_owned();
    kit.say(kit::FOUNDER, "treaty.registered", &adopted, rules);
    kit.say("state:FRA", "treaty.signed", "2013-06-05", signs("FRA", "loose-treaty"));
    let code = "law.treaty.reservation_forbidden_article";
    for whole in ["whole", "loose-treaty"] {
        let body = reserves("FRA", "loose-treaty", &[whole], "signature");
        refused(&mut kit, "state:FRA", "treaty.reservation_made", "2013-06-05", body, code);
    }
    let body = reserves("FRA", "loose-treaty", &["3"], "signature");
    kit.say("state:FRA", "treaty.reservation_made", "2013-06-05", body);
}

#[test]
fn corrections_of_the_registers_are_held_to_the_same_rules() {
    let mut kit = Kit::with_treaties();
    let follows = |kit: &mut Kit, kind: &str, body: &Value| kit.event(kit::FOUNDER, kind, "2026", body.clone()).follows;
    let treaties: Value = serde_json::from_str(include_str!("../../examples/treaties.json")).unwrap();
    let mut rules = treaties.as_array().unwrap().iter().find(|t| t["treaty"] == ATT).unwrap().clone();
    let target = follows(&mut kit, "treaty.registered", &rules);
    let right = rules.clone();
    let correct = |target, stream: &str, replacement: &Value| json!({"reason": "x", "replacement": replacement, "stream": stream, "target": target});
    let stream = format!("treaty:{ATT}");
    rules["threshold"]["modes"] = json!(["formal_confirmation"]);
    let body = correct(target, &stream, &rules);
    refused(&mut kit, kit::FOUNDER, "event.corrected", "2026-11-23", body, "law.treaty.bad_threshold");
    rules = right.clone();
    rules["requires"] = json!(ATT);
    let body = correct(target, &stream, &rules);
    refused(&mut kit, kit::FOUNDER, "event.corrected", "2026-11-23", body, "law.treaty.own_parent");
    let succeeded = json!({"mode": "separation", "predecessor": "state:BEL", "successor": "state:RWA"});
    let itself = json!({"mode": "separation", "predecessor": "state:RWA", "successor": "state:RWA"});
    let target = follows(&mut kit, "state.succeeded", &succeeded);
    let body = correct(target, "actor:state:RWA", &itself);
    refused(&mut kit, kit::FOUNDER, "event.corrected", "2026-11-23", body, "law.actor.own_successor");
    // A correction moves the depositary: from then on the new one speaks, and the old one no more.
    kit.register("org:new-depositary", "1945-10-24", "un_organ");
    kit.enrol("org:new-depositary");
    kit.say(kit::FOUNDER, "role.granted", "2026-11-23", json!({"actor": "org:new-depositary", "role": "depositary"}));
    rules = right;
    rules["depositary"] = json!("org:new-depositary");
    let target = follows(&mut kit, "treaty.registered", &rules);
    kit.say(kit::FOUNDER, "event.corrected", "2026-11-23", correct(target, &stream, &rules));
    let mut signed = kit.event(UNSG, "treaty.signed", "2013-06-05", signs("RWA", ATT));
    signed.standing = answerable_schemas::Standing::Depositary;
    kit.refused(&signed, "authority.not_entitled");
    let mut signed = kit.event("org:new-depositary", "treaty.signed", "2013-06-05", signs("RWA", ATT));
    signed.standing = answerable_schemas::Standing::Depositary;
    kit.must(signed);
}

#[test]
fn a_stream_takes_so_many_events_of_one_actor() {
    let mut kit = Kit::with_treaties();
    let declares = |i: usize| json!({"declaration": format!("d{i}"), "kind": "interpretative", "state": "state:FRA", "text": "x", "treaty": GENOCIDE});
    let max = answerable_schemas::law::STREAM_MAX;
    let facts: Vec<_> = (0..max)
        .map(|i| {
            let event = kit.event("state:FRA", "treaty.declaration_made", "1950-01-01", declares(i));
            let id = kit.sign(&event).id;
            let body = answerable_schemas::Body::parse(&event.kind, 1, &event.body).unwrap();
            std::sync::Arc::new(answerable_schemas::Fact::new(
                kit.judge.head.size + i as u64,
                id,
                event.issued,
                &event,
                body,
            ))
        })
        .collect();
    let mut history = kit.judge.past.facts.clone();
    let next = facts[max - 1].clone();
    facts[..max - 1].iter().for_each(|f| history.push(f.clone()));
    assert!(answerable_schemas::law::judge(&history, &next).unwrap().is_ok());
    history.push(facts[0].clone());
    let full = answerable_schemas::law::judge(&history, &next).unwrap().unwrap_err();
    assert_eq!(full.code, "law.stream_full");
}
