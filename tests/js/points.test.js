import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { key } from "../../static/src/js/domain/merge.js";
import { refreshWork, startInspection } from "../../static/src/js/runner/load.js";
import { lastPhotos } from "../../static/src/js/runner/pictures.js";
import { Session } from "../../static/src/js/runner/session.js";
import { all, closeAll, phone, RECORD } from "./helpers.js";

const DEFINITION = {
  scale: { min: "0", max: "10", options: [{ value: "10" }, { value: "0" }] },
  sections: [{ id: "s", title: {}, questions: [{ id: "M01", text: {}, weight: 1 }] }],
  rules: {},
};
const point = (n) => ({
  id: `0199c0de-0000-7000-8000-00000000010${n}`,
  number: `ACT-2026-000${n}`,
  text: { text: `Is it ${n}?`, lang: "en" },
  since: "2026-03-02",
  person: "Mara",
  photo: null,
});

afterEach(closeAll);

async function visit(points) {
  const store = phone();
  const row = { id: RECORD.id, state: "in_progress", listed: true, loaded: 1, open_points: points };
  await store.run(["inspections"], "readwrite", (tx) => tx.store.put(row));
  return new Session(store, row, { definition: DEFINITION, html: "" }).load();
}

/** The list of work as the server says it, with these points at the place of the one inspection. */
const listed = (points) => async () => ({
  kind: "ok",
  body: {
    inspections: [{ id: RECORD.id, state: "in_progress", ...(points && { open_points: points }) }],
    sites: [],
    checklists: [],
    epoch: "e",
  },
});

test("a point is seen by two taps, and weighs nothing", async () => {
  const session = await visit([point(1), point(2)]);
  const before = [session.result, session.blockers];
  await session.write(session.points[0].path, "seen", "closed");
  await session.write(session.points[0].path, "note", { text: "Tag hangs.", lang: "en" });
  assert.deepEqual(
    session.points.map(({ seen }) => seen),
    ["closed", null],
  );
  assert.deepEqual([session.result, session.blockers], before);
  session.close();
});

test("of what was closed meanwhile only what somebody looked at stays", async () => {
  const session = await visit([point(1), point(2), point(3)]);
  await session.write(session.points[0].path, "seen", "open");
  await refreshWork(session.store, listed([point(3), point(4)]));
  await session.load();
  assert.deepEqual(session.points.map(({ number }) => number).sort(), [
    "ACT-2026-0001",
    "ACT-2026-0003",
    "ACT-2026-0004",
  ]);
  await refreshWork(session.store, listed(null)); // it has ended: its own points stay as they were
  await session.load();
  assert.equal(session.points.length, 3);
  session.close();
});

test("two phones that saw it differently leave it to be decided", async () => {
  const session = await visit([point(1)]);
  const { path } = session.points[0];
  await session.write(path, "seen", "open");
  const name = key(path, "seen");
  session.state.set(name, { ...session.state.get(name), conflict: true });
  assert.deepEqual(session.blockers, [
    { code: "unanswered", question: "M01", section: "s" },
    { code: "conflict", point: point(1).id },
  ]);
  session.close();
});

test("an audit begun without signal names the points of its site", async () => {
  const store = phone();
  const site = { id: "0199c0de-0000-7000-8000-0000000000b1", open_points: [point(1)] };
  const checklist = { version_id: "0199c0de-0000-7000-8000-0000000000aa", title: "4M1E" };
  const row = await startInspection(store, { person: { id: "p", name: "Bo" }, site, checklist, due: null });
  assert.deepEqual(row.open_points, [point(1)]);
  const [{ op }] = await all(store, "ops");
  assert.deepEqual(op.value.open_points, [point(1).id]);
  const bare = { id: site.id };
  await startInspection(store, { person: { id: "p", name: "Bo" }, site: bare, checklist, due: null });
  const ops = await all(store, "ops");
  assert.equal(ops.filter(({ op: each }) => "open_points" in each.value).length, 1, "nothing to name");
});

test("photos of points are fetched for a place without signal, each once", () => {
  const sha = "a".repeat(64);
  const answers = { M01: { photos: [sha] } };
  const shown = [{ ...point(1), photo: sha }, { ...point(2), photo: "b".repeat(64) }, point(3)];
  const found = lastPhotos([{ id: RECORD.id, last: { answers }, open_points: shown }, { id: "x" }]);
  assert.deepEqual(
    found.map(({ sha256 }) => sha256[0]),
    ["a", "b"],
  );
  assert.equal(found[1].address, `/api/v1/inspections/${RECORD.id}/points/${point(2).id}/photo`);
});
