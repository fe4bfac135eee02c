// Opens a report in Chromium, and holds it to what a file says of it: node check.mjs REPORT.html EXPECTED.json SHOTS
// Where each state stands on each day is read from the buttons of the page, after the day was typed into it.
// Not here: what is expected (`tests/report.rs` asks the command line); how the browser is driven (`browser.mjs`).

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const [file, expectedFile, shots] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(expectedFile, "utf8"));
const faults = [];
const fault = (text) => faults.push(text);
const same = (found, wanted, what) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) fault(`${what}: ${JSON.stringify(found)}, and not ${JSON.stringify(wanted)}`);
};

/** In the page: types a day, and reads every cell. */
function readDay(day) {
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
  return { cells, counts, made, head: head && head.textContent };
}

/** In the page: what keeps it from being read by keyboard and screen reader. */
function unreadable() {
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
function faint() {
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

const within = (page, f, ...args) => page.run(`(${f})(${args.map((a) => JSON.stringify(a)).join(", ")})`);

async function days(page) {
  for (const { day, treaties, states, counts, made } of expected.days) {
    const found = await within(page, readDay, day);
    if (treaties.length > 0) same(found.head, `As of ${day}.`, day);
    const cells = treaties.length > 0 ? found.cells : {};
    same(Object.keys(cells).sort(), treaties.length > 0 ? Object.keys(states).sort() : [], `${day}: the states`);
    for (const [state, row] of Object.entries(treaties.length > 0 ? states : {})) {
      treaties.forEach((treaty, at) => same(cells[state]?.[at], row[at], `${day}: ${state} and ${treaty}`));
    }
    if (treaties.length > 0) {
      const all = found.counts.map(([from, , deposits, inForce]) => [from, deposits, inForce]);
      counts.forEach((row, at) => same(all[at], row, `${day}: the counts of ${treaties[at]}`));
    }
    same(Object.entries(found.made).sort(), Object.entries(made).sort(), `${day}: the recommendations`);
  }
}

/** Opens the first button of a kind by keyboard alone, and closes it again. */
async function byKeyboard(page) {
  await page.run(`document.getElementById("panel").hidden || closePanel()`);
  const kinds = ["table.map td button", "table.cards td button", "#counts button", "[data-records] button", "#times button:enabled"];
  for (const kind of kinds) {
    const there = await page.run(`{ const b = document.querySelector(${JSON.stringify(kind)}); b?.focus(); window.before = b; b !== null }`);
    if (!there) continue;
    await page.key("Enter");
    const opened = await page.run(`[!document.getElementById("panel").hidden, document.activeElement.id, before.getAttribute("aria-expanded"), document.getElementById("panel").textContent.length > 20]`);
    same(opened, [true, "panel-title", "true", true], `Enter on ${kind}`);
    await page.key("Escape");
    const closed = await page.run(`[document.getElementById("panel").hidden, document.activeElement === before, before.getAttribute("aria-expanded")]`);
    same(closed, [true, true, "false"], `Escape from ${kind}`);
  }
  if (await page.run(`document.querySelector("table.map td button") !== null`)) {
    await page.run(`document.querySelector("table.map td button").focus()`);
    await page.key("ArrowDown");
    await page.key("ArrowRight");
    const at = await page.run(`{ const cell = document.activeElement.closest("td"); [cell?.cellIndex, document.querySelectorAll("table.map [tabindex='0']").length] }`);
    same(at, [await page.run(`Math.min(2, document.querySelector("table.map tr[data-state]").cells.length - 1)`), 1], "arrow keys move in the map, which is one tab stop");
  }
}

/** A state is found by a part of its name; how many are, is said aloud; and each section has a link. */
async function byName(page) {
  const links = await page.run(`[...document.querySelectorAll("nav a")].map((a) => document.querySelector(a.getAttribute("href"))?.tagName)`);
  same(links, Array(5).fill("SECTION"), "links to the sections");
  if (!(await page.run(`document.querySelector("table.map tr[data-state]") !== null`))) return;
  const found = await within(page, () => {
    const search = document.getElementById("find-state");
    const rows = () => [...document.querySelectorAll("table.map tr[data-state]")].filter((row) => row.getClientRects().length > 0).length;
    const type = (text) => {
      search.value = text;
      search.dispatchEvent(new Event("input"));
      return [rows(), document.querySelector("#map output").textContent];
    };
    const name = document.querySelector("table.map tr[data-state] th").textContent.toUpperCase();
    return [type(name)[0] > 0, type("no such state"), type("")[1], rows() > 0];
  });
  same(found, [true, [0, "0 states"], "", true], "a state is found by name");
}

/** The slider moves the day; what it moves, and what stands, is told beside it once, and not anew for each day. */
async function bySlider(page) {
  const told = await page.run(`document.getElementById("said").textContent`);
  if (!["overdue", "mandates", "five steps", "stand at"].every((word) => told.includes(word))) fault(`beside the slider: ${told}`);
  if (await page.run(`document.getElementById("slider").disabled`)) return;
  await page.run(`document.getElementById("back").click(); document.getElementById("slider").focus()`);
  await page.key("ArrowLeft");
  await page.run(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`);
  const [day, field, wanted] = await page.run(`[page.day, document.getElementById("day").value, dayOf(Math.max(dayNumber(page.data.first), dayNumber(page.data.asOf) - 1))]`);
  same([day, field], [wanted, wanted], "the slider, one day back");
  same(await page.run(`document.getElementById("said").textContent`), told, "the live region, when the day moves");
  await page.run(`document.getElementById("back").click()`);
}

async function looks(page) {
  for (const width of [1280, 390]) {
    await page.size(width, 900);
    same(await page.run(`document.documentElement.scrollWidth <= ${width}`), true, `at ${width} pixels the page does not scroll sideways`);
    for (const scheme of ["light", "dark"]) {
      await page.media([{ name: "prefers-color-scheme", value: scheme }]);
      const shot = await page.screenshot(false);
      writeFileSync(join(shots, `${scheme}-${width}.png`), shot);
      if (shot.length < 5000) fault(`the screenshot at ${width} shows nothing`);
      same(await within(page, faint), [], `contrast, ${scheme}, ${width}`);
    }
    await page.media([]);
  }
  await page.media([], "print");
  const printed = await page.run(`["controls", "panel"].map((id) => getComputedStyle(document.getElementById(id)).display)`);
  same(printed, ["none", "none"], "on paper");
  // What is cut off on paper is gone.
  await page.size(720, 1000);
  const wide = await page.run(`[...document.querySelectorAll("table")].filter((t) => t.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map((t) => t.id || t.className)`);
  same(wide, [], "tables wider than paper");
  await page.size(390, 900);
  // What was moved, and prints, says so: its head says the day of the report.
  if (!(await page.run(`document.getElementById("slider").disabled`))) {
    const moved = await within(page, () => {
      const [field, told] = [document.getElementById("day"), document.getElementById("moved-to")];
      const before = told.getClientRects().length;
      field.value = page.data.first === page.day ? page.data.last : page.data.first;
      field.dispatchEvent(new Event("change"));
      return [before, told.getClientRects().length > 0, told.textContent.includes(page.day)];
    });
    same(moved, [0, true, true], "on paper, moved");
    await page.run(`document.getElementById("back").click()`);
  }
  await page.media([]);
}

mkdirSync(shots, { recursive: true });
const browser = await launch();
try {
  const page = await browser.page();
  await page.size(1280, 900);
  await page.open(pathToFileURL(resolve(file)).href);
  await days(page);
  await byKeyboard(page);
  await bySlider(page);
  await byName(page);
  await looks(page);
  same(await within(page, unreadable), [], "by keyboard and screen reader");
  for (const text of expected.texts ?? []) {
    // Not in the script, nor in its data.
    const shown = `[...document.querySelectorAll("header, main, #panel")].map((part) => part.textContent).join(" ")`;
    if (!(await page.run(`${shown}.includes(${JSON.stringify(text)})`))) fault(`the page does not show ${text}`);
  }
  same(await page.run(`document.querySelectorAll("img, iframe, object, embed, link").length`), 0, "elements that nobody put there");
  const said = page.said.filter((line) => line !== `request: ${pathToFileURL(resolve(file)).href.slice(0, 100)}`);
  same(said, [], "the console, and the network");
} finally {
  await browser.close();
}
if (faults.length > 0) {
  console.error(`${faults.length} faults:\n${faults.slice(0, 30).join("\n")}`);
  process.exit(1);
}
