// What finding an answer opens, and how it reads: twin of app/domain/findings.py.

import { answersOf, outOfScope } from "./answers.js";
import { hasText } from "./duty.js";
import { key } from "./merge.js";
import { above, against, FULL, INADEQUATE, isCritical, MAINLY } from "./scale.js";
import { pickWithLanguage } from "./words.js";

const AT_ONCE = 1;
const DAYS = { major: 7, minor: 30 };

/** {severity: "major" | "minor" | "observation", at_once} or null. */
export const severity = (definition, question, score, note) => {
  const got = above(definition, score);
  if (got === undefined || definition.rules.duty !== "vda") return null;
  if (against(definition, got, INADEQUATE) <= 0) return { severity: "major", at_once: isCritical(question) };
  if (against(definition, got, MAINLY) < 0) return { severity: "minor", at_once: false };
  const own = hasText(note) && note.canned !== "hinted";
  return own && against(definition, got, FULL) < 0 ? { severity: "observation", at_once: false } : null;
};

const isLeap = (year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const lengthOf = (year, month) =>
  month === 2 ? 28 + Number(isLeap(year)) : [4, 6, 9, 11].includes(month) ? 30 : 31;

/** When a finding is due if nobody sets another day; days as "2026-11-30", `day` the site's own. */
export const dueByRule = (found, atOnce, day) => {
  const days = atOnce ? AT_ONCE : DAYS[found];
  if (days === undefined) return null;
  let [year, month, date] = day.split("-").map(Number);
  date += days;
  while (date > lengthOf(year, month)) {
    date -= lengthOf(year, month);
    month += 1;
    if (month > 12) [year, month] = [year + 1, 1];
  }
  return [year, ...[month, date].map((number) => String(number).padStart(2, "0"))].join("-");
};

const entry = (question, section, rule, answer, state, day, language) => {
  const written = (field) => state.get(key(`f/${question.id}`, field))?.value ?? null;
  const other = written("severity");
  const position = written("position");
  const final = other ? other.severity : rule.severity;
  const atOnce = rule.at_once && final === "major";
  const { note = null, photos = [] } = answer;
  const [text, lang] = pickWithLanguage(question.text ?? {}, language);
  return {
    question: question.id,
    section,
    severity: final,
    rule_severity: rule.severity,
    severity_reason: other ? other.reason : null,
    at_once: atOnce,
    requirement: written("requirement") ?? (text ? { text, lang } : null),
    statement: written("statement"),
    evidence: written("evidence") ?? (hasText(note) ? { text: note.text, lang: note.lang } : null),
    photos: photos.map(({ sha256 }) => sha256),
    owner: written("owner"),
    due: written("due") ?? dueByRule(final, atOnce, day),
    stand: position?.stand ?? null,
    stand_text: position?.text ?? null,
  };
};

/**
 * The findings of an inspection in the order of the checklist, each with `number` from 1; members as `Entry` in
 * app/domain/findings.py. `day`: the site's day of completion, or its today before that; `language`: of the
 * question's text where it stands as the requirement.
 */
export const findings = (definition, state, day, language) => {
  const answers = answersOf(state);
  const left = outOfScope(state);
  return definition.sections
    .filter(({ id }) => !left.has(id))
    .flatMap(({ id, questions }) =>
      questions.flatMap((question) => {
        const answer = answers[question.id] ?? {};
        const rule = severity(definition, question, answer.score ?? null, answer.note ?? null);
        return rule ? [entry(question, id, rule, answer, state, day, language)] : [];
      }),
    )
    .map((found, at) => ({ number: at + 1, ...found }));
};
