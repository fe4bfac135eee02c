//! The commands, one file a family, and what they share: opening the ledger, finding keys, writing
//! files, the two times.

mod advice;
pub mod answering;
mod answers;
mod append;
mod attachments;
mod base;
mod called;
mod card;
mod check;
mod citable;
pub mod citing;
mod commitments;
mod conduct;
mod cosign;
mod demo;
mod diff;
mod draft;
mod enclosures;
mod founding;
mod gone;
mod import;
mod mandates;
mod monitor;
mod national;
mod overdue;
mod receipts;
mod recommendations;
mod recording;
mod records;
mod rehearse;
mod replies;
mod report;
mod request;
mod schema;
pub mod scorecard;
mod sign;
mod stories;
mod tables;
mod treaties;
mod verify;
mod vetoes;
mod witness;

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use answerable_ledger::files::{lies_there, sync_folder_of};
use answerable_ledger::projection::{AnsweredAs, Filter};
use answerable_ledger::{Ledger, StoreError};
use answerable_schemas::history::KnownAt;
use answerable_schemas::ids::Origin;
use answerable_schemas::{ActorId, Instant, KeyName};
use answerable_verifier::note::VerifierKey;
use answerable_verifier::report::escape;
use jiff::civil::Date;

use crate::args::{Answered, Cli, Command, FilterArgs, Known, Times};
use crate::clock;
use crate::error::CliError;
use crate::keys::{KeyFolder, random};
use crate::log_keys::LogKeys;
use crate::output::{Format, print};
use crate::ui;

/// Runs one command; the answer is its exit code.
pub fn run(cli: &Cli) -> Result<u8, CliError> {
    if cli.format == Format::Parquet && !matches!(cli.command, Command::Table(_)) {
        let hint = "see which: answerable table --help";
        return Err(CliError::usage("format.parquet", "only the tables can be written as Parquet", hint));
    }
    match &cli.command {
        Command::Init(a) => founding::init(cli, a),
        Command::Key(a) => founding::key(cli, a),
        Command::Draft(a) => draft::draft(cli, a),
        Command::Card(a) => card::card(cli, a),
        Command::Sign(a) => sign::sign(cli, a),
        Command::Append(a) => append::append(cli, a),
        Command::Import(a) => import::import(cli, a),
        Command::Status(a) => answers::status(cli, a),
        Command::Treaty(a) => answers::treaty(cli, a),
        Command::Mandates(a) => mandates::mandates(cli, a),
        Command::Overdue(a) => overdue::overdue(cli, a),
        Command::Scorecard(a) => scorecard::scorecard(cli, a),
        Command::List(a) => stories::list(cli, a),
        Command::Commitments(a) => commitments::commitments(cli, a),
        Command::Commitment(a) => commitments::commitment(cli, a),
        Command::Recommendations(a) => recommendations::recommendations(cli, a),
        Command::Access(a) => national::access(cli, a),
        Command::Institutions(a) => national::institutions(cli, a),
        Command::Conduct(a) => conduct::conduct(cli, a),
        Command::Vetoes(a) => vetoes::vetoes(cli, a),
        Command::Unused(a) => conduct::unused(cli, a),
        Command::Counts(a) => conduct::counts(cli, a),
        Command::Table(a) => tables::table(cli, a),
        Command::Diff(a) => diff::diff(cli, a),
        Command::Answer(a) => citing::verify(cli, a),
        Command::Report(a) => report::report(cli, a),
        Command::Log(a) => records::log(cli, a),
        Command::Show(a) => records::show(cli, a),
        Command::History(a) => records::history(cli, a),
        Command::Attachment(a) => attachments::attachment(cli, a),
        Command::About(a) => replies::about(cli, a),
        Command::Affirm(a) => replies::affirm(cli, a),
        Command::Dispute(a) => replies::dispute(cli, a),
        Command::Correct(a) => replies::correct(cli, a),
        Command::PinCard => founding::pin_card(cli),
        Command::Prove(a) => receipts::prove(cli, a),
        Command::Export(a) => verify::export(cli, a),
        Command::Publish(a) => verify::publish(cli, a),
        Command::Check(a) => check::check(cli, a),
        Command::Verify(a) => verify::verify(cli, a),
        Command::VerifyProof(a) => receipts::verify_proof(cli, a),
        Command::Cosign(a) => cosign::cosign(cli, a),
        Command::Witness(a) => witness::witness(cli, a),
        Command::Monitor(a) => monitor::monitor(cli, a),
        Command::Schema(a) => schema::schema(cli, a),
        Command::Completions { shell } => schema::completions(*shell),
        Command::Man { out, dry_run, markdown } => schema::man(out.as_deref(), *dry_run, *markdown),
        Command::Demo { folder } => demo::demo(folder),
    }
}

/// Opens the ledger to read, and tells what opening repaired.
fn open(cli: &Cli) -> Result<Ledger, CliError> {
    let mut progress = None;
    let opened = Ledger::open_watched(&cli.ledger_dir(), &mut |done, of| {
        progress.get_or_insert_with(|| ui::Progress::start("records read again", Some(of))).at(done);
    });
    drop(progress);
    let (ledger, notices) = opened?;
    notices.iter().for_each(|n| ui::notice(&n.0));
    Ok(ledger)
}

/// Opens the ledger to write, with the log keys in force, and those of `more` that are held.
fn open_to_write(cli: &Cli, more: &[VerifierKey]) -> Result<(Ledger, LogKeys), CliError> {
    let reader = open(cli)?;
    let (folder, origin) = (keys(cli)?, origin_of(&reader)?);
    let wanted = [&reader.judge.authority.log_verifiers(), more].concat();
    // It holds the index: opened to write beside it, the ledger would index everything anew in memory.
    drop(reader);
    let mut key = folder.open_logs(&origin, &wanted, &cli.passphrase_file)?;
    let opened = match Ledger::open_to_write(&cli.ledger_dir(), &key) {
        // A crash may have left a change of log keys behind, which is signed with keys that are not in force yet.
        Err(StoreError::NoLogKey(_)) => {
            key = folder.open_logs(&origin, &folder.logs(&origin)?, &cli.passphrase_file)?;
            Ledger::open_to_write(&cli.ledger_dir(), &key)
        }
        opened => opened,
    };
    let (ledger, notices) = opened?;
    notices.iter().for_each(|n| ui::notice(&n.0));
    Ok((ledger, key))
}

/// The ledger's origin, as key folders know it.
fn origin_of(ledger: &Ledger) -> Result<Origin, CliError> {
    let origin = ledger.config.origin.parse();
    origin.map_err(|e| CliError::usage("ledger.origin", format!("{e}"), "see answerable.toml"))
}

/// Writes a file that was not there, and prints its name.
fn write_new(path: &Path, bytes: &[u8]) -> Result<u8, CliError> {
    create_new(path, bytes)?;
    print(&format!("{}\n", escape(&path.display().to_string())));
    Ok(0)
}

/// Writes a file that was not there; nothing is left of one that could not be written whole.
pub fn create_new(path: &Path, bytes: &[u8]) -> Result<(), CliError> {
    let mut file = match OpenOptions::new().write(true).create_new(true).open(path) {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => return Err(file_exists(path)),
        opened => opened.map_err(|e| CliError::io(path, e))?,
    };
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|e| {
        let _ = std::fs::remove_file(path);
        CliError::io(path, e)
    })?;
    // A key or a receipt that was told of is there after a crash, too.
    Ok(sync_folder_of(path)?)
}

/// The key folder: `--keys`, or the user's own.
fn keys(cli: &Cli) -> Result<KeyFolder, CliError> {
    if let Some(folder) = &cli.keys {
        return Ok(KeyFolder(folder.clone()));
    }
    let config = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|h| PathBuf::from(h).join(".config"));
    match config.filter(|p| p.is_absolute()).or_else(home) {
        Some(folder) => Ok(KeyFolder(folder.join("answerable").join("keys"))),
        None => Err(CliError::usage(
            "keys.no_home",
            "there is no home folder to keep keys in",
            "name a folder with --keys DIR",
        )),
    }
}

/// The keys that shall sign for an actor: those named, or its only one in the folder.
fn signers(cli: &Cli, actor: &ActorId, named: &[KeyName]) -> Result<Vec<KeyName>, CliError> {
    if !named.is_empty() {
        return Ok(named.to_vec());
    }
    let all = keys(cli)?.list()?;
    let own: Vec<KeyName> =
        all.into_iter().filter_map(|k| KeyName::new(k.name).ok()).filter(|k| k.actor() == *actor).collect();
    match own.as_slice() {
        [one] => Ok(vec![one.clone()]),
        [] => Err(CliError::usage(
            "key.not_found",
            format!("there is no key of {actor} in your key folder"),
            format!("make one: answerable key new {actor}#LABEL; or name another folder: --keys DIR"),
        )),
        many => {
            let names: Vec<_> = many.iter().map(|k| k.as_str()).collect();
            Err(CliError::usage(
                "key.ambiguous",
                format!("{actor} has several keys: {}", names.join(", ")),
                "name one with --signer KEY",
            ))
        }
    }
}

/// How many records a question knows.
fn known_size(ledger: &Ledger, known: &Known) -> Result<u64, CliError> {
    let head = ledger.checkpoint.size;
    let Some(text) = &known.known_at else { return Ok(head) };
    let beyond = |n: u64| {
        CliError::usage(
            "known_at.beyond",
            format!("the ledger holds {head} records; {n} is beyond"),
            "name a size up to that",
        )
    };
    let at_most = |n: u64| if n <= head { Ok(n) } else { Err(beyond(n)) };
    if let Some(seq) = text.strip_prefix("seq:").and_then(|s| s.parse::<u64>().ok()) {
        return at_most(seq.saturating_add(1));
    }
    if let Ok(size) = text.parse::<u64>() {
        return at_most(size);
    }
    if let Ok(instant) = text.parse::<Instant>() {
        return Ok(ledger.size_at(instant)?);
    }
    match text.parse::<Date>() {
        Ok(day) if day.to_string() == *text => Ok(ledger.size_at(Instant::end_of(day))?),
        _ => Err(CliError::usage(
            "known_at.malformed",
            format!("{text:?} is no date, instant, number of records or seq:N"),
            "for example --known-at 2026-11-23, --known-at 42 or --known-at seq:41",
        )),
    }
}

impl FilterArgs {
    fn read(&self) -> Filter {
        let answered = self.answered.map(|a| match a {
            Answered::Affirmed => AnsweredAs::Affirmed,
            Answered::Disputed => AnsweredAs::Disputed,
            Answered::Unanswered => AnsweredAs::Unanswered,
        });
        Filter { standing: self.standing, answered }
    }
}

fn as_of(times: &Times) -> Date {
    times.as_of.unwrap_or_else(clock::today)
}

/// The history that a question knows.
fn known<'a>(ledger: &'a Ledger, size: u64) -> KnownAt<'a> {
    let size = if size == ledger.checkpoint.size { u64::MAX } else { size };
    KnownAt { history: ledger.past(), size }
}

/// A fresh nonce: base64 of 16 random bytes.
fn nonce() -> Result<String, CliError> {
    Ok(answerable_verifier::encoding::base64_encode(&random::<16>()?))
}

/// What is there is never overwritten. Asked early, before a person is asked for anything.
fn not_there(path: &Path) -> Result<(), CliError> {
    if lies_there(path)? { Err(file_exists(path)) } else { Ok(()) }
}

fn file_exists(path: &Path) -> CliError {
    let message = format!("{} exists already", path.display());
    CliError::usage("file.exists", message, "name another file with --out FILE")
}
