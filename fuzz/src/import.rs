//! Targets: import mappings, tables, and the plan that both make.
//! Not here: the acts of a plan once they are drafted (`records`, `law`).

use std::collections::BTreeSet;

use answerable_import::codes::CodeLists;
use answerable_import::mapping::Mapping;
use answerable_import::plan::plan;
use answerable_import::rows::{Table, TableError};
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
    for read in
        [Table::csv(bytes), Table::csv_with_comments(bytes, Some('#')), Table::json(bytes), Table::sections(bytes)]
    {
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
    let columns: BTreeSet<&String> = table.columns.iter().collect();
    for column in &columns {
        // Two columns may have one name as long as nobody reads them.
        let once = table.columns.iter().filter(|other| other == column).count() == 1;
        assert_eq!(table.require([column.as_str()]).is_ok(), once, "what is read has one name");
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
    let made = plan(mapping, &codes, table);
    assert_eq!(plan(mapping, &codes, table), made, "a plan is a function of its arguments");
    let plan = match made {
        Ok(plan) => plan,
        Err(e) => return assert!(!e.to_string().is_empty()),
    };
    let keys: BTreeSet<&str> = plan.acts.iter().map(|act| act.key.as_str()).collect();
    assert_eq!(keys.len(), plan.acts.len(), "a natural key stands for one act");
    assert!(plan.rows_without_acts <= plan.rows);
    assert!(plan.rejected.is_sorted_by_key(|r| r.line));
    for act in &plan.acts {
        assert_eq!(
            Body::parse(&act.kind, 1, &act.body.to_map()).as_ref(),
            Ok(&act.body),
            "its body is one of its type"
        );
        assert_eq!(act.source.as_ref().is_some_and(|s| s.row.as_ref() == Some(&act.key)), act.source.is_some());
        assert_eq!(act.standing, mapping.standing);
    }
}

fn quoted(cell: &str) -> String {
    cell.replace('"', "\"\"")
}
