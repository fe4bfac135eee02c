//! Export: a copy of the ledger that an auditor can judge, made beside its place and moved there whole.
//! Not here: the pins, which must reach an auditor by another way; the index, which is derived.

use std::fs::{self, File};
use std::io::{self as stdio, Read};
use std::path::Path;

use answerable_verifier::exported::{SEGMENT, kept_checkpoints, kept_name, segment_name};

use crate::error::StoreError;
use crate::files::{io, lies_there, sync_folder_of, write_durably};
use crate::store::Ledger;

/// What an export holds, and what it leaves in `attachments/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    pub records: u64,
    /// Files that records call erased: a crash, or a hand, left them there.
    pub erased: usize,
    /// Files that no record names.
    pub unnamed: usize,
}

/// Writes log, checkpoint, cosigned checkpoints, and the attachments that are there by right, to a new folder. `progress` is
/// called with the number of records written so far.
pub fn export(ledger: &Ledger, to: &Path, progress: &mut dyn FnMut(u64)) -> Result<Exported, StoreError> {
    if lies_there(to)? {
        return Err(StoreError::Exists(to.to_owned()));
    }
    let mut name = to.file_name().unwrap_or_default().to_owned();
    name.push(".exporting");
    let building = to.with_file_name(name);
    let _ = fs::remove_dir_all(&building);
    let log = building.join("log");
    fs::create_dir_all(&log).map_err(io(&log))?;
    let size = ledger.checkpoint.size;
    for segment in 0..size.div_ceil(SEGMENT) {
        let last = ((segment + 1) * SEGMENT).min(size) - 1;
        // A writer may have added more since: copy to the end of the last acknowledged line.
        let place = ledger.past().offsets.place(last)?;
        let from = ledger.past().log.segment_path(segment);
        let path = log.join(segment_name(segment * SEGMENT));
        let end = place.start.saturating_add(place.len).saturating_add(1);
        let mut source = File::open(&from).map_err(io(&from))?.take(end);
        let mut target = File::create(&path).map_err(io(&path))?;
        let copied = stdio::copy(&mut source, &mut target).map_err(io(&path))?;
        if copied != end {
            return Err(StoreError::Derived(format!("{} ends at byte {copied}, not at {end}", from.display())));
        }
        target.sync_all().map_err(io(&path))?;
        progress(last + 1);
    }
    sync_folder_of(&log.join("a segment"))?;
    copy_kept(ledger, &building.join("checkpoints"))?;
    let (erased, unnamed) = copy_attachments(ledger, &building.join("attachments"))?;
    // The checkpoint that was read when the ledger was opened, not the one that may be there now. This syncs the folder too.
    write_durably(&building.join("checkpoint"), &ledger.signed_checkpoint)?;
    fs::rename(&building, to).map_err(io(to))?;
    sync_folder_of(to)?;
    Ok(Exported { records: size, erased, unnamed })
}

/// Copies the checkpoints that are kept. Those of later records, which another process may have added, stay behind.
fn copy_kept(ledger: &Ledger, to: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(to).map_err(io(to))?;
    let kept = kept_checkpoints(&ledger.root)?;
    for (size, bytes) in kept.iter().filter(|(size, _)| *size <= ledger.checkpoint.size) {
        write_durably(&to.join(kept_name(*size)), bytes)?;
    }
    Ok(())
}

/// Copies the attachments that are there by right. Answers how many were erased or never named, and stay behind.
fn copy_attachments(ledger: &Ledger, to: &Path) -> Result<(usize, usize), StoreError> {
    fs::create_dir_all(to).map_err(io(to))?;
    let (rightful, called_erased) = (ledger.rightful()?, ledger.called_erased()?);
    let (mut erased, mut unnamed) = (0, 0);
    for sha256 in ledger.attachment_files()? {
        if !rightful.contains(&sha256) {
            *(if called_erased.contains(&sha256) { &mut erased } else { &mut unnamed }) += 1;
        } else if let Some(mut source) = ledger.open_attachment(&sha256)? {
            let path = to.join(sha256.to_string());
            let mut target = File::create(&path).map_err(io(&path))?;
            stdio::copy(&mut source, &mut target).and_then(|_| target.sync_all()).map_err(io(&path))?;
        }
    }
    sync_folder_of(&to.join("an attachment"))?;
    Ok((erased, unnamed))
}

/// Copies the plain files of a folder; one that is not there is empty.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(to).map_err(io(to))?;
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(e) if e.kind() == stdio::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(io(from)(e)),
    };
    for entry in entries {
        let entry = entry.map_err(io(from))?;
        if entry.file_type().map_err(io(from))?.is_file() {
            let target = to.join(entry.file_name());
            fs::copy(entry.path(), &target).map_err(io(&target))?;
        }
    }
    Ok(())
}
