//! Writes the shared test vectors: `cargo run -p answerable-verifier --example vectors -- tests/vectors`.
//! Not here: the vectors (`tests/vector_set`), and the check that the committed ones are these (`tests/vectors.rs`).

#[path = "../tests/kit/mod.rs"]
mod kit;
#[path = "../tests/vector_set/mod.rs"]
mod vector_set;

use std::path::PathBuf;

fn main() {
    let Some(root) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("error: name the folder: cargo run -p answerable-verifier --example vectors -- tests/vectors");
        std::process::exit(2);
    };
    let vectors = vector_set::all();
    // Only what this program writes is removed.
    for old in ["good", "bad"].map(|part| root.join(part)) {
        if old.exists() {
            std::fs::remove_dir_all(&old).expect("the old vectors can be removed");
        }
    }
    vector_set::write_tree(&root, &vector_set::tree(&vectors));
    println!("{} vectors in {}", vectors.len(), root.display());
}
