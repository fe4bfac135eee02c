//! The figures `append-one` and `append-batch-100`: durable appends to a copy of the ledger, by the call that the command
//! uses, with events that were signed before. The floor is a bare loop of the writes and syncs that durability asks for.
//! Not here: admission itself (the crate `answerable-ledger`).

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::Path;

use answerable_ledger::Ledger;
use answerable_ledger::append::Appended;
use answerable_schemas::Instant;
use answerable_schemas::envelope::Seen;
use answerable_verifier::record::SignedEvent;
use serde_json::json;

use crate::Bench;
use crate::author::{Act, FOUNDER, LogSigner, Place, signed};
use crate::data::{Data, copy_folder, create, remove};
use crate::error::BenchError;
use crate::measure::{Cost, Row, Run, in_turn, timed};
use crate::stories::COUNCIL;

/// How many appends make one run, and of how many events each.
pub type Shape = (&'static str, usize, usize);

pub const ONE: Shape = ("append-one", 200, 1);
pub const BATCH: Shape = ("append-batch-100", 20, 100);

pub fn figure(bench: &Bench, data: &Data, shape: Shape) -> Result<Vec<Row>, BenchError> {
    let (_, calls, each) = shape;
    let bare = bench.work().join("append-floor");
    remove(&bare)?;
    create(&bare)?;
    let (ledger, _) = Ledger::open(&data.ledger())?;
    let record =
        events(&ledger, 0, 1)?.remove(0).record_line(ledger.checkpoint.size, &ledger.judge.head.leaf, issued(&ledger));
    drop(ledger);
    let line = vec![b'x'; (record.len() + 1) * each];
    let floor = || timed(|| bare_loop(&bare, &line, calls)).map(|(seconds, ())| Cost::here(seconds, 1));
    let rows = beside(bench, data, shape, vec![("bare loop: same writes, 3 syncs".into(), Box::new(floor))])?;
    remove(&bare)?;
    Ok(rows)
}

/// The figure beside any floors, each of which writes as many records in one run.
pub fn beside(
    bench: &Bench,
    data: &Data,
    (name, calls, each): Shape,
    floors: Vec<(String, Run<'_>)>,
) -> Result<Vec<Row>, BenchError> {
    let copy = bench.work().join("append");
    remove(&copy)?;
    copy_folder(&data.ledger(), &copy)?;
    let (mut ledger, _) = Ledger::open_to_write(&copy, &LogSigner)?;
    let mut first = 0;
    let run = || {
        let events = events(&ledger, first, calls * each)?;
        first += events.len() as u64;
        let (seconds, ()) = timed(|| append(&mut ledger, &events, each))?;
        Ok(Cost::here(seconds, 1))
    };
    let rows = in_turn(name, data.records, ("s per record", (calls * each) as f64), Box::new(run), floors)?;
    remove(&copy)?;
    Ok(rows)
}

/// The clock stands still at the last record.
fn issued(ledger: &Ledger) -> Instant {
    ledger.judge.head.recorded.expect("a ledger has records")
}

/// Decisions that a transcriber read somewhere, each a story of its own.
fn events(ledger: &Ledger, first: u64, count: usize) -> Result<Vec<SignedEvent>, BenchError> {
    let seen = Seen { root: ledger.checkpoint.root.to_base64(), size: ledger.checkpoint.size };
    let issued = issued(ledger);
    let one = |n: u64| {
        let decision = format!("S/BENCH/{n}(2020)");
        let body = json!({
            "decision": decision, "organ": COUNCIL,
            "title": "Threats to international peace and security: protection of civilians in armed conflict",
            "votes": {"abstaining": 1, "against": 0, "in_favour": 14},
        });
        let act = Act {
            actor: FOUNDER.into(),
            kind: "decision.adopted",
            effective: "2020-05-29".into(),
            body,
            source: Some((decision, format!("bench:{n}"))),
        };
        let ledger = Some(ledger.config.ledger_id);
        signed(act, Place { follows: None, issued, ledger, nonce: u64::MAX - n, seen: Some(seen.clone()) })
    };
    (first..first + count as u64).map(one).collect()
}

fn append(ledger: &mut Ledger, events: &[SignedEvent], each: usize) -> Result<(), BenchError> {
    for batch in events.chunks(each) {
        let now = issued(ledger);
        for outcome in ledger.append(batch, now, true, &LogSigner)? {
            if let Appended::Refused(fault) = outcome {
                return Err(BenchError::Refused(*fault));
            }
        }
    }
    Ok(())
}

/// For each call, what must be on the disk before an append is acknowledged: the log's line, synced; the checkpoint, synced,
/// put in its place, and its folder synced. What is derived is written and not synced: two tiles, an offset, the index.
fn bare_loop(folder: &Path, line: &[u8], calls: usize) -> Result<(), BenchError> {
    let io = BenchError::io(folder);
    let open = |name: &str| OpenOptions::new().create(true).append(true).open(folder.join(name));
    let tiles = folder.join("tile");
    create(&tiles)?;
    let work = |call: usize| -> std::io::Result<()> {
        let mut log = open("log")?;
        log.write_all(line)?;
        log.sync_data()?;
        for level in 0..2 {
            let path = tiles.join(format!("{level}-{call}"));
            let temporary = path.with_extension("tmp");
            fs::write(&temporary, [7; 4096])?;
            fs::rename(&temporary, &path)?;
        }
        open("offsets")?.write_all(&[7; 8])?;
        let checkpoint = folder.join("checkpoint");
        let temporary = folder.join("checkpoint.tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(&[7; 300])?;
        file.sync_all()?;
        fs::rename(&temporary, &checkpoint)?;
        File::open(folder)?.sync_all()?;
        open("index")?.write_all(&[7; 512])
    };
    (0..calls).try_for_each(work).map_err(io)
}
