//! Many signatures by few keys, faster: whatever it accepts, `PublicKey::verify_strict` accepts, and whatever it does not
//! accept is asked there again. So it gives the same answers on every input.
//! Not here: which signatures are wanted, and by which keys (`pipeline`).

use std::collections::HashMap;
use std::sync::OnceLock;

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use sha2::{Digest, Sha512};

use crate::ed25519::PublicKey;

/// A key gets its table when it has made this many signatures: making one costs what it saves on some ten.
pub const TABLE_AFTER: u32 = 10;
/// Most tables at once.
const MAX_TABLES: usize = 256;
/// Digits of a number below 2^253.
const DIGITS: usize = 254;
/// How often a sum is doubled on the way, and how many columns share their sums.
const ROUNDS: usize = 6;
/// 32 columns, 6 times 128 sums, 123 KB, for each key; 22 columns, 4 times 2,048 sums, 1.3 MB, once for the base point. More
/// teeth are no faster: what is saved in sums is lost as they lie in no cache.
const KEY_TEETH: usize = 8;
const BASE_TEETH: usize = 12;
/// Points that are compressed together: one inversion in the field for all.
const TOGETHER: usize = 128;

/// One signature to be checked.
pub struct Check<'a> {
    pub key: &'a PublicKey,
    /// In two parts, so that nobody needs to copy it.
    pub message: [&'a [u8]; 2],
    pub signature: [u8; 64],
}

/// A point's sums for a comb (Lim and Lee, "More flexible exponentiation with precomputation", CRYPTO 1994), with digits 1
/// and -1 alone. A number's digits are laid out in rows, one for each tooth, from the lowest up; a column has a digit of each
/// tooth, and the sum that it stands for is at hand. Its time depends on the scalar, and nothing here is secret.
pub(crate) struct Comb {
    teeth: usize,
    columns: usize,
    /// For each ROUNDS columns: the sums of the first of them. The sign of its last tooth is +, and of the others that of the
    /// bit of the place: 1 is +.
    sums: Vec<EdwardsPoint>,
    point: EdwardsPoint,
}

impl Comb {
    fn of(point: EdwardsPoint, teeth: usize) -> Self {
        let columns = DIGITS.div_ceil(teeth);
        assert!(columns <= 32, "a row of digits lies in 32 bits");
        let powers: Vec<_> = std::iter::successors(Some(point), |p| Some(p + p)).take(teeth * columns).collect();
        let mut sums = Vec::with_capacity(columns.div_ceil(ROUNDS) << (teeth - 1));
        for first in (0..columns).step_by(ROUNDS) {
            let tooth = |i: usize| powers[i * columns + first];
            let start = sums.len();
            sums.push((0..teeth - 1).fold(tooth(teeth - 1), |sum, i| sum - tooth(i)));
            for i in 0..teeth - 1 {
                let twice = tooth(i) + tooth(i);
                for below in start..start + (1 << i) {
                    let sum = sums[below] + twice;
                    sums.push(sum);
                }
            }
        }
        Self { teeth, columns, sums, point }
    }

    /// The sum of each column: whether it is taken away, and the point.
    fn pick(&self, scalar: &Scalar, picked: &mut Vec<(bool, EdwardsPoint)>) {
        picked.clear();
        let halves = 1usize << (self.teeth - 1);
        let mut rows = [0u32; 16];
        for (tooth, row) in rows[..self.teeth].iter_mut().enumerate() {
            *row = digits(scalar.as_bytes(), tooth * self.columns);
        }
        // The highest digit of all is 1.
        rows[self.teeth - 1] |= 1 << (self.columns - 1);
        for column in 0..self.columns {
            let signs =
                rows[..self.teeth].iter().enumerate().fold(0, |all, (i, row)| all | (row >> column & 1) << i) as usize;
            let negative = signs & halves == 0;
            let place = if negative { !signs } else { signs } & (halves - 1);
            picked.push((negative, self.sums[column / ROUNDS * halves + place]));
        }
    }
}

/// The sum of two points times their scalars, which are below 2^253.
fn sum_of(points: [(&Comb, &Scalar); 2], picked: &mut [Vec<(bool, EdwardsPoint)>; 2]) -> EdwardsPoint {
    // All are picked before the first is added: what lies in no cache is waited for together.
    for ((comb, scalar), picked) in points.iter().zip(picked.iter_mut()) {
        comb.pick(scalar, picked);
    }
    let mut sum = EdwardsPoint::identity();
    for round in (0..ROUNDS).rev() {
        sum = sum + sum;
        for (negative, point) in picked.iter().flat_map(|columns| columns.iter().skip(round).step_by(ROUNDS)) {
            match negative {
                false => sum += point,
                true => sum -= point,
            }
        }
    }
    for (comb, scalar) in points {
        // The digits are those of an odd number.
        if scalar.as_bytes()[0] & 1 == 0 {
            sum -= comb.point;
        }
    }
    sum
}

/// 32 digits of a number in little-endian bytes, or of the next if it is even: 1 for a digit of 1, 0 for one of -1.
/// As d = 2b - 1 for the bit b above, the digits sum up to the number (but for the highest, which is 1).
fn digits(bytes: &[u8; 32], from: usize) -> u32 {
    let bit = from + 1;
    let byte = |at: usize| bytes.get(at).map_or(0, |b| u64::from(*b));
    let five = (0..5).fold(0, |all, i| all | byte(bit / 8 + i) << (8 * i));
    (five >> (bit % 8)) as u32
}

fn base() -> &'static Comb {
    static BASE: OnceLock<Comb> = OnceLock::new();
    BASE.get_or_init(|| Comb::of(ED25519_BASEPOINT_POINT, BASE_TEETH))
}

/// The keys that sign often enough.
#[derive(Default)]
pub struct Tables {
    tables: HashMap<[u8; 32], Comb>,
    signatures: HashMap<[u8; 32], u32>,
    /// For the bench: nothing is checked.
    #[cfg(feature = "bench")]
    as_good: bool,
}

impl Tables {
    #[cfg(feature = "bench")]
    pub(crate) fn taking_all_as_good() -> Self {
        Self { as_good: true, ..Self::default() }
    }

    /// Counts one more signature of a key; true where its table pays from now on.
    pub fn count(&mut self, key: &PublicKey) -> bool {
        #[cfg(feature = "bench")]
        if self.as_good {
            return false;
        }
        let made = self.signatures.entry(*key.as_bytes()).or_default();
        *made = made.saturating_add(1);
        *made == TABLE_AFTER && self.signatures.values().filter(|made| **made >= TABLE_AFTER).count() <= MAX_TABLES
    }

    pub(crate) fn insert(&mut self, key: &PublicKey, table: Option<Comb>) {
        self.tables.extend(table.map(|table| (*key.as_bytes(), table)));
    }

    /// Whether each signature is one that `verify_strict` accepts, in the same order.
    pub fn verify(&self, checks: &[Check<'_>]) -> Vec<bool> {
        #[cfg(feature = "bench")]
        if self.as_good {
            return vec![true; checks.len()];
        }
        let mut good = Vec::with_capacity(checks.len());
        let mut picked = Default::default();
        for some in checks.chunks(TOGETHER) {
            let computed: Vec<Option<EdwardsPoint>> =
                some.iter().map(|check| self.compute(check, &mut picked)).collect();
            let points: Vec<EdwardsPoint> = computed.iter().copied().flatten().collect();
            let mut encoded = EdwardsPoint::compress_batch_alloc(&points).into_iter();
            for (check, computed) in some.iter().zip(&computed) {
                let accepted = computed.is_some()
                    && encoded.next().is_some_and(|r| r.as_bytes()[..] == check.signature[..32] && !is_small_order(&r));
                // Nothing is refused here: the one strict check has the last word.
                good.push(accepted || check.key.verify_strict(&check.message.concat(), &check.signature).is_ok());
            }
        }
        good
    }

    /// [S]B - [k]A, which RFC 8032 section 5.1.7 compares with R; None without a table, or where S is not below the order.
    fn compute(&self, check: &Check<'_>, picked: &mut [Vec<(bool, EdwardsPoint)>; 2]) -> Option<EdwardsPoint> {
        let minus_a = self.tables.get(check.key.as_bytes())?;
        let (r, s) = check.signature.split_first_chunk::<32>()?;
        let s = Option::<Scalar>::from(Scalar::from_canonical_bytes(s.try_into().ok()?))?;
        let mut hash = Sha512::new();
        hash.update(r);
        hash.update(check.key.as_bytes());
        check.message.iter().for_each(|part| hash.update(part));
        let k = Scalar::from_bytes_mod_order_wide(&hash.finalize().into());
        Some(sum_of([(minus_a, &k), (base(), &s)], picked))
    }
}

/// The multiples of -A; None for a key that `verify_strict` refuses, whatever it signs.
pub(crate) fn table_of(key: &PublicKey) -> Option<Comb> {
    let point = CompressedEdwardsY(*key.as_bytes()).decompress()?;
    (!point.is_small_order()).then(|| Comb::of(-point, KEY_TEETH))
}

/// The encodings of the eight points of small order; a computed point has no other ones.
fn is_small_order(encoded: &CompressedEdwardsY) -> bool {
    static ALL: OnceLock<[CompressedEdwardsY; 8]> = OnceLock::new();
    ALL.get_or_init(|| EIGHT_TORSION.map(|point| point.compress())).contains(encoded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::{Signer, SigningKey};
    use proptest::prelude::*;

    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];

    fn with_table(key: &PublicKey) -> Tables {
        let mut tables = Tables::default();
        assert_eq!((0..2 * TABLE_AFTER).filter(|_| tables.count(key)).count(), 1);
        tables.insert(key, table_of(key));
        tables
    }

    fn accepted_alone(tables: &Tables, check: &Check<'_>) -> bool {
        let r = tables.compute(check, &mut Default::default()).map(|point| point.compress());
        r.is_some_and(|r| r.as_bytes()[..] == check.signature[..32] && !is_small_order(&r))
    }

    #[test]
    fn products_are_those_of_the_library() {
        let mut edges: Vec<Scalar> = (0..=253).map(|i| (0..i).fold(Scalar::ONE, |s, _| s + s)).collect();
        edges.extend([Scalar::ZERO, -Scalar::ONE, -Scalar::from(2u8), Scalar::from(16u8), Scalar::from(15u8)]);
        edges.extend([[0xAA; 64], [0xFF; 64], [0x55; 64]].map(|b| Scalar::from_bytes_mod_order_wide(&b)));
        // Also a point with torsion: the number itself counts, not its remainder.
        let points = [ED25519_BASEPOINT_POINT, ED25519_BASEPOINT_POINT + EIGHT_TORSION[1]];
        for (point, teeth) in points.into_iter().flat_map(|p| [(p, KEY_TEETH), (p, BASE_TEETH), (p, 9)]) {
            let comb = Comb::of(point, teeth);
            for scalar in &edges {
                let twice = sum_of([(&comb, scalar), (&comb, &Scalar::ZERO)], &mut Default::default());
                assert_eq!(twice, point * scalar, "{teeth} {scalar:?}");
            }
        }
    }

    /// Wycheproof's vectors: with a table, what is accepted is what is accepted strictly, and every good one is accepted fast.
    #[test]
    fn wycheproof() {
        let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
        let mut fast = 0;
        for group in &set.test_groups {
            let key = PublicKey::parse(&group.key.pk).unwrap();
            let tables = with_table(&key);
            for test in group.tests.iter().filter(|t| t.sig.len() == 64) {
                let check = Check { key: &key, message: [b"", &test.msg], signature: test.sig[..].try_into().unwrap() };
                let strictly = key.verify_strict(&test.msg, &check.signature).is_ok();
                assert_eq!(accepted_alone(&tables, &check), strictly, "{}", test.tc_id);
                assert_eq!(tables.verify(&[check]), [strictly]);
                fast += u32::from(strictly);
            }
        }
        assert_eq!(fast, 88);
    }

    /// Keys with torsion, R of small order, R with torsion, S + L, S + 8L, other encodings: no verdict differs.
    #[test]
    fn what_an_adversary_would_try() {
        let secret = Scalar::from(123_456_789u64);
        let mut accepted = 0;
        for torsion in EIGHT_TORSION {
            let public = (ED25519_BASEPOINT_POINT * secret + torsion).compress();
            let key = PublicKey::parse(public.as_bytes()).unwrap();
            let tables = with_table(&key);
            for nonce in 0..24u64 {
                for more in EIGHT_TORSION {
                    let r = (ED25519_BASEPOINT_POINT * Scalar::from(nonce) + more).compress();
                    let message = nonce.to_le_bytes();
                    let k =
                        Sha512::new().chain_update(r.as_bytes()).chain_update(public.as_bytes()).chain_update(message);
                    let k = Scalar::from_bytes_mod_order_wide(&k.finalize().into());
                    let s = (Scalar::from(nonce) + k * secret).to_bytes();
                    let mut above = s;
                    let mut carry = 0u16;
                    for (byte, order) in above.iter_mut().zip(ORDER) {
                        carry += u16::from(*byte) + u16::from(order);
                        *byte = carry as u8;
                        carry >>= 8;
                    }
                    for s in [s, above] {
                        let signature: [u8; 64] = [r.to_bytes(), s].concat().try_into().unwrap();
                        let check = Check { key: &key, message: [&message, b""], signature };
                        let strictly = key.verify_strict(&message, &signature).is_ok();
                        assert_eq!(accepted_alone(&tables, &check), strictly, "{torsion:?} {more:?} {nonce}");
                        accepted += u32::from(strictly);
                    }
                }
            }
        }
        assert!(accepted > 23, "some of them are good: {accepted}");
        // A key of small order has no table, and signs nothing.
        let weak = PublicKey::parse(EIGHT_TORSION[0].compress().as_bytes()).unwrap();
        assert!(table_of(&weak).is_none());
        let check = Check { key: &weak, message: [b""; 2], signature: [0; 64] };
        assert_eq!(with_table(&weak).verify(&[check]), [false]);
    }

    proptest! {
        #[test]
        fn one_bit_is_enough(seed: [u8; 32], message: Vec<u8>, bit in 0usize..512) {
            let signer = SigningKey::from_bytes(&seed);
            let key = PublicKey::parse(signer.verifying_key().as_bytes()).unwrap();
            let tables = with_table(&key);
            let signature = signer.sign(&message).to_bytes();
            let mut flipped = signature;
            flipped[bit / 8] ^= 1 << (bit % 8);
            let message = message.split_at(message.len() / 2);
            let message = [message.0, message.1];
            let checks = [signature, flipped].map(|signature| Check { key: &key, message, signature });
            prop_assert!(accepted_alone(&tables, &checks[0]) && !accepted_alone(&tables, &checks[1]));
            prop_assert_eq!(tables.verify(&checks), [true, false]);
        }
    }
}
