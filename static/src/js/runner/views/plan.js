// The plan of a unit on a page: its picture from this phone, its pins, the buttons that fingers can do without.
import { element, fill, speak, textOf } from "../dom.js";
import { planPicture } from "../plans.js";
import { defectText, roomName } from "../unit.js";
import { say } from "../words.js";

/** What a pin says to whoever does not see it. */
export function pinLabel(session, defect) {
  const words = { n: String(defect.number), class: defect.class, room: roomName(session, defect.room) };
  return `${say("pin_label", words)} · ${textOf(defectText(session, defect)) || say("defect_no_words")}`;
}

export class PlanPane {
  #shown = { pins: [], active: null, places: false };
  #map = null;
  #closed = false;

  /** `pick(id)` when a pin was tapped, `place({plan, x, y})` when somebody points at a place. */
  constructor(app, session, { pick, place }) {
    Object.assign(this, { app, session });
    this.plan = session.row.unit?.plan ?? null;
    this.root = element("plan");
    this.canvas = this.root.querySelector("canvas");
    this.pick = pick;
    this.place = place && ((at) => place({ plan: this.plan.id, ...at }));
    this.root.addEventListener("click", ({ target }) => {
      const { zoom } = target.closest("[data-zoom]")?.dataset ?? {};
      if (zoom === "0") this.#map?.fit();
      else if (zoom) this.#map?.zoom(Number(zoom));
    });
    this.#words();
  }

  /** Fetches the picture and the part that draws it; without either the page says so and goes on. */
  async open() {
    if (!this.plan) return this.#missing("plan_none");
    const [picture, drawing] = await Promise.all([
      planPicture(this.app.store, this.plan),
      import(document.body.dataset.floorPlan).catch(() => null),
    ]);
    if (this.#closed) return picture?.close();
    if (!picture || !drawing) return this.#missing("plan_away");
    this.picture = picture;
    this.#map = drawing.openPlan(this.canvas, picture, { pick: this.pick, place: this.place, tell: speak });
    this.canvas.classList.add("is-drawn");
    return this.#map.show(this.#shown);
  }

  close() {
    this.#closed = true;
    this.#map?.close();
    this.picture?.close();
  }

  #missing(why) {
    this.root.classList.add("pinplan--none");
    this.canvas.hidden = true;
    this.root.querySelector(".pinplan__tools").hidden = true;
    fill(this.root, { say: say(why) });
  }

  #words() {
    const { pins, places } = this.#shown;
    const words = `${say("plan_pins", { n: pins.length })} ${say(places ? "plan_keys_place" : "plan_keys")}`;
    this.canvas.setAttribute("aria-label", words);
  }

  /** The pins of these defects, as far as they stand on this revision of the plan. */
  show({ defects, active = null, places = false }) {
    const pins = defects
      .filter(({ pin }) => pin && pin.plan === this.plan?.id)
      .map((each) => ({
        id: each.id,
        x: each.pin.x,
        y: each.pin.y,
        look: each.done ? "done" : each.class,
        label: pinLabel(this.session, each),
      }));
    const elsewhere = defects.filter(({ pin }) => pin && this.plan && pin.plan !== this.plan.id).length;
    this.#shown = { pins, active, places };
    this.#map?.show(this.#shown);
    this.#words();
    if (!this.plan || this.canvas.hidden) return;
    const hint = say(places ? "plan_tap" : "plan_look");
    fill(this.root, { say: elsewhere ? `${hint} ${say("plan_elsewhere", { n: elsewhere })}` : hint });
  }
}
