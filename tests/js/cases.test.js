import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { CaseSession, casePhotos, casesOf, refreshCases } from "../../static/src/js/runner/cases.js";
import { pushAll } from "../../static/src/js/runner/push.js";
import { ask } from "../../static/src/js/runner/transport.js";
import { all, closeAll, json, phone, problem, Server } from "./helpers.js";

const ID = "0199c0de-0000-7000-8000-0000000000ca";
const photo = (n) => ({ id: `p${n}`, sha256: String(n).repeat(64), moment: "Found" });
const CASE = {
  id: ID,
  number: "A-2026-0014",
  title: { text: "Tags missing", lang: "en" },
  photos: [photo(1), photo(2)],
  notes: [],
};
let server;
beforeEach(() => {
  server = new Server();
});
afterEach(closeAll);

async function opened(row = CASE) {
  const store = phone();
  await store.setMeta("cases", { actions: [row], at: 1 });
  return new CaseSession(store, row).load();
}

test("the list is kept as the server says it, and stays while there is no answer", async () => {
  const store = phone();
  assert.deepEqual(await casesOf(store), []);
  server.faults = [() => json({ api: "plumbline/1", actions: [CASE] }), () => problem(503, "busy")];
  assert.equal((await refreshCases(store, ask)).kind, "ok");
  assert.deepEqual(await casesOf(store), [CASE]);
  assert.notEqual((await refreshCases(store, ask)).kind, "ok");
  assert.deepEqual(await casesOf(store), [CASE]);
  server.faults = [() => json({ api: "plumbline/1", actions: [] })];
  await refreshCases(store, ask);
  assert.deepEqual(await casesOf(store), [], "it is over, or somebody else's");
});

test("of each case the first photo is fetched by itself, all of them when one gets ready", () => {
  assert.deepEqual(
    casePhotos([CASE, { ...CASE, photos: [] }]).map(({ address }) => address),
    [`/actions/${ID}/photos/p1?w=480`],
  );
  assert.equal(casePhotos([CASE], { all: true }).length, 2);
});

test("a note is one operation about the case, and another is another", async () => {
  const session = await opened();
  await session.keepDraft("Box at line 3 is empty.");
  const first = session.path;
  assert.equal(await session.add(), true);
  assert.notEqual(session.path, first);
  assert.equal(await session.add(), false, "nothing is written yet");
  await session.keepDraft("Refilled.");
  await session.add();
  const ops = (await all(session.store, "ops")).map(({ op }) => [
    op.record,
    op.kind,
    op.field,
    op.value.text,
  ]);
  const record = { kind: "action", id: ID };
  assert.deepEqual(ops, [
    [record, "set", "text", "Box at line 3 is empty."],
    [record, "set", "text", "Refilled."],
  ]);
  assert.deepEqual(session.notes.map(({ text, here }) => [text.text, here]).sort(), [
    ["Box at line 3 is empty.", true],
    ["Refilled.", true],
  ]);
  session.close();
});

test("what is typed outlives the tab, and is no note before it is added", async () => {
  const session = await opened();
  await session.keepDraft("Half a sen");
  const { path } = session;
  session.close();
  const again = await new CaseSession(session.store, CASE).load();
  assert.equal(again.draft.text, "Half a sen");
  assert.equal(again.path, path, "its photos hang there");
  assert.deepEqual(again.notes, []);
  assert.deepEqual(await all(session.store, "ops"), []);
  again.close();
});

test("a note says where it is, and one the server knows stands once", async () => {
  const session = await opened();
  await session.keepDraft("Seen.");
  const { path } = session;
  await session.add();
  assert.equal(session.saved(path), "phone");
  await pushAll(session.store, { ask, build: "test" });
  await session.load();
  assert.equal(session.saved(path), "server");
  const told = {
    row: path.slice(5),
    person: "Mara",
    at: 5,
    text: { text: "Seen.", lang: "en" },
    photos: [],
    away: 0,
  };
  await session.store.setMeta("cases", { actions: [{ ...CASE, notes: [told] }], at: 2 });
  await session.load();
  assert.deepEqual(
    session.notes.map(({ person, text }) => [person, text.text]),
    [["Mara", "Seen."]],
  );
  session.close();
});
