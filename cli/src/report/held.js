/* Mandates: who holds each and until when, who must report on it, what came, what is next, what is overdue on the day.
   Not here: when a mandate ends and what is due (the ledger found that, for every day). */

const LIVE = 0;

/** Builds the section; answers how it follows the day. */
function buildHeld() {
  const { data } = page;
  const section = byId("mandates");
  const table = byId("held");
  const columns = headingsOf(table);
  const held = new Map();
  let shown = "";
  return (day) => {
    const mandates = mandatesOn(data, day);
    asOf(section, day);
    const live = mandates.filter(({ turn }) => turn[1] === LIVE);
    const overdue = mandates.flatMap(({ requirements }) => requirements).map(({ turn }) => turn[12]);
    count(section, {
      live: live.length,
      mandates: counted(mandates.length, "mandate"),
      unlimited: live.filter(({ turn }) => turn[9] === 0).length,
      unreported: live.filter(({ turn }) => turn[10] === 0).length,
      late: overdue.reduce((sum, number) => sum + number, 0),
    });
    for (const one of mandates) {
      if (!held.has(one.at)) held.set(one.at, heldBody(one.at, columns));
      held.get(one.at).follow(one, day);
    }
    const now = mandates.map(({ at }) => at).join(" ");
    if (now !== shown) table.replaceChildren(table.tHead, ...mandates.map(({ at }) => held.get(at).body));
    shown = now;
    tableOrNothing(section, mandates.length === 0);
  };
}

/** A mandate's rows, one for each requirement to report on it, and how they follow the day. */
function heldBody(at, columns) {
  const { data } = page;
  const [, heldBy, until, mustReport, , , , rests] = columns;
  const title = element("th", { role: "rowheader", dir: "auto" });
  const holders = stackedCell(heldBy, { dir: "auto" });
  const lasts = stackedCell(until);
  const records = recordsCell(rests, { class: "records" });
  const nobody = stackedCell(mustReport, { colspan: 4 }, "no requirement to report is recorded");
  const body = element("tbody", { role: "rowgroup", "data-mandate": data.mandates[at][0] });
  const rows = new Map();
  let shown = null;
  function arrange(requirements) {
    const now = requirements.map((required) => required.at).join(" ");
    if (now === shown) return;
    shown = now;
    const [first, ...others] = requirements.map((required) => rows.get(required.at).cells);
    title.scope = others.length > 0 ? "rowgroup" : "row";
    for (const cell of [title, holders, lasts, records.cell]) cell.rowSpan = Math.max(1, requirements.length);
    const row = (...cells) => element("tr", { role: "row" }, cells);
    body.replaceChildren(row(title, holders, lasts, first || nobody, records.cell), ...others.map((cells) => row(cells)));
  }
  function follow({ turn, requirements }, day) {
    const [, status, titled, organ, implementers, last, left, notes, list] = turn;
    const named = data.texts[titled];
    noteIn(title, named, organ < 0 ? "" : `of ${nameOn(data, organ, day)}`);
    sayIn(holders, implementers.map((actor) => nameOn(data, actor, day)).join(", "));
    const days = left < 0 ? "" : `, ${counted(dayNumber(data.dates[left]) - dayNumber(day), "day")} left`;
    lastsIn(lasts, status, `${data.texts[last]}${days}`, notes < 0 ? "" : data.texts[notes]);
    records.say(listOf(data, list), `${named}: all that is known of the mandate`);
    for (const required of requirements) {
      if (!rows.has(required.at)) rows.set(required.at, requirementCells(required.at, columns));
      rows.get(required.at).follow(required.turn, named, day);
    }
    arrange(requirements);
  }
  return { body, follow };
}

/** How a mandate stands, its last day, and what is remarkable about it. */
function lastsIn(cell, status, last, notes) {
  const key = `${status} ${last} ${notes}`;
  if (cell.dataset.key === key) return;
  cell.dataset.key = key;
  cell.replaceChildren(
    element("span", { class: status === LIVE ? null : "silent" }, page.data.mandateStatuses[status]),
    element("br"),
    ...withDates(last),
    ...noted(notes),
  );
}

/** The cells of a requirement, and how they follow the day. */
function requirementCells(at, [, , , mustReport, came, next, overdue]) {
  const { data } = page;
  const asked = stackedCell(mustReport, { dir: "auto", "data-requirement": data.requirements[at][0] });
  const there = recordsCell(came);
  const coming = stackedCell(next, { class: "next" });
  const missing = recordsCell(overdue);
  const text = (place) => (place < 0 ? "" : data.texts[place]);
  const follow = (turn, mandate, day) => {
    const [, , reporter, organ, title, binding, marks, what, whatRecords, then, not, notRecords] = turn;
    const heading = `${mandate}, ${data.texts[title]}`;
    const whom = `${nameOn(data, reporter, day)} to ${nameOn(data, organ, day)}`;
    noteIn(asked, whom, `${data.texts[title]} (${data.texts[binding]})`, text(marks));
    there.say(listOf(data, whatRecords), `${heading}: what came`, data.texts[what]);
    sayIn(coming, text(then));
    missing.say(listOf(data, notRecords), `${heading}: what did not come`, text(not));
  };
  return { cells: [asked, there.cell, coming, missing.cell], follow };
}
