//! A record: one line of canonical JSON, read and assembled; and the event file, which is the same without a place.
//! Not here: whether signatures are good, or whether the record may stand where it stands (`judge`).

use std::ops::Range;

use answerable_schemas::catalogue::{Body, BodyError};
use answerable_schemas::envelope::Seen;
use answerable_schemas::{Event, EventId, Instant, KeyName, Standing};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::canonical::{self, CanonicalError, Scan};
use crate::dsse;
use crate::encoding::{Hash, base64_decode_array, base64_encode};
use crate::fault::{Fault, Stage};
use crate::merkle::leaf_hash;

/// Random bytes that a salted attachment begins with.
pub const SALT: u64 = 32;
/// Most signatures and most attachments of an event (docs/FORMAT.md, "Bounds").
pub const MAX_SIGNERS: usize = 16;
pub const MAX_ATTACHMENTS: usize = 64;

/// One signature: by which key, over the DSSE encoding of the event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    pub key: KeyName,
    /// Base64 of 64 bytes.
    pub sig: String,
}

impl Signature {
    pub fn new(key: KeyName, signature: &[u8; 64]) -> Self {
        Self { key, sig: base64_encode(signature) }
    }
    pub fn bytes(&self) -> Result<[u8; 64], Fault> {
        base64_decode_array(&self.sig).map_err(|e| {
            Fault::new(Stage::Signatures, "signature.malformed", format!("the signature of {}: {e}", self.key))
        })
    }
}

/// An event with its bytes and the signatures so far: what a `NAME.event.json` holds.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedEvent {
    pub event: Event,
    /// Canonical; what the signers sign is their DSSE encoding.
    pub bytes: Vec<u8>,
    pub id: EventId,
    pub signatures: Vec<Signature>,
}

impl SignedEvent {
    /// Wraps an event that is not signed yet.
    pub fn draft(event: &Event) -> Result<Self, Fault> {
        let bytes = serde_json::to_vec(event).expect("an event is plain data");
        // Most are canonical and within bounds as they are written.
        if bytes.len() <= canonical::MAX_EVENT && canonical::is_plain(&bytes, 1) && check_envelope(event).is_ok() {
            let id = EventId(dsse::event_id(&bytes).0);
            return Ok(Self { event: event.clone(), bytes, id, signatures: Vec::new() });
        }
        Self::draft_slowly(event)
    }

    /// Drafts any event, and says of what is none why.
    fn draft_slowly(event: &Event) -> Result<Self, Fault> {
        let value = serde_json::to_value(event).expect("an event is plain data");
        let signed = Self::from_parts(&value, Vec::new())?;
        // Read back, so that a draft meets every bound that an admitted event meets.
        canonical::parse_bounded(&signed.bytes, canonical::MAX_EVENT, 1).map_err(bytes_fault)?;
        Ok(signed)
    }

    /// Reads an event file; a final LF is allowed.
    pub fn parse(file: &[u8]) -> Result<Self, Fault> {
        let line = file.strip_suffix(b"\n").unwrap_or(file);
        let file: EventFile = from_value(read(line)?, "the event file")?;
        Self::from_parts(&file.event, file.signatures)
    }

    fn from_parts(event: &Value, signatures: Vec<Signature>) -> Result<Self, Fault> {
        let bytes = canonical::to_bytes(event).map_err(bytes_fault)?;
        if bytes.len() > canonical::MAX_EVENT {
            let fault = Fault::new(Stage::Bytes, "event.too_long", "the event is too long");
            return Err(fault.compared(format!("at most {} bytes", canonical::MAX_EVENT), bytes.len()));
        }
        let event = envelope(event)?;
        let id = EventId(dsse::event_id(&bytes).0);
        Ok(Self { event, bytes, id, signatures })
    }

    /// The same bytes in and out, with a final LF.
    pub fn to_file(&self) -> Vec<u8> {
        let signatures = canonical_of(&self.signatures);
        [b"{\"event\":", self.bytes.as_slice(), b",\"signatures\":", &signatures, b"}\n"].concat()
    }

    /// The record line (without LF) at a place in a ledger.
    pub fn record_line(&self, seq: u64, prev: &Hash, recorded: Instant) -> Vec<u8> {
        let mut line = b"{\"event\":".to_vec();
        line.extend_from_slice(&self.bytes);
        line.extend_from_slice(format!(",\"prev\":\"{prev}\",\"recorded\":\"{recorded}\",\"seq\":{seq}").as_bytes());
        line.extend_from_slice(b",\"signatures\":");
        line.extend_from_slice(&canonical_of(&self.signatures));
        line.push(b'}');
        line
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventFile {
    event: Value,
    signatures: Vec<Signature>,
}

/// A record that was read: well-formed, in bounds, canonical; not yet judged.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    pub seq: u64,
    pub prev: Hash,
    pub recorded: Instant,
    pub signed: SignedEvent,
    /// The Merkle leaf of the line.
    pub leaf: Hash,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    event: Value,
    prev: String,
    recorded: Instant,
    seq: u64,
    signatures: Vec<Signature>,
}

impl Record {
    /// Reads one line, without its LF.
    pub fn parse(line: &[u8]) -> Result<Self, Fault> {
        if let Some((mut record, body)) = Self::parse_plain(line)
            && let Ok(body) = serde_json::from_str(body)
        {
            record.signed.event.body = body;
            return Ok(record);
        }
        Self::parse_slowly(line)
    }

    /// Reads a line and its body at once, at a fraction of the cost. What the body says is in the `Body`: the members that
    /// the event has of it may be left out.
    pub(crate) fn read(line: &[u8]) -> Result<(Self, Result<Body, Fault>), Fault> {
        if let Some((record, body)) = Self::parse_plain(line)
            && let Event { kind, v, stream, .. } = record.event()
            && let Some(body) = Body::parse_plain(kind, *v, body, stream)
        {
            return Ok((record, Ok(body)));
        }
        let record = Self::parse(line)?;
        let body = record.body();
        Ok((record, body))
    }

    /// Reads most records, all but the event's body, which is given as JSON; None says nothing about the line. Each member
    /// of the envelope is expected in its place, and of each value there is one spelling: so nothing is written again.
    fn parse_plain(line: &[u8]) -> Option<(Self, &str)> {
        let mut at = Scan::of(line)?;
        at.expect("{\"event\":")?;
        let start = at.at();
        at.expect("{\"actor\":")?;
        let actor = at.string_plain()?.parse().ok()?;
        let attachments = if at.skip(",\"attachments\":") { Some(rewritten(at.json(2, false)?)?) } else { None };
        at.expect(",\"body\":")?;
        let body = at.members(2, true)?;
        at.expect(",\"effective\":")?;
        let effective = at.string_plain()?.parse().ok()?;
        at.expect(",\"follows\":")?;
        let follows = or_null(&mut at, |at| at.string_plain()?.parse().ok())?;
        at.expect(",\"issued\":")?;
        let issued = at.string_plain()?.parse().ok()?;
        at.expect(",\"ledger\":")?;
        let ledger = or_null(&mut at, |at| at.string_plain()?.parse().ok())?;
        at.expect(",\"nonce\":")?;
        let nonce = at.string_plain()?.to_owned();
        at.expect(",\"seen\":")?;
        let seen = or_null(&mut at, |at| {
            at.expect("{\"root\":")?;
            let root = at.string_plain()?.to_owned();
            at.expect(",\"size\":")?;
            let size = at.json(3, false)?.parse().ok()?;
            at.expect("}")?;
            Some(Seen { root, size })
        })?;
        at.expect(",\"signers\":")?;
        let signers = items(&mut at, |at| at.string_plain()?.parse().ok())?;
        let source = if at.skip(",\"source\":") { Some(rewritten(at.json(2, false)?)?) } else { None };
        at.expect(",\"standing\":")?;
        let standing = at.string_plain()?;
        let standing = Standing::ALL.into_iter().find(|s| s.as_str() == standing)?;
        at.expect(",\"stream\":")?;
        let stream = at.string_plain()?.parse().ok()?;
        at.expect(",\"type\":")?;
        let kind = at.string_plain()?.parse().ok()?;
        at.expect(",\"v\":")?;
        let v = at.json(2, false)?.parse().ok()?;
        at.expect("}")?;
        let bytes = line[start..at.at()].to_vec();
        at.expect(",\"prev\":")?;
        let prev = Hash::from_hex(at.string_plain()?).ok()?;
        at.expect(",\"recorded\":")?;
        let recorded = at.string_plain()?.parse().ok()?;
        at.expect(",\"seq\":")?;
        let seq = at.json(1, false)?.parse().ok()?;
        at.expect(",\"signatures\":")?;
        let signatures = items(&mut at, |at| {
            at.expect("{\"key\":")?;
            let key = at.string_plain()?.parse().ok()?;
            at.expect(",\"sig\":")?;
            let sig = at.string_plain()?.to_owned();
            at.expect("}")?;
            Some(Signature { key, sig })
        })?;
        at.expect("}")?;
        let event = Event {
            actor,
            attachments,
            body: serde_json::Map::new(),
            effective,
            follows,
            issued,
            ledger,
            nonce,
            seen,
            signers,
            source,
            standing,
            stream,
            kind,
            v,
        };
        if !at.at_end() || bytes.len() > canonical::MAX_EVENT || check_envelope(&event).is_err() {
            return None;
        }
        let id = EventId(dsse::event_id(&bytes).0);
        let signed = SignedEvent { event, bytes, id, signatures };
        Some((Self { seq, prev, recorded, signed, leaf: leaf_hash(line) }, body))
    }

    /// Reads any record, and says of what is none why.
    fn parse_slowly(line: &[u8]) -> Result<Self, Fault> {
        let mut value = read(line)?;
        let event = value.get_mut("event").map(Value::take).unwrap_or(Value::Null);
        let rest: Line = from_value(value, "the record")?;
        let prev = Hash::from_hex(&rest.prev).map_err(|e| malformed(format!("prev: {e}")))?;
        let signed = SignedEvent::from_parts(&event, rest.signatures)?;
        debug_assert_eq!(&line[event_range(&signed)], signed.bytes);
        Ok(Self { seq: rest.seq, prev, recorded: rest.recorded, signed, leaf: leaf_hash(line) })
    }

    pub fn event(&self) -> &Event {
        &self.signed.event
    }

    /// The body, if its type is known; whether it names the stream that it must.
    pub fn body(&self) -> Result<Body, Fault> {
        body_of(self.event())
    }
}

fn or_null<'l, T>(at: &mut Scan<'l>, read: impl FnOnce(&mut Scan<'l>) -> Option<T>) -> Option<Option<T>> {
    if at.skip("null") { Some(None) } else { read(at).map(Some) }
}

/// The items of an array, as many as there may be signatures.
fn items<'l, T>(at: &mut Scan<'l>, mut read: impl FnMut(&mut Scan<'l>) -> Option<T>) -> Option<Vec<T>> {
    at.expect("[")?;
    let mut items = vec![read(at)?];
    while !at.skip("]") {
        at.expect(",")?;
        items.push(read(at)?);
        if items.len() > MAX_SIGNERS {
            return None;
        }
    }
    Some(items)
}

/// Reads a value of which all that is there is written again: serde alone takes an array for a struct.
fn rewritten<T: Serialize + for<'de> Deserialize<'de>>(json: &str) -> Option<T> {
    let read: T = serde_json::from_str(json).ok()?;
    (serde_json::to_vec(&read).ok()? == json.as_bytes()).then_some(read)
}

/// The event is the first member of a canonical record: its bytes stand behind `{"event":`.
fn event_range(signed: &SignedEvent) -> Range<usize> {
    9..9 + signed.bytes.len()
}

/// Reads an event's body by its type, and checks that it belongs to the stream that the envelope names.
pub fn body_of(event: &Event) -> Result<Body, Fault> {
    let body = Body::parse(&event.kind, event.v, &event.body).map_err(|e| {
        let fault = Fault::new(Stage::Bytes, e.code(), e.to_string());
        match e {
            BodyError::UnknownType { .. } => fault.unverifiable().hint("a newer program may know it"),
            BodyError::Invalid { .. } => fault.hint(format!("see its schema: answerable schema show {}", event.kind)),
        }
    })?;
    if body.stream() != event.stream {
        return Err(Fault::new(Stage::Bytes, "event.wrong_stream", "the stream does not follow from type and body")
            .compared(body.stream(), &event.stream));
    }
    Ok(body)
}

fn read(line: &[u8]) -> Result<Value, Fault> {
    canonical::parse(line).map_err(bytes_fault)
}

fn bytes_fault(e: CanonicalError) -> Fault {
    Fault::new(Stage::Bytes, e.code(), e.to_string())
}

fn malformed(problem: String) -> Fault {
    Fault::new(Stage::Bytes, "record.malformed", problem)
}

/// Reads a value as a type, and as nothing else: serde alone takes an array for a struct, and `{"own":null}` for "own".
pub(crate) fn from_value<T: Serialize + for<'de> Deserialize<'de>>(value: Value, what: &str) -> Result<T, Fault> {
    let read: T = serde_json::from_value(value.clone()).map_err(|e| malformed(format!("{what}: {e}")))?;
    match serde_json::to_value(&read) {
        Ok(again) if again == value => Ok(read),
        _ => Err(malformed(format!("{what}: its members are not written as objects and names"))),
    }
}

fn canonical_of(signatures: &[Signature]) -> Vec<u8> {
    let value = serde_json::to_value(signatures).expect("signatures are plain data");
    canonical::to_bytes(&value).expect("no floats in signatures")
}

/// The closed envelope, and the bounds that are not in the grammar of JSON.
fn envelope(value: &Value) -> Result<Event, Fault> {
    let event: Event = from_value(value.clone(), "the event")?;
    check_envelope(&event)?;
    Ok(event)
}

fn check_envelope(event: &Event) -> Result<(), Fault> {
    if let Some(path) = event.body.iter().find_map(|(k, v)| find_null(v, &|| format!("event.body.{k}"))) {
        return Err(malformed(format!("null at {path}; leave the member out")));
    }
    if base64_decode_array::<16>(&event.nonce).is_err() {
        return Err(malformed("nonce is not the base64 of 16 bytes".into()));
    }
    if let Some(seen) = &event.seen {
        Hash::from_base64(&seen.root).map_err(|e| malformed(format!("seen.root: {e}")))?;
    }
    if !(1..=MAX_SIGNERS).contains(&event.signers.len()) || !ascending(&event.signers) {
        return Err(malformed(format!("signers: 1 to {MAX_SIGNERS} key names, ascending, distinct")));
    }
    if let Some(list) = &event.attachments {
        let hashes: Vec<_> = list.iter().map(|a| a.sha256).collect();
        if list.len() > MAX_ATTACHMENTS || !ascending(&hashes) {
            return Err(malformed(format!("attachments: at most {MAX_ATTACHMENTS}, ascending by sha256, distinct")));
        }
        if list.iter().any(|a| a.salted && a.size < SALT) {
            return Err(malformed(format!("attachments: a salted file begins with {SALT} random bytes")));
        }
    }
    if let Some(source) = &event.source
        && source.document.is_none()
        && source.url.is_none()
    {
        return Err(malformed("source: a document symbol or a url is required".into()));
    }
    Ok(())
}

fn ascending<T: Ord>(items: &[T]) -> bool {
    items.windows(2).all(|w| w[0] < w[1])
}

/// Where a null is. The path is made only if it is asked for.
fn find_null(value: &Value, path: &dyn Fn() -> String) -> Option<String> {
    match value {
        Value::Null => Some(path()),
        Value::Array(items) => items.iter().enumerate().find_map(|(i, v)| find_null(v, &|| format!("{}[{i}]", path()))),
        Value::Object(map) => map.iter().find_map(|(k, v)| find_null(v, &|| format!("{}.{k}", path()))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The records of the worked example.
    fn lines() -> Vec<&'static str> {
        let page = include_str!("../../docs/FORMAT.md");
        let lines: Vec<&str> = page.lines().filter(|line| Record::parse_slowly(line.as_bytes()).is_ok()).collect();
        assert!(!lines.is_empty());
        lines
    }

    /// The quick reading may give up, and never reads another thing.
    fn agree(line: &[u8]) {
        let shown = String::from_utf8_lossy(line);
        if Record::parse_plain(line).is_some() {
            assert_eq!(Record::parse(line), Record::parse_slowly(line), "{shown}");
        }
        let slowly = Record::parse_slowly(line).map(|record| (record.clone(), record.body()));
        let read = Record::read(line).map(|(mut record, body)| {
            if let Ok((slowly, _)) = &slowly {
                record.signed.event.body.clone_from(&slowly.event().body);
            }
            (record, body)
        });
        assert_eq!(read, slowly, "{shown}");
    }

    #[test]
    fn records_are_read_quickly() {
        for line in lines() {
            let (record, body) = Record::parse_plain(line.as_bytes()).expect("an honest line has nothing unusual");
            let Event { kind, v, stream, .. } = record.event();
            assert!(Body::parse_plain(kind, *v, body, stream).is_some(), "{line}");
            agree(line.as_bytes());
        }
    }

    /// What an author drafts is the same, and refused for the same reason, whether or not it is written at once.
    #[test]
    fn drafts_are_written_alike() {
        let lines = lines();
        let events: Vec<Event> =
            lines.iter().map(|line| Record::parse_slowly(line.as_bytes()).unwrap().signed.event).collect();
        let deep = (0..40).fold(Value::from(1), |inner, _| serde_json::json!([inner]));
        let odd = [
            Value::Null,
            1.5.into(),
            (1u64 << 60).into(),
            "x".repeat(canonical::MAX_EVENT).into(),
            "x".repeat(20_000).into(),
            "\u{7}\u{202E}".into(),
            "\n\"\\é\u{1F600}".into(),
            serde_json::json!({"é": 1, "B": 2, "a": {"x": null}}),
            deep,
        ];
        let mut refused = 0;
        for event in events {
            assert_eq!(SignedEvent::draft(&event), SignedEvent::draft_slowly(&event));
            assert!(SignedEvent::draft(&event).is_ok());
            for value in &odd {
                let mut other = event.clone();
                other.body.insert("other".into(), value.clone());
                let draft = SignedEvent::draft(&other);
                assert_eq!(draft, SignedEvent::draft_slowly(&other), "{value}");
                refused += usize::from(draft.is_err());
            }
            let mut other = event;
            other.nonce = "AA==".into();
            assert_eq!(SignedEvent::draft(&other), SignedEvent::draft_slowly(&other));
        }
        assert_eq!(refused, lines.len() * 8);
    }

    /// Serde would take each of these for the record.
    #[test]
    fn other_writings_are_not_read_quickly() {
        for line in lines() {
            for (from, to) in [
                ("\"standing\":\"own\"", "\"standing\":{\"own\":null}"),
                ("\"seq\":", "\"seq\": "),
                ("\"v\":1}", "\"v\":1,\"w\":1}"),
                ("\"seen\":null", "\"seen\":[]"),
                (".000Z", ".000000Z"),
                ("{\"event\":", "{\"event\":null,\"event\":"),
                ("\"signatures\":[{", "\"signatures\":[[{"),
            ] {
                let lie = line.replace(from, to);
                assert!(lie == line || Record::parse_plain(lie.as_bytes()).is_none(), "{lie}");
                agree(lie.as_bytes());
            }
            let array = format!("[{}", line.trim_start_matches('{'));
            assert!(Record::parse_plain(array.as_bytes()).is_none());
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(3000))]
        #[test]
        fn damage_is_judged_alike(pick: prop::sample::Index, at: prop::sample::Index, byte: u8, cut in 0usize..4, twice: bool) {
            let all = lines();
            let mut line = pick.get(&all).as_bytes().to_vec();
            let at = at.index(line.len());
            match cut {
                0 => line[at] = byte,
                1 => line.insert(at, byte),
                2 => _ = line.remove(at),
                _ => line[at] ^= 1 << (byte % 8),
            }
            if twice {
                let other = at / 2;
                line[other] = line[other].wrapping_add(1);
            }
            agree(&line);
        }
    }
}
