// What is known of a unit, in words: where it stands, its rooms, who repairs what.
import { defaultDue } from "../domain/handover.js";
import { textOf } from "./dom.js";
import { pick, placed, say } from "./words.js";

/** What a register of an inspection is about, for lists that know no more of it: "H07-bath1", "Defect", "Gas". */
export function registerName(path) {
  const [kind, name] = path.split("/");
  if (kind === "d") return say("defect");
  if (kind === "meter") return say(`meter_${name}`);
  return kind === "keys" ? say(`key_${name}`) : name;
}

export const isOfWalk = (path) => /^(d|meter|keys)\//.test(path);

/** "Tower 2, 1502". */
export const unitName = ({ building, name }) => placed(textOf(building), textOf(name));

/** A room's name as the reader reads it. */
export function roomName({ rooms }, room) {
  const name = rooms?.find(({ id }) => id === room)?.name;
  return name ? textOf(name) : (room ?? "");
}

export const tradeName = ({ definition }, trade) => pick(definition.terms?.trade?.[trade]) || (trade ?? "");

/** Who repairs a trade here: {id, name}, or null. */
export const contractorFor = ({ row }, trade) => row.unit?.contractors?.[trade] ?? null;

/** Every contractor of the estate, each once. */
export function contractorsOf({ row }) {
  const all = Object.values(row.unit?.contractors ?? {}).filter(Boolean);
  return [...new Map(all.map((one) => [one.id, one])).values()];
}

/** Who repairs a defect: who was named, else who is for its trade. */
export function contractorOf(session, defect) {
  const named = contractorsOf(session).find(({ id }) => id === defect.contractor);
  return named ?? contractorFor(session, defect.trade);
}

/** When it must be repaired if nobody says another day. */
export const dueByRule = (session, defect) =>
  defaultDue(defect.class, defect.trade, session.day, session.row.unit?.due_days);

/** What is wrong, in the words written, else those of the ready defect, else those of the check. */
export function defectText(session, { text, code, check }) {
  if (text) return text;
  const ready = session.definition.defects?.find(({ id }) => id === code);
  return ready?.text ?? session.questions.find(({ id }) => id === check)?.text ?? null;
}
