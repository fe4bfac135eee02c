//! `answerable-verify`: the auditor's stand-alone checker. Needs no network, no home, no cache.
//! Not here: the checks (the library).

use std::path::PathBuf;
use std::process::ExitCode;

use answerable_schemas::EventId;
use answerable_verifier::audit::{Pins, audit};
use answerable_verifier::note::VerifierKey;
use clap::Parser;

/// Judge an exported ledger offline, trusting nobody
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 verified; 1 checked and FALSE; 2 the call was wrong; \
3 cannot be judged (no pin, unknown kinds); 4 environment; 70 a bug.\n\nPins must reach you by another way than the \
export: a pin proves neither freshness nor that there is no fork."
)]
struct Cli {
    /// The folder of the export
    export: PathBuf,
    /// The ledger's id: 64 hex digits
    #[arg(long, value_name = "HEX")]
    ledger_id: Option<EventId>,
    /// A key that signs the log's checkpoints (c2sp.org/signed-note vkey); may be given again
    #[arg(long, value_name = "VKEY")]
    log_key: Vec<VerifierKey>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        eprintln!(
            "error: bug: {}\nhint: this should never happen: please report it",
            panic.to_string().replace('\n', " ")
        );
        std::process::exit(70);
    }));
    let cli = Cli::parse();
    let pins = Pins { ledger_id: cli.ledger_id, log_keys: cli.log_key };
    let report = match audit(&cli.export, &pins, &mut |_| {}) {
        Ok(report) => report,
        Err(e) => {
            eprintln!("error: {e}\nhint: name the folder of an export: answerable-verify EXPORT");
            return ExitCode::from(4);
        }
    };
    use std::io::Write;
    let text = match cli.format {
        Format::Text => report.to_text(),
        Format::Json => serde_json::to_string_pretty(&report).expect("a report is plain data") + "\n",
    };
    // A reader that went away has what it wanted: the verdict still is the exit code.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(report.verdict.exit_code())
}
