//! The rules bundle: one canonical JSON document with everything that a rules version fixes: event schemas, role
//! table, law codes. A ledger names its hash; the document lies in the ledger's attachments and in schemas/json/.
//! Not here: the machines themselves; a version of the bundle stands for the code that was released with it.

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::catalogue::TYPES;
use crate::envelope::Event;
use crate::governance::RulesRef;
use crate::ids::EventId;
use crate::roles;

/// The newest rules version that this program carries.
pub const RULES_VERSION: u32 = 1;

/// The rules as data.
pub fn rules() -> Value {
    let body = |name: &str| body_schema(name).map(without_prose);
    let types: serde_json::Map<String, Value> = TYPES
        .iter()
        .map(|t| (t.name.to_owned(), json!({"v": t.v, "body": body(t.name), "steps": t.steps, "stream": t.stream})))
        .collect();
    json!({"schema": "answerable.rules/v1", "version": RULES_VERSION, "types": types, "roles": *roles::ALL})
}

/// The bundle's bytes: sorted keys, no white space, UTF-8. Making all schemas takes longer than most commands, so they are
/// those of the file in `schemas/json/`, which is `made` and held to it by a test.
pub fn bundle() -> &'static [u8] {
    include_bytes!("../json/rules-1.json")
}

/// The bundle made from the types.
pub fn made() -> Vec<u8> {
    sorted(rules()).to_string().into_bytes()
}

/// What a founding names.
pub fn rules_ref() -> RulesRef {
    static HASHED: OnceLock<RulesRef> = OnceLock::new();
    let hash = || RulesRef { sha256: EventId(Sha256::digest(bundle()).into()), version: RULES_VERSION };
    HASHED.get_or_init(hash).clone()
}

/// The JSON Schema (draft 2020-12) of a type's body; None if the type is unknown.
pub fn body_schema(name: &str) -> Option<Value> {
    let info = TYPES.iter().find(|t| t.name == name)?;
    let mut generator = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true).into_generator();
    Some(absent_never_null((info.schema)(&mut generator).to_value()))
}

/// The JSON Schema of a whole event of a type, for outsiders: envelope and body.
pub fn event_schema(name: &str) -> Option<Value> {
    let info = TYPES.iter().find(|t| t.name == name)?;
    let generator = SchemaSettings::draft2020_12().with(|s| s.inline_subschemas = true).into_generator();
    let mut schema = generator.into_root_schema_for::<Event>().to_value();
    // Nullable, but never absent: what serde's derive cannot tell schemars.
    let required = schema["required"].as_array_mut()?;
    required.extend(["follows", "ledger", "seen"].map(Value::from));
    required.sort_by(|a, b| a.as_str().cmp(&b.as_str()));
    let mut schema = absent_never_null(schema);
    schema["title"] = json!(name);
    schema["properties"]["body"] = body_schema(name)?;
    schema["properties"]["type"] = json!({"const": name});
    schema["properties"]["v"] = json!({"const": info.v});
    Some(sorted(schema))
}

/// An optional member may be absent, and is never null (`envelope::never_null`): schemars takes an `Option` for both.
fn absent_never_null(schema: Value) -> Value {
    match schema {
        Value::Object(mut map) => {
            let required = map.get("required").cloned().unwrap_or_default();
            let needed = |name: &str| required.as_array().is_some_and(|r| r.iter().any(|n| n == name));
            if let Some(Value::Object(members)) = map.get_mut("properties") {
                members.iter_mut().filter(|(name, _)| !needed(name)).for_each(|(_, member)| drop_null(member));
            }
            Value::Object(map.into_iter().map(|(k, v)| (k, absent_never_null(v))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(absent_never_null).collect()),
        other => other,
    }
}

fn drop_null(member: &mut Value) {
    let Some(map) = member.as_object_mut() else { return };
    for (key, null) in [("type", json!("null")), ("enum", Value::Null), ("anyOf", json!({"type": "null"}))] {
        let Some(Value::Array(choices)) = map.get_mut(key) else { continue };
        choices.retain(|c| *c != null);
        if key == "type" && choices.len() == 1 {
            let only = choices.remove(0);
            map.insert(key.to_owned(), only);
        }
    }
}

/// Rules are what is checked: descriptions may be improved without a new version.
fn without_prose(schema: Value) -> Value {
    match schema {
        Value::Object(map) => {
            // A property may itself be called "title": then its value is a schema, not a text.
            let prose = |k: &str, v: &Value| matches!(k, "description" | "title" | "$schema") && v.is_string();
            map.into_iter().filter(|(k, v)| !prose(k, v)).map(|(k, v)| (k, without_prose(v))).collect()
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_prose).collect()),
        other => other,
    }
}

/// The same value with sorted keys, whatever map serde_json was built with.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: std::collections::BTreeMap<String, Value> =
                map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_what_is_made() {
        assert!(made() == bundle(), "write it anew: cargo run -- schema write schemas/json");
    }

    #[test]
    fn every_type_has_a_closed_schema() {
        for t in TYPES.iter() {
            let schema = event_schema(t.name).unwrap();
            assert_eq!(schema["additionalProperties"], json!(false), "{}", t.name);
            assert!(schema["properties"]["body"]["properties"].is_object(), "{}", t.name);
        }
    }
}
