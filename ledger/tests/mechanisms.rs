//! Access, institutions, treaty lists and what was never used, against small histories told by hand.

mod telling;

use answerable_ledger::projection::access::{self, Invitation, access};
use answerable_ledger::projection::institutions::{Row as Nhri, Status, institutions};
use answerable_ledger::projection::reserved::{Effect, Kind, reservations};
use answerable_ledger::projection::unused::{never_used, unused};
use answerable_ledger::projection::waiting::{NoticeState, unratified, withdrawals};
use answerable_schemas::{ActorId, Standing};
use serde_json::{Value, json};
use telling::Records;

const RWA: &str = "state:RWA";
const RAPPORTEUR: &str = "org:special-rapporteur-truth";

fn visits() -> Records {
    let mut r = Records::with(&[(RWA, "state"), ("state:FRA", "state"), (RAPPORTEUR, "mandate_holder")]);
    r.copy("invitation.issued", "2011-01-24", json!({"state": RWA}));
    r
}

fn visit(r: &mut Records, what: &str, id: &str, on: &str, more: Value) -> u64 {
    let mut body = json!({"state": RWA, "visit": id});
    if !matches!(what, "accepted" | "declined" | "dates_proposed") {
        body["mandate_holder"] = RAPPORTEUR.into();
    }
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    r.copy(&format!("visit.{what}"), on, body)
}

fn of(r: &Records, on: &str, named: &[&str]) -> Vec<access::Row> {
    let named: Vec<ActorId> = named.iter().map(|s| s.parse().unwrap()).collect();
    r.ask(on, |q| access(q, &named)).unwrap().content.states
}

#[test]
fn a_standing_invitation_is_compared_with_the_visits_granted() {
    let mut r = visits();
    visit(&mut r, "requested", "v1", "2012-01-01", json!({}));
    let oldest = visit(&mut r, "requested", "v2", "2011-06-01", json!({}));
    visit(&mut r, "reminded", "v2", "2014-01-01", json!({}));
    visit(&mut r, "requested", "v3", "2012-01-01", json!({}));
    visit(&mut r, "accepted", "v3", "2012-02-01", json!({}));
    visit(&mut r, "completed", "v3", "2012-03-01", json!({"restricted": true}));
    visit(&mut r, "requested", "v4", "2012-01-01", json!({}));
    visit(&mut r, "declined", "v4", "2012-02-01", json!({}));
    visit(&mut r, "requested", "v5", "2012-01-01", json!({}));
    visit(&mut r, "accepted", "v5", "2013-02-01", json!({}));
    let row = &of(&r, "2015-06-01", &[])[0];
    let v = row.visits;
    assert_eq!((v.requested, v.pending, v.accepted, v.declined, v.completed, v.restricted), (5, 2, 1, 1, 1, 1));
    let waiting = row.oldest_pending.as_ref().unwrap();
    assert_eq!(
        (waiting.since.as_str(), waiting.days, waiting.record),
        ("2011-06-01", 1461, oldest),
        "a reminder is no new request"
    );
    assert_eq!((row.invitation, row.invitation_since.as_deref()), (Invitation::Issued, Some("2011-01-24")));
    assert!(row.gap.as_ref().unwrap().contains("2 requests wait"), "{row:?}");
    // On an earlier day the agreed visit still waited.
    assert_eq!(of(&r, "2012-12-31", &[])[0].visits.pending, 3);
    // Without an invitation, or without a request, there is no gap.
    r.copy("invitation.withdrawn", "2015-01-01", json!({"state": RWA}));
    let withdrawn = &of(&r, "2015-06-01", &[])[0];
    assert_eq!((withdrawn.invitation, &withdrawn.gap), (Invitation::Withdrawn, &None));
    assert_eq!(of(&visits(), "2015-06-01", &[])[0].gap, None);
    let named = of(&r, "2015-06-01", &["state:FRA", RWA]);
    assert_eq!((named.len(), named[0].invitation, named[0].visits.requested), (2, Invitation::None, 0));
}

/// A table of visits made may lack every request: what was made counts as made, not as waiting.
#[test]
fn a_transcribed_visit_without_its_request_is_made_all_the_same() {
    let mut r = visits();
    visit(&mut r, "completed", "v1", "2012-03-01", json!({}));
    let row = &of(&r, "2015-06-01", &[])[0];
    assert_eq!((row.visits.completed, row.visits.pending, &row.gap), (1, 0, &None));
    assert_eq!(row.basis.flags, ["law.story.not_begun"]);
}

#[test]
fn communications_are_counted_with_their_answers() {
    let mut r = visits();
    for id in ["c1", "c2"] {
        r.copy(
            "communication.sent",
            "2012-01-01",
            json!({"communication": id, "mandate_holder": RAPPORTEUR, "state": RWA}),
        );
    }
    r.copy("communication.replied", "2012-02-01", json!({"communication": "c1", "state": RWA}));
    let c = of(&r, "2015-06-01", &[RWA])[0].communications;
    assert_eq!((c.sent, c.answered), (2, 1));
}

fn nhris(r: &Records, on: &str, named: &[&str]) -> Vec<Nhri> {
    let named: Vec<ActorId> = named.iter().map(|s| s.parse().unwrap()).collect();
    r.ask(on, |q| institutions(q, &named)).unwrap().content.institutions
}

/// The chart of accreditations tells of decisions alone: no founding, no application.
#[test]
fn institutions_have_a_status_what_is_pending_and_a_next_review() {
    let mut r = Records::with(&[
        (RWA, "state"),
        ("state:FRA", "state"),
        ("nhri:rwanda", "nhri"),
        ("nhri:france", "nhri"),
        ("org:ganhri", "other"),
    ]);
    let decide = |r: &mut Records, on: &str, decision: &str, next: Option<&str>| {
        let mut body = json!({"organ": "org:ganhri", "state": RWA, "nhri": "nhri:rwanda", "decision": decision});
        if let Some(next) = next {
            body["next_review"] = next.into();
        }
        r.copy("nhri.accreditation_decided", on, body)
    };
    decide(&mut r, "2012-01-01", "a", Some("2017-01-01"));
    let deferred = decide(&mut r, "2017-01-01", "deferred", None);
    let report = |prevention: bool| json!({"state": RWA, "nhri": "nhri:rwanda", "audience": ["public"], "atrocity_prevention": prevention});
    let on_prevention = r.copy("nhri.reported", "2016-01-01", report(true));
    r.copy("nhri.reported", "2016-06-01", report(false));
    decide(&mut r, "2018-01-01", "b", Some("2023-01-01"));
    decide(&mut r, "2024-01-01", "lapsed", None);
    r.copy("nhri.established", "1947-03-17", json!({"state": "state:FRA", "nhri": "nhri:france"}));
    let on = |day: &str| nhris(&r, day, &[RWA]).remove(0);
    let first = on("2013-01-01");
    assert_eq!((first.status, first.since.as_deref(), first.review_passed), (Status::A, Some("2012-01-01"), false));
    let waiting = on("2017-06-01");
    let pending = waiting.pending.as_ref().unwrap();
    assert_eq!(
        (waiting.status, pending.what.as_str(), pending.record),
        (Status::A, "deferred", deferred),
        "deferral keeps A"
    );
    assert!(waiting.review_passed && !on("2017-01-01").review_passed);
    assert_eq!(waiting.prevention_report.as_ref().unwrap().record, on_prevention);
    let down = on("2018-06-01");
    assert_eq!((down.status, &down.pending, down.next_review.as_deref()), (Status::B, &None, Some("2023-01-01")));
    assert_eq!((on("2024-06-01").status, on("2024-06-01").next_review), (Status::Lapsed, None));
    let all = nhris(&r, "2013-01-01", &[]);
    assert_eq!(all.iter().map(|n| n.status).collect::<Vec<_>>(), [Status::NotAccredited, Status::A]);
    r.actor("state:XXX", "state");
    let none = nhris(&r, "2013-01-01", &["state:XXX", RWA]);
    assert_eq!((none.len(), none[1].status, none[1].nhri.is_none()), (2, Status::NoneEstablished, true));
}

fn treaty(r: &mut Records, kind: &str, who: &str, treaty: &str, on: &str, more: Value) -> u64 {
    let mut body = json!({"state": who, "treaty": treaty});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    r.copy(&format!("treaty.{kind}"), on, body)
}

#[test]
fn signatures_that_no_consent_followed_come_oldest_first() {
    let mut r =
        Records::with(&[(RWA, "state"), ("state:FRA", "state"), ("state:USA", "state"), ("state:IRN", "state")]);
    r.treaties();
    let signed = json!({"mode": "simple"});
    treaty(&mut r, "signed", "state:IRN", "rome-statute", "2000-12-31", signed.clone());
    treaty(&mut r, "signed", "state:USA", "rome-statute", "2000-12-30", signed.clone());
    treaty(&mut r, "signature_repudiated", "state:USA", "rome-statute", "2002-05-06", json!({}));
    treaty(&mut r, "signed", "state:FRA", "rome-statute", "1998-07-18", signed.clone());
    treaty(&mut r, "consent_deposited", "state:FRA", "rome-statute", "2000-06-09", json!({"mode": "ratification"}));
    treaty(&mut r, "signed", RWA, "arms-trade-treaty", "2013-06-05", signed);
    let ask = |on: &str, state: Option<&str>| {
        let state: Option<ActorId> = state.map(|s| s.parse().unwrap());
        let found = r.ask(on, |q| unratified(q, None, state.as_ref())).unwrap().unwrap().content.signatures;
        found.into_iter().map(|s| (s.state.to_string(), s.years, s.days)).collect::<Vec<_>>()
    };
    assert_eq!(ask("2020-12-30", None), [("state:IRN".into(), 19, 7304), (RWA.into(), 7, 2765)]);
    assert_eq!(ask("2000-12-31", None), [("state:USA".into(), 0, 1), ("state:IRN".into(), 0, 0)]);
    assert_eq!(ask("2000-06-08", None), [("state:FRA".into(), 1, 691)]);
    assert_eq!(ask("2020-12-30", Some(RWA)).len(), 1);
    let unknown = r.ask("2020-01-01", |q| unratified(q, Some(&"no-treaty".parse().unwrap()), None)).unwrap();
    assert!(unknown.is_none());
}

#[test]
fn notices_of_withdrawal_run_out_or_are_revoked() {
    let mut r = Records::with(&[("state:BDI", "state"), ("state:ZAF", "state")]);
    r.treaties();
    for who in ["state:BDI", "state:ZAF"] {
        treaty(&mut r, "consent_deposited", who, "rome-statute", "2004-09-21", json!({"mode": "accession"}));
    }
    let notice = treaty(&mut r, "withdrawal_notified", "state:BDI", "rome-statute", "2016-10-27", json!({}));
    treaty(&mut r, "withdrawal_notified", "state:ZAF", "rome-statute", "2016-10-19", json!({}));
    treaty(&mut r, "withdrawal_revoked", "state:ZAF", "rome-statute", "2017-03-07", json!({}));
    let ask = |on: &str| {
        let found = r.ask(on, |q| withdrawals(q, None)).unwrap().unwrap().content.notices;
        found
            .into_iter()
            .map(|n| (n.state.to_string(), n.state_of_notice, n.days_left.or(n.days_since), n.records))
            .collect::<Vec<_>>()
    };
    let both = ask("2017-01-01");
    assert_eq!((both[0].1, both[1].1, both[1].2), (NoticeState::Pending, NoticeState::Pending, Some(299)));
    let later = ask("2017-10-27");
    assert_eq!((later[0].1, later[0].2, later[0].3.len()), (NoticeState::Revoked, None, 2));
    assert_eq!(later[1], ("state:BDI".into(), NoticeState::Effected, Some(0), vec![notice]));
    assert!(ask("2016-10-18").is_empty());
    // A notice given anew does not hide the one that was revoked.
    treaty(&mut r, "withdrawal_notified", "state:ZAF", "rome-statute", "2018-01-01", json!({}));
    let anew = r.ask("2018-06-01", |q| withdrawals(q, None)).unwrap().unwrap().content.notices;
    let states: Vec<_> = anew.iter().map(|n| (n.received.as_str(), n.state_of_notice)).collect();
    let expected = [
        ("2016-10-19", NoticeState::Revoked),
        ("2016-10-27", NoticeState::Effected),
        ("2018-01-01", NoticeState::Pending),
    ];
    assert_eq!(states, expected);
}

#[test]
fn reservations_stand_with_the_objections_to_them() {
    let mut r = Records::with(&[(RWA, "state"), ("state:FRA", "state"), ("state:GBR", "state")]);
    r.treaties();
    let genocide = "genocide-convention";
    for i in 0..20 {
        let code = format!("state:X{i:02}");
        r.actor(&code, "state");
        treaty(&mut r, "consent_deposited", &code, genocide, "1950-10-14", json!({"mode": "accession"}));
    }
    let reservation = |label: &str, at: &str| json!({"reservation": label, "articles": ["IX"], "made_at": at, "text": "Not bound by article IX."});
    treaty(&mut r, "consent_deposited", RWA, genocide, "1975-04-16", json!({"mode": "accession"}));
    let made = treaty(&mut r, "reservation_made", RWA, genocide, "1975-04-16", reservation("r1", "consent"));
    treaty(&mut r, "consent_deposited", "state:GBR", genocide, "1970-01-30", json!({"mode": "accession"}));
    let objects = json!({"objection": "o1", "reserving_state": RWA, "reservation": "r1", "precludes_entry_into_force": false, "text": "We object."});
    let objected = treaty(&mut r, "objection_made", "state:GBR", genocide, "1975-08-26", objects);
    // France signs with a reservation and ratifies without confirming it: it lapses (VCLT article 23(2)).
    treaty(&mut r, "signed", "state:FRA", genocide, "1948-12-11", json!({"mode": "simple"}));
    treaty(&mut r, "reservation_made", "state:FRA", genocide, "1948-12-11", reservation("r1", "signature"));
    treaty(&mut r, "consent_deposited", "state:FRA", genocide, "1950-10-14", json!({"mode": "ratification"}));
    let gone = treaty(&mut r, "reservation_withdrawn", RWA, genocide, "2008-12-15", json!({"reservation": "r1"}));
    let ask =
        |on: &str, all: bool| r.ask(on, |q| reservations(q, &genocide.parse().unwrap(), all)).unwrap().unwrap().content;
    let of_1980 = ask("1980-01-01", false);
    let told: Vec<_> = of_1980.acts.iter().map(|a| (a.kind, a.state.to_string(), a.effect.clone())).collect();
    assert_eq!(
        told,
        [(Kind::Objection, "state:GBR".into(), Effect::InForce), (Kind::Reservation, RWA.into(), Effect::InForce)]
    );
    let stands = &of_1980.acts[1];
    assert_eq!((stands.about.as_slice(), stands.records.as_slice()), (&["IX".to_owned()][..], &[made][..]));
    let by: Vec<_> = stands.objected_by.iter().map(|o| (o.state.as_str(), o.record)).collect();
    assert_eq!((by, of_1980.gone), (vec![("state:GBR", objected)], 1));
    // In 1949 France had signed alone.
    assert_eq!(ask("1949-12-31", false).acts[0].effect, Effect::AwaitsConsent);
    // In 2010 only the objection is left; with all, the rest shows what became of it.
    assert_eq!(ask("2010-01-01", false).acts.len(), 1);
    let all = ask("2010-01-01", true);
    let effects: Vec<_> = all.acts.iter().map(|a| (a.state.as_str(), a.effect.clone())).collect();
    let expected = [("state:FRA", Effect::Lapsed), ("state:GBR", Effect::InForce), (RWA, Effect::Withdrawn)];
    assert_eq!(effects, expected);
    assert_eq!((all.acts[2].withdrawn.as_deref(), all.acts[2].records.last()), (Some("2008-12-15"), Some(&gone)));
}

#[test]
fn mechanisms_never_used_are_counted_over_the_members() {
    let mut r = Records::with(&[
        (RWA, "state"),
        ("state:FRA", "state"),
        ("state:VAT", "state"),
        ("org:eu", "regional_organization"),
    ]);
    r.treaties();
    let instrument =
        json!({"instrument": "kigali", "binding": "political", "kind": "principles", "title": "Kigali Principles"});
    r.say("instrument.registered", "2015-05-29", instrument);
    let focal = |of: &str| json!({"of": of, "office": "Ministry", "level": "minister"});
    let first = r.copy("focal_point.appointed", "2015-08-27", focal(RWA));
    r.copy("focal_point.appointed", "2016-01-01", focal("org:eu"));
    r.copy("focal_point.vacated", "2018-01-01", json!({"of": RWA}));
    treaty(&mut r, "signed", RWA, "arms-trade-treaty", "2013-06-05", json!({"mode": "simple"}));
    let answer = |r: &Records, on: &str| r.ask(on, unused).unwrap().content;
    let of = |r: &Records, on: &str, id: &str| {
        let found = answer(r, on).mechanisms.into_iter().find(|m| m.mechanism == id);
        found.map(|m| (m.used, m.never, m.records))
    };
    let today = "2020-01-01";
    assert!(!answer(&r, today).by_membership);
    // The EU has one, and is no state; given up since, it was used all the same.
    assert_eq!(of(&r, today, "focal-point"), Some((1, 2, vec![first])));
    assert_eq!(of(&r, "2015-08-26", "focal-point"), Some((0, 3, vec![])));
    assert_eq!(of(&r, today, "treaty:arms-trade-treaty").unwrap().0, 1);
    assert_eq!(of(&r, today, "endorsement:kigali"), Some((0, 3, vec![])));
    assert_eq!(of(&r, today, "upr-mid-term"), Some((0, 3, vec![])));
    let kinds = answer(&r, today).kinds;
    assert!(kinds.contains(&"visit.requested") && !kinds.contains(&"focal_point.vacated"));
    assert!(answer(&r, "2017-12-31").kinds.contains(&"focal_point.vacated"));
    // With members recorded, only they count.
    r.actor("org:united-nations", "international_organization");
    for who in [RWA, "state:FRA"] {
        r.copy("membership.began", "1962-09-18", json!({"body": "org:united-nations", "member": who}));
    }
    assert!(answer(&r, today).by_membership);
    assert_eq!(of(&r, today, "focal-point"), Some((1, 1, vec![first])));
    let never = r.ask(today, |q| never_used(q, "focal-point")).unwrap().unwrap().content;
    assert_eq!(never.never.iter().map(|n| n.state.as_str()).collect::<Vec<_>>(), ["state:FRA"]);
    let known = r.ask(today, |q| never_used(q, "no-such")).unwrap().unwrap_err();
    assert!(known.contains(&"standing-invitation".to_owned()));
    let own = answerable_ledger::projection::Filter { standing: Some(Standing::Own), answered: None };
    assert!(r.ask_by(today, r.size, own, unused).unwrap().content.kinds.contains(&"focal_point.appointed"));
}

/// A hundred thousand records: one state's answer looks at that state alone, and counting over all is not quadratic.
#[test]
#[ignore = "a measurement: cargo test --release -p answerable-ledger --test mechanisms -- --ignored --nocapture"]
fn forty_one_thousand_recommendations() {
    use answerable_ledger::projection::recommendations::{GroupBy, Wanted, grouped, recommendations};
    use std::time::Instant;
    let mut r = Records::default();
    let states: Vec<String> = (0..193).map(|i| format!("state:S{i:03}")).collect();
    states.iter().for_each(|s| r.actor(s, "state"));
    let text = "Take further measures to prevent mass atrocities, including by training of security forces. ".repeat(3);
    for i in 0..41_066usize {
        let (to, from) = (&states[i % 193], &states[(i * 7 + 1 + i / 193) % 193]);
        if to == from {
            continue;
        }
        let id = format!("r{i}");
        let body = json!({"from": from, "to": to, "mechanism": "upr", "recommendation": id, "text": text,
            "action": i % 5 + 1, "session": 10, "cycle": 1, "themes": ["Torture", "Women"]});
        r.copy("recommendation.made", "2011-01-24", body);
        let response = if i % 4 == 0 { "noted" } else { "supported" };
        r.copy("recommendation.responded", "2011-06-06", json!({"to": to, "recommendation": id, "response": response}));
    }
    let start = Instant::now();
    let one = Wanted { to: Some(states[5].parse().unwrap()), ..Wanted::default() };
    let rows = r.ask("2020-01-01", |q| recommendations(q, &one)).unwrap().content.recommendations.len();
    println!("{} records; one state: {rows} recommendations in {:?}", r.size, start.elapsed());
    for by in [GroupBy::Response, GroupBy::Theme, GroupBy::State] {
        let start = Instant::now();
        let groups = r.ask("2020-01-01", |q| grouped(q, &Wanted::default(), by)).unwrap().content;
        println!("by {by:?}: {} made, {} groups in {:?}", groups.counts.made, groups.groups.len(), start.elapsed());
    }
    let start = Instant::now();
    let all = r.ask("2020-01-01", |q| recommendations(q, &Wanted::default())).unwrap().content;
    println!("all {} listed, with their flags, in {:?}", all.recommendations.len(), start.elapsed());
    let start = Instant::now();
    println!("unused: {} kinds in {:?}", r.ask("2020-01-01", unused).unwrap().content.kinds.len(), start.elapsed());
}
