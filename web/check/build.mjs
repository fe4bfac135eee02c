// Makes index.html, one file without any other, from the files beside it: `node web/check/build.mjs`. With `--check` it writes
// nothing, and fails if the committed file is another.
// Not here: anything that changes code. Modules are put behind one another, each in a function of its own; only their `import`
// and `export` lines are rewritten.

import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKS, NEVER } from './checks.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const read = (name) => readFileSync(join(here, name), 'utf8');

const IMPORT = /^import (?:\* as (\w+)|\{([^}]*)\}) from ['"](\.[^'"]+)['"];$/gm;
const EXPORT_DECLARED = /^export ((?:async )?(?:function\*?|class|const|let) (\w+))/gm;
const EXPORT_LISTED = /^export \{([^}]*)\};$/gm;

const numbers = new Map();
const parts = [];

function names(list, separator) {
  return list.split(',').map((name) => name.trim()).filter(Boolean).map((name) => name.replace(/ as /, separator));
}

/** Puts a module behind those that it imports; answers the name of what it exports. */
function bundle(name) {
  if (numbers.has(name)) return numbers.get(name);
  const exported = [];
  let text = read(name).replace(IMPORT, (_, all, some, from) => {
    const module = bundle(normalize(join(dirname(name), from)));
    return `const ${all ?? `{ ${names(some, ': ').join(', ')} }`} = ${module};`;
  });
  text = text.replace(EXPORT_DECLARED, (_, declaration, declared) => {
    exported.push(declared);
    return declaration;
  });
  text = text.replace(EXPORT_LISTED, (_, list) => {
    exported.push(...names(list, ': '));
    return '';
  });
  const left = /^(import .* from ['"]\.|export )/m.exec(text);
  if (left !== null) throw new Error(`${name}: a line that this script does not know: ${left[0]}`);
  const module = `module${numbers.size}`;
  numbers.set(name, module);
  parts.push(`// ---- ${name}\nconst ${module} = (() => {\n${text}\nreturn { ${exported.join(', ')} };\n})();\n`);
  return module;
}

bundle('main.js');
const program = `'use strict';\n${parts.join('')}`;
const style = read('page.css');
for (const [what, text] of [['script', program], ['style', style]]) {
  if (/<\/(script|style)|<!--/i.test(text)) throw new Error(`the ${what} would end its element`);
}

const sha256 = (text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const policy = [
  "default-src 'none'",
  `script-src ${sha256(program)}`,
  `style-src ${sha256(style)}`,
  'worker-src blob:',
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types answerable',
].join('; ');

const row = ([id, title, plain, exact], never) => {
  const attributes = never ? 'data-never data-state="unchecked"' : `data-row="${id}" data-state="waiting"`;
  const mark = never ? '–' : '…';
  const state = never ? 'not checked here' : 'waiting';
  const detail = never ? '<p>Run <code>answerable-verify</code>.</p>' : '';
  return `<li ${attributes}>
<h3>${title}</h3>
<p class="verdict"><span class="mark" aria-hidden="true">${mark}</span> <span class="state">${state}</span></p>
<div class="said"><p>${plain}</p>
<p class="exact">${exact}</p>
<div class="detail">${detail}</div></div>
</li>`;
};
const rows = [...CHECKS.map((check) => row(check, false)), ...NEVER.map((check) => row([null, ...check], true))];

const values = { policy, style, program, rows: rows.join('\n') };
const page = read('page.html').replace(/\{\{(\w+)\}\}/g, (_, name) => values[name]);

if (process.argv[2] === '--check') {
  if (read('index.html') !== page) {
    console.error('web/check/index.html is not what its sources give: run node web/check/build.mjs');
    process.exit(1);
  }
} else {
  writeFileSync(join(here, 'index.html'), page);
}
