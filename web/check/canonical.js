// Canonical JSON: RFC 8785 under the bounds of docs/FORMAT.md, sections 3 and 4. A text is canonical if it equals its own
// serialization.
// Not here: which members a record has (`record.js`), and normalization form C.

import { readUtf8, utf8 } from './bytes.js';
import { Refused } from './note.js';
import { MAX_RECORD } from './tree.js';

const MAX_DEPTH = 16;
const MAX_ARRAY = 1024;
const MAX_OBJECT = 256;
const MAX_STRING = 16_384;
const KEY = /^[a-z][a-z0-9_]{0,63}$/;

/** Characters that no string holds; U+000A is allowed within `body`. Lone surrogates are among them. */
const REFUSED =
  '\\u0000-\\u0009\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200e\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff' +
  '\\ufdd0-\\ufdef\\ufeff\\ufff9-\\ufffb\\u{e0000}-\\u{e007f}' +
  Array.from({ length: 17 }, (_, plane) => {
    const last = plane * 0x10000 + 0xffff;
    return `\\u{${(last - 1).toString(16)}}\\u{${last.toString(16)}}`;
  }).join('');
const REFUSED_IN_BODY = new RegExp(`[${REFUSED}]`, 'u');
const REFUSED_ELSEWHERE = new RegExp(`[${REFUSED}\\n]`, 'u');
const REFUSED_ANYWHERE = new RegExp(`[${REFUSED}]`, 'gu');

/** Text out of the log, for a reader: what has no place in a text shows as its number. */
export function shown(text, most = 200) {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replace(REFUSED_ANYWHERE, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** Reads one line, without its LF. Answers the value; throws `Refused`. */
export function readCanonical(line) {
  if (line.length > MAX_RECORD) throw new Refused('it is longer than 65,535 bytes');
  const text = readUtf8(line);
  if (text === null) throw new Refused('it is not UTF-8');
  let value;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Refused('it is not JSON');
  }
  if (written(value, 0, false) !== text) throw new Refused('it is not in canonical form');
  return value;
}

/** The canonical form of what `readCanonical` read: members stand in the order in which they were read, which is sorted. */
export function write(value) {
  return JSON.stringify(value);
}

function written(value, depth, inBody) {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return string(value, inBody);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new Refused('a number is no integer within 2^53-1');
    // -0 becomes 0, and so differs from what was read.
    return String(value);
  }
  if (depth >= MAX_DEPTH) throw new Refused('it is nested deeper than 16 levels');
  if (Array.isArray(value)) {
    if (value.length > MAX_ARRAY) throw new Refused('a list has more than 1,024 items');
    return `[${value.map((item) => written(item, depth + 1, inBody)).join(',')}]`;
  }
  const keys = Object.keys(value);
  if (keys.length > MAX_OBJECT) throw new Refused('an object has more than 256 members');
  let before = '';
  const members = keys.map((key) => {
    if (!KEY.test(key)) throw new Refused('a member has a name that is refused');
    // What is ascending here was ascending in the text: such names keep their order. One that came twice is written once.
    if (key <= before) throw new Refused('it is not in canonical form: members are not sorted');
    before = key;
    return `"${key}":${written(value[key], depth + 1, inBody || key === 'body')}`;
  });
  return `{${members.join(',')}}`;
}

function string(text, inBody) {
  if (text.length * 3 > MAX_STRING && utf8(text).length > MAX_STRING) {
    throw new Refused('a text has more than 16,384 bytes');
  }
  if ((inBody ? REFUSED_IN_BODY : REFUSED_ELSEWHERE).test(text)) throw new Refused('a text has a character that is refused');
  return JSON.stringify(text);
}
