// A guest's answer survives a bad connection: kept on this phone until the server has shown that it holds it.

const PREFIX = "plumbline:draft:";
const OLD_MS = 30 * 24 * 3600 * 1000;

export const keyOf = (form) => PREFIX + form.dataset.draft;
const fieldsOf = (form) =>
  [...form.elements].filter((field) => field.name && !["hidden", "file", "submit"].includes(field.type));

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function keep(form) {
  const fields = {};
  for (const field of fieldsOf(form)) {
    const box = field.type === "checkbox";
    const changed = box
      ? field.checked !== field.defaultChecked
      : field.value !== (field.defaultValue ?? field.querySelector("option[selected]")?.value ?? "");
    if (changed) fields[field.name] = box ? field.checked : field.value;
  }
  try {
    localStorage.setItem(keyOf(form), JSON.stringify({ at: Date.now(), fields }));
  } catch {
    return; // no room or not allowed here: nothing is promised
  }
  for (const said of document.querySelectorAll("[data-draft-said]")) said.hidden = false;
}

function giveBack(form) {
  const kept = read(keyOf(form));
  if (!kept) return;
  for (const field of fieldsOf(form)) {
    if (!(field.name in kept.fields)) continue;
    if (field.type === "checkbox") field.checked = kept.fields[field.name];
    else field.value = kept.fields[field.name];
    field.closest("details")?.setAttribute("open", "");
  }
  for (const said of document.querySelectorAll("[data-draft-said]")) said.hidden = false;
}

/** The server holds what was typed for earlier steps and versions of this record; very old drafts help nobody. */
function forget(form) {
  const mine = keyOf(form);
  const record = mine.slice(0, mine.indexOf(":", PREFIX.length) + 1);
  for (const key of Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))) {
    const old = Date.now() - (read(key)?.at ?? 0) > OLD_MS;
    if (old || (key.startsWith(record) && key !== mine)) localStorage.removeItem(key);
  }
}

/** The server holds what this form said. */
export function letGo(form) {
  try {
    localStorage.removeItem(keyOf(form));
  } catch {} // where nothing can be kept, nothing was
}

/** For forms with data-draft="<record>:<revision>:<step>:<version>": the version changes when the server holds it. */
export function keepDrafts() {
  for (const form of document.querySelectorAll("form[data-draft]")) {
    forget(form);
    giveBack(form);
    form.addEventListener("input", () => keep(form));
    form.addEventListener("change", () => keep(form));
  }
}
