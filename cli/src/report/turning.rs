//! What is owed, mandates and scorecards, from day to day, as the page's script reads them. What a cell says is said by the same
//! functions as in the page without a script; names are the actors' numbers, as they too change with the day.
//! Not here: the other columns (`data`); when anything turns (`answerable_ledger::projection::courses`).

use answerable_ledger::projection::courses::{CardCourses, MandateCourse, OwedCourse, RequirementCourse, Turn};
use answerable_ledger::projection::mandates::reporting::Requirement;
use answerable_ledger::projection::mandates::{Row, Status as MandateStatus};
use answerable_ledger::projection::overdue::{Counts, Item, Status};
use answerable_ledger::projection::scorecard::{Cell, Step};
use serde_json::{Value, json};

use super::data::Tables;
use super::mandates::{came, did_not_come, next, until};
use super::still::{is_marked, noted};
use crate::commands::answering::marks;

/// Mandates' statuses, by their places.
const MANDATES: [MandateStatus; 5] = [
    MandateStatus::Live,
    MandateStatus::Lapsed,
    MandateStatus::ExpiredUnrenewed,
    MandateStatus::Terminated,
    MandateStatus::Transferred,
];

/// Statuses of what is owed, in the order of the board: its word, whether it stands on the board, what it adds to the counts.
pub fn statuses() -> Value {
    let row = |status: Status| {
        let mut adds = Counts::default();
        adds.count(status);
        json!([status.as_str(), u8::from(status.is_open()), numbers(&adds)])
    };
    Value::Array(Status::ALL.into_iter().map(row).collect())
}

/// The counts by name, in the order in which the board tells them.
pub const COUNTS: [&str; 7] = ["overdue", "rescheduled", "absent", "late", "on-time", "due", "undated"];

/// As `COUNTS` names them.
pub fn numbers(c: &Counts) -> [usize; COUNTS.len()] {
    [c.overdue, c.rescheduled, c.absent, c.late, c.on_time, c.due, c.undated]
}

/// The words of mandates' statuses.
pub fn mandate_statuses() -> [&'static str; MANDATES.len()] {
    MANDATES.map(MandateStatus::as_str)
}

impl Tables {
    /// `[who, to, what, binding, legal due, turns]`, by stream.
    pub fn owed(&mut self, courses: &[OwedCourse]) -> Value {
        let mut rows = Vec::new();
        for OwedCourse { item, turns } in courses {
            let [who, to] = [&item.who, &item.to].map(|actor| self.actor(actor.as_ref()));
            let turns: Vec<Value> = turns.iter().map(|turn| self.turn(turn, Self::item)).collect();
            let (what, binding) = (self.texts.at(&item.what), self.texts.at(item.binding.as_str()));
            rows.push(json!([who, to, what, binding, self.date(item.legal_due.as_ref()), turns]));
        }
        Value::Array(rows)
    }

    /// `[from]`, or what is so from then on: `[from, …]`.
    fn turn<T>(&mut self, turn: &Turn<T>, mut row: impl FnMut(&mut Self, &T) -> Vec<Value>) -> Value {
        let mut cells = vec![json!(self.dates.at(turn.from))];
        if let Some(now) = &turn.now {
            cells.extend(row(self, now));
        }
        Value::Array(cells)
    }

    /// `status, scheduled, notes, records`
    fn item(&mut self, item: &Item) -> Vec<Value> {
        vec![
            json!(Status::ALL.iter().position(|s| *s == item.status)),
            json!(self.date(item.scheduled.as_ref())),
            json!(self.texts.if_any(&noted(item))),
            json!(self.lists.at(&item.basis.records)),
        ]
    }

    /// `[mandate, turns]`, by name.
    pub fn mandates(&mut self, courses: &[MandateCourse]) -> Value {
        let mut rows = Vec::new();
        for course in courses {
            let turns: Vec<Value> = course.turns.iter().map(|turn| self.turn(turn, Self::mandate)).collect();
            rows.push(json!([course.mandate, turns]));
        }
        Value::Array(rows)
    }

    /// `status, title, organ, implementers, last day, the day to which days are left, notes, records, whether it has a time limit,
    /// whether anybody must report`
    fn mandate(&mut self, row: &Row) -> Vec<Value> {
        let until = until(row);
        let implementers: Vec<i64> = row.implementers.iter().map(|actor| self.actor(Some(actor))).collect();
        vec![
            json!(MANDATES.iter().position(|s| *s == row.status)),
            json!(self.texts.at(&row.title)),
            json!(self.actor(row.organ.as_ref())),
            json!(implementers),
            json!(self.texts.at(&until.last)),
            json!(self.date(until.left)),
            json!(self.texts.if_any(&until.notes)),
            json!(self.lists.at(&row.basis.records)),
            json!(u8::from(!row.no_time_limit)),
            json!(u8::from(!row.reporting.is_empty())),
        ]
    }

    /// `[stream, turns]`, by stream.
    pub fn requirements(&mut self, courses: &[RequirementCourse]) -> Value {
        let mut rows = Vec::new();
        for course in courses {
            // Each list goes on from its own before.
            let mut before: [Vec<u64>; 2] = Default::default();
            let mut row = |tables: &mut Self, now: &Requirement| tables.requirement(now, &mut before);
            let turns: Vec<Value> = course.turns.iter().map(|turn| self.turn(turn, &mut row)).collect();
            rows.push(json!([course.stream.as_str(), turns]));
        }
        Value::Array(rows)
    }

    /// `mandate, reporter, organ, title, binding, marks, what came, its records, what is next, what did not come, its records,
    /// how much of it is overdue`
    fn requirement(&mut self, r: &Requirement, before: &mut [Vec<u64>; 2]) -> Vec<Value> {
        let mandate = r.required.mandate.as_ref().map(ToString::to_string).unwrap_or_default();
        let [(came, came_records), (open, open_records)] = [came(r), did_not_come(r)];
        let lists = [came_records, open_records];
        let places = [0, 1].map(|at| self.lists.after(&before[at]).at(&lists[at]));
        *before = lists;
        let [reporter, organ] = [&r.required.reporter, &r.required.organ].map(|actor| self.actor(Some(actor)));
        let overdue = r.open().filter(|item| item.status == Status::Overdue).count();
        vec![
            json!(self.texts.at(mandate)),
            json!(reporter),
            json!(organ),
            json!(self.texts.at(&r.required.title)),
            json!(self.texts.at(r.required.binding.as_str())),
            json!(self.texts.if_any(&marks(&r.basis).join("; "))),
            json!(self.texts.at(came)),
            json!(places[0]),
            json!(self.texts.if_any(&next(r))),
            json!(self.texts.if_any(&open)),
            json!(places[1]),
            json!(overdue),
        ]
    }

    /// Of each state its five steps, each as the runs of what it comes to and of its cells; and the notes.
    pub fn cards(&mut self, courses: &CardCourses) -> Value {
        let mut states = Vec::new();
        for course in &courses.states {
            let steps: Vec<Vec<i64>> = course.steps.iter().map(|turns| self.step(turns)).collect();
            states.push(json!([self.actor(Some(&course.state)), steps]));
        }
        let said =
            |tables: &mut Self, notes: &Vec<String>| notes.iter().map(|note| json!(tables.texts.at(note))).collect();
        let notes: Vec<Value> = courses.notes.iter().map(|turn| self.turn(turn, said)).collect();
        json!({"states": states, "notes": notes, "runs": self.runs.all, "steps": self.comes_to.all,
            "cells": self.cells.all})
    }

    /// A run is `from, what, from, what, …`. The first is of what the step comes to, in short and whether it is met; the others
    /// are of its cells, most of which stay as they are while one changes.
    fn step(&mut self, turns: &[Turn<Step>]) -> Vec<i64> {
        let mut runs: Vec<Vec<i64>> = Vec::new();
        for turn in turns {
            let Some(step) = &turn.now else { continue };
            let from = self.dates.at(turn.from) as i64;
            let met = i64::from(step.met) + 2 * i64::from(is_marked(step));
            let mut row = vec![self.comes_to.at(vec![self.texts.at(&step.short) as i64, met])];
            row.extend(step.cells.iter().map(|cell| self.cell(cell)));
            runs.resize(runs.len().max(row.len()), Vec::new());
            // Where there are fewer cells now, the last ones have gone.
            for (at, run) in runs.iter_mut().enumerate() {
                let now = row.get(at).copied().unwrap_or(-1);
                if run.last() != Some(&now) {
                    run.extend([from, now]);
                }
            }
        }
        runs.into_iter().map(|run| self.runs.at(run)).collect()
    }

    /// `name, value, what stands beside it, records`; of a value with an age what is before it, then since when and what is after.
    fn cell(&mut self, cell: &Cell) -> i64 {
        let value = cell.age.as_ref().map_or(&cell.value, |age| &age.before);
        let mut row = vec![
            self.texts.at(&cell.cell) as i64,
            self.texts.at(value) as i64,
            self.texts.if_any(&super::data::beside(&cell.basis)),
            self.lists.at(&cell.basis.records),
        ];
        if let Some(age) = &cell.age {
            row.extend([self.date(Some(age.since)), self.texts.at(&age.after) as i64]);
        }
        self.cells.at(row)
    }
}
