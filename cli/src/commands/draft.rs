//! `draft`: an event on its way, as a file that is passed along until it can be appended.
//! Not here: signing it (`sign`).

use std::fs;
use std::path::{Path, PathBuf};

use answerable_schemas::envelope::Source;
use answerable_schemas::governance::KeyEnrolled;
use answerable_schemas::ids::TypePattern;
use answerable_schemas::{ActorId, Body, CalendarDate, Event, Instant, KeyName, Standing};
use answerable_verifier::judge::Past;
use answerable_verifier::record::SignedEvent;
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::request::read_request;
use super::{keys, nonce, open, seen, signers};
use crate::args::{Cli, Draft, SourceArgs};
use crate::clock;
use crate::error::CliError;
use crate::output::print;
use answerable_ledger::Ledger;

/// What a statement says, before it is an event of a ledger.
#[derive(Clone)]
pub struct Statement {
    pub actor: ActorId,
    pub body: Body,
    pub effective: CalendarDate,
    pub standing: Standing,
    pub signers: Vec<KeyName>,
    pub source: Option<Source>,
}

/// Makes an event of a statement: it follows the actor's last one, and states the checkpoint that was seen.
pub fn compose(ledger: &Ledger, s: &Statement, issued: Instant) -> Result<SignedEvent, CliError> {
    let stream = s.body.stream();
    let follows = ledger.past().last_by(&s.actor, &stream)?;
    let mut signers = s.signers.clone();
    signers.sort();
    signers.dedup();
    let event = Event {
        actor: s.actor.clone(),
        attachments: None,
        body: s.body.to_map(),
        effective: s.effective,
        follows,
        issued,
        ledger: Some(ledger.config.ledger_id),
        nonce: nonce()?,
        seen: Some(seen(&ledger.checkpoint)),
        signers,
        source: s.source.clone(),
        standing: s.standing,
        stream,
        kind: s.body.kind().parse().expect("kinds of the catalogue are type names"),
        v: 1,
    };
    Ok(SignedEvent::draft(&event)?)
}

pub fn draft(cli: &Cli, a: &Draft) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let mut members = match &a.body {
        Some(path) => read_body(path)?,
        None => Map::new(),
    };
    for (name, value) in &a.set {
        members.insert(name.clone(), read_value(value));
    }
    let mut signing = signers(cli, &a.actor, &a.signer)?;
    if let Some(enrolled) = new_key(cli, a)? {
        signing.push(enrolled.key.key.clone());
        members.extend(Body::KeyEnrolled(enrolled).to_map());
    }
    let body = Body::parse(&a.kind, 1, &members).map_err(|e| {
        let hint = match e.code() {
            "event.unknown_type" => "all types: answerable schema list".to_owned(),
            _ => format!("its members: answerable schema show {}", a.kind),
        };
        CliError::usage(e.code(), e.to_string(), hint)
    })?;
    let today = clock::today();
    let statement = Statement {
        actor: a.actor.clone(),
        body,
        effective: a.effective.unwrap_or_else(|| CalendarDate::on(today)),
        standing: a.standing,
        signers: signing,
        source: source(&a.source, a.standing, today)?,
    };
    let signed = compose(&ledger, &statement, clock::now())?;
    if a.dry_run {
        print(&String::from_utf8(signed.to_file()).expect("canonical JSON is UTF-8"));
        return Ok(0);
    }
    let out = a.out.clone().unwrap_or_else(|| PathBuf::from(format!("{}.event.json", a.kind)));
    if out.exists() {
        return Err(CliError::usage(
            "file.exists",
            format!("{} exists already", out.display()),
            "name another file with --out FILE",
        ));
    }
    fs::write(&out, signed.to_file()).map_err(|e| CliError::io(&out, e))?;
    print(&format!("{}\n", out.display()));
    Ok(0)
}

/// The key to be enrolled: from the folder, or from its holder's checked request.
fn new_key(cli: &Cli, a: &Draft) -> Result<Option<KeyEnrolled>, CliError> {
    let mut enrolled = match (&a.enrol, &a.request) {
        (Some(name), _) => {
            let everything = TypePattern::new("*").expect("a literal of the grammar");
            KeyEnrolled { actor: name.actor(), key: keys(cli)?.public(name)?, scope: vec![everything] }
        }
        (None, Some(file)) => {
            let request = read_request(file)?;
            KeyEnrolled { actor: request.actor, key: request.key, scope: request.scope }
        }
        (None, None) => return Ok(None),
    };
    if !a.scope.is_empty() {
        enrolled.scope.clone_from(&a.scope);
    }
    Ok(Some(enrolled))
}

fn read_body(path: &Path) -> Result<Map<String, Value>, CliError> {
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    let hint = "the body is one JSON object";
    let value: Map<String, Value> = serde_json::from_slice(&bytes)
        .map_err(|e| CliError::usage("body.not_json", format!("{}: {e}", path.display()), hint))?;
    Ok(value.into_iter().map(|(k, v)| (k, normalized(v))).collect())
}

/// JSON where it reads as a boolean, number, list or object; else text.
fn read_value(text: &str) -> Value {
    match serde_json::from_str::<Value>(text) {
        Ok(value) if !value.is_string() && !value.is_null() => normalized(value),
        _ => Value::String(text.nfc().collect()),
    }
}

/// Text in Unicode normalization form C, as admission asks.
fn normalized(value: Value) -> Value {
    match value {
        Value::String(s) => Value::String(s.nfc().collect()),
        Value::Array(items) => Value::Array(items.into_iter().map(normalized).collect()),
        Value::Object(map) => Value::Object(map.into_iter().map(|(k, v)| (k, normalized(v))).collect()),
        other => other,
    }
}

fn source(a: &SourceArgs, standing: Standing, today: jiff::civil::Date) -> Result<Option<Source>, CliError> {
    if standing != Standing::Transcribed && a.source_title.is_none() {
        return Ok(None);
    }
    let (Some(title), true) = (&a.source_title, a.source_document.is_some() || a.source_url.is_some()) else {
        return Err(CliError::usage(
            "source.missing",
            "a transcription names its source",
            "add --source-title, and --source-document or --source-url",
        ));
    };
    Ok(Some(Source {
        document: a.source_document.clone(),
        row: None,
        seen: a.source_seen.unwrap_or_else(|| CalendarDate::on(today)),
        sha256: None,
        title: title.nfc().collect(),
        url: a.source_url.clone(),
    }))
}
