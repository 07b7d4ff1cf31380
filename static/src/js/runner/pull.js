// What others did to an inspection, page by page, and a server that was restored from a backup (offline.md 4.7).
import { registers } from "../domain/merge.js";
import { absorb } from "./edit.js";
import { within } from "./schema.js";

const PAGE = 500;
const TOLD = new Set(["acked", "late", "set_aside", "quarantined"]); // what a restored server may not hold any more

/**
 * Another history on the server: nothing it said before counts. What others made is dropped and fetched again, what
 * was made here waits to be sent again (the server takes each operation once), photos are asked for again.
 */
async function startOver(tx, epoch) {
  const [meta, rows, ops, fields, media, chunks] = [...STORES].map((name) => tx.objectStore(name));
  await meta.put({ k: "epoch", v: epoch });
  for (const row of await rows.getAll()) await rows.put({ ...row, cursor: null });
  const kept = new Map();
  for (let at = await ops.openCursor(); at; at = await at.continue()) {
    const row = at.value;
    if (!row.mine) {
      await at.delete();
      continue;
    }
    if (TOLD.has(row.state)) await at.update(Object.assign(row, { state: "pending", seq: undefined }));
    if (row.state === "pending") kept.set(row.record, [...(kept.get(row.record) ?? []), row.op]);
  }
  await fields.clear();
  for (const [record, made] of kept) {
    for (const held of registers(made).values()) await fields.put({ record, ...held });
  }
  for (const row of await media.index("state").getAll("verified")) {
    if (await chunks.count(within(row.sha256))) await media.put({ ...row, state: "local", tries: 0 });
  }
}

const STORES = ["meta", "inspections", "ops", "fields", "media", "chunks"];

/** The name of the server's history as this phone last heard it. */
const known = async (meta) => (await meta.get("epoch"))?.v ?? (await meta.get("work"))?.v.epoch;

/**
 * The server said which history it tells. True when it is another one than before (or `forced`: it is the same name
 * and yet shorter, so somebody put an old copy in its place): then everything here starts over.
 */
export async function heardEpoch(store, epoch, forced = false) {
  const look = async (tx) => {
    const before = await known(tx.objectStore("meta"));
    return { before, other: forced || (before !== undefined && before !== epoch) };
  };
  const { before, other } = await store.read(["meta"], look);
  if (before === epoch && !other) return false;
  const changed = await store.run(STORES, "readwrite", async (tx) => {
    const now = await look(tx);
    if (now.other) await startOver(tx, epoch);
    else await tx.objectStore("meta").put({ k: "epoch", v: epoch });
    return now.other;
  });
  if (changed) store.tell({ type: "restored" });
  return changed;
}

/**
 * Everything the server has of an inspection after its cursor; each page and its cursor in one transaction.
 * {kind: "ok", plan: whether the plan changed} · {kind: "again"} when the history was another one · what stopped it.
 */
export async function pull(store, ask, id) {
  const row = await store.read(["inspections"], (tx) => tx.store.get(id));
  let after = row?.cursor;
  let plan = false;
  while (after) {
    const answer = await ask("GET", `/api/v1/inspections/${id}/operations?after=${after}&limit=${PAGE}`);
    if (answer.status === 409) {
      await heardEpoch(store, answer.body.epoch, answer.code === "cursor_ahead");
      return { kind: "again" };
    }
    if (answer.kind !== "ok") return answer;
    const { epoch, head, operations, decided, more, after: next } = answer.body;
    // a page of another history is thrown away: what it leaves out below the old cursor would never be asked for
    if ((await heardEpoch(store, epoch)) || !after.startsWith(`${epoch}.`)) return { kind: "again" };
    if (!(await absorb(store, id, operations, { epoch, row: { cursor: next, head }, decided })))
      return { kind: "again" };
    plan ||= operations.some(({ op }) => op.path === "plan");
    after = more ? next : null;
  }
  return { kind: "ok", plan };
}
