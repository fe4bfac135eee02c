//! What is true though it looks odd: each must be verified, for a verifier that refuses too much is as wrong.
//! With the attachments that are not what a record says.
//! Not here: receipts (`receipts`), published folders (`published`).

use answerable_schemas::Instant;
use ed25519_dalek::SigningKey;

use super::*;
use crate::kit::checkpoint_of;

pub fn vectors() -> Vec<Vector> {
    let mut all = vec![
        truth("honest", "An honest ledger of eight records.", &longer()),
        truth("founding_alone", "A ledger of one record.", &Kit::founded()),
        truth(
            "several_founders",
            "Three founders, two of whom must agree.",
            &Kit::founded_by(&["org:a", "org:b", "org:c"], 2),
        ),
    ];
    let mut counted = longer();
    let count = count_of(&counted, counted.lines.len() as u64);
    counted.say(FOUNDER, "ledger.streams_counted", "2026-11-23", serde_json::to_value(&count).unwrap());
    all.push(truth("streams_counted", "A founder counted all streams.", &counted));
    let kit = tiny();
    let pins = pins_of(&kit);
    let by_key = Pins { ledger_id: None, ..pins.clone() };
    let by_id = Pins { log_keys: vec![], ..pins };
    all.push(truth("pinned_by_log_key", "Only a log key is pinned.", &kit).pinned(by_key));
    all.push(truth("pinned_by_ledger_id", "Only the ledger's id is pinned.", &kit).pinned(by_id));
    let said = |name: &str, says: &str, edit: &dyn Fn(&mut Kit, &mut Event)| {
        let mut kit = tiny();
        let mut event = registration(&mut kit, "X");
        edit(&mut kit, &mut event);
        kit.must(event);
        truth(name, says, &kit)
    };
    all.push(said("text_not_normalized", "A name is not in normalization form C: noted, and no fault.", &|_, e| {
        e.body["name"] = json!("E\u{301}tat");
    }));
    all.push(said(
        "text_of_every_kind",
        "A name has quotes, a slash, a line's end, and letters beyond 16 bits.",
        &|_, e| {
            e.body["name"] = json!("\"X\"\\/\nÉtat \u{10348}\u{1f600}\u{200b}");
        },
    ));
    all.push(said("nothing_seen", "Its author had seen no checkpoint.", &|_, e| e.seen = None));
    all.push(said("seen_long_ago", "Its author had seen a smaller ledger.", &|kit, e| {
        let root = kit.judge.past.root_at(1).unwrap().unwrap().to_base64();
        e.seen = Some(answerable_schemas::envelope::Seen { root, size: 1 });
    }));
    all.push(said(
        "recorded_late",
        "It was recorded eight days after it was written: flagged, and no fault.",
        &|_, e| {
            e.issued = Instant::from_millis(e.issued.millis() - 8 * 86_400_000).unwrap();
        },
    ));
    all.push(said("issued_four_minutes_ahead", "Its author's clock is four minutes ahead.", &|_, e| {
        e.issued = Instant::from_millis(e.issued.millis() + 240_000).unwrap();
    }));
    all.push(said("day_of_a_leap_year", "It took effect on 29 February.", &|_, e| {
        e.effective = "2024-02-29".parse().unwrap()
    }));
    all.push(said(
        "event_as_long_as_allowed",
        "The source's texts have 16,384 bytes, as many as a text may have.",
        &|_, e| {
            e.source = Some(answerable_schemas::envelope::Source {
                document: Some("TEST/1".into()),
                row: None,
                seen: "2015-03-14".parse().unwrap(),
                sha256: None,
                title: "x".repeat(16_384),
                url: None,
            });
        },
    ));
    all.push(same_millisecond());
    all.extend(attachments());
    all.extend(checkpoints());
    all
}

/// Two records of one millisecond: the order decides.
fn same_millisecond() -> Vector {
    let mut kit = tiny();
    let clock = kit.now().millis();
    let event = kit.enrolment_by(UTO, UTO, "state:UTO#2", &["*"]);
    kit.must(event);
    kit.set_clock(clock);
    let body = json!({"actor": UTO, "key": "state:UTO#1", "reason": "replaced"});
    kit.say(UTO, "key.revoked", "2026-11-23", body);
    let says = "A key signs in the millisecond in which it is revoked, one record earlier.";
    truth("key_used_just_before_revocation", says, &kit)
}

fn attached(kit: &mut Kit, text: &[u8]) -> EventId {
    let hash = EventId(answerable_verifier::encoding::Hash::sha256(text).0);
    let mut event = registration(kit, "X");
    let attachment = json!([{"media_type": "text/plain", "salted": false, "sha256": hash, "size": text.len()}]);
    event.attachments = serde_json::from_value(attachment).unwrap();
    kit.must(event);
    hash
}

fn attachments() -> Vec<Vector> {
    let text = b"evidence\n";
    let mut kit = tiny();
    let hash = attached(&mut kit, text);
    let path = format!("export/attachments/{hash}");
    let present = truth("attachment_present", "An attachment is there, and is what the record says.", &kit);
    let absent = truth("attachment_absent", "An attachment is not there: counted, and no fault.", &kit);
    let linked = truth("attachment_behind_a_link", "An attachment is a link: not followed, so it is not there.", &kit);
    let altered = lie("attachment_altered", "An attachment was altered.", &kit, "attachment.altered", None);
    let longer = lie("attachment_longer", "Bytes were put behind an attachment.", &kit, "attachment.altered", None);
    let all = [
        present.file(&path, *text),
        absent,
        linked.file("export/elsewhere", "what the auditor has elsewhere\n").link(&path, "../elsewhere"),
        altered.file(&path, "evidencE\n"),
        longer.file(&path, "evidence\n\n"),
    ];
    let id = answerable_verifier::record::Record::parse(&kit.lines[4]).unwrap().signed.id;
    let body = json!({"event": id, "reason": "a request", "sha256": hash, "stream": "actor:org:x"});
    kit.say(FOUNDER, "attachment.erased", "2026-11-23", body);
    let erased = truth("attachment_erased", "An attachment was erased: no history is lost.", &kit);
    let still = truth(
        "attachment_erased_and_still_there",
        "An attachment was erased, and is there: flagged, and no fault.",
        &kit,
    );
    all.into_iter().chain([erased, still.file(&path, *text)]).collect()
}

fn checkpoints() -> Vec<Vector> {
    let kit = tiny();
    let stranger = SigningKey::from_bytes(&[210; 32]);
    let note = checkpoint_of(&kit.lines, &[&kit.log[0], &stranger]);
    let beside =
        truth("unknown_signature_beside", "A stranger signed the checkpoint too.", &kit).file(CHECKPOINT, note);
    let twice = checkpoint_of(&kit.lines, &[&kit.log[0], &kit.log[0]]);
    let twice = truth("log_key_signed_twice", "The log key's line comes twice.", &kit).file(CHECKPOINT, twice);
    let mut witnessed = checkpoint_of(&kit.lines, &[&kit.log[0]]);
    let line = answerable_verifier::note::NoteSignature {
        name: "witness.test/w".into(),
        key_id: [1, 2, 3, 4],
        signature: vec![5; 72],
    };
    witnessed += &format!("{line}\n");
    let says = "A witness that nobody asked for cosigned the checkpoint.";
    let witnessed = truth("cosignature_beside", says, &kit).file(CHECKPOINT, witnessed);
    vec![beside, twice, witnessed]
}
