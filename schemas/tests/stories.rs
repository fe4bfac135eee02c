//! The worked and refused examples, looked at one by one: nobody is forgotten among the actors that a body names, what it
//! concerns is found by its stream, its words are whole, and it keeps to its committed JSON Schema.
//! Not here: whether the acts are lawful (the verifier's `stories`).

mod worked;

use std::collections::BTreeMap;
use std::path::Path;

use answerable_schemas::catalogue::TYPES;
use answerable_schemas::{Body, CalendarDate, bundle};
use serde_json::{Value, json};
use worked::Act;

fn schema(kind: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("json/{kind}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The event of an act, with chains and key names as a ledger has them.
fn event(act: &Act) -> Value {
    let stream = act.parse().map_or("story:unread".to_owned(), |body| body.stream().to_string());
    let mut event = json!({
        "actor": act.actor, "body": act.body, "effective": act.effective, "follows": null,
        "issued": "2026-11-23T10:00:00.000Z", "ledger": "00".repeat(32), "nonce": "AAAAAAAAAAAAAAAAAAAAAA==",
        "seen": {"root": format!("{}=", "A".repeat(43)), "size": 1}, "signers": [format!("{}#1", act.actor)],
        "standing": act.standing, "stream": stream, "type": act.kind, "v": act.version(),
    });
    if let Some(source) = &act.source {
        event["source"] = json!({"seen": "2026-11-23", "title": source.title});
        if let Some(document) = &source.document {
            event["source"]["document"] = json!(document);
        }
    }
    event
}

fn declared() -> Vec<Act> {
    worked::all().into_iter().filter(Act::is_declared).collect()
}

#[test]
fn the_committed_schemas_are_made_from_the_code_and_are_schemas() {
    for t in TYPES.iter() {
        let schema = schema(t.name);
        let made = bundle::event_schema(t.name);
        assert!(Some(&schema) == made.as_ref(), "{}: run answerable schema write schemas/json", t.name);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{}", t.name);
        assert!(jsonschema::meta::is_valid(&schema), "{} is no schema", t.name);
    }
}

#[test]
fn every_worked_example_keeps_to_its_schema() {
    let mut validators = BTreeMap::new();
    for act in declared() {
        let make = || jsonschema::validator_for(&schema(&act.kind)).unwrap();
        let validator = validators.entry(act.kind.clone()).or_insert_with(make);
        let event = event(&act);
        let problems: Vec<String> =
            validator.iter_errors(&event).map(|e| format!("{}: {e}", e.instance_path())).collect();
        assert!(problems.is_empty(), "{act:#?}\n{problems:#?}");
    }
}

/// The schemas let null pass for an absent member, and let `follows`, `ledger` and `seen` be absent; the reader refuses both.
#[test]
fn what_is_absent_is_never_null_and_what_is_null_is_never_absent() {
    for act in declared() {
        let validator = jsonschema::validator_for(&schema(&act.kind)).unwrap();
        let good = event(&act);
        let members = schema(&act.kind)["properties"]["body"]["properties"].as_object().unwrap().clone();
        for member in members.keys() {
            let mut null = act.clone();
            null.body.insert(member.clone(), Value::Null);
            assert!(null.parse().is_err(), "{}: {member}", act.kind);
            assert!(!validator.is_valid(&event(&null)), "{}: {member}", act.kind);
        }
        for member in good.as_object().unwrap().keys().filter(|m| *m != "source") {
            let mut without = good.clone();
            without.as_object_mut().unwrap().remove(member);
            assert!(!validator.is_valid(&without), "{}: {member}", act.kind);
        }
    }
}

/// Bodies that their type refuses and their JSON Schema lets pass, each with the reason.
const BEYOND_THE_SCHEMA: [(&str, &str); 5] = [
    ("Meeting the condition gives more time, not less.", "a comparison of two dates"),
    ("Each factor once.", "no two items alike in one member"),
    ("Of which crime?", "a member that another member's value asks for"),
    ("Incitement to no crime.", "the same"),
    ("A case of no crime.", "a member that all types have, and that all others may leave out"),
];

#[test]
fn what_a_body_may_not_say_its_schema_refuses_too() {
    let mut beyond: Vec<&str> = BEYOND_THE_SCHEMA.iter().map(|(about, _)| *about).collect();
    let mut refused = 0;
    for example in worked::refused().into_iter().filter(|r| r.code == "event.invalid_body") {
        assert_eq!(example.act.parse().unwrap_err().code(), "event.invalid_body", "{}", example.about);
        let event = event(&example.act);
        let passes = jsonschema::validator_for(&schema(&example.act.kind)).unwrap().is_valid(&event);
        let listed = beyond.iter().position(|about| example.about.ends_with(about));
        assert_eq!(passes, listed.is_some(), "{}: {:?}", example.about, example.act.body);
        match listed {
            Some(at) => drop(beyond.remove(at)),
            None => refused += 1,
        }
    }
    assert!(beyond.is_empty(), "listed as beyond the schema, and no refused example: {beyond:?}");
    assert!(refused > 20, "{refused}");
}

/// `answerable about ACTOR` and the law know only actors that a declaration names.
#[test]
fn every_actor_in_a_body_is_named() {
    let registers = worked::registers();
    for act in declared() {
        let Body::Told(told) = act.parse().unwrap() else { unreachable!("declared") };
        let named: Vec<&str> = told.actors().iter().map(|a| a.actor.as_str()).collect();
        let mut said = act.names(&registers);
        if !act.body.values().any(|v| v.to_string().contains(&format!("\"{}\"", act.actor))) {
            said.remove(&act.actor);
        }
        let forgotten: Vec<_> = said.iter().filter(|a| !named.contains(&a.as_str())).collect();
        assert!(forgotten.is_empty(), "{}: its actors clause lacks {forgotten:?}", act.kind);
        for role in [told.subject(), told.organ(), told.concerns()].into_iter().flatten() {
            assert!(named.contains(&role.as_str()), "{}: its actors clause lacks {role}", act.kind);
        }
    }
}

/// `answerable about ACTOR` looks for streams that name the actor. A finding on a mandate's benchmark concerned its assessor,
/// whom no such stream names: it could be answered, and was never shown.
#[test]
fn whom_an_act_concerns_its_stream_names() {
    for act in declared() {
        let body = act.parse().unwrap();
        let Some(concerned) = body.concerns() else { continue };
        let stream = format!("{}:", body.stream());
        let part = format!(":{}:", concerned.in_stream());
        assert!(stream.contains(&part), "{}: {concerned} is no part of {stream}", act.kind);
    }
}

#[test]
fn words_are_whole_and_bodies_come_back() {
    for act in declared() {
        let body = act.parse().unwrap();
        assert_eq!(body.to_map(), act.body, "{}", act.kind);
        let Body::Told(told) = &body else { unreachable!("declared") };
        let on: CalendarDate = act.effective.parse().unwrap();
        let words = told.words(&on);
        assert!(words.len() > 20 && !words.contains(['{', '}', '[', ']']), "{}: {words}", act.kind);
        assert!(!words.contains("  ") && !words.ends_with([' ', ':']), "{}: {words}", act.kind);
    }
}

/// Two actors with long ids did not fit into the name of a membership's or an institution's story: reading such a body ended
/// the program. A body whose story cannot be named is refused; every other one names its story.
#[test]
fn the_longest_ids_name_a_story_or_are_refused() {
    let registers = worked::registers();
    let wide_actor = format!("o:{}:{}:{}", "b".repeat(30), "c".repeat(30), "d".repeat(32));
    assert_eq!(wide_actor.len(), 96);
    let mut refused = Vec::new();
    for act in declared() {
        let mut wide = act.clone();
        for (member, value) in &act.body {
            let longer = match value.as_str() {
                Some(actor) if registers.contains_key(actor) => wide_actor.clone(),
                Some(_) => "s".repeat(64),
                None => continue,
            };
            let was = wide.body.insert(member.clone(), json!(longer)).unwrap();
            let unlike_itself = act.body[member].as_str().is_some_and(|s| !registers.contains_key(s));
            if unlike_itself && wide.parse().is_err_and(|e| !e.to_string().contains("too long")) {
                wide.body.insert(member.clone(), was);
            }
        }
        match wide.parse() {
            Ok(body) => assert!(!body.stream().as_str().is_empty()),
            Err(e) if e.to_string().contains("too long") => refused.push(act.kind),
            Err(e) => panic!("{e}: {wide:#?}"),
        }
    }
    refused.dedup();
    assert!(refused.iter().all(|kind| kind.starts_with("membership.") || kind.starts_with("nhri.")), "{refused:?}");
    assert!(refused.len() >= 6, "{refused:?}");
}
