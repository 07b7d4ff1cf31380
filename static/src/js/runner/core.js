// What must be on the phone before it can lose nothing; weighed by build.mjs against its limit of 15 KB.
export { answersOf, outOfScope, tornQuestions } from "../domain/answers.js";
export { blockers, duty, missing } from "../domain/duty.js";
export { findings, severity } from "../domain/findings.js";
export { live, photos, rows } from "../domain/merge.js";
export { score } from "../domain/scoring.js";
export * from "./bind.js";
export * from "./counts.js";
export * from "./edit.js";
export * from "./media.js";
export * from "./outbox.js";
export * from "./pull.js";
export * from "./shell.js";
export * from "./signing.js";
export * from "./store.js";
export * from "./transport.js";
export * from "./upload.js";
