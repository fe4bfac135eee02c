//! The report: its page answers, on every day that it is moved to, as the command line does; it is whole, escaped, the same on
//! every run, and opens in a browser without a network, by keyboard, at any width.
//! Not here: the answers themselves (`path`, `boards`, `tables`). Where Node or Chromium is missing, its tests say "skipped".

mod page_days;
mod worked_ledger;

use answerable_tests::strace::{can_trace, traced};
use answerable_tests::{World, path_text};
use page_days::{check_in_browser, csv_rows, data, report};
use serde_json::{Value, json};

/// Imports rows `who,actor,treaty,date` as acts of a type.
fn import(world: &World, id: &str, kind: &str, body: &str, table: &str) {
    let mapping = format!(
        "version = 1\nid = \"{id}\"\nformat = \"csv\"\nkey = [\"who\"]\nstanding = \"transcribed\"\n[source]\n\
         title = \"A newer table\"\nurl = \"https://example.org/\"\nseen = \"2015-06-30\"\n[[act]]\nname = \"act\"\n\
         type = \"{kind}\"\neffective = {{ column = \"date\", date = \"YYYY-MM-DD\", required = true }}\n[act.body]\n\
         treaty = {{ column = \"treaty\" }}\nstate = {{ column = \"actor\" }}\n{body}"
    );
    let mapping = world.write(&format!("{id}.toml"), mapping);
    let table = world.write(&format!("{id}.csv"), format!("who,actor,treaty,date\n{table}"));
    world.import(&table, &mapping, &["--yes"]).expect(0);
}

/// Corrects the consent of a participation.
fn correct(world: &World, stream: &str, change: &[&str]) {
    let history = world.run(&["history", stream, "--format", "json"]).expect(0).json();
    let records = history["records"].as_array().unwrap();
    let consent = records.iter().find(|r| r["type"] == "treaty.consent_deposited").expect("a consent");
    let seq = consent["seq"].as_str().unwrap();
    let file = "corrected.event.json";
    world.ok(&[&["correct", seq, "--reason", "misread", "--out", file], change].concat());
    world.ok(&["sign", file, "--yes"]);
    world.ok(&["append", file]);
    std::fs::remove_file(world.at(file)).unwrap();
}

/// 936 real acts, and what they lack: an imprecise signature, one repudiated, a withdrawal that runs and takes effect, an
/// imprecise consent that brings a treaty into force, a late succession.
fn varied() -> World {
    let world = World::founded();
    import(
        &world,
        "signed",
        "treaty.signed",
        "mode = { value = \"simple\" }\n",
        "India,state:IND,arms-trade-treaty,2014-05\n",
    );
    import(&world, "unsigned", "treaty.signature_repudiated", "", "U.S.A.,state:USA,rome-statute,2002-05-06\n");
    import(&world, "left", "treaty.withdrawal_notified", "", "Burundi,state:BDI,rome-statute,2014-10-27\n");
    let nine = ["FJI", "GEO", "IRQ", "JOR", "KWT", "LAO", "MAR", "NPL", "OMN"];
    let rows: String = nine.iter().map(|s| format!("{s},state:{s},arms-trade-treaty,2014-09\n")).collect();
    import(&world, "joined", "treaty.consent_deposited", "mode = { value = \"accession\" }\n", &rows);
    // A corrected date moves a turn; a date of succession binds before the notification.
    correct(&world, "treaty:genocide-convention:RWA", &["--date", "1975-05-16"]);
    correct(&world, "treaty:genocide-convention:BIH", &["--set", "succession_date=1992-03-06"]);
    world
}

#[test]
fn the_page_answers_as_the_command_line_does_on_twenty_days() {
    let world = varied();
    let page = report(&world, "2015-03-14");
    // Days of single acts, days before and after them, the eve and the day of entries into force, and of a withdrawal to come.
    let days = [
        "1948-12-11",
        "1951-01-11",
        "1951-01-12",
        "1954-04-22",
        "1967-10-04",
        "1975-04-16",
        "1991-12-26",
        "1994-04-06",
        "1998-07-18",
        "2002-05-06",
        "2002-07-01",
        "2014-05-15",
        "2014-05-31",
        "2014-09-15",
        "2014-12-01",
        "2014-12-29",
        "2015-03-14",
        "2015-10-27",
    ];
    assert_eq!(data(&page)["records"]["shape"].as_array().unwrap().len() as u64, world.size());
    what_cells_rest_on(&world, &data(&page));
    what_is_noted(&world, &data(&page));
    // Without a script, the page says the same of its own day.
    for treaty in csv_rows(&world.ok(&["treaty", "list", "--as-of", "2015-03-14", "--format", "csv"])) {
        let [from, deposits, in_force] = ["in_force_from", "deposits", "in_force_for"].map(|c| treaty[c].as_str());
        if deposits != "no acts recorded" {
            let cell = |text: &str| format!("<td class=\"number\">{text}</td>");
            let head = format!("<th scope=\"row\" dir=\"auto\">{}<", treaty["title"]);
            let row = page.lines().find(|l| l.contains(&head)).unwrap_or_else(|| panic!("no row of {treaty:?}"));
            assert!(row.contains(&cell(if from.is_empty() { "not yet" } else { from })), "{row}");
            assert!(row.contains(&(cell(deposits) + &cell(in_force))), "{row}");
        }
    }
    check_in_browser(&world, &days, &["Convention on the Prevention and Punishment of the Crime of Genocide"]);
}

/// What `treaty status` notes of a day, such as that a predecessor's acts are missing, the page does, too.
fn what_is_noted(world: &World, data: &Value) {
    let mut gaps = 0;
    for course in data["treaties"].as_array().unwrap() {
        let treaty = course["id"].as_str().unwrap();
        for day in ["1940-01-01", "1955-06-01", "1976-01-01", "1992-12-31", "2001-06-01", "2015-03-14"] {
            let status = world.run(&["treaty", "status", treaty, "--summary", "--as-of", day, "--format", "json"]);
            let noted = status.expect(0).json()["notes"].clone();
            let begun = |turn: &&Value| data["dates"][turn[0].as_u64().unwrap() as usize].as_str().unwrap() <= day;
            let turn = course["notes"].as_array().unwrap().iter().take_while(begun).last();
            let text = |at: &Value| data["texts"][at.as_u64().unwrap() as usize].clone();
            let found: Vec<Value> = turn.iter().flat_map(|t| t[1].as_array().unwrap()).map(text).collect();
            // Before anything was said, there is nothing to be noted of it but that.
            if turn.is_some() {
                assert_eq!(Value::from(found.clone()), noted, "{treaty} {day}");
            }
            gaps += found.iter().filter(|n| n.as_str().unwrap().starts_with("incomplete: ")).count();
        }
    }
    assert!(gaps > 3, "{gaps} gaps of the records are told");
}

/// The records, dates and remarks of each cell are those that `treaty status` names.
fn what_cells_rest_on(world: &World, data: &Value) {
    let list = |name: &str, at: &Value| data[name][at.as_u64().unwrap() as usize].clone();
    let asked =
        [("genocide-convention", "1992-06-01"), ("rome-statute", "2014-12-01"), ("arms-trade-treaty", "2014-05-20")];
    for (treaty, day) in asked {
        let status = world.run(&["treaty", "status", treaty, "--as-of", day, "--format", "json"]).expect(0).json();
        let course = data["treaties"].as_array().unwrap().iter().find(|t| t["id"] == treaty).unwrap();
        let rows = status["states"].as_array().unwrap();
        assert!(rows.len() > 100, "{treaty}: {}", rows.len());
        for row in rows {
            let of_state = |s: &&Value| list("actors", &s[0])[0] == row["actor"];
            let turns = course["states"].as_array().unwrap().iter().find(of_state).expect("a course")[1].clone();
            let begun = |turn: &&Value| list("dates", &turn[0]).as_str().unwrap() <= day;
            let turn = turns.as_array().unwrap().iter().take_while(begun).last().unwrap().clone();
            let date = |at: usize| turn[at].as_u64().map_or(Value::Null, |_| list("dates", &turn[at]));
            let dates = ["signed", "deposited", "in_force_from", "ends"].map(|name| row[name].clone());
            assert_eq!([date(3), date(4), date(6), date(7)], dates, "{treaty} {day} {row}");
            assert_eq!(turn[9], row["records"], "{treaty} {day} {row}");
            let flags: Vec<&str> = row["flags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
            assert_eq!(turn[11].as_u64().is_some(), !flags.is_empty(), "{treaty} {day} {row}");
            if !flags.is_empty() {
                assert_eq!(list("texts", &turn[11]), flags.join(", "), "{treaty} {day} {row}");
            }
            assert_eq!(turn[12] == 1, row["answers"] != json!([]), "{treaty} {day} {row}");
            let remarks: Vec<Value> = turn[10].as_array().unwrap().iter().map(|at| list("texts", at)).collect();
            assert_eq!(Value::from(remarks), row["remarks"], "{treaty} {day} {row}");
        }
    }
}

/// What another standing says is a remark, and its flags are the cell's too; files, erasures and retractions are told of the record.
#[test]
fn flags_answers_files_and_retractions_are_shown() {
    let world = World::founded();
    world.ok(&["key", "new", "state:BEL#1", "--no-passphrase"]);
    world.act(&["key.enrolled", "--enrol", "state:BEL#1"]);
    let stolen = world.size();
    world.write("letter.txt", "a letter");
    let own = ["--actor", "state:BEL", "--set", "state=state:BEL", "--set", "treaty=genocide-convention"];
    let signed =
        ["draft", "treaty.signed", "--effective", "1949-12-10", "--set", "mode=simple", "--attach", "letter.txt"];
    world.record(&[&signed[..], &own].concat());
    let text = ["--set", "declaration=d1", "--set", "kind=interpretative", "--set", "text=Not ours."];
    let declared = ["draft", "treaty.declaration_made", "--effective", "1976-01-01"];
    world.record(&[&declared[..], &own, &text].concat());
    world.record(&["correct", &(stolen + 1).to_string(), "--retract", "--reason", "never made"]);
    let attached = world.run(&["attachment", "list", "--format", "json"]).expect(0).json();
    let hash = attached["rows"][0]["sha256"].as_str().unwrap_or_else(|| panic!("{attached:#}")).to_owned();
    world.record(&["attachment", "erase", &hash, "--reason", "a person asked"]);
    let from = format!("compromised_from_seq={stolen}");
    let revoked = ["--set", "actor=state:BEL", "--set", "key=state:BEL#1", "--set", "reason=stolen", "--set", &from];
    world.record(&[&["draft", "key.revoked", "--actor", "state:BEL"], &revoked[..]].concat());
    let data = data(&report(&world, "2015-03-14"));
    what_cells_rest_on(&world, &data);
    let status = ["treaty", "status", "genocide-convention", "--as-of", "2015-03-14", "--format", "json"];
    let status = world.run(&status).expect(0).json();
    let row = status["states"].as_array().unwrap().iter().find(|r| r["actor"] == "state:BEL").unwrap().clone();
    assert_eq!((&row["standing"], &row["flags"]), (&json!("transcribed"), &json!(["key.compromised"])), "{row:#}");
    let records = &data["records"];
    assert_eq!(records["corrected"], json!([[stolen + 1, stolen + 2, 1]]));
    let attached = records["attached"].as_array().unwrap();
    let [[seq, file]] = attached.iter().map(|a| [a[0].as_u64(), a[1].as_u64()]).collect::<Vec<_>>()[..] else {
        panic!("{attached:?}")
    };
    let said = data["texts"][file.unwrap() as usize].as_str().unwrap();
    assert!(said.starts_with("text/plain, ") && said.contains(&hash), "{said}");
    assert!(said.ends_with(&format!("erased by record {}", stolen + 3)), "{said}");
    assert_eq!(seq, Some(stolen));
    let cell = "F*";
    check_in_browser(&world, &["1980-01-01", "2015-03-14"], &[cell]);
}

/// Stories of every kind: reports that are overdue, recommendations, scorecards with something in every step.
#[test]
fn the_board_the_scorecards_and_the_recommendations_are_those_of_the_command_line() {
    let world = worked_ledger::recorded();
    let day = "2026-11-23";
    let page = report(&world, day);
    let board = world.run(&["overdue", "--as-of", day, "--format", "json"]).expect(0).json();
    let items = board["items"].as_array().unwrap();
    assert!(items.len() > 3, "{board:#}");
    assert_eq!(page.matches("<th role=\"rowheader\" scope=\"row\" class=\"st-").count(), items.len());
    for day in ["1970-01-01", "1993-12-15", "1995-06-15", "2020-06-01", "2021-03-01", "2021-11-01", day] {
        mandates_are_those_of_the_command_line(&world, day);
    }
    let page = report(&world, day);
    let nothing = "<p class=\"nothing\">No mandate is recorded that was given by that day.</p>";
    assert!(!page.contains(nothing) && self::report(&world, "1970-01-01").contains(nothing));
    report(&world, day);
    let days = ["2005-01-01", "2012-06-15", "2019-06-01", "2021-07-01", "2023-03-01", "2024-11-30", "2026-11-23"];
    check_in_browser(&world, &days, &[]);
}

/// Who must report on each mandate, until when, what came, what is overdue.
fn mandates_are_those_of_the_command_line(world: &World, day: &str) {
    let page = report(world, day);
    let asked =
        |args: &[&str]| world.run(&[args, &["--all", "--as-of", day, "--format", "json"]].concat()).expect(0).json();
    let (mandates, board) = (asked(&["mandates"]), asked(&["overdue"]));
    let mandates = mandates["mandates"].as_array().unwrap();
    assert_eq!(page.matches("<tbody role=\"rowgroup\" data-mandate=").count(), mandates.len(), "{day}");
    let between = |text: &'_ str, from: &str, to: &str| {
        text.split_once(from).and_then(|(_, rest)| rest.split_once(to)).map(|(found, _)| found.to_owned())
    };
    let (mut required, mut late) = (0, 0);
    for mandate in mandates {
        let id = mandate["mandate"].as_str().unwrap();
        let rows = between(&page, &format!("data-mandate=\"{id}\">"), "</tbody>").unwrap();
        let status = mandate["status"].as_str().unwrap().replace('_', " ");
        assert!(rows.contains(&format!(">{status}</span><br>")), "{day} {id}: {rows}");
        let last = mandate["expires"].as_str().unwrap_or("no time limit");
        assert!(rows.contains(last), "{day} {id}: {rows}");
        for clause in mandate["reporting"].as_array().unwrap() {
            required += 1;
            assert!(rows.contains(&format!("data-requirement=\"{}\"", clause.as_str().unwrap())), "{day} {id}: {rows}");
        }
        for row in rows.split("data-requirement=\"").skip(1) {
            let (stream, row) = row.split_once('"').unwrap();
            let of_it = |i: &&Value| i["stream"] == stream;
            let items: Vec<&Value> = board["items"].as_array().unwrap().iter().filter(of_it).collect();
            let count = |status: &str| items.iter().filter(|i| i["status"] == status).count();
            let overdue = count("overdue");
            late += overdue;
            assert_eq!(row.contains(&format!("{overdue} overdue")), overdue > 0, "{day} {stream}: {row}");
            assert_eq!(row.contains(">nothing</td>"), items.iter().all(|i| i.get("done").is_none()), "{day} {stream}");
            if let Some(next) = items.iter().find(|i| i["status"] == "due" || i["status"] == "final") {
                assert!(row.contains(next["legal_due"].as_str().unwrap()), "{day} {stream}: {row}");
            }
        }
    }
    let wanted = match day {
        "2020-06-01" => (1, 1),
        "2021-03-01" => (1, 1),
        "2021-11-01" => (1, 3),
        _ => (required, late),
    };
    assert_eq!((required, late), wanted, "{day}");
}

/// Whoever may register an actor or cite a source writes into everybody's page.
#[test]
fn nothing_from_the_log_is_markup() {
    let world = World::bare();
    let bad = "</script><img src=x onerror=alert(1)>\"'`${alert(2)}<!--<script>";
    let name = format!("name={bad}");
    let state = ["--set", "actor=state:EVI", "--set", "kind=state", "--set", &name];
    world.act(&[&["actor.registered", "--effective", "1990-01-01"], &state[..]].concat());
    let arabic =
        ["--set", "actor=state:ARA", "--set", "kind=state", "--set", "name=\u{627}\u{644}\u{639}\u{631}\u{628}"];
    world.act(&[&["actor.registered", "--effective", "1990-01-01"], &arabic[..]].concat());
    world.ok(&["report", "--as-of", "2020-01-01", "--title", &format!("{bad}\u{202e}"), "report.html"]);
    let page = String::from_utf8(world.read("report.html")).unwrap();
    assert!(!page.contains("<img") && !page.contains('\u{202e}'), "{page}");
    assert_eq!(page.matches("<script").count(), 2, "the data and the script");
    assert_eq!(page.matches("</script>").count(), 2);
    assert!(page.contains("\\u003cimg src=x onerror=alert(1)\\u003e"));
    check_in_browser(&world, &["2020-01-01"], &[bad]);
}

#[test]
fn a_page_of_one_record_and_a_day_before_all_records_says_so() {
    let world = World::bare();
    world.ok(&["report", "--as-of", "1800-01-01", "--known-at", "1", "report.html"]);
    let page = String::from_utf8(world.read("report.html")).unwrap();
    assert!(page.contains("as known by 1 record.") && page.contains("1 record, the last of them"), "{page}");
    for said in ["Nothing that is recorded here was overdue", "No treaty is registered", "No state is registered"] {
        assert!(page.contains(said), "{said}");
    }
    check_in_browser(&world, &["1800-01-01"], &[]);
    assert_eq!(
        world.run(&["report", "--as-of", "2020-01-01", "--known-at", "0", "x.html"]).expect(2).error_code(),
        "report.empty"
    );
}

/// The page says what it rests on; the root is that of the export at this size, also when the ledger has grown.
#[test]
fn a_page_is_the_same_on_every_run_and_names_what_it_rests_on() {
    let world = World::small();
    let size = world.size();
    let first = report(&world, "2014-01-01");
    let root = String::from_utf8(world.read("ledger/checkpoint")).unwrap().lines().nth(2).unwrap().to_owned();
    let command = format!("answerable report --as-of 2014-01-01 --known-at {size} OUT.html");
    for told in [&world.pins().ledger_id, &root, &command, "answerable-verify"] {
        assert!(first.contains(told), "the page does not name {told}");
    }
    assert_eq!(report(&world, "2014-01-01"), first);
    world.says_something("later");
    world.ok(&["report", "--as-of", "2014-01-01", "--known-at", &size.to_string(), "again.html"]);
    assert_eq!(String::from_utf8(world.read("again.html")).unwrap(), first, "a report of the past changes no more");

    let (_, policy) = first.split_once("Content-Security-Policy\" content=\"").unwrap();
    let policy = policy.split('"').next().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    assert!(!first.contains("src=") && !first.contains("@import") && !first.contains("url("), "nothing is fetched");
}

#[test]
fn a_file_is_replaced_only_by_force_and_a_failed_write_leaves_nothing() {
    let world = World::small();
    world.write("report.html", "mine");
    let args = ["report", "--as-of", "2014-01-01", "report.html"];
    let refused = world.run(&args).expect(2);
    assert_eq!(refused.error_code(), "file.exists");
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    world.ok(&[&args[..], &["--force", "--dry-run"]].concat());
    assert_eq!(world.read("report.html"), b"mine");
    if can_trace() {
        for (call, errno) in [("write", "ENOSPC"), ("fsync", "EIO"), ("rename", "EIO")] {
            let inject = format!("inject={call}:error={errno}");
            // As the call names the file, and as the kernel does.
            let whole = path_text(&world.at("report.html.tmp"));
            let watched = ["-P", "report.html.tmp", "-P", &whole, "-e", &format!("trace={call}"), "-e", &inject];
            let said = traced(&world, &watched, &[&args[..], &["--force"]].concat());
            assert_eq!(said.code, 4, "{call}: {said:?}");
            assert_eq!(world.read("report.html"), b"mine", "{call}");
            assert!(!world.at("report.html.tmp").exists(), "{call} leaves something behind");
        }
    }
    world.ok(&[&args[..], &["--force"]].concat());
    assert!(world.read("report.html").starts_with(b"<!DOCTYPE html>"));
}
