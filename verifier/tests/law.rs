//! The law of treaties: what is refused when a state or a depositary says it, what comes in flagged when it is
//! transcribed from an incomplete table, and what an auditor finds when it was forced in.

mod kit;

use kit::{Kit, UNSG, codes, consents, plain, refused, reserves, signs};
use serde_json::{Value, json};

const GENOCIDE: &str = "genocide-convention";
const ATT: &str = "arms-trade-treaty";

#[test]
fn ratification_without_signature() {
    let mut kit = Kit::with_treaties();
    refused(
        &mut kit,
        "state:RWA",
        "treaty.consent_deposited",
        "2014-01-01",
        consents("RWA", ATT, "ratification"),
        "law.treaty.not_signed",
    );
    kit.say("state:RWA", "treaty.signed", "2013-06-05", signs("RWA", ATT));
    kit.say("state:RWA", "treaty.consent_deposited", "2014-01-01", consents("RWA", ATT, "ratification"));
}

#[test]
fn a_transcription_that_misses_the_signature_comes_in_flagged() {
    let mut kit = Kit::with_treaties();
    let flags = kit.transcribe("treaty.consent_deposited", "2014-01-01", consents("RWA", ATT, "ratification"));
    assert_eq!(codes(&flags), ["law.treaty.not_signed"]);
    let report = kit.audit(&kit.lines);
    assert_eq!(report.verdict.exit_code(), 0);
    assert_eq!(report.flags_total, 1);
    // And it does not make Rwanda's own word lawful, nor unlawful.
    refused(
        &mut kit,
        "state:RWA",
        "treaty.consent_deposited",
        "2014-01-01",
        consents("RWA", ATT, "ratification"),
        "law.treaty.not_signed",
    );
    kit.say("state:RWA", "treaty.signed", "2013-06-05", signs("RWA", ATT));
}

#[test]
fn signature_of_the_accession_only_protocol() {
    let mut kit = Kit::with_treaties();
    refused(
        &mut kit,
        "state:FRA",
        "treaty.signed",
        "1968-01-01",
        signs("FRA", "refugee-protocol"),
        "law.treaty.accession_only",
    );
    refused(
        &mut kit,
        "state:FRA",
        "treaty.consent_deposited",
        "1968-01-01",
        consents("FRA", "refugee-protocol", "ratification"),
        "law.treaty.accession_only",
    );
    kit.say("state:FRA", "treaty.consent_deposited", "1971-02-03", consents("FRA", "refugee-protocol", "accession"));
}

#[test]
fn reservations_that_a_treaty_forbids() {
    let mut kit = Kit::with_treaties();
    kit.say("state:FRA", "treaty.signed", "1998-07-18", signs("FRA", "rome-statute"));
    kit.say("state:FRA", "treaty.consent_deposited", "2000-06-09", consents("FRA", "rome-statute", "ratification"));
    let body = reserves("FRA", "rome-statute", &["8"], "consent");
    refused(&mut kit, "state:FRA", "treaty.reservation_made", "2000-06-09", body, "law.treaty.reservation_prohibited");
    // Refugee Convention, article 42: not to article 33, though to article 17.
    kit.say("state:FRA", "treaty.signed", "1952-09-11", signs("FRA", "refugee-convention"));
    kit.say(
        "state:FRA",
        "treaty.consent_deposited",
        "1954-06-23",
        consents("FRA", "refugee-convention", "ratification"),
    );
    for articles in [&["33"][..], &["17", "16(1)"], &["33(2)"], &["whole"]] {
        let body = reserves("FRA", "refugee-convention", articles, "consent");
        refused(
            &mut kit,
            "state:FRA",
            "treaty.reservation_made",
            "1954-06-23",
            body,
            "law.treaty.reservation_forbidden_article",
        );
    }
    let body = reserves("FRA", "refugee-convention", &["17"], "consent");
    refused(
        &mut kit,
        "state:FRA",
        "treaty.reservation_made",
        "1955-01-01",
        body.clone(),
        "law.treaty.reservation_not_at_consent",
    );
    kit.say("state:FRA", "treaty.reservation_made", "1954-06-23", body.clone());
    refused(&mut kit, "state:FRA", "treaty.reservation_made", "1954-06-23", body, "law.treaty.label_taken");
}

#[test]
fn a_protocol_outside_the_geneva_conventions() {
    let mut kit = Kit::with_treaties();
    let ap1 = consents("RWA", "additional-protocol-i", "accession");
    refused(&mut kit, "state:RWA", "treaty.consent_deposited", "1984-11-19", ap1.clone(), "law.treaty.parent_missing");
    let succession = json!({"mode": "succession", "state": "state:RWA", "succession_date": "1962-07-01", "treaty": "geneva-conventions"});
    kit.say("state:RWA", "treaty.consent_deposited", "1964-05-05", succession);
    kit.say("state:RWA", "treaty.consent_deposited", "1984-11-19", ap1.clone());
    // Transcribed, it comes in flagged; there, the state's own word counts as known.
    let flags = kit.transcribe(
        "treaty.consent_deposited",
        "1984-11-19",
        consents("FRA", "additional-protocol-ii", "accession"),
    );
    assert_eq!(codes(&flags), ["law.treaty.parent_missing"]);
}

#[test]
fn a_second_live_consent() {
    let mut kit = Kit::with_treaties();
    let accession = consents("RWA", GENOCIDE, "accession");
    kit.say("state:RWA", "treaty.consent_deposited", "1975-04-16", accession.clone());
    refused(
        &mut kit,
        "state:RWA",
        "treaty.consent_deposited",
        "1980-01-01",
        accession.clone(),
        "law.treaty.already_party",
    );
    // A transcription is another standing: it neither blocks nor is blocked.
    kit.transcribe("treaty.consent_deposited", "1975-04-17", accession.clone());
    let event = kit.transcription("treaty.consent_deposited", "1980-01-01", accession);
    kit.refused(&event, "law.treaty.already_party");
}

#[test]
fn notices_of_withdrawal() {
    let mut kit = Kit::with_treaties();
    kit.say("state:FRA", "treaty.signed", "1998-07-18", signs("FRA", "rome-statute"));
    refused(
        &mut kit,
        "state:FRA",
        "treaty.withdrawal_notified",
        "2016-10-27",
        plain("FRA", "rome-statute"),
        "law.treaty.not_party",
    );
    kit.say("state:FRA", "treaty.consent_deposited", "2000-06-09", consents("FRA", "rome-statute", "ratification"));
    let mut short = plain("FRA", "rome-statute");
    short["stated_effect"] = json!("2017-10-26");
    refused(
        &mut kit,
        "state:FRA",
        "treaty.withdrawal_notified",
        "2016-10-27",
        short.clone(),
        "law.treaty.notice_too_short",
    );
    short["stated_effect"] = json!("2017-10-27");
    kit.say("state:FRA", "treaty.withdrawal_notified", "2016-10-27", short);
    refused(
        &mut kit,
        "state:FRA",
        "treaty.withdrawal_notified",
        "2016-11-01",
        plain("FRA", "rome-statute"),
        "law.treaty.notice_pending",
    );
    refused(
        &mut kit,
        "state:FRA",
        "treaty.withdrawal_revoked",
        "2017-10-27",
        plain("FRA", "rome-statute"),
        "law.treaty.revocation_too_late",
    );
    kit.say("state:FRA", "treaty.withdrawal_revoked", "2017-03-07", plain("FRA", "rome-statute"));
    refused(
        &mut kit,
        "state:FRA",
        "treaty.withdrawal_revoked",
        "2017-03-08",
        plain("FRA", "rome-statute"),
        "law.treaty.no_notice",
    );
}

#[test]
fn after_withdrawal_a_state_may_accede_anew() {
    let mut kit = Kit::with_treaties();
    kit.say("state:FRA", "treaty.consent_deposited", "2003-01-01", consents("FRA", "rome-statute", "accession"));
    kit.say("state:FRA", "treaty.withdrawal_notified", "2016-10-27", plain("FRA", "rome-statute"));
    let again = consents("FRA", "rome-statute", "accession");
    refused(&mut kit, "state:FRA", "treaty.consent_deposited", "2017-10-26", again.clone(), "law.treaty.already_party");
    kit.say("state:FRA", "treaty.consent_deposited", "2017-10-27", again);
}

#[test]
fn the_genocide_convention_ends_with_its_terms() {
    let mut kit = Kit::with_treaties();
    // Its terms are counted from its entry into force: twenty deposits, transcribed, give 1951-01-12.
    for i in 0..20 {
        let state = format!("X{i:02}");
        kit.register(&format!("state:{state}"), "1945-10-24", "state");
        kit.transcribe("treaty.consent_deposited", "1950-10-14", consents(&state, GENOCIDE, "accession"));
    }
    let mut notice = plain("X00", GENOCIDE);
    notice["stated_effect"] = json!("2022-01-12");
    let event = kit.transcription("treaty.withdrawal_notified", "2021-08-01", notice.clone());
    kit.refused(&event, "law.treaty.notice_too_short");
    notice["stated_effect"] = json!("2027-01-12");
    let event = kit.transcription("treaty.withdrawal_notified", "2021-08-01", notice.clone());
    kit.refused(&event, "law.treaty.not_a_term_end");
    notice["stated_effect"] = json!("2026-01-12");
    kit.transcribe("treaty.withdrawal_notified", "2025-07-12", notice.clone());
    // A day later than six months before the end of the term, the notice misses it.
    let mut late = plain("X01", GENOCIDE);
    late["stated_effect"] = json!("2026-01-12");
    let event = kit.transcription("treaty.withdrawal_notified", "2025-07-13", late);
    kit.refused(&event, "law.treaty.notice_too_short");
}

#[test]
fn acts_of_those_who_are_not_there() {
    let mut kit = Kit::with_treaties();
    let event = kit.transcription("treaty.consent_deposited", "2010-01-01", consents("SSD", GENOCIDE, "accession"));
    kit.refused(&event, "law.actor.not_yet");
    let event = kit.transcription("treaty.consent_deposited", "2010-01-01", consents("XYZ", GENOCIDE, "accession"));
    kit.refused(&event, "law.actor.unknown");
    refused(&mut kit, "state:RWA", "treaty.signed", "1961-01-01", signs("RWA", GENOCIDE), "law.actor.not_yet");
    let body = json!({"state": "state:RWA", "treaty": "unheard-of"});
    refused(&mut kit, "state:RWA", "treaty.provisionally_applied", "2014-01-01", body, "law.treaty.unknown");
}

#[test]
fn doors_that_are_closed() {
    let mut kit = Kit::with_treaties();
    refused(&mut kit, "state:FRA", "treaty.signed", "1948-12-01", signs("FRA", GENOCIDE), "law.treaty.not_open");
    refused(
        &mut kit,
        "state:FRA",
        "treaty.signed",
        "2001-01-01",
        signs("FRA", "rome-statute"),
        "law.treaty.signature_closed",
    );
    kit.say("state:FRA", "treaty.signed", "1998-07-18", signs("FRA", "rome-statute"));
    refused(
        &mut kit,
        "state:FRA",
        "treaty.signed",
        "1998-07-19",
        signs("FRA", "rome-statute"),
        "law.treaty.already_signed",
    );
    let accession = consents("FRA", "rome-statute", "accession");
    refused(
        &mut kit,
        "state:FRA",
        "treaty.consent_deposited",
        "2003-01-01",
        accession,
        "law.treaty.accession_after_signature",
    );
    refused(
        &mut kit,
        "state:FRA",
        "treaty.consent_deposited",
        "1950-01-01",
        consents("FRA", GENOCIDE, "acceptance"),
        "law.treaty.mode_not_provided",
    );
    refused(
        &mut kit,
        "state:FRA",
        "treaty.provisionally_applied",
        "2014-01-01",
        plain("FRA", GENOCIDE),
        "law.treaty.no_provisional_application",
    );
}

/// The Arms Trade Treaty is open to accession once it is in force: refused where the records show that it was not,
/// flagged where they do not show.
#[test]
fn accession_that_waits_for_the_treaty() {
    let mut kit = Kit::with_treaties();
    let flags = kit.say("state:RWA", "treaty.consent_deposited", "2014-01-01", consents("RWA", ATT, "accession"));
    assert_eq!(codes(&flags), ["treaty.entry_into_force_unknown"]);
    for i in 0..50 {
        let state = format!("X{i:02}");
        kit.register(&format!("state:{state}"), "1945-10-24", "state");
        kit.transcribe("treaty.signed", "2013-06-03", signs(&state, ATT));
        kit.transcribe("treaty.consent_deposited", "2014-09-25", consents(&state, ATT, "ratification"));
    }
    let event = kit.transcription("treaty.consent_deposited", "2014-12-23", consents("FRA", ATT, "accession"));
    kit.refused(&event, "law.treaty.accession_not_open");
    assert_eq!(kit.transcribe("treaty.consent_deposited", "2014-12-24", consents("FRA", ATT, "accession")), []);
    let event = kit.transcription("treaty.signed", "2014-12-24", signs("CZE", ATT));
    kit.refused(&event, "law.treaty.signature_closed");
}

#[test]
fn a_backfilled_act_flags_itself_and_what_it_makes_unlawful() {
    let mut kit = Kit::with_treaties();
    kit.say("state:FRA", "treaty.signed", "1998-07-18", signs("FRA", "rome-statute"));
    kit.say("state:FRA", "treaty.consent_deposited", "2000-06-09", consents("FRA", "rome-statute", "ratification"));
    let consent = kit.judge.head.size - 1;
    // France now says that it had repudiated its signature in between: admitted, and both carry a flag.
    let flags = kit.say("state:FRA", "treaty.signature_repudiated", "1999-01-01", plain("FRA", "rome-statute"));
    let found: Vec<(u64, &str)> = flags.iter().map(|f| (f.seq, f.code)).collect();
    assert_eq!(found, [(consent + 1, "law.backfill"), (consent, "law.treaty.not_signed")]);
    assert_eq!(kit.audit(&kit.lines).verdict.exit_code(), 0);
}

#[test]
fn corrections() {
    let mut kit = Kit::with_treaties();
    kit.say("state:RWA", "treaty.consent_deposited", "1975-04-17", consents("RWA", GENOCIDE, "accession"));
    let stream = "treaty:genocide-convention:RWA";
    let target =
        kit.event("state:RWA", "treaty.signature_repudiated", "1975-04-16", plain("RWA", GENOCIDE)).follows.unwrap();
    let correct = |target: Value, more: Value| {
        let mut body = json!({"reason": "typing error", "stream": stream, "target": target});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let right_date = json!({"date": "1975-04-16"});
    let body = correct(json!("00".repeat(32)), right_date.clone());
    refused(&mut kit, "state:RWA", "event.corrected", "1975-04-16", body, "law.correction.unknown_target");
    refused(
        &mut kit,
        "state:RWA",
        "event.corrected",
        "1975-04-16",
        correct(json!(target), json!({})),
        "law.correction.empty",
    );
    let body = correct(json!(target), right_date.clone());
    refused(&mut kit, "state:FRA", "event.corrected", "1975-04-16", body.clone(), "authority.not_entitled");
    let wrong_type = correct(json!(target), json!({"replacement": signs("RWA", GENOCIDE)}));
    refused(&mut kit, "state:RWA", "event.corrected", "1975-04-16", wrong_type, "law.correction.type_differs");
    // A correction must itself be lawful: before 1962 there was no Rwanda to accede.
    let too_early = correct(json!(target), json!({"date": "1961-04-16"}));
    refused(&mut kit, "state:RWA", "event.corrected", "1975-04-16", too_early, "law.actor.not_yet");
    kit.say("state:RWA", "event.corrected", "1975-04-16", body);
    // Retracted, the consent is free to be given anew.
    kit.say("state:RWA", "event.corrected", "1975-04-16", correct(json!(target), json!({"retracted": true})));
    kit.say("state:RWA", "treaty.consent_deposited", "1975-04-16", consents("RWA", GENOCIDE, "accession"));
}

#[test]
fn the_depositary_corrects_its_own_record() {
    let mut kit = Kit::with_treaties();
    let mut deposit = kit.event(UNSG, "treaty.consent_deposited", "1975-04-17", consents("RWA", GENOCIDE, "accession"));
    deposit.standing = answerable_schemas::Standing::Depositary;
    kit.must(deposit.clone());
    let target = kit.sign(&deposit).id;
    let body = json!({"date": "1975-04-16", "notification": "C.N.1.1975", "state": "state:RWA", "target": target, "treaty": GENOCIDE});
    refused(
        &mut kit,
        "state:RWA",
        "treaty.depositary_corrected",
        "1975-05-01",
        body.clone(),
        "authority.no_such_standing",
    );
    let mut event = kit.event(UNSG, "treaty.depositary_corrected", "1975-05-01", body);
    event.standing = answerable_schemas::Standing::Depositary;
    kit.must(event);
}

#[test]
fn objections_and_late_reservations() {
    let mut kit = Kit::with_treaties();
    kit.say("state:RWA", "treaty.consent_deposited", "1975-04-16", consents("RWA", GENOCIDE, "accession"));
    kit.say("state:RWA", "treaty.reservation_made", "1975-04-16", reserves("RWA", GENOCIDE, &["IX"], "consent"));
    let object = |label: &str, to: &str| {
        json!({"objection": label, "precludes_entry_into_force": false, "reservation": "r1", "reserving_state": to,
               "state": "state:FRA", "text": "x", "treaty": GENOCIDE})
    };
    refused(
        &mut kit,
        "state:FRA",
        "treaty.objection_made",
        "1975-06-01",
        object("o1", "state:FRA"),
        "law.treaty.objection_to_itself",
    );
    refused(
        &mut kit,
        "state:FRA",
        "treaty.objection_made",
        "1975-06-01",
        object("o1", "state:SSD"),
        "law.treaty.unknown_reservation",
    );
    assert_eq!(kit.say("state:FRA", "treaty.objection_made", "1975-06-01", object("o1", "state:RWA")), []);
    let flags = kit.say("state:FRA", "treaty.objection_made", "1976-04-17", object("o2", "state:RWA"));
    assert_eq!(codes(&flags), ["treaty.objection_late"]);
    let mut late = reserves("RWA", GENOCIDE, &["VI"], "late");
    late["reservation"] = json!("r2");
    assert_eq!(
        codes(&kit.say("state:RWA", "treaty.reservation_made", "1980-01-01", late)),
        ["treaty.reservation_late"]
    );
}
