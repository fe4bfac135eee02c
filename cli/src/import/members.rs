//! The members of a body, as a mapping writes them: fixed values, cells and how they are read, lists, objects, and texts
//! and slugs made of cells. Each is one inline table; words that do not go together are refused.
//! Not here: what a mapping is as a whole (`mapping`), what becomes of a cell (`reader`).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::dates::DateFormat;
use super::template::Template;

/// One member of a body.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "RawMember")]
pub enum Member {
    Fixed(Fixed),
    Cell { column: String, codes: Codes, reading: Reading, optional: bool },
    List { items: Items, codes: Codes, optional: bool },
    Text { template: Template, made: Made, hash: Vec<String>, optional: bool },
    Object(BTreeMap<String, Member>),
}

/// A value that the mapping itself gives.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "toml::Value")]
pub struct Fixed(pub Value);

/// What the words in a cell stand for, beside what its column says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Codes {
    Themselves,
    /// Codes of the named list.
    List(String),
    /// These, and nothing else may stand there.
    Values(BTreeMap<String, String>),
}

/// How a cell is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// CSV: a string. JSON: whatever it is.
    AsItIs,
    /// Without the white space at its ends.
    Trimmed,
    As(ValueType),
    Date(DateFormat),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ValueType {
    String,
    Integer,
    Boolean,
}

/// Where the items of a list stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Items {
    InOneCell { column: String, split: String },
    InCells(Vec<String>),
}

/// What is made of a text with cells in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    Text,
    Slug,
}

impl Member {
    /// Whether it may be left out.
    pub fn optional(&self) -> bool {
        match self {
            Member::Fixed(_) | Member::Object(_) => false,
            Member::Cell { optional, .. } | Member::List { optional, .. } | Member::Text { optional, .. } => *optional,
        }
    }

    /// Itself, or the members of the object that it is.
    pub fn parts(&self) -> Vec<&Member> {
        match self {
            Member::Object(members) => members.values().flat_map(Member::parts).collect(),
            _ => vec![self],
        }
    }

    /// The columns that it reads.
    pub fn columns(&self) -> Vec<&str> {
        let parts = self.parts().into_iter();
        parts
            .flat_map(|part| match part {
                Member::Fixed(_) | Member::Object(_) => vec![],
                Member::Cell { column, .. } => vec![column.as_str()],
                Member::List { items, .. } => items.columns(),
                Member::Text { template, hash, .. } => template.columns().chain(hash.iter().map(|c| &**c)).collect(),
            })
            .collect()
    }

    /// The code lists that it names.
    pub fn lists(&self) -> Vec<&str> {
        let parts = self.parts().into_iter();
        parts
            .filter_map(|part| match part {
                Member::Cell { codes: Codes::List(list), .. } | Member::List { codes: Codes::List(list), .. } => {
                    Some(list.as_str())
                }
                _ => None,
            })
            .collect()
    }
}

impl Items {
    pub fn columns(&self) -> Vec<&str> {
        match self {
            Items::InOneCell { column, .. } => vec![column],
            Items::InCells(columns) => columns.iter().map(String::as_str).collect(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMember {
    value: Option<Fixed>,
    object: Option<BTreeMap<String, Member>>,
    text: Option<String>,
    id: Option<String>,
    #[serde(default)]
    hash: Vec<String>,
    column: Option<String>,
    columns: Option<Vec<String>>,
    split: Option<String>,
    codes: Option<String>,
    values: Option<BTreeMap<String, String>>,
    r#as: Option<ValueType>,
    date: Option<DateFormat>,
    trim: Option<bool>,
    optional: Option<bool>,
}

const EXPECTED: &str = "expected one of `value`, `column`, `columns`, `text`, `id`, `object`: { value = … }, or \
    { column = \"…\" } with, if need be, `codes` or `values`, `as`, `date`, `trim` or `split`, `optional`";

impl TryFrom<RawMember> for Member {
    type Error = String;

    fn try_from(raw: RawMember) -> Result<Self, String> {
        let optional = raw.optional == Some(true);
        let reading = match (raw.r#as, raw.date, raw.trim) {
            (None, None, None | Some(false)) => Reading::AsItIs,
            (None, None, Some(true)) => Reading::Trimmed,
            (Some(kind), None, None) => Reading::As(kind),
            (None, Some(date), None) => Reading::Date(date),
            _ => return Err("one of `as`, `date`, `trim`, not several".into()),
        };
        let is_read = reading != Reading::AsItIs || raw.codes.is_some() || raw.values.is_some();
        let is_text = raw.text.is_some() || raw.id.is_some();
        let codes = match (raw.codes, raw.values) {
            (None, None) => Codes::Themselves,
            (Some(list), None) => Codes::List(list),
            (None, Some(values)) if values.is_empty() => return Err("`values` has none".into()),
            (None, Some(values)) => Codes::Values(values),
            _ => return Err("either `codes` or `values`, not both".into()),
        };
        if !(is_text || raw.hash.is_empty()) {
            return Err("`hash` goes with `text` or `id`".into());
        }
        let template = |text: String, made| {
            let template = Template::parse(&text)?;
            if template.has_hash() == raw.hash.is_empty() {
                return Err("`{#}` stands for the hash of the columns in `hash`; each needs the other".to_owned());
            }
            Ok(Member::Text { template, made, hash: raw.hash.clone(), optional })
        };
        match (raw.value, raw.object, raw.text, raw.id, raw.column, raw.columns, raw.split) {
            (Some(value), None, None, None, None, None, None) if !is_read && raw.optional.is_none() => {
                Ok(Member::Fixed(value))
            }
            (None, Some(members), None, None, None, None, None) if !is_read && raw.optional.is_none() => {
                Ok(Member::Object(members))
            }
            (None, None, Some(text), None, None, None, None) if !is_read => template(text, Made::Text),
            (None, None, None, Some(text), None, None, None) if !is_read => template(text, Made::Slug),
            (None, None, None, None, Some(column), None, None) => Ok(Member::Cell { column, codes, reading, optional }),
            (None, None, None, None, Some(column), None, Some(split)) if reading == Reading::AsItIs => {
                if split.is_empty() {
                    return Err("`split` is empty".into());
                }
                Ok(Member::List { items: Items::InOneCell { column, split }, codes, optional })
            }
            (None, None, None, None, None, Some(columns), None) if reading == Reading::AsItIs => {
                if columns.is_empty() {
                    return Err("`columns` has none".into());
                }
                Ok(Member::List { items: Items::InCells(columns), codes, optional })
            }
            _ => Err(EXPECTED.into()),
        }
    }
}

impl TryFrom<toml::Value> for Fixed {
    type Error = String;
    fn try_from(value: toml::Value) -> Result<Self, String> {
        let each = |v: toml::Value| Fixed::try_from(v).map(|f| f.0);
        Ok(Fixed(match value {
            toml::Value::String(text) => text.into(),
            toml::Value::Integer(n) => n.into(),
            toml::Value::Boolean(b) => b.into(),
            toml::Value::Datetime(d) if d.time.is_none() => d.to_string().into(),
            toml::Value::Array(items) => Value::Array(items.into_iter().map(each).collect::<Result<_, _>>()?),
            toml::Value::Table(members) => {
                let members = members.into_iter().map(|(k, v)| each(v).map(|v| (k, v)));
                Value::Object(members.collect::<Result<_, _>>()?)
            }
            toml::Value::Float(_) | toml::Value::Datetime(_) => {
                return Err(format!("{value}: a record holds no fractions and no times of day"));
            }
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(text: &str) -> Result<Member, String> {
        #[derive(Deserialize)]
        struct One {
            m: Member,
        }
        toml::from_str::<One>(&format!("m = {{ {text} }}")).map(|one| one.m).map_err(|e| e.message().to_owned())
    }

    #[test]
    fn a_member_knows_what_it_reads() {
        for (text, columns, lists, optional) in [
            (r#"value = { kind = "open" }"#, "", "", false),
            (r#"column = "a", codes = "l", as = "integer", optional = true"#, "a", "l", true),
            (r#"column = "a", split = ",", codes = "l""#, "a", "l", false),
            (r#"columns = ["a", "b"], optional = true"#, "a b", "", true),
            (r#"text = "S/RES/{a}({b:year})""#, "a b", "", false),
            (r#"id = "x-{a}-{#}", hash = ["b", "c"]"#, "a b c", "", false),
            (r#"object = { k = { value = 1 }, on = { column = "a", codes = "l" } }"#, "a", "l", false),
        ] {
            let member = member(text).unwrap();
            assert_eq!(
                (member.columns().join(" "), member.lists().join(" ")),
                (columns.into(), lists.into()),
                "{text}"
            );
            assert_eq!(member.optional(), optional, "{text}");
        }
    }

    #[test]
    fn words_that_do_not_go_together_are_refused() {
        for (text, problem) in [
            ("", "expected one of"),
            (r#"value = 1, column = "a""#, "expected one of"),
            (r#"value = 1, optional = true"#, "expected one of"),
            (r#"value = 1, codes = "l""#, "expected one of"),
            (r#"object = {}, optional = true"#, "expected one of"),
            (r#"object = { a = 1 }"#, "invalid type: integer `1`"),
            (r#"text = "{a}", as = "integer""#, "expected one of"),
            (r#"text = "{a}", id = "{a}""#, "expected one of"),
            (r#"columns = ["a"], date = "YYYY-MM-DD""#, "expected one of"),
            (r#"columns = ["a"], split = ",""#, "expected one of"),
            (r#"columns = []"#, "`columns` has none"),
            (r#"column = "a", split = """#, "`split` is empty"),
            (r#"column = "a", split = ",", trim = true"#, "expected one of"),
            (r#"column = "a", as = "string", trim = true"#, "one of `as`, `date`, `trim`"),
            (r#"column = "a", codes = "l", values = { A = "b" }"#, "either `codes` or `values`"),
            (r#"column = "a", values = {}"#, "`values` has none"),
            (r#"column = "a", values = { A = 1 }"#, "invalid type: integer `1`"),
            (r#"column = "a", hash = ["b"]"#, "`hash` goes with"),
            (r#"id = "{a}", hash = ["b"]"#, "each needs the other"),
            (r#"id = "{a}-{#}""#, "each needs the other"),
            (r#"text = "{a""#, "a cell is written {column}"),
            (r#"column = "a", format = "b""#, "unknown field `format`"),
        ] {
            let error = member(text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
