//! "Valid next record": the one implementation, for the ledger that admits and for the auditor who checks.
//!
//! A `Judge` stands at a size of a ledger. It takes the next line, and either moves past it or names the fault.
//! Not here: the checkpoint and the files of an export (`audit`, `exported`); where the past is kept (`Past`).

use std::cell::Cell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use answerable_schemas::catalogue::Body;
use answerable_schemas::governance::RulesRef;
use answerable_schemas::history::{Lookup, MemoryHistory};
use answerable_schemas::law::actors::Actor;
use answerable_schemas::law::{self, Flag};
use answerable_schemas::{ActorId, Event, EventId, Fact, History, Instant, StreamName};

use crate::authority::{About, Authority, Proven};
use crate::counts;
use crate::encoding::Hash;
use crate::fault::{Fault, Stage};
use crate::governance::{carried_rules, known_rules};
use crate::merkle::leaf_hash;
use crate::record::{Record, SignedEvent, body_of};
use crate::tree::{Leaves, TreeMemory};

/// `recorded` may be this much before `issued`: two clocks never agree.
pub const CLOCK_TOLERANCE_MS: i64 = 5 * 60 * 1000;
/// An event recorded this long after it was issued is flagged: its author's view of the ledger was old.
pub const LATE_AFTER_MS: i64 = 7 * 24 * 3600 * 1000;

/// What was recorded before, as a judge needs it. All of it is about records below the judge's size.
pub trait Past: History {
    /// The id of this actor's last event in a stream.
    fn last_by(&self, actor: &ActorId, stream: &StreamName) -> Lookup<Option<EventId>>;
    /// The seq of an event of a stream.
    fn seq_of(&self, id: &EventId, stream: &StreamName) -> Lookup<Option<u64>>;
    /// The tree's root at an earlier size.
    fn root_at(&self, size: u64) -> Lookup<Option<Hash>>;
    /// How many of the first `size` records each stream has: those whose envelope names it, whether or not they are of a
    /// known type. Streams without any are left out, and so is a line that is no record.
    fn stream_counts(&self, size: u64) -> Lookup<BTreeMap<StreamName, u64>>;
    /// Takes a line in that is no record: its bytes are in the tree all the same.
    fn push_unreadable(&mut self, leaf: Hash);
    /// Takes the next record in.
    fn push(&mut self, record: &Record, fact: Option<Arc<Fact>>);
}

/// Where a ledger stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    pub size: u64,
    /// The leaf hash of the last record; zeros before record 0.
    pub leaf: Hash,
    pub recorded: Option<Instant>,
}

impl Head {
    pub const EMPTY: Head = Head { size: 0, leaf: Hash::ZERO, recorded: None };
}

/// What is known of a line before its turn comes. It makes judging faster, and never another judgement.
pub(crate) struct Prepared {
    pub record: Result<Record, Fault>,
    /// Its body, where it was read.
    pub body: Option<Result<Body, Fault>>,
    pub proven: Proven,
}

impl Prepared {
    pub fn of(line: &[u8]) -> Self {
        let record = Record::parse(line);
        let body = record.as_ref().ok().map(Record::body);
        Self { record, body, proven: Proven::default() }
    }

    /// The same at a fraction of the cost, for who does not ask the event itself for its body.
    pub fn read(line: &[u8]) -> Self {
        let (record, body) = match Record::read(line) {
            Ok((record, body)) => (Ok(record), Some(body)),
            Err(fault) => (Err(fault), None),
        };
        Self { record, body, proven: Proven::default() }
    }
}

/// A record that stands, with its flags.
#[derive(Debug, Clone)]
pub struct Admitted {
    pub record: Record,
    pub fact: Arc<Fact>,
    pub flags: Vec<Flag>,
}

/// Judges records one by one, in order.
pub struct Judge<P> {
    pub head: Head,
    pub authority: Authority,
    pub past: P,
    /// The versions of the rules that it judges by.
    pub carried: Vec<RulesRef>,
}

impl<P: Past> Judge<P> {
    pub fn new(head: Head, authority: Authority, past: P) -> Self {
        Self { head, authority, past, carried: carried_rules() }
    }

    /// Judges the next line (without LF) and moves past it if it stands. The checks come in the order of `Stage`.
    pub fn admit(&mut self, line: &[u8]) -> Result<Admitted, Fault> {
        self.admit_proven(line, &Proven::default())
    }

    /// The same where it is known of some signatures that they are good. What the body says is in the fact: the members that
    /// the record's event has of it may be left out.
    pub fn admit_proven(&mut self, line: &[u8], proven: &Proven) -> Result<Admitted, Fault> {
        let seq = self.head.size;
        let (record, body) = Record::read(line).map_err(|f| f.at(seq))?;
        self.check_chain(&record).map_err(|f| f.at(seq))?;
        let checked = self.check_body(&record.signed, body, record.recorded, proven);
        let (fact, flags) = checked.map_err(|f| f.at(seq))?;
        self.step(&record, Some(&fact));
        Ok(Admitted { record, fact, flags })
    }

    /// For an auditor, who goes on: judges the next line, and moves past it in any case. Its bytes are in the chain all
    /// the same; its event counts for later ones if only the chain is at fault.
    pub fn examine(&mut self, line: &[u8]) -> (Option<Admitted>, Vec<Fault>) {
        self.examine_prepared(line, Prepared::of(line))
    }

    /// The same for a line of which something is known already.
    pub(crate) fn examine_prepared(&mut self, line: &[u8], prepared: Prepared) -> (Option<Admitted>, Vec<Fault>) {
        let seq = self.head.size;
        let Prepared { record, body, proven } = prepared;
        let record = match record {
            Ok(record) => record,
            Err(fault) => {
                self.head.size += 1;
                self.head.leaf = leaf_hash(line);
                self.past.push_unreadable(self.head.leaf);
                return (None, vec![fault.at(seq)]);
            }
        };
        let mut faults: Vec<Fault> = self.check_chain(&record).map_err(|f| f.at(seq)).err().into_iter().collect();
        // After a gap the count goes on from where the records are, so that one missing record is one fault.
        self.head.size = record.seq;
        let body = body.unwrap_or_else(|| record.body());
        match self.check_body(&record.signed, body, record.recorded, &proven) {
            Ok((fact, flags)) => {
                self.step(&record, Some(&fact));
                (Some(Admitted { record, fact, flags }), faults)
            }
            Err(fault) => {
                let fault = fault.at(record.seq);
                if fault.unverifiable {
                    faults.extend(self.check_unknown(&record.signed).map_err(|f| f.at(record.seq)).err());
                    // A founding under unknown rules still names the ledger, its founders and their keys.
                    if let Ok(body @ Body::LedgerFounded(_)) = Record::parse(line).and_then(|whole| whole.body()) {
                        self.authority.apply(record.seq, record.signed.id, &body);
                    }
                }
                faults.push(fault);
                self.step(&record, None);
                (None, faults)
            }
        }
    }

    /// Judges an event as if it came next, without moving.
    pub fn check_event(&self, signed: &SignedEvent, recorded: Instant) -> Result<(Arc<Fact>, Vec<Flag>), Fault> {
        self.check_body(signed, body_of(&signed.event), recorded, &Proven::default())
    }

    fn check_body(
        &self,
        signed: &SignedEvent,
        body: Result<Body, Fault>,
        recorded: Instant,
        proven: &Proven,
    ) -> Result<(Arc<Fact>, Vec<Flag>), Fault> {
        let seq = self.head.size;
        let event = &signed.event;
        let body = body?;
        self.check_ledger(event, &body)?;
        if recorded.millis() < event.issued.millis() - CLOCK_TOLERANCE_MS {
            let fault = Fault::new(Stage::Chain, "event.issued_ahead", "the author's clock is ahead of the ledger's");
            return Err(fault
                .compared(format!("issued at most 5 minutes after {recorded}"), event.issued)
                .hint("set the author's clock right, and draft it anew"));
        }
        let about = About::of(event.standing, &body, &self.past).map_err(past_fault)?;
        self.authority.check(signed, &body, &about, proven)?;
        self.authority.check_governance(&body, &event.signers, &self.carried)?;
        self.check_place(signed)?;
        if let Body::StreamsCounted(claim) = &body {
            counts::check(claim, seq, |size| self.past.stream_counts(size)).map_err(past_fault)??;
        }
        let fact = Arc::new(Fact::new(seq, signed.id, recorded, event, body));
        let verdict = law::judge(&self.past, &fact).map_err(past_fault)?;
        let mut flags = verdict.map_err(Fault::law)?;
        if recorded.millis() - event.issued.millis() > LATE_AFTER_MS {
            let message = format!("issued {}, recorded {recorded}", event.issued);
            flags.push(Flag { seq, code: "event.late", message });
        }
        Ok((fact, flags))
    }

    /// Judges a founding that still goes from hand to hand: all that is asked of record 0, but the signatures.
    pub fn check_founding_draft(&self, signed: &SignedEvent) -> Result<(), Fault> {
        let body = body_of(&signed.event)?;
        self.check_ledger(&signed.event, &body)?;
        self.authority.check_founding_draft(signed, &body)
    }

    fn step(&mut self, record: &Record, fact: Option<&Arc<Fact>>) {
        if let Some(fact) = fact {
            self.authority.apply(fact.seq, fact.id, &fact.body);
        }
        self.past.push(record, fact.cloned());
        let recorded = self.head.recorded.max(Some(record.recorded));
        self.head = Head { size: record.seq.saturating_add(1), leaf: record.leaf, recorded };
    }

    /// What holds for any event, whatever its body says: the right ledger, good signatures, its chain.
    fn check_unknown(&self, signed: &SignedEvent) -> Result<(), Fault> {
        if self.head.size > 0 && signed.event.ledger != self.authority.ledger_id {
            return Err(Fault::new(Stage::Signatures, "event.wrong_ledger", "the event was signed for another ledger"));
        }
        self.authority.check_known_signatures(signed)?;
        self.check_place(signed)
    }

    fn check_chain(&self, record: &Record) -> Result<(), Fault> {
        if record.seq != self.head.size {
            let fault = Fault::new(Stage::Chain, "chain.wrong_seq", "the record does not count on from the one before");
            return Err(fault.compared(self.head.size, record.seq));
        }
        if record.prev != self.head.leaf {
            let fault = Fault::new(Stage::Chain, "chain.broken", "prev is not the leaf hash of the record before");
            return Err(fault.compared(self.head.leaf, record.prev));
        }
        if let Some(last) = self.head.recorded.filter(|last| record.recorded < *last) {
            let fault = Fault::new(Stage::Chain, "chain.recorded_decreases", "recorded is before the record before");
            return Err(fault.compared(format!("{last} or later"), record.recorded));
        }
        Ok(())
    }

    fn check_ledger(&self, event: &Event, body: &Body) -> Result<(), Fault> {
        let wrong = |message: &str| {
            Fault::new(Stage::Signatures, "event.wrong_ledger", message).hint("draft it anew, from this ledger")
        };
        let founding = matches!(body, Body::LedgerFounded(_));
        if founding != (self.head.size == 0) {
            return Err(Fault::new(
                Stage::Signatures,
                "ledger.not_founded",
                "record 0, and no other, founds the ledger",
            )
            .hint("another ledger is founded with answerable init"));
        }
        if let Body::LedgerFounded(f) = body {
            if f.format != 1 {
                let fault =
                    Fault::new(Stage::Bytes, "ledger.unknown_format", "a format that this program does not know");
                return Err(fault.compared(1, f.format).unverifiable());
            }
            known_rules(&f.rules, &self.carried)?;
        }
        match (event.ledger, self.authority.ledger_id) {
            (None, _) if founding => Ok(()),
            (Some(named), Some(id)) if named == id => Ok(()),
            (Some(named), Some(id)) => Err(wrong("the event was signed for another ledger").compared(id, named)),
            (Some(_), None) => Err(wrong("the founding record names no ledger")),
            (None, _) => Err(wrong("only record 0 names no ledger")),
        }
    }

    /// The event's own chain, its freshness, and the checkpoint that its author had seen.
    fn check_place(&self, signed: &SignedEvent) -> Result<(), Fault> {
        let event = &signed.event;
        if let Some(seq) = self.past.seq_of(&signed.id, &event.stream).map_err(past_fault)? {
            return Err(Fault::new(Stage::Follows, "event.already_recorded", format!("it is record {seq}"))
                .hint("see it: answerable show SEQ"));
        }
        let last = self.past.last_by(&event.actor, &event.stream).map_err(past_fault)?;
        if event.follows != last {
            let show = |id: Option<EventId>| id.map_or("null".to_owned(), |id| id.to_string());
            let message = format!("{} has said something else in {} since", event.actor, event.stream);
            return Err(Fault::new(Stage::Follows, "event.stale_follows", message)
                .compared(show(last), show(event.follows))
                .hint("draft it anew; the draft follows the newest event"));
        }
        let Some(seen) = &event.seen else { return Ok(()) };
        let root = if seen.size <= self.head.size { self.past.root_at(seen.size).map_err(past_fault)? } else { None };
        match root {
            None => Err(Fault::new(Stage::Follows, "event.seen_ahead", "its author saw a longer ledger than this one")
                .compared(format!("at most {} records", self.head.size), seen.size)
                .hint("this copy was rolled back or forked: compare checkpoints with the author")),
            Some(root) if Hash::from_base64(&seen.root) != Ok(root) => {
                Err(Fault::new(Stage::Follows, "event.seen_contradicted", "its author saw another tree at that size")
                    .compared(root.to_base64(), &seen.root)
                    .hint("the ledger was forked or rewritten: keep both checkpoints as evidence"))
            }
            Some(_) => Ok(()),
        }
    }
}

fn past_fault(e: answerable_schemas::history::HistoryError) -> Fault {
    Fault::new(Stage::Bytes, "past.unreadable", e.to_string())
}

impl Judge<MemoryPast> {
    /// Before record 0.
    pub fn before_all() -> Self {
        Self::new(Head::EMPTY, Authority::default(), MemoryPast::default())
    }
}

/// Where facts are kept while records are judged one after another.
pub trait Facts: History {
    /// Takes the next fact in, with the leaf of its record.
    fn push(&mut self, fact: Arc<Fact>, leaf: &Hash);
    /// The records of each stream.
    fn seqs(&self) -> Lookup<Vec<(StreamName, Vec<u64>)>>;
    /// Where leaves can be had again; None: the tree must keep them.
    fn again(&self) -> Option<&dyn Leaves> {
        None
    }
}

impl Facts for MemoryHistory {
    fn push(&mut self, fact: Arc<Fact>, _: &Hash) {
        MemoryHistory::push(self, fact);
    }
    fn seqs(&self) -> Lookup<Vec<(StreamName, Vec<u64>)>> {
        let of = |name| self.stream(&name).map(|facts| (name, facts.iter().map(|f| f.seq).collect()));
        self.streams_with_prefix("")?.into_iter().map(of).collect()
    }
}

/// The past as it is built while records are judged from the first one on.
#[derive(Default)]
pub struct BuiltPast<F> {
    pub facts: F,
    /// Of all lines, good or bad.
    pub tree: TreeMemory,
    /// The root that was asked for last: many authors saw the same checkpoint.
    root: Cell<Option<(u64, Hash)>>,
    /// The records of each stream that are no facts: of unknown types, or at fault.
    others: HashMap<StreamName, Vec<Other>>,
}

/// All of it in memory.
pub type MemoryPast = BuiltPast<MemoryHistory>;

/// What still counts of a record that is no fact.
struct Other {
    seq: u64,
    id: EventId,
    actor: ActorId,
}

impl<F: Facts> BuiltPast<F> {
    pub fn of(facts: F) -> Self {
        Self { facts, tree: TreeMemory::default(), root: Cell::default(), others: HashMap::new() }
    }
    fn others(&self, stream: &StreamName) -> &[Other] {
        self.others.get(stream).map_or(&[], Vec::as_slice)
    }
}

impl<F: Facts> History for BuiltPast<F> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        self.facts.stream(name)
    }
    fn actor(&self, id: &ActorId) -> Lookup<Option<Arc<Actor>>> {
        self.facts.actor(id)
    }
    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        self.facts.streams_with_prefix(prefix)
    }
    fn resting_on(&self, stream: &StreamName) -> Lookup<Vec<StreamName>> {
        self.facts.resting_on(stream)
    }
}

impl<F: Facts> Past for BuiltPast<F> {
    fn last_by(&self, actor: &ActorId, stream: &StreamName) -> Lookup<Option<EventId>> {
        let fact = self.facts.stream(stream)?.iter().rfind(|f| f.actor == *actor).map(|f| (f.seq, f.id));
        let other = self.others(stream).iter().rfind(|o| o.actor == *actor).map(|o| (o.seq, o.id));
        Ok(fact.max(other).map(|(_, id)| id))
    }
    fn seq_of(&self, id: &EventId, stream: &StreamName) -> Lookup<Option<u64>> {
        let fact = self.facts.stream(stream)?.iter().find(|f| f.id == *id).map(|f| f.seq);
        Ok(fact.or_else(|| self.others(stream).iter().find(|o| o.id == *id).map(|o| o.seq)))
    }
    fn root_at(&self, size: u64) -> Lookup<Option<Hash>> {
        if self.root.get().is_none_or(|(of, _)| of != size) {
            self.root.set(self.tree.root_at(size, self.facts.again())?.map(|root| (size, root)));
        }
        Ok(self.root.get().map(|(_, root)| root))
    }
    fn stream_counts(&self, size: u64) -> Lookup<BTreeMap<StreamName, u64>> {
        let mut counts = BTreeMap::new();
        for (stream, seqs) in self.facts.seqs()? {
            counts.insert(stream, seqs.iter().filter(|seq| **seq < size).count() as u64);
        }
        for (stream, all) in &self.others {
            let below = all.iter().filter(|o| o.seq < size).count() as u64;
            *counts.entry(stream.clone()).or_default() += below;
        }
        counts.retain(|_, count| *count > 0);
        Ok(counts)
    }
    fn push_unreadable(&mut self, leaf: Hash) {
        self.tree.push(leaf);
        if self.facts.again().is_some() {
            self.tree.forget_old_leaves();
        }
    }
    fn push(&mut self, record: &Record, fact: Option<Arc<Fact>>) {
        self.push_unreadable(record.leaf);
        match fact {
            Some(fact) => self.facts.push(fact, &record.leaf),
            None => {
                let event = record.event();
                let other = Other { seq: record.seq, id: record.signed.id, actor: event.actor.clone() };
                self.others.entry(event.stream.clone()).or_default().push(other);
            }
        }
    }
}
