//! Target: the state machines, as somebody who holds every key can reach them. The input is acts, one a line:
//! `{"actor":…,"body":…,"effective":…,"standing":…,"type":…}`. The actors and treaties of the examples are registered.
//! Not here: signatures and rights (`ledger`).

use std::sync::{Arc, OnceLock};

use answerable_schemas::envelope::{Event, Source, Standing};
use answerable_schemas::history::MemoryHistory;
use answerable_schemas::{Body, EventId, Fact, Instant, KeyName, law};
use answerable_verifier::encoding::{Hash, base64_encode};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::bytes::known_code;

/// Most acts that are judged in one run.
const MAX_ACTS: usize = 48;
const STORIES: &[&str] = &[
    include_str!("../../examples/stories/registers.json"),
    include_str!("../../examples/stories/council.json"),
    include_str!("../../examples/stories/reporting.json"),
    include_str!("../../examples/stories/recommendations.json"),
    include_str!("../../examples/stories/reviews.json"),
    include_str!("../../examples/stories/commitments.json"),
    include_str!("../../examples/stories/national.json"),
    include_str!("../../examples/stories/justice.json"),
    include_str!("../../examples/stories/gatherings.json"),
    include_str!("../../examples/stories/inventory.json"),
];

/// An act as the examples write it; members that a test reads are passed over.
#[derive(Deserialize)]
struct Act {
    actor: String,
    body: Map<String, Value>,
    effective: String,
    standing: Standing,
    #[serde(rename = "type")]
    kind: String,
}

/// Acts, judged one after the other; those that stand are the past of the next.
pub fn law(bytes: &[u8]) {
    let (mut history, mut facts) = prelude().clone();
    let acts = bytes.split(|b| *b == b'\n').take(MAX_ACTS).filter_map(|line| serde_json::from_slice(line).ok());
    for act in acts {
        let seq = facts.len() as u64;
        let Some(fact) = fact(&act, seq) else { continue };
        let verdict = law::judge(&history, &fact).expect("memory can be read");
        assert_eq!(
            law::judge(&history, &fact).expect("memory can be read"),
            verdict,
            "the law does not change its mind"
        );
        match verdict {
            Err(violation) => {
                known_code(violation.code);
                assert!(!violation.message.is_empty() && !violation.hint.is_empty(), "{violation:?}");
            }
            Ok(flags) => {
                flags.iter().for_each(|flag| known_code(flag.code));
                assert!(flags.iter().all(|flag| flag.seq <= seq), "no flag on what is not there yet");
                history.push(fact.clone());
                facts.push(fact);
            }
        }
    }
}

/// Every actor and treaty of the examples, with no law asked.
fn prelude() -> &'static (MemoryHistory, Vec<Arc<Fact>>) {
    static PRELUDE: OnceLock<(MemoryHistory, Vec<Arc<Fact>>)> = OnceLock::new();
    PRELUDE.get_or_init(|| {
        let (mut history, mut facts) = (MemoryHistory::default(), Vec::new());
        let mut take = |act: &Act| {
            let fact = fact(act, facts.len() as u64).expect("the examples are lawful");
            history.push(fact.clone());
            facts.push(fact);
        };
        for story in STORIES {
            let acts: Vec<Act> = serde_json::from_str(story).expect("the examples are acts");
            acts.iter().filter(|act| act.kind == "actor.registered").for_each(&mut take);
        }
        let treaties: Vec<Map<String, Value>> =
            serde_json::from_str(include_str!("../../examples/treaties.json")).expect("the examples are objects");
        for body in treaties {
            let effective = body["adopted"].as_str().expect("a date").to_owned();
            let (actor, kind) = ("org:ledger-registrar".to_owned(), "treaty.registered".to_owned());
            take(&Act { actor, body, effective, standing: Standing::Own, kind });
        }
        (history, facts)
    })
}

/// What the act is once it is recorded; None if its form is not that of its type.
fn fact(act: &Act, seq: u64) -> Option<Arc<Fact>> {
    let kind = act.kind.parse().ok()?;
    let body = Body::parse(&kind, 1, &act.body).ok()?;
    assert_eq!(body.to_map(), act.body, "a body says what it said");
    assert_eq!(body.kind(), act.kind);
    let recorded = Instant::from_millis(1_795_000_000_000 + 1000 * seq as i64)?;
    let source = (act.standing == Standing::Transcribed).then(|| Source {
        document: Some("TEST/1".into()),
        row: None,
        seen: "2015-03-14".parse().expect("a date"),
        sha256: None,
        title: "A table".into(),
        url: None,
    });
    let event = Event {
        actor: act.actor.parse().ok()?,
        attachments: None,
        body: act.body.clone(),
        effective: act.effective.parse().ok()?,
        follows: None,
        issued: recorded,
        ledger: None,
        nonce: base64_encode(&[0; 16]),
        seen: None,
        signers: vec![KeyName::new(format!("{}#1", act.actor)).ok()?],
        source,
        standing: act.standing,
        stream: body.stream(),
        kind,
        v: 1,
    };
    let id = EventId(Hash::sha256(&seq.to_be_bytes()).0);
    Some(Arc::new(Fact::new(seq, id, recorded, &event, body)))
}
