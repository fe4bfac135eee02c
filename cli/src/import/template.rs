//! Texts with cells in them: `S/RES/{res_no}`, `upr-{session}-{sur}-{#}`; and what is made of cells so that something
//! has a name which its source does not give: slugs, and short hashes of long texts.
//! Not here: how a cell is read (`reader`).

use sha2::{Digest, Sha256};

/// A text with cells in it. `{column}` stands for a cell, `{column:year}` for the year of one that holds a date, and
/// `{#}` for the hash of other cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Text(String),
    Cell(String),
    Year(String),
    Hash,
}

impl Template {
    pub fn parse(text: &str) -> Result<Self, String> {
        let (mut parts, mut rest) = (vec![], text);
        while !rest.is_empty() {
            let open = rest.find(['{', '}']).unwrap_or(rest.len());
            if open > 0 {
                parts.push(Part::Text(rest[..open].into()));
            }
            rest = &rest[open..];
            if rest.is_empty() {
                break;
            }
            let inner = rest.strip_prefix('{').and_then(|after| after.split_once('}'));
            let Some((name, after)) = inner.filter(|(name, _)| !name.is_empty() && !name.contains('{')) else {
                return Err(format!("{text:?}: a cell is written {{column}}, and braces stand for nothing else"));
            };
            parts.push(match name.strip_suffix(":year") {
                _ if name == "#" => Part::Hash,
                Some(column) if !column.is_empty() => Part::Year(column.into()),
                _ => Part::Cell(name.into()),
            });
            rest = after;
        }
        Ok(Self(parts))
    }

    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// The columns whose cells stand in it.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|part| match part {
            Part::Cell(column) | Part::Year(column) => Some(column.as_str()),
            Part::Text(_) | Part::Hash => None,
        })
    }

    pub fn has_hash(&self) -> bool {
        self.0.contains(&Part::Hash)
    }
}

/// Most letters of a slug, as of every label in a record.
pub const MAX_SLUG: usize = 64;

/// Lower case, and one `-` for whatever is not of [a-z0-9]; none at either end. It may be empty.
pub fn slug(text: &str) -> String {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The first 12 hexadecimal digits of the SHA-256 of the texts, each with its length before it, so that no two lists of
/// texts read the same. White space at the ends does not count: an export that trims its cells names the same rows.
pub fn short_hash<'t>(texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut hash = Sha256::new();
    for text in texts.into_iter().map(str::trim) {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text);
    }
    hash.finalize()[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_stand_for_cells_and_for_nothing_else() {
        let parts = |text: &str| Template::parse(text).map(|t| t.0);
        let (text, cell) = (|t: &str| Part::Text(t.into()), |c: &str| Part::Cell(c.into()));
        assert_eq!(parts("S/RES/{res no}"), Ok(vec![text("S/RES/"), cell("res no")]));
        assert_eq!(
            parts("{a}{#}({d:year})"),
            Ok(vec![cell("a"), Part::Hash, text("("), Part::Year("d".into()), text(")")])
        );
        assert_eq!(parts("{:year}"), Ok(vec![cell(":year")]));
        assert_eq!(parts(""), Ok(vec![]));
        for bad in ["{", "}", "a{b", "a}b", "{}", "{a{b}", "{{a}}", "é}"] {
            assert!(Template::parse(bad).unwrap_err().contains("a cell is written {column}"), "{bad}");
        }
    }

    #[test]
    fn slugs_are_labels_or_empty() {
        for (text, made) in [
            ("S/PV.88", "s-pv-88"),
            ("UNOSOM II", "unosom-ii"),
            ("  Côte d’Ivoire -- ", "c-te-d-ivoire"),
            ("\u{202e}--\n", ""),
            ("", ""),
        ] {
            assert_eq!(slug(text), made, "{text:?}");
        }
    }

    #[test]
    fn the_hash_keeps_the_texts_apart() {
        // sha256 of 00 00 00 00 00 00 00 03 "abc"
        assert_eq!(short_hash(["abc"]), "c3494ca1a2cf");
        assert_eq!(short_hash([" abc\n"]), short_hash(["abc"]));
        assert_ne!(short_hash(["a", "bc"]), short_hash(["ab", "c"]));
        assert_ne!(short_hash(["abc", ""]), short_hash(["abc"]));
    }
}
