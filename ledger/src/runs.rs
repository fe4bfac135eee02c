//! Sorted runs: files that are written once, each with keys in order and the records of each key. A reader follows no lock and
//! waits for nobody: what it opened stays as it is. Each block carries its hash: a flipped bit is an error, and no answer.
//! Not here: what keys mean, and which runs make up an index (`index`).
//!
//! | part | bytes |
//! |---|---|
//! | blocks | entries in ascending order of keys, each a key and its records; some 4 KiB a block |
//! | table | of each block: where it begins, its length, its SHA-256, its first key |
//! | end | where the table begins (8 bytes, big-endian) |
//!
//! Blocks and table are in the encoding of `index`. Who opens a run knows the hash of its table.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use answerable_verifier::encoding::Hash;
use serde::{Deserialize, Serialize};

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
pub type Entry = (Vec<u8>, Vec<u64>);

#[derive(Serialize, Deserialize)]
struct Block {
    start: u64,
    len: u32,
    sha256: [u8; 32],
    first: Vec<u8>,
}

/// A run that is open.
pub struct Run {
    file: File,
    name: String,
    sum: Sum,
    table: Vec<Block>,
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

    fn block(&self, number: usize) -> Result<Vec<Entry>, StoreError> {
        let block = &self.table[number];
        let mut bytes = vec![0; block.len as usize];
        self.file.read_exact_at(&mut bytes, block.start).map_err(|_| damaged(&self.name))?;
        match Hash::sha256(&bytes).0 == block.sha256 {
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
        let len = self.table[number].len as usize;
        if held.bytes + len > AT_HAND {
            *held = Held::default();
        }
        held.bytes += len;
        held.blocks.insert(key, block.clone());
        Ok(block)
    }

    /// The block in which a key is, if it is anywhere.
    fn block_of(&self, key: &[u8]) -> Option<usize> {
        self.table.partition_point(|block| block.first.as_slice() <= key).checked_sub(1)
    }

    /// The records of a key, added behind those that are there.
    pub fn get(&self, key: &[u8], at_hand: &AtHand, found: &mut Vec<u64>) -> Result<(), StoreError> {
        let Some(number) = self.block_of(key) else { return Ok(()) };
        let block = self.block_at_hand(number, at_hand)?;
        if let Ok(at) = block.binary_search_by(|(there, _)| there.as_slice().cmp(key)) {
            found.extend_from_slice(&block[at].1);
        }
        Ok(())
    }

    /// Calls `each` with the keys that begin so, in order.
    pub fn with_prefix(
        &self,
        prefix: &[u8],
        at_hand: &AtHand,
        each: &mut dyn FnMut(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        for number in self.block_of(prefix).unwrap_or(0)..self.table.len() {
            let block = self.block_at_hand(number, at_hand)?;
            let from = block.partition_point(|(key, _)| key.as_slice() < prefix);
            for (key, _) in &block[from..] {
                if !key.starts_with(prefix) {
                    return Ok(());
                }
                each(key)?;
            }
        }
        Ok(())
    }

    /// All entries, in order.
    pub fn entries(&self) -> impl Iterator<Item = Result<Entry, StoreError>> + '_ {
        (0..self.table.len()).flat_map(|number| match self.block(number) {
            Ok(block) => block.into_iter().map(Ok).collect::<Vec<_>>(),
            Err(e) => vec![Err(e)],
        })
    }
}

fn damaged(name: &str) -> StoreError {
    StoreError::Derived(format!("the index is damaged: {name}"))
}

/// Sources of entries, the oldest first.
pub type Sources<'a> = Vec<Box<dyn Iterator<Item = Result<Entry, StoreError>> + 'a>>;

/// Writes a run of all that the sources have: the records of a key that is in several stand in the order of the sources, none
/// twice. It is not synced: a run that a crash spoilt is found by its hashes.
pub fn write(path: &Path, sources: Sources<'_>) -> Result<Sum, StoreError> {
    let mut writing = Writing {
        out: BufWriter::with_capacity(1 << 16, File::create(path).map_err(io(path))?),
        path,
        at: 0,
        block: Vec::new(),
        size: 0,
        table: Vec::new(),
    };
    let mut sources: Vec<_> = sources.into_iter().map(Iterator::peekable).collect();
    loop {
        let mut least: Option<Vec<u8>> = None;
        for source in &mut sources {
            match source.peek() {
                Some(Ok((key, _))) if least.as_ref().is_none_or(|l| key < l) => least = Some(key.clone()),
                Some(Err(_)) => return Err(source.next().expect("it was seen").expect_err("it is an error")),
                _ => {}
            }
        }
        let Some(key) = least else { break };
        let mut records: Vec<u64> = Vec::new();
        for source in &mut sources {
            if let Some(entry) = source.next_if(|entry| entry.as_ref().is_ok_and(|(there, _)| *there == key)) {
                let (_, more) = entry?;
                let last = records.last().copied();
                records.extend(more.into_iter().filter(|seq| last.is_none_or(|last| *seq > last)));
            }
        }
        writing.entry((key, records))?;
    }
    writing.finish()
}

struct Writing<'a> {
    out: BufWriter<File>,
    path: &'a Path,
    at: u64,
    block: Vec<Entry>,
    /// Bytes of the open block, roughly.
    size: usize,
    table: Vec<Block>,
}

impl Writing<'_> {
    fn entry(&mut self, entry: Entry) -> Result<(), StoreError> {
        self.size += entry.0.len() + 5 * entry.1.len();
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
        self.table.push(Block { start: self.at, len, sha256: Hash::sha256(&bytes).0, first });
        self.at += u64::from(len);
        self.block.clear();
        self.size = 0;
        Ok(())
    }

    fn finish(mut self) -> Result<Sum, StoreError> {
        self.end_block()?;
        let table = encode(&self.table);
        let end = self.at.to_be_bytes();
        self.out.write_all(&table).and_then(|()| self.out.write_all(&end)).map_err(io(self.path))?;
        self.out.flush().map_err(io(self.path))?;
        Ok(Hash::sha256(&table).0)
    }
}
