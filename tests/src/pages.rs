//! The project's own documents, as tests read them: fenced blocks with the words behind the fence.
//! Not here: what the words mean (the tests of each document).

use std::fs;

use crate::repository;

/// A fenced block of a page.
pub struct Block {
    /// Of its first line, from 1.
    pub line: usize,
    pub info: String,
    pub text: String,
}

/// docs/NAME.md
pub fn page(name: &str) -> String {
    let path = repository().join(format!("docs/{name}.md"));
    fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

pub fn blocks(page: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (i, line) in page.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(info) => {
                open = !open;
                if open {
                    found.push(Block { line: i + 2, info: info.to_owned(), text: String::new() });
                }
            }
            None if open => found.last_mut().expect("it is open").text += &format!("{line}\n"),
            None => {}
        }
    }
    assert!(!open, "a block is not closed");
    found
}
