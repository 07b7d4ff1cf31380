// Opening and closing page: who was there, what was seen, what was said.
import { element, fill, textOf } from "../dom.js";
import { listed, plainDay, say } from "../words.js";
import { paintSaved } from "./question.js";
import { versus } from "./remarks.js";

const PLAN = ["objectives", "scope", "criteria", "client"];

/** Who to ask for at the door, one tap from a call. */
function contactLine({ name, duty, phone, email }) {
  const line = document.createDocumentFragment();
  line.append([name, duty].filter(Boolean).join(" · "));
  for (const [scheme, address] of [
    ["tel", phone],
    ["mailto", email],
  ]) {
    if (!address) continue;
    const link = document.createElement("a");
    link.href = `${scheme}:${address.replace(/\s/g, "")}`;
    link.textContent = address;
    line.append(document.createElement("br"), link);
  }
  return line;
}

function planEntries(session) {
  const { row } = session;
  const found = [];
  const auditors = listed((row.auditors ?? []).map(({ name }) => name));
  if (auditors) found.push([say("plan_auditors"), auditors]);
  if (row.due) found.push([say("plan_due"), plainDay(row.due)]);
  for (const field of PLAN) {
    const value = session.read("plan", field) ?? row[field];
    if (value) found.push([say(`plan_${field}`), value]);
  }
  for (const contact of row.contacts ?? []) found.push([say("plan_contact"), contactLine(contact)]);
  for (const section of session.definition.sections) {
    const covered = session.read(`s/${section.id}`, "covered");
    if (covered?.in === false)
      found.push([say("plan_left"), `${textOf(section.title)}: ${textOf(covered.reason)}`]);
  }
  return found;
}

function paintPlan(list, session) {
  const nodes = planEntries(session).flatMap(([name, value]) => {
    const [term, said] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    if (value instanceof Node) said.append(value);
    else said.textContent = textOf(value);
    if (value.lang) said.lang = value.lang;
    return [term, said];
  });
  list.hidden = nodes.length === 0;
  list.replaceChildren(...nodes);
}

/** A row of a participant: its labels need ids of their own. */
function personRow(id, kind) {
  const node = element(kind);
  node.dataset.path = `participants/${id}`;
  for (const field of node.querySelectorAll(".field")) {
    const control = field.querySelector("[data-field]");
    control.id = `${id}-${control.dataset.field}`;
    field.querySelector("label").htmlFor = control.id;
  }
  return node;
}

/** Keeps the rows that are there, adds and removes the others: nobody loses the field they are in. */
function paintRows(list, ids, kind) {
  for (const node of [...list.children]) if (!ids.includes(node.dataset.row)) node.remove();
  ids.forEach((id, at) => {
    if (list.children[at]?.dataset.row === id) return;
    const known = [...list.children].find((node) => node.dataset.row === id) ?? personRow(id, kind);
    known.dataset.row = id;
    list.insertBefore(known, list.children[at] ?? null);
  });
}

export class Meetings {
  constructor(opening, closing, session) {
    Object.assign(this, { opening, closing, session });
    for (const page of [opening, closing])
      page.addEventListener("click", (event) => this.#press(event.target));
  }

  async #press(target) {
    const { session } = this;
    const now = target.closest("[data-now]");
    if (now) {
      const at = Math.floor(Date.now() / 60000) * 60000;
      await session.write(now.closest("[data-path]").dataset.path, "held_at", at);
    }
    if (target.closest("[data-add-person]")) {
      const path = await session.addRow("participants");
      this.paint();
      this.opening.querySelector(`[data-path="${path}"] [data-field=name]`)?.focus();
    }
    if (target.closest("[data-remove-person]")) {
      const row = target.closest("[data-person]");
      const next = row.nextElementSibling ?? row.previousElementSibling;
      await session.removeRow(row.dataset.path);
      (next?.querySelector("input") ?? this.opening.querySelector("[data-add-person]")).focus();
    }
  }

  /** The registers whose saved mark a page shows. */
  #saved(page, paths) {
    const order = ["unsaved", "saving", "phone", "server"];
    const found = paths.map((path) => this.session.saved(path)).filter(Boolean);
    paintSaved(page.querySelector("[data-saved]"), order.find((state) => found.includes(state)) ?? null);
  }

  /** Two texts for one field: both stand there until somebody chooses. */
  #versus(page, paths) {
    const torn = this.session.conflicts.filter(({ path }) => paths.includes(path));
    const place = page.querySelector("[data-torn]");
    const drawn = JSON.stringify(torn.map(({ heads }) => heads.map(({ id }) => id)));
    if (place.dataset.drawn === drawn) return;
    place.dataset.drawn = drawn;
    place.replaceChildren(...torn.map((held) => versus(this.session, held)));
  }

  paint() {
    const { opening, closing, session } = this;
    const people = session.participants;
    const ids = people.map(([id]) => id);
    paintPlan(opening.querySelector("[data-plan]"), session);
    paintRows(opening.querySelector("[data-people]"), ids, "person");
    paintRows(closing.querySelector("[data-people]"), ids, "present");
    for (const [id, { name, role }] of people) {
      const row = closing.querySelector(`[data-path="participants/${id}"]`);
      fill(row, { name: name ?? say("somebody"), role: role ?? null });
    }
    closing.querySelector("[data-attendance]").hidden = ids.length === 0;
    fill(opening, { people: ids.length ? say("people", { n: ids.length }) : null });
    const rows = ids.map((id) => `participants/${id}`);
    this.#versus(opening, ["opening", "plan", ...rows]);
    this.#versus(closing, ["closing"]);
    this.#saved(opening, ["opening", ...rows]);
    this.#saved(closing, ["closing"]);
  }
}
