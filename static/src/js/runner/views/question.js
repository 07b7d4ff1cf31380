// One question as it stands: its node on the thread, what the score means, what is saved, what it still owes.
import { severity } from "../../domain/findings.js";
import { icon } from "../dom.js";
import { say } from "../words.js";
import { fallsShort, lastTime, remarks, remarksKey } from "./remarks.js";

const SAVED = {
  unsaved: ["alert", "saved_not", "saved--bad"],
  saving: ["clock", "saving", ""],
  phone: ["phone", "saved_phone", ""],
  server: ["held", "saved_server", "saved--held"],
};

/** The small mark that promises where an answer is. */
export function paintSaved(place, state) {
  place.hidden = !state;
  if (!state || place.dataset.state === state) return;
  place.dataset.state = state;
  const [sign, words, more] = SAVED[state];
  place.className = `saved ${more}`.trim();
  place.replaceChildren(icon(sign), say(words));
}

function meaning(place, options, session, question, answer) {
  const score = answer?.score ?? null;
  const option = score === null ? null : options.querySelector(`[data-value="${CSS.escape(score)}"]`);
  place.hidden = !option;
  if (!option) return;
  const found = severity(session.definition, question, score, answer.note);
  const more =
    found?.severity === "observation" ? say("opens_observation") : found?.at_once ? say("at_once") : "";
  place.className = `q__say ${option.className}`.trim();
  place.replaceChildren(...option.cloneNode(true).childNodes);
  if (more) place.lastElementChild.append(` · ${more}`);
}

export class Question {
  #opened = false;

  constructor(li, question, { session, photos, options }) {
    Object.assign(this, { li, question, session, photos, options });
    this.path = `q/${question.id}`;
    this.hint = li.querySelector("[data-hint]")?.textContent.trim() ?? "";
    this.part = (name) => li.querySelector(`[data-part=${name}]`);
  }

  /** The last audit may become known only after the first sync of an inspection born here. */
  #last() {
    const place = this.li.querySelector("[data-last]");
    const known = this.session.row.last?.number ?? "";
    if (place.dataset.drawn === String(known)) return;
    place.dataset.drawn = String(known);
    const last = lastTime(this.session, this.question);
    place.hidden = !last;
    place.replaceChildren(...(last ? [last] : []));
  }

  /** At once, without drawing the rest: a mark from before must not vouch for what is being written now. */
  unsave() {
    this.li.querySelector("[data-saved]").dataset.state = "writing";
  }

  paint(answers) {
    const { li, session, question, path } = this;
    const answer = answers[question.id];
    const score = answer?.score ?? null;
    const lacks = session.missing(question, answers);
    const open = lacks.includes("unanswered");
    li.classList.toggle("is-done", !open);
    li.classList.toggle("is-owing", !open && lacks.length > 0);
    li.classList.toggle("is-short", !open && fallsShort(session, score));
    meaning(li.querySelector("[data-say]"), this.options, session, question, answer);
    paintSaved(li.querySelector("[data-saved]"), session.saved(path));
    const reason = this.part("reason");
    if (reason) reason.hidden = score !== "na";
    const noted = Boolean(answer?.note);
    this.part("note").hidden = !(noted || this.#opened);
    this.photos.paint(li, path);
    this.#last();
    this.#remark(answer, lacks);
    return lacks;
  }

  #remark(answer, lacks) {
    const place = this.li.querySelector("[data-remarks]");
    const drawn = remarksKey(this.session, this.photos, this.question, answer, lacks);
    if (place.dataset.drawn === drawn) return;
    place.dataset.drawn = drawn;
    const held = place.contains(document.activeElement);
    place.replaceChildren(...remarks(this.session, this.photos, this.question, answer, lacks, this.hint));
    if (held) this.focus(); // the button that was pressed is gone: stay with the question
  }

  focus() {
    this.li.tabIndex = -1;
    this.li.focus({ preventScroll: true });
  }

  /** A press on one of the question's own buttons. */
  do(action) {
    if (action === "camera" || action === "gallery") this.photos.open(action, this.path);
    if (action === "note") {
      this.#opened = true;
      this.part("note").hidden = false;
      this.part("note").querySelector("textarea").focus();
    }
    if (action === "hinted") {
      const note = {
        text: say("hinted_note", { hint: this.hint }),
        lang: document.documentElement.lang,
        canned: "hinted",
      };
      this.session.write(this.path, "note", note);
    }
    if (action === "understood") {
      this.photos.problems.delete(this.path);
      this.photos.changed(this.path);
    }
  }
}
