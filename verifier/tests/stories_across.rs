//! Stories that several parties tell, and stories that rest on others: whose word supports whose, and what is flagged
//! when the ground goes. Not here: single types and their rules (`stories.rs`).

mod kit;

use answerable_schemas::History;
use kit::{FOUNDER, Kit, codes, refused};
use serde_json::{Value, json};

const COUNCIL: &str = "org:council";
const NGO: &str = "org:watch";

fn kit() -> Kit {
    let mut kit = Kit::founded();
    for role in ["registrar", "transcriber"] {
        kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": role}));
    }
    kit.register(COUNCIL, "1945-10-24", "un_organ");
    kit.register(NGO, "1990", "civil_society");
    kit.register("org:mission", "1993", "un_entity");
    for (state, from) in [("RWA", "1962-07-01"), ("AUT", "1945-10-24")] {
        kit.register(&format!("state:{state}"), from, "state");
    }
    for actor in [COUNCIL, NGO, "org:mission", "state:RWA", "state:AUT"] {
        kit.enrol(actor);
    }
    kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": NGO, "role": "assessor"}));
    kit
}

fn recommendation() -> Value {
    json!({"from": "state:AUT", "mechanism": "upr", "recommendation": "r1", "text": "Criminalise incitement", "to": "state:RWA"})
}

/// A state answers what is recorded, whoever recorded it: the first draft of the rule asked for Austria's own word, and
/// nobody could have answered 41,066 transcribed recommendations.
#[test]
fn one_answers_what_is_recorded_whoever_recorded_it() {
    let mut kit = kit();
    let answer = json!({"recommendation": "r1", "response": "supported", "to": "state:RWA"});
    refused(&mut kit, "state:RWA", "recommendation.responded", "2011-06", answer.clone(), "law.story.not_begun");
    kit.transcribe("recommendation.made", "2011-02-04", recommendation());
    kit.say("state:RWA", "recommendation.responded", "2011-06", answer.clone());
    // Once. That the transcriber also records the answer changes nothing about the state's own.
    refused(&mut kit, "state:RWA", "recommendation.responded", "2011-07", answer.clone(), "law.story.wrong_state");
    assert_eq!(codes(&kit.transcribe("recommendation.responded", "2011-06", answer)), [""; 0]);
    // An assessor finds; the state reports. Neither is the other's word.
    let found =
        json!({"assessor": NGO, "method": "visit", "recommendation": "r1", "status": "limited", "to": "state:RWA"});
    kit.say(NGO, "recommendation.assessed", "2014", found);
    let itself = json!({"assessor": "state:RWA", "method": "visit", "recommendation": "r1", "status": "complete", "to": "state:RWA"});
    refused(&mut kit, "state:RWA", "recommendation.assessed", "2014", itself, "authority.not_entitled");
    let code = "authority.not_entitled";
    refused(
        &mut kit,
        "state:AUT",
        "recommendation.responded",
        "2011-06",
        json!({"recommendation": "r1", "response": "noted", "to": "state:RWA"}),
        code,
    );
}

#[test]
fn a_secretariat_speaks_for_its_organ_alone() {
    let mut kit = kit();
    kit.register("org:council-secretariat", "1946", "un_entity");
    kit.enrol("org:council-secretariat");
    let decision = json!({"decision": "S/RES/1", "organ": COUNCIL, "title": "x"});
    let code = "authority.not_entitled";
    refused(&mut kit, "org:council-secretariat", "decision.adopted", "1946-01-25", decision.clone(), code);
    kit.register("org:other-organ", "1946", "un_organ");
    let grant = |of: &str| json!({"actor": "org:council-secretariat", "of": of, "role": "secretariat"});
    kit.say(FOUNDER, "role.granted", "2026-11-23", grant("org:other-organ"));
    refused(&mut kit, "org:council-secretariat", "decision.adopted", "1946-01-25", decision.clone(), code);
    kit.say(FOUNDER, "role.granted", "2026-11-23", grant(COUNCIL));
    kit.say("org:council-secretariat", "decision.adopted", "1946-01-25", decision);
    let withdrawn = json!({"actor": "org:council-secretariat", "of": COUNCIL, "reason": "x", "role": "secretariat"});
    kit.say(FOUNDER, "role.withdrawn", "2026-11-23", withdrawn);
    let next = json!({"decision": "S/RES/2", "organ": COUNCIL, "title": "x"});
    refused(&mut kit, "org:council-secretariat", "decision.adopted", "1946-01-30", next, code);
}

/// A mandate, an extension, a requirement and a report, all lawful.
fn mandate(kit: &mut Kit) {
    for (symbol, on) in [("S/RES/872", "1993-10-05"), ("S/RES/909", "1994-04-05")] {
        let decision = json!({"decision": symbol, "organ": COUNCIL, "title": "UNAMIR"});
        kit.say(COUNCIL, "decision.adopted", on, decision);
    }
    let founded = json!({
        "decision": "S/RES/872", "expires": {"kind": "date", "on": "1994-04-05"}, "implementers": ["org:mission"],
        "mandate": "unamir", "organ": COUNCIL, "title": "UNAMIR",
    });
    kit.say(COUNCIL, "mandate.established", "1993-10-05", founded);
    let extended = json!({"decision": "S/RES/909", "mandate": "unamir", "organ": COUNCIL, "until": {"kind": "date", "on": "1994-07-29"}});
    assert_eq!(codes(&kit.say(COUNCIL, "mandate.extended", "1994-04-05", extended)), [""; 0]);
    let every = json!([{"kind": "every", "from": "1994-01-31", "period": {"count": 3, "unit": "months"}}]);
    let required = json!({
        "binding": "mandate", "mandate": "unamir", "organ": COUNCIL, "reporter": "org:mission", "requirement": "progress",
        "schedule": every, "title": "progress",
    });
    kit.say(COUNCIL, "report.required", "1993-10-05", required);
    let report = json!({"due": "1994-04-30", "reporter": "org:mission", "requirement": "progress"});
    kit.say("org:mission", "report.submitted", "1994-04-28", report);
}

#[test]
fn when_a_decision_goes_what_rested_on_it_is_flagged() {
    let mut kit = kit();
    mandate(&mut kit);
    let stream = "decision:S_RES_909";
    let target = kit.judge.past.stream(&stream.parse().unwrap()).unwrap()[0].id;
    let retracted =
        json!({"reason": "never adopted", "retracted": true, "stream": stream, "target": target.to_string()});
    let flags = kit.say(COUNCIL, "event.corrected", "1994-04-05", retracted);
    assert_eq!(codes(&flags), ["law.backfill", "law.story.unknown_reference"]);
}

#[test]
fn when_a_mandate_ended_earlier_the_reports_due_after_it_are_flagged() {
    let mut kit = kit();
    mandate(&mut kit);
    let ended = json!({"mandate": "unamir", "organ": COUNCIL});
    let flags = kit.say(COUNCIL, "mandate.terminated", "1994-04-21", ended);
    assert_eq!(codes(&flags), ["law.backfill", "law.report.no_such_due_date"]);
    let again = json!({"due": "1994-07-31", "reporter": "org:mission", "requirement": "progress"});
    refused(&mut kit, "org:mission", "report.submitted", "1994-07-30", again, "law.report.no_such_due_date");
}
