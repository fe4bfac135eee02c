//! The streams of an export under audit: their names, packed, and the last fact of each.
//! Not here: the facts (`reread`).

use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, RandomState};
use std::ops::Bound;

use answerable_schemas::StreamName;

/// The first parts of names by which the law asks for many streams: those are kept sorted too.
const SORTED: [&str; 3] = ["actor:", "keys:", "treaty:"];

/// Of every so many names it is kept where they begin.
const APART: usize = 16;

/// The streams, in the order in which they began. Most are never asked for, and many names begin alike.
#[derive(Default)]
pub(crate) struct Streams {
    /// What stands before the last `:` of a name, and its number.
    families: HashMap<Box<str>, u32>,
    by_number: Vec<Box<str>>,
    family: Vec<u32>,
    /// What stands behind the last `:` of each, end to end; how long it is, and where every sixteenth begins.
    rests: String,
    lengths: Vec<u8>,
    begins: Vec<u64>,
    /// The last fact of each.
    lasts: Vec<u32>,
    /// By a hash of the name; where two have the same, the later is under the next free number.
    by_hash: HashMap<u32, u32>,
    hash: RandomState,
    sorted: BTreeSet<StreamName>,
}

/// What stands before and behind the last `:`.
fn parts(name: &StreamName) -> (&str, &str) {
    name.as_str().rsplit_once(':').expect("a stream's name has two parts at least")
}

impl Streams {
    fn name(&self, stream: usize) -> (&str, &str) {
        let near = stream / APART;
        let before = self.lengths[near * APART..stream].iter().map(|length| u64::from(*length)).sum::<u64>();
        let start = (self.begins[near] + before) as usize;
        let family = &self.by_number[self.family[stream] as usize];
        (family, &self.rests[start..start + usize::from(self.lengths[stream])])
    }

    /// The stream; else the number under which it would be.
    fn find(&self, name: &StreamName) -> Result<usize, u32> {
        let mut hash = self.hash.hash_one(name) as u32;
        while let Some(stream) = self.by_hash.get(&hash) {
            if self.name(*stream as usize) == parts(name) {
                return Ok(*stream as usize);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    /// The newest fact of a stream.
    pub fn last(&self, name: &StreamName) -> Option<u32> {
        self.find(name).ok().map(|stream| self.lasts[stream])
    }

    /// Notes the newest fact of a stream; answers the one before it.
    pub fn push(&mut self, name: &StreamName, at: u32) -> Option<u32> {
        match self.find(name) {
            Ok(stream) => Some(std::mem::replace(&mut self.lasts[stream], at)),
            Err(hash) => {
                self.by_hash.insert(hash, self.lasts.len() as u32);
                self.lasts.push(at);
                let (family, rest) = parts(name);
                let number = self.families.get(family).copied().unwrap_or_else(|| {
                    let next = self.by_number.len() as u32;
                    self.families.insert(family.into(), next);
                    self.by_number.push(family.into());
                    next
                });
                self.family.push(number);
                if self.lengths.len().is_multiple_of(APART) {
                    self.begins.push(self.rests.len() as u64);
                }
                self.lengths.push(u8::try_from(rest.len()).expect("a stream's name has at most 200 bytes"));
                self.rests.push_str(rest);
                if SORTED.iter().any(|first| name.as_str().starts_with(first)) {
                    self.sorted.insert(name.clone());
                }
                None
            }
        }
    }

    /// Sorted.
    pub fn with_prefix(&self, prefix: &str) -> Vec<StreamName> {
        if SORTED.iter().any(|first| prefix.starts_with(first)) {
            let from = self.sorted.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
            return from.take_while(|name| name.as_str().starts_with(prefix)).cloned().collect();
        }
        let whole = |stream: usize| {
            let (family, rest) = self.name(stream);
            format!("{family}:{rest}")
        };
        let mut names: Vec<String> = (0..self.lasts.len()).map(whole).filter(|n| n.starts_with(prefix)).collect();
        names.sort_unstable();
        names.into_iter().map(|name| StreamName::new(name).expect("it was a stream's name before")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_found_by_name_and_by_prefix() {
        let mut streams = Streams::default();
        let names: Vec<StreamName> = ["treaty:b", "mandate:x", "treaty:a:RWA", "mandate:a", "keys:state:RWA"]
            .map(|name| StreamName::new(name).unwrap())
            .into();
        for (at, name) in names.iter().enumerate() {
            // As if another stream had the same hash.
            let hash = streams.find(name).unwrap_err();
            streams.by_hash.insert(hash, 0);
            if at > 0 {
                assert_eq!(streams.push(name, at as u32), None);
            } else {
                streams.by_hash.clear();
                assert_eq!(streams.push(name, 0), None);
            }
        }
        assert_eq!(streams.push(&names[3], 9), Some(3));
        let lasts = names.iter().map(|name| streams.last(name).unwrap());
        assert_eq!(lasts.collect::<Vec<_>>(), [0, 1, 2, 9, 4]);
        let mut sorted = names.clone();
        sorted.sort();
        assert_eq!(streams.with_prefix(""), sorted);
        for (prefix, of) in [("treaty:", vec![2, 0]), ("mandate:", vec![3, 1]), ("m", vec![3, 1]), ("keys:x", vec![])] {
            let of: Vec<_> = of.into_iter().map(|i: usize| names[i].clone()).collect();
            assert_eq!(streams.with_prefix(prefix), of, "{prefix}");
        }
    }

    #[test]
    fn each_of_many_names_is_where_it_was_put() {
        let (mut streams, name) = (Streams::default(), |i: u32| StreamName::new(format!("mandate:m-{i}")).unwrap());
        for i in 0..1000 {
            assert_eq!(streams.push(&name(i), i), None);
        }
        for i in (0..1000).rev() {
            assert_eq!((streams.name(i as usize), streams.last(&name(i))), (parts(&name(i)), Some(i)));
        }
        assert_eq!(streams.last(&name(1000)), None);
    }
}
