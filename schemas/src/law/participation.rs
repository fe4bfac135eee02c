//! One state's participation in one treaty: the state machine from signature to withdrawal (VCLT parts II and V).
//! Not here: reservations and objections in detail (`reservations`), the arithmetic of entry into force (`entry`).

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use std::sync::Arc;

use super::acts::{Act, acts_of};
use super::reservations::{self, Declaration, Objection, Reservation};
use super::{Findings, Flag, Violation, actors, entry, gap, violation};
use crate::catalogue::Body;
use crate::dates::CalendarDate;
use crate::envelope::Standing;
use crate::history::{History, Lookup};
use crate::ids::{ActorId, Label, TreatyId};
use crate::treaty::*;

/// Where a state stands towards a treaty, by the acts folded so far.
#[derive(Debug, Clone, Default)]
pub struct Participation {
    pub signature: Option<Signature>,
    /// Every consent, the newest last; at most the last one is live.
    pub consents: Vec<Consent>,
    /// Provisional application: since when, and until when if it was ended.
    pub provisional: Option<(CalendarDate, Option<CalendarDate>, u64)>,
    pub reservations: BTreeMap<Label, Reservation>,
    pub declarations: BTreeMap<Label, Declaration>,
    pub objections: BTreeMap<Label, Objection>,
    pub territories: Vec<(String, CalendarDate, u64)>,
    /// The records that it rests on.
    pub records: Vec<u64>,
}

#[derive(Debug, Clone)]
pub struct Signature {
    pub date: CalendarDate,
    pub repudiated: Option<CalendarDate>,
    /// A consent came after it: it cannot be completed once more.
    pub spent: bool,
    pub seq: u64,
}

#[derive(Debug, Clone)]
pub struct Consent {
    pub date: CalendarDate,
    pub mode: ConsentMode,
    pub succession_date: Option<CalendarDate>,
    pub withdrawal: Option<Withdrawal>,
    pub seq: u64,
}

#[derive(Debug, Clone)]
pub struct Withdrawal {
    pub received: CalendarDate,
    /// None where it cannot be computed: the treaty's entry into force is not known.
    pub effect: Option<Date>,
    pub revoked: Option<CalendarDate>,
    pub seq: u64,
}

impl Consent {
    /// Not withdrawn by this day.
    pub fn live_on(&self, day: Date) -> bool {
        self.ended_on().is_none_or(|end| day < end)
    }
    /// The day from which it binds no more, if a withdrawal stands.
    pub fn ended_on(&self) -> Option<Date> {
        self.withdrawal.as_ref().filter(|w| w.revoked.is_none()).and_then(|w| w.effect)
    }
}

impl Participation {
    pub fn live_consent(&self, day: Date) -> Option<&Consent> {
        self.consents.last().filter(|c| c.live_on(day))
    }
    /// A signature that a consent can still complete.
    pub fn live_signature(&self) -> Option<&Signature> {
        self.signature.as_ref().filter(|s| s.repudiated.is_none() && !s.spent)
    }
}

/// What the machine needs from outside its stream.
pub(super) struct Context<'a> {
    pub history: &'a dyn History,
    pub treaty: &'a TreatyId,
    pub state: &'a ActorId,
    /// The state's entry in the register.
    pub actor: Option<Arc<actors::Actor>>,
    pub standing: Standing,
    pub rules: &'a TreatyRegistered,
}

impl Context<'_> {
    /// The treaty's entry into force, by the records that this standing may rest on.
    pub fn entry(&self) -> Lookup<Option<Date>> {
        entry::entry_seen_by(self.history, self.treaty, self.rules, self.standing)
    }

    /// The acts of another participation that this standing may rest on.
    pub fn other_acts(&self, treaty: &TreatyId, state: &ActorId) -> Lookup<Vec<Act>> {
        let facts = self.history.stream(&participation_stream(treaty, state))?;
        let seen = Standing::ALL.into_iter().filter(|s| self.standing.sees(*s));
        Ok(seen.flat_map(|s| acts_of(&facts, s)).collect())
    }

    /// Where another participation stood by the end of a day, once for each standing that this one may rest on. Its
    /// acts were judged in their own place, and are not judged again: so treaties that require each other do no harm.
    fn others(&self, treaty: &TreatyId, state: &ActorId, by: Date) -> Lookup<Vec<Participation>> {
        let Some((rules, _)) = actors::treaty(self.history, treaty)? else { return Ok(Vec::new()) };
        let facts = self.history.stream(&participation_stream(treaty, state))?;
        let mut found = Vec::new();
        for standing in Standing::ALL.into_iter().filter(|s| self.standing.sees(*s)) {
            let context = Context { history: self.history, treaty, state, actor: None, standing, rules: &rules };
            let mut stood = Participation::default();
            for act in acts_of(&facts, standing).iter().filter(|a| a.effective.last_day() <= by) {
                apply(&context, &mut stood, act)?;
            }
            found.push(stood);
        }
        Ok(found)
    }

    /// The states that this one succeeded, by the records that this standing may rest on. The register serves all; what
    /// a transcriber put into it serves transcriptions.
    fn predecessors(&self) -> impl Iterator<Item = &ActorId> {
        let all = self.actor.as_ref().map_or(&[][..], |a| &a.predecessors);
        let seen = |s: Standing| s != Standing::Transcribed || self.standing == Standing::Transcribed;
        all.iter().filter(move |p| seen(p.standing)).map(|p| &p.state)
    }
}

/// Folds acts, sorted by (effective, seq), into a participation; all are of one stream and standing.
/// An act that breaks a rule leaves the state as it was, unless the rule only misses an earlier act.
pub fn fold(history: &dyn History, acts: &[Act]) -> Lookup<(Participation, Findings)> {
    let mut state = Participation::default();
    let mut findings = Findings::default();
    let Some((treaty, subject)) = acts.first().and_then(|a| Some((a.body.treaty()?, a.body.subject()?))) else {
        return Ok((state, findings));
    };
    let Some((rules, _)) = actors::treaty(history, treaty)? else {
        let v = violation(
            "law.treaty.unknown",
            format!("{treaty} is not registered"),
            "its depositary or a registrar first appends a treaty.registered",
        );
        findings.violations.extend(acts.iter().map(|a| (a.seq(), v.clone())));
        return Ok((state, findings));
    };
    let standing = acts[0].fact.standing;
    let actor = actors::lookup(history, subject)?;
    let context = Context { history, treaty, state: subject, actor, standing, rules: &rules };
    for act in acts {
        let mut flags = Vec::new();
        if let Some(v) = check(&context, &state, act, &mut flags)? {
            let missing_only = v.gap;
            findings.violations.push((act.stated_by(), v));
            if !missing_only {
                continue;
            }
        }
        apply(&context, &mut state, act)?;
        state.records.extend(act.records());
        findings.flags.extend(flags.into_iter().map(|(code, message)| Flag { seq: act.seq(), code, message }));
    }
    Ok((state, findings))
}

/// The rules. Returns the first that the act breaks; pushes flags, which are no failures.
fn check(
    cx: &Context<'_>,
    p: &Participation,
    act: &Act,
    flags: &mut Vec<(&'static str, String)>,
) -> Lookup<Option<Violation>> {
    let on = act.effective;
    let (who, what) = (cx.state, cx.treaty);
    if let Err(v) = actors::alive(cx.actor.as_deref(), who, &on) {
        return Ok(Some(v));
    }
    if on.last_day() < cx.rules.adopted.first_day() {
        return Ok(Some(violation(
            "law.treaty.not_open",
            format!("{what} was adopted on {}; no act of {on} can concern it", cx.rules.adopted),
            "check the date",
        )));
    }
    Ok(match &act.body {
        Body::TreatySigned(_) => check_signature(cx, p, on)?,
        Body::SignatureRepudiated(_) if p.live_consent(on.last_day()).is_some() => {
            already_party(cx, p, on, "a party leaves by treaty.withdrawal_notified")
        }
        Body::SignatureRepudiated(_) if p.live_signature().is_none() => Some(not_signed(who, what)),
        Body::ConsentDeposited(c) => check_consent(cx, p, on, c, flags)?,
        Body::ProvisionallyApplied(_) if cx.rules.provisional_application != Some(true) => Some(violation(
            "law.treaty.no_provisional_application",
            format!("{what} has no clause on provisional application"),
            "see the treaty's rules: answerable treaty show",
        )),
        Body::ProvisionallyApplied(_) if p.live_signature().is_none() && p.live_consent(on.last_day()).is_none() => {
            Some(not_signed(who, what))
        }
        Body::ProvisionalApplicationEnded(_) if p.provisional.as_ref().is_none_or(|x| x.1.is_some()) => Some(gap(
            "law.treaty.not_applied_provisionally",
            format!("{who} does not apply {what} provisionally"),
            "append treaty.provisionally_applied first",
        )),
        Body::WithdrawalNotified(w) => check_withdrawal(cx, p, on, w, flags)?,
        Body::WithdrawalRevoked(_) => check_revocation(cx, p, on),
        Body::TerritoryNotified(_) if p.live_consent(on.last_day()).is_none() => Some(not_party(who, what)),
        _ => reservations::check(cx, p, act, flags)?,
    })
}

fn check_signature(cx: &Context<'_>, p: &Participation, on: CalendarDate) -> Lookup<Option<Violation>> {
    let (who, what) = (cx.state, cx.treaty);
    if let Some(v) = already_party(cx, p, on, "a wrong date is corrected with event.corrected") {
        return Ok(Some(v));
    }
    if p.live_signature().is_some() {
        return Ok(Some(violation("law.treaty.already_signed", format!("{who} has signed {what}"), "nothing to do")));
    }
    check_window(cx, on)
}

/// That the treaty is open for signature, simple or definitive.
fn check_window(cx: &Context<'_>, on: CalendarDate) -> Lookup<Option<Violation>> {
    let (who, what) = (cx.state, cx.treaty);
    let Some(window) = &cx.rules.signature else {
        return Ok(Some(violation(
            "law.treaty.accession_only",
            format!("{what} is open to accession only; {who} cannot sign it"),
            "draft treaty.consent_deposited with mode accession",
        )));
    };
    if on.last_day() < window.from.first_day() {
        return Ok(Some(violation(
            "law.treaty.not_open",
            format!("{what} was open for signature from {}; {on} is too early", window.from),
            "check the date",
        )));
    }
    let mut closed = window.until.filter(|u| on.first_day() > u.last_day()).map(|u| u.to_string());
    if closed.is_none() && window.until_entry_into_force == Some(true) {
        closed = cx.entry()?.filter(|e| on.first_day() >= *e).map(|e| format!("its entry into force on {e}"));
    }
    Ok(closed.map(|until| {
        violation(
            "law.treaty.signature_closed",
            format!("{what} was open for signature until {until}; {on} is too late"),
            "draft treaty.consent_deposited with mode accession",
        )
    }))
}

fn already_party(cx: &Context<'_>, p: &Participation, on: CalendarDate, hint: &str) -> Option<Violation> {
    let live = p.live_consent(on.last_day())?;
    let message = format!(
        "{} consented to {} on {} (record {}), and has not withdrawn",
        cx.state, cx.treaty, live.date, live.seq
    );
    Some(violation("law.treaty.already_party", message, hint))
}

fn check_consent(
    cx: &Context<'_>,
    p: &Participation,
    on: CalendarDate,
    c: &ConsentDeposited,
    flags: &mut Vec<(&'static str, String)>,
) -> Lookup<Option<Violation>> {
    let (who, what, mode) = (cx.state, cx.treaty, c.mode.as_str());
    if let Some(v) = already_party(cx, p, on, "a wrong date is corrected with event.corrected") {
        return Ok(Some(v));
    }
    if c.mode.completes_signature() && cx.rules.signature.is_none() {
        return Ok(Some(violation(
            "law.treaty.accession_only",
            format!("{what} is open to accession only; {who} cannot consent by {mode}"),
            "draft it with mode accession",
        )));
    }
    if !cx.rules.consent_modes.contains(&c.mode) {
        return Ok(Some(violation(
            "law.treaty.mode_not_provided",
            format!("{what} does not provide for consent by {mode}"),
            "see consent_modes: answerable treaty show",
        )));
    }
    if c.succession_date.is_some() && c.mode != ConsentMode::Succession {
        return Ok(Some(violation(
            "law.treaty.succession_date_misplaced",
            format!("a {mode} has no date of succession"),
            "leave succession_date out",
        )));
    }
    if c.succession_date.is_some_and(|s| s.first_day() > on.last_day()) {
        return Ok(Some(violation(
            "law.treaty.succession_after_deposit",
            format!("a succession notified on {on} cannot take effect later"),
            "succession_date is the day of the succession of states, before its notification",
        )));
    }
    if c.mode == ConsentMode::Succession && c.succession_date.is_none() {
        let message = format!("the date of {who}'s succession is not recorded: in force from the deposit, {on}");
        flags.push(("treaty.succession_date_unknown", message));
    }
    let by_mode = match c.mode {
        ConsentMode::Accession => check_accession(cx, p, on, flags)?,
        ConsentMode::DefinitiveSignature => check_window(cx, on)?,
        _ => None,
    };
    if by_mode.is_some() {
        return Ok(by_mode);
    }
    if let Some(parent) = &cx.rules.requires
        && !cx.others(parent, who, on.last_day())?.iter().any(|p| p.live_consent(on.last_day()).is_some())
    {
        return Ok(Some(gap(
            "law.treaty.parent_missing",
            format!(
                "{what} is open only to parties to {parent}, and no live consent of {who} to it is recorded by {on}"
            ),
            format!("append its consent to {parent} first"),
        )));
    }
    if c.mode.completes_signature() && p.live_signature().is_none() && !predecessor_signed(cx, on)? {
        return Ok(Some(not_signed(who, what)));
    }
    if c.mode == ConsentMode::Succession && cx.predecessors().next().is_none() {
        return Ok(Some(gap(
            "law.treaty.no_predecessor",
            format!("no state that {who} succeeded is recorded"),
            "a registrar first appends a state.succeeded",
        )));
    }
    Ok(None)
}

fn check_accession(
    cx: &Context<'_>,
    p: &Participation,
    on: CalendarDate,
    flags: &mut Vec<(&'static str, String)>,
) -> Lookup<Option<Violation>> {
    let (who, what) = (cx.state, cx.treaty);
    if p.live_signature().is_some() {
        return Ok(Some(violation(
            "law.treaty.accession_after_signature",
            format!("{who} has signed {what}; it consents by ratification, acceptance or approval"),
            "draft it with mode ratification",
        )));
    }
    let after_entry = cx.rules.accession_after_entry_into_force == Some(true);
    let opens = match cx.rules.accession_from {
        Some(from) if on.last_day() < from.first_day() => Some(format!("on {from}")),
        _ if after_entry => match cx.entry()? {
            Some(entry) => (on.last_day() < entry).then(|| format!("on its entry into force, {entry}")),
            None => {
                let message =
                    format!("accession to {what} opens on its entry into force, which these records do not show");
                flags.push(("treaty.entry_into_force_unknown", message));
                None
            }
        },
        _ => None,
    };
    Ok(opens.map(|when| {
        violation(
            "law.treaty.accession_not_open",
            format!("accession to {what} opens {when}; {on} is too early"),
            "check the date and the mode",
        )
    }))
}

fn predecessor_signed(cx: &Context<'_>, on: CalendarDate) -> Lookup<bool> {
    for predecessor in cx.predecessors() {
        let signed = |p: &Participation| p.signature.as_ref().is_some_and(|s| s.repudiated.is_none());
        if cx.others(cx.treaty, predecessor, on.last_day())?.iter().any(signed) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check_withdrawal(
    cx: &Context<'_>,
    p: &Participation,
    on: CalendarDate,
    w: &WithdrawalNotified,
    flags: &mut Vec<(&'static str, String)>,
) -> Lookup<Option<Violation>> {
    let (who, what) = (cx.state, cx.treaty);
    let Some(consent) = p.live_consent(on.last_day()) else {
        return Ok(Some(not_party(who, what)));
    };
    if let Some(pending) = consent.withdrawal.as_ref().filter(|w| w.revoked.is_none()) {
        return Ok(Some(violation(
            "law.treaty.notice_pending",
            format!("{who} gave notice on {} (record {})", pending.received, pending.seq),
            "revoke it first, or correct it with event.corrected",
        )));
    }
    let earliest = earliest_effect(cx, on)?;
    match (earliest, w.stated_effect) {
        (None, _) => flags.push((
            "treaty.withdrawal_effect_unknown",
            format!("the entry into force of {what} is not known by these records: its terms cannot be computed"),
        )),
        (Some(earliest), Some(stated)) if stated.last_day() < earliest => {
            return Ok(Some(violation(
                "law.treaty.notice_too_short",
                format!(
                    "received {on}, a withdrawal from {what} takes effect on {earliest} at the earliest, not {stated}"
                ),
                "leave stated_effect out, or name a later date",
            )));
        }
        (Some(_), Some(stated)) => {
            if let WithdrawalRule::FixedTerms { .. } = cx.rules.withdrawal
                && withdrawal_effect(cx, on, Some(stated))? != Some(stated.last_day())
            {
                return Ok(Some(violation(
                    "law.treaty.not_a_term_end",
                    format!("a denunciation of {what} takes effect at the end of a term; {stated} is none"),
                    "leave stated_effect out: the end of the term is computed",
                )));
            }
        }
        _ => {}
    }
    if let WithdrawalRule::Notice { armed_conflict_tail: Some(true), article, .. } = &cx.rules.withdrawal {
        let message =
            format!("under article {article} it waits for the end of an armed conflict or occupation; not computed");
        flags.push(("treaty.armed_conflict_tail", message));
    }
    Ok(None)
}

fn check_revocation(cx: &Context<'_>, p: &Participation, on: CalendarDate) -> Option<Violation> {
    let pending = p.consents.last().and_then(|c| c.withdrawal.as_ref()).filter(|w| w.revoked.is_none());
    match pending {
        None => Some(gap(
            "law.treaty.no_notice",
            format!("no notice of withdrawal of {} from {} stands", cx.state, cx.treaty),
            "append treaty.withdrawal_notified first",
        )),
        Some(w) => w.effect.filter(|effect| on.last_day() >= *effect).map(|effect| {
            violation(
                "law.treaty.revocation_too_late",
                format!("the withdrawal took effect on {effect}; it cannot be revoked on {on} (VCLT article 68)"),
                "the state may accede anew",
            )
        }),
    }
}

/// The first day on which a notice received on `on` can take effect.
fn earliest_effect(cx: &Context<'_>, on: CalendarDate) -> Lookup<Option<Date>> {
    withdrawal_effect(cx, on, None)
}

/// The day on which a notice takes effect, not before the day that it states.
fn withdrawal_effect(cx: &Context<'_>, received: CalendarDate, stated: Option<CalendarDate>) -> Lookup<Option<Date>> {
    let received = received.last_day();
    let stated = stated.map(|s| s.last_day());
    Ok(match &cx.rules.withdrawal {
        WithdrawalRule::Notice { delay, .. } => {
            let earliest = delay.after(received);
            Some(stated.map_or(earliest, |s| s.max(earliest)))
        }
        WithdrawalRule::FixedTerms { first_years, then_years, notice_months, .. } => {
            let Some(entry) = cx.entry()? else { return Ok(None) };
            let notified = received.saturating_add(i32::from(*notice_months).months());
            let wanted = stated.map_or(notified, |s| s.max(notified));
            let step = i32::from((*then_years).max(1));
            let mut years = i32::from(*first_years);
            // Each end is counted from the entry itself, so that no 29 February drifts.
            while years < 9_999 && entry.saturating_add(years.years()) < wanted {
                years += step;
            }
            Some(entry.saturating_add(years.years()))
        }
    })
}

fn apply(cx: &Context<'_>, p: &mut Participation, act: &Act) -> Lookup<()> {
    let (on, seq) = (act.effective, act.seq());
    match &act.body {
        Body::TreatySigned(_) => p.signature = Some(Signature { date: on, repudiated: None, spent: false, seq }),
        Body::SignatureRepudiated(_) => {
            if let Some(s) = &mut p.signature {
                s.repudiated = Some(on);
            }
        }
        Body::ConsentDeposited(c) => {
            let (mode, succession_date) = (c.mode, c.succession_date);
            p.consents.push(Consent { date: on, mode, succession_date, withdrawal: None, seq });
            p.signature.iter_mut().for_each(|s| s.spent = true);
            reservations::at_consent(p);
        }
        Body::ProvisionallyApplied(_) => p.provisional = Some((on, None, seq)),
        Body::ProvisionalApplicationEnded(_) => {
            if let Some(x) = &mut p.provisional {
                x.1 = Some(on);
            }
        }
        Body::WithdrawalNotified(w) => {
            let effect = withdrawal_effect(cx, on, w.stated_effect)?;
            if let Some(consent) = p.consents.last_mut() {
                consent.withdrawal = Some(Withdrawal { received: on, effect, revoked: None, seq });
            }
        }
        Body::WithdrawalRevoked(_) => {
            if let Some(w) = p.consents.last_mut().and_then(|c| c.withdrawal.as_mut()) {
                w.revoked = Some(on);
            }
        }
        Body::TerritoryNotified(t) => p.territories.push((t.territory.clone(), on, seq)),
        _ => reservations::apply(p, act),
    }
    Ok(())
}

pub(super) fn not_signed(who: &ActorId, what: &TreatyId) -> Violation {
    gap(
        "law.treaty.not_signed",
        format!("{who} has not signed {what}; its consent must be an accession"),
        "append its signature first, or draft the consent with mode accession",
    )
}

pub(super) fn not_party(who: &ActorId, what: &TreatyId) -> Violation {
    gap(
        "law.treaty.not_party",
        format!("no live consent of {who} to {what} is recorded"),
        "append treaty.consent_deposited first",
    )
}
