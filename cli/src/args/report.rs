//! Arguments of the report.
//! Not here: those of single answers (`answers`, `asking`).

use std::path::PathBuf;

use clap::Args;
use jiff::civil::Date;

use super::{Known, parse_day};

#[derive(Args)]
pub struct Report {
    /// What was true on this date; in the page, the date can be moved
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub as_of: Date,
    #[command(flatten)]
    pub known: Known,
    /// The page's title [default: that of the ledger]
    #[arg(long)]
    pub title: Option<String>,
    /// Replace the file, if it is there
    #[arg(long)]
    pub force: bool,
    /// Say which file would be written, and how large it is, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// The page to write
    #[arg(value_name = "OUT.html")]
    pub out: PathBuf,
}
