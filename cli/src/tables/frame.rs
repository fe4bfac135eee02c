//! A table with typed columns, and its bytes as CSV, JSON, JSON Lines and Parquet, the same on every run.
//! Not here: tables for people, which are answers (`output`).

use serde_json::{Map, Value, json};

use super::columns::{Column, Kind};
use super::parquet_file;
use crate::error::CliError;
use crate::output::{Format, escaped_json, json_text};

/// One value. What is missing is no text, no zero and no false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Text(String),
    Integer(i64),
    Boolean(bool),
    Missing,
}

/// A table, and all that a reader must know beside it.
pub struct Frame {
    /// Such as `answerable.table_panel/v1`.
    pub schema: &'static str,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// By which choices it was made, in this order.
    pub choices: Vec<(&'static str, String)>,
    /// The instruments that it covers.
    pub instruments: Value,
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::Text(text.to_owned())
    }
}
impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::Text(text)
    }
}
impl From<bool> for Cell {
    fn from(value: bool) -> Self {
        Cell::Boolean(value)
    }
}
impl From<i64> for Cell {
    fn from(value: i64) -> Self {
        Cell::Integer(value)
    }
}
impl From<u32> for Cell {
    fn from(value: u32) -> Self {
        Cell::Integer(value.into())
    }
}
impl<T: Into<Cell>> From<Option<T>> for Cell {
    fn from(value: Option<T>) -> Self {
        value.map_or(Cell::Missing, Into::into)
    }
}

impl Cell {
    pub fn text(&self) -> String {
        match self {
            Cell::Text(text) => text.clone(),
            Cell::Integer(n) => n.to_string(),
            Cell::Boolean(b) => b.to_string(),
            Cell::Missing => String::new(),
        }
    }
    fn json(&self) -> Value {
        match self {
            Cell::Text(text) => json!(text),
            Cell::Integer(n) => json!(n),
            Cell::Boolean(b) => json!(b),
            Cell::Missing => Value::Null,
        }
    }
}

impl Frame {
    /// Adds a row. The choices are its last cell: rows of several tables may be put together and are still told apart.
    pub fn row(&mut self, mut cells: Vec<Cell>) {
        cells.push(self.choices_text().into());
        debug_assert_eq!(cells.len(), self.columns.len(), "{}: a cell for each column", self.schema);
        self.rows.push(cells);
    }

    /// `succession=recorded; party=in_force`: what no other column of a row tells.
    pub fn choices_text(&self) -> String {
        let told = self.choices.iter().filter(|(name, _)| !["table", "from", "to", "un_members"].contains(name));
        told.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// The values of a column, in the order of the rows.
    pub fn values(&self, at: usize) -> impl Iterator<Item = &Cell> {
        self.rows.iter().map(move |row| &row[at])
    }

    /// The bytes of the table, for programs.
    pub fn bytes(&self, format: Format) -> Result<Vec<u8>, CliError> {
        Ok(match format {
            Format::Csv => self.csv(),
            Format::Jsonl => self.objects().map(|o| escaped_json(&o.to_string()) + "\n").collect::<String>().into(),
            Format::Parquet => parquet_file::write(self).map_err(|e| {
                CliError::environment("table.parquet", format!("no Parquet file can be made: {e}"), "try --format csv")
            })?,
            Format::Json | Format::Table => json_text(&self.whole()).into(),
        })
    }

    /// What the columns mean, and the choices (specs.frictionlessdata.io/table-schema, with members of our own).
    pub fn dictionary(&self) -> Value {
        json!({
            "schema": "answerable.table_dictionary/v1",
            "table": self.schema,
            "choices": self.choices_object(),
            "instruments": self.instruments,
            "rows": self.rows.len(),
            "missingValues": [""],
            "fields": self.columns.iter().map(Column::described).collect::<Vec<_>>(),
        })
    }

    fn choices_object(&self) -> Value {
        self.choices.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Map<_, _>>().into()
    }

    fn whole(&self) -> Value {
        json!({
            "schema": self.schema,
            "choices": self.choices_object(),
            "instruments": self.instruments,
            "fields": self.columns.iter().map(Column::described).collect::<Vec<_>>(),
            "rows": self.rows.iter().map(|r| self.object(r)).collect::<Vec<_>>(),
        })
    }

    fn object(&self, row: &[Cell]) -> Value {
        self.columns.iter().zip(row).map(|(c, v)| (c.name.clone(), v.json())).collect::<Map<_, _>>().into()
    }

    fn objects(&self) -> impl Iterator<Item = Value> {
        self.rows.iter().map(|row| {
            let mut object = self.object(row);
            object["schema"] = json!(self.schema);
            object
        })
    }

    fn csv(&self) -> Vec<u8> {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let written = writer.write_record(self.columns.iter().map(|c| &c.name)).is_ok()
            && self.rows.iter().all(|row| writer.write_record(row.iter().map(Cell::text)).is_ok());
        debug_assert!(written, "rows have as many cells as there are columns");
        writer.into_inner().expect("writing to memory")
    }
}

impl Column {
    /// A field of a Table Schema.
    pub fn described(&self) -> Value {
        let kind = match self.kind {
            Kind::Text => "string",
            Kind::Integer => "integer",
            Kind::Boolean => "boolean",
        };
        json!({"name": self.name, "type": kind, "description": self.meaning})
    }
}
