//! Sorted runs: files that are written once, each with keys in order and the records of each key. A reader follows no lock and
//! waits for nobody: what it opened stays as it is. Each block carries its hash: a flipped bit is an error, and no answer.
//! Not here: what keys mean, and which runs make up an index (`index`).
//!
//! | part | bytes |
//! |---|---|
//! | blocks | entries in ascending order of keys, each a key and its records; some 4 KiB a block |
//! | table | a filter of all keys; and of each block: where it begins, its length, its SHA-256, its first key |
//! | end | where the table begins (8 bytes, big-endian) |
//!
//! Blocks and table are in the encoding of `index`. Who opens a run knows the hash of its table. The filter also has what
//! stands before the first NUL of each key that has one, with the NUL: whoever asks for all keys that begin so need not look.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use answerable_verifier::encoding::Hash;
use serde::{Deserialize, Serialize};
use serde_bytes::{ByteArray, ByteBuf};

use crate::error::StoreError;
use crate::files::io;
use crate::index::{decode, encode};

/// A block is closed once its entries have this size.
const BLOCK: usize = 4096;
/// Bytes of blocks that are kept at hand, all runs of an index together.
const AT_HAND: usize = 16 << 20;

/// SHA-256 of a run's table, and so of all of it.
pub type Sum = [u8; 32];

/// A key and its records, ascending.
pub type Entry = (ByteBuf, Vec<u64>);

#[derive(Serialize, Deserialize)]
struct Table {
    filter: Filter,
    blocks: Vec<Block>,
}

#[derive(Serialize, Deserialize)]
struct Block {
    start: u64,
    len: u32,
    sha256: ByteArray<32>,
    first: ByteBuf,
}

/// A run that is open.
pub struct Run {
    file: File,
    name: String,
    sum: Sum,
    table: Table,
}

/// Blocks that were read and checked.
#[derive(Default)]
pub struct AtHand(RefCell<Held>);

#[derive(Default)]
struct Held {
    /// By the run's sum and the number of the block.
    blocks: HashMap<(Sum, usize), Arc<Vec<Entry>>>,
    bytes: usize,
}

impl Run {
    /// Opens a run whose table has this hash.
    pub fn open(folder: &Path, name: &str, wanted: &Sum) -> Result<Self, StoreError> {
        let path = folder.join(name);
        let file = File::open(&path).map_err(io(&path))?;
        let unsound = || damaged(name);
        let len = file.metadata().map_err(io(&path))?.len();
        let end_at = len.checked_sub(8).ok_or_else(unsound)?;
        let mut end = [0; 8];
        file.read_exact_at(&mut end, end_at).map_err(io(&path))?;
        let start = u64::from_be_bytes(end);
        let table_len = end_at.checked_sub(start).ok_or_else(unsound)?;
        let mut table = vec![0; usize::try_from(table_len).map_err(|_| unsound())?];
        file.read_exact_at(&mut table, start).map_err(io(&path))?;
        if Hash::sha256(&table).0 != *wanted {
            return Err(unsound());
        }
        Ok(Self { file, name: name.to_owned(), sum: *wanted, table: decode(&table)? })
    }

    pub fn sum(&self) -> Sum {
        self.sum
    }

    fn block(&self, number: usize) -> Result<Vec<Entry>, StoreError> {
        let block = &self.table.blocks[number];
        let mut bytes = vec![0; block.len as usize];
        self.file.read_exact_at(&mut bytes, block.start).map_err(|_| damaged(&self.name))?;
        match Hash::sha256(&bytes).0 == *block.sha256 {
            true => decode(&bytes),
            false => Err(damaged(&self.name)),
        }
    }

    fn block_at_hand(&self, number: usize, at_hand: &AtHand) -> Result<Arc<Vec<Entry>>, StoreError> {
        let key = (self.sum, number);
        let mut held = at_hand.0.borrow_mut();
        if let Some(block) = held.blocks.get(&key) {
            return Ok(block.clone());
        }
        let block = Arc::new(self.block(number)?);
        let len = self.table.blocks[number].len as usize;
        if held.bytes + len > AT_HAND {
            *held = Held::default();
        }
        held.bytes += len;
        held.blocks.insert(key, block.clone());
        Ok(block)
    }

    /// The block in which a key is, if it is anywhere.
    fn block_of(&self, key: &[u8]) -> Option<usize> {
        self.table.blocks.partition_point(|block| block.first.as_slice() <= key).checked_sub(1)
    }

    /// The records of a key, added behind those that are there.
    pub fn get(&self, key: &[u8], at_hand: &AtHand, found: &mut Vec<u64>) -> Result<(), StoreError> {
        let Some(number) = self.block_of(key).filter(|_| self.table.filter.may_have(key)) else { return Ok(()) };
        let block = self.block_at_hand(number, at_hand)?;
        if let Ok(at) = block.binary_search_by(|(there, _)| there.as_slice().cmp(key)) {
            found.extend_from_slice(&block[at].1);
        }
        Ok(())
    }

    /// Calls `each` with the keys that begin so and their records, in order.
    pub fn with_prefix(&self, prefix: &[u8], at_hand: &AtHand, each: &mut Each<'_>) -> Result<(), StoreError> {
        if prefix.ends_with(b"\0") && !self.table.filter.may_have(prefix) {
            return Ok(());
        }
        for number in self.block_of(prefix).unwrap_or(0)..self.table.blocks.len() {
            let block = self.block_at_hand(number, at_hand)?;
            let from = block.partition_point(|(key, _)| key.as_slice() < prefix);
            for (key, records) in &block[from..] {
                if !key.starts_with(prefix) {
                    return Ok(());
                }
                each(key, records)?;
            }
        }
        Ok(())
    }

    /// All entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, StoreError>> + '_ {
        (0..self.table.blocks.len()).flat_map(|number| match self.block(number) {
            Ok(block) => block.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(e) => vec![Err(e)],
        })
    }
}

fn damaged(name: &str) -> StoreError {
    StoreError::Derived(format!("the index is damaged: {name}"))
}

/// What is called with a key and its records.
pub type Each<'a> = dyn FnMut(&[u8], &[u64]) -> Result<(), StoreError> + 'a;

/// Sources of entries, the oldest first.
pub type Sources<'a> = Vec<Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a>>;

/// Writes a run of all that the sources have: the records of a key that is in several stand in the order of the sources, none
/// twice. It is not synced: a run that a crash spoilt is found by its hashes. It is open, under the name that it will have.
pub fn write(path: &Path, name: &str, sources: Sources<'_>) -> Result<Run, StoreError> {
    let file = File::options().read(true).write(true).create(true).truncate(true).open(path).map_err(io(path))?;
    let mut writing = Writing {
        out: BufWriter::with_capacity(1 << 16, file),
        path,
        at: 0,
        block: Vec::new(),
        size: 0,
        blocks: Vec::new(),
        hashes: Vec::new(),
    };
    let mut sources: Vec<_> = sources.into_iter().map(Iterator::peekable).collect();
    loop {
        // The first of those whose next key is the least.
        let mut least: Option<(usize, &[u8])> = None;
        let mut failed = None;
        for (number, source) in sources.iter_mut().enumerate() {
            match source.peek() {
                Some(Ok((key, _))) if least.is_none_or(|(_, l)| key.as_slice() < l) => least = Some((number, key)),
                Some(Err(_)) => failed = Some(number),
                _ => {}
            }
        }
        if let Some(number) = failed {
            return Err(sources[number].next().expect("it was seen").expect_err("it is an error"));
        }
        let Some((first, _)) = least else { break };
        let (key, mut records) = sources[first].next().expect("it was seen")?;
        for source in &mut sources[first + 1..] {
            if let Some(entry) = source.next_if(|entry| entry.as_ref().is_ok_and(|(there, _)| *there == key)) {
                let last = records.last().copied();
                records.extend(entry?.1.into_iter().filter(|seq| last.is_none_or(|last| *seq > last)));
            }
        }
        writing.entry((key, records))?;
    }
    writing.finish(name)
}

struct Writing<'a> {
    out: BufWriter<File>,
    path: &'a Path,
    at: u64,
    block: Vec<Entry>,
    /// Bytes of the open block, roughly.
    size: usize,
    blocks: Vec<Block>,
    /// Of what the filter shall have.
    hashes: Vec<u64>,
}

impl Writing<'_> {
    fn entry(&mut self, entry: Entry) -> Result<(), StoreError> {
        self.size += entry.0.len() + 5 * entry.1.len();
        self.hashes.push(hash(&entry.0));
        if let Some(nul) = entry.0.iter().position(|b| *b == 0) {
            let prefix = hash(&entry.0[..=nul]);
            // Those that begin so follow each other.
            if self.hashes.len() < 3 || self.hashes[self.hashes.len() - 2] != prefix {
                self.hashes.push(prefix);
            }
        }
        self.block.push(entry);
        if self.size >= BLOCK { self.end_block() } else { Ok(()) }
    }

    fn end_block(&mut self) -> Result<(), StoreError> {
        let Some((first, _)) = self.block.first() else { return Ok(()) };
        let first = first.clone();
        let bytes = encode(&self.block);
        let len =
            u32::try_from(bytes.len()).map_err(|_| StoreError::Derived("a stream is too long to index".into()))?;
        self.out.write_all(&bytes).map_err(io(self.path))?;
        self.blocks.push(Block { start: self.at, len, sha256: Hash::sha256(&bytes).0.into(), first });
        self.at += u64::from(len);
        self.block.clear();
        self.size = 0;
        Ok(())
    }

    fn finish(mut self, name: &str) -> Result<Run, StoreError> {
        self.end_block()?;
        let table = Table { filter: Filter::of(&self.hashes), blocks: self.blocks };
        let bytes = encode(&table);
        let end = self.at.to_be_bytes();
        self.out.write_all(&bytes).and_then(|()| self.out.write_all(&end)).map_err(io(self.path))?;
        let file = self.out.into_inner().map_err(|e| io(self.path)(e.into_error()))?;
        Ok(Run { file, name: name.to_owned(), sum: Hash::sha256(&bytes).0, table })
    }
}

/// A Bloom filter: says of a key that it is not there, or that it may be. One of a hundred that are not there may be.
#[derive(Serialize, Deserialize)]
struct Filter {
    bits: ByteBuf,
}

impl Filter {
    /// Bits for each key, and those of them that are set.
    const BITS: usize = 10;
    const SET: u64 = 7;

    fn of(hashes: &[u64]) -> Self {
        let mut filter = Self { bits: ByteBuf::from(vec![0; (hashes.len() * Self::BITS).div_ceil(8).max(8)]) };
        for hash in hashes {
            for (byte, bit) in filter.places(*hash) {
                filter.bits[byte] |= bit;
            }
        }
        filter
    }

    fn may_have(&self, key: &[u8]) -> bool {
        !self.bits.is_empty() && self.places(hash(key)).all(|(byte, bit)| self.bits[byte] & bit != 0)
    }

    /// Bits by double hashing: two halves of one hash make all of them.
    fn places(&self, hash: u64) -> impl Iterator<Item = (usize, u8)> + use<> {
        let (bits, step) = (self.bits.len() as u64 * 8, hash >> 32 | 1);
        (0..Self::SET).map(move |i| {
            let place = hash.wrapping_add(i.wrapping_mul(step)) % bits;
            ((place / 8) as usize, 1 << (place % 8))
        })
    }
}

/// FNV-1a of 64 bits, and the last step of MurmurHash3, which spreads it over all bits. It is in files, so it must never change.
fn hash(key: &[u8]) -> u64 {
    let fnv = key.iter().fold(0xcbf2_9ce4_8422_2325, |h: u64, b| (h ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (fnv ^ fnv >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ mixed >> 33
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(n: u64) -> Vec<u8> {
        [b"r", n.to_string().as_bytes(), b"\0", (n * 7).to_string().as_bytes()].concat()
    }

    /// The records of `key(n)` in a run of `from..to`.
    fn run(folder: &Path, name: &str, from: u64, to: u64) -> Run {
        let mut entries: Vec<Entry> = (from..to).map(|n| (ByteBuf::from(key(n)), vec![n, n + 1_000_000])).collect();
        entries.sort();
        write(&folder.join(name), name, vec![Box::new(entries.into_iter().map(Ok))]).unwrap()
    }

    fn records(run: &Run, key: &[u8]) -> Vec<u64> {
        let mut found = Vec::new();
        run.get(key, &AtHand::default(), &mut found).unwrap();
        found
    }

    #[test]
    fn a_filter_hides_nothing_and_seldom_lets_pass_what_is_not_there() {
        let hashes: Vec<u64> = (0..10_000).map(|n| hash(&key(n))).collect();
        let filter = Filter::of(&hashes);
        assert!((0..10_000).all(|n| filter.may_have(&key(n))));
        let wrong = (10_000..110_000).filter(|n| filter.may_have(&key(*n))).count();
        assert!((100..3_000).contains(&wrong), "{wrong} of 100,000");
        assert!(!Filter::of(&[]).may_have(b"x"));
    }

    #[test]
    fn what_is_put_together_is_found_and_what_is_damaged_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (run(folder.path(), "one", 0, 3_000), run(folder.path(), "two", 2_000, 4_000));
        let both: Sources<'_> = vec![Box::new(one.entries()), Box::new(two.entries())];
        let whole = write(&folder.path().join("whole"), "whole", both).unwrap();
        for n in 0..4_000 {
            assert_eq!(records(&whole, &key(n)), [n, n + 1_000_000], "{n}");
            let mut names = Vec::new();
            let prefix = [b"r", n.to_string().as_bytes(), b"\0"].concat();
            let mut take = |key: &[u8], _: &[u64]| {
                names.push(key.to_vec());
                Ok(())
            };
            whole.with_prefix(&prefix, &AtHand::default(), &mut take).unwrap();
            assert_eq!(names, [key(n)]);
        }
        assert_eq!(records(&whole, b"r4000\0"), [0; 0]);
        let path = folder.path().join("whole");
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(Run::open(folder.path(), "whole", &whole.sum).unwrap().entries().count(), 4_000);
        for at in (0..bytes.len()).step_by(97).chain(bytes.len() - 8..bytes.len()) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            let opened = Run::open(folder.path(), "whole", &whole.sum);
            assert!(opened.is_err() || opened.is_ok_and(|run| run.entries().any(|e| e.is_err())), "byte {at}");
        }
    }
}
