//! Keys, roles and the right to speak, as they stand at a position of the ledger (docs/FORMAT.md).
//! `check` judges a record's signatures by the state before it; `apply` moves the state past it.
//! Not here: whether a change of keys, roles, founders or log keys makes sense (`governance`); chains, the tree, the law.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::governance::{PublicKey as KeyForm, Role, RulesRef};
use answerable_schemas::history::Lookup;
use answerable_schemas::ids::TypePattern;
use answerable_schemas::law::actors;
use answerable_schemas::roles::{Who, entitlements};
use answerable_schemas::{ActorId, Event, EventId, Fact, History, KeyName, Standing};
use serde::{Deserialize, Serialize};

use crate::dsse;
use crate::ed25519::PublicKey;
use crate::encoding::base64_decode;
use crate::fault::{Fault, Stage};
use crate::note::VerifierKey;
use crate::record::{Signature, SignedEvent};

/// Who may speak, at one position.
#[derive(Debug, Default, Clone, Serialize, Deserialize)]
pub struct Authority {
    pub ledger_id: Option<EventId>,
    pub origin: String,
    pub title: String,
    /// vkeys that may sign checkpoints.
    pub log_keys: Vec<String>,
    pub rules: Option<RulesRef>,
    pub founders: BTreeSet<ActorId>,
    pub threshold: u32,
    pub keys: BTreeMap<KeyName, Key>,
    /// Who holds which role; a secretariat, of which organ.
    pub roles: BTreeSet<(ActorId, Role, Option<ActorId>)>,
    /// Every public key ever introduced, of logs and of authors: none comes twice.
    pub(crate) used: BTreeSet<[u8; 32]>,
}

/// An enrolled key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Key {
    pub public_key: [u8; 32],
    pub scope: Vec<TypePattern>,
    /// The record that revoked it, or rotated it away.
    pub revoked_seq: Option<u64>,
    /// The first record from which it is stated to be compromised.
    pub compromised_from: Option<u64>,
}

pub(crate) fn refuse(code: &str, message: String) -> Fault {
    Fault::new(Stage::Signatures, code, message)
}

/// For each signature of an event, the public key under which it was found to verify already, if any.
#[derive(Debug, Default, Clone)]
pub struct Proven(pub(crate) Vec<Option<[u8; 32]>>);

impl Proven {
    fn has(&self, signature: usize, key: &[u8; 32]) -> bool {
        self.0.get(signature).is_some_and(|proven| proven.as_ref() == Some(key))
    }
}

/// What the right to sign an event rests on, besides keys and roles.
#[derive(Debug, Default)]
pub struct About {
    /// The event that it corrects, answers, or erases an attachment of.
    pub target: Option<Arc<Fact>>,
    /// It corrects the target: who corrects must be entitled to have said it.
    pub corrects: bool,
    /// For a depositary's word: the depositary of its treaty, by the treaty's registration as it stands corrected.
    pub depositary: Option<ActorId>,
}

impl About {
    /// Looks up what `body` is about, among the records before it.
    pub fn of(standing: Standing, body: &Body, past: &dyn History) -> Lookup<Self> {
        let mut about = Self { corrects: body.correction().is_some(), ..Self::default() };
        if let Some((id, stream)) = body.target() {
            about.target = past.stream(&stream)?.into_iter().find(|f| f.id == id);
        }
        let said = about.corrected().map_or(body, |t| &t.body);
        if let Some(treaty) = said.treaty().filter(|_| standing == Standing::Depositary) {
            about.depositary = match (actors::treaty(past, treaty)?, body) {
                (Some((rules, _)), _) => Some(rules.depositary),
                (None, Body::TreatyRegistered(rules)) => Some(rules.depositary.clone()),
                (None, _) => None,
            };
        }
        Ok(about)
    }

    /// The event that it corrects, if it does.
    fn corrected(&self) -> Option<&Fact> {
        self.target.as_deref().filter(|_| self.corrects)
    }
}

impl Authority {
    /// Judges all signatures of an event: each verifies, each is entitled, together they suffice.
    pub(crate) fn check(&self, signed: &SignedEvent, body: &Body, about: &About, proven: &Proven) -> Result<(), Fault> {
        let event = &signed.event;
        check_listed(signed)?;
        if event.standing == Standing::Transcribed && event.source.is_none() {
            return Err(refuse("event.source_missing", "a transcription names its source".into())
                .hint("draft it with --source-title, and --source-document or --source-url"));
        }
        let introduced = introduced_keys(body);
        self.check_introduced(&introduced, &event.signers)?;
        let mut speakers = Vec::new();
        for (i, signature) in signed.signatures.iter().enumerate() {
            let form = introduced.iter().find(|(form, _)| form.key == signature.key);
            let public = match form {
                Some((form, _)) => *enrollable(form)?.as_bytes(),
                None => self.live_key(&signature.key, &kinds_of(event, about))?,
            };
            if !proven.has(i, &public) {
                check_signature(&read_key(&signature.key, &public)?, &dsse::event_pae(&signed.bytes), signature)?;
            }
            if form.is_none() || matches!(body, Body::LedgerFounded(_)) {
                speakers.push(signature.key.actor());
            }
        }
        self.check_entitled(signed, body, about, &speakers)
    }

    /// Judges a founding that is not signed by all yet: all that [`Authority::check`] asks of record 0, but the signatures.
    pub fn check_founding_draft(&self, signed: &SignedEvent, body: &Body) -> Result<(), Fault> {
        self.check_introduced(&introduced_keys(body), &signed.event.signers)?;
        let speakers: Vec<ActorId> = signed.event.signers.iter().map(KeyName::actor).collect();
        self.check_entitled(signed, body, &About::default(), &speakers)
    }

    /// For an event of an unknown type: the signatures of keys that are known must be good. It may introduce others.
    pub fn check_known_signatures(&self, signed: &SignedEvent) -> Result<(), Fault> {
        check_listed(signed)?;
        let message = dsse::event_pae(&signed.bytes);
        for signature in signed.signatures.iter().filter(|s| self.keys.contains_key(&s.key)) {
            let public = self.live_key(&signature.key, &[signed.event.kind.as_str()])?;
            check_signature(&read_key(&signature.key, &public)?, &message, signature)?;
        }
        Ok(())
    }

    /// A key that may sign all of these types.
    fn live_key(&self, name: &KeyName, kinds: &[&str]) -> Result<[u8; 32], Fault> {
        let Some(key) = self.keys.get(name) else {
            return Err(refuse("signature.unknown_key", format!("{name} is not enrolled at this position"))
                .hint(format!("the keys of its actor: answerable history keys:{}", name.actor())));
        };
        if let Some(seq) = key.revoked_seq {
            return Err(refuse("signature.revoked_key", format!("{name} was revoked in record {seq}"))
                .hint("sign with a live key of the actor"));
        }
        if let Some(kind) = kinds.iter().find(|kind| !key.scope.iter().any(|p| p.matches(kind))) {
            let scope = key.scope.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(", ");
            return Err(refuse("signature.out_of_scope", format!("{name} may not sign {kind}"))
                .compared(scope, kind)
                .hint("sign with a key whose scope holds the type, or enrol one"));
        }
        Ok(key.public_key)
    }

    /// Every key introduced is fresh, belongs to its actor, and signs: proof of possession.
    fn check_introduced(&self, introduced: &[(&KeyForm, &ActorId)], signers: &[KeyName]) -> Result<(), Fault> {
        let mut fresh = BTreeSet::new();
        let mut names = BTreeSet::new();
        for (form, actor) in introduced {
            let public = enrollable(form)?;
            if form.key.actor() != **actor {
                return Err(refuse("key.wrong_actor", format!("{} is not a key name of {actor}", form.key))
                    .hint("a key's name begins with its actor's id"));
            }
            if self.keys.contains_key(&form.key) || !names.insert(&form.key) {
                return Err(refuse("key.name_taken", format!("{} is already enrolled", form.key))
                    .hint("a name is used once: choose another label"));
            }
            if self.used.contains(public.as_bytes()) || !fresh.insert(*public.as_bytes()) {
                return Err(refuse(
                    "key.already_used",
                    format!("the public key of {} is already in this ledger", form.key),
                )
                .hint("every key is introduced once: make a new one with answerable key new"));
            }
            if !signers.contains(&form.key) {
                return Err(refuse("key.no_possession", format!("{} does not sign its own enrolment", form.key))
                    .hint("name the new key among the signers, and sign with it too"));
            }
        }
        Ok(())
    }

    /// Some row of the role table is met. `speakers` are the actors of all signatures but those of introduced keys.
    fn check_entitled(
        &self,
        signed: &SignedEvent,
        body: &Body,
        about: &About,
        speakers: &[ActorId],
    ) -> Result<(), Fault> {
        let event = &signed.event;
        self.check_rows(event, event.kind.as_str(), body, about, speakers)?;
        match about.corrected() {
            // Whose event it was is checked by the law; here, that its author could still say such a thing.
            Some(target) => self.check_rows(event, target.body.kind(), &target.body, about, speakers),
            None => Ok(()),
        }
    }

    fn check_rows(
        &self,
        event: &Event,
        kind: &str,
        body: &Body,
        about: &About,
        speakers: &[ActorId],
    ) -> Result<(), Fault> {
        let rows = entitlements(kind, event.standing);
        if rows.is_empty() {
            return Err(refuse(
                "authority.no_such_standing",
                format!("nobody may sign {kind} with standing {}", event.standing),
            )
            .hint("who may sign what: answerable schema roles"));
        }
        let actor_only = !speakers.is_empty() && speakers.iter().all(|s| *s == event.actor);
        let mut why = Vec::new();
        for row in rows {
            let met = match row.who {
                Who::AllFounders => check_founding(&event.actor, body, speakers),
                Who::FoundersThreshold => self.founders_agree(&event.actor, body, speakers),
                Who::KeyOwnerOrFounders => match owner_of(body) {
                    Some(owner) if actor_only && *owner == event.actor => Ok(()),
                    // The founders enrol for an actor that has no live key; one that has one speaks for itself.
                    Some(owner) if matches!(body, Body::KeyEnrolled(_)) && self.has_live_key(owner) => {
                        Err(format!("{owner} has a live key, and enrols its own keys"))
                    }
                    _ => self.founders_agree(&event.actor, body, speakers),
                },
                Who::AuthorOrFounders => match &about.target {
                    Some(target) if actor_only && target.actor == event.actor => Ok(()),
                    _ => self.founders_agree(&event.actor, body, speakers),
                },
                _ if !actor_only => Err(format!("only keys of {} may sign, and at least one", event.actor)),
                Who::Subject if body.subject() == Some(&event.actor) => Ok(()),
                Who::SubjectAssessor if body.subject() == Some(&event.actor) => {
                    self.holds(&event.actor, Role::Assessor)
                }
                Who::OfItself if body.subject() == Some(&event.actor) && body.concerns() == Some(&event.actor) => {
                    Ok(())
                }
                Who::OfItself => Err(format!("{} speaks of another", event.actor)),
                Who::Subject | Who::SubjectAssessor => Err(format!(
                    "{} speaks for itself alone, and the act is {}'s",
                    event.actor,
                    body.subject().map_or("nobody", |s| s.as_str())
                )),
                Who::Organ => self.speaks_for(&event.actor, body.organ()),
                Who::Holder(role) => self.holds(&event.actor, role),
                Who::TreatyDepositary => self.keeps_treaty(&event.actor, about),
                // By the rows of the type that it corrects.
                Who::Author => Ok(()),
                Who::Concerned => match about.target.as_ref().map(|t| t.body.concerns()) {
                    Some(Some(concerned)) if *concerned != event.actor => {
                        Err(format!("the record is about {concerned}, which alone can answer it"))
                    }
                    // What cannot be answered at all, the law says.
                    _ => Ok(()),
                },
            };
            match met {
                Ok(()) => return Ok(()),
                Err(problem) => why.push(problem),
            }
        }
        Err(refuse("authority.not_entitled", why.join("; or ")).hint("who may sign what: answerable schema roles"))
    }

    fn founders_agree(&self, actor: &ActorId, body: &Body, speakers: &[ActorId]) -> Result<(), String> {
        let mut distinct: BTreeSet<&ActorId> = speakers.iter().collect();
        if let Body::FoundersChanged(change) = body {
            for incoming in change.founders.iter().filter(|f| !self.founders.contains(*f)) {
                if !distinct.remove(incoming) {
                    return Err(format!("{incoming} becomes a founder, and does not sign"));
                }
            }
        }
        if let Some(other) = distinct.iter().find(|s| !self.founders.contains(**s)) {
            return Err(format!("{other} is not a founder"));
        }
        if !distinct.contains(actor) {
            return Err(format!("{actor} speaks, and is no founder that signs"));
        }
        if (distinct.len() as u32) < self.threshold {
            return Err(format!(
                "{} of {} founders sign; {} must",
                distinct.len(),
                self.founders.len(),
                self.threshold
            ));
        }
        Ok(())
    }

    pub(crate) fn has_live_key(&self, actor: &ActorId) -> bool {
        self.keys.iter().any(|(name, key)| name.actor() == *actor && key.revoked_seq.is_none())
    }

    fn holds(&self, actor: &ActorId, role: Role) -> Result<(), String> {
        if self.roles.contains(&(actor.clone(), role, None)) {
            Ok(())
        } else {
            Err(format!("{actor} does not hold the role of {}", role.as_str()))
        }
    }

    fn speaks_for(&self, actor: &ActorId, organ: Option<&ActorId>) -> Result<(), String> {
        let Some(organ) = organ else { return Err("the statement names no organ".into()) };
        let held = (actor.clone(), Role::Secretariat, Some(organ.clone()));
        match actor == organ || self.roles.contains(&held) {
            true => Ok(()),
            false => Err(format!("{actor} is neither {organ} nor its secretariat")),
        }
    }

    fn keeps_treaty(&self, actor: &ActorId, about: &About) -> Result<(), String> {
        self.holds(actor, Role::Depositary)?;
        match &about.depositary {
            Some(named) if named == actor => Ok(()),
            Some(named) => Err(format!("the depositary is {named}, not {actor}")),
            None => Err("the treaty is not registered".into()),
        }
    }

    /// Moves past a recorded event: what it changes is in force from the next seq on.
    pub fn apply(&mut self, seq: u64, id: EventId, body: &Body) {
        for (form, _) in introduced_keys(body) {
            let Ok(public) = enrollable(form) else { continue };
            let everything = || vec![TypePattern::new("*").expect("a literal of the grammar")];
            let scope = match body {
                Body::KeyEnrolled(e) => e.scope.clone(),
                Body::KeyRotated(r) => self.keys.get(&r.old).map(|k| k.scope.clone()).unwrap_or_default(),
                _ => everything(),
            };
            let public_key = *public.as_bytes();
            self.used.insert(public_key);
            self.keys.insert(form.key.clone(), Key { public_key, scope, revoked_seq: None, compromised_from: None });
        }
        match body {
            Body::LedgerFounded(f) => {
                self.ledger_id = Some(id);
                self.origin = f.origin.to_string();
                self.title = f.title.clone();
                self.rules = Some(f.rules.clone());
                self.founders = f.founders.iter().map(|x| x.actor.clone()).collect();
                self.threshold = f.threshold;
                self.take_log_keys(&f.log_keys);
            }
            Body::FoundersChanged(f) => {
                self.founders = f.founders.iter().cloned().collect();
                self.threshold = f.threshold;
            }
            Body::LogKeysChanged(change) => self.take_log_keys(&change.log_keys),
            Body::RulesAdopted(adopted) => self.rules = Some(adopted.rules.clone()),
            Body::KeyRotated(r) => self.end_key(&r.old, seq, None),
            Body::KeyRevoked(r) => self.end_key(&r.key, seq, r.compromised_from_seq),
            Body::RoleGranted(r) => {
                self.roles.insert((r.actor.clone(), r.role, r.of.clone()));
            }
            Body::RoleWithdrawn(r) => {
                self.roles.remove(&(r.actor.clone(), r.role, r.of.clone()));
            }
            _ => {}
        }
    }

    fn take_log_keys(&mut self, log_keys: &[String]) {
        self.log_keys = log_keys.to_vec();
        let bytes = self.log_verifiers().into_iter().map(|k| *k.public_key().as_bytes());
        self.used.extend(bytes);
    }

    fn end_key(&mut self, name: &KeyName, seq: u64, compromised_from: Option<u64>) {
        if let Some(key) = self.keys.get_mut(name) {
            key.revoked_seq.get_or_insert(seq);
            key.compromised_from = key.compromised_from.into_iter().chain(compromised_from).min();
        }
    }

    /// The log keys in force, as verifier keys.
    pub fn log_verifiers(&self) -> Vec<VerifierKey> {
        self.log_keys.iter().filter_map(|k| VerifierKey::parse(k).ok()).collect()
    }
}

/// The signatures are exactly those that the event lists: none can be stripped or added.
pub(crate) fn check_listed(signed: &SignedEvent) -> Result<(), Fault> {
    let names: Vec<&str> = signed.signatures.iter().map(|s| s.key.as_str()).collect();
    let listed: Vec<&str> = signed.event.signers.iter().map(|k| k.as_str()).collect();
    if names == listed {
        return Ok(());
    }
    let found = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let mut what = "the signatures are not those that the event lists".to_owned();
    for (label, all, others) in [("missing", &listed, &names), ("surplus", &names, &listed)] {
        let apart: Vec<&str> = all.iter().filter(|k| !others.contains(k)).copied().collect();
        if !apart.is_empty() {
            what += &format!("; {label}: {}", apart.join(", "));
        }
    }
    Err(refuse("signature.signers_differ", what)
        .compared(listed.join(", "), found)
        .hint("every listed signer signs, once, in the order of the list: answerable sign FILE"))
}

pub(crate) fn check_signature(public: &PublicKey, message: &[u8], signature: &Signature) -> Result<(), Fault> {
    public.verify_strict(message, &signature.bytes()?).map_err(|_| {
        refuse("signature.bad", format!("the signature of {} does not verify", signature.key))
            .hint("the event was changed after it was signed, or another key signed it: draft and sign it anew")
    })
}

fn read_key(name: &KeyName, bytes: &[u8; 32]) -> Result<PublicKey, Fault> {
    PublicKey::parse(bytes).map_err(|e| refuse("signature.unknown_key", format!("{name}: {e}")))
}

/// The keys that an event introduces, with the actor that each is for.
pub fn introduced_keys(body: &Body) -> Vec<(&KeyForm, &ActorId)> {
    match body {
        Body::LedgerFounded(f) => f.founders.iter().flat_map(|x| x.keys.iter().map(|k| (k, &x.actor))).collect(),
        Body::KeyEnrolled(e) => vec![(&e.key, &e.actor)],
        Body::KeyRotated(r) => vec![(&r.key, &r.actor)],
        _ => Vec::new(),
    }
}

/// The types that a key's scope must hold: the event's own, and that of the event which it corrects.
fn kinds_of<'a>(event: &'a Event, about: &'a About) -> Vec<&'a str> {
    std::iter::once(event.kind.as_str()).chain(about.corrected().map(|t| t.body.kind())).collect()
}

fn owner_of(body: &Body) -> Option<&ActorId> {
    match body {
        Body::KeyEnrolled(e) => Some(&e.actor),
        Body::KeyRevoked(r) => Some(&r.actor),
        _ => None,
    }
}

pub(crate) fn enrollable(form: &KeyForm) -> Result<PublicKey, Fault> {
    let bad = |e: &dyn std::fmt::Display| {
        refuse("key.not_enrollable", format!("the public key of {}: {e}", form.key))
            .hint("make a key with answerable key new, or another sound Ed25519 library")
    };
    let bytes = base64_decode(&form.public_key).map_err(|e| bad(&e))?;
    PublicKey::enrollable(&bytes).map_err(|e| bad(&e))
}

/// Record 0 by its own body: every founder signs; the log keys are well formed, named as the origin, and apart.
fn check_founding(actor: &ActorId, body: &Body, speakers: &[ActorId]) -> Result<(), String> {
    let Body::LedgerFounded(f) = body else { return Err("only record 0 founds a ledger".into()) };
    let founders: BTreeSet<&ActorId> = f.founders.iter().map(|x| &x.actor).collect();
    if founders.len() != f.founders.len() || founders.is_empty() {
        return Err("the founders are named once each, at least one".into());
    }
    if !founders.contains(actor) {
        return Err(format!("{actor} speaks, and is no founder"));
    }
    if let Some(silent) = founders.iter().find(|x| !speakers.contains(x)) {
        return Err(format!("the founder {silent} does not sign"));
    }
    if f.threshold as usize > founders.len() {
        return Err(format!("a threshold of {} among {} founders", f.threshold, founders.len()));
    }
    if f.log_keys.is_empty() {
        return Err("no log key".into());
    }
    let mut seen = BTreeSet::new();
    for text in &f.log_keys {
        let key = VerifierKey::parse(text).map_err(|e| format!("log key: {e}"))?;
        if key.name() != f.origin.as_str() {
            return Err(format!("the log key is named {}, not as the origin", key.name()));
        }
        let bytes = *key.public_key().as_bytes();
        PublicKey::enrollable(&bytes).map_err(|e| format!("log key: {e}"))?;
        let author =
            f.founders.iter().flat_map(|x| &x.keys).any(|k| base64_decode(&k.public_key).is_ok_and(|b| b == bytes));
        if author || !seen.insert(bytes) {
            return Err("log keys and founders' keys are all different keys".into());
        }
    }
    Ok(())
}
