//! `draft`: an event on its way, as a file that is passed along until it can be appended.
//! Not here: what a draft rests on, and from where (`base`); signing it (`sign`).

use std::fs;
use std::path::{Path, PathBuf};

use answerable_schemas::bundle::body_schema;
use answerable_schemas::catalogue::{BodyError, Statement as _, type_info};
use answerable_schemas::envelope::{Attachment, Seen, Source};
use answerable_schemas::governance::{KeyEnrolled, KeyRotated, StreamsCounted};
use answerable_schemas::ids::TypePattern;
use answerable_schemas::{ActorId, Body, CalendarDate, Event, EventId, Instant, KeyName, Standing, TypeName};
use answerable_verifier::record::SignedEvent;
use serde_json::{Map, Value};
use unicode_normalization::UnicodeNormalization;

use super::base::{DraftBase, base};
use super::request::read_request;
use super::sign::read_event;
use super::{keys, nonce, signers, write_new};
use crate::args::{Cli, Draft, SourceArgs};
use crate::attach;
use crate::clock;
use crate::error::CliError;
use crate::output::print;

/// What a statement says, before it is an event of a ledger.
#[derive(Clone)]
pub struct Statement {
    pub actor: ActorId,
    pub attachments: Option<Vec<Attachment>>,
    pub body: Body,
    pub effective: CalendarDate,
    pub standing: Standing,
    pub signers: Vec<KeyName>,
    pub source: Option<Source>,
}

/// Makes an event of a statement: it follows the actor's last one, and states the checkpoint that was seen.
pub fn compose(base: &dyn DraftBase, s: &Statement, issued: Instant) -> Result<SignedEvent, CliError> {
    let follows = base.follows(&s.actor, &s.body.stream())?;
    compose_after(base.ledger_id(), base.seen(), s, issued, follows)
}

/// The same for who knows the actor's last event in the stream.
pub fn compose_after(
    ledger: EventId,
    seen: Seen,
    s: &Statement,
    issued: Instant,
    follows: Option<EventId>,
) -> Result<SignedEvent, CliError> {
    let stream = s.body.stream();
    let mut signers = s.signers.clone();
    signers.sort();
    signers.dedup();
    let event = Event {
        actor: s.actor.clone(),
        attachments: s.attachments.clone(),
        body: s.body.to_map(),
        effective: s.effective,
        follows,
        issued,
        ledger: Some(ledger),
        nonce: nonce()?,
        seen: Some(seen),
        signers,
        source: s.source.clone(),
        standing: s.standing,
        stream,
        kind: s.body.kind().parse().expect("kinds of the catalogue are type names"),
        v: s.body.v(),
    };
    Ok(SignedEvent::draft(&event)?)
}

pub fn draft(cli: &Cli, a: &Draft) -> Result<u8, CliError> {
    let base = base(cli, a.from.as_deref(), &a.pins)?;
    let (statement, files) = match &a.again {
        Some(file) => {
            let statement = again(file)?;
            let files = attach::carried(file, statement.attachments.as_deref().unwrap_or_default())?;
            (statement, files)
        }
        None => {
            let files = attach::prepare(&a.attach)?;
            (Statement { attachments: attach::listed(&files), ..stated(cli, a, base.as_ref())? }, files)
        }
    };
    let signed = compose(base.as_ref(), &statement, clock::now())?;
    let out = a.out.clone().unwrap_or_else(|| match &a.again {
        Some(file) => beside(file, "-again"),
        None => PathBuf::from(format!("{}.event.json", signed.event.kind)),
    });
    attach::with_files(&files, &out, a.dry_run, || write_draft(&signed, &out, a.dry_run))
}

/// Writes a draft to a new file, and prints its name; or prints the draft.
pub fn write_draft(signed: &SignedEvent, out: &Path, dry_run: bool) -> Result<u8, CliError> {
    if dry_run {
        print(&String::from_utf8(signed.to_file()).expect("canonical JSON is UTF-8"));
        return Ok(0);
    }
    write_new(out, &signed.to_file())
}

/// `NAME.event.json`, or another file of an event, with words behind its name.
pub fn beside(file: &Path, words: &str) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let stem = match name.strip_suffix(".event.json") {
        Some(stem) => stem,
        None => name.rsplit_once('.').map_or(&*name, |(stem, _)| stem),
    };
    file.with_file_name(format!("{stem}{words}.event.json"))
}

/// What an event file says, without its place in a ledger.
fn again(file: &Path) -> Result<Statement, CliError> {
    let event = read_event(file)?.event;
    let body = event.body.into_iter().map(|(k, v)| (k, normalized(v))).collect();
    let body = Body::parse(&event.kind, event.v, &body).map_err(|e| unfit(&event.kind, &e))?;
    Ok(Statement {
        actor: event.actor,
        attachments: event.attachments,
        body,
        effective: event.effective,
        standing: event.standing,
        signers: event.signers,
        source: event.source.map(normalized_source),
    })
}

/// What the arguments say.
fn stated(cli: &Cli, a: &Draft, base: &dyn DraftBase) -> Result<Statement, CliError> {
    let (Some(kind), Some(actor)) = (&a.kind, &a.actor) else { unreachable!("required unless --again is given") };
    let mut members = match &a.body {
        Some(path) => read_body(path)?,
        None => Map::new(),
    };
    let schema = body_schema(kind.as_str()).unwrap_or_default();
    for (name, value) in &a.set {
        // What its schema calls a string is taken as it stands: a year, a title that is a number.
        let value = match schema["properties"][name]["type"] == "string" {
            true => Value::String(value.nfc().collect()),
            false => read_value(value),
        };
        members.insert(name.clone(), value);
    }
    if kind.as_str() == StreamsCounted::TYPE {
        count_streams(base, &mut members)?;
    }
    let mut signing = signers(cli, actor, &a.signer)?;
    if let Some(enrolled) = new_key(cli, a)? {
        signing.push(enrolled.key.key.clone());
        let mut introduced = Body::KeyEnrolled(enrolled).to_map();
        // A rotated key has the scope of the one whose place it takes.
        if kind.as_str() == KeyRotated::TYPE {
            introduced.remove("scope");
        }
        members.extend(introduced);
    }
    // What is drafted is of the newest version.
    let v = type_info(kind.as_str()).map_or(1, |t| t.v);
    let body = Body::parse(kind, v, &members).map_err(|e| unfit(kind, &e))?;
    let today = clock::today();
    Ok(Statement {
        actor: actor.clone(),
        attachments: None,
        body,
        effective: a.effective.unwrap_or_else(|| CalendarDate::on(today)),
        standing: a.standing,
        signers: signing,
        source: source(&a.source, a.standing, today)?,
    })
}

/// Nobody types a root: what is not given is counted, over all records or the first `size`.
fn count_streams(base: &dyn DraftBase, members: &mut Map<String, Value>) -> Result<(), CliError> {
    let size = members.get("size").and_then(Value::as_u64).unwrap_or(base.checkpoint().size);
    if ["root", "size", "streams"].iter().all(|member| members.contains_key(*member)) {
        return Ok(());
    }
    let tree = base.streams(size)?;
    members.entry("root").or_insert(tree.root().to_base64().into());
    members.entry("size").or_insert(size.into());
    members.entry("streams").or_insert(tree.streams().into());
    Ok(())
}

fn unfit(kind: &TypeName, e: &BodyError) -> CliError {
    let hint = match e.code() {
        "event.unknown_type" => "all types: answerable schema list".to_owned(),
        _ => format!("{}; in full: answerable schema show {kind}", members_of(kind)),
    };
    CliError::usage(e.code(), e.to_string(), hint)
}

/// The members of a type's body, by its schema.
fn members_of(kind: &TypeName) -> String {
    let schema = body_schema(kind.as_str()).unwrap_or_default();
    let needed: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let all = schema["properties"].as_object().into_iter().flat_map(Map::keys).map(String::as_str);
    let others: Vec<&str> = all.filter(|name| !needed.contains(name)).collect();
    let others = if others.is_empty() { String::new() } else { format!("; it may have {}", others.join(", ")) };
    format!("it needs {}{others}", needed.join(", "))
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
pub fn read_value(text: &str) -> Value {
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

fn normalized_source(source: Source) -> Source {
    let text = |s: String| s.nfc().collect::<String>();
    Source {
        document: source.document.map(text),
        row: source.row.map(text),
        title: text(source.title),
        url: source.url.map(text),
        ..source
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
    Ok(Some(normalized_source(Source {
        document: a.source_document.clone(),
        row: None,
        seen: a.source_seen.unwrap_or_else(|| CalendarDate::on(today)),
        sha256: None,
        title: title.clone(),
        url: a.source_url.clone(),
    })))
}
