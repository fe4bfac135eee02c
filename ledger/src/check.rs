//! What is derived, derived anew from the log and compared: do answers rest on all records, and on no others?
//! Not here: whether the records are valid (`answerable_verifier::audit`), rebuilding (`store`).

use std::collections::BTreeSet;

use answerable_schemas::StreamName;
use answerable_verifier::authority::Authority;
use answerable_verifier::encoding::Hash;
use answerable_verifier::tiles::{TileSource, tiles_for_growth};

use crate::error::StoreError;
use crate::index::{Added, Index};
use crate::store::Ledger;

/// What the comparison found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub records: u64,
    pub streams: u64,
    /// In words; empty if all is as the log has it.
    pub differences: Vec<String>,
}

/// A place without tiles: they are made from the first leaf on.
struct Nothing;

impl TileSource for Nothing {
    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

impl Ledger {
    /// Reads every record. `progress` is called with the number of records read so far.
    pub fn check_derived(&self, progress: &mut dyn FnMut(u64)) -> Result<Checked, StoreError> {
        let size = self.checkpoint.size;
        let past = self.past();
        let mut given = Added::default();
        let mut authority = Authority::default();
        let mut leaves: Vec<Hash> = Vec::new();
        let mut differences = Vec::new();
        for seq in 0..size {
            let record = match past.record(seq) {
                Ok(record) => record,
                // Where it lies, or what it hashes to, is derived as well.
                Err(StoreError::Derived(why)) => {
                    let differences = vec![why];
                    return Ok(Checked { records: seq, streams: given.streams.len() as u64, differences });
                }
                Err(e) => return Err(e),
            };
            let body = record.body().map_err(|fault| StoreError::Fault(fault.at(seq)))?;
            authority.apply(seq, record.signed.id, &body);
            given.add(seq, &record.event().stream, &body);
            leaves.push(record.leaf);
            progress(seq + 1);
        }
        let indexed = past.index.streams_with_prefix("")?;
        let names: BTreeSet<&StreamName> = given.streams.keys().chain(&indexed).collect();
        for name in names {
            let (log, index) = (given.streams.get(name).map_or(&[][..], Vec::as_slice), past.index.postings(name)?);
            if log != index {
                let apart = |one: &[u64], other: &[u64]| {
                    let seqs: Vec<String> = one.iter().filter(|s| !other.contains(s)).map(u64::to_string).collect();
                    if seqs.is_empty() { "none".to_owned() } else { seqs.join(", ") }
                };
                let (missing, surplus) = (apart(log, &index), apart(&index, log));
                differences
                    .push(format!("the stream {name}: records missing in the index: {missing}; surplus: {surplus}"));
            }
            if given.resting_on(name) != past.index.resting_on(name)? {
                differences.push(format!("the stream {name}: others rest on it than the index says"));
            }
        }
        for (actor, told) in &given.telling {
            if *told != past.index.telling_of(actor)? {
                differences.push(format!("{actor}: other records tell of it than the index says"));
            }
        }
        let plain = |authority: &Authority| serde_json::to_value(authority).ok();
        match past.index.snapshot()? {
            Some(kept) if kept.size == size && plain(&kept.authority) == plain(&authority) => {}
            _ => differences.push("keys, roles and founders are not those that the records leave behind".to_owned()),
        }
        for tile in tiles_for_growth(0, &leaves, &Nothing).map_err(|e| StoreError::Derived(e.to_string()))? {
            if past.tiles.read(&tile.path()).ok().flatten().as_ref() != Some(&tile.bytes) {
                differences.push(format!("{} does not hold what the records give", tile.path()));
            }
        }
        Ok(Checked { records: size, streams: given.streams.len() as u64, differences })
    }

    /// Records that the index on the disk has; the rest was derived in memory.
    pub fn indexed(&self) -> u64 {
        self.past().index.written()
    }
}
