// The page: takes the pin, starts the judgement, shows its rows as they come.
// Text out of the log is hostile: it is set as text alone, never as markup. The page's policy (`page.html`) forbids the rest.

import { counted } from './rows.js';
import { judgeHere, vouched } from './workers.js';

const WORDS = { waiting: 'waiting', running: 'checking', good: 'holds', bad: 'FAILS', unchecked: 'not checked' };
const MARKS = { waiting: '…', running: '…', good: '✓', bad: '✗', unchecked: '–' };
const FACTS = ['title', 'origin', 'size', 'recorded', 'root', 'id'];
/** Of a hundred: how often progress is said aloud. */
const SAID_EVERY = 10;

const $ = (id) => document.getElementById(id);
const PIN = /^#key=(.*)$/s;

let running = null;

export function startPage() {
  $('pin-form').addEventListener('submit', (event) => {
    event.preventDefault();
    const pin = $('pin').value.trim();
    const wanted = pin === '' ? '' : `#key=${encodeURIComponent(pin)}`;
    if (location.hash === wanted) start(pin);
    else if (wanted === '') {
      history.replaceState(null, '', location.pathname + location.search);
      start('');
    } else location.hash = wanted;
  });
  addEventListener('hashchange', takePin);
  takePin();
}

function takePin() {
  const found = PIN.exec(location.hash);
  let pin = '';
  try {
    pin = found === null ? '' : decodeURIComponent(found[1]).trim();
  } catch {
    // A broken escape: the text as it stands is no key, and is told to be none.
    pin = found[1];
  }
  $('pin').value = pin;
  start(pin);
}

function start(pinText) {
  running?.stop();
  document.querySelectorAll('[data-row]').forEach((item) => showRow(item, { state: 'waiting', detail: [], more: 0 }));
  $('facts').hidden = true;
  $('newest').hidden = true;
  $('when').textContent = '';
  say('summary', 'running', 'Reading the files beside this page.');
  const base = new URL('.', location.href).href;
  running = begin({ base, pinText }, showReport, (why) => {
    document.querySelectorAll('[data-row]').forEach((item) =>
      showRow(item, { state: 'unchecked', detail: ['The page’s own program stopped.'], more: 0 }),
    );
    say('summary', 'unchecked', `Nothing was checked: ${why}`);
  });
}

/** In a worker, where the browser gives one; else here. */
function begin(task, report, broken) {
  let stopped = false;
  const here = () => {
    judgeHere({ ...task, script: null }, (r) => stopped || report(r)).then(
      (r) => stopped || report(r),
      (error) => stopped || broken(String(error)),
    );
  };
  const halt = { stop: () => (stopped = true) };
  let worker;
  try {
    worker = new Worker(vouched(workerScript()));
  } catch {
    here();
    return halt;
  }
  worker.onmessage = ({ data }) => {
    const ends = data.broken !== undefined || data.report.done;
    if (ends) worker.terminate();
    if (data.broken !== undefined) broken(data.broken);
    // A browser may keep from a worker the files that it lets the page have.
    else if (ends && data.report.rows.checkpoint.state === 'unchecked') here();
    else report(data.report);
  };
  worker.onerror = () => {
    worker.terminate();
    if (!stopped) here();
  };
  worker.postMessage({ judge: { ...task, script: workerScript() } });
  halt.stop = () => {
    stopped = true;
    worker.terminate();
  };
  return halt;
}

let workerAddress = null;

/** The address of this very script, for workers. */
function workerScript() {
  workerAddress ??= URL.createObjectURL(new Blob([$('program').textContent], { type: 'text/javascript' }));
  return workerAddress;
}

function showReport(report) {
  document.querySelectorAll('[data-row]').forEach((item) => showRow(item, report.rows[item.dataset.row]));
  FACTS.forEach((name) => {
    $(`fact-${name}`).textContent = report.facts[name] ?? '';
    $(`fact-${name}`).parentElement.hidden = report.facts[name] === undefined;
  });
  $('facts').hidden = report.facts.origin === undefined;
  showProgress(report);
  if (report.done) showEnd(report);
}

function showRow(item, { state, detail, more }) {
  item.dataset.state = state;
  item.querySelector('.mark').textContent = MARKS[state];
  item.querySelector('.state').textContent = WORDS[state];
  const lines = more > 0 ? [...detail, `And ${counted(more, 'more fault')} of this kind.`] : detail;
  item.querySelector('.detail').replaceChildren(
    ...lines.map((text) => {
      const line = document.createElement('p');
      line.textContent = text;
      return line;
    }),
  );
}

let saidAt = 0;

function showProgress({ done, read, size }) {
  const bar = $('progress');
  bar.hidden = done || size === 0;
  bar.max = Math.max(size, 1);
  bar.value = read;
  if (done || size === 0) {
    saidAt = 0;
    return;
  }
  const share = Math.floor((read / size) * 100);
  $('read').textContent = `${read.toLocaleString('en-US')} of ${counted(size, 'record')}`;
  if (share >= saidAt + SAID_EVERY) {
    saidAt = share;
    say('summary', 'running', `Checking: ${share} of 100.`);
  }
}

function showEnd({ rows, newest }) {
  const states = Object.values(rows).map(({ state }) => state);
  const number = (state) => states.filter((s) => s === state).length;
  const [bad, good, unchecked] = ['bad', 'good', 'unchecked'].map(number);
  const never = document.querySelectorAll('[data-never]').length;
  const rest = `${counted(good, 'check')} ${good === 1 ? 'holds' : 'hold'}, ${unchecked + never} were not made.`;
  $('read').textContent = '';
  if (bad > 0) say('summary', 'bad', `Do not rely on this copy: ${counted(bad, 'check')} ${bad === 1 ? 'fails' : 'fail'}. ${rest}`);
  else if (good === 0) say('summary', 'unchecked', 'Nothing could be checked.');
  else if (unchecked === 0) say('summary', 'good', `Every check that this page makes holds. ${rest}`);
  else if (rows.signature.state === 'unchecked') say('summary', 'unchecked', `No check that was made fails, but nobody vouches for this copy. ${rest}`);
  else say('summary', 'unchecked', `No check that was made fails, but some could not be made. ${rest}`);
  $('when').textContent = `Read on ${new Date().toISOString()} from ${new URL('.', location.href).href}`;
  $('newest').hidden = newest.length === 0;
  $('newest-records').replaceChildren(
    ...[...newest].reverse().map(({ seq, text }) => {
      const line = document.createElement('pre');
      // It scrolls, so the keyboard must reach it.
      line.tabIndex = 0;
      line.setAttribute('role', 'group');
      line.setAttribute('aria-label', `Record ${seq}`);
      line.textContent = text;
      return line;
    }),
  );
}

function say(id, state, text) {
  $(id).dataset.state = state;
  $(id).textContent = text;
}
