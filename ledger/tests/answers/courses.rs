//! The turns of everything that is owed, of mandates and of scorecards say on every day what the answers say that are asked on
//! that day: on histories made by hand, on the worked examples of every kind of story, and on some that chance makes.
//! Not here: the answers themselves (`overdue`, `mandates`, `scorecard`); treaties (the report's end-to-end test).

use std::collections::BTreeSet;

use answerable_ledger::projection::courses::{
    self, CardCourses, MandateCourse, OwedCourse, RequirementCourse, Turn, now,
};
use answerable_ledger::projection::mandates::reporting::reported;
use answerable_ledger::projection::mandates::{Row, Which as Mandates, mandates};
use answerable_ledger::projection::overdue::{Item, Which, board};
use answerable_ledger::projection::question::Question;
use answerable_ledger::projection::scorecard::{Scorecards, Whose, scorecards};
use answerable_schemas::Standing;
use jiff::ToSpan;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

use crate::{COUNCIL, Records, mandates as councils, overdue};

#[path = "../../../schemas/tests/worked/mod.rs"]
mod worked;

/// All courses up to a day.
struct Courses {
    owed: Vec<OwedCourse>,
    mandates: Vec<MandateCourse>,
    requirements: Vec<RequirementCourse>,
    cards: CardCourses,
}

impl Courses {
    fn of(q: &Question<'_>, until: Date) -> Self {
        let treaties = courses::treaties(q.history(), &q.filter).unwrap();
        let owed = courses::owed(q, &treaties, until).unwrap();
        Self {
            mandates: courses::mandates(q, until).unwrap(),
            requirements: courses::requirements(q, &owed, until).unwrap(),
            cards: courses::cards(q, &treaties, until).unwrap(),
            owed,
        }
    }

    /// Every day on which anything turns.
    fn turning_days(&self) -> BTreeSet<Date> {
        fn froms<T>(turns: &[Turn<T>]) -> impl Iterator<Item = Date> {
            turns.iter().map(|turn| turn.from)
        }
        let mut days: BTreeSet<Date> = self.owed.iter().flat_map(|c| froms(&c.turns)).collect();
        days.extend(self.mandates.iter().flat_map(|c| froms(&c.turns)));
        days.extend(self.requirements.iter().flat_map(|c| froms(&c.turns)));
        days.extend(self.cards.states.iter().flat_map(|c| &c.steps).flat_map(|turns| froms(turns)));
        days.extend(froms(&self.cards.notes));
        days
    }

    /// What the answers are without the numbers that count days must be what the turns are.
    fn are_those_of(&self, q: &Question<'_>) {
        let day = q.as_of;
        let mut wanted = board(q, &Which { all: true, ..Which::default() }).unwrap().items;
        let requirements = reported(q, &wanted).unwrap();
        let mut found: Vec<Item> = self.owed.iter().filter_map(|c| now(&c.turns, day)).cloned().collect();
        found.sort_by_key(|i| (i.status, i.legal_due.is_none(), i.legal_due.clone(), i.stream.clone()));
        for item in &mut wanted {
            (item.days_late, item.days_late_by_schedule) = (None, None);
        }
        assert_eq!(found, wanted, "what is owed on {day}");

        let all = Mandates { all: true, ..Mandates::default() };
        let wanted = mandates(q, all).unwrap().mandates.into_iter().map(|row| Row { days_left: None, ..row });
        let found: Vec<Row> = self.mandates.iter().filter_map(|c| now(&c.turns, day)).cloned().collect();
        assert_eq!(found, wanted.collect::<Vec<_>>(), "the mandates on {day}");

        let found: Vec<_> = self.requirements.iter().filter_map(|c| now(&c.turns, day)).collect();
        for mandate in &requirements {
            let of_it = |m: &answerable_schemas::ids::Slug| m.as_str() == mandate.mandate.mandate;
            let found = found.iter().filter(|r| r.required.mandate.as_ref().is_some_and(of_it));
            let bare = |r: &answerable_ledger::projection::mandates::reporting::Requirement| {
                let mut bare = r.clone();
                bare.items.iter_mut().for_each(|i| (i.days_late, i.days_late_by_schedule) = (None, None));
                bare
            };
            let wanted: Vec<_> = mandate.requirements.iter().map(bare).collect();
            assert_eq!(found.copied().cloned().collect::<Vec<_>>(), wanted, "{} on {day}", mandate.mandate.mandate);
        }
        self.cards_are_those_of(&scorecards(q, &Whose::All).unwrap(), day);
    }

    fn cards_are_those_of(&self, wanted: &Scorecards, day: Date) {
        for card in &wanted.states {
            let course = self.cards.states.iter().find(|c| c.state == card.state).expect("a registered state");
            for (step, turns) in card.steps.iter().zip(&course.steps) {
                let mut found = now(turns, day).expect("a step stands from the beginning on").clone();
                for (cell, wanted) in found.cells.iter_mut().zip(&step.cells) {
                    if cell.cell.starts_with("recommendations") {
                        assert!(cell.basis.records.is_empty(), "{cell:?}");
                        cell.basis.records.clone_from(&wanted.basis.records);
                    }
                    if let Some(age) = &cell.age {
                        assert!(cell.value.is_empty(), "{cell:?}");
                        let days = age.since.until(day).unwrap().get_days();
                        cell.value = format!("{}{days}{}", age.before, age.after);
                    }
                }
                assert_eq!(found, *step, "{} on {day}", card.state);
            }
        }
        assert_eq!(now(&self.cards.notes, day), Some(&wanted.notes), "{day}");
    }
}

/// Holds the turns to the answers: on every day between these, and on every day of a turn and the day before it. Each is asked of
/// what is kept for many days, and, where anything turns, of a question of its own.
fn hold(r: &Records, first: Date, last: Date) -> usize {
    let until = date(2030, 1, 1);
    let mut turned = 0;
    r.ask(&last.to_string(), |asked| {
        let q = Question::new(asked.history(), last, r.size(), asked.filter).unwrap().of_many_days();
        let courses = Courses::of(&q, until);
        let days = courses.turning_days();
        turned = days.len();
        for day in days.iter().flat_map(|day| [day.yesterday().unwrap(), *day]).filter(|d| d.year() > 1) {
            courses.are_those_of(&Question::new(asked.history(), day, r.size(), asked.filter).unwrap());
        }
        for day in first.series(1.day()).take_while(|day| *day <= last) {
            courses.are_those_of(&q.on(day));
        }
    });
    turned
}

#[test]
fn what_falls_due_is_put_off_comes_late_or_is_encouraged() {
    let turned = hold(&overdue::full(), date(1993, 9, 1), date(1996, 3, 1));
    assert!(turned > 20, "{turned}");
}

#[test]
fn a_mandate_of_sixteen_years_with_a_gap() {
    let mut extensions = councils::decisions()[1..].to_vec();
    let removed = extensions.remove(10);
    let turned = hold(&councils::unifil(&extensions), date(1981, 1, 1), date(1984, 12, 31));
    assert!(turned > 30, "{turned}, without {removed:?}");
}

/// Every kind of story has its worked example.
#[test]
fn the_worked_examples_of_every_story() {
    let mut r = Records::default();
    for act in worked::all() {
        let standing = if act.is_transcribed() { Standing::Transcribed } else { Standing::Own };
        r.say_as(&act.kind, &act.effective, Value::Object(act.body.clone()), &act.actor, standing);
    }
    let treaties: Value = serde_json::from_str(include_str!("../../../examples/treaties.json")).unwrap();
    for rules in treaties.as_array().unwrap() {
        r.say("treaty.registered", rules["adopted"].as_str().unwrap(), rules.clone());
    }
    let turned = hold(&r, date(2019, 12, 1), date(2021, 2, 1));
    assert!(turned > 150, "{turned}");
}

/// Numbers from a seed (splitmix64, Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }

    fn of<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())].clone()
    }

    /// A date of three years, one in four of them imprecise. Leap days come often.
    fn date(&mut self) -> String {
        let day = date(2019, 1, 1) + (self.below(1095) as i64).days();
        match self.below(12) {
            0 => day.year().to_string(),
            1 | 2 => day.to_string()[..7].to_owned(),
            3 => "2020-02-29".to_owned(),
            _ => day.to_string(),
        }
    }
}

const STATE: &str = "state:AAA";
const SG: &str = "org:secretary-general";

/// Acts of which one leads to another, in any order and by anybody's word: what is unlawful counts for nothing, in turns as in
/// answers.
fn by_chance(dice: &mut Dice) -> Records {
    let mut r = Records::with(&[
        (COUNCIL, "un_organ"),
        (SG, "un_organ"),
        (STATE, "state"),
        ("org:nhri-a", "nhri"),
        ("org:ganhri", "other"),
        ("org:swiss-federal-council", "other"),
    ]);
    let rules: Value = serde_json::from_str(include_str!("../../../examples/treaties.json")).unwrap();
    let mut rules = rules[0].clone();
    let treaty = rules["treaty"].as_str().unwrap().to_owned();
    (rules["threshold"]["count"], rules["threshold"]["modes"]) = (1.into(), json!(["accession"]));
    rules["accession_after_entry_into_force"] = false.into();
    r.say("treaty.registered", rules["adopted"].as_str().unwrap(), rules.clone());
    let nhri = json!({"nhri": "org:nhri-a", "state": STATE});
    r.say("nhri.established", "2018", nhri);
    let mut said = Vec::new();
    let anchor = r.decide("S/RES/1(2019)", &dice.date());
    said.push(anchor);
    for _ in 0..14 + dice.below(20) {
        let on = dice.date();
        let mandate = dice.of(&["one", "two"]);
        let requirement = dice.of(&["r1", "r2", "r3"]);
        let expiry = match dice.below(4) {
            0 => json!({"kind": "open"}),
            1 => json!({"kind": "period", "period": {"count": 1 + dice.below(9), "unit": "months"}}),
            2 => {
                json!({"kind": "conditional", "condition": "a report", "unless_met": "2020-06-30", "until": "2020-12"})
            }
            _ => json!({"kind": "date", "on": dice.date()}),
        };
        let report = json!({"reporter": SG, "requirement": requirement});
        let with = |mut body: Value, more: Value| {
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let clause = match dice.below(7) {
            0 => json!({"kind": "once", "on": dice.date()}),
            1 => json!({"kind": "at_expiry", "mandate": mandate}),
            2 => json!({"kind": "undated", "words": "as appropriate"}),
            3 => {
                json!({"kind": "before", "anchor": {"kind": "expiry", "mandate": "two"}, "period": {"count": 20, "unit": "days"}})
            }
            4 => json!({"kind": "after", "anchor": {"kind": "entry_into_force", "state": STATE, "treaty": treaty},
                "period": {"count": 1, "unit": "months"}}),
            5 => {
                let event = json!({"kind": "event", "event": r.id(anchor), "stream": r.stream(anchor)});
                json!({"kind": "after", "anchor": event, "period": {"count": 400, "unit": "days"}})
            }
            _ => {
                json!({"kind": "every", "from": dice.date(), "period": {"count": 1 + dice.below(14), "unit": "months"}})
            }
        };
        let (kind, body) = match dice.below(17) {
            0 | 1 => (
                "mandate.established",
                json!({"expires": expiry, "implementers": [SG], "mandate": mandate,
                "organ": COUNCIL, "title": mandate}),
            ),
            2 | 3 => (
                "mandate.extended",
                json!({"decision": "S/RES/1(2019)", "mandate": mandate, "organ": COUNCIL, "until": expiry}),
            ),
            4 => ("mandate.condition_met", json!({"basis": "it came", "mandate": mandate, "organ": COUNCIL})),
            5 => ("mandate.terminated", json!({"mandate": mandate, "organ": COUNCIL})),
            6..=8 => {
                let mut body = json!({"binding": dice.of(&["mandate", "recommendation"]), "organ": COUNCIL,
                    "schedule": [clause], "title": requirement});
                if dice.below(3) > 0 {
                    body["mandate"] = mandate.into();
                }
                if dice.below(5) == 0 {
                    body["ends"] = dice.date().into();
                }
                ("report.required", with(report, body))
            }
            9 | 10 => ("report.submitted", report),
            11 => ("report.received", with(report, json!({"organ": COUNCIL}))),
            12 => (
                "report.rescheduled",
                with(
                    report,
                    json!({"authority": "a letter", "legal_due": "2020-02-29",
                "organ": COUNCIL, "scheduled": dice.date()}),
                ),
            ),
            13 => ("treaty.consent_deposited", json!({"mode": "accession", "state": STATE, "treaty": treaty})),
            14 => (
                "commitment.made",
                json!({"commitment": requirement, "due": dice.date(), "kind": "victims_assistance",
                "maker": STATE, "text": "a law"}),
            ),
            15 => (
                "nhri.accreditation_decided",
                json!({"decision": dice.of(&["a", "b", "deferred"]), "next_review": dice.date(),
                "nhri": "org:nhri-a", "organ": "org:ganhri", "state": STATE}),
            ),
            _ => (
                "assessment.self_published",
                json!({"assessment": requirement, "factors": [{"factor": 1, "risk": "low"}],
                "framework": "un_framework_of_analysis", "next_due": dice.date(), "state": STATE,
                "participants": {"civil_society": true, "women": false, "youth": false}}),
            ),
        };
        let standing = dice.of(&[Standing::Own, Standing::Transcribed, Standing::Transcribed]);
        said.push(r.say_as(kind, &on, body, "org:author", standing));
        if dice.below(8) == 0 {
            let target = dice.of(&said);
            r.redate(target, &dice.date());
        }
    }
    r
}

#[test]
fn whatever_chance_has_said() {
    let mut turned = 0;
    for seed in 0..24 {
        println!("seed {seed}");
        turned += hold(&by_chance(&mut Dice(seed)), date(2019, 12, 20), date(2020, 7, 10));
    }
    assert!(turned > 500, "{turned}");
}
