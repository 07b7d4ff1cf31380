// The pages of a unit's walk around its rooms: the unit with its plan before them, meters and keys after; and what one
// thumb does in a room.
import { byClass } from "../../domain/defects.js";
import { raise } from "../defects.js";
import { element, fill, icon, speak, textOf } from "../dom.js";
import { roomName, unitName } from "../unit.js";
import { language, plainDay, say } from "../words.js";
import { Keys } from "./keys.js";
import { earlier, footOf, pinned, rechecked } from "./again_words.js";
import { Meters } from "./meters.js";
import { PlanPane } from "./plan.js";
import { defectItem, roomItem } from "./walk_words.js";

const PAGES = ["unit", "meters", "keys"];

/** [name, title, count, done] of the pages that are no rooms, for the tabs: before and after them. */
export function walkTabs(session) {
  const [read, meters] = Meters.count(session);
  const keys = Keys.count(session);
  const defects = session.defects.length;
  return {
    before: [["unit", say("walk_unit"), defects ? say("walk_defects", { n: defects }) : null]],
    after: [
      ["meters", say("walk_meters"), `${read}/${meters}`, read === meters],
      ["keys", say("walk_keys"), keys === null ? "–" : String(keys), keys !== null],
    ],
  };
}

export class Walk {
  #undo = null; // {room, scores} of the last "all fine"
  #plan = null;
  rows = []; // of a re-inspection: what is typed there

  /** `view`: the runner's page, which shows the parts and leads between them. */
  constructor(view) {
    Object.assign(this, { view, app: view.app, session: view.session });
    this.parts = new Map(PAGES.map((name) => [name, element(`walk-${name}`)]));
    this.unit = this.parts.get("unit");
    this.unit.addEventListener("click", ({ target }) => target.closest("[data-raise]") && this.#raise({}));
    for (const node of this.unit.querySelectorAll("[data-plan]")) this.#pane(node);
  }

  get before() {
    return [["unit", this.unit]];
  }

  get after() {
    return PAGES.slice(1).map((name) => [name, this.parts.get(name)]);
  }

  /** After the photos are there: meters have some of their own. */
  join(photos) {
    this.meters = new Meters(this.parts.get("meters"), this.session, photos);
    this.keys = new Keys(this.parts.get("keys"), this.session);
  }

  /** The part an address names; null when it is none of these. */
  static partOf(rest) {
    return /^meter\//.test(rest) ? "meters" : /^keys\//.test(rest) ? "keys" : null;
  }

  flush() {
    return Promise.all([this.meters.flush(), this.keys.flush(), ...this.rows.map((row) => row.flush())]);
  }

  close() {
    this.#plan?.close();
    return this.flush();
  }

  #pane(place) {
    if (!this.session.row.unit?.plan) return place.remove();
    this.#plan = new PlanPane(this.app, this.session, {
      pick: (id) => this.app.go(`#/i/${this.session.id}/${id.startsWith("R-") ? "q" : "d"}/${id}`),
      place: (pin) => !this.session.closed && this.#raise({ pin }),
    });
    place.replaceWith(this.#plan.root);
    return this.#plan.open();
  }

  /** Whether an answer needs a defect to be written down with it. */
  wantsDefect(question, value) {
    return value === "defect" && !this.session.defects.some(({ check }) => check === question.id);
  }

  /** A tap on an answer: a defect is written down at once, what is not there says so in one tap. */
  async answered(question, before, value) {
    if (value === "defect") return this.#raise({ question, before });
    const path = `q/${question.id}`;
    if (value === "na" && !this.session.read(path, "reason"))
      await this.session.write(path, "reason", { text: say("walk_na_reason"), lang: language });
    return null;
  }

  /** Another defect of a check, or one of no check. */
  async #raise({ question = null, pin = null, before }) {
    const { app, session, view } = this;
    const score = question ? before : undefined;
    const id = await raise(session, { question, pin });
    session.fresh = { id, score };
    const here = question ? `q/${question.id}` : "unit";
    history.replaceState(null, "", view.address(here)); // where the way back leads
    return app.go(view.address(`d/${id}`));
  }

  more(question) {
    return this.#raise({ question, before: this.session.read(`q/${question.id}`, "score") });
  }

  #open(room) {
    const { session } = this;
    const { answers } = session;
    const section = session.sections.find(({ id }) => id === room);
    return (section?.questions ?? []).filter(({ id }) => !answers[id]?.score);
  }

  /** Every check of the room nobody answered yet is fine: one operation each, kept together. */
  async fine(room) {
    const { session } = this;
    const open = this.#open(room);
    if (!open.length || session.closed) return;
    this.#undo = { room, checks: open.map(({ id }) => id) };
    await session.writeAll(open.map(({ id }) => [`q/${id}`, "score", "pass"]));
    speak(say("walk_fine_said", { n: open.length, room: roomName(session, room) }));
  }

  async undo() {
    const { session } = this;
    const { checks } = this.#undo;
    this.#undo = null;
    const still = checks.filter((id) => session.read(`q/${id}`, "score") === "pass");
    await session.writeAll(still.map((id) => [`q/${id}`, "score", null]));
    speak(say("walk_undone", { n: still.length }));
  }

  /** The left half of the bar: all fine, back again, or how the unit stands. */
  paintFoot(foot, shown) {
    const { session } = this;
    const room = /^s\/(.+)$/.exec(shown ?? "")?.[1];
    // nothing repaired passes unseen: each has its photo
    const open = room && !session.closed && !session.repaired ? this.#open(room).length : 0;
    if (this.#undo && (this.#undo.room !== room || session.closed)) this.#undo = null;
    const [fine, back, live] = ["fine", "undo", "live"].map((name) => foot.querySelector(`[data-${name}]`));
    fine.hidden = !open;
    back.hidden = Boolean(open) || !this.#undo;
    live.hidden = !fine.hidden || !back.hidden;
    if (session.repaired) return fill(foot, footOf(session));
    const { A, B, C } = byClass(session.defects);
    return fill(foot, {
      fine: open ? say("walk_fine", { n: open }) : "",
      undo: this.#undo ? say("walk_undo", { n: this.#undo.checks.length }) : "",
      defects: say("walk_defects", { n: session.defects.length }),
      classes: `A ${A} · B ${B} · C ${C}`,
    });
  }

  #earlier() {
    const { session } = this;
    const again = new Set(session.repaired?.map(({ row }) => row));
    const earlier = (session.row.unit?.defects ?? []).filter(({ row }) => !again.has(row));
    const place = this.unit.querySelector("[data-earlier]");
    place.hidden = earlier.length === 0;
    const nodes = earlier.map((defect) => {
      const line = document.createElement("li");
      line.className = "pad pad--line small";
      line.textContent = [defect.class, roomName(session, defect.room), textOf(defect.text)]
        .filter(Boolean)
        .join(" · ");
      return line;
    });
    place.querySelector("ul").replaceChildren(...nodes);
    fill(place, { n: String(earlier.length) });
  }

  #about() {
    const { row } = this.session;
    const unit = row.unit ?? {};
    const pairs = [
      ["walk_owner", textOf(unit.owner_name)],
      ["walk_type", textOf(unit.type)],
      ["walk_floor", unit.floor],
      ["walk_due", row.due && plainDay(row.due)],
    ].filter(([, value]) => value);
    const nodes = pairs.flatMap(([name, value]) => {
      const [term, said] = [document.createElement("dt"), document.createElement("dd")];
      term.textContent = say(name);
      said.textContent = value;
      return [term, said];
    });
    const beside = (unit.others ?? []).map(({ people }) => people.join(", ")).filter(Boolean);
    const twice =
      beside.length && !this.session.closed
        ? fill(element("remark"), {
            icon: icon("branch"),
            title: "",
            text: say("walk_twice", { who: beside.join(" · ") }),
          })
        : null;
    twice?.classList.add("note--warn");
    fill(this.unit, { unit: unitName(unit), estate: textOf(unit.estate), about: nodes, twice });
  }

  #paintUnit() {
    const { session } = this;
    this.#about();
    fill(this.unit, {
      rooms: session.sections.map((section) =>
        roomItem(session, section, this.view.address(`s/${section.id}`)),
      ),
      defects: session.defects.map((defect) => defectItem(session, defect)),
      n: String(session.defects.length),
    });
    this.unit.querySelector("[data-none]").hidden = session.defects.length > 0 || Boolean(session.repaired);
    this.unit.querySelector("[data-again]").hidden = !session.repaired;
    if (session.repaired)
      fill(this.unit, {
        again: rechecked(session, (id) => this.view.address(`q/${id}`)),
        again_n: String(session.repaired.length),
        defects_title: say("again_new_defects"),
      });
    this.unit.querySelector("[data-raise]").hidden = session.closed;
    this.#earlier();
    this.#plan?.show({ defects: [...pinned(session), ...session.defects], earlier: earlier(session) });
  }

  paint() {
    this.#paintUnit();
    this.meters.paint();
    this.keys.paint();
  }
}
