//! What the tests of crashes write to a ledger: registrations, tables of many rows; and what of it was acknowledged.
//! Not here: what the ledger says of it.

use std::fs;

use crate::World;

/// The first segment of a world's log.
pub const LOG: &str = "ledger/log/000000000000.jsonl";

/// Signs the registration of an actor; answers the event file.
#[track_caller]
pub fn registration(world: &World, id: &str) -> String {
    let actor = format!("actor={id}");
    let file = world.signed_act(&["actor.registered", "--set", &actor, "--set", "name=X", "--set", "kind=other"]);
    let name = format!("{}.event.json", id.replace(':', "-"));
    fs::rename(world.at(&file), world.at(&name)).expect("it was just written");
    name
}

/// A table of so many actors, the first of them number `from`, and its mapping: `IMPORT` takes it.
pub fn table_from(world: &World, from: u64, rows: u64) {
    let rows: String = (from..from + rows).map(|i| format!("org:t-{i:05},Organisation {i}\n")).collect();
    world.write("big.csv", format!("actor,name\n{rows}"));
    let mapping = "version = 1\nid = \"big\"\nformat = \"csv\"\nkey = [\"actor\"]\nstanding = \"own\"\n\n[[act]]\n\
        name = \"registration\"\ntype = \"actor.registered\"\neffective = { value = \"2000-01-01\" }\n[act.body]\n\
        actor = { column = \"actor\" }\nkind = { value = \"other\" }\nname = { column = \"name\" }\n";
    world.write("big.toml", mapping);
}

/// Imports the table of `table_from`.
pub const IMPORT: [&str; 7] = ["import", "big.csv", "--mapping", "big.toml", "--actor", "org:test", "--yes"];

/// The size that an import acknowledged last.
pub fn last_acknowledged(stderr: &str) -> Option<u64> {
    let numbers = stderr.lines().filter_map(|l| l.strip_prefix("notice: acknowledged: ")?.strip_suffix(" records"));
    numbers.filter_map(|n| n.parse().ok()).next_back()
}
