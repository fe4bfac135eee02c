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
  return element(tag, { dir: "auto", ...attributes }, text);
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
