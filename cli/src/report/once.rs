//! What many rows of a page have in common, each once, by its place.
//! Not here: the rows (`data`, `turning`).

use std::collections::HashMap;
use std::hash::Hash;

use answerable_verifier::report::escape;

/// Values, each once.
pub struct Distinct<T> {
    places: HashMap<T, usize>,
    pub all: Vec<T>,
}

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self { places: HashMap::new(), all: Vec::new() }
    }
}

impl<T: Clone + Eq + Hash> Distinct<T> {
    pub fn at(&mut self, one: T) -> i64 {
        let next = self.all.len();
        *self.places.entry(one).or_insert_with_key(|one| {
            self.all.push(one.clone());
            next
        }) as i64
    }
}

/// Texts, each once, escaped.
#[derive(Default)]
pub struct Once {
    places: HashMap<String, usize>,
    pub all: Vec<String>,
}

impl Once {
    pub fn at(&mut self, text: impl ToString) -> usize {
        let text = text.to_string();
        let next = self.all.len();
        *self.places.entry(text).or_insert_with_key(|text| {
            self.all.push(escape(text));
            next
        })
    }

    /// -1 for an empty one.
    pub fn if_any(&mut self, text: &str) -> i64 {
        if text.is_empty() { -1 } else { self.at(text) as i64 }
    }
}

/// Lists of record numbers, each once. What a cell rests on grows from turn to turn: a list that goes on where another ends names
/// that one, and what is new.
#[derive(Default)]
pub struct Lists {
    places: HashMap<Vec<u64>, i64>,
    /// The place of the list that it goes on from, or -1; and the numbers after it.
    pub all: Vec<Vec<i64>>,
    last: Vec<u64>,
}

impl Lists {
    /// -1 for an empty one.
    pub fn at(&mut self, seqs: &[u64]) -> i64 {
        if seqs.is_empty() {
            return -1;
        }
        if let Some(at) = self.places.get(seqs) {
            seqs.clone_into(&mut self.last);
            return *at;
        }
        let goes_on = self.places.get(&self.last).filter(|_| seqs.starts_with(&self.last)).copied();
        let from = goes_on.map_or(0, |_| self.last.len());
        let rest = seqs[from..].iter().map(|seq| *seq as i64);
        let at = self.all.len() as i64;
        self.all.push(std::iter::once(goes_on.unwrap_or(-1)).chain(rest).collect());
        self.places.insert(seqs.to_vec(), at);
        seqs.clone_into(&mut self.last);
        at
    }

    /// The list that the next one may go on from.
    pub fn after(&mut self, seqs: &[u64]) -> &mut Self {
        seqs.clone_into(&mut self.last);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_goes_on_names_the_one_before() {
        let mut lists = Lists::default();
        assert_eq!(
            [lists.at(&[1, 2]), lists.at(&[1, 2, 3]), lists.at(&[1, 2]), lists.at(&[7]), lists.at(&[])],
            [0, 1, 0, 2, -1]
        );
        assert_eq!(lists.after(&[1, 2, 3]).at(&[1, 2, 3, 4]), 3);
        assert_eq!(lists.all, [vec![-1, 1, 2], vec![0, 3], vec![-1, 7], vec![1, 4]]);
    }
}
