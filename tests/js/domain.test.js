// The rules in JavaScript read the same vectors as app/domain.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { answersOf } from "../../static/src/js/domain/answers.js";
import { canonical, digest } from "../../static/src/js/domain/canonical.js";
import { byClass, defectsOf, unwritten } from "../../static/src/js/domain/defects.js";
import { blockers, duty, missing } from "../../static/src/js/domain/duty.js";
import { dueByRule, findings, severity } from "../../static/src/js/domain/findings.js";
import { defaultDue, isReading, readingProblem } from "../../static/src/js/domain/handover.js";
import { drawing, marksOf } from "../../static/src/js/domain/marks.js";
import { key, register, registers } from "../../static/src/js/domain/merge.js";
import { expand, roomsOf, walked } from "../../static/src/js/domain/rooms.js";
import { score } from "../../static/src/js/domain/scoring.js";
import * as signatures from "../../static/src/js/domain/signatures.js";
import { pickWithLanguage } from "../../static/src/js/domain/words.js";

const vectors = (name) =>
  JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), "utf8"));
const scoring = vectors("scoring");

const scale = (id) => {
  const { min, max, options } = scoring.scales[id];
  return { id, min, max, options: Object.entries(options).map(([value, points]) => ({ value, points })) };
};

const read = (sections) =>
  Object.entries(sections).map(([id, texts]) => ({
    id,
    questions: texts.map((text, at) => {
      const [, weight, flag, given] = /^(\d+)([*v]?):(.+)$/.exec(text);
      return {
        id: `${id}-${at + 1}`,
        weight: Number(weight),
        critical: flag === "*",
        veto: flag === "v",
        given,
      };
    }),
  }));

const pick = (from, like) => Object.fromEntries(Object.keys(like).map((name) => [name, from[name]]));

describe("drawings on photos", () => {
  for (const { name, size, shapes, expect } of vectors("marks").drawings)
    test(name, () => assert.deepEqual(drawing(shapes, ...size), expect));

  test("those of two who drew at once are shown together", () => {
    const [one, two] = ["red", "blue"].map((colour) => ({ kind: "arrow", x: 0, y: 0, x2: 9, y2: 9, colour }));
    const op = (id, value) => ({ id, path: "q/M01", field: "marks:p", value, parents: [], lamport: 1 });
    const state = registers([op("a", [one]), op("b", [two, one])]);
    assert.deepEqual(marksOf(state, "q/M01", "p"), [two, one]);
    assert.deepEqual(marksOf(state, "q/M01", "other"), []);
  });
});

describe("scoring", () => {
  for (const vector of scoring.vectors) {
    test(vector.name, () => {
      const sections = read(vector.sections);
      const questions = sections.flatMap((section) => section.questions).filter(({ given }) => given !== "-");
      const answers = Object.fromEntries(questions.map(({ id, given }) => [id, { score: given }]));
      const rules = { ...scoring.rules, ...vector.rules };
      const definition = { scale: scale(vector.scale ?? "vda"), na: vector.na ?? true, rules, sections };
      const result = score(definition, answers, new Set(vector.out_of_scope));
      const { rules: fired, sections: figures = {}, ...rest } = vector.expect;
      assert.deepEqual(
        result.rules.map(({ rule, question, section, value, limit }) => [
          rule,
          question ?? section,
          value,
          limit,
        ]),
        fired,
      );
      assert.deepEqual(pick(result, rest), rest);
      for (const [id, expected] of Object.entries(figures)) {
        assert.deepEqual(
          pick(
            result.sections.find((section) => section.id === id),
            expected,
          ),
          expected,
        );
      }
    });
  }
});

describe("duty and findings", () => {
  const notes = {
    note: { text: "Two of three records lack a date", lang: "en" },
    hinted: { text: "Seen as hinted", lang: "en", canned: "hinted" },
    blank: { text: "  \u3000\n", lang: "en" },
  };
  for (const vector of vectors("duty").vectors) {
    test(`${vector.scale} ${vector.score}${vector.flag} ${vector.has.join("+")}`, () => {
      const question = { id: "Q", weight: 1, critical: vector.flag === "*", veto: vector.flag === "v" };
      const rules = { ...scoring.rules, duty: vector.duty ?? "vda" };
      const sections = [{ id: "man", questions: [question] }];
      const definition = { scale: scale(vector.scale), na: vector.na ?? true, rules, sections };
      const answer = {
        score: vector.score,
        note: notes[vector.has.find((name) => name in notes)] ?? null,
        reason: vector.has.includes("reason") ? { text: "No such process here", lang: "en" } : null,
        photos: vector.has.includes("photo") ? ["p"] : [],
      };
      assert.deepEqual(missing(definition, question, answer), vector.missing);
      const found = severity(definition, question, answer.score, answer.note);
      assert.deepEqual(found && [found.severity, found.at_once], vector.finding);
      const expected = vector.missing.map((code) => ({ code, question: "Q", section: "man" }));
      assert.deepEqual(blockers(definition, { Q: answer }), expected);
    });
  }
  test("what a score owes is known before anything is written", () => {
    const question = { id: "Q", weight: 1, critical: true };
    const definition = { scale: scale("vda"), na: true, rules: scoring.rules, sections: [] };
    assert.deepEqual(duty(definition, question, "6"), { note: true, photo: true, reason: false });
    assert.deepEqual(duty(definition, question, "na"), { note: false, photo: false, reason: true });
  });
});

describe("merging", () => {
  const orders = (list) =>
    list.length > 4
      ? [list, [...list].reverse()]
      : list.length < 2
        ? [list]
        : list.flatMap((one, at) => orders(list.toSpliced(at, 1)).map((rest) => [one, ...rest]));
  for (const vector of vectors("merge").vectors) {
    test(vector.name, () => {
      const operations = vector.operations.map(([id, register, value, parents, lamport]) => {
        const [path, field] = register.split(" ");
        return { id, path, field, value, parents, lamport };
      });
      for (const order of orders(operations)) {
        for (const arriving of [order, [...order, ...order]]) {
          const state = [...registers(arriving)].map(([name, { value, conflict, heads }]) => [
            name,
            [value, conflict, heads.map(({ id }) => id)],
          ]);
          assert.deepEqual(Object.fromEntries(state), vector.registers);
        }
      }
    });
  }
});

describe("how findings read", () => {
  const known = vectors("findings");
  const question = (id, critical = false) => {
    const text = { en: `Question ${id}`, "zh-Hans": `问题 ${id}` };
    return { id, weight: 1, critical, veto: false, text };
  };
  const sections = [
    { id: "a", questions: [question("A1"), question("A2", true)] },
    { id: "b", questions: [question("B1")] },
  ];
  const definition = { scale: scale("vda"), na: true, rules: scoring.rules, sections };
  for (const vector of known.findings) {
    test(vector.name, () => {
      const state = new Map(
        Object.entries(vector.state).map(([name, value], at) => {
          const [path, field] = name.split(" ");
          return [key(path, field), register(path, field, [{ id: `o${at}`, lamport: at + 1, value }])];
        }),
      );
      const expected = vector.findings.map((found) => ({
        requirement: { text: `Question ${found.question}`, lang: "en" },
        ...found,
      }));
      assert.deepEqual(findings(definition, state, "2026-11-25", "en"), expected);
    });
  }
  for (const [found, atOnce, day, due] of known.due) {
    test(`${found} of ${day} is due ${due}`, () => assert.equal(dueByRule(found, atOnce, day), due));
  }
  for (const [words, reader, expected] of known.words) {
    test(`words for ${reader}: ${expected}`, () =>
      assert.deepEqual(pickWithLanguage(words, reader), expected));
  }
});

describe("signatures", () => {
  const known = vectors("signatures");
  for (const { name, checklist, registers: covered, photos, consent, sha256 } of known.digests) {
    test(name, async () => {
      assert.equal(
        await signatures.digestOf(checklist, covered, photos, consent.id, consent.language),
        sha256,
      );
    });
  }
  for (const { name, operations, registers: covered, photos } of known.covered) {
    test(name, () => {
      const state = registers(
        operations.map(([id, register, value, parents, lamport]) => {
          const [path, field] = register.split(" ");
          return { id, path, field, value, parents, lamport };
        }),
      );
      const hashes = new Map(operations.map(([id, , , , , hash]) => [id, hash]));
      assert.deepEqual(signatures.covered(state, hashes), covered);
      assert.deepEqual(signatures.livePhotos(state), photos);
      if (covered.length) assert.throws(() => signatures.covered(state, new Map()), /no hash/);
    });
  }
  for (const [name, text, problem] of known.strokes) {
    test(`strokes: ${name}`, () => assert.equal(signatures.strokeProblem(JSON.parse(text)), problem));
  }
  for (const { name, strokes, points, problem } of known.many) {
    test(name, () => {
      const stroke = Array.from({ length: points }, (_, at) => [(2 * at) % 1000, 200]).flat();
      assert.equal(signatures.strokeProblem(Array.from({ length: strokes }, () => stroke)), problem);
    });
  }
  for (const { name, asked, rows, slots, blockers: blocking } of known.slots) {
    test(name, () => {
      const rules = asked ? { signatures: asked } : {};
      const told = signatures.slots({ rules }, rows);
      assert.deepEqual(
        told.map(({ slot, state, row }) => [slot, state, row]),
        slots,
      );
      assert.deepEqual(
        signatures.blockers({ rules }, rows).map(({ code, slot }) => [code, slot]),
        blocking,
      );
    });
  }
  test("a refusal is of its own text; what counts is what stands now", async () => {
    const value = { digest: known.digests[2].sha256, reason: { text: "x", lang: "zh-Hant" } };
    const { checklist, registers: covered, photos } = known.digests[2];
    const row = { kind: "refuse", slot: "auditee", value };
    const counts = async (...parts) => (await signatures.standing(checklist, ...parts, [row]))[0].counts;
    assert.equal(await counts(covered, photos), true);
    assert.equal(await counts(covered.slice(1), photos), false);
  });
});

describe("canonical form", () => {
  const { vectors: written, refused } = vectors("canonical");
  for (const { json, canonical: expected, sha256 } of written) {
    test(json.slice(0, 60), async () => {
      assert.equal(canonical(JSON.parse(json)), expected);
      assert.equal(await digest(expected), sha256);
    });
  }
  for (const { json, code } of refused) {
    test(`refused ${json.slice(0, 40)}`, () => assert.throws(() => canonical(JSON.parse(json)), { code }));
  }
  test("what is not JSON has none", () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1]) {
      assert.throws(() => canonical(value), { code: "op_value" });
    }
    assert.throws(() => canonical({ a: undefined }), { code: "op_value" });
  });
  test("a shipped operation hashes as on the server", async () => {
    const { sent, canonical: expected, sha256 } = vectors("operations").shipped[0];
    assert.equal(canonical(sent), expected);
    assert.equal(await digest(canonical(sent)), sha256);
  });
});

/** Registers as if each had been written once. */
const written = (state) =>
  new Map(
    Object.entries(state).map(([name, value], at) => {
      const [path, field] = name.split(" ");
      return [key(path, field), register(path, field, [{ id: `o${at}`, lamport: at + 1, value }])];
    }),
  );

describe("a checklist walked room by room", () => {
  const known = vectors("rooms");
  for (const { name, rooms, sections } of known.expand)
    test(name, () => {
      const found = expand(known.definition, rooms);
      if (sections === null) return assert.equal(found, known.definition);
      assert.deepEqual(found.sections, sections);
      assert.equal(found.rules.group_weights, null);
      return assert.equal(found.scale, known.definition.scale);
    });
  for (const { name, rooms, expect } of known.walked)
    test(name, () => assert.deepEqual(walked(rooms), expect));
  test("the rooms are those the walk began with", () => {
    const [{ rooms }] = known.walked;
    assert.deepEqual(roomsOf(written({ "inspection created": { unit: "u", rooms } })), rooms);
    assert.equal(roomsOf(written({ "inspection created": { site: "s" } })), null);
    assert.equal(roomsOf(new Map()), null);
  });
});

describe("defects of a walk", () => {
  const { rooms, defects } = vectors("defects");
  const definition = expand(vectors("rooms").definition, rooms);
  for (const { name, state, found, by_class, unwritten: open } of defects)
    test(name, () => {
      const held = written(state);
      const read = defectsOf(definition, held);
      assert.deepEqual(read, found);
      assert.deepEqual(byClass(read), by_class);
      assert.deepEqual(unwritten(definition, answersOf(held), read), open);
    });
});

describe("handing a flat over", () => {
  const known = vectors("handover");
  for (const [grade, trade, day, days, due] of known.due)
    test(`due: ${grade} ${trade} ${day}`, () => assert.equal(defaultDue(grade, trade, day, days), due));
  for (const [kind, reading, last, days, problem] of known.readings)
    test(`reading: ${kind} ${last} → ${reading} in ${days}`, () =>
      assert.equal(readingProblem(kind, reading, last, days), problem));
  test("what is a reading", () => {
    for (const text of ["0", "123456789.125", "7.5"]) assert.ok(isReading(text), text);
    for (const text of ["", "-1", "012", "1,5", "1.2345", "1.", "١", "1234567890"])
      assert.ok(!isReading(text), text);
  });
});
