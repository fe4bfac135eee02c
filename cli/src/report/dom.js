/* Elements. Text goes in as text alone: nothing from the log is ever read as markup.
   Not here: what is shown. */

/** An element with attributes, listeners (`onclick`) and children: elements or texts. */
function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** The same, of a drawing. */
function drawing(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return node;
}

/** Text from the log: its own direction stays within it. */
function told(tag, text, attributes = {}) {
  return element(tag, { dir: "auto", ...attributes }, withDates(text));
}

/** Text of which each date stays on one line. */
function withDates(text) {
  return String(text)
    .split(/(\d{4}-\d{2}(?:-\d{2})?)/)
    .map((part, at) => (at % 2 === 1 ? element("span", { class: "date" }, part) : part))
    .filter((part) => part !== "");
}

/** Says it in an element, if it says anything else. */
function sayIn(node, text) {
  if (node.textContent !== text) node.replaceChildren(...withDates(text));
}

/** The same, with notes in small below it. */
function noteIn(node, text, ...notes) {
  const key = [text, ...notes].join("\n");
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...withDates(text), ...notes.flatMap(noted));
}

function noted(note) {
  return note ? [element("br"), element("small", {}, withDates(note))] : [];
}

/** A cell of a table whose rows become blocks where there is no room for columns. */
function stackedCell(column, attributes = {}, ...children) {
  return element("td", { role: "cell", "data-column": column, ...attributes }, children);
}

/** The names of a table's columns. */
function headingsOf(table) {
  return [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
}

/** Says which day a section shows. */
function asOf(section, day) {
  sayIn(section.querySelector(".dated"), `As of ${day}.`);
}

/** Puts numbers in their places in a section. */
function count(section, numbers) {
  for (const place of section.querySelectorAll("[data-count]")) {
    const said = numbers[place.dataset.count];
    if (said !== undefined) place.textContent = said;
  }
}

/** Shows the section's table, or what stands for it where it would be empty. */
function tableOrNothing(section, isNothing) {
  section.querySelector(".nothing").hidden = !isNothing;
  section.querySelector(".scroll").hidden = isNothing;
}

function byId(id) {
  return document.getElementById(id);
}

/** A table's head. */
function headOf(...names) {
  const cells = names.map((name) => (typeof name === "string" ? element("th", { scope: "col" }, name) : name));
  return element("thead", {}, element("tr", {}, cells));
}

/** The heading of a column of numbers. */
function numberHead(name) {
  return element("th", { scope: "col", class: "number" }, name);
}

/** `1 record`, `2 records`. */
function counted(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** A code as it is spoken. */
function spoken(code) {
  return code.replaceAll("_", " ");
}

/** One tab stop for a whole table of buttons, and arrow keys within it (the grid pattern of WAI-ARIA). */
function asGrid(table) {
  let current = null;
  const rows = () =>
    [...table.rows].filter((row) => !row.hidden && !row.parentElement.hidden).map((row) => [...row.cells].map((cell) => cell.querySelector("button"))).filter((r) => r.some(Boolean));
  const stop = (button) => {
    if (current) current.tabIndex = -1;
    current = button;
    current.tabIndex = 0;
  };
  table.addEventListener("focusin", (event) => event.target.matches("button") && stop(event.target));
  table.addEventListener("keydown", (event) => {
    const steps = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const all = rows();
    const down = all.findIndex((row) => row.includes(event.target));
    if (down < 0) return;
    const across = all[down].indexOf(event.target);
    let to;
    if (event.key in steps) to = (all[down + steps[event.key][0]] || [])[across + steps[event.key][1]];
    else if (event.key === "Home") to = all[down].find(Boolean);
    else if (event.key === "End") to = all[down].findLast(Boolean);
    else return;
    event.preventDefault();
    if (to) to.focus();
  });
  return () => {
    for (const button of table.querySelectorAll("button")) button.tabIndex = -1;
    current = null;
    const [first] = rows().flat().filter(Boolean);
    if (first) stop(first);
  };
}
