//! Entry into force: computed from deposits and a treaty's rules, never typed in (VCLT article 24).
//! Not here: whether a deposit was lawful; only recorded deposits are counted.

use jiff::civil::Date;

use super::acts::acts_of;
use crate::catalogue::Body;
use crate::dates::CalendarDate;
use crate::envelope::Standing;
use crate::history::{History, Lookup};
use crate::ids::{ActorId, TreatyId};
use crate::treaty::{ConsentMode, TreatyRegistered, participations_prefix};

/// One deposited instrument of consent.
#[derive(Debug, Clone)]
pub struct Deposit {
    pub state: ActorId,
    pub date: CalendarDate,
    pub mode: ConsentMode,
    pub succession_date: Option<CalendarDate>,
    pub standing: Standing,
    pub records: Vec<u64>,
}

/// When a treaty entered, or will enter, into force.
#[derive(Debug, Clone)]
pub struct TreatyEntry {
    /// None while the threshold is not met.
    pub date: Option<Date>,
    /// Deposits that the article counts.
    pub counted: u32,
    pub needed: u32,
    /// The deposits up to the threshold: what the date rests on.
    pub records: Vec<u64>,
}

/// The deposits with a treaty, by date then state: of each state those of its strongest standing that `sees` admits,
/// made by `until` (all if None).
pub fn deposits(
    history: &dyn History,
    treaty: &TreatyId,
    sees: &dyn Fn(Standing) -> bool,
    until: Option<Date>,
) -> Lookup<Vec<Deposit>> {
    let mut all = Vec::new();
    for name in history.streams_with_prefix(&participations_prefix(treaty))? {
        let facts = history.stream(&name)?;
        for standing in Standing::ALL.into_iter().filter(|s| sees(*s)) {
            let of_state = consents(&acts_of(&facts, standing), until);
            if !of_state.is_empty() {
                all.extend(of_state);
                break;
            }
        }
    }
    all.sort_by(|a, b| (a.date.last_day(), &a.state).cmp(&(b.date.last_day(), &b.state)));
    Ok(all)
}

fn consents(acts: &[super::acts::Act], until: Option<Date>) -> Vec<Deposit> {
    let made = acts.iter().filter(|a| until.is_none_or(|d| a.effective.last_day() <= d));
    made.filter_map(|act| match &act.body {
        Body::ConsentDeposited(c) => Some(Deposit {
            state: c.state.clone(),
            date: act.effective,
            mode: c.mode,
            succession_date: c.succession_date,
            standing: act.fact.standing,
            records: act.records().collect(),
        }),
        _ => None,
    })
    .collect()
}

/// Applies the threshold to deposits sorted by date. Instruments of one day tie: the date decides, not their order.
/// A state counts once.
pub fn treaty_entry(rules: &TreatyRegistered, deposits: &[Deposit]) -> TreatyEntry {
    let needed = rules.threshold.count;
    let mut counted: Vec<&Deposit> = Vec::new();
    for d in deposits.iter().filter(|d| rules.threshold.modes.contains(&d.mode)) {
        if !counted.iter().any(|c| c.state == d.state) {
            counted.push(d);
        }
    }
    let nth = needed.checked_sub(1).and_then(|i| counted.get(i as usize));
    let date = nth.map(|d| rules.threshold.delay.after(d.date.last_day()));
    let resting = counted.iter().take_while(|d| nth.is_none_or(|n| d.date.last_day() <= n.date.last_day()));
    let records = resting.flat_map(|d| d.records.iter().copied()).collect();
    TreatyEntry { date, counted: counted.len() as u32, needed, records }
}

/// The treaty's entry into force, by the records that a standing may rest on.
pub fn entry_seen_by(
    history: &dyn History,
    treaty: &TreatyId,
    rules: &TreatyRegistered,
    standing: Standing,
) -> Lookup<Option<Date>> {
    let deposits = deposits(history, treaty, &|s| standing.sees(s), None)?;
    Ok(treaty_entry(rules, &deposits).date)
}

/// The day on which a treaty enters into force for a state, once the treaty's own day is known: the later of the two.
/// A succession takes effect on the date of succession (on deposit where that is not recorded), without a wait.
pub fn state_entry(
    rules: &TreatyRegistered,
    treaty: Date,
    deposited: &CalendarDate,
    mode: ConsentMode,
    succession_date: Option<&CalendarDate>,
) -> Date {
    let own = match mode {
        ConsentMode::Succession => succession_date.unwrap_or(deposited).last_day(),
        _ => rules.for_each_state.delay.after(deposited.last_day()),
    };
    own.max(treaty)
}
