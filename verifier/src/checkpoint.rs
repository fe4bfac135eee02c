//! Checkpoints (c2sp.org/tlog-checkpoint): a signed note that says origin, tree size and root, and
//! nothing else.
//!
//! Not here: which log keys are in force at a size, cosignatures, and whether the root is right.

use crate::encoding::Hash;
use crate::note::{Note, NoteError, VerifierKey};

/// Why a checkpoint is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not a signed note, or not one with exactly the three lines of a checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(String),
    /// A checkpoint of another log.
    #[error("the checkpoint is of the log {found:?}, not {expected:?}")]
    WrongOrigin {
        /// The log that was asked for.
        expected: String,
        /// The log that the checkpoint names.
        found: String,
    },
    /// None of the keys that were given has signed it.
    #[error("the checkpoint is not signed by a known key: {0}")]
    UnknownKey(NoteError),
    /// A signature by one of the keys does not verify.
    #[error("the checkpoint's signature is bad: {0}")]
    BadSignature(NoteError),
}

impl CheckpointError {
    /// The stable code of this failure (docs/CODES.md).
    pub fn code(&self) -> &'static str {
        match self {
            CheckpointError::Malformed(_) => "checkpoint.malformed",
            CheckpointError::WrongOrigin { .. } => "checkpoint.wrong_origin",
            CheckpointError::UnknownKey(_) => "checkpoint.unknown_key",
            CheckpointError::BadSignature(_) => "checkpoint.bad_signature",
        }
    }
}

impl From<NoteError> for CheckpointError {
    fn from(error: NoteError) -> CheckpointError {
        match error {
            NoteError::Malformed(_) | NoteError::BadKey(_) => CheckpointError::Malformed(error.to_string()),
            NoteError::UnknownKey { .. } => CheckpointError::UnknownKey(error),
            NoteError::BadSignature { .. } => CheckpointError::BadSignature(error),
        }
    }
}

/// What a log's operator signs: the tree of `size` records of the log `origin` has this root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: String,
    /// How many records the tree covers.
    pub size: u64,
    /// The RFC 6962 root over them.
    pub root: Hash,
}

impl Checkpoint {
    /// Reads the text of a note (c2sp.org/tlog-checkpoint, "Note text"). Extension lines are refused
    /// (docs/FORMAT.md).
    pub fn parse(text: &str) -> Result<Checkpoint, CheckpointError> {
        let malformed = |what: &str| CheckpointError::Malformed(what.to_string());
        let body = text.strip_suffix('\n').ok_or_else(|| malformed("its last line has no newline"))?;
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed("it has not exactly three lines"));
        };
        if origin.is_empty() {
            return Err(malformed("its origin is empty"));
        }
        Ok(Checkpoint {
            origin: origin.to_string(),
            size: parse_size(size).ok_or_else(|| malformed("its size is not a decimal number of 64 bits"))?,
            root: Hash::from_base64(root).map_err(|e| CheckpointError::Malformed(format!("its root: {e}")))?,
        })
    }

    /// The text that is signed: three lines, each ended by a newline.
    pub fn to_text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, self.root.to_base64())
    }
}

/// Reads a checkpoint of the log `origin` that at least one of `keys` has signed, and no signature
/// by one of them is bad. Which of them signed, [`Note::verify`] says.
pub fn open(bytes: &[u8], keys: &[VerifierKey], origin: &str) -> Result<(Checkpoint, Note), CheckpointError> {
    let note = Note::parse(bytes)?;
    let checkpoint = Checkpoint::parse(&note.text)?;
    // Before the keys, which are named as their log: another log's are always unknown here.
    if checkpoint.origin != origin {
        return Err(CheckpointError::WrongOrigin { expected: origin.to_string(), found: checkpoint.origin });
    }
    note.verify(keys)?;
    Ok((checkpoint, note))
}

/// ASCII decimal digits with no leading zero (c2sp.org/tlog-checkpoint, "Note text").
pub fn parse_size(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ed25519::PublicKey;
    use crate::note::signature_line;
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    const ORIGIN: &str = "ledger.example.org/atrocities";

    fn key(seed: u8) -> (SigningKey, VerifierKey) {
        let signer = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::enrollable(signer.verifying_key().as_bytes()).unwrap();
        (signer, VerifierKey::new(ORIGIN, public).unwrap())
    }

    fn signed(text: &str, key: &(SigningKey, VerifierKey)) -> Vec<u8> {
        let signature = key.0.sign(text.as_bytes()).to_bytes();
        let note = Note { text: text.to_string(), signatures: vec![signature_line(&key.1, &signature)] };
        note.format().unwrap().into_bytes()
    }

    /// The example of c2sp.org/tlog-checkpoint.
    #[test]
    fn specification_example() {
        let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
        let checkpoint = Checkpoint::parse(text).unwrap();
        assert_eq!(checkpoint.size, 20_852_163);
        assert_eq!(checkpoint.to_text(), text);
        let bytes = format!(
            "{text}\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        );
        let error = open(bytes.as_bytes(), &[], "example.com/behind-the-sofa").unwrap_err();
        assert_eq!(error.code(), "checkpoint.unknown_key");
    }

    #[test]
    fn opening() {
        let (old, new) = (key(1), key(2));
        let checkpoint = Checkpoint { origin: ORIGIN.to_string(), size: 42, root: Hash::sha256(b"x") };
        let bytes = signed(&checkpoint.to_text(), &old);
        let known = [new.1.clone(), old.1.clone()];
        let (read, note) = open(&bytes, &known, ORIGIN).unwrap();
        assert_eq!(read, checkpoint);
        assert_eq!(note.verify(&known), Ok(vec![&known[1]]));

        let code = |bytes: &[u8], keys: &[VerifierKey], origin: &str| {
            open(bytes, keys, origin).map_or_else(|e| e.code(), |_| "good")
        };
        assert_eq!(code(&bytes, &known[..1], ORIGIN), "checkpoint.unknown_key");
        assert_eq!(code(&bytes, &[], ORIGIN), "checkpoint.unknown_key");
        assert_eq!(code(&bytes, &known, "other"), "checkpoint.wrong_origin");
        let text = String::from_utf8(bytes.clone()).unwrap();
        let larger = text.replace("\n42\n", "\n43\n");
        assert_eq!(code(larger.as_bytes(), &known, ORIGIN), "checkpoint.bad_signature");
        assert_eq!(code(&bytes[1..], &known, ORIGIN), "checkpoint.wrong_origin");
        assert_eq!(code(&bytes[..bytes.len() - 1], &known, ORIGIN), "checkpoint.malformed");
        let extended = signed(&format!("{}more\n", checkpoint.to_text()), &old);
        assert_eq!(code(&extended, &known, ORIGIN), "checkpoint.malformed");
    }

    #[test]
    fn malformed_texts() {
        let root = Hash::ZERO.to_base64();
        assert!(Checkpoint::parse(&format!("o\n0\n{root}\n")).is_ok());
        assert!(Checkpoint::parse(&format!("o\n{}\n{root}\n", u64::MAX)).is_ok());
        for lie in [
            String::new(),
            "\n".to_string(),
            "\n\n\n".to_string(),
            format!("o\n0\n{root}"),
            format!("o\n0\n{root}\n\n"),
            format!("o\n0\n{root}\nextension\n"),
            format!("\n0\n{root}\n"),
            format!("o\n\n{root}\n"),
            format!("o\n00\n{root}\n"),
            format!("o\n01\n{root}\n"),
            format!("o\n+1\n{root}\n"),
            format!("o\n-1\n{root}\n"),
            format!("o\n1 \n{root}\n"),
            format!("o\n\u{661}\n{root}\n"),
            format!("o\n18446744073709551616\n{root}\n"),
            format!("o\n0\n{}\n", Hash::ZERO.to_hex()),
            format!("o\n0\n{}\n", &root[..43]),
            "o\n0\nAAAA\n".to_string(),
        ] {
            assert!(Checkpoint::parse(&lie).is_err(), "{lie:?}");
        }
    }

    proptest! {
        #[test]
        fn text_round_trip(origin in "[a-z0-9./_-]{1,40}", size: u64, root: [u8; 32]) {
            let checkpoint = Checkpoint { origin, size, root: Hash(root) };
            prop_assert_eq!(Checkpoint::parse(&checkpoint.to_text()), Ok(checkpoint));
        }

        #[test]
        fn arbitrary_texts_never_panic(text in "[a-z0-9=\n+]{0,60}\n?") {
            if let Ok(checkpoint) = Checkpoint::parse(&text) {
                prop_assert_eq!(checkpoint.to_text(), text);
            }
        }
    }
}
