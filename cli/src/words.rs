//! An act in words: what a signer is asked to sign, and what a record says at a glance.
//! Not here: escaping, which is done where text meets a terminal.

use answerable_schemas::catalogue::Body;
use answerable_schemas::governance::Role;
use answerable_schemas::law::replies::Answered;
use answerable_schemas::records::Said;
use answerable_schemas::{ActorId, CalendarDate, Event};

/// One sentence.
pub fn sentence(body: &Body, on: &CalendarDate) -> String {
    match body {
        Body::LedgerFounded(b) => {
            let founders: Vec<_> = b.founders.iter().map(|f| f.name.as_str()).collect();
            let threshold = b.threshold;
            format!(
                "{} found the ledger {} ({}); {threshold} of them govern it",
                founders.join(", "),
                b.origin,
                b.title
            )
        }
        Body::ActorRegistered(b) => {
            let until = b.until.map_or(String::new(), |u| format!(" until {u}"));
            format!("{} ({}) exists from {on}{until}", b.name, b.actor)
        }
        Body::ActorRenamed(b) => format!("{} is named {} from {on}", b.actor, b.name),
        Body::StateSucceeded(b) => {
            format!("{} succeeds {} by {} on {on}", b.successor, b.predecessor, spoken(&b.mode))
        }
        Body::KeyEnrolled(b) => {
            let scope: Vec<_> = b.scope.iter().map(|p| p.as_str()).collect();
            format!("{} may sign {} for {}", b.key.key, scope.join(", "), b.actor)
        }
        Body::FoundersChanged(b) => format!(
            "{} govern the ledger, {} of them for each act: {}",
            b.founders.iter().map(|f| f.as_str()).collect::<Vec<_>>().join(", "),
            b.threshold,
            b.reason
        ),
        Body::LogKeysChanged(b) => {
            let mut text = format!("the log is signed by {}", b.log_keys.join(" and "));
            for (keys, what) in [(&b.lost, "lost"), (&b.compromised, "compromised")] {
                text.extend(keys.iter().map(|k| format!("; {what}: {}", k.join(" and "))));
            }
            format!("{text}: {}", b.reason)
        }
        Body::RulesAdopted(b) => {
            format!("version {} of the rules ({}) judges from here on: {}", b.rules.version, b.rules.sha256, b.reason)
        }
        Body::StreamsCounted(b) => {
            format!(
                "of the first {} records, {} streams have some, as many as the root {} says",
                b.size, b.streams, b.root
            )
        }
        Body::KeyRotated(b) => format!("{} takes the place of {}, with its scope", b.key.key, b.old),
        Body::KeyRevoked(b) => {
            let from = b.compromised_from_seq.map_or(String::new(), |s| format!(", compromised from record {s} on"));
            format!("{} may sign no more: {}{from}", b.key, b.reason)
        }
        Body::RoleGranted(b) => format!("{} is a {}", b.actor, role(b.role, b.of.as_ref())),
        Body::RoleWithdrawn(b) => {
            format!("{} is no longer a {}: {}", b.actor, role(b.role, b.of.as_ref()), b.reason)
        }
        Body::Told(told) => told.words(on),
        Body::EventAffirmed(b) => format!("affirms {}…: {}", &b.target.to_string()[..12], repeated(&b.said)),
        Body::EventDisputed(b) => {
            format!("disputes {}… ({}): {}", &b.target.to_string()[..12], b.grounds, repeated(&b.said))
        }
        Body::AttachmentErased(b) => {
            format!(
                "the attachment {}… of {}… was erased: {}",
                &b.sha256.to_string()[..12],
                &b.event.to_string()[..12],
                b.reason
            )
        }
        Body::EventCorrected(b) => correction(body, &b.reason),
        Body::DepositaryCorrected(b) => correction(body, &b.notification),
        Body::TreatyRegistered(b) => format!("{} ({}), adopted {on}, kept by {}", b.title, b.treaty, b.depositary),
        Body::TreatySigned(b) => format!("{} signs {} on {on} ({})", b.state, b.treaty, spoken(&b.mode)),
        Body::SignatureRepudiated(b) => format!("{} will not become a party to {}: stated {on}", b.state, b.treaty),
        Body::ConsentDeposited(b) => {
            let since = b.succession_date.map_or(String::new(), |d| format!(", succession of {d}"));
            format!("{} deposits its {} to {} on {on}{since}", b.state, spoken(&b.mode), b.treaty)
        }
        Body::ProvisionallyApplied(b) => format!("{} applies {} provisionally from {on}", b.state, b.treaty),
        Body::ProvisionalApplicationEnded(b) => {
            format!("{} ends its provisional application of {} on {on}", b.state, b.treaty)
        }
        Body::ReservationMade(b) => {
            format!(
                "{} makes the reservation {} to {} ({}) on {on}",
                b.state,
                b.reservation,
                b.treaty,
                b.articles.iter().map(|a| a.as_str()).collect::<Vec<_>>().join(", ")
            )
        }
        Body::ReservationConfirmed(b) => {
            format!("{} confirms its reservation {} to {} on {on}", b.state, b.reservation, b.treaty)
        }
        Body::ReservationWithdrawn(b) => {
            format!("{} withdraws its reservation {} to {} on {on}", b.state, b.reservation, b.treaty)
        }
        Body::DeclarationMade(b) => {
            format!("{} makes the {} declaration {} on {} on {on}", b.state, spoken(&b.kind), b.declaration, b.treaty)
        }
        Body::DeclarationWithdrawn(b) => {
            format!("{} withdraws its declaration {} on {} on {on}", b.state, b.declaration, b.treaty)
        }
        Body::ObjectionMade(b) => {
            let precludes = if b.precludes_entry_into_force { "; no treaty relations" } else { "" };
            format!(
                "{} objects on {on} to the reservation {} of {} to {}{precludes}",
                b.state, b.reservation, b.reserving_state, b.treaty
            )
        }
        Body::ObjectionWithdrawn(b) => {
            format!("{} withdraws its objection {} under {} on {on}", b.state, b.objection, b.treaty)
        }
        Body::TerritoryNotified(b) => format!("{} extends {} to {} from {on}", b.state, b.treaty, b.territory),
        Body::WithdrawalNotified(b) => {
            let stated = b.stated_effect.map_or(String::new(), |d| format!(", to take effect on {d}"));
            format!("{} gives notice of withdrawal from {}, received {on}{stated}", b.state, b.treaty)
        }
        Body::WithdrawalRevoked(b) => format!("{} revokes its notice of withdrawal from {} on {on}", b.state, b.treaty),
    }
}

fn role(role: Role, of: Option<&ActorId>) -> String {
    of.map_or(role.as_str().to_owned(), |organ| format!("{} of {organ}", role.as_str()))
}

/// How whom a record is about has answered it.
pub fn answered(a: &Answered) -> String {
    let grounds = a.grounds.as_ref().map_or(String::new(), |g| format!(": {g}"));
    let before = if a.before_correction { ", before it was corrected" } else { "" };
    let flag = a.flag.as_ref().map_or(String::new(), |f| format!(" [{}]", f.code));
    format!("record {} {} by {} (record {}){flag}{before}{grounds}", a.seq, a.answer.as_str(), a.by, a.record)
}

/// What an answer repeats of the record that it answers.
fn repeated(said: &Said) -> String {
    match Body::parse(&said.kind, said.v, &said.body) {
        Ok(body) => format!("\u{201c}{}\u{201d}", sentence(&body, &said.effective)),
        Err(_) => format!("{}, effective {}", said.kind, said.effective),
    }
}

fn correction(body: &Body, why: &str) -> String {
    let change = body.correction().expect("called for corrections only");
    let target = change.target.to_string();
    let what = match (change.retracted, change.date, change.replacement) {
        (true, ..) => "it never happened".to_owned(),
        (_, Some(date), None) => format!("its date is {date}"),
        (_, Some(date), Some(new)) => {
            format!("its date is {date}, and it reads {}", serde_json::Value::Object(new.clone()))
        }
        (_, None, Some(new)) => format!("it reads {}", serde_json::Value::Object(new.clone())),
        (_, None, None) => "nothing".to_owned(),
    };
    format!("corrects {}…: {what} ({why})", &target[..12])
}

/// The whole act, line by line: what a signer reads before signing.
pub fn act(event: &Event, body: &Body) -> Vec<String> {
    let mut lines = vec![
        sentence(body, &event.effective),
        format!("  says      {} ({})", event.actor, event.standing),
        format!("  type      {}", event.kind),
        format!("  stream    {}", event.stream),
        format!("  effective {}", event.effective),
        format!("  issued    {}", event.issued),
        format!("  signers   {}", event.signers.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ")),
    ];
    if let Some(source) = &event.source {
        let place = source.document.as_ref().or(source.url.as_ref()).cloned().unwrap_or_default();
        lines.push(format!("  source    {}, {place}, seen {}", source.title, source.seen));
    }
    for a in event.attachments.iter().flatten() {
        let salted = if a.salted { "salted" } else { "not salted: its content can be guessed from its hash" };
        lines.push(format!("  attached  {} ({} bytes, {}, {salted})", a.sha256, a.size, a.media_type));
    }
    if let Some(id) = event.ledger {
        lines.push(format!("  ledger    {id}"));
    }
    lines.push(match event.follows {
        Some(id) => format!("  follows   {id}"),
        None => "  follows   nothing that its actor said in this stream".to_owned(),
    });
    lines.extend(event.seen.iter().map(|s| format!("  seen      {} records, root {}", s.size, s.root)));
    lines.push(format!("  body      {}", serde_json::Value::Object(body.to_map())));
    lines
}

/// A code of the catalogue as it is spoken: `formal_confirmation` is "formal confirmation".
fn spoken(code: &impl serde::Serialize) -> String {
    match serde_json::to_value(code) {
        Ok(serde_json::Value::String(s)) => s.replace('_', " "),
        _ => String::new(),
    }
}
