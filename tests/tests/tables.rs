//! The tables for researchers: equal, cell by cell, to what `tests/independent/panel.py` computes from the raw tables of the UN
//! Treaty Collection; the same in every format; silent where the records are.
//! Not here: the law itself (`schemas`), answers for people (`path`, `boards`).

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use answerable_tests::{World, example, finish, installed, path_text, read_tree, repository};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

/// The five treaties, their status tables and the mappings of these.
const TREATIES: [(&str, &str, &str); 5] = [
    ("arms-trade-treaty", "att-2013", "untc-att"),
    ("genocide-convention", "genocide-1948", "untc-genocide"),
    ("refugee-convention", "refugee-1951", "untc-refugee"),
    ("refugee-protocol", "refugee-protocol-1967", "untc-refugee-protocol"),
    ("rome-statute", "rome-1998", "untc-rome"),
];
const YEARS: [&str; 4] = ["--from", "1948", "--to", "2015"];

/// Rows by their key, each a map of column to cell.
type Rows = BTreeMap<Vec<String>, BTreeMap<String, String>>;

fn rows(text: &str, key: &[&str]) -> Rows {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut found = Rows::new();
    for row in reader.deserialize::<BTreeMap<String, String>>() {
        let row = row.unwrap();
        let key: Vec<String> = key.iter().map(|k| row[*k].clone()).collect();
        assert!(found.insert(key.clone(), row).is_none(), "two rows of {key:?}");
    }
    found
}

/// The folder of the public data, and Python; None, and said so, where either is not there.
fn data() -> Option<PathBuf> {
    let folder = repository().join("../shared/data");
    if !folder.join("treaties").exists() {
        eprintln!("skipped: {} is not there", folder.display());
        return None;
    }
    installed("python3").then_some(folder)
}

fn independent(data: &std::path::Path, args: &[&str]) -> String {
    let mut command = Command::new("python3");
    command.arg(repository().join("tests/independent/panel.py")).args(args);
    command.args(["--data", &path_text(data), "--states", &example("states.csv")]);
    command.args(["--members", &example("un-members.csv")]);
    finish(&mut command).expect(0).stdout
}

/// A ledger of the raw tables, whole, and of membership in the United Nations.
fn of_public_data(data: &std::path::Path) -> World {
    let world = World::bare();
    world.register();
    world.import_example("bodies.csv", "bodies");
    world.import_example("un-members.csv", "un-members");
    for (treaty, file, mapping) in TREATIES {
        let table = path_text(&data.join("treaties").join(format!("{file}.csv")));
        // The table of the Arms Trade Treaty is older than the others.
        let seen: &[&str] = if treaty == "arms-trade-treaty" { &["--seen", "2014-07-10"] } else { &[] };
        let mapping = example(&format!("mappings/{mapping}.toml"));
        let imported = world.import(&table, &mapping, &[&["--yes"], seen].concat()).expect(0);
        assert!(
            imported.stdout.contains(" 0 corrections, ") && imported.stdout.contains(" 0 rejected"),
            "{imported:?}"
        );
    }
    world
}

/// Corrects each succession in it by the day of the succession, which no table of the UN has: the same tables with a
/// column more, which `panel.py` adds. Answers how many there are.
fn with_dates_of_successions(world: &World, data: &std::path::Path) -> usize {
    fs::create_dir_all(world.at("dated")).unwrap();
    independent(data, &["tables", "--to-folder", &path_text(&world.at("dated"))]);
    world.write("country-names.csv", fs::read(example("country-names.csv")).unwrap());
    let mut corrected = 0;
    for (treaty, file, mapping) in TREATIES {
        let mut text = fs::read_to_string(example(&format!("mappings/{mapping}.toml"))).unwrap();
        assert!(
            text.trim_end().ends_with("state = { column = \"Participant\" }"),
            "the last body is that of the consent"
        );
        text += "succession_date = { column = \"Date of succession\", date = \"YYYY-MM-DD\", optional = true }\n";
        let mapping = world.write(&format!("mappings/{mapping}.toml"), text);
        let seen: &[&str] = if treaty == "arms-trade-treaty" { &["--seen", "2014-07-10"] } else { &[] };
        let imported = world.import(&format!("dated/{file}.csv"), &mapping, &[&["--yes"], seen].concat()).expect(0);
        let said = imported.stdout.split(" corrections").next().unwrap().rsplit(' ').next().unwrap();
        corrected += said.parse::<usize>().unwrap_or_else(|_| panic!("{}", imported.stdout));
    }
    corrected
}

fn table(world: &World, name: &str, more: &[&str]) -> String {
    let five: Vec<&str> = TREATIES.iter().flat_map(|(treaty, ..)| ["--instrument", treaty]).collect();
    world.ok(&[&["table", name, "--format", "csv"], &five[..], more].concat())
}

/// A large table: its rows by their key, as they were read.
struct Large {
    columns: Vec<String>,
    rows: BTreeMap<Vec<String>, csv::StringRecord>,
}

impl Large {
    fn read(text: &str, key: &[&str]) -> Self {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let columns: Vec<String> = reader.headers().unwrap().iter().map(String::from).collect();
        let at: Vec<usize> = key.iter().map(|k| columns.iter().position(|c| c == k).unwrap()).collect();
        let mut rows = BTreeMap::new();
        for row in reader.into_records().map(Result::unwrap) {
            let key: Vec<String> = at.iter().map(|i| row[*i].to_owned()).collect();
            assert!(!rows.contains_key(&key), "two rows of {key:?}");
            rows.insert(key, row);
        }
        Self { columns, rows }
    }

    fn place(&self, column: &str) -> usize {
        self.columns.iter().position(|c| c == column).unwrap_or_else(|| panic!("no column {column}"))
    }
}

/// Compares what the second has with what the first has; answers how many cells.
fn compare(ours: &str, theirs: &str, key: &[&str], what: &str) -> usize {
    let (ours, theirs) = (Large::read(ours, key), Large::read(theirs, key));
    let missing: Vec<_> = theirs.rows.keys().filter(|k| !ours.rows.contains_key(*k)).take(5).collect();
    let surplus: Vec<_> = ours.rows.keys().filter(|k| !theirs.rows.contains_key(*k)).take(5).collect();
    assert!(missing.is_empty() && surplus.is_empty(), "{what}: missing {missing:?}, surplus {surplus:?}");
    let places: Vec<usize> = theirs.columns.iter().map(|c| ours.place(c)).collect();
    let mut differ = Vec::new();
    for (key, row) in &theirs.rows {
        let our_row = &ours.rows[key];
        for ((column, value), place) in theirs.columns.iter().zip(row).zip(&places) {
            if our_row[*place] != *value {
                differ.push(format!("{key:?} {column}: ours {:?}, theirs {value:?}", &our_row[*place]));
            }
        }
    }
    assert!(differ.is_empty(), "{what}: {} cells differ: {:#?}", differ.len(), &differ[..differ.len().min(10)]);
    theirs.rows.len() * theirs.columns.len()
}

/// Sixty-eight years, five treaties, each way of counting, from the tables as they are and with dates of successions: the
/// panel, the counts and the spells are those of a program that shares nothing with ours but the sources.
#[test]
fn tables_equal_an_independent_computation() {
    let Some(data) = data() else { return };
    let plain = of_public_data(&data);
    let dated = World::like(&plain);
    let successions = with_dates_of_successions(&dated, &data);
    assert_eq!(successions, 53, "each succession is corrected once");

    let mut panels = BTreeMap::new();
    for (world, name, dates) in [(&plain, "plain", &[][..]), (&dated, "dated", &["--succession-dates"][..])] {
        for how in ["recorded", "deposit", "none"] {
            let what = format!("{name}, {how}");
            let chosen = ["--succession", how];
            let asked = [&chosen[..], dates].concat();
            let panel = table(world, "panel", &[&YEARS[..], &chosen].concat());
            let theirs = independent(&data, &[&["panel"], &YEARS[..], &asked].concat());
            let cells = compare(&panel, &theirs, &["year", "state", "instrument"], &what);
            assert!(cells > 500_000, "{what}: {cells} cells are compared");
            let parties = table(world, "parties", &[&YEARS[..], &chosen].concat());
            let theirs = independent(&data, &[&["parties"], &YEARS[..], &asked].concat());
            assert_eq!(compare(&parties, &theirs, &["year", "instrument"], &what), 68 * 5 * 7);
            let spells = table(world, "durations", &[&["--as-of", "2015-12-31"], &chosen[..]].concat());
            let theirs = independent(&data, &[&["durations"], &asked[..]].concat());
            assert!(compare(&spells, &theirs, &["state", "instrument"], &what) > 2_000);
            panels.insert((name, how), cells_of(&panel));
        }
        let chosen = ["--party", "deposited"];
        let panel = table(world, "panel", &[&YEARS[..], &chosen].concat());
        let theirs = independent(&data, &[&["panel"], &YEARS[..], &chosen, dates].concat());
        compare(&panel, &theirs, &["year", "state", "instrument"], name);
        assert_ne!(cells_of(&panel), panels[&(name, "recorded")], "{name}: more are party by their deposits alone");
    }
    // Where the source has no dates of successions, there is nothing to choose between these two; with them there is.
    assert_eq!(panels[&("plain", "recorded")], panels[&("plain", "deposit")]);
    assert_eq!(panels[&("dated", "deposit")], panels[&("plain", "deposit")]);
    assert_eq!(panels[&("dated", "none")], panels[&("plain", "none")]);
    let earlier = count_differing(&panels[&("dated", "recorded")], &panels[&("dated", "deposit")]);
    let gone = count_differing(&panels[&("dated", "none")], &panels[&("dated", "deposit")]);
    assert!(earlier > 100 && gone > 1_000, "{earlier} and {gone} cells");

    // What the ledger knew before it was corrected is still what it knew.
    let size = plain.size().to_string();
    let then = table(&dated, "panel", &[&YEARS[..], &["--known-at", &size]].concat());
    assert_eq!(cells_of(&then), panels[&("plain", "recorded")]);

    // In the long table, the one row of each succession says by which record it was corrected, and how exact its date is.
    let long = rows(&table(&dated, "long", &["--as-of", "2015-12-31"]), &["seq"]);
    let succeeded: Vec<_> = long.values().filter(|r| r["mode"] == "succession").collect();
    assert!(succeeded.len() == 53 && succeeded.iter().all(|r| !r["corrected_by"].is_empty()));
    let macedonia = succeeded.iter().find(|r| r["iso3"] == "MKD" && r["instrument"] == "genocide-convention").unwrap();
    assert_eq!((&*macedonia["date"], &*macedonia["succession_date"]), ("1994-01-18", "1991"));
}

/// Of each row its key, status and whether it is a party.
fn cells_of(panel: &str) -> BTreeMap<Vec<String>, (String, String)> {
    let panel = Large::read(panel, &["year", "state", "instrument"]);
    let (status, party) = (panel.place("status"), panel.place("party"));
    panel.rows.into_iter().map(|(key, row)| (key, (row[status].to_owned(), row[party].to_owned()))).collect()
}

fn count_differing(
    one: &BTreeMap<Vec<String>, (String, String)>,
    other: &BTreeMap<Vec<String>, (String, String)>,
) -> usize {
    one.iter().filter(|(key, cell)| other.get(*key) != Some(cell)).count()
}

/// A code that is wrong puts a state's whole history into another's. These are held against ISO 3166 itself.
#[test]
fn codes_of_countries_are_those_of_the_standard() {
    let Some(data) = data() else { return };
    let list = |file: &str, member: &str| -> Vec<Value> {
        let text = fs::read(data.join("iso").join(file)).unwrap();
        serde_json::from_slice::<Value>(&text).unwrap()[member].as_array().unwrap().clone()
    };
    let all = [list("iso_3166-1.json", "3166-1"), list("iso_3166-3.json", "3166-3")].concat();
    let numeric: BTreeMap<&str, &str> = all
        .iter()
        .filter_map(|c| Some((c["alpha_3"].as_str()?, c["numeric"].as_str()?)))
        // ISO's 891 is the Yugoslavia of 1992 to 2003; the one in the ledger is that before, M49's 890.
        .map(|(alpha, n)| (alpha, if alpha == "YUG" { "890" } else { n }))
        .collect();
    let codes = rows(&fs::read_to_string(example("country-codes.csv")).unwrap(), &["actor"]);
    let states = rows(&fs::read_to_string(example("states.csv")).unwrap(), &["actor"]);
    assert!(codes.keys().eq(states.keys()), "each registered state has its codes");
    for (actor, row) in &codes {
        assert_eq!(actor[0], format!("state:{}", row["iso3"]));
        assert_eq!(numeric.get(&*row["iso3"]), Some(&&*row["m49"]), "{actor:?}");
        assert!(["Africa", "Americas", "Asia", "Europe", "Oceania"].contains(&&*row["region"]), "{actor:?}");
    }
}

/// All formats hold the same cells, and two runs the same bytes.
#[test]
fn every_format_says_the_same() {
    let world = World::founded();
    let years = ["--from", "1990", "--to", "1994"];
    for (name, more) in [
        ("long", &["--as-of", "2015-03-14"][..]),
        ("matrix", &["--as-of", "2015-03-14"]),
        ("panel", &years),
        ("parties", &years),
        ("durations", &["--as-of", "2015-03-14"]),
    ] {
        let ask = |format: &str| world.ok(&[&["table", name, "--format", format], more].concat());
        let csv = ask("csv");
        assert_eq!(csv, ask("csv"), "{name}: two runs differ");
        let header: Vec<String> =
            csv::Reader::from_reader(csv.as_bytes()).headers().unwrap().iter().map(String::from).collect();
        let cells: Vec<Vec<String>> = csv::Reader::from_reader(csv.as_bytes())
            .records()
            .map(|r| r.unwrap().iter().map(String::from).collect())
            .collect();
        assert!(cells.len() > 20, "{name} has {} rows", cells.len());

        let plain = |v: &Value| match v {
            Value::Null => String::new(),
            Value::String(s) => s.clone(),
            other => other.to_string(),
        };
        let objects = |all: &[Value]| -> Vec<Vec<String>> {
            all.iter().map(|o| header.iter().map(|c| plain(&o[c])).collect()).collect()
        };
        let json: Value = serde_json::from_str(&ask("json")).unwrap();
        assert_eq!(objects(json["rows"].as_array().unwrap()), cells, "{name}: JSON");
        let lines: Vec<Value> = ask("jsonl").lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(objects(&lines), cells, "{name}: JSON Lines");
        assert!(lines.iter().all(|l| l["schema"] == json["schema"]), "{name}");

        let (file, dictionary) = (format!("{name}.parquet"), format!("{name}.dictionary.json"));
        let made = [&["table", name, "--out", &file, "--dictionary", &dictionary], more].concat();
        world.ok(&[&made[..], &["--dry-run"]].concat());
        assert!(!world.at(&file).exists() && !world.at(&dictionary).exists(), "a dry run writes nothing");
        assert_eq!(world.ok(&made), format!("{file}\n{dictionary}\n"));
        assert_eq!(world.run(&made).expect(2).error_code(), "file.exists");
        let reader = SerializedFileReader::new(fs::File::open(world.at(&file)).unwrap()).unwrap();
        let read: Vec<Vec<String>> = reader.get_row_iter(None).unwrap().map(|r| parquet_cells(&r.unwrap())).collect();
        assert_eq!(read, cells, "{name}: Parquet");
        let names: Vec<&str> =
            reader.metadata().file_metadata().schema_descr().columns().iter().map(|c| c.name()).collect();
        assert_eq!(names, header, "{name}: columns of the Parquet file");
        let again = format!("again-{file}");
        world.ok(&[&["table", name, "--out", &again], more].concat());
        assert!(world.read(&file) == world.read(&again), "{name}: two Parquet files differ");

        // The dictionary explains every column, and repeats the choices; so does the Parquet file itself.
        let told: Value = serde_json::from_slice(&world.read(&dictionary)).unwrap();
        let fields: Vec<&str> =
            told["fields"].as_array().unwrap().iter().map(|f| f["name"].as_str().unwrap()).collect();
        assert_eq!(fields, header, "{name}: the dictionary");
        assert!(told["fields"].as_array().unwrap().iter().all(|f| f["description"].as_str().unwrap().len() > 7));
        assert_eq!((&told["choices"], &told["rows"]), (&json["choices"], &cells.len().into()));
        let within = reader.metadata().file_metadata().key_value_metadata().unwrap();
        let within =
            within.iter().find(|kv| kv.key == "answerable.dictionary").and_then(|kv| kv.value.as_ref()).unwrap();
        assert_eq!(serde_json::from_str::<Value>(within).unwrap(), told);
        // Each row says by itself how it was made.
        let choices = header.iter().position(|c| c == "choices").unwrap();
        assert!(cells.iter().all(|c| c[choices].contains("imprecise_dates=last_possible_day; ")), "{name}");

        let people = world.ok(&[&["table", name], more].concat());
        let wide: Vec<&str> = people.lines().filter(|l| l.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{name}: {wide:?}");
    }
}

fn parquet_cells(row: &parquet::record::Row) -> Vec<String> {
    let text = |field: &Field| match field {
        Field::Null => String::new(),
        Field::Str(s) => s.clone(),
        Field::Bool(b) => b.to_string(),
        Field::Long(n) => n.to_string(),
        other => panic!("no column has such a cell: {other:?}"),
    };
    row.get_column_iter().map(|(_, field)| text(field)).collect()
}

/// What cannot be made is refused before anything is written, and says what to do.
#[test]
fn wrong_calls_are_refused() {
    let world = World::founded();
    world.write("codes.csv", "actor,iso3\nstate:RWA,RWA\n");
    // Opening a ledger may bring its index up to date.
    let files = |world: &World| {
        let mut all = read_tree(world.path());
        all.retain(|name, _| !name.starts_with("ledger/index"));
        all
    };
    let before = files(&world);
    for (args, code) in [
        (&["table", "panel", "--from", "1990", "--to", "1991", "--format", "parquet"][..], "table.needs_out"),
        (&["table", "long", "--out", "long.xlsx"], "table.format_unclear"),
        (&["table", "long", "--out", "one.json", "--dictionary", "one.json"], "table.one_file"),
        (&["table", "long", "--out", "x.csv", "--codes", "codes.csv"], "table.bad_codes"),
        (&["table", "long", "--out", "x.csv", "--instrument", "no-such-treaty"], "treaty.unknown"),
        (&["table", "panel", "--from", "1991", "--to", "1990"], "table.years"),
        (&["table", "parties", "--from", "1", "--to", "9999"], "table.years"),
        (&["table", "dictionary", "--format", "parquet"], "format.parquet"),
        (&["treaty", "list", "--format", "parquet"], "format.parquet"),
    ] {
        let refused = world.run(args).expect(2);
        assert_eq!((refused.error_code(), &*refused.stdout), (code, ""), "{args:?}");
        assert!(refused.stderr.contains("hint: "), "{args:?}");
    }
    assert!(before == files(&world), "a refused call changed something");
}

/// A treaty of which nothing is recorded has no "0 parties", and where no membership is recorded nobody is "no member".
#[test]
fn silence_is_missing_and_not_zero() {
    let world = World::founded();
    let years = ["--from", "1976", "--to", "2015", "--format", "csv"];
    let panel = rows(&world.ok(&[&["table", "panel"], &years[..]].concat()), &["year", "state", "instrument"]);
    let cell = |year: &str, state: &str, treaty: &str| &panel[&[year, state, treaty].map(String::from).to_vec()];
    let silent = cell("1990", "state:RWA", "additional-protocol-i");
    assert_eq!((&*silent["status"], &*silent["party"], &*silent["un_member"]), ("not_recorded", "", ""));
    let early = cell("1990", "state:RWA", "rome-statute");
    assert_eq!((&*early["status"], &*early["party"]), ("not_adopted", ""));
    let none = cell("2000", "state:IND", "rome-statute");
    assert_eq!((&*none["status"], &*none["party"]), ("no_act", "false"));
    // Later than the source, the same words mean less, and the row says so.
    assert_eq!((&*cell("2014", "state:RWA", "rome-statute")["after_source"], "false"), ("false", "false"));
    assert_eq!(cell("2015", "state:RWA", "rome-statute")["after_source"], "true");

    // Where only transcriptions are recorded, a table by the depositary's word is silent, too.
    let own = world.ok(&[&["table", "panel", "--standing", "depositary"], &years[..]].concat());
    assert!(cells_of(&own).values().all(|cell| *cell == ("not_recorded".to_owned(), String::new())));

    let parties = rows(&world.ok(&[&["table", "parties"], &years[..]].concat()), &["year", "instrument"]);
    let count = |year: &str, treaty: &str| &parties[&[year, treaty].map(String::from).to_vec()];
    let (silent, adopted) = (count("1990", "additional-protocol-i"), count("1990", "genocide-convention"));
    assert_eq!((&*silent["parties"], &*silent["un_parties"], &*silent["un_members"]), ("", "", ""));
    assert_eq!((&*adopted["un_parties"], &*adopted["un_members"]), ("", ""), "no membership is recorded");
    assert!(adopted["parties"].parse::<u32>().unwrap() > 90, "{adopted:?}");
    // What the sources omit is told beside every table, as it is beside a status.
    let told = world.ok(&["table", "parties", "--from", "2014", "--to", "2014"]);
    assert!(told.contains("Czechoslovakia") && told.contains("Yugoslavia"), "{told}");
}

/// Imprecise dates, repudiated signatures, withdrawals and spellings: what the five tables do not have.
#[test]
fn what_is_imprecise_repudiated_or_spelled_otherwise_shows() {
    let world = World::founded();
    let mapping = |id: &str, key: &str, kind: &str, body: &str| {
        format!(
            "version = 1\nid = \"{id}\"\nformat = \"csv\"\nkey = [\"{key}\"]\nstanding = \"transcribed\"\n[source]\n\
             title = \"A newer table\"\nurl = \"https://example.org/\"\nseen = \"2015-06-30\"\n[[act]]\nname = \"act\"\n\
             type = \"{kind}\"\neffective = {{ column = \"date\", date = \"YYYY-MM-DD\", required = true }}\n[act.body]\n\
             treaty = {{ column = \"treaty\" }}\nstate = {{ column = \"actor\" }}\n{body}"
        )
    };
    let import = |id: &str, kind: &str, body: &str, table: &str| {
        let mapping = world.write(&format!("{id}.toml"), mapping(id, "who", kind, body));
        let table = world.write(&format!("{id}.csv"), format!("who,actor,treaty,date\n{table}"));
        world.import(&table, &mapping, &["--yes"]).expect(0);
    };
    // India's signature is made up; the United States' letter of 6 May 2002 is not.
    let signed = "\"India, Republic of\",state:IND,arms-trade-treaty,2014-05\n";
    import("signed", "treaty.signed", "mode = { value = \"simple\" }\n", signed);
    import("unsigned", "treaty.signature_repudiated", "", "U.S.A.,state:USA,rome-statute,2002-05-06\n");
    import("left", "treaty.withdrawal_notified", "", "Burundi,state:BDI,rome-statute,2014-10-27\n");

    let matrix = |day: &str| rows(&world.ok(&["table", "matrix", "--as-of", day, "--format", "csv"]), &["iso3"]);
    let of = |day: &str, iso3: &str| matrix(day)[&vec![iso3.to_owned()]].clone();
    let (may, june) = (of("2014-05-15", "IND"), of("2014-05-31", "IND"));
    assert_eq!((&*may["arms-trade-treaty"], &*may["possibly"]), ("none", "arms-trade-treaty=signed"));
    assert_eq!((&*june["arms-trade-treaty"], &*june["possibly"]), ("signed", ""));
    assert_eq!(of("2002-05-06", "USA")["rome-statute"], "signature_repudiated");
    assert_eq!(of("2014-12-01", "BDI")["rome-statute"], "withdrawing");
    assert_eq!(of("2015-10-27", "BDI")["rome-statute"], "withdrawn");

    let years = ["--from", "2013", "--to", "2015", "--instrument", "rome-statute", "--format", "csv"];
    let panel = rows(&world.ok(&[&["table", "panel"], &years[..]].concat()), &["year", "iso3"]);
    let burundi = ["2013", "2014", "2015"].map(|y| panel[&vec![y.to_owned(), "BDI".to_owned()]]["party"].clone());
    assert_eq!(burundi, ["true", "true", "false"]);

    let long = rows(&world.ok(&["table", "long", "--as-of", "2014-05-15", "--format", "csv"]), &["seq"]);
    let india = long.values().find(|r| r["iso3"] == "IND" && r["instrument"] == "arms-trade-treaty").unwrap();
    let shown = ["date", "precision", "known", "source_spelling"].map(|c| &*india[c]);
    assert_eq!(shown, ["2014-05", "month", "possibly", "India, Republic of"]);
    // Read through a list of names, a row keeps the code and no spelling.
    assert!(long.values().filter(|r| r["source"].starts_with("MTDSG")).all(|r| r["source_spelling"].is_empty()));

    let spells = world.ok(&["table", "durations", "--as-of", "2016-01-01", "--format", "csv"]);
    let spells = rows(&spells, &["instrument", "iso3"]);
    let spell = |treaty: &str, iso3: &str| {
        let row = &spells[&vec![treaty.to_owned(), iso3.to_owned()]];
        ["ended", "censored", "until", "days", "days_least", "days_most"].map(|c| row[c].clone()).join(" ")
    };
    assert_eq!(spell("rome-statute", "USA"), "repudiation false 2002-05-06 491 491 491");
    assert_eq!(spell("rome-statute", "BDI"), "consent false 2004-09-21 2078 2078 2078");
    // Censored on the day that the newest source was seen, not on the day of the question.
    assert_eq!(spell("arms-trade-treaty", "IND"), "censored true 2015-06-30 395 395 425");
}

/// The page for researchers explains every column of every table; so does the program.
#[test]
fn every_column_is_explained() {
    let world = World::empty();
    let page = fs::read_to_string(repository().join("docs/RESEARCH.md")).unwrap();
    let columns = rows(&world.ok(&["table", "dictionary", "--format", "csv"]), &["table", "column"]);
    assert!(columns.len() > 60, "{} columns", columns.len());
    let missing: Vec<_> = columns.keys().filter(|key| !page.contains(&format!("`{}`", key[1]))).collect();
    assert!(missing.is_empty(), "docs/RESEARCH.md does not explain {missing:?}");
    let one = world.ok(&["table", "dictionary", "parties", "--format", "csv"]);
    assert!(rows(&one, &["table", "column"]).keys().all(|key| key[0] == "parties"));
}
