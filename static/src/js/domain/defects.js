// The defects of a unit's walk, as its registers d/<row> tell them: twin of app/domain/defects.py.

import { live } from "./merge.js";

export const CLASSES = ["A", "B", "C"];

const FIELDS = [
  "check",
  "room",
  "trade",
  "code",
  "class",
  "class_reason",
  "text",
  "pin",
  "contractor",
  "due",
  "due_reason",
  "stand",
  "stand_text",
];

/** Path → {field: register} of every row below "d/" that is not taken back. */
const rowsOf = (state) => {
  const found = new Map();
  for (const held of state.values()) {
    if (!held.path.startsWith("d/")) continue;
    if (!found.has(held.path)) found.set(held.path, new Map());
    found.get(held.path).set(held.field, held);
  }
  return [...found].filter(([, fields]) => fields.get("row")?.value).sort(([a], [b]) => (a < b ? -1 : 1));
};

/**
 * Every defect that is not taken back, room by room in walking order, in a room as they were found:
 * [{id, number, check, room, trade, code, class, class_reason, text, pin, contractor, due, due_reason, stand,
 * stand_text, photos}]. `number` counts from 1 in the order of finding. What nobody wrote stands as the check has it.
 */
export const defectsOf = (definition, state) => {
  const order = new Map(definition.sections.map(({ id }, at) => [id, at]));
  const checks = new Map(
    definition.sections.flatMap(({ questions }) => questions.map((one) => [one.id, one])),
  );
  return rowsOf(state)
    .map(([path, fields], at) => {
      const held = Object.fromEntries(FIELDS.map((name) => [name, fields.get(name)?.value ?? null]));
      const asked = checks.get(held.check);
      return {
        id: path.slice(2),
        number: at + 1,
        ...held,
        room: held.room ?? asked?.room ?? null,
        trade: held.trade ?? asked?.trade ?? null,
        class: held.class ?? asked?.severity ?? "B",
        photos: live([...fields.values()].filter(({ field }) => field.startsWith("photo:"))),
      };
    })
    .sort((a, b) => (order.get(a.room) ?? order.size) - (order.get(b.room) ?? order.size));
};

/** How many there are of each class: {A, B, C}. */
export const byClass = (defects) =>
  Object.fromEntries(CLASSES.map((name) => [name, defects.filter((each) => each.class === name).length]));

/** Checks answered "defect" of which nobody wrote down what it is: their ids. */
export const unwritten = (definition, answers, defects) => {
  const written = new Set(defects.map(({ check }) => check));
  return definition.sections
    .flatMap(({ questions }) => questions)
    .filter(({ id }) => answers[id]?.score === "defect" && !written.has(id))
    .map(({ id }) => id);
};
