// The last word about an inspection as a whole: it was completed, approved, sent back or opened again.
import { key } from "../domain/merge.js";

const WORDS = ["completed", "approved", "returned", "reopened"];

/** {field, value, head} of the latest of these registers; null when none was written. */
export function lastWord(state) {
  const found = WORDS.map((field) => ({ field, held: state.get(key("inspection", field)) }))
    .filter(({ held }) => held?.value)
    .map(({ field, held }) => ({ field, value: held.value, head: held.heads[0] }));
  found.sort((a, b) => (a.head?.lamport ?? Infinity) - (b.head?.lamport ?? Infinity));
  return found.at(-1) ?? null;
}

/** Whether that word leaves the inspection open for answers. */
export const opens = (word) => word?.field === "returned" || word?.field === "reopened";
