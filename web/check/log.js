// The plain records under log/ against the leaf hashes of the entry bundles: that both are the same bytes.
// Not here: what the records say; that is read from the bundles.

import { same } from './bytes.js';
import { Unreachable } from './fetching.js';
import { counted } from './rows.js';
import { MAX_RECORD, SEGMENT, leafHash, segmentPath } from './tree.js';

const LF = 0x0a;

export class PlainLog {
  #row;
  #stream;
  #leaves = new Uint8Array(SEGMENT * 32);
  #first = 0;
  #count = 0;
  #absent = false;
  /** True if the last segment went on behind the last record. */
  goesOn = false;

  /** `stream(path)` answers the chunks of a file, or null where there is none. */
  constructor(row, stream) {
    this.#row = row;
    this.#stream = stream;
  }

  async take(leaf) {
    this.#leaves.set(leaf, this.#count * 32);
    this.#count += 1;
    if (this.#count === SEGMENT) await this.#compare();
  }

  /** To be called behind the last record. */
  async end() {
    if (this.#count > 0) await this.#compare();
    else await this.#lookBehind();
    if (this.#absent) {
      this.#row.unchecked('There is no log/ beside: the records were read from the bundles alone.');
    } else {
      this.#row.holds(`${counted(this.#first, 'line')} under log/ are the same bytes as in the bundles.`);
    }
  }

  /** Where the last segment is full, what goes on would be in a segment of its own. */
  async #lookBehind() {
    if (this.#absent || this.#row.failed) return;
    try {
      for await (const chunk of (await this.#stream(segmentPath(this.#first))) ?? []) this.goesOn ||= chunk.length > 0;
    } catch (trouble) {
      if (!(trouble instanceof Unreachable)) throw trouble;
      this.#row.unchecked(trouble.message);
    }
  }

  async #compare() {
    const [first, count] = [this.#first, this.#count];
    this.#first += count;
    this.#count = 0;
    if (this.#absent || this.#row.failed) return;
    const path = segmentPath(first);
    try {
      const chunks = await this.#stream(path);
      if (chunks !== null) await this.#compareLines(path, chunks, first, count);
      else if (first === 0) this.#absent = true;
      else this.#row.fault(`The segment ${path} is missing.`);
    } catch (trouble) {
      if (!(trouble instanceof Unreachable)) throw trouble;
      this.#row.unchecked(trouble.message);
    }
  }

  async #compareLines(path, chunks, first, count) {
    let read = 0;
    for await (const line of linesOf(chunks)) {
      if (read === count) {
        this.goesOn = true;
        return;
      }
      if (line === null) {
        this.#row.fault(`The last line of ${path} has no line feed.`, first + read);
        return;
      }
      if (!same(leafHash(line), this.#leaves.subarray(read * 32, read * 32 + 32))) {
        this.#row.fault(`its line in ${path} is not what its bundle has.`, first + read);
      }
      read += 1;
    }
    if (read < count) this.#row.fault(`${path} ends before this record.`, first + read);
  }
}

/** Each line, without its LF, cut where it is longer than any record; null for a last one that has no LF. */
async function* linesOf(chunks) {
  let held = new Uint8Array();
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(LF); end >= 0; end = chunk.indexOf(LF, start)) {
      yield held.length > 0 ? grown(held, chunk.subarray(start, end)) : chunk.subarray(start, end);
      held = new Uint8Array();
      start = end + 1;
    }
    if (start < chunk.length) held = grown(held, chunk.subarray(start));
  }
  if (held.length > 0) yield null;
}

function grown(held, part) {
  const length = Math.min(held.length + part.length, MAX_RECORD + 2);
  const out = new Uint8Array(length);
  out.set(held);
  out.set(part.subarray(0, length - held.length), held.length);
  return out;
}
