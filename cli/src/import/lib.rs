//! Import: from a table and a mapping file to a plan of acts. Pure: nothing here touches a ledger.
//! A library of its own within the program's package, so that tests and fuzzers reach it.
#![forbid(unsafe_code)]

pub mod acts;
pub mod codes;
pub mod dates;
pub mod mapping;
pub mod members;
pub mod plan;
pub mod reader;
pub mod rows;
pub mod rules;
pub mod sections;
pub mod template;
