// A repaired defect in words and shapes, as lists show it.
import { element, fill, icon, textOf } from "../dom.js";
import { roomName } from "../unit.js";
import { money, say } from "../words.js";

const SIGNS = { pass: ["check", "good"], fail: ["undo", "bad"], as_is: ["info", "warn"] };

/** What was found, with its sign; what nobody looked at says so. */
export function resultTag(result) {
  const [sign, kind] = SIGNS[result] ?? ["eye", "faint"];
  const tag = document.createElement("span");
  tag.className = `tag ${kind}`;
  tag.append(icon(sign), say(result ? `again_${result}` : "again_open"));
  return tag;
}

/** A line for each repaired defect, leading to it. */
export const rechecked = (session, url) =>
  session.rechecks.map(({ repaired, question, result, price }) =>
    fill(element("again-line"), {
      url: url(question),
      title: textOf(repaired.text),
      result: resultTag(result),
      more: [
        repaired.case.number,
        roomName(session, repaired.room),
        repaired.failed ? say("again_failed", { n: repaired.failed }) : null,
        price ? money(price) : null,
      ]
        .filter(Boolean)
        .join(" · "),
    }),
  );

const countOf = (session) => {
  const found = { pass: 0, fail: 0, as_is: 0 };
  for (const { result } of session.rechecks) if (result) found[result] += 1;
  return found;
};

/** The left half of the bar: how many passed. */
export function footOf(session) {
  const { pass, fail, as_is } = countOf(session);
  const done = `${pass}/${session.rechecks.length}`;
  return {
    fine: "",
    undo: "",
    defects: `${done} ${say("again_passed")}`,
    classes: say("again_counts", { fail, as_is }),
  };
}

/** What the pages of review and signature say of it. */
export function resultOf(session, url) {
  const { rechecks, result, defects } = session;
  const { pass, fail, as_is } = countOf(session);
  const fresh = rechecks.filter(({ repaired, result: found }) => found && !repaired.failed);
  const held = defects.filter((each) => each.class === "A").length;
  return {
    passed: `${pass}/${rechecks.length}`,
    words: [say("again_passed"), say("again_counts", { fail, as_is })].join(" · "),
    state: say("walk_checks", { done: result.answered, all: result.asked }),
    first: fresh.length
      ? say("again_first", {
          passed: fresh.filter(({ result: found }) => found === "pass").length,
          n: fresh.length,
        })
      : null,
    held: held ? say("walk_keys_held", { n: held }) : null,
    rechecks: rechecked(session, url),
  };
}

/** What earlier walks left, but for what this one looks at again. */
export function earlier(session) {
  const again = new Set(session.rechecks.map(({ repaired }) => repaired.row));
  return (session.row.unit?.defects ?? []).filter(({ row }) => !again.has(row));
}

/** Repaired defects as the plan takes its pins. */
export const pinned = (session) =>
  session.rechecks
    .filter(({ repaired }) => repaired.pin)
    .map(({ repaired, question, result }, at) => ({
      id: question,
      number: at + 1,
      pin: repaired.pin,
      class: repaired.class,
      room: repaired.room,
      text: repaired.text,
      done: result === "pass",
    }));
