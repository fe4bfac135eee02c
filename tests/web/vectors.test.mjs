// Every shared test vector that is a ledger, judged by the page's code: nothing good is refused, and each lie within what the
// page checks fails in its row. What the page does not check must not be said to hold by another name: its list is here.

import assert from 'node:assert/strict';
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { joined } from '../../web/check/bytes.js';
import { Unreachable } from '../../web/check/fetching.js';
import { readCheckpoint } from '../../web/check/note.js';
import { judge } from '../../web/check/judge.js';
import { PlainLog } from '../../web/check/log.js';
import { Row } from '../../web/check/rows.js';
import { SEGMENT, WIDTH, leafHash, segmentPath } from '../../web/check/tree.js';
import { verifyHere } from '../../web/check/workers.js';
import { addTree, linesOf, readFolder, repository } from './folders.mjs';

const root = join(repository, 'tests/vectors');

/** Of a fault's code: the rows of which at least one fails. */
const ROWS_OF = [
  [/^record\.torn$/, ['log']],
  [/^(record\.|event\.too_long)/, ['form']],
  [/^(chain\.|event\.wrong_ledger|ledger\.not_founded)/, ['chain', 'form']],
  [/^signature\.(bad|malformed|signers_differ|unknown_key)$/, ['events']],
  [/^key\.(not_enrollable|name_taken|already_used|no_possession|wrong_actor)$/, ['events']],
  [/^event\.(issued_ahead|stale_follows|already_recorded|seen_ahead|seen_contradicted)$/, ['chain']],
  [/^ledger\.bad_log_keys$/, ['signature']],
  [/^tree\./, ['root', 'records', 'log', 'checkpoint']],
  [/^checkpoint\./, ['checkpoint', 'signature', 'root']],
  [/^bundle\./, ['records', 'log']],
  [/^tile\./, ['leaves', 'tiles']],
  [/^attachment\.altered$/, ['attachments']],
];

/** Faults that need what only a folder on a disk has: links, folders in the place of files, names of segments. */
const ON_DISK = /_is_a_link$|_is_a_folder$|^segment_|_behind_a_link$|_are_a_link$/;
/** Longer than an entry of a bundle can be. */
const NO_BUNDLE = 65_535;

function filesOf(folder) {
  const files = readFolder(folder);
  if ([...files.keys()].some((path) => path.startsWith('tile/entries/'))) return files;
  const lines = linesOf(files.get('log/000000000000.jsonl') ?? new Uint8Array());
  return lines.some((line) => line.length > NO_BUNDLE) ? null : addTree(files, lines);
}

function reader(files) {
  return {
    whole: async (path, most) => files.get(path)?.subarray(0, most + 1) ?? null,
    stream: async (path) => {
      const bytes = files.get(path);
      // In pieces, so that lines are cut by them.
      return bytes === undefined ? null : pieces(bytes, 1000);
    },
  };
}

async function* pieces(bytes, size) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function judged(files, pin) {
  const report = await judge({ files: reader(files), pinText: pin, verifyAll: async (jobs) => verifyHere(jobs), tell() {} });
  const rows = Object.entries(report.rows);
  return { rows: report.rows, bad: rows.filter(([, row]) => row.state === 'bad').map(([id]) => id) };
}

function vectors(kind) {
  return readdirSync(join(root, kind)).flatMap((name) => {
    const folder = join(root, kind, name);
    const vector = JSON.parse(readFileSync(join(folder, 'vector.json'), 'utf8'));
    if (vector.kind !== 'ledger' || ON_DISK.test(name) || !lstatSync(join(folder, 'export')).isDirectory()) return [];
    // What an auditor asks beyond the folder: a policy's witnesses, a checkpoint kept of an earlier day.
    if (existsSync(join(folder, 'policy')) || existsSync(join(folder, 'since'))) return [];
    const files = filesOf(join(folder, 'export'));
    return files === null ? [] : [{ name, files, pin: vector.pin?.log_keys?.[0] ?? '', ...vector.expect }];
  });
}

test('nothing good is refused', async () => {
  let green = 0;
  for (const { name, files, pin } of vectors('good')) {
    const { rows, bad } = await judged(files, pin);
    assert.deepEqual(bad, [], `${name}: ${JSON.stringify(rows)}`);
    const grey = Object.entries(rows).filter(([, row]) => row.state !== 'good').map(([id]) => id);
    // Of attachments, most vectors have none: the rules are not beside.
    const allowed = [
      ...(!files.has('log/000000000000.jsonl') ? ['log'] : []),
      ...(rows.attachments.detail[0].startsWith('Not here: ') ? ['attachments'] : []),
      ...(pin === '' ? ['signature'] : []),
    ];
    assert.deepEqual(grey, allowed, `${name}: ${JSON.stringify(rows)}`);
    const there = [...files.keys()].filter((path) => path.startsWith('attachments/')).length;
    const told = `${there} file${there === 1 ? '' : 's'}`;
    assert.match(rows.attachments.detail[0], new RegExp(`(^|right hash: )${told}`), `${name}: ${rows.attachments.detail}`);
    green += 1;
  }
  assert.ok(green > 30, `${green} vectors`);
});

test('each lie fails in its row', async () => {
  const missed = [];
  const counts = new Map();
  for (const { name, files, pin, code } of vectors('bad')) {
    const { rows, bad } = await judged(files, pin);
    const expected = ROWS_OF.find(([pattern]) => pattern.test(code ?? ''))?.[1];
    if (expected === undefined) continue;
    counts.set(expected[0], (counts.get(expected[0]) ?? 0) + 1);
    if (!expected.some((row) => bad.includes(row))) missed.push(`${name} (${code}): ${bad.join()}`);
    // A record that could not be read was not checked further: nothing about it holds.
    if (rows.form.state === 'bad') assert.ok(rows.chain.state !== 'good' && rows.events.state !== 'good', name);
  }
  for (const row of ['form', 'chain', 'events', 'root', 'checkpoint', 'records', 'leaves']) assert.ok(counts.get(row) > 2, row);
  assert.deepEqual(missed, NOT_CHECKED);
});

test('a format that is not known is not checked', async () => {
  const { files, pin } = vectors('bad').find(({ name }) => name === 'founded_in_an_unknown_format');
  const { rows } = await judged(files, pin);
  assert.equal(rows.form.state, 'unchecked', JSON.stringify(rows.form));
});

/** A lie at a record's bytes leaves no other row green than those that do not depend on it. */
test('any flipped byte of a folder fails', async () => {
  const { files, pin } = vectors('good').find(({ name }) => name === 'published_257_records');
  const { size } = readCheckpoint(files.get('checkpoint'));
  assert.ok(size > WIDTH);
  for (const [path, bytes] of files) {
    if (path === '.publishing' || path === 'index.html') continue;
    for (const at of [0, bytes.length >> 1, bytes.length - 1]) {
      const lie = Uint8Array.from(bytes);
      lie[at] ^= 1;
      const { bad } = await judged(new Map(files).set(path, lie), pin);
      assert.ok(bad.length > 0, `${path}, byte ${at}`);
    }
  }
});

test('behind a full segment, a log that goes on is seen', async () => {
  const line = Uint8Array.of(0x7b, 0x7d);
  const told = async (more) => {
    const row = new Row();
    const full = Uint8Array.from({ length: SEGMENT * 3 }, (_, at) => [0x7b, 0x7d, 0x0a][at % 3]);
    const files = new Map([[segmentPath(0), full], ...more]);
    const log = new PlainLog(row, async (path) => (files.has(path) ? pieces(files.get(path), 50_000) : null));
    const leaf = leafHash(line);
    for (let at = 0; at < SEGMENT; at += 1) await log.take(leaf);
    await log.end();
    assert.equal(row.told(true).state, 'good');
    return log.goesOn;
  };
  assert.equal(await told([]), false);
  assert.equal(await told([[segmentPath(SEGMENT), line]]), true);
});

test('a ledger that grows while it is read is no lie, and a log that goes on is one', async () => {
  const early = vectors('good').find(({ name }) => name === 'published');
  const lines = linesOf(early.files.get('log/000000000000.jsonl'));
  const longer = joined(early.files.get('log/000000000000.jsonl'), lines.at(-1), Uint8Array.of(10));
  const grown = new Map(early.files).set('log/000000000000.jsonl', longer);
  assert.deepEqual((await judged(grown, early.pin)).bad, ['log']);
  // The checkpoint is replaced behind the reader: only its size is looked at.
  const later = vectors('good').find(({ name }) => name === 'published_257_records').files.get('checkpoint');
  const files = reader(grown);
  let times = 0;
  const whole = (path, most) => (path === 'checkpoint' && (times += 1) > 1 ? later : files.whole(path, most));
  const { rows } = await judge({ files: { ...files, whole }, pinText: early.pin, verifyAll: async (jobs) => verifyHere(jobs), tell() {} });
  assert.equal(rows.log.state, 'unchecked');
  assert.match(rows.log.detail[0], /grew while it was read/);
});

test('what cannot be fetched is not checked, and never holds', async () => {
  const { files, pin } = vectors('good').find(({ name }) => name === 'published_257_records');
  const lost = (path) => new Unreachable(`${path} could not be fetched.`);
  for (const gone of [...files.keys()].filter((path) => /^(checkpoint$|tile\/)/.test(path))) {
    const whole = async (path, most) => {
      if (path === gone) throw lost(path);
      return reader(files).whole(path, most);
    };
    const { rows } = await judge({ files: { ...reader(files), whole }, pinText: pin, verifyAll: async (jobs) => verifyHere(jobs), tell() {} });
    const states = Object.values(rows).map(({ state }) => state);
    assert.ok(!states.includes('bad') && states.includes('unchecked'), gone);
    assert.ok(Object.values(rows).some(({ detail }) => detail[0].includes(gone)), gone);
  }
  const broken = await judge({ files: reader(files), pinText: pin, verifyAll: () => Promise.reject(new Error('out of memory')), tell() {} });
  assert.equal(broken.rows.events.state, 'unchecked');
  // Whoever verifies and says nothing has accepted nothing.
  const silent = await judge({ files: reader(files), pinText: pin, verifyAll: async () => [], tell() {} });
  assert.equal(silent.rows.events.state, 'bad');
});

/** A browser cannot list a folder: of `checkpoints/`, it reads those that hand over. The page says that witnesses are not checked. */
const NOT_CHECKED = [
  'kept_checkpoint_altered (checkpoint.unknown_key): ',
  'kept_checkpoint_by_a_stranger (checkpoint.unknown_key): ',
  'kept_checkpoint_forked (tree.forked): ',
  'kept_checkpoint_longer (tree.rolled_back): ',
  'kept_checkpoint_malformed (checkpoint.malformed): ',
  'kept_checkpoint_misnamed (checkpoint.malformed): ',
  'kept_checkpoint_of_another_log (checkpoint.unknown_key): ',
];
