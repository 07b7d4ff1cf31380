// Photos: durable before anything else happens to them, made small, hashed, sent after the operations (offline.md 4.9).
import { clean, writeInside } from "./edit.js";
import { sha256, uuid7 } from "./ids.js";
import { within } from "./schema.js";

const CHUNK = 256 * 1024; // whole Blobs in IndexedDB fail on iOS
const MOST_NAME = 200; // app/domain/registers.py

/**
 * Keeps what the camera gave, byte for byte, before it is looked at. `taken`: when, where the bytes cannot say so.
 * Returns the staging row.
 */
export async function stage(store, { record, path, file, taken = null }) {
  const bytes = await file.arrayBuffer(); // now: on Android the file may be gone later
  const row = {
    id: uuid7(),
    record,
    path,
    name: clean(file.name ?? "").slice(0, MOST_NAME),
    bytes,
    taken,
    at: Date.now(),
  };
  await store.run(["staging"], "readwrite", (tx) => tx.store.put(row), { spare: true });
  store.tell({ type: "staged", record: record.id, path });
  return row;
}

function chunksOf(sha, bytes) {
  const chunks = [];
  for (let at = 0; at < bytes.byteLength; at += CHUNK) {
    chunks.push({ sha256: sha, i: chunks.length, bytes: bytes.slice(at, at + CHUNK) });
  }
  return chunks;
}

/** The evidence, its chunks, its operation and the end of its staging: together or not at all. */
async function keep(store, row, small, withOriginal) {
  const sha = await sha256(small.bytes);
  const media_id = crypto.randomUUID();
  const { width: w, height: h, gps, thumb } = small;
  const taken_at = small.taken_at ?? row.taken ?? null;
  const size = small.bytes.byteLength;
  const value = { media_id, sha256: sha, size, mime: "image/jpeg", w, h, taken_at, gps, name: row.name };
  const change = {
    record: row.record,
    kind: "media.add",
    path: row.path,
    field: `photo:${media_id}`,
    value,
    id: uuid7(),
  };
  const chunks = chunksOf(sha, small.bytes);
  await store.device();
  const stores = ["ops", "fields", "meta", "media", "chunks", "originals", "staging"];
  await store.run(
    stores,
    "readwrite",
    async (tx) => {
      if (!(await tx.objectStore("staging").count(row.id))) return; // another tab has made it evidence already
      const media = tx.objectStore("media");
      if (!(await media.count(sha))) {
        for (const chunk of chunks) await tx.objectStore("chunks").put(chunk);
        await media.put({
          sha256: sha,
          size,
          w,
          h,
          mime: "image/jpeg",
          thumb,
          state: "local",
          at: row.at,
          tries: 0,
        });
      }
      if (withOriginal)
        await tx.objectStore("originals").put({ sha256: sha, bytes: row.bytes, name: row.name });
      await writeInside(tx, change, row.at);
      await tx.objectStore("staging").delete(row.id);
    },
    { spare: true },
  );
  store.tell({ type: "wrote", record: row.record.id, path: row.path, field: change.field });
  return value;
}

/**
 * Makes a staged photo evidence. `shrink(bytes, {gps})` gives {bytes, width, height, taken_at, gps, thumb} or throws
 * an Error with `refused`: then nothing of it is kept and the reason is returned.
 */
export async function process(store, row, shrink) {
  let small;
  try {
    small = await shrink(row.bytes, { gps: Boolean(await store.meta("gps")) });
  } catch (error) {
    if (!error.refused) throw error;
    await store.run(["staging"], "readwrite", (tx) => tx.store.delete(row.id));
    store.tell({ type: "staged", record: row.record.id, path: row.path });
    return { refused: error.refused };
  }
  // The camera's own file stays until the server has the evidence, storage permitting.
  return { value: await keep(store, row, small, true).catch(() => keep(store, row, small, false)) };
}

/** What was staged when the tab died. One after the other: pictures are large. */
export async function resume(store, shrink, report = () => {}) {
  for (const row of await store.read(["staging"], (tx) => tx.store.getAll())) {
    await process(store, row, shrink).then(
      (outcome) => report(row, outcome),
      () => {},
    );
  }
}

/** The evidence as one ArrayBuffer; null when its chunks are no longer on this phone. */
export async function bytesOf(store, sha) {
  const parts = await store.read(["chunks"], (tx) => tx.store.getAll(within(sha)));
  return parts.length ? new Blob(parts.map(({ bytes }) => bytes)).arrayBuffer() : null;
}

export function mark(store, sha, more) {
  return store.run(["media", "originals"], "readwrite", async (tx) => {
    const media = tx.objectStore("media");
    await media.put({ ...(await media.get(sha)), ...more });
    if (more.state === "verified") await tx.objectStore("originals").delete(sha);
  });
}

/** The server refused it and the person says: once more. */
export async function tryAgain(store, sha) {
  await mark(store, sha, { state: "local", tries: 0, code: undefined, title: undefined });
  store.tell({ type: "media", sha256: sha });
}
