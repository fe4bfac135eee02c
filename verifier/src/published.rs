//! A published directory (c2sp.org/tlog-tiles) as an auditor meets it: its entry bundles as the source of the records,
//! and its hash tiles and bundles compared with what the records give.
//! Not here: writing one (`answerable-ledger`), paths and proofs (`tiles`), what the records say (`audit`).

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::canonical::MAX_RECORD;
use crate::encoding::Hash;
use crate::exported::{EachLine, Place, ReadError, file_within, folder_within};
use crate::fault::{Fault, Stage};
use crate::merkle;
use crate::tiles::{WIDTH, bundle_entries, entries_path, tile_path};

/// Most bytes of a bundle: each entry behind its length of two bytes.
const MAX_BUNDLE: usize = WIDTH as usize * (2 + MAX_RECORD);

/// True where the folder holds entry bundles.
pub fn has_bundles(root: &Path) -> Result<bool, ReadError> {
    folder_within(root, "tile/entries")
}

/// Calls `each` with every record of a tree of `size`, out of the entry bundles. Ends at the first bundle that is
/// missing or malformed: what is behind it has no place.
pub fn each_line(root: &Path, size: u64, each: &mut EachLine<'_>) -> Result<Vec<Fault>, ReadError> {
    let width = u64::from(WIDTH);
    for index in 0..size.div_ceil(width) {
        let wanted = (size - index * width).min(width) as u16;
        let path = entries_path(index, wanted);
        let found = match read(root, &path, MAX_BUNDLE)? {
            Some(bytes) => Some((bytes, wanted)),
            // Once the bundle is full, the partial one may be gone (c2sp.org/tlog-tiles, "Partial Tiles").
            None => read(root, &entries_path(index, WIDTH), MAX_BUNDLE)?.map(|bytes| (bytes, WIDTH)),
        };
        let Some((bytes, has)) = found else {
            return Ok(vec![fault(BUNDLE.missing, format!("the bundle {path} is missing"))]);
        };
        match bundle_entries(&bytes, has) {
            Ok(entries) => {
                let mut start = 0;
                for line in entries.into_iter().take(usize::from(wanted)) {
                    // Behind its length of two bytes.
                    start += 2;
                    each(Place { file: index as u32, start }, line);
                    start += line.len() as u64;
                }
            }
            Err(why) => return Ok(vec![fault(BUNDLE.malformed, format!("the bundle {path} {why}"))]),
        }
    }
    Ok(Vec::new())
}

/// Calls `each` with every record of a bundle, from a reader that stands at the length of one; for as long as `each` answers
/// true.
pub(crate) fn each_entry_from(reader: &mut impl Read, each: &mut dyn FnMut(&[u8]) -> bool) -> std::io::Result<()> {
    loop {
        let mut length = [0; 2];
        match reader.read_exact(&mut length) {
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            read => read?,
        }
        let mut line = vec![0; usize::from(u16::from_be_bytes(length))];
        reader.read_exact(&mut line)?;
        if !each(&line) {
            return Ok(());
        }
    }
}

/// The bundle of a tree of `size` that `each_line` reads.
pub(crate) fn bundle(root: &Path, size: u64, number: u32) -> Result<Option<File>, ReadError> {
    let (index, width) = (u64::from(number), u64::from(WIDTH));
    let wanted = size.saturating_sub(index * width).min(width) as u16;
    match file_within(root, &entries_path(index, wanted))? {
        None => file_within(root, &entries_path(index, WIDTH)),
        found => Ok(found),
    }
}

/// Compares tiles, and bundles where the records are read from the log, with the records as they pass by. Holds one
/// tile a level and one bundle.
pub(crate) struct Comparison<'a> {
    root: &'a Path,
    levels: Vec<Level>,
    /// The bundle that is being filled, and its index; None where the bundles are what is read.
    bundle: Option<(u64, Vec<u8>)>,
    in_bundle: u16,
    of_bundles: Vec<Fault>,
    of_tiles: Vec<(usize, Fault)>,
    trouble: Option<ReadError>,
}

#[derive(Default)]
struct Level {
    /// The tile that is being filled.
    index: u64,
    hashes: Vec<Hash>,
}

impl<'a> Comparison<'a> {
    /// None where the folder has no tiles.
    pub fn of(root: &'a Path, with_bundles: bool) -> Result<Option<Self>, ReadError> {
        Ok(folder_within(root, "tile")?.then(|| Self {
            root,
            levels: Vec::new(),
            bundle: with_bundles.then(|| (0, Vec::new())),
            in_bundle: 0,
            of_bundles: Vec::new(),
            of_tiles: Vec::new(),
            trouble: None,
        }))
    }

    pub fn take(&mut self, line: &[u8], leaf: Hash) {
        if let Some((_, bytes)) = &mut self.bundle {
            // A longer line is no record, and is told as such.
            bytes.extend(u16::try_from(line.len()).unwrap_or(u16::MAX).to_be_bytes());
            bytes.extend_from_slice(line);
            self.in_bundle += 1;
            if self.in_bundle == WIDTH {
                self.end_bundle();
            }
        }
        self.push(0, leaf);
    }

    fn push(&mut self, level: usize, hash: Hash) {
        if self.levels.len() == level {
            self.levels.push(Level::default());
        }
        let row = &mut self.levels[level];
        row.hashes.push(hash);
        if row.hashes.len() == usize::from(WIDTH) {
            let above = merkle::root_of(&row.hashes);
            self.end_tile(level);
            self.push(level + 1, above);
        }
    }

    fn end_tile(&mut self, level: usize) {
        let row = &mut self.levels[level];
        let (index, hashes) = (row.index, std::mem::take(&mut row.hashes));
        row.index += 1;
        let path = |width| tile_path(level as u8, index, width);
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        let full = usize::from(WIDTH) * 32;
        match self.found(path(hashes.len() as u16), path(WIDTH), hashes.len() as u16, &bytes, full) {
            Ok(None) => {}
            Ok(Some(Difference { what, path })) => {
                self.of_tiles.push((level, what.fault(&TILE, &path)));
            }
            Err(e) => self.trouble = self.trouble.take().or(Some(e)),
        }
    }

    fn end_bundle(&mut self) {
        let Some((index, bytes)) = &mut self.bundle else { return };
        let (at, bytes) = (*index, std::mem::take(bytes));
        *index += 1;
        let width = std::mem::take(&mut self.in_bundle);
        match self.found(entries_path(at, width), entries_path(at, WIDTH), width, &bytes, MAX_BUNDLE) {
            Ok(None) => {}
            Ok(Some(Difference { what, path })) => self.of_bundles.push(what.fault(&BUNDLE, &path)),
            Err(e) => self.trouble = self.trouble.take().or(Some(e)),
        }
    }

    /// What is wrong with the file at `path`, or with the full one that has taken its place.
    fn found(
        &self,
        path: String,
        full: String,
        width: u16,
        expected: &[u8],
        longest: usize,
    ) -> Result<Option<Difference>, ReadError> {
        if let Some(bytes) = read(self.root, &path, expected.len())? {
            let what = match bytes.len() == expected.len() {
                true if bytes == expected => return Ok(None),
                true => What::Mismatch,
                false => What::Length { expected: expected.len(), found: bytes.len() },
            };
            return Ok(Some(Difference { what, path }));
        }
        let in_full = if width < WIDTH { read(self.root, &full, longest)? } else { None };
        Ok(match in_full {
            None => Some(Difference { what: What::Missing, path }),
            Some(bytes) if bytes.starts_with(expected) => None,
            Some(_) => Some(Difference { what: What::Mismatch, path: full }),
        })
    }

    /// Bundles first, then tiles by level and index.
    pub fn finish(mut self) -> Result<Vec<Fault>, ReadError> {
        if self.in_bundle > 0 {
            self.end_bundle();
        }
        for level in 0..self.levels.len() {
            if !self.levels[level].hashes.is_empty() {
                self.end_tile(level);
            }
        }
        if let Some(trouble) = self.trouble {
            return Err(trouble);
        }
        self.of_tiles.sort_by_key(|(level, _)| *level);
        Ok(self.of_bundles.into_iter().chain(self.of_tiles.into_iter().map(|(_, fault)| fault)).collect())
    }
}

struct Difference {
    what: What,
    path: String,
}

enum What {
    Missing,
    /// In bytes; `found` counts to one beyond what is expected.
    Length {
        expected: usize,
        found: usize,
    },
    Mismatch,
}

/// A kind of file, and the codes of what can be wrong with one.
struct Kind {
    noun: &'static str,
    missing: &'static str,
    malformed: &'static str,
    mismatch: &'static str,
}

const TILE: Kind =
    Kind { noun: "tile", missing: "tile.missing", malformed: "tile.malformed", mismatch: "tile.mismatch" };
const BUNDLE: Kind =
    Kind { noun: "bundle", missing: "bundle.missing", malformed: "bundle.malformed", mismatch: "bundle.mismatch" };

impl What {
    fn fault(self, kind: &Kind, path: &str) -> Fault {
        let noun = kind.noun;
        match self {
            What::Missing => fault(kind.missing, format!("the {noun} {path} is missing")),
            What::Length { expected, found } => {
                let longer = if found > expected { "at least " } else { "" };
                let message = format!("the {noun} {path} has another length than its records give");
                fault(kind.malformed, message).compared(format!("{expected} bytes"), format!("{longer}{found} bytes"))
            }
            What::Mismatch => fault(kind.mismatch, format!("the {noun} {path} does not hold what the records give")),
        }
    }
}

/// A plain file below `root`, as far as one byte behind `longest`.
fn read(root: &Path, path: &str, longest: usize) -> Result<Option<Vec<u8>>, ReadError> {
    let Some(file) = file_within(root, path)? else { return Ok(None) };
    let path = root.join(path);
    let mut bytes = Vec::new();
    file.take(longest as u64 + 1).read_to_end(&mut bytes).map_err(|source| ReadError { path, source })?;
    Ok(Some(bytes))
}

fn fault(code: &str, message: String) -> Fault {
    Fault::new(Stage::Tree, code, message)
}
