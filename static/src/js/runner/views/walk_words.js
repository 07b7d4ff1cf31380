// A defect in words and shapes, as lists show it.
import { element, fill, icon, textOf } from "../dom.js";
import { contractorOf, contractorsOf, defectText, dueByRule, roomName, tradeName } from "../unit.js";
import { plainDay, say } from "../words.js";

/** Class as a letter in its own shape and one word of what it means. */
export function classTag(grade) {
  const tag = document.createElement("span");
  tag.className = `grade-tag grade-tag--${grade.toLowerCase()}`;
  const letter = document.createElement("b");
  letter.textContent = grade;
  tag.append(letter, say(`class_${grade.toLowerCase()}`));
  return tag;
}

/** "defects", as the number before it wants it. */
export const defectsWord = (n) => say("walk_defect_word", { n });

/** Who repairs it and until when, as one line. */
export function repairLine(session, defect) {
  const who = contractorOf(session, defect);
  const due = defect.due ?? dueByRule(session, defect);
  return [who ? textOf(who.name) : say("contractor_none"), say("fix_by", { day: plainDay(due) })].join(" · ");
}

/** A line of a list of defects, leading to it. */
export function defectItem(session, defect, { room = true } = {}) {
  const node = fill(element("defect-item"), {
    url: `#/i/${session.id}/d/${defect.id}`,
    class: classTag(defect.class),
    title: defectText(session, defect) ?? say("defect_no_words"),
    more: [room && roomName(session, defect.room), tradeName(session, defect.trade)]
      .filter(Boolean)
      .join(" · "),
    repair: repairLine(session, defect),
    photos: defect.photos.length ? say("wait_photos", { n: defect.photos.length }) : null,
  });
  return node;
}

/** What the other party says of it, with its sign; null when nothing was said yet. */
export function standOf({ stand }) {
  if (!stand) return null;
  const tag = document.createElement("span");
  tag.className = stand === "dispute" ? "tag warn" : "tag good";
  tag.append(icon(stand === "dispute" ? "flag" : "check"), say(`walk_stand_${stand}`));
  return tag;
}

/** A room with its progress and its defects, leading to it. */
export function roomItem(session, { id, title, questions }, url) {
  const { answers, defects } = session;
  const done = questions.filter((question) => answers[question.id]?.score).length;
  const found = defects.filter(({ room }) => room === id).length;
  return fill(element("walk-room"), {
    url,
    title: textOf(title),
    count: say("n_of", { done, all: questions.length }),
    found: found ? say("walk_defects", { n: found }) : null,
    icon: done < questions.length ? null : icon("check", "good"),
  });
}

/** A value of a defect's register in words, as a conflict shows it. */
export function wordedDefect(session, field, value) {
  if (value === null || value === undefined) return say("nothing_written");
  if (field === "class") return `${value} ${say(`class_${value.toLowerCase()}`)}`;
  if (field === "trade") return tradeName(session, value);
  if (field === "room") return roomName(session, value);
  if (field === "due") return plainDay(value);
  if (field === "pin") return say("pin_at", { x: String(value.x / 100), y: String(value.y / 100) });
  if (field === "contractor")
    return textOf(contractorsOf(session).find(({ id }) => id === value)?.name) || value;
  if (field === "stand") return say(`walk_stand_${value}`);
  return value;
}

/** What stands below a check: its defects, and one more with one tap. */
export function below(session, question, answer) {
  const found = session.defects.filter(({ check }) => check === question.id);
  const short = answer?.score === "defect";
  if (!found.length && !short) return [];
  const list = fill(element("walk-below"), {
    items: found.map((defect) => defectItem(session, defect, { room: false })),
    odd: short ? null : say("walk_odd"),
    another: say(found.length ? "walk_another" : "walk_write_down"),
  });
  list.querySelector("[data-do]").hidden = session.closed;
  return [list];
}
