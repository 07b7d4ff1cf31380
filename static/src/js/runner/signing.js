// What a signature covers now, from the operations on this phone, and which signatures still count.
import { canonical, digest } from "../domain/canonical.js";
import { key } from "../domain/merge.js";
import { covered, isCovered, livePhotos, standing, winning } from "../domain/signatures.js";
import { within } from "./schema.js";

const versions = new WeakMap();

/** The hash of a published version: it names the checklist in everything that is signed. */
function versionHash(definition) {
  if (!versions.has(definition)) versions.set(definition, digest(canonical(definition)));
  return versions.get(definition);
}

/** {version, registers, photos, state, operations}: one reading of the store, so that nothing comes in between. */
export async function coverage(store, record, definition) {
  const [fields, rows] = await store.read(["fields", "ops"], (tx) =>
    Promise.all([
      tx.objectStore("fields").getAll(within(record)),
      tx.objectStore("ops").index("record_lamport").getAll(within(record)),
    ]),
  );
  const state = new Map(fields.map((held) => [key(held.path, held.field), held]));
  const operations = new Map(rows.map((row) => [row.id, row]));
  const shown = fields.filter(({ path, field }) => isCovered(path, field)).flatMap(winning);
  const hashes = await Promise.all(
    shown.map(async ({ id }) => [id, await digest(canonical(operations.get(id).op))]),
  );
  const version = await versionHash(definition);
  return {
    version,
    registers: covered(state, new Map(hashes)),
    photos: livePhotos(state),
    state,
    operations,
  };
}

/**
 * Paths of what was written after a signature was given. An own change that was not sent yet keeps its place in the
 * order when it is changed again, so its time is asked, too.
 */
function writtenAfter({ state, operations }, { lamport, value }) {
  const found = [...state.values()].filter(({ path, field, heads }) => {
    if (!heads.length || !isCovered(path, field)) return false;
    const { mine, op } = operations.get(heads[0].id) ?? {};
    return heads[0].lamport > lamport || (mine && op.at > value.at);
  });
  return found.map(({ path }) => path);
}

/** Rows of domain/signatures.js `given`, each with `counts`; what does not count says what was written `after`. */
export async function weigh(store, record, definition, rows) {
  if (!rows.length) return [];
  const now = await coverage(store, record, definition);
  const judged = await standing(now.version, now.registers, now.photos, rows);
  return judged.map((one) => (one.counts ? one : { ...one, after: writtenAfter(now, one) }));
}

/** The first and last digits of a digest: enough to compare by eye. */
export const short = (hex) => `${hex.slice(0, 8)}…${hex.slice(-4)}`;
