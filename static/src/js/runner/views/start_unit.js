// Start a walk nobody planned: find the unit in what the phone keeps, or by its label, and begin.
import { BY_ITSELF, byLabel, fetchEstate, keptEstate, readLabel, search } from "../estates.js";
import { element, fill, icon, speak, template, textOf } from "../dom.js";
import { bundleOf, fetchBundle, startInspection } from "../load.js";
import { unitName } from "../unit.js";
import { language, say, today } from "../words.js";
import { isOpen, knownWork } from "./work.js";

const MOST_FOUND = 40;

const asksInRooms = ({ definition }) =>
  definition.sections.some(({ questions }) => questions.some(({ rooms }) => rooms?.length));

export class StartUnit {
  #work = { estates: [], checklists: [] };
  #body = null; // the estate that is shown
  #chosen = null; // {body, unit}
  #open = null; // a walk of the chosen unit that is on this phone already

  /** `label`: what a scanned label says, or nothing. */
  constructor(app, label = "") {
    Object.assign(this, { app, label });
    this.root = document.createElement("div");
    this.root.className = "page";
    this.root.append(template("start-unit"));
    this.heading = this.root.querySelector("h1");
    this.title = say("title_start");
    const { root } = this;
    [this.estates, this.query, this.list] = [
      root.querySelector("select"),
      root.querySelector("input"),
      root.querySelector("[data-units]"),
    ];
    this.estates.addEventListener("change", () => this.#show(this.estates.value));
    this.query.addEventListener("input", () => this.#find());
    root.addEventListener("click", ({ target }) => this.#press(target.closest?.("[data-do],[data-unit]")));
  }

  #press(button) {
    if (!button) return null;
    if (button.dataset.do === "keep") return this.#keep(button);
    if (button.dataset.do === "start") return this.#start();
    if (button.dataset.do === "other") return this.#choose(null);
    const found = this.found.find(({ id }) => id === button.dataset.unit);
    return found && this.#choose({ body: this.#body, unit: found });
  }

  async paint() {
    if (this.painted) return;
    this.painted = true;
    this.#work = { ...this.#work, ...(await this.app.store.meta("work")) };
    const { estates } = this.#work;
    this.root.querySelector("[data-none]").hidden = estates.length > 0;
    this.root.querySelector("[data-find]").hidden = estates.length === 0;
    this.estates.replaceChildren(...estates.map(({ id, name }) => new Option(name, id)));
    this.estates.closest(".field").hidden = estates.length < 2;
    if (this.label) {
      const found = await byLabel(this.app.store, estates, this.label);
      if (found) return this.#choose(found);
      this.#say("off", say("start_label_unknown", { label: readLabel(this.label) }), "warn");
    }
    if (estates.length) await this.#show(estates[0].id);
    return this.#choose(null);
  }

  #say(sign, text, kind = "") {
    const note = text && fill(element("remark"), { icon: icon(sign), title: "", text });
    if (note && kind) note.classList.add(`note--${kind}`);
    fill(this.root, { notice: note || null });
  }

  async #show(id) {
    this.estates.value = id;
    const { units = 0 } = this.#work.estates.find((each) => each.id === id) ?? {};
    this.#body = (await keptEstate(this.app.store, id))?.body ?? null;
    const away = this.root.querySelector("[data-away]");
    away.hidden = Boolean(this.#body);
    this.query.closest(".field").hidden = !this.#body;
    fill(away, { away: say(units > BY_ITSELF ? "start_many_units" : "start_no_units", { n: units }) });
    this.#find();
  }

  #find() {
    this.found = this.#body ? search(this.#body, this.query.value, MOST_FOUND) : [];
    const nodes = this.found.map((unit) => {
      const node = fill(element("start-unit-item"), {
        title: unitName(unit),
        type: textOf(unit.type),
        floor: say("start_floor", { floor: unit.floor }),
      });
      node.querySelector("button").dataset.unit = unit.id;
      return node;
    });
    this.list.replaceChildren(...nodes);
    const none = this.root.querySelector("[data-nothing]");
    none.hidden = nodes.length > 0 || !this.#body;
    if (this.query.value) speak(say("start_found", { n: nodes.length }));
  }

  async #keep(button) {
    button.setAttribute("aria-disabled", "true");
    const id = this.estates.value;
    const found = await fetchEstate(this.app.store, this.app.ask, id);
    button.removeAttribute("aria-disabled");
    if (found.kind !== "ok") this.#say("off", say("start_not_fetched"), "warn");
    else this.#say("check", say("start_fetched"), "good");
    return this.#show(id);
  }

  async #choose(chosen) {
    this.#chosen = chosen;
    const { root } = this;
    root.querySelector("[data-find]").hidden = Boolean(chosen) || !this.#work.estates.length;
    root.querySelector("[data-chosen]").hidden = !chosen;
    root.querySelector("[data-go]").hidden = !chosen;
    if (!chosen) return null;
    const { unit, body } = chosen;
    const walks = (await knownWork(this.app.store)).filter(isOpen);
    this.#open = walks.find(({ row }) => row.unit?.id === unit.id)?.row ?? null;
    const start = root.querySelector("[data-do=start]");
    start.hidden = unit.rooms.length === 0;
    fill(root, {
      unit: unitName(unit),
      estate: textOf(body.name),
      about: `${textOf(unit.type)} · ${say("start_floor", { floor: unit.floor })}`,
      go: say(this.#open ? "start_go_on" : "start_walk"),
    });
    if (!unit.rooms.length) this.#say("alert", say("start_no_rooms"), "warn");
    else if (this.#open) this.#say("info", say("start_here_already"));
    else this.#say("", null);
    return start.focus({ preventScroll: true });
  }

  /** The checklist that asks in rooms: the one that is on this phone, else the first that can be fetched. */
  async #bundle() {
    const { store, ask } = this.app;
    for (const each of this.#work.checklists) {
      const kept = await bundleOf(store, each.version_id, language);
      if (kept && asksInRooms(kept)) return each;
    }
    for (const each of this.#work.checklists) {
      const found = await fetchBundle(store, ask, each.version_id, language);
      if (found.kind === "ok" && asksInRooms(found.bundle)) return each;
    }
    return null;
  }

  async #start() {
    const { app } = this;
    if (this.#open) return app.go(`#/i/${this.#open.id}`);
    if (this.starting || !this.#chosen) return null;
    this.starting = true;
    try {
      const { unit, body } = this.#chosen;
      const checklist = await this.#bundle();
      if (!checklist) return this.#say("off", say("start_not_stored"), "warn");
      const { site, company } = body;
      const row = await startInspection(app.store, {
        person: app.person,
        site: { ...site, company },
        checklist,
        due: today(site.time_zone),
        organisation: this.#work.organisation,
        unit,
      });
      return app.go(`#/i/${row.id}`);
    } finally {
      this.starting = false;
    }
  }
}
