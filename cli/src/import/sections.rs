//! Texts in sections: `#Name` on a line of its own opens one, and what follows, up to the next such line, is its text.
//! A section is a row with the columns `name` and `text`; a text keeps its line feeds, without empty lines at its ends.
//! Not here: tables (`rows`), whether a text may stand in a record (`reader`).

use serde_json::Map;

use super::rows::{Columns, Reads, Row, TableError, unreadable, utf8};

pub const NAME: &str = "name";
pub const TEXT: &str = "text";

/// Each section is a row.
pub fn sections(input: &[u8], reads: &mut impl Reads) -> Result<(), TableError> {
    reads.columns(Columns(vec![NAME.into(), TEXT.into()]))?;
    let mut open: Option<(u64, &str, Vec<&str>)> = None;
    for (number, line) in (1..).zip(utf8(input)?.lines()) {
        match (line.strip_prefix('#'), &mut open) {
            (Some(name), _) => {
                if let Some(before) = open.replace((number, name.trim(), vec![])) {
                    reads.row(row(before));
                }
            }
            (None, Some((_, _, lines))) => lines.push(line),
            (None, None) if line.trim().is_empty() => {}
            (None, None) => return Err(unreadable(number, "a text before the first line that begins with #")),
        }
    }
    open.map(row).into_iter().for_each(|last| reads.row(last));
    Ok(())
}

fn row((line, name, lines): (u64, &str, Vec<&str>)) -> Row {
    if name.is_empty() {
        return Row { line, cells: Err("a section without a name".into()) };
    }
    let text = lines.join("\n").trim().to_owned();
    Row { line, cells: Ok(Map::from_iter([(NAME.to_owned(), name.into()), (TEXT.to_owned(), text.into())])) }
}

#[cfg(test)]
mod tests {
    use super::super::rows::Table;
    use super::*;

    #[test]
    fn a_section_is_a_row_of_its_heading_line() {
        let text = "\u{feff}\r\n#Albania \r\n\r\n“One”\r\n\r\n two # 2\r\n\r\n#Finland\n\n#\nlost?\n# Yemen\nlast";
        let table = Table::read(|table| sections(text.as_bytes(), table)).unwrap();
        table.columns.require([NAME, TEXT]).unwrap();
        let told = |row: &Row| match &row.cells {
            Ok(cells) => format!("{} {} {}", row.line, cells[NAME], cells[TEXT]),
            Err(problem) => format!("{} {problem}", row.line),
        };
        assert_eq!(
            table.rows.iter().map(told).collect::<Vec<_>>(),
            [
                "2 \"Albania\" \"“One”\\n\\n two # 2\"",
                "8 \"Finland\" \"\"",
                "10 a section without a name",
                "12 \"Yemen\" \"last\""
            ]
        );
        assert!(Table::read(|table| sections(b"", table)).unwrap().rows.is_empty());
    }

    #[test]
    fn a_text_of_nobody_is_an_error() {
        let error = |text: &[u8]| Table::read(|table| sections(text, table)).unwrap_err().to_string();
        assert_eq!(error(b"\n\nstray\n#A\n"), "line 3: a text before the first line that begins with #");
        assert_eq!(error(b"#A\nC\xf4te\n"), "not UTF-8: line 2, byte 4 of the file, counted from 0");
    }
}
