// What a drawn signature covers and whether it still counts: twin of app/domain/signatures.py.

import { canonical, digest } from "./canonical.js";

export const CONSENT = "sign-1";
export const REFUSAL = "refuse-1";
export const WIDTH = 1000;
export const HEIGHT = 400;
export const STROKES_AT_MOST = 64;
export const POINTS_AT_MOST = 2000;
const POINTS_AT_LEAST = 2;
const EXTENT_AT_LEAST = 40;
const LEFT_OUT = new Set(["completed", "approved", "returned", "reopened"]);

const compare = (a, b) => (a < b ? -1 : Number(a > b));

/** What is wrong with drawn strokes [[x, y, x, y, …], …], as a code; null when they can be a signature. */
export const strokeProblem = (strokes) => {
  if (!Array.isArray(strokes) || !strokes.length || strokes.length > STROKES_AT_MOST)
    return "signature_strokes";
  const xs = [];
  const ys = [];
  for (const stroke of strokes) {
    if (
      !Array.isArray(stroke) ||
      !stroke.length ||
      stroke.length % 2 ||
      stroke.length > 2 * POINTS_AT_MOST ||
      !stroke.every(Number.isSafeInteger)
    )
      return "signature_strokes";
    stroke.forEach((number, at) => void (at % 2 ? ys : xs).push(number));
  }
  const within = (numbers, most) => numbers.every((number) => number >= 0 && number <= most);
  if (xs.length < POINTS_AT_LEAST || xs.length > POINTS_AT_MOST) return "signature_strokes";
  if (!within(xs, WIDTH) || !within(ys, HEIGHT)) return "signature_strokes";
  const extent = (numbers) => Math.max(...numbers) - Math.min(...numbers);
  return extent(xs) < EXTENT_AT_LEAST && extent(ys) < EXTENT_AT_LEAST ? "signature_too_small" : null;
};

/** Whether a signature covers this register. */
export const isCovered = (path, field) =>
  !path.startsWith("sign/") && !(path === "inspection" && LEFT_OUT.has(field));

/** The heads that make what a register shows: one, but of the drawings on a photo all (marks.js). */
export const winning = ({ field, heads }) => (field.startsWith("marks:") ? heads : heads.slice(0, 1));

/**
 * Every covered register as [path, field, hash of its winning operation], sorted by path and field; with as
 * many entries as operations make what it shows.
 * `hashes`: Map of operation id → SHA-256 of its canonical form; throws without a winning one's.
 */
export const covered = (state, hashes) =>
  [...state.values()]
    .filter(({ path, field, heads }) => heads.length && isCovered(path, field))
    .sort((a, b) => compare(a.path, b.path) || compare(a.field, b.field))
    .flatMap((held) =>
      winning(held).map(({ id }) => {
        if (!hashes.has(id)) throw new Error(`no hash of ${id}`);
        return [held.path, held.field, hashes.get(id)];
      }),
    );

/** The SHA-256 of every photo that is not removed, each once, sorted. */
export const livePhotos = (state) => {
  const there = [...state.values()].filter(
    ({ field, value }) => field.startsWith("photo:") && value !== null,
  );
  return [...new Set(there.map(({ value }) => value.sha256))].sort();
};

/** What is signed, as 64 hexadecimal digits (a promise). `registers` and `photos` as the two above. */
export const digestOf = (versionSha256, registers, photos, consentId, consentLanguage) =>
  digest(
    canonical({
      v: 1,
      checklist: versionSha256,
      registers,
      photos,
      consent: { id: consentId, language: consentLanguage },
    }),
  );

/** Every signature and refusal ever given, in order: [{row, kind, slot, value, operation, lamport, counts}]. */
export const given = (state) => {
  const kinds = { signed: "sign", refused: "refuse" };
  return [...state.values()]
    .filter(({ path, field }) => path.startsWith("sign/") && field in kinds)
    .map(({ path, field, value, heads: [{ id, lamport }] }) => ({
      row: path.slice(5),
      kind: kinds[field],
      slot: value.slot,
      value,
      operation: id,
      lamport,
      counts: null,
    }))
    .sort((a, b) => a.lamport - b.lamport || compare(a.operation, b.operation));
};

/** The text the person agreed to: [id, language]; of a refusal, the language of its reason. */
export const consentOf = ({ kind, value }) =>
  kind === "refuse" ? [REFUSAL, value.reason.lang] : [value.consent.id, value.consent.language];

/** The same rows (a promise), each saying in `counts` whether what was signed is what stands now. */
export const standing = (versionSha256, registers, photos, rows) =>
  Promise.all(
    rows.map(async (one) => {
      const present = await digestOf(versionSha256, registers, photos, ...consentOf(one));
      return { ...one, counts: one.value.digest === present };
    }),
  );

/** What became of each slot asked for: [{slot, state: "signed"|"refused"|"outdated"|"missing", row}]. */
export const slots = (definition, rows) =>
  (definition.rules.signatures ?? []).map((slot) => {
    const mine = rows.filter((one) => one.slot === slot);
    const counting = mine.filter(({ counts }) => counts);
    const latest = (counting.length ? counting : mine).at(-1);
    const stands = latest?.kind === "sign" ? "signed" : "refused";
    const lacks = mine.length ? "outdated" : "missing";
    return { slot, state: counting.length ? stands : lacks, row: latest?.row ?? null };
  });

/** The slots that still block completion: [{code, slot}]; they come after all blockers of duty.js. */
export const blockers = (definition, rows) =>
  slots(definition, rows)
    .filter(({ state }) => state === "missing" || state === "outdated")
    .map(({ slot, state }) => ({ code: `signature_${state}`, slot }));
