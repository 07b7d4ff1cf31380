// Photos to the server in numbered parts (offline.md 4.9): any order, sent again without harm, two in flight.
import { bytesOf, mark } from "./media.js";

const LARGEST_PART = 256 * 1024;
const SMALLEST_PART = 64 * 1024; // below, a network that refuses it refuses everything
const PARTS_IN_FLIGHT = 2;
const PHOTOS_AT_ONCE = 3;
const UPLOAD_MS = 120000;
const MOST_TRIES = 3;
const MOST_IN_VAIN = 3; // cycles in which no part arrived, until parts that are there are given up for smaller ones
const MOST_ASKED = 1000; // photos in one question, app/features/sync/api.py

const refused = ({ code, title }) => ({ state: "refused", code, title });

async function digestOf(bytes) {
  return btoa(String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))));
}

/** Runs at most `most` of the given works at once, first come first served. */
function gate(most) {
  let running = 0;
  const waiting = [];
  const next = () => {
    if (running >= most || !waiting.length) return;
    running += 1;
    waiting.shift()();
  };
  return async (work) => {
    await new Promise((resolve) => {
      waiting.push(resolve);
      next();
    });
    try {
      return await work();
    } finally {
      running -= 1;
      next();
    }
  };
}

/** One cycle's uploads: what all photos share. `part` is the size that passes this network. */
class Upload {
  #gate = gate(PARTS_IN_FLIGHT);
  stop = null; // what ended the cycle: nothing more leaves
  #vain = true; // no part has arrived yet

  constructor(store, ask, part) {
    Object.assign(this, { store, ask, part });
  }

  /** Smaller parts than those, and later photos begin with them. */
  async smaller(than) {
    this.part = Math.min(this.part, than / 2);
    await this.store.setMeta("part", this.part);
  }

  async #arrived() {
    if (!this.#vain) return;
    this.#vain = false;
    await this.store.setMeta("vain", 0);
  }

  /** Sends these parts; {kind: "ok"}, {kind: "smaller"} when the network wants smaller ones, or a problem. */
  async #send(sha, bytes, ps, indexes) {
    let worst = { kind: "ok" };
    const one = async (i) => {
      if (this.stop || worst.kind !== "ok") return;
      const part = bytes.slice(i * ps, (i + 1) * ps);
      const url = `/api/v1/media/${sha}/parts/${i}?ps=${ps}`;
      const digest = await digestOf(part);
      const answer = await this.ask("PUT", url, { bytes: part, digest, timeout: UPLOAD_MS });
      // other bytes under this number, or damaged on the way: the check of the whole finds out
      if (answer.kind === "ok") return this.#arrived();
      if (answer.status === 409 || answer.code === "digest_mismatch") return;
      if (answer.kind !== "problem") this.stop ??= answer;
      else if (answer.status === 413 && ps > SMALLEST_PART) worst = { kind: "smaller" };
      else worst = answer;
    };
    await Promise.all(indexes.map((i) => this.#gate(() => one(i))));
    return worst;
  }

  /** What is to be noted of the photo, null when the cycle stopped before it was whole. */
  async photo({ sha256: sha, mime, tries }, here) {
    const bytes = await bytesOf(this.store, sha);
    if (!bytes) return refused({ code: "gone_from_phone", title: "" });
    const size = bytes.byteLength;
    let [ps, known] = [this.part, here];
    let missing = null;
    for (let round = 0; round < MOST_TRIES; ) {
      const parts = Math.ceil(size / ps);
      const all = Array.from({ length: parts }, (_, i) => i);
      const sent = await this.#send(sha, bytes, ps, missing ?? all.filter((i) => !known.includes(i)));
      if (this.stop) return null;
      if (sent.kind === "smaller") {
        // another size is another set of parts; all photos after this one begin with it
        await this.smaller(ps);
        [ps, known, missing] = [this.part, [], null];
        continue;
      }
      if (sent.kind === "problem") return refused(sent);
      const done = await this.ask("POST", `/api/v1/media/${sha}/completion`, {
        json: { size, parts, ps, mime },
        timeout: UPLOAD_MS,
      });
      if (done.kind === "ok") return { state: "verified" };
      if (done.kind !== "problem") {
        this.stop ??= done;
        return null;
      }
      if (done.status === 409 && done.body?.missing?.length) {
        missing = done.body.missing;
        round += 1;
        continue;
      }
      // the server has dropped its parts; bytes that were damaged are sent again, a few times
      const again = done.code === "sha_mismatch" && tries + 1 < MOST_TRIES;
      return again ? { tries: tries + 1 } : refused(done);
    }
    return null;
  }
}

/** Photos that wait: the oldest inspection first, within it the oldest photo. */
async function inOrder(store) {
  const rows = await store.read(["media", "ops"], async (tx) => {
    const found = await tx.objectStore("media").index("state").getAll("local");
    for (const row of found)
      row.record = (await tx.objectStore("ops").index("sha256").get(row.sha256))?.record;
    return found;
  });
  rows.sort((a, b) => a.at - b.at);
  const first = new Map();
  for (const { record, at } of rows) if (!first.has(record)) first.set(record, at);
  return rows.sort((a, b) => first.get(a.record) - first.get(b.record));
}

/** Every photo the server does not hold yet, from the part where it stopped. {kind: "ok"} or what stopped it. */
export async function uploadAll(store, { ask }) {
  const waiting = await inOrder(store);
  if (!waiting.length) return { kind: "ok" };
  const ps = (await store.meta("part")) ?? LARGEST_PART;
  const upload = new Upload(store, ask, ps);
  for (let at = 0; at < waiting.length; at += MOST_ASKED) {
    const some = waiting.slice(at, at + MOST_ASKED);
    const stop = await uploadSome(store, upload, some);
    if (stop) return stop;
  }
  // everything is there: the next photos may find a better network
  if (upload.part < LARGEST_PART) await store.setMeta("part", LARGEST_PART);
  return { kind: "ok" };
}

/**
 * A link so slow that it breaks, or the app is closed, before a part is through would never carry a photo: after
 * cycles in vain parts get smaller. Counted before anything leaves, because an app that is closed says nothing.
 */
async function begun(upload, partsThere) {
  let vain = (await upload.store.meta("vain")) ?? 0;
  if (vain >= (partsThere ? MOST_IN_VAIN : 1) && upload.part > SMALLEST_PART) {
    await upload.smaller(upload.part);
    vain = 0;
  }
  await upload.store.setMeta("vain", vain + 1);
}

async function uploadSome(store, upload, rows) {
  const ps = upload.part;
  const check = await upload.ask("POST", "/api/v1/media/check", {
    json: { sha256: rows.map((row) => row.sha256), ps },
  });
  if (check.kind !== "ok" && check.kind !== "problem") return check;
  const have = new Set(check.body?.have ?? []);
  const parts = check.body?.parts ?? {};
  await begun(
    upload,
    Object.values(parts).some((here) => here.length),
  );
  const queue = [...rows];
  // while the server looks at one photo or two, the parts of the next are on their way
  const worker = async () => {
    for (let row = queue.shift(); row && !upload.stop; row = queue.shift()) {
      const here = upload.part === ps ? (parts[row.sha256] ?? []) : [];
      const more = have.has(row.sha256) ? { state: "verified" } : await upload.photo(row, here);
      if (!more) continue;
      await mark(store, row.sha256, more);
      store.tell({ type: "media", sha256: row.sha256 });
    }
  };
  await Promise.all(Array.from({ length: PHOTOS_AT_ONCE }, worker));
  return upload.stop;
}
