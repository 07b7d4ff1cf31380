import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { canonical, digest } from "../../static/src/js/domain/canonical.js";
import { CONSENT, digestOf, given, REFUSAL } from "../../static/src/js/domain/signatures.js";
import { absorb, write } from "../../static/src/js/runner/edit.js";
import { lastWord, opens } from "../../static/src/js/runner/ending.js";
import { Session } from "../../static/src/js/runner/session.js";
import { coverage, short, weigh } from "../../static/src/js/runner/signing.js";
import { all, answer, closeAll, note, phone, RECORD, uuid7 } from "./helpers.js";

afterEach(closeAll);

const question = (id, more = {}) => ({
  id,
  text: { en: id },
  weight: 1,
  critical: false,
  veto: false,
  ...more,
});
const DEFINITION = {
  sections: [{ id: "man", title: { en: "Man" }, questions: [question("M01"), question("M02")] }],
  na: true,
  scale: {
    min: 0,
    max: 10,
    options: [0, 4, 6, 8, 10].map((points) => ({ value: String(points), points, label: {}, says: {} })),
  },
  rules: { duty: "vda", grade: null, coverage: null, downgrade: "none", signatures: ["auditor", "auditee"] },
};
const STROKES = [[0, 0, 400, 200, 800, 10]];

const opened = [];
async function audit(definition = DEFINITION) {
  const store = phone();
  const row = { id: RECORD.id, site: { time_zone: "Asia/Shanghai" }, state: "in_progress" };
  const session = await new Session(store, row, { definition, html: "" }).load();
  opened.push(session);
  return { store, session };
}
afterEach(() => {
  for (const session of opened.splice(0)) session.close();
});

async function signed(session, slot, more = {}) {
  const now = await coverage(session.store, session.id, session.definition);
  const value = {
    slot,
    name: "Wang Jianguo",
    role: "Quality manager",
    organisation: "Hengda Precision",
    meaning: slot === "auditor" ? "carried_out" : "confirm_facts",
    consent: { id: CONSENT, language: "zh-Hans" },
    strokes: STROKES,
    digest: await digestOf(now.version, now.registers, now.photos, CONSENT, "zh-Hans"),
    covers: { answers: 2, photos: now.photos.length },
    at: Date.now(),
    ...more,
  };
  await session.sign("sign", value);
  await session.load();
}

async function answered(session) {
  for (const { id } of session.questions) await session.write(`q/${id}`, "score", "10");
}

test("what is signed is every register with the hash of the operation that won it", async () => {
  const { store, session } = await audit();
  await session.write("q/M01", "score", "10");
  await session.write("q/M01", "note", { text: "seen", lang: "en" });
  const now = await coverage(store, RECORD.id, DEFINITION);
  assert.deepEqual(
    now.registers.map(([path, field]) => [path, field]),
    [
      ["q/M01", "note"],
      ["q/M01", "score"],
    ],
  );
  const { op } = (await all(store, "ops")).find(({ field }) => field === "score");
  assert.equal(now.registers[1][2], await digest(canonical(op)));
  assert.equal(now.version, await digest(canonical(DEFINITION)));
});

test("drawings that two made at once are both signed: they are shown together", async () => {
  const { store, session } = await audit();
  await answered(session);
  await signed(session, "auditor");
  const field = `marks:${uuid7()}`;
  const drawn = (lamport) => ({
    seq: lamport,
    fate: "applied",
    code: "",
    person: { id: "p", name: "Mara" },
    received_at: lamport,
    op: {
      v: 1,
      id: uuid7(),
      record: RECORD,
      kind: "set",
      path: "q/M01",
      field,
      value: [{ kind: "circle", x: lamport, y: 1, rx: 1, ry: 1, colour: "red" }],
      parents: [],
      device: crypto.randomUUID(),
      n: 1,
      lamport,
      at: lamport,
      offset: 0,
      tz: "UTC",
    },
  });
  await absorb(store, RECORD.id, [drawn(90)]);
  await session.load();
  await signed(session, "auditor");
  assert.equal(session.slots[0].state, "signed");
  await absorb(store, RECORD.id, [drawn(60)]);
  await session.load();
  assert.equal(session.slots[0].state, "outdated");
  const now = await coverage(store, RECORD.id, DEFINITION);
  assert.equal(now.registers.filter((entry) => entry[1] === field).length, 2);
});

test("signing changes nothing that is signed: the second party signs the same", async () => {
  const { store, session } = await audit();
  await answered(session);
  const before = await coverage(store, RECORD.id, DEFINITION);
  await signed(session, "auditor");
  const after = await coverage(store, RECORD.id, DEFINITION);
  assert.deepEqual(after.registers, before.registers);
  await signed(session, "auditee");
  assert.deepEqual(
    session.slots.map(({ state }) => state),
    ["signed", "signed"],
  );
  assert.deepEqual(session.blockers, []);
});

test("slots block after everything else, and only what counts opens them", async () => {
  const { session } = await audit();
  assert.deepEqual(
    session.blockers.map(({ code, slot }) => slot ?? code),
    ["unanswered", "unanswered", "auditor", "auditee"],
  );
  assert.equal(session.unsettled.length, 2);
  await answered(session);
  assert.equal(session.unsettled.length, 0);
  await signed(session, "auditee");
  assert.deepEqual(session.blockers, [{ code: "signature_missing", slot: "auditor" }]);
});

test("an answer changed after signing is named, and the slot asks again", async () => {
  const { session } = await audit();
  await answered(session);
  await signed(session, "auditor");
  await signed(session, "auditee");
  // never sent: the change takes the place of the answer before, under the same id
  await session.write("q/M02", "score", "8");
  await session.write("q/M02", "note", { text: "two of ten late", lang: "en" });
  await session.load();
  assert.deepEqual(
    session.slots.map(({ state }) => state),
    ["outdated", "outdated"],
  );
  for (const one of session.given) assert.deepEqual([...new Set(one.after)], ["q/M02"]);
  await signed(session, "auditor");
  assert.deepEqual(
    session.slots.map(({ state }) => state),
    ["signed", "outdated"],
  );
});

test("another device's answer that comes in after signing takes the signature with it", async () => {
  const { store, session } = await audit();
  await answered(session);
  await signed(session, "auditor");
  const head = session.state.get("q/M01 score").heads[0];
  const op = {
    v: 1,
    id: uuid7(),
    record: RECORD,
    kind: "set",
    path: "q/M01",
    field: "score",
    value: "4",
    parents: [head.id],
    device: crypto.randomUUID(),
    n: 1,
    lamport: 50,
    at: 1,
    offset: 0,
    tz: "Asia/Shanghai",
  };
  await absorb(store, RECORD.id, [
    { seq: 9, fate: "applied", person: { id: "p", name: "Lin Yue" }, op, received_at: 2 },
  ]);
  await session.load();
  assert.equal(session.slots[0].state, "outdated");
  assert.deepEqual(session.given[0].after, ["q/M01"]);
});

test("a refusal counts like a signature, by the language of its reason", async () => {
  const { session } = await audit();
  await answered(session);
  const now = await coverage(session.store, session.id, DEFINITION);
  const value = {
    slot: "auditee",
    name: "Wang Jianguo",
    role: "Quality manager",
    organisation: "Hengda Precision",
    reason: { text: "Wants to ask the head office first.", lang: "en" },
    witness: { name: "Li Qiang", role: "Store" },
    digest: await digestOf(now.version, now.registers, now.photos, REFUSAL, "en"),
    at: Date.now(),
  };
  await session.sign("refuse", value);
  await session.load();
  assert.deepEqual(
    session.slots.map(({ state }) => state),
    ["missing", "refused"],
  );
});

test("completing names the signatures that count, and no others", async () => {
  const { session } = await audit();
  await answered(session);
  await signed(session, "auditor");
  await session.write("q/M02", "note", { text: "more", lang: "en" });
  await session.load();
  const old = session.given[0].row;
  await signed(session, "auditor");
  await signed(session, "auditee");
  await session.complete();
  const { signatures, media } = session.read("inspection", "completed");
  const counting = session.given.filter(({ counts }) => counts).map(({ row }) => row);
  assert.deepEqual(signatures, counting);
  assert.equal(signatures.length, 2);
  assert.ok(!signatures.includes(old));
  assert.deepEqual(media, []);
  assert.equal(session.completed, true);
});

test("a checklist that asks for no signature completes as before", async () => {
  const { session } = await audit({ ...DEFINITION, rules: { ...DEFINITION.rules, signatures: undefined } });
  await answered(session);
  assert.deepEqual(session.blockers, []);
  await session.complete();
  assert.deepEqual(session.read("inspection", "completed").signatures, []);
});

const decided = (field, lamport, value, parents = []) => ({
  seq: lamport,
  fate: "applied",
  person: { id: "p", name: "Mara" },
  received_at: lamport,
  op: {
    v: 1,
    id: uuid7(),
    record: RECORD,
    kind: { completed: "complete", returned: "return", reopened: "reopen", approved: "approve" }[field],
    path: "inspection",
    field,
    value,
    parents,
    device: crypto.randomUUID(),
    n: lamport,
    lamport,
    at: lamport,
    offset: 0,
    tz: "UTC",
  },
});

test("an approver's return opens the inspection again, with comments at the questions", async () => {
  const rules = { ...DEFINITION.rules, signatures: undefined, approval: true };
  const { store, session } = await audit({ ...DEFINITION, rules });
  await answered(session);
  await session.complete();
  assert.equal(session.inReview, true);
  assert.equal(session.closed, true);
  const text = { text: "Which three names?", lang: "en" };
  const reason = { text: "One sample is too thin.", lang: "en" };
  await absorb(store, RECORD.id, [
    decided("returned", 90, { reason, comments: [{ question: "M02", text }] }),
  ]);
  await session.load();
  assert.equal(session.closed, false);
  assert.equal(session.inReview, false);
  assert.deepEqual(session.reopened.value.reason, reason);
  assert.deepEqual(session.comments("M02"), [text]);
  assert.deepEqual(session.comments("M01"), []);
  await session.complete();
  assert.equal(session.closed, true);
  assert.deepEqual(session.comments("M02"), []);
});

test("the last word decides, whatever order the operations came in", async () => {
  const { store, session } = await audit();
  const reason = { text: "Wrong supplier part.", lang: "en" };
  await absorb(store, RECORD.id, [
    decided("reopened", 40, { reason, revision: 2 }),
    decided("completed", 30, { operations: 1, media: [] }),
  ]);
  await session.load();
  assert.equal(lastWord(session.state).field, "reopened");
  assert.equal(opens(lastWord(session.state)), true);
  assert.equal(session.completed, false);
  await absorb(store, RECORD.id, [decided("completed", 60, { operations: 9, media: [] })]);
  await session.load();
  assert.equal(session.completed, true);
});

test("nothing given, nothing read: an inspection without signatures costs no hashing", async () => {
  const store = phone();
  await write(store, answer("M01", "8"));
  await write(store, note("M01", "seen"));
  store.read = () => assert.fail("read");
  assert.deepEqual(await weigh(store, RECORD.id, DEFINITION, given(new Map())), []);
});

test("a digest is shown by its ends", () => {
  assert.equal(short("9f3a77c0".padEnd(60, "1").concat("c21e")), "9f3a77c0…c21e");
});
