//! Conditions on rows, and the rows that a mapping does not take: those passed over, and known defects with a reason.
//! Not here: the acts of a row (`mapping`), what a rejection looks like (`plan`).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::rows::shown;

/// A condition on a row: the cell is exactly this text, or starts with it; or it does not.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawWhen")]
pub struct When {
    pub column: String,
    pub test: Test,
    pub not: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    Equals(String),
    Starts(String),
}

/// A known defect: rows that are not taken, and why.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawReject")]
pub struct Reject {
    pub when: When,
    pub reason: String,
    pub hint: Option<String>,
    /// The acts that are not taken; empty: all of them.
    pub acts: Vec<String>,
}

impl When {
    /// An absent cell is an empty one.
    pub fn holds(&self, cells: &Map<String, Value>) -> bool {
        let text = cells.get(&self.column).map(shown).unwrap_or_default();
        self.not
            != match &self.test {
                Test::Equals(wanted) => text == *wanted,
                Test::Starts(wanted) => text.starts_with(wanted),
            }
    }

    /// For hints.
    pub fn expected(&self) -> String {
        let not = if self.not { "not " } else { "" };
        match &self.test {
            Test::Equals(wanted) => format!("{not}{wanted:?}"),
            Test::Starts(wanted) => format!("{not}{wanted:?}…"),
        }
    }
}

impl Reject {
    pub fn concerns(&self, act: &str) -> bool {
        self.acts.is_empty() || self.acts.iter().any(|name| name == act)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWhen {
    column: String,
    equals: Option<String>,
    starts: Option<String>,
    #[serde(default)]
    not: bool,
}

impl TryFrom<RawWhen> for When {
    type Error = &'static str;
    fn try_from(raw: RawWhen) -> Result<Self, Self::Error> {
        let test = match (raw.equals, raw.starts) {
            (Some(text), None) => Test::Equals(text),
            (None, Some(text)) if !text.is_empty() => Test::Starts(text),
            _ => return Err("expected `equals` or `starts`, and a text to start with is not empty"),
        };
        Ok(When { column: raw.column, test, not: raw.not })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawReject {
    column: String,
    equals: Option<String>,
    starts: Option<String>,
    #[serde(default)]
    not: bool,
    reason: String,
    hint: Option<String>,
    #[serde(default)]
    acts: Vec<String>,
}

impl TryFrom<RawReject> for Reject {
    type Error = &'static str;
    fn try_from(raw: RawReject) -> Result<Self, Self::Error> {
        let RawReject { column, equals, starts, not, reason, hint, acts } = raw;
        if reason.trim().is_empty() {
            return Err("a row is rejected with a reason; this one is empty");
        }
        Ok(Reject { when: RawWhen { column, equals, starts, not }.try_into()?, reason, hint, acts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_looks_at_the_bytes_of_one_cell() {
        let cells = Map::from_iter([("a".to_owned(), "S/PV.1 ".into()), ("n".to_owned(), 1.into())]);
        for (text, holds) in [
            ("column = 'a'\nequals = 'S/PV.1 '", true),
            ("column = 'a'\nequals = 'S/PV.1'", false),
            ("column = 'a'\nequals = 'S/PV.1'\nnot = true", true),
            ("column = 'a'\nstarts = 'S/PV.'", true),
            ("column = 'a'\nstarts = 's/'", false),
            ("column = 'n'\nequals = '1'", true),
            ("column = 'absent'\nequals = ''", true),
            ("column = 'absent'\nstarts = 'x'\nnot = true", true),
        ] {
            assert_eq!(toml::from_str::<When>(text).unwrap().holds(&cells), holds, "{text}");
        }
        for (text, problem) in [
            ("column = 'a'", "expected `equals` or `starts`"),
            ("column = 'a'\nequals = 'x'\nstarts = 'x'", "expected `equals` or `starts`"),
            ("column = 'a'\nstarts = ''", "not empty"),
            ("equals = 'a'", "missing field `column`"),
            ("column = 'a'\nends = 'x'", "unknown field `ends`"),
        ] {
            let error = toml::from_str::<When>(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{text}: {error}");
        }
        let no_reason = toml::from_str::<Reject>("column = 'a'\nequals = 'x'\nreason = ' '").unwrap_err().to_string();
        assert!(no_reason.contains("rejected with a reason"), "{no_reason}");
    }
}
