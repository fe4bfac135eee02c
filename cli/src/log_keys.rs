//! Log keys: they sign checkpoints, and are named as the log's origin. A folder may hold several of one log: those of
//! before a change, and those of after. The files are as those of authors' keys (`keys`), with a `.vkey` beside.
//! Not here: which log keys are in force (the ledger says).

use std::fs;
use std::io::ErrorKind::{InvalidData, IsADirectory, NotFound};
use std::path::PathBuf;

use answerable_ledger::signing::CheckpointSigner;
use answerable_schemas::ids::{Label, Origin};
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::note::VerifierKey;
use ed25519_dalek::{Signer, SigningKey};

use crate::commands::create_new;
use crate::error::CliError;
use crate::keys::{KeyFolder, Protection, random};
use crate::passphrases::PassphraseFile;

/// Opened log keys.
#[derive(Default)]
pub struct LogKeys(Vec<(VerifierKey, SigningKey)>);

impl CheckpointSigner for LogKeys {
    fn keys(&self) -> Vec<VerifierKey> {
        self.0.iter().map(|(key, _)| key.clone()).collect()
    }
    fn sign(&self, key: &VerifierKey, message: &[u8]) -> [u8; 64] {
        let (_, secret) = self.0.iter().find(|(held, _)| held == key).expect("only held keys are chosen to sign");
        secret.sign(message).to_bytes()
    }
}

impl LogKeys {
    /// The vkey of a key that nobody keeps: for judging a founding before any key is made.
    pub fn sample(origin: &Origin) -> Result<VerifierKey, CliError> {
        vkey(origin, &SigningKey::from_bytes(&random()?))
    }
}

impl KeyFolder {
    /// The first key of a log has the log's name alone; later ones have a label.
    fn log_name(origin: &Origin, label: Option<&Label>) -> String {
        label.map_or_else(|| format!("log~{origin}"), |label| format!("log~{origin}#{label}"))
    }

    /// The files of a log's key pair.
    pub fn log_files(&self, origin: &Origin, label: Option<&Label>) -> [PathBuf; 2] {
        let name = Self::log_name(origin, label);
        [self.path(&name, "pem"), self.path(&name, "vkey")]
    }

    /// Makes a log's key pair.
    pub fn create_log(
        &self,
        origin: &Origin,
        label: Option<&Label>,
        protection: &Protection,
    ) -> Result<LogKeys, CliError> {
        let name = Self::log_name(origin, label);
        let secret = self.write_new(&name, &format!("log key {origin}"), protection)?;
        let key = vkey(origin, &secret)?;
        let path = self.path(&name, "vkey");
        create_new(&path, format!("{key}\n").as_bytes())?;
        Ok(LogKeys(vec![(key, secret)]))
    }

    /// The log keys of an origin whose secret is in the folder.
    pub fn logs(&self, origin: &Origin) -> Result<Vec<VerifierKey>, CliError> {
        Ok(self.log_files_of(origin)?.into_iter().map(|(_, key)| key).collect())
    }

    /// Those keys, with the names of their files.
    fn log_files_of(&self, origin: &Origin) -> Result<Vec<(String, VerifierKey)>, CliError> {
        let mut held = Vec::new();
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(held),
            Err(e) => return Err(CliError::io(&self.0, e)),
        };
        for entry in entries {
            let path = entry.map_err(|e| CliError::io(&self.0, e))?.path();
            let Some(name) = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".vkey")) else {
                continue;
            };
            // What is no vkey is none of ours; what cannot be read may be.
            let text = match fs::read_to_string(&path) {
                Err(e) if matches!(e.kind(), NotFound | IsADirectory | InvalidData) => continue,
                text => text.map_err(|e| CliError::io(&path, e))?,
            };
            let Ok(key) = VerifierKey::parse(text.trim_end()) else { continue };
            let secret = path.with_extension("pem");
            if key.name() == origin.as_str() && secret.try_exists().map_err(|e| CliError::io(&secret, e))? {
                held.push((name.to_owned(), key));
            }
        }
        held.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(held)
    }

    /// Opens those of `wanted` that are held; at least one must be.
    pub fn open_logs(
        &self,
        origin: &Origin,
        wanted: &[VerifierKey],
        passphrases: &[PassphraseFile],
    ) -> Result<LogKeys, CliError> {
        let mut opened = Vec::new();
        for (name, key) in self.log_files_of(origin)?.into_iter().filter(|(_, key)| wanted.contains(key)) {
            let secret = self.open(&name, passphrases)?;
            if vkey(origin, &secret)? != key {
                return Err(self.pair_differs(&name, "vkey"));
            }
            opened.push((key, secret));
        }
        if opened.is_empty() {
            let names: Vec<String> = wanted.iter().map(VerifierKey::short).collect();
            return Err(CliError::usage(
                "key.not_found",
                format!("no log key in {} is in force: {}", self.0.display(), names.join(" or ")),
                "the operator holds it; name its folder with --keys DIR",
            ));
        }
        Ok(LogKeys(opened))
    }
}

fn vkey(origin: &Origin, secret: &SigningKey) -> Result<VerifierKey, CliError> {
    let public = PublicKey::enrollable(secret.verifying_key().as_bytes()).map_err(|e| e.to_string());
    public
        .and_then(|p| VerifierKey::new(origin.as_str(), p).map_err(|e| e.to_string()))
        .map_err(|e| CliError::usage("key.log", e, "choose another origin"))
}
