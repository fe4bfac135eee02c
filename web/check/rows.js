// What is said of each check: it holds, it fails, or it was not made. A row is green only if someone said so, nothing failed,
// and nothing was left out.
// Not here: the words that stand in the page whatever is found (`page.html`).

/** Faults that are kept of a row, and that are told. */
const KEPT = 100;
const TOLD = 5;

export class Row {
  #faults = [];
  #count = 0;
  #why = null;
  #good = null;

  /** It fails. `seq` is the record's, or null where it is about none. */
  fault(text, seq = null) {
    this.#count += 1;
    if (this.#faults.length < KEPT) this.#faults.push({ text, seq });
  }

  /** It was not made, or not to its end. The first reason is told. */
  unchecked(why) {
    this.#why ??= why;
  }

  /** It was made to its end; `what` was compared. */
  holds(what) {
    this.#good = what;
  }

  get held() {
    return this.#good !== null;
  }

  get failed() {
    return this.#count > 0;
  }

  /** For the page. `done`: nothing more comes. */
  told(done) {
    if (this.#count > 0) {
      const first = [...this.#faults].sort((a, b) => (a.seq ?? -1) - (b.seq ?? -1)).slice(0, TOLD);
      const faults = first.map(({ text, seq }) => (seq === null ? text : `Record ${seq}: ${text}`));
      return { state: 'bad', detail: faults, more: this.#count - faults.length };
    }
    if (!done) return { state: 'running', detail: [], more: 0 };
    if (this.#why !== null || this.#good === null) {
      return { state: 'unchecked', detail: [this.#why ?? 'Reading ended before this.'], more: 0 };
    }
    return { state: 'good', detail: [this.#good], more: 0 };
  }
}

export function counted(number, noun, plural = `${noun}s`) {
  return `${number.toLocaleString('en-US')} ${number === 1 ? noun : plural}`;
}
