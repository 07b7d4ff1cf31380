import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { counts } from "../../static/src/js/runner/counts.js";
import { write } from "../../static/src/js/runner/edit.js";
import { backoff, Outbox } from "../../static/src/js/runner/outbox.js";
import { pushAll } from "../../static/src/js/runner/push.js";
import { ask } from "../../static/src/js/runner/transport.js";
import { all, answer, closeAll, field, json, note, page, phone, problem, Server } from "./helpers.js";

let server;
const boxes = [];
beforeEach(() => {
  server = new Server();
});
afterEach(async () => {
  for (const box of boxes.splice(0)) box.stop();
  await closeAll();
});

const push = (store) => pushAll(store, { ask, build: "test" });
const states = async (store) => (await all(store, "ops")).map(({ state }) => state);

function outbox(store, more = {}) {
  const box = new Outbox(store, { ask, build: "test", ...more });
  boxes.push(box);
  return box;
}

async function answered(n = 3) {
  const store = phone();
  for (let i = 0; i < n; i += 1) await write(store, answer(`M${i}`, "8"));
  return store;
}

test("what was saved arrives once, and only then it is called received", async () => {
  const store = await answered();
  assert.deepEqual(await states(store), ["pending", "pending", "pending"]);
  assert.equal((await push(store)).settled, 3);
  assert.deepEqual(await states(store), ["acked", "acked", "acked"]);
  await push(store);
  assert.equal(server.pushes().length, 1);
});

test("`sent` is durable before anything leaves the phone", async () => {
  const store = await answered(2);
  const seen = [];
  server.faults.push(async () => {
    seen.push(...(await all(phone(store.person), "ops")).map(({ sent }) => sent));
  });
  await push(store);
  assert.deepEqual(seen, [1, 1]);
});

test("a lost answer is no loss: the same operations go again and are taken once", async () => {
  const store = await answered();
  server.faults.push(async (_, handle) => {
    await handle();
    throw new TypeError("network");
  });
  assert.equal((await push(store)).kind, "offline");
  assert.deepEqual(await states(store), ["pending", "pending", "pending"]);
  await push(store);
  assert.deepEqual(await states(store), ["acked", "acked", "acked"]);
  assert.equal(server.operations.size, 3);
});

test("after a lost answer a new thought does not change what was sent", async () => {
  const store = await answered(1);
  server.faults.push(async (_, handle) => {
    await handle();
    throw new TypeError("network");
  });
  await push(store);
  await write(store, answer("M0", "4"));
  await push(store);
  const sent = server.pushes().map(({ json: { operations } }) => operations.map((op) => op.value));
  assert.deepEqual(sent, [["8"], ["8", "4"]]);
  assert.equal(server.values()["q/M0 score"], "4");
});

const refusals = {
  "507 disk full": () => problem(507, "disk_full"),
  "503 with a page of a proxy": () => page(503),
  429: () => problem(429, "too_many"),
  "a hotel's page with 200": () => page(200),
  "a page with 511": () => page(511),
  "another program's JSON": () => json({ ok: true }),
  "a stranger's JSON that looks like ours": ({ json: { batch, operations } }) =>
    json({ batch, results: operations.map(({ id }) => ({ id, result: "applied" })) }),
  "cut JSON": () => new Response('{"api":"plumbl', { headers: { "content-type": "application/json" } }),
  "an answer to another batch": () => json({ api: "plumbline/1", batch: "other", results: [] }),
  "no results": ({ json: { batch } }) => json({ api: "plumbline/1", batch }),
  "a 403": () => problem(403, "not_allowed"),
  "a redirect": () => ({ type: "opaqueredirect", status: 0, headers: new Headers() }),
};
for (const [name, fault] of Object.entries(refusals)) {
  test(`nothing is called received after ${name}, and everything arrives when it is over`, async () => {
    const store = await answered();
    server.faults.push(fault);
    assert.notEqual((await push(store)).kind, "ok");
    assert.deepEqual(await states(store), ["pending", "pending", "pending"]);
    await push(store);
    assert.deepEqual(await states(store), ["acked", "acked", "acked"]);
    assert.equal(server.operations.size, 3);
  });
}

test("a result moves only the operation whose id it carries", async () => {
  const store = await answered(2);
  const [first] = await all(store, "ops");
  server.faults.push(({ json: { batch } }) =>
    json({
      api: "plumbline/1",
      batch,
      results: [
        { id: first.id, result: "applied", seq: 1 },
        { id: crypto.randomUUID(), result: "applied" },
        { result: "applied" },
      ],
    }),
  );
  await push(store);
  assert.deepEqual(await states(store), ["acked", "pending"]);
});

test("an unknown result leaves the operation where it is", async () => {
  const store = await answered(1);
  server.judge = () => ({ result: "celebrated" });
  await push(store);
  assert.deepEqual(await states(store), ["pending"]);
});

test("a batch holds at most 100 operations and 256 KB", async () => {
  const store = phone();
  for (let i = 0; i < 230; i += 1) await write(store, answer(`M${i}`, "8"));
  for (let i = 0; i < 30; i += 1) await write(store, note(`M${i}`, "漢".repeat(9000)));
  await push(store);
  const sizes = server.pushes().map(({ json: body }) => [body.operations.length, JSON.stringify(body)]);
  assert.ok(sizes.length >= 6);
  for (const [n, text] of sizes) assert.ok(n <= 100 && Buffer.byteLength(text) <= 256 * 1024);
  assert.equal(server.operations.size, 260);
});

test("a proxy that takes only small bodies gets small batches", async () => {
  const store = phone();
  for (let i = 0; i < 8; i += 1) await write(store, note(`M${i}`, "a".repeat(9000)));
  const limit = ({ json: { operations } }) => (operations.length > 3 ? page(413) : undefined);
  server.faults.push(...Array.from({ length: 40 }, () => limit));
  await push(store);
  assert.equal(server.operations.size, 8);
});

test("whoever calls even little too large says nothing of it: it waits and goes again", async () => {
  const store = await answered(1);
  server.faults.push(() => page(413));
  assert.equal((await push(store)).kind, "retry");
  assert.deepEqual(await states(store), ["pending"]);
  assert.equal((await push(store)).kind, "ok");
  assert.deepEqual(await states(store), ["acked"]);
});

test("one unreadable operation is found and named; the others arrive", async () => {
  const store = await answered(9);
  const poison = ({ json: { operations } }) =>
    operations.some((op) => op.path === "q/M4")
      ? problem(422, "op_batch_invalid", "Cannot be read.")
      : undefined;
  server.faults.push(...Array.from({ length: 40 }, () => poison));
  await push(store);
  assert.equal(server.operations.size, 8);
  const bad = (await all(store, "ops")).filter(({ state }) => state === "rejected");
  assert.deepEqual(
    bad.map(({ path, code, title }) => [path, code, title]),
    [["q/M4", "op_batch_invalid", "Cannot be read."]],
  );
});

test("a rejected answer no longer stands, what stood before does again, and it is counted as refused", async () => {
  const store = await answered(1);
  await push(store);
  server.judge = () => ({ result: "rejected", code: "score_not_on_scale", title: "Not on the scale." });
  await write(store, answer("M0", "7"));
  await push(store);
  assert.equal((await field(store, "q/M0", "score")).value, "8");
  assert.deepEqual(await counts(store), { total: 2, held: 1, pending: 0, photos: 0, staged: 0, refused: 1 });
});

test("the proof of another person's phone refuses nobody's work", async () => {
  const store = await answered(2);
  server.judge = () => ({ result: "rejected", code: "device_of_other" });
  assert.equal((await push(store)).kind, "login");
  assert.deepEqual(await states(store), ["pending", "pending"]);
});

test("deferred operations wait and are tried again", async () => {
  const store = await answered(2);
  server.judge = (op) => (op.path === "q/M1" ? "deferred" : "applied");
  const box = outbox(store);
  await box.cycle();
  assert.deepEqual(await states(store), ["acked", "pending"]);
  assert.equal(box.state.link, "ok");
  server.judge = () => "applied";
  await box.now();
  assert.deepEqual(await states(store), ["acked", "acked"]);
});

test("signed out: it stops, says so, and goes on after the phone has proved itself", async () => {
  const store = await answered(1);
  const box = outbox(store);
  server.faults.push(() => problem(401, "device_unknown"));
  await box.cycle();
  assert.equal(box.state.link, "sign_in");
  box.saved();
  await new Promise((resolve) => setTimeout(resolve, 1300));
  assert.equal(server.pushes().length, 1); // nothing knocks at a closed door by itself

  server.faults.push(() => problem(401, "device_unknown"));
  const proved = outbox(store, { login: async () => true });
  await proved.cycle();
  assert.deepEqual([proved.state.link, await states(store)], ["ok", ["acked"]]);
});

test("it says what is wrong with the network", async () => {
  const store = await answered(1);
  for (const [fault, link] of [
    [() => Promise.reject(new TypeError("offline")), "offline"],
    [() => page(200), "portal"],
    [() => page(502), "busy"],
  ]) {
    server.faults.push(fault);
    const box = outbox(store);
    await box.cycle();
    assert.equal(box.state.link, link);
    assert.ok(box.state.next > Date.now());
  }
});

test("with nothing to send, a silent network is asked whether it is back", async () => {
  const store = phone();
  let there = { kind: "offline" };
  const box = outbox(store, { probe: async () => there });
  box.heard({ kind: "offline" });
  await box.now();
  assert.equal(box.state.link, "offline");
  there = { kind: "ok" };
  await box.now();
  assert.equal(box.state.link, "ok");
});

test("waiting times double from one second to five minutes, scattered, never shorter than asked for", () => {
  assert.deepEqual(
    [1, 2, 3, 20].map((n) => backoff(n, 0, 0.5)),
    [1000, 2000, 4000, 300000],
  );
  assert.deepEqual([backoff(1, 0, 0), backoff(1, 0, 0.999) < 1500], [500, true]);
  assert.equal(backoff(1, 120, 0), 120000);
});

test("two tabs at once: everything arrives once", async () => {
  const store = await answered(20);
  const other = phone(store.person);
  await Promise.all([push(store), push(other)]);
  assert.equal(server.operations.size, 20);
  assert.ok((await states(store)).every((state) => state === "acked"));
});
