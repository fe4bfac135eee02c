//! The harness of the end-to-end tests: the real binaries, run in a folder of their own.
//! Not here: the tests (`tests/*.rs`).
//!
//! Nothing of the person's environment reaches a program: no home, no `ANSWERABLE_*`, no locale.

pub mod dice;
pub mod pages;
pub mod strace;
pub mod writing;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The actor that founds, registers and transcribes in every test ledger, and its key.
pub const ACTOR: &str = "org:test";
pub const KEY: &str = "org:test#1";
pub const ORIGIN: &str = "test.answerable.example/prevention";

/// The root of the repository.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the repository").to_owned()
}

/// A file under `examples/`.
pub fn example(name: &str) -> String {
    path_text(&repository().join("examples").join(name))
}

pub fn path_text(path: &Path) -> String {
    path.to_str().expect("test paths are UTF-8").to_owned()
}

/// The folder with `answerable` and `answerable-verify`.
///
/// `cargo test` builds only the binaries of the packages under test, and never those of another package, so they are
/// built here, once a process, with the profile and the target folder of this test (a build of what is current takes
/// a moment, and cargo's own lock keeps test processes apart). `ANSWERABLE_BIN_DIR` names other binaries to be tested,
/// such as those of a release.
pub fn bin_dir() -> &'static Path {
    static DIR: OnceLock<PathBuf> = OnceLock::new();
    DIR.get_or_init(|| match std::env::var_os("ANSWERABLE_BIN_DIR") {
        Some(dir) => fs::canonicalize(dir).expect("ANSWERABLE_BIN_DIR is a folder"),
        None => build_binaries(),
    })
}

fn build_binaries() -> PathBuf {
    // …/target/<profile>/deps/<this test>
    let test = std::env::current_exe().expect("a test knows where it lies");
    let deps = test.parent().expect("a file lies in a folder");
    let profile_dir = if deps.ends_with("deps") { deps.parent().expect("deps/ lies in a folder") } else { deps };
    let target = profile_dir.parent().expect("a profile's folder lies in the target folder");
    let profile = match profile_dir.file_name().and_then(|n| n.to_str()) {
        Some("debug") | None => "dev",
        Some(name) => name,
    };
    // With the features that `cargo test --workspace` unifies, those of the tests among them, so that what it has built is
    // not built again: that a test is named, this one, asks for these.
    let name = test.file_stem().and_then(|n| n.to_str()).and_then(|n| n.rsplit_once('-')).expect("cargo names tests");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--workspace", "--bin", "answerable", "--bin", "answerable-verify"])
        .args(["--test", name.0, "--profile", profile])
        .arg("--manifest-path")
        .arg(repository().join("Cargo.toml"))
        .arg("--target-dir")
        .arg(target)
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(output) if output.status.success() => {}
        Ok(output) => panic!("the binaries do not build:\n{}", String::from_utf8_lossy(&output.stderr)),
        // Tests that were carried to a machine without cargo bring their binaries along.
        Err(e) => assert!(profile_dir.join("answerable").is_file(), "no binaries, and cargo does not run: {e}"),
    }
    profile_dir.to_owned()
}

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// -1 if a signal ended it.
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("not JSON ({e}):\n{self:?}"))
    }

    /// Fails the test with everything the program said, unless it exited so.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// The code on the one `error:` line; "" if there is none.
    pub fn error_code(&self) -> &str {
        let line = self.stderr.lines().find_map(|l| l.strip_prefix("error: ")).unwrap_or_default();
        line.split_once(": ").map_or("", |(code, _)| code)
    }
}

/// What an auditor is told by another way than the export.
#[derive(Debug, Clone)]
pub struct Pins {
    pub ledger_id: String,
    pub log_key: String,
}

/// A folder of its own with `keys/` and `ledger/`, in which programs run.
pub struct World {
    dir: TempDir,
}

impl World {
    /// With nothing in it.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A ledger with a founder who is registrar and transcriber: 3 records.
    pub fn bare() -> Self {
        static MADE: OnceLock<Tree> = OnceLock::new();
        Self::copy_of(MADE.get_or_init(|| read_tree(make_bare().path())))
    }

    /// The treaties of the demo: depositaries, states, successions, treaties, and 936 real acts; 1,177 records.
    pub fn founded() -> Self {
        static MADE: OnceLock<Tree> = OnceLock::new();
        Self::copy_of(MADE.get_or_init(|| read_tree(make_founded().path())))
    }

    /// A dozen records of every standing that an import has; quick to audit thousands of times.
    pub fn small() -> Self {
        static MADE: OnceLock<Tree> = OnceLock::new();
        Self::copy_of(MADE.get_or_init(|| read_tree(make_small().path())))
    }

    fn copy_of(made: &Tree) -> Self {
        let world = Self::empty();
        write_tree(made, world.path());
        world
    }

    /// Another with the same files.
    pub fn like(other: &World) -> Self {
        let world = Self::empty();
        copy_tree(other.path(), world.path());
        world
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn at(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        let path = self.at(name);
        fs::create_dir_all(path.parent().expect("joined")).expect("a folder");
        fs::write(&path, text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        name.to_owned()
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.at(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// `answerable`, ready to run here with this world's keys and ledger.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.program("answerable");
        command.env("ANSWERABLE_LEDGER", "ledger").env("ANSWERABLE_KEYS", "keys").args(args);
        command
    }

    /// A program of ours, in an environment of ours.
    pub fn program(&self, name: &str) -> Command {
        let mut command = Command::new(bin_dir().join(name));
        self.tame(&mut command);
        command
    }

    /// Any program, in an environment of ours.
    pub fn tame(&self, command: &mut Command) {
        command.current_dir(self.path()).stdin(Stdio::null()).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    }

    pub fn run(&self, args: &[&str]) -> Output {
        finish(&mut self.command(args))
    }

    /// Runs what must succeed; answers its stdout.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        self.run(args).expect(0).stdout
    }

    /// Drafts, signs and appends an event of the founder.
    #[track_caller]
    pub fn act(&self, draft: &[&str]) {
        self.append_and_remove(&self.signed_act(draft));
    }

    /// Drafts, signs and appends what a whole draft command says, whoever its author is.
    #[track_caller]
    pub fn record(&self, draft: &[&str]) {
        self.append_and_remove(&self.signed(draft));
    }

    #[track_caller]
    fn append_and_remove(&self, file: &str) {
        self.ok(&["append", file]);
        fs::remove_file(self.at(file)).expect("the event file is there");
    }

    /// Drafts and signs an event of the founder; answers the file's name.
    #[track_caller]
    pub fn signed_act(&self, draft: &[&str]) -> String {
        let (kind, rest) = draft.split_first().expect("a type");
        self.signed(&[&["draft", kind, "--actor", ACTOR], rest].concat())
    }

    #[track_caller]
    fn signed(&self, draft: &[&str]) -> String {
        let file = "act.event.json";
        self.ok(&[draft, &["--out", file]].concat());
        self.ok(&["sign", file, "--yes"]);
        file.to_owned()
    }

    /// Registers an actor in the founder's name: one record more, whatever it says.
    #[track_caller]
    pub fn says_something(&self, name: &str) {
        let actor = format!("actor=org:{name}");
        let set = ["--set", &actor, "--set", "kind=other", "--set", "name=X"];
        self.act(&[&["actor.registered", "--effective", "2000-01-01"], &set[..]].concat());
    }

    /// Imports a table in the founder's name.
    pub fn import(&self, table: &str, mapping: &str, more: &[&str]) -> Output {
        let args = ["import", table, "--mapping", mapping, "--actor", ACTOR];
        self.run(&[&args[..], more].concat())
    }

    /// Imports one of the example tables.
    #[track_caller]
    pub fn import_example(&self, table: &str, mapping: &str) -> String {
        let mapping = example(&format!("mappings/{mapping}.toml"));
        self.import(&example(table), &mapping, &["--yes"]).expect(0).stdout
    }

    /// Registers depositaries, states, their successions and the treaties; no acts.
    pub fn register(&self) {
        for (id, name, from, kind) in [
            ("actor=org:un-secretary-general", "name=Secretary-General of the UN", "1945-10-24", "kind=un_organ"),
            ("actor=org:swiss-federal-council", "name=Swiss Federal Council", "1848-11-16", "kind=other"),
        ] {
            self.act(&["actor.registered", "--effective", from, "--set", id, "--set", name, "--set", kind]);
        }
        self.import_example("states.csv", "states");
        self.import_example("state-successions.csv", "successions");
        self.import_example("treaties.json", "treaties");
    }

    /// The number of acknowledged records, from the checkpoint.
    pub fn size(&self) -> u64 {
        let text = String::from_utf8(self.read("ledger/checkpoint")).expect("a checkpoint is UTF-8");
        text.lines().nth(1).and_then(|l| l.parse().ok()).expect("a checkpoint's second line is its size")
    }

    pub fn pins(&self) -> Pins {
        let status = self.run(&["status", "--format", "json"]).expect(0).json();
        let value = |what: &str| {
            let row = status["rows"].as_array().into_iter().flatten().find(|r| r["what"] == what);
            row.and_then(|r| r["value"].as_str()).unwrap_or_else(|| panic!("no {what} in status")).to_owned()
        };
        Pins { ledger_id: value("ledger id"), log_key: value("log key") }
    }

    /// The verdict on a folder under both pins of this world, as JSON.
    pub fn judge(&self, folder: &str, more: &[&str]) -> Output {
        let pins = self.pins();
        let args = ["verify", folder, "--ledger-id", &pins.ledger_id, "--log-key", &pins.log_key, "--format", "json"];
        self.run(&[&args[..], more].concat())
    }

    /// `answerable verify` under both pins.
    pub fn verify(&self, export: &str, pins: &Pins) -> Output {
        self.run(&["verify", export, "--ledger-id", &pins.ledger_id, "--log-key", &pins.log_key])
    }
}

/// Runs a command to its end.
pub fn finish(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    Output {
        code: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).expect("answers are UTF-8"),
        stderr: String::from_utf8(output.stderr).expect("messages are UTF-8"),
    }
}

/// True where a program of the system is there; else says that the test is skipped.
pub fn installed(program: &str) -> bool {
    let there = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .any(|folder| folder.join(program).is_file());
    if !there {
        eprintln!("skipped: {program} is not installed");
    }
    there
}

/// A folder in memory: files with their bytes and folders (None), by relative path. A static of it leaves nothing
/// behind on the disk, as a static temporary folder would; and two of them tell whether anything changed.
pub type Tree = BTreeMap<String, Option<Vec<u8>>>;

pub fn read_tree(folder: &Path) -> Tree {
    fn walk(root: &Path, folder: &Path, out: &mut Tree) {
        for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.expect("an entry").path();
            let name = path_text(path.strip_prefix(root).expect("below the root"));
            if path.is_dir() {
                out.insert(name, None);
                walk(root, &path, out);
            } else {
                out.insert(name, Some(fs::read(&path).expect("a file")));
            }
        }
    }
    let mut out = Tree::new();
    walk(folder, folder, &mut out);
    out
}

/// The names of all files below a folder.
pub fn files_below(folder: &Path) -> Vec<String> {
    read_tree(folder).into_iter().filter(|(_, bytes)| bytes.is_some()).map(|(name, _)| name).collect()
}

pub fn write_tree(tree: &Tree, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for (name, bytes) in tree {
        let path = to.join(name);
        match bytes {
            None => fs::create_dir_all(&path).expect("a folder"),
            Some(bytes) => fs::write(&path, bytes).expect("a file"),
        }
    }
}

/// A copy of a folder, beside it or elsewhere.
pub fn copy_tree(from: &Path, to: &Path) {
    write_tree(&read_tree(from), to);
}

fn make_bare() -> World {
    let world = World::empty();
    world.ok(&["key", "new", KEY, "--no-passphrase"]);
    let founder = format!("{KEY}=Test Secretariat");
    let args = ["init", "ledger", "--origin", ORIGIN, "--title", "Tests", "--founder", &founder];
    world.ok(&[&args[..], &["--no-passphrase", "--yes"]].concat());
    let actor = format!("actor={ACTOR}");
    for role in ["role=registrar", "role=transcriber"] {
        world.act(&["role.granted", "--set", &actor, "--set", role]);
    }
    world
}

fn make_founded() -> World {
    let world = World::bare();
    world.register();
    world.import_example("treaty-acts.csv", "treaty-acts");
    world
}

/// The rows of an example table that hold one of these texts, under its header.
fn rows_with(table: &str, wanted: &[&str]) -> String {
    let text = fs::read_to_string(example(table)).expect("an example table");
    let keep = |(i, line): &(usize, &str)| *i == 0 || wanted.iter().any(|w| line.contains(w));
    text.lines().enumerate().filter(keep).map(|(_, line)| format!("{line}\n")).collect()
}

fn make_small() -> World {
    let world = World::bare();
    let depositary = ["--set", "actor=org:un-secretary-general", "--set", "kind=un_organ", "--set", "name=UNSG"];
    world.act(&[&["actor.registered", "--effective", "1945-10-24"], &depositary[..]].concat());
    let states = rows_with("states.csv", &["state:RWA,", "state:CSK,", "state:CZE,"]);
    let acts = ["genocide-convention,state:RWA,", "genocide-convention,state:CZE,"];
    let acts = rows_with("treaty-acts.csv", &acts);
    let treaties: Value = serde_json::from_slice(&fs::read(example("treaties.json")).expect("treaties")).expect("JSON");
    let one: Vec<&Value> =
        treaties.as_array().into_iter().flatten().filter(|t| t["treaty"] == "genocide-convention").collect();
    for (name, text, mapping) in [
        ("states.csv", states, "states"),
        ("successions.csv", rows_with("state-successions.csv", &["state:CSK,state:CZE"]), "successions"),
        ("treaties.json", serde_json::to_string(&one).expect("JSON"), "treaties"),
        ("acts.csv", acts, "treaty-acts"),
    ] {
        let table = world.write(name, text);
        world.import(&table, &example(&format!("mappings/{mapping}.toml")), &["--yes"]).expect(0);
    }
    assert!(world.size() >= 10, "the small ledger has {} records", world.size());
    world
}
