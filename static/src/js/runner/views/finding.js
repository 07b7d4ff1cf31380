// One finding: what was required, what was found, whose it is until when, and what the other party says of it.
import { dueByRule, severity as ruleOf } from "../../domain/findings.js";
import { Binding } from "../bind.js";
import { clean } from "../edit.js";
import { element, fill, template, textOf } from "../dom.js";
import { language, pick, plainDay, say } from "../words.js";
import { Choice } from "./choice.js";
import { severityShape, severityWord } from "./found.js";
import { Photos } from "./photos.js";
import { paintSaved } from "./question.js";
import { refusal, versus } from "./remarks.js";
import { chips, peopleOf } from "./suggest.js";
import { subject } from "./work.js";

const SEVERITIES = ["major", "minor", "observation"];

export class FindingView {
  #emptied = new Set(); // fields whose default somebody just took away

  constructor(app, session) {
    Object.assign(this, { app, session });
    this.root = document.createElement("div");
    this.root.className = "page";
    this.root.append(template("finding-page"));
    this.main = this.root.querySelector("main");
    this.heading = this.root.querySelector("h1");
    this.title = say("finding");
    this.photos = new Photos(app, session, () => this.#paintPhotos());
    this.main.addEventListener("click", ({ target }) => {
      const source = target.closest("[data-do]")?.dataset.do;
      if (source === "action") this.#toggleAction();
      if (source === "camera" || source === "gallery") this.photos.open(source, `q/${this.question.id}`);
    });
    this.heard = () => this.paint();
    session.addEventListener("changed", this.heard);
  }

  async close() {
    this.session.removeEventListener("changed", this.heard);
    this.photos.close();
    await this.#flush();
  }

  async #flush() {
    await Promise.all([this.binding?.flush(), this.severity?.flush(), this.position?.flush()]);
  }

  /** The finding an address names; its form is drawn anew for each, so that nothing typed lands in another. */
  async show(id) {
    await this.#flush();
    const { session, main } = this;
    this.question = session.questions.find((each) => each.id === id) ?? null;
    if (!this.found) return this.app.go(`#/i/${session.id}/review`, { replace: true });
    this.path = `f/${id}`;
    const form = element("finding-form");
    form.dataset.path = this.path;
    main.replaceChildren(form);
    this.form = form;
    this.#emptied.clear();
    this.binding = new Binding(form, {
      read: (_, field) => this.#shown(field),
      write: (_, field, value) => this.#write(field, value),
      language,
    });
    form.addEventListener("focusout", ({ target }) => {
      if (this.#emptied.delete(target.dataset?.field)) setTimeout(() => this.paint());
    });
    session.flush = () => this.#flush();
    this.#choices();
    this.paint();
    return this.heading.focus({ preventScroll: true });
  }

  get found() {
    return this.session.findings.find(({ question }) => question === this.question?.id) ?? null;
  }

  /** What a control shows: what was written, else what stands for it by itself. */
  #shown(field) {
    const written = this.session.read(this.path, field);
    if (field === "owner") return written && { text: written.name };
    if (written !== null || this.#emptied.has(field)) return written;
    return field === "due" ? null : (this.found?.[field] ?? null);
  }

  async #write(field, value) {
    if (value === null) this.#emptied.add(field);
    await this.session.write(this.path, field, field === "owner" ? this.#owner(value) : value);
  }

  #owner(value) {
    if (!value) return null;
    const known = peopleOf(this.session).find(({ name }) => name === value.text.trim());
    return { name: value.text.trim().slice(0, 200), contact: known?.contact ?? null };
  }

  /** A lesser finding opens a corrective action only when somebody asks for it. */
  #toggleAction() {
    const asked = this.session.read(this.path, "action") !== null;
    return this.session.write(this.path, "action", asked ? null : { open: true });
  }

  #paintAction(found) {
    const byItself = found.at_once || found.severity === "major";
    const asked = this.session.read(this.path, "action") !== null;
    const button = this.form.querySelector("[data-do=action]");
    button.hidden = byItself;
    button.disabled = this.session.closed;
    button.setAttribute("aria-pressed", String(asked));
    fill(this.form, {
      action: say(asked ? "action_opened" : "action_open"),
      action_rule: byItself ? say("action_by_itself") : "",
    });
  }

  #choices() {
    const { session, path, form } = this;
    const rule = () => this.found?.rule_severity;
    this.severity = new Choice(form.querySelector("[data-severity]"), {
      read: () => {
        const kept = session.read(path, "severity");
        return { choice: kept?.severity ?? rule(), text: kept?.reason ?? null };
      },
      wants: (choice) => (choice === rule() ? "never" : "must"),
      write: (choice, reason) =>
        session.write(path, "severity", choice === rule() ? null : { severity: choice, reason }),
      language,
    });
    this.position = new Choice(form.querySelector("[data-position]"), {
      read: () => {
        const kept = session.read(path, "position");
        return { choice: kept?.stand ?? null, text: kept?.text ?? null };
      },
      wants: (choice) => (choice === "disagree" ? "must" : "may"),
      write: (stand, text) => session.write(path, "position", { stand, text }),
      language,
    });
    for (const name of SEVERITIES)
      form.querySelector(`[data-shape=${name}]`).replaceChildren(severityShape(name));
  }

  #canned() {
    const kept = this.session.read(this.path, "statement");
    const values = (this.question.canned ?? []).map(({ id, text }) => ({
      label: pick(text),
      value: { text: clean(pick(text)), lang: language, canned: id },
      pressed: kept?.canned === id,
    }));
    chips(this.form.querySelector("[data-canned]"), values, (value) =>
      this.session.write(this.path, "statement", value),
    );
  }

  #people() {
    const kept = this.session.read(this.path, "owner");
    const values = peopleOf(this.session).map(({ name, role, contact }) => ({
      label: role ? `${name} · ${role}` : name,
      value: { name, contact },
      pressed: kept?.name === name,
    }));
    chips(this.form.querySelector("[data-people]"), values, (value) =>
      this.session.write(this.path, "owner", value),
    );
  }

  #paintPhotos() {
    if (!this.form) return;
    this.photos.refresh().then(() => this.photos.paint(this.form, `q/${this.question.id}`));
  }

  #torn() {
    const { session, form, path } = this;
    const place = form.querySelector("[data-torn]");
    const torn = session.conflicts.filter((held) => held.path === path);
    const refused = session.refused(path);
    const drawn = JSON.stringify([
      torn.map(({ heads }) => heads.map(({ id }) => id)),
      refused.map(({ id }) => id),
    ]);
    if (place.dataset.drawn === drawn) return;
    place.dataset.drawn = drawn;
    place.replaceChildren(...torn.map((held) => versus(session, held)), ...refused.map(refusal));
  }

  /** Where to go from here: the next finding, else back to the review. */
  #foot() {
    const { session } = this;
    const all = session.findings;
    const at = all.findIndex(({ question }) => question === this.question.id);
    const next = all[at + 1];
    fill(this.root, {
      place: say("finding_of", { at: String(at + 1), all: String(all.length) }),
      next: say(next ? "next_finding" : "review"),
      to: `#/i/${session.id}/${next ? `f/${next.question}` : "review"}`,
    });
  }

  #dueWords({ due }, byRule) {
    if (this.session.closed && due) return say("finding_due", { day: plainDay(due) });
    return byRule ? say("due_by_rule", { day: plainDay(byRule) }) : say("due_by_rule_none");
  }

  paint() {
    const { session, question, form, found } = this;
    if (!form) return;
    fill(this.root, { title: subject(session.row), back: `#/i/${session.id}/review` });
    if (!found) return; // the answer was changed elsewhere and opens no finding any more
    const score = session.answers[question.id]?.score;
    const rule = ruleOf(session.definition, question, score, session.answers[question.id]?.note);
    const day = dueByRule(found.severity, found.at_once, session.day);
    fill(form, {
      id: question.id,
      text: textOf(question.text),
      question: `#/i/${session.id}/q/${question.id}`,
      about: [say("block_score_text", { score }), found.at_once && say("at_once")]
        .filter(Boolean)
        .join(" · "),
      rule: say("severity_by_rule", { severity: severityWord(rule.severity) }),
      due_rule: this.#dueWords(found, day),
    });
    this.binding.paint(form);
    this.severity.paint();
    this.position.paint();
    this.#canned();
    this.#people();
    this.#torn();
    this.#paintAction(found);
    this.#paintPhotos();
    this.#foot();
    paintSaved(form.querySelector("[data-saved]"), session.saved(this.path));
    const { closed } = session;
    this.main.classList.toggle("is-closed", closed);
    for (const control of form.querySelectorAll("textarea, input, .chip")) control.disabled = closed;
  }
}
