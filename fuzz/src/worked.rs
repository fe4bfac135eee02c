//! A small good ledger under the rules of today, with its checkpoints and receipts: what targets compare against, and what
//! corpora are made from. Its keys come from fixed seeds, so it is the same in every run.
//! Not here: how it is made event by event (`verifier/tests/kit`).

use std::sync::OnceLock;

use answerable_schemas::EventId;
use answerable_verifier::audit::Pins;
use answerable_verifier::merkle::{inclusion_proof, leaf_hash};
use answerable_verifier::note::{Note, VerifierKey};
use answerable_verifier::proof::TlogProof;
use answerable_verifier::record::{Record, SignedEvent};
use serde_json::json;

use crate::kit::{FOUNDER, Kit, checkpoint_of, consents, signs};

/// The ledger.
pub struct Small {
    /// Record lines, without LF.
    pub lines: Vec<Vec<u8>>,
    /// What was signed, and by whom, by seq.
    pub events: Vec<SignedEvent>,
    pub log_key: VerifierKey,
    /// The signed checkpoint of every size from 1 on.
    pub checkpoints: Vec<String>,
    texts: Vec<String>,
}

/// It is made once a process.
pub fn small() -> &'static Small {
    static SMALL: OnceLock<Small> = OnceLock::new();
    SMALL.get_or_init(make)
}

fn make() -> Small {
    let mut kit = Kit::founded();
    for role in ["registrar", "transcriber"] {
        kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": role}));
    }
    let keeper = "org:un-secretary-general";
    kit.register(keeper, "1945-10-24", "un_organ");
    kit.register("state:RWA", "1962-07-01", "state");
    kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": keeper, "role": "depositary"}));
    kit.enrol(keeper);
    kit.enrol("state:RWA");
    let treaties: serde_json::Value =
        serde_json::from_str(include_str!("../../examples/treaties.json")).expect("the examples are JSON");
    let treaty = |id: &str| treaties.as_array().and_then(|all| all.iter().find(|t| t["treaty"] == id)).cloned();
    let rules = treaty("arms-trade-treaty").expect("it is among the examples");
    let adopted = rules["adopted"].as_str().expect("a date").to_owned();
    kit.say(FOUNDER, "treaty.registered", &adopted, rules);
    kit.say("state:RWA", "treaty.signed", "2013-06-05", signs("RWA", "arms-trade-treaty"));
    kit.transcribe("treaty.signed", "2013-06-05", signs("RWA", "arms-trade-treaty"));
    kit.transcribe("treaty.consent_deposited", "2014-01-10", consents("RWA", "arms-trade-treaty", "ratification"));
    let rotated = kit.rotation("state:RWA", "state:RWA#1", "state:RWA#2");
    kit.must(rotated);
    let events = kit.lines.iter().map(|line| Record::parse(line).expect("a good record").signed).collect();
    let checkpoints: Vec<String> =
        (1..=kit.lines.len()).map(|size| checkpoint_of(&kit.lines[..size], &[&kit.log[0]])).collect();
    let text = |note: &String| Note::parse(note.as_bytes()).expect("a good note").text;
    let texts = checkpoints.iter().map(text).collect();
    Small { log_key: kit.vkey(), lines: kit.lines, events, checkpoints, texts }
}

impl Small {
    /// Whether the log's key has signed this text.
    pub fn is_signed(&self, text: &str) -> bool {
        self.texts.iter().any(|signed| signed == text)
    }

    pub fn ledger_id(&self) -> EventId {
        self.events[0].id
    }

    /// Under which it is verified.
    pub fn pins(&self) -> Pins {
        Pins { ledger_id: Some(self.ledger_id()), log_keys: vec![self.log_key.clone()], ..Default::default() }
    }

    /// The receipt of a record by the checkpoint of a size above its seq.
    pub fn proof(&self, seq: usize, size: usize) -> TlogProof {
        let leaves: Vec<_> = self.lines[..size].iter().map(|line| leaf_hash(line)).collect();
        TlogProof {
            index: seq as u64,
            extra: None,
            hashes: inclusion_proof(&leaves, seq as u64),
            checkpoint: self.checkpoints[size - 1].clone().into_bytes(),
        }
    }
}
