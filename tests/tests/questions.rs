//! docs/QUESTIONS.md: twelve research questions. The ledger is made of the public tables as the page says, the page's commands are run as they
//! are printed, and what they print is what the page states, and what `tests/independent/questions.py` computes from the raw tables.
//! Where the tables, Python or jq are not there, this says "skipped".
//! Not here: every cell of the tables of treaties (`tables`), every day of the archive (`comparing`).

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Instant;

use answerable_tests::pages::{Block, blocks, page};
use answerable_tests::{World, bin_dir, example, finish, installed, path_text, repository};
use serde_json::Value;

const QUESTIONS: usize = 12;

/// The page: the blocks that make the ledger and name it; the command and the stated answer of each question, by number.
struct Page {
    ledger: String,
    environment: String,
    commands: BTreeMap<usize, String>,
    stated: BTreeMap<usize, Value>,
}

fn read_page() -> Page {
    let mut read =
        Page { ledger: String::new(), environment: String::new(), commands: BTreeMap::new(), stated: BTreeMap::new() };
    for Block { line, info, text } in blocks(&page("QUESTIONS")) {
        let place = format!("docs/QUESTIONS.md:{line}");
        let number = |prefix: &str| info.strip_prefix(prefix).and_then(|n| n.parse::<usize>().ok());
        let twice = if let Some(n) = number("sh question-") {
            read.commands.insert(n, text).is_some()
        } else if let Some(n) = number("json answer-") {
            let stated = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{place}: {e}"));
            read.stated.insert(n, stated).is_some()
        } else {
            let block = match info.as_str() {
                "sh ledger" => &mut read.ledger,
                "sh environment" => &mut read.environment,
                _ => panic!("{place}: nobody runs ```{info}"),
            };
            !std::mem::replace(block, text).is_empty()
        };
        assert!(!twice, "{place}: a second ```{info}");
    }
    read
}

/// The folder of the public data; None, and said so, where it, Python or jq is not there.
fn data() -> Option<PathBuf> {
    let folder = repository().join("../shared/data");
    if !["upr", "unsc", "untreaties_snapshots", "untreaties_observed_changes.csv"]
        .iter()
        .all(|n| folder.join(n).exists())
    {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    (installed("python3") && installed("jq")).then(|| folder.canonicalize().unwrap())
}

/// A folder in which the page's commands find what they name: scripts, examples, programs, and the data.
struct Terminal {
    world: World,
    data: PathBuf,
}

impl Terminal {
    fn new(data: &Path) -> Self {
        let world = World::empty();
        for folder in ["scripts", "examples"] {
            symlink(repository().join(folder), world.at(folder)).unwrap();
        }
        Self { world, data: data.to_owned() }
    }

    /// What a block of commands prints.
    fn run(&self, block: &str) -> String {
        let mut command = Command::new("bash");
        command.args(["-euo", "pipefail", "-c", block]);
        self.world.tame(&mut command);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let paths = std::iter::once(bin_dir().to_owned()).chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(paths).unwrap()).env("DATA", &self.data);
        finish(&mut command).expect(0).stdout
    }
}

/// Where two answers differ first: a path into them, and both values. None where they are the same.
fn difference(path: &str, ours: &Value, theirs: &Value) -> Option<String> {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let names: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            names.into_iter().find_map(|name| {
                let of = |side: &serde_json::Map<String, Value>| side.get(name).cloned().unwrap_or_default();
                difference(&format!("{path}.{name}"), &of(a), &of(b))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            a.iter().zip(b).enumerate().find_map(|(i, (a, b))| difference(&format!("{path}[{i}]"), a, b))
        }
        _ => (ours != theirs).then(|| format!("{path}: {ours}, not {theirs}")),
    }
}

#[test]
fn what_the_commands_print_is_stated_and_computed_independently() {
    let Some(data) = data() else { return };
    let page = read_page();
    let terminal = Terminal::new(&data);
    bin_dir(); // builds the programs, which is not to be measured
    let begun = Instant::now();
    terminal.run(&page.ledger);
    println!("the ledger took {:?}", begun.elapsed());

    let mut python = Command::new("python3");
    python.arg(repository().join("tests/independent/questions.py"));
    python.args(["--data", &path_text(&data), "--examples", &example("")]);
    let computed = finish(&mut python).expect(0).json();
    assert_eq!(computed.as_object().unwrap().len(), QUESTIONS);

    // They wait for nothing of each other, so two are asked at a time; the last ones take longest.
    let left = Mutex::new(page.commands.iter().rev());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((n, command)) = { left.lock().unwrap().next() } {
                    let asked = Instant::now();
                    let printed = terminal.run(&format!("{}{command}", page.environment));
                    println!("question {n} took {:?}", asked.elapsed());
                    let printed: Value =
                        serde_json::from_str(&printed).unwrap_or_else(|e| panic!("question {n}: {e}:\n{printed}"));
                    for (whose, other) in [("page", &page.stated[n]), ("script", &computed[n.to_string()])] {
                        let found =
                            difference(&format!("question {n}, the program and the {whose}: "), &printed, other);
                        wrong.lock().unwrap().extend(found);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// All numbers in an answer, as they are printed.
fn numbers(answer: &Value, found: &mut BTreeSet<String>) {
    match answer {
        Value::Number(n) => drop(found.insert(n.to_string())),
        Value::Array(items) => items.iter().for_each(|i| numbers(i, found)),
        Value::Object(members) => members.values().for_each(|m| numbers(m, found)),
        _ => {}
    }
}

/// Each question has its command, its answer, what it rests on and what it does not say; and no number in bold is of anything but
/// the answer, which the other test compares.
#[test]
fn every_question_is_whole() {
    let read = read_page();
    let all: Vec<usize> = (1..=QUESTIONS).collect();
    assert_eq!(read.commands.keys().copied().collect::<Vec<_>>(), all);
    assert_eq!(read.stated.keys().copied().collect::<Vec<_>>(), all);
    assert!(read.ledger.contains("scripts/research-ledger ") && read.environment.contains("ANSWERABLE_LEDGER="));
    let text = page("QUESTIONS");
    for n in all {
        assert!(read.commands[&n].contains("answerable "), "question {n} asks nothing");
        let section = text.split(&format!("\n## {n}. ")).nth(1).unwrap_or_else(|| panic!("no question {n}"));
        let section = section.split("\n## ").next().unwrap();
        assert!(section.lines().next().unwrap().ends_with('?'), "question {n} is a question");
        for word in [format!("```sh question-{n}\n"), format!("```json answer-{n}\n")] {
            assert!(section.contains(&word), "question {n}: {word}");
        }
        for word in ["\n- **Answer.** ", "\n- **It rests on** ", "\n- **It does not say** "] {
            assert!(section.contains(word), "question {n}: {word}");
        }
        let mut known = BTreeSet::new();
        numbers(&read.stated[&n], &mut known);
        let bold = section.split("**").skip(1).step_by(2).filter(|b| b.starts_with(|c: char| c.is_ascii_digit()));
        let bold: Vec<&str> = bold.collect();
        assert!(!bold.is_empty(), "question {n}: the answer names no number");
        for number in bold {
            assert!(known.contains(number), "question {n}: {number} is not in its answer: {known:?}");
        }
    }
}

#[test]
fn answers_that_differ_are_told_apart() {
    let answer = serde_json::json!({"a": [1, {"b": 73.2}], "c": {"state:RWA": 6}});
    assert_eq!(difference("", &answer, &answer.clone()), None);
    for (pointer, value, said) in [
        ("/a/1/b", 73.3.into(), ".a[1].b: 73.2, not 73.3"),
        ("/a/0", "1".into(), ".a[0]: 1, not \"1\""),
        ("/c", serde_json::json!({}), ".c.state:RWA: 6, not null"),
        ("/c", serde_json::json!({"state:RWA": 6, "state:COD": 9}), ".c.state:COD: null, not 9"),
        ("/a", serde_json::json!([1]), ".a: [1,{\"b\":73.2}], not [1]"),
    ] {
        let mut other = answer.clone();
        *other.pointer_mut(pointer).unwrap() = value;
        assert_eq!(difference("", &answer, &other).as_deref(), Some(said));
    }
}
