//! The short run: every target over its committed corpus, and over changes of it from a fixed seed. It needs no engine.
//! ANSWERABLE_FUZZ_MUTATIONS says how many changes a target gets (1000).
//! Not here: long runs (`fuzz/run`).

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use answerable_fuzz::TARGETS;
use answerable_fuzz::mutate::{Random, mutated};
use answerable_fuzz::worked::small;
use answerable_verifier::proof::judge;
use answerable_verifier::report::Verdict;

/// Most bytes of all corpora together.
const MAX_CORPORA: u64 = 1_200_000;

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn corpus(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = corpora().join(target);
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

/// Runs one input; where a property fails, keeps the input and says where.
fn run(name: &str, target: fn(&[u8]), input: &[u8], what: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(input))) {
        let kept = std::env::temp_dir().join(format!("answerable-fuzz-{name}-{}", std::process::id()));
        fs::write(&kept, input).unwrap();
        eprintln!("the target {name} fails on {what}; the input is kept as {}", kept.display());
        std::panic::resume_unwind(panic);
    }
}

#[test]
fn corpora_replay() {
    for (name, target) in TARGETS {
        let inputs = corpus(name);
        assert!(inputs.len() >= 2, "{name} has a corpus");
        inputs.iter().for_each(|(path, input)| run(name, *target, input, &path.display().to_string()));
        run(name, *target, b"", "nothing");
    }
}

/// The corpora were made under the rules of one day; these inputs are made under today's, and must be good.
#[test]
fn the_small_ledger_of_today() {
    let good = small();
    let all = good.lines.len();
    for (seq, line) in good.lines.iter().enumerate() {
        for size in seq + 1..=all {
            let proof = good.proof(seq, size).format();
            assert_eq!(judge(&proof, line, &good.pins()).verdict, Verdict::Verified, "record {seq} at {size}");
            for (name, input) in
                [("proof", proof.clone()), ("receipt", [proof, line.clone()].concat()), ("record", line.clone())]
            {
                run(name, answerable_fuzz::target(name).unwrap(), &input, &format!("record {seq} at {size}"));
            }
        }
        let note = good.checkpoints[seq].as_bytes();
        for name in ["note", "checkpoint"] {
            run(name, answerable_fuzz::target(name).unwrap(), note, "a checkpoint");
        }
    }
}

#[test]
fn changes_of_the_corpora() {
    let changes = std::env::var("ANSWERABLE_FUZZ_MUTATIONS").map_or(1000, |n| n.parse().unwrap());
    for (name, target) in TARGETS {
        let inputs: Vec<Vec<u8>> = corpus(name).into_iter().map(|(_, bytes)| bytes).collect();
        let mut random = Random(0x5eed);
        for n in 0..changes {
            let input = mutated(&inputs[random.below(inputs.len())], &inputs, &mut random);
            run(name, *target, &input, &format!("change {n}"));
        }
    }
}

#[test]
fn every_corpus_has_a_target_and_all_are_small() {
    let folders: BTreeSet<String> =
        fs::read_dir(corpora()).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    let names: BTreeSet<String> = TARGETS.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(folders, names);
    let bytes: u64 = TARGETS.iter().flat_map(|(name, _)| corpus(name)).map(|(_, bytes)| bytes.len() as u64).sum();
    assert!(bytes <= MAX_CORPORA, "{bytes} bytes of corpora");
}
