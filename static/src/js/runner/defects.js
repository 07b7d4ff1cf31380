// Writing a defect down: a row of the walk, complete from the first tap on, because a tab may die at the camera.
import { uuid7 } from "./ids.js";

const RECENT = 8;

/** The worse of two classes. */
const worse = (a, b) => ((a ?? "C") < (b ?? "C") ? a : b);

/**
 * A new defect {check, room, trade, class, pin} and, of a check, its answer with it; its id. What the check does not
 * say is left to whoever writes it down.
 */
export async function raise(session, { question = null, room = null, pin = null }) {
  const id = uuid7();
  const path = `d/${id}`;
  const fields = question
    ? { check: question.id, room: question.room, trade: question.trade, class: question.severity, pin }
    : { room, class: "B", pin };
  const edits = [[path, "row", { on: true }, "row.add"]];
  for (const [name, value] of Object.entries(fields)) if (value) edits.push([path, name, value]);
  if (question && session.read(`q/${question.id}`, "score") !== "defect")
    edits.push([`q/${question.id}`, "score", "defect"]);
  await session.writeAll(edits);
  return id;
}

/** Takes a defect back; `score` is what its check was answered before, when that goes with it. */
export function takeBack(session, defect, score = undefined) {
  const edits = [[`d/${defect.id}`, "row", null, "row.remove"]];
  if (score !== undefined && defect.check) edits.push([`q/${defect.check}`, "score", score]);
  return session.writeAll(edits);
}

/** A ready defect taken for what is wrong: its words, trade and class; a check that is worse by itself stays so. */
export function choose(session, defect, ready, words) {
  const path = `d/${defect.id}`;
  const asked = session.questions.find(({ id }) => id === defect.check);
  return session.writeAll([
    [path, "code", ready.id],
    [path, "text", words],
    [path, "trade", ready.trade],
    [path, "class", worse(asked?.severity, ready.class)],
  ]);
}

/** What the last defect on this phone was, and which ready ones were taken lately. */
export async function lately(store) {
  return (await store.meta("defects")) ?? { last: null, recent: [] };
}

/** Remembers a defect that is done, for the next one. */
export async function rememberDefect(store, { trade, code, class: grade, text, contractor }) {
  const { recent } = await lately(store);
  const codes = code ? [code, ...recent.filter((each) => each !== code)].slice(0, RECENT) : recent;
  const last = { trade, code, class: grade, text, contractor };
  await store.setMeta("defects", { last, recent: codes }).catch(() => {});
}

/** The same once more, in another place: everything but where it is and its photos. */
export function repeat(session, defect, last) {
  const path = `d/${defect.id}`;
  const asked = session.questions.find(({ id }) => id === defect.check);
  const same = { ...last, class: worse(asked?.severity, last.class) };
  const kept = Object.entries(same).filter(([, value]) => value);
  return session.writeAll(kept.map(([name, value]) => [path, name, value]));
}
