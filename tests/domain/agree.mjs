// Reads a JSON list of cases on stdin, answers what the JavaScript rules make of each.
import { readFileSync } from "node:fs";
import { answersOf, outOfScope, tornQuestions } from "../../static/src/js/domain/answers.js";
import { canonical, digest } from "../../static/src/js/domain/canonical.js";
import { blockers } from "../../static/src/js/domain/duty.js";
import { dueByRule, findings, severity } from "../../static/src/js/domain/findings.js";
import { photos, registers, replaceHeads, rows } from "../../static/src/js/domain/merge.js";
import { score } from "../../static/src/js/domain/scoring.js";
import * as signatures from "../../static/src/js/domain/signatures.js";

const register = ({ path, field, heads, value, conflict }) => ({ path, field, heads, value, conflict });

const answer = {
  score: ({ definition, answers, left }) => score(definition, answers, left),
  blockers: ({ definition, answers, left, torn }) => blockers(definition, answers, left, torn),
  findings: ({ definition, answers }) =>
    definition.sections.flatMap(({ questions }) =>
      questions.map((q) => severity(definition, q, answers[q.id]?.score ?? null, answers[q.id]?.note ?? null)),
    ),
  registers: ({ operations }) => [...registers(operations).values()].map(register),
  incremental: ({ operations }) => {
    const state = new Map();
    const stored = [];
    for (const op of operations) {
      const same = stored.filter(({ path, field }) => path === op.path && field === op.field);
      const named = same.some(({ parents }) => parents.includes(op.id)) ? [op.id] : [];
      const name = `${op.path} ${op.field}`;
      state.set(name, replaceHeads(state.get(name), [op], named));
      stored.push(op);
    }
    return [...state.values()].map(register);
  },
  reading: ({ operations }) => {
    const state = registers(operations);
    return {
      answers: answersOf(state),
      out: [...outOfScope(state)].sort(),
      torn: tornQuestions(state),
      photos: photos(state, "q/M01"),
      rows: rows(state, "participants"),
    };
  },
  entries: ({ definition, operations, day, language }) =>
    findings(definition, registers(operations), day, language),
  signed: async ({ definition, operations, hashes, checklist }) => {
    const state = registers(operations);
    const parts = [signatures.covered(state, new Map(hashes)), signatures.livePhotos(state)];
    const rows = await signatures.standing(checklist, ...parts, signatures.given(state));
    return {
      digest: await signatures.digestOf(checklist, ...parts, "sign-1", "zh-Hant"),
      rows: rows.map(({ row, kind, slot, operation, lamport, counts }) => [
        row,
        kind,
        slot,
        operation,
        lamport,
        counts,
      ]),
      slots: signatures.slots(definition, rows),
      blockers: signatures.blockers(definition, rows),
    };
  },
  due: ({ severity: found, at_once, day }) => dueByRule(found, at_once, day),
  strokes: ({ strokes }) => signatures.strokeProblem(strokes),
  canonical: async ({ value }) => {
    const text = canonical(value);
    return [text, await digest(text)];
  },
};

const cases = JSON.parse(readFileSync(0, "utf8"));
const answers = await Promise.all(cases.map(async ({ ask, ...rest }) => answer[ask](rest)));
process.stdout.write(JSON.stringify(answers));
