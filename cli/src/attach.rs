//! Attachments on their way: files in `NAME.attachments/`, named by their hash, beside the event file that names them.
//! Not here: those of a ledger (`answerable_ledger::attachments`).

use std::fs::{self, File, OpenOptions};
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};

use answerable_ledger::attachments::check;
use answerable_schemas::EventId;
use answerable_schemas::envelope::Attachment;
use answerable_verifier::encoding::Hash;
use answerable_verifier::exported;
use answerable_verifier::fault::Fault;
use answerable_verifier::record::{MAX_ATTACHMENTS, SALT};

use crate::args::AttachArgs;
use crate::error::CliError;
use crate::keys::random;
use crate::ui;

/// Most bytes of a file that is attached, its salt not counted.
const MAX_FILE: u64 = 1 << 30;

/// What the ending of a file's name says about it; anything else is `application/octet-stream`.
const MEDIA_TYPES: [(&str, &str); 26] = [
    ("csv", "text/csv"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("eml", "message/rfc822"),
    ("geojson", "application/geo+json"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("ods", "application/vnd.oasis.opendocument.spreadsheet"),
    ("odt", "application/vnd.oasis.opendocument.text"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("svg", "image/svg+xml"),
    ("tif", "image/tiff"),
    ("tiff", "image/tiff"),
    ("txt", "text/plain"),
    ("wav", "audio/vnd.wave"),
    ("webp", "image/webp"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

/// `act.event.json` is `act`; another name loses its last ending.
pub fn stem(event_file: &Path) -> PathBuf {
    let stem = event_file.with_extension("");
    if stem.extension().is_some_and(|e| e == "event") { stem.with_extension("") } else { stem }
}

/// The folder of the files that an event file's events name: `act.event.json` has `act.attachments`.
pub fn folder(event_file: &Path) -> PathBuf {
    let mut name = stem(event_file).into_os_string();
    name.push(".attachments");
    name.into()
}

/// A file that is to be attached, with its salt.
pub struct Prepared {
    pub attachment: Attachment,
    file: PathBuf,
    salt: Vec<u8>,
}

impl Prepared {
    /// Its bytes as they are stored: the salt comes first.
    fn open(&self) -> io::Result<impl Read + use<>> {
        Ok(Cursor::new(self.salt.clone()).chain(File::open(&self.file)?))
    }
}

/// Reads the files that a draft attaches, ascending by hash; writes nothing.
pub fn prepare(a: &AttachArgs) -> Result<Vec<Prepared>, CliError> {
    let refuse = |message: String, hint: &str| Err(CliError::usage("attachment.cannot_attach", message, hint));
    if a.attach.len() > MAX_ATTACHMENTS {
        return refuse(format!("{} files", a.attach.len()), "an event has at most 64 attachments");
    }
    if a.media_type.len() > a.attach.len() {
        let message = format!("{} media types for {} files", a.media_type.len(), a.attach.len());
        return refuse(message, "the first --media-type is of the first --attach, and so on");
    }
    let mut all: Vec<Prepared> = Vec::with_capacity(a.attach.len());
    for (i, path) in a.attach.iter().enumerate() {
        let length = fs::metadata(path).map_err(|e| CliError::io(path, e))?;
        if !length.is_file() {
            return refuse(format!("{} is no plain file", path.display()), "name a file");
        }
        if length.len() > MAX_FILE {
            let message = format!("{} has {} bytes", path.display(), length.len());
            return refuse(message, "a file has at most 1 GiB (1,073,741,824 bytes); split it");
        }
        let media_type = a.media_type.get(i).cloned().unwrap_or_else(|| guessed(path).to_owned());
        let salt = if a.unsalted { Vec::new() } else { random::<{ SALT as usize }>()?.to_vec() };
        let none = Attachment { media_type, salted: !a.unsalted, sha256: EventId([0; 32]), size: 0 };
        let mut prepared = Prepared { attachment: none, file: path.clone(), salt };
        let read = prepared.open().and_then(|mut bytes| Hash::of_stream(&mut bytes));
        let (hash, size) = read.map_err(|e| CliError::io(path, e))?;
        (prepared.attachment.sha256, prepared.attachment.size) = (EventId(hash.0), size);
        if let Some(other) = all.iter().find(|p| p.attachment.sha256 == prepared.attachment.sha256) {
            let message = format!("{} and {} are the same file", other.file.display(), path.display());
            return refuse(message, "attach it once");
        }
        all.push(prepared);
    }
    all.sort_by_key(|p| p.attachment.sha256);
    Ok(all)
}

/// The files beside an event file whose statement is drafted anew: they go along as they are, each with its salt. One
/// that is not there is told, and left out.
pub fn carried(event_file: &Path, attachments: &[Attachment]) -> Result<Vec<Prepared>, CliError> {
    let folder = folder(event_file);
    let mut all = Vec::with_capacity(attachments.len());
    for attachment in attachments {
        match look(&folder, attachment)? {
            Beside::Matches(file) => all.push(Prepared { attachment: attachment.clone(), file, salt: Vec::new() }),
            Beside::Differs(fault) => return Err(fault.into()),
            Beside::Absent | Beside::NotPlain => ui::notice(&format!(
                "the attachment {} is not in {}: it will not be beside the new draft",
                attachment.sha256,
                folder.display()
            )),
        }
    }
    Ok(all)
}

/// As the event lists them: absent if there are none.
pub fn listed(prepared: &[Prepared]) -> Option<Vec<Attachment>> {
    (!prepared.is_empty()).then(|| prepared.iter().map(|p| p.attachment.clone()).collect())
}

/// Writes the files, durably, into the folder beside `event_file`, and then calls `write` for the event file itself.
/// If any of it fails, no attached file stays there.
pub fn with_files<T>(
    prepared: &[Prepared],
    event_file: &Path,
    dry_run: bool,
    write: impl FnOnce() -> Result<T, CliError>,
) -> Result<T, CliError> {
    if dry_run || prepared.is_empty() {
        return write();
    }
    let folder = folder(event_file);
    if prepared.iter().all(|p| p.file.parent() == Some(&folder)) {
        // Drafted anew under the same name, with another ending: they are there.
        return write();
    }
    fs::create_dir(&folder).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => CliError::usage(
            "file.exists",
            format!("{} exists already", folder.display()),
            "it may hold files of another event: move it away, or name another event file with --out FILE",
        ),
        _ => CliError::io(&folder, e),
    })?;
    let written = prepared.iter().try_for_each(|p| write_one(p, &folder)).and_then(|()| sync_folder(&folder));
    let written = written.and_then(|()| write());
    if written.is_err() {
        // Best effort: what failed is told, not what failed after it.
        let _ = fs::remove_dir_all(&folder);
    }
    written
}

fn write_one(p: &Prepared, folder: &Path) -> Result<(), CliError> {
    let path = folder.join(p.attachment.sha256.to_string());
    let mut from = p.open().map_err(|e| CliError::io(&p.file, e))?;
    let copy = |path: &Path| {
        let mut to = OpenOptions::new().write(true).create_new(true).open(path)?;
        // One byte more than was read before shows that the file has grown.
        io::copy(&mut (&mut from).take(p.attachment.size + 1), &mut to)?;
        to.flush().and_then(|()| to.sync_all())?;
        Hash::of_stream(&mut File::open(path)?)
    };
    let written = { copy }(&path).map_err(|e| CliError::io(&path, e))?;
    check(&p.attachment, written).map_err(|fault| {
        let message = format!("{} changed while it was read", p.file.display());
        CliError { message, hint: "draft the event again".into(), ..fault.into() }
    })
}

fn sync_folder(folder: &Path) -> Result<(), CliError> {
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let sync = |path: &Path| File::open(path).and_then(|f| f.sync_all()).map_err(|e| CliError::io(path, e));
    sync(folder).and_then(|()| sync(parent))
}

/// What lies beside an event file for one of its attachments.
pub enum Beside {
    /// The file, checked.
    Matches(PathBuf),
    Absent,
    /// A link, a folder, a pipe: never opened.
    NotPlain,
    Differs(Fault),
}

/// Looks for an attachment in the folder beside its event file. Follows no link.
pub fn look(folder: &Path, attachment: &Attachment) -> Result<Beside, CliError> {
    // The folder itself may be a link that leads elsewhere.
    match exported::look(folder)? {
        Some(m) if m.is_dir() => {}
        Some(_) => return Ok(Beside::NotPlain),
        None => return Ok(Beside::Absent),
    }
    let path = folder.join(attachment.sha256.to_string());
    let Some(file) = exported::plain_file(&path)? else {
        return Ok(if exported::look(&path)?.is_some() { Beside::NotPlain } else { Beside::Absent });
    };
    let mut bounded = file.take(attachment.size.saturating_add(1));
    let found = Hash::of_stream(&mut bounded).map_err(|e| CliError::io(&path, e))?;
    Ok(match check(attachment, found) {
        Ok(()) => Beside::Matches(path),
        Err(fault) => Beside::Differs(fault),
    })
}

fn guessed(path: &Path) -> &'static str {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    MEDIA_TYPES.iter().find(|(e, _)| *e == ending).map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// `type/subtype` with the restricted names of RFC 6838, section 4.2, in lower case and without parameters.
pub fn parse_media_type(text: &str) -> Result<String, String> {
    let name = |part: &str| {
        let mut bytes = part.bytes();
        part.len() <= 127
            && bytes.next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$&-^_.+".contains(&b))
    };
    match text.split_once('/') {
        Some((kind, sub)) if name(kind) && name(sub) => Ok(text.to_owned()),
        _ => Err("expected TYPE/SUBTYPE in lower case, such as application/pdf".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_media_types() {
        for (file, name) in [
            ("act.event.json", "act.attachments"),
            ("mail/treaty.signed.event.json", "mail/treaty.signed.attachments"),
            ("act.json", "act.attachments"),
            ("act", "act.attachments"),
        ] {
            assert_eq!(folder(Path::new(file)), Path::new(name));
        }
        for (_, media_type) in MEDIA_TYPES {
            parse_media_type(media_type).unwrap();
        }
        assert_eq!(guessed(Path::new("a.PDF")), "application/pdf");
        for bad in ["pdf", "a/", "/a", "A/b", "a/b;c=d", "a/b/c", "a/ b"] {
            assert!(parse_media_type(bad).is_err(), "{bad}");
        }
    }
}
