//! Every single-bit flip of a small ledger, of its export and of its publication: an auditor never finds it true, a reader is never given another
//! record or fewer of them, and nothing panics.
//! Not here: flips that are judged one by one, by their place (`tamper`).

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;

use answerable_ledger::Ledger;
use answerable_ledger::publish::PAGE;
use answerable_tests::dice::{Dice, setting};
use answerable_tests::writing::registration;
use answerable_tests::{Pins, Tree, World, read_tree, write_tree};
use answerable_verifier::audit::{self, audit};
use answerable_verifier::note::VerifierKey;
use answerable_verifier::report::Verdict;

use crate::judge::{Found, is_sound_or_refuses, log_of};
use crate::tally::{Tally, on_all_cores};

/// Flips that the programs themselves are run on; `ANSWERABLE_FLIPS` is another number.
const BY_PROGRAMS: u64 = 600;

/// Flips in the page of a published folder, whose bits are more than a million.
const OF_THE_PAGE: usize = 2_000;
const PAGE_NAME: &str = "index.html";

/// A file and a bit of it.
type Bit = (String, usize);

/// All bits of the files that `wanted` takes; a share of them, for who cannot wait.
fn bits(tree: &Tree, dice: &mut Dice, wanted: impl Fn(&str) -> bool) -> Vec<Bit> {
    let share = setting("ANSWERABLE_SHARE").unwrap_or(100) as usize;
    let files = tree.iter().filter_map(|(name, bytes)| Some((name, bytes.as_ref()?.len() * 8)));
    let all = files.filter(|(name, _)| wanted(name)).flat_map(|(name, len)| (0..len).map(|bit| (name.clone(), bit)));
    all.filter(|_| dice.below(100) < share).collect()
}

fn flipped(tree: &Tree, (name, bit): &Bit) -> Vec<u8> {
    let mut bytes = tree[name].clone().expect("a file");
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

/// Work on flips, in folders of its own.
fn on_flips(tally: &Tally, tree: &Tree, flips: &[Bit], judge: impl Fn(&Path) -> Result<String, String> + Sync) {
    let free: Mutex<Vec<World>> = Mutex::default();
    on_all_cores(flips, |flip| {
        let world = free.lock().unwrap().pop().unwrap_or_else(|| {
            let world = World::empty();
            write_tree(tree, &world.at("it"));
            world
        });
        let folder = world.at("it");
        fs::write(folder.join(&flip.0), flipped(tree, flip)).expect("it is there");
        let judged = catch_unwind(AssertUnwindSafe(|| judge(&folder))).unwrap_or(Err("a panic".into()));
        if let Some(what) = tally.take(&format!("bit {} of {}", flip.1, flip.0), judged) {
            tally.count(what);
        }
        // What was judged may have written: all is put back.
        let now = read_tree(&folder);
        for (name, bytes) in tree.iter().filter(|(name, bytes)| bytes.is_some() && now.get(*name) != Some(*bytes)) {
            fs::create_dir_all(folder.join(name).parent().expect("a folder")).expect("a folder");
            fs::write(folder.join(name), bytes.as_ref().expect("a file")).expect("it is put back");
        }
        for name in now.keys().filter(|name| !tree.contains_key(*name)) {
            let _ = fs::remove_file(folder.join(name));
        }
        free.lock().unwrap().push(world);
    });
}

fn pinned(pins: &Pins) -> audit::Pins {
    audit::Pins {
        ledger_id: Some(pins.ledger_id.parse().expect("a hash")),
        log_keys: vec![VerifierKey::parse(&pins.log_key).expect("a vkey")],
        ..Default::default()
    }
}

/// The rules that a founding names lie among the attachments: a quarter of a million bits that are only hashed, so one in twenty.
#[test]
#[ignore = "endurance"]
fn flips_of_an_export() {
    let tally = Tally::new("flips of an export");
    let world = World::small();
    world.ok(&["export", "export"]);
    let pins = pinned(&world.pins());
    let tree = read_tree(&world.at("export"));
    let mut dice = Dice::of(tally.seed, "export", 0);
    let mut flips = bits(&tree, &mut dice, |_| true);
    flips.retain(|(name, _)| !name.starts_with("attachments/") || dice.below(20) == 0);
    on_flips(&tally, &tree, &flips, |folder| match audit(folder, &pins, &mut |_| {}) {
        Ok(report) if report.verdict == Verdict::Verified => Err("found true".into()),
        Ok(report) => Ok(format!("found {:?}", report.verdict).to_lowercase()),
        Err(e) => Err(format!("could not be read: {e}")),
    });
    tally.tell();
}

/// Of a published folder, tiles and bundles are judged too. The page is not: it is code for a browser, which the server may
/// alter as it likes, and an auditor's verdict never rests on it (docs/THREATS.md). So no flip in it changes the verdict.
#[test]
#[ignore = "endurance"]
fn flips_of_a_publication() {
    let tally = Tally::new("flips of a publication");
    let world = World::small();
    world.ok(&["publish", "public"]);
    let pins = pinned(&world.pins());
    let tree = read_tree(&world.at("public"));
    let mut dice = Dice::of(tally.seed, "publication", 0);
    // The attachments' bits are those of the export.
    let mut flips = bits(&tree, &mut dice, |name| !name.starts_with("attachments/") && name != PAGE_NAME);
    let page = tree[PAGE_NAME].as_ref().expect("a page").len() * 8;
    flips.extend((0..OF_THE_PAGE).map(|_| (PAGE_NAME.to_owned(), dice.below(page))));
    let of_the_page = |folder: &Path| fs::read(folder.join(PAGE_NAME)).expect("a page") != PAGE;
    on_flips(&tally, &tree, &flips, |folder| match (audit(folder, &pins, &mut |_| {}), of_the_page(folder)) {
        (Ok(report), true) if report.verdict == Verdict::Verified => Ok("in the page: found true, as it is".into()),
        (Ok(report), true) => Err(format!("a flip in the page made it {:?}", report.verdict)),
        (Ok(report), false) if report.verdict == Verdict::Verified => Err("found true".into()),
        (Ok(report), false) => Ok(format!("found {:?}", report.verdict).to_lowercase()),
        (Err(e), _) => Err(format!("could not be read: {e}")),
    });
    tally.tell();
}

/// A reader opens the ledger and reads all: it is given each acknowledged record as it was, or an error. What is derived is
/// made again; nothing acknowledged is changed by reading.
#[test]
#[ignore = "endurance"]
fn flips_of_a_ledger() {
    let tally = Tally::new("flips of a ledger");
    let world = World::small();
    let size = world.size();
    let whole: Vec<Vec<u8>> = log_of(&world, "ledger").split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
    let tree = read_tree(&world.at("ledger"));
    let truth = |name: &str| !name.starts_with("attachments/") && !name.starts_with("index/streams");
    let flips = bits(&tree, &mut Dice::of(tally.seed, "ledger", 0), truth);
    on_flips(&tally, &tree, &flips, |folder| {
        let read = || -> Result<Vec<Vec<u8>>, String> {
            let (ledger, _) = Ledger::open(folder).map_err(|e| e.code().to_owned())?;
            (0..ledger.past().size()).map(|seq| ledger.past().line(seq).map_err(|e| e.code().to_owned())).collect()
        };
        match read() {
            Err(code) => Ok(format!("refused with {code}")),
            Ok(lines) if lines.len() as u64 != size => Err(format!("{} records are read of {size}", lines.len())),
            Ok(lines) if lines[..] != whole[..lines.len()] => Err("another record is read".into()),
            Ok(_) => Ok("read as it was".into()),
        }
    });
    tally.tell();
}

/// The programs, on some flips of all files, the index's too: they answer, append and are found true, or refuse with the
/// reason.
#[test]
#[ignore = "endurance"]
fn flips_by_programs() {
    let tally = Tally::new("flips, by the programs");
    let origin = World::small();
    let next = registration(&origin, "org:next");
    origin.ok(&["status"]);
    let (pins, log) = (origin.pins(), log_of(&origin, "ledger"));
    let tree = read_tree(&origin.at("ledger"));
    let mut dice = Dice::of(tally.seed, "programs", 0);
    // A file first, then a bit of it: the index is a hundred times as long as the log.
    let files: Vec<&String> = tree
        .iter()
        .filter(|(name, b)| b.as_ref().is_some_and(|b| !b.is_empty()) && !name.starts_with("attachments/"))
        .map(|(name, _)| name)
        .collect();
    let many = setting("ANSWERABLE_FLIPS").unwrap_or(BY_PROGRAMS);
    let throw = |_| {
        let name = files[dice.below(files.len())];
        let len = tree[name].as_ref().expect("a file").len();
        (name.clone(), dice.below(len * 8))
    };
    let flips: Vec<Bit> = (0..many).map(throw).collect();
    on_all_cores(&flips, |flip| {
        let world = World::like(&origin);
        fs::write(world.at("ledger").join(&flip.0), flipped(&tree, flip)).expect("it is there");
        let kept = if flip.0.starts_with("log/") { log_of(&world, "ledger") } else { log.clone() };
        let what = match tally
            .take(&format!("bit {} of {}", flip.1, flip.0), is_sound_or_refuses(&world, &kept, &next, &pins))
        {
            Some(Found::Whole { .. }) if flip.0.starts_with("log/") => {
                return tally.wrong(format!("bit {} of {}: found true", flip.1, flip.0));
            }
            Some(Found::Whole { .. }) => "sound".to_owned(),
            Some(Found::Refused(code)) => format!("refused with {code}"),
            None => return,
        };
        tally.count(what);
    });
    tally.tell();
}
