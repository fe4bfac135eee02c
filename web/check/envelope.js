// The event's envelope: its members and the form of each (docs/FORMAT.md, sections 2 and 3).
// Not here: the body, but that it has no null; whether a stream is the one that its type gives.

import { readBase64, readHex } from './bytes.js';
import { Refused } from './note.js';

const MAX_SIGNERS = 16;
const MAX_ATTACHMENTS = 64;
/** Random bytes that a salted file begins with. */
const SALT = 32;
const LAST_INSTANT = '9999-12-30T22:00:00.999Z';

export function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const isText = (value) => typeof value === 'string';
const isNumber = (value) => Number.isSafeInteger(value) && value >= 0;
const isHash = (value) => readHex(value, 32) !== null;
const orNull = (is) => (value) => value === null || is(value);
const isBase64Of = (length) => (value) => readBase64(value)?.length === length;
const matches = (pattern, most) => (value) => isText(value) && value.length <= most && pattern.test(value);

const isType = matches(/^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*){1,3}$/, 64);
const isStream = matches(/^[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,6}$/, 200);
// Of a state, streams leave the word `state:` out: its id has two parts.
const isActor = matches(/^(?!state:[^:]*:)[a-z][a-z0-9-]*(:[A-Za-z0-9][A-Za-z0-9._-]*){1,3}$/, 96);
const isLabel = matches(/^[a-z0-9][a-z0-9-]{0,31}$/, 32);
const isStanding = (value) => ['depositary', 'own', 'transcribed'].includes(value);

export function isKeyName(text) {
  if (!isText(text)) return false;
  const [actor, label, ...rest] = text.split('#');
  return rest.length === 0 && isActor(actor) && isLabel(label);
}

function isDay(text) {
  const time = Date.parse(`${text}T00:00:00.000Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** `YYYY-MM-DDTHH:MM:SS.mmmZ` of a day that exists. */
export function isInstant(text) {
  return (
    matches(/^\d{4}-\d\d-\d\dT([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/, 24)(text) &&
    isDate(text.slice(0, 10)) &&
    text <= LAST_INSTANT
  );
}

/** `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; the years are 0001 to 9999. */
function isDate(text) {
  if (!matches(/^(?!0000)\d{4}(-(0[1-9]|1[0-2])(-\d\d)?)?$/, 10)(text)) return false;
  return text.length < 10 || isDay(text);
}

const isSeen = closed({ root: isBase64Of(32), size: isNumber }, {});
const isSource = closed(
  { seen: isDate, title: isText },
  { document: isText, row: isText, sha256: isHash, url: isText },
);
const isAttachment = closed(
  { media_type: isText, salted: (value) => typeof value === 'boolean', sha256: isHash, size: isNumber },
  {},
);

function ascending(list) {
  return list.every((item, i) => i === 0 || list[i - 1] < item);
}

function areSigners(value) {
  return Array.isArray(value) && value.length >= 1 && value.length <= MAX_SIGNERS && value.every(isKeyName) && ascending(value);
}

function areAttachments(value) {
  if (!Array.isArray(value) || value.length > MAX_ATTACHMENTS || !value.every(isAttachment)) return false;
  return ascending(value.map(({ sha256 }) => sha256)) && value.every(({ salted, size }) => !salted || size >= SALT);
}

function hasNull(value) {
  if (typeof value !== 'object') return false;
  return value === null || Object.values(value).some(hasNull);
}

const MUST = {
  actor: isActor,
  body: (value) => isObject(value) && !hasNull(value),
  effective: isDate,
  follows: orNull(isHash),
  issued: isInstant,
  ledger: orNull(isHash),
  nonce: isBase64Of(16),
  seen: orNull(isSeen),
  signers: areSigners,
  standing: isStanding,
  stream: isStream,
  type: isType,
  v: (value) => isNumber(value) && value < 2 ** 32,
};
const MAY = {
  attachments: areAttachments,
  source: (value) => isSource(value) && ('document' in value || 'url' in value),
};

/** The member that is of another form, missing or surplus; null if there is none. */
function wrongMember(value, must, may) {
  for (const name of Object.keys(must)) if (!Object.hasOwn(value, name)) return name;
  for (const name of Object.keys(value)) {
    const is = Object.hasOwn(must, name) ? must[name] : Object.hasOwn(may, name) ? may[name] : null;
    if (is === null || !is(value[name])) return name;
  }
  return null;
}

/** Exactly such members. */
export function closed(must, may) {
  return (value) => isObject(value) && wrongMember(value, must, may) === null;
}

export function checkEnvelope(event) {
  if (!isObject(event)) throw new Refused('its event is no object');
  const wrong = wrongMember(event, MUST, MAY);
  // The name is one that canonical form allows.
  if (wrong !== null) throw new Refused(`of its event, the member ${wrong} is missing, surplus or of another form`);
}
