// A ledger of more than one segment, in the browser: it is read in pieces, the page goes on answering, and says how far it is.
// ANSWERABLE_WEB_RECORDS names another size.
// Not here: a lawful ledger. These records say nothing; the page does not judge bodies.

import assert from 'node:assert/strict';
import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { base64, hex, joined, utf8 } from '../../web/check/bytes.js';
import { sha256 } from '../../web/check/vendor/noble-hashes-2.4.0/sha2.js';
import { SEGMENT, Frontier, leafHash, segmentPath } from '../../web/check/tree.js';
import { signedPrefix } from '../../web/check/record.js';
import { addTree, repository } from './folders.mjs';
import { serve } from './serve.mjs';

const RECORDS = Number(process.env.ANSWERABLE_WEB_RECORDS ?? SEGMENT + 500);
const ORIGIN = 'large.answerable.example';

/** An Ed25519 key of a seed: one byte, 32 times. */
function key(byte) {
  const head = Buffer.from('302e020100300506032b657004220420', 'hex');
  const secret = createPrivateKey({ key: Buffer.concat([head, Buffer.alloc(32, byte)]), format: 'der', type: 'pkcs8' });
  const bytes = new Uint8Array(createPublicKey(secret).export({ format: 'der', type: 'spki' }).subarray(12));
  return { secret, bytes };
}

function large() {
  const [author, log] = [key(1), key(2)];
  const typed = joined(Uint8Array.of(1), log.bytes);
  const vkey = `${ORIGIN}+${hex(sha256(joined(utf8(`${ORIGIN}\n`), typed)).subarray(0, 4))}+${base64(typed)}`;
  const name = 'org:large#1';
  const founder = { actor: 'org:large', keys: [{ alg: 'ed25519', key: name, public_key: base64(author.bytes) }], name: 'Large' };
  const founding = { format: 1, founders: [founder], log_keys: [vkey], title: 'A large one' };
  const frontier = new Frontier();
  const lines = [];
  let prev = '0'.repeat(64);
  let [id, last] = [null, null];
  for (let seq = 0; seq < RECORDS; seq += 1) {
    const event = {
      actor: 'org:large', body: seq === 0 ? founding : { number: seq }, effective: '2026', follows: last, issued: '2026-01-01T00:00:00.000Z',
      ledger: id, nonce: base64(new Uint8Array(16)), seen: null, signers: [name], standing: 'own', stream: 'large:one',
      type: seq === 0 ? 'ledger.founded' : 'number.said', v: 1,
    };
    const bytes = utf8(JSON.stringify(event));
    const message = joined(signedPrefix(bytes.length), bytes);
    last = hex(sha256(message));
    id ??= last;
    const sig = base64(sign(null, message, author.secret));
    const line = utf8(JSON.stringify({ event, prev, recorded: '2026-01-01T00:00:00.000Z', seq, signatures: [{ key: name, sig }] }));
    const leaf = leafHash(line);
    frontier.add(leaf, () => {});
    prev = hex(leaf);
    lines.push(line);
  }
  const files = addTree(new Map(), lines);
  for (let first = 0; first < RECORDS; first += SEGMENT) {
    const segment = lines.slice(first, first + SEGMENT).flatMap((line) => [line, Uint8Array.of(10)]);
    files.set(segmentPath(first), new Uint8Array(Buffer.concat(segment)));
  }
  const text = `${ORIGIN}\n${RECORDS}\n${base64(frontier.root())}\n`;
  const signature = sign(null, utf8(text), log.secret);
  const keyId = sha256(joined(utf8(`${ORIGIN}\n`), typed)).subarray(0, 4);
  files.set('checkpoint', utf8(`${text}\n\u2014 ${ORIGIN} ${base64(joined(keyId, signature))}\n`));
  files.set('index.html', new Uint8Array(readFileSync(join(repository, 'web/check/index.html'))));
  return { files, vkey };
}

let browser;
let server;
let made;

before(async () => {
  made = large();
  const late = new Map(made.files);
  const segment = Uint8Array.from(late.get(segmentPath(SEGMENT)));
  segment[segment.length - 20] ^= 1;
  server = await serve({ large: made.files, late: late.set(segmentPath(SEGMENT), segment) });
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

async function read(name) {
  const page = await browser.newPage();
  await page.addInitScript(() => {
    // How long the page did not answer, at most; how far it was, each time that it was looked at; and what it said aloud.
    let last = performance.now();
    globalThis.seen = { pause: 0, values: new Set(), said: new Set() };
    setInterval(() => {
      globalThis.seen.pause = Math.max(globalThis.seen.pause, performance.now() - last);
      last = performance.now();
      const bar = document.querySelector('#progress');
      if (bar && !bar.hidden) globalThis.seen.values.add(bar.value);
      const said = document.querySelector('#summary')?.textContent;
      if (said) globalThis.seen.said.add(said);
    }, 20);
  });
  const start = performance.now();
  await page.goto(server.address(name, `#key=${encodeURIComponent(made.vkey)}`));
  await page.waitForFunction(() => document.querySelector('#when').textContent !== '', null, { timeout: 600_000 });
  const seconds = (performance.now() - start) / 1000;
  const states = await page.$$eval('[data-row]', (rows) => rows.map((row) => [row.dataset.row, row.dataset.state]));
  const seen = await page.evaluate(() => ({ pause: globalThis.seen.pause, values: globalThis.seen.values.size, said: [...globalThis.seen.said] }));
  await page.close();
  return { seconds, states, ...seen };
}

test('a large ledger is read in pieces', async (t) => {
  const { seconds, states, pause, values, said } = await read('large');
  assert.deepEqual(states.filter(([, state]) => state !== 'good'), []);
  assert.ok(values > 20, `progress moved ${values} times`);
  assert.ok(pause < 1000, `the page did not answer for ${pause} ms`);
  assert.ok(said.length >= 5 && said.length <= 15, said.join(' | '));
  t.diagnostic(`${RECORDS} records in ${seconds.toFixed(1)} s; the page paused ${pause.toFixed(0)} ms at most`);
});

test('its last segment is read, too', async () => {
  const { states } = await read('late');
  assert.deepEqual(states.filter(([, state]) => state !== 'good'), [['log', 'bad']]);
});
