//! The facts of an export under audit, read again from its files when a later record asks for them, so that memory does not
//! grow with the bytes of the log: what stays is where each record lies, which came before it in its stream, and a print of
//! its leaf. What is read again must be what was judged.
//! Not here: the first reading (`exported`, `published`), judging (`judge`).

use std::cell::RefCell;
use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::Arc;

use answerable_schemas::history::{HistoryError, Lookup, Resting};
use answerable_schemas::law::actors::{self, Actor};
use answerable_schemas::{ActorId, Fact, History, StreamName};

use crate::encoding::Hash;
use crate::exported::{self, Place};
use crate::judge::Facts;
use crate::merkle::{leaf_hash, root_of};
use crate::published;
use crate::record::Record;
use crate::streams::Streams;
use crate::tree::{GROUP, Leaves};

/// About as many bytes of records are kept at hand: of those that were read last; and of those that were read again, twice as
/// many. With a quarter of both, a million records take a fifth more time.
const AT_HAND: usize = 4 << 20;
const AGAIN: usize = 3 << 20;
/// Most actors of which it is kept what the registers say.
const ACTORS: usize = 4096;
/// Most files open at once.
const OPEN: usize = 64;
const CHANGED: &str = "the export was changed while it was being verified";

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
    /// Where the line that is being judged lies, and how many bytes it has.
    place: (Place, usize),
    lines: u64,
    /// Where the first line of each group lies, whose leaves the tree asks for again.
    groups: Vec<Place>,
    kept: Vec<Kept>,
    runs: Vec<Run>,
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

/// 16 bytes a record.
struct Kept {
    /// How far behind where its run begins.
    start: u32,
    print: u32,
    /// The fact before it in its stream, counted from 1.
    before: Option<NonZero<u32>>,
    bytes: u16,
}

/// Facts that lie in one file, and say that they follow each other.
struct Run {
    /// The first of them.
    at: u32,
    file: u32,
    start: u64,
    /// What it says of its place.
    seq: u64,
}

/// Where what is said of an actor is recorded (`actors::read`).
const REGISTERS: [&str; 2] = ["actor:", "ledger:"];

/// The facts that were read last.
#[derive(Default)]
struct Recent {
    /// The place of the first of them.
    first: u32,
    facts: VecDeque<(Arc<Fact>, u16)>,
    bytes: usize,
}

impl Recent {
    fn push(&mut self, fact: Arc<Fact>, bytes: u16) {
        self.facts.push_back((fact, bytes));
        self.bytes += usize::from(bytes);
        while self.bytes > AT_HAND
            && let Some((_, bytes)) = self.facts.pop_front()
        {
            self.bytes -= usize::from(bytes);
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
    fn keep(&mut self, at: u32, fact: &Arc<Fact>, bytes: u16) {
        self.bytes += usize::from(bytes);
        if self.bytes > AGAIN {
            self.old = std::mem::take(&mut self.young);
            self.bytes = usize::from(bytes);
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
            lines: 0,
            groups: Vec::new(),
            kept: Vec::new(),
            runs: Vec::new(),
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

    /// The next line, good or bad, lies there.
    pub(crate) fn at(&mut self, place: Place, bytes: usize) {
        if self.lines.is_multiple_of(GROUP as u64) {
            // In a bundle, two bytes before each record say how long it is.
            let before = if matches!(self.form, Form::Bundles { .. }) { 2 } else { 0 };
            self.groups.push(Place { start: place.start - before, ..place });
        }
        self.lines += 1;
        self.place = (place, bytes);
    }

    fn run(&self, at: u32) -> &Run {
        let behind = self.runs.partition_point(|run| run.at <= at);
        &self.runs[behind - 1]
    }

    fn seq(&self, at: u32) -> u64 {
        let run = self.run(at);
        run.seq + u64::from(at - run.at)
    }

    fn not_again(&self, why: String) -> HistoryError {
        let message = format!("a record could not be read again: {why}");
        self.trouble.borrow_mut().get_or_insert_with(|| message.clone());
        HistoryError { message, stale: false }
    }

    fn fact(&self, at: u32) -> Lookup<Arc<Fact>> {
        if let Some(fact) = self.recent.get(at) {
            return Ok(fact.clone());
        }
        let bytes = self.kept[at as usize].bytes;
        let mut at_hand = self.at_hand.borrow_mut();
        if let Some(fact) = at_hand.young.get(&at) {
            return Ok(fact.clone());
        }
        let fact = match at_hand.old.remove(&at) {
            Some(fact) => fact,
            None => self.read(at).map_err(|why| self.not_again(why))?,
        };
        at_hand.keep(at, &fact, bytes);
        Ok(fact)
    }

    fn read(&self, at: u32) -> Result<Arc<Fact>, String> {
        let kept = &self.kept[at as usize];
        let run = self.run(at);
        let place = Place { file: run.file, start: run.start + u64::from(kept.start) };
        let mut line = vec![0; usize::from(kept.bytes)];
        self.at_place(place, |file| file.read_exact(&mut line))?;
        if self.prints.hash_one(leaf_hash(&line)) as u32 != kept.print {
            return Err(CHANGED.into());
        }
        let (record, body) = Record::read(&line).map_err(|f| f.to_string())?;
        let body = body.map_err(|f| f.to_string())?;
        Ok(Arc::new(Fact::new(record.seq, record.signed.id, record.recorded, record.event(), body)))
    }

    /// Reads from a place on, in a file that stays open.
    fn at_place<T>(&self, place: Place, read: impl FnOnce(&mut File) -> std::io::Result<T>) -> Result<T, String> {
        let mut files = self.files.borrow_mut();
        if files.len() >= OPEN && !files.contains_key(&place.file) {
            files.clear();
        }
        let file = match files.entry(place.file) {
            Entry::Occupied(open) => open.into_mut(),
            Entry::Vacant(closed) => closed.insert(self.open(place.file)?),
        };
        file.seek(SeekFrom::Start(place.start)).and_then(|_| read(file)).map_err(|e| e.to_string())
    }

    /// The leaves of the lines from a place on, as many as a group has: those of the next file too.
    fn leaves_from(&self, Place { mut file, mut start }: Place) -> Result<Vec<Hash>, String> {
        let mut leaves = Vec::with_capacity(GROUP);
        while leaves.len() < GROUP {
            let before = leaves.len();
            let mut each = |line: &[u8]| {
                leaves.push(leaf_hash(line));
                leaves.len() < GROUP
            };
            self.at_place(Place { file, start }, |file| {
                let mut reader = BufReader::with_capacity(1 << 15, file);
                match self.form {
                    Form::Log => exported::each_line_from(&mut reader, 0, &mut |_, line| each(line)).map(|_| ()),
                    Form::Bundles { .. } => published::each_entry_from(&mut reader, &mut each),
                }
            })?;
            if leaves.len() == before {
                return Err(CHANGED.into());
            }
            (file, start) = (file + 1, 0);
        }
        Ok(leaves)
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
        let mut next = self.streams.last(name);
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
        let bytes = u16::try_from(bytes).expect("a longer line is no record");
        let seq = fact.seq;
        let goes_on = |run: &&Run| run.file == file && seq.checked_sub(run.seq) == Some(u64::from(at - run.at));
        let run = self.runs.last().filter(goes_on).and_then(|run| start.checked_sub(run.start));
        let start_in_run = run.and_then(|behind| u32::try_from(behind).ok()).unwrap_or_else(|| {
            self.runs.push(Run { at, file, start, seq });
            0
        });
        self.kept.push(Kept { start: start_in_run, print: self.prints.hash_one(leaf) as u32, before, bytes });
        if REGISTERS.iter().any(|first| fact.stream.as_str().starts_with(first)) {
            self.actors.get_mut().clear();
        }
        self.recent.push(fact, bytes);
    }
    fn seqs(&self) -> Lookup<Vec<(StreamName, Vec<u64>)>> {
        let of = |name: &StreamName| self.places(name).iter().map(|at| self.seq(*at)).collect();
        Ok(self.streams.with_prefix("").into_iter().map(|name| (name.clone(), of(&name))).collect())
    }
    fn again(&self) -> Option<&dyn Leaves> {
        Some(self)
    }
}

impl Leaves for Reread {
    fn leaves(&self, group: u64, above: &Hash) -> Lookup<Vec<Hash>> {
        let leaves = self.leaves_from(self.groups[group as usize]).map_err(|why| self.not_again(why))?;
        match root_of(&leaves) == *above {
            true => Ok(leaves),
            false => Err(self.not_again(CHANGED.into())),
        }
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
            facts.at(Place { file: 0, start }, line.len());
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

    /// Where each line of the folder lies, told to `Reread`; and its leaf. Good lines or bad.
    fn told(root: &std::path::Path, form: Form) -> (Reread, Vec<Hash>) {
        let (mut facts, mut leaves) = (Reread::of(root.to_owned(), form), Vec::new());
        let mut each = |place: Place, line: &[u8]| {
            facts.at(place, line.len());
            leaves.push(leaf_hash(line));
        };
        match form {
            Form::Log => exported::each_line(root, &mut each),
            Form::Bundles { size } => published::each_line(root, size, &mut each),
        }
        .unwrap();
        (facts, leaves)
    }

    #[test]
    fn the_leaves_of_a_group_are_had_again_as_they_were() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        // Too few lines in the first segment, an empty one, one longer than a record, and one that is torn.
        let line =
            |i: usize| if i == 3 { Vec::new() } else { vec![b'a' + i as u8 % 26; if i == 6 { 200_000 } else { i }] };
        let segment = |lines: std::ops::Range<usize>| lines.map(line).collect::<Vec<_>>().join(&b"\n"[..]);
        let bundle = |lines: std::ops::Range<usize>| -> Vec<u8> {
            lines.flat_map(|i| [&(i as u16).to_be_bytes()[..], &vec![i as u8; i]].concat()).collect()
        };
        let files = [
            ("log/000000000000.jsonl".to_owned(), [segment(0..10), b"\n".to_vec()].concat()),
            ("log/000000065536.jsonl".to_owned(), segment(10..32)),
            (entries_path(0, 256), bundle(0..256)),
            (entries_path(1, 256), bundle(256..512)),
        ];
        for (name, bytes) in &files {
            fs::create_dir_all(root.join(name).parent().unwrap()).unwrap();
            fs::write(root.join(name), bytes).unwrap();
        }
        for (form, many) in [(Form::Log, 32), (Form::Bundles { size: 500 }, 500)] {
            let (facts, leaves) = told(root, form);
            assert_eq!(leaves.len(), many, "{form:?}");
            for (group, expected) in leaves.chunks_exact(GROUP).enumerate() {
                assert_eq!(facts.leaves(group as u64, &root_of(expected)).unwrap(), expected, "{form:?}, {group}");
            }
            assert_eq!(facts.trouble(), None);
        }
        for (form, (name, bytes)) in [(Form::Log, &files[0]), (Form::Bundles { size: 500 }, &files[2])] {
            for changed in [None, Some(bytes.len() / 2), Some(bytes.len())] {
                fs::write(root.join(name), bytes).unwrap();
                let (facts, leaves) = told(root, form);
                match changed {
                    None => fs::remove_file(root.join(name)).unwrap(),
                    Some(cut) => {
                        let altered = [&bytes[..cut.min(20)], b"x", &bytes[cut.min(20) + 1..cut]].concat();
                        fs::write(root.join(name), altered).unwrap();
                    }
                }
                assert!(facts.leaves(0, &root_of(&leaves[..GROUP])).is_err(), "{form:?}, {changed:?}");
                assert!(facts.trouble().is_some(), "{form:?}, {changed:?}");
            }
        }
    }

    /// Lines that are no facts lie between them, files end, and one lies far into a file.
    #[test]
    fn runs_say_where_a_fact_lies_and_what_it_says_of_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let records = written(folder.path());
        let mut facts = Reread::of(folder.path().to_owned(), Form::Log);
        let mut fact = (*fact_of(&records[0].0)).clone();
        let told = [(0, 0, 5), (0, 900, 6), (0, 5_000, 9), (0, 1 << 33, 10), (1, 0, 11), (1, 70, 12), (1, 30, 12)];
        for (file, start, seq) in told {
            facts.at(Place { file, start }, 10);
            fact.seq = seq;
            facts.push(Arc::new(fact.clone()), &Hash::ZERO);
        }
        for (at, expected) in (0..).zip(told) {
            let run = facts.run(at);
            let start = run.start + u64::from(facts.kept[at as usize].start);
            assert_eq!((run.file, start, facts.seq(at)), expected);
        }
        assert_eq!(facts.runs.len(), 5);
    }

    #[test]
    fn what_is_not_asked_for_goes() {
        let folder = tempfile::tempdir().unwrap();
        let records = written(folder.path());
        let mut at_hand = AtHand::default();
        let fact = fact_of(&records[0].0);
        for at in 0..1000 {
            at_hand.keep(at, &fact, 65_535);
            assert!((at_hand.young.len() + at_hand.old.len()) * 65_535 <= 2 * AGAIN + 65_535);
            assert!(at_hand.young.contains_key(&at));
        }
    }
}
