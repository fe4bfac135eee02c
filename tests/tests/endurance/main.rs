//! The endurance suite: a ledger is killed, starved, flipped and cut off, many thousand times, and judged after each.
//! `scripts/endurance` runs it (docs/ENDURANCE.md); every test is ignored in a plain `cargo test`.
//! Not here: the short tests of the same, which run always (`crash`, `faults`, `index`).

mod disk;
mod flips;
mod injection;
mod judge;
mod kills;
mod lost_writes;
mod origins;
#[path = "../served/mod.rs"]
mod served;
mod surroundings;
mod tally;
mod trace;
