//! Keys and roles, as far as the law looks at them: who may have them, and what a stolen key has touched.
//! Not here: whether a signature is good and its signer entitled (the verifier's `authority`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Findings, Flag, actors, violation};
use crate::catalogue::Body;
use crate::history::{Fact, History, Lookup};
use crate::ids::KeyName;

/// The flag on a record signed by a key that was compromised by then, or that such a key brought in.
pub const COMPROMISED: &str = "key.compromised";

/// The machine of `keys:…` and `roles:…` streams: only who is registered has keys and roles.
pub(super) fn fold(history: &dyn History, facts: &[Arc<Fact>]) -> Lookup<Findings> {
    let mut findings = Findings::default();
    for (i, fact) in facts.iter().enumerate() {
        let holder = match &fact.body {
            Body::KeyEnrolled(e) => &e.actor,
            Body::RoleGranted(r) => &r.actor,
            Body::KeyRevoked(r) if r.compromised_from_seq.is_some_and(|from| from >= fact.seq) => {
                let v = violation(
                    "law.key.compromised_ahead",
                    format!("{} cannot be compromised from a record that is not there yet", r.key),
                    format!("compromised_from_seq is below {}", fact.seq),
                );
                findings.violations.push((fact.seq, v));
                continue;
            }
            _ => continue,
        };
        if actors::lookup(history, holder)?.is_none() {
            findings.violations.push((fact.seq, actors::unknown(holder)));
        }
        if let Body::KeyEnrolled(e) = &fact.body
            && fact.actor != e.actor
            && (facts[..i].iter().any(|f| matches!(f.body, Body::KeyEnrolled(_)))
                || actors::founder(history, &e.actor)?.is_some())
        {
            let message = format!("{} had keys before; the founders enrolled {} anew", e.actor, e.key.key);
            findings.flags.push(Flag { seq: fact.seq, code: "key.enrolled_anew", message });
        }
    }
    Ok(findings)
}

/// The keys that a theft has touched: those stated as compromised, and all that were brought in under these. With each
/// the position from which its records are flagged, and the record that says so.
///
/// The latest word counts first, and a statement counts only if none of its signers was itself touched by then: so a thief
/// who states that the honest key was stolen is unmade by those who later state that the thief's was.
#[derive(Debug, Default, Clone)]
pub struct Tainted(BTreeMap<KeyName, (u64, u64)>);

impl Tainted {
    pub fn of(history: &dyn History) -> Lookup<Self> {
        let (mut enrolments, mut statements) = (Vec::new(), Vec::new());
        for name in history.streams_with_prefix("keys:")? {
            for fact in history.stream(&name)? {
                match &fact.body {
                    Body::KeyRevoked(r) => {
                        if let Some(from) = r.compromised_from_seq {
                            statements.push((fact.seq, r.key.clone(), from, fact.signers.clone()));
                        }
                    }
                    Body::KeyEnrolled(e) => enrolments.push((fact.seq, e.key.key.clone(), fact.signers.clone())),
                    Body::KeyRotated(r) => enrolments.push((fact.seq, r.key.key.clone(), fact.signers.clone())),
                    _ => {}
                }
            }
        }
        enrolments.sort();
        statements.sort();
        let mut tainted = Self::default();
        for (seq, key, from, signers) in statements.into_iter().rev() {
            if tainted.flag(seq, &signers).is_none() {
                tainted.add(&key, from, seq);
                tainted.spread(&enrolments);
            }
        }
        Ok(tainted)
    }

    /// Who brings a key in was brought in before: in the order of the records, one pass is enough.
    fn spread(&mut self, enrolments: &[(u64, KeyName, Vec<KeyName>)]) {
        for (seq, key, signers) in enrolments {
            let by = signers.iter().filter(|s| *s != key).filter_map(|s| self.0.get(s)).find(|t| t.0 <= *seq).copied();
            if let Some((_, said_by)) = by {
                self.add(key, *seq, said_by);
            }
        }
    }

    fn add(&mut self, key: &KeyName, from: u64, said_by: u64) {
        let entry = self.0.entry(key.clone()).or_insert((from, said_by));
        *entry = (*entry).min((from, said_by));
    }

    /// The flag on a record with these signers.
    pub fn flag(&self, seq: u64, signers: &[KeyName]) -> Option<Flag> {
        signers.iter().find_map(|signer| {
            let (_, said_by) = self.0.get(signer).filter(|(from, _)| *from <= seq)?;
            let message =
                format!("{signer} was compromised by then, or brought in by a key that was: record {said_by}");
            Some(Flag { seq, code: COMPROMISED, message })
        })
    }
}
