//! `witness`: a witness in a folder of its own, with its key beside what it remembers.
//! Not here: what it cosigns (`answerable-watch`), asking one (`cosign`).

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use answerable_verifier::cosignature::WitnessKey;
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::note::{VerifierKey, is_key_name};
use answerable_verifier::report::escape;
use answerable_watch::decision::{Refusal, check_signature, decide};
use answerable_watch::request::{AddCheckpoint, MAX_BODY};
use answerable_watch::server::serve;
use answerable_watch::witness::{CosignatureSigner, Witness, WitnessError};
use ed25519_dalek::{Signer, SigningKey};

use crate::args::{self, Cli};
use crate::clock;
use crate::error::{CliError, ENVIRONMENT, FALSE, USAGE};
use crate::keys::{KeyFolder, Protection};
use crate::output::{Answer, print};

/// The name of the key's files.
const KEY: &str = "witness";

struct Hand {
    key: WitnessKey,
    secret: SigningKey,
}

impl CosignatureSigner for Hand {
    fn key(&self) -> &WitnessKey {
        &self.key
    }
    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.secret.sign(message).to_bytes()
    }
}

pub fn witness(cli: &Cli, a: &args::Witness) -> Result<u8, CliError> {
    match a {
        args::Witness::Init { folder, name, no_passphrase, dry_run } => {
            init(cli, folder, name, *no_passphrase, *dry_run)
        }
        args::Witness::AddLog { folder, vkey, dry_run } => add_log(folder, vkey, *dry_run),
        args::Witness::Serve { folder, listen, not_only_here } => run(cli, folder, *listen, *not_only_here),
        args::Witness::Sign { folder, file, dry_run } => sign(cli, folder, file, *dry_run),
        args::Witness::Status { folder } => status(cli, folder),
    }
}

fn init(cli: &Cli, folder: &Path, name: &str, no_passphrase: bool, dry_run: bool) -> Result<u8, CliError> {
    if !is_key_name(name) {
        let hint = "a name without spaces and without +, such as witness.example.org/w1";
        return Err(CliError::usage("witness.name", format!("{name:?} cannot name a key"), hint));
    }
    if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) {
        let message = format!("{} is not empty", folder.display());
        return Err(CliError::usage("file.exists", message, "name a new folder"));
    }
    if dry_run {
        for file in ["witness.pem", "witness.vkey"] {
            print(&format!("{}\n", escape(&folder.join(file).display().to_string())));
        }
        return Ok(0);
    }
    let protection = Protection { none: no_passphrase, files: cli.passphrase_file.clone() };
    let secret = KeyFolder(folder.to_owned()).write_new(KEY, &format!("witness {name}"), &protection)?;
    let witness = Witness::create(folder, &key_of(name, &secret)?)?;
    print(&format!("{}\n", witness.key()));
    Ok(0)
}

fn key_of(name: &str, secret: &SigningKey) -> Result<WitnessKey, CliError> {
    let public = PublicKey::enrollable(secret.verifying_key().as_bytes()).map_err(|e| e.to_string());
    public
        .and_then(|public| WitnessKey::new(name, public).map_err(|e| e.to_string()))
        .map_err(|e| CliError::usage("witness.name", e, "choose another name"))
}

fn add_log(folder: &Path, vkey: &VerifierKey, dry_run: bool) -> Result<u8, CliError> {
    let witness = Witness::open(folder)?;
    if witness.keys_of(vkey.name())?.contains(vkey) {
        return Err(WitnessError::KnownLog(vkey.short()).into());
    }
    if !dry_run {
        witness.add_log(vkey)?;
    }
    print(&format!("{} {}\n", if dry_run { "would cosign" } else { "cosigns" }, escape(&vkey.short())));
    Ok(0)
}

/// Opens the folder and its key.
fn open(cli: &Cli, folder: &Path) -> Result<(Witness, Hand), CliError> {
    let witness = Witness::open(folder)?;
    let keys = KeyFolder(folder.to_owned());
    let secret = keys.open(KEY, &cli.passphrase_file)?;
    let key = witness.key().clone();
    if key_of(key.name(), &secret)? != key {
        return Err(keys.pair_differs(KEY, "vkey"));
    }
    Ok((witness, Hand { key, secret }))
}

/// Seconds since the epoch.
fn now() -> u64 {
    u64::try_from(clock::now().millis() / 1000).unwrap_or(0)
}

fn run(cli: &Cli, folder: &Path, listen: SocketAddr, not_only_here: bool) -> Result<u8, CliError> {
    if !listen.ip().is_loopback() && !not_only_here {
        let message = format!("{listen} can be reached from other machines");
        let hint = "put a proxy that encrypts in front of a loopback address; or say --not-only-here";
        return Err(CliError::usage("witness.listen", message, hint));
    }
    let (witness, hand) = open(cli, folder)?;
    let io = |e: std::io::Error| {
        CliError::environment("witness.listen", format!("{listen}: {e}"), "choose another address with --listen")
    };
    let listener = TcpListener::bind(listen).map_err(io)?;
    print(&format!("listening on http://{}\n", listener.local_addr().map_err(io)?));
    Err(io(serve(&listener, Arc::new(move |body| witness.answer(body, now(), &hand)))))
}

fn sign(cli: &Cli, folder: &Path, file: &Path, dry_run: bool) -> Result<u8, CliError> {
    let body = read_bounded(file)?;
    if dry_run {
        let witness = Witness::open(folder)?;
        let would = || -> Result<(), WitnessError> {
            let request = AddCheckpoint::parse(&body).map_err(Refusal::Malformed)?;
            let origin = &request.checkpoint.origin;
            let keys = witness.keys_of(origin)?;
            if keys.is_empty() {
                return Err(Refusal::UnknownLog(origin.clone()).into());
            }
            check_signature(&request, &keys)?;
            decide(witness.cosigned(origin)?.as_ref(), &request, now())?;
            print(&format!("would cosign {} records of {}\n", request.checkpoint.size, escape(origin)));
            Ok(())
        };
        would()?;
        return Ok(0);
    }
    let (witness, hand) = open(cli, folder)?;
    print(&witness.add_checkpoint(&body, now(), &hand)?);
    Ok(0)
}

/// A file of at most the size of a request.
pub fn read_bounded(path: &Path) -> Result<Vec<u8>, CliError> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let read = fs::File::open(path).and_then(|f| f.take(MAX_BODY as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|e| CliError::io(path, e))?;
    Ok(bytes)
}

fn status(cli: &Cli, folder: &Path) -> Result<u8, CliError> {
    let witness = Witness::open(folder)?;
    let mut answer = Answer::new("answerable.witness_status/v1", &["log", "keys", "cosigned records", "root", "on"]);
    for origin in witness.logs()? {
        let keys = witness.keys_of(&origin)?.len().to_string();
        let [size, root, time] = witness.cosigned(&origin)?.map_or([const { String::new() }; 3], |c| {
            let time = i64::try_from(c.time).ok().and_then(|t| t.checked_mul(1000));
            let time = time.and_then(answerable_schemas::Instant::from_millis).map(|t| t.to_string());
            [c.checkpoint.size.to_string(), c.checkpoint.root.to_base64(), time.unwrap_or_default()]
        });
        answer.row([origin, keys, size, root, time]);
    }
    answer.head.push(format!("witness {}", witness.key()));
    for file in witness.evidence()? {
        answer.foot.push(format!("evidence: {}", file.display()));
    }
    answer.print(cli.format);
    Ok(0)
}

impl From<WitnessError> for CliError {
    fn from(e: WitnessError) -> Self {
        let (exit, hint) = match &e {
            WitnessError::Refused(Refusal::Malformed(_)) => {
                (USAGE, "an add-checkpoint request: answerable cosign --request")
            }
            WitnessError::Refused(Refusal::UnknownLog(_)) => {
                (USAGE, "let the witness cosign it: answerable witness add-log")
            }
            WitnessError::Refused(Refusal::OtherSize { .. }) => {
                (FALSE, "ask the operator for a request from that size: answerable cosign --request FILE --old SIZE")
            }
            WitnessError::Refused(Refusal::Forked { .. } | Refusal::Inconsistent { .. }) => {
                (FALSE, "what contradicts what was cosigned is kept in the folder evidence/: show it to others")
            }
            WitnessError::Refused(Refusal::ClockBehind { .. }) => (ENVIRONMENT, "set the clock right"),
            WitnessError::Refused(Refusal::NotSigned(_)) => {
                (FALSE, "ask the operator for the log's key; it may have changed")
            }
            WitnessError::File(_) => (ENVIRONMENT, "check the path and the permissions"),
            WitnessError::Damaged { .. } => {
                (FALSE, "restore the folder from a backup that is not older than its last cosignature")
            }
            WitnessError::NoWitness(_) => (USAGE, "make a witness: answerable witness init DIR --name NAME"),
            WitnessError::KnownLog(_) => (USAGE, "see what it knows: answerable witness status DIR"),
        };
        Self { code: e.code().into(), message: e.to_string(), hint: hint.into(), exit }
    }
}
