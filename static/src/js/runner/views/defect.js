// One defect of a unit: where on the plan, what is wrong, how bad, who repairs it until when. All of it is kept from the
// first tap on; leaving the page is enough.
import { Binding } from "../bind.js";
import { choose, lately, rememberDefect, repeat, takeBack } from "../defects.js";
import { ask, element, fill, template, textOf } from "../dom.js";
import {
  contractorFor,
  contractorOf,
  contractorsOf,
  defectText,
  dueByRule,
  roomName,
  tradeName,
  unitName,
} from "../unit.js";
import { daysBetween, language, pick, plainDay, say } from "../words.js";
import { Choice } from "./choice.js";
import { Photos } from "./photos.js";
import { PlanPane } from "./plan.js";
import { paintSaved } from "./question.js";
import { refusal, remark, versus } from "./remarks.js";
import { chips } from "./suggest.js";

const MOST_READY = 8;
const MOST_FOUND = 12;

const plain = (text) => text.normalize("NFKC").toLowerCase();

/** Radios as chips; what is drawn already is left alone, somebody may be on it. */
function paintRadios(place, values, chosen) {
  const drawn = JSON.stringify(values);
  if (place.dataset.drawn !== drawn) {
    place.dataset.drawn = drawn;
    place.replaceChildren(
      ...values.map(([value, words]) => {
        const node = fill(element("choice"), { words });
        Object.assign(node.querySelector("input"), { name: "defect-trade", value });
        return node;
      }),
    );
    place.scrollLeft = 0;
  }
  for (const radio of place.querySelectorAll("input")) radio.checked = radio.value === chosen;
}

function paintOptions(select, values, chosen) {
  const drawn = JSON.stringify(values);
  if (select.dataset.drawn !== drawn) {
    select.dataset.drawn = drawn;
    select.replaceChildren(
      ...values.map(([value, text]) => {
        const option = document.createElement("option");
        Object.assign(option, { value, textContent: text });
        return option;
      }),
    );
  }
  select.value = chosen ?? "";
}

export class DefectView {
  #late = { last: null, recent: [] };
  #order = [];
  #query = "";

  constructor(app, session) {
    Object.assign(this, { app, session });
    this.root = document.createElement("div");
    this.root.className = "page";
    this.root.append(template("defect-page"));
    this.main = this.root.querySelector("main");
    this.title = say("defect");
    this.photos = new Photos(app, session, () => this.#paintPhotos());
    this.root.addEventListener("click", ({ target }) => this.#press(target));
    this.heard = () => this.paint();
    session.addEventListener("changed", this.heard);
  }

  async close() {
    this.session.removeEventListener("changed", this.heard);
    this.photos.close();
    this.plan?.close();
    await this.#flush();
  }

  async #flush() {
    await Promise.all([this.binding?.flush(), this.grade?.flush()]);
  }

  get defect() {
    return this.session.defects.find(({ id }) => id === this.id) ?? null;
  }

  get question() {
    return this.session.questions.find(({ id }) => id === this.defect?.check) ?? null;
  }

  /** The defect an address names; its form is drawn anew for each, so that nothing typed lands in another. */
  async show(id) {
    await this.#flush();
    const { app, session, main } = this;
    this.id = id;
    this.path = `d/${id}`;
    if (!this.defect) return app.go(`#/i/${session.id}`, { replace: true });
    this.#late = await lately(app.store);
    const form = element("defect-form");
    form.dataset.path = this.path;
    main.replaceChildren(form);
    this.form = form;
    this.heading = form.querySelector("h1");
    this.#query = "";
    this.#order = this.#trades();
    this.binding = new Binding(form, {
      read: session.read,
      write: (path, field, value) => session.write(path, field, value),
      language,
    });
    session.flush = () => this.#flush();
    this.#hear();
    this.#pane();
    this.paint();
    app.remember({ hash: `#/i/${session.id}/d/${id}`, offset: null });
    return this.heading.focus({ preventScroll: true });
  }

  #pane() {
    this.plan?.close();
    const place = this.form.querySelector("[data-plan]");
    const { session } = this;
    if (!session.row.unit?.plan) return place.remove();
    this.plan = new PlanPane(this.app, session, {
      pick: () => {},
      place: (pin) => !session.closed && session.write(this.path, "pin", pin),
    });
    place.replaceWith(this.plan.root);
    return this.plan.open();
  }

  #hear() {
    const { form, session } = this;
    form.querySelector("[data-trades]").addEventListener("change", ({ target }) => {
      session.write(this.path, "trade", target.value);
    });
    const search = form.querySelector("[type=search]");
    search.addEventListener("input", () => {
      this.#query = plain(search.value.trim());
      this.#paintTrades();
      this.#paintReady();
    });
    form.querySelector("[data-room]").addEventListener("change", ({ target }) => {
      session.write(this.path, "room", target.value);
    });
    form.querySelector("[data-contractor]").addEventListener("change", ({ target }) => {
      session.write(this.path, "contractor", target.value || null);
    });
    this.grade = new Choice(form.querySelector("[data-class]"), {
      read: () => ({ choice: this.defect?.class, text: this.defect?.class_reason }),
      // what holds the keys by rule is not made less without a word
      wants: (choice) =>
        choice === (this.question?.severity ?? choice)
          ? "never"
          : this.question.severity === "A"
            ? "must"
            : "may",
      write: (choice, reason) =>
        session.writeAll([
          [this.path, "class", choice],
          [this.path, "class_reason", reason],
        ]),
      language,
    });
  }

  /** Trades in the order of their likelihood: of the check, of the last defects, of the room's checks, then by name. */
  #trades() {
    const { session } = this;
    const { terms = {}, defects = [] } = session.definition;
    const recent = this.#late.recent.map((code) => defects.find(({ id }) => id === code)?.trade);
    const first = [this.defect.trade, this.question?.trade, this.#late.last?.trade, ...recent];
    const here = session.questions.filter(({ room }) => room === this.defect.room);
    const often = (name) => here.filter(({ trade }) => trade === name).length;
    const names = Object.keys(terms.trade ?? {}).sort(
      (a, b) => often(b) - often(a) || tradeName(session, a).localeCompare(tradeName(session, b), language),
    );
    return [...new Set([...first.filter((trade) => terms.trade?.[trade]), ...names])];
  }

  #matches(words) {
    return !this.#query || Object.values(words ?? {}).some((text) => plain(text).includes(this.#query));
  }

  #paintTrades() {
    const { session, form } = this;
    const { trade } = session.definition.terms ?? {};
    const found = this.#order.filter((name) => this.#matches(trade?.[name]));
    const shown = found.length ? found : this.#order;
    paintRadios(
      form.querySelector("[data-trades]"),
      shown.map((name) => [name, tradeName(session, name)]),
      this.defect.trade,
    );
  }

  /** Ready defects: lately taken ones first; those of the trade, or whatever the search finds. */
  #paintReady() {
    const { session, form, defect } = this;
    const { recent } = this.#late;
    const place = ({ id }) => (recent.includes(id) ? recent.indexOf(id) : recent.length);
    const trades = session.definition.terms?.trade ?? {};
    const found = (session.definition.defects ?? [])
      .filter((each) =>
        this.#query
          ? this.#matches(each.text) || this.#matches(trades[each.trade])
          : each.trade === defect.trade,
      )
      .sort((a, b) => place(a) - place(b))
      .slice(0, this.#query ? MOST_FOUND : MOST_READY);
    const list = form.querySelector("[data-ready]");
    const drawn = JSON.stringify([found.map(({ id }) => id), defect.code, session.closed]);
    if (list.dataset.drawn !== drawn) {
      list.dataset.drawn = drawn;
      chips(
        list,
        found.map((each) => ({
          label:
            each.trade === defect.trade
              ? pick(each.text)
              : `${pick(each.text)} · ${tradeName(session, each.trade)}`,
          value: each,
          pressed: each.id === defect.code,
        })),
        (each) => this.#choose(each),
      );
    }
    form.querySelector("[data-nothing]").hidden = !this.#query || found.length > 0;
  }

  async #choose(ready) {
    await choose(this.session, this.defect, ready, { text: pick(ready.text), lang: language });
    this.form.querySelector("[type=search]").value = "";
    this.#query = "";
    this.paint();
    this.form.querySelector("[data-ready] [aria-pressed=true]")?.focus({ preventScroll: true });
  }

  async #press(target) {
    const pressed = target.closest("[data-do]")?.dataset.do;
    if (pressed === "camera" || pressed === "gallery") this.photos.open(pressed, this.path);
    if (pressed === "repeat") {
      await repeat(this.session, this.defect, this.#late.last);
      this.heading.focus({ preventScroll: true });
    }
    if (pressed === "unpin") this.session.write(this.path, "pin", null);
    if (pressed === "understood") {
      this.photos.problems.delete(this.path);
      this.paint();
    }
    if (pressed === "remove") this.#remove();
    if (pressed === "done") this.#done();
    if (target.closest("[data-back]")) {
      // the browser's own way back would lead through every defect that was looked at
      this.#leave();
    }
  }

  /** To where the check is, else to the unit. */
  #back() {
    const { check, room } = this.defect ?? {};
    const rest = check ? `q/${check}` : room ? `s/${room}` : "unit";
    return `#/i/${this.session.id}/${rest}`;
  }

  #leave() {
    const { fresh } = this.session;
    if (fresh?.id === this.id) this.session.fresh = null;
  }

  async #done() {
    await this.#flush();
    await rememberDefect(this.app.store, this.defect);
    const to = this.#back();
    this.#leave();
    this.app.go(to, { replace: true });
  }

  /** A defect of a moment ago goes as it came; any other is asked about. */
  async #remove() {
    const { session, defect } = this;
    const fresh = session.fresh?.id === this.id ? session.fresh : null;
    const words = { title: say("defect_remove_title"), text: say("defect_remove_text"), yes: say("remove") };
    if ((!fresh || defect.photos.length) && !(await ask(words))) return;
    const to = this.#back();
    await takeBack(session, defect, fresh ? fresh.score : undefined);
    this.#leave();
    this.app.go(to, { replace: true });
  }

  #paintPhotos() {
    if (!this.form) return;
    this.photos.refresh().then(() => {
      this.photos.paint(this.form, this.path);
      this.form.querySelector("[data-first]").hidden = !this.form.querySelector("[data-photos]").hidden;
      this.#torn();
    });
  }

  #torn() {
    const { session, form, path } = this;
    const place = form.querySelector("[data-torn]");
    const torn = session.conflicts.filter((held) => held.path === path);
    const refused = session.refused(path);
    const problem = this.photos.problems.get(path);
    const drawn = JSON.stringify([
      torn.map(({ heads }) => heads.map(({ id }) => id)),
      refused.map(({ id }) => id),
      problem,
    ]);
    if (place.dataset.drawn === drawn) return;
    place.dataset.drawn = drawn;
    const nodes = [...torn.map((held) => versus(session, held)), ...refused.map(refusal)];
    if (problem) {
      const button = element("understood");
      nodes.push(remark("bad", "camera", say("capture_title"), say(`capture_${problem}`), button));
    }
    place.replaceChildren(...nodes);
  }

  #paintRepair() {
    const { session, form, defect } = this;
    const rule = dueByRule(session, defect);
    const who = contractorOf(session, defect);
    const due = defect.due ?? rule;
    const own = contractorFor(session, defect.trade);
    fill(form, {
      contractor: who ? textOf(who.name) : say("contractor_none"),
      due: say("fix_by_days", { day: plainDay(due), n: daysBetween(session.day, due) }),
      due_rule: say("walk_due_rule", { day: plainDay(rule) }),
    });
    const others = contractorsOf(session).map(({ id, name }) => [id, textOf(name)]);
    const byRule = own ? say("contractor_by_trade", { name: textOf(own.name) }) : say("contractor_none");
    paintOptions(form.querySelector("[data-contractor]"), [["", byRule], ...others], defect.contractor);
  }

  paint() {
    const { session, form, defect, question } = this;
    if (!form || !defect) return;
    const fresh = session.fresh?.id === this.id;
    const place = [roomName(session, defect.room), question && `${question.check} ${textOf(question.text)}`];
    fill(this.root, {
      unit: unitName(session.row.unit ?? {}),
      place: roomName(session, defect.room),
      back: this.#back(),
      remove: say(fresh ? "defect_cancel" : "remove"),
    });
    fill(form, {
      title: fresh ? say("defect_new") : say("defect_n", { n: String(defect.number) }),
      about: place.filter(Boolean).join(" · "),
    });
    this.binding.paint(form);
    this.grade.paint();
    const rooms = session.rooms.map(({ id, name }) => [id, textOf(name)]);
    form.querySelector("[data-of=room]").hidden = Boolean(question);
    paintOptions(form.querySelector("[data-room]"), [["", say("room_none")], ...rooms], defect.room);
    this.#paintTrades();
    this.#paintReady();
    this.#paintRepair();
    this.#paintPhotos();
    this.#torn();
    const last = fresh && !defect.code && !defect.text ? this.#late.last : null;
    const again = form.querySelector("[data-do=repeat]");
    again.hidden = !last;
    if (last)
      again.setAttribute(
        "aria-label",
        say("repeat_what", { text: textOf(defectText(session, last)) || last.trade }),
      );
    this.plan?.show({ defects: session.defects, active: this.id, places: !session.closed });
    form.querySelector("[data-do=unpin]").hidden = !defect.pin || session.closed;
    paintSaved(form.querySelector("[data-saved]"), session.saved(this.path));
    const { closed } = session;
    this.main.classList.toggle("is-closed", closed);
    for (const control of form.querySelectorAll("textarea, input, select, .chip, [data-do]"))
      control.disabled = closed;
    for (const button of this.root.querySelectorAll("footer [data-do=remove]")) button.hidden = closed;
  }
}
