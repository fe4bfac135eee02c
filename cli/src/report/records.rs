//! The records of a page, in columns, with what stands beside each: flags, answers, corrections.
//! Not here: what rests on them (`data`).

use std::collections::HashMap;
use std::sync::Arc;

use answerable_ledger::projection::question::Question;
use answerable_schemas::history::{Fact, Lookup};
use answerable_schemas::law::Flag;
use answerable_schemas::law::replies::answers;
use answerable_schemas::{Body, StreamName};

use crate::words;

/// Every record that is known, by seq, and what answers show beside it.
pub struct Records {
    pub facts: Vec<Arc<Fact>>,
    pub flags: Vec<Flag>,
    /// What is answered to a record.
    pub answers: Vec<(u64, String)>,
    /// A record, one that corrects it, and 1 where that says that it never happened.
    pub corrected: Vec<(u64, u64, u8)>,
    /// A record, and a file that it names.
    pub attached: Vec<(u64, String)>,
    /// Streams by their first record, so that most records are of the last stream or of a new one.
    pub streams: Vec<StreamName>,
    /// Of each record, its stream's place in `streams`.
    pub stream_of: Vec<usize>,
}

impl Records {
    pub fn of(q: &Question<'_>) -> Lookup<Self> {
        let history = q.history();
        let (mut facts, mut flags, mut said, mut corrected) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for name in history.streams_with_prefix("")? {
            let of_stream = history.stream(&name)?;
            flags.extend(q.flags_of(&of_stream)?);
            said.extend(answers(&of_stream, q.tainted()).into_values().map(|a| (a.seq, words::answered(&a))));
            for fact in &of_stream {
                let Some(correction) = fact.body.correction() else { continue };
                let target = of_stream.iter().find(|f| f.id == correction.target);
                corrected.extend(target.map(|target| (target.seq, fact.seq, u8::from(correction.retracted))));
            }
            facts.extend(of_stream);
        }
        facts.sort_unstable_by_key(|f| f.seq);
        flags.sort_unstable_by(|a, b| (a.seq, a.code, &a.message).cmp(&(b.seq, b.code, &b.message)));
        flags.dedup();
        said.sort_unstable();
        corrected.sort_unstable();
        let attached = attached(&facts);
        let (mut streams, mut stream_of, mut places) = (Vec::new(), Vec::new(), HashMap::new());
        for fact in &facts {
            let place = *places.entry(fact.stream.clone()).or_insert_with(|| {
                streams.push(fact.stream.clone());
                streams.len() - 1
            });
            stream_of.push(place);
        }
        Ok(Self { facts, flags, answers: said, corrected, attached, streams, stream_of })
    }
}

/// Every file that a record names, and which record says that it was erased.
fn attached(facts: &[Arc<Fact>]) -> Vec<(u64, String)> {
    let erasures = facts.iter().filter_map(|f| match &f.body {
        Body::AttachmentErased(e) => Some(((e.event, e.sha256.to_string()), f.seq)),
        _ => None,
    });
    let erased: HashMap<_, u64> = erasures.collect();
    let mut files = Vec::new();
    for fact in facts {
        for file in &fact.attachments {
            let gone = erased.get(&(fact.id, file.sha256.to_string()));
            let gone = gone.map_or_else(String::new, |seq| format!(", erased by record {seq}"));
            let said = format!("{}, {} bytes, SHA-256 {}{gone}", file.media_type, file.size, file.sha256);
            files.push((fact.seq, said));
        }
    }
    files
}
