//! Lies in the bytes of a record: JSON that is not canonical, numbers, strings and sizes beyond the bounds. The event is
//! signed as it is written, so that nothing else is wrong.
//! Not here: members of the envelope (`words`).

use super::*;

type Row = (&'static str, &'static str, &'static str, fn(&str) -> Vec<u8>);

/// Replaces once, within the event.
macro_rules! put {
    ($from:expr, $to:expr) => {
        |text| swap(text, $from, $to).into_bytes()
    };
}

/// The event's bytes are edited before they are signed.
const EVENT: &[Row] = &[
    ("key_order", "The members of the event are not sorted.", "record.not_canonical", |t| {
        let v = t.strip_suffix(",\"v\":1}").unwrap();
        format!("{{\"v\":1,{}}}", &v[1..]).into_bytes()
    }),
    (
        "white_space_between_members",
        "A space stands behind a comma.",
        "record.not_canonical",
        put!(",\"body\"", ", \"body\""),
    ),
    (
        "duplicate_key_in_event",
        "The event has two days, the first for one reader and the last for another.",
        "record.duplicate_key",
        put!("\"effective\":\"2001\"", "\"effective\":\"1999\",\"effective\":\"2001\""),
    ),
    (
        "duplicate_key_in_body",
        "The body has two names.",
        "record.duplicate_key",
        put!("\"name\":\"X\"", "\"name\":\"W\",\"name\":\"X\""),
    ),
    ("duplicate_key_escaped", "A key comes twice, once with an escape.", "record.duplicate_key", |t| {
        swap(t, "\"name\":\"X\"", "\"n\\u0061me\":\"W\",\"name\":\"X\"").into_bytes()
    }),
    ("number_negative_zero", "A number is -0.", "record.bad_number", put!("\"size\":4", "\"size\":-0")),
    ("number_with_fraction", "A number is written 1.0.", "record.bad_number", put!("\"v\":1", "\"v\":1.0")),
    ("number_with_exponent", "A number is written 1e0.", "record.bad_number", put!("\"v\":1", "\"v\":1e0")),
    ("number_1e21", "A number is 1e21.", "record.bad_number", put!("\"v\":1", "\"v\":1e21")),
    ("number_past_2_53", "A number is 2^53 + 1.", "record.bad_number", put!("\"v\":1", "\"v\":9007199254740993")),
    ("number_2_53", "A number is 2^53.", "record.bad_number", put!("\"size\":4", "\"size\":9007199254740992")),
    (
        "number_past_64_bits",
        "A number is 2^64 + 1, which wraps to 1.",
        "record.bad_number",
        put!("\"v\":1", "\"v\":18446744073709551617"),
    ),
    ("number_nan", "A number is NaN.", "record.not_json", put!("\"v\":1", "\"v\":NaN")),
    ("number_infinity", "A number is Infinity.", "record.not_json", put!("\"v\":1", "\"v\":Infinity")),
    ("number_leading_zero", "A number is written 01.", "record.not_json", put!("\"v\":1", "\"v\":01")),
    ("number_plus_sign", "A number is written +1.", "record.not_json", put!("\"v\":1", "\"v\":+1")),
    (
        "lone_surrogate_leading",
        "A text has the escape of half a character.",
        "record.not_json",
        put!("\"X\"", r#""X\ud800""#),
    ),
    (
        "lone_surrogate_trailing",
        "A text has the escape of the other half of a character.",
        "record.not_json",
        put!("\"X\"", r#""X\udc00""#),
    ),
    (
        "surrogate_pair_escaped",
        "A character is written as two escapes, and must be literal.",
        "record.not_canonical",
        put!("\"X\"", r#""X\ud83d\ude00""#),
    ),
    ("letter_escaped", "A letter is written as an escape.", "record.not_canonical", put!("\"X\"", r#""\u0058""#)),
    ("slash_escaped", "A slash is escaped.", "record.not_canonical", put!("\"X\"", r#""X\/Y""#)),
    (
        "newline_long_escape",
        "A line's end is written in six characters, and two are enough.",
        "record.not_canonical",
        put!("\"X\"", r#""X\u000aY""#),
    ),
    ("raw_control_character", "A text has an escape character as a raw byte.", "record.not_json", |t| {
        swap(t, "\"X\"", "\"\u{1b}[2JX\"").into_bytes()
    }),
    (
        "terminal_escape_in_name",
        "A name clears the screen of who reads it.",
        "record.bad_character",
        put!("\"X\"", r#""\u001b[2JX""#),
    ),
    (
        "bidirectional_text",
        "A name turns the direction of what follows it.",
        "record.bad_character",
        put!("\"X\"", "\"X\u{202e}dnelrednu\""),
    ),
    (
        "bidirectional_isolate",
        "A name isolates what follows it.",
        "record.bad_character",
        put!("\"X\"", "\"X\u{2066}\""),
    ),
    (
        "invisible_tag_characters",
        "A name goes on in characters that nobody sees.",
        "record.bad_character",
        put!("\"X\"", "\"X\u{e0059}\u{e005a}\""),
    ),
    ("noncharacter", "A name has U+FFFE.", "record.bad_character", put!("\"X\"", "\"X\u{fffe}\"")),
    ("delete_character", "A name has U+007F.", "record.bad_character", put!("\"X\"", "\"X\u{7f}\"")),
    ("c1_control_character", "A name has U+009B, an escape sequence of its own.", "record.bad_character", |t| {
        swap(t, "\"X\"", "\"\u{9b}2JX\"").into_bytes()
    }),
    ("byte_order_mark_in_text", "A name begins with U+FEFF.", "record.bad_character", put!("\"X\"", "\"\u{feff}X\"")),
    (
        "nul_character",
        "A name has U+0000, where some readers stop.",
        "record.bad_character",
        put!("\"X\"", r#""X\u0000Y""#),
    ),
    (
        "newline_outside_body",
        "A nonce has a line's end; only texts of the body may.",
        "record.bad_character",
        put!("\"nonce\":\"", r#""nonce":"\n"#),
    ),
    ("surrogate_as_utf8", "A text has half a character, encoded in UTF-8.", "record.not_utf8", |t| {
        bytes_for_x(t, b"\xed\xa0\x80")
    }),
    ("overlong_utf8", "A slash is encoded in two bytes.", "record.not_utf8", |t| bytes_for_x(t, b"\xc0\xaf")),
    ("latin_1", "A text is encoded in Latin 1.", "record.not_utf8", |t| bytes_for_x(t, b"\xe9")),
    ("nested_too_deep", "The body is nested 15 levels deep, 17 with the record.", "record.too_deep", |t| nested(t, 15)),
    ("nested_a_thousand_deep", "The body is nested a thousand levels deep.", "record.too_deep", |t| nested(t, 1000)),
    ("string_too_long", "A text has 16,385 bytes.", "record.out_of_bounds", |t| {
        swap(t, "\"X\"", &format!("{:?}", "x".repeat(16_385))).into_bytes()
    }),
    ("too_many_items", "A list has 1,025 items.", "record.out_of_bounds", |t| {
        let items = vec!["1"; 1025].join(",");
        swap(t, "\"name\":\"X\"", &format!("\"name\":[{items}]")).into_bytes()
    }),
    ("too_many_members", "An object has 257 members.", "record.out_of_bounds", |t| {
        let members: Vec<String> = (0..257).map(|i| format!("\"m{i:03}\":1")).collect();
        swap(t, "\"name\":\"X\"", &format!("\"name\":{{{}}}", members.join(","))).into_bytes()
    }),
    ("event_too_long", "The event has 32,769 bytes.", "event.too_long", |t| sized(t, 32_769)),
    ("record_too_long", "The record is longer than 65,535 bytes.", "record.too_long", |t| sized(t, 66_000)),
    (
        "key_in_upper_case",
        "A member's name is in upper case.",
        "record.bad_key",
        put!("\"name\":\"X\"", "\"NAME\":\"W\",\"name\":\"X\""),
    ),
    (
        "key_of_a_prototype",
        "A member is named __proto__.",
        "record.bad_key",
        put!("\"actor\":\"org:x\"", "\"__proto__\":1,\"actor\":\"org:x\""),
    ),
    ("key_too_long", "A member's name has 65 letters.", "record.bad_key", |t| {
        swap(t, "\"name\":\"X\"", &format!("\"name\":\"X\",\"{}\":1", "o".repeat(65))).into_bytes()
    }),
    ("json_cut_off", "The event ends in the middle.", "record.not_json", |t| t.as_bytes()[..t.len() - 9].to_vec()),
    ("comment", "The event has a comment.", "record.not_json", put!("\"v\":1", "\"v\":1/* one */")),
    ("trailing_comma", "A comma stands behind the last member.", "record.not_json", put!("\"v\":1}", "\"v\":1,}")),
];

/// The line is edited around a signed event, as an operator could.
const LINE: &[Row] = &[
    ("trailing_space", "A space ends the line.", "record.not_canonical", |l| format!("{l} ").into_bytes()),
    ("leading_space", "A space begins the line.", "record.not_canonical", |l| format!(" {l}").into_bytes()),
    ("crlf", "The line ends with CR and LF.", "record.not_canonical", |l| format!("{l}\r").into_bytes()),
    ("byte_order_mark_before_record", "A byte order mark begins the line.", "record.not_json", |l| {
        format!("\u{feff}{l}").into_bytes()
    }),
    ("two_values_on_a_line", "Another value stands behind the record.", "record.not_json", |l| {
        format!("{l}{{}}").into_bytes()
    }),
    ("nul_behind_record", "A zero byte ends the line.", "record.not_json", |l| format!("{l}\0").into_bytes()),
    ("blank_line", "The line is empty.", "record.not_json", |_| Vec::new()),
    (
        "duplicate_key_in_record",
        "The record has two times.",
        "record.duplicate_key",
        put!("\"recorded\":", "\"recorded\":\"2020-01-01T00:00:00.000Z\",\"recorded\":"),
    ),
    ("record_key_order", "The members of the record are not sorted.", "record.not_canonical", |l| {
        let rest = l.strip_suffix('}').unwrap();
        let at = rest.find(",\"prev\"").unwrap();
        format!("{{{},{}}}", &rest[at + 1..], &rest[1..at]).into_bytes()
    }),
];

fn bytes_for_x(text: &str, bytes: &[u8]) -> Vec<u8> {
    let at = text.find("\"X\"").expect("the name") + 1;
    [&text.as_bytes()[..at], bytes, &text.as_bytes()[at + 1..]].concat()
}

fn nested(text: &str, levels: usize) -> Vec<u8> {
    // The body is one level.
    let inner = format!("{}{}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    swap(text, "\"name\":\"X\"", &format!("\"name\":{inner}")).into_bytes()
}

/// Made so long by texts that are each within bounds.
fn sized(text: &str, bytes: usize) -> Vec<u8> {
    let mut more = String::new();
    let mut left = bytes - text.len();
    for i in 0.. {
        let frame = format!(",\"text{i}\":\"\"").len();
        if left < frame {
            break;
        }
        let length = (left - frame).min(16_000);
        more += &format!(",\"text{i}\":\"{}\"", "x".repeat(length));
        left -= frame + length;
    }
    swap(text, "\"name\":\"X\"", &format!("\"name\":\"X\"{more}")).into_bytes()
}

pub fn vectors() -> Vec<Vector> {
    let mut all = Vec::new();
    for (name, says, code, edit) in EVENT {
        let mut kit = tiny();
        let event = registration(&mut kit, "X");
        let line = kit.line_around(&edit(&text_of(&event)), &["org:founder#1"]);
        kit.force(line);
        all.push(lie(name, says, &kit, code, 4));
    }
    for (name, says, code, edit) in LINE {
        let mut kit = tiny();
        let event = registration(&mut kit, "X");
        let line = kit.line(&kit.sign(&event));
        kit.force(edit(std::str::from_utf8(&line).unwrap()));
        all.push(lie(name, says, &kit, code, 4));
    }
    let kit = tiny();
    let vector = lie("byte_order_mark", "A byte order mark begins the log.", &kit, "record.not_json", 0);
    let log = ["\u{feff}".as_bytes(), &vector.bytes(LOG)].concat();
    all.push(vector.file(LOG, log));
    let vector = lie("missing_final_line_feed", "The last record does not end with LF.", &kit, "record.torn", 3);
    let log = vector.bytes(LOG);
    all.push(vector.file(LOG, &log[..log.len() - 1]));
    all
}
