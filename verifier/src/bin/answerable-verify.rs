//! `answerable-verify`: the auditor's stand-alone checker, of exports and of receipts. Needs no network, no home, no
//! cache.
//! Not here: the checks (the library).

use std::path::PathBuf;
use std::process::ExitCode;

use answerable_schemas::{EventId, Instant};
use answerable_verifier::audit::audit;
use answerable_verifier::exported::ReadError;
use answerable_verifier::note::VerifierKey;
use answerable_verifier::partial::{self, PartialReport, is_partial};
use answerable_verifier::pin::{self, PinError};
use answerable_verifier::policy::{Policy, PolicyError};
use answerable_verifier::proof::{ProofReport, judge_files};
use answerable_verifier::report::{Report, escape};
use answerable_verifier::since::{Kept, KeptError};
use answerable_verifier::witnessed::{Demand, MaxAge};
use clap::Parser;
use serde::Serialize;

/// Judge an exported ledger, or a receipt, offline, trusting nobody
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 verified; 1 checked and FALSE; 2 the call was wrong; \
3 cannot be judged (no pin, unknown kinds); 4 environment; 70 a bug.\n\nPins must reach you by another way than the \
export: a pin proves neither freshness nor that there is no fork."
)]
struct Cli {
    /// The folder of the export, or a published folder
    #[arg(required_unless_present = "proof", conflicts_with = "proof")]
    export: Option<PathBuf>,
    /// Judge a receipt instead: NAME.tlog-proof
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// The record that it is to prove [default: NAME.record.json]
    #[arg(long, value_name = "FILE", requires = "proof")]
    record: Option<PathBuf>,
    /// The ledger's id: 64 hex digits
    #[arg(long, value_name = "HEX")]
    ledger_id: Option<EventId>,
    /// A key that signs the log's checkpoints (c2sp.org/signed-note vkey); may be given again
    #[arg(long, value_name = "VKEY")]
    log_key: Vec<VerifierKey>,
    /// A pin card as a file: what answerable init --format json prints
    #[arg(long, value_name = "CARD.json")]
    pin: Option<PathBuf>,
    /// A checkpoint that you kept: the ledger must have grown from it, and lost nothing. May be given again
    #[arg(long, value_name = "CHECKPOINT", conflicts_with = "proof")]
    since: Vec<PathBuf>,
    /// A trust policy (c2sp.org/tlog-policy): its logs are pinned, and its quorum of witnesses must have cosigned
    #[arg(long, value_name = "FILE", conflicts_with = "proof")]
    policy: Option<PathBuf>,
    /// The quorum must not be older, such as 12h or 7d
    #[arg(long, value_name = "DURATION", requires = "policy")]
    max_age: Option<MaxAge>,
    /// Judge witnesses as at this instant, such as 2026-11-23T19:40:21.123Z, not by the system's clock
    #[arg(long, value_name = "INSTANT", requires = "policy")]
    now: Option<Instant>,
    /// How to print the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

impl Format {
    fn text<R: Serialize>(self, report: &R, to_text: fn(&R) -> String) -> String {
        match self {
            Format::Text => to_text(report),
            Format::Json => serde_json::to_string_pretty(report).expect("a report is plain data") + "\n",
        }
    }
}

/// The one place that reads the clock.
fn now() -> Instant {
    let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let millis = since_1970.ok().and_then(|d| i64::try_from(d.as_millis()).ok());
    millis.and_then(Instant::from_millis).expect("the clock is within the years 1970 to 9999")
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
    let refused = |code: &str, e: &dyn std::fmt::Display, hint: &str, unreadable: bool| {
        eprintln!("error: {code}: {}\nhint: {hint}", escape(&e.to_string()));
        ExitCode::from(if unreadable { 4 } else { 2 })
    };
    let mut pins = match pin::collect(cli.ledger_id, cli.log_key, cli.pin.as_deref()) {
        Ok(pins) => pins,
        Err(e) => return refused(e.code(), &e, e.hint(), matches!(e, PinError::Unreadable(_))),
    };
    for path in &cli.since {
        match Kept::read(path) {
            Ok(kept) => pins.since.push(kept),
            Err(e) => return refused(e.code(), &e, e.hint(), matches!(e, KeptError::Unreadable(_))),
        }
    }
    if let Some(path) = &cli.policy {
        match Policy::read(path) {
            Ok(policy) => {
                let now = cli.now.unwrap_or_else(now);
                pins.ask_witnesses(Demand { policy, now, max_age: cli.max_age });
            }
            Err(e) => return refused(e.code(), &e, e.hint(), matches!(e, PolicyError::Unreadable(_))),
        }
    }
    let is_part = match cli.export.as_deref().map_or(Ok(false), is_partial) {
        Ok(is_part) => is_part,
        Err(e) => return unreadable(&e),
    };
    if !pins.since.is_empty() && is_part {
        let hint = "compare the checkpoint of a whole export, or of the published folder";
        return refused("since.partial", &"a partial export does not show that the ledger grew", hint, false);
    }
    let judged = match (cli.proof, cli.export) {
        (Some(proof), _) => judge_files(&proof, cli.record.as_deref(), &pins)
            .map(|report| (report.verdict, cli.format.text(&report, ProofReport::to_text))),
        (None, Some(part)) if is_part => partial::judge(&part, &pins)
            .map(|report| (report.verdict, cli.format.text(&report, PartialReport::to_text))),
        (None, export) => audit(&export.expect("clap asks for one of the two"), &pins, &mut |_| {})
            .map(|report| (report.verdict, cli.format.text(&report, Report::to_text))),
    };
    let (verdict, text) = match judged {
        Ok(judged) => judged,
        Err(e) => return unreadable(&e),
    };
    use std::io::Write;
    // A reader that went away has what it wanted: the verdict still is the exit code.
    let _ = std::io::stdout().write_all(text.as_bytes());
    ExitCode::from(verdict.exit_code())
}

/// What could not be read is no verdict.
fn unreadable(e: &ReadError) -> ExitCode {
    eprintln!(
        "error: {}\nhint: name the folder of an export: answerable-verify EXPORT; or a receipt: --proof FILE",
        escape(&e.to_string())
    );
    ExitCode::from(4)
}
