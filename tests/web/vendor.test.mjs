// Other people's code in the page is what npm gives: each vendored file is, byte for byte, that of the package which npm installed
// here, and npm installs only what has the hash in package-lock.json.
// Not here: that the page holds these files (`tests/tests/page.rs`).

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repository } from './folders.mjs';

const vendor = join(repository, 'web/check/vendor');
const packages = join(repository, 'tests/web/node_modules');

test('each vendored file is that of its package', () => {
  const readme = readFileSync(join(vendor, 'README.md'), 'utf8');
  const locked = JSON.parse(readFileSync(join(repository, 'tests/web/package-lock.json'), 'utf8')).packages;
  const folders = readdirSync(vendor).filter((name) => name.startsWith('noble-'));
  assert.equal(folders.length, 2);
  let files = 0;
  for (const folder of folders) {
    const [, short, version] = /^noble-(\w+)-([0-9.]+)$/.exec(folder);
    const name = `@noble/${short}`;
    const { integrity, version: installed } = locked[`node_modules/${name}`];
    assert.equal(installed, version, name);
    assert.equal(JSON.parse(readFileSync(join(packages, name, 'package.json'), 'utf8')).version, version, name);
    assert.ok(readme.includes(`| \`${name}\` ${version} |`) && readme.includes(integrity), `${name}: ${integrity}`);
    for (const file of readdirSync(join(vendor, folder))) {
      assert.ok(readFileSync(join(vendor, folder, file)).equals(readFileSync(join(packages, name, file))), `${name}/${file}`);
      files += 1;
    }
  }
  assert.equal(files, 7);
});
