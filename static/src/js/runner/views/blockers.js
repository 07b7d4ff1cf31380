// What blocks completion, each as a line that leads to its place.
import { element, fill, icon, textOf } from "../dom.js";
import { say } from "../words.js";
import { nameOf } from "./places.js";
import { slotWord } from "./slots.js";

const SIGNS = {
  unanswered: "list",
  note_missing: "note",
  photo_missing: "camera",
  reason_missing: "note",
  conflict: "people",
  defect_missing: "flag",
  signature_missing: "sign",
  signature_outdated: "sign",
};
const MOST_LISTED = 3;

/** The part of the inspection where it is settled. */
export function placeOf({ question, page, finding, point, slot }) {
  if (slot) return "sign";
  if (point) return `point/${point}`;
  return page ?? (finding ? `f/${finding}` : `q/${question}`);
}

const sectionTitle = ({ definition }, wanted) =>
  textOf(definition.sections.find(({ id }) => id === wanted)?.title);

/** A page, or in a unit's walk one of its registers, by its name. */
function pageName(session, page) {
  const [kind, name] = page.split("/");
  if (!name) return say(page);
  if (kind === "d") return say("defect_n", { n: session.nameOf(page) });
  return say(kind === "keys" ? `key_${name}` : `meter_${name}`);
}

/** [title, text] of what a question lacks. */
function ofQuestion(session, { code, question, section }) {
  const asked = session.questions.find(({ id }) => id === question);
  const given = session.answers[question]?.score;
  const score = session.repaired && given ? say(`again_${given}`) : given;
  const about = {
    unanswered: textOf(asked.text),
    conflict: textOf(asked.text),
    defect_missing: textOf(asked.text),
    reason_missing: say("block_reason_text"),
  };
  const text = about[code] ?? say("block_score_text", { score });
  const where = sectionTitle(session, section ?? asked.room);
  return [say(`block_${code}`, { id: session.nameOf(`q/${question}`) }), `${text} · ${where}`];
}

function words(session, blocker) {
  const { code, page, finding, point, slot } = blocker;
  if (slot) {
    const before = session.unsettled.length;
    const title = say(`block_${code}`, { slot: slotWord(session, `slot_${slot}`) });
    return [title, before ? say("sign_blocked", { n: before }) : say("block_signature_text")];
  }
  const path = (finding && `f/${finding}`) || (point && `point/${point}`);
  const place = path ? nameOf(path, session.row) : page && pageName(session, page);
  return place
    ? [say("block_conflict_page", { page: place }), say("two_texts")]
    : ofQuestion(session, blocker);
}

function line(session, blocker, [title, text]) {
  const url = `#/i/${session.id}/${placeOf(blocker)}`;
  return fill(element("blocker"), { url, icon: icon(SIGNS[blocker.code]), title, text });
}

/** Many open questions of one section are one line: the list is read on a phone. */
export function blockerNodes(session) {
  const found = session.blockers;
  return found.flatMap((each) => {
    const open = found.filter(({ code, section }) => code === "unanswered" && section === each.section);
    if (each.code !== "unanswered" || open.length <= MOST_LISTED)
      return [line(session, each, words(session, each))];
    if (open[0] !== each) return [];
    const section = sectionTitle(session, each.section);
    const title = say("block_unanswered_many", { section, count: open.length });
    return [
      line(session, each, [
        title,
        say("block_unanswered_from", { id: session.nameOf(`q/${each.question}`) }),
      ]),
    ];
  });
}
