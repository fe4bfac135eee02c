//! Codes and regions of countries, by actor: ISO 3166 alpha-3, UN M49, M49 regions. They are no part of a ledger: a list
//! that comes with the program, or one of the researcher's, and the table says which.
//! Not here: names that tables to import use (`answerable_import::codes`).

use std::collections::BTreeMap;
use std::path::Path;

use answerable_import::rows::{Row, Table, shown};
use answerable_schemas::ActorId;
use answerable_verifier::encoding::Hash;

use super::frame::Cell;
use crate::error::CliError;

const BUILT_IN: &[u8] = include_bytes!("../../../examples/country-codes.csv");

const COLUMNS: [&str; 5] = ["actor", "iso3", "m49", "region", "subregion"];

/// A list of codes.
pub struct Countries {
    /// `built-in sha256:…` or `codes.csv sha256:…`.
    pub told: String,
    codes: BTreeMap<String, [String; 4]>,
}

impl Countries {
    /// The list in a file, or that of this program.
    pub fn of(file: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = file else { return Self::parse("built-in", BUILT_IN) };
        let bytes = std::fs::read(path).map_err(|e| CliError::io(path, e))?;
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        Self::parse(&name, &bytes)
    }

    fn parse(name: &str, bytes: &[u8]) -> Result<Self, CliError> {
        let bad = |reason: String| {
            let hint = format!("it is CSV with the columns {}; an actor stands in it once", COLUMNS.join(", "));
            CliError::usage("table.bad_codes", format!("the list of codes {name}: {reason}"), hint)
        };
        let table = Table::csv(bytes).map_err(|e| bad(e.to_string()))?;
        table.columns.require(COLUMNS).map_err(|e| bad(e.to_string()))?;
        let mut codes = BTreeMap::new();
        for Row { line, cells } in &table.rows {
            let cells = cells.as_ref().map_err(|reason| bad(format!("line {line}: {reason}")))?;
            let [actor, codes_of @ ..] = COLUMNS.map(|c| cells.get(c).map(shown).unwrap_or_default());
            if codes.insert(actor.clone(), codes_of).is_some() {
                return Err(bad(format!("line {line}: {actor} stands in it before")));
            }
        }
        let digest = &Hash::sha256(bytes).to_hex()[..12];
        Ok(Self { told: format!("{name} sha256:{digest}"), codes })
    }

    /// iso3, m49, region, subregion; missing where the list has none.
    pub fn cells(&self, actor: &ActorId) -> [Cell; 4] {
        let Some(codes) = self.codes.get(actor.as_str()) else { return [const { Cell::Missing }; 4] };
        codes.each_ref().map(|code| if code.is_empty() { Cell::Missing } else { code.as_str().into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_standard_and_a_bad_list_is_refused() {
        let built_in = Countries::of(None).unwrap();
        let cells = |id: &str| built_in.cells(&ActorId::new(id).unwrap()).map(|c| c.text());
        assert_eq!(cells("state:RWA"), ["RWA", "646", "Africa", "Eastern Africa"]);
        assert_eq!(cells("state:AFG"), ["AFG", "004", "Asia", "Southern Asia"], "a code is no number");
        assert_eq!(cells("state:YUG"), ["YUG", "890", "Europe", "Southern Europe"]);
        assert_eq!(built_in.cells(&ActorId::new("org:european-union").unwrap())[0], Cell::Missing);
        let refused = |text: &str| Countries::parse("x.csv", text.as_bytes()).err().unwrap();
        assert_eq!(refused("actor,iso3\n").code, "table.bad_codes");
        let twice = "actor,iso3,m49,region,subregion\nstate:RWA,RWA,646,,\nstate:RWA,RWA,646,,\n";
        assert!(refused(twice).message.contains("line 3: state:RWA"), "{}", refused(twice).message);
    }
}
