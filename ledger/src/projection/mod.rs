//! Projections: answers computed from the records, as of a date and as known at a size of the ledger.
//! Every answer names the records that it rests on. Nothing here is stored.

pub mod treaty;
