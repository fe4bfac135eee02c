// Folders in memory: a published one is a map of paths to bytes. Made by the program itself, or around the lines of an export
// as a server that lies would make them.
// Not here: what is said of them.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { joined } from '../../web/check/bytes.js';
import { Frontier, WIDTH, bundlePath, leafHash, tilePath } from '../../web/check/tree.js';

export const repository = fileURLToPath(new URL('../..', import.meta.url));
export const answerable = process.env.ANSWERABLE_BIN ?? join(repository, 'target/debug/answerable');

export function readFolder(root) {
  const files = new Map();
  const walk = (folder) => {
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else files.set(relative(root, path), new Uint8Array(readFileSync(path)));
    }
  };
  walk(root);
  return files;
}

/** A folder in which programs run, with a founded ledger. */
export class World {
  constructor(title) {
    this.root = mkdtempSync(join(tmpdir(), 'answerable-web-'));
    this.run('key', 'new', 'org:test#1', '--no-passphrase');
    this.run('init', 'ledger', '--origin', 'web.answerable.example/test', '--title', title, '--founder', 'org:test#1=Test', '--no-passphrase', '--yes');
    for (const role of ['registrar', 'transcriber']) this.act('role.granted', '--set', 'actor=org:test', '--set', `role=${role}`);
  }

  run(...args) {
    const env = { PATH: process.env.PATH, ANSWERABLE_LEDGER: 'ledger', ANSWERABLE_KEYS: 'keys' };
    return execFileSync(answerable, args, { cwd: this.root, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  }

  act(type, ...set) {
    this.run('draft', type, '--actor', 'org:test', '--effective', '2000-01-01', ...set, '--out', 'act.event.json');
    this.run('sign', 'act.event.json', '--yes');
    this.run('append', 'act.event.json');
    rmSync(join(this.root, 'act.event.json'));
  }

  register(id, name) {
    this.act('actor.registered', '--set', `actor=org:${id}`, '--set', 'kind=other', '--set', `name=${name}`);
  }

  import(table, mapping) {
    const examples = join(repository, 'examples');
    this.run('import', join(examples, table), '--mapping', join(examples, 'mappings', mapping), '--actor', 'org:test', '--yes');
  }

  publish() {
    this.run('publish', 'public');
    return readFolder(join(this.root, 'public'));
  }

  get logKey() {
    const { rows } = JSON.parse(this.run('status', '--format', 'json'));
    return rows.find(({ what }) => what === 'log key').value;
  }

  remove() {
    rmSync(this.root, { recursive: true });
  }
}

/** The lines of a log, without their LFs. */
export function linesOf(log) {
  const lines = [];
  let start = 0;
  for (let end = log.indexOf(10); end >= 0; end = log.indexOf(10, start)) {
    lines.push(log.subarray(start, end));
    start = end + 1;
  }
  if (start < log.length) lines.push(log.subarray(start));
  return lines;
}

/** Puts the tiles and bundles that these lines have into a folder. */
export function addTree(files, lines) {
  const frontier = new Frontier();
  const levels = [];
  for (const line of lines) {
    frontier.add(leafHash(line), (level, hash) => (levels[level] ??= []).push(hash));
  }
  const chunks = (list) => Array.from({ length: Math.ceil(list.length / WIDTH) }, (_, i) => list.slice(i * WIDTH, (i + 1) * WIDTH));
  levels.forEach((hashes, level) => {
    chunks(hashes).forEach((part, i) => files.set(tilePath(level, i, part.length), joined(...part)));
  });
  chunks(lines).forEach((part, i) => {
    const entries = part.flatMap((line) => [Uint8Array.of(line.length >> 8, line.length & 255), line]);
    files.set(bundlePath(i, part.length), joined(...entries));
  });
  return files;
}

/** The same folder with one file altered, or taken away where `alter` answers null. */
export function altered(files, path, alter) {
  if (!files.has(path)) throw new Error(`there is no ${path}`);
  const out = new Map(files);
  const bytes = alter(Uint8Array.from(files.get(path)));
  if (bytes === null) out.delete(path);
  else out.set(path, bytes);
  return out;
}

/** One bit of the byte at `at`, or of the one in the middle. */
export function flipped(bytes, at = bytes.length >> 1) {
  bytes[at] ^= 1;
  return bytes;
}

/** Answers numbers below a bound, the same for the same seed (Numerical Recipes' linear congruence: it need not be good, only repeatable). */
export function randomOf(seed) {
  let state = seed;
  return (most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * most);
  };
}
