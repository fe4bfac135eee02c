//! Which calls are questions that an answer can be cited of, and what a question reads and writes beside the ledger.
//! Not here: the citation (`citing`), what any question answers.

use std::any::TypeId;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Command, CommandFactory};

use crate::args::Cli;
use crate::error::CliError;
use crate::shell;

/// The arguments by which a question names files that its answer goes to.
const WRITTEN: [&str; 2] = ["out", "dictionary"];

/// A command that asks, and writes nothing but its answer.
pub struct Question {
    pub known_at: Vec<String>,
    /// It is about a day, and does not say which.
    pub lacks_day: bool,
    /// The list of codes that it reads.
    pub codes: Option<String>,
    /// Where its answer goes, if not to stdout alone.
    pub files: Vec<AnswerFile>,
    /// True where stdout has an answer, and not only the names of these files.
    pub prints: bool,
}

/// A file that an answer goes to.
pub struct AnswerFile {
    /// The argument that names it.
    pub argument: &'static str,
    /// As the command has it.
    pub path: String,
}

impl Question {
    /// Reads a call. `cite.no_question` where it asks nothing of the ledger, or does something beside.
    pub fn of(args: &[String]) -> Result<Self, CliError> {
        let hint = "cite answers about the ledger: commands that know --cite";
        let no = |why: String| CliError::usage("cite.no_question", why, hint);
        // It would end the argument for the system, and no call can have it.
        if args.iter().any(|arg| arg.contains('\0')) {
            return Err(no("a command has no NUL".to_owned()));
        }
        let whole = whole();
        let parsed =
            whole.clone().try_get_matches_from(std::iter::once("answerable").chain(args.iter().map(String::as_str)));
        let parsed = parsed.map_err(|e| no(format!("{} cannot be called: {}", in_words(args), e.kind())))?;
        let (path, matches) = innermost(&parsed);
        let command = path.iter().fold(&whole, |c, name| c.find_subcommand(name).expect("it was matched"));
        let takes = |id: &str| has(command, id);
        if !takes("cite") {
            return Err(no(format!("{} asks nothing of the ledger", in_words(args))));
        }
        // Of files and folders, an answer is made of the ledger's alone, and of a list of codes, whose hash is cited.
        let names_file = |arg: &&Arg| arg.get_value_parser().type_id() == TypeId::of::<PathBuf>();
        let mut named = command.get_arguments().filter(names_file).filter(|arg| given(matches, arg.get_id().as_str()));
        if let Some(other) = named.find(|arg| arg.get_id() != "codes" && !WRITTEN.contains(&arg.get_id().as_str())) {
            return Err(no(format!("{} has {other}", in_words(args))));
        }
        let text = |id: &str| {
            let path = takes(id).then(|| matches.get_one::<PathBuf>(id)).flatten();
            path.map(|path| path.to_str().expect("made of the text of the command").to_owned())
        };
        let files: Vec<AnswerFile> =
            WRITTEN.into_iter().filter_map(|argument| Some(AnswerFile { argument, path: text(argument)? })).collect();
        if !files.is_empty() && given(matches, "dry_run") {
            return Err(no(format!("{} writes no answer", in_words(args))));
        }
        let known_at = matches.get_many::<String>("known_at").into_iter().flatten().cloned().collect();
        // What tables showed on a day is about that day, where no other is named.
        let says_day = given(matches, "as_of") || takes("seen_by") && given(matches, "seen_by");
        Ok(Self {
            known_at,
            lacks_day: takes("as_of") && !says_day,
            codes: text("codes"),
            prints: files.iter().all(|file| file.argument != "out"),
            files,
        })
    }

    /// How many records it knows; None where it does not say so by number.
    pub fn size(&self) -> Option<u64> {
        let number = |text: &String| text.parse::<u64>().ok().filter(|n| n.to_string() == *text);
        let sizes: Option<Vec<u64>> = self.known_at.iter().map(number).collect();
        sizes?.into_iter().max()
    }
}

impl AnswerFile {
    /// Its name, without the folder: all of it that a citation has. None where it has none that is a name anywhere.
    pub fn name(&self) -> Option<&str> {
        let name = Path::new(&self.path).file_name()?.to_str()?;
        // Such a name would be an option.
        (!name.starts_with('-')).then_some(name)
    }

    /// True where it is a name and nothing else: put into any folder, it stays there.
    pub fn is_plain(&self) -> bool {
        self.name() == Some(&*self.path)
    }
}

/// All commands, with the arguments that each has from above.
pub fn whole() -> Command {
    let mut whole = Cli::command();
    whole.build();
    whole
}

/// The subcommand that was called, and its arguments.
pub fn innermost(mut matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let mut path = Vec::new();
    while let Some((name, below)) = matches.subcommand() {
        path.push(name);
        matches = below;
    }
    (path, matches)
}

/// True where the call itself has it.
pub fn given(matches: &ArgMatches, id: &str) -> bool {
    // An option without a value has none that is contained.
    matches.try_contains_id(id).is_ok() && matches.value_source(id) == Some(ValueSource::CommandLine)
}

pub fn in_words(args: &[String]) -> String {
    let args: Vec<String> = args.iter().map(|arg| shell::quoted(arg)).collect();
    format!("answerable {}", args.join(" "))
}

fn has(command: &Command, id: &str) -> bool {
    command.get_arguments().any(|arg| arg.get_id() == id)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const PAGE: &str = include_str!("../../../docs/RESEARCH.md");

    /// Every command without subcommands, as it is called.
    fn leaves<'c>(command: &'c Command, called: &str, found: &mut Vec<(String, &'c Command)>) {
        // clap's own.
        let below: Vec<&Command> = command.get_subcommands().filter(|c| c.get_name() != "help").collect();
        if below.is_empty() {
            found.push((called.to_owned(), command));
        }
        for command in below {
            leaves(command, format!("{called} {}", command.get_name()).trim_start(), found);
        }
    }

    /// The commands that stand as code in the first cells of a table's rows.
    fn listed(heading: &str) -> BTreeSet<String> {
        let (_, table) = PAGE.split_once(heading).unwrap_or_else(|| panic!("no table {heading}"));
        let rows = table.lines().skip_while(|l| !l.starts_with('|')).take_while(|l| l.starts_with('|')).skip(1);
        let cells = rows.map(|row| row.split('|').nth(1).expect("a cell"));
        cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
    }

    /// docs/RESEARCH.md says of every command whether its answer can be cited, and why not.
    #[test]
    fn the_page_tells_of_every_command_whether_it_is_cited() {
        let whole = whole();
        let mut all = Vec::new();
        leaves(&whole, "", &mut all);
        let (cited, others): (Vec<_>, Vec<_>) = all.iter().partition(|(_, command)| has(command, "cite"));
        let names =
            |some: Vec<&(String, &Command)>| some.into_iter().map(|(name, _)| name.clone()).collect::<BTreeSet<_>>();
        assert_eq!(listed("| cited |"), names(cited));
        assert_eq!(listed("| not cited |"), names(others));
    }

    /// Whatever knows a state of the ledger is asked again by it; and whatever may be cited knows one.
    #[test]
    fn what_knows_a_state_of_the_ledger_can_be_cited() {
        let whole = whole();
        let mut all = Vec::new();
        leaves(&whole, "", &mut all);
        for (name, command) in all {
            assert_eq!(has(command, "known_at"), has(command, "cite"), "{name}");
            // What it writes must be among what a citation knows to write elsewhere.
            let writes =
                command.get_arguments().filter(|a| a.get_id() == "force" || a.get_id() == "dry_run").count() > 0;
            let known = WRITTEN.iter().any(|id| has(command, id));
            assert!(!has(command, "cite") || writes == known, "{name}");
        }
    }

    #[test]
    fn only_a_name_stays_in_any_folder() {
        let file = |path: &str| AnswerFile { argument: "out", path: path.to_owned() };
        for plain in ["t.csv", "a b.json", "..x", "\\x"] {
            assert!(file(plain).is_plain(), "{plain}");
        }
        for not in ["", ".", "..", "/", "/t.csv", "./t.csv", "../t.csv", "a/t.csv", "t.csv/", "t.csv/.", "t/..", "-x"] {
            assert!(!file(not).is_plain(), "{not}");
        }
    }
}
