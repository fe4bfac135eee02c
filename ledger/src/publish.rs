//! Publishing: a folder that any static web server can serve (c2sp.org/tlog-tiles), with the plain records beside it,
//! brought up to date with the ledger. Tiles and bundles are made from the records' bytes, and the checkpoint comes last:
//! what it covers is there.
//! Beside them lies a page that checks the folder in a browser.
//! Not here: how a stranger reads the folder (`answerable_verifier::published`), and the page's source (`web/check/`).

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use answerable_schemas::EventId;
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::encoding::Hash;
use answerable_verifier::exported::{self, SEGMENT, kept_name, segment_name};
use answerable_verifier::judge::Past;
use answerable_verifier::merkle::leaf_hash;
use answerable_verifier::note::Note;
use answerable_verifier::tiles::{self, TileError, WIDTH};

use crate::error::StoreError;
use crate::files::{self, beside, io, read_if_there, write_durably};
use crate::store::Ledger;
use crate::tiles::Tiles;

/// Held while one process publishes; a web server may serve it, it is empty.
const LOCK: &str = ".publishing";
/// What a folder may hold that a first publication was cut short in.
const OURS: [&str; 8] =
    [LOCK, "log", "tile", "checkpoints", "attachments", "checkpoint.tmp", PAGE_NAME, "index.html.tmp"];
/// The page: it reads the files beside it, and recomputes what can be recomputed from them. One file, which fetches from nowhere else.
pub const PAGE: &[u8] = include_bytes!("../../web/check/index.html");
const PAGE_NAME: &str = "index.html";
/// How every page begins that a program of ours ever made; what begins otherwise is somebody's own, and is not written over.
const PAGE_HEAD: &[u8] = b"<!doctype html>\n<!-- Made by web/check/build.mjs of Answerable";

/// What was done.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Published {
    pub files: u64,
    /// Attachments that were taken out of the folder: erased, or named by no record.
    pub withdrawn: Vec<EventId>,
}

/// A publication that may go on: the folder is new, or holds an earlier state of this very ledger.
pub struct Plan<'a> {
    ledger: &'a Ledger,
    to: &'a Path,
    /// Records that the folder's checkpoint covers.
    from: u64,
}

/// Compares the folder with the ledger, and changes nothing.
pub fn plan<'a>(ledger: &'a Ledger, to: &'a Path) -> Result<Plan<'a>, StoreError> {
    let not_ours = |why: String| StoreError::NotPublished { path: to.to_owned(), why };
    let there = fs::metadata(to).map(Some).or_else(|e| match e.kind() {
        ErrorKind::NotFound => Ok(None),
        _ => Err(io(to)(e)),
    })?;
    if there.as_ref().is_some_and(|m| !m.is_dir()) {
        return Err(StoreError::Exists(to.to_owned()));
    }
    if let Some(page) = read_if_there(&to.join(PAGE_NAME))?
        && !is_our_page(&page)
    {
        return Err(not_ours(format!("its {PAGE_NAME} is of somebody's own making")));
    }
    let Some(bytes) = read_if_there(&to.join("checkpoint"))? else {
        if there.is_some() {
            for entry in fs::read_dir(to).map_err(io(to))? {
                let name = entry.map_err(io(to))?.file_name();
                if !OURS.iter().any(|ours| name == *ours) {
                    return Err(not_ours(format!("it has no checkpoint, and holds {}", name.to_string_lossy())));
                }
            }
        }
        return Ok(Plan { ledger, to, from: 0 });
    };
    let there = Note::parse(&bytes).map_err(|e| e.to_string());
    let there = there.and_then(|note| Checkpoint::parse(&note.text).map_err(|e| e.to_string())).map_err(not_ours)?;
    if there.origin != ledger.config.origin {
        return Err(not_ours(format!("it is of the log {}", there.origin)));
    }
    match ledger.past().root_at(there.size).map_err(|e| StoreError::Derived(e.to_string()))? {
        Some(root) if root == there.root => Ok(Plan { ledger, to, from: there.size }),
        Some(root) => Err(StoreError::PublishedFork { size: there.size, published: there.root, ledger: root }),
        None => Err(StoreError::PublishedAhead { published: there.size, ledger: ledger.checkpoint.size }),
    }
}

impl Plan<'_> {
    /// How many records were published before.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// Writes what is new. `progress` is called with the number of records in the folder's tree so far.
    pub fn publish(&self, progress: &mut dyn FnMut(u64)) -> Result<Published, StoreError> {
        files::make_folder(self.to)?;
        let _lock = files::lock(&self.to.join(LOCK))?;
        // Another process may have published in between.
        let Plan { ledger, to, from } = plan(self.ledger, self.to)?;
        let mut writing = Writing { to, files: 0, folders: BTreeSet::new() };
        let withdrawn = attachments(ledger, &mut writing)?;
        let size = ledger.checkpoint.size;
        for segment in 0..size.div_ceil(SEGMENT) {
            log_segment(ledger, from, segment, &mut writing)?;
        }
        tree(ledger, from, &mut writing, progress)?;
        kept_checkpoints(ledger, &mut writing)?;
        page(&mut writing)?;
        writing.sync_folders()?;
        // A checkpoint that a kill left without its last sync could be gone after a crash, and the ledger be behind what is public.
        files::sync_folder_of(&ledger.root.join("checkpoint"))?;
        let last = to.join("checkpoint");
        if read_if_there(&last)?.as_deref() != Some(ledger.signed_checkpoint()) {
            write_durably(&last, ledger.signed_checkpoint())?;
            writing.files += 1;
        }
        forget_partial_tiles(to, from, size)?;
        Ok(Published { files: writing.files, withdrawn })
    }
}

/// Files that are written, synced one by one, and their folders, synced at the end.
struct Writing<'a> {
    to: &'a Path,
    files: u64,
    folders: BTreeSet<PathBuf>,
}

impl Writing<'_> {
    fn folder_of(&mut self, path: &Path) -> Result<(), StoreError> {
        let folder = path.parent().expect("a path below the folder");
        if self.folders.insert(folder.to_owned()) {
            fs::create_dir_all(folder).map_err(io(folder))?;
        }
        Ok(())
    }

    /// Writes a file whole: whoever fetches it meanwhile gets all of it, or nothing.
    fn whole(&mut self, name: &str, content: &mut dyn Read) -> Result<(), StoreError> {
        let path = self.to.join(name);
        self.folder_of(&path)?;
        let temporary = beside(&path, ".tmp");
        let mut file = File::create(&temporary).map_err(io(&temporary))?;
        std::io::copy(content, &mut file).and_then(|_| file.sync_all()).map_err(io(&temporary))?;
        fs::rename(&temporary, &path).map_err(io(&path))?;
        self.files += 1;
        Ok(())
    }

    fn sync_folders(&self) -> Result<(), StoreError> {
        // The folders above, too: a new one is an entry in its parent.
        let all: BTreeSet<&Path> =
            self.folders.iter().flat_map(|f| f.ancestors().take_while(|a| a.starts_with(self.to))).collect();
        all.into_iter().try_for_each(|f| File::open(f).and_then(|f| f.sync_all()).map_err(io(f)))
    }
}

/// Brings the attachments that are there by right, and takes the others away.
fn attachments(ledger: &Ledger, writing: &mut Writing) -> Result<Vec<EventId>, StoreError> {
    let folder = writing.to.join("attachments");
    fs::create_dir_all(&folder).map_err(io(&folder))?;
    let rightful = ledger.rightful()?;
    let mut withdrawn = Vec::new();
    for entry in fs::read_dir(&folder).map_err(io(&folder))? {
        let name = entry.map_err(io(&folder))?.file_name();
        let Some(sha256) = name.to_str().and_then(|n| n.parse::<EventId>().ok()) else { continue };
        if !rightful.contains(&sha256) {
            let path = folder.join(&name);
            fs::remove_file(&path).map_err(io(&path))?;
            writing.folders.insert(folder.clone());
            withdrawn.push(sha256);
        }
    }
    withdrawn.sort();
    for sha256 in ledger.attachment_files()?.intersection(&rightful) {
        let there = files::lies_there(&folder.join(sha256.to_string()))?;
        if let Some(mut source) = ledger.open_attachment(sha256)?.filter(|_| !there) {
            writing.whole(&format!("attachments/{sha256}"), &mut source)?;
        }
    }
    Ok(withdrawn)
}

/// Appends what a segment has gained. Bytes beyond what the folder's checkpoint covers were cut short, and are written
/// anew; a segment that has lost bytes is written whole.
fn log_segment(ledger: &Ledger, from: u64, segment: u64, writing: &mut Writing) -> Result<(), StoreError> {
    let (first, behind) = (segment * SEGMENT, ((segment + 1) * SEGMENT).min(ledger.checkpoint.size));
    let end_of = |records: u64| match records.min(behind).checked_sub(1).filter(|last| *last >= first) {
        None => Ok(0),
        Some(last) => ledger.past().offsets.place(last).map(|p| p.start.saturating_add(p.len).saturating_add(1)),
    };
    let (published, end) = (end_of(from)?, end_of(behind)?);
    let name = format!("log/{}", segment_name(first));
    let path = writing.to.join(&name);
    let there = fs::metadata(&path).map_or(0, |m| m.len());
    if there == end && published == end {
        return Ok(());
    }
    writing.folder_of(&path)?;
    let start = if there >= published { published } else { 0 };
    let from = ledger.past().log.segment_path(segment);
    let mut source = File::open(&from).map_err(io(&from))?;
    source.seek(SeekFrom::Start(start)).map_err(io(&from))?;
    let mut target = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(io(&path))?;
    let copy = || {
        target.set_len(start)?;
        target.seek(SeekFrom::Start(start))?;
        std::io::copy(&mut source.take(end - start), &mut target)?;
        target.sync_all()
    };
    copy().map_err(io(&path))?;
    writing.files += 1;
    Ok(())
}

/// Writes bundles and hash tiles from the records' own bytes, and checks that they give the root that is signed.
fn tree(ledger: &Ledger, from: u64, writing: &mut Writing, progress: &mut dyn FnMut(u64)) -> Result<(), StoreError> {
    /// Leaves that are held before their tiles are written.
    const BATCH: usize = 65_536;
    let size = ledger.checkpoint.size;
    let there = Tiles::at(writing.to);
    let to = writing.to;
    let damaged = |why: String| StoreError::NotPublished {
        path: to.to_owned(),
        why: format!("it is damaged ({why}): remove it and publish anew"),
    };
    let unsound = |e: TileError| match e {
        TileError::Source { .. } => io(to)(std::io::Error::other(e.to_string())),
        _ => damaged(e.to_string()),
    };
    // A bundle that was partial is written anew, from its first record.
    let mut next = from - from % u64::from(WIDTH);
    let mut grown = from;
    let mut leaves: Vec<Hash> = Vec::new();
    let mut bundle: Vec<Vec<u8>> = Vec::new();
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    if from < size {
        let place = ledger.past().offsets.place(next)?;
        ledger.past().log.each_line(place.segment, place.start, &mut |_, line, _| {
            if next >= from {
                leaves.push(leaf_hash(line));
            }
            bundle.push(line.to_vec());
            next += 1;
            if bundle.len() == usize::from(WIDTH) || next == size {
                let path = tiles::entries_path((next - 1) / u64::from(WIDTH), bundle.len() as u16);
                let bytes = tiles::entry_bundle(bundle.iter().map(Vec::as_slice));
                files.push((path, bytes.expect("a record has at most 65,535 bytes")));
                bundle.clear();
            }
            if leaves.len() == BATCH || next == size {
                for tile in tiles::tiles_for_growth(grown, &leaves, &there).map_err(unsound)? {
                    files.push((tile.path(), tile.bytes));
                }
                let added = leaves.len() as u64;
                grown += added;
                leaves.clear();
                // The next batch reads the partial tiles of this one.
                // Writing and syncing them is what takes time.
                let (before, files) = (grown - added, std::mem::take(&mut files));
                for (number, (path, bytes)) in (1..).zip(&files) {
                    writing.whole(path, &mut bytes.as_slice())?;
                    progress(before + added * number / files.len() as u64);
                }
            }
            Ok(next < size)
        })?;
    }
    let frontier = tiles::frontier_from_tiles(size, &there).map_err(unsound)?;
    if frontier.root() != ledger.checkpoint.root {
        return Err(damaged("its tiles give another root than the checkpoint".into()));
    }
    Ok(())
}

/// Copies the checkpoints that are kept for good.
fn kept_checkpoints(ledger: &Ledger, writing: &mut Writing) -> Result<(), StoreError> {
    for (size, bytes) in exported::kept_checkpoints(&ledger.root)? {
        let name = format!("checkpoints/{}", kept_name(size));
        if read_if_there(&writing.to.join(&name))?.as_ref() != Some(&bytes) {
            writing.whole(&name, &mut bytes.as_slice())?;
        }
    }
    Ok(())
}

/// Whether a page is of a program of ours, whole or as far as it came: empty or cut short where a crash or a copy ended, or
/// with zeros where its bytes did not reach the disk.
fn is_our_page(page: &[u8]) -> bool {
    let came = page.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    page[..came].starts_with(PAGE_HEAD) || PAGE_HEAD.starts_with(&page[..came])
}

/// Puts this program's page in place of any other of ours.
fn page(writing: &mut Writing) -> Result<(), StoreError> {
    if read_if_there(&writing.to.join(PAGE_NAME))?.as_deref() != Some(PAGE) {
        writing.whole(PAGE_NAME, &mut &PAGE[..])?;
    }
    Ok(())
}

/// Removes the partial tiles and bundles that the folder had, once they are full: readers of an older checkpoint take
/// the full one (c2sp.org/tlog-tiles, "Partial Tiles").
fn forget_partial_tiles(to: &Path, from: u64, size: u64) -> Result<(), StoreError> {
    let full =
        |(level, index, width): &(u8, u64, u16)| *width < WIDTH && (size >> (8 * (u32::from(*level) + 1))) > *index;
    for (level, index, _) in tiles::tiles_of(from).filter(full) {
        let mut folders = vec![tiles::tile_path(level, index, WIDTH)];
        if level == 0 {
            folders.push(tiles::entries_path(index, WIDTH));
        }
        for folder in folders {
            let path = to.join(folder + ".p");
            match fs::remove_dir_all(&path) {
                Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(io(&path)(e)),
                _ => {}
            }
        }
    }
    Ok(())
}
