//! Answers to records: whom a record of another is about affirms or disputes it; and the erasure of attached files.
//! Neither changes what the record says, nor what follows from it: answers show both.
//! Not here: the author's own corrections (`acts`); who may sign (`roles`).

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::acts::all_standings;
use super::keys::Tainted;
use super::{Flag, Violation, violation};
use crate::catalogue::{Body, Reply};
use crate::history::{Fact, History, Lookup, bears};
use crate::ids::{ActorId, EventId, StreamName};
use crate::records::AttachmentErased;

/// How whom a record is about answers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    Affirmed,
    Disputed,
}

impl Answer {
    pub fn as_str(self) -> &'static str {
        match self {
            Answer::Affirmed => "affirmed",
            Answer::Disputed => "disputed",
        }
    }
}

/// The newest answer to a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The record that is answered.
    pub seq: u64,
    pub answer: Answer,
    pub by: ActorId,
    /// The record that answers.
    pub record: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grounds: Option<String>,
    /// True where the record says something else by now: the answer is to what it said before it was corrected.
    pub before_correction: bool,
    /// Set where the key that answered was compromised by then: the answer may be a thief's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flag: Option<Flag>,
}

impl Answered {
    /// True where it can be relied on: by a sound key, to what the record says now.
    pub fn stands(&self) -> bool {
        !self.before_correction && self.flag.is_none()
    }
}

/// The answers to the records of one stream, the newest of each, by the answered record's seq. Facts come by seq.
pub fn answers(facts: &[Arc<Fact>], tainted: &Tainted) -> BTreeMap<u64, Answered> {
    let mut found: BTreeMap<u64, Answered> = BTreeMap::new();
    let acts = if facts.iter().any(|f| f.body.reply().is_some()) { all_standings(facts) } else { Vec::new() };
    let seq_of = |id: &EventId| facts.iter().find(|f| f.id == *id).map(|f| f.seq);
    for fact in facts {
        if let Some(reply) = fact.body.reply()
            && let Some(seq) = seq_of(&reply.target)
        {
            let answer = if reply.grounds.is_some() { Answer::Disputed } else { Answer::Affirmed };
            let grounds = reply.grounds.map(str::to_owned);
            let by = fact.actor.clone();
            let act = acts.iter().find(|a| a.fact.seq == seq);
            let before_correction = act.is_none_or(|act| act.body.said(act.effective) != *reply.said);
            let flag = tainted.flag(fact.seq, &fact.signers);
            found.insert(seq, Answered { seq, answer, by, record: fact.seq, grounds, before_correction, flag });
        }
    }
    found
}

/// The rules of answering: an earlier record of this stream, of another author, about who answers, as it stands now.
pub(super) fn check(before: &[Arc<Fact>], fact: &Fact, reply: &Reply<'_>) -> Result<(), Violation> {
    let Some(target) = before.iter().find(|f| f.id == reply.target) else {
        return Err(violation(
            "law.reply.unknown_target",
            format!("no earlier event {} in the stream {}", reply.target, fact.stream),
            "name the event id of a record in this stream: answerable history STREAM",
        ));
    };
    let seq = target.seq;
    let Some(concerned) = target.body.concerns() else {
        return Err(violation(
            "law.reply.not_a_statement",
            format!("record {seq} is a {}: it says nothing about an actor that could be answered", target.body.kind()),
            "answer the statement itself: answerable about ACTOR",
        ));
    };
    if *concerned != fact.actor {
        return Err(violation(
            "law.reply.not_about_you",
            format!("record {seq} is about {concerned}"),
            "an actor answers what is said about itself",
        ));
    }
    if target.actor == fact.actor {
        return Err(violation(
            "law.reply.own_word",
            format!("record {seq} is {}'s own word", fact.actor),
            "what one has said oneself is corrected: answerable correct",
        ));
    }
    let Some(act) = all_standings(before).into_iter().find(|a| a.fact.id == target.id) else {
        return Err(violation(
            "law.reply.retracted",
            format!("record {seq} was retracted: there is nothing left to answer"),
            "nothing to do",
        ));
    };
    if act.body.said(act.effective) != *reply.said {
        return Err(violation(
            "law.reply.says_otherwise",
            format!("the answer repeats something else than what record {seq} says now"),
            "draft it anew, from the newest records: answerable affirm SEQ, answerable dispute SEQ",
        ));
    }
    let wanted = if reply.grounds.is_some() { Answer::Disputed } else { Answer::Affirmed };
    if let Some(known) = answers(before, &Tainted::default()).get(&seq)
        && known.answer == wanted
        && !known.before_correction
        && before.iter().any(|f| f.seq == known.record && f.body.reply().and_then(|r| r.grounds) == reply.grounds)
    {
        return Err(violation(
            "law.reply.already_given",
            format!("record {} has {} it already", known.record, known.answer.as_str()),
            "nothing to do",
        ));
    }
    Ok(())
}

/// The rules of erasing: the file was attached to that event, and that event's attachment was not erased before. Where
/// several events have the same file, each stands for itself: nobody erases another's evidence.
pub(super) fn check_erasure(
    history: &dyn History,
    before: &[Arc<Fact>],
    erasure: &AttachmentErased,
) -> Lookup<Result<(), Violation>> {
    let same = |f: &&Arc<Fact>| matches!(&f.body, Body::AttachmentErased(e) if e.event == erasure.event);
    if let Some(done) = before.iter().find(same) {
        return Ok(Err(violation(
            "law.attachment.already_erased",
            format!("record {} says so already", done.seq),
            "nothing to do",
        )));
    }
    let named = history.stream(&erasure.stream)?;
    let attached = |f: &Arc<Fact>| f.id == erasure.event && f.attachments.iter().any(|a| a.sha256 == erasure.sha256);
    if named.iter().any(attached) {
        return Ok(Ok(()));
    }
    Ok(Err(violation(
        "law.attachment.unknown",
        format!("no event {} in the stream {} has the attachment {}", erasure.event, erasure.stream, erasure.sha256),
        "see what is attached: answerable attachment list",
    )))
}

/// The streams, of all there are, that have an actor's name as a part.
pub fn streams_about(history: &dyn History, actor: &ActorId) -> Lookup<Vec<StreamName>> {
    let mut names = history.streams_with_prefix("")?;
    names.retain(|name| bears(name, actor));
    Ok(names)
}
