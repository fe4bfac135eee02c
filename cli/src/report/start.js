/* Begins: reads the data, builds what follows the day, and moves the day.
   Not here: any of the sections. */

/** The page's data, and the day that it shows. */
const page = { data: null, day: "" };

function start() {
  page.data = readData(byId("data").textContent);
  page.day = page.data.asOf;
  const followers = [buildBoard(), buildHeld(), buildMap(), buildCards(), buildTimeline()];
  const controls = buildControls((day) => {
    page.day = day;
    followers.forEach((follow) => follow(day));
    showPanel();
    document.body.classList.toggle("moved", day !== page.data.asOf);
  });
  controls(page.data.asOf);
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && open) {
      event.preventDefault();
      closePanel();
    }
  });
}

/** The slider, the date field, and the way back; answers how to move the day. */
function buildControls(follow) {
  const { first, last, asOf } = page.data;
  const moves = `Moves every answer on this page, from ${first} to ${last}.`;
  // On paper there is no slider, and the head of the page says another day.
  const movedTo = element("p", { id: "moved-to", hidden: true });
  document.querySelector(".lead").after(movedTo);
  const slider = element("input", { type: "range", id: "slider", min: dayNumber(first), max: dayNumber(last), step: 1, "aria-describedby": "said" });
  // As text: a date field would show the date in the reader's own order, and 03/04 is two days.
  const field = element("input", { id: "day", size: 11, maxlength: 10, inputmode: "numeric", autocomplete: "off", placeholder: "YYYY-MM-DD", "aria-describedby": "said" });
  const back = element("button", { type: "button", id: "back", onclick: () => move(asOf) }, `Back to ${asOf}`);
  // It changes where a date is wrong, and is not told anew for each day that passes.
  const said = element("p", { id: "said", "aria-live": "polite" }, withDates(moves));
  byId("controls").append(
    element("label", { for: "slider" }, "As of"),
    slider,
    element("label", { for: "day", class: "unseen" }, "The date, as YYYY-MM-DD"),
    field,
    back,
    said,
  );
  byId("controls").hidden = false;
  slider.disabled = first === last;

  let waiting = null;
  const soon = (day) => {
    if (waiting === null) requestAnimationFrame(() => ([waiting] = [null, show(waiting)]));
    waiting = day;
  };
  slider.addEventListener("input", () => {
    const day = dayOf(Number(slider.value));
    field.value = day;
    soon(day);
  });
  field.addEventListener("change", () => {
    const day = field.value.trim();
    const wrong = fault(day);
    field.setAttribute("aria-invalid", String(wrong !== null));
    if (wrong === null) move(day);
    else sayIn(said, `${day} ${wrong}. The page shows ${page.day}.`);
  });

  /** Why the page cannot be moved to it; null where it can. */
  function fault(day) {
    if (!isDay(day)) return "is no date: it is written as 1994-04-06";
    return day < first || last < day ? `is not within the days of this page, ${first} to ${last}: ask the ledger of others` : null;
  }

  function show(day) {
    slider.setAttribute("aria-valuetext", day);
    back.disabled = day === asOf;
    sayIn(said, moves);
    movedTo.hidden = day === asOf;
    sayIn(movedTo, `Moved to ${day}: every answer below is as of then.`);
    follow(day);
  }

  function move(day) {
    slider.value = dayNumber(day);
    field.value = day;
    field.setAttribute("aria-invalid", "false");
    show(day);
  }
  return move;
}

start();
