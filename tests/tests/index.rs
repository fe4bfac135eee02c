//! The index on the disk keeps up with what commands write. Not here: damaged indexes (`crash.rs`).

use answerable_ledger::index::{Index, SledIndex};
use answerable_tests::World;

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
    let index = SledIndex::open(&world.at("ledger")).unwrap_or_else(|_| panic!("no other process is there"));
    let snapshot = index.snapshot().unwrap().expect("a snapshot");
    assert_eq!(snapshot.size, size + 1);
}
