//! How an answer is cited: by the state of the ledger that it rests on, the program, the command, and the hash of its bytes.
//! And `answer --verify`: the same command once more, and whether its bytes are those.
//! Not here: what any answer says. The command is run as a program of its own, so that its bytes are those that a person gets.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use answerable_ledger::Ledger;
use answerable_schemas::EventId;
use answerable_verifier::encoding::Hash;
use answerable_verifier::judge::Past;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory};
use serde::{Deserialize, Serialize};

use super::{create_new, known_size, open};
use crate::args::{CitedAnswer, Cli, Known};
use crate::clock;
use crate::error::{CliError, FALSE, UNVERIFIABLE};
use crate::output::{json_text, print};
use crate::shell;
use crate::ui;

const SCHEMA: &str = "answerable.citation/v1";
/// Most bytes of a citation's file.
const MAX_FILE: u64 = 65_536;

/// A citation as a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Citation {
    schema: String,
    title: String,
    origin: String,
    ledger: EventId,
    /// Records that the answer knows, and the root of their tree (base64).
    size: u64,
    root: String,
    /// The rules in force at that size.
    rules_version: u32,
    rules_sha256: EventId,
    /// The version of the program.
    program: String,
    /// The arguments of `answerable`, both times of the question among them.
    command: Vec<String>,
    /// SHA-256 of the answer's bytes, as hex.
    answer_sha256: String,
}

/// The file to which a citation goes, if it goes to one.
pub type To = Option<PathBuf>;

/// What `--cite` asks for on this call; None where it is not there.
pub fn asked(matches: &ArgMatches) -> Option<To> {
    let (_, matches) = innermost(matches);
    given(matches, "cite").then(|| matches.get_one::<PathBuf>("cite").cloned())
}

/// Answers, and says how the answer is cited.
pub fn cite(cli: &Cli, to: &To) -> Result<u8, CliError> {
    let args = std::env::args_os().skip(1).map(|arg| {
        let hint = "rename the file that the command names";
        arg.into_string().map_err(|_| CliError::usage("cite.not_text", "the command is not UTF-8", hint))
    });
    let mut command = without(args.collect::<Result<_, _>>()?, &["--cite"], false);
    command = without(command, &["--ledger", "--keys", "--passphrase-file"], true);
    let question = Question::of(&command)?;
    let ledger = open(cli)?;
    // Both times stand in the command: it must mean the same tomorrow.
    let size = match question.known_at.as_slice() {
        [] | [_] => {
            let known_at = question.known_at.first().cloned();
            let size = known_size(&ledger, &Known { known_at, cite: None })?;
            command = without(command, &["--known-at"], true);
            command.extend(["--known-at".to_owned(), size.to_string()]);
            size
        }
        // Of several, each is what is asked.
        _ => ledger.checkpoint.size,
    };
    if question.lacks_day {
        command.extend(["--as-of".to_owned(), clock::today().to_string()]);
    }
    let answered = ask(cli, &command)?;
    print(&String::from_utf8_lossy(&answered.stdout));
    if !answered.status.success() {
        return Ok(answered.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(crate::error::BUG));
    }
    let citation = Citation::of(&ledger, size, command, &answered)?;
    if let Some(path) = to {
        create_new(path, json_text(&serde_json::to_value(&citation).expect("plain data")).as_bytes())?;
    }
    ui::notice(&format!("cite as: {}", citation.words()));
    Ok(0)
}

/// Asks once more what a file cites. 0 where the bytes are the same, 1 where they are not.
pub fn verify(cli: &Cli, a: &CitedAnswer) -> Result<u8, CliError> {
    let bad = |why: String| {
        let hint = "name a file that --cite=FILE wrote";
        CliError::usage("cite.malformed", format!("{} is no citation: {why}", a.verify.display()), hint)
    };
    let mut text = Vec::new();
    let read = File::open(&a.verify).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut text));
    read.map_err(|e| CliError::io(&a.verify, e))?;
    if text.len() as u64 > MAX_FILE {
        return Err(bad(format!("it has more than {MAX_FILE} bytes")));
    }
    let cited: Citation = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
    if cited.schema != SCHEMA {
        return Err(bad(format!("its schema is {:?}", cited.schema)));
    }
    // The file may come from anybody: it may ask, and nothing else.
    let question = Question::of(&cited.command)?;
    if matches!(question.known_at.as_slice(), [] | [_]) && question.known_at != [cited.size.to_string()] {
        return Err(bad(format!("its command does not say --known-at {}", cited.size)));
    }
    let ledger = open(cli)?;
    let (size, head) = (cited.size, ledger.checkpoint.size);
    if ledger.config.ledger_id != cited.ledger {
        let message = format!("the answer is of the ledger {}, and this is {}", cited.ledger, ledger.config.ledger_id);
        return Err(CliError::usage("cite.other_ledger", message, "name its folder with --ledger DIR"));
    }
    if size > head {
        return Err(CliError {
            code: "cite.ahead".into(),
            message: format!("the answer knows {size} records, and this ledger has {head}"),
            hint: "ask a newer copy of the ledger".into(),
            exit: UNVERIFIABLE,
        });
    }
    let answered = ask(cli, &cited.command)?;
    let found = Citation::of(&ledger, size, cited.command.clone(), &answered)?;
    if found.root != cited.root {
        return Err(CliError {
            code: "cite.other_history".into(),
            message: format!("the first {size} records have the root {}, not {}", found.root, cited.root),
            hint: "two histories of one ledger: show both to its witnesses and peers".into(),
            exit: FALSE,
        });
    }
    if !answered.status.success() || found.answer_sha256 != cited.answer_sha256 {
        let mut hint = format!("compare it with what you kept: {}", in_words(&cited.command));
        if cited.program != found.program {
            hint += &format!("; it was cited by version {}, and this is {}", cited.program, found.program);
        }
        return Err(CliError {
            code: "cite.differs".into(),
            message: format!("the answer has the SHA-256 {}, not {}", found.answer_sha256, cited.answer_sha256),
            hint,
            exit: FALSE,
        });
    }
    let about = |c: &Citation| (c.title.clone(), c.origin.clone(), c.rules_version, c.rules_sha256);
    if about(&found) != about(&cited) {
        return Err(bad("its title, origin or rules are not those of the ledger".into()));
    }
    print(&ui::escape_lines(&format!("the same, byte for byte: {}\n", found.words())));
    Ok(0)
}

/// A command that asks, and writes nothing.
struct Question {
    known_at: Vec<String>,
    /// It is about a day, and does not say which.
    lacks_day: bool,
}

impl Question {
    fn of(args: &[String]) -> Result<Self, CliError> {
        let hint = "cite answers about the ledger: commands that know --known-at, and write no file";
        let no = |why: String| CliError::usage("cite.no_question", why, hint);
        let mut whole = Cli::command();
        whole.build();
        let parsed =
            whole.clone().try_get_matches_from(std::iter::once("answerable").chain(args.iter().map(String::as_str)));
        let parsed = parsed.map_err(|e| no(format!("{} cannot be called: {}", in_words(args), e.kind())))?;
        let (path, matches) = innermost(&parsed);
        let command = path.iter().fold(&whole, |c, name| c.find_subcommand(name).expect("it was matched"));
        let takes = |id: &str| command.get_arguments().any(|arg| arg.get_id() == id);
        let elsewhere =
            ["ledger", "keys", "passphrase_file", "cite", "out", "dictionary", "pin", "ledger_id", "log_key"];
        if let Some(id) = elsewhere.iter().find(|id| takes(id) && given(matches, id)) {
            return Err(no(format!("{} has --{}", in_words(args), id.replace('_', "-"))));
        }
        if !takes("known_at") || takes("folder") {
            return Err(no(format!("{} asks nothing of the ledger", in_words(args))));
        }
        if path == ["status"] {
            return Err(no("answerable status tells of the latest checkpoint too, whatever was known".to_owned()));
        }
        let known_at = matches.get_many::<String>("known_at").into_iter().flatten().cloned().collect();
        // What tables showed on a day is about that day, where no other is named.
        let says_day = given(matches, "as_of") || takes("seen_by") && given(matches, "seen_by");
        Ok(Self { known_at, lacks_day: takes("as_of") && !says_day })
    }
}

impl Citation {
    /// Of an answer by the first `size` records.
    fn of(ledger: &Ledger, size: u64, command: Vec<String>, answered: &Output) -> Result<Self, CliError> {
        let nothing = || {
            let message = format!("by the first {size} records there is no ledger yet");
            CliError::usage("cite.nothing", message, "name a later --known-at")
        };
        let authority = ledger.authority_at(size)?;
        let rules = authority.rules.ok_or_else(nothing)?;
        Ok(Self {
            schema: SCHEMA.into(),
            title: authority.title,
            origin: authority.origin,
            ledger: ledger.config.ledger_id,
            size,
            root: ledger.past().root_at(size)?.ok_or_else(nothing)?.to_base64(),
            rules_version: rules.version,
            rules_sha256: rules.sha256,
            program: env!("CARGO_PKG_VERSION").into(),
            command,
            answer_sha256: Hash::sha256(&answered.stdout).to_hex(),
        })
    }

    fn words(&self) -> String {
        let Self { title, origin, ledger, size, root, rules_version, program, answer_sha256, .. } = self;
        format!(
            "{title} ({origin}), accountability ledger {ledger}: {size} records, root {root}, rules version {rules_version}. \
             {}; answerable {program}; SHA-256 of the answer {answer_sha256}",
            in_words(&self.command)
        )
    }
}

fn in_words(args: &[String]) -> String {
    let args: Vec<String> = args.iter().map(|arg| shell::quoted(arg)).collect();
    format!("answerable {}", args.join(" "))
}

fn ask(cli: &Cli, args: &[String]) -> Result<Output, CliError> {
    let program =
        std::env::current_exe().map_err(|e| CliError::environment("file.io", e.to_string(), "start it anew"))?;
    let mut command = Command::new(&program);
    command.arg("--ledger").arg(cli.ledger_dir()).args(args).stdin(Stdio::null()).stderr(Stdio::inherit());
    command.output().map_err(|e| CliError::io(&program, e))
}

/// The subcommand that was called, and its arguments.
fn innermost(mut matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let mut path = Vec::new();
    while let Some((name, below)) = matches.subcommand() {
        path.push(name);
        matches = below;
    }
    (path, matches)
}

fn given(matches: &ArgMatches, id: &str) -> bool {
    // An option without a value has none that is contained.
    matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
}

/// The arguments without these options, and without their values where they have some.
fn without(args: Vec<String>, options: &[&str], with_value: bool) -> Vec<String> {
    let mut kept = Vec::with_capacity(args.len());
    let mut args = args.into_iter();
    while let Some(arg) = args.next() {
        let (name, value) = arg.split_once('=').map_or((arg.as_str(), None), |(name, value)| (name, Some(value)));
        match options.contains(&name) {
            true if value.is_none() && with_value => drop(args.next()),
            true => {}
            false => kept.push(arg),
        }
    }
    kept
}
