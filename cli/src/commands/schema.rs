//! `schema`, `completions` and `man`: what this program knows about itself.

use std::fs;
use std::path::Path;

use answerable_schemas::catalogue::TYPES;
use answerable_schemas::roles::{self, Who};
use answerable_schemas::{Standing, bundle};
use clap::CommandFactory;

use crate::args::{Cli, Schema};
use crate::error::CliError;
use crate::output::{Answer, json_text, print};

pub fn schema(cli: &Cli, a: &Schema) -> Result<u8, CliError> {
    match a {
        Schema::List => {
            let mut answer = Answer::new("answerable.types/v1", &["type", "v", "standings"]);
            for t in TYPES.iter() {
                let may = |s: &Standing| !roles::entitlements(t.name, *s).is_empty();
                let standings: Vec<_> = Standing::ALL.into_iter().filter(may).map(|s| s.as_str()).collect();
                answer.row([t.name.to_owned(), t.v.to_string(), standings.join(", ")]);
            }
            answer.print(cli.format);
        }
        Schema::Show { kind } => {
            let schema = bundle::event_schema(kind.as_str()).ok_or_else(|| {
                CliError::usage(
                    "event.unknown_type",
                    format!("unknown event type {kind}"),
                    "all types: answerable schema list",
                )
            })?;
            print(&json_text(&schema));
        }
        Schema::Roles => {
            let mut answer = Answer::new("answerable.roles/v1", &["types", "standing", "who"]);
            for e in roles::ALL.iter() {
                answer.row([e.pattern.to_owned(), e.standing.to_string(), spoken(e.who)]);
            }
            answer.print(cli.format);
        }
        Schema::Machines { markdown: true } => print(&machines_page()),
        Schema::Machines { markdown: false } => {
            let mut answer = Answer::new("answerable.machines/v1", &["type", "stream", "from", "to", "signed by"]);
            for t in TYPES.iter() {
                let who: Vec<_> = t.signers.iter().map(|w| spoken(*w)).collect();
                for step in t.steps {
                    answer.row([
                        t.name.to_owned(),
                        t.stream.to_owned(),
                        step.from.to_owned(),
                        step.to.to_owned(),
                        who.join("; "),
                    ]);
                }
            }
            answer.print(cli.format);
        }
        Schema::Write { folder, dry_run } => {
            let mut files: Vec<(String, String)> = TYPES
                .iter()
                .filter_map(|t| Some((format!("{}.json", t.name), bundle::event_schema(t.name)?)))
                .map(|(name, s)| (name, serde_json::to_string_pretty(&s).expect("plain data") + "\n"))
                .collect();
            let rules = String::from_utf8(bundle::made()).expect("JSON is UTF-8");
            files.push((format!("rules-{}.json", bundle::RULES_VERSION), rules));
            for (name, text) in files {
                let path = folder.join(name);
                if !dry_run {
                    fs::create_dir_all(folder)
                        .and_then(|()| fs::write(&path, text))
                        .map_err(|e| CliError::io(&path, e))?;
                }
                print(&format!("{}\n", path.display()));
            }
        }
    }
    Ok(0)
}

/// The state machines as one Markdown page: `docs/MACHINES.md` is this, and a test holds it current.
fn machines_page() -> String {
    let mut page = String::from(
        "# State machines\n\nMade by `answerable schema machines --markdown`; do not edit.\n\n\
         Every event continues one story, and moves it by a step. *new* is before the story begins; *any* is whatever it has\n\
         come to since; *same* leaves it there. A heading is the story's stream: members of the body fill it in, an actor\n\
         without its `state:`; of a symbol's characters `/` becomes `_`, `(` becomes `__`, and `)` goes. Each standing has its own state. The machine of treaties is in\n\
         [LAW.md](LAW.md). A transcriber may transcribe every type below.\n",
    );
    let mut last = "";
    for t in TYPES.iter().filter(|t| t.is_declared()) {
        if t.stream != last {
            last = t.stream;
            page += &format!("\n## `{last}`\n\n| type | what it says | signed by | steps |\n|---|---|---|---|\n");
        }
        let says = bundle::body_schema(t.name).and_then(|s| s["description"].as_str().map(|d| d.replace('\n', " ")));
        let who: Vec<_> = t.signers.iter().map(|w| spoken(*w)).collect();
        let steps: Vec<_> = t.steps.iter().map(|s| format!("{} → {}", s.from, s.to).replace('_', " ")).collect();
        page +=
            &format!("| `{}` | {} | {} | {} |\n", t.name, says.unwrap_or_default(), who.join("; "), steps.join(", "));
    }
    page
}

fn spoken(who: Who) -> String {
    match who {
        Who::AllFounders => "every founder".into(),
        Who::FoundersThreshold => "founders, as many as the threshold says".into(),
        Who::KeyOwnerOrFounders => "the key's actor, by a live key; or the founders' threshold".into(),
        Who::Subject => "the actor whose act it is".into(),
        Who::SubjectAssessor => "the actor whose act it is, as an assessor".into(),
        Who::OfItself => "the actor whom it is about, of itself".into(),
        Who::Organ => "the organ that it names, or its secretariat".into(),
        Who::Holder(role) => format!("a {}", role.as_str()),
        Who::TreatyDepositary => "the treaty's depositary".into(),
        Who::Concerned => "the actor whom the answered event is about".into(),
        Who::AuthorOrFounders => "who attached the file, or the founders' threshold".into(),
        Who::Author => "the author of the corrected event".into(),
    }
}

pub fn completions(shell: clap_complete::Shell) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "answerable", &mut script);
    print(&String::from_utf8_lossy(&script));
    Ok(0)
}

pub fn man(out: Option<&Path>, dry_run: bool, markdown: bool) -> Result<u8, CliError> {
    if markdown {
        print(&reference());
        return Ok(0);
    }
    let mut command = Cli::command();
    command.build();
    let Some(folder) = out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(|e| CliError::io(Path::new("stdout"), e))?;
        print(&String::from_utf8_lossy(&page));
        return Ok(0);
    };
    if dry_run {
        print(&format!("{}\n", folder.display()));
        return Ok(0);
    }
    fs::create_dir_all(folder).map_err(|e| CliError::io(folder, e))?;
    clap_mangen::generate_to(command, folder).map_err(|e| CliError::io(folder, e))?;
    Ok(0)
}

/// The whole tree of --help, as one Markdown page: `docs/CLI.md` is this, and a test holds it current.
fn reference() -> String {
    let mut out = String::from("# Command reference\n\nMade by `answerable man --markdown`; do not edit.\n");
    let mut command = Cli::command().term_width(100);
    command.build();
    section(&mut out, &mut command, "answerable");
    out
}

fn section(out: &mut String, command: &mut clap::Command, path: &str) {
    let help = command.clone().term_width(100).render_long_help().to_string();
    let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
    out.push_str(&format!("\n## {path}\n\n```text\n{}\n```\n", lines.join("\n").trim_end()));
    let names: Vec<String> =
        command.get_subcommands().map(|c| c.get_name().to_owned()).filter(|n| n != "help").collect();
    for name in names {
        if let Some(sub) = command.find_subcommand_mut(&name) {
            section(out, sub, &format!("{path} {name}"));
        }
    }
}
