/* Scorecards: treaties in force, recommendations and the five steps of each state on the day, and in how many states each step is met.
   Not here: how a step is judged (the ledger did that, for every day). */

const FOLLOWS = [
  ["made", "made"],
  ["supported", "supported"],
  ["noted", "noted"],
  ["pending", "not answered"],
  ["followedUp", "followed up"],
];
const STEPS = ["focal point", "treaties", "invitations", "risks", "at home"];

/** Builds the section; answers how it follows the day. */
function buildCards() {
  const { data } = page;
  const section = byId("cards");
  const hasTreaties = data.treaties.length > 0;
  const hasRecommendations = data.recommendations.to.length > 0;
  const followed = [hasTreaties ? "treaties" : null, hasRecommendations ? "recommendations" : null].filter(Boolean).join(" and ");
  const columns = (hasTreaties ? 1 : 0) + (hasRecommendations ? FOLLOWS.length : 0);
  const groups = element(
    "tr",
    {},
    element("td", {}),
    columns > 0 ? element("th", { scope: "colgroup", colspan: columns }, followed) : null,
    element("th", { scope: "colgroup", colspan: STEPS.length }, "the five steps"),
  );
  const names = ["state"];
  if (hasTreaties) names.push(numberHead("treaties in force"));
  if (hasRecommendations) names.push(...FOLLOWS.map(([, label]) => numberHead(label)));
  names.push(...STEPS);
  const body = element("tbody", {});
  const head = element("thead", {}, groups, ...headOf(...names).children);
  const table = element("table", { class: "cards", role: "grid", "aria-label": "Scorecards" }, head, body);
  const regrid = asGrid(table);
  const rows = new Map();
  const box = byId("cards-body");
  box.replaceChildren(table);
  box.classList.add("tall");

  let shown = "";
  return (day) => {
    asOf(section, day);
    const counts = recommendationsOn(data, day);
    const states = new Set(statesOn(data, day));
    for (const state of counts.keys()) states.add(state);
    const sorted = [...states].map((state) => [nameOn(data, state, day), state]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
    for (const [, state] of sorted) {
      if (!rows.has(state)) rows.set(state, cardRow(state, hasTreaties, hasRecommendations));
      rows.get(state).follow(day, counts.get(state));
    }
    const now = sorted.map(([, state]) => state).join(" ");
    if (now !== shown) {
      body.replaceChildren(...sorted.map(([, state]) => rows.get(state).row));
      regrid();
    }
    shown = now;
    box.hidden = sorted.length === 0;
    metOn(section, day);
  };
}

/** In how many of the states that exist each step is met, and what is noted of that. */
function metOn(section, day) {
  const { data } = page;
  const there = [...data.card.keys()].filter((state) => existsOn(data, state, day));
  section.querySelector(".nothing").hidden = there.length > 0;
  for (const line of section.querySelectorAll("#met [data-step]")) {
    const met = there.filter((state) => stepOn(data, state, Number(line.dataset.step), day).met).length;
    line.querySelector("[data-count]").textContent = `${met} of ${there.length}`;
  }
  const [, ...notes] = turnOn(data, data.cards.notes, day);
  section.querySelectorAll("#met .noted").forEach((line) => line.remove());
  byId("met").append(...notes.map((note) => element("li", { class: "noted" }, withDates(data.texts[note]))));
}

/** A state's row, and how it follows the day. */
function cardRow(state, hasTreaties, hasRecommendations) {
  const { data } = page;
  const title = (what) => () => `${nameOn(data, state, page.day)}: ${what}`;
  const name = element("th", { scope: "row", dir: "auto" });
  const treaties = hasTreaties ? opens("", { class: "plain" }, title("treaties"), (day) => statePanel(state, day)) : null;
  const counts = hasRecommendations
    ? FOLLOWS.map(([key, label]) =>
        opens("", { class: "plain" }, title(`recommendations, ${label}`), (day) => recommendationPanel(state, key, day)),
      )
    : [];
  const steps = STEPS.map((step, at) => opens("", { class: "plain", tabindex: "-1" }, title(step), (day) => stepPanel(state, at, day)));
  const stepCells = STEPS.map(() => element("td", {}));
  const row = element(
    "tr",
    { "data-state": data.actors[state].id },
    name,
    treaties ? element("td", { class: "number" }, treaties) : null,
    counts.map((button) => element("td", { class: "number" }, button)),
    stepCells,
  );
  const follow = (day, now) => {
    const named = nameOn(data, state, day);
    if (name.textContent !== named) name.textContent = named;
    if (treaties) {
      const bound = data.treaties.filter((t) => isBound(standingOn(data, t, state, day).code)).length;
      say(treaties, `${bound}/${data.treaties.length}`, `${named}: ${bound} of ${data.treaties.length} treaties in force`);
    }
    counts.forEach((button, at) => {
      const [key, label] = FOLLOWS[at];
      const number = now ? now[key] : 0;
      say(button, String(number), `${named}: ${counted(number, "recommendation")} ${label}`);
    });
    stepCells.forEach((cell, at) => {
      const step = stepOn(data, state, at, day);
      cell.className = step === null ? "silent" : "";
      if (step === null) return sayIn(cell, "not a state then");
      const button = steps[at];
      button.className = step.met ? "plain met" : "plain";
      const said = [step.short, step.met ? "met" : "not met", step.marked ? "with flags or answers" : null].filter(Boolean).join(", ");
      say(button, step.short + (step.marked ? "*" : ""), `${named}, ${STEPS[at]}: ${said}`);
      if (button.parentElement !== cell) cell.replaceChildren(button);
    });
  };
  return { row, follow };
}

function say(button, text, label) {
  if (button.textContent !== text) button.textContent = text;
  button.setAttribute("aria-label", label);
}

/** A state's recommendations that count in a column. */
function recommendationPanel(state, key, day) {
  const { data } = page;
  const recs = data.recommendations;
  const stands = coursesOn(data, day);
  const wanted = (now) => now !== null && (key === "made" || now.answer === key || (key === "followedUp" && now.followedUp));
  const found = [];
  recs.to.forEach((to, at) => {
    if (to === state && wanted(stands[recs.course[at]])) found.push(at);
  });
  found.sort((a, b) => (data.dates[recs.on[a]] < data.dates[recs.on[b]] ? -1 : data.dates[recs.on[a]] > data.dates[recs.on[b]] ? 1 : a - b));
  const cut = data.kept ? element("p", { class: "note" }, `Texts are cut at ${data.kept} characters: answerable show SEQ has them whole.`) : null;
  return [element("p", { class: "dated" }, `As of ${day}`), cut, paged(found, (at) => recommendationItem(at, stands), "recommendations")];
}

function recommendationItem(at, stands) {
  const { data } = page;
  const recs = data.recommendations;
  const now = stands[recs.course[at]];
  const more = [now.followedUp ? "followed up" : null, now.assessed ? "assessed" : null].filter(Boolean);
  const session = recs.session[at] < 0 ? "" : `session ${recs.session[at]}, `;
  const answer = now.answer === "pending" ? "not answered" : now.answer;
  const seqs = recordsOf(data, recs.stream[at]);
  return element(
    "li",
    {},
    element("p", { class: "sum" }, told("strong", nameOn(data, recs.from[at], page.day)), `, ${session}${data.dates[recs.on[at]]}: ${[answer, ...more].join(", ")}`),
    told("p", recs.text[at], { class: "says" }),
    recordsWithin(() => seqs, counted(seqs.length, "record")),
  );
}

function stepPanel(state, at, day) {
  const { data } = page;
  const step = stepOn(data, state, at, day);
  const items = (step === null ? [] : step.cells).map((place) => {
    const { name, value, beside, records } = cellOn(data, place, day);
    return element(
      "li",
      {},
      told("strong", spoken(name).replaceAll(":", ": ")),
      ": ",
      told("span", value),
      beside ? told("small", ` (${beside})`) : null,
      records.length > 0 ? recordsWithin(() => records, counted(records.length, "record")) : null,
    );
  });
  const there = step === null ? element("p", {}, "Not a state then.") : element("ul", { class: "items" }, items);
  return [element("p", { class: "dated" }, `As of ${day}`), there];
}
