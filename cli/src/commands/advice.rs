//! What to do about an event that an append took in, or did not: the exact commands to run next.
//! Not here: how they are told (`rehearse`), how a shell reads them (`crate::shell`).

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use answerable_ledger::Ledger;
use answerable_ledger::append::Appended;
use answerable_schemas::{EventId, Fact, History, KeyName};
use answerable_verifier::fault::Fault;
use answerable_verifier::record::SignedEvent;

use super::append::Place;
use super::draft::beside;
use crate::args::{Append, Cli};
use crate::shell::{self, Places, answerable};

/// What is cured by drafting the same statement anew.
const DRAFT_AGAIN: [&str; 7] = [
    "event.stale_follows",
    "event.seen_ahead",
    "event.seen_contradicted",
    "event.wrong_ledger",
    "event.issued_ahead",
    "event.not_nfc",
    "signature.bad",
];

/// An event, what an append says to it, and why it does not stand as far as its author can do something about it.
pub struct Case<'a> {
    pub place: &'a Place,
    pub signed: &'a SignedEvent,
    pub outcome: Appended,
    /// Listed signers that have not signed.
    pub missing: Vec<KeyName>,
    /// What its actor has said in its stream since the event that it follows, ascending.
    pub between: Vec<Arc<Fact>>,
    /// It follows an event that is not recorded.
    pub follows_unknown: bool,
}

impl<'a> Case<'a> {
    /// As the ledger stands now, with the events that were rehearsed before.
    pub fn of(ledger: &Ledger, place: &'a Place, signed: &'a SignedEvent, outcome: Appended) -> Self {
        let event = &signed.event;
        let mut case =
            Self { place, signed, outcome, missing: Vec::new(), between: Vec::new(), follows_unknown: false };
        if case.fault().is_none() {
            return case;
        }
        let signs = |key: &&KeyName| signed.signatures.iter().any(|s| s.key == **key);
        case.missing = event.signers.iter().filter(|key| !signs(key)).cloned().collect();
        // Advice is not worth an answer: where the past cannot be read, there is less of it.
        let mut own = ledger.past().stream(&event.stream).unwrap_or_default();
        own.retain(|f| f.actor == event.actor);
        match event.follows {
            None => case.between = own,
            Some(id) => match own.iter().position(|f| f.id == id) {
                Some(i) => case.between = own.split_off(i + 1),
                None => case.follows_unknown = true,
            },
        }
        case
    }

    pub fn fault(&self) -> Option<&Fault> {
        match &self.outcome {
            Appended::Refused(fault) => Some(fault),
            _ => None,
        }
    }

    /// It came before the event that it follows, which is in by now.
    pub fn came_early(&self) -> bool {
        self.fault().is_some_and(|f| f.code == "event.stale_follows")
            && self.between.is_empty()
            && !self.follows_unknown
    }

    fn would_be_recorded(&self) -> bool {
        matches!(self.outcome, Appended::Recorded { .. })
    }
}

/// For each event of a call, the commands to run, in order; none where only a person can know.
/// `recorded` counts the records that are on disk; beyond are those of a rehearsal.
pub fn advise(cli: &Cli, a: &Append, recorded: u64, cases: &[Case]) -> Vec<Vec<String>> {
    let good: HashSet<&Path> = cases.iter().filter(|c| c.would_be_recorded()).map(|c| &*c.place.path).collect();
    let files: Vec<&Path> = a.files.iter().map(|f| &**f).filter(|f| good.contains(f)).collect();
    let append = append_command(cli, a, &files);
    let by_id: HashMap<EventId, usize> = cases.iter().enumerate().map(|(i, c)| (c.signed.id, i)).rev().collect();
    let mut advisor = Advisor { cli, recorded, append, taken: HashSet::new() };
    let mut all: Vec<Vec<String>> = Vec::with_capacity(cases.len());
    for (i, case) in cases.iter().enumerate() {
        // The event of this call that it follows, and that does not stand before it.
        let awaited = case.signed.event.follows.filter(|_| case.follows_unknown).and_then(|id| by_id.get(&id).copied());
        let next = match awaited {
            _ if case.came_early() => vec![append_command(cli, a, &[&case.place.path])],
            // What cures the one may cure the other.
            Some(other) if other < i && cases[other].fault().is_some() => all[other].clone(),
            // It came too early: it stands once the other is in.
            Some(other) if other > i && cases[other].would_be_recorded() => {
                let first = advisor.is_rehearsed(&cases[other]).then(|| advisor.append.clone());
                first.into_iter().chain([append_command(cli, a, &[&case.place.path])]).collect()
            }
            _ => advisor.next(case),
        };
        all.push(next);
    }
    all
}

fn append_command(cli: &Cli, a: &Append, files: &[&Path]) -> String {
    let mut out = answerable(cli, "append", Places { ledger: true, keys: true, passphrase: true });
    if a.accept_clock {
        out += " --accept-clock";
    }
    files.iter().for_each(|file| out += &format!(" {}", shell::file(file)));
    out
}

struct Advisor<'a> {
    cli: &'a Cli,
    recorded: u64,
    /// Appends the files of which something would be recorded.
    append: String,
    /// Files that the commands so far would write.
    taken: HashSet<PathBuf>,
}

impl Advisor<'_> {
    fn is_rehearsed(&self, case: &Case) -> bool {
        matches!(case.outcome, Appended::Recorded { seq, .. } if seq >= self.recorded)
    }

    fn next(&mut self, case: &Case) -> Vec<String> {
        match &case.outcome {
            Appended::Recorded { .. } => vec![self.append.clone()],
            Appended::AlreadyRecorded { seq, .. } => {
                let places = Places { ledger: true, keys: false, passphrase: false };
                let show = format!("{} {seq}", answerable(self.cli, "show", places));
                // Twice in one call: it is not recorded yet.
                if *seq < self.recorded { vec![show] } else { vec![self.append.clone(), show] }
            }
            Appended::Refused(fault) => {
                let unsigned = fault.code == "signature.signers_differ";
                // A surplus signature is not cured by a further one; nor is an event that comes too late.
                let surplus = case.signed.signatures.iter().any(|s| !case.signed.event.signers.contains(&s.key));
                if unsigned && !surplus && !case.missing.is_empty() && case.between.is_empty() {
                    return self.sign(case.place, &case.missing);
                }
                if !unsigned && !DRAFT_AGAIN.contains(&fault.code.as_str()) {
                    return Vec::new();
                }
                let waits = case.between.iter().any(|f| f.seq >= self.recorded).then(|| self.append.clone());
                waits.into_iter().chain([self.again(case.place)]).collect()
            }
        }
    }

    fn sign(&mut self, place: &Place, missing: &[KeyName]) -> Vec<String> {
        let (taken_out, path) = self.alone(place);
        let sign = answerable(self.cli, "sign", Places { ledger: false, keys: true, passphrase: false });
        let one = |key: &KeyName| format!("{sign} {} --key {}", shell::file(&path), shell::quoted(key.as_str()));
        taken_out.into_iter().chain(missing.iter().map(one)).collect()
    }

    fn again(&mut self, place: &Place) -> String {
        let (taken_out, path) = self.alone(place);
        let draft = answerable(self.cli, "draft", Places { ledger: true, keys: false, passphrase: false });
        let out = self.fresh(&path, "-again");
        let draft = format!("{draft} --again {} --out {}", shell::file(&path), shell::file(&out));
        taken_out.into_iter().chain([draft]).collect::<Vec<_>>().join(" && ")
    }

    /// A file that holds the event alone; and the command that makes it, where it is a line among others.
    fn alone(&mut self, place: &Place) -> (Option<String>, PathBuf) {
        let Some(line) = place.line else { return (None, place.path.clone()) };
        let path = self.fresh(&place.path, &format!("-{line}"));
        (Some(format!("sed -n {line}p {} > {}", shell::file(&place.path), shell::file(&path))), path)
    }

    /// A name beside a file's that is not taken.
    fn fresh(&mut self, path: &Path, words: &str) -> PathBuf {
        let names = (1..).map(|n| if n == 1 { words.to_owned() } else { format!("{words}-{n}") });
        let mut free = names.map(|n| beside(path, &n)).filter(|p| !p.exists() && !self.taken.contains(p));
        let path = free.next().expect("some number is free");
        self.taken.insert(path.clone());
        path
    }
}
