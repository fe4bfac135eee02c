//! Running the second verifier (`python/answerable_verify.py`) beside the first, and damage to let them judge.
//! Not here: the tests (`python.rs`, `python_parts.rs`).
#![allow(dead_code)] // each test file uses a part of it

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock};

use answerable_tests::{Output, Pins, World, finish, path_text, repository};
use answerable_verifier::audit::{self, audit};
use answerable_verifier::pin;
use serde_json::Value;

pub fn script() -> PathBuf {
    repository().join("python/answerable_verify.py")
}

/// A Python that has the package; None, said aloud, where there is none.
pub fn python() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        let works = |python: &PathBuf| {
            let tried = Command::new(python).args(["-c", "import cryptography"]).stdin(Stdio::null()).output();
            tried.is_ok_and(|o| o.status.success())
        };
        [repository().join(".venv/bin/python"), "python3".into()].into_iter().find(works)
    });
    if found.is_none() {
        eprintln!("skipped: no python3 with the package cryptography: run scripts/install-python");
    }
    found.as_deref()
}

/// One process answers call after call: it starts once.
const CALLS: &str = r#"
import contextlib, io, json, sys
sys.path.insert(0, sys.argv[1])
import answerable_verify as v
for line in sys.stdin:
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            code = v.main(json.loads(line))
        except SystemExit as e:
            code = e.code
    for said in (out, err):
        said.flush()
    stdout, stderr = (said.buffer.getvalue().decode() for said in (out, err))
    print(json.dumps({"code": code, "stdout": stdout, "stderr": stderr}), flush=True)
"#;

/// The second verifier, as an auditor calls it.
pub fn second_says(python: &Path, args: &[&str]) -> Output {
    static CALLED: OnceLock<Mutex<Process>> = OnceLock::new();
    let called = CALLED.get_or_init(|| {
        let mut command = Command::new(python);
        World::empty().tame(&mut command);
        let folder = repository().join("python");
        Mutex::new(Process::start(command.current_dir(&folder).args(["-c", CALLS, &path_text(&folder)])))
    });
    let call = serde_json::to_string(args).expect("a list of texts");
    // A test that failed while it waited leaves an answer unread: then no other test can go on.
    let said = called.lock().expect("no test failed during a call").ask(&call);
    let text = |member: &str| said[member].as_str().expect("a text").to_owned();
    Output {
        code: said["code"].as_i64().and_then(|code| i32::try_from(code).ok()).expect("an exit code"),
        stdout: text("stdout"),
        stderr: text("stderr"),
    }
}

/// What must agree: the verdict, and the code and seq of the first fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    pub verdict: String,
    pub first: Option<(String, Option<u64>)>,
}

impl Judged {
    pub fn of(report: &Value) -> Self {
        let first = report["faults"].get(0).map(|f| (f["code"].as_str().expect("a code").into(), f["seq"].as_u64()));
        Self { verdict: report["verdict"].as_str().expect("a verdict").into(), first }
    }

    pub fn code(&self) -> &str {
        self.first.as_ref().map_or("", |(code, _)| code)
    }
}

pub fn audit_pins(pins: &Pins) -> audit::Pins {
    let key = pins.log_key.parse().expect("a vkey");
    pin::collect(Some(pins.ledger_id.parse().expect("an id")), vec![key], None).expect("one pin of each kind")
}

pub fn first(folder: &Path, pins: &audit::Pins) -> Judged {
    let report = audit(folder, pins, &mut |_| {}).unwrap_or_else(|e| panic!("the audit could not read: {e}"));
    Judged::of(&serde_json::to_value(report).expect("a report is plain data"))
}

/// Both verifiers judge a folder under the same pins, with none, and with each alone; answers the verdict under both.
#[track_caller]
pub fn agree(python: &Path, folder: &Path, pins: &Pins) -> Judged {
    let folder_text = path_text(folder);
    let (id, key) = (["--ledger-id", &pins.ledger_id], ["--log-key", &pins.log_key]);
    let mut under_both = None;
    for flags in [vec![], id.to_vec(), key.to_vec(), [id, key].concat()] {
        let args = [&[&folder_text, "--format", "json"], &flags[..]].concat();
        let ours = second_says(python, &args);
        let theirs = finish(World::empty().program("answerable-verify").args(&args));
        assert_eq!(ours.code, theirs.code, "{flags:?}\n{ours:?}");
        let (ours, theirs) = (Judged::of(&ours.json()), Judged::of(&theirs.json()));
        assert_eq!(ours, theirs, "{flags:?}: the second verifier, and the first");
        under_both = Some(ours);
    }
    under_both.expect("four ways to pin")
}

/// Sends lines to a Python program, and reads one answer for each.
pub struct Process {
    child: Child,
    to: Option<ChildStdin>,
    from: BufReader<ChildStdout>,
}

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("python starts");
        let (to, from) = (child.stdin.take(), child.stdout.take().expect("a pipe"));
        Self { child, to, from: BufReader::new(from) }
    }

    /// One long-lived process that judges folder after folder.
    pub fn batch(python: &Path, pins: &Pins) -> Self {
        let flags = ["--batch", "--ledger-id", &pins.ledger_id, "--log-key", &pins.log_key];
        Self::start(Command::new(python).arg(script()).args(flags))
    }

    pub fn ask(&mut self, line: &str) -> Value {
        writeln!(self.to.as_mut().expect("not ended yet"), "{line}").expect("python reads on");
        let mut answer = String::new();
        self.from.read_line(&mut answer).expect("python answers");
        serde_json::from_str(&answer).unwrap_or_else(|e| panic!("{line}: no answer ({e}): {answer:?}"))
    }

    pub fn end(mut self) {
        drop(self.to.take());
        assert!(self.child.wait().expect("python ends").success(), "python ended with a failure");
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }

    /// Changes bytes; `elsewhere` is what a splice takes from. May leave them as they were.
    pub fn mutate(&mut self, bytes: &mut Vec<u8>, elsewhere: &[u8]) {
        if bytes.is_empty() {
            return bytes.extend_from_slice(elsewhere);
        }
        let at = self.below(bytes.len());
        let mut lines: Vec<Vec<u8>> = bytes.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let (i, j) = (self.below(lines.len()), self.below(lines.len()));
        match self.below(13) {
            0 | 1 => bytes[at] ^= 1 << self.below(8),
            2 => _ = bytes.remove(at),
            3 => bytes.insert(at, b"0e\"\\{}[],:\n\0 \xff-"[self.below(15)]),
            4 => bytes[at] = self.next() as u8,
            5 => bytes[at] = b"0123456789abcdefABE+/=\"-."[self.below(25)],
            6 => bytes.truncate(at),
            7 => {
                lines.swap(i, j);
                *bytes = lines.concat();
            }
            8 => {
                lines.insert(j, lines[i].clone());
                *bytes = lines.concat();
            }
            9 => {
                lines.remove(i);
                *bytes = lines.concat();
            }
            10 => {
                // A member of one line in the place of another's: still canonical, often.
                let cut = |line: &[u8]| line.iter().position(|b| *b == b',').unwrap_or(0);
                let (a, b) = (cut(&lines[i]), cut(&lines[j]));
                let tail = lines[j][b..].to_vec();
                lines[i].splice(a.., tail);
                *bytes = lines.concat();
            }
            11 => {
                // One digit for another, hex or base64: what a forger would try.
                let digits: Vec<usize> = (0..bytes.len()).filter(|i| bytes[*i].is_ascii_digit()).collect();
                if let Some(at) = digits.get(self.below(digits.len())) {
                    bytes[*at] = b'0' + self.below(10) as u8;
                }
            }
            _ => {
                let from = self.below(elsewhere.len());
                let length = self.below(64).min(elsewhere.len() - from);
                let end = (at + length).min(bytes.len());
                bytes.splice(at..end, elsewhere[from..from + length].iter().copied());
            }
        }
    }
}
