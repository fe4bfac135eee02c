//! Writes the strict verdicts: `cargo run -q -p answerable-verifier --example ed25519_cases > verifier/tests/ed25519.jsonl`.
//! Not here: the cases (`tests/strict_set`), and the check that the committed file has these (`tests/strict_ed25519.rs`).

#[path = "../tests/strict_set/mod.rs"]
mod strict_set;

fn main() {
    print!("{}", strict_set::text());
}
