//! `init` and `key`: how a ledger and a key begin.

use answerable_ledger::signing::CheckpointSigner;
use answerable_ledger::{Ledger, StoreError};
use answerable_schemas::governance::{Founder, LedgerFounded};
use answerable_schemas::{Body, CalendarDate, Event, KeyName, Standing, bundle};
use answerable_verifier::note::VerifierKey;
use answerable_verifier::pin::PinCard;
use answerable_verifier::record::SignedEvent;

use super::{keys, nonce, open};
use crate::args::{Cli, Init, Key};
use crate::clock;
use crate::error::CliError;
use crate::keys::{Protection, sign_event};
use crate::output::{Answer, Format, json_text, print};
use crate::ui;

pub fn init(cli: &Cli, a: &Init) -> Result<u8, CliError> {
    let folder = keys(cli)?;
    let mut founders: Vec<Founder> = Vec::new();
    for (key, name) in &a.founder {
        let public = folder.public(key)?;
        match founders.iter_mut().find(|f| f.actor == key.actor()) {
            Some(founder) => founder.keys.push(public),
            None => founders.push(Founder { actor: key.actor(), keys: vec![public], name: name.clone() }),
        }
    }
    let threshold = a.threshold.unwrap_or(founders.len() as u32 / 2 + 1);
    if a.dry_run {
        let names: Vec<_> = founders.iter().map(|f| f.actor.as_str()).collect();
        let log_key = if !folder.logs(&a.origin)?.is_empty() { "the log key in your folder" } else { "a new log key" };
        print(&format!(
            "would found {} in {}, by {} (threshold {threshold}), with {log_key}\n",
            a.origin,
            a.folder.display(),
            names.join(", ")
        ));
        return Ok(0);
    }
    // Before any key is made: a refused founding leaves nothing behind.
    if a.folder.is_file() || std::fs::read_dir(&a.folder).is_ok_and(|mut d| d.next().is_some()) {
        return Err(StoreError::Exists(a.folder.clone()).into());
    }
    if !ui::confirm(&format!("Found the ledger {} in {}?", a.origin, a.folder.display()), a.yes)? {
        return Ok(0);
    }
    let protection = Protection { none: a.no_passphrase, file: cli.passphrase_file.clone() };
    let held: Vec<VerifierKey> = folder.logs(&a.origin)?.into_iter().map(|(_, key)| key).collect();
    let log_key = if held.is_empty() {
        folder.create_log(&a.origin, None, &protection)?
    } else {
        folder.open_logs(&a.origin, &held[..1], cli.passphrase_file.as_deref())?
    };
    let vkey = log_key.keys()[0].to_string();
    let now = clock::now();
    let mut signers: Vec<KeyName> = a.founder.iter().map(|(k, _)| k.clone()).collect();
    signers.sort();
    let body = Body::LedgerFounded(LedgerFounded {
        format: 1,
        founders: founders.clone(),
        log_keys: vec![vkey.clone()],
        origin: a.origin.clone(),
        rules: bundle::rules_ref(),
        threshold,
        title: a.title.clone(),
    });
    let event = Event {
        actor: founders[0].actor.clone(),
        attachments: None,
        effective: CalendarDate::on(now.day()),
        follows: None,
        issued: now,
        ledger: None,
        nonce: nonce()?,
        seen: None,
        signers: signers.clone(),
        source: None,
        standing: Standing::Own,
        stream: body.stream(),
        kind: body.kind().parse().expect("kinds of the catalogue are type names"),
        v: 1,
        body: body.to_map(),
    };
    let mut founding = SignedEvent::draft(&event)?;
    for name in &signers {
        let secret = folder.open_secret(name, cli.passphrase_file.as_deref())?;
        founding.signatures.push(sign_event(&founding, name, &secret));
    }
    Ledger::found(&a.folder, &founding, now, &log_key)?;
    let key = log_key.keys().swap_remove(0);
    print_card(cli, &PinCard { ledger_id: founding.id, log_key: key });
    Ok(0)
}

/// The card of a ledger as it stands: its log key changes, its id never.
pub fn pin_card(cli: &Cli) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let key = ledger.judge.authority.log_verifiers().into_iter().next().expect("a ledger has a log key in force");
    print_card(cli, &PinCard { ledger_id: ledger.config.ledger_id, log_key: key });
    Ok(0)
}

fn print_card(cli: &Cli, card: &PinCard) {
    if cli.format == Format::Json {
        return print(&json_text(&card.to_json()));
    }
    print(&format!(
        "PIN CARD\n  origin     {}\n  ledger id  {}\n  log key    {}\n\n\
         Give this card to auditors by another way than the export: in print, on your own site, by a\n\
         colleague's hand. Whoever can change the card and the export together can forge both. A pin proves\n\
         neither freshness nor that there is no fork.\n",
        card.log_key.name(),
        card.ledger_id,
        card.log_key
    ));
}

pub fn key(cli: &Cli, a: &Key) -> Result<u8, CliError> {
    let folder = keys(cli)?;
    match a {
        Key::New { name, dry_run: true, .. } => {
            for path in folder.files(name) {
                print(&format!("{}\n", path.display()));
            }
        }
        Key::New { name, no_passphrase, .. } => {
            let protection = Protection { none: *no_passphrase, file: cli.passphrase_file.clone() };
            let form = folder.create(name, &protection)?;
            print(&(serde_json::to_string(&form).expect("plain data") + "\n"));
        }
        Key::NewLog { origin, label, dry_run: true, .. } => {
            for path in folder.log_files(origin, label.as_ref()) {
                print(&format!("{}\n", path.display()));
            }
        }
        Key::NewLog { origin, label, no_passphrase, .. } => {
            let protection = Protection { none: *no_passphrase, file: cli.passphrase_file.clone() };
            let made = folder.create_log(origin, label.as_ref(), &protection)?;
            made.keys().iter().for_each(|key| print(&format!("{key}\n")));
        }
        Key::List => {
            let mut answer = Answer::new("answerable.keys/v1", &["key", "public key", "secret"]);
            for k in folder.list()? {
                let secret = match k.encrypted {
                    Some(true) => "encrypted",
                    Some(false) => "in the clear",
                    None => "not here",
                };
                answer.row([k.name, k.public, secret.to_owned()]);
            }
            answer.print(cli.format);
        }
        Key::Show { name } => print(&(serde_json::to_string(&folder.public(name)?).expect("plain data") + "\n")),
        Key::Passwd { name, dry_run: true, .. } => {
            folder.open_secret(name, cli.passphrase_file.as_deref())?;
        }
        Key::Passwd { name, new_passphrase_file, .. } => {
            let new = Protection { none: false, file: new_passphrase_file.clone() };
            folder.change_passphrase(name, cli.passphrase_file.as_deref(), &new)?;
        }
    }
    Ok(0)
}
