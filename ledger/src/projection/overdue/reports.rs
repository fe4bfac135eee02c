//! Reports that are required: each due date that has come, and the next one.
//! Not here: promises without a requirement (`promises`).

use answerable_schemas::history::{History, Lookup};
use answerable_schemas::ids::Slug;
use answerable_schemas::law::acts::all_standings;
use answerable_schemas::law::mandates::Timeline;
use answerable_schemas::law::reports::{Due, Obligation, obligation};
use answerable_schemas::schedule::{Anchor, Schedule};
use answerable_schemas::stories::mandate_stream;
use answerable_schemas::stories::reporting::ReportRequired;
use answerable_schemas::{Standing, StreamName};
use jiff::ToSpan;
use jiff::civil::Date;

use super::{Dates, Item, Kind, Owed, Status, horizon};
use crate::projection::question::{AsOf, Question, Story};

/// What a requirement's story has made due.
pub(super) fn items(q: &Question<'_>, story: &Story) -> Lookup<Vec<Item>> {
    // `AsOf` has weighed the standings already: all that it shows counts.
    let found = obligation(&AsOf(q), &story.view.acts, Standing::Transcribed, horizon(q.as_of))?;
    found.map_or(Ok(Vec::new()), |o| of_requirement(q, story, &o))
}

/// What due dates are reckoned from beside the requirement's own story: the mandates that it names, and its anchors.
pub(in crate::projection) fn rests_on(b: &ReportRequired) -> (Vec<&Slug>, Vec<&Anchor>) {
    let (mut mandates, mut anchors): (Vec<&Slug>, Vec<&Anchor>) = (b.mandate.iter().collect(), Vec::new());
    for clause in &b.schedule {
        match clause {
            Schedule::After { anchor: Anchor::Expiry { mandate }, .. }
            | Schedule::Before { anchor: Anchor::Expiry { mandate }, .. }
            | Schedule::AtExpiry { mandate } => mandates.push(mandate),
            Schedule::After { anchor, .. } | Schedule::Before { anchor, .. } => anchors.push(anchor),
            Schedule::Once { .. } | Schedule::Every { .. } | Schedule::Undated { .. } => {}
        }
    }
    (mandates, anchors)
}

/// The days by a last one on which what a requirement makes due changes by itself, by the acts of the question's day: a due
/// date comes within sight (`horizon`), or passes; so does one to which it was put off, and the end.
pub(in crate::projection) fn due_days(q: &Question<'_>, stream: &StreamName, until: Date) -> Lookup<Vec<Date>> {
    let Some(story) = q.story(stream)? else { return Ok(Vec::new()) };
    let found = obligation(&AsOf(q), &story.view.acts, Standing::Transcribed, horizon(until))?;
    let mut days = Vec::new();
    if let Some(o) = found {
        let past = o.dues.iter().flat_map(|due| [Some(due.legal), due.scheduled.map(|d| d.last_day())]);
        days.extend(past.chain([o.end]).flatten().map(|day| day.saturating_add(1.day())));
        // Of what is to come the first that is not there is shown, and what is there or put off. A due date that comes into sight is
        // that first one only where nothing is missing before it. (Of a leap year's day, or to it, a year may end a day early.)
        let is_there = |due: &Due| due.submitted.or(due.received).is_some();
        for (at, due) in o.dues.iter().enumerate() {
            let year_before = due.legal.saturating_sub(1.year());
            let in_sight = year_before.saturating_add(1.day());
            let first = o.dues[..at].iter().rev().take_while(|before| before.legal > in_sight).all(is_there);
            if first || is_there(due) || due.scheduled.is_some() {
                days.extend([year_before, in_sight]);
            }
        }
    }
    Ok(days)
}

fn of_requirement(q: &Question<'_>, story: &Story, o: &Obligation) -> Lookup<Vec<Item>> {
    let b = &o.required;
    let owed = Owed {
        kind: Kind::Report,
        who: Some(b.reporter.clone()),
        to: Some(b.organ.clone()),
        what: b.title.clone(),
        binding: b.binding,
        stream: story.stream.clone(),
    };
    let finals = final_days(q, b)?;
    let mut items = Vec::new();
    let mut next = false;
    for due in &o.dues {
        let done = due.submitted.or(due.received);
        // Of what is still to come only the next one is shown.
        if due.legal >= q.as_of && done.is_none() && std::mem::replace(&mut next, true) {
            continue;
        }
        let records: Vec<u64> = o.records.iter().chain(&due.records).copied().collect();
        let dates = Dates { legal: Some(due.legal), scheduled: due.scheduled, done };
        let mut item = owed.item(dates, q.as_of, story.basis_of(&records));
        if finals.contains(&due.legal) {
            if item.status == Status::Due {
                item.status = Status::Final;
            }
            item = item.noted("final report, at the expiry of the mandate".to_owned());
        }
        let unannounced = due.submitted.is_none().then_some(due.received).flatten();
        items.push(item.noted(unannounced.map(|on| format!("received on {on}, by the word of {}", b.organ))));
    }
    items.extend(undated(q, story, o, &owed));
    // Nothing more comes: that is an answer too.
    let over = o.end.filter(|end| *end < q.as_of && !next);
    if let Some(end) = over {
        let mut item = owed.item(Dates::default(), q.as_of, story.basis_of(&o.records));
        item.status = Status::Ended;
        items.retain(|i| i.status != Status::Undated);
        items.push(item.noted(format!("nothing was due after {end}")));
    }
    Ok(items)
}

/// A clause without a date: "as appropriate".
fn undated(q: &Question<'_>, story: &Story, o: &Obligation, owed: &Owed) -> Option<Item> {
    let words = o.required.schedule.iter().find_map(|s| match s {
        Schedule::Undated { words } => Some(words.clone()),
        _ => None,
    })?;
    let handed_in = o.unasked.last();
    let records: Vec<u64> = o.records.iter().copied().chain(o.unasked.iter().map(|(_, seq)| *seq)).collect();
    let mut item = owed.item(Dates::default(), q.as_of, story.basis_of(&records));
    if handed_in.is_some() {
        item.status = Status::Undated;
    }
    let last = handed_in.map(|(on, _)| format!("last handed in on {on}"));
    Some(item.noted(format!("undated: {words}")).noted(last))
}

/// The days on which a final report is due: the expiry of mandates, as decided by the day.
fn final_days(q: &Question<'_>, b: &ReportRequired) -> Lookup<Vec<Date>> {
    let mut days = Vec::new();
    for clause in &b.schedule {
        if let Schedule::AtExpiry { mandate } = clause {
            days.extend(expiry(q, mandate)?);
        }
    }
    Ok(days)
}

fn expiry(q: &Question<'_>, mandate: &Slug) -> Lookup<Option<Date>> {
    let facts = AsOf(q).stream(&mandate_stream(mandate))?;
    Ok(Timeline::of(&all_standings(&facts)).last_day())
}
