//! Schedules: when something is due, as decisions say it, and the legal due dates that follow. Calendar arithmetic only.
//! "By 31 January 1994 and every three months thereafter" is `every` three months from 1994-01-31; "one month before that
//! reassessment" is `before` an anchor; "as appropriate" is `undated`, and what is undated is never overdue.
//! Not here: what was rescheduled or submitted (`law::reports`), when a mandate ends (`law::mandates`).

use jiff::Span;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dates::CalendarDate;
use crate::envelope::never_null;
use crate::ids::{ActorId, EventId, Slug, StreamName, TreatyId};

/// One clause of a schedule. A requirement has one or several: "an interim report by X, a final one at expiry".
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Schedule {
    /// On a date. An imprecise one is due on its last possible day.
    Once { on: CalendarDate },
    /// A period after something happened.
    After { anchor: Anchor, period: Period },
    /// A period before something happens.
    Before { anchor: Anchor, period: Period },
    /// First on a date, then every period after that date, until the requirement ends.
    Every {
        from: CalendarDate,
        period: Period,
        /// The last day on which one can be due, where the decision names it.
        #[serde(default, deserialize_with = "never_null", skip_serializing_if = "Option::is_none")]
        until: Option<CalendarDate>,
    },
    /// When a mandate expires: the final report.
    AtExpiry { mandate: Slug },
    /// No date: "as appropriate". The decision's own words.
    Undated { words: String },
}

/// What a period is counted from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Anchor {
    Date {
        on: CalendarDate,
    },
    /// The day on which a recorded act took effect, as it stands corrected.
    Event {
        event: EventId,
        stream: StreamName,
    },
    /// The day on which a mandate expires, as extended by then.
    Expiry {
        mandate: Slug,
    },
    /// The day on which a treaty entered into force for a state.
    EntryIntoForce {
        state: ActorId,
        treaty: TreatyId,
    },
}

/// A length of calendar time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Period {
    #[schemars(range(min = 1, max = 1200))]
    pub count: u16,
    pub unit: Unit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Also for periods of hours, rounded up: seventy-two hours are three days.
    Days,
    Weeks,
    Months,
    Years,
}

impl Period {
    /// So many times the period after a day; None beyond the calendar. The 31st becomes the last day of a shorter month.
    fn times(self, times: i64, start: Date) -> Option<Date> {
        let count = i64::from(self.count).checked_mul(times)?;
        let span = match self.unit {
            Unit::Days => Span::new().try_days(count),
            Unit::Weeks => Span::new().try_weeks(count),
            Unit::Months => Span::new().try_months(count),
            Unit::Years => Span::new().try_years(count),
        };
        start.checked_add(span.ok()?).ok()
    }
    /// The day on which the period has run; the end of the calendar where that comes first.
    pub fn after(self, start: Date) -> Date {
        self.times(1, start).unwrap_or(Date::MAX)
    }
    pub fn before(self, end: Date) -> Date {
        self.times(-1, end).unwrap_or(Date::MIN)
    }
    pub fn check(self) -> Result<(), String> {
        match (1..=1200).contains(&self.count) {
            true => Ok(()),
            false => Err("period: a count of 1 to 1,200".to_owned()),
        }
    }
}

/// Most due dates that one clause yields: a daily report over 27 years.
const MOST: i64 = 10_000;

impl Schedule {
    /// The legal due dates up to and including `horizon`, ascending. `resolve` tells the day of an anchor, None where it is
    /// not known (yet): then nothing is due. `end` is the last day of the requirement, if it has one.
    pub fn due_dates(&self, resolve: &dyn Fn(&Anchor) -> Option<Date>, end: Option<Date>, horizon: Date) -> Vec<Date> {
        let one =
            |day: Option<Date>| day.into_iter().filter(|d| *d <= horizon && end.is_none_or(|e| *d <= e)).collect();
        match self {
            Schedule::Once { on } => one(Some(on.last_day())),
            Schedule::After { anchor, period } => one(resolve(anchor).map(|d| period.after(d))),
            Schedule::Before { anchor, period } => one(resolve(anchor).map(|d| period.before(d))),
            Schedule::AtExpiry { mandate } => one(resolve(&Anchor::Expiry { mandate: mandate.clone() })),
            Schedule::Undated { .. } => Vec::new(),
            Schedule::Every { from, period, until } => {
                let last = until.iter().map(CalendarDate::last_day).chain(end).chain([horizon]).min();
                let last = last.expect("the horizon is always there");
                // Each is counted from the first, so that the 31st comes back after a shorter month.
                (0..MOST).map_while(|n| period.times(n, from.last_day())).take_while(|d| *d <= last).collect()
            }
        }
    }

    /// True for what is reckoned from the end of a mandate.
    pub fn rests_on_expiry(&self) -> bool {
        match self {
            Schedule::After { anchor, .. } | Schedule::Before { anchor, .. } => matches!(anchor, Anchor::Expiry { .. }),
            Schedule::AtExpiry { .. } => true,
            Schedule::Once { .. } | Schedule::Every { .. } | Schedule::Undated { .. } => false,
        }
    }

    /// What its JSON Schema says of numbers, which reading it as a type does not check.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Schedule::After { period, .. } | Schedule::Before { period, .. } | Schedule::Every { period, .. } => {
                period.check()
            }
            _ => Ok(()),
        }
    }

    /// As a person says it.
    pub fn words(&self) -> String {
        let of = |p: &Period| format!("{} {}", p.count, p.unit.as_str());
        match self {
            Schedule::Once { on } => format!("by {on}"),
            Schedule::After { anchor, period } => format!("{} after {}", of(period), anchor.words()),
            Schedule::Before { anchor, period } => format!("{} before {}", of(period), anchor.words()),
            Schedule::Every { from, period, until } => {
                let until = until.map_or(String::new(), |u| format!(" until {u}"));
                format!("by {from} and every {} thereafter{until}", of(period))
            }
            Schedule::AtExpiry { mandate } => format!("when the mandate {mandate} expires"),
            Schedule::Undated { words } => format!("undated: {words}"),
        }
    }
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Days => "days",
            Unit::Weeks => "weeks",
            Unit::Months => "months",
            Unit::Years => "years",
        }
    }
}

impl Anchor {
    fn words(&self) -> String {
        match self {
            Anchor::Date { on } => on.to_string(),
            Anchor::Event { event, stream } => format!("{}… in {stream}", &event.to_string()[..12]),
            Anchor::Expiry { mandate } => format!("the expiry of {mandate}"),
            Anchor::EntryIntoForce { state, treaty } => format!("{treaty} enters into force for {state}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn due(schedule: serde_json::Value, end: Option<Date>, horizon: Date) -> Vec<String> {
        let schedule: Schedule = serde_json::from_value(schedule).unwrap();
        schedule.check().unwrap();
        let resolve = |a: &Anchor| match a {
            Anchor::Date { on } => Some(on.last_day()),
            Anchor::Expiry { mandate } if mandate.as_str() == "unamir" => Some(date(1994, 4, 5)),
            _ => None,
        };
        schedule.due_dates(&resolve, end, horizon).into_iter().map(|d| d.to_string()).collect()
    }

    #[test]
    fn the_clauses_of_real_resolutions() {
        use serde_json::json;
        let far = date(1994, 12, 31);
        // S/RES/882 (1993): "by 31 January 1994 and every three months thereafter". The 31st comes back.
        let every = json!({"kind": "every", "from": "1994-01-31", "period": {"count": 3, "unit": "months"}});
        assert_eq!(due(every.clone(), None, far), ["1994-01-31", "1994-04-30", "1994-07-31", "1994-10-31"]);
        assert_eq!(due(every, Some(date(1994, 7, 30)), far), ["1994-01-31", "1994-04-30"], "none after the end");
        // S/RES/831 (1993): "one month before that reassessment".
        let reassessment = json!({"kind": "date", "on": "1993-12-31"});
        let before = json!({"kind": "before", "anchor": reassessment, "period": {"count": 1, "unit": "months"}});
        assert_eq!(due(before, None, far), ["1993-11-30"]);
        // S/RES/522 (1982): "within seventy-two hours".
        let adoption = json!({"kind": "date", "on": "1982-10-04"});
        let after = json!({"kind": "after", "anchor": adoption, "period": {"count": 3, "unit": "days"}});
        assert_eq!(due(after, None, far), ["1982-10-07"]);
        assert_eq!(due(json!({"kind": "at_expiry", "mandate": "unamir"}), None, far), ["1994-04-05"]);
        assert_eq!(due(json!({"kind": "at_expiry", "mandate": "unknown"}), None, far), [""; 0]);
        assert_eq!(due(json!({"kind": "undated", "words": "as appropriate"}), None, far), [""; 0]);
        assert_eq!(due(json!({"kind": "once", "on": "1994-02"}), None, far), ["1994-02-28"]);
        assert_eq!(due(json!({"kind": "once", "on": "1995"}), None, far), [""; 0], "not within the horizon");
        // A schedule that runs to the end of the calendar once was a panic: 20,400 years are no span.
        let ages = json!({"kind": "every", "from": "1994", "period": {"count": 1200, "unit": "years"}});
        assert_eq!(due(ages, None, Date::MAX).len(), 7);
        let daily = json!({"kind": "every", "from": "9999-12-30", "period": {"count": 1, "unit": "days"}});
        assert_eq!(due(daily, None, Date::MAX), ["9999-12-30", "9999-12-31"]);
        assert!(Period { count: 0, unit: Unit::Days }.check().is_err(), "a period of nothing would never end");
    }
}
