//! The acts of a plan, in the order of the table. What they say is put aside, in memory while it is little and else in a
//! temporary file without a name; at hand is what puts them in order and tells them apart.
//! Not here: how acts are made (`plan`, `reader`).

use std::cell::RefCell;
use std::io::{self, Read, Seek, SeekFrom, Write};

use answerable_schemas::catalogue::Body;
use answerable_schemas::dates::CalendarDate;
use answerable_schemas::envelope::{Source, Standing};
use answerable_schemas::ids::{StreamName, TypeName};
use answerable_verifier::encoding::Hash;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use tempfile::SpooledTempFile;

/// An act to record.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedAct {
    /// The first line of its row, counted from 1.
    pub line: u64,
    pub kind: TypeName,
    pub effective: CalendarDate,
    pub standing: Standing,
    pub body: Body,
    /// With the natural key as its `row`.
    pub source: Option<Source>,
    /// The natural key.
    pub key: String,
}

/// Most bytes of acts in memory.
const IN_MEMORY: usize = 16 << 20;

/// Acts, by their number in the order of the table.
pub struct Acts {
    aside: RefCell<SpooledTempFile>,
    entries: Vec<Entry>,
    end: u64,
}

/// The first half of a SHA-256.
type Sum = [u8; 16];

/// A set of natural keys.
pub struct Keys(Vec<Sum>);

impl Keys {
    pub fn has(&self, key: &str) -> bool {
        self.0.binary_search(&sum(key.as_bytes())).is_ok()
    }
}

struct Entry {
    start: u64,
    /// Where its body begins, and how long both are.
    body: u32,
    len: u32,
    /// Which act of the mapping it is.
    spec: u32,
    line: u64,
    last_day: Date,
    /// Of the natural key.
    key: Sum,
    /// Of all that the act says.
    content: Sum,
}

/// An act as it is put aside; its body's JSON follows.
#[derive(Serialize, Deserialize)]
struct Aside {
    kind: TypeName,
    v: u32,
    effective: CalendarDate,
    standing: Standing,
    stream: StreamName,
    source: Option<Source>,
    key: String,
}

impl Default for Acts {
    fn default() -> Self {
        Self { aside: RefCell::new(SpooledTempFile::new(IN_MEMORY)), entries: Vec::new(), end: 0 }
    }
}

impl Acts {
    /// Adds an act that is number `spec` of the mapping's acts. An error says that it could not be put aside.
    pub(super) fn push(&mut self, spec: usize, act: PlannedAct) -> io::Result<()> {
        let (line, last_day, key) = (act.line, act.effective.last_day(), sum(act.key.as_bytes()));
        let aside = Aside {
            kind: act.kind,
            v: act.body.v(),
            effective: act.effective,
            standing: act.standing,
            stream: act.body.stream(),
            source: act.source,
            key: act.key,
        };
        let mut bytes = serde_json::to_vec(&aside)?;
        let body = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        serde_json::to_writer(&mut bytes, &act.body.to_map())?;
        self.aside.get_mut().write_all(&bytes)?;
        let len = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        let spec = u32::try_from(spec).expect("a mapping has few acts");
        self.entries.push(Entry { start: self.end, body, len, spec, line, last_day, key, content: sum(&bytes) });
        self.end += u64::from(len);
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// An act. An error says that it could not be read back; panics where there is none of this number.
    pub fn get(&self, number: usize) -> io::Result<PlannedAct> {
        let Entry { start, body, len, line, .. } = self.entries[number];
        let mut bytes = vec![0; len as usize];
        let mut aside = self.aside.borrow_mut();
        aside.seek(SeekFrom::Start(start))?;
        aside.read_exact(&mut bytes)?;
        let (aside, body) = bytes.split_at(body as usize);
        let Aside { kind, v, effective, standing, stream, source, key } = serde_json::from_slice(aside)?;
        let body = std::str::from_utf8(body).map_err(io::Error::other)?;
        let body = match Body::parse_plain(&kind, v, body, &stream) {
            Some(body) => body,
            // It has a text with an escape, say.
            None => Body::parse(&kind, v, &serde_json::from_str(body)?).map_err(io::Error::other)?,
        };
        Ok(PlannedAct { line, kind, effective, standing, body, source, key })
    }

    /// All of them, one after the other.
    pub fn iter(&self) -> impl Iterator<Item = io::Result<PlannedAct>> + '_ {
        (0..self.len()).map(|number| self.get(number))
    }

    /// Their natural keys.
    pub fn keys(&self) -> Keys {
        let mut keys: Vec<Sum> = self.entries.iter().map(|entry| entry.key).collect();
        keys.sort_unstable();
        keys.dedup();
        Keys(keys)
    }

    /// The last day on which an act may have taken effect.
    pub fn last_day(&self, number: usize) -> Date {
        self.entries[number].last_day
    }

    pub(super) fn line(&self, number: usize) -> u64 {
        self.entries[number].line
    }

    pub(super) fn spec(&self, number: usize) -> usize {
        self.entries[number].spec as usize
    }

    /// True where both say the same, if in different rows.
    pub(super) fn equal(&self, one: usize, other: usize) -> bool {
        self.entries[one].content == self.entries[other].content
    }

    /// The acts that share their natural key with others, in groups, in the order of the table.
    pub(super) fn of_one_key(&self) -> Vec<Vec<usize>> {
        let mut by_key: Vec<usize> = (0..self.len()).collect();
        by_key.sort_unstable_by_key(|number| (self.entries[*number].key, *number));
        let groups = by_key.chunk_by(|one, other| self.entries[*one].key == self.entries[*other].key);
        let mut groups: Vec<Vec<usize>> = groups.filter(|group| group.len() > 1).map(<[usize]>::to_vec).collect();
        groups.sort_unstable();
        groups
    }

    /// Leaves out those whose numbers are given.
    pub(super) fn leave_out(&mut self, numbers: &std::collections::BTreeSet<usize>) {
        let mut number = 0..;
        self.entries.retain(|_| !numbers.contains(&number.next().expect("numbers do not end")));
    }
}

fn sum(bytes: &[u8]) -> Sum {
    let Hash(whole) = Hash::sha256(bytes);
    whole[..16].try_into().expect("a hash has 32 bytes")
}
