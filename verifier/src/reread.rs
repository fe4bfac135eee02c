//! The facts of an export under audit, read again from its files when a later record asks for them, so that memory does not
//! grow with the bytes of the log: what stays is where each record lies, which came before it in its stream, and a print of
//! its leaf. What is read again must be what was judged.
//! Not here: the first reading (`exported`, `published`), judging (`judge`).

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Seek, SeekFrom};
use std::num::NonZero;
use std::ops::Bound;
use std::path::PathBuf;
use std::sync::Arc;

use answerable_schemas::history::{HistoryError, Lookup, Resting};
use answerable_schemas::law::actors::{self, Actor};
use answerable_schemas::{ActorId, Fact, History, StreamName};

use crate::encoding::Hash;
use crate::exported::{self, Place};
use crate::judge::Facts;
use crate::merkle::leaf_hash;
use crate::published;
use crate::record::Record;

/// About as many bytes of records are kept at hand: of those that were read last, and twice of those that were read again.
const AT_HAND: usize = 4 << 20;
/// Most actors of which it is kept what the registers say.
const ACTORS: usize = 4096;
/// Most files open at once.
const OPEN: usize = 64;

/// In which form the records lie there.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// Segments of `log/`.
    Log,
    /// Entry bundles of a tree of this size.
    Bundles { size: u64 },
}

/// Facts that are read again when they are asked for.
pub struct Reread {
    root: PathBuf,
    form: Form,
    /// Where the record that is being judged lies, and how many bytes it has.
    pub(crate) place: (Place, u32),
    kept: Vec<Kept>,
    streams: Streams,
    /// The facts of the stream that was asked for last: a judge asks for one stream several times.
    asked: RefCell<Option<(StreamName, Vec<Arc<Fact>>)>>,
    resting: Resting,
    /// Under a key of this process: nobody can make a record of the same print.
    prints: RandomState,
    recent: Recent,
    at_hand: RefCell<AtHand>,
    actors: RefCell<HashMap<ActorId, Option<Arc<Actor>>>>,
    files: RefCell<HashMap<u32, File>>,
    /// Why something could not be read again.
    trouble: RefCell<Option<String>>,
}

struct Kept {
    start: u64,
    print: u64,
    file: u32,
    bytes: u32,
    /// What it says of its place; what is beyond is no place.
    seq: u32,
    /// The fact before it in its stream, counted from 1.
    before: Option<NonZero<u32>>,
}

/// The first parts of names by which the law asks for many streams: those are kept sorted too.
const SORTED: [&str; 3] = ["actor:", "keys:", "treaty:"];

/// Where what is said of an actor is recorded (`actors::read`).
const REGISTERS: [&str; 2] = ["actor:", "ledger:"];

/// The streams, in the order in which they began. Their names lie end to end, as most of them are never asked for.
#[derive(Default)]
struct Streams {
    names: String,
    /// Where each name ends, and the last fact of the stream.
    all: Vec<(u64, u32)>,
    /// By a hash of the name; where two have the same, the later is under the next free number.
    by_hash: HashMap<u64, u32>,
    hash: RandomState,
    sorted: BTreeSet<StreamName>,
}

impl Streams {
    fn name(&self, stream: usize) -> &str {
        let start = stream.checked_sub(1).map_or(0, |before| self.all[before].0);
        &self.names[start as usize..self.all[stream].0 as usize]
    }

    /// The stream; else the number under which it would be.
    fn find(&self, name: &StreamName) -> Result<usize, u64> {
        let mut hash = self.hash.hash_one(name);
        while let Some(stream) = self.by_hash.get(&hash) {
            if self.name(*stream as usize) == name.as_str() {
                return Ok(*stream as usize);
            }
            hash = hash.wrapping_add(1);
        }
        Err(hash)
    }

    /// Notes the newest fact of a stream; answers the one before it.
    fn push(&mut self, name: &StreamName, at: u32) -> Option<u32> {
        match self.find(name) {
            Ok(stream) => Some(std::mem::replace(&mut self.all[stream].1, at)),
            Err(hash) => {
                self.by_hash.insert(hash, self.all.len() as u32);
                self.names.push_str(name.as_str());
                self.all.push((self.names.len() as u64, at));
                if SORTED.iter().any(|first| name.as_str().starts_with(first)) {
                    self.sorted.insert(name.clone());
                }
                None
            }
        }
    }

    fn with_prefix(&self, prefix: &str) -> Vec<StreamName> {
        if SORTED.iter().any(|first| prefix.starts_with(first)) {
            let from = self.sorted.range::<str, _>((Bound::Included(prefix), Bound::Unbounded));
            return from.take_while(|name| name.as_str().starts_with(prefix)).cloned().collect();
        }
        let mut names: Vec<&str> =
            (0..self.all.len()).map(|i| self.name(i)).filter(|n| n.starts_with(prefix)).collect();
        names.sort_unstable();
        names.into_iter().map(|name| StreamName::new(name).expect("it was a stream's name before")).collect()
    }
}

/// The facts that were read last.
#[derive(Default)]
struct Recent {
    /// The place of the first of them.
    first: u32,
    facts: VecDeque<(Arc<Fact>, u32)>,
    bytes: usize,
}

impl Recent {
    fn push(&mut self, fact: Arc<Fact>, bytes: u32) {
        self.facts.push_back((fact, bytes));
        self.bytes += bytes as usize;
        while self.bytes > AT_HAND
            && let Some((_, bytes)) = self.facts.pop_front()
        {
            self.bytes -= bytes as usize;
            self.first += 1;
        }
    }
    fn get(&self, at: u32) -> Option<&Arc<Fact>> {
        self.facts.get(at.checked_sub(self.first)? as usize).map(|(fact, _)| fact)
    }
}

/// Those that were read again, in two generations: what is asked for moves to the young one, and when that is full the old one goes.
#[derive(Default)]
struct AtHand {
    young: HashMap<u32, Arc<Fact>>,
    old: HashMap<u32, Arc<Fact>>,
    bytes: usize,
}

impl AtHand {
    fn keep(&mut self, at: u32, fact: &Arc<Fact>, bytes: u32) {
        self.bytes += bytes as usize;
        if self.bytes > AT_HAND {
            self.old = std::mem::take(&mut self.young);
            self.bytes = bytes as usize;
        }
        self.young.insert(at, fact.clone());
    }
}

impl Reread {
    pub(crate) fn of(root: PathBuf, form: Form) -> Self {
        Self {
            root,
            form,
            place: Default::default(),
            kept: Vec::new(),
            streams: Streams::default(),
            asked: RefCell::default(),
            resting: Resting::default(),
            prints: RandomState::new(),
            recent: Recent::default(),
            at_hand: RefCell::default(),
            actors: RefCell::default(),
            files: RefCell::default(),
            trouble: RefCell::default(),
        }
    }

    /// Why something could not be read again, if so: then no judgement since can be relied on.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.trouble.borrow().clone()
    }

    fn fact(&self, at: u32) -> Lookup<Arc<Fact>> {
        if let Some(fact) = self.recent.get(at) {
            return Ok(fact.clone());
        }
        let kept = &self.kept[at as usize];
        let mut at_hand = self.at_hand.borrow_mut();
        if let Some(fact) = at_hand.young.get(&at) {
            return Ok(fact.clone());
        }
        let fact = match at_hand.old.remove(&at) {
            Some(fact) => fact,
            None => self.read(kept).map_err(|why| {
                let message = format!("a record could not be read again: {why}");
                self.trouble.borrow_mut().get_or_insert_with(|| message.clone());
                HistoryError { message, stale: false }
            })?,
        };
        at_hand.keep(at, &fact, kept.bytes);
        Ok(fact)
    }

    fn read(&self, kept: &Kept) -> Result<Arc<Fact>, String> {
        let mut files = self.files.borrow_mut();
        if files.len() >= OPEN && !files.contains_key(&kept.file) {
            files.clear();
        }
        let file = match files.entry(kept.file) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(closed) => closed.insert(self.open(kept.file)?),
        };
        let mut line = vec![0; kept.bytes as usize];
        let read = file.seek(SeekFrom::Start(kept.start)).and_then(|_| file.read_exact(&mut line));
        read.map_err(|e| e.to_string())?;
        if self.prints.hash_one(leaf_hash(&line)) != kept.print {
            return Err("the export was changed while it was being verified".into());
        }
        let (record, body) = Record::read(&line).map_err(|f| f.to_string())?;
        let body = body.map_err(|f| f.to_string())?;
        Ok(Arc::new(Fact::new(record.seq, record.signed.id, record.recorded, record.event(), body)))
    }

    fn open(&self, file: u32) -> Result<File, String> {
        let found = match self.form {
            Form::Log => exported::segment(&self.root, file),
            Form::Bundles { size } => published::bundle(&self.root, size, file),
        };
        found.map_err(|e| e.to_string())?.ok_or_else(|| "its file is gone".to_owned())
    }

    /// The places of a stream's facts, ascending.
    fn places(&self, name: &StreamName) -> Vec<u32> {
        let mut places = Vec::new();
        let mut next = self.streams.find(name).ok().map(|stream| self.streams.all[stream].1);
        while let Some(at) = next {
            places.push(at);
            next = self.kept[at as usize].before.map(|before| before.get() - 1);
        }
        places.reverse();
        places
    }
}

impl Facts for Reread {
    fn push(&mut self, fact: Arc<Fact>, leaf: &Hash) {
        let at = u32::try_from(self.kept.len()).expect("an export of 2^32 records has terabytes");
        self.resting.add(&fact);
        let before = self.streams.push(&fact.stream, at).and_then(|before| NonZero::new(before + 1));
        self.asked.get_mut().take_if(|(asked, _)| *asked == fact.stream);
        let (Place { file, start }, bytes) = self.place;
        let seq = u32::try_from(fact.seq).unwrap_or(u32::MAX);
        self.kept.push(Kept { start, print: self.prints.hash_one(leaf), file, bytes, seq, before });
        if REGISTERS.iter().any(|first| fact.stream.as_str().starts_with(first)) {
            self.actors.get_mut().clear();
        }
        self.recent.push(fact, bytes);
    }
    fn seqs(&self) -> Lookup<Vec<(StreamName, Vec<u64>)>> {
        let of = |name: &StreamName| self.places(name).iter().map(|at| self.kept[*at as usize].seq.into()).collect();
        Ok(self.streams.with_prefix("").into_iter().map(|name| (name.clone(), of(&name))).collect())
    }
}

impl History for Reread {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        if let Some((asked, facts)) = &*self.asked.borrow()
            && asked == name
        {
            return Ok(facts.clone());
        }
        let facts: Vec<_> = self.places(name).into_iter().map(|at| self.fact(at)).collect::<Lookup<_>>()?;
        *self.asked.borrow_mut() = Some((name.clone(), facts.clone()));
        Ok(facts)
    }
    fn actor(&self, id: &ActorId) -> Lookup<Option<Arc<Actor>>> {
        if let Some(kept) = self.actors.borrow().get(id) {
            return Ok(kept.clone());
        }
        let actor = actors::read(self, id)?.map(Arc::new);
        let mut kept = self.actors.borrow_mut();
        if kept.len() >= ACTORS {
            kept.clear();
        }
        kept.insert(id.clone(), actor.clone());
        Ok(actor)
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        Ok(self.streams.with_prefix(prefix))
    }
    fn resting_on(&self, stream: &StreamName) -> Lookup<Vec<StreamName>> {
        Ok(self.resting.on(stream))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tiles::entries_path;
    use std::fs;

    /// The records of the worked example, in both forms: each begins at `start` of the first file.
    fn written(root: &std::path::Path) -> Vec<(Record, String, [u64; 2])> {
        let page = include_str!("../../docs/FORMAT.md");
        let lines: Vec<&str> = page.lines().filter(|line| Record::parse(line.as_bytes()).is_ok()).collect();
        assert!(!lines.is_empty());
        let (mut log, mut bundle) = (Vec::new(), Vec::new());
        let mut records = Vec::new();
        for line in lines {
            let starts = [log.len() as u64, bundle.len() as u64 + 2];
            records.push((Record::parse(line.as_bytes()).unwrap(), line.to_owned(), starts));
            log.extend([line.as_bytes(), b"\n"].concat());
            bundle.extend([&(line.len() as u16).to_be_bytes(), line.as_bytes()].concat());
        }
        let entries = root.join(entries_path(0, records.len() as u16));
        for (path, bytes) in [(root.join("log").join(exported::segment_name(0)), log), (entries, bundle)] {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
        records
    }

    fn facts_of(records: &[(Record, String, [u64; 2])], root: &std::path::Path, form: Form) -> Reread {
        let mut facts = Reread::of(root.to_owned(), form);
        for (record, line, starts) in records {
            let start = starts[usize::from(matches!(form, Form::Bundles { .. }))];
            facts.place = (Place { file: 0, start }, line.len() as u32);
            facts.push(fact_of(record), &record.leaf);
        }
        facts.recent.facts.clear();
        facts.recent.first = records.len() as u32;
        facts
    }

    fn fact_of(record: &Record) -> Arc<Fact> {
        let (id, body) = (record.signed.id, record.body().unwrap());
        Arc::new(Fact::new(record.seq, id, record.recorded, record.event(), body))
    }

    #[test]
    fn what_is_read_again_is_what_was_judged() {
        let folder = tempfile::tempdir().unwrap();
        let records = written(folder.path());
        for form in [Form::Log, Form::Bundles { size: records.len() as u64 }] {
            let facts = facts_of(&records, folder.path(), form);
            for stream in facts.streams_with_prefix("").unwrap() {
                let there = records.iter().filter(|(r, ..)| r.event().stream == stream).map(|(r, ..)| fact_of(r));
                assert_eq!(facts.stream(&stream).unwrap(), there.collect::<Vec<_>>(), "{form:?}");
            }
            assert_eq!(facts.trouble(), None);
        }
    }

    /// Who changes the export while it is being verified is told: what was judged is not what is there.
    #[test]
    fn what_was_changed_meanwhile_is_not_believed() {
        for damage in [0, 1, 2] {
            let folder = tempfile::tempdir().unwrap();
            let records = written(folder.path());
            let facts = facts_of(&records, folder.path(), Form::Log);
            let path = folder.path().join("log").join(exported::segment_name(0));
            let mut bytes = fs::read(&path).unwrap();
            match damage {
                0 => fs::remove_file(&path).unwrap(),
                1 => fs::write(&path, &bytes[..10]).unwrap(),
                _ => {
                    // Still a good record, of another day.
                    let at = bytes.windows(12).position(|w| w == b"\"recorded\":\"").unwrap() + 12;
                    bytes[at + 3] = if bytes[at + 3] == b'0' { b'1' } else { b'0' };
                    fs::write(&path, bytes).unwrap();
                }
            }
            let stream = &records[0].0.event().stream;
            assert!(facts.stream(stream).is_err(), "{damage}");
            assert!(facts.trouble().is_some(), "{damage}");
        }
    }

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
        let lasts = names.iter().map(|name| streams.all[streams.find(name).unwrap()].1);
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
    fn what_is_not_asked_for_goes() {
        let folder = tempfile::tempdir().unwrap();
        let records = written(folder.path());
        let mut at_hand = AtHand::default();
        let fact = fact_of(&records[0].0);
        for at in 0..1000 {
            at_hand.keep(at, &fact, 65_535);
            assert!((at_hand.young.len() + at_hand.old.len()) * 65_535 <= 2 * AT_HAND + 65_535);
            assert!(at_hand.young.contains_key(&at));
        }
    }
}
