//! Plans: from a mapping, its code lists and the bytes of a table to the acts to record, in the order of the rows,
//! and every cell that could not be taken, with the reason. What a bad cell does not touch goes on.
//! Not here: the syntax of mappings (`mapping`), the reading of tables (`rows`), of one row (`reader`) and of code lists
//! (`codes`), the law, any ledger.

use std::collections::BTreeSet;
use std::io;

use answerable_schemas::dates::CalendarDate;

use super::acts::Acts;
pub use super::acts::PlannedAct;
use super::codes::CodeLists;
use super::mapping::{ActSpec, BodySpec, Format, Mapping};
use super::reader::Reader;
use super::rows::{self, Columns, Reads, Row, TableError};
use super::rules::{Reject, When};
use super::sections::sections;

/// What a table amounts to.
pub struct Plan {
    /// The table's name in natural keys, as the mapping says.
    pub id: String,
    /// The day on which the table was seen. None: its rows are the actor's own, and have no natural keys in the ledger.
    pub seen: Option<CalendarDate>,
    /// In the order of the rows, and within a row in the order of the mapping.
    pub acts: Acts,
    /// By line.
    pub rejected: Vec<Rejected>,
    /// How many rows the table has, bad ones included.
    pub rows: u64,
    /// How many of them ask for no act: skipped, or without any date.
    pub rows_without_acts: u64,
    /// The columns of the table that the mapping does not read.
    pub unread_columns: Vec<String>,
}

/// Something that was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    pub line: u64,
    /// Empty where it is the whole row.
    pub column: String,
    pub value: String,
    pub reason: String,
    pub hint: Option<String>,
    /// The acts, by their names in the mapping, that are not planned because of it. Empty where the row is unreadable.
    pub acts: Vec<String>,
}

/// Why there is no plan at all.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error(transparent)]
    Table(#[from] TableError),
    #[error("the code list {list:?} was not loaded")]
    MissingCodes { list: String },
    #[error("the day on which the source was seen is not given; say it in the mapping or on the command line")]
    SeenMissing,
    #[error("the acts cannot be put aside in a temporary file: {0}")]
    Aside(#[from] io::Error),
}

/// Makes the plan. It is a function of its arguments alone.
pub fn plan(mapping: &Mapping, codes: &CodeLists, input: &[u8]) -> Result<Plan, ImportError> {
    if let Some((list, _)) = mapping.used_lists().into_iter().find(|(list, _)| codes.get(list).is_none()) {
        return Err(ImportError::MissingCodes { list: list.into() });
    }
    if mapping.source.as_ref().is_some_and(|source| source.seen.is_none()) {
        return Err(ImportError::SeenMissing);
    }
    let plan = Plan {
        id: mapping.id.clone(),
        seen: mapping.source.as_ref().and_then(|source| source.seen),
        acts: Acts::default(),
        rejected: vec![],
        rows: 0,
        rows_without_acts: 0,
        unread_columns: vec![],
    };
    let mut planner = Planner { mapping, codes, plan, aside: Ok(()) };
    match mapping.format {
        Format::Csv => rows::csv(input, mapping.comment, &mut planner)?,
        Format::Json => rows::json(input, &mut planner)?,
        Format::Sections => sections(input, &mut planner)?,
    }
    let Planner { mut plan, aside, .. } = planner;
    aside?;
    leave_out_duplicates(mapping, &mut plan)?;
    plan.rejected.sort_by_key(|r| r.line);
    Ok(plan)
}

/// Plans the rows as they are read.
struct Planner<'m> {
    mapping: &'m Mapping,
    codes: &'m CodeLists,
    plan: Plan,
    /// The first act that could not be put aside: those behind it are not planned.
    aside: io::Result<()>,
}

impl Reads for Planner<'_> {
    fn columns(&mut self, columns: Columns) -> Result<(), TableError> {
        let (mapping, used) = (self.mapping, self.mapping.used_columns());
        let Columns(names) = &columns;
        let may_lack = |column: &str| mapping.format == Format::Json && (used[column] || names.is_empty());
        columns.require(used.keys().copied().filter(|c| !may_lack(c) || names.iter().any(|have| have == c)))?;
        if !mapping.acts.iter().any(|act| act.body == BodySpec::Row) {
            self.plan.unread_columns = columns.0.into_iter().filter(|c| !used.contains_key(c.as_str())).collect();
        }
        Ok(())
    }

    fn row(&mut self, row: Row) {
        let plan = &mut self.plan;
        plan.rows += 1;
        let (mut acts, before) = (vec![], plan.rejected.len());
        match &row.cells {
            Ok(cells) => {
                let reader = Reader { mapping: self.mapping, codes: self.codes, line: row.line, cells };
                plan_row(&reader, &mut acts, &mut plan.rejected);
            }
            Err(reason) => plan.rejected.push(Rejected::whole(row.line, reason.clone())),
        }
        plan.rows_without_acts += u64::from(acts.is_empty() && before == plan.rejected.len());
        if self.aside.is_ok() {
            self.aside = acts.into_iter().try_for_each(|(spec, act)| plan.acts.push(spec, act));
        }
    }
}

fn plan_row<'m>(row: &Reader<'m>, acts: &mut Vec<(usize, PlannedAct)>, rejected: &mut Vec<Rejected>) {
    if row.mapping.skip.iter().any(|when| when.holds(row.cells)) {
        return;
    }
    let defects: Vec<&Reject> = row.mapping.reject.iter().filter(|reject| reject.when.holds(row.cells)).collect();
    let (mut wanted, unwanted): (Vec<(usize, &'m ActSpec)>, Vec<_>) =
        row.mapping.acts.iter().enumerate().partition(|(_, act)| act.when.iter().all(|when| when.holds(row.cells)));
    let first = rejected.len();
    for defect in &defects {
        let lost =
            wanted.iter().filter(|(_, act)| defect.concerns(&act.name)).map(|(_, act)| act.name.clone()).collect();
        let bad = row.bad(&defect.when.column, &defect.reason, defect.hint.clone());
        rejected.push(Rejected { acts: lost, ..bad });
    }
    wanted.retain(|(_, act)| !defects.iter().any(|defect| defect.concerns(&act.name)));
    if wanted.is_empty() && defects.is_empty() {
        // Otherwise a misspelt act would be lost without a word.
        let column = &unwanted[0].1.when[0].column;
        let known = unwanted.iter().flat_map(|(_, act)| &act.when).filter(|w| w.column == *column);
        let known = known.map(When::expected).collect::<Vec<_>>().join(", ");
        let hint = format!("expected {known}; a row to pass over needs a [[skip]] in the mapping");
        let bad = row.bad(column, "no act of the mapping is for this row", Some(hint));
        rejected.push(Rejected { acts: vec![], ..bad });
        return;
    }
    for (spec, act) in wanted {
        match row.act(act) {
            Ok(planned) => acts.extend(planned.map(|p| (spec, p))),
            Err(cells) => {
                for cell in cells {
                    let same = |r: &&mut Rejected| r.column == cell.column && r.reason == cell.reason;
                    match rejected[first..].iter_mut().find(same) {
                        Some(known) if known.acts.contains(&act.name) => {}
                        Some(known) => known.acts.push(act.name.clone()),
                        None => rejected.push(Rejected { acts: vec![act.name.clone()], ..cell }),
                    }
                }
            }
        }
    }
}

/// The same act twice: the first counts. One key for different acts: none counts, for nothing says which is right.
fn leave_out_duplicates(mapping: &Mapping, plan: &mut Plan) -> io::Result<()> {
    let (acts, mut dropped) = (&plan.acts, BTreeSet::new());
    for same in acts.of_one_key() {
        let first = acts.line(same[0]);
        let equal = same.iter().all(|number| acts.equal(*number, same[0]));
        // Not all of thousands: each of them gets the reason.
        let lines: Vec<String> = same.iter().take(8).map(|number| acts.line(*number).to_string()).collect();
        let more = if same.len() > 8 { format!(" and {} more", same.len() - 8) } else { String::new() };
        let (reason, bad) = if equal {
            (format!("the same act as on line {first}"), &same[1..])
        } else {
            (format!("lines {}{more} have one key, but not one content; none is taken", lines.join(", ")), &same[..])
        };
        for &number in bad {
            let (column, value) = (mapping.key.join(", "), acts.get(number)?.key);
            let (line, spec) = (acts.line(number), &mapping.acts[acts.spec(number)]);
            let acts = vec![spec.name.clone()];
            plan.rejected.push(Rejected { line, column, value, reason: reason.clone(), hint: None, acts });
            dropped.insert(number);
        }
    }
    plan.acts.leave_out(&dropped);
    Ok(())
}

impl Rejected {
    pub(super) fn whole(line: u64, reason: String) -> Self {
        Self { line, column: String::new(), value: String::new(), reason, hint: None, acts: vec![] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Map;
    use std::fs;
    use std::path::PathBuf;

    /// The repository; a scratch build of this module names it in the environment.
    fn repository() -> PathBuf {
        let beside = concat!(env!("CARGO_MANIFEST_DIR"), "/..").into();
        std::env::var_os("ANSWERABLE_REPO").map_or(beside, PathBuf::from)
    }

    fn shipped(name: &str, table: PathBuf) -> Plan {
        let folder = repository().join("examples/mappings");
        let mapping = Mapping::parse(&fs::read_to_string(folder.join(name)).unwrap()).unwrap();
        let codes = CodeLists::load(&mapping, |path| fs::read(folder.join(path))).unwrap();
        let plan = plan(&mapping, &codes, &fs::read(table).unwrap()).unwrap();
        assert_eq!(plan.rejected, [], "{name}");
        let of_its_row = |a: PlannedAct| a.source.is_none_or(|s| s.row == Some(a.key));
        assert!(plan.acts.iter().all(|a| of_its_row(a.unwrap())));
        plan
    }

    #[test]
    fn the_example_tables_are_taken_whole() {
        let examples = repository().join("examples");
        for (mapping, table, rows, acts_a_row) in [
            ("bodies.toml", "bodies.csv", 10, 1),
            ("states.toml", "states.csv", 202, 1),
            ("successions.toml", "state-successions.csv", 26, 1),
            ("un-members.toml", "un-members.csv", 197, 1),
            ("treaties.toml", "treaties.json", 8, 1),
            ("treaty-acts.toml", "treaty-acts.csv", 936, 1),
            ("mandates.toml", "mandates.csv", 1, 2),
            ("unifil-chain.toml", "unifil.csv", 36, 2),
        ] {
            let plan = shipped(mapping, examples.join(table));
            let acts = rows * acts_a_row;
            assert_eq!((plan.acts.len(), plan.rows, plan.rows_without_acts), (acts, rows as u64, 0), "{mapping}");
        }
        let acts = shipped("treaty-acts.toml", examples.join("treaty-acts.csv")).acts;
        let first = acts.get(0).unwrap();
        assert_eq!((first.line, first.key.as_str()), (2, "treaty-acts:arms-trade-treaty/state:AGO:signature"));
        assert_eq!(first.source.unwrap().document.as_deref(), Some("MTDSG XXVI-8"));
        let states = shipped("states.toml", examples.join("states.csv"));
        assert_eq!(states.unread_columns, ["basis", "source"]);
        assert_eq!(states.acts.get(0).unwrap().source, None);
    }

    /// Two independent readings of the same UN tables: these mappings, and examples/make/make_treaty_acts.py.
    #[test]
    fn the_un_tables_say_what_treaty_acts_says() {
        let tables = repository().join("../shared/data/treaties");
        if !tables.is_dir() {
            eprintln!("skipped: {} is not there", tables.display());
            return;
        }
        let told = |plan: Plan| {
            let line = |a: PlannedAct| format!("{} {} {} {:?}", a.kind, a.effective, a.standing, a.body);
            plan.acts.iter().map(|act| line(act.unwrap())).collect::<Vec<_>>()
        };
        let mut un = vec![];
        for (mapping, table, acts) in [
            ("untc-genocide.toml", "genocide-1948.csv", 187),
            ("untc-rome.toml", "rome-1998.csv", 261),
            ("untc-refugee.toml", "refugee-1951.csv", 164),
            ("untc-refugee-protocol.toml", "refugee-protocol-1967.csv", 146),
            ("untc-att.toml", "att-2013.csv", 178),
        ] {
            let plan = shipped(mapping, tables.join(table));
            assert_eq!((plan.acts.len(), plan.rows_without_acts, plan.unread_columns.len()), (acts, 0, 0), "{mapping}");
            un.extend(told(plan));
        }
        let mut ours = told(shipped("treaty-acts.toml", repository().join("examples/treaty-acts.csv")));
        un.sort_unstable();
        ours.sort_unstable();
        assert_eq!(un, ours);
    }

    /// What each mapping makes of the public tables: acts, rejected cells, and the start of the first act's key. A mapping
    /// whose event types are not known yet is passed over, once its form has been checked up to there.
    #[test]
    fn the_public_tables_are_taken_but_for_known_defects() {
        let data = repository().join("../shared/data");
        let folder = repository().join("examples/mappings");
        if !data.is_dir() {
            eprintln!("skipped: {} is not there", data.display());
            return;
        }
        for (name, table, acts, rejected, key) in [
            (
                "upr-recommendations",
                "upr/upr_recommendations_s1_20.csv",
                82_104,
                17,
                "upr-info:5/state:AFG/state:AUT/8eb6e",
            ),
            (
                "upr-pledges",
                "upr/upr_voluntary_pledges.csv",
                945,
                2,
                "upr-info-pledges:19/state:ALB/e6b88571cd25:pledge",
            ),
            (
                "declarations-genocide",
                "declarations/genocide-1948.txt",
                27,
                5,
                "untc-iv-1-declarations:state:ALB:declaration",
            ),
            ("declarations-refugee", "declarations/refugee-1951.txt", 52, 9, "untc-v-2-declarations:state:AGO"),
            (
                "declarations-refugee-protocol",
                "declarations/refugee-protocol-1967.txt",
                32,
                2,
                "untc-v-5-declarations:",
            ),
            ("council-resolutions", "unsc/sc_resolutions.csv", 2605, 6, "sc-resolutions:1:adopted"),
            ("council-meetings", "unsc/sc_meetings_1946_2022.csv", 8851, 649, "sc-meetings:S%2FPV.88/1946-12-31:held"),
            ("unifil", "unsc/golden_unifil_chain_1978_1994.csv", 72, 0, "unifil:S%2FRES%2F426(1978):adopted"),
            (
                "peacekeeping",
                "unsc/un_peacekeeping_missions_DPPADPOSS-PKO.csv",
                124,
                14,
                "dpo-missions:UNYOM:established",
            ),
            (
                "council-membership",
                "unsc/council_membership_1992_2023.csv",
                171,
                0,
                "sc-members:state:CHN/1992:permanent",
            ),
            ("vetoes", "unsc/vetoes_unsc_vetoes_1946_sept2022.csv", 212, 2, "sc-vetoes:S%2FPV.23/2%2F16%2F1946/"),
        ] {
            let text = fs::read_to_string(folder.join(format!("{name}.toml"))).unwrap();
            let mapping = Mapping::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
            let codes = CodeLists::load(&mapping, |path| fs::read(folder.join(path))).unwrap();
            let plan = plan(&mapping, &codes, &fs::read(data.join(table)).unwrap()).unwrap();
            let first: String = plan.rejected.iter().take(20).map(|r| format!("\n{r:?}")).collect();
            assert_eq!((plan.acts.len(), plan.rejected.len()), (acts, rejected), "{name}{first}");
            let first = plan.acts.get(0).unwrap().key;
            assert!(first.starts_with(key), "{name}: {first}");
        }
    }

    const MAPPING: &str = r#"
        version = 1
        id = "t"
        format = "csv"
        key = ["Who", "Treaty"]
        [source]
        title = "A table"
        document = "T-1"
        seen = 2015-03-14
        [codes.country]
        file = "names.csv"
        name = "name"
        code = "code"
        [columns.Who]
        codes = "country"
        [[act]]
        name = "signature"
        type = "treaty.signed"
        effective = { column = "Signed", date = "D/M/YYYY" }
        [act.body]
        treaty = { column = "Treaty" }
        state = { column = "Who" }
        mode = { value = "simple" }
        [[act]]
        name = "consent"
        type = "treaty.consent_deposited"
        effective = { column = "Bound", date = "D/M/YYYY" }
        [act.suffix]
        "" = { mode = "ratification" }
        d = { mode = "succession" }
        [act.body]
        treaty = { column = "Treaty" }
        state = { column = "Who" }
        succession_date = { column = "From", date = "YYYY-MM-DD", optional = true }
        "#;

    fn planned(table: &str) -> Result<Plan, ImportError> {
        let mapping = Mapping::parse(MAPPING).unwrap();
        let names = b"name,code\nRwanda,state:RWA\nCzechia,state:CZE\nNobody,nobody\n";
        let codes = CodeLists::load(&mapping, |_| Ok(names.to_vec())).unwrap();
        plan(&mapping, &codes, format!("Who,Treaty,Signed,Bound,From\n{table}").as_bytes())
    }

    /// "line column value reason / hint [lost acts]" for each rejected cell, after the keys of the planned acts.
    fn outcome(table: &str) -> (Vec<String>, Vec<String>) {
        let plan = planned(table).unwrap();
        let keys = plan.acts.iter().map(|act| act.unwrap().key).collect();
        let told = |r: Rejected| {
            let hint = r.hint.map(|h| format!(" / {h}")).unwrap_or_default();
            format!("{} {} {:?} {}{hint} {:?}", r.line, r.column, r.value, r.reason, r.acts)
        };
        (keys, plan.rejected.into_iter().map(told).collect())
    }

    #[test]
    fn a_bad_cell_costs_only_the_acts_that_need_it() {
        // A row, the acts that it makes, what is rejected; `~` stands for U+202E, `^` for a line feed.
        let cases = r#"
            Rwanda,x,31/2/2001,1/3/2001 d,2000-12 => consent => 2 Signed "31/2/2001" not a date of the form D/M/YYYY ["signature"]
            Rwanda,x,1/2/2001 a,, => => 2 Signed "1/2/2001 a" "a" after the date is not understood / expected a date alone ["signature"]
            Rwanda,x,1/2/2001,1/3/2001 q, => signature => 2 Bound "1/3/2001 q" "q" after the date is not understood / expected "", "d" ["consent"]
            czechia,x,1/2/2001,1/3/2001, => => 2 Who "czechia" not in names.csv / close spellings: "Czechia" (state:CZE); if it is one, add this spelling to names.csv ["signature", "consent"]
            Wakanda,x,,, => =>
            Rwanda,x,1/2/2001,1/3/2001,soon => signature => 2 From "soon" not a date of the form YYYY-MM-DD ["consent"]
            Rwanda, ,1/2/2001,, => => 2 Treaty " " empty, and it is needed ["signature"]
            Rwanda,x~y,1/2/2001,, => => 2 Treaty "x\u{202e}y" the character U+202E may not stand in a record ["signature"]
            Rwanda,"x^y",1/2/2001,, => => 2 Treaty "x\ny" the character U+000A may not stand in a record ["signature"]
            Rwanda,x => => 2  "" 2 cells, where the header has 5 []
            Rwanda,x,1/2/2001,,, => => 2  "" 6 cells, where the header has 5 []
            Rwanda,x,"1/2/2001,, => => 2  "" a quotation mark out of place; lines 2 to 2 cannot be read []
            Nobody,x,1/2/2001,, => => 2 Who "Nobody" the body does not fit treaty.signed: "nobody" is not an actor id: expected ^[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,3}$ ["signature"]
        "#;
        for case in cases.trim().lines() {
            let [row, acts, bad] = case.split("=>").collect::<Vec<_>>().try_into().unwrap();
            let (keys, rejected) = outcome(&row.trim().replace('~', "\u{202e}").replace('^', "\n"));
            let acts: Vec<String> = acts.split_whitespace().map(|act| format!("t:state:RWA/x:{act}")).collect();
            assert_eq!((keys, rejected.join("; ")), (acts, bad.trim().into()), "{row}");
        }
        let long = format!("Rwanda,{},1/2/2001,,", "x".repeat(400));
        assert!(outcome(&long).1[0].contains("the natural key has 422 bytes"), "{:?}", outcome(&long).1);
        let mapping = Mapping::parse(&MAPPING.replace("\"Who\", ", "")).unwrap();
        let cells = Map::from_iter([("Treaty".to_owned(), "A/71%".into())]);
        let row = Reader { mapping: &mapping, codes: &CodeLists::default(), line: 2, cells: &cells };
        assert_eq!(row.key("consent"), Ok("t:A%2F71%25:consent".into()));
    }

    #[test]
    fn one_key_is_one_act() {
        let first = "Rwanda,x,1/2/2001,,\n";
        let (keys, rejected) = outcome(&format!("{first}Czechia,x,1/2/2001,,\n{first}{first}"));
        assert_eq!(keys, ["t:state:RWA/x:signature", "t:state:CZE/x:signature"]);
        let same = r#"Who, Treaty "t:state:RWA/x:signature" the same act as on line 2 ["signature"]"#;
        assert_eq!(rejected, [format!("4 {same}"), format!("5 {same}")]);
        let (keys, rejected) = outcome(&format!("{first}Rwanda,x,2/2/2001,3/3/2001,\n"));
        assert_eq!(keys, ["t:state:RWA/x:consent"]);
        assert_eq!(rejected.len(), 2);
        assert!(rejected.iter().all(|r| r.contains("lines 2, 3 have one key, but not one content; none is taken")));
        let days: String = (1..=12).map(|day| format!("Rwanda,x,{day}/2/2001,,\n")).collect();
        let (keys, rejected) = outcome(&days);
        assert_eq!((keys.len(), rejected.len()), (0, 12));
        assert!(rejected[11].contains(" lines 2, 3, 4, 5, 6, 7, 8, 9 and 4 more have one key"), "{}", rejected[11]);
    }

    #[test]
    fn a_row_of_no_kind_is_rejected_and_a_skipped_one_is_not() {
        let text = MAPPING.replace("effective = {", "when = { column = \"From\", equals = \"yes\" }\neffective = {");
        let mapping =
            Mapping::parse(&text.replace("[source]", "skip = [{ column = \"From\", equals = \"no\" }]\n[source]"));
        let (mapping, names) = (mapping.unwrap(), b"name,code\nRwanda,state:RWA\n".to_vec());
        let codes = CodeLists::load(&mapping, |_| Ok(names.clone())).unwrap();
        let table =
            "Who,Treaty,Signed,Bound,From\nRwanda,x,1/2/2001,,no\nRwanda,x,1/2/2001,,Yes\nRwanda,x,1/2/2001,,yes\n";
        let plan = plan(&mapping, &codes, table.as_bytes()).unwrap();
        let first = plan.acts.get(0).unwrap();
        assert_eq!((plan.acts.len(), first.line, plan.rows, plan.rows_without_acts), (1, 4, 3, 1));
        assert_eq!((plan.rejected.len(), plan.rejected[0].line, plan.rejected[0].value.as_str()), (1, 3, "Yes"));
    }

    #[test]
    fn json_objects_may_lack_what_is_optional() {
        let text = MAPPING.replace("csv\"\n        key", "json\"\n        key").replace("D/M/YYYY", "YYYY-MM-DD");
        let mapping = Mapping::parse(&text).unwrap();
        let codes = CodeLists::load(&mapping, |_| Ok(b"name,code\nRwanda,state:RWA\n".to_vec())).unwrap();
        let rows = r#"[{"Who":"Rwanda","Treaty":"x","Signed":1975,"Bound":null},
            {"Who":"Rwanda","Treaty":["y"],"Signed":"1975"}]"#;
        let plan = plan(&mapping, &codes, rows.as_bytes()).unwrap();
        assert_eq!((plan.acts.len(), plan.acts.get(0).unwrap().effective.to_string().as_str()), (1, "1975"));
        assert_eq!((plan.rejected[0].line, plan.rejected[0].value.as_str()), (2, r#"["y"]"#));
        assert_eq!(plan.rejected[0].reason, "a list or an object; expected one value");
    }

    #[test]
    fn what_concerns_the_whole_file_is_an_error() {
        let mut mapping = Mapping::parse(MAPPING).unwrap();
        let codes = CodeLists::load(&mapping, |_| Ok(b"name,code\n".to_vec())).unwrap();
        let error = |mapping: &Mapping, codes: &CodeLists, table: &str| {
            plan(mapping, codes, table.as_bytes()).err().unwrap().to_string()
        };
        let header = "Who,Treaty,Signed,Bound,From\n";
        assert_eq!(error(&mapping, &codes, "Who;Treaty\n"), r#"no column "Bound"; the columns are "Who;Treaty""#);
        assert_eq!(error(&mapping, &codes, "Who,Treaty,Signed,Bound,From,Who\n"), r#"two columns are called "Who""#);
        assert_eq!(error(&mapping, &CodeLists::default(), header), r#"the code list "country" was not loaded"#);
        mapping.source.as_mut().unwrap().seen = None;
        assert!(error(&mapping, &codes, header).starts_with("the day on which the source was seen is not given"));
    }
}
