//! Keeps and replays: the log on disk, what is derived from it, the append pipeline, projections, export.
//!
//! The log is the truth; everything under `index/` and `tile/` is derived and can be thrown away.
//! Not here: what is valid (the verifier judges every record that comes in), private keys, terminals, clocks.
#![forbid(unsafe_code)]

pub mod append;
pub mod attachments;
pub mod check;
mod cosigned;
pub mod derived;
pub mod error;
pub mod export;
pub mod files;
pub mod index;
pub mod log;
pub mod partial;
pub mod past;
pub mod projection;
pub mod publish;
pub mod receipt;
pub mod runs;
pub mod signing;
pub mod store;
pub mod tiles;

pub use error::{Notice, StoreError};
pub use store::Ledger;
