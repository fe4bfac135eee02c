// The files under attachments/ that the records name, each against its name, which is its SHA-256 (docs/FORMAT.md, section 12).
// Not here: what they say, how long a record says that they are, and whether one that was erased had to go.

import { sha256 } from './vendor/noble-hashes-2.4.0/sha2.js';
import { hex, readHex } from './bytes.js';
import { Unreachable } from './fetching.js';
import { counted } from './rows.js';

/** Bytes that are fetched of all files together: a page is no program for archives. */
const MOST_BYTES = 64 * 2 ** 20;
/** Files that are fetched at one time. */
const AT_ONCE = 4;

export class Attachments {
  #row;
  #stream;
  #named = new Set();
  #erased = new Set();
  #left = MOST_BYTES;
  #right = 0;
  #gone = 0;
  #missing = 0;

  /** `stream(path)` answers the chunks of a file, or null where there is none. */
  constructor(row, stream) {
    this.#row = row;
    this.#stream = stream;
  }

  /** Notes what a record names: its own attachments, the rules that it founds or adopts, one that it erases. */
  take({ event }) {
    const { attachments = [], body, type } = event;
    for (const { sha256: name } of attachments) this.#named.add(name);
    const note = (where, name) => {
      // What names no file as a hash does is no path either.
      if (readHex(name, 32) !== null) where.add(name);
    };
    if (type === 'ledger.founded' || type === 'ledger.rules_adopted') note(this.#named, body.rules?.sha256);
    if (type === 'attachment.erased') note(this.#erased, body.sha256);
  }

  /** To be called behind the last record. */
  async end() {
    const names = [...this.#named].values();
    const work = async () => {
      for (const name of names) await this.#compare(name);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const erased = this.#gone > 0 ? ` Erased, as records say: ${counted(this.#gone, 'file')}.` : '';
    if (this.#missing > 0) {
      this.#row.unchecked(`Not here: ${counted(this.#missing, 'file')} that the records name. Here, with the right hash: ${counted(this.#right, 'file')}.${erased}`);
    }
    this.#row.holds(`${counted(this.#right, 'file')}, each with the hash by which records name it.${erased}`);
  }

  async #compare(name) {
    const path = `attachments/${name}`;
    if (this.#left <= 0) {
      this.#row.unchecked(`The files are longer than ${MOST_BYTES / 2 ** 20} MiB together; not all were fetched.`);
      return;
    }
    try {
      const chunks = await this.#stream(path);
      if (chunks === null) {
        if (this.#erased.has(name)) this.#gone += 1;
        else this.#missing += 1;
        return;
      }
      const hash = sha256.create();
      for await (const chunk of chunks) {
        this.#left -= chunk.length;
        if (this.#left < 0) {
          this.#row.unchecked(`The files are longer than ${MOST_BYTES / 2 ** 20} MiB together; not all were fetched.`);
          return;
        }
        hash.update(chunk);
      }
      if (hex(hash.digest()) === name) this.#right += 1;
      else this.#row.fault(`The file ${path} has another hash than its name.`);
    } catch (trouble) {
      if (!(trouble instanceof Unreachable)) throw trouble;
      this.#row.unchecked(trouble.message);
    }
  }
}
