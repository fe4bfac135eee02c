//! The files of an exported ledger, read as a stranger reads them: only what the layout names, nothing followed.
//! Not here: what the bytes mean (`audit`).

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::canonical::MAX_RECORD;
use crate::fault::{Fault, Stage};

/// Records in a full segment of the log.
pub const SEGMENT: u64 = 65_536;
const MAX_SMALL_FILE: u64 = 1 << 20;

/// The name of the segment that begins with record `first`.
pub fn segment_name(first: u64) -> String {
    format!("{first:012}.jsonl")
}

/// A folder that could not be read at all: environment, not a verdict.
#[derive(Debug, thiserror::Error)]
#[error("{}: {source}", path.display())]
pub struct ReadError {
    pub path: PathBuf,
    pub source: std::io::Error,
}

fn read_error(path: &Path) -> impl Fn(std::io::Error) -> ReadError + '_ {
    move |source| ReadError { path: path.to_owned(), source }
}

/// The checkpoint's bytes; None if there is no such file.
pub fn checkpoint(root: &Path) -> Result<Option<Vec<u8>>, ReadError> {
    small_file(&root.join("checkpoint"))
}

/// A checkpoint that is kept beside the latest: `checkpoints/` and its size in 12 digits.
pub fn kept_checkpoint(root: &Path, size: u64) -> Result<Option<Vec<u8>>, ReadError> {
    small_file(&root.join("checkpoints").join(kept_name(size)))
}

/// All checkpoints that are kept beside the latest, by size; files with other names are none.
pub fn kept_checkpoints(root: &Path) -> Result<Vec<(u64, Vec<u8>)>, ReadError> {
    let folder = root.join("checkpoints");
    if !fs::symlink_metadata(&folder).is_ok_and(|m| m.is_dir()) {
        return Ok(Vec::new());
    }
    let mut kept = Vec::new();
    for entry in fs::read_dir(&folder).map_err(read_error(&folder))? {
        let name = entry.map_err(read_error(&folder))?.file_name();
        let size = name.to_str().and_then(|name| name.parse::<u64>().ok().filter(|size| kept_name(*size) == name));
        let Some(size) = size else { continue };
        if let Some(bytes) = kept_checkpoint(root, size)? {
            kept.push((size, bytes));
        }
    }
    kept.sort();
    Ok(kept)
}

/// The name of a kept checkpoint.
pub fn kept_name(size: u64) -> String {
    format!("{size:012}")
}

fn small_file(path: &Path) -> Result<Option<Vec<u8>>, ReadError> {
    if !fs::symlink_metadata(path).is_ok_and(|m| m.is_file()) {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(read_error(path))?;
    file.take(MAX_SMALL_FILE).read_to_end(&mut bytes).map_err(read_error(path))?;
    Ok(Some(bytes))
}

/// An attachment's content, if it is there as a plain file.
pub fn attachment(root: &Path, sha256: &str) -> Result<Option<File>, ReadError> {
    plain_file(&root.join("attachments").join(sha256))
}

/// A file that lies there itself: no link is followed, nothing else is opened.
pub fn plain_file(path: &Path) -> Result<Option<File>, ReadError> {
    match fs::symlink_metadata(path) {
        Ok(m) if m.is_file() => File::open(path).map(Some).map_err(read_error(path)),
        _ => Ok(None),
    }
}

/// Calls `each` with every line of the log in order, without its LF; faults of the layout are returned.
/// A line longer than a record may be is cut there: it is a fault in any case.
pub fn each_line(root: &Path, each: &mut dyn FnMut(&[u8])) -> Result<Vec<Fault>, ReadError> {
    let mut faults = Vec::new();
    let log = root.join("log");
    let mut names = Vec::new();
    if root.is_dir() && !log.exists() {
        return Ok(vec![layout("the export has no folder log/, and no tile/entries/ instead".into())]);
    }
    for entry in fs::read_dir(&log).map_err(read_error(&log))? {
        let entry = entry.map_err(read_error(&log))?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type().map_err(read_error(&log))?.is_file() {
            names.push(name);
        } else {
            faults.push(layout(format!("log/{name} is not a plain file")));
        }
    }
    names.sort();
    let mut count = 0u64;
    for (i, name) in names.iter().enumerate() {
        let expected = segment_name(i as u64 * SEGMENT);
        if *name != expected {
            faults.push(layout("a segment of the log is missing, surplus or misnamed".into()).compared(expected, name));
            break;
        }
        let path = log.join(name);
        let before = count;
        if let Some(fault) = each_line_of(&path, &mut |line| {
            count += 1;
            each(line);
        })? {
            faults.push(fault.at(count.saturating_sub(1)));
        }
        let lines = count - before;
        let last = i + 1 == names.len();
        if lines > SEGMENT || (!last && lines < SEGMENT) || lines == 0 {
            faults.push(layout(format!("the segment {name} has {lines} records")).compared(SEGMENT, lines));
        }
    }
    Ok(faults)
}

fn each_line_of(path: &Path, each: &mut dyn FnMut(&[u8])) -> Result<Option<Fault>, ReadError> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(read_error(path))?);
    let mut line = Vec::new();
    loop {
        line.clear();
        // One byte more than the longest record and its LF: whatever is longer shows as too long.
        let got = (&mut reader).take(MAX_RECORD as u64 + 2).read_until(b'\n', &mut line).map_err(read_error(path))?;
        if got == 0 {
            return Ok(None);
        }
        if line.pop_if(|b| *b == b'\n').is_some() {
            each(&line);
            continue;
        }
        each(&line);
        if line.len() <= MAX_RECORD + 1 && reader.fill_buf().map_err(read_error(path))?.is_empty() {
            return Ok(Some(Fault::new(Stage::Bytes, "record.torn", "the last record does not end with LF")));
        }
        // Skip the rest of an overlong line without keeping it.
        loop {
            line.clear();
            let got = (&mut reader).take(1 << 16).read_until(b'\n', &mut line).map_err(read_error(path))?;
            if got == 0 || line.last() == Some(&b'\n') {
                break;
            }
        }
    }
}

fn layout(message: String) -> Fault {
    Fault::new(Stage::Bytes, "export.layout", message)
}
