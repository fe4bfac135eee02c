//! The files that come with an event file: what `sign` shows of them, and how `append` takes them in, and afterwards
//! destroys what was erased.
//! Not here: finding and checking one beside its event file (`crate::attach`), keeping it (`answerable_ledger::attachments`).

use std::collections::BTreeSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use answerable_ledger::Ledger;
use answerable_ledger::append::Appended;
use answerable_ledger::attachments::State;
use answerable_schemas::{Body, Event, EventId};
use answerable_verifier::record::{SignedEvent, body_of};

use super::attachments::short;
use crate::attach::{self, Beside};
use crate::error::CliError;
use crate::ui;

/// For `sign`: shows what lies beside the event file. A file that is not the one that would be signed for stops it.
pub fn show_beside(file: &Path, event: &Event) -> Result<(), CliError> {
    let folder = attach::folder(file);
    for a in event.attachments.iter().flatten() {
        let state = match attach::look(&folder, a)? {
            Beside::Matches(_) => "is beside the event file, and matches".to_owned(),
            Beside::Absent => format!("is not in {}", folder.display()),
            Beside::NotPlain => format!("is no plain file in {}", folder.display()),
            Beside::Differs(fault) => return Err(fault.into()),
        };
        eprintln!("{}", ui::escape_lines(&format!("  file      {}… {state}", short(&a.sha256))));
    }
    Ok(())
}

/// For `append`: a file that is not what its event says refuses the call, before anything is recorded.
pub fn check_beside<'a>(events: impl Iterator<Item = (&'a PathBuf, &'a SignedEvent)>) -> Result<(), CliError> {
    for (folder, signed) in events {
        for a in signed.event.attachments.iter().flatten() {
            if let Beside::Differs(fault) = attach::look(folder, a)? {
                let e = CliError::from(fault);
                return Err(CliError { message: format!("{}: {}", folder.display(), e.message), ..e });
            }
        }
    }
    Ok(())
}

/// For `append`, before it records an event: takes in the files that came with it. Answers those that are new.
pub fn keep(ledger: &Ledger, folder: &Path, signed: &SignedEvent) -> Result<Vec<EventId>, CliError> {
    let mut kept = Vec::new();
    for a in signed.event.attachments.iter().flatten() {
        let missing = |what: &str| {
            ui::notice(&format!(
                "the attachment {} {what} {}; the event goes in without it. To bring it: answerable attachment add FILE",
                a.sha256,
                folder.display()
            ));
        };
        let erasure = ledger.erasure(&a.sha256, &signed.id)?;
        let here = ledger.attachment_state(&a.sha256)? == State::Present;
        match (attach::look(folder, a)?, &erasure) {
            (Beside::Differs(fault), _) => return Err(fault.into()),
            (Beside::Matches(_), Some(e)) => {
                ui::notice(&format!("the attachment {} was erased (record {}): it is not kept", a.sha256, e.record));
            }
            (Beside::Matches(path), None) => {
                let mut file = File::open(&path).map_err(|e| CliError::io(&path, e))?;
                if ledger.keep_attachment(a, &mut file)? {
                    kept.push(a.sha256);
                }
            }
            _ if here || erasure.is_some() => {}
            (Beside::Absent, _) => missing("is not in"),
            (Beside::NotPlain, _) => missing("is no plain file in"),
        }
    }
    Ok(kept)
}

/// For `append`, after it has recorded: destroys what was erased, and what came with an event that was refused.
/// Answers false, and says why, where that fails: the records stand.
pub fn settle(ledger: &Ledger, signed: &[SignedEvent], kept: &[Vec<EventId>], outcomes: &[Appended]) -> bool {
    let settled = discard_refused(ledger, kept, outcomes)
        .and_then(|()| destroy_erased(ledger))
        .and_then(|()| tell_what_stays(ledger, signed, outcomes));
    if let Err(e) = &settled {
        let hint = "the events are recorded; once it works again, any append destroys what was erased";
        ui::report(&CliError { code: e.code.clone(), message: e.message.clone(), hint: hint.into(), exit: e.exit });
    }
    settled.is_ok()
}

fn discard_refused(ledger: &Ledger, kept: &[Vec<EventId>], outcomes: &[Appended]) -> Result<(), CliError> {
    let refused = kept.iter().zip(outcomes).filter(|(_, outcome)| matches!(outcome, Appended::Refused(_)));
    Ok(refused.flat_map(|(kept, _)| kept).try_for_each(|sha256| ledger.discard_attachment(sha256))?)
}

fn destroy_erased(ledger: &Ledger) -> Result<(), CliError> {
    for (sha256, record) in ledger.remove_erased()? {
        ui::notice(&format!(
            "the file attachments/{sha256} was destroyed, as record {record} says; copies elsewhere are not: in the \
             folders of event files, in exports, in backups"
        ));
    }
    Ok(())
}

/// An erasure for one event leaves a file that another event names.
fn tell_what_stays(ledger: &Ledger, signed: &[SignedEvent], outcomes: &[Appended]) -> Result<(), CliError> {
    let recorded = signed.iter().zip(outcomes).filter(|(_, outcome)| !matches!(outcome, Appended::Refused(_)));
    let erased: BTreeSet<EventId> = recorded
        .filter_map(|(signed, _)| match body_of(&signed.event) {
            Ok(Body::AttachmentErased(e)) => Some(e.sha256),
            _ => None,
        })
        .collect();
    if erased.is_empty() {
        return Ok(());
    }
    for sha256 in erased.intersection(&ledger.rightful()?) {
        ui::notice(&format!(
            "the file attachments/{sha256} stays: another record names it, for which it is not erased; see answerable \
             attachment list"
        ));
    }
    Ok(())
}
