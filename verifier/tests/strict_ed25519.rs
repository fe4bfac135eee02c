//! The file `ed25519.jsonl`: keys and signatures with verdicts, by which other programs of ours are held to the same strictness
//! (the page that checks a published folder: tests/web). It has what this verifier says today.
//! Not here: the cases (`strict_set`).

mod strict_set;

const FILE: &str = include_str!("ed25519.jsonl");

#[test]
fn the_file_has_the_verdicts_of_this_verifier() {
    let made = strict_set::text();
    for (line, (made, found)) in made.lines().zip(FILE.lines()).enumerate() {
        assert_eq!(made, found, "line {}: write it anew with --example ed25519_cases", line + 1);
    }
    assert_eq!(made.lines().count(), FILE.lines().count());
}

/// A file of refusals alone, or without the keys that divide libraries, would hold nobody to anything.
#[test]
fn the_file_divides() {
    let count = |wanted: &dyn Fn(&serde_json::Value) -> bool| {
        FILE.lines().filter(|line| wanted(&serde_json::from_str(line).unwrap())).count()
    };
    assert_eq!(count(&|case| case["what"].as_str().unwrap().starts_with("Wycheproof")), 151);
    assert!(count(&|case| case["verifies"] == true) > 88);
    // A key with torsion cannot be enrolled, and yet some signatures verify under it.
    assert!(count(&|case| case["verifies"] == true && case["enrollable"] == false) > 0);
    assert!(count(&|case| case["verifies"] == false && case["enrollable"] == true) > 63);
}
