//! The figures `disk` and `memory`: bytes of a ledger by its parts, and bytes that programs held, beside the records' bytes.
//! Not here: how memory is read (`measure`).

use std::fs;
use std::path::Path;

use crate::data::Data;
use crate::error::BenchError;
use crate::floors::segments;
use crate::measure::Row;

/// Each part of the ledger's folder, beside the log: bytes per record.
pub fn figure(data: &Data) -> Result<Vec<Row>, BenchError> {
    let ledger = data.ledger();
    let log = bytes_below(&ledger.join("log"))?;
    let mut rows = Vec::new();
    let mut total = 0;
    for entry in fs::read_dir(&ledger).map_err(BenchError::io(&ledger))? {
        let path = entry.map_err(BenchError::io(&ledger))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = bytes_below(&path)?;
        total += bytes;
        // Small files of fixed length say nothing.
        if bytes > 4_096 {
            rows.push(row(data, format!("disk: {name}"), bytes, log));
        }
    }
    rows.sort_by(|a, b| a.figure.cmp(&b.figure));
    rows.push(row(data, "disk: all".into(), total, log));
    Ok(rows)
}

/// The peaks of programs that were measured in this run.
pub fn memory(data: &Data, measured: &[Row]) -> Result<Vec<Row>, BenchError> {
    let log = segments(&data.ledger())?.iter().map(|p| bytes_below(p)).sum::<Result<u64, _>>()?;
    let mut rows: Vec<Row> = Vec::new();
    for of in ["verify", "import"] {
        let found = measured.iter().find(|r| r.figure == of && r.records == data.records);
        if let Some((found, peak)) = found.and_then(|r| Some((r, r.peak?))) {
            rows.push(Row { runs: found.runs, ..row(data, format!("memory: {of}"), peak, log) });
        }
    }
    Ok(rows)
}

fn row(data: &Data, figure: String, bytes: u64, log: u64) -> Row {
    let per = data.records as f64;
    Row {
        figure,
        records: data.records,
        unit: "bytes per record",
        value: bytes as f64 / per,
        floor: "the records themselves".into(),
        floor_value: Some(log as f64 / per),
        threads: 0,
        peak: None,
        runs: 1,
    }
}

/// The lengths of all files below a path, or of the file.
fn bytes_below(path: &Path) -> Result<u64, BenchError> {
    let meta = fs::metadata(path).map_err(BenchError::io(path))?;
    if !meta.is_dir() {
        return Ok(meta.len());
    }
    let mut sum = 0;
    for entry in fs::read_dir(path).map_err(BenchError::io(path))? {
        sum += bytes_below(&entry.map_err(BenchError::io(path))?.path())?;
    }
    Ok(sum)
}
