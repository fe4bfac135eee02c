//! What an import has planned becomes records, in batches: while one is admitted and synced, the next is drafted and signed.
//! Not here: what there is to record (`import`).

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::thread;

use answerable_ledger::append::Appended;
use answerable_schemas::envelope::Seen;
use answerable_schemas::records::EventCorrected;
use answerable_schemas::{Body, EventId, KeyName, StreamName};
use answerable_verifier::record::SignedEvent;
use ed25519_dalek::SigningKey;

use super::base::DraftBase;
use super::draft::{Statement, compose_after};
use super::import::{Step, Todo, aside};
use super::{keys, open_to_write};
use crate::args::{Cli, Import};
use crate::clock;
use crate::error::CliError;
use crate::keys::sign_event;
use crate::output::Answer;
use crate::ui;
use crate::words;
use answerable_import::acts::{Acts, PlannedAct};

/// Events that share one set of syncs, and are acknowledged together.
const BATCH: usize = 2048;

/// An act on its way.
struct Job {
    /// Empty for what is no longer in the table.
    line: String,
    statement: Statement,
    todo: Todo,
    /// It was refused once, as the event before it in its stream was.
    again: bool,
}

/// Jobs, and for each its event.
#[derive(Default)]
struct Batch {
    jobs: Vec<Job>,
    signed: Vec<SignedEvent>,
    /// The last event of each stream.
    last: HashMap<StreamName, EventId>,
}

/// Makes events of what is to do.
struct Author<'a> {
    acts: &'a mut Acts,
    queue: VecDeque<(Todo, bool)>,
    import: &'a Import,
    signer: &'a KeyName,
    secret: SigningKey,
    ledger: EventId,
}

/// Signs and appends; answers how many were refused. None, and nothing is recorded, where the ledger has grown since
/// the table was compared with it: what others appended, or a crash had left, may be what the table says.
pub fn record(
    cli: &Cli,
    a: &Import,
    signer: &KeyName,
    acts: &mut Acts,
    todo: Vec<Todo>,
    planned_at: u64,
    answer: &mut Answer,
) -> Result<Option<usize>, CliError> {
    let secret = keys(cli)?.open_secret(signer, &cli.passphrase_file)?;
    let (mut ledger, log_key) = open_to_write(cli, &[])?;
    if ledger.checkpoint.size != planned_at {
        return Ok(None);
    }
    let (all, many) = (todo.len() as u64, todo.len() > BATCH);
    let progress = ui::Progress::start("acts recorded", Some(all));
    let queue = todo.into_iter().map(|todo| (todo, false)).collect();
    let mut author = Author { acts, queue, import: a, signer, secret, ledger: ledger.config.ledger_id };
    let (mut refused, mut done) = (0, 0);
    let mut next = author.read()?;
    let mut batch = Batch::default();
    while !(batch.jobs.is_empty() && next.is_empty()) {
        // What the ledger has, and what is on its way to it.
        let mut last: HashMap<StreamName, Option<EventId>> = HashMap::new();
        for job in &next {
            if let Entry::Vacant(place) = last.entry(job.statement.body.stream()) {
                let before = match batch.last.get(place.key()) {
                    Some(before) => Some(*before),
                    None => ledger.follows(&a.actor, place.key())?,
                };
                place.insert(before);
            }
        }
        let seen = ledger.seen();
        let Batch { jobs, signed, .. } = std::mem::take(&mut batch);
        let (outcomes, made) = thread::scope(|scope| {
            let made = scope.spawn(|| Ok::<_, CliError>((author.make(next, last, &seen)?, author.read()?)));
            let outcomes = match signed.is_empty() {
                true => Ok(Vec::new()),
                false => ledger.append(&signed, clock::now(), a.accept_clock, &log_key),
            };
            (outcomes, made.join().expect("drafting and signing do not panic"))
        });
        let outcomes = outcomes?;
        for (job, outcome) in jobs.into_iter().zip(outcomes) {
            let what = || words::sentence(&job.statement.body, &job.statement.effective);
            done += 1;
            match outcome {
                Appended::Recorded { seq, flags, .. } => {
                    let notes: Vec<_> =
                        flags.iter().map(|f| format!("record {}, {}: {}", f.seq, f.code, f.message)).collect();
                    if !flags.is_empty() {
                        let what = what();
                        let cells = [job.line, "flagged".into(), seq.to_string(), what, notes.join("; ")];
                        answer.row(cells);
                    }
                }
                Appended::AlreadyRecorded { .. } => {}
                // The event before it in its stream was refused: drafted anew, it may stand.
                Appended::Refused(f) if f.code == "event.stale_follows" && !job.again => {
                    done -= 1;
                    author.queue.push_back((job.todo, true));
                }
                Appended::Refused(f) => {
                    refused += 1;
                    let hint = f.hint.as_ref().map_or(String::new(), |h| format!(" ({h})"));
                    let what = what();
                    answer.row([job.line, "refused".into(), String::new(), what, format!("{f}{hint}")]);
                }
            }
        }
        progress.at(done);
        if many && !signed.is_empty() {
            progress.notice(&format!("acknowledged: {} records", ledger.checkpoint.size));
        }
        (batch, next) = made?;
        if next.is_empty() {
            next = author.read()?;
        }
    }
    Ok(Some(refused))
}

impl Author<'_> {
    /// The next acts to be recorded, as statements.
    fn read(&mut self) -> Result<Vec<Job>, CliError> {
        let mut jobs = Vec::new();
        while jobs.len() < BATCH
            && let Some((todo, again)) = self.queue.pop_front()
        {
            let (line, statement) = match &todo {
                Todo::Act(number, step) => {
                    let act = self.acts.get(*number).map_err(aside)?;
                    (act.line.to_string(), self.statement(act, step))
                }
                Todo::Retract(gone) => (String::new(), gone.retraction(&self.import.actor, self.signer)),
            };
            jobs.push(Job { line, statement, todo, again });
        }
        Ok(jobs)
    }

    /// Drafts and signs; each event follows the one drafted before it in its stream, or else the `last` of it.
    fn make(
        &self,
        jobs: Vec<Job>,
        mut last: HashMap<StreamName, Option<EventId>>,
        seen: &Seen,
    ) -> Result<Batch, CliError> {
        let mut signed = Vec::with_capacity(jobs.len());
        for job in &jobs {
            let follows = last.get(&job.statement.body.stream()).copied().flatten();
            let mut event = compose_after(self.ledger, seen.clone(), &job.statement, clock::now(), follows)?;
            event.signatures.push(sign_event(&event, self.signer, &self.secret));
            last.insert(event.event.stream.clone(), Some(event.id));
            signed.push(event);
        }
        let last = last.into_iter().filter_map(|(stream, id)| Some((stream, id?))).collect();
        Ok(Batch { jobs, signed, last })
    }

    fn statement(&self, act: PlannedAct, step: &Step) -> Statement {
        let body = match step {
            Step::Changed(change) => Body::EventCorrected(EventCorrected {
                date: change.date.then_some(act.effective),
                reason: "the row of the source changed".into(),
                stream: act.body.stream(),
                replacement: change.body.then(|| act.body.to_map()),
                retracted: None,
                target: change.target,
            }),
            _ => act.body,
        };
        Statement {
            actor: self.import.actor.clone(),
            attachments: None,
            body,
            effective: act.effective,
            standing: act.standing,
            signers: vec![self.signer.clone()],
            source: act.source,
        }
    }
}
