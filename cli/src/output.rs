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
    /// The whole answer, if it is more than its rows.
    pub json: Option<Value>,
    /// What people see in place of the rows, where these are too wide for 80 columns.
    pub people: Option<People>,
}

/// A table that fits a terminal: columns with their widths, and rows whose cells are shortened to these.
pub struct People {
    columns: Vec<(&'static str, usize)>,
    rows: Vec<Vec<String>>,
}

impl People {
    pub fn new(columns: &[(&'static str, usize)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    pub fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().zip(&self.columns).map(|(c, (_, width))| short(&c, *width)).collect());
    }
}

impl People {
    /// Two spaces between columns, and none before the first.
    fn table(&self) -> String {
        let header: Vec<String> = self.columns.iter().map(|(name, _)| name.to_uppercase()).collect();
        let escaped = self.rows.iter().map(|row| row.iter().map(|c| escape(c)).collect());
        let rows: Vec<Vec<String>> = std::iter::once(header).chain(escaped).collect();
        if self.rows.is_empty() {
            return String::new();
        }
        let width = |i: usize| rows.iter().filter_map(|r| r.get(i)).map(|c| c.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut out = String::new();
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            out += cells.collect::<Vec<_>>().join("  ").trim_end();
            out.push('\n');
        }
        out
    }
}

/// A line, broken between words where it is wider; what goes on is indented.
fn wrapped(line: &str, width: Option<usize>) -> String {
    let Some(width) = width.filter(|w| line.chars().count() > *w) else { return format!("{line}\n") };
    let (mut out, mut at) = (String::new(), 0);
    for word in line.split(' ') {
        let length = word.chars().count();
        if at > 0 && at + 1 + length > width {
            out += "\n    ";
            at = 4;
        } else if at > 0 {
            out.push(' ');
            at += 1;
        }
        out += word;
        at += length;
    }
    out + "\n"
}

/// At most so many characters, the last of them a sign that there is more.
pub fn short(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let cut: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}\u{2026}", cut.trim_end())
}

impl Answer {
    pub fn new(schema: &'static str, columns: &[&'static str]) -> Self {
        Self {
            schema,
            columns: columns.to_vec(),
            rows: Vec::new(),
            head: Vec::new(),
            foot: Vec::new(),
            json: None,
            people: None,
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
        // A table that fits a terminal has no lines around it that do not.
        let width = self.people.as_ref().map(|_| 80);
        let around = |lines: &[String]| -> String { lines.iter().map(|l| wrapped(&escape(l), width)).collect() };
        let mut out = around(&self.head);
        if let Some(people) = &self.people {
            out += &people.table();
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
        out += &around(&self.foot);
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
fn escaped_json(text: &str) -> String {
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
    fn long_cells_are_shortened_and_long_lines_are_broken() {
        assert_eq!((short("abc", 3), short("ab cd", 4)), ("abc".to_owned(), "ab\u{2026}".to_owned()));
        assert_eq!(wrapped("one two three", Some(8)), "one two\n    three\n");
        assert_eq!(wrapped("one two three", None), "one two three\n");
    }

    #[test]
    fn json_fools_no_terminal_and_means_the_same() {
        let value = json!({"a": "x\u{202e}y\u{7f}\u{e0001}z\n"});
        let text = json_text(&value);
        assert!(text.trim_end().chars().all(|c| c == '\n' || !answerable_verifier::canonical::is_refused_character(c)));
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), value);
    }
}
