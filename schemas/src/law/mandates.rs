//! Mandates over time: until when each lasts as extended, where it lapsed, when it ended; and what the law asks of the
//! acts that found, extend and end it.
//! Not here: steps (`story`), the reports that a mandate asks for (`reports`).

use jiff::civil::Date;

use super::acts::{Act, all_standings};
use super::story::{Ruling, Scene, seen_by};
use crate::catalogue::Body;
use crate::dates::CalendarDate;
use crate::history::Lookup;
use crate::ids::{ActorId, Slug, Symbol};
use crate::stories::council::*;
use crate::stories::{decision_stream, mandate_stream};

/// Until when a mandate lasts, by one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The first day.
    pub from: CalendarDate,
    /// The last day that is still covered; None: no time limit.
    pub until: Option<Date>,
    /// The condition of a conditional limit, while it is not met, and the limit that meeting it gives.
    pub unmet: Option<(String, Date)>,
    /// The record that says so.
    pub seq: u64,
}

/// Days on which nobody held the mandate, between its expiry and an extension adopted too late.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapse {
    /// The first and the last day without a mandate.
    pub from: Date,
    pub to: Date,
    /// The record that took it up again.
    pub seq: u64,
}

/// A mandate's life, by the acts folded so far.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    pub title: String,
    pub organ: Option<ActorId>,
    pub implementers: Vec<ActorId>,
    pub tasks: Vec<Task>,
    pub benchmarks: Vec<Benchmark>,
    pub protection_of_civilians: bool,
    pub drawdown: bool,
    /// Founding and extensions, in the order of the world.
    pub terms: Vec<Term>,
    pub lapses: Vec<Lapse>,
    /// The last day by a decision that ended it.
    pub ended: Option<CalendarDate>,
    pub successor: Option<Slug>,
}

impl Timeline {
    /// Folds acts in the order of the world.
    pub fn of<'a>(acts: impl IntoIterator<Item = &'a Act>) -> Self {
        let mut t = Self::default();
        for act in acts {
            let Body::Told(told) = &act.body else { continue };
            if let Some(b) = told.get::<MandateEstablished>() {
                t.title = b.title.clone();
                t.organ = Some(b.organ.clone());
                t.implementers = b.implementers.clone();
                t.tasks = b.tasks.clone().unwrap_or_default();
                t.benchmarks = b.benchmarks.clone().unwrap_or_default();
                t.protection_of_civilians = b.protection_of_civilians == Some(true);
                t.terms.push(term(&b.expires, act));
            } else if let Some(b) = told.get::<MandateExtended>() {
                t.lapses.extend(t.lapse_before(&act.effective, act.stated_by()));
                t.terms.push(term(&b.until, act));
            } else if let Some(b) = told.get::<MandateModified>() {
                t.change(b);
            } else if told.get::<MandateConditionMet>().is_some() {
                t.meet(act);
            } else if told.get::<MandateTerminated>().is_some() {
                t.ended = Some(act.effective);
            } else if let Some(b) = told.get::<MandateTransferred>() {
                t.ended = Some(act.effective);
                t.successor = Some(b.successor.clone());
            }
        }
        t
    }

    /// The last day covered by the newest term; None: open, or never founded.
    pub fn expiry(&self) -> Option<Date> {
        self.terms.last()?.until
    }

    /// The last day of all: the expiry, or the day on which it was ended where that comes first.
    pub fn last_day(&self) -> Option<Date> {
        self.expiry().into_iter().chain(self.ended.iter().map(CalendarDate::last_day)).min()
    }

    /// Whether somebody holds the mandate on a day.
    pub fn live_on(&self, day: Date) -> bool {
        let begun = self.terms.first().is_some_and(|t| t.from.last_day() <= day);
        let lapsed = self.lapses.iter().any(|l| l.from <= day && day <= l.to);
        begun && !lapsed && self.last_day().is_none_or(|end| day <= end)
    }

    fn lapse_before(&self, on: &CalendarDate, seq: u64) -> Option<Lapse> {
        let end = self.expiry()?;
        let (from, to) = (end.tomorrow().ok()?, on.last_day().yesterday().ok()?);
        (from <= to).then_some(Lapse { from, to, seq })
    }

    fn change(&mut self, b: &MandateModified) {
        self.drawdown |= b.drawdown == Some(true);
        self.protection_of_civilians = b.protection_of_civilians.unwrap_or(self.protection_of_civilians);
        b.implementers.iter().for_each(|new| self.implementers = new.clone());
        b.tasks.iter().for_each(|new| self.tasks = new.clone());
        b.benchmarks.iter().for_each(|new| self.benchmarks = new.clone());
    }

    /// The condition is met: the longer limit counts. Met too late, the mandate had lapsed.
    fn meet(&mut self, act: &Act) {
        let lapse = self.lapse_before(&act.effective, act.stated_by());
        if let Some(term) = self.terms.last_mut()
            && let Some((_, until)) = term.unmet.take()
        {
            term.until = Some(until);
            self.lapses.extend(lapse);
        }
    }
}

fn term(expiry: &Expiry, act: &Act) -> Term {
    let unmet = match expiry {
        Expiry::Conditional { condition, until, .. } => Some((condition.clone(), until.last_day())),
        _ => None,
    };
    Term { from: act.effective, until: first_limit(expiry, &act.effective), unmet, seq: act.stated_by() }
}

/// The last day that an expiry stated on a day covers, while no condition is met; None: no time limit.
fn first_limit(expiry: &Expiry, stated: &CalendarDate) -> Option<Date> {
    match expiry {
        Expiry::Date { on } => Some(on.last_day()),
        Expiry::Period { period } => Some(period.after(stated.last_day())),
        Expiry::Conditional { unless_met, .. } => Some(unless_met.last_day()),
        Expiry::Open => None,
    }
}

/// What reading an expiry as a type does not check.
pub fn check_expiry(expiry: &Expiry) -> Result<(), String> {
    match expiry {
        Expiry::Period { period } => period.check(),
        Expiry::Conditional { unless_met, until, .. } if unless_met.last_day() >= until.last_day() => {
            Err("a conditional limit gives more time if the condition is met: until is after unless_met".to_owned())
        }
        _ => Ok(()),
    }
}

/// A mandate changes by a decision of its own organ, adopted by that day.
pub fn decided(organ: &ActorId, decision: Option<&Symbol>, scene: &Scene<'_>) -> Lookup<Ruling> {
    let mut ruling = Ruling::default();
    if let Some(founder) = scene.begun_by_other::<MandateEstablished>(organ) {
        ruling = Ruling::broken(
            "law.mandate.other_organ",
            format!("the mandate is {founder}'s, not {organ}'s"),
            "only the organ that gave a mandate changes it; another founds one of its own",
        );
    }
    let Some(decision) = decision else { return Ok(ruling) };
    Ok(ruling.and(adopted(organ, decision, scene)?))
}

/// The decision was adopted by the organ, by the day of the act. That it is recorded at all, `needs` asks.
pub(super) fn adopted(organ: &ActorId, decision: &Symbol, scene: &Scene<'_>) -> Lookup<Ruling> {
    let facts = scene.history.stream(&decision_stream(decision))?;
    let mut acts = seen_by(&facts, scene.standing);
    // What another says under the same symbol is another's decision.
    let of_organ = |a: &Act| a.body.organ() == Some(organ);
    if !acts.iter().any(of_organ) {
        acts = all_standings(&facts);
    }
    let Some(other) = acts.first().and_then(|a| a.body.organ()).cloned() else { return Ruling::good() };
    acts.retain(of_organ);
    if acts.is_empty() {
        return Ok(Ruling::broken(
            "law.decision.other_organ",
            format!("{decision} is a decision of {other}, not of {organ}"),
            "name the organ that adopted it",
        ));
    }
    if acts.iter().any(|a| a.body.get::<DecisionNotAdopted>().is_some()) {
        return Ok(Ruling::broken(
            "law.decision.not_adopted",
            format!("{decision} was not adopted"),
            "name the decision that was adopted",
        ));
    }
    let Some(act) = acts.iter().find(|a| a.body.get::<DecisionAdopted>().is_some()) else { return Ruling::good() };
    if act.effective.first_day() > scene.on.last_day() {
        return Ok(Ruling::broken(
            "law.decision.later",
            format!("{decision} was adopted on {}, after {}", act.effective, scene.on),
            "the act takes effect when its decision is adopted, or later",
        ));
    }
    Ruling::good()
}

/// A symbol is an organ's own: each organ says once what became of its draft, and none can say it in another's place.
pub fn once(organ: &ActorId, decision: &Symbol, scene: &Scene<'_>) -> Lookup<Ruling> {
    match scene.before.iter().any(|a| a.body.organ() == Some(organ)) {
        false => Ruling::good(),
        true => Ok(Ruling::broken(
            "law.story.already_begun",
            format!("what became of {decision} in {organ} is recorded"),
            "correct the earlier record",
        )),
    }
}

/// A mandate ends no sooner than it begins.
pub fn founded(b: &MandateEstablished, scene: &Scene<'_>) -> Lookup<Ruling> {
    Ok(decided(&b.organ, b.decision.as_ref(), scene)?.and(until_past(&b.expires, scene)))
}

fn until_past(expiry: &Expiry, scene: &Scene<'_>) -> Ruling {
    match first_limit(expiry, &scene.on).is_some_and(|until| until < scene.on.first_day()) {
        false => Ruling::default(),
        true => Ruling::broken(
            "law.mandate.until_past",
            format!("a mandate or an extension of {} cannot end before that day", scene.on),
            "look at the date until which it is given or extended",
        ),
    }
}

/// An extension adopted after expiry bridges nothing; one that shortens the time is shown as such.
pub fn extended(b: &MandateExtended, scene: &Scene<'_>) -> Lookup<Ruling> {
    let before = Timeline::of(scene.before.iter().copied());
    let mut ruling = Ruling::default();
    if let Some(lapse) = before.lapse_before(&scene.on, 0) {
        let message =
            format!("the mandate {} had expired: nobody held it from {} to {}", b.mandate, lapse.from, lapse.to);
        ruling = ruling.and(Ruling::flagged("mandate.lapsed", message));
    }
    let until = first_limit(&b.until, &scene.on);
    let was = before.expiry();
    if let (Some(new), Some(old)) = (until, was)
        && new < old
    {
        ruling =
            ruling.and(Ruling::flagged("mandate.shortened", format!("it lasted until {old}, and now until {new}")));
    }
    Ok(ruling.and(until_past(&b.until, scene)))
}

/// Only a condition that was set can be met.
pub fn condition_met(b: &MandateConditionMet, scene: &Scene<'_>) -> Lookup<Ruling> {
    let before = Timeline::of(scene.before.iter().copied());
    match before.terms.last() {
        Some(term) if term.unmet.is_none() => Ok(Ruling::broken(
            "law.mandate.no_condition",
            format!("the mandate {} is under no condition that is open on {}", b.mandate, scene.on),
            "a condition is set by an expiry of kind conditional, and met once",
        )),
        _ => {
            let lapse = before.lapse_before(&scene.on, 0);
            Ok(lapse.map_or_else(Ruling::default, |l| {
                let message =
                    format!("the condition was met too late: nobody held the mandate from {} to {}", l.from, l.to);
                Ruling::flagged("mandate.lapsed", message)
            }))
        }
    }
}

/// A benchmark that the mandate has.
pub fn benchmark(benchmark: &Slug, scene: &Scene<'_>) -> Lookup<Ruling> {
    let known = Timeline::of(scene.begun_by::<MandateEstablished>());
    match known.terms.is_empty() || known.benchmarks.iter().any(|b| b.benchmark == *benchmark) {
        true => Ruling::good(),
        false => Ok(Ruling::broken(
            "law.mandate.unknown_benchmark",
            format!("the mandate has no benchmark {benchmark}"),
            "benchmarks are set when a mandate is established or modified",
        )),
    }
}

/// Who assesses a mandate carries no part of it out.
pub fn apart(assessor: &ActorId, mandate: &Slug, scene: &Scene<'_>) -> Lookup<Ruling> {
    let acts = scene.other(&mandate_stream(mandate))?;
    let timeline = Timeline::of(acts.iter().filter(|a| a.effective.first_day() <= scene.on.last_day()));
    match timeline.implementers.contains(assessor) {
        false => Ruling::good(),
        true => Ok(Ruling::broken(
            "law.assessment.of_itself",
            format!("{assessor} carries out the mandate {mandate}, and cannot assess it"),
            "an assessment is another's word; the implementer's own word is its report",
        )),
    }
}
