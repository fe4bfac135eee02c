//! Random changes of known inputs, from a seed: the same seed, the same changes, on every machine.
//! Not here: coverage. That is the engine's, in long runs.

/// A small generator (splitmix64, public domain, Steele, Lea and Flood 2014).
pub struct Random(pub u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`; 0 if that is 0.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % (end.max(1) as u64)) as usize
    }
}

/// One to four changes of `input`; pieces come from `others`, where there are any.
pub fn mutated(input: &[u8], others: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut out = input.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(out.len() + 1);
        let some = random.below(random.0 as usize % 64 + 1);
        let end = (at + some).min(out.len());
        match random.below(8) {
            0 if at < out.len() => out[at] ^= 1 << random.below(8),
            1 if at < out.len() => out[at] = random.below(256) as u8,
            2 => drop(out.drain(at..end)),
            3 => out.insert(at, random.below(256) as u8),
            4 => {
                let piece = out[at..end].to_vec();
                let to = random.below(out.len() + 1);
                out.splice(to..to, piece);
            }
            5 if !others.is_empty() => {
                let other = &others[random.below(others.len())];
                let from = random.below(other.len() + 1);
                out.splice(at..end, other[from..(from + some).min(other.len())].iter().copied());
            }
            6 if at < out.len() => {
                // Characters that texts turn on.
                const MARKS: &[u8] = b"\0\n\r \"\\{}[]:,/+-.0129aAzZ=\xff\x80";
                out[at] = MARKS[random.below(MARKS.len())];
            }
            _ => out.truncate(at),
        }
    }
    out
}
