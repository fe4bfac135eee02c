//! `cosign`: shows the ledger's latest checkpoint to the witnesses of a policy, and keeps what they sign.
//! Not here: the protocol (`answerable-watch`), which cosignatures are kept (`answerable-ledger`).

use answerable_ledger::Ledger;
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::cosignature::{WitnessKey, cosigners};
use answerable_verifier::encoding::Hash;
use answerable_verifier::note::Note;
use answerable_verifier::policy::Policy;
use answerable_watch::client::{AskError, Submission};
use answerable_watch::request::AddCheckpoint;

use super::witness::read_bounded;
use super::{open, write_new};
use crate::args::{Cli, Cosign};
use crate::clock;
use crate::error::{CliError, FALSE, UNVERIFIABLE};
use crate::output::Answer;
use crate::ui;

pub fn cosign(cli: &Cli, a: &Cosign) -> Result<u8, CliError> {
    let policy = Policy::read(&a.policy)?;
    let ledger = open(cli)?;
    let keys = ledger.judge.authority.log_verifiers();
    if !policy.logs().is_empty() && !policy.log_keys().any(|key| keys.contains(key)) {
        let message = "the policy names other logs than this ledger's".to_owned();
        return Err(CliError::usage("cosign.other_log", message, "see the ledger's log key: answerable status"));
    }
    let note = ledger.signed_by_log()?;
    let checkpoint = ledger.checkpoint.clone();
    let proof_from = |old: u64| ledger.consistency_from(old).map_err(|e| e.to_string());
    let shown = Submission { checkpoint: &checkpoint, note: &note, proof_from: &proof_from };
    if let Some(file) = &a.request {
        let body = shown.request(a.old).and_then(|r| r.format().map_err(|why| AskError::NoProof { old: a.old, why }));
        let body =
            body.map_err(|e| CliError::usage(e.code(), e.to_string(), "name a size that the ledger has with --old"))?;
        if a.dry_run {
            ui::notice(&format!("would write {}", file.display()));
            return Ok(0);
        }
        return write_new(file, body.as_bytes());
    }
    if let (Some(answer), Some(request)) = (&a.answer, &a.answers_request) {
        let text = String::from_utf8_lossy(&read_bounded(answer)?).into_owned();
        let sent = AddCheckpoint::parse(&read_bounded(request)?).map_err(|e| {
            CliError::usage("cosign.request", format!("{}: {e}", request.display()), "name the request that was sent")
        })?;
        drop(ledger);
        return by_hand(cli, a, &policy, &sent, &text);
    }
    let mut answer = Answer::new("answerable.cosign/v1", &["witness", "url", "result"]);
    let mut gained = Vec::new();
    let mut rolled_back = None;
    for (witness, key) in policy.witnesses().iter().zip(policy.witness_keys()) {
        let given = a.url.iter().find(|(name, _)| *name == witness.name).map(|(_, url)| url.clone());
        let Some(url) = given.or_else(|| witness.url.clone()) else {
            answer.row([witness.name.clone(), String::new(), "not asked: no URL".into()]);
            continue;
        };
        let old = ledger.last_cosigned(key)?;
        if a.dry_run {
            answer.row([witness.name.clone(), url, format!("would be shown {} records, from {old}", checkpoint.size)]);
            continue;
        }
        match shown.ask(&url, key, old) {
            Ok(lines) => gained.push((witness.name.clone(), url, key.clone(), lines)),
            Err(e) => {
                if matches!(&e, AskError::Ahead { .. } | AskError::Refused { status: 409 | 422, .. }) {
                    rolled_back = Some(format!("{}: {e}", witness.name));
                }
                answer.row([witness.name.clone(), url, format!("{}: {e}", e.code())]);
            }
        }
    }
    if let Some((unknown, _)) = a.url.iter().find(|(name, _)| !policy.witnesses().iter().any(|w| w.name == *name)) {
        return Err(CliError::usage(
            "cosign.unknown_witness",
            format!("the policy names no witness {unknown:?}"),
            "name one of its witnesses: --url NAME=URL",
        ));
    }
    // It holds the index, which keeping opens again.
    drop(ledger);
    if !gained.is_empty() {
        let mut writer = beside_log(cli)?;
        for (name, url, key, lines) in gained {
            let cosigned = Note { signatures: [&note.signatures[..], &lines].concat(), ..note.clone() };
            match writer.keep_cosignatures(&cosigned, std::slice::from_ref(&key), clock::now()) {
                Ok(()) => answer.row([name, url, "cosigned".into()]),
                Err(e) => answer.row([name, url, format!("{}: {e}", e.code())]),
            }
        }
    }
    let met = a.dry_run || quorum(cli, &policy, &checkpoint)?;
    answer.foot.push(match (a.dry_run, met) {
        (true, _) => "nobody was asked".into(),
        (_, true) => format!("the quorum {} is met for {} records", policy.quorum_name(), checkpoint.size),
        (_, false) => format!("the quorum {} is NOT met for {} records", policy.quorum_name(), checkpoint.size),
    });
    answer.print(cli.format);
    if let Some(why) = rolled_back {
        ui::notice(&format!("{why}: a witness saw another history than this one; find out why before anything else"));
        return Ok(FALSE);
    }
    Ok(if met { 0 } else { UNVERIFIABLE })
}

/// Keeps what a witness signed by hand.
fn by_hand(cli: &Cli, a: &Cosign, policy: &Policy, sent: &AddCheckpoint, text: &str) -> Result<u8, CliError> {
    let no_proof = |_| Ok(Vec::<Hash>::new());
    let shown = Submission { checkpoint: &sent.checkpoint, note: &sent.note, proof_from: &no_proof };
    let mut found: Vec<(WitnessKey, Note)> = Vec::new();
    for key in policy.witness_keys() {
        match shown.cosignatures(text, key) {
            Ok(lines) => {
                let note = Note { signatures: [&sent.note.signatures[..], &lines].concat(), ..sent.note.clone() };
                found.push((key.clone(), note));
            }
            Err(AskError::NoCosignature(_)) => {}
            Err(e) => {
                return Err(CliError {
                    exit: FALSE,
                    ..CliError::usage(e.code(), e.to_string(), "ask the witness again")
                });
            }
        }
    }
    if found.is_empty() {
        let hint = "see which witnesses the policy names, and whose answer this is";
        return Err(CliError::usage("cosign.bad_answer", "no witness of the policy cosigned this request", hint));
    }
    let mut answer = Answer::new("answerable.cosign/v1", &["witness", "result"]);
    if a.dry_run {
        found.iter().for_each(|(key, _)| answer.row([key.short(), "would be kept".into()]));
    } else {
        let mut writer = beside_log(cli)?;
        for (key, note) in found {
            writer.keep_cosignatures(&note, std::slice::from_ref(&key), clock::now())?;
            answer.row([key.short(), "cosigned".into()]);
        }
    }
    answer.print(cli.format);
    Ok(0)
}

fn beside_log(cli: &Cli) -> Result<Ledger, CliError> {
    let (ledger, notices) = Ledger::open_beside_log(&cli.ledger_dir())?;
    notices.iter().for_each(|n| ui::notice(&n.0));
    Ok(ledger)
}

/// Whether what is kept for this checkpoint meets the policy.
fn quorum(cli: &Cli, policy: &Policy, checkpoint: &Checkpoint) -> Result<bool, CliError> {
    let kept = answerable_verifier::exported::kept_checkpoint(&cli.ledger_dir(), checkpoint.size)?;
    let note = kept.and_then(|bytes| Note::parse(&bytes).ok()).filter(|note| note.text == checkpoint.to_text());
    let found = note.as_ref().and_then(|note| cosigners(note, policy.witness_keys()).ok()).unwrap_or_default();
    Ok(policy.satisfied(&found.iter().map(|c| c.key).collect::<Vec<_>>()))
}
