//! What a draft rests on: the ledger that it is for, the checkpoint that its author has seen, and the event that it
//! follows; from the ledger's folder, from an export, or from a stream card.
//! Not here: what is said (`draft`), the card's file (`crate::card`).

use std::fs;
use std::path::Path;
use std::sync::Arc;

use answerable_ledger::Ledger;
use answerable_schemas::envelope::Seen;
use answerable_schemas::{ActorId, EventId, Fact, History, StreamName};
use answerable_verifier::audit::ExportPast;
use answerable_verifier::audit::{self, Pins};
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::counts::StreamTree;
use answerable_verifier::judge::Past;
use answerable_verifier::report::Verdict;

use super::open;
use super::records::{ambiguous, not_found, seq_of};
use super::verify::claimed_size;
use crate::args::{Cli, PinArgs};
use crate::card::StreamCard;
use crate::error::{CliError, FALSE, UNVERIFIABLE};
use crate::shell;
use crate::ui::{self, Progress};

pub trait DraftBase {
    /// The record that a person names: a seq, or the first digits of an event id.
    fn record(&self, named: &str) -> Result<Arc<Fact>, CliError>;
    /// The records that are known here.
    fn history(&self) -> Result<&dyn History, CliError>;
    fn ledger_id(&self) -> EventId;
    /// The newest checkpoint that is known here.
    fn checkpoint(&self) -> &Checkpoint;
    /// How the first `size` records are spread over the streams.
    fn streams(&self, size: u64) -> Result<StreamTree, CliError>;
    /// This actor's last event in a stream.
    fn follows(&self, actor: &ActorId, stream: &StreamName) -> Result<Option<EventId>, CliError>;

    /// The checkpoint, as an author states that it saw it.
    fn seen(&self) -> Seen {
        let checkpoint = self.checkpoint();
        Seen { root: checkpoint.root.to_base64(), size: checkpoint.size }
    }
}

impl DraftBase for Ledger {
    fn record(&self, named: &str) -> Result<Arc<Fact>, CliError> {
        Ok(self.past().fact(seq_of(self, self.checkpoint.size, named)?)?)
    }
    fn history(&self) -> Result<&dyn History, CliError> {
        Ok(self.past())
    }
    fn ledger_id(&self) -> EventId {
        self.config.ledger_id
    }
    fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
    fn streams(&self, size: u64) -> Result<StreamTree, CliError> {
        Ok(StreamTree::of(&self.past().stream_counts(size)?))
    }
    fn follows(&self, actor: &ActorId, stream: &StreamName) -> Result<Option<EventId>, CliError> {
        Ok(self.past().last_by(actor, stream)?)
    }
}

struct Exported {
    ledger_id: EventId,
    checkpoint: Checkpoint,
    past: ExportPast,
}

impl DraftBase for Exported {
    fn record(&self, named: &str) -> Result<Arc<Fact>, CliError> {
        let seq = named.parse::<u64>().ok().filter(|_| named.len() < 12);
        let mut found = None;
        for stream in self.past.streams_with_prefix("")? {
            for fact in self.past.stream(&stream)? {
                let meant = seq.map_or_else(
                    || named.len() >= 4 && fact.id.to_string().starts_with(&named.to_ascii_lowercase()),
                    |s| s == fact.seq,
                );
                if meant && found.replace(fact).is_some() {
                    return Err(ambiguous(named));
                }
            }
        }
        found.ok_or_else(|| not_found(named, self.checkpoint.size))
    }
    fn history(&self) -> Result<&dyn History, CliError> {
        Ok(&self.past)
    }
    fn ledger_id(&self) -> EventId {
        self.ledger_id
    }
    fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
    fn streams(&self, size: u64) -> Result<StreamTree, CliError> {
        Ok(StreamTree::of(&self.past.stream_counts(size)?))
    }
    fn follows(&self, actor: &ActorId, stream: &StreamName) -> Result<Option<EventId>, CliError> {
        Ok(self.past.last_by(actor, stream)?)
    }
}

struct Carded {
    card: StreamCard,
    checkpoint: Checkpoint,
}

impl DraftBase for Carded {
    fn record(&self, _: &str) -> Result<Arc<Fact>, CliError> {
        Err(holds_no_records())
    }
    fn history(&self) -> Result<&dyn History, CliError> {
        Err(holds_no_records())
    }
    fn ledger_id(&self) -> EventId {
        self.card.ledger
    }
    fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
    fn streams(&self, _: u64) -> Result<StreamTree, CliError> {
        Err(holds_no_records())
    }
    fn follows(&self, actor: &ActorId, stream: &StreamName) -> Result<Option<EventId>, CliError> {
        let known = self.card.streams.iter().find(|s| s.stream == *stream);
        if let Some(known) = known.filter(|_| self.card.actor == *actor) {
            return Ok(known.follows);
        }
        let message = match self.card.actor == *actor {
            true => format!("the card says nothing of the stream {stream}"),
            false => format!("the card is for {}, not for {actor} in the stream {stream}", self.card.actor),
        };
        let (actor, stream) = (shell::quoted(actor.as_str()), shell::quoted(stream.as_str()));
        let hint = format!("ask the ledger's operator to run: answerable card --actor {actor} --stream {stream}");
        Err(CliError::usage("draft.card_lacks_stream", message, hint))
    }
}

fn holds_no_records() -> CliError {
    let hint = "name the folder of an export with --from: answerable export";
    CliError::usage("draft.card_lacks_records", "a stream card holds no records to speak about", hint)
}

/// The ledger's folder; or, with `--from`, the folder of an export or the file of a stream card.
pub fn base(cli: &Cli, from: Option<&Path>, pins: &PinArgs) -> Result<Box<dyn DraftBase>, CliError> {
    let Some(from) = from else { return Ok(Box::new(open(cli)?)) };
    let pins = pins.read()?;
    if from.is_dir() { exported(from, &pins) } else { carded(from, &pins) }
}

fn exported(folder: &Path, pins: &Pins) -> Result<Box<dyn DraftBase>, CliError> {
    let progress = Progress::start("records verified", claimed_size(folder));
    let audited = audit::read(folder, pins, &mut |n| progress.at(n))?;
    drop(progress);
    let report = &audited.report;
    if let (Verdict::False, Some(fault)) = (report.verdict, report.faults.first()) {
        return Err(CliError {
            code: "draft.source_false".into(),
            message: format!("{} is false: {fault}", folder.display()),
            hint: format!("see all that is wrong with it: answerable verify {}", shell::file(folder)),
            exit: FALSE,
        });
    }
    let (Some(ledger_id), Some(checkpoint)) = (audited.judge.authority.ledger_id, audited.checkpoint) else {
        return Err(CliError {
            code: "draft.source_unknown".into(),
            message: format!(
                "{} does not say of which ledger it is, in a way that this program knows",
                folder.display()
            ),
            hint: "use a newer program".into(),
            exit: UNVERIFIABLE,
        });
    };
    if pins.ledger_id.is_none() && pins.log_keys.is_empty() {
        unpinned(folder, "its authenticity was");
    }
    if !report.unverifiable.is_empty() {
        ui::notice(&format!("{} has records of a kind that this program does not know", folder.display()));
    }
    Ok(Box::new(Exported { ledger_id, checkpoint, past: audited.judge.past }))
}

fn carded(file: &Path, pins: &Pins) -> Result<Box<dyn DraftBase>, CliError> {
    let bytes = fs::read(file).map_err(|e| CliError::io(file, e))?;
    let card = StreamCard::parse(&bytes).map_err(|why| {
        let hint = "name the folder of an export, or a file that answerable card wrote";
        CliError::usage("draft.card_malformed", format!("{} is no stream card: {why}", file.display()), hint)
    })?;
    let checkpoint = card.checkpoint(pins)?;
    // A card is not signed: the one pin vouches for its checkpoint, the other for the ledger that it names.
    match (pins.ledger_id, pins.log_keys.is_empty()) {
        (None, true) => unpinned(file, "its authenticity was"),
        (None, false) => unpinned(file, "the ledger id was"),
        (Some(_), true) => unpinned(file, "the signature of its checkpoint was"),
        (Some(_), false) => {}
    }
    Ok(Box::new(Carded { card, checkpoint }))
}

fn unpinned(what: &Path, was: &str) {
    ui::notice(&format!(
        "{}: {was} not checked; pin what the ledger's pin card says: --pin CARD.json, or --ledger-id and --log-key",
        what.display()
    ));
}
