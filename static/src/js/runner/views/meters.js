// Meters of a unit: what they read, with a photo; what cannot be right is said beside the number, at once.
import { isReading, METERS, readingProblem } from "../../domain/handover.js";
import { Binding } from "../bind.js";
import { element, fill } from "../dom.js";
import { clean } from "../edit.js";
import { daysBetween, language, plainDay, say } from "../words.js";
import { paintSaved } from "./question.js";
import { versus } from "./remarks.js";

const TYPING_MS = 400;

/** A number as it is kept: "0012,5" and "１２.５" become "12.5". */
const asNumber = (text) =>
  clean(text)
    .normalize("NFKC")
    .trim()
    .replace(/[,。]/, ".")
    .replace(/^0+(?=\d)/, "");

/** What is odd about a reading as it stands: "reading_lower", "reading_high" or null. */
export function doubtOf(session, kind) {
  const reading = session.read(`meter/${kind}`, "reading");
  const last = session.row.unit?.readings?.[kind] ?? null;
  if (reading === null) return null;
  const days = last?.day ? daysBetween(last.day, session.day) : null;
  return readingProblem(kind, reading, last?.reading ?? null, days);
}

export class Meters {
  #timers = new Map();

  constructor(root, session, photos) {
    Object.assign(this, { root, session, photos });
    this.cards = new Map(METERS.map((kind) => [kind, this.#card(kind)]));
    root.querySelector("[data-meters]").append(...this.cards.values());
    this.binding = new Binding(root, { read: session.read, write: session.write, language });
    root.addEventListener("input", ({ target }) => target.dataset.plain && this.#typing(target));
    root.addEventListener("change", ({ target }) => target.dataset.plain && this.#take(target));
    root.addEventListener("click", ({ target }) => this.#press(target));
  }

  #card(kind) {
    const card = element("meter");
    card.dataset.path = `meter/${kind}`;
    card.setAttribute("aria-labelledby", `meter-${kind}`);
    for (const node of card.querySelectorAll("[id], [for], [aria-describedby]"))
      for (const name of ["id", "for", "aria-describedby"])
        if (node.hasAttribute(name)) node.setAttribute(name, node.getAttribute(name).replace("KIND", kind));
    const unit = say(`meter_unit_${kind}`);
    return fill(card, { name: say(`meter_${kind}`), unit });
  }

  #typing(control) {
    clearTimeout(this.#timers.get(control));
    this.#timers.set(
      control,
      setTimeout(() => this.#take(control), TYPING_MS),
    );
  }

  #take(control) {
    clearTimeout(this.#timers.get(control));
    this.#timers.delete(control);
    const { path } = control.closest("[data-path]").dataset;
    const field = control.dataset.plain;
    const text = field === "reading" ? asNumber(control.value) : clean(control.value).trim();
    const wrong = field === "reading" && text !== "" && !isReading(text);
    control.toggleAttribute("aria-invalid", wrong);
    control.closest("[data-path]").querySelector("[data-not-number]").hidden = !wrong;
    if (!wrong) this.session.write(path, field, text || null);
  }

  #press(target) {
    const card = target.closest("[data-path]");
    const pressed = target.closest("[data-do]")?.dataset.do;
    if (!card || !pressed) return;
    const { path } = card.dataset;
    if (pressed === "camera" || pressed === "gallery") this.photos.open(pressed, path);
    if (pressed === "absent") {
      const absent = this.session.read(path, "absent");
      this.session.write(
        path,
        "absent",
        absent ? null : { reason: { text: say("meter_absent_text"), lang: language } },
      );
    }
  }

  async flush() {
    for (const control of [...this.#timers.keys()]) this.#take(control);
    await this.binding.flush();
  }

  /** How many are read or said not to be there, of how many. */
  static count(session) {
    const done = METERS.filter((kind) =>
      ["reading", "absent"].some((field) => session.read(`meter/${kind}`, field) !== null),
    );
    return [done.length, METERS.length];
  }

  #paintCard(kind, card) {
    const { session } = this;
    const path = `meter/${kind}`;
    const absent = session.read(path, "absent");
    const last = session.row.unit?.readings?.[kind] ?? null;
    for (const control of card.querySelectorAll("[data-plain]")) {
      if (this.#timers.has(control) || document.activeElement === control) continue;
      control.value = session.read(path, control.dataset.plain) ?? "";
    }
    const problem = doubtOf(session, kind);
    const confirmed = session.read(path, "confirmed");
    const words = { last: last?.reading ?? "", unit: say(`meter_unit_${kind}`) };
    fill(card, {
      last: last ? say("meter_last", { ...words, day: last.day ? plainDay(last.day) : "" }) : null,
      problem: problem ? say(problem, words) : null,
      absent: say(absent ? "meter_there" : "meter_absent"),
      gone: absent ? absent.reason : null,
    });
    card.querySelector("[data-problem]").hidden = !problem;
    card.querySelector("[data-confirm]").hidden = !problem && !confirmed;
    card.querySelector("[data-values]").hidden = Boolean(absent);
    card.querySelector("[data-do=absent]").setAttribute("aria-pressed", String(Boolean(absent)));
    const torn = session.conflicts.filter((held) => held.path === path);
    const place = card.querySelector("[data-torn]");
    const drawn = JSON.stringify(torn.map(({ heads }) => heads.map(({ id }) => id)));
    if (place.dataset.drawn !== drawn) {
      place.dataset.drawn = drawn;
      place.replaceChildren(...torn.map((held) => versus(session, held)));
    }
    paintSaved(card.querySelector("[data-saved]"), session.saved(path));
    this.photos.paint(card, path);
  }

  paint() {
    this.binding.paint(this.root);
    for (const [kind, card] of this.cards) this.#paintCard(kind, card);
    const { closed } = this.session;
    for (const control of this.root.querySelectorAll("input, textarea, [data-do]")) control.disabled = closed;
  }
}
