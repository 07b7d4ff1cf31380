// Looking again at what was repaired, a walk whose questions are repaired defects: twin of app/domain/again.py.

import { key, photos } from "./merge.js";
import { expand, wordsOf } from "./rooms.js";

const WHOLE = "unit";
export const RESULTS = ["pass", "fail", "as_is"];
export const CURRENCIES = ["CNY", "TWD", "HKD", "MOP", "EUR", "USD", "GBP", "CHF", "SGD"];
export const PRICE_AT_MOST = 2_000_000_000;
const option = (value, points, verdict, label, says) => ({ value, points, verdict, label, says });
const words = (en, hans, hant = hans) => ({ en, "zh-Hans": hans, "zh-Hant": hant });
const SCALE = {
  id: "again",
  min: 0,
  max: 1,
  options: [
    option("pass", 1, "v10", words("Pass", "通过", "通過"), words("Repaired", "已修复", "已修復")),
    option("fail", 0, "v0", words("Fail", "不通过", "不通過"), words("Not repaired", "未修复", "未修復")),
    option(
      "as_is",
      0,
      "v6",
      words("As is", "按现状", "按現狀"),
      words("Accepted as it is", "按现状接受", "按現狀接受"),
    ),
  ],
};

/** Under which id the repaired defect of a row is asked about. */
export const questionId = (row) => `R-${row.replaceAll("-", "")}`;

const question = (one, room) => ({
  id: questionId(one.row),
  check: one.case.number,
  room,
  text: wordsOf(one.text),
  weight: 1,
  critical: false,
  veto: false,
  severity: one.class,
  trade: one.trade,
  repaired: one,
});

/**
 * What an inspection asks: a checklist as it is, room by room on a walk, or what was repaired. `rooms` and `repaired`
 * as they were when it began; null where it is no walk, or none of these.
 */
export const asWalked = (definition, rooms, repaired) => {
  if (!repaired || !rooms) return expand(definition, rooms);
  const known = rooms.map(({ id }) => id);
  // a defect of no room, or of one the unit no longer has, is looked for in the flat as a whole
  const whole = (rooms.find(({ kind }) => kind === WHOLE) ?? rooms.at(-1)).id;
  const at = (one) => (known.includes(one.room) ? one.room : whole);
  const sections = rooms
    .map(({ id, kind, name }) => ({
      id,
      kind,
      title: wordsOf(name),
      optional: false,
      questions: repaired.filter((one) => at(one) === id).map((one) => question(one, id)),
    }))
    .filter(({ questions }) => questions.length);
  const kept = Object.entries(definition.rules).filter(([name]) => ["signatures", "approval"].includes(name));
  const rules = { grade: null, coverage: null, downgrade: "none", duty: "again", group_weights: null };
  return {
    ...definition,
    na: false,
    scale: SCALE,
    rules: { ...Object.fromEntries(kept), ...rules },
    sections,
  };
};

/** What was repaired when the inspection began; null for one that is no re-inspection. */
export const repairedOf = (state) => state.get(key("inspection", "created"))?.value?.repaired ?? null;

/** What was found of each repaired defect, in the order of the walk. `definition`: as it is walked. */
export const rechecks = (definition, state) =>
  definition.sections
    .flatMap(({ questions }) => questions)
    .map(({ id, repaired }) => {
      const shown = (field) => state.get(key(`q/${id}`, field))?.value ?? null;
      const result = shown("score");
      return {
        repaired,
        question: id,
        result: RESULTS.includes(result) ? result : null,
        note: shown("note"),
        price: result === "as_is" ? shown("price") : null,
        photos: photos(state, `q/${id}`),
      };
    });
