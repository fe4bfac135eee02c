//! The public data sets, whole, through the front door: 41,066 recommendations of the Universal Periodic Review with their
//! answers, the voluntary pledges, and the Security Council's tables. They are not in this repository: where they are not
//! there, these tests say "skipped".
//! Not here: what each cell becomes (the import's own tests).

use std::collections::BTreeMap;
use std::path::PathBuf;

use answerable_tests::{World, example, repository};

fn data(name: &str) -> Option<PathBuf> {
    let path = repository().join("../shared/data").join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn registered() -> World {
    let world = World::bare();
    world.import_example("bodies.csv", "bodies");
    world.import_example("states.csv", "states");
    world
}

/// Imports a public table; answers how many rows of the answer have each outcome. All else was recorded without a word.
fn import(world: &World, table: &str, mapping: &str) -> BTreeMap<String, usize> {
    let table = data(table).unwrap().display().to_string();
    let mapping = example(&format!("mappings/{mapping}.toml"));
    let answer = world.import(&table, &mapping, &["--yes", "--format", "jsonl"]);
    let mut outcomes = BTreeMap::new();
    for line in answer.stdout.lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        *outcomes.entry(row["outcome"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    outcomes
}

#[test]
fn the_whole_of_the_upr_imports_and_verifies() {
    if data("upr").is_none() {
        return;
    }
    let world = registered();
    let before = world.size();
    let outcomes = import(&world, "upr/upr_recommendations_s1_20.csv", "upr-recommendations");
    // 33 rows recommend something to South Sudan two months before it was a state: refused, and their answers flagged.
    let expected = [("flagged", 33), ("refused", 33), ("rejected", 17)];
    assert_eq!(outcomes, expected.map(|(o, n)| (o.to_owned(), n)).into());
    assert_eq!(world.size() - before, 82_104 - 33);
    assert_eq!(import(&world, "upr/upr_voluntary_pledges.csv", "upr-pledges"), [("rejected".to_owned(), 2)].into());
    assert_eq!(world.size() - before, 82_104 - 33 + 945);
    world.ok(&["export", "export"]);
    world.verify("export", &world.pins()).expect(0);

    // It reads well in a terminal of 80 columns.
    for question in [
        &["recommendations", "state:RWA", "--as-of", "2015-12-31"][..],
        &["recommendations", "state:RWA", "--by", "theme", "--as-of", "2015-12-31"],
        &["recommendations", "--by", "response", "--as-of", "2015-12-31"],
        &["commitments", "state:ALB", "--as-of", "2015-12-31"],
    ] {
        let told = world.ok(question);
        let wide: Vec<&str> = told.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{question:?}: {wide:?}");
    }
    // A report on all of it stays of a size that a browser opens at once, with every text whole.
    world.ok(&["report", "--as-of", "2015-12-31", "report.html"]);
    let page = String::from_utf8(world.read("report.html")).unwrap();
    assert!(page.len() < 10_000_000, "{} bytes", page.len());
    assert!(page.contains("\"kept\":null") && page.contains("\"size\":83"), "{}", page.len());

    let csv = world.ok(&["recommendations", "--by", "response", "--as-of", "2015-12-31", "--format", "csv"]);
    // 30,472 accepted and 10,594 noted in the file, less unknown recommenders, doubles, a conflict, and South Sudan.
    assert!(csv.contains("\nsupported,30455,") && csv.contains("\nnoted,10564,"), "{csv}");
}

#[test]
fn the_council_s_tables_import_and_unifil_shows_no_lapse() {
    if data("unsc").is_none() {
        return;
    }
    let world = registered();
    for (table, mapping, refused) in [
        ("sc_resolutions.csv", "council-resolutions", 0),
        ("sc_meetings_1946_2022.csv", "council-meetings", 0),
        ("un_peacekeeping_missions_DPPADPOSS-PKO.csv", "peacekeeping", 0),
        // 34 of the 36 resolutions are in the first table, too.
        ("golden_unifil_chain_1978_1994.csv", "unifil", 34),
        ("council_membership_1992_2023.csv", "council-membership", 0),
        ("vetoes_unsc_vetoes_1946_sept2022.csv", "vetoes", 0),
    ] {
        let outcomes = import(&world, &format!("unsc/{table}"), mapping);
        assert_eq!(outcomes.get("refused").copied().unwrap_or_default(), refused, "{mapping}: {outcomes:?}");
    }
    let mandates = world.run(&["mandates", "--all", "--as-of", "1994-07-31", "--format", "json"]).expect(0).json();
    let all = mandates["mandates"].as_array().unwrap();
    let unifil = all.iter().find(|m| m["mandate"] == "unifil").unwrap();
    assert_eq!((&unifil["status"], &unifil["expires"]), (&"live".into(), &"1994-07-31".into()), "{unifil:#}");
    assert_eq!(unifil["lapses"], serde_json::json!([]), "{unifil:#}");
    world.ok(&["export", "export"]);
    world.verify("export", &world.pins()).expect(0);
}
