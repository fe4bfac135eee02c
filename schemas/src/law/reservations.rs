//! Reservations, declarations and objections within a participation (VCLT articles 19 to 23).
//! Not here: which states an objection keeps apart; an answer computes that from both sides' records.

use jiff::ToSpan;

use super::acts::Act;
use super::participation::{Context, Participation, not_party};
use super::{Violation, gap, violation};
use crate::catalogue::Body;
use crate::dates::CalendarDate;
use crate::history::Lookup;
use crate::ids::{ActorId, Label};
use crate::provision::Provision;
use crate::treaty::*;

#[derive(Debug, Clone)]
pub struct Reservation {
    pub articles: Vec<Provision>,
    pub made_at: ReservationMoment,
    pub date: CalendarDate,
    pub confirmed: Option<CalendarDate>,
    pub withdrawn: Option<CalendarDate>,
    /// Made when signing and not confirmed when consenting (VCLT article 23(2)).
    pub lapsed: bool,
    pub seq: u64,
}

#[derive(Debug, Clone)]
pub struct Declaration {
    pub kind: DeclarationKind,
    pub date: CalendarDate,
    pub withdrawn: Option<CalendarDate>,
    pub seq: u64,
}

#[derive(Debug, Clone)]
pub struct Objection {
    pub to: (ActorId, Label),
    pub precludes_entry_into_force: bool,
    pub date: CalendarDate,
    pub withdrawn: Option<CalendarDate>,
    pub seq: u64,
}

pub(super) fn check(
    cx: &Context<'_>,
    p: &Participation,
    act: &Act,
    flags: &mut Vec<(&'static str, String)>,
) -> Lookup<Option<Violation>> {
    Ok(match &act.body {
        Body::ReservationMade(r) => check_reservation(cx, p, act.effective, r, flags),
        Body::ReservationConfirmed(r) => check_confirmation(cx, p, act.effective, &r.reservation),
        Body::ReservationWithdrawn(r) => standing_reservation(p, &r.reservation).err(),
        Body::DeclarationMade(d) if p.declarations.contains_key(&d.declaration) => Some(label_taken(&d.declaration)),
        Body::DeclarationWithdrawn(d) => {
            let stands = p.declarations.get(&d.declaration).is_some_and(|x| x.withdrawn.is_none());
            (!stands).then(|| nothing_to_withdraw("declaration", &d.declaration))
        }
        Body::ObjectionMade(o) => check_objection(cx, p, act.effective, o, flags)?,
        Body::ObjectionWithdrawn(o) => {
            let stands = p.objections.get(&o.objection).is_some_and(|x| x.withdrawn.is_none());
            (!stands).then(|| nothing_to_withdraw("objection", &o.objection))
        }
        _ => None,
    })
}

fn check_reservation(
    cx: &Context<'_>,
    p: &Participation,
    on: CalendarDate,
    r: &ReservationMade,
    flags: &mut Vec<(&'static str, String)>,
) -> Option<Violation> {
    let what = cx.treaty;
    if p.reservations.contains_key(&r.reservation) {
        return Some(label_taken(&r.reservation));
    }
    match &cx.rules.reservations {
        ReservationRule::Prohibited { article } => {
            return Some(violation(
                "law.treaty.reservation_prohibited",
                format!("article {article} of {what} allows no reservation"),
                "an interpretative declaration is a treaty.declaration_made",
            ));
        }
        ReservationRule::Limited { article, forbidden, permitted } => {
            let named = |a: &Provision| {
                let treaty = a.treaty(what);
                treaty == what.as_str()
                    || forbidden.iter().chain(permitted.iter().flatten()).any(|f| f.treaty(what) == treaty)
            };
            let barred = r.articles.iter().find(|a| {
                a.is_whole(what)
                    || !named(a)
                    || forbidden.iter().any(|f| f.touches(a, what))
                    || permitted.as_ref().is_some_and(|list| !list.iter().any(|f| f.covers(a, what)))
            });
            if let Some(barred) = barred {
                return Some(violation(
                    "law.treaty.reservation_forbidden_article",
                    format!("article {article} of {what} allows no reservation to {barred}"),
                    "leave that provision out",
                ));
            }
        }
        ReservationRule::Unstated | ReservationRule::ObjectAndPurpose { .. } => {}
    }
    match r.made_at {
        ReservationMoment::Signature if !signed_on(p, on) => Some(gap(
            "law.treaty.reservation_not_at_signature",
            format!("{} did not sign {what} on {on}", cx.state),
            "a reservation made when signing bears the date of the signature",
        )),
        ReservationMoment::Consent if p.live_consent(on.last_day()).is_none_or(|c| c.date != on) => Some(gap(
            "law.treaty.reservation_not_at_consent",
            format!("{} did not consent to {what} on {on}", cx.state),
            "a reservation made when consenting bears the date of the deposit; a later one has made_at late",
        )),
        ReservationMoment::Late if p.live_consent(on.last_day()).is_none() => Some(not_party(cx.state, what)),
        ReservationMoment::Late => {
            let silence = on.last_day().saturating_add(12.months());
            let message = format!("late: it needs that no contracting state objects until {silence}");
            flags.push(("treaty.reservation_late", message));
            None
        }
        _ => None,
    }
}

fn signed_on(p: &Participation, on: CalendarDate) -> bool {
    p.signature.as_ref().is_some_and(|s| s.date == on && s.repudiated.is_none())
}

/// VCLT article 23(2): "formally confirmed by the reserving State when expressing its consent to be bound".
fn check_confirmation(cx: &Context<'_>, p: &Participation, on: CalendarDate, label: &Label) -> Option<Violation> {
    let reservation = match standing_reservation(p, label) {
        Ok(reservation) => reservation,
        Err(nothing) => return Some(nothing),
    };
    if reservation.made_at != ReservationMoment::Signature {
        return Some(violation(
            "law.treaty.nothing_to_confirm",
            format!("{label} was not made when signing"),
            "only a reservation made when signing is confirmed",
        ));
    }
    p.live_consent(on.last_day()).is_none_or(|c| c.date != on).then(|| {
        gap(
            "law.treaty.confirmation_not_at_consent",
            format!("{} did not consent to {} on {on}", cx.state, cx.treaty),
            "a reservation is confirmed with the consent, and bears the date of the deposit",
        )
    })
}

fn check_objection(
    cx: &Context<'_>,
    p: &Participation,
    on: CalendarDate,
    o: &ObjectionMade,
    flags: &mut Vec<(&'static str, String)>,
) -> Lookup<Option<Violation>> {
    if p.objections.contains_key(&o.objection) {
        return Ok(Some(label_taken(&o.objection)));
    }
    if o.reserving_state == o.state {
        return Ok(Some(violation(
            "law.treaty.objection_to_itself",
            format!("{} cannot object to its own reservation", o.state),
            "name the state that made the reservation",
        )));
    }
    let acts = cx.other_acts(cx.treaty, &o.reserving_state)?;
    let made = acts.iter().find(|a| matches!(&a.body, Body::ReservationMade(r) if r.reservation == o.reservation));
    let Some(made) = made else {
        return Ok(Some(gap(
            "law.treaty.unknown_reservation",
            format!("no reservation {} of {} to {} is recorded", o.reservation, o.reserving_state, cx.treaty),
            "append the reservation first",
        )));
    };
    if on.last_day() < made.effective.first_day() {
        return Ok(Some(violation(
            "law.treaty.objection_before_reservation",
            format!("{} was made on {}; an objection of {on} cannot concern it", o.reservation, made.effective),
            "check the date",
        )));
    }
    // VCLT article 20(5): twelve months from the reservation, or by the objector's own consent, whichever is later.
    let year = made.effective.last_day().saturating_add(12.months());
    let own = p.consents.last().map(|c| c.date.last_day());
    let last_day = own.map_or(year, |d| d.max(year));
    if on.first_day() > last_day {
        let message =
            format!("made after {last_day}: a communication, without the effect of an objection (VCLT article 20(5))");
        flags.push(("treaty.objection_late", message));
    }
    Ok(None)
}

fn standing_reservation<'a>(p: &'a Participation, label: &Label) -> Result<&'a Reservation, Violation> {
    let stands = p.reservations.get(label).filter(|r| r.withdrawn.is_none());
    stands.ok_or_else(|| nothing_to_withdraw("reservation", label))
}

fn nothing_to_withdraw(kind: &str, label: &Label) -> Violation {
    gap(
        "law.treaty.nothing_to_withdraw",
        format!("no {kind} {label} stands"),
        "see what stands: answerable history STREAM",
    )
}

fn label_taken(label: &Label) -> Violation {
    violation("law.treaty.label_taken", format!("{label} is already used in this stream"), "choose another label")
}

/// Signing-reservations wait for confirmation from the day of consent on; `apply` clears this when it comes.
pub(super) fn at_consent(p: &mut Participation) {
    for r in p.reservations.values_mut().filter(|r| r.made_at == ReservationMoment::Signature) {
        r.lapsed = r.confirmed.is_none();
    }
}

pub(super) fn apply(p: &mut Participation, act: &Act) {
    let (on, seq) = (act.effective, act.seq());
    match &act.body {
        Body::ReservationMade(r) => {
            let (articles, made_at) = (r.articles.clone(), r.made_at);
            let made =
                Reservation { articles, made_at, date: on, confirmed: None, withdrawn: None, lapsed: false, seq };
            p.reservations.insert(r.reservation.clone(), made);
        }
        Body::ReservationConfirmed(c) => {
            if let Some(r) = p.reservations.get_mut(&c.reservation) {
                r.confirmed = Some(on);
                r.lapsed = false;
            }
        }
        Body::ReservationWithdrawn(w) => {
            if let Some(r) = p.reservations.get_mut(&w.reservation) {
                r.withdrawn = Some(on);
            }
        }
        Body::DeclarationMade(d) => {
            let made = Declaration { kind: d.kind, date: on, withdrawn: None, seq };
            p.declarations.insert(d.declaration.clone(), made);
        }
        Body::DeclarationWithdrawn(w) => {
            if let Some(d) = p.declarations.get_mut(&w.declaration) {
                d.withdrawn = Some(on);
            }
        }
        Body::ObjectionMade(o) => {
            let to = (o.reserving_state.clone(), o.reservation.clone());
            let precludes_entry_into_force = o.precludes_entry_into_force;
            let made = Objection { to, precludes_entry_into_force, date: on, withdrawn: None, seq };
            p.objections.insert(o.objection.clone(), made);
        }
        Body::ObjectionWithdrawn(w) => {
            if let Some(o) = p.objections.get_mut(&w.objection) {
                o.withdrawn = Some(on);
            }
        }
        _ => {}
    }
}
