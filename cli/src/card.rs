//! A stream card: the place at which an actor's next event in some streams begins, small enough for a letter. Who has
//! one drafts without the ledger and without an export (docs/FORMAT.md, "Files on their way").
//! Not here: the command that writes one (`commands::card`), drafting from one (`commands::base`).

use answerable_schemas::ids::Origin;
use answerable_schemas::{ActorId, EventId, StreamName};
use answerable_verifier::audit::Pins;
use answerable_verifier::checkpoint::{Checkpoint, CheckpointError};
use answerable_verifier::note::Note;
use answerable_verifier::pin::open_pinned;
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
        // serde alone takes an array for a struct.
        if file.trim_ascii_start().first() != Some(&b'{') {
            return Err("it is no JSON object".into());
        }
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
        let bytes = self.checkpoint.as_bytes();
        let checkpoint = if pins.log_keys.is_empty() {
            let read = Note::parse(bytes).map_err(CheckpointError::from).and_then(|n| Checkpoint::parse(&n.text));
            read.map_err(|e| refuse(e.code(), e.to_string()))?
        } else {
            open_pinned(bytes, &pins.log_keys).map_err(|f| refuse(&f.code, f.message))?.0
        };
        if checkpoint.origin != self.origin.as_str() {
            let message = format!("the checkpoint is of the log {}, not {}", checkpoint.origin, self.origin);
            return Err(refuse("checkpoint.wrong_origin", message));
        }
        Ok(checkpoint)
    }
}

fn refuse(code: &str, message: String) -> CliError {
    let hint = "check the pin; if it is right, ask the ledger's operator for another card".into();
    CliError { code: code.into(), message, hint, exit: FALSE }
}
