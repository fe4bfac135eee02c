//! Lies about an event's place: replayed, recorded twice, behind another than it follows, against what its author saw; and
//! false counts of the streams.
//! Not here: the ledger's own chain (`chain`).

use answerable_schemas::envelope::Seen;
use answerable_schemas::governance::StreamsCounted;
use answerable_verifier::encoding::Hash;
use answerable_verifier::record::Record;

use super::*;

pub fn vectors() -> Vec<Vector> {
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, code: &str, edit: &dyn Fn(&mut Kit, &mut Event)| {
        let mut kit = longer();
        let mut event = registration(&mut kit, "X");
        edit(&mut kit, &mut event);
        all.push(forced(name, says, kit, &event, code));
    };
    add("replayed_from_another_ledger", "The event was signed for another ledger.", "event.wrong_ledger", &|_, e| {
        e.ledger = Some(nothing());
    });
    add("event_of_no_ledger", "The event names no ledger.", "event.wrong_ledger", &|_, e| e.ledger = None);
    add("follows_an_unknown_event", "It follows an event that was never recorded.", "event.stale_follows", &|_, e| {
        e.follows = Some(nothing());
    });
    add(
        "follows_nothing",
        "Its author has spoken in this stream before, and it says not.",
        "event.stale_follows",
        &|kit, e| {
            let said = registration(kit, "X");
            kit.must(said);
            *e = kit.event(FOUNDER, "actor.renamed", "2002", json!({"actor": "org:x", "name": "Y"}));
            e.follows = None;
        },
    );
    add("follows_another_actors_event", "It follows another actor's event.", "event.stale_follows", &|kit, e| {
        let taken = kit.enrolment_by(UTO, UTO, "state:UTO#2", &["*"]);
        let first = Record::parse(&kit.lines[3]).unwrap();
        *e = taken;
        e.follows = Some(first.signed.id);
    });
    add(
        "seen_contradicted",
        "Its author saw another tree: the ledger was forked or rewritten.",
        "event.seen_contradicted",
        &|_, e| {
            e.seen = Some(Seen { root: Hash([9; 32]).to_base64(), size: 3 });
        },
    );
    add(
        "seen_contradicted_at_size_0",
        "Its author saw an empty tree with the root of another.",
        "event.seen_contradicted",
        &|_, e| {
            e.seen = Some(Seen { root: Hash::ZERO.to_base64(), size: 0 });
        },
    );
    add(
        "seen_ahead",
        "Its author saw more records than there are: the ledger was rolled back.",
        "event.seen_ahead",
        &|_, e| {
            e.seen = e.seen.take().map(|seen| Seen { size: seen.size + 1, ..seen });
        },
    );
    add("seen_far_ahead", "Its author saw as many records as a number can say.", "event.seen_ahead", &|_, e| {
        e.seen = e.seen.take().map(|seen| Seen { size: 9_007_199_254_740_991, ..seen });
    });
    let mut miscounted = |name: &str, says: &str, code: &str, edit: &dyn Fn(&mut StreamsCounted, u64)| {
        let mut kit = longer();
        let size = kit.lines.len() as u64;
        let mut claim = count_of(&kit, size);
        edit(&mut claim, size);
        let body = serde_json::to_value(&claim).unwrap();
        let event = kit.event(FOUNDER, "ledger.streams_counted", "2026-11-23", body);
        all.push(forced(name, says, kit, &event, code));
    };
    miscounted("streams_miscounted", "It counts one stream less than there are.", "streams.miscounted", &|c, _| {
        c.streams -= 1;
    });
    miscounted("streams_of_another_size", "It counts another size than it says.", "streams.miscounted", &|c, _| {
        c.size -= 1;
    });
    miscounted("streams_beyond_head", "It counts records that come after it.", "streams.beyond_head", &|c, size| {
        c.size = size + 1;
    });
    let mut kit = longer();
    let again = Record::parse(&kit.lines[5]).unwrap().signed;
    let says = "Record 5's event is recorded a second time.";
    all.push(forced_signed("event_recorded_twice", says, &mut kit, &again, "event.already_recorded"));
    let mut other = Kit::founded_by(&[FOUNDER, "org:other"], 1);
    other.say(FOUNDER, "role.granted", "2026-11-23", json!({"actor": FOUNDER, "role": "registrar"}));
    let foreign = Record::parse(&other.lines[1]).unwrap().signed;
    let mut kit = longer();
    let says = "A record of another ledger, with good signatures of the same keys, is put in here.";
    all.push(forced_signed("record_of_another_ledger", says, &mut kit, &foreign, "event.wrong_ledger"));
    all
}
