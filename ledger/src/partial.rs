//! A partial export: the records of one stream or one actor with their proofs, the records that introduce the keys
//! which sign them, and, of a stream, the newest count that has it.
//! Not here: how a part is judged (`answerable_verifier::partial`), whole exports (`export`).

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use answerable_schemas::catalogue::Body;
use answerable_schemas::governance::{counts_stream, governance_stream};
use answerable_schemas::{ActorId, History, KeyName, StreamName};
use answerable_verifier::authority::introduced_keys;
use answerable_verifier::counts::{CountProof, StreamTree};
use answerable_verifier::judge::Past;
use answerable_verifier::partial::{COUNT, RECORDS, SELECTION, Selection, proof_path};
use answerable_verifier::record::Record;

use crate::error::StoreError;
use crate::files::{beside, io, lies_there, sync_folder_of, write_durably};
use crate::store::Ledger;

/// What a part holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    selection: Selection,
    /// The records that were asked for, and those that introduce keys or count, ascending.
    seqs: BTreeSet<u64>,
    count: Option<CountProof>,
    /// How many were asked for.
    pub asked_for: usize,
}

impl Part {
    pub fn records(&self) -> usize {
        self.seqs.len()
    }
}

impl Ledger {
    /// All that was said in a stream, with the newest count that has the stream.
    pub fn part_of_stream(&self, stream: &StreamName) -> Result<Part, StoreError> {
        let facts = self.past().stream(stream).map_err(|e| StoreError::Derived(e.to_string()))?;
        let seqs = facts.iter().map(|fact| fact.seq).collect();
        let count = self.count_of(stream)?;
        self.part(Selection::of_stream(self.config.ledger_id, stream.clone()), seqs, count)
    }

    /// All that an actor said. Reads every record.
    pub fn part_of_actor(&self, actor: &ActorId) -> Result<Part, StoreError> {
        let mut seqs = BTreeSet::new();
        for seq in 0..self.checkpoint.size {
            if self.past().fact(seq)?.actor == *actor {
                seqs.insert(seq);
            }
        }
        self.part(Selection::of_actor(self.config.ledger_id, actor.clone()), seqs, None)
    }

    /// The newest count of the streams, if this one has records among those counted: its seq, and the proof.
    fn count_of(&self, stream: &StreamName) -> Result<Option<(u64, CountProof)>, StoreError> {
        let derived = |e: answerable_schemas::history::HistoryError| StoreError::Derived(e.to_string());
        let Some(newest) = self.past().stream(&counts_stream()).map_err(derived)?.pop() else { return Ok(None) };
        let Body::StreamsCounted(claim) = &newest.body else { return Ok(None) };
        let tree = StreamTree::of(&self.past().stream_counts(claim.size).map_err(derived)?);
        if tree.root().to_base64() != claim.root {
            return Err(StoreError::Derived(format!("the index does not give the count in record {}", newest.seq)));
        }
        Ok(tree.prove(stream).map(|proof| (newest.seq, proof)))
    }

    fn part(
        &self,
        selection: Selection,
        mut seqs: BTreeSet<u64>,
        count: Option<(u64, CountProof)>,
    ) -> Result<Part, StoreError> {
        let asked_for = seqs.len();
        seqs.extend(count.as_ref().map(|(seq, _)| *seq));
        let introduced = self.introductions()?;
        let mut open: Vec<u64> = seqs.iter().copied().collect();
        while let Some(seq) = open.pop() {
            let record = self.past().record(seq)?;
            // Who introduces a key was introduced itself, up to the founders.
            open.extend(
                record.event().signers.iter().filter_map(|key| introduced.get(key)).filter(|s| seqs.insert(**s)),
            );
        }
        Ok(Part { selection, seqs, count: count.map(|(_, proof)| proof), asked_for })
    }

    /// The record that introduces each key.
    fn introductions(&self) -> Result<BTreeMap<KeyName, u64>, StoreError> {
        let derived = |e: answerable_schemas::history::HistoryError| StoreError::Derived(e.to_string());
        let mut streams = self.past().streams_with_prefix("keys:").map_err(derived)?;
        streams.push(governance_stream());
        let mut introduced = BTreeMap::new();
        for stream in streams {
            for fact in self.past().stream(&stream).map_err(derived)? {
                introduced
                    .extend(introduced_keys(&fact.body).into_iter().map(|(form, _)| (form.key.clone(), fact.seq)));
            }
        }
        Ok(introduced)
    }

    /// Writes a part to a new folder, made beside its place and moved there whole.
    pub fn export_part(&self, part: &Part, to: &Path) -> Result<(), StoreError> {
        if lies_there(to)? {
            return Err(StoreError::Exists(to.to_owned()));
        }
        let building = beside(to, ".exporting");
        let _ = fs::remove_dir_all(&building);
        let proofs = building.join("proofs");
        fs::create_dir_all(&proofs).map_err(io(&proofs))?;
        let mut lines = Vec::new();
        for seq in &part.seqs {
            let receipt = self.receipt(*seq)?;
            let path = building.join(proof_path(*seq));
            let mut file = File::create(&path).map_err(io(&path))?;
            file.write_all(receipt.proof.as_bytes()).and_then(|()| file.sync_all()).map_err(io(&path))?;
            debug_assert!(Record::parse(&receipt.line).is_ok_and(|r| r.seq == *seq));
            lines.extend_from_slice(&receipt.line);
            lines.push(b'\n');
        }
        sync_folder_of(&proofs.join("a proof"))?;
        write_durably(&building.join(RECORDS), &lines)?;
        if let Some(count) = &part.count {
            write_durably(&building.join(COUNT), &count.to_file())?;
        }
        write_durably(&building.join(SELECTION), &part.selection.to_file())?;
        fs::rename(&building, to).map_err(io(to))?;
        sync_folder_of(to)
    }
}
