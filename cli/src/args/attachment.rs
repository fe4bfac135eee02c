//! The arguments of `attachment`, and those with which `draft` attaches files.
//! Not here: what they do (`commands::attachments`, `attach`).

use std::path::PathBuf;

use answerable_schemas::{ActorId, CalendarDate, KeyName};
use clap::{Args, Subcommand};

use super::Known;
use crate::attach::parse_media_type;

/// Files that a draft attaches.
#[derive(Args)]
pub struct AttachArgs {
    /// Attach a file: a salted copy is written to NAME.attachments/, beside the event file NAME.event.json; send both.
    /// May be given again. Personal data belongs nowhere but in salted attachments
    #[arg(long, value_name = "FILE")]
    pub attach: Vec<PathBuf>,
    /// The media type of the first --attach, of the second, and so on [default: by the file's ending]
    #[arg(long, value_name = "TYPE", requires = "attach", value_parser = parse_media_type)]
    pub media_type: Vec<String>,
    /// Attach without salt. Never for personal data: whoever guesses the content can tell by its hash that it was
    /// attached, even after it was erased
    #[arg(long, requires = "attach")]
    pub unsalted: bool,
}

#[derive(Subcommand)]
pub enum AttachmentCommand {
    /// The files that records name, and what became of each
    List(AttachmentList),
    /// Bring files that records name, and that did not come with their events
    Add {
        /// As they were drafted: the files in NAME.attachments/
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// Say what would be kept, and keep nothing
        #[arg(long)]
        dry_run: bool,
    },
    /// Write the content of a file, checked, and without its salt
    Get(GetAttachment),
    /// Draft: a file is erased. Once that is recorded, the ledger destroys it
    ///
    /// The author of the event that names it may say so, or the founders (then name theirs with --actor and --signer). The
    /// record that names the file stays whole. Where several events name one file, it is destroyed once it is erased for
    /// each. Copies elsewhere are yours to destroy: in folders of event files, in exports, in backups. Personal data
    /// belongs nowhere but in salted attachments: with the file the salt is gone, and nobody can tell the content by its
    /// hash.
    Erase(EraseAttachment),
}

#[derive(Args)]
pub struct AttachmentList {
    /// Only those of this record
    #[arg(long, value_name = "N", conflicts_with = "event")]
    pub seq: Option<u64>,
    /// Only those of this event: its id, or the first digits of it
    #[arg(long, value_name = "HEX")]
    pub event: Option<String>,
    #[command(flatten)]
    pub known: Known,
}

#[derive(Args)]
pub struct GetAttachment {
    /// Its hash, or the first digits of it
    pub sha256: String,
    /// The file to write
    #[arg(long, short, value_name = "FILE")]
    pub out: PathBuf,
    /// With the salt, as it is stored
    #[arg(long)]
    pub raw: bool,
    /// Check it, say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

#[derive(Args)]
pub struct EraseAttachment {
    /// Its hash, or the first digits of it
    pub sha256: String,
    /// Why. It stands in the log for good: name no person
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// For which event: its id, or the first digits of it [default: the only one that names it, or --actor's only one]
    #[arg(long, value_name = "HEX")]
    pub event: Option<String>,
    /// Who says so [default: the author of that event]
    #[arg(long)]
    pub actor: Option<ActorId>,
    /// A key that shall sign; may be given again [default: the actor's only key in your folder]
    #[arg(long, value_name = "KEY")]
    pub signer: Vec<KeyName>,
    /// When it was erased [default: today]
    #[arg(long, value_name = "DATE")]
    pub effective: Option<CalendarDate>,
    /// The file to write [default: erase-HASH.event.json]
    #[arg(long, short, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Print the event instead of writing it
    #[arg(long)]
    pub dry_run: bool,
}
