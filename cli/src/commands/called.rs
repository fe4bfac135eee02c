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
    /// The option's id; None: a subcommand, a value, or all from `--` on.
    option: Option<String>,
    words: Vec<String>,
}

impl Called {
    /// Reads a call as clap does. `whole` is built.
    pub fn read(whole: &Command, words: Vec<String>) -> Self {
        let (mut command, mut words, mut pieces) = (whole, words.into_iter(), Vec::new());
        while let Some(word) = words.next() {
            if word == END {
                pieces.push(Piece { option: None, words: once(word).chain(words).collect() });
                break;
            }
            let Some((option, attached)) = option(command, &word) else {
                command = command.find_subcommand(&word).unwrap_or(command);
                pieces.push(Piece { option: None, words: vec![word] });
                continue;
            };
            let values = option.get_num_args().map_or(0, |n| n.min_values());
            let more: Vec<String> = if attached { Vec::new() } else { words.by_ref().take(values).collect() };
            pieces.push(Piece { option: Some(option.get_id().to_string()), words: once(word).chain(more).collect() });
        }
        Self { pieces }
    }

    /// Takes these options out, with their values.
    pub fn without(mut self, options: &[&str]) -> Self {
        self.pieces.retain(|p| p.option.as_deref().is_none_or(|id| !options.contains(&id)));
        self
    }

    /// Puts `--name value` in, behind all other options.
    pub fn with(mut self, name: &str, value: String) -> Self {
        let ended = self.pieces.last().is_some_and(|p| p.words[0] == END);
        let at = self.pieces.len() - usize::from(ended);
        self.pieces.insert(at, Piece { option: None, words: vec![format!("--{name}"), value] });
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
}
