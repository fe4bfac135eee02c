//! Fuzz targets: one plain function for each parser and judgement that meets foreign bytes. Each asserts what must hold for
//! all input, not only that nothing panics. `tests/replay.rs` runs them on stable, within `cargo test`; `fuzz/run` for hours.
//! Not here: the fuzzing engine (`bin/fuzz-one.rs`), the corpora (`corpus/TARGET/`). See docs/FUZZING.md.
#![forbid(unsafe_code)]

mod bytes;
mod files;
mod import;
#[path = "../../verifier/tests/kit/mod.rs"]
mod kit;
mod law;
mod ledger;
pub mod mutate;
mod notes;
mod proofs;
mod records;
mod tiles;
pub mod watching;
pub mod worked;

/// A target's name, and the function. It panics where a property does not hold.
pub type Target = (&'static str, fn(&[u8]));

/// All of them. A name is also the folder of its corpus.
pub const TARGETS: &[Target] = &[
    ("record", records::record),
    ("event_file", records::event_file),
    ("canonical", records::canonical),
    ("note", notes::note),
    ("checkpoint", notes::checkpoint),
    ("vkey", notes::vkey),
    ("proof", proofs::proof),
    ("receipt", proofs::receipt),
    ("inclusion", proofs::inclusion),
    ("consistency", proofs::consistency),
    ("tiles", tiles::tiles),
    ("bundle", tiles::bundle),
    ("request", files::request),
    ("pin", files::pin),
    ("ledger", ledger::ledger),
    ("law", law::law),
    ("mapping", import::mapping),
    ("table", import::table),
    ("plan", import::plan_of),
    ("policy", watching::policy),
    ("cosignature", watching::cosignature),
    ("add_checkpoint", watching::add_checkpoint),
];

/// The target of that name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, run)| *run)
}
