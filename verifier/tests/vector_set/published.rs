//! Published folders, with and without a log, and the lies of their tiles and bundles; and what a kept checkpoint tells.
//! Not here: exports without tiles.

use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::leaf_hash;
use answerable_verifier::tiles::{TileSource, entries_path, entry_bundle, tiles_for_growth};
use ed25519_dalek::SigningKey;

use super::checkpoints::log_key;
use super::*;
use crate::kit::checkpoint_of;

const TILE: &str = "export/tile/0/000.p/4";
const BUNDLE: &str = "export/tile/entries/000.p/4";

/// The tiles of a tree before its first record.
struct Nothing;

impl TileSource for Nothing {
    fn read(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }
}

/// Adds the tiles and the bundles of the kit's records.
fn publish(mut vector: Vector, kit: &Kit) -> Vector {
    let leaves: Vec<Hash> = kit.lines.iter().map(|l| leaf_hash(l)).collect();
    for tile in tiles_for_growth(0, &leaves, &Nothing).expect("a tree that grows from nothing reads no tile") {
        vector = vector.file(&format!("export/{}", tile.path()), tile.bytes);
    }
    for (index, lines) in (0u64..).zip(kit.lines.chunks(256)) {
        let bytes = entry_bundle(lines.iter().map(Vec::as_slice)).expect("records are short");
        vector = vector.file(&format!("export/{}", entries_path(index, lines.len() as u16)), bytes);
    }
    vector
}

pub fn vectors() -> Vec<Vector> {
    let kit = tiny();
    let mut all = vec![
        publish(truth("published", "A published folder with a log beside its bundles.", &kit), &kit),
        publish(truth("published_without_log", "A published folder without a log.", &kit), &kit).without(LOG),
        publish(truth("published_tiles_alone", "A published folder with tiles and a log, and no bundles.", &kit), &kit)
            .without(BUNDLE),
        grown(),
        wide(),
    ];
    let with_log = |name: &str, says: &str, code: &str| publish(lie(name, says, &kit, code, None), &kit);
    let bare = |name: &str, says: &str, code: &str, seq: Option<u64>| {
        publish(lie(name, says, &kit, code, seq), &kit).without(LOG)
    };
    let (tile, bundle) = (with_log("", "", "").bytes(TILE), with_log("", "", "").bytes(BUNDLE));
    let mut altered = tile.clone();
    altered[40] ^= 1;
    let longer = [&tile[..], &[9; 32]].concat();
    all.extend([
        with_log("tile_missing", "A hash tile is missing.", "tile.missing").without(TILE),
        with_log("tile_stale", "The hash tile is that of the day before, of three records.", "tile.missing")
            .without(TILE)
            .file("export/tile/0/000.p/3", &tile[..96]),
        with_log("tile_too_wide", "A hash tile has five hashes, and its name says four.", "tile.malformed")
            .file(TILE, longer),
        with_log("tile_too_narrow", "A hash tile has three hashes, and its name says four.", "tile.malformed")
            .file(TILE, &tile[..96]),
        with_log("tile_cut_within_a_hash", "A hash tile ends within a hash.", "tile.malformed")
            .file(TILE, &tile[..120]),
        with_log("tile_wrong_hash", "A hash tile has a wrong hash.", "tile.mismatch").file(TILE, altered.clone()),
        bare(
            "tile_wrong_hash_without_log",
            "A hash tile has a wrong hash, and there is no log.",
            "tile.mismatch",
            None,
        )
        .file(TILE, altered),
        with_log("bundle_differs_from_log", "A bundle has another record than the log.", "bundle.mismatch")
            .file(BUNDLE, replaced(&bundle, b"\"UTO\"", b"\"OTU\"")),
        with_log("bundle_shorter_than_log", "A bundle has fewer records than the log.", "bundle.malformed")
            .file(BUNDLE, &bundle[..bundle.len() - kit.lines[3].len() - 2]),
        bare("bundle_missing", "A bundle is missing, and there is no log.", "bundle.missing", None)
            .without(BUNDLE)
            .file("export/tile/entries/000.p/3", &bundle[..bundle.len() - kit.lines[3].len() - 2]),
        bare("bundle_with_too_few", "A bundle has three records, and its name says four.", "bundle.malformed", None)
            .file(BUNDLE, &bundle[..bundle.len() - kit.lines[3].len() - 2]),
        bare("bundle_with_one_more", "A bundle has five records, and its name says four.", "bundle.malformed", None)
            .file(BUNDLE, [&bundle[..], &[0, 1, b'x']].concat()),
        bare("bundle_trailing_bytes", "A byte stands behind a bundle.", "bundle.malformed", None)
            .file(BUNDLE, [&bundle[..], b"\n"].concat()),
        bare(
            "bundle_length_too_large",
            "A bundle says that a record is longer than the rest of the file.",
            "bundle.malformed",
            None,
        )
        .file(BUNDLE, [&[0xff, 0xff], &bundle[2..]].concat()),
        bare(
            "bundle_record_altered",
            "A record in a bundle was altered, and there is no log.",
            "chain.broken",
            Some(2),
        )
        .file(BUNDLE, replaced(&bundle, b"\"UTO\"", b"\"OTU\"")),
        bare("bundle_is_a_link", "A bundle is a link to a file elsewhere.", "bundle.missing", None)
            .file("export/elsewhere", bundle)
            .link(BUNDLE, "../../../elsewhere"),
    ]);
    all.extend(since());
    all
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let at = bytes.windows(from.len()).position(|w| w == from).expect("it is there");
    [&bytes[..at], to, &bytes[at + from.len()..]].concat()
}

fn many(size: usize) -> Kit {
    let mut kit = tiny();
    while kit.lines.len() < size {
        kit.register(&format!("org:n{}", kit.lines.len()), "2001", "other");
    }
    kit
}

/// The checkpoint is of four records, and the folder has gone on: its full tiles count.
fn grown() -> Vector {
    let kit = many(256);
    let full = publish(truth("", "", &kit), &kit);
    let (tile, bundle) = (full.bytes("export/tile/0/000"), full.bytes("export/tile/entries/000"));
    let four = tiny();
    let says = "The folder has grown behind the checkpoint: the first hashes of the full tile count.";
    publish(truth("published_full_tile_for_partial", says, &four), &four)
        .without(LOG)
        .without(TILE)
        .without(BUNDLE)
        .file("export/tile/0/000", tile)
        .file("export/tile/entries/000", bundle)
}

/// One record more than a tile is wide.
fn wide() -> Vector {
    let kit = many(257);
    let says = "A published folder of 257 records: two levels of tiles, and no log.";
    publish(truth("published_257_records", says, &kit), &kit).without(LOG)
}

/// What an auditor kept of an earlier day.
fn since() -> Vec<Vector> {
    let kit = longer();
    let key = log_key();
    let mut other = tiny();
    let event = registration(&mut other, "X");
    other.must(event);
    other.register("org:y", "2001", "other");
    let kept = |lines: &[Vec<u8>], key: &SigningKey| checkpoint_of(lines, &[key]);
    let stranger = SigningKey::from_bytes(&[210; 32]);
    let mut cut = longer();
    cut.lines.truncate(6);
    vec![
        truth("since_grown", "The ledger grew from the kept checkpoint.", &kit).since(kept(&kit.lines[..5], &key)),
        truth("since_the_same", "The ledger is that of the kept checkpoint.", &kit).since(kept(&kit.lines, &key)),
        lie("forked", "The kept checkpoint is of another history of the same log.", &kit, "tree.forked", None)
            .since(kept(&other.lines, &key)),
        lie(
            "rewritten_at_the_end",
            "The last record was another when the checkpoint was kept.",
            &other,
            "tree.forked",
            None,
        )
        .since(kept(&kit.lines[..6], &key)),
        lie(
            "rolled_back",
            "The ledger had eight records when the checkpoint was kept, and has six.",
            &cut,
            "tree.rolled_back",
            None,
        )
        .since(kept(&kit.lines, &key)),
        lie("since_by_a_stranger", "A stranger signed the kept checkpoint.", &kit, "since.not_by_log", None)
            .unverifiable()
            .since(kept(&other.lines, &stranger)),
    ]
}
