//! How an answer is cited: by the state of the ledger that it rests on, the program, the command, and the hash of its bytes.
//! And `answer --verify`: the same command once more, and whether its bytes are those.
//! Not here: what any answer says. The command is run as a program of its own, so that its bytes are those that a person gets.

use std::any::TypeId;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use answerable_ledger::Ledger;
use answerable_schemas::EventId;
use answerable_verifier::encoding::Hash;
use answerable_verifier::judge::Past;
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory};
use serde::{Deserialize, Serialize};

use super::answering::known_records;
use super::called::Called;
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
    /// The file that the command reads beside the ledger, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    codes: Option<CodesFile>,
    /// SHA-256 of the answer's bytes, as hex.
    answer_sha256: String,
}

/// A list of codes (`--codes`), by name and by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CodesFile {
    /// As the command has it.
    file: String,
    sha256: EventId,
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
    let mut whole = Cli::command();
    whole.build();
    let elsewhere = ["cite", "ledger", "keys", "passphrase_file"];
    let mut called = Called::read(&whole, args.collect::<Result<_, _>>()?).without(&elsewhere);
    let command = called.clone().words();
    let question = Question::of(&command)?;
    let ledger = open(cli)?;
    // All times stand in the command, as days and numbers of records: it must mean the same tomorrow.
    let told: Vec<Option<String>> = match question.known_at.is_empty() {
        true => vec![None],
        false => question.known_at.iter().cloned().map(Some).collect(),
    };
    let sizes = told.into_iter().map(|known_at| known_size(&ledger, &Known { known_at, cite: None }));
    let sizes: Vec<u64> = sizes.collect::<Result<_, _>>()?;
    called = called.without(&["known_at"]);
    called = sizes.iter().fold(called, |called, size| called.with("known-at", size.to_string()));
    if question.lacks_day {
        called = called.with("as-of", clock::today().to_string());
    }
    let command = called.words();
    let size = sizes.into_iter().max().expect("at least one");
    let codes = question.codes.as_deref().map(CodesFile::of).transpose()?;
    let answered = ask(cli, &command)?;
    print(&String::from_utf8_lossy(&answered.stdout));
    if !answered.status.success() {
        return Ok(answered.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(crate::error::BUG));
    }
    let citation = Citation::of(&ledger, size, command, codes, &answered)?;
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
    if question.size() != Some(cited.size) {
        return Err(bad(format!("its command does not say --known-at {}", cited.size)));
    }
    if question.lacks_day {
        return Err(bad("its command does not say --as-of".into()));
    }
    if question.codes.as_ref() != cited.codes.as_ref().map(|codes| &codes.file) {
        return Err(bad("it does not have the SHA-256 of the file that its command reads".into()));
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
    if let Some(codes) = &cited.codes {
        let found = CodesFile::of(&codes.file)?;
        if found != *codes {
            return Err(CliError {
                code: "cite.other_file".into(),
                message: format!("{} has the SHA-256 {}, not {}", codes.file, found.sha256, codes.sha256),
                hint: "get the file that the answer was made with".into(),
                exit: UNVERIFIABLE,
            });
        }
    }
    let answered = ask(cli, &cited.command)?;
    let found = Citation::of(&ledger, size, cited.command.clone(), cited.codes.clone(), &answered)?;
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
    /// The list of codes that it reads.
    codes: Option<String>,
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
        if !takes("known_at") {
            return Err(no(format!("{} asks nothing of the ledger", in_words(args))));
        }
        // Of files and folders, an answer is made of the ledger's alone, and of a list of codes, whose hash is cited.
        let names_file = |arg: &&Arg| arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        let mut files = command.get_arguments().filter(names_file).filter(|arg| given(matches, arg.get_id().as_str()));
        if let Some(other) = files.find(|arg| arg.get_id() != "codes") {
            return Err(no(format!("{} has {other}", in_words(args))));
        }
        if path == ["status"] {
            return Err(no("answerable status tells of the latest checkpoint too, whatever was known".to_owned()));
        }
        let known_at = matches.get_many::<String>("known_at").into_iter().flatten().cloned().collect();
        // What tables showed on a day is about that day, where no other is named.
        let says_day = given(matches, "as_of") || takes("seen_by") && given(matches, "seen_by");
        let codes = takes("codes").then(|| matches.get_one::<PathBuf>("codes")).flatten();
        let codes = codes.map(|path| path.to_str().expect("made of the text of the command").to_owned());
        Ok(Self { known_at, lacks_day: takes("as_of") && !says_day, codes })
    }

    /// How many records it knows; None where it does not say so by number.
    fn size(&self) -> Option<u64> {
        let number = |text: &String| text.parse::<u64>().ok().filter(|n| n.to_string() == *text);
        let sizes: Option<Vec<u64>> = self.known_at.iter().map(number).collect();
        sizes?.into_iter().max()
    }
}

impl CodesFile {
    /// Of a file as it is now. What may be read only once, or never ends, cannot be asked again.
    fn of(file: &str) -> Result<Self, CliError> {
        let path = Path::new(file);
        let io = |e| CliError::io(path, e);
        if !path.metadata().map_err(io)?.is_file() {
            let message = format!("{file} is no plain file");
            return Err(CliError::usage("cite.no_question", message, "keep the list of codes in a file"));
        }
        let bytes = std::fs::read(path).map_err(io)?;
        Ok(Self { file: file.to_owned(), sha256: EventId(Hash::sha256(&bytes).0) })
    }
}

impl Citation {
    /// Of an answer by the first `size` records.
    fn of(
        ledger: &Ledger,
        size: u64,
        command: Vec<String>,
        codes: Option<CodesFile>,
        answered: &Output,
    ) -> Result<Self, CliError> {
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
            codes,
            answer_sha256: Hash::sha256(&answered.stdout).to_hex(),
        })
    }

    fn words(&self) -> String {
        let Self { title, origin, ledger, size, root, rules_version, program, answer_sha256, .. } = self;
        let codes = self.codes.as_ref().map_or_else(String::new, |c| format!("; SHA-256 of {} {}", c.file, c.sha256));
        format!(
            "{title} ({origin}), accountability ledger {ledger}: {}, root {root}, rules version {rules_version}. \
             {}; answerable {program}{codes}; SHA-256 of the answer {answer_sha256}",
            known_records(size),
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
