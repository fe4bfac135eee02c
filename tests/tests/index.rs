//! The index on the disk keeps up with what commands write. Not here: damaged indexes (`crash.rs`).

mod worked_ledger;

use std::collections::BTreeSet;
use std::fs;

use answerable_ledger::Ledger;
use answerable_ledger::index::{Added, Index, RunIndex};
use answerable_ledger::projection::kept::Kept;
use answerable_schemas::history::KnownAt;
use answerable_schemas::{ActorId, History, StreamName};
use answerable_tests::writing::IMPORT;
use answerable_tests::{World, copy_tree};
use answerable_verifier::authority::Authority;

/// `append` held the ledger open for reading while it opened it to write. So the writer found the index busy, made one of
/// all records in memory (four seconds for 96,000 records, at each append), and left the one on the disk behind.
#[test]
fn an_append_writes_the_index_on_the_disk() {
    let world = World::small();
    let size = world.size();
    world.act(&[
        "actor.registered",
        "--effective",
        "1990",
        "--set",
        "actor=org:x",
        "--set",
        "name=X",
        "--set",
        "kind=other",
    ]);
    let index = RunIndex::open(&world.at("ledger")).unwrap();
    let snapshot = index.snapshot().unwrap().expect("a snapshot");
    assert_eq!(snapshot.size, size + 1);
}

/// Answers come from the index. One that opens, fits the checkpoint, and yet leaves a record out, was believed for ever.
#[test]
fn an_index_that_leaves_a_record_out_is_found_and_rebuilt() {
    let world = World::founded();
    let stream: StreamName = "treaty:genocide-convention:RWA".parse().unwrap();
    let answer = |world: &World| world.ok(&["history", "treaty:genocide-convention:RWA", "--format", "json"]);
    let whole = answer(&world);
    assert!(world.ok(&["check"]).contains("as the log has it"));
    // The same index anew, but for one stream.
    let lie = || {
        let good = RunIndex::open(&world.at("ledger")).unwrap();
        let names = good.streams_with_prefix("").unwrap();
        let kept = names.into_iter().filter(|n| *n != stream).map(|n| (n.clone(), good.postings(&n).unwrap()));
        let kept = Added { streams: kept.collect(), ..Added::default() };
        let snapshot = good.snapshot().unwrap().unwrap();
        drop(good);
        fs::remove_dir_all(RunIndex::folder(&world.at("ledger"))).unwrap();
        let mut bad = RunIndex::open(&world.at("ledger")).unwrap();
        bad.may_write = true;
        bad.write(&kept, &snapshot).unwrap();
    };
    let seqs = |world: &World| {
        let index = RunIndex::open(&world.at("ledger")).unwrap();
        index.postings(&stream).unwrap()
    };
    let all = seqs(&world);
    lie();
    let misled = world.run(&["history", "treaty:genocide-convention:RWA"]).expect(2);
    assert_eq!(misled.error_code(), "stream.unknown", "the lie is told");
    let told = world.run(&["check", "--dry-run"]).expect(1);
    assert_eq!(told.error_code(), "store.index_differs");
    assert!(told.stdout.contains(&format!("records missing in the index: {}", all[0])), "{told:?}");
    assert!(seqs(&world).is_empty(), "a dry run rebuilds nothing");
    world.run(&["check"]).expect(1);
    assert_eq!((seqs(&world), answer(&world)), (all, whole));
    world.ok(&["check"]);
    // A tile that no answer has needed yet.
    let mut bytes = world.read("ledger/tile/0/001");
    bytes[0] ^= 1;
    world.write("ledger/tile/0/001", bytes);
    let told = world.run(&["check"]).expect(1);
    assert!(told.stdout.contains("difference"), "{told:?}");
    world.ok(&["check"]);
}

/// The same lie about whom records tell of: a comparison that asks for one actor would not look at them.
#[test]
fn an_index_that_leaves_out_whom_a_record_names_is_found_and_rebuilt() {
    let (world, later) = worked_ledger::recorded_but(60);
    let diff = ["diff", "--as-of", "2000-01-01", "--as-of", "2026-11-23", "--state", "state:XXB"];
    let whole = world.ok(&diff);
    let good = RunIndex::open(&world.at("ledger")).unwrap();
    let names = good.streams_with_prefix("").unwrap();
    let streams = names.iter().map(|n| (n.clone(), good.postings(n).unwrap())).collect();
    let resting = names.iter().map(|n| (n.clone(), good.resting_on(n).unwrap().into_iter().collect())).collect();
    let (bad, snapshot) = (Added { streams, resting, ..Added::default() }, good.snapshot().unwrap().unwrap());
    drop(good);
    fs::remove_dir_all(RunIndex::folder(&world.at("ledger"))).unwrap();
    let mut index = RunIndex::open(&world.at("ledger")).unwrap();
    index.may_write = true;
    index.write(&bad, &snapshot).unwrap();
    drop(index);
    assert_ne!(world.ok(&diff), whole, "the lie is told");
    let told = world.run(&["check"]).expect(1);
    assert!(told.stdout.contains("state:XXB: other records tell of it than the index says"), "{told:?}");
    assert_eq!(world.ok(&diff), whole);
    // And what comes after is added to what was rebuilt.
    world.ok(&["append", &later]);
    world.ok(&["check"]);
}

/// What the index knows without reading is what reading all records says: which streams have a record between two sizes, and
/// which tell of an actor.
#[test]
fn the_index_answers_as_all_records_do() {
    let world = worked_ledger::recorded();
    // In several runs, and as one.
    for name in ["later", "latest"] {
        world.says_something(name);
    }
    for rebuilt in [false, true] {
        if rebuilt {
            fs::remove_dir_all(RunIndex::folder(&world.at("ledger"))).unwrap();
        }
        let (ledger, _) = Ledger::open(&world.at("ledger")).unwrap();
        let (past, n) = (ledger.past(), world.size());
        // It knows no shorter way than to read.
        let reading = Kept::of(past);
        let mut actors: BTreeSet<ActorId> = (0..n).flat_map(|seq| past.fact(seq).unwrap().body.actors_told()).collect();
        actors.insert("state:ZZZ".parse().unwrap());
        assert!(actors.len() > 20 && actors.contains("state:XXB"));
        for size in [0, 1, n / 3, n / 2, n - 1, n, u64::MAX] {
            let (quick, slow) = (KnownAt { history: past, size }, KnownAt { history: &reading, size });
            for actor in &actors {
                assert_eq!(quick.telling_of(actor).unwrap(), slow.telling_of(actor).unwrap(), "{actor} at {size}");
            }
            for prefix in ["", "decision:", "treaty:genocide-convention:", "s"] {
                assert_eq!(quick.streams_with_prefix(prefix).unwrap(), slow.streams_with_prefix(prefix).unwrap());
                for (from, to) in [(0, n), (0, 0), (n / 3, n / 2), (n / 2, n / 3), (n - 1, n), (n, u64::MAX), (7, 8)] {
                    let (one, other) =
                        (quick.streams_between(prefix, from, to), slow.streams_between(prefix, from, to));
                    assert_eq!(one.unwrap(), other.unwrap(), "{prefix} from {from} to {to} at {size}");
                }
            }
        }
    }
}

/// Nobody waits for the index: after a crash it may lack what was acknowledged. Answers have it all the same.
#[test]
fn an_index_that_lags_behind_is_caught_up() {
    let world = World::small();
    let (folder, before) = (RunIndex::folder(&world.at("ledger")), world.at("before"));
    copy_tree(&folder, &before);
    let register =
        |actor: &str| world.act(&["actor.registered", "--set", actor, "--set", "name=X", "--set", "kind=other"]);
    register("actor=org:x");
    register("actor=org:y");
    fs::remove_dir_all(&folder).unwrap();
    copy_tree(&before, &folder);
    for actor in ["org:x", "org:y"] {
        assert!(world.ok(&["history", &format!("actor:{actor}")]).contains(actor), "{actor}");
    }
    let index = RunIndex::open(&world.at("ledger")).unwrap();
    assert_eq!(index.snapshot().unwrap().expect("a snapshot").size, world.size());
    drop(index);
    assert!(world.ok(&["check"]).contains("as the log has it"));
}

/// Keys and roles at an earlier time come from the streams that have them; here they are held against all records.
#[test]
fn authority_at_any_size_is_that_of_all_records_before() {
    let world = World::founded();
    world.act(&["actor.registered", "--set", "actor=org:x", "--set", "name=X", "--set", "kind=other"]);
    world.ok(&["key", "new", "org:x#1", "--no-passphrase"]);
    world.act(&["key.enrolled", "--enrol", "org:x#1"]);
    world.act(&["role.granted", "--set", "actor=org:x", "--set", "role=registrar"]);
    let (ledger, _) = Ledger::open(&world.at("ledger")).unwrap();
    let (size, mut all) = (world.size(), Authority::default());
    for seq in 0..size {
        if seq < 10 || seq + 10 > size {
            assert_eq!(format!("{:?}", ledger.authority_at(seq).unwrap()), format!("{all:?}"), "{seq} records");
        }
        let fact = ledger.past().fact(seq).unwrap();
        all.apply(seq, fact.id, &fact.body);
    }
    assert_eq!(format!("{:?}", ledger.authority_at(size).unwrap()), format!("{all:?}"));
    assert!(all.keys.len() > 1 && !all.roles.is_empty());
}

/// Three batches: the index is written between them, and acts follow acts that are on their way.
#[test]
fn an_import_of_many_batches_fills_the_index() {
    let world = World::bare();
    let begun = world.size();
    let rows: String = (0..2_600).map(|i| format!("org:t-{i:05},Old {i},New {i}\n")).collect();
    world.write("big.csv", format!("actor,name,new\n{rows}"));
    let mapping = "version = 1\nid = \"big\"\nformat = \"csv\"\nkey = [\"actor\"]\nstanding = \"own\"\n\n[[act]]\n\
        name = \"registration\"\ntype = \"actor.registered\"\neffective = { value = \"2000-01-01\" }\n[act.body]\n\
        actor = { column = \"actor\" }\nkind = { value = \"other\" }\nname = { column = \"name\" }\n\n[[act]]\n\
        name = \"renaming\"\ntype = \"actor.renamed\"\neffective = { value = \"2010-01-01\" }\n[act.body]\n\
        actor = { column = \"actor\" }\nname = { column = \"new\" }\n";
    world.write("big.toml", mapping);
    world.run(&IMPORT).expect(0);
    assert_eq!(world.size(), begun + 5_200);
    let snapshot = RunIndex::open(&world.at("ledger")).unwrap().snapshot().unwrap().expect("a snapshot");
    assert_eq!(snapshot.size, world.size());
    assert!(world.ok(&["check"]).contains("as the log has it"));
    assert!(world.ok(&["history", "actor:org:t-02599"]).contains("New 2599"));
}
