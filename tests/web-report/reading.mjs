// How a report is read and looked at: functions that run in its page, each whole in itself.
// Not here: what they must find (`check.mjs`).

/** In the page: types a day, and reads every cell. */
export function readDay(day) {
  const field = document.getElementById("day");
  field.value = day;
  field.dispatchEvent(new Event("change"));
  const cells = {};
  for (const row of document.querySelectorAll("table.map tr[data-state]")) {
    const buttons = [...row.querySelectorAll("td button")];
    cells[row.dataset.state] = buttons.map((b) => b.dataset.stands + (b.dataset.possibly ? `/${b.dataset.possibly}` : ""));
  }
  const counts = [...document.querySelectorAll("#counts tbody tr")].map((row) => [...row.cells].slice(1).map((c) => c.textContent));
  const made = {};
  for (const row of document.querySelectorAll("table.cards tr[data-state]")) {
    const numbers = [...row.querySelectorAll("td.number button")].map((b) => b.textContent);
    const five = numbers.slice(-5);
    if (five.length === 5 && five[0] !== "0") made[row.dataset.state] = five.map(Number);
  }
  const head = document.querySelector("#map .dated");
  return { cells, counts, made, head: head && head.textContent, ...readOwed() };

  function readOwed() {
    const texts = (selector) => [...document.querySelectorAll(selector)].map((node) => node.textContent);
    const cellsOf = (row) => [...row.cells].map((cell) => cell.textContent);
    const sections = ["overdue", "mandates", "cards"].map((id) => document.getElementById(id));
    const shown = (table) => (table.parentElement.hidden ? [] : [...table.tBodies]);
    const held = shown(document.getElementById("held")).map((body) => {
      const [title, holders, until] = body.rows[0].cells;
      const records = body.querySelector(".records").textContent;
      const streams = [...body.querySelectorAll("[data-requirement]")].map((cell) => cell.dataset.requirement);
      return [body.dataset.mandate, title.textContent, holders.textContent, until.textContent, records, streams];
    });
    const steps = {};
    for (const row of document.querySelectorAll("table.cards tr[data-state]")) {
      const five = [...row.cells].slice(-5);
      if (five.every((cell) => cell.textContent === "not a state then")) continue;
      const state = page.data.actors.findIndex((actor) => actor.id === row.dataset.state);
      steps[row.dataset.state] = five.map((cell, at) => {
        const all = stepOn(page.data, state, at, day).cells.map((place) => cellOn(page.data, place, day));
        const told = all.map(({ name, value, records }) => `${name}=${value} ${JSON.stringify(records)}`);
        return [cell.textContent, cell.querySelector("button").classList.contains("met"), told];
      });
    }
    return {
      days: sections.map((section) => section.querySelector(".dated").textContent),
      board: shown(document.getElementById("board")).flatMap((body) => [...body.rows].map(cellsOf)),
      counted: texts("#overdue [data-count]"),
      nothing: sections.map((section) => !section.querySelector(".nothing").hidden),
      held,
      steps,
      met: [...document.querySelectorAll("#met [data-step]")].map((line) => [Number(line.dataset.step), line.querySelector("[data-count]").textContent]),
      notes: texts("#met .noted"),
    };
  }
}

/** In a page, moved or made: the rows of the tables that have no buttons of their own to tell more, and what is counted above them. */
export function readTables() {
  const lines = (table) => [...table.rows].map((row) => [...row.cells].map((cell) => `${cell.textContent}, ${cell.rowSpan} by ${cell.colSpan}`));
  const cards = [...document.querySelectorAll("#cards-body tbody tr")].map((row) => [row.cells[0], ...[...row.cells].slice(-5)].map((cell) => cell.textContent));
  return {
    board: lines(document.getElementById("board")),
    held: lines(document.getElementById("held")),
    cards: cards.filter((row) => row[1] !== "not a state then"),
    counts: [...document.querySelectorAll("#counts tr")].map((row) => [...row.cells].map((cell) => cell.textContent)),
    told: ["#overdue > p", "#mandates > p", "#met li"].map((what) => [...document.querySelectorAll(what)].map((node) => `${node.hidden} ${node.textContent}`)),
  };
}

/** In the page: dates that stand on two lines. */
export function broken() {
  const found = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    if (node.parentElement.closest("script, style, svg, #provenance, [hidden]")) continue;
    for (const date of node.data.matchAll(/\d{4}-\d{2}(-\d{2})?/g)) {
      const range = document.createRange();
      range.setStart(node, date.index);
      range.setEnd(node, date.index + date[0].length);
      const tops = new Set([...range.getClientRects()].map((rect) => Math.round(rect.top)));
      if (tops.size > 1) found.push(`${date[0]} in ${node.parentElement.closest("[id]")?.id}`);
    }
  }
  return found;
}

/** In the page: what keeps it from being read by keyboard and screen reader. */
export function unreadable() {
  const found = [];
  const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
  if (new Set(ids).size !== ids.length) found.push("an id comes twice");
  for (const label of document.querySelectorAll("[aria-labelledby], [aria-describedby], [aria-controls]")) {
    for (const name of ["aria-labelledby", "aria-describedby", "aria-controls"]) {
      const id = label.getAttribute(name);
      if (id && !document.getElementById(id) && id !== "panel-title") found.push(`${name} names no element: ${id}`);
    }
  }
  for (const button of document.querySelectorAll("button")) {
    if (!(button.getAttribute("aria-label") || button.textContent).trim()) found.push(`a button has no name: ${button.outerHTML.slice(0, 200)}`);
  }
  for (const head of document.querySelectorAll("th")) if (!head.scope) found.push(`a heading has no scope: ${head.textContent}`);
  for (const field of document.querySelectorAll("input, select")) if (field.labels.length === 0) found.push(`a field has no label: ${field.id}`);
  for (const landmark of ["header", "main", "footer"]) if (document.querySelectorAll(landmark).length !== 1) found.push(`not one ${landmark}`);
  const levels = [...document.querySelectorAll("h1, h2, h3")].map((h) => Number(h.tagName[1]));
  if (levels[0] !== 1 || levels.some((level, at) => at > 0 && level > levels[at - 1] + 1)) found.push(`headings skip a level: ${levels}`);
  if (document.documentElement.lang !== "en") found.push("no language");
  return found;
}

/** In the page: texts whose contrast with what is behind them is below WCAG AA. */
export function faint() {
  const parts = (color) => (color.match(/[\d.]+/g) || []).map(Number);
  const light = (rgb) => {
    const [r, g, b] = rgb.map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const [r, g, b, a = 1] = parts(getComputedStyle(at).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const found = new Set();
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim());
    if (!own || node.disabled || node.closest("script, style, svg, .unseen, .skip") || node.getClientRects().length === 0) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(parts(style.color).slice(0, 3)), light(behind(node))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.add(`${node.tagName} ${node.className} ${node.dataset.stands || ""}: ${ratio.toFixed(2)}`);
  }
  return [...found];
}
