// Ed25519 as the verifier in Rust accepts it, and nothing else (docs/FORMAT.md, section 5): S below the group order; R
// canonical; neither R nor the key of small order; the equation without the cofactor.
// Not here: the arithmetic of the curve, which is @noble/ed25519's. Its own `verify` is not used: it has the cofactor.

import { Point } from './vendor/noble-ed25519-3.2.0/index.js';
import { sha512 } from './vendor/noble-hashes-2.4.0/sha2.js';
import { hex, joined, same } from './bytes.js';

/** The group order (RFC 8032, section 5.1). */
const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
/** A key that signs more often than this gets a table: some 960 additions, which save some 300 at each signature. */
const OFTEN = 3;
/** Tables at most: each is some 300 kB. */
const MOST_TABLES = 64;

/** The encodings of the eight points of small order: the multiples of one of order eight. */
const SMALL_ORDER = (() => {
  const eighth = Point.fromHex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a');
  const found = new Set();
  for (let point = eighth, i = 0; i < 8; i += 1, point = point.add(eighth)) found.add(hex(point.toBytes()));
  if (found.size !== 8) throw new Error('the point has another order than eight');
  return found;
})();

/** A key to verify with: 32 bytes, on the curve, in the canonical encoding. Null if it is none. */
export function readKey(bytes) {
  if (bytes === null || bytes.length !== 32) return null;
  let point;
  try {
    point = Point.fromBytes(bytes);
  } catch {
    return null;
  }
  return { bytes: Uint8Array.from(bytes), point, name: hex(bytes), small: SMALL_ORDER.has(hex(bytes)) };
}

/** Why a key cannot be enrolled, or null if it can be: beside the above, it is neither of small order nor has torsion. */
export function whyNotEnrollable(bytes) {
  const key = readKey(bytes);
  if (key === null) return 'it is no point of the curve in its canonical encoding';
  if (key.small) return 'it is of small order';
  if (!key.point.isTorsionFree()) return 'it has a torsion component';
  return null;
}

/** Whether a signature is one of this key, which `readKey` gave, over the message. */
export function verifies(key, message, signature) {
  if (key.small || signature.length !== 64) return false;
  const r = signature.subarray(0, 32);
  const s = numberOf(signature.subarray(32));
  if (s >= ORDER || SMALL_ORDER.has(hex(r))) return false;
  const k = numberOf(sha512(joined(r, key.bytes, message))) % ORDER;
  // R = S·B - k·A, compared byte for byte: an R in another encoding is refused with it.
  const expected = Point.BASE.multiplyUnsafe(s).add(timesMinus(key, k));
  return same(expected.toBytes(), r);
}

function numberOf(bytes) {
  let digits = '0x';
  for (let i = bytes.length - 1; i >= 0; i -= 1) digits += (bytes[i] + 256).toString(16).slice(1);
  return BigInt(digits);
}

/** By the key's name: how often it was used, and then the multiples of -A by d·16^i, for i below 64 and d from 1 to 15. */
const tables = new Map();

function timesMinus(key, k) {
  const known = tables.get(key.name) ?? { used: 0, rows: null };
  tables.delete(key.name);
  tables.set(key.name, known);
  if (tables.size > MOST_TABLES) tables.delete(tables.keys().next().value);
  known.used += 1;
  if (known.rows === null && known.used > OFTEN) known.rows = tableOf(key.point.negate());
  if (known.rows === null) return key.point.negate().multiplyUnsafe(k);
  let sum = Point.ZERO;
  let rest = k;
  for (let i = 0; rest > 0n; i += 1, rest >>= 4n) {
    const digit = Number(rest & 15n);
    if (digit > 0) sum = sum.add(known.rows[i][digit - 1]);
  }
  return sum;
}

function tableOf(point) {
  const rows = [];
  for (let base = point, i = 0; i < 64; i += 1) {
    const row = [base];
    for (let d = 2; d < 16; d += 1) row.push(row[d - 2].add(base));
    rows.push(row);
    base = row[14].add(base);
  }
  return rows;
}
