//! `answerable`: the command line. Reads arguments, dispatches, and turns every outcome into an exit code.
//! Not here: any rule of the ledger.
#![forbid(unsafe_code)]

mod args;
mod clock;
mod commands;
mod error;
mod import;
mod keys;
mod output;
mod ui;
mod words;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| {
        ui::report(&error::CliError {
            code: "bug".into(),
            message: panic.to_string().replace('\n', " "),
            hint: "this should never happen: please report it with the command that you ran".into(),
            exit: error::BUG,
        });
        std::process::exit(i32::from(error::BUG));
    }));
    let cli = args::Cli::parse();
    let outcome = commands::run(&cli).or_else(|e| {
        // What is derived may be stale or damaged: thrown away, it is rebuilt by the second try.
        if !e.is_stale_index() {
            return Err(e);
        }
        ui::notice(&format!("{e}; rebuilding it"));
        answerable_ledger::store::discard_derived(&cli.ledger_dir())?;
        commands::run(&cli)
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
