//! Cosignatures of witnesses on the ledger's checkpoints: what is shown to witnesses, and what is kept of their answers, for
//! good.
//! Not here: asking them (`answerable-watch`), how many are enough (`answerable_verifier::policy`).

use answerable_schemas::Instant;
use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::cosignature::{WitnessKey, cosigners, stated_time};
use answerable_verifier::encoding::Hash;
use answerable_verifier::exported::{kept_checkpoints, kept_name};
use answerable_verifier::judge::{CLOCK_TOLERANCE_MS, Past};
use answerable_verifier::note::{Note, NoteSignature};

use crate::error::StoreError;
use crate::files::{read_if_there, write_durably};
use crate::store::Ledger;

impl Ledger {
    /// The latest checkpoint as the log's keys signed it, without cosignatures.
    pub fn signed_by_log(&self) -> Result<Note, StoreError> {
        let mut note = parse(self.signed_checkpoint())?;
        let keys = self.judge.authority.log_verifiers();
        note.signatures.retain(|line| keys.iter().any(|k| k.name() == line.name && k.key_id() == line.key_id));
        Ok(note)
    }

    /// The consistency proof from the first `old` records to the latest checkpoint.
    pub fn consistency_from(&self, old: u64) -> Result<Vec<Hash>, StoreError> {
        self.past().tiles.consistency(old, self.checkpoint.size)
    }

    /// The size of the newest checkpoint that this witness cosigned, as far as is kept here; 0 if there is none.
    pub fn last_cosigned(&self, key: &WitnessKey) -> Result<u64, StoreError> {
        let kept = kept_checkpoints(&self.root)?;
        let by = |bytes: &[u8]| {
            let note = Note::parse(bytes).ok();
            note.is_some_and(|n| cosigners(&n, std::slice::from_ref(key)).is_ok_and(|found| !found.is_empty()))
        };
        Ok(kept.iter().rev().find(|(_, bytes)| by(bytes)).map_or(0, |(size, _)| *size))
    }

    /// Keeps the cosignatures of a checkpoint that was shown to witnesses: in `checkpoints/`, for good, and in the latest
    /// checkpoint where that is the same. `note` has the log's signatures, and the new cosignatures, which must verify
    /// under `keys`. The ledger must have been opened to write, or beside its log.
    ///
    /// Of one witness the earliest and the latest time are kept: they bound the records' times from both sides. Whatever
    /// auditors would find false is refused: a record that the ledger appended between showing a checkpoint and its being
    /// cosigned much later would look backdated.
    pub fn keep_cosignatures(&mut self, note: &Note, keys: &[WitnessKey], now: Instant) -> Result<(), StoreError> {
        let bad = |why: String| StoreError::Checkpoint(why);
        let checkpoint = Checkpoint::parse(&note.text).map_err(|e| bad(e.to_string()))?;
        let root = self.past().root_at(checkpoint.size).map_err(|e| StoreError::Derived(e.to_string()))?;
        if checkpoint.origin != self.config.origin || root != Some(checkpoint.root) {
            return Err(bad(format!("the cosigned checkpoint of {} records is not of this ledger", checkpoint.size)));
        }
        for cosigner in cosigners(note, keys).map_err(|e| bad(e.to_string()))? {
            for time in cosigner.times {
                self.check_time(checkpoint.size, time, now)
                    .map_err(|why| StoreError::Cosignature { witness: cosigner.key.short(), why })?;
            }
        }
        let place = self.root.join("checkpoints").join(kept_name(checkpoint.size));
        let latest = self.root.join("checkpoint");
        let mut merged = note.clone();
        for path in [&place, &latest] {
            let there = read_if_there(path)?.and_then(|bytes| Note::parse(&bytes).ok());
            if let Some(there) = there.filter(|there| there.text == note.text) {
                add(&mut merged.signatures, there.signatures);
            }
        }
        keep_first_and_last(&mut merged.signatures, keys);
        let bytes = merged.format().map_err(|e| bad(e.to_string()))?.into_bytes();
        write_durably(&place, &bytes)?;
        if checkpoint == self.checkpoint {
            write_durably(&latest, &bytes)?;
            self.signed_checkpoint = bytes;
        }
        Ok(())
    }

    /// The rules of `answerable_verifier::witnessed`, before they can be broken; `time` in seconds since the epoch.
    fn check_time(&self, size: u64, time: u64, now: Instant) -> Result<(), String> {
        let millis =
            i64::try_from(time).ok().and_then(|t| t.checked_mul(1000)).ok_or("its time is beyond the calendar")?;
        let shown = Instant::from_millis(millis).map_or_else(|| time.to_string(), |i| i.to_string());
        if millis > now.millis() + CLOCK_TOLERANCE_MS {
            return Err(format!("it states {shown}, and here it is {now}"));
        }
        let recorded = |seq: u64| self.past().record(seq).map(|r| r.recorded).map_err(|e| e.to_string());
        if let Some(last) = size.checked_sub(1) {
            let last = recorded(last)?;
            if last.millis() > millis + CLOCK_TOLERANCE_MS {
                return Err(format!("it states {shown}, and the last record that it covers was recorded {last}"));
            }
        }
        if size < self.checkpoint.size {
            let next = recorded(size)?;
            if next.millis() < millis - CLOCK_TOLERANCE_MS {
                return Err(format!(
                    "it states {shown}, and the first record that it does not cover was recorded {next}"
                ));
            }
        }
        Ok(())
    }
}

fn parse(bytes: &[u8]) -> Result<Note, StoreError> {
    Note::parse(bytes).map_err(|e| StoreError::Checkpoint(e.to_string()))
}

fn add(lines: &mut Vec<NoteSignature>, more: Vec<NoteSignature>) {
    for line in more {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
}

fn keep_first_and_last(lines: &mut Vec<NoteSignature>, keys: &[WitnessKey]) {
    for key in keys {
        let of_key = |line: &NoteSignature| line.name == key.name() && line.key_id == key.key_id();
        let times: Vec<u64> = lines.iter().filter(|l| of_key(l)).filter_map(stated_time).collect();
        let (Some(first), Some(last)) = (times.iter().min().copied(), times.iter().max().copied()) else { continue };
        lines.retain(|line| !of_key(line) || stated_time(line).is_some_and(|t| t == first || t == last));
    }
}
