//! Mappings: a small TOML file that says how the rows of a table become acts. Everything that can be wrong with a
//! mapping alone is found when it is read, before any table is.
//! Not here: the members of a body (`members`), conditions on rows (`rules`), the rows (`plan`), the names and their codes
//! (`codes`), the ledger.
//!
//! ```toml
//! version = 1
//! id = "untc-iv-1"              # names the table in natural keys; never change it: [a-z0-9-]
//! format = "csv"                # "json": an array of objects, or one object per line (JSON Lines); or "sections"
//! comment = "#"                 # optional, CSV: lines that begin with this mark are no rows
//! key = ["Participant"]         # the columns that tell the rows apart
//! key_hash = ["Text"]           # optional: columns too long for a key; their hash is its last part
//! standing = "transcribed"      # whose word it is: "transcribed" (default), "own" or "depositary"
//!
//! [source]                      # where it was read; required when transcribed
//! title = "…"
//! url = "https://…"             # a url, a document symbol, or both
//! document = "MTDSG IV-1"       # or { column = "…" }
//! seen = "2015-03-14"           # the day on which it was seen; the command line may say another
//!
//! [codes.country]               # a code list: a CSV file, its path relative to the mapping
//! file = "../country-names.csv"
//! name = "name"                 # its column of names, as tables write them, and its column of codes
//! code = "actor"
//! valid_from = "valid_from"     # optional: they decide, by `seen`, where one name stands for several codes
//! valid_until = "valid_until"   # (the last day)
//! only = [{ column = "act", equals = "consent" }]   # optional: only these rows of the file are the list
//! unlisted = "kept"             # optional: a name that is not in the list stands for itself
//!
//! [columns.Participant]         # the cells of this column are names of that list, and count as their codes
//! codes = "country"
//!
//! [[skip]]                      # optional: rows to pass over
//! column = "act"
//! equals = "note"               # or `starts = "…"`; with `not = true` the other rows
//!
//! [[reject]]                    # optional: known defects; such a row is listed as rejected
//! column = "name"
//! equals = "UNOSOM"
//! reason = "…"
//! hint = "…"                    # optional
//! acts = ["consent"]            # optional: only these acts are not taken
//!
//! [[act]]                       # each row makes each of these acts that it has a date for
//! name = "consent"              # its part of the natural key
//! type = "treaty.consent_deposited"
//! when = { column = "act", equals = "consent" }                  # optional: only such rows; a list: all hold
//! effective = { column = "Ratification", date = "D Mon YYYY" }   # an empty cell: no such act
//!                               # `required = true`: an empty cell is an error; { value = "1948-12-09" }: one for all;
//!                               # { column = "session", codes = "session-end" }: a code list whose codes are dates
//! [act.suffix]                  # optional: what may follow the date in its cell, and what it adds to the body
//! "" = { mode = "ratification" }
//! a = { mode = "accession" }
//!
//! [act.body]                    # or, for JSON, body = "row": the whole object is the body
//! treaty = { value = "genocide-convention" }                     # the same in every row
//! state = { column = "Participant" }                             # a cell; an empty one is an error,
//! succession_date = { column = "X", date = "D/M/YYYY", optional = true }  # or leaves the member out
//! count = { column = "N", as = "integer" }                       # or "boolean" (true, false), or "string"
//! note = { column = "Text", trim = true }                        # without white space at its ends
//! kind = { column = "Kind", codes = "kinds" }                    # read through a code list in this place only
//! response = { column = "R", values = { Yes = "accepted" } }     # or through these values; another is rejected
//! themes = { column = "Issues", split = "," }                    # a list; its items may have `codes` or `values`
//! vetoes = { columns = ["V1", "V2"] }                            # a list of the cells that are not empty
//! decision = { text = "S/RES/{no}({date:year})" }                # a text with cells in it
//! label = { id = "upr-{session}-{who}-{#}", hash = ["Text"] }    # the same as a slug; {#}: the hash of these columns
//! until = { object = { kind = { value = "date" }, on = { column = "until" } } }   # an object of members
//! ```
//!
//! Dates are `YYYY-MM-DD` (which admits `YYYY-MM` and `YYYY`), `D Mon YYYY` (3 Jun 2013), `D/M/YYYY`, `M/D/YYYY`, or
//! `YYYY-MM-DD, 01 unknown` (a first of a month stands for the month).
//! The natural key of an act is `ID:KEY/KEY:NAME`; `/` within a key cell is written `%2F`, and `%` is written `%25`.

use std::collections::{BTreeMap, BTreeSet};

use answerable_schemas::bundle::body_schema;
use answerable_schemas::catalogue::TYPES;
use answerable_schemas::dates::CalendarDate;
use answerable_schemas::envelope::Standing;
use answerable_schemas::ids::TypeName;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::codes::nearest;
use super::dates::DateFormat;
use super::members::{Codes, Fixed, Member, Reading};
use super::rules::{Reject, When};
use super::sections;

/// A mapping that was read and found consistent.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// Of the syntax: 1.
    pub version: u32,
    pub id: String,
    pub format: Format,
    pub comment: Option<char>,
    pub key: Vec<String>,
    #[serde(default)]
    pub key_hash: Vec<String>,
    #[serde(default = "transcribed")]
    pub standing: Standing,
    pub source: Option<SourceSpec>,
    #[serde(default)]
    pub codes: BTreeMap<String, CodesSpec>,
    #[serde(default)]
    pub columns: BTreeMap<String, ColumnSpec>,
    #[serde(default)]
    pub skip: Vec<When>,
    #[serde(default)]
    pub reject: Vec<Reject>,
    #[serde(rename = "act")]
    pub acts: Vec<ActSpec>,
}

/// Why a mapping cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MappingError {
    /// The text ends with a line feed, and shows the place.
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    #[error("version {0} of the mapping syntax is not known; this program reads version 1")]
    Version(i64),
    #[error("{0}")]
    Invalid(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Json,
    Sections,
}

/// Where the table was read.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    pub title: String,
    pub url: Option<String>,
    pub document: Option<DocumentSpec>,
    #[serde(default, deserialize_with = "optional_date")]
    pub seen: Option<CalendarDate>,
}

/// A document symbol: one for the table, or each row's own.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum DocumentSpec {
    Fixed(String),
    Column(String),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodesSpec {
    pub file: String,
    pub name: String,
    pub code: String,
    pub valid_from: Option<String>,
    pub valid_until: Option<String>,
    /// Only the rows of the file for which all of these hold.
    #[serde(default)]
    pub only: Vec<When>,
    pub unlisted: Option<Unlisted>,
}

/// What a name that is not in a list stands for: itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Unlisted {
    Kept,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnSpec {
    pub codes: String,
}

/// One act that a row can make.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActSpec {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: TypeName,
    /// All of them hold.
    #[serde(default, deserialize_with = "one_or_several")]
    pub when: Vec<When>,
    pub effective: Effective,
    #[serde(default)]
    pub suffix: BTreeMap<String, BTreeMap<String, Fixed>>,
    pub body: BodySpec,
}

/// The day of the act.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawEffective")]
pub enum Effective {
    Fixed(CalendarDate),
    Cell { column: String, written: Written, required: bool },
}

/// How a cell says a day: as a date, or as a name that a code list has a date for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Written {
    Date(DateFormat),
    Codes(String),
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub enum BodySpec {
    /// The whole JSON object.
    Row,
    Members(BTreeMap<String, Member>),
}

impl Mapping {
    /// Reads a mapping file.
    pub fn parse(text: &str) -> Result<Self, MappingError> {
        #[derive(Deserialize)]
        struct Probe {
            version: Option<i64>,
        }
        if let Some(version) = toml::from_str::<Probe>(text)?.version.filter(|v| *v != 1) {
            return Err(MappingError::Version(version));
        }
        let mapping: Mapping = toml::from_str(text)?;
        mapping.check().map_err(MappingError::Invalid)?;
        Ok(mapping)
    }

    /// Says on which day the source was seen, whatever the file says. Without a source there is nothing to say.
    pub fn set_seen(&mut self, seen: CalendarDate) {
        if let Some(source) = &mut self.source {
            source.seen = Some(seen);
        }
    }

    /// Every column that is named, and whether a table of JSON objects may lack it.
    pub fn used_columns(&self) -> BTreeMap<&str, bool> {
        let mut named: Vec<(&str, bool)> = self.key.iter().chain(&self.key_hash).map(|c| (c.as_str(), false)).collect();
        let rules = self.skip.iter().chain(self.reject.iter().map(|reject| &reject.when));
        named.extend(rules.map(|when| (when.column.as_str(), false)));
        if let Some(SourceSpec { document: Some(DocumentSpec::Column(column)), url, .. }) = &self.source {
            named.push((column, url.is_some()));
        }
        for act in &self.acts {
            named.extend(act.when.iter().map(|w| (w.column.as_str(), false)));
            if let Effective::Cell { column, .. } = &act.effective {
                named.push((column, false));
            }
            if let BodySpec::Members(members) = &act.body {
                for part in members.values().flat_map(Member::parts) {
                    named.extend(part.columns().into_iter().map(|column| (column, part.optional())));
                }
            }
        }
        let mut columns = BTreeMap::new();
        for (column, may_lack) in named {
            *columns.entry(column).or_insert(true) &= may_lack;
        }
        columns
    }

    /// Every code list that is named, and where.
    pub fn used_lists(&self) -> Vec<(&str, String)> {
        let columns = self.columns.iter();
        let mut named: Vec<_> = columns.map(|(name, c)| (c.codes.as_str(), format!("columns.{name:?}"))).collect();
        for act in &self.acts {
            if let Effective::Cell { written: Written::Codes(list), .. } = &act.effective {
                named.push((list, format!("act {:?}: effective", act.name)));
            }
            if let BodySpec::Members(members) = &act.body {
                for (name, member) in members {
                    named.extend(member.lists().into_iter().map(|l| (l, format!("act {:?}: {name}", act.name))));
                }
            }
        }
        named
    }

    fn check(&self) -> Result<(), String> {
        let word = |text: &str, also: &[u8]| {
            (1..=64).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || also.contains(&b))
        };
        ensure(word(&self.id, b"-"), || format!("id: {:?} is not of [a-z0-9-], 1 to 64", self.id))?;
        ensure(!self.key.is_empty() && distinct(&self.key), || "key: at least one column, each once".into())?;
        ensure(distinct(&self.key_hash), || "key_hash: a column twice".into())?;
        if let Some(mark) = self.comment {
            ensure(self.format == Format::Csv, || "comment: for CSV only".into())?;
            let good = mark.is_ascii_punctuation() && mark != '"' && mark != ',';
            ensure(good, || format!("comment: {mark:?} is not a mark that may begin a comment"))?;
        }
        match &self.source {
            None => ensure(self.standing != Standing::Transcribed, || "a transcription needs a [source]".into())?,
            Some(s) => {
                ensure(s.url.is_some() || s.document.is_some(), || "source: `url` or `document` is needed".into())?
            }
        }
        let used = self.used_columns();
        for name in self.columns.keys() {
            ensure(used.contains_key(name.as_str()), || format!("columns.{name:?}: nothing reads this column"))?;
        }
        for (list, place) in self.used_lists() {
            ensure(self.codes.contains_key(list), || format!("{place}: there is no [codes.{list}]"))?;
        }
        let unknown =
            used.keys().find(|c| self.format == Format::Sections && ![sections::NAME, sections::TEXT].contains(c));
        if let Some(column) = unknown {
            return Err(format!(
                "{column:?}: the columns of sections are {:?} and {:?}",
                sections::NAME,
                sections::TEXT
            ));
        }
        ensure(!self.acts.is_empty(), || "at least one [[act]] is needed".into())?;
        let names: Vec<_> = self.acts.iter().map(|a| &a.name).collect();
        ensure(distinct(&names), || "two acts have the same name".into())?;
        if let Some(name) = self.reject.iter().flat_map(|r| &r.acts).find(|name| !names.contains(name)) {
            return Err(format!("reject: there is no act {name:?}"));
        }
        for act in &self.acts {
            ensure(word(&act.name, b"_-"), || format!("act name {:?} is not of [a-z0-9_-], 1 to 64", act.name))?;
            self.check_act(act).map_err(|problem| format!("act {:?}: {problem}", act.name))?;
        }
        Ok(())
    }

    fn check_act(&self, act: &ActSpec) -> Result<(), String> {
        let Some(schema) = body_schema(act.kind.as_str()) else {
            let near = nearest(act.kind.as_str(), TYPES.iter().map(|t| t.name));
            let near = if near.is_empty() { String::new() } else { format!("; close: {}", near.join(", ")) };
            return Err(format!("unknown event type {}{near}", act.kind));
        };
        let dated_by_cell = matches!(act.effective, Effective::Cell { written: Written::Date(_), .. });
        ensure(act.suffix.is_empty() || dated_by_cell, || "a suffix follows a date in a column".into())?;
        for text in act.suffix.keys() {
            let single = text.split_whitespace().collect::<Vec<_>>().join(" ");
            ensure(*text == single, || format!("suffix {text:?}: write it as {single:?}"))?;
        }
        let BodySpec::Members(members) = &act.body else {
            ensure(self.format == Format::Json, || "body = \"row\" is for JSON; list the members".into())?;
            return ensure(act.suffix.is_empty(), || "a whole row as body leaves no place for a suffix".into());
        };
        // A code is a text, whatever the table is.
        let typed = |m: &Member| matches!(m, Member::Cell { reading: Reading::As(_), codes: Codes::Themselves, .. });
        let typed_json = self.format == Format::Json && members.values().flat_map(Member::parts).any(typed);
        ensure(!typed_json, || "a JSON value has its type already; leave `as` out".into())?;

        let known: BTreeSet<&str> = schema["properties"].as_object().into_iter().flatten().map(|(k, _)| &**k).collect();
        let needed = || schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let no_suffix = BTreeMap::new();
        let suffixes = if act.suffix.is_empty() { vec![&no_suffix] } else { act.suffix.values().collect() };
        for suffix in suffixes {
            for name in members.keys().chain(suffix.keys()) {
                ensure(known.contains(name.as_str()), || {
                    let known = known.iter().copied().collect::<Vec<_>>().join(", ");
                    format!("the body of {} has no member {name:?}; it has {known}", act.kind)
                })?;
            }
            if let Some(name) = suffix.keys().find(|name| members.contains_key(*name)) {
                return Err(format!("both the body and a suffix give {name:?}"));
            }
            for name in needed() {
                let given = match members.get(name) {
                    Some(member) if member.optional() => {
                        return Err(format!("{} needs {name:?}; it cannot be optional", act.kind));
                    }
                    member => member.is_some() || suffix.contains_key(name),
                };
                ensure(given, || format!("{} needs {name:?}, in the body or in every suffix", act.kind))?;
            }
        }
        Ok(())
    }
}

fn ensure(good: bool, problem: impl FnOnce() -> String) -> Result<(), String> {
    if good { Ok(()) } else { Err(problem()) }
}

fn distinct<T: Ord>(items: &[T]) -> bool {
    items.iter().collect::<BTreeSet<_>>().len() == items.len()
}

fn transcribed() -> Standing {
    Standing::Transcribed
}

/// TOML has dates of its own: `2015-03-14` and `"2015-03-14"` mean the same here.
fn optional_date<'de, D: Deserializer<'de>>(d: D) -> Result<Option<CalendarDate>, D::Error> {
    let Fixed(value) = Fixed::deserialize(d)?;
    serde_json::from_value(value).map(Some).map_err(serde::de::Error::custom)
}

fn one_or_several<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<When>, D::Error> {
    let conditions = match toml::Value::deserialize(d)? {
        toml::Value::Array(several) => several,
        one => vec![one],
    };
    if conditions.is_empty() {
        return Err(serde::de::Error::custom("`when` has no condition"));
    }
    let each = |when: toml::Value| when.try_into().map_err(|e| serde::de::Error::custom(e.message()));
    conditions.into_iter().map(each).collect()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEffective {
    #[serde(default, deserialize_with = "optional_date")]
    value: Option<CalendarDate>,
    column: Option<String>,
    date: Option<DateFormat>,
    codes: Option<String>,
    required: Option<bool>,
}

impl TryFrom<RawEffective> for Effective {
    type Error = &'static str;
    fn try_from(raw: RawEffective) -> Result<Self, Self::Error> {
        let written = match (raw.date, raw.codes) {
            (Some(date), None) => Some(Written::Date(date)),
            (None, Some(list)) => Some(Written::Codes(list)),
            (None, None) => None,
            _ => return Err("either `date` or `codes`, not both"),
        };
        match (raw.value, raw.column, written, raw.required) {
            (Some(date), None, None, None) => Ok(Effective::Fixed(date)),
            (None, Some(column), Some(written), required) => {
                Ok(Effective::Cell { column, written, required: required == Some(true) })
            }
            _ => Err("expected { column = \"…\", date = \"D Mon YYYY\" }, with `codes` instead of `date`, or \
                { value = \"1948-12-09\" }"),
        }
    }
}

impl TryFrom<toml::Value> for DocumentSpec {
    type Error = String;
    fn try_from(value: toml::Value) -> Result<Self, String> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Column {
            column: String,
        }
        match value {
            toml::Value::String(text) => Ok(DocumentSpec::Fixed(text)),
            other => other.try_into().map(|c: Column| DocumentSpec::Column(c.column)).map_err(|e| e.message().into()),
        }
    }
}

impl TryFrom<toml::Value> for BodySpec {
    type Error = String;
    fn try_from(value: toml::Value) -> Result<Self, String> {
        match value {
            toml::Value::String(text) if text == "row" => Ok(BodySpec::Row),
            toml::Value::Table(members) => {
                let one = |(name, member): (String, toml::Value)| {
                    member.try_into().map_err(|e| format!("{name}: {}", e.message())).map(|m| (name, m))
                };
                members.into_iter().map(one).collect::<Result<_, _>>().map(BodySpec::Members)
            }
            _ => Err("expected a table of members, or, for JSON, \"row\"".into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
        version = 1
        id = "t-1"
        format = "csv"
        key = ["Who"]
        [source]
        title = "A table"
        url = "https://example.org/"
        seen = "2015-03-14"
        [[act]]
        name = "signature"
        type = "treaty.signed"
        effective = { column = "Signed", date = "D Mon YYYY" }
        [act.body]
        treaty = { value = "t" }
        state = { column = "Who" }
        mode = { value = "simple" }
        "#;

    #[test]
    fn a_wrong_mapping_is_refused_with_the_reason() {
        Mapping::parse(GOOD).unwrap();
        Mapping::parse(&GOOD.replace("\"2015-03-14\"", "2015-03-14")).unwrap();
        for (old, new, reason) in [
            ("version = 1", "version = 2", "version 2 of the mapping syntax is not known"),
            ("version = 1", "", "missing field `version`"),
            ("key =", "keys =", "unknown field `keys`"),
            ("\"t-1\"", "\"T:1\"", "id: \"T:1\" is not of [a-z0-9-]"),
            ("[\"Who\"]", "[]", "key: at least one column"),
            ("seen = \"2015-03-14\"", "seen = \"14/3/2015\"", "is not a date"),
            ("url =", "# url =", "source: `url` or `document` is needed"),
            ("[source]", "[source2]", "unknown field `source2`"),
            ("[[act]]", "[columns.Whom]\ncodes = \"c\"\n[[act]]", "columns.\"Whom\": nothing reads this column"),
            ("[[act]]", "[columns.Who]\ncodes = \"c\"\n[[act]]", "there is no [codes.c]"),
            ("treaty.signed", "treaty.sgned", "unknown event type treaty.sgned; close: treaty.signed"),
            ("D Mon YYYY", "DD.MM.YYYY", "unknown variant `DD.MM.YYYY`"),
            ("column = \"Signed\", ", "", "expected { column = "),
            ("effective =", "when = []\neffective =", "`when` has no condition"),
            ("effective =", "when = [{ column = \"Who\" }]\neffective =", "expected `equals` or `starts`"),
            ("mode = {", "how = {", "treaty.signed has no member \"how\"; it has mode, state, treaty"),
            ("mode = {", "# mode = {", "treaty.signed needs \"mode\""),
            ("\"Who\" }", "\"Who\", optional = true }", "needs \"state\"; it cannot be optional"),
            ("\"Who\" }", "\"Who\", as = \"float\" }", "state: unknown variant `float`"),
            ("\"Who\" }", "\"Who\", value = 1 }", "state: expected one of `value`, `column`"),
            ("value = \"t\"", "value = 1.5", "1.5: a record holds no fractions"),
            (
                "[act.body]",
                "[act.suffix]\na = { mode = \"simple\" }\n[act.body]",
                "both the body and a suffix give \"mode\"",
            ),
            ("\"Who\" }", "\"Who\", codes = \"c\" }", "act \"signature\": state: there is no [codes.c]"),
            ("date = \"D Mon YYYY\"", "codes = \"c\"", "act \"signature\": effective: there is no [codes.c]"),
            ("date = \"D Mon YYYY\"", "date = \"D Mon YYYY\", codes = \"c\"", "either `date` or `codes`"),
            ("state = {", "state = { object = { a = { id = \"{X}\", optional = true } } }\nx = {", "no member \"x\""),
            ("\"csv\"", "\"sections\"", "\"Signed\": the columns of sections are \"name\" and \"text\""),
            ("\"csv\"", "\"json\"\ncomment = \"#\"", "comment: for CSV only"),
            ("\"csv\"", "\"csv\"\ncomment = \"a\"", "comment: 'a' is not a mark"),
            ("\"csv\"", "\"csv\"\nkey_hash = [\"a\", \"a\"]", "key_hash: a column twice"),
            ("[[act]]", "[[reject]]\ncolumn = \"Who\"\nequals = \"x\"\n[[act]]", "missing field `reason`"),
            (
                "[[act]]",
                "[[reject]]\ncolumn = \"Who\"\nequals = \"x\"\nreason = \"r\"\nacts = [\"sign\"]\n[[act]]",
                "reject: there is no act \"sign\"",
            ),
        ] {
            let text = GOOD.replacen(old, new, 1);
            assert_ne!(text, GOOD, "{old}");
            let error = Mapping::parse(&text).unwrap_err().to_string();
            assert!(error.contains(reason), "{new}: {error}");
        }
    }
}
