// A unit's walk on a phone: its form room by room, many edits of one tap, defects that are whole from the first.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { canonical, digest } from "../../static/src/js/domain/canonical.js";
import {
  choose,
  lately,
  raise,
  rememberDefect,
  repeat,
  takeBack,
} from "../../static/src/js/runner/defects.js";
import { write, writeAll } from "../../static/src/js/runner/edit.js";
import { countPlans, fetchPlans, placed, plansOf } from "../../static/src/js/runner/plans.js";
import { Session } from "../../static/src/js/runner/session.js";
import { coverage } from "../../static/src/js/runner/signing.js";
import { contractorOf, dueByRule, roomName } from "../../static/src/js/runner/unit.js";
import { all, closeAll, phone, RECORD, uuid7 } from "./helpers.js";

const check = (id, trade, severity, rooms) => ({
  id,
  text: { en: id },
  weight: 1,
  critical: false,
  veto: false,
  trade,
  severity,
  rooms,
});
const DEFINITION = {
  sections: [
    {
      id: "walls",
      title: { en: "Walls" },
      questions: [
        check("H05", "Plaster", "B", ["bedroom", "living"]),
        check("H07", "Waterproofing", "A", ["bedroom", "bathroom"]),
      ],
    },
  ],
  na: true,
  scale: {
    min: 0,
    max: 1,
    options: [
      { value: "pass", points: 1 },
      { value: "defect", points: 0 },
    ],
  },
  rules: { duty: "none", grade: null, coverage: null, downgrade: "none", group_weights: null },
  terms: {
    trade: { Plaster: { en: "Plaster" }, Waterproofing: { en: "Waterproofing" }, Tiling: { en: "Tiling" } },
  },
  defects: [
    { id: "tile-loose", trade: "Tiling", class: "C", text: { en: "Loose tile", "zh-Hans": "瓷砖松动" } },
  ],
};
const ROOMS = [
  { id: "bed", kind: "bedroom", name: { en: "Bedroom" } },
  { id: "bath1", kind: "bathroom", name: { en: "Bathroom" } },
  { id: "park", kind: "parking", name: { en: "Parking" } },
];
const UNIT = {
  name: "1502",
  building: "Tower 2",
  contractors: { Waterproofing: { id: "c-1", name: "Huaxin" }, Tiling: { id: "c-2", name: "Meijia" } },
};

const opened = [];
async function walk(store = phone()) {
  const value = {
    checklist_version: uuid7(),
    site: uuid7(),
    auditors: [],
    due: null,
    unit: uuid7(),
    rooms: ROOMS,
  };
  await write(store, { record: RECORD, kind: "create", path: "inspection", field: "created", value });
  const row = { id: RECORD.id, site: { time_zone: "Asia/Shanghai" }, state: "in_progress", unit: UNIT };
  const session = await new Session(store, row, { definition: DEFINITION, html: "" }).load();
  opened.push(session);
  return { store, session };
}
afterEach(async () => {
  for (const session of opened.splice(0)) session.close();
  await closeAll();
});

const one = (session, id) => session.questions.find((question) => question.id === id);

test("a walk asks its checks in its rooms; what is signed names the checklist as it was published", async () => {
  const { session } = await walk();
  assert.deepEqual(
    session.questions.map(({ id }) => id),
    ["H05-bed", "H07-bed", "H07-bath1"],
  );
  assert.equal(session.result.asked, 3);
  assert.equal(session.nameOf("q/H07-bath1"), "H07");
  assert.equal(roomName(session, "park"), "Parking"); // a room without a check has its name all the same
  const { version } = await coverage(session.store, session.id, session.version);
  assert.equal(version, await digest(canonical(DEFINITION)));
});

test("all checks of a room are answered in one transaction: one telling, one drawing, an operation each", async () => {
  const { store, session } = await walk();
  const [told, drawn] = [[], []];
  store.addEventListener("told", ({ detail }) => told.push(detail.type));
  session.addEventListener("changed", ({ detail }) => drawn.push(detail));
  await session.writeAll(session.questions.map(({ id }) => [`q/${id}`, "score", "pass"]));
  assert.deepEqual(told, ["wrote"]);
  assert.deepEqual(drawn, [{}]);
  const made = (await all(store, "ops")).filter(({ path }) => path.startsWith("q/"));
  assert.equal(made.length, 3);
  assert.deepEqual(made.map(({ n }) => n).sort(), [2, 3, 4]);
  assert.equal(new Set(made.map(({ lamport }) => lamport)).size, 3);
  assert.equal(session.result.answered, 3);
});

test("of several edits none is kept when one cannot be", async () => {
  const { store } = await walk();
  const edit = (path, value) => ({ record: RECORD, path, field: "score", value, id: uuid7() });
  await assert.rejects(writeAll(store, [edit("q/H05-bed", "pass"), edit("q/H07-bed", () => {})]));
  assert.deepEqual(
    (await all(store, "ops")).map(({ path }) => path),
    ["inspection"],
  );
});

test("edits of one tap that could not be written are tried again, each by itself", async () => {
  const { store, session } = await walk();
  const { run } = store;
  store.run = () => Promise.reject(new Error("full"));
  await session.writeAll([
    ["q/H05-bed", "score", "pass"],
    ["q/H07-bed", "score", "pass"],
  ]);
  assert.equal(session.unsaved.size, 2);
  assert.equal(session.saved("q/H05-bed"), "unsaved");
  assert.equal(session.read("q/H05-bed", "score"), "pass"); // the screen keeps what was entered
  store.run = run;
  await session.retry();
  assert.equal(session.unsaved.size, 0);
  assert.equal((await all(store, "ops")).filter(({ path }) => path.startsWith("q/")).length, 2);
});

test("a defect is whole from the first tap on, with the answer of its check", async () => {
  const { store, session } = await walk();
  const id = await raise(session, { question: one(session, "H07-bath1") });
  assert.equal(session.read("q/H07-bath1", "score"), "defect");
  const again = await new Session(store, session.row, { definition: DEFINITION, html: "" }).load();
  opened.push(again);
  const [defect] = again.defects;
  assert.deepEqual(
    [defect.id, defect.check, defect.room, defect.trade, defect.class],
    [id, "H07-bath1", "bath1", "Waterproofing", "A"],
  );
  const kinds = (await all(store, "ops"))
    .filter(({ path }) => path.startsWith("d/"))
    .map(({ op }) => op.kind);
  assert.deepEqual(kinds.sort(), ["row.add", "set", "set", "set", "set"]);
});

test("a defect that is taken back at once takes its answer with it; one of earlier leaves the answer", async () => {
  const { session } = await walk();
  await raise(session, { question: one(session, "H05-bed") });
  await takeBack(session, session.defects[0], null);
  assert.equal(session.read("q/H05-bed", "score"), null);
  assert.deepEqual(session.defects, []);
  await raise(session, { question: one(session, "H05-bed") });
  await takeBack(session, session.defects[0]);
  assert.equal(session.read("q/H05-bed", "score"), "defect");
  assert.ok(
    session.blockers.some(({ code, question }) => code === "defect_missing" && question === "H05-bed"),
  );
});

test("a ready defect brings words, trade and class, but never makes a check less than it is", async () => {
  const { session } = await walk();
  const [ready] = DEFINITION.defects;
  await raise(session, { question: one(session, "H07-bath1") });
  await choose(session, session.defects[0], ready, { text: "Loose tile", lang: "en" });
  const [defect] = session.defects;
  assert.deepEqual([defect.code, defect.trade, defect.class], ["tile-loose", "Tiling", "A"]);
  const id = await raise(session, { room: "park" });
  await choose(
    session,
    session.defects.find((each) => each.id === id),
    ready,
    { text: "Loose tile", lang: "en" },
  );
  assert.equal(session.defects.find((each) => each.id === id).class, "C");
});

test("the last defect can be repeated elsewhere: not its place, its photos or its answers", async () => {
  const { store, session } = await walk();
  await rememberDefect(store, {
    trade: "Tiling",
    code: "tile-loose",
    class: "C",
    text: null,
    contractor: null,
    pin: 1,
  });
  await rememberDefect(store, { trade: "Tiling", code: null, class: "B", text: { text: "x", lang: "en" } });
  const { last, recent } = await lately(store);
  assert.deepEqual(recent, ["tile-loose"]);
  await raise(session, { question: one(session, "H05-bed") });
  await repeat(session, session.defects[0], last);
  const [defect] = session.defects;
  assert.deepEqual([defect.trade, defect.class, defect.text.text, defect.pin], ["Tiling", "B", "x", null]);
});

test("contractor and day follow the rule until somebody names others", async () => {
  const { session } = await walk();
  await raise(session, { question: one(session, "H07-bath1") });
  const [leak] = session.defects;
  assert.equal(contractorOf(session, leak).name, "Huaxin");
  const days = (Date.parse(dueByRule(session, leak)) - Date.parse(session.day)) / 86400000;
  assert.equal(days, 15);
  assert.equal(contractorOf(session, { ...leak, contractor: "c-2" }).name, "Meijia");
  assert.equal(contractorOf(session, { ...leak, trade: "Plaster" }), null);
  session.row = { ...session.row, unit: { ...UNIT, due_days: { A: 3, leak: 4, B: 5, C: 6 } } };
  assert.equal((Date.parse(dueByRule(session, leak)) - Date.parse(session.day)) / 86400000, 4);
});

test("two who write one defect at once: both values stand, and it blocks until somebody chooses", async () => {
  const { session } = await walk();
  const id = await raise(session, { question: one(session, "H05-bed") });
  const path = `d/${id}`;
  const heads = ["one", "two"].map((text, at) => ({ id: `o${at}`, lamport: 9, value: { text, lang: "en" } }));
  session.state.set(`${path} text`, { path, field: "text", heads, value: heads[0].value, conflict: true });
  assert.deepEqual(
    session.blockers.find(({ code }) => code === "conflict"),
    { code: "conflict", page: path },
  );
});

test("completing names the photos of defects and meters, too", async () => {
  const { store, session } = await walk();
  for (const path of ["d/0199c0de-0000-7000-8000-00000000000d", "meter/water"]) {
    const media = crypto.randomUUID();
    const value = { media_id: media, sha256: (path[0] === "d" ? "d" : "e").repeat(64) };
    await session.write(path, `photo:${media}`, value, "media.add");
  }
  await session.complete();
  const op = (await all(store, "ops")).find(({ field }) => field === "completed").op;
  assert.deepEqual(op.value.media, ["d".repeat(64), "e".repeat(64)]);
});

test("plans are fetched once, each type's one, and wait for signal", async () => {
  const store = phone();
  const plan = (id) => ({ id, revision: 1, url: `/plans/${id}` });
  const rows = [
    { unit: { plan: plan("a") } },
    { unit: { plan: plan("a") } },
    { unit: { plan: plan("b") } },
    {},
  ];
  const plans = plansOf(rows);
  assert.deepEqual(
    plans.map(({ id }) => id),
    ["a", "b"],
  );
  const asked = [];
  globalThis.fetch = async (url) => {
    asked.push(url);
    return new Response(new Uint8Array([1, 2, 3]), { headers: { "content-type": "image/png" } });
  };
  assert.deepEqual(await fetchPlans(store, plans), { kind: "ok" });
  assert.deepEqual(await fetchPlans(store, plans), { kind: "ok" });
  assert.deepEqual(asked, ["/plans/a", "/plans/b"]);
  assert.equal(await countPlans(store, plans), 2);
  globalThis.fetch = () => Promise.reject(new TypeError("no network"));
  assert.deepEqual(await fetchPlans(store, [plan("c")]), { kind: "offline" });
  globalThis.fetch = async () => new Response("<html>", { headers: { "content-type": "text/html" } });
  assert.deepEqual(await fetchPlans(store, [plan("c")]), { kind: "ok" }); // a portal's page is no plan
  assert.equal(await countPlans(store, [plan("c")]), 0);
});

test("pins find their place on the revision in use, and none is lost where nobody knows the way", () => {
  const plan = (id, revision, more = {}) => ({ id, revision, url: `/plans/${id}`, ...more });
  const tenth = [1, 0, 1000, 0, 1, 0];
  const unit = {
    plan: plan("p3", 3, { moves: { p2: tenth }, older: [plan("p2", 2), plan("p1", 1)] }),
  };
  const pin = { plan: "p2", x: 4000, y: 5000 };
  assert.deepEqual(placed(unit, unit.plan, pin), { x: 5000, y: 5000 });
  assert.equal(placed(unit, unit.plan.older[0], pin), pin, "on its own revision it is where it was set");
  assert.equal(placed(unit, unit.plan, { ...pin, plan: "p1" }), null, "nobody matched the first revision");
  assert.equal(placed(unit, unit.plan.older[1], pin), null);
  assert.equal(placed({ plan: null }, null, pin), null);
  assert.equal(placed(unit, unit.plan, null), null);
  const [newest, first] = plansOf([{ unit }, { unit: { plan: null } }, {}]);
  assert.deepEqual([newest.id, first.id], ["p3", "p1"], "what cannot be moved is fetched to be looked at");
});
