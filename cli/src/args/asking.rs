//! Arguments of the commands that answer questions.
//! Not here: those of commands that write (`writing`).

use std::path::PathBuf;

use answerable_schemas::ids::TreatyId;
use answerable_schemas::{ActorId, Standing, StreamName};
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{PINS, PinArgs, parse_day, parse_standing};

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
    /// Say how to cite the answer; with =FILE, write that to a new file too, from which `answer --verify` asks again
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub cite: Option<Option<PathBuf>>,
}

/// `answer`
#[derive(Args)]
pub struct CitedAnswer {
    /// Ask again what this file cites, and say whether the answer is the same, byte for byte
    #[arg(long, value_name = "FILE")]
    pub verify: PathBuf,
}

/// What public tables showed.
#[derive(Args, Clone)]
pub struct SeenArgs {
    /// By what public tables showed on this day: only transcriptions whose source had been seen by then; without --as-of, on this
    /// day, too
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub seen_by: Option<Date>,
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

/// The two times of a question, and whose word it rests on.
#[derive(Args, Clone)]
pub struct Asked {
    #[command(flatten)]
    pub times: Times,
    #[command(flatten)]
    pub filter: FilterArgs,
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
        asked: Asked,
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
        asked: Asked,
        #[command(flatten)]
        seen: SeenArgs,
        /// Leave the rows of the states out
        #[arg(long)]
        summary: bool,
    },
    /// Signatures that no consent has followed, the oldest first
    Unratified {
        /// With which treaty [default: all that are registered]
        treaty: Option<TreatyId>,
        /// Only of this state
        #[arg(long)]
        state: Option<ActorId>,
        #[command(flatten)]
        asked: Asked,
    },
    /// Reservations, declarations and objections that stand
    Reservations {
        treaty: TreatyId,
        /// Those that were withdrawn, lapsed or ended, too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// Notices of withdrawal: pending, effected, revoked
    Withdrawals {
        /// From which treaty [default: all that are registered]
        treaty: Option<TreatyId>,
        #[command(flatten)]
        asked: Asked,
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
    #[command(flatten)]
    pub seen: SeenArgs,
}

#[derive(Args)]
#[command(
    after_help = "Give one of --as-of, --known-at and --seen-by twice: the first is before, the second is after."
)]
pub struct Diff {
    /// Twice: what changed in the world. Once: the date that both sides are asked about [default: today, or the later --seen-by]
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub as_of: Vec<Date>,
    /// Twice: what was learned, and by whom. Once: by the records that the ledger held then. A date (the end of that UTC day), an
    /// instant, a number of records, or seq:N [default: all]
    #[arg(long, value_name = "WHEN")]
    pub known_at: Vec<String>,
    /// Twice: what changed in the public tables. Once: only what they showed on this day
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub seen_by: Vec<Date>,
    /// Only this treaty
    #[arg(long)]
    pub treaty: Option<TreatyId>,
    /// Only what is told by or about this actor
    #[arg(long, value_name = "ACTOR")]
    pub state: Option<ActorId>,
    /// Say how to cite the answer; with =FILE, write that to a new file too, from which `answer --verify` asks again
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true)]
    pub cite: Option<Option<PathBuf>>,
    #[command(flatten)]
    pub filter: FilterArgs,
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
