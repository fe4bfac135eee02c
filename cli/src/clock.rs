//! The one place that reads the clock.

use answerable_schemas::Instant;
use jiff::civil::Date;

pub fn now() -> Instant {
    Instant::from_millis(jiff::Timestamp::now().as_millisecond()).expect("the clock is within the years 1 to 9999")
}

pub fn today() -> Date {
    now().day()
}
