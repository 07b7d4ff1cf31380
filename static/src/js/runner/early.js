// What a first visit asks before the app itself has come: who is there, and the inspection its address names. The
// small script that begins it (js/early.js) and the app are two bundles, so what was begun lies on the window.

const PLACE = "plumblineEarly";

/** Begins to fetch the inspection of an address, with its checklist, while it is not known yet whose phone this is. */
export function fetchEarly(ask, hash, language) {
  const [, id] = /^#\/i\/([0-9a-f-]{36})/.exec(hash) ?? [];
  const begun = globalThis[PLACE];
  if (!id || begun?.id === id) return;
  globalThis[PLACE] = { ...begun, id, answer: ask("GET", `/api/v1/inspections/${id}?form=${language}`) };
}

/** Begins to ask who is there. */
export function askEarly(whoIsThere) {
  globalThis[PLACE] = { ...globalThis[PLACE], who: whoIsThere() };
}

/** The answer that was begun for this inspection, once; null when it was none. */
export function begunFor(wanted) {
  const { id, answer, ...rest } = globalThis[PLACE] ?? {};
  globalThis[PLACE] = rest;
  return id === wanted ? answer : null;
}

/** Who is there, if that was asked, once; null else. */
export function begunWho() {
  const { who, ...rest } = globalThis[PLACE] ?? {};
  globalThis[PLACE] = rest;
  return who ?? null;
}
