//! Canonical JSON: RFC 8785 under the bounds of docs/FORMAT.md, read strictly and written.
//!
//! Not here: which members an envelope or a body has (types, `null`, identifiers, dates), and NFC.
//! "Canonical" means that the input equals its own re-serialisation, byte for byte.

use std::collections::HashSet;

use serde_json::Value;

/// Most bytes of a record, without its LF (docs/FORMAT.md, "Bounds").
pub const MAX_RECORD: usize = 65_535;
/// Most bytes of an event (docs/FORMAT.md, "Bounds").
pub const MAX_EVENT: usize = 32_768;
/// Most levels of objects and arrays; the record is level 1 (docs/FORMAT.md, "Bounds").
pub const MAX_DEPTH: usize = 16;
/// Most items of an array (docs/FORMAT.md, "Bounds").
pub const MAX_ARRAY: usize = 1024;
/// Most members of an object (docs/FORMAT.md, "Bounds").
pub const MAX_OBJECT: usize = 256;
/// Most bytes of UTF-8 in a string (docs/FORMAT.md, "Bounds").
pub const MAX_STRING: usize = 16_384;
/// Largest magnitude of an integer, 2^53 - 1 (RFC 7493 section 2.2; docs/FORMAT.md, "Bounds").
pub const MAX_INTEGER: i64 = (1 << 53) - 1;

/// Why bytes are not a canonical value within the bounds. `path` reads like `event.body.notes[2]`,
/// and is empty for the value itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs)] // the fields are what the messages say
pub enum CanonicalError {
    #[error("{len} bytes, at most {max} are allowed")]
    TooLong { len: usize, max: usize },
    #[error("not UTF-8 from byte {offset} on")]
    NotUtf8 { offset: usize },
    #[error("not JSON at byte {offset}: {reason}")]
    NotJson { offset: usize, reason: String },
    #[error("not canonical from byte {offset} on: expected {expected:?}, found {found:?}")]
    NotCanonical { offset: usize, expected: String, found: String },
    #[error("nested deeper than {MAX_DEPTH} levels at {}", shown(path))]
    TooDeep { path: String },
    #[error("the key {key:?} in {} is not [a-z][a-z0-9_]{{0,63}}", shown(path))]
    BadKey { path: String, key: String },
    #[error("the key {key:?} occurs twice in one object")]
    DuplicateKey { key: String },
    #[error("the number {number} at {} is not an integer within 2^53-1", shown(path))]
    BadNumber { path: String, number: String },
    #[error("the character U+{:04X} at {} is refused", *character as u32, shown(path))]
    BadCharacter { path: String, character: char },
    #[error("{found} {what} at {}, at most {max} are allowed", shown(path))]
    OutOfBounds { path: String, what: &'static str, found: usize, max: usize },
}

impl CanonicalError {
    /// The stable code of this failure (docs/CODES.md).
    pub fn code(&self) -> &'static str {
        match self {
            CanonicalError::TooLong { .. } => "record.too_long",
            CanonicalError::NotUtf8 { .. } => "record.not_utf8",
            CanonicalError::NotJson { .. } => "record.not_json",
            CanonicalError::NotCanonical { .. } => "record.not_canonical",
            CanonicalError::TooDeep { .. } => "record.too_deep",
            CanonicalError::BadKey { .. } => "record.bad_key",
            CanonicalError::DuplicateKey { .. } => "record.duplicate_key",
            CanonicalError::BadNumber { .. } => "record.bad_number",
            CanonicalError::BadCharacter { .. } => "record.bad_character",
            CanonicalError::OutOfBounds { .. } => "record.out_of_bounds",
        }
    }

    /// The byte at which it shows, where that is known.
    pub fn offset(&self) -> Option<usize> {
        match self {
            CanonicalError::NotUtf8 { offset }
            | CanonicalError::NotJson { offset, .. }
            | CanonicalError::NotCanonical { offset, .. } => Some(*offset),
            _ => None,
        }
    }

    /// The JSON path of the value at fault, where that is known.
    pub fn path(&self) -> Option<&str> {
        match self {
            CanonicalError::TooDeep { path, .. }
            | CanonicalError::BadKey { path, .. }
            | CanonicalError::BadNumber { path, .. }
            | CanonicalError::BadCharacter { path, .. }
            | CanonicalError::OutOfBounds { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// Reads one record: canonical, and within every bound of docs/FORMAT.md, [`MAX_RECORD`] included.
pub fn parse(bytes: &[u8]) -> Result<Value, CanonicalError> {
    parse_bounded(bytes, MAX_RECORD, 0)
}

/// Reads one canonical value of at most `max_len` bytes that lies `depth_offset` levels below the
/// record (an event on its own: `parse_bounded(bytes, MAX_EVENT, 1)`).
pub fn parse_bounded(bytes: &[u8], max_len: usize, depth_offset: usize) -> Result<Value, CanonicalError> {
    let (len, max) = (bytes.len(), max_len);
    if len > max {
        return Err(CanonicalError::TooLong { len, max });
    }
    let text = std::str::from_utf8(bytes).map_err(|e| CanonicalError::NotUtf8 { offset: e.valid_up_to() })?;
    let value: Value = serde_json::from_str(text).map_err(|e| not_json(text, &e))?;
    Bounds::default().check(&value, depth_offset)?;
    let written = to_bytes(&value)?;
    if written != bytes {
        // serde_json keeps the last of two members with one name: the comparison catches that.
        return Err(match duplicate_key(text) {
            Some(key) => CanonicalError::DuplicateKey { key: excerpt(&key) },
            None => not_canonical(bytes, &written),
        });
    }
    Ok(value)
}

/// Whether `parse_bounded` reads these bytes so many levels below the record, told by one look at each byte. It may say no of
/// bytes that `parse_bounded` reads (a string with a rare escape), and never yes of others.
pub fn is_plain(bytes: &[u8], depth_offset: usize) -> bool {
    Scan::of(bytes).is_some_and(|mut scan| scan.value(depth_offset, false) && scan.at_end())
}

/// Stands at a byte of a text. Each step says whether what stands there is canonical and within bounds, and moves behind it.
pub(crate) struct Scan<'t> {
    text: &'t str,
    at: usize,
    nulls: usize,
}

impl<'t> Scan<'t> {
    pub fn of(bytes: &'t [u8]) -> Option<Self> {
        let text = (bytes.len() <= MAX_RECORD).then(|| std::str::from_utf8(bytes).ok())??;
        Some(Scan { text, at: 0, nulls: 0 })
    }

    pub fn at(&self) -> usize {
        self.at
    }

    pub fn at_end(&self) -> bool {
        self.at == self.text.len()
    }

    /// Moves behind a literal; None where something else stands.
    pub fn expect(&mut self, literal: &str) -> Option<()> {
        self.skip(literal).then_some(())
    }

    /// A value within `depth` objects and arrays, as JSON.
    pub fn json(&mut self, depth: usize, in_body: bool) -> Option<&'t str> {
        let start = self.at;
        self.value(depth, in_body).then(|| &self.text[start..self.at])
    }

    /// An object without null at any depth, as JSON.
    pub fn members(&mut self, depth: usize, in_body: bool) -> Option<&'t str> {
        let (nulls, is_object) = (self.nulls, self.peek() == b'{');
        self.json(depth, in_body).filter(|_| is_object && self.nulls == nulls)
    }

    /// A string; None also for one with an escape.
    pub fn string_plain(&mut self) -> Option<&'t str> {
        let json = self.json(MAX_DEPTH, false)?;
        json.strip_prefix('"')?.strip_suffix('"').filter(|text| !text.contains('\\'))
    }

    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    pub fn skip(&mut self, literal: &str) -> bool {
        let there = self.text.as_bytes()[self.at..].starts_with(literal.as_bytes());
        self.at += if there { literal.len() } else { 0 };
        there
    }

    /// `in_body`: below a member named `body`, where a string may hold a line feed.
    fn value(&mut self, depth: usize, in_body: bool) -> bool {
        match self.peek() {
            b'{' => depth < MAX_DEPTH && self.object(depth, in_body),
            b'[' => depth < MAX_DEPTH && self.array(depth, in_body),
            b'"' => self.string(in_body),
            b't' => self.skip("true"),
            b'f' => self.skip("false"),
            b'n' => {
                self.nulls += 1;
                self.skip("null")
            }
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize, in_body: bool) -> bool {
        self.at += 1;
        if self.skip("}") {
            return true;
        }
        let mut before = "";
        for _ in 0..MAX_OBJECT {
            let Some(key) = self.key() else { return false };
            // Strictly ascending, so none comes twice; all are ASCII, where bytes order as UTF-16 does.
            if key <= before || !self.skip(":") || !self.value(depth + 1, in_body || key == "body") {
                return false;
            }
            before = key;
            if self.skip("}") {
                return true;
            }
            if !self.skip(",") {
                return false;
            }
        }
        false
    }

    fn array(&mut self, depth: usize, in_body: bool) -> bool {
        self.at += 1;
        if self.skip("]") {
            return true;
        }
        for _ in 0..MAX_ARRAY {
            if !self.value(depth + 1, in_body) {
                return false;
            }
            if self.skip("]") {
                return true;
            }
            if !self.skip(",") {
                return false;
            }
        }
        false
    }

    fn key(&mut self) -> Option<&'t str> {
        if !self.skip("\"") {
            return None;
        }
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|b| !matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))?;
        let key = &self.text[self.at..self.at + length];
        self.at += length;
        (is_key(key) && self.skip("\"")).then_some(key)
    }

    fn string(&mut self, in_body: bool) -> bool {
        self.at += 1;
        let start = self.at;
        let mut ascii = true;
        loop {
            match self.peek() {
                b'"' => break,
                b'\\' => match self.text.as_bytes().get(self.at + 1) {
                    Some(b'"' | b'\\') => self.at += 2,
                    Some(b'n') if in_body => self.at += 2,
                    _ => return false,
                },
                // Also the end of the text, which `peek` shows as 0.
                0..=0x1F | 0x7F => return false,
                byte => {
                    ascii &= byte < 0x80;
                    self.at += 1;
                }
            }
        }
        let written = &self.text[start..self.at];
        self.at += 1;
        written.len() <= MAX_STRING && (ascii || !written.chars().any(is_refused_character))
    }

    fn number(&mut self) -> bool {
        let start = self.at;
        self.skip("-");
        let digits = self.at;
        while self.peek().is_ascii_digit() {
            self.at += 1;
        }
        let (number, first) = (&self.text[start..self.at], self.text.as_bytes().get(digits).copied());
        let sound = first != Some(b'0') || number == "0";
        sound && number.parse::<i64>().is_ok_and(|n| (-MAX_INTEGER..=MAX_INTEGER).contains(&n))
    }
}

/// Writes a value as RFC 8785 does: members sorted by UTF-16 code units (section 3.2.3), shortest
/// escapes (section 3.2.2.2), no white space. Numbers other than integers within ±(2^53-1) are
/// refused; the other bounds are [`parse`]'s business.
pub fn to_bytes(value: &Value) -> Result<Vec<u8>, CanonicalError> {
    let mut out = Vec::new();
    write_value(value, &mut out)?;
    Ok(out)
}

/// Whether a character may stand in no string of a record (docs/FORMAT.md, "Bounds", "refused in strings").
/// U+000A is among them; that body text may hold it is the caller's to say.
pub fn is_refused_character(c: char) -> bool {
    matches!(u32::from(c),
        0x00..=0x1F | 0x7F..=0x9F | 0x061C | 0x200E..=0x200F | 0x2028..=0x202E | 0x2066..=0x2069
        | 0xFDD0..=0xFDEF | 0xFEFF | 0xFFF9..=0xFFFB | 0xE0000..=0xE007F)
        || u32::from(c) & 0xFFFE == 0xFFFE
}

/// Whether a text is an object key: `[a-z][a-z0-9_]{0,63}` (docs/FORMAT.md, "Bounds").
pub fn is_key(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && (text.bytes()).all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// One step from the whole value down to a part.
enum Step<'v> {
    Key(&'v str),
    Item(usize),
}

/// The walk that checks every bound but the total size.
#[derive(Default)]
struct Bounds<'v> {
    path: Vec<Step<'v>>,
    /// How many keys named `body` the walk is below.
    bodies: usize,
}

impl<'v> Bounds<'v> {
    fn check(&mut self, value: &'v Value, depth: usize) -> Result<(), CanonicalError> {
        if depth >= MAX_DEPTH && (value.is_array() || value.is_object()) {
            let path = self.path();
            return Err(CanonicalError::TooDeep { path });
        }
        match value {
            Value::Null | Value::Bool(_) => Ok(()),
            Value::Number(number) => integer(number).map(|_| ()).ok_or_else(|| self.bad_number(number)),
            Value::String(text) => self.check_string(text),
            Value::Array(items) => {
                self.at_most("array items", items.len(), MAX_ARRAY)?;
                items.iter().enumerate().try_for_each(|(i, item)| {
                    self.path.push(Step::Item(i));
                    self.check(item, depth + 1)?;
                    self.path.pop();
                    Ok(())
                })
            }
            Value::Object(members) => {
                self.at_most("object members", members.len(), MAX_OBJECT)?;
                for (key, member) in members {
                    if !is_key(key) {
                        let (path, key) = (self.path(), excerpt(key));
                        return Err(CanonicalError::BadKey { path, key });
                    }
                    let body = usize::from(key == "body");
                    self.bodies += body;
                    self.path.push(Step::Key(key));
                    self.check(member, depth + 1)?;
                    self.path.pop();
                    self.bodies -= body;
                }
                Ok(())
            }
        }
    }

    fn check_string(&self, text: &str) -> Result<(), CanonicalError> {
        self.at_most("bytes of string", text.len(), MAX_STRING)?;
        let refused = |&c: &char| is_refused_character(c) && !(c == '\n' && self.bodies > 0);
        let Some(character) = text.chars().find(refused) else {
            return Ok(());
        };
        let path = self.path();
        Err(CanonicalError::BadCharacter { path, character })
    }

    fn at_most(&self, what: &'static str, found: usize, max: usize) -> Result<(), CanonicalError> {
        if found <= max {
            return Ok(());
        }
        Err(CanonicalError::OutOfBounds { path: self.path(), what, found, max })
    }

    fn bad_number(&self, number: &serde_json::Number) -> CanonicalError {
        CanonicalError::BadNumber { path: self.path(), number: excerpt(&number.to_string()) }
    }

    fn path(&self) -> String {
        let mut out = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if out.is_empty() => out.push_str(key),
                Step::Key(key) => out.extend([".", key]),
                Step::Item(i) => out.push_str(&format!("[{i}]")),
            }
        }
        out
    }
}

/// The number, if it is one the format has. `-0` is a float to serde_json, unless another crate
/// switches on its `arbitrary_precision`.
fn integer(number: &serde_json::Number) -> Option<i64> {
    let minus_zero = |n: i64| n == 0 && number.to_string() != "0";
    number.as_i64().filter(|&n| (-MAX_INTEGER..=MAX_INTEGER).contains(&n) && !minus_zero(n))
}

fn write_value(value: &Value, out: &mut Vec<u8>) -> Result<(), CanonicalError> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => match integer(number) {
            Some(n) => out.extend_from_slice(n.to_string().as_bytes()),
            None => return Err(Bounds::default().bad_number(number)),
        },
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_value(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(members) => {
            // Never the map's own order: another crate may switch on `preserve_order`.
            let mut members: Vec<(&String, &Value)> = members.iter().collect();
            members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (i, (key, member)) in members.into_iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write_value(member, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

/// RFC 8785 section 3.2.2.2: two-character escapes where JSON has them, `\u00xx` for the other
/// controls below U+0020, everything else as it is.
fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for &b in text.as_bytes() {
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0C => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0x00..=0x1F => out.extend_from_slice(format!("\\u{b:04x}").as_bytes()),
            _ => out.push(b),
        }
    }
    out.push(b'"');
}

fn not_json(text: &str, error: &serde_json::Error) -> CanonicalError {
    let reason = error.to_string();
    if reason.starts_with("recursion limit exceeded") {
        let path = String::new();
        return CanonicalError::TooDeep { path };
    }
    // 1e999 and the like: JSON, and no number of ours.
    if reason.starts_with("number out of range") {
        let (path, number) = (String::new(), "beyond all range".to_owned());
        return CanonicalError::BadNumber { path, number };
    }
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let offset = (line_start + error.column().saturating_sub(1)).min(text.len());
    let reason = reason.split(" at line ").take(1).collect();
    CanonicalError::NotJson { offset, reason }
}

fn not_canonical(bytes: &[u8], written: &[u8]) -> CanonicalError {
    let same = |&(a, b): &(&u8, &u8)| a == b;
    let offset = bytes.iter().zip(written).take_while(same).count();
    let part = |all: &[u8]| {
        let rest = all.get(offset..).unwrap_or_default();
        String::from_utf8_lossy(&rest[..rest.len().min(16)]).into_owned()
    };
    CanonicalError::NotCanonical { offset, expected: part(written), found: part(bytes) }
}

/// The first key that one object of a well-formed JSON text has twice, however it is spelled.
fn duplicate_key(text: &str) -> Option<String> {
    let mut open: Vec<HashSet<String>> = Vec::new();
    let mut at = 0;
    while let Some(byte) = text.as_bytes().get(at) {
        at += 1;
        match byte {
            b'{' | b'[' => open.push(HashSet::new()),
            b'}' | b']' => drop(open.pop()),
            b'"' => {
                let string = string_body(text.get(at..)?);
                at += string.len() + 1;
                let is_key = text.get(at..)?.trim_start().starts_with(':');
                if is_key {
                    let key: String = serde_json::from_str(&format!("\"{string}\"")).ok()?;
                    if !open.last_mut()?.insert(key.clone()) {
                        return Some(key);
                    }
                }
            }
            _ => {}
        }
    }
    None
}

/// The part of a text before the quotation mark that ends a string.
fn string_body(text: &str) -> &str {
    let mut escaped = false;
    let end = text.bytes().position(|b| {
        let ends = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        ends
    });
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

fn excerpt(text: &str) -> String {
    text.chars().take(64).collect()
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "the top" } else { path }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn code(text: impl AsRef<[u8]>) -> &'static str {
        parse(text.as_ref()).map_or_else(|e| e.code(), |_| "good")
    }

    /// The one look says yes only where `parse` reads; and it says yes of all but rare escapes.
    #[test]
    fn one_look_is_never_laxer() {
        let nested = |open: &str, close: &str, n: usize| format!("{}{}", open.repeat(n), close.repeat(n));
        let long = |n: usize| format!("\"{}\"", "a".repeat(n));
        let items = |n: usize| format!("[{}]", vec!["1"; n].join(","));
        let members = |n: usize| {
            let mut keys: Vec<String> = (0..n).map(|i| format!("\"k{i}\":1")).collect();
            keys.sort();
            format!("{{{}}}", keys.join(","))
        };
        let plain = [
            r#"{"a":[],"b":{"c":null},"d":-9007199254740991,"e":9007199254740991,"f":"\"\\/é€😀"}"#.to_owned(),
            r#"{"event":{"body":{"text":["line\nline"]}}}"#.into(),
            "true".into(),
            "0".into(),
            nested("[", "]", MAX_DEPTH),
            long(MAX_STRING),
            items(MAX_ARRAY),
            members(MAX_OBJECT),
        ];
        for text in &plain {
            assert!(is_plain(text.as_bytes(), 0) && parse(text.as_bytes()).is_ok(), "{text}");
        }
        let others = [
            "",
            " 1",
            "1 ",
            "01",
            "-0",
            "-",
            "1.0",
            "1e3",
            "9007199254740992",
            "\"\n\"",
            r#""\n""#,
            r#""\u0041""#,
            r#""\/""#,
            "\"\u{202e}\"",
            "\"\u{85}\"",
            "\"\u{7f}\"",
            r#"{"b":1,"a":1}"#,
            r#"{"a":1,"a":1}"#,
            r#"{"A":1}"#,
            r#"{"a":1,}"#,
            "[1,]",
            "[1 ,2]",
            "[",
            "[1",
            "{",
            r#"{"a""#,
            r#"{"a":"#,
            r#"{"a":1"#,
            "\"",
            "\"a",
            "\"\\",
            "tru",
            "nulll",
            "[]]",
            r#"{"":1}"#,
            "\u{feff}1",
        ];
        let bounds =
            [nested("[", "]", MAX_DEPTH + 1), long(MAX_STRING + 1), items(MAX_ARRAY + 1), members(MAX_OBJECT + 1)];
        for text in others.iter().map(|s| s.to_string()).chain(bounds) {
            assert!(!is_plain(text.as_bytes(), 0) && parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(!is_plain(&[b'"', 0xFF, b'"'], 0) && !is_plain(&[0xC0, 0x80], 0));
        // Canonical, and left to `parse`.
        let rare = r#"{"body":{"t":"\u0000"}}"#;
        assert!(!is_plain(rare.as_bytes(), 0));
    }

    proptest! {
        #[test]
        fn one_look_at_damage(at in 0usize..120, byte: u8, more: u8) {
            let mut text = br#"{"a":[1,-2,"x\\y",{}],"body":{"c":"\n","d":[true,null]},"e":"\xc3\xa9","f":{"g":"\"","h":12}}"#.to_vec();
            let len = text.len();
            text[at % len] = byte;
            if more < 64 {
                text.insert(usize::from(more) % len, byte);
            }
            prop_assert!(!is_plain(&text, 0) || parse(&text).is_ok(), "{}", String::from_utf8_lossy(&text));
        }
    }

    #[test]
    fn canonical_values_are_read() {
        for good in [
            r#"{}"#,
            r#"{"a":[],"b":{"c":null},"d":-9007199254740991,"e":9007199254740991,"f":"\"\\/é€😀"}"#,
            r#"{"a":0,"a0":1,"a_":2,"aa":true,"b":false}"#,
            r#"{"event":{"body":{"text":["line\nline"]}}}"#,
        ] {
            let value = parse(good.as_bytes()).unwrap();
            assert_eq!(to_bytes(&value).unwrap(), good.as_bytes());
        }
    }

    #[test]
    fn lies() {
        for (text, expected) in [
            (r#"{"a":1} "#, "record.not_canonical"),
            ("{\"a\":1}\n", "record.not_canonical"),
            (r#"{"a": 1}"#, "record.not_canonical"),
            (r#"{"b":1,"a":2}"#, "record.not_canonical"),
            (r#"{"a":"\u0061"}"#, "record.not_canonical"),
            (r#"{"a":"\/"}"#, "record.not_canonical"),
            (r#"{"body":"\u000a"}"#, "record.not_canonical"),
            (r#"{"a":1,"a":1}"#, "record.duplicate_key"),
            (r#"{"a":{"b":[{"c":1,"c":2}]}}"#, "record.duplicate_key"),
            (r#"{"a":"a","b":"\"a\":","a" :2}"#, "record.duplicate_key"),
            (r#"{"a":["b","b"],"c":{"a":1} }"#, "record.not_canonical"),
            (r#"{"a":1,"\u0061":1}"#, "record.duplicate_key"),
            (r#"{"a":1.0}"#, "record.bad_number"),
            (r#"{"a":1e2}"#, "record.bad_number"),
            (r#"{"a":1e999}"#, "record.bad_number"),
            (r#"{"a":-0}"#, "record.bad_number"),
            (r#"{"a":9007199254740992}"#, "record.bad_number"),
            (r#"{"a":-9007199254740992}"#, "record.bad_number"),
            (r#"{"a":18446744073709551616}"#, "record.bad_number"),
            (r#"{"a":01}"#, "record.not_json"),
            (r#"{"a":"\ud800"}"#, "record.not_json"),
            (r#"{"a":NaN}"#, "record.not_json"),
            (r#"{"a":1}{}"#, "record.not_json"),
            ("\u{feff}{}", "record.not_json"),
            ("", "record.not_json"),
            (r#"{"":1}"#, "record.bad_key"),
            (r#"{"A":1}"#, "record.bad_key"),
            (r#"{"é":1}"#, "record.bad_key"),
            (r#"{"_a":1}"#, "record.bad_key"),
            (r#"{"a":"x\ny"}"#, "record.bad_character"),
            (r#"{"body":"x\ty"}"#, "record.bad_character"),
            (r#"{"bodies":{"a":"x\ny"}}"#, "record.bad_character"),
            (r#"{"body":1,"c":"x\ny"}"#, "record.bad_character"),
        ] {
            assert_eq!(code(text), expected, "{text}");
        }
        assert_eq!(code(b"{\"a\":\"\xff\"}"), "record.not_utf8");
        assert_eq!(code(b"\"\xed\xa0\x80\""), "record.not_utf8");
        assert_ne!(code(r#"{"a":1e999}"#), "good");
    }

    #[test]
    fn refused_characters() {
        for (first, last) in [
            ('\0', '\u{1f}'),
            ('\u{7f}', '\u{9f}'),
            ('\u{61c}', '\u{61c}'),
            ('\u{200e}', '\u{200f}'),
            ('\u{2028}', '\u{202e}'),
            ('\u{2066}', '\u{2069}'),
            ('\u{fdd0}', '\u{fdef}'),
            ('\u{feff}', '\u{feff}'),
            ('\u{fff9}', '\u{fffb}'),
            ('\u{1fffe}', '\u{1ffff}'),
            ('\u{e0000}', '\u{e007f}'),
        ] {
            assert!((first..=last).all(is_refused_character));
        }
        let refused = ('\0'..=char::MAX).filter(|&c| is_refused_character(c));
        assert_eq!(refused.count(), 32 + 33 + 1 + 2 + 7 + 4 + 32 + 1 + 3 + 34 + 128);
        assert_eq!(code("{\"body\":\"\u{202e}\"}"), "record.bad_character");
        assert_eq!(code("{\"body\":\"\u{200d}\u{2060}\"}"), "good");
    }

    #[test]
    fn bounds_are_inclusive() {
        let nested = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
        assert_eq!(code(nested(16)), "good");
        assert_eq!(code(nested(17)), "record.too_deep");
        assert_eq!(code(nested(5000)), "record.too_deep");
        assert!(parse_bounded(nested(15).as_bytes(), 99, 1).is_ok());
        assert!(parse_bounded(nested(16).as_bytes(), 99, 1).is_err());
        assert!(parse_bounded(b"1", 99, usize::MAX).is_ok());
        assert!(parse_bounded(b"[1]", 99, usize::MAX).is_err());
        let text = |n: usize| format!("\"{}\"", "x".repeat(n));
        assert_eq!(code(text(MAX_STRING)), "good");
        assert_eq!(code(text(MAX_STRING + 1)), "record.out_of_bounds");
        let array = |n: usize| format!("[{}0]", "0,".repeat(n - 1));
        assert_eq!(code(array(MAX_ARRAY)), "good");
        assert_eq!(code(array(MAX_ARRAY + 1)), "record.out_of_bounds");
        let object = |n: usize| {
            let members: Vec<_> = (0..n).map(|i| format!("\"k{i:03}\":0")).collect();
            format!("{{{}}}", members.join(","))
        };
        assert_eq!(code(object(MAX_OBJECT)), "good");
        assert_eq!(code(object(MAX_OBJECT + 1)), "record.out_of_bounds");
        let key = |n: usize| format!("{{\"{}\":0}}", "k".repeat(n));
        assert_eq!(code(key(64)), "good");
        assert_eq!(code(key(65)), "record.bad_key");
        assert_eq!(code(" ".repeat(MAX_RECORD)), "record.not_json");
        assert_eq!(code(" ".repeat(MAX_RECORD + 1)), "record.too_long");
    }

    #[test]
    fn errors_say_where() {
        let e = parse(br#"{"event":{"body":{"notes":["a",{"n":1.5}]}}}"#).unwrap_err();
        assert_eq!(e.path(), Some("event.body.notes[1].n"));
        let e = parse(br#"{"a":1, "b":2}"#).unwrap_err();
        assert_eq!((e.offset(), e.code()), (Some(7), "record.not_canonical"));
        assert_eq!(e.to_string(), r#"not canonical from byte 7 on: expected "\"b\":2}", found " \"b\":2}""#);
        let e = parse(b"{\"a\":\n\n 1,x}").unwrap_err();
        assert_eq!((e.offset(), e.code()), (Some(10), "record.not_json"));
        let e = parse(b"{\"a\":\"\xff\"}").unwrap_err();
        assert_eq!(e, CanonicalError::NotUtf8 { offset: 6 });
    }

    #[test]
    fn writing() {
        // RFC 8785 section 3.2.3: sorted by UTF-16 code units, not by UTF-8 bytes.
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5,
            "\u{80}": 6, "\u{f6}": 7});
        assert_eq!(
            String::from_utf8(to_bytes(&value).unwrap()).unwrap(),
            "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":7,\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}"
        );
        // RFC 8785 section 3.2.2.2.
        let text = json!("\u{20ac}$\u{f}\nA'B\"\\\\\"/\u{8}\t\u{c}\r\u{7f}");
        assert_eq!(
            String::from_utf8(to_bytes(&text).unwrap()).unwrap(),
            "\"\u{20ac}$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\\b\\t\\f\\r\u{7f}\""
        );
        assert!(to_bytes(&json!(1.0)).is_err());
        assert!(to_bytes(&json!(u64::MAX)).is_err());
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            "[ -~à-ÿ😀]{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map("[a-z][a-z0-9_]{0,5}", inner, 0..6)
                    .prop_map(|m| Value::Object(m.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(value in values()) {
            let bytes = to_bytes(&value).unwrap();
            prop_assert_eq!(parse(&bytes).unwrap(), value.clone());
            prop_assert_eq!(bytes, serde_json::to_vec(&value).unwrap());
        }

        #[test]
        fn whatever_is_read_is_its_own_writing(value in values(), at: usize, byte: u8) {
            let mut bytes = to_bytes(&value).unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(read) = parse(&bytes) {
                prop_assert_eq!(to_bytes(&read).unwrap(), bytes);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = parse(&bytes).map_err(|e| e.to_string());
        }
    }
}
