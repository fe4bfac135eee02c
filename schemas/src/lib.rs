//! What may be said in a ledger, and when it is lawful.
//!
//! In here: identifiers and dates, the event envelope, the catalogue of event types with their bodies,
//! the role table, the state machines that judge an act among the acts before it, and the rules bundle
//! (JSON Schemas included) generated from all of these. Everything is pure: no file, no clock, no network.
//! Not in here: bytes, hashes and signatures (`answerable-verifier`), storage (`answerable-ledger`).
#![forbid(unsafe_code)]

pub mod bundle;
pub mod catalogue;
pub mod dates;
pub mod envelope;
pub mod governance;
pub mod history;
pub mod ids;
pub mod law;
pub mod provision;
pub mod records;
pub mod roles;
mod same;
pub mod schedule;
pub mod stories;
pub mod story;
pub mod treaty;

pub use catalogue::Body;
pub use dates::{CalendarDate, Instant};
pub use envelope::{Event, Standing};
pub use history::{Fact, History, MemoryHistory};
pub use ids::{ActorId, EventId, KeyName, StreamName, TypeName};
