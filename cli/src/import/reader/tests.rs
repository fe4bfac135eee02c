//! How rows are read: lists, objects, slugs, code lists at the place of use, sections; and hostile cells.

use super::super::plan::plan;
use super::*;

const MAPPING: &str = r#"
    version = 1
    id = "t"
    format = "csv"
    key = ["session", "who"]
    key_hash = ["text"]
    [source]
    title = "A table"
    url = "https://example.org/"
    seen = "2015-03-14"
    [codes.country]
    file = "names.csv"
    name = "name"
    code = "code"
    [codes.day]
    file = "days.csv"
    name = "name"
    code = "code"
    [codes.consent]
    file = "consent.csv"
    name = "name"
    code = "code"
    [columns.who]
    codes = "country"
    [[reject]]
    column = "text"
    starts = "defect"
    reason = "a known defect"
    hint = "look it up"
    [[reject]]
    column = "text"
    equals = "undated"
    reason = "consent is wrong"
    acts = ["consent"]
    [[act]]
    name = "treaty"
    type = "treaty.registered"
    effective = { column = "session", codes = "day", required = true }
    [act.body]
    treaty = { id = "T {session}/{who}-{#}", hash = ["text"] }
    title = { text = "{who}, session {session}, of {day:year}" }
    adopted = { column = "session", codes = "day" }
    depositary = { column = "who" }
    reference = { column = "text", trim = true }
    consent_modes = { column = "modes", split = ";", values = { R = "ratification", A = "accession" } }
    minimum_parties = { column = "few", as = "integer", values = { two = "2", x = "+2" }, optional = true }
    for_each_state = { value = { article = "1", delay = { unit = "months", count = 6 } } }
    withdrawal = { value = { kind = "notice", article = "1", delay = { unit = "months", count = 6 } } }
    reservations = { value = { kind = "unstated" } }
    [act.body.threshold.object]
    article = { value = "1" }
    count = { column = "few", as = "integer", values = { two = "2", x = "+2" }, optional = true }
    delay = { value = { unit = "months", count = 6 } }
    modes = { columns = ["mode1", "mode2"], values = { R = "ratification", A = "accession" } }
    [[act]]
    name = "consent"
    type = "treaty.consent_deposited"
    effective = { column = "who", codes = "consent" }
    [act.body]
    treaty = { id = "T {session}/{who}-{#}", hash = ["text"] }
    state = { column = "who" }
    mode = { value = "accession" }
    "#;

/// The acts with their bodies, and "line column reason / hint [lost acts]" for each rejected cell.
fn outcome(rows: &str) -> (Vec<PlannedAct>, Vec<String>) {
    let mapping = Mapping::parse(MAPPING).unwrap();
    let list = |file: &str| {
        let rows = match file {
            "days.csv" => "1,1994-04-06\n2,1995\n3,soon\n",
            // The names of this list are codes of another.
            "consent.csv" => "state:RWA,1975-04-16\n",
            _ => "Rwanda,state:RWA\nCzechia,state:CZE\nCouncil,org:swiss-federal-council\n",
        };
        Ok(format!("name,code\n{rows}").into_bytes())
    };
    let codes = CodeLists::load(&mapping, list).unwrap();
    let table = format!("session,day,who,modes,mode1,mode2,few,text\n{rows}");
    let plan = plan(&mapping, &codes, table.as_bytes()).unwrap();
    let told = |r: Rejected| {
        let hint = r.hint.map(|h| format!(" / {h}")).unwrap_or_default();
        format!("{} {} {}{hint} {:?}", r.line, r.column, r.reason, r.acts)
    };
    (plan.acts.iter().map(Result::unwrap).collect(), plan.rejected.into_iter().map(told).collect())
}

#[test]
fn a_row_becomes_lists_objects_slugs_and_dates() {
    let (acts, rejected) = outcome("1,1994-04-06,Rwanda,R; A;;R,A,,two,\" a \nb \"\n");
    assert_eq!(rejected, [""; 0]);
    let told = |a: &PlannedAct| (a.key.clone(), a.effective.to_string());
    let hash = short_hash(["a \nb"]);
    assert_eq!(
        acts.iter().map(told).collect::<Vec<_>>(),
        [
            (format!("t:1/state:RWA/{hash}:treaty"), "1994-04-06".to_owned()),
            (format!("t:1/state:RWA/{hash}:consent"), "1975-04-16".to_owned()),
        ]
    );
    let body = acts[0].body.to_map();
    for (member, value) in [
        ("treaty", format!("\"t-1-rwa-{hash}\"")),
        ("title", "\"state:RWA, session 1, of 1994\"".into()),
        ("adopted", "\"1994-04-06\"".into()),
        ("reference", "\"a \\nb\"".into()),
        ("consent_modes", "[\"ratification\",\"accession\"]".into()),
        ("minimum_parties", "2".into()),
        ("threshold", r#"{"article":"1","count":2,"delay":{"count":6,"unit":"months"},"modes":["accession"]}"#.into()),
    ] {
        assert_eq!(body[member].to_string(), value, "{member}");
    }
    let (trimmed, _) = outcome("1,1994-04-06,Rwanda,R,A,A,two,\"a \nb\"\n");
    assert_eq!(trimmed[0].key, acts[0].key, "an export that trims its cells names the same rows");
    assert_eq!(trimmed[0].body.to_map()["threshold"]["modes"].to_string(), "[\"accession\"]");
}

#[test]
fn what_cannot_be_made_of_cells_is_rejected_with_the_reason() {
    let long = format!("1,1994-04-06,Rwanda,R,A,,two,{}\n", "x".repeat(17_000));
    // A row of Czechia has no day of consent in the list: that act is rejected each time, and left out here.
    for (row, problem) in [
        ("4,1994-04-06,Czechia,R,A,,two,a", "2 session not in days.csv / add this spelling to days.csv [\"treaty\"]"),
        (
            "3,1994-04-06,Czechia,R,A,,two,a",
            "2 session the code list says \"soon\", which is not a date of the form YYYY-MM-DD",
        ),
        (",1994-04-06,Czechia,R,A,,two,a", "2 session empty, and it is needed [\"treaty\", \"consent\"]"),
        ("1,April 1994,Czechia,R,A,,two,a", "2 day not a date of the form YYYY-MM-DD [\"treaty\"]"),
        ("1,,Czechia,R,A,,two,a", "2 day empty, and it is needed [\"treaty\"]"),
        ("1,1994,Czechia,R;r,A,,two,a", "2 modes \"r\" is not understood / expected \"A\", \"R\""),
        ("1,1994,Czechia,;,A,,two,a", "2 modes empty, and it is needed [\"treaty\"]"),
        ("1,1994,Czechia,R,,,two,a", "2 mode1 empty, and it is needed [\"treaty\"]"),
        ("1,1994,Czechia,R,A,Z,two,a", "2 mode2 \"Z\" is not understood"),
        ("1,1994,Czechia,R,A,,Two,a", "2 few \"Two\" is not understood / expected \"two\", \"x\"; close: two"),
        ("1,1994,Czechia,R,A,,x,a", "2 few not an integer within 2^53-1 [\"treaty\"]"),
        ("1,1994,Czechia,R,A,,,a", "2  the body does not fit treaty.registered: missing field `count`"),
        ("1,1994,Wakanda,R,A,,two,a", "2 who not in names.csv"),
        ("1,1994,Czechia,R,A,,two,a\u{202e}b", "2 text the character U+202E may not stand in a record [\"treaty\"]"),
        (&long, "2 text 17000 bytes, at most 16384 are allowed"),
        ("1,1994,Czechia,R,A,,two,defect 1", "2 text a known defect / look it up [\"treaty\", \"consent\"]"),
        ("1,1994,Rwanda,R,A,,two,undated", "2 text consent is wrong [\"consent\"]"),
    ] {
        let (acts, rejected) = outcome(row);
        assert!(rejected.iter().any(|r| r.starts_with(problem)), "{row:.40}: {rejected:?}");
        let is_registered = acts.iter().any(|act| act.kind.as_str() == "treaty.registered");
        assert_eq!(is_registered, problem.contains("[\"consent\"]"), "{row:.40}");
    }
}

#[test]
fn a_slug_is_of_ascii_letters_and_not_too_long() {
    let made = |cell: &str| {
        let mapping = Mapping::parse(MAPPING).unwrap();
        let cells = Map::from_iter([("a".to_owned(), cell.into()), ("b".to_owned(), "x".into())]);
        let reader = Reader { mapping: &mapping, codes: &CodeLists::default(), line: 2, cells: &cells };
        let template = Template::parse("{a}-{b}").unwrap();
        reader.filled(&template, Made::Slug, &[]).map_err(|r| format!("{} {}", r.column, r.reason))
    };
    assert_eq!(made("S/PV.88 (é)"), Ok("s-pv-88-x".into()));
    assert_eq!(made(&"y".repeat(62)), Ok("y".repeat(62) + "-x"));
    let long = Err("a, b the id made of these cells has 65 letters; 1 to 64 are allowed".into());
    assert_eq!(made(&"y".repeat(63)), long);
    for cell in ["--", "“”", "卢旺达"] {
        let problem = "a no letter or digit of ASCII in it, and an id needs one";
        assert_eq!(made(cell), Err(problem.into()), "{cell}");
    }
}

#[test]
fn a_condition_may_have_several_parts_and_sections_are_rows() {
    let text = r##"
        version = 1
        id = "s"
        format = "sections"
        key = ["name"]
        [source]
        title = "A page"
        document = "D"
        seen = "2015"
        [codes.country]
        file = "names.csv"
        name = "name"
        code = "code"
        [columns.name]
        codes = "country"
        [[reject]]
        column = "text"
        equals = ""
        reason = "no text"
        [[act]]
        name = "declaration"
        type = "treaty.declaration_made"
        when = [{ column = "text", starts = "We", not = true }, { column = "text", starts = "I" }]
        effective = { value = "1951-01-12" }
        [act.body]
        treaty = { value = "t" }
        state = { column = "name" }
        declaration = { value = "one" }
        kind = { value = "interpretative" }
        text = { column = "text" }
        "##;
    let mapping = Mapping::parse(text).unwrap();
    let list = b"name,code\nRwanda,state:RWA\nCzechia,state:CZE\n";
    let codes = CodeLists::load(&mapping, |_| Ok(list.to_vec())).unwrap();
    let page = "#Rwanda\nI declare:\n\n“one”\n#Czechia\n\n#Czechia\nWe declare\n#Peru\nI\u{7}\n";
    let plan = plan(&mapping, &codes, page.as_bytes()).unwrap();
    assert_eq!(plan.acts.len(), 1);
    assert_eq!(plan.acts.get(0).unwrap().body.to_map()["text"], "I declare:\n\n“one”");
    let told: Vec<_> = plan.rejected.iter().map(|r| format!("{} {} {}", r.line, r.column, r.reason)).collect();
    assert_eq!(
        told,
        [
            "5 text no text",
            "7 text no act of the mapping is for this row",
            "9 name not in names.csv",
            "9 text the character U+0007 may not stand in a record",
        ]
    );
}
