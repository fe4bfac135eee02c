// Opens a report in Chromium, and holds it to what a file says of it: node check.mjs REPORT.html EXPECTED.json SHOTS
// What the page says on each day is read from its tables, after the day was typed into it, and from the page of that day itself.
// Not here: what is expected (`tests/page_days` asks the command line); how the browser is driven (`browser.mjs`); how the page
// is read and looked at (`reading.mjs`).

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";
import { broken, faint, readDay, readTables, unreadable } from "./reading.mjs";

const [file, expectedFile, shots] = process.argv.slice(2);
const expected = JSON.parse(readFileSync(expectedFile, "utf8"));
const faults = [];
const fault = (text) => faults.push(text);
const same = (found, wanted, what) => {
  if (JSON.stringify(found) !== JSON.stringify(wanted)) fault(`${what}: ${JSON.stringify(found)}, and not ${JSON.stringify(wanted)}`);
};

const within = (page, f, ...args) => page.run(`(${f})(${args.map((a) => JSON.stringify(a)).join(", ")})`);

async function days(page, still) {
  for (const told of expected.days) {
    const { day, treaties, states, counts, made } = told;
    const found = await within(page, readDay, day);
    owed(day, found, told);
    if (told.own) await sameAsItsOwn(page, still, day, told.own);
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

/** The board, the mandates and the five steps are the program's, cell by cell. */
function owed(day, found, { board, counted, mandates, steps, met, notes }) {
  same(found.days, Array(3).fill(`As of ${day}.`), `${day}: the days of the sections`);
  same(found.board.length, board.length, `${day}: rows of the board`);
  board.forEach((row, at) => same(found.board[at], row, `${day}: row ${at} of the board`));
  same(found.counted, counted, `${day}: what is counted of all that is owed`);
  same(found.nothing, [board.length === 0, mandates.length === 0, Object.keys(steps).length === 0], `${day}: that nothing is there`);
  same(found.held.map((row) => row[0]), mandates.map((row) => row[0]), `${day}: the mandates`);
  mandates.forEach(([id, title, holders, until, records, reporting], at) => {
    const [, ...row] = found.held[at] || [];
    same([row[0], row[1], row[3]], [title, holders, records], `${day}: the mandate ${id}`);
    if (!row[2]?.startsWith(until)) fault(`${day}: ${id} lasts ${row[2]}, and not ${until}`);
    const missing = reporting.filter((stream) => !row[4]?.includes(stream));
    same(missing, [], `${day}: requirements to report on ${id}`);
  });
  same(Object.keys(found.steps).sort(), Object.keys(steps).sort(), `${day}: the states that have steps`);
  for (const [state, wanted] of Object.entries(steps)) {
    wanted.forEach((step, at) => same(found.steps[state]?.[at], step, `${day}: step ${at + 1} of ${state}`));
  }
  const asked = found.met.map(([step]) => met[step]);
  same(found.met.map(([, number]) => number), asked, `${day}: of how many states a step is met`);
  same(found.notes, notes, `${day}: the notes on scorecards`);
}

/** Every table of the moved page is that of the page which the program makes for the day, as it is read without its script. */
async function sameAsItsOwn(page, still, day, own) {
  await still.open(pathToFileURL(resolve(own)).href);
  const [moved, made] = [await within(page, readTables), await within(still, readTables)];
  for (const [what, rows] of Object.entries(made)) {
    same(moved[what].length, rows.length, `${day}: rows of ${what}, beside the page of the day`);
    rows.forEach((row, at) => same(moved[what][at], row, `${day}: row ${at} of ${what}, beside the page of the day`));
  }
}

/** Opens the first button of a kind by keyboard alone, and closes it again. */
async function byKeyboard(page) {
  await page.run(`document.getElementById("panel").hidden || closePanel()`);
  const kinds = ["table.map td button", "table.cards td button", "#counts button", "#board .records button", "#held .records button", "#times button:enabled"];
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

/** The slider moves the day; between which days is told beside it once, and not anew for each day. No other day can be typed. */
async function bySlider(page) {
  const told = await page.run(`document.getElementById("said").textContent`);
  const [first, last, shown] = await page.run(`[page.data.first, page.data.last, page.day]`);
  same(told, `Moves every answer on this page, from ${first} to ${last}.`, "beside the slider");
  for (const day of ["0001-01-01", "9999-12-31", "2015-02-29"]) {
    const refused = await within(page, (day) => {
      const field = document.getElementById("day");
      field.value = day;
      field.dispatchEvent(new Event("change"));
      return [field.getAttribute("aria-invalid"), page.day, document.getElementById("said").textContent.startsWith(`${day} is n`)];
    }, day);
    same(refused, ["true", shown, true], `${day}, typed`);
  }
  if (await page.run(`document.getElementById("slider").disabled`)) return;
  await page.run(`document.getElementById("back").click(); document.getElementById("slider").focus()`);
  await page.key("ArrowLeft");
  await page.run(`new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))`);
  const [day, field, wanted] = await page.run(`[page.day, document.getElementById("day").value, dayOf(Math.max(dayNumber(page.data.first), dayNumber(page.data.asOf) - 1))]`);
  same([day, field], [wanted, wanted], "the slider, one day back");
  same(await page.run(`document.getElementById("said").textContent`), told, "the live region, when the day moves");
  await page.run(`document.getElementById("back").click()`);
}

/** On a narrow screen the board and the mandates do not scroll sideways, and a screen reader finds tables there all the same. */
async function stacked(page) {
  for (const id of ["board", "held"]) {
    const wide = await page.run(`{ const box = document.getElementById("${id}").parentElement; box.scrollWidth - box.clientWidth }`);
    same(wide, 0, `${id} scrolls sideways`);
    const { root } = await page.ask("DOM.getDocument", {});
    const { nodeId } = await page.ask("DOM.querySelector", { nodeId: root.nodeId, selector: `#${id}` });
    const roles = {};
    for (const role of ["table", "row", "columnheader", "rowheader", "cell"]) {
      const { nodes } = await page.ask("Accessibility.queryAXTree", { nodeId, role });
      roles[role] = nodes.filter((node) => !node.ignored).length;
    }
    const there = await within(page, (id) => {
      const table = document.getElementById(id);
      const [rows, heads, cells] = ["tr", "tbody th", "td"].map((what) => table.querySelectorAll(what).length);
      const empty = [...table.querySelectorAll("td")].filter((cell) => getComputedStyle(cell).display === "none").length;
      return table.parentElement.hidden ? null : { table: 1, row: rows, columnheader: 8, rowheader: heads, cell: cells - empty };
    }, id);
    if (there) same(roles, there, `what a screen reader finds in ${id}`);
  }
}

async function looks(page) {
  for (const width of [1280, 390]) {
    await page.size(width, 900);
    same(await page.run(`document.documentElement.scrollWidth <= ${width}`), true, `at ${width} pixels the page does not scroll sideways`);
    same(await within(page, broken), [], `dates that break, at ${width} pixels`);
    if (width === 390) await stacked(page);
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
  const still = await browser.page();
  await still.ask("Emulation.setScriptExecutionDisabled", { value: true });
  await days(page, still);
  same(still.said.filter((line) => !line.startsWith("request: file:")), [], "the console without a script");
  // A page behind another draws nothing.
  await page.ask("Page.bringToFront");
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
