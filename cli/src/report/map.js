/* The heat map: a row a state, a column a treaty, each cell with a letter and a colour, and the counts of treaties above it.
   Not here: where anybody stands (`data`). */

const STANDS = {
  in_force: ["F", "in force"],
  withdrawing: ["W", "in force, and a notice of withdrawal runs"],
  deposited: ["D", "consent deposited, not in force for the state yet"],
  provisionally_applied: ["P", "applied provisionally"],
  signed: ["S", "signed"],
  signature_repudiated: ["R", "signature repudiated"],
  withdrawn: ["X", "withdrawn"],
  none: ["o", "other acts only"],
  no_act: ["·", "no act recorded, which does not say that the state is not bound"],
  not_adopted: ["–", "the treaty is not adopted yet"],
  not_recorded: ["?", "no act of any state is recorded"],
};

/** Builds the section; answers how it follows the day. */
function buildMap() {
  const { data } = page;
  if (data.treaties.length === 0) return () => {};
  const search = element("input", { type: "search", id: "find-state", autocomplete: "off", oninput: () => filter() });
  const order = element(
    "select",
    { id: "order", onchange: () => arrange() },
    ["region", "name", "treaties in force"].map((by) => element("option", {}, by)),
  );
  // Said aloud: the rows that went are not seen to go by everybody.
  const found = element("output", { class: "sum", for: "find-state" });
  const heads = data.treaties.map((treaty) =>
    element("th", { scope: "col", class: "upright" }, treatyButton(treaty)),
  );
  const table = element("table", { class: "map", role: "grid", "aria-label": "States and treaties" });
  const head = headOf("state", ...heads);
  const regrid = asGrid(table);
  const rows = new Map();
  const counts = data.treaties.map((treaty) => countsRow(treaty));
  const dated = element("p", { class: "dated" });

  byId("map-body").replaceChildren(
    dated,
    element(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "Counts of treaties" },
      element(
        "table",
        { id: "counts" },
        headOf("treaty", ...["in force from", "signed", "deposits", "in force for"].map(numberHead)),
        element("tbody", {}, counts.map((c) => c.row)),
      ),
    ),
    element(
      "p",
      { class: "tools" },
      element("label", {}, "Find a state ", search),
      element("label", {}, "Order by ", order),
      found,
    ),
    element("div", { class: "scroll tall", tabindex: "0", role: "region", "aria-label": "Heat map" }, table),
    legend(),
  );

  function rowOf(state) {
    if (!rows.has(state)) rows.set(state, mapRow(state));
    return rows.get(state);
  }

  function filter() {
    const wanted = search.value.trim().toLowerCase();
    let all = 0;
    for (const body of table.tBodies) {
      let shown = 0;
      for (const row of body.rows) {
        if (row.dataset.name === undefined) continue;
        row.hidden = !row.dataset.name.includes(wanted);
        shown += row.hidden ? 0 : 1;
      }
      body.hidden = shown === 0;
      all += shown;
    }
    found.textContent = wanted === "" ? "" : counted(all, "state");
    regrid();
  }

  function arrange() {
    const states = statesOn(data, page.day).map((state) => ({ state, row: rowOf(state), name: nameOn(data, state, page.day) }));
    states.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
    if (order.value === "treaties in force") states.sort((a, b) => b.row.bound - a.row.bound);
    const groups = new Map();
    for (const one of states) {
      const region = order.value === "region" ? data.actors[one.state].region || "no region" : "";
      if (!groups.has(region)) groups.set(region, []);
      groups.get(region).push(one.row.row);
    }
    const bodies = [...groups.keys()].sort().map((region) => {
      const label = element("th", { scope: "rowgroup", colspan: data.treaties.length + 1 }, element("span", {}, region));
      return element("tbody", {}, region ? element("tr", { class: "region" }, label) : null, groups.get(region));
    });
    table.replaceChildren(head, ...bodies);
    filter();
  }

  let shown = "";
  return (day) => {
    dated.textContent = `As of ${day}.`;
    counts.forEach((c) => c.follow(day));
    const states = statesOn(data, day);
    states.forEach((state) => rowOf(state).follow(day));
    const now = states.join(" ");
    if (now !== shown) arrange();
    shown = now;
  };
}

/** A state's row, and how it follows the day. */
function mapRow(state) {
  const { data } = page;
  const title = () => nameOn(data, state, page.day);
  const name = opens("", { class: "plain" }, title, (day) => statePanel(state, day));
  const cells = data.treaties.map((treaty) => {
    const heading = () => `${nameOn(data, state, page.day)}: ${treaty.title}`;
    return opens("", { class: "cell" }, heading, (day) => standingPanel(treaty, state, day));
  });
  const row = element(
    "tr",
    { "data-state": data.actors[state].id },
    element("th", { scope: "row", dir: "auto" }, name),
    cells.map((button) => element("td", { role: "gridcell" }, button)),
  );
  const made = { row, bound: 0, follow };
  function follow(day) {
    const named = nameOn(data, state, day);
    if (name.textContent !== named) name.textContent = named;
    row.dataset.name = `${named} ${data.actors[state].id}`.toLowerCase();
    made.bound = 0;
    cells.forEach((button, at) => {
      const stands = standingOn(data, data.treaties[at], state, day);
      if (isBound(stands.code)) made.bound += 1;
      const marked = Boolean(stands.flags || stands.answered);
      const key = `${stands.code} ${stands.possibly || ""} ${marked} ${named}`;
      if (button.dataset.key === key) return;
      button.dataset.key = key;
      button.dataset.stands = stands.code;
      button.dataset.possibly = stands.possibly || "";
      button.textContent = STANDS[stands.code][0] + (stands.possibly ? "?" : "") + (marked ? "*" : "");
      const possibly = stands.possibly ? `, possibly ${STANDS[stands.possibly][1]}` : "";
      const flags = marked ? ", with flags or answers" : "";
      button.setAttribute("aria-label", `${named}, ${data.treaties[at].title}: ${STANDS[stands.code][1]}${possibly}${flags}`);
    });
  }
  return made;
}

function treatyButton(treaty) {
  const button = opens(element("span", { dir: "auto" }, treaty.id), { class: "plain" }, treaty.title, (day) => treatyPanel(treaty, day));
  button.title = treaty.title;
  return button;
}

function countsRow(treaty) {
  const cells = [0, 1, 2, 3].map(() => element("td", { class: "number" }));
  const button = opens(told("span", treaty.title), { class: "plain" }, treaty.title, (day) => treatyPanel(treaty, day));
  const notes = element("div", {});
  const row = element("tr", {}, element("th", { scope: "row" }, button, notes), cells);
  const follow = (day) => {
    notes.replaceChildren(...(treaty.recorded ? notesOn(page.data, treaty, day) : []).map((note) => told("small", note)));
    const now = treatyOn(page.data, treaty, day);
    const values = treaty.recorded ? [now.from || "not yet", now.signed, now.deposits, now.inForce] : ["no act recorded", "", "", ""];
    cells.forEach((cell, at) => (cell.textContent = values[at]));
  };
  return { row, follow };
}

function legend() {
  const items = Object.entries(STANDS).map(([code, [letter, meaning]]) =>
    element("li", {}, element("span", { class: "cell", "data-stands": code, "aria-hidden": "true" }, letter), ` ${meaning}`),
  );
  items.push(element("li", {}, element("span", { class: "cell" }, "?"), " behind a letter: an imprecise date makes another standing possible"));
  items.push(element("li", {}, element("span", { class: "cell" }, "*"), " behind a letter or a step: a record has flags or was answered"));
  return element("ul", { class: "legend", "aria-label": "Legend" }, items);
}

/** The facts of a standing. */
function standingFacts(stands) {
  const meaning = STANDS[stands.code][1];
  const rows = [
    ["stands", meaning],
    ["possibly", stands.possibly ? STANDS[stands.possibly][1] : null],
    ["signed", stands.signed],
    ["deposited", stands.deposited ? `${stands.deposited}${stands.mode ? ` (${spoken(stands.mode)})` : ""}` : null],
    ["in force from", stands.inForceFrom],
    ["ends", stands.ends],
    ["whose word", stands.whose],
  ];
  const facts = rows.filter(([, value]) => value).map(([what, value]) => [element("dt", {}, what), element("dd", {}, value)]);
  const remarks = [...(stands.remarks || []), ...(stands.flags ? [`Flags: ${stands.flags}`] : [])];
  return [element("dl", {}, facts), ...remarks.map((remark) => told("p", remark, { class: "flag" }))];
}

function standingPanel(treaty, state, day) {
  const { data } = page;
  const stands = standingOn(data, treaty, state, day);
  const named = new Set(stands.records || []);
  // Also what came later, or is answered: the whole story stands below what the cell rests on.
  const others = storyOf(treaty, state).filter((seq) => !named.has(seq));
  return [
    element("p", { class: "dated" }, `As of ${day}`),
    ...standingFacts(stands),
    treaty.seen && treaty.seen < day ? element("p", { class: "flag" }, `The newest source of this treaty's acts was seen on ${treaty.seen}.`) : null,
    named.size > 0 ? recordList([...named]) : element("p", {}, "No record says anything of it on this day."),
    others.length > 0 ? recordsWithin(() => others, `${counted(others.length, "other record")} of this story, of other days too`) : null,
  ];
}

/** All records of a participation. */
function storyOf(treaty, state) {
  const { data } = page;
  const id = data.actors[state].id.replace(/^state:/, "");
  return recordsOf(data, data.records.streams.indexOf(`treaty:${treaty.id}:${id}`));
}

function statePanel(state, day) {
  const { data } = page;
  const rows = data.treaties.map((treaty) => {
    const stands = standingOn(data, treaty, state, day);
    const since = isBound(stands.code) && stands.inForceFrom ? ` since ${stands.inForceFrom}` : "";
    return element(
      "li",
      {},
      told("strong", treaty.title),
      `: ${STANDS[stands.code][1]}${since}`,
      stands.records ? recordsWithin(() => stands.records, counted(stands.records.length, "record")) : null,
    );
  });
  return [element("p", { class: "dated" }, `${data.actors[state].id}, as of ${day}`), element("ul", { class: "items" }, rows)];
}

/** The flags on these records, each with its record. */
function flagsOn(seqs) {
  const { texts, records } = page.data;
  return seqs.flatMap((seq) => (records.flagsOf.get(seq) || []).map((flag) => `Record ${seq}, ${texts[flag[1]]}: ${texts[flag[2]]}`));
}

function treatyPanel(treaty, day) {
  const { data } = page;
  const now = treatyOn(data, treaty, day);
  const groups = new Map();
  for (const state of treaty.turns.keys()) {
    const { code } = standingOn(data, treaty, state, day);
    if (!groups.has(code)) groups.set(code, []);
    groups.get(code).push(nameOn(data, state, day));
  }
  const lists = Object.keys(STANDS)
    .filter((code) => groups.has(code) && code !== "no_act" && code !== "not_adopted")
    .map((code) => {
      const names = groups.get(code).sort();
      return [element("h3", {}, `${STANDS[code][1]} (${names.length})`), told("p", names.join(", "))];
    });
  return [
    element("p", { class: "dated" }, `${treaty.id}, adopted ${treaty.adopted}, as of ${day}`),
    element("p", {}, now.from ? `In force from ${now.from}.` : "Not in force by these records."),
    treaty.seen ? element("p", {}, `The newest source of its acts was seen on ${treaty.seen}.`) : null,
    ...lists.flat(),
    ...notesOn(data, treaty, day).map((note) => told("p", note, { class: "flag" })),
    ...flagsOn(treaty.records).map((flag) => told("p", flag, { class: "flag" })),
    recordsWithin(() => treaty.records, "The records that register its rules"),
  ];
}
