//! The words of a call, each option with the words of its value, so that one can be taken out or put in.
//! Not here: what any option means; whether the call is right (clap reads it before, and again after).

use std::iter::once;

use clap::{Arg, Command};

/// A call, word by word.
#[derive(Clone)]
pub struct Called {
    pieces: Vec<Piece>,
}

#[derive(Clone)]
struct Piece {
    what: What,
    words: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
enum What {
    /// A subcommand, an option that was put in, or `--`.
    Word,
    /// The option with this id, and its value.
    Option(String),
    /// The value of the argument with this id, which has no name of its own.
    Value(String),
}

impl Called {
    /// Reads a call as clap does. `whole` is built.
    pub fn read(whole: &Command, words: Vec<String>) -> Self {
        let (mut command, mut words, mut pieces) = (whole, words.into_iter(), Vec::new());
        let (mut values, mut ended) = (0, false);
        while let Some(word) = words.next() {
            if !ended && word == END {
                ended = true;
                pieces.push(Piece { what: What::Word, words: vec![word] });
            } else if let Some((option, attached)) = option(command, &word).filter(|_| !ended) {
                let least = option.get_num_args().map_or(0, |n| n.min_values());
                let more: Vec<String> = if attached { Vec::new() } else { words.by_ref().take(least).collect() };
                let what = What::Option(option.get_id().to_string());
                pieces.push(Piece { what, words: once(word).chain(more).collect() });
            } else if let Some(below) = command.find_subcommand(&word).filter(|_| !ended) {
                (command, values) = (below, 0);
                pieces.push(Piece { what: What::Word, words: vec![word] });
            } else {
                // The last one takes all that follow.
                let value = command.get_positionals().nth(values).or(command.get_positionals().last());
                values += 1;
                let what = value.map_or(What::Word, |arg| What::Value(arg.get_id().to_string()));
                pieces.push(Piece { what, words: vec![word] });
            }
        }
        Self { pieces }
    }

    /// Takes these options out, with their values.
    pub fn without(mut self, options: &[&str]) -> Self {
        self.pieces.retain(|p| !matches!(&p.what, What::Option(id) if options.contains(&id.as_str())));
        self
    }

    /// Puts `--name value` in, behind all other options.
    pub fn with(mut self, name: &str, value: String) -> Self {
        let is_end = |p: &Piece| p.what == What::Word && p.words[0] == END;
        let at = self.pieces.iter().position(is_end).unwrap_or(self.pieces.len());
        self.pieces.insert(at, Piece { what: What::Word, words: vec![format!("--{name}"), value] });
        self
    }

    /// Gives an argument, where it is there, another value.
    pub fn valued(mut self, id: &str, value: &str) -> Self {
        for piece in &mut self.pieces {
            match &piece.what {
                What::Option(option) if option == id => {
                    let name = piece.words[0].split_once('=').map_or(&*piece.words[0], |(name, _)| name);
                    piece.words = vec![name.to_owned(), value.to_owned()];
                }
                What::Value(argument) if argument == id => piece.words = vec![value.to_owned()],
                _ => {}
            }
        }
        self
    }

    pub fn words(self) -> Vec<String> {
        self.pieces.into_iter().flat_map(|p| p.words).collect()
    }
}

/// What follows are values, whatever they look like.
const END: &str = "--";

/// The option that a word begins with, and whether its value is in the same word.
fn option<'c>(command: &'c Command, word: &str) -> Option<(&'c Arg, bool)> {
    if let Some(long) = word.strip_prefix("--") {
        let (name, attached) = long.split_once('=').map_or((long, false), |(name, _)| (name, true));
        let is = |arg: &&Arg| arg.get_long_and_visible_aliases().is_some_and(|all| all.contains(&name));
        return command.get_arguments().find(is).map(|arg| (arg, attached));
    }
    let mut letters = word.strip_prefix('-')?.chars();
    let first = letters.next()?;
    let arg = command.get_arguments().find(|arg| arg.get_short() == Some(first))?;
    Some((arg, letters.next().is_some()))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    fn called(words: &[&str]) -> Called {
        let mut whole = Cli::command();
        whole.build();
        Called::read(&whole, words.iter().map(|w| (*w).to_owned()).collect())
    }

    /// What looks like an option is none where it is another one's value, or behind `--`.
    #[test]
    fn an_option_goes_with_its_own_value_and_nothing_else_does() {
        for (given, left) in [
            (&["--ledger", "l", "log", "--cite", "-n", "5"][..], &["log", "-n", "5"][..]),
            (&["log", "--cite=f", "-n5", "--keys=k"], &["log", "-n5"]),
            (&["log", "-n", "--cite", "--known-at", "--ledger"], &["log", "-n", "--cite", "--known-at", "--ledger"]),
            (
                &["recommendations", "--theme", "--cite", "--by", "state"],
                &["recommendations", "--theme", "--cite", "--by", "state"],
            ),
            (&["recommendations", "--theme=--cite", "--cite"], &["recommendations", "--theme=--cite"]),
            (&["list", "--cite", "--", "--cite", "--ledger", "x"], &["list", "--", "--cite", "--ledger", "x"]),
            (&["table", "long", "--passphrase-file", "--cite"], &["table", "long"]),
        ] {
            assert_eq!(
                called(given).without(&["cite", "ledger", "keys", "passphrase_file"]).words(),
                left,
                "{given:?}"
            );
        }
    }

    #[test]
    fn what_is_put_in_stands_before_the_end_of_the_options() {
        let with = |words| called(words).with("known-at", "7".to_owned()).words();
        assert_eq!(with(&["log"]), ["log", "--known-at", "7"]);
        assert_eq!(with(&["list", "--", "warning"]), ["list", "--known-at", "7", "--", "warning"]);
    }

    #[test]
    fn a_value_is_replaced_wherever_it_stands() {
        let renamed = |words| called(words).valued("out", "new").words();
        assert_eq!(
            renamed(&["table", "long", "--out", "a/b", "--out=c"]),
            ["table", "long", "--out", "new", "--out", "new"]
        );
        assert_eq!(renamed(&["report", "--title", "x", "a/b"]), ["report", "--title", "x", "new"]);
        assert_eq!(
            renamed(&["report", "--as-of", "2015-01-01", "--", "--b"]),
            ["report", "--as-of", "2015-01-01", "--", "new"]
        );
        assert_eq!(renamed(&["--format", "csv", "list", "out"]), ["--format", "csv", "list", "out"]);
    }
}
