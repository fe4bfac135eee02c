//! Provisions of treaties, as a reservation names them: `17`, `16(1)`, `IX`, `refugee-convention:7`, `whole`.
//! Not here: which provisions a treaty protects (`treaty::ReservationRule`), and who reserves to them.

use crate::ids::{IdError, TreatyId, string_id};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;

string_id!(
    /// An article, by its number (Arabic, or Roman as the treaty has it), with paragraphs in parentheses; before it,
    /// where it is of another treaty, that treaty's id. That id alone, or `whole`, is all of a treaty.
    Provision,
    "a provision of a treaty",
    "^(whole|([a-z][a-z0-9-]{0,63}:)?([1-9][0-9]{0,3}|[IVXLCDM]{1,15})(\\([0-9A-Za-z]{1,8}\\))*|[a-z][a-z0-9-]{0,63})$",
    160,
    |s| Parts::of(s, "").is_some()
);

/// A provision, taken apart. An article that is absent stands for the whole treaty.
struct Parts<'a> {
    treaty: &'a str,
    article: Option<u32>,
    paragraphs: Vec<&'a str>,
}

impl<'a> Parts<'a> {
    /// None if `s` is not of the grammar. A provision that names no treaty is one of `home`.
    fn of(s: &'a str, home: &'a str) -> Option<Self> {
        match s.split_once(':') {
            _ if s == "whole" => Some(Self::all_of(home)),
            Some((treaty, article)) => Self::article_of(foreign(treaty)?, article),
            None if s.starts_with(|c: char| c.is_ascii_lowercase()) => foreign(s).map(Self::all_of),
            None => Self::article_of(home, s),
        }
    }

    fn all_of(treaty: &'a str) -> Self {
        Self { treaty, article: None, paragraphs: Vec::new() }
    }

    fn article_of(treaty: &'a str, s: &'a str) -> Option<Self> {
        let (article, rest) = s.split_at(s.find('(').unwrap_or(s.len()));
        Some(Self { treaty, article: Some(number(article)?), paragraphs: paragraphs(rest)? })
    }
}

/// A treaty's id, which here begins with a letter, so that no number is taken for one.
fn foreign(treaty: &str) -> Option<&str> {
    let named = treaty != "whole" && treaty.starts_with(|c: char| c.is_ascii_lowercase());
    (named && TreatyId::new(treaty).is_ok()).then_some(treaty)
}

/// `(1)(a)` as `1`, `a`.
fn paragraphs(mut s: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    while !s.is_empty() {
        let (inner, rest) = s.strip_prefix('(')?.split_once(')')?;
        let plain = (1..=8).contains(&inner.len()) && inner.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain || inner.starts_with('0') {
            return None;
        }
        found.push(inner);
        s = rest;
    }
    Some(found)
}

/// An article's number: decimal without leading zeros, or a Roman numeral in its one proper form.
fn number(s: &str) -> Option<u32> {
    if s.len() <= 4 && s.bytes().all(|b| b.is_ascii_digit()) {
        return s.parse().ok().filter(|_| !s.starts_with('0'));
    }
    if s.len() > 15 {
        return None;
    }
    // Each sign is taken as often as it comes, from the greatest down; only the proper form comes out again.
    let (mut rest, mut value) = (s, 0);
    for (worth, sign) in ROMAN {
        while let Some(after) = rest.strip_prefix(sign) {
            (rest, value) = (after, value + worth);
        }
    }
    (rest.is_empty() && roman(value) == s).then_some(value).filter(|n| (1..4000).contains(n))
}

const ROMAN: [(u32, &str); 13] = [
    (1000, "M"),
    (900, "CM"),
    (500, "D"),
    (400, "CD"),
    (100, "C"),
    (90, "XC"),
    (50, "L"),
    (40, "XL"),
    (10, "X"),
    (9, "IX"),
    (5, "V"),
    (4, "IV"),
    (1, "I"),
];

fn roman(mut n: u32) -> String {
    let mut text = String::new();
    for (worth, sign) in ROMAN {
        while n >= worth {
            text.push_str(sign);
            n -= worth;
        }
    }
    text
}

impl Provision {
    fn parts<'a>(&'a self, home: &'a TreatyId) -> Parts<'a> {
        Parts::of(self.as_str(), home.as_str()).expect("checked when it was made")
    }

    /// The treaty that it is a provision of; `home` where it names none.
    pub fn treaty<'a>(&'a self, home: &'a TreatyId) -> &'a str {
        self.parts(home).treaty
    }

    /// True for all of `home`, by whichever name.
    pub fn is_whole(&self, home: &TreatyId) -> bool {
        let parts = self.parts(home);
        parts.treaty == home.as_str() && parts.article.is_none()
    }

    /// `16` covers `16` and `16(1)`; `refugee-convention` covers `refugee-convention:7`.
    pub fn covers(&self, other: &Provision, home: &TreatyId) -> bool {
        let (all, part) = (self.parts(home), other.parts(home));
        all.treaty == part.treaty
            && (all.article.is_none() || (all.article == part.article && part.paragraphs.starts_with(&all.paragraphs)))
    }

    /// True unless the two are surely apart: other treaties, other articles, or paragraphs of one kind that differ.
    pub fn touches(&self, other: &Provision, home: &TreatyId) -> bool {
        let (a, b) = (self.parts(home), other.parts(home));
        let is_number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let apart = |x: &&str, y: &&str| is_number(x) == is_number(y) && !x.eq_ignore_ascii_case(y);
        a.treaty == b.treaty
            && (a.article.is_none() || b.article.is_none() || a.article == b.article)
            && !a.paragraphs.iter().zip(&b.paragraphs).any(|(x, y)| apart(x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(s: &str) -> Provision {
        Provision::new(s).unwrap_or_else(|e| panic!("{e}"))
    }

    #[test]
    fn only_one_spelling_of_a_provision() {
        for good in ["whole", "1", "16(1)", "IX", "VII(1)(a)", "refugee-convention", "refugee-convention:7", "1(A)"] {
            p(good);
        }
        for bad in [
            "",
            "Whole",
            "Article 33",
            "article 33",
            "16 (1)",
            "016",
            "16(01)",
            "33bis",
            "IIII",
            "16(",
            "16()",
            "16)(",
            "a:",
            ":1",
            "a:b",
            "16(1)x",
            "whole:1",
            "33:1",
            "12345",
            "16-1",
            "XVI ",
            "refugee-convention:7:1",
            "MMMM",
            "VIV",
            "XCX",
        ] {
            assert!(Provision::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn what_covers_and_what_touches() {
        let home = TreatyId::new("refugee-convention").unwrap();
        let covers = |a: &str, b: &str| p(a).covers(&p(b), &home);
        let touches = |a: &str, b: &str| p(a).touches(&p(b), &home);
        assert!((1..4000).all(|n| number(&roman(n)) == Some(n)));
        assert!(p("refugee-convention").is_whole(&home) && !p("geneva-conventions").is_whole(&home));
        assert!(covers("16", "16(1)") && !covers("16(1)", "16") && covers("whole", "33") && covers("33", "XXXIII"));
        assert!(covers("refugee-convention", "33(2)") && covers("33", "refugee-convention:33"));
        assert!(!covers("1", "16") && !covers("geneva-conventions", "16"));
        assert!(touches("16(1)", "16") && touches("16(1)", "16(1)(a)") && touches("16(1)", "16(a)"));
        assert!(!touches("16(1)", "16(2)") && touches("16(1)", "whole") && !touches("33", "geneva-conventions:33"));
    }
}
