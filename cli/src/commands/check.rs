//! `check`: the index and the other derived files, compared with the log.
//! Not here: the comparison (`answerable_ledger::check`).

use answerable_ledger::store::discard_derived;

use super::open;
use crate::args::{Check, Cli};
use crate::error::CliError;
use crate::output::Answer;
use crate::ui::{self, Progress};

pub fn check(cli: &Cli, a: &Check) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let (indexed, size) = (ledger.indexed(), ledger.checkpoint.size);
    if indexed < size {
        ui::notice(&format!("the index on the disk has {indexed} of {size} records: the rest is not compared"));
    }
    let progress = Progress::start("records compared", Some(ledger.checkpoint.size));
    let checked = ledger.check_derived(&mut |n| progress.at(n))?;
    drop(progress);
    drop(ledger);
    let mut answer = Answer::new("answerable.check/v1", &["difference"]);
    checked.differences.iter().for_each(|what| answer.row([what.clone()]));
    let good = checked.differences.is_empty();
    answer.foot.push(match good {
        true => {
            format!("{} records in {} streams: what is derived is as the log has it", checked.records, checked.streams)
        }
        false => format!("{} differences: answers that rested on them were wrong", checked.differences.len()),
    });
    answer.print(cli.format);
    if good {
        return Ok(0);
    }
    if !a.dry_run {
        discard_derived(&cli.ledger_dir())?;
        drop(open(cli)?);
    }
    Err(CliError {
        code: "store.index_differs".into(),
        message: "the index or the tiles did not agree with the log".into(),
        hint: match a.dry_run {
            true => "run it again without --dry-run: they are rebuilt from the log".into(),
            false => "they were rebuilt; find out who or what wrote into index/ or tile/, and ask your questions again"
                .into(),
        },
        exit: crate::error::FALSE,
    })
}
