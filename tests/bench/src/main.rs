//! `answerable-bench`: what Answerable costs, beside what nobody could do without. docs/PERFORMANCE.md says how to read it.
//! Not here: the figures themselves (a module each), how they are printed (`table`).

#![forbid(unsafe_code)]

mod append;
mod author;
mod data;
mod dice;
mod disk;
mod error;
mod floors;
mod import;
mod measure;
mod peers;
mod proof;
#[cfg(feature = "peers")]
mod proof_peers;
mod status;
mod stories;
mod table;
mod verify;

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{Parser, ValueEnum};
use data::Data;
use error::BenchError;
use measure::Row;

/// Measure Answerable on generated ledgers, each figure beside its floor
#[derive(Parser)]
struct Args {
    /// Records in the ledgers
    #[arg(long, value_delimiter = ',', default_values_t = [10_000, 100_000])]
    sizes: Vec<u64>,
    /// Only these figures
    #[arg(long, value_enum, num_args = 1.., value_delimiter = ',')]
    only: Vec<Figure>,
    /// The folder of the generated ledgers
    #[arg(long, default_value = "target/bench-data")]
    dir: PathBuf,
    /// Make the ledgers, and measure nothing
    #[arg(long)]
    data_only: bool,
    /// The folder of the programs to be measured [default: those of this repository, built now]
    #[arg(long)]
    programs: Option<PathBuf>,
    /// Write the rows to this file too
    #[arg(long)]
    json: Option<PathBuf>,
    /// Print the table as Markdown
    #[arg(long)]
    markdown: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Figure {
    Verify,
    /// All of it but the signatures, in this process
    VerifyWithoutSignatures,
    AppendOne,
    #[value(name = "append-batch-100")]
    AppendBatch100,
    Import,
    Proof,
    Status,
    Disk,
    /// Of `verify` and `import`, which it measures where they are not asked for
    Memory,
    /// At the first size alone
    Peers,
}

/// What figures have in common.
pub struct Bench {
    dir: PathBuf,
    programs: PathBuf,
}

impl Bench {
    /// The path of a program that is measured.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }
    /// A folder for copies that are thrown away, on the same disk as the data.
    pub fn work(&self) -> PathBuf {
        self.dir.join(".work")
    }
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
    data::create(&args.dir)?;
    let dir = std::path::absolute(&args.dir).map_err(BenchError::io(&args.dir))?;
    let all = args.sizes.iter().map(|records| Data::of(&dir, *records)).collect::<Result<Vec<_>, _>>()?;
    if args.data_only {
        return Ok(());
    }
    let programs = args.programs.clone().map_or_else(build, Ok)?;
    let programs = std::path::absolute(&programs).map_err(BenchError::io(&programs))?;
    let bench = Bench { dir, programs };
    let before = machine();
    let mut rows = Vec::new();
    for (i, data) in all.iter().enumerate() {
        for figure in Figure::value_variants().iter().filter(|f| wanted(args, **f)) {
            if *figure == Figure::Peers && i > 0 {
                continue;
            }
            eprintln!("{} at {} records", figure.to_possible_value().expect("none is hidden").get_name(), data.records);
            let found = measure(&bench, data, *figure, &rows)?;
            rows.extend(found);
        }
    }
    let _ = data::remove(&bench.work());
    let machine = format!("{before}; load after: {}", load());
    println!("{}\n{machine}", table::text(&rows, args.markdown));
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&table::json(&rows, &machine)).expect("plain data");
        data::write(path, text.as_bytes())?;
    }
    Ok(())
}

fn wanted(args: &Args, figure: Figure) -> bool {
    // Memory rests on the runs of two others.
    let rests = args.only.contains(&Figure::Memory) && matches!(figure, Figure::Verify | Figure::Import);
    args.only.is_empty() || args.only.contains(&figure) || rests
}

fn measure(bench: &Bench, data: &Data, figure: Figure, so_far: &[Row]) -> Result<Vec<Row>, BenchError> {
    match figure {
        Figure::Verify => verify::figure(bench, data),
        Figure::VerifyWithoutSignatures => verify::without_signatures(data),
        Figure::AppendOne => append::figure(bench, data, append::ONE),
        Figure::AppendBatch100 => append::figure(bench, data, append::BATCH),
        Figure::Import => import::figure(bench, data),
        Figure::Proof => proof::figure(data),
        Figure::Status => status::figure(bench, data),
        Figure::Disk => disk::figure(data),
        Figure::Memory => disk::memory(data, so_far),
        Figure::Peers => peers::figure(bench, data),
    }
}

/// Builds the programs as they are shipped; answers their folder.
fn build() -> Result<PathBuf, BenchError> {
    let failed = |e: &dyn std::fmt::Display| BenchError::Failed(format!("the programs were not built: {e}"));
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "-q", "-p", "answerable", "-p", "answerable-verifier"]);
    let status = command.current_dir(env!("CARGO_MANIFEST_DIR")).status().map_err(|e| failed(&e))?;
    if !status.success() {
        return Err(failed(&status));
    }
    let own = std::env::current_exe().map_err(|e| failed(&e))?;
    own.parent().map(PathBuf::from).ok_or_else(|| failed(&"this program lies nowhere"))
}

/// The processor, the number of its threads, and the load: figures taken under load say so.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown processor");
    let threads = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {threads} threads; load before: {}", model.trim_start_matches([' ', '\t', ':']), load())
}

/// The load averages of 1, 5 and 15 minutes.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}
