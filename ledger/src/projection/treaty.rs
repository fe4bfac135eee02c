//! The status of a treaty: who was bound, on a date, by the records that the ledger held.
//! Not here: the law (`answerable_schemas::law`), how a status is printed.

use std::collections::{BTreeMap, BTreeSet};

use answerable_schemas::catalogue::Body;
use answerable_schemas::dates::Reached;
use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::acts::{Act, acts_of};
use answerable_schemas::law::entry::{self, TreatyEntry};
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::law::participation::{self, Participation};
use answerable_schemas::law::replies::{Answer, Answered, answers};
use answerable_schemas::law::{Flag, actors, flags_of};
use answerable_schemas::treaty::{
    ConsentMode, TreatyRegistered, participation_stream, participations_prefix, treaty_stream,
};
use answerable_schemas::{ActorId, CalendarDate, History, Standing};
use jiff::civil::Date;
use serde::Serialize;
use std::sync::Arc;

use super::Filter;
use super::seen::{SeenBy, Sight, sights};

/// The answer. `"schema": "answerable.treaty_status/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct TreatyStatus {
    pub schema: &'static str,
    pub treaty: TreatyId,
    pub title: String,
    pub as_of: String,
    /// The number of records that the answer knows.
    pub known_size: String,
    /// Set where the answer is what public tables showed on a day (`SeenBy`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen_by: Option<SeenThen>,
    pub entry_into_force: EntryIntoForce,
    pub counts: Counts,
    pub states: Vec<Row>,
    /// What a reader must know before relying on it: gaps of the records, rules that were not computed.
    pub notes: Vec<String>,
    pub flags: Vec<Flag>,
    /// The records that register the treaty's rules.
    pub rules_records: Vec<u64>,
}

/// The day by which tables had been seen, and which they are.
#[derive(Debug, Clone, Serialize)]
pub struct SeenThen {
    pub day: String,
    pub sources: Vec<Sight>,
}

#[derive(Debug, Clone, Serialize)]
pub struct EntryIntoForce {
    /// None: not in force by these records.
    pub date: Option<String>,
    pub deposits_counted: u32,
    pub deposits_needed: u32,
    pub article: String,
    pub records: Vec<u64>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// States with any act on record.
    pub states: u32,
    /// States that have signed, whatever came after.
    pub signed: u32,
    /// States with a deposited consent that was not withdrawn.
    pub deposits: u32,
    /// States for which the treaty is in force.
    pub in_force: u32,
    /// States that dispute a record of theirs which is shown here.
    pub disputed: u32,
    /// States that affirm one.
    pub affirmed: u32,
}

/// Where one state stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    pub actor: ActorId,
    pub name: String,
    pub status: Status,
    /// Set where an imprecise date makes another status possible on this day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub possibly: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deposited: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<ConsentMode>,
    /// When it entered or will enter into force for this state, once the treaty's own day is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force_from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<String>,
    pub standing: Standing,
    /// The other standings that say the same: a state's deposit, confirmed by the depositary's own record of it.
    pub confirmed_by: Vec<Standing>,
    /// What the state answers to these records.
    pub answers: Vec<Answered>,
    /// Codes of the flags on the records below, and on those that the remarks name.
    pub flags: Vec<&'static str>,
    /// What other standings say, where it differs; and what was notified only after this day.
    pub remarks: Vec<String>,
    /// What this row rests on, and what confirms it.
    pub records: Vec<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    InForce,
    /// Bound now, and a notice of withdrawal runs.
    Withdrawing,
    /// Consent deposited, not yet in force for the state (or the treaty not in force).
    Deposited,
    ProvisionallyApplied,
    Signed,
    SignatureRepudiated,
    Withdrawn,
    /// Other acts only.
    None,
}

impl Status {
    pub fn as_str(self) -> &'static str {
        match self {
            Status::InForce => "in force",
            Status::Withdrawing => "withdrawing",
            Status::Deposited => "deposited",
            Status::ProvisionallyApplied => "provisional",
            Status::Signed => "signed",
            Status::SignatureRepudiated => "repudiated",
            Status::Withdrawn => "withdrawn",
            Status::None => "no consent",
        }
    }
    pub fn is_bound(self) -> bool {
        matches!(self, Status::InForce | Status::Withdrawing)
    }
}

impl Row {
    fn is_answered(&self, answer: Answer) -> bool {
        self.answers.iter().any(|a| a.answer == answer && a.stands())
    }
    /// Consent is deposited by the day, and not withdrawn.
    pub fn is_deposited(&self, as_of: Date) -> bool {
        let by_then = |d: &String| d.parse::<CalendarDate>().is_ok_and(|d| d.last_day() <= as_of);
        self.status != Status::Withdrawn && self.deposited.as_ref().is_some_and(by_then)
    }
}

/// How a succession to a treaty counts. The law that the ledger computes is `Recorded`; researchers count it otherwise, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Successions {
    /// From the recorded date of the succession; from the deposit where none is recorded.
    #[default]
    Recorded,
    /// From the deposit of the notification, whatever date of succession it names.
    Deposit,
    /// Not at all, as if it had not been notified.
    None,
}

impl Successions {
    pub fn as_str(self) -> &'static str {
        match self {
            Successions::Recorded => "recorded",
            Successions::Deposit => "deposit",
            Successions::None => "none",
        }
    }

    /// The acts of a participation as they count so. Acts of other kinds stay as they are.
    pub fn count(self, mut acts: Vec<Act>) -> Vec<Act> {
        acts.retain_mut(|act| match &mut act.body {
            Body::ConsentDeposited(c) if c.mode == ConsentMode::Succession => {
                if self == Successions::Deposit {
                    c.succession_date = None;
                }
                self != Successions::None
            }
            _ => true,
        });
        acts
    }
}

/// A treaty and all participations in it, read and judged once, to be asked about many days.
pub struct Participants<'a> {
    pub(super) history: &'a dyn History,
    pub rules: TreatyRegistered,
    pub(super) rules_records: Vec<u64>,
    registration: Vec<Flag>,
    /// One for each stream, by its name.
    pub participations: Vec<Recorded>,
}

/// What is recorded of one state and the treaty.
pub struct Recorded {
    pub facts: Vec<Arc<Fact>>,
    pub flags: Vec<Flag>,
    answers: Vec<Answered>,
}

impl Recorded {
    /// The answers to what a filter admits.
    pub fn answers(&self, filter: &Filter) -> Vec<Answered> {
        let seen = |a: &&Answered| self.facts.iter().any(|f| f.seq == a.seq && filter.admits(f.standing));
        self.answers.iter().filter(seen).cloned().collect()
    }
}

/// Answers for one treaty; None if it is not registered. `history` holds the records that are known (`KnownAt`). A filter
/// by standing answers as if nothing else had been said; one by answers leaves rows out, and counts them all the same.
pub fn status(
    history: &dyn History,
    treaty: &TreatyId,
    as_of: Date,
    known_size: u64,
    filter: &Filter,
) -> Lookup<Option<TreatyStatus>> {
    let participants = Participants::of(history, treaty)?;
    participants.map(|p| p.status(as_of, known_size, filter, Successions::Recorded)).transpose()
}

/// The same by what public tables showed on a day.
pub fn status_seen_by(
    history: &dyn History,
    day: Date,
    treaty: &TreatyId,
    as_of: Date,
    known_size: u64,
    filter: &Filter,
) -> Lookup<Option<TreatyStatus>> {
    let seen = SeenBy { history, day };
    let Some(mut answer) = status(&seen, treaty, as_of, known_size, filter)? else { return Ok(None) };
    let sources = sights(&seen, treaty)?;
    if sources.is_empty() {
        answer.notes.push(format!("no table of it that is recorded here had been seen by {day}"));
    }
    answer.seen_by = Some(SeenThen { day: day.to_string(), sources });
    Ok(Some(answer))
}

impl<'a> Participants<'a> {
    /// None if the treaty is not registered.
    pub fn of(history: &'a dyn History, treaty: &TreatyId) -> Lookup<Option<Self>> {
        let Some((rules, rules_records)) = actors::treaty(history, treaty)? else { return Ok(None) };
        let tainted = Tainted::of(history)?;
        let mut participations = Vec::new();
        for name in history.streams_with_prefix(&participations_prefix(treaty))? {
            let facts = history.stream(&name)?;
            let flags = flags_of(history, &facts, &tainted)?;
            let answers = answers(&facts, &tainted).into_values().collect();
            participations.push(Recorded { facts, flags, answers });
        }
        let mut registration = flags_of(history, &history.stream(&treaty_stream(treaty))?, &tainted)?;
        registration.retain(|f| rules_records.contains(&f.seq));
        Ok(Some(Self { history, rules, rules_records, registration, participations }))
    }

    /// The treaty's entry into force, by the deposits of a day.
    pub(super) fn entry_on(&self, day: Date, filter: &Filter) -> Lookup<TreatyEntry> {
        let deposits = entry::deposits(self.history, &self.rules.treaty, &|s| filter.admits(s), Some(day))?;
        Ok(entry::treaty_entry(&self.rules, &deposits))
    }

    /// Where one state stands on a day, and all records that its row names; None if nothing was said by then.
    pub(super) fn row_on(
        &self,
        recorded: &Recorded,
        day: Date,
        entry: Option<Date>,
        filter: &Filter,
        successions: Successions,
    ) -> Lookup<Option<(Row, Vec<u64>)>> {
        let acts = |standing| successions.count(acts_of(&recorded.facts, standing));
        let sees = |s: Standing| filter.admits(s);
        let found = row(self.history, &self.rules, &acts, day, entry, &sees, &recorded.flags)?;
        Ok(found.map(|(row, named)| (Row { answers: recorded.answers(filter), ..row }, named)))
    }

    /// Who was bound on a day.
    pub fn status(
        &self,
        as_of: Date,
        known_size: u64,
        filter: &Filter,
        successions: Successions,
    ) -> Lookup<TreatyStatus> {
        let (history, rules) = (self.history, &self.rules);
        let entry = self.entry_on(as_of, filter)?;
        let mut states = Vec::new();
        let mut flags: Vec<Flag> = Vec::new();
        for recorded in &self.participations {
            let (facts, of_stream) = (&recorded.facts, &recorded.flags);
            // What was retracted has no row: who retracted it must show all the same.
            let retracts =
                |f: &Flag| facts.iter().any(|x| x.seq == f.seq && x.body.correction().is_some_and(|c| c.retracted));
            flags.extend(of_stream.iter().filter(|f| retracts(f)).cloned());
            if let Some((row, named)) = self.row_on(recorded, as_of, entry.date, filter, successions)? {
                if filter.keeps(&row.answers) {
                    flags.extend(of_stream.iter().filter(|f| named.contains(&f.seq)).cloned());
                }
                states.push(row);
            }
        }
        states.sort_by(|a, b| a.name.cmp(&b.name).then(a.actor.cmp(&b.actor)));
        flags.extend(self.registration.iter().cloned());
        let notes = notes(history, rules, &states, as_of)?;
        let counts = Counts {
            states: states.len() as u32,
            signed: states.iter().filter(|r| r.signed.is_some()).count() as u32,
            deposits: states.iter().filter(|r| r.is_deposited(as_of)).count() as u32,
            in_force: states.iter().filter(|r| r.status.is_bound()).count() as u32,
            disputed: states.iter().filter(|r| r.is_answered(Answer::Disputed)).count() as u32,
            affirmed: states.iter().filter(|r| r.is_answered(Answer::Affirmed)).count() as u32,
        };
        states.retain(|r| filter.keeps(&r.answers));
        Ok(TreatyStatus {
            schema: "answerable.treaty_status/v1",
            treaty: rules.treaty.clone(),
            title: rules.title.clone(),
            as_of: as_of.to_string(),
            known_size: known_size.to_string(),
            seen_by: None,
            entry_into_force: EntryIntoForce {
                date: entry.date.map(|d| d.to_string()),
                deposits_counted: entry.counted,
                deposits_needed: entry.needed,
                article: rules.threshold.article.clone(),
                records: entry.records,
            },
            counts,
            states,
            notes,
            flags,
            rules_records: self.rules_records.clone(),
        })
    }
}

/// The row of one stream, and all records that it names; None if nothing was said by the day. Each standing has its own state: the row shows the
/// strongest one that records a consent (else the strongest that says anything), and remarks on the others.
fn row(
    history: &dyn History,
    rules: &TreatyRegistered,
    acts: &dyn Fn(Standing) -> Vec<Act>,
    as_of: Date,
    treaty_entry: Option<Date>,
    sees: &dyn Fn(Standing) -> bool,
    flags: &[Flag],
) -> Lookup<Option<(Row, Vec<u64>)>> {
    let mut rows: Vec<Row> = Vec::new();
    for standing in Standing::ALL.into_iter().filter(|s| sees(*s)) {
        let acts = acts(standing);
        let certain: Vec<Act> = until(&acts, |a| a.effective.reached(as_of) == Reached::Yes || succeeded_by(a, as_of));
        let possible: Vec<Act> = until(&acts, |a| a.effective.reached(as_of) != Reached::No || succeeded_by(a, as_of));
        let Some(actor) = possible.first().and_then(|a| a.body.subject()).cloned() else { continue };
        let (now, _) = participation::fold(history, &certain)?;
        let status = status_of(&now, rules, as_of, treaty_entry);
        let possibly = match possible.len() == certain.len() {
            true => None,
            false => {
                let (maybe, _) = participation::fold(history, &possible)?;
                Some(status_of(&maybe, rules, as_of, treaty_entry)).filter(|m| *m != status)
            }
        };
        let consent = now.consents.last();
        let day = |d: Date| d.to_string();
        let row = Row {
            name: actors::lookup(history, &actor)?.map_or(actor.to_string(), |a| a.name_on(as_of).to_owned()),
            status,
            possibly,
            signed: now.signature.as_ref().map(|s| s.date.to_string()),
            deposited: consent.map(|c| c.date.to_string()),
            mode: consent.map(|c| c.mode),
            in_force_from: consent
                .zip(treaty_entry)
                .map(|(c, e)| day(entry::state_entry(rules, e, &c.date, c.mode, c.succession_date.as_ref()))),
            ends: consent.and_then(|c| c.ended_on()).map(day),
            standing,
            confirmed_by: Vec::new(),
            answers: Vec::new(),
            flags: Vec::new(),
            remarks: consent
                .filter(|c| c.date.last_day() > as_of)
                .map(|c| format!("succession notified only on {}", c.date))
                .into_iter()
                .collect(),
            records: now.records,
            actor,
        };
        rows.push(row);
    }
    if rows.is_empty() {
        return Ok(None);
    }
    let mut chosen = rows.remove(rows.iter().position(|r| r.deposited.is_some()).unwrap_or(0));
    let mut named = chosen.records.clone();
    for other in rows {
        named.extend(&other.records);
        match differs(&chosen, &other) {
            Some(remark) => chosen.remarks.push(remark),
            None => {
                chosen.confirmed_by.push(other.standing);
                chosen.records.extend(other.records);
            }
        }
    }
    chosen.records.sort_unstable();
    chosen.flags = codes(flags, &named);
    Ok(Some((chosen, named)))
}

fn until(acts: &[Act], keep: impl Fn(&Act) -> bool) -> Vec<Act> {
    acts.iter().filter(|a| keep(a)).cloned().collect()
}

/// A succession binds from its own date, although it is notified later: on a day between the two it was in force.
fn succeeded_by(act: &Act, as_of: Date) -> bool {
    match &act.body {
        Body::ConsentDeposited(c) => c.succession_date.is_some_and(|d| d.last_day() <= as_of),
        _ => false,
    }
}

/// The codes of the flags on these records, sorted.
pub(super) fn codes(flags: &[Flag], records: &[u64]) -> Vec<&'static str> {
    let set: BTreeSet<_> = flags.iter().filter(|f| records.contains(&f.seq)).map(|f| f.code).collect();
    set.into_iter().collect()
}

fn differs(first: &Row, other: &Row) -> Option<String> {
    let says = |r: &Row| (r.status, r.signed.clone(), r.deposited.clone(), r.mode);
    (says(first) != says(other)).then(|| {
        let date = other.deposited.as_ref().or(other.signed.as_ref()).map_or(String::new(), |d| format!(", {d}"));
        format!("{} says: {}{date} (records {})", other.standing, other.status.as_str(), list(&other.records))
    })
}

/// The ids of registered treaties: the streams of two parts.
pub fn registered(history: &dyn History) -> Lookup<Vec<TreatyId>> {
    let names = history.streams_with_prefix("treaty:")?;
    Ok(names.iter().filter_map(|n| TreatyId::new(n.as_str().strip_prefix("treaty:")?).ok()).collect())
}

/// Record numbers for people: `3, 17`.
pub fn list(records: &[u64]) -> String {
    records.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")
}

fn status_of(p: &Participation, rules: &TreatyRegistered, as_of: Date, treaty_entry: Option<Date>) -> Status {
    let Some(consent) = p.consents.last() else {
        return match &p.signature {
            _ if applies_provisionally(p) => Status::ProvisionallyApplied,
            Some(s) if s.repudiated.is_some() => Status::SignatureRepudiated,
            Some(_) => Status::Signed,
            None => Status::None,
        };
    };
    if !consent.live_on(as_of) {
        return Status::Withdrawn;
    }
    let from = treaty_entry
        .map(|e| entry::state_entry(rules, e, &consent.date, consent.mode, consent.succession_date.as_ref()));
    match from {
        Some(from) if from <= as_of && consent.ended_on().is_some() => Status::Withdrawing,
        Some(from) if from <= as_of => Status::InForce,
        _ => Status::Deposited,
    }
}

fn applies_provisionally(p: &Participation) -> bool {
    p.provisional.as_ref().is_some_and(|(_, ended, _)| ended.is_none())
}

/// What a reader must know of the answer of a day before relying on it.
pub(super) fn notes(
    history: &dyn History,
    rules: &TreatyRegistered,
    states: &[Row],
    as_of: Date,
) -> Lookup<Vec<String>> {
    let mut notes = Vec::new();
    if states.is_empty() {
        notes.push("no acts recorded: these records do not say who is bound".to_owned());
        return Ok(notes);
    }
    let missing = silent_predecessors(history, rules, states, as_of)?;
    if !missing.is_empty() {
        let named: Vec<String> = missing.iter().map(|(id, name)| format!("{name} ({id})")).collect();
        notes.push(format!(
            "incomplete: successors consented by succession to {}, of whom the sources recorded here omit every act",
            named.join(" and ")
        ));
    }
    if let Some(minimum) = rules.minimum_parties {
        notes.push(format!("ceases to be in force when fewer than {minimum} parties remain"));
    }
    Ok(notes)
}

/// Predecessors that must have been bound, since others succeeded to it, and of whom nothing is recorded.
fn silent_predecessors(
    history: &dyn History,
    rules: &TreatyRegistered,
    states: &[Row],
    as_of: Date,
) -> Lookup<BTreeMap<ActorId, String>> {
    let mut missing = BTreeMap::new();
    for row in states.iter().filter(|r| r.mode == Some(ConsentMode::Succession)) {
        let Some(successor) = actors::lookup(history, &row.actor)? else { continue };
        for predecessor in successor.predecessors.iter().map(|p| &p.state) {
            let facts = history.stream(&participation_stream(&rules.treaty, predecessor))?;
            let spoke = facts.iter().any(|f| f.effective.first_day() <= as_of && f.body.target().is_none());
            if !spoke {
                let name = actors::lookup(history, predecessor)?.map(|a| a.name_on(as_of).to_owned());
                missing.insert(predecessor.clone(), name.unwrap_or_else(|| predecessor.to_string()));
            }
        }
    }
    Ok(missing)
}
