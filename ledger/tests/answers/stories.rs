//! Lists of stories, and where each stands.

use answerable_ledger::projection::stories::{Which, kinds, stories};
use answerable_schemas::story::{Crime, Pillar};
use serde_json::json;

use crate::Records;

#[test]
fn stories_are_listed_and_filtered() {
    let mut r = Records::with(&[("org:court", "court"), ("state:AAA", "state"), ("state:BBB", "state")]);
    for (case, state, crime) in [("one", "state:AAA", "genocide"), ("two", "state:BBB", "war_crimes")] {
        r.say(
            "case.opened",
            "2020-01-01",
            json!({"case": case, "court": "org:court", "crimes": [crime], "state": state, "tags": ["r2p"],
                "pillars": ["III"]}),
        );
    }
    let closed =
        r.say("case.closed", "2021-02-03", json!({"case": "one", "court": "org:court", "outcome": "conviction"}));
    r.say("focal_point.appointed", "2019", json!({"level": "minister", "of": "state:AAA", "office": "Ministry"}));
    let of = |on: &str, which: Which| -> Vec<String> {
        let found = r.ask(on, |q| stories(q, "case", &which).unwrap());
        found.stories.iter().map(|l| format!("{} {} {}", l.stream, l.state, l.since.as_deref().unwrap())).collect()
    };
    let (one, two) = ("case:org:court:one closed 2021-02-03", "case:org:court:two open 2020-01-01");
    assert_eq!(of("2022-01-01", Which::default()), [one, two]);
    assert_eq!(of("2021-02-02", Which::default())[0], "case:org:court:one open 2020-01-01");
    assert_eq!(of("2019-12-31", Which::default()), [""; 0]);
    let day = "2022-01-01";
    assert_eq!(of(day, Which { actor: Some("state:AAA".parse().unwrap()), ..Which::default() }), [one]);
    assert_eq!(of(day, Which { actor: Some("org:court".parse().unwrap()), ..Which::default() }), [one, two]);
    assert_eq!(of(day, Which { crime: Some(Crime::WarCrimes), ..Which::default() }), [two]);
    assert_eq!(of(day, Which { pillar: Some(Pillar::One), ..Which::default() }), [""; 0]);
    assert_eq!(of(day, Which { pillar: Some(Pillar::Three), ..Which::default() }), [one, two]);
    assert_eq!(of(day, Which { tag: Some("r2p".into()), state: Some("open".into()), ..Which::default() }), [two]);
    assert_eq!(of(day, Which { tag: Some("other".into()), ..Which::default() }), [""; 0]);
    let found = r.ask(day, |q| stories(q, "case", &Which::default()).unwrap());
    assert_eq!(found.stories[0].last, "the case one before org:court ends on 2021-02-03: conviction");
    assert!(found.stories[0].basis.records.contains(&closed));
    let counted = r.ask(day, |q| kinds(q).unwrap());
    let counted: Vec<String> = counted.iter().map(|(kind, states)| format!("{kind} {states:?}")).collect();
    assert_eq!(counted, ["case {\"closed\": 1, \"open\": 1}", "focal-point {\"appointed\": 1}"]);
}
