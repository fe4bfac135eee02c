//! The generated data on disk, made once for each size and rules: an export, the ledger that it is of, its keys, its pins.
//! Not here: what the records say (`stories`).
//!
//! `DIR/SIZE/` holds `export/`, `ledger/`, `keys/`, `pin.json`, and `made`, which says of which generator it is. It is there
//! whole or not at all.

use std::fs;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

use answerable_ledger::Ledger;
use answerable_ledger::store::Config;
use answerable_schemas::bundle;
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::judge::Past;
use answerable_verifier::note::{Note, signature_line};
use answerable_verifier::pin::PinCard;
use ed25519_dalek::pkcs8::EncodePrivateKey;
use ed25519_dalek::pkcs8::KeypairBytes;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::{Signer, SigningKey};

use crate::author::{Author, FOUNDER, ORIGIN, key_form, key_of, log_key, log_secret, secret_of};
use crate::error::BenchError;
use crate::stories;

const SEED: u64 = 20_261_123;
/// Goes up when the generator says something else.
const GENERATOR: u32 = 1;

/// The folders of one size.
#[derive(Debug, Clone)]
pub struct Data {
    pub records: u64,
    pub folder: PathBuf,
}

impl Data {
    pub fn export(&self) -> PathBuf {
        self.folder.join("export")
    }
    pub fn ledger(&self) -> PathBuf {
        self.folder.join("ledger")
    }
    pub fn keys(&self) -> PathBuf {
        self.folder.join("keys")
    }
    pub fn pin(&self) -> PathBuf {
        self.folder.join("pin.json")
    }

    /// The data of a size below `cache`; makes it where it is missing or of other rules.
    pub fn of(cache: &Path, records: u64) -> Result<Self, BenchError> {
        let data = Self { records, folder: cache.join(records.to_string()) };
        let made = format!("generator {GENERATOR}, seed {SEED}, rules {}\n", bundle::rules_ref().sha256);
        let mark = data.folder.join("made");
        if fs::read_to_string(&mark).is_ok_and(|found| found == made) {
            return Ok(data);
        }
        if data.folder.exists() && !mark.exists() {
            return Err(BenchError::Story(format!("{} is there, and not made by this program", data.folder.display())));
        }
        let begun = Instant::now();
        let making = Self { records, folder: cache.join(format!(".{records}.making")) };
        remove(&making.folder)?;
        making.make()?;
        write(&making.folder.join("made"), made.as_bytes())?;
        remove(&data.folder)?;
        fs::rename(&making.folder, &data.folder).map_err(BenchError::io(&data.folder))?;
        eprintln!("made {records} records in {:.1} s: {}", begun.elapsed().as_secs_f64(), data.folder.display());
        Ok(data)
    }

    fn make(&self) -> Result<(), BenchError> {
        let mut author = Author::found(&self.export().join("log"))?;
        stories::tell(&mut author, self.records, SEED)?;
        if author.size() != self.records {
            let size = author.size();
            return Err(BenchError::Story(format!("the registers alone are {size} records: ask for more")));
        }
        self.finish(author)
    }

    /// A ledger in `folder` that holds no more than an import needs: a founder that transcribes, and an organ.
    pub fn bare(folder: &Path) -> Result<Self, BenchError> {
        remove(folder)?;
        let mut data = Self { records: 0, folder: folder.to_owned() };
        let mut author = Author::found(&data.export().join("log"))?;
        stories::bare(&mut author)?;
        author.flush()?;
        data.records = author.size();
        data.finish(author)?;
        Ok(data)
    }

    /// Writes what goes with a log that is written: all but its segments.
    fn finish(&self, author: Author) -> Result<(), BenchError> {
        let export = self.export();
        let size = author.size();
        let root = author.judge.past.root_at(size).ok().flatten().expect("the tree is in memory");
        let ledger_id = author.judge.authority.ledger_id.expect("it is founded");
        drop(author);
        write(&export.join("checkpoint"), checkpoint(size, root)?.as_bytes())?;
        let rules = bundle::rules_ref().sha256.to_string();
        write(&export.join("attachments").join(rules), bundle::bundle())?;
        let card = PinCard { ledger_id, log_key: log_key() }.to_json();
        write(&self.pin(), serde_json::to_string_pretty(&card).expect("plain data").as_bytes())?;
        // The ledger: the same files, its configuration, and what the product derives from them.
        let ledger = self.ledger();
        copy_folder(&export, &ledger)?;
        for folder in ["checkpoints", "tile", "index"] {
            create(&ledger.join(folder))?;
        }
        let config = Config { origin: ORIGIN.into(), ledger_id, max_clock_jump_days: 36_500 };
        write(&ledger.join("answerable.toml"), toml::to_string(&config).expect("plain data").as_bytes())?;
        write(&ledger.join("lock"), b"")?;
        write_keys(&self.keys())?;
        Ledger::open(&ledger)?;
        Ok(())
    }
}

/// The log's signed note on a tree.
fn checkpoint(size: u64, root: answerable_verifier::encoding::Hash) -> Result<String, BenchError> {
    let text = Checkpoint { origin: ORIGIN.into(), size, root }.to_text();
    let signature = signature_line(&log_key(), &log_secret().sign(text.as_bytes()).to_bytes());
    let note = Note { text, signatures: vec![signature] };
    note.format().map_err(|e| BenchError::Story(e.to_string()))
}

/// The founder's key and the log's, as `answerable key new` and `answerable init` leave them, in the clear.
fn write_keys(folder: &Path) -> Result<(), BenchError> {
    create(folder)?;
    let file = |name: &str, end: &str| folder.join(format!("{}.{end}", name.replace([':', '/'], "~")));
    let founder = key_of(FOUNDER);
    write_secret(&file(&founder, "pem"), &secret_of(&founder))?;
    let public = serde_json::to_string(&key_form(&founder)).expect("plain data") + "\n";
    write(&file(&founder, "pub.json"), public.as_bytes())?;
    let log = format!("log~{ORIGIN}");
    write_secret(&file(&log, "pem"), &log_secret())?;
    write(&file(&log, "vkey"), format!("{}\n", log_key()).as_bytes())
}

fn write_secret(path: &Path, secret: &SigningKey) -> Result<(), BenchError> {
    let bytes = KeypairBytes { secret_key: secret.to_bytes(), public_key: None };
    let pem = bytes.to_pkcs8_pem(LineEnding::LF).map_err(|e| BenchError::Story(e.to_string()))?;
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(BenchError::io(path))?;
    file.write_all(pem.as_bytes()).map_err(BenchError::io(path))
}

/// Removes a folder and what is below it, if it is there.
pub fn remove(folder: &Path) -> Result<(), BenchError> {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(BenchError::io(folder)(e)),
        _ => Ok(()),
    }
}

pub fn create(folder: &Path) -> Result<(), BenchError> {
    fs::create_dir_all(folder).map_err(BenchError::io(folder))
}

pub fn write(path: &Path, bytes: &[u8]) -> Result<(), BenchError> {
    if let Some(folder) = path.parent() {
        create(folder)?;
    }
    fs::write(path, bytes).map_err(BenchError::io(path))
}

/// Copies a folder and what is below it.
pub fn copy_folder(from: &Path, to: &Path) -> Result<(), BenchError> {
    create(to)?;
    for entry in fs::read_dir(from).map_err(BenchError::io(from))? {
        let path = entry.map_err(BenchError::io(from))?.path();
        let target = to.join(path.file_name().expect("an entry has a name"));
        if path.is_dir() {
            copy_folder(&path, &target)?;
        } else {
            fs::copy(&path, &target).map_err(BenchError::io(&path))?;
        }
    }
    Ok(())
}
