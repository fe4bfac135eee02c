//! Arguments of the questions about commitments, recommendations, access, institutions, conduct and counts.
//! Not here: those about treaties and records (`asking`).

use answerable_ledger::projection::recommendations::{Answer, GroupBy};
use answerable_schemas::ActorId;
use answerable_schemas::ids::Slug;
use answerable_schemas::stories::commitments::{AssessedStatus, CommitmentKind};
use answerable_schemas::stories::recommendations::Mechanism;
use clap::Args;
use serde::de::DeserializeOwned;

use super::{FilterArgs, Times};

/// The two times of a question, and whose word it rests on.
#[derive(Args, Clone)]
pub struct Asked {
    #[command(flatten)]
    pub times: Times,
    #[command(flatten)]
    pub filter: FilterArgs,
}

#[derive(Args)]
pub struct Commitments {
    /// Whose they are [default: everybody's]
    pub maker: Option<ActorId>,
    /// Only of this kind, such as voluntary_pledge
    #[arg(long, value_parser = parse_code::<CommitmentKind>)]
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
    #[arg(long, value_parser = parse_code::<Mechanism>)]
    pub mechanism: Option<Mechanism>,
    /// Count them by this instead of listing them
    #[arg(long, value_enum)]
    pub by: Option<By>,
    /// Only those that were answered so
    #[arg(long, value_enum)]
    pub response: Option<Answered>,
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
    #[arg(long, value_name = "STATUS", value_parser = parse_code::<AssessedStatus>)]
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
pub enum Answered {
    Supported,
    Noted,
    /// Not answered yet
    Pending,
}

impl Answered {
    pub fn read(self) -> Answer {
        match self {
            Answered::Supported => Answer::Supported,
            Answered::Noted => Answer::Noted,
            Answered::Pending => Answer::Pending,
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
pub struct Unused {
    /// List the states that never used this mechanism
    #[arg(long)]
    pub mechanism: Option<String>,
    #[command(flatten)]
    pub asked: Asked,
}

/// A code of the ledger, as records write it.
fn parse_code<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|e| e.to_string())
}
