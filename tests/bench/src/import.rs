//! The figure `import`: the command records a generated table into a ledger that holds next to nothing. The floor signs and
//! verifies as many events of that length on two threads.
//! Not here: how a table is read (the crate `answerable`).

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use answerable_verifier::dsse;
use ed25519_dalek::Signer;

use crate::Bench;
use crate::author::{FOUNDER, key_of, secret_of};
use crate::data::{Data, copy_folder, remove, write};
use crate::error::BenchError;
use crate::floors::{on_threads, segments};
use crate::measure::{Cost, Row, child, in_turn, timed};

const MAPPING: &str = r#"version = 1
id = "bench"
format = "csv"
key = ["row"]
standing = "transcribed"

[source]
title = "Decisions, as a table of the benchmark has them"
url = "https://bench.answerable.example/decisions/"
document = { column = "decision" }
seen = "2026-09-30"

[[act]]
name = "adoption"
type = "decision.adopted"
effective = { column = "date", date = "YYYY-MM-DD", required = true }
[act.body]
decision = { column = "decision" }
organ = { value = "org:un-security-council" }
title = { column = "title" }
"#;

pub fn figure(bench: &Bench, data: &Data) -> Result<Vec<Row>, BenchError> {
    let folder = bench.work().join("import");
    let bare = Data::bare(&folder.join("bare"))?;
    let (table, mapping) = (folder.join("table.csv"), folder.join("mapping.toml"));
    write(&table, rows(data.records).as_bytes())?;
    write(&mapping, MAPPING.as_bytes())?;
    let ledger = folder.join("ledger");
    let program = bench.program("answerable");
    let run = || {
        remove(&ledger)?;
        copy_folder(&bare.ledger(), &ledger)?;
        let mut import = Command::new(&program);
        import.arg("--ledger").arg(&ledger).arg("--keys").arg(bare.keys());
        import.arg("import").arg(&table).arg("--mapping").arg(&mapping);
        child(import.args(["--actor", FOUNDER, "--yes", "--accept-clock"]))
    };
    let floor = || {
        let length = event_length(&ledger)?;
        timed(|| sign_and_verify(data.records, length)).map(|(seconds, ())| Cost::here(seconds, 2))
    };
    let floors: Vec<(String, crate::measure::Run<'_>)> =
        vec![("sign and verify as many, 2 threads".into(), Box::new(floor))];
    let rows = in_turn("import", data.records, ("s", 1.0), Box::new(run), floors)?;
    remove(&folder)?;
    Ok(rows)
}

fn rows(records: u64) -> String {
    let mut table = "row,decision,date,title\n".to_owned();
    for n in 0..records {
        let (year, month, day) = (1950 + n % 70, 1 + n % 12, 1 + n % 28);
        let title = "Threats to international peace and security: protection of civilians in armed conflict";
        writeln!(table, "{n},S/TABLE/{n}({year}),{year}-{month:02}-{day:02},{title}").expect("a string takes it");
    }
    table
}

/// The bytes of the event that was imported last.
fn event_length(ledger: &Path) -> Result<usize, BenchError> {
    let path = segments(ledger)?.pop().ok_or_else(|| BenchError::Failed("nothing was imported".into()))?;
    let text = fs::read_to_string(&path).map_err(BenchError::io(&path))?;
    let line = text.lines().next_back().unwrap_or_default();
    let end = line.rfind(",\"prev\":").ok_or_else(|| BenchError::Failed("a line without prev".into()))?;
    Ok(end - "{\"event\":".len())
}

fn sign_and_verify(records: u64, length: usize) -> Result<(), BenchError> {
    let secret = secret_of(&key_of(FOUNDER));
    let public = secret.verifying_key();
    on_threads(2, |worker| {
        let mut event = vec![b'x'; length];
        for n in (worker as u64..records).step_by(2) {
            event[..8].copy_from_slice(&n.to_be_bytes());
            let message = dsse::event_pae(&event);
            let signature = secret.sign(&message);
            let good = public.verify_strict(&message, &signature);
            good.map_err(|_| BenchError::Failed("a signature made here is bad".into()))?;
        }
        Ok(())
    })
}
