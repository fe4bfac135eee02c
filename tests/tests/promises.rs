//! The answers about promises, access, institutions, conduct, treaties and counts, by the real program on a small
//! ledger: each as a table of 80 columns, as JSON, JSON Lines and CSV, on a day and by what was known.
//! Not here: how they are computed, case by case (`ledger/tests/promises.rs`, `ledger/tests/mechanisms.rs`).

use answerable_tests::World;
use serde_json::{Value, json};

const RWA: &str = "state:RWA";
const COUNCIL: &str = "org:un-security-council";
const LONG: &str = "Continue to strengthen national mechanisms for the prevention of mass atrocities, including by an inclusive \
    assessment of risks with the participation of women, youth and civil society, and report on it to parliament every year";

fn tell(world: &World, kind: &str, on: &str, body: Value, own: bool) {
    let file = world.write("body.json", body.to_string());
    let source = ["--standing", "transcribed", "--source-title", "A list", "--source-document", "X/1"];
    let source = if own { &[][..] } else { &source[..] };
    world.act(&[&[kind, "--effective", on, "--body", &file], source].concat());
}

/// The demo's ledger, and a little of everything.
fn world() -> World {
    let world = World::founded();
    for (actor, kind) in [
        (COUNCIL, "un_organ"),
        ("org:ganhri", "other"),
        ("org:ngo", "civil_society"),
        ("org:special-rapporteur", "mandate_holder"),
        ("nhri:rwanda", "nhri"),
    ] {
        tell(&world, "actor.registered", "1945", json!({"actor": actor, "kind": kind, "name": actor}), true);
    }
    let conduct = json!({"test": "no_veto", "tags": ["mass-atrocities"]});
    for (id, conduct) in [("veto-declaration", Some(conduct)), ("outcome-2005", None)] {
        let mut body = json!({"instrument": id, "binding": "political", "kind": "political_declaration", "title": format!("The {id}")});
        if let Some(conduct) = conduct {
            body["conduct"] = conduct;
        }
        tell(&world, "instrument.registered", "2005", body, true);
    }
    let draft = |symbol: &str| json!({"decision": symbol, "organ": COUNCIL, "title": LONG, "vetoes": ["state:FRA"], "tags": ["mass-atrocities"]});
    let visit = json!({"state": RWA, "visit": "v1", "mandate_holder": "org:special-rapporteur"});
    let decision = json!({"organ": "org:ganhri", "state": RWA, "nhri": "nhri:rwanda", "decision": "a", "next_review": "2018-01-01"});
    for (kind, on, body) in [
        ("membership.began", "1945-10-24", json!({"body": COUNCIL, "member": "state:FRA", "seat": "permanent"})),
        ("endorsement.made", "2015-08-07", json!({"endorser": "state:FRA", "instrument": "veto-declaration"})),
        ("decision.not_adopted", "2014-05-22", draft("S/2014/348")),
        ("decision.not_adopted", "2016-10-08", draft("S/2016/846")),
        (
            "commitment.made",
            "2015-01-01",
            json!({"maker": RWA, "commitment": "law", "kind": "voluntary_pledge", "text": LONG, "due": "2020-12-31"}),
        ),
        (
            "commitment.progress_reported",
            "2017-01-01",
            json!({"maker": RWA, "commitment": "law", "status": "complete", "text": LONG}),
        ),
        (
            "commitment.assessed",
            "2018-01-01",
            json!({"maker": RWA, "commitment": "law", "assessor": "org:ngo", "status": "no_evidence", "method": LONG}),
        ),
        (
            "recommendation.made",
            "2015-11-04",
            json!({"from": "state:FRA", "to": RWA, "mechanism": "upr", "recommendation": "r1", "text": LONG, "session": 23, "cycle": 2, "action": 5, "themes": ["Genocide"]}),
        ),
        ("recommendation.responded", "2016-03-16", json!({"to": RWA, "recommendation": "r1", "response": "noted"})),
        (
            "recommendation.made",
            "2021-01-25",
            json!({"from": "state:FRA", "to": RWA, "mechanism": "upr", "recommendation": "r2", "text": LONG, "session": 37, "cycle": 3, "action": 4}),
        ),
        ("invitation.issued", "2011-01-24", json!({"state": RWA})),
        ("visit.requested", "2013-01-01", visit),
        ("nhri.accreditation_decided", "2013-01-01", decision),
        ("focal_point.appointed", "2015-08-27", json!({"of": RWA, "office": "Ministry", "level": "minister"})),
        (
            "count.asserted",
            "2017-09-01",
            json!({"asserter": "org:ngo", "id": "fp", "count": 59, "of": {"kind": "focal_points", "of": "states"}}),
        ),
    ] {
        tell(&world, kind, on, body, false);
    }
    world
}

fn asked(world: &World, command: &[&str], more: &[&str]) -> String {
    world.ok(&[command, &["--as-of", "2022-06-01"], more].concat())
}

fn json_of(world: &World, command: &[&str], more: &[&str]) -> Value {
    let text = asked(world, command, &[&["--format", "json"], more].concat());
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{command:?}: {e}\n{text}"))
}

#[test]
fn every_answer_comes_as_table_json_lines_and_csv() {
    let world = world();
    let size = world.size();
    // The command, its schema, the member that holds the rows, and how many there are.
    let cases: [(&[&str], &str, &str, usize); 19] = [
        (&["commitments"], "commitments", "commitments", 1),
        (&["commitment", RWA, "law"], "commitment", "events", 3),
        (&["recommendations", RWA], "recommendations", "recommendations", 2),
        (&["recommendations", "--by", "response"], "recommendation_counts", "groups", 2),
        (&["recommendations", "--by", "from", "--response", "noted"], "recommendation_counts", "groups", 1),
        (&["access"], "access", "states", 1),
        (&["access", RWA, "state:FRA"], "access", "states", 2),
        (&["institutions", RWA, "state:FRA"], "institutions", "institutions", 2),
        (&["conduct", "veto-declaration"], "conduct", "endorsers", 1),
        (&["vetoes"], "vetoes", "drafts", 2),
        (&["vetoes", "state:FRA", "--since", "2016-10-08"], "vetoes", "drafts", 1),
        (&["vetoes", "--since", "2016-10-09"], "vetoes", "drafts", 0),
        (&["treaty", "unratified"], "unratified", "signatures", usize::MAX),
        (&["treaty", "unratified", "rome-statute", "--state", "state:IRN"], "unratified", "signatures", 1),
        (&["treaty", "reservations", "genocide-convention"], "reservations", "acts", usize::MAX),
        (&["treaty", "withdrawals"], "withdrawals", "notices", usize::MAX),
        (&["unused"], "unused", "mechanisms", usize::MAX),
        (&["unused", "--mechanism", "focal-point"], "never_used", "never", usize::MAX),
        (&["counts"], "counts", "counts", 1),
    ];
    for (command, schema, member, rows) in cases {
        let table = asked(&world, command, &[]);
        let wide: Vec<&str> = table.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{command:?} is too wide:\n{}", wide.join("\n"));
        assert!(table.contains(&format!("As of 2022-06-01, by {size} records\n")), "{command:?}:\n{table}");
        assert_eq!(table, asked(&world, command, &[]), "the same on every run");
        let json = json_of(&world, command, &[]);
        assert_eq!(json["schema"], format!("answerable.{schema}/v1"), "{command:?}");
        assert_eq!(
            (json["as_of"].as_str(), json["known_size"].as_str()),
            (Some("2022-06-01"), Some(&*size.to_string()))
        );
        let found = json[member].as_array().unwrap_or_else(|| panic!("{command:?}: no {member} in {json}"));
        assert!(rows == usize::MAX || found.len() == rows, "{command:?}: {} rows", found.len());
        let csv = asked(&world, command, &["--format", "csv"]);
        let lines = asked(&world, command, &["--format", "jsonl"]);
        let objects: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(objects.len(), found.len(), "{command:?}");
        let header: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
        assert!(
            header.len() > 2 && objects.iter().all(|o| header.iter().all(|h| o[*h].is_string())),
            "{command:?}: {header:?}"
        );
        // By the records of the founding alone nothing of this was known.
        if !["unused", "treaty", "commitment", "conduct"].contains(&command[0]) {
            let before = json_of(&world, command, &["--known-at", "3"]);
            let none = before[member].as_array().unwrap().iter().all(|row| row["records"] == json!([]));
            assert!(none, "{command:?}: {before}");
        }
    }
}

#[test]
fn answers_say_what_is_recorded_and_no_more() {
    let world = world();
    // Long text is whole in CSV, JSON and JSON Lines, on one line, and wrapped in the table.
    for format in ["csv", "json", "jsonl"] {
        for command in [&["recommendations", RWA][..], &["commitments", RWA], &["vetoes"]] {
            let told = asked(&world, command, &["--format", format]);
            assert!(told.lines().any(|line| line.contains(LONG)) && !told.contains('…'), "{command:?}: {told}");
        }
    }
    let table = asked(&world, &["recommendations", RWA], &[]);
    assert!(!table.contains(LONG) && table.contains("session 23, 2015-11-04, action 5, noted"), "{table}");
    assert!(table.contains("2 recommendations: 0 supported, 1 noted, 1 pending"), "{table}");
    // Self-report and assessment stand in columns of their own.
    let commitment = &json_of(&world, &["commitments", RWA], &[])["commitments"][0];
    assert_eq!(
        (&commitment["self_reported"]["status"], &commitment["assessed"][0]["status"]),
        (&json!("complete"), &json!("no_evidence"))
    );
    let early = world.ok(&["commitments", RWA, "--as-of", "2017-06-01", "--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&early).unwrap()["commitments"][0]["assessed"], json!([]));
    let breaches = &json_of(&world, &["conduct", "veto-declaration"], &[])["endorsers"][0];
    assert_eq!((&breaches["compared"], &breaches["breaches"][0]["decision"]), (&json!(1), &json!("S/2016/846")));
    assert!(asked(&world, &["conduct", "veto-declaration"], &[]).contains("breach: vetoed S/2016/846 on 2016-10-08"));
    let vetoes = json_of(&world, &["vetoes"], &[]);
    let days: Vec<&str> = vetoes["drafts"].as_array().unwrap().iter().map(|d| d["on"].as_str().unwrap()).collect();
    assert_eq!(days, ["2014-05-22", "2016-10-08"]);
    assert_eq!(vetoes["by_member"], json!([{"member": "state:FRA", "name": "France", "vetoes": 2}]));
    let early = world.ok(&["vetoes", "--as-of", "2016-10-07", "--format", "jsonl"]);
    assert!(early.lines().count() == 1 && early.contains("S/2014/348") && early.contains(LONG), "{early}");
    let other = world.run(&["vetoes", RWA, "--as-of", "2022-06-01"]).expect(0).stdout;
    assert!(other.contains("0 drafts vetoed in org:un-security-council\n"), "{other}");
    let access = asked(&world, &["access", RWA], &[]).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        access.contains("gap: a standing invitation stands, and 1 request waits, the oldest for 3438 days"),
        "{access}"
    );
    let institutions = asked(&world, &["institutions", RWA, "state:FRA"], &[]);
    assert!(
        institutions.contains("the day of the next review has passed") && institutions.contains("none established")
    );
    let count = &json_of(&world, &["counts"], &[])["counts"][0];
    assert_eq!((&count["asserted"], &count["derived"], &count["difference"]), (&json!(59), &json!(1), &json!(58)));
    let own = json_of(&world, &["commitments"], &["--standing", "own"]);
    assert_eq!(own["commitments"], json!([]), "nobody has said it in its own name");
    let notices = json_of(&world, &["treaty", "withdrawals", "rome-statute"], &[]);
    assert!(notices["notices"].as_array().unwrap().iter().all(|n| n["treaty"] == "rome-statute"));
    // What is asked wrongly is an error of the call.
    for (command, code) in [
        (&["conduct", "outcome-2005"][..], "instrument.no_conduct"),
        (&["conduct", "no-such"], "instrument.unknown"),
        (&["commitment", RWA, "no-such"], "commitment.unknown"),
        (&["unused", "--mechanism", "no-such"], "mechanism.unknown"),
        (&["treaty", "reservations", "no-such"], "treaty.unknown"),
        (&["treaty", "unratified", "no-such"], "treaty.unknown"),
        (&["treaty", "withdrawals", "no-such"], "treaty.unknown"),
    ] {
        let output = world.run(command).expect(2);
        assert_eq!((output.error_code(), output.stdout.as_str()), (code, ""), "{command:?}");
    }
    assert!(world.run(&["recommendations", "--mechanism", "nonsense"]).expect(2).stderr.contains("treaty_body"));
}

/// What stands in the record stands in what programs read: line feeds, double spaces and a length that no screen has.
#[test]
fn programs_read_texts_as_they_stand_in_the_record() {
    let world = world();
    let text = format!("First  line: {}\nSecond line, \"quoted\";\n\n    fourth … line", "a word ".repeat(1_500));
    for (kind, body) in [
        (
            "recommendation.made",
            json!({"from": "state:FRA", "to": "state:DEU", "mechanism": "upr", "recommendation": "r3", "text": text}),
        ),
        (
            "commitment.made",
            json!({"maker": "state:DEU", "commitment": "c1", "kind": "voluntary_pledge", "text": text}),
        ),
    ] {
        tell(&world, kind, "2015-11-04", body, false);
    }
    for (command, member) in [("recommendations", "recommendations"), ("commitments", "commitments")] {
        let command = [command, "state:DEU"];
        assert_eq!(json_of(&world, &command, &[])[member][0]["text"], text);
        let lines = asked(&world, &command, &["--format", "jsonl"]);
        assert_eq!(lines.lines().count(), 1, "{lines}");
        assert_eq!(serde_json::from_str::<Value>(&lines).unwrap()["text"], text);
        let rows = asked(&world, &command, &["--format", "csv"]);
        let mut reader = csv::Reader::from_reader(rows.as_bytes());
        let at = reader.headers().unwrap().iter().position(|h| h == "text").unwrap();
        assert_eq!(&reader.records().next().unwrap().unwrap()[at], text);
    }
}
