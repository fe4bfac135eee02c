//! Kills (SIGKILL) at random moments, one after the other on one ledger that grows: appends, imports, exports, publications.
//! Not here: the power going with the process (`lost_writes`), kills between two given system calls (`injection`).

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use answerable_tests::dice::{Dice, setting};
use answerable_tests::writing::{IMPORT, registration, table_from};
use answerable_tests::{Output, Pins, World};

use crate::judge::{acknowledged, audited, first_records, log_of, no_panic, page_of, ran, records, verified};
use crate::tally::Tally;

/// Kills; `ANSWERABLE_KILLS` is another number.
const KILLS: u64 = 200;
/// Rows of a table: three batches, so that one is acknowledged while the next is drafted.
const ROWS: u64 = 4_500;
/// Events of one append.
const BATCH: usize = 6;

const WORK: [&str; 5] = ["append of one", "append of a batch", "import", "export", "publish"];

/// The ledger, and what it has told.
struct Life<'a> {
    tally: &'a Tally,
    world: World,
    pins: Pins,
    dice: Dice,
    /// The log under the newest checkpoint, as it was read last: all of it was acknowledged.
    settled: Vec<u8>,
    /// How long each kind of work took at most when it was not killed.
    lasts: [Duration; 5],
    /// Event files that are not known to be in, by number.
    made: usize,
    /// The next row of the table.
    row: u64,
    unfinished_table: bool,
}

impl Life<'_> {
    fn arguments(&mut self, kind: usize) -> Vec<String> {
        let mut arguments: Vec<String> = match kind {
            0 | 1 => vec!["append".into(), "--format".into(), "jsonl".into()],
            2 => {
                // A table that was cut short is imported again: what is in stays in once.
                if !self.unfinished_table {
                    table_from(&self.world, self.row, ROWS);
                    self.row += ROWS;
                }
                self.unfinished_table = true;
                IMPORT.map(String::from).to_vec()
            }
            3 => vec!["export".into(), "copy".into()],
            _ => vec!["publish".into(), "public".into()],
        };
        if kind < 2 {
            for _ in 0..[1, BATCH][kind] {
                self.made += 1;
                arguments.push(registration(&self.world, &format!("org:e-{}", self.made)));
            }
        }
        if kind == 3 {
            let _ = fs::remove_dir_all(self.world.at("copy"));
        }
        arguments
    }

    /// Runs a command; kills it after `moment`, if it still runs. Answers what it said, and whether it was killed.
    fn run(&self, arguments: &[String], moment: Option<Duration>) -> (Output, bool) {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = self.world.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let (mut out, mut err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
        let read = thread::spawn(move || {
            let mut text = String::new();
            out.read_to_string(&mut text).map(|_| text)
        });
        let read_err = thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).map(|_| text)
        });
        if let Some(moment) = moment {
            thread::sleep(moment);
            let _ = child.kill();
        }
        let status = child.wait().expect("it ended");
        let text = |reader: thread::JoinHandle<std::io::Result<String>>| reader.join().expect("reads").expect("UTF-8");
        let output = Output { code: status.code().unwrap_or(-1), stdout: text(read), stderr: text(read_err) };
        (output, status.code().is_none())
    }

    /// One kill, or one try of it.
    fn turn(&mut self) -> Result<bool, String> {
        let kind = self.dice.below(WORK.len());
        let arguments = self.arguments(kind);
        let moment = self.lasts[kind].mul_f64(self.dice.share() * 1.05);
        let begun = Instant::now();
        let (said, killed) = self.run(&arguments, Some(moment));
        no_panic(&said)?;
        if !killed {
            self.lasts[kind] = begun.elapsed().max(self.lasts[kind].mul_f64(0.9));
            if said.code != 0 {
                return Err(format!("{}: exit {}: {}", WORK[kind], said.code, said.stderr));
            }
            self.unfinished_table &= kind != 2;
        } else {
            // A kill may come later than was thought, as the ledger grows.
            self.lasts[kind] = self.lasts[kind].mul_f64(1.01);
            self.tally.count(format!("kills of {}", WORK[kind]));
        }
        let told = acknowledged(&self.world, records(&self.settled), &said)?;
        self.tally.add(
            "records acknowledged by what was killed",
            usize::from(killed) * (records(&told) - records(&self.settled)) as usize,
        );
        self.still_there(records(&told))?;
        match kind {
            3 => self.exported(said.code == 0)?,
            4 => self.published(said.code == 0)?,
            _ => {}
        }
        Ok(killed)
    }

    /// The log of the moment before is a prefix of the log now, and a reader sees at least what was acknowledged.
    fn still_there(&mut self, told: u64) -> Result<(), String> {
        let log = log_of(&self.world, "ledger");
        if !log.starts_with(&self.settled) {
            return Err("the log does not begin with the log of the moment before".into());
        }
        let size = self.world.size();
        if size < told {
            return Err(format!("{size} records are left of {told}"));
        }
        let under = first_records(&log, size).ok_or("the log is shorter than its checkpoint")?;
        if log.len() > under.len() {
            self.tally.count("unacknowledged ends found");
        }
        self.settled = under.to_vec();
        ran(&self.world, &["status"], &[0])?;
        Ok(())
    }

    fn exported(&self, told: bool) -> Result<(), String> {
        match self.world.at("copy").exists() {
            true => audited(&self.world, "copy", &self.pins).map(drop),
            false if told => Err("an export that was told of is not there".into()),
            false => Ok(()),
        }
    }

    /// By its checkpoint, what is published is whole at any moment; the plain records run ahead until it is replaced.
    fn published(&self, told: bool) -> Result<(), String> {
        page_of(&self.world, "public", told || self.world.at("public/checkpoint").exists())?;
        if told || !self.world.at("public/checkpoint").exists() {
            return if told { audited(&self.world, "public", &self.pins).map(drop) } else { Ok(()) };
        }
        let _ = fs::remove_dir_all(self.world.at("fetched"));
        answerable_tests::copy_tree(&self.world.at("public"), &self.world.at("fetched"));
        let _ = fs::remove_dir_all(self.world.at("fetched/log"));
        audited(&self.world, "fetched", &self.pins).map(drop)
    }
}

#[test]
#[ignore = "endurance"]
fn kills() {
    let tally = Tally::new("kills");
    let wanted = setting("ANSWERABLE_KILLS").unwrap_or(KILLS);
    let world = World::bare();
    let pins = world.pins();
    let settled = log_of(&world, "ledger");
    let dice = Dice::of(tally.seed, "kills", 0);
    let mut life = Life {
        tally: &tally,
        world,
        pins,
        dice,
        settled,
        lasts: Default::default(),
        made: 0,
        row: 1,
        unfinished_table: false,
    };
    for kind in 0..WORK.len() {
        let arguments = life.arguments(kind);
        let begun = Instant::now();
        let (said, _) = life.run(&arguments, None);
        said.expect(0);
        life.lasts[kind] = begun.elapsed();
        life.unfinished_table = false;
    }
    life.settled = log_of(&life.world, "ledger");
    let (mut kills, mut turns) = (0, 0);
    while kills < wanted && turns < wanted * 5 {
        turns += 1;
        match life.turn() {
            Ok(killed) => kills += u64::from(killed),
            Err(why) => {
                tally.wrong(format!("turn {turns}: {why}"));
                break;
            }
        }
    }
    tally.add("turns that ended before the kill", (turns - kills) as usize);
    assert!(kills >= wanted.min(1), "no command was killed: the moments are badly spread");
    // In the end all goes on: everything that was begun is finished, and an auditor finds it true.
    let mut end = || {
        ran(&life.world, &IMPORT, &[0])?;
        let files: Vec<String> = (1..=life.made).map(|i| format!("org-e-{i}.event.json")).collect();
        for files in files.chunks(100) {
            let files: Vec<&str> = files.iter().map(String::as_str).collect();
            ran(&life.world, &[&["append"], &files[..]].concat(), &[0])?;
        }
        life.still_there(0)?;
        let wanted = 3 + life.row - 1 + life.made as u64;
        if life.world.size() != wanted {
            return Err(format!(
                "{} records at the end, not {wanted}: some are missing or there twice",
                life.world.size()
            ));
        }
        ran(&life.world, &["check", "--dry-run"], &[0])?;
        let _ = fs::remove_dir_all(life.world.at("copy"));
        ran(&life.world, &["publish", "public"], &[0])?;
        audited(&life.world, "public", &life.pins)?;
        verified(&life.world, &life.pins)
    };
    if tally.take("at the end", end()).is_some() {
        tally.add("records verified at the end", life.world.size() as usize);
    }
    tally.tell();
}
