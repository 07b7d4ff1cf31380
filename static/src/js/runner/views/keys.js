// Keys and cards, counted by kind: one tap more or less, and a note where something is to be said.
import { KEYS, KEYS_AT_MOST } from "../../domain/handover.js";
import { Binding } from "../bind.js";
import { element, fill, speak } from "../dom.js";
import { language, say } from "../words.js";
import { paintSaved } from "./question.js";
import { versus } from "./remarks.js";

export class Keys {
  constructor(root, session) {
    Object.assign(this, { root, session });
    this.lines = new Map(KEYS.map((kind) => [kind, this.#line(kind)]));
    root.querySelector("[data-keys]").append(...this.lines.values());
    this.binding = new Binding(root, { read: session.read, write: session.write, language });
    root.addEventListener("click", ({ target }) => this.#press(target));
    root.addEventListener("change", ({ target }) => {
      if (!target.matches("[data-count]")) return;
      const value = target.value.trim() === "" ? null : Number(target.value);
      if (value === null || (Number.isInteger(value) && value >= 0 && value <= KEYS_AT_MOST))
        this.#write(target, value);
      else this.paint();
    });
  }

  #line(kind) {
    const line = element("key");
    line.dataset.path = `keys/${kind}`;
    for (const node of line.querySelectorAll("[id], [for]"))
      for (const name of ["id", "for"])
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace("KIND", kind));
    const name = say(`key_${kind}`);
    line.querySelector("[data-step='-1']").setAttribute("aria-label", say("key_less", { name }));
    line.querySelector("[data-step='1']").setAttribute("aria-label", say("key_more", { name }));
    return fill(line, { name });
  }

  #press(target) {
    const step = target.closest("[data-step]");
    if (!step) return;
    const { path } = step.closest("[data-path]").dataset;
    const count = this.session.read(path, "count");
    const next = Math.min(KEYS_AT_MOST, Math.max(0, (count ?? 0) + Number(step.dataset.step)));
    this.#write(step, next);
    speak(`${step.closest("[data-path]").querySelector("[data-x=name]").textContent}: ${next}`);
  }

  #write(node, value) {
    this.session.write(node.closest("[data-path]").dataset.path, "count", value);
  }

  flush() {
    return this.binding.flush();
  }

  /** All keys and cards together; null when nobody counted. */
  static count(session) {
    const counts = KEYS.map((kind) => session.read(`keys/${kind}`, "count")).filter(
      (count) => count !== null,
    );
    return counts.length ? counts.reduce((sum, count) => sum + count, 0) : null;
  }

  paint() {
    const { session } = this;
    this.binding.paint(this.root);
    for (const [kind, line] of this.lines) {
      const path = `keys/${kind}`;
      const count = session.read(path, "count");
      const control = line.querySelector("[data-count]");
      if (document.activeElement !== control) control.value = count ?? "";
      line.classList.toggle("is-counted", count !== null);
      line.querySelector("details").open ||= Boolean(session.read(path, "note"));
      const torn = session.conflicts.filter((held) => held.path === path);
      const place = line.querySelector("[data-torn]");
      const drawn = JSON.stringify(torn.map(({ heads }) => heads.map(({ id }) => id)));
      if (place.dataset.drawn !== drawn) {
        place.dataset.drawn = drawn;
        place.replaceChildren(...torn.map((held) => versus(session, held)));
      }
      paintSaved(line.querySelector("[data-saved]"), session.saved(path));
    }
    const all = Keys.count(session);
    fill(this.root, { total: all === null ? say("keys_none") : say("keys_all", { n: all }) });
    for (const control of this.root.querySelectorAll("input, textarea, [data-step]"))
      control.disabled = session.closed;
  }
}
