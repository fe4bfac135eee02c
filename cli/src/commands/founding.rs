//! `init` and `key`: how a ledger and a key begin.
//! Not here: the files in which a founder's key and signature come from another machine (`request`, `sign`).

use std::path::Path;

use answerable_ledger::files::is_free;
use answerable_ledger::signing::CheckpointSigner;
use answerable_ledger::{Ledger, StoreError};
use answerable_schemas::governance::{Founder, LedgerFounded, PublicKey};
use answerable_schemas::ids::Origin;
use answerable_schemas::{ActorId, Body, CalendarDate, Event, Instant, KeyName, Standing, bundle};
use answerable_verifier::judge::Judge;
use answerable_verifier::note::{Note, VerifierKey};
use answerable_verifier::pin::PinCard;
use answerable_verifier::record::{SignedEvent, body_of};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::request::{self, read_request};
use super::sign::{check_introduced, in_words, read_event, waiting};
use super::{create_new, keys, nonce, not_there, open};
use crate::args::{Cli, Init, Key};
use crate::clock;
use crate::error::CliError;
use crate::keys::{KeyFolder, Protection, sign_event};
use crate::log_keys::LogKeys;
use crate::output::{Answer, Format, json_text, print};
use crate::passphrases::PassphraseFile;
use crate::ui;

pub fn init(cli: &Cli, a: &Init) -> Result<u8, CliError> {
    match (&a.founding, &a.origin, &a.title) {
        (Some(file), ..) => found_signed(cli, a, file),
        (None, Some(origin), Some(title)) => begin(cli, a, origin, title),
        _ => unreachable!("the arguments require origin and title without --founding"),
    }
}

/// Founds the ledger, if every founder's key is here; else writes the founding event for them to sign.
fn begin(cli: &Cli, a: &Init, origin: &Origin, title: &str) -> Result<u8, CliError> {
    let folder = keys(cli)?;
    let founders = founders(a, &folder)?;
    let threshold = a.threshold.unwrap_or(founders.len() as u32 / 2 + 1);
    let names: Vec<KeyName> = founders.iter().flat_map(|f| &f.keys).map(|k| k.key.clone()).collect();
    let (mut here, mut elsewhere) = (Vec::new(), Vec::new());
    for name in names {
        let side = if folder.has_secret(&name)? { &mut here } else { &mut elsewhere };
        side.push(name);
    }
    let held = folder.logs(origin)?;
    let body = LedgerFounded {
        format: 1,
        founders,
        log_keys: vec![held.first().cloned().map_or_else(|| LogKeys::sample(origin), Ok)?.to_string()],
        origin: origin.clone(),
        rules: bundle::rules_ref(),
        threshold,
        title: title.nfc().collect(),
    };
    // Before any key is made, or any founder is asked: a refused founding leaves nothing behind.
    Judge::before_all().check_founding_draft(&founding_event(&body, clock::now())?)?;
    check_introduced(&Body::LedgerFounded(body.clone()), &here, &folder)?;
    free(&a.folder)?;
    if !elsewhere.is_empty() {
        not_there(&a.out)?;
    }
    let act = if elsewhere.is_empty() {
        format!("found {origin} in {}", a.folder.display())
    } else {
        format!("write the founding event of {origin} to {}", a.out.display())
    };
    if a.dry_run {
        let names: Vec<_> = body.founders.iter().map(|f| f.actor.as_str()).collect();
        let log_key = if held.is_empty() { "a new log key" } else { "the log key in your folder" };
        print(&format!("would {act}, by {} (threshold {threshold}), with {log_key}\n", names.join(", ")));
        return Ok(0);
    }
    if threshold as usize == body.founders.len() && threshold > 1 {
        ui::notice("every founder must sign each act of governance: if one loses its key, nobody can govern any more");
    }
    if !held.is_empty() {
        ui::notice(&format!("the log key {} in your folder will sign this ledger, too", held[0].short()));
    }
    if !ui::confirm(&format!("This will {act}. Go on?"), a.yes)? {
        return Ok(0);
    }
    let secrets = here.iter().map(|k| Ok((k, folder.open_secret(k, &cli.passphrase_file)?)));
    let secrets = secrets.collect::<Result<Vec<_>, CliError>>()?;
    let log_key = if held.is_empty() {
        let protection = Protection { none: a.no_passphrase, files: cli.passphrase_file.clone() };
        folder.create_log(origin, None, &protection)?
    } else {
        folder.open_logs(origin, &held[..1], &cli.passphrase_file)?
    };
    let vkey = log_key.keys().swap_remove(0);
    let now = clock::now();
    let mut founding = founding_event(&LedgerFounded { log_keys: vec![vkey.to_string()], ..body }, now)?;
    founding.signatures = secrets.iter().map(|(name, secret)| sign_event(&founding, name, secret)).collect();
    founding.signatures.sort_by(|x, y| x.key.cmp(&y.key));
    if elsewhere.is_empty() {
        Ledger::found(&a.folder, &founding, now, &log_key)?;
        print_card(cli, &PinCard { ledger_id: founding.id, log_key: vkey });
    } else {
        create_new(&a.out, &founding.to_file())?;
        print_waiting(cli, a, &founding);
    }
    Ok(0)
}

/// Founds the ledger with an event that all founders have signed, each on a machine of their own.
fn found_signed(cli: &Cli, a: &Init, file: &Path) -> Result<u8, CliError> {
    let founding = read_event(file)?;
    let body = body_of(&founding.event)?;
    let Body::LedgerFounded(founded) = &body else {
        let message = format!("{} is an event of type {}", file.display(), founding.event.kind);
        return Err(CliError::usage("founding.not_a_founding", message, "a ledger has it recorded: answerable append"));
    };
    let waiting = waiting(&founding);
    if !waiting.is_empty() {
        let message = format!("{} is not signed by {}", file.display(), waiting.join(", "));
        let hint = "each founder signs it on a machine of their own: answerable sign FILE";
        return Err(CliError::usage("founding.incomplete", message, hint));
    }
    let now = clock::now();
    Judge::before_all().check_event(&founding, now)?;
    let folder = keys(cli)?;
    let held = folder.logs(&founded.origin)?;
    let named: Vec<VerifierKey> = held.iter().filter(|k| founded.log_keys.contains(&k.to_string())).cloned().collect();
    if named.is_empty() {
        let names = founded.log_keys.join(", ");
        let found: Vec<String> = held.iter().map(VerifierKey::to_string).collect();
        let found = if found.is_empty() { "none".to_owned() } else { found.join(", ") };
        let message = format!(
            "the log key of the founding event is not in {} (expected {names}, found {found})",
            folder.0.display()
        );
        let hint = "found it where the event was made, with the key folder of that day: --keys DIR";
        return Err(CliError::usage("founding.log_key_differs", message, hint));
    }
    free(&a.folder)?;
    eprint!("{}", in_words(&founding, &body));
    let act = format!("found {} in {}", founded.origin, a.folder.display());
    if a.dry_run {
        print(&format!("would {act}\n"));
        return Ok(0);
    }
    if !ui::confirm(&format!("This will {act}. Go on?"), a.yes)? {
        return Ok(0);
    }
    let log_key = folder.open_logs(&founded.origin, &named, &cli.passphrase_file)?;
    Ledger::found(&a.folder, &founding, now, &log_key)?;
    print_card(cli, &PinCard { ledger_id: founding.id, log_key: log_key.keys().swap_remove(0) });
    Ok(0)
}

/// The founders, each with a name and keys: those whose public keys are in the folder, then those of requests.
fn founders(a: &Init, folder: &KeyFolder) -> Result<Vec<Founder>, CliError> {
    let mut keys: Vec<(PublicKey, Option<String>)> = Vec::new();
    for (key, name) in &a.founder {
        keys.push((folder.public(key)?, Some(name.nfc().collect())));
    }
    for file in &a.founder_request {
        let request = read_request(file)?;
        if request.scope.iter().all(|p| p.as_str() != "*") {
            let message = format!("{}: a founder's key signs everything; this request asks for less", file.display());
            let hint =
                "ask for a request without --scope; narrower keys are enrolled later: answerable draft key.enrolled";
            return Err(CliError::usage("founding.scope", message, hint));
        }
        keys.push((request.key, request.name));
    }
    let mut founders: Vec<(ActorId, Vec<PublicKey>, Option<String>)> = Vec::new();
    for (key, name) in keys {
        let actor = key.key.actor();
        match founders.iter_mut().find(|f| f.0 == actor) {
            None => founders.push((actor, vec![key], name)),
            Some((_, _, Some(known))) if name.as_ref().is_some_and(|n| n != known) => {
                let message = format!("{actor} has two names: {known} and {}", name.unwrap_or_default());
                let hint = "give every key of a founder the same name";
                return Err(CliError::usage("founding.two_names", message, hint));
            }
            Some(founder) => {
                founder.1.push(key);
                founder.2 = founder.2.take().or(name);
            }
        }
    }
    let named = founders.into_iter().map(|(actor, keys, name)| match name {
        Some(name) => Ok(Founder { actor, keys, name }),
        None => Err(CliError::usage(
            "founding.name_missing",
            format!("the request of {actor} does not say its official name"),
            format!("ask for another: answerable key request {} --title NAME", keys[0].key),
        )),
    });
    named.collect()
}

/// Record 0, without signatures. The first founder speaks, and every key of every founder signs.
fn founding_event(founded: &LedgerFounded, now: Instant) -> Result<SignedEvent, CliError> {
    let mut signers: Vec<KeyName> = founded.founders.iter().flat_map(|f| &f.keys).map(|k| k.key.clone()).collect();
    signers.sort();
    signers.dedup();
    let actor = founded.founders[0].actor.clone();
    let body = Body::LedgerFounded(founded.clone());
    let event = Event {
        actor,
        attachments: None,
        effective: CalendarDate::on(now.day()),
        follows: None,
        issued: now,
        ledger: None,
        nonce: nonce()?,
        seen: None,
        signers,
        source: None,
        standing: Standing::Own,
        stream: body.stream(),
        kind: body.kind().parse().expect("kinds of the catalogue are type names"),
        v: 1,
        body: body.to_map(),
    };
    Ok(SignedEvent::draft(&event)?)
}

/// A ledger is founded in a new or empty folder.
fn free(folder: &Path) -> Result<(), CliError> {
    if is_free(folder)? { Ok(()) } else { Err(StoreError::Exists(folder.to_owned()).into()) }
}

/// Who still has to sign the founding event, and what comes next.
fn print_waiting(cli: &Cli, a: &Init, founding: &SignedEvent) {
    let (file, id, waiting) = (a.out.display().to_string(), founding.id, waiting(founding));
    if cli.format == Format::Json {
        let schema = "answerable.founding_draft/v1";
        print(&json_text(&json!({"schema": schema, "file": file, "ledger_id": id, "waiting": waiting})));
        return;
    }
    print(&format!(
        "{file}\n  ledger id       {id}\n  still to sign   {}\n\n\
         Send the file from one founder to the next. Each signs it at home: answerable sign FILE\n\
         Then found the ledger, here: answerable init {} --founding FILE\n",
        waiting.join(", "),
        a.folder.display()
    ));
}

/// The card of a ledger as it stands: its log key changes, its id never.
pub fn pin_card(cli: &Cli) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let in_force = ledger.judge.authority.log_verifiers();
    let note = Note::parse(ledger.signed_checkpoint()).expect("it was read when the ledger was opened");
    let signed = note.verify(&in_force).expect("it was judged when the ledger was opened");
    let key = signed.first().copied().cloned().expect("a note that verifies has a signer");
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
    match a {
        Key::Adopt { name, public, dry_run } => return request::adopt(cli, name, public, *dry_run),
        Key::Request(a) => return request::request(cli, a),
        // Needs no key folder: who checks may have none.
        Key::Check { file } => return request::check(cli, file),
        Key::New { name, dry_run: true, .. } => {
            for path in keys(cli)?.files(name) {
                print(&format!("{}\n", path.display()));
            }
        }
        Key::New { name, no_passphrase, .. } => {
            let protection = Protection { none: *no_passphrase, files: cli.passphrase_file.clone() };
            let form = keys(cli)?.create(name, &protection)?;
            print(&(serde_json::to_string(&form).expect("plain data") + "\n"));
        }
        Key::NewLog { origin, label, dry_run: true, .. } => {
            for path in keys(cli)?.log_files(origin, label.as_ref()) {
                print(&format!("{}\n", path.display()));
            }
        }
        Key::NewLog { origin, label, no_passphrase, .. } => {
            let protection = Protection { none: *no_passphrase, files: cli.passphrase_file.clone() };
            let made = keys(cli)?.create_log(origin, label.as_ref(), &protection)?;
            made.keys().iter().for_each(|key| print(&format!("{key}\n")));
        }
        Key::List => {
            let mut answer = Answer::new("answerable.keys/v1", &["key", "public key", "secret"]);
            for k in keys(cli)?.list()? {
                let secret = match k.encrypted {
                    Some(true) => "encrypted",
                    Some(false) => "in the clear",
                    None => "not here",
                };
                answer.row([k.name, k.public, secret.to_owned()]);
            }
            answer.print(cli.format);
        }
        Key::Show { name } => print(&(serde_json::to_string(&keys(cli)?.public(name)?).expect("plain data") + "\n")),
        Key::Passwd { name, dry_run: true, .. } => {
            keys(cli)?.open_secret(name, &cli.passphrase_file)?;
        }
        Key::Passwd { name, new_passphrase_file, .. } => {
            let new = Protection {
                none: false,
                files: new_passphrase_file.iter().cloned().map(PassphraseFile::for_all).collect(),
            };
            keys(cli)?.change_passphrase(name, &cli.passphrase_file, &new)?;
        }
    }
    Ok(0)
}
