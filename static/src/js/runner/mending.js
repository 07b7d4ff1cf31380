// What waits and what was refused, and the ways out of a refusal. Nothing is deleted: an operation is let go by state.
import { rebuild, write } from "./edit.js";

/** Pending work per inspection, oldest first, and every photo whose bytes are not on the server. */
export function waiting(store) {
  return store.read(["ops", "media", "staging"], async (tx) => {
    const ops = tx.objectStore("ops");
    const groups = new Map();
    for (const { record, path, field, op, waits } of await ops.index("mine_state").getAll([1, "pending"])) {
      const group = groups.get(record) ?? { record, scores: 0, notes: 0, pictures: 0, others: 0, at: op.at };
      const kind =
        !/^(q|point|note)\//.test(path) || field.startsWith("marks:")
          ? "others"
          : field === "score" || field === "seen"
            ? "scores"
            : field.startsWith("photo:")
              ? "pictures"
              : "notes";
      group[kind] += 1;
      if (waits) group.why = waits; // the server's word for what it wants first
      groups.set(record, group);
    }
    const photos = [];
    for (const { sha256, size, at } of await tx.objectStore("media").index("state").getAll("local")) {
      const [op] = await ops.index("sha256").getAll(sha256);
      if (op) photos.push({ path: op.path, record: op.record, size, at });
    }
    for (const { path, record, at } of await tx.objectStore("staging").getAll())
      photos.push({ path, record: record.id, size: 0, at });
    return {
      groups: [...groups.values()].sort((a, b) => a.at - b.at),
      photos: photos.sort((a, b) => a.at - b.at),
    };
  });
}

function letGo(tx, id) {
  return tx
    .objectStore("ops")
    .get(id)
    .then((row) => row && tx.objectStore("ops").put({ ...row, state: "dismissed" }));
}

/** The person has seen it and wants no more of it. A refused photo leaves its question, too. */
export async function dismiss(store, id, sha = null) {
  const row = await store.read(["ops"], (tx) => tx.store.get(id));
  if (sha) {
    const record = row.op.record;
    const stays = row.path.startsWith("note/"); // nothing is taken back there: the note says it had a photo
    if (!stays)
      await write(store, { record, kind: "media.remove", path: row.path, field: row.field, value: null });
    await store.run(["media"], "readwrite", async (tx) =>
      tx.store.put({ ...(await tx.store.get(sha)), state: "dismissed" }),
    );
    store.tell({ type: "media", sha256: sha });
    return;
  }
  await store.run(["ops", "fields"], "readwrite", async (tx) => {
    await letGo(tx, id);
    await rebuild(tx, [[row.record, row.path, row.field]]);
  });
  store.tell({ type: "receipts", records: [row.record] });
}

/** The same value once more, as a new operation; the refused one is let go. */
export async function redo(store, row) {
  const { record, kind, path, field, value } = row.op;
  await store.run(["ops"], "readwrite", (tx) => letGo(tx, row.id));
  await write(store, { record, kind, path, field, value });
}

export { tryAgain } from "./media.js";
