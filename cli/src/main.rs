//! `answerable`: the command line. Reads arguments, dispatches, and turns every outcome into an exit code.
//! Not here: any rule of the ledger.
#![forbid(unsafe_code)]

mod args;
mod attach;
mod card;
mod clock;
mod commands;
mod error;
mod external;
mod keys;
mod layout;
mod log_keys;
mod output;
mod passphrases;
mod report;
mod shell;
mod tables;
mod ui;
mod words;

use std::process::ExitCode;
use std::sync::Mutex;

use clap::{CommandFactory, FromArgMatches};

fn main() -> ExitCode {
    // A panic is a bug, and told below as one.
    std::panic::set_hook(Box::new(|panic| {
        let _ = PANIC.lock().map(|mut last| *last = panic.to_string().replace('\n', " "));
    }));
    let matches = args::Cli::command().get_matches();
    let cli = args::Cli::from_arg_matches(&matches).unwrap_or_else(|e| e.exit());
    let cited = commands::citing::asked(&matches);
    std::panic::catch_unwind(|| run(&cli, cited.as_ref())).unwrap_or_else(|_| {
        ui::report(&error::CliError {
            code: "bug".into(),
            message: PANIC.lock().map(|last| last.clone()).unwrap_or_default(),
            hint: "this should never happen: please report it with the command that you ran".into(),
            exit: error::BUG,
        });
        ExitCode::from(error::BUG)
    })
}

static PANIC: Mutex<String> = Mutex::new(String::new());

fn run(cli: &args::Cli, cited: Option<&commands::citing::To>) -> ExitCode {
    let once = || cited.map_or_else(|| commands::run(cli), |to| commands::citing::cite(cli, to));
    let outcome = once().or_else(|e| {
        // What is derived may be stale or damaged: thrown away, it is rebuilt by the second try.
        if !e.is_stale_index() {
            return Err(e);
        }
        ui::notice(&format!("{e}; rebuilding it"));
        answerable_ledger::store::discard_derived(&cli.ledger_dir())?;
        once()
    });
    // A verdict stays a verdict; an answer that nobody could read is none.
    let outcome = match (outcome, output::failure()) {
        (Ok(0), Some(e)) => {
            Err(error::CliError::environment("stdout.io", format!("stdout: {e}"), "see where it leads"))
        }
        (outcome, _) => outcome,
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            ui::report(&e);
            ExitCode::from(e.exit)
        }
    }
}
