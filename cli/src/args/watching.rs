//! Arguments of the commands that watch ledgers: witnesses, asking them, and monitors.
//! Not here: what a policy demands of an export (`PolicyArgs`).

use std::net::SocketAddr;
use std::path::PathBuf;

use answerable_schemas::{ActorId, KeyName, StreamName};
use answerable_verifier::note::VerifierKey;
use clap::{Args, Subcommand};

use super::{PinArgs, PolicyArgs, parse_pair};

#[derive(Subcommand)]
pub enum Witness {
    /// Make a witness's folder and its key, and print the public key
    Init {
        /// A new or empty folder
        folder: PathBuf,
        /// The witness's name: by custom a URL without its scheme, such as witness.example.org/w1
        #[arg(long)]
        name: String,
        /// Store the key in the clear
        #[arg(long)]
        no_passphrase: bool,
        /// Say which files would be written, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Let the witness cosign a log
    AddLog {
        folder: PathBuf,
        /// The log's key; its name is the log's origin
        vkey: VerifierKey,
        /// Say what would be added, and write nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Cosign what logs send over HTTP (c2sp.org/tlog-witness), until it is ended
    Serve {
        folder: PathBuf,
        /// Where to listen; port 0 takes a free one, which is printed
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Listen on an address that other machines can reach; there is no encryption
        #[arg(long)]
        not_only_here: bool,
    },
    /// Cosign one request from a file, and print the cosignature
    Sign {
        folder: PathBuf,
        /// An add-checkpoint request: what answerable cosign --request writes
        file: PathBuf,
        /// Say whether it would be cosigned, and neither sign nor remember it
        #[arg(long)]
        dry_run: bool,
    },
    /// Say which logs it knows, and what it cosigned last
    Status { folder: PathBuf },
}

#[derive(Args)]
pub struct Cosign {
    /// The trust policy (c2sp.org/tlog-policy): its witnesses are asked at their URLs
    #[arg(long, value_name = "FILE")]
    pub policy: PathBuf,
    /// Where to ask a witness of the policy, in place of the URL that the policy names; may be given again
    #[arg(long, value_name = "WITNESS=URL", value_parser = parse_pair)]
    pub url: Vec<(String, String)>,
    /// Ask nobody: write the request for a witness that signs by hand
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "answer"])]
    pub request: Option<PathBuf>,
    /// With --request: how many records that witness cosigned last
    #[arg(long, value_name = "SIZE", default_value_t = 0, requires = "request")]
    pub old: u64,
    /// Ask nobody: keep the cosignatures in this file, on the checkpoint of the request that they answer
    #[arg(long, value_name = "FILE", conflicts_with = "url", requires = "answers_request")]
    pub answer: Option<PathBuf>,
    /// With --answer: the request that was sent
    #[arg(long, value_name = "FILE", requires = "answer")]
    pub answers_request: Option<PathBuf>,
    /// Say who would be asked, and ask and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct Monitor {
    /// The monitor's memory of this ledger: a folder, made on the first look
    pub state: PathBuf,
    /// The folder of an export, or a published folder
    pub export: PathBuf,
    /// Show new records of this story; may be given again
    #[arg(long)]
    pub stream: Vec<StreamName>,
    /// Show new records that this key signed; may be given again
    #[arg(long)]
    pub key: Vec<KeyName>,
    /// Show new records of this actor, and those about its keys and the ledger's governance; may be given again
    #[arg(long)]
    pub actor: Vec<ActorId>,
    #[command(flatten)]
    pub pins: PinArgs,
    #[command(flatten)]
    pub witnesses: PolicyArgs,
    /// Say what is new, and remember nothing
    #[arg(long)]
    pub dry_run: bool,
}
