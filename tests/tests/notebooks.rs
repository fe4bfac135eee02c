//! The scripts in examples/notebooks: other people's tools read our tables as they lie, and print the numbers that the program answers.
//! `scripts/install-notebooks` installs DuckDB, pandas and R; where one is missing, its test says "skipped".
//! Not here: the tables themselves (`tables`), the questions on the public data (`questions`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;

use answerable_tests::{World, finish, installed, path_text, repository};

type Row = BTreeMap<String, String>;

/// Five treaties, and who was a member of the United Nations.
fn world() -> World {
    let world = World::founded();
    world.import_example("bodies.csv", "bodies");
    world.import_example("un-members.csv", "un-members");
    world
}

fn csv(world: &World, args: &[&str]) -> Vec<Row> {
    let text = world.ok(&[args, &["--format", "csv"]].concat());
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

/// A Python that has the package; None, and said so, where there is none.
fn python(package: &str) -> Option<PathBuf> {
    let works = |python: &PathBuf| {
        let tried = Command::new(python).args(["-c", &format!("import {package}")]).output();
        tried.is_ok_and(|o| o.status.success())
    };
    let found = [repository().join(".venv/bin/python"), "python3".into()].into_iter().find(works);
    if found.is_none() {
        eprintln!("skipped: no python3 with the package {package}: run scripts/install-notebooks");
    }
    found
}

/// What a script prints of a table: the words of each line.
fn printed(world: &World, program: &str, script: &str, table: &str) -> Vec<Vec<String>> {
    let mut command = Command::new(program);
    world.tame(&mut command);
    let script = repository().join("examples/notebooks").join(script);
    let output = finish(command.arg(script).arg(table)).expect(0);
    assert_eq!(output.stderr, "");
    output.stdout.lines().map(|l| l.split_whitespace().map(str::to_owned).collect()).collect()
}

/// The lines that begin with this word, without it.
fn after(lines: &[Vec<String>], word: &str) -> Vec<Vec<String>> {
    lines.iter().filter(|l| l[0] == word).map(|l| l[1..].to_vec()).collect()
}

fn one(lines: &[Vec<String>], word: &str) -> String {
    let found = after(lines, word);
    assert_eq!(found.len(), 1, "{word}: {found:?}");
    found[0].join(" ")
}

fn is_bound(status: &str) -> bool {
    status == "in_force" || status == "withdrawing"
}

/// Every year, by DuckDB from Parquet, is what `table parties` has; every region what the matrix has.
#[test]
fn duckdb_counts_parties_as_the_program_does() {
    let Some(python) = python("duckdb") else { return };
    let world = world();
    world.ok(&["table", "panel", "--from", "1948", "--to", "2014", "--out", "panel.parquet"]);
    let lines = printed(&world, &path_text(&python), "duckdb_parquet.py", "panel.parquet");
    let years: Vec<&Vec<String>> = lines.iter().filter(|l| l.len() == 4 && l[0].parse::<u16>().is_ok()).collect();
    let instrument = ["--instrument", "genocide-convention"];
    let ours = csv(&world, &[&["table", "parties", "--from", "1948", "--to", "2014"][..], &instrument].concat());
    assert_eq!((years.len(), ours.len()), (67, 67));
    for (theirs, ours) in years.iter().zip(&ours) {
        assert_eq!(theirs[..], ["year", "parties", "un_parties", "un_members"].map(|c| ours[c].clone()));
    }
    assert_eq!(years[66][1..], ["146", "145", "193"], "as in docs/QUESTIONS.md");

    let mut regions: BTreeMap<String, usize> = BTreeMap::new();
    for row in csv(&world, &[&["table", "matrix", "--as-of", "2014-12-31"][..], &instrument].concat()) {
        if row["exists"] == "true" && is_bound(&row["genocide-convention"]) {
            *regions.entry(row["region"].clone()).or_default() += 1;
        }
    }
    let at = lines.iter().position(|l| l[0] == "region").unwrap();
    let theirs = lines[at + 1..].iter().take_while(|l| l[0] != "choices");
    let theirs: BTreeMap<String, usize> = theirs.map(|l| (l[0].clone(), l[1].parse().unwrap())).collect();
    assert_eq!((&theirs, theirs.len()), (&regions, 5));
    assert_eq!(one(&lines, "choices"), ours[0]["choices"]);
}

/// The waits of the Rome Statute, by pandas from JSON Lines, are those of `table durations` and `treaty unratified`.
#[test]
fn pandas_measures_waits_as_the_program_does() {
    let Some(python) = python("pandas") else { return };
    let world = world();
    world.ok(&["table", "durations", "--as-of", "2015-03-14", "--out", "durations.jsonl"]);
    let lines = printed(&world, &path_text(&python), "pandas_jsonl.py", "durations.jsonl");
    let ours = csv(&world, &["table", "durations", "--as-of", "2015-03-14", "--instrument", "rome-statute"]);
    let finished = ours.iter().filter(|r| r["ended"] == "consent");
    let mut days: Vec<u32> = finished.map(|r| r["days"].parse().unwrap()).collect();
    days.sort_unstable();
    let unfinished = ours.len() - days.len();
    assert!(ours.iter().all(|r| (r["censored"] == "true") != (r["ended"] == "consent")), "none repudiated, none ended");
    for (word, number) in [
        ("signatures", ours.len()),
        ("consented", days.len()),
        ("unfinished", unfinished),
        // Each unfinished wait is longer than the one in the middle of all.
        ("median_days", days[ours.len() / 2] as usize),
        ("median_of_the_finished", days[days.len() / 2] as usize),
    ] {
        assert_eq!(one(&lines, word), number.to_string(), "{word}");
    }
    assert_eq!(one(&lines, "median_days"), "1282", "as in docs/QUESTIONS.md");
    for years in [1, 2, 5, 10] {
        // Nobody was lost from sight before: those who wait are those who have not ended.
        let ended = days.iter().filter(|d| f64::from(**d) <= f64::from(years) * 365.25).count();
        let waiting = (ours.len() - ended) as f64 / ours.len() as f64;
        let theirs: f64 = one(&lines, &format!("waiting_after_{years}_years")).parse().unwrap();
        assert!((theirs - waiting).abs() < 0.001, "{years} years: {theirs}, not {waiting}");
    }
    let mut oldest: Vec<[String; 2]> = csv(&world, &["treaty", "unratified", "rome-statute", "--as-of", "2015-03-14"])
        .iter()
        .map(|r| [r["signed"].clone(), r["state"].clone()])
        .collect();
    assert_eq!(oldest.len(), unfinished);
    oldest.sort();
    let theirs: Vec<[String; 2]> = after(&lines, "waits").iter().map(|l| [l[1].clone(), l[0].clone()]).collect();
    assert_eq!((theirs.len(), &theirs[..]), (5, &oldest[..5]));
    assert_eq!(one(&lines, "choices"), ours[0]["choices"]);
}

/// By how many treaties each member is bound, by R from CSV, is what the matrix of that day says.
#[test]
fn r_counts_treaties_as_the_program_does() {
    if !installed("Rscript") {
        return;
    }
    let world = world();
    world.ok(&["table", "panel", "--from", "2013", "--to", "2014", "--out", "panel.csv"]);
    let lines = printed(&world, "Rscript", "panel.R", "panel.csv");
    let panel = csv(&world, &["table", "panel", "--from", "2014", "--to", "2014"]);
    let mut instruments: Vec<&String> = panel.iter().map(|r| &r["instrument"]).collect();
    instruments.sort();
    instruments.dedup();
    let (mut by_number, mut by_region): (BTreeMap<usize, usize>, BTreeMap<String, Vec<usize>>) = Default::default();
    let mut none = Vec::new();
    let matrix = csv(&world, &["table", "matrix", "--as-of", "2014-12-31"]);
    let members: Vec<&Row> = matrix.iter().filter(|r| r["un_member"] == "true").collect();
    for row in &members {
        let n = instruments.iter().filter(|i| is_bound(&row[**i])).count();
        *by_number.entry(n).or_default() += 1;
        by_region.entry(row["region"].clone()).or_default().push(n);
        if n == 0 {
            none.push(row["state"].clone());
        }
    }
    assert_eq!(one(&lines, "year"), "2014");
    assert_eq!((one(&lines, "members"), members.len()), ("193".to_owned(), 193));
    let theirs = after(&lines, "bound_by");
    assert_eq!(theirs.len(), instruments.len() + 1);
    for line in theirs {
        let ours = by_number.get(&line[0].parse().unwrap()).copied().unwrap_or_default();
        assert_eq!(line[1], ours.to_string(), "bound by {}", line[0]);
    }
    none.sort();
    assert_eq!((one(&lines, "by_none"), none.is_empty()), (none.join(" "), false));
    let means = after(&lines, "mean");
    assert_eq!((means.len(), by_region.len()), (5, 5));
    for line in means {
        let all = &by_region[&line[0]];
        let mean = all.iter().sum::<usize>() as f64 / all.len() as f64;
        let theirs: f64 = line[1].parse().unwrap();
        assert!((theirs - mean).abs() < 0.001, "{}: {theirs}, not {mean}", line[0]);
    }
    assert_eq!(one(&lines, "choices"), panel[0]["choices"]);
}
