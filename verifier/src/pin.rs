//! Pins: what an auditor got by another way than the files to be judged. The pin card as a file, and the checkpoint
//! that is opened under pinned keys.
//! Not here: what is judged under the pins (`audit`, `proof`).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use answerable_schemas::EventId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::audit::Pins;
use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::exported::ReadError;
use crate::fault::{Fault, Stage};
use crate::note::{Note, VerifierKey};

const SCHEMA: &str = "answerable.pin_card/v1";
/// Most bytes of a card; one has a few hundred.
const MAX_CARD: u64 = 1 << 16;

/// Why there are no pins. `Unreadable` is the environment; the others say that the call was wrong.
#[derive(Debug, thiserror::Error)]
pub enum PinError {
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    #[error("not a pin card: {0}")]
    Malformed(String),
    #[error("the card pins the ledger {card}, and {flag} is pinned already")]
    Conflict { card: EventId, flag: EventId },
}

impl PinError {
    pub fn code(&self) -> &'static str {
        match self {
            PinError::Unreadable(_) => "file.io",
            PinError::Malformed(_) => "pin.malformed",
            PinError::Conflict { .. } => "pin.conflict",
        }
    }

    pub fn hint(&self) -> &'static str {
        match self {
            PinError::Unreadable(_) => "check the path and the permissions",
            PinError::Malformed(_) => "a card is what answerable init --format json prints; ask whoever gave it to you",
            PinError::Conflict { .. } => "ask whoever gave you the pins, then give --pin or --ledger-id",
        }
    }
}

/// What the founder of a ledger hands to auditors (docs/FORMAT.md, "Pin card").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinCard {
    pub ledger_id: EventId,
    /// Its name is the origin.
    pub log_key: VerifierKey,
}

/// The card as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    schema: String,
    origin: String,
    ledger_id: EventId,
    log_key: String,
}

impl PinCard {
    /// Reads a card: JSON with exactly the members that `to_json` writes, and an origin that is the log key's name.
    pub fn parse(bytes: &[u8]) -> Result<Self, PinError> {
        let malformed = |why: String| PinError::Malformed(why);
        // serde alone takes an array for a struct.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(malformed("it is no JSON object".into()));
        }
        let card: Written = serde_json::from_slice(bytes).map_err(|e| malformed(e.to_string()))?;
        if card.schema != SCHEMA {
            return Err(malformed(format!("its schema is {:?}, not {SCHEMA:?}", card.schema)));
        }
        let log_key = VerifierKey::parse(&card.log_key).map_err(|e| malformed(e.to_string()))?;
        if log_key.name() != card.origin {
            return Err(malformed(format!("its origin is {:?}, its log key's name {:?}", card.origin, log_key.name())));
        }
        Ok(Self { ledger_id: card.ledger_id, log_key })
    }

    pub fn read(path: &Path) -> Result<Self, PinError> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_CARD).read_to_end(&mut bytes))
            .map_err(|source| ReadError { path: path.to_owned(), source })?;
        Self::parse(&bytes).map_err(|e| match e {
            PinError::Malformed(why) => PinError::Malformed(format!("{}: {why}", path.display())),
            other => other,
        })
    }

    pub fn to_json(&self) -> Value {
        let card = Written {
            schema: SCHEMA.into(),
            origin: self.log_key.name().into(),
            ledger_id: self.ledger_id,
            log_key: self.log_key.to_string(),
        };
        serde_json::to_value(card).expect("plain data")
    }
}

/// The pins of the flags, and those of a card beside them.
pub fn collect(ledger_id: Option<EventId>, log_keys: Vec<VerifierKey>, card: Option<&Path>) -> Result<Pins, PinError> {
    let mut pins = Pins { ledger_id, log_keys, ..Pins::default() };
    if let Some(path) = card {
        let card = PinCard::read(path)?;
        if let Some(flag) = pins.ledger_id.filter(|id| *id != card.ledger_id) {
            return Err(PinError::Conflict { card: card.ledger_id, flag });
        }
        pins.ledger_id = Some(card.ledger_id);
        if !pins.log_keys.contains(&card.log_key) {
            pins.log_keys.push(card.log_key);
        }
    }
    Ok(pins)
}

/// The code of a checkpoint that no pinned key signed.
pub(crate) const NOT_PINNED: &str = "checkpoint.not_by_pinned_key";

/// Opens a checkpoint under pinned keys, of which there is at least one. A key vouches only for the log that it names.
pub fn open_pinned(bytes: &[u8], keys: &[VerifierKey]) -> Result<(Checkpoint, Note), Fault> {
    let said = Note::parse(bytes).ok().and_then(|note| Checkpoint::parse(&note.text).ok()).map(|c| c.origin);
    let pinned = said.filter(|origin| keys.iter().any(|k| k.name() == origin));
    let origin = pinned.unwrap_or_else(|| keys.first().map_or(String::new(), |k| k.name().to_owned()));
    let own: Vec<VerifierKey> = keys.iter().filter(|k| k.name() == origin).cloned().collect();
    checkpoint::open(bytes, &own, &origin).map_err(|e| match e {
        CheckpointError::UnknownKey(_) => Fault::new(Stage::Checkpoint, NOT_PINNED, e.to_string())
            .hint("check the pin; if it is right, this is another operator's copy, or the log's key has changed"),
        e => checkpoint_fault(e),
    })
}

pub(crate) fn checkpoint_fault(e: CheckpointError) -> Fault {
    Fault::new(Stage::Checkpoint, e.code(), e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ed25519::PublicKey;
    use ed25519_dalek::SigningKey;

    fn key(seed: u8, name: &str) -> VerifierKey {
        let public = SigningKey::from_bytes(&[seed; 32]).verifying_key();
        VerifierKey::new(name, PublicKey::enrollable(public.as_bytes()).unwrap()).unwrap()
    }

    fn card() -> PinCard {
        PinCard { ledger_id: EventId([7; 32]), log_key: key(1, "a.example/log") }
    }

    #[test]
    fn what_is_written_is_read() {
        let text = card().to_json().to_string();
        assert_eq!(PinCard::parse(text.as_bytes()).unwrap(), card());
        assert_eq!(PinCard::parse(format!("\n {text}\n").as_bytes()).unwrap(), card());
    }

    #[test]
    fn cards_that_lie() {
        let good = card().to_json().to_string();
        let id = EventId([7; 32]).to_string();
        for lie in [
            String::new(),
            format!("{good}{good}"),
            format!("[\"{SCHEMA}\",\"a.example/log\",\"{id}\",\"{}\"]", card().log_key),
            good.replace("a.example/log\"", "b.example/log\""),
            good.replace("pin_card/v1", "pin_card/v2"),
            good.replace(&id, &id[1..]),
            good.replace(&id, &id.replace('0', "A")),
            good.replace("+", "-"),
            good.replacen('{', "{\"witness\":\"x\",", 1),
            good.replacen('{', &format!("{{\"log_key\":\"{}\",", key(2, "a.example/log")), 1),
        ] {
            assert_ne!(lie, good);
            let error = PinCard::parse(lie.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "pin.malformed", "{lie}");
        }
    }

    #[test]
    fn a_card_adds_to_the_flags_and_does_not_contradict_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("card.json");
        std::fs::write(&path, card().to_json().to_string()).unwrap();
        let other = key(2, "a.example/log");
        let pins = collect(None, vec![other.clone()], Some(&path)).unwrap();
        assert_eq!((pins.ledger_id, pins.log_keys), (Some(card().ledger_id), vec![other, card().log_key]));
        let same = collect(Some(card().ledger_id), vec![card().log_key], Some(&path)).unwrap();
        assert_eq!(same.log_keys, [card().log_key]);
        let code = |id, path: &Path| collect(id, Vec::new(), Some(path)).unwrap_err().code();
        assert_eq!(code(Some(EventId([8; 32])), &path), "pin.conflict");
        assert_eq!(code(None, &folder.path().join("none.json")), "file.io");
    }

    /// Who pins two logs must not have the one's operator speak for the other.
    #[test]
    fn a_pinned_key_vouches_for_its_own_log_alone() {
        use crate::encoding::Hash;
        use ed25519_dalek::Signer;
        let (a, b) = (key(1, "a.example"), key(2, "b.example"));
        let note = |origin: &str, seed: u8, key: &VerifierKey| {
            let text = Checkpoint { origin: origin.into(), size: 1, root: Hash::ZERO }.to_text();
            let signature = SigningKey::from_bytes(&[seed; 32]).sign(text.as_bytes()).to_bytes();
            let signatures = vec![crate::note::signature_line(key, &signature)];
            Note { text, signatures }.format().unwrap().into_bytes()
        };
        let keys = [a.clone(), b.clone()];
        let code = |bytes: &[u8]| open_pinned(bytes, &keys).map_or_else(|f| f.code, |_| "good".into());
        assert_eq!(code(&note("a.example", 1, &a)), "good");
        assert_eq!(code(&note("b.example", 2, &b)), "good");
        assert_eq!(code(&note("a.example", 2, &b)), "checkpoint.not_by_pinned_key");
        assert_eq!(code(&note("a.example", 2, &a)), "checkpoint.bad_signature");
        assert_eq!(code(&note("c.example", 1, &a)), "checkpoint.wrong_origin");
        assert_eq!(code(b"x"), "checkpoint.malformed");
    }
}
