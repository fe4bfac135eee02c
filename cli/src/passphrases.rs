//! `--passphrase-file`: which file opens which key.
//! Not here: asking on a terminal (`ui`), keys (`keys`).

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use answerable_schemas::KeyName;

use crate::error::CliError;

/// How a log's key is named in `--passphrase-file log=FILE`.
pub const LOG: &str = "log";

/// One `--passphrase-file`: FILE for all keys, or NAME=FILE for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassphraseFile {
    /// A key's name, or `log`; none for every key that no other file is named for.
    key: Option<String>,
    path: PathBuf,
}

impl PassphraseFile {
    pub fn for_all(path: PathBuf) -> Self {
        Self { key: None, path }
    }
}

/// As it is given on the command line.
impl fmt::Display for PassphraseFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{key}={}", self.path.display()),
            None => write!(f, "{}", self.path.display()),
        }
    }
}

impl FromStr for PassphraseFile {
    type Err = std::convert::Infallible;

    /// A path that happens to read as NAME=FILE is written with `./` before it.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text.split_once('=') {
            Some((key, path)) if key == LOG || KeyName::new(key).is_ok() => {
                Self { key: Some(key.to_owned()), path: path.into() }
            }
            _ => Self::for_all(text.into()),
        })
    }
}

/// The file that opens a key (`log`, or an author's key name): the one named for it, or else the one for all.
pub fn file_for<'a>(files: &'a [PassphraseFile], key: &str) -> Result<Option<&'a Path>, CliError> {
    for wanted in [Some(key), None] {
        let mut named = files.iter().filter(|f| f.key.as_deref() == wanted);
        match (named.next(), named.next()) {
            (None, _) => {}
            (Some(one), None) => return Ok(Some(&one.path)),
            (Some(_), Some(_)) => {
                return Err(CliError::usage(
                    "key.passphrase_twice",
                    format!("two passphrase files are named for {}", wanted.unwrap_or("all keys")),
                    "one file for all keys: --passphrase-file FILE; one for each: --passphrase-file NAME=FILE",
                ));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[&str]) -> Vec<PassphraseFile> {
        texts.iter().map(|t| t.parse().unwrap()).collect()
    }

    #[test]
    fn a_file_of_its_own_comes_before_the_one_for_all() {
        let files = files(&["pass", "org:a#1=a", "log=./l=l"]);
        let of = |key: &str| file_for(&files, key).unwrap().map(|p| p.to_str().unwrap());
        assert_eq!(of("org:a#1"), Some("a"));
        assert_eq!(of(LOG), Some("./l=l"));
        assert_eq!(of("org:b#1"), Some("pass"));
        assert_eq!(file_for(&files[1..], "org:b#1").unwrap(), None);
    }

    #[test]
    fn other_equals_signs_belong_to_the_path() {
        assert_eq!(file_for(&files(&["a=b", "./log=x"])[..1], "org:a#1").unwrap(), Some(Path::new("a=b")));
        assert_eq!(file_for(&files(&["./log=x"]), LOG).unwrap(), Some(Path::new("./log=x")));
    }

    #[test]
    fn two_files_for_one_key_are_refused() {
        assert!(file_for(&files(&["a", "b"]), "org:a#1").is_err());
        assert!(file_for(&files(&["log=a", "log=b"]), LOG).is_err());
        assert!(file_for(&files(&["log=a", "log=b", "c"]), "org:a#1").is_ok());
    }
}
