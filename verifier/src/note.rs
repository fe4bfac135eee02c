//! Signed notes (c2sp.org/signed-note) with Ed25519 keys: their text form, verifier keys, and which
//! signatures verify.
//!
//! Not here: what a note says (`checkpoint`), cosignatures (signature type 0x04), and signing.

use std::fmt;

use crate::ed25519::PublicKey;
use crate::encoding::{EncodingError, Hash};
use crate::encoding::{base64_decode, base64_encode, hex_decode_array, hex_encode};

/// Signature type of Ed25519 over the note text (c2sp.org/signed-note, "Signature types").
pub const ALG_ED25519: u8 = 0x01;
/// Signature type of timestamped witness cosignatures (c2sp.org/signed-note, "Signature types").
pub const ALG_COSIGNATURE: u8 = 0x04;
/// Most bytes of a note (a limit of ours, as c2sp.org/signed-note, "Format", asks for).
pub const MAX_NOTE: usize = 1_000_000;
/// Most signatures of a note. c2sp.org/signed-note, "Format", demands at least 16; checkpoints that
/// many witnesses cosign carry more.
pub const MAX_SIGNATURES: usize = 64;

const LINE_START: &str = "\u{2014} ";

/// Why a note or a verifier key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a note of c2sp.org/signed-note, "Format".
    #[error("not a signed note: {0}")]
    Malformed(&'static str),
    /// Not a verifier key.
    #[error("not a verifier key: {0}")]
    BadKey(String),
    /// No signature is by a key that was given.
    #[error("no signature by a known key; signed by: {}", list(.signed_by))]
    UnknownKey {
        /// Who signed, as `name+keyid`.
        signed_by: Vec<String>,
    },
    /// A signature names a known key and does not verify under it.
    #[error("the signature of {name}+{} does not verify", hex_encode(.key_id))]
    BadSignature {
        /// The key's name.
        name: String,
        /// The key's id.
        key_id: [u8; 4],
    },
}

/// A verifier key taken apart: any signature type whose public key has 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawVerifierKey {
    /// The key's name.
    pub name: String,
    /// The key's id, already checked against the rest.
    pub key_id: [u8; 4],
    /// The signature type byte.
    pub algorithm: u8,
    /// The public key's bytes, not checked to be a point.
    pub public_key: [u8; 32],
}

impl RawVerifierKey {
    /// Reads `<name>+<8 hex digits>+<base64(type || 32 bytes)>`, and recomputes the key id
    /// (c2sp.org/signed-note, "Signatures").
    pub fn parse(text: &str) -> Result<RawVerifierKey, NoteError> {
        let bad = |what: &str| NoteError::BadKey(what.to_string());
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(bad("it has not the form name+id+key"));
        };
        if !is_key_name(name) {
            return Err(bad("its name is empty, or has spaces or control characters"));
        }
        let key_id: [u8; 4] = hex_decode_array(id).map_err(|_| bad("its id is not 8 lower-case hex digits"))?;
        let bytes = base64_decode(key).map_err(|e: EncodingError| NoteError::BadKey(e.to_string()))?;
        let (algorithm, public_key) = match bytes.split_first() {
            Some((algorithm, rest)) => (*algorithm, rest),
            None => return Err(bad("it is empty")),
        };
        let public_key =
            <[u8; 32]>::try_from(public_key).map_err(|_| bad("it has not one type byte and 32 bytes of key"))?;
        let computed = compute_key_id(name, algorithm, &public_key);
        if computed != key_id {
            let (computed, found) = (hex_encode(&computed), hex_encode(&key_id));
            return Err(NoteError::BadKey(format!("its id is {computed}, not {found}")));
        }
        Ok(RawVerifierKey { name: name.to_string(), key_id, algorithm, public_key })
    }
}

/// A verifier key, `vkey`, of one signature type: a name, an id, a public key fit to be enrolled. Keys of two types are of two
/// Rust types, so that one never stands where the other is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TypedKey<const ALGORITHM: u8> {
    name: String,
    key_id: [u8; 4],
    public_key: PublicKey,
}

/// A key that signs notes: a log's, whose name is the origin. Signature type 0x01.
pub type VerifierKey = TypedKey<ALG_ED25519>;

impl<const ALGORITHM: u8> TypedKey<ALGORITHM> {
    /// Names a public key. The name must fit c2sp.org/signed-note, "Format".
    pub fn new(name: &str, public_key: PublicKey) -> Result<Self, NoteError> {
        if !is_key_name(name) {
            return Err(NoteError::BadKey(format!("{name:?} is not a key name")));
        }
        let key_id = compute_key_id(name, ALGORITHM, public_key.as_bytes());
        Ok(Self { name: name.to_string(), key_id, public_key })
    }

    /// Reads a vkey of this signature type. Its public key must be enrollable (docs/FORMAT.md).
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let raw = RawVerifierKey::parse(text)?;
        if raw.algorithm != ALGORITHM {
            let meant = match ALGORITHM {
                ALG_COSIGNATURE => " (a witness's Ed25519 cosignatures)",
                _ => " (Ed25519)",
            };
            return Err(NoteError::BadKey(format!(
                "its signature type is 0x{:02x}, not 0x{ALGORITHM:02x}{meant}",
                raw.algorithm
            )));
        }
        let public_key = PublicKey::enrollable(&raw.public_key).map_err(|e| NoteError::BadKey(e.to_string()))?;
        Ok(Self { name: raw.name, key_id: raw.key_id, public_key })
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of SHA-256(name || 0x0A || type || public key).
    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// The name and the id, as `name+id`: enough for people to tell keys apart.
    pub fn short(&self) -> String {
        format!("{}+{}", self.name, hex_encode(&self.key_id))
    }

    /// The public key.
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }
}

impl<const ALGORITHM: u8> std::str::FromStr for TypedKey<ALGORITHM> {
    type Err = NoteError;
    fn from_str(text: &str) -> Result<Self, NoteError> {
        Self::parse(text)
    }
}

/// The vkey text: `<name>+<8 hex digits>+<base64(type || public key)>`.
impl<const ALGORITHM: u8> fmt::Display for TypedKey<ALGORITHM> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ALGORITHM], &self.public_key.as_bytes()[..]].concat();
        let (id, key) = (hex_encode(&self.key_id), base64_encode(&key));
        write!(f, "{}+{id}+{key}", self.name)
    }
}

/// A key id: the first four bytes of SHA-256(name || 0x0A || type || public key)
/// (c2sp.org/signed-note, "Signatures").
pub fn compute_key_id(name: &str, algorithm: u8, public_key: &[u8; 32]) -> [u8; 4] {
    let named = [name.as_bytes(), b"\n", &[algorithm], public_key].concat();
    let [a, b, c, d, ..] = Hash::sha256(&named).0;
    [a, b, c, d]
}

/// Whether a text can name a key: not empty, no Unicode space, no `+` (c2sp.org/signed-note,
/// "Format"), and no control character, which the line could not hold.
pub fn is_key_name(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// One signature line of a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteSignature {
    /// The name of the key that is said to have signed.
    pub name: String,
    /// Its id.
    pub key_id: [u8; 4],
    /// What follows the id: 64 bytes for Ed25519, other lengths for other types. Never empty.
    pub signature: Vec<u8>,
}

impl NoteSignature {
    /// Reads `— name base64(key id || signature)`, without the newline.
    pub fn parse(line: &str) -> Result<NoteSignature, NoteError> {
        let malformed = NoteError::Malformed("a signature line is not `\u{2014} name base64`");
        let Some((name, encoded)) = line.strip_prefix(LINE_START).and_then(|rest| rest.split_once(' ')) else {
            return Err(malformed);
        };
        if !is_key_name(name) {
            return Err(malformed);
        }
        match base64_decode(encoded).as_deref() {
            Ok([a, b, c, d, signature @ ..]) if !signature.is_empty() => {
                Ok(NoteSignature { name: name.to_string(), key_id: [*a, *b, *c, *d], signature: signature.to_vec() })
            }
            _ => Err(malformed),
        }
    }
}

/// The line, without its newline.
impl fmt::Display for NoteSignature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encoded = base64_encode(&[&self.key_id[..], &self.signature].concat());
        write!(f, "{LINE_START}{} {encoded}", self.name)
    }
}

/// The signature line of an Ed25519 key. What it signed is the note's text with its last newline.
pub fn signature_line(key: &VerifierKey, signature: &[u8; 64]) -> NoteSignature {
    NoteSignature { name: key.name.clone(), key_id: key.key_id, signature: signature.to_vec() }
}

/// A signed note: what [`Note::parse`] read, nothing verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The text that is signed, its final newline included.
    pub text: String,
    /// The signature lines, in their order.
    pub signatures: Vec<NoteSignature>,
}

impl Note {
    /// Reads a note (c2sp.org/signed-note, "Format"): `format` gives the same bytes back.
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        let malformed = |what| Err(NoteError::Malformed(what));
        if bytes.len() > MAX_NOTE {
            return malformed("it is longer than 1,000,000 bytes");
        }
        let Ok(whole) = std::str::from_utf8(bytes) else {
            return malformed("it is not UTF-8");
        };
        if whole.bytes().any(|b| b < 0x20 && b != b'\n') {
            return malformed("it has control characters");
        }
        let Some(blank) = whole.rfind("\n\n") else {
            return malformed("no blank line comes before signatures");
        };
        let (text, lines) = (&whole[..=blank], &whole[blank + 2..]);
        let Some(lines) = lines.strip_suffix('\n') else {
            return malformed("the last signature line has no newline");
        };
        let lines: Vec<&str> = lines.split('\n').take(MAX_SIGNATURES + 1).collect();
        if lines.len() > MAX_SIGNATURES {
            return malformed("it has more than 64 signatures");
        }
        let signatures: Result<Vec<_>, _> = lines.into_iter().map(NoteSignature::parse).collect();
        Ok(Note { text: text.to_string(), signatures: signatures? })
    }

    /// Writes the note, or refuses what [`Note::parse`] would not read back as this very note.
    pub fn format(&self) -> Result<String, NoteError> {
        let mut out = format!("{}\n", self.text);
        for signature in &self.signatures {
            out.push_str(&signature.to_string());
            out.push('\n');
        }
        if Note::parse(out.as_bytes())? != *self {
            return Err(NoteError::Malformed("it would read back as another note"));
        }
        Ok(out)
    }

    /// The keys among `known` that signed, each once, in the order of the lines
    /// (c2sp.org/signed-note, "Signatures"): signatures of other keys are ignored, one by a known
    /// name and id that does not verify refuses the note, and so does a note no known key signed.
    pub fn verify<'k>(&self, known: &'k [VerifierKey]) -> Result<Vec<&'k VerifierKey>, NoteError> {
        let mut verified: Vec<&'k VerifierKey> = Vec::new();
        for line in &self.signatures {
            // Ids are short enough to collide; then the key that verifies is the one that signed.
            let mut named = known.iter().filter(|k| k.name == line.name && k.key_id == line.key_id).peekable();
            if named.peek().is_none() {
                continue;
            }
            let text = self.text.as_bytes();
            let signer = named.find(|k| {
                let signed = k.public_key.verify_strict_slice(text, &line.signature);
                signed.is_ok()
            });
            match signer {
                Some(key) if !verified.contains(&key) => verified.push(key),
                Some(_) => {}
                None => {
                    return Err(NoteError::BadSignature { name: line.name.clone(), key_id: line.key_id });
                }
            }
        }
        if verified.is_empty() {
            let signer = |s: &NoteSignature| format!("{}+{}", s.name, hex_encode(&s.key_id));
            return Err(NoteError::UnknownKey { signed_by: self.signatures.iter().map(signer).collect() });
        }
        Ok(verified)
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nobody".to_string() } else { names.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    /// The key and the note of golang.org/x/mod/sumdb/note (note_test.go).
    const NEUMANN: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\n\
        then you don't know what your problem is.\n";
    const LINE: &str = "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn key(seed: u8, name: &str) -> (SigningKey, VerifierKey) {
        let signer = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::enrollable(signer.verifying_key().as_bytes()).unwrap();
        (signer, VerifierKey::new(name, public).unwrap())
    }

    fn sign(text: &str, signers: &[&(SigningKey, VerifierKey)]) -> Note {
        let line = |(signer, vkey): &&(SigningKey, VerifierKey)| {
            signature_line(vkey, &signer.sign(text.as_bytes()).to_bytes())
        };
        Note { text: text.to_string(), signatures: signers.iter().map(line).collect() }
    }

    #[test]
    fn go_sumdb_vector() {
        let vkey = VerifierKey::parse(NEUMANN).unwrap();
        assert_eq!(vkey.to_string(), NEUMANN);
        let bytes = format!("{TEXT}\n{LINE}");
        let note = Note::parse(bytes.as_bytes()).unwrap();
        assert_eq!(note.text, TEXT);
        assert_eq!(note.format().unwrap(), bytes);
        let known = [vkey];
        assert_eq!(note.verify(&known), Ok(vec![&known[0]]));
        let go = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8";
        assert_eq!(VerifierKey::parse(go).unwrap().to_string(), go);
    }

    #[test]
    fn vkey_lies() {
        let identity = {
            let mut key = [0; 33];
            (key[0], key[1]) = (ALG_ED25519, 1);
            let point: [u8; 32] = key[1..].try_into().unwrap();
            let id = compute_key_id("a", ALG_ED25519, &point);
            format!("a+{}+{}", hex_encode(&id), base64_encode(&key))
        };
        for lie in [
            "",
            "a",
            "a+b",
            "++",
            &NEUMANN.replace("c74f20a3", "c74f20a4"),
            &NEUMANN.replace("c74f20a3", "C74F20A3"),
            &NEUMANN.replace("PeterNeumann", "PeterNeuman"),
            &NEUMANN.replace("PeterNeumann", "Peter Neumann"),
            &NEUMANN.replace("+ARpc", "+AhpC"),
            &format!("{NEUMANN}\n"),
            &format!("{NEUMANN}="),
            &identity,
        ] {
            assert!(VerifierKey::parse(lie).is_err(), "{lie}");
        }
        let (_, vkey) = key(1, "w.example");
        let id = compute_key_id("w.example", ALG_COSIGNATURE, vkey.public_key().as_bytes());
        let bytes = [&[ALG_COSIGNATURE], &vkey.public_key().as_bytes()[..]].concat();
        let witness = format!("w.example+{}+{}", hex_encode(&id), base64_encode(&bytes));
        assert!(VerifierKey::parse(&witness).is_err());
        assert_eq!(RawVerifierKey::parse(&witness).unwrap().algorithm, 4);
        for name in ["", "a b", "a+b", "a\u{a0}b", "a\u{2003}b", "a\u{1}b", "a\n"] {
            assert!(VerifierKey::new(name, *vkey.public_key()).is_err());
        }
    }

    #[test]
    fn note_lies() {
        let good = format!("{TEXT}\n{LINE}");
        let line = LINE.trim_end_matches('\n');
        for lie in [
            String::new(),
            "\n\n".to_string(),
            TEXT.to_string(),
            format!("{TEXT}\n"),
            format!("{TEXT}{LINE}"),
            format!("{TEXT}\n{line}"),
            format!("{TEXT}\n{LINE}\n"),
            format!("{TEXT}\n{LINE}\n{LINE}x"),
            format!("{}\n{LINE}", TEXT.replace(' ', "\t")),
            good.replace('\n', "\r\n"),
            good.replace('\u{2014}', "-"),
            good.replace('\u{2014}', "\u{2013}"),
            good.replace("Neumann x08", "Neumann  x08"),
            good.replace("PeterNeumann", "Peter+Neumann"),
            good.replace("PeterNeumann", ""),
            good.replace("AM=", "AN="),
            good.replace("AM=", "AM"),
            format!("{TEXT}\n\u{2014} a AAAAAA==\n"),
            format!("{TEXT}\n{}", LINE.repeat(MAX_SIGNATURES + 1)),
            format!("{}\n\n{LINE}", "x".repeat(MAX_NOTE)),
        ] {
            let bytes = lie.as_bytes();
            assert!(Note::parse(bytes).is_err(), "{}", &lie[..lie.len().min(200)]);
        }
        assert!(Note::parse(b"\xff\n\n").is_err());
        let most = format!("{TEXT}\n{}", LINE.repeat(MAX_SIGNATURES));
        assert!(Note::parse(most.as_bytes()).is_ok());
    }

    #[test]
    fn the_last_blank_line_separates() {
        let bytes = format!("a\n\n{LINE}\nb\n\n{LINE}");
        let note = Note::parse(bytes.as_bytes()).unwrap();
        assert_eq!(note.text, format!("a\n\n{LINE}\nb\n"));
        assert_eq!(note.signatures.len(), 1);
    }

    #[test]
    fn who_signed() {
        let (a, b, c) = (key(1, "a.example"), key(2, "b.example"), key(3, "a.example"));
        let note = sign(TEXT, &[&a, &b, &a]);
        let both = [b.1.clone(), a.1.clone()];
        assert_eq!(note.verify(&both), Ok(vec![&both[1], &both[0]]));
        // The same name with another key is another key.
        let other = [c.1.clone()];
        let unknown = note.verify(&other).unwrap_err();
        assert!(matches!(&unknown, NoteError::UnknownKey { signed_by } if signed_by.len() == 3));
        assert!(note.verify(&[]).is_err());
        // One signature of a known key that does not verify refuses the note.
        let mut forged = note.clone();
        forged.signatures[1].signature[0] ^= 1;
        assert!(matches!(forged.verify(&both), Err(NoteError::BadSignature { name, .. }) if name == "b.example"));
        assert_eq!(forged.verify(&both[1..]), Ok(vec![&both[1]]));
        let mut short = note.clone();
        short.signatures[0].signature.pop();
        assert!(matches!(short.verify(&both), Err(NoteError::BadSignature { .. })));
        let mut edited = note;
        edited.text.insert(0, ' ');
        assert!(matches!(edited.verify(&both), Err(NoteError::BadSignature { .. })));
    }

    #[test]
    fn format_refuses_what_would_read_back_otherwise() {
        let a = key(1, "a.example");
        for text in ["", "no newline", "x\t\n"] {
            assert!(sign(text, &[&a]).format().is_err(), "{text:?}");
        }
        assert!(sign(TEXT, &[]).format().is_err());
        let mut note = sign(TEXT, &[&a]);
        note.signatures[0].name = "a b".to_string();
        assert!(note.format().is_err());
    }

    proptest! {
        #[test]
        fn what_is_read_is_written_back(text in "[a-z \n\u{2014}]{0,40}\n", seed: u8, count in 1..4usize) {
            let a = key(seed, "a.example");
            let note = sign(&text, &vec![&a; count]);
            let bytes = note.format().unwrap();
            prop_assert_eq!(&Note::parse(bytes.as_bytes()).unwrap(), &note);
            prop_assert_eq!(note.verify(std::slice::from_ref(&a.1)), Ok(vec![&a.1]));
        }

        #[test]
        fn damage_never_panics(at: usize, byte: u8, cut: usize) {
            let mut bytes = format!("{TEXT}\n{LINE}").into_bytes();
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(bytes.len() - cut % 8);
            if let Ok(note) = Note::parse(&bytes) {
                prop_assert_eq!(note.format().unwrap().into_bytes(), bytes);
            }
        }

        #[test]
        fn arbitrary_texts_never_panic(text in "\\PC{0,40}(\n\n)?(\u{2014} )?\\PC{0,20}\n?") {
            let _ = Note::parse(text.as_bytes());
            let _ = VerifierKey::parse(&text);
        }
    }
}
