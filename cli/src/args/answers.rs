//! Arguments of the answers about mandates, what is overdue, scorecards, stories, promises, recommendations, access,
//! institutions, conduct, vetoes and counts.
//! Not here: those about treaties and records, and what all answers ask for (`asking`).

use answerable_ledger::projection::recommendations::{Answer, GroupBy};
use answerable_schemas::ActorId;
use answerable_schemas::ids::Slug;
use answerable_schemas::stories::commitments::{AssessedStatus, CommitmentKind};
use answerable_schemas::stories::recommendations::Mechanism;
use answerable_schemas::story::{Binding, Crime, Pillar};
use clap::Args;
use jiff::civil::Date;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{Asked, parse_day};

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
    pub asked: Asked,
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
    pub asked: Asked,
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
    pub asked: Asked,
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
    pub asked: Asked,
}

#[derive(Args)]
pub struct Commitments {
    /// Whose they are [default: everybody's]
    pub maker: Option<ActorId>,
    /// Only of this kind, such as voluntary_pledge
    #[arg(long, value_parser = code::<CommitmentKind>)]
    pub kind: Option<CommitmentKind>,
    /// Only with this tag
    #[arg(long)]
    pub tag: Option<Slug>,
    #[command(flatten)]
    pub asked: Asked,
}

#[derive(Args)]
pub struct Commitment {
    pub maker: ActorId,
    #[arg(value_name = "ID")]
    pub commitment: Slug,
    #[command(flatten)]
    pub asked: Asked,
}

#[derive(Args)]
pub struct Recommendations {
    /// To whom [default: everybody]
    pub to: Option<ActorId>,
    /// Only by this actor
    #[arg(long)]
    pub from: Option<ActorId>,
    /// Only by this mechanism: upr, treaty_body, special_procedure, regional, secretary_general, other
    #[arg(long, value_parser = code::<Mechanism>)]
    pub mechanism: Option<Mechanism>,
    /// Count them by this instead of listing them
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// Only those that were answered so
    #[arg(long, value_enum)]
    pub response: Option<Responded>,
    /// Only of this cycle of the Universal Periodic Review
    #[arg(long, value_name = "N")]
    pub cycle: Option<u8>,
    /// Only of this session
    #[arg(long, value_name = "N")]
    pub session: Option<u16>,
    /// Only with this theme, in whatever case
    #[arg(long)]
    pub theme: Option<String>,
    /// Only with this tag
    #[arg(long)]
    pub tag: Option<Slug>,
    /// Only those of which an assessor last found this: no_evidence, not_started, limited, substantial, complete
    #[arg(long, value_name = "STATUS", value_parser = code::<AssessedStatus>)]
    pub assessed: Option<AssessedStatus>,
    #[command(flatten)]
    pub asked: Asked,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum By {
    Response,
    Action,
    Cycle,
    Theme,
    State,
    From,
}

impl By {
    pub fn read(self) -> GroupBy {
        match self {
            By::Response => GroupBy::Response,
            By::Action => GroupBy::Action,
            By::Cycle => GroupBy::Cycle,
            By::Theme => GroupBy::Theme,
            By::State => GroupBy::State,
            By::From => GroupBy::From,
        }
    }
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Responded {
    Supported,
    Noted,
    /// Not answered yet
    Pending,
}

impl Responded {
    pub fn read(self) -> Answer {
        match self {
            Responded::Supported => Answer::Supported,
            Responded::Noted => Answer::Noted,
            Responded::Pending => Answer::Pending,
        }
    }
}

#[derive(Args)]
pub struct OfStates {
    /// Which states [default: all of whom something is recorded]
    #[arg(value_name = "STATE")]
    pub states: Vec<ActorId>,
    #[command(flatten)]
    pub asked: Asked,
}

#[derive(Args)]
pub struct Conduct {
    pub instrument: Slug,
    /// The body in which they vote
    #[arg(long, value_name = "ACTOR", default_value = "org:un-security-council")]
    pub body: ActorId,
    #[command(flatten)]
    pub asked: Asked,
}

#[derive(Args)]
pub struct Vetoes {
    /// Only those that this member cast, alone or with others
    pub member: Option<ActorId>,
    /// Only from this date on
    #[arg(long, value_name = "DATE", value_parser = parse_day)]
    pub since: Option<Date>,
    /// The body in which they vote
    #[arg(long, value_name = "ACTOR", default_value = "org:un-security-council")]
    pub body: ActorId,
    #[command(flatten)]
    pub asked: Asked,
}

#[derive(Args)]
pub struct Unused {
    /// List the states that never used this mechanism
    #[arg(long)]
    pub mechanism: Option<String>,
    #[command(flatten)]
    pub asked: Asked,
}

/// A code of a code list, as bodies write it; `-` for `_` is understood.
fn code<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let read = |t: String| serde_json::from_value(Value::String(t));
    read(text.replace('-', "_")).map_err(|e: serde_json::Error| e.to_string())
}
