//! The log on disk: JSON Lines segments of 65,536 records, appended to and synced, never changed.
//! Not here: what a line says. Offsets are given by the caller, who derives them (`derived`).

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use answerable_verifier::canonical::MAX_RECORD;
use answerable_verifier::exported::{SEGMENT, segment_name};

use crate::error::StoreError;
use crate::files::io;

/// Where a line lies: segment, first byte, and length without the LF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub segment: u64,
    pub start: u64,
    pub len: u64,
}

/// Takes a line: its place, its bytes without LF, whether it ended with LF. Answers whether to go on.
pub type EachLine<'a> = dyn FnMut(Place, &[u8], bool) -> Result<bool, StoreError> + 'a;

/// The folder `log/`.
#[derive(Debug, Clone)]
pub struct Log {
    folder: PathBuf,
}

impl Log {
    pub fn at(ledger: &Path) -> Self {
        Self { folder: ledger.join("log") }
    }

    pub fn segment_path(&self, segment: u64) -> PathBuf {
        self.folder.join(segment_name(segment * SEGMENT))
    }

    /// Bytes in a segment; 0 if it does not exist.
    pub fn segment_len(&self, segment: u64) -> Result<u64, StoreError> {
        let path = self.segment_path(segment);
        match fs::metadata(&path) {
            Ok(m) => Ok(m.len()),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(0),
            Err(e) => Err(io(&path)(e)),
        }
    }

    pub fn read(&self, place: Place) -> Result<Vec<u8>, StoreError> {
        let path = self.segment_path(place.segment);
        // Where the offsets point is derived: that nothing is there says that they are wrong, or that the log was cut;
        // deriving them anew tells which.
        let nothing = |_| StoreError::Derived(format!("no line at byte {} of {}", place.start, path.display()));
        let mut file = match File::open(&path) {
            Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&path)(e)),
            opened => opened.map_err(nothing)?,
        };
        let mut line = vec![0; place.len.min(MAX_RECORD as u64) as usize + 1];
        file.seek(SeekFrom::Start(place.start)).and_then(|_| file.read_exact(&mut line)).map_err(nothing)?;
        match line.pop_if(|b| *b == b'\n') {
            Some(_) => Ok(line),
            None => Err(StoreError::Derived(format!("the line at byte {} does not end with LF", place.start))),
        }
    }

    /// Calls `each` with every line from byte `start` of segment `segment` on: its place, its bytes without LF, and
    /// whether it ended with LF. `each` answers whether to go on. Lines are cut at one byte more than a record has.
    pub fn each_line(&self, mut segment: u64, mut start: u64, each: &mut EachLine<'_>) -> Result<(), StoreError> {
        loop {
            let path = self.segment_path(segment);
            let mut file = match File::open(&path) {
                Ok(file) => file,
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
                Err(e) => return Err(io(&path)(e)),
            };
            file.seek(SeekFrom::Start(start)).map_err(io(&path))?;
            let mut reader = BufReader::with_capacity(1 << 20, file);
            let mut line = Vec::new();
            loop {
                line.clear();
                let limit = MAX_RECORD as u64 + 2;
                let got = (&mut reader).take(limit).read_until(b'\n', &mut line).map_err(io(&path))? as u64;
                if got == 0 {
                    break;
                }
                let ended = line.pop_if(|b| *b == b'\n').is_some();
                if !each(Place { segment, start, len: line.len() as u64 }, &line, ended)? {
                    return Ok(());
                }
                start += got;
            }
            segment += 1;
            start = 0;
        }
    }

    /// Appends whole lines (each with its LF) to one segment and syncs them; `first` if the segment is new.
    pub fn append(&self, segment: u64, bytes: &[u8], first: bool) -> Result<(), StoreError> {
        let path = self.segment_path(segment);
        let mut file = OpenOptions::new().create(first).append(true).open(&path).map_err(io(&path))?;
        file.write_all(bytes).and_then(|()| file.sync_data()).map_err(io(&path))?;
        if first {
            crate::files::sync_folder_of(&path)?;
        }
        Ok(())
    }

    /// Writes lines that are there once more, and syncs them: whoever wrote them was killed before its sync, or was told that
    /// it failed. Then the system may take their pages for written, and a sync alone would write nothing.
    pub fn write_again(&self, segment: u64, start: u64, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.segment_path(segment);
        let write = || {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            file.seek(SeekFrom::Start(start))?;
            file.write_all(bytes)?;
            file.sync_data()
        };
        write().map_err(io(&path))?;
        crate::files::sync_folder_of(&path)
    }

    /// Moves everything from byte `start` of `segment` on to `torn/` under `name`, and cuts the log there.
    /// Answers the number of bytes moved.
    pub fn cut(&self, segment: u64, start: u64, torn: &Path, name: &str) -> Result<u64, StoreError> {
        crate::files::make_folder(torn)?;
        let mut moved = Vec::new();
        let mut last = segment;
        loop {
            let path = self.segment_path(last);
            let mut file = match File::open(&path) {
                Err(e) if e.kind() == std::io::ErrorKind::NotFound => break,
                opened => opened.map_err(io(&path))?,
            };
            file.seek(SeekFrom::Start(if last == segment { start } else { 0 })).map_err(io(&path))?;
            file.read_to_end(&mut moved).map_err(io(&path))?;
            last += 1;
        }
        crate::files::write_durably(&torn.join(name), &moved)?;
        for surplus in (segment + 1..last).rev() {
            let path = self.segment_path(surplus);
            fs::remove_file(&path).map_err(io(&path))?;
        }
        let path = self.segment_path(segment);
        if start == 0 {
            fs::remove_file(&path).map_err(io(&path))?;
        } else {
            let file = OpenOptions::new().write(true).open(&path).map_err(io(&path))?;
            file.set_len(start).and_then(|()| file.sync_all()).map_err(io(&path))?;
        }
        crate::files::sync_folder_of(&path)?;
        Ok(moved.len() as u64)
    }
}
