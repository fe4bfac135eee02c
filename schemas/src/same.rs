//! A value as canonical JSON, members sorted: to tell whether what was read of a body, written again, is what is there. Each
//! body of each record is compared so (`catalogue`).
//! Not here: the bounds and the strict reading of canonical bytes (the verifier).

use std::fmt::Display;
use std::io::Write;
use std::ops::Range;

use serde::ser::{self, Serialize, Serializer};
use serde_json::{Map, Value};

/// Whether `written` is written as exactly these members, in whatever order.
pub(crate) fn is_written_as(written: &impl Serialize, members: &Map<String, Value>) -> bool {
    let written = Written::of(written);
    written.is_some_and(|written| Written::of(members).is_some_and(|there| there.bytes == written.bytes))
}

/// What a value is written as.
pub(crate) struct Written {
    pub bytes: Vec<u8>,
    /// Where its members lie, name and all, sorted.
    members: Vec<Range<usize>>,
}

impl Written {
    pub fn of(value: &impl Serialize) -> Option<Self> {
        let mut writer = Written { bytes: Vec::with_capacity(512), members: Vec::new() };
        value.serialize(&mut writer).ok()?;
        Some(writer)
    }

    /// A member's value, as JSON.
    pub fn member(&self, name: &str) -> Option<&str> {
        let of = |member: &Range<usize>| {
            let value = self.bytes[member.clone()].strip_prefix(b"\"")?.strip_prefix(name.as_bytes())?;
            std::str::from_utf8(value.strip_prefix(b"\":")?).ok()
        };
        self.members.iter().find_map(of)
    }

    fn json(&mut self, value: &(impl Serialize + ?Sized)) -> Done {
        serde_json::to_writer(&mut self.bytes, value).map_err(|_| Unwritten)
    }

    fn items(&mut self) -> Items<'_> {
        self.bytes.push(b'[');
        Items { writer: self, any: false }
    }

    fn named(&mut self, variant: &str) -> Result<&mut Self, Unwritten> {
        self.bytes.push(b'{');
        self.json(variant)?;
        self.bytes.push(b':');
        Ok(self)
    }
}

/// It is no JSON.
#[derive(Debug, thiserror::Error)]
#[error("no JSON")]
pub(crate) struct Unwritten;

impl ser::Error for Unwritten {
    fn custom<T: Display>(_: T) -> Self {
        Unwritten
    }
}

type Done = Result<(), Unwritten>;

/// Members as they are written, one by one, of an object, or of a variant's within its object.
pub(crate) struct Members<'w> {
    writer: &'w mut Written,
    start: usize,
    members: Vec<Range<usize>>,
    variant: bool,
}

impl<'w> Members<'w> {
    fn of(writer: &'w mut Written, variant: bool) -> Self {
        let start = writer.bytes.len();
        writer.bytes.push(b'{');
        Members { writer, start, members: Vec::with_capacity(12), variant }
    }

    fn key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        if !self.members.is_empty() {
            self.writer.bytes.push(b',');
        }
        let at = self.writer.bytes.len();
        key.serialize(&mut *self.writer)?;
        if self.writer.bytes.get(at) != Some(&b'"') {
            return Err(Unwritten);
        }
        self.writer.bytes.push(b':');
        self.members.push(at..at);
        Ok(())
    }

    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        value.serialize(&mut *self.writer)?;
        let end = self.writer.bytes.len();
        self.members.last_mut().expect("serde writes a key before its value").end = end;
        Ok(())
    }

    fn member<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Done {
        self.key(key)?;
        self.value(value)
    }

    fn all(mut self) -> Done {
        let bytes = &mut self.writer.bytes;
        // By name: no two are the same, so no value is compared.
        if !self.members.is_sorted_by(|a, b| bytes[a.clone()] < bytes[b.clone()]) {
            let there = bytes[self.start..].to_vec();
            let of = |member: &Range<usize>| member.start - self.start..member.end - self.start;
            self.members.sort_unstable_by(|a, b| there[of(a)].cmp(&there[of(b)]));
            bytes.truncate(self.start + 1);
            for (i, member) in self.members.iter_mut().enumerate() {
                if i > 0 {
                    bytes.push(b',');
                }
                let at = bytes.len();
                bytes.extend_from_slice(&there[of(member)]);
                *member = at..bytes.len();
            }
        }
        bytes.extend_from_slice(if self.variant { b"}}" } else { b"}" });
        // The outermost object ends last.
        self.writer.members = self.members;
        Ok(())
    }
}

pub(crate) struct Items<'w> {
    writer: &'w mut Written,
    any: bool,
}

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        if std::mem::replace(&mut self.any, true) {
            self.writer.bytes.push(b',');
        }
        value.serialize(&mut *self.writer)
    }
    fn all(self) -> Done {
        self.writer.bytes.push(b']');
        Ok(())
    }
}

/// The items of a variant, within its object.
pub(crate) struct Named<'w>(Items<'w>);

macro_rules! plain {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, v: $type) -> Done {
            self.json(&v)
        })*
    };
}

impl<'w> Serializer for &'w mut Written {
    type Ok = ();
    type Error = Unwritten;
    type SerializeSeq = Items<'w>;
    type SerializeTuple = Items<'w>;
    type SerializeTupleStruct = Items<'w>;
    type SerializeTupleVariant = Named<'w>;
    type SerializeMap = Members<'w>;
    type SerializeStruct = Members<'w>;
    type SerializeStructVariant = Members<'w>;

    plain!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32, serialize_f64: f64,
        serialize_char: char, serialize_str: &str, serialize_bytes: &[u8]);

    fn serialize_none(self) -> Done {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Done {
        self.bytes.extend_from_slice(b"null");
        Ok(())
    }
    fn serialize_unit_struct(self, _: &'static str) -> Done {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Done {
        self.json(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Done {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Done {
        value.serialize(&mut *self.named(variant)?)?;
        self.bytes.push(b'}');
        Ok(())
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'w>, Unwritten> {
        Ok(self.items())
    }
    fn serialize_tuple(self, _: usize) -> Result<Items<'w>, Unwritten> {
        Ok(self.items())
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'w>, Unwritten> {
        Ok(self.items())
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Named<'w>, Unwritten> {
        Ok(Named(self.named(variant)?.items()))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Members<'w>, Unwritten> {
        Ok(Members::of(self, false))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'w>, Unwritten> {
        Ok(Members::of(self, false))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'w>, Unwritten> {
        Ok(Members::of(self.named(variant)?, true))
    }
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Done {
        let at = self.bytes.len();
        write!(self.bytes, "\"{value}\"").map_err(|_| Unwritten)?;
        let text = &self.bytes[at + 1..self.bytes.len() - 1];
        if text.iter().any(|b| matches!(b, b'"' | b'\\' | 0..=0x1F)) {
            self.bytes.truncate(at);
            return self.json(&value.to_string());
        }
        Ok(())
    }
}

macro_rules! items {
    ($($trait:ident: $method:ident),*) => {
        $(impl ser::$trait for Items<'_> {
            type Ok = ();
            type Error = Unwritten;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
                self.item(value)
            }
            fn end(self) -> Done {
                self.all()
            }
        })*
    };
}

items!(SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field);

impl ser::SerializeTupleVariant for Named<'_> {
    type Ok = ();
    type Error = Unwritten;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.0.item(value)
    }
    fn end(self) -> Done {
        self.0.writer.bytes.extend_from_slice(b"]}");
        Ok(())
    }
}

macro_rules! members {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Members<'_> {
            type Ok = ();
            type Error = Unwritten;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Done {
                self.member(key, value)
            }
            fn end(self) -> Done {
                self.all()
            }
        })*
    };
}

members!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Unwritten;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Done {
        self.key(key)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Done {
        self.value(value)
    }
    fn end(self) -> Done {
        self.all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;

    #[derive(Clone, serde::Serialize)]
    enum Variants {
        Unit,
        New(u8),
        Pair(u8, char),
        Struct { a: Option<bool> },
    }

    #[derive(Clone, serde::Serialize)]
    #[serde(tag = "kind")]
    enum Tagged {
        Plain { text: String },
        Wrapped(Inner),
    }

    #[derive(Clone, serde::Serialize)]
    struct Inner {
        n: i64,
        #[serde(skip_serializing_if = "Option::is_none")]
        maybe: Option<u64>,
    }

    #[derive(Clone, serde::Serialize)]
    struct All {
        variants: Vec<Variants>,
        tagged: Vec<Tagged>,
        map: BTreeMap<String, Inner>,
        unit: (),
        float: f64,
        #[serde(flatten)]
        more: Inner,
    }

    fn all() -> All {
        let inner = |n, maybe| Inner { n, maybe };
        All {
            variants: vec![
                Variants::Unit,
                Variants::New(3),
                Variants::Pair(4, 'é'),
                Variants::Struct { a: Some(true) },
            ],
            tagged: vec![Tagged::Plain { text: "x".into() }, Tagged::Wrapped(inner(-5, Some(u64::MAX)))],
            map: BTreeMap::from([("a".to_owned(), inner(1, None)), ("b".to_owned(), inner(2, Some(0)))]),
            unit: (),
            float: 1.5,
            more: inner(7, None),
        }
    }

    /// Each value that differs in one place from `value`: something else, one more, one less.
    fn others(value: &Value) -> Vec<Value> {
        let mut all = vec![json!("other"), json!(-77), json!(null), json!([]), json!({})];
        match value {
            Value::Array(items) => {
                all.push([&items[..], &[json!(0)]].concat().into());
                for at in 0..items.len() {
                    let mut fewer = items.clone();
                    fewer.remove(at);
                    all.push(fewer.into());
                    for other in others(&items[at]) {
                        let mut items = items.clone();
                        items[at] = other;
                        all.push(items.into());
                    }
                }
            }
            Value::Object(members) => {
                let with = |key: &str, value: Option<Value>| {
                    let mut members = members.clone();
                    match value {
                        Some(value) => _ = members.insert(key.to_owned(), value),
                        None => _ = members.remove(key),
                    }
                    Value::Object(members)
                };
                all.push(with("surplus", Some(json!(0))));
                for (key, member) in members {
                    all.push(with(key, None));
                    all.extend(others(member).into_iter().map(|other| with(key, Some(other))));
                }
            }
            _ => {}
        }
        all.retain(|other| other != value);
        all
    }

    #[test]
    fn says_what_building_the_value_says() {
        let written = all();
        let value = serde_json::to_value(&written).unwrap();
        assert!(is_written_as(&written, value.as_object().unwrap()), "{value:#}");
        let others = others(&value);
        assert!(others.len() > 100);
        for other in others.iter().filter_map(Value::as_object) {
            assert!(!is_written_as(&written, other), "{other:?}");
        }
    }

    #[test]
    fn members_are_sorted_and_found() {
        let written = Written::of(&all()).unwrap();
        let value = serde_json::to_value(all()).unwrap();
        // Sorted, unless another crate switches on `preserve_order`.
        let sorted: BTreeMap<&String, &Value> = value.as_object().unwrap().iter().collect();
        assert_eq!(written.bytes, serde_json::to_vec(&sorted).unwrap());
        for (name, member) in sorted {
            assert_eq!(serde_json::from_str::<Value>(written.member(name).unwrap()).unwrap(), *member, "{name}");
        }
        assert_eq!(written.member("tag"), None);
    }
}
