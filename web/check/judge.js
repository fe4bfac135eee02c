// Reads a published folder from its checkpoint to its last tile, and fills the rows: what is recomputed here, and nothing
// beyond it.
// Not here: who may speak, what bodies say, law, witnesses. `answerable-verify` judges these.

import { sha256 } from './vendor/noble-hashes-2.4.0/sha2.js';
import { Attachments } from './attachments.js';
import { base64, hex, joined, same } from './bytes.js';
import { shown } from './canonical.js';
import { LogKeys } from './custody.js';
import { Unreachable } from './fetching.js';
import { PlainLog } from './log.js';
import { MAX_NOTE, Refused, readCheckpoint, readVerifierKey } from './note.js';
import { introducedKeys, readRecord, signatureBytes, signedPrefix } from './record.js';
import { Row, counted } from './rows.js';
import { Frontier, MAX_RECORD, Roots, WIDTH, bundleEntries, bundlePath, leafHash, tilePath } from './tree.js';

export const ROWS = ['checkpoint', 'records', 'form', 'chain', 'leaves', 'tiles', 'root', 'log', 'events', 'attachments', 'signature'];
const MAX_BUNDLE = WIDTH * (2 + MAX_RECORD);
/** Bundles that are fetched ahead, and bundles whose signatures may be under way. */
const AHEAD = 4;
/** Milliseconds by which a record may be dated before what it records: two clocks never agree. */
const CLOCK_TOLERANCE = 5 * 60 * 1000;
/** The format of ledgers that is read here. */
const FORMAT = 1;
/** Records that are shown as they are written. */
const NEWEST = 10;

/**
 * Judges a folder. `files` fetches (`fetching.js`); `pinText` is a vkey, or '' if none is pinned; `verifyAll(jobs)` answers
 * for each `{key, message, signature}` whether it verifies; `tell(report)` is called as it goes on, and the last report is
 * returned.
 */
export async function judge({ files, pinText, verifyAll, tell }) {
  const judging = new Judging(files, verifyAll, tell);
  await judging.run(pinText);
  return judging.report(true);
}

class Judging {
  #files;
  #verifyAll;
  #tell;
  #rows = Object.fromEntries(ROWS.map((id) => [id, new Row()]));
  #facts = {};
  #size = 0;
  #frontier = new Frontier();
  #roots = new Roots();
  /** The id of each actor's last event in each stream. */
  #last = new Map();
  #keys = new LogKeys();
  /** Public keys by the name under which a record introduced them. */
  #authors = new Map();
  /** Every public key so far, as hex: of authors and of the log. */
  #used = new Set();
  #underWay = new Set();
  #signatures = 0;
  #unread = 0;
  #place = { seq: 0, prev: new Uint8Array(32), recorded: '' };
  #newest = [];
  #log;
  #tiles;
  #attachments;

  constructor(files, verifyAll, tell) {
    this.#files = files;
    this.#verifyAll = verifyAll;
    this.#tell = tell;
    this.#log = new PlainLog(this.#rows.log, (path) => files.stream(path));
    this.#tiles = new Tiles(this.#rows, files);
    this.#attachments = new Attachments(this.#rows.attachments, (path) => files.stream(path));
  }

  async run(pinText) {
    const rows = this.#rows;
    let pin = null;
    if (pinText !== '') {
      try {
        pin = readVerifierKey(pinText);
      } catch (refused) {
        if (!(refused instanceof Refused)) throw refused;
        rows.signature.unchecked(`What was given is no log key: ${refused.message}.`);
      }
    }
    try {
      const checkpoint = await this.#readCheckpoint();
      if (checkpoint === null) return;
      if (!(await this.#readRecords())) return;
      this.#sayWhatHolds(checkpoint);
      await Promise.all(this.#underWay);
      await this.#tiles.end();
      await this.#log.end();
      await this.#attachments.end();
      await this.#lookBehind(checkpoint);
      await this.#keys.judge(rows.signature, checkpoint, pin, this.#files);
    } catch (trouble) {
      if (!(trouble instanceof Unreachable)) throw trouble;
      for (const row of Object.values(rows)) if (!row.held) row.unchecked(trouble.message);
    }
    // Where reading ended early: what is under way may yet fail.
    await Promise.all([...this.#underWay, this.#tiles.settle(0)]);
  }

  report(done) {
    const rows = Object.fromEntries(ROWS.map((id) => [id, this.#rows[id].told(done)]));
    return { done, rows, facts: this.#facts, read: this.#frontier.size, size: this.#size, newest: this.#newest };
  }

  async #readCheckpoint() {
    const { checkpoint: row } = this.#rows;
    const bytes = await this.#files.whole('checkpoint', MAX_NOTE);
    if (bytes === null) {
      row.fault('There is no file named checkpoint beside this page.');
      return null;
    }
    let checkpoint;
    try {
      checkpoint = readCheckpoint(bytes);
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      row.fault(`The file is no checkpoint: ${refused.message}.`);
      return null;
    }
    const { origin, size, root } = checkpoint;
    this.#size = size;
    this.#facts = { origin: shown(origin), size: size.toLocaleString('en-US'), root: base64(root) };
    if (size === 0) {
      row.fault('It is of no records. A ledger has at least one.');
      return null;
    }
    row.holds(`It states ${counted(size, 'record')} and their root.`);
    this.#tell(this.report(false));
    return checkpoint;
  }

  /** False where the records end before they should. */
  async #readRecords() {
    const { records: row } = this.#rows;
    const bundles = Math.ceil(this.#size / WIDTH);
    const widthOf = (index) => Math.min(this.#size - index * WIDTH, WIDTH);
    const fetching = [];
    const ahead = (index) => {
      if (index >= bundles) return;
      const fetched = this.#bundle(index, widthOf(index));
      // It is awaited in its turn, where what went wrong is told.
      fetched.catch(() => {});
      fetching.push(fetched);
    };
    for (let index = 0; index < AHEAD; index += 1) ahead(index);
    for (let index = 0; index < bundles; index += 1) {
      const { bytes, width, path } = await fetching.shift();
      ahead(index + AHEAD);
      if (bytes === null) {
        row.fault(`The bundle ${path} is missing.`);
        return false;
      }
      const entries = bundleEntries(bytes, width);
      if (typeof entries === 'string') {
        row.fault(`The bundle ${path} ${entries}.`);
        return false;
      }
      const jobs = [];
      for (const line of entries.slice(0, widthOf(index))) await this.#readRecord(line, jobs);
      await this.#tiles.settle(AHEAD);
      await this.#verify(jobs);
      this.#tell(this.report(false));
    }
    row.holds(`${counted(this.#size, 'record')} in ${counted(bundles, 'bundle')}, and no byte more.`);
    return true;
  }

  /** Once a bundle is full, its partial one may be gone. */
  async #bundle(index, width) {
    for (const has of width < WIDTH ? [width, WIDTH] : [WIDTH]) {
      const path = bundlePath(index, has);
      const bytes = await this.#files.whole(path, MAX_BUNDLE);
      if (bytes !== null) return { bytes, width: has, path };
    }
    return { bytes: null, width, path: bundlePath(index, width) };
  }

  async #readRecord(line, jobs) {
    const leaf = leafHash(line);
    this.#frontier.add(leaf, (level, hash) => this.#tiles.take(level, hash));
    this.#roots.add(this.#frontier.root());
    await this.#log.take(leaf);
    const at = this.#frontier.size - 1;
    if (at >= this.#size - NEWEST) this.#newest.push({ seq: at, text: shown(new TextDecoder().decode(line), MAX_RECORD) });
    const place = this.#place;
    const prev = place.prev;
    place.prev = leaf;
    const seq = place.seq;
    place.seq += 1;
    let record;
    try {
      record = readRecord(line);
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      this.#rows.form.fault(`${refused.message}.`, seq);
      this.#unread += 1;
      return;
    }
    const message = joined(signedPrefix(record.eventBytes.length), record.eventBytes);
    const id = hex(sha256(message));
    this.#checkChain(record, seq, prev);
    this.#checkLedger(record, id);
    this.#checkAuthor(record, id, at);
    this.#facts.recorded = record.recorded;
    for (const key of this.#keys.take(record, () => this.#frontier.root())) this.#use(key.key.bytes, key.short, seq);
    this.#attachments.take(record);
    this.#listSignatures(record, message, jobs);
  }

  #checkChain(record, seq, prev) {
    const { chain } = this.#rows;
    if (record.seq !== seq) chain.fault(`stands where record ${seq} should.`, record.seq);
    if (!same(record.prev, prev)) chain.fault('names another hash of the record before it.', record.seq);
    if (Date.parse(record.recorded) < Date.parse(record.event.issued) - CLOCK_TOLERANCE) {
      chain.fault('is dated more than five minutes before its author wrote it.', record.seq);
    }
    if (record.recorded < this.#place.recorded) chain.fault('is dated before the record before it.', record.seq);
    else this.#place.recorded = record.recorded;
    this.#place.seq = record.seq + 1;
  }

  /** Record 0 founds the ledger, and its event id is the ledger's; every other event names it. */
  #checkLedger({ event, seq }, id) {
    const { chain } = this.#rows;
    if (this.#frontier.size === 1) {
      this.#facts.id = id;
      if (typeof event.body.title === 'string') this.#facts.title = shown(event.body.title);
    }
    const founds = event.type === 'ledger.founded';
    if (founds && event.body.format !== FORMAT) this.#rows.form.unchecked('The ledger is founded in a format that this page does not know.');
    if (founds !== (seq === 0)) chain.fault(founds ? 'founds a ledger anew.' : 'founds no ledger.', seq);
    else if (seq === 0 && event.ledger !== null) chain.fault('names a ledger before there is one.', seq);
    else if (seq > 0 && this.#facts.id !== undefined && event.ledger !== this.#facts.id) {
      chain.fault('is of another ledger.', seq);
    }
  }

  /**
   * Each author's own chain, which an operator cannot make again without its key: an event names what its author said last in
   * the same story; and the tree that it had seen is this one. `before` is the number of records before it.
   */
  #checkAuthor({ event, seq }, id, before) {
    const { chain } = this.#rows;
    const story = `${event.actor} ${event.stream}`;
    if (event.follows !== (this.#last.get(story) ?? null)) {
      chain.fault('does not follow what its author said last in the same story.', seq);
    }
    this.#last.set(story, id);
    const { seen } = event;
    if (seen === null) return;
    if (seen.size > before) chain.fault('has an author who saw more records than there are before it.', seq);
    else if (base64(this.#roots.at(seen.size)) !== seen.root) {
      chain.fault(`has an author who saw another ledger of ${counted(seen.size, 'record')}.`, seq);
    }
  }

  #listSignatures({ event, seq, signatures }, message, jobs) {
    const { events: row } = this.#rows;
    const introduced = introducedKeys(event, seq);
    for (const { name, actor, bytes, why } of introduced) {
      if (why !== null) row.fault(`${why}.`, seq);
      else if (this.#authors.has(name)) row.fault(`it introduces ${shown(name)}, which is introduced already.`, seq);
      else {
        this.#authors.set(name, bytes);
        this.#use(bytes, name, seq);
        if (name.split('#')[0] !== actor) row.fault(`it introduces ${shown(name)}, which is no key of ${shown(actor)}.`, seq);
        if (!event.signers.includes(name)) row.fault(`it introduces ${shown(name)}, which does not sign it.`, seq);
      }
    }
    if (signatures.map(({ key }) => key).join() !== event.signers.join()) {
      row.fault('its signatures are not those of its signers, in their order.', seq);
    }
    for (const { key: name, sig } of signatures) {
      const key = this.#authors.get(name);
      const signature = signatureBytes(sig);
      if (key === undefined) row.fault(`no record up to here introduces ${shown(name)}, which signs it.`, seq);
      else if (signature === null) row.fault(`the signature of ${shown(name)} is not 64 bytes in base64.`, seq);
      else jobs.push({ key, message, signature, name, seq });
    }
  }

  /** A public key stands in a ledger once, whoever's it is. */
  #use(bytes, name, seq) {
    const key = hex(bytes);
    if (this.#used.has(key)) this.#rows.events.fault(`the public key of ${shown(name)} is in this ledger already.`, seq);
    this.#used.add(key);
  }

  /** Goes on while signatures are verified, but not too far. */
  async #verify(jobs) {
    if (jobs.length === 0) return;
    const { events: row } = this.#rows;
    const judged = (verdicts) => {
      jobs.forEach(({ name, seq }, i) => {
        if (verdicts[i] === true) this.#signatures += 1;
        else row.fault(`the signature of ${shown(name)} does not verify.`, seq);
      });
    };
    const running = this.#verifyAll(jobs.map(({ key, message, signature }) => ({ key, message, signature })))
      .then(judged, (trouble) => row.unchecked(`The program that checks signatures stopped: ${trouble.message}`))
      .finally(() => this.#underWay.delete(running));
    this.#underWay.add(running);
    if (this.#underWay.size >= AHEAD) await Promise.race(this.#underWay);
  }

  #sayWhatHolds(checkpoint) {
    const { form, chain, root, events, attachments } = this.#rows;
    const size = counted(this.#size, 'record');
    form.holds(`${size}, each one line of canonical JSON with the members that a record has.`);
    chain.holds(`${size}, counted without gaps; each names the hash of the one before, and what its author said before it.`);
    if (this.#unread > 0) {
      const why = `${counted(this.#unread, 'record')} could not be read.`;
      chain.unchecked(why);
      events.unchecked(why);
      attachments.unchecked(why);
    }
    const computed = this.#frontier.root();
    if (same(computed, checkpoint.root)) root.holds(`The root over all leaf hashes is that of the checkpoint.`);
    else root.fault(`The records give the root ${base64(computed)}, the checkpoint states ${base64(checkpoint.root)}.`);
  }

  /** What the last steps found: signatures; and whether the log has more than the checkpoint covers, or has grown since. */
  async #lookBehind(checkpoint) {
    const { events, log } = this.#rows;
    events.holds(`${counted(this.#signatures, 'signature')} of ${counted(this.#authors.size, 'key')} that the records introduce.`);
    if (!this.#log.goesOn) return;
    let size = 0;
    try {
      const bytes = await this.#files.whole('checkpoint', MAX_NOTE);
      size = bytes === null ? 0 : readCheckpoint(bytes).size;
    } catch (trouble) {
      if (!(trouble instanceof Refused || trouble instanceof Unreachable)) throw trouble;
    }
    if (size > checkpoint.size) log.unchecked('The ledger grew while it was read: load this page again.');
    else log.fault('The log has lines behind the last record that the checkpoint covers.');
  }
}

/** Compares each hash tile with the hashes that the records give. */
class Tiles {
  #rows;
  #files;
  #levels = [];
  #comparing = new Set();
  #hashes = [0, 0];

  constructor(rows, files) {
    this.#rows = rows;
    this.#files = files;
  }

  take(level, hash) {
    const row = (this.#levels[level] ??= { index: 0, hashes: [] });
    row.hashes.push(hash);
    if (row.hashes.length === WIDTH) this.#close(level, row);
  }

  #close(level, row) {
    const expected = joined(...row.hashes);
    const comparing = this.#compare(level, row.index, expected).finally(() => this.#comparing.delete(comparing));
    this.#comparing.add(comparing);
    row.index += 1;
    row.hashes = [];
  }

  /** Waits until at most so many comparisons are under way. */
  async settle(most) {
    while (this.#comparing.size > most) await Promise.race(this.#comparing);
  }

  /** To be called behind the last record. */
  async end() {
    this.#levels.forEach((row, level) => {
      if (row.hashes.length > 0) this.#close(level, row);
    });
    await this.settle(0);
    const [leaves, above] = this.#hashes;
    this.#rows.leaves.holds(`In the tiles, as the records give them: ${counted(leaves, 'leaf hash', 'leaf hashes')}.`);
    const none = 'There are none: a tree of fewer than 256 records has only leaf tiles.';
    this.#rows.tiles.holds(above === 0 ? none : `Above the leaves, as the records give them: ${counted(above, 'hash', 'hashes')}.`);
  }

  async #compare(level, index, expected) {
    const row = level === 0 ? this.#rows.leaves : this.#rows.tiles;
    const width = expected.length / 32;
    this.#hashes[level === 0 ? 0 : 1] += width;
    for (const has of width < WIDTH ? [width, WIDTH] : [WIDTH]) {
      const path = tilePath(level, index, has);
      let bytes;
      try {
        bytes = await this.#files.whole(path, WIDTH * 32);
      } catch (trouble) {
        if (!(trouble instanceof Unreachable)) throw trouble;
        row.unchecked(trouble.message);
        return;
      }
      if (bytes === null) continue;
      if (bytes.length !== has * 32) row.fault(`The tile ${path} has not ${has * 32} bytes.`);
      else if (!same(bytes.subarray(0, expected.length), expected)) {
        row.fault(`The tile ${path} does not hold what the records give.`);
      }
      return;
    }
    row.fault(`The tile ${tilePath(level, index, width)} is missing.`);
  }
}
