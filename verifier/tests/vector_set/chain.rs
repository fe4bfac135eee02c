//! Lies about the sequence: records dropped, doubled, moved, exchanged, altered, and times that run backwards. The operator
//! signs a checkpoint over what is left, unless the vector says otherwise.
//! Not here: an event's own chain (`place`), segments and other files (`files`).

use answerable_schemas::Instant;
use answerable_verifier::record::Record;

use super::*;
use crate::kit::checkpoint_of;

/// The line with another seq, unsigned as it is.
fn renumbered(line: &[u8], to: u64) -> Vec<u8> {
    let text = std::str::from_utf8(line).unwrap();
    let from = format!(",\"seq\":{},", Record::parse(line).unwrap().seq);
    swap(text, &from, &format!(",\"seq\":{to},")).into_bytes()
}

fn renamed(line: &[u8], from: &str, to: &str) -> Vec<u8> {
    swap(std::str::from_utf8(line).unwrap(), from, to).into_bytes()
}

pub fn vectors() -> Vec<Vector> {
    let kit = longer();
    let good = || kit.lines.clone();
    let mut all = Vec::new();
    let mut add = |name: &str, says: &str, lines: Vec<Vec<u8>>, code: &str, seq: u64| {
        all.push(lie_of(name, says, &kit, &lines, code, seq));
    };
    let mut lines = good();
    lines.remove(5);
    add("record_deleted", "Record 5 was taken out.", lines, "chain.wrong_seq", 5);
    let mut lines = good();
    lines.remove(5);
    let lines = lines.iter().zip(0..).map(|(l, i)| renumbered(l, i)).collect();
    add("chain_broken_by_deletion", "Record 5 was taken out, and the rest numbered anew.", lines, "chain.broken", 5);
    let mut lines = good();
    lines.insert(6, lines[5].clone());
    add("record_duplicated", "Record 5 comes twice.", lines, "chain.wrong_seq", 6);
    let mut lines = good();
    lines.insert(6, renumbered(&lines[5], 6));
    let says = "Record 5 comes twice, the second time with a seq of its own.";
    add("record_duplicated_and_renumbered", says, lines[..7].to_vec(), "chain.broken", 5);
    let mut lines = good();
    lines.swap(5, 6);
    add("records_swapped", "Records 5 and 6 changed places.", lines.clone(), "chain.wrong_seq", 5);
    let lines = lines.iter().zip(0..).map(|(l, i)| renumbered(l, i)).collect();
    let says = "Records 5 and 6 changed places, and their seqs with them.";
    add("chain_broken_by_reordering", says, lines, "chain.broken", 5);
    let mut lines = good();
    let mut before = Kit::founded();
    for line in &lines[1..5] {
        before.force(line.clone());
    }
    before.set_clock(Record::parse(&kit.lines[4]).unwrap().recorded.millis());
    let inserted = before.line(&before.sign(&registration(&mut tiny(), "X")));
    lines.insert(5, inserted);
    add("record_inserted", "A record stands between 4 and 5 that was not there.", lines, "chain.wrong_seq", 6);
    let mut lines = good();
    lines[5] = renamed(&lines[5], "\"name\":\"b\"", "\"name\":\"B\"");
    add("record_altered", "A name in record 5 was altered.", lines, "chain.broken", 5);
    let mut lines = good();
    lines[0] = renamed(&lines[0], "\"title\":\"Kit\"", "\"title\":\"Kid\"");
    add("founding_altered", "The title in record 0 was altered.", lines, "chain.broken", 0);
    let mut lines = good();
    lines[7] = renamed(&lines[7], "\"name\":\"d\"", "\"name\":\"D\"");
    let says = "A name in the last record was altered, and a checkpoint signed over it.";
    add("last_record_altered_and_signed_over", says, lines.clone(), "signature.bad", 7);
    let kept = lie_of(
        "last_record_altered",
        "A name in the last record was altered.",
        &kit,
        &lines,
        "tree.root_mismatch",
        None,
    )
    .file(CHECKPOINT, checkpoint_of(&kit.lines, &[&kit.log[0]]));
    let mut lines = good();
    let recorded = kit.now().to_string();
    let at = lines[7].windows(recorded.len()).position(|w| w == recorded.as_bytes()).unwrap();
    lines[7][at + recorded.len() - 2] ^= 1;
    let says = "The time of the last record was moved by a millisecond. Its signer does not sign that; the tree does.";
    let time = lie_of("last_time_altered", says, &kit, &lines, "tree.root_mismatch", None)
        .file(CHECKPOINT, checkpoint_of(&kit.lines, &[&kit.log[0]]));
    let cut = lie_of("log_truncated", "The last record is missing.", &kit, &kit.lines[..7], "tree.truncated", None)
        .file(CHECKPOINT, checkpoint_of(&kit.lines, &[&kit.log[0]]));
    let half = {
        let vector = lie("log_cut_within_a_record", "The log ends within its last record.", &kit, "record.not_json", 7);
        let log = vector.bytes(LOG);
        vector.file(LOG, &log[..log.len() - 200])
    };
    all.extend([kept, time, cut, half]);
    all.extend(forced_lines());
    all
}

/// The operator writes what it likes; all that follows is chained to it.
fn forced_lines() -> Vec<Vector> {
    let mut all = Vec::new();
    let with = |edit: &dyn Fn(&mut Kit) -> Vec<u8>| {
        let mut kit = tiny();
        let line = edit(&mut kit);
        let clock = kit.now().millis();
        kit.force(line);
        kit.set_clock(clock + 120_000);
        kit.register("org:y", "2001", "other");
        kit
    };
    let kit = with(&|kit| {
        let event = registration(kit, "X");
        let line = kit.line(&kit.sign(&event));
        let prev = kit.judge.head.leaf.to_string();
        renamed(&line, &prev, &"0".repeat(64))
    });
    all.push(lie("prev_of_zeros", "Record 4 says that nothing came before it.", &kit, "chain.broken", 3));
    let kit = with(&|kit| {
        let event = registration(kit, "X");
        kit.set_clock(kit.now().millis() - 60_000);
        kit.line(&kit.sign(&event))
    });
    let says = "Record 4 is dated a minute before record 3: it was backdated.";
    all.push(lie("recorded_decreases", says, &kit, "chain.recorded_decreases", 4));
    let kit = with(&|kit| {
        let mut event = registration(kit, "X");
        event.issued = Instant::from_millis(kit.now().millis() + 300_001).unwrap();
        kit.line(&kit.sign(&event))
    });
    let says = "Record 4 is dated more than five minutes before its author wrote it.";
    all.push(lie("recorded_before_issued", says, &kit, "event.issued_ahead", 4));
    let mut kit = tiny();
    let event = registration(&mut kit, "X");
    let line = kit.line(&kit.sign(&event));
    kit.lines.push(renumbered(&line, 9_007_199_254_740_991));
    let says = "The seq jumps to the largest number that there is.";
    all.push(lie("seq_jumps_to_the_end", says, &kit, "chain.wrong_seq", 4));
    let mut kit = tiny();
    let founding = Record::parse(&kit.lines[0]).unwrap().signed;
    let says = "The ledger is founded a second time.";
    all.push(forced_signed("founded_twice", says, &mut kit, &founding, "ledger.not_founded"));
    let mut kit = Kit::founded();
    kit.lines.remove(0);
    kit.judge = answerable_verifier::judge::Judge::before_all();
    let event = tiny();
    let first = Record::parse(&event.lines[2]).unwrap().signed;
    let says = "Record 0 founds no ledger.";
    let pins = Pins { ledger_id: None, ..pins_of(&kit) };
    all.push(forced_signed("not_founded", says, &mut kit, &first, "ledger.not_founded").pinned(pins));
    all
}
