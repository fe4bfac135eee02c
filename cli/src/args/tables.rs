//! Arguments of the tables for researchers.
//! Not here: those of single answers (`answers`, `asking`).

use std::path::PathBuf;

use answerable_ledger::projection::tables::PartyIf;
use answerable_ledger::projection::treaty::Successions;
use answerable_schemas::Standing;
use answerable_schemas::ids::TreatyId;
use clap::{Args, Subcommand};
use jiff::civil::Date;

use super::{Known, parse_day, parse_standing};

#[derive(Subcommand)]
pub enum Table {
    /// One row an act: who signed, consented, withdrew, when, by whose word
    Long {
        /// Acts until this date [default: today]
        #[arg(long, value_name = "DATE", value_parser = parse_day)]
        as_of: Option<Date>,
        #[command(flatten)]
        making: Making,
    },
    /// One row a state, one column an instrument: the standing on a date
    Matrix {
        /// The date
        #[arg(long, value_name = "DATE", value_parser = parse_day)]
        as_of: Date,
        #[command(flatten)]
        counting: Counting,
        #[command(flatten)]
        making: Making,
    },
    /// One row a state, year and instrument: the standing on 31 December
    Panel {
        #[command(flatten)]
        years: Years,
        #[command(flatten)]
        counting: Counting,
        #[command(flatten)]
        making: Making,
    },
    /// One row a year and instrument: how many parties, of how many states
    Parties {
        #[command(flatten)]
        years: Years,
        #[command(flatten)]
        counting: Counting,
        #[command(flatten)]
        making: Making,
    },
    /// One row a signature: how long until the consent; the unfinished are censored
    Durations {
        /// Acts until this date [default: today]
        #[arg(long, value_name = "DATE", value_parser = parse_day)]
        as_of: Option<Date>,
        /// How a consent by succession counts
        #[arg(long, value_enum, default_value_t = Succession::Recorded)]
        succession: Succession,
        #[command(flatten)]
        making: Making,
    },
    /// What the columns of the tables mean
    Dictionary {
        /// Of this table [default: of all]
        #[arg(value_enum)]
        table: Option<TableName>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum TableName {
    Long,
    Matrix,
    Panel,
    Parties,
    Durations,
}

/// The years of a panel.
#[derive(Args)]
pub struct Years {
    /// The first year
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1..=9999))]
    pub from: i16,
    /// The last year
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(1..=9999))]
    pub to: i16,
}

/// How standings are counted.
#[derive(Args)]
pub struct Counting {
    /// How a consent by succession counts
    #[arg(long, value_enum, default_value_t = Succession::Recorded)]
    pub succession: Succession,
    /// Which standings make a party
    #[arg(long, value_enum, default_value_t = Party::InForce)]
    pub party: Party,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Succession {
    /// From the recorded date of the succession; from the deposit where none is recorded
    Recorded,
    /// From the deposit of the notification
    Deposit,
    /// Not at all
    None,
}

impl Succession {
    pub fn read(self) -> Successions {
        match self {
            Succession::Recorded => Successions::Recorded,
            Succession::Deposit => Successions::Deposit,
            Succession::None => Successions::None,
        }
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Party {
    /// The instrument is in force for the state
    #[value(name = "in-force", alias = "in_force")]
    InForce,
    /// Consent is deposited and not withdrawn, in force or not yet
    Deposited,
}

impl Party {
    pub fn read(self) -> PartyIf {
        match self {
            Party::InForce => PartyIf::InForce,
            Party::Deposited => PartyIf::Deposited,
        }
    }
}

/// Of what a table is made, and where it goes.
#[derive(Args)]
pub struct Making {
    /// Only this instrument; may be given again [default: all that are registered]
    #[arg(long, value_name = "TREATY")]
    pub instrument: Vec<TreatyId>,
    /// Only what was said with this standing: own, depositary or transcribed
    #[arg(long, value_parser = parse_standing)]
    pub standing: Option<Standing>,
    /// A list of codes of countries, CSV with the columns actor, iso3, m49, region, subregion [default: that of this program]
    #[arg(long, value_name = "FILE")]
    pub codes: Option<PathBuf>,
    /// Write the table to this new file; --format, or else its ending, says how: .csv, .json, .jsonl, .parquet
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write what the columns mean, and the choices, to this new file (JSON, after the Table Schema of Frictionless Data)
    #[arg(long, value_name = "FILE")]
    pub dictionary: Option<PathBuf>,
    /// Say which files would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub known: Known,
}
