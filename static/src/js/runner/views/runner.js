// The runner: the form of the checklist joined with the answers on this phone and the rules that score them.
import { Binding } from "../bind.js";
import { element, fill, icon, scoreGauge, speak, template, textOf } from "../dom.js";
import { roomed } from "../roomed.js";
import { unitName } from "../unit.js";
import { language, say } from "../words.js";
import { againForm, Recheck } from "./again.js";
import { Meetings } from "./meetings.js";
import { Photos } from "./photos.js";
import { nameOf } from "./places.js";
import { Points } from "./points.js";
import { Question } from "./question.js";
import { remark } from "./remarks.js";
import { Stillness } from "./stillness.js";
import { paintTabs } from "./tabs.js";
import { Walk, walkTabs } from "./walk.js";
import { subject } from "./work.js";

function gradeWords({ total, vetoed, provisional, grade, grade_if_complete: soFar }) {
  if (total === null) return say("no_score");
  if (vetoed) return say("vetoed");
  if (!provisional) return grade ? say("grade", { grade }) : "";
  return soFar ? say("so_far", { grade: soFar }) : "";
}

/** Why nothing can be written here any more, or why it will not simply count. */
function ended({ row, completed, closed }) {
  if (completed) return remark("good", "check", say("completed_title"), say("cancelled_text"));
  if (closed) return remark("warn", "info", say("cancelled_title"), say("cancelled_text"));
  return row.lost ? remark("warn", "people", say("lost_title"), say("lost_text")) : null;
}

const CONTROLS = "[data-field], [data-now], [data-add-person], [data-remove-person]";
const REST = "rest"; // not a path: tabs, thread and foot
const SETTLED_MS = 300; // after scrolling, before the place is remembered

export class RunnerView {
  #shown = null;
  #drawn = new Set(); // parts that show what the session holds
  #timer = null;
  #restWaits = false;

  constructor(app, session) {
    Object.assign(this, { app, session });
    this.root = document.createElement("div");
    this.root.className = "page";
    this.root.append(template("runner"));
    this.main = this.root.querySelector("main");
    this.title = subject(session.row);
    const { unit } = session.row;
    if (session.rooms) this.root.querySelector("footer").replaceWith(element("walk-foot"));
    fill(this.root, {
      title: unit ? unitName(unit) : textOf(session.row.company?.name) || this.title,
      checklist: unit ? textOf(unit.estate) : textOf(session.row.title ?? session.row.checklist),
      review: this.address("review"),
    });
    this.#build();
    this.main.addEventListener("click", (event) => this.#press(event));
    this.root.querySelector("[data-tabs]").addEventListener("click", (event) => this.#replace(event));
    this.root.querySelector("footer").addEventListener("click", (event) => this.#foot(event));
    this.still = new Stillness(this.root, (path) => this.paint(path));
    this.heard = ({ detail }) => this.still.paint(detail.path ?? null);
    session.addEventListener("changed", this.heard);
    this.wrote = ({ detail: { path } }) =>
      (this.points.get(path) ?? this.questions.get(path.replace(/^q\//, "")))?.unsave();
    session.addEventListener("writing", this.wrote);
    this.scrolled = () => this.#rememberSoon();
    addEventListener("scroll", this.scrolled, { passive: true });
  }

  close() {
    this.session.removeEventListener("changed", this.heard);
    this.session.removeEventListener("writing", this.wrote);
    removeEventListener("scroll", this.scrolled);
    clearTimeout(this.#timer);
    this.#restWaits = false;
    this.photos.close();
    return Promise.all([this.binding.flush(), this.walk?.close()]);
  }

  address(rest = "") {
    return `#/i/${this.session.id}${rest ? `/${rest}` : ""}`;
  }

  #build() {
    const { session, main } = this;
    const form = document.createElement("div");
    if (session.repaired) form.append(againForm(session));
    else form.innerHTML = session.html; // drawn by our own server for this checklist version, and kept by its hash
    this.form = form.firstElementChild;
    if (session.rooms && !session.repaired)
      roomed(this.form, session.definition.sections, textOf).classList.add("is-walk");
    this.walk = session.rooms ? new Walk(this) : null;
    const [opening, points, closing] = ["opening", "points", "closing"].map((name) => element(name));
    const pages = { before: [["opening", opening]], after: [["closing", closing]] };
    const { before, after } = this.walk ?? pages;
    before.push(["points", points]);
    main.append(...before.map(([, part]) => part), this.form, ...after.map(([, part]) => part));
    this.binding = new Binding(main, {
      read: session.read,
      write: (...change) => this.#write(...change),
      language,
    });
    session.flush = () => Promise.all([this.binding.flush(), this.walk?.flush()]);
    this.photos = new Photos(this.app, session, (path) => this.paint(path));
    this.walk?.join(this.photos);
    this.pages = this.walk ?? new Meetings(opening, closing, session);
    this.points = new Points(points, session, this.photos);
    this.bob = element("bob");
    const options = this.form.querySelector("[data-options]").content;
    const shared = { session, photos: this.photos, options };
    const Kind = session.repaired ? Recheck : Question;
    this.questions = new Map(
      session.questions.map((question) => [
        question.id,
        new Kind(this.form.querySelector(`[data-question="${question.id}"]`), question, shared),
      ]),
    );
    if (session.repaired) {
      this.walk.rows = [...this.questions.values()];
      this.photos.earlier = async (path) => this.questions.get(path.slice(2))?.earlier() ?? null;
    }
    const rooms = session.sections.map(({ id }) => [
      `s/${id}`,
      this.form.querySelector(`[data-section="${id}"]`),
    ]);
    this.parts = new Map([...before, ...rooms, ...after]);
  }

  async #write(path, field, value) {
    const told = /^(q|point)\//.test(path) && field !== "score";
    const before = this.session.read(path, field);
    const question = this.walk && field === "score" && this.questions.get(path.slice(2)).question;
    if (question && this.walk.wantsDefect(question, value))
      return this.walk.answered(question, before, value); // the answer and the defect are one edit
    await this.session.write(path, field, value);
    if (told && !this.session.unsaved.size) {
      const id = path.startsWith("q/") ? this.session.nameOf(path) : nameOf(path, this.session.row);
      speak(say("said_saved", { id }));
    }
    return question && value === "na" ? this.walk.answered(question, before, value) : null;
  }

  #press(event) {
    const pressed = event.target.closest("[data-do]");
    const li = pressed?.closest("[data-question]");
    if (!li) return;
    const question = this.questions.get(li.dataset.question);
    if (pressed.dataset.do === "raise") this.walk.more(question.question);
    else question.do(pressed.dataset.do);
  }

  #foot(event) {
    const { target } = event;
    if (target.closest("[data-next]")) this.#replace(event);
    if (target.closest("[data-fine]")) this.walk.fine(this.#shown.slice(2));
    if (target.closest("[data-undo]")) this.walk.undo();
  }

  /** Moving inside one inspection replaces the address: going back leads to the work list. */
  #replace(event) {
    const link = event.target.closest("a");
    if (!link || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    this.app.go(link.getAttribute("href"), { replace: true });
  }

  /** The part that shows what an address inside the inspection names. */
  #partOf(rest) {
    const { sections, points } = this.session;
    if (points.length && /^points?(\/|$)/.test(rest)) return "points";
    const question = /^q\/(.+)$/.exec(rest)?.[1];
    const section = sections.find(
      ({ id, questions }) => rest === `s/${id}` || questions.some((each) => each.id === question),
    );
    if (section) return `s/${section.id}`;
    const page = (this.walk && Walk.partOf(rest)) ?? rest;
    return this.parts.has(page) && page !== "points" ? page : this.#first();
  }

  /** Goes where an address leads: opening, points, point/<id>, s/<section>, q/<question>, closing; on a walk its own. */
  show(rest, { offset = null } = {}) {
    const name = this.#partOf(rest);
    const moved = this.#shown !== name;
    this.#shown = name;
    for (const [each, part] of this.parts) part.hidden = each !== name;
    this.#paintPart(name);
    const part = this.parts.get(name);
    this.main.setAttribute("aria-labelledby", part.getAttribute("aria-labelledby"));
    this.#tabs({ center: true });
    const place = this.points.get(rest) ?? this.questions.get(rest.replace(/^q\//, ""));
    if (place) {
      place.li.scrollIntoView({ block: "start", behavior: moved || offset !== null ? "instant" : "smooth" });
      if (offset !== null)
        scrollBy({ top: place.li.getBoundingClientRect().top - offset, behavior: "instant" });
      place.focus();
    } else if (moved) {
      scrollTo({ top: 0, behavior: "instant" });
      part.querySelector("h1").focus({ preventScroll: true });
    }
    if (this.walk && name !== rest && !place)
      part.querySelector(`[data-path="${rest}"]`)?.scrollIntoView({ block: "center" });
    this.remember();
  }

  /** Where a fresh visit begins: the opening page until something is answered, then the first open question. */
  #first() {
    const { session } = this;
    if (!session.result.answered && !session.closed) return this.parts.keys().next().value;
    const { answers } = session;
    const open = session.sections.find(({ questions }) =>
      questions.some((each) => session.missing(each, answers).length),
    );
    return `s/${(open ?? session.sections[0]).id}`;
  }

  #visible() {
    const part = this.parts.get(this.#shown);
    const top = this.root.querySelector(".tabs").getBoundingClientRect().bottom;
    return [...(part?.querySelectorAll("[data-question], [data-point]") ?? [])].find(
      (li) => li.getBoundingClientRect().bottom > top + 40,
    );
  }

  #rememberSoon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.remember(), SETTLED_MS);
  }

  /** So that a tab that was killed comes back on the same question. */
  remember() {
    const li = this.#visible();
    const rest = li ? li.dataset.path : this.#shown;
    this.app.remember({
      hash: this.address(rest),
      offset: li ? Math.round(li.getBoundingClientRect().top) : null,
    });
  }

  #tabs(more) {
    paintTabs(
      this.root.querySelector("[data-tabs]"),
      this.session,
      this.#shown,
      (rest) => this.address(rest),
      { ...more, pages: this.walk ? walkTabs(this.session) : undefined },
    );
  }

  #paintFoot(answers, here) {
    const { session } = this;
    const { result } = session;
    const foot = this.root.querySelector("footer");
    fill(this.root, { ended: ended(session) });
    if (this.walk) this.walk.paintFoot(foot, this.#shown);
    else {
      const gauge = scoreGauge(result, session.definition.rules);
      fill(foot, { total: result.total ?? "–", grade: gradeWords(result), gauge });
    }
    const open = session.questions.filter((question) => session.missing(question, answers).length);
    const more = open.length && !session.closed;
    const count = more ? String(open.length) : null;
    fill(foot, {
      next: say(more ? (this.walk ? "walk_next" : "next_open") : "review"),
      open: count,
      icon: icon(more ? "next" : "go"),
    });
    const after = more ? this.#after(open, here) : null;
    foot.querySelector("[data-next]").setAttribute("href", this.address(after ? `q/${after.id}` : "review"));
  }

  /** The next question that wants something, from where the reader is, round the end. */
  #after(open, here) {
    const order = this.session.questions.map(({ id }) => id);
    const from = order.indexOf(here);
    return open.find(({ id }) => order.indexOf(id) > from) ?? open[0];
  }

  #current() {
    const active = document.activeElement?.closest?.("[data-question]");
    const { top = -1, bottom = 0 } = active?.getBoundingClientRect() ?? {};
    const seen = active && bottom > 0 && top < innerHeight;
    return ((seen ? active : null) ?? (this.parts.get(this.#shown)?.dataset.section && this.#visible()))
      ?.dataset.question;
  }

  /** The weight hangs at the first question of each section that has no answer. */
  #hang(answers) {
    const section = this.session.sections.find(({ id }) => this.#shown === `s/${id}`);
    const next = this.session.closed ? null : section?.questions.find(({ id }) => !answers[id]?.score);
    for (const [id, { li }] of this.questions) li.classList.toggle("is-now", id === next?.id);
    const li = next && this.questions.get(next.id).li;
    if (!li) this.bob.remove();
    else if (this.bob.parentElement !== li) {
      this.bob.classList.toggle("is-new", Boolean(this.bob.parentElement));
      li.prepend(this.bob);
    }
  }

  /** Draws one question, or everything: the part on the screen now, the others when somebody goes there. */
  paint(path = null) {
    if (path === REST) return this.#paintRest();
    const one = path?.startsWith("q/") ? this.questions.get(path.slice(2)) : null;
    if (one) {
      this.binding.paint(one.li, path);
      one.paint(this.session.answers);
      return this.#paintRestSoon();
    }
    this.#drawn.clear();
    this.#paintPart(this.#shown);
    this.photos.refresh().then(() => {
      for (const { li, path: at } of this.questions.values()) this.photos.paint(li, at);
      if (this.#shown === "points") this.points.paint();
      this.walk?.meters.paint();
    });
    return this.#paintRest();
  }

  /** What one answer changes elsewhere, after the frame in which its own mark is seen. */
  #paintRestSoon() {
    if (this.#restWaits) return;
    this.#restWaits = true;
    requestAnimationFrame(() => setTimeout(() => this.#restWaits && this.still.paint(REST)));
  }

  #paintRest() {
    this.#restWaits = false;
    const { answers } = this.session;
    const here = this.#current(); // measured before anything is drawn: else everything is laid out once more
    this.#tabs();
    this.#hang(answers);
    this.#paintFoot(answers, here);
  }

  #paintPart(name) {
    const part = this.parts.get(name);
    if (!part || this.#drawn.has(name)) return;
    this.#drawn.add(name);
    const { answers, closed } = this.session;
    if (name === "points") this.points.paint();
    else if (part.dataset.page) this.pages.paint();
    this.binding.paint(part);
    for (const li of part.querySelectorAll("[data-question]"))
      this.questions.get(li.dataset.question).paint(answers);
    this.main.classList.toggle("is-closed", closed);
    for (const control of part.querySelectorAll(CONTROLS)) control.disabled = closed;
    if (this.walk) this.#paintFoot(answers, this.#current());
  }
}
