//! The answers about mandates, what is overdue, scorecards and stories: the real program on a small ledger.
//! Not here: what the answers must be (the ledger's own tests, `answers`), treaties (`path`).

use answerable_tests::World;
use serde_json::{Value, json};

const DAY: &str = "1994-02-20";

/// A ledger with a mandate, its reports, and two states, one of them a member of a body: 22 records.
fn world() -> World {
    let world = World::bare();
    for (actor, kind) in [
        ("org:security-council", "un_organ"),
        ("org:secretary-general", "un_organ"),
        ("org:united-nations", "international_organization"),
        ("org:unamir", "un_entity"),
        ("org:court", "court"),
        ("state:RWA", "state"),
        ("state:BEL", "state"),
    ] {
        let (id, name) = (format!("actor={actor}"), format!("name={actor}"));
        let kind = format!("kind={kind}");
        world.act(&["actor.registered", "--effective", "1962-07-01", "--set", &id, "--set", &name, "--set", &kind]);
    }
    let council = "org:security-council";
    let expires = json!({"kind": "conditional", "condition": "a review by the Council on the basis of a report",
        "unless_met": "1994-01-03", "until": "1994-04-05"});
    let quarterly = json!([{"kind": "every", "from": "1994-01-31", "period": {"count": 3, "unit": "months"}}]);
    for (kind, on, body) in [
        (
            "decision.adopted",
            "1993-10-05",
            json!({"decision": "S/RES/872(1993)", "organ": council, "title": "Establishment of UNAMIR"}),
        ),
        (
            "mandate.established",
            "1993-10-05",
            json!({"decision": "S/RES/872(1993)", "expires": expires, "implementers": ["org:unamir"], "mandate": "unamir",
                "organ": council, "protection_of_civilians": false,
                "tasks": [{"task": "security", "text": "to contribute to the security of the city of Kigali"}],
                "title": "United Nations Assistance Mission for Rwanda"}),
        ),
        (
            "mandate.condition_met",
            "1994-01-06",
            json!({"basis": "S/RES/893(1994)", "mandate": "unamir", "organ": council}),
        ),
        (
            "report.required",
            "1993-10-05",
            json!({"binding": "mandate", "mandate": "unamir", "organ": council, "reporter": "org:secretary-general",
                "requirement": "unamir-progress", "schedule": quarterly, "title": "progress of UNAMIR in Rwanda"}),
        ),
        (
            "report.rescheduled",
            "1994-01-20",
            json!({"authority": "a letter", "legal_due": "1994-01-31", "organ": council,
                "reporter": "org:secretary-general", "requirement": "unamir-progress", "scheduled": "1994-03-30"}),
        ),
        (
            "commitment.made",
            "1993-08-04",
            json!({"commitment": "accord", "due": "1993-12-31", "kind": "pledge", "maker": "state:RWA",
                "text": "a transitional government with a broad base", "tags": ["arusha"]}),
        ),
        (
            "focal_point.appointed",
            "1993-01-01",
            json!({"level": "minister", "of": "state:RWA", "office": "Ministry of Justice"}),
        ),
        ("membership.began", "1962-09-18", json!({"body": "org:united-nations", "member": "state:RWA"})),
        (
            "case.opened",
            "1994-02-01",
            json!({"case": "c1", "court": "org:court", "crimes": ["genocide"], "state": "state:RWA"}),
        ),
        (
            "domestic.measure_reported",
            "1993-06-16",
            json!({"crimes": ["war_crimes"], "kind": "criminalisation", "measure": "law-of-1993", "state": "state:BEL",
                "title": "Act of 16 June 1993"}),
        ),
    ] {
        let file = world.write("body.json", body.to_string());
        let source = ["--standing", "transcribed", "--source-title", "A list", "--source-document", "S/1"];
        world.act(&[&[kind, "--effective", on, "--body", &file], &source[..]].concat());
    }
    world.ok(&["key", "new", "state:RWA#1", "--no-passphrase"]);
    world.act(&["key.enrolled", "--enrol", "state:RWA#1"]);
    world
}

fn json_of(world: &World, args: &[&str]) -> Value {
    world.run(&[args, &["--format", "json"]].concat()).expect(0).json()
}

#[test]
fn people_see_tables_of_eighty_columns() {
    let world = world();
    let mut told = String::new();
    for args in [
        &["mandates", "--as-of", DAY][..],
        &["mandates", "--as-of", "1994-01-05", "--all"],
        &["mandates", "--as-of", "1994-01-02"],
        &["mandates", "unamir", "--as-of", DAY],
        &["overdue", "--as-of", DAY],
        &["overdue", "--as-of", DAY, "--all"],
        &["scorecard", "--all", "--as-of", DAY],
        &["scorecard", "--group", "org:united-nations", "--as-of", DAY],
        &["scorecard", "state:RWA", "--as-of", DAY],
        &["list", "--as-of", DAY],
        &["list", "case", "--as-of", DAY],
        &["list", "commitment", "--tag", "other", "--as-of", DAY],
    ] {
        let text = world.ok(args);
        assert_eq!(text, world.ok(args), "the same bytes on every run");
        let wide: Vec<&str> = text.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{args:?}: {wide:#?}");
        told += &format!("$ answerable {}\n{text}\n", args.join(" "));
    }
    insta::assert_snapshot!("answers", told);
}

#[test]
fn programs_get_whole_values_with_their_records() {
    let world = world();
    let mandates = json_of(&world, &["mandates", "--as-of", DAY]);
    assert_eq!(mandates["schema"], "answerable.mandates/v1");
    let row = &mandates["mandates"][0];
    assert_eq!((&row["expires"], &row["days_left"]), (&json!("1994-04-05"), &json!(44)));
    assert_eq!(row["lapses"], json!([{"from": "1994-01-04", "to": "1994-01-05", "record": 12}]));
    assert_eq!((&row["records"], &row["flags"]), (&json!([11, 12]), &json!(["mandate.lapsed"])));
    let csv = world.ok(&["overdue", "--as-of", DAY, "--format", "csv"]);
    assert_eq!(
        csv,
        "status,kind,who,to,what,legal_due,scheduled,days_late,days_late_by_schedule,done,binding,stream,standing,by,flags,\
         notes,records\n\
         overdue,commitment,state:RWA,,a transitional government with a broad base,1993-12-31,,51,,,political,\
         commitment:RWA:accord,transcribed,state:RWA,,,15\n\
         rescheduled,report,org:secretary-general,org:security-council,progress of UNAMIR in Rwanda,1994-01-31,1994-03-30,\
         20,-38,,mandate,report:org:secretary-general:unamir-progress,transcribed,org:security-council,,,\"13, 14\"\n"
    );
    let board = json_of(&world, &["overdue", "--as-of", DAY]);
    assert_eq!(board["schema"], "answerable.overdue/v1");
    let late: Vec<_> = board["items"].as_array().unwrap().iter().map(|i| i["days_late"].as_i64().unwrap()).collect();
    assert_eq!(late, [51, 20]);
    // Before it was put off, by the records: overdue. Before the day: nothing.
    let then = json_of(&world, &["overdue", "--as-of", DAY, "--known-at", "14"]);
    assert_eq!(then["items"].as_array().unwrap().len(), 1);
    assert_eq!((&then["items"][0]["status"], &then["known_size"]), (&json!("overdue"), &json!("14")));
    assert_eq!(json_of(&world, &["overdue", "--as-of", "1993-12-31"])["items"], json!([]));
    assert_eq!(json_of(&world, &["overdue", "--as-of", DAY, "--standing", "own"])["items"], json!([]));
    let card = json_of(&world, &["scorecard", "state:BEL", "--as-of", DAY]);
    let cells = card["states"][0]["steps"][4]["cells"].as_array().unwrap();
    let cell = cells.iter().find(|c| c["cell"] == "criminalisation:war_crimes").unwrap();
    assert_eq!((&cell["value"], &cell["records"]), (&json!("in place since 1993-06-16"), &json!([19])));
    let group = json_of(&world, &["scorecard", "--group", "org:united-nations", "--as-of", DAY]);
    assert_eq!((&group["group"]["members"], &group["met"]), (&json!(1), &json!([1, 0, 0, 0, 0])));
    let lines = world.ok(&["scorecard", "state:BEL", "--as-of", DAY, "--format", "jsonl"]);
    assert!(
        lines.lines().all(|l| serde_json::from_str::<Value>(l).is_ok_and(|v| v["schema"] == "answerable.scorecard/v1"))
    );
    let csv = world.ok(&["list", "case", "--as-of", DAY, "--crime", "genocide", "--format", "csv"]);
    assert_eq!(
        csv,
        "stream,state,since,last_act,last_act_on,standing,by,flags,notes,records\n\
         case:org:court:c1,open,1994-02-01,org:court opens the case c1 on 1994-02-01 (genocide),1994-02-01,transcribed,\
         org:court,,,18\n"
    );
    assert_eq!(
        world.ok(&["list", "case", "--as-of", DAY, "--crime", "war-crimes", "--format", "csv"]).lines().count(),
        1
    );
}

#[test]
fn a_dispute_shows_in_every_answer_and_filters_it() {
    let world = world();
    for seq in ["15", "16"] {
        world.ok(&["dispute", seq, "--grounds", "never promised", "--out", "d.event.json"]);
        world.ok(&["sign", "d.event.json", "--yes"]);
        world.ok(&["append", "d.event.json"]);
        std::fs::remove_file(world.at("d.event.json")).unwrap();
    }
    let ask = |args: &[&str]| world.ok(&[args, &["--as-of", DAY]].concat());
    for args in [&["overdue"][..], &["scorecard", "state:RWA"], &["list", "commitment"], &["list", "focal-point"]] {
        assert!(ask(args).contains("disputed by state:RWA"), "{args:?}:\n{}", ask(args));
    }
    let board = json_of(&world, &["overdue", "--as-of", DAY, "--answered", "disputed"]);
    assert_eq!(board["items"].as_array().unwrap().len(), 1);
    assert_eq!(board["items"][0]["status"], "overdue", "a dispute changes nothing, and is shown");
}

#[test]
fn what_is_not_there_is_named() {
    let world = World::bare();
    for (args, code, hint) in [
        (&["list", "focal_point"][..], "list.unknown_kind", "focal-point, "),
        (&["list", "treaty"], "list.unknown_kind", "answerable treaty list"),
        (&["mandates", "unifil"], "mandate.unknown", "answerable mandates --all"),
        (&["scorecard", "state:XXX"], "scorecard.not_a_state", "answerable scorecard --all"),
        (&["scorecard", "--group", "org:test"], "scorecard.no_membership", "answerable list membership"),
    ] {
        let refused = world.run(args).expect(2);
        assert_eq!((refused.error_code(), refused.stdout.as_str()), (code, ""), "{args:?}");
        assert!(refused.stderr.contains(hint), "{}", refused.stderr);
    }
    world.run(&["scorecard"]).expect(2);
    // Nothing of a kind is an answer.
    assert!(world.ok(&["list", "warning"]).contains("0 of 0 stories of the kind warning"));
    assert!(world.ok(&["overdue"]).contains("0 overdue"));
    assert!(world.ok(&["mandates"]).contains("0 known"));
}
