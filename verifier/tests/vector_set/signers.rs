//! Lies about who signed: signatures stripped, added, exchanged, made over other bytes; words put into another's mouth.
//! Not here: the mathematics of signatures (`ed25519`), keys that come and go (`keys`).

use answerable_schemas::envelope::Source;
use answerable_schemas::{KeyName, Standing};
use answerable_verifier::dsse;
use answerable_verifier::record::{Signature, SignedEvent};
use ed25519_dalek::Signer;

use super::*;

pub fn named(keys: &[&str]) -> Vec<KeyName> {
    keys.iter().map(|k| KeyName::new(*k).unwrap()).collect()
}

fn source() -> Source {
    Source {
        document: Some("TEST/1".into()),
        row: None,
        seen: "2015-03-14".parse().unwrap(),
        sha256: None,
        title: "A table".into(),
        url: None,
    }
}

pub fn vectors() -> Vec<Vector> {
    let mut all = signatures();
    all.extend(mouths());
    all
}

/// The event is what it should be; the signatures are not.
fn signatures() -> Vec<Vector> {
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, code: &str, edit: &dyn Fn(&mut Kit, &mut SignedEvent)| {
        let mut kit = tiny();
        let event = registration(&mut kit, "X");
        let mut signed = kit.sign(&event);
        edit(&mut kit, &mut signed);
        all.push(forced_signed(name, says, &mut kit, &signed, code));
    };
    let by = |kit: &Kit, key: &str, bytes: &[u8]| {
        Signature::new(KeyName::new(key).unwrap(), &kit.secret(key).sign(bytes).to_bytes())
    };
    add("signature_stripped", "The signature was taken away.", "signature.signers_differ", &|_, s| {
        s.signatures.clear()
    });
    add("signature_added", "Another key's good signature was put beside.", "signature.signers_differ", &|kit, s| {
        let other = by(kit, "state:UTO#1", &dsse::event_pae(&s.bytes));
        s.signatures.push(other);
    });
    add("signature_twice", "The same signature comes twice.", "signature.signers_differ", &|_, s| {
        s.signatures.push(s.signatures[0].clone());
    });
    add(
        "signature_of_another_key",
        "Another key's good signature stands for the signer's.",
        "signature.signers_differ",
        &|kit, s| {
            s.signatures = vec![by(kit, "state:UTO#1", &dsse::event_pae(&s.bytes))];
        },
    );
    add(
        "signature_of_another_key_renamed",
        "Another key signed under the signer's name.",
        "signature.bad",
        &|kit, s| {
            let other = by(kit, "state:UTO#1", &dsse::event_pae(&s.bytes));
            s.signatures[0].sig = other.sig;
        },
    );
    add(
        "signature_of_another_event",
        "The signature is that of another event by the same signer.",
        "signature.bad",
        &|kit, s| {
            let event = registration(kit, "Y");
            s.signatures = kit.sign(&event).signatures;
        },
    );
    add("signature_of_zeros", "The signature is 64 zeros.", "signature.bad", &|_, s| {
        s.signatures[0] = Signature::new(s.signatures[0].key.clone(), &[0; 64]);
    });
    add(
        "signature_over_bare_event",
        "The event was signed as it is, without its type and length.",
        "signature.bad",
        &|kit, s| {
            s.signatures = vec![by(kit, "org:founder#1", &s.bytes)];
        },
    );
    add("signature_over_event_id", "The event's id was signed, not the event.", "signature.bad", &|kit, s| {
        s.signatures = vec![by(kit, "org:founder#1", &s.id.0)];
    });
    add(
        "signature_over_another_payload_type",
        "A signature for a key request passes for one of an act.",
        "signature.bad",
        &|kit, s| {
            let pae = dsse::pae(answerable_verifier::request::PAYLOAD_TYPE, &s.bytes);
            s.signatures = vec![by(kit, "org:founder#1", &pae)];
        },
    );
    let exchanged = {
        let mut kit = Kit::founded_by(&["org:a", "org:b"], 2);
        let event = kit.joint(&["org:a", "org:b"], "role.granted", json!({"actor": "org:a", "role": "registrar"}));
        let mut signed = kit.sign(&event);
        signed.signatures.swap(0, 1);
        let says = "Two signatures stand in another order than their signers.";
        let mut other = Kit::founded_by(&["org:a", "org:b"], 2);
        let order = forced_signed("signatures_reordered", says, &mut other, &signed, "signature.signers_differ");
        let (first, second) = (signed.signatures[0].key.clone(), signed.signatures[1].key.clone());
        signed.signatures[0].key = second;
        signed.signatures[1].key = first;
        let says = "Two signers' signatures were exchanged.";
        [order, forced_signed("signatures_exchanged", says, &mut kit, &signed, "signature.bad")]
    };
    all.into_iter().chain(exchanged).collect()
}

/// Who signs is not who may speak.
fn mouths() -> Vec<Vector> {
    let base = || {
        let mut kit = tiny();
        kit.register("org:scribe", "2001", "other");
        kit.enrol("org:scribe");
        kit.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": "org:scribe", "role": "transcriber"}));
        kit.register("state:RUR", "2000", "state");
        kit
    };
    let succession = json!({"mode": "separation", "predecessor": "state:RUR", "successor": UTO});
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, code: &str, edit: &dyn Fn(&mut Kit, &mut Event)| {
        let mut kit = base();
        let mut event = kit.event("org:scribe", "state.succeeded", "2001", succession.clone());
        event.standing = Standing::Transcribed;
        event.source = Some(source());
        edit(&mut kit, &mut event);
        all.push(forced(name, says, kit, &event, code));
    };
    const NOT: &str = "authority.not_entitled";
    add("transcriber_speaks_as_own", "A transcriber says as its own what it may only transcribe.", NOT, &|_, e| {
        e.standing = Standing::Own;
        e.source = None;
    });
    add(
        "transcriber_speaks_as_depositary",
        "A transcriber speaks as a depositary.",
        "authority.no_such_standing",
        &|_, e| {
            e.standing = Standing::Depositary;
            e.source = None;
        },
    );
    add("transcription_without_source", "A transcription names no source.", "event.source_missing", &|_, e| {
        e.source = None
    });
    add("transcription_without_the_role", "A state transcribes, and is no transcriber.", NOT, &|_, e| {
        e.actor = UTO.parse().unwrap();
        e.signers = named(&["state:UTO#1"]);
    });
    add("role_withdrawn_then_used", "The role was withdrawn, and is used all the same.", NOT, &|kit, e| {
        let body = json!({"actor": "org:scribe", "reason": "agreed", "role": "transcriber"});
        kit.say(FOUNDER, "role.withdrawn", "2026-11-23", body);
        e.seen = None;
    });
    add("signed_by_another_actors_key", "A state signs what the transcriber is said to say.", NOT, &|_, e| {
        e.signers = named(&["state:UTO#1"]);
    });
    add("signed_by_another_actor_too", "A state signs beside the transcriber.", NOT, &|_, e| {
        e.signers = named(&["org:scribe#1", "state:UTO#1"]);
    });
    let mut kit = base();
    let body = json!({"actor": UTO, "role": "registrar"});
    let event = kit.event(UTO, "role.granted", "2026-11-23", body);
    all.push(forced("role_given_to_oneself", "A state grants itself a role.", kit, &event, NOT));
    let mut kit = base();
    let event = kit.event(UTO, "actor.registered", "2001", json!({"actor": "org:x", "kind": "other", "name": "X"}));
    all.push(forced(
        "registered_by_no_registrar",
        "A state registers an actor, and is no registrar.",
        kit,
        &event,
        NOT,
    ));
    all
}
