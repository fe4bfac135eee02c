//! Code lists: the names that tables use, and the one code that each of them stands for. A name is looked up byte for
//! byte; what is not in the list is refused, with close spellings as a hint, never guessed.
//! Not here: which column uses which list (`mapping`), how a table is read (`rows`).

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use answerable_schemas::dates::{CalendarDate, DateError};

use super::mapping::{CodesSpec, Mapping};
use super::rows::{Table, TableError};

/// A code list as it was read.
#[derive(Debug, Clone)]
pub struct CodeList {
    file: String,
    /// A name that is not in the list stands for itself.
    keeps_unlisted: bool,
    names: BTreeMap<String, Vec<Entry>>,
    /// The names again, in the same order.
    folded: Vec<Folded>,
}

/// One row of it: what the name stands for, and from when until when (both days included).
#[derive(Debug, Clone)]
struct Entry {
    code: String,
    from: Option<CalendarDate>,
    until: Option<CalendarDate>,
}

/// The code lists of a mapping, by the names that it gives them.
#[derive(Debug, Clone, Default)]
pub struct CodeLists(BTreeMap<String, CodeList>);

/// Why a code list cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CodesError {
    #[error("the code list {file} cannot be read: {cause}")]
    Io { file: String, cause: io::Error },
    #[error("the code list {file}: {cause}")]
    Table { file: String, cause: TableError },
    #[error("the code list {file}, line {line}: {reason}")]
    Row { file: String, line: u64, reason: String },
}

/// Why a name has no code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unresolved {
    pub reason: String,
    pub hint: Option<String>,
}

impl CodeLists {
    /// Reads every list that the mapping names. `read` gets each path as the mapping writes it: relative to the
    /// folder of the mapping file.
    pub fn load(mapping: &Mapping, mut read: impl FnMut(&str) -> io::Result<Vec<u8>>) -> Result<Self, CodesError> {
        let one = |(name, spec): (&String, &CodesSpec)| {
            let bytes = read(&spec.file).map_err(|cause| CodesError::Io { file: spec.file.clone(), cause })?;
            Ok((name.clone(), CodeList::parse(spec, &bytes)?))
        };
        mapping.codes.iter().map(one).collect::<Result<_, _>>().map(Self)
    }

    pub fn get(&self, name: &str) -> Option<&CodeList> {
        self.0.get(name)
    }
}

impl CodeList {
    /// Reads the list. One bad row makes the whole list bad: a list with a hole would refuse good names.
    pub fn parse(spec: &CodesSpec, bytes: &[u8]) -> Result<Self, CodesError> {
        let file = spec.file.clone();
        let whole = |cause| CodesError::Table { file: file.clone(), cause };
        let table = Table::csv(bytes).map_err(whole)?;
        let columns = [Some(&spec.name), Some(&spec.code), spec.valid_from.as_ref(), spec.valid_until.as_ref()];
        let columns = columns.into_iter().flatten().chain(spec.only.iter().map(|when| &when.column));
        table.columns.require(columns.map(String::as_str)).map_err(whole)?;
        let mut names: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for row in &table.rows {
            let bad = |reason: String| CodesError::Row { file: file.clone(), line: row.line, reason };
            let cells = row.cells.as_ref().map_err(|reason| bad(reason.clone()))?;
            if !spec.only.iter().all(|when| when.holds(cells)) {
                continue;
            }
            let cell = |column: &str| cells.get(column).and_then(|v| v.as_str()).unwrap_or_default();
            let date = |column: &Option<String>| {
                let text = column.as_deref().map(cell).filter(|text| !text.is_empty());
                text.map(str::parse).transpose().map_err(|e: DateError| bad(e.to_string()))
            };
            let (name, code) = (cell(&spec.name), cell(&spec.code));
            if name.is_empty() || code.is_empty() {
                return Err(bad("a name or a code is empty".into()));
            }
            let entry = Entry { code: code.into(), from: date(&spec.valid_from)?, until: date(&spec.valid_until)? };
            names.entry(name.into()).or_default().push(entry);
        }
        let folded = names.keys().map(|name| Folded::new(name)).collect();
        Ok(Self { file, keeps_unlisted: spec.unlisted.is_some(), names, folded })
    }

    /// The code of a name. Validity on the day `seen` only decides between several codes; where there is one, it
    /// stands, because public tables go on using a name after its last day.
    pub fn resolve<'n>(&'n self, name: &'n str, seen: Option<CalendarDate>) -> Result<&'n str, Unresolved> {
        let Some(entries) = self.names.get(name) else {
            if self.keeps_unlisted {
                return Ok(name);
            }
            return Err(Unresolved { reason: format!("not in {}", self.file), hint: self.hint(name) });
        };
        let codes = |valid: &dyn Fn(&Entry) -> bool| -> BTreeSet<&str> {
            entries.iter().filter(|e| valid(e)).map(|e| e.code.as_str()).collect()
        };
        let all = codes(&|_| true);
        let then = codes(&|e| seen.is_some_and(|seen| e.is_valid(seen)));
        if let Some(code) = [&all, &then].into_iter().find(|set| set.len() == 1).and_then(BTreeSet::first) {
            return Ok(code);
        }
        let list = all.into_iter().collect::<Vec<_>>().join(", ");
        let reason = match seen {
            Some(seen) => format!("it stands for {list}; which of them on {seen}, {} does not say", self.file),
            None => format!("it stands for {list}, by the date, and the source has no `seen` date"),
        };
        Err(Unresolved { reason, hint: Some(format!("see the dates of this name in {}", self.file)) })
    }

    fn hint(&self, name: &str) -> Option<String> {
        // What is a code already has no spellings: `state:KEN` is not close to `state:YEM`.
        let near = match name.contains(':') {
            true => vec![],
            false => nearest_of(name, self.names.keys().map(String::as_str).zip(&self.folded)),
        };
        let near: Vec<String> = near.iter().map(|n| format!("{n:?} ({})", self.names[*n][0].code)).collect();
        let add = format!("add this spelling to {}", self.file);
        Some(if near.is_empty() { add } else { format!("close spellings: {}; if it is one, {add}", near.join(", ")) })
    }
}

impl Entry {
    fn is_valid(&self, seen: CalendarDate) -> bool {
        self.from.is_none_or(|from| from.first_day() <= seen.first_day())
            && self.until.is_none_or(|until| seen.last_day() <= until.last_day())
    }
}

/// Up to three of `names` that look like `word`, the closest first: the same letters before a few letters changed.
pub fn nearest<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let names: Vec<(&str, Folded)> = names.map(|name| (name, Folded::new(name))).collect();
    nearest_of(word, names.iter().map(|(name, folded)| (*name, folded)))
}

fn nearest_of<'n, 'f>(word: &str, names: impl Iterator<Item = (&'n str, &'f Folded)>) -> Vec<&'n str> {
    // No name is as long as that; a table whose texts have slipped into the column is not to cost minutes.
    if word.len() > 200 {
        return vec![];
    }
    let wanted = Folded::new(word);
    let most = match wanted.letters.len() {
        0..3 => 0,
        3..8 => 1,
        _ => 3,
    };
    let mut found: Vec<(usize, &str)> = names
        .filter_map(|(name, folded)| {
            if folded.sorted == wanted.sorted {
                return Some((0, name));
            }
            let gap = folded.letters.len().abs_diff(wanted.letters.len());
            let steps = if gap > most { gap } else { distance(&wanted.letters, &folded.letters) };
            (steps <= most).then_some((steps, name))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(3).map(|(_, name)| name).collect()
}

/// A name as it is compared for hints: folded once, for a table may have thousands of names that are in no list.
#[derive(Debug, Clone)]
struct Folded {
    letters: Vec<char>,
    /// With its words in order.
    sorted: Vec<char>,
}

impl Folded {
    fn new(name: &str) -> Self {
        let letters = fold(name);
        let mut words: Vec<&[char]> = letters.split(|c| *c == ' ').collect();
        words.sort_unstable();
        Self { sorted: words.join(&' '), letters }
    }
}

/// Lower case, without diacritics (of the Latin letters that country names use), punctuation and extra spaces.
fn fold(text: &str) -> Vec<char> {
    let plain = |c: char| match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' => 'a',
        'ç' | 'ć' | 'č' => 'c',
        'è'..='ë' | 'ē' | 'ę' | 'ě' => 'e',
        'ğ' => 'g',
        'ì'..='ï' | 'ī' | 'ı' => 'i',
        'ł' => 'l',
        'ñ' | 'ń' | 'ň' => 'n',
        'ò'..='ö' | 'ø' | 'ō' | 'ő' => 'o',
        'ř' => 'r',
        'ś' | 'ş' | 'š' | 'ș' => 's',
        'ţ' | 'ț' => 't',
        'ù'..='ü' | 'ū' | 'ů' | 'ű' => 'u',
        'ý' | 'ÿ' => 'y',
        'ź' | 'ż' | 'ž' => 'z',
        other => other,
    };
    let ignored = |c: char| matches!(c, '\u{300}'..='\u{36f}' | '\'' | '’' | '`' | '.');
    let lower: String = text.chars().filter(|&c| !ignored(c)).flat_map(char::to_lowercase).map(plain).collect();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.join(" ").chars().collect()
}

/// How many letters must be changed, added or dropped (Levenshtein).
fn distance(a: &[char], b: &[char]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = corner + usize::from(x != y);
            corner = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(corner + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::super::mapping::Unlisted;
    use super::*;

    fn spec() -> CodesSpec {
        CodesSpec {
            file: "names.csv".into(),
            name: "name".into(),
            code: "code".into(),
            valid_from: Some("from".into()),
            valid_until: Some("until".into()),
            only: vec![],
            unlisted: None,
        }
    }

    fn list(rows: &str) -> CodeList {
        CodeList::parse(&spec(), format!("name,code,from,until\n{rows}").as_bytes()).unwrap()
    }

    fn on(day: &str) -> Option<CalendarDate> {
        Some(day.parse().unwrap())
    }

    #[test]
    fn validity_decides_between_several_and_never_refuses_one() {
        let names =
            list("Yugoslavia,Y,1945-10-24,1992-04-26\nYugoslavia,S,1992-04-27,2003-02-03\nCape Verde,C,,2013\n");
        assert_eq!(names.resolve("Yugoslavia", on("1992-04-26")), Ok("Y"), "the last day is included");
        assert_eq!(names.resolve("Yugoslavia", on("1992-04-27")), Ok("S"));
        assert_eq!(names.resolve("Cape Verde", on("2015-03-14")), Ok("C"), "public tables use old names late");
        for seen in [on("2015-03-14"), on("1992-04"), on("1992"), None] {
            let refused = names.resolve("Yugoslavia", seen).unwrap_err();
            assert!(refused.reason.contains("S, Y"), "{}", refused.reason);
        }
        assert_eq!(names.resolve("Yugoslavia", on("1993")), Ok("S"), "every day of the year leads to the same code");
        let twice = list("Korea,K,,\nKorea,K,1950,\n");
        assert_eq!(twice.resolve("Korea", None), Ok("K"), "two rows, one code");
    }

    #[test]
    fn a_list_may_be_a_part_of_a_table_and_may_keep_what_is_not_in_it() {
        let table = b"name,code,from,until,kind\nA,1,,,x\nA,2,,,y\nB,,,,y\n";
        let only = |kind: &str| toml::from_str(&format!("column = \"kind\"\nequals = \"{kind}\"")).unwrap();
        let mut part = CodesSpec { only: vec![only("x")], ..spec() };
        let names = CodeList::parse(&part, table).unwrap();
        assert_eq!(names.resolve("A", None), Ok("1"), "the other row of A, and the empty code of B, are no part of it");
        assert_eq!(names.resolve("B", None).unwrap_err().reason, "not in names.csv");
        part.unlisted = Some(Unlisted::Kept);
        assert_eq!(CodeList::parse(&part, table).unwrap().resolve("B", None), Ok("B"));
        part.only[0].column = "sort".into();
        assert!(CodeList::parse(&part, table).unwrap_err().to_string().contains("no column \"sort\""));
    }

    #[test]
    fn names_are_compared_byte_for_byte_and_close_ones_are_only_hints() {
        let names =
            list("Côte d'Ivoire,CIV,,\n\"Korea, Republic of\",KOR,,\nNiger,NER,,\nNigeria,NGA,,\nTürkiye,TUR,,\n");
        for (written, meant) in [
            ("Côte d’Ivoire", "CIV"),
            ("COTE D'IVOIRE", "CIV"),
            ("Co\u{302}te d'Ivoire", "CIV"),
            ("Republic of Korea", "KOR"),
            ("Turkiye", "TUR"),
            ("Niger ", "NER"),
            ("Nigerr", "NER"),
            ("Cote dIvoir", "CIV"),
        ] {
            let refused = names.resolve(written, None).unwrap_err();
            let hint = refused.hint.unwrap();
            assert!(hint.starts_with("close spellings: ") && hint.contains(meant), "{written}: {hint}");
        }
        let far = names.resolve("Wakanda", None).unwrap_err();
        assert_eq!(far.hint.as_deref(), Some("add this spelling to names.csv"));
        assert!(nearest(&"a".repeat(201), [&*"a".repeat(201)].into_iter()).is_empty());
        assert!(nearest("abcdefgh", ["abcdefgx", "abcdefgy", "abcdefgz", "abcdefgw"].into_iter()).len() == 3);
    }

    #[test]
    fn a_bad_list_is_refused_whole_and_says_where() {
        let parse = |text: &str| CodeList::parse(&spec(), text.as_bytes()).unwrap_err().to_string();
        assert!(parse("name,code,from\nA,a,\n").contains("no column \"until\""));
        assert_eq!(
            parse("name,code,from,until\nA,a,,\nB,,,\n"),
            "the code list names.csv, line 3: a name or a code is empty"
        );
        assert!(parse("name,code,from,until\nA,a,1 Jan 1990,\n").contains("line 2: \"1 Jan 1990\" is not a date"));
        assert!(parse("name,code,from,until\nA,a\n").contains("line 2: 2 cells"));
    }
}
