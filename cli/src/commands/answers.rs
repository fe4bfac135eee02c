//! `status` and `treaty`: what the ledger holds, and who is bound.

use answerable_ledger::projection::treaty::{
    Row, Status, TreatyStatus, list, registered, status as treaty_status, status_seen_by,
};
use answerable_schemas::Standing;
use answerable_schemas::history::History;
use answerable_schemas::ids::TreatyId;
use answerable_schemas::law::keys::Tainted;
use answerable_schemas::law::{Flag, actors, flags_of};
use answerable_schemas::treaty::treaty_stream;
use answerable_verifier::judge::Past;
use serde_json::{Value, json};

use super::answering::{asked_at, known_records};
use super::{as_of, known, known_size, open, treaties};
use crate::args::{Cli, Known, Treaty};
use crate::error::CliError;
use crate::output::Answer;
use crate::words;

pub fn status(cli: &Cli, a: &Known) -> Result<u8, CliError> {
    let ledger = open(cli)?;
    let size = known_size(&ledger, a)?;
    let mut answer = Answer::new("answerable.status/v1", &["what", "value"]);
    let authority = ledger.authority_at(size)?;
    let count = |prefix: &str| -> Result<String, CliError> {
        Ok(known(&ledger, size).streams_with_prefix(prefix)?.len().to_string())
    };
    let head = match size {
        0 => "none".to_owned(),
        n => ledger.past().record(n - 1)?.recorded.to_string(),
    };
    let mut rows = vec![
        ("title", authority.title.clone()),
        ("origin", authority.origin.clone()),
        ("ledger id", ledger.config.ledger_id.to_string()),
        ("log key", authority.log_keys.join(", ")),
        ("records", size.to_string()),
        ("root", ledger.past().root_at(size)?.map_or_else(String::new, |root| root.to_base64())),
        ("last recorded", head),
    ];
    // What was known at a size is the same in every copy, and later; how far this copy has come is not.
    if a.known_at.is_none() {
        rows.push(("checkpoint size", ledger.checkpoint.size.to_string()));
        rows.push(("checkpoint root", ledger.checkpoint.root.to_base64()));
    }
    rows.extend([
        ("founders", authority.founders.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(", ")),
        ("threshold", authority.threshold.to_string()),
        ("rules version", authority.rules.as_ref().map_or(String::new(), |r| r.version.to_string())),
        ("live keys", authority.keys.values().filter(|k| k.revoked_seq.is_none()).count().to_string()),
        ("actors", count("actor:")?),
        ("treaties", registered(&known(&ledger, size))?.len().to_string()),
        ("streams", count("")?),
    ]);
    rows.into_iter().for_each(|(what, value)| answer.row([what.to_owned(), value]));
    answer.print(cli.format);
    Ok(0)
}

pub fn treaty(cli: &Cli, a: &Treaty) -> Result<u8, CliError> {
    match a {
        Treaty::Unratified { treaty, state, asked } => {
            return treaties::unratified(cli, asked, treaty.as_ref(), state.as_ref());
        }
        Treaty::Reservations { treaty, all, asked } => return treaties::reservations(cli, asked, treaty, *all),
        Treaty::Withdrawals { treaty, asked } => return treaties::withdrawals(cli, asked, treaty.as_ref()),
        Treaty::List { asked } => {
            let ledger = open(cli)?;
            let size = known_size(&ledger, &asked.times.known)?;
            let history = known(&ledger, size);
            let day = as_of(&asked.times);
            let filter = asked.filter.read();
            let columns = [
                "treaty",
                "in force from",
                "deposits",
                "in force for",
                "affirmed",
                "disputed",
                "flags",
                "records",
                "title",
            ];
            let mut answer = Answer::new("answerable.treaties/v1", &columns);
            for id in registered(&history)? {
                let Some(s) = treaty_status(&history, &id, day, size, &filter)? else { continue };
                let silent = s.counts.states == 0;
                let number = |n: u32| if silent { "no acts recorded".to_owned() } else { n.to_string() };
                answer.row([
                    id.to_string(),
                    s.entry_into_force.date.clone().unwrap_or_default(),
                    number(s.counts.deposits),
                    if silent { String::new() } else { s.counts.in_force.to_string() },
                    s.counts.affirmed.to_string(),
                    s.counts.disputed.to_string(),
                    s.flags.len().to_string(),
                    list(&s.rules_records),
                    s.title,
                ]);
            }
            answer.head.push(asked_at(day, size));
            answer.print(cli.format);
        }
        Treaty::Show { treaty, known: when } => {
            let ledger = open(cli)?;
            let size = known_size(&ledger, when)?;
            let history = known(&ledger, size);
            let Some((rules, records)) = actors::treaty(&history, treaty)? else {
                return Err(unknown(treaty));
            };
            let facts = history.stream(&treaty_stream(treaty))?;
            let mut flags = flags_of(&history, &facts, &Tainted::of(&history)?)?;
            flags.retain(|f| records.contains(&f.seq));
            let standing = facts.iter().find(|f| records.contains(&f.seq)).map(|f| f.standing);
            let whole = json!({
                "schema": "answerable.treaty_rules/v1", "rules": rules, "records": records, "standing": standing,
                "flags": flags,
            });
            let mut answer = Answer::new("answerable.treaty_rules/v1", &["rule", "value"]);
            let members = serde_json::to_value(&rules).expect("plain data");
            for (name, value) in members.as_object().into_iter().flatten() {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                answer.row([name.clone(), text]);
            }
            let word = standing.map_or("own", Standing::as_str);
            answer.foot.push(format!("Rests on records {}, standing {word}", list(&records)));
            answer.foot.extend(flags.iter().map(told));
            answer.json = Some(whole);
            answer.print(cli.format);
        }
        Treaty::Status { treaty, asked, seen, summary } => {
            let ledger = open(cli)?;
            let size = known_size(&ledger, &asked.times.known)?;
            let (history, filter) = (known(&ledger, size), asked.filter.read());
            let answer = match seen.seen_by {
                Some(seen) => {
                    let day = asked.times.as_of.unwrap_or(seen);
                    status_seen_by(&history, seen, treaty, day, size, &filter)
                }
                None => treaty_status(&history, treaty, as_of(&asked.times), size, &filter),
            };
            let Some(s) = answer? else { return Err(unknown(treaty)) };
            let mut answer = status_answer(&s);
            if *summary {
                answer.rows.clear();
                // Left out, not empty: no states would be an answer.
                if let Some(whole) = answer.json.as_mut().and_then(Value::as_object_mut) {
                    whole.remove("states");
                }
            }
            answer.print(cli.format);
        }
    }
    Ok(0)
}

pub fn unknown(treaty: &TreatyId) -> CliError {
    CliError::usage("treaty.unknown", format!("{treaty} is not registered"), "see what is: answerable treaty list")
}

fn status_answer(s: &TreatyStatus) -> Answer {
    let columns =
        ["state", "name", "status", "signed", "deposited", "mode", "in force from", "standing", "records", "notes"];
    let mut answer = Answer::new(s.schema, &columns);
    answer.head.push(s.title.clone());
    answer.head.push(format!("As of {}, by {} of the ledger", s.as_of, known_records(&s.known_size)));
    if let Some(seen) = &s.seen_by {
        answer.head.push(format!("What public tables showed on {}, whenever it was recorded", seen.day));
        for sight in &seen.sources {
            answer
                .head
                .push(format!("{}: {} records, the newest seen on {}", sight.source, sight.records, sight.newest));
        }
    }
    answer.head.push(String::new());
    for row in &s.states {
        answer.row(cells(row));
    }
    let e = &s.entry_into_force;
    answer.foot.push(String::new());
    if s.counts.states > 0 {
        let c = &s.counts;
        let answered = if c.affirmed + c.disputed > 0 {
            format!("; {} affirm what is recorded of them, {} dispute it", c.affirmed, c.disputed)
        } else {
            String::new()
        };
        answer.foot.push(format!(
            "{} states: {} deposits, in force for {}; {} signed{answered}",
            c.states, c.deposits, c.in_force, c.signed
        ));
        if s.states.len() < c.states as usize {
            answer.foot.push(format!("{} of them are shown", s.states.len()));
        }
        let waiting: Vec<_> = s
            .states
            .iter()
            .filter(|r| r.status == Status::Deposited)
            .map(|r| match &r.in_force_from {
                Some(from) => format!("{} (deposited {}, from {from})", r.name, r.deposited.as_deref().unwrap_or("")),
                None => r.name.clone(),
            })
            .collect();
        if e.date.is_some() && !waiting.is_empty() {
            answer.foot.push(format!("Deposited and not yet in force: {}", waiting.join(", ")));
        }
        match &e.date {
            Some(date) => answer.foot.push(format!(
                "The treaty is in force from {date}: article {}, the {} deposits needed are records {}",
                e.article,
                e.deposits_needed,
                list(&e.records)
            )),
            None => answer.foot.push(format!(
                "Not in force by these records: {} of {} deposits that article {} counts",
                e.deposits_counted, e.deposits_needed, e.article
            )),
        }
    }
    s.notes.iter().for_each(|n| answer.foot.push(format!("Note: {n}")));
    answer.foot.extend(s.flags.iter().map(told));
    answer.foot.push(format!("The rules rest on records {}", list(&s.rules_records)));
    answer.json = Some(serde_json::to_value(s).expect("plain data"));
    answer
}

fn told(flag: &Flag) -> String {
    format!("Flag: record {}, {}: {}", flag.seq, flag.code, flag.message)
}

fn cells(row: &Row) -> [String; 10] {
    let mut notes: Vec<String> = row.flags.iter().map(|f| (*f).to_owned()).collect();
    notes.extend(row.possibly.map(|p| format!("possibly {}", p.as_str())));
    notes.extend(row.ends.as_ref().map(|d| format!("ends {d}")));
    notes.extend(row.remarks.iter().cloned());
    notes.extend(row.answers.iter().map(words::answered));
    let standings = std::iter::once(row.standing).chain(row.confirmed_by.iter().copied());
    [
        row.actor.to_string(),
        row.name.clone(),
        row.status.as_str().to_owned(),
        row.signed.clone().unwrap_or_default(),
        row.deposited.clone().unwrap_or_default(),
        row.mode.map_or(String::new(), |m| m.as_str().replace('_', " ")),
        row.in_force_from.clone().unwrap_or_default(),
        standings.map(Standing::as_str).collect::<Vec<_>>().join(", "),
        list(&row.records),
        notes.join("; "),
    ]
}
