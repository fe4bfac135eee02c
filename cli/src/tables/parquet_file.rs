//! A table as a Parquet file: one flat column each, optional, text as UTF-8 strings; uncompressed, so that every reader
//! reads it; the choices and the meaning of the columns in its key-value metadata.
//! Not here: nested types, which no table has.

use std::sync::Arc;

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{Type, TypePtr};

use super::columns::{Column, Kind};
use super::frame::{Cell, Frame};

/// Whose file it is. Raised where the layout changes, and not with each version of the program or of the library: what says
/// the same has the same bytes.
const WRITER: &str = "answerable version 1.0.0";

/// The bytes of the file, which tell nothing of the clock, the machine or the place.
pub fn write(frame: &Frame) -> Result<Vec<u8>> {
    let facts = [
        ("answerable.schema", frame.schema.to_owned()),
        ("answerable.choices", frame.choices_text()),
        ("answerable.dictionary", frame.dictionary().to_string()),
    ];
    let facts = facts.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value)).collect();
    let properties =
        WriterProperties::builder().set_created_by(WRITER.into()).set_key_value_metadata(Some(facts)).build();
    let mut writer = SerializedFileWriter::new(Vec::new(), schema(frame)?, Arc::new(properties))?;
    let mut group = writer.next_row_group()?;
    let mut at = 0;
    while let Some(mut column) = group.next_column()? {
        // In an optional column 1 is a value, and 0 is none.
        let levels: Vec<i16> = frame.values(at).map(|c| i16::from(*c != Cell::Missing)).collect();
        match frame.columns[at].kind {
            Kind::Text => {
                let texts: Vec<ByteArray> = present(frame, at, |c| Some(ByteArray::from(c.text().into_bytes())));
                column.typed::<ByteArrayType>().write_batch(&texts, Some(&levels), None)?;
            }
            Kind::Integer => {
                let numbers = present(frame, at, |c| if let Cell::Integer(n) = c { Some(*n) } else { None });
                column.typed::<Int64Type>().write_batch(&numbers, Some(&levels), None)?;
            }
            Kind::Boolean => {
                let values = present(frame, at, |c| if let Cell::Boolean(b) = c { Some(*b) } else { None });
                column.typed::<BoolType>().write_batch(&values, Some(&levels), None)?;
            }
        }
        column.close()?;
        at += 1;
    }
    group.close()?;
    writer.into_inner()
}

/// The values that are not missing. A cell of another kind than its column's would leave too few, which the writer refuses.
fn present<T>(frame: &Frame, at: usize, value: impl Fn(&Cell) -> Option<T>) -> Vec<T> {
    frame.values(at).filter(|c| **c != Cell::Missing).filter_map(value).collect()
}

fn schema(frame: &Frame) -> Result<TypePtr> {
    let fields = frame.columns.iter().map(field).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(Type::group_type_builder("table").with_fields(fields).build()?))
}

fn field(column: &Column) -> Result<TypePtr> {
    let (physical, logical) = match column.kind {
        Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
        Kind::Integer => (Physical::INT64, None),
        Kind::Boolean => (Physical::BOOLEAN, None),
    };
    let built = Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL);
    Ok(Arc::new(built.with_logical_type(logical).build()?))
}
