//! Watches ledgers that others keep: a witness that cosigns checkpoints (c2sp.org/tlog-witness), the client that asks one,
//! and the memory of a monitor.
//! Not here: judging records and signatures (`answerable-verifier`), private keys, clocks, the terminal.
#![forbid(unsafe_code)]

pub mod client;
pub mod decision;
mod files;
mod http;
pub mod memory;
pub mod request;
pub mod server;
pub mod witness;
