//! What docs/THREATS.md names is there: fault codes, test vectors, files.
//! Not here: whether the vectors are judged as they say (the verifier's `vectors`).

use std::collections::BTreeSet;
use std::path::Path;

/// The words between single backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2))
}

fn is_name(word: &str) -> bool {
    word.contains('_') && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn is_code(word: &str) -> bool {
    let plain = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    word.contains('.') && word.split('.').all(plain)
}

#[test]
fn every_vector_code_and_file_that_the_threats_name_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let read = |name: &str| std::fs::read_to_string(root.join(name)).unwrap();
    let (threats, codes) = (read("docs/THREATS.md"), read("docs/CODES.md"));
    let known: BTreeSet<&str> = quoted(&codes).chain(["event.disputed"]).collect();
    let vectors = root.join("tests/vectors");
    let mut missing = Vec::new();
    let (mut vectors_named, mut codes_named) = (0, 0);
    for word in quoted(&threats) {
        let is_vector =
            || ["good", "bad"].iter().any(|part| vectors.join(part).join(word).join("vector.json").is_file());
        let there = if word.contains('/') {
            root.join(word).exists()
        } else if is_code(word) {
            codes_named += 1;
            known.contains(word)
        } else if is_name(word) {
            vectors_named += 1;
            is_vector()
        } else {
            // A vector of one word, a member of a record, a flag of a command.
            is_vector() || ["recorded", "--since"].contains(&word)
        };
        if !there {
            missing.push(word);
        }
    }
    assert!(missing.is_empty(), "docs/THREATS.md names what is not there: {missing:?}");
    assert!(vectors_named > 100 && codes_named > 60, "the page was read: {vectors_named} and {codes_named}");
}
