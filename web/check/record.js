// A record taken apart: its five members, the bytes of its event, what its signers signed, the keys that it introduces
// (docs/FORMAT.md, sections 1, 2, 5).
// Not here: what bodies say, who may speak, law. `answerable-verify` judges these.

import { readBase64, readHex, utf8 } from './bytes.js';
import { readCanonical, shown, write } from './canonical.js';
import { checkEnvelope, closed, isInstant, isKeyName, isObject } from './envelope.js';
import { Refused } from './note.js';
import { whyNotEnrollable } from './strict.js';

const MAX_EVENT = 32_768;
const MEMBERS = 'event,prev,recorded,seq,signatures';
/** Of a record, `{"event":` is first. */
const EVENT_STARTS = 9;

const isSignature = closed({ key: isKeyName, sig: (value) => typeof value === 'string' }, {});

/** Reads one line, without its LF; throws `Refused`. `event` is plain data, `eventBytes` the bytes that were signed. */
export function readRecord(line) {
  const value = readCanonical(line);
  if (!isObject(value) || Object.keys(value).join() !== MEMBERS) {
    throw new Refused(`its members are not exactly ${MEMBERS.replaceAll(',', ', ')}`);
  }
  const { event, prev, recorded, seq, signatures } = value;
  const prevHash = readHex(prev, 32);
  if (prevHash === null) throw new Refused('prev is not 32 bytes in lower-case hex');
  if (!isInstant(recorded)) throw new Refused('recorded is no instant');
  if (!Number.isSafeInteger(seq) || seq < 0) throw new Refused('seq is no number from 0 on');
  const listed = Array.isArray(signatures) && signatures.every(isSignature);
  if (!listed) throw new Refused('a signature is not exactly a key name and a text');
  checkEnvelope(event);
  const length = utf8(write(event)).length;
  if (length > MAX_EVENT) throw new Refused('its event is longer than 32,768 bytes');
  return { event, eventBytes: line.subarray(EVENT_STARTS, EVENT_STARTS + length), prev: prevHash, recorded, seq, signatures };
}

/** The keys that an event introduces, by name, each with its actor: their bytes, or why they cannot be enrolled. */
export function introducedKeys(event, seq) {
  const { body, type } = event;
  let forms = [];
  if (type === 'ledger.founded' && seq === 0 && Array.isArray(body.founders)) {
    forms = body.founders.flatMap((founder) => (Array.isArray(founder?.keys) ? founder.keys : []).map((form) => [founder.actor, form]));
  } else if (type === 'key.enrolled' || type === 'key.rotated') {
    forms = [[body.actor, body.key]];
  }
  return forms.filter(([, form]) => isObject(form)).map(([actor, { key, public_key: encoded }]) => {
    const bytes = readBase64(encoded);
    const why = bytes === null ? 'it is not base64' : whyNotEnrollable(bytes);
    return { name: String(key), actor: String(actor), bytes, why: why && `the public key of ${shown(String(key))} cannot be enrolled: ${why}` };
  });
}

const PAYLOAD_TYPE = 'application/vnd.answerable.event.v1+json';

/** What stands before an event's bytes in what is signed (DSSE, protocol v1). */
export function signedPrefix(length) {
  return utf8(`DSSEv1 ${PAYLOAD_TYPE.length} ${PAYLOAD_TYPE} ${length} `);
}

/** The 64 bytes of a signature, or null. */
export function signatureBytes(text) {
  const bytes = readBase64(text);
  return bytes !== null && bytes.length === 64 ? bytes : null;
}
