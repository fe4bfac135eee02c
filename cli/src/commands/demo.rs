//! `demo`: the whole path on real treaty acts, through the same commands that a user types, each printed before it runs.

use std::fs;
use std::path::Path;
use std::process::Command;

use answerable_ledger::export::copy_folder;
use answerable_ledger::files::lies_there;
use serde_json::Value;

use crate::error::{BUG, CliError};
use crate::output::print;
use crate::shell::quoted;

/// The project's own tables of facts, so that the demo needs nothing but this program.
const EXAMPLES: &[(&str, &str)] = &[
    ("bodies.csv", include_str!("../../../examples/bodies.csv")),
    ("un-members.csv", include_str!("../../../examples/un-members.csv")),
    ("mandates.csv", include_str!("../../../examples/mandates.csv")),
    ("unifil.csv", include_str!("../../../examples/unifil.csv")),
    ("states.csv", include_str!("../../../examples/states.csv")),
    ("state-successions.csv", include_str!("../../../examples/state-successions.csv")),
    ("treaties.json", include_str!("../../../examples/treaties.json")),
    ("treaty-acts.csv", include_str!("../../../examples/treaty-acts.csv")),
    ("country-names.csv", include_str!("../../../examples/country-names.csv")),
    ("mappings/bodies.toml", include_str!("../../../examples/mappings/bodies.toml")),
    ("mappings/un-members.toml", include_str!("../../../examples/mappings/un-members.toml")),
    ("mappings/mandates.toml", include_str!("../../../examples/mappings/mandates.toml")),
    ("mappings/unifil-chain.toml", include_str!("../../../examples/mappings/unifil-chain.toml")),
    ("mappings/states.toml", include_str!("../../../examples/mappings/states.toml")),
    ("mappings/successions.toml", include_str!("../../../examples/mappings/successions.toml")),
    ("mappings/treaties.toml", include_str!("../../../examples/mappings/treaties.toml")),
    ("mappings/treaty-acts.toml", include_str!("../../../examples/mappings/treaty-acts.toml")),
];

const ACTOR: &str = "org:demo-secretariat";
const KEY: &str = "org:demo-secretariat#2026";

pub fn demo(folder: &Path) -> Result<u8, CliError> {
    if lies_there(folder)? {
        return Err(CliError::usage(
            "file.exists",
            format!("{} exists already", folder.display()),
            "name a new folder: answerable demo FOLDER",
        ));
    }
    for (name, text) in EXAMPLES {
        let path = folder.join("examples").join(name);
        let parent = path.parent().expect("joined above");
        fs::create_dir_all(parent).and_then(|()| fs::write(&path, text)).map_err(|e| CliError::io(&path, e))?;
    }
    let demo = Demo { folder };
    demo.title("A new folder, with the project's tables of real acts in it");
    print(&format!("$ cd {}\n", folder.display()));

    demo.title("A founder makes a key (without a passphrase, as this is a demonstration) and founds a ledger");
    demo.run(&["--keys", "keys", "key", "new", KEY, "--no-passphrase"])?;
    let card = demo.run(&[
        "--keys",
        "keys",
        "init",
        "ledger",
        "--origin",
        "demo.answerable.example/prevention",
        "--title",
        "Treaties for the prevention of mass atrocities",
        "--founder",
        &format!("{KEY}=Demo Secretariat"),
        "--no-passphrase",
        "--yes",
        "--format",
        "json",
    ])?;
    let pin: Value = serde_json::from_str(&card).map_err(|e| bug(format!("the pin card: {e}")))?;

    demo.title("The founder grants itself two roles: keeper of the registers, and transcriber of public sources");
    for role in ["registrar", "transcriber"] {
        demo.signed(&["role.granted", "--set", &format!("actor={ACTOR}"), "--set", &format!("role={role}")])?;
    }
    demo.title("The registers: depositaries, states, successions of states, treaties with their rules");
    for (id, name, from, kind) in [
        ("org:un-secretary-general", "Secretary-General of the United Nations", "1945-10-24", "un_organ"),
        ("org:swiss-federal-council", "Swiss Federal Council", "1848-11-16", "other"),
    ] {
        let actor = format!("actor={id}");
        let (name, kind) = (format!("name={name}"), format!("kind={kind}"));
        demo.signed(&["actor.registered", "--effective", from, "--set", &actor, "--set", &name, "--set", &kind])?;
    }
    for (table, mapping) in
        [("states.csv", "states"), ("state-successions.csv", "successions"), ("treaties.json", "treaties")]
    {
        demo.import(table, mapping)?;
    }
    demo.title("936 real acts, as transcriptions of the UN Treaty Collection");
    demo.import("treaty-acts.csv", "treaty-acts")?;
    demo.run(&["--ledger", "ledger", "status"])?;

    demo.title("Who was bound by the Genocide Convention on the day it entered into force, and on 6 April 1994?");
    demo.run(&["--ledger", "ledger", "treaty", "status", "genocide-convention", "--as-of", "1951-01-12"])?;
    demo.run(&["--ledger", "ledger", "treaty", "status", "genocide-convention", "--as-of", "1994-04-06", "--summary"])?;
    demo.run(&["--ledger", "ledger", "treaty", "list", "--as-of", "2015-03-14"])?;
    demo.run(&["--ledger", "ledger", "history", "treaty:genocide-convention:RWA"])?;

    demo.title("A mandate of the Security Council: the force in Lebanon, from 1978 to 1994, decision by decision");
    for (table, mapping) in [
        ("bodies.csv", "bodies"),
        ("un-members.csv", "un-members"),
        ("mandates.csv", "mandates"),
        ("unifil.csv", "unifil-chain"),
    ] {
        demo.import(table, mapping)?;
    }
    demo.run(&["--ledger", "ledger", "mandates", "--as-of", "1994-07-31"])?;
    demo.run(&["--ledger", "ledger", "mandates", "--all", "--as-of", "1994-08-01"])?;
    demo.run(&["--ledger", "ledger", "scorecard", "state:RWA", "--as-of", "2014-06-01"])?;

    demo.title("An export for an auditor, judged under the pins of the pin card");
    demo.run(&["--ledger", "ledger", "export", "export"])?;
    let id = pin["ledger_id"].as_str().unwrap_or_default().to_owned();
    let key = pin["log_key"].as_str().unwrap_or_default().to_owned();
    demo.run(&["verify", "export", "--ledger-id", &id, "--log-key", &key])?;

    demo.title("The same export with one byte flipped in a copy: Rwanda acceded in 1975, the copy says 1976");
    let seq = tamper(folder)?;
    print(&format!("  (export/ copied to tampered/, one byte of record {seq} changed)\n"));
    demo.expect(1, &["verify", "tampered", "--ledger-id", &id, "--log-key", &key])?;
    print("\nThe verifier names the record. The folder is yours to try the rest: answerable --help\n");
    Ok(0)
}

struct Demo<'a> {
    folder: &'a Path,
}

impl Demo<'_> {
    fn title(&self, text: &str) {
        print(&format!("\n# {text}\n"));
    }

    /// Runs a command that must succeed; answers what it printed.
    fn run(&self, args: &[&str]) -> Result<String, CliError> {
        self.expect(0, args)
    }

    /// Prints a command, runs it, prints its answer, and checks its exit code.
    fn expect(&self, code: i32, args: &[&str]) -> Result<String, CliError> {
        let shown: Vec<String> = args.iter().map(|a| quoted(a)).collect();
        print(&format!("\n$ answerable {}\n", shown.join(" ")));
        let program = std::env::current_exe().map_err(|e| CliError::io(Path::new("answerable"), e))?;
        let mut command = Command::new(program);
        command.args(args).current_dir(self.folder).env_remove("ANSWERABLE_LEDGER").env_remove("ANSWERABLE_KEYS");
        let output = command.output().map_err(|e| CliError::io(Path::new("answerable"), e))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        print(&text);
        match output.status.code() {
            Some(got) if got == code => Ok(text),
            got => Err(bug(format!("the command exited with {got:?}, not {code}"))),
        }
    }

    /// Drafts, signs and appends an event of the founder.
    fn signed(&self, draft: &[&str]) -> Result<(), CliError> {
        let file = "act.event.json";
        let places = ["--ledger", "ledger", "--keys", "keys"];
        let (kind, rest) = draft.split_first().expect("called with a type");
        self.run(&[&places[..], &["draft", kind, "--actor", ACTOR], rest, &["--out", file]].concat())?;
        self.run(&["--keys", "keys", "sign", file, "--yes"])?;
        self.run(&[&places[..], &["append", file]].concat())?;
        let path = self.folder.join(file);
        fs::remove_file(&path).map_err(|e| CliError::io(&path, e))
    }

    fn import(&self, table: &str, mapping: &str) -> Result<String, CliError> {
        let (table, mapping) = (format!("examples/{table}"), format!("examples/mappings/{mapping}.toml"));
        self.run(&[
            "--ledger",
            "ledger",
            "--keys",
            "keys",
            "import",
            &table,
            "--mapping",
            &mapping,
            "--actor",
            ACTOR,
            "--yes",
        ])
    }
}

/// Copies the export and changes the year of one act. Answers the record's seq.
fn tamper(folder: &Path) -> Result<u64, CliError> {
    let (from, to) = (folder.join("export"), folder.join("tampered"));
    for sub in ["log", "attachments", "checkpoints"] {
        copy_folder(&from.join(sub), &to.join(sub))?;
    }
    fs::copy(from.join("checkpoint"), to.join("checkpoint")).map_err(|e| CliError::io(&to, e))?;
    let path = to.join("log").join("000000000000.jsonl");
    let text = fs::read_to_string(&path).map_err(|e| CliError::io(&path, e))?;
    let is_act = |line: &&str| line.contains("\"stream\":\"treaty:genocide-convention:RWA\"");
    let seq = text.lines().position(|l| is_act(&l)).ok_or_else(|| bug("Rwanda's accession is not recorded".into()))?;
    let altered: Vec<String> = text
        .lines()
        .map(|l| if is_act(&l) { l.replace("\"effective\":\"1975-", "\"effective\":\"1976-") } else { l.to_owned() })
        .collect();
    fs::write(&path, altered.join("\n") + "\n").map_err(|e| CliError::io(&path, e))?;
    Ok(seq as u64)
}

fn bug(message: String) -> CliError {
    CliError { code: "demo.failed".into(), message, hint: "please report this".into(), exit: BUG }
}
