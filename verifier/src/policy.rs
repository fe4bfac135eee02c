//! Trust policy files (c2sp.org/tlog-policy): which logs, which witnesses, and how many of them are enough.
//! Not here: cosignatures (`cosignature`), and what an export must show under a policy (`witnessed`).

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::checkpoint::parse_size;
use crate::cosignature::WitnessKey;
use crate::exported::ReadError;
use crate::note::VerifierKey;

/// Most bytes of a policy file (a limit of ours, as c2sp.org/tlog-policy, "Implementation limits", allows).
pub const MAX_POLICY: usize = 1 << 18;
/// Most log lines, most witness lines, and most group lines; the specification asks for 32 of each at least.
pub const MAX_LINES: usize = 256;

/// Why there is no policy.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    #[error(transparent)]
    Unreadable(#[from] ReadError),
    /// Not a file of c2sp.org/tlog-policy.
    #[error("not a policy: {}{why}", .line.map(|n| format!("line {n}: ")).unwrap_or_default())]
    Malformed {
        /// Counted from 1; None where it is no single line.
        line: Option<usize>,
        why: String,
    },
}

impl PolicyError {
    pub fn code(&self) -> &'static str {
        match self {
            PolicyError::Unreadable(_) => "file.io",
            PolicyError::Malformed { .. } => "policy.malformed",
        }
    }

    pub fn hint(&self) -> &'static str {
        match self {
            PolicyError::Unreadable(_) => "check the path and the permissions",
            PolicyError::Malformed { .. } => "the form of a policy file: docs/WITNESS.md and c2sp.org/tlog-policy",
        }
    }
}

/// A `log` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLog {
    /// Its name is the log's origin.
    pub key: VerifierKey,
    pub url: Option<String>,
}

/// A `witness` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownWitness {
    /// Its name in the policy; only there does it mean anything. Bytes that are no UTF-8 are shown as U+FFFD.
    pub name: String,
    /// Where it takes checkpoints: the submission prefix of c2sp.org/tlog-witness.
    pub url: Option<String>,
}

/// What a name stands for. Members are named by their place in `Policy::named`, and stand before their group.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Named {
    /// By its place in `Policy::keys`.
    Witness(usize),
    Group {
        threshold: usize,
        members: Vec<usize>,
    },
}

/// A policy that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<KnownLog>,
    witnesses: Vec<KnownWitness>,
    /// The witnesses' keys, in the order of `witnesses`.
    keys: Vec<WitnessKey>,
    /// In the order of the file: members stand before their groups.
    named: Vec<Named>,
    /// The quorum, by its place in `named`; None for `quorum none`.
    quorum: Option<usize>,
    quorum_name: String,
}

impl Policy {
    /// Reads a policy file (c2sp.org/tlog-policy, "Policy file syntax and structure"). Stricter in three things: a witness
    /// must not have a log's public key, thresholds have no leading zero, and only Ed25519 keys are known.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let whole = |why: &str| PolicyError::Malformed { line: None, why: why.to_owned() };
        if bytes.len() > MAX_POLICY {
            return Err(whole("it is longer than 262,144 bytes"));
        }
        let lines = match bytes.strip_suffix(b"\n") {
            Some(lines) => lines,
            None if bytes.is_empty() => return Err(whole("it is empty")),
            None => return Err(whole("the last line has no newline")),
        };
        let mut reading = Reading::default();
        for (i, line) in lines.split(|b| *b == b'\n').enumerate() {
            reading.line(line).map_err(|why| PolicyError::Malformed { line: Some(i + 1), why })?;
        }
        let Some((quorum_name, quorum)) = reading.quorum else {
            return Err(whole("it has no quorum line"));
        };
        let Reading { logs, witnesses, keys, named, .. } = reading;
        Ok(Self { logs, witnesses, keys, named, quorum, quorum_name })
    }

    pub fn read(path: &Path) -> Result<Self, PolicyError> {
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(MAX_POLICY as u64 + 1).read_to_end(&mut bytes))
            .map_err(|source| ReadError { path: path.to_owned(), source })?;
        Self::parse(&bytes)
    }

    /// The logs that the policy names; none where they are known from elsewhere.
    pub fn logs(&self) -> &[KnownLog] {
        &self.logs
    }

    /// The keys of those logs.
    pub fn log_keys(&self) -> impl Iterator<Item = &VerifierKey> {
        self.logs.iter().map(|log| &log.key)
    }

    /// The witnesses, in the order of the file.
    pub fn witnesses(&self) -> &[KnownWitness] {
        &self.witnesses
    }

    /// Their keys, in the same order.
    pub fn witness_keys(&self) -> &[WitnessKey] {
        &self.keys
    }

    /// The name on the quorum line.
    pub fn quorum_name(&self) -> &str {
        &self.quorum_name
    }

    /// Whether the policy asks for any cosignature.
    pub fn asks_for_witnesses(&self) -> bool {
        self.quorum.is_some()
    }

    /// Whether the witnesses with these keys are enough. Keys that the policy does not name count for nothing, and each
    /// of the others once: a name is a member of one group at most.
    pub fn satisfied(&self, cosigners: &[&WitnessKey]) -> bool {
        let Some(quorum) = self.quorum else { return true };
        let mut witnessed: Vec<bool> = Vec::with_capacity(self.named.len());
        for named in &self.named {
            let holds = match named {
                Named::Witness(key) => cosigners.contains(&&self.keys[*key]),
                // Members come first, so each is decided already.
                Named::Group { threshold, members } => members.iter().filter(|m| witnessed[**m]).count() >= *threshold,
            };
            witnessed.push(holds);
        }
        witnessed[quorum]
    }

    /// The latest time at which these cosigners were enough, each with the time of its latest cosignature, in seconds
    /// since the epoch; None if they are not enough. The quorum is as old as the oldest cosignature that it needs.
    pub fn quorum_time(&self, cosigners: &[(&WitnessKey, u64)]) -> Option<u64> {
        let mut newest_first: Vec<_> = cosigners.to_vec();
        newest_first.sort_by_key(|(_, time)| std::cmp::Reverse(*time));
        let mut keys = Vec::new();
        newest_first.into_iter().find_map(|(key, time)| {
            keys.push(key);
            self.satisfied(&keys).then_some(time)
        })
    }
}

#[derive(Default)]
struct Reading {
    logs: Vec<KnownLog>,
    witnesses: Vec<KnownWitness>,
    keys: Vec<WitnessKey>,
    named: Vec<Named>,
    /// Names are octets: what looks alike, or is no UTF-8, may still differ.
    names: BTreeMap<Vec<u8>, usize>,
    /// Whether each of `named` is a member of a group already.
    taken: Vec<bool>,
    groups: usize,
    quorum: Option<(String, Option<usize>)>,
}

/// The predefined name; only a quorum line may use it.
const NONE: &[u8] = b"none";

impl Reading {
    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        if let Some(byte) = line.iter().find(|b| (**b < 0x20 && **b != b'\t') || **b == 0x7F) {
            return Err(format!("it has the control character 0x{byte:02x}"));
        }
        let mut items = line.split(|b| matches!(b, b' ' | b'\t')).filter(|item| !item.is_empty());
        let Some(keyword) = items.next().filter(|first| !first.starts_with(b"#")) else { return Ok(()) };
        let items: Vec<&[u8]> = items.collect();
        match (keyword, items.as_slice()) {
            (b"log", [key]) => self.log(key, None),
            (b"log", [key, url]) => self.log(key, Some(url)),
            (b"witness", [name, key]) => self.witness(name, key, None),
            (b"witness", [name, key, url]) => self.witness(name, key, Some(url)),
            (b"group", [name, threshold, members @ ..]) if !members.is_empty() => self.group(name, threshold, members),
            (b"quorum", [name]) => self.quorum(name),
            (b"log", _) => Err("a log line is `log VKEY [URL]`".into()),
            (b"witness", _) => Err("a witness line is `witness NAME VKEY [URL]`".into()),
            (b"group", _) => Err("a group line is `group NAME all|any|K MEMBER…`".into()),
            (b"quorum", _) => Err("a quorum line is `quorum NAME`".into()),
            _ => Err(format!("it begins with {:?}, not with log, witness, group or quorum", text(keyword))),
        }
    }

    fn log(&mut self, key: &[u8], url: Option<&[u8]>) -> Result<(), String> {
        let key = utf8(key).and_then(|k| VerifierKey::parse(k).map_err(|e| e.to_string()))?;
        if self.logs.iter().any(|log| log.key.public_key() == key.public_key()) {
            return Err("another log line has the same public key".into());
        }
        if self.keys.iter().any(|w| w.public_key() == key.public_key()) {
            return Err("a witness has the same public key: a log cannot witness itself".into());
        }
        room(self.logs.len())?;
        self.logs.push(KnownLog { key, url: url.map(text) });
        Ok(())
    }

    fn witness(&mut self, name: &[u8], key: &[u8], url: Option<&[u8]>) -> Result<(), String> {
        let key = utf8(key).and_then(|k| WitnessKey::parse(k).map_err(|e| e.to_string()))?;
        if self.keys.iter().any(|other| other.public_key() == key.public_key()) {
            return Err("another witness line has the same public key".into());
        }
        if self.logs.iter().any(|log| log.key.public_key() == key.public_key()) {
            return Err("a log has the same public key: a log cannot witness itself".into());
        }
        room(self.keys.len())?;
        self.define(name, Named::Witness(self.keys.len()))?;
        self.witnesses.push(KnownWitness { name: text(name), url: url.map(text) });
        self.keys.push(key);
        Ok(())
    }

    fn group(&mut self, name: &[u8], threshold: &[u8], names: &[&[u8]]) -> Result<(), String> {
        room(self.groups)?;
        let mut members = Vec::with_capacity(names.len());
        for member in names {
            let place = self.find(member)?;
            if std::mem::replace(&mut self.taken[place], true) {
                return Err(format!("{:?} is a member of a group already, and would count twice", text(member)));
            }
            members.push(place);
        }
        let threshold = match threshold {
            b"all" => members.len(),
            b"any" => 1,
            number => {
                let number = utf8(number).ok().and_then(parse_size).and_then(|n| usize::try_from(n).ok());
                number.filter(|k| (1..=members.len()).contains(k)).ok_or_else(|| {
                    format!("the threshold is neither all, any, nor a number from 1 to {}", members.len())
                })?
            }
        };
        self.groups += 1;
        self.define(name, Named::Group { threshold, members })
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), String> {
        if self.quorum.is_some() {
            return Err("another quorum line comes before it".into());
        }
        let quorum = if name == NONE { None } else { Some(self.find(name)?) };
        self.quorum = Some((text(name), quorum));
        Ok(())
    }

    fn define(&mut self, name: &[u8], named: Named) -> Result<(), String> {
        if name == NONE {
            return Err("the name none is taken: it means that no witness is needed".into());
        }
        if self.names.contains_key(name) {
            return Err(format!("the name {:?} is defined already", text(name)));
        }
        self.names.insert(name.to_owned(), self.named.len());
        self.named.push(named);
        self.taken.push(false);
        Ok(())
    }

    /// Only names of lines before this one: that also rules out circles.
    fn find(&self, name: &[u8]) -> Result<usize, String> {
        let found = self.names.get(name).copied();
        found.ok_or_else(|| format!("no line before this one defines {:?}", text(name)))
    }
}

fn room(count: usize) -> Result<(), String> {
    if count < MAX_LINES { Ok(()) } else { Err(format!("there are more than {MAX_LINES} lines of this kind")) }
}

fn utf8(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ed25519::PublicKey;
    use ed25519_dalek::SigningKey;
    use proptest::prelude::*;

    fn public(seed: u8) -> PublicKey {
        PublicKey::enrollable(SigningKey::from_bytes(&[seed; 32]).verifying_key().as_bytes()).unwrap()
    }

    fn w(seed: u8) -> WitnessKey {
        WitnessKey::new(&format!("w.example/{seed}"), public(seed)).unwrap()
    }

    fn log(seed: u8) -> VerifierKey {
        VerifierKey::new("log.example/a", public(seed)).unwrap()
    }

    /// The example of c2sp.org/tlog-policy, "Example policy", with keys.
    fn example() -> String {
        let witness = |name: &str, seed| format!("witness {name} {}\n", w(seed));
        let mut text = format!("log {}\n\n", log(100));
        text += &[witness("X1", 1), witness("X2", 2), witness("X3", 3)].concat();
        text += "group X-witnesses 2 X1 X2 X3\n\n";
        text += &[witness("Y1", 4), witness("Y2", 5), witness("Y3", 6)].concat();
        text + "group Y-witnesses any Y1 Y2 Y3\n\ngroup X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
    }

    fn met(policy: &Policy, seeds: &[u8]) -> bool {
        let keys: Vec<WitnessKey> = seeds.iter().map(|s| w(*s)).collect();
        policy.satisfied(&keys.iter().collect::<Vec<_>>())
    }

    #[test]
    fn the_example_of_the_specification() {
        let policy = Policy::parse(example().as_bytes()).unwrap();
        assert_eq!(policy.log_keys().collect::<Vec<_>>(), [&log(100)]);
        assert_eq!(policy.witnesses().len(), 6);
        assert_eq!(policy.quorum_name(), "X-and-Y");
        for subset in 0u32..64 {
            let seeds: Vec<u8> = (1..=6).filter(|s| subset >> (s - 1) & 1 == 1).collect();
            let x = seeds.iter().filter(|s| **s <= 3).count();
            assert_eq!(met(&policy, &seeds), x >= 2 && seeds.len() > x, "{seeds:?}");
        }
        assert!(!met(&policy, &[1, 1, 1, 4, 4]), "one witness counts once");
        assert!(!met(&policy, &[1, 4, 50, 51]), "unknown witnesses count for nothing");
    }

    #[test]
    fn a_quorum_is_as_old_as_what_it_needs() {
        let text = format!("witness a {}\nwitness b {}\nwitness c {}\ngroup g 2 a b c\nquorum g\n", w(1), w(2), w(3));
        let policy = Policy::parse(text.as_bytes()).unwrap();
        let (a, b, c) = (w(1), w(2), w(3));
        assert_eq!(policy.quorum_time(&[(&a, 10), (&b, 30), (&c, 20)]), Some(20));
        assert_eq!(policy.quorum_time(&[(&a, 10), (&b, 30)]), Some(10));
        assert_eq!(policy.quorum_time(&[(&b, 30), (&b, 31)]), None);
    }

    #[test]
    fn what_may_be_written() {
        let (a, b) = (w(1), w(2));
        let plain = format!("witness a {a}\nquorum a\n");
        assert!(met(&Policy::parse(plain.as_bytes()).unwrap(), &[1]));
        let spaced = format!("\t# comment\n \n  witness\t a  {a} http://x/\u{e9}\t\nquorum a \n#\nwitness b {b}\n");
        let policy = Policy::parse(spaced.as_bytes()).unwrap();
        assert_eq!(policy.witnesses()[0].url.as_deref(), Some("http://x/\u{e9}"));
        assert_eq!(policy.witnesses()[1], KnownWitness { name: "b".into(), url: None });
        let none = Policy::parse(b"quorum none\n").unwrap();
        assert!(none.satisfied(&[]) && !none.asks_for_witnesses() && none.witnesses().is_empty());
        // Names are octets: K, the Kelvin sign, and a byte that is no UTF-8 are three names.
        let mut odd = format!("witness K {a}\nwitness \u{212a} {b}\nwitness ").into_bytes();
        odd.extend([0xFF, b' ']);
        odd.extend(format!("{}\ngroup none! all K \u{212a} ", w(3)).bytes());
        odd.extend(b"\xff\nquorum none!\n");
        let policy = Policy::parse(&odd).unwrap();
        assert!(met(&policy, &[1, 2, 3]) && !met(&policy, &[1, 2]));
        assert_eq!(policy.witnesses()[2].name, "\u{fffd}");
    }

    #[test]
    fn policies_that_lie() {
        let (a, b) = (w(1), w(2));
        let other_name = WitnessKey::new("w.example/other", public(1)).unwrap();
        let two = format!("witness a {a}\nwitness b {b}\n");
        let as_log = VerifierKey::new("w.example/1", public(1)).unwrap();
        let cases = [
            (String::new(), None, "empty"),
            ("quorum none".into(), None, "newline"),
            ("#\n".into(), None, "no quorum line"),
            ("quorum none\nquorum none\n".into(), Some(2), "another quorum"),
            ("quorum none none\n".into(), Some(1), "quorum NAME"),
            (format!("quorum a\nwitness a {a}\n"), Some(1), "no line before"),
            (format!("{two}group g 1 g\nquorum g\n"), Some(3), "no line before"),
            (format!("{two}group g all a h\ngroup h all b\nquorum g\n"), Some(3), "no line before"),
            (format!("{two}group g 1 none\nquorum g\n"), Some(3), "no line before"),
            (format!("{two}group g 2 a a\nquorum g\n"), Some(3), "twice"),
            (format!("{two}group g 1 a\ngroup h 2 g a\nquorum h\n"), Some(4), "twice"),
            (format!("{two}group g 1 a\ngroup h 1 a\nquorum h\n"), Some(4), "twice"),
            (format!("{two}group g 0 a\nquorum g\n"), Some(3), "threshold"),
            (format!("{two}group g 3 a b\nquorum g\n"), Some(3), "threshold"),
            (format!("{two}group g 02 a b\nquorum g\n"), Some(3), "threshold"),
            (format!("{two}group g +1 a b\nquorum g\n"), Some(3), "threshold"),
            (format!("{two}group g 99999999999999999999 a b\nquorum g\n"), Some(3), "threshold"),
            (format!("{two}group g all\nquorum g\n"), Some(3), "group NAME"),
            (format!("{two}group a all b\nquorum a\n"), Some(3), "defined already"),
            (format!("{two}group none all b\nquorum none\n"), Some(3), "taken"),
            (format!("witness a {a}\nwitness a {b}\nquorum a\n"), Some(2), "defined already"),
            (format!("witness a {a}\nwitness b {a}\nquorum a\n"), Some(2), "same public key"),
            (format!("witness a {a}\nwitness b {other_name}\nquorum a\n"), Some(2), "same public key"),
            (format!("log {}\nlog {}\nquorum none\n", log(1), log(1)), Some(2), "same public key"),
            (format!("log {as_log}\nwitness a {a}\nquorum a\n"), Some(2), "itself"),
            (format!("witness a {a}\nlog {as_log}\nquorum a\n"), Some(2), "itself"),
            (format!("log {a}\nquorum none\n"), Some(1), "0x04"),
            (format!("witness a {}\nquorum a\n", log(1)), Some(1), "0x01"),
            (format!("witness a {a} url more\nquorum a\n"), Some(1), "witness NAME"),
            ("witness a\nquorum a\n".to_string(), Some(1), "witness NAME"),
            ("logs x\nquorum none\n".into(), Some(1), "begins with"),
            ("quorum none # as we said\n".into(), Some(1), "quorum NAME"),
            ("quorum\u{a0}none\n".into(), Some(1), "begins with"),
            ("quorum none\r\n".into(), Some(1), "0x0d"),
            ("#\u{7f}\nquorum none\n".into(), Some(1), "0x7f"),
        ];
        for (lie, line, why) in cases {
            let error = Policy::parse(lie.as_bytes()).unwrap_err();
            assert_eq!(error.code(), "policy.malformed");
            assert!(matches!(&error, PolicyError::Malformed { line: l, .. } if *l == line), "{lie}: {error}");
            assert!(error.to_string().contains(why), "{lie}: {error}");
        }
    }

    #[test]
    fn sizes_are_bounded_and_deep_groups_are_no_trouble() {
        let deep = |groups: usize| {
            let mut text = format!("witness g0 {}\n", w(1));
            (1..=groups).for_each(|n| text += &format!("group g{n} all g{}\n", n - 1));
            text + &format!("quorum g{groups}\n")
        };
        let policy = Policy::parse(deep(MAX_LINES).as_bytes()).unwrap();
        assert!(met(&policy, &[1]) && !met(&policy, &[]));
        assert!(Policy::parse(deep(MAX_LINES + 1).as_bytes()).is_err());
        let long = format!("#{}\nquorum none\n", "x".repeat(MAX_POLICY));
        assert!(Policy::parse(long.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn hostile_bytes_do_no_harm(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Policy::parse(&bytes);
        }

        /// The example with some lines gone, doubled or moved: never a panic, and never a quorum of nobody.
        #[test]
        fn shuffled_lines_do_no_harm(order in proptest::collection::vec(0usize..14, 0..20)) {
            let text = example();
            let lines: Vec<&str> = text.lines().collect();
            let shuffled: String = order.iter().map(|i| format!("{}\n", lines[i % lines.len()])).collect();
            if let Ok(policy) = Policy::parse(shuffled.as_bytes()) {
                prop_assert!(!policy.satisfied(&[]));
                prop_assert!(policy.satisfied(&policy.witness_keys().iter().collect::<Vec<_>>()));
            }
        }
    }
}
