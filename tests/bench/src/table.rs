//! The rows as a table for the terminal, as Markdown, as JSON.
//! Not here: what they mean (docs/PERFORMANCE.md).

use serde_json::{Value, json};

use crate::measure::Row;

const HEADS: [&str; 9] = ["figure", "records", "unit", "value", "floor", "floor value", "ratio", "threads", "peak MB"];

/// Aligned columns; with `markdown`, a table of that language.
pub fn text(rows: &[Row], markdown: bool) -> String {
    let cells: Vec<[String; 9]> = rows.iter().map(cells).collect();
    let mut width = HEADS.map(str::len);
    for row in &cells {
        for (w, cell) in width.iter_mut().zip(row) {
            *w = (*w).max(cell.chars().count());
        }
    }
    let line = |row: &[String; 9]| {
        let padded: Vec<String> = row.iter().zip(width).map(|(cell, w)| format!("{cell:w$}")).collect();
        match markdown {
            true => format!("| {} |\n", padded.join(" | ")),
            false => format!("{}\n", padded.join("  ").trim_end()),
        }
    };
    let rule: [String; 9] = width.map(|w| "-".repeat(w));
    let heads = HEADS.map(str::to_owned);
    [heads, rule].iter().chain(&cells).map(line).collect()
}

fn cells(row: &Row) -> [String; 9] {
    let none = || "-".to_owned();
    [
        row.figure.clone(),
        row.records.to_string(),
        row.unit.to_owned(),
        number(row.value),
        row.floor.clone(),
        row.floor_value.map_or_else(none, number),
        row.ratio().map_or_else(none, |r| format!("{r:.2}")),
        if row.threads == 0 { none() } else { row.threads.to_string() },
        row.peak.map_or_else(none, |bytes| format!("{:.1}", bytes as f64 / 1e6)),
    ]
}

/// Three digits that count.
fn number(value: f64) -> String {
    match value.abs() {
        v if v >= 100.0 => format!("{value:.0}"),
        v if v >= 1.0 => format!("{value:.2}"),
        v if v >= 1e-3 => format!("{value:.5}"),
        _ => format!("{value:.8}"),
    }
}

/// The rows with their ratios, and the machine.
pub fn json(rows: &[Row], machine: &str) -> Value {
    let with_ratio = |row: &Row| {
        let mut value = serde_json::to_value(row).expect("plain data");
        value["ratio"] = json!(row.ratio());
        value
    };
    json!({"schema": "answerable.bench/v1", "machine": machine, "rows": rows.iter().map(with_ratio).collect::<Vec<_>>()})
}
