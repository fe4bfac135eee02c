/* The panel beside the tables: what a cell rests on, record by record.
   Not here: which records a cell rests on (`board`, `held`, `map`, `cards`, `timeline`). */

const PAGE = 50;

/** What is open: who opened it, and how to show it again on another day. */
let open = null;

/** Opens the panel for a button. `fill(day)` answers its elements. */
function openPanel(opener, title, fillFor) {
  if (open) open.opener.setAttribute("aria-expanded", "false");
  open = { opener, title, fillFor };
  opener.setAttribute("aria-expanded", "true");
  showPanel();
  // Beside the panel the page is narrower, and longer: what was opened stays in sight.
  opener.scrollIntoView({ block: "nearest", inline: "nearest" });
  byId("panel-title").focus({ preventScroll: true });
}

/** Shows what is open, for the day of the page. */
function showPanel() {
  if (!open) return;
  const panel = byId("panel");
  const close = element("button", { type: "button", class: "close", onclick: closePanel }, "Close");
  const title = told("h2", open.title, { id: "panel-title", tabindex: "-1" });
  panel.replaceChildren(element("div", { class: "panel-head" }, title, close), ...open.fillFor(page.day).filter(Boolean));
  panel.hidden = false;
  document.body.classList.add("has-panel");
}

/** Closes the panel, and gives the focus back. */
function closePanel() {
  if (!open) return;
  const { opener } = open;
  open = null;
  byId("panel").hidden = true;
  byId("panel").replaceChildren();
  document.body.classList.remove("has-panel");
  opener.setAttribute("aria-expanded", "false");
  if (opener.isConnected) opener.focus();
}

/** A button that opens the panel. */
function opens(label, attributes, title, fillFor) {
  const button = element("button", { type: "button", "aria-expanded": "false", "aria-controls": "panel", ...attributes }, label);
  button.addEventListener("click", () => {
    if (open && open.opener === button) closePanel();
    else openPanel(button, typeof title === "function" ? title() : title, fillFor);
  });
  return button;
}

/** Records by seq, a page at a time. */
function recordList(seqs) {
  if (seqs.length === 0) return element("p", {}, "No records.");
  return paged(seqs, (seq) => recordItem(recordAt(page.data, seq)), "records");
}

/** A list that grows by pages. */
function paged(all, item, what) {
  const list = element("ol", { class: "items" });
  const more = element("button", { type: "button", onclick: () => grow(true) });
  const box = element("div", {}, element("p", { class: "sum" }, `${all.length} ${all.length === 1 ? what.slice(0, -1) : what}`), list, more);
  let shown = 0;
  function grow(focus) {
    const next = all.slice(shown, shown + PAGE).map(item);
    list.append(...next);
    shown += next.length;
    more.hidden = shown >= all.length;
    more.textContent = `Show ${Math.min(PAGE, all.length - shown)} more of ${all.length - shown}`;
    if (focus && next.length > 0) {
      next[0].tabIndex = -1;
      next[0].focus();
    }
  }
  grow(false);
  return box;
}

function recordItem(record) {
  const rows = [
    ["effective", record.effective + (lastDay(record.effective) > page.day ? `, after ${page.day}` : "")],
    ["recorded", record.recorded],
    ["standing", record.standing],
    ["actor", record.actor],
    ["signed by", record.signers],
    ["source", record.source],
    ["stream", record.stream],
    ["corrected by", record.correctedBy.map((seq) => `record ${seq}`).join(", ")],
    ["retracted by", record.retractedBy.map((seq) => `record ${seq}`).join(", ")],
    ["attached", record.attached.join("; ")],
    ["answer", record.answers.join("; ")],
  ];
  const facts = rows.filter(([, value]) => value).map(([what, value]) => [element("dt", {}, what), told("dd", value)]);
  const flags = record.flags.map((flag) => told("p", `Flag: ${flag}`, { class: "flag" }));
  return element(
    "li",
    { class: "record" },
    element("h3", {}, `Record ${record.seq}`, " ", element("span", { class: "kind" }, record.kind)),
    record.says ? told("p", record.says, { class: "says" }) : null,
    flags,
    element("dl", {}, facts),
  );
}

/** Records that are found when they are asked for. */
function recordsWithin(find, label) {
  const details = element("details", {}, element("summary", {}, label));
  details.addEventListener("toggle", () => {
    if (details.open && details.children.length === 1) details.append(recordList(find()));
  });
  return details;
}

/** A few record numbers. */
function shortList(seqs) {
  return seqs.length <= 4 ? seqs.join(", ") : `${seqs.slice(0, 3).join(", ")}, … (${seqs.length})`;
}

/** A cell that says something, or names records, and opens to the records of the day. */
function recordsCell(column, attributes = {}) {
  let [seqs, heading] = [[], ""];
  const button = opens("", { class: "plain" }, () => heading, () => [recordList(seqs)]);
  const cell = stackedCell(column, attributes);
  const say = (records, title, text = null) => {
    [seqs, heading] = [records, title];
    const label = text === null ? shortList(seqs) : text;
    if (seqs.length === 0) return sayIn(cell, label);
    sayIn(button, label);
    button.setAttribute("aria-label", `${title}, ${text === null ? "records " : ""}${label}`);
    if (button.parentElement !== cell) cell.replaceChildren(button);
  };
  return { cell, say };
}
