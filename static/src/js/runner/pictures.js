// Small pictures of the last audit, kept for a place without signal. Copies only: they may go when room is short.
const TIMEOUT_MS = 20000;

const address = (sha) => `/api/v1/media/${sha}?w=480`;

/** The photos of the last audits that the open inspections of `rows` point to. */
export function lastPhotos(rows) {
  const found = rows
    .flatMap(({ last }) => Object.values(last?.answers ?? {}))
    .flatMap(({ photos }) => photos);
  return [...new Set(found)];
}

/** How many of these are on this phone. */
export function countPictures(store, hashes) {
  return store.read(["pictures"], async (tx) => {
    const kept = new Set(await tx.store.getAllKeys());
    return hashes.filter((sha) => kept.has(sha)).length;
  });
}

async function fetchPicture(store, sha) {
  const response = await fetch(address(sha), { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok || !response.headers.get("content-type")?.startsWith("image/")) return response.status;
  const bytes = await response.arrayBuffer();
  await store.run(["pictures"], "readwrite", (tx) => tx.store.put({ sha256: sha, bytes, at: Date.now() }), {
    spare: true,
  });
  return response.status;
}

/** Fetches those that are not here; stops at the first silence, goes on where one is not to be had. */
export async function fetchPictures(store, hashes, report = () => {}) {
  const kept = new Set(await store.read(["pictures"], (tx) => tx.store.getAllKeys()));
  const wanted = hashes.filter((sha) => !kept.has(sha));
  for (const [done, sha] of wanted.entries()) {
    try {
      await fetchPicture(store, sha);
    } catch {
      return { kind: "offline" };
    }
    report(done + 1, wanted.length);
  }
  return { kind: "ok" };
}

/** Where an <img> finds a picture: on this phone, else on the server. */
export async function pictureAddress(store, sha) {
  const row = await store.read(["pictures"], (tx) => tx.store.get(sha)).catch(() => null);
  return row ? URL.createObjectURL(new Blob([row.bytes], { type: "image/jpeg" })) : address(sha);
}
