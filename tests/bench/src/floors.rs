//! Floors of verification: what nobody can do without. The bytes are read and hashed; the signatures are checked.
//! Not here: floors of other figures, each of which is beside its figure.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use answerable_verifier::dsse;
use answerable_verifier::encoding::base64_decode_array;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::author::secret_of;
use crate::error::BenchError;

/// The segments of a folder's log, in order.
pub fn segments(export: &Path) -> Result<Vec<PathBuf>, BenchError> {
    let log = export.join("log");
    let entries = fs::read_dir(&log).map_err(BenchError::io(&log))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|e| e.ok().map(|e| e.path())).collect();
    paths.sort();
    Ok(paths)
}

/// Reads all segments and hashes every byte once, each file by one of `threads`: files are dealt out in turn.
pub fn read_and_hash(export: &Path, threads: usize) -> Result<(), BenchError> {
    let mut ranges = Vec::new();
    for path in segments(export)? {
        let len = fs::metadata(&path).map_err(BenchError::io(&path))?.len();
        // A lone segment is halved, so that two threads have something to do.
        let share = len.div_ceil(threads as u64).max(1);
        ranges.extend((0..threads as u64).map(|i| (path.clone(), i * share, share.min(len.saturating_sub(i * share)))));
    }
    on_threads(threads, |worker| {
        for (path, start, len) in ranges.iter().skip(worker).step_by(threads) {
            hash_range(path, *start, *len)?;
        }
        Ok(())
    })
}

fn hash_range(path: &Path, start: u64, len: u64) -> Result<(), BenchError> {
    use std::io::Seek;
    let mut file = File::open(path).map_err(BenchError::io(path))?;
    file.seek(std::io::SeekFrom::Start(start)).map_err(BenchError::io(path))?;
    let mut file = file.take(len);
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let n = file.read(&mut buffer).map_err(BenchError::io(path))?;
        if n == 0 {
            break;
        }
        hasher.update(&buffer[..n]);
    }
    std::hint::black_box(hasher.finalize());
    Ok(())
}

/// One signature of the log, with the message under it.
pub struct Signed {
    key: usize,
    message: Vec<u8>,
    signature: Signature,
}

/// All signatures of an export, taken apart before anything is timed.
pub struct Signatures {
    keys: Vec<VerifyingKey>,
    all: Vec<Signed>,
}

#[derive(Deserialize)]
struct Written {
    key: String,
    sig: String,
}

impl Signatures {
    /// Reads them in; the messages of a million records are some 800 MB.
    pub fn of(export: &Path) -> Result<Self, BenchError> {
        let bad = |what: &str| BenchError::Failed(format!("{}: {what}", export.display()));
        let mut names: HashMap<String, usize> = HashMap::new();
        let mut found = Self { keys: Vec::new(), all: Vec::new() };
        for path in segments(export)? {
            let text = fs::read_to_string(&path).map_err(BenchError::io(&path))?;
            for line in text.lines() {
                // The event ends before the last member `prev`; what stands in strings has its quotes escaped.
                let end = line.rfind(",\"prev\":\"").ok_or_else(|| bad("a line without prev"))?;
                let event = &line.as_bytes()["{\"event\":".len()..end];
                let at = line.rfind("\"signatures\":").ok_or_else(|| bad("a line without signatures"))?;
                let list = line[at + "\"signatures\":".len()..].strip_suffix('}').ok_or_else(|| bad("a torn line"))?;
                let written: Vec<Written> = serde_json::from_str(list).map_err(|e| bad(&e.to_string()))?;
                for w in written {
                    let key = *names.entry(w.key).or_insert_with_key(|name| {
                        found.keys.push(secret_of(name).verifying_key());
                        found.keys.len() - 1
                    });
                    let signature: [u8; 64] = base64_decode_array(&w.sig).map_err(|e| bad(&e.to_string()))?;
                    found.all.push(Signed {
                        key,
                        message: dsse::event_pae(event),
                        signature: Signature::from_bytes(&signature),
                    });
                }
            }
        }
        Ok(found)
    }

    /// Checks each, strictly, in a plain loop on this many threads.
    pub fn verify(&self, threads: usize) -> Result<(), BenchError> {
        on_threads(threads, |worker| {
            for s in self.all.iter().skip(worker).step_by(threads) {
                let good = self.keys[s.key].verify_strict(&s.message, &s.signature);
                good.map_err(|_| BenchError::Failed("a signature of the generated ledger is bad".into()))?;
            }
            Ok(())
        })
    }
}

/// Runs the same work on several threads, each with its number.
pub fn on_threads(threads: usize, work: impl Fn(usize) -> Result<(), BenchError> + Sync) -> Result<(), BenchError> {
    std::thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = (0..threads).map(|worker| scope.spawn(move || work(worker))).collect();
        workers.into_iter().try_for_each(|w| w.join().expect("a worker does not panic"))
    })
}
