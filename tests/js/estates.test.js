// Units kept on a phone: which estates come by themselves, what is found in them, and a walk that begins without signal.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { byLabel, keepEstates, keptEstate, search, unitOf } from "../../static/src/js/runner/estates.js";
import { startInspection } from "../../static/src/js/runner/load.js";
import { all, closeAll, phone } from "./helpers.js";

afterEach(closeAll);

const ROOMS = [{ id: "bed", kind: "bedroom", name: { en: "Bedroom" } }];
const HEX = "0199c0de00007000800000000000001";
const body = (name) => ({
  id: name,
  name,
  site: { id: "site", name: "Lakeside", city: "", time_zone: "Asia/Shanghai" },
  company: { id: "c", name: "Developer" },
  contractors: { Tiling: { id: "t", name: "Meijia" } },
  due_days: {},
  types: [
    { name: "A1", rooms: ROOMS, plan: null },
    { name: "Bare", rooms: [], plan: null },
  ],
  buildings: [
    { name: "Tower 1", units: [[`${HEX}1`, "0123ABCD", "15", "1502", 0]] },
    {
      name: "Tower 2",
      units: [
        [`${HEX}2`, "1123ABCD", "15", "1502", 0],
        [`${HEX}3`, "2123ABCD", "1", "102", 1],
      ],
    },
  ],
});

/** A server that has these estates; `asked` says what was asked for, with which tag. */
function server(...names) {
  const asked = [];
  const ask = async (_method, url, { tag } = {}) => {
    const id = url.split("/").at(-2);
    asked.push([id, tag]);
    if (!names.includes(id)) return { kind: "problem", status: 404 };
    return tag
      ? { kind: "ok", body: null }
      : { kind: "ok", body: { api: "plumbline/1", ...body(id) }, tag: `"${id}"` };
  };
  return { ask, asked };
}

const work = (store, ...estates) =>
  store.setMeta("work", { estates: estates.map(([id, units]) => ({ id, name: id, units })) });

test("small estates are kept by themselves, large ones when somebody asks, and none that is gone", async () => {
  const store = phone();
  const { ask, asked } = server("small", "large");
  await work(store, ["small", 500], ["large", 501], ["empty", 0]);
  assert.equal((await keepEstates(store, ask)).kind, "ok");
  assert.deepEqual(asked, [["small", undefined]]);
  await keepEstates(store, ask);
  assert.equal(asked.length, 1, "a list of today is not asked for again");
  await keepEstates(store, ask, { all: true });
  assert.deepEqual(asked[1], ["small", '"small"'], "getting ready asks whether it changed");
  assert.equal((await keptEstate(store, "small")).body.name, "small", "and it had not");
  await work(store, ["large", 501]);
  await keepEstates(store, ask);
  assert.equal(await keptEstate(store, "small"), undefined);
});

test("no signal ends the fetching and loses nothing", async () => {
  const store = phone();
  await work(store, ["small", 3]);
  await keepEstates(store, server("small").ask);
  const found = await keepEstates(store, async () => ({ kind: "offline" }), { all: true });
  assert.equal(found.kind, "offline");
  assert.equal((await keptEstate(store, "small")).body.buildings.length, 2);
});

test("a unit is found by building and name, by name alone and by its label", async () => {
  const estate = body("Lakeside");
  const names = (query) => search(estate, query, 9).map(({ building, name }) => `${building} ${name}`);
  assert.deepEqual(names("1502"), ["Tower 1 1502", "Tower 2 1502"]);
  assert.deepEqual(names("tower 2 1502"), ["Tower 2 1502"]);
  assert.deepEqual(names("２ １５０２"), ["Tower 2 1502"], "full-width digits are digits");
  assert.deepEqual(names("02"), ["Tower 1 1502", "Tower 2 1502", "Tower 2 102"]);
  assert.deepEqual(names("nowhere"), []);
  assert.equal(search(estate, "", 2).length, 2, "no more than can be shown");
  const store = phone();
  await work(store, ["small", 3]);
  await keepEstates(store, server("small").ask);
  const found = await byLabel(store, [{ id: "away" }, { id: "small" }], " ii23abcd ");
  assert.equal(found.unit.building, "Tower 2");
  assert.equal(found.unit.id, "0199c0de-0000-7000-8000-000000000012");
  assert.equal(await byLabel(store, [{ id: "small" }], "ZZZZZZZZ"), null);
});

test("a walk begins on the phone with the unit's rooms, as the server would have told them", async () => {
  const store = phone();
  const estate = body("Lakeside");
  const [, tower] = estate.buildings;
  const unit = unitOf(estate, tower.name, tower.units[0]);
  assert.deepEqual(
    unit.rooms.map(({ kind }) => kind),
    ["bedroom", "unit"],
    "the flat as a whole is asked about too",
  );
  assert.deepEqual(unitOf(estate, tower.name, tower.units[1]).rooms, [], "no rooms, nothing to walk");
  const row = await startInspection(store, {
    person: { id: "p", name: "Chen" },
    site: { ...estate.site, company: estate.company },
    checklist: { version_id: "v", title: "Handover" },
    due: "2026-11-26",
    organisation: "House",
    unit,
  });
  const [made] = await all(store, "ops");
  assert.deepEqual(made.op.value, {
    checklist_version: "v",
    site: "site",
    auditors: ["p"],
    due: "2026-11-26",
    unit: unit.id,
    rooms: unit.rooms,
  });
  assert.equal(row.unit.contractors.Tiling.name, "Meijia");
  const [kept] = await all(store, "inspections");
  assert.deepEqual(kept.rooms, unit.rooms);
  assert.equal(kept.born_here, true);
});
