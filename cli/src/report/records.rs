//! The records of a page, in columns, with what stands beside each: flags, answers, corrections.
//! Not here: what rests on them (`data`).

use std::collections::HashMap;
use std::sync::Arc;

use answerable_ledger::projection::question::Question;
use answerable_schemas::StreamName;
use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::law::replies::answers;
use answerable_schemas::law::{Flag, flags_of};

use crate::words;

/// Every record that is known, by seq, and what answers show beside it.
pub struct Records {
    pub facts: Vec<Arc<Fact>>,
    pub flags: Vec<Flag>,
    /// What is answered to a record.
    pub answers: Vec<(u64, String)>,
    /// A record, and one that corrects it.
    pub corrected: Vec<(u64, u64)>,
    /// Streams by their first record, so that most records are of the last stream or of a new one.
    pub streams: Vec<StreamName>,
    /// Of each record, its stream's place in `streams`.
    pub stream_of: Vec<usize>,
}

impl Records {
    pub fn of(q: &Question<'_>) -> Lookup<Self> {
        let history = q.history();
        let tainted = Tainted::of(history)?;
        let (mut facts, mut flags, mut said, mut corrected) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for name in history.streams_with_prefix("")? {
            let of_stream = history.stream(&name)?;
            flags.extend(flags_of(history, &of_stream, &tainted)?);
            said.extend(answers(&of_stream, &tainted).into_values().map(|a| (a.seq, words::answered(&a))));
            for fact in &of_stream {
                let target = fact.body.correction().map(|c| c.target);
                let target = target.and_then(|id| of_stream.iter().find(|f| f.id == id));
                corrected.extend(target.map(|target| (target.seq, fact.seq)));
            }
            facts.extend(of_stream);
        }
        facts.sort_unstable_by_key(|f| f.seq);
        flags.sort_unstable_by(|a, b| (a.seq, a.code, &a.message).cmp(&(b.seq, b.code, &b.message)));
        flags.dedup();
        said.sort_unstable();
        corrected.sort_unstable();
        let (mut streams, mut stream_of, mut places) = (Vec::new(), Vec::new(), HashMap::new());
        for fact in &facts {
            let place = *places.entry(fact.stream.clone()).or_insert_with(|| {
                streams.push(fact.stream.clone());
                streams.len() - 1
            });
            stream_of.push(place);
        }
        Ok(Self { facts, flags, answers: said, corrected, streams, stream_of })
    }
}
