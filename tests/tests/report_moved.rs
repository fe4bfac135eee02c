//! The report's page, moved to another day, is the page of that day: what is owed, mandates and the five steps, cell by cell as
//! the program has them, on days on which they turn, on the days before, and on days that chance names (`ANSWERABLE_SEED` repeats
//! them).
//! Not here: treaties and recommendations on chosen days (`report`); every day of small histories (`ledger/tests/answers/courses`).

mod page_days;
mod worked_ledger;

use answerable_tests::dice::{Dice, seed, setting};
use answerable_tests::{World, copy_tree};
use page_days::{check_in_browser, data, days_of, report};
use serde_json::{Value, json};

/// Moves the report of a day about. `turning` days on which something turns, each with the day before; and some others; so many
/// times as many as `ANSWERABLE_DAYS` says.
fn moved(world: &World, day: &str, turning: usize, others: usize) {
    let seed = seed();
    println!("ANSWERABLE_SEED={seed}");
    let page = data(&report(world, day));
    let times = setting("ANSWERABLE_DAYS").unwrap_or(1) as usize;
    let days = days_of(&page, &mut Dice::of(seed, day, 0), turning * times, others * times);
    println!("{days:?}");
    let days: Vec<&str> = days.iter().map(String::as_str).collect();
    check_in_browser(world, &days, &[]);
}

#[test]
fn the_demo_s_page_follows_the_day() {
    let world = World::empty();
    world.ok(&["demo", "demo"]);
    copy_tree(&world.at("demo/ledger"), &world.at("ledger"));
    moved(&world, "2015-03-14", 2, 3);
}

#[test]
fn the_page_of_every_story_follows_the_day() {
    moved(&worked_ledger::recorded(), "2022-06-01", 5, 6);
}

fn tell(world: &World, kind: &str, on: &str, body: Value) {
    let file = world.write("body.json", body.to_string());
    let source = ["--standing", "transcribed", "--source-title", "A list", "--source-document", "X/1"];
    world.act(&[&[kind, "--effective", on, "--body", &file], &source[..]].concat());
}

/// Mandates that expire, lapse and are renewed, one of them on a condition; a report that falls due, is put off and comes late; a
/// final one; dates of which only the month or the year is known; an actor that changes its name.
fn council() -> World {
    let world = World::bare();
    let [council, secretary, mission] = ["org:council", "org:secretary", "org:mission"];
    for (actor, kind) in
        [(council, "un_organ"), (secretary, "un_organ"), (mission, "un_entity"), ("state:AAA", "state")]
    {
        let set = [format!("actor={actor}"), format!("kind={kind}"), format!("name=First {actor}")];
        let set: Vec<&str> = set.iter().flat_map(|s| ["--set", s]).collect();
        world.act(&[&["actor.registered", "--effective", "1990"], &set[..]].concat());
    }
    let renamed = ["--set", "actor=org:mission", "--set", "name=Second org:mission"];
    world.act(&[&["actor.renamed", "--effective", "2001-03-20"], &renamed[..]].concat());
    for (symbol, on) in [("S/RES/1(2000)", "2000-01-10"), ("S/RES/2(2000)", "2000-07"), ("S/RES/3(2001)", "2001-03-01")]
    {
        tell(&world, "decision.adopted", on, json!({"decision": symbol, "organ": council, "title": symbol}));
    }
    let report = |id: &str, more: Value| {
        let mut body = json!({"reporter": secretary, "requirement": id});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let required = |id: &str, mandate: &str, schedule: Value| {
        report(
            id,
            json!({"binding": "mandate", "mandate": mandate, "organ": council, "schedule": schedule, "title": format!("On {id}")}),
        )
    };
    let established = |mandate: &str, expires: Value| {
        json!({"decision": "S/RES/1(2000)", "expires": expires, "implementers": [mission], "mandate": mandate, "organ": council,
            "title": format!("The mandate {mandate}")})
    };
    let extended = |mandate: &str, decision: &str, until: Value| json!({"decision": decision, "mandate": mandate, "organ": council, "until": until});
    let quarterly = json!([{"kind": "every", "from": "2000-02-29", "period": {"count": 3, "unit": "months"}}]);
    let conditional =
        json!({"kind": "conditional", "condition": "a review", "unless_met": "2000-09-30", "until": "2001-02"});
    for (kind, on, body) in [
        ("mandate.established", "2000-01-10", established("peace", json!({"kind": "date", "on": "2000-06-30"}))),
        // Two weeks too late, or up to six: only the month is known.
        (
            "mandate.extended",
            "2000-07",
            extended("peace", "S/RES/2(2000)", json!({"kind": "date", "on": "2001-01-15"})),
        ),
        (
            "mandate.extended",
            "2001-03-01",
            extended("peace", "S/RES/3(2001)", json!({"kind": "period", "period": {"count": 6, "unit": "months"}})),
        ),
        ("mandate.established", "2000-01-15", established("reform", conditional)),
        ("mandate.condition_met", "2000-09-12", json!({"basis": "reviewed", "mandate": "reform", "organ": council})),
        ("mandate.established", "2000-05", established("watch", json!({"kind": "open"}))),
        ("report.required", "2000-01-10", required("peace-progress", "peace", quarterly)),
        (
            "report.required",
            "2000-01-15",
            required("reform-final", "reform", json!([{"kind": "at_expiry", "mandate": "reform"}])),
        ),
        (
            "report.required",
            "2000-06",
            required("watching", "watch", json!([{"kind": "undated", "words": "as appropriate"}])),
        ),
        ("report.submitted", "2000-03-09", report("peace-progress", json!({"due": "2000-02-29"}))),
        (
            "report.rescheduled",
            "2000-05-20",
            report(
                "peace-progress",
                json!({"authority": "a letter", "legal_due": "2000-05-29", "organ": council, "scheduled": "2000-06-10"}),
            ),
        ),
        ("report.submitted", "2000-10", report("peace-progress", json!({"due": "2000-05-29"}))),
        ("report.submitted", "2000-12-24", report("watching", json!({}))),
        ("report.submitted", "2001-04-02", report("reform-final", json!({}))),
        (
            "commitment.made",
            "2000-02",
            json!({"commitment": "a-law", "due": "2000-11", "kind": "victims_assistance", "maker": "state:AAA", "text": "a law by 2000-11-30"}),
        ),
        (
            "commitment.revised",
            "2000-10-30",
            json!({"change": "deferred", "commitment": "a-law", "due": "2001", "maker": "state:AAA", "text": "a law, later"}),
        ),
        (
            "assessment.self_published",
            "2000-08",
            json!({"assessment": "first", "factors": [{"factor": 1, "risk": "low"}], "framework": "un_framework_of_analysis", "next_due": "2001-02-11", "participants": {"civil_society": true, "women": false, "youth": false}, "state": "state:AAA"}),
        ),
    ] {
        tell(&world, kind, on, body);
    }
    world
}

#[test]
fn the_page_of_mandates_that_expire_and_are_renewed_follows_the_day() {
    moved(&council(), "2001-05-01", 13, 8);
}
