import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { absorb, clean, typed, write } from "../../static/src/js/runner/edit.js";
import { chooseBatch } from "../../static/src/js/runner/push.js";
import { all, answer, closeAll, field, note, phone, RECORD, uuid7 } from "./helpers.js";

afterEach(closeAll);

const theirs = (over = {}) => ({
  v: 1,
  id: uuid7(),
  record: RECORD,
  kind: "set",
  path: "q/M01",
  field: "score",
  value: "4",
  parents: [],
  device: crypto.randomUUID(),
  n: 1,
  lamport: 5,
  at: 1,
  offset: 0,
  tz: "Asia/Shanghai",
  ...over,
});
const entry = (op, seq = 1, fate = "applied") => ({
  seq,
  fate,
  op,
  person: { id: "p", name: "Bo Chen" },
  received_at: 1,
});

test("an edit is one operation and its register, with everything the server asks of an operation", async () => {
  const store = phone();
  await write(store, answer("M01", "8"));
  const [row] = await all(store, "ops");
  assert.deepEqual(Object.keys(row.op).sort(), [
    ..."at device field id kind lamport n offset parents path record tz v value".split(" "),
  ]);
  assert.match(row.op.id, /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.deepEqual([row.state, row.sent, row.op.n, row.op.lamport, row.op.parents], ["pending", 0, 1, 1, []]);
  const held = await field(store, "q/M01", "score");
  assert.deepEqual([held.value, held.heads], ["8", [{ id: row.op.id, lamport: 1, value: "8" }]]);
});

test("a second thought before sending takes the place of the first; after sending it is an operation of its own", async () => {
  const store = phone();
  await write(store, answer("M01", "8"));
  await write(store, answer("M01", "6"));
  let rows = await all(store, "ops");
  assert.deepEqual(
    rows.map(({ op }) => op.value),
    ["6"],
  );

  await chooseBatch(store);
  await write(store, answer("M01", "4"));
  rows = await all(store, "ops");
  assert.deepEqual(
    rows.map(({ op, sent }) => [op.value, sent]),
    [
      ["6", 1],
      ["4", 0],
    ],
  );
  assert.deepEqual(rows[1].op.parents, [rows[0].op.id]);
  assert.deepEqual([rows[1].op.n, rows[1].op.lamport], [2, 2]);
});

test("the same value again is no edit", async () => {
  const store = phone();
  await write(store, note("M01", "seen"));
  assert.equal((await write(store, note("M01", "seen"))).id, null);
  assert.equal((await write(store, note("M02", null))).id, null);
  assert.equal((await all(store, "ops")).length, 1);
});

test("somebody else's head is replaced, never coalesced into; the lamport clock goes past it", async () => {
  const store = phone();
  const op = theirs();
  await absorb(store, RECORD.id, [entry(op)]);
  await write(store, answer("M01", "10"));
  const mine = (await all(store, "ops")).find((row) => row.mine);
  assert.deepEqual([mine.op.parents, mine.op.lamport, mine.op.n], [[op.id], 6, 1]);
  assert.equal((await field(store, "q/M01", "score")).value, "10");
});

test("two different answers stand side by side until an edit names both", async () => {
  const store = phone();
  await write(store, answer("M01", "8"));
  const other = theirs();
  await absorb(store, RECORD.id, [entry(other)]);
  const torn = await field(store, "q/M01", "score");
  assert.equal(torn.conflict, true);
  assert.equal(torn.value, "4"); // the greater lamport is shown, on every phone alike
  assert.deepEqual(torn.heads.map(({ value }) => value).sort(), ["4", "8"]);

  await write(store, answer("M01", "4")); // the value that is shown may be chosen, too
  const settled = await field(store, "q/M01", "score");
  assert.deepEqual([settled.conflict, settled.value, settled.heads.length], [false, "4", 1]);
  const choice = (await all(store, "ops")).find(({ id }) => id === settled.heads[0].id);
  assert.deepEqual(choice.op.parents, torn.heads.map(({ id }) => id).sort());
});

test("loading what the server holds changes nothing the second time and takes a lost receipt as one", async () => {
  const store = phone();
  await write(store, answer("M01", "8"));
  const [mine] = await all(store, "ops");
  const answers = [entry(mine.op, 1), entry(theirs({ path: "q/M02" }), 2)];
  assert.equal(await absorb(store, RECORD.id, answers), 2);
  assert.equal(await absorb(store, RECORD.id, answers), 0);
  assert.deepEqual((await all(store, "ops")).map(({ state, seq }) => [state, seq]).sort(), [
    ["acked", 1],
    ["acked", 2],
  ]);
});

test("late and rejected operations do not count", async () => {
  const store = phone();
  await absorb(store, RECORD.id, [entry(theirs(), 1), entry(theirs({ value: "0", lamport: 9 }), 2, "late")]);
  assert.equal((await field(store, "q/M01", "score")).value, "4");
});

test("late work that was decided about counts, or stays aside with its reason", async () => {
  const store = phone();
  const [taken, left] = [theirs({ lamport: 8 }), theirs({ path: "q/M02", lamport: 9 })];
  await store.setMeta("epoch", "e1");
  const page = (decided) => ({ epoch: "e1", row: { cursor: "e1.2" }, decided });
  await absorb(store, RECORD.id, [entry(taken, 1, "late"), entry(left, 2, "late")], page([]));
  assert.equal(await field(store, "q/M01", "score"), undefined);
  const reason = { text: "Not seen on site.", lang: "en" };
  const decided = [
    { id: taken.id, fate: "applied", reason, person: "Mara", at: 5 },
    { id: left.id, fate: "dismissed", reason, person: "Mara", at: 5 },
  ];
  for (const again of [1, 2]) {
    await absorb(store, RECORD.id, again === 1 ? [] : [entry(left, 2, "late")], page(decided));
    assert.equal((await field(store, "q/M01", "score")).value, "4");
    assert.equal(await field(store, "q/M02", "score"), undefined);
    const states = Object.fromEntries((await all(store, "ops")).map(({ id, state }) => [id, state]));
    assert.deepEqual([states[taken.id], states[left.id]], ["acked", "set_aside"]);
  }
});

test("a removed photo is a tombstone that names the photo's operation", async () => {
  const store = phone();
  const media = { record: RECORD, path: "q/M01", field: "photo:11111111-1111-4111-8111-111111111111" };
  await write(store, { ...media, kind: "media.add", value: { sha256: "a".repeat(64) } });
  await write(store, { ...media, kind: "media.remove", value: null });
  const rows = await all(store, "ops");
  assert.deepEqual(
    rows.map(({ op }) => op.kind),
    ["media.add", "media.remove"],
  );
  assert.deepEqual(rows[1].op.parents, [rows[0].id]);
});

test("typed text keeps its language and loses what canonical JSON refuses", () => {
  assert.deepEqual(typed("看 ok", "zh-Hans"), { text: "看 ok", lang: "zh-Hans" });
  assert.equal(typed(" \n ", "en"), null);
  assert.equal(clean("a\0b\ud800c"), "ab\ufffdc");
});

test("forty edits at once are numbered without a gap", async () => {
  const store = phone();
  await Promise.all(Array.from({ length: 40 }, (_, i) => write(store, answer(`M${i}`, "8"))));
  const rows = await all(store, "ops");
  const counted = (name) => rows.map(({ op }) => op[name]).sort((a, b) => a - b);
  const wanted = Array.from({ length: 40 }, (_, i) => i + 1);
  assert.deepEqual(counted("n"), wanted);
  assert.deepEqual(counted("lamport"), wanted);
});
