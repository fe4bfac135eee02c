//! A witness in its folder: the logs that it knows, what it last cosigned of each, and the evidence that it keeps. A
//! decision is durable before it is signed.
//!
//! | path | what it holds |
//! |---|---|
//! | `witness.vkey` | the witness's public key |
//! | `logs/HASH.keys` | a log's keys, one vkey a line; HASH is the SHA-256 of its origin |
//! | `logs/HASH.cosigned` | `time N`, then the log's signed checkpoint that was cosigned last |
//! | `evidence/…txt` | what contradicts it, in full |
//! | `lock` | held from reading the state to its being durable |
//!
//! Not here: the decision (`decision`), private keys.

use std::fs;
use std::path::{Path, PathBuf};

use answerable_verifier::checkpoint::{Checkpoint, parse_size};
use answerable_verifier::cosignature::{MAX_TIME, WitnessKey, signed_message};
use answerable_verifier::encoding::Hash;
use answerable_verifier::note::{Note, VerifierKey};

use crate::decision::{Cosigned, Refusal, check_signature, contradict, decide};
pub use crate::files::FileError;
use crate::files::{io, lock, read, write_durably};
use crate::request::AddCheckpoint;

/// Most files of evidence that are no proof by themselves: anybody can send a good checkpoint with a bad proof.
const MAX_SUSPICIONS: usize = 1000;

/// Signs as a witness. The folder's code never sees a private key.
pub trait CosignatureSigner {
    fn key(&self) -> &WitnessKey;
    /// An Ed25519 signature over these bytes.
    fn sign(&self, message: &[u8]) -> [u8; 64];
}

/// Why there is no cosignature.
#[derive(Debug, thiserror::Error)]
pub enum WitnessError {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    File(#[from] FileError),
    /// The witness's own memory is damaged: it must not cosign.
    #[error("{} cannot be read: {why}", path.display())]
    Damaged { path: PathBuf, why: String },
    #[error("{} is no witness's folder: it has no witness.vkey", .0.display())]
    NoWitness(PathBuf),
    #[error("the log {0} is known already")]
    KnownLog(String),
}

impl WitnessError {
    /// The stable code (docs/CODES.md).
    pub fn code(&self) -> &'static str {
        match self {
            WitnessError::Refused(refusal) => refusal.code(),
            WitnessError::File(_) => "file.io",
            WitnessError::Damaged { .. } => "witness.damaged",
            WitnessError::NoWitness(_) => "witness.not_a_folder",
            WitnessError::KnownLog(_) => "witness.known_log",
        }
    }
}

/// An answer to an add-checkpoint request, as HTTP carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub content_type: &'static str,
    pub body: String,
}

/// A witness's folder.
#[derive(Debug, Clone)]
pub struct Witness {
    folder: PathBuf,
    key: WitnessKey,
}

impl Witness {
    /// Makes the folder's own files around a key that was just made.
    pub fn create(folder: &Path, key: &WitnessKey) -> Result<Self, WitnessError> {
        for name in ["logs", "evidence"] {
            let path = folder.join(name);
            fs::create_dir_all(&path).map_err(io(&path))?;
        }
        write_durably(&folder.join("witness.vkey"), format!("{key}\n").as_bytes())?;
        Self::open(folder)
    }

    pub fn open(folder: &Path) -> Result<Self, WitnessError> {
        let path = folder.join("witness.vkey");
        let bytes = read(&path)?.ok_or_else(|| WitnessError::NoWitness(folder.to_owned()))?;
        let text = String::from_utf8_lossy(&bytes);
        let key = WitnessKey::parse(text.trim_end()).map_err(|e| damaged(&path, e))?;
        Ok(Self { folder: folder.to_owned(), key })
    }

    pub fn key(&self) -> &WitnessKey {
        &self.key
    }

    /// Lets the witness cosign a log from now on: its name is the origin. A log that is known gets one key more.
    pub fn add_log(&self, key: &VerifierKey) -> Result<(), WitnessError> {
        let _lock = lock(&self.folder)?;
        let mut keys = self.keys_of(key.name())?;
        if keys.contains(key) {
            return Err(WitnessError::KnownLog(key.short()));
        }
        keys.push(key.clone());
        let text: String = keys.iter().map(|k| format!("{k}\n")).collect();
        Ok(write_durably(&self.path(key.name(), "keys"), text.as_bytes())?)
    }

    /// The origins of the logs that it knows, sorted.
    pub fn logs(&self) -> Result<Vec<String>, WitnessError> {
        let folder = self.folder.join("logs");
        let mut origins = Vec::new();
        for entry in fs::read_dir(&folder).map_err(io(&folder))? {
            let path = entry.map_err(io(&folder))?.path();
            if path.extension().is_some_and(|extension| extension == "keys") {
                let bytes = read(&path)?.unwrap_or_default();
                let text = String::from_utf8_lossy(&bytes);
                let first =
                    VerifierKey::parse(text.lines().next().unwrap_or_default()).map_err(|e| damaged(&path, e))?;
                origins.push(first.name().to_owned());
            }
        }
        origins.sort();
        Ok(origins)
    }

    /// The keys of a log; none if it is not known.
    pub fn keys_of(&self, origin: &str) -> Result<Vec<VerifierKey>, WitnessError> {
        let path = self.path(origin, "keys");
        let Some(bytes) = read(&path)? else { return Ok(Vec::new()) };
        let text = String::from_utf8(bytes).map_err(|e| damaged(&path, e))?;
        let keys: Result<Vec<_>, _> = text.lines().map(VerifierKey::parse).collect();
        let keys = keys.map_err(|e| damaged(&path, e))?;
        match keys.iter().find(|k| k.name() != origin) {
            Some(other) => Err(damaged(&path, format!("it holds a key of {}", other.name()))),
            None => Ok(keys),
        }
    }

    /// What was last cosigned of a log.
    pub fn cosigned(&self, origin: &str) -> Result<Option<Cosigned>, WitnessError> {
        let path = self.path(origin, "cosigned");
        let Some(bytes) = read(&path)? else { return Ok(None) };
        let read = || {
            let text = std::str::from_utf8(&bytes).map_err(|e| e.to_string())?;
            let (time, note) = text.split_once('\n').ok_or("it has no first line")?;
            let time = time.strip_prefix("time ").and_then(parse_size).filter(|t| *t <= MAX_TIME);
            let note = Note::parse(note.as_bytes()).map_err(|e| e.to_string())?;
            let checkpoint = Checkpoint::parse(&note.text).map_err(|e| e.to_string())?;
            if checkpoint.origin != origin {
                return Err(format!("it is of the log {}", checkpoint.origin));
            }
            Ok(Cosigned { checkpoint, note, time: time.ok_or("its first line is not `time` and a number")? })
        };
        read().map(Some).map_err(|why: String| damaged(&path, why))
    }

    /// Cosigns what a request shows, at `now` in seconds since the epoch; answers the note's signature line, with its
    /// newline. The order is what matters: under one lock, the state is read, the decision is made and kept durably; only
    /// then is anything signed (c2sp.org/tlog-witness, "add-checkpoint").
    pub fn add_checkpoint(
        &self,
        body: &[u8],
        now: u64,
        signer: &dyn CosignatureSigner,
    ) -> Result<String, WitnessError> {
        let request = AddCheckpoint::parse(body).map_err(Refusal::Malformed)?;
        let origin = &request.checkpoint.origin;
        let keys = self.keys_of(origin)?;
        if keys.is_empty() {
            return Err(Refusal::UnknownLog(origin.clone()).into());
        }
        check_signature(&request, &keys)?;
        let _lock = lock(&self.folder)?;
        let last = self.cosigned(origin)?;
        let next = match decide(last.as_ref(), &request, now) {
            Ok(next) => next,
            Err(refusal) => {
                self.keep_evidence(&refusal, last.as_ref(), &request)?;
                return Err(refusal.into());
            }
        };
        let note = next.note.format().map_err(|e| Refusal::Malformed(e.to_string()))?;
        write_durably(&self.path(origin, "cosigned"), format!("time {}\n{note}", next.time).as_bytes())?;
        let signature = signer.sign(&signed_message(next.time, &next.note.text));
        Ok(format!("{}\n", signer.key().line(next.time, &signature)))
    }

    /// As `add_checkpoint`, as HTTP answers it.
    pub fn answer(&self, body: &[u8], now: u64, signer: &dyn CosignatureSigner) -> Answer {
        let plain = "text/plain; charset=utf-8";
        match self.add_checkpoint(body, now, signer) {
            Ok(body) => Answer { status: 200, content_type: plain, body },
            Err(WitnessError::Refused(Refusal::OtherSize { size, .. })) => {
                Answer { status: 409, content_type: "text/x.tlog.size", body: format!("{size}\n") }
            }
            Err(WitnessError::Refused(refusal)) => {
                Answer { status: refusal.status(), content_type: plain, body: format!("{refusal}\n") }
            }
            // What is wrong with the witness's files is nobody else's business.
            Err(_) => Answer { status: 500, content_type: plain, body: "the witness cannot cosign now\n".into() },
        }
    }

    /// The files of evidence, by name.
    pub fn evidence(&self) -> Result<Vec<PathBuf>, WitnessError> {
        let folder = self.folder.join("evidence");
        let entries = fs::read_dir(&folder).map_err(io(&folder))?;
        let mut files = Vec::new();
        for entry in entries {
            files.push(entry.map_err(io(&folder))?.path());
        }
        files.sort();
        Ok(files)
    }

    /// Keeps what contradicts the last cosigned checkpoint: both notes in full. Both are signed by the log.
    fn keep_evidence(
        &self,
        refusal: &Refusal,
        last: Option<&Cosigned>,
        request: &AddCheckpoint,
    ) -> Result<(), WitnessError> {
        let Some(last) = last else { return Ok(()) };
        let (kind, says) = match refusal {
            _ if contradict(&last.checkpoint, &request.checkpoint) => {
                ("fork", "The log signed two trees of one size. Each of the two disproves the other.")
            }
            Refusal::Inconsistent { .. } => (
                "suspicion",
                "The log signed both. The second came with a proof that does not lead from the first to it; \
                 that may be the sender's fault: no proof by itself.",
            ),
            _ => return Ok(()),
        };
        let both = [last.note.format(), request.note.format()].map(Result::unwrap_or_default);
        let proof: String = request.proof.iter().map(|hash| format!("{}\n", hash.to_base64())).collect();
        let text = format!(
            "{says}\n\nCosigned at {}:\n\n{}\nRefused:\n\n{}\nThe proof that came with it, from size {}:\n\n{proof}",
            last.time, both[0], both[1], request.old
        );
        let digest = Hash::sha256(both.concat().as_bytes()).to_hex();
        let path =
            self.folder.join("evidence").join(format!("{kind}-{}-{}.txt", request.checkpoint.size, &digest[..16]));
        let full = kind == "suspicion" && self.evidence()?.len() >= MAX_SUSPICIONS;
        if !full && !path.exists() {
            write_durably(&path, text.as_bytes())?;
        }
        Ok(())
    }

    fn path(&self, origin: &str, kind: &str) -> PathBuf {
        self.folder.join("logs").join(format!("{}.{kind}", Hash::sha256(origin.as_bytes()).to_hex()))
    }
}

fn damaged(path: &Path, why: impl ToString) -> WitnessError {
    WitnessError::Damaged { path: path.to_owned(), why: why.to_string() }
}
