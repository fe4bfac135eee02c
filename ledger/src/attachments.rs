//! Evidence beside the log: which files records name, what became of each, taking one in, destroying what was erased.
//! Not here: who may erase (the law), and files on their way to a ledger (the command line).

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::envelope::Attachment;
use answerable_schemas::governance::governance_stream;
use answerable_schemas::records::attachment_stream;
use answerable_schemas::{ActorId, EventId, Fact, History, StreamName};
use answerable_verifier::encoding::Hash;
use answerable_verifier::exported;
use answerable_verifier::fault::{Fault, Stage};

use crate::error::StoreError;
use crate::files::{beside, io, lies_there, sync_folder_of};
use crate::store::Ledger;

/// A file that a record names.
#[derive(Debug, Clone)]
pub struct Attached {
    pub seq: u64,
    pub event: EventId,
    pub actor: ActorId,
    pub stream: StreamName,
    pub attachment: Attachment,
    /// For this event. The file is destroyed once it is erased for every event that names it.
    pub erased: Option<Erasure>,
}

/// What lies in `attachments/` under a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Present,
    /// Nothing, or no plain file.
    Absent,
    /// A file with another hash.
    Altered,
}

/// The record that says that a file was erased for an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    pub record: u64,
    pub reason: String,
}

impl Ledger {
    /// Every file that the first `size` records name, by record and hash. Reads the log from its beginning.
    pub fn attachments(&self, size: u64) -> Result<Vec<Attached>, StoreError> {
        let mut found = Vec::new();
        let mut seq = 0;
        self.past().log.each_line(0, 0, &mut |_, line, _| {
            if seq >= size {
                return Ok(false);
            }
            if names_attachments(line) {
                let fact = self.past().fact(seq)?;
                for attachment in &fact.attachments {
                    found.push(Attached {
                        seq,
                        event: fact.id,
                        actor: fact.actor.clone(),
                        stream: fact.stream.clone(),
                        attachment: attachment.clone(),
                        erased: self.erasure(&attachment.sha256, &fact.id)?,
                    });
                }
            }
            seq += 1;
            Ok(true)
        })?;
        Ok(found)
    }

    /// What lies there now. Reads the whole file.
    pub fn attachment_state(&self, sha256: &EventId) -> Result<State, StoreError> {
        let Some(mut file) = self.open_attachment(sha256)? else { return Ok(State::Absent) };
        let (found, _) = Hash::of_stream(&mut file).map_err(io(&self.attachment_path(sha256)))?;
        Ok(if found.0 == sha256.0 { State::Present } else { State::Altered })
    }

    /// The file as it lies there, its salt included; nobody has checked it. None if there is no plain file.
    pub fn open_attachment(&self, sha256: &EventId) -> Result<Option<File>, StoreError> {
        // The operator's own folder: `attachments/` may lie on another disk, behind a link.
        Ok(exported::plain_file(&self.attachment_path(sha256))?)
    }

    /// The record that says that an event's file was erased, if one does.
    pub fn erasure(&self, sha256: &EventId, event: &EventId) -> Result<Option<Erasure>, StoreError> {
        let facts = self.facts_of(&attachment_stream(sha256))?;
        Ok(facts.iter().find_map(|fact| match &fact.body {
            Body::AttachmentErased(e) if e.event == *event => {
                Some(Erasure { record: fact.seq, reason: e.reason.clone() })
            }
            _ => None,
        }))
    }

    /// Takes a file in, durably: when this returns it lies under its hash. Answers false where it lay there before.
    /// Bytes that are not what the record says are refused (`attachment.differs`), and nothing of them stays.
    pub fn keep_attachment(&self, wanted: &Attachment, from: &mut dyn Read) -> Result<bool, StoreError> {
        if self.attachment_state(&wanted.sha256)? == State::Present {
            return Ok(false);
        }
        let path = self.attachment_path(&wanted.sha256);
        let folder = path.parent().expect("joined");
        fs::create_dir_all(folder).map_err(io(folder))?;
        let aside = self.aside(&wanted.sha256);
        let mut file = File::create(&aside).map_err(io(&aside))?;
        // One byte more than it may have shows that it is too long; no more of it is written.
        let copied = std::io::copy(&mut from.take(wanted.size.saturating_add(1)), &mut file);
        copied.and_then(|_| file.sync_all()).map_err(io(&aside))?;
        let written = File::open(&aside).and_then(|mut file| Hash::of_stream(&mut file)).map_err(io(&aside))?;
        if let Err(fault) = check(wanted, written) {
            fs::remove_file(&aside).map_err(io(&aside))?;
            return Err(fault.into());
        }
        fs::rename(&aside, &path).map_err(io(&path))?;
        sync_folder_of(&path)?;
        Ok(true)
    }

    /// Removes a file again that is not there by right after all.
    pub fn discard_attachment(&self, sha256: &EventId) -> Result<(), StoreError> {
        if !self.rightful()?.contains(sha256) {
            self.remove(sha256)?;
        }
        Ok(())
    }

    /// Destroys every file that was erased for all events that name it, and what a crash left of its copying. Answers
    /// those that were there, with the newest record that says so. A rules bundle is no evidence, and stays.
    pub fn remove_erased(&self) -> Result<Vec<(EventId, u64)>, StoreError> {
        let mut there = self.called_erased()?;
        // What cannot be looked at is not known to be gone.
        let lies = |path: &Path| lies_there(path).unwrap_or(true);
        there.retain(|hash| lies(&self.attachment_path(hash)) || lies(&self.aside(hash)));
        if there.is_empty() {
            return Ok(Vec::new());
        }
        let rightful = self.rightful()?;
        let mut removed = Vec::new();
        for sha256 in there.difference(&rightful) {
            let record = self.facts_of(&attachment_stream(sha256))?.last().map_or(0, |fact| fact.seq);
            self.remove(sha256)?;
            removed.push((*sha256, record));
        }
        Ok(removed)
    }

    /// The hashes that some record calls erased, for one event or another.
    pub fn called_erased(&self) -> Result<BTreeSet<EventId>, StoreError> {
        let names = self.past().streams_with_prefix("attachment:").map_err(|e| StoreError::Derived(e.message))?;
        Ok(names.iter().filter_map(|name| name.as_str().strip_prefix("attachment:")?.parse().ok()).collect())
    }

    /// What `attachments/` holds by right: files that are not erased for each event that names them, and the rules bundles.
    pub fn rightful(&self) -> Result<BTreeSet<EventId>, StoreError> {
        let all = self.attachments(self.checkpoint.size)?;
        let mut rightful = self.rules()?;
        rightful.extend(all.iter().filter(|a| a.erased.is_none()).map(|a| a.attachment.sha256));
        Ok(rightful)
    }

    /// The files in `attachments/` that are named by a hash.
    pub fn attachment_files(&self) -> Result<BTreeSet<EventId>, StoreError> {
        let folder = self.root.join("attachments");
        let entries = match fs::read_dir(&folder) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            entries => entries.map_err(io(&folder))?,
        };
        let mut found = BTreeSet::new();
        for entry in entries {
            let entry = entry.map_err(io(&folder))?;
            found.extend(entry.file_name().to_str().and_then(|name| name.parse::<EventId>().ok()));
        }
        Ok(found)
    }

    /// The rules bundles that this ledger names.
    fn rules(&self) -> Result<BTreeSet<EventId>, StoreError> {
        let facts = self.facts_of(&governance_stream())?;
        Ok(facts
            .iter()
            .filter_map(|fact| match &fact.body {
                Body::LedgerFounded(f) => Some(f.rules.sha256),
                Body::RulesAdopted(a) => Some(a.rules.sha256),
                _ => None,
            })
            .collect())
    }

    fn facts_of(&self, name: &StreamName) -> Result<Vec<Arc<Fact>>, StoreError> {
        self.past().stream(name).map_err(|e| StoreError::Derived(e.message))
    }

    fn attachment_path(&self, sha256: &EventId) -> PathBuf {
        self.root.join("attachments").join(sha256.to_string())
    }

    /// Where a file is copied to before it is known to be whole.
    fn aside(&self, sha256: &EventId) -> PathBuf {
        beside(&self.attachment_path(sha256), ".tmp")
    }

    /// Removes a file, durably.
    fn remove(&self, sha256: &EventId) -> Result<(), StoreError> {
        let path = self.attachment_path(sha256);
        for path in [&path, &self.aside(sha256)] {
            match fs::remove_file(path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(path)(e)),
                _ => {}
            }
        }
        sync_folder_of(&path)
    }
}

/// A file's hash and size are what the record says.
pub fn check(wanted: &Attachment, found: (Hash, u64)) -> Result<(), Fault> {
    let differs = |what: &str| {
        let message = format!("the {what} of the file is not that of the attachment {}", wanted.sha256);
        Fault::new(Stage::Bytes, "attachment.differs", message)
            .hint("get the file anew from who drafted the event; nothing was recorded")
    };
    match found {
        (_, size) if size != wanted.size => Err(differs("size").compared(wanted.size, size)),
        (hash, _) if hash.0 != wanted.sha256.0 => Err(differs("hash").compared(wanted.sha256, hash)),
        _ => Ok(()),
    }
}

/// Whether a record names attachments, told without parsing it: members are sorted, so they stand right behind the actor.
fn names_attachments(line: &[u8]) -> bool {
    let Some(rest) = line.strip_prefix(br#"{"event":{"actor":""#) else { return false };
    let Some(end) = rest.iter().position(|b| *b == b'"') else { return false };
    rest[end..].starts_with(br#"","attachments":["#)
}
