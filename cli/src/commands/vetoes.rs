//! `vetoes`: when, on what, by whom.
//! Not here: how the answer is computed (`projection::vetoes`); promises against votes (`conduct`).

use answerable_ledger::projection::vetoes::{Draft, Wanted, vetoes as asked};

use super::answering::{BASIS, answer, ask, basis, below, joined, number, or_empty, print, rests_on};
use crate::args::{Cli, Vetoes};
use crate::error::CliError;
use crate::layout::Grid;

pub fn vetoes(cli: &Cli, a: &Vetoes) -> Result<u8, CliError> {
    let wanted = Wanted { body: a.body.clone(), member: a.member.clone(), since: a.since };
    let report = ask(cli, &a.asked, |q| asked(q, &wanted))?;
    let content = &report.content;
    let columns = ["decision", "on", "subject", "title", "vetoes"];
    let mut answer = answer(&report, &[&columns[..], &BASIS].concat());
    let mut grid = Grid::new(&[("on", 10), ("vetoed by", 20), ("draft", 18), ("on what", 0)]);
    for draft in &content.drafts {
        let Draft { decision, on, subject, title, vetoes, basis: rests } = draft;
        let cells = [decision.clone(), on.clone(), or_empty(subject), title.clone(), joined(vetoes)];
        answer.row(cells.into_iter().chain(basis(rests)));
        let what = subject.clone().unwrap_or_else(|| title.clone());
        let mut notes = below(rests);
        notes.push(rests_on(rests));
        grid.row([on.clone(), joined(vetoes), decision.clone(), what], notes);
    }
    let cast = content.by_member.iter().map(|m| format!("{} {} ({})", m.name, m.vetoes, m.member));
    let cast = cast.collect::<Vec<_>>().join(", ");
    let sum = format!(
        "{} vetoed in {}{}",
        number(content.drafts.len(), "draft", "drafts"),
        content.body,
        if cast.is_empty() { cast } else { format!("; by {cast}. A draft that several vetoed counts for each") },
    );
    print(cli, answer, &report, grid.lines(), sum);
    Ok(0)
}
