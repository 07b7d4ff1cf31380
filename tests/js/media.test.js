import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import { counts } from "../../static/src/js/runner/counts.js";
import { write } from "../../static/src/js/runner/edit.js";
import { bytesOf, process, resume, stage, tryAgain } from "../../static/src/js/runner/media.js";
import { dismiss, redo, waiting } from "../../static/src/js/runner/mending.js";
import { Outbox } from "../../static/src/js/runner/outbox.js";
import { ask } from "../../static/src/js/runner/transport.js";
import { all, answer, closeAll, field, phone, problem, RECORD, Server } from "./helpers.js";

let server;
const boxes = [];
const transaction = IDBDatabase.prototype.transaction;
beforeEach(() => {
  server = new Server();
});
afterEach(async () => {
  IDBDatabase.prototype.transaction = transaction;
  for (const box of boxes.splice(0)) box.stop();
  await closeAll();
});

const bytes = (seed, size = 600 * 1024) =>
  Uint8Array.from({ length: size }, (_, i) => (i * seed) % 251).buffer;
const camera = (seed = 7) => new File([bytes(seed, 5000)], "image.jpg", { type: "image/jpeg" });
const smaller =
  (seed = 3) =>
  async () => ({
    bytes: bytes(seed),
    width: 2048,
    height: 1536,
    taken_at: 1767225600123,
    gps: null,
    thumb: bytes(1, 100),
  });
const refuse = (code) => async () => {
  throw Object.assign(new Error(code), { refused: code });
};
const target = { record: RECORD, path: "q/M01" };
const sha = (buffer) => createHash("sha256").update(Buffer.from(buffer)).digest("hex");

async function photographed(seed = 3) {
  const store = phone();
  const row = await stage(store, { ...target, file: camera() });
  await process(store, row, smaller(seed));
  return store;
}

async function cycle(store) {
  const box = new Outbox(store, { ask, build: "test" });
  boxes.push(box);
  const outcome = await box.cycle();
  box.stop();
  return outcome;
}

test("what the camera gave is durable before anybody looks at it", async () => {
  const store = phone();
  await stage(store, { ...target, file: camera() });
  const [row] = await all(phone(store.person), "staging");
  assert.equal(row.bytes.byteLength, 5000);
  assert.deepEqual(await counts(store), { total: 1, held: 0, pending: 0, photos: 0, staged: 1, refused: 0 });
});

test("evidence, chunks, operation and the end of staging come together", async () => {
  const store = await photographed();
  const [op] = await all(store, "ops");
  const [photo] = await all(store, "media");
  assert.equal(op.op.kind, "media.add");
  assert.deepEqual(op.op.value, {
    media_id: op.op.field.slice("photo:".length),
    sha256: sha(bytes(3)),
    size: 600 * 1024,
    mime: "image/jpeg",
    w: 2048,
    h: 1536,
    taken_at: 1767225600123,
    gps: null,
    name: "image.jpg",
  });
  assert.equal(photo.sha256, sha(bytes(3)));
  assert.deepEqual(
    (await all(store, "chunks")).map((chunk) => chunk.bytes.byteLength),
    [262144, 262144, 90112],
  );
  assert.deepEqual(await all(store, "staging"), []);
  assert.deepEqual(await counts(store), { total: 1, held: 0, pending: 1, photos: 1, staged: 0, refused: 0 });
  assert.equal(sha(await bytesOf(store, photo.sha256)), photo.sha256);
});

test("a tab that died before the photo was small finds it again", async () => {
  const store = phone();
  await stage(store, { ...target, file: camera() });
  await store.close();
  const again = phone(store.person);
  await resume(again, smaller());
  assert.equal((await all(again, "ops"))[0].op.kind, "media.add");
  assert.deepEqual(await all(again, "staging"), []);
  await resume(again, smaller());
  assert.equal((await all(again, "ops")).length, 1);
});

test("a crash while the evidence is written leaves the staged photo, whole", async () => {
  const store = phone();
  const row = await stage(store, { ...target, file: camera() });
  IDBDatabase.prototype.transaction = function (stores, ...more) {
    const tx = transaction.call(this, stores, ...more);
    if ([...stores].includes("chunks")) queueMicrotask(() => tx.abort());
    return tx;
  };
  await assert.rejects(process(store, row, smaller()));
  IDBDatabase.prototype.transaction = transaction;
  assert.deepEqual(
    [await all(store, "ops"), await all(store, "chunks"), (await all(store, "staging")).length],
    [[], [], 1],
  );
  await resume(store, smaller());
  assert.equal((await all(store, "ops")).length, 1);
});

test("what is no photo is refused at capture and nothing of it stays", async () => {
  const store = phone();
  const row = await stage(store, { ...target, file: camera() });
  assert.deepEqual(await process(store, row, refuse("heic")), { refused: "heic" });
  assert.deepEqual([await all(store, "staging"), await all(store, "ops")], [[], []]);
});

test("without room for the camera's own file the evidence is kept alone", async () => {
  const store = phone();
  const row = await stage(store, { ...target, file: camera() });
  const put = IDBObjectStore.prototype.put;
  IDBObjectStore.prototype.put = function (...args) {
    if (this.name === "originals") throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, args);
  };
  await process(store, row, smaller());
  IDBObjectStore.prototype.put = put;
  assert.deepEqual([(await all(store, "ops")).length, await all(store, "originals")], [1, []]);
});

test("the same bytes twice are one photo and two operations", async () => {
  const store = await photographed();
  await process(store, await stage(store, { ...target, path: "q/M02", file: camera() }), smaller());
  assert.deepEqual([(await all(store, "ops")).length, (await all(store, "media")).length], [2, 1]);
  await cycle(store);
  assert.equal(server.media.size, 1);
  assert.equal((await counts(store)).held, 2);
  await process(store, await stage(store, { ...target, path: "q/M03", file: camera() }), smaller());
  assert.equal((await all(store, "media"))[0].state, "verified"); // the server has it already
});

test("operations go before photos; a photo is held when both are there, then the camera's file goes", async () => {
  const store = await photographed();
  server.faults.push(undefined, () => Promise.reject(new TypeError("offline")));
  await cycle(store);
  assert.deepEqual(await counts(store), { total: 1, held: 0, pending: 0, photos: 1, staged: 0, refused: 0 });
  assert.equal((await all(store, "originals")).length, 1);
  await cycle(store);
  const order = server.requests.map(({ url }) => url.replace(/\w{64}/, "…"));
  const parts = order.filter((url) => url.includes("/parts/")).sort(); // two are on their way at once
  assert.deepEqual(
    [...order.slice(0, 3), ...parts, ...order.slice(6)],
    [
      "/api/v1/sync/push",
      "/api/v1/media/check",
      "/api/v1/media/check",
      "/api/v1/media/…/parts/0?ps=262144",
      "/api/v1/media/…/parts/1?ps=262144",
      "/api/v1/media/…/parts/2?ps=262144",
      "/api/v1/media/…/completion",
    ],
  );
  assert.equal(sha(server.media.get(sha(bytes(3)))), sha(bytes(3)));
  assert.deepEqual(await counts(store), { total: 1, held: 1, pending: 0, photos: 0, staged: 0, refused: 0 });
  assert.deepEqual(await all(store, "originals"), []);
});

test("completing waits for its photos on the server's side and goes through in the same cycle", async () => {
  const store = await photographed();
  server.judge = (op) => (op.kind === "complete" && !server.media.size ? "deferred" : "applied");
  await write(store, {
    record: RECORD,
    kind: "complete",
    path: "inspection",
    field: "completed",
    value: { operations: 1, media: [] },
  });
  await cycle(store);
  assert.ok((await all(store, "ops")).every(({ state }) => state === "acked"));
});

test("a photo the server has from elsewhere is not sent again", async () => {
  const store = await photographed();
  server.media.set(sha(bytes(3)), new Uint8Array());
  await cycle(store);
  assert.ok(!server.requests.some(({ url }) => url.includes("/parts/")));
  assert.equal((await counts(store)).held, 1);
});

test("bytes damaged on the way are sent again three times, then the person is told", async () => {
  const store = await photographed();
  const mismatch = ({ url }) =>
    url.endsWith("/completion") ? problem(422, "sha_mismatch", "The bytes differ.") : undefined;
  server.faults.push(...Array.from({ length: 20 }, () => mismatch));
  await cycle(store);
  await cycle(store);
  assert.equal((await all(store, "media"))[0].state, "local");
  assert.equal((await all(store, "originals")).length, 1);
  await cycle(store);
  const [photo] = await all(store, "media");
  assert.deepEqual([photo.state, photo.title], ["refused", "The bytes differ."]);
  server.faults = [];
  await tryAgain(store, photo.sha256);
  await cycle(store);
  assert.equal((await all(store, "media"))[0].state, "verified");
});

test("one refused photo holds nothing else up and stays on the phone", async () => {
  const store = await photographed(3);
  await process(store, await stage(store, { ...target, path: "q/M02", file: camera() }), smaller(5));
  const [first] = await all(store, "media");
  server.faults.push(
    undefined,
    undefined,
    undefined,
    ({ url }) => url.includes(first.sha256) && problem(422, "not_a_picture", "Not a picture."),
  );
  await cycle(store);
  const states = Object.fromEntries((await all(store, "media")).map((row) => [row.sha256, row.state]));
  assert.deepEqual(Object.values(states).sort(), ["refused", "verified"]);
  assert.ok(await bytesOf(store, first.sha256));
  assert.deepEqual(await counts(store), { total: 2, held: 1, pending: 0, photos: 0, staged: 0, refused: 1 });

  const op = (await all(store, "ops")).find((row) => row.sha256 === first.sha256);
  await dismiss(store, op.id, first.sha256);
  assert.equal((await field(store, op.path, op.field)).value, null);
  await cycle(store);
  const { total, held, refused } = await counts(store);
  assert.deepEqual([total, held, refused], [3, 3, 0]);
});

test("a refused answer may be sent once more as a new operation, or let go", async () => {
  const store = phone();
  server.judge = () => ({ result: "rejected", code: "op_value", title: "No." });
  await write(store, answer("M01", "8"));
  await write(store, answer("M02", "8"));
  await cycle(store);
  const [one, two] = await all(store, "ops");
  server.judge = () => "applied";
  await redo(store, one);
  await dismiss(store, two.id);
  assert.equal((await counts(store)).refused, 0);
  await cycle(store);
  assert.deepEqual([server.operations.size, server.operations.has(one.id)], [1, false]);
  assert.deepEqual(await counts(store), { total: 1, held: 1, pending: 0, photos: 0, staged: 0, refused: 0 });
});

test("the waiting list names what waits, per inspection and photo", async () => {
  const store = await photographed();
  await write(store, answer("M01", "8"));
  await stage(store, { ...target, path: "q/M03", file: camera() });
  const { groups, photos } = await waiting(store);
  assert.deepEqual(
    groups.map(({ scores, notes, pictures, others }) => [scores, notes, pictures, others]),
    [[1, 0, 1, 0]],
  );
  assert.deepEqual(
    photos.map(({ path, size }) => [path, size]),
    [
      ["q/M01", 614400],
      ["q/M03", 0],
    ],
  );
});
