// What evidence an answer owes, and what still blocks completion: twin of app/domain/duty.py.

import { above, against, isCritical, isNa, MAINLY, PARTLY } from "./scale.js";

/** Whether somebody wrote something there (typed text {text, lang} or null). */
export const hasText = (typed) => /[^ \t\r\n\u00a0\u3000]/.test(typed?.text ?? "");

/** What this score on this question needs: {note, photo, reason}. */
export const duty = (definition, question, score) => {
  const reason = isNa(definition, score);
  const got = above(definition, score);
  if (!reason && got !== undefined && definition.rules.duty === "again")
    return { note: score !== "pass", photo: score !== "as_is", reason };
  if (reason || got === undefined || definition.rules.duty !== "vda")
    return { note: false, photo: false, reason };
  const star = isCritical(question);
  const short = against(definition, got, MAINLY) < 0;
  return { note: star || short, photo: against(definition, got, PARTLY) < 0 || (star && short), reason };
};

/** What this answer still lacks, as codes. */
export const missing = (definition, question, answer = {}) => {
  const score = answer.score ?? null;
  if (!isNa(definition, score) && above(definition, score) === undefined) return ["unanswered"];
  const owed = duty(definition, question, score);
  const lacks = [];
  if (owed.reason && !hasText(answer.reason)) lacks.push("reason_missing");
  if (owed.note && !hasText(answer.note)) lacks.push("note_missing");
  if (owed.photo && !answer.photos?.length) lacks.push("photo_missing");
  return lacks;
};

/** Everything that blocks completion, in the order of the checklist: [{code, question, section}]. */
export const blockers = (definition, answers, outOfScope = [], conflicts = [], others = []) => {
  const left = new Set(outOfScope);
  const torn = new Set(conflicts);
  const found = definition.sections
    .filter(({ id }) => !left.has(id))
    .flatMap(({ id, questions }) =>
      questions.flatMap((question) => {
        const codes = missing(definition, question, answers[question.id]);
        if (torn.has(question.id)) codes.push("conflict");
        return codes.map((code) => ({ code, question: question.id, section: id }));
      }),
    );
  return [...found, ...others];
};
