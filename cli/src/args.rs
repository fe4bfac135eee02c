//! The arguments of every command. What they do is in `commands`.

mod attachment;

use std::path::PathBuf;

use answerable_schemas::ids::{Label, Origin, TreatyId, TypePattern};
use answerable_schemas::{ActorId, CalendarDate, EventId, KeyName, Standing, StreamName, TypeName};
use answerable_verifier::note::VerifierKey;
use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;

pub use self::attachment::{AttachArgs, AttachmentCommand, AttachmentList, EraseAttachment, GetAttachment};
use crate::output::Format;
use crate::passphrases::PassphraseFile;

/// An accountability ledger for the prevention of mass atrocities
///
/// States and international bodies sign what they promised, ratified, were mandated to do and reported. The ledger is
/// append-only, hash-chained and Merkle-committed; it can be replayed to any date, and anyone can check it offline.
#[derive(Parser)]
#[command(name = "answerable", version, after_help = EXIT_CODES, max_term_width = 100)]
pub struct Cli {
    /// The ledger's folder [default: this folder]
    #[arg(long, global = true, env = "ANSWERABLE_LEDGER", value_name = "DIR", hide_env_values = true)]
    pub ledger: Option<PathBuf>,
    /// The folder of your keys [default: ~/.config/answerable/keys]
    #[arg(long, global = true, env = "ANSWERABLE_KEYS", value_name = "DIR", hide_env_values = true)]
    pub keys: Option<PathBuf>,
    /// A file whose first line is the passphrase of your keys, for scripts; KEY=FILE for one key, log=FILE for the
    /// log's; may be given again
    #[arg(long, global = true, value_name = "[KEY=]FILE")]
    pub passphrase_file: Vec<PassphraseFile>,
    /// How to print an answer
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    #[command(subcommand)]
    pub command: Command,
}

pub const EXIT_CODES: &str = "\
Exit codes:
  0   good
  1   checked, and false
  2   the call was wrong
  3   cannot be judged: no key pinned, proof missing, unknown kind of record
  4   environment: input and output, lock, clock
  70  a bug";

impl Cli {
    pub fn ledger_dir(&self) -> PathBuf {
        self.ledger.clone().unwrap_or_else(|| PathBuf::from("."))
    }
}

#[derive(Subcommand)]
pub enum Command {
    /// Found a ledger, and print its pin card
    Init(Init),
    /// Make, list and show keys
    #[command(subcommand)]
    Key(Key),
    /// Write an event that is ready to be signed
    Draft(Draft),
    /// Write a stream card: what an author needs to draft away from the ledger
    Card(Card),
    /// Show an event in words, ask, and add your signature
    Sign(Sign),
    /// Record signed events
    Append(Append),
    /// Record the rows of a table, through a mapping file
    Import(Import),
    /// Say what the ledger holds
    Status(Known),
    /// Treaties: which are registered, their rules, who is bound
    #[command(subcommand)]
    Treaty(Treaty),
    /// List records
    Log(Log),
    /// Show one record, byte for byte
    Show(Show),
    /// Tell one story: the records of a stream
    History(History),
    /// Files that records name: list, bring, get and erase them
    #[command(subcommand)]
    Attachment(AttachmentCommand),
    /// List what others say about an actor, and how it has answered
    About(About),
    /// Draft: what a record of another says about you is so
    Affirm(Affirm),
    /// Draft: what a record of another says about you is not so
    Dispute(Dispute),
    /// Draft: what you have said was wrong
    Correct(Correct),
    /// Print the pin card, as it is now: what an auditor must get by another way than an export
    PinCard,
    /// Write a receipt: proof that a record is in, to be kept and checked offline
    Prove(Prove),
    /// Write a copy that an auditor can judge
    Export(Export),
    /// Judge an exported ledger offline, trusting nobody
    Verify(Verify),
    /// Judge a receipt offline: is its record in the ledger?
    VerifyProof(VerifyProof),
    /// What may be said, and who may say it
    #[command(subcommand)]
    Schema(Schema),
    /// Print a completion script for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page, or write all of them to a folder
    Man {
        /// A folder for one page a command
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
        /// Say which folder would be written to, and write nothing
        #[arg(long, requires = "out")]
        dry_run: bool,
        /// Print the reference of all commands as Markdown instead
        #[arg(long, conflicts_with = "out")]
        markdown: bool,
    },
    /// Walk through the whole path on real treaty acts, in a new folder
    Demo {
        /// A new folder
        #[arg(default_value = "answerable-demo")]
        folder: PathBuf,
    },
}

#[derive(Args)]
pub struct Init {
    /// A new or empty folder
    #[arg(value_name = "LEDGER")]
    pub folder: PathBuf,
    /// The ledger's name among checkpoints, such as ledger.example.org/prevention
    #[arg(long, required_unless_present = "founding")]
    pub origin: Option<Origin>,
    #[arg(long, value_name = "TEXT", required_unless_present = "founding")]
    pub title: Option<String>,
    /// A founding actor's key in your folder, and the actor's name, as KEY=NAME; may be given again
    #[arg(long, value_name = "KEY=NAME", value_parser = parse_founder)]
    #[arg(required_unless_present_any = ["founder_request", "founding"])]
    pub founder: Vec<(KeyName, String)>,
    /// A founding actor's key request; may be given again
    #[arg(long, value_name = "FILE")]
    pub founder_request: Vec<PathBuf>,
    /// How many founders must sign an act of governance [default: more than half]
    #[arg(long)]
    pub threshold: Option<u32>,
    /// Where founders sign elsewhere: the founding event for them, to be written
    #[arg(long, short, value_name = "FILE", default_value = "founding.event.json")]
    pub out: PathBuf,
    /// Found the ledger with this founding event, which all founders have signed
    #[arg(long, value_name = "FILE")]
    #[arg(conflicts_with_all = ["origin", "title", "founder", "founder_request", "threshold", "out", "no_passphrase"])]
    pub founding: Option<PathBuf>,
    /// Store a new log key in the clear
    #[arg(long)]
    pub no_passphrase: bool,
    /// Go on without asking
    #[arg(long)]
    pub yes: bool,
    /// Say what would be founded, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Subcommand)]
pub enum Key {
    /// Make a key pair
    New {
        /// ACTOR#LABEL, such as state:RWA#2026a
        name: KeyName,
        /// Store it in the clear
        #[arg(long)]
        no_passphrase: bool,
        /// Say which files would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Make a key that signs a log's checkpoints
    NewLog {
        /// The log's name, such as ledger.example.org/prevention
        origin: Origin,
        /// Tells its file from that of the log's first key, such as 2027
        #[arg(long)]
        label: Option<Label>,
        /// Store it in the clear
        #[arg(long)]
        no_passphrase: bool,
        /// Say which files would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Take in the public half of a key that lives elsewhere, such as in an HSM
    Adopt {
        /// ACTOR#LABEL, such as state:RWA#2026a
        name: KeyName,
        /// The public key in PEM, as openssl pkey -pubout writes it
        public: PathBuf,
        /// Check it, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write a request for a key of yours to be enrolled: a file to be mailed
    Request(KeyRequest),
    /// Show a key request in words, with the key's fingerprint, and check that its sender holds the key
    Check {
        /// NAME.key-request.json
        file: PathBuf,
    },
    /// List the keys in your folder
    List,
    /// Print a public key, as events introduce it
    Show { name: KeyName },
    /// Encrypt a key with another passphrase
    Passwd {
        name: KeyName,
        /// A file whose first line is the new passphrase, for scripts
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
        /// Check the old passphrase, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Args)]
pub struct KeyRequest {
    /// A key of yours
    pub name: KeyName,
    /// What the key shall be allowed to sign: an event type, or a family such as treaty.*; may be given again
    /// [default: *]
    #[arg(long, value_name = "PATTERN")]
    pub scope: Vec<TypePattern>,
    /// Your actor's official name; a founder's request needs it
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// The file to write [default: ACTOR~LABEL.key-request.json]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// A command that signs, where the key is not in your folder: as for answerable sign
    #[arg(long, value_name = "COMMAND")]
    pub external: Option<String>,
    /// Show the request, and neither sign nor write it
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
#[command(override_usage = DRAFT_USAGE, mut_args(|arg| match PINS.contains(&arg.get_id().as_str()) {
    true => arg.requires("from"),
    false => arg,
}))]
pub struct Draft {
    /// The event type: answerable schema list
    #[arg(value_name = "TYPE", required_unless_present = "again")]
    pub kind: Option<TypeName>,
    /// Who speaks
    #[arg(long, required_unless_present = "again")]
    pub actor: Option<ActorId>,
    /// Draft the statement of this event file anew, in its newest place; nothing else of it is given
    #[arg(long, value_name = "FILE", conflicts_with_all = STATED)]
    pub again: Option<PathBuf>,
    /// Draft away from the ledger: the folder of an export, or a stream card
    #[arg(long, value_name = "EXPORT|CARD")]
    pub from: Option<PathBuf>,
    /// When the act took effect: YYYY-MM-DD, YYYY-MM or YYYY [default: today]
    #[arg(long, value_name = "DATE")]
    pub effective: Option<CalendarDate>,
    /// Whose word it is
    #[arg(long, default_value = "own", value_parser = parse_standing)]
    pub standing: Standing,
    /// A key that shall sign; may be given again [default: the actor's only key in your folder]
    #[arg(long, value_name = "KEY")]
    pub signer: Vec<KeyName>,
    /// A member of the body, as NAME=VALUE; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub set: Vec<(String, String)>,
    /// A JSON file with the whole body, or its first members
    #[arg(long, value_name = "FILE")]
    pub body: Option<PathBuf>,
    /// For key.enrolled and key.rotated: the new key; it signs too
    #[arg(long, value_name = "KEY", group = "new_key")]
    pub enrol: Option<KeyName>,
    /// For key.enrolled: the new key's request, as its holder sent it; it signs too
    #[arg(long, value_name = "FILE", group = "new_key")]
    pub request: Option<PathBuf>,
    /// For key.enrolled: what the key may sign; may be given again [default: what the request asks for, or *]
    #[arg(long, value_name = "PATTERN", requires = "new_key")]
    pub scope: Vec<TypePattern>,
    #[command(flatten)]
    pub source: SourceArgs,
    #[command(flatten)]
    pub attach: AttachArgs,
    #[command(flatten)]
    pub pins: PinArgs,
    /// The file to write [default: TYPE.event.json; with --again, beside FILE: NAME-again.event.json]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the event instead of writing it
    #[arg(long)]
    pub dry_run: bool,
}

const DRAFT_USAGE: &str = "\
answerable draft [OPTIONS] --actor <ACTOR> <TYPE>
       answerable draft [OPTIONS] --again <FILE>";

/// What an event file says already, for `draft --again`.
const STATED: [&str; 17] = [
    "attach",
    "media_type",
    "unsalted",
    "kind",
    "actor",
    "effective",
    "standing",
    "signer",
    "set",
    "body",
    "enrol",
    "request",
    "scope",
    "source_title",
    "source_document",
    "source_url",
    "source_seen",
];

#[derive(Args)]
pub struct Card {
    /// Who will draft
    #[arg(long)]
    pub actor: ActorId,
    /// A stream in which it will speak, with records or without; may be given again
    #[arg(long, value_name = "STREAM", required = true, num_args = 1..)]
    pub stream: Vec<StreamName>,
    /// The file to write [default: ACTOR.stream-card.json, with ~ for :]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the card instead of writing it
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct SourceArgs {
    /// For a transcription: the title of the source
    #[arg(long, value_name = "TEXT")]
    pub source_title: Option<String>,
    /// … its document symbol
    #[arg(long, value_name = "SYMBOL")]
    pub source_document: Option<String>,
    /// … its address
    #[arg(long, value_name = "URL")]
    pub source_url: Option<String>,
    /// … the day on which it was seen [default: today]
    #[arg(long, value_name = "DATE")]
    pub source_seen: Option<CalendarDate>,
}

#[derive(Args)]
pub struct Sign {
    pub file: PathBuf,
    /// The key to sign with; may be given again [default: each signer's key that is in your folder]
    #[arg(long, value_name = "KEY")]
    pub key: Vec<KeyName>,
    /// A command that signs, where the key is not in your folder: it gets the bytes on stdin, and answers 64 bytes or
    /// their base64. It is told ANSWERABLE_KEY and ANSWERABLE_EVENT_TEXT
    #[arg(long, value_name = "COMMAND", requires = "key")]
    pub external: Option<String>,
    /// Sign without asking
    #[arg(long)]
    pub yes: bool,
    /// Show the act, and sign nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Append {
    /// *.event.json files, or JSON Lines of them
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Write a receipt beside each event file: NAME.tlog-proof and NAME.record.json
    #[arg(long)]
    pub receipt: bool,
    /// Judge only, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Go on although the clock is far ahead of the last record
    #[arg(long)]
    pub accept_clock: bool,
}

#[derive(Args)]
pub struct Import {
    /// The table
    pub file: PathBuf,
    /// The mapping file that says what its columns mean
    #[arg(long, value_name = "FILE")]
    pub mapping: PathBuf,
    /// Who transcribes
    #[arg(long)]
    pub actor: ActorId,
    /// The key that signs [default: the actor's only key in your folder]
    #[arg(long, value_name = "KEY")]
    pub signer: Option<KeyName>,
    /// The day on which the table was seen, if not the mapping's
    #[arg(long, value_name = "DATE")]
    pub seen: Option<CalendarDate>,
    /// Show what would be recorded, and record nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Go on without asking
    #[arg(long)]
    pub yes: bool,
    /// Go on although the clock is far ahead of the last record
    #[arg(long)]
    pub accept_clock: bool,
}

/// The two times of every question.
#[derive(Args, Clone)]
pub struct Times {
    /// True on this date [default: today]
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub as_of: Option<Date>,
    #[command(flatten)]
    pub known: Known,
}

#[derive(Args, Clone)]
pub struct Known {
    /// By the records that the ledger held then: a date (the end of that UTC day), an instant, a number of records, or
    /// seq:N [default: all]
    #[arg(long, value_name = "WHEN")]
    pub known_at: Option<String>,
}

/// Whose word an answer rests on.
#[derive(Args, Clone)]
pub struct FilterArgs {
    /// Only what was said with this standing: own, depositary or transcribed
    #[arg(long, value_parser = parse_standing)]
    pub standing: Option<Standing>,
    /// Only what whom it is about has answered so
    #[arg(long, value_enum)]
    pub answered: Option<Answered>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Answered {
    Affirmed,
    Disputed,
    /// Not at all, or not since it was corrected
    Unanswered,
}

#[derive(Subcommand)]
pub enum Treaty {
    /// The registered treaties, and whether they are in force
    List {
        #[command(flatten)]
        times: Times,
        #[command(flatten)]
        filter: FilterArgs,
    },
    /// A treaty's rules, as registered
    Show {
        treaty: TreatyId,
        #[command(flatten)]
        known: Known,
    },
    /// Who is bound
    Status {
        treaty: TreatyId,
        #[command(flatten)]
        times: Times,
        #[command(flatten)]
        filter: FilterArgs,
        /// Leave the rows of the states out
        #[arg(long)]
        summary: bool,
    },
}

#[derive(Args)]
pub struct Log {
    /// From this record on
    #[arg(long, value_name = "SEQ")]
    pub from: Option<u64>,
    /// At most so many; the last ones, if --from is not given
    #[arg(long, short = 'n', default_value_t = 20, value_name = "N")]
    pub count: u64,
    #[command(flatten)]
    pub filter: FilterArgs,
    #[command(flatten)]
    pub known: Known,
}

#[derive(Args)]
pub struct Show {
    /// A seq, or the first digits of an event id
    pub record: String,
    #[command(flatten)]
    pub known: Known,
}

#[derive(Args)]
pub struct History {
    pub stream: StreamName,
    #[command(flatten)]
    pub filter: FilterArgs,
    #[command(flatten)]
    pub times: Times,
}

#[derive(Args)]
#[command(mut_args(|arg| match PINS.contains(&arg.get_id().as_str()) {
    true => arg.requires("from"),
    false => arg,
}))]
pub struct About {
    pub actor: ActorId,
    /// Ask an export instead of the ledger
    #[arg(long, value_name = "EXPORT", conflicts_with = "known_at")]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    pub pins: PinArgs,
    /// Those that it has affirmed, too
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub filter: FilterArgs,
    #[command(flatten)]
    pub known: Known,
}

/// What every draft of an answer asks for.
#[derive(Args)]
#[command(mut_args(|arg| match PINS.contains(&arg.get_id().as_str()) {
    true => arg.requires("from"),
    false => arg,
}))]
pub struct Answering {
    /// A seq, or the first digits of an event id
    pub record: String,
    /// Draft without the ledger's folder: from an export
    #[arg(long, value_name = "EXPORT")]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    pub pins: PinArgs,
    /// A key that shall sign; may be given again [default: the actor's only key in your folder]
    #[arg(long, value_name = "KEY")]
    pub signer: Vec<KeyName>,
    /// The file to write [default: VERB-SEQ.event.json]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the event instead of writing it
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Affirm {
    #[command(flatten)]
    pub answering: Answering,
}

#[derive(Args)]
pub struct Dispute {
    #[command(flatten)]
    pub answering: Answering,
    /// What is wrong with it
    #[arg(long, value_name = "TEXT")]
    pub grounds: String,
}

#[derive(Args)]
#[command(group(clap::ArgGroup::new("change").required(true).multiple(true).args(["date", "set", "retract"])))]
pub struct Correct {
    #[command(flatten)]
    pub answering: Answering,
    /// Why
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// The right date of the act
    #[arg(long, value_name = "DATE")]
    pub date: Option<CalendarDate>,
    /// A right member of the body, as NAME=VALUE; may be given again
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_pair)]
    pub set: Vec<(String, String)>,
    /// The act never happened
    #[arg(long, conflicts_with_all = ["date", "set"])]
    pub retract: bool,
}

#[derive(Args)]
pub struct Export {
    /// A new folder
    pub folder: PathBuf,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Verify {
    /// The folder of the export
    pub export: PathBuf,
    #[command(flatten)]
    pub pins: PinArgs,
}

#[derive(Subcommand)]
pub enum Schema {
    /// The event types
    List,
    /// The JSON Schema of an event type
    Show {
        #[arg(value_name = "TYPE")]
        kind: TypeName,
    },
    /// Who may sign what
    Roles,
    /// Write every JSON Schema and the rules bundle to a folder
    Write {
        folder: PathBuf,
        /// Say which files would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
}

fn parse_founder(text: &str) -> Result<(KeyName, String), String> {
    let (key, name) = text.split_once('=').ok_or("expected KEY=NAME")?;
    Ok((KeyName::new(key).map_err(|e| e.to_string())?, name.to_owned()))
}

fn parse_day(text: &str) -> Result<Date, String> {
    match text.parse::<CalendarDate>() {
        Ok(date) if date.is_exact() => Ok(date.first_day()),
        _ => Err("expected YYYY-MM-DD".to_owned()),
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn parse_standing(text: &str) -> Result<Standing, String> {
    Standing::ALL
        .into_iter()
        .find(|s| s.as_str() == text)
        .ok_or_else(|| "expected own, depositary or transcribed".to_owned())
}

/// What came by another way than the files that it vouches for.
#[derive(Args, Clone)]
pub struct PinArgs {
    /// The ledger's id, from its pin card: 64 hex digits
    #[arg(long, value_name = "HEX")]
    pub ledger_id: Option<EventId>,
    /// The log's key, from its pin card; may be given again
    #[arg(long, value_name = "VKEY")]
    pub log_key: Vec<VerifierKey>,
    /// The pin card as a file: what answerable init --format json prints
    #[arg(long, value_name = "CARD.json")]
    pub pin: Option<PathBuf>,
}

#[derive(Args)]
pub struct Prove {
    /// A seq, or the first digits of an event id
    pub record: String,
    /// The files to write are BASE.tlog-proof and BASE.record.json [default: record-SEQ]
    #[arg(long, short, value_name = "BASE")]
    pub out: Option<PathBuf>,
    /// Say which files would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct VerifyProof {
    /// The proof: NAME.tlog-proof
    pub proof: PathBuf,
    /// The record that it is to prove [default: NAME.record.json]
    pub record: Option<PathBuf>,
    #[command(flatten)]
    pub pins: PinArgs,
}

/// The arguments of `PinArgs`.
const PINS: [&str; 3] = ["ledger_id", "log_key", "pin"];
