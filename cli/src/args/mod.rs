//! The arguments of every command. What they do is in `commands`.

mod answers;
mod asking;
mod attachment;
mod report;
mod tables;
mod watching;
mod writing;

use std::path::PathBuf;

use answerable_schemas::{ActorId, CalendarDate, EventId, KeyName, Standing, StreamName, TypeName};
use answerable_verifier::note::VerifierKey;
use answerable_verifier::witnessed::MaxAge;
use clap::{Args, Parser, Subcommand};
use jiff::civil::Date;

pub use self::answers::*;
pub use self::asking::*;
pub use self::attachment::{AttachArgs, AttachmentCommand, AttachmentList, EraseAttachment, GetAttachment};
pub use self::report::Report;
pub use self::tables::*;
pub use self::watching::*;
pub use self::writing::*;
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
    /// Mandates: which are live, until when, where they lapsed; with a name, one mandate's whole life
    Mandates(Mandates),
    /// Who owes what to whom, and how late it is
    Overdue(Overdue),
    /// The five steps asked of states: where each state stands, with the records
    Scorecard(Scorecard),
    /// Every story of a kind, and where it stands; without a kind, the kinds
    List(List),
    /// List what was promised, what its makers report of it, and what others find
    Commitments(Commitments),
    /// Tell how one promise evolved: its words, self-reports, independent assessments
    Commitment(Commitment),
    /// List what was recommended, how it was answered, and what became of it; or count it
    Recommendations(Recommendations),
    /// Compare standing invitations with the visits that were granted
    Access(OfStates),
    /// List national human rights institutions: status, next review, reports on prevention
    Institutions(OfStates),
    /// Compare what endorsers of an instrument promised with how they voted
    Conduct(Conduct),
    /// List the drafts that were vetoed: when, on what, by whom
    Vetoes(Vetoes),
    /// List what was never used: kinds of events, and mechanisms by states
    Unused(Unused),
    /// Compare counts that third parties assert with what the ledger counts
    Counts(Asked),
    /// Tables for research: acts, standings by day and by year, counts of parties, times to ratification
    #[command(
        subcommand,
        after_help = "Here --format also takes parquet, with --out. What the columns mean: answerable table dictionary"
    )]
    Table(Table),
    /// Compare two days, two states of knowledge, or two days on which tables were seen
    Diff(Diff),
    /// Answers that were cited: ask again, and compare
    Answer(CitedAnswer),
    /// Write a page for a browser: what is overdue, who is bound, scorecards, the two times; without a network
    Report(Report),
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
    /// Bring a published folder up to date: a static web server serves it (c2sp.org/tlog-tiles)
    Publish(Publish),
    /// Compare the index and the tiles with the log, and rebuild what differs
    Check(Check),
    /// Judge an exported ledger offline, trusting nobody
    Verify(Verify),
    /// Judge a receipt offline: is its record in the ledger?
    VerifyProof(VerifyProof),
    /// Have the latest checkpoint cosigned by the witnesses of a policy
    Cosign(Cosign),
    /// Be a witness: cosign the checkpoints of ledgers that others keep
    #[command(subcommand)]
    Witness(Witness),
    /// Watch an export: did the ledger only grow, and what is new?
    Monitor(Monitor),
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
pub struct Export {
    /// A new folder
    pub folder: PathBuf,
    /// Only what was said in this stream, with a proof for each record
    #[arg(long, conflicts_with = "actor")]
    pub stream: Option<StreamName>,
    /// Only what this actor said, with a proof for each record
    #[arg(long)]
    pub actor: Option<ActorId>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Check {
    /// Say what differs, and rebuild nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Publish {
    /// The folder: a new one, or one that was published to before
    pub folder: PathBuf,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Verify {
    /// The folder of the export, or of what `publish` wrote
    pub export: PathBuf,
    #[command(flatten)]
    pub pins: PinArgs,
    /// A checkpoint that you kept: the ledger must have grown from it, and lost nothing. May be given again
    #[arg(long, value_name = "CHECKPOINT")]
    pub since: Vec<PathBuf>,
    #[command(flatten)]
    pub witnesses: PolicyArgs,
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
    /// The state machines: which step each event type takes
    Machines {
        /// As one Markdown page: docs/MACHINES.md
        #[arg(long)]
        markdown: bool,
    },
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

/// What witnesses must have seen.
#[derive(Args, Clone)]
pub struct PolicyArgs {
    /// A trust policy (c2sp.org/tlog-policy): its logs are pinned, and its quorum of witnesses must have cosigned
    #[arg(long, value_name = "FILE")]
    pub policy: Option<PathBuf>,
    /// The quorum must not be older, such as 12h or 7d
    #[arg(long, value_name = "DURATION", requires = "policy")]
    pub max_age: Option<MaxAge>,
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
