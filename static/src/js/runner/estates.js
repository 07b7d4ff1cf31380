// The units of the estates where this person may begin a walk, kept on the phone: a walk nobody planned begins in a
// cellar too. Small estates come by themselves; thousands of units only when somebody asks for them.
import { walked } from "../domain/rooms.js";
import { fetchPlans } from "./plans.js";

export const BY_ITSELF = 500; // units; below, an estate is kept without being asked for
const FRESH_MS = 12 * 3600 * 1000; // a list this young is not asked for again unless somebody gets ready

const keyOf = (id) => `estate:${id}`;

/** An estate's list as it is kept: {at, tag, body}; undefined when it is not here. */
export const keptEstate = (store, id) => store.meta(keyOf(id));

const dashed = (hex) =>
  [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");

/** What a walk must know of a unit of the list, in the shape the server tells it (queries/walk.py). */
export function unitOf(body, building, [hex, short_id, floor, name, at]) {
  const type = body.types[at];
  return {
    id: dashed(hex),
    short_id,
    name,
    building,
    floor,
    estate: body.name,
    type: type.name,
    owner_name: "",
    rooms: type.rooms.length ? walked(type.rooms) : [],
    plan: type.plan,
    contractors: body.contractors,
    due_days: body.due_days,
    readings: {},
    defects: [],
    others: [],
  };
}

const plain = (text) => text.normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();

const wordsOf = (text) =>
  plain(text)
    .split(/[\s,，、-]+/)
    .filter(Boolean);

/**
 * At most `most` units, in walking order, of whose building, name and label a word begins with each word of the query;
 * where there is none, those that hold them anywhere.
 */
export function search(body, query, most) {
  const wanted = wordsOf(query);
  const match = (fits) => {
    const found = [];
    for (const { name, units } of body.buildings) {
      for (const row of units) {
        if (!wanted.every((word) => fits(`${name} ${row[3]} ${row[1]}`, word))) continue;
        found.push(unitOf(body, name, row));
        if (found.length === most) return found;
      }
    }
    return found;
  };
  const begins = match((text, word) => wordsOf(text).some((each) => each.startsWith(word)));
  return begins.length ? begins : match((text, word) => plain(text).includes(word));
}

/** A label as it is typed or scanned: small letters, O for 0, I or L for 1. */
export const readLabel = (text) => text.trim().toUpperCase().replaceAll("O", "0").replaceAll(/[IL]/g, "1");

/** {body, unit} of the unit whose label says this, in any estate that is kept; null when none has it. */
export async function byLabel(store, estates, label) {
  const wanted = readLabel(label);
  for (const { id } of estates) {
    const body = (await keptEstate(store, id))?.body;
    for (const { name, units } of body?.buildings ?? []) {
      const row = units.find(([, short]) => short === wanted);
      if (row) return { body, unit: unitOf(body, name, row) };
    }
  }
  return null;
}

/** Fetches one estate's units and the plans of its types; what the server says has not changed stays. */
export async function fetchEstate(store, ask, id) {
  const kept = await keptEstate(store, id);
  const answer = await ask("GET", `/api/v1/estates/${id}/units`, { tag: kept?.tag });
  if (answer.kind !== "ok") return answer;
  const { tag } = answer.body ? answer : kept;
  const { api, ...body } = answer.body ?? { ...kept.body, api: "" };
  await store.setMeta(keyOf(id), { at: Date.now(), tag, body });
  return fetchPlans(
    store,
    body.types.map(({ plan }) => plan).filter((plan) => plan?.url),
  );
}

/**
 * Keeps the estates of the work list that come by themselves or were asked for once; forgets those that are gone from
 * it. `all`: however young a list is. Stops at the first silence.
 */
export async function keepEstates(store, ask, { all = false } = {}) {
  const { estates = [] } = (await store.meta("work")) ?? {};
  const wanted = new Set(estates.map(({ id }) => keyOf(id)));
  await store.run(["meta"], "readwrite", async (tx) => {
    for (const name of await tx.store.getAllKeys()) {
      if (String(name).startsWith("estate:") && !wanted.has(name)) await tx.store.delete(name);
    }
  });
  for (const { id, units } of estates) {
    const kept = await keptEstate(store, id);
    if (!units || (!kept && units > BY_ITSELF)) continue;
    if (kept && !all && Date.now() - kept.at < FRESH_MS) continue;
    const found = await fetchEstate(store, ask, id);
    if (found.kind !== "ok" && found.kind !== "problem") return found;
  }
  return { kind: "ok" };
}
