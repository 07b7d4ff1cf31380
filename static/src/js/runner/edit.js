// One edit is one operation and its register, in one strict transaction (offline.md 4.2, 4.3).
import { canonical } from "../domain/canonical.js";
import { registers } from "../domain/merge.js";
import { uuid7 } from "./ids.js";
import { within } from "./schema.js";

const MOST_PARENTS = 50; // of one operation, app/domain/operations.py

const same = (a, b) => canonical(a) === canonical(b);

/** What may stand in an operation: no NUL, no half characters (app/domain/canonical.py refuses them). */
export const clean = (text) => text.replaceAll("\0", "").replace(/\p{Surrogate}/gu, "\ufffd");

/** Whether the server takes an instant (ms): from 2000 to 2200, app/domain/registers.py. */
export const isMoment = (at) => Number.isInteger(at) && at >= 946684800000 && at < 7258118400000;

/** Typed text as it is kept; nothing but white space is no text. */
export function typed(text, lang, more = {}) {
  const kept = clean(text);
  return kept.trim() ? { text: kept, lang, ...more } : null;
}

async function greatest(index, range, at) {
  return (await index.openKeyCursor(range, "prev"))?.key[at] ?? 0;
}

/** The head, if it is this phone's own and has never been sent: then a new value may take its place. */
async function unsentHead(ops, row, kind) {
  if (row?.heads.length !== 1) return null;
  const head = await ops.get(row.heads[0].id);
  const open = head?.mine && head.state === "pending" && head.sent === 0;
  return open && kind === "set" && head.op.kind === "set" ? head : null;
}

/** Not waited for: a put that fails ends the transaction, and whoever runs it hears why. */
function put(store, value) {
  store.put(value).catch(() => {});
}

/**
 * Writes one change {record: {kind, id}, kind, path, field, value, id?, parents?} inside a transaction over ops,
 * fields and meta. Returns {row, id}; id is null when the register already holds this value. Written when the
 * transaction is complete, not before.
 */
export async function writeInside(tx, change, now = Date.now()) {
  const { record, kind = "set", path, field, value, id } = change;
  const [ops, fields, meta] = ["ops", "fields", "meta"].map((name) => tx.objectStore(name));
  // asked together, so that it is one way to the store and back instead of six
  const [before, there, offset, device, n, lamport] = await Promise.all([
    fields.get([record.id, path, field]),
    ops.getKey(id),
    meta.get("offset"),
    meta.get("device"),
    greatest(ops.index("record_n"), within(record.id, 1), 2),
    greatest(ops.index("record_lamport"), within(record.id), 1),
  ]);
  if (there) return { row: before, id }; // the first try was complete after all
  if (kind === "set" && !before?.conflict && same(before?.value ?? null, value))
    return { row: before, id: null };

  const since = { at: now, offset: offset?.v ?? 0 };
  const head = await unsentHead(ops, before, kind);
  if (head) {
    Object.assign(head.op, { value, ...since });
    const row = { ...before, value, heads: [{ id: head.id, lamport: head.lamport, value }] };
    put(ops, head);
    put(fields, row);
    return { row, id: head.id };
  }
  const op = {
    v: 1,
    id,
    record,
    kind,
    path,
    field,
    value,
    // sorted as the server gives them back, so that every phone works out the same hash of this operation
    parents: (before?.heads ?? [])
      .slice(0, MOST_PARENTS)
      .map((each) => each.id)
      .sort(),
    device: device.v,
    n: n + 1,
    lamport: lamport + 1,
    ...since,
    tz: Intl.DateTimeFormat().resolvedOptions().timeZone ?? "UTC",
  };
  const kept = {
    id,
    op,
    record: record.id,
    path,
    field,
    lamport: op.lamport,
    n: op.n,
    mine: 1,
    state: "pending",
    sent: 0,
  };
  if (value?.sha256) kept.sha256 = value.sha256;
  const row = {
    record: record.id,
    path,
    field,
    heads: [{ id, lamport: op.lamport, value }],
    value,
    conflict: false,
  };
  put(ops, kept);
  put(fields, row);
  return { row, id };
}

/** One edit, complete when this resolves. */
export async function write(store, change) {
  await store.device();
  const ready = { ...change, id: change.id ?? uuid7() };
  const written = await store.run(["ops", "fields", "meta"], "readwrite", (tx) => writeInside(tx, ready));
  if (written.id)
    store.tell({ type: "wrote", record: change.record.id, path: change.path, field: change.field });
  return written;
}

/** Several edits of one record, all of them or none; [{row, id}] as `writeInside` gives them. */
export async function writeAll(store, changes) {
  await store.device();
  const written = await store.run(["ops", "fields", "meta"], "readwrite", async (tx) => {
    const found = [];
    for (const change of changes) found.push(await writeInside(tx, change));
    return found;
  });
  const [{ record, path, field }] = changes;
  if (written.some(({ id }) => id)) store.tell({ type: "wrote", record: record.id, path, field });
  return written;
}

const COUNTED = new Set(["pending", "acked"]);

/** Recomputes registers [[record, path, field]] from the operations that count. */
export async function rebuild(tx, touched) {
  const [ops, fields] = [tx.objectStore("ops"), tx.objectStore("fields")];
  for (const key of touched) {
    const all = await ops.index("register").getAll(key);
    const counted = all.filter(({ state }) => COUNTED.has(state)).map(({ op }) => op);
    const [held] = registers(counted).values();
    if (held) await fields.put({ record: key[0], ...held });
    else await fields.delete(key);
  }
}

/** Late work somebody decided about: taken in after all, or laid aside with a reason. What the register holds follows. */
async function decide(ops, record, decided, touched) {
  for (const { id, fate, reason, person, at } of decided) {
    const row = await ops.get(id);
    const state = fate === "applied" ? "acked" : "set_aside";
    if (!row || row.state === state || !["late", "set_aside"].includes(row.state)) continue;
    await ops.put({ ...row, state, decision: { reason, person, at } });
    touched.set(`${row.path} ${row.field}`, [record, row.path, row.field]);
  }
}

const STATE_OF_FATE = { applied: "acked", late: "late", quarantined: "quarantined", rejected: "rejected" };

/**
 * Merges operations the server holds of one record: [{seq, fate, person, received_at, op}]. One of ours among them
 * is a receipt that was lost on its way. With `page` {epoch, row, decided}, what is to be known of the inspection
 * afterwards (its cursor above all) is kept in the same transaction, and a page of another history is not: then
 * false.
 */
export async function absorb(store, record, entries, page = null) {
  const touched = new Map();
  let changed = 0;
  const stores = page ? ["ops", "fields", "meta", "inspections"] : ["ops", "fields"];
  const taken = await store.run(stores, "readwrite", async (tx) => {
    const ops = tx.objectStore("ops");
    touched.clear();
    changed = 0;
    if (page) {
      const epoch = await tx.objectStore("meta").get("epoch");
      if (epoch?.v !== page.epoch) return false;
    }
    for (const { seq, fate, person, received_at, op } of entries) {
      const state = STATE_OF_FATE[fate];
      const known = await ops.get(op.id);
      if (known?.state === "set_aside") continue; // its fate came by another way
      if (!state || (known && known.state === state && known.seq === seq) || known?.state === "dismissed")
        continue;
      const { id, path, field, lamport, n } = op;
      const kept = known ?? { id, op, record, path, field, lamport, n, sent: 0 };
      if (op.value?.sha256) kept.sha256 = op.value.sha256;
      await ops.put({ ...kept, state, seq, person, received_at });
      touched.set(`${path} ${field}`, [record, path, field]);
    }
    await decide(ops, record, page?.decided ?? [], touched);
    await rebuild(tx, touched.values());
    changed = touched.size;
    if (page) {
      const rows = tx.objectStore("inspections");
      await rows.put({ id: record, listed: true, ...(await rows.get(record)), ...page.row });
    }
    return true;
  });
  if (changed) store.tell({ type: "loaded", record });
  return page ? taken : changed;
}
