//! `key request` and `key check`: how a new key is brought to those who enrol it, by mail, in a file. And `key adopt`: a
//! key that lives elsewhere.
//! Not here: the format and its check (the verifier's `request`), the enrolment (`draft key.enrolled`, `init`).

use std::fs;
use std::path::{Path, PathBuf};

use answerable_schemas::KeyName;
use answerable_schemas::ids::TypePattern;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::fault::{Fault, Stage};
use answerable_verifier::report::escape;
use answerable_verifier::request::{KeyRequest, RequestSchema, fingerprint};
use ed25519_dalek::pkcs8::PublicKeyBytes;
use ed25519_dalek::pkcs8::spki::DecodePublicKey;
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::{create_new, keys, not_there};
use crate::args::{self, Cli};
use crate::clock;
use crate::error::CliError;
use crate::keys::Hand;
use crate::output::{Format, json_text, print};

/// `key request`.
pub fn request(cli: &Cli, a: &args::KeyRequest) -> Result<u8, CliError> {
    let folder = keys(cli)?;
    let everything = || vec![TypePattern::new("*").expect("a literal of the grammar")];
    let request = KeyRequest {
        actor: a.name.actor(),
        issued: clock::now(),
        key: folder.public(&a.name)?,
        name: a.title.as_ref().map(|title| title.nfc().collect()),
        schema: RequestSchema::V1,
        scope: if a.scope.is_empty() { everything() } else { a.scope.clone() },
    };
    request.check_unsigned()?;
    let out = a.out.clone().unwrap_or_else(|| default_name(&a.name));
    not_there(&out)?;
    let text = in_words(&request)?;
    if a.dry_run {
        print(&format!("would write {}\n{text}", escape(&out.display().to_string())));
        return Ok(0);
    }
    let hand = Hand { external: a.external.as_deref(), passphrases: &cli.passphrase_file, text: &text };
    let signature = folder.sign(&a.name, &request.pae(), &hand)?;
    let file = request.to_file(&signature);
    KeyRequest::parse_and_check(&file)?;
    create_new(&out, &file)?;
    eprint!("{text}");
    print(&format!("{}\n", out.display()));
    Ok(0)
}

/// `key check`.
pub fn check(cli: &Cli, file: &Path) -> Result<u8, CliError> {
    let request = read_request(file)?;
    if cli.format == Format::Json {
        let answer = json!({
            "schema": "answerable.key_check/v1",
            "request": request,
            "fingerprint": fingerprint(&request.key)?,
            "possession": "proven",
        });
        print(&json_text(&answer));
    } else {
        print(&format!(
            "{}\n\
             Possession is proven: whoever made this file holds the key. That it is {} who made it is not:\n\
             let a person whom you know there read the fingerprint to you, by telephone.\n",
            in_words(&request)?,
            request.actor
        ));
    }
    Ok(0)
}

/// `key adopt`.
pub fn adopt(cli: &Cli, name: &KeyName, path: &Path, dry_run: bool) -> Result<u8, CliError> {
    let folder = keys(cli)?;
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    let pem = String::from_utf8_lossy(&bytes);
    let PublicKeyBytes(raw) = PublicKeyBytes::from_public_key_pem(&pem).map_err(|e| {
        let hint = "an Ed25519 public key in PEM, as this writes it: openssl pkey -in KEY -pubout";
        CliError::usage("key.malformed", format!("{}: {e}", path.display()), hint)
    })?;
    let public = PublicKey::enrollable(&raw).map_err(|e| {
        Fault::new(Stage::Signatures, "key.not_enrollable", format!("{}: {e}", path.display()))
            .hint("make another key with a sound Ed25519 library")
    })?;
    folder.no_public_half(name)?;
    if dry_run {
        print(&format!("{}\n", folder.files(name)[1].display()));
    } else {
        let form = folder.adopt(name, &public)?;
        print(&(serde_json::to_string(&form).expect("plain data") + "\n"));
    }
    Ok(0)
}

/// Reads and checks a request file.
pub fn read_request(path: &Path) -> Result<KeyRequest, CliError> {
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    KeyRequest::parse_and_check(&bytes).map_err(|f| {
        let e = CliError::from(f);
        CliError { message: format!("{}: {}", path.display(), e.message), ..e }
    })
}

/// Line by line, escaped.
fn in_words(request: &KeyRequest) -> Result<String, CliError> {
    let scope: Vec<_> = request.scope.iter().map(TypePattern::as_str).collect();
    let named = request.name.as_ref().map_or(String::new(), |name| format!(" ({name})"));
    let lines = [
        format!("{}{named} asks that its key {} be enrolled", request.actor, request.key.key),
        format!("  may sign     {}", scope.join(", ")),
        format!("  issued       {}", request.issued),
        format!("  public key   {}", request.key.public_key),
        format!("  fingerprint  {}", fingerprint(&request.key)?),
    ];
    Ok(lines.iter().map(|line| escape(line) + "\n").collect())
}

/// In file names `~` stands for what a name has beside letters.
fn default_name(name: &KeyName) -> PathBuf {
    format!("{}.key-request.json", name.as_str().replace([':', '#'], "~")).into()
}
