//! What an export shows of its witnesses: whether they are enough, how long ago they were, what their times bound, and
//! whether every checkpoint that is kept is of these records.
//! Not here: the policy's file (`policy`), one cosignature (`cosignature`), the latest checkpoint's own keys (`custody`).

use answerable_schemas::Instant;
use serde::Serialize;

use crate::cosignature::{Cosigner, WitnessKey, cosigners};
use crate::exported::kept_name;
use crate::fault::{Fault, Stage};
use crate::judge::CLOCK_TOLERANCE_MS;
use crate::note::{Note, NoteError, VerifierKey};
use crate::policy::Policy;
use crate::since::{Differs, Fork, Kept, Now};

/// What an auditor asks of witnesses.
#[derive(Debug, Clone)]
pub struct Demand {
    pub policy: Policy,
    /// The auditor's clock: the library has none.
    pub now: Instant,
    /// The quorum must not be older than this.
    pub max_age: Option<MaxAge>,
}

/// A length of time in milliseconds; on the command line `90m`, `12h`, `7d` or `2w`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxAge(pub i64);

impl std::str::FromStr for MaxAge {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let unit = |last| match last {
            'm' => Some(60_000),
            'h' => Some(3_600_000),
            'd' => Some(86_400_000),
            'w' => Some(604_800_000),
            _ => None,
        };
        let number = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit()).then(|| digits.parse::<i64>().ok());
        let read = || {
            let last = text.chars().next_back()?;
            number(&text[..text.len() - last.len_utf8()])??.checked_mul(unit(last)?)
        };
        read()
            .filter(|ms| *ms > 0)
            .map(MaxAge)
            .ok_or_else(|| "expected a length of time such as 90m, 12h, 7d or 2w".into())
    }
}

impl std::fmt::Display for MaxAge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let units = [(604_800_000, "weeks"), (86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes")];
        let (length, unit) = units.into_iter().find(|(length, _)| self.0 % length == 0).unwrap_or((1, "milliseconds"));
        write!(f, "{} {unit}", self.0 / length)
    }
}

/// The witnesses of the latest checkpoint, for the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WitnessReport {
    /// The name on the policy's quorum line.
    pub quorum: String,
    pub met: bool,
    /// The latest time at which the quorum was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met_at: Option<String>,
    pub cosigned: Vec<Witness>,
    /// Witnesses of the policy that did not cosign, by their names there.
    pub missing: Vec<String>,
}

/// One witness that cosigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Witness {
    /// Its name in the policy.
    pub name: String,
    /// Its key, as `name+id`.
    pub key: String,
    /// When it last cosigned this checkpoint.
    pub time: String,
}

/// The records that were read, as far as witnesses speak of them.
pub(crate) struct Ground<'a> {
    pub now: &'a Now<'a>,
    pub pinned: &'a [VerifierKey],
    /// When each record was recorded, in milliseconds; never decreasing.
    pub recorded: &'a [i64],
    /// Every checkpoint in checkpoints/, by size.
    pub kept: &'a [(u64, Vec<u8>)],
    /// Whether the checkpoint of a size hands over between log keys: then `custody` judges its keys and its root.
    pub hands_over: &'a dyn Fn(u64) -> bool,
}

#[derive(Default)]
pub(crate) struct Found {
    pub faults: Vec<Fault>,
    /// What was asked for, and is not proved.
    pub unproven: Vec<Fault>,
    pub forks: Vec<Fork>,
    pub report: Option<WitnessReport>,
}

impl Ground<'_> {
    pub fn check(&self, demand: Option<&Demand>) -> Found {
        let mut found = Found::default();
        for (size, bytes) in self.kept {
            self.check_kept(*size, bytes, &mut found);
        }
        let Some(demand) = demand else { return found };
        for (size, bytes) in self.kept {
            let place = format!("checkpoints/{}", kept_name(*size));
            if let Some(note) = self.sound(*size, bytes) {
                self.cosigned(&place, *size, &note, demand, &mut found);
            }
        }
        if let Some(note) = self.latest() {
            self.check_latest(&note, demand, &mut found);
        }
        found
    }

    fn check_kept(&self, size: u64, bytes: &[u8], found: &mut Found) {
        if (self.hands_over)(size) {
            return;
        }
        let place = format!("checkpoints/{}", kept_name(size));
        let fault = |code: &str, message: String| Fault::new(Stage::Checkpoint, code, format!("{place}: {message}"));
        match Kept::parse(bytes) {
            Err(e) => found.faults.push(fault(e.code(), e.to_string())),
            Ok(kept) if kept.checkpoint.size != size => {
                let message = "it is not of the size that its name says".to_owned();
                found.faults.push(fault("checkpoint.malformed", message).compared(size, kept.checkpoint.size));
            }
            Ok(kept) => match kept.compare(self.pinned, self.now) {
                Ok(()) => {}
                // It was given as evidence of this log, and is none.
                Err(Differs { fault: f, .. }) if f.unverifiable => {
                    found.faults.push(fault("checkpoint.unknown_key", "it is not signed by this log".to_owned()));
                }
                Err(Differs { fault: mut f, fork }) => {
                    f.message = format!("{place}: {}", f.message);
                    found.faults.push(f);
                    found.forks.extend(fork);
                }
            },
        }
    }

    /// The note, if it is of these records.
    fn sound(&self, size: u64, bytes: &[u8]) -> Option<Note> {
        let note = Note::parse(bytes).ok()?;
        let checkpoint = crate::checkpoint::Checkpoint::parse(&note.text).ok()?;
        let ours = checkpoint.origin == self.now.origin
            && checkpoint.size == size
            && (self.now.root_at)(size) == Some(checkpoint.root);
        ours.then_some(note)
    }

    /// The latest checkpoint, with the cosignatures that are kept beside it.
    fn latest(&self) -> Option<Note> {
        let mut note = self.sound(self.now.size, self.now.latest.as_bytes())?;
        let beside = self.kept.iter().find(|(size, _)| *size == self.now.size);
        if let Some(beside) = beside.and_then(|(size, bytes)| self.sound(*size, bytes)).filter(|n| n.text == note.text)
        {
            note.signatures.extend(beside.signatures);
        }
        Some(note)
    }

    /// The policy's witnesses that cosigned, and whether the records keep to the times that they state.
    fn cosigned<'d>(
        &self,
        place: &str,
        size: u64,
        note: &Note,
        demand: &'d Demand,
        found: &mut Found,
    ) -> Vec<Cosigner<'d>> {
        let policy = &demand.policy;
        let cosigned = match cosigners(note, policy.witness_keys()) {
            Ok(cosigned) => cosigned,
            Err(e) => {
                let message = match &e {
                    NoteError::BadSignature { name, .. } => {
                        format!("{place}: the cosignature of {name} does not verify")
                    }
                    e => format!("{place}: {e}"),
                };
                found.faults.push(
                    Fault::new(Stage::Checkpoint, "witness.bad_cosignature", message)
                        .hint("somebody altered it, or signed in the witness's name: ask for another copy"),
                );
                return Vec::new();
            }
        };
        found.faults.extend(self.recorded_after(place, size, &cosigned, policy));
        found.faults.extend(self.recorded_before(place, size, &cosigned, policy));
        cosigned
    }

    /// A witness that saw `size` records at T saw no record of later.
    fn recorded_after(&self, place: &str, size: u64, cosigned: &[Cosigner], policy: &Policy) -> Option<Fault> {
        let strictest = cosigned.iter().min_by_key(|c| c.earliest())?;
        let time = strictest.earliest();
        let bound = millis(time).saturating_add(CLOCK_TOLERANCE_MS);
        let below = self.recorded.get(..usize::try_from(size).ok()?)?;
        let seq = below.partition_point(|recorded| *recorded <= bound);
        let recorded = below.get(seq)?;
        let message = format!(
            "{place}: {} saw it on {}, and it is recorded more than five minutes later",
            name(policy, strictest.key),
            shown(time)
        );
        Some(
            Fault::new(Stage::Checkpoint, "witness.recorded_after", message)
                .at(seq as u64)
                .compared(format!("at most {}", shown_millis(bound)), shown_millis(*recorded)),
        )
    }

    /// Nor did it see the records that follow: they cannot be older than T.
    fn recorded_before(&self, place: &str, size: u64, cosigned: &[Cosigner], policy: &Policy) -> Option<Fault> {
        let strictest = cosigned.iter().max_by_key(|c| c.latest())?;
        let time = strictest.latest();
        let bound = millis(time).saturating_sub(CLOCK_TOLERANCE_MS);
        let recorded = self.recorded.get(usize::try_from(size).ok()?).filter(|recorded| **recorded < bound)?;
        let message = format!(
            "{place}: {} saw {size} records on {}, and this one, which came later, is recorded more than five minutes \
             before",
            name(policy, strictest.key),
            shown(time)
        );
        Some(
            Fault::new(Stage::Checkpoint, "witness.recorded_before", message)
                .at(size)
                .compared(format!("at least {}", shown_millis(bound)), shown_millis(*recorded))
                .hint("it was backdated, or held back from the witness: ask the operator which"),
        )
    }

    fn check_latest(&self, note: &Note, demand: &Demand, found: &mut Found) {
        let Demand { policy, now, max_age } = demand;
        let cosigned = self.cosigned("checkpoint", self.now.size, note, demand, found);
        let is_log = |key: &WitnessKey| {
            let in_force = (self.now.keys_at)(self.now.size);
            self.pinned.iter().chain(&in_force).any(|log| log.public_key() == key.public_key())
        };
        let others = cosigned.iter().filter(|c| !is_log(c.key));
        let times: Vec<(&WitnessKey, u64)> = others.map(|c| (c.key, c.latest())).collect();
        let met = policy.satisfied(&times.iter().map(|(key, _)| *key).collect::<Vec<_>>());
        let met_at = policy.quorum_time(&times);
        let unproven = |code: &str, message: String, hint: &str| {
            Fault::new(Stage::Checkpoint, code, message).hint(hint).unverifiable()
        };
        for key in policy.witness_keys().iter().filter(|key| is_log(key)) {
            let message = format!("{} has the public key of the log, which cannot witness itself", name(policy, key));
            let hint = "somebody gave you a policy that asks the operator alone: get one by another way";
            found.unproven.push(unproven("witness.is_the_log", message, hint));
        }
        let cosigned: Vec<Witness> = times
            .iter()
            .map(|(key, time)| Witness { name: name(policy, key), key: key.short(), time: shown(*time) })
            .collect();
        let missing: Vec<String> = (policy.witnesses().iter().map(|w| w.name.clone()))
            .filter(|name| !cosigned.iter().any(|w| w.name == *name))
            .collect();
        if !met {
            let list = |names: &mut dyn Iterator<Item = &String>| {
                let names: Vec<&str> = names.map(String::as_str).collect();
                if names.is_empty() { "nobody".to_owned() } else { names.join(", ") }
            };
            let message = format!(
                "the policy's quorum {:?} is not met: cosigned by {}, missing {}",
                policy.quorum_name(),
                list(&mut cosigned.iter().map(|w| &w.name)),
                list(&mut missing.iter())
            );
            let hint = "ask the operator to have the checkpoint cosigned: answerable cosign; then for a new export";
            found.unproven.push(unproven("witness.quorum_not_met", message, hint));
        }
        for (key, time) in times.iter().filter(|(_, time)| millis(*time) > now.millis() + CLOCK_TOLERANCE_MS) {
            let message = format!("{} cosigned on {}, which is yet to come", name(policy, key), shown(*time));
            let hint = "set your clock right; if it is, the witness's is wrong, and its times say nothing";
            found
                .unproven
                .push(unproven("witness.ahead", message, hint).compared(format!("at most {now}"), shown(*time)));
        }
        if let Some(max) = max_age.filter(|_| met) {
            let oldest = now.millis().saturating_sub(max.0);
            if met_at.is_none_or(|time| millis(time) < oldest) {
                let when = met_at.map_or("never".to_owned(), shown);
                let message = format!("the quorum was last met on {when}, longer ago than {max}");
                let hint =
                    "ask for a newer export; where there is none, the operator no longer shows the ledger to witnesses";
                found.unproven.push(
                    unproven("witness.stale", message, hint)
                        .compared(format!("{} or later", shown_millis(oldest)), when),
                );
            }
        }
        found.report = Some(WitnessReport {
            quorum: policy.quorum_name().to_owned(),
            met,
            met_at: met_at.map(shown),
            cosigned,
            missing,
        });
    }
}

/// What an auditor must still know, for the report's NOT CHECKED.
pub(crate) fn not_checked(demand: Option<&Demand>, report: Option<&WitnessReport>) -> Vec<String> {
    let unseen = "freshness and forks: whether a longer or another ledger exists".to_owned();
    let witnesses = match (demand, report) {
        (None, _) => "witnesses: no cosignatures were asked for".to_owned(),
        (Some(demand), _) if !demand.policy.asks_for_witnesses() => "witnesses: the policy asks for none".to_owned(),
        (Some(_), Some(WitnessReport { met: true, met_at: Some(time), .. })) => {
            return vec![
                "witnesses: they vouch that the log showed them one growing tree, each with its own clock; not for what the \
                 records say, and nothing if enough of them conspire"
                    .to_owned(),
                format!(
                    "freshness and forks: whether the ledger grew after {time}, and whether another was shown to others \
                     than these witnesses"
                ),
            ];
        }
        (Some(_), _) => "witnesses: the policy's quorum was not met, so they vouch for nothing".to_owned(),
    };
    vec![witnesses, unseen]
}

/// A witness's name in the policy.
fn name(policy: &Policy, key: &WitnessKey) -> String {
    let place = policy.witness_keys().iter().position(|k| k == key);
    place.and_then(|i| policy.witnesses().get(i)).map_or_else(|| key.short(), |w| w.name.clone())
}

fn millis(seconds: u64) -> i64 {
    i64::try_from(seconds).ok().and_then(|s| s.checked_mul(1000)).unwrap_or(i64::MAX)
}

fn shown(seconds: u64) -> String {
    shown_millis(millis(seconds))
}

fn shown_millis(millis: i64) -> String {
    Instant::from_millis(millis).map_or_else(|| format!("{} s after 1970", millis / 1000), |i| i.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time() {
        for (text, ms, shown) in
            [("90m", 5_400_000, "90 minutes"), ("12h", 43_200_000, "12 hours"), ("7d", 604_800_000, "1 weeks")]
        {
            assert_eq!(text.parse::<MaxAge>(), Ok(MaxAge(ms)));
            assert_eq!(MaxAge(ms).to_string(), shown);
        }
        for lie in ["", "d", "7", "-7d", "+7d", "7 d", "0d", "7y", "7é", "99999999999999999w", "1.5h"] {
            assert!(lie.parse::<MaxAge>().is_err(), "{lie}");
        }
    }

    #[test]
    fn times_beyond_the_calendar_are_shown_too() {
        assert_eq!(shown(1_679_315_147), "2023-03-20T12:25:47.000Z");
        assert_eq!(shown(u64::MAX), format!("{} s after 1970", i64::MAX / 1000));
    }
}
