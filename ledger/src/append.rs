//! Admission: events become records, in one batch with one set of syncs (docs/FORMAT.md, "When is a record in?").
//! Not here: what makes a record valid; the verifier's judge says so.

use answerable_schemas::catalogue::Statement;
use answerable_schemas::governance::LogKeysChanged;
use answerable_schemas::law::Flag;
use answerable_schemas::{EventId, Instant};
use answerable_verifier::authority::Proven;
use answerable_verifier::fault::{Fault, Stage};
use answerable_verifier::record::{Record, SignedEvent};
use serde_json::Value;
use unicode_normalization::is_nfc;

use crate::error::StoreError;
use crate::files;
use crate::sealed::{Lines, Sealed};
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

/// A change of log keys has a checkpoint of its own, with which the old keys hand over: it ends a batch.
fn changes_log_keys(signed: &SignedEvent) -> bool {
    signed.event.kind.as_str() == LogKeysChanged::TYPE
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
        assert!(self.behind.is_none(), "who appends behind finishes before anything else");
        let mut outcome = Vec::with_capacity(events.len());
        for batch in events.split_inclusive(changes_log_keys) {
            let (judged, lines) = self.judge_batch(batch, now, accept_clock, signer)?;
            if let Some(sealed) = self.seal_judged(lines, signer)? {
                self.acknowledge(sealed.write()?)?;
            }
            self.poisoned = false;
            outcome.extend(judged);
        }
        Ok(outcome)
    }

    /// As `append`, but while these events are judged, those of the call before are still being written and synced. What is
    /// answered, and durable, is what was given so far without these; `finish` answers for the rest.
    pub fn append_behind(
        &mut self,
        events: &[SignedEvent],
        now: Instant,
        accept_clock: bool,
        signer: &dyn CheckpointSigner,
    ) -> Result<Vec<Appended>, StoreError> {
        let mut outcome = Vec::new();
        for batch in events.split_inclusive(changes_log_keys) {
            let judged = self.judge_batch(batch, now, accept_clock, signer);
            // Whatever became of this batch, the one before stands or falls by itself.
            outcome.extend(self.finish()?);
            let (judged, lines) = judged?;
            match self.seal_judged(lines, signer)? {
                Some(sealed) => self.behind = Some(sealed.write_behind(judged)),
                None => outcome.extend(judged),
            }
            self.poisoned = false;
        }
        Ok(outcome)
    }

    /// Waits until all that was appended behind is durable, and answers what became of the last.
    pub fn finish(&mut self) -> Result<Vec<Appended>, StoreError> {
        let Some(behind) = self.behind.take() else { return Ok(Vec::new()) };
        let before = std::mem::replace(&mut self.poisoned, true);
        let (written, outcome) = behind.wait()?;
        self.acknowledge(written)?;
        self.poisoned = before;
        Ok(outcome)
    }

    /// Judges a batch: what becomes of its events, and the lines of those that stand.
    /// From here until the batch is acknowledged, a failure leaves the judge ahead of the log, or bytes that were never
    /// acknowledged: opening the ledger anew sorts them out.
    fn judge_batch(
        &mut self,
        events: &[SignedEvent],
        now: Instant,
        accept_clock: bool,
        signer: &dyn CheckpointSigner,
    ) -> Result<(Vec<Appended>, Vec<Lines>), StoreError> {
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        let recorded = self.next_instant(now, accept_clock)?;
        self.poisoned = true;
        let mut lines = Vec::new();
        let proven = self.ahead.prove(events, &self.judge.authority);
        let taken = events.iter().zip(&proven);
        let taken = taken.map(|(signed, proven)| self.take_in(signed, proven, recorded, Some(signer), &mut lines));
        Ok((taken.collect::<Result<_, _>>()?, lines))
    }

    /// The batch that was judged, ready to be written; None where nothing of it is new.
    fn seal_judged(&mut self, lines: Vec<Lines>, signer: &dyn CheckpointSigner) -> Result<Option<Sealed>, StoreError> {
        if lines.is_empty() {
            // What is said to be recorded already may have been left by a process that was killed before its last sync.
            files::sync_folder_of(&self.root.join("checkpoint"))?;
            return Ok(None);
        }
        self.seal(lines, signer).map(Some)
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
        if changes_log_keys(signed) {
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
