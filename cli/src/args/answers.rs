//! Arguments of the answers about mandates, what is overdue, scorecards and stories.
//! Not here: those about treaties and records (`asking`), whose times and filters these share.

use answerable_schemas::ActorId;
use answerable_schemas::ids::Slug;
use answerable_schemas::story::{Binding, Crime, Pillar};
use clap::Args;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{FilterArgs, Times};

#[derive(Args)]
pub struct Mandates {
    /// One mandate: its terms, gaps, reviews, benchmarks, and what was found of those who carry it out
    pub mandate: Option<Slug>,
    /// Also those that have expired, lapsed, or were terminated or transferred
    #[arg(long, conflicts_with = "mandate")]
    pub all: bool,
    /// Only those without a time limit
    #[arg(long, conflicts_with = "mandate")]
    pub no_limit: bool,
    /// Only those on which nobody must report
    #[arg(long, conflicts_with = "mandate")]
    pub no_reporting: bool,
    #[command(flatten)]
    pub times: Times,
    #[command(flatten)]
    pub filter: FilterArgs,
}

#[derive(Args)]
pub struct Overdue {
    /// Also what is done, what is due next, and what has no date
    #[arg(long)]
    pub all: bool,
    /// Only what this actor owes
    #[arg(long, value_name = "ACTOR")]
    pub reporter: Option<ActorId>,
    /// Only what is owed to this organ
    #[arg(long, value_name = "ACTOR")]
    pub to: Option<ActorId>,
    /// Only what binds so far: legal, mandate, political, internal or recommendation
    #[arg(long, value_parser = code::<Binding>)]
    pub binding: Option<Binding>,
    #[command(flatten)]
    pub times: Times,
    #[command(flatten)]
    pub filter: FilterArgs,
}

#[derive(Args)]
pub struct Scorecard {
    /// The states; one alone is shown with every cell and its records
    #[arg(required_unless_present_any = ["group", "all"])]
    pub states: Vec<ActorId>,
    /// The states that are members of this body on the day, by recorded membership
    #[arg(long, value_name = "BODY", conflicts_with_all = ["states", "all"])]
    pub group: Option<ActorId>,
    /// All registered states that exist on the day
    #[arg(long, conflicts_with = "states")]
    pub all: bool,
    #[command(flatten)]
    pub times: Times,
    #[command(flatten)]
    pub filter: FilterArgs,
}

#[derive(Args)]
pub struct List {
    /// The first part of a stream's name, such as focal-point, warning or case
    pub kind: Option<String>,
    /// Only stories that this actor tells or is named in
    #[arg(long, requires = "kind")]
    pub actor: Option<ActorId>,
    /// Only stories with this tag
    #[arg(long, requires = "kind")]
    pub tag: Option<Slug>,
    /// Only stories about this crime: genocide, war_crimes, ethnic_cleansing or crimes_against_humanity
    #[arg(long, requires = "kind", value_parser = code::<Crime>)]
    pub crime: Option<Crime>,
    /// Only stories that serve this pillar: I, II or III
    #[arg(long, requires = "kind", value_parser = code::<Pillar>)]
    pub pillar: Option<Pillar>,
    /// Only stories that stand so, such as open or appointed
    #[arg(long, requires = "kind")]
    pub state: Option<String>,
    #[command(flatten)]
    pub times: Times,
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// A code of a code list, as bodies write it; `-` for `_` is understood.
fn code<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let read = |t: String| serde_json::from_value(Value::String(t));
    read(text.replace('-', "_")).map_err(|e: serde_json::Error| e.to_string())
}
