// Controls and registers: what a person enters becomes an edit, what the store holds appears in the control.
import { clean, isMoment, typed } from "./edit.js";

const TYPING_MS = 250;

const pathOf = (control) => control.closest("[data-path]").dataset.path;
const isText = (control) => control.matches("textarea, input[type=text]");

/** What a control says, as the value of its register; undefined when it says nothing (a radio not chosen). */
function entered(control, language) {
  if (control.type === "radio") return control.checked ? control.value : undefined;
  if (control.type === "checkbox") return control.checked;
  if (control.type === "datetime-local") {
    const at = new Date(control.value).getTime();
    return control.value ? (isMoment(at) ? at : undefined) : null; // a year half typed says nothing yet
  }
  if (control.type === "date") return control.value || null;
  return typed(control.value, language);
}

function localTime(at) {
  const time = new Date(at);
  return new Date(at - time.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
}

/** Browsers that cannot grow a text area by themselves get as many rows as there are lines. */
function grow(area) {
  if (globalThis.CSS?.supports?.("field-sizing", "content")) return;
  area.rows = 1;
  while (area.scrollHeight > area.clientHeight + 2 && area.rows < 30) area.rows += 1;
}

function show(control, value) {
  if (control.type === "radio") control.checked = control.value === value;
  else if (control.type === "checkbox") control.checked = value === true;
  else if (control.type === "datetime-local") control.value = value ? localTime(value) : "";
  else if (control.type === "date") control.value = value ?? "";
  else {
    const text = value?.text ?? "";
    if (value?.lang) control.lang = value.lang;
    else control.removeAttribute("lang");
    if (control.value === text) return;
    control.value = text;
    if (control.matches("textarea")) grow(control);
  }
}

/**
 * Binds every [data-field] below `root`. `read(path, field)` gives a value, `write(path, field, value)` a promise.
 * Taps are written at once, typing 250 ms after the last key and when the control is left.
 */
export class Binding {
  #timers = new Map();
  #underway = new Set();

  constructor(root, { read, write, language }) {
    Object.assign(this, { root, read, write, language });
    root.addEventListener("input", (event) => this.#heard(event));
    root.addEventListener("change", (event) => this.#heard(event));
    root.addEventListener("focusout", ({ target }) => this.#timers.has(target) && this.#take(target));
  }

  #heard({ type, target }) {
    if (!target.dataset?.field) return;
    if (isText(target)) {
      clearTimeout(this.#timers.get(target));
      if (target.matches("textarea")) grow(target);
      this.#timers.set(
        target,
        setTimeout(() => this.#take(target), TYPING_MS),
      );
    } else if (type === "change") this.#take(target);
  }

  #take(control) {
    clearTimeout(this.#timers.get(control));
    this.#timers.delete(control);
    if (!control.closest("[data-path]")) return;
    const value = entered(control, this.language);
    if (value === undefined) return;
    const before = this.read(pathOf(control), control.dataset.field);
    // the same words keep the language they were written in, and what else is known of them
    if (isText(control) && before && before.text === clean(control.value)) return;
    const writing = this.write(pathOf(control), control.dataset.field, value);
    this.#underway.add(writing);
    writing.finally(() => this.#underway.delete(writing)).catch(() => {});
  }

  /** Everything typed so far becomes an edit; resolves when all edits under way are durable (or have failed). */
  async flush() {
    for (const control of [...this.#timers.keys()]) this.#take(control);
    await Promise.allSettled([...this.#underway]);
  }

  /** Shows what the store holds below an element, or at one path there; never under the fingers of somebody typing. */
  paint(part, path = null) {
    for (const control of part.querySelectorAll("[data-field]")) {
      const at = pathOf(control);
      if ((path && at !== path) || this.#timers.has(control)) continue;
      show(control, this.read(at, control.dataset.field));
    }
  }
}
