//! One row of a table, read as its mapping says: its acts, their natural keys and bodies; or each cell that stands in the
//! way, with the reason.
//! Not here: the rows together (`plan`), what a mapping may say (`mapping`, `members`).

use std::borrow::Cow;

use answerable_schemas::catalogue::{Body, type_info};
use answerable_schemas::dates::CalendarDate;
use answerable_schemas::envelope::Source;
use answerable_verifier::canonical::MAX_INTEGER;
use serde_json::{Map, Value};

use super::acts::PlannedAct;
use super::codes::{CodeLists, nearest};
use super::dates::DateFormat;
use super::mapping::{ActSpec, BodySpec, DocumentSpec, Effective, Mapping, Written};
use super::members::{Codes, Fixed, Items, Made, Member, Reading, ValueType};
use super::plan::Rejected;
use super::rows::{refused, refused_within, shown};
use super::template::{MAX_SLUG, Part, Template, short_hash, slug};

/// Most bytes of a natural key.
pub const MAX_KEY: usize = 400;

const EMPTY: &str = "empty, and it is needed";

/// One readable row, beside everything that says how to read it.
pub struct Reader<'m> {
    pub mapping: &'m Mapping,
    pub codes: &'m CodeLists,
    pub line: u64,
    pub cells: &'m Map<String, Value>,
}

impl<'m> Reader<'m> {
    /// The act; None if the row has none of this kind; or each cell that stands in its way.
    pub fn act(&self, spec: &'m ActSpec) -> Result<Option<PlannedAct>, Vec<Rejected>> {
        let mut bad = vec![];
        let mut extra = None;
        let effective = match &spec.effective {
            Effective::Fixed(date) => Some(*date),
            Effective::Cell { column, required: false, .. } if self.cell(column).is_none() => return Ok(None),
            Effective::Cell { column, written: Written::Codes(list), .. } => {
                let day = self.required_text(column).and_then(|name| self.day_of(column, list, &name));
                self.note(&mut bad, day)
            }
            Effective::Cell { column, written: Written::Date(form), .. } => {
                self.note(&mut bad, self.required_text(column)).and_then(|text| {
                    let Some((day, suffix)) = form.read(&text) else {
                        bad.push(self.bad(column, &not_a_date(*form), None));
                        return None;
                    };
                    extra = spec.suffix.get(&suffix);
                    if extra.is_none() && !(suffix.is_empty() && spec.suffix.is_empty()) {
                        let known = spec.suffix.keys().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(", ");
                        let hint = if known.is_empty() { "a date alone".into() } else { known };
                        let reason = format!("{suffix:?} after the date is not understood");
                        bad.push(self.bad(column, &reason, Some(format!("expected {hint}"))));
                    }
                    Some(day)
                })
            }
        };
        let key = self.note(&mut bad, self.key(&spec.name));
        let source = self.note(&mut bad, self.source());
        let mut body = Map::new();
        match &spec.body {
            BodySpec::Row => {
                for (column, value) in self.cells {
                    if let Some(value) = self.note(&mut bad, self.whole_value(column, value)) {
                        body.insert(column.clone(), value);
                    }
                }
            }
            BodySpec::Members(members) => {
                for (name, member) in members {
                    if let Some(Some(value)) = self.note(&mut bad, self.member(member)) {
                        body.insert(name.clone(), value);
                    }
                }
            }
        }
        body.extend(extra.into_iter().flatten().map(|(name, Fixed(value))| (name.clone(), value.clone())));
        let (true, Some(effective), Some(key), Some(source)) = (bad.is_empty(), effective, key, source) else {
            return Err(bad);
        };
        let v = type_info(spec.kind.as_str()).expect("checked with the mapping").v;
        let body = Body::parse(&spec.kind, v, &body).map_err(|e| vec![self.misfit(spec, &e.to_string())])?;
        let source = source.map(|s| Source { row: Some(key.clone()), ..s });
        let (line, standing) = (self.line, self.mapping.standing);
        Ok(Some(PlannedAct { line, kind: spec.kind.clone(), effective, standing, body, source, key }))
    }

    fn note<T>(&self, bad: &mut Vec<Rejected>, result: Result<T, Rejected>) -> Option<T> {
        result.map_err(|r| bad.push(r)).ok()
    }

    pub fn bad(&self, column: &str, reason: &str, hint: Option<String>) -> Rejected {
        let value = self.cells.get(column).map(shown).unwrap_or_default();
        Rejected { line: self.line, column: column.into(), value, reason: reason.into(), hint, acts: vec![] }
    }

    /// The cell, if there is anything in it.
    fn cell(&self, column: &str) -> Option<&'m Value> {
        self.cells.get(column).filter(|value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            _ => true,
        })
    }

    /// The cell as one line of text, or as the code that it stands for; None if it is empty.
    fn text(&self, column: &str) -> Result<Option<Cow<'m, str>>, Rejected> {
        let Some(text) = self.raw_text(column)? else { return Ok(None) };
        if let Some(problem) = refused(&text, false) {
            return Err(self.bad(column, &problem, None));
        }
        match self.mapping.columns.get(column) {
            None => Ok(Some(text)),
            Some(list) => self.code(column, &list.codes, &text).map(|code| Some(code.into_owned().into())),
        }
    }

    /// The cell as it stands there, whatever letters it has.
    fn raw_text(&self, column: &str) -> Result<Option<Cow<'m, str>>, Rejected> {
        match self.cell(column) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.into())),
            Some(value @ (Value::Bool(_) | Value::Number(_))) => Ok(Some(value.to_string().into())),
            Some(_) => Err(self.bad(column, "a list or an object; expected one value", None)),
        }
    }

    fn required_text(&self, column: &str) -> Result<Cow<'m, str>, Rejected> {
        self.text(column)?.ok_or_else(|| self.bad(column, EMPTY, None))
    }

    fn code<'t>(&'t self, column: &str, list: &str, name: &'t str) -> Result<Cow<'t, str>, Rejected> {
        let list = self.codes.get(list).expect("checked before the first row");
        let seen = self.mapping.source.as_ref().and_then(|s| s.seen);
        list.resolve(name, seen).map(Cow::from).map_err(|e| self.bad(column, &e.reason, e.hint))
    }

    /// What a word stands for in the place where it is used.
    fn word<'t>(&'t self, column: &str, codes: &'t Codes, word: Cow<'t, str>) -> Result<Cow<'t, str>, Rejected> {
        match codes {
            Codes::Themselves => Ok(word),
            Codes::List(list) => self.code(column, list, &word).map(|code| code.into_owned().into()),
            Codes::Values(values) => values.get(&*word).map(Cow::from).ok_or_else(|| {
                let near = nearest(&word, values.keys().map(String::as_str));
                let near = if near.is_empty() { String::new() } else { format!("; close: {}", near.join(", ")) };
                let known = values.keys().map(|v| format!("{v:?}")).collect::<Vec<_>>().join(", ");
                self.bad(column, &format!("{word:?} is not understood"), Some(format!("expected {known}{near}")))
            }),
        }
    }

    fn day_of(&self, column: &str, list: &str, name: &str) -> Result<CalendarDate, Rejected> {
        let code = self.code(column, list, name)?;
        let not_a_day = |_| format!("the code list says {code:?}, which is not a date of the form YYYY-MM-DD");
        code.parse().map_err(not_a_day).map_err(|reason| self.bad(column, &reason, None))
    }

    pub fn key(&self, act: &str) -> Result<String, Rejected> {
        let mapping = self.mapping;
        let mut parts = Vec::with_capacity(mapping.key.len() + 1);
        for column in &mapping.key {
            parts.push(self.required_text(column)?.replace('%', "%25").replace('/', "%2F"));
        }
        if !mapping.key_hash.is_empty() {
            parts.push(self.hash(&mapping.key_hash)?);
        }
        let key = format!("{}:{}:{act}", mapping.id, parts.join("/"));
        if key.len() > MAX_KEY {
            let reason = format!("the natural key has {} bytes, at most {MAX_KEY} are allowed", key.len());
            return Err(Rejected { value: key, ..self.bad(&mapping.key.join(", "), &reason, None) });
        }
        Ok(key)
    }

    /// An empty cell counts as an empty text: it may tell two rows apart.
    fn hash(&self, columns: &[String]) -> Result<String, Rejected> {
        let mut texts = Vec::with_capacity(columns.len());
        for column in columns {
            let text = match self.mapping.columns.contains_key(column) {
                true => self.text(column)?,
                false => self.raw_text(column)?,
            };
            texts.push(text.unwrap_or_default());
        }
        Ok(short_hash(texts.iter().map(|text| &**text)))
    }

    /// Without its `row`.
    fn source(&self) -> Result<Option<Source>, Rejected> {
        let Some(spec) = &self.mapping.source else { return Ok(None) };
        let document = match &spec.document {
            None => None,
            Some(DocumentSpec::Fixed(text)) => Some(text.clone()),
            Some(DocumentSpec::Column(column)) if spec.url.is_none() => Some(self.required_text(column)?.into_owned()),
            Some(DocumentSpec::Column(column)) => self.text(column)?.map(Cow::into_owned),
        };
        let seen = spec.seen.expect("checked before the first row");
        Ok(Some(Source { document, row: None, seen, sha256: None, title: spec.title.clone(), url: spec.url.clone() }))
    }

    fn member(&self, member: &Member) -> Result<Option<Value>, Rejected> {
        match member {
            Member::Fixed(Fixed(value)) => Ok(Some(value.clone())),
            Member::Cell { column, codes, reading, .. } if self.cell(column).is_some() => {
                self.value(column, codes, *reading).map(Some)
            }
            Member::Cell { column, optional, .. } => self.missing(column, *optional),
            Member::List { items, codes, optional } => {
                let items_found = self.items(items, codes)?;
                if items_found.is_empty() { self.missing(items.columns()[0], *optional) } else { Ok(Some(items_found)) }
                    .map(|found| found.map(Value::from))
            }
            Member::Text { template, made, hash, optional } => {
                if let Some(column) = template.columns().find(|column| self.cell(column).is_none()) {
                    return self.missing(column, *optional);
                }
                self.filled(template, *made, hash).map(|text| Some(text.into()))
            }
            Member::Object(members) => {
                let mut object = Map::new();
                for (name, member) in members {
                    if let Some(value) = self.member(member)? {
                        object.insert(name.clone(), value);
                    }
                }
                Ok(Some(object.into()))
            }
        }
    }

    fn missing<T>(&self, column: &str, optional: bool) -> Result<Option<T>, Rejected> {
        if optional { Ok(None) } else { Err(self.bad(column, EMPTY, None)) }
    }

    /// A cell that is not empty.
    fn value(&self, column: &str, codes: &Codes, reading: Reading) -> Result<Value, Rejected> {
        let as_it_stands = *codes == Codes::Themselves && !self.mapping.columns.contains_key(column);
        match (reading, self.cell(column)) {
            (Reading::AsItIs, Some(cell)) if as_it_stands => return self.whole_value(column, cell),
            (Reading::Trimmed, Some(Value::String(text))) if as_it_stands => {
                return self.whole_value(column, &text.trim().into());
            }
            _ => {}
        }
        let text = self.required_text(column)?;
        let text = self.word(column, codes, text)?;
        let (value, what) = match reading {
            Reading::AsItIs | Reading::As(ValueType::String) => return Ok(text.as_ref().into()),
            Reading::Trimmed => return Ok(text.trim().into()),
            // One spelling only: no plus sign, no leading zero.
            Reading::As(ValueType::Integer) => {
                let number = text.parse::<i64>().ok().filter(|n| n.to_string() == *text);
                let number = number.filter(|n| n.unsigned_abs() <= MAX_INTEGER.unsigned_abs());
                (number.map(Value::from), "not an integer within 2^53-1".into())
            }
            Reading::As(ValueType::Boolean) => (text.parse::<bool>().ok().map(Value::from), "not true or false".into()),
            Reading::Date(form) => {
                let date = form.read(&text).filter(|(_, rest)| rest.is_empty());
                (date.map(|(date, _)| date.to_string().into()), not_a_date(form))
            }
        };
        value.ok_or_else(|| self.bad(column, &what, None))
    }

    /// The items of a list, each once, in the order of the table.
    fn items(&self, items: &Items, codes: &Codes) -> Result<Vec<Value>, Rejected> {
        let mut found: Vec<Value> = vec![];
        let mut add = |column: &str, item: Cow<'_, str>| {
            let value = Value::from(&*self.word(column, codes, item)?);
            if !found.contains(&value) {
                found.push(value);
            }
            Ok(())
        };
        match items {
            Items::InOneCell { column, split } => {
                let text = self.text(column)?.unwrap_or_default();
                for item in text.split(split.as_str()).map(str::trim).filter(|item| !item.is_empty()) {
                    add(column, item.into())?;
                }
            }
            Items::InCells(columns) => {
                for column in columns {
                    if let Some(text) = self.text(column)? {
                        add(column, text.trim().into())?;
                    }
                }
            }
        }
        Ok(found)
    }

    /// A text with cells in it; none of them is empty. In a slug a state is its code alone.
    fn filled(&self, template: &Template, made: Made, hash: &[String]) -> Result<String, Rejected> {
        let mut filled = String::new();
        for part in template.parts() {
            match (part, made) {
                (Part::Text(text), _) => filled.push_str(text),
                (Part::Hash, _) => filled.push_str(&self.hash(hash)?),
                (Part::Year(column), _) => {
                    let text = self.required_text(column)?;
                    let date = DateFormat::Iso.read(&text).filter(|(_, rest)| rest.is_empty());
                    let (date, _) = date.ok_or_else(|| self.bad(column, &not_a_date(DateFormat::Iso), None))?;
                    filled.extend(date.to_string().split('-').take(1));
                }
                (Part::Cell(column), Made::Text) => filled.push_str(self.required_text(column)?.trim()),
                (Part::Cell(column), Made::Slug) => {
                    let text = self.required_text(column)?;
                    let word = slug(text.strip_prefix("state:").unwrap_or(&text));
                    if word.is_empty() {
                        return Err(self.bad(column, "no letter or digit of ASCII in it, and an id needs one", None));
                    }
                    filled.push_str(&word);
                }
            }
        }
        if made == Made::Text {
            return Ok(filled);
        }
        let slug = slug(&filled);
        if slug.is_empty() || slug.len() > MAX_SLUG {
            let columns = template.columns().collect::<Vec<_>>().join(", ");
            let reason = format!("the id made of these cells has {} letters; 1 to {MAX_SLUG} are allowed", slug.len());
            return Err(Rejected { value: slug, ..self.bad(&columns, &reason, None) });
        }
        Ok(slug)
    }

    /// A value that goes into a body as it is; text in it may have several lines.
    fn whole_value(&self, column: &str, value: &Value) -> Result<Value, Rejected> {
        match refused_within(value) {
            Some(problem) => Err(self.bad(column, &problem, None)),
            None => Ok(value.clone()),
        }
    }

    /// The body does not fit its type: names the one cell whose value the problem quotes, or else all of them.
    fn misfit(&self, spec: &ActSpec, problem: &str) -> Rejected {
        let columns: Vec<&str> = match &spec.body {
            BodySpec::Row => self.cells.keys().map(String::as_str).collect(),
            BodySpec::Members(members) => members.values().flat_map(Member::columns).collect(),
        };
        let is_quoted = |column: &&&str| {
            let text = self.text(column).ok().flatten();
            text.is_some_and(|t| problem.contains(&format!("{t:?}")) || problem.contains(&format!("`{t}`")))
        };
        let mut culprits: Vec<&str> = columns.iter().filter(is_quoted).copied().collect();
        culprits.sort_unstable();
        culprits.dedup();
        match (culprits.as_slice(), columns.as_slice()) {
            ([column], _) | ([], [column]) => self.bad(column, problem, None),
            _ => Rejected::whole(self.line, problem.into()),
        }
    }
}

fn not_a_date(form: DateFormat) -> String {
    format!("not a date of the form {}", form.as_str())
}

#[cfg(test)]
mod tests;
