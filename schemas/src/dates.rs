//! Two kinds of time: calendar dates of the world (which may be imprecise) and the instants of a clock.
//! Not here: any reading of a clock, and any time zone; a calendar date has none.

use std::fmt;

use jiff::ToSpan;
use jiff::civil::Date;
use jiff::tz::Offset;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A date as it is known: `YYYY-MM-DD`, `YYYY-MM` or `YYYY`; Gregorian, years 0001 to 9999; never padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CalendarDate {
    year: i16,
    month: Option<i8>,
    day: Option<i8>,
}

/// Whether a date that may be imprecise has come on a given day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    Yes,
    /// Between its first and its last possible day.
    Possibly,
    No,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not {1}")]
pub struct DateError(String, &'static str);

impl CalendarDate {
    pub fn on(day: Date) -> Self {
        Self { year: day.year(), month: Some(day.month()), day: Some(day.day()) }
    }
    /// The first day that it can mean.
    pub fn first_day(&self) -> Date {
        Date::new(self.year, self.month.unwrap_or(1), self.day.unwrap_or(1)).expect("checked when parsed")
    }
    /// The last day that it can mean: an imprecise date counts as reached on this day.
    pub fn last_day(&self) -> Date {
        match (self.month, self.day) {
            (_, Some(_)) => self.first_day(),
            (Some(_), None) => self.first_day().last_of_month(),
            (None, None) => self.first_day().last_of_year(),
        }
    }
    pub fn is_exact(&self) -> bool {
        self.day.is_some()
    }
    pub fn reached(&self, on: Date) -> Reached {
        if self.last_day() <= on {
            Reached::Yes
        } else if self.first_day() <= on {
            Reached::Possibly
        } else {
            Reached::No
        }
    }
}

impl fmt::Display for CalendarDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        if let Some(m) = self.month {
            write!(f, "-{m:02}")?;
        }
        if let Some(d) = self.day {
            write!(f, "-{d:02}")?;
        }
        Ok(())
    }
}

impl std::str::FromStr for CalendarDate {
    type Err = DateError;
    fn from_str(s: &str) -> Result<Self, DateError> {
        let bad = || DateError(s.to_owned(), "a date: expected YYYY-MM-DD, YYYY-MM or YYYY");
        let number = |part: &str, width: usize| {
            (part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<i16>().ok())
                .flatten()
                .ok_or_else(bad)
        };
        let parts: Vec<&str> = s.split('-').collect();
        if parts.len() > 3 {
            return Err(bad());
        }
        let year = number(parts[0], 4)?;
        let month = parts.get(1).map(|m| number(m, 2)).transpose()?.map(|m| m as i8);
        let day = parts.get(2).map(|d| number(d, 2)).transpose()?.map(|d| d as i8);
        if year < 1 || Date::new(year, month.unwrap_or(1), day.unwrap_or(1)).is_err() {
            return Err(bad());
        }
        Ok(Self { year, month, day })
    }
}

/// A moment of a clock: UTC, milliseconds since 1970-01-01T00:00:00Z; written `YYYY-MM-DDTHH:MM:SS.mmmZ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Instant(i64);

impl Instant {
    /// From milliseconds since the Unix epoch; None outside the years 0001 to 9999.
    pub fn from_millis(ms: i64) -> Option<Self> {
        let year = Offset::UTC.to_datetime(jiff::Timestamp::from_millisecond(ms).ok()?).year();
        (1..=9999).contains(&year).then_some(Self(ms))
    }
    pub fn millis(self) -> i64 {
        self.0
    }
    /// The UTC calendar day.
    pub fn day(self) -> Date {
        self.utc().date()
    }
    /// The last instant of a UTC day: what `--known-at DATE` means.
    pub fn end_of(day: Date) -> Self {
        let midnight = Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).unwrap_or(jiff::Timestamp::MAX);
        Self(midnight.as_millisecond().saturating_add(86_399_999))
    }
    fn utc(self) -> jiff::civil::DateTime {
        let t = jiff::Timestamp::from_millisecond(self.0).expect("checked on construction");
        Offset::UTC.to_datetime(t)
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let t = self.utc();
        let (h, m, s, ms) = (t.hour(), t.minute(), t.second(), t.millisecond());
        let two = |n: i8| [b'0' + n as u8 / 10, b'0' + n as u8 % 10];
        let [c, y] = [t.year() / 100, t.year() % 100].map(|n| two(n as i8));
        let [o, d] = [t.month(), t.day()].map(two);
        let [h, m, s, ms10] = [h, m, s, (ms / 10) as i8].map(two);
        let last = b'0' + (ms % 10) as u8;
        let text = [
            c[0], c[1], y[0], y[1], b'-', o[0], o[1], b'-', d[0], d[1], b'T', h[0], h[1], b':', m[0], m[1], b':', s[0],
            s[1], b'.', ms10[0], ms10[1], last, b'Z',
        ];
        f.write_str(std::str::from_utf8(&text).expect("digits are ASCII"))
    }
}

impl std::str::FromStr for Instant {
    type Err = DateError;
    fn from_str(s: &str) -> Result<Self, DateError> {
        let bad = || DateError(s.to_owned(), "an instant: expected YYYY-MM-DDTHH:MM:SS.mmmZ");
        // Only one spelling of an instant exists: no offset, no lower case, no second 60.
        let shaped = |(at, b): (usize, u8)| match at {
            4 | 7 => b == b'-',
            10 => b == b'T',
            13 | 16 => b == b':',
            19 => b == b'.',
            23 => b == b'Z',
            _ => b.is_ascii_digit(),
        };
        if s.len() != 24 || !s.bytes().enumerate().all(shaped) {
            return Err(bad());
        }
        let number =
            |from: usize, to: usize| s.as_bytes()[from..to].iter().fold(0, |n, b| 10 * n + i32::from(b - b'0'));
        let two = |at: usize| number(at, at + 2) as i8;
        let (year, nanos) = (number(0, 4) as i16, number(20, 23) * 1_000_000);
        let t =
            jiff::civil::DateTime::new(year, two(5), two(8), two(11), two(14), two(17), nanos).map_err(|_| bad())?;
        let t = Offset::UTC.to_timestamp(t).map_err(|_| bad())?;
        Self::from_millis(t.as_millisecond()).ok_or_else(bad)
    }
}

macro_rules! as_string {
    ($name:ident, $pattern:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(de::Error::custom)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern})
            }
        }
    };
}
as_string!(CalendarDate, "^[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?$");
as_string!(Instant, "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{3}Z$");

/// A period that a treaty counts from a deposit or a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "unit", content = "count", rename_all = "snake_case")]
pub enum Delay {
    /// The n-th day after; 0 is the same day.
    Days(u16),
    /// Calendar months; the 31st becomes the last day of a shorter month.
    Months(u16),
    /// The first day of the month after the n-th day (Rome Statute, article 126). A day that is itself the
    /// first of a month leads to the first of the NEXT month.
    FirstOfMonthAfterDays(u16),
}

impl Delay {
    /// The day on which the period has run; the end of year 9999 where the calendar ends first.
    pub fn after(self, start: Date) -> Date {
        match self {
            Delay::Days(n) => start.saturating_add(i32::from(n).days()),
            Delay::Months(n) => start.saturating_add(i32::from(n).months()),
            Delay::FirstOfMonthAfterDays(n) => {
                start.saturating_add(i32::from(n).days()).first_of_month().saturating_add(1.month())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn imprecise_dates_count_on_their_last_day() {
        let d: CalendarDate = "1994-02".parse().unwrap();
        assert_eq!((d.first_day(), d.last_day()), (date(1994, 2, 1), date(1994, 2, 28)));
        assert_eq!(d.reached(date(1994, 2, 27)), Reached::Possibly);
        assert_eq!(d.reached(date(1994, 2, 28)), Reached::Yes);
        assert_eq!(d.reached(date(1994, 1, 31)), Reached::No);
        assert_eq!(d.to_string(), "1994-02");
        for bad in ["", "94", "1994-2", "1994-02-30", "0000", "1994-13", "1994-01-01-01", "+994", "1994-01-01 "] {
            assert!(bad.parse::<CalendarDate>().is_err(), "{bad}");
        }
    }

    #[test]
    fn instants_have_one_spelling() {
        let s = "2026-11-23T19:40:21.123Z";
        assert_eq!(s.parse::<Instant>().unwrap().to_string(), s);
        for bad in [
            "2026-11-23T19:40:21Z",
            "2026-11-23T19:40:21.1234Z",
            "2026-11-23t19:40:21.123z",
            "2026-11-23T19:40:60.000Z",
            "2026-11-23T19:40:21.123+00:00",
            "2026-02-30T19:40:21.123Z",
        ] {
            assert!(bad.parse::<Instant>().is_err(), "{bad}");
        }
        assert_eq!(Instant::end_of(date(2026, 11, 23)).to_string(), "2026-11-23T23:59:59.999Z");
    }

    #[test]
    fn delays_follow_the_calendar() {
        assert_eq!(Delay::Days(90).after(date(1950, 10, 14)), date(1951, 1, 12));
        assert_eq!(Delay::Months(6).after(date(1999, 8, 31)), date(2000, 2, 29));
        assert_eq!(Delay::FirstOfMonthAfterDays(60).after(date(2002, 4, 11)), date(2002, 7, 1));
        // The 60th day after 2 April is 1 June: the first of the month AFTER it is 1 July.
        assert_eq!(Delay::FirstOfMonthAfterDays(60).after(date(2002, 4, 2)), date(2002, 7, 1));
        assert_eq!(Delay::Days(0).after(date(1967, 10, 4)), date(1967, 10, 4));
    }
}
