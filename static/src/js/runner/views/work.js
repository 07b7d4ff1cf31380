// My work: read from the phone, at once; rows change in place when the server has news.
import { asWalked, repairedOf } from "../../domain/again.js";
import { answersOf, outOfScope } from "../../domain/answers.js";
import { key } from "../../domain/merge.js";
import { roomsOf } from "../../domain/rooms.js";
import { score } from "../../domain/scoring.js";
import { casesOf } from "../cases.js";
import { pendingOf } from "../counts.js";
import { element, fill, gauge, gradeBox, icon, template, textOf } from "../dom.js";
import { lastWord, opens } from "../ending.js";
import { within } from "../schema.js";
import { unitName } from "../unit.js";
import { daysBetween, language, longDay, placed, plainDay, say, today, weekday } from "../words.js";

const RECENT_DONE = 12;

/** Between the server's word and what this phone did since: completed here may still wait for an approver. */
function phaseOf({ state }, word, approval) {
  if (opens(word)) return "in_progress";
  if (!word || state === "in_review" || state === "completed") return state;
  return word.field === "completed" && approval ? "in_review" : "completed";
}

/** What the phone knows of one inspection without opening it: its state, progress and result. */
async function known(tx, row) {
  const fields = await tx.objectStore("fields").getAll(within(row.id));
  const bundle = await tx.objectStore("checklists").get([row.version_id, language]);
  const state = new Map(fields.map((held) => [key(held.path, held.field), held]));
  const value = (name) => state.get(key("inspection", name))?.value;
  const stored = Boolean(bundle && (row.loaded || row.born_here));
  const phase = value("cancelled")
    ? "cancelled"
    : phaseOf(row, lastWord(state), bundle?.definition.rules.approval);
  const touched = fields.some(({ path }) => path.startsWith("q/"));
  const found = { row, stored, phase: phase === "planned" && touched ? "in_progress" : phase };
  if (!bundle || !fields.length)
    return {
      ...found,
      answered: row.answered ?? 0,
      asked: row.asked ?? 0,
      total: row.score,
      grade: row.grade,
    };
  const asked = asWalked(bundle.definition, roomsOf(state), repairedOf(state));
  const result = score(asked, answersOf(state), outOfScope(state));
  return {
    ...found,
    answered: result.answered,
    asked: result.asked,
    total: row.unit ? null : result.total, // a flat is not scored
    grade: result.grade,
    provisional: result.provisional,
  };
}

/** Everything of this person on this phone: [{row, stored, phase, answered, asked, total, grade}]. */
export function knownWork(store) {
  return store.read(["inspections", "fields", "checklists"], async (tx) => {
    const rows = await tx.objectStore("inspections").getAll();
    const found = [];
    for (const row of rows) found.push(await known(tx, row));
    return found;
  });
}

export const isOpen = ({ phase, row }) =>
  (phase === "planned" || phase === "in_progress") && row.listed !== false;

export const subject = ({ company, site, unit }) => {
  if (unit) return unitName(unit);
  const [who, where] = [textOf(company?.name), textOf(site?.name)];
  const city = textOf(site?.city);
  const name = who || where;
  return city && !name.includes(city) ? placed(name, city) : name;
};

/** The due date in words and how urgent it is: [text, "bad" | "" ]. */
export function dueWords(due, zone) {
  if (!due) return [say("due_none"), ""];
  const left = daysBetween(today(zone), due);
  if (left < 0) return [say("overdue", { n: -left }), "bad"];
  if (left === 0) return [say("due_today"), ""];
  if (left === 1) return [say("due_tomorrow"), ""];
  if (left < 7) return [say("due_in", { weekday: weekday(due), n: left }), ""];
  return [say("due_on", { day: plainDay(due) }), ""];
}

function due(row) {
  const [words, urgent] = dueWords(row.due, row.site?.time_zone);
  const node = document.createElement(urgent ? "b" : "span");
  node.className = `nowrap ${urgent}`.trim();
  node.textContent = words;
  return [node, urgent];
}

const address = (row) => `#/i/${row.id}`;

/** What is done there: the checklist, of a unit's walk where the unit is, and whether it is looked at again. */
function kindOf({ unit, title, checklist }) {
  if (!unit) return textOf(title ?? checklist);
  return unit.pairs ? `${textOf(unit.estate)} · ${say("again_title")}` : textOf(unit.estate);
}

function progressItem({ row, answered, asked }) {
  const node = element("work-progress");
  const words = say("n_of", { done: answered, all: asked });
  const reading = gauge(
    asked ? (answered / asked) * 100 : 0,
    say("answered_of", { done: answered, all: asked }),
    { slim: true },
  );
  return fill(node, {
    url: address(row),
    title: subject(row),
    checklist: kindOf(row),
    due: due(row)[0],
    count: words,
    gauge: reading,
  });
}

function dueItem({ row }) {
  const [words, urgent] = due(row);
  const sign = urgent ? icon("alert", "bad") : icon("clock", "faint");
  return fill(element("work-due"), {
    url: address(row),
    title: subject(row),
    checklist: kindOf(row),
    due: words,
    icon: sign,
  });
}

function doneItem({ row, phase, total, grade, provisional }, waiting) {
  const words =
    phase === "cancelled"
      ? say("state_cancelled")
      : waiting
        ? say("state_completed_waiting", { n: waiting })
        : say(phase === "in_review" ? "state_in_review" : "state_completed");
  const result =
    phase === "cancelled" || !total
      ? words
      : `${grade && !provisional ? `${say("grade", { grade })} · ` : ""}${total} · ${words}`;
  const box = phase === "cancelled" || row.unit ? null : gradeBox(grade, { provisional }); // a flat has no grade
  return fill(element("work-done"), {
    url: address(row),
    title: subject(row),
    checklist: kindOf(row),
    state: result,
    grade: box,
  });
}

/** When something is due, in words and how urgent it is; nothing while it is judged. */
export function dueOf({ due, time_zone: zone, phase }) {
  return due ? dueWords(due, zone) : [phase, ""];
}

export function caseItem(one) {
  const [words, urgent] = dueOf(one);
  const due = document.createElement(urgent ? "b" : "span");
  due.className = `nowrap ${urgent}`.trim();
  due.textContent = words;
  return fill(element("work-case"), {
    url: `#/a/${one.id}`,
    icon: urgent ? icon("alert", "bad") : icon("action", "faint"),
    title: one.title,
    number: one.number,
    step: one.step ?? one.phase,
    due,
  });
}

function part(view, name, nodes, number = nodes.length) {
  const place = view.querySelector(`[data-list=${name}]`);
  place.hidden = nodes.length === 0;
  place.querySelector("ul").replaceChildren(...nodes);
  fill(place, { n: String(number) });
}

function readyLink() {
  const link = document.createElement("a");
  link.className = "btn btn--small";
  link.href = "#/phone/ready";
  link.append(icon("phone"), say("get_ready"));
  return link;
}

function readyNote(open) {
  const stored = open.filter((each) => each.stored).length;
  const all = stored === open.length;
  const note = element("remark");
  note.classList.add(all ? "note--good" : "note--warn");
  const text = all ? say("ready_all", { n: stored }) : say("ready_some", { done: stored, all: open.length });
  return fill(note, {
    icon: icon(all ? "check" : "alert"),
    title: say(all ? "ready_title" : "ready_not_title"),
    text,
    do: [readyLink()],
  });
}

const byDue = (a, b) => (a.row.due ?? "9").localeCompare(b.row.due ?? "9");

export function workView(app) {
  const { store } = app;
  const view = template("work");
  const root = document.createElement("div");
  root.className = "page";
  root.append(view);
  fill(root, { day: longDay(Date.now()) });

  async function paint() {
    const [work, pending, cases] = await Promise.all([knownWork(store), pendingOf(store), casesOf(store)]);
    const open = work.filter(isOpen).sort(byDue);
    part(root, "progress", open.filter(({ phase }) => phase === "in_progress").map(progressItem));
    part(root, "due", open.filter(({ phase }) => phase === "planned").map(dueItem));
    part(root, "cases", cases.map(caseItem));
    const nothing = !work.length && !cases.length;
    const done = work.filter(
      (each) => !isOpen(each) && (each.row.listed !== false || pending.get(each.row.id)),
    );
    done.sort((a, b) => (b.row.due ?? "").localeCompare(a.row.due ?? ""));
    part(
      root,
      "done",
      done.slice(0, RECENT_DONE).map((each) => doneItem(each, pending.get(each.row.id) ?? 0)),
    );
    const ready = root.querySelector("[data-ready]");
    ready.hidden = open.length === 0;
    if (open.length) ready.replaceChildren(readyNote(open));
    root.querySelector("[data-empty]").hidden = !nothing || !app.fetched;
    root.querySelector("[data-loading]").hidden = !nothing || app.fetched;
  }

  return { root, title: say("title_work"), paint, heading: root.querySelector("h1") };
}
