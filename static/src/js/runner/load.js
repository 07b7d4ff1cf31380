// From the server into the store: the work list, checklists, and inspections that were never here.
import { begunFor } from "./early.js";
import { absorb, writeInside } from "./edit.js";
import { sha256, uuid7 } from "./ids.js";
import { fetchPlans, plansOf } from "./plans.js";
import { heardEpoch, pull } from "./pull.js";

const OPEN = new Set(["planned", "in_progress"]);

/** The open points there are now, and those there were: somebody may have looked at one before it was closed. */
function withGone(now, before = []) {
  const here = new Set(now.map(({ id }) => id));
  return [...now, ...before.filter(({ id }) => !here.has(id)).map((point) => ({ ...point, gone: true }))];
}

/** The work list, merged into what the phone knows. An inspection that left the list stays, unlisted. */
export async function refreshWork(store, ask) {
  const answer = await ask("GET", "/api/v1/work");
  if (answer.kind !== "ok") return answer;
  const { inspections, sites, checklists, estates = [], organisation, epoch } = answer.body;
  await heardEpoch(store, epoch);
  await store.run(["inspections", "meta"], "readwrite", async (tx) => {
    const rows = tx.objectStore("inspections");
    const listed = new Set(inspections.map(({ id }) => id));
    for (const known of await rows.getAll()) {
      if (!listed.has(known.id) && known.listed) await rows.put({ ...known, listed: false });
    }
    for (const found of inspections) {
      const known = await rows.get(found.id);
      const points = found.open_points && withGone(found.open_points, known?.open_points);
      await rows.put({
        ...known,
        ...found,
        ...(points && { open_points: points }),
        listed: true,
        lost: false,
      });
    }
    await tx
      .objectStore("meta")
      .put({ k: "work", v: { sites, checklists, estates, organisation, epoch, at: Date.now() } });
  });
  store.tell({ type: "loaded", record: null });
  return answer;
}

const tags = new Map(); // of the last index, per store

/** How far the server is with each open inspection, and on which phones its people work. Mostly: nothing new. */
export async function refreshHeads(store, ask) {
  const answer = await ask("GET", "/api/v1/sync/index", { tag: tags.get(store.name) });
  if (answer.kind !== "ok" || !answer.body) return answer;
  const { inspections, epoch } = answer.body;
  await heardEpoch(store, epoch);
  const others = (devices) => JSON.stringify((devices ?? []).filter(({ here }) => !here));
  const records = await store.run(["inspections"], "readwrite", async (tx) => {
    const changed = [];
    for (const { id, head, devices } of inspections) {
      const row = await tx.store.get(id);
      if (!row) continue;
      await tx.store.put({ ...row, head, devices });
      if (others(row.devices) !== others(devices)) changed.push(id);
    }
    return changed;
  });
  tags.set(store.name, answer.tag);
  if (records.length) store.tell({ type: "loaded", record: null, records });
  return answer;
}

/** Fetches what is new in every inspection that is here. Stops at the first silence. */
export async function freshenAll(store, ask) {
  const rows = await store.read(["inspections"], (tx) => tx.store.getAll());
  for (const row of rows.filter(
    (each) => each.listed && (each.loaded || each.head) && OPEN.has(each.state),
  )) {
    const found = await freshen(store, ask, row.id);
    if (found.kind !== "ok" && found.kind !== "problem") return found;
  }
  return { kind: "ok" };
}

export function bundleOf(store, version, language) {
  return store.read(["checklists"], (tx) => tx.store.get([version, language]));
}

/** A checklist version in one language, from the phone or else from the server; whole or not at all. */
export async function fetchBundle(store, ask, version, language) {
  const known = await bundleOf(store, version, language);
  if (known) return { kind: "ok", bundle: known };
  const answer = await ask("GET", `/api/v1/checklists/${version}/${language}`);
  if (answer.kind !== "ok") return answer;
  const bundle = await keepBundle(store, answer.body);
  return bundle ? { kind: "ok", bundle } : { kind: "offline" };
}

/** The bundle as it is kept; null when its form came damaged. */
async function keepBundle(store, { id, language, html, definition, format, sha256: expected }) {
  if ((await sha256(new TextEncoder().encode(html))) !== expected) return null;
  const bundle = { version_id: id, language, html, definition, format, sha256: expected };
  await store.run(["checklists"], "readwrite", (tx) => tx.store.put(bundle));
  return bundle;
}

/** What was here and is not found any more was given to somebody else: whoever has it open is told. */
async function lose(store, id) {
  const known = await store.run(["inspections"], "readwrite", async (tx) => {
    const row = await tx.store.get(id);
    if (row?.loaded) await tx.store.put({ ...row, lost: true });
    return row;
  });
  if (known?.loaded && !known.lost) store.tell({ type: "loaded", record: id });
}

/** Everything the server holds of one inspection, merged: another phone or a returned audit goes on here. */
export async function fetchInspection(store, ask, id) {
  const answer = await (begunFor(id) ?? ask("GET", `/api/v1/inspections/${id}`));
  if (answer.status === 404 || answer.status === 410) await lose(store, id);
  if (answer.kind !== "ok") return answer;
  const { inspection, last, epoch, head, form, operations, decided, after, more } = answer.body;
  if (form) await keepBundle(store, form);
  await heardEpoch(store, epoch);
  const row = { ...inspection, last, epoch, head, cursor: after, loaded: Date.now(), lost: false };
  if (!(await absorb(store, id, operations, { epoch, row, decided }))) return { kind: "again" };
  store.tell({ type: "loaded", record: id });
  const rest = more ? await pull(store, ask, id) : answer;
  return rest.kind === "ok" ? answer : rest;
}

/** What is new of an inspection that is here; all of it when it never was, or when the server's history is another. */
export async function freshen(store, ask, id) {
  const row = await store.read(["inspections"], (tx) => tx.store.get(id));
  if (!row?.loaded || !row.cursor) return fetchInspection(store, ask, id);
  // the list just said how far the server is: nothing to ask for
  if (row.listed && row.cursor.endsWith(`.${row.head}`)) return { kind: "ok" };
  const pulled = await pull(store, ask, id);
  if (pulled.kind === "again" || pulled.plan) return fetchInspection(store, ask, id);
  if (pulled.status === 404 || pulled.status === 410) await lose(store, id);
  return pulled;
}

/**
 * Makes the phone ready for no signal: every open inspection, and every checklist this person may start with, in the
 * reader's language. Stops at the first silence. `report(done, all)` after each.
 */
export async function prepare(store, ask, language, report = () => {}) {
  const [rows, work] = await store.read(["inspections", "meta"], (tx) =>
    Promise.all([tx.objectStore("inspections").getAll(), tx.objectStore("meta").get("work")]),
  );
  const open = rows.filter((each) => each.listed && OPEN.has(each.state));
  const versions = [...open, ...(work?.v.checklists ?? [])].map(({ version_id }) => version_id);
  const steps = [
    ...[...new Set(versions)].map((version) => () => fetchBundle(store, ask, version, language)),
    ...open.map(
      ({ id }) =>
        () =>
          freshen(store, ask, id),
    ),
    () => fetchPlans(store, plansOf(open)),
  ];
  for (const [done, step] of steps.entries()) {
    const found = await step();
    if (found.kind !== "ok" && found.kind !== "problem") return found;
    report(done + 1, steps.length);
  }
  return { kind: "ok" };
}

/**
 * An unplanned inspection, born on this phone: its create operation and its row, in one transaction. `unit`: of a walk,
 * as the server would tell it.
 */
export async function startInspection(store, { person, site, checklist, due, organisation, unit = null }) {
  await store.device();
  const id = uuid7();
  const points = site.open_points ?? [];
  const value = { checklist_version: checklist.version_id, site: site.id, auditors: [person.id], due };
  if (unit) Object.assign(value, { unit: unit.id, rooms: unit.rooms });
  if (points.length) value.open_points = points.map((point) => point.id);
  const record = { kind: "inspection", id };
  const change = { record, kind: "create", path: "inspection", field: "created", value, id: uuid7() };
  const row = {
    id,
    number: null,
    title: checklist.title,
    checklist: checklist.title,
    version_id: checklist.version_id,
    site,
    company: site.company ?? null,
    due,
    auditors: [{ id: person.id, name: person.name }],
    organisation,
    open_points: points,
    state: "in_progress",
    answered: 0,
    listed: true,
    born_here: true,
    ...(unit && { unit, rooms: unit.rooms }),
  };
  await store.run(["ops", "fields", "meta", "inspections"], "readwrite", async (tx) => {
    await writeInside(tx, change);
    await tx.objectStore("inspections").put(row);
  });
  store.tell({ type: "wrote", record: id, path: "inspection", field: "created" });
  return row;
}
