// Signed notes, verifier keys and checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), as docs/FORMAT.md, section 6,
// narrows them.
// Not here: which key is trusted.

import { sha256 } from './vendor/noble-hashes-2.4.0/sha2.js';
import { hex, joined, readBase64, readHex, readUtf8, same, utf8 } from './bytes.js';
import { readKey, verifies, whyNotEnrollable } from './strict.js';

export const MAX_NOTE = 1_000_000;
const MAX_SIGNATURES = 64;
const ED25519 = 1;

/** What stands in the way, in words for a reader. */
export class Refused extends Error {}

function isKeyName(text) {
  return text !== '' && !/[\p{White_Space}\p{Cc}+]/u.test(text);
}

/** Reads `NAME+KEYID+BASE64`, with an Ed25519 key fit to be enrolled. */
export function readVerifierKey(text) {
  const [name, id, ...rest] = text.split('+');
  if (rest.length === 0) throw new Refused('it has not the form NAME+ID+KEY');
  if (!isKeyName(name)) throw new Refused('its name is empty, or has spaces or control characters');
  const keyId = readHex(id, 4);
  if (keyId === null) throw new Refused('its id is not 8 lower-case hex digits');
  const bytes = readBase64(rest.join('+'));
  if (bytes === null || bytes.length !== 33) throw new Refused('its key is not 33 bytes in base64');
  const computed = sha256(joined(utf8(`${name}\n`), bytes)).subarray(0, 4);
  if (!same(computed, keyId)) throw new Refused(`its id is ${hex(computed)}, not ${id}`);
  if (bytes[0] !== ED25519) throw new Refused('it is not of the type 0x01 (Ed25519)');
  const why = whyNotEnrollable(bytes.subarray(1));
  if (why !== null) throw new Refused(`its public key cannot be used: ${why}`);
  return { text, name, keyId, key: readKey(bytes.subarray(1)), short: `${name}+${id}` };
}

function readSignature(line) {
  const malformed = new Refused('a signature line is not an em dash, a name and base64');
  if (!line.startsWith('\u2014 ')) throw malformed;
  const space = line.indexOf(' ', 2);
  if (space < 0) throw malformed;
  const name = line.slice(2, space);
  const bytes = readBase64(line.slice(space + 1));
  if (!isKeyName(name) || bytes === null || bytes.length < 5) throw malformed;
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}

/** Reads a note: its text, with its last LF, and its signatures. Verifies none. */
export function readNote(bytes) {
  if (bytes.length > MAX_NOTE) throw new Refused('it is longer than 1,000,000 bytes');
  const whole = readUtf8(bytes);
  if (whole === null) throw new Refused('it is not UTF-8');
  for (const byte of bytes) {
    if (byte < 0x20 && byte !== 0x0a) throw new Refused('it has control characters');
  }
  const blank = whole.lastIndexOf('\n\n');
  if (blank < 0) throw new Refused('no empty line comes before signatures');
  const lines = whole.slice(blank + 2);
  if (!lines.endsWith('\n')) throw new Refused('its last line has no line feed');
  const signatures = lines.slice(0, -1).split('\n');
  if (signatures.length > MAX_SIGNATURES) throw new Refused('it has more than 64 signatures');
  return { text: whole.slice(0, blank + 1), signatures: signatures.map(readSignature) };
}

/** Reads a checkpoint: a note of exactly three lines. */
export function readCheckpoint(bytes) {
  const note = readNote(bytes);
  const lines = note.text.slice(0, -1).split('\n');
  if (lines.length !== 3) throw new Refused('it has not exactly three lines');
  const [origin, size, root] = lines;
  if (origin === '') throw new Refused('its origin is empty');
  if (!/^(0|[1-9][0-9]*)$/.test(size)) throw new Refused('its size is not a decimal number');
  if (!Number.isSafeInteger(Number(size))) throw new Refused('its size is more than there can be');
  const hash = readBase64(root);
  if (hash === null || hash.length !== 32) throw new Refused('its root is not 32 bytes in base64');
  return { note, origin, size: Number(size), root: hash };
}

/**
 * Which of these keys signed a note. A signature with the name and the id of one of them that does not verify refuses the
 * note, whoever else signed it; those of other keys are passed over.
 */
export function signersOf(note, keys) {
  const signed = [];
  for (const { name, keyId, signature } of note.signatures) {
    const named = keys.filter((key) => key.name === name && same(key.keyId, keyId));
    if (named.length === 0) continue;
    // Ids are short enough to collide: then the key that verifies is the one that signed.
    const by = named.find(({ key }) => verifies(key, utf8(note.text), signature));
    if (by === undefined) return { bad: named[0], signed: [] };
    if (!signed.includes(by)) signed.push(by);
  }
  return { bad: null, signed };
}
