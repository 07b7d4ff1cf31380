// What finding an answer opens: twin of app/domain/findings.py.

import { hasText } from "./duty.js";
import { above, against, FULL, INADEQUATE, isCritical, MAINLY } from "./scale.js";

/** {severity: "major" | "minor" | "observation", at_once} or null. */
export const severity = (definition, question, score, note) => {
  const got = above(definition, score);
  if (got === undefined || definition.rules.duty !== "vda") return null;
  if (against(definition, got, INADEQUATE) <= 0) return { severity: "major", at_once: isCritical(question) };
  if (against(definition, got, MAINLY) < 0) return { severity: "minor", at_once: false };
  const own = hasText(note) && note.canned !== "hinted";
  return own && against(definition, got, FULL) < 0 ? { severity: "observation", at_once: false } : null;
};
