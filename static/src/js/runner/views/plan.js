// The plan of a unit on a page: its picture from this phone, its pins, the buttons that fingers can do without.
import { isOn } from "../../domain/plan_points.js";
import { element, fill, speak, textOf } from "../dom.js";
import { placed, planPicture, revisionsOf } from "../plans.js";
import { defectText, roomName } from "../unit.js";
import { say } from "../words.js";

/** What a pin says to whoever does not see it. */
export function pinLabel(session, defect) {
  const words = { n: String(defect.number), class: defect.class, room: roomName(session, defect.room) };
  return `${say("pin_label", words)} · ${textOf(defectText(session, defect)) || say("defect_no_words")}`;
}

const OLD = "old:"; // before the row of a defect of an earlier walk

export class PlanPane {
  #given = { defects: [], earlier: [], active: null, places: false };
  #pins = [];
  #map = null;
  #closed = false;
  #chosen = null; // the revision somebody asked for
  #turn = 0;
  #drawn = null; // the revision whose picture is on the screen
  #tried = null; // the revision in use when the picture was asked for last

  /** `pick(id)` when a pin was tapped, `place({plan, x, y})` when somebody points at a place. */
  constructor(app, session, { pick, place }) {
    Object.assign(this, { app, session });
    this.root = element("plan");
    this.canvas = this.root.querySelector("canvas");
    this.revisions = this.root.querySelector("select");
    this.pick = (id) => (id.startsWith(OLD) ? this.#tellOld(id) : pick(id));
    this.place = place && ((at) => place({ plan: this.#drawn.id, ...at }));
    this.root.addEventListener("click", ({ target }) => {
      const { zoom } = target.closest("[data-zoom]")?.dataset ?? {};
      if (zoom === "0") this.#map?.fit();
      else if (zoom) this.#map?.zoom(Number(zoom));
    });
    this.revisions.addEventListener("change", () => {
      this.#chosen = this.revisions.value;
      this.open();
    });
    this.#words();
  }

  get unit() {
    return this.session.row.unit;
  }

  /** The revisions to try: the one asked for, else the one in use, then the older ones this phone may still have. */
  get #wanted() {
    const all = revisionsOf(this.unit);
    const first = all.find(({ id }) => id === this.#chosen) ?? all[0];
    return [first, ...all.filter((plan) => plan !== first)];
  }

  /**
   * Fetches the picture and the part that draws it; without either the page says so and goes on. A plan that came
   * while there was no signal is not here: then the revision before it is shown, with its pins.
   */
  async open() {
    this.#turn += 1;
    const turn = this.#turn;
    if (!this.unit?.plan) return this.#missing("plan_none");
    const loading = import(document.body.dataset.floorPlan).catch(() => null);
    let [plan, picture] = [null, null];
    for (plan of this.#wanted) {
      picture = await planPicture(this.app.store, plan);
      if (picture) break;
    }
    const drawing = await loading;
    if (this.#closed || turn !== this.#turn) return picture?.close();
    if (!picture || !drawing) return this.#missing("plan_away");
    this.#map?.close();
    this.picture?.close();
    this.picture = picture;
    this.#drawn = plan;
    this.#tried = this.unit.plan.id;
    this.root.classList.remove("pinplan--none");
    this.canvas.hidden = this.root.querySelector(".pinplan__tools").hidden = false;
    const tiles = { levels: plan.tiles, address: (...at) => `${plan.url}/tiles/${at.join("/")}` };
    const told = { pick: this.pick, place: this.place, tell: speak, tiles };
    this.#map = drawing.openPlan(this.canvas, picture, told);
    this.canvas.classList.add("is-drawn");
    return this.#paint();
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
    const { places } = this.#given;
    const words = `${say("plan_pins", { n: this.#pins.length })} ${say(places ? "plan_keys_place" : "plan_keys")}`;
    this.canvas.setAttribute("aria-label", words);
  }

  #labelOld(defect) {
    const words = { class: defect.class, room: roomName(this.session, defect.room) };
    return `${say("pin_earlier", words)} · ${textOf(defect.text) || say("defect_no_words")}`;
  }

  #tellOld(id) {
    const found = this.#given.earlier.find(({ row }) => OLD + row === id);
    if (!found) return;
    this.#map.show({ active: id });
    fill(this.root, { say: this.#labelOld(found) });
    speak(this.#labelOld(found));
  }

  /**
   * The pins of these defects, and of those that earlier walks left. A pin that was set on another revision is shown
   * where it lies on this one; where nobody knows, it is counted, and its own revision can be looked at.
   */
  show({ defects, earlier = [], active = null, places = false }) {
    this.#given = { defects, earlier, active, places };
    const moved = this.#tried && this.unit?.plan && this.unit.plan.id !== this.#tried;
    const own = this.#drawn && defects.find(({ id }) => id === active)?.pin;
    const hidden = own && !this.#chosen && !placed(this.unit, this.#drawn, own);
    if (hidden && revisionsOf(this.unit).some(({ id }) => id === own.plan)) this.#chosen = own.plan;
    this.#paint();
    if (moved) this.#tried = this.unit.plan.id; // asked for once; without signal the old one stays
    if (moved || (hidden && this.#chosen)) this.open();
  }

  #paint() {
    const { defects, earlier, active, places } = this.#given;
    const on = (pin) => {
      const at = pin && this.#drawn && placed(this.unit, this.#drawn, pin);
      return at && isOn(at) ? at : null;
    };
    const old = earlier
      .map((each) => ({ each, at: on(each.pin) }))
      .filter(({ at }) => at)
      .map(({ each, at: { x, y } }) => {
        return { id: OLD + each.row, x, y, look: `old${each.class}`, label: this.#labelOld(each) };
      });
    const own = defects
      .map((each) => ({ each, at: on(each.pin) }))
      .filter(({ at }) => at)
      .map(({ each, at: { x, y } }) => {
        const look = each.done ? "done" : each.class;
        return { id: each.id, x, y, look, label: pinLabel(this.session, each) };
      });
    this.#pins = [...old, ...own];
    this.#map?.show({ pins: this.#pins, active, places });
    this.#words();
    this.#choices();
    if (!this.#drawn || this.canvas.hidden) return;
    const elsewhere = [...defects, ...earlier].filter(({ pin }) => pin && !on(pin)).length;
    const hint = say(places ? "plan_tap" : "plan_look");
    fill(this.root, { say: elsewhere ? `${hint} ${say("plan_elsewhere", { n: elsewhere })}` : hint });
  }

  /** The way to the other revisions, where a pin can only be seen there. */
  #choices() {
    const all = revisionsOf(this.unit);
    const pins = [...this.#given.defects, ...this.#given.earlier].map(({ pin }) => pin).filter(Boolean);
    const apart = new Set(
      pins.filter((pin) => !isOn(placed(this.unit, all[0], pin) ?? { x: -1 })).map(({ plan }) => plan),
    );
    const offered = all.filter(({ id }, at) => at === 0 || apart.has(id) || id === this.#drawn?.id);
    this.revisions.hidden = offered.length < 2;
    const key = offered.map(({ id }) => id).join();
    if (this.revisions.dataset.key !== key) {
      this.revisions.dataset.key = key;
      this.revisions.replaceChildren(
        ...offered.map(({ id, revision }) => {
          const words = say(id === all[0].id ? "plan_revision_in_use" : "plan_revision", { n: revision });
          return new Option(words, id);
        }),
      );
    }
    if (this.#drawn) this.revisions.value = this.#drawn.id;
  }
}
