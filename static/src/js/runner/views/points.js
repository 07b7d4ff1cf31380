// Open points of earlier visits: pinned, in a part of their own, unscored. Two taps say how each was found.
import { element, fill } from "../dom.js";
import { pictureAddress, pointPhoto } from "../pictures.js";
import { plainDay, say } from "../words.js";
import { paintSaved } from "./question.js";
import { refusal, remark, versus } from "./remarks.js";

/** A press that takes a note of a refused photo away. */
function understood() {
  const node = document.createElement("button");
  Object.assign(node, { type: "button", className: "btn btn--small", textContent: say("understood") });
  node.dataset.do = "understood";
  return node;
}

class Point {
  #opened = false;

  constructor(point, { session, photos }) {
    Object.assign(this, { path: point.path, session, photos });
    this.li = element("point");
    this.li.dataset.path = this.path;
    this.li.id = this.path;
    this.note = this.li.querySelector("[data-part=note]");
    const area = this.note.querySelector("textarea");
    area.id = `${this.path}-note`;
    this.note.querySelector("label").htmlFor = area.id;
    for (const input of this.li.querySelectorAll("[data-field=seen]")) input.name = `seen-${point.id}`;
    this.li.addEventListener("click", ({ target }) => this.#press(target.closest("[data-do]")?.dataset.do));
  }

  #press(action) {
    if (action === "camera" || action === "gallery") this.photos.open(action, this.path);
    if (action === "then") this.photos.look(this.src, `${this.point.number} · ${this.#since()}`);
    if (action === "note") {
      this.#opened = true;
      this.note.hidden = false;
      this.note.querySelector("textarea").focus();
    }
    if (action === "understood") {
      this.photos.problems.delete(this.path);
      this.photos.changed(this.path);
      this.focus();
    }
  }

  #since() {
    const { since, person } = this.point;
    const day = plainDay(since);
    return person ? say("point_since_by", { day, person }) : say("point_since", { day });
  }

  /** The photo of then; without signal only where it was fetched before. */
  async #then() {
    const place = this.li.querySelector("[data-then]");
    const { photo } = this.point;
    if ((place.dataset.drawn ?? "") === (photo ?? "")) return;
    place.dataset.drawn = photo ?? "";
    place.hidden = !photo;
    if (!photo) return;
    this.src = await pictureAddress(this.session.store, pointPhoto(this.session.row, this.point));
    const image = place.querySelector("img");
    image.addEventListener("error", () => (place.hidden = true), { once: true });
    image.src = this.src;
    image.alt = say("point_then", { number: this.point.number });
  }

  #remarks() {
    const { session, photos, path } = this;
    const torn = session.conflicts.filter((held) => held.path === path);
    const refused = session.refused(path);
    const problem = photos.problems.get(path);
    const place = this.li.querySelector("[data-remarks]");
    const drawn = JSON.stringify([
      torn.map(({ heads }) => heads.map(({ id }) => id)),
      refused.map(({ id, state }) => [id, state]),
      problem,
    ]);
    if (place.dataset.drawn === drawn) return;
    place.dataset.drawn = drawn;
    const why =
      problem && remark("bad", "camera", say("capture_title"), say(`capture_${problem}`), understood());
    place.replaceChildren(
      ...torn.map((held) => versus(session, held)),
      ...refused.map(refusal),
      ...(why ? [why] : []),
    );
  }

  focus() {
    this.li.tabIndex = -1;
    this.li.focus({ preventScroll: true });
  }

  /** As with a question: a mark from before must not vouch for what is being written now. */
  unsave() {
    this.li.querySelector("[data-saved]").dataset.state = "writing";
  }

  paint(point) {
    const { li, session, photos, path } = this;
    this.point = point;
    fill(li, { number: point.number || null, since: this.#since(), text: point.text });
    li.classList.toggle("is-done", Boolean(point.seen));
    li.classList.toggle("is-short", point.seen === "open");
    paintSaved(li.querySelector("[data-saved]"), session.saved(path));
    const written = Boolean(session.read(path, "note"));
    this.note.hidden = !(written || (this.#opened && !session.closed));
    photos.paint(li, path);
    this.#then();
    this.#remarks();
  }
}

export class Points {
  #points = new Map(); // path → Point

  constructor(page, session, photos) {
    Object.assign(this, { page, session, photos });
    this.list = page.querySelector("[data-list]");
  }

  get(path) {
    return this.#points.get(path);
  }

  /** Rows stay where they are while they are there: nobody loses the note they are writing. */
  paint() {
    const { points } = this.session;
    for (const [path, { li }] of this.#points)
      if (!points.some((point) => point.path === path)) {
        li.remove();
        this.#points.delete(path);
      }
    points.forEach((point, at) => {
      if (!this.#points.has(point.path)) this.#points.set(point.path, new Point(point, this));
      const row = this.#points.get(point.path);
      if (this.list.children[at] !== row.li) this.list.insertBefore(row.li, this.list.children[at] ?? null);
      row.paint(point);
    });
  }
}
