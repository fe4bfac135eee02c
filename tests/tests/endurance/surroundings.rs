//! What surrounds a ledger gives way: its index is gone or spoilt, its tail torn, zeroed or cut, the clock jumps, others write
//! and read at the same time, the disk is full or read-only, a folder may not be entered.
//! Not here: single calls that fail (`injection`), power that goes (`lost_writes`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use answerable_tests::dice::Dice;
use answerable_tests::writing::{IMPORT, LOG, registration, table_from};
use answerable_tests::{Output, World, bin_dir, copy_tree, finish, installed, path_text, read_tree};

use crate::judge::{
    Found, acknowledged, answers, is_sound, is_sound_or_refuses, log_of, no_panic, ran, records, records_seen, verified,
};
use crate::tally::{Tally, on_all_cores};

/// A small ledger, and a signed event that is not in it.
fn origin() -> (World, String) {
    let world = World::small();
    let next = registration(&world, "org:next");
    world.ok(&["status"]);
    (world, next)
}

/// The index is derived: without it, or with one that is spoilt, cut, old, or of another ledger, all goes on.
#[test]
#[ignore = "endurance"]
fn indexes() {
    let tally = Tally::new("indexes");
    let (origin, next) = origin();
    let (pins, log) = (origin.pins(), log_of(&origin, "ledger"));
    let other = World::founded();
    other.ok(&["status"]);
    let names: Vec<String> = read_tree(&origin.at("ledger"))
        .into_keys()
        .filter(|n| n.starts_with("index") || n.starts_with("tile"))
        .collect();
    type Spoil = fn(&mut Vec<u8>, &mut Dice);
    type Case = (String, Box<dyn Fn(&World) + Sync>);
    let spoil: [(&str, Spoil); 6] = [
        ("emptied", |bytes, _| bytes.clear()),
        ("zeroed", |bytes, _| bytes.fill(0)),
        ("cut", |bytes, dice| bytes.truncate(dice.below(bytes.len() + 1))),
        ("zeroed from somewhere on", |bytes, dice| {
            let from = dice.below(bytes.len() + 1);
            bytes[from..].fill(0);
        }),
        ("noise", |bytes, dice| bytes.iter_mut().for_each(|b| *b = dice.below(256) as u8)),
        ("longer", |bytes, dice| bytes.extend((0..100).map(|_| dice.below(256) as u8))),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for name in &names {
        let at = format!("ledger/{name}");
        let gone = at.clone();
        cases.push((format!("{name} deleted"), Box::new(move |world| remove(&world.at(&gone)))));
        if origin.at(&at).is_dir() {
            continue;
        }
        for (how, spoil) in spoil {
            let (at, seed) = (at.clone(), tally.seed);
            cases.push((
                format!("{name} {how}"),
                Box::new(move |world| {
                    let mut bytes = world.read(&at);
                    spoil(&mut bytes, &mut Dice::of(seed, &at, 0));
                    world.write(&at, bytes);
                }),
            ));
        }
    }
    for folder in ["ledger/index", "ledger/tile"] {
        let theirs = other.at(folder);
        cases.push((
            format!("{folder} of another ledger"),
            Box::new(move |world| {
                remove(&world.at(folder));
                copy_tree(&theirs, &world.at(folder));
            }),
        ));
        cases.push((
            format!("{folder} is a file"),
            Box::new(move |world| {
                remove(&world.at(folder));
                world.write(folder, "no folder");
            }),
        ));
    }
    on_all_cores(&cases, |(what, spoil)| {
        let world = World::like(&origin);
        spoil(&world);
        // A file in the place of a folder is not ours to remove.
        let may_refuse = what.ends_with("is a file");
        let judge = if may_refuse { is_sound_or_refuses } else { is_sound };
        match tally.take(what, judge(&world, &log, &next, &pins)) {
            Some(Found::Whole { recovered: 0, cut: false }) => tally.count("made again"),
            Some(Found::Refused(code)) => tally.count(format!("refused with {code}")),
            Some(found) => tally.wrong(format!("{what}: the log was changed: {found:?}")),
            None => {}
        }
    });
    tally.tell();
}

fn remove(path: &Path) {
    let _ = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
}

/// Behind the checkpoint the log may end in anything; before it not a byte may be gone.
#[test]
#[ignore = "endurance"]
fn tails() {
    let tally = Tally::new("tails");
    let (origin, next) = origin();
    let pins = origin.pins();
    let log = origin.read(LOG);
    // A record that is valid there, and was never acknowledged.
    let valid = {
        let world = World::like(&origin);
        let act = registration(&world, "org:tail");
        world.ok(&["append", &act]);
        world.read(LOG)[log.len()..].to_vec()
    };
    enum Tail {
        Behind(Vec<u8>),
        Cut(usize),
        Zeroed(usize),
    }
    let mut dice = Dice::of(tally.seed, "tails", 0);
    let mut tails: Vec<Tail> = (0..=valid.len()).map(|len| Tail::Behind(valid[..len].to_vec())).collect();
    tails.extend([1, 2, 511, 512, 513, 4096, 70_000].map(|len| Tail::Behind(vec![0; len])));
    tails.extend([b"\n".to_vec(), b"{}\n".to_vec(), vec![b'{'; 3_000_000]].map(Tail::Behind));
    for _ in 0..100 {
        let noise: Vec<u8> = (0..dice.below(2_000)).map(|_| dice.below(256) as u8).collect();
        tails.push(Tail::Behind([&valid[..dice.below(valid.len())], &noise].concat()));
        let mut torn = valid.clone();
        let from = dice.below(torn.len());
        torn[from..].fill(0);
        tails.push(Tail::Behind(torn));
    }
    let steps = (1..log.len()).step_by(37).chain(1..=64).chain([log.len()]);
    tails.extend(steps.flat_map(|len| [Tail::Cut(len), Tail::Zeroed(len)]));
    on_all_cores(&tails, |tail| {
        let world = World::like(&origin);
        let mut bytes = log.clone();
        let what = match tail {
            Tail::Behind(more) => {
                bytes.extend_from_slice(more);
                format!("{} bytes behind the last record", more.len())
            }
            Tail::Cut(len) => {
                bytes.truncate(log.len() - len);
                format!("the last {len} bytes are gone")
            }
            Tail::Zeroed(len) => {
                bytes[log.len() - len..].fill(0);
                format!("the last {len} bytes are zeros")
            }
        };
        world.write(LOG, bytes);
        let judged = match tail {
            Tail::Behind(_) => is_sound(&world, &log, &next, &pins),
            _ => is_sound_or_refuses(&world, &log_of(&world, "ledger"), &next, &pins),
        };
        tally.count(match (tally.take(&what, judged), tail) {
            (Some(Found::Whole { recovered: 1, cut: false }), Tail::Behind(more)) if *more == valid => {
                "whole tail kept"
            }
            (Some(Found::Whole { recovered: 0, cut }), Tail::Behind(more)) if cut != more.is_empty() => "torn tail cut",
            (Some(Found::Whole { recovered: 0, cut: false }), Tail::Behind(more)) if more.is_empty() => "nothing there",
            (Some(Found::Refused(_)), Tail::Cut(_) | Tail::Zeroed(_)) => "shortened log refused",
            (Some(found), _) => return tally.wrong(format!("{what}: {found:?}")),
            (None, _) => return,
        });
    });
    tally.tell();
}

/// The clock goes back by minutes and years: times never decrease. It jumps ahead: nothing is recorded but by the word of the
/// operator.
#[test]
#[ignore = "endurance"]
fn clocks() {
    if !installed("faketime") {
        return;
    }
    let tally = Tally::new("clocks");
    let (origin, next) = origin();
    let pins = origin.pins();
    let jumps = ["-1s", "-6m", "-2h", "-400d", "-20y", "+1s", "+6m", "+2h", "+30d", "+400d", "+60y"];
    on_all_cores(&jumps, |jump| {
        let world = World::like(&origin);
        let at = |args: &[&str]| {
            let mut command = Command::new("faketime");
            world.tame(&mut command);
            command.args(["-f", jump]).arg(bin_dir().join("answerable")).args(["--ledger", "ledger", "--keys", "keys"]);
            finish(command.args(args))
        };
        let judge = || {
            let (before, size) = (log_of(&world, "ledger"), world.size());
            let said = at(&["append", &next, "--format", "jsonl"]);
            no_panic(&said)?;
            let ahead = ["+400d", "+60y"].contains(jump);
            // An event that is issued ahead of the clock is refused; one of ours is, when the clock goes back by more than five minutes.
            let (code, told) = match (ahead, said.code) {
                (true, 4) => ("store.clock_jump", said.error_code() == "store.clock_jump"),
                (false, 0) => ("recorded", said.stdout.contains("recorded")),
                (false, 1) => {
                    ("event.issued_ahead", said.stdout.contains("event.issued_ahead") && jump.starts_with('-'))
                }
                _ => ("", false),
            };
            if !told {
                return Err(format!("exit {}: {}{}", said.code, said.stdout, said.stderr));
            }
            if said.code != 0 && (log_of(&world, "ledger") != before || world.size() != size) {
                return Err("what was refused was written".into());
            }
            tally.count(code);
            if ahead {
                let said = at(&["append", &next, "--accept-clock", "--format", "jsonl"]);
                no_panic(&said)?;
                if said.code != 0 {
                    return Err(format!("the operator's word: exit {}: {}{}", said.code, said.stdout, said.stderr));
                }
            }
            // The clock is right again.
            let log = log_of(&world, "ledger");
            is_sound(&world, &log, &next, &pins)?;
            let recorded: Vec<String> = log_of(&world, "ledger")
                .split(|b| *b == b'\n')
                .filter(|l| !l.is_empty())
                .map(|line| {
                    let line: serde_json::Value = serde_json::from_slice(line).expect("a record");
                    line["recorded"].as_str().expect("a time").to_owned()
                })
                .collect();
            if recorded.is_sorted() { Ok(()) } else { Err("a time of recording decreases".into()) }
        };
        tally.take(&format!("a clock at {jump}"), judge());
    });
    tally.tell();
}

/// Many writers at once, each of which tries until it is let in: every event is in, once, and an auditor finds it true.
#[test]
#[ignore = "endurance"]
fn writers_at_one_time() {
    const WRITERS: usize = 8;
    const EACH: usize = 12;
    let tally = Tally::new("writers at one time");
    let world = World::small();
    let pins = world.pins();
    let before = world.size();
    let files: Vec<Vec<String>> =
        (0..WRITERS).map(|w| (0..EACH).map(|i| registration(&world, &format!("org:w-{w}-{i}"))).collect()).collect();
    let next = registration(&world, "org:next");
    std::thread::scope(|scope| {
        for mine in &files {
            let (world, tally) = (&world, &tally);
            scope.spawn(move || {
                for file in mine {
                    loop {
                        let said = world.run(&["append", file, "--format", "jsonl"]);
                        if let Err(why) = no_panic(&said) {
                            return tally.wrong(why);
                        }
                        match said.code {
                            0 => {
                                tally.count("appends");
                                break;
                            }
                            4 if said.error_code() == "store.locked" => tally.count("turned away"),
                            _ => return tally.wrong(format!("exit {}: {}{}", said.code, said.stdout, said.stderr)),
                        }
                    }
                }
            });
        }
    });
    let judge = || {
        let (size, wanted) = (world.size(), before + (WRITERS * EACH) as u64);
        if size != wanted {
            return Err(format!("{size} records, not {wanted}"));
        }
        is_sound(&world, &log_of(&world, "ledger"), &next, &pins)
    };
    tally.take("at the end", judge());
    tally.tell();
}

/// Readers, while a table is imported in several batches: what each is shown is a beginning of what is there in the end, no
/// shorter than what was there before, and an export of that moment is found true.
#[test]
#[ignore = "endurance"]
fn readers_of_a_moving_ledger() {
    let tally = Tally::new("readers of a moving ledger");
    let world = World::small();
    let pins = world.pins();
    table_from(&world, 1, 6_000);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let said = world.run(&IMPORT);
            done.store(true, Ordering::Release);
            if said.code != 0 {
                tally.wrong(format!("the import: exit {}: {}", said.code, said.stderr));
            }
        });
        for reader in 0..2 {
            let (world, tally, pins, done) = (&world, &tally, &pins, &done);
            scope.spawn(move || {
                let mut least = 0;
                while !done.load(Ordering::Acquire) {
                    let copy = format!("copy-{reader}");
                    let mut read = || {
                        let seen = records_seen(world)?;
                        if seen < least {
                            return Err(format!("{seen} records, and {least} before"));
                        }
                        ran(world, &["export", &copy], &[0])?;
                        crate::judge::audited(world, &copy, pins)?;
                        let exported = log_of(world, &copy);
                        if records(&exported) < seen || !log_of(world, "ledger").starts_with(&exported) {
                            return Err("an export that is no beginning of the log".into());
                        }
                        least = records(&exported);
                        fs::remove_dir_all(world.at(&copy)).expect("it was just made");
                        Ok(())
                    };
                    if tally.take("a reader", read()).is_some() {
                        tally.count("reads and exports");
                    }
                }
            });
        }
    });
    tally.take("at the end", verified(&world, &pins));
    tally.tell();
}

/// A file system of its own at a folder, until it is dropped.
struct Mounted(PathBuf);

impl Mounted {
    /// None where nobody may mount; then it says so.
    fn at(folder: &Path, args: &[&str]) -> Option<Self> {
        let done = Command::new("mount").args(args).arg(folder).stderr(Stdio::null()).status();
        if done.is_ok_and(|status| status.success()) {
            return Some(Self(folder.to_owned()));
        }
        eprintln!("skipped: nobody may mount here");
        None
    }

    fn again(&self, options: &str) {
        let done = Command::new("mount").args(["-o", options]).arg(&self.0).status();
        assert!(done.is_ok_and(|status| status.success()), "mounted again with {options}");
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

/// A disk that may only be read: readers are answered as before, writers are told so, and nothing is changed.
#[test]
#[ignore = "endurance"]
fn a_read_only_disk() {
    let tally = Tally::new("a read-only disk");
    for fresh in [true, false] {
        let (world, next) = origin();
        table_from(&world, 1, 40);
        if !fresh {
            // What is derived is missing too, and cannot be made.
            remove(&world.at("ledger/index"));
            remove(&world.at("ledger/tile"));
        }
        let (pins, log) = (world.pins(), log_of(&world, "ledger"));
        let expected = answers(&World::like(&world)).expect("a sound ledger answers");
        let before = read_tree(&world.at("ledger"));
        let folder = world.at("ledger");
        let Some(mounted) = Mounted::at(&folder, &["--bind", &path_text(&folder)]) else { return };
        mounted.again("remount,bind,ro");
        for args in [&["append", &next][..], &IMPORT] {
            let said = world.run(args);
            let told = said.code == 4 && said.error_code().starts_with("store.") && said.stderr.contains("\nhint: ");
            match no_panic(&said) {
                Ok(()) if told => tally.count("writers told"),
                _ => tally.wrong(format!("{args:?}: exit {}: {}{}", said.code, said.stdout, said.stderr)),
            }
        }
        for (args, answer) in &expected {
            let said = world.run(args);
            if said.code == 0 && said.stdout == *answer {
                tally.count("readers answered");
            } else if !fresh && said.code == 4 && said.stdout.is_empty() && said.stderr.contains("\nhint: ") {
                tally.count("readers told");
            } else {
                tally.wrong(format!("{args:?}: exit {}: {}{}", said.code, said.stdout, said.stderr));
            }
        }
        tally.take("an export", verified(&world, &pins).or_else(|e| if fresh { Err(e) } else { Ok(()) }));
        if read_tree(&folder) != before {
            tally.wrong("something was written".into());
        }
        drop(mounted);
        tally.take("when it may be written again", is_sound(&world, &log, &next, &pins));
    }
    tally.tell();
}

/// Folders and files that may not be entered, read or written, for somebody who is not root: told, and nothing is lost.
#[test]
#[ignore = "endurance"]
fn without_permission() {
    const NOBODY: &str = "65534";
    if !installed("setpriv") || !installed("chown") {
        return;
    }
    let tally = Tally::new("without permission");
    let (origin, next) = origin();
    let pins = origin.pins();
    let log = log_of(&origin, "ledger");
    let all = read_tree(&origin.at("ledger"));
    let mut cases: Vec<(String, u32)> = Vec::new();
    for name in all.keys().map(|name| format!("ledger/{name}")).chain(["ledger".into(), "keys".into()]) {
        cases.extend([0o000, 0o400, 0o500].map(|mode| (name.clone(), mode)));
    }
    let may = Command::new("setpriv").args(["--reuid", NOBODY, "--clear-groups", "true"]).status();
    if !may.is_ok_and(|status| status.success()) {
        return eprintln!("skipped: this user cannot become another");
    }
    on_all_cores(&cases, |(name, mode)| {
        use std::os::unix::fs::PermissionsExt;
        let world = World::like(&origin);
        let owned = Command::new("chown").args(["-R", NOBODY]).arg(world.path()).status();
        assert!(owned.is_ok_and(|status| status.success()));
        let as_nobody = |args: &[&str]| {
            let mut command = Command::new("setpriv");
            world.tame(&mut command);
            command.args(["--reuid", NOBODY, "--clear-groups"]).arg(bin_dir().join("answerable"));
            finish(command.args(["--ledger", "ledger", "--keys", "keys"]).args(args))
        };
        // A file of the index may be gone when it is put back.
        let mode_of = |mode| drop(fs::set_permissions(world.at(name), fs::Permissions::from_mode(mode)));
        let usual = fs::metadata(world.at(name)).expect("it is there").permissions().mode();
        mode_of(*mode);
        let judge = || {
            let told = |said: Output, good: &[i32]| {
                no_panic(&said)?;
                let explained = said.stderr.contains("error: ") && said.stderr.contains("\nhint: ");
                match said.code {
                    0 => tally.count("answered"),
                    // Where nothing may be looked at, it is told as what is missing.
                    code if good.contains(&code) && explained => tally.count(format!("told as {}", said.error_code())),
                    _ => return Err(format!("exit {}: {}{}", said.code, said.stdout, said.stderr)),
                }
                Ok(said)
            };
            let seen = told(as_nobody(&["log", "-n", "10000000", "--format", "jsonl"]), &[4])?;
            if seen.code == 0 && seen.stdout.lines().count() as u64 != records(&log) {
                return Err(format!("a shorter log was shown: {}", seen.stdout));
            }
            let said = told(as_nobody(&["append", &next, "--format", "jsonl"]), &[4])?;
            mode_of(usual);
            let log = acknowledged(&world, records(&log), &said)?;
            is_sound(&world, &log, &next, &pins).map(drop)
        };
        tally.take(&format!("{name}, mode {mode:03o}"), judge());
        mode_of(usual);
    });
    tally.tell();
}

/// A disk with so much space and no more, page by page; then there is space again.
#[test]
#[ignore = "endurance"]
fn full_disks() {
    let tally = Tally::new("full disks");
    let (origin, _) = origin();
    let next = "org-next.event.json";
    let batch: Vec<String> = (0..60).map(|i| registration(&origin, &format!("org:f-{i}"))).collect();
    table_from(&origin, 1, 400);
    let pins = origin.pins();
    let append: Vec<&str> =
        ["append"].into_iter().chain(batch.iter().map(String::as_str)).chain(["--format", "jsonl"]).collect();
    let works: [&[&str]; 4] = [&append, &IMPORT, &["check"], &["publish", "ledger/made"]];
    let mut cases = Vec::new();
    for work in works {
        cases.extend((0..40).map(|step| (work, step * 4 + 4)));
        cases.extend((0..20).map(|step| (work, 200 + step * 64)));
    }
    // What is there already, in KiB of whole pages.
    let used: usize =
        read_tree(&origin.at("ledger")).values().map(|b| b.as_ref().map_or(4, |b| b.len().div_ceil(4096) * 4)).sum();
    let skipped = AtomicBool::new(false);
    on_all_cores(&cases, |(work, more)| {
        let world = World::like(&origin);
        let folder = world.at("ledger");
        let content = read_tree(&folder);
        let size = format!("size={}k", used + 64);
        let Some(mounted) = Mounted::at(&folder, &["-t", "tmpfs", "-o", &size, "tmpfs"]) else {
            return skipped.store(true, Ordering::Relaxed);
        };
        answerable_tests::write_tree(&content, &folder);
        let in_use = blocks(&folder);
        mounted.again(&format!("remount,size={}k", in_use + more));
        let said = world.run(work);
        let judge = || {
            no_panic(&said)?;
            match said.code {
                0 => tally.count("survived"),
                4 if said.stderr.contains("\nhint: ") => tally.count("told"),
                _ => return Err(format!("exit {}: {}{}", said.code, said.stdout, said.stderr)),
            }
            let log = acknowledged(&world, origin.size(), &said)?;
            // Readers first, while it is still full.
            if records_seen(&world)? < records(&log) {
                return Err("a reader sees fewer records".into());
            }
            mounted.again("remount,size=64m");
            remove(&world.at("ledger/made"));
            is_sound(&world, &log, next, &pins).map(drop)
        };
        tally.take(&format!("{}, {more} KiB left", work[0]), judge());
    });
    if !skipped.load(Ordering::Relaxed) {
        tally.tell();
    }
}

/// KiB in use on the file system of a folder.
fn blocks(folder: &Path) -> usize {
    let said = finish(Command::new("df").args(["--output=used", "-k"]).arg(folder));
    said.stdout.lines().last().and_then(|l| l.trim().parse().ok()).expect("df tells it")
}
