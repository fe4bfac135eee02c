//! `diff`, `--seen-by`, and archives of dated tables: what changed in the world, what was learned and by whom, and what public tables
//! showed on a day. Where the public data lie beside the repository, equal to what `tests/independent/snapshots.py` computes from
//! the raw tables; else these tests say "skipped".
//! Not here: which facts of a small table are gone or older (`archives`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use answerable_schemas::CalendarDate;
use answerable_tests::{ACTOR, World, bin_dir, example, finish, installed, path_text, repository};
use serde_json::Value;

/// The folder of the public data, and Python; None, and said so, where either is not there.
fn data() -> Option<PathBuf> {
    let folder = repository().join("../shared/data");
    if !folder.join("untreaties_snapshots").exists() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    installed("python3").then_some(folder)
}

fn python(script: &str, args: &[&str]) -> String {
    finish(Command::new("python3").arg(repository().join(script)).args(args)).expect(0).stdout
}

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// A ledger with the eight treaties of the archive, and no acts.
fn registered() -> World {
    let world = World::bare();
    world.register();
    world.import_example("treaties-observed.json", "treaties");
    world
}

/// Runs scripts/import-tables; answers what it says of each table.
fn import_tables(world: &World, list: &str, tables: &Path) -> Vec<String> {
    let mut command = Command::new(repository().join("scripts/import-tables"));
    command.args([list, &path_text(tables), ACTOR]);
    world.tame(&mut command);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let paths = std::iter::once(bin_dir().to_owned()).chain(std::env::split_paths(&path));
    command.env("PATH", std::env::join_paths(paths).unwrap());
    command.env("ANSWERABLE_LEDGER", "ledger").env("ANSWERABLE_KEYS", "keys");
    finish(&mut command).expect(0).stdout.lines().map(str::to_owned).collect()
}

/// What a status says of each state, as the status tables have it: signed, applied provisionally, deposited, by which mode. A
/// status tells of provisional application only where nothing was deposited.
fn told(status: &Value) -> BTreeMap<String, [String; 4]> {
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    let provisional = |row: &Value| match row["status"].as_str() {
        Some("provisionally_applied") => "yes".to_owned(),
        _ => String::new(),
    };
    let states = status["states"].as_array().unwrap().iter();
    states
        .map(|r| (text(r, "actor"), [text(r, "signed"), provisional(r), text(r, "deposited"), text(r, "mode")]))
        .collect()
}

fn seen_by(world: &World, treaty: &str, day: &str) -> Value {
    world.run(&["treaty", "status", treaty, "--seen-by", day, "--format", "json"]).expect(0).json()
}

/// Thirty-three tables in one ledger: on each day each treaty shows exactly what its table showed, and the Arms Trade Treaty grows
/// from 71 to 118 participants and from 0 to 41 consents.
#[test]
fn an_archive_of_tables_shows_what_each_showed_on_its_day() {
    let Some(data) = data() else { return };
    let world = registered();
    let before = world.size();
    let tables = data.join("untreaties_snapshots");
    let said = import_tables(&world, &example("untc-snapshots.csv"), &tables);
    assert_eq!(said.len(), 33);
    assert!(said.iter().all(|line| line.contains(" 0 rejected")), "{said:#?}");
    // The table of 6 June lost a row that is back on the 11th: the only one, and no other table says anything anew.
    let with = |what: &str| said.iter().filter(|line| line.contains(what)).cloned().collect::<Vec<_>>();
    assert_eq!(with("retracted").len(), 1, "{said:#?}");
    assert!(with("retracted")[0].starts_with("att-2013__2013-06-06__659d767.csv, seen 2013-06-06: "));
    assert!(
        with("refugee-1951__2013-07-06")[0].contains(" 0 new acts, 0 corrections, 164 recorded before, 0 rejected")
    );
    let acts = world.size() - before;

    let args = ["showed", "--data", &path_text(&data), "--tables", &path_text(&tables)];
    let list = example("untc-snapshots.csv");
    let theirs = python("tests/independent/snapshots.py", &[&args[..], &["--list", &list]].concat());
    let mut showed: BTreeMap<(String, String), BTreeMap<String, [String; 4]>> = BTreeMap::new();
    for mut row in rows(&theirs) {
        let mut take = |name: &str| row.remove(name).unwrap();
        let (day, treaty, state) = (take("day"), take("treaty"), take("state"));
        let (signed, provisional, consent, mode) = (take("signed"), take("provisional"), take("consent"), take("mode"));
        let provisional = if consent.is_empty() && !provisional.is_empty() { "yes".into() } else { String::new() };
        showed.entry((day, treaty)).or_default().insert(state, [signed, provisional, consent, mode]);
    }
    assert_eq!(showed.keys().map(|(_, t)| t).collect::<BTreeSet<_>>().len(), 8);
    let mut grown = Vec::new();
    let mut compared = 0;
    let mut last: BTreeMap<&str, &BTreeMap<String, [String; 4]>> = BTreeMap::new();
    for ((day, treaty), theirs) in &showed {
        // A table that shows what it showed on the day before is asked about on the last day alone.
        if last.insert(treaty, theirs) == Some(theirs) && day != "2015-03-14" {
            continue;
        }
        let status = seen_by(&world, treaty, day);
        assert_eq!(told(&status), *theirs, "{treaty} on {day}");
        compared += theirs.len();
        let consents = theirs.values().filter(|cells| !cells[2].is_empty()).count();
        assert_eq!(status["counts"]["states"], theirs.len(), "{treaty} on {day}");
        assert_eq!(status["counts"]["deposits"], consents, "{treaty} on {day}");
        if treaty == "arms-trade-treaty" {
            grown.push((day.as_str(), theirs.len(), consents));
        }
    }
    assert!(compared > 3_000, "{compared} rows are compared");
    assert_eq!((grown[0], *grown.last().unwrap()), (("2013-06-06", 71, 0), ("2015-03-14", 118, 41)));
    assert!(grown.contains(&("2014-07-10", 118, 41)) && grown.contains(&("2013-09-27", 112, 7)), "{grown:?}");
    assert!(grown.is_sorted_by(|a, b| a.1 <= b.1 && a.2 <= b.2), "it only grows: {grown:?}");

    // Before anything was seen there is nothing to show, and that is said. Nobody's own word is in a table.
    let early = seen_by(&world, "arms-trade-treaty", "2013-06-05");
    assert_eq!(early["counts"]["states"], 0);
    assert!(early["notes"].to_string().contains("had been seen by 2013-06-05"), "{}", early["notes"]);

    // The same growth, as one comparison: 47 came in, 41 consented; each row names its record.
    let diff = ["diff", "--seen-by", "2013-06-06", "--seen-by", "2014-07-10", "--treaty", "arms-trade-treaty"];
    let diff = world.run(&[&diff[..], &["--format", "json"]].concat()).expect(0).json();
    let counts = &diff["treaties"][0];
    let of = |side: &str| (counts[side]["states"].as_u64().unwrap(), counts[side]["deposits"].as_u64().unwrap());
    assert_eq!((of("before"), of("after")), ((71, 0), (118, 41)));
    let changes = diff["changes"].as_array().unwrap();
    let of = |fact: &str| changes.iter().filter(|c| c["fact"] == fact).count();
    assert_eq!((of("treaty.signed"), of("treaty.consent_deposited"), of("treaty.provisionally_applied")), (47, 41, 19));
    for change in changes {
        let makers = change["records"].as_array().unwrap();
        assert!(!makers.is_empty(), "{change}");
        assert!(makers.iter().all(|m| m["by"] == ACTOR && m["standing"] == "transcribed"), "{change}");
        assert!(makers.iter().all(|m| m["seen"].as_str().unwrap() > "2013-06-06"), "{change}");
    }

    // The newest tables again: nothing happens. The first ones: nothing that is newer is corrected, or gone.
    let again = world.write("again.csv", newest_and_first());
    let size = world.size();
    let said = import_tables(&world, &again, &tables);
    assert!(said.iter().all(|l| l.contains(" 0 new acts, 0 corrections,") && l.ends_with(" 0 rejected")), "{said:#?}");
    assert_eq!((world.size(), acts > 1_000), (size, true), "{acts} records");

    // These tables are of the first and the last day, and hold Yemen's accession to the Genocide Convention twice with one date.
    // How it flipped in between is not in them: the next test.
    for day in ["2013-06-06", "2013-12-01", "2015-03-14"] {
        assert_eq!(told(&seen_by(&world, "genocide-convention", day))["state:YEM"][2], "1987-02-09");
    }
    for table in ["genocide-1948__2013-06-06__88438c6.csv", "genocide-1948__2015-03-14__003ce13.csv"] {
        assert!(fs::read_to_string(tables.join(table)).unwrap().contains("\nYemen,,9 Feb 1987 a\n"), "{table}");
    }
}

/// A list of the last and the first tables of the archive.
fn newest_and_first() -> String {
    let list = fs::read_to_string(example("untc-snapshots.csv")).unwrap();
    let wanted = ["table,", "att-2013__2014-07-10", "genocide-1948__2015-03-14", "genocide-1948__2013-06-06"];
    let lines = list.lines().filter(|l| wanted.iter().any(|w| l.starts_with(w)));
    let mut lines: Vec<&str> = lines.collect();
    // The first table of the Genocide Convention comes last.
    lines[1..].sort_by_key(|l| l.contains("2013-06-06"));
    lines.join("\n") + "\n"
}

/// The tables of the days between are made again from the observed changes. Yemen's accession was of 1987, of 1989, of 1987, of
/// 1989, and is of 1987: each with the records that say so.
#[test]
fn a_date_that_flipped_is_shown_as_it_flipped() {
    let Some(data) = data() else { return };
    let world = registered();
    let rebuilt = path_text(&world.at("rebuilt"));
    let said = python("examples/make/rebuild_tables.py", &[&path_text(&data), &rebuilt]);
    assert_eq!(said, "60 tables, 33 of them kept\n");
    let list = fs::read_to_string(world.at("rebuilt/list.csv")).unwrap();
    let genocide = |l: &&str| l.starts_with("table,") || l.starts_with("genocide-1948__");
    let list = list.lines().filter(genocide).map(|l| format!("{l}\n")).collect::<String>();
    let list = path_text(&world.at(&world.write("genocide.csv", list)));
    assert_eq!(import_tables(&world, &list, &world.at("rebuilt")).len(), 8);

    let args = ["showed", "--data", &path_text(&data), "--tables", &rebuilt, "--list", &list];
    let theirs = rows(&python("tests/independent/snapshots.py", &args));
    let yemen: Vec<(&str, &str)> =
        theirs.iter().filter(|r| r["state"] == "state:YEM").map(|r| (&*r["day"], &*r["consent"])).collect();
    let mut flips = yemen.clone();
    flips.dedup_by_key(|(_, date)| *date);
    let (feb, apr) = ("1987-02-09", "1989-04-06");
    let expected =
        [("2013-06-06", feb), ("2013-11-18", apr), ("2014-01-27", feb), ("2014-07-10", apr), ("2015-03-14", feb)];
    assert_eq!(flips, expected);

    let ours = |day: &str| {
        let status = seen_by(&world, "genocide-convention", day);
        let row = status["states"].as_array().unwrap().iter().find(|r| r["actor"] == "state:YEM").unwrap().clone();
        (row["deposited"].as_str().unwrap().to_owned(), row["records"].as_array().unwrap().len())
    };
    for (day, date) in &yemen {
        assert_eq!(ours(day).0, *date, "{day}");
    }
    // One record more at each flip, and none in between: what did not change is not repeated.
    let records: Vec<usize> = flips.iter().map(|(day, _)| ours(day).1).collect();
    assert_eq!((records, ours("2014-07-09"), ours("2014-12-31").1), (vec![1, 2, 3, 4, 5], (feb.to_owned(), 3), 4));

    let stream = "treaty:genocide-convention:YEM";
    let told = |more: &[&str]| {
        let history = world.run(&[&["history", stream, "--format", "json"], more].concat()).expect(0).json();
        let of =
            |r: &Value| (r["source"]["seen"].as_str().unwrap().to_owned(), r["effective"].as_str().unwrap().to_owned());
        history["records"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(told(&[]), expected.map(|(day, date)| (day.to_owned(), date.to_owned())));
    assert_eq!(told(&["--seen-by", "2014-01-31"]).len(), 3);

    // Each flip as a comparison, with who says so and what follows; and over all of them, nothing, which is remarked.
    for pair in flips.windows(2) {
        let [(_, was), (day, is)] = pair else { unreachable!() };
        let eve = day.parse::<CalendarDate>().unwrap().first_day().yesterday().unwrap().to_string();
        let diff = ["diff", "--seen-by", &eve, "--seen-by", day, "--state", "state:YEM", "--format", "json"];
        let diff = world.run(&diff).expect(0).json();
        let changes = diff["changes"].as_array().unwrap();
        let facts: Vec<&str> = changes.iter().map(|c| c["fact"].as_str().unwrap()).collect();
        assert_eq!(facts, ["treaty.consent_deposited", "status"], "{day}");
        assert_eq!(
            (&changes[0]["before"]["date"], &changes[0]["after"]["date"]),
            (&Value::from(*was), &Value::from(*is))
        );
        for change in changes {
            let [maker] = &change["records"].as_array().unwrap()[..] else { panic!("{change}") };
            assert_eq!((&maker["seen"], &maker["by"]), (&Value::from(*day), &Value::from(ACTOR)), "{day}");
            assert_eq!(maker["type"], "event.corrected");
        }
    }
    let people = world.ok(&["diff", "--seen-by", "2013-11-17", "--seen-by", "2013-11-18", "--state", "state:YEM"]);
    assert!(people.contains("Yemen  consent  1987-02-09, accession     1989-04-06, accession"), "{people}");
    let whole = world.ok(&["diff", "--seen-by", "2013-06-06", "--seen-by", "2015-03-14", "--state", "state:YEM"]);
    assert!(whole.contains("Nothing changed") && whole.contains("says the same again"), "{whole}");
}

/// Any two days: what changed in the world is what another program computes from the raw tables; back again, the same with the
/// sides changed.
#[test]
fn two_days_differ_as_an_independent_computation_says() {
    let Some(data) = data() else { return };
    let world = World::bare();
    world.register();
    for (file, mapping) in [
        ("att-2013", "untc-att"),
        ("genocide-1948", "untc-genocide"),
        ("refugee-1951", "untc-refugee"),
        ("refugee-protocol-1967", "untc-refugee-protocol"),
        ("rome-1998", "untc-rome"),
    ] {
        let table = path_text(&data.join("treaties").join(format!("{file}.csv")));
        world.import(&table, &example(&format!("mappings/{mapping}.toml")), &["--yes"]).expect(0);
    }
    type Told = BTreeSet<[String; 5]>;
    let columns = ["treaty", "actor", "fact", "before", "after"];
    let read = |text: &str| -> Told {
        rows(text).into_iter().filter(|r| !r["treaty"].is_empty()).map(|r| columns.map(|c| r[c].clone())).collect()
    };
    for (first, last, least) in [
        ("1948-12-10", "1952-01-01", 80),
        ("1951-01-11", "1951-01-12", 20),
        ("1998-07-17", "2002-07-01", 250),
        ("2013-06-06", "2014-07-10", 150),
        ("2014-04-01", "2014-06-30", 30),
        ("1900-01-01", "2030-01-01", 1_000),
    ] {
        let ask = |a: &str, b: &str| {
            let diff = ["diff", "--as-of", a, "--as-of", b, "--format", "csv"];
            let mut told = read(&world.ok(&diff));
            // The treaties themselves, which the tables do not have, were adopted in between.
            told.retain(|row| row[2] != "treaty.registered");
            told
        };
        let args = ["between", "--data", &path_text(&data), "--states", &example("states.csv")];
        let theirs =
            read(&python("tests/independent/snapshots.py", &[&args[..], &["--from", first, "--to", last]].concat()));
        let ours = ask(first, last);
        let (missing, surplus): (Vec<_>, Vec<_>) =
            (theirs.difference(&ours).collect(), ours.difference(&theirs).collect());
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{first} to {last}: missing {missing:#?}, surplus {surplus:#?}"
        );
        assert!(ours.len() >= least, "{first} to {last}: {} rows", ours.len());
        let turned: Told = ours.into_iter().map(|[t, a, f, before, after]| [t, a, f, after, before]).collect();
        assert_eq!(ask(last, first), turned, "back from {last} to {first}");
    }
}
