//! Whether a value, written as JSON, is the one that is there: what `serde_json::to_value` and a comparison tell, with no
//! value built. Each body of each record is compared so (`catalogue`).
//! Not here: canonical bytes (the verifier).

use serde::ser::{self, Serialize, Serializer};
use serde_json::{Map, Value};

/// Whether `written` is written as exactly these members, in whatever order.
pub(crate) fn is_written_as(written: &impl Serialize, members: &Map<String, Value>) -> bool {
    written.serialize(At(There::Members(members))).is_ok()
}

/// It is written otherwise.
#[derive(Debug, thiserror::Error)]
#[error("written otherwise")]
struct Differs;

impl ser::Error for Differs {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Differs
    }
}

type Same = Result<(), Differs>;

fn same(yes: bool) -> Same {
    yes.then_some(()).ok_or(Differs)
}

#[derive(Clone, Copy)]
enum There<'v> {
    Members(&'v Map<String, Value>),
    Value(&'v Value),
}

/// Takes what is written, and compares it with what is there.
#[derive(Clone, Copy)]
struct At<'v>(There<'v>);

impl<'v> At<'v> {
    fn value(value: &'v Value) -> Self {
        At(There::Value(value))
    }
    fn is(self, written: impl Into<Value>) -> Same {
        same(matches!(self.0, There::Value(value) if *value == written.into()))
    }
    fn is_text(self, written: &str) -> Same {
        same(matches!(self.0, There::Value(Value::String(text)) if text == written))
    }
    fn members(self) -> Result<Members<'v>, Differs> {
        match self.0 {
            There::Members(members) | There::Value(Value::Object(members)) => {
                Ok(Members { members, written: 0, key: None })
            }
            There::Value(_) => Err(Differs),
        }
    }
    fn items(self) -> Result<Items<'v>, Differs> {
        match self.0 {
            There::Value(Value::Array(items)) => Ok(Items(items.iter())),
            _ => Err(Differs),
        }
    }
    /// What stands under a variant's name, alone in its object.
    fn variant(self, name: &str) -> Result<Self, Differs> {
        let Members { members, .. } = self.members()?;
        let value = members.get(name).filter(|_| members.len() == 1);
        value.map(At::value).ok_or(Differs)
    }
}

/// Members as they are written, one by one.
struct Members<'v> {
    members: &'v Map<String, Value>,
    written: usize,
    key: Option<&'v Value>,
}

impl Members<'_> {
    fn member<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Same {
        self.written += 1;
        value.serialize(At::value(self.members.get(key).ok_or(Differs)?))
    }
    /// No name is written twice, so as many as are there are all that are there.
    fn all(self) -> Same {
        same(self.written == self.members.len())
    }
}

struct Items<'v>(std::slice::Iter<'v, Value>);

impl Items<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Same {
        value.serialize(At::value(self.0.next().ok_or(Differs)?))
    }
    fn all(self) -> Same {
        same(self.0.len() == 0)
    }
}

macro_rules! plain {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, v: $type) -> Same {
            self.is(v)
        })*
    };
}

impl<'v> Serializer for At<'v> {
    type Ok = ();
    type Error = Differs;
    type SerializeSeq = Items<'v>;
    type SerializeTuple = Items<'v>;
    type SerializeTupleStruct = Items<'v>;
    type SerializeTupleVariant = Items<'v>;
    type SerializeMap = Members<'v>;
    type SerializeStruct = Members<'v>;
    type SerializeStructVariant = Members<'v>;

    plain!(serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32, serialize_f64: f64);

    fn serialize_char(self, v: char) -> Same {
        self.is_text(v.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, v: &str) -> Same {
        self.is_text(v)
    }
    fn serialize_bytes(self, v: &[u8]) -> Same {
        self.is(v)
    }
    fn serialize_none(self) -> Same {
        self.serialize_unit()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Same {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Same {
        self.is(Value::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Same {
        self.serialize_unit()
    }
    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Same {
        self.is_text(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Same {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Same {
        value.serialize(self.variant(variant)?)
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Items<'v>, Differs> {
        self.items()
    }
    fn serialize_tuple(self, _: usize) -> Result<Items<'v>, Differs> {
        self.items()
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Items<'v>, Differs> {
        self.items()
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Items<'v>, Differs> {
        self.variant(variant)?.items()
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Members<'v>, Differs> {
        self.members()
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Members<'v>, Differs> {
        self.members()
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Members<'v>, Differs> {
        self.variant(variant)?.members()
    }
}

macro_rules! items {
    ($($trait:ident: $method:ident),*) => {
        $(impl ser::$trait for Items<'_> {
            type Ok = ();
            type Error = Differs;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Same {
                self.item(value)
            }
            fn end(self) -> Same {
                self.all()
            }
        })*
    };
}

items!(SerializeSeq: serialize_element, SerializeTuple: serialize_element, SerializeTupleStruct: serialize_field,
    SerializeTupleVariant: serialize_field);

macro_rules! members {
    ($($trait:ident),*) => {
        $(impl ser::$trait for Members<'_> {
            type Ok = ();
            type Error = Differs;
            fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Same {
                self.member(key, value)
            }
            fn end(self) -> Same {
                self.all()
            }
        })*
    };
}

members!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Differs;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Same {
        let key = serde_json::to_value(key).map_err(ser::Error::custom)?;
        self.key = Some(self.members.get(key.as_str().ok_or(Differs)?).ok_or(Differs)?);
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Same {
        self.written += 1;
        value.serialize(At::value(self.key.take().expect("serde writes a key before its value")))
    }
    fn end(self) -> Same {
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
}
