//! `sign`: an act is shown in words, and a signature is added to its file.
//! Not here: drafting it (`draft`), keys (`crate::keys`).

use std::fs;
use std::path::Path;

use answerable_schemas::KeyName;
use answerable_verifier::record::{SignedEvent, body_of};

use super::keys;
use crate::args::{Cli, Sign};
use crate::error::CliError;
use crate::keys::sign_event;
use crate::output::print;
use crate::ui;
use crate::words;

pub fn sign(cli: &Cli, a: &Sign) -> Result<u8, CliError> {
    let mut signed = read_event(&a.file)?;
    let body = body_of(&signed.event)?;
    let lines = words::act(&signed.event, &body);
    lines.iter().for_each(|line| eprintln!("{}", ui::escape_lines(line)));
    let folder = keys(cli)?;
    let names = if a.key.is_empty() {
        let missing = |k: &&KeyName| !signed.signatures.iter().any(|s| s.key == **k) && folder.has_secret(k);
        signed.event.signers.iter().filter(missing).cloned().collect()
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
    if a.dry_run || !ui::confirm("Sign this?", a.yes)? {
        return Ok(0);
    }
    for name in &names {
        let secret = folder.open_secret(name, cli.passphrase_file.as_deref())?;
        signed.signatures.retain(|s| s.key != *name);
        signed.signatures.push(sign_event(&signed, name, &secret));
    }
    signed.signatures.sort_by(|x, y| x.key.cmp(&y.key));
    let aside = a.file.with_extension("json.new");
    fs::write(&aside, signed.to_file())
        .and_then(|()| fs::rename(&aside, &a.file))
        .map_err(|e| CliError::io(&a.file, e))?;
    let waiting: Vec<_> = signed
        .event
        .signers
        .iter()
        .filter(|k| !signed.signatures.iter().any(|s| s.key == **k))
        .map(|k| k.as_str())
        .collect();
    let next = if waiting.is_empty() {
        "complete: append it".to_owned()
    } else {
        format!("still to sign: {}", waiting.join(", "))
    };
    print(&format!(
        "signed {} with {}; {next}\n",
        signed.id,
        names.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ")
    ));
    Ok(0)
}

/// Reads an event file.
pub fn read_event(path: &Path) -> Result<SignedEvent, CliError> {
    let bytes = fs::read(path).map_err(|e| CliError::io(path, e))?;
    SignedEvent::parse(&bytes).map_err(|f| {
        let e = CliError::from(f);
        CliError { message: format!("{}: {}", path.display(), e.message), ..e }
    })
}
