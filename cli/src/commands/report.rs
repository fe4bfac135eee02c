//! `report`: one page for a browser.
//! Not here: what stands in it (`report`).

use answerable_ledger::files::write_durably;
use answerable_ledger::projection::kept::Kept;
use answerable_ledger::projection::question::Question;
use answerable_verifier::judge::Past;
use answerable_verifier::report::escape;

use super::{known, known_size, not_there, open};
use crate::args::{Cli, Report};
use crate::error::CliError;
use crate::output::print;
use crate::report::{About, page};
use crate::ui;

/// Browsers still open a page of this size at once.
const LARGE: usize = 10_000_000;

pub fn report(cli: &Cli, a: &Report) -> Result<u8, CliError> {
    if !a.force {
        not_there(&a.out).map_err(|e| CliError { hint: "name another file, or replace it: --force".into(), ..e })?;
    }
    let ledger = open(cli)?;
    let size = known_size(&ledger, &a.known)?;
    if size == 0 {
        let message = "no record was known then";
        return Err(CliError::usage("report.empty", message, "name a later --known-at; see answerable log"));
    }
    let root = ledger.past().root_at(size)?.expect("the ledger holds so many records");
    let authority = ledger.authority_at(size)?;
    let known = known(&ledger, size);
    let kept = Kept::of(&known);
    let question = Question::new(&kept, a.as_of, size, Default::default())?.of_many_days();
    let about = About {
        title: a.title.clone().unwrap_or_else(|| authority.title.clone()),
        origin: authority.origin.clone(),
        ledger_id: ledger.config.ledger_id.to_string(),
        root: root.to_base64(),
        rules: authority.rules.as_ref().map_or_else(String::new, |r| format!("version {} ({})", r.version, r.sha256)),
        last_recorded: ledger.past().record(size - 1)?.recorded.to_string(),
        title_given: a.title.is_some(),
    };
    let html = page(&question, &about)?;
    if html.len() > LARGE {
        ui::notice(&format!("the page has {} MB: it takes a browser some seconds to open", html.len() / 1_000_000));
    }
    if !a.dry_run {
        write_durably(&a.out, html.as_bytes())?;
    }
    print(&format!("{}\t{} bytes\n", escape(&a.out.display().to_string()), html.len()));
    Ok(0)
}
