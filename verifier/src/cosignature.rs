//! Cosignatures of witnesses (c2sp.org/tlog-cosignature, Ed25519): their keys, what they sign and when, and which of a
//! checkpoint's cosignatures verify.
//! Not here: how many witnesses are enough (`policy`), what their times bound (`witnessed`), and signing.

use crate::note::{ALG_COSIGNATURE, Note, NoteError, NoteSignature, TypedKey};

/// Most seconds since the epoch that a cosignature may state (c2sp.org/tlog-cosignature, "Format").
pub const MAX_TIME: u64 = (1 << 63) - 1;
/// Bytes behind the key id: a time of 8 and a signature of 64. No log's signature has this length.
const TIMESTAMPED: usize = 8 + 64;

/// A witness's verifier key, `vkey` of signature type 0x04.
pub type WitnessKey = TypedKey<ALG_COSIGNATURE>;

impl WitnessKey {
    /// The note's line for a cosignature by this key: the time, 8 bytes big-endian, before the signature.
    pub fn line(&self, time: u64, signature: &[u8; 64]) -> NoteSignature {
        let signature = [&time.to_be_bytes()[..], signature].concat();
        NoteSignature { name: self.name().to_owned(), key_id: self.key_id(), signature }
    }
}

/// What a witness signs at `time`, in seconds since the epoch, over a checkpoint's note text with its last newline
/// (c2sp.org/tlog-cosignature, "Ed25519 signed message"). No log signs such bytes: a checkpoint's second line is a size.
pub fn signed_message(time: u64, note_text: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{note_text}").into_bytes()
}

/// One witness among those known that cosigned a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cosigner<'k> {
    pub key: &'k WitnessKey,
    /// The times of its cosignatures, in seconds since the epoch: ascending, never empty.
    pub times: Vec<u64>,
}

impl Cosigner<'_> {
    pub fn earliest(&self) -> u64 {
        self.times[0]
    }
    pub fn latest(&self) -> u64 {
        self.times[self.times.len() - 1]
    }
}

/// The witnesses among `known` that cosigned, each once, in the order of `known`. Lines of other keys are ignored, log
/// keys among them; a line of a known key that does not verify refuses the note (c2sp.org/signed-note, "Signatures").
pub fn cosigners<'k>(note: &Note, known: &'k [WitnessKey]) -> Result<Vec<Cosigner<'k>>, NoteError> {
    let mut times: Vec<Vec<u64>> = vec![Vec::new(); known.len()];
    for line in &note.signatures {
        // Ids are short enough to collide; then the key that verifies is the one that signed.
        let named = |(_, k): &(usize, &WitnessKey)| k.name() == line.name && k.key_id() == line.key_id;
        let mut named = known.iter().enumerate().filter(named).peekable();
        if named.peek().is_none() {
            continue;
        }
        let signed = named.find_map(|(i, key)| Some((i, verify(key, line, &note.text)?)));
        match signed {
            Some((i, time)) if !times[i].contains(&time) => times[i].push(time),
            Some(_) => {}
            None => return Err(NoteError::BadSignature { name: line.name.clone(), key_id: line.key_id }),
        }
    }
    let found = known.iter().zip(times).filter(|(_, times)| !times.is_empty());
    Ok(found
        .map(|(key, mut times)| {
            times.sort_unstable();
            Cosigner { key, times }
        })
        .collect())
}

/// The time of a cosignature that verifies under this key.
fn verify(key: &WitnessKey, line: &NoteSignature, text: &str) -> Option<u64> {
    let (time, signature) = parts(line)?;
    key.public_key().verify_strict(&signed_message(time, text), &signature).ok().map(|()| time)
}

/// The time that a cosignature's line states, in seconds since the epoch; None where it is no cosignature. Nothing is
/// verified.
pub fn stated_time(line: &NoteSignature) -> Option<u64> {
    parts(line).map(|(time, _)| time)
}

/// `timestamped_signature` of c2sp.org/tlog-cosignature, "Format". Time 0 states no time, and bounds nothing (docs/FORMAT.md).
fn parts(line: &NoteSignature) -> Option<(u64, [u8; 64])> {
    let bytes: &[u8; TIMESTAMPED] = line.signature.as_slice().try_into().ok()?;
    let (time, signature) = bytes.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    // Zero states no time (docs/FORMAT.md section 13).
    (1..=MAX_TIME).contains(&time).then_some((time, signature.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpoint;
    use crate::ed25519::PublicKey;
    use crate::encoding::{base64_encode, hex_encode};
    use crate::note::compute_key_id;
    use crate::note::{VerifierKey, signature_line};
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    const TEXT: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    fn witness(seed: u8, name: &str) -> (SigningKey, WitnessKey) {
        let signer = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::enrollable(signer.verifying_key().as_bytes()).unwrap();
        (signer, WitnessKey::new(name, public).unwrap())
    }

    fn cosign((signer, key): &(SigningKey, WitnessKey), time: u64, text: &str) -> NoteSignature {
        key.line(time, &signer.sign(&signed_message(time, text)).to_bytes())
    }

    fn note(signatures: Vec<NoteSignature>) -> Note {
        Note { text: TEXT.to_owned(), signatures }
    }

    /// The example of c2sp.org/tlog-cosignature. Its keys are not published: name, time and bytes are compared.
    #[test]
    fn the_example_of_the_specification() {
        let text = format!(
            "{TEXT}\n\u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
             \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
        );
        let note = Note::parse(text.as_bytes()).unwrap();
        assert_eq!(parts(&note.signatures[0]), None, "a log's signature is no cosignature");
        let (time, signature) = parts(&note.signatures[1]).unwrap();
        assert_eq!(time, 1_679_315_147);
        let expected = format!("cosignature/v1\ntime 1679315147\n{TEXT}");
        assert_eq!(signed_message(time, &note.text), expected.as_bytes());
        let (_, key) = witness(1, "witness.example.com/w1");
        let line = NoteSignature { key_id: note.signatures[1].key_id, ..key.line(time, &signature) };
        assert_eq!(line, note.signatures[1]);
    }

    /// Made by OpenSSL and coreutils alone: the key of RFC 8032 section 7.1 TEST 1, and the message of above.
    #[test]
    fn a_vector_of_openssl() {
        let vkey = "witness.example.com/w1+7e6f4aaa+BNdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";
        let key = WitnessKey::parse(vkey).unwrap();
        assert_eq!(key.to_string(), vkey);
        let line = "\u{2014} witness.example.com/w1 fm9KqgAAAABkGFDL+TPmh4BYuAjsYRoqMJCWb/gWJaeRF/kmm5tlCr9sJ57DLErur7K0yDXc2ArN+TIuotuB/HbuL3AJsp3bv/aNCQ==";
        let note = note(vec![NoteSignature::parse(line).unwrap()]);
        let known = [key];
        assert_eq!(cosigners(&note, &known).unwrap(), [Cosigner { key: &known[0], times: vec![1_679_315_147] }]);
    }

    #[test]
    fn a_witness_counts_once_and_keeps_its_times() {
        let (a, b) = (witness(1, "w.example/a"), witness(2, "w.example/b"));
        let lines = vec![cosign(&b, 9, TEXT), cosign(&a, 30, TEXT), cosign(&a, 20, TEXT), cosign(&a, 30, TEXT)];
        let known = [a.1, b.1];
        let found = cosigners(&note(lines), &known).unwrap();
        let expected = [Cosigner { key: &known[0], times: vec![20, 30] }, Cosigner { key: &known[1], times: vec![9] }];
        assert_eq!(found, expected);
        assert_eq!((found[0].earliest(), found[0].latest()), (20, 30));
    }

    #[test]
    fn cosignatures_that_lie() {
        let a = witness(1, "w.example/a");
        let known = [a.1.clone()];
        let good = cosign(&a, 20, TEXT);
        let mut other_time = good.clone();
        other_time.signature[7] ^= 1;
        let too_late = a.1.line(MAX_TIME + 1, &a.0.sign(&signed_message(MAX_TIME + 1, TEXT)).to_bytes());
        let log_like = NoteSignature { signature: a.0.sign(TEXT.as_bytes()).to_vec(), ..good.clone() };
        let untimed = a.1.line(20, &a.0.sign(TEXT.as_bytes()).to_bytes());
        let never = cosign(&a, 0, TEXT);
        let longer = NoteSignature { signature: [&good.signature[..], &[0]].concat(), ..good.clone() };
        for lie in [other_time, too_late, log_like, untimed, never, longer, cosign(&a, 20, "another\n1\n\n")] {
            let result = cosigners(&note(vec![good.clone(), lie]), &known);
            assert!(matches!(result, Err(NoteError::BadSignature { .. })), "{result:?}");
        }
        // The same key under another name is another witness, whom nobody knows.
        let renamed = cosign(&witness(1, "w.example/b"), 20, TEXT);
        assert_eq!(cosigners(&note(vec![renamed]), &known), Ok(vec![]));
    }

    /// One key pair, used as a log's key and as a witness's: neither signature passes for the other.
    #[test]
    fn a_log_and_a_witness_do_not_stand_in_for_each_other() {
        let name = "example.com/behind-the-sofa";
        let w = witness(1, name);
        let log = VerifierKey::new(name, *w.1.public_key()).unwrap();
        assert_ne!(log.key_id(), w.1.key_id());
        assert!(WitnessKey::parse(&log.to_string()).is_err());
        assert!(VerifierKey::parse(&w.1.to_string()).is_err());
        let by_log = signature_line(&log, &w.0.sign(TEXT.as_bytes()).to_bytes());
        let by_witness = cosign(&w, 20, TEXT);
        let (logs, witnesses) = ([log.clone()], [w.1.clone()]);
        assert_eq!(cosigners(&note(vec![by_log.clone()]), &witnesses), Ok(vec![]));
        let cosigned = note(vec![by_witness.clone()]).format().unwrap();
        assert!(matches!(
            checkpoint::open(cosigned.as_bytes(), &logs, name),
            Err(checkpoint::CheckpointError::UnknownKey(_))
        ));
        // Whoever writes the other's id into the line gets a signature that does not verify.
        let forged = NoteSignature { key_id: w.1.key_id(), ..by_log };
        assert!(cosigners(&note(vec![forged]), &witnesses).is_err());
        let forged = NoteSignature { key_id: log.key_id(), ..by_witness };
        assert!(note(vec![forged]).verify(&logs).is_err());
    }

    #[test]
    fn vkeys_that_lie() {
        let good = witness(1, "w.example/a").1.to_string();
        assert_eq!(WitnessKey::parse(&good).unwrap().to_string(), good);
        let point = [[1u8].as_slice(), &[0; 31]].concat();
        let id = compute_key_id("a", ALG_COSIGNATURE, point.as_slice().try_into().unwrap());
        let small_order =
            format!("a+{}+{}", hex_encode(&id), base64_encode(&[&[ALG_COSIGNATURE][..], &point].concat()));
        for lie in ["", "a+b+c", &good.replace("w.example/a", "w.example/b"), &format!("{good} "), &small_order] {
            assert!(WitnessKey::parse(lie).is_err(), "{lie}");
        }
    }

    proptest! {
        #[test]
        fn no_line_makes_it_panic(signature in proptest::collection::vec(any::<u8>(), 1..90), time: u64) {
            let a = witness(1, "w.example/a");
            let known = [a.1.clone()];
            let line = NoteSignature { signature, ..a.1.line(time, &[0; 64]) };
            prop_assert!(cosigners(&note(vec![line]), &known).is_err());
        }
    }
}
