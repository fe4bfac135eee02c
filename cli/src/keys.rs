//! Key files: PKCS#8 PEM (RFC 5958), encrypted with a passphrase by default, as `openssl pkey` reads them; and the
//! public half beside each. Secret files are 0600 and are never overwritten.
//! Not here: which keys may sign what.

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use answerable_ledger::files::{lies_there, make_folder, sync_folder_of};
use answerable_schemas::KeyName;
use answerable_schemas::governance::{KeyAlgorithm, PublicKey as KeyForm};
use answerable_verifier::dsse;
use answerable_verifier::encoding::base64_encode;
use answerable_verifier::record::{Signature, SignedEvent};
use ed25519_dalek::pkcs8::KeypairBytes;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use ed25519_dalek::{Signer, SigningKey};
use pkcs8::{EncryptedPrivateKeyInfoRef, PrivateKeyInfoRef, SecretDocument, pkcs5};

use crate::commands::create_new;
use crate::error::CliError;
use crate::external;
use crate::passphrases::{self, PassphraseFile};
use crate::ui;

/// How a new or opened key file is protected.
#[derive(Debug, Clone, Default)]
pub struct Protection {
    /// Store it in the clear: for demonstrations and for machines that protect the file otherwise.
    pub none: bool,
    pub files: Vec<PassphraseFile>,
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
        if !self.has_secret(name)? {
            self.no_public_half(name)?;
        }
        let secret = self.write_new(name.as_str(), &format!("key {name}"), protection)?;
        self.write_public(name, secret.verifying_key().as_bytes())
    }

    /// Takes in the public half of a key that lives elsewhere.
    pub fn adopt(&self, name: &KeyName, public: &answerable_verifier::ed25519::PublicKey) -> Result<KeyForm, CliError> {
        self.no_public_half(name)?;
        make_folder(&self.0)?;
        self.write_public(name, public.as_bytes())
    }

    /// What is there is never overwritten: events may have introduced it.
    pub fn no_public_half(&self, name: &KeyName) -> Result<(), CliError> {
        let path = self.path(name.as_str(), "pub.json");
        if lies_there(&path)? { Err(key_exists(&path)) } else { Ok(()) }
    }

    fn write_public(&self, name: &KeyName, public: &[u8; 32]) -> Result<KeyForm, CliError> {
        let form = form(name, public);
        let path = self.path(name.as_str(), "pub.json");
        let text = serde_json::to_string(&form).expect("plain data") + "\n";
        create_new(&path, text.as_bytes())?;
        Ok(form)
    }

    /// The public half of an author's key.
    pub fn public(&self, name: &KeyName) -> Result<KeyForm, CliError> {
        let path = self.path(name.as_str(), "pub.json");
        let text = fs::read(&path).map_err(|e| no_key(name.as_str(), &path, e))?;
        let form: KeyForm = serde_json::from_slice(&text).map_err(|e| malformed(&path, e))?;
        if form.key != *name {
            return Err(malformed(&path, format!("it is the key {}", form.key)));
        }
        Ok(form)
    }

    pub fn has_secret(&self, name: &KeyName) -> Result<bool, CliError> {
        Ok(lies_there(&self.path(name.as_str(), "pem"))?)
    }

    /// Opens an author's key to sign with it: what it signs must verify under the public half that others were given.
    pub fn open_secret(&self, name: &KeyName, passphrases: &[PassphraseFile]) -> Result<SigningKey, CliError> {
        let secret = self.open(name.as_str(), passphrases)?;
        let public = self.path(name.as_str(), "pub.json");
        if !lies_there(&public)? {
            let hint = "put it back, or make it of the secret: openssl pkey -in SECRET -pubout -out PUBLIC, then \
                        answerable key adopt KEY PUBLIC";
            let message = format!("the public half of {name} is not there: {}", public.display());
            return Err(CliError::usage("key.not_found", message, hint));
        }
        if self.public(name)? != form(name, secret.verifying_key().as_bytes()) {
            return Err(self.pair_differs(name.as_str(), "pub.json"));
        }
        Ok(secret)
    }

    /// Signs with a key: the secret in the folder, or a command that holds it (`external`), which is also told the act
    /// in words.
    pub fn sign(&self, name: &KeyName, message: &[u8], by: &Hand) -> Result<[u8; 64], CliError> {
        match by.external {
            Some(command) => external::sign(command, &self.public(name)?, message, by.text),
            None => Ok(self.open_secret(name, by.passphrases)?.sign(message).to_bytes()),
        }
    }

    /// Encrypts a key file anew.
    pub fn change_passphrase(&self, name: &KeyName, old: &[PassphraseFile], new: &Protection) -> Result<(), CliError> {
        let secret = self.open(name.as_str(), old)?;
        let path = self.path(name.as_str(), "pem");
        let aside = self.path(name.as_str(), "pem.new");
        write_secret(&aside, &encode(&secret, name.as_str(), &format!("new passphrase for {name}"), new)?)?;
        fs::rename(&aside, &path).map_err(|e| CliError::io(&path, e))
    }

    pub fn list(&self) -> Result<Vec<Listed>, CliError> {
        let mut all = Vec::new();
        let entries = match fs::read_dir(&self.0) {
            Ok(entries) => entries,
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(all),
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
        make_folder(&self.0)?;
        let path = self.path(name, "pem");
        if lies_there(&path)? {
            return Err(key_exists(&path));
        }
        let secret = SigningKey::from_bytes(&random()?);
        write_secret(&path, &encode(&secret, name, shown, protection)?)?;
        Ok(secret)
    }

    pub(crate) fn open(&self, name: &str, passphrases: &[PassphraseFile]) -> Result<SigningKey, CliError> {
        let path = self.path(name, "pem");
        let bytes = fs::read(&path).map_err(|e| match e.kind() {
            ErrorKind::NotFound if self.path(name, "pub.json").exists() => CliError::usage(
                "key.not_found",
                format!("the secret half of {name} is not in {}", self.0.display()),
                "where another device holds it: --external COMMAND; another folder: --keys DIR",
            ),
            _ => no_key(name, &path, e),
        })?;
        let pem = String::from_utf8(bytes).map_err(|e| malformed(&path, e))?;
        if !pem.contains("ENCRYPTED") {
            return SigningKey::from_pkcs8_pem(&pem).map_err(|e| malformed(&path, e));
        }
        let (label, document) = SecretDocument::from_pem(&pem).map_err(|e| malformed(&path, e))?;
        let sealed = EncryptedPrivateKeyInfoRef::try_from(document.as_bytes()).map_err(|e| malformed(&path, e))?;
        if label != "ENCRYPTED PRIVATE KEY" {
            return Err(malformed(&path, format!("a PEM file of {label}")));
        }
        let shown = name.replacen("log~", "log key ", 1);
        let file = passphrases::file_for(passphrases, passphrase_name(name))?;
        let passphrase = ui::passphrase(&format!("Passphrase for {shown}: "), file)?;
        let opened = sealed.decrypt(passphrase.as_bytes()).map_err(|e| match e {
            // What is wrongly decrypted has wrong padding, or is no ASN.1.
            pkcs8::Error::EncryptedPrivateKey(pkcs5::Error::DecryptFailed) | pkcs8::Error::Asn1(_) => wrong(&path),
            other => malformed(&path, other),
        })?;
        let info = PrivateKeyInfoRef::try_from(opened.as_bytes()).map_err(|_| wrong(&path))?;
        SigningKey::try_from(info).map_err(|e| malformed(&path, e))
    }

    pub(crate) fn pair_differs(&self, name: &str, public: &str) -> CliError {
        let (secret, public) = (self.path(name, "pem"), self.path(name, public));
        CliError::usage(
            "key.pair_differs",
            format!("{} is not the secret half of {}", secret.display(), public.display()),
            "one of the two files was replaced: restore both from a backup",
        )
    }
}

/// How a signature is made.
pub struct Hand<'a> {
    /// A command that signs, where the key is not in the folder.
    pub external: Option<&'a str>,
    pub passphrases: &'a [PassphraseFile],
    /// What is signed, in words, escaped.
    pub text: &'a str,
}

/// A log's key is named `log` where a passphrase file is named for it.
fn passphrase_name(name: &str) -> &str {
    if name.starts_with("log~") { passphrases::LOG } else { name }
}

fn form(name: &KeyName, public: &[u8; 32]) -> KeyForm {
    KeyForm { alg: KeyAlgorithm::Ed25519, key: name.clone(), public_key: base64_encode(public) }
}

fn malformed(path: &Path, problem: impl std::fmt::Display) -> CliError {
    let hint = "it is no sound Ed25519 key file (PKCS#8 in PEM): restore it from a backup";
    CliError::usage("key.malformed", format!("{}: {problem}", path.display()), hint)
}

fn wrong(path: &Path) -> CliError {
    let message = format!("{}: the passphrase does not open it", path.display());
    CliError::usage("key.wrong_passphrase", message, "check the passphrase")
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

fn encode(secret: &SigningKey, name: &str, shown: &str, protection: &Protection) -> Result<String, CliError> {
    // PKCS#8 version 1, without the public half: every OpenSSL reads it.
    let bytes = KeypairBytes { secret_key: secret.to_bytes(), public_key: None };
    let failed = |e: ed25519_dalek::pkcs8::Error| CliError::environment("key.encode", e.to_string(), "this is a bug");
    if protection.none {
        return Ok(bytes.to_pkcs8_pem(LineEnding::LF).map_err(failed)?.to_string());
    }
    let file = passphrases::file_for(&protection.files, passphrase_name(name))?;
    let passphrase = ui::passphrase(&format!("Passphrase for {shown}: "), file)?;
    if file.is_none() && ui::passphrase("Once more: ", None)? != passphrase {
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
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(|e| CliError::io(path, e))?;
    Ok(sync_folder_of(path)?)
}

fn key_exists(path: &Path) -> CliError {
    CliError::usage(
        "key.exists",
        format!("{} exists already", path.display()),
        "a secret key is never overwritten: choose another name",
    )
}

fn no_key(name: &str, path: &Path, e: std::io::Error) -> CliError {
    if e.kind() == ErrorKind::NotFound {
        let message = format!("no key {name} in {}", path.parent().unwrap_or(path).display());
        CliError::usage("key.not_found", message, "see what is there: answerable key list; another folder: --keys DIR")
    } else {
        CliError::io(path, e)
    }
}
