// The two sheets of signing: a drawn signature, and a refusal with its reason and witness.
import { CONSENT, digestOf, REFUSAL, strokeProblem } from "../../domain/signatures.js";
import { element, fill, textOf } from "../dom.js";
import { clean, typed } from "../edit.js";
import { coverage } from "../signing.js";
import { language, say } from "../words.js";
import { Pad } from "./pad.js";
import { consentWords, slotWord } from "./slots.js";
import { auditorsOf, chips, peopleOf } from "./suggest.js";

const MEANINGS = {
  auditor: ["carried_out"],
  auditee: ["confirm_facts", "accept_obligation"],
  other: ["confirm_facts", "accept_obligation", "carried_out"],
};

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

/** Opened over the sign page; `done` resolves to true when something was written, false when it was closed. */
export class Sheet {
  #language = language; // the signer's
  #pad = null;
  #busy = false;

  constructor(app, session, slot, kind) {
    Object.assign(this, { app, session, slot, kind });
    this.dialog = element(`sheet-${kind}`);
    this.form = this.dialog.querySelector("form");
    this.people = slot === "auditor" ? auditorsOf(session, app.person) : peopleOf(session);
    this.owner = Boolean(session.rooms) && slot === "auditee"; // who owns a flat signs for nobody else
    fill(this.dialog, {
      title: slotWord(session, kind === "sign" ? `sign_as_${slot}` : `refuse_as_${slot}`),
    });
    if (this.owner) this.dialog.querySelector("[data-of=organisation]").hidden = true;
    this.dialog.addEventListener("click", ({ target }) => this.#press(target));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
    this.form.addEventListener("input", ({ target }) => this.#wrong(target.name, false));
    this.#people();
    if (kind === "sign") this.#meanings();
    else fill(this.dialog, { consent: consentWords("consent", REFUSAL) });
  }

  /** What is covered is read before anything is drawn: it is what the person was shown. */
  async open(place) {
    this.covers = await this.#coverage();
    place.append(this.dialog);
    this.dialog.showModal();
    this.dialog.scrollTop = 0;
    if (this.kind === "sign") {
      this.#pad = new Pad(this.dialog.querySelector("[data-pad]"), () => this.#wrong("strokes", false));
      this.#speak(this.#language);
    }
    return new Promise((resolve) => {
      this.dialog.addEventListener("close", () => {
        this.#pad?.close();
        this.dialog.remove();
        resolve(this.dialog.returnValue === "saved");
      });
    });
  }

  close() {
    this.dialog.close();
  }

  #coverage() {
    return coverage(this.session.store, this.session.id, this.session.version);
  }

  #press(target) {
    if (target.closest("[data-close]")) this.dialog.close();
    if (target.closest("[data-undo]")) this.#pad.undo();
    if (target.closest("[data-clear]")) this.#pad.clear();
    const chosen = target.closest("[data-consent-language]")?.dataset.consentLanguage;
    if (chosen) this.#speak(chosen);
  }

  #people() {
    const { elements } = this.form;
    const take = (person) => {
      for (const name of ["name", "role", "organisation"]) {
        elements[name].value = person[name] || elements[name].value;
        this.#wrong(name, false);
      }
      this.#print();
    };
    const ours = this.slot === "auditor";
    const role = ours ? slotWord(this.session, "role_auditor") : "";
    const { row } = this.session;
    const theirs = this.owner ? "" : textOf(row.company?.name);
    const organisation = ours ? (row.organisation ?? "") : theirs;
    if (this.slot !== "other") elements.organisation.value = organisation;
    if (ours) take({ ...this.people[0], role });
    if (this.owner) take({ name: textOf(row.unit?.owner_name), role: say("walk_role_owner") });
    const values = this.people.map((person) => ({
      label: person.role ? `${person.name} · ${person.role}` : person.name,
      value: person,
    }));
    chips(this.dialog.querySelector("[data-people]"), values.length > 1 || !ours ? values : [], take);
    this.form.addEventListener("input", () => this.#print());
  }

  /** The printed name stands below the line of the pad. */
  #print() {
    fill(this.dialog, { printed: this.form.elements.name.value.trim() });
  }

  #meanings() {
    const done = this.session.rooms ? "inspected" : "carried_out"; // a unit is walked, nothing is audited
    const all = MEANINGS[this.slot].map((meaning) => (meaning === "carried_out" ? done : meaning));
    const place = this.dialog.querySelector("[data-meanings]");
    place.replaceChildren(
      ...all.map((meaning) => {
        const label = document.createElement("label");
        label.className = "check";
        const radio = document.createElement("input");
        Object.assign(radio, { type: "radio", name: "meaning", value: meaning, checked: all.length === 1 });
        label.append(radio, document.createElement("span"));
        return label;
      }),
    );
  }

  /** Consent and meaning in the signer's language, whatever the app speaks. */
  #speak(chosen) {
    this.#language = chosen;
    for (const button of this.dialog.querySelectorAll("[data-consent-language]"))
      button.setAttribute("aria-pressed", String(button.dataset.consentLanguage === chosen));
    fill(this.dialog, { consent: { text: consentWords("consent", CONSENT, chosen), lang: chosen } });
    for (const radio of this.dialog.querySelectorAll("[name=meaning]")) {
      const words = radio.nextElementSibling;
      words.textContent = consentWords("meaning", radio.value, chosen);
      words.lang = chosen;
    }
  }

  #wrong(name, is, words = null) {
    const error = name && this.dialog.querySelector(`#sheet-${name}-error`);
    if (!error) return is;
    error.hidden = !is;
    if (words) fill(error, { strokes_error: words });
    error.closest("[data-of]")?.classList.toggle("field--error", is);
    const control = this.form.elements[name];
    if (control instanceof HTMLElement) {
      control.toggleAttribute("aria-invalid", is);
      if (is) control.setAttribute("aria-describedby", error.id);
      else control.removeAttribute("aria-describedby");
    }
    return is;
  }

  #text(name) {
    return clean(this.form.elements[name].value).trim().slice(0, 200);
  }

  /** What is missing, as names of fields in the order of the sheet. */
  #missing(strokes) {
    const { form, kind } = this;
    const texts = [
      "name",
      "role",
      ...(this.slot === "other" || this.owner ? [] : ["organisation"]),
      ...(kind === "refuse" ? ["reason", "witness_name", "witness_role"] : []),
    ];
    const found = texts.filter((name) => this.#wrong(name, !clean(form.elements[name].value).trim()));
    if (kind !== "sign") return found;
    if (this.#wrong("meaning", !form.elements.meaning.value)) found.push("meaning");
    const problem = strokes.length ? strokeProblem(strokes) : "signature_none";
    if (this.#wrong("strokes", Boolean(problem), problem && say(problem))) found.push("strokes");
    return found;
  }

  async #save() {
    if (this.#busy) return;
    const strokes = this.#pad?.strokes ?? [];
    const [first] = this.#missing(strokes);
    if (first) {
      const control = this.form.elements[first];
      if (control instanceof HTMLElement) control.focus();
      else (this.dialog.querySelector("[name=meaning]") ?? this.dialog).focus();
      this.dialog.querySelector(`#sheet-${first}-error`).scrollIntoView({ block: "center" });
      return;
    }
    this.#busy = true;
    const now = await this.#coverage();
    if (!same(now.registers, this.covers.registers) || this.session.unsettled.length) {
      this.covers = now; // the page behind shows it already; whoever signs looks again and saves again
      this.#busy = false;
      this.#wrong("strokes", true, say("sign_moved"));
      return;
    }
    await this.session.sign(this.kind, await this.#value(now, strokes));
    this.dialog.close("saved");
  }

  async #value({ version, registers, photos }, strokes) {
    const { slot, kind, session } = this;
    const who = {
      slot,
      name: this.#text("name"),
      role: this.#text("role"),
      organisation: this.#text("organisation"),
    };
    const at = Date.now();
    const id = kind === "sign" ? CONSENT : REFUSAL;
    const spoken = kind === "sign" ? this.#language : language;
    const digest = await digestOf(version, registers, photos, id, spoken);
    if (kind === "refuse") {
      const witness = { name: this.#text("witness_name"), role: this.#text("witness_role") };
      return { ...who, reason: typed(this.form.elements.reason.value, language), witness, digest, at };
    }
    return {
      ...who,
      meaning: this.form.elements.meaning.value,
      consent: { id, language: spoken },
      strokes,
      digest,
      covers: { answers: session.result.answered, photos: photos.length },
      at,
    };
  }
}
