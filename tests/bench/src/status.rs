//! The figure `status`: one whole command that answers who is bound by a treaty on a date; and the same by what was known when the
//! ledger had half of its records.
//! Not here: the answer (the crate `answerable-ledger`).

use std::process::Command;

use crate::Bench;
use crate::data::Data;
use crate::error::BenchError;
use crate::measure::{Cost, Row, child, in_turn};

/// A short command is run this often in one run, and a run's time is that of all.
const CALLS: usize = 5;

pub fn figure(bench: &Bench, data: &Data) -> Result<Vec<Row>, BenchError> {
    let program = bench.program("answerable");
    let half = (data.records / 2).to_string();
    let ask = |more: &[&str]| {
        let mut command = Command::new(&program);
        command.arg("--ledger").arg(data.ledger());
        command.args(["treaty", "status", "genocide-convention", "--as-of", "2015-01-01"]).args(more);
        command
    };
    let (now, then) = (|| ask(&[]), || ask(&["--known-at", &half]));
    // The index is up to date before anything is timed.
    child(&mut now())?;
    let version = || {
        let mut command = Command::new(&program);
        command.arg("--version");
        command
    };
    let mut rows = in_turn(
        "status",
        data.records,
        ("s per command", CALLS as f64),
        Box::new(|| often(&now)),
        vec![("answerable --version".into(), Box::new(|| often(&version)))],
    )?;
    rows.extend(in_turn(
        "status-known-at",
        data.records,
        ("s per command", CALLS as f64),
        Box::new(|| often(&then)),
        vec![("the same, as it is known now".into(), Box::new(|| often(&now)))],
    )?);
    Ok(rows)
}

fn often(command: &dyn Fn() -> Command) -> Result<Cost, BenchError> {
    let costs = (0..CALLS).map(|_| child(&mut command())).collect::<Result<Vec<Cost>, _>>()?;
    Ok(Cost {
        seconds: costs.iter().map(|c| c.seconds).sum(),
        threads: costs.iter().map(|c| c.threads).max().unwrap_or(1),
        peak: costs.iter().filter_map(|c| c.peak).max(),
    })
}
