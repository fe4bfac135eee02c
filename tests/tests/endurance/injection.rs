//! Every system call of every kind of work fails, once and from then on; the process is killed before it; the disk claims to
//! have done it, and has not; and writes are cut short. By strace, one injection a run.
//! Not here: the power going too (`lost_writes`), the short version (`faults`).

use std::fs;
use std::process::Command;

use answerable_tests::dice::{Dice, setting};
use answerable_tests::strace::{can_trace, counted, traced};
use answerable_tests::writing::{IMPORT, LOG, table_from};
use answerable_tests::{KEY, ORIGIN, Output, Pins, World, bin_dir, finish, installed};

use crate::judge::{
    Found, acknowledged, audited, first_records, is_sound, is_sound_or_refuses, log_of, no_panic, page_of, ran, records,
};
use crate::origins::{with_a_letter, with_a_torn_tail, with_a_witness, with_events};
use crate::served;
use crate::tally::{Tally, on_all_cores};

/// Calls that read; an error is all that can happen to them.
const READS: [&str; 7] = ["openat", "read", "pread64", "lseek", "statx", "getdents64", "flock"];
/// Calls that write: they fail, run out of space, are not reached, or are claimed to be done.
const WRITES: [&str; 11] = [
    "write",
    "pwrite64",
    "copy_file_range",
    "ftruncate",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "rename",
    "mkdir",
    "unlink",
    "unlinkat",
];

/// What is done to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Fails(&'static str),
    FailsFromThenOn(&'static str),
    Killed,
    /// The kernel is not called, and the program is told that it was: a disk that lies. Of a write, one byte is claimed.
    Claimed(&'static str),
}

impl Fault {
    fn of(call: &str) -> Vec<Self> {
        use Fault::{Claimed, Fails, FailsFromThenOn, Killed};
        match call {
            "flock" => vec![Fails("EIO"), Killed],
            _ if READS.contains(&call) => vec![Fails("EIO"), FailsFromThenOn("EIO"), Fails("EMFILE")],
            "write" | "pwrite64" | "copy_file_range" => {
                vec![Fails("EIO"), Fails("ENOSPC"), FailsFromThenOn("ENOSPC"), Killed, Claimed("1")]
            }
            _ => vec![Fails("EIO"), Fails("ENOSPC"), FailsFromThenOn("EIO"), Killed, Claimed("0")],
        }
    }

    fn inject(self, call: &str, nth: usize) -> String {
        match self {
            Fault::Fails(errno) => format!("inject={call}:error={errno}:when={nth}"),
            Fault::FailsFromThenOn(errno) => format!("inject={call}:error={errno}:when={nth}+"),
            Fault::Killed => format!("inject={call}:signal=KILL:when={nth}"),
            Fault::Claimed(result) => format!("inject={call}:retval={result}:when={nth}"),
        }
    }
}

/// Some kind of work: where it begins, the command, and what must hold of what it makes beside the ledger.
struct Work {
    name: &'static str,
    origin: World,
    command: Vec<String>,
    made: fn(&World, &Output, &Pins) -> Result<(), String>,
    /// Served while the command runs.
    witness: bool,
}

fn nothing_beside(_: &World, _: &Output, _: &Pins) -> Result<(), String> {
    Ok(())
}

/// What is cut off the log is in `torn/`: as long as it is nowhere else, it is in the log.
fn a_torn_tail(world: &World, _: &Output, _: &Pins) -> Result<(), String> {
    let torn = |name: &String| name.starts_with("torn/") && !name.ends_with(".tmp");
    let kept = answerable_tests::files_below(&world.at("ledger")).into_iter().filter(torn);
    let kept = kept.map(|name| world.read(&format!("ledger/{name}"))).any(|bytes| bytes == world.read("tail"));
    let in_log = log_of(world, "ledger").ends_with(&world.read("tail"));
    if kept || in_log { Ok(()) } else { Err("the torn bytes are nowhere".into()) }
}

fn an_export(world: &World, said: &Output, pins: &Pins) -> Result<(), String> {
    match world.at("made").exists() {
        true => audited(world, "made", pins).map(drop),
        false if said.code == 0 => Err("an export that was told of is not there".into()),
        false => Ok(()),
    }
}

fn a_publication(world: &World, said: &Output, pins: &Pins) -> Result<(), String> {
    page_of(world, "made", said.code == 0)?;
    if said.code == 0 {
        audited(world, "made", pins)?;
    } else if world.at("made/checkpoint").exists() {
        answerable_tests::copy_tree(&world.at("made"), &world.at("fetched"));
        let _ = fs::remove_dir_all(world.at("fetched/log"));
        audited(world, "fetched", pins)?;
    }
    ran(world, &["publish", "made"], &[0])?;
    page_of(world, "made", true)?;
    audited(world, "made", pins).map(drop)
}

fn an_attachment(world: &World, said: &Output, pins: &Pins) -> Result<(), String> {
    if said.stdout.contains("recorded") {
        let listed = ran(world, &["attachment", "list", "--format", "jsonl"], &[0])?.stdout;
        if !listed.contains("\"state\":\"present\"") {
            return Err(format!("the attachment of a recorded event is not there: {listed}"));
        }
    }
    let _ = pins;
    Ok(())
}

fn an_erasure(world: &World, said: &Output, _: &Pins) -> Result<(), String> {
    // Whatever failed, the next append destroys it.
    ran(world, &["append", "erase.event.json"], &[0])?;
    let listed = ran(world, &["attachment", "list", "--format", "jsonl"], &[0])?.stdout;
    let there = fs::read_dir(world.at("ledger/attachments")).expect("a folder").flatten();
    let there = there.filter(|entry| entry.metadata().is_ok_and(|m| m.len() < 10_000)).count();
    match listed.contains("\"state\":\"erased\"") && there == 0 {
        true => Ok(()),
        false => Err(format!("{there} erased files are there behind {said:?}: {listed}")),
    }
}

fn a_cosignature(world: &World, said: &Output, pins: &Pins) -> Result<(), String> {
    if said.code == 0 {
        let _ = fs::remove_dir_all(world.at("made"));
        ran(world, &["export", "made"], &[0])?;
        ran(world, &["verify", "made", "--ledger-id", &pins.ledger_id, "--policy", "policy"], &[0])?;
    }
    Ok(())
}

fn works() -> Vec<Work> {
    let origin = with_events();
    let work = |name, origin, command: &[&str], made| {
        let command = command.iter().map(|c| (*c).to_owned()).collect();
        Work { name, origin, command, made, witness: false }
    };
    let table = World::like(&origin);
    table_from(&table, 1, 40);
    let grown = World::like(&origin);
    grown.ok(&["publish", "made"]);
    grown.ok(&["append", "second.event.json"]);
    let (torn, tail) = with_a_torn_tail(&origin);
    torn.write("tail", tail);
    let (letter, erasing) = with_a_letter(&origin);
    let batch = ["append", "first.event.json", "second.event.json", "third.event.json", "--format", "jsonl"];
    let append = ["append", "first.event.json", "--format", "jsonl"];
    vec![
        work("append of a batch", World::like(&origin), &batch, nothing_beside),
        work("append behind a torn tail", torn, &append, a_torn_tail),
        work("import", table, &IMPORT, nothing_beside),
        work("append with an attachment", letter, &["append", "letter.event.json", "--format", "jsonl"], an_attachment),
        work("erasure", erasing, &["append", "erase.event.json", "--format", "jsonl"], an_erasure),
        work("export", World::like(&origin), &["export", "made"], an_export),
        work("first publication", World::like(&origin), &["publish", "made"], a_publication),
        work("later publication", grown, &["publish", "made"], a_publication),
        Work {
            witness: true,
            ..work("cosign", with_a_witness(&origin), &["cosign", "--policy", "policy"], a_cosignature)
        },
        work("append", origin, &append, nothing_beside),
    ]
}

impl Work {
    fn run(&self, world: &World, strace: &[&str]) -> Output {
        let serving = self.witness.then(|| served::serve(world, "w"));
        let url = serving.as_ref().map(|s| format!("w={}", s.url));
        let mut command: Vec<&str> = self.command.iter().map(String::as_str).collect();
        url.iter().for_each(|url| command.extend(["--url", url.as_str()]));
        traced(world, strace, &command)
    }

    /// One injection and what came of it.
    fn suffer(&self, call: &str, nth: usize, fault: Fault, pins: &Pins, tally: &Tally) -> Result<(), String> {
        let world = World::like(&self.origin);
        let before = self.origin.size();
        let said = self.run(&world, &["-e", &format!("trace={call}"), "-e", &fault.inject(call, nth)]);
        no_panic(&said)?;
        let lies = matches!(fault, Fault::Claimed(_));
        self.exit_is_right(&said, fault)?;
        tally.count(match said.code {
            0 => "survived",
            -1 => "killed",
            _ => "told as an error",
        });
        if lies {
            let log = log_of(&self.origin, "ledger");
            let log = first_records(&log, before).expect("a sound ledger");
            let found = is_sound_or_refuses(&world, log, "next.event.json", pins)?;
            if let Found::Refused(code) = &found {
                tally.count(format!("refused with {code}"));
                return Ok(());
            }
            // It goes on: then nothing that was acknowledged is missing, although the disk lied.
            return acknowledged(&world, before, &said).map(drop);
        }
        let log = acknowledged(&world, before, &said)?;
        tally.add("records acknowledged", (records(&log) - before) as usize);
        (self.made)(&world, &said, pins)?;
        is_sound(&world, &log, "next.event.json", pins).map(drop)
    }

    /// 0 or 4, with one error and one hint; 127 is the system's loader that could not read a library. What a disk claims
    /// falsely may be found at once, as anything.
    fn exit_is_right(&self, said: &Output, fault: Fault) -> Result<(), String> {
        // Where every write fails, what is to be told is not told either.
        let silent = matches!(fault, Fault::FailsFromThenOn(_)) && !said.stderr.contains("error: ");
        let told = |what: &str| said.stderr.lines().filter(|l| l.starts_with(what)).count() == 1 || silent;
        let good = match said.code {
            0 => true,
            -1 => fault == Fault::Killed,
            4 => told("error: ") && told("hint: "),
            127 => said.stderr.contains("shared libraries") || silent,
            _ => matches!(fault, Fault::Claimed(_)) && told("error: "),
        };
        // The quorum of a policy whose witness was not asked, or whose cosignature was not kept, is not met.
        let unmet = self.witness && said.code == 3 && (said.stdout.contains("is NOT met") || silent);
        if good || unmet { Ok(()) } else { Err(format!("exit {}: {}{}", said.code, said.stdout, said.stderr)) }
    }
}

/// All that can be done to each call of a command, which is run dry to count them.
fn injections(dry: &World, run: impl FnOnce(&[&str]) -> Output) -> Vec<(&'static str, usize, Fault)> {
    let calls = [&READS[..], &WRITES].concat();
    run(&["-e", &format!("trace={}", calls.join(","))]).expect(0);
    let trace = String::from_utf8(dry.read("trace")).expect("strace writes ASCII");
    let mut all = Vec::new();
    for call in calls {
        for fault in Fault::of(call) {
            all.extend((1..=counted(&trace, call)).map(|nth| (call, nth, fault)));
        }
    }
    all
}

#[test]
#[ignore = "endurance"]
fn injection() {
    if !can_trace() {
        return;
    }
    let tally = Tally::new("injection");
    for work in &works() {
        let pins = work.origin.pins();
        let dry = World::like(&work.origin);
        let mut all = injections(&dry, |strace| work.run(&dry, strace));
        // A share of them, for who cannot wait.
        let share = setting("ANSWERABLE_SHARE").unwrap_or(100) as usize;
        let mut dice = Dice::of(tally.seed, work.name, 0);
        all.retain(|_| dice.below(100) < share);
        tally.add("injections", all.len());
        on_all_cores(&all, |(call, nth, fault)| {
            let what = format!("{}, {}", work.name, fault.inject(call, *nth));
            tally.take(&what, work.suffer(call, *nth, *fault, &pins, &tally));
        });
        eprintln!("  {}: {} injections", work.name, all.len());
    }
    tally.tell();
}

/// Keys and foundings: whatever fails, the command can be given again, to the same folder or another, and what was told of
/// is there.
#[test]
#[ignore = "endurance"]
fn injection_before_there_is_a_ledger() {
    if !can_trace() {
        return;
    }
    let tally = Tally::new("injection before there is a ledger");
    let keys = World::empty();
    keys.ok(&["key", "new", KEY, "--no-passphrase"]);
    let founder = format!("{KEY}=Test Secretariat");
    let init =
        ["init", "ledger", "--origin", ORIGIN, "--title", "Tests", "--founder", &founder, "--no-passphrase", "--yes"];
    let dry = World::like(&keys);
    let mut all = injections(&dry, |strace| traced(&dry, strace, &init));
    all.retain(|(.., fault)| !matches!(fault, Fault::Claimed(_)));
    tally.add("injections", all.len());
    on_all_cores(&all, |(call, nth, fault)| {
        let world = World::like(&keys);
        let said = traced(&world, &["-e", &format!("trace={call}"), "-e", &fault.inject(call, *nth)], &init);
        let judge = || {
            no_panic(&said)?;
            let opened = world.run(&["status"]);
            match (said.code, opened.code, opened.error_code()) {
                (_, 0, _) => {
                    tally.count("founded");
                    let act = world.signed_act(&["role.granted", "--set", "actor=org:test", "--set", "role=registrar"]);
                    is_sound(&world, &log_of(&world, "ledger"), &act, &world.pins()).map(drop)
                }
                (-1 | 4 | 127, 2, "store.not_a_ledger") => {
                    tally.count("not founded");
                    Ok(())
                }
                _ => Err(format!("{said:?}\n{opened:?}")),
            }
        };
        tally.take(&fault.inject(call, *nth), judge());
    });
    tally.tell();
}

/// True short writes: the system writes as many bytes as the limit of a file's size leaves, and then refuses (EFBIG).
#[test]
#[ignore = "endurance"]
fn short_writes() {
    if !installed("prlimit") || !installed("env") {
        return;
    }
    let tally = Tally::new("short writes");
    for work in works().iter().filter(|work| ["append", "import", "append of a batch"].contains(&work.name)) {
        let pins = work.origin.pins();
        let whole = World::like(&work.origin);
        let command: Vec<&str> = work.command.iter().map(String::as_str).collect();
        whole.run(&command).expect(0);
        let (old, new) = (work.origin.read(LOG).len(), whole.read(LOG).len());
        let step = ((new - old) / 150).max(1);
        let limits: Vec<usize> = (old..=new).step_by(step).chain([old + 1, new - 1, new]).collect();
        on_all_cores(&limits, |limit| {
            let world = World::like(&work.origin);
            let mut limited = Command::new("env");
            world.tame(&mut limited);
            limited.args(["--ignore-signal=SIGXFSZ", "prlimit", &format!("--fsize={limit}")]);
            limited.arg(bin_dir().join("answerable")).args(["--ledger", "ledger", "--keys", "keys"]).args(&command);
            let said = finish(&mut limited);
            tally.count(if said.code == 0 { "survived" } else { "told as an error" });
            let judge = || {
                no_panic(&said)?;
                work.exit_is_right(&said, Fault::Fails("EFBIG"))?;
                let log = acknowledged(&world, work.origin.size(), &said)?;
                if let Found::Whole { cut: true, .. } = is_sound(&world, &log, "next.event.json", &pins)? {
                    tally.count("torn tails cut");
                }
                Ok(())
            };
            tally.take(&format!("{}, files of at most {limit} bytes", work.name), judge());
        });
    }
    assert!(tally.counted("torn tails cut") > 0, "no write was cut short");
    tally.tell();
}
