//! The overdue board of one day, against a table made by hand.

use answerable_ledger::projection::Filter;
use answerable_ledger::projection::overdue::{Board, Which, board};
use answerable_schemas::story::Binding;
use serde_json::{Value, json};

use crate::{COUNCIL, Records};

const SG: &str = "org:secretary-general";
const STATE: &str = "state:AAA";
const DAY: &str = "1994-05-15";

fn records() -> Records {
    let mut r = Records::with(&[
        (COUNCIL, "un_organ"),
        (SG, "un_organ"),
        (STATE, "state"),
        ("org:rapporteur", "mandate_holder"),
        ("org:nhri-a", "nhri"),
        ("org:ganhri", "other"),
        ("org:assessor", "civil_society"),
    ]);
    r.decide("S/RES/872(1993)", "1993-10-05");
    r.say(
        "mandate.established",
        "1993-10-05",
        json!({"decision": "S/RES/872(1993)", "expires": {"kind": "date", "on": "1994-04-05"},
            "implementers": [SG], "mandate": "unamir", "organ": COUNCIL, "title": "UNAMIR"}),
    );
    r
}

fn require(r: &mut Records, id: &str, binding: &str, mandate: Option<&str>, schedule: Value) -> u64 {
    let mut body = json!({"binding": binding, "organ": COUNCIL, "reporter": SG, "requirement": id,
        "schedule": schedule, "title": id});
    if let Some(mandate) = mandate {
        body["mandate"] = mandate.into();
    }
    r.say("report.required", "1993-11-01", body)
}

fn once(on: &str) -> Value {
    json!([{"kind": "once", "on": on}])
}

fn submit(r: &mut Records, id: &str, on: &str) -> u64 {
    r.say("report.submitted", on, json!({"reporter": SG, "requirement": id}))
}

fn put_off(r: &mut Records, id: &str, legal: &str, to: &str) {
    r.say(
        "report.rescheduled",
        "1994-02-01",
        json!({"authority": "a letter", "legal_due": legal, "organ": COUNCIL, "reporter": SG, "requirement": id,
            "scheduled": to}),
    );
}

fn ask(r: &Records, on: &str, which: &Which) -> Board {
    r.ask(on, |q| board(q, which).unwrap())
}

/// status, the story's last part, legal due date, scheduled, days late, days late by schedule.
type Line<'a> = (&'a str, String, &'a str, &'a str, Option<i64>, Option<i64>);

fn lines(board: &Board) -> Vec<Line<'_>> {
    let items = board.items.iter();
    items
        .map(|i| {
            let story = i.stream.as_str().rsplit(':').next().unwrap().to_owned();
            let (legal, scheduled) = (i.legal_due.as_deref().unwrap_or(""), i.scheduled.as_deref().unwrap_or(""));
            (i.status.as_str(), story, legal, scheduled, i.days_late, i.days_late_by_schedule)
        })
        .collect()
}

fn line<'a>(status: &'a str, story: &str, legal: &'a str, scheduled: &'a str, late: i64, by: Option<i64>) -> Line<'a> {
    (status, story.to_owned(), legal, scheduled, (late > 0).then_some(late), by)
}

pub fn full() -> Records {
    let mut r = records();
    let every = json!([{"kind": "every", "from": "1994-01-31", "period": {"count": 3, "unit": "months"}}]);
    require(&mut r, "quarterly", "mandate", Some("unamir"), every);
    require(&mut r, "closing", "mandate", Some("unamir"), json!([{"kind": "at_expiry", "mandate": "unamir"}]));
    require(&mut r, "put-off", "mandate", None, once("1994-02-15"));
    put_off(&mut r, "put-off", "1994-02-15", "1994-06-01");
    require(&mut r, "put-off-past", "mandate", None, once("1994-03-15"));
    put_off(&mut r, "put-off-past", "1994-03-15", "1994-04-20");
    require(&mut r, "undated", "mandate", None, json!([{"kind": "undated", "words": "as appropriate"}]));
    require(&mut r, "late", "mandate", None, once("1994-03-01"));
    submit(&mut r, "late", "1994-03-11");
    require(&mut r, "encouraged", "recommendation", None, once("1994-03-01"));
    require(&mut r, "corrected", "legal", None, once("1994-03-20"));
    let wrong = submit(&mut r, "corrected", "1994-03-25");
    r.redate(wrong, "1994-03-19");
    require(&mut r, "to-come", "internal", None, once("1994-08-01"));
    for (id, due) in [("deferred", "1994-03-31"), ("kept", "1994-03-31"), ("left", "1994-03-31")] {
        r.say(
            "commitment.made",
            "1993-12-01",
            json!({"commitment": id, "due": due, "kind": "pledge", "maker": STATE, "text": "a law"}),
        );
    }
    r.say(
        "commitment.revised",
        "1994-03-01",
        json!({"change": "deferred", "commitment": "deferred", "due": "1994-12-31", "maker": STATE, "text": "a law"}),
    );
    let complete = json!({"commitment": "kept", "maker": STATE, "status": "complete", "text": "in force"});
    r.say("commitment.progress_reported", "1994-03-30", complete);
    r.say("commitment.withdrawn", "1994-03-01", json!({"commitment": "left", "maker": STATE, "reason": "no money"}));
    r.say(
        "communication.sent",
        "1994-02-01",
        json!({"communication": "letter", "mandate_holder": "org:rapporteur", "reply_due": "1994-04-02", "state": STATE}),
    );
    r.say(
        "warning.issued",
        "1994-04-20",
        json!({"answer_due": "1994-05-01", "issuer": SG, "state": STATE, "text": "massacres", "to": COUNCIL,
            "warning": "alarm"}),
    );
    r.say("warning.acknowledged", "1994-04-21", json!({"by": COUNCIL, "state": STATE, "warning": "alarm"}));
    r.say("nhri.established", "1990-01-01", json!({"nhri": "org:nhri-a", "state": STATE}));
    r.say(
        "nhri.accreditation_decided",
        "1990-05-10",
        json!({"decision": "a", "next_review": "1994-05-10", "nhri": "org:nhri-a", "organ": "org:ganhri", "state": STATE}),
    );
    r.say(
        "assessment.self_published",
        "1992-05-14",
        json!({"assessment": "first", "factors": [{"factor": 1, "risk": "low"}], "framework": "other",
            "next_due": "1994-05-14", "participants": {"civil_society": true, "women": true, "youth": true},
            "state": STATE}),
    );
    r
}

#[test]
fn the_board_of_a_day_is_the_table_made_by_hand() {
    let r = full();
    let board = ask(&r, DAY, &Which::default());
    assert_eq!(
        lines(&board),
        [
            // After the mandate's expiry nothing more was due every three months: 30 April is not there.
            line("overdue", "quarterly", "1994-01-31", "", 104, None),
            line("overdue", "put-off-past", "1994-03-15", "1994-04-20", 61, Some(25)),
            line("overdue", "letter", "1994-04-02", "", 43, None),
            line("overdue", "closing", "1994-04-05", "", 40, None),
            line("overdue", "alarm", "1994-05-01", "", 14, None),
            line("overdue", "nhri-a", "1994-05-10", "", 5, None),
            line("overdue", "first", "1994-05-14", "", 1, None),
            line("rescheduled", "put-off", "1994-02-15", "1994-06-01", 89, Some(-17)),
            line("rescheduled", "deferred", "1994-03-31", "1994-12-31", 45, Some(-230)),
            line("absent", "encouraged", "1994-03-01", "", 75, None),
        ]
    );
    let all = ask(&r, DAY, &Which { all: true, ..Which::default() });
    assert_eq!(
        lines(&all)[10..],
        [
            line("late", "late", "1994-03-01", "", 10, None),
            line("submitted", "corrected", "1994-03-20", "", 0, None),
            line("done", "kept", "1994-03-31", "", 0, None),
            line("due", "to-come", "1994-08-01", "", 0, None),
            line("undated", "undated", "", "", 0, None),
            line("withdrawn", "left", "1994-03-31", "", 0, None),
            line("ended", "closing", "", "", 0, None),
            line("ended", "quarterly", "", "", 0, None),
        ]
    );
    let c = &all.counts;
    assert_eq!((c.overdue, c.rescheduled, c.absent, c.late, c.on_time, c.due, c.undated), (7, 2, 1, 1, 2, 1, 1));
    assert_eq!(board.counts, all.counts, "what is not shown is counted all the same");
    let finals: Vec<&str> =
        all.items.iter().filter(|i| i.notes.iter().any(|n| n.starts_with("final"))).map(|i| i.what.as_str()).collect();
    assert_eq!(finals, ["closing"]);
}

#[test]
fn an_extension_makes_new_due_dates_and_moves_the_final_one() {
    let mut r = full();
    r.decide("S/RES/909(1994)", "1994-04-05");
    let extended = json!({"decision": "S/RES/909(1994)", "mandate": "unamir", "organ": COUNCIL,
        "until": {"kind": "date", "on": "1994-07-29"}});
    let seq = r.say("mandate.extended", "1994-04-05", extended);
    let which = Which { all: true, reporter: Some(SG.parse().unwrap()), ..Which::default() };
    let of = |board: &Board, what: &str| -> Vec<String> {
        let mine = board.items.iter().filter(|i| i.what == what);
        mine.map(|i| format!("{} {}", i.status.as_str(), i.legal_due.as_deref().unwrap_or("-"))).collect()
    };
    let now = ask(&r, DAY, &which);
    assert_eq!(of(&now, "quarterly"), ["overdue 1994-01-31", "overdue 1994-04-30"]);
    assert_eq!(of(&now, "closing"), ["final 1994-07-29"]);
    // Before the extension was adopted nobody could count on it.
    let before = ask(&r, "1994-04-04", &which);
    assert_eq!(of(&before, "closing"), ["final 1994-04-05"]);
    assert_eq!(of(&before, "quarterly"), ["overdue 1994-01-31"]);
    // Nor when it was not known.
    let unknown = r.ask_known(DAY, seq, Filter::default(), |q| board(q, &which).unwrap());
    assert_eq!(of(&unknown, "closing"), ["overdue 1994-04-05", "ended -"]);
    // A report answers the earliest due date that is open; the other stays.
    submit(&mut r, "quarterly", "1994-05-01");
    assert_eq!(of(&ask(&r, DAY, &which), "quarterly"), ["overdue 1994-04-30", "late 1994-01-31"]);
    // A report is due on the whole of its day.
    assert_eq!(of(&ask(&r, "1994-07-29", &which), "closing"), ["final 1994-07-29"]);
    assert_eq!(of(&ask(&r, "1994-07-30", &which), "closing"), ["overdue 1994-07-29", "ended -"]);
}

#[test]
fn a_corrected_date_counts_once_it_is_known() {
    let r = full();
    let which = Which { all: true, binding: Some(Binding::Legal), ..Which::default() };
    let corrected = r.facts.iter().find(|f| f.body.correction().is_some()).unwrap().seq;
    let then = r.ask_known(DAY, corrected, Filter::default(), |q| board(q, &which).unwrap());
    assert_eq!(lines(&then), [line("late", "corrected", "1994-03-20", "", 5, None)]);
    let now = ask(&r, DAY, &which);
    assert_eq!(lines(&now), [line("submitted", "corrected", "1994-03-20", "", 0, None)]);
    assert!(now.items[0].basis.records.contains(&corrected));
    // On the day before it was handed in, by either date.
    assert_eq!(lines(&ask(&r, "1994-03-18", &which)), [line("due", "corrected", "1994-03-20", "", 0, None)]);
}

#[test]
fn filters_ask_for_one_debtor_one_organ_one_kind_of_bond() {
    let r = full();
    let count = |which: Which| ask(&r, DAY, &which).items.len();
    assert_eq!(count(Which { reporter: Some(STATE.parse().unwrap()), ..Which::default() }), 3);
    assert_eq!(count(Which { to: Some("org:rapporteur".parse().unwrap()), ..Which::default() }), 1);
    assert_eq!(count(Which { binding: Some(Binding::Political), ..Which::default() }), 4);
    assert_eq!(count(Which { binding: Some(Binding::Recommendation), ..Which::default() }), 1);
}

#[test]
fn what_is_answered_is_no_longer_overdue_and_what_others_find_changes_nothing() {
    let mut r = full();
    let open = |r: &Records| -> Vec<String> {
        let board = ask(r, DAY, &Which::default());
        board.items.iter().map(|i| i.stream.as_str().rsplit(':').next().unwrap().to_owned()).collect()
    };
    let mut left = open(&r);
    let mut gone = |r: &Records, story: &str| {
        left.retain(|s| s != story);
        assert_eq!(open(r), left, "{story}");
    };
    let assessed = json!({"assessor": "org:assessor", "commitment": "deferred", "maker": STATE, "method": "read",
        "status": "complete"});
    r.say("commitment.assessed", "1994-05-01", assessed);
    gone(&r, "nothing: an assessor's word is not the maker's");
    r.say("communication.replied", "1994-05-01", json!({"communication": "letter", "state": STATE}));
    gone(&r, "letter");
    let acted = json!({"action": "a meeting", "by": COUNCIL, "state": STATE, "warning": "alarm"});
    r.say("warning.acted_on", "1994-05-10", acted);
    gone(&r, "alarm");
    let decided = json!({"decision": "b", "next_review": "1999-05-10", "nhri": "org:nhri-a", "organ": "org:ganhri",
        "state": STATE});
    r.say("nhri.accreditation_decided", "1994-05-12", decided);
    gone(&r, "nhri-a");
    let received = json!({"organ": COUNCIL, "reporter": SG, "requirement": "put-off-past"});
    r.say("report.received", "1994-05-12", received);
    gone(&r, "put-off-past");
}

/// What an act is judged by held the act itself: a deferral was compared with its own new date and refused, and a
/// transcribed report, where only the organ had said that it was required, had "answered already" what it answered.
#[test]
fn an_act_is_never_its_own_past() {
    let mut r = records();
    require(&mut r, "once", "mandate", None, once("1994-03-01"));
    let body = json!({"due": "1994-03-01", "reporter": SG, "requirement": "once"});
    r.transcribe("report.submitted", "1994-02-20", body.clone());
    r.say("commitment.made", "1993-12-01", promise("1994-03-31"));
    r.say("commitment.revised", "1994-03-01", deferral("1994-12-31"));
    for fact in &r.facts {
        let before = answerable_schemas::history::KnownAt { history: &r.history, size: fact.seq };
        answerable_schemas::law::judge(&before, fact).unwrap().unwrap_or_else(|v| panic!("record {}: {v}", fact.seq));
    }
    // A report is answered once, and a deferral moves the date on, all the same.
    for (kind, body, standing, code) in [
        ("report.submitted", body, answerable_schemas::Standing::Transcribed, "law.report.answered_already"),
        (
            "commitment.revised",
            deferral("1994-12-31"),
            answerable_schemas::Standing::Own,
            "law.commitment.not_that_change",
        ),
    ] {
        let mut again = r.clone();
        again.say_as(kind, "1994-04-01", body, "org:author", standing);
        let fact = again.facts.last().unwrap();
        let refused = answerable_schemas::law::judge(&r.history, fact).unwrap().unwrap_err();
        assert_eq!(refused.code, code);
    }
}

fn promise(due: &str) -> Value {
    json!({"commitment": "law", "due": due, "kind": "pledge", "maker": STATE, "text": "a law"})
}

fn deferral(due: &str) -> Value {
    json!({"change": "deferred", "commitment": "law", "due": due, "maker": STATE, "text": "a law"})
}
