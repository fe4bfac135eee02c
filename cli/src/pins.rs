//! Pins as they are given on the command line: an id, keys, or the pin card that has both.
//! Not here: what they are checked against (the verifier's `audit`).

use std::fs;
use std::path::Path;

use answerable_schemas::EventId;
use answerable_schemas::ids::Origin;
use answerable_verifier::audit::Pins;
use answerable_verifier::note::VerifierKey;
use serde::Deserialize;

use crate::args::PinArgs;
use crate::error::CliError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PinCard {
    schema: String,
    origin: Origin,
    ledger_id: EventId,
    log_key: String,
}

impl PinArgs {
    pub fn read(&self) -> Result<Pins, CliError> {
        match &self.pin {
            Some(path) => read_card(path),
            None => Ok(Pins { ledger_id: self.ledger_id, log_keys: self.log_key.clone() }),
        }
    }
}

fn read_card(path: &Path) -> Result<Pins, CliError> {
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    let bad = |why: String| {
        let hint = "a pin card is what answerable init --format json printed";
        CliError::usage("pin.malformed", format!("{}: {why}", path.display()), hint)
    };
    let card: PinCard = serde_json::from_slice(&bytes).map_err(|e| bad(e.to_string()))?;
    if card.schema != "answerable.pin_card/v1" {
        return Err(bad(format!("its schema is {:?}", card.schema)));
    }
    let key = VerifierKey::parse(&card.log_key).map_err(|e| bad(e.to_string()))?;
    if key.name() != card.origin.as_str() {
        return Err(bad("its log key is not named as its origin".into()));
    }
    Ok(Pins { ledger_id: Some(card.ledger_id), log_keys: vec![key] })
}
