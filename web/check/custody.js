// The checkpoint's signature: under a pinned key, or one to which the pinned key handed over (docs/FORMAT.md, section 6).
// Not here: whether those who changed the log's keys had the right to. `answerable-verify` judges that.

import { same } from './bytes.js';
import { shown } from './canonical.js';
import { MAX_NOTE, Refused, readCheckpoint, readVerifierKey, signersOf } from './note.js';

/** The keys of a list; `bad(why)` is called for each that is none. */
function readAll(texts, bad) {
  const all = Array.isArray(texts) ? texts : [];
  return all.flatMap((text) => {
    try {
      return [readVerifierKey(String(text))];
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      bad(refused.message);
      return [];
    }
  });
}

function among(keys, key) {
  return keys.some((other) => other.text === key.text);
}

/** The log keys that the records name, as they change. */
export class LogKeys {
  inForce = [];
  /** The log's name by record 0; null where that says none. */
  #origin = null;
  #changes = [];
  /** Log keys that are none: `{seq, why}`. */
  #bad = [];

  /** `root()` answers the root over the records up to this one. Answers the keys that this record brings. */
  take({ event, seq }, root) {
    const { body, type } = event;
    if (type === 'ledger.founded' && seq === 0) {
      if (typeof body.origin === 'string') this.#origin = body.origin;
      this.inForce = this.#read(body.log_keys, seq);
      return this.inForce;
    }
    if (type !== 'ledger.log_keys_changed') return [];
    const before = this.inForce;
    const gone = [body.lost, body.compromised].flatMap((list) => (Array.isArray(list) ? list : []));
    this.inForce = this.#read(body.log_keys, seq);
    const introduced = this.inForce.filter((key) => !among(before, key));
    this.#changes.push({
      seq,
      root: root(),
      old: before.filter((key) => !gone.includes(key.text)),
      gone: before.filter((key) => gone.includes(key.text)),
      after: this.inForce,
      introduced,
    });
    return introduced;
  }

  #read(texts, seq) {
    const keys = readAll(texts, (why) => this.#bad.push({ seq, why }));
    const foreign = keys.find((key) => this.#origin !== null && key.name !== this.#origin);
    if (foreign !== undefined) this.#bad.push({ seq, why: `it is named ${shown(foreign.name)}, not as the log` });
    return keys;
  }

  /** Says in `row` whose signature the checkpoint has. `pin` is a key, or null; `files` has the checkpoints that hand over. */
  async judge(row, checkpoint, pin, files) {
    if (this.#origin !== null && this.#origin !== checkpoint.origin) {
      row.fault(`It is of the log ${shown(checkpoint.origin)}, and record 0 founds ${shown(this.#origin)}.`);
      return;
    }
    for (const { seq, why } of this.#bad) row.fault(`a log key that it names cannot be used: ${why}.`, seq);
    for (const change of this.#changes) {
      const why = await whyNot(change, checkpoint.origin, files);
      if (why !== null) row.fault(`the checkpoint with which the log's keys changed ${why}.`, change.seq);
    }
    if (row.failed) return;
    const own = signersOf(checkpoint.note, this.inForce);
    if (own.bad !== null) {
      row.fault(`The signature of ${shown(own.bad.short)}, a key of this log, does not verify.`);
      return;
    }
    if (pin === null) {
      this.#withoutPin(row, own);
      return;
    }
    if (pin.name !== checkpoint.origin) {
      row.fault(`It is of the log ${shown(checkpoint.origin)}, and the pinned key of ${shown(pin.name)}.`);
      return;
    }
    const pinned = signersOf(checkpoint.note, [pin]);
    if (pinned.bad !== null) {
      row.fault('The signature of the pinned key does not verify.');
    } else if (pinned.signed.length > 0) {
      if (own.signed.length === 0 && this.inForce.length > 0) {
        row.fault('The pinned key signed it, and none that the records say is in force.');
      } else {
        row.holds(`Signed by the pinned key, ${shown(pin.short)}.`);
      }
    } else {
      this.#handedOver(row, checkpoint, pin);
    }
  }

  #withoutPin(row, own) {
    if (own.signed.length === 0 && this.inForce.length > 0) {
      row.fault('It is signed by none of the log keys that the records name.');
      return;
    }
    const by = own.signed.map((key) => shown(key.short)).join(', ');
    const said = by === '' ? '' : ` Its signature is of ${by}, a key that these records name themselves; whoever makes up records can name any.`;
    row.unchecked(`No key is pinned, so nobody vouches for this copy.${said}`);
  }

  #handedOver(row, checkpoint, pin) {
    let trusted = [pin];
    const seqs = [];
    for (const change of this.#changes) {
      if (among(change.gone, pin)) {
        row.fault('it states that the pinned key is lost or compromised. Ask for the log\'s new key, and pin that.', change.seq);
        return;
      }
      if (signersOf(change.handover, change.old.filter((key) => among(trusted, key))).signed.length === 0) continue;
      seqs.push(change.seq);
      trusted = [...trusted, ...change.after];
    }
    const now = trusted.filter((key) => among(this.inForce, key));
    const { signed } = signersOf(checkpoint.note, now);
    if (signed.length === 0) {
      const by = checkpoint.note.signatures.map(({ name }) => shown(name)).join(', ');
      row.fault(`The pinned key did not sign it, nor one to which it handed over. It is signed in the name of: ${by}.`);
    } else {
      row.holds(`Signed by ${shown(signed[0].short)}, to which the pinned key handed over (record ${seqs.join(', ')}).`);
    }
  }
}

/** Why the checkpoint of a change does not hand over from the old keys to the new; null if it does, and then it is kept. */
async function whyNot(change, origin, files) {
  const size = change.seq + 1;
  const bytes = await files.whole(`checkpoints/${String(size).padStart(12, '0')}`, MAX_NOTE);
  if (bytes === null) return 'is missing';
  let found;
  try {
    found = readCheckpoint(bytes);
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    return `cannot be read: ${refused.message}`;
  }
  if (found.origin !== origin || found.size !== size || !same(found.root, change.root)) {
    return 'is not of the records up to that change';
  }
  change.handover = found.note;
  for (const [which, keys] of [['new', change.after], ['old', change.old]]) {
    // Where all old keys are lost or compromised, the founders' word alone hands over.
    if (keys.length === 0 && which === 'old') continue;
    const { bad, signed } = signersOf(found.note, keys);
    if (bad !== null) return `has a bad signature of ${shown(bad.short)}`;
    if (signed.length === 0) return `is signed by no ${which} key`;
  }
  const { signed } = signersOf(found.note, change.introduced);
  const silent = change.introduced.find((key) => !among(signed, key));
  return silent === undefined ? null : `is not signed by the new key ${shown(silent.short)}`;
}
