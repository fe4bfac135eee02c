//! Files made durable, and the lock on a folder.
//! Not here: what the files mean.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct FileError {
    pub path: PathBuf,
    pub source: std::io::Error,
}

pub(crate) fn io(path: &Path) -> impl Fn(std::io::Error) -> FileError + '_ {
    move |source| FileError { path: path.to_owned(), source }
}

/// Most bytes of a file of ours.
const MAX_FILE: u64 = 1 << 21;

/// The file's bytes; None if there is none.
pub(crate) fn read(path: &Path) -> Result<Option<Vec<u8>>, FileError> {
    let file = match File::open(path) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(io(path))?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_FILE).read_to_end(&mut bytes).map_err(io(path))?;
    Ok(Some(bytes))
}

/// Replaces a file as a whole: after a crash it has the old bytes or the new ones, and after this call the new ones.
pub(crate) fn write_durably(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let mut temporary = path.as_os_str().to_owned();
    temporary.push(".tmp");
    let temporary = PathBuf::from(temporary);
    // Left behind by a crash, or laid there by somebody: neither is written into.
    let _ = fs::remove_file(&temporary);
    let mut file = File::create_new(&temporary).map_err(io(&temporary))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io(&temporary))?;
    fs::rename(&temporary, path).map_err(io(path))?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|f| f.sync_all()).map_err(io(folder))
}

/// Waits for the lock of a folder; it is released when the file is dropped, or the process ends, however it ends.
pub(crate) fn lock(folder: &Path) -> Result<File, FileError> {
    let path = folder.join("lock");
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io(&path))?;
    file.lock().map_err(io(&path))?;
    Ok(file)
}
