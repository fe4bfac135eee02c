//! The shared test vectors (tests/vectors): what a vector is, how it is written, and the list of all, one family a file.
//! Everything is made anew from fixed seeds, clocks and nonces, so that the same bytes come out every time.
//! Not here: whether a verifier says of a vector what it expects (`vectors.rs`).
#![allow(dead_code)] // the generator and each test use a part of it

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use answerable_schemas::Event;
use answerable_schemas::governance::StreamsCounted;
use answerable_schemas::{EventId, Instant};
use answerable_verifier::audit::Pins;
use answerable_verifier::counts::StreamTree;
use answerable_verifier::judge::Past;
use answerable_verifier::policy::Policy;
use answerable_verifier::record::SignedEvent;
use answerable_verifier::since::Kept;
use answerable_verifier::witnessed::Demand;
use serde_json::{Value, json};

use crate::kit::{FOUNDER, Kit};

mod chain;
mod checkpoints;
mod ed25519;
mod files;
mod good;
mod handover;
mod keys;
mod place;
mod policies;
mod published;
mod receipts;
mod signers;
mod text;
mod witnesses;
mod words;

/// The one state that every vector's ledger knows: the specimen of machine-readable passports.
pub const UTO: &str = "state:UTO";
pub const LOG: &str = "export/log/000000000000.jsonl";
pub const CHECKPOINT: &str = "export/checkpoint";
pub const PROOF: &str = "receipt.tlog-proof";
pub const RECORD: &str = "receipt.record.json";
pub const POLICY: &str = "policy";
const BOTH: &[&str] = &["rust", "python"];

/// A file of a vector, or a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    File(Vec<u8>),
    Link(String),
}

/// What a verifier must say. `code` and `seq` are those of the first fault of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expect {
    pub verdict: &'static str,
    pub code: Option<String>,
    pub seq: Option<u64>,
}

/// What the auditor asks of witnesses, beside the policy.
#[derive(Debug, Clone)]
pub struct Asks {
    /// The auditor's clock.
    pub now: Instant,
    /// As on the command line.
    pub max_age: Option<&'static str>,
}

#[derive(Debug, Clone)]
pub struct Vector {
    pub name: String,
    pub good: bool,
    /// The lie or the truth that it tells, in one sentence.
    pub says: String,
    pub kind: &'static str,
    pub pins: Pins,
    /// Where the vector has a policy to judge by.
    pub asks: Option<Asks>,
    pub expect: Expect,
    pub verifiers: &'static [&'static str],
    /// By path within the vector's folder.
    pub files: BTreeMap<String, Entry>,
}

/// An export of all the kit's lines, under both pins, whose first fault is this.
pub fn lie(name: &str, says: &str, kit: &Kit, code: &str, seq: impl Into<Option<u64>>) -> Vector {
    lie_of(name, says, kit, &kit.lines, code, seq)
}

/// As `lie`, of other lines.
pub fn lie_of(name: &str, says: &str, kit: &Kit, lines: &[Vec<u8>], code: &str, seq: impl Into<Option<u64>>) -> Vector {
    let files = kit.files(lines).into_iter().map(|(path, bytes)| (format!("export/{path}"), Entry::File(bytes)));
    Vector {
        name: name.to_owned(),
        good: false,
        says: says.to_owned(),
        kind: "ledger",
        pins: pins_of(kit),
        asks: None,
        expect: Expect { verdict: "false", code: Some(code.to_owned()), seq: seq.into() },
        verifiers: BOTH,
        files: files.collect(),
    }
}

/// An export that is verified.
pub fn truth(name: &str, says: &str, kit: &Kit) -> Vector {
    let expect = Expect { verdict: "verified", code: None, seq: None };
    Vector { good: true, expect, ..lie(name, says, kit, "", None) }
}

/// A receipt, under both pins, whose first fault is this.
pub fn receipt_lie(
    name: &str,
    says: &str,
    kit: &Kit,
    proof: impl Into<Vec<u8>>,
    line: &[u8],
    code: &str,
    seq: impl Into<Option<u64>>,
) -> Vector {
    let record = [line, b"\n"].concat();
    let files = [(PROOF.to_owned(), Entry::File(proof.into())), (RECORD.to_owned(), Entry::File(record))];
    Vector { kind: "receipt", files: files.into(), ..lie(name, says, kit, code, seq) }
}

pub fn pins_of(kit: &Kit) -> Pins {
    Pins { ledger_id: kit.judge.authority.ledger_id, log_keys: vec![kit.vkey()], ..Default::default() }
}

impl Vector {
    pub fn verified(mut self) -> Self {
        self.good = true;
        self.expect = Expect { verdict: "verified", code: None, seq: None };
        self
    }
    /// Neither verified nor false. `code` and `seq` stay those of what cannot be judged.
    pub fn unverifiable(mut self) -> Self {
        self.expect.verdict = "unverifiable";
        self.expect.code = self.expect.code.filter(|code| !code.is_empty());
        self
    }
    /// What is expected is told of no one record.
    pub fn unplaced(mut self) -> Self {
        self.expect.seq = None;
        self
    }
    pub fn pinned(mut self, pins: Pins) -> Self {
        self.pins = pins;
        self
    }
    /// Rests on the schemas of bodies, which a verifier of integrity, keys and authority need not carry.
    pub fn rust_alone(mut self) -> Self {
        self.verifiers = &["rust"];
        self
    }
    pub fn file(mut self, path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        self.files.insert(path.to_owned(), Entry::File(bytes.into()));
        self
    }
    pub fn link(mut self, path: &str, target: &str) -> Self {
        self.files.insert(path.to_owned(), Entry::Link(target.to_owned()));
        self
    }
    /// The checkpoint that the auditor kept.
    pub fn since(mut self, checkpoint: String) -> Self {
        self.pins.since = vec![Kept::parse(checkpoint.as_bytes()).expect("a kept checkpoint is one")];
        self.file("since", checkpoint)
    }
    /// The trust policy by which it is judged, and the auditor's clock in milliseconds.
    pub fn asking(mut self, policy: impl AsRef<[u8]>, now: i64) -> Self {
        let now = Instant::from_millis(now).expect("a clock within the calendar");
        self.asks = Some(Asks { now, max_age: None });
        self.file(POLICY, policy.as_ref())
    }
    /// How old the quorum may be.
    pub fn not_older(mut self, max_age: &'static str) -> Self {
        self.asks.as_mut().expect("it asks for witnesses").max_age = Some(max_age);
        self
    }
    /// The pins, with what is asked of witnesses.
    pub fn all_pins(&self) -> Pins {
        let mut pins = self.pins.clone();
        if let Some(Asks { now, max_age }) = &self.asks {
            let policy = Policy::parse(&self.bytes(POLICY)).unwrap_or_else(|e| panic!("{}: {e}", self.name));
            let max_age = max_age.map(|text| text.parse().expect("a length of time"));
            pins.ask_witnesses(Demand { policy, now: *now, max_age });
        }
        pins
    }
    pub fn without(mut self, path: &str) -> Self {
        self.files.remove(path).expect("only a file that is there is left out");
        self
    }
    pub fn bytes(&self, path: &str) -> Vec<u8> {
        match &self.files[path] {
            Entry::File(bytes) => bytes.clone(),
            Entry::Link(to) => panic!("{path} is a link to {to}"),
        }
    }

    /// `good/NAME` or `bad/NAME`.
    pub fn folder(&self) -> String {
        format!("{}/{}", if self.good { "good" } else { "bad" }, self.name)
    }

    fn card(&self) -> String {
        let mut pin = json!({"log_keys": self.pins.log_keys.iter().map(ToString::to_string).collect::<Vec<_>>()});
        if let Some(id) = self.pins.ledger_id {
            pin["ledger_id"] = json!(id);
        }
        let Expect { verdict, code, seq } = &self.expect;
        let mut card = json!({
            "schema": "answerable.vector/v1",
            (if self.good { "truth" } else { "lie" }): self.says,
            "kind": self.kind,
            "pin": pin,
            "expect": {"verdict": verdict, "code": code, "seq": seq},
            "verifiers": self.verifiers,
        });
        if let Some(Asks { now, max_age }) = &self.asks {
            card["now"] = json!(now);
            if let Some(max_age) = max_age {
                card["max_age"] = json!(max_age);
            }
        }
        serde_json::to_string_pretty(&card).expect("plain data") + "\n"
    }
}

/// Every vector, ascending by folder.
pub fn all() -> Vec<Vector> {
    let mut all: Vec<Vector> = [
        chain::vectors(),
        checkpoints::vectors(),
        ed25519::vectors(),
        files::vectors(),
        good::vectors(),
        handover::vectors(),
        keys::vectors(),
        place::vectors(),
        policies::vectors(),
        published::vectors(),
        receipts::vectors(),
        signers::vectors(),
        text::vectors(),
        witnesses::vectors(),
        words::vectors(),
    ]
    .concat();
    all.sort_by_key(Vector::folder);
    if let Some(twice) = all.windows(2).find(|w| w[0].folder() == w[1].folder()) {
        panic!("two vectors are named {}", twice[0].name);
    }
    all
}

/// Every file below tests/vectors, by path.
pub fn tree(vectors: &[Vector]) -> BTreeMap<PathBuf, Entry> {
    let mut tree = BTreeMap::from([(PathBuf::from("README.md"), Entry::File(readme(vectors).into_bytes()))]);
    for vector in vectors {
        let folder = PathBuf::from(vector.folder());
        tree.insert(folder.join("vector.json"), Entry::File(vector.card().into_bytes()));
        tree.extend(vector.files.iter().map(|(path, entry)| (folder.join(path), entry.clone())));
    }
    tree
}

/// Every file below a folder, links not followed.
pub fn read_tree(root: &Path) -> BTreeMap<PathBuf, Entry> {
    fn walk(root: &Path, folder: &Path, tree: &mut BTreeMap<PathBuf, Entry>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let kind = fs::symlink_metadata(&path).unwrap().file_type();
            let name = path.strip_prefix(root).unwrap().to_owned();
            if kind.is_symlink() {
                let target = fs::read_link(&path).unwrap().to_string_lossy().into_owned();
                tree.insert(name, Entry::Link(target));
            } else if kind.is_dir() {
                walk(root, &path, tree);
            } else {
                tree.insert(name, Entry::File(fs::read(&path).unwrap()));
            }
        }
    }
    let mut tree = BTreeMap::new();
    walk(root, root, &mut tree);
    tree
}

pub fn write_tree(root: &Path, tree: &BTreeMap<PathBuf, Entry>) {
    for (path, entry) in tree {
        let path = root.join(path);
        fs::create_dir_all(path.parent().expect("every file lies in a folder")).unwrap();
        match entry {
            Entry::File(bytes) => fs::write(path, bytes).unwrap(),
            Entry::Link(target) => std::os::unix::fs::symlink(target, path).unwrap(),
        }
    }
}

fn readme(vectors: &[Vector]) -> String {
    let mut out = include_str!("readme.md").to_owned();
    for (good, title, what) in [(true, "Good", "the truth that it tells"), (false, "Bad", "the lie that it tells")] {
        let of_kind: Vec<&Vector> = vectors.iter().filter(|v| v.good == good).collect();
        let _ = write!(out, "\n## {title}: {}\n\n| vector | {what} | verdict |\n|---|---|---|\n", of_kind.len());
        for v in of_kind {
            let place = v.expect.seq.map(|seq| format!(" at {seq}")).unwrap_or_default();
            let code = v.expect.code.as_ref().map(|code| format!(", `{code}`{place}")).unwrap_or_default();
            let alone = if v.verifiers == BOTH { "" } else { " (bodies)" };
            let _ = writeln!(out, "| `{}` | {} | {}{code}{alone} |", v.name, v.says, v.expect.verdict);
        }
    }
    out
}

/// Four records: the founding, a registrar, a state, the state's key.
pub fn tiny() -> Kit {
    let mut kit = Kit::founded();
    kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": "registrar"}));
    kit.register(UTO, "2000", "state");
    kit.enrol(UTO);
    kit
}

/// The right count of the first `size` records.
pub fn count_of(kit: &Kit, size: u64) -> StreamsCounted {
    let tree = StreamTree::of(&kit.judge.past.stream_counts(size).unwrap());
    StreamsCounted { root: tree.root().to_base64(), size, streams: tree.streams() }
}

/// Eight records: as `tiny`, and four more actors.
pub fn longer() -> Kit {
    let mut kit = tiny();
    for name in ["a", "b", "c", "d"] {
        kit.register(&format!("org:{name}"), "2001", "other");
    }
    kit
}

/// The founder registers another actor.
pub fn registration(kit: &mut Kit, name: &str) -> Event {
    kit.event(FOUNDER, "actor.registered", "2001", json!({"actor": "org:x", "kind": "other", "name": name}))
}

/// The bytes that the signers sign of an event.
pub fn text_of(event: &Event) -> String {
    let signed = SignedEvent::draft(event).unwrap_or_else(|f| panic!("{f}"));
    String::from_utf8(signed.bytes).unwrap()
}

/// Replaces what must be there exactly once.
pub fn swap(text: &str, from: &str, to: &str) -> String {
    assert_eq!(text.matches(from).count(), 1, "{from:?} in {text}");
    text.replace(from, to)
}

/// Forces an event in that the ledger refuses, and expects that code at its seq.
pub fn forced(name: &str, says: &str, mut kit: Kit, event: &Event, code: &str) -> Vector {
    let signed = kit.sign(event);
    forced_signed(name, says, &mut kit, &signed, code)
}

/// As `forced`, with signatures of another's making.
pub fn forced_signed(name: &str, says: &str, kit: &mut Kit, signed: &SignedEvent, code: &str) -> Vector {
    kit.set_clock(kit.now().millis() + 1000);
    let seq = kit.judge.head.size;
    let line = kit.line(signed);
    kit.force(line);
    lie(name, says, kit, code, seq)
}

/// A hash that nothing has.
pub fn nothing() -> EventId {
    EventId([7; 32])
}

pub fn object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().expect("a body is an object").clone()
}
