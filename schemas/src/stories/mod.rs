//! The families of declared event types. A new type is one declaration in one of them; a new family is one file and one
//! line here. docs/ADDING.md walks through it.
//! Not here: treaties (`crate::treaty`), keys, roles and registers (`crate::governance`).

pub mod commitments;
pub mod council;
pub mod gatherings;
pub mod justice;
pub mod national;
pub mod recommendations;
pub mod reporting;
pub mod reviews;

use crate::catalogue::{TypeInfo, length};
use crate::ids::{ActorId, Slug, StreamName, Symbol};
use crate::story::story;

/// Every family, in the order in which their types are listed.
pub const FAMILIES: &[&[TypeInfo]] = &[
    council::TYPES,
    reporting::TYPES,
    commitments::TYPES,
    recommendations::TYPES,
    reviews::TYPES,
    national::TYPES,
    justice::TYPES,
    gatherings::TYPES,
];

/// The story of a decision or draft, by its symbol.
pub fn decision_stream(symbol: &Symbol) -> StreamName {
    story("decision", &[&symbol.in_stream()])
}

/// The story of a mandate.
pub fn mandate_stream(mandate: &Slug) -> StreamName {
    story("mandate", &[mandate.as_str()])
}

/// The story of something of an actor's, by an id that is unique among that actor's.
fn of_actor(kind: &str, actor: &ActorId, id: &Slug) -> StreamName {
    story(kind, &[actor.in_stream(), id.as_str()])
}

/// For `check`: a list of at least one.
fn some<T>(name: &str, list: &[T]) -> Result<(), String> {
    length(name, list, 1, 256)
}

/// For `check`: two actors of a story leave each other room in its name.
fn room(kind: &str, one: &ActorId, other: &ActorId) -> Result<(), String> {
    match StreamName::new(format!("{kind}:{}:{}", one.in_stream(), other.in_stream())) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("{one} and {other} are too long to name a story together")),
    }
}
