import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { counts } from "../../static/src/js/runner/counts.js";
import { absorb, write } from "../../static/src/js/runner/edit.js";
import { pushAll } from "../../static/src/js/runner/push.js";
import { VERSION } from "../../static/src/js/runner/schema.js";
import { ask } from "../../static/src/js/runner/transport.js";
import { asShipped } from "./fixtures.js";
import { all, answer, closeAll, field, phone, RECORD, Server } from "./helpers.js";

const SHIPPED = ["indexeddb-v1"];
const STORES = [
  "meta",
  "checklists",
  "inspections",
  "ops",
  "fields",
  "media",
  "chunks",
  "originals",
  "staging",
];
const tabs = []; // of the old version: one left open would keep every new store waiting for ever
let server;
beforeEach(() => {
  server = new Server();
});
afterEach(async () => {
  for (const tab of tabs.splice(0)) tab.close();
  await closeAll();
});

async function shipped(fixture, person) {
  tabs.push(await asShipped(fixture, `plumbline:${person}`));
  return tabs.at(-1);
}

const everything = async (store) =>
  Object.fromEntries(await Promise.all(STORES.map(async (name) => [name, await all(store, name)])));

function read(db) {
  const one = (name) =>
    new Promise((ok) => {
      const asked = db.transaction(name).objectStore(name).getAll();
      asked.onsuccess = () => ok([name, asked.result]);
    });
  return Promise.all(STORES.map(one)).then(Object.fromEntries);
}

test("every version that was shipped but the present one has its fixture", () => {
  assert.equal(SHIPPED.length, VERSION - 1);
});

for (const fixture of SHIPPED) {
  test(`${fixture}: what waits on the phone is all there after the upgrade, and is sent once`, async () => {
    const person = crypto.randomUUID();
    const old = await shipped(fixture, person);
    const before = await read(old);
    assert.equal(before.ops.length, 4);
    old.close();
    const store = phone(person);
    assert.deepEqual(await everything(store), before);
    assert.equal(await store.device(), before.meta.find(({ k }) => k === "device").v);
    const { pending, photos, staged, held } = await counts(store);
    assert.deepEqual({ pending, photos, staged, held }, { pending: 3, photos: 1, staged: 1, held: 1 });
    await write(store, answer("M02", "4")); // what was never sent may still be changed, what was sent is replaced
    await write(store, answer("M01", "10"));
    await pushAll(store, { ask, build: "test" });
    assert.equal(server.operations.size, 4);
    assert.equal(server.values()["q/M02 score"], "4");
    assert.equal(server.values()["q/M02 note"].text, "无夜班记录");
    const again = (await all(store, "ops")).find(({ op }) => op.path === "q/M01" && op.value === "10");
    assert.deepEqual([again.op.n, again.op.lamport, again.op.parents.length], [5, 5, 1]);
  });

  test(`${fixture}: a tab of the old version that closes itself gives way`, async () => {
    const person = crypto.randomUUID();
    const old = await shipped(fixture, person);
    old.onversionchange = () => old.close();
    const store = phone(person);
    assert.equal((await all(store, "ops")).length, 4);
  });

  test(`${fixture}: a tab of the old version that stays is said, and nothing is lost meanwhile`, async () => {
    const person = crypto.randomUUID();
    const old = await shipped(fixture, person);
    const store = phone(person);
    const trouble = [];
    const said = new Promise((ok) => {
      store.addEventListener("trouble", ({ detail }) => {
        trouble.push(detail.what);
        ok();
      });
    });
    const reading = all(store, "ops");
    await said;
    assert.deepEqual(trouble, ["blocked"]);
    // the old tab still writes
    const tx = old.transaction("meta", "readwrite");
    tx.objectStore("meta").put({ k: "place", v: { hash: "#/work" } });
    await new Promise((ok) => {
      tx.oncomplete = ok;
    });
    old.close();
    assert.equal((await reading).length, 4);
    assert.equal((await store.meta("place")).hash, "#/work");
  });

  test(`${fixture}: an inspection opened before goes on from what the server has`, async () => {
    const person = crypto.randomUUID();
    (await shipped(fixture, person)).close();
    const store = phone(person);
    const [row] = await all(store, "inspections");
    assert.equal(row.cursor, undefined, "it had none: the whole is fetched once");
    const [mine] = (await all(store, "ops")).filter(({ state }) => state === "acked");
    await absorb(store, RECORD.id, [{ seq: 1, fate: "applied", op: mine.op }]);
    assert.equal((await field(store, "q/M01", "score")).value, "8");
  });
}
