//! Answers to records and the erasure of attachments; and the lies about each, refused at admission and found by an
//! auditor when they were forced in.

mod kit;

use answerable_schemas::envelope::Attachment;
use answerable_schemas::law::replies::{Answer, answers};
use answerable_schemas::{Event, EventId, History};
use answerable_verifier::encoding::Hash;
use kit::{FOUNDER, Kit, UNSG, consents};
use serde_json::{Value, json};

const STREAM: &str = "treaty:genocide-convention:RWA";

/// Rwanda's accession of 1975, as a public table has it; and its event id.
fn transcribed(kit: &mut Kit) -> EventId {
    let event = kit.transcription(
        "treaty.consent_deposited",
        "1975-04-16",
        consents("RWA", "genocide-convention", "accession"),
    );
    let id = kit.sign(&event).id;
    kit.must(event);
    id
}

fn said(date: &str, mode: &str) -> Value {
    json!({"body": consents("RWA", "genocide-convention", mode), "effective": date, "type": "treaty.consent_deposited", "v": 1})
}

fn affirmation(target: EventId, said: Value) -> Value {
    json!({"said": said, "stream": STREAM, "target": target})
}

fn dispute(target: EventId, said: Value, grounds: &str) -> Value {
    json!({"grounds": grounds, "said": said, "stream": STREAM, "target": target})
}

fn answer_to(kit: &Kit, seq: u64) -> Option<(Answer, u64, bool)> {
    let facts = kit.judge.past.stream(&STREAM.parse().unwrap()).unwrap();
    answers(&facts, &Default::default()).get(&seq).map(|a| (a.answer, a.record, a.before_correction))
}

#[test]
fn whom_it_is_about_affirms_disputes_and_changes_its_mind() {
    let mut kit = Kit::with_treaties();
    let target = transcribed(&mut kit);
    let seq = kit.judge.head.size - 1;
    assert_eq!(answer_to(&kit, seq), None);
    kit.say("state:RWA", "event.affirmed", "2026-11-23", affirmation(target, said("1975-04-16", "accession")));
    assert_eq!(answer_to(&kit, seq), Some((Answer::Affirmed, seq + 1, false)));
    let again = affirmation(target, said("1975-04-16", "accession"));
    kit::refused(&mut kit, "state:RWA", "event.affirmed", "2026-11-23", again, "law.reply.already_given");
    let disputed = dispute(target, said("1975-04-16", "accession"), "the instrument arrived on the 17th");
    kit.say("state:RWA", "event.disputed", "2026-11-23", disputed.clone());
    assert_eq!(answer_to(&kit, seq), Some((Answer::Disputed, seq + 2, false)));
    kit::refused(&mut kit, "state:RWA", "event.disputed", "2026-11-23", disputed, "law.reply.already_given");
    let other_grounds = dispute(target, said("1975-04-16", "accession"), "and it was a ratification");
    kit.say("state:RWA", "event.disputed", "2026-11-23", other_grounds);
    // The author corrects: the answer was to what it said before, and what is said now can be affirmed.
    let correction = json!({"date": "1975-04-17", "reason": "misread", "stream": STREAM, "target": target});
    kit.transcribe("event.corrected", "2026-11-23", correction);
    assert_eq!(answer_to(&kit, seq), Some((Answer::Disputed, seq + 3, true)));
    let stale = affirmation(target, said("1975-04-16", "accession"));
    kit::refused(&mut kit, "state:RWA", "event.affirmed", "2026-11-23", stale, "law.reply.says_otherwise");
    kit.say("state:RWA", "event.affirmed", "2026-11-23", affirmation(target, said("1975-04-17", "accession")));
    assert_eq!(answer_to(&kit, seq), Some((Answer::Affirmed, seq + 5, false)));
    assert_eq!(kit.audit(&kit.lines).verdict.exit_code(), 0);
}

#[test]
fn answers_that_nobody_may_give() {
    let mut kit = Kit::with_treaties();
    let target = transcribed(&mut kit);
    let fit = |date: &str| affirmation(target, said(date, "accession"));
    // Another state; the transcriber itself.
    for actor in ["state:FRA", FOUNDER] {
        kit::refused(&mut kit, actor, "event.affirmed", "2026-11-23", fit("1975-04-16"), "authority.not_entitled");
    }
    // What the record does not say, and what is no record of the stream.
    for lie in [fit("1976-04-16"), affirmation(target, said("1975-04-16", "ratification"))] {
        kit::refused(&mut kit, "state:RWA", "event.affirmed", "2026-11-23", lie, "law.reply.says_otherwise");
    }
    let nothing = affirmation(EventId([7; 32]), said("1975-04-16", "accession"));
    kit::refused(&mut kit, "state:RWA", "event.affirmed", "2026-11-23", nothing, "law.reply.unknown_target");
    // As somebody else's word.
    let mut as_transcriber = kit.transcription("event.affirmed", "2026-11-23", fit("1975-04-16"));
    as_transcriber.actor = FOUNDER.parse().unwrap();
    kit.refused(&as_transcriber, "authority.no_such_standing");
    // One's own word is corrected, an answer is not answered, and what was retracted is gone.
    let own = kit.event(
        "state:RWA",
        "treaty.consent_deposited",
        "1975-04-16",
        consents("RWA", "genocide-convention", "accession"),
    );
    let own_id = kit.sign(&own).id;
    kit.must(own);
    let to_itself = affirmation(own_id, said("1975-04-16", "accession"));
    kit::refused(&mut kit, "state:RWA", "event.affirmed", "2026-11-23", to_itself, "law.reply.own_word");
    let first = kit.event("state:RWA", "event.affirmed", "2026-11-23", fit("1975-04-16"));
    let first_id = kit.sign(&first).id;
    kit.must(first);
    let meta = affirmation(first_id, said("1975-04-16", "accession"));
    kit::refused(&mut kit, "state:RWA", "event.affirmed", "2026-11-23", meta, "law.reply.not_a_statement");
    let retraction = json!({"reason": "misread", "retracted": true, "stream": STREAM, "target": target});
    kit.transcribe("event.corrected", "2026-11-23", retraction);
    let gone = dispute(target, said("1975-04-16", "accession"), "x");
    kit::refused(&mut kit, "state:RWA", "event.disputed", "2026-11-23", gone, "law.reply.retracted");
}

/// A transcription is disputed, and stays what it is: neither does the dispute move the law, nor does it lose its place.
#[test]
fn an_answer_changes_no_state() {
    let mut kit = Kit::with_treaties();
    let target = transcribed(&mut kit);
    kit.say("state:RWA", "event.disputed", "2026-11-23", dispute(target, said("1975-04-16", "accession"), "no"));
    let mut second =
        kit.transcription("treaty.consent_deposited", "1980", consents("RWA", "genocide-convention", "accession"));
    second.effective = "1980-01-01".parse().unwrap();
    kit.refused(&second, "law.treaty.already_party");
    kit.say("state:RWA", "treaty.consent_deposited", "1975-04-17", consents("RWA", "genocide-convention", "accession"));
}

#[test]
fn the_register_can_be_affirmed() {
    let mut kit = Kit::with_treaties();
    let facts = kit.judge.past.stream(&"actor:state:RWA".parse().unwrap()).unwrap();
    let registered = facts[0].clone();
    let said = registered.body.said(registered.effective);
    let body = json!({"said": said, "stream": "actor:state:RWA", "target": registered.id});
    kit.say("state:RWA", "event.affirmed", "2026-11-23", body);
}

fn with_file(kit: &mut Kit, hash: EventId) -> (Event, EventId) {
    let mut event =
        kit.event(UNSG, "treaty.consent_deposited", "1975-04-16", consents("RWA", "genocide-convention", "accession"));
    event.standing = answerable_schemas::Standing::Depositary;
    event.attachments =
        Some(vec![Attachment { media_type: "text/plain".into(), salted: true, sha256: hash, size: 40 }]);
    let id = kit.sign(&event).id;
    (event, id)
}

#[test]
fn an_attachment_is_erased_by_its_author_or_the_founders_and_no_chain_breaks() {
    let mut kit = Kit::with_treaties();
    let hash = EventId(Hash::sha256(&[1; 40]).0);
    let (event, id) = with_file(&mut kit, hash);
    kit.must(event);
    let erased = |event: EventId, sha256: EventId| json!({"event": event, "reason": "a person asked", "sha256": sha256, "stream": STREAM});
    kit::refused(&mut kit, "state:RWA", "attachment.erased", "2026-11-23", erased(id, hash), "authority.not_entitled");
    for lie in [erased(EventId([7; 32]), hash), erased(id, EventId([7; 32]))] {
        kit::refused(&mut kit, FOUNDER, "attachment.erased", "2026-11-23", lie, "law.attachment.unknown");
    }
    let absent = kit.audit(&kit.lines).not_checked;
    assert!(absent.iter().any(|n| n.contains("2 attachments that are not in this export")), "{absent:?}");
    kit.say(UNSG, "attachment.erased", "2026-11-23", erased(id, hash));
    let again = erased(id, hash);
    kit::refused(&mut kit, FOUNDER, "attachment.erased", "2026-11-23", again, "law.attachment.already_erased");
    let report = kit.audit(&kit.lines);
    assert_eq!(report.verdict.exit_code(), 0, "{}", report.to_text());
    let gone = |notes: &[String]| notes.iter().any(|n| n.contains("1 attachments that were erased"));
    assert!(gone(&report.not_checked), "{:?}", report.not_checked);
    // Another's event with the same file: its evidence stays, until it is erased there too.
    let (mut other, _) = with_file(&mut kit, hash);
    other.actor = FOUNDER.parse().unwrap();
    other.standing = answerable_schemas::Standing::Transcribed;
    other.follows = None;
    other.signers = kit::signers(&[FOUNDER]);
    other.source = kit.transcription("treaty.signed", "2013-06-05", kit::signs("RWA", "arms-trade-treaty")).source;
    let other_id = kit.sign(&other).id;
    kit.must(other);
    let foreign = erased(other_id, hash);
    kit::refused(&mut kit, UNSG, "attachment.erased", "2026-11-23", foreign, "authority.not_entitled");
    assert!(!gone(&kit.audit(&kit.lines).not_checked));
    kit.say(FOUNDER, "attachment.erased", "2026-11-23", erased(other_id, hash));
    let seq = kit.judge.head.size - 1;
    // An operator who keeps the file is told on.
    let folder = tempfile::tempdir().unwrap();
    kit.export(folder.path(), &kit.lines);
    std::fs::create_dir_all(folder.path().join("attachments")).unwrap();
    std::fs::write(folder.path().join(format!("attachments/{hash}")), [1; 40]).unwrap();
    let pins = answerable_verifier::audit::Pins {
        ledger_id: kit.judge.authority.ledger_id,
        log_keys: vec![],
        ..Default::default()
    };
    let report = answerable_verifier::audit::audit(folder.path(), &pins, &mut |_| {}).unwrap();
    assert_eq!(
        report.flags.iter().map(|f| (f.seq, f.code)).collect::<Vec<_>>(),
        [(seq, "attachment.erased_but_present")]
    );
}

/// An author could have silenced a dispute by "correcting" nothing.
#[test]
fn a_correction_that_changes_nothing_is_refused_and_an_answer_lives_as_long_as_what_it_answers() {
    let mut kit = Kit::with_treaties();
    let target = transcribed(&mut kit);
    let seq = kit.judge.head.size - 1;
    kit.say("state:RWA", "event.disputed", "2026-11-23", dispute(target, said("1975-04-16", "accession"), "no"));
    let correction = |date: &str| json!({"date": date, "reason": "x", "stream": STREAM, "target": target});
    let same = [
        correction("1975-04-16"),
        json!({"reason": "x", "replacement": consents("RWA", "genocide-convention", "accession"), "stream": STREAM, "target": target}),
    ];
    for nothing in same {
        let event = kit.transcription("event.corrected", "2026-11-23", nothing);
        kit.refused(&event, "law.correction.empty");
    }
    for (date, outlived) in [("1975-04-17", true), ("1975-04-16", false)] {
        kit.transcribe("event.corrected", "2026-11-23", correction(date));
        assert_eq!(answer_to(&kit, seq), Some((Answer::Disputed, seq + 1, outlived)), "{date}");
    }
    // Each correction that still says something is among the records of the act.
    let facts = kit.judge.past.stream(&STREAM.parse().unwrap()).unwrap();
    let act = answerable_schemas::law::acts::all_standings(&facts).remove(0);
    assert_eq!(act.records().collect::<Vec<_>>(), [seq, seq + 2, seq + 3]);
}

/// Anybody could have attached the rules bundle's hash to an event, and stated it erased.
#[test]
fn the_rules_bundle_is_nobodys_to_erase() {
    let mut kit = Kit::with_treaties();
    let (event, id) = with_file(&mut kit, answerable_schemas::bundle::rules_ref().sha256);
    kit.must(event);
    let sha256 = answerable_schemas::bundle::rules_ref().sha256;
    let body = json!({"event": id, "reason": "x", "sha256": sha256, "stream": STREAM});
    kit.say(UNSG, "attachment.erased", "2026-11-23", body);
    let notes = kit.audit(&kit.lines).not_checked;
    assert!(notes.iter().any(|n| n.contains("1 attachments that are not in this export")), "{notes:?}");
    assert!(!notes.iter().any(|n| n.contains("erased")), "{notes:?}");
}
