//! Commands as they must be typed in a shell: what an answer tells a person to run next.
//! Not here: what they do (`commands`).

use std::path::Path;

use crate::args::Cli;

/// One word, quoted where a shell would read it as something else.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:#+@=,".contains(c);
    if !word.is_empty() && word.chars().all(plain) && !word.starts_with(['#', '=']) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// A file's name, quoted, and never taken for an option.
pub fn file(path: &Path) -> String {
    let text = path.to_string_lossy();
    quoted(&if text.starts_with('-') { format!("./{text}") } else { text.into_owned() })
}

/// Which of the places that were named on the command line a command needs too.
#[derive(Clone, Copy)]
pub struct Places {
    pub ledger: bool,
    pub keys: bool,
    pub passphrase: bool,
}

/// `answerable NAME`, with the places that this call was given. What the environment names is there the next time.
pub fn answerable(cli: &Cli, name: &str, needs: Places) -> String {
    let mut out = format!("answerable {name}");
    for (option, variable, needed, value) in [
        ("--ledger", "ANSWERABLE_LEDGER", needs.ledger, &cli.ledger),
        ("--keys", "ANSWERABLE_KEYS", needs.keys, &cli.keys),
    ] {
        let there = |path: &Path| std::env::var_os(variable).is_some_and(|v| v == path);
        if let Some(path) = value.as_deref().filter(|path| needed && !there(path)) {
            out += &format!(" {option} {}", file(path));
        }
    }
    for given in cli.passphrase_file.iter().filter(|_| needs.passphrase) {
        out += &format!(" --passphrase-file {}", quoted(&given.to_string()));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_comes_back_from_a_shell_as_it_was() {
        for word in ["plain-1.event.json", "org:x#1", "a b", "", "#", "it's", "$HOME;`ls`", "~x", "a\nb", "*", "=x"] {
            let echo = format!("printf %s {}", quoted(word));
            let said = std::process::Command::new("sh").args(["-c", &echo]).output().unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), word, "{echo}");
        }
        assert_eq!(file(Path::new("-x")), "./-x");
    }
}
