//! The treaty answer against cases of public record: withdrawals, revocations, late entries, imprecise dates, standings.

use std::sync::Arc;

use answerable_ledger::projection::treaty::{Participants, Row, Status, Successions, TreatyStatus, status};
use answerable_schemas::catalogue::Body;
use answerable_schemas::history::KnownAt;
use answerable_schemas::ids::TreatyId;
use answerable_schemas::{EventId, Fact, Instant, MemoryHistory, Standing, TypeName};
use jiff::civil::Date;
use serde_json::{Value, json};

#[derive(Default)]
struct Records {
    history: MemoryHistory,
    size: u64,
}

impl Records {
    fn with_treaties() -> Self {
        let mut records = Self::default();
        for actor in ["org:un-secretary-general", "org:swiss-federal-council"] {
            records.say(
                "actor.registered",
                "1900",
                json!({"actor": actor, "kind": "other", "name": actor}),
                Standing::Own,
            );
        }
        let treaties: Value = serde_json::from_str(include_str!("../../examples/treaties.json")).unwrap();
        for rules in treaties.as_array().unwrap() {
            let adopted = rules["adopted"].as_str().unwrap().to_owned();
            records.say("treaty.registered", &adopted, rules.clone(), Standing::Own);
        }
        records
    }

    fn say(&mut self, kind: &str, effective: &str, body: Value, standing: Standing) -> EventId {
        let kind: TypeName = kind.parse().unwrap();
        let body = Body::parse(&kind, 1, body.as_object().unwrap()).unwrap_or_else(|e| panic!("{e}"));
        let mut id = [0; 32];
        id[..8].copy_from_slice(&self.size.to_be_bytes());
        self.history.push(Arc::new(Fact {
            seq: self.size,
            id: EventId(id),
            recorded: Instant::from_millis(1_795_000_000_000 + self.size as i64).unwrap(),
            actor: "org:transcriber".parse().unwrap(),
            signers: Vec::new(),
            standing,
            effective: effective.parse().unwrap(),
            stream: body.stream(),
            source: None,
            attachments: Vec::new(),
            body,
        }));
        self.size += 1;
        EventId(id)
    }

    fn state(&mut self, code: &str) {
        let body = json!({"actor": format!("state:{code}"), "kind": "state", "name": code});
        self.say("actor.registered", "1945-10-24", body, Standing::Own);
    }

    fn act(&mut self, kind: &str, code: &str, treaty: &str, on: &str, more: Value) -> EventId {
        let mut body = json!({"state": format!("state:{code}"), "treaty": treaty});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.say(&format!("treaty.{kind}"), on, body, Standing::Transcribed)
    }

    fn accedes(&mut self, code: &str, treaty: &str, on: &str) -> EventId {
        self.state(code);
        self.act("consent_deposited", code, treaty, on, json!({"mode": "accession"}))
    }

    fn ask(&self, treaty: &str, on: &str) -> TreatyStatus {
        self.ask_known(treaty, on, self.size)
    }

    fn ask_known(&self, treaty: &str, on: &str, size: u64) -> TreatyStatus {
        let known = KnownAt { history: &self.history, size };
        let day: Date = on.parse().unwrap();
        status(&known, &TreatyId::new(treaty).unwrap(), day, size, &Default::default()).unwrap().unwrap()
    }

    /// Sixty deposits on the day on which the Rome Statute's threshold was met.
    fn rome_in_force(&mut self) {
        for i in 0..60 {
            self.accedes(&format!("X{i:02}"), "rome-statute", "2002-04-11");
        }
    }
}

fn of<'a>(answer: &'a TreatyStatus, code: &str) -> &'a Row {
    answer.states.iter().find(|r| r.actor.as_str() == format!("state:{code}")).unwrap()
}

#[test]
fn burundi_leaves_the_rome_statute_after_a_year() {
    let mut r = Records::with_treaties();
    r.rome_in_force();
    r.accedes("BDI", "rome-statute", "2004-09-21");
    r.act("withdrawal_notified", "BDI", "rome-statute", "2016-10-27", json!({}));
    assert_eq!(of(&r.ask("rome-statute", "2004-11-30"), "BDI").status, Status::Deposited);
    assert_eq!(of(&r.ask("rome-statute", "2004-12-01"), "BDI").status, Status::InForce);
    let pending = r.ask("rome-statute", "2017-10-26");
    assert_eq!(
        (of(&pending, "BDI").status, of(&pending, "BDI").ends.as_deref()),
        (Status::Withdrawing, Some("2017-10-27"))
    );
    assert_eq!(pending.counts.in_force, 61);
    let gone = r.ask("rome-statute", "2017-10-27");
    assert_eq!((of(&gone, "BDI").status, gone.counts.in_force, gone.counts.deposits), (Status::Withdrawn, 60, 60));
}

#[test]
fn south_africa_and_the_gambia_revoked_in_time() {
    let mut r = Records::with_treaties();
    r.rome_in_force();
    for (code, notice, revoked) in [("ZAF", "2016-10-19", "2017-03-07"), ("GMB", "2016-11-10", "2017-02-10")] {
        r.accedes(code, "rome-statute", "2002-06-28");
        r.act("withdrawal_notified", code, "rome-statute", notice, json!({}));
        r.act("withdrawal_revoked", code, "rome-statute", revoked, json!({}));
        assert_eq!(of(&r.ask("rome-statute", "2017-01-01"), code).status, Status::Withdrawing);
        assert_eq!(of(&r.ask("rome-statute", "2018-01-01"), code).status, Status::InForce);
    }
}

#[test]
fn palestine_and_the_first_of_the_month() {
    let mut r = Records::with_treaties();
    r.rome_in_force();
    r.accedes("PSE", "rome-statute", "2015-01-02");
    let answer = r.ask("rome-statute", "2015-03-31");
    assert_eq!(of(&answer, "PSE").in_force_from.as_deref(), Some("2015-04-01"));
    assert_eq!(of(&answer, "PSE").status, Status::Deposited);
    assert_eq!(answer.entry_into_force.date.as_deref(), Some("2002-07-01"));
}

#[test]
fn the_united_states_repudiated_its_signature() {
    let mut r = Records::with_treaties();
    r.state("USA");
    r.act("signed", "USA", "rome-statute", "2000-12-31", json!({"mode": "simple"}));
    r.act("signature_repudiated", "USA", "rome-statute", "2002-05-06", json!({}));
    assert_eq!(of(&r.ask("rome-statute", "2002-05-05"), "USA").status, Status::Signed);
    assert_eq!(of(&r.ask("rome-statute", "2002-05-06"), "USA").status, Status::SignatureRepudiated);
}

#[test]
fn a_succession_does_not_wait_and_takes_effect_on_its_date() {
    let mut r = Records::with_treaties();
    for i in 0..20 {
        r.accedes(&format!("X{i:02}"), "genocide-convention", "1950-10-14");
    }
    for code in ["AAA", "BBB"] {
        r.state(code);
        let body = json!({"mode": "separation", "predecessor": "state:X00", "successor": format!("state:{code}")});
        r.say("state.succeeded", "1991-11-17", body, Standing::Own);
    }
    r.act("consent_deposited", "AAA", "genocide-convention", "1994-01-18", json!({"mode": "succession"}));
    let dated = json!({"mode": "succession", "succession_date": "1991-11-17"});
    r.act("consent_deposited", "BBB", "genocide-convention", "1994-01-18", dated);
    let answer = r.ask("genocide-convention", "1994-01-18");
    assert_eq!(of(&answer, "AAA").in_force_from.as_deref(), Some("1994-01-18"));
    assert_eq!(of(&answer, "AAA").flags, ["treaty.succession_date_unknown"]);
    assert_eq!((of(&answer, "BBB").in_force_from.as_deref(), of(&answer, "BBB").flags.len()), (Some("1991-11-17"), 0));
    // Notified in 1994, it binds from 1991: asked about 1992, the answer says so, and that it was notified later.
    let between = r.ask("genocide-convention", "1992-01-01");
    assert_eq!(of(&between, "BBB").status, Status::InForce);
    assert_eq!(of(&between, "BBB").remarks, ["succession notified only on 1994-01-18"]);
    assert_eq!((between.counts.deposits, between.counts.in_force, between.counts.states), (20, 21, 21));
}

/// A researcher may count successions otherwise. That changes consents by succession, as they stand corrected, and nothing else.
#[test]
fn successions_count_as_they_are_chosen_to() {
    let mut r = Records::with_treaties();
    for i in 0..20 {
        r.accedes(&format!("X{i:02}"), "genocide-convention", "1950-10-14");
    }
    for code in ["AAA", "BBB", "CCC"] {
        r.state(code);
        let body = json!({"mode": "separation", "predecessor": "state:X00", "successor": format!("state:{code}")});
        r.say("state.succeeded", "1991-11-17", body, Standing::Own);
    }
    let dated = json!({"mode": "succession", "succession_date": "1991-11-17"});
    r.act("consent_deposited", "AAA", "genocide-convention", "1994-01-18", dated);
    // An accession, which a correction turns into a succession with a date.
    let wrong = r.act("consent_deposited", "BBB", "genocide-convention", "1994-01-18", json!({"mode": "accession"}));
    let right = json!({
        "mode": "succession", "succession_date": "1991-11-17", "state": "state:BBB", "treaty": "genocide-convention",
    });
    let correction =
        json!({"target": wrong, "reason": "misread", "stream": "treaty:genocide-convention:BBB", "replacement": right});
    r.say("event.corrected", "1994-01-18", correction, Standing::Transcribed);
    // A successor that gave notice: where its succession does not count, it had nothing to leave.
    r.act("consent_deposited", "CCC", "genocide-convention", "1994-01-18", json!({"mode": "succession"}));
    r.act("withdrawal_notified", "CCC", "genocide-convention", "1995-01-01", json!({}));

    let treaty = TreatyId::new("genocide-convention").unwrap();
    let participants = Participants::of(&r.history, &treaty).unwrap().unwrap();
    let ask = |on: &str, how| participants.status(on.parse().unwrap(), r.size, &Default::default(), how).unwrap();
    let standing = |on: &str, how: Successions| {
        let answer = ask(on, how);
        ["X01", "AAA", "BBB", "CCC"]
            .map(|code| answer.states.iter().find(|s| s.actor.as_str() == format!("state:{code}")).map(|s| s.status))
    };
    let bound = Some(Status::InForce);
    assert_eq!(standing("1992-01-01", Successions::Recorded), [bound, bound, bound, None]);
    assert_eq!(standing("1992-01-01", Successions::Deposit), [bound, None, None, None]);
    assert_eq!(standing("1994-01-18", Successions::Deposit), [bound, bound, bound, bound]);
    assert_eq!(standing("1994-01-18", Successions::None), [bound, None, None, None]);
    let leaving = [bound, bound, bound, Some(Status::Withdrawing)];
    assert_eq!(standing("1995-06-01", Successions::Recorded), leaving);
    assert_eq!(standing("1995-06-01", Successions::None), [bound, None, None, Some(Status::None)]);
    // The choice moves no threshold, and the default is the law.
    for how in [Successions::Recorded, Successions::Deposit, Successions::None] {
        assert_eq!(ask("1995-06-01", how).entry_into_force.date.as_deref(), Some("1951-01-12"));
    }
    let law = serde_json::to_value(r.ask("genocide-convention", "1995-06-01")).unwrap();
    assert_eq!(serde_json::to_value(ask("1995-06-01", Successions::default())).unwrap(), law);
}

#[test]
fn an_imprecise_date_is_possible_before_it_is_certain() {
    let mut r = Records::with_treaties();
    r.accedes("AAA", "refugee-protocol", "1970-02");
    assert_eq!(r.ask("refugee-protocol", "1970-01-31").counts.states, 0);
    let maybe = r.ask("refugee-protocol", "1970-02-10");
    assert_eq!((of(&maybe, "AAA").status, of(&maybe, "AAA").possibly), (Status::None, Some(Status::Deposited)));
    assert_eq!(maybe.counts.deposits, 0);
    let sure = r.ask("refugee-protocol", "1970-02-28");
    assert_eq!((of(&sure, "AAA").status, of(&sure, "AAA").possibly), (Status::Deposited, None));
}

#[test]
fn simultaneous_deposits_tie_and_later_ones_wait_for_the_treaty() {
    let mut r = Records::with_treaties();
    for i in 0..7 {
        // The sixth and the seventh come on one day: the date counts, whichever came first.
        r.accedes(&format!("X{i}"), "refugee-protocol", if i < 5 { "1967-09-01" } else { "1967-10-04" });
    }
    let answer = r.ask("refugee-protocol", "1967-10-04");
    assert_eq!(answer.entry_into_force.date.as_deref(), Some("1967-10-04"));
    assert_eq!((answer.counts.in_force, answer.entry_into_force.records.len()), (7, 7));
    assert_eq!(of(&answer, "X0").in_force_from.as_deref(), Some("1967-10-04"));
    assert_eq!(r.ask("refugee-protocol", "1967-10-03").entry_into_force.date, None);
}

#[test]
fn accessions_do_not_bring_the_arms_trade_treaty_into_force() {
    let mut r = Records::with_treaties();
    for i in 0..50 {
        let code = format!("X{i:02}");
        r.state(&code);
        let mode = if i < 49 { "ratification" } else { "accession" };
        r.act("consent_deposited", &code, "arms-trade-treaty", "2014-09-25", json!({"mode": mode}));
    }
    let short = r.ask("arms-trade-treaty", "2014-12-31");
    assert_eq!((short.entry_into_force.date.as_deref(), short.entry_into_force.deposits_counted), (None, 49));
    r.state("YYY");
    r.act("consent_deposited", "YYY", "arms-trade-treaty", "2014-09-25", json!({"mode": "approval"}));
    assert_eq!(r.ask("arms-trade-treaty", "2014-12-31").entry_into_force.date.as_deref(), Some("2014-12-24"));
}

#[test]
fn standings_stand_side_by_side() {
    let mut r = Records::with_treaties();
    r.accedes("AAA", "refugee-protocol", "1970-02-03");
    let body = json!({"mode": "accession", "state": "state:AAA", "treaty": "refugee-protocol"});
    r.say("treaty.consent_deposited", "1970-02-04", body.clone(), Standing::Depositary);
    let answer = r.ask("refugee-protocol", "1971-01-01");
    let row = of(&answer, "AAA");
    assert_eq!((row.standing, row.deposited.as_deref()), (Standing::Depositary, Some("1970-02-04")));
    assert_eq!(row.remarks.len(), 1);
    assert!(row.remarks[0].starts_with("transcribed says: deposited, 1970-02-03"), "{}", row.remarks[0]);
    assert_eq!(answer.counts.deposits, 1);
}

/// The public table may lack the signature: the ratification comes in, and its flag shows in the row and in the answer.
#[test]
fn a_flag_stays_visible() {
    let mut r = Records::with_treaties();
    r.state("AAA");
    r.act("consent_deposited", "AAA", "arms-trade-treaty", "2014-03-19", json!({"mode": "ratification"}));
    let answer = r.ask("arms-trade-treaty", "2015-01-01");
    assert_eq!(of(&answer, "AAA").flags, ["law.treaty.not_signed"]);
    assert_eq!(answer.flags.iter().map(|f| (f.seq, f.code)).collect::<Vec<_>>(), [(11, "law.treaty.not_signed")]);
    assert_eq!(answer.counts.deposits, 1);
}

/// A ministry that states its signature alone must not hide the ratification that was transcribed.
#[test]
fn a_lone_signature_of_its_own_does_not_hide_a_transcribed_consent() {
    let mut r = Records::with_treaties();
    r.state("AAA");
    r.act("signed", "AAA", "arms-trade-treaty", "2013-06-05", json!({"mode": "simple"}));
    r.act("consent_deposited", "AAA", "arms-trade-treaty", "2014-03-19", json!({"mode": "ratification"}));
    let body = json!({"mode": "simple", "state": "state:AAA", "treaty": "arms-trade-treaty"});
    r.say("treaty.signed", "2013-06-05", body, Standing::Own);
    let answer = r.ask("arms-trade-treaty", "2015-01-01");
    let row = of(&answer, "AAA");
    assert_eq!((row.status, row.standing, answer.counts.deposits), (Status::Deposited, Standing::Transcribed, 1));
    assert_eq!(row.remarks, ["own says: signed, 2013-06-05 (records 13)"]);
}

#[test]
fn a_correction_is_known_only_from_its_record_on() {
    let mut r = Records::with_treaties();
    let target = r.accedes("AAA", "refugee-protocol", "1970-02-03");
    let before = r.size;
    let body =
        json!({"date": "1971-02-03", "reason": "misread", "stream": "treaty:refugee-protocol:AAA", "target": target});
    r.say("event.corrected", "1971-02-03", body, Standing::Transcribed);
    let deposited = |size| of(&r.ask_known("refugee-protocol", "1972-01-01", size), "AAA").deposited.clone().unwrap();
    assert_eq!((deposited(before).as_str(), deposited(r.size).as_str()), ("1970-02-03", "1971-02-03"));
    let row = of(&r.ask("refugee-protocol", "1972-01-01"), "AAA").clone();
    assert_eq!(row.records, [before - 1, before], "the answer rests on the act and on its correction");
}

#[test]
fn nothing_recorded_is_not_nobody_bound() {
    let r = Records::with_treaties();
    let answer = r.ask("additional-protocol-i", "2020-01-01");
    assert_eq!(answer.notes, ["no acts recorded: these records do not say who is bound"]);
}
