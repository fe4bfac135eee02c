//! `answerable-bench`: what Answerable costs, beside what nobody could do without. docs/PERFORMANCE.md says how to read it.
//! Not here: the figures themselves (a module each), how they are printed (`table`).

#![forbid(unsafe_code)]

mod author;
mod data;
mod dice;
mod error;
mod stories;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use data::Data;
use error::BenchError;

/// Measure Answerable on generated ledgers, each figure beside its floor
#[derive(Parser)]
struct Args {
    /// Records in the ledgers
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    sizes: Vec<u64>,
    /// The folder of the generated ledgers
    #[arg(long, default_value = "target/bench-data")]
    dir: PathBuf,
}

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("error: {e}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<(), BenchError> {
    for records in &args.sizes {
        Data::of(&args.dir, *records)?;
    }
    Ok(())
}
