//! Tables (CSV, JSON) with the lines that their rows stand on, read row by row, and which text may go from them into a record.
//! Not here: what the columns mean (`mapping`), what becomes of a row (`plan`).

use std::collections::BTreeSet;
use std::fmt;

use answerable_verifier::canonical::{MAX_STRING, is_refused_character};
use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// A small table, whole.
#[derive(Debug)]
pub struct Table {
    /// As the header has them; for JSON, every member that occurs.
    pub columns: Columns,
    pub rows: Vec<Row>,
}

/// The names of the columns.
#[derive(Debug, Default)]
pub struct Columns(pub Vec<String>);

/// Takes a table as it is read.
pub trait Reads {
    /// Once: before the first row where a header says them, else behind the last.
    fn columns(&mut self, columns: Columns) -> Result<(), TableError>;
    fn row(&mut self, row: Row);
}

/// One row of it: its cells by column, or why it cannot be read.
#[derive(Debug)]
pub struct Row {
    /// Its first line, counted from 1.
    pub line: u64,
    pub cells: Result<Map<String, Value>, String>,
}

/// Why a whole table cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    #[error("not UTF-8: line {line}, byte {offset} of the file, counted from 0")]
    NotUtf8 { offset: usize, line: u64 },
    #[error("line {line}: {reason}")]
    Unreadable { line: u64, reason: String },
    #[error("no column {column:?}; the columns are {}", quoted(columns))]
    MissingColumn { column: String, columns: Vec<String> },
    #[error("two columns are called {column:?}")]
    RepeatedColumn { column: String },
}

fn quoted(columns: &[String]) -> String {
    columns.iter().map(|c| format!("{c:?}")).collect::<Vec<_>>().join(", ")
}

impl Reads for Table {
    fn columns(&mut self, columns: Columns) -> Result<(), TableError> {
        self.columns = columns;
        Ok(())
    }
    fn row(&mut self, row: Row) {
        self.rows.push(row);
    }
}

impl Table {
    /// CSV (RFC 4180) with a header.
    pub fn csv(input: &[u8]) -> Result<Self, TableError> {
        Self::read(|table| csv(input, None, table))
    }

    /// The whole of a table that one of the readers reads.
    pub fn read(read: impl FnOnce(&mut Self) -> Result<(), TableError>) -> Result<Self, TableError> {
        let mut table = Self { columns: Columns::default(), rows: vec![] };
        read(&mut table)?;
        Ok(table)
    }
}

impl Columns {
    /// Checks that the columns are there, and each once.
    pub fn require<'c>(&self, wanted: impl IntoIterator<Item = &'c str>) -> Result<(), TableError> {
        for column in wanted {
            match self.0.iter().filter(|have| *have == column).count() {
                0 => {
                    return Err(TableError::MissingColumn { column: column.into(), columns: self.0.clone() });
                }
                1 => {}
                _ => return Err(TableError::RepeatedColumn { column: column.into() }),
            }
        }
        Ok(())
    }
}

/// CSV (RFC 4180) with a header, without the lines that begin with the mark of a comment, if there is one.
pub fn csv(input: &[u8], comment: Option<char>, reads: &mut impl Reads) -> Result<(), TableError> {
    let text = utf8(input)?;
    let mut builder = csv::ReaderBuilder::new();
    builder.has_headers(false).flexible(true).comment(comment.and_then(|mark| u8::try_from(mark).ok()));
    let mut reader = builder.from_reader(text.as_bytes());
    let (mut record, mut lines) = (csv::StringRecord::new(), Lines::new(text));
    let mut columns: Vec<String> = vec![];
    loop {
        let start = reader.position().byte() as usize;
        if !reader.read_record(&mut record).map_err(|e| unreadable(lines.at(start), e))? {
            break;
        }
        // The reader leaves line ends and empty lines to the next record, so its own line numbers are too small.
        let raw = &text[start..reader.position().byte() as usize];
        let record_text = without_comments(raw, comment);
        let line = lines.at(start + raw.len() - record_text.len());
        // To the reader only a line feed ends a comment: what follows a lone carriage return would be lost in it.
        let comments = &raw[..raw.len() - record_text.len()];
        if comment.is_some_and(|mark| comments.contains(mark)) && comments.replace("\r\n", "").contains('\r') {
            return Err(unreadable(line, "a carriage return without a line feed in a comment, or before one"));
        }
        // A comment that nothing follows, not even a line end, comes from the reader as a record.
        if record_text.is_empty() {
            continue;
        }
        let raw = record_text.trim_matches(['\r', '\n']);
        let in_place = quotes_in_place(raw);
        if columns.is_empty() {
            if !in_place {
                return Err(unreadable(line, "a quotation mark out of place in the header"));
            }
            columns = record.iter().map(str::to_owned).collect();
            reads.columns(Columns(columns.clone()))?;
            continue;
        }
        let cells = if !in_place {
            let last = line + raw.matches('\n').count() as u64;
            Err(format!("a quotation mark out of place; lines {line} to {last} cannot be read"))
        } else if record.len() != columns.len() {
            Err(format!("{} cells, where the header has {}", record.len(), columns.len()))
        } else {
            Ok(columns.iter().cloned().zip(record.iter().map(Value::from)).collect())
        };
        reads.row(Row { line, cells });
    }
    if columns.is_empty() { Err(unreadable(1, "the table has no header")) } else { Ok(()) }
}

/// JSON: an array of objects, or one object per line (JSON Lines).
pub fn json(input: &[u8], reads: &mut impl Reads) -> Result<(), TableError> {
    let text = utf8(input)?;
    let mut columns: BTreeSet<String> = BTreeSet::new();
    let mut each = |row: Row| {
        for column in row.cells.iter().flat_map(Map::keys) {
            if !columns.contains(column) {
                columns.insert(column.clone());
            }
        }
        reads.row(row);
    };
    if text.trim_start().starts_with('[') {
        array_rows(text, &mut each)?
    } else {
        line_rows(text, &mut each)
    };
    reads.columns(Columns(columns.into_iter().collect()))
}

/// What the reader leaves out before a record: line ends, empty lines, comments.
fn without_comments(raw: &str, comment: Option<char>) -> &str {
    let mut rest = raw;
    loop {
        rest = rest.trim_start_matches(['\r', '\n']);
        match comment {
            Some(mark) if rest.starts_with(mark) => rest = rest.split_once('\n').map_or("", |(_, after)| after),
            _ => return rest,
        }
    }
}

pub(super) fn unreadable(line: u64, reason: impl fmt::Display) -> TableError {
    TableError::Unreadable { line, reason: reason.to_string() }
}

/// The text, without a byte order mark.
pub(super) fn utf8(input: &[u8]) -> Result<&str, TableError> {
    let text = std::str::from_utf8(input).map_err(|e| {
        let offset = e.valid_up_to();
        let line = 1 + input[..offset].iter().filter(|b| **b == b'\n').count() as u64;
        TableError::NotUtf8 { offset, line }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// RFC 4180: a quotation mark opens a cell, closes it, or stands doubled within it. The reader is more lenient, so that
/// one stray mark could swallow the rows after it without a word.
fn quotes_in_place(mut record: &str) -> bool {
    loop {
        if let Some(mut quoted) = record.strip_prefix('"') {
            record = loop {
                let Some((_, after)) = quoted.split_once('"') else { return false };
                match after.strip_prefix('"') {
                    Some(more) => quoted = more,
                    None => break after,
                }
            };
            if !record.is_empty() && !record.starts_with(',') {
                return false;
            }
        }
        let (cell, more) = record.split_once(',').map_or((record, None), |(cell, more)| (cell, Some(more)));
        match more {
            _ if cell.contains('"') => return false,
            Some(more) => record = more,
            None => return true,
        }
    }
}

/// A bad line costs that line.
fn line_rows(text: &str, each: &mut dyn FnMut(Row)) {
    let cells = |text| serde_json::from_str(text).map_err(|e| json_problem(&e)).and_then(object);
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        each(Row { line, cells: cells(text) });
    }
}

/// A broken array costs the file: where its next row begins is not known.
fn array_rows(text: &str, each: &mut dyn FnMut(Row)) -> Result<(), TableError> {
    let (mut lines, mut none_yet) = (Lines::new(text), true);
    let mut rest = text.trim_start().strip_prefix('[').unwrap_or_default().trim_start();
    while !(none_yet && rest.starts_with(']')) {
        let line = lines.at(text.len() - rest.len());
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<Strict>();
        let value = values.next().ok_or_else(|| unreadable(line, "the array has no end"))?;
        let value = value.map_err(|e| unreadable(line + (e.line() as u64).saturating_sub(1), json_problem(&e)))?;
        each(Row { line, cells: object(value) });
        none_yet = false;
        rest = rest[values.byte_offset()..].trim_start();
        let Some(next) = rest.strip_prefix(',') else { break };
        rest = next.trim_start();
    }
    match rest.strip_prefix(']') {
        Some(after) if after.trim().is_empty() => Ok(()),
        Some(_) => Err(unreadable(lines.at(text.len() - rest.len()), "something follows the array")),
        None => Err(unreadable(lines.at(text.len() - rest.len()), "expected a comma, or the end of the array")),
    }
}

fn object(value: Strict) -> Result<Map<String, Value>, String> {
    match value {
        Strict(Value::Object(cells)) => Ok(cells),
        Strict(_) => Err("not a JSON object".into()),
    }
}

/// Without its "at line 1 column 5", which counts from the row.
fn json_problem(e: &serde_json::Error) -> String {
    let text = e.to_string();
    format!("not JSON: {}", text.split(" at line ").next().unwrap_or_default())
}

/// A JSON value in which no object has a key twice; serde_json would keep the last, and lose the others.
struct Strict(Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(StrictVisitor).map(Strict)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, v: bool) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_i64<E>(self, v: i64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_u64<E>(self, v: u64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_f64<E>(self, v: f64) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_str<E>(self, v: &str) -> Result<Value, E> {
        Ok(v.into())
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = vec![];
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Strict(value))) = members.next_entry::<String, _>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("the member {key:?} occurs twice")));
            }
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

/// Counts lines up to offsets that never decrease. A line ends with LF, CRLF or CR.
struct Lines<'t> {
    text: &'t str,
    offset: usize,
    line: u64,
}

impl<'t> Lines<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, offset: 0, line: 1 }
    }
    fn at(&mut self, offset: usize) -> u64 {
        let bytes = self.text.as_bytes();
        let ends = |i: &usize| bytes[*i] == b'\n' || bytes[*i] == b'\r' && bytes.get(i + 1) != Some(&b'\n');
        self.line += (self.offset..offset).filter(ends).count() as u64;
        self.offset = offset;
        self.line
    }
}

/// A value as text: strings as they are, anything else as JSON.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Why a text may not stand in a record, if it may not.
pub fn refused(text: &str, several_lines: bool) -> Option<String> {
    if text.len() > MAX_STRING {
        return Some(format!("{} bytes, at most {MAX_STRING} are allowed", text.len()));
    }
    let found = text.chars().find(|&c| is_refused_character(c) && !(c == '\n' && several_lines))?;
    Some(format!("the character U+{:04X} may not stand in a record", u32::from(found)))
}

/// The same for every text within a value that goes into a body as it is.
pub fn refused_within(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => refused(text, true),
        Value::Array(items) => items.iter().find_map(refused_within),
        Value::Object(members) => members.values().find_map(refused_within),
        Value::Null => Some("null; leave the member out".into()),
        Value::Number(n) => n.is_f64().then(|| format!("{n} is not an integer")),
        Value::Bool(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json_table(input: &[u8]) -> Result<Table, TableError> {
        Table::read(|table| json(input, table))
    }

    /// The lines of the rows; for a bad one, also the reason.
    fn lines(table: Result<Table, TableError>) -> Vec<(u64, Option<String>)> {
        table.unwrap().rows.into_iter().map(|row| (row.line, row.cells.err())).collect()
    }

    #[test]
    fn rows_know_their_lines_whatever_ends_them() {
        for text in ["a,b\n1,\"x\ny\"\n\n2,z\n", "\u{feff}a,b\r\n1,\"x\r\ny\"\r\n\r\n2,z", "\"a\",b\r1,\"x\ry\"\r\r2,z"]
        {
            let table = Table::csv(text.as_bytes());
            assert_eq!(table.as_ref().unwrap().columns.0, ["a", "b"]);
            assert_eq!(lines(table), [(2, None), (5, None)], "{text:?}");
        }
        let pretty = "\n[\n  {\"a\": 1},\n\n  {\"a\":\n 2}\n, 3]\n";
        assert_eq!(lines(json_table(pretty.as_bytes())).iter().map(|l| l.0).collect::<Vec<_>>(), [3, 5, 7]);
        let by_line = lines(json_table(b"{\"a\":1}\n\n{\"a\":1,\"a\":2}\n7\n{\"a\":"));
        let reasons: Vec<_> = by_line.iter().map(|(line, bad)| (*line, bad.as_deref().unwrap_or("good"))).collect();
        let twice = "not JSON: the member \"a\" occurs twice";
        let cut = "not JSON: EOF while parsing a value";
        assert_eq!(reasons, [(1, "good"), (3, twice), (4, "not a JSON object"), (5, cut)]);
    }

    #[test]
    fn comments_are_no_rows_and_keep_the_lines_right() {
        let text = "# one \"\n#\n\na,b\n# two, three, four\n#\"\n1,\"#x\ny\"\n\n# six\n\"#7\",z\n8,#\n# end";
        let csv = |text: &str, comment| Table::read(|table| csv(text.as_bytes(), comment, table));
        let table = csv(text, Some('#'));
        assert_eq!(table.as_ref().unwrap().columns.0, ["a", "b"]);
        assert_eq!(lines(table), [(7, None), (11, None), (12, None)]);
        assert_eq!(lines(csv("a,b\n#1,2\n", None)), [(2, None)], "only if the mapping says so");
        assert_eq!(lines(csv("a,b\r\n# x\r\n1,2\r\n", Some('#'))), [(3, None)]);
        let lost = csv("a,b\r# x\r1,2\r3,4\n5,6\n", Some('#')).unwrap_err().to_string();
        assert!(lost.contains("a carriage return without a line feed in a comment"), "{lost}");
        assert!(csv("# only\n", Some('#')).unwrap_err().to_string().contains("no header"));
    }

    #[test]
    fn a_stray_quotation_mark_swallows_nothing_in_silence() {
        for (row, good) in [("x,\"\"", true), ("\"a\"\"b\",\"c,d\"", true), ("x,5\" pipe", false), ("\"a\"b,c", false)]
        {
            assert_eq!(quotes_in_place(row), good, "{row}");
        }
        let found = lines(Table::csv(b"a,b\nx,\"note\ny,good\nz,good\n"));
        assert_eq!(found, [(2, Some("a quotation mark out of place; lines 2 to 4 cannot be read".into()))]);
    }

    #[test]
    fn a_file_that_cannot_be_read_says_where() {
        let csv = |text: &[u8]| Table::csv(text).unwrap_err();
        assert_eq!(csv(b"a,b\nC\xf4te,1\n"), TableError::NotUtf8 { offset: 5, line: 2 });
        assert_eq!(csv(b"").to_string(), "line 1: the table has no header");
        let json = |text: &str| json_table(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(json("[{},\n{\"a\": tru}]"), "line 2: not JSON: expected ident");
        assert_eq!(json("[{}\n{}]"), "line 2: expected a comma, or the end of the array");
        assert_eq!(json("[{}] x"), "line 1: something follows the array");
        assert_eq!(json("[{},"), "line 1: the array has no end");
        assert!(json_table(b" [ ] ").unwrap().rows.is_empty());
    }
}
