//! Text from the log in HTML and in JSON within HTML: nothing in it is ever markup, or fools a reader's eye.
//! Not here: what is shown.

use answerable_verifier::report::escape;

/// Text between tags, or in a quoted attribute.
pub fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in escape(raw).chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            c => out.push(c),
        }
    }
    out
}

/// Text between tags whose dates stay on one line each.
pub fn dated(raw: &str) -> String {
    let (mut out, safe) = (String::new(), text(raw));
    let mut rest = safe.as_str();
    while let Some((at, length)) = first_date(rest) {
        out += &format!("{}<span class=\"date\">{}</span>", &rest[..at], &rest[at..at + length]);
        rest = &rest[at + length..];
    }
    out + rest
}

/// Where the first `YYYY-MM` or `YYYY-MM-DD` begins, and how long it is.
fn first_date(text: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    let digits = |from: usize, to: usize| bytes.get(from..to).is_some_and(|b| b.iter().all(u8::is_ascii_digit));
    let hyphen = |at: usize| bytes.get(at) == Some(&b'-');
    (0..bytes.len()).find(|at| digits(*at, at + 4) && hyphen(at + 4) && digits(at + 5, at + 7)).map(|at| {
        let whole = hyphen(at + 7) && digits(at + 8, at + 10);
        (at, if whole { 10 } else { 7 })
    })
}

/// JSON that stands in a `script` element: within its strings, an escape means the same.
pub fn json(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len() + raw.len() / 50);
    for c in raw.chars() {
        match c {
            '<' => out += "\\u003c",
            '>' => out += "\\u003e",
            '&' => out += "\\u0026",
            '\u{2028}' => out += "\\u2028",
            '\u{2029}' => out += "\\u2029",
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_stay_on_one_line() {
        let told = dated("due 2015-03-14, put off to 2015-04; \u{e9}<2015-3> 12-34");
        let wanted = "due <span class=\"date\">2015-03-14</span>, put off to <span class=\"date\">2015-04</span>; \u{e9}&lt;2015-3&gt; 12-34";
        assert_eq!(told, wanted);
    }

    #[test]
    fn nothing_is_markup() {
        let bad = "</script><img src=x onerror='alert(1)'>\u{202e}&\u{2028}\"";
        assert!(!text(bad).contains(['<', '>', '"', '\'', '\u{202e}', '\u{2028}']), "{}", text(bad));
        let inside = json(&serde_json::to_string(bad).unwrap());
        assert!(!inside.contains(['<', '>', '&', '\u{2028}']), "{inside}");
        assert_eq!(serde_json::from_str::<String>(&inside).unwrap(), bad);
    }
}
