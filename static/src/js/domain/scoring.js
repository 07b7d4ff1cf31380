// What an inspection scores, and why: twin of app/domain/scoring.py, which tells the rules. Same input, same JSON.
// Ratios are [numerator, denominator] of BigInt, so nothing is ever rounded before it must be.

import { above, against, INADEQUATE, isCritical, isNa, points, scoreOf, width } from "./scale.js";

const gcd = (a, b) => (b ? gcd(b, a % b) : a);
const ratio = (num, den) => {
  const [n, d] = [BigInt(num), BigInt(den)];
  const by = gcd(n, d) || 1n;
  return [n / by, d / by];
};
const atLeast = ([n, d], [m, e]) => n * BigInt(e) >= BigInt(m) * d;
const halfUp = ([n, d], scale = 1n) => Number((2n * n * scale + d) / (2n * d));
const decimals = (whole, places) => {
  const text = String(whole).padStart(places + 1, "0");
  return `${text.slice(0, -places)}.${text.slice(-places)}`;
};
const oneDecimal = (value) => decimals(halfUp(value, 10n), 1);
const pair = (value) => {
  const numbers = value.map(Number);
  return numbers.every(Number.isSafeInteger) ? numbers : null;
};

const rule = (name, value = null, limit = null, { section = null, question = null } = {}, grade = null) => [
  { rule: name, question, section, value, limit },
  grade,
];

const partOf = (definition, section, answers) => {
  const most = width(definition);
  const pointsOf = points(definition);
  const { coverage: needed } = definition.rules;
  const asked = section.questions.length;
  let [awarded, possible, evaluated, na] = [0, 0, 0, 0];
  for (const question of section.questions) {
    const given = scoreOf(answers, question);
    if (isNa(definition, given)) na += 1;
    else if (pointsOf.has(given)) {
      evaluated += 1;
      awarded += question.weight * pointsOf.get(given);
      possible += question.weight * most;
    }
  }
  const percent = possible ? ratio(100 * awarded, possible) : null;
  const coverage = asked ? ratio(evaluated, asked) : [1n, 1n];
  return {
    id: section.id,
    asked,
    answered: evaluated + na,
    evaluated,
    na,
    awarded: [awarded, 1],
    possible: [possible, 1],
    percent: percent && oneDecimal(percent),
    percent_exact: percent && pair(percent),
    rounded: percent && halfUp(percent),
    coverage: pair(coverage),
    sufficient: !needed || atLeast(coverage, needed),
  };
};

const totalOf = ({ rules }, parts) => {
  const weights = rules.group_weights;
  let [sum, below] = [[0n, 1n], 0];
  for (const { id, awarded, possible } of parts) {
    if (!possible[0]) continue;
    const weight = weights ? (weights[id] ?? 1) : possible[0];
    const add = ratio(weight * awarded[0], possible[0]);
    sum = ratio(sum[0] * add[1] + add[0] * sum[1], sum[1] * add[1]);
    below += weight;
  }
  return below ? ratio(100n * sum[0], sum[1] * BigInt(below)) : null;
};

const belowLimit = (total, limit) => {
  if (halfUp(total, 10n) < limit * 10) return oneDecimal(total);
  return decimals((total[0] * 100n) / total[1], 2);
};

const byTotal = ({ rules }, total) => {
  const limits = rules.grade;
  if (!limits || !total) return [];
  const { a, b } = limits;
  if (atLeast(total, [a, 1])) return [rule("grade_by_total", oneDecimal(total), a, {}, "A")];
  if (atLeast(total, [b, 1])) return [rule("grade_by_total", belowLimit(total, a), b, {}, "B")];
  return [rule("grade_by_total", belowLimit(total, b), b, {}, "C")];
};

const lowSections = (parts, name, limit, grade) =>
  parts
    .filter(({ rounded }) => rounded !== null && rounded < limit)
    .map(({ id, rounded }) => rule(name, String(rounded), limit, { section: id }, grade));

const downgrades = (definition, parts, scored) => {
  const capB = [];
  const capC = [];
  for (const { question, given, got, at } of scored) {
    const star = isCritical(question);
    if (star && got > 0 && against(definition, got, INADEQUATE) <= 0) {
      capB.push(rule("cap_b_critical_4", given, null, at, "B"));
    }
    if (got === 0) capB.push(rule("cap_b_any_0", given, null, at, "B"));
    if (got === 0 && star) capC.push(rule("cap_c_critical_0", given, null, at, "C"));
  }
  return [
    ...lowSections(parts, "cap_b_section_below_80", 80, "B"),
    ...capB,
    ...lowSections(parts, "cap_c_section_below_70", 70, "C"),
    ...capC,
  ];
};

const unfinishedOf = (parts, total) => {
  const found = parts
    .filter(({ sufficient }) => !sufficient)
    .map(({ id, evaluated, asked }) => rule("coverage", `${evaluated}/${asked}`, null, { section: id }));
  const open = parts.reduce((sum, part) => sum + part.asked - part.answered, 0);
  if (open) found.push(rule("unanswered", String(open)));
  if (!total) found.push(rule("nothing_evaluated"));
  return found;
};

/** The score with its own explanation; `outOfScope` is a Set (or array) of section ids. */
export const score = (definition, answers, outOfScope = []) => {
  const left = new Set(outOfScope);
  const sections = definition.sections.filter(({ id }) => !left.has(id));
  const parts = sections.map((section) => partOf(definition, section, answers));
  const total = totalOf(definition, parts);
  const scored = sections.flatMap((section) =>
    section.questions.flatMap((question) => {
      const given = scoreOf(answers, question);
      const got = above(definition, given);
      return got === undefined
        ? []
        : [{ question, given, got, at: { section: section.id, question: question.id } }];
    }),
  );
  const before = byTotal(definition, total);
  const caps =
    before.length && definition.rules.downgrade === "vda" ? downgrades(definition, parts, scored) : [];
  const vetoes = scored
    .filter(({ question, got }) => question.veto && got === 0)
    .map(({ given, at }) => rule("veto", given, null, at));
  const unfinished = unfinishedOf(parts, total);
  const rules = [...before, ...caps, ...vetoes, ...unfinished];
  const grades = rules.flatMap(([, grade]) => grade ?? []).sort();
  const soFar = grades.at(-1) ?? null;
  const sum = (name) => parts.reduce((all, part) => all + part[name], 0);
  return {
    total: total && oneDecimal(total),
    total_exact: total && pair(total),
    grade: unfinished.length ? null : soFar,
    grade_before: before.length ? before[0][1] : null,
    grade_if_complete: soFar,
    provisional: unfinished.length > 0,
    vetoed: vetoes.length > 0,
    answered: sum("answered"),
    evaluated: sum("evaluated"),
    asked: sum("asked"),
    not_applicable: sum("na"),
    sections: parts,
    rules: rules.map(([fired]) => fired),
  };
};
