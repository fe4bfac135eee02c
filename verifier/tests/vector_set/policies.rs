//! Trust policies that are none: each rule of c2sp.org/tlog-policy, and the three that are stricter here.
//! Not here: what is judged under a policy that is one (`witnesses`).

use answerable_verifier::cosignature::WitnessKey;
use answerable_verifier::encoding::{base64_encode, hex_encode};
use answerable_verifier::note::{ALG_COSIGNATURE, VerifierKey, compute_key_id};
use answerable_verifier::policy::{MAX_LINES, MAX_POLICY};
use curve25519_dalek::constants::EIGHT_TORSION;
use ed25519_dalek::SigningKey;

use super::witnesses::{known, public, secret, witness};
use super::*;

/// A policy file alone, which no verifier takes.
fn no_policy(name: &str, says: &str, policy: impl Into<Vec<u8>>) -> Vector {
    Vector {
        name: name.to_owned(),
        good: false,
        says: says.to_owned(),
        kind: "policy",
        pins: Pins::default(),
        asks: None,
        expect: Expect { verdict: "refused", code: Some("policy.malformed".to_owned()), seq: None },
        verifiers: BOTH,
        files: BTreeMap::from([(POLICY.to_owned(), Entry::File(policy.into()))]),
    }
}

/// A vkey of any type byte and any 32 bytes, with the id that belongs to it.
fn vkey(name: &str, kind: u8, key: &[u8; 32]) -> String {
    let id = compute_key_id(name, kind, key);
    format!("{name}+{}+{}", hex_encode(&id), base64_encode(&[&[kind][..], key].concat()))
}

pub fn vectors() -> Vec<Vector> {
    let (two, w1, w2) = (known(2), witness(1), witness(2));
    let raw = *w1.public_key().as_bytes();
    let log = |n: u8| VerifierKey::new("log.example/a", public(&secret(n))).unwrap();
    let renamed = WitnessKey::new("w.example/other", public(&secret(1))).unwrap();
    let group = |rest: &str| format!("{two}group g {rest}\nquorum g\n");
    let mut all = Vec::new();
    let mut row = |name: &str, says: &str, policy: String| all.push(no_policy(&format!("policy_{name}"), says, policy));
    row("empty", "The policy is empty.", String::new());
    row("without_last_line_feed", "The last line has no LF.", "quorum none".into());
    row("comment_without_last_line_feed", "The last line, a comment, has no LF.", "quorum none\n#".into());
    row("crlf", "The lines end with CR and LF.", "quorum none\r\n".into());
    row("without_quorum", "There is no quorum line.", two.clone());
    row("with_two_quorums", "There are two quorum lines, which say the same.", "quorum none\nquorum none\n".into());
    row("quorum_of_two_names", "The quorum line has two names.", format!("{two}quorum w1 w2\n"));
    row("quorum_of_no_name", "The quorum line has no name.", format!("{two}quorum\n"));
    row("quorum_unknown", "The quorum names nobody that a line defines.", format!("{two}quorum w3\n"));
    row("quorum_too_early", "The quorum names a witness that a later line defines.", format!("quorum w1\n{two}"));
    row("comment_behind_quorum", "A comment stands behind the quorum.", "quorum none # as we said\n".into());
    row("member_unknown", "A group has a member that no line defines.", group("any w1 w3"));
    row(
        "member_too_early",
        "A group has a member that a later line defines.",
        format!("group g 1 w1\n{two}quorum g\n"),
    );
    row("member_of_itself", "A group is a member of itself.", group("1 w1 g"));
    row(
        "members_in_a_circle",
        "Two groups are members of each other.",
        format!("{two}group g all w1 h\ngroup h all w2 g\nquorum h\n"),
    );
    row("member_none", "The name none is a member of a group.", group("any w1 none"));
    row("member_twice", "A witness is twice a member of one group, and would count twice.", group("2 w1 w1"));
    row(
        "member_of_two_groups",
        "A witness is a member of two groups.",
        format!("{two}group g any w1 w2\ngroup h any w1\nquorum g\n"),
    );
    row(
        "member_twice_through_a_group",
        "A witness is a member of a group, and of the group around it.",
        format!("{two}group g any w1\ngroup h 2 g w1\nquorum h\n"),
    );
    row("group_without_members", "A group has no members.", group("all"));
    row("group_without_threshold", "A group has no threshold.", group("w1 w2"));
    row("threshold_0", "A group needs none of its members.", group("0 w1 w2"));
    row("threshold_above_members", "A group needs three of its two members.", group("3 w1 w2"));
    row("threshold_leading_zero", "A threshold is written 02.", group("02 w1 w2"));
    row("threshold_plus_sign", "A threshold is written +1.", group("+1 w1 w2"));
    row("threshold_minus_sign", "A threshold is written -1.", group("-1 w1 w2"));
    row("threshold_in_hex", "A threshold is written 0x1.", group("0x1 w1 w2"));
    row("threshold_in_other_digits", "A threshold is written in Arabic-Indic digits.", group("\u{661} w1 w2"));
    row(
        "threshold_past_64_bits",
        "A threshold has 65 bits, of which the lower 64 say 1.",
        group("18446744073709551617 w1 w2"),
    );
    row("threshold_in_upper_case", "A threshold is written ALL.", group("ALL w1 w2"));
    row("name_twice", "Two witnesses have one name.", format!("witness a {w1}\nwitness a {w2}\nquorum a\n"));
    row(
        "name_of_witness_and_group",
        "A group has the name of a witness.",
        format!("{two}group w1 all w2\nquorum w1\n"),
    );
    row("witness_named_none", "A witness is named none.", format!("witness none {w1}\nquorum none\n"));
    row("group_named_none", "A group is named none.", format!("{two}group none all w1\nquorum none\n"));
    row("witness_key_twice", "Two witnesses have one key.", format!("witness a {w1}\nwitness b {w1}\nquorum a\n"));
    row(
        "witness_key_under_two_names",
        "Two witnesses have one public key, under two key names.",
        format!("witness a {w1}\nwitness b {renamed}\nquorum a\n"),
    );
    row("log_key_twice", "Two log lines have one key.", format!("log {}\nlog {}\nquorum none\n", log(7), log(7)));
    row(
        "log_key_as_witness",
        "A witness has the public key of a log: it would witness itself.",
        format!("log {}\nwitness a {w1}\nquorum a\n", log(1)),
    );
    row(
        "witness_key_as_log",
        "A log has the public key of a witness: it would witness itself.",
        format!("witness a {w1}\nlog {}\nquorum a\n", log(1)),
    );
    row("log_of_witness_type", "A log's key has the type byte of a witness's.", format!("log {w1}\nquorum none\n"));
    row(
        "witness_of_log_type",
        "A witness's key has the type byte of a log's.",
        format!("witness a {}\nquorum a\n", log(1)),
    );
    row(
        "witness_of_unknown_type",
        "A witness's key has a type byte that is not known here.",
        format!("witness a {}\nquorum a\n", vkey("w.example/1", 0x06, &raw)),
    );
    row(
        "witness_key_of_another_id",
        "A key's id is not that of its name and its bytes.",
        format!("witness a {}\nquorum a\n", w1.to_string().replace("w.example/1", "w.example/2")),
    );
    row("witness_key_id_in_upper_case", "A key's id is written in upper case.", upper_case_id(&w1));
    row(
        "witness_key_cut_short",
        "The last letter of a key is missing.",
        format!("witness a {}\nquorum a\n", &w1.to_string()[..w1.to_string().len() - 1]),
    );
    let small = vkey("w.example/1", ALG_COSIGNATURE, &EIGHT_TORSION[0].compress().to_bytes());
    row(
        "witness_key_of_small_order",
        "A witness's key is the identity: it signs whatever is asked.",
        format!("witness a {small}\nquorum a\n"),
    );
    row("witness_without_name", "A witness line has a key alone.", format!("witness {w1}\nquorum none\n"));
    row(
        "witness_with_four_items",
        "A witness line has something behind the URL.",
        format!("witness a {w1} http://w.example more\nquorum a\n"),
    );
    row("log_without_key", "A log line has no key.", "log\nquorum none\n".into());
    row(
        "log_with_three_items",
        "A log line has something behind the URL.",
        format!("log {} http://log.example more\nquorum none\n", log(7)),
    );
    row("unknown_keyword", "A line begins with a word that is not known.", "monitor x\nquorum none\n".into());
    row("keyword_in_upper_case", "A keyword is in upper case.", "QUORUM none\n".into());
    row("no_break_space", "A no-break space is taken for a space.", "quorum\u{a0}none\n".into());
    row("byte_order_mark", "A byte order mark begins the policy.", "\u{feff}quorum none\n".into());
    row("null_character", "A comment has the character 0x00.", "#\0\nquorum none\n".into());
    row("vertical_tab", "Two items are separated by a vertical tab.", "quorum\u{b}none\n".into());
    row("delete_character", "A comment has the character 0x7F.", "#\u{7f}\nquorum none\n".into());
    let logs: String = (1..=MAX_LINES).map(|n| format!("log {}\n", of_number(n, 1))).collect();
    row("of_257_logs", "There are 257 log lines.", format!("{logs}log {}\nquorum none\n", of_number(0, 1)));
    let witnesses: String =
        (0..=MAX_LINES).map(|n| format!("witness w{n} {}\n", of_number(n, ALG_COSIGNATURE))).collect();
    row("of_257_witnesses", "There are 257 witness lines.", format!("{witnesses}quorum w1\n"));
    let groups: String = (1..=MAX_LINES + 1).map(|n| format!("group g{n} any g{}\n", n - 1)).collect();
    row("of_257_groups", "There are 257 group lines.", format!("witness g0 {w1}\n{groups}quorum g257\n"));
    row("too_long", "The policy has 262,145 bytes.", format!("#{}\nquorum none\n", "x".repeat(MAX_POLICY - 13)));
    // Whoever reads U+FFFD for the byte finds a key whose id fits.
    let key = vkey("w.\u{fffd}/1", ALG_COSIGNATURE, &raw);
    let (before, behind) = key.split_once('\u{fffd}').expect("the name has it");
    let bytes = [b"witness a ", before.as_bytes(), b"\xff", behind.as_bytes(), b"\nquorum a\n"].concat();
    all.push(no_policy("policy_key_not_utf8", "The name of a key is no UTF-8.", bytes));
    all
}

fn upper_case_id(key: &WitnessKey) -> String {
    let text = key.to_string();
    let parts: Vec<&str> = text.splitn(3, '+').collect();
    assert_ne!(parts[1], parts[1].to_uppercase(), "an id without letters has no case");
    format!("witness a {}+{}+{}\nquorum a\n", parts[0], parts[1].to_uppercase(), parts[2])
}

/// The vkey of a key whose seed is a number.
fn of_number(n: usize, kind: u8) -> String {
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&(n as u64 + 1_000).to_be_bytes());
    let key = SigningKey::from_bytes(&seed).verifying_key();
    vkey(&format!("k.example/{n}"), kind, key.as_bytes())
}
