//! How many parties each treaty has, by year, and of how many states.
//! Not here: who they are (`panel`).

use std::collections::BTreeSet;

use answerable_schemas::ActorId;
use answerable_schemas::ids::TreatyId;
use jiff::civil::Date;

use super::panel::PanelRow;
use super::{Choices, Panel};

/// One treaty on the last day of one year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartiesRow {
    pub day: Date,
    pub treaty: TreatyId,
    /// States that exist, and others that take part (an organization), which are parties. None: nothing can be said.
    pub parties: Option<u32>,
    /// Of these, the members of the United Nations on the day. None where no membership is recorded.
    pub un_parties: Option<u32>,
    /// Of how many: the members of the United Nations on the day.
    pub un_members: Option<u32>,
    /// The states that exist on the day, by the register.
    pub states: u32,
    /// States that have ended and whose consent nobody withdrew. The law does not say what becomes of it, and they are
    /// not counted above.
    pub ended_states: Option<u32>,
    pub after_source: bool,
}

/// Counts a panel.
pub fn parties(panel: &Panel, choices: &Choices) -> Vec<PartiesRow> {
    let mut days: Vec<Date> = panel.rows.iter().map(|r| r.day).collect();
    days.dedup();
    let of = |day: Date, treaty: &TreatyId| -> Vec<&PanelRow> {
        let start = panel.rows.partition_point(|r| r.day < day);
        panel.rows[start..].iter().take_while(|r| r.day == day).filter(|r| r.treaty == *treaty).collect()
    };
    let mut rows = Vec::new();
    for covered in &panel.covered {
        for day in &days {
            rows.push(count(*day, &covered.instrument, &of(*day, &covered.instrument), choices));
        }
    }
    rows
}

fn count(day: Date, treaty: &TreatyId, rows: &[&PanelRow], choices: &Choices) -> PartiesRow {
    let is_party = |r: &PanelRow| r.cell.is_party(choices) == Some(true);
    let speaks = rows.iter().any(|r| r.cell.is_party(choices).is_some());
    let told = |count: usize| speaks.then_some(count as u32);
    // What is no state does not end by the register of states; it counts while it takes part.
    let here = |r: &PanelRow| r.exists || !r.state.as_str().starts_with("state:");
    let members: BTreeSet<&ActorId> = rows.iter().filter(|r| r.un_member == Some(true)).map(|r| &r.state).collect();
    let known = rows.iter().any(|r| r.un_member.is_some());
    PartiesRow {
        day,
        treaty: treaty.clone(),
        parties: told(rows.iter().filter(|r| is_party(r) && here(r)).count()),
        un_parties: told(rows.iter().filter(|r| is_party(r) && members.contains(&r.state)).count()).filter(|_| known),
        un_members: known.then_some(members.len() as u32),
        states: rows.iter().filter(|r| r.exists).count() as u32,
        ended_states: told(rows.iter().filter(|r| is_party(r) && !here(r)).count()),
        after_source: rows.iter().any(|r| r.after_source),
    }
}
