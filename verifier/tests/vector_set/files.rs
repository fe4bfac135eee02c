//! Lies about the files of an export: segments missing, misnamed or empty, links, folders where files should be.
//! Not here: published folders (`published`), attachments (`good`, with the true ones).

use super::*;

const LAYOUT: &str = "export.layout";

pub fn vectors() -> Vec<Vector> {
    let kit = tiny();
    let segment = |first: u64| format!("export/log/{first:012}.jsonl");
    let base = |name: &str, says: &str, code: &str| lie(name, says, &kit, code, None);
    let log = base("", "", "").bytes(LOG);
    let checkpoint = base("", "", "").bytes(CHECKPOINT);
    let half = kit.lines[..2].concat().len() + 2;
    vec![
        base("log_missing", "There is no folder log.", LAYOUT).without(LOG),
        base("log_empty", "The log has no records, and the checkpoint says four.", LAYOUT).file(LOG, ""),
        lie_of(
            "log_and_checkpoint_empty",
            "Nothing was recorded, and a checkpoint is signed over it.",
            &kit,
            &[],
            LAYOUT,
            None,
        ),
        base("segment_misnamed", "The first segment is named as if it began with record 1.", LAYOUT)
            .without(LOG)
            .file(&segment(1), log.clone()),
        base("segment_name_too_short", "The first segment's name has 11 digits.", LAYOUT)
            .without(LOG)
            .file("export/log/00000000000.jsonl", log.clone()),
        base("segment_missing", "The second segment is there, and the first is not.", LAYOUT)
            .without(LOG)
            .file(&segment(65_536), log.clone()),
        base("segment_cut_short", "The first segment has two records, and the next follows.", LAYOUT)
            .file(LOG, &log[..half])
            .file(&segment(65_536), &log[half..]),
        base("segment_surplus", "A file that is no segment lies in the log.", LAYOUT)
            .file("export/log/notes.txt", "x\n"),
        base("segment_is_a_link", "The segment is a link to a file elsewhere.", LAYOUT)
            .file("export/elsewhere.jsonl", log.clone())
            .link(LOG, "../elsewhere.jsonl"),
        base("segment_is_a_folder", "The segment is a folder.", LAYOUT)
            .without(LOG)
            .file("export/log/000000000000.jsonl/000000000000.jsonl", log.clone()),
        base("log_is_a_link", "The log is a link to a folder elsewhere.", LAYOUT)
            .without(LOG)
            .file("export/elsewhere/000000000000.jsonl", log.clone())
            .link("export/log", "elsewhere"),
        base("checkpoint_is_a_link", "The checkpoint is a link to a file elsewhere.", "checkpoint.missing")
            .file("export/elsewhere", checkpoint.clone())
            .link(CHECKPOINT, "elsewhere"),
        base("checkpoint_is_a_folder", "The checkpoint is a folder.", "checkpoint.missing")
            .without(CHECKPOINT)
            .file("export/checkpoint/checkpoint", checkpoint),
        handover_behind_a_link(),
    ]
}

/// The kept checkpoints lie in a folder that is a link.
fn handover_behind_a_link() -> Vector {
    let vector = handover::changed_well();
    let path = "export/checkpoints/000000000005";
    let note = vector.bytes(path);
    vector.without(path).file("export/elsewhere/000000000005", note).link("export/checkpoints", "elsewhere")
}
