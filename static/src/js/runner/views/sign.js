// Signing on the glass: what is signed is shown first, then one place per signature.
import { CONSENT, digestOf } from "../../domain/signatures.js";
import { pendingOf } from "../counts.js";
import { element, fill, gradeBox, speak, template, textOf } from "../dom.js";
import { coverage, short } from "../signing.js";
import { language, say } from "../words.js";
import { severityTag, standTag } from "./found.js";
import { refusal, remark } from "./remarks.js";
import { Sheet } from "./sheet.js";
import { countOf, slotNodes, slotsKey, slotWord } from "./slots.js";
import { WalkSign } from "./walk_sign.js";
import { subject } from "./work.js";

export class SignView {
  #sheet = null;

  constructor(app, session) {
    Object.assign(this, { app, session });
    this.root = document.createElement("div");
    this.root.className = "page";
    this.root.append(template("sign"));
    this.title = say("sign_title");
    this.heading = this.root.querySelector("h1");
    fill(this.root, { title: subject(session.row), review: `#/i/${session.id}/review` });
    this.walk = session.rooms ? new WalkSign(this.root, session) : null;
    if (this.walk) session.flush = () => this.walk.flush();
    this.root.addEventListener("click", ({ target }) => this.#press(target));
    this.heard = () => this.paint();
    session.addEventListener("changed", this.heard);
  }

  close() {
    this.session.removeEventListener("changed", this.heard);
    this.#sheet?.close();
    return this.walk?.flush();
  }

  #press(target) {
    const pressed = target.closest("[data-give], [data-refuse], [data-add]");
    if (!pressed) return;
    const { give, refuse } = pressed.dataset;
    this.#open(give ?? refuse ?? "other", refuse ? "refuse" : "sign");
  }

  async #open(slot, kind) {
    if (this.#sheet || this.session.closed || this.session.unsettled.length) return;
    this.#sheet = new Sheet(this.app, this.session, slot, kind);
    const saved = await this.#sheet.open(this.root);
    this.#sheet = null;
    if (!this.root.isConnected) return;
    await this.paint();
    const place = this.root.querySelector(`[data-slot=${slot}]`) ?? this.heading;
    place.tabIndex = -1;
    place.focus();
    if (!saved) return;
    speak(say(kind === "sign" ? "sign_saved" : "refusal_saved"));
    this.app.outbox.now();
  }

  #pad(slot) {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.give = slot;
    button.setAttribute("aria-label", slotWord(this.session, `sign_as_${slot}`));
    return button;
  }

  #stand(finding) {
    const { session } = this;
    const question = session.questions.find(({ id }) => id === finding.question);
    return fill(element("stand"), {
      severity: severityTag(finding.severity),
      url: `#/i/${session.id}/f/${finding.question}`,
      title: `${finding.question} ${textOf(finding.statement ?? question.text)}`,
      stand: standTag(finding.stand),
      text: finding.stand_text,
    });
  }

  /** What has to be settled first, and signatures the server did not take; null when there is neither. */
  #notices() {
    const { unsettled, closed } = this.session;
    const refused = this.session.refused().filter(({ path }) => path.startsWith("sign/"));
    const found = refused.map(refusal);
    if (unsettled.length && !closed) {
      const title = say("sign_blocked", { n: unsettled.length });
      found.unshift(remark("warn", "alert", title, say("sign_blocked_text")));
    }
    return found.length ? found : null;
  }

  async #covers(result) {
    const { session } = this;
    const now = await coverage(session.store, session.id, session.version);
    const digest = await digestOf(now.version, now.registers, now.photos, CONSENT, language);
    fill(this.root, {
      digest: short(digest),
      covers: say(this.walk ? "walk_covers" : "sign_covers", {
        answers: say("sign_answers", { n: result.answered }),
        photos: say("wait_photos", { n: now.photos.length }),
      }),
    });
  }

  async paint() {
    const { session, root } = this;
    const { result, findings, unsettled, closed } = session;
    const shown = result.grade ?? result.grade_if_complete;
    const { rules } = session.definition;
    if (this.walk) this.walk.paint();
    else
      fill(root, {
        total: result.total ?? "–",
        grade: rules.grade ? gradeBox(shown, { provisional: result.provisional }) : null,
        state: say(result.provisional ? "provisional" : "final", {
          done: result.answered,
          all: result.asked,
        }),
        veto: result.vetoed ? remark("bad", "veto", say("vetoed"), say("vetoed_more")) : null,
        findings: findings.length ? findings.map((each) => this.#stand(each)) : null,
        no_findings: findings.length ? null : say("no_findings"),
      });
    fill(root, { notice: this.#notices() });
    const [given, asked] = countOf(session);
    fill(root, {
      n: asked ? say("n_of", { done: given, all: asked }) : null,
      left: closed ? say("completed_title") : say(asked && given === asked ? "signed_all" : "signed_some"),
      saved: say(session.unsaved.size ? "not_saved_yet" : "everything_saved"),
    });
    root.querySelector("[data-more]").hidden = closed || unsettled.length > 0;
    const place = root.querySelector("[data-slots]");
    const key = slotsKey(session);
    if (place.dataset.drawn !== key) {
      place.dataset.drawn = key;
      place.replaceChildren(...slotNodes(session, { open: (slot) => this.#pad(slot), does: true }));
    }
    await this.#covers(result);
    const pending = (await pendingOf(this.app.store)).get(session.id);
    if (pending && !session.unsaved.size) fill(root, { saved: say("sign_pending", { n: pending }) });
  }
}
