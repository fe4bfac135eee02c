//! Key files: PKCS#8 PEM (RFC 5958), encrypted with a passphrase by default, as `openssl pkey` reads them; and the
//! public half beside each. Secret files are 0600 and are never overwritten.
//! Not here: which keys may sign what.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use answerable_schemas::KeyName;
use answerable_schemas::governance::{KeyAlgorithm, PublicKey as KeyForm};
use answerable_verifier::dsse;
use answerable_verifier::encoding::base64_encode;
use answerable_verifier::record::{Signature, SignedEvent};
use ed25519_dalek::pkcs8::KeypairBytes;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signer, SigningKey};

use crate::error::CliError;
use crate::ui;

/// How a new or opened key file is protected.
#[derive(Debug, Clone, Default)]
pub struct Protection {
    /// Store it in the clear: for demonstrations and for machines that protect the file otherwise.
    pub none: bool,
    pub file: Option<PathBuf>,
}

/// A folder of keys.
#[derive(Debug, Clone)]
pub struct KeyFolder(pub PathBuf);

/// One entry of `key list`.
pub struct Listed {
    pub name: String,
    pub public: String,
    pub encrypted: Option<bool>,
}

impl KeyFolder {
    /// File names hold no `:` or `/`; `~` stands for both, and no id has it.
    pub(crate) fn path(&self, name: &str, extension: &str) -> PathBuf {
        self.0.join(format!("{}.{extension}", name.replace([':', '/'], "~")))
    }

    /// The files of an author's key pair.
    pub fn files(&self, name: &KeyName) -> [PathBuf; 2] {
        [self.path(name.as_str(), "pem"), self.path(name.as_str(), "pub.json")]
    }

    /// Makes an author's key pair.
    pub fn create(&self, name: &KeyName, protection: &Protection) -> Result<KeyForm, CliError> {
        let secret = self.write_new(name.as_str(), &format!("key {name}"), protection)?;
        let public_key = base64_encode(secret.verifying_key().as_bytes());
        let form = KeyForm { alg: KeyAlgorithm::Ed25519, key: name.clone(), public_key };
        let path = self.path(name.as_str(), "pub.json");
        let text = serde_json::to_string(&form).expect("plain data") + "\n";
        fs::write(&path, text).map_err(|e| CliError::io(&path, e))?;
        Ok(form)
    }

    /// The public half of an author's key.
    pub fn public(&self, name: &KeyName) -> Result<KeyForm, CliError> {
        let path = self.path(name.as_str(), "pub.json");
        let text = fs::read(&path).map_err(|e| no_key(name.as_str(), &path, e))?;
        serde_json::from_slice(&text)
            .map_err(|e| CliError::usage("key.malformed", format!("{}: {e}", path.display()), "make a new key"))
    }

    pub fn has_secret(&self, name: &KeyName) -> bool {
        self.path(name.as_str(), "pem").exists()
    }

    pub fn open_secret(&self, name: &KeyName, passphrase_file: Option<&Path>) -> Result<SigningKey, CliError> {
        self.open(name.as_str(), passphrase_file)
    }

    /// Encrypts a key file anew.
    pub fn change_passphrase(&self, name: &KeyName, old: Option<&Path>, new: &Protection) -> Result<(), CliError> {
        let secret = self.open(name.as_str(), old)?;
        let path = self.path(name.as_str(), "pem");
        let aside = self.path(name.as_str(), "pem.new");
        write_secret(&aside, &encode(&secret, &format!("new passphrase for {name}"), new)?)?;
        fs::rename(&aside, &path).map_err(|e| CliError::io(&path, e))
    }

    pub fn list(&self) -> Result<Vec<Listed>, CliError> {
        let mut all = Vec::new();
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(all),
            Err(e) => return Err(CliError::io(&self.0, e)),
        };
        for entry in entries {
            let path = entry.map_err(|e| CliError::io(&self.0, e))?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (stem, name, public) = if let Some(stem) = file.strip_suffix(".pub.json") {
                let text = fs::read(&path).map_err(|e| CliError::io(&path, e))?;
                let Ok(form) = serde_json::from_slice::<KeyForm>(&text) else { continue };
                (stem, form.key.to_string(), form.public_key)
            } else if let Some(stem) = file.strip_suffix(".vkey") {
                let text = fs::read_to_string(&path).map_err(|e| CliError::io(&path, e))?;
                (stem, "(log)".to_owned(), text.trim().to_owned())
            } else {
                continue;
            };
            let pem = fs::read_to_string(self.0.join(format!("{stem}.pem"))).ok();
            let encrypted = pem.map(|text| text.contains("ENCRYPTED"));
            all.push(Listed { name, public, encrypted });
        }
        all.sort_by(|a, b| a.name.cmp(&b.name).then(a.public.cmp(&b.public)));
        Ok(all)
    }

    pub(crate) fn write_new(&self, name: &str, shown: &str, protection: &Protection) -> Result<SigningKey, CliError> {
        fs::create_dir_all(&self.0).map_err(|e| CliError::io(&self.0, e))?;
        let path = self.path(name, "pem");
        if path.exists() {
            return Err(CliError::usage(
                "key.exists",
                format!("{} exists already", path.display()),
                "a secret key is never overwritten: choose another name",
            ));
        }
        let secret = SigningKey::from_bytes(&random()?);
        write_secret(&path, &encode(&secret, shown, protection)?)?;
        Ok(secret)
    }

    pub(crate) fn open(&self, name: &str, passphrase_file: Option<&Path>) -> Result<SigningKey, CliError> {
        let path = self.path(name, "pem");
        let pem = fs::read_to_string(&path).map_err(|e| no_key(name, &path, e))?;
        if !pem.contains("ENCRYPTED") {
            return SigningKey::from_pkcs8_pem(&pem).map_err(|e| {
                CliError::usage(
                    "key.malformed",
                    format!("{}: {e}", path.display()),
                    "it is not an Ed25519 key in PKCS#8 PEM",
                )
            });
        }
        if let Err(e) = pkcs8::SecretDocument::from_pem(&pem) {
            let hint = "the file is damaged: restore it from a backup";
            return Err(CliError::usage("key.malformed", format!("{}: {e}", path.display()), hint));
        }
        let shown = name.replacen("log~", "log key ", 1);
        let passphrase = ui::passphrase(&format!("Passphrase for {shown}: "), passphrase_file)?;
        SigningKey::from_pkcs8_encrypted_pem(&pem, passphrase.as_bytes()).map_err(|e| {
            CliError::usage("key.wrong_passphrase", format!("{}: {e}", path.display()), "check the passphrase")
        })
    }
}

/// Random bytes of the system.
pub fn random<const N: usize>() -> Result<[u8; N], CliError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|e| CliError::environment("random", e.to_string(), "the system gives no random bytes"))?;
    Ok(bytes)
}

/// Signs an event with an opened key: Ed25519 over the DSSE encoding of its bytes.
pub fn sign_event(signed: &SignedEvent, name: &KeyName, secret: &SigningKey) -> Signature {
    Signature::new(name.clone(), &secret.sign(&dsse::event_pae(&signed.bytes)).to_bytes())
}

fn encode(secret: &SigningKey, shown: &str, protection: &Protection) -> Result<String, CliError> {
    // PKCS#8 version 1, without the public half: every OpenSSL reads it.
    let bytes = KeypairBytes { secret_key: secret.to_bytes(), public_key: None };
    let failed = |e: ed25519_dalek::pkcs8::Error| CliError::environment("key.encode", e.to_string(), "this is a bug");
    if protection.none {
        return Ok(bytes.to_pkcs8_pem(LineEnding::LF).map_err(failed)?.to_string());
    }
    let passphrase = ui::passphrase(&format!("Passphrase for {shown}: "), protection.file.as_deref())?;
    if protection.file.is_none() && ui::passphrase("Once more: ", None)? != passphrase {
        return Err(CliError::usage("key.passphrases_differ", "the two passphrases differ", "try again"));
    }
    if passphrase.is_empty() {
        return Err(CliError::usage(
            "key.empty_passphrase",
            "the passphrase is empty",
            "choose one, or say --no-passphrase",
        ));
    }
    Ok(bytes.to_pkcs8_encrypted_pem(passphrase.as_bytes(), LineEnding::LF).map_err(failed)?.to_string())
}

fn write_secret(path: &Path, text: &str) -> Result<(), CliError> {
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|e| CliError::io(path, e))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| CliError::io(path, e))
}

fn no_key(name: &str, path: &Path, e: std::io::Error) -> CliError {
    if e.kind() == std::io::ErrorKind::NotFound {
        let message = format!("no key {name} in {}", path.parent().unwrap_or(path).display());
        CliError::usage("key.not_found", message, "see what is there: answerable key list; another folder: --keys DIR")
    } else {
        CliError::io(path, e)
    }
}
