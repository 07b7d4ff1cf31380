// Photos of one inspection: taking them, their thumbnails, the large view, removing.
import { marksOf } from "../../domain/marks.js";
import { ask, element, fill, icon, speak } from "../dom.js";
import { bytesOf, process, stage } from "../media.js";
import { shrink } from "../shrink.js";
import { clock, dayMonth, language, say } from "../words.js";
import { Camera, hasCamera } from "./camera.js";
import { overlay } from "./overlay.js";
import { nameOf } from "./places.js";

const MARKS = {
  verified: ["held", "photo_held"],
  local: ["clock", "photo_waits"],
  refused: ["alert", "photo_refused"],
};

const address = (sha, width) => `/api/v1/media/${sha}?w=${width}`;

export class Photos {
  #known = new Map(); // sha256 → {state, url}
  #looked = new Set(); // sha256 the store was asked for; drawing waits for that
  #working = new Map(); // staging id → {path, url}
  problems = new Map(); // path → why a capture was refused
  #target = null;
  #making = Promise.resolve(); // one picture is made smaller at a time
  #camera = null;

  constructor(app, session, changed) {
    Object.assign(this, { app, session, changed });
    this.heard = ({ target }) => this.#chosen(target);
    for (const id of ["camera", "gallery"])
      document.getElementById(id).addEventListener("change", this.heard);
  }

  /** The address of an earlier photo of the same place, to take the new one from there; null where there is none. */
  earlier = async () => null;

  close() {
    this.#camera?.close();
    for (const id of ["camera", "gallery"])
      document.getElementById(id).removeEventListener("change", this.heard);
    for (const { url } of [...this.#known.values(), ...this.#working.values()])
      if (url) URL.revokeObjectURL(url);
  }

  #name(path) {
    return /^[dq]\//.test(path) ? this.session.nameOf(path) : nameOf(path, this.session.row);
  }

  /** Reads what the phone holds of the photos that are shown. */
  async refresh() {
    const wanted = [...this.session.state.values()].flatMap(({ value }) => value?.sha256 ?? []);
    const rows = await this.app.store.read(["media"], (tx) =>
      Promise.all(wanted.map((sha) => tx.store.get(sha))),
    );
    for (const sha of wanted) this.#looked.add(sha);
    for (const row of rows) {
      if (!row) continue;
      const known = this.#known.get(row.sha256);
      const url = known?.url ?? URL.createObjectURL(new Blob([row.thumb], { type: "image/jpeg" }));
      this.#known.set(row.sha256, { state: row.state, url });
    }
  }

  /** Opens camera or gallery for a question; all that was typed, and the place, is durable before: the tab may die. */
  async open(source, path) {
    await this.session.flush();
    await this.app.remember({ hash: this.session.address(path), offset: null });
    if (source !== "camera" || !hasCamera()) return this.#choose(source, path);
    this.#camera ??= new Camera({
      take: (at, file, taken) => this.#keep(at, file, taken),
      choose: (at) => this.#choose("camera", at),
    });
    return this.#camera.open(path, this.#name(path), await this.earlier(path));
  }

  #choose(source, path) {
    this.#target = path;
    const input = document.getElementById(source);
    input.value = "";
    input.click();
  }

  async #chosen(input) {
    const path = this.#target;
    const files = [...input.files];
    if (!path || !files.length) return;
    this.problems.delete(path);
    for (const file of files) await this.#keep(path, file);
  }

  /** True when the raw bytes are durable; making them smaller follows, whatever happens to this page. */
  async #keep(path, file, taken = null) {
    let row;
    try {
      row = await stage(this.app.store, { record: this.session.record, path, file, taken });
    } catch {
      this.#refuse(path, "no_room");
      return false;
    }
    this.#working.set(row.id, { path, url: URL.createObjectURL(file) });
    this.changed(path);
    this.#making = this.#making.then(() => this.#make(row));
    return true;
  }

  async #make(row) {
    const { path } = row;
    const outcome = await process(this.app.store, row, shrink).catch(() => ({ refused: "no_room" }));
    URL.revokeObjectURL(this.#working.get(row.id).url);
    this.#working.delete(row.id);
    if (outcome.refused) return this.#refuse(path, outcome.refused);
    speak(say("said_saved", { id: this.#name(path) }));
    await this.refresh();
    return this.changed(path);
  }

  #refuse(path, code) {
    this.problems.set(path, code);
    this.changed(path);
  }

  #tile(photo, id, n, path) {
    const node = element("thumb");
    const [image, button] = [node.querySelector("img"), node.querySelector("button")];
    const known = this.#known.get(photo.sha256);
    image.src = known?.url ?? address(photo.sha256, 480);
    image.addEventListener("error", () => button.classList.add("thumb--away"), { once: true });
    const [sign, words] = MARKS[known?.state ?? "verified"];
    const drawn = this.#drawn(photo, path, { cover: true });
    fill(node, { mark: icon(sign), drawn });
    const more = drawn ? `${say(words)}, ${say("photo_drawn")}` : say(words);
    image.alt = more;
    button.setAttribute("aria-label", `${say("photo_of", { n, id })} (${more})`);
    button.addEventListener("click", () => this.show(photo, path));
    return node;
  }

  #drawn(photo, path, more) {
    return overlay(marksOf(this.session.state, path, photo.media_id), photo, more);
  }

  #workTile({ url }) {
    const node = element("thumb");
    node.querySelector("img").src = url;
    node.querySelector("button").setAttribute("aria-label", say("photo_works"));
    fill(node, { mark: icon("clock") });
    return node;
  }

  /** The row of thumbnails below a question. */
  paint(question, path) {
    const list = question.querySelector("[data-photos]");
    const { closed } = this.session;
    const id = this.#name(path);
    const photos = this.session.photos(path).filter(({ sha256 }) => this.#looked.has(sha256));
    const working = [...this.#working.values()].filter((each) => each.path === path);
    const drawn = JSON.stringify([
      photos.map(({ media_id, sha256 }) => [
        media_id,
        this.#known.get(sha256)?.state,
        marksOf(this.session.state, path, media_id),
      ]),
      working,
      closed,
    ]);
    if (list.dataset.drawn === drawn) return;
    list.dataset.drawn = drawn;
    const nodes = photos.map((photo, i) => this.#tile(photo, id, i + 1, path));
    nodes.push(...working.map((each) => this.#workTile(each)));
    list.hidden = nodes.length === 0;
    if (nodes.length && !closed) {
      const add = element("thumb-add");
      add.firstElementChild.setAttribute("aria-label", say("add_photo", { id }));
      nodes.push(add);
    }
    list.replaceChildren(...nodes);
  }

  async show(photo, path) {
    const dialog = document.getElementById("lightbox");
    const image = dialog.querySelector("img");
    const bytes = await bytesOf(this.app.store, photo.sha256).catch(() => null);
    const url = bytes
      ? URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }))
      : address(photo.sha256, 1280);
    const gone = dialog.querySelector("[data-x=gone]");
    image.hidden = false;
    gone.hidden = true;
    image.onerror = () => {
      image.hidden = true;
      gone.hidden = false;
    };
    image.src = url;
    const state = say(MARKS[this.#known.get(photo.sha256)?.state ?? "verified"][1]);
    const taken = photo.taken_at
      ? `${say("photo_taken", { time: `${dayMonth(photo.taken_at)} ${clock(photo.taken_at)}` })} · `
      : "";
    fill(dialog, { about: `${this.#name(path)} · ${taken}${state}`, marks: this.#drawn(photo, path) });
    image.alt = `${this.#name(path)}, ${taken}${state}`;
    const remove = dialog.querySelector("[data-x=remove]");
    remove.hidden = this.session.closed;
    remove.onclick = async () => {
      dialog.close();
      const words = { title: say("remove_photo_title"), text: say("remove_photo_text"), yes: say("remove") };
      if (await ask(words)) await this.session.removePhoto(path, photo.media_id);
    };
    const draw = dialog.querySelector("[data-draw]");
    draw.hidden = this.session.closed;
    draw.onclick = () => this.#draw(dialog, image, photo, path);
    dialog.addEventListener("close", () => bytes && URL.revokeObjectURL(url), { once: true });
    dialog.showModal();
  }

  /** A photo of an earlier visit: to look at, not to change. */
  look(src, about) {
    const dialog = document.getElementById("lightbox");
    const image = dialog.querySelector("img");
    Object.assign(image, { hidden: false, src, alt: about, onerror: null });
    fill(dialog, { about, marks: null });
    for (const control of dialog.querySelectorAll("[data-x=gone], [data-x=remove], [data-draw]"))
      control.hidden = true;
    dialog.showModal();
  }

  /** The part that draws is large and seldom needed: it comes when somebody asks for it. */
  async #draw(dialog, image, photo, path) {
    let draw;
    try {
      ({ draw } = await import(document.body.dataset.markup));
    } catch {
      return fill(dialog, { about: say("markup_missing") });
    }
    const before = marksOf(this.session.state, path, photo.media_id);
    const shapes = await draw(image, photo, before, language);
    if (!shapes) return null;
    await this.session.write(path, `marks:${photo.media_id}`, shapes.length ? shapes : null);
    fill(dialog, { marks: this.#drawn(photo, path) });
    this.changed(path);
    return speak(say("said_saved", { id: this.#name(path) }));
  }
}
