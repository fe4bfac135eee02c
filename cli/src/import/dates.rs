//! The forms in which tables write dates. A mapping says which; nothing is guessed.
//! Not here: which column has which form (`mapping`, `members`).

use answerable_schemas::dates::CalendarDate;
use serde::Deserialize;

/// How dates are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum DateFormat {
    #[serde(rename = "YYYY-MM-DD")]
    Iso,
    /// For tables that know some of their dates only by the month, and write those as its first day.
    #[serde(rename = "YYYY-MM-DD, 01 unknown")]
    IsoFirstUnknown,
    #[serde(rename = "D Mon YYYY")]
    DayMonthName,
    #[serde(rename = "D/M/YYYY")]
    DayFirst,
    #[serde(rename = "M/D/YYYY")]
    MonthFirst,
}

impl DateFormat {
    pub fn as_str(self) -> &'static str {
        match self {
            DateFormat::Iso => "YYYY-MM-DD",
            DateFormat::IsoFirstUnknown => "YYYY-MM-DD, 01 unknown",
            DateFormat::DayMonthName => "D Mon YYYY",
            DateFormat::DayFirst => "D/M/YYYY",
            DateFormat::MonthFirst => "M/D/YYYY",
        }
    }

    /// Reads a date, and what follows it in the cell ("" where nothing does). None: this is not such a date.
    pub fn read(self, cell: &str) -> Option<(CalendarDate, String)> {
        let words: Vec<&str> = cell.split_whitespace().collect();
        let (date, suffix) = words.split_at_checked(if self == DateFormat::DayMonthName { 3 } else { 1 })?;
        let date = match self {
            DateFormat::Iso => date[0].parse().ok()?,
            DateFormat::IsoFirstUnknown => match (date[0].parse().ok()?, date[0].strip_suffix("-01")) {
                (_, Some(month)) if date[0].len() == "YYYY-MM-01".len() => month.parse().ok()?,
                (day, _) => day,
            },
            DateFormat::DayMonthName => {
                let month = MONTHS.iter().position(|m| *m == date[1])?;
                calendar_date(date[0], &(month + 1).to_string(), date[2])?
            }
            DateFormat::DayFirst | DateFormat::MonthFirst => {
                let mut parts = date[0].splitn(3, '/');
                let (a, b, year) = (parts.next()?, parts.next()?, parts.next()?);
                let (day, month) = if self == DateFormat::DayFirst { (a, b) } else { (b, a) };
                calendar_date(day, month, year)?
            }
        };
        Some((date, suffix.join(" ")))
    }
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn calendar_date(day: &str, month: &str, year: &str) -> Option<CalendarDate> {
    // The widths are CalendarDate's own check; a longer or shorter part does not parse.
    format!("{year}-{month:0>2}-{day:0>2}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_the_mapping_says_and_never_guessed() {
        use DateFormat::*;
        for (format, cell, date, suffix) in [
            (Iso, " 1994-02\u{a0}a ", "1994-02", "a"),
            (Iso, "1994-02-01", "1994-02-01", ""),
            (IsoFirstUnknown, "1994-02-01", "1994-02", ""),
            (IsoFirstUnknown, "1994-02-11 x", "1994-02-11", "x"),
            (IsoFirstUnknown, "1994-01", "1994-01", ""),
            (DayMonthName, "3 Jun 2013", "2013-06-03", ""),
            (DayMonthName, "03  Jun 2013 AA x", "2013-06-03", "AA x"),
            (DayFirst, "3/12/2013", "2013-12-03", ""),
            (MonthFirst, "3/12/2013 d", "2013-03-12", "d"),
        ] {
            assert_eq!(format.read(cell), Some((date.parse().unwrap(), suffix.into())), "{cell}");
        }
        for (format, cell) in [
            (Iso, "3 Jun 2013"),
            (IsoFirstUnknown, "1994-13-01"),
            (DayMonthName, "3 June 2013"),
            (DayMonthName, "31 Jun 2013"),
            (DayMonthName, "3 Jun 13"),
            (DayMonthName, "[3 Jun 2013]"),
            (DayFirst, "3/13/2013"),
            (MonthFirst, "+3/12/2013"),
        ] {
            assert_eq!(format.read(cell), None, "{cell}");
        }
    }
}
