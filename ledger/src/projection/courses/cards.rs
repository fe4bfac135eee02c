//! Scorecards: each of the five steps of each state, from day to day, and what the scorecards of all states must be read with.
//! Not here: how a step is judged (`scorecard`).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use answerable_schemas::history::Lookup;
use answerable_schemas::law::actors::Actor;
use answerable_schemas::stories::gatherings::MembershipBegan;
use answerable_schemas::stories::justice::CaseOpened;
use answerable_schemas::{ActorId, CalendarDate, StreamName};
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::{StateCourse, TreatyCourse, Turn, acts_in, days_of, now, turns};
use crate::projection::members::{UNITED_NATIONS, member, memberships_prefix};
use crate::projection::question::{Question, Story};
use crate::projection::scorecard::{
    AT_HOME, Beside, CASES, RESTS_ON, Step, TREATIES, about_members, about_treaties, exists, registered_states, step,
};
use crate::projection::treaty::Row;

/// What is shown of all states together.
#[derive(Debug, Clone)]
pub struct CardCourses {
    /// Every state that is registered, by id. Whether it exists on a day its registration tells.
    pub states: Vec<CardCourse>,
    /// As `scorecard --all` notes it.
    pub notes: Vec<Turn<Vec<String>>>,
}

/// One state's steps.
#[derive(Debug, Clone)]
pub struct CardCourse {
    pub state: ActorId,
    /// There is an answer from the first day of the calendar on, be it that nothing is recorded. The value of a cell with an age
    /// is left out, and so are the records of recommendations, of which a state has hundreds: they are the recommendations' own.
    pub steps: [Vec<Turn<Step>>; RESTS_ON.len()],
}

/// No date is before it.
const BEGINNING: Date = date(1, 1, 1);

/// The scorecards of all registered states, up to a last day. `treaties` are all that are registered.
pub fn cards(q: &Question<'_>, treaties: &[TreatyCourse], until: Date) -> Lookup<CardCourses> {
    let cases = cases_by_state(q)?;
    let registered = registered_states(q.history())?;
    let mut states = Vec::new();
    for actor in &registered {
        let about = cases.get(&actor.id).map_or(&[][..], Vec::as_slice);
        states.push(of_state(q, &actor.id, treaties, about, until)?);
    }
    Ok(CardCourses { states, notes: noted(q, &registered, treaties, until)? })
}

fn of_state(
    q: &Question<'_>,
    state: &ActorId,
    treaties: &[TreatyCourse],
    cases: &[StreamName],
    until: Date,
) -> Lookup<CardCourse> {
    let of_it = |treaty: &TreatyCourse| treaty.states.iter().position(|course| course.state == *state);
    let stands: Vec<Option<&StateCourse>> = treaties.iter().map(|t| of_it(t).map(|at| &t.states[at])).collect();
    let mut steps: [Vec<Turn<Step>>; RESTS_ON.len()] = Default::default();
    for (at, course) in steps.iter_mut().enumerate() {
        let mut days = days_of_step(q, at, state)?;
        let cases = if at == AT_HOME { cases } else { &[] };
        for case in cases {
            days.extend(days_of(q.history(), case)?);
        }
        if at == TREATIES {
            days.extend(stands.iter().flatten().flat_map(|course| &course.turns).map(|turn| turn.from));
        }
        *course = turns(days, until, |day| {
            let asked = q.on(day);
            let rows = treaties.iter().zip(&stands);
            let rows = rows.map(|(t, course)| (&t.rules.treaty, course.and_then(|c| now::<Row>(&c.turns, day))));
            let heard = cases.iter().filter_map(|case| asked.story(case).transpose());
            let heard: Vec<Story> = heard.collect::<Lookup<_>>()?;
            let beside = Beside { treaties: rows.collect(), cases: &heard };
            Ok((Some(lean(step(&asked, at, state, &beside)?)), Vec::new()))
        })?;
    }
    Ok(CardCourse { state: state.clone(), steps })
}

/// The days on which a state's own stories change a step, and the first day of the year after each: some is counted by year.
fn days_of_step(q: &Question<'_>, at: usize, state: &ActorId) -> Lookup<BTreeSet<Date>> {
    let mut days = BTreeSet::from([BEGINNING]);
    for kind in RESTS_ON[at] {
        let name = format!("{kind}:{}", state.in_stream());
        for stream in q.history().streams_with_prefix(&name)? {
            // Another's name may begin like this one's.
            if stream.as_str()[name.len()..].starts_with(':') || stream.as_str() == name {
                let own = days_of(q.history(), &stream)?;
                if *kind == "parliament" {
                    days.extend(own.iter().map(|day| day.last_of_year().saturating_add(1.day())));
                }
                days.extend(own);
            }
        }
    }
    Ok(days)
}

/// An age follows from the day since which it is reckoned.
fn lean(mut step: Step) -> Step {
    for cell in &mut step.cells {
        if cell.age.is_some() {
            cell.value.clear();
        }
        if cell.cell.starts_with("recommendations") {
            cell.basis.records = Vec::new();
        }
    }
    step
}

/// The stories of cases by each state that one was ever said to be about.
fn cases_by_state(q: &Question<'_>) -> Lookup<BTreeMap<ActorId, Vec<StreamName>>> {
    let mut cases: BTreeMap<ActorId, Vec<StreamName>> = BTreeMap::new();
    for stream in q.history().streams_with_prefix(CASES)? {
        let acts = acts_in(q.history(), &stream)?;
        let opened = acts.iter().filter_map(|act| act.body.get::<CaseOpened>());
        let about: BTreeSet<&ActorId> = opened.filter_map(|case| case.state.as_ref()).collect();
        for state in about {
            cases.entry(state.clone()).or_default().push(stream.clone());
        }
    }
    Ok(cases)
}

/// How many members of the United Nations are shown, and of how many treaties nothing is recorded.
fn noted(
    q: &Question<'_>,
    registered: &[Arc<Actor>],
    treaties: &[TreatyCourse],
    until: Date,
) -> Lookup<Vec<Turn<Vec<String>>>> {
    let memberships = memberships(q, until)?;
    let mut days = BTreeSet::from([BEGINNING]);
    days.extend(memberships.iter().flatten().map(|turn| turn.from));
    for state in registered {
        let over = state.until.as_ref().map(|until| until.last_day().saturating_add(1.day()));
        days.extend([Some(state.valid_from.first_day()), over].into_iter().flatten());
    }
    let rows = || treaties.iter().map(|t| t.states.iter().map(|state| &state.turns));
    days.extend(rows().flatten().flatten().map(|turn| turn.from));
    turns(days, until, |day| {
        let states: Vec<&ActorId> = registered.iter().filter(|a| exists(a, day)).map(|a| &a.id).collect();
        let told: Vec<&Option<ActorId>> = memberships.iter().filter_map(|turns| now(turns, day)).collect();
        let members: Vec<&ActorId> = told.iter().copied().flatten().collect();
        let shown = members.iter().filter(|member| states.contains(member)).count();
        let silent = rows().filter(|states| !states.clone().any(|turns| now(turns, day).is_some())).count();
        let of_members = about_members((!told.is_empty()).then_some((shown, members.len())));
        let notes = std::iter::once(of_members).chain(about_treaties(treaties.len(), silent));
        Ok((Some(notes.collect()), Vec::new()))
    })
}

/// Of each membership of the United Nations, whose it is, while it is one; before anything is said of it there is no turn.
fn memberships(q: &Question<'_>, until: Date) -> Lookup<Vec<Vec<Turn<Option<ActorId>>>>> {
    let body = ActorId::new(UNITED_NATIONS).expect("an actor id");
    let mut all = Vec::new();
    for stream in q.history().streams_with_prefix(&memberships_prefix(&body))? {
        let acts = acts_in(q.history(), &stream)?;
        let limits = acts.iter().filter_map(|act| act.body.get::<MembershipBegan>()).filter_map(|began| began.until);
        let last: BTreeSet<Date> =
            acts.iter().map(|act| act.effective).chain(limits).map(|d| CalendarDate::last_day(&d)).collect();
        // The last day of a membership is still one of it.
        let days = last.iter().flat_map(|day| [*day, day.saturating_add(1.day())]).collect();
        all.push(turns(days, until, |day| {
            let asked = q.on(day);
            let story = asked.story(&stream)?;
            Ok((story.map(|story| member(&asked, &story, &body).map(|m| m.member)), Vec::new()))
        })?);
    }
    Ok(all)
}
