//! A stream card: the place at which an actor's next event in some streams begins, small enough for a letter. Who has
//! one drafts without the ledger and without an export (docs/FORMAT.md, "Files on their way").
//! Not here: the command that writes one (`commands::card`), drafting from one (`commands::base`).

use answerable_schemas::ids::Origin;
use answerable_schemas::{ActorId, EventId, StreamName};
use answerable_verifier::audit::Pins;
use answerable_verifier::checkpoint::{self, Checkpoint, CheckpointError};
use answerable_verifier::note::Note;
use serde::{Deserialize, Serialize};

use crate::error::{CliError, FALSE};
use crate::output::json_text;

const SCHEMA: &str = "answerable.stream_card/v1";

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreamCard {
    schema: String,
    pub ledger: EventId,
    pub origin: Origin,
    pub actor: ActorId,
    /// Ascending by name, distinct.
    pub streams: Vec<CardStream>,
    /// The signed note.
    checkpoint: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CardStream {
    pub stream: StreamName,
    /// The actor's last event in it; null if it has none. Never left out.
    #[serde(deserialize_with = "Option::deserialize")]
    pub follows: Option<EventId>,
}

impl StreamCard {
    pub fn new(ledger: EventId, origin: Origin, actor: ActorId, streams: Vec<CardStream>, checkpoint: String) -> Self {
        Self { schema: SCHEMA.into(), ledger, origin, actor, streams, checkpoint }
    }

    pub fn to_file(&self) -> String {
        json_text(&serde_json::to_value(self).expect("plain data"))
    }

    /// Reads a card; the error says what is wrong with it.
    pub fn parse(file: &[u8]) -> Result<Self, String> {
        let card: Self = serde_json::from_slice(file).map_err(|e| e.to_string())?;
        if card.schema != SCHEMA {
            return Err(format!("its schema is {:?}, not {SCHEMA}", card.schema));
        }
        if card.streams.is_empty() || !card.streams.is_sorted_by(|a, b| a.stream < b.stream) {
            return Err("its streams: at least one, ascending by name, distinct".into());
        }
        Ok(card)
    }

    /// The checkpoint that the card carries; signed by a pinned log key, if there is one.
    pub fn checkpoint(&self, pins: &Pins) -> Result<Checkpoint, CliError> {
        if let Some(pinned) = pins.ledger_id.filter(|id| *id != self.ledger) {
            let message = format!("the card is of another ledger than the pinned one ({}, not {pinned})", self.ledger);
            return Err(refuse("pin.wrong_ledger", message));
        }
        let origin = self.origin.as_str();
        let bytes = self.checkpoint.as_bytes();
        let opened = match pins.log_keys.first() {
            Some(key) if key.name() != origin => {
                Err(CheckpointError::WrongOrigin { expected: key.name().to_owned(), found: origin.to_owned() })
            }
            Some(_) => checkpoint::open(bytes, &pins.log_keys, origin).map(|(checkpoint, _)| checkpoint),
            None => unsigned(bytes, origin),
        };
        opened.map_err(|e| match e {
            CheckpointError::UnknownKey(_) => refuse("checkpoint.not_by_pinned_key", e.to_string()),
            e => refuse(e.code(), e.to_string()),
        })
    }
}

/// Reads a checkpoint without asking who signed it.
fn unsigned(bytes: &[u8], origin: &str) -> Result<Checkpoint, CheckpointError> {
    let checkpoint = Checkpoint::parse(&Note::parse(bytes)?.text)?;
    match checkpoint.origin == origin {
        true => Ok(checkpoint),
        false => Err(CheckpointError::WrongOrigin { expected: origin.to_owned(), found: checkpoint.origin }),
    }
}

fn refuse(code: &str, message: String) -> CliError {
    let hint = "check the pin; if it is right, ask the ledger's operator for another card".into();
    CliError { code: code.into(), message, hint, exit: FALSE }
}
