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
  const moves = `Moves the map and the counts. What is overdue, mandates and the five steps stand at ${asOf}.`;
  // On paper there is no slider, and the head of the page says another day.
  const movedTo = element("p", { id: "moved-to", hidden: true });
  document.querySelector(".lead").after(movedTo);
  const slider = element("input", { type: "range", id: "slider", min: dayNumber(first), max: dayNumber(last), step: 1, "aria-describedby": "said" });
  // As text: a date field would show the date in the reader's own order, and 03/04 is two days.
  const field = element("input", { id: "day", size: 11, maxlength: 10, inputmode: "numeric", autocomplete: "off", placeholder: "YYYY-MM-DD", "aria-describedby": "said" });
  const back = element("button", { type: "button", id: "back", onclick: () => move(asOf) }, `Back to ${asOf}`);
  // It changes where a date is wrong, and is not told anew for each day that passes.
  const said = element("p", { id: "said", "aria-live": "polite" }, moves);
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
    field.setAttribute("aria-invalid", String(!isDay(day)));
    if (isDay(day)) move(day);
    else said.textContent = `${day} is no date: it is written as 1994-04-06. The page shows ${page.day}.`;
  });

  function show(day) {
    slider.setAttribute("aria-valuetext", day);
    back.disabled = day === asOf;
    if (said.textContent !== moves) said.textContent = moves;
    movedTo.hidden = day === asOf;
    movedTo.textContent = `Moved to ${day}: what follows the day is as of then; the rest says where it stands.`;
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
