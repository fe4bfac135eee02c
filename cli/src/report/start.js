/* Begins: reads the data, builds what follows the day, and moves the day.
   Not here: any of the sections. */

/** The page's data, and the day that it shows. */
const page = { data: null, day: "" };

function start() {
  page.data = readData(byId("data").textContent);
  page.day = page.data.asOf;
  const followers = [buildMap(), buildCards(), buildTimeline()];
  enliven(document);
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
  const slider = element("input", { type: "range", id: "slider", min: dayNumber(first), max: dayNumber(last), step: 1, "aria-describedby": "said" });
  const field = element("input", { type: "date", id: "day", min: "0001-01-01", max: "9999-12-31", required: true });
  const back = element("button", { type: "button", id: "back", onclick: () => move(asOf) }, `Back to ${asOf}`);
  const said = element("p", { id: "said", "aria-live": "polite" });
  byId("controls").append(
    element("label", { for: "slider" }, "As of"),
    slider,
    element("label", { for: "day", class: "unseen" }, "The date"),
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
  field.addEventListener("change", () => field.value && field.validity.valid && move(field.value));

  function show(day) {
    slider.setAttribute("aria-valuetext", day);
    back.disabled = day === asOf;
    said.textContent = day === asOf ? `The report's own day.` : `Moved to ${day}. The overdue board and the five steps stand at ${asOf}.`;
    follow(day);
  }

  function move(day) {
    slider.value = dayNumber(day);
    field.value = day;
    show(day);
  }
  return move;
}

start();
