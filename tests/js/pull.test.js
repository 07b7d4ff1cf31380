import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { absorb, write } from "../../static/src/js/runner/edit.js";
import { fetchInspection, freshen, refreshHeads } from "../../static/src/js/runner/load.js";
import { heardEpoch, pull } from "../../static/src/js/runner/pull.js";
import { pushAll } from "../../static/src/js/runner/push.js";
import { ask } from "../../static/src/js/runner/transport.js";
import { all, answer, closeAll, field, json, phone, problem, RECORD, uuid7 } from "./helpers.js";

const put = IDBObjectStore.prototype.put;
let server;

/** A server with a log: it takes operations once, gives them out by cursor, and can be set back to an earlier state. */
class Log {
  epoch = "e1";
  log = [];
  asked = [];
  lying = null; // (url, body) → another body, once

  constructor() {
    globalThis.fetch = async (url, { body, headers }) => {
      this.asked.push(url);
      const said = this.#answer(new URL(url, "https://x.example"), body ? JSON.parse(body) : null, headers);
      return said;
    };
  }

  #answer({ pathname, searchParams }, sent, headers) {
    if (pathname === "/api/v1/sync/push") {
      const results = sent.operations.map((op) => this.#take(op));
      return this.#say({ batch: sent.batch, epoch: this.epoch, results });
    }
    if (pathname === "/api/v1/sync/index") {
      const tag = `"${this.epoch}.${this.log.length}"`;
      if (headers["If-None-Match"] === tag) return new Response(null, { status: 304 });
      const inspections = [{ id: RECORD.id, head: this.log.length, devices: [] }];
      return this.#say({ epoch: this.epoch, inspections }, { etag: tag });
    }
    if (pathname === `/api/v1/inspections/${RECORD.id}`) {
      const page = this.#page(0);
      return this.#say({ inspection: { id: RECORD.id, state: "in_progress" }, last: null, ...page });
    }
    const [epoch, seq] = searchParams.get("after").split(".");
    const [code, status] = [epoch === this.epoch ? "cursor_ahead" : "epoch_changed", 409];
    if (epoch !== this.epoch || Number(seq) > this.log.length)
      return json({ api: "plumbline/1", code, epoch: this.epoch, head: this.log.length }, status);
    return this.#say(this.#page(Number(seq)));
  }

  #say(body, headers = {}) {
    const { lying } = this;
    this.lying = null;
    return json({ api: "plumbline/1", ...body, ...lying?.(body) }, 200, "application/json", headers);
  }

  #take(op) {
    const known = this.log.find((each) => each.id === op.id);
    if (!known) this.log.push(op);
    return {
      id: op.id,
      result: known ? "duplicate" : "applied",
      seq: this.log.findIndex((each) => each.id === op.id) + 1,
    };
  }

  #page(from, limit = 3) {
    const operations = this.log.slice(from, from + limit).map((op, i) => ({
      seq: from + i + 1,
      fate: "applied",
      person: { id: "p2", name: "Bo Chen" },
      received_at: 1,
      op,
    }));
    const to = from + operations.length;
    const head = this.log.length;
    return { epoch: this.epoch, head, operations, to, more: to < head, after: `${this.epoch}.${to}` };
  }

  /** Somebody else's phone wrote this. */
  others(question, value) {
    const op = {
      ...{ v: 1, id: uuid7(), record: RECORD, kind: "set", path: `q/${question}`, field: "score", value },
      ...{ parents: [], device: "d2", n: this.log.length + 1, lamport: 1, at: 1, offset: 0, tz: "UTC" },
    };
    this.log.push(op);
    return op;
  }
}

beforeEach(() => {
  server = new Log();
});
afterEach(async () => {
  IDBObjectStore.prototype.put = put;
  await closeAll();
});

const row = async (store) => (await all(store, "inspections"))[0];
const push = (store) => pushAll(store, { ask, build: "test" });
const states = async (store) =>
  Object.fromEntries((await all(store, "ops")).map(({ path, state }) => [path.slice(2), state]));

async function opened() {
  const store = phone();
  await fetchInspection(store, ask, RECORD.id);
  return store;
}

test("what others did comes page by page, each with its cursor", async () => {
  const store = await opened();
  for (const n of [1, 2, 3, 4, 5, 6, 7]) server.others(`M0${n}`, "8");
  assert.equal((await pull(store, ask, RECORD.id)).kind, "ok");
  assert.equal((await row(store)).cursor, "e1.7");
  assert.equal((await all(store, "fields")).length, 7);
  assert.equal(server.asked.length, 1 + 3);
});

test("a page and its cursor are kept together or not at all", async () => {
  const store = await opened();
  server.others("M01", "8");
  IDBObjectStore.prototype.put = function (...args) {
    if (this.name === "inspections" && args[0].cursor === "e1.1") this.transaction.abort();
    return put.apply(this, args);
  };
  await assert.rejects(pull(store, ask, RECORD.id));
  IDBObjectStore.prototype.put = put;
  assert.equal((await row(store)).cursor, "e1.0");
  assert.deepEqual(await all(store, "ops"), []);
  await pull(store, ask, RECORD.id);
  assert.equal((await row(store)).cursor, "e1.1");
});

test("a page of another history is thrown away as a whole, and everything starts over", async () => {
  const store = await opened();
  await write(store, answer("M01", "8"));
  server.others("M02", "6");
  await push(store);
  await pull(store, ask, RECORD.id);
  assert.deepEqual(await states(store), { M01: "acked", M02: "acked" });
  // last night's backup: both are gone, somebody else wrote since; the first answer comes without a 409
  server.log = [];
  server.others("M03", "4");
  server.others("M04", "4");
  server.others("M05", "4");
  server.lying = () => ({ epoch: "e2" });
  const found = await pull(store, ask, RECORD.id);
  assert.equal(found.kind, "again");
  assert.deepEqual(
    await states(store),
    { M01: "pending" },
    "of the page nothing, of others nothing, ours again",
  );
  assert.equal((await row(store)).cursor, null);
  assert.equal((await field(store, "q/M01", "score")).value, "8");
  assert.equal(await field(store, "q/M02", "score"), undefined);
  server.epoch = "e2";
  await push(store);
  await freshen(store, ask, RECORD.id);
  assert.deepEqual(await states(store), { M01: "acked", M03: "acked", M04: "acked", M05: "acked" });
  assert.equal((await row(store)).cursor, "e2.4");
  assert.equal(server.log.filter(({ path }) => path === "q/M01").length, 1);
});

for (const [name, change] of [
  ["another name", (log) => Object.assign(log, { epoch: "e2" })],
  ["the same name and fewer operations", () => {}],
]) {
  test(`a history with ${name} is refilled by this phone`, async () => {
    const store = await opened();
    server.others("M09", "10");
    for (const n of [1, 2, 3]) await write(store, answer(`M0${n}`, "8"));
    await push(store);
    await refreshHeads(store, ask);
    await freshen(store, ask, RECORD.id);
    assert.equal((await row(store)).cursor, "e1.4");
    server.log = server.log.slice(0, 2); // one of others, one of ours
    change(server);
    server.others("M08", "0");
    await refreshHeads(store, ask);
    assert.equal((await freshen(store, ask, RECORD.id)).kind, "ok");
    await push(store);
    await refreshHeads(store, ask);
    await freshen(store, ask, RECORD.id);
    const kept = server.log.map(({ path }) => path).sort();
    assert.deepEqual(kept, ["q/M01", "q/M02", "q/M03", "q/M08", "q/M09"]);
    assert.deepEqual([...new Set(Object.values(await states(store)))], ["acked"]);
    assert.equal((await all(store, "fields")).length, 5);
  });
}

test("a push answered by another history makes everything of this phone wait again, but for what it just took", async () => {
  const store = await opened();
  await write(store, answer("M01", "8"));
  await push(store);
  server.log = [];
  server.epoch = "e2";
  await write(store, answer("M02", "6"));
  await push(store);
  assert.deepEqual(
    server.log.map(({ path }) => path),
    ["q/M02", "q/M01"],
  );
  assert.deepEqual(await states(store), { M01: "acked", M02: "acked" });
});

test("a photo the restored server may have lost is asked for again, if its bytes are still here", async () => {
  const store = await opened();
  await heardEpoch(store, "e1");
  await store.run(["media", "chunks"], "readwrite", async (tx) => {
    await tx.objectStore("media").put({ sha256: "aa", state: "verified", tries: 2 });
    await tx.objectStore("chunks").put({ sha256: "aa", i: 0, bytes: new ArrayBuffer(3) });
    await tx.objectStore("media").put({ sha256: "bb", state: "verified" });
    await tx.objectStore("media").put({ sha256: "cc", state: "refused" });
  });
  assert.equal(await heardEpoch(store, "e1"), false);
  assert.equal(await heardEpoch(store, "e2"), true);
  assert.equal(await heardEpoch(store, "e2"), false);
  const found = Object.fromEntries((await all(store, "media")).map(({ sha256, state }) => [sha256, state]));
  assert.deepEqual(found, { aa: "local", bb: "verified", cc: "refused" });
});

test("what a person let go, or the server refused for good, is not sent again after a restore", async () => {
  const store = await opened();
  for (const n of [1, 2]) await write(store, answer(`M0${n}`, "8"));
  const [first, second] = await all(store, "ops");
  await store.run(["ops"], "readwrite", async (tx) => {
    await tx.store.put({ ...first, state: "rejected" });
    await tx.store.put({ ...second, state: "dismissed" });
  });
  await heardEpoch(store, "e2");
  assert.deepEqual(await states(store), { M01: "rejected", M02: "dismissed" });
  assert.deepEqual(await all(store, "fields"), []);
});

test("the first word of a server is no change, and an old store knows its history from its work list", async () => {
  const fresh = phone();
  await write(fresh, answer("M01", "8"));
  assert.equal(await heardEpoch(fresh, "e1"), false);
  const old = phone();
  await old.setMeta("work", { sites: [], checklists: [], epoch: "e1" });
  assert.equal(await heardEpoch(old, "e1"), false);
  const older = phone();
  await older.setMeta("work", { sites: [], checklists: [], epoch: "e0" });
  assert.equal(await heardEpoch(older, "e1"), true);
});

test("what this phone sent itself is not fetched back, unless others wrote in between", async () => {
  const store = await opened();
  await write(store, answer("M01", "8"));
  await push(store);
  assert.equal((await row(store)).cursor, "e1.1");
  await refreshHeads(store, ask);
  const before = server.asked.length;
  assert.equal((await freshen(store, ask, RECORD.id)).kind, "ok");
  assert.equal(server.asked.length, before, "nothing to ask for");
  server.others("M02", "6");
  await write(store, answer("M03", "4"));
  await push(store);
  assert.equal((await row(store)).cursor, "e1.1", "number 2 is somebody else's");
  await refreshHeads(store, ask);
  await freshen(store, ask, RECORD.id);
  assert.equal((await row(store)).cursor, "e1.3");
  assert.deepEqual(await states(store), { M01: "acked", M02: "acked", M03: "acked" });
});

test("an index that says nothing new costs an empty answer", async () => {
  const store = await opened();
  const told = [];
  store.addEventListener("told", ({ detail }) => told.push(detail.type));
  assert.equal((await refreshHeads(store, ask)).status, 200);
  const before = told.length;
  assert.equal((await refreshHeads(store, ask)).status, 304);
  assert.equal(told.length, before, "and nothing is drawn again");
});

test("an operation that comes by pull and was never acknowledged is its receipt", async () => {
  const store = await opened();
  await write(store, answer("M01", "8"));
  const [mine] = await all(store, "ops");
  server.log.push(mine.op);
  await pull(store, ask, RECORD.id);
  assert.deepEqual(await states(store), { M01: "acked" });
});

test("pages that no longer fit the history the phone has heard of meanwhile are refused", async () => {
  const store = await opened();
  await heardEpoch(store, "e2");
  const entries = [{ seq: 1, fate: "applied", op: server.others("M01", "8") }];
  assert.equal(await absorb(store, RECORD.id, entries, { epoch: "e1", row: { cursor: "e1.1" } }), false);
  assert.deepEqual(await all(store, "ops"), []);
});

test("what is not found any more is lost, not forgotten", async () => {
  const store = await opened();
  server.others("M01", "8");
  globalThis.fetch = async () => problem(404, "not_found");
  await store.run(["inspections"], "readwrite", async (tx) =>
    tx.store.put({ ...(await tx.store.get(RECORD.id)), head: 9 }),
  );
  await freshen(store, ask, RECORD.id);
  assert.equal((await row(store)).lost, true);
});
