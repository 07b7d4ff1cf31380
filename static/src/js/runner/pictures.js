// Small pictures of earlier visits, kept for a place without signal. Copies only: they may go when room is short.
const TIMEOUT_MS = 20000;

/** A photo as it is fetched: {sha256, address}. */
const ofEvidence = (sha256) => ({ sha256, address: `/api/v1/media/${sha256}?w=480` });

/** The photo of an open point: it may be of a visit this person need not see, so the inspection serves it. */
export const pointPhoto = ({ id }, point) => ({
  sha256: point.photo,
  address: `/api/v1/inspections/${id}/points/${point.id}/photo`,
});

/** A photo a re-inspection compares with: it may be a contractor's, so the inspection serves it. `large`: whole screen. */
export const pairPhoto = ({ id }, sha256, large = false) => ({
  sha256: large ? `${sha256}-1280` : sha256,
  address: `/inspections/${id}/repaired/${sha256}?w=${large ? 1280 : 480}`,
});

/** What the re-inspections among `rows` compare with; from before the repair also as large as the camera lays it over. */
export function pairPhotos(rows) {
  return rows.flatMap((row) => {
    const { before = [], after = [] } = row.unit?.pairs ?? {};
    const small = [...before, ...after].map((sha256) => pairPhoto(row, sha256));
    return [...small, ...before.map((sha256) => pairPhoto(row, sha256, true))];
  });
}

/** The photos of the last audits that the open inspections of `rows` point to, and of their open points. */
export function lastPhotos(rows) {
  const last = rows
    .flatMap(({ last }) => Object.values(last?.answers ?? {}))
    .flatMap(({ photos }) => photos.map(ofEvidence));
  const points = rows.flatMap((row) =>
    (row.open_points ?? []).filter(({ photo }) => photo).map((point) => pointPhoto(row, point)),
  );
  return [
    ...new Map([...last, ...points, ...pairPhotos(rows)].map((photo) => [photo.sha256, photo])).values(),
  ];
}

/** How many of these are on this phone. */
export function countPictures(store, photos) {
  return store.read(["pictures"], async (tx) => {
    const kept = new Set(await tx.store.getAllKeys());
    return photos.filter(({ sha256 }) => kept.has(sha256)).length;
  });
}

async function fetchPicture(store, { sha256, address }) {
  const response = await fetch(address, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok || !response.headers.get("content-type")?.startsWith("image/")) return response.status;
  const bytes = await response.arrayBuffer();
  await store.run(["pictures"], "readwrite", (tx) => tx.store.put({ sha256, bytes, at: Date.now() }), {
    spare: true,
  });
  return response.status;
}

/** Fetches those that are not here; stops at the first silence, goes on where one is not to be had. */
export async function fetchPictures(store, photos, report = () => {}) {
  const kept = new Set(await store.read(["pictures"], (tx) => tx.store.getAllKeys()));
  const wanted = photos.filter(({ sha256 }) => !kept.has(sha256));
  for (const [done, photo] of wanted.entries()) {
    try {
      await fetchPicture(store, photo);
    } catch {
      return { kind: "offline" };
    }
    report(done + 1, wanted.length);
  }
  return { kind: "ok" };
}

/** Where an <img> finds a photo, given as its hash or as {sha256, address}: on this phone, else on the server. */
export async function pictureAddress(store, photo) {
  const { sha256, address } = typeof photo === "string" ? ofEvidence(photo) : photo;
  const row = await store.read(["pictures"], (tx) => tx.store.get(sha256)).catch(() => null);
  return row ? URL.createObjectURL(new Blob([row.bytes], { type: "image/jpeg" })) : address;
}
