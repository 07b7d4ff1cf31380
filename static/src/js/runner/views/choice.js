// A choice that may want words: until they are there nothing is written, and the page says so.
import { typed } from "../edit.js";

const TYPING_MS = 250;

/**
 * Radios and a text area below `root`. `read()` gives {choice, text} of what is kept, `wants(choice)` says "never",
 * "may" or "must" for the words, `write(choice, text)` keeps both (text is typed text or null).
 */
export class Choice {
  #chosen = null; // what waits for its words
  #timer = null;
  #underway = null;

  constructor(root, { read, wants, write, language }) {
    Object.assign(this, { root, read, wants, write, language });
    this.area = root.querySelector("textarea");
    this.words = root.querySelector("[data-words]");
    this.owes = root.querySelector("[data-owes]");
    root.addEventListener("change", ({ target }) => target.type === "radio" && this.#choose(target.value));
    root.addEventListener("input", ({ target }) => {
      if (target !== this.area) return;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#take(), TYPING_MS);
    });
    root.addEventListener("focusout", ({ target }) => target === this.area && this.#timer && this.#take());
  }

  get #choice() {
    return this.#chosen ?? this.read().choice;
  }

  #choose(choice) {
    this.#chosen = choice;
    this.#take();
    this.paint();
    if (this.#chosen && this.wants(choice) === "must") this.area.focus();
  }

  #take() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const choice = this.#choice;
    if (!choice) return;
    const wants = this.wants(choice);
    const text = wants === "never" ? null : this.#text();
    if (wants === "must" && !text) {
      this.#chosen = choice; // what was kept before stays kept
      this.paint();
      return;
    }
    this.#chosen = null;
    this.#underway = this.write(choice, text);
    this.paint();
  }

  /** The same words keep the language they were written in. */
  #text() {
    const kept = this.read().text;
    return kept && kept.text === this.area.value ? kept : typed(this.area.value, this.language);
  }

  async flush() {
    if (this.#timer) this.#take();
    await this.#underway;
  }

  paint() {
    const choice = this.#choice;
    const { text } = this.read();
    const wants = choice ? this.wants(choice) : "never";
    for (const radio of this.root.querySelectorAll("input[type=radio]"))
      radio.checked = radio.value === choice;
    this.words.hidden = wants === "never";
    this.owes.hidden = !this.#chosen || wants !== "must";
    if (this.#timer || this.#chosen || document.activeElement === this.area) return;
    this.area.value = text?.text ?? "";
    if (text?.lang) this.area.lang = text.lang;
    else this.area.removeAttribute("lang");
  }
}
