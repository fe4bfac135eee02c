//! Target: a whole small export, line by line, through the judge. Whoever holds no key adds nothing to a ledger, however
//! its lines are cut, changed and put in another order.
//! Not here: the law with keys at hand (`law`).
//!
//! The input is a script, so that corpora outlive a change of rules. `@N` is line N of the small good ledger; `@N/a/b` is
//! the same with its first `a` replaced by `b`; any other line is itself.

use std::collections::HashSet;

use answerable_verifier::judge::Judge;
use answerable_verifier::merkle::leaf_hash;
use answerable_verifier::record::Record;

use crate::bytes::sound_fault;
use crate::worked::small;

/// Most lines that are judged: the law of a ledger reads what came before.
const MAX_LINES: usize = 40;

/// The export that a script says.
pub fn ledger(script: &[u8]) {
    let good = small();
    let lines: Vec<Vec<u8>> = script.split(|b| *b == b'\n').take(MAX_LINES).map(line).collect();
    let mut judge = Judge::before_all();
    let mut seen = HashSet::new();
    let mut untouched = true;
    for (at, line) in lines.iter().enumerate() {
        let head = judge.head;
        let (admitted, faults) = judge.examine(line);
        faults.iter().for_each(sound_fault);
        assert!(admitted.is_some() || !faults.is_empty(), "what is not admitted has a fault");
        assert_eq!(judge.head.leaf, leaf_hash(line), "the chain goes over every line");
        assert!(judge.head.recorded >= head.recorded, "time does not run back");
        untouched &= good.lines.get(at) == Some(line);
        assert!(!untouched || faults.is_empty(), "the good ledger stands: {faults:?}");
        let Some(admitted) = admitted else { continue };
        let signed = &admitted.record.signed;
        assert!(good.events.contains(signed), "an event is admitted that no key has signed so");
        assert!(seen.insert(signed.id), "an event is admitted twice");
        let whole = Record::parse(line).expect("it was admitted");
        assert_eq!(admitted.record, whole);
        if faults.is_empty() {
            assert_eq!((whole.seq, whole.prev), (head.size, head.leaf));
        }
    }
    // The ledger itself takes the same lines up to the first fault, and a refusal changes nothing.
    let (mut admits, mut examines) = (Judge::before_all(), Judge::before_all());
    for line in &lines {
        let head = admits.head;
        let admitted = admits.admit(line);
        let (examined, faults) = examines.examine(line);
        match admitted {
            Ok(admitted) => {
                assert!(faults.is_empty());
                assert_eq!(examined.expect("both take it").flags, admitted.flags);
                assert_eq!(admits.head, examines.head);
            }
            Err(fault) => {
                assert_eq!(
                    faults.first().map(|f| f.code.as_str()),
                    Some(fault.code.as_str()),
                    "both name the same fault"
                );
                assert_eq!(admits.head, head, "a refusal changes nothing");
                break;
            }
        }
    }
}

fn line(script: &[u8]) -> Vec<u8> {
    let good_line = |number: &[u8]| {
        let number: usize = std::str::from_utf8(number).ok()?.parse().ok()?;
        small().lines.get(number).cloned()
    };
    let Some(rest) = script.strip_prefix(b"@") else { return script.to_vec() };
    let mut parts = rest.splitn(3, |b| *b == b'/');
    let found = parts.next().and_then(good_line);
    match (found, parts.next(), parts.next()) {
        (Some(good), Some(from), Some(to)) if !from.is_empty() => {
            match good.windows(from.len()).position(|window| window == from) {
                Some(at) => [&good[..at], to, &good[at + from.len()..]].concat(),
                None => good,
            }
        }
        (Some(good), None, None) => good,
        _ => script.to_vec(),
    }
}
