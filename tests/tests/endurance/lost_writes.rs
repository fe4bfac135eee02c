//! The power goes at every moment of a command, and what was not synced by then is lost: any part of it, in any order, torn
//! or as zeros. Each state of the disk is laid out anew, opened, and judged (`disk` says what a disk may do).
//! Not here: kills of the process alone, after which the system still writes everything (`kills`, `injection`).

use std::collections::HashSet;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};

use answerable_tests::dice::{Dice, setting};
use answerable_tests::strace::{can_trace, counted, traced};
use answerable_tests::writing::{IMPORT, LOG, last_acknowledged, table_from};
use answerable_tests::{KEY, ORIGIN, Tree, World, files_below, write_tree};
use serde_json::Value;

use crate::disk::{Disk, How, Moment};
use crate::judge::{audited, first_records, is_sound, log_of, page_of, ran, records};
use crate::origins::{with_a_letter, with_a_torn_tail, with_a_witness, with_events};
use crate::served;
use crate::tally::{Tally, on_all_cores};

/// So many lost changes are tried in every combination.
const FEW: usize = 5;
/// Random states a story, beside all small ones; `ANSWERABLE_STATES` is another number.
const STATES: u64 = 300;

type Judge<'a> = Box<dyn Fn(&World, &str, &Tree) -> Result<String, String> + Sync + 'a>;

/// What was done to a disk, and what must hold of each state that a power cut leaves: of the world laid out anew, what was
/// said until then, and the files of the whole run.
struct Story<'a> {
    name: String,
    disk: Disk,
    whole: Tree,
    judge: Judge<'a>,
}

type Kept = Vec<(usize, How)>;

/// All states that are worth it: all combinations of few changes, each change alone and each alone missing, each torn;
/// and random ones.
fn states(disk: &Disk, moment: &Moment, draws: usize, dice: &mut Dice) -> Vec<Kept> {
    let whole = |of: &[usize]| of.iter().map(|i| (*i, How::Whole)).collect::<Kept>();
    let (pending, of_index) = (&moment.pending, &moment.of_index);
    let mut states: Vec<Kept> = Vec::new();
    if pending.len() <= FEW {
        for pattern in 0..1usize << pending.len() {
            let some: Vec<usize> =
                pending.iter().enumerate().filter(|(i, _)| pattern >> i & 1 == 1).map(|(_, c)| *c).collect();
            states.push(whole(&some));
        }
    } else {
        states.extend([Vec::new(), whole(pending)]);
        for i in 0..pending.len() {
            states.push(whole(&pending[i..=i]));
            states.push(whole(&[&pending[..i], &pending[i + 1..]].concat()));
        }
    }
    for torn in pending.iter().filter(|c| disk.has_bytes(**c)) {
        for how in [How::Zeros, How::First(0), How::First(1), How::Sectors(dice.below(usize::MAX) as u64)] {
            let others: Vec<usize> = pending.iter().filter(|c| *c != torn).copied().collect();
            states.push([whole(&others), vec![(*torn, how)]].concat());
        }
    }
    // The index's own writes: none of them or all, with each of these; and with the others as they come.
    let with_index: Vec<Kept> = states.iter().map(|s| [s.clone(), whole(of_index)].concat()).collect();
    if !of_index.is_empty() {
        states.extend(with_index);
    }
    let all = [&pending[..], of_index].concat();
    for _ in 0..draws.min(1 << all.len().min(20)) {
        let mut some: Kept = Vec::new();
        for change in &all {
            if dice.coin() {
                let torn = disk.has_bytes(*change) && dice.below(4) == 0;
                let how = match dice.below(3) {
                    _ if !torn => How::Whole,
                    0 => How::Zeros,
                    1 => How::First(dice.below(4)),
                    _ => How::Sectors(dice.below(usize::MAX) as u64),
                };
                some.push((*change, how));
            }
        }
        if dice.coin() {
            dice.shuffle(&mut some);
        }
        states.push(some);
    }
    states
}

fn tell(story: &Story, tally: &Tally) {
    let moments = story.disk.moments();
    let draws = setting("ANSWERABLE_STATES").unwrap_or(STATES) as usize;
    let draws = draws.div_ceil(moments.len().max(1));
    let mut seen = HashSet::new();
    let mut work = Vec::new();
    for (number, moment) in moments.iter().enumerate() {
        let mut dice = Dice::of(tally.seed, &story.name, number as u64);
        let said = story.disk.said(moment.at);
        for kept in states(&story.disk, moment, draws, &mut dice) {
            let mut hasher = DefaultHasher::new();
            (story.disk.after(moment, &kept), &said).hash(&mut hasher);
            if seen.insert(hasher.finish()) {
                work.push((moment, kept, said.clone()));
            }
        }
    }
    tally.add("moments", moments.len());
    tally.add("states", work.len());
    let wrong = std::sync::atomic::AtomicUsize::new(0);
    on_all_cores(&work, |(moment, kept, said)| {
        // One hole in one story shows itself in hundreds of states.
        if wrong.load(std::sync::atomic::Ordering::Relaxed) >= 5 {
            return;
        }
        let world = World::empty();
        write_tree(&story.disk.after(moment, kept), world.path());
        let what = format!("{}, power lost at {}, kept {kept:?}", story.name, moment.at);
        match tally.take(&what, (story.judge)(&world, said, &story.whole)) {
            Some(found) => tally.count(found),
            None => drop(wrong.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
        }
    });
    eprintln!("  {}: {} moments, {} states", story.name, moments.len(), work.len());
}

/// The records that were acknowledged by what was said.
fn acknowledged(said: &str) -> u64 {
    let rows = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let seqs = rows.filter_map(|row| row["seq"].as_str()?.parse::<u64>().ok());
    seqs.map(|seq| seq + 1).chain(last_acknowledged(said)).max().unwrap_or(0)
}

fn whole_log(whole: &Tree) -> &[u8] {
    whole[LOG].as_deref().expect("a file")
}

/// What is judged of a ledger in every story: the records that were there before and those that were acknowledged.
fn ledger(world: &World, origin: &World, said: &str, whole: &Tree) -> Result<String, String> {
    let size = origin.size().max(acknowledged(said));
    let log = first_records(whole_log(whole), size).expect("what was acknowledged is in the log of the whole run");
    is_sound(world, log, "next.event.json", &origin.pins())?;
    Ok("whole".into())
}

const ACT: [&str; 4] = ["append", "first.event.json", "--format", "jsonl"];
const SECOND: [&str; 4] = ["append", "second.event.json", "--format", "jsonl"];

/// Runs commands one after the other, each with its arguments for strace, and judges the ledger in every state.
fn story_of(name: &str, origin: &World, commands: &[(&[&str], &[&str])], tally: &Tally) {
    let world = World::like(origin);
    let mut disk = Disk::of(&world);
    commands.iter().for_each(|(strace, args)| drop(disk.run(&world, strace, args)));
    let judge = |world: &World, said: &str, whole: &Tree| ledger(world, origin, said, whole);
    let whole = answerable_tests::read_tree(world.path());
    tell(&Story { name: name.into(), disk, whole, judge: Box::new(judge) }, tally);
}

/// Appends, imports, and what comes behind a crash: a kill or a failed sync leaves bytes that the system has and the disk
/// may not have, and the next command must not build on them.
#[test]
#[ignore = "endurance"]
fn lost_writes_of_writers() {
    if !can_trace() {
        return;
    }
    let tally = Tally::new("lost writes of writers");
    let origin = with_events();
    story_of("an append", &origin, &[(&[], &ACT)], &tally);
    let batch = ["append", "first.event.json", "second.event.json", "third.event.json", "--format", "jsonl"];
    story_of("a batch", &origin, &[(&[], &batch)], &tally);
    story_of("two appends", &origin, &[(&[], &ACT), (&[], &SECOND)], &tally);
    let log_sync = "fdatasync:when=1";
    story_of(
        "a kill before the log is synced, then another append",
        &origin,
        &[(&["-e", &format!("inject={log_sync}:signal=KILL")], &ACT), (&[], &SECOND)],
        &tally,
    );
    story_of(
        "a failed sync of the log, then another append",
        &origin,
        &[(&["-e", &format!("inject={log_sync}:error=EIO")], &ACT), (&[], &SECOND)],
        &tally,
    );
    let dry = World::like(&origin);
    traced(&dry, &["-e", "trace=fsync"], &ACT).expect(0);
    let syncs = counted(&String::from_utf8(dry.read("trace")).unwrap(), "fsync");
    for nth in 1..=syncs {
        for (what, how) in [("a kill", "signal=KILL"), ("a failure", "error=EIO")] {
            let name = format!("{what} at fsync {nth}, then the same again");
            let inject = format!("inject=fsync:{how}:when={nth}");
            story_of(&name, &origin, &[(&["-e", &inject], &ACT), (&[], &ACT)], &tally);
        }
    }
    let (torn, tail) = with_a_torn_tail(&origin);
    torn_tail("a torn tail is cut", &torn, &tail, &tally);
    let lost = World::like(&origin);
    fs::remove_dir_all(lost.at("ledger/tile")).unwrap();
    fs::remove_dir_all(lost.at("ledger/index")).unwrap();
    story_of("derived files are made anew", &lost, &[(&[], &["status"]), (&[], &ACT)], &tally);
    let many = World::like(&origin);
    table_from(&many, 1, 4_200);
    story_of("an import of three batches", &many, &[(&[], &IMPORT)], &tally);
    tally.tell();
}

/// Bytes that are cut off the log are never nowhere: as long as they are not in `torn/`, they are in the log.
fn torn_tail(name: &str, origin: &World, tail: &[u8], tally: &Tally) {
    let world = World::like(origin);
    let mut disk = Disk::of(&world);
    disk.run(&world, &[], &ACT).expect(0);
    let judge = |world: &World, said: &str, whole: &Tree| {
        let kept = files_below(&world.at("ledger")).into_iter().filter(|name| name.starts_with("torn/"));
        let kept = kept.map(|name| world.read(&format!("ledger/{name}"))).any(|bytes| bytes == tail);
        let in_log = log_of(world, "ledger").windows(tail.len()).filter(|w| *w == tail).count();
        // The tail is the end of a record that is there.
        if !kept && in_log < 2 {
            return Err("the torn bytes are nowhere".into());
        }
        ledger(world, origin, said, whole)
    };
    let whole = answerable_tests::read_tree(world.path());
    tell(&Story { name: name.into(), disk, whole, judge: Box::new(judge) }, tally);
}

/// What is made beside a ledger: the ledger itself, keys, exports, publications, attachments, receipts, cosignatures.
#[test]
#[ignore = "endurance"]
fn lost_writes_of_makers() {
    if !can_trace() {
        return;
    }
    let tally = Tally::new("lost writes of makers");
    keys_and_founding(&tally);
    let origin = with_events();
    let pins = origin.pins();
    let size = origin.size();
    one_command("an export", &origin, &["export", "made"], &tally, |world, said, _| match world.at("made").exists() {
        false if said.is_empty() => Ok("not there".into()),
        false => Err("an export that was told of is gone".into()),
        true => {
            let verdict = audited(world, "made", &pins)?.stdout;
            let all = verdict.contains(&format!("\nrecords     {size}, "));
            if all { Ok("whole".into()) } else { Err(format!("a shorter export: {verdict}")) }
        }
    });
    let publish = |world: &World, said: &str, told_of: u64, before: u64| {
        let there = world.at("made/checkpoint").exists();
        page_of(world, "made", there)?;
        if there {
            // While it is brought up to date, the plain records run ahead of the checkpoint; tiles and bundles stand by it.
            if said.is_empty() {
                let _ = fs::remove_dir_all(world.at("made/log"));
            }
            let verdict = audited(world, "made", &pins)?.stdout;
            let least = if said.is_empty() { before } else { told_of };
            let whole = (least..=told_of).any(|n| verdict.contains(&format!("\nrecords     {n}, ")));
            if !whole {
                return Err(format!("a shorter publication: {verdict}"));
            }
        } else if !said.is_empty() || before > 0 {
            return Err("a publication that was told of is gone".into());
        }
        ran(world, &["publish", "made"], &[0])?;
        page_of(world, "made", true)?;
        audited(world, "made", &pins)?;
        Ok::<_, String>(if there { "whole" } else { "not there" }.to_owned())
    };
    one_command("a first publication", &origin, &["publish", "made"], &tally, |w, said, _| publish(w, said, size, 0));
    let grown = World::like(&origin);
    grown.ok(&["publish", "made"]);
    grown.ok(&["append", "first.event.json"]);
    one_command("a later publication", &grown, &["publish", "made"], &tally, |w, said, _| {
        publish(w, said, size + 1, size)
    });
    let killed = World::like(&origin);
    let mut disk = Disk::of(&killed);
    let last = format!("inject=fsync:signal=KILL:when={}", checkpoint_sync(&origin));
    disk.run(&killed, &["-e", &last], &["append", "first.event.json"]);
    disk.run(&killed, &[], &["publish", "made"]).expect(0);
    let judge = |world: &World, said: &str, _: &Tree| publish(world, said, size + 1, 0);
    let whole = answerable_tests::read_tree(killed.path());
    let name = "a publication behind a kill".to_owned();
    tell(&Story { name, disk, whole, judge: Box::new(judge) }, &tally);
    attachments(&origin, &tally);
    let receipt = ["append", "first.event.json", "--receipt", "--format", "jsonl"];
    one_command("an append with a receipt", &origin, &receipt, &tally, |world, said, whole| {
        if acknowledged(said) > 0 {
            for name in whole.keys().filter(|name| name.ends_with(".tlog-proof") || name.ends_with(".record.json")) {
                if fs::read(world.at(name)).ok() != whole[name] {
                    return Err(format!("the receipt {name} that was told of is gone"));
                }
            }
        }
        ledger(world, &origin, said, whole)
    });
    cosignatures(&origin, &tally);
    tally.tell();
}

fn one_command(
    name: &str,
    origin: &World,
    command: &[&str],
    tally: &Tally,
    judge: impl Fn(&World, &str, &Tree) -> Result<String, String> + Sync,
) {
    let world = World::like(origin);
    let mut disk = Disk::of(&world);
    disk.run(&world, &[], command).expect(0);
    let whole = answerable_tests::read_tree(world.path());
    tell(&Story { name: name.into(), disk, whole, judge: Box::new(judge) }, tally);
}

/// The number of the fsync by which an append makes its checkpoint's name durable.
fn checkpoint_sync(origin: &World) -> usize {
    let dry = World::like(origin);
    traced(&dry, &["-e", "trace=fsync,rename"], &ACT).expect(0);
    let trace = String::from_utf8(dry.read("trace")).unwrap();
    let before = trace.lines().take_while(|line| !line.contains("ledger/checkpoint\")")).collect::<Vec<_>>().join("\n");
    counted(&before, "fsync") + 1
}

/// A key that was told of is there; a ledger that was founded opens, and its log key is there to go on with.
fn keys_and_founding(tally: &Tally) {
    let nothing = World::empty();
    one_command("a new key", &nothing, &["key", "new", KEY, "--no-passphrase"], tally, |world, said, whole| {
        let gone = whole.iter().filter(|(name, _)| name.starts_with("keys/"));
        match gone.into_iter().find(|(name, bytes)| fs::read(world.at(name)).ok() != **bytes) {
            Some((name, _)) if !said.is_empty() => Err(format!("{name} that was told of is gone")),
            Some(_) => Ok("not there".into()),
            None => Ok("whole".into()),
        }
    });
    let keys = World::empty();
    keys.ok(&["key", "new", KEY, "--no-passphrase"]);
    let founder = format!("{KEY}=Test Secretariat");
    let init = ["init", "ledger", "--origin", ORIGIN, "--title", "Tests", "--founder", &founder];
    let init = [&init[..], &["--no-passphrase", "--yes"]].concat();
    one_command("a founding", &keys, &init, tally, |world, said, whole| {
        // The card is printed once everything is there.
        let told = said.contains("Give this card");
        let opened = world.run(&["status"]);
        crate::judge::no_panic(&opened)?;
        match (opened.code, opened.error_code()) {
            (0, _) => {}
            (_, "store.not_a_ledger") if !told => return Ok("not there".into()),
            _ => return Err(format!("told: {told}; {}{}", opened.stdout, opened.stderr)),
        }
        let act = world.signed_act(&["role.granted", "--set", "actor=org:test", "--set", "role=registrar"]);
        is_sound(world, whole_log(whole), &act, &world.pins())?;
        Ok("whole".into())
    });
}

fn attachments(origin: &World, tally: &Tally) {
    let (with, erasing) = with_a_letter(origin);
    let append = ["append", "letter.event.json", "--format", "jsonl"];
    let kept = |whole: &Tree| {
        let names = whole.keys().filter(|n| n.starts_with("ledger/attachments/") && !origin.at(n).exists());
        names.into_iter().next().cloned()
    };
    one_command("an append with an attachment", &with, &append, tally, |world, said, whole| {
        let name = kept(whole).expect("it was taken in");
        if acknowledged(said) > 0 && fs::read(world.at(&name)).ok() != whole[&name] {
            return Err("the attachment of a recorded event is gone".into());
        }
        ledger(world, origin, said, whole)
    });
    let name = kept(&answerable_tests::read_tree(erasing.path())).expect("it was taken in");
    let append = ["append", "erase.event.json", "--format", "jsonl"];
    one_command("an erasure", &erasing, &append, tally, |world, said, whole| {
        if said.contains("was destroyed") && world.at(&name).exists() {
            return Err("an attachment that was destroyed is back".into());
        }
        let judged = ledger(world, &erasing, said, whole)?;
        // The judge's append destroys what a crash left behind an erasure.
        let erased = records(&log_of(world, "ledger")) > erasing.size() + 1;
        if erased && world.at(&name).exists() {
            return Err("an attachment that was erased is still there behind an append".into());
        }
        Ok(judged)
    });
}

/// Cosignatures that were told of are kept, and an auditor finds them.
fn cosignatures(origin: &World, tally: &Tally) {
    let world = with_a_witness(origin);
    let serving = served::serve(&world, "w");
    let url = format!("w={}", serving.url);
    let before = World::like(&world);
    let mut disk = Disk::of(&world);
    // The witness keeps its own state in the world; it is judged elsewhere.
    let output = disk.run_beside(&world, &[], &["w"], &["cosign", "--policy", "policy", "--url", &url]).expect(0);
    assert!(output.stdout.contains("the quorum w is met"), "{output:?}");
    drop(serving);
    let pins = before.pins();
    let judge = |world: &World, said: &str, whole: &Tree| {
        if said.contains("is met") {
            let _ = fs::remove_dir_all(world.at("export"));
            ran(world, &["export", "export"], &[0])?;
            let pinned = ["--ledger-id", &pins.ledger_id, "--policy", "policy"];
            ran(world, &[&["verify", "export"], &pinned[..]].concat(), &[0])?;
        }
        ledger(world, &before, said, whole)
    };
    let whole = answerable_tests::read_tree(world.path());
    tell(&Story { name: "cosignatures".into(), disk, whole, judge: Box::new(judge) }, tally);
}
