//! Projections: answers that are computed from records, each naming the records it rests on.
//! Not here: the law; how an answer is printed.

pub mod about;
pub mod access;
pub mod commitments;
pub mod conduct;
pub mod counts;
pub mod courses;
pub mod diff;
pub mod institutions;
pub mod kept;
pub mod mandates;
pub mod members;
pub mod overdue;
pub mod periods;
pub mod question;
pub mod recommendations;
pub mod reserved;
pub mod scorecard;
pub mod seen;
pub mod stories;
pub mod tables;
pub mod treaty;
pub mod unused;
pub mod vetoes;
pub mod waiting;

use answerable_schemas::Standing;
use answerable_schemas::law::replies::{Answer, Answered};

/// Whose word an answer shall rest on, and how whom it is about has answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter {
    pub standing: Option<Standing>,
    pub answered: Option<AnsweredAs>,
}

/// For a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnsweredAs {
    Affirmed,
    Disputed,
    /// Not answered yet, or not since it was corrected, or by a compromised key alone.
    Unanswered,
}

impl Filter {
    pub fn admits(&self, standing: Standing) -> bool {
        self.standing.is_none_or(|only| only == standing)
    }

    /// By the answers to a record, or to all records of a row.
    pub fn keeps<'a>(&self, answers: impl IntoIterator<Item = &'a Answered>) -> bool {
        let Some(wanted) = self.answered else { return true };
        let mut standing = answers.into_iter().filter(|a| a.stands()).map(|a| a.answer);
        match wanted {
            AnsweredAs::Affirmed => standing.any(|a| a == Answer::Affirmed),
            AnsweredAs::Disputed => standing.any(|a| a == Answer::Disputed),
            AnsweredAs::Unanswered => standing.next().is_none(),
        }
    }
}
