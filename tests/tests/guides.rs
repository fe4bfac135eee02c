//! The guides (docs/INSTITUTION.md, docs/OPERATOR.md, docs/AUDITOR.md, docs/WITNESS.md), walked: every ```sh block is run as it
//! is printed, in order, with the real programs, in one new folder a guide.
//! Not here: the flags and links of all documents (`documents`), the same walks with every answer checked (`institution`).
//!
//! A block runs under `bash -euo pipefail`. What it exports, and the folder that it ends in, hold for the next one, as in
//! one terminal. Words of the info string:
//!
//! - `sh`: must exit with 0; `sh exits-1`: with 1;
//! - `sh other-side`: what somebody else does, whose work the guide's reader waits for; run as any other;
//! - `sh second-verifier`: needs `answerable_verify.py` in the folder and a `python3` that has its package; both are there where
//!   `scripts/install-python` was run, else the block is skipped, with what it would have printed, and that is said;
//! - `text output-of-previous`: what the block before printed, stdout and stderr, line by line. `…` stands for anything
//!   within a line; a line of `…` alone for any number of lines.
//!
//! The one thing that differs from a person's terminal: nobody is asked. An `answerable` that comes first on the PATH gives
//! `--passphrase-file` (a file of its own for each key folder) to the commands that open keys, and `--yes` to those that ask;
//! then it becomes the real program, with all other arguments as they are. What a block leaves running ends with the terminal.

mod second;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use answerable_tests::pages::{Block, blocks, page};
use answerable_tests::{bin_dir, installed, path_text, repository};

const GUIDES: [&str; 4] = ["INSTITUTION", "OPERATOR", "AUDITOR", "WITNESS"];

const NOBODY_IS_ASKED: &str = r#"#!/usr/bin/env bash
set -euo pipefail
keys=${ANSWERABLE_KEYS:-$HOME/.config/answerable/keys}
words=() previous=
for word in "$@"; do
  case $previous in
    --keys) keys=$word ;;
    --ledger | --format) ;;
    *) case $word in -*) ;; *) words+=("$word") ;; esac ;;
  esac
  previous=$word
done
command=${words[0]:-} more=()
case $command in init | key | sign | append | import)
  mkdir -p "$keys"
  [ -f "$keys/.passphrase" ] || echo "the passphrase of $keys" > "$keys/.passphrase"
  more+=(--passphrase-file "$keys/.passphrase")
  [ "$command ${words[1]:-}" != "key passwd" ] || more+=(--new-passphrase-file "$keys/.passphrase")
esac
case "$command ${words[1]:-}" in "witness init" | "witness serve" | "witness sign")
  keys=${words[2]} # must be empty at first: the file lies beside it
  [ -f "$keys.passphrase" ] || echo "the passphrase of $keys" > "$keys.passphrase"
  more+=(--passphrase-file "$keys.passphrase")
esac
case $command in init | sign | import) more+=(--yes) ;; esac
exec "$ANSWERABLE" "$@" "${more[@]}"
"#;

/// The word of a block that needs the verifier in Python.
const SECOND_VERIFIER: &str = "second-verifier";

/// The exit code that a block of commands must have.
fn wanted_code(info: &str) -> i32 {
    let mut code = 0;
    for word in info.split(' ').skip(1) {
        match (word, word.strip_prefix("exits-").map(str::parse)) {
            ("other-side" | SECOND_VERIFIER, _) => {}
            (_, Some(Ok(number))) => code = number,
            _ => panic!("what is `{word}` in ```{info}?"),
        }
    }
    code
}

/// Whether a line is what was expected, where `…` stands for anything.
fn line_fits(expected: &str, line: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// Whether lines are what was expected, where a line of `…` stands for any number of them.
fn fits(expected: &[&str], lines: &[&str]) -> bool {
    match (expected.split_first(), lines.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => (0..=lines.len()).any(|skipped| fits(rest, &lines[skipped..])),
        (Some((first, expected)), Some((line, lines))) => line_fits(first, line) && fits(expected, lines),
        _ => false,
    }
}

/// One person's terminal, or rather that of all who take part.
struct Terminal {
    dir: tempfile::TempDir,
    /// The process groups of blocks that may have left something running.
    running: RefCell<Vec<u32>>,
}

impl Drop for Terminal {
    fn drop(&mut self) {
        for group in self.running.borrow().iter() {
            let _ = Command::new("kill").args(["-KILL", "--", &format!("-{group}")]).stderr(Stdio::null()).status();
        }
    }
}

impl Terminal {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for folder in ["bin", "home", "walk"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        let script = dir.path().join("bin/answerable");
        fs::write(&script, NOBODY_IS_ASKED).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(dir.path().join("state"), format!("cd '{}'\n", path_text(&dir.path().join("walk")))).unwrap();
        Self { dir, running: RefCell::default() }
    }

    /// Lays the verifier in Python into the folder, and a `python3` that has its package onto the PATH.
    fn bring(&self, python: &Path) {
        fs::copy(second::script(), self.dir.path().join("walk/answerable_verify.py")).unwrap();
        if python.is_relative() {
            return; // It is on the PATH already; a script of that name would call itself.
        }
        let script = self.dir.path().join("bin/python3");
        fs::write(&script, format!("#!/bin/sh\nexec '{}' \"$@\"\n", path_text(python))).unwrap();
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    }

    fn run(&self, block: &str) -> (i32, String) {
        let at = |name: &str| self.dir.path().join(name);
        let script = format!(
            ". \"$GUIDE_STATE\"\ntrap 'code=$?; {{ export -p; declare -f; printf \"cd %q\\n\" \"$PWD\"; }} > \"$GUIDE_STATE\"; exit $code' EXIT\n{block}"
        );
        let output = File::create(at("output")).unwrap();
        let system = std::env::var("PATH").unwrap_or_default();
        let mut child = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &script])
            .env_clear()
            .env("PATH", format!("{}:{}:{system}", path_text(&at("bin")), path_text(bin_dir())))
            .env("HOME", at("home"))
            .env("ANSWERABLE", bin_dir().join("answerable"))
            .env("GUIDE_STATE", at("state"))
            .stdin(Stdio::null())
            .stdout(output.try_clone().unwrap())
            .stderr(output)
            .process_group(0)
            .spawn()
            .unwrap();
        if block.lines().any(|line| line.ends_with('&')) {
            self.running.borrow_mut().push(child.id());
        }
        let status = child.wait().unwrap();
        (status.code().unwrap_or(-1), fs::read_to_string(at("output")).unwrap())
    }
}

fn walk(guide: &str, tools: &[&str]) {
    if !tools.iter().all(|tool| installed(tool)) {
        return;
    }
    let terminal = Terminal::new();
    let wants_python = page(guide).contains(SECOND_VERIFIER);
    let python = if wants_python { second::python() } else { None };
    python.inspect(|python| terminal.bring(python));
    let mut printed: Option<String> = None;
    let mut run = 0;
    let mut skipped = false;
    for Block { line, info, text } in blocks(&page(guide)) {
        let place = format!("docs/{guide}.md:{line}");
        if info.starts_with("sh") {
            skipped = info.split(' ').any(|word| word == SECOND_VERIFIER) && python.is_none();
        }
        if skipped {
            println!("{place}: skipped: there is no verifier in Python");
        } else if info == "text output-of-previous" {
            let printed = printed.as_ref().unwrap_or_else(|| panic!("{place}: nothing was run before"));
            let (expected, lines): (Vec<_>, Vec<_>) =
                (text.lines().collect(), printed.lines().map(str::trim_end).collect());
            assert!(fits(&expected, &lines), "{place}: the page says\n{text}\nand printed was\n{printed}");
        } else if info.split(' ').next() == Some("sh") {
            let (code, output) = terminal.run(&text);
            let wanted = wanted_code(&info);
            assert_eq!(code, wanted, "{place}: exits with {code}, not {wanted}:\n{text}\nIt printed\n{output}");
            println!("{place}: {text}\n{output}");
            printed = Some(output);
            run += 1;
        }
    }
    assert!(run >= 10, "docs/{guide}.md has {run} blocks of commands");
}

#[test]
fn an_institution_walks_its_guide() {
    walk("INSTITUTION", &["jq", "openssl"]);
}

#[test]
fn an_operator_walks_its_guide() {
    walk("OPERATOR", &["jq"]);
}

#[test]
fn a_witness_and_who_asks_it_walk_their_guide() {
    walk("WITNESS", &["jq"]);
}

#[test]
fn an_auditor_walks_its_guide() {
    walk("AUDITOR", &["jq", "openssl", "sha256sum", "cmp"]);
}

const COMMANDS: [&str; 3] = ["answerable ", "answerable-verify ", "python3 "];

/// Commands in a page that nobody runs are wrong one day.
#[test]
fn all_commands_of_the_guides_are_run() {
    for guide in GUIDES {
        for block in blocks(&page(guide)) {
            let runs = block.info.split(' ').next() == Some("sh");
            let commands =
                block.text.lines().any(|l| COMMANDS.iter().any(|c| l.trim_start_matches("$ ").starts_with(c)));
            assert!(runs || !commands, "docs/{guide}.md:{}: ```{}", block.line, block.info);
            assert!(!runs || !block.text.contains("HEX"), "docs/{guide}.md:{}: a placeholder", block.line);
        }
    }
}

/// What looks like a code or a type in the guides is one.
#[test]
fn the_codes_that_the_guides_name_are_explained() {
    let codes = fs::read_to_string(repository().join("docs/CODES.md")).unwrap();
    let types: BTreeSet<&str> = answerable_schemas::catalogue::TYPES.iter().map(|t| t.name).collect();
    let word = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    let mut named = 0;
    for guide in GUIDES {
        for code in page(guide).split('`').skip(1).step_by(2) {
            let parts: Vec<&str> = code.split('.').collect();
            if parts.len() < 2
                || !parts.iter().all(|p| word(p))
                || ["html", "json", "toml", "pem"].contains(&parts[parts.len() - 1])
            {
                continue;
            }
            named += 1;
            assert!(types.contains(code) || codes.contains(&format!("| `{code}` |")), "docs/{guide}.md names {code}");
        }
    }
    assert!(named > 10, "the search finds {named} codes");
}

#[test]
fn what_does_not_fit_is_told() {
    let fits = |expected: &str, printed: &str| {
        fits(&expected.lines().collect::<Vec<_>>(), &printed.lines().collect::<Vec<_>>())
    };
    for (expected, printed) in
        [("a\nb", "a\nb"), ("a\n…", "a"), ("a\n…\nd", "a\nb\nc\nd"), ("a … c", "a b c"), ("…c…", "abcd"), ("…", "")]
    {
        assert!(fits(expected, printed), "{expected:?} is {printed:?}");
    }
    for (expected, printed) in
        [("a", "a\nb"), ("a\nb", "a"), ("a\n…\nd", "a\nb"), ("a…c", "abcd"), ("VERIFIED: …", "FALSE: x"), ("", "a")]
    {
        assert!(!fits(expected, printed), "{expected:?} is not {printed:?}");
    }
    assert_eq!(wanted_code("sh other-side exits-3"), 3);
    let page = "x\n```sh exits-1\na\nb\n```\ny\n```text\nc\n```\n";
    let found: Vec<(usize, String, String)> = blocks(page).into_iter().map(|b| (b.line, b.info, b.text)).collect();
    assert_eq!(found, [(3, "sh exits-1".into(), "a\nb\n".into()), (8, "text".into(), "c\n".into())]);
    let terminal = Terminal::new();
    assert_eq!(terminal.run("false\ntrue").0, 1);
    assert_eq!(terminal.run("export A=b; mkdir c; cd c"), (0, String::new()));
    assert_eq!(terminal.run("echo $A; basename $PWD >&2"), (0, "b\nc\n".into()));
}
