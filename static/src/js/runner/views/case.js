// One case where there is no signal: what it is about, what is asked next, and a note with photos for its story.
import { element, fill, icon, speak, template, textOf } from "../dom.js";
import { casePhoto } from "../cases.js";
import { pictureAddress } from "../pictures.js";
import { clock, dayMonth, say } from "../words.js";
import { Photos } from "./photos.js";
import { paintSaved } from "./question.js";
import { refusal, remark } from "./remarks.js";
import { dueOf } from "./work.js";

const TYPING_MS = 250;
const SHOWN = ["requirement", "statement", "evidence"];

export class CaseView {
  #timer = null;
  #sources = new Map(); // sha256 → where its picture is

  constructor(app, session) {
    Object.assign(this, { app, session });
    this.root = document.createElement("div");
    this.root.className = "page";
    this.root.append(template("case"));
    this.heading = this.root.querySelector("h1");
    this.area = this.root.querySelector("[data-note]");
    this.area.value = session.draft.text;
    this.photos = new Photos(app, session, () => this.paint());
    this.title = `${session.row.number} ${textOf(session.row.title)}`;
    this.area.addEventListener("input", () => this.#typed());
    this.root.addEventListener("click", ({ target }) => this.#press(target));
    this.heard = () => this.paint();
    session.addEventListener("changed", this.heard);
    session.flush = () => session.keepDraft(this.area.value); // its row, too: photos are about to hang on it
  }

  close() {
    this.session.removeEventListener("changed", this.heard);
    this.photos.close();
    return this.#keep();
  }

  #typed() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#keep(), TYPING_MS);
  }

  #keep() {
    clearTimeout(this.#timer);
    if (this.area.value === this.session.draft.text) return null;
    return this.session.keepDraft(this.area.value);
  }

  #press(target) {
    const pressed = target.closest("[data-do]")?.dataset.do;
    if (pressed === "camera" || pressed === "gallery") this.photos.open(pressed, this.session.path);
    if (pressed === "add") this.#add();
    if (pressed === "understood") {
      this.photos.problems.delete(this.session.path);
      this.paint();
    }
    const shown = target.closest("[data-sha]");
    if (shown) this.photos.look(this.#sources.get(shown.dataset.sha), shown.getAttribute("aria-label"));
  }

  async #add() {
    await this.#keep();
    let added;
    try {
      added = await this.session.add();
    } catch {
      return fill(this.root, { said: say("saved_not") }); // the draft is still in the field
    }
    if (!added) {
      this.area.focus();
      return fill(this.root, { said: say("case_note_empty") });
    }
    this.area.value = "";
    fill(this.root, { said: null });
    speak(say("said_saved", { id: this.session.row.number }));
    this.app.outbox.now();
    return this.paint();
  }

  #facts() {
    const { row } = this.session;
    const entries = [...SHOWN.map((name) => [say(`case_${name}`), row[name]]), [say("case_hand"), row.hand]];
    const nodes = entries
      .filter(([, value]) => value)
      .flatMap(([name, value]) => {
        const [term, said] = [document.createElement("dt"), document.createElement("dd")];
        term.textContent = name;
        said.textContent = textOf(value);
        said.className = "lines";
        if (value.lang) said.lang = value.lang;
        return [term, said];
      });
    this.root.querySelector("[data-facts]").replaceChildren(...nodes);
  }

  #asked() {
    const { asked } = this.session.row;
    const place = this.root.querySelector("[data-asked]");
    place.hidden = asked.length === 0;
    place.querySelector("ul").replaceChildren(
      ...asked.map((words) => {
        const line = document.createElement("li");
        const text = document.createElement("div");
        text.textContent = words;
        line.append(icon("clock", "warn"), text);
        return line;
      }),
    );
  }

  async #tile(photo, label) {
    const node = element("case-photo");
    const [button, image] = [node.querySelector("button"), node.querySelector("img")];
    const source = this.#sources.get(photo.sha256) ?? (await pictureAddress(this.session.store, photo));
    this.#sources.set(photo.sha256, source);
    button.dataset.sha = photo.sha256;
    button.setAttribute("aria-label", label);
    image.addEventListener("error", () => button.classList.add("thumb--away"), { once: true });
    Object.assign(image, { src: source, alt: label });
    return node;
  }

  /** Drawn when others are there than before: a picture that is looked at does not blink. */
  async #pictures() {
    const { row } = this.session;
    const list = this.root.querySelector("[data-found]");
    const drawn = JSON.stringify(row.photos.map(({ sha256 }) => sha256));
    if (list.dataset.drawn === drawn) return;
    list.dataset.drawn = drawn;
    list.hidden = row.photos.length === 0;
    const tiles = row.photos.map((photo) => this.#tile(casePhoto(row, photo), photo.moment));
    list.replaceChildren(...(await Promise.all(tiles)));
  }

  #note(note) {
    const { session } = this;
    const node = element("case-note");
    const at = `${dayMonth(note.at)} ${clock(note.at)}`;
    const who = note.person ?? say("you");
    fill(node, { text: note.text, about: say("case_written", { who, at }) });
    node.dataset.path = note.path;
    const refused = session.refused(note.path).map(refusal);
    node.querySelector("[data-remarks]").replaceChildren(...refused);
    const saved = node.querySelector("[data-saved]");
    saved.hidden = !note.here;
    if (note.here) paintSaved(saved, session.saved(note.path));
    this.photos.paint(node, note.path);
    return node;
  }

  async #others(node, note) {
    if (note.here || !note.photos.length) return;
    const list = node.querySelector("[data-photos]");
    const tiles = note.photos.map((sha256) =>
      this.#tile({ sha256, address: `/api/v1/media/${sha256}?w=480` }, say("case_photo")),
    );
    list.replaceChildren(...(await Promise.all(tiles)));
    list.hidden = false;
  }

  async paint() {
    const { session } = this;
    const { row } = session;
    const [due, urgent] = dueOf(row);
    const place = [row.company, row.site].filter(Boolean).join(" · ");
    const when = document.createElement(urgent ? "b" : "span");
    when.className = urgent;
    when.textContent = due;
    fill(this.root, {
      story: `/actions/${row.id}`,
      number: row.number,
      title: row.title,
      place: place || null,
      severity: row.severity,
      step: row.step,
      due: when,
      returned: row.returned ? remark("bad", "undo", say("case_returned"), row.returned) : null,
    });
    this.#facts();
    this.#asked();
    await this.photos.refresh();
    await this.#pictures();
    const writing = this.root.querySelector("[data-writing]");
    this.photos.paint(writing, session.path);
    const problem = this.photos.problems.get(session.path);
    fill(this.root, {
      problem: problem ? remark("bad", "camera", say("capture_title"), say(`capture_${problem}`)) : null,
    });
    const notes = session.notes.map((note) => [this.#note(note), note]);
    const list = this.root.querySelector("[data-notes]");
    list.hidden = notes.length === 0;
    list.querySelector("ul").replaceChildren(...notes.map(([node]) => node));
    await Promise.all(notes.map(([node, note]) => this.#others(node, note)));
  }
}
