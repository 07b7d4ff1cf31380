// Unsent work as an encrypted file: the way out when a phone cannot send (docs/offline.md, app/adapters/rescue_file.py).
import { bytesOf } from "./media.js";

const MAGIC = "PLUMBLINE-1\n";
const ROUNDS = 600_000;
const MOST_BYTES = 48 * 1024 * 1024; // of photos in one file; the server takes twice that
export const LEAST_PASSPHRASE = 10; // characters

const encoder = new TextEncoder();

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
  return c;
});

function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ TABLE[(crc ^ byte) & 255];
  return (crc ^ 0xffffffff) >>> 0;
}

/** The fields of a ZIP record: [value, size in bytes], little endian. */
function fields(...pairs) {
  const view = new DataView(new ArrayBuffer(pairs.reduce((sum, [, size]) => sum + size, 0)));
  let at = 0;
  for (const [value, size] of pairs) {
    if (size === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(view.buffer);
}

const NAMES_ARE_UTF8 = 0x0800;
const FIRST_DAY = 0x21; // 1 January 1980: a ZIP wants a date, and it says nothing

/** A ZIP without compression, of [[name, bytes]]. */
export function zip(entries) {
  const parts = [];
  const directory = [];
  let at = 0;
  for (const [name, bytes] of entries) {
    const called = encoder.encode(name);
    const common = [
      [NAMES_ARE_UTF8, 2],
      [0, 2],
      [0, 2],
      [FIRST_DAY, 2],
      [crc32(bytes), 4],
      [bytes.length, 4],
      [bytes.length, 4],
      [called.length, 2],
      [0, 2],
    ];
    const local = fields([0x04034b50, 4], [20, 2], ...common);
    parts.push(local, called, bytes);
    directory.push(
      fields([0x02014b50, 4], [20, 2], [20, 2], ...common, [0, 2], [0, 2], [0, 2], [0, 4], [at, 4]),
      called,
    );
    at += local.length + called.length + bytes.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const [n] = [entries.length];
  const end = fields([0x06054b50, 4], [0, 2], [0, 2], [n, 2], [n, 2], [size, 4], [at, 4], [0, 2]);
  return new Blob([...parts, ...directory, end]).arrayBuffer();
}

/** The bytes behind a passphrase: AES-256-GCM, its key from PBKDF2; the header is authenticated, too. */
export async function lock(bytes, passphrase, rounds = ROUNDS) {
  const header = new Uint8Array(44);
  header.set(encoder.encode(MAGIC));
  crypto.getRandomValues(header.subarray(12, 28));
  new DataView(header.buffer).setUint32(28, rounds);
  crypto.getRandomValues(header.subarray(32));
  const [salt, iv] = [header.slice(12, 28), header.slice(32)];
  const secret = await crypto.subtle.importKey("raw", encoder.encode(passphrase), "PBKDF2", false, [
    "deriveKey",
  ]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: rounds };
  const key = await crypto.subtle.deriveKey(how, secret, { name: "AES-GCM", length: 256 }, false, [
    "encrypt",
  ]);
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: header }, key, bytes);
  return new Blob([header, sealed], { type: "application/octet-stream" });
}

/** What the server does not hold yet: {operations, photos: [sha256 with size, oldest first], staged}. */
export function unsent(store) {
  return store.read(["ops", "media", "staging"], async (tx) => {
    const ops = await tx.objectStore("ops").index("mine_state").getAll([1, "pending"]);
    const media = tx.objectStore("media").index("state");
    const photos = [...(await media.getAll("local")), ...(await media.getAll("refused"))];
    return {
      operations: ops.map(({ op }) => op).sort((a, b) => a.lamport - b.lamport),
      photos: photos.sort((a, b) => a.at - b.at),
      staged: await tx.objectStore("staging").count(),
    };
  });
}

/** As many photos as fit into one file, then the next file. */
export function inFiles(photos, most = MOST_BYTES) {
  const files = [[]];
  let bytes = 0;
  for (const photo of photos) {
    if (files.at(-1).length && bytes + photo.size > most) {
      files.push([]);
      bytes = 0;
    }
    files.at(-1).push(photo);
    bytes += photo.size;
  }
  return files;
}

/**
 * The files of all that is not sent, each of use without the others: all have the operations, the photos are shared
 * out. What is sent is left as it is: a file is a copy, and whoever brings it in twice changes nothing.
 */
export async function* rescue(store, person, passphrase, { rounds, most } = {}) {
  const { operations, photos } = await unsent(store);
  // an operation counts as seen from here on: changing it now would make two of one (offline.md 4.2)
  await store.run(["ops"], "readwrite", async (tx) => {
    for (const { id } of operations) {
      const row = await tx.store.get(id);
      await tx.store.put({ ...row, sent: row.sent + 1 });
    }
  });
  const device = await store.device();
  const day = new Date().toISOString().slice(0, 10);
  const files = inFiles(photos, most);
  for (const [i, some] of files.entries()) {
    const work = { format: 1, person: person.id, device, made_at: Date.now(), operations };
    const entries = [["work.json", encoder.encode(JSON.stringify(work))]];
    for (const { sha256 } of some) {
      const bytes = await bytesOf(store, sha256);
      if (bytes) entries.push([`photos/${sha256}`, new Uint8Array(bytes)]);
    }
    const blob = await lock(await zip(entries), passphrase, rounds);
    const part = files.length > 1 ? `-${i + 1}-of-${files.length}` : "";
    yield new File([blob], `plumbline-${day}${part}.plumbline`, { type: "application/octet-stream" });
  }
}
