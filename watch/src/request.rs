//! The body of an add-checkpoint request (c2sp.org/tlog-witness, "add-checkpoint"): an old size, a consistency proof, a
//! checkpoint.
//! Not here: whether the witness cosigns (`decision`), HTTP (`server`, `client`).

use answerable_verifier::checkpoint::{Checkpoint, parse_size};
use answerable_verifier::encoding::Hash;
use answerable_verifier::merkle::MAX_SIZE;
use answerable_verifier::note::Note;

/// Most consistency proof lines (c2sp.org/tlog-witness).
pub const MAX_PROOF: usize = 63;
/// Most bytes of a body: a checkpoint with 64 large signatures fits.
pub const MAX_BODY: usize = 1 << 17;

/// A request that was read; nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size that the sender believes the witness cosigned last.
    pub old: u64,
    /// From there to the checkpoint.
    pub proof: Vec<Hash>,
    pub checkpoint: Checkpoint,
    pub note: Note,
}

impl AddCheckpoint {
    /// Reads a body: `format` gives the same bytes back. The error says what is wrong, for the sender.
    pub fn parse(body: &[u8]) -> Result<Self, String> {
        if body.len() > MAX_BODY {
            return Err(format!("the body is longer than {MAX_BODY} bytes"));
        }
        let text = std::str::from_utf8(body).map_err(|_| "the body is not UTF-8")?;
        let (head, note) = text.split_once("\n\n").ok_or("no empty line comes before the checkpoint")?;
        let mut lines = head.split('\n');
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(parse_size);
        let old = old.ok_or("the first line is not `old` and a size")?;
        let proof: Vec<&str> = lines.collect();
        if proof.len() > MAX_PROOF {
            return Err(format!("it has more than {MAX_PROOF} proof lines"));
        }
        let proof: Result<Vec<Hash>, _> = proof.into_iter().map(Hash::from_base64).collect();
        let proof = proof.map_err(|e| format!("a proof line: {e}"))?;
        let note = Note::parse(note.as_bytes()).map_err(|e| e.to_string())?;
        let checkpoint = Checkpoint::parse(&note.text).map_err(|e| e.to_string())?;
        if checkpoint.size > MAX_SIZE {
            return Err("the checkpoint's size is above 2^63-1".into());
        }
        if old > checkpoint.size {
            return Err(format!("the old size {old} is above the checkpoint's, {}", checkpoint.size));
        }
        Ok(Self { old, proof, checkpoint, note })
    }

    /// The body. The error is that of a note that cannot be written.
    pub fn format(&self) -> Result<String, String> {
        let proof: String = self.proof.iter().map(|hash| format!("{}\n", hash.to_base64())).collect();
        let note = self.note.format().map_err(|e| e.to_string())?;
        Ok(format!("old {}\n{proof}\n{note}", self.old))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The example of c2sp.org/tlog-witness, "add-checkpoint".
    const EXAMPLE: &str = "old 20852014\n\
        PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
        jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
        5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
        /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\
        \n\
        example.com/behind-the-sofa\n\
        20852163\n\
        CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
        \n\
        \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
        \u{2014} example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n";

    #[test]
    fn the_example_of_the_specification() {
        let read = AddCheckpoint::parse(EXAMPLE.as_bytes()).unwrap();
        assert_eq!((read.old, read.proof.len(), read.checkpoint.size), (20_852_014, 4, 20_852_163));
        assert_eq!(read.note.signatures.len(), 2);
        assert_eq!(read.format().unwrap(), EXAMPLE);
        let first = EXAMPLE.split_once("\n\n").unwrap().1;
        let first = AddCheckpoint::parse(format!("old 0\n\n{first}").as_bytes()).unwrap();
        assert_eq!((first.old, first.proof), (0, vec![]));
    }

    #[test]
    fn bodies_that_lie() {
        let hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
        for lie in [
            String::new(),
            EXAMPLE.replace("old 2", "old 02"),
            EXAMPLE.replace("old 2", "old +2"),
            EXAMPLE.replace("old 2", "old  2"),
            EXAMPLE.replace("old ", "new "),
            EXAMPLE.replace("old 20852014", "old 20852164"),
            EXAMPLE.replace("PlRN", "P"),
            EXAMPLE.replace("PlRNC", "PlRN\nC"),
            EXAMPLE.replacen('\n', "\r\n", 1),
            EXAMPLE.replace(hash, &hash.repeat(61)),
            EXAMPLE.replace("20852163\n", "20852163\nextension\n"),
            EXAMPLE.replace("20852163\n", "9223372036854775808\n"),
            EXAMPLE.trim_end().to_owned(),
            EXAMPLE.replacen("\n\n", "\n", 1),
            "x".repeat(MAX_BODY + 1),
        ] {
            assert!(AddCheckpoint::parse(lie.as_bytes()).is_err(), "{lie}");
        }
        let full = EXAMPLE.replace(hash, &hash.repeat(60));
        assert_eq!(AddCheckpoint::parse(full.as_bytes()).unwrap().proof.len(), MAX_PROOF);
    }

    proptest! {
        #[test]
        fn hostile_bodies_do_no_harm(cut in 0usize..600, byte: u8, at in 0usize..600) {
            let mut body = EXAMPLE.as_bytes().to_vec();
            if let Some(b) = body.get_mut(at) { *b = byte; }
            body.truncate(body.len().saturating_sub(cut));
            if let Ok(read) = AddCheckpoint::parse(&body) {
                prop_assert_eq!(read.format().unwrap().into_bytes(), body);
            }
        }
    }
}
