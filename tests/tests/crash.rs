//! A ledger in use, and what happens to it: kill -9 in the middle, torn tails, a damaged index, two writers.
//! The rules are DESIGN.md section 6, "When is a record in?". Not here: failing system calls (`faults`).

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Instant, SystemTime};

use answerable_tests::writing::{IMPORT, LOG, last_acknowledged, registration, table_from};
use answerable_tests::{Output, Tree, World, copy_tree, read_tree, write_tree};

const QUESTION: [&str; 7] = ["treaty", "status", "genocide-convention", "--as-of", "2015-03-14", "--format", "json"];
const ROWS: u64 = 10_000;

fn append_bytes(world: &World, bytes: &[u8]) {
    OpenOptions::new().append(true).open(world.at(LOG)).unwrap().write_all(bytes).unwrap();
}

#[track_caller]
fn verified(world: &World, name: &str) -> String {
    world.ok(&["export", name]);
    world.verify(name, &world.pins()).expect(0).stdout
}

/// A table of ten thousand actors takes five batches, and so five acknowledgements.
fn big_table(world: &World) {
    table_from(world, 1, ROWS);
}

/// The power goes twenty times in the middle of an import. What was acknowledged is there, what was not is kept or cut,
/// and said; and importing again brings in the rest, no row twice.
#[test]
fn twenty_kills_lose_nothing_that_was_acknowledged() {
    let origin = World::bare();
    big_table(&origin);
    let pins = origin.pins();
    let whole = World::empty();
    copy_tree(origin.path(), whole.path());
    let begun = Instant::now();
    let said = whole.run(&IMPORT).expect(0);
    let duration = begun.elapsed();
    assert_eq!(last_acknowledged(&said.stderr), Some(ROWS + 3), "{}", said.stderr);

    let seed = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().subsec_nanos();
    let (next, killed, between) = (AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0));
    let kill_once = |turn: u32| {
        let world = World::empty();
        copy_tree(origin.path(), world.path());
        let part = seed.wrapping_mul(turn * 2 + 1).wrapping_mul(0x9E37_79B9) >> 16;
        let moment = duration.mul_f64((f64::from(turn) + f64::from(part) / 65_536.0) / 20.0);
        let what = format!("turn {turn}, killed after {moment:?} of {duration:?}");
        let mut child = world.command(&IMPORT).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(moment);
        child.kill().unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        killed.fetch_add(u32::from(!child.wait().unwrap().success()), Ordering::Relaxed);
        let acknowledged = last_acknowledged(&stderr).unwrap_or(3);
        assert!(world.size() >= acknowledged, "{what}: {} of {acknowledged} are left", world.size());
        between.fetch_add(u32::from(acknowledged > 3 && acknowledged < ROWS), Ordering::Relaxed);

        // A reader comes first: it answers at once, from what was acknowledged.
        let log_before = world.read(LOG);
        world.ok(&["status"]);
        world.ok(&["export", "export"]);
        let report = world.verify("export", &pins).expect(0).stdout;
        assert!(report.contains(&format!("\nrecords     {}, ", world.size())), "{what}: {report}");
        assert!(world.read(LOG) == log_before, "{what}: a reader changed the log");
        // Then a writer: it brings the tail into order and says what it did.
        let under = log_before.split_inclusive(|b| *b == b'\n').take(world.size() as usize).map(<[u8]>::len).sum();
        let tail = &log_before[under..];
        let said = world.run(&["append", &registration(&world, "org:after")]).expect(0).stderr;
        let whole_lines = tail.iter().filter(|b| **b == b'\n').count();
        assert_eq!(said.contains("that a crash left unacknowledged are valid"), whole_lines > 0, "{what}: {said}");
        assert_eq!(said.contains("the log was cut behind record"), tail.last().is_some_and(|b| *b != b'\n'), "{what}");

        if turn % 5 == 4 {
            world.run(&IMPORT).expect(0);
            world.ok(&["export", "complete"]);
            let report = world.verify("complete", &pins).expect(0).stdout;
            assert!(report.contains(&format!(" {}  actor.registered", ROWS + 1)), "{what}: {report}");
            assert_eq!(world.size(), ROWS + 4, "{what}");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let turn @ 0..20 = next.fetch_add(1, Ordering::Relaxed) {
                    kill_once(turn);
                }
            });
        }
    });
    let (killed, between) = (killed.into_inner(), between.into_inner());
    eprintln!("{killed} of 20 were killed, {between} between two acknowledgements; one full run took {duration:?}");
    assert!(killed >= 10 && between >= 5, "{killed} killed, {between} in the middle: the moments are badly spread");
}

/// Asks again and again while a writer works; answers how often.
fn while_importing(ask: impl Fn(&World, usize)) -> usize {
    let world = World::bare();
    big_table(&world);
    let mut child = world.command(&IMPORT).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let mut turn = 0;
    while child.try_wait().unwrap().is_none() {
        ask(&world, turn);
        turn += 1;
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(world.size(), ROWS + 3);
    turn
}

/// Readers ask while a writer works: each gets a whole answer of some acknowledged size, and none is turned away.
#[test]
fn readers_are_never_blocked_by_an_import() {
    let sizes = Mutex::new(vec![3]);
    let turns = while_importing(|world, _| {
        let log = world.run(&["log", "-n", "1", "--format", "jsonl"]).expect(0).json();
        sizes.lock().unwrap().push(log["seq"].as_str().unwrap().parse::<u64>().unwrap() + 1);
    });
    let sizes = sizes.into_inner().unwrap();
    assert!(sizes.is_sorted(), "the ledger shrank: {sizes:?}");
    assert!(turns > 0, "no reader came in between");
}

/// An auditor's copy can be taken at any moment; it is of one acknowledged size, and whole.
#[test]
fn an_export_during_an_import_is_whole() {
    let turns = while_importing(|world, turn| {
        let name = format!("export-{turn}");
        world.ok(&["export", &name]);
        let pins = world.pins();
        world.verify(&name, &pins).expect(0);
    });
    assert!(turns > 0, "no export came in between");
}

const SEGMENT: u64 = 65_536;
const SECOND: &str = "ledger/log/000000065536.jsonl";

/// A ledger whose first segment is full, and whose second does not exist yet.
fn one_full_segment() -> World {
    static MADE: OnceLock<Tree> = OnceLock::new();
    let made = MADE.get_or_init(|| {
        let world = World::bare();
        table_from(&world, 1, SEGMENT - world.size());
        world.run(&IMPORT).expect(0);
        read_tree(world.path())
    });
    let world = World::empty();
    write_tree(made, world.path());
    assert_eq!(world.size(), SEGMENT);
    assert!(!world.at(SECOND).exists());
    world
}

/// Segments end after 65,536 records. What is rare is where the mistakes are: the last record of one, the first of the
/// next, an index that is rebuilt over both, a tail that is torn exactly between them.
#[test]
fn the_log_goes_on_in_a_second_segment() {
    let world = one_full_segment();
    let pins = world.pins();
    let ask = |world: &World| {
        world.ok(&["show", "65535", "--format", "json"]) + &world.ok(&["log", "-n", "2", "--format", "jsonl"])
    };
    let answer = ask(&world);
    // The beginning of a second segment that nobody acknowledged: not seen, then cut, with the file.
    world.write(SECOND, "{\"event\":");
    assert_eq!(ask(&world), answer);
    let late = registration(&world, "org:late");
    let said = world.run(&["append", &late]).expect(0);
    assert!(said.stderr.contains("the log was cut behind record 65535: 9 bytes"), "{}", said.stderr);
    assert_eq!((world.size(), world.read(SECOND).iter().filter(|b| **b == b'\n').count()), (SEGMENT + 1, 1));
    world.ok(&["append", &registration(&world, "org:later")]);
    let answer = ask(&world);
    fs::remove_dir_all(world.at("ledger/index")).unwrap();
    fs::remove_dir_all(world.at("ledger/tile")).unwrap();
    assert_eq!(ask(&world), answer);
    world.ok(&["export", "export"]);
    let report = world.verify("export", &pins).expect(0).stdout;
    assert!(report.contains("\nrecords     65538, "), "{report}");
}

/// A segment that is gone is a log that was cut, not a disk that cannot be read.
#[test]
fn a_missing_segment_is_a_log_that_was_cut() {
    let world = one_full_segment();
    let late = registration(&world, "org:late");
    world.ok(&["append", &late]);
    fs::remove_file(world.at(SECOND)).unwrap();
    refused(&world, &late, "tree.rolled_back");
}

/// A crash leaves the end of the log torn. Nobody was told of those records: readers never see them, the next writer
/// cuts them off, says so, and keeps the bytes.
#[test]
fn a_torn_tail_is_cut_and_kept() {
    let origin = World::small();
    let log = origin.read(LOG);
    let last = log[..log.len() - 1].split(|b| *b == b'\n').next_back().unwrap().to_vec();
    let size = origin.size();
    let text = String::from_utf8(last.clone()).unwrap();
    let wrong_prev = text.replace(&format!("\"seq\":{}", size - 1), &format!("\"seq\":{size}")) + "\n";
    let tails: [(&str, Vec<u8>); 8] = [
        ("garbage", b"\xff\x00garbage".to_vec()),
        ("garbage with LF", b"garbage\n".to_vec()),
        ("zeros", vec![0; 4096]),
        ("half a line", last[..last.len() / 2].to_vec()),
        ("a line without LF", last.clone()),
        ("the last line again", [&last[..], b"\n"].concat()),
        ("the next seq, the wrong prev", wrong_prev.clone().into_bytes()),
        ("a blank line, and more", [b"\n", wrong_prev.as_bytes()].concat()),
    ];
    for (what, tail) in tails {
        let world = World::empty();
        copy_tree(origin.path(), world.path());
        let before: Vec<String> =
            [&["status"][..], &["log"], &QUESTION].iter().map(|question| world.ok(question)).collect();
        append_bytes(&world, &tail);
        let after: Vec<String> =
            [&["status"][..], &["log"], &QUESTION].iter().map(|question| world.ok(question)).collect();
        assert_eq!(before, after, "{what}: readers were told of it");
        verified(&world, "torn-export");
        assert!(world.read(LOG).ends_with(&tail), "{what}: a reader cut the log");

        let said = world.run(&["append", &registration(&world, "org:after")]).expect(0).stderr;
        let notice = format!("the log was cut behind record {}: {} bytes", size - 1, tail.len());
        assert!(said.contains(&notice), "{what}: {said}");
        let kept: Vec<_> = read_tree(&world.at("ledger/torn")).into_values().collect();
        assert_eq!(kept, [Some(tail)], "{what}: the bytes were not kept");
        assert!(world.read(LOG).starts_with(&log), "{what}: acknowledged records changed");
        assert_eq!(world.size(), size + 1, "{what}");
        verified(&world, "export");
        // It is reported once.
        assert_eq!(world.run(&["status"]).expect(0).stderr, "", "{what}");
    }
}

/// The other crash: the record is whole on the disk, the checkpoint was not written yet. It is valid, so it is kept.
#[test]
fn a_valid_tail_is_kept_and_acknowledged() {
    for derived_too in [true, false] {
        let world = World::small();
        let (first, second) = (registration(&world, "org:first"), registration(&world, "org:second"));
        let size = world.size();
        world.ok(&["status"]);
        copy_tree(&world.at("ledger"), &world.at("before"));
        world.ok(&["append", &first]);
        let log = world.read(LOG);
        // Back to the moment before: with what is derived or without it.
        fs::copy(world.at("before/checkpoint"), world.at("ledger/checkpoint")).unwrap();
        if derived_too {
            for folder in ["index", "tile"] {
                fs::remove_dir_all(world.at("ledger").join(folder)).unwrap();
                copy_tree(&world.at("before").join(folder), &world.at("ledger").join(folder));
            }
        }
        assert_eq!(world.size(), size);
        let rows = world.ok(&["log", "-n", "1000", "--format", "jsonl"]).lines().count() as u64;
        assert_eq!(rows, size, "a reader told of an unacknowledged record");
        let said = world.run(&["append", &second]).expect(0);
        assert!(said.stderr.contains("1 records that a crash left unacknowledged are valid"), "{}", said.stderr);
        assert!(!said.stderr.contains("cut"), "{}", said.stderr);
        assert!(world.read(LOG).starts_with(&log));
        assert_eq!(world.size(), size + 2);
        assert!(world.ok(&["append", &first]).contains("already recorded"));
        verified(&world, "export");
    }
}

/// Runs readers and a writer, which must all refuse; nothing on the disk may change but what is derived.
#[track_caller]
fn refused(world: &World, act: &str, code: &str) -> Output {
    let kept = |world: &World| {
        let mut tree = read_tree(&world.at("ledger"));
        tree.retain(|name, _| !name.starts_with("index") && !name.starts_with("tile"));
        tree
    };
    let before = kept(world);
    let mut answer = None;
    for args in [&["append", act][..], &["status"], &["export", "export"], &["log"]] {
        let said = world.run(args).expect(1);
        assert_eq!((said.error_code(), said.stdout.as_str()), (code, ""), "{args:?}: {}", said.stderr);
        assert!(said.stderr.contains("\nhint: "), "{}", said.stderr);
        answer = Some(said);
    }
    assert!(!world.at("export").exists());
    assert!(before == kept(world), "something changed on the disk");
    answer.unwrap()
}

/// A restored backup of the log would silently forget what others were told is in.
#[test]
fn a_log_behind_its_checkpoint_is_refused() {
    let origin = World::small();
    let act = registration(&origin, "org:late");
    let log = origin.read(LOG);
    let last_line = log[..log.len() - 1].iter().rposition(|b| *b == b'\n').unwrap() + 1;
    // Record 0 alone is left, one record is missing, the last line is cut.
    let first_line = log.iter().position(|b| *b == b'\n').unwrap() + 1;
    for len in [first_line, last_line, (last_line + log.len()) / 2] {
        for derived in [true, false] {
            let world = World::empty();
            copy_tree(origin.path(), world.path());
            fs::write(world.at(LOG), &log[..len]).unwrap();
            if !derived {
                fs::remove_dir_all(world.at("ledger/index")).unwrap();
                fs::remove_dir_all(world.at("ledger/tile")).unwrap();
            }
            refused(&world, &act, "tree.rolled_back");
        }
    }
}

/// Only the last LF is gone. Whoever writes behind it joins two records into one line, and loses both.
#[test]
fn a_log_without_its_last_lf_is_refused() {
    let world = World::small();
    let act = registration(&world, "org:late");
    let log = world.read(LOG);
    fs::write(world.at(LOG), &log[..log.len() - 1]).unwrap();
    refused(&world, &act, "tree.rolled_back");
}

#[test]
fn a_missing_or_forged_checkpoint_is_refused() {
    let world = World::small();
    let act = registration(&world, "org:late");
    let good = world.read("ledger/checkpoint");
    let text = String::from_utf8(good.clone()).unwrap();
    fs::remove_file(world.at("ledger/checkpoint")).unwrap();
    refused(&world, &act, "store.checkpoint");
    for forged in [String::new(), text.replacen("\n11\n", "\n10\n", 1), text.replace(".example", ".exomple")] {
        assert_ne!(forged, text);
        world.write("ledger/checkpoint", forged);
        refused(&world, &act, "store.checkpoint");
    }
    world.write("ledger/checkpoint", good);
    world.ok(&["append", &act]);
}

/// A disk that returns other bytes than were written: below the checkpoint nothing is cut or mended, it is named.
#[test]
fn damage_below_the_checkpoint_is_named_and_nothing_is_shortened() {
    let origin = World::small();
    let log = origin.read(LOG);
    let lines: Vec<&[u8]> = log.split_inclusive(|b| *b == b'\n').collect();
    for seq in [1, 4, lines.len() - 1] {
        let world = World::empty();
        copy_tree(origin.path(), world.path());
        let mut bytes = log.clone();
        let start: usize = lines[..seq].iter().map(|l| l.len()).sum();
        bytes[start + lines[seq].len() / 2] ^= 1;
        fs::write(world.at(LOG), &bytes).unwrap();
        let said = world.run(&["show", &seq.to_string()]).expect(1);
        assert_eq!((said.error_code(), said.stdout.as_str()), ("store.log_damaged", ""), "{}", said.stderr);
        assert!(said.stderr.contains(&format!("record {seq}:")), "record {seq} is not named: {}", said.stderr);
        assert!(world.read(LOG) == bytes, "the log was changed");
    }
}

/// What is derived can be thrown away at any time: the answer is the same bytes, and a line says what was rebuilt.
#[test]
fn deleted_derived_files_are_rebuilt() {
    let answer = World::founded().ok(&QUESTION);
    for folders in [&["index"][..], &["tile"], &["index", "tile"], &["index/streams"]] {
        let world = World::founded();
        folders.iter().for_each(|f| fs::remove_dir_all(world.at("ledger").join(f)).unwrap());
        let said = world.run(&QUESTION).expect(0);
        assert!(said.stdout == answer, "without {folders:?}: another answer");
        assert!(said.stderr.starts_with("notice: "), "without {folders:?}: nobody was told");
        assert_eq!(world.run(&QUESTION).expect(0).stderr, "", "without {folders:?}: rebuilt a second time");
        // A writer may be the first to come, too.
        folders.iter().for_each(|f| fs::remove_dir_all(world.at("ledger").join(f)).unwrap());
        world.ok(&["append", &registration(&world, "org:after")]);
        verified(&world, "export");
    }
}

/// Each derived file damaged in each of five ways: the same answer, at most with a notice.
#[test]
fn damaged_derived_files_are_rebuilt() {
    let origin = World::founded();
    let answer = origin.ok(&QUESTION);
    let pristine = read_tree(&origin.at("ledger"));
    let mut damages: Vec<(&str, &str, Vec<u8>)> = Vec::new();
    for (name, bytes) in pristine.iter().filter(|(name, _)| name.starts_with("index/") || name.starts_with("tile/")) {
        let Some(good) = bytes else { continue };
        let mut state = 0x2545_F491_4F6C_DD1Du64;
        let noise = good.iter().map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 56) as u8
        });
        let mut flipped = good.clone();
        flipped.iter_mut().skip(good.len() / 2).take(1).for_each(|b| *b ^= 0x40);
        damages.push((name, "emptied", Vec::new()));
        damages.push((name, "cut in half", good[..good.len() / 2].to_vec()));
        damages.push((name, "zeroed", vec![0; good.len()]));
        // Offsets of random bytes: see the test below.
        if name != "index/offsets" {
            damages.push((name, "of random bytes", noise.collect()));
        }
        damages.push((name, "with one bit flipped", flipped));
        damages.retain(|(_, _, bytes)| bytes != good);
    }
    for wanted in ["index/offsets", "index/streams/", "tile/"] {
        assert!(damages.iter().any(|(name, ..)| name.starts_with(wanted)), "no {wanted} in the ledger");
    }
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some((name, damage, bytes)) = damages.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let world = World::empty();
                    write_tree(&pristine, &world.at("ledger"));
                    world.write(&format!("ledger/{name}"), bytes);
                    let said = world.run(&QUESTION);
                    let told = said.stderr.lines().all(|l| l.starts_with("notice: "));
                    if said.code != 0 || said.stdout != answer || !told {
                        let text = format!("{name} {damage}: exit {}, {}", said.code, said.stderr);
                        wrong.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Random offsets point far beyond any file: the system refuses to seek there.
#[test]
fn wild_offsets_are_rebuilt() {
    let world = World::founded();
    let answer = world.ok(&QUESTION);
    let count = world.read("ledger/index/offsets").len() as u64 / 8;
    for base in [1 << 63, 1 << 62, 1 << 40] {
        let offsets: Vec<u8> = (1..=count).flat_map(|i| (base + i * 900u64).to_le_bytes()).collect();
        world.write("ledger/index/offsets", offsets);
        let said = world.run(&QUESTION).expect(0);
        assert!(said.stdout == answer && said.stderr.starts_with("notice: "), "{base:#x}: {}", said.stderr);
    }
}

/// An index that is in order, but of another moment or another ledger, is the worst kind: it opens.
#[test]
fn an_index_of_another_history_is_not_believed() {
    let world = World::founded();
    let answer = world.ok(&QUESTION);
    let other = World::small();
    other.ok(&["status"]);
    for folders in [&["index"][..], &["tile"], &["index", "tile"], &["index/streams"]] {
        for from in ["other", "older", "newer"] {
            let here = World::founded();
            match from {
                "other" => {}
                // The same ledger, one record later or earlier.
                _ => here.ok(&["append", &registration(&here, "org:newer")]).clear(),
            }
            let swap = |to: &World, from: &World| {
                for folder in folders {
                    let target = to.at("ledger").join(folder);
                    fs::remove_dir_all(&target).unwrap();
                    copy_tree(&from.at("ledger").join(folder), &target);
                }
            };
            let what = format!("{folders:?} of {from}");
            let asked = match from {
                "other" => {
                    swap(&here, &other);
                    &here
                }
                "older" => {
                    swap(&here, &world);
                    &here
                }
                _ => {
                    swap(&world, &here);
                    &world
                }
            };
            let said = asked.run(&QUESTION).expect(0).stdout;
            // All but the number of records that it knows is the same.
            let told = |text: &str| {
                let mut value: serde_json::Value = serde_json::from_str(text).unwrap();
                value["known_size"].take();
                value
            };
            assert!(told(&said) == told(&answer), "{what}: another answer");
            asked.ok(&["export", "e"]);
            asked.verify("e", &asked.pins()).expect(0);
            fs::remove_dir_all(asked.at("e")).unwrap();
        }
    }
}

/// Two writers would each sign their own next record.
#[test]
fn a_second_writer_is_turned_away_and_readers_are_not() {
    let world = World::small();
    let act = registration(&world, "org:late");
    let size = world.size();
    let lock = OpenOptions::new().write(true).open(world.at("ledger/lock")).unwrap();
    lock.lock().unwrap();
    let said = world.run(&["append", &act]).expect(4);
    assert_eq!((said.error_code(), said.stdout.as_str()), ("store.locked", ""), "{}", said.stderr);
    let table = world.write("one.csv", "actor,name,valid_from,valid_until\nstate:FRA,France,1945-10-24,\n");
    let mapping = answerable_tests::example("mappings/states.toml");
    assert_eq!(world.import(&table, &mapping, &["--yes"]).expect(4).error_code(), "store.locked");
    for args in [&["status"][..], &["log"], &QUESTION, &["append", &act, "--dry-run"]] {
        assert_eq!(world.run(args).expect(0).stderr, "", "{args:?}");
    }
    verified(&world, "export");
    assert_eq!(world.size(), size);
    lock.unlock().unwrap();
    world.ok(&["append", &act]);
    assert_eq!(world.size(), size + 1);
}

/// Whoever reads at the same time must not fail, wait, or throw the index away.
#[test]
fn readers_at_one_time_do_not_disturb_each_other() {
    let world = World::founded();
    let answer = world.ok(&QUESTION);
    let mut children: Vec<_> = (0..6)
        .map(|_| world.command(&QUESTION).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap())
        .collect();
    for child in children.drain(..) {
        let output = child.wait_with_output().unwrap();
        assert!(output.status.success() && output.stdout == answer.as_bytes(), "{output:?}");
    }
    assert_eq!(world.run(&QUESTION).expect(0).stderr, "", "a reader threw the index away");
}

/// A reader that finds derived files missing while another process holds the lock waits for it, and then answers.
#[test]
fn a_reader_waits_for_who_is_rebuilding() {
    let world = World::small();
    let answer = world.ok(&["log"]);
    let lock = OpenOptions::new().write(true).open(world.at("ledger/lock")).unwrap();
    lock.lock().unwrap();
    fs::remove_dir_all(world.at("ledger/tile")).unwrap();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| world.run(&["log"]));
        std::thread::sleep(std::time::Duration::from_millis(500));
        drop(lock);
        assert_eq!(reader.join().unwrap().expect(0).stdout, answer);
    });
}
