// Review and finish: the result with its reasons, what still blocks it, findings, signatures, and completing.
import { pendingOf, photosWaiting } from "../counts.js";
import { ask, element, fill, gradeBox, icon, scoreGauge, template, textOf } from "../dom.js";
import { say } from "../words.js";
import { blockerNodes, placeOf } from "./blockers.js";
import { ownerAndDue, severityTag, standTag } from "./found.js";
import { phoneLines } from "./holdings.js";
import { remark } from "./remarks.js";
import { Reports } from "./reports.js";
import { countOf, slotNodes, slotsKey } from "./slots.js";
import { WalkReview } from "./walk_review.js";
import { subject } from "./work.js";

export class ReviewView {
  constructor(app, session) {
    Object.assign(this, { app, session });
    this.root = document.createElement("div");
    this.root.className = "page";
    this.root.append(template("review"));
    this.title = say("review");
    this.heading = this.root.querySelector("h1");
    const back = app.lastPart(session.id) ?? `#/i/${session.id}`;
    fill(this.root, { title: subject(session.row), back });
    this.root.querySelector("[data-complete]").addEventListener("click", () => this.#complete());
    this.walk = session.rooms ? new WalkReview(this.root, session) : null;
    this.reports = new Reports(this.root.querySelector("[data-reports]"), session.id, app.ask);
    this.heard = () => this.paint();
    session.addEventListener("changed", this.heard);
  }

  close() {
    this.session.removeEventListener("changed", this.heard);
    this.reports.close();
  }

  #to(rest) {
    return `#/i/${this.session.id}/${rest}`;
  }

  #section(id) {
    return textOf(this.session.definition.sections.find((section) => section.id === id)?.title);
  }

  /** A rule that fired, in words, with a link to the question or section it is about. */
  #rule({ rule, question, section, value, limit }, result) {
    const { grade } = this.session.definition.rules;
    const name =
      rule === "grade_by_total" ? `rule_total_${result.grade_before.toLowerCase()}` : `rule_${rule}`;
    const places = { value, limit, question: "\u0000", section: "\u0000", a: grade?.a, b: grade?.b };
    const words = say(name, rule === "unanswered" ? { ...places, n: value } : places);
    const item = document.createElement("li");
    const [before, after] = words.split("\u0000");
    item.append(before);
    if (after !== undefined) {
      const link = document.createElement("a");
      link.href = this.#to(question ? `q/${question}` : `s/${section}`);
      link.textContent = question ?? this.#section(section);
      item.append(link, after);
    }
    return item;
  }

  #finding(found) {
    const question = this.session.questions.find(({ id }) => id === found.question);
    return fill(element("finding"), {
      url: this.#to(`f/${found.question}`),
      title: `${found.question} ${textOf(question.text)}`,
      severity: severityTag(found.severity),
      more: ownerAndDue(found),
      stand: standTag(found.stand),
    });
  }

  /** Unscored, and no duty: but nobody completes without having read how many were not looked at. */
  #points() {
    const { points } = this.session;
    const nodes = points.map(({ path, number, text, seen }) => {
      const [sign, kind] = { open: ["alert", "warn"], closed: ["check", "good"] }[seen] ?? ["eye", "faint"];
      const title = [number, textOf(text)].filter(Boolean).join(" · ");
      const said = say(seen ? `seen_${seen}` : "seen_not");
      return fill(element("blocker"), { url: this.#to(path), icon: icon(sign, kind), title, text: said });
    });
    this.#part("points", nodes);
    const place = this.root.querySelector("[data-points]");
    fill(place, {
      n: say("n_of", { done: points.filter(({ seen }) => seen).length, all: points.length }),
    });
  }

  #signatures() {
    const { session } = this;
    const place = this.root.querySelector("[data-signatures]");
    const nodes = slotNodes(session, { open: () => this.#toSign() });
    place.hidden = nodes.length === 0;
    const [given, asked] = countOf(session);
    fill(place, { n: asked ? say("n_of", { done: given, all: asked }) : null });
    const slots = place.querySelector("[data-slots]");
    const key = slotsKey(session);
    if (slots.dataset.drawn === key) return;
    slots.dataset.drawn = key;
    slots.replaceChildren(...nodes);
  }

  #toSign() {
    const link = document.createElement("a");
    link.href = this.#to("sign");
    return link;
  }

  #part(name, nodes, count = nodes.length) {
    const place = this.root.querySelector(`[data-${name}]`);
    place.hidden = nodes.length === 0;
    place.querySelector("ul").replaceChildren(...nodes);
    fill(place, { n: String(count) });
  }

  #result(result) {
    const { rules } = this.session.definition;
    const counts = { done: result.answered, all: result.asked };
    const shown = result.grade ?? result.grade_if_complete;
    const grade = rules.grade ? gradeBox(shown, { provisional: result.provisional }) : null;
    const fell =
      result.grade && result.grade_before !== result.grade
        ? `${say("from_grade", { grade: result.grade_before })} · `
        : "";
    const state = fell + say(result.provisional ? "provisional" : "final", counts);
    const why =
      result.grade || (rules.grade && shown)
        ? say("why_grade", { grade: shown, n: result.rules.length })
        : say("why_none", { n: result.rules.length });
    fill(this.root, {
      total: result.total ?? "–",
      grade,
      state,
      why,
      gauge: scoreGauge(result, rules, { words: true }),
      veto: result.vetoed ? remark("bad", "veto", say("vetoed"), say("vetoed_more")) : null,
      rules: result.rules.map((rule) => this.#rule(rule, result)),
    });
    this.root.querySelector("details").hidden = result.rules.length === 0;
  }

  #sections(result) {
    const rows = result.sections.map((part) => {
      const row = fill(element("section-row"), {
        url: this.#to(`s/${part.id}`),
        title: this.#section(part.id),
        score: part.percent ?? "–",
        answered: `${part.answered}/${part.asked}`,
        na: String(part.na),
      });
      for (const cell of row.querySelectorAll("[data-x]")) cell.hidden = false;
      return row;
    });
    this.root.querySelector("tbody").replaceChildren(...rows);
  }

  #foot(blockers, pending) {
    const { session } = this;
    const unsettled = session.unsettled.length;
    const [first, sign, finish] = ["first", "sign", "complete"].map((name) =>
      this.root.querySelector(`[data-${name}]`),
    );
    first.hidden = !unsettled || session.closed;
    sign.hidden = unsettled > 0 || !blockers.length || session.closed;
    finish.hidden = blockers.length > 0 || session.closed;
    sign.setAttribute("href", this.#to("sign"));
    if (unsettled) first.setAttribute("href", this.#to(placeOf(blockers[0])));
    const left = session.closed
      ? say(session.inReview ? "in_review_title" : session.completed ? "completed_title" : "cancelled_title")
      : blockers.length
        ? say("things_left", { n: blockers.length })
        : say("nothing_left");
    const saved = session.unsaved.size
      ? say("not_saved_yet")
      : session.completed && pending
        ? say("completed_waiting", { n: pending })
        : say("everything_saved");
    fill(this.root, { left, saved });
  }

  async paint() {
    const { session } = this;
    const { result, blockers, closed } = session;
    if (this.walk) this.walk.paint();
    else {
      this.#result(result);
      this.#sections(result);
      const found = session.findings.map((each) => this.#finding(each));
      this.#part("findings", found);
    }
    this.#part("blocks", closed ? [] : blockerNodes(session), blockers.length);
    this.root.querySelector("[data-clear]").hidden = blockers.length > 0 || closed;
    this.#points();
    this.#signatures();
    const [pending, photos] = [
      (await pendingOf(this.app.store)).get(session.id) ?? 0,
      await photosWaiting(this.app.store, session.id),
    ];
    const waiting = this.root.querySelector("[data-waiting]");
    waiting.hidden = !photos;
    if (photos) fill(waiting, { photos: say("photos_waiting", { n: photos }) });
    this.#phones(closed ? [] : phoneLines(session.row.devices));
    const done = closed ? this.#ended(pending) : this.#openedAgain();
    const place = document.createElement("div");
    place.className = "pad pad--end";
    if (done) place.append(done);
    fill(this.root, { done: done ? place : null });
    this.#foot(blockers, pending);
    if (session.completed && !session.inReview && !pending) this.reports.look();
  }

  #ended(pending) {
    const { session } = this;
    if (!session.completed) return remark("warn", "info", say("cancelled_title"), say("cancelled_text"));
    const held = pending ? say("completed_waiting", { n: pending }) : say("completed_held");
    if (session.inReview)
      return remark(null, "eye", say("in_review_title"), pending ? held : say("in_review_text"));
    return remark("good", "check", say("completed_title"), held);
  }

  /** Sent back by the approver, or opened for a new revision: why. */
  #openedAgain() {
    const word = this.session.reopened;
    if (!word) return null;
    const { reason, revision } = word.value;
    const title =
      word.field === "returned"
        ? say("returned_title")
        : say("reopened_title", { revision: String(revision) });
    return remark("warn", word.field === "returned" ? "undo" : "info", title, reason);
  }

  /** Who else works on it, and whose phone still held something when it was last heard. */
  #phones(lines) {
    const nodes = lines.map(({ title, text, holds }) => {
      const sign = icon(holds ? "alert" : "held", holds ? "warn" : "good");
      return fill(element("other-phone"), { icon: sign, title, text });
    });
    this.#part("phones", nodes);
  }

  async #complete() {
    if (this.session.blockers.length || this.session.closed) return;
    const holding = phoneLines(this.session.row.devices).filter(({ holds }) => holds);
    const warning = holding.length ? `${say("complete_unsent", { n: holding.length })} ` : "";
    const unseen = this.session.points.filter(({ seen }) => !seen).length;
    const reminder = unseen ? `${say("points_unseen", { n: unseen })} ` : "";
    const words = {
      title: say("complete_title"),
      text: warning + reminder + say("complete_text"),
      yes: say("complete_yes"),
    };
    if (!(await ask(words))) return;
    await this.session.complete();
    await this.paint();
    this.heading.focus();
    this.app.outbox.now();
  }
}
