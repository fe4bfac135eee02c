//! Admission: events become records, in one batch with one set of syncs (docs/FORMAT.md, "When is a record in?").
//! Not here: what makes a record valid; the verifier's judge says so.

use answerable_schemas::catalogue::Statement;
use answerable_schemas::governance::LogKeysChanged;
use answerable_schemas::law::Flag;
use answerable_schemas::{EventId, Instant};
use answerable_verifier::authority::Proven;
use answerable_verifier::exported::SEGMENT;
use answerable_verifier::fault::{Fault, Stage};
use answerable_verifier::record::{Record, SignedEvent};
use serde_json::Value;
use unicode_normalization::is_nfc;

use crate::error::StoreError;
use crate::files;
use crate::signing::{self, CheckpointSigner};
use crate::store::{Ledger, handover_of};

/// What became of one submitted event.
#[derive(Debug, Clone)]
pub enum Appended {
    /// It is in, durably, under the checkpoint.
    Recorded {
        seq: u64,
        id: EventId,
        flags: Vec<Flag>,
    },
    /// It was in before: submitting twice is no conflict.
    AlreadyRecorded {
        seq: u64,
        id: EventId,
    },
    Refused(Box<Fault>),
}

/// Lines for one segment of the log, each with its LF.
struct Lines {
    segment: u64,
    bytes: Vec<u8>,
    /// The segment begins with them.
    first: bool,
}

impl Ledger {
    /// Admits events in order. Those that stand are recorded together; the others are refused, each with its reason.
    /// When this returns, what is recorded is durable and covered by the signed checkpoint.
    pub fn append(
        &mut self,
        events: &[SignedEvent],
        now: Instant,
        accept_clock: bool,
        signer: &dyn CheckpointSigner,
    ) -> Result<Vec<Appended>, StoreError> {
        let mut outcome = Vec::with_capacity(events.len());
        // A change of log keys has a checkpoint of its own, with which the old keys hand over: it ends a batch.
        for batch in events.split_inclusive(|e| e.event.kind.as_str() == LogKeysChanged::TYPE) {
            outcome.extend(self.append_batch(batch, now, accept_clock, signer)?);
        }
        Ok(outcome)
    }

    fn append_batch(
        &mut self,
        events: &[SignedEvent],
        now: Instant,
        accept_clock: bool,
        signer: &dyn CheckpointSigner,
    ) -> Result<Vec<Appended>, StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        let recorded = self.next_instant(now, accept_clock)?;
        let old_size = self.judge.head.size;
        let mut lines = Vec::new();
        // From here on a failure may leave the judge ahead of the log, or bytes that were never acknowledged: opening the
        // ledger anew sorts them out.
        self.poisoned = true;
        let proven = self.ahead.prove(events, &self.judge.authority);
        let taken = events.iter().zip(&proven);
        let taken = taken.map(|(signed, proven)| self.take_in(signed, proven, recorded, Some(signer), &mut lines));
        let outcome = taken.collect::<Result<_, _>>()?;
        if lines.is_empty() {
            // What is said to be recorded already may have been left by a process that was killed before its last sync.
            files::sync_folder_of(&self.root.join("checkpoint"))?;
            self.poisoned = false;
            return Ok(outcome);
        }
        // A key that is lost is not asked for here: the change that states its loss ends this batch.
        signing::signers(&self.judge.authority.log_verifiers(), self.handover.as_ref(), signer)?;
        for Lines { segment, bytes, first } in &lines {
            debug_assert!(*segment == old_size / SEGMENT || *first);
            self.judge.past.log.append(*segment, bytes, *first)?;
        }
        self.settle(old_size, signer)?;
        self.poisoned = false;
        Ok(outcome)
    }

    /// What `append` would answer, by the same steps, with nothing written. Events count for those that come behind
    /// them, over several calls too. The ledger then stands behind records that do not exist, so it writes no more.
    pub fn rehearse(
        &mut self,
        events: &[SignedEvent],
        now: Instant,
        accept_clock: bool,
    ) -> Result<Vec<Appended>, StoreError> {
        let recorded = self.next_instant(now, accept_clock)?;
        self.poisoned = true;
        let mut unwritten = Vec::new();
        let proven = self.ahead.prove(events, &self.judge.authority);
        let taken = events.iter().zip(&proven);
        taken.map(|(signed, proven)| self.take_in(signed, proven, recorded, None, &mut unwritten)).collect()
    }

    /// Judges one event and moves past it; its line is added to those to be written.
    fn take_in(
        &mut self,
        signed: &SignedEvent,
        proven: &Proven,
        recorded: Instant,
        signer: Option<&dyn CheckpointSigner>,
        lines: &mut Vec<Lines>,
    ) -> Result<Appended, StoreError> {
        Ok(match self.admit_one(signed, proven, recorded, signer) {
            Ok((line, appended)) => {
                if let Some(mut line) = line {
                    let (segment, start) = self.judge.past.offsets.next()?;
                    self.judge.past.offsets.push(line.len() as u64)?;
                    line.push(b'\n');
                    match lines.last_mut() {
                        Some(last) if last.segment == segment => last.bytes.extend_from_slice(&line),
                        _ => lines.push(Lines { segment, bytes: line, first: start == 0 }),
                    }
                }
                appended
            }
            // That says nothing about the event: it is judged once more when what is derived was made anew.
            Err(fault) if fault.code == "past.unreadable" => return Err(StoreError::Derived(fault.message)),
            Err(fault) => Appended::Refused(Box::new(fault)),
        })
    }

    /// `signer` signs the checkpoint; None where nothing will be written.
    fn admit_one(
        &mut self,
        signed: &SignedEvent,
        proven: &Proven,
        recorded: Instant,
        signer: Option<&dyn CheckpointSigner>,
    ) -> Result<(Option<Vec<u8>>, Appended), Fault> {
        use answerable_verifier::judge::Past;
        let known = self.judge.past.seq_of(&signed.id, &signed.event.stream);
        let known = known.map_err(|e| Fault::new(Stage::Bytes, "past.unreadable", e.to_string()))?;
        if let Some(seq) = known {
            return Ok((None, Appended::AlreadyRecorded { seq, id: signed.id }));
        }
        check_nfc(signed)?;
        if signed.event.kind.as_str() == LogKeysChanged::TYPE {
            let (fact, _) = self.judge.check_event(signed, recorded)?;
            self.handover = handover_of(&fact, &self.judge.authority.log_verifiers());
            self.check_handover(signer)?;
        }
        let line = signed.record_line(self.judge.head.size, &self.judge.head.leaf, recorded);
        let admitted = self.judge.admit_proven(&line, proven)?;
        let Record { seq, .. } = admitted.record;
        Ok((Some(line), Appended::Recorded { seq, id: signed.id, flags: admitted.flags }))
    }

    /// Before a change of log keys is written, its checkpoint must be sure to be signed.
    fn check_handover(&mut self, signer: Option<&dyn CheckpointSigner>) -> Result<(), Fault> {
        let (Some(handover), Some(signer)) = (&self.handover, signer) else { return Ok(()) };
        let signers = signing::signers(&handover.new, Some(handover), signer);
        signers.map(|_| ()).map_err(|e| {
            self.handover = None;
            Fault::new(Stage::Checkpoint, e.code(), e.to_string()).hint(e.hint())
        })
    }

    /// Transaction time never decreases; a clock far ahead would freeze the ledger, so it is refused.
    fn next_instant(&self, now: Instant, accept_clock: bool) -> Result<Instant, StoreError> {
        let Some(last) = self.judge.head.recorded else { return Ok(now) };
        let days = self.config.max_clock_jump_days;
        if !accept_clock && now.millis() - last.millis() > i64::from(days) * 86_400_000 {
            return Err(StoreError::ClockJump { now: now.to_string(), last: last.to_string(), days });
        }
        Ok(last.max(now))
    }
}

/// Text is admitted in Unicode normalization form C. The verifier only notes it: tables of Unicode change.
pub(crate) fn check_nfc(signed: &SignedEvent) -> Result<(), Fault> {
    fn find(value: &Value) -> Option<&str> {
        match value {
            Value::String(s) if !is_nfc(s) => Some(s),
            Value::Array(items) => items.iter().find_map(find),
            Value::Object(map) => map.values().find_map(find),
            _ => None,
        }
    }
    // What stands between strings composes with nothing, so the whole text tells of all of them.
    if std::str::from_utf8(&signed.bytes).is_ok_and(|text| text.is_ascii() || is_nfc(text)) {
        return Ok(());
    }
    let value: Value = serde_json::from_slice(&signed.bytes).expect("a signed event was parsed from these bytes");
    match find(&value) {
        None => Ok(()),
        Some(text) => {
            Err(Fault::new(Stage::Bytes, "event.not_nfc", format!("{text:?} is not in normalization form C"))
                .hint("draft it anew; answerable draft normalizes text"))
        }
    }
}
