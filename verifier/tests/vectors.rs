//! The shared test vectors (tests/vectors): the committed files are those that the generator makes, and this verifier says
//! of each what it is to say.
//! Not here: how they are made (`vector_set`).

mod kit;
mod vector_set;

use std::path::{Path, PathBuf};

use answerable_verifier::audit::audit;
use answerable_verifier::fault::Fault;
use answerable_verifier::policy::Policy;
use answerable_verifier::proof;
use answerable_verifier::report::Verdict;
use vector_set::{POLICY, PROOF, Vector};

const COMMAND: &str = "cargo run -p answerable-verifier --example vectors -- tests/vectors";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors")
}

#[test]
fn the_committed_files_are_those_of_the_generator() {
    let made = vector_set::tree(&vector_set::all());
    let committed = vector_set::read_tree(&root());
    let differs: Vec<_> = made
        .keys()
        .chain(committed.keys().filter(|path| !made.contains_key(*path)))
        .filter(|path| made.get(*path) != committed.get(*path))
        .collect();
    assert!(differs.is_empty(), "{} files differ, first {:?}; run: {COMMAND}", differs.len(), differs[0]);
}

#[test]
fn each_vector_is_judged_as_it_says() {
    let mut wrong = Vec::new();
    for vector in vector_set::all() {
        let expect = &vector.expect;
        if vector.kind == "policy" {
            let read = Policy::read(&root().join(vector.folder()).join(POLICY));
            let code = read.as_ref().err().map(|e| e.code().to_owned());
            if ("refused", &code, None) != (expect.verdict, &expect.code, expect.seq) {
                wrong.push(format!("{}: expected {expect:?}, found {read:?}", vector.folder()));
            }
            continue;
        }
        let (verdict, faults) = judged(&vector);
        let first = faults.first();
        let found = (verdict, first.map(|f| f.code.clone()), first.and_then(|f| f.seq));
        if found != (expect.verdict, expect.code.clone(), expect.seq) {
            wrong.push(format!("{}: expected {expect:?}, found {found:?}\n{faults:#?}", vector.folder()));
        }
    }
    assert!(wrong.is_empty(), "{} are judged otherwise:\n{}", wrong.len(), wrong.join("\n"));
}

/// The verdict, and the faults that it rests on.
fn judged(vector: &Vector) -> (&'static str, Vec<Fault>) {
    let folder = root().join(vector.folder());
    let (verdict, faults) = match vector.kind {
        "receipt" => {
            let report = proof::judge_files(&folder.join(PROOF), None, &vector.pins).unwrap();
            (report.verdict, report.faults)
        }
        _ => {
            let report = audit(&folder.join("export"), &vector.all_pins(), &mut |_| {}).unwrap();
            (report.verdict, [report.faults, report.unverifiable].concat())
        }
    };
    let name = match verdict {
        Verdict::Verified => "verified",
        Verdict::False => "false",
        Verdict::Unverifiable => "unverifiable",
    };
    (name, faults)
}
