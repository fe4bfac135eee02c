// The Merkle tree (RFC 6962, section 2.1; RFC 9162 has the same) and where its tiles and bundles lie (c2sp.org/tlog-tiles).
// Not here: fetching them.

import { sha256 } from './vendor/noble-hashes-2.4.0/sha2.js';
import { joined } from './bytes.js';

/** Hashes in a full tile, and records in a full bundle. */
export const WIDTH = 256;
/** Most bytes of a record, without its LF (docs/FORMAT.md, section 3). */
export const MAX_RECORD = 65_535;
/** Records in a full segment of the log. */
export const SEGMENT = 65_536;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export function leafHash(line) {
  return sha256(joined(LEAF, line));
}

function nodeHash(left, right) {
  return sha256(joined(NODE, left, right));
}

/** The roots of the full subtrees that the leaves so far make up, one for each bit of their number that is set. */
export class Frontier {
  size = 0;
  #byHeight = [];

  /** Adds a leaf. `tiled(level, hash)` is called for each hash that a tile holds: leaves, and roots of full tiles. */
  add(leaf, tiled) {
    tiled(0, leaf);
    let hash = leaf;
    let height = 0;
    while (this.#byHeight[height]) {
      hash = nodeHash(this.#byHeight[height], hash);
      this.#byHeight[height] = null;
      height += 1;
      if (height % 8 === 0) tiled(height / 8, hash);
    }
    this.#byHeight[height] = hash;
    this.size += 1;
  }

  /** The root over the leaves so far. */
  root() {
    let root = null;
    for (const hash of this.#byHeight) {
      if (hash) root = root === null ? hash : nodeHash(hash, root);
    }
    return root ?? sha256(new Uint8Array());
  }
}

/** The root at every size so far: of all that an author may have seen. 32 bytes a record. */
export class Roots {
  #bytes = new Uint8Array(32 * 1024);
  #size = 0;

  constructor() {
    this.#bytes.set(new Frontier().root());
  }

  /** Adds the root of the next size. */
  add(root) {
    this.#size += 1;
    if (this.#size * 32 === this.#bytes.length) {
      const grown = new Uint8Array(this.#bytes.length * 2);
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    this.#bytes.set(root, this.#size * 32);
  }

  /** The root at a size that was added, or at 0. */
  at(size) {
    return this.#bytes.subarray(size * 32, size * 32 + 32);
  }
}

function grouped(index) {
  let path = String(index % 1000).padStart(3, '0');
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`;
  }
  return path;
}

function widened(path, width) {
  return width === WIDTH ? path : `${path}.p/${width}`;
}

export function tilePath(level, index, width) {
  return widened(`tile/${level}/${grouped(index)}`, width);
}

export function bundlePath(index, width) {
  return widened(`tile/entries/${grouped(index)}`, width);
}

export function segmentPath(first) {
  return `log/${String(first).padStart(12, '0')}.jsonl`;
}

/** The `width` entries of a bundle, each behind its length in two bytes; or a text that says why there are none. */
export function bundleEntries(bytes, width) {
  const entries = [];
  let at = 0;
  for (let i = 0; i < width; i += 1) {
    if (at + 2 > bytes.length) return `ends before its entry ${i}`;
    const length = bytes[at] * 256 + bytes[at + 1];
    if (at + 2 + length > bytes.length) return `ends within its entry ${i}`;
    entries.push(bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return at === bytes.length ? entries : `has bytes behind its ${width} entries`;
}
