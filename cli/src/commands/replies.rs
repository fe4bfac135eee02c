//! `about`, `affirm`, `dispute`, `correct`: what others say about an actor, and what it answers; and taking back one's own.
//! Each but the first drafts an event file, to be signed and sent in as any other.
//! Not here: who may answer what (the law, and the role table).

use std::path::PathBuf;
use std::sync::Arc;

use answerable_ledger::projection::about::{AboutLine, about as lines_about};
use answerable_ledger::projection::treaty::list;
use answerable_schemas::catalogue::Body;
use answerable_schemas::law::acts::{Act, all_standings};
use answerable_schemas::law::replies::Answer as Answered;
use answerable_schemas::records::{EventAffirmed, EventCorrected, EventDisputed, Said};
use answerable_schemas::{ActorId, CalendarDate, Fact, Standing};
use serde_json::json;
use unicode_normalization::UnicodeNormalization;

use super::answering::known_records;
use super::base::{DraftBase, base};
use super::draft::{Statement, compose, read_value, write_draft};
use super::{known, known_size, open, signers};
use crate::args::{About, Affirm, Answering, Cli, Correct, Dispute};
use crate::clock;
use crate::error::CliError;
use crate::output::Answer;
use crate::words;

pub fn about(cli: &Cli, a: &About) -> Result<u8, CliError> {
    let affirmed = |l: &AboutLine| l.answered.as_ref().is_some_and(|r| r.answer == Answered::Affirmed && r.stands());
    let (told, size) = match &a.from {
        Some(_) => {
            let base = base(cli, a.from.as_deref(), &a.pins)?;
            (lines_about(base.history()?, &a.actor, &a.filter.read())?, base.checkpoint().size)
        }
        None => {
            let ledger = open(cli)?;
            let size = known_size(&ledger, &a.known)?;
            (lines_about(&known(&ledger, size), &a.actor, &a.filter.read())?, size)
        }
    };
    let mut lines = told.lines;
    lines.retain(|l| a.all || a.filter.answered.is_some() || !affirmed(l));
    let columns = ["seq", "effective", "standing", "by", "says", "answered", "flags", "records", "source"];
    let mut answer = Answer::new("answerable.about/v1", &columns);
    answer.head.push(format!("What others say about {}, by {}", a.actor, known_records(size)));
    for l in &lines {
        answer.row([
            l.seq.to_string(),
            l.effective.to_string(),
            l.standing.to_string(),
            l.by.to_string(),
            words::sentence(&l.body, &l.effective),
            l.answered.as_ref().map_or("not yet".to_owned(), words::answered),
            l.flags.iter().map(|f| f.code).collect::<Vec<_>>().join(", "),
            list(&l.records),
            l.source.clone().unwrap_or_default(),
        ]);
    }
    answer.foot.push(match lines.len() {
        0 => "Nothing that it has not affirmed".to_owned(),
        n => format!("{n} statements. To answer: answerable affirm SEQ, answerable dispute SEQ --grounds TEXT"),
    });
    for flag in &told.retractions {
        answer.foot.push(format!("Flag: record {}, {}: {}", flag.seq, flag.code, flag.message));
    }
    let rows: Vec<_> = lines
        .iter()
        .map(|l| {
            let mut row = serde_json::to_value(l).expect("plain data");
            row["says"] = json!(words::sentence(&l.body, &l.effective));
            row["seq"] = json!(l.seq.to_string());
            row
        })
        .collect();
    answer.json = Some(json!({
        "schema": "answerable.about/v1", "actor": a.actor, "known_size": size.to_string(), "statements": rows,
        "flags_of_retractions": told.retractions,
    }));
    answer.print(cli.format);
    Ok(0)
}

pub fn affirm(cli: &Cli, a: &Affirm) -> Result<u8, CliError> {
    let base = a.answering.base(cli)?;
    let target = Target::find(base.as_ref(), &a.answering.record)?;
    let (actor, said, stream) = (target.concerned()?, target.said(), target.fact.stream.clone());
    let body = Body::EventAffirmed(EventAffirmed { said, stream, target: target.fact.id });
    write(cli, base.as_ref(), &a.answering, "affirm", &target, actor, Standing::Own, body)
}

pub fn dispute(cli: &Cli, a: &Dispute) -> Result<u8, CliError> {
    let base = a.answering.base(cli)?;
    let target = Target::find(base.as_ref(), &a.answering.record)?;
    let (actor, said, stream) = (target.concerned()?, target.said(), target.fact.stream.clone());
    let grounds = a.grounds.nfc().collect();
    let body = Body::EventDisputed(EventDisputed { grounds, said, stream, target: target.fact.id });
    write(cli, base.as_ref(), &a.answering, "dispute", &target, actor, Standing::Own, body)
}

pub fn correct(cli: &Cli, a: &Correct) -> Result<u8, CliError> {
    let base = a.answering.base(cli)?;
    let target = Target::find(base.as_ref(), &a.answering.record)?;
    let replacement = if a.set.is_empty() {
        None
    } else {
        let mut members = target.act.body.to_map();
        for (name, value) in &a.set {
            members.insert(name.clone(), read_value(value));
        }
        Some(members)
    };
    let body = Body::EventCorrected(EventCorrected {
        date: a.date,
        reason: a.reason.nfc().collect(),
        replacement,
        retracted: a.retract.then_some(true),
        stream: target.fact.stream.clone(),
        target: target.fact.id,
    });
    let (actor, standing) = (target.fact.actor.clone(), target.fact.standing);
    write(cli, base.as_ref(), &a.answering, "correct", &target, actor, standing, body)
}

impl Answering {
    fn base(&self, cli: &Cli) -> Result<Box<dyn DraftBase>, CliError> {
        base(cli, self.from.as_deref(), &self.pins)
    }
}

/// The record that is answered, as it stands.
struct Target {
    fact: Arc<Fact>,
    act: Act,
}

impl Target {
    fn find(base: &dyn DraftBase, named: &str) -> Result<Self, CliError> {
        let fact = base.record(named)?;
        let facts = base.history()?.stream(&fact.stream)?;
        let act = all_standings(&facts).into_iter().find(|act| act.fact.id == fact.id).ok_or_else(|| {
            let message = format!("record {} is an answer or a correction, or was retracted", fact.seq);
            CliError::usage("reply.nothing_to_answer", message, "name the statement itself: answerable about ACTOR")
        })?;
        Ok(Self { fact, act })
    }

    fn concerned(&self) -> Result<ActorId, CliError> {
        self.act.body.concerns().cloned().ok_or_else(|| {
            let message =
                format!("record {} is a {}: it says nothing about an actor", self.fact.seq, self.act.body.kind());
            CliError::usage("reply.nothing_to_answer", message, "see what is said: answerable about ACTOR")
        })
    }

    fn said(&self) -> Said {
        self.act.body.said(self.act.effective)
    }
}

#[allow(clippy::too_many_arguments)] // one call for three commands
fn write(
    cli: &Cli,
    base: &dyn DraftBase,
    a: &Answering,
    verb: &str,
    target: &Target,
    actor: ActorId,
    standing: Standing,
    body: Body,
) -> Result<u8, CliError> {
    let statement = Statement {
        signers: signers(cli, &actor, &a.signer)?,
        actor,
        attachments: None,
        body,
        effective: CalendarDate::on(clock::today()),
        standing,
        source: target.fact.source.clone().filter(|_| standing == Standing::Transcribed),
    };
    let signed = compose(base, &statement, clock::now())?;
    let out = a.out.clone().unwrap_or_else(|| PathBuf::from(format!("{verb}-{}.event.json", target.fact.seq)));
    write_draft(&signed, &out, a.dry_run)
}
