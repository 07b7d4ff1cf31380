// An inspection's registers read as answers: twin of app/domain/answers.py.

import { live } from "./merge.js";

/** Question id → {score, note, reason, photos}. */
export const answersOf = (state) => {
  const found = {};
  for (const held of state.values()) {
    const { path, field, value } = held;
    if (!path.startsWith("q/")) continue;
    const id = path.slice(2);
    found[id] ??= { score: null, note: null, reason: null, photos: [] };
    if (field.startsWith("photo:")) found[id].photos.push(held);
    else if (field === "score" || field === "note" || field === "reason") found[id][field] = value;
  }
  for (const answer of Object.values(found)) answer.photos = live(answer.photos);
  return found;
};

/** The sections the plan set out of scope, as a Set of ids. */
export const outOfScope = (state) => {
  const held = [...state.values()];
  const out = held.filter(
    ({ path, field, value }) => /^s\//.test(path) && field === "covered" && value?.in === false,
  );
  return new Set(out.map(({ path }) => path.slice(2)));
};

/** Ids of the questions on which two answers stand, or two wordings of a finding. */
export const tornQuestions = (state) => {
  const torn = [...state.values()].filter(({ path, conflict }) => conflict && /^[qf]\//.test(path));
  return [...new Set(torn.map(({ path }) => path.slice(2)))].sort();
};
