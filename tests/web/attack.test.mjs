// A thousand damages: one bit of any file beside the page, in the browser itself; and of folders with handed-over log keys and with
// a full tile, by the page's code. None may leave all checks green, and each must make one red.
// ANSWERABLE_WEB_FLIPS names another number of them, ANSWERABLE_WEB_SEED another seed.
// Not here: damage that makes a file longer or shorter, or takes it away (`page.test.mjs`, `vectors.test.mjs`).

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { judge } from '../../web/check/judge.js';
import { verifyHere } from '../../web/check/workers.js';
import { World, addTree, altered, linesOf, randomOf, readFolder, repository } from './folders.mjs';
import { serve } from './serve.mjs';

const FLIPS = Number(process.env.ANSWERABLE_WEB_FLIPS ?? 1000);
const random = randomOf(Number(process.env.ANSWERABLE_WEB_SEED ?? 1));

/** A file first, then a bit of it: small files are hit as often as large ones. */
function damages(files, count) {
  const paths = [...files].filter(([path, bytes]) => path !== 'index.html' && bytes.length > 0).map(([path]) => path);
  return Array.from({ length: count }, (_, i) => {
    const path = paths[i % paths.length];
    return { path, bit: random(files.get(path).length * 8) };
  });
}

function damaged(files, { path, bit }) {
  return altered(files, path, (bytes) => {
    bytes[bit >> 3] ^= 1 << (bit & 7);
    return bytes;
  });
}

let browser;
let server;
let world;
const folders = {};

before(async () => {
  world = new World('Attacked');
  writeFileSync(join(world.root, 'letter.txt'), 'A letter.');
  world.act('actor.registered', '--set', 'actor=org:letter', '--set', 'kind=other', '--set', 'name=Letter', '--attach', 'letter.txt');
  folders.attacked = world.publish();
  server = await serve(folders);
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  await server?.close();
  world?.remove();
});

test(`${FLIPS} flips beside the page, in Chromium`, async (t) => {
  const whole = folders.attacked;
  const attachments = [...whole.keys()].filter((path) => path.startsWith('attachments/')).length;
  assert.ok(attachments === 2, 'the rules, and the letter');
  const page = await browser.newPage();
  // A verdict that hangs is a fault, too.
  page.setDefaultTimeout(20_000);
  await page.goto(server.address('attacked', `#key=${encodeURIComponent(world.logKey)}`));
  const judged = async () => {
    await page.waitForFunction(() => document.querySelector('#when').textContent !== '', null, { polling: 5 });
    return page.evaluate(() => ({
      summary: document.querySelector('#summary').dataset.state,
      bad: [...document.querySelectorAll('[data-row][data-state=bad]')].map((row) => row.dataset.row),
    }));
  };
  assert.deepEqual(await judged(), { summary: 'good', bad: [] });
  const rows = new Map();
  for (const damage of damages(whole, FLIPS)) {
    folders.attacked = damaged(whole, damage);
    await page.evaluate(() => document.querySelector('#pin-form').requestSubmit());
    const { summary, bad } = await judged();
    assert.ok(summary === 'bad' && bad.length > 0, `bit ${damage.bit} of ${damage.path}: ${summary}`);
    for (const row of bad) rows.set(row, (rows.get(row) ?? 0) + 1);
  }
  folders.attacked = whole;
  await page.evaluate(() => document.querySelector('#pin-form').requestSubmit());
  assert.deepEqual(await judged(), { summary: 'good', bad: [] });
  await page.close();
  t.diagnostic([...rows].map(([row, count]) => `${row} ${count}`).join(', '));
});

for (const name of ['handover_pinned_by_old_key', 'published_257_records']) {
  test(`flips in the vector ${name}`, async () => {
    const folder = join(repository, 'tests/vectors/good', name);
    const whole = readFolder(join(folder, 'export'));
    if (![...whole.keys()].some((path) => path.startsWith('tile/'))) addTree(whole, linesOf(whole.get('log/000000000000.jsonl')));
    const { pin } = JSON.parse(readFileSync(join(folder, 'vector.json'), 'utf8'));
    for (const damage of damages(whole, Math.ceil(FLIPS / 5))) {
      const files = damaged(whole, damage);
      const stream = async (path) => (files.has(path) ? [files.get(path)] : null);
      const { rows } = await judge({
        files: { whole: async (path, most) => files.get(path)?.subarray(0, most + 1) ?? null, stream },
        pinText: pin.log_keys[0],
        verifyAll: async (jobs) => verifyHere(jobs),
        tell() {},
      });
      const bad = Object.values(rows).some(({ state }) => state === 'bad');
      assert.ok(bad, `bit ${damage.bit} of ${damage.path}: ${JSON.stringify(rows)}`);
    }
  });
}
