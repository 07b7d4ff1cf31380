// From the server into the store: the work list, checklists, and what others did to an inspection.
// Pulling while an inspection stays open, and starting over after a restored server, come with the offline work.
import { absorb, writeInside } from "./edit.js";
import { sha256, uuid7 } from "./ids.js";

const OPEN = new Set(["planned", "in_progress"]);
let early = null;

/**
 * Begins to fetch the inspection an address names, with its checklist, while it is not known yet whose phone this is:
 * a first visit then waits for two answers at once, not for three after each other.
 */
export function fetchEarly(ask, hash, language) {
  const [, id] = /^#\/i\/([0-9a-f-]{36})/.exec(hash) ?? [];
  if (id) early = { id, answer: ask("GET", `/api/v1/inspections/${id}?form=${language}`) };
}

function begun(id) {
  const found = early?.id === id ? early.answer : null;
  early = null;
  return found;
}

/** The work list, merged into what the phone knows. An inspection that left the list stays, unlisted. */
export async function refreshWork(store, ask) {
  const answer = await ask("GET", "/api/v1/work");
  if (answer.kind !== "ok") return answer;
  const { inspections, sites, checklists, organisation, epoch } = answer.body;
  await store.run(["inspections", "meta"], "readwrite", async (tx) => {
    const rows = tx.objectStore("inspections");
    const listed = new Set(inspections.map(({ id }) => id));
    for (const known of await rows.getAll()) {
      if (!listed.has(known.id) && known.listed) await rows.put({ ...known, listed: false });
    }
    for (const found of inspections)
      await rows.put({ ...(await rows.get(found.id)), ...found, listed: true, lost: false });
    await tx
      .objectStore("meta")
      .put({ k: "work", v: { sites, checklists, organisation, epoch, at: Date.now() } });
  });
  store.tell({ type: "loaded", record: null });
  return answer;
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
  let answer = await (begun(id) ?? ask("GET", `/api/v1/inspections/${id}`));
  if (answer.status === 404) await lose(store, id);
  if (answer.kind !== "ok") return answer;
  const { inspection, last, epoch, head, form } = answer.body;
  if (form) await keepBundle(store, form);
  for (;;) {
    const { operations, more, after, to } = answer.body;
    await absorb(store, id, operations);
    if (!more) break;
    answer = await ask(
      "GET",
      `/api/v1/inspections/${id}/operations?after=${after ?? `${epoch}.${to}`}&limit=500`,
    );
    if (answer.kind !== "ok") return answer;
  }
  await store.run(["inspections"], "readwrite", async (tx) => {
    const known = await tx.store.get(id);
    const news = { last, epoch, head, loaded: Date.now(), loaded_head: head, lost: false };
    await tx.store.put({ listed: true, ...known, ...inspection, ...news });
  });
  store.tell({ type: "loaded", record: id });
  return answer;
}

/** The same, unless the work list just said that the server holds nothing newer. */
export async function freshen(store, ask, id) {
  const row = await store.read(["inspections"], (tx) => tx.store.get(id));
  const known = row?.listed && row.loaded && row.head === row.loaded_head;
  return known ? { kind: "ok" } : fetchInspection(store, ask, id);
}

/** Makes the phone ready for no signal: every open inspection with its checklist. Stops at the first silence. */
export async function prepare(store, ask, language) {
  const rows = await store.read(["inspections"], (tx) => tx.store.getAll());
  for (const row of rows.filter((each) => each.listed && OPEN.has(each.state))) {
    const bundle = await fetchBundle(store, ask, row.version_id, language);
    if (bundle.kind !== "ok" && bundle.kind !== "problem") return bundle;
    const loaded = await freshen(store, ask, row.id);
    if (loaded.kind !== "ok" && loaded.kind !== "problem") return loaded;
  }
  return { kind: "ok" };
}

/** An unplanned inspection, born on this phone: its create operation and its row, in one transaction. */
export async function startInspection(store, { person, site, checklist, due, organisation }) {
  await store.device();
  const id = uuid7();
  const value = { checklist_version: checklist.version_id, site: site.id, auditors: [person.id], due };
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
    state: "in_progress",
    answered: 0,
    listed: true,
    born_here: true,
  };
  await store.run(["ops", "fields", "meta", "inspections"], "readwrite", async (tx) => {
    await writeInside(tx, change);
    await tx.objectStore("inspections").put(row);
  });
  store.tell({ type: "wrote", record: id, path: "inspection", field: "created" });
  return row;
}
