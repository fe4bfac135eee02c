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
    fn nothing_is_markup() {
        let bad = "</script><img src=x onerror='alert(1)'>\u{202e}&\u{2028}\"";
        assert!(!text(bad).contains(['<', '>', '"', '\'', '\u{202e}', '\u{2028}']), "{}", text(bad));
        let inside = json(&serde_json::to_string(bad).unwrap());
        assert!(!inside.contains(['<', '>', '&', '\u{2028}']), "{inside}");
        assert_eq!(serde_json::from_str::<String>(&inside).unwrap(), bad);
    }
}
