//! How many records each stream has, as a Merkle tree over the streams: what `ledger.streams_counted` commits to, whether
//! it is right where it stands, and the proof of one stream's count (docs/FORMAT.md, "Counts of streams").
//! Not here: what a partial export makes of such a proof (`partial`); who may sign a count (the role table).

use std::collections::BTreeMap;

use answerable_schemas::StreamName;
use answerable_schemas::governance::StreamsCounted;
use serde::{Deserialize, Serialize};

use crate::encoding::Hash;
use crate::fault::{Fault, Stage};
use crate::merkle::{inclusion_proof, leaf_hash, root_of, verify_inclusion};

/// A leaf of the tree: canonical JSON, as its members stand here in order, and a stream's name needs no escapes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leaf {
    /// At least 1: a stream without records has no leaf.
    pub records: u64,
    pub stream: StreamName,
}

impl Leaf {
    fn hash(&self) -> Hash {
        leaf_hash(&serde_json::to_vec(self).expect("plain data"))
    }
}

/// The tree over all streams that have records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamTree {
    /// Ascending by the bytes of the names.
    leaves: Vec<Leaf>,
    hashes: Vec<Hash>,
}

impl StreamTree {
    pub fn of(counts: &BTreeMap<StreamName, u64>) -> Self {
        let leaves: Vec<Leaf> =
            counts.iter().map(|(stream, records)| Leaf { records: *records, stream: stream.clone() }).collect();
        let hashes = leaves.iter().map(Leaf::hash).collect();
        Self { leaves, hashes }
    }

    /// How many streams there are.
    pub fn streams(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// RFC 6962 section 2.1 over the leaves.
    pub fn root(&self) -> Hash {
        root_of(&self.hashes)
    }

    /// The proof of a stream's count; None for a stream without records.
    pub fn prove(&self, stream: &StreamName) -> Option<CountProof> {
        let at = self.leaves.binary_search_by(|leaf| leaf.stream.cmp(stream)).ok()?;
        let hashes = inclusion_proof(&self.hashes, at as u64).iter().map(Hash::to_base64).collect();
        Some(CountProof { hashes, index: at as u64, leaf: self.leaves[at].clone() })
    }
}

/// Whether a count is right, in record `seq`. `counts` is asked for no size above `seq`.
pub(crate) fn check<E>(
    claim: &StreamsCounted,
    seq: u64,
    counts: impl FnOnce(u64) -> Result<BTreeMap<StreamName, u64>, E>,
) -> Result<Result<(), Fault>, E> {
    if claim.size > seq {
        let message = "it counts records that come after it, or itself";
        return Ok(Err(Fault::new(Stage::Follows, "streams.beyond_head", message)
            .compared(format!("at most {seq} records"), claim.size)
            .hint("draft it anew; the draft counts the records that are there")));
    }
    let tree = StreamTree::of(&counts(claim.size)?);
    let root = tree.root().to_base64();
    if (claim.streams, &claim.root) == (tree.streams(), &root) {
        return Ok(Ok(()));
    }
    let said = |streams: u64, root: &str| format!("{streams} streams, root {root}");
    let message = format!("the first {} records are not spread over the streams like this", claim.size);
    Ok(Err(Fault::new(Stage::Follows, "streams.miscounted", message)
        .compared(said(tree.streams(), &root), said(claim.streams, &claim.root))
        .hint("draft it anew; the draft counts the records that are there")))
}

/// The proof that a count holds a stream with so many records: `count.json` of a partial export, canonical JSON and one LF.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountProof {
    /// In base64, from the leaf's sibling to the root's child (RFC 6962 section 2.1.1).
    hashes: Vec<String>,
    index: u64,
    pub leaf: Leaf,
}

impl CountProof {
    pub fn to_file(&self) -> Vec<u8> {
        let mut line = serde_json::to_vec(self).expect("plain data");
        line.push(b'\n');
        line
    }

    /// Errors say why it is not such a file.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let proof: Self = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
        match proof.to_file() == bytes {
            true => Ok(proof),
            false => Err("it is not canonical".into()),
        }
    }

    /// Whether its leaf is one of those that `claim` commits to. Errors say why not.
    pub(crate) fn check(&self, claim: &StreamsCounted) -> Result<(), String> {
        let hashes: Result<Vec<Hash>, _> = self.hashes.iter().map(|text| Hash::from_base64(text)).collect();
        let hashes = hashes.map_err(|e| format!("a hash: {e}"))?;
        let root = Hash::from_base64(&claim.root).map_err(|e| format!("the root of the count: {e}"))?;
        verify_inclusion(&self.leaf.hash(), self.index, claim.streams, &hashes, &root).map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> StreamName {
        StreamName::new(name).unwrap()
    }

    /// The tree by hand: '-' sorts before the digits, these before ':', and that before letters.
    #[test]
    fn leaves_are_canonical_json_in_the_order_of_their_bytes() {
        let names = ["story:a-b", "story:a1", "story:a:b", "story:ab", "story-a:b", "story1:a"];
        let counts: BTreeMap<StreamName, u64> = names.iter().zip(1..).map(|(n, i)| (named(n), i)).collect();
        let tree = StreamTree::of(&counts);
        let by_hand = [
            r#"{"records":5,"stream":"story-a:b"}"#,
            r#"{"records":6,"stream":"story1:a"}"#,
            r#"{"records":1,"stream":"story:a-b"}"#,
            r#"{"records":2,"stream":"story:a1"}"#,
            r#"{"records":3,"stream":"story:a:b"}"#,
            r#"{"records":4,"stream":"story:ab"}"#,
        ];
        let hashes: Vec<Hash> = by_hand.iter().map(|leaf| leaf_hash(leaf.as_bytes())).collect();
        assert_eq!((tree.root(), tree.streams()), (root_of(&hashes), 6));
        let claim = StreamsCounted { root: tree.root().to_base64(), size: 21, streams: 6 };
        for name in names {
            let proof = tree.prove(&named(name)).unwrap();
            assert_eq!(proof.leaf.records, counts[&named(name)]);
            proof.check(&claim).unwrap();
            assert_eq!(CountProof::parse(&proof.to_file()).unwrap(), proof);
            proof.check(&StreamsCounted { streams: 13, ..claim.clone() }).unwrap_err();
            for lie in [
                CountProof { index: proof.index ^ 1, ..proof.clone() },
                CountProof { leaf: Leaf { records: proof.leaf.records - 1, ..proof.leaf.clone() }, ..proof.clone() },
                CountProof { hashes: proof.hashes[1..].to_vec(), ..proof.clone() },
                CountProof { hashes: [&proof.hashes[..], &proof.hashes[..1]].concat(), ..proof.clone() },
                CountProof { hashes: vec!["AAAA".into(); proof.hashes.len()], ..proof.clone() },
            ] {
                lie.check(&claim).unwrap_err();
            }
        }
        assert_eq!(tree.prove(&named("story:a")), None);
        assert_eq!(tree.prove(&named("zoo:a")), None);
    }
}
