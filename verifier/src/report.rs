//! The verdict on an exported ledger, as data and as text.
//! Not here: the checks themselves (`audit`).

use std::collections::BTreeMap;
use std::fmt::Write;

use answerable_schemas::law::Flag;
use serde::Serialize;

use crate::fault::Fault;
use crate::since::{Fork, Kept};
use crate::witnessed::WitnessReport;

/// Three values: false beats unverifiable, unverifiable beats verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    Verified,
    False,
    Unverifiable,
}

impl Verdict {
    /// The exit code of a program that answers with it.
    pub fn exit_code(self) -> u8 {
        match self {
            Verdict::Verified => 0,
            Verdict::False => 1,
            Verdict::Unverifiable => 3,
        }
    }
}

/// What an audit found. `"schema": "answerable.verify/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub schema: &'static str,
    pub verdict: Verdict,
    /// One sentence, for people.
    pub summary: String,
    pub origin: Option<String>,
    pub ledger_id: Option<String>,
    pub size: String,
    pub root: String,
    pub first_recorded: Option<String>,
    pub last_recorded: Option<String>,
    pub by_signer: BTreeMap<String, u64>,
    pub by_type: BTreeMap<String, u64>,
    pub by_standing: BTreeMap<String, u64>,
    pub corrections: u64,
    /// Failed checks, in the order of the checks, then by seq; at most `MAX_LISTED`.
    pub faults: Vec<Fault>,
    pub faults_total: u64,
    /// What this program cannot judge; never a failure.
    pub unverifiable: Vec<Fault>,
    /// The kept checkpoints that it was compared with.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub since: Vec<Since>,
    /// Evidence of two histories: both checkpoints, in full.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub forks: Vec<Fork>,
    /// Where a policy was given and the checkpoint is of these records.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub witnessed: Option<WitnessReport>,
    pub flags: Vec<Flag>,
    pub flags_total: u64,
    pub not_checked: Vec<String>,
}

/// A kept checkpoint that the ledger was compared with; whether it grew from there, the faults tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Since {
    pub size: String,
    pub root: String,
}

impl From<&Kept> for Since {
    fn from(kept: &Kept) -> Self {
        Self { size: kept.checkpoint.size.to_string(), root: kept.checkpoint.root.to_base64() }
    }
}

/// Faults and flags beyond these are counted, not listed.
pub const MAX_LISTED: usize = 100;

impl Report {
    /// For a terminal of 80 columns; text from the log is escaped.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        let mut line = |text: String| {
            let _ = writeln!(out, "{}", escape(&text));
        };
        let faults = self.faults.iter().chain(&self.unverifiable);
        opening(self.verdict, &self.summary, faults).into_iter().for_each(&mut line);
        if self.faults_total > self.faults.len() as u64 {
            line(format!("  … and {} more", self.faults_total - self.faults.len() as u64));
        }
        for Fork { size, kept, found } in &self.forks {
            line(format!("  two histories of {size} records. The kept checkpoint:"));
            kept.lines().for_each(|l| line(format!("    {l}")));
            line("  and the checkpoint of this export:".into());
            found.lines().for_each(|l| line(format!("    {l}")));
        }
        line(String::new());
        let or_none = |o: &Option<String>| o.clone().unwrap_or_else(|| "none".into());
        line(format!("origin      {}", or_none(&self.origin)));
        line(format!("ledger id   {}", or_none(&self.ledger_id)));
        line(format!("records     {}, root {}", self.size, self.root));
        line(format!("recorded    {} to {}", or_none(&self.first_recorded), or_none(&self.last_recorded)));
        for since in &self.since {
            line(format!("compared    with the kept checkpoint of {} records, root {}", since.size, since.root));
        }
        if let Some(WitnessReport { quorum, met, met_at, cosigned, missing }) = &self.witnessed {
            line(match met_at {
                Some(time) => format!("witnessed   quorum {quorum} met, as of {time}"),
                None if *met => format!("witnessed   quorum {quorum}: nobody is asked for"),
                None => format!("witnessed   quorum {quorum} NOT met"),
            });
            cosigned.iter().for_each(|w| line(format!("            by {} ({}) on {}", w.name, w.key, w.time)));
            missing.iter().for_each(|name| line(format!("            not by {name}")));
        }
        for (label, map) in
            [("by signer", &self.by_signer), ("by type", &self.by_type), ("by standing", &self.by_standing)]
        {
            for (i, (key, count)) in map.iter().enumerate() {
                line(format!("{:<11} {count:>6}  {key}", if i == 0 { label } else { "" }));
            }
        }
        line(format!("corrections {:>6}", self.corrections));
        line(format!("flagged     {:>6}", self.flags_total));
        let mut by_code: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
        self.flags.iter().for_each(|f| by_code.entry(f.code).or_default().push(f.seq));
        for (code, seqs) in by_code {
            let shown: Vec<String> = seqs.iter().take(8).map(u64::to_string).collect();
            let more = if seqs.len() > 8 { ", …" } else { "" };
            line(format!("  {code}: records {}{more}", shown.join(", ")));
        }
        line("NOT CHECKED".into());
        self.not_checked.iter().for_each(|what| line(format!("  - {what}")));
        out
    }
}

/// How every report begins: the verdict, then each fault with what was expected and found. Not escaped yet.
pub(crate) fn opening<'a>(verdict: Verdict, summary: &str, faults: impl Iterator<Item = &'a Fault>) -> Vec<String> {
    let verdict = match verdict {
        Verdict::Verified => "VERIFIED",
        Verdict::False => "FALSE",
        Verdict::Unverifiable => "UNVERIFIABLE",
    };
    let mut lines = vec![format!("{verdict}: {summary}")];
    for fault in faults {
        lines.push(format!("  {fault}"));
        for (label, value) in [("expected", &fault.expected), ("found", &fault.found), ("hint", &fault.hint)] {
            lines.extend(value.as_ref().map(|value| format!("      {label}: {value}")));
        }
    }
    lines
}

/// Lines for a terminal, each escaped and ended.
pub(crate) fn escape_lines(lines: &[String]) -> String {
    lines.iter().map(|line| escape(line) + "\n").collect()
}

/// Text from a ledger, made safe for a terminal: controls, bidirectional and invisible characters become `\u{…}`.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || crate::canonical::is_refused_character(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out
}
