//! What a part of the suite did, in one line, and what it found wrong; and its work, shared out over all cores.
//! Not here: what is wrong (`judge`).

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Finds that are shown at the end; the rest is counted.
const SHOWN: usize = 20;

pub struct Tally {
    part: &'static str,
    pub seed: u64,
    begun: Instant,
    counts: Mutex<BTreeMap<String, usize>>,
    wrong: Mutex<Vec<String>>,
}

impl Tally {
    pub fn new(part: &'static str) -> Self {
        let seed = answerable_tests::dice::seed();
        Self { part, seed, begun: Instant::now(), counts: Mutex::default(), wrong: Mutex::default() }
    }

    pub fn count(&self, what: impl Into<String>) {
        self.add(what, 1);
    }

    pub fn add(&self, what: impl Into<String>, many: usize) {
        *self.counts.lock().unwrap().entry(what.into()).or_default() += many;
    }

    pub fn counted(&self, what: &str) -> usize {
        self.counts.lock().unwrap().get(what).copied().unwrap_or(0)
    }

    pub fn wrong(&self, what: String) {
        eprintln!("{}: WRONG: {what}", self.part);
        self.wrong.lock().unwrap().push(what);
    }

    /// Takes what a judge said of one case.
    pub fn take<T>(&self, what: &str, judged: Result<T, String>) -> Option<T> {
        judged.map_err(|why| self.wrong(format!("{what}: {why}"))).ok()
    }

    /// Prints the line, and fails the test if anything was wrong.
    #[track_caller]
    pub fn tell(self) {
        let (counts, wrong) = (self.counts.into_inner().unwrap(), self.wrong.into_inner().unwrap());
        let counts: Vec<_> = counts.iter().map(|(what, many)| format!("{many} {what}")).collect();
        let (part, seed, seconds) = (self.part, self.seed, self.begun.elapsed().as_secs());
        println!("{part}: {}; {} wrong (seed {seed}, {seconds} s)", counts.join(", "), wrong.len());
        let shown = wrong.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join("\n");
        assert!(wrong.is_empty(), "{part}: repeat with ANSWERABLE_SEED={seed}\n{shown}");
    }
}

/// Calls `work` with each item once, on all cores.
pub fn on_all_cores<T: Sync>(items: &[T], work: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(2, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    work(item);
                }
            });
        }
    });
}
