//! Files made durable: what is written is on the disk, under its name, before the call returns.
//! Not here: what the files mean.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, Write};
use std::path::{Path, PathBuf};

use answerable_verifier::exported;

use crate::error::StoreError;

pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> StoreError + '_ {
    move |source| StoreError::Io { path: path.to_owned(), source }
}

/// Replaces a file as a whole: a reader sees the old bytes or the new ones, even after a crash.
pub fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let temporary = beside(path, ".tmp");
    // Left behind by a crash, or laid there by somebody: neither is written into.
    let _ = fs::remove_file(&temporary);
    let put = write_and_read(&temporary, bytes).map_err(io(&temporary));
    put.and_then(|()| fs::rename(&temporary, path).map_err(io(path))).inspect_err(|_| {
        // Nothing half-written is left behind.
        let _ = fs::remove_file(&temporary);
    })?;
    sync_folder_of(path)
}

/// A write that claims more than it did must not take the place of what is there.
fn write_and_read(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut file = File::options().read(true).write(true).create_new(true).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    let mut there = Vec::with_capacity(bytes.len() + 1);
    file.rewind()?;
    file.read_to_end(&mut there)?;
    match there == bytes {
        true => Ok(()),
        false => Err(std::io::Error::other("what was written is not there")),
    }
}

/// Replaces a file that can be derived again: whole, but not waited for.
pub fn write_derived(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(io(folder))?;
    }
    let temporary = beside(path, ".tmp");
    fs::write(&temporary, bytes).map_err(io(&temporary))?;
    fs::rename(&temporary, path).map_err(io(path))
}

/// Makes a folder, and those above it that are missing: each is in its parent, even after a crash.
pub fn make_folder(path: &Path) -> Result<(), StoreError> {
    let above = path.ancestors().take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
    let missing: Vec<&Path> = above.collect();
    fs::create_dir_all(path).map_err(io(path))?;
    missing.into_iter().rev().try_for_each(sync_folder_of)
}

/// Makes the entry of a file in its folder durable.
pub fn sync_folder_of(path: &Path) -> Result<(), StoreError> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(io(folder))
}

/// The file's bytes; None if there is none.
pub fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(io(path)(e)),
    }
}

/// True where something lies: what cannot be looked at is not known to be missing, and is an error.
pub fn lies_there(path: &Path) -> Result<bool, StoreError> {
    Ok(exported::look(path)?.is_some())
}

/// True for a folder that is empty, or not there yet.
pub fn is_free(folder: &Path) -> Result<bool, StoreError> {
    match fs::read_dir(folder).and_then(|mut entries| entries.next().transpose()) {
        Ok(first) => Ok(first.is_none()),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(true),
        Err(e) if e.kind() == ErrorKind::NotADirectory => Ok(false),
        Err(e) => Err(io(folder)(e)),
    }
}

/// Takes the writer's lock: on a permanent file, released when the process ends, however it ends.
pub fn lock(path: &Path) -> Result<File, StoreError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(path).map_err(io(path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::Locked(path.parent().unwrap_or(path).to_owned())),
        Err(fs::TryLockError::Error(e)) => Err(io(path)(e)),
    }
}

pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}
