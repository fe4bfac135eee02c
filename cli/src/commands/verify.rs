//! `export` and `verify`: a copy for an auditor, and the auditor's judgement, by the same code as `answerable-verify`.

use answerable_verifier::audit::{Pins, audit};

use super::open;
use crate::args::{Cli, Export, Verify};
use crate::error::CliError;
use crate::output::{Format, json_text, print};
use crate::ui::Progress;

pub fn export(cli: &Cli, a: &Export) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    if a.dry_run {
        print(&format!("{}: would hold {} records\n", a.folder.display(), ledger.checkpoint.size));
        return Ok(0);
    }
    let size = answerable_ledger::export::export(&ledger, &a.folder)?;
    print(&format!("{}: {size} records, root {}\n", a.folder.display(), ledger.checkpoint.root.to_base64()));
    Ok(0)
}

pub fn verify(cli: &Cli, a: &Verify) -> Result<u8, CliError> {
    let pins = Pins { ledger_id: a.ledger_id, log_keys: a.log_key.clone() };
    let progress = Progress::start("records verified", None);
    let report = audit(&a.export, &pins, &mut |n| progress.at(n))?;
    drop(progress);
    match cli.format {
        Format::Table => print(&report.to_text()),
        Format::Json => print(&json_text(&serde_json::to_value(&report).expect("plain data"))),
        Format::Jsonl => print(&(serde_json::to_string(&report).expect("plain data") + "\n")),
        Format::Csv => {
            return Err(CliError::usage(
                "format.not_a_table",
                "a verdict is not a table",
                "use --format table or json",
            ));
        }
    }
    Ok(report.verdict.exit_code())
}
