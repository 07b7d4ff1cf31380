import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { write } from "../../static/src/js/runner/edit.js";
import { layBallast } from "../../static/src/js/runner/room.js";
import { VERSION } from "../../static/src/js/runner/schema.js";
import { all, answer, closeAll, note, phone } from "./helpers.js";

const put = IDBObjectStore.prototype.put;
const transaction = IDBDatabase.prototype.transaction;

afterEach(async () => {
  IDBObjectStore.prototype.put = put;
  IDBDatabase.prototype.transaction = transaction;
  await closeAll();
});

/** A phone whose storage is full until `frees()` is true; the browser says so late, by aborting the transaction. */
function fullUntil(frees) {
  IDBObjectStore.prototype.put = function (...args) {
    const request = put.apply(this, args);
    if (!frees()) this.transaction._abort("QuotaExceededError");
    return request;
  };
}

function dying(times, name) {
  let left = times;
  IDBDatabase.prototype.transaction = function (...args) {
    if (left > 0) {
      left -= 1;
      throw new DOMException("connection lost", name);
    }
    return transaction.apply(this, args);
  };
}

for (const name of ["InvalidStateError", "UnknownError"]) {
  test(`a connection the browser closed (${name}) is replaced and the edit saved once`, async () => {
    const store = phone();
    await write(store, answer("M01", "8"));
    dying(1, name);
    await write(store, answer("M02", "6"));
    assert.deepEqual((await all(store, "ops")).map(({ op }) => op.value).sort(), ["6", "8"]);
  });
}

test("a new connection that fails as well is trouble and no promise", async () => {
  const store = phone();
  await write(store, answer("M01", "8"));
  const trouble = [];
  store.addEventListener("trouble", ({ detail }) => trouble.push(detail.what));
  dying(2, "UnknownError");
  await assert.rejects(write(store, answer("M02", "6")));
  assert.deepEqual(trouble, ["failed"]);
  assert.equal((await all(store, "ops")).length, 1);
  await write(store, answer("M02", "6")); // and later it works again
  assert.equal((await all(store, "ops")).length, 2);
});

test("an edit is saved when its transaction is complete, not before", async () => {
  const store = phone();
  await store.device();
  const order = [];
  IDBDatabase.prototype.transaction = function (...args) {
    const tx = transaction.apply(this, args);
    tx.addEventListener("complete", () => order.push("complete"));
    return tx;
  };
  await write(store, answer("M01", "8")).then(() => order.push("saved"));
  assert.deepEqual(order, ["complete", "saved"]);
});

test("a commit that fails after every request succeeded is no save", async () => {
  const store = phone();
  await store.device();
  IDBObjectStore.prototype.put = function (...args) {
    const request = put.apply(this, args);
    if (this.name === "fields")
      request.addEventListener("success", () =>
        queueMicrotask(() => this.transaction._abort("QuotaExceededError")),
      );
    return request;
  };
  await assert.rejects(write(store, answer("M01", "8")), { name: "QuotaExceededError" });
  IDBObjectStore.prototype.put = put;
  assert.deepEqual(await all(store, "ops"), []);
});

test("every transaction that writes asks for strict durability", async () => {
  const store = phone();
  const asked = [];
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    if (mode === "readwrite") asked.push(options?.durability);
    return transaction.call(this, stores, mode, options);
  };
  await write(store, answer("M01", "8"));
  assert.deepEqual(asked, ["strict", "strict"]); // the phone's id, the edit
});

test("an aborted transaction leaves nothing behind", async () => {
  const store = phone();
  await assert.rejects(
    store.run(["meta"], "readwrite", async (tx) => {
      await tx.store.put({ k: "half", v: 1 });
      throw new TypeError("ours");
    }),
    TypeError,
  );
  assert.equal(await store.meta("half"), undefined);
});

test("on a full phone the ballast goes and the text is saved", async () => {
  const store = phone();
  await store.device();
  await layBallast(store);
  const other = phone(store.person);
  let gone = false;
  fullUntil(() => gone);
  const free = IDBObjectStore.prototype.delete;
  IDBObjectStore.prototype.delete = function (key) {
    if (key === "ballast") gone = true;
    return free.call(this, key);
  };
  await write(store, note("M01", "typed on a full phone"));
  IDBObjectStore.prototype.delete = free;
  assert.equal((await all(other, "ops"))[0].op.value.text, "typed on a full phone");
  assert.equal(await other.meta("ballast"), undefined);
});

test("a photo never takes the room that is kept for text", async () => {
  const store = phone();
  await store.device();
  await layBallast(store);
  fullUntil(() => false);
  const photo = store.run(["staging"], "readwrite", (tx) => tx.store.put({ id: "1" }), { spare: true });
  await assert.rejects(photo, { name: "QuotaExceededError" });
  assert.ok(await store.meta("ballast"));
});

test("what the server holds goes before the ballast, what is pending never", async () => {
  const store = phone();
  await layBallast(store);
  await store.run(["media", "chunks", "originals"], "readwrite", async (tx) => {
    for (const [sha256, state] of [
      ["held", "verified"],
      ["waiting", "local"],
    ]) {
      await tx.objectStore("media").put({ sha256, state });
      await tx.objectStore("chunks").put({ sha256, i: 0, bytes: new ArrayBuffer(8) });
    }
    await tx.objectStore("originals").put({ sha256: "waiting", bytes: new ArrayBuffer(8) });
  });
  let puts = 0;
  fullUntil(() => ++puts > 2);
  await store.setMeta("small", 1);
  assert.deepEqual(
    (await all(store, "chunks")).map(({ sha256 }) => sha256),
    ["waiting"],
  );
  assert.deepEqual([await all(store, "originals"), Boolean(await store.meta("ballast"))], [[], true]);
});

test("another tab with a newer version gets the database, and this one says so", async () => {
  const store = phone();
  await write(store, answer("M01", "8"));
  const trouble = new Promise((resolve) =>
    store.addEventListener("trouble", ({ detail }) => resolve(detail.what)),
  );
  const newer = await new Promise((resolve, reject) => {
    const request = indexedDB.open(store.name, VERSION + 1);
    request.onsuccess = () => resolve(request.result);
    request.onerror = reject;
  });
  assert.equal(await trouble, "outdated");
  newer.close();
});

test("each person has a database of their own", async () => {
  const [one, two] = [phone(), phone()];
  await write(one, answer("M01", "8"));
  assert.deepEqual(await all(two, "ops"), []);
  assert.notEqual(await one.device(), await two.device());
  assert.equal(await one.device(), await phone(one.person).device());
});

test("tabs of one person tell each other", async () => {
  const [one, two] = [phone("same"), phone("same")];
  const heard = new Promise((resolve) => two.addEventListener("told", ({ detail }) => resolve(detail)));
  await write(one, answer("M09", "8"));
  const news = await heard;
  assert.deepEqual([news.type, news.path, news.elsewhere], ["wrote", "q/M09", true]);
});
