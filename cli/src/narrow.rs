//! Tables that fit a terminal of 80 columns: long cells are shortened, long lines around them are broken. For people alone.
//! Not here: what programs get (`output`), where nothing is ever shortened.

use crate::output::Answer;

/// Of a terminal.
const WIDTH: usize = 80;

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
    /// Puts the table into the answer, for people alone; no line around it is wider than a terminal either.
    pub fn show_in(self, answer: &mut Answer) {
        answer.lines = Some(self.table().lines().map(str::to_owned).collect());
        for lines in [&mut answer.head, &mut answer.foot] {
            *lines = lines.iter().flat_map(|l| wrapped(l, WIDTH)).collect();
        }
    }

    /// Two spaces between columns, and none before the first.
    fn table(&self) -> String {
        let header: Vec<String> = self.columns.iter().map(|(name, _)| name.to_uppercase()).collect();
        let rows: Vec<Vec<String>> = std::iter::once(header).chain(self.rows.iter().cloned()).collect();
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
fn wrapped(line: &str, width: usize) -> Vec<String> {
    if line.chars().count() <= width {
        return vec![line.to_owned()];
    }
    let (mut lines, mut now) = (Vec::new(), String::new());
    for word in line.split(' ') {
        let fits = now.chars().count() + 1 + word.chars().count() <= width;
        if now.is_empty() {
            now.push_str(word);
        } else if fits {
            now = format!("{now} {word}");
        } else {
            lines.push(std::mem::replace(&mut now, format!("    {word}")));
        }
    }
    lines.push(now);
    lines
}

/// At most so many characters, the last of them a sign that there is more.
pub fn short(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let cut: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}\u{2026}", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_cells_are_shortened_and_long_lines_are_broken() {
        assert_eq!((short("abc", 3), short("ab cd", 4)), ("abc".to_owned(), "ab\u{2026}".to_owned()));
        assert_eq!(wrapped("one two three", 9), ["one two", "    three"]);
        assert_eq!(wrapped("  one two", 9), ["  one two"]);
    }
}
