//! What the page's script reads: records and columns, every text and date once.
//! Not here: what the page shows without a script (`still`); the turns of what is owed, of mandates and scorecards (`turning`).

use std::collections::HashMap;

use answerable_ledger::projection::courses::{StateCourse, TreatyCourse, Turn};
use answerable_ledger::projection::question::Basis;
use answerable_ledger::projection::recommendations::{Answer, Stands};
use answerable_ledger::projection::tables::code_of;
use answerable_ledger::projection::treaty::{Row, Status};
use answerable_schemas::governance::ActorKind;
use answerable_schemas::history::{HistoryError, Lookup};
use answerable_schemas::law::actors;
use answerable_schemas::{ActorId, Standing};
use answerable_verifier::report::escape;
use serde_json::{Value, json};

use super::once::{Distinct, Lists, Once};
use super::{Answers, html, turning};
use crate::output::escaped_json;
use crate::words;

/// The statuses, as `table matrix` has them; a page names them by their place.
const STATUSES: [Status; 8] = [
    Status::InForce,
    Status::Withdrawing,
    Status::Deposited,
    Status::ProvisionallyApplied,
    Status::Signed,
    Status::SignatureRepudiated,
    Status::Withdrawn,
    Status::None,
];

/// Of all sentences and recommendations together, in bytes: a page stays one that a browser opens at once.
const MOST_TEXT: usize = 6_200_000;
/// What is left of a text at least, in characters, however many there are.
const LEAST_KEPT: usize = 48;

/// The JSON, ready to stand in a `script` element.
pub fn json(answers: &Answers<'_>) -> Result<String, HistoryError> {
    let mut tables = Tables { kept: kept(answers), ..Tables::default() };
    let records = tables.records(answers)?;
    let treaties: Vec<Value> = answers.courses.treaties.iter().map(|t| tables.treaty(t)).collect();
    let recommendations = tables.recommendations(answers);
    let courses = answers.courses;
    let (owed, mandates) = (tables.owed(&courses.owed), tables.mandates(&courses.mandates));
    let (requirements, cards) = (tables.requirements(&courses.requirements), tables.cards(&courses.cards));
    let states = states(answers)?;
    for id in &states {
        tables.actors.at(id);
    }
    let (first, last) = answers.days;
    let whole = json!({
        "schema": "answerable.report/v1",
        "asOf": answers.question.as_of.to_string(),
        "size": answers.records.facts.len(),
        "first": first.to_string(),
        "last": last.to_string(),
        "kept": tables.kept,
        "statuses": STATUSES.map(code_of),
        "regions": answers.countries.told,
        "records": records,
        "treaties": treaties,
        "recommendations": recommendations,
        "dueStatuses": turning::statuses(),
        "counts": turning::COUNTS,
        "owed": owed,
        "mandateStatuses": turning::mandate_statuses(),
        "mandates": mandates,
        "requirements": requirements,
        "cards": cards,
        "actors": tables.of_actors(answers)?,
        "lists": tables.lists.all,
        "texts": tables.texts.all,
        "dates": tables.dates.all,
    });
    Ok(html::json(&escaped_json(&whole.to_string())))
}

/// What stands once, and is named by its place.
#[derive(Default)]
pub struct Tables {
    pub texts: Once,
    pub dates: Once,
    pub actors: Once,
    pub lists: Lists,
    /// Of scorecards: cells, what steps come to, and runs of either.
    pub cells: Distinct<Vec<i64>>,
    pub comes_to: Distinct<Vec<i64>>,
    pub runs: Distinct<Vec<i64>>,
    /// How many characters of a text are kept; None: all.
    kept: Option<usize>,
}

impl Tables {
    /// -1 for none.
    pub fn actor(&mut self, actor: Option<&ActorId>) -> i64 {
        actor.map_or(-1, |id| self.actors.at(id) as i64)
    }

    /// A date that may be missing: -1.
    pub fn date(&mut self, date: Option<impl ToString>) -> i64 {
        date.map_or(-1, |d| self.dates.at(d) as i64)
    }

    fn shortened(&self, text: &str) -> String {
        self.kept.map_or_else(|| escape(text), |most| escape(&crate::layout::shortened(text, most)))
    }

    fn records(&mut self, answers: &Answers<'_>) -> Lookup<Value> {
        let records = &answers.records;
        // A record's seq is its place: an index that lacks one would shift all others.
        if records.facts.iter().zip(0..).any(|(fact, seq)| fact.seq != seq) {
            let message = "the index lacks records of some stream".to_owned();
            return Err(HistoryError { message, stale: true });
        }
        let mut columns: [Vec<i64>; 5] = Default::default();
        let (mut shapes, mut before, mut next) = (Distinct::default(), 0, 0);
        for (fact, stream) in records.facts.iter().zip(&records.stream_of) {
            let signers = fact.signers.iter().map(|k| k.as_str()).collect::<Vec<_>>().join(", ");
            let source = fact.source.as_ref().map(|s| {
                let parts =
                    [Some(s.title.clone()), s.document.clone(), s.url.clone(), Some(format!("seen {}", s.seen))];
                parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
            });
            let shape = [
                self.texts.at(fact.body.kind()) as i64,
                self.texts.at(fact.standing) as i64,
                self.actors.at(&fact.actor) as i64,
                self.texts.at(signers) as i64,
                source.map_or(-1, |s| self.texts.at(s) as i64),
            ];
            let recorded = fact.recorded.millis();
            let is_new = *stream == next;
            let row = [
                shapes.at(shape),
                self.dates.at(fact.effective) as i64,
                recorded - before,
                // 0: a stream that no record was of before; else how far back its number is.
                if is_new { 0 } else { (next - *stream) as i64 },
                self.says(fact),
            ];
            columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
            (before, next) = (recorded, if is_new { next + 1 } else { next });
        }
        let [shape, effective, recorded, stream, says] = columns;
        let mut about = vec![-1; records.streams.len()];
        for (fact, stream) in records.facts.iter().zip(&records.stream_of) {
            if let Some(whom) = fact.body.concerns() {
                about[*stream] = self.actors.at(whom) as i64;
            }
        }
        let names: Vec<&str> = records.streams.iter().map(|s| named(s.as_str())).collect();
        let flags: Vec<Value> =
            records.flags.iter().map(|f| json!([f.seq, self.texts.at(f.code), self.texts.at(&f.message)])).collect();
        let said: Vec<Value> = records.answers.iter().map(|(seq, said)| json!([seq, self.texts.at(said)])).collect();
        let attached: Vec<Value> =
            records.attached.iter().map(|(seq, file)| json!([seq, self.texts.at(file)])).collect();
        Ok(json!({
            "shape": shape, "shapes": shapes.all, "effective": effective, "recorded": recorded, "stream": stream,
            "says": says, "streams": names, "about": about, "flags": flags, "answers": said,
            "corrected": records.corrected, "attached": attached,
        }))
    }

    /// The act in words; -1 for a recommendation, whose text stands among the recommendations.
    fn says(&mut self, fact: &answerable_schemas::Fact) -> i64 {
        match fact.body.kind() {
            "recommendation.made" => -1,
            "recommendation.responded" => {
                let body = fact.body.to_map();
                let response = body.get("response").and_then(Value::as_str).unwrap_or_default();
                self.texts.at(format!("answers: {response}")) as i64
            }
            _ => {
                let said = self.shortened(&words::sentence(&fact.body, &fact.effective));
                self.texts.at(said) as i64
            }
        }
    }

    fn treaty(&mut self, treaty: &TreatyCourse) -> Value {
        let entry: Vec<Value> =
            treaty.entry.iter().map(|turn| json!([self.dates.at(turn.from), self.date(turn.now)])).collect();
        let states: Vec<Value> = treaty.states.iter().map(|state| self.state(state)).collect();
        let notes: Vec<Value> = treaty.notes.iter().map(|turn| self.notes(turn)).collect();
        json!({
            "id": treaty.rules.treaty, "title": escape(&treaty.rules.title), "records": treaty.rules_records,
            "adopted": treaty.rules.adopted.first_day().to_string(), "recorded": treaty.recorded,
            "seen": treaty.seen_until.map(|d| d.to_string()), "entry": entry, "states": states, "notes": notes,
        })
    }

    /// `[from, notes]`
    fn notes(&mut self, turn: &Turn<Vec<String>>) -> Value {
        let notes: Vec<usize> = turn.now.iter().flatten().map(|note| self.texts.at(note)).collect();
        json!([self.dates.at(turn.from), notes])
    }

    fn state(&mut self, course: &StateCourse) -> Value {
        let turns: Vec<Value> = course.turns.iter().map(|turn| self.standing(turn)).collect();
        json!([self.actors.at(&course.state), turns])
    }

    /// `[from]`, or where it stands from then on.
    fn standing(&mut self, turn: &Turn<Row>) -> Value {
        let from = self.dates.at(turn.from);
        let Some(row) = &turn.now else { return json!([from]) };
        let place = |status: Status| STATUSES.iter().position(|s| *s == status).map_or(-1, |at| at as i64);
        let standings: Vec<Standing> = std::iter::once(row.standing).chain(row.confirmed_by.iter().copied()).collect();
        let standings = standings.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ");
        let remarks: Vec<usize> = row.remarks.iter().map(|r| self.texts.at(r)).collect();
        let flags = if row.flags.is_empty() { -1 } else { self.texts.at(row.flags.join(", ")) as i64 };
        json!([
            from,
            place(row.status),
            row.possibly.map_or(-1, place),
            self.date(row.signed.as_ref()),
            self.date(row.deposited.as_ref()),
            row.mode.map_or(-1, |m| self.texts.at(m.as_str()) as i64),
            self.date(row.in_force_from.as_ref()),
            self.date(row.ends.as_ref()),
            self.texts.at(standings),
            row.records,
            remarks,
            // Also on what the remarks name.
            flags,
            u8::from(!row.answers.is_empty()),
        ])
    }

    fn recommendations(&mut self, answers: &Answers<'_>) -> Value {
        let places: HashMap<&str, usize> =
            answers.records.streams.iter().enumerate().map(|(at, s)| (s.as_str(), at)).collect();
        let (mut courses, mut shapes) = (Distinct::default(), Distinct::default());
        let mut columns: [Vec<i64>; 4] = Default::default();
        let mut texts = Vec::new();
        for course in &answers.courses.recommendations {
            let turns: Vec<(usize, i64)> =
                course.turns.iter().map(|t| (self.dates.at(t.from), t.now.map_or(-1, number))).collect();
            let session = course.made.session.map_or(-1, i64::from);
            let shape = [self.dates.at(course.on) as i64, session, courses.at(turns)];
            let row = [
                self.actors.at(&course.made.to) as i64,
                self.actors.at(&course.made.from) as i64,
                shapes.at(shape),
                places.get(course.stream.as_str()).map_or(-1, |at| *at as i64),
            ];
            columns.iter_mut().zip(row).for_each(|(column, cell)| column.push(cell));
            texts.push(self.shortened(&course.made.text));
        }
        let [to, from, shape, stream] = columns;
        json!({
            "to": to, "from": from, "shape": shape, "shapes": shapes.all, "stream": stream, "text": texts,
            "courses": courses.all,
        })
    }

    /// Of each actor its id, names with their days, region, days of existence if it is a state.
    fn of_actors(&mut self, answers: &Answers<'_>) -> Lookup<Value> {
        let mut rows = Vec::new();
        for id in self.actors.all.clone() {
            let actor = ActorId::new(&id).ok();
            let known = actor.as_ref().map(|id| actors::lookup(answers.question.history(), id)).transpose()?.flatten();
            let Some((id, known)) = actor.zip(known) else {
                rows.push(json!([id]));
                continue;
            };
            let names: Vec<Value> =
                known.names.iter().map(|(from, name)| json!([self.dates.at(from.last_day()), escape(name)])).collect();
            let region = answers.countries.cells(&id)[2].text();
            let exists = (known.kind == ActorKind::State).then(|| {
                let until = known.until.map(|d| d.last_day());
                (self.dates.at(known.valid_from.first_day()), self.date(until))
            });
            rows.push(json!([id, names, region, exists]));
        }
        Ok(Value::Array(rows))
    }
}

/// How a state stands beside the records: whose word a cell is, its flags, answers, and what is possible.
pub fn beside(basis: &Basis) -> String {
    let standings = basis.standings.iter().map(|s| s.as_str()).collect::<Vec<_>>().join(", ");
    let flags = basis.flags.iter().map(|f| (*f).to_owned());
    let more = flags.chain(basis.possibly.iter().cloned()).chain(basis.answers.iter().map(words::answered));
    std::iter::once(standings).filter(|s| !s.is_empty()).chain(more).collect::<Vec<_>>().join("; ")
}

/// Names of recommendations' streams are long and say little: their actors, sessions and texts stand beside them.
fn named(stream: &str) -> &str {
    if stream.starts_with("recommendation:") { "" } else { stream }
}

/// A recommendation's answer, and whether it is followed up (4) and assessed (8).
fn number(stands: Stands) -> i64 {
    let answer = match stands.answer {
        Answer::Supported => 0,
        Answer::Noted => 1,
        Answer::Pending => 2,
    };
    answer + 4 * i64::from(stands.followed_up) + 8 * i64::from(stands.assessed)
}

/// All states that the page may show on any day.
fn states(answers: &Answers<'_>) -> Lookup<Vec<ActorId>> {
    let mut states: Vec<ActorId> =
        answers.courses.treaties.iter().flat_map(|t| &t.states).map(|s| s.state.clone()).collect();
    let registered = answers.records.facts.iter().filter(|f| f.stream.as_str().starts_with("actor:state:"));
    states.extend(registered.filter_map(|f| f.body.concerns().cloned()));
    states.sort_unstable();
    states.dedup();
    Ok(states)
}

/// How many characters are kept of each text, where whole ones would be too much: as many as fit.
fn kept(answers: &Answers<'_>) -> Option<usize> {
    let recommended = answers.courses.recommendations.iter().map(|c| c.made.text.len());
    let told = answers.records.facts.iter().filter(|f| !f.stream.as_str().starts_with("recommendation:"));
    let mut lengths: Vec<usize> =
        recommended.chain(told.map(|f| words::sentence(&f.body, &f.effective).len())).collect();
    if lengths.iter().sum::<usize>() <= MOST_TEXT {
        return None;
    }
    lengths.sort_unstable();
    let (mut left, mut number) = (MOST_TEXT, lengths.len());
    for length in lengths {
        if length * number > left {
            break;
        }
        (left, number) = (left - length, number - 1);
    }
    Some((left / number.max(1)).max(LEAST_KEPT))
}
