// The checks of a unit, asked room by room: twin of app/domain/rooms.py.

import { key } from "./merge.js";

const WHOLE = "unit";
const WHOLE_NAME = { en: "Whole flat", "zh-Hans": "整套房屋", "zh-Hant": "整戶" };

/** A room's name as words by language; what somebody typed stands in its own language only. */
export const wordsOf = (name) => ("text" in name ? { [name.lang]: name.text } : { ...name });

/** The rooms of a walk: those of the unit, and the flat as a whole at the end when no room is that. */
export const walked = (rooms) => {
  if (rooms.some(({ kind }) => kind === WHOLE)) return [...rooms];
  const taken = new Set(rooms.map(({ id }) => id));
  let id = WHOLE;
  for (let n = 2; taken.has(id); n += 1) id = `${WHOLE}${n}`;
  return [...rooms, { id, kind: WHOLE, name: { ...WHOLE_NAME } }];
};

/**
 * The checklist as it is walked: a section for each room [{id, kind, name}] that has a check, in walking order. A
 * question's id is then `<check>-<room>`; `check` and `room` say which. Without rooms (null) it is given back as it is.
 */
export const expand = (definition, rooms) => {
  if (!rooms) return definition;
  const asked = definition.sections.flatMap(({ questions }) => questions);
  const sections = rooms
    .map(({ id, kind, name }) => ({
      id,
      kind,
      title: wordsOf(name),
      optional: false,
      questions: asked
        .filter((question) => question.rooms?.includes(kind))
        .map((question) => ({ ...question, id: `${question.id}-${id}`, check: question.id, room: id })),
    }))
    .filter(({ questions }) => questions.length);
  // weights are of the checklist's own groups, which are no sections any more
  return { ...definition, rules: { ...definition.rules, group_weights: null }, sections };
};

/** The rooms a walk began with; null for an inspection that is none. */
export const roomsOf = (state) => state.get(key("inspection", "created"))?.value?.rooms ?? null;
