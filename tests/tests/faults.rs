//! System calls that fail, and kills between any two of them, by strace: a disk that is full, a disk that is dying, and
//! the power going at every single step of an append.
//! Not here: kills at random moments, damaged files (`crash`).

use answerable_tests::strace::{calls, can_trace, traced};
use answerable_tests::writing::{IMPORT, LOG, table_from};
use answerable_tests::{Output, World, finish, read_tree};

/// What an append does to the disk.
const CALLS: [&str; 9] =
    ["openat", "write", "pwrite64", "fsync", "fdatasync", "rename", "ftruncate", "mkdir", "sync_file_range"];

const APPEND: [&str; 2] = ["append", "act.event.json"];

fn origin() -> World {
    let world = World::small();
    world.signed_act(&["actor.registered", "--set", "actor=org:x", "--set", "name=X", "--set", "kind=other"]);
    world.ok(&["status"]);
    world
}

/// Whatever happened: what was acknowledged is there, readers answer, the same append brings the event in once, and
/// the whole ledger verifies.
#[track_caller]
fn is_sound_afterwards(world: &World, before: u64, said: &Output, what: &str) {
    let acknowledged = said.code == 0 && said.stdout.contains("recorded");
    assert!(world.size() >= before + u64::from(acknowledged), "{what}: {} records are left", world.size());
    let log = read_tree(&world.at("ledger/log"));
    world.run(&["status"]).expect(0);
    assert!(log == read_tree(&world.at("ledger/log")), "{what}: a reader changed the log");
    let again = world.run(&APPEND).expect(0);
    assert!(again.stdout.contains("recorded"), "{what}: {again:?}");
    assert_eq!(world.size(), before + 1, "{what}: {again:?}");
    world.ok(&["export", "export"]);
    world.verify("export", &world.pins()).expect(0);
}

/// The power goes before each system call that touches the disk, one after the other: there is no step at which a
/// ledger is lost.
#[test]
fn a_kill_at_every_step_of_an_append_is_survived() {
    if !can_trace() {
        return;
    }
    let origin = origin();
    let before = origin.size();
    let mut kills = 0;
    for call in CALLS {
        for nth in 1..=calls(&World::like(&origin), call, &APPEND) {
            let world = World::like(&origin);
            let inject = format!("inject={call}:signal=KILL:when={nth}");
            let said = traced(&world, &["-e", &format!("trace={call}"), "-e", &inject], &APPEND);
            kills += usize::from(said.code != 0);
            is_sound_afterwards(&world, before, &said, &format!("killed at {call} number {nth}"));
        }
    }
    assert!(kills > 20, "only {kills} kills: the calls that an append makes were not found");
}

/// A disk that fails: the error is told with exit code 4, nothing that was acknowledged is lost, nothing is
/// acknowledged that is not there, and the next opening works.
fn every_failure(call: &str, errno: &str) {
    if !can_trace() {
        return;
    }
    let origin = origin();
    let before = origin.size();
    let count = calls(&World::like(&origin), call, &APPEND);
    assert!(count > 0, "an append makes no {call}");
    let mut failed = 0;
    for nth in 1..=count {
        let world = World::like(&origin);
        let inject = format!("inject={call}:error={errno}:when={nth}");
        let said = traced(&world, &["-e", &format!("trace={call}"), "-e", &inject], &APPEND);
        let what = format!("{errno} at {call} number {nth}");
        // What fails behind the checkpoint is derived, and is made anew; before it, the append failed.
        assert!([0, 4].contains(&said.code), "{what}: {said:?}");
        if said.code == 4 {
            assert_eq!(said.stdout, "", "{what}: an answer although it failed");
            assert_eq!(said.stderr.matches("error: ").count(), 1, "{what}: {}", said.stderr);
            assert_eq!(said.stderr.matches("hint: ").count(), 1, "{what}: {}", said.stderr);
            failed += 1;
        }
        is_sound_afterwards(&world, before, &said, &what);
    }
    assert!(failed > 0, "no {call} of an append is checked");
}

#[test]
fn a_failed_fdatasync_acknowledges_nothing() {
    every_failure("fdatasync", "EIO");
}

#[test]
fn a_failed_fsync_acknowledges_nothing() {
    every_failure("fsync", "EIO");
}

#[test]
fn a_failed_rename_acknowledges_nothing() {
    every_failure("rename", "EIO");
}

/// The answer itself may not get out either: then it was not given, and the exit code must not say that it was.
#[test]
fn a_full_disk_acknowledges_nothing() {
    every_failure("write", "ENOSPC");
}

/// `answerable treaty status … > file` on a full disk leaves an empty file: the exit code is all that tells.
#[test]
fn a_full_disk_under_stdout_is_an_error() {
    let world = World::small();
    let Ok(full) = std::fs::OpenOptions::new().write(true).open("/dev/full") else {
        eprintln!("skipped: there is no /dev/full");
        return;
    };
    let mut command = world.command(&["log"]);
    let output = command.stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "a lost answer passed for a good one: {stderr:?}");
    assert!(stderr.starts_with("error: "), "{stderr:?}");
}

/// A killed import had left its records behind the checkpoint. The next one compared its table with what was acknowledged, then
/// acknowledged what was left, and recorded the table anew: refused row by row, or twice where the law allows it.
#[test]
fn an_import_knows_what_a_killed_one_left() {
    let origin = origin();
    table_from(&origin, 1, 40);
    let whole = World::like(&origin);
    whole.run(&IMPORT).expect(0);
    let size = whole.size();
    origin.write(LOG, whole.read(LOG));
    let said = origin.run(&IMPORT).expect(0);
    assert!(said.stdout.contains("0 new acts, 0 corrections, 40 recorded before"), "{said:?}");
    assert_eq!(origin.size(), size);
}

/// Acts of a large table are put aside in a temporary file: where there is no room for it, it is said, and nothing is recorded.
#[test]
fn a_large_table_is_put_aside_and_says_where_it_cannot_be() {
    let world = World::small();
    table_from(&world, 1, 1);
    let name = "long ".repeat(3_000);
    let rows: String = (0..1_300).map(|i| format!("org:t-{i:05},{i} {name}\n")).collect();
    world.write("big.csv", format!("actor,name\n{rows}"));
    let before = world.read(LOG);
    let without_room = finish(world.command(&IMPORT).env("TMPDIR", world.at("nowhere"))).expect(4);
    assert_eq!(without_room.error_code(), "import.aside");
    assert!(without_room.stderr.contains("nowhere") && before == world.read(LOG), "{without_room:?}");
    let planned = world.run(&[&IMPORT[..], &["--dry-run"]].concat()).expect(0);
    assert!(planned.stdout.contains("1300 rows: 1300 new acts"), "{}", &planned.stdout[planned.stdout.len() - 200..]);
}
