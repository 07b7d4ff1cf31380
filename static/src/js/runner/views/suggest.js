// Names to take with one tap: whoever is known at the other party, and whoever took part.
import { textOf } from "../dom.js";

/** People who may own a finding or sign: [{name, role, organisation, contact}], each name once. */
export function peopleOf(session) {
  const { row, participants } = session;
  const company = textOf(row.company?.name);
  const contacts = (row.contacts ?? []).map(({ id, name, duty }) => ({
    name,
    role: duty,
    organisation: company,
    contact: id,
  }));
  const known = new Set([...contacts, ...(row.auditors ?? [])].map(({ name }) => name));
  const others = participants
    .map(([, fields]) => fields)
    .filter(({ name }) => name?.text && !known.has(name.text))
    .map(({ name, role, organisation }) => ({
      name: name.text,
      role: role?.text ?? "",
      organisation: organisation?.text ?? "",
      contact: null,
    }));
  const seen = new Set();
  return [...contacts, ...others].filter(({ name }) => !seen.has(name) && seen.add(name));
}

/** The people of this organisation who carry the inspection out. */
export function auditorsOf(session, person) {
  const { row } = session;
  const named = (row.auditors ?? []).map(({ name }) => name);
  const first = named.includes(person.name) || !named.length ? [person.name] : [];
  return [...new Set([...first, ...named])].map((name) => ({
    name,
    role: "",
    organisation: row.organisation ?? "",
    contact: null,
  }));
}

/** Buttons for values; `take(value)` is called with the one that was pressed. */
export function chips(place, values, take) {
  const nodes = values.map(({ label, lang, value, pressed }) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "chip";
    button.textContent = label;
    if (lang) button.lang = lang;
    if (pressed !== undefined) button.setAttribute("aria-pressed", String(pressed));
    button.addEventListener("click", () => take(value));
    return button;
  });
  place.hidden = nodes.length === 0;
  place.replaceChildren(...nodes);
}
