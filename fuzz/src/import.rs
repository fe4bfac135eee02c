//! Targets: import mappings, tables, and the plan that both make.
//! Not here: the acts of a plan once they are drafted (`records`, `law`).

use std::collections::BTreeSet;

use answerable_import::acts::PlannedAct;
use answerable_import::codes::CodeLists;
use answerable_import::mapping::Mapping;
use answerable_import::plan::{Plan, plan};
use answerable_import::rows::{Table, TableError, csv, json};
use answerable_import::sections::sections;
use answerable_schemas::Body;

/// Stands between the mapping and the table in the input of `plan`.
const BREAK: &str = "\n%%%\n";

/// A mapping.
pub fn mapping(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mapping = match Mapping::parse(text) {
        Ok(mapping) => mapping,
        Err(e) => return assert!(!e.to_string().is_empty()),
    };
    assert_eq!(Mapping::parse(text).ok().as_ref(), Some(&mapping));
    let used = mapping.used_columns();
    assert!(mapping.key.iter().all(|column| used.contains_key(column.as_str())));
    assert!(mapping.used_lists().iter().all(|(list, _)| mapping.codes.contains_key(*list)));
    plan_with(&mapping, b"");
}

/// A table, in every form that one can have.
pub fn table(bytes: &[u8]) {
    for read in [
        Table::csv(bytes),
        Table::read(|table| csv(bytes, Some('#'), table)),
        Table::read(|table| json(bytes, table)),
        Table::read(|table| sections(bytes, table)),
    ] {
        match read {
            Ok(table) => sound_table(&table, bytes),
            Err(e) => assert!(!e.to_string().is_empty()),
        }
    }
    if std::str::from_utf8(bytes).is_err() {
        assert!(matches!(Table::csv(bytes), Err(TableError::NotUtf8 { .. })));
    }
}

fn sound_table(table: &Table, bytes: &[u8]) {
    let columns: BTreeSet<&String> = table.columns.0.iter().collect();
    for column in &columns {
        // Two columns may have one name as long as nobody reads them.
        let once = table.columns.0.iter().filter(|other| other == column).count() == 1;
        assert_eq!(table.columns.require([column.as_str()]).is_ok(), once, "what is read has one name");
    }
    let lines = bytes.len() as u64 + 1;
    let mut last = 0;
    for row in &table.rows {
        assert!((1..=lines).contains(&row.line) && row.line >= last, "rows stand where they are, in their order");
        last = row.line;
        match &row.cells {
            Ok(cells) => assert!(cells.keys().all(|column| columns.contains(column))),
            Err(why) => assert!(!why.is_empty()),
        }
    }
}

/// A mapping, `%%%` on a line, and a table.
pub fn plan_of(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Some((mapping, table)) = text.split_once(BREAK) else { return };
    let Ok(mut mapping) = Mapping::parse(mapping) else { return };
    mapping.set_seen("2015-03-14".parse().expect("a date"));
    plan_with(&mapping, table.as_bytes());
}

fn plan_with(mapping: &Mapping, table: &[u8]) {
    // Every code list reads the same small file, whatever its columns are called.
    let list = |path: &str| {
        let spec = mapping.codes.values().find(|spec| spec.file == path);
        let (name, code) = spec.map_or(("name", "code"), |spec| (spec.name.as_str(), spec.code.as_str()));
        Ok(format!("\"{}\",\"{}\"\nRwanda,state:RWA\nFrance,state:FRA\n", quoted(name), quoted(code)).into_bytes())
    };
    let Ok(codes) = CodeLists::load(mapping, list) else { return };
    let made = || plan(mapping, &codes, table).map_err(|e| e.to_string());
    let told = |plan: Result<Plan, String>| plan.map(|p| (acts_of(&p), p.rejected, p.rows, p.rows_without_acts));
    assert_eq!(told(made()), told(made()), "a plan is a function of its arguments");
    let plan = match made() {
        Ok(plan) => plan,
        Err(e) => return assert!(!e.is_empty()),
    };
    let acts = acts_of(&plan);
    let keys: BTreeSet<&str> = acts.iter().map(|act| act.key.as_str()).collect();
    assert_eq!(keys.len(), acts.len(), "a natural key stands for one act");
    assert!(plan.rows_without_acts <= plan.rows);
    assert!(plan.rejected.is_sorted_by_key(|r| r.line));
    for act in &acts {
        assert_eq!(
            Body::parse(&act.kind, 1, &act.body.to_map()).as_ref(),
            Ok(&act.body),
            "its body is one of its type"
        );
        assert_eq!(act.source.as_ref().is_some_and(|s| s.row.as_ref() == Some(&act.key)), act.source.is_some());
        assert_eq!(act.standing, mapping.standing);
    }
}

fn acts_of(plan: &Plan) -> Vec<PlannedAct> {
    plan.acts.iter().map(|act| act.expect("it was put aside in memory")).collect()
}

fn quoted(cell: &str) -> String {
    cell.replace('"', "\"\"")
}
