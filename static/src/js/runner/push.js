// Batches of operations to the server and receipts back (offline.md 4.6). Nothing is called received without its id.
import { rebuild } from "./edit.js";
import { uuid7 } from "./ids.js";
import { heardEpoch } from "./pull.js";

const MOST_OPERATIONS = 100;
const MOST_BYTES = 240 * 1024; // of 256 KB, the envelope and the counters want some

const encoder = new TextEncoder();
const weight = (op) => encoder.encode(JSON.stringify(op)).length + 1;

/** The oldest pending operations that fit, their `sent` counted in a complete transaction before anything leaves. */
export function chooseBatch(store, skip = new Set()) {
  return store.run(["ops"], "readwrite", async (tx) => {
    const batch = [];
    let bytes = 0;
    let cursor = await tx.store.index("mine_state").openCursor([1, "pending"]);
    while (cursor && batch.length < MOST_OPERATIONS) {
      const row = cursor.value;
      if (!skip.has(row.id)) {
        bytes += weight(row.op);
        if (batch.length && bytes > MOST_BYTES) break;
        row.sent += 1;
        await cursor.update(row);
        batch.push(row.op);
      }
      cursor = await cursor.continue();
    }
    return batch;
  });
}

const STATES = {
  applied: "acked",
  duplicate: "acked",
  late: "late",
  quarantined: "quarantined",
  rejected: "rejected",
};

/** A cursor moves over what this phone sent itself, as long as nothing of others lies between: no need to fetch it. */
async function advance(rows, epoch, numbers) {
  for (const [record, seqs] of numbers) {
    const row = await rows.get(record);
    let at = row?.cursor?.startsWith(`${epoch}.`) ? Number(row.cursor.slice(epoch.length + 1)) : null;
    if (at === null) continue;
    const before = at;
    for (const seq of seqs.sort((a, b) => a - b)) if (seq === at + 1) at = seq;
    if (at !== before)
      await rows.put({ ...row, cursor: `${epoch}.${at}`, head: Math.max(at, row.head ?? 0) });
  }
}

/** What the server said of these operations. Only an id that was in the batch and has a known result moves. */
export async function settle(store, operations, results, epoch = null) {
  const asked = new Map(operations.map((op) => [op.id, op]));
  const settled = [];
  const deferred = new Map(); // id → what the server wants first, in its words
  let foreign = false;
  for (const result of results) {
    const op = asked.get(result?.id);
    if (!op) continue;
    if (result.code === "device_of_other") {
      foreign = true; // this browser carries another person's proof just now: nothing is wrong with the operation
      continue;
    }
    if (result.result === "deferred") deferred.set(op.id, result.title ?? "");
    // a repeated operation keeps the fate it was given the first time
    const state = STATES[result.result === "duplicate" ? (result.fate ?? "applied") : result.result];
    if (state) settled.push({ op, state, result });
  }
  await store.run(["ops", "fields", "inspections"], "readwrite", async (tx) => {
    const ops = tx.objectStore("ops");
    const touched = [];
    const numbers = new Map();
    for (const { op, state, result } of settled) {
      const row = await ops.get(op.id);
      if (row?.state !== "pending") continue;
      const { seq, code, title } = result;
      if (seq) numbers.set(row.record, [...(numbers.get(row.record) ?? []), seq]);
      await ops.put({ ...row, state, seq, code, title, waits: undefined });
      if (state !== "acked") touched.push([row.record, row.path, row.field]);
    }
    for (const [id, waits] of deferred) {
      const row = await ops.get(id);
      if (row?.state === "pending" && row.waits !== waits) await ops.put({ ...row, waits });
    }
    await rebuild(tx, touched);
    if (epoch) await advance(tx.objectStore("inspections"), epoch, numbers);
  });
  if (settled.length)
    store.tell({ type: "receipts", records: [...new Set(operations.map((op) => op.record.id))] });
  return { settled: settled.length, deferred: [...deferred.keys()], foreign };
}

/** Sends one batch; too large or unreadable as a whole: halves it, down to the one operation at fault. */
async function send(store, operations, context) {
  const batch = uuid7();
  const { device, build, pending, ask } = context;
  const answer = await ask("POST", "/api/v1/sync/push", {
    json: { batch, device, build, pending, operations },
  });
  if (answer.kind === "ok") {
    if (answer.body.batch !== batch || !Array.isArray(answer.body.results)) return { kind: "portal" };
    const { epoch, results } = answer.body;
    if (epoch) await heardEpoch(store, epoch); // before the receipts: these are of the new history
    const settled = await settle(store, operations, results, epoch);
    return settled.foreign ? { kind: "login" } : { kind: "ok", ...settled };
  }
  if (answer.kind !== "problem" || (answer.status !== 413 && answer.status !== 422)) return answer;
  if (operations.length === 1) {
    const { code, title } = answer;
    const result = { id: operations[0].id, result: "rejected", code, title };
    return { kind: "ok", ...(await settle(store, operations, [result])) };
  }
  const middle = operations.length >> 1;
  let sum = { kind: "ok", settled: 0, deferred: [] };
  for (const half of [operations.slice(0, middle), operations.slice(middle)]) {
    const part = await send(store, half, context);
    if (part.kind !== "ok") return part;
    sum = { ...sum, settled: sum.settled + part.settled, deferred: [...sum.deferred, ...part.deferred] };
  }
  return sum;
}

/** Sends everything that waits, each operation once. {kind: "ok", settled, deferred: ids} or what stopped it. */
export async function pushAll(store, { ask, build }) {
  const device = await store.device();
  const tried = new Set();
  const sum = { kind: "ok", settled: 0, deferred: [] };
  for (;;) {
    const operations = await chooseBatch(store, tried);
    if (!operations.length) return sum;
    for (const op of operations) tried.add(op.id);
    const pending = await store.read(["ops"], (tx) => tx.store.index("mine_state").count([1, "pending"]));
    const part = await send(store, operations, { ask, build, device, pending });
    if (part.kind !== "ok") return part;
    sum.settled += part.settled;
    sum.deferred.push(...part.deferred);
  }
}
