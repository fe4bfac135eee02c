//! The worked examples of `examples/stories/` stand, with exactly their flags; each refused one is refused with its code and,
//! forced into an export, found there. Every declared type has one of each.
//! Not here: schemas and words of the same examples (`schemas/tests/stories.rs`), their round trip (`tests/tests/stories.rs`).

mod kit;
#[path = "../../schemas/tests/worked/mod.rs"]
mod worked;

use std::collections::BTreeSet;

use answerable_schemas::catalogue::TYPES;
use answerable_schemas::envelope::Source;
use answerable_schemas::governance::Role;
use answerable_schemas::{Event, Standing};
use kit::{FOUNDER, Kit, codes};
use serde_json::{Value, json};
use worked::{Act, REGISTRAR, Refused};

const TODAY: &str = "2026-11-23";

fn grant(kit: &mut Kit, actor: &str, role: Role, of: Option<&str>) {
    let mut body = json!({"actor": actor, "role": role});
    if let Some(organ) = of {
        body["of"] = json!(organ);
    }
    kit.say(FOUNDER, "role.granted", TODAY, body);
}

/// The founder registers the registrar, which registers all others.
fn with_registrar() -> Kit {
    let mut kit = Kit::founded();
    grant(&mut kit, FOUNDER, Role::Registrar, None);
    kit.register(REGISTRAR, "2000", "other");
    kit.enrol(REGISTRAR);
    grant(&mut kit, REGISTRAR, Role::Registrar, None);
    kit
}

fn enrol_and_grant<'a>(
    kit: &mut Kit,
    signers: impl IntoIterator<Item = &'a Act>,
    roles: BTreeSet<(String, Role, Option<String>)>,
) {
    let signers: BTreeSet<&str> = signers.into_iter().map(|a| a.actor.as_str()).collect();
    signers.iter().filter(|s| **s != REGISTRAR).for_each(|s| kit.enrol(s));
    let roles = roles.into_iter().filter(|(actor, ..)| actor != REGISTRAR);
    roles.for_each(|(actor, role, of)| grant(kit, &actor, role, of.as_deref()));
}

/// The event of an act whose body can be read.
fn event(kit: &mut Kit, act: &Act) -> Event {
    let mut event = kit.event(&act.actor, &act.kind, &act.effective, Value::Object(act.body.clone()));
    dress(&mut event, act);
    event
}

fn dress(event: &mut Event, act: &Act) {
    event.standing = if act.is_transcribed() { Standing::Transcribed } else { Standing::Own };
    event.source = act.source.as_ref().map(|s| Source {
        document: s.document.clone(),
        row: None,
        seen: TODAY.parse().unwrap(),
        sha256: None,
        title: s.title.clone(),
        url: None,
    });
}

#[test]
fn the_worked_examples_stand_with_their_flags() {
    let mut kit = with_registrar();
    let acts = worked::all();
    let (registrations, others): (Vec<&Act>, Vec<&Act>) = acts.iter().partition(|a| a.kind == "actor.registered");
    let play = |kit: &mut Kit, act: &Act| {
        let event = event(kit, act);
        let flags = kit.admit(&event).unwrap_or_else(|f| panic!("{f}: {act:#?}"));
        assert_eq!(codes(&flags), act.flags, "{act:#?}");
    };
    registrations.iter().for_each(|act| play(&mut kit, act));
    enrol_and_grant(&mut kit, others.iter().copied(), worked::roles(others.iter().copied()));
    others.iter().for_each(|act| play(&mut kit, act));
    let report = kit.audit(&kit.lines);
    assert_eq!(report.verdict.exit_code(), 0, "{:?}", report.faults);
}

#[test]
fn every_declared_type_is_worked_once_and_refused_once() {
    let declared: BTreeSet<&str> = TYPES.iter().filter(|t| t.is_declared()).map(|t| t.name).collect();
    let acts = worked::all();
    let shown: BTreeSet<&str> = acts.iter().map(|a| a.kind.as_str()).collect();
    let missing: Vec<_> = declared.difference(&shown).collect();
    assert!(missing.is_empty(), "examples/stories/ has no example of {missing:?}");
    let refused = worked::refused();
    let shown: BTreeSet<&str> = refused.iter().map(|r| r.act.kind.as_str()).collect();
    let missing: Vec<_> = declared.difference(&shown).collect();
    assert!(missing.is_empty(), "examples/stories/refused.json has no example of {missing:?}");
}

/// The rules that guard declared types, and the flags that they raise, by docs/CODES.md.
#[test]
fn every_rule_and_flag_of_the_stories_has_an_example() {
    let page = include_str!("../../docs/CODES.md");
    let (rules, flags) = page.split_once("\n## Flags\n").unwrap();
    let in_table = |text: &str| -> Vec<String> {
        let codes = text.lines().filter_map(|l| l.strip_prefix("| `")).filter_map(|l| l.split_once('`'));
        codes.map(|(code, _)| code.to_owned()).collect()
    };
    const FAMILIES: [&str; 12] = [
        "law.story.",
        "law.decision.",
        "law.mandate.",
        "law.assessment.",
        "law.report.",
        "law.commitment.",
        "law.assistance.",
        "law.recommendation.",
        "law.upr.",
        "law.nhri.",
        "law.membership.",
        "law.actor.wrong_kind",
    ];
    let refused: BTreeSet<String> = worked::refused().into_iter().map(|r| r.code).collect();
    let rules: Vec<String> =
        in_table(rules).into_iter().filter(|c| FAMILIES.iter().any(|f| c.starts_with(f))).collect();
    assert!(rules.len() >= 24, "the search finds the rules: {}", rules.len());
    let more = ["authority.not_entitled", "event.invalid_body"].map(String::from);
    let missing: Vec<_> = rules.iter().chain(&more).filter(|c| !refused.contains(*c)).collect();
    assert!(missing.is_empty(), "examples/stories/refused.json has no example of {missing:?}");

    let raised: BTreeSet<String> = worked::all().into_iter().flat_map(|a| a.flags).collect();
    const FLAGS: [&str; 4] = ["mandate.", "upr.", "assessment.", "submission."];
    let (flags, _) = flags.split_once("\n## ").unwrap();
    let flags: Vec<String> = in_table(flags).into_iter().filter(|c| FLAGS.iter().any(|f| c.starts_with(f))).collect();
    assert!(flags.len() >= 6, "the search finds the flags: {}", flags.len());
    let missing: Vec<_> = flags.iter().filter(|c| !raised.contains(*c)).collect();
    assert!(missing.is_empty(), "no example in examples/stories/ carries {missing:?}");
}

/// A ledger in which the acts that come before the refused one are recorded.
fn before(example: &Refused) -> Kit {
    let mut kit = with_registrar();
    let registers = worked::registers();
    let acts: Vec<&Act> = example.after.iter().chain([&example.act]).collect();
    let named: BTreeSet<String> = acts.iter().flat_map(|a| a.names(&registers)).collect();
    for registration in named.iter().filter_map(|name| registers.get(name)) {
        let event = event(&mut kit, registration);
        kit.must(event);
    }
    enrol_and_grant(&mut kit, acts, example.roles());
    for act in &example.after {
        let event = event(&mut kit, act);
        kit.admit(&event).unwrap_or_else(|f| panic!("{}: before it: {f}: {act:#?}", example.about));
    }
    kit
}

/// The event of an act whose body need not be readable: then it has no stream, and stands in any.
fn any_event(kit: &mut Kit, act: &Act) -> Event {
    if act.parse().is_ok() {
        return event(kit, act);
    }
    let good = worked::all().into_iter().find(|a| a.kind == act.kind).expect("a worked example");
    let mut made = event(kit, &Act { actor: act.actor.clone(), ..good });
    made.body = act.body.clone();
    dress(&mut made, act);
    made
}

#[test]
fn the_refused_examples_are_refused_and_found() {
    for example in worked::refused() {
        // Shown where the assertions in `Kit::refused` fail.
        println!("{}: {}", example.about, example.code);
        let mut kit = before(&example);
        let event = any_event(&mut kit, &example.act);
        kit.refused(&event, &example.code);
    }
}

/// An own act that continues a story which only a transcription began found itself when its rule looked for earlier acts:
/// the report on a transcribed requirement was "answered already", by itself.
#[test]
fn an_act_is_not_its_own_predecessor() {
    let mut kit = with_registrar();
    grant(&mut kit, FOUNDER, Role::Transcriber, None);
    for actor in ["org:un-secretary-general", "state:XXA"] {
        kit.register(actor, "1962", "other");
        kit.enrol(actor);
    }
    kit.register("org:un-security-council", "1945", "un_organ");
    let required = json!({"binding": "mandate", "organ": "org:un-security-council", "reporter": "org:un-secretary-general",
        "requirement": "r", "schedule": [{"kind": "once", "on": "1994-01-31"}], "title": "x"});
    kit.transcribe("report.required", "1993-11-05", required);
    let submitted = json!({"due": "1994-01-31", "reporter": "org:un-secretary-general", "requirement": "r"});
    assert_eq!(kit.say("org:un-secretary-general", "report.submitted", "1994-01-28", submitted.clone()), []);
    kit::refused(
        &mut kit,
        "org:un-secretary-general",
        "report.submitted",
        "1994-01-29",
        submitted,
        "law.report.answered_already",
    );
    let made = json!({"commitment": "c", "due": "2023-12-31", "kind": "pledge", "maker": "state:XXA", "text": "x"});
    kit.transcribe("commitment.made", "2021-01-01", made);
    let deferred =
        |due: &str| json!({"change": "deferred", "commitment": "c", "due": due, "maker": "state:XXA", "text": "x"});
    kit::refused(
        &mut kit,
        "state:XXA",
        "commitment.revised",
        "2023-06-01",
        deferred("2023-12-31"),
        "law.commitment.not_that_change",
    );
    assert_eq!(kit.say("state:XXA", "commitment.revised", "2023-06-01", deferred("2024-12-31")), []);
    let term = |until: &str| json!({"body": "org:un-security-council", "member": "state:XXA", "until": until});
    kit.enrol("org:un-security-council");
    // A term that a transcription tells of makes no word of the body itself unlawful; its own words overlap.
    kit.transcribe("membership.began", "1994-01-01", term("1995-12-31"));
    assert_eq!(kit.say("org:un-security-council", "membership.began", "1994-01-01", term("1995-12-31")), []);
    let event = kit.event("org:un-security-council", "membership.began", "1995-12-31", term("1996-12-31"));
    kit.refused(&event, "law.membership.overlaps");
    assert_eq!(kit.say("org:un-security-council", "membership.began", "2013-01-01", term("2014-12-31")), []);
}
