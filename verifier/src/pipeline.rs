//! Lines judged in their order, and prepared on all cores before: while one chunk is judged, the next is read as records,
//! and its signatures are checked under the keys that are known by then. What could not be prepared, the judge does itself,
//! so the judgement is the same.
//! Not here: the judgement (`judge`), the arithmetic of many signatures (`batch`).

use std::collections::HashMap;
use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use answerable_schemas::KeyName;

use crate::authority::{Authority, Proven};
use crate::batch::{Check, Tables};
use crate::dsse;
use crate::ed25519::PublicKey;
use crate::exported::Place;
use crate::judge::Prepared;
use crate::record::{Record, SignedEvent};

/// Most lines, and about the most bytes, of a chunk.
const LINES: usize = 1024;
const BYTES: usize = 4 << 20;
/// Lines that one thread takes at a time.
const BLOCK: usize = 64;

/// A line, and where it was read.
pub(crate) struct Line {
    pub place: Place,
    pub bytes: Vec<u8>,
}

/// Who judges: takes each line in turn, and knows the keys by then.
pub(crate) trait Judges {
    fn take(&mut self, line: &Line, prepared: Prepared);
    fn authority(&self) -> &Authority;
}

/// Stands between the lines as they are read, and who judges them. `finish` must be called at the end.
pub(crate) struct Pipeline {
    threads: usize,
    keys: Keys,
    tables: Tables,
    /// Lines of the next chunk: the keys come first, and what is signed by a key of the same chunk is not prepared.
    lines: usize,
    /// Prepared, and not judged yet: the lines, and what is known of them, in blocks, as it is large and moved seldom.
    ready: (Vec<Line>, Vec<Vec<Prepared>>),
    /// Not prepared yet.
    waiting: Vec<Line>,
    bytes: usize,
}

impl Pipeline {
    pub fn new() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            threads,
            keys: Keys::default(),
            tables: Tables::default(),
            lines: BLOCK,
            ready: Default::default(),
            waiting: Vec::new(),
            bytes: 0,
        }
    }

    pub fn take(&mut self, place: Place, line: &[u8], judge: &mut impl Judges) {
        self.bytes += line.len();
        self.waiting.push(Line { place, bytes: line.to_vec() });
        if self.waiting.len() == self.lines || self.bytes >= BYTES {
            self.turn(judge);
        }
    }

    pub fn finish(mut self, judge: &mut impl Judges) {
        while !self.waiting.is_empty() || !self.ready.0.is_empty() {
            self.turn(judge);
        }
    }

    /// Judges what is ready while others prepare what waits.
    fn turn(&mut self, judge: &mut impl Judges) {
        self.lines = LINES.min(self.lines * 2);
        self.keys.learn(judge.authority());
        let keys = &self.keys;
        let waiting = std::mem::take(&mut self.waiting);
        self.bytes = 0;
        let blocks: Vec<&[Line]> = waiting.chunks(BLOCK).collect();
        let results: Vec<Mutex<Vec<Prepared>>> = blocks.iter().map(|_| Mutex::default()).collect();
        let next = AtomicUsize::new(0);
        let tables = &self.tables;
        let prepare_blocks = || {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(block) = blocks.get(at) else { return };
                let prepared = keys.prepare(block, tables);
                *results[at].lock().expect("no thread panics while it holds a result") = prepared;
            }
        };
        let (lines, known) = std::mem::take(&mut self.ready);
        std::thread::scope(|scope| {
            // A small export is done sooner than a thread begins.
            for _ in 1..self.threads.min(blocks.len()) {
                scope.spawn(prepare_blocks);
            }
            for (line, prepared) in lines.iter().zip(known.into_iter().flatten()) {
                judge.take(line, prepared);
            }
            prepare_blocks();
        });
        let prepared: Vec<Vec<Prepared>> =
            results.into_iter().map(|r| r.into_inner().expect("no thread panics while it holds a result")).collect();
        for record in prepared.iter().flatten().filter_map(|p| p.record.as_ref().ok()) {
            keys.of_event(&record.signed).for_each(|(_, key)| self.tables.count(key));
        }
        self.ready = (waiting, prepared);
    }
}

/// The keys that had been introduced at some position, live or not: a name is never given to a second key.
#[derive(Default)]
struct Keys(HashMap<KeyName, PublicKey>);

impl Keys {
    fn learn(&mut self, authority: &Authority) {
        if authority.keys.len() == self.0.len() {
            return;
        }
        for (name, key) in authority.keys.iter().filter(|(name, _)| !self.0.contains_key(*name)).collect::<Vec<_>>() {
            self.0.extend(PublicKey::parse(&key.public_key).ok().map(|key| (name.clone(), key)));
        }
    }

    /// Each signature of an event whose key is known: its place, and the key.
    fn of_event<'k>(&'k self, signed: &'k SignedEvent) -> impl Iterator<Item = (usize, &'k PublicKey)> {
        let signatures = signed.signatures.iter().enumerate();
        signatures.filter_map(|(i, signature)| Some((i, self.0.get(&signature.key)?)))
    }

    fn prepare(&self, lines: &[Line], tables: &Tables) -> Vec<Prepared> {
        let mut prepared: Vec<Prepared> = lines.iter().map(|line| Prepared::of(&line.bytes)).collect();
        for one in &mut prepared {
            one.body = one.record.as_ref().ok().map(Record::body);
        }
        let events: Vec<Option<&SignedEvent>> =
            prepared.iter().map(|p| p.record.as_ref().ok().map(|record| &record.signed)).collect();
        let proven = self.prove(&events, tables);
        for (one, proven) in prepared.iter_mut().zip(proven) {
            one.proven = proven;
        }
        prepared
    }

    /// Which signatures of each event are good, under which keys.
    fn prove(&self, events: &[Option<&SignedEvent>], tables: &Tables) -> Vec<Proven> {
        let head = |signed: &Option<&SignedEvent>| signed.map_or_else(String::new, |s| dsse::event_head(&s.bytes));
        let heads: Vec<String> = events.iter().map(head).collect();
        let mut checks = Vec::new();
        let mut places = Vec::new();
        for (at, signed) in events.iter().enumerate().filter_map(|(at, signed)| Some((at, (*signed)?))) {
            for (i, key) in self.of_event(signed) {
                let Ok(signature) = signed.signatures[i].bytes() else { continue };
                let message = [heads[at].as_bytes(), &signed.bytes];
                checks.push(Check { key, message, signature });
                places.push((at, i, *key.as_bytes()));
            }
        }
        let mut all: Vec<Proven> = events.iter().map(|_| Proven::default()).collect();
        for ((at, i, key), _) in places.into_iter().zip(tables.verify(&checks)).filter(|(_, good)| *good) {
            let Proven(proven) = &mut all[at];
            proven.resize(proven.len().max(i + 1), None);
            proven[i] = Some(key);
        }
        all
    }
}

/// Checks signatures of events on all cores before they are admitted: whoever admits many keeps one.
#[derive(Default)]
pub struct Ahead {
    keys: Keys,
    tables: Tables,
}

impl Ahead {
    /// Which signatures of each event are good, under keys that are enrolled by now. The judge says which of them count.
    pub fn prove(&mut self, events: &[SignedEvent], authority: &Authority) -> Vec<Proven> {
        self.keys.learn(authority);
        for (_, key) in events.iter().flat_map(|signed| self.keys.of_event(signed)) {
            self.tables.count(key);
        }
        let (keys, tables) = (&self.keys, &self.tables);
        let prove = |block: &[SignedEvent]| keys.prove(&block.iter().map(Some).collect::<Vec<_>>(), tables);
        let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
        let share = events.len().div_ceil(threads).max(BLOCK);
        let (own, others) = events.split_at(share.min(events.len()));
        std::thread::scope(|scope| {
            let others: Vec<_> = others.chunks(share).map(|block| scope.spawn(move || prove(block))).collect();
            let mut proven = prove(own);
            for other in others {
                proven.extend(other.join().expect("what the verifier does with a signature does not panic"));
            }
            proven
        })
    }
}
