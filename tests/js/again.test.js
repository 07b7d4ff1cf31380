// Looking again at what was repaired: the twin of app/domain/again.py, and the price as it is typed.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { asWalked, questionId, rechecks, repairedOf } from "../../static/src/js/domain/again.js";
import { answersOf } from "../../static/src/js/domain/answers.js";
import { blockers } from "../../static/src/js/domain/duty.js";
import { key, register } from "../../static/src/js/domain/merge.js";
import { score } from "../../static/src/js/domain/scoring.js";
import { asAmount } from "../../static/src/js/runner/views/again.js";

const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
const known = vectors("again");
const { rooms, repaired } = known;
const definition = { ...vectors("rooms").definition, rules: known.rules };
const asked = asWalked(definition, rooms, repaired);
const written = (state) =>
  new Map(
    Object.entries(state).map(([name, value], at) => {
      const [path, field] = name.split(" ");
      return [key(path, field), register(path, field, [{ id: `o${at}`, lamport: at + 1, value }])];
    }),
  );

describe("a re-inspection", () => {
  test("asks about what was repaired, room by room", () => {
    const ids = asked.sections.map(({ id, questions }) => [id, questions.map((each) => each.id)]);
    assert.deepEqual(Object.fromEntries(ids), known.asked);
    assert.deepEqual(asked.sections[0].questions[0], known.question);
    assert.deepEqual(asked.rules, known.walked_rules);
    assert.deepEqual(asked.scale, known.scale);
    assert.equal(asWalked(definition, null, null), definition);
  });
  for (const { name, state, rechecks: told, blockers: open, total } of known.found)
    test(name, () => {
      const held = written(state);
      const found = rechecks(asked, held);
      assert.deepEqual(
        found.map((each) => [each.repaired.row, each.result, each.price, each.photos.length]),
        told,
      );
      const lacks = blockers(asked, answersOf(held));
      assert.deepEqual(
        lacks.map(({ question, code }) => [question, code]),
        open,
      );
      const result = score(asked, answersOf(held));
      assert.deepEqual([result.total, result.grade, result.vetoed], [total, null, false]);
    });
  test("what it looks at is what it began with", () => {
    assert.deepEqual(repairedOf(written({ "inspection created": { unit: "u", rooms, repaired } })), repaired);
    assert.equal(repairedOf(written({ "inspection created": { unit: "u", rooms } })), null);
    assert.equal(questionId(repaired[0].row), known.asked.bath1[0]);
  });
});

describe("a price as it is typed", () => {
  for (const [text, amount] of known.amounts)
    test(JSON.stringify(text), () => assert.equal(asAmount(text), amount === "bad" ? undefined : amount));
});
