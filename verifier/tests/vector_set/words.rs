//! Lies in the envelope: members that are missing, surplus or of the wrong form; types and rules that nobody knows.
//! Not here: JSON as such (`text`).

use super::*;

type Row = (&'static str, &'static str, &'static str, fn(&str) -> String);

macro_rules! put {
    ($from:expr, $to:expr) => {
        |text| swap(text, $from, $to)
    };
}

/// Replaces the value of a member that is a string.
fn member(text: &str, name: &str, edit: impl Fn(&str) -> String) -> String {
    let from = text.find(&format!("\"{name}\":\"")).expect("the member") + name.len() + 4;
    let to = from + text[from..].find('"').expect("the text ends");
    format!("{}{}{}", &text[..from], edit(&text[from..to]), &text[to..])
}

/// Another spelling of the same bytes: the bits that padding leaves over are not zero.
fn trailing_bits(base64: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let end = base64.trim_end_matches('=');
    let last = LETTERS.find(&end[end.len() - 1..]).expect("base64");
    format!("{}{}{}", &end[..end.len() - 1], &LETTERS[last + 1..last + 2], &base64[end.len()..])
}

/// In the event, before it is signed.
const EVENT: &[Row] = &[
    ("unknown_member_in_event", "The envelope has a member that no reader knows.", "record.malformed", |t| {
        swap(t, ",\"v\":1}", ",\"urgent\":true,\"v\":1}")
    }),
    ("missing_member", "The event has no standing.", "record.malformed", put!("\"standing\":\"own\",", "")),
    ("null_for_an_absent_source", "The source is null, and must be absent.", "record.malformed", |t| {
        swap(t, "\"standing\"", "\"source\":null,\"standing\"")
    }),
    ("null_in_body", "A member of the body is null.", "record.malformed", put!("\"name\":\"X\"", "\"name\":null")),
    ("null_effective", "The day is null.", "record.malformed", put!("\"effective\":\"2001\"", "\"effective\":null")),
    ("number_as_text", "The version is a text.", "record.malformed", put!("\"v\":1", "\"v\":\"1\"")),
    ("standing_of_another_case", "The standing is written in upper case.", "record.malformed", |t| {
        swap(t, "\"own\"", "\"OWN\"")
    }),
    ("standing_as_object", "The standing is an object that some readers take for a name.", "record.malformed", |t| {
        swap(t, "\"standing\":\"own\"", "\"standing\":{\"own\":{}}")
    }),
    ("base64_trailing_bits", "A nonce is spelt with trailing bits that are not zero.", "record.malformed", |t| {
        member(t, "nonce", trailing_bits)
    }),
    ("base64_without_padding", "A nonce is spelt without padding.", "record.malformed", |t| {
        member(t, "nonce", |n| n.trim_end_matches('=').to_owned())
    }),
    ("base64_url_alphabet", "A nonce is spelt in the alphabet of URLs.", "record.malformed", |t| {
        member(t, "nonce", |_| format!("{}w==", "_".repeat(21)))
    }),
    ("base64_root_trailing_bits", "The root that was seen has trailing bits.", "record.malformed", |t| {
        member(t, "root", trailing_bits)
    }),
    ("nonce_too_short", "A nonce has 15 bytes.", "record.malformed", |t| member(t, "nonce", |n| n[..20].to_owned())),
    ("hex_in_upper_case", "The ledger's id is in upper case.", "record.malformed", |t| {
        member(t, "ledger", str::to_uppercase)
    }),
    ("date_that_is_none", "The day is 30 February.", "record.malformed", put!("\"2001\"", "\"2001-02-30\"")),
    ("date_with_year_0", "The year is 0000.", "record.malformed", put!("\"2001\"", "\"0000\"")),
    ("date_not_padded", "The day is written 2001-2-3.", "record.malformed", put!("\"2001\"", "\"2001-2-3\"")),
    ("instant_with_offset", "An instant is written with +00:00.", "record.malformed", |t| {
        member(t, "issued", |i| i.replace('Z', "+00:00"))
    }),
    ("instant_without_milliseconds", "An instant has no milliseconds.", "record.malformed", |t| {
        member(t, "issued", |i| format!("{}Z", &i[..19]))
    }),
    ("instant_with_leap_second", "An instant has the second 60.", "record.malformed", |t| {
        member(t, "issued", |i| format!("{}:60.000Z", &i[..16]))
    }),
    ("actor_that_is_no_id", "The actor is no actor id.", "record.malformed", |t| {
        swap(t, "\"actor\":\"org:founder\"", "\"actor\":\"Founder\"")
    }),
    ("signers_twice", "A signer is listed twice.", "record.malformed", |t| {
        swap(t, "[\"org:founder#1\"]", "[\"org:founder#1\",\"org:founder#1\"]")
    }),
    ("signers_not_sorted", "The signers are not in order.", "record.malformed", |t| {
        swap(t, "[\"org:founder#1\"]", "[\"state:UTO#1\",\"org:founder#1\"]")
    }),
    ("no_signers", "Nobody signs.", "record.malformed", put!("[\"org:founder#1\"]", "[]")),
    ("seventeen_signers", "More sign than 16.", "record.malformed", |t| {
        let names: Vec<String> = (10..27).map(|i| format!("\"org:founder#{i}\"")).collect();
        swap(t, "[\"org:founder#1\"]", &format!("[{}]", names.join(",")))
    }),
    ("source_without_place", "A source has neither document nor url.", "record.malformed", |t| {
        swap(t, "\"standing\"", "\"source\":{\"seen\":\"2001\",\"title\":\"A table\"},\"standing\"")
    }),
    ("attachments_not_sorted", "The attachments are not in order.", "record.malformed", |t| {
        let one = |byte: &str| {
            format!("{{\"media_type\":\"text/plain\",\"salted\":false,\"sha256\":\"{}\",\"size\":1}}", byte.repeat(32))
        };
        swap(t, "\"body\"", &format!("\"attachments\":[{},{}],\"body\"", one("bb"), one("aa")))
    }),
    ("salted_without_salt", "A salted file is shorter than its salt.", "record.malformed", |t| {
        let one = format!("\"salted\":true,\"sha256\":\"{}\",\"size\":31", "aa".repeat(32));
        swap(t, "\"body\"", &format!("\"attachments\":[{{\"media_type\":\"text/plain\",{one}}}],\"body\""))
    }),
    ("wrong_stream", "An event of one story is put into another.", "event.wrong_stream", |t| {
        swap(t, "\"stream\":\"actor:org:x\"", "\"stream\":\"actor:org:y\"")
    }),
];

/// In the line, around a signed event.
const LINE: &[Row] = &[
    ("unknown_member_in_record", "The record has a sixth member.", "record.malformed", |l| {
        swap(l, ",\"prev\"", ",\"note\":\"unsigned\",\"prev\"")
    }),
    ("seq_as_text", "The seq is a text.", "record.malformed", put!("\"seq\":4", "\"seq\":\"4\"")),
    ("seq_negative", "The seq is negative.", "record.malformed", put!("\"seq\":4", "\"seq\":-4")),
    ("prev_in_upper_case", "The hash of the record before is in upper case.", "record.malformed", |l| {
        member(l, "prev", str::to_uppercase)
    }),
    ("recorded_without_z", "The time of recording has no zone.", "record.malformed", |l| {
        member(l, "recorded", |r| r.trim_end_matches('Z').to_owned())
    }),
    ("signature_as_array", "A signature is a list, not an object.", "record.malformed", |l| {
        let object = &l[l.find("[{\"key\"").unwrap() + 1..l.len() - 2];
        let array = object.replace("{\"key\":", "[").replace("\"sig\":", "").replace('}', "]");
        swap(l, object, &array)
    }),
    ("signature_with_more", "A signature has a third member.", "record.malformed", |l| {
        swap(l, "\"key\":\"org:founder#1\"", "\"alg\":\"none\",\"key\":\"org:founder#1\"")
    }),
    ("base64_signature_trailing_bits", "A signature is spelt with trailing bits.", "signature.malformed", |l| {
        member(l, "sig", trailing_bits)
    }),
    ("base64_signature_without_padding", "A signature is spelt without padding.", "signature.malformed", |l| {
        member(l, "sig", |s| s.trim_end_matches('=').to_owned())
    }),
    ("base64_signature_with_space", "A signature has a space within.", "signature.malformed", |l| {
        member(l, "sig", |s| format!("{} {}", &s[..40], &s[40..]))
    }),
    ("signature_too_short", "A signature has 63 bytes.", "signature.malformed", |l| {
        member(l, "sig", |s| s[..84].to_owned())
    }),
    ("signature_too_long", "A signature has 66 bytes, good ones first.", "signature.malformed", |l| {
        member(l, "sig", |s| format!("{}AAA", s.trim_end_matches("==")))
    }),
];

pub fn vectors() -> Vec<Vector> {
    let mut all = Vec::new();
    for (name, says, code, edit) in EVENT {
        let mut kit = tiny();
        let event = registration(&mut kit, "X");
        let line = kit.line_around(edit(&text_of(&event)).as_bytes(), &["org:founder#1"]);
        kit.force(line);
        all.push(lie(name, says, &kit, code, 4));
    }
    for (name, says, code, edit) in LINE {
        let mut kit = tiny();
        let event = registration(&mut kit, "X");
        let line = kit.line(&kit.sign(&event));
        kit.force(edit(std::str::from_utf8(&line).unwrap()).into_bytes());
        all.push(lie(name, says, &kit, code, 4));
    }
    let mut kit = tiny();
    let mut event = registration(&mut kit, "X");
    event.body = object(json!({"actor": "org:x", "kind": "other", "name": "X", "rank": 1}));
    let says = "The body has a member that its type does not know.";
    all.push(forced("invalid_body", says, kit, &event, "event.invalid_body").rust_alone());
    all.extend(unknown());
    all
}

/// What this program does not know is neither verified nor false; a certain lie beside it is false.
fn unknown() -> Vec<Vector> {
    let sung = |edit: fn(&mut Event)| {
        let mut kit = tiny();
        let mut event = registration(&mut kit, "X");
        edit(&mut event);
        (kit, event)
    };
    let (kit, event) = sung(|e| e.kind = "actor.sung".parse().unwrap());
    let says = "A record is of a type that no program knows.";
    let unknown_type = forced("unknown_type", says, kit, &event, "event.unknown_type").unverifiable();
    let (kit, event) = sung(|e| e.kind = "actor.sung".parse().unwrap());
    let (says, now) = ("A record is of an unknown type, and no witness cosigned.", kit.now().millis());
    let unwitnessed = forced("quorum_of_nobody_and_unknown_type", says, kit, &event, "witness.quorum_not_met")
        .unverifiable()
        .asking(format!("{}quorum w1\n", super::witnesses::known(1)), now)
        .unplaced();
    let (kit, event) = sung(|e| e.v = 2);
    let says = "A record is of a version that no program knows.";
    let unknown_version = forced("unknown_version", says, kit, &event, "event.unknown_type").unverifiable();
    let (mut kit, event) = sung(|e| e.kind = "actor.sung".parse().unwrap());
    let mut signed = kit.sign(&event);
    let other = registration(&mut kit, "Y");
    signed.signatures = kit.sign(&other).signatures;
    let says = "A record of an unknown type is signed by nobody: that is certain.";
    let unsigned = forced_signed("unknown_type_with_bad_signature", says, &mut kit, &signed, "signature.bad");
    let (mut kit, event) = sung(|e| e.kind = "actor.sung".parse().unwrap());
    let line = kit.line(&kit.sign(&event));
    kit.force(line);
    let (first, last) = (kit.lines[2].clone(), kit.lines.len() as u64);
    let altered = String::from_utf8(first).unwrap().replace("\"UTO\"", "\"OTU\"");
    kit.lines[2] = altered.into_bytes();
    let says = "A record of an unknown type stands at the end, and an earlier one was altered.";
    let altered = lie("unknown_type_beside_an_alteration", says, &kit, "chain.broken", 2);
    assert_eq!(last, 5);
    let adopted = {
        let mut kit = tiny();
        let rules = json!({"sha256": nothing(), "version": 9});
        let body = json!({"reason": "more to say", "rules": rules});
        let event = kit.event(FOUNDER, "ledger.rules_adopted", "2026-11-23", body);
        forced("unknown_rules", "Rules are adopted that no program knows.", kit, &event, "ledger.unknown_rules")
    };
    let rules = json!({"sha256": nothing(), "version": 9});
    let founded = [
        founded_with("founded_under_unknown_rules", "rules", rules, "ledger.unknown_rules"),
        founded_with("founded_in_an_unknown_format", "format", json!(2), "ledger.unknown_format"),
    ];
    [vec![unknown_type, unwitnessed, unknown_version, unsigned, altered, adopted.unverifiable()], founded.into()]
        .concat()
}

/// A ledger of one record, whose founding has another value for a member of its body.
fn founded_with(name: &str, member: &str, value: Value, code: &str) -> Vector {
    let mut kit = Kit::founded();
    let mut event = answerable_verifier::record::Record::parse(&kit.lines[0]).unwrap().event().clone();
    event.body.insert(member.to_owned(), value);
    kit.lines.clear();
    kit.judge = answerable_verifier::judge::Judge::before_all();
    let signed = kit.sign(&event);
    let says = format!("The founding names {member} that no program knows.");
    forced_signed(name, &says, &mut kit, &signed, code).unverifiable()
}
