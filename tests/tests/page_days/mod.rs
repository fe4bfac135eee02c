//! What the program says of a day, in the words and the order of the report's page; and on which days it is asked.
//! Not here: the tests (`report.rs`, `report_moved.rs`), how the page is read (`tests/web-report`).
#![allow(dead_code)] // each test file uses a part of it

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use answerable_schemas::CalendarDate;
use answerable_tests::dice::Dice;
use answerable_tests::{World, finish, installed, path_text, repository};
use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::{Value, json};

/// The data of a page.
pub fn data(page: &str) -> Value {
    let (_, rest) = page.split_once("<script type=\"application/json\" id=\"data\">").expect("the data");
    let (json, _) = rest.split_once("</script>").expect("its end");
    serde_json::from_str(json).expect("JSON")
}

pub fn report(world: &World, day: &str) -> String {
    world.ok(&["report", "--as-of", day, "report.html", "--force"]);
    String::from_utf8(world.read("report.html")).unwrap()
}

pub fn csv_rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap()
}

/// An answer as JSON.
fn json_of(world: &World, asked: &[&str], day: &str) -> Value {
    world.run(&[asked, &["--as-of", day, "--format", "json"]].concat()).expect(0).json()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn said(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The names of all actors, read from the log itself: from when each was borne.
struct Names(BTreeMap<String, Vec<(Date, String)>>);

impl Names {
    fn of(world: &World) -> Self {
        let mut names: BTreeMap<String, Vec<(Date, String)>> = BTreeMap::new();
        let log = String::from_utf8(world.read("ledger/log/000000000000.jsonl")).unwrap();
        for line in log.lines() {
            let event = serde_json::from_str::<Value>(line).unwrap()["event"].take();
            let from = said(&event["effective"]).parse::<CalendarDate>().unwrap().last_day();
            let told = match said(&event["type"]) {
                "ledger.founded" => list(&event["body"]["founders"]).to_vec(),
                "actor.registered" | "actor.renamed" => vec![event["body"].clone()],
                _ => Vec::new(),
            };
            for one in told {
                names.entry(said(&one["actor"]).to_owned()).or_default().push((from, said(&one["name"]).to_owned()));
            }
        }
        names.values_mut().for_each(|names| names.sort());
        Self(names)
    }

    fn on(&self, actor: &Value, day: &str) -> String {
        let (id, day) = (said(actor), day.parse::<Date>().unwrap());
        let Some(names) = self.0.get(id) else { return id.to_owned() };
        names.iter().rfind(|(from, _)| *from <= day).unwrap_or(&names[0]).1.clone()
    }
}

/// As a cell shows them.
fn short(records: &Value) -> String {
    let seqs: Vec<String> = list(records).iter().map(ToString::to_string).collect();
    match seqs.len() {
        0..=4 => seqs.join(", "),
        n => format!("{}, … ({n})", seqs[..3].join(", ")),
    }
}

/// What the command line says of a day, in the words of the page.
pub fn day_by_command_line(world: &World, day: &str) -> Value {
    let mut told = treaties_and_recommendations(world, day);
    let names = Names::of(world);
    told["board"] = board(&names, &json_of(world, &["overdue"], day), day);
    let counts = &json_of(world, &["overdue", "--all"], day)["counts"];
    let order = ["overdue", "rescheduled", "absent", "late", "on_time", "due", "undated"];
    told["counted"] = order.iter().map(|what| counts[what].to_string()).collect();
    told["mandates"] = mandates(&names, &json_of(world, &["mandates", "--all"], day), day);
    let cards = json_of(world, &["scorecard", "--all"], day);
    told["steps"] = steps(&cards);
    let all = list(&cards["states"]).len();
    told["met"] = list(&cards["met"]).iter().map(|met| format!("{met} of {all}")).collect();
    told["notes"] = cards["notes"].clone();
    told
}

/// Each row of the board, cell by cell.
fn board(names: &Names, board: &Value, day: &str) -> Value {
    let row = |item: &Value| {
        let to = item.get("to").map_or_else(String::new, |to| format!(" to {}", names.on(to, day)));
        let who = item.get("who").map_or_else(String::new, |who| names.on(who, day));
        let notes: Vec<&str> = list(&item["notes"]).iter().chain(list(&item["flags"])).map(said).collect();
        json!([
            item["status"],
            who + &to,
            format!("{}{}", said(&item["what"]), notes.join("; ")),
            said(&item["legal_due"]),
            said(&item["scheduled"]),
            item.get("days_late").map_or_else(String::new, ToString::to_string),
            item["binding"],
            short(&item["records"]),
        ])
    };
    list(&board["items"]).iter().map(row).collect()
}

/// Each mandate, those that are live first: its id, title, holders, how it stands and until when, records, requirements in force.
fn mandates(names: &Names, mandates: &Value, day: &str) -> Value {
    let order = ["live", "lapsed", "expired_unrenewed", "terminated", "transferred"];
    let place = |m: &Value| order.iter().position(|status| m["status"] == *status);
    let mut rows = list(&mandates["mandates"]).to_vec();
    rows.sort_by_key(|m| (place(m), said(&m["mandate"]).to_owned()));
    let row = |m: &Value| {
        let organ = m.get("organ").map_or_else(String::new, |organ| format!("of {}", names.on(organ, day)));
        let holders: Vec<String> = list(&m["implementers"]).iter().map(|actor| names.on(actor, day)).collect();
        let left = m
            .get("days_left")
            .map_or_else(String::new, |left| format!(", {left} {} left", if *left == 1 { "day" } else { "days" }));
        let last = m.get("expires").map_or("no time limit", said);
        let until = format!("{}{last}{left}", said(&m["status"]).replace('_', " "));
        json!([
            m["mandate"],
            format!("{}{organ}", said(&m["title"])),
            holders.join(", "),
            until,
            short(&m["records"]),
            m["reporting"]
        ])
    };
    rows.iter().map(row).collect()
}

/// Each state's steps: in short, with a star where a record has flags or was answered; whether it is met; each cell.
fn steps(cards: &Value) -> Value {
    let step = |step: &Value| {
        let marked = |c: &Value| !list(&c["flags"]).is_empty() || !list(&c["answers"]).is_empty();
        let star = if list(&step["cells"]).iter().any(marked) { "*" } else { "" };
        let cell = |c: &Value| {
            let records =
                if said(&c["cell"]).starts_with("recommendations") { json!([]) } else { c["records"].clone() };
            format!("{}={} {records}", said(&c["cell"]), said(&c["value"]))
        };
        let cells: Vec<String> = list(&step["cells"]).iter().map(cell).collect();
        json!([format!("{}{star}", said(&step["short"])), step["met"], cells])
    };
    let row =
        |card: &Value| (said(&card["state"]).to_owned(), list(&card["steps"]).iter().map(step).collect::<Value>());
    Value::Object(list(&cards["states"]).iter().map(row).collect())
}

fn treaties_and_recommendations(world: &World, day: &str) -> Value {
    let treaties = csv_rows(&world.ok(&["treaty", "list", "--as-of", day, "--format", "csv"]));
    let ids: Vec<&str> = treaties.iter().map(|t| t["treaty"].as_str()).collect();
    let counts: Vec<[&str; 3]> = treaties
        .iter()
        .map(|t| match (t["in_force_from"].as_str(), t["deposits"].as_str()) {
            (_, "no acts recorded") => ["no act recorded", "", ""],
            ("", deposits) => ["not yet", deposits, &t["in_force_for"]],
            (from, deposits) => [from, deposits, &t["in_force_for"]],
        })
        .collect();
    let mut states = BTreeMap::new();
    for row in csv_rows(&world.ok(&["table", "matrix", "--as-of", day, "--format", "csv"])) {
        let possibly: BTreeMap<&str, &str> = row["possibly"].split(' ').filter_map(|p| p.split_once('=')).collect();
        let cell = |id: &&str| possibly.get(*id).map_or(row[*id].clone(), |may| format!("{}/{may}", row[*id]));
        states.insert(row["state"].clone(), ids.iter().map(cell).collect::<Vec<String>>());
    }
    let mut made = BTreeMap::new();
    for row in csv_rows(&world.ok(&["recommendations", "--by", "state", "--as-of", day, "--format", "csv"])) {
        let numbers = ["made", "supported", "noted", "pending", "followed_up"].map(|c| row[c].parse::<u32>().unwrap());
        made.insert(row["group"].clone(), numbers);
    }
    // On a day before the acts of any state, a page has counts of zero where the list says that nothing is recorded.
    let recorded = world.ok(&["treaty", "list", "--as-of", "9999-12-31", "--format", "csv"]);
    let silent: Vec<bool> = csv_rows(&recorded).iter().map(|t| t["deposits"] == "no acts recorded").collect();
    let counts: Vec<[&str; 3]> = counts
        .into_iter()
        .zip(silent)
        .map(|(c, silent)| if c[0] == "no act recorded" && !silent { ["not yet", "0", "0"] } else { c })
        .collect();
    json!({"day": day, "treaties": ids, "counts": counts, "states": states, "made": made})
}

/// Opens `report.html` in a browser, and holds it to what the command line says of these days, to the page that the program makes
/// for every third of them, and to these texts; says so where there is no browser.
pub fn check_in_browser(world: &World, days: &[&str], texts: &[&str]) {
    let told = |(at, day): (usize, &&str)| {
        let mut told = day_by_command_line(world, day);
        if at.is_multiple_of(3) {
            let own = format!("own-{day}.html");
            world.ok(&["report", "--as-of", day, &own, "--force"]);
            told["own"] = own.into();
        }
        told
    };
    let days: Vec<Value> = days.iter().enumerate().map(told).collect();
    world.write("expected.json", json!({"days": days, "texts": texts}).to_string());
    if !installed("node") || !installed("chromium") {
        return;
    }
    let mut command = Command::new("node");
    world.tame(&mut command);
    let script = path_text(&repository().join("tests/web-report/check.mjs"));
    let found = finish(command.args([&script, "report.html", "expected.json", "shots"]));
    found.expect(0);
}

/// Some days of a page on which what is owed, a mandate, or a scorecard turns, and the day before each; and some that chance
/// names. All are days of the page; ascending.
pub fn days_of(page: &Value, dice: &mut Dice, turning: usize, others: usize) -> Vec<String> {
    let date = |at: &Value| said(&page["dates"][at.as_u64().unwrap() as usize]).to_owned();
    let mut turns: Vec<&Value> = list(&page["owed"]).iter().flat_map(|item| list(&item[5])).collect();
    for what in ["mandates", "requirements"] {
        turns.extend(list(&page[what]).iter().flat_map(|course| list(&course[1])));
    }
    turns.extend(list(&page["cards"]["notes"]));
    let (first, last) = (said(&page["first"]), said(&page["last"]));
    let mut from: BTreeSet<String> = turns.iter().map(|turn| date(&turn[0])).collect();
    from.extend(list(&page["cards"]["runs"]).iter().flat_map(|run| list(run).iter().step_by(2)).map(date));
    let mut from: Vec<String> = from.into_iter().filter(|day| first < day.as_str() && day.as_str() <= last).collect();
    assert!(from.len() >= turning.min(3), "what turns, turns on {from:?}");
    dice.shuffle(&mut from);
    let mut days = BTreeSet::from([first.to_owned(), last.to_owned()]);
    for day in from.into_iter().take(turning) {
        let before = day.parse::<Date>().unwrap().yesterday().unwrap();
        days.extend([day, before.to_string()]);
    }
    let [begin, end] = [first, last].map(|day| day.parse::<Date>().unwrap());
    let long = begin.until(end).unwrap().get_days() as usize;
    days.extend((0..others).map(|_| (begin + (dice.below(long + 1) as i64).days()).to_string()));
    days.into_iter().collect()
}
