//! What public tables showed on a day: of what is recorded of stories, the transcriptions whose source had been seen by then.
//! Not here: when anything was recorded (`KnownAt`); what is asked of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use answerable_schemas::history::{Fact, History, Lookup, between, telling};
use answerable_schemas::ids::TreatyId;
use answerable_schemas::treaty::participations_prefix;
use answerable_schemas::{ActorId, Standing, StreamName};
use jiff::civil::Date;
use serde::Serialize;

/// The streams of registers: who there is, which treaties, who may sign. They are what a table is read by, and no tables.
const REGISTERS: [&str; 6] = ["actor", "attachment", "instrument", "keys", "ledger", "roles"];

/// A history of transcriptions alone, seen on or before `day` (the last possible day of an imprecise date counts), in the
/// order in which they were seen and, on one day, recorded. So a correction that was seen later, and an act that was seen first
/// later, are not there yet. Registers are as they are recorded.
pub struct SeenBy<'a> {
    pub history: &'a dyn History,
    pub day: Date,
}

impl SeenBy<'_> {
    fn seen_on(&self, fact: &Fact) -> Option<Date> {
        let seen = fact.source.as_ref().filter(|_| fact.standing == Standing::Transcribed)?.seen.last_day();
        (seen <= self.day).then_some(seen)
    }
}

fn is_register(name: &StreamName) -> bool {
    let mut parts = name.as_str().split(':');
    let kind = parts.next().unwrap_or_default();
    REGISTERS.contains(&kind) || (kind == "treaty" && parts.count() == 1)
}

impl History for SeenBy<'_> {
    fn stream(&self, name: &StreamName) -> Lookup<Vec<Arc<Fact>>> {
        let facts = self.history.stream(name)?;
        if is_register(name) {
            return Ok(facts);
        }
        let mut seen: Vec<(Date, Arc<Fact>)> = facts.into_iter().filter_map(|f| Some((self.seen_on(&f)?, f))).collect();
        seen.sort_by_key(|(day, f)| (*day, f.seq));
        Ok(seen.into_iter().map(|(_, f)| f).collect())
    }

    fn streams_with_prefix(&self, prefix: &str) -> Lookup<Vec<StreamName>> {
        let mut there = Vec::new();
        for name in self.history.streams_with_prefix(prefix)? {
            if is_register(&name) || !self.stream(&name)?.is_empty() {
                there.push(name);
            }
        }
        Ok(there)
    }

    fn streams_between(&self, prefix: &str, from: u64, to: u64) -> Lookup<Vec<StreamName>> {
        between(self, self.history.streams_between(prefix, from, to)?, from, to)
    }

    fn telling_of(&self, actor: &ActorId) -> Lookup<Vec<StreamName>> {
        telling(self, self.history.telling_of(actor)?, actor)
    }
}

/// True where any table that is recorded had been seen by a day.
pub fn anything_seen(history: &dyn History, day: Date) -> Lookup<bool> {
    let seen = SeenBy { history, day };
    // Tables that are kept by their days are mostly of treaties: these answer at once, whatever else there is.
    for prefix in ["treaty:", ""] {
        for name in history.streams_with_prefix(prefix)? {
            if !is_register(&name) && !seen.stream(&name)?.is_empty() {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// A source of what is recorded of a treaty's participants, and how far it goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sight {
    /// The document's symbol, else its title.
    pub source: String,
    /// The newest day on which a record of it was seen. A table that was seen again, and had not changed, leaves no record.
    pub newest: String,
    /// How many records rest on it.
    pub records: u32,
}

/// The sources of a treaty's participations, by name.
pub fn sights(history: &dyn History, treaty: &TreatyId) -> Lookup<Vec<Sight>> {
    let mut found: BTreeMap<String, (Date, u32)> = BTreeMap::new();
    for name in history.streams_with_prefix(&participations_prefix(treaty))? {
        for source in history.stream(&name)?.iter().filter_map(|f| f.source.as_ref()) {
            let named = source.document.as_ref().unwrap_or(&source.title);
            let sight = found.entry(named.clone()).or_insert((source.seen.last_day(), 0));
            *sight = (sight.0.max(source.seen.last_day()), sight.1 + 1);
        }
    }
    let told =
        |(source, (newest, records)): (String, (Date, u32))| Sight { source, newest: newest.to_string(), records };
    Ok(found.into_iter().map(told).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use answerable_schemas::envelope::Source;
    use answerable_schemas::history::MemoryHistory;
    use answerable_schemas::ids::TypeName;
    use answerable_schemas::law::acts::acts_of;
    use answerable_schemas::{ActorId, Body, EventId, Instant};

    const STREAM: &str = "treaty:genocide-convention:YEM";

    fn fact(seq: u64, seen: &str, kind: &str, body: &str, effective: &str, standing: Standing) -> Arc<Fact> {
        let source = Source {
            document: Some("MTDSG IV-1".into()),
            row: Some("untc-iv-1:state:YEM:consent".into()),
            seen: seen.parse().unwrap(),
            sha256: None,
            title: "A table".into(),
            url: None,
        };
        Arc::new(Fact {
            seq,
            id: id(seq),
            recorded: Instant::from_millis(1_700_000_000_000 + seq as i64).unwrap(),
            actor: ActorId::new("org:archive").unwrap(),
            signers: Vec::new(),
            standing,
            effective: effective.parse().unwrap(),
            stream: StreamName::new(STREAM).unwrap(),
            source: (standing == Standing::Transcribed).then_some(source),
            attachments: Vec::new(),
            body: Body::parse(&TypeName::new(kind).unwrap(), 1, &serde_json::from_str(body).unwrap()).unwrap(),
        })
    }

    fn id(seq: u64) -> EventId {
        format!("{seq:064x}").parse().unwrap()
    }

    fn consent(seq: u64, seen: &str, date: &str, standing: Standing) -> Arc<Fact> {
        let body = r#"{"mode":"accession","state":"state:YEM","treaty":"genocide-convention"}"#;
        fact(seq, seen, "treaty.consent_deposited", body, date, standing)
    }

    fn correction(seq: u64, target: u64, seen: &str, change: &str) -> Arc<Fact> {
        let body = format!(r#"{{{change},"reason":"x","stream":"{STREAM}","target":"{}"}}"#, id(target));
        fact(seq, seen, "event.corrected", &body, "1987-02-09", Standing::Transcribed)
    }

    /// What the table said of Yemen on a day: the date, and the records that say so.
    fn says(facts: &[Arc<Fact>], day: &str) -> String {
        let mut history = MemoryHistory::default();
        facts.iter().for_each(|f| history.push(f.clone()));
        let seen = SeenBy { history: &history, day: day.parse().unwrap() };
        let name = StreamName::new(STREAM).unwrap();
        let there = seen.streams_with_prefix("treaty:").unwrap();
        let acts = acts_of(&seen.stream(&name).unwrap(), Standing::Transcribed);
        assert_eq!(there.is_empty(), seen.stream(&name).unwrap().is_empty());
        let told = acts.iter().map(|a| format!("{} {:?}", a.effective, a.records().collect::<Vec<_>>()));
        told.collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn a_date_that_flips_and_flips_back_is_what_was_seen_last() {
        let date = |d: &str| format!(r#""date":"{d}""#);
        let facts = [
            consent(0, "2013-06-06", "1987-02-09", Standing::Transcribed),
            correction(1, 0, "2013-11-18", &date("1989-04-06")),
            correction(2, 0, "2014-01-27", &date("1987-02-09")),
            // Two tables of one day: the one that was recorded last.
            correction(3, 0, "2014-07-10", &date("1988")),
            correction(4, 0, "2014-07-10", &date("1989-04-06")),
            correction(5, 0, "2015-03", r#""retracted":true"#),
            consent(6, "2015-04-01", "1987-02-09", Standing::Transcribed),
        ];
        for (day, expected) in [
            ("2013-06-05", ""),
            ("2013-06-06", "1987-02-09 [0]"),
            ("2013-11-17", "1987-02-09 [0]"),
            ("2013-11-18", "1989-04-06 [0, 1]"),
            ("2014-01-27", "1987-02-09 [0, 1, 2]"),
            ("2014-07-10", "1989-04-06 [0, 1, 2, 3, 4]"),
            // "Seen in March" counts on the last day of March.
            ("2015-03-30", "1989-04-06 [0, 1, 2, 3, 4]"),
            ("2015-03-31", ""),
            ("2015-04-01", "1987-02-09 [6]"),
        ] {
            assert_eq!(says(&facts, day), expected, "{day}");
        }
    }

    /// An archive comes in as it is found: what was seen last counts, whenever it was recorded.
    #[test]
    fn the_order_is_that_of_seeing() {
        let facts = [
            consent(0, "2013-06-06", "1987-02-09", Standing::Transcribed),
            correction(1, 0, "2015-03-14", r#""date":"1987-02-10""#),
            correction(2, 0, "2013-11-18", r#""date":"1989-04-06""#),
        ];
        assert_eq!(says(&facts, "2014-01-01"), "1989-04-06 [0, 2]");
        assert_eq!(says(&facts, "2016-01-01"), "1987-02-10 [0, 2, 1]");
    }

    /// What a state or a depositary says itself was in no table, however early it was said.
    #[test]
    fn only_transcriptions_were_seen() {
        let facts = [
            consent(0, "2013-06-06", "1987-02-09", Standing::Own),
            consent(1, "2013-06-06", "1989-04-06", Standing::Transcribed),
            consent(2, "2013-06-06", "1987-02-09", Standing::Depositary),
        ];
        assert_eq!(says(&facts, "2020-01-01"), "1989-04-06 [1]");
    }
}
