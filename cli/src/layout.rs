//! Answers laid out for people, in 80 columns whatever the terminal: text wrapped, tables whose cells wrap or are cut.
//! Not here: what programs read (`output`), where nothing is wrapped or cut.

use answerable_ledger::projection::treaty::list;

use crate::output::Answer;

/// The width that every layout keeps to.
pub const WIDTH: usize = 80;

/// Text in lines, each after `indent` spaces; a word longer than a line is broken.
pub fn wrapped(text: &str, indent: usize) -> Vec<String> {
    lines(text, WIDTH - indent).into_iter().map(|l| format!("{:indent$}{l}", "")).collect()
}

/// At most so many characters, with a sign that there were more.
pub fn shortened(text: &str, most: usize) -> String {
    cut(text, most).map_or_else(|| text.to_owned(), |kept| kept + "…")
}

/// What is kept of a text that is longer.
fn cut(text: &str, most: usize) -> Option<String> {
    (text.chars().count() > most).then(|| text.chars().take(most.saturating_sub(1)).collect())
}

/// A line, broken between words where it is wider; what goes on is indented.
fn hanging(line: &str, width: usize) -> Vec<String> {
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

/// Record numbers for people: the first ones, the last, and how many there are.
pub fn records(all: &[u64]) -> String {
    match all {
        [a, b, c, .., last] if all.len() > 6 => format!("{a}, {b}, {c} … {last} ({} records)", all.len()),
        _ => list(all),
    }
}

fn lines(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut rest: Vec<char> = word.chars().collect();
        let used = line.chars().count();
        if used > 0 && used + 1 + rest.len() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        while rest.len() > width {
            let tail = rest.split_off(width);
            lines.push(rest.into_iter().collect());
            rest = tail;
        }
        line.extend(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// A table of so many columns, each with the width that its cells may have at most; 0 is what is left. A cell that is
/// wider wraps, or is cut. Below a row stand its notes.
pub struct Grid {
    columns: Vec<(&'static str, usize)>,
    rows: Vec<(Vec<String>, Vec<String>)>,
    cuts: bool,
}

impl Grid {
    pub fn new(columns: &[(&'static str, usize)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new(), cuts: false }
    }

    /// A row is a line: wider cells are cut.
    pub fn cutting(columns: &[(&'static str, usize)]) -> Self {
        Self { cuts: true, ..Self::new(columns) }
    }

    pub fn row<const N: usize>(&mut self, cells: [String; N], notes: Vec<String>) {
        let fit = |(cell, (_, most)): (String, &(&str, usize))| match cut(&cell, *most) {
            Some(kept) if self.cuts => format!("{}…", kept.trim_end()),
            _ => cell,
        };
        self.rows.push((cells.into_iter().zip(&self.columns).map(fit).collect(), notes));
    }

    /// Puts the table into the answer, for people alone; no line around it is wider either.
    pub fn show_in(&self, answer: &mut Answer) {
        answer.lines = Some(self.lines().iter().flat_map(|l| l.split('\n').map(str::to_owned)).collect());
        for lines in [&mut answer.head, &mut answer.foot] {
            *lines = lines.iter().flat_map(|l| hanging(l, WIDTH)).collect();
        }
    }

    pub fn lines(&self) -> Vec<String> {
        if self.rows.is_empty() {
            return Vec::new();
        }
        let widths = self.widths();
        let header: Vec<String> = self.columns.iter().map(|(name, _)| name.to_uppercase()).collect();
        let mut out = self.side_by_side(&header, &widths);
        for (cells, notes) in &self.rows {
            out.extend(self.side_by_side(cells, &widths));
            out.extend(notes.iter().flat_map(|n| wrapped(n, 4)));
        }
        out
    }

    fn widths(&self) -> Vec<usize> {
        let longest = |i: usize| {
            let cells = self.rows.iter().filter_map(|(cells, _)| cells.get(i));
            cells.map(|c| c.chars().count()).chain([self.columns[i].0.chars().count()]).max().unwrap_or(1).max(1)
        };
        if self.cuts {
            return (0..self.columns.len()).map(longest).collect();
        }
        let capped =
            self.columns.iter().enumerate().map(|(i, (_, most))| if *most == 0 { 0 } else { longest(i).min(*most) });
        let mut widths: Vec<usize> = capped.collect();
        let used: usize = widths.iter().sum::<usize>() + 2 * (widths.len() - 1);
        let free = widths.iter().filter(|w| **w == 0).count().max(1);
        for (i, width) in widths.iter_mut().enumerate().filter(|(_, w)| **w == 0) {
            *width = longest(i).min((WIDTH.saturating_sub(used) / free).max(8));
        }
        widths
    }

    fn side_by_side(&self, cells: &[String], widths: &[usize]) -> Vec<String> {
        let fit = |(cell, width): (&String, &usize)| if self.cuts { vec![cell.clone()] } else { lines(cell, *width) };
        let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(fit).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(0);
        let line = |i: usize| {
            let parts = wrapped.iter().zip(widths).map(|(lines, width)| {
                let text = lines.get(i).map_or("", String::as_str);
                format!("{text}{:pad$}", "", pad = width - text.chars().count())
            });
            parts.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        (0..height).map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_wider_than_eighty_columns_and_nothing_is_lost() {
        let long = "protection ".repeat(30) + &"x".repeat(200);
        let all = wrapped(&long, 4);
        assert!(all.iter().all(|l| l.chars().count() <= WIDTH && l.starts_with("    ")));
        assert_eq!(all.concat().replace(' ', ""), long.replace(' ', ""));
        let mut grid = Grid::new(&[("state", 12), ("text", 0), ("records", 14)]);
        grid.row(["state:RWA".into(), long.clone(), "1, 2, 3".into()], vec![long.clone()]);
        assert!(grid.lines().iter().all(|l| l.chars().count() <= WIDTH));
        assert_eq!(grid.lines()[0], format!("STATE      TEXT{}RECORDS", " ".repeat(80 - 11 - 4 - 7)));
        assert_eq!(shortened("abcdef", 4), "abc…");
        assert_eq!(records(&[1, 2, 3, 4, 5, 6, 9]), "1, 2, 3 … 9 (7 records)");
        assert_eq!(lines("", 5), [""]);
    }

    #[test]
    fn long_cells_are_cut_and_long_lines_are_broken() {
        let mut grid = Grid::cutting(&[("a", 3), ("b", 4)]);
        grid.row(["abc".into(), "ab cd".into()], Vec::new());
        assert_eq!(grid.lines(), ["A    B", "abc  ab…"]);
        assert_eq!(hanging("one two three", 9), ["one two", "    three"]);
        assert_eq!(hanging("  one two", 9), ["  one two"]);
    }
}
