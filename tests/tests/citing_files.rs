//! Answers that go to files: a table with its dictionary, a page. They are cited by the names and hashes of the files, made anew
//! in a folder of their own, and compared; whatever a citation says, nothing else is written.
//! Not here: answers on stdout (`citing`).

use std::fs;

use answerable_tests::{Output, World, read_tree};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const PANEL: [&str; 6] = ["table", "panel", "--from", "2001", "--to", "2003"];
const REPORT: [&str; 3] = ["report", "--as-of", "2015-03-14"];

fn cited(world: &World, question: &[&str]) -> Value {
    let _ = fs::remove_file(world.at("cited.json"));
    world.run(&[question, &["--cite=cited.json"]].concat()).expect(0);
    serde_json::from_slice(&world.read("cited.json")).unwrap()
}

/// Asks again, with a folder for temporary ones that must be empty afterwards.
fn again(world: &World, citation: &Value) -> Output {
    world.write("again.json", citation.to_string());
    fs::create_dir_all(world.at("tmp")).unwrap();
    let mut command = world.command(&["answer", "--verify", "again.json"]);
    command.env("TMPDIR", world.at("tmp"));
    let said = answerable_tests::finish(&mut command);
    assert_eq!(fs::read_dir(world.at("tmp")).unwrap().count(), 0, "{said:?}");
    said
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn files_of_an_answer_are_cited_by_name_and_hash_and_made_anew() {
    let world = World::small();
    fs::create_dir(world.at("kept")).unwrap();
    let size = world.size().to_string();
    for (question, names, prints) in [
        (
            [&PANEL[..], &["--out", "kept/p.parquet", "--dictionary=kept/d.json"]].concat(),
            vec!["p.parquet", "d.json"],
            false,
        ),
        ([&PANEL[..], &["--out", "kept/p.csv"]].concat(), vec!["p.csv"], false),
        ([&PANEL[..], &["--dictionary", "kept/e.json", "--format", "jsonl"]].concat(), vec!["e.json"], true),
        ([&REPORT[..], &["--title", "A title", "kept/page.html"]].concat(), vec!["page.html"], false),
        ([&REPORT[..], &["--force", "kept/page.html"]].concat(), vec!["page.html"], false),
    ] {
        let citation = cited(&world, &question);
        let files = citation["files"].as_array().unwrap();
        assert_eq!(files.iter().map(|f| f["file"].as_str().unwrap()).collect::<Vec<_>>(), names);
        for file in files {
            let bytes = world.read(&format!("kept/{}", file["file"].as_str().unwrap()));
            assert_eq!(file["sha256"], hash(&bytes), "{file}");
        }
        assert_eq!(citation["answer_sha256"].is_string(), prints, "{citation}");
        assert_eq!(citation["size"].to_string(), size);
        let command: Vec<&str> = citation["command"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(!command.iter().any(|word| word.contains("kept") || *word == "--force"), "{command:?}");
        // What a reader finds in the footnote makes the same files, in whatever folder.
        let kept = read_tree(&world.at("kept"));
        let beside = World::like(&world);
        beside.ok(&command);
        for name in &names {
            assert!(beside.read(name) == world.read(&format!("kept/{name}")), "{name} is another one");
        }
        let same = again(&world, &citation).expect(0);
        assert!(names.iter().all(|name| same.stdout.contains(&format!("SHA-256 of {name} "))), "{same:?}");
        // Neither read nor written: those that were kept may be gone or changed.
        assert!(kept == read_tree(&world.at("kept")));
        fs::write(world.at("kept").join(names[0]), "changed").unwrap();
        again(&world, &citation).expect(0);
        world.says_something(&format!("later{}", world.size()));
        assert_ne!(world.size().to_string(), size);
        again(&world, &citation).expect(0);
        let mut lie = citation.clone();
        lie["files"][0]["sha256"] = json!("0".repeat(64));
        let lie = again(&world, &lie).expect(1);
        assert_eq!(lie.error_code(), "cite.differs");
        assert!(lie.stderr.contains(&format!("{} has the SHA-256", names[0])), "{lie:?}");
        // For the next one, the ledger as it was.
        let _ = fs::remove_dir_all(world.at("ledger"));
        answerable_tests::copy_tree(&beside.at("ledger"), &world.at("ledger"));
        if !question.contains(&"kept/page.html") {
            fs::remove_dir_all(world.at("kept")).unwrap();
            fs::create_dir(world.at("kept")).unwrap();
        }
    }
}

/// No clock, place, machine or library is in the bytes.
#[test]
fn a_file_has_the_same_bytes_wherever_and_whenever_it_is_made() {
    let world = World::small();
    let beside = World::like(&world);
    for (name, question) in [("t.parquet", &PANEL[..]), ("t.csv", &PANEL), ("t.json", &PANEL), ("page.html", &REPORT)] {
        let make = |world: &World, place: &str| {
            let out = if name == "page.html" { vec![place] } else { vec!["--out", place] };
            world.ok(&[question, &out].concat());
            world.read(place)
        };
        fs::create_dir_all(beside.at("other")).unwrap();
        let (one, other) = (make(&world, name), make(&beside, &format!("other/{name}")));
        assert!(one == other, "{name} differs");
        let text = String::from_utf8_lossy(&one).into_owned();
        for never in ["parquet-rs", world.path().to_str().unwrap(), "other/"] {
            assert!(!text.contains(never), "{name} has {never}");
        }
    }
}

#[test]
fn a_citation_that_lies_of_its_files_is_told_and_none_names_a_place() {
    let world = World::small();
    let citation = cited(&world, &[&PANEL[..], &["--out", "p.csv", "--dictionary", "d.json"]].concat());
    fs::remove_file(world.at("p.csv")).unwrap();
    fs::remove_file(world.at("d.json")).unwrap();
    world.write("again.json", "");
    fs::create_dir_all(world.at("tmp")).unwrap();
    std::os::unix::fs::symlink(world.at("ledger"), world.at("link")).unwrap();
    let before = || {
        let mut tree = read_tree(world.path());
        tree.remove("again.json");
        tree
    };
    let kept = before();
    let known = citation["size"].to_string();
    let page = world.at("page.html");
    let absolute = page.to_str().unwrap();
    // With the hashes that its command needs, whatever its files are called.
    let asking = |args: &[&str], names: &[&str]| {
        let mut lie = citation.clone();
        lie["command"] = json!([args, &["--known-at", &known]].concat());
        lie["files"] = names.iter().map(|name| json!({"file": name, "sha256": "0".repeat(64)})).collect();
        again(&world, &lie)
    };
    for name in
        ["../x.csv", "sub/x.csv", "/tmp/x.csv", "./x.csv", "..", "link/x.csv", "x.csv/", "tmp/../x.csv", "", absolute]
    {
        for argument in ["--out", "--dictionary"] {
            let other = if argument == "--out" { "--dictionary" } else { "--out" };
            let said = asking(
                &[&PANEL[..], &["--format", "csv", argument, name, other, "d.json"]].concat(),
                &[name, "d.json"],
            );
            assert_eq!((said.error_code(), said.code), ("cite.no_question", 2), "{name}: {said:?}");
        }
        let said = asking(&[&REPORT[..], &["--", name]].concat(), &[name]);
        assert_eq!((said.error_code(), said.code), ("cite.no_question", 2), "{name}: {said:?}");
    }
    let no_question: [&[&str]; 4] = [
        &["--out", "x.csv", "--dry-run"],
        &["--out", "x.csv\0.parquet"],
        &["--out", "x.csv", "--out", "y.csv"],
        &["--out", "x.csv", "--cite=c.json"],
    ];
    for more in no_question {
        let said = asking(&[&PANEL[..], more].concat(), &["x.csv"]);
        assert_eq!((said.error_code(), said.code), ("cite.no_question", 2), "{more:?}: {said:?}");
    }
    // One name for two files, whether told or not.
    let said = asking(&[&PANEL[..], &["--out", "x.json", "--dictionary", "x.json"]].concat(), &["x.json", "x.json"]);
    assert_eq!((said.error_code(), said.code), ("cite.one_file", 2), "{said:?}");
    for (args, names) in [
        (&["--out", "p.csv"][..], &["p.csv", "d.json"][..]),
        (&["--out", "p.csv", "--dictionary", "d.json"], &["p.csv"]),
        (&["--out", "p.csv", "--dictionary", "d.json"], &["d.json", "p.csv"]),
        (&["--out", "p.csv"], &["../p.csv"]),
        (&["--out", "p.csv"], &[]),
        (&["--dictionary", "d.json"], &["d.json"]),
        (&[], &["p.csv"]),
    ] {
        let said = asking(&[&PANEL[..], args].concat(), names);
        assert_eq!((said.error_code(), said.code), ("cite.malformed", 2), "{args:?} {names:?}: {said:?}");
    }
    let mut both = citation.clone();
    both["answer_sha256"] = json!("0".repeat(64));
    assert_eq!(again(&world, &both).expect(2).error_code(), "cite.malformed");
    // What cannot be made is not the same.
    let said = asking(&[&PANEL[..], &["--out", "x.unknown"]].concat(), &["x.unknown"]);
    assert_eq!((said.error_code(), said.code), ("table.format_unclear", 1), "{said:?}");
    assert!(said.stderr.contains("error: cite.differs: x.unknown was not made"), "{said:?}");
    assert!(kept == before(), "something was written");
    again(&world, &citation).expect(0);
}

/// Where the files cannot be made for want of room, nothing was checked, and nothing is said of the answer.
#[test]
fn a_full_disk_makes_no_answer_another_one() {
    let world = World::small();
    cited(&world, &[&REPORT[..], &["page.html"]].concat());
    let mut command = std::process::Command::new("sh");
    world.tame(&mut command);
    let program = answerable_tests::bin_dir().join("answerable");
    // At most eight blocks of a file, whatever size they have here.
    command.args(["-c", "ulimit -f 8 && exec \"$0\" --ledger ledger answer --verify cited.json"]).arg(program);
    let said = answerable_tests::finish(&mut command).expect(4);
    assert!(said.stderr.contains("error: cite.not_answered: "), "{said:?}");
    world.run(&["answer", "--verify", "cited.json"]).expect(0);
}

#[test]
fn what_cannot_be_cited_is_told_before_anything_is_written() {
    let world = World::small();
    world.write("there.csv", "mine");
    fs::create_dir(world.at("a")).unwrap();
    let before = read_tree(world.path());
    for (more, code) in [
        (&["--out", "t.csv", "--dry-run", "--cite"][..], "cite.no_question"),
        (&["--out", "./-t.csv", "--cite"], "cite.no_question"),
        (&["--out", "t.json", "--dictionary", "a/t.json", "--cite"], "cite.one_file"),
        (&["--out", "t.json", "--cite=t.json"], "cite.one_file"),
        (&["--out", "t.csv", "--cite=there.csv"], "file.exists"),
        (&["--out", "there.csv", "--cite=c.json"], "file.exists"),
    ] {
        assert_eq!(world.run(&[&PANEL[..], more].concat()).expect(2).error_code(), code, "{more:?}");
    }
    assert!(before == read_tree(world.path()), "something was written");
}
