//! Numbers from fuzzed bytes, for targets whose input is not a text; and what every fault must look like.
//! Not here: targets.

use std::collections::HashSet;
use std::sync::OnceLock;

use answerable_verifier::encoding::Hash;
use answerable_verifier::fault::Fault;

/// Reads from the front; zeros when there is nothing left.
pub struct Bytes<'d>(pub &'d [u8]);

impl Bytes<'_> {
    pub fn u8(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Big-endian.
    pub fn u16(&mut self) -> u16 {
        u16::from_be_bytes([self.u8(), self.u8()])
    }

    /// Big-endian.
    pub fn u64(&mut self) -> u64 {
        (0..8).fold(0, |n, _| n << 8 | u64::from(self.u8()))
    }

    pub fn hash(&mut self) -> Hash {
        Hash(std::array::from_fn(|_| self.u8()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A fault has a code that docs/CODES.md lists, and can be shown.
pub fn sound_fault(fault: &Fault) {
    known_code(&fault.code);
    assert!(!fault.message.is_empty(), "{} says nothing", fault.code);
}

/// docs/CODES.md lists the code.
pub fn known_code(code: &str) {
    static CODES: OnceLock<HashSet<&str>> = OnceLock::new();
    let known = CODES.get_or_init(|| include_str!("../../docs/CODES.md").split('`').skip(1).step_by(2).collect());
    assert!(known.contains(code), "{code} is not in docs/CODES.md");
}
