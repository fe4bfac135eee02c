//! `export`, `publish` and `verify`: a copy for an auditor, a folder for a web server, and the auditor's judgement, by the same code as `answerable-verify`.

use std::path::Path;

use answerable_ledger::export::Exported;
use answerable_ledger::partial::Part;
use answerable_ledger::publish::{self, Published};
use answerable_ledger::store::Ledger;
use answerable_verifier::audit::{Pins, audit};
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::exported;
use answerable_verifier::note::Note;
use answerable_verifier::partial;
use answerable_verifier::pin;
use answerable_verifier::policy::Policy;
use answerable_verifier::since::Kept;
use answerable_verifier::witnessed::Demand;
use serde::Serialize;

use super::open;
use crate::args::{Cli, Export, PinArgs, PolicyArgs, Publish, Verify};
use crate::clock;
use crate::error::CliError;
use crate::output::{Format, json_text, print};
use crate::ui::{self, Progress};

pub fn export(cli: &Cli, a: &Export) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    if let Some(part) = match (&a.stream, &a.actor) {
        (Some(stream), _) => Some(ledger.part_of_stream(stream)?),
        (None, Some(actor)) => Some(ledger.part_of_actor(actor)?),
        (None, None) => None,
    } {
        return export_part(&ledger, &part, a);
    }
    if a.dry_run {
        print(&format!("{}: would hold {} records\n", a.folder.display(), ledger.checkpoint.size));
        return Ok(0);
    }
    let progress = Progress::start("records written", Some(ledger.checkpoint.size));
    let exported = answerable_ledger::export::export(&ledger, &a.folder, &mut |n| progress.at(n));
    drop(progress);
    let Exported { records, erased, unnamed } = exported?;
    for (count, what) in [(erased, "that were erased"), (unnamed, "that no record names")] {
        if count > 0 {
            ui::notice(&format!("left out: {count} files {what}, and that still lie in attachments/"));
        }
    }
    print(&format!("{}: {records} records, root {}\n", a.folder.display(), ledger.checkpoint.root.to_base64()));
    Ok(0)
}

fn export_part(ledger: &Ledger, part: &Part, a: &Export) -> Result<u8, CliError> {
    if part.asked_for == 0 {
        return Err(CliError::usage(
            "export.nothing",
            "there is no record of it",
            "list streams and actors with: answerable log",
        ));
    }
    let what = format!("{} records, and {} that support them", part.asked_for, part.records() - part.asked_for);
    if a.dry_run {
        print(&format!("{}: would hold {what}\n", a.folder.display()));
        return Ok(0);
    }
    ledger.export_part(part, &a.folder)?;
    print(&format!("{}: {what}, by the checkpoint of {} records\n", a.folder.display(), ledger.checkpoint.size));
    Ok(0)
}

pub fn publish(cli: &Cli, a: &Publish) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let plan = publish::plan(&ledger, &a.folder)?;
    let grown = match plan.from() {
        0 => format!("{} records", ledger.checkpoint.size),
        from if from == ledger.checkpoint.size => format!("{from} records, as before"),
        from => format!("{} records, {} of them new", ledger.checkpoint.size, ledger.checkpoint.size - from),
    };
    if a.dry_run {
        print(&format!("{}: would hold {grown}\n", a.folder.display()));
        return Ok(0);
    }
    let progress = Progress::start("records published", Some(ledger.checkpoint.size));
    let Published { files, withdrawn } = plan.publish(&mut |n| progress.at(n))?;
    drop(progress);
    for file in &withdrawn {
        ui::notice(&format!("removed attachments/{file}: it was erased, or no record names it"));
    }
    let root = ledger.checkpoint.root.to_base64();
    print(&format!("{}: {grown}, {files} files written, root {root}\n", a.folder.display()));
    Ok(0)
}

pub fn verify(cli: &Cli, a: &Verify) -> Result<u8, CliError> {
    let mut pins = a.pins.read()?;
    if partial::is_partial(&a.export)? {
        if !a.since.is_empty() {
            let hint = "compare the checkpoint of a whole export, or of the published folder";
            return Err(CliError::usage("since.partial", "a partial export does not show that the ledger grew", hint));
        }
        let report = partial::judge(&a.export, &pins)?;
        print_report(cli.format, &report.to_text(), &report)?;
        return Ok(report.verdict.exit_code());
    }
    pins.since = a.since.iter().map(|path| Kept::read(path)).collect::<Result<_, _>>()?;
    a.witnesses.ask(&mut pins)?;
    let progress = Progress::start("records verified", claimed_size(&a.export));
    let report = audit(&a.export, &pins, &mut |n| progress.at(n))?;
    drop(progress);
    print_report(cli.format, &report.to_text(), &report)?;
    Ok(report.verdict.exit_code())
}

/// As many records as the checkpoint says, be it true or not: for the progress bar alone.
pub fn claimed_size(export: &Path) -> Option<u64> {
    let note = Note::parse(&exported::checkpoint(export).ok()??).ok()?;
    Some(Checkpoint::parse(&note.text).ok()?.size)
}

impl PinArgs {
    /// The pins of the flags and of the card.
    pub fn read(&self) -> Result<Pins, CliError> {
        Ok(pin::collect(self.ledger_id, self.log_key.clone(), self.pin.as_deref())?)
    }
}

impl PolicyArgs {
    /// Adds what witnesses must have seen, if that is asked.
    pub fn ask(&self, pins: &mut Pins) -> Result<(), CliError> {
        if let Some(path) = &self.policy {
            pins.ask_witnesses(Demand { policy: Policy::read(path)?, now: clock::now(), max_age: self.max_age });
        }
        Ok(())
    }
}

/// Prints a verdict: as `text` for people, or as JSON.
pub fn print_report(format: Format, text: &str, report: &impl Serialize) -> Result<(), CliError> {
    match format {
        Format::Table => print(text),
        Format::Json => print(&json_text(&serde_json::to_value(report).expect("plain data"))),
        Format::Jsonl => print(&(serde_json::to_string(report).expect("plain data") + "\n")),
        Format::Csv | Format::Parquet => {
            return Err(CliError::usage(
                "format.not_a_table",
                "a verdict is not a table",
                "use --format table or json",
            ));
        }
    }
    Ok(())
}
