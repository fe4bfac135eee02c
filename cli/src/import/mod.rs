//! Import: from a table and a mapping file to a plan of acts. Pure: nothing here touches a ledger.

pub mod codes;
pub mod mapping;
pub mod plan;
pub mod rows;
