//! How an answer is cited: by the state of the ledger that it rests on, the program, the command, and the hash of its bytes.
//! And `answer --verify`: the same command once more, and whether its bytes are those.
//! Not here: what any answer says; which commands are questions (`citable`). The command is run as a program of its own, so that
//! its bytes are those that a person gets.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use answerable_ledger::Ledger;
use answerable_schemas::EventId;
use answerable_verifier::encoding::Hash;
use answerable_verifier::judge::Past;
use clap::ArgMatches;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use super::answering::known_records;
use super::called::Called;
use super::citable::{Question, given, in_words, innermost, whole};
use super::{create_new, known_size, not_there, open};
use crate::args::{CitedAnswer, Cli, Known};
use crate::clock;
use crate::error::{CliError, FALSE, UNVERIFIABLE};
use crate::output::{json_text, print};
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
    /// The arguments of `answerable`, both times of the question among them; of files that it writes, the names alone.
    command: Vec<String>,
    /// The file that the command reads beside the ledger, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    codes: Option<NamedFile>,
    /// SHA-256 of the bytes on stdout, as hex; none where the answer is in files alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    answer_sha256: Option<EventId>,
    /// The files that the answer went to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    files: Vec<NamedFile>,
}

/// A file, by name and by content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NamedFile {
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
    let elsewhere = ["cite", "ledger", "keys", "passphrase_file"];
    let mut called = Called::read(&whole(), args.collect::<Result<_, _>>()?).without(&elsewhere);
    let question = Question::of(&called.clone().words())?;
    let names = names_of(&question)?;
    if let Some(path) = to {
        not_there(path)?;
        if question.files.iter().any(|file| Path::new(&file.path) == path) {
            let message = format!("{} cannot be the answer and its citation", path.display());
            return Err(CliError::usage("cite.one_file", message, "name another file with --cite=FILE"));
        }
    }
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
    let size = sizes.into_iter().max().expect("at least one");
    let codes = question.codes.as_deref().map(NamedFile::read).transpose()?;
    let answered = ask(cli, &called.clone().words())?;
    print(&String::from_utf8_lossy(&answered.stdout));
    if !answered.status.success() {
        return Ok(answered.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(crate::error::BUG));
    }
    let files = question.files.iter().zip(&names).map(|(file, name)| NamedFile::called(name, Path::new(&file.path)));
    let files = files.collect::<Result<_, _>>()?;
    // Where the files lie is nobody's business, and whether one was there before no part of the question.
    let cited =
        question.files.iter().zip(&names).fold(called, |called, (file, name)| called.valued(file.argument, name));
    let command = cited.without(&["force"]).words();
    let answer_sha256 = question.prints.then(|| sha256(&answered.stdout));
    let citation = Citation { codes, answer_sha256, files, ..Citation::of(&ledger, size, command)? };
    if let Some(path) = to {
        create_new(path, json_text(&serde_json::to_value(&citation).expect("plain data")).as_bytes())?;
    }
    ui::notice(&format!("cite as: {}", citation.words()));
    Ok(0)
}

/// By which name each file of the answer is cited.
fn names_of(question: &Question) -> Result<Vec<String>, CliError> {
    let mut names: Vec<String> = Vec::new();
    for file in &question.files {
        let name = file.name().ok_or_else(|| {
            let message = format!("{} has no name by which it could be cited", file.path);
            CliError::usage("cite.no_question", message, "name another file")
        })?;
        if names.iter().any(|other| other == name) {
            let message = format!("two files of the answer are called {name}, and are cited by name");
            return Err(CliError::usage("cite.one_file", message, "give them different names"));
        }
        names.push(name.to_owned());
    }
    Ok(names)
}

/// Asks once more what a file cites. 0 where the bytes are the same, 1 where they are not.
pub fn verify(cli: &Cli, a: &CitedAnswer) -> Result<u8, CliError> {
    let bad = |why: String| {
        let hint = "name a file that --cite=FILE wrote";
        CliError::usage("cite.malformed", format!("{} is no citation: {why}", a.verify.display()), hint)
    };
    let cited = read(&a.verify, &bad)?;
    // The file may come from anybody: it may ask, and nothing else.
    let question = Question::of(&cited.command)?;
    if let Some(file) = question.files.iter().find(|file| !file.is_plain()) {
        let message = format!("{:?} is a place, and a citation has the names of files alone", file.path);
        return Err(CliError::usage("cite.no_question", message, "nothing was written; ask whoever cited it"));
    }
    if question.size() != Some(cited.size) {
        return Err(bad(format!("its command does not say --known-at {}", cited.size)));
    }
    if question.lacks_day {
        return Err(bad("its command does not say --as-of".into()));
    }
    if question.codes.as_ref() != cited.codes.as_ref().map(|codes| &codes.file) {
        return Err(bad("it does not have the SHA-256 of the file that its command reads".into()));
    }
    if question.prints != cited.answer_sha256.is_some() || names_of(&question)? != cited.names() {
        return Err(bad("it does not have the SHA-256 of what its command answers".into()));
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
        let found = NamedFile::read(&codes.file)?;
        if found != *codes {
            return Err(CliError {
                code: "cite.other_file".into(),
                message: format!("{} has the SHA-256 {}, not {}", codes.file, found.sha256, codes.sha256),
                hint: "get the file that the answer was made with".into(),
                exit: UNVERIFIABLE,
            });
        }
    }
    let found = Citation::of(&ledger, size, cited.command.clone())?;
    if found.root != cited.root {
        return Err(CliError {
            code: "cite.other_history".into(),
            message: format!("the first {size} records have the root {}, not {}", found.root, cited.root),
            hint: "two histories of one ledger: show both to its witnesses and peers".into(),
            exit: FALSE,
        });
    }
    let again = Again::asked(cli, &cited, &question)?;
    if let Some(message) = again.differs_from(&cited) {
        let mut hint = format!("compare it with what you kept: {}", in_words(&cited.command));
        if cited.program != found.program {
            hint += &format!("; it was cited by version {}, and this is {}", cited.program, found.program);
        }
        return Err(CliError { code: "cite.differs".into(), message, hint, exit: FALSE });
    }
    let about = |c: &Citation| (c.title.clone(), c.origin.clone(), c.rules_version, c.rules_sha256);
    if about(&found) != about(&cited) {
        return Err(bad("its title, origin or rules are not those of the ledger".into()));
    }
    let same = Citation { codes: cited.codes, answer_sha256: cited.answer_sha256, files: cited.files, ..found };
    print(&ui::escape_lines(&format!("the same, byte for byte: {}\n", same.words())));
    Ok(0)
}

/// Reads a citation's file.
fn read(path: &Path, bad: &dyn Fn(String) -> CliError) -> Result<Citation, CliError> {
    let mut text = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut text));
    read.map_err(|e| CliError::io(path, e))?;
    if text.len() as u64 > MAX_FILE {
        return Err(bad(format!("it has more than {MAX_FILE} bytes")));
    }
    let cited: Citation = serde_json::from_slice(&text).map_err(|e| bad(e.to_string()))?;
    if cited.schema != SCHEMA {
        return Err(bad(format!("its schema is {:?}", cited.schema)));
    }
    Ok(cited)
}

/// What a cited command answers now.
struct Again {
    succeeded: bool,
    stdout: EventId,
    /// Of each cited file; None where none was made.
    files: Vec<Option<EventId>>,
}

impl Again {
    /// Asks. Files are made in a folder of its own, which is gone afterwards.
    fn asked(cli: &Cli, cited: &Citation, question: &Question) -> Result<Self, CliError> {
        let folder = if question.files.is_empty() { None } else { Some(folder_of_its_own()?) };
        let place = |name: &str| folder.as_ref().expect("made where there are files").path().join(name);
        let mut called = Called::read(&whole(), cited.command.clone());
        for file in &question.files {
            let path = place(&file.path);
            let text = path.to_str().ok_or_else(|| no_folder("its name is not UTF-8"))?;
            called = called.valued(file.argument, text);
        }
        let answered = ask(cli, &called.words())?;
        // What the machine keeps from being asked says nothing of the answer.
        if !matches!(answered.status.code(), Some(0..=3)) {
            let message = format!("the command could not answer here: {}", answered.status);
            return Err(CliError::environment("cite.not_answered", message, "what it said stands above"));
        }
        let made = |name: &str| {
            let path = place(name);
            path.is_file().then(|| NamedFile::called(name, &path)).transpose()
        };
        let files = cited.files.iter().map(|file| Ok(made(&file.file)?.map(|made| made.sha256)));
        Ok(Self {
            succeeded: answered.status.success(),
            stdout: sha256(&answered.stdout),
            files: files.collect::<Result<_, CliError>>()?,
        })
    }

    /// What is not as it was, in words.
    fn differs_from(&self, cited: &Citation) -> Option<String> {
        let mut said = Vec::new();
        if let Some(was) = cited.answer_sha256.filter(|was| *was != self.stdout) {
            said.push(format!("the answer has the SHA-256 {}, not {was}", self.stdout));
        }
        for (was, is) in cited.files.iter().zip(&self.files) {
            match is {
                Some(is) if *is == was.sha256 => {}
                Some(is) => said.push(format!("{} has the SHA-256 {is}, not {}", was.file, was.sha256)),
                None => said.push(format!("{} was not made", was.file)),
            }
        }
        if said.is_empty() && !self.succeeded {
            said.push("the command fails".to_owned());
        }
        (!said.is_empty()).then(|| said.join("; "))
    }
}

/// A new temporary folder, which nobody else reads or writes.
fn folder_of_its_own() -> Result<TempDir, CliError> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("answerable-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir().map_err(no_folder)
}

fn no_folder(e: impl std::fmt::Display) -> CliError {
    let message = format!("no folder for the answer's files in {}: {e}", std::env::temp_dir().display());
    CliError::environment("file.io", message, "name another place with TMPDIR")
}

fn sha256(bytes: &[u8]) -> EventId {
    EventId(Hash::sha256(bytes).0)
}

impl NamedFile {
    /// Of a list of codes as it is now. What may be read only once, or never ends, cannot be asked again.
    fn read(file: &str) -> Result<Self, CliError> {
        let path = Path::new(file);
        if !path.metadata().map_err(|e| CliError::io(path, e))?.is_file() {
            let message = format!("{file} is no plain file");
            return Err(CliError::usage("cite.no_question", message, "keep the list of codes in a file"));
        }
        Self::called(file, path)
    }

    /// Of a file, under the name that it is cited by.
    fn called(name: &str, path: &Path) -> Result<Self, CliError> {
        let hashed = File::open(path).and_then(|mut file| Hash::of_stream(&mut file));
        let (hash, _) = hashed.map_err(|e| CliError::io(path, e))?;
        Ok(Self { file: name.to_owned(), sha256: EventId(hash.0) })
    }
}

impl Citation {
    /// Of a command that knows the first `size` records; what it answers is to be said yet.
    fn of(ledger: &Ledger, size: u64, command: Vec<String>) -> Result<Self, CliError> {
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
            codes: None,
            answer_sha256: None,
            files: Vec::new(),
        })
    }

    fn names(&self) -> Vec<String> {
        self.files.iter().map(|file| file.file.clone()).collect()
    }

    fn words(&self) -> String {
        let Self { title, origin, ledger, size, root, rules_version, program, .. } = self;
        let answer = self.answer_sha256.iter().map(|hash| format!("SHA-256 of the answer {hash}"));
        let files = self.codes.iter().chain(&self.files).map(|f| format!("SHA-256 of {} {}", f.file, f.sha256));
        format!(
            "{title} ({origin}), accountability ledger {ledger}: {}, root {root}, rules version {rules_version}. \
             {}; answerable {program}; {}",
            known_records(size),
            in_words(&self.command),
            files.chain(answer).collect::<Vec<_>>().join("; ")
        )
    }
}

fn ask(cli: &Cli, args: &[String]) -> Result<Output, CliError> {
    let program =
        std::env::current_exe().map_err(|e| CliError::environment("file.io", e.to_string(), "start it anew"))?;
    let mut command = Command::new(&program);
    command.arg("--ledger").arg(cli.ledger_dir()).args(args).stdin(Stdio::null()).stderr(Stdio::inherit());
    command.output().map_err(|e| CliError::io(&program, e))
}
