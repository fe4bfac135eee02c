/* The two times: above, when acts took effect; below, when the ledger recorded them, on one axis. Few records are drawn one by
   one, each joined to its own recording; many as bars.
   Not here: the table by year, which is in the page without a script. */

const FEW = 300;
const LANE = 84;
const REGISTERS = ["actor", "key", "role", "ledger"];

/** Builds the section; answers how it follows the day. */
function buildTimeline() {
  const { data } = page;
  const families = new Map();
  data.records.kind.forEach((kind) => {
    const family = data.texts[kind].split(".")[0];
    families.set(family, (families.get(family) || 0) + 1);
  });
  const acts = [...families.keys()].filter((f) => !REGISTERS.includes(f)).sort();
  const kinds = element(
    "select",
    { onchange: () => draw() },
    element("option", { value: "" }, "all acts"),
    acts.map((family) => element("option", { value: family }, `${spoken(family)} (${families.get(family)})`)),
    element("option", { value: "registers" }, "registers, keys and roles"),
  );
  const about = [...new Set(data.records.about)].filter((at) => at >= 0 && data.actors[at].exists !== null);
  const named = about.map((at) => [nameOn(data, at, data.asOf), at]).sort((a, b) => (a[0] < b[0] ? -1 : 1));
  const states = element(
    "select",
    { onchange: () => draw() },
    element("option", { value: "" }, "every state"),
    named.map(([name, at]) => element("option", { value: at }, name)),
  );
  const figure = element("div", { class: "figure" });
  const sum = element("p", { class: "sum", "aria-live": "polite" });
  const shown = opens("Open these records", { class: "tool" }, "Records in view", () => [recordList(view)]);
  byId("times-body").replaceChildren(
    element("p", { class: "tools" }, element("label", {}, "Kind ", kinds), element("label", {}, "State ", states), shown),
    figure,
    sum,
  );
  for (const cell of document.querySelectorAll("#years [data-year]")) {
    const { year, lane } = cell.dataset;
    const label = cell.textContent;
    if (label === "0") continue;
    const title = lane === "effective" ? `Took effect in ${year}` : `Recorded in ${year}`;
    const find = () => actsOf("").filter((seq) => dateIn(lane, seq).startsWith(year.padStart(4, "0")));
    cell.replaceChildren(opens(label, { class: "plain", "aria-label": `${title}: ${label}` }, title, () => [recordList(find())]));
  }
  let view = [];
  let marker = null;
  let scale = null;

  function actsOf(family) {
    const found = [];
    const { kind } = data.records;
    const wanted = data.texts.map((text) => {
      const own = text.split(".")[0];
      if (family === "registers") return REGISTERS.includes(own);
      return family === "" ? !REGISTERS.includes(own) : own === family;
    });
    for (let seq = 0; seq < kind.length; seq++) if (wanted[kind[seq]]) found.push(seq);
    return found;
  }

  function dateIn(lane, seq) {
    return lane === "effective" ? data.dates[data.records.effective[seq]] : dayOf(Math.floor(data.records.recorded[seq] / 86400000));
  }

  function draw() {
    const state = states.value === "" ? null : Number(states.value);
    view = actsOf(kinds.value).filter((seq) => state === null || data.records.about[data.records.stream[seq]] === state);
    marker = null;
    shown.disabled = view.length === 0;
    if (view.length === 0) {
      figure.replaceChildren();
      sum.textContent = "No record is of this kind and about this state.";
      return;
    }
    const width = Math.max(300, figure.clientWidth);
    // Of all dates, so that another choice is drawn to the same scale.
    const days = { effective: view.map((seq) => dayNumber(dateIn("effective", seq))), recorded: view.map((seq) => Math.floor(data.records.recorded[seq] / 86400000)) };
    const least = Math.min(dayNumber(page.day), ...bounds(days.effective), ...bounds(days.recorded));
    const most = Math.max(dayNumber(page.day), ...bounds(days.effective), ...bounds(days.recorded));
    const span = Math.max(1, most - least);
    scale = (day) => 8 + ((day - least) / span) * (width - 16);
    const height = 2 * LANE + 44;
    const svg = drawing("svg", { viewBox: `0 0 ${width} ${height}`, width, height, "aria-hidden": "true", focusable: "false" });
    if (view.length <= FEW) joined(svg, days);
    else {
      bars(svg, "effective", days.effective, width, LANE + 8, -1);
      bars(svg, "recorded", days.recorded, width, LANE + 34, 1);
    }
    // Above what joins the two lanes, so that the years can be read.
    axis(svg, least, most, width);
    svg.append(drawing("text", { x: 8, y: 12, class: "lane" }, "took effect"));
    svg.append(drawing("text", { x: 8, y: height - 4, class: "lane" }, "recorded"));
    // Only what took effect has come or not by a day of the world.
    marker = drawing("line", { class: "marker", y1: 0, y2: LANE + 10 });
    svg.append(marker);
    figure.replaceChildren(svg);
    mark(page.day);
    const [first, last] = bounds(days.recorded).map(dayOf);
    const when = first === last ? `all recorded on ${first}` : `recorded from ${first} to ${last}`;
    const [from, to] = bounds(days.effective).map(dayOf);
    sayIn(sum, `${counted(view.length, "record")} in view: effective from ${from} to ${to}, ${when}.`);
  }

  function bounds(days) {
    let [least, most] = [days[0], days[0]];
    for (const day of days) {
      if (day < least) least = day;
      if (day > most) most = day;
    }
    return [least, most];
  }

  function axis(svg, least, most, width) {
    const [from, to] = [Number(dayOf(least).slice(0, 4)), Number(dayOf(most).slice(0, 4))];
    const step = [1, 2, 5, 10, 20, 50, 100, 200, 500].find((s) => (to - from) / s <= width / 60) || 1000;
    svg.append(drawing("line", { class: "axis", x1: 0, x2: width, y1: LANE + 10, y2: LANE + 10 }));
    svg.append(drawing("line", { class: "axis", x1: 0, x2: width, y1: LANE + 32, y2: LANE + 32 }));
    for (let year = Math.ceil(from / step) * step; year <= to; year += step) {
      const x = scale(dayNumber(`${String(year).padStart(4, "0")}-01-01`));
      if (x < 14 || x > width - 14) continue;
      svg.append(drawing("text", { x, y: LANE + 25, "text-anchor": "middle" }, String(year)));
    }
  }

  function bars(svg, lane, days, width, base, way) {
    const bins = Math.floor(width / 6);
    const size = (width - 16) / bins;
    const members = Array.from({ length: bins }, () => []);
    days.forEach((day, at) => members[Math.min(bins - 1, Math.floor((scale(day) - 8) / size))].push(view[at]));
    const most = Math.max(...members.map((m) => m.length));
    members.forEach((seqs, bin) => {
      if (seqs.length === 0) return;
      // By the square root, so that a few records still show beside thousands.
      const tall = Math.max(2, Math.sqrt(seqs.length / most) * (LANE - 16));
      const y = way < 0 ? base - tall : base;
      const bar = drawing("rect", { class: `bar ${lane}`, x: 8 + bin * size, y, width: Math.max(1, size - 1), height: tall });
      const dates = bounds(seqs.map((seq) => dayNumber(dateIn(lane, seq)))).map(dayOf);
      bar.append(drawing("title", {}, `${counted(seqs.length, "record")}, ${dates.join(" to ")}`));
      bar.addEventListener("click", () => openPanel(shown, `${lane === "effective" ? "Took effect" : "Recorded"} ${dates.join(" to ")}`, () => [recordList(seqs)]));
      svg.append(bar);
    });
  }

  function joined(svg, days) {
    view.forEach((seq, at) => {
      const [above, below] = [scale(days.effective[at]), scale(days.recorded[at])];
      // Records of one day stand above each other.
      const up = LANE - 4 - (at % 8) * 8;
      const down = LANE + 42 + (at % 8) * 8;
      const later = lastDay(dateIn("effective", seq)) > page.day ? " later" : "";
      svg.append(drawing("line", { class: `join${later}`, x1: above, y1: up, x2: below, y2: down }));
      const dot = drawing("circle", { class: `dot effective${later}`, cx: above, cy: up, r: 4 });
      dot.append(drawing("title", {}, `record ${seq}: ${data.texts[data.records.kind[seq]]}, ${dateIn("effective", seq)}`));
      const ring = drawing("circle", { class: "dot recorded", cx: below, cy: down, r: 4 });
      for (const one of [dot, ring]) one.addEventListener("click", () => openPanel(shown, `Record ${seq}`, () => [recordList([seq])]));
      svg.append(dot, ring);
    });
  }

  function mark(day) {
    if (!marker) return;
    const x = scale(dayNumber(day));
    marker.setAttribute("x1", x);
    marker.setAttribute("x2", x);
  }

  let before = 0;
  new ResizeObserver(() => {
    if (figure.clientWidth !== before) draw();
    before = figure.clientWidth;
  }).observe(figure);
  return (day) => (view.length > 0 && view.length <= FEW ? draw() : mark(day));
}
