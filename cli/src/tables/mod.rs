//! Tables as files: typed columns, what they mean, codes of countries, and each format.
//! Not here: what the rows say (`answerable_ledger::projection::tables`).

pub mod columns;
pub mod countries;
pub mod frame;
mod parquet_file;
