//! Receipts: an inclusion proof as a file (c2sp.org/tlog-proof), and the judgement whether it proves that a record is
//! in a ledger. Needs no ledger: the proof, the record's line and the pins are enough.
//! Not here: how proofs are made (`tiles`), and whether the record is lawful, which only its whole ledger tells.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use answerable_schemas::EventId;
use serde::Serialize;

use crate::audit::Pins;
use crate::canonical::MAX_RECORD;
use crate::checkpoint::{Checkpoint, CheckpointError, parse_size};
use crate::encoding::{Hash, base64_decode, base64_encode};
use crate::exported::ReadError;
use crate::fault::{Fault, Stage};
use crate::merkle::verify_inclusion;
use crate::note::Note;
use crate::pin::{checkpoint_fault, open_pinned};
use crate::record::Record;
use crate::report::{Verdict, escape_lines, opening};

const HEADER: &str = "c2sp.org/tlog-proof@v1";
/// Most bytes of a proof: the largest checkpoint, and room for all that comes before it (a limit of ours).
pub const MAX_PROOF: usize = 1 << 20;
/// Most hashes of a proof: a tree of 2^64 leaves needs no more.
pub const MAX_HASHES: usize = 64;

/// A proof as it was read: well-formed, nothing checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlogProof {
    /// The record's seq.
    pub index: u64,
    /// Never trusted: nobody signed it. Not empty; ours have none.
    pub extra: Option<Vec<u8>>,
    /// From the leaf's sibling to the root's child (RFC 6962 section 2.1.1).
    pub hashes: Vec<Hash>,
    /// The signed checkpoint, byte for byte.
    pub checkpoint: Vec<u8>,
}

impl TlogProof {
    /// Reads a proof (c2sp.org/tlog-proof, "Format"): `format` gives the same bytes back. The checkpoint is not looked
    /// into. Every failure is `proof.malformed`.
    pub fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.len() > MAX_PROOF {
            return Err(malformed("it is longer than 1,048,576 bytes"));
        }
        if bytes.contains(&b'\r') {
            return Err(malformed("it has a carriage return; its lines end with LF alone"));
        }
        let mut rest = bytes;
        let mut next = || -> Result<&str, Fault> {
            let end =
                rest.iter().position(|b| *b == b'\n').ok_or_else(|| malformed("it ends before its checkpoint"))?;
            let line = std::str::from_utf8(&rest[..end]).map_err(|_| malformed("it is not UTF-8"))?;
            rest = &rest[end + 1..];
            Ok(line)
        };
        if next()? != HEADER {
            return Err(malformed(format!("its first line is not {HEADER}")));
        }
        let mut line = next()?;
        let mut extra = None;
        if let Some(text) = line.strip_prefix("extra ") {
            let data = base64_decode(text).map_err(|e| malformed(format!("extra: {e}")))?;
            if data.is_empty() {
                return Err(malformed("extra: it is empty; the line is left out then"));
            }
            extra = Some(data);
            line = next()?;
        }
        let index = line.strip_prefix("index ").and_then(parse_size);
        let index = index.ok_or_else(|| malformed("no line with \"index \" and a decimal number of 64 bits"))?;
        let mut hashes = Vec::new();
        loop {
            let line = next()?;
            if line.is_empty() {
                break;
            }
            if hashes.len() == MAX_HASHES {
                return Err(malformed(format!("it has more than {MAX_HASHES} hashes")));
            }
            let hash = Hash::from_base64(line).map_err(|e| malformed(format!("hash {}: {e}", hashes.len() + 1)))?;
            hashes.push(hash);
        }
        Ok(Self { index, extra, hashes, checkpoint: rest.to_vec() })
    }

    /// The bytes of the file. Extra data that is empty is left out.
    pub fn format(&self) -> Vec<u8> {
        let mut out = format!("{HEADER}\n");
        if let Some(extra) = self.extra.as_ref().filter(|data| !data.is_empty()) {
            out += &format!("extra {}\n", base64_encode(extra));
        }
        out += &format!("index {}\n", self.index);
        out.extend(self.hashes.iter().map(|hash| hash.to_base64() + "\n"));
        out.push('\n');
        [out.as_bytes(), &self.checkpoint].concat()
    }
}

fn malformed(why: impl std::fmt::Display) -> Fault {
    Fault::new(Stage::Bytes, "proof.malformed", format!("not a proof: {why}"))
        .hint("get it anew, byte for byte: answerable prove RECORD")
}

/// What a receipt proves. `"schema": "answerable.verify_proof/v1"`.
#[derive(Debug, Clone, Serialize)]
pub struct ProofReport {
    pub schema: &'static str,
    pub verdict: Verdict,
    /// One sentence, for people.
    pub summary: String,
    /// What the record says, if it could be read.
    pub seq: Option<String>,
    pub event_id: Option<String>,
    pub ledger_id: Option<String>,
    pub recorded: Option<String>,
    /// What the checkpoint says, if it could be opened.
    pub origin: Option<String>,
    pub size: Option<String>,
    pub root: Option<String>,
    /// Failed checks, in the order of the checks.
    pub faults: Vec<Fault>,
    /// What a receipt cannot tell; never a failure.
    pub not_checked: Vec<String>,
}

/// Judges whether `proof` (a file's bytes) proves that `line` (a record without its LF) is in a ledger.
/// Verified only under a pinned log key: without one, anybody may have made the checkpoint.
pub fn judge(proof: &[u8], line: &[u8], pins: &Pins) -> ProofReport {
    let mut faults = Vec::new();
    let record = kept(Record::parse(line), &mut faults);
    let proof = kept(TlogProof::parse(proof), &mut faults);
    let checkpoint = proof.as_ref().and_then(|p| kept(open(&p.checkpoint, pins), &mut faults));
    if let (Some(record), Some(proof)) = (&record, &proof) {
        kept(check_inclusion(record, proof, checkpoint.as_ref()), &mut faults);
    }
    let ledger_id = record.as_ref().and_then(ledger_of);
    if let (Some(record), Some(pinned)) = (&record, pins.ledger_id) {
        kept(check_ledger(record, ledger_id, pinned), &mut faults);
    }
    faults.sort_by_key(|f| f.stage);
    let verdict = match (faults.as_slice(), pins.log_keys.as_slice()) {
        ([_, ..], _) => Verdict::False,
        ([], []) => Verdict::Unverifiable,
        ([], [_, ..]) => Verdict::Verified,
    };
    let summary = match (&faults[..], &record, &checkpoint) {
        ([], Some(record), Some(c)) if verdict == Verdict::Verified => {
            format!("record {} is in the ledger {}, by its checkpoint of {} records", record.seq, c.origin, c.size)
        }
        ([], ..) => "internally consistent, authenticity not checked: pin a log key".into(),
        ([first, ..], ..) => first.message.clone(),
    };
    ProofReport {
        schema: "answerable.verify_proof/v1",
        verdict,
        summary,
        seq: record.as_ref().map(|r| r.seq.to_string()),
        event_id: record.as_ref().map(|r| r.signed.id.to_string()),
        ledger_id: ledger_id.map(|id| id.to_string()),
        recorded: record.as_ref().map(|r| r.recorded.to_string()),
        origin: checkpoint.as_ref().map(|c| c.origin.clone()),
        size: checkpoint.as_ref().map(|c| c.size.to_string()),
        root: checkpoint.as_ref().map(|c| c.root.to_base64()),
        faults,
        not_checked: not_checked(pins, proof.is_some_and(|p| p.extra.is_some())),
    }
}

fn kept<T>(checked: Result<T, Fault>, faults: &mut Vec<Fault>) -> Option<T> {
    checked.map_err(|fault| faults.push(fault)).ok()
}

pub(crate) fn open(bytes: &[u8], pins: &Pins) -> Result<Checkpoint, Fault> {
    if !pins.log_keys.is_empty() {
        return open_pinned(bytes, &pins.log_keys).map(|(checkpoint, _)| checkpoint);
    }
    let note = Note::parse(bytes).map_err(|e| checkpoint_fault(CheckpointError::from(e)))?;
    Checkpoint::parse(&note.text).map_err(checkpoint_fault)
}

/// Without a checkpoint there is no root to come to, and only the index is compared.
pub(crate) fn check_inclusion(
    record: &Record,
    proof: &TlogProof,
    checkpoint: Option<&Checkpoint>,
) -> Result<(), Fault> {
    if proof.index != record.seq {
        return Err(Fault::new(Stage::Tree, "proof.wrong_record", "the proof is of another record")
            .at(record.seq)
            .compared(proof.index, record.seq)
            .hint("give the record file that came with this proof"));
    }
    let Some(checkpoint) = checkpoint else { return Ok(()) };
    verify_inclusion(&record.leaf, proof.index, checkpoint.size, &proof.hashes, &checkpoint.root).map_err(|e| {
        Fault::new(Stage::Tree, "proof.not_included", format!("record, proof and checkpoint do not fit: {e}"))
            .at(record.seq)
            .hint("one of them was altered: get them anew, answerable prove RECORD; keep these as evidence")
    })
}

/// The ledger that the signers named. Record 0 names none: its own event id is the ledger's id.
pub(crate) fn ledger_of(record: &Record) -> Option<EventId> {
    if record.seq == 0 { Some(record.signed.id) } else { record.event().ledger }
}

pub(crate) fn check_ledger(record: &Record, found: Option<EventId>, pinned: EventId) -> Result<(), Fault> {
    if found == Some(pinned) {
        return Ok(());
    }
    let found = found.map_or("none".to_owned(), |id| id.to_string());
    Err(Fault::new(Stage::Checkpoint, "pin.wrong_ledger", "the record is of another ledger than the pinned one")
        .at(record.seq)
        .compared(pinned, found)
        .hint("check the pin; if it is right, this is another ledger"))
}

fn not_checked(pins: &Pins, extra: bool) -> Vec<String> {
    let mut list = Vec::new();
    if pins.log_keys.is_empty() {
        list.push("authenticity: no log key was pinned, so anyone may have made this".to_owned());
    }
    if extra {
        list.push("the extra data of the proof: nobody signed it, and it was not read".to_owned());
    }
    list.push("the author's signatures and right to sign, and the law: they need the whole ledger".to_owned());
    list.push("freshness and forks: whether a later record corrects this one, or another ledger exists".to_owned());
    list.push("witnesses: no cosignatures were asked for".to_owned());
    list
}

impl ProofReport {
    /// For a terminal of 80 columns; text from the files is escaped.
    pub fn to_text(&self) -> String {
        let mut lines = opening(self.verdict, &self.summary, self.faults.iter());
        let or_none = |o: &Option<String>| o.clone().unwrap_or_else(|| "none".into());
        lines.push(String::new());
        lines.push(format!("record      {}, recorded {}", or_none(&self.seq), or_none(&self.recorded)));
        lines.push(format!("event id    {}", or_none(&self.event_id)));
        lines.push(format!("ledger id   {}", or_none(&self.ledger_id)));
        lines.push(format!("origin      {}", or_none(&self.origin)));
        lines.push(format!("checkpoint  {} records, root {}", or_none(&self.size), or_none(&self.root)));
        lines.push("NOT CHECKED".into());
        lines.extend(self.not_checked.iter().map(|what| format!("  - {what}")));
        escape_lines(&lines)
    }
}

/// Judges the two files of a receipt. Where `record` is not given, it is the file beside the proof.
/// Errors only where a file cannot be read; whatever the bytes say is in the report.
pub fn judge_files(proof: &Path, record: Option<&Path>, pins: &Pins) -> Result<ProofReport, ReadError> {
    let record = record.map_or_else(|| record_beside(proof), Path::to_owned);
    // One byte more than may be there: whatever is longer shows as too long.
    let proof = read(proof, MAX_PROOF + 1)?;
    let record = read(&record, MAX_RECORD + 2)?;
    Ok(judge(&proof, record.strip_suffix(b"\n").unwrap_or(&record), pins))
}

/// `NAME.record.json` for `NAME.tlog-proof`.
fn record_beside(proof: &Path) -> PathBuf {
    let is_proof = proof.extension().is_some_and(|e| e == "tlog-proof");
    let mut name = if is_proof { proof.with_extension("") } else { proof.to_owned() }.into_os_string();
    name.push(".record.json");
    name.into()
}

fn read(path: &Path, limit: usize) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limit as u64).read_to_end(&mut bytes))
        .map_err(|source| ReadError { path: path.to_owned(), source })?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ed25519::PublicKey;
    use crate::merkle::{inclusion_proof, leaf_hash, root_of};
    use crate::note::{VerifierKey, signature_line};
    use crate::record::SignedEvent;
    use answerable_schemas::Event;
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;
    use serde_json::json;

    const ORIGIN: &str = "ledger.test/proofs";
    const LEDGER: [u8; 32] = [9; 32];
    const SIZE: u64 = 7;
    const SEQ: u64 = 4;

    fn key(seed: u8) -> (SigningKey, VerifierKey) {
        let signer = SigningKey::from_bytes(&[seed; 32]);
        let public = PublicKey::enrollable(signer.verifying_key().as_bytes()).unwrap();
        (signer, VerifierKey::new(ORIGIN, public).unwrap())
    }

    fn signed_checkpoint(origin: &str, size: u64, root: Hash, seed: u8) -> Vec<u8> {
        let (signer, key) = key(seed);
        let text = Checkpoint { origin: origin.into(), size, root }.to_text();
        let signatures = vec![signature_line(&key, &signer.sign(text.as_bytes()).to_bytes())];
        Note { text, signatures }.format().unwrap().into_bytes()
    }

    /// A line that reads as a record; its signature is none, which no receipt looks at.
    fn line(seq: u64) -> Vec<u8> {
        let event: Event = serde_json::from_value(json!({
            "actor": "org:test", "body": {"actor": "org:test", "role": "registrar"}, "effective": "2026-11-23",
            "follows": null, "issued": "2026-11-23T19:40:20.000Z",
            "ledger": if seq == 0 { json!(null) } else { json!(EventId(LEDGER)) },
            "nonce": "AwMDAwMDAwMDAwMDAwMDAw==", "seen": null, "signers": ["org:test#1"], "standing": "own",
            "stream": "roles:org:test", "type": "role.granted", "v": 1,
        }))
        .unwrap();
        let recorded = "2026-11-23T19:40:21.123Z".parse().unwrap();
        SignedEvent::draft(&event).unwrap().record_line(seq, &Hash([seq as u8; 32]), recorded)
    }

    fn leaves() -> Vec<Hash> {
        (0..SIZE).map(|seq| leaf_hash(&line(seq))).collect()
    }

    fn receipt(seq: u64) -> TlogProof {
        let leaves = leaves();
        let checkpoint = signed_checkpoint(ORIGIN, SIZE, root_of(&leaves), 1);
        TlogProof { index: seq, extra: None, hashes: inclusion_proof(&leaves, seq), checkpoint }
    }

    fn pins() -> Pins {
        Pins { ledger_id: Some(EventId(LEDGER)), log_keys: vec![key(1).1], ..Default::default() }
    }

    /// False with the log key pinned, for the reason expected alone; and never verified without.
    #[track_caller]
    fn must_be_false(what: &str, proof: &[u8], line: &[u8], expected: &str) {
        let report = judge(proof, line, &pins());
        let codes: Vec<&str> = report.faults.iter().map(|f| f.code.as_str()).collect();
        assert_eq!((report.verdict, codes), (Verdict::False, vec![expected]), "{what}");
        assert!(report.to_text().starts_with("FALSE: "), "{what}");
        assert_ne!(judge(proof, line, &Pins::default()).verdict, Verdict::Verified, "{what}");
    }

    #[test]
    fn every_record_of_a_tree_is_proved() {
        for seq in 0..SIZE {
            let pins = match seq {
                0 => Pins { ledger_id: Some(Record::parse(&line(0)).unwrap().signed.id), ..pins() },
                _ => pins(),
            };
            let report = judge(&receipt(seq).format(), &line(seq), &pins);
            assert_eq!(report.verdict, Verdict::Verified, "{report:?}");
            assert_eq!(report.seq, Some(seq.to_string()));
            assert_eq!((report.origin.as_deref(), report.size.as_deref()), (Some(ORIGIN), Some("7")));
            assert_eq!(report.ledger_id, pins.ledger_id.map(|id| id.to_string()));
            assert_eq!(report.root, Some(root_of(&leaves()).to_base64()));
            let text = report.to_text();
            assert!(text.starts_with(&format!("VERIFIED: record {seq} is in the ledger {ORIGIN}")), "{text}");
            assert!(text.contains("NOT CHECKED\n"), "{text}");
        }
    }

    #[test]
    fn without_a_log_key_nothing_is_verified() {
        let (proof, line) = (receipt(SEQ).format(), line(SEQ));
        for pins in [Pins::default(), Pins { log_keys: Vec::new(), ..pins() }] {
            let report = judge(&proof, &line, &pins);
            assert_eq!((report.verdict, report.faults.len()), (Verdict::Unverifiable, 0));
            assert!(report.not_checked[0].starts_with("authenticity: "), "{report:?}");
        }
        // What contradicts itself is false, whoever signed it.
        let mut wrong = receipt(SEQ);
        wrong.hashes.swap(0, 1);
        assert_eq!(judge(&wrong.format(), &line, &Pins::default()).verdict, Verdict::False);
    }

    #[test]
    fn records_that_lie() {
        let (proof, good) = (receipt(SEQ).format(), line(SEQ));
        must_be_false("another record", &proof, &line(SEQ + 1), "proof.wrong_record");
        let text = String::from_utf8(good.clone()).unwrap();
        let edited = |from: &str, to: &str| text.replacen(from, to, 1).into_bytes();
        must_be_false("another day", &proof, &edited("11-23", "11-24"), "proof.not_included");
        must_be_false(
            "its own signature",
            &proof,
            &edited("\"signatures\":[]", "\"signatures\":[{\"key\":\"org:test#1\",\"sig\":\"AA==\"}]"),
            "proof.not_included",
        );
        must_be_false("a space", &proof, &edited("\":", "\": "), "record.not_canonical");
        must_be_false("a second LF", &proof, &[&good[..], b"\n"].concat(), "record.not_canonical");
        must_be_false("nothing", &proof, b"", "record.not_json");
        let mut of_other = pins();
        of_other.ledger_id = Some(EventId([8; 32]));
        for pins in [of_other.clone(), Pins { log_keys: Vec::new(), ..of_other }] {
            let report = judge(&proof, &good, &pins);
            assert_eq!((report.verdict, report.faults[0].code.as_str()), (Verdict::False, "pin.wrong_ledger"));
        }
        // Record 0 is the ledger: another one's founding must not pass for it.
        must_be_false("another founding", &receipt(0).format(), &line(0), "pin.wrong_ledger");
    }

    #[test]
    fn hashes_that_lie() {
        let with = |change: &dyn Fn(&mut TlogProof)| {
            let mut proof = receipt(SEQ);
            change(&mut proof);
            proof.format()
        };
        let good = line(SEQ);
        for (what, proof, expected) in [
            ("another index", with(&|p| p.index += 1), "proof.wrong_record"),
            ("swapped hashes", with(&|p| p.hashes.swap(0, 1)), "proof.not_included"),
            ("a hash of another", with(&|p| p.hashes[1] = p.hashes[0]), "proof.not_included"),
            ("a missing hash", with(&|p| p.hashes.truncate(p.hashes.len() - 1)), "proof.not_included"),
            ("no hash", with(&|p| p.hashes.clear()), "proof.not_included"),
            ("a surplus hash", with(&|p| p.hashes.push(Hash::ZERO)), "proof.not_included"),
            ("63 surplus hashes", with(&|p| p.hashes.resize(64, Hash::ZERO)), "proof.not_included"),
            ("65 hashes", with(&|p| p.hashes.resize(65, Hash::ZERO)), "proof.malformed"),
        ] {
            must_be_false(what, &proof, &good, expected);
        }
    }

    #[test]
    fn checkpoints_that_lie() {
        let (good, root) = (line(SEQ), root_of(&leaves()));
        let under = |checkpoint: Vec<u8>| TlogProof { checkpoint, ..receipt(SEQ) }.format();
        let text = String::from_utf8(receipt(SEQ).checkpoint).unwrap();
        let elsewhere = signed_checkpoint("ledger.test/other", SIZE, root, 1);
        for (what, proof, expected) in [
            ("index is its size", under(signed_checkpoint(ORIGIN, SEQ, root, 1)), "proof.not_included"),
            ("the empty tree", under(signed_checkpoint(ORIGIN, 0, Hash::sha256(b""), 1)), "proof.not_included"),
            ("a later size", under(signed_checkpoint(ORIGIN, SIZE + 2, root, 1)), "proof.not_included"),
            ("another root", under(signed_checkpoint(ORIGIN, SIZE, Hash::ZERO, 1)), "proof.not_included"),
            ("another key", under(signed_checkpoint(ORIGIN, SIZE, root, 2)), "checkpoint.not_by_pinned_key"),
            ("another log", under(elsewhere), "checkpoint.wrong_origin"),
            ("a size that nobody signed", under(text.replace("\n7\n", "\n8\n").into()), "checkpoint.bad_signature"),
            ("no checkpoint", under(Vec::new()), "checkpoint.malformed"),
            ("trailing bytes", under([text.as_bytes(), b"x"].concat()), "checkpoint.malformed"),
            ("a trailing LF", under([text.as_bytes(), b"\n"].concat()), "checkpoint.malformed"),
            ("a last LF less", under(text.trim_end().into()), "checkpoint.malformed"),
            ("an extension", under(text.replacen("\n\n", "\nmore\n\n", 1).into()), "checkpoint.malformed"),
        ] {
            must_be_false(what, &proof, &good, expected);
        }
    }

    #[test]
    fn files_that_are_no_proof() {
        let good = String::from_utf8(receipt(SEQ).format()).unwrap();
        let first_hash = receipt(SEQ).hashes[0].to_base64();
        let with = |from: &str, to: &str| {
            assert!(good.contains(from), "{from:?}");
            good.replacen(from, to, 1)
        };
        let extra = |line: &str| with("\n", &format!("\n{line}\n"));
        for lie in [
            String::new(),
            HEADER.to_owned(),
            format!("{HEADER}\nindex 4\n"),
            with("proof@v1", "proof@v2"),
            with("c2sp", " c2sp"),
            with("v1\n", "v1 \n"),
            with("v1\n", "v1\n\n"),
            good.replace('\n', "\r\n"),
            with("\n", "\r\n"),
            with("index 4", "index 04"),
            with("index 4", "index +4"),
            with("index 4", "index  4"),
            with("index 4", "index 4 "),
            with("index 4", "index -4"),
            with("index 4", "index 18446744073709551616"),
            with("index 4", "index "),
            with("index 4", "Index 4"),
            with("index 4\n", ""),
            with("index 4\n", "index 4\nindex 4\n"),
            with(&first_hash, &first_hash[..43]),
            with(&first_hash, &format!("{first_hash} ")),
            with(&first_hash, &base64_encode(&[0; 31])),
            with(&first_hash, &base64_encode(&[0; 33])),
            with(&first_hash, &first_hash.replace('=', "")),
            extra("extra"),
            extra("extra "),
            extra("extra AA"),
            extra("extra AB=="),
            extra("extra  AAAA"),
            extra("extra AAAA\nextra AAAA"),
            extra("extras AAAA"),
            with("index 4\n", "index 4\nextra AAAA\n"),
            good.replace("\n\n", "\n"),
            with("index 4", &format!("index 4{}", "\n".repeat(MAX_PROOF))),
        ] {
            must_be_false(&format!("{:?}", &lie[..lie.len().min(200)]), lie.as_bytes(), &line(SEQ), "proof.malformed");
        }
        must_be_false("no UTF-8", b"c2sp.org/tlog-proof@v1\n\xff\n", &line(SEQ), "proof.malformed");
    }

    /// Extra data is anybody's: it changes nothing but what the report says of it.
    #[test]
    fn extra_data_is_read_and_not_trusted() {
        let proof = TlogProof { extra: Some(b"VERIFIED".to_vec()), ..receipt(SEQ) };
        assert_eq!(TlogProof::parse(&proof.format()), Ok(proof.clone()));
        let report = judge(&proof.format(), &line(SEQ), &pins());
        assert_eq!(report.verdict, Verdict::Verified);
        assert!(report.not_checked[0].starts_with("the extra data"), "{report:?}");
    }

    /// The example of c2sp.org/tlog-proof, whose extra data and signatures are shortened there.
    #[test]
    fn specification_example() {
        let text = "c2sp.org/tlog-proof@v1\nextra YWdl\nindex 73894\n\
            gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=\nB95lDa8R83lS8n0eG+o0buTxRKQTYFi//1U8anccXmA=\n\n\
            example.com/fancylog\n109482\nsFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=\n\n";
        let proof = TlogProof::parse(text.as_bytes()).unwrap();
        assert_eq!((proof.index, proof.extra.as_deref(), proof.hashes.len()), (73_894, Some(&b"age"[..]), 2));
        assert!(proof.checkpoint.starts_with(b"example.com/fancylog\n"));
        assert_eq!(proof.format(), text.as_bytes());
    }

    #[test]
    fn the_record_lies_beside_its_proof() {
        for (proof, record) in [
            ("a/act.tlog-proof", "a/act.record.json"),
            ("a.b.tlog-proof", "a.b.record.json"),
            ("proof", "proof.record.json"),
            ("x.json", "x.json.record.json"),
        ] {
            assert_eq!(record_beside(Path::new(proof)), Path::new(record));
        }
    }

    proptest! {
        #[test]
        fn round_trip(
            index: u64,
            extra in proptest::option::of(proptest::collection::vec(any::<u8>(), 1..40)),
            hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..=MAX_HASHES),
            checkpoint in "[ -~\n]{0,200}",
        ) {
            let hashes = hashes.into_iter().map(Hash).collect();
            let proof = TlogProof { index, extra, hashes, checkpoint: checkpoint.into_bytes() };
            prop_assert_eq!(TlogProof::parse(&proof.format()), Ok(proof));
        }

        #[test]
        fn what_is_read_is_written_the_same(lines in "(extra [A-Z=]{0,4}\n)?index [0-9]{1,20}\n([A-Z=]{43}=\n)?\n.{0,9}") {
            let bytes = format!("{HEADER}\n{lines}").into_bytes();
            if let Ok(proof) = TlogProof::parse(&bytes) {
                prop_assert_eq!(proof.format(), bytes);
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(proof in proptest::collection::vec(any::<u8>(), 0..200), line in ".{0,50}") {
            let report = judge(&proof, line.as_bytes(), &pins());
            prop_assert_eq!(report.verdict, Verdict::False);
            report.to_text();
        }

        #[test]
        fn an_altered_byte_is_never_verified(at: prop::sample::Index, mask in 1u8.., in_line: bool) {
            let (mut proof, mut line) = (receipt(SEQ).format(), line(SEQ));
            let bytes = if in_line { &mut line } else { &mut proof };
            let at = at.index(bytes.len());
            bytes[at] ^= mask;
            prop_assert_eq!(judge(&proof, &line, &pins()).verdict, Verdict::False);
        }
    }
}
