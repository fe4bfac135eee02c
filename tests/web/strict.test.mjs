// The page's Ed25519 against the verifier in Rust: verifier/tests/ed25519.jsonl has its verdicts, on every vector of Wycheproof
// and on what libraries differ about. A test of the verifier holds the file to its verdicts.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { readHex } from '../../web/check/bytes.js';
import { readKey, verifies, whyNotEnrollable } from '../../web/check/strict.js';

const file = readFileSync(new URL('../../verifier/tests/ed25519.jsonl', import.meta.url), 'utf8');
const cases = file.trimEnd().split('\n').map((line) => JSON.parse(line));
const bytes = (text) => readHex(text, text.length / 2);

test('every verdict is that of the verifier in Rust', () => {
  const differ = [];
  let accepted = 0;
  // Twice and more: from the fourth signature of a key on, its table is used.
  for (let round = 0; round < 5; round += 1) {
    for (const { what, key, message, signature, verifies: expected } of cases) {
      const read = readKey(bytes(key));
      const said = read !== null && verifies(read, bytes(message), bytes(signature));
      if (said !== expected) differ.push(`round ${round}: ${what}: ${said}`);
      if (said) accepted += 1;
    }
  }
  assert.deepEqual(differ, []);
  assert.ok(accepted >= 5 * 89, `${accepted} were accepted`);
});

test('the same keys can be enrolled', () => {
  const differ = cases.filter(({ key, enrollable }) => (whyNotEnrollable(bytes(key)) === null) !== enrollable);
  assert.deepEqual(differ, []);
  assert.ok(cases.some(({ enrollable }) => !enrollable));
});
