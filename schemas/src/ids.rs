//! Identifiers: actors, keys, streams, event types, treaties, event ids.
//! Each is a string with a grammar (docs/FORMAT.md, "Bounds"), checked once, on the way in; short ones lie in place, and long ones are shared by their copies.
//! Not here: which identifiers exist in a ledger; that is the law's business.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A string that is not of the grammar that its place demands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{value:?} is not {what}: expected {pattern}")]
pub struct IdError {
    pub value: String,
    pub what: &'static str,
    pub pattern: &'static str,
}

/// Reads a text with no copy of it.
pub(crate) fn read_text<'de, D: Deserializer<'de>, T>(
    d: D,
    read: impl FnOnce(&str) -> Result<T, IdError>,
) -> Result<T, D::Error> {
    struct Text<F>(F);
    impl<T, F: FnOnce(&str) -> Result<T, IdError>> de::Visitor<'_> for Text<F> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            (self.0)(text).map_err(E::custom)
        }
    }
    d.deserialize_str(Text(read))
}

macro_rules! string_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $pattern:literal, $max:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(smol_str::SmolStr);

        impl $name {
            /// Checks the grammar; the error shows the value, and what was expected.
            pub fn new(value: impl AsRef<str>) -> Result<Self, IdError> {
                let value = value.as_ref();
                let check: fn(&str) -> bool = $check;
                if value.len() <= $max && check(value) {
                    Ok(Self(value.into()))
                } else {
                    Err(IdError { value: value.to_owned(), what: $what, pattern: $pattern })
                }
            }
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
        // Equal, ordered and hashed as its text, so that maps can be asked by text.
        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(s: &str) -> Result<Self, IdError> {
                Self::new(s)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                $crate::ids::read_text(d, |text| Self::new(text))
            }
        }
        impl Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }
        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!({"type": "string", "pattern": $pattern, "maxLength": $max})
            }
        }
    };
}

pub(crate) use string_id;

string_id!(
    /// Who speaks, or whom an act concerns: `state:RWA`, `org:un-secretary-general`. Opaque, and never given to another.
    /// A state has two parts, so that no state and no other actor share a stream (`in_stream`).
    ActorId,
    "an actor id",
    "^[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,3}$",
    96,
    is_actor
);
string_id!(
    /// A key's name: the actor id, `#`, and a label: `state:RWA#2026a`.
    KeyName,
    "a key name",
    "^[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,3}#[a-z0-9][a-z0-9-]{0,31}$",
    129,
    |s| s.split_once('#').is_some_and(|(actor, label)| {
        actor.len() <= 96
            && is_actor(actor)
            && (1..=32).contains(&label.len())
            && !label.starts_with('-')
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    })
);
string_id!(
    /// One story of the ledger: `treaty:genocide-convention:RWA`. Always computed from type and body.
    StreamName,
    "a stream name",
    "^[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,6}$",
    200,
    |s| is_path(s, 2, 7)
);
string_id!(
    /// A treaty's id: `genocide-convention`.
    TreatyId,
    "a treaty id",
    "^[a-z0-9][a-z0-9-]{0,63}$",
    64,
    |s| !s.is_empty()
        && !s.starts_with('-')
        && s.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
);
string_id!(
    /// The id of a story's thing, opaque and unique among its kind: `unifil`, `upr-5-afg-aut-3f2a9c1d0b7e`; also a tag.
    Slug,
    "an id",
    "^[a-z0-9][a-z0-9-]{0,63}$",
    64,
    |s| TreatyId::new(s).is_ok()
);
string_id!(
    /// A document's symbol, without spaces: `S/RES/872(1993)`, `A/71/1016`.
    Symbol,
    "a document symbol",
    "^[A-Z][A-Za-z0-9]*(/[A-Za-z0-9.-]+)*(\\([A-Za-z0-9]+\\))?$",
    64,
    |s| {
        let (path, suffix) = s.split_at(s.find('(').unwrap_or(s.len()));
        let alphanumeric = |p: &str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric());
        let mut parts = path.split('/');
        parts.next().is_some_and(|p| alphanumeric(p) && p.as_bytes()[0].is_ascii_uppercase())
            && parts.all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_alphanumeric() || b".-".contains(&b)))
            && (suffix.is_empty()
                || suffix.strip_prefix('(').and_then(|s| s.strip_suffix(')')).is_some_and(alphanumeric))
    }
);
string_id!(
    /// A short label that an author gives to one reservation, declaration or objection, unique within its stream.
    Label,
    "a label",
    "^[a-z0-9][a-z0-9-]{0,63}$",
    64,
    |s| TreatyId::new(s).is_ok()
);
string_id!(
    /// An event type: `treaty.consent_deposited`.
    TypeName,
    "an event type",
    "^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*){1,3}$",
    64,
    |s| (2..=4).contains(&s.split('.').count()) && s.split('.').all(|p| {
        p.starts_with(|c: char| c.is_ascii_lowercase())
            && p.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    })
);
string_id!(
    /// What a key may sign: an event type, a family (`treaty.*`), or everything (`*`).
    TypePattern,
    "a pattern of event types",
    "^(\\*|[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*){0,3}(\\.\\*)?)$",
    66,
    |s| s == "*"
        || s.strip_suffix(".*").is_some_and(|p| TypeName::new(format!("{p}.x")).is_ok())
        || TypeName::new(s).is_ok()
);
string_id!(
    /// A ledger's name among checkpoints: `ledger.example.org/prevention` (c2sp.org/tlog-checkpoint).
    Origin,
    "an origin",
    "^[a-z0-9.-]+(/[a-z0-9._-]+)*$",
    255,
    |s| {
        let mut parts = s.split('/');
        let word = |p: &str, extra: &str| !p.is_empty()
            && p.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || extra.contains(c));
        parts.next().is_some_and(|p| word(p, ".-")) && parts.all(|p| word(p, "._-"))
    }
);

impl ActorId {
    /// The part that names the actor in stream names: `RWA` for `state:RWA`, the whole id for any other kind.
    pub fn in_stream(&self) -> &str {
        self.0.strip_prefix("state:").unwrap_or(&self.0)
    }
    /// True for `state:…`.
    pub fn is_state(&self) -> bool {
        self.0.starts_with("state:")
    }
}

impl KeyName {
    /// The actor whose key this is.
    pub fn actor(&self) -> ActorId {
        let (actor, _) = self.0.split_once('#').expect("the grammar of key names has a '#'");
        ActorId(actor.into())
    }
}

impl TypePattern {
    /// True where everything that `other` matches, this one matches too.
    pub fn covers(&self, other: &TypePattern) -> bool {
        match other.0.strip_suffix('*') {
            // A family is covered by itself and by wider ones, never by a single type.
            Some(family) => self.0.strip_suffix('*').is_some_and(|own| family.starts_with(own)),
            None => self.matches(&other.0),
        }
    }
    pub fn matches(&self, kind: &str) -> bool {
        pattern_matches(&self.0, kind)
    }
}

/// `TypePattern::matches`, for a pattern that is known to be one.
pub(crate) fn pattern_matches(pattern: &str, kind: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => kind.starts_with(prefix),
        None => pattern == kind,
    }
}

fn is_actor(s: &str) -> bool {
    is_path(s, 2, if s.starts_with("state:") { 2 } else { 4 })
}

/// `first(:part)*` with `min` to `max` parts in all.
fn is_path(s: &str, min: usize, max: usize) -> bool {
    let mut count = 0;
    s.split(':').all(|part| {
        count += 1;
        let mut bytes = part.bytes();
        let Some(first) = bytes.next() else { return false };
        if count == 1 {
            first.is_ascii_lowercase() && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        } else {
            first.is_ascii_alphanumeric() && bytes.all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
        }
    }) && (min..=max).contains(&count)
}

/// The id of an event: 32 bytes, written as 64 lower-case hex digits. How it is computed is the verifier's business.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub [u8; 32]);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(hex(&self.0, &mut [0; 64]))
    }
}

/// Lower-case hex digits.
fn hex<'t>(bytes: &[u8; 32], text: &'t mut [u8; 64]) -> &'t str {
    let digit = |n: u8| b"0123456789abcdef"[usize::from(n)];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[digit(byte >> 4), digit(byte & 15)]);
    }
    std::str::from_utf8(text).expect("digits are ASCII")
}

impl fmt::Debug for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
impl std::str::FromStr for EventId {
    type Err = IdError;
    fn from_str(s: &str) -> Result<Self, IdError> {
        let digit = |b: u8| match b {
            b'0'..=b'9' => Some(b - b'0'),
            b'a'..=b'f' => Some(b - b'a' + 10),
            _ => None,
        };
        let bad = || IdError { value: s.to_owned(), what: "a SHA-256 in hex", pattern: HEX32 };
        let bytes = s.as_bytes();
        if bytes.len() != 64 {
            return Err(bad());
        }
        let mut out = [0u8; 32];
        for (o, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
            *o = digit(pair[0]).ok_or_else(bad)? << 4 | digit(pair[1]).ok_or_else(bad)?;
        }
        Ok(Self(out))
    }
}
impl Serialize for EventId {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(hex(&self.0, &mut [0; 64]))
    }
}
impl<'de> Deserialize<'de> for EventId {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        read_text(d, str::parse)
    }
}
impl JsonSchema for EventId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sha256".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "pattern": HEX32})
    }
}
const HEX32: &str = "^[0-9a-f]{64}$";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammars_accept_and_refuse() {
        for good in ["state:RWA", "org:un-secretary-general", "a:b:c:d"] {
            ActorId::new(good).unwrap();
        }
        for bad in ["RWA", "State:RWA", "state:", "state:-x", "state:org:x", "a:b:c:d:e", "state:RWA#k", "état:x"] {
            assert!(ActorId::new(bad).is_err(), "{bad}");
        }
        assert_eq!(KeyName::new("state:RWA#2026a").unwrap().actor().as_str(), "state:RWA");
        assert!(KeyName::new("state:RWA#").is_err());
        assert!(KeyName::new("state:RWA#A").is_err());
        assert!(TypeName::new("treaty").is_err());
        assert!(TypePattern::new("treaty.*").unwrap().matches("treaty.signed"));
        assert!(!TypePattern::new("treaty.*").unwrap().matches("treatyx.signed"));
        assert!(TypePattern::new("*").unwrap().matches("key.enrolled"));
        assert!(TypePattern::new("treaty*").is_err());
        assert!(Origin::new("a.example/x_1").is_ok() && Origin::new("/x").is_err() && Origin::new("A").is_err());
        assert!("AB".repeat(32).parse::<EventId>().is_err());
    }
}
