//! Reports that are required: each due date that has come, and the next one.
//! Not here: promises without a requirement (`promises`).

use answerable_schemas::Standing;
use answerable_schemas::history::{History, Lookup};
use answerable_schemas::ids::Slug;
use answerable_schemas::law::acts::all_standings;
use answerable_schemas::law::mandates::Timeline;
use answerable_schemas::law::reports::{Obligation, obligation};
use answerable_schemas::schedule::Schedule;
use answerable_schemas::stories::mandate_stream;
use answerable_schemas::stories::reporting::ReportRequired;
use jiff::civil::Date;

use super::{Dates, Item, Kind, Owed, Status, horizon};
use crate::projection::question::{AsOf, Question, Story};

pub(super) fn items(q: &Question<'_>) -> Lookup<Vec<Item>> {
    let mut items = Vec::new();
    for story in q.stories("report:")? {
        // `AsOf` has weighed the standings already: all that it shows counts.
        let found = obligation(&AsOf(q), &story.view.acts, Standing::Transcribed, horizon(q.as_of))?;
        if let Some(o) = found {
            items.extend(of_requirement(q, &story, &o)?);
        }
    }
    Ok(items)
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
