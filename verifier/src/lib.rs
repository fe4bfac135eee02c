//! The judge: canonical bytes, signatures, keys, chains, Merkle tree, checkpoints and proofs, authority and law.
//!
//! A ledger admits a record through `judge`, and an auditor judges an export through the same code.
//! Not here: storage, network, clocks; what may be said and what is lawful (`answerable-schemas`).
#![forbid(unsafe_code)]

pub mod audit;
pub mod authority;
pub mod batch;
pub mod canonical;
pub mod checkpoint;
pub mod cosignature;
pub mod counts;
mod custody;
pub mod dsse;
pub mod ed25519;
pub mod encoding;
pub mod exported;
pub mod fault;
mod governance;
pub mod handover;
pub mod judge;
pub mod merkle;
pub mod note;
pub mod partial;
pub mod pin;
pub mod pipeline;
pub mod policy;
pub mod proof;
pub mod published;
pub mod record;
pub mod report;
pub mod request;
mod reread;
pub mod since;
mod streams;
pub mod tiles;
pub mod tree;
pub mod witnessed;
