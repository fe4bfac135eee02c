//! What the law asks of national mechanisms beyond their steps: risk factors, crimes named, dates of the next review.
//! Not here: steps (`story`).

use std::collections::BTreeSet;

use super::commitments::not_itself;
use super::story::{Ruling, Scene, same_party};
use crate::history::Lookup;
use crate::ids::ActorId;
use crate::stories::national::*;
use crate::story::Crime;

/// The risk factors of the UN Framework of Analysis: 8 common, 6 specific.
pub const FACTORS: u8 = 14;

/// Each factor once, each of the framework.
pub fn check_factors(factors: &[Factor]) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    match factors.iter().all(|f| (1..=FACTORS).contains(&f.factor) && seen.insert(f.factor)) {
        true if !factors.is_empty() => Ok(()),
        true => Err("factors: at least one".to_owned()),
        false => Err(format!("factors: 1 to {FACTORS}, each once")),
    }
}

/// An assessment that leaves factors out, or that nobody was consulted for, is shown as such.
pub fn assessment(framework: Framework, factors: &[Factor], participants: Option<&Participants>) -> Lookup<Ruling> {
    let mut ruling = Ruling::default();
    let covered: BTreeSet<u8> = factors.iter().map(|f| f.factor).collect();
    let missing: Vec<String> = (1..=FACTORS).filter(|n| !covered.contains(n)).map(|n| n.to_string()).collect();
    if framework == Framework::UnFrameworkOfAnalysis && !missing.is_empty() {
        let message =
            format!("{} of {FACTORS} risk factors are covered; missing: {}", covered.len(), missing.join(", "));
        ruling = ruling.and(Ruling::flagged("assessment.factors_missing", message));
    }
    if participants.is_some_and(|p| !(p.civil_society || p.women || p.youth)) {
        let message = "neither civil society nor women nor youth took part".to_owned();
        ruling = ruling.and(Ruling::flagged("assessment.no_consultation", message));
    }
    Ok(ruling)
}

/// A law against a crime says which.
pub fn check_crimes(kind: MeasureKind, crimes: Option<&[Crime]>) -> Result<(), String> {
    let named = crimes.is_some_and(|c| !c.is_empty());
    match matches!(kind, MeasureKind::Criminalisation | MeasureKind::Incitement) && !named {
        true => Err("crimes: criminalisation and incitement name the crimes".to_owned()),
        false => Ok(()),
    }
}

/// A status is given for five years at most (GANHRI statute), so the next review has a date.
/// Neither the institution nor its state gives the status.
pub fn accreditation(b: &AccreditationDecided, scene: &Scene<'_>) -> Lookup<Ruling> {
    let apart = not_itself(&b.organ, &b.nhri)?.and(not_itself(&b.organ, &b.state)?);
    Ok(apart.and(next_review(b, scene)?))
}

fn next_review(b: &AccreditationDecided, scene: &Scene<'_>) -> Lookup<Ruling> {
    if !matches!(b.decision, AccreditationDecision::A | AccreditationDecision::B) {
        return Ruling::good();
    }
    let years = |y: i16| scene.on.last_day().checked_add(jiff::Span::new().years(y)).unwrap_or(jiff::civil::Date::MAX);
    match b.next_review {
        None => Ok(Ruling::missing(
            "law.nhri.no_next_review",
            format!("an accreditation of {} without the day of its next review", scene.on),
            "a status lasts five years at most: name next_review",
        )),
        // An imprecise day is out of bounds where all of it is.
        Some(next) if next.first_day() > years(5) || next.last_day() <= scene.on.first_day() => Ok(Ruling::broken(
            "law.nhri.next_review",
            format!("the next review of an accreditation of {} cannot be on {next}", scene.on),
            "it comes within five years",
        )),
        Some(_) => Ruling::good(),
    }
}

/// A parliament's group or committee is that parliament's.
pub fn same_parliament(parliament: &ActorId, scene: &Scene<'_>) -> Lookup<Ruling> {
    let own = scene.last::<ParliamentBodyEstablished>().map(|b| &b.parliament);
    same_party(own, parliament, "it was established by")
}
