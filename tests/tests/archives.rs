//! Comparisons and dated tables in the small: what is gone from a newer table, what an older one must not undo; corrections,
//! retractions and answers as what was learned, and by whom; wrong calls; hostile text.
//! Not here: the public tables (`comparing`).

use answerable_tests::{ACTOR, World, example};
use serde_json::Value;

const MAPPING: &str = r#"
version = 1
id = "t"
format = "csv"
key = ["who"]
[source]
title = "A table"
url = "https://example.org/"
seen = "2015-03-14"
[[act]]
name = "signature"
type = "treaty.signed"
effective = { column = "signed", date = "YYYY-MM-DD" }
[act.body]
treaty = { value = "rome-statute" }
state = { column = "who" }
mode = { value = "simple" }
[[act]]
name = "consent"
type = "treaty.consent_deposited"
effective = { column = "bound", date = "YYYY-MM-DD" }
[act.body]
treaty = { value = "rome-statute" }
state = { column = "who" }
mode = { value = "ratification" }
"#;

/// A ledger of a few states and one treaty, and a mapping.
fn world() -> World {
    let world = World::bare();
    world.register();
    world.write("mapping.toml", MAPPING);
    world
}

/// Imports a table as seen on a day; answers its exit code, and its rows as "outcome: what (notes)".
fn import(world: &World, seen: &str, rows: &str, more: &[&str]) -> (i32, Vec<String>) {
    let table = world.write("table.csv", format!("who,signed,bound\n{rows}"));
    let args = [&["--seen", seen, "--yes", "--format", "jsonl"][..], more].concat();
    let answer = world.import(&table, "mapping.toml", &args);
    let told = |line: &str| {
        let row: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        format!("{}: {} ({})", text("outcome"), text("what"), text("notes"))
    };
    (answer.code, answer.stdout.lines().map(told).collect())
}

/// Who signed and who is bound, as a table that was seen by a day shows it.
fn shows(world: &World, day: &str) -> Vec<String> {
    let status = ["treaty", "status", "rome-statute", "--as-of", "2020-01-01", "--seen-by", day, "--format", "json"];
    let status = world.run(&status).expect(0).json();
    let text = |r: &Value, name: &str| r[name].as_str().unwrap_or("-").to_owned();
    let states = status["states"].as_array().unwrap().iter();
    states.map(|r| format!("{} {} {}", text(r, "actor"), text(r, "signed"), text(r, "deposited"))).collect()
}

#[test]
fn what_is_gone_from_a_table_is_told_and_retracted_only_where_that_is_asked_for() {
    let world = world();
    let both = "state:RWA,1998-08-01,\nstate:KEN,1999-08-11,2005-03-15\n";
    assert_eq!(import(&world, "2013-01-01", both, &[]), (0, vec![]));
    let size = world.size();
    // Kenya's consent and Rwanda's whole row are not there: told, and nothing else.
    let less = "state:KEN,1999-08-11,\n";
    let (code, told) = import(&world, "2013-02-01", less, &[]);
    assert_eq!((code, told.len(), world.size()), (0, 2, size), "{told:?}");
    assert!(told[0].starts_with("gone: state:RWA signs rome-statute on 1998-08-01 (simple) (record "), "{told:?}");
    assert!(
        told[1]
            .ends_with("last seen on 2013-01-01, is no longer in the table; it stands, unless you say --gone retract)")
    );
    assert_eq!(shows(&world, "2013-02-01").len(), 2);
    // A dry run retracts nothing.
    let (_, told) = import(&world, "2013-02-01", less, &["--gone", "retract", "--dry-run"]);
    assert_eq!((told.len(), world.size()), (2, size));
    assert!(told.iter().all(|t| t.starts_with("retraction: ")), "{told:?}");
    // A row that cannot be read is not gone, and which one it is, nobody knows.
    let bad = format!("{less}state:UGA,17 March,\n");
    let (code, told) = import(&world, "2013-02-01", &bad, &["--gone", "retract"]);
    assert_eq!((code, told.len(), world.size()), (1, 3, size), "{told:?}");
    assert!(told[1..].iter().all(|t| t.starts_with("gone: ") && t.ends_with("not retracted, as rows were rejected)")));

    let (code, told) = import(&world, "2013-02-01", less, &["--gone", "retract"]);
    assert_eq!((code, told.len(), world.size()), (0, 2, size + 2));
    // Each day shows what the table showed.
    let first = ["state:KEN 1999-08-11 2005-03-15", "state:RWA 1998-08-01 -"];
    assert_eq!(shows(&world, "2012-12-31"), [""; 0]);
    assert_eq!(shows(&world, "2013-01-31"), first);
    assert_eq!(shows(&world, "2013-02-01"), ["state:KEN 1999-08-11 -"]);
    // Once more: what was retracted is not gone again. It comes back as a new act.
    assert_eq!(import(&world, "2013-02-02", less, &["--gone", "retract"]), (0, vec![]));
    assert_eq!(world.size(), size + 2);
    assert_eq!(import(&world, "2013-03-01", both, &["--gone", "retract"]), (0, vec![]));
    assert_eq!((world.size(), shows(&world, "2013-03-01")), (size + 4, first.map(String::from).to_vec()));
    assert_eq!(shows(&world, "2013-02-28"), ["state:KEN 1999-08-11 -"]);

    // What was learned: two retractions, by whom, and what follows from them.
    let learned = |from: u64, to: u64| {
        let known = [from, to].map(|n| n.to_string());
        let diff =
            ["diff", "--known-at", &known[0], "--known-at", &known[1], "--as-of", "2015-01-01", "--format", "json"];
        world.run(&diff).expect(0).json()["changes"].as_array().unwrap().clone()
    };
    let brief = |changes: &[Value]| -> Vec<String> {
        let text = |c: &Value, name: &str| c[name].as_str().unwrap().to_owned();
        changes.iter().map(|c| format!("{} {} {}", text(c, "actor"), text(c, "fact"), text(c, "how"))).collect()
    };
    let retracted = learned(size, size + 2);
    let expected = [
        "state:KEN treaty.consent_deposited retracted",
        "state:KEN status follows",
        "state:RWA treaty.signed retracted",
        "state:RWA status follows",
    ];
    assert_eq!(brief(&retracted), expected);
    for change in &retracted {
        let [maker] = &change["records"].as_array().unwrap()[..] else { panic!("{change}") };
        assert_eq!(
            (&maker["type"], &maker["by"], &maker["seen"]),
            (&"event.corrected".into(), &ACTOR.into(), &"2013-02-01".into())
        );
        assert!(change["after"].is_null() || change["fact"] == "status", "{change}");
    }
    // Said and taken back between the two: not nothing.
    let acts = size - 3;
    let within = brief(&learned(acts, size + 2));
    assert!(within.contains(&"state:RWA treaty.signed stated_and_retracted".to_owned()), "{within:?}");
    assert!(within.contains(&"state:KEN treaty.signed new".to_owned()), "{within:?}");
}

#[test]
fn an_older_table_undoes_nothing() {
    let world = world();
    import(&world, "2014-01-01", "state:KEN,1999-08-11,2005-03-15\nstate:UGA,1999-03-17,2002-06-14\n", &[]);
    let size = world.size();
    let older = "state:KEN,1999-08-12,2005-03-15\nstate:RWA,1998-08-01,\n";
    let (code, told) = import(&world, "2013-01-01", older, &["--gone", "retract"]);
    // Kenya's other date is not taken, Uganda came in later than this table, and what nobody had said is new.
    assert_eq!((code, told.len(), world.size()), (1, 1, size + 1), "{told:?}");
    assert!(told[0].starts_with("older: state:KEN signs rome-statute on 1999-08-12"), "{told:?}");
    assert!(told[0].ends_with("was seen on 2014-01-01, after this table: import tables oldest first)"), "{told:?}");
    assert_eq!(shows(&world, "2013-06-01"), ["state:RWA 1998-08-01 -"]);
    // On one day the table that comes last is what the day ends with.
    let (code, told) =
        import(&world, "2014-01-01", "state:KEN,1999-08-12,2005-03-15\nstate:UGA,1999-03-17,2002-06-14\n", &[]);
    assert_eq!((code, told.len()), (0, 2), "{told:?}");
    assert_eq!(shows(&world, "2014-01-01")[0], "state:KEN 1999-08-12 2005-03-15");
}

/// What was learned about one date, and from whom: a state disputes what was transcribed, in hostile words, and says another date
/// itself.
#[test]
fn what_was_learned_names_who_said_it() {
    let world = World::founded();
    world.ok(&["key", "new", "state:RWA#1", "--no-passphrase"]);
    world.act(&["key.enrolled", "--enrol", "state:RWA#1"]);
    let size = world.size();
    let status = world.run(&["treaty", "status", "genocide-convention", "--format", "json"]).expect(0).json();
    let states = status["states"].as_array().unwrap();
    let rwanda = states.iter().find(|r| r["actor"] == "state:RWA").unwrap();
    let seq = rwanda["records"][0].to_string();
    let hostile = format!("=cmd|'/c calc'!A0, \"quoted\"\n| a | table |\n{}", "x".repeat(300));
    world.record(&["dispute", &seq, "--grounds", &hostile]);
    let other = ["--set", "state=state:RWA", "--set", "treaty=genocide-convention", "--set", "mode=accession"];
    world.record(
        &[&["draft", "treaty.consent_deposited", "--actor", "state:RWA", "--effective", "1975-05-16"], &other[..]]
            .concat(),
    );

    let known = [size, world.size()].map(|n| n.to_string());
    let asked = ["diff", "--known-at", &known[0], "--known-at", &known[1], "--as-of", "2015-01-01"];
    let diff = world.run(&[&asked[..], &["--format", "json"]].concat()).expect(0).json();
    let changes = diff["changes"].as_array().unwrap();
    let facts: Vec<&str> = changes.iter().map(|c| c["fact"].as_str().unwrap()).collect();
    assert_eq!(facts, ["treaty.consent_deposited", "event.disputed", "status"], "{diff}");
    for change in changes {
        let makers = change["records"].as_array().unwrap();
        assert!(makers.iter().all(|m| m["by"] == "state:RWA" && m["standing"] == "own"), "{change}");
    }
    assert_eq!(changes[2]["before"]["in_force_from"], "1975-07-15");
    assert_eq!(changes[2]["after"]["in_force_from"], "1975-08-14");
    // The position that the answer rests on is the ledger's.
    let pins = world.pins();
    let head = world.run(&["status", "--format", "json"]).expect(0).json();
    let root =
        head["rows"].as_array().unwrap().iter().find(|r| r["what"] == "checkpoint root").unwrap()["value"].clone();
    assert_eq!((&diff["ledger"], &diff["after"]["root"]), (&pins.ledger_id.as_str().into(), &root));
    assert_eq!(
        (&diff["before"]["known_size"], &diff["after"]["known_size"]),
        (&known[0].as_str().into(), &known[1].as_str().into())
    );

    // It is cited as other answers are, and asked again gives the same bytes, also where it is about the day of a table.
    let seen = ["diff", "--seen-by", "2014-01-01", "--seen-by", "2015-03-14", "--state", "state:RWA"];
    for (i, question) in [&asked[..], &seen].into_iter().enumerate() {
        let (plain, file) = (world.ok(question), format!("cited-{i}.json"));
        assert_eq!(world.ok(&[question, &[&format!("--cite={file}")]].concat()), plain);
        assert!(world.ok(&["answer", "--verify", &file]).starts_with("the same, byte for byte"));
    }

    // Hostile words reach no terminal as more than words, and no table falls apart.
    let people = world.ok(&asked);
    assert!(people.lines().all(|l| l.chars().count() <= 80), "{people}");
    assert!(people.contains(" by state:RWA on ") && people.contains(", own"), "{people}");
    let csv = world.ok(&[&asked[..], &["--format", "csv"]].concat());
    let mut reader = csv::Reader::from_reader(csv.as_bytes());
    let width = reader.headers().unwrap().len();
    assert!(reader.records().all(|r| r.unwrap().len() == width));
    let lines = world.ok(&[&asked[..], &["--format", "jsonl"]].concat());
    let rows: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(rows.len(), 3);

    // Whose word: what only Rwanda says is nothing by transcriptions alone. And a state of which nothing changed has no rows.
    for more in [&["--standing", "transcribed"][..], &["--state", "state:KEN"], &["--treaty", "rome-statute"]] {
        let told = world.ok(&[&asked[..], more].concat());
        assert!(told.contains("Nothing changed"), "{more:?}: {told}");
    }
    // Stories that are no treaty's have their acts compared, too; what was not known yet is said to be so.
    let back = world.ok(&[
        "diff",
        "--known-at",
        &known[1],
        "--known-at",
        "0",
        "--as-of",
        "2015-01-01",
        "--state",
        "state:RWA",
    ]);
    for said in [
        "goes back: before is the later",
        "after: the ledger held no records then",
        "actor:state:RWA: actor.registered, not yet",
    ] {
        assert!(back.replace('\n', " ").contains(said), "{said}: {back}");
    }
}

/// The story of a decision or a mandate is not named after the Council, nor a draft's after whoever vetoed it: `--state` finds them all the
/// same, and nobody else.
#[test]
fn what_an_organ_decides_and_who_is_named_in_it_is_compared() {
    let world = World::bare();
    for (table, mapping) in
        [("bodies", "bodies"), ("states", "states"), ("mandates", "mandates"), ("unifil", "unifil-chain")]
    {
        world.import_example(&format!("{table}.csv"), mapping);
    }
    let vetoed_by = |members: &str, seen: &str| {
        let heads = "date,draft,meeting_record,agenda_item,crisis_topic,member_veto1,member_veto2,member_veto3";
        let row = format!("1/15/1979,S/13027,S/PV.2112,The situation in Cambodia,Cambodia,{members},");
        world.write("vetoes.csv", format!("{heads}\n{row}\n"));
        let mapping = example("mappings/vetoes.toml");
        world.import("vetoes.csv", &mapping, &["--yes", "--seen", seen]).expect(0);
    };
    vetoed_by("USSR,", "2022-09-01");
    let facts = |actor: &str| {
        let asked = ["diff", "--as-of", "1978-01-01", "--as-of", "1979-12-31", "--state", actor, "--format", "json"];
        let diff = world.run(&asked).expect(0).json();
        let changes = diff["changes"].as_array().unwrap().clone();
        let mut facts: Vec<String> = changes.iter().map(|c| c["fact"].as_str().unwrap().to_owned()).collect();
        facts.sort();
        facts
    };
    // Six resolutions of these two years, of which the first one established the mandate and the others extended it; and the draft.
    let all =
        [&["decision.adopted"; 6][..], &["decision.not_adopted"], &["mandate.established"], &["mandate.extended"; 5]];
    assert_eq!(facts("org:un-security-council"), all.concat());
    assert_eq!(facts("state:SUN"), ["decision.not_adopted"]);
    assert!(facts("state:CHN").is_empty() && facts("state:FRA").is_empty());
    // Whoever is named by a correction alone is found, too.
    vetoed_by("USSR,China", "2022-09-02");
    assert_eq!(facts("state:CHN"), ["decision.not_adopted"]);
    assert!(facts("state:FRA").is_empty());
}

/// What follows from a record whose key was stolen carries its flag, as the record's own row does; and so does what follows where
/// only days have passed.
#[test]
fn what_follows_from_a_flagged_record_is_flagged() {
    let world = World::founded();
    world.ok(&["key", "new", "state:RWA#1", "--no-passphrase"]);
    world.act(&["key.enrolled", "--enrol", "state:RWA#1"]);
    let stolen = world.size().to_string();
    let consent = ["--set", "state=state:RWA", "--set", "treaty=arms-trade-treaty", "--set", "mode=ratification"];
    let draft = ["draft", "treaty.consent_deposited", "--actor", "state:RWA", "--effective", "2015-02-01"];
    let sign = ["draft", "treaty.signed", "--actor", "state:RWA", "--effective", "2014-02-01"];
    let own = ["--set", "state=state:RWA", "--set", "treaty=arms-trade-treaty", "--set", "mode=simple"];
    world.record(&[&sign[..], &own[..]].concat());
    world.record(&[&draft[..], &consent[..]].concat());
    let from = format!("compromised_from_seq={stolen}");
    let revoked = ["--set", "actor=state:RWA", "--set", "key=state:RWA#1", "--set", "reason=stolen", "--set", &from];
    world.record(&[&["draft", "key.revoked", "--actor", "state:RWA"], &revoked[..]].concat());
    let asked = ["--state", "state:RWA", "--treaty", "arms-trade-treaty", "--format", "json"];
    let days = ["diff", "--as-of", "2014-12-01", "--as-of", "2015-03-14"];
    let diff = world.run(&[&days[..], &asked].concat()).expect(0).json();
    let changes = diff["changes"].as_array().unwrap();
    let facts: Vec<&str> = changes.iter().map(|c| c["fact"].as_str().unwrap()).collect();
    assert_eq!(facts, ["treaty.consent_deposited", "status"], "{diff:#}");
    for change in changes {
        assert!(change["flags"].to_string().contains("key.compromised"), "{change:#}");
    }
    let on =
        |seq: u64| diff["flags"].as_array().unwrap().iter().any(|f| f["seq"] == seq && f["code"] == "key.compromised");
    let stolen: u64 = stolen.parse().unwrap();
    assert_eq!([on(stolen), on(stolen + 1)], [false, true], "{diff:#}");
}

#[test]
fn wrong_calls_are_refused_and_empty_ones_are_not() {
    let world = World::founded();
    let day = ["--as-of", "2013-06-06"];
    let three = [day, day, day].concat();
    let both = [&day[..], &day, &["--known-at", "10", "--known-at", "20"]].concat();
    let beyond = ["--known-at", "10", "--known-at", "99999"];
    let unknown = [&day[..], &day, &["--treaty", "no-such-treaty"]].concat();
    for (args, code) in [
        (&[][..], "diff.two_of_one"),
        (&day, "diff.two_of_one"),
        (&three, "diff.two_of_one"),
        (&both, "diff.two_of_one"),
        (&["--as-of", "2013-06-06", "--known-at", "10", "--seen-by", "2013-06-06"], "diff.two_of_one"),
        (&beyond, "known_at.beyond"),
        (&unknown, "treaty.unknown"),
    ] {
        let refused = world.run(&[&["diff"], args].concat()).expect(2);
        assert_eq!((refused.error_code(), &*refused.stdout), (code, ""), "{args:?}");
        assert!(refused.stderr.contains("hint: "), "{args:?}");
    }
    for (args, said) in [
        (&["--as-of", "2013-06-06", "--as-of", "2013-06-06"][..], "both sides are the same: nothing can differ"),
        (&["--known-at", "2000-01-01", "--known-at", "2000-01-02"], "the ledger held no records then"),
        (&["--as-of", "0001-01-01", "--as-of", "0001-01-02"], "Nothing changed"),
        (&["--as-of", "9998-01-01", "--as-of", "9999-12-31"], "Nothing changed"),
        (
            &["--seen-by", "1900-01-01", "--seen-by", "1900-01-02"],
            "no table that is recorded here had been seen by 1900-01-02",
        ),
        (&["--as-of", "2013-01-01", "--as-of", "2013-02-01", "--state", "state:ZZZ"], "state:ZZZ is not registered"),
    ] {
        let told = world.ok(&[&["diff"], args].concat());
        assert!(told.replace('\n', " ").contains(said), "{args:?}: {told}");
        let json = world.run(&[&["diff"], args, &["--format", "json"]].concat()).expect(0).json();
        assert_eq!(json["changes"].as_array().unwrap().len(), 0, "{args:?}");
    }
    // Two runs are the same bytes.
    let asked = ["diff", "--as-of", "2002-01-01", "--as-of", "2003-01-01", "--format", "json"];
    assert_eq!(world.ok(&asked), world.ok(&asked));
    assert!(
        world.ok(&["diff", "--as-of", "2002-06-30", "--as-of", "2002-07-01"]).contains("the treaty"),
        "the Rome Statute"
    );
}
