//! What the documents name is there: codes, crates, commands and flags, files; and their one-liners run.
//! Not here: the worked example of docs/FORMAT.md (the verifier's own test), generated pages (`manners`).

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use answerable_tests::{World, installed, repository};

fn read(name: &str) -> String {
    fs::read_to_string(repository().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn documents() -> Vec<(String, String)> {
    let mut all: Vec<String> = ["README.md", "ARCHITECTURE.md", "CHANGELOG.md"].map(String::from).to_vec();
    for entry in fs::read_dir(repository().join("docs")).unwrap() {
        all.push(format!("docs/{}", entry.unwrap().file_name().to_string_lossy()));
    }
    all.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// All string literals in the sources that look like a stable code of a family.
fn codes_in_sources() -> BTreeSet<String> {
    const FAMILIES: [&str; 46] = [
        "append",
        "attachment",
        "authority",
        "body",
        "chain",
        "checkpoint",
        "cite",
        "commitment",
        "cosign",
        "diff",
        "draft",
        "event",
        "export",
        "file",
        "format",
        "founding",
        "import",
        "instrument",
        "key",
        "keys",
        "known_at",
        "law",
        "ledger",
        "mechanism",
        "monitor",
        "partial",
        "past",
        "pin",
        "policy",
        "prompt",
        "proof",
        "record",
        "reply",
        "request",
        "role",
        "sign",
        "signature",
        "source",
        "stdout",
        "store",
        "stream",
        "streams",
        "table",
        "tree",
        "treaty",
        "witness",
    ];
    let types: BTreeSet<&str> = answerable_schemas::catalogue::TYPES.iter().map(|t| t.name).collect();
    let mut found = BTreeSet::new();
    let mut folders = vec!["schemas/src", "verifier/src", "ledger/src", "watch/src", "cli/src"]
        .into_iter()
        .map(|f| repository().join(f))
        .collect::<Vec<_>>();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let code = text.split("#[cfg(test)]").next().unwrap();
            for literal in code.split('"').skip(1).step_by(1) {
                let Some((family, rest)) = literal.split_once('.') else { continue };
                let word =
                    |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b == b'.');
                if FAMILIES.contains(&family) && word(rest) && !rest.ends_with('.') && !types.contains(literal) {
                    found.insert(literal.to_owned());
                }
            }
        }
    }
    found
}

#[test]
fn every_code_is_explained_and_every_explained_code_exists() {
    let page = read("docs/CODES.md");
    let explained: BTreeSet<String> = page
        .lines()
        .filter_map(|l| l.strip_prefix("| `"))
        .filter_map(|l| l.split_once('`'))
        .map(|(code, _)| code.to_owned())
        .filter(|c| c.contains('.'))
        .collect();
    let sources = codes_in_sources();
    assert!(sources.len() > 80, "the search finds the codes: {}", sources.len());
    // Names of files and members that look like codes.
    let not_codes = ["checkpoint.tmp", "event.body", "founding.event.json", "witness.pem", "witness.vkey"];
    let missing: Vec<_> = sources.difference(&explained).filter(|c| !not_codes.contains(&c.as_str())).collect();
    assert!(missing.is_empty(), "docs/CODES.md does not explain {missing:?}");
    let all_sources: String = ["schemas/src", "verifier/src", "ledger/src", "watch/src", "cli/src"]
        .map(|f| all_text(&repository().join(f)))
        .concat();
    let gone: Vec<_> = explained.iter().filter(|c| !all_sources.contains(&format!("\"{c}\""))).collect();
    assert!(gone.is_empty(), "docs/CODES.md explains what no source says: {gone:?}");
}

fn all_text(folder: &Path) -> String {
    let mut out = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        out += &if path.is_dir() { all_text(&path) } else { fs::read_to_string(&path).unwrap() };
    }
    out
}

#[test]
fn every_crate_is_justified() {
    let manifest = read("Cargo.toml");
    let section = manifest.split("[workspace.dependencies]").nth(1).unwrap().split("\n[").next().unwrap();
    let names: BTreeSet<&str> = section
        .lines()
        .filter_map(|l| l.split_once(" = "))
        .map(|(name, _)| name)
        .filter(|n| !n.starts_with("answerable-") && !n.starts_with('#'))
        .collect();
    let page = read("docs/DEPENDENCIES.md");
    let rows =
        page.lines().filter_map(|l| l.strip_prefix("| `")).filter_map(|l| l.split_once('`')).map(|(name, _)| name);
    assert_eq!(names, rows.collect::<BTreeSet<_>>());
}

#[test]
fn the_commands_and_flags_that_documents_name_exist() {
    let reference = read("docs/CLI.md");
    let known: BTreeSet<&str> =
        reference.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).filter(|w| w.starts_with("--")).collect();
    let others = [
        "--proof",
        "--record",
        "--ledger-id",
        "--log-key",
        "--now",
        "--release",
        "--workspace",
        "--check",
        "--all-targets",
        "--test",
        "--example",
    ];
    for (name, text) in documents() {
        for line in text.lines().filter(|l| l.contains("answerable ") || l.contains("answerable-verify ")) {
            for word in line
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
                .filter(|w| w.starts_with("--") && w.len() > 2)
            {
                assert!(known.contains(word) || others.contains(&word), "{name} names {word}: {line}");
            }
            if let Some(rest) = line.strip_prefix("answerable ").or_else(|| line.strip_prefix("$ answerable ")) {
                let words: Vec<&str> = rest.split_whitespace().collect();
                let is_command = |w: &&&str| reference.contains(&format!("\n## answerable {w}\n"));
                assert!(words.iter().any(|w| is_command(&w)), "{name}: no command in: {line}");
            }
        }
    }
}

#[test]
fn the_files_that_documents_link_to_exist() {
    for (name, text) in documents() {
        let folder = repository().join(&name).parent().unwrap().to_owned();
        for target in text.split("](").skip(1).filter_map(|t| t.split(')').next()) {
            let path = target.split('#').next().unwrap();
            if path.is_empty() || path.contains("://") {
                continue;
            }
            assert!(folder.join(path).exists(), "{name} links to {target}");
        }
    }
}

#[test]
fn the_jq_lines_of_the_data_page_run() {
    if !installed("jq") {
        println!("skipped: jq is not installed");
        return;
    }
    let world = World::founded();
    let page = read("docs/DATA.md");
    let blocks: Vec<&str> = page.split("```sh jq\n").skip(1).filter_map(|b| b.split("```").next()).collect();
    assert!(blocks.len() >= 3, "the page has jq lines");
    // The line that lists corrections may rightly print nothing.
    let mut silent = 0;
    for block in &blocks {
        let output = Command::new("sh").arg("-ec").arg(block).current_dir(world.path()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{block}\n{error}");
        silent += usize::from(output.stdout.is_empty());
    }
    assert!(silent <= 1, "{silent} lines print nothing");
}
