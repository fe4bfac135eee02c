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
use crate::batch::{Check, Tables, table_of};
use crate::dsse::EventHead;
use crate::ed25519::PublicKey;
use crate::exported::Place;
use crate::judge::Prepared;
use crate::record::SignedEvent;

/// Most lines, and about the most bytes, of a chunk.
const LINES: usize = 512;
const BYTES: usize = 2 << 20;
/// Lines, or signatures, that one thread takes at a time.
const BLOCK: usize = 32;

/// A line, and where it was read.
#[derive(Clone, Copy)]
pub(crate) struct Line<'l> {
    pub place: Place,
    pub bytes: &'l [u8],
}

/// Lines, end to end in one piece of memory.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    /// Where each was read, and where it ends.
    ends: Vec<(Place, usize)>,
}

impl Lines {
    fn push(&mut self, place: Place, line: &[u8]) {
        self.bytes.extend_from_slice(line);
        self.ends.push((place, self.bytes.len()));
    }
    fn all(&self) -> Vec<Line<'_>> {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|(_, end)| *end));
        self.ends
            .iter()
            .zip(starts)
            .map(|(&(place, end), start)| Line { place, bytes: &self.bytes[start..end] })
            .collect()
    }
}

/// Who judges: takes each line in turn, and knows the keys by then.
pub(crate) trait Judges {
    fn take(&mut self, line: Line<'_>, prepared: Prepared);
    fn authority(&self) -> &Authority;
}

/// Stands between the lines as they are read, and who judges them. `finish` must be called at the end.
pub(crate) struct Pipeline {
    threads: usize,
    keys: Keys,
    tables: Tables,
    /// Lines of the next chunk: the keys come first, and what is signed by a key of the same chunk is not prepared.
    lines: usize,
    /// Prepared, and not judged yet.
    ready: Chunk,
    /// Read, and its signatures are not checked yet.
    read: Chunk,
    /// Not read yet.
    waiting: Lines,
    /// Keys that need a table by now.
    busy: Vec<PublicKey>,
}

/// Lines, and what is known of them, in blocks, as it is large and moved seldom.
#[derive(Default)]
struct Chunk {
    lines: Lines,
    known: Vec<Vec<Prepared>>,
}

impl Pipeline {
    pub fn new() -> Self {
        Self {
            threads: std::thread::available_parallelism().map_or(1, NonZero::get),
            keys: Keys::default(),
            tables: Tables::default(),
            lines: BLOCK,
            ready: Chunk::default(),
            read: Chunk::default(),
            waiting: Lines::default(),
            busy: Vec::new(),
        }
    }

    #[cfg(feature = "bench")]
    pub(crate) fn taking_signatures_as_good() -> Self {
        Self { tables: Tables::taking_all_as_good(), ..Self::new() }
    }

    pub fn take(&mut self, place: Place, line: &[u8], judge: &mut impl Judges) {
        self.waiting.push(place, line);
        if self.waiting.ends.len() == self.lines || self.waiting.bytes.len() >= BYTES {
            self.turn(judge);
        }
    }

    pub fn finish(mut self, judge: &mut impl Judges) {
        while [&self.waiting, &self.read.lines, &self.ready.lines].iter().any(|lines| !lines.ends.is_empty()) {
            self.turn(judge);
        }
    }

    /// Judges what is ready, while others check the signatures of what is read, and read what waits.
    fn turn(&mut self, judge: &mut impl Judges) {
        self.lines = LINES.min(self.lines * 2);
        self.keys.learn(judge.authority());
        let busy = std::mem::take(&mut self.busy);
        let Chunk { lines: read, mut known } = std::mem::take(&mut self.read);
        let events: Vec<_> = known.iter().flatten().map(|p| p.record.as_ref().ok().map(|r| &r.signed)).collect();
        let heads = heads(&events);
        let (places, checks) = self.keys.checks(&events, &heads);
        let waiting = std::mem::take(&mut self.waiting);
        let lines = waiting.all();
        let (made, good, prepared) = (Shared::of(&busy, 1), Shared::of(&checks, BLOCK), Shared::of(&lines, BLOCK));
        let work = || {
            made.work(|keys| keys.iter().map(table_of).collect());
            good.work(|checks| self.tables.verify(checks));
            prepared.work(|lines| lines.iter().map(|line| Prepared::read(line.bytes)).collect());
        };
        let ready = std::mem::take(&mut self.ready);
        std::thread::scope(|scope| {
            // A small export is done sooner than a thread begins.
            for _ in 1..self.threads.min(good.blocks.len() + prepared.blocks.len()) {
                scope.spawn(work);
            }
            for (line, prepared) in ready.lines.all().into_iter().zip(ready.known.into_iter().flatten()) {
                judge.take(line, prepared);
            }
            work();
        });
        let (made, good, prepared) = (made.results(), good.results(), prepared.results());
        let proven = proven(events.len(), places, &checks, good.into_iter().flatten());
        for (one, proven) in known.iter_mut().flatten().zip(proven) {
            one.proven = proven;
        }
        busy.iter().zip(made.into_iter().flatten()).for_each(|(key, table)| self.tables.insert(key, table));
        for record in prepared.iter().flatten().filter_map(|p| p.record.as_ref().ok()) {
            let keys = self.keys.of_event(&record.signed).map(|(_, key)| key);
            self.busy.extend(keys.filter(|key| self.tables.count(key)));
        }
        self.ready = Chunk { lines: read, known };
        self.read = Chunk { lines: waiting, known: prepared };
    }
}

/// Work that any thread takes in blocks, and what came of each.
struct Shared<'w, T, R> {
    blocks: Vec<&'w [T]>,
    results: Vec<Mutex<Vec<R>>>,
    next: AtomicUsize,
}

impl<'w, T, R> Shared<'w, T, R> {
    fn of(all: &'w [T], block: usize) -> Self {
        let blocks: Vec<_> = all.chunks(block).collect();
        let results = blocks.iter().map(|_| Mutex::default()).collect();
        Self { blocks, results, next: AtomicUsize::new(0) }
    }
    fn work(&self, work: impl Fn(&[T]) -> Vec<R>) {
        loop {
            let at = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(block) = self.blocks.get(at) else { return };
            let results = work(block);
            *self.results[at].lock().expect("no thread panics while it holds a result") = results;
        }
    }
    fn results(self) -> Vec<Vec<R>> {
        let taken = |r: Mutex<Vec<R>>| r.into_inner().expect("no thread panics while it holds a result");
        self.results.into_iter().map(taken).collect()
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

    /// The signatures of events that can be checked by now, those of a key together, as its table then is at hand: of which
    /// event, and which of its signatures.
    fn checks<'c>(
        &'c self,
        events: &[Option<&'c SignedEvent>],
        heads: &'c [EventHead],
    ) -> (Vec<(usize, usize)>, Vec<Check<'c>>) {
        let mut checks = Vec::new();
        for (at, signed) in events.iter().enumerate().filter_map(|(at, signed)| Some((at, (*signed)?))) {
            for (i, key) in self.of_event(signed) {
                let Ok(signature) = signed.signatures[i].bytes() else { continue };
                let message = [heads[at].as_bytes(), &signed.bytes];
                checks.push(((at, i), Check { key, message, signature }));
            }
        }
        checks.sort_by_key(|(_, check)| check.key);
        checks.into_iter().unzip()
    }

    /// Which signatures of each event are good, under which keys.
    fn prove(&self, events: &[SignedEvent], tables: &Tables) -> Vec<Proven> {
        let events: Vec<_> = events.iter().map(Some).collect();
        let heads = heads(&events);
        let (places, checks) = self.checks(&events, &heads);
        proven(events.len(), places, &checks, tables.verify(&checks))
    }
}

fn heads(events: &[Option<&SignedEvent>]) -> Vec<EventHead> {
    events.iter().map(|signed| EventHead::of(signed.map_or(&[], |s| &s.bytes))).collect()
}

fn proven(
    events: usize,
    places: Vec<(usize, usize)>,
    checks: &[Check<'_>],
    good: impl IntoIterator<Item = bool>,
) -> Vec<Proven> {
    let mut all = vec![Proven::default(); events];
    for (((at, i), check), _) in places.into_iter().zip(checks).zip(good).filter(|(_, good)| *good) {
        let Proven(proven) = &mut all[at];
        proven.resize(proven.len().max(i + 1), None);
        proven[i] = Some(*check.key.as_bytes());
    }
    all
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
            if self.tables.count(key) {
                self.tables.insert(key, table_of(key));
            }
        }
        let (keys, tables) = (&self.keys, &self.tables);
        let prove = |block: &[SignedEvent]| keys.prove(block, tables);
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
