//! Answers on stdout: as a table for people, as JSON, JSON Lines or CSV for programs. The same bytes on every run and
//! under any locale, zone or width.
//! Not here: what the answers say.

use std::io::Write;
use std::sync::OnceLock;

use answerable_verifier::report::escape;
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    Table,
    Json,
    Jsonl,
    Csv,
    /// Of tables alone, into a file
    #[value(hide = true)]
    Parquet,
}

/// An answer with rows.
pub struct Answer {
    /// Such as `answerable.treaty_status/v1`.
    pub schema: &'static str,
    pub columns: Vec<&'static str>,
    pub rows: Vec<Vec<String>>,
    /// Lines around the table.
    pub head: Vec<String>,
    pub foot: Vec<String>,
    /// Lines for people in the place of the table, where it would be too wide.
    pub lines: Option<Vec<String>>,
    /// The whole answer, if it is more than its rows.
    pub json: Option<Value>,
}

impl Answer {
    pub fn new(schema: &'static str, columns: &[&'static str]) -> Self {
        Self {
            schema,
            columns: columns.to_vec(),
            rows: Vec::new(),
            head: Vec::new(),
            foot: Vec::new(),
            lines: None,
            json: None,
        }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub fn print(&self, format: Format) {
        print(&match format {
            Format::Table => self.table(),
            Format::Json => {
                let whole = self.json.clone().unwrap_or_else(|| json!({"schema": self.schema, "rows": self.objects()}));
                json_text(&whole)
            }
            Format::Jsonl => self.objects().iter().map(|o| escaped_json(&o.to_string()) + "\n").collect(),
            Format::Csv => self.csv(),
            Format::Parquet => unreachable!("refused before an answer is made"),
        });
    }

    fn objects(&self) -> Vec<Value> {
        let object = |row: &Vec<String>| {
            let mut map: Map<String, Value> = Map::new();
            map.insert("schema".into(), json!(self.schema));
            map.extend(self.columns.iter().zip(row).map(|(c, v)| (c.replace(' ', "_"), json!(v))));
            Value::Object(map)
        };
        self.rows.iter().map(object).collect()
    }

    fn table(&self) -> String {
        let mut out: String = self.head.iter().map(|l| escape(l) + "\n").collect();
        if let Some(lines) = &self.lines {
            out.extend(lines.iter().map(|l| escape(l) + "\n"));
        } else if !self.rows.is_empty() {
            let mut table = comfy_table::Table::new();
            table.load_style(comfy_table::presets::NOTHING);
            table.set_content_arrangement(comfy_table::ContentArrangement::Disabled);
            table.set_header(self.columns.iter().map(|c| c.to_uppercase()));
            for row in &self.rows {
                table.add_row(row.iter().map(|c| escape(c)));
            }
            let text = table.to_string();
            out.extend(text.lines().map(|l| format!("{}\n", l.trim_end())));
        }
        out.extend(self.foot.iter().map(|l| escape(l) + "\n"));
        out
    }

    fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let written = writer.write_record(self.columns.iter().map(|c| c.replace(' ', "_"))).is_ok()
            && self.rows.iter().all(|row| writer.write_record(row).is_ok());
        debug_assert!(written, "rows have as many cells as there are columns");
        String::from_utf8(writer.into_inner().expect("writing to memory")).expect("cells are UTF-8")
    }
}

/// JSON for people and programs, with a final LF.
pub fn json_text(value: &Value) -> String {
    escaped_json(&serde_json::to_string_pretty(value).expect("plain data")) + "\n"
}

/// Characters that could fool a terminal stand only within JSON strings, where an escape means the same.
pub fn escaped_json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && answerable_verifier::canonical::is_refused_character(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// Why stdout could not be written, if it could not.
static FAILED: OnceLock<std::io::Error> = OnceLock::new();

/// Writes to stdout. After a failure nothing more is written; `main` asks `failure` what that means.
pub fn print(text: &str) {
    if FAILED.get().is_some() {
        return;
    }
    let mut stdout = std::io::stdout();
    if let Err(e) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        let _ = FAILED.set(e);
    }
}

/// The failure of stdout, if there was one. A reader that went away has what it wanted: that is none.
pub fn failure() -> Option<&'static std::io::Error> {
    FAILED.get().filter(|e| e.kind() != std::io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_fools_no_terminal_and_means_the_same() {
        let value = json!({"a": "x\u{202e}y\u{7f}\u{e0001}z\n"});
        let text = json_text(&value);
        assert!(text.trim_end().chars().all(|c| c == '\n' || !answerable_verifier::canonical::is_refused_character(c)));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
