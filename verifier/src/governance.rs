//! Changes of who may speak and sign: whether one makes sense where it stands. What holds of record 0 is in `authority`.
//! Not here: who may make a change (`authority`); who is registered (the law).

use std::collections::BTreeSet;

use answerable_schemas::catalogue::{Body, TYPES};
use answerable_schemas::governance::{
    FoundersChanged, KeyEnrolled, KeyRevoked, KeyRotated, LogKeysChanged, RulesAdopted, RulesRef,
};
use answerable_schemas::ids::TypePattern;
use answerable_schemas::roles::is_governance;
use answerable_schemas::{ActorId, KeyName, bundle};

use crate::authority::{Authority, Key, refuse};
use crate::fault::{Fault, Stage};
use crate::note::VerifierKey;

impl Authority {
    /// A change must make sense where it stands. `carried` are the versions of the rules that this program judges by.
    pub fn check_governance(&self, body: &Body, signers: &[KeyName], carried: &[RulesRef]) -> Result<(), Fault> {
        match body {
            Body::KeyEnrolled(e) => self.check_scope(e, signers),
            Body::KeyRotated(r) => self.check_rotation(r, signers),
            Body::KeyRevoked(r) => self.check_revocation(r),
            Body::FoundersChanged(c) => self.check_founders(c),
            Body::LogKeysChanged(c) => self.check_log_keys(c),
            Body::RulesAdopted(a) => self.check_rules(a, carried),
            Body::RoleGranted(r) if self.roles.contains(&(r.actor.clone(), r.role, r.of.clone())) => {
                Err(refuse("role.already_held", format!("{} holds the role of {}", r.actor, r.role.as_str()))
                    .hint("nothing to do"))
            }
            Body::RoleWithdrawn(r) if !self.roles.contains(&(r.actor.clone(), r.role, r.of.clone())) => {
                Err(refuse("role.not_held", format!("{} does not hold the role of {}", r.actor, r.role.as_str()))
                    .hint("nothing to do"))
            }
            _ => Ok(()),
        }
    }

    /// A key gives no other what it has not itself. (The founders, who enrol for an actor without a live key, give all.)
    fn check_scope(&self, enrolment: &KeyEnrolled, signers: &[KeyName]) -> Result<(), Fault> {
        let own = signers.iter().filter(|name| name.actor() == enrolment.actor).filter_map(|name| self.keys.get(name));
        let held: Vec<&TypePattern> = own.flat_map(|key| &key.scope).collect();
        let wider = |p: &&TypePattern| !held.iter().any(|h| h.covers(p));
        match enrolment.scope.iter().find(wider).filter(|_| self.has_live_key(&enrolment.actor)) {
            None => Ok(()),
            Some(wider) => Err(refuse("key.scope_widened", format!("the signers may not sign {wider} themselves"))
                .compared(held.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", "), wider)
                .hint("sign with a key of a wider scope, or ask for less")),
        }
    }

    /// The founders that can act: with a live key for every act of governance.
    fn can_govern(&self, founder: &ActorId, without: Option<&KeyName>) -> bool {
        let able = |name: &KeyName, key: &Key| {
            let acts = TYPES.iter().map(|t| t.name).filter(|t| is_governance(t));
            key.revoked_seq.is_none()
                && Some(name) != without
                && acts.clone().all(|t| key.scope.iter().any(|p| p.matches(t)))
        };
        self.keys.iter().any(|(name, key)| name.actor() == *founder && able(name, key))
    }

    /// The old key hands its place over itself: a key that may rotate gains no other key's scope so.
    fn check_rotation(&self, rotation: &KeyRotated, signers: &[KeyName]) -> Result<(), Fault> {
        match self.keys.get(&rotation.old) {
            Some(key) if rotation.old.actor() == rotation.actor && key.revoked_seq.is_none() => {}
            _ => return Err(not_live(&rotation.old, rotation.actor.as_str())),
        }
        if signers.contains(&rotation.old) {
            return Ok(());
        }
        let message = format!("{} does not sign its own rotation", rotation.old);
        Err(refuse("key.rotation_unsigned", message)
            .hint("the old key signs beside the new; if it is lost, revoke it, and enrol another"))
    }

    /// A live key is revoked; and of a key that is no longer live, an earlier compromise can still be stated.
    fn check_revocation(&self, revocation: &KeyRevoked) -> Result<(), Fault> {
        let known = self.keys.get(&revocation.key).filter(|_| revocation.key.actor() == revocation.actor);
        match (known, revocation.compromised_from_seq) {
            (Some(key), _) if key.revoked_seq.is_none() => self.check_quorum_without(&revocation.key),
            (Some(key), Some(from)) if key.compromised_from.is_none_or(|stated| from <= stated) => Ok(()),
            _ => Err(not_live(&revocation.key, revocation.actor.as_str())),
        }
    }

    /// No revocation leaves fewer founders able to act than must act together: nobody could ever repair that.
    fn check_quorum_without(&self, key: &KeyName) -> Result<(), Fault> {
        let able = |without| self.founders.iter().filter(|f| self.can_govern(f, without)).count() as u32;
        let (now, then) = (able(None), able(Some(key)));
        if then >= self.threshold || then == now {
            return Ok(());
        }
        Err(refuse(
            "ledger.ungovernable",
            format!("without {key}, {then} founders could act, and {} must", self.threshold),
        )
        .hint("first give its founder another key (key.enrolled, key.rotated), or change founders and threshold"))
    }

    fn check_founders(&self, change: &FoundersChanged) -> Result<(), Fault> {
        if change.threshold as usize > change.founders.len() {
            let message = format!("a threshold of {} among {} founders", change.threshold, change.founders.len());
            return Err(refuse("ledger.bad_threshold", message).hint("name one from 1 to the number of founders"));
        }
        if let Some(mute) = change.founders.iter().find(|f| !self.can_govern(f, None)) {
            let message = format!("{mute} has no live key that may sign every act of governance");
            return Err(refuse("ledger.founder_without_key", message).hint("enrol a key for it first: key.enrolled"));
        }
        Ok(())
    }

    fn check_log_keys(&self, change: &LogKeysChanged) -> Result<(), Fault> {
        let bad = |message: String| {
            refuse("ledger.bad_log_keys", message)
                .hint("the keys in force: answerable status; make one: answerable key new-log")
        };
        let mut seen = BTreeSet::new();
        for text in &change.log_keys {
            let key = VerifierKey::parse(text).map_err(|e| bad(e.to_string()))?;
            if key.name() != self.origin {
                return Err(bad(format!("the log key is named {}, not as the origin {}", key.name(), self.origin)));
            }
            if !seen.insert(text) {
                return Err(bad(format!("{} comes twice", key.short())));
            }
            if !self.log_keys.contains(text) && self.used.contains(key.public_key().as_bytes()) {
                return Err(refuse(
                    "key.already_used",
                    format!("the public key of {} is already in this ledger", key.short()),
                )
                .hint("every key is introduced once: make a new one with answerable key new-log"));
            }
        }
        let mut gone = BTreeSet::new();
        for text in change.lost.iter().chain(&change.compromised).flatten() {
            if !self.log_keys.contains(text) || change.log_keys.contains(text) || !gone.insert(text) {
                return Err(bad(format!("lost and compromised name old keys that go, each once; not {text}")));
            }
        }
        if self.log_keys.iter().collect::<BTreeSet<_>>() == seen {
            return Err(bad("these log keys are in force already".into()));
        }
        Ok(())
    }

    fn check_rules(&self, adopted: &RulesAdopted, carried: &[RulesRef]) -> Result<(), Fault> {
        let in_force = self.rules.as_ref().map_or(0, |r| r.version);
        if adopted.rules.version <= in_force {
            let message = format!("version {} of the rules is in force", in_force);
            return Err(refuse("ledger.rules_not_newer", message)
                .compared(format!("a version above {in_force}"), adopted.rules.version)
                .hint("nothing to do"));
        }
        known_rules(&adopted.rules, carried)
    }
}

/// Rules that this program does not carry make what they judge unverifiable, not false.
pub(crate) fn known_rules(rules: &RulesRef, carried: &[RulesRef]) -> Result<(), Fault> {
    if carried.contains(rules) {
        return Ok(());
    }
    let name = |r: &RulesRef| format!("version {} ({})", r.version, r.sha256);
    let known: Vec<String> = carried.iter().map(name).collect();
    Err(Fault::new(Stage::Bytes, "ledger.unknown_rules", "rules that this program does not carry")
        .compared(known.join(" or "), name(rules))
        .hint("use the program that carries them")
        .unverifiable())
}

/// The versions of the rules that this program carries.
pub(crate) fn carried_rules() -> Vec<RulesRef> {
    vec![bundle::rules_ref()]
}

fn not_live(key: &KeyName, actor: &str) -> Fault {
    refuse("key.not_live", format!("{key} is no live key of {actor}"))
        .hint(format!("see them: answerable history keys:{actor}"))
}
