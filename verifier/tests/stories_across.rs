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

/// A transcription made the parties' own words unlawful: whoever could only begin a story found it begun, and the Council
/// could not say itself that it had adopted what a transcriber had written down.
#[test]
fn a_transcription_makes_nobodys_own_word_unlawful() {
    let mut kit = kit();
    let adopted = json!({"decision": "S/RES/1", "organ": COUNCIL, "title": "x"});
    kit.transcribe("decision.adopted", "1946-01-25", adopted.clone());
    assert_eq!(codes(&kit.say(COUNCIL, "decision.adopted", "1946-01-25", adopted)), [""; 0]);
    let held = json!({"body": COUNCIL, "kind": "meeting", "meeting": "m", "topic": "x"});
    kit.transcribe("meeting.held", "1946-01-25", held.clone());
    assert_eq!(codes(&kit.say(COUNCIL, "meeting.held", "1946-01-25", held)), [""; 0]);
    kit.say("state:AUT", "recommendation.made", "2011-02-04", recommendation());
    assert_eq!(codes(&kit.transcribe("recommendation.made", "2011-02-04", recommendation())), [""; 0]);
}

/// With an act dated a day earlier, anybody took a transcribed story over in its own standing: the reporter's report was
/// then judged by the stranger's schedule, and the Council was told that the report was owed to the stranger.
#[test]
fn nobody_takes_over_a_story_that_is_transcribed() {
    let mut kit = kit();
    let required = |organ: &str, on: &str| {
        json!({"binding": "mandate", "organ": organ, "reporter": "org:mission", "requirement": "r",
            "schedule": [{"kind": "once", "on": on}], "title": "x"})
    };
    kit.transcribe("report.required", "1993-11-05", required(COUNCIL, "1994-01-31"));
    let code = "law.story.already_begun";
    refused(&mut kit, NGO, "report.required", "1993-11-04", required(NGO, "1994-02-01"), code);
    let report = json!({"due": "1994-01-31", "reporter": "org:mission", "requirement": "r"});
    kit.say("org:mission", "report.submitted", "1994-01-30", report);
    let received = json!({"due": "1994-01-31", "organ": COUNCIL, "reporter": "org:mission", "requirement": "r"});
    kit.say(COUNCIL, "report.received", "1994-01-31", received);
}

/// Whoever had a key could say first, under the symbol of a Council resolution, that it was not adopted: then the Council
/// could neither adopt it nor rest a mandate on it.
#[test]
fn nobody_says_in_anothers_place_what_became_of_a_decision() {
    let mut kit = kit();
    let of = |organ: &str| json!({"decision": "S/RES/872", "organ": organ, "title": "x"});
    kit.say(NGO, "decision.not_adopted", "1993-10-04", of(NGO));
    kit.say(COUNCIL, "decision.adopted", "1993-10-05", of(COUNCIL));
    refused(&mut kit, COUNCIL, "decision.not_adopted", "1993-10-06", of(COUNCIL), "law.story.already_begun");
    let mandate = |mandate: &str, organ: &str, until: &str| {
        json!({"decision": "S/RES/872", "expires": {"kind": "date", "on": until}, "implementers": ["org:mission"],
            "mandate": mandate, "organ": organ, "title": "x"})
    };
    // A mandate that was over before it began was admitted.
    let past = mandate("unamir", COUNCIL, "1993-10-04");
    refused(&mut kit, COUNCIL, "mandate.established", "1993-10-05", past, "law.mandate.until_past");
    kit.say(COUNCIL, "mandate.established", "1993-10-05", mandate("unamir", COUNCIL, "1994-04-05"));
    let strange = mandate("other", NGO, "1994-04-05");
    refused(&mut kit, NGO, "mandate.established", "1993-10-05", strange, "law.decision.not_adopted");
}

/// Who carries a transcribed mandate out could assess it, once anybody's own word was in its story: only own words were
/// looked at then, and none of them named the implementers.
#[test]
fn an_implementer_by_transcription_assesses_nothing_either() {
    let mut kit = kit();
    kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": "org:mission", "role": "assessor"}));
    let founded = json!({"benchmarks": [{"benchmark": "b", "text": "x"}], "expires": {"kind": "open"},
        "implementers": ["org:mission"], "mandate": "unamir", "organ": COUNCIL, "title": "x"});
    kit.transcribe("mandate.established", "1993-10-05", founded);
    let found =
        |assessor: &str| json!({"assessor": assessor, "benchmark": "b", "mandate": "unamir", "met": true, "text": "x"});
    kit.say(NGO, "mandate.benchmark_assessed", "1994-01-01", found(NGO));
    let code = "law.assessment.of_itself";
    refused(&mut kit, "org:mission", "mandate.benchmark_assessed", "1994-01-02", found("org:mission"), code);
}

/// The state that a warning is about acknowledged it in the Council's place, and the Council then could not.
#[test]
fn whom_a_warning_addresses_acknowledges_it() {
    let mut kit = kit();
    let warning = json!({"issuer": NGO, "state": "state:RWA", "text": "x", "to": COUNCIL, "warning": "w"});
    kit.say(NGO, "warning.issued", "1994-01-11", warning);
    let by = |by: &str| json!({"by": by, "state": "state:RWA", "warning": "w"});
    let code = "law.story.other_party";
    refused(&mut kit, "state:RWA", "warning.acknowledged", "1994-01-12", by("state:RWA"), code);
    let acted = json!({"action": "x", "by": "state:RWA", "state": "state:RWA", "warning": "w"});
    kit.say("state:RWA", "warning.acted_on", "1994-01-12", acted);
    kit.say(COUNCIL, "warning.acknowledged", "1994-01-13", by(COUNCIL));
}

/// A state gave its own institution status A, and a state, or anybody, held the dialogue of its review.
#[test]
fn nobody_accredits_or_reviews_itself() {
    let mut kit = kit();
    kit.register("org:nhri-rwa", "1999", "nhri");
    let established = json!({"nhri": "org:nhri-rwa", "state": "state:RWA"});
    kit.say("state:RWA", "nhri.established", "2000", established);
    let a = json!({"decision": "a", "next_review": "2004", "nhri": "org:nhri-rwa", "organ": "state:RWA", "state": "state:RWA"});
    refused(&mut kit, "state:RWA", "nhri.accreditation_decided", "2001", a, "law.assessment.of_itself");
    let dialogue = |organ: &str| json!({"atrocity_content": false, "cycle": 1, "organ": organ, "session": 10, "state": "state:RWA"});
    refused(&mut kit, NGO, "upr.dialogue_held", "2011-01-24", dialogue(NGO), "law.actor.wrong_kind");
    kit.say(COUNCIL, "upr.dialogue_held", "2011-01-24", dialogue(COUNCIL));
}

/// Only "every" heeded the end of a requirement: a single report due after it had been discontinued stayed due, and became
/// overdue for ever. And what fell into a lapse of the mandate was due although nobody held it.
#[test]
fn nothing_is_due_after_the_end_or_in_a_lapse() {
    let mut kit = kit();
    let required = |requirement: &str, schedule: Value| {
        json!({"binding": "mandate", "organ": COUNCIL, "reporter": "org:mission", "requirement": requirement,
            "schedule": [schedule], "title": "x"})
    };
    let once = |on: &str| json!({"kind": "once", "on": on});
    kit.say(COUNCIL, "report.required", "1993-11-05", required("r", once("1994-12-31")));
    let no_more = json!({"organ": COUNCIL, "reason": "x", "reporter": "org:mission", "requirement": "r"});
    kit.say(COUNCIL, "report.discontinued", "1994-01-30", no_more);
    let report =
        |requirement: &str, due: &str| json!({"due": due, "reporter": "org:mission", "requirement": requirement});
    let code = "law.report.no_such_due_date";
    refused(&mut kit, "org:mission", "report.submitted", "1995-01-30", report("r", "1994-12-31"), code);

    mandate(&mut kit);
    let decision = json!({"decision": "S/RES/925", "organ": COUNCIL, "title": "UNAMIR"});
    kit.say(COUNCIL, "decision.adopted", "1994-09-01", decision);
    let late = json!({"decision": "S/RES/925", "mandate": "unamir", "organ": COUNCIL, "until": {"kind": "open"}});
    assert_eq!(codes(&kit.say(COUNCIL, "mandate.extended", "1994-09-01", late)), ["mandate.lapsed"]);
    refused(&mut kit, "org:mission", "report.submitted", "1994-09-02", report("progress", "1994-07-31"), code);
    // A final report is reckoned from the end, and comes after it.
    let after = json!({"kind": "after", "anchor": {"kind": "expiry", "mandate": "unamir"}, "period": {"count": 30, "unit": "days"}});
    let mut last = required("last", after);
    last["mandate"] = json!("unamir");
    kit.say(COUNCIL, "report.required", "1994-09-02", last);
    kit.say(COUNCIL, "mandate.terminated", "1996-03-08", json!({"mandate": "unamir", "organ": COUNCIL}));
    kit.say("org:mission", "report.submitted", "1996-04-06", report("last", "1996-04-07"));
}
