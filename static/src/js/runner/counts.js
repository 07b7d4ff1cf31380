// How much of this person's work the server holds. Equal to the stores, always: nothing here is remembered.
import { within } from "./schema.js";

/**
 * {total, held, pending, photos, staged, refused}: `total` counts what was changed on this phone; a photo is held
 * when both its operation and its bytes are.
 */
export function counts(store) {
  return store.read(["ops", "media", "staging"], async (tx) => {
    const ops = tx.objectStore("ops");
    const mine = ops.index("mine_state");
    const state = (name) => mine.count([1, name]);
    const media = tx.objectStore("media").index("state");
    // together: a tap that comes meanwhile waits for this transaction
    const [all, dismissed, pending, rejected, staged, local, unread] = await Promise.all([
      mine.count(within(1)),
      state("dismissed"),
      state("pending"),
      state("rejected"),
      tx.objectStore("staging").count(),
      media.getAllKeys("local"),
      media.getAllKeys("refused"),
    ]);
    let photos = 0;
    for (const sha of [...local, ...unread]) {
      const rows = await ops.index("sha256").getAll(sha);
      photos += rows.filter((row) => row.mine && row.state !== "pending" && row.state !== "dismissed").length;
    }
    const total = all - dismissed + staged;
    const held = total - staged - pending - rejected - photos;
    return { total, held, pending, photos: local.length, staged, refused: rejected + unread.length };
  });
}

/** How many of this phone's changes wait, per inspection. */
export async function pendingOf(store) {
  const rows = await store.read(["ops"], (tx) => tx.store.index("mine_state").getAll([1, "pending"]));
  const found = new Map();
  for (const { record } of rows) found.set(record, (found.get(record) ?? 0) + 1);
  return found;
}

/** How many photos of one inspection are only on this phone. */
export function photosWaiting(store, record) {
  return store.read(["ops", "media"], async (tx) => {
    const local = await tx.objectStore("media").index("state").getAllKeys("local");
    let found = 0;
    for (const sha of local) {
      const rows = await tx.objectStore("ops").index("sha256").getAll(sha);
      if (rows.some((row) => row.record === record)) found += 1;
    }
    return found;
  });
}
