// When the phone is full: what may go, in order, so that typed text still finds room (offline.md 4.11). Pending work never.

const BALLAST_BYTES = 4 * 1024 * 1024;

const all = (store) => (once) =>
  once([store], "readwrite", async (tx) => {
    const kept = await tx.store.count();
    await tx.store.clear();
    return kept;
  });

/** Photos the server holds: their chunks go, the small picture stays. */
async function heldPhotos(once) {
  return once(["media", "chunks"], "readwrite", async (tx) => {
    const held = await tx.objectStore("media").index("state").getAllKeys("verified");
    let gone = 0;
    for (const sha of held) {
      const range = IDBKeyRange.bound([sha], [sha, []]);
      gone += await tx.objectStore("chunks").count(range);
      await tx.objectStore("chunks").delete(range);
    }
    return gone;
  });
}

async function ballast(once) {
  return once(["meta"], "readwrite", async (tx) => {
    const there = await tx.store.count("ballast");
    await tx.store.delete("ballast");
    return there;
  });
}

const STEPS = [all("pictures"), all("originals"), heldPhotos, ballast];

/** Tries the steps from number `from` on; the number of the next step when one freed something, 0 when none did. */
export async function freeSpace(once, from, spare) {
  const last = spare ? STEPS.length - 1 : STEPS.length;
  for (let step = from; step < last; step += 1) {
    if (await STEPS[step](once).catch(() => 0)) return step + 1;
  }
  return 0;
}

/** Four megabytes that may be given up for text. Random, or the browser would store nothing. */
export async function layBallast(store) {
  const v = new Uint8Array(BALLAST_BYTES);
  for (let at = 0; at < BALLAST_BYTES; at += 65536) crypto.getRandomValues(v.subarray(at, at + 65536));
  await store.run(
    ["meta"],
    "readwrite",
    async (tx) => (await tx.store.count("ballast")) || tx.store.put({ k: "ballast", v: v.buffer }),
    { spare: true },
  );
}
