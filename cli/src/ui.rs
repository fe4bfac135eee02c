//! Talking to a person: stderr, questions, passphrases. stdout belongs to answers alone (`output`).

use std::fmt;
use std::io::{IsTerminal, Write};
use std::path::Path;

use answerable_verifier::report::escape;
use indicatif::{HumanCount, ProgressBar, ProgressState, ProgressStyle};

use crate::error::CliError;

/// An error, once, with what to do.
pub fn report(e: &CliError) {
    let mut text = format!("error: {}\n", escape_lines(&e.to_string()));
    if !e.hint.is_empty() {
        text += &format!("hint: {}\n", escape_lines(&e.hint));
    }
    let _ = std::io::stderr().write_all(text.as_bytes());
}

/// Something that a person should know although nothing failed.
pub fn notice(text: &str) {
    let _ = writeln!(std::io::stderr(), "notice: {}", escape_lines(text));
}

/// Escapes all but line feeds.
pub fn escape_lines(text: &str) -> String {
    text.split('\n').map(escape).collect::<Vec<_>>().join("\n")
}

/// Asks yes or no; without a terminal there is nobody to ask, and the flag that answers is named.
pub fn confirm(question: &str, yes: bool) -> Result<bool, CliError> {
    if yes {
        return Ok(true);
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliError::usage(
            "prompt.no_terminal",
            "there is no terminal to ask on",
            "add --yes to go on without asking",
        ));
    }
    eprint!("{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).map_err(|e| CliError::io(Path::new("stdin"), e))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// A passphrase from a file, or from the terminal; never from arguments, never echoed.
pub fn passphrase(prompt: &str, file: Option<&Path>) -> Result<String, CliError> {
    if let Some(path) = file {
        let text = std::fs::read_to_string(path).map_err(|e| CliError::io(path, e))?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    if !std::io::stdin().is_terminal() {
        return Err(CliError::usage(
            "prompt.no_terminal",
            "a passphrase is needed, and there is no terminal to ask on",
            "name a file with --passphrase-file FILE",
        ));
    }
    rpassword::prompt_password(prompt).map_err(|e| CliError::io(Path::new("terminal"), e))
}

/// A count on stderr while something long runs; only on a terminal, and silent under TERM=dumb or NO_COLOR.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    /// `total` in the unit that is counted; None if it is not known.
    pub fn start(what: &'static str, total: Option<u64>) -> Self {
        let plain = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
            || std::env::var_os("TERM").is_none_or(|t| t == "dumb");
        if plain || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let style = match total {
            Some(_) => "{msg} {wide_bar} {human_pos} of {human_len}, {rate} a second, {eta} left",
            None => "{spinner} {msg} {human_pos}, {rate} a second",
        };
        let rate = |state: &ProgressState, out: &mut dyn fmt::Write| {
            // A bar that cannot be written is no matter.
            let _ = write!(out, "{}", HumanCount(state.per_sec() as u64));
        };
        let style = ProgressStyle::with_template(style).expect("a literal template");
        bar.set_style(style.with_key("rate", rate));
        bar.set_message(what);
        Self(Some(bar))
    }
    /// A notice, above the count.
    pub fn notice(&self, text: &str) {
        match &self.0 {
            Some(bar) => bar.suspend(|| notice(text)),
            None => notice(text),
        }
    }
    pub fn at(&self, count: u64) {
        if let Some(bar) = &self.0 {
            bar.set_position(count);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
