//! Who is a member of a body on a day, by recorded membership.
//! Not here: whether a membership is lawful (`law::gatherings`).

use answerable_schemas::ActorId;
use answerable_schemas::history::Lookup;
use answerable_schemas::stories::gatherings::{MembershipBegan, MembershipEnded};

use super::question::{Basis, Question, Story};

/// The body whose membership says how many states there are.
pub const UNITED_NATIONS: &str = "org:united-nations";

/// A member, and what says so.
#[derive(Debug, Clone)]
pub struct Member {
    pub member: ActorId,
    pub basis: Basis,
}

/// The members of a body on the day of the question, by name of the stream; None where no membership of it is recorded,
/// ever: then nothing can be said of how many there are.
pub fn members(q: &Question<'_>, body: &ActorId) -> Lookup<Option<Vec<Member>>> {
    let stories = q.stories(&memberships_prefix(body))?;
    if stories.is_empty() {
        return Ok(None);
    }
    Ok(Some(stories.iter().filter_map(|s| member(q, s, body)).collect()))
}

/// The beginning of the names of the streams that tell of a body's members.
pub(super) fn memberships_prefix(body: &ActorId) -> String {
    format!("membership:{}:", body.in_stream())
}

/// The member that a story tells of, if it is one on the day.
pub(super) fn member(q: &Question<'_>, story: &Story, body: &ActorId) -> Option<Member> {
    let (began, since) = story.view.last::<MembershipBegan>()?;
    // A longer body name may begin like this one.
    if began.body != *body {
        return None;
    }
    let left =
        story.view.last::<MembershipEnded>().filter(|(_, end)| end.effective.last_day() >= since.effective.last_day());
    // The days of `until` and of the end are the last ones.
    let over = began.until.is_some_and(|u| u.last_day() < q.as_of)
        || left.is_some_and(|(_, end)| end.effective.last_day() < q.as_of);
    (!over).then(|| Member { member: began.member.clone(), basis: story.whole() })
}
