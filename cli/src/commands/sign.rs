//! `sign`: an act is shown in words, and a signature is added to its file.
//! Not here: drafting it (`draft`), keys (`crate::keys`), commands that sign (`crate::external`).

use std::fs;
use std::path::Path;

use answerable_ledger::files::sync_folder_of;
use answerable_schemas::{Body, KeyName};
use answerable_verifier::authority::introduced_keys;
use answerable_verifier::dsse;
use answerable_verifier::record::{Signature, SignedEvent, body_of};
use answerable_verifier::report::escape;
use answerable_verifier::request::fingerprint;

use super::{create_new, enclosures, keys};
use crate::args::{Cli, Sign};
use crate::error::CliError;
use crate::keys::{Hand, KeyFolder};
use crate::output::print;
use crate::ui;
use crate::words;

pub fn sign(cli: &Cli, a: &Sign) -> Result<u8, CliError> {
    let mut signed = read_event(&a.file)?;
    let body = body_of(&signed.event)?;
    let text = in_words(&signed, &body);
    eprint!("{text}");
    enclosures::show_beside(&a.file, &signed.event)?;
    let folder = keys(cli)?;
    let names = signers(a, &signed, &folder)?;
    check_introduced(&body, &names, &folder)?;
    if a.dry_run || !ui::confirm("Sign this?", a.yes)? {
        return Ok(0);
    }
    let hand = Hand { external: a.external.as_deref(), passphrases: &cli.passphrase_file, text: &text };
    let message = dsse::event_pae(&signed.bytes);
    for name in &names {
        let signature = folder.sign(name, &message, &hand)?;
        signed.signatures.retain(|s| s.key != *name);
        signed.signatures.push(Signature::new(name.clone(), &signature));
    }
    signed.signatures.sort_by(|x, y| x.key.cmp(&y.key));
    // The file came by mail: what lies beside it, under whatever name, is neither followed nor overwritten.
    let aside = a.file.with_extension(format!("json.{}.new", std::process::id()));
    create_new(&aside, &signed.to_file())?;
    fs::rename(&aside, &a.file).map_err(|e| CliError::io(&a.file, e))?;
    sync_folder_of(&a.file)?;
    let waiting = waiting(&signed);
    let next = match (waiting.is_empty(), &body) {
        (false, _) => format!("still to sign: {}", waiting.join(", ")),
        (true, Body::LedgerFounded(_)) => "complete: the operator founds the ledger with it".to_owned(),
        (true, _) => "complete: append it".to_owned(),
    };
    let names: Vec<_> = names.iter().map(KeyName::as_str).collect();
    print(&format!("signed {} with {}; {next}\n", signed.id, names.join(", ")));
    Ok(0)
}

/// Those whose signature is still missing.
pub fn waiting(signed: &SignedEvent) -> Vec<&str> {
    let missing = |k: &&KeyName| !signed.signatures.iter().any(|s| s.key == **k);
    signed.event.signers.iter().filter(missing).map(KeyName::as_str).collect()
}

/// What a signer reads before signing, line by line, escaped. A key that the event introduces is shown as its holder
/// shows it: by its fingerprint.
pub fn in_words(signed: &SignedEvent, body: &Body) -> String {
    let mut lines = words::act(&signed.event, body);
    for (key, _) in introduced_keys(body) {
        let shown = fingerprint(key).unwrap_or_else(|fault| fault.code);
        lines.push(format!("  new key   {}", key.key));
        lines.push(format!("            {shown}"));
    }
    lines.iter().map(|line| escape(line) + "\n").collect()
}

/// Whose signature is to be added: those named, or every signer whose secret is here and who has not signed.
fn signers(a: &Sign, signed: &SignedEvent, folder: &KeyFolder) -> Result<Vec<KeyName>, CliError> {
    let names: Vec<KeyName> = if a.key.is_empty() {
        let missing = waiting(signed);
        let mut here = Vec::new();
        for key in signed.event.signers.iter().filter(|k| missing.contains(&k.as_str())) {
            if folder.has_secret(key)? {
                here.push(key.clone());
            }
        }
        here
    } else {
        a.key.clone()
    };
    if let Some(other) = names.iter().find(|k| !signed.event.signers.contains(k)) {
        return Err(CliError::usage(
            "sign.not_a_signer",
            format!("the event does not list {other} among its signers"),
            "draft it anew with --signer",
        ));
    }
    if names.is_empty() {
        return Err(CliError::usage(
            "sign.nothing_to_sign",
            "no signer of this event has a key in your folder that has not signed",
            "its signers are listed above; name a folder with --keys DIR",
        ));
    }
    Ok(names)
}

/// Where the event introduces a key of ours, it must be ours: under another one our signature would prove nothing.
pub fn check_introduced(body: &Body, names: &[KeyName], folder: &KeyFolder) -> Result<(), CliError> {
    for (key, _) in introduced_keys(body) {
        if names.contains(&key.key) && folder.public(&key.key)? != *key {
            return Err(CliError::usage(
                "sign.other_key",
                format!("the event introduces another public key under your key's name, {}", key.key),
                "do not sign it; ask who drafted it to make it from your key request",
            ));
        }
    }
    Ok(())
}

/// Reads an event file.
pub fn read_event(path: &Path) -> Result<SignedEvent, CliError> {
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    SignedEvent::parse(&bytes).map_err(|f| {
        let e = CliError::from(f);
        CliError { message: format!("{}: {}", path.display(), e.message), ..e }
    })
}
