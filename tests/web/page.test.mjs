// The page in a real browser (headless Chromium), on folders that the program published, and on altered ones: each row says what
// it must. Screenshots go to target/web/.
// Not here: every lie that there is (`vectors.test.mjs`), and every signature (`strict.test.mjs`).

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { readBase64, base64 } from '../../web/check/bytes.js';
import { addTree, altered, flipped, linesOf, readFolder, repository, World } from './folders.mjs';
import { serve } from './serve.mjs';

const ROWS = ['checkpoint', 'signature', 'records', 'form', 'chain', 'root', 'leaves', 'tiles', 'log', 'events', 'attachments'];
const HOSTILE = '<img src=x onerror="globalThis.struck=1"><script>struck=2</script>';
const shots = join(repository, 'target/web');
const latin = new TextDecoder('latin1');

let browser;
let server;
let world;
let pin;
const folders = {};

const bundle = 'tile/entries/000';
const log = 'log/000000000000.jsonl';

/** Where a text stands in bytes. */
function find(bytes, text) {
  const at = latin.decode(bytes).indexOf(text);
  assert.ok(at >= 0, text);
  return at;
}

/** Of a shared vector: its files, with tiles, bundles and the page. */
function vector(name) {
  const folder = join(repository, 'tests/vectors', name);
  const files = readFolder(join(folder, 'export'));
  const { pin: pinned } = JSON.parse(readFileSync(join(folder, 'vector.json'), 'utf8'));
  addTree(files, linesOf(files.get(log)));
  return { files: files.set('index.html', folders.good.get('index.html')), pin: pinned.log_keys[0] };
}

/** Each lie: the folder, and which rows fail by it, and which cannot be checked any more. */
const lies = {
  'record-in-bundle': { bad: ['root', 'chain', 'leaves', 'tiles', 'log', 'events'], unchecked: [] },
  'record-in-log': { bad: ['log'], unchecked: [] },
  'bundle-missing': { bad: ['records'], unchecked: ROWS.filter((row) => !['checkpoint', 'records'].includes(row)) },
  'leaf-tile': { bad: ['leaves'], unchecked: [] },
  'upper-tile': { bad: ['tiles'], unchecked: [] },
  'checkpoint-signature': { bad: ['signature'], unchecked: [] },
  'checkpoint-root': { bad: ['signature', 'root'], unchecked: [] },
  'log-missing': { bad: [], unchecked: ['log'] },
  'attachment-altered': { bad: ['attachments'], unchecked: [] },
  'attachment-missing': { bad: [], unchecked: ['attachments'] },
  'server-busy': { bad: [], unchecked: ['leaves'] },
  'signature-s-plus-l': { bad: ['events'], unchecked: [], vector: 'bad/signature_s_plus_l' },
  'signature-r-small': { bad: ['events'], unchecked: [], vector: 'bad/signature_r_of_small_order' },
  'signature-cofactor': { bad: ['events'], unchecked: [], vector: 'bad/signature_only_with_cofactor' },
  'key-small': { bad: ['events'], unchecked: [], vector: 'bad/key_of_small_order' },
  'checkpoint-s-plus-l': { bad: ['signature'], unchecked: [], vector: 'bad/checkpoint_s_plus_l' },
  'log-key-handed-over': { bad: [], unchecked: [], vector: 'good/handover_pinned_by_old_key' },
};

/** The good folder with markup for names: of streams, actors and keys, of the log, and of who signed the checkpoint. */
function markup(good) {
  const struck = (name) => `<img/src=x/onerror=struck=${name}>`;
  const files = new Map([...good].filter(([path]) => !path.startsWith('tile/')));
  const lines = linesOf(files.get(log)).map((line, seq, all) => {
    const text = new TextDecoder().decode(line);
    if (seq === all.length - 1) return text.replace(/"stream":"[^"]*"/, `"stream":"${struck('stream')}"`);
    if (seq === all.length - 2) return text.replace(/"actor":"[^"]*"/, `"actor":"${struck('actor')}"`);
    if (seq > 0) return text;
    // A key that cannot be enrolled is named.
    return text.replace('"key":"org:test#1","public_key":"', `"key":"${struck('key')}","public_key":"!`);
  });
  const bytes = lines.map((line) => new TextEncoder().encode(line));
  files.set(log, new Uint8Array(Buffer.concat(bytes.flatMap((line) => [line, Uint8Array.of(10)]))));
  const [, ...below] = new TextDecoder().decode(good.get('checkpoint')).split('\n');
  files.set('checkpoint', new TextEncoder().encode([struck('origin'), ...below].join('\n')));
  folders['markup-signer'] = altered(good, 'checkpoint', (b) => {
    const text = new TextDecoder().decode(b);
    return new TextEncoder().encode(text.replace(/— \S+ /, `— ${struck('signer')} `));
  });
  return addTree(files, bytes);
}

function addLies() {
  const { good } = folders;
  // A digit of a date within a record: it stays canonical JSON.
  const another = (bytes, at) => {
    bytes[at] = bytes[at] === 0x31 ? 0x32 : 0x31;
    return bytes;
  };
  folders['record-in-bundle'] = altered(good, bundle, (b) => another(b, find(b, '"effective":"2000-01-01"') + 16));
  folders['record-in-log'] = altered(good, log, (b) => another(b, find(b, '"effective":"2000-01-01"') + 16));
  folders['bundle-missing'] = altered(good, bundle, () => null);
  folders['leaf-tile'] = altered(good, 'tile/0/000', (b) => flipped(b));
  folders['upper-tile'] = altered(good, 'tile/1/000.p/1', (b) => flipped(b));
  folders['checkpoint-signature'] = altered(good, 'checkpoint', (b) => {
    const text = new TextDecoder().decode(b);
    const [, encoded] = /— \S+ (\S+)\n$/.exec(text);
    return new TextEncoder().encode(text.replace(encoded, base64(flipped(readBase64(encoded), 20))));
  });
  folders['checkpoint-root'] = altered(good, 'checkpoint', (b) => {
    const lines = new TextDecoder().decode(b).split('\n');
    lines[2] = base64(flipped(readBase64(lines[2])));
    return new TextEncoder().encode(lines.join('\n'));
  });
  folders['log-missing'] = altered(good, log, () => null);
  const attached = [...good.keys()].find((path) => path.startsWith('attachments/'));
  folders['attachment-altered'] = altered(good, attached, (b) => flipped(b));
  folders['attachment-missing'] = altered(good, attached, () => null);
  folders['no-answer'] = new Map([['index.html', good.get('index.html')], ['checkpoint', 503]]);
  folders['server-busy'] = new Map(good).set('tile/0/000', 503);
  folders.markup = markup(good);
  for (const [name, lie] of Object.entries(lies)) {
    if (lie.vector === undefined) continue;
    const { files, pin: pinned } = vector(lie.vector);
    folders[name] = files;
    lie.pin = pinned;
  }
}

async function open(name, { key = '', width = 1280, ...options } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
  const page = await context.newPage();
  const troubles = [];
  page.on('pageerror', (error) => troubles.push(String(error)));
  page.on('console', (message) => {
    // A file that is missing, or a busy server, is what some folders are about.
    if (message.type() === 'error' && !/status of (404|503)/.test(message.text())) troubles.push(message.text());
  });
  if (options.prepare) await page.addInitScript(options.prepare);
  await page.goto(server.address(name, key === '' ? '' : `#key=${encodeURIComponent(key)}`));
  await ended(page);
  return { page, troubles, close: () => context.close() };
}

async function ended(page) {
  await page.waitForFunction(() => document.querySelector('#when').textContent !== '', null, { timeout: 60_000 });
}

function states(page) {
  return page.$$eval('[data-row]', (rows) => Object.fromEntries(rows.map((row) => [row.dataset.row, row.dataset.state])));
}

function expected(bad, unchecked = []) {
  return Object.fromEntries(ROWS.map((row) => [row, bad.includes(row) ? 'bad' : unchecked.includes(row) ? 'unchecked' : 'good']));
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  world = new World(`Tests ${HOSTILE}`);
  world.import('states.csv', 'states.toml');
  world.import('bodies.csv', 'bodies.toml');
  world.import('un-members.csv', 'un-members.toml');
  world.register('hostile', HOSTILE);
  folders.good = world.publish();
  const committed = readFileSync(join(repository, 'web/check/index.html'), 'utf8');
  assert.ok(committed === new TextDecoder().decode(folders.good.get('index.html')), 'the program was built with another page');
  pin = world.logKey;
  addLies();
  server = await serve(folders);
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
});

after(async () => {
  await browser?.close();
  await server?.close();
  world?.remove();
});

test('a good folder under its pin: every check holds', async () => {
  const { page, troubles, close } = await open('good', { key: pin });
  assert.deepEqual(await states(page), expected([]), await page.textContent('main'));
  assert.equal(await page.getAttribute('#summary', 'data-state'), 'good');
  assert.equal(await page.textContent('#summary'), 'Every check that this page makes holds. 11 checks hold, 3 were not made.');
  // What it is not, it says before anything else.
  assert.match(await page.textContent('#not-told + p'), /^It comes from the same server as the records\./);
  assert.match(await page.textContent('.warning'), /answerable-verify/);
  assert.equal(await page.textContent('#fact-origin'), 'web.answerable.example/test');
  // What it never checks, it never says to hold.
  const never = await page.$$eval('[data-never] .state', (all) => all.map((one) => one.textContent));
  assert.deepEqual(never, Array(3).fill('not checked here'));
  assert.deepEqual(troubles, []);
  await close();
});

test('without a pin the checkpoint’s signature is not checked, the rest is', async () => {
  const { page, troubles, close } = await open('good');
  assert.deepEqual(await states(page), expected([], ['signature']));
  assert.equal(await page.getAttribute('#summary', 'data-state'), 'unchecked');
  assert.match(await page.textContent('[data-row=signature] .detail'), /^No key is pinned/);
  // Pasted, and sent by the keyboard alone.
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'pin');
  await page.keyboard.type(pin);
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-row=signature]').dataset.state === 'good');
  assert.ok(decodeURIComponent(page.url()).endsWith(`#key=${pin}`));
  // What is no key is told to be none, and no row fails by it.
  await page.fill('#pin', `${pin}x`);
  await page.getByRole('button', { name: 'Check' }).click();
  await page.waitForFunction(() => /is no log key/.test(document.querySelector('[data-row=signature] .detail').textContent));
  assert.deepEqual(await states(page), expected([], ['signature']));
  assert.deepEqual(troubles, []);
  await close();
});

test('a wrong key fails, and so does that of another log', async () => {
  const other = new World('Another');
  const strange = vector('good/published').pin;
  for (const key of [other.logKey, strange]) {
    const { page, close } = await open('good', { key });
    assert.deepEqual(await states(page), expected(['signature']));
    assert.equal(await page.getAttribute('#summary', 'data-state'), 'bad');
    await close();
  }
  other.remove();
});

for (const [name, lie] of Object.entries(lies)) {
  test(`${name}: ${lie.bad.length > 0 ? `${lie.bad.join(', ')} fail` : 'nothing fails'}`, async () => {
    const { page, troubles, close } = await open(name, { key: lie.pin ?? pin });
    // The vectors' exports come without the rules.
    const unchecked = lie.vector === undefined ? lie.unchecked : [...lie.unchecked, 'attachments'];
    assert.deepEqual(await states(page), expected(lie.bad, unchecked), await page.textContent('main'));
    const summary = await page.getAttribute('#summary', 'data-state');
    assert.equal(summary, lie.bad.length > 0 ? 'bad' : unchecked.length > 0 ? 'unchecked' : 'good');
    assert.deepEqual(troubles, []);
    await close();
  });
}

test('text out of the log is text', async () => {
  const { page, troubles, close } = await open('good', { key: pin });
  assert.equal(await page.textContent('#fact-title'), `Tests ${HOSTILE}`);
  assert.match(await page.title(), /^A published ledger/);
  const newest = await page.textContent('#newest-records pre');
  assert.ok(newest.includes('<img src=x onerror=') && newest.includes('struck=2'), newest);
  assert.equal(await page.locator('img').count(), 0);
  assert.equal(await page.locator('script').count(), 1);
  assert.equal(await page.evaluate(() => globalThis.struck), undefined);
  // If a line of ours ever set markup, the browser would refuse.
  const refused = await page.evaluate((markup) => {
    try {
      document.querySelector('#when').innerHTML = markup;
      return false;
    } catch {
      return true;
    }
  }, HOSTILE);
  assert.ok(refused);
  assert.equal(troubles.length, 1, troubles.join());
  await close();
});

/** What no program of ours would record, a server that lies can send: markup in each name that the page may show. */
test('markup in names that no ledger takes is text, too', async () => {
  for (const [folder, names] of [['markup', ['stream', 'actor', 'key', 'origin']], ['markup-signer', ['signer']]]) {
    const { page, troubles, close } = await open(folder, { key: pin });
    const said = await page.textContent('main');
    for (const name of names) assert.ok(said.includes(`<img/src=x/onerror=struck=${name}>`), `${name}: ${said}`);
    assert.equal(await page.locator('img').count(), 0);
    assert.equal(await page.evaluate(() => globalThis.struck), undefined);
    assert.equal(await page.getAttribute('#summary', 'data-state'), 'bad');
    assert.deepEqual(troubles, []);
    await close();
  }
});

test('nothing but the files beside is fetched', async () => {
  const start = server.asked.length;
  const { page, close } = await open('good', { key: pin });
  const elsewhere = [];
  page.on('request', (request) => elsewhere.push(request.url()));
  const paths = server.asked.slice(start).filter((path) => path !== '/favicon.ico').map((path) => path.slice('/good/'.length));
  for (const path of paths) assert.ok(path === '' || folders.good.has(path), path);
  const wanted = [...folders.good.keys()].filter((path) => /^(checkpoint$|log\/|tile\/|attachments\/)/.test(path));
  assert.deepEqual([...new Set(paths.filter((path) => path !== ''))].sort(), wanted.sort());
  const blocked = await page.evaluate(() => fetch('http://localhost:9/').then(() => 'sent', () => 'blocked'));
  assert.equal(blocked, 'blocked');
  assert.deepEqual(elsewhere, []);
  await close();
});

test('without workers, or with workers that may not fetch, the page does the work itself', async () => {
  const without = () => delete globalThis.Worker;
  const crippled = () => {
    globalThis.Worker = class {
      postMessage() {
        const rows = { checkpoint: { state: 'unchecked', detail: ['refused'], more: 0 } };
        this.onmessage({ data: { report: { done: true, rows, facts: {}, read: 0, size: 0, newest: [] } } });
      }
      terminate() {}
    };
  };
  for (const prepare of [without, crippled]) {
    const { page, close } = await open('good', { key: pin, prepare });
    assert.deepEqual(await states(page), expected([]));
    await close();
  }
});

test('a server that does not answer is told as that', async () => {
  const { page, close } = await open('no-answer', { key: pin });
  const said = await states(page);
  assert.deepEqual(new Set(Object.values(said)), new Set(['unchecked']));
  assert.equal(await page.textContent('#summary'), 'Nothing could be checked.');
  assert.match(await page.textContent('[data-row=checkpoint] .detail'), /checkpoint could not be fetched: the server answered 503/);
  await close();
});

test('it reads aloud, fits narrow screens, and prints', async () => {
  for (const [shot, name, key, colorScheme] of [
    ['good', 'good', pin, 'light'],
    ['no-pin', 'good', '', 'light'],
    ['tampered', 'record-in-bundle', pin, 'light'],
    ['tampered-dark', 'record-in-bundle', pin, 'dark'],
  ]) {
    const { page, close } = await open(name, { key, colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      assert.ok(wide <= width, `${shot} is ${wide} wide at ${width}`);
      await page.screenshot({ path: join(shots, `${shot}-${width}.png`), fullPage: true });
    }
    await close();
  }
  const { page, close } = await open('good', { key: pin });
  const heard = await page.locator('body').ariaSnapshot();
  for (const said of ['heading "A published ledger, checked in this browser" [level=1]', 'heading "What this page cannot tell you" [level=2]', 'status', 'textbox "Log key"', 'button "Check"', 'listitem', 'holds', 'not checked here']) {
    assert.ok(heard.includes(said), `${said}\n${heard}`);
  }
  await page.emulateMedia({ media: 'print' });
  assert.ok(await page.locator('#pin').isHidden());
  assert.ok(await page.locator('[data-row=chain] .state').isVisible());
  await page.pdf({ path: join(shots, 'good.pdf'), format: 'A4' });
  await page.screenshot({ path: join(shots, 'good-print.png'), fullPage: true });
  await close();
});
