//! Commitments, recommendations, conduct, vetoes and counts, against small histories told by hand.

mod telling;

use answerable_ledger::projection::commitments::{self, Wanted, commitment, commitments};
use answerable_ledger::projection::conduct::{ConductOf, NoConduct, Row as ConductRow, conduct};
use answerable_ledger::projection::counts::counts;
use answerable_ledger::projection::question::Report;
use answerable_ledger::projection::recommendations::{self as rec, Answer, GroupBy, grouped, recommendations};
use answerable_ledger::projection::vetoes::{Wanted as Vetoed, vetoes};
use answerable_ledger::projection::{AnsweredAs, Filter};
use answerable_schemas::Standing;
use answerable_schemas::ids::Slug;
use answerable_schemas::stories::commitments::{AssessedStatus, CommitmentKind, SelfStatus};
use serde_json::{Value, json};
use telling::Records;

const RWA: &str = "state:RWA";
const FRA: &str = "state:FRA";
const COUNCIL: &str = "org:un-security-council";

fn promised() -> Records {
    let mut r = Records::with(&[
        (RWA, "state"),
        (FRA, "state"),
        ("org:ngo", "civil_society"),
        ("org:institute", "civil_society"),
    ]);
    let made = json!({"maker": RWA, "commitment": "law", "kind": "pledge", "text": "A law.", "due": "2019-12-31", "tags": ["r2p"]});
    r.say("commitment.made", "2018-01-01", made);
    r
}

fn progress(status: &str) -> Value {
    json!({"maker": RWA, "commitment": "law", "status": status, "text": "We work on it."})
}

fn assessed(by: &str, status: &str) -> Value {
    json!({"maker": RWA, "commitment": "law", "assessor": by, "status": status, "method": "interviews"})
}

fn row(r: &Records, on: &str) -> commitments::Row {
    let answer = r.ask(on, |q| commitments(q, &Wanted::default())).unwrap();
    assert_eq!(answer.content.commitments.len(), 1);
    answer.content.commitments[0].clone()
}

/// The state says that all is done, and the assessors that nothing is: both stand, whoever speaks last.
#[test]
fn self_reports_and_assessments_are_never_merged() {
    let mut r = promised();
    assert_eq!((row(&r, "2018-06-01").self_reported, row(&r, "2018-06-01").assessed), (None, vec![]));
    r.say("commitment.assessed", "2019-01-01", assessed("org:ngo", "limited"));
    let alone = row(&r, "2019-06-01");
    assert_eq!((alone.self_reported, alone.assessed[0].status), (None, AssessedStatus::Limited));
    r.say("commitment.progress_reported", "2020-01-01", progress("complete"));
    let both = row(&r, "2020-06-01");
    assert_eq!(both.self_reported.as_ref().unwrap().status, SelfStatus::Complete);
    assert_eq!((both.assessed.len(), both.assessed[0].status), (1, AssessedStatus::Limited));
    r.say("commitment.assessed", "2021-01-01", assessed("org:ngo", "no_evidence"));
    let later = row(&r, "2021-06-01");
    assert_eq!(later.self_reported, both.self_reported, "a finding changes no self-report");
    assert_eq!((later.assessed.len(), later.assessed[0].status), (1, AssessedStatus::NoEvidence));
    assert_eq!(row(&r, "2020-06-01"), both, "what came later changes no earlier day");
}

/// One assessor signs itself, the other is transcribed: the first one's own word must not hide the second's.
#[test]
fn an_assessors_own_word_hides_no_others() {
    let mut r = promised();
    r.copy("commitment.assessed", "2019-01-01", assessed("org:institute", "substantial"));
    r.say("commitment.assessed", "2019-02-01", assessed("org:ngo", "limited"));
    r.copy("commitment.assessed", "2019-02-02", assessed("org:ngo", "complete"));
    let found: Vec<_> = row(&r, "2020-01-01").assessed.into_iter().map(|f| (f.by.to_string(), f.status)).collect();
    let expected = [("org:institute", AssessedStatus::Substantial), ("org:ngo", AssessedStatus::Limited)];
    assert_eq!(found, expected.map(|(by, status)| (by.to_owned(), status)));
}

#[test]
fn a_commitment_evolves_and_keeps_its_old_words() {
    let mut r = promised();
    let revised =
        json!({"maker": RWA, "commitment": "law", "change": "deferred", "text": "A law, later.", "due": "2021-12-31"});
    r.say("commitment.revised", "2019-06-01", revised);
    r.say("commitment.progress_reported", "2020-01-01", progress("in_progress"));
    r.say("commitment.assessed", "2020-02-01", assessed("org:ngo", "not_started"));
    let gone = json!({"maker": RWA, "commitment": "law", "reason": "A new government."});
    let last = r.say("commitment.withdrawn", "2022-01-01", gone);
    let tell = |on: &str| {
        let found = r.ask(on, |q| commitment(q, &RWA.parse().unwrap(), &"law".parse().unwrap())).unwrap();
        found.map(|found| found.content)
    };
    assert!(tell("2017-12-31").is_none());
    let whole = tell("2022-01-01").unwrap();
    let story: Vec<_> = whole
        .events
        .iter()
        .map(|m| {
            let version = m.version.as_ref().map_or("", |v| v.change.as_str());
            (m.on.as_str(), version, m.self_reported.is_some(), m.assessed.is_some())
        })
        .collect();
    let expected = [
        ("2018-01-01", "made", false, false),
        ("2019-06-01", "deferred", false, false),
        ("2020-01-01", "", true, false),
        ("2020-02-01", "", false, true),
        ("2022-01-01", "withdrawn", false, false),
    ];
    assert_eq!(story, expected);
    assert_eq!(whole.events[0].version.as_ref().unwrap().text, "A law.");
    assert_eq!((whole.state, whole.basis.records.last()), ("withdrawn", Some(&last)));
    assert_eq!(tell("2021-01-01").unwrap().state, "made");
    let of_2020 = row(&r, "2020-06-01");
    assert_eq!((of_2020.due.as_deref(), of_2020.text.as_deref()), (Some("2021-12-31"), Some("A law, later.")));
    assert_eq!(row(&r, "2018-06-01").due.as_deref(), Some("2019-12-31"));
}

#[test]
fn commitments_are_found_by_maker_kind_tag_and_what_was_known() {
    let mut r = promised();
    let aid = json!({"maker": FRA, "commitment": "aid", "kind": "aid", "text": "Aid.", "binding": "internal"});
    r.copy("commitment.made", "2018-02-01", aid);
    let count = |wanted: &Wanted, size: u64, filter: Filter| {
        r.ask_by("2020-01-01", size, filter, |q| commitments(q, wanted)).unwrap().content.commitments.len()
    };
    let all = Wanted::default();
    assert_eq!((count(&all, r.size, Filter::default()), count(&all, r.size - 1, Filter::default())), (2, 1));
    let transcribed = Filter { standing: Some(Standing::Transcribed), answered: None };
    assert_eq!(count(&all, r.size, transcribed), 1);
    let disputed = Filter { standing: None, answered: Some(AnsweredAs::Disputed) };
    assert_eq!(count(&all, r.size, disputed), 0);
    let of = |maker: &str| Wanted { maker: Some(maker.parse().unwrap()), ..Wanted::default() };
    assert_eq!((count(&of(FRA), r.size, Filter::default()), count(&of("state:FR"), r.size, Filter::default())), (1, 0));
    let kind = Wanted { kind: Some(CommitmentKind::Aid), ..Wanted::default() };
    let tag = Wanted { tag: Some("r2p".parse().unwrap()), ..Wanted::default() };
    let other = Wanted { tag: Some("other".parse().unwrap()), ..Wanted::default() };
    assert_eq!([&kind, &tag, &other].map(|w| count(w, r.size, Filter::default())), [1, 1, 0]);
}

fn recommended() -> Records {
    let mut r = Records::with(&[(RWA, "state"), (FRA, "state"), ("state:DEU", "state"), ("org:ngo", "civil_society")]);
    for (id, from, session, action, themes) in [
        ("r1", FRA, 10, 5, json!(["Torture", "Women"])),
        ("r2", "state:DEU", 10, 4, json!(["torture"])),
        ("r3", FRA, 37, 5, json!([])),
    ] {
        let cycle = if session == 10 { 1 } else { 3 };
        let body = json!({"from": from, "to": RWA, "mechanism": "upr", "recommendation": id, "text": format!("Do {id}."),
            "action": action, "session": session, "cycle": cycle, "themes": themes});
        r.copy("recommendation.made", if cycle == 1 { "2011-01-24" } else { "2021-01-25" }, body);
    }
    let to_france = json!({"from": RWA, "to": FRA, "mechanism": "upr", "recommendation": "r1", "text": "Do."});
    r.copy("recommendation.made", "2018-01-15", to_france);
    for (id, response) in [("r1", "supported"), ("r2", "noted")] {
        let body = json!({"to": RWA, "recommendation": id, "response": response});
        r.copy("recommendation.responded", "2011-06-06", body);
    }
    let followed = json!({"to": RWA, "recommendation": "r1", "status": "fully", "text": "Done."});
    r.say("recommendation.followed_up", "2014-01-01", followed);
    let found =
        json!({"to": RWA, "recommendation": "r1", "assessor": "org:ngo", "status": "limited", "method": "visit"});
    r.say("recommendation.assessed", "2015-01-01", found);
    r
}

#[test]
fn recommendations_run_from_made_to_assessed() {
    let r = recommended();
    let to = |to: &str| rec::Wanted { to: Some(to.parse().unwrap()), ..Default::default() };
    let all = r.ask("2022-01-01", |q| recommendations(q, &to(RWA))).unwrap().content;
    let c = all.counts;
    assert_eq!((c.made, c.supported, c.noted, c.pending, c.followed_up, c.assessed), (3, 1, 1, 1, 1, 1));
    let first = &all.recommendations[0];
    assert_eq!(
        (first.recommendation.as_str(), first.response, first.responded.as_deref()),
        ("r1", Answer::Supported, Some("2011-06-06"))
    );
    // The state says fully, the assessor limited: side by side.
    assert_eq!(serde_json::to_value(first).unwrap()["self_reported"]["status"], "fully");
    assert_eq!(first.assessed[0].status, AssessedStatus::Limited);
    assert_eq!(first.basis.records.len(), 4);
    // Before the answer it was pending, before it was made it was not.
    let before = |on: &str| r.ask(on, |q| recommendations(q, &to(RWA))).unwrap().content.counts;
    assert_eq!((before("2011-06-05").pending, before("2011-06-05").made, before("2011-01-23").made), (2, 2, 0));
    // A state's name that begins another's is another's.
    assert_eq!(
        r.ask("2022-01-01", |q| recommendations(q, &to("state:RW"))).unwrap().notes,
        ["state:RW is not registered"]
    );
    let count = |wanted: rec::Wanted| r.ask("2022-01-01", |q| recommendations(q, &wanted)).unwrap().content.counts.made;
    let torture = rec::Wanted { theme: Some("TORTURE".into()), ..Default::default() };
    let supported = rec::Wanted { answer: Some(Answer::Supported), ..Default::default() };
    let limited = rec::Wanted { assessed: Some(AssessedStatus::Limited), ..Default::default() };
    let complete = rec::Wanted { assessed: Some(AssessedStatus::Complete), ..Default::default() };
    let session = rec::Wanted { session: Some(10), from: Some(FRA.parse().unwrap()), ..Default::default() };
    assert_eq!([torture, supported, limited, complete, session].map(count), [2, 1, 1, 0, 1]);
}

#[test]
fn recommendations_are_counted_by_group() {
    let r = recommended();
    let groups = |by: GroupBy| {
        let found = r.ask("2022-01-01", |q| grouped(q, &rec::Wanted::default(), by)).unwrap().content;
        assert_eq!(found.counts.made, 4);
        found.groups.into_iter().map(|g| (g.group, g.counts.made)).collect::<Vec<_>>()
    };
    let named = |all: &[(&str, u32)]| all.iter().map(|(g, n)| ((*g).to_owned(), *n)).collect::<Vec<_>>();
    assert_eq!(groups(GroupBy::State), named(&[(FRA, 1), (RWA, 3)]));
    assert_eq!(groups(GroupBy::From), named(&[("state:DEU", 1), (FRA, 2), (RWA, 1)]));
    assert_eq!(groups(GroupBy::Action), named(&[("4", 1), ("5", 2), ("not stated", 1)]));
    assert_eq!(groups(GroupBy::Response), named(&[("noted", 1), ("pending", 2), ("supported", 1)]));
    assert_eq!(groups(GroupBy::Cycle), named(&[("1", 2), ("3", 1), ("not stated", 1)]));
    assert_eq!(groups(GroupBy::Theme), named(&[("Torture", 1), ("Women", 1), ("not stated", 2), ("torture", 1)]));
}

/// France is a permanent member, Germany was elected for 2003-2004; both endorse, France on 7 August 2015.
fn council(conduct: Option<Value>) -> Records {
    let mut r = Records::with(&[(FRA, "state"), ("state:DEU", "state"), ("state:RUS", "state"), (COUNCIL, "un_organ")]);
    let mut body = json!({"instrument": "veto-declaration", "binding": "political", "kind": "political_declaration", "title": "Declaration"});
    if let Some(conduct) = conduct {
        body["conduct"] = conduct;
    }
    r.say("instrument.registered", "2015-08-07", body);
    r.copy("membership.began", "1945-10-24", json!({"body": COUNCIL, "member": FRA, "seat": "permanent"}));
    r.copy("membership.began", "1945-10-24", json!({"body": COUNCIL, "member": "state:RUS", "seat": "permanent"}));
    r.copy(
        "membership.began",
        "2003-01-01",
        json!({"body": COUNCIL, "member": "state:DEU", "seat": "elected", "until": "2004-12-31"}),
    );
    r
}

fn endorses(r: &mut Records, who: &str, on: &str) {
    r.copy("endorsement.made", on, json!({"endorser": who, "instrument": "veto-declaration"}));
}

fn vetoed(r: &mut Records, symbol: &str, on: &str, by: &[&str], tags: Value) -> u64 {
    let mut body = json!({"decision": symbol, "organ": COUNCIL, "title": format!("Draft {symbol}"), "vetoes": by});
    if !tags.is_null() {
        body["tags"] = tags;
    }
    r.copy("decision.not_adopted", on, body)
}

fn compare(r: &Records, on: &str) -> Result<Report<ConductOf>, NoConduct> {
    r.ask(on, |q| conduct(q, &"veto-declaration".parse::<Slug>().unwrap(), &COUNCIL.parse().unwrap())).unwrap()
}

fn of(r: &Records, who: &str, on: &str) -> ConductRow {
    let rows = compare(r, on).unwrap().content.endorsers;
    rows.into_iter().find(|row| row.endorser.as_str() == who).unwrap()
}

#[test]
fn a_veto_counts_only_on_a_tagged_draft_while_endorsing() {
    let mut r = council(Some(json!({"test": "no_veto", "tags": ["mass-atrocities"]})));
    endorses(&mut r, FRA, "2015-08-07");
    let tagged = json!(["mass-atrocities", "r2p"]);
    vetoed(&mut r, "S/2015/1", "2015-08-06", &[FRA], tagged.clone());
    vetoed(&mut r, "S/2016/1", "2016-01-01", &[FRA], Value::Null);
    vetoed(&mut r, "S/2016/2", "2016-02-01", &[FRA], json!(["trade"]));
    let breach = vetoed(&mut r, "S/2016/3", "2016-03-01", &[FRA, "state:RUS"], tagged.clone());
    vetoed(&mut r, "S/2016/4", "2016-04-01", &["state:RUS"], tagged);
    let row = of(&r, FRA, "2020-01-01");
    assert_eq!(row.compared, 2, "two tagged drafts since it endorsed");
    let found: Vec<_> = row.breaches.iter().map(|b| (b.decision.as_str(), b.veto, b.record)).collect();
    assert_eq!(found, [("S/2016/3", true, breach)]);
    assert!(row.basis.records.contains(&breach));
    // Russia endorses nothing: it has no row, and its veto is nobody's breach.
    assert_eq!(compare(&r, "2020-01-01").unwrap().content.endorsers.len(), 1);
    // Before the draft there was no breach, and before the endorsement no endorser.
    assert!(of(&r, FRA, "2016-02-29").breaches.is_empty());
    assert!(compare(&r, "2015-08-07").unwrap().content.endorsers.len() == 1);
}

#[test]
fn vetoes_are_listed_by_the_day_and_each_member_is_counted() {
    let mut r = council(None);
    let both = vetoed(&mut r, "S/2016/3", "2016-03-01", &[FRA, "state:RUS"], Value::Null);
    let first = vetoed(&mut r, "S/2015/1", "2015-08-06", &["state:RUS"], Value::Null);
    // In some year, and counted on the last day that this can mean.
    let year = vetoed(&mut r, "S/2015/9", "2015", &["state:RUS"], Value::Null);
    // None of these is a veto in the Council: too few votes, another organ's, an adoption.
    r.copy(
        "decision.not_adopted",
        "2016-01-01",
        json!({"decision": "S/2016/1", "organ": COUNCIL, "title": "T", "against": [FRA]}),
    );
    let elsewhere = json!({"decision": "X/1", "organ": "org:other", "title": "T", "vetoes": [FRA]});
    r.copy("decision.not_adopted", "2016-01-02", elsewhere);
    r.copy("decision.adopted", "2016-01-03", json!({"decision": "S/RES/1(2016)", "organ": COUNCIL, "title": "T"}));
    let asked = |on: &str, member: Option<&str>, since: Option<&str>| {
        let wanted = Vetoed {
            body: COUNCIL.parse().unwrap(),
            member: member.map(|m| m.parse().unwrap()),
            since: since.map(|day| day.parse().unwrap()),
        };
        let found = r.ask(on, |q| vetoes(q, &wanted)).unwrap().content;
        let drafts: Vec<_> = found.drafts.iter().map(|d| d.basis.records.clone()).collect();
        let cast: Vec<_> = found.by_member.iter().map(|m| (m.member.to_string(), m.vetoes)).collect();
        (drafts, cast)
    };
    let cast = |all: &[(&str, u32)]| all.iter().map(|(m, n)| ((*m).to_owned(), *n)).collect::<Vec<_>>();
    let all = vec![vec![first], vec![year], vec![both]];
    assert_eq!(asked("2020-01-01", None, None), (all, cast(&[(FRA, 1), ("state:RUS", 3)])));
    assert_eq!(asked("2020-01-01", Some(FRA), None), (vec![vec![both]], cast(&[(FRA, 1), ("state:RUS", 1)])));
    assert_eq!(asked("2020-01-01", None, Some("2015-12-31")).0, [[year], [both]]);
    assert_eq!(asked("2020-01-01", None, Some("2016-01-01")).0, [[both]]);
    assert_eq!(asked("2015-08-06", None, None).0.first(), Some(&vec![first]));
    assert!(asked("2015-08-05", Some(FRA), None).0.is_empty());
}

#[test]
fn an_endorser_off_the_council_is_not_compared() {
    let mut r = council(Some(json!({"test": "no_vote_against"})));
    endorses(&mut r, "state:DEU", "2003-06-01");
    let against = |r: &mut Records, symbol: &str, on: &str| {
        let body = json!({"decision": symbol, "organ": COUNCIL, "title": "T", "against": ["state:DEU"]});
        r.copy("decision.adopted", on, body)
    };
    against(&mut r, "S/RES/1(2003)", "2003-05-31");
    against(&mut r, "S/RES/2(2003)", "2003-06-01");
    against(&mut r, "S/RES/3(2004)", "2004-12-31");
    against(&mut r, "S/RES/4(2005)", "2005-01-01");
    let found = of(&r, "state:DEU", "2015-08-08");
    let breaches: Vec<_> = found.breaches.iter().map(|b| b.decision.as_str()).collect();
    assert_eq!((found.compared, breaches), (2, vec!["S/RES/2(2003)", "S/RES/3(2004)"]));
    assert_eq!((found.terms.len(), found.terms[0].until.as_deref()), (1, Some("2004-12-31")));
    // Who endorsed only afterwards was never on the Council while it did.
    let mut late = council(Some(json!({"test": "no_vote_against"})));
    endorses(&mut late, "state:DEU", "2015-08-07");
    against(&mut late, "S/RES/5(2016)", "2016-01-01");
    let row = of(&late, "state:DEU", "2020-01-01");
    assert_eq!((row.compared, row.terms.len(), row.breaches.len()), (0, 0, 0));
}

#[test]
fn a_withdrawn_endorsement_binds_no_more() {
    let mut r = council(Some(json!({"test": "no_veto"})));
    endorses(&mut r, FRA, "2015-08-07");
    r.copy("endorsement.withdrawn", "2017-01-01", json!({"endorser": FRA, "instrument": "veto-declaration"}));
    vetoed(&mut r, "S/2016/1", "2016-12-31", &[FRA], Value::Null);
    vetoed(&mut r, "S/2017/1", "2017-01-01", &[FRA], Value::Null);
    let row = of(&r, FRA, "2020-01-01");
    assert_eq!(row.endorsed[0].until.as_deref(), Some("2016-12-31"));
    assert_eq!((row.compared, row.breaches.len(), row.breaches[0].decision.as_str()), (1, 1, "S/2016/1"));
    // By what was known before the withdrawal, both count.
    endorses(&mut r, FRA, "2018-01-01");
    vetoed(&mut r, "S/2018/1", "2018-01-01", &[FRA], Value::Null);
    assert_eq!(of(&r, FRA, "2020-01-01").breaches.len(), 2, "endorsed anew, it is bound anew");
}

/// The state signs a term of its own; older terms, transcribed, must not vanish behind it.
#[test]
fn a_later_term_of_its_own_hides_no_transcribed_one() {
    let mut r = council(Some(json!({"test": "no_vote_against"})));
    endorses(&mut r, "state:DEU", "2003-01-01");
    r.say("membership.began", "2011-01-01", json!({"body": COUNCIL, "member": "state:DEU", "until": "2012-12-31"}));
    let terms: Vec<_> = of(&r, "state:DEU", "2016-01-01").terms.into_iter().map(|t| t.from).collect();
    assert_eq!(terms, ["2003-01-01", "2011-01-01"]);
}

/// Votes are often counted and not named: that is no clean record.
#[test]
fn votes_that_nobody_names_are_shown_as_such() {
    let mut r = council(Some(json!({"test": "no_vote_against"})));
    endorses(&mut r, FRA, "2015-08-07");
    let votes = json!({"in_favour": 8, "against": 2, "abstaining": 5});
    let body = json!({"decision": "S/2016/9", "organ": COUNCIL, "title": "T", "votes": votes});
    let seq = r.copy("decision.not_adopted", "2016-01-01", body);
    let row = of(&r, FRA, "2020-01-01");
    assert_eq!((row.compared, row.breaches.len(), row.unnamed), (1, 0, vec![seq]));
}

#[test]
fn an_instrument_without_conduct_is_no_question() {
    let r = council(None);
    assert!(matches!(compare(&r, "2020-01-01"), Err(NoConduct::Without(_))));
    assert!(matches!(compare(&r, "2015-08-06"), Err(NoConduct::Unknown(_))));
}

/// The report of 2017: "59 states and the EU" have a focal point. Here three states and the EU have.
#[test]
fn asserted_counts_stand_beside_derived_ones() {
    let mut r = Records::with(&[("org:gcr2p", "civil_society"), ("org:eu", "regional_organization")]);
    let appoint = |r: &mut Records, of: &str, on: &str| {
        r.copy("focal_point.appointed", on, json!({"of": of, "office": "Ministry", "level": "senior_official"}))
    };
    for code in ["AAA", "BBB", "CCC"] {
        r.actor(&format!("state:{code}"), "state");
        appoint(&mut r, &format!("state:{code}"), "2015-08-27");
    }
    appoint(&mut r, "org:eu", "2016-01-01");
    let vacant = r.copy("focal_point.vacated", "2018-01-01", json!({"of": "state:AAA"}));
    for (id, of, count) in [("states", "states", 59), ("all", "all", 4)] {
        let body = json!({"asserter": "org:gcr2p", "id": id, "count": count, "of": {"kind": "focal_points", "of": of}});
        r.say("count.asserted", "2017-09-01", body);
    }
    let rows = |on: &str, filter: Filter| r.ask_by(on, r.size, filter, counts).unwrap().content.counts;
    let found = rows("2020-01-01", Filter::default());
    let told: Vec<_> = found.iter().map(|c| (c.id.as_str(), c.asserted, c.derived, c.difference)).collect();
    assert_eq!(told, [("all", 4, 4, 0), ("states", 59, 3, 56)], "of that day, not of today");
    assert!(!found[0].derived_records.contains(&vacant));
    assert_eq!(rows("2017-08-31", Filter::default()), []);
    let own = rows("2020-01-01", Filter { standing: Some(Standing::Own), answered: None });
    assert_eq!((own[1].asserted, own[1].derived), (59, 0), "by own words alone there is nobody");
}

#[test]
fn every_kind_of_count_is_derived() {
    let mut r = council(Some(json!({"test": "no_veto"})));
    r.actor("org:gcr2p", "civil_society");
    r.treaties();
    endorses(&mut r, FRA, "2015-08-07");
    endorses(&mut r, "state:DEU", "2015-08-07");
    r.copy("endorsement.withdrawn", "2017-01-01", json!({"endorser": FRA, "instrument": "veto-declaration"}));
    r.copy("invitation.issued", "2010-01-01", json!({"state": FRA}));
    let consent = json!({"state": FRA, "treaty": "refugee-protocol", "mode": "accession"});
    r.copy("treaty.consent_deposited", "1971-02-03", consent);
    let asked = json!({"from": "state:DEU", "to": FRA, "mechanism": "upr", "recommendation": "x", "text": "Do."});
    r.copy("recommendation.made", "2013-01-01", asked);
    for (id, of) in [
        ("a", json!({"kind": "endorsers", "instrument": "veto-declaration"})),
        ("b", json!({"kind": "standing_invitations"})),
        ("c", json!({"kind": "parties", "treaty": "refugee-protocol"})),
        ("d", json!({"kind": "recommendations", "to": FRA})),
        ("e", json!({"kind": "members", "body": COUNCIL})),
    ] {
        for (when, day) in [("early", "2016-12-31"), ("late", "2017-06-01")] {
            let body = json!({"asserter": "org:gcr2p", "id": format!("{id}-{when}"), "count": 9, "of": of});
            r.say("count.asserted", day, body);
        }
    }
    let found = r.ask("2020-01-01", counts).unwrap().content.counts;
    let derived: Vec<_> = found.iter().map(|c| (c.id.as_str(), c.derived)).collect();
    // One accession brings no treaty into force: no party. Germany's term was over in 2004.
    let early = [("a-early", 2), ("b-early", 1), ("c-early", 0), ("d-early", 1), ("e-early", 2)];
    let late = [("a-late", 1), ("b-late", 1), ("c-late", 0), ("d-late", 1), ("e-late", 2)];
    assert_eq!(derived, [early, late].concat());
}
