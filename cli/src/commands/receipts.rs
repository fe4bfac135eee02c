//! `prove` and `verify-proof`, and the receipts that `append` writes: proof that a record is in, as two files.
//! Not here: what a receipt is (`ledger::receipt`), and the judgement on it (`verifier::proof`).

use std::fs;
use std::path::{Path, PathBuf};

use answerable_ledger::Ledger;
use answerable_ledger::receipt::Receipt;
use answerable_verifier::proof::judge_files;
use answerable_verifier::record::Record;

use super::records::seq_of;
use super::verify::print_report;
use super::{create_new, open};
use crate::args::{Cli, Prove, VerifyProof};
use crate::attach::stem;
use crate::error::CliError;
use crate::output::Answer;
use crate::ui;

/// The two files of a receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// c2sp.org/tlog-proof.
    pub proof: PathBuf,
    /// The record's line and one LF.
    pub record: PathBuf,
}

impl Names {
    fn of(base: &Path) -> Self {
        let with = |ending: &str| {
            let mut name = base.as_os_str().to_owned();
            name.push(ending);
            PathBuf::from(name)
        };
        Self { proof: with(".tlog-proof"), record: with(".record.json") }
    }

    /// The receipts of the `events` in an event file: `act.event.json` gives `act`, several give `act-1`, `act-2` …
    pub fn beside(file: &Path, events: usize) -> Vec<Self> {
        let base = stem(file);
        if events == 1 {
            return vec![Self::of(&base)];
        }
        let numbered = |line: usize| {
            let mut name = base.as_os_str().to_owned();
            name.push(format!("-{line}"));
            Self::of(Path::new(&name))
        };
        (1..=events).map(numbered).collect()
    }

    pub fn cells(&self) -> [String; 2] {
        [self.proof.display().to_string(), self.record.display().to_string()]
    }
}

/// Refuses names that are taken, that no file can have, or that two receipts share: before anything is recorded.
pub fn must_be_free(names: &[Names]) -> Result<(), CliError> {
    let mut all: Vec<&PathBuf> = names.iter().flat_map(|n| [&n.proof, &n.record]).collect();
    for path in &all {
        match fs::symlink_metadata(path) {
            Ok(_) => return Err(exists(path)),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {}
            Err(e) => return Err(CliError::io(path, e)),
        }
    }
    all.sort();
    match all.windows(2).find(|w| w[0] == w[1]) {
        None => Ok(()),
        Some(twice) => Err(CliError::usage(
            "append.same_receipt",
            format!("two events would have the receipt {}", twice[0].display()),
            "rename an event file, or append them one by one",
        )),
    }
}

fn exists(path: &Path) -> CliError {
    CliError::usage(
        "file.exists",
        format!("{} exists already", path.display()),
        "keep it elsewhere, or name other files: answerable prove RECORD --out BASE",
    )
}

/// Writes the receipt of a record that is in; answers false, and says why, where that fails.
pub fn hand_out(ledger: &Ledger, seq: u64, names: &Names) -> bool {
    let written = ledger.receipt(seq).map_err(CliError::from).and_then(|receipt| write(&receipt, names));
    if let Err(e) = &written {
        let hint = format!("the event is recorded; make its receipt with: answerable prove {seq}");
        ui::report(&CliError { code: e.code.clone(), message: e.message.clone(), hint, exit: e.exit });
    }
    written.is_ok()
}

fn write(receipt: &Receipt, names: &Names) -> Result<(), CliError> {
    create_new(&names.record, &[&receipt.line[..], b"\n"].concat())?;
    create_new(&names.proof, receipt.proof.as_bytes()).inspect_err(|_| {
        // Half a receipt is none, and would be in the way of a whole one.
        let _ = fs::remove_file(&names.record);
    })
}

pub fn prove(cli: &Cli, a: &Prove) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let size = ledger.checkpoint.size;
    let seq = seq_of(&ledger, size, &a.record)?;
    let names = Names::of(&a.out.clone().unwrap_or_else(|| PathBuf::from(format!("record-{seq}"))));
    must_be_free(std::slice::from_ref(&names))?;
    let receipt = ledger.receipt(seq)?;
    let schema = if a.dry_run { "answerable.prove_dry_run/v1" } else { "answerable.prove/v1" };
    let mut answer = Answer::new(schema, &["seq", "event id", "checkpoint size", "proof", "record"]);
    let [proof, record] = names.cells();
    let id = Record::parse(&receipt.line)?.signed.id;
    answer.row([seq.to_string(), id.to_string(), size.to_string(), proof, record]);
    if a.dry_run {
        answer.foot.push("nothing was written".into());
    } else {
        write(&receipt, &names)?;
    }
    answer.print(cli.format);
    Ok(0)
}

pub fn verify_proof(cli: &Cli, a: &VerifyProof) -> Result<u8, CliError> {
    let pins = a.pins.read()?;
    let report = judge_files(&a.proof, a.record.as_deref(), &pins).map_err(|e| {
        let hint = "name the two files of a receipt: answerable verify-proof PROOF RECORD";
        CliError::environment("file.io", e.to_string(), hint)
    })?;
    print_report(cli.format, &report.to_text(), &report)?;
    Ok(report.verdict.exit_code())
}
