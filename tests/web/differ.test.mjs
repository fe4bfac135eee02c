// The page's code and the program on the same damaged folders: what the program calls verified, no row calls false; what a row
// calls false, the program does too; and of a record's bytes both say the same.
// ANSWERABLE_WEB_MUTATIONS names another number of them, ANSWERABLE_WEB_SEED another seed.
// Not here: lies that somebody thought of (`vectors.test.mjs`).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { utf8 } from '../../web/check/bytes.js';
import { judge } from '../../web/check/judge.js';
import { verifyHere } from '../../web/check/workers.js';
import { addTree, answerable, linesOf, randomOf, readFolder, repository } from './folders.mjs';

const MUTATIONS = Number(process.env.ANSWERABLE_WEB_MUTATIONS ?? 400);
const random = randomOf(Number(process.env.ANSWERABLE_WEB_SEED ?? 1));

const PIECES = [
  '"', '\\', '{', '}', ',', ':', '0', '-', '1e3', '-0', '0.5', '9007199254740992', '99999999999999999999', 'null', 'true', ' ', '\n', '\t',
  '\\n', '\\u000a', '\\u0041', '\\ud800', '\\ud83d\\ude00', 'é', 'e\u0301', '\u202e', '\ufeff', '\u0085', '\u2028', '\ufffe', '\u{1fffe}', '\u{e0001}',
  '😀', '\u0000', '\x7f', '"a":1,', '[', ']', '[]', '{}', '__proto__', 'A', '_', '[[[[[[[[[[[[[[[[[[', '2026-02-30', '0000', '=', '/', '+',
];

function damaged(line) {
  const at = random(line.length);
  switch (random(5)) {
    case 0: {
      const out = Uint8Array.from(line);
      out[at] ^= 1 << random(8);
      return out;
    }
    case 1:
      return new Uint8Array([...line.subarray(0, at), ...line.subarray(at + 1 + random(4))]);
    case 2:
      return new Uint8Array([...line.subarray(0, at), ...utf8(PIECES[random(PIECES.length)]), ...line.subarray(at)]);
    case 3: {
      // In the place of a value: behind a colon, up to the next comma.
      const text = new TextDecoder().decode(line);
      const colons = [...text.matchAll(/":("[^"]*"|[0-9]+|null)/g)];
      const { index, 0: found, 1: value } = colons[random(colons.length)];
      const piece = random(2) === 0 ? PIECES[random(PIECES.length)] : `"${PIECES[random(PIECES.length)]}"`;
      return utf8(text.slice(0, index + found.length - value.length) + piece + text.slice(index + found.length));
    }
    default: {
      // Within a text.
      const text = new TextDecoder().decode(line);
      const texts = [...text.matchAll(/"([^"]+)"/g)];
      const { index, 0: found } = texts[random(texts.length)];
      const inside = index + 1 + random(found.length - 1);
      return utf8(text.slice(0, inside) + PIECES[random(PIECES.length)] + text.slice(inside));
    }
  }
}

function judgedByProgram(files, pin) {
  const folder = mkdtempSync(join(tmpdir(), 'answerable-differ-'));
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  const { stdout, status } = spawnSync(answerable, ['verify', folder, '--log-key', pin, '--format', 'json'], { encoding: 'utf8' });
  rmSync(folder, { recursive: true });
  assert.ok([0, 1, 3].includes(status), `${status}: ${stdout}`);
  return { status, faults: JSON.parse(stdout).faults };
}

async function judgedByPage(files, pin) {
  const { rows } = await judge({
    files: { whole: async (path, most) => files.get(path)?.subarray(0, most + 1) ?? null, stream: async () => null },
    pinText: pin,
    verifyAll: async (jobs) => verifyHere(jobs),
    tell() {},
  });
  return rows;
}

test('the page and the program agree on damaged records', async () => {
  const folder = join(repository, 'tests/vectors/good/text_of_every_kind');
  const whole = readFolder(join(folder, 'export'));
  const { pin: { log_keys: [pin] } } = JSON.parse(readFileSync(join(folder, 'vector.json'), 'utf8'));
  const lines = linesOf(whole.get('log/000000000000.jsonl'));
  whole.delete('log/000000000000.jsonl');
  let unread = 0;
  for (let i = 0; i < MUTATIONS; i += 1) {
    const which = random(lines.length);
    const line = damaged(lines[which]);
    if (line.length > 65_535) continue;
    const lie = lines.map((one, at) => (at === which ? line : one));
    const files = addTree(new Map(whole), lie);
    const program = judgedByProgram(files, pin);
    const rows = await judgedByPage(files, pin);
    const bad = Object.entries(rows).filter(([, row]) => row.state === 'bad').map(([id]) => id);
    const said = `mutation ${i} of record ${which}: ${new TextDecoder().decode(line)}\n${JSON.stringify(program.faults)}\n${JSON.stringify(rows)}`;
    if (bad.length > 0) assert.equal(program.status, 1, said);
    if (program.status !== 1) assert.deepEqual(bad, [], said);
    const form = program.faults.filter(({ code }) => /^(record\.|event\.too_long)/.test(code));
    assert.equal(rows.form.state === 'bad', form.length > 0, said);
    const signature = program.faults.some(({ code }) => code === 'signature.bad' || code === 'signature.malformed');
    if (signature) assert.equal(rows.events.state, 'bad', said);
    unread += form.length > 0 ? 1 : 0;
  }
  assert.ok(unread > MUTATIONS / 4 && unread < MUTATIONS, `${unread} of ${MUTATIONS} could not be read`);
});
