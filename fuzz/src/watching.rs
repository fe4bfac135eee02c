//! Targets: trust policies, cosignatures, requests to a witness. Nobody cosigns but a witness, nobody counts twice, and a
//! witness follows one tree.
//! Not here: the log's own notes (`notes`), a witness's memory and its HTTP.

use std::collections::BTreeMap;

use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::cosignature::{WitnessKey, cosigners, signed_message, stated_time};
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::merkle::{consistency_proof, leaf_hash};
use answerable_verifier::note::Note;
use answerable_verifier::policy::Policy;
use answerable_watch::decision::{Cosigned, check_signature, decide};
use answerable_watch::request::AddCheckpoint;
use ed25519_dalek::{Signer, SigningKey};

use crate::bytes::known_code;
use crate::worked::small;

/// When the witnesses of the corpora cosigned, in seconds since the epoch; the second time only the first witness.
pub const TIMES: [u64; 2] = [1_795_000_000, 1_795_000_600];

/// The witnesses of the corpora: two secrets, and the first under another name, which makes it another key.
pub fn witnesses() -> [(SigningKey, WitnessKey); 3] {
    [(51, "w.example/one"), (52, "w.example/two"), (51, "w.example/alias")].map(|(seed, name)| {
        let secret = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::enrollable(secret.verifying_key().as_bytes()).expect("an honest key");
        (secret, WitnessKey::new(name, public).expect("a key's name"))
    })
}

/// The note with the cosignature of a witness, by its place, at a time.
pub fn cosign(note: &str, witness: usize, time: u64) -> String {
    let mut note = Note::parse(note.as_bytes()).expect("a good note");
    let (secret, key) = &witnesses()[witness];
    let signature = secret.sign(&signed_message(time, &note.text)).to_bytes();
    note.signatures.push(key.line(time, &signature));
    note.format().expect("a good note")
}

/// A policy file.
pub fn policy(bytes: &[u8]) {
    let policy = match Policy::parse(bytes) {
        Ok(policy) => policy,
        Err(e) => {
            known_code(e.code());
            return assert!(!e.to_string().is_empty() && !e.hint().is_empty());
        }
    };
    let keys: Vec<&WitnessKey> = policy.witness_keys().iter().collect();
    assert_eq!(policy.witnesses().len(), keys.len());
    let mut public: Vec<_> = keys.iter().map(|key| key.public_key().as_bytes()).collect();
    public.extend(policy.log_keys().map(|key| key.public_key().as_bytes()));
    let all = public.len();
    public.sort_unstable();
    public.dedup();
    assert_eq!(public.len(), all, "no key has two roles");
    assert!(policy.satisfied(&keys), "all together are always enough");
    assert_eq!(policy.satisfied(&[]), !policy.asks_for_witnesses());
    // By halves and alone: what the file says, read a second time in the plainest way.
    let choices: [&dyn Fn(usize) -> bool; 4] = [&|i| i % 2 == 0, &|i| i % 2 == 1, &|i| i == 0, &|i| i % 3 != 0];
    for chosen in choices {
        let some: Vec<&WitnessKey> = keys.iter().enumerate().filter(|(i, _)| chosen(*i)).map(|(_, key)| *key).collect();
        let enough = policy.satisfied(&some);
        assert_eq!(enough, plainly_satisfied(bytes, &some));
        let twice: Vec<&WitnessKey> = some.iter().chain(&some).copied().collect();
        assert_eq!(policy.satisfied(&twice), enough, "nobody counts twice");
        let timed: Vec<(&WitnessKey, u64)> = some.iter().zip(1..).map(|(key, time)| (*key, time)).collect();
        let met = policy.quorum_time(&timed);
        if policy.asks_for_witnesses() {
            assert_eq!(met.is_some(), enough);
        }
        if let Some(met) = met {
            let since: Vec<&WitnessKey> = timed.iter().filter(|(_, time)| *time >= met).map(|(key, _)| *key).collect();
            assert!(policy.satisfied(&since), "they were enough at that time");
        }
    }
}

/// Whether these are enough, by the words of a file that is known to be well formed.
fn plainly_satisfied(bytes: &[u8], by: &[&WitnessKey]) -> bool {
    let mut known: BTreeMap<&[u8], bool> = BTreeMap::from([(b"none".as_slice(), true)]);
    for line in bytes.split(|b| *b == b'\n') {
        let items: Vec<&[u8]> = line.split(|b| b" \t".contains(b)).filter(|item| !item.is_empty()).collect();
        match items.as_slice() {
            [b"witness", name, key, ..] => {
                let holds = by.iter().any(|k| k.to_string().as_bytes() == *key);
                known.insert(name, holds);
            }
            [b"group", name, threshold, members @ ..] => {
                let held = members.iter().filter(|m| known[*m]).count();
                let needed = match *threshold {
                    b"all" => members.len(),
                    b"any" => 1,
                    number => std::str::from_utf8(number).expect("digits").parse().expect("a number"),
                };
                known.insert(name, held >= needed);
            }
            [b"quorum", name] => return known[name],
            _ => {}
        }
    }
    unreachable!("a policy has a quorum line")
}

/// A checkpoint with cosignatures.
pub fn cosignature(bytes: &[u8]) {
    let Ok(note) = Note::parse(bytes) else { return };
    let [one, two, alias] = witnesses();
    let known = [one.1, two.1, alias.1];
    match cosigners(&note, &known) {
        Ok(found) => {
            for cosigner in &found {
                let place = known.iter().position(|key| key == cosigner.key).expect("it is known");
                assert!(small().is_signed(&note.text), "no witness cosigned anything else");
                assert!(cosigner.times.windows(2).all(|pair| pair[0] < pair[1]), "each time once");
                // The alias has the first one's secret, and what is signed does not say the name.
                let signed = if place == 1 { &TIMES[..1] } else { &TIMES[..] };
                assert!(cosigner.times.iter().all(|time| signed.contains(time)), "at no other time");
                let line = |time| note.signatures.iter().any(|line| stated_time(line) == Some(time));
                assert!(line(cosigner.earliest()) && line(cosigner.latest()));
            }
        }
        Err(e) => assert!(!e.to_string().is_empty()),
    }
    assert_eq!(cosigners(&note, &[]), Ok(vec![]), "without known witnesses there are none");
}

/// A body of add-checkpoint, behind a byte that says what the witness cosigned last.
pub fn add_checkpoint(bytes: &[u8]) {
    let Some((last, body)) = bytes.split_first() else { return };
    let request = match AddCheckpoint::parse(body) {
        Ok(request) => request,
        Err(why) => return assert!(!why.is_empty()),
    };
    assert_eq!(request.format().expect("what was read can be written").as_bytes(), body, "the same bytes in and out");
    let good = small();
    let size = usize::from(*last) % (good.lines.len() + 1);
    let kept = size.checked_sub(1).map(|at| {
        let note = Note::parse(good.checkpoints[at].as_bytes()).expect("a good note");
        Cosigned { checkpoint: Checkpoint::parse(&note.text).expect("a good checkpoint"), note, time: TIMES[0] }
    });
    let signed = check_signature(&request, std::slice::from_ref(&good.log_key)).is_ok();
    assert!(!signed || good.is_signed(&request.note.text), "nobody but the log's key signs for it");
    for now in [0, TIMES[0], u64::MAX] {
        match decide(kept.as_ref(), &request, now) {
            Ok(next) => {
                assert_eq!((request.old, &next.checkpoint), (size as u64, &request.checkpoint));
                assert!(next.time == now && (kept.is_none() || now >= TIMES[0]));
                assert!(request.checkpoint.size >= size as u64, "a log does not shrink");
                if signed {
                    let leaves: Vec<_> = good.lines.iter().map(|line| leaf_hash(line)).collect();
                    let proof = consistency_proof(&leaves, size as u64, request.checkpoint.size);
                    assert_eq!(request.proof, proof, "the one proof that there is");
                }
            }
            Err(refusal) => {
                known_code(refusal.code());
                assert!((400..=503).contains(&refusal.status()) && !refusal.to_string().is_empty());
            }
        }
    }
}
