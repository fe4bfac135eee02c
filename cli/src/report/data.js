"use strict";
/* What the page knows, and what it answers for a day: always the last turn by that day, as the ledger computed it.
   Not here: anything that is shown; any rule of law. Dates are compared as text, as YYYY-MM-DD sorts by time. */

/** Reads the columns of the page's JSON. */
function readData(json) {
  const data = JSON.parse(json);
  const r = data.records;
  // What many rows have in common stands once.
  const [kind, standing, actor, signers, source] = [0, 1, 2, 3, 4].map((at) => r.shape.map((shape) => r.shapes[shape][at]));
  Object.assign(r, { kind, standing, actor, signers, source });
  const recs = data.recommendations;
  const [on, session, course] = [0, 1, 2].map((at) => recs.shape.map((shape) => recs.shapes[shape][at]));
  Object.assign(recs, { on, session, course });
  let millis = 0;
  let next = 0;
  r.recorded = r.recorded.map((more) => (millis += more));
  r.stream = r.stream.map((back) => (back === 0 ? next++ : next - back));
  data.actors = data.actors.map(([id, names = [], region = "", exists = null]) => ({ id, names, region, exists }));
  for (const treaty of data.treaties) treaty.turns = new Map(treaty.states);
  data.card = new Map(data.cards.states);
  r.flagsOf = grouped(r.flags);
  r.answersOf = grouped(r.answers);
  r.correctedBy = grouped(r.corrected);
  r.attachedTo = grouped(r.attached);
  return data;
}

/** Rows by their first cell. */
function grouped(rows) {
  const groups = new Map();
  for (const row of rows) {
    if (!groups.has(row[0])) groups.set(row[0], []);
    groups.get(row[0]).push(row);
  }
  return groups;
}

/** The last turn that begins by the day; undefined before the first. */
function turnOn(data, turns, day) {
  let found;
  for (const turn of turns) {
    if (data.dates[turn[0]] > day) break;
    found = turn;
  }
  return found;
}

/** A list of records by its place: what it goes on from, and more; -1 is none. */
function listOf(data, at) {
  const parts = [];
  for (let here = at; here >= 0; here = data.lists[here][0]) parts.unshift(data.lists[here].slice(1));
  return parts.flat();
}

/** Of all that is owed how much stands how, and what is open in the order of `answerable overdue`: its place and its turn. */
function owedOn(data, day) {
  const counts = data.counts.map(() => 0);
  const open = [];
  data.owed.forEach(([, , , , due, turns], at) => {
    const turn = turnOn(data, turns, day);
    if (turn === undefined || turn.length === 1) return;
    const [, isOpen, adds] = data.dueStatuses[turn[1]];
    adds.forEach((number, what) => (counts[what] += number));
    if (isOpen) open.push({ at, turn, due: due < 0 ? "" : data.dates[due] });
  });
  // What has no date comes last; of one date, as they come.
  open.sort((a, b) => a.turn[1] - b.turn[1] || (a.due === "") - (b.due === "") || (a.due < b.due ? -1 : a.due > b.due ? 1 : 0));
  return { counts, open };
}

/** The mandates that are known on the day, those that are live first, each with the requirements to report on it. */
function mandatesOn(data, day) {
  const required = new Map();
  data.requirements.forEach(([, turns], at) => {
    const turn = turnOn(data, turns, day);
    if (turn === undefined || turn.length === 1) return;
    const mandate = data.texts[turn[1]];
    if (!required.has(mandate)) required.set(mandate, []);
    required.get(mandate).push({ at, turn });
  });
  const known = [];
  data.mandates.forEach(([mandate, turns], at) => {
    const turn = turnOn(data, turns, day);
    if (turn !== undefined && turn.length > 1) known.push({ at, turn, requirements: required.get(mandate) || [] });
  });
  return known.sort((a, b) => a.turn[1] - b.turn[1] || a.at - b.at);
}

/** The last thing in a run by the day: a run is `from, what, from, what, …`; -1 before the first, and where nothing is. */
function lastOf(data, run, day) {
  let found = -1;
  for (let at = 0; at < run.length && data.dates[run[at]] <= day; at += 2) found = run[at + 1];
  return found;
}

/** One of a state's five steps on a day; null where it is no state then. */
function stepOn(data, state, at, day) {
  if (!data.card.has(state) || !existsOn(data, state, day)) return null;
  const [whole, ...cells] = data.card.get(state)[at].map((run) => lastOf(data, data.cards.runs[run], day));
  const [short, met] = data.cards.steps[whole];
  return { short: data.texts[short], met: (met & 1) > 0, marked: (met & 2) > 0, cells: cells.filter((cell) => cell >= 0) };
}

/** What a cell of a step says on a day. */
function cellOn(data, at, day) {
  const [name, value, beside, list, since, after] = data.cards.cells[at];
  const age = since === undefined ? "" : `${dayNumber(day) - dayNumber(data.dates[since])}${data.texts[after]}`;
  return { name: data.texts[name], value: data.texts[value] + age, beside: beside < 0 ? "" : data.texts[beside], records: listOf(data, list) };
}

/** Where a state stands towards a treaty; `code` is a word of `answerable table matrix`. */
function standingOn(data, treaty, state, day) {
  if (!treaty.recorded) return { code: "not_recorded" };
  const turn = turnOn(data, treaty.turns.get(state) || [], day);
  if (turn === undefined || turn.length === 1) return { code: day < treaty.adopted ? "not_adopted" : "no_act" };
  const date = (at) => (at < 0 ? null : data.dates[at]);
  return {
    code: data.statuses[turn[1]],
    possibly: turn[2] < 0 ? null : data.statuses[turn[2]],
    signed: date(turn[3]),
    deposited: date(turn[4]),
    mode: turn[5] < 0 ? null : data.texts[turn[5]],
    inForceFrom: date(turn[6]),
    ends: date(turn[7]),
    whose: data.texts[turn[8]],
    records: turn[9],
    remarks: turn[10].map((at) => data.texts[at]),
    flags: turn[11] < 0 ? null : data.texts[turn[11]],
    answered: turn[12] === 1,
  };
}

/** True for an actor that is a state and exists on the day. */
function existsOn(data, actor, day) {
  const { exists } = data.actors[actor];
  return exists !== null && data.dates[exists[0]] <= day && (exists[1] < 0 || day <= data.dates[exists[1]]);
}

/** The states that exist on the day, and whoever else has acts that count: numbers of actors. */
function statesOn(data, day) {
  const acts = (state) =>
    data.treaties.some((t) => {
      const turn = turnOn(data, t.turns.get(state) || [], day);
      return turn !== undefined && turn.length > 1;
    });
  return data.actors.map((_, at) => at).filter((at) => existsOn(data, at, day) || acts(at));
}

/** The name borne on the day; the first name for days before it. */
function nameOn(data, actor, day) {
  const { id, names } = data.actors[actor];
  let name = names.length > 0 ? names[0][1] : id;
  for (const [from, borne] of names) if (data.dates[from] <= day) name = borne;
  return name;
}

/** A name and the id that never changes. */
function namedWithId(data, actor, day) {
  const [name, { id }] = [nameOn(data, actor, day), data.actors[actor]];
  return name === id ? id : `${name} (${id})`;
}

/** The last day that a date can mean. */
function lastDay(date) {
  if (date.length === 10) return date;
  if (date.length === 4) return `${date}-12-31`;
  const [year, month] = date.split("-").map(Number);
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return `${date}-${[31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]}`;
}

/** A treaty's counts, as `answerable treaty status` has them. */
function treatyOn(data, treaty, day) {
  const counts = { from: null, signed: 0, deposits: 0, inForce: 0 };
  const entry = turnOn(data, treaty.entry, day);
  if (entry !== undefined && entry[1] >= 0) counts.from = data.dates[entry[1]];
  for (const state of treaty.turns.keys()) {
    const stands = standingOn(data, treaty, state, day);
    if (stands.signed) counts.signed += 1;
    if (stands.deposited && stands.code !== "withdrawn" && lastDay(stands.deposited) <= day) counts.deposits += 1;
    if (isBound(stands.code)) counts.inForce += 1;
  }
  return counts;
}

/** What a reader must know of a treaty's answers, before relying on them. */
function notesOn(data, treaty, day) {
  const turn = turnOn(data, treaty.notes, day);
  return turn === undefined ? [] : turn[1].map((at) => data.texts[at]);
}

function isBound(code) {
  return code === "in_force" || code === "withdrawing";
}

const ANSWERS = ["supported", "noted", "pending"];

/** What each course of recommendations has come to: null where they are not made yet. */
function coursesOn(data, day) {
  return data.recommendations.courses.map((turns) => {
    const turn = turnOn(data, turns, day);
    if (turn === undefined || turn[1] < 0) return null;
    return { answer: ANSWERS[turn[1] & 3], followedUp: (turn[1] & 4) > 0, assessed: (turn[1] & 8) > 0 };
  });
}

/** Counts of recommendations by whom they are to, as `answerable recommendations --by state` has them. */
function recommendationsOn(data, day) {
  const stands = coursesOn(data, day);
  const byState = new Map();
  const { to, course } = data.recommendations;
  for (let i = 0; i < to.length; i++) {
    const now = stands[course[i]];
    if (now === null) continue;
    if (!byState.has(to[i])) {
      byState.set(to[i], { made: 0, supported: 0, noted: 0, pending: 0, followedUp: 0, assessed: 0 });
    }
    const counts = byState.get(to[i]);
    counts.made += 1;
    counts[now.answer] += 1;
    if (now.followedUp) counts.followedUp += 1;
    if (now.assessed) counts.assessed += 1;
  }
  return byState;
}

/** The records of each stream, found once, when they are first asked for. */
function recordsOf(data, stream) {
  if (data.byStream === undefined) {
    data.byStream = data.records.streams.map(() => []);
    data.records.stream.forEach((of, seq) => data.byStream[of].push(seq));
  }
  return stream < 0 ? [] : data.byStream[stream];
}

/** All about one record. */
function recordAt(data, seq) {
  const r = data.records;
  const stream = r.stream[seq];
  return {
    seq,
    kind: data.texts[r.kind[seq]],
    standing: data.texts[r.standing[seq]],
    effective: data.dates[r.effective[seq]],
    recorded: new Date(r.recorded[seq]).toISOString(),
    actor: namedWithId(data, r.actor[seq], data.dates[r.effective[seq]]),
    signers: data.texts[r.signers[seq]],
    source: r.source[seq] < 0 ? null : data.texts[r.source[seq]],
    stream: r.streams[stream],
    says: r.says[seq] < 0 ? recommended(data, stream) : data.texts[r.says[seq]],
    flags: (r.flagsOf.get(seq) || []).map((flag) => `${data.texts[flag[1]]}: ${data.texts[flag[2]]}`),
    answers: (r.answersOf.get(seq) || []).map((answer) => data.texts[answer[1]]),
    correctedBy: correctionsOf(r, seq, 0),
    retractedBy: correctionsOf(r, seq, 1),
    attached: (r.attachedTo.get(seq) || []).map((file) => data.texts[file[1]]),
  };
}

/** The records that correct one; `retracts` is 1 for those that say that it never happened. */
function correctionsOf(r, seq, retracts) {
  return (r.correctedBy.get(seq) || []).filter((row) => row[2] === retracts).map((row) => row[1]);
}

/** The text of the recommendation that a stream is about. */
function recommended(data, stream) {
  if (data.recommendationOf === undefined) {
    data.recommendationOf = new Map(data.recommendations.stream.map((of, at) => [of, at]));
  }
  const at = data.recommendationOf.get(stream);
  return at === undefined ? "" : data.recommendations.text[at];
}

/** Days since 1970-01-01. An imprecise date stands in its middle. */
function dayNumber(date) {
  const whole = date.length === 10 ? date : date.length === 7 ? `${date}-15` : `${date}-07-01`;
  return Math.round(Date.parse(`${whole}T00:00:00Z`) / 86400000);
}

/** True for a day that exists, written YYYY-MM-DD. */
function isDay(text) {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && text >= "0001-01-01" && !Number.isNaN(Date.parse(`${text}T00:00:00Z`)) && dayOf(dayNumber(text)) === text;
}

function dayOf(number) {
  return new Date(number * 86400000).toISOString().slice(0, 10);
}
