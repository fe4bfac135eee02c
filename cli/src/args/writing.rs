//! Arguments of the commands that make keys, drafts, signatures and records.
//! Not here: those of commands that answer questions (`asking`).

use std::path::PathBuf;

use answerable_schemas::ids::{Label, Origin, TypePattern};
use answerable_schemas::{ActorId, CalendarDate, KeyName, Standing, StreamName, TypeName};
use clap::{Args, Subcommand};

use super::{AttachArgs, PINS, PinArgs, parse_founder, parse_pair, parse_standing};

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
    /// What to do with acts that were recorded from this table before, and are no longer in it
    #[arg(long, value_enum, default_value_t = IfGone::Tell)]
    pub gone: IfGone,
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

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum IfGone {
    /// List them; they stand
    Tell,
    /// Retract them, by the table as it was seen now; nothing where a row was rejected
    Retract,
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
