//! Admission: events become records, in one batch with one set of syncs (docs/FORMAT.md, "When is a record in?").
//! Not here: what makes a record valid; the verifier's judge says so.

use answerable_schemas::law::Flag;
use answerable_schemas::{EventId, Instant};
use answerable_verifier::exported::SEGMENT;
use answerable_verifier::fault::{Fault, Stage};
use answerable_verifier::record::{Record, SignedEvent};
use serde_json::Value;
use unicode_normalization::is_nfc;

use crate::error::StoreError;
use crate::store::{CheckpointSigner, Ledger};

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
        if self.poisoned {
            return Err(StoreError::Poisoned);
        }
        let recorded = self.next_instant(now, accept_clock)?;
        let old_size = self.judge.head.size;
        let mut lines: Vec<(u64, Vec<u8>, bool)> = Vec::new();
        let mut outcome = Vec::with_capacity(events.len());
        for signed in events {
            outcome.push(match self.admit_one(signed, recorded) {
                Ok((line, appended)) => {
                    if let Some(mut line) = line {
                        let (segment, start) = self.judge.past.offsets.next();
                        self.judge.past.offsets.push(line.len() as u64);
                        line.push(b'\n');
                        match lines.last_mut() {
                            Some((last, bytes, _)) if *last == segment => bytes.extend_from_slice(&line),
                            _ => lines.push((segment, line, start == 0)),
                        }
                    }
                    appended
                }
                Err(fault) => Appended::Refused(Box::new(fault)),
            });
        }
        if lines.is_empty() {
            return Ok(outcome);
        }
        // From here on a failure leaves bytes that were never acknowledged: opening the ledger anew sorts them out.
        self.poisoned = true;
        for (segment, bytes, first) in &lines {
            debug_assert!(*segment == old_size / SEGMENT || *first);
            self.judge.past.log.append(*segment, bytes, *first)?;
        }
        self.settle(old_size, signer)?;
        self.poisoned = false;
        Ok(outcome)
    }

    /// The verdict on an event if it came next; nothing changes.
    pub fn judge_next(&self, signed: &SignedEvent, now: Instant) -> Result<Vec<Flag>, Fault> {
        check_nfc(signed)?;
        let recorded = self.judge.head.recorded.map_or(now, |last| last.max(now));
        self.judge.check_event(signed, recorded).map(|(_, flags)| flags)
    }

    fn admit_one(&mut self, signed: &SignedEvent, recorded: Instant) -> Result<(Option<Vec<u8>>, Appended), Fault> {
        use answerable_verifier::judge::Past;
        let known = self.judge.past.seq_of(&signed.id, &signed.event.stream);
        let known = known.map_err(|e| Fault::new(Stage::Bytes, "past.unreadable", e.to_string()))?;
        if let Some(seq) = known {
            return Ok((None, Appended::AlreadyRecorded { seq, id: signed.id }));
        }
        check_nfc(signed)?;
        let line = signed.record_line(self.judge.head.size, &self.judge.head.leaf, recorded);
        let admitted = self.judge.admit(&line)?;
        let Record { seq, .. } = admitted.record;
        Ok((Some(line), Appended::Recorded { seq, id: signed.id, flags: admitted.flags }))
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
    let value: Value = serde_json::from_slice(&signed.bytes).expect("a signed event was parsed from these bytes");
    match find(&value) {
        None => Ok(()),
        Some(text) => {
            Err(Fault::new(Stage::Bytes, "event.not_nfc", format!("{text:?} is not in normalization form C"))
                .hint("draft it anew; answerable draft normalizes text"))
        }
    }
}
