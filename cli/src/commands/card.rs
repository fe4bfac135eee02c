//! `card`: the operator's part of drafting away from the ledger.

use std::path::PathBuf;

use answerable_schemas::ids::Origin;
use answerable_verifier::judge::Past;

use super::{open, origin_of, write_new};
use crate::args::{Card, Cli};
use crate::card::{CardStream, StreamCard};
use crate::error::CliError;
use crate::output::print;

pub fn card(cli: &Cli, a: &Card) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let mut names = a.stream.clone();
    names.sort();
    names.dedup();
    let mut streams = Vec::with_capacity(names.len());
    for stream in names {
        let follows = ledger.past().last_by(&a.actor, &stream)?;
        streams.push(CardStream { stream, follows });
    }
    let origin: Origin = origin_of(&ledger)?;
    let checkpoint = String::from_utf8(ledger.signed_checkpoint().to_vec()).expect("a note that was parsed is UTF-8");
    let file = StreamCard::new(ledger.config.ledger_id, origin, a.actor.clone(), streams, checkpoint).to_file();
    if a.dry_run {
        print(&file);
        return Ok(0);
    }
    let name = || PathBuf::from(format!("{}.stream-card.json", a.actor.as_str().replace(':', "~")));
    write_new(&a.out.clone().unwrap_or_else(name), file.as_bytes())
}
