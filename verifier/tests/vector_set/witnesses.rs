//! Witnesses under a trust policy: quorums that are met and not met, cosignatures that lie, what their times bound, and
//! the checkpoints that an export keeps.
//! Not here: policies that are none (`policies`), cosignatures that nobody asked for (`good`).

use answerable_verifier::checkpoint::Checkpoint;
use answerable_verifier::cosignature::{MAX_TIME, WitnessKey, signed_message};
use answerable_verifier::ed25519::PublicKey;
use answerable_verifier::encoding::Hash;
use answerable_verifier::note::{Note, NoteSignature, VerifierKey, signature_line};
use ed25519_dalek::{Signer, SigningKey};

use super::checkpoints::{log_key, plus_order};
use super::*;
use crate::kit::{ORIGIN, checkpoint_of, vkey_of};

const FIVE_MINUTES: u64 = 300;
const DAY: i64 = 86_400_000;

/// Witness 1, 2 … ; no author's and no log's key is among them.
pub fn secret(witness: u8) -> SigningKey {
    SigningKey::from_bytes(&[220 + witness; 32])
}

pub fn public(secret: &SigningKey) -> PublicKey {
    PublicKey::enrollable(secret.verifying_key().as_bytes()).unwrap()
}

pub fn witness(n: u8) -> WitnessKey {
    WitnessKey::new(&format!("w.example/{n}"), public(&secret(n))).unwrap()
}

/// The lines of witnesses `w1`, `w2` … up to `count`.
pub fn known(count: u8) -> String {
    (1..=count).map(|n| format!("witness w{n} {}\n", witness(n))).collect()
}

fn cosignature(n: u8, time: u64, text: &str) -> NoteSignature {
    witness(n).line(time, &secret(n).sign(&signed_message(time, text)).to_bytes())
}

/// Puts lines behind the signatures of a note.
fn with(note: &str, lines: &[NoteSignature]) -> String {
    let mut note = Note::parse(note.as_bytes()).unwrap();
    note.signatures.extend_from_slice(lines);
    note.format().unwrap()
}

/// Cosigned by these witnesses, each at its time.
fn cosigned(note: &str, by: &[(u8, u64)]) -> String {
    let text = Note::parse(note.as_bytes()).unwrap().text;
    with(note, &by.iter().map(|(n, time)| cosignature(*n, *time, &text)).collect::<Vec<_>>())
}

/// The time of a record, in milliseconds.
fn recorded(kit: &Kit, seq: usize) -> i64 {
    let line: Value = serde_json::from_slice(&kit.lines[seq]).unwrap();
    line["recorded"].as_str().unwrap().parse::<Instant>().unwrap().millis()
}

/// Eight records, one a second, two of three witnesses asked for, and an auditor one day later.
struct Case {
    kit: Kit,
    /// The latest checkpoint, which nobody cosigned.
    latest: String,
    text: String,
    policy: String,
    /// Ten seconds after the last record, in seconds.
    t: u64,
}

impl Case {
    fn new() -> Self {
        let kit = longer();
        let latest = checkpoint_of(&kit.lines, &[&log_key()]);
        let text = Note::parse(latest.as_bytes()).unwrap().text;
        let policy = format!("{}group two 2 w1 w2 w3\nquorum two\n", known(3));
        let t = recorded(&kit, 7) as u64 / 1000 + 10;
        Self { kit, latest, text, policy, t }
    }

    /// In seconds.
    fn at(&self, seq: usize) -> u64 {
        recorded(&self.kit, seq) as u64 / 1000
    }

    fn now(&self) -> i64 {
        recorded(&self.kit, 7) + DAY
    }

    /// The checkpoint of the first `size` records.
    fn of(&self, size: usize) -> String {
        checkpoint_of(&self.kit.lines[..size], &[&log_key()])
    }

    /// Under the policy, with this latest checkpoint.
    fn lie(&self, name: &str, says: &str, latest: String, code: &str, seq: impl Into<Option<u64>>) -> Vector {
        lie(name, says, &self.kit, code, seq).file(CHECKPOINT, latest).asking(&self.policy, self.now())
    }

    fn truth(&self, name: &str, says: &str, by: &[(u8, u64)]) -> Vector {
        self.lie(name, says, cosigned(&self.latest, by), "", None).verified()
    }

    /// Cosigned by these; whatever is wrong, it proves nothing against the ledger.
    fn unproven(&self, name: &str, says: &str, by: &[(u8, u64)], code: &str) -> Vector {
        self.lie(name, says, cosigned(&self.latest, by), code, None).unverifiable()
    }
}

fn kept(size: usize) -> String {
    format!("export/checkpoints/{size:012}")
}

pub fn vectors() -> Vec<Vector> {
    [quorums(), cosignatures(), times(), kept_checkpoints()].concat()
}

fn quorums() -> Vec<Vector> {
    let mut case = Case::new();
    let t = case.t;
    let both = [(1, t), (2, t + 50)];
    let code = "witness.quorum_not_met";
    let mut all = vec![
        case.truth("witnessed_by_two_of_three", "Two of three witnesses cosigned, and two are asked for.", &both),
        case.truth(
            "witness_unknown_beside",
            "A witness that the policy does not name cosigned too.",
            &[(1, t), (2, t), (9, t)],
        ),
        case.truth(
            "witness_unknown_says_otherwise",
            "Nobody asks for a witness that states another century.",
            &[(1, t), (9, 7), (2, t)],
        ),
        case.unproven("quorum_of_nobody", "Nobody cosigned, and two of three are asked for.", &[], code),
        case.unproven("quorum_of_one", "One of three cosigned, and two are asked for.", &[(3, t)], code),
        case.unproven(
            "quorum_of_one_counted_twice",
            "One witness cosigned twice, at two times.",
            &[(1, t), (1, t + 1)],
            code,
        ),
        case.unproven(
            "quorum_of_one_and_an_unknown",
            "One of three cosigned, and one whom the policy does not name.",
            &[(1, t), (9, t)],
            code,
        ),
    ];
    let mut own = Case::new();
    let log = WitnessKey::new(ORIGIN, public(&log_key())).unwrap();
    own.policy = format!("witness log {log}\n{}group two 2 log w1 w2\nquorum two\n", known(2));
    let signature = log_key().sign(&signed_message(t, &own.text)).to_bytes();
    let by_log = with(&cosigned(&own.latest, &[(1, t)]), &[log.line(t, &signature)]);
    let says = "The policy names the log's own key as a witness, and the log cosigned: it counts for nothing.";
    all.push(own.lie("log_is_its_own_witness", says, by_log, "witness.is_the_log", None).unverifiable());
    let renamed = WitnessKey::new("w.example/other", public(&secret(1))).unwrap();
    let renamed = renamed.line(t, &secret(1).sign(&signed_message(t, &case.text)).to_bytes());
    let latest = with(&cosigned(&case.latest, &[(1, t)]), &[renamed]);
    let says = "One witness cosigned twice, once under another name.";
    all.push(case.lie("quorum_of_one_under_two_names", says, latest, code, None).unverifiable());
    let misnamed = NoteSignature { name: "w.example/other".to_owned(), ..cosignature(2, t, &case.text) };
    let latest = with(&cosigned(&case.latest, &[(1, t)]), &[misnamed]);
    let says = "One of three cosigned, and another's key id stands behind a name that nobody has.";
    all.push(case.lie("quorum_with_a_strange_name", says, latest, code, None).unverifiable());
    let says = "One of three cosigned, two are asked for, and the auditor sets an age: there is none.";
    all.push(case.unproven("quorum_of_one_and_an_age", says, &[(1, t)], code).not_older("1d"));
    let says = "Witnesses cosigned the checkpoint of four records, and not the latest.";
    let earlier = cosigned(&case.of(4), &[(1, case.at(3) + 1), (2, case.at(3) + 1)]);
    all.push(case.unproven("quorum_of_an_earlier_day", says, &[], code).file(&kept(4), earlier));

    case.policy = format!("{}quorum w1\n", known(1));
    all.push(case.truth("witnessed_by_one", "The one witness that is asked for cosigned.", &[(1, t)]));
    case.policy = format!("{}group all-of-them all w1 w2\nquorum all-of-them\n", known(3));
    all.push(case.truth("witnessed_by_all", "All who are asked for cosigned; another witness is known.", &both));
    all.push(case.unproven(
        "quorum_of_all_but_one",
        "One of two cosigned, both are asked for, and a third who did is not.",
        &[(1, t), (3, t)],
        code,
    ));
    case.policy = format!(
        "log {}\n{}group X-witnesses 2 w1 w2 w3\ngroup Y-witnesses any w4 w5 w6\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n",
        case.kit.vkey(),
        known(6)
    );
    let says = "Groups within a group: two of the first and one of the second cosigned.";
    all.push(case.truth("witnessed_by_groups", says, &[(1, t), (3, t), (5, t)]));
    let says = "Groups within a group: all of the first cosigned, and none of the second.";
    all.push(case.unproven("quorum_of_one_group", says, &[(1, t), (2, t), (3, t)], code));
    let says = "Groups within a group: all of the second cosigned, and one of the first.";
    all.push(case.unproven("quorum_of_another_group", says, &[(1, t), (4, t), (5, t), (6, t)], code));
    let deep: String = (1..=256)
        .map(|n| format!("group g{n} all {}\n", if n == 1 { "w1".into() } else { format!("g{}", n - 1) }))
        .collect();
    case.policy = format!("{}{deep}quorum g256\n", known(1));
    all.push(case.truth("witnessed_by_256_groups", "256 groups, each within the next.", &[(1, t)]));
    case.policy = "quorum none\n".to_owned();
    all.push(case.truth("witnesses_not_asked_for", "The policy asks for no witness.", &[]));
    let says = "The policy asks for no witness, and the auditor for a quorum of today.";
    all.push(case.unproven("witness_stale_without_quorum", says, &[], "witness.stale").not_older("1d"));
    all.extend(pins(&both));
    all.push(spellings(&both));
    all
}

/// The log lines of a policy are pins.
fn pins(both: &[(u8, u64)]) -> Vec<Vector> {
    let mut case = Case::new();
    let without = case.policy.clone();
    let says = "Nothing is pinned but by the policy's log line.";
    case.policy = format!("log {}\n{without}", case.kit.vkey());
    let pinned = case.truth("policy_pins_the_log", says, both).pinned(Pins::default());
    let says = "Enough witnesses cosigned, and no log is pinned: they vouch for no name.";
    case.policy = without.clone();
    let no_pin = case.unproven("witnessed_without_pin", says, both, "").pinned(Pins::default());
    let stranger = vkey_of(&SigningKey::from_bytes(&[210; 32]));
    let says = "Enough witnesses cosigned, and the policy's log line names another key of the log.";
    case.policy = format!("log {stranger}\n{without}");
    let latest = cosigned(&case.latest, both);
    let code = "checkpoint.not_by_pinned_key";
    let other = case.lie("policy_pins_another_log_key", says, latest.clone(), code, None).pinned(Pins::default());
    let elsewhere = VerifierKey::new("ledger.test/other", public(&log_key())).unwrap();
    let says = "Enough witnesses cosigned, and the policy's log line names another log.";
    case.policy = format!("log {elsewhere}\n{without}");
    let another =
        case.lie("policy_pins_another_log", says, latest, "checkpoint.wrong_origin", None).pinned(Pins::default());
    vec![pinned, no_pin, other, another]
}

/// White space, comments, URLs, and names that are octets: K, the Kelvin sign, and a byte that is no UTF-8.
fn spellings(both: &[(u8, u64)]) -> Vector {
    let case = Case::new();
    let mut policy = format!(
        "\t# x\u{2003}y\n \n  witness\t K  {} http://x/\u{e9}\t\nwitness \u{212a} {}\nwitness ",
        witness(1),
        witness(3)
    )
    .into_bytes();
    policy.extend([0xFF, b' ']);
    policy.extend(format!("{}\ngroup none! 2 K\t\u{212a} ", witness(2)).bytes());
    policy.extend(b"\xff \n#\nquorum none!\n#\n");
    let says = "The policy has names that are no UTF-8 or look alike, tabs, comments, a URL.";
    case.truth("policy_of_odd_spellings", says, both).asking(&policy, case.now())
}

fn cosignatures() -> Vec<Vector> {
    let case = Case::new();
    let (t, text) = (case.t, case.text.as_str());
    let code = "witness.bad_cosignature";
    let (w1, good) = (witness(1), cosignature(1, t, text));
    let mut all = Vec::new();
    // Whoever reads only what he likes would find the quorum met: the second and the third cosigned well.
    let enough = cosigned(&case.latest, &[(2, t), (3, t)]);
    let mut row = |name: &str, says: &str, line: NoteSignature| {
        all.push(case.lie(name, says, with(&enough, &[line]), code, None));
    };
    let by = |message: &[u8]| secret(1).sign(message).to_bytes();
    let mut flipped = good.clone();
    flipped.signature[30] ^= 1;
    row("cosignature_altered", "A bit of the cosignature was flipped.", flipped);
    let mut other_time = good.clone();
    other_time.signature[7] ^= 1;
    row("cosignature_of_another_time", "The time was altered behind the witness's back.", other_time);
    let elsewhere = text.replace(ORIGIN, "ledger.test/other");
    row("cosignature_of_another_log", "A witness cosigned another log's checkpoint.", cosignature(1, t, &elsewhere));
    row(
        "cosignature_of_another_size",
        "A witness cosigned seven records.",
        cosignature(1, t, &text.replace("\n8\n", "\n7\n")),
    );
    let other_root = Checkpoint { origin: ORIGIN.into(), size: 8, root: Hash([9; 32]) }.to_text();
    row(
        "cosignature_of_another_root",
        "A witness cosigned another tree of eight records.",
        cosignature(1, t, &other_root),
    );
    row(
        "cosignature_by_another",
        "Another witness signed in its name.",
        w1.line(t, &secret(4).sign(&signed_message(t, text)).to_bytes()),
    );
    row(
        "cosignature_without_time",
        "A witness signed the checkpoint without the time.",
        w1.line(t, &by(text.as_bytes())),
    );
    row(
        "cosignature_without_last_line_feed",
        "A witness signed the checkpoint without its last LF.",
        w1.line(t, &by(signed_message(t, text.trim_end()).as_slice())),
    );
    row(
        "cosignature_time_with_leading_zero",
        "The time that was signed has a leading zero.",
        w1.line(t, &by(format!("cosignature/v1\ntime 0{t}\n{text}").as_bytes())),
    );
    row(
        "cosignature_of_version_2",
        "A witness signed under the header of another version.",
        w1.line(t, &by(format!("cosignature/v2\ntime {t}\n{text}").as_bytes())),
    );
    row("cosignature_time_0", "A witness signed the time 0, which states no time.", cosignature(1, 0, text));
    row(
        "cosignature_time_of_64_bits",
        "A witness signed a time of more than 63 bits.",
        cosignature(1, MAX_TIME + 1, text),
    );
    let log_like = NoteSignature { signature: by(text.as_bytes()).to_vec(), ..good.clone() };
    row("cosignature_is_a_log_signature", "A signature as logs make it stands under a witness's id.", log_like);
    let longer = NoteSignature { signature: [&good.signature[..], &[0]].concat(), ..good.clone() };
    row("cosignature_too_long", "A byte stands behind the cosignature.", longer);
    let short = NoteSignature { signature: good.signature[..4].to_vec(), ..good.clone() };
    row("cosignature_too_short", "The cosignature ends within the time.", short);
    let signature: [u8; 64] = good.signature[8..].try_into().unwrap();
    row("cosignature_s_plus_l", "The group order was added to the cosignature.", w1.line(t, &plus_order(signature)));
    let latest = with(&cosigned(&case.latest, &[(1, t), (2, t)]), &[w1.line(t + 1, &signature)]);
    let says = "One witness cosigned twice, and one of the two is bad.";
    all.push(case.lie("cosignature_good_and_bad", says, latest, code, None));
    let says = "The bad cosignature is on an earlier checkpoint that the export keeps.";
    let earlier = with(&case.of(4), &[w1.line(t, &signature)]);
    all.push(case.lie("cosignature_bad_on_kept", says, enough.clone(), code, None).file(&kept(4), earlier));
    // The witness's key pair as a log's key: another id, so another key.
    let as_log = VerifierKey::new("w.example/2", public(&secret(2))).unwrap();
    let plain = signature_line(&as_log, &secret(2).sign(text.as_bytes()).to_bytes());
    let latest = with(&cosigned(&case.latest, &[(1, t)]), &[plain]);
    let says = "A witness signed as logs do, under the id of a log's key: that is no cosignature.";
    let code = "witness.quorum_not_met";
    all.push(case.lie("quorum_with_a_log_signature", says, latest, code, None).unverifiable());
    let mut alone = Note::parse(cosigned(&case.latest, &[(1, t), (2, t)]).as_bytes()).unwrap();
    alone.signatures.remove(0);
    let says = "Enough witnesses cosigned, and the log did not sign.";
    let code = "checkpoint.not_by_pinned_key";
    all.push(case.lie("cosignatures_alone", says, alone.format().unwrap(), code, None));
    all
}

fn times() -> Vec<Vector> {
    let case = Case::new();
    let (t, first, next, last) = (case.t, case.at(0), case.at(4), case.at(7));
    let (after, before) = ("witness.recorded_after", "witness.recorded_before");
    let both = [(1, t), (2, t)];
    let on = |by: &[(u8, u64)]| cosigned(&case.latest, by);
    let earlier = |time: u64| cosigned(&case.of(4), &[(3, time)]);
    let mut all = vec![
        case.truth(
            "witness_five_minutes_slow",
            "A witness saw the last record five minutes before it was recorded: two clocks never agree.",
            &[(1, last - FIVE_MINUTES), (2, t)],
        ),
        case.lie(
            "recorded_after_witness",
            "A witness saw the last record more than five minutes before it was recorded.",
            on(&[(1, last - FIVE_MINUTES - 1), (2, t)]),
            after,
            7,
        ),
        case.lie(
            "recorded_after_witness_all",
            "A witness saw all records before the first was recorded.",
            on(&[(1, first - FIVE_MINUTES - 1), (2, t)]),
            after,
            0,
        ),
        case.lie(
            "recorded_after_witness_once",
            "A witness cosigned three times, and the first of them is before the last record.",
            on(&[(1, t), (1, last - FIVE_MINUTES - 1), (1, t + 1), (2, t)]),
            after,
            7,
        ),
        case.truth("witness_saw_it_grow", "A witness cosigned four records, and others the latest.", &both)
            .file(&kept(4), earlier(case.at(3) + 1)),
        case.truth(
            "witness_five_minutes_fast",
            "A witness saw four records five minutes after the fifth was recorded: two clocks never agree.",
            &both,
        )
        .file(&kept(4), earlier(next + FIVE_MINUTES)),
        case.lie(
            "recorded_before_witness",
            "A record was backdated: a witness saw a tree without it more than five minutes later.",
            on(&both),
            before,
            4,
        )
        .file(&kept(4), earlier(next + FIVE_MINUTES + 1)),
        case.lie(
            "recorded_before_witness_once",
            "One of two witnesses cosigned four records twice, the second time after the fifth was recorded.",
            on(&both),
            before,
            4,
        )
        .file(&kept(4), cosigned(&case.of(4), &[(2, next), (3, next + FIVE_MINUTES + 1), (3, next - 1)])),
        case.lie(
            "recorded_after_earlier_witness",
            "A witness saw the fourth record more than five minutes before it was recorded.",
            on(&both),
            after,
            3,
        )
        .file(&kept(4), earlier(case.at(3) - FIVE_MINUTES - 1)),
        case.truth(
            "witness_unknown_saw_it_smaller",
            "Nobody asks for the witness that saw a tree without a record after it was recorded.",
            &both,
        )
        .file(&kept(4), cosigned(&case.of(4), &[(9, next + 10 * FIVE_MINUTES)])),
        case.truth(
            "witness_cosigned_often",
            "Two witnesses cosigned at several times.",
            &[(1, t), (1, t + 9), (1, t), (2, t + 5), (2, t)],
        ),
    ];
    let three = [(1, t), (2, t + 3600), (3, t + 7200)];
    let half = (t as i64 + 3600) * 1000 + DAY / 2;
    let mut at = |name: &str, says: &str, by: &[(u8, u64)], now: i64, code: Option<&str>| {
        let vector = case.unproven(name, says, by, code.unwrap_or_default());
        let vector = if code.is_none() { vector.verified() } else { vector };
        all.push(vector.asking(&case.policy, now));
        all.len() - 1
    };
    let says = "The second newest of three was twelve hours ago, and no more are asked for.";
    let young = at("witness_not_yet_stale", says, &three, half, None);
    let says = "The second newest of three was twelve hours and a millisecond ago: the quorum is as old as that.";
    let stale = at("witness_stale", says, &three, half + 1, Some("witness.stale"));
    let says = "Two witnesses cosigned long ago, and again today: the latest counts.";
    let again = [(1, t), (1, t + 3600), (2, t), (2, t + 3600)];
    let again = at("witness_cosigned_again", says, &again, half, None);
    let says = "One witness cosigned today, and the other two long ago.";
    let one = [(1, t), (2, t), (3, t + 40_000)];
    let one = at("witness_stale_but_one", says, &one, half + 1, Some("witness.stale"));
    let ahead = (t as i64 - 300) * 1000;
    let says = "By the auditor's clock, the witnesses are five minutes ahead: two clocks never agree.";
    at("witness_five_minutes_ahead", says, &both, ahead, None);
    let says = "By the auditor's clock, the witnesses are more than five minutes ahead.";
    at("witness_ahead", says, &both, ahead - 1, Some("witness.ahead"));
    let says = "A third witness, who is not needed, states the last second that 63 bits can.";
    let far = [(1, t), (2, t), (3, MAX_TIME)];
    at("witness_ahead_by_an_age", says, &far, case.now(), Some("witness.ahead"));
    let says = "One of three witnesses is asked for, and the newest is of today: the quorum is as old as that.";
    let any = at("witness_any_is_fresh", says, &three, half, None);
    all[any] = all[any].clone().asking(format!("{}group one any w1 w2 w3\nquorum one\n", known(3)), half);
    for i in [young, stale, again, one, any] {
        all[i] = all[i].clone().not_older("12h");
    }
    all.push(grown_since());
    all
}

/// A day lies between the fourth record and the fifth.
fn grown_since() -> Vector {
    let mut kit = tiny();
    kit.set_clock(kit.now().millis() + DAY);
    kit.register("org:a", "2001", "other");
    let t = recorded(&kit, 4) as u64 / 1000 + 10;
    let latest = cosigned(&checkpoint_of(&kit.lines, &[&log_key()]), &[(1, t)]);
    let earlier = cosigned(&checkpoint_of(&kit.lines[..4], &[&log_key()]), &[(1, recorded(&kit, 3) as u64 / 1000)]);
    truth("witness_saw_it_the_day_before", "A witness cosigned four records, and five a day later.", &kit)
        .file(CHECKPOINT, latest)
        .file(&kept(4), earlier)
        .asking(format!("{}quorum w1\n", known(1)), recorded(&kit, 4) + DAY)
}

fn kept_checkpoints() -> Vec<Vector> {
    let case = Case::new();
    let (t, key) = (case.t, log_key());
    let both = [(1, t), (2, t)];
    let mut all = vec![
        case.truth(
            "cosignatures_beside",
            "One cosignature is on the latest checkpoint, the other on its copy in checkpoints/.",
            &both[..1],
        )
        .file(&kept(8), cosigned(&case.latest, &both[1..])),
        case.truth("cosignatures_all_beside", "The cosignatures are on the copy in checkpoints/ alone.", &[])
            .file(&kept(8), cosigned(&case.latest, &both)),
        truth("kept_checkpoint", "An earlier checkpoint is kept, and nobody asks for witnesses.", &case.kit)
            .file(&kept(4), case.of(4)),
    ];
    let mut others = case.kit.lines[..4].to_vec();
    others[3].push(b' ');
    let forked = checkpoint_of(&others, &[&key]);
    let says = "A file in checkpoints/ whose name is no size of 12 digits is none of the export's.";
    all.push(truth("kept_checkpoint_of_another_name", says, &case.kit).file("export/checkpoints/4", forked.clone()));
    let longer = checkpoint_of(&[case.kit.lines.clone(), vec![b"more".to_vec()]].concat(), &[&key]);
    let stranger = checkpoint_of(&case.kit.lines[..4], &[&SigningKey::from_bytes(&[210; 32])]);
    let mut altered = Note::parse(case.of(4).as_bytes()).unwrap();
    altered.signatures[0].signature[9] ^= 1;
    let elsewhere = Note::parse(case.of(4).as_bytes()).unwrap().text.replace(ORIGIN, "ledger.test/other");
    for (name, says, size, note, code) in [
        (
            "kept_checkpoint_forked",
            "A kept checkpoint is of another history of four records.",
            4,
            forked.clone(),
            "tree.forked",
        ),
        (
            "kept_checkpoint_longer",
            "A kept checkpoint is of nine records, and here are eight.",
            9,
            longer,
            "tree.rolled_back",
        ),
        (
            "kept_checkpoint_misnamed",
            "A kept checkpoint of four records is named as of five.",
            5,
            case.of(4),
            "checkpoint.malformed",
        ),
        ("kept_checkpoint_malformed", "A kept checkpoint is none.", 4, "x\n".to_owned(), "checkpoint.malformed"),
        (
            "kept_checkpoint_by_a_stranger",
            "A stranger signed a kept checkpoint.",
            4,
            stranger,
            "checkpoint.unknown_key",
        ),
        (
            "kept_checkpoint_altered",
            "The log's signature of a kept checkpoint was altered.",
            4,
            altered.format().unwrap(),
            "checkpoint.unknown_key",
        ),
        (
            "kept_checkpoint_of_another_log",
            "A kept checkpoint is of another log.",
            4,
            super::checkpoints::signed(&elsewhere),
            "checkpoint.unknown_key",
        ),
    ] {
        all.push(lie(name, says, &case.kit, code, None).file(&kept(size), note));
    }
    let says = "Witnesses cosigned the latest checkpoint, and one saw another history of four records.";
    let fork = cosigned(&forked, &[(3, case.at(4) + 10 * FIVE_MINUTES)]);
    all.push(case.lie("witnessed_fork", says, cosigned(&case.latest, &both), "tree.forked", None).file(&kept(4), fork));
    let says = "Nobody cosigned, and a kept checkpoint is of another history: false beats what is not proved.";
    all.push(
        case.lie("quorum_of_nobody_and_fork", says, case.latest.clone(), "tree.forked", None).file(&kept(4), forked),
    );
    all.extend(across_a_handover());
    all
}

/// The log key changes with record 4, so that `checkpoints/` has one that hands over, which witnesses saw too.
fn across_a_handover() -> Vec<Vector> {
    let kit = super::handover::handed_over();
    let (old, new) = (log_key(), kit.log[0].clone());
    let ask = |vector: Vector, kit: &Kit| {
        let policy = format!("{}quorum w1\n", known(1));
        vector.pinned(Pins { log_keys: vec![], ..pins_of(kit) }).asking(&policy, recorded(kit, 5) + DAY)
    };
    let t = recorded(&kit, 5) as u64 / 1000 + 1;
    let latest = cosigned(&checkpoint_of(&kit.lines, &[&new]), &[(1, t)]);
    let handing = |time: u64| cosigned(&kit.kept[&5], &[(1, time)]);
    let says = "The log key changed, and a witness cosigned the checkpoint that hands over, and the latest.";
    let good = truth("witnessed_across_a_handover", says, &kit).file(CHECKPOINT, latest.clone());
    let good = ask(good.file(&kept(5), handing(recorded(&kit, 4) as u64 / 1000)), &kit);
    let says = "A witness saw the checkpoint that hands over long after the record behind it.";
    let backdated = lie("recorded_before_witness_of_handover", says, &kit, "witness.recorded_before", 5)
        .file(CHECKPOINT, latest.clone())
        .file(&kept(5), handing(t + 2 * FIVE_MINUTES));
    let says = "A kept checkpoint from before the change is signed by the new key alone.";
    let early = checkpoint_of(&kit.lines[..3], &[&new]);
    let too_early = lie("kept_checkpoint_by_a_later_key", says, &kit, "checkpoint.unknown_key", None)
        .file(CHECKPOINT, latest.clone())
        .file(&kept(3), early);
    let says = "A kept checkpoint from before the change is signed by the old key.";
    let before = truth("kept_checkpoint_by_an_earlier_key", says, &kit)
        .file(CHECKPOINT, latest)
        .file(&kept(3), checkpoint_of(&kit.lines[..3], &[&old]));
    vec![good, ask(backdated, &kit), ask(too_early, &kit), ask(before, &kit)]
}
