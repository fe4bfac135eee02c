//! The files of an exported ledger, read as a stranger reads them: only what the layout names, nothing followed.
//! Not here: what the bytes mean (`audit`).

use std::fs::{self, File, Metadata};
use std::io::{BufRead, BufReader, ErrorKind, Read};
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
    small_file(root, "checkpoint")
}

/// A checkpoint that is kept beside the latest: `checkpoints/` and its size in 12 digits.
pub fn kept_checkpoint(root: &Path, size: u64) -> Result<Option<Vec<u8>>, ReadError> {
    small_file(root, &format!("checkpoints/{}", kept_name(size)))
}

/// All checkpoints that are kept beside the latest, by size; files with other names are none.
pub fn kept_checkpoints(root: &Path) -> Result<Vec<(u64, Vec<u8>)>, ReadError> {
    let folder = root.join("checkpoints");
    if !folder_within(root, "checkpoints")? {
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

pub(crate) fn small_file(root: &Path, path: &str) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(file) = file_within(root, path)? else { return Ok(None) };
    let path = root.join(path);
    let mut bytes = Vec::new();
    file.take(MAX_SMALL_FILE).read_to_end(&mut bytes).map_err(read_error(&path))?;
    Ok(Some(bytes))
}

/// An attachment's content, if it is there as a plain file.
pub fn attachment(root: &Path, sha256: &str) -> Result<Option<File>, ReadError> {
    file_within(root, &format!("attachments/{sha256}"))
}

/// A file that lies there itself: no link is followed, nothing else is opened.
pub fn plain_file(path: &Path) -> Result<Option<File>, ReadError> {
    match look(path)? {
        Some(m) if m.is_file() => File::open(path).map(Some).map_err(read_error(path)),
        _ => Ok(None),
    }
}

/// What lies there itself. None where nothing does: what cannot be looked at is not known to be missing.
pub fn look(path: &Path) -> Result<Option<Metadata>, ReadError> {
    match fs::symlink_metadata(path) {
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        looked => looked.map(Some).map_err(read_error(path)),
    }
}

/// A plain file at a relative path, whose folders below `root` are plain too: a link on the way is not followed either.
pub fn file_within(root: &Path, path: &str) -> Result<Option<File>, ReadError> {
    match path.rsplit_once('/') {
        Some((folder, _)) if !folder_within(root, folder)? => Ok(None),
        _ => plain_file(&root.join(path)),
    }
}

/// True for a folder at a relative path that is reached through no link. `root` itself is the caller's word.
pub fn folder_within(root: &Path, path: &str) -> Result<bool, ReadError> {
    let mut folder = root.to_owned();
    for name in path.split('/') {
        folder.push(name);
        if !look(&folder)?.is_some_and(|m| m.is_dir()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// True where something lies at a relative path, whatever it is: also a link to nothing.
pub fn lies_there(root: &Path, path: &str) -> Result<bool, ReadError> {
    Ok(look(&root.join(path))?.is_some())
}

/// Where a record lies: in which file of its form, counted from 0, and from which byte on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Place {
    pub file: u32,
    pub start: u64,
}

/// Takes a line, and where it lies.
pub type EachLine<'a> = dyn FnMut(Place, &[u8]) + 'a;

/// A segment of the log.
pub(crate) fn segment(root: &Path, number: u32) -> Result<Option<File>, ReadError> {
    file_within(root, &format!("log/{}", segment_name(u64::from(number) * SEGMENT)))
}

/// Calls `each` with every line of the log in order, without its LF; faults of the layout are returned.
/// A line longer than a record may be is cut there: it is a fault in any case.
pub fn each_line(root: &Path, each: &mut EachLine<'_>) -> Result<Vec<Fault>, ReadError> {
    let mut faults = Vec::new();
    let log = root.join("log");
    let mut names = Vec::new();
    if root.is_dir() && !lies_there(root, "log")? {
        return Ok(vec![layout("the export has no folder log/, and no tile/entries/ instead".into())]);
    }
    if root.is_dir() && !folder_within(root, "log")? {
        return Ok(vec![layout("log is not a plain folder, and no link is followed".into())]);
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
        if let Some(fault) = each_line_of(&path, &mut |start, line| {
            count += 1;
            each(Place { file: i as u32, start }, line);
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

/// Calls `each` with the byte at which a line begins, and the line.
pub(crate) fn each_line_of(path: &Path, each: &mut dyn FnMut(u64, &[u8])) -> Result<Option<Fault>, ReadError> {
    let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(read_error(path))?);
    let torn = each_line_from(&mut reader, 0, &mut |start, line| {
        each(start, line);
        true
    });
    let torn = torn.map_err(read_error(path))?;
    Ok(torn.then(|| Fault::new(Stage::Bytes, "record.torn", "the last record does not end with LF")))
}

/// The same from a reader that stands at byte `next`, for as long as `each` answers true. True where the last line is torn.
pub(crate) fn each_line_from(
    reader: &mut impl BufRead,
    mut next: u64,
    each: &mut dyn FnMut(u64, &[u8]) -> bool,
) -> std::io::Result<bool> {
    let mut line = Vec::new();
    loop {
        line.clear();
        let start = next;
        // One byte more than the longest record and its LF: whatever is longer shows as too long.
        let got = reader.by_ref().take(MAX_RECORD as u64 + 2).read_until(b'\n', &mut line)?;
        if got == 0 {
            return Ok(false);
        }
        next += got as u64;
        let ended = line.pop_if(|b| *b == b'\n').is_some();
        if !each(start, &line) {
            return Ok(false);
        }
        if ended {
            continue;
        }
        if line.len() <= MAX_RECORD + 1 && reader.fill_buf()?.is_empty() {
            return Ok(true);
        }
        // Skip the rest of an overlong line without keeping it.
        loop {
            line.clear();
            let got = reader.by_ref().take(1 << 16).read_until(b'\n', &mut line)?;
            next += got as u64;
            if got == 0 || line.last() == Some(&b'\n') {
                break;
            }
        }
    }
}

fn layout(message: String) -> Fault {
    Fault::new(Stage::Bytes, "export.layout", message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    /// A file that was a link was not followed, and a folder that was one was: `log`, `checkpoints`, `attachments` or
    /// `tile` could lead the verifier to files elsewhere on the auditor's machine, against docs/FORMAT.md section 13.
    #[test]
    fn a_folder_that_is_a_link_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (folder.path().join("export"), folder.path().join("elsewhere"));
        fs::create_dir_all(elsewhere.join("entries")).unwrap();
        fs::create_dir_all(root.join("plain")).unwrap();
        for file in [elsewhere.join("000000000000.jsonl"), elsewhere.join("000000000005"), root.join("plain/file")] {
            fs::write(file, "x\n").unwrap();
        }
        for name in ["log", "checkpoints", "tile"] {
            symlink(&elsewhere, root.join(name)).unwrap();
        }
        assert!(file_within(&root, "plain/file").unwrap().is_some());
        assert!(kept_checkpoint(&root, 5).unwrap().is_none());
        assert!(!folder_within(&root, "tile/entries").unwrap() && lies_there(&root, "tile").unwrap());
        let mut lines = 0;
        let faults = each_line(&root, &mut |_, _| lines += 1).unwrap();
        assert_eq!((lines, faults.len(), faults[0].code.as_str()), (0, 1, "export.layout"));
        // A link to nothing is no reason to read the records from somewhere else.
        fs::remove_file(root.join("log")).unwrap();
        symlink("nowhere", root.join("log")).unwrap();
        assert!(lies_there(&root, "log").unwrap());
        assert_eq!(each_line(&root, &mut |_, _| ()).unwrap()[0].code, "export.layout");
    }
}
