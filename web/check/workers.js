// Programs beside the page: one that reads the folder, and some that check signatures for it. All run the page's own script.
// Where the browser has none to give, the work is done in turn.
// Not here: what is judged.

import { Unreachable, filesBelow } from './fetching.js';
import { judge } from './judge.js';
import { readKey, verifies } from './strict.js';

const MOST_HELPERS = 8;
/** Signatures between two pauses, where nobody helps. */
const AT_ONCE = 16;

let policy = null;

/** The address of a script as `Worker` takes it: where the browser asks for it, a policy vouches for it (Trusted Types). */
export function vouched(address) {
  policy ??= globalThis.trustedTypes?.createPolicy('answerable', { createScriptURL: (url) => url });
  return policy ? policy.createScriptURL(address) : address;
}

export function verifyHere(jobs) {
  const keys = new Map();
  return jobs.map(({ key, message, signature }) => {
    const name = key.join();
    if (!keys.has(name)) keys.set(name, readKey(key));
    const read = keys.get(name);
    return read !== null && verifies(read, message, signature);
  });
}

/** The same, with pauses in which a page can be drawn. */
async function verifyInTurn(jobs) {
  const verdicts = [];
  for (let i = 0; i < jobs.length; i += AT_ONCE) {
    verdicts.push(...verifyHere(jobs.slice(i, i + AT_ONCE)));
    await new Promise((resume) => setTimeout(resume));
  }
  return verdicts;
}

/** Some helpers that verify, each its share of a batch. Null if the browser gives none. */
function helpers(script, count) {
  const all = [];
  try {
    for (let i = 0; i < count; i += 1) all.push(new Helper(script));
  } catch {
    return null;
  }
  return async (jobs) => {
    const share = Math.ceil(jobs.length / all.length);
    const parts = all.map((helper, i) => helper.verify(jobs.slice(i * share, (i + 1) * share)));
    return (await Promise.all(parts)).flat();
  };
}

class Helper {
  #worker;
  #waiting = new Map();
  #next = 0;
  #broken = null;

  constructor(script) {
    this.#worker = new Worker(vouched(script));
    this.#worker.onmessage = ({ data }) => {
      this.#waiting.get(data.number)?.resolve(data.verdicts);
      this.#waiting.delete(data.number);
    };
    this.#worker.onerror = ({ message }) => {
      this.#broken = new Error(message ?? 'it could not be started');
      for (const { reject } of this.#waiting.values()) reject(this.#broken);
    };
  }

  verify(jobs) {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (jobs.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting.set(this.#next, { resolve, reject });
      this.#worker.postMessage({ verify: { number: this.#next, jobs } });
      this.#next += 1;
    });
  }
}

/** Judges in this very thread; `script` is the address of the page's script for helpers, or null for none. */
export function judgeHere({ base, pinText, script }, tell) {
  const count = Math.min(Math.max((globalThis.navigator?.hardwareConcurrency ?? 2) - 1, 1), MOST_HELPERS);
  const verifyAll = (script !== null && typeof Worker === 'function' && helpers(script, count)) || verifyInTurn;
  return judge({ files: filesBelow(base), pinText, verifyAll, tell });
}

/** What a worker does: reads a folder, or checks signatures. */
export function serveAsWorker(scope) {
  const post = (message) => scope.postMessage(message);
  scope.onmessage = async ({ data }) => {
    if (data.verify !== undefined) {
      post({ number: data.verify.number, verdicts: verifyHere(data.verify.jobs) });
      return;
    }
    try {
      post({ report: await judgeHere(data.judge, (report) => post({ report })) });
    } catch (broken) {
      post({ broken: broken instanceof Unreachable ? broken.message : String(broken) });
    }
  };
}
