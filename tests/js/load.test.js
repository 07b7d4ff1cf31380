import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { sha256 } from "../../static/src/js/runner/ids.js";
import { askEarly, begunWho, fetchEarly } from "../../static/src/js/runner/early.js";
import { bundleOf, fetchInspection } from "../../static/src/js/runner/load.js";
import { ask } from "../../static/src/js/runner/transport.js";
import { all, closeAll, json, phone, RECORD, Server } from "./helpers.js";

const VERSION = "0199c0de-0000-7000-8000-0000000000aa";
const HTML = "<div data-form></div>";
const PLACE = `/api/v1/inspections/${RECORD.id}`;
let server;
beforeEach(() => {
  server = new Server();
});
afterEach(closeAll);

const whole = async (more = {}) => {
  const form = { id: VERSION, language: "en", format: 1, html: HTML, definition: { sections: [] } };
  form.sha256 = await sha256(new TextEncoder().encode(HTML));
  const inspection = { id: RECORD.id, version_id: VERSION };
  return { api: "plumbline/1", inspection, last: null, epoch: "e", head: 0, operations: [], ...more, form };
};
const asked = () => server.requests.map(({ url }) => url);

test("what was asked for early is used once, and its checklist is kept", async () => {
  const answer = await whole();
  server.faults = [() => json(answer), () => json(answer)];
  fetchEarly(ask, `#/i/${RECORD.id}/q/M01`, "en");
  const store = phone();
  assert.equal((await fetchInspection(store, ask, RECORD.id)).kind, "ok");
  assert.deepEqual(asked(), [`${PLACE}?form=en`]);
  assert.equal((await bundleOf(store, VERSION, "en")).html, HTML);
  assert.equal((await all(store, "inspections"))[0].id, RECORD.id);
  await fetchInspection(store, ask, RECORD.id);
  assert.deepEqual(asked(), [`${PLACE}?form=en`, PLACE]);
});

test("an early answer about another inspection is not taken for this one", async () => {
  const answer = await whole();
  server.faults = [() => json(answer), () => json(answer)];
  fetchEarly(ask, "#/i/0199c0de-0000-7000-8000-0000000000ff", "en");
  await fetchInspection(phone(), ask, RECORD.id);
  assert.equal(asked()[1], PLACE);
});

test("what a small script began before the app came is not asked again", async () => {
  const answer = await whole();
  server.faults = [() => json(answer)];
  for (const _ of ["early.js", "app.js"]) fetchEarly(ask, `#/i/${RECORD.id}`, "en");
  askEarly(async () => "somebody");
  assert.equal((await fetchInspection(phone(), ask, RECORD.id)).kind, "ok");
  assert.deepEqual(asked(), [`${PLACE}?form=en`]);
  assert.equal(await begunWho(), "somebody");
  assert.equal(begunWho(), null); // once: whoever asks later wants to know who is there then
});

test("nothing is asked for early when the address names no inspection", () => {
  for (const hash of ["", "#/work", "#/phone"]) fetchEarly(ask, hash, "en");
  assert.deepEqual(asked(), []);
});

test("a form that came damaged is not kept, and the inspection is", async () => {
  const answer = await whole();
  answer.form.html += "<p>";
  server.faults = [() => json(answer)];
  fetchEarly(ask, `#/i/${RECORD.id}`, "en");
  const store = phone();
  assert.equal((await fetchInspection(store, ask, RECORD.id)).kind, "ok");
  assert.equal(await bundleOf(store, VERSION, "en"), undefined);
});

test("what was given to somebody else says so while it is open, until it comes back", async () => {
  const answer = await whole();
  const gone = () => json({ api: "plumbline/1", code: "not_found" }, 404);
  server.faults = [gone, () => json(answer), gone, gone, () => json(answer)];
  const store = phone();
  const told = [];
  store.addEventListener("told", ({ detail }) => told.push(detail.record));
  await fetchInspection(store, ask, RECORD.id);
  assert.deepEqual(await all(store, "inspections"), [], "never here: nothing to say");
  await fetchInspection(store, ask, RECORD.id);
  await fetchInspection(store, ask, RECORD.id);
  await fetchInspection(store, ask, RECORD.id);
  assert.equal((await all(store, "inspections"))[0].lost, true);
  assert.deepEqual(told, [RECORD.id, RECORD.id], "said once");
  await fetchInspection(store, ask, RECORD.id);
  assert.equal((await all(store, "inspections"))[0].lost, false);
});
