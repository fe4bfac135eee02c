//! A batch on its way to the disk: what is written, in which order, and when it counts (docs/FORMAT.md, "When is a record
//! in?"). It has no part in the ledger, so that the ledger can judge the next batch meanwhile.
//! Not here: judging (`append`).

use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::exported::{SEGMENT, kept_name};
use answerable_verifier::judge::Judge;
use answerable_verifier::tiles::Tile;

use crate::append::Appended;
use crate::derived::Entries;
use crate::error::StoreError;
use crate::files::write_durably;
use crate::index::Snapshot;
use crate::log::Log;
use crate::signing::{self, CheckpointSigner};
use crate::store::Ledger;
use crate::tiles::Tiles;

/// The index is written when it lags this many records behind, and when the ledger is closed.
const INDEX_AFTER: u64 = 4096;

/// Lines for one segment of the log, each with its LF.
pub(crate) struct Lines {
    pub segment: u64,
    pub bytes: Vec<u8>,
    /// The segment begins with them.
    pub first: bool,
}

/// All that makes a batch durable.
pub(crate) struct Sealed {
    root: PathBuf,
    log: Log,
    lines: Vec<Lines>,
    tiles: Vec<Tile>,
    offsets: Entries,
    checkpoint: Checkpoint,
    /// Its signed note.
    signed: Vec<u8>,
    /// It is kept for good: it is what vouches for new log keys.
    hands_over: bool,
    /// Behind it the index is due.
    snapshot: Option<Snapshot>,
}

/// A sealed batch that is being written, and what became of its events.
pub(crate) struct Behind {
    writing: JoinHandle<Result<Sealed, StoreError>>,
    pub outcome: Vec<Appended>,
}

impl Sealed {
    /// Writes and syncs all of it. The checkpoint comes last: without it nothing counts.
    pub fn write(self) -> Result<Self, StoreError> {
        for Lines { segment, bytes, first } in &self.lines {
            self.log.append(*segment, bytes, *first)?;
        }
        Tiles::write(&self.root, &self.tiles)?;
        self.offsets.write()?;
        if self.hands_over {
            write_durably(&self.root.join("checkpoints").join(kept_name(self.checkpoint.size)), &self.signed)?;
        }
        write_durably(&self.root.join("checkpoint"), &self.signed)?;
        Ok(self)
    }

    /// Begins to write it.
    pub fn write_behind(self, outcome: Vec<Appended>) -> Behind {
        Behind { writing: thread::spawn(|| self.write()), outcome }
    }
}

impl Behind {
    /// Waits until it is written.
    pub fn wait(self) -> Result<(Sealed, Vec<Appended>), StoreError> {
        let sealed = self.writing.join().expect("writing a batch does not panic")?;
        Ok((sealed, self.outcome))
    }
}

impl Ledger {
    /// Closes the open batch: nothing is written yet, and nothing that the ledger does from now on changes what will be.
    /// `lines` are empty where they are in the log already. The batch before must have been written.
    pub(crate) fn seal(&mut self, lines: Vec<Lines>, signer: &dyn CheckpointSigner) -> Result<Sealed, StoreError> {
        let old_size = self.judge.past.size();
        debug_assert!(lines.iter().all(|l| l.segment == old_size / SEGMENT || l.first));
        // A key that is lost is not asked for here: the change that states its loss ends a batch.
        let keys = signing::signers(&self.judge.authority.log_verifiers(), self.handover.as_ref(), signer)?;
        let Judge { head, authority, past, .. } = &mut self.judge;
        let checkpoint =
            Checkpoint { origin: self.config.origin.clone(), size: past.frontier.size(), root: past.frontier.root() };
        let tiles = past.tiles.grown(old_size, &past.pending_leaves)?;
        let snapshot =
            past.seal(INDEX_AFTER).then(|| Snapshot { size: head.size, leaf: head.leaf, authority: authority.clone() });
        Ok(Sealed {
            root: self.root.clone(),
            log: past.log.clone(),
            lines,
            tiles,
            offsets: past.offsets.entries(old_size),
            signed: signing::sign(&checkpoint, &keys, signer)?.into_bytes(),
            checkpoint,
            hands_over: self.handover.take().is_some(),
            snapshot,
        })
    }

    /// A batch is on the disk, and counts. Nobody waits for the index: until then the records are at hand in memory, and after
    /// a crash the next opening derives what is missing.
    pub(crate) fn acknowledge(&mut self, written: Sealed) -> Result<(), StoreError> {
        self.judge.past.settle(written.checkpoint.size);
        self.checkpoint = written.checkpoint;
        self.signed_checkpoint = written.signed;
        written.snapshot.map_or(Ok(()), |snapshot| self.judge.past.write_index(&snapshot))
    }
}
