//! The scorecard changes cell by cell, as events arrive, and on no other occasion.

use std::collections::BTreeMap;

use answerable_ledger::projection::Filter;
use answerable_ledger::projection::scorecard::{ScorecardError, Scorecards, Whose, scorecards};
use answerable_schemas::Standing;
use serde_json::{Value, json};

use crate::Records;

const DAY: &str = "2026-06-30";

fn world() -> Records {
    let mut r = Records::with(&[
        ("state:AAA", "state"),
        ("state:BBB", "state"),
        ("org:un-secretary-general", "un_organ"),
        ("org:swiss-federal-council", "other"),
        ("org:united-nations", "international_organization"),
        ("org:assessor", "civil_society"),
        ("org:rapporteur", "mandate_holder"),
        ("org:court", "court"),
        ("org:parliament", "parliament"),
        ("org:nhri-a", "nhri"),
        ("org:ganhri", "other"),
    ]);
    let treaties: Value = serde_json::from_str(include_str!("../../../examples/treaties.json")).unwrap();
    for rules in treaties.as_array().unwrap() {
        let adopted = rules["adopted"].as_str().unwrap().to_owned();
        r.say("treaty.registered", &adopted, rules.clone());
    }
    r
}

fn ask(r: &Records, whose: Whose) -> Scorecards {
    r.ask(DAY, |q| scorecards(q, &whose).unwrap())
}

/// Every cell of both states.
fn cells(r: &Records) -> BTreeMap<String, Value> {
    let states = vec!["state:AAA".parse().unwrap(), "state:BBB".parse().unwrap()];
    let cards = ask(r, Whose::States(states));
    let mut cells = BTreeMap::new();
    for card in &cards.states {
        for cell in card.steps.iter().flat_map(|s| &s.cells) {
            let name = format!("{} {}", card.state.in_stream(), cell.cell);
            assert!(cells.insert(name, serde_json::to_value(cell).unwrap()).is_none(), "a cell comes once");
        }
    }
    cells
}

fn value(r: &Records, cell: &str) -> String {
    cells(r)[cell]["value"].as_str().unwrap().to_owned()
}

/// Says it, and checks that exactly these cells changed.
#[track_caller]
fn changes(r: &mut Records, say: impl FnOnce(&mut Records) -> u64, expected: &[&str]) -> u64 {
    let before = cells(r);
    let seq = say(r);
    let after = cells(r);
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
    let changed: Vec<&str> = after.iter().filter(|(k, v)| before[*k] != **v).map(|(k, _)| k.as_str()).collect();
    assert_eq!(changed, expected, "record {seq}");
    for name in changed {
        let rests = after[name]["records"].as_array().unwrap();
        let answered = after[name]["answers"].as_array().unwrap().iter().any(|a| a["record"] == seq);
        assert!(answered || rests.iter().any(|s| s == seq), "{name} opens to record {seq}: {rests:?}");
    }
    seq
}

fn event(kind: &'static str, on: &'static str, body: Value) -> impl FnOnce(&mut Records) -> u64 {
    move |r| r.say(kind, on, body)
}

#[test]
fn each_event_changes_its_own_cells_and_no_other() {
    let mut r = world();
    let (a, b) = ("state:AAA", "state:BBB");
    let nothing = |c: &Value| ["none", "no act recorded"].contains(&c["value"].as_str().unwrap());
    assert!(cells(&r).values().all(|c| nothing(c) && c["records"] == json!([])), "nothing is recorded");
    let c = &mut r;
    let office = json!({"level": "minister", "of": a, "office": "Ministry of Justice"});
    changes(c, event("focal_point.appointed", "2015-08-27", office), &["AAA focal_point", "AAA focal_point:office"]);
    let office = json!({"level": "senior_official", "of": a, "office": "Legal Department"});
    changes(c, event("focal_point.replaced", "2018-01-01", office), &["AAA focal_point:office"]);
    assert_eq!(value(c, "AAA focal_point"), "in office since 2015-08-27");
    changes(c, event("focal_point.vacated", "2020-01-01", json!({"of": a})), &["AAA focal_point"]);
    assert_eq!(value(c, "AAA focal_point"), "vacant since 2020-01-01");

    let consent = json!({"mode": "accession", "state": a, "treaty": "genocide-convention"});
    changes(c, event("treaty.consent_deposited", "1975-04-16", consent), &["AAA treaty:genocide-convention"]);
    assert_eq!(value(c, "AAA treaty:genocide-convention"), "deposited", "the treaty is not in force with one deposit");
    let other = json!({"mode": "accession", "state": b, "treaty": "genocide-convention"});
    changes(c, event("treaty.consent_deposited", "1976-04-16", other), &["BBB treaty:genocide-convention"]);

    let promise = json!({"commitment": "fund", "kind": "victims_assistance", "maker": a, "text": "a fund"});
    changes(c, event("commitment.made", "2019-01-01", promise), &["AAA victims_assistance"]);
    let other = json!({"commitment": "road", "kind": "pledge", "maker": a, "text": "a road"});
    changes(c, event("commitment.made", "2019-01-01", other), &[]);
    let progress = json!({"commitment": "fund", "evidence": ["A/1"], "maker": a, "status": "partial", "text": "paid"});
    changes(c, event("commitment.progress_reported", "2020-01-01", progress), &["AAA victims_assistance"]);
    assert_eq!(value(c, "AAA victims_assistance"), "1 promised; evidence for 1");
    let found =
        json!({"assessor": "org:assessor", "commitment": "fund", "maker": a, "method": "m", "status": "limited"});
    changes(c, event("commitment.assessed", "2021-01-01", found), &["AAA victims_assistance:assessed"]);

    changes(c, event("invitation.issued", "2011-03-03", json!({"state": a})), &["AAA standing_invitation"]);
    let visit = json!({"mandate_holder": "org:rapporteur", "state": a, "visit": "v1"});
    changes(c, event("visit.requested", "2012-01-01", visit.clone()), &["AAA visits"]);
    changes(c, event("visit.accepted", "2012-02-01", json!({"state": a, "visit": "v1"})), &["AAA visits"]);
    assert_eq!(value(c, "AAA visits"), "1 granted of 1 requested; 0 held, 0 declined, 0 pending");
    changes(c, event("visit.completed", "2012-05-01", visit), &["AAA visits"]);
    let recommended = json!({"from": b, "mechanism": "other", "recommendation": "r1", "text": "ratify", "to": a});
    changes(c, event("recommendation.made", "2016-01-01", recommended), &["AAA recommendations"]);
    let answer = json!({"recommendation": "r1", "response": "supported", "to": a});
    changes(c, event("recommendation.responded", "2016-06-01", answer), &["AAA recommendations"]);
    let done = json!({"recommendation": "r1", "status": "in_progress", "text": "a bill", "to": a});
    changes(c, event("recommendation.followed_up", "2018-06-01", done), &["AAA recommendations:followed_up"]);
    let found =
        json!({"assessor": "org:assessor", "method": "m", "recommendation": "r1", "status": "not_started", "to": a});
    changes(c, event("recommendation.assessed", "2019-06-01", found), &["AAA recommendations:assessed"]);
    assert_eq!(value(c, "AAA recommendations"), "1 made: 1 supported, 0 noted, 0 not answered");

    let started = json!({"assessment": "a1", "framework": "other", "state": a});
    changes(c, event("assessment.started", "2024-01-01", started), &["AAA self_assessment"]);
    let published = json!({"assessment": "a1", "factors": [{"factor": 1, "risk": "low"}, {"factor": 9, "risk": "high"}],
        "framework": "un_framework_of_analysis", "next_due": "2026-12-31",
        "participants": {"civil_society": true, "women": true, "youth": false}, "state": a});
    let own = ["AAA self_assessment", "AAA self_assessment:factors", "AAA self_assessment:participants"];
    changes(c, event("assessment.self_published", "2024-12-31", published), &own);
    assert_eq!(value(c, "AAA self_assessment"), "2024-12-31, 546 days old, next due 2026-12-31");
    assert_eq!(value(c, "AAA self_assessment:factors"), "2/14");
    let independent = json!({"assessment": "i1", "assessor": "org:assessor", "factors": [{"factor": 1, "risk": "high"}],
        "framework": "un_framework_of_analysis", "state": a});
    changes(c, event("assessment.independent_published", "2025-01-01", independent), &["AAA independent_assessment"]);

    let law = json!({"crimes": ["genocide", "war_crimes"], "kind": "criminalisation", "measure": "code", "state": a,
        "title": "Penal Code"});
    let both = ["AAA criminalisation:genocide", "AAA criminalisation:war_crimes"];
    changes(c, event("domestic.measure_reported", "2003", law), &both);
    let attested = ["AAA criminalisation:genocide:attested", "AAA criminalisation:war_crimes:attested"];
    let finding =
        json!({"assessor": "org:assessor", "effective": false, "measure": "code", "state": a, "text": "no cases"});
    changes(c, event("domestic.measure_attested", "2022-01-01", finding), &attested);
    assert_eq!(value(c, "AAA criminalisation:genocide"), "in place since 2003", "another's word changes nothing here");
    assert_eq!(value(c, "AAA criminalisation:genocide:attested"), "1 not effective");
    for (kind, cell) in [
        ("incitement", "incitement"),
        ("constitution", "constitution"),
        ("security_oversight", "security_oversight"),
        ("redress", "redress"),
        ("reconciliation", "redress"),
        ("early_warning", "resilience"),
        ("education", "resilience"),
        ("other", "other_measures"),
    ] {
        let id = kind.replace('_', "-");
        let body = json!({"crimes": ["genocide"], "kind": kind, "measure": id, "state": a, "title": kind});
        changes(c, event("domestic.measure_reported", "2010-01-01", body), &[&format!("AAA {cell}")]);
    }
    changes(c, event("domestic.measure_ended", "2025-01-01", json!({"measure": "code", "state": a})), &both);
    assert_eq!(value(c, "AAA criminalisation:genocide"), "ended 2025-01-01");

    let barrier =
        |by: &str, id: &str| json!({"barrier": id, "kind": "amnesty", "reporter": by, "state": a, "text": "law 1"});
    changes(c, event("domestic.barrier_reported", "2010-01-01", barrier(a, "mine")), &["AAA barriers"]);
    changes(
        c,
        event("domestic.barrier_reported", "2010-01-01", barrier("org:assessor", "theirs")),
        &["AAA barriers:attested"],
    );
    let removed = json!({"barrier": "theirs", "reporter": a, "state": a});
    changes(c, event("domestic.barrier_removed", "2012-01-01", removed), &["AAA barriers"]);
    assert_eq!(value(c, "AAA barriers"), "1 open (1 amnesty), 1 removed");
    assert_eq!(value(c, "AAA barriers:attested"), "1 open (1 amnesty), 0 removed", "by their word it is still there");

    let nhri = json!({"nhri": "org:nhri-a", "state": a});
    changes(c, event("nhri.established", "2001-01-01", nhri), &["AAA nhri"]);
    let decided = json!({"decision": "a", "next_review": "2027-01-01", "nhri": "org:nhri-a", "organ": "org:ganhri",
        "state": a});
    changes(c, event("nhri.accreditation_decided", "2022-01-01", decided), &["AAA nhri:status"]);
    assert_eq!(value(c, "AAA nhri:status"), "A since 2022-01-01, next review 2027-01-01");
    let report = json!({"atrocity_prevention": true, "audience": ["public"], "nhri": "org:nhri-a", "state": a});
    changes(c, event("nhri.reported", "2023-01-01", report), &["AAA nhri:reports"]);

    let debate =
        |id: &str| json!({"act": "debate", "id": id, "parliament": "org:parliament", "state": a, "title": "R2P"});
    changes(c, event("parliament.acted", "2025-12-31", debate("d1")), &[]);
    changes(c, event("parliament.acted", "2026-02-01", debate("d2")), &["AAA parliament:debate"]);
    let group = json!({"all_party": true, "id": "g1", "parliament": "org:parliament", "state": a, "title": "Group"});
    changes(c, event("parliament.body_established", "2020-01-01", group), &["AAA parliament:all_party_group"]);
    let case = json!({"case": "c1", "court": "org:court", "crimes": ["genocide"], "state": a});
    changes(c, event("case.opened", "2020-01-01", case), &["AAA cases"]);
    let elsewhere = json!({"case": "c2", "court": "org:court", "crimes": ["genocide"], "state": b});
    changes(c, event("case.opened", "2020-01-01", elsewhere), &["BBB cases"]);

    // What only takes effect later changes nothing yet.
    changes(c, event("invitation.withdrawn", "2026-07-01", json!({"state": a})), &[]);
    // Another state's act, and a transcription that its state disputes.
    changes(c, event("invitation.issued", "2011-03-03", json!({"state": b})), &["BBB standing_invitation"]);
    let transcribed =
        json!({"crimes": ["genocide"], "kind": "criminalisation", "measure": "law", "state": b, "title": "x"});
    let say = |r: &mut Records| r.transcribe("domestic.measure_reported", "2000-01-01", transcribed);
    let seq = changes(c, say, &["BBB criminalisation:genocide"]);
    let was = value(c, "BBB criminalisation:genocide");
    changes(c, |r| r.dispute(seq, b), &["BBB criminalisation:genocide"]);
    assert_eq!(value(c, "BBB criminalisation:genocide"), was, "a dispute is shown, and changes no value");
    changes(c, |r| r.redate(seq, "2001-01-01"), &["BBB criminalisation:genocide"]);
    assert_eq!(value(c, "BBB criminalisation:genocide"), "in place since 2001-01-01");
}

#[test]
fn groups_are_counted_by_recorded_membership() {
    let mut r = world();
    assert!(ask(&r, Whose::All).notes[0].starts_with("no membership is recorded"));
    let un = "org:united-nations";
    let unknown = r.ask(DAY, |q| scorecards(q, &Whose::MembersOf(un.parse().unwrap())));
    assert!(matches!(unknown, Err(ScorecardError::NoMembership(_))));
    let whose = || Whose::MembersOf(un.parse().unwrap());
    for (member, from, until) in [("state:AAA", "1945", None), ("state:BBB", "1960", Some("2026-06-29"))] {
        let mut body = json!({"body": un, "member": member});
        if let Some(until) = until {
            body["until"] = until.into();
        }
        r.say("membership.began", from, body);
    }
    r.say("invitation.issued", "2011-03-03", json!({"state": "state:AAA"}));
    r.say("invitation.issued", "2011-03-03", json!({"state": "state:BBB"}));
    let names = |s: &Scorecards| s.states.iter().map(|c| c.state.to_string()).collect::<Vec<_>>();
    let now = ask(&r, whose());
    assert_eq!((names(&now), now.group.as_ref().unwrap().members, now.met[2]), (vec!["state:AAA".to_owned()], 1, 1));
    let then = r.ask("2026-06-29", |q| scorecards(q, &whose()).unwrap());
    assert_eq!((then.states.len(), then.met[2]), (2, 2), "the last day of a membership is one of it");
    r.say("membership.ended", DAY, json!({"body": un, "member": "state:AAA"}));
    assert_eq!(ask(&r, whose()).states.len(), 1, "so is the day on which it ends");
    assert_eq!(r.ask("2026-07-01", |q| scorecards(q, &whose()).unwrap()).states.len(), 0);
    let all = ask(&r, Whose::All);
    assert_eq!(
        (all.states.len(), all.notes[0].as_str()),
        (2, "1 of 1 members of org:united-nations by recorded membership")
    );
    let not = r.ask(DAY, |q| scorecards(q, &Whose::States(vec![un.parse().unwrap()])));
    assert!(matches!(not, Err(ScorecardError::NotAState(_))));
    let early = r.ask("1944-01-01", |q| scorecards(q, &Whose::States(vec!["state:AAA".parse().unwrap()])).unwrap());
    // By silence alone nobody is said to be bound by nothing.
    let silent = "no act of any of the 8 registered treaties is recorded: they count as not in force";
    assert_eq!(early.notes, ["state:AAA did not exist on 1944-01-01", silent]);
    assert_eq!(all.met_in_words()[2], "2 of 2: a standing invitation in force");
}

#[test]
fn a_filter_hears_one_standing_alone() {
    let mut r = world();
    r.transcribe("invitation.issued", "2011-03-03", json!({"state": "state:AAA"}));
    let met = |standing: Option<Standing>| {
        let filter = Filter { standing, ..Filter::default() };
        let whose = Whose::States(vec!["state:AAA".parse().unwrap()]);
        r.ask_known(DAY, r.size(), filter, |q| scorecards(q, &whose).unwrap().met[2])
    };
    assert_eq!((met(None), met(Some(Standing::Own)), met(Some(Standing::Transcribed))), (1, 0, 1));
}
