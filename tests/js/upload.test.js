import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import { process, stage } from "../../static/src/js/runner/media.js";
import { ask } from "../../static/src/js/runner/transport.js";
import { uploadAll } from "../../static/src/js/runner/upload.js";
import { all, closeAll, phone, problem, RECORD, Server } from "./helpers.js";

const KB = 1024;
let server;
beforeEach(() => {
  server = new Server();
});
afterEach(closeAll);

const bytes = (seed, size) => Uint8Array.from({ length: size }, (_, i) => (i * seed + (i >> 8)) % 251).buffer;
const sha = (buffer) => createHash("sha256").update(Buffer.from(buffer)).digest("hex");

async function photograph(store, seed, { size = 600 * KB, record = RECORD, at = Date.now() } = {}) {
  const file = new File([bytes(seed, 5000)], "image.jpg", { type: "image/jpeg" });
  const row = { ...(await stage(store, { record, path: "q/M01", file })), at };
  const small = {
    bytes: bytes(seed, size),
    width: 4,
    height: 3,
    taken_at: null,
    gps: null,
    thumb: bytes(1, 9),
  };
  await process(store, row, async () => small);
  return sha(small.bytes);
}

const parts = () => server.requests.filter(({ url }) => url.includes("/parts/"));
const sizes = () => parts().map(({ bytes: sent }) => sent.byteLength / KB);
const offline = () => Promise.reject(new TypeError("offline"));
const states = async (store) => (await all(store, "media")).map(({ state }) => state);

test("two parts are in flight, never more, and the whole arrives", async () => {
  const store = phone();
  const first = await photograph(store, 3);
  const second = await photograph(store, 5);
  let [flying, most] = [0, 0];
  const slow = async (request, handle) => {
    if (!request.url.includes("/parts/")) return handle();
    flying += 1;
    most = Math.max(most, flying);
    await new Promise((resolve) => setTimeout(resolve, 5));
    flying -= 1;
    return handle();
  };
  server.faults.push(...Array.from({ length: 20 }, () => slow));
  assert.deepEqual(await uploadAll(store, { ask }), { kind: "ok" });
  assert.equal(most, 2);
  assert.deepEqual([...server.media.keys()].sort(), [first, second].sort());
  assert.deepEqual(await states(store), ["verified", "verified"]);
});

for (const cut of [1, 2, 3, 4, 5]) {
  test(`a link cut at request ${cut} sends again at most the parts that were in flight`, async () => {
    const store = phone();
    const name = await photograph(store, 7, { size: 1500 * KB });
    let n = 0;
    // taken by the server, but the answer is lost; everything after it fails, too
    const dead = async (request, handle) => {
      if (!request.url.includes("/parts/")) return undefined;
      n += 1;
      if (n < cut) return undefined;
      if (n === cut) await handle();
      return offline();
    };
    server.faults.push(...Array.from({ length: 30 }, () => dead));
    assert.equal((await uploadAll(store, { ask })).kind, "offline");
    const before = parts().length;
    assert.ok(before <= cut + 1, "nothing more leaves after the cut");
    server.faults = [];
    assert.equal((await uploadAll(store, { ask })).kind, "ok");
    assert.equal(sha(server.media.get(name)), name);
    assert.ok(parts().length - 6 <= 2, `${parts().length} parts for six`);
  });
}

test("a proxy that takes less gets smaller parts, and later photos begin with them", async () => {
  const store = phone();
  server.limit = 100 * KB;
  const first = await photograph(store, 3, { at: 1 });
  const second = await photograph(store, 5, { at: 2 });
  assert.equal((await uploadAll(store, { ask })).kind, "ok");
  assert.deepEqual([sha(server.media.get(first)), sha(server.media.get(second))], [first, second]);
  const tooLarge = sizes().filter((size) => size > 100);
  assert.ok(tooLarge.length <= 8, `${tooLarge}`);
  assert.ok(sizes().every((size) => size <= 256));
});

test("what a small network took is kept over a cut: the size is remembered with the photo under way", async () => {
  const store = phone();
  server.limit = 100 * KB;
  await photograph(store, 3);
  let n = 0;
  const cut = ({ url, bytes: sent }) => {
    if (!url.includes("/parts/") || sent.byteLength > 100 * KB) return undefined;
    n += 1;
    return n > 5 ? offline() : undefined;
  };
  server.faults.push(...Array.from({ length: 40 }, () => cut));
  assert.equal((await uploadAll(store, { ask })).kind, "offline");
  const before = parts().length;
  server.faults = [];
  assert.equal((await uploadAll(store, { ask })).kind, "ok");
  assert.ok(parts().length - before <= 5, "ten small parts, five of them were there");
});

test("a link too slow for a part gets smaller ones, until they arrive before it breaks", async () => {
  const store = phone();
  const name = await photograph(store, 3);
  const slow = ({ bytes: sent }) => (sent?.byteLength > 70 * KB ? offline() : undefined);
  server.faults.push(...Array.from({ length: 40 }, () => slow));
  assert.equal((await uploadAll(store, { ask })).kind, "offline");
  assert.equal((await uploadAll(store, { ask })).kind, "offline");
  assert.equal((await uploadAll(store, { ask })).kind, "ok");
  assert.equal(sha(server.media.get(name)), name);
  assert.deepEqual([...new Set(sizes())].slice(0, 3), [256, 128, 64]);
});

test("parts that are there are not given up for a link that was away once or twice, but not kept for ever", async () => {
  const store = phone();
  const name = await photograph(store, 7, { size: 1500 * KB });
  let n = 0;
  const away = ({ url }) => {
    if (!url.includes("/parts/")) return undefined;
    n += 1;
    return n > 4 ? offline() : undefined;
  };
  const cycle = async (fault) => {
    server.faults = Array.from({ length: 40 }, () => fault);
    return (await uploadAll(store, { ask })).kind;
  };
  assert.equal(await cycle(away), "offline");
  assert.deepEqual([await cycle(away), await cycle(away)], ["offline", "offline"]);
  assert.ok(sizes().every((size) => size > 128));
  const slow = ({ bytes: sent }) => (sent?.byteLength > 200 * KB ? offline() : undefined);
  assert.equal(await cycle(slow), "offline");
  assert.equal(await cycle(slow), "ok");
  assert.equal(sha(server.media.get(name)), name);
});

test("a network that refuses even the smallest part is said, and holds nothing else up", async () => {
  const store = phone();
  server.limit = 10 * KB;
  const large = await photograph(store, 3, { at: 1 });
  const small = await photograph(store, 5, { at: 2, size: 8 * KB });
  assert.equal((await uploadAll(store, { ask })).kind, "ok");
  const rows = new Map((await all(store, "media")).map((row) => [row.sha256, row]));
  assert.deepEqual([rows.get(large).state, rows.get(large).code], ["refused", "too_large"]);
  assert.equal(rows.get(small).state, "verified");
});

test("parts the server has lost are named by it and only they are sent again", async () => {
  const store = phone();
  const name = await photograph(store, 3);
  const forget = ({ url }) => {
    if (url.endsWith("/completion")) server.parts.get(`${name} ${256 * KB}`).delete(1);
  };
  server.faults.push(undefined, undefined, undefined, undefined, forget);
  assert.equal((await uploadAll(store, { ask })).kind, "ok");
  assert.equal(parts().length, 4);
  assert.equal(sha(server.media.get(name)), name);
});

test("a full disk stops the cycle, and the next goes on where it stood", async () => {
  const store = phone();
  await photograph(store, 3);
  server.faults.push(undefined, undefined, () => problem(507, "disk_full"));
  assert.equal((await uploadAll(store, { ask })).kind, "retry");
  assert.deepEqual(await states(store), ["local"]);
  assert.equal((await uploadAll(store, { ask })).kind, "ok");
  assert.ok(parts().length <= 4);
});

test("the oldest inspection goes first, whatever was photographed last", async () => {
  const store = phone();
  const other = { kind: "inspection", id: "0199c0de-0000-7000-8000-0000000000ff" };
  const size = 20 * KB;
  const late = await photograph(store, 3, { at: 20, record: RECORD, size });
  const early = await photograph(store, 5, { at: 10, record: other, size });
  const latest = await photograph(store, 7, { at: 30, record: other, size });
  await uploadAll(store, { ask });
  const order = parts().map(({ url }) => /media\/(\w+)/.exec(url)[1]);
  assert.deepEqual(order, [early, latest, late]);
});
