/* The overdue board: what is open on the day, the longest overdue first; and how much of all that is owed stands how.
   Not here: when something is due, and how it stands (the ledger found that, for every day). */

/** Builds the section; answers how it follows the day. */
function buildBoard() {
  const { data } = page;
  const section = byId("overdue");
  const table = byId("board");
  const columns = headingsOf(table);
  const rows = new Map();
  let shown = "";
  return (day) => {
    const { counts, open } = owedOn(data, day);
    asOf(section, day);
    count(section, Object.fromEntries(data.counts.map((what, at) => [what, counts[at]])));
    for (const { at, turn } of open) {
      if (!rows.has(at)) rows.set(at, boardRow(at, columns));
      rows.get(at).follow(turn, day);
    }
    const now = open.map(({ at }) => at).join(" ");
    if (now !== shown) table.tBodies[0].replaceChildren(...open.map(({ at }) => rows.get(at).row));
    shown = now;
    tableOrNothing(section, open.length === 0);
  };
}

/** An item's row, and how it follows the day while it is open. */
function boardRow(at, [, who, what, legal, scheduled, late, binding, rests]) {
  const { data } = page;
  const item = data.owed[at];
  const due = item[4] < 0 ? "" : data.dates[item[4]];
  const status = element("th", { role: "rowheader", scope: "row" });
  const whose = stackedCell(who, { dir: "auto" });
  const says = stackedCell(what, { dir: "auto" });
  const putOff = stackedCell(scheduled, { class: "date" });
  const days = stackedCell(late, { class: "number" });
  const records = recordsCell(rests, { class: "records" });
  const row = element(
    "tr",
    { role: "row" },
    status,
    whose,
    says,
    stackedCell(legal, { class: "date" }, due),
    putOff,
    days,
    stackedCell(binding, {}, data.texts[item[3]]),
    records.cell,
  );
  const follow = (turn, day) => {
    const [, stands, to, notes, list] = turn;
    const word = data.dueStatuses[stands][0];
    const [by, whom] = [item[0], item[1]].map((actor) => (actor < 0 ? "" : nameOn(data, actor, day)));
    status.className = `st-${word}`;
    sayIn(status, word);
    sayIn(whose, whom ? `${by} to ${whom}` : by);
    noteIn(says, data.texts[item[2]], notes < 0 ? "" : data.texts[notes]);
    sayIn(putOff, to < 0 ? "" : data.dates[to]);
    const number = due === "" ? 0 : dayNumber(day) - dayNumber(due);
    sayIn(days, number > 0 ? String(number) : "");
    records.say(listOf(data, list), `${word}: ${by}, ${data.texts[item[2]]}`);
  };
  return { row, follow };
}
