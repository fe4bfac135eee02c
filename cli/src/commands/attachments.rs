//! `attachment`: the files that records name: listing, bringing, getting, erasing them.
//! Not here: how a ledger keeps them (`answerable_ledger::attachments`), how a draft attaches them (`crate::attach`), what
//! `sign` and `append` do with those that come with an event (`enclosures`).

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::PathBuf;

use answerable_ledger::Ledger;
use answerable_ledger::attachments::{Attached, State};
use answerable_schemas::records::AttachmentErased;
use answerable_schemas::{Body, CalendarDate, EventId, Standing};
use answerable_verifier::encoding::Hash;
use answerable_verifier::record::SALT;
use unicode_normalization::UnicodeNormalization;

use super::draft::{Statement, compose, write_draft};
use super::records::seq_of;
use super::{known_size, open, signers};
use crate::args::{AttachmentCommand, AttachmentList, Cli, EraseAttachment, GetAttachment, Known};
use crate::clock;
use crate::error::{CliError, FALSE};
use crate::output::{Answer, print};
use crate::ui;

pub fn attachment(cli: &Cli, a: &AttachmentCommand) -> Result<u8, CliError> {
    match a {
        AttachmentCommand::List(a) => list(cli, a),
        AttachmentCommand::Add { files, dry_run } => add(cli, files, *dry_run),
        AttachmentCommand::Get(a) => get(cli, a),
        AttachmentCommand::Erase(a) => erase(cli, a),
    }
}

fn list(cli: &Cli, a: &AttachmentList) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let size = known_size(&ledger, &a.known)?;
    let wanted = match a.seq.map(|seq| seq.to_string()).or(a.event.clone()) {
        Some(record) => Some(seq_of(&ledger, size, &record)?),
        None => None,
    };
    let columns = ["seq", "event id", "actor", "sha256", "size", "media type", "salted", "state", "note"];
    let mut answer = Answer::new("answerable.attachments/v1", &columns);
    let all = ledger.attachments(size)?;
    let place = Place::of(&ledger, &a.known)?;
    for a in all.iter().filter(|a| wanted.is_none_or(|seq| a.seq == seq)) {
        let (state, note) = state(&ledger, a, size, &place)?;
        answer.row([
            a.seq.to_string(),
            a.event.to_string(),
            a.actor.to_string(),
            a.attachment.sha256.to_string(),
            a.attachment.size.to_string(),
            a.attachment.media_type.clone(),
            if a.attachment.salted { "yes" } else { "no" }.to_owned(),
            state.to_owned(),
            note,
        ]);
    }
    answer.foot.push(format!("{} attachments, by {size} records", answer.rows.len()));
    if let Place::Here { rightful } = &place {
        let named = rightful.union(&ledger.called_erased()?).copied().collect();
        let unnamed = ledger.attachment_files()?.difference(&named).count();
        if unnamed > 0 {
            ui::notice(&format!("{unnamed} files in attachments/ that no record names; no export holds them"));
        }
    }
    answer.print(cli.format);
    Ok(0)
}

/// Where files are looked for.
enum Place {
    /// In this copy, whose files come and go.
    Here { rightful: BTreeSet<EventId> },
    /// Nowhere: what was known at a size is what records say, the same in every copy, and later.
    Nowhere,
}

impl Place {
    fn of(ledger: &Ledger, known: &Known) -> Result<Self, CliError> {
        Ok(match known.known_at {
            None => Place::Here { rightful: ledger.rightful()? },
            Some(_) => Place::Nowhere,
        })
    }
}

/// What became of an event's file, in one word, and what more there is to say; by the first `size` records.
fn state(ledger: &Ledger, a: &Attached, size: u64, place: &Place) -> Result<(&'static str, String), CliError> {
    let erased = a.erased.as_ref().filter(|e| e.record < size).map(|e| format!("record {}: {}", e.record, e.reason));
    let Place::Here { rightful } = place else {
        return Ok(erased.map_or_else(|| ("named", String::new()), |why| ("erased", why)));
    };
    let file = ledger.attachment_state(&a.attachment.sha256)?;
    Ok(match (erased, file) {
        (Some(why), _) => {
            let there = match (file, rightful.contains(&a.attachment.sha256)) {
                (State::Absent, _) => "",
                (_, true) => "; the file stays, as another record names it",
                (_, false) => "; a file is still there",
            };
            ("erased", format!("{why}{there}"))
        }
        (_, State::Present) => ("present", String::new()),
        (_, State::Absent) => ("absent", String::new()),
        (_, State::Altered) => ("altered", "the file does not hash to its name".to_owned()),
    })
}

/// For `show`: what became of the files that a record names, a line each.
pub fn states(ledger: &Ledger, seq: u64, size: u64, known: &Known) -> Result<Vec<String>, CliError> {
    if ledger.past().fact(seq)?.attachments.is_empty() {
        return Ok(Vec::new());
    }
    let (all, place) = (ledger.attachments(seq + 1)?, Place::of(ledger, known)?);
    let line = |a: &Attached| {
        let (state, note) = state(ledger, a, size, &place)?;
        let note = if note.is_empty() { note } else { format!(" ({note})") };
        Ok(format!("  file      {}… {state}{note}", short(&a.attachment.sha256)))
    };
    all.iter().filter(|a| a.seq == seq).map(line).collect()
}

fn add(cli: &Cli, files: &[PathBuf], dry_run: bool) -> Result<u8, CliError> {
    let (ledger, notices) = Ledger::open_beside_log(&cli.ledger_dir())?;
    notices.iter().for_each(|n| ui::notice(&n.0));
    let all = ledger.attachments(ledger.checkpoint.size)?;
    let mut found: Vec<(&PathBuf, &Attached)> = Vec::with_capacity(files.len());
    for path in files {
        let hashed = File::open(path).and_then(|mut file| Hash::of_stream(&mut file));
        let (hash, size) = hashed.map_err(|e| CliError::io(path, e))?;
        let refuse = |why: String| {
            let hint = "a salted attachment is brought as it was drafted, its salt included: the file is named by its \
                        hash; see answerable attachment list";
            CliError { exit: FALSE, ..CliError::usage("attachment.unknown", why, hint) }
        };
        // Where records state several sizes, the one that is right vouches for the file.
        let naming = |a: &&Attached| a.attachment.sha256.0 == hash.0 && a.attachment.size == size;
        let all = || all.iter().filter(naming);
        match (all().find(|a| a.erased.is_none()), all().next().and_then(|a| a.erased.as_ref())) {
            (Some(attached), _) => found.push((path, attached)),
            (None, Some(e)) => {
                return Err(refuse(format!("{} was erased (record {}: {})", path.display(), e.record, e.reason)));
            }
            (None, None) => return Err(refuse(format!("no record names {}, {hash}", path.display()))),
        }
    }
    let mut answer = Answer::new("answerable.attachment_add/v1", &["file", "outcome", "seq", "sha256"]);
    for (path, attached) in found {
        let wanted = &attached.attachment;
        let outcome = if dry_run {
            "would be kept"
        } else {
            let mut file = File::open(path).map_err(|e| CliError::io(path, e))?;
            if ledger.keep_attachment(wanted, &mut file)? { "kept" } else { "was there" }
        };
        let cells = [path.display().to_string(), outcome.into(), attached.seq.to_string(), wanted.sha256.to_string()];
        answer.row(cells);
    }
    answer.print(cli.format);
    Ok(0)
}

fn get(cli: &Cli, a: &GetAttachment) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let all = named(&ledger, &a.sha256)?;
    let attached = all.iter().find(|a| a.erased.is_none()).unwrap_or(&all[0]);
    let attachment = &attached.attachment;
    let sha256 = attachment.sha256;
    let absent = |why: String, hint: &str| Err(CliError::usage("attachment.absent", why, hint));
    if let Some(e) = &attached.erased {
        return absent(format!("{sha256} was erased (record {}: {})", e.record, e.reason), "there is nothing to get");
    }
    match ledger.attachment_state(&sha256)? {
        State::Present => {}
        State::Absent => {
            let hint = "ask who attached it for the file, and bring it: answerable attachment add FILE";
            return absent(format!("the file {sha256} is not here"), hint);
        }
        State::Altered => return Err(altered(&sha256)),
    }
    let salt = if attachment.salted && !a.raw { SALT } else { 0 };
    let what = format!("{} bytes, {}", attachment.size - salt, attachment.media_type);
    if a.dry_run {
        print(&format!("{}: would hold {what}\n", a.out.display()));
        return Ok(0);
    }
    let mut file = ledger.open_attachment(&sha256)?.ok_or_else(|| altered(&sha256))?;
    let mut out = OpenOptions::new().write(true).create_new(true).open(&a.out).map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => CliError::usage(
            "file.exists",
            format!("{} exists already", a.out.display()),
            "name another file with --out FILE",
        ),
        _ => CliError::io(&a.out, e),
    })?;
    let written = copy_behind(&mut file, salt, &mut out).and_then(|found| out.sync_all().map(|()| found));
    match written {
        Ok(found) if found.0 == sha256.0 => {
            print(&format!("{}: {what}\n", a.out.display()));
            Ok(0)
        }
        failed => {
            let _ = fs::remove_file(&a.out);
            Err(failed.map_or_else(|e| CliError::io(&a.out, e), |_| altered(&sha256)))
        }
    }
}

/// Copies all but the first `salt` bytes; answers the hash of all.
fn copy_behind(from: &mut File, salt: u64, to: &mut File) -> std::io::Result<Hash> {
    struct Tee<'a>(&'a mut File, u64, &'a mut File);
    impl Read for Tee<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let n = self.0.read(buffer)?;
            let skipped = self.1.min(n as u64) as usize;
            self.1 -= skipped as u64;
            self.2.write_all(&buffer[skipped..n])?;
            Ok(n)
        }
    }
    Ok(Hash::of_stream(&mut Tee(from, salt, to))?.0)
}

fn altered(sha256: &EventId) -> CliError {
    let hint = "bring the right one: answerable attachment add FILE";
    let message = format!("the file attachments/{sha256} was altered");
    CliError { exit: FALSE, ..CliError::usage("attachment.altered", message, hint) }
}

fn erase(cli: &Cli, a: &EraseAttachment) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let wanted = of_event(named(&ledger, &a.sha256)?, a)?;
    let sha256 = wanted.attachment.sha256;
    if let Some(e) = &wanted.erased {
        let message = format!("record {} says so already: {}", e.record, e.reason);
        return Err(CliError::usage("law.attachment.already_erased", message, "nothing to do"));
    }
    let actor = a.actor.clone().unwrap_or(wanted.actor);
    let reason = a.reason.nfc().collect();
    let body = AttachmentErased { event: wanted.event, reason, sha256, stream: wanted.stream };
    let statement = Statement {
        signers: signers(cli, &actor, &a.signer)?,
        actor,
        attachments: None,
        body: Body::AttachmentErased(body),
        effective: a.effective.unwrap_or_else(|| CalendarDate::on(clock::today())),
        standing: Standing::Own,
        source: None,
    };
    let signed = compose(&ledger, &statement, clock::now())?;
    let out = a.out.clone().unwrap_or_else(|| PathBuf::from(format!("erase-{}.event.json", short(&sha256))));
    write_draft(&signed, &out, a.dry_run)
}

/// The event that an erasure is for: the one that is named; else the only one; else the actor's only one. An event for
/// which the file is erased is the last choice.
fn of_event(mut all: Vec<Attached>, a: &EraseAttachment) -> Result<Attached, CliError> {
    if let Some(event) = &a.event {
        let wanted = event.to_ascii_lowercase();
        all.retain(|a| wanted.len() >= 4 && a.event.to_string().starts_with(&wanted));
    }
    let mut narrow = |keep: &dyn Fn(&Attached) -> bool| {
        if all.iter().any(keep) {
            all.retain(keep);
        }
    };
    narrow(&|named| named.erased.is_none());
    if let Some(actor) = &a.actor {
        narrow(&|named| named.actor == *actor);
    }
    match all.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(unknown(format!("no such event names the attachment {}", a.sha256))),
        many => {
            let events: Vec<_> = many.iter().map(|a| format!("record {} of {}", a.seq, a.actor)).collect();
            let hint = "name the event with --event HEX: answerable attachment list";
            let message = format!("{} events name it: {}", many.len(), events.join(", "));
            Err(CliError::usage("attachment.several_events", message, hint))
        }
    }
}

/// The attachment that a person names by its hash or the first digits of it: all that records say of it, at least once.
fn named(ledger: &Ledger, text: &str) -> Result<Vec<Attached>, CliError> {
    let wanted = text.to_ascii_lowercase();
    let mut all = ledger.attachments(ledger.checkpoint.size)?;
    all.retain(|a| wanted.len() >= 4 && a.attachment.sha256.to_string().starts_with(&wanted));
    match all.first() {
        None => Err(unknown(format!("no record names an attachment {text}"))),
        Some(first) if all.iter().any(|a| a.attachment.sha256 != first.attachment.sha256) => {
            Err(unknown(format!("several attachments begin with {text}: give more digits")))
        }
        Some(_) => Ok(all),
    }
}

fn unknown(message: String) -> CliError {
    CliError::usage("attachment.unknown", message, "list them: answerable attachment list")
}

/// The first digits of a hash.
pub fn short(sha256: &EventId) -> String {
    sha256.to_string()[..12].to_owned()
}
