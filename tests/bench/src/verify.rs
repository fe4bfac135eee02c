//! The figure `verify`: the auditor's program on an export, with pins; and what of it is not signatures.
//! Not here: what it checks (the crate `answerable-verifier`).

use std::process::Command;

use answerable_verifier::audit::count_taking_signatures_as_good;

use crate::Bench;
use crate::data::Data;
use crate::error::BenchError;
use crate::floors::{Signatures, read_and_hash};
use crate::measure::{Cost, Row, Run, child, in_turn, timed};

pub fn figure(bench: &Bench, data: &Data) -> Result<Vec<Row>, BenchError> {
    let export = data.export();
    let signatures = Signatures::of(&export)?;
    let program = bench.program("answerable-verify");
    let run = || child(Command::new(&program).arg(&export).arg("--pin").arg(data.pin()));
    let mut floors: Vec<(String, Run<'_>)> = Vec::new();
    for threads in [1, 2] {
        let (export, signatures) = (&export, &signatures);
        let hash = move || timed(|| read_and_hash(export, threads)).map(|(s, ())| Cost::here(s, threads as u64));
        let verify = move || timed(|| signatures.verify(threads)).map(|(s, ())| Cost::here(s, threads as u64));
        floors.push((format!("read and SHA-256, threads: {threads}"), Box::new(hash)));
        floors.push((format!("verify_strict loop, threads: {threads}"), Box::new(verify)));
    }
    in_turn("verify", data.records, ("s", 1.0), Box::new(run), floors)
}

/// Not verification: the signatures are taken as good, and nobody but this bench can ask for that.
pub fn without_signatures(data: &Data) -> Result<Vec<Row>, BenchError> {
    let export = data.export();
    let run = || {
        let (seconds, found) = timed(|| {
            count_taking_signatures_as_good(&export)
                .map_err(|e| BenchError::Failed(format!("{}: {e}", export.display())))
        })?;
        // Without pins there is no fault but those of records.
        if found != (data.records, 0) {
            return Err(BenchError::Failed(format!("{} records, {} faults in {}", found.0, found.1, export.display())));
        }
        Ok(Cost::here(seconds, 2))
    };
    let hash = || timed(|| read_and_hash(&export, 2)).map(|(s, ())| Cost::here(s, 2));
    let floors: Vec<(String, Run<'_>)> = vec![("read and SHA-256, threads: 2".into(), Box::new(hash))];
    in_turn("verify-without-signatures", data.records, ("s", 1.0), Box::new(run), floors)
}
